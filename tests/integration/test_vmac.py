# SPDX-License-Identifier: LGPL-2.1-or-later
"""Virtual MAC addresses (RFC 9568 section 7.3) as the wire and the kernel see them: what leaves with them,
from whom, and what is left of them."""

import re
import socket
import struct
import threading
import time
import unittest

from case import VIP, VIP2, LabCase, instance
from lab import Capture, Ping, wait_until
from lab.router import program
from lab.wire import mac_text

VMAC = "00:00:5e:00:01:01"
VMAC6 = "00:00:5e:00:02:01"
VIP6 = "2001:db8::101"
LOCAL6 = "fe80::101"


def vmac_instance(priority=100, extra="use_vmac", **keywords):
    return instance(priority=priority, version=3, extra=extra, **keywords)


def ipv6_instance(priority, extra="use_vmac"):
    return f"""
vrrp_instance VI_6 {{
    interface eth0
    version 3
    virtual_router_id 1
    priority {priority}
    advert_int 0.2
    {extra}
    virtual_ipaddress {{
        {LOCAL6}
        {VIP6}/64
    }}
}}
"""


class Frames:
    """Every frame that leaves a machine's port of the switch, as bytes."""

    def __init__(self, lan, port):
        self._socket = lan.socket(socket.AF_PACKET, socket.SOCK_RAW)
        self._socket.settimeout(0.1)
        self._socket.bind((port, 3))
        self.frames = []
        self._ending = False
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()
        lan.on_close(self.close)

    def _listen(self):
        while not self._ending:
            try:
                frame, address = self._socket.recvfrom(65536)
            except TimeoutError:
                continue
            except OSError:  # the port is gone with its machine
                return
            if address[2] != socket.PACKET_OUTGOING:  # the switch's port hears what the machine sends
                self.frames.append(frame)

    def close(self):
        self._ending = True
        self._thread.join()
        self._socket.close()

    def with_source(self, mac):
        return [f for f in list(self.frames) if mac_text(f[6:12]) == mac]

    def adverts(self):
        return [f for f in list(self.frames) if is_advert(f)]


def is_advert(frame):
    kind = struct.unpack("!H", frame[12:14])[0]
    return (kind == 0x0800 and frame[23] == 112) or (kind == 0x86DD and frame[20] == 112)


def is_membership_report(frame):
    """IGMP, or MLD behind its hop-by-hop header, or a router solicitation."""
    kind = struct.unpack("!H", frame[12:14])[0]
    if kind == 0x0800:
        return frame[23] == 2
    if kind != 0x86DD:
        return False
    header, icmp = frame[20], frame[54:]
    if header == 0:
        header, icmp = icmp[0], icmp[(icmp[1] + 1) * 8 :]
    return header == 58 and icmp[0] in (131, 132, 133, 143)


