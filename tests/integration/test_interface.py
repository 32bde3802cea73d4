# SPDX-License-Identifier: LGPL-2.1-or-later
"""A missing interface is a state, not an error: at start, and when it is deleted and made again."""

import unittest

from case import VIP, LabCase, instance


class Interface(LabCase):
    def make(self):
        self.network.lan.plug(self.first, "eth2", "inner", "192.168.2.249/24")

    def test_missing_at_start(self):
        """The daemon starts, the instance waits in fault and says why; when the interface appears it works,
        also after the interface was deleted and made again."""
        self.first.start_bus()
        self.first.start_vrrpd(instance(priority=255, interface="eth2"), as_unit=True)
        self.first.wait_property("VI_1", "State", "fault")
        self.assertIn("eth2", str(self.first.property("VI_1", "Faults")))
        self.make()
        self.first.wait_address(VIP)
        self.first.wait_property("VI_1", "State", "master")
        self.first.ip("link", "delete", "eth2")
        self.first.wait_property("VI_1", "State", "fault")
        self.make()
        self.first.wait_address(VIP)
        self.first.wait_property("VI_1", "State", "master")

    def test_renamed(self):
        """Renamed away is gone, renamed back is there."""
        self.make()
        self.first.start_bus()
        self.first.start_vrrpd(instance(priority=255, interface="eth2"), as_unit=True)
        self.first.wait_property("VI_1", "State", "master")
        self.first.ip("link", "set", "eth2", "down")
        self.first.ip("link", "set", "eth2", "name", "other")
        self.first.wait_property("VI_1", "State", "fault")
        self.first.ip("link", "set", "other", "name", "eth2")
        self.first.ip("link", "set", "eth2", "up")
        self.first.wait_property("VI_1", "State", "master")
        self.first.wait_address(VIP)


if __name__ == "__main__":
    unittest.main()
