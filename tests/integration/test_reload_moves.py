# SPDX-License-Identifier: LGPL-2.1-or-later
"""Reloads that move something: an address to another instance, an instance out and in again, priority 255
away."""

import signal
import unittest

from case import VIP, VIP2, LabCase, instance
from lab.router import CONFIG

VIP3 = "192.168.2.103"
OWN = "192.168.2.251"


class ReloadMoves(LabCase):
    def start(self, config):
        self.first.start_bus()
        self.first.start_vrrpd(config, as_unit=True)

    def reload(self, config):
        self.first.write(CONFIG, config)
        self.first.ctl("reload", check=True)

    def test_address_to_an_instance_before(self):
        """An address that goes from one master to another that stands before it in the file stays on the
        host, is announced as active, and nobody else is blamed."""
        self.start(
            instance("VI_1", 1, version=3) + instance("VI_2", 2, vips=(VIP2, VIP3), version=3),
        )
        self.first.wait_property("VI_1", "State", "master")
        self.first.wait_property("VI_2", "State", "master")
        self.reload(
            instance("VI_1", 1, vips=(VIP, VIP3), version=3) + instance("VI_2", 2, vips=(VIP2,), version=3)
        )
        self.first.wait_property("VI_1", "ActiveVIPs", [f"{VIP}/24", f"{VIP3}/24"])
        self.first.wait_property("VI_2", "ActiveVIPs", [f"{VIP2}/24"])
        self.assertIn(VIP3, self.first.addresses())
        self.assertNotIn("another program", self.first.vrrpd.output())

    def test_back_while_it_hands_over(self):
        """An instance that was removed, and is configured again before its hand-over has ended, works."""
        rest = instance("VI_2", 2, vips=(VIP2,), version=3)
        both = instance("VI_1", 1, version=3, interval=2) + rest
        self.start(both)
        self.first.wait_property("VI_1", "State", "master")
        self.reload(rest)
        self.reload(both)
        self.first.wait_property("VI_1", "State", "master")
        self.first.wait_address(VIP)
        self.assertNotIn("cannot open", self.first.vrrpd.output())

    def test_second_signal_while_one_hands_over(self):
        """A second SIGTERM ends the hand-over of an instance that a reload has removed, too: nothing is left
        to wait for. (The bound of the hand-over is 10 s, that of a stop 5 s, which is logged.)"""
        rest = instance("VI_2", 2, vips=(VIP2,), version=3)
        self.start(instance("VI_1", 1, 255, version=3, interval=10) + rest)
        self.first.wait_property("VI_1", "State", "master")
        self.reload(rest)
        self.first.vrrpd.kill(signal.SIGTERM)
        self.wait_log(self.first, "Received SIGTERM: ")
        self.assertEqual(self.first.stop_vrrpd(), 0)
        self.assertNotIn("did not end within", self.first.vrrpd.output())

    def test_no_owner_any_more(self):
        """The host's own address is kept at priority 255. Below, it is treated like any virtual address: two
        routers must not have it at a time."""
        self.start(instance(priority=255, vips=(OWN,), version=3))
        self.first.wait_property("VI_1", "State", "master")
        self.first.ip("address", "add", "192.168.2.211/24", "dev", "eth0")
        self.second.start_vrrpd(instance(priority=150, vips=(OWN,), version=3))
        self.wait_log(self.second, "backup")
        self.reload(instance(priority=100, vips=(OWN,), version=3))
        self.wait_holder(self.second, OWN)

    def test_expiry_stands(self):
        """The published end of a hold is one time, however often its instance is published."""
        self.start(instance(version=3))
        self.second.start_vrrpd(instance(priority=90, version=3))
        self.first.wait_property("VI_1", "State", "master")
        self.wait_log(self.second, "backup")
        self.first.ctl("failover", "VI_1", "--for=100", check=True)
        self.first.wait_property("VI_1", "AdminState", "yielding")
        seen = set()
        for k in range(4):
            self.reload(instance(priority=101 + k, version=3))
            self.first.wait_property("VI_1", "BasePriority", 101 + k)
            seen.add(self.first.property("VI_1", "AdminExpireTimestamp"))
        self.assertEqual(len(seen), 1, seen)
        self.assertNotEqual(seen, {0})


if __name__ == "__main__":
    unittest.main()
