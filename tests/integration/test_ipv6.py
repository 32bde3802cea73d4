# SPDX-License-Identifier: LGPL-2.1-or-later
"""IPv6 as the wire and the kernel have it: adverts, neighbour advertisements, the addresses of a master; an IPv4
instance with the same VRID beside it."""

import unittest

from case import VIP
from lab import Capture, wait_until
from lab.wire import SOLICITATION
from wire_case import LINK_LOCAL, VIP6, WireCase, router

HOST6 = "2001:db8:2::200"
EXCLUDED6 = "2001:db8:2::300"
NO_SECOND = "garp_master_delay 0"


class Ipv6(WireCase):
    def setUp(self):
        super().setUp()
        self.capture = Capture(self.client, "eth0")

    def start(self, *texts):
        self.first.start_vrrpd("".join(texts), as_unit=True)

    def address(self, address):
        """What ip(8) says of an address of the first router."""
        found = self.first.ip_json("-6", "address", "show", "dev", "eth0")
        return next(a for link in found for a in link.get("addr_info", []) if a.get("local") == address)

    def test_wire(self):
        """Adverts go to ff02::12 with hop limit 255 from the link-local address, the interval in hundredths, the
        link-local address first in the list; each address is announced to ff02::1 as a router's, overriding, with our
        link-layer address. The kernel has the addresses without duplicate address detection (nothing of it is on the
        wire) and their solicited-node groups; with prefix 128 they are deprecated."""
        vips = (f"{LINK_LOCAL}/64", f"{VIP6}/64", HOST6)
        excluded = f"virtual_ipaddress_excluded {{\n {EXCLUDED6}/64\n }}"
        text = router(255, vips, f"{NO_SECOND}\n{excluded}", name="VI_6").replace(
            "advert_int 0.2", "advert_int 40.95"
        )
        self.start(router(255), text)
        everything = (LINK_LOCAL, VIP6, HOST6, EXCLUDED6)
        wait_until(lambda: all(len(self.capture.neighbours(a)) >= 5 for a in everything), "announcements")
        self.wait_at(self.first, VIP)

        link = self.first.ip_json("link", "show", "dev", "eth0")[0]["address"]
        advert = self.capture.adverts(1, family=6)[0]
        self.assertEqual(advert.source, self.first.property("VI_6", "SourceAddress"))
        self.assertTrue(advert.source.startswith("fe80::"))
        self.assertNotEqual(advert.source, LINK_LOCAL)
        self.assertEqual((advert.mac, advert.group_mac), (link, "33:33:00:00:00:12"))
        self.assertEqual((advert.destination, advert.ttl, advert.version), ("ff02::12", 255, 3))
        self.assertEqual((advert.priority, advert.interval), (255, 40.95))
        self.assertEqual(advert.vips, [LINK_LOCAL, VIP6, HOST6])
        self.assertEqual({a.interval for a in self.capture.adverts(1)}, {0.2})

        for address in everything:
            for a in self.capture.neighbours(address):
                self.assertEqual((a.source, a.destination, a.hop_limit), (address, "ff02::1", 255))
                self.assertEqual((a.router, a.solicited, a.override), (True, False, True))
                self.assertEqual((a.mac, a.link_layer), (link, link))
            self.assertEqual(
                [a for a in self.capture.neighbours(address, SOLICITATION) if a.source == "::"], []
            )
            shown = self.address(address)
            self.assertTrue(shown.get("nodad"))
            self.assertEqual(shown.get("deprecated", False), address == HOST6)
            self.assertFalse(shown.get("tentative", False))
        groups = {
            m["address"] for m in self.first.ip_json("-6", "maddress", "show", "dev", "eth0")[0]["maddr"]
        }
        self.assertLessEqual(
            {"ff02::1:ff00:100", "ff02::1:ff00:200", "ff02::1:ff00:300", "ff02::12"}, groups
        )

    def test_pace(self):
        """vrrp_gna_interval: so much time between two neighbour advertisements of an interface, every address once
        before any is repeated; gratuitous ARP is not held up by it."""
        vips = [LINK_LOCAL] + [f"2001:db8:2::1:{n}" for n in range(1, 8)]
        self.start(
            "global_defs {\n vrrp_gna_interval 0.1\n}\n",
            router(255, [f"{vip}/64" for vip in vips], NO_SECOND, name="VI_6"),
            router(255, (VIP,), NO_SECOND),
        )

        def announced():
            return [a for a in self.capture.neighbours() if a.target in vips]

        wait_until(lambda: len(announced()) >= 12, "announcements")
        self.assertEqual({a.target for a in announced()[:8]}, set(vips))
        self.assertGreaterEqual(announced()[11].time - announced()[0].time, 1.0)
        self.assertEqual(len([a for a in self.capture.arps(VIP) if a.time < announced()[11].time]), 5)

    def test_garp_group(self):
        """garp_group: gna_interval holds for all interfaces of the group together."""
        outer = Capture(self.second, "eth1")
        far = "2001:db8:3::1"
        self.start(
            "garp_group {\n gna_interval 0.2\n interfaces {\n eth0\n eth1\n }\n}\n",
            router(
                255,
                (f"{LINK_LOCAL}/64",),
                f"{NO_SECOND}\ngarp_master_repeat 3\nvirtual_ipaddress_excluded {{\n {far}/64 dev eth1\n }}",
            ),
        )

        def both():
            return sorted(a.time for a in self.capture.neighbours(LINK_LOCAL) + outer.neighbours(far))

        wait_until(lambda: len(both()) >= 6, "announcements")
        self.assertGreaterEqual(both()[5] - both()[0], 0.8)

    def test_group(self):
        """vrrp_mcast_group6: another group of the link, for us and for those whom we hear."""
        ours = "global_defs {\n vrrp_mcast_group6 ff02::112\n}\n"
        vips = (f"{LINK_LOCAL}/64",)
        self.start(ours, router(200, vips))
        self.wait_at(self.first, LINK_LOCAL)
        self.assertEqual({a.destination for a in self.capture.adverts(1, family=6)}, {"ff02::112"})
        self.second.start_vrrpd(router(100, vips, "mcast_dst_ip ff02::112"), as_unit=True)
        self.second.start_bus()
        self.second.wait_property("VI_1", "MasterPriority", 200)


if __name__ == "__main__":
    unittest.main()
