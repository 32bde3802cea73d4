# SPDX-License-Identifier: LGPL-2.1-or-later
"""no_accept: what the master does not take (RFC 9568 section 6.1), and what it must do all the same; and
promote_secondaries: whose addresses go together."""

import os
import re
import signal
import unittest

from case import VIP, VIP2, LabCase, instance
from lab import DirectoryWatch, wait_until
from lab.router import CONFIG, program

SETTING = "/proc/sys/net/ipv4/conf/eth0/promote_secondaries"
FAR = "203.0.113.10"
VIP6 = "2001:db8::101"


class AcceptCase(LabCase):
    def pings(self, address):
        return self.client.run("ping", "-n", "-c", "1", "-W", "1", address, check=False).returncode == 0

    def connects(self, address):
        """Whether anything answers TCP: a refusal is an answer."""
        done = self.client.run(
            "python3",
            "-c",
            "import socket, sys; s = socket.socket(); s.settimeout(1)\n"
            f"try: s.connect(('{address}', 9))\n"
            "except ConnectionRefusedError: sys.exit(0)\n"
            "except OSError: sys.exit(1)",
            check=False,
        )
        return done.returncode == 0

    def rules(self, router):
        return router.run("nft", "list", "ruleset").stdout

    def reload(self, config):
        self.first.write("/run/lab/vrrpd.conf", config)
        done = self.first.ctl("reload")
        self.assertEqual(done.returncode, 0, done.stderr)


class TestAccept(AcceptCase):
    def test_dropped(self):
        """Packets to the address are dropped, but ARP is answered and what goes through the router is
        forwarded; the host's own address is not touched. A reload to accept, and back, does it in place."""
        self.first.start_bus()
        self.first.run("sh", "-c", "echo 1 >/proc/sys/net/ipv4/conf/all/forwarding")
        self.network.lan.plug(self.second, "eth2", "outer", f"{FAR}/24")
        self.second.ip("route", "add", "192.168.2.10/32", "via", "203.0.113.251")
        self.client.ip("route", "add", f"{FAR}/32", "via", VIP)
        self.first.start_vrrpd(instance(priority=200, version=3, extra="no_accept"), as_unit=True)
        self.assertIn(VIP, self.rules(self.first))  # also while it is a backup
        self.wait_holder(self.first)
        self.assertFalse(self.pings(VIP))
        self.assertFalse(self.connects(VIP))
        self.assertTrue(self.pings("192.168.2.251"))
        self.assertTrue(self.client.ip_json("neigh", "show", "to", VIP, "nud", "reachable"))
        self.assertTrue(self.pings(FAR))

        self.reload(instance(priority=200, version=3, extra="accept"))
        self.assertTrue(self.pings(VIP))
        self.assertTrue(self.connects(VIP))
        self.assertEqual(self.rules(self.first), "")
        self.reload(instance(priority=200, version=3, extra="no_accept"))
        self.assertFalse(self.pings(VIP))
        self.assertNotRegex(self.first.vrrpd.output(), "master →")
        self.assertEqual(self.first.stop_vrrpd(), 0)
        self.assertEqual(self.rules(self.first), "")

    def test_ipv6(self):
        """Neighbour discovery goes on (RFC 9568 section 6.1: it must), everything else to the address is
        dropped."""
        self.client.ip("address", "add", "2001:db8::10/64", "dev", "eth0", "nodad")
        self.first.start_vrrpd(
            instance(
                priority=200,
                version=3,
                vips=(),
                extra="no_accept\nvirtual_ipaddress {\n" f"fe80::101\n{VIP6}/64\n}}",
            ).replace("virtual_ipaddress {\n        \n    }", ""),
            as_unit=True,
        )

        def resolved():
            self.assertFalse(self.pings(VIP6))
            return self.client.ip_json("-6", "neigh", "show", "to", VIP6, "nud", "reachable")

        wait_until(resolved, "the address to be resolved")
        self.assertFalse(self.pings("fe80::101%eth0"))

    def test_two_instances(self):
        """The rules of an instance go with it; strict_mode drops nothing by itself."""
        self.first.start_bus()
        both = instance(priority=200, version=3, extra="no_accept") + instance(
            name="VI_2", vrid=2, vips=(VIP2,), priority=200, version=3, extra="strict_mode"
        )
        self.first.start_vrrpd(both, as_unit=True)
        self.wait_holder(self.first)
        self.wait_holder(self.first, VIP2)
        self.assertFalse(self.pings(VIP))
        self.assertTrue(self.pings(VIP2))
        self.reload(instance(name="VI_2", vrid=2, vips=(VIP2,), priority=200, version=3, extra="no_accept"))
        self.assertFalse(self.pings(VIP2))
        wait_until(lambda: not re.search(rf"{VIP}\b", self.rules(self.first)), "the rule to go")

    def test_killed(self):
        """Whatever ends the daemon, the table goes with it."""
        self.ends_badly = True
        self.first.start_vrrpd(instance(priority=200, version=3, extra="no_accept"), as_unit=True)
        self.assertIn(VIP, self.rules(self.first))
        self.first.stop_vrrpd(signal.SIGKILL)
        self.assertEqual(self.rules(self.first), "")

    def test_table_taken(self):
        """Where another program has the table the instance is in fault, says so, and goes on by itself when
        the table is gone: it never takes packets that it must not."""
        self.first.run("nft", "add", "table", "inet", "vrrpd")
        self.first.start_vrrpd(instance(priority=200, version=3, extra="no_accept"), as_unit=True)
        self.wait_log(self.first, r"fault.*another program has the nftables table inet vrrpd")
        self.first.run("nft", "delete", "table", "inet", "vrrpd")
        self.wait_holder(self.first)
        self.assertFalse(self.pings(VIP))


