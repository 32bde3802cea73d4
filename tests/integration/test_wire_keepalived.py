# SPDX-License-Identifier: LGPL-2.1-or-later
"""Adverts in the forms that keepalived has too: IPv6, unicast, other groups; Debian's keepalived is the other router,
as master and as backup."""

import unittest

from case import VIP
from wire_case import LINK_LOCAL, VIP6, WireCase, router


class WithKeepalived(WireCase):
    def test_ipv6(self):
        """IPv6 in multicast, the first address link-local."""
        vips = (f"{LINK_LOCAL}/64", f"{VIP6}/64")
        self.both_roles(VIP6, lambda p: router(p, vips), lambda p: router(p, vips))

    def test_unicast_v2(self):
        """Unicast in version 2, with a password."""
        password = "authentication {\n auth_type PASS\n auth_pass secret\n }\n"

        def conf(mine, other):
            lines = f"unicast_src_ip {mine}\n unicast_peer {{\n {other}\n }}\n {password}"
            return lambda p: router(p, lines=lines, version=2)

        self.both_roles(VIP, conf("192.168.2.251", "192.168.2.252"), conf("192.168.2.252", "192.168.2.251"))

    def test_unicast_v3(self):
        """Unicast in version 3; we have no interface, only a source address."""

        def lines(mine, other):
            return f"unicast_src_ip {mine}\n unicast_peer {{\n {other}\n }}"

        self.both_roles(
            VIP,
            lambda p: router(p, (f"{VIP} dev eth0",), lines("192.168.2.251", "192.168.2.252"), interface=""),
            lambda p: router(p, lines=lines("192.168.2.252", "192.168.2.251")),
        )

    def test_unicast_ipv6(self):
        """Unicast over IPv6, between global addresses."""

        def conf(mine, other):
            lines = f"unicast_src_ip {mine}\n unicast_peer {{\n {other}\n }}"
            return lambda p: router(p, (f"{VIP6}/64",), lines)

        self.both_roles(VIP6, conf("2001:db8:2::1", "2001:db8:2::2"), conf("2001:db8:2::2", "2001:db8:2::1"))

    def test_group(self):
        """Another multicast group, given for the instance by keepalived and for all by us."""
        ours = "global_defs {\n vrrp_mcast_group4 224.0.0.100\n}\n"
        self.both_roles(
            VIP, lambda p: ours + router(p), lambda p: router(p, lines="mcast_dst_ip 224.0.0.100")
        )


if __name__ == "__main__":
    unittest.main()
