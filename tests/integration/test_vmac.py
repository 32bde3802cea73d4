# SPDX-License-Identifier: LGPL-2.1-or-later
"""Virtual MAC addresses (RFC 9568 section 7.3) as the wire sees them: what leaves with them, from whom, and
where a switch believes them to be."""

import socket
import unittest

from case import VIP
from lab import Capture, Ping, wait_until
from lab.wire import mac_text
from vmac_case import (
    LOCAL6,
    VIP6,
    VMAC,
    VMAC6,
    VmacCase,
    arp_kind,
    ipv6_instance,
    is_duplicate_probe,
    is_membership_report,
    vmac_instance,
)


class TestWire(VmacCase):
    def test_ipv4(self):
        """Adverts, gratuitous ARP and answers carry the virtual MAC address and come from the master's port
        only, through a failover in which a client loses little; nobody reports a group with it; the host's
        own addresses are never answered for with it."""
        self.first.start_vrrpd(vmac_instance(200), as_unit=True)
        self.wait_holder(self.first)
        self.second.start_vrrpd(vmac_instance(100), as_unit=True)
        wait_until(lambda: self.link(self.second), "the backup's link")
        self.assertTrue(self.is_up(self.first))
        self.assertFalse(self.is_up(self.second))
        self.assertEqual(self.neighbour(), VMAC)
        self.assertNotEqual(self.neighbour("192.168.2.251"), VMAC)
        self.assertEqual(self.port_of(), f"{self.first.name[-8:]}-eth0")

        ping = Ping(self.client, VIP, count=300)
        wait_until(lambda: ping.sent() > 50, "the client to ping")
        self.assertEqual(self.first.stop_vrrpd(), 0)
        self.wait_holder(self.second)
        wait_until(lambda: self.port_of() == f"{self.second.name[-8:]}-eth0", "the switch to learn the port")
        self.assertLess(ping.lost(), 30)
        self.assertEqual(self.neighbour(), VMAC)

        for router in self.network.routers:
            sent = self.port(router).adverts()
            self.assertTrue(sent)
            self.assertEqual({mac_text(f[6:12]) for f in sent}, {VMAC})
            self.assertFalse([f for f in self.port(router).with_source(VMAC) if is_membership_report(f)])
        vip, own = socket.inet_aton(VIP), socket.inet_aton("192.168.2.251")
        for router in self.network.routers:
            for frame in self.port(router).frames:
                if frame[12:14] == b"\x08\x06":
                    self.assertEqual(frame[28:32] == vip, mac_text(frame[22:28]) == VMAC, frame.hex())
                    self.assertFalse(frame[28:32] == own and mac_text(frame[6:12]) == VMAC)

    def test_backup_is_silent(self):
        """A backup sends nothing at all with the virtual MAC address, also when it starts and stops, and
        answers ARP neither for the virtual address nor, with the virtual MAC address, for its own."""
        self.first.start_vrrpd(vmac_instance(200), as_unit=True)
        self.wait_holder(self.first)
        self.second.start_vrrpd(vmac_instance(100), as_unit=True)
        with Capture(self.client, "eth0") as capture:
            self.assert_stays(self.first, capture, adverts=8)
            self.assertFalse(self.is_up(self.second))
            self.assertNotEqual(self.neighbour("192.168.2.252"), VMAC)
        self.assertEqual(self.second.stop_vrrpd(), 0)
        self.assertEqual(self.port(self.second).with_source(VMAC), [])
        self.assertFalse([f for f in self.port(self.second).frames if arp_kind(f) == (2, VIP)])
        self.assert_nothing_left(self.second)

    def test_ipv6(self):
        """The same of IPv6: neighbour discovery answers with the virtual MAC address, the switch that snoops
        on MLD is told of the group by the interface itself, and nobody looks for a duplicate."""
        for router in self.network.routers:
            router.ip("address", "add", f"2001:db8::{router.name[-1]}/64", "dev", "eth0", "nodad")
        self.client.ip("address", "add", "2001:db8::10/64", "dev", "eth0", "nodad")
        self.first.start_vrrpd(ipv6_instance(200), as_unit=True)
        wait_until(lambda: self.neighbour(VIP6) == VMAC6, "the virtual MAC address", seconds=30)
        self.client.run("ping", "-n", "-c", "1", "-W", "2", VIP6)
        self.client.run("ping", "-n", "-c", "1", "-W", "2", f"{LOCAL6}%eth0")
        self.second.start_vrrpd(ipv6_instance(100), as_unit=True)
        self.assertEqual(self.first.stop_vrrpd(), 0)
        wait_until(lambda: self.is_up(self.second), "the backup to take over")
        self.assertEqual(self.neighbour(VIP6), VMAC6)
        self.client.run("ping", "-n", "-c", "1", "-W", "2", VIP6)
        virtual = [socket.inet_pton(socket.AF_INET6, address) for address in (VIP6, LOCAL6)]
        for router in self.network.routers:
            port = self.port(router)
            self.assertEqual({mac_text(f[6:12]) for f in port.adverts()}, {VMAC6})
            self.assertFalse([f for f in port.with_source(VMAC6) if is_membership_report(f)])
            self.assertFalse([f for f in port.frames if is_duplicate_probe(f) and f[62:78] in virtual])
            self.assertFalse([f for f in port.with_source(VMAC6) if is_duplicate_probe(f)])
            group = socket.inet_pton(socket.AF_INET6, "ff02::1:ff00:101")
            self.assertTrue([f for f in port.frames if is_membership_report(f) and group in f], router.name)
        self.assert_nothing_left(self.first)

    def test_preemption(self):
        """A better router takes over from a living master, whose kernel still answers with the virtual MAC
        address then: that misleads the switch for a moment, not until the next advert, a second later."""
        self.first.start_vrrpd(vmac_instance(100, interval=1), as_unit=True)
        self.wait_holder(self.first)
        self.second.start_vrrpd(vmac_instance(200, interval=1), as_unit=True)
        wait_until(lambda: self.link(self.second), "the better router's link")
        ping = Ping(self.client, VIP, count=450)
        self.wait_holder(self.second)
        wait_until(lambda: not self.is_up(self.first), "the loser's link to go down")
        self.assertLess(ping.lost(), 30)

    def test_late_loser(self):
        """A router of any make that does not let go, and answers the new master's gratuitous ARP with the
        virtual MAC address, misleads the switch for a moment, not for the 40 seconds until the next advert:
        some frames follow that nobody answers, whatever was announced."""
        self.first.run("sh", "-c", "echo 1 >/proc/sys/net/ipv4/conf/eth0/arp_ignore")
        self.first.ip(
            "link", "add", "old", "link", "eth0", "address", VMAC, "type", "macvlan", "mode", "private"
        )
        self.first.run(
            "sh", "-c", "echo 1 >/proc/sys/net/ipv4/conf/old/accept_local"
        )  # as vrrpd and keepalived
        self.first.ip("address", "add", f"{VIP}/24", "dev", "old")
        self.first.ip("link", "set", "old", "up")
        self.second.start_vrrpd(
            vmac_instance(255, "use_vmac\ngarp_master_delay 1", interval=40), as_unit=True
        )
        port, second = self.port(self.second), f"{self.second.name[-8:]}-eth0"

        def sent(operation):
            return [f for f in port.with_source(VMAC) if arp_kind(f) == (operation, VIP)]

        for burst in (1, 2):
            wait_until(lambda: len(sent(1)) >= 5 * burst, "five announcements")
            wait_until(lambda: self.answers_to(self.first, VMAC), "the answer to them")
            wait_until(lambda: len(sent(2)) >= 4 * burst - 3, "a frame that nobody answers")
            wait_until(lambda: self.port_of() == second, "the switch to learn the port")
        self.assertEqual(len(port.adverts()), 1)
        self.assertTrue(all(mac_text(f[:6]) == "ff:ff:ff:ff:ff:ff" for f in sent(2)))

    def test_xmit_base(self):
        """vmac_xmit_base: adverts from the interface's own MAC address, addresses on the virtual one."""
        self.first.start_vrrpd(vmac_instance(200, "use_vmac v1\nvmac_xmit_base"), as_unit=True)
        self.wait_holder(self.first)
        self.assertEqual(self.neighbour(), VMAC)
        self.assertEqual(self.link(self.first, "v1")["address"], VMAC)
        own = self.first.ip_json("link", "show", "dev", "eth0")[0]["address"]
        self.assertEqual({mac_text(f[6:12]) for f in self.port(self.first).adverts()}, {own})


if __name__ == "__main__":
    unittest.main()
