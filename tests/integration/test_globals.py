# SPDX-License-Identifier: LGPL-2.1-or-later
"""Keywords of global_defs by what the wire, the kernel or the bus shows of each, beside an instance that says
otherwise where the keyword is a default of instances."""

import json
import os
import socket
import struct
import unittest
from functools import partial

from case import LabCase
from lab import Capture, wait_until
from lab.wire import internet_checksum

OWN = "192.168.2.251"
RIVAL = "192.168.2.254"  # above all others: it wins against an owner as well
LONG = 40  # seconds: what is sent within the test is no periodic advert
DEFAULTS = """
global_defs {
    vrrp_version 3
    v3_checksum_as_v2
    vrrp_strict
    vrrp_down_timer_adverts 1
    vrrp_lower_prio_no_advert
    vrrp_higher_prio_send_advert off
    vrrp_owner_ignore_adverts
    vrrp_garp_master_repeat 2
    vrrp_garp_master_delay 1
    vrrp_garp_master_refresh 1.5
    vrrp_garp_master_refresh_repeat 3
    vrrp_garp_lower_prio_repeat 4
    vrrp_garp_lower_prio_delay 2
}
"""


def vip(vrid):
    return f"192.168.2.{100 + vrid}"


def instance(vrid, lines="", priority=255, interval=LONG, addresses=None):
    """One that names no version. Its address ends in 100 and the VRID."""
    addresses = f"virtual_ipaddress {{\n{vip(vrid)}/24\n}}" if addresses is None else addresses
    return f"""
vrrp_instance VI_{vrid} {{
    interface eth0
    virtual_router_id {vrid}
    priority {priority}
    advert_int {interval}
    {addresses}
    {lines}
}}
"""


class GlobalCase(LabCase):
    def setUp(self):
        super().setUp()
        self.capture = Capture(self.client, "eth0")

    def own(self, vrid, since=0):
        return self.capture.adverts(vrid, source=OWN, since=since)

    def garps(self, vrid):
        """When the address was announced, in seconds after the first time."""
        times = [arp.time for arp in self.capture.arps(sender=vip(vrid))]
        return [time - times[0] for time in times]


