# SPDX-License-Identifier: LGPL-2.1-or-later
"""Virtual addresses as the kernel has them: their options, and their return when another program deletes
them."""

import unittest

from case import VIP, VIP2, LabCase, instance
from lab import Capture, wait_until


class Address(LabCase):
    def test_deleted_by_another_program(self):
        """A deleted address comes back without the router leaving MASTER: no advert of priority 0, no
        change of state; one warning names what happened."""
        self.first.start_bus()
        capture = Capture(self.client, "eth0")
        self.first.start_vrrpd(instance(priority=255, vips=(VIP, VIP2)), as_unit=True)
        self.first.wait_address(VIP)
        changed = self.first.property("VI_1", "StateChangeTimestamp")
        mark = capture.mark()
        self.first.ip("address", "delete", f"{VIP}/24", "dev", "eth0")
        self.first.wait_address(VIP)
        wait_until(lambda: capture.arps(VIP, since=mark), "the address to be announced again")
        self.assertEqual({advert.priority for advert in capture.adverts(1)}, {255})
        self.assertEqual(self.first.property("VI_1", "StateChangeTimestamp"), changed)
        self.assertIn(VIP2, self.first.addresses())
        self.wait_log(self.first, "(removed|deleted) " + VIP.replace(".", r"\."))

    def test_options(self):
        """Device, label, prefix, broadcast and scope arrive in the kernel as written."""
        config = instance(priority=255).replace(
            f"{VIP}/24", f"{VIP}/28 brd 192.168.2.111 dev eth1 scope link label eth1:vip"
        )
        self.first.start_vrrpd(config, as_unit=True)
        self.first.wait_address(VIP)
        found = [
            a
            for a in self.first.ip_json("address", "show", "dev", "eth1")[0]["addr_info"]
            if a["local"] == VIP
        ]
        self.assertEqual(
            {k: found[0].get(k) for k in ("prefixlen", "broadcast", "scope", "label")},
            {"prefixlen": 28, "broadcast": "192.168.2.111", "scope": "link", "label": "eth1:vip"},
        )

    def test_never_a_source(self):
        """A virtual address that is the first on its interface is still not the source of our adverts."""
        capture = Capture(self.client, "eth0")
        self.first.ip("address", "flush", "dev", "eth0")
        self.first.start_vrrpd(instance(priority=255), as_unit=True)
        self.first.ip("address", "add", f"{VIP2}/24", "dev", "eth0")
        self.first.ip("address", "add", "192.168.2.251/24", "dev", "eth0")
        self.first.wait_address(VIP)
        advert = capture.wait_advert(vrid=1, priority=255)
        self.assertNotEqual(advert.source, VIP)


if __name__ == "__main__":
    unittest.main()
