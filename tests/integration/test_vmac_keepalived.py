# SPDX-License-Identifier: LGPL-2.1-or-later
"""Virtual MAC addresses opposite Debian's keepalived with its own, both roles; and opposite ourselves."""

import time
import unittest

from lab import Capture, wait_until
from lab.wire import mac_text
from vmac_case import VMAC, VmacCase, is_membership_report, vmac_instance


class TestKeepalived(VmacCase):
    def test_both_roles(self):
        """Debian's keepalived with use_vmac as the other router: each takes over from the other, and the
        switch, the client and the protocol see one MAC address."""
        self.second.start_keepalived(vmac_instance(100))
        self.wait_holder(self.second)
        self.first.start_vrrpd(vmac_instance(200), as_unit=True)
        self.wait_holder(self.first)
        self.assertEqual(self.neighbour(), VMAC)
        wait_until(lambda: self.port_of() == f"{self.first.name[-8:]}-eth0", "the switch to learn the port")
        self.assertEqual(self.first.stop_vrrpd(), 0)
        self.wait_holder(self.second)
        wait_until(lambda: self.port_of() == f"{self.second.name[-8:]}-eth0", "the switch to learn the port")
        self.first.start_vrrpd(vmac_instance(50), as_unit=True)
        with Capture(self.client, "eth0") as capture:
            self.assert_stays(self.second, capture)
        self.second.keepalived.stop()
        self.wait_holder(self.first)
        self.assertEqual({mac_text(f[6:12]) for f in self.port(self.first).adverts()}, {VMAC})
        self.assertFalse([f for f in self.port(self.first).with_source(VMAC) if is_membership_report(f)])

    def test_failover(self):
        """A hand-over to keepalived loses little and nothing leaves with the virtual MAC address after it."""
        self.first.start_bus()
        self.first.start_vrrpd(vmac_instance(200), as_unit=True)
        self.wait_holder(self.first)
        self.assertEqual(self.first.property("VI_1", "VirtualMac"), VMAC)
        self.second.start_keepalived(vmac_instance(100))
        with Capture(self.client, "eth0") as capture:
            self.assert_stays(self.first, capture)
        done = self.first.ctl("failover", "VI_1")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.wait_holder(self.second)
        wait_until(lambda: not self.is_up(self.first), "the link to go down")
        sent = len(self.port(self.first).with_source(VMAC))
        with Capture(self.client, "eth0") as capture:
            self.assert_stays(self.second, capture)
        self.assertEqual(len(self.port(self.first).with_source(VMAC)), sent)

    def test_two_masters(self):
        """A master whose link is up hears the other one that uses the same MAC address."""
        self.first.start_vrrpd(vmac_instance(100), as_unit=True)
        self.wait_holder(self.first)
        mark = time.monotonic()
        self.second.start_vrrpd(vmac_instance(200), as_unit=True)
        self.wait_holder(self.second)
        wait_until(lambda: not self.is_up(self.first), "the loser's link to go down")
        self.assertLess(time.monotonic() - mark, 30)


if __name__ == "__main__":
    unittest.main()