class Defaults(GlobalCase):
    """One daemon; each default is looked at by an instance that does not say otherwise."""

    def setUp(self):
        super().setUp()
        self.client.ip("address", "add", f"{RIVAL}/24", "dev", "eth0")
        secret = "version 2\nauthentication {\nauth_type PASS\nauth_pass secret\n}\n"
        listens = "owner_ignore_adverts off\n"
        self.first.start_vrrpd(
            DEFAULTS
            + instance(1, listens + "garp_master_refresh 0")
            + instance(2, listens + "garp_master_refresh 0\nlower_prio_no_advert off\nv3_checksum_as_v2 off")
            + instance(3, listens + "higher_prio_send_advert on")
            + instance(4, "garp_master_delay 0")
            + instance(5, priority=100, interval=0.5)
            + instance(6, "down_timer_adverts 3", priority=100, interval=0.5)
            + instance(7, secret)
            + instance(8, secret + "strict_mode off"),
            as_unit=True,
        )
        wait_until(lambda: all(self.own(vrid) for vrid in range(1, 9)), "all to be master")

    def say(self, vrid, priority):
        """One advert of another router."""
        body = struct.pack("!BBBBHH", 0x31, vrid, priority, 1, LONG * 100, 0) + socket.inet_aton(vip(vrid))
        body = body[:6] + struct.pack("!H", internet_checksum(body)) + body[8:]
        with self.client.socket(socket.AF_INET, socket.SOCK_RAW, 112) as s:
            s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 255)
            s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(RIVAL))
            s.bind((RIVAL, 0))
            s.sendto(body, ("224.0.0.18", 0))

    def test_all(self):
        """What each default says is done by the instance that says nothing, and not by the one that says
        otherwise."""
        with self.subTest("vrrp_version, v3_checksum_as_v2, vrrp_strict, vrrp_down_timer_adverts"):
            first = {vrid: self.own(vrid)[0] for vrid in range(1, 9)}
            self.assertEqual([first[vrid].version for vrid in range(1, 9)], [3] * 6 + [2] * 2)
            plain = [first[vrid].plain_checksum for vrid in range(1, 7)]
            self.assertEqual(plain, [True, False] + [True] * 4)
            self.assertEqual([first[vrid].auth_type for vrid in (7, 8)], [0, 1])
            self.assertGreaterEqual(first[6].time - first[5].time, 0.5)

        with self.subTest("vrrp_garp_master_..."):
            wait_until(lambda: len(self.garps(1)) >= 4, "two bursts")
            self.assertGreaterEqual(self.garps(1)[2], 0.9)
            self.assertLess(self.garps(1)[2], 4)
            wait_until(lambda: len(self.garps(4)) >= 8, "two refreshments")
            times = self.garps(4)
            self.assertGreaterEqual(times[2], 1.4)
            self.assertGreaterEqual(times[5] - times[2], 1.4)
            self.assertLess(times[4] - times[2], 1.4)

        with self.subTest("vrrp_lower_prio_no_advert, vrrp_garp_lower_prio_..."):
            self.assertEqual(len(self.garps(1)), 4)
            self.say(1, 10)
            self.say(2, 10)
            wait_until(lambda: len(self.own(2)) >= 2, "an answer")
            self.assertEqual(len(self.own(1)), 1)
            wait_until(lambda: len(self.garps(1)) >= 12, "two bursts")
            self.assertGreaterEqual(self.garps(1)[8] - self.garps(1)[7], 1.8)

        with self.subTest("vrrp_owner_ignore_adverts, vrrp_higher_prio_send_advert"):
            mark = self.capture.mark()
            for vrid in (4, 2, 3):
                self.say(vrid, 255)
            wait_until(lambda: self.own(3, mark), "a farewell")
            self.first.wait_address(vip(2), present=False)
            self.assertEqual(self.own(2, mark), [])
            self.assertIn(vip(4), self.first.addresses())


class Kernel(GlobalCase):
    def test_links_and_rules(self):
        """vmac_prefix, vmac_addr_prefix: what the links are called; use_vmac_addr: the address on another
        interface is announced from a virtual MAC address there; nftables_priority, nftables_counters: the chains
        have that priority, and each rule that drops counts; native_ipv6: adverts over IPv6 though there is no
        address."""
        outer = Capture(self.second, "eth1")
        elsewhere = "use_vmac_addr\nvirtual_ipaddress_excluded {\n203.0.113.77/24 dev eth1\n}"
        self.first.start_vrrpd(
            "global_defs {\nvrrp_version 3\nvmac_prefix v\nvmac_addr_prefix w\n"
            "nftables_priority -7\nnftables_counters\n}\n"
            + instance(1, "no_accept", priority=200, interval=0.1)
            + instance(2, "use_vmac")
            + instance(3, elsewhere)
            + instance(4, "native_ipv6\nno_virtual_ipaddress", addresses=""),
            as_unit=True,
        )
        found = wait_until(lambda: self.capture.adverts(4, family=6), "adverts over IPv6")
        self.assertEqual(found[0].vips, [])
        wait_until(lambda: outer.arps("203.0.113.77"), "announcements elsewhere")
        self.assertEqual({arp.mac for arp in outer.arps("203.0.113.77")}, {"00:00:5e:00:01:03"})
        self.first.wait_address(vip(2))
        links = {link["ifname"]: link["address"] for link in self.first.ip_json("link", "show")}
        self.assertEqual(links.get("v.2"), "00:00:5e:00:01:02")
        self.assertEqual(links.get("w.3"), "00:00:5e:00:01:03")
        self.assertIn(vip(2), self.first.addresses("v.2"))

        ruleset = json.loads(self.first.run("nft", "-j", "list", "ruleset").stdout)["nftables"]
        chains = [item["chain"] for item in ruleset if "chain" in item]
        rules = [item["rule"]["expr"] for item in ruleset if "rule" in item]
        self.assertEqual({chain["prio"] for chain in chains if "prio" in chain}, {-7})
        dropping = [rule for rule in rules if any("drop" in word for word in rule)]
        self.assertTrue(dropping)
        self.assertTrue(all(any("counter" in word for word in rule) for rule in dropping), dropping)