class VmacCase(LabCase):
    def setUp(self):
        super().setUp()
        self.ports = {r.name: Frames(self.network.lan, f"{r.name[-8:]}-eth0") for r in self.network.routers}

    def port(self, router):
        return self.ports[router.name]

    def link(self, router, name="vrrp.1"):
        return next((link for link in router.ip_json("-d", "link", "show") if link["ifname"] == name), None)

    def is_up(self, router, name="vrrp.1"):
        link = self.link(router, name)
        return bool(link) and "UP" in link["flags"]

    def sysctl(self, router, key):
        return int(router.run("cat", f"/proc/sys/net/{key}").stdout)

    def neighbour(self, address=VIP):
        """The MAC address that the client has for an address, asked for anew."""
        version = "-6" if ":" in address else "-4"
        self.client.run("ip", version, "neigh", "flush", "dev", "eth0")
        self.client.run("ping", "-n", "-c", "1", "-W", "2", address, check=False)
        found = self.client.ip_json(version, "neigh", "show", "to", address, "dev", "eth0")
        return found[0].get("lladdr") if found else None

    def port_of(self, mac=VMAC):
        """The switch's port behind which a MAC address is, as the switch has learnt it."""
        text = self.network.lan.run("bridge", "fdb", "show", "br", "inner").stdout
        found = re.search(rf"^{mac} dev (\S+)", text, re.MULTILINE)
        return found and found[1]

    def answers_to(self, router, mac):
        """The ARP replies of a router to that MAC address."""
        return [
            f for f in self.port(router).frames if f[12:14] == b"\x08\x06" and f[21] == 2 and mac_text(f[32:38]) == mac
        ]

    def assert_nothing_left(self, router):
        self.assertEqual([link["ifname"] for link in router.ip_json("link", "show")], ["lo", "eth0", "eth1"])
        self.assertEqual(router.run("nft", "list", "tables").stdout, "")
        for key in ("arp_ignore", "arp_announce", "promote_secondaries"):
            self.assertEqual(self.sysctl(router, f"ipv4/conf/eth0/{key}"), 0, key)


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
        """A backup sends nothing at all with the virtual MAC address, also when it starts and stops."""
        self.first.start_vrrpd(vmac_instance(200), as_unit=True)
        self.wait_holder(self.first)
        self.second.start_vrrpd(vmac_instance(100), as_unit=True)
        with Capture(self.client, "eth0") as capture:
            self.assert_stays(self.first, capture, adverts=8)
        self.assertEqual(self.second.stop_vrrpd(), 0)
        self.assertEqual(self.port(self.second).with_source(VMAC), [])
        self.assert_nothing_left(self.second)

    def test_ipv6(self):
        """The same of IPv6: neighbour discovery answers with the virtual MAC address, the switch that snoops
        on MLD is told of the group by the interface itself."""
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
        for router in self.network.routers:
            port = self.port(router)
            self.assertEqual({mac_text(f[6:12]) for f in port.adverts()}, {VMAC6})
            self.assertFalse([f for f in port.with_source(VMAC6) if is_membership_report(f)])
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
        ping = Ping(self.client, VIP, count=600)
        self.wait_holder(self.second)
        wait_until(lambda: not self.is_up(self.first), "the loser's link to go down")
        self.assertLess(ping.lost(), 30)

    def test_late_loser(self):
        """A router of any make that still answers the new master's gratuitous ARP with the virtual MAC
        address, and goes then, costs a moment, not the two seconds until the next advert."""
        self.first.run("sh", "-c", "echo 1 >/proc/sys/net/ipv4/conf/eth0/arp_ignore")
        self.first.ip("link", "add", "old", "link", "eth0", "address", VMAC, "type", "macvlan", "mode", "private")
        self.first.run("sh", "-c", "echo 1 >/proc/sys/net/ipv4/conf/old/accept_local")  # as vrrpd and keepalived
        self.first.ip("address", "add", f"{VIP}/24", "dev", "old")
        self.first.ip("link", "set", "old", "up")
        ping = Ping(self.client, VIP, count=1100)
        self.second.start_vrrpd(vmac_instance(200, interval=2), as_unit=True)
        second = f"{self.second.name[-8:]}-eth0"
        wait_until(lambda: self.port(self.second).with_source(VMAC), "the new master's first frame")
        wait_until(lambda: self.answers_to(self.first, VMAC), "the answer to it")
        self.first.ip("link", "set", "old", "down")
        wait_until(lambda: self.port_of() == second, "the switch to learn the port")
        wait_until(lambda: len(self.port(self.second).adverts()) > 1, "the next advert")
        kinds = [f[12:14] for f in self.port(self.second).with_source(VMAC) if is_advert(f) or f[28:32] == f[38:42]]
        self.assertEqual(kinds[:8].count(b"\x08\x06"), 7, "five announcements and two more before the next advert")
        self.assertLess(ping.lost(), 100)

    def test_xmit_base(self):
        """vmac_xmit_base: adverts from the interface's own MAC address, addresses on the virtual one."""
        self.first.start_vrrpd(vmac_instance(200, "use_vmac v1\nvmac_xmit_base"), as_unit=True)
        self.wait_holder(self.first)
        self.assertEqual(self.neighbour(), VMAC)
        self.assertEqual(self.link(self.first, "v1")["address"], VMAC)
        own = self.first.ip_json("link", "show", "dev", "eth0")[0]["address"]
        self.assertEqual({mac_text(f[6:12]) for f in self.port(self.first).adverts()}, {own})


