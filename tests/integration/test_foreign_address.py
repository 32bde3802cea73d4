# SPDX-License-Identifier: LGPL-2.1-or-later
"""Addresses and interfaces that others make, change and refuse."""

import unittest

from case import VIP, VIP2, LabCase, instance
from lab import Capture, wait_until
from lab.router import CONFIG

OWN = "192.168.2.251"


class ForeignAddress(LabCase):
    def test_left_with_another_prefix(self):
        """A virtual address that another program has left with other prefix lengths than ours is removed all
        the same: a backup must not answer for it."""
        for prefix in (32, 26):
            self.first.ip("address", "add", f"{VIP}/{prefix}", "dev", "eth0")
        self.second.start_vrrpd(instance(priority=200, version=3))
        self.second.wait_address(VIP)
        self.first.start_vrrpd(instance(version=3), as_unit=True)
        self.wait_holder(self.second)

    def test_owner_whose_address_comes_later(self):
        """Priority 255, and the interface gets its address (which is the virtual one) after the start."""
        self.first.ip("address", "flush", "dev", "eth0")
        self.first.start_bus()
        self.first.start_vrrpd(instance(priority=255, vips=(OWN,), version=3), as_unit=True)
        self.first.wait_property("VI_1", "State", "fault")
        self.first.ip("address", "add", f"{OWN}/24", "dev", "eth0")
        self.first.wait_property("VI_1", "State", "master")
        self.assertEqual(self.first.stop_vrrpd(), 0)
        self.assertIn(OWN, self.first.addresses(), "the host's own address was taken away")

    def test_owner_comes_back(self):
        """The owner of an address was away, and another router has it. The kernel of that one drops what comes from an
        address that it has itself: yet it hears the owner, gives the address back, and its setting is as before.
        """

        def accept_local():
            return self.second.run("cat", "/proc/sys/net/ipv4/conf/eth0/accept_local").stdout.strip()

        self.first.ip("link", "set", "eth0", "down")
        self.second.start_bus()
        self.second.start_vrrpd(instance(vips=(OWN,), version=3), as_unit=True)
        self.second.wait_address(OWN)
        # As long as it has been master for a while: what it hears at first may be the last of another one.
        with Capture(self.client, "eth0") as capture:
            wait_until(lambda: len(capture.adverts(1)) >= 10, "two seconds' adverts")
        self.assertEqual(accept_local(), "0")
        # One that has the address by mistake, and goes away, leaves nothing behind.
        self.client.ip("address", "add", f"{OWN}/32", "dev", "eth0")
        ping = ("ping", "-c", "1", "-W", "1", "-I", OWN, "192.168.2.200")
        wait_until(
            lambda: (self.client.run(*ping, check=False), accept_local())[1] == "1",
            "the setting to be changed",
        )
        self.client.ip("address", "del", f"{OWN}/32", "dev", "eth0")
        wait_until(lambda: accept_local() == "0", "the setting to be put back")
        self.assertEqual(self.second.property("VI_1", "State"), "master")
        self.first.ip("link", "set", "eth0", "up")
        self.first.start_vrrpd(instance(priority=255, vips=(OWN,), version=3), as_unit=True)
        self.second.wait_property("VI_1", "State", "backup")
        self.assertNotIn(OWN, self.second.addresses())
        wait_until(lambda: accept_local() == "0", "the setting to be put back")

    def test_renamed_while_up(self):
        """An interface that is renamed while it is up (Linux 6.2) does not keep the virtual address."""
        self.network.lan.plug(self.first, "eth2", "inner", "192.168.2.249/24")
        self.first.start_bus()
        self.first.start_vrrpd(instance(priority=255, interface="eth2"), as_unit=True)
        self.first.wait_address(VIP)
        done = self.first.run("ip", "link", "set", "eth2", "name", "other", check=False)
        if done.returncode != 0:
            self.skipTest(f"this kernel renames no interface that is up: {done.stderr.strip()}")
        self.first.wait_property("VI_1", "State", "fault")
        self.first.wait_address(VIP, present=False)
        self.first.ip("link", "set", "other", "name", "eth2")
        self.first.wait_address(VIP)

    def test_refused_by_the_kernel(self):
        """What the kernel refuses is said once, asked for again, and announced when it has come."""
        self.first.start_bus()
        self.first.run("sysctl", "-w", "net.ipv6.conf.eth1.disable_ipv6=1")
        excluded = "virtual_ipaddress_excluded {\n fd00::1/64 dev eth1\n }"
        self.first.start_vrrpd(instance(priority=255, version=3, extra=excluded), as_unit=True)
        refused = "cannot add fd00::1 to eth1"
        self.wait_log(self.first, refused)
        # It is asked for each second, and the last announcement of the others is out.
        self.wait_counted("adverts-sent", 35)
        announced = self.counter("announcements-sent")
        self.first.run("sysctl", "-w", "net.ipv6.conf.eth1.disable_ipv6=0")
        self.first.wait_property("VI_1", "ActiveVIPs", [f"{VIP}/24", "fd00::1/64"])
        wait_until(
            lambda: self.counter("announcements-sent") > announced, "the late address to be announced"
        )
        self.assertEqual(self.first.vrrpd.output().count(refused), 1)

    def counter(self, name):
        lines = self.first.ctl("stats", "VI_1", check=True).stdout.splitlines()
        return next(int(line.split()[-1]) for line in lines if name in line)

    def wait_counted(self, name, more):
        begin = self.counter(name)
        wait_until(lambda: self.counter(name) >= begin + more, f"{more} more {name}")

    def test_address_of_two_instances(self):
        """Two masters with one address (which is warned of): the one that goes takes it along, and the other
        has it back soon."""

        def config(vip):
            return instance("VI_1", 1, vips=(vip,), version=3) + instance("VI_2", 2, version=3, interval=0.5)

        self.first.start_bus()
        self.first.start_vrrpd(config(VIP), as_unit=True)
        self.first.wait_property("VI_1", "State", "master")
        self.first.wait_property("VI_2", "State", "master")
        self.first.write(CONFIG, config(VIP2))
        self.first.ctl("reload", check=True)
        self.first.wait_address(VIP2)
        self.first.wait_address(VIP)

    def test_unicast_routers_share_a_vrid(self):
        """Two routers in unicast with one VRID and different peers, as keepalived lets them: both work, and
        each hears its own peer only."""

        def unicast(name, peer, vip, priority):
            return instance(
                name, 7, priority, (vip,), f"unicast_src_ip {OWN}\n unicast_peer {{\n {peer}\n }}", version=3
            )

        self.second.start_vrrpd(
            unicast("VI_1", OWN, VIP, 200).replace(f"unicast_src_ip {OWN}", "unicast_src_ip 192.168.2.252")
        )
        self.second.wait_address(VIP)
        self.first.start_bus()
        self.first.start_vrrpd(
            unicast("VI_1", "192.168.2.252", VIP, 100) + unicast("VI_2", "192.168.2.10", VIP2, 100),
            as_unit=True,
        )
        self.first.wait_property("VI_2", "State", "master")
        self.first.wait_property("VI_1", "MasterAddress", "192.168.2.252")
        self.assertEqual(self.first.property("VI_1", "State"), "backup")
        self.assertNotIn("discarded", self.first.vrrpd.output())


if __name__ == "__main__":
    unittest.main()
