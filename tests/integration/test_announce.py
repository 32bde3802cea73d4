# SPDX-License-Identifier: LGPL-2.1-or-later
"""When and where addresses are announced, each option by the gratuitous ARP on the wire. Compared are counts and
orders, and times only where the option promises "not before"."""

import unittest

from case import VIP, VIP2, LabCase, instance
from lab import Capture, wait_until


class Announce(LabCase):
    def setUp(self):
        super().setUp()
        self.capture = Capture(self.client, "eth0")

    def start(self, config):
        self.first.start_vrrpd(config, as_unit=True)

    def second_master(self, priority=50):
        """The other router is master first, with a lower priority."""
        self.second.start_vrrpd(instance(version=3, priority=priority), as_unit=True)
        self.wait_holder(self.second)

    def garps(self, address, since=0):
        return self.capture.arps(sender=address, since=since)

    def test_announcements(self):
        """garp_master_repeat at once, as many again after garp_master_delay, and garp_master_refresh_repeat
        in each garp_master_refresh from then on."""
        self.start(
            instance(
                priority=255,
                extra="garp_master_repeat 3\ngarp_master_delay 1\n"
                "garp_master_refresh 2\ngarp_master_refresh_repeat 2\n",
            )
        )
        wait_until(lambda: len(self.garps(VIP)) >= 10, "announcements")
        times = [arp.time - self.garps(VIP)[0].time for arp in self.garps(VIP)[:10]]
        self.assertLess(times[2], 1)
        self.assertGreaterEqual(times[3], 0.9)
        self.assertLess(times[5], 2)
        self.assertGreaterEqual(times[6], 1.9)
        self.assertGreaterEqual(times[8], 3.9)

    def test_min_garp(self):
        """vrrp_min_garp: one announcement, and none after it."""
        self.start("global_defs {\n vrrp_min_garp\n}\n" + instance(priority=255, version=3))
        wait_until(lambda: self.garps(VIP), "an announcement")
        wait_until(lambda: len(self.capture.adverts()) > 30, "six seconds' adverts")
        self.assertEqual(len(self.garps(VIP)), 1)

    def test_pace(self):
        """vrrp_garp_interval: so much time between two announcements of an interface; every address once
        before any is repeated; and what still waits when the router steps down is never sent."""
        vips = [f"192.168.2.{n}" for n in range(100, 108)]
        self.first.start_bus()
        self.start(
            "global_defs {\n vrrp_garp_interval 0.1\n}\n"
            + instance(
                priority=255, version=3, vips=vips, extra="garp_master_delay 0\ngarp_master_repeat 20"
            )
        )
        wait_until(lambda: len(self.garps(None)) >= 12, "announcements")
        arps = [arp for arp in self.garps(None) if arp.sender in vips]
        self.assertEqual({arp.sender for arp in arps[:8]}, set(vips))
        # As the sender's clock has it: the wire may only bunch what the machine was late with.
        self.assertGreaterEqual(arps[11].time - arps[0].time, 1.0)
        self.first.ctl("pause", "--mode=force", "VI_1", check=True)
        self.first.wait_property("VI_1", "State", "initialize")
        mark = self.capture.mark()
        self.second_master()
        self.assertEqual(
            [a for a in self.capture.arps(since=mark) if a.sender in vips and a.sender != VIP], []
        )

    def test_garp_group(self):
        """garp_group: interfaces that share a switch share the pace, others keep their own."""
        outer = Capture(self.second, "eth1")
        self.start(
            "garp_group {\n garp_interval 0.2\n interfaces {\n eth0\n eth1\n }\n}\n"
            + instance(
                priority=255,
                extra="garp_master_delay 0\ngarp_master_repeat 3\n"
                "virtual_ipaddress_excluded {\n203.0.113.77/24 dev eth1\n}",
            )
        )

        def both():
            return sorted(a.time for a in self.garps(VIP) + outer.arps(sender="203.0.113.77"))

        wait_until(lambda: len(both()) >= 6, "announcements")
        self.assertGreaterEqual(both()[5] - both()[0], 0.8)

    def test_extra_interface(self):
        """garp_extra_if all: an address on another interface is announced again and again there, those on the
        instance's own are not."""
        outer = Capture(self.second, "eth1")
        self.start(
            instance(
                priority=255,
                extra="garp_master_delay 0\ngarp_extra_if all 0.5\n"
                "virtual_ipaddress_excluded {\n203.0.113.77/24 dev eth1\n}",
            )
        )
        wait_until(lambda: len(outer.arps(sender="203.0.113.77")) >= 8, "announcements")
        self.assertEqual(len(self.garps(VIP)), 5)

    def test_extra_virtual_mac(self):
        """garp_extra_if without all, here the default of all instances: of the addresses on another interface only
        those on a virtual MAC are announced again and again."""
        outer = Capture(self.second, "eth1")
        lines = "garp_master_delay 0\nvirtual_ipaddress_excluded {{\n203.0.113.{}/24 dev eth1\n}}"
        self.start(
            "global_defs {\n vrrp_garp_extra_if 0.5\n}\n"
            + instance(priority=255, version=3, extra=lines.format(77) + "\nuse_vmac_addr")
            + instance("VI_2", 2, 255, (VIP2,), lines.format(78), version=3)
        )
        wait_until(lambda: len(outer.arps(sender="203.0.113.78")) >= 5, "announcements")
        wait_until(lambda: len(outer.arps(sender="203.0.113.77")) >= 10, "announcements of the other")
        self.assertEqual(len(outer.arps(sender="203.0.113.78")), 5)


if __name__ == "__main__":
    unittest.main()