class TestSubnet(AcceptCase):
    OWN = "192.168.2.251"
    OTHER = "198.51.100.251"

    def setUp(self):
        super().setUp()
        self.first.ip("address", "add", f"{self.OTHER}/24", "dev", "eth0")

    def make_vip_primary(self):
        """The host's own address goes and comes back: behind the virtual one. Another subnet's address stays,
        so that there is one to send adverts from."""
        self.first.ip("address", "del", f"{self.OWN}/24", "dev", "eth0")
        self.first.wait_address(VIP)
        self.first.ip("address", "add", f"{self.OWN}/24", "dev", "eth0")

    def test_own_address_stays(self):
        """A virtual address that became the first one of its subnet does not take the host's own address
        along when it goes, promote_secondaries or not; and the setting is as before."""
        self.first.run("sh", "-c", f"echo 0 >{SETTING}")
        self.first.start_vrrpd(instance(priority=200, version=3), as_unit=True)
        self.wait_holder(self.first)
        self.make_vip_primary()
        self.wait_log(self.first, rf"{VIP} went from eth0 with {self.OWN}")
        self.assertNotRegex(self.first.vrrpd.output(), "another program")
        self.wait_holder(self.first)
        self.assertEqual(self.first.stop_vrrpd(), 0)
        self.assertEqual(set(self.first.addresses("eth0")), {self.OWN, self.OTHER})
        self.assertEqual(self.setting(), "0")
        self.assertFalse(
            os.path.exists(self.first.path("/run/vrrpd/settings")), "nothing is left to be put back"
        )

    def test_own_address_stays_after_a_crash(self):
        """The same when the daemon was killed, and --cleanup removes what it had."""
        self.ends_badly = True
        self.first.run("sh", "-c", f"echo 0 >{SETTING}")
        self.first.start_vrrpd(instance(priority=200, version=3, vips=(VIP, VIP2)), as_unit=True)
        self.wait_holder(self.first)
        self.make_vip_primary()
        self.first.wait_address(self.OWN)
        self.first.stop_vrrpd(signal.SIGKILL)
        self.first.run(program("VRRPD"), "--cleanup", "-f", CONFIG)
        self.assertEqual(set(self.first.addresses("eth0")), {self.OWN, self.OTHER})
        self.assertEqual(self.setting(), "0")

    def test_setting_is_remembered(self):
        """While the setting is on for the removal of addresses, the file says so from which the next start puts back
        what a daemon has changed that was killed."""
        self.first.start_bus()
        self.first.run("sh", "-c", f"echo 0 >{SETTING}")
        self.first.start_vrrpd(instance(priority=200, version=3), as_unit=True)
        self.wait_holder(self.first)
        self.make_vip_primary()
        self.first.wait_address(self.OWN)
        with DirectoryWatch(self.first.path("/run/vrrpd")) as watch:
            self.first.ctl("pause", "--mode=force", "VI_1", check=True)
            wait_until(lambda: not os.path.exists(self.first.path("/run/vrrpd/settings")), "the file to go")
            self.assertIn("settings", watch.names())
        self.assertEqual(set(self.first.addresses("eth0")), {self.OWN, self.OTHER})
        self.assertEqual(self.setting(), "0")

    def setting(self):
        return self.first.run("cat", SETTING).stdout.strip()

    def test_promote_secondaries(self):
        """With the keyword the setting is on for as long as the instance is configured, and an address whose
        primary goes stays."""
        self.first.start_bus()
        self.first.start_vrrpd(instance(priority=200, version=3, extra="promote_secondaries"), as_unit=True)
        self.wait_holder(self.first)
        self.assertEqual(self.setting(), "1")
        self.make_vip_primary()
        self.assertIn(VIP, self.first.addresses("eth0"))
        self.reload(instance(priority=200, version=3))
        wait_until(lambda: self.setting() == "0", "the setting to be put back")
        self.assertNotRegex(self.first.vrrpd.output(), "went from|another program")


if __name__ == "__main__":
    unittest.main()