class TestKernel(VmacCase):
    def test_settings(self):
        """The link has no address of its own making and answers for nothing but the virtual one."""
        self.first.start_vrrpd(vmac_instance(200), as_unit=True)
        self.wait_holder(self.first)
        expected = {
            "ipv4/conf/vrrp.1/arp_ignore": 1,
            "ipv4/conf/vrrp.1/arp_filter": 0,
            "ipv4/conf/vrrp.1/rp_filter": 0,
            "ipv4/conf/vrrp.1/accept_local": 1,
            "ipv6/conf/vrrp.1/disable_ipv6": 1,
            "ipv6/conf/vrrp.1/accept_ra": 0,
            "ipv6/conf/vrrp.1/autoconf": 0,
            "ipv4/conf/eth0/arp_ignore": 1,
        }
        for key, value in expected.items():
            self.assertEqual(self.sysctl(self.first, key), value, key)
        link = self.link(self.first)
        self.assertEqual(link["linkinfo"]["info_data"]["mode"], "private")
        self.assertEqual(link["ifalias"], "vrrpd:VI_1")
        self.assertEqual(link["inet6_addr_gen_mode"], "none")
        self.assertEqual(list(self.first.addresses("vrrp.1")), [VIP])
        self.assertEqual(self.first.stop_vrrpd(), 0)
        self.assert_nothing_left(self.first)

    def test_killed(self):
        """After SIGKILL the next start removes the link and puts the settings back, as --cleanup does; the
        packet filter goes by itself."""
        self.ends_badly = True
        self.first.start_vrrpd(vmac_instance(200, "use_vmac\nno_accept\npromote_secondaries"), as_unit=True)
        self.wait_holder(self.first)
        index = self.link(self.first)["ifindex"]
        self.first.stop_vrrpd(9)
        self.assertEqual(self.first.run("nft", "list", "tables").stdout, "")
        self.assertEqual(self.sysctl(self.first, "ipv4/conf/eth0/promote_secondaries"), 1)
        self.first.start_vrrpd(vmac_instance(200), as_unit=True)
        self.wait_holder(self.first)
        self.assertNotEqual(self.link(self.first)["ifindex"], index)
        self.assertEqual(self.sysctl(self.first, "ipv4/conf/eth0/promote_secondaries"), 0)
        self.first.stop_vrrpd(9)
        self.first.run(program("VRRPD"), "--cleanup", env={"ASAN_OPTIONS": "detect_leaks=1"})
        self.assert_nothing_left(self.first)

    def test_damaged(self):
        """A file of settings that says nothing useful is said so, and keeps no router from starting."""
        boot = self.first.run("cat", "/proc/sys/kernel/random/boot_id").stdout.strip().replace("-", "")
        self.first.run("install", "-d", "-o", "vrrpd", "-g", "vrrpd", "-m", "755", "/run/vrrpd")
        self.first.write("/run/vrrpd/settings", f"vrrpd-settings-1 {boot}\nnonsense\n")
        self.first.start_vrrpd(vmac_instance(200), as_unit=True)
        self.wait_holder(self.first)
        self.wait_log(self.first, "cannot put back the settings")
        self.assertEqual(self.first.stop_vrrpd(), 0)
        self.assert_nothing_left(self.first)

    def test_taken(self):
        """A link of another nature that has the name is a fault that says so, and is not touched; a macvlan
        that fits is used and left. When the name is free the instance takes part."""
        self.first.ip("link", "add", "vrrp.1", "type", "bridge")
        self.first.ip("link", "add", "v2", "link", "eth0", "address", "00:00:5e:00:01:02", "type", "macvlan", "mode", "private")
        self.first.start_vrrpd(
            vmac_instance(200) + vmac_instance(200, "use_vmac v2", name="VI_2", vrid=2, vips=(VIP2,)), as_unit=True
        )
        self.wait_log(self.first, r"VI_1: .*fault.*vrrp\.1 is taken by a bridge")
        self.wait_holder(self.first, VIP2)
        self.wait_log(self.first, r"VI_2: v2 exists already")
        self.assertNotIn("ifalias", self.link(self.first, "v2"))
        self.first.ip("link", "del", "vrrp.1")
        self.wait_holder(self.first)
        self.assertEqual(self.first.stop_vrrpd(), 0)
        self.assertIsNone(self.link(self.first))
        self.assertFalse(self.is_up(self.first, "v2"))
        self.assertIsNotNone(self.link(self.first, "v2"))
        self.first.ip("link", "del", "v2")
        self.assert_nothing_left(self.first)

    def test_restored(self):
        """A link that another program deletes or sets down comes back, with the address, and without a change
        of master; one whose lower interface is made again is made again."""
        self.first.start_vrrpd(vmac_instance(200), as_unit=True)
        self.wait_holder(self.first)
        self.first.ip("link", "del", "vrrp.1")
        wait_until(lambda: self.is_up(self.first) and VIP in self.first.addresses("vrrp.1"), "the link again")
        self.first.ip("link", "set", "vrrp.1", "down")
        wait_until(lambda: self.is_up(self.first), "the link up again")
        self.assertNotRegex(self.first.vrrpd.output(), "master →")
        self.first.ip("link", "del", "eth0")
        self.wait_log(self.first, r"fault.*eth0 is (missing|down)")
        self.network.lan.plug(self.first, "eth0", "inner", "192.168.2.251/24")
        self.wait_holder(self.first)
        self.first.ip("link", "set", "eth0", "name", "else0")
        wait_until(lambda: self.link(self.first) is None, "the link to go with the name of its interface")
        wait_until(lambda: self.sysctl(self.first, "ipv4/conf/else0/arp_ignore") == 0, "the setting to be put back")
        self.first.ip("link", "set", "else0", "name", "eth0")
        self.wait_holder(self.first)
        self.assertEqual(self.neighbour(), VMAC)
        self.assertEqual(self.sysctl(self.first, "ipv4/conf/eth0/arp_ignore"), 1)

    def test_owner(self):
        """The host's own address (priority 255) stays where it is, beside a virtual MAC address."""
        self.first.start_vrrpd(vmac_instance(255, vips=("192.168.2.251",)), as_unit=True)
        self.wait_log(self.first, r"backup → master|initialize → master")
        self.assertIn("192.168.2.251", self.first.addresses("eth0"))
        self.assertEqual(self.first.addresses("vrrp.1"), {})
        self.assertEqual(self.first.stop_vrrpd(), 0)
        self.assertIn("192.168.2.251", self.first.addresses("eth0"))

    def test_sysctl(self):
        """A setting of all interfaces that defeats it is a fault that names it, and is not changed; it clears
        by itself."""
        self.first.run("sh", "-c", "echo 1 >/proc/sys/net/ipv4/conf/all/rp_filter")
        self.first.start_vrrpd(vmac_instance(200), as_unit=True)
        self.wait_log(self.first, r"net\.ipv4\.conf\.all\.rp_filter=1 defeats use_vmac")
        self.assertEqual(self.sysctl(self.first, "ipv4/conf/all/rp_filter"), 1)
        self.first.run("sh", "-c", "echo 0 >/proc/sys/net/ipv4/conf/all/rp_filter")
        self.wait_holder(self.first)

    def test_reload(self):
        """A reload that takes use_vmac away takes all of it away; one that renames it, too; addresses on
        other interfaces come and go in place."""
        self.first.start_bus()
        self.first.start_vrrpd(vmac_instance(200), as_unit=True)
        self.wait_holder(self.first)
        self.first.write("/run/lab/vrrpd.conf", vmac_instance(200, "use_vmac other"))
        self.assertEqual(self.first.ctl("reload").returncode, 0)
        wait_until(lambda: VIP in self.first.addresses("other"), "the address on the other link")
        wait_until(lambda: self.link(self.first) is None, "the first link to go")
        self.first.write(
            "/run/lab/vrrpd.conf",
            vmac_instance(200, "use_vmac other\nvirtual_ipaddress_excluded {\n203.0.113.7/24 dev eth1 use_vmac\n}"),
        )
        self.assertEqual(self.first.ctl("reload").returncode, 0)
        wait_until(lambda: "203.0.113.7" in self.first.addresses("vrrp.1"), "an address on the other interface")
        index = self.link(self.first, "other")["ifindex"]
        self.first.write("/run/lab/vrrpd.conf", vmac_instance(200, "use_vmac other", name="VI_NEW"))
        self.assertEqual(self.first.ctl("reload").returncode, 0)
        wait_until(lambda: self.is_up(self.first, "other"), "the link to be the other instance's")
        self.assertEqual(self.link(self.first, "other")["ifindex"], index)
        self.assertNotIn("exists already", self.first.vrrpd.output())
        self.first.write("/run/lab/vrrpd.conf", vmac_instance(200, ""))
        self.assertEqual(self.first.ctl("reload").returncode, 0)
        wait_until(lambda: VIP in self.first.addresses("eth0"), "the address on the interface itself")
        self.assert_nothing_left(self.first)


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