class Process(GlobalCase):
    def test_names_and_numbers(self):
        """router_id: the name on the bus; random_seed: two hosts of one seed have the same numbers;
        include_check: what is allowed without it, a pattern that matches nothing, is an error behind it: the
        daemon does not start."""
        include = "include /run/lab/none-*.conf\n"
        checked = "global_defs {\ninclude_check +wildcard_match\n}\n" + include + instance(1)
        self.assertEqual(self.first.check_config(include + instance(1)).returncode, 0)
        self.assertNotEqual(self.first.check_config(checked).returncode, 0)
        self.first.start_vrrpd(checked, as_unit=True, wait=False)
        self.assertNotEqual(self.first.vrrpd.wait(), 0)
        self.assertIn("none-*.conf", self.first.vrrpd.output())

        numbers = [f"${{_RANDOM {first} {first + 59}}}" for first in (1, 61, 121, 181)]
        seen = []
        for machine, source in ((self.first, OWN), (self.second, "192.168.2.252")):
            machine.start_bus()
            machine.start_vrrpd(
                f"global_defs {{\nvrrp_version 3\nrouter_id of-{source}\nrandom_seed 7\n}}\n"
                + "".join(instance(number, addresses="no_virtual_ipaddress") for number in numbers),
                as_unit=True,
                options=("-i", machine.name),
            )
            adverts = partial(self.capture.adverts, source=source)
            wait_until(lambda f=adverts: len(f()) >= 4, "four masters")
            seen.append({advert.vrid for advert in adverts()})
            self.assertEqual(machine.manager("RouterId"), f"of-{source}")
        self.assertEqual(len(seen[0]), 4)
        self.assertEqual(seen[0], seen[1])

    def test_scripts(self):
        """script_user: a script without a user of its own has that user's rights; enable_script_security (and it
        is so without): what others could have written does not run as root, and who depends on it is in fault.
        """
        self.first.run("mkdir", "-m", "777", "/run/lab/loose")
        self.first.write("/run/lab/loose/touch.sh", "#!/bin/sh\ntouch $0-$1\n")
        os.chmod(self.first.path("/run/lab/loose/touch.sh"), 0o755)
        script = 'vrrp_script {} {{\nscript "/run/lab/loose/touch.sh {}"\ntimeout 30\n{}\n}}\n'
        self.first.start_vrrpd(
            "global_defs {\nvrrp_version 3\nscript_user nobody\nenable_script_security\n}\n"
            + script.format("mine", "mine", "")
            + script.format("root", "root", "user root")
            + instance(1, "track_script {\nroot\n}", priority=200, interval=0.1)
            + instance(2, "track_script {\nmine\n}", priority=200, interval=0.1),
            as_unit=True,
        )
        self.first.wait_address(vip(2))
        made = os.stat(self.first.path("/run/lab/loose/touch.sh-mine"))
        self.assertEqual(made.st_uid, int(self.first.run("id", "-u", "nobody").stdout))
        self.wait_log(self.first, "VI_1: .* fault .*/run/lab/loose can be written by others")
        self.assertFalse(os.path.exists(self.first.path("/run/lab/loose/touch.sh-root")))
        self.assertNotIn(vip(1), self.first.addresses())


if __name__ == "__main__":
    unittest.main()
