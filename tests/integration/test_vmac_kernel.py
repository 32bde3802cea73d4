# SPDX-License-Identifier: LGPL-2.1-or-later
"""The links with virtual MAC addresses as the kernel sees them: their settings, whose they are, and what is left
of them."""

import unittest

from case import VIP, VIP2
from lab import wait_until
from lab.router import program
from lab.wire import mac_text
from vmac_case import VMAC, Frames, VmacCase, arp_kind, vmac_instance

BROADCAST = "ff:ff:ff:ff:ff:ff"


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

    def test_other_interface(self):
        """use_vmac_addr: the addresses on other interfaces are on a virtual MAC address there, and switches there
        are told; the instance's own stay. Links have the names, and the filter the priority and counters, that
        the configuration says."""
        far, outer = "203.0.113.7", Frames(self.network.lan, f"{self.first.name[-8:]}-eth1")
        self.first.start_vrrpd(
            "global_defs {\nvmac_prefix v\nvmac_addr_prefix w\nnftables_priority -5\nnftables_counters\n}\n"
            + vmac_instance(
                200, f"use_vmac_addr\nno_accept\nvirtual_ipaddress_excluded {{\n{far}/24 dev eth1\n}}"
            )
            + vmac_instance(200, name="VI_2", vrid=2, vips=(VIP2,)),
            as_unit=True,
        )
        for address in (VIP, VIP2, far):
            self.wait_holder(self.first, address)
        where = {link: list(self.first.addresses(link)) for link in ("eth0", "w.1", "v.2")}
        self.assertEqual(where, {"eth0": ["192.168.2.251", VIP], "w.1": [far], "v.2": [VIP2]})
        self.assertEqual(self.link(self.first, "w.1")["link"], "eth1")
        self.assertEqual(self.sysctl(self.first, "ipv4/conf/eth1/arp_ignore"), 1)
        wait_until(
            lambda: [
                f
                for f in outer.with_source(VMAC)
                if arp_kind(f) == (2, far) and mac_text(f[:6]) == BROADCAST
            ],
            "the frame for the switches",
        )
        self.second.run("ping", "-n", "-c", "1", "-W", "1", far, check=False)
        self.assertEqual(self.second.ip_json("neigh", "show", "to", far, "dev", "eth1")[0]["lladdr"], VMAC)
        table = self.first.run("nft", "list", "table", "inet", "vrrpd").stdout
        self.assertRegex(table, r"hook input priority (filter - 5|-5)")
        self.assertRegex(table, r"ip daddr @\w+ counter packets [1-9]\d* bytes \d+ drop")
        self.assertEqual(self.first.stop_vrrpd(), 0)
        self.assertEqual(self.sysctl(self.first, "ipv4/conf/eth1/arp_ignore"), 0)
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
        self.first.ip(
            "link",
            "add",
            "v2",
            "link",
            "eth0",
            "address",
            "00:00:5e:00:01:02",
            "type",
            "macvlan",
            "mode",
            "private",
        )
        self.first.start_vrrpd(
            vmac_instance(200) + vmac_instance(200, "use_vmac v2", name="VI_2", vrid=2, vips=(VIP2,)),
            as_unit=True,
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
        wait_until(
            lambda: self.is_up(self.first) and VIP in self.first.addresses("vrrp.1"), "the link again"
        )
        self.first.ip("link", "set", "vrrp.1", "down")
        wait_until(lambda: self.is_up(self.first), "the link up again")
        self.assertNotRegex(self.first.vrrpd.output(), "master →")
        self.first.ip("link", "del", "eth0")
        self.wait_log(self.first, r"fault.*eth0 is (missing|down)")
        self.network.lan.plug(self.first, "eth0", "inner", "192.168.2.251/24")
        self.wait_holder(self.first)
        self.first.ip("link", "set", "eth0", "name", "else0")
        wait_until(lambda: self.link(self.first) is None, "the link to go with the name of its interface")
        wait_until(
            lambda: self.sysctl(self.first, "ipv4/conf/else0/arp_ignore") == 0, "the setting to be put back"
        )
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
            vmac_instance(
                200, "use_vmac other\nvirtual_ipaddress_excluded {\n203.0.113.7/24 dev eth1 use_vmac\n}"
            ),
        )
        self.assertEqual(self.first.ctl("reload").returncode, 0)
        wait_until(
            lambda: "203.0.113.7" in self.first.addresses("vrrp.1"), "an address on the other interface"
        )
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


if __name__ == "__main__":
    unittest.main()
