# SPDX-License-Identifier: LGPL-2.1-or-later
"""Reloads at a bad moment: while something else happens, several at once, one that fails among good ones."""

import signal
import unittest

from case import VIP, VIP2, LabCase, instance
from lab import Capture, wait_until
from lab.router import CONFIG, program
from lab.wire import gaps

VIP3 = "192.168.2.103"
CONFIGURATION_INVALID = 9


class ReloadMeanwhile(LabCase):
    def setUp(self):
        super().setUp()
        self.capture = Capture(self.client, "eth0")
        self.first.start_bus()

    def start_pair(self, **how):
        self.first.start_vrrpd(instance(priority=200, version=3, **how), as_unit=True)
        self.second.start_vrrpd(instance(priority=100, version=3, **how))
        self.wait_log(self.second, "backup")
        self.first.wait_property("VI_1", "State", "master")
        self.wait_holder(self.first)

    def test_hand_over_goes_on(self):
        """A reload while a master hands over: the hand-over ends as it would have, priority 0 is said once,
        and the new addresses are the ones that come back."""
        self.start_pair(interval=1)
        mark = self.capture.mark()
        failover = self.first.spawn(program("VRRPCTL"), "failover", "VI_1")
        self.capture.wait_advert(since=mark, priority=0)
        self.first.write(CONFIG, instance(priority=201, version=3, interval=1, vips=(VIP, VIP2)))
        self.first.ctl("reload", check=True)
        self.assertEqual(failover.wait(), 0, failover.output())
        self.wait_holder(self.second)
        self.first.wait_property("VI_1", "AdminState", "yielding")
        self.assertNotIn(VIP2, self.first.addresses())
        self.assertEqual(len([a for a in self.capture.adverts(1, since=mark) if a.priority == 0]), 1)
        self.first.ctl("resume", "VI_1", check=True)
        self.first.wait_property("VI_1", "ActiveVIPs", [f"{VIP}/24", f"{VIP2}/24"])
        self.capture.wait_advert(since=mark, priority=201)

    def test_transition_ends_with_the_new_addresses(self):
        """Reloads around a take-over, whenever they come: what is on the host in the end is what is configured
        last, and nothing else."""
        self.start_pair(interval=0.2)
        for k in range(3):
            self.second.vrrpd.kill(signal.SIGSTOP if k % 2 else signal.SIGCONT)
            self.first.ctl("failover" if k % 2 == 0 else "resume", "VI_1", "--no-block")
            self.first.write(
                CONFIG, instance(priority=200, version=3, vips=(VIP, VIP3) if k % 2 else (VIP, VIP2))
            )
            self.first.ctl("reload", check=True)
        self.second.vrrpd.kill(signal.SIGCONT)
        # While a hand-over runs there is nothing to resume yet.
        wait_until(
            lambda: self.first.property("VI_1", "AdminState") != "handing-over", "the hand-over to end"
        )
        self.first.ctl("resume", "VI_1")
        self.first.wait_property("VI_1", "ActiveVIPs", [f"{VIP}/24", f"{VIP2}/24"])
        wait_until(
            lambda: set(self.first.addresses("eth0")) == {"192.168.2.251", VIP, VIP2},
            lambda: f"the addresses of the last configuration (there are {self.first.addresses('eth0')})",
        )

    def test_many_at_once(self):
        """Ten reloads at once: each is answered well, they are done one after the other, and the last
        configuration is the one that runs. No advert is missed."""
        self.first.start_vrrpd(instance(priority=255, version=3), as_unit=True)
        self.first.wait_address(VIP)
        mark = self.capture.mark()
        calls = []
        for k in range(10):
            self.first.write(CONFIG, instance(priority=255, version=3, vips=(VIP, f"192.168.2.{110 + k}")))
            calls.append(self.first.spawn(program("VRRPCTL"), "reload"))
        self.assertEqual([call.wait(60) for call in calls], [0] * 10)
        self.first.wait_property("VI_1", "ActiveVIPs", [f"{VIP}/24", "192.168.2.119/24"])
        wait_until(
            lambda: set(self.first.addresses("eth0")) == {"192.168.2.251", VIP, "192.168.2.119"},
            "the last configuration's addresses",
        )
        wait_until(lambda: len(self.capture.adverts(1, since=mark)) >= 10, "ten more adverts")
        adverts = self.capture.adverts(1, since=mark)
        self.assertLess(max(gaps(adverts)), 2 * 0.2, "an advert was missed")

    def test_failure_is_told_and_forgotten(self):
        """A reload that fails: exit status 9 with the words, the same words in LastReloadMessages and the
        log; the next good one is done."""
        self.first.start_vrrpd(instance(priority=255, version=3), as_unit=True)
        self.first.wait_address(VIP)
        self.first.write(CONFIG, instance(priority=255, version=3, vips=(VIP2,)) + "nonsense\n")
        done = self.first.ctl("reload")
        self.assertEqual(done.returncode, CONFIGURATION_INVALID)
        self.assertIn("nonsense", done.stdout + done.stderr)
        self.assertEqual(self.first.manager("LastReloadResult"), "failed")
        self.assertIn("nonsense", " ".join(self.first.manager("LastReloadMessages")))
        self.wait_log(self.first, r"nonsense")
        self.assertIn(VIP, self.first.addresses())
        self.assertNotIn(VIP2, self.first.addresses())
        self.first.write(CONFIG, instance(priority=255, version=3, vips=(VIP2,)))
        self.first.ctl("reload", check=True)
        self.first.wait_address(VIP2)
        self.assertEqual(self.first.manager("LastReloadResult"), "done")
        self.assertEqual(self.first.manager("LastReloadMessages"), [])

    def probe(self, address):
        self.first.ip("address", "add", f"{address}/32", "dev", "lo")
        self.first.ip("address", "del", f"{address}/32", "dev", "lo")

    def test_moved_without_a_gap(self):
        """An address that goes from one instance to another in one reload is never away: the kernel is not
        asked to remove it."""
        before = instance("VI_1", 1, version=3, vips=(VIP, VIP3)) + instance(
            "VI_2", 2, version=3, vips=(VIP2,)
        )
        after = instance("VI_1", 1, version=3, vips=(VIP,)) + instance(
            "VI_2", 2, version=3, vips=(VIP2, VIP3)
        )
        self.first.start_vrrpd(before, as_unit=True)
        for name in ("VI_1", "VI_2"):
            self.first.wait_property(name, "State", "master")
        self.first.wait_address(VIP3)
        monitor = self.first.spawn("ip", "-4", "monitor", "address")
        wait_until(
            lambda: self.probe("192.0.2.77") or "192.0.2.77" in monitor.output(), "the monitor to listen"
        )
        for config, holder in ((after, "VI_2"), (before, "VI_1")):
            self.first.write(CONFIG, config)
            self.first.ctl("reload", check=True)
            wait_until(
                lambda name=holder: f"{VIP3}/24" in self.first.property(name, "ActiveVIPs"),
                f"{holder} to have it",
            )
        self.probe("192.0.2.78")
        wait_until(lambda: "192.0.2.78" in monitor.output(), "the monitor to have told all")
        gone = [line for line in monitor.output().splitlines() if "Deleted" in line and VIP3 in line]
        self.assertEqual(gone, [])

    def test_renamed(self):
        """An instance of another name in the same place is another instance: the old one says priority 0 and
        goes, the new one begins in the same turn, and nothing of the old is left."""
        self.first.start_vrrpd(instance(priority=255, version=3), as_unit=True)
        self.first.wait_address(VIP)
        mark = self.capture.mark()
        self.first.write(CONFIG, instance("VI_NEW", priority=255, version=3, vips=(VIP2,)))
        self.first.ctl("reload", check=True)
        self.first.wait_address(VIP2)
        self.first.wait_address(VIP, present=False)
        self.first.wait_property("VI_NEW", "State", "master")
        wait_until(lambda: self.first.property("VI_1", "State") is None, "the old object to go")
        self.assertEqual([a.priority for a in self.capture.adverts(1, since=mark)][-1], 255)
        zeros = [a for a in self.capture.adverts(1, since=mark) if a.priority == 0]
        self.assertEqual(len(zeros), 1)


if __name__ == "__main__":
    unittest.main()
