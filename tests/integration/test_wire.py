# SPDX-License-Identifier: LGPL-2.1-or-later
"""Whom vrrpd believes on the wire, and in which forms it speaks: families, groups, sources, checksums, owners."""

import unittest

from case import VIP, VIP2
from lab import wait_until
from lab.wire import Capture
from wire_case import LINK_LOCAL, VIP6, WireCase, router


class Alone(WireCase):
    def test_families_side_by_side(self):
        """An IPv4 and an IPv6 instance share VRID and interface; each speaks from its family's address."""
        text = router(200) + router(200, (f"{LINK_LOCAL}/64", f"{VIP6}/64"), name="VI_6")
        self.first.start_vrrpd(text, as_unit=True)
        self.wait_at(self.first, VIP)
        self.wait_at(self.first, VIP6)
        self.assertEqual(self.first.property("VI_1", "SourceAddress"), "192.168.2.251")
        self.assertTrue(self.first.property("VI_6", "SourceAddress").startswith("fe80::"))

    def test_source_decides(self):
        """Without an interface the instance is in fault while the host lacks its source address, or the link that
        has it is down; its virtual address is on default_interface. With an interface the same goes for a source
        that is tracked, and for no other."""
        lines = "unicast_src_ip 192.168.2.251\n unicast_peer {\n 192.168.2.252\n }"
        other = "unicast_src_ip 192.168.2.99\n unicast_peer {\n 192.168.2.98\n }\n"
        self.first.start_vrrpd(
            "global_defs {\n default_interface eth1\n}\n"
            + router(200, (VIP,), lines, interface="")
            + router(200, (VIP2,), other + "track_src_ip", name="VI_T", vrid=2)
            + router(200, ("192.168.2.103",), other, name="VI_N", vrid=3),
            as_unit=True,
        )
        self.first.wait_property("VI_1", "State", "master")
        wait_until(lambda: VIP in self.first.addresses("eth1"), "the address on the default interface")
        self.first.wait_property("VI_N", "State", "master")
        self.assertEqual(self.first.property("VI_T", "State"), "fault")
        self.assertEqual(self.faults("VI_T"), [("address", "source address 192.168.2.99 is missing")])
        self.first.ip("address", "add", "192.168.2.99/24", "dev", "eth0")
        self.first.wait_property("VI_T", "State", "master")
        self.first.ip("address", "del", "192.168.2.99/24", "dev", "eth0")
        self.first.wait_property("VI_T", "State", "fault")
        self.first.ip("address", "del", "192.168.2.251/24", "dev", "eth0")
        self.first.wait_property("VI_1", "State", "fault")
        self.assertEqual(self.faults(), [("address", "source address 192.168.2.251 is missing")])
        self.first.ip("address", "add", "192.168.2.251/24", "dev", "eth0")
        self.first.wait_property("VI_1", "State", "master")
        self.first.ip("link", "set", "eth0", "down")
        self.first.wait_property("VI_1", "State", "fault")
        self.assertEqual(self.faults(), [("link", "interface eth0 is down")])
        self.first.ip("link", "set", "eth0", "up")
        self.first.wait_property("VI_1", "State", "master")

    def test_source_elsewhere(self):
        """A master whose configured source address the host has not got, or loses, is heard: its backup stays
        backup, in both families."""
        text = router(200, lines="mcast_src_ip 192.168.2.77") + router(
            200, (f"{LINK_LOCAL}/64",), "mcast_src_ip fe80::77", name="VI_6"
        )
        self.first.start_vrrpd(text, as_unit=True)
        self.wait_at(self.first, VIP)
        self.second.start_bus()
        self.second.start_vrrpd(router(100) + router(100, (f"{LINK_LOCAL}/64",), name="VI_6"), as_unit=True)
        self.second.wait_property("VI_1", "MasterAddress", "192.168.2.77")
        self.second.wait_property("VI_6", "MasterAddress", "fe80::77")
        self.first.ip("address", "add", "192.168.2.77/24", "dev", "eth0")
        self.first.ip("address", "del", "192.168.2.77/24", "dev", "eth0")
        sent = self.statistic("adverts-sent")
        wait_until(lambda: self.statistic("adverts-sent") >= sent + 5, "adverts to go on")
        self.assertEqual(self.statistic("send-errors"), 0)
        self.assertEqual(self.second.property("VI_1", "State"), "backup")
        self.assertEqual(self.second.property("VI_6", "State"), "backup")

    def test_same_source(self):
        """A router that sends from our source address cannot be told from ourselves: while nothing of our own can
        have come back, that is published and logged as a conflict."""
        text = router(100, lines="mcast_src_ip 192.168.2.77")
        self.second.start_vrrpd(text, as_unit=True)
        self.wait_at(self.second, VIP)
        self.first.start_vrrpd(text, as_unit=True)
        wait_until(lambda: self.conflicts() == ["same-source"], "the conflict to be published")
        self.wait_log(
            self.first, "same-source with 192.168.2.77.*each router needs a source address of its own"
        )

    def test_track_source(self):
        """track_src_ip: the instance is in fault while the host has not got the configured source address."""
        self.first.start_vrrpd(router(200, lines="mcast_src_ip 192.168.2.77\n track_src_ip"), as_unit=True)
        self.first.wait_property("VI_1", "State", "fault")
        self.assertEqual(self.faults(), [("address", "source address 192.168.2.77 is missing")])
        self.first.ip("address", "add", "192.168.2.77/24", "dev", "eth0")
        self.wait_at(self.first, VIP)
        self.first.ip("address", "del", "192.168.2.77/24", "dev", "eth0")
        self.first.wait_property("VI_1", "State", "fault")
        self.wait_at(None, VIP)

    def test_not_link_local(self):
        """Adverts over IPv6 in multicast that come from a global address are refused, counted and logged once, and
        keep no backup down; who sends from such an address itself believes them."""
        theirs = router(200, ("fe80::200/64",), "mcast_src_ip 2001:db8:2::2")
        self.second.start_vrrpd(theirs, as_unit=True)
        self.first.start_vrrpd(router(100, (f"{LINK_LOCAL}/64",)), as_unit=True)
        self.first.wait_property("VI_1", "State", "master")
        wait_until(lambda: self.statistic("discarded-bad-source") >= 3, "the packets to be counted")
        self.assertEqual(
            self.first.vrrpd.output().count("discarded a packet from 2001:db8:2::2: bad-source"), 1
        )
        ours = router(100, (f"{LINK_LOCAL}/64",), "mcast_src_ip 2001:db8:2::1")
        self.first.write("/run/lab/vrrpd.conf", ours)
        self.first.ctl("reload", check=True)
        self.first.wait_property("VI_1", "State", "backup")

    def test_silent(self):
        """A master whose adverts the host refuses to send goes into fault, says so once, and comes back when they
        can leave again: there are not two masters."""
        self.second.start_bus()
        self.second.start_vrrpd(router(100), as_unit=True)
        self.first.start_vrrpd(router(200), as_unit=True)
        self.wait_at(self.first, VIP)
        rules = "add table inet lab\nadd chain inet lab out { type filter hook output priority 0; }\n"
        self.first.run("nft", rules + "add rule inet lab out meta l4proto 112 drop", check=True)
        self.first.wait_property("VI_1", "State", "fault")
        self.assertEqual(self.faults(), [("socket", "cannot send adverts: Operation not permitted")])
        self.wait_at(self.second, VIP)
        self.first.run("nft", "delete table inet lab", check=True)
        self.wait_at(self.first, VIP)
        self.assertEqual(self.faults(), [])

    def test_strangers(self):
        """A unicast packet from nobody's peer is refused, and one from a peer that is further away than allowed;
        neither keeps the instance from its addresses."""

        def lines(mine, other, more=""):
            return f"unicast_src_ip {mine}\n unicast_peer {{\n {other} {more}\n }}"

        other = lines("192.168.2.252", "192.168.2.251") + "\n unicast_ttl 10"
        self.second.start_vrrpd(router(200, (VIP2,), other), as_unit=True)
        self.first.start_vrrpd(router(100, (VIP,), lines("192.168.2.251", "192.168.2.99")), as_unit=True)
        self.first.wait_property("VI_1", "State", "master")
        wait_until(lambda: self.statistic("discarded-bad-source") > 0, "the stranger to be counted")
        near = router(100, (VIP,), lines("192.168.2.251", "192.168.2.252", "min_ttl 200"))
        self.first.write("/run/lab/vrrpd.conf", near)
        self.first.ctl("reload", check=True)
        wait_until(lambda: self.statistic("discarded-bad-ttl") > 0, "the distant one to be counted")
        self.assertEqual(self.first.property("VI_1", "State"), "master")
        allowed = router(100, (VIP,), lines("192.168.2.251", "192.168.2.252", "min_ttl 10 max_ttl 10"))
        self.first.write("/run/lab/vrrpd.conf", allowed)
        self.first.ctl("reload", check=True)
        self.first.wait_property("VI_1", "State", "backup")

    def test_strangers_ipv6(self):
        """Over IPv6 as well: nobody but a peer from an allowed distance is believed, and adverts leave with the
        hop limit that is configured."""

        def conf(priority, mine, other, more="", vip=VIP6):
            lines = f"unicast_src_ip {mine}\n unicast_ttl 10\n unicast_peer {{\n {other} {more}\n }}"
            return router(priority, (f"{vip}/64",), lines)

        one, two = "2001:db8:2::1", "2001:db8:2::2"
        self.second.start_vrrpd(conf(200, two, one, vip="2001:db8:2::200"), as_unit=True)
        self.first.start_vrrpd(conf(100, one, "2001:db8:2::99"), as_unit=True)
        self.first.wait_property("VI_1", "State", "master")
        wait_until(lambda: self.statistic("discarded-bad-source") > 0, "the stranger to be counted")
        for more, name in (("max_ttl 9", "discarded-bad-ttl"), ("min_ttl 11", "discarded-bad-ttl")):
            before = self.statistic(name)
            self.first.write("/run/lab/vrrpd.conf", conf(100, one, two, more))
            self.first.ctl("reload", check=True)
            wait_until(lambda: self.statistic(name) > before, f"the peer to be refused with {more}")
        self.assertEqual(self.statistic("became-master"), 1)
        self.first.write("/run/lab/vrrpd.conf", conf(100, one, two, "min_ttl 10 max_ttl 10"))
        self.first.ctl("reload", check=True)
        self.first.wait_property("VI_1", "State", "backup")

    def test_peers_change(self):
        """Reloads that add, reorder and remove peers leave a master what it is, heard by those that remain; with no
        virtual address at all (no_virtual_ipaddress, no warning) adverts say so; they leave with unicast_ttl.
        """

        def conf(*peers):
            lines = "unicast_src_ip 192.168.2.251\n unicast_ttl 7\n unicast_peer {\n " + "\n ".join(peers)
            return router(200, (), lines + "\n }\n no_virtual_ipaddress")

        with Capture(self.client, "eth0") as seen:
            self.first.start_vrrpd(conf("192.168.2.10"), as_unit=True)
            seen.wait_advert(destination="192.168.2.10", vips=[], ttl=7, priority=200)
            for peers in (
                ("192.168.2.10", "192.168.2.252"),
                ("192.168.2.252", "192.168.2.10"),
                ("192.168.2.10",),
            ):
                self.first.write("/run/lab/vrrpd.conf", conf(*peers))
                self.first.ctl("reload", check=True)
                mark = seen.mark()
                wait_until(lambda: len(seen.adverts(since=mark)) >= 3, "adverts to go on")
            self.assertEqual([a for a in seen.adverts() if a.priority != 200], [])
        self.assertNotIn("warning", self.first.vrrpd.output())
        self.assertEqual(self.statistic("became-master"), 1)

    def test_group_changes_in_place(self):
        """A reload that moves a master to another group, and no peers to hear it, costs it nothing."""
        self.first.start_vrrpd(router(200), as_unit=True)
        self.wait_at(self.first, VIP)
        self.first.write("/run/lab/vrrpd.conf", router(200, lines="mcast_dst_ip 224.0.0.100"))
        self.first.ctl("reload", check=True)
        joined = "224.0.0.100"
        wait_until(
            lambda: joined in self.first.run("ip", "maddress", "show", "dev", "eth0").stdout,
            "the group to be joined",
        )
        sent = self.statistic("adverts-sent")
        wait_until(lambda: self.statistic("adverts-sent") >= sent + 3, "adverts to go on")
        self.assertEqual(self.statistic("became-master"), 1)

    def test_checksum_forms(self):
        """A master that sends the other form of the checksum is believed, whichever of the two is ours, and
        published; with the same form there is no conflict."""
        self.second.start_vrrpd(router(200, lines="v3_checksum_as_v2"), as_unit=True)
        self.wait_at(self.second, VIP)
        self.first.start_vrrpd(router(100), as_unit=True)
        self.first.wait_property("VI_1", "MasterPriority", 200)
        wait_until(lambda: self.conflicts() == ["checksum-mismatch"], "the conflict to be published")
        self.first.write("/run/lab/vrrpd.conf", router(100, lines="v3_checksum_as_v2"))
        self.first.ctl("reload", check=True)
        wait_until(lambda: self.conflicts() == [], "the conflict to end")
        self.assertEqual(self.first.property("VI_1", "State"), "backup")

    def test_owners(self):
        """Of two owners the one with the lower address yields, unless it ignores adverts."""
        self.second.start_vrrpd(router(255, (VIP2,)), as_unit=True)
        self.first.start_vrrpd(router(255), as_unit=True)
        self.first.wait_property("VI_1", "State", "backup")
        self.assertEqual(self.conflicts(), ["vip-mismatch"])
        self.second.stop_vrrpd()
        self.first.wait_property("VI_1", "State", "master")
        self.first.write("/run/lab/vrrpd.conf", router(255, lines="owner_ignore_adverts"))
        self.first.ctl("reload", check=True)
        self.second.start_vrrpd(router(255, (VIP2,)), as_unit=True)
        heard = self.statistic("adverts-received")
        wait_until(lambda: self.statistic("adverts-received") >= heard + 5, "the other owner to be heard")
        self.assertEqual(self.first.property("VI_1", "State"), "master")

    def test_cannot_be_run(self):
        """An instance with auth_type AH, or without a unicast peer where that is to be a fault, stays in fault of
        kind config and says why; the others run."""
        ah = "authentication {\n auth_type AH\n auth_pass x\n }"
        text = (
            router(200)
            + router(200, (VIP2,), ah, version=2, name="VI_AH", vrid=2)
            + router(
                200, ("192.168.2.103",), "unicast_fault_no_peer\n unicast_peer {\n }", name="VI_U", vrid=3
            )
        )
        self.first.start_vrrpd(text, as_unit=True)
        self.wait_at(self.first, VIP)
        for name in ("VI_AH", "VI_U"):
            self.assertEqual(self.first.property(name, "State"), "fault")
            self.assertEqual([kind for kind, _ in self.faults(name)], ["config"])


if __name__ == "__main__":
    unittest.main()
