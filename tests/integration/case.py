# SPDX-License-Identifier: LGPL-2.1-or-later
"""What every integration test starts from: the seed's network, configurations in a line, and an end at
which each daemon must leave well (status 0, nothing said by a sanitizer, no address left)."""

import contextlib
import re
import signal
import unittest

from lab import Capture, SeedNetwork, wait_until

VIP = "192.168.2.101"
VIP2 = "192.168.2.102"
SANITIZER = re.compile(r"ERROR: (Address|Leak)Sanitizer|runtime error:|LeakSanitizer has encountered")


def instance(
    name="VI_1", vrid=1, priority=100, vips=(VIP,), extra="", version=2, interval=None, interface="eth0"
):
    """One vrrp_instance in keepalived's syntax. The default interval is short: 1 s in v2 (its least), 0.2 s
    in v3."""
    return f"""
vrrp_instance {name} {{
    interface {interface}
    version {version}
    virtual_router_id {vrid}
    priority {priority}
    advert_int {interval or (1 if version == 2 else 0.2)}
    virtual_ipaddress {{
        {" ".join(f"{vip}/24{chr(10)}       " for vip in vips)}
    }}
    {extra}
}}
"""


class LabCase(unittest.TestCase):
    """One test on its own two routers and client, all fresh."""

    def setUp(self):
        self.network = SeedNetwork()
        self.addCleanup(self.network.close)
        self.first, self.second = self.network.routers
        self.client = self.network.client
        self.addCleanup(self._tell_why)
        self.ends_badly = False  # a test that kills or breaks a daemon says so

    def tearDown(self):
        """Every daemon that still runs is asked to stop and must do so well."""
        running = [router for router in self.network.routers if router.vrrpd and router.vrrpd.running()]
        self.end(*running)
        for router in self.network.routers:
            if not router.vrrpd:
                continue
            status = router.vrrpd.wait()
            if not self.ends_badly:
                self.assertEqual(status, 0, f"exit status of vrrpd on {router.name}")
            for process in filter(None, (router.vrrpd, router.scripts)):
                self.assertNotRegex(process.output(), SANITIZER)

    def end(self, *routers):
        """Daemons stop without waiting for a successor: that is the second SIGTERM, which is one with the first
        while that one has not been read."""

        def ended():
            for router in routers:
                router.vrrpd.kill(signal.SIGTERM)
            return not any(router.vrrpd.running() for router in routers)

        wait_until(ended, "vrrpd to end")

    def _tell_why(self):
        """The daemons' logs, when the test has failed."""
        result = self._outcome.result
        if any(test is self for test, _ in result.failures + result.errors):
            for router in self.network.routers:
                with contextlib.suppress(OSError):
                    print(router.last_words())

    # -- what is asked often

    def wait_holder(self, router, vip=VIP, seconds=30):
        """Until exactly this router has the address, as ip(8) sees it."""
        wait_until(
            lambda: self.network.holders(vip) == [router.name],
            lambda: f"{router.name} alone to hold {vip} (it is held by {self.network.holders(vip)})",
            seconds,
        )

    def wait_log(self, router, pattern, seconds=30):
        """The match of the first line of the daemon's log that matches."""
        return wait_until(
            lambda: re.search(pattern, router.vrrpd.output(), re.IGNORECASE | re.MULTILINE),
            lambda: f"{pattern!r} in the log of {router.name}\n{router.vrrpd.output()}",
            seconds,
        )

    def assert_stays(self, router, capture, vrid=1, adverts=4, vip=VIP):
        """For as long as it takes to send some more adverts, router remains the holder."""
        mark = capture.mark()
        wait_until(lambda: len(capture.adverts(vrid, since=mark)) >= adverts, "more adverts")
        self.assertEqual(self.network.holders(vip), [router.name])


class PairCase(LabCase):
    """The first router is master of VI_1 (and would preempt), the second its backup, each with a bus."""

    def setUp(self):
        super().setUp()
        self.capture = Capture(self.client, "eth0")

    def start_both(self, **how):
        for router, priority in ((self.first, 200), (self.second, 100)):
            router.start_bus()
            router.start_vrrpd(instance(priority=priority, **how), as_unit=True)
        self.wait_holder(self.first)

    def resume(self):
        """Ends the first router's hold: it comes back as it would without one."""
        self.first.ctl("resume", "VI_1", check=True)
        self.wait_holder(self.first)
        self.first.wait_property("VI_1", "AdminState", "enabled")
