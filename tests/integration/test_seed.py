# SPDX-License-Identifier: LGPL-2.1-or-later
"""The seed's two files, unmodified, with Debian's squid: its three failure tests and the way back from
each."""

import unittest

from case import VIP, VIP2, LabCase
from lab import Capture
from lab.router import seed


class Seed(LabCase):
    def setUp(self):
        super().setUp()
        self.capture = Capture(self.client, "eth0")
        for router in self.network.routers:
            router.start_bus()
            router.start_squid()
            router.start_vrrpd(seed(f"{router.name}.conf"))
        self.wait_both_at_home()

    def wait_both_at_home(self):
        self.wait_holder(self.first, VIP)
        self.wait_holder(self.second, VIP2)

    def fail_and_mend(self, fail, mend, reason):
        """After the fault the second router alone holds both addresses and says so by gratuitous ARP; the
        first one's journal says why in one line. Mended, each address is back where the files want it."""
        mark = self.capture.mark()
        said = len(self.first.vrrpd.output())
        fail()
        self.wait_holder(self.second, VIP)
        self.wait_holder(self.second, VIP2)
        mac = self.second.ip_json("link", "show", "dev", "eth0")[0]["address"]
        self.assertTrue(
            self.capture.arps(VIP, mac, since=mark), "no gratuitous ARP of the new master was heard"
        )
        lines = [line for line in self.first.vrrpd.output()[said:].splitlines() if "proxy_ip1" in line]
        self.assertEqual(
            1,
            len([line for line in lines if "fault" in line.lower() and reason in line]),
            f"not one line that says {reason!r}: {lines}",
        )
        mend()
        self.wait_both_at_home()

    def test_inner_link(self):
        """The link that carries VRRP itself goes down and comes back."""
        self.fail_and_mend(
            lambda: self.first.ip("link", "set", "eth0", "down"),
            lambda: self.first.ip("link", "set", "eth0", "up"),
            "eth0",
        )

    def test_outer_link(self):
        """A link that is only tracked goes down and comes back."""
        self.fail_and_mend(
            lambda: self.first.ip("link", "set", "eth1", "down"),
            lambda: self.first.ip("link", "set", "eth1", "up"),
            "eth1",
        )

    def test_carrier(self):
        """The cable is pulled on the switch's side: the interface is up but has no carrier."""
        port = f"{self.first.name[-8:]}-eth1"
        self.fail_and_mend(
            lambda: self.network.lan.ip("link", "set", port, "down"),
            lambda: self.network.lan.ip("link", "set", port, "up"),
            "eth1",
        )

    def test_squid(self):
        """The service dies, found by its script, and is started again."""
        self.fail_and_mend(self.first.stop_squid, self.first.start_squid, "chk_squid_service")


if __name__ == "__main__":
    unittest.main()
