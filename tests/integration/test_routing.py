# SPDX-License-Identifier: LGPL-2.1-or-later
"""Routes, rules and static addresses as the kernel sees them: with the master, put back, moved, and gone when they should be."""

import re
import signal
import unittest

from case import VIP, VIP2, LabCase, instance
from lab import wait_until
from lab.router import CONFIG, program

ROUTES = """
    virtual_routes {
        10.1.0.0/16 via 192.168.2.10 dev eth0 metric 7 mtu 1400
        src 192.168.2.101 10.2.0.0/16 via 203.0.113.9 table 100
        blackhole 10.3.0.0/16
        2001:db8:9::/48 dev eth1
    }
    virtual_rules {
        from 192.168.2.101 table 100 priority 500
        inet6 fwmark 9 table 100 priority 501
    }
"""
# Each option once, in words that ip(8) takes as well. "-6" in front says which ip(8) is asked.
LIKE_IP = {
    "route": """
-4 10.1.0.0/16 via 192.168.2.10 dev eth0 mtu 1400 advmss 1300 window 20000 cwnd 10 ssthresh 20 reordering 5 initcwnd 7 initrwnd 9
-4 10.2.0.0/16 via 192.168.2.10 mtu lock 1400 rtt 100ms rttvar 50ms rto_min 200ms quickack 1 fastopen_no_cookie 1 features ecn
-4 10.3.0.0/16 via 192.168.2.10 congctl lock cubic hoplimit 33 realms 3/4 tos 0x10
-4 10.4.0.0/16 dev eth1 scope link src 203.0.113.251 table 100 metric 33
-4 10.5.0.0/16 via 10.250.0.1 dev eth0 onlink preference 7 ttl-propagate disabled
-4 10.6.0.0/16 nexthop via 192.168.2.10 dev eth0 weight 2 nexthop via 203.0.113.9 dev eth1 weight 3 onlink
-4 10.7.0.0/16 via inet6 fe80::77 dev eth0 dsfield 8
-4 blackhole 10.8.0.0/16
-4 prohibit 10.9.0.0/16 metric 5
-4 throw 10.10.0.0/16 table 0x200
-4 local 10.11.0.1 dev lo table 100
-4 broadcast 10.12.255.255 dev eth1 table 100
-4 multicast 10.13.0.0/16 dev eth1 table 100
-4 default via 192.168.2.10 metric 77
-6 2001:db8:1::/48 via fe80::9 dev eth1 metric 5 pref high mtu 1400 hoplimit 44
-6 unreachable 2001:db8:2::/48 metric 9
-6 2001:db8:3::/48 nexthop via fe80::9 dev eth0 weight 2 nexthop via fe80::8 dev eth1
-6 2001:db8:4::/48 dev eth1 expires 600
-6 default from 2001:db8:77::/64 via fe80::9 dev eth1 metric 55
""",
    "rule": """
-4 from 10.1.0.0/16 table 100 priority 1000
-4 not to 10.2.0.0/16 iif eth0 lookup 101 preference 1001
-4 oif eth1 fwmark 0x10/0xf0 table 100 pref 1002
-4 tos 0x10 uidrange 100-200 table 100 order 1003
-4 ipproto tcp sport 1000-2000 dport 80 table 100 priority 1004
-4 from all table main suppress_prefixlength 0 priority 1005
-4 table 100 suppress_ifgroup 3 priority 1006
-4 from 10.4.0.0/16 dev eth1 realms 5/6 table 100 priority 1007
-4 from 10.5.0.0/16 blackhole priority 1008
-4 from 10.6.0.0/16 goto 2000 priority 1009
-4 nop priority 2000
-4 l3mdev priority 2001
-6 from 2001:db8::/32 table 100 priority 3000
-6 to 2001:db8:5::/48 prohibit priority 3001
-6 to 2001:db8:6::/48 unreachable ipproto 58 priority 3002
""",
}
STATIC = """
track_group G {
    group {
        VI_1
    }
}
static_ipaddress {
    203.0.113.77/24 dev eth1
}
static_routes {
    10.7.0.0/16 dev eth1 track_group G
}
static_rules {
    from 203.0.113.77 table 100 priority 600
}
"""


class Routing(LabCase):
    def ours(self, router=None):
        """Everything of ours in the kernel's routing, a line each."""
        router = router or self.first
        lines = []
        for family in "-4", "-6":
            lines += router.ip(family, "route", "show", "table", "all", "proto", "118").splitlines()
            rules = router.ip(family, "rule", "show").splitlines()
            lines += [line.replace("\t", " ") for line in rules if "proto 118" in line]
        return sorted(" ".join(line.split()) for line in lines)

    def wait_ours(self, n, seconds=20):
        return wait_until(
            lambda: len(self.ours()) == n and (self.ours() or ["none"]),
            lambda: f"{n} of {self.ours()}",
            seconds,
        )

    def start(self, config):
        self.first.start_bus()
        self.first.start_vrrpd(config, as_unit=True)

    def reload(self, config):
        self.first.write(CONFIG, config)
        self.first.ctl("reload", check=True)

    def test_with_the_master(self):
        """Routes and rules of both families are there while the instance is master, with every option, a route from a virtual
        address too, and none of them before, nor after a stop."""
        self.start(instance(version=3, interval=3, extra=ROUTES))
        self.assertEqual(self.ours(), [])
        self.first.wait_property("VI_1", "State", "master")
        found = self.wait_ours(6)
        self.assertIn("10.1.0.0/16 via 192.168.2.10 dev eth0 metric 7 mtu 1400", found)
        self.assertIn("10.2.0.0/16 via 203.0.113.9 dev eth1 table 100 src 192.168.2.101", found)
        self.assertIn("500: from 192.168.2.101 lookup 100 proto 118", found)
        self.assertIn("501: from all fwmark 0x9 lookup 100 proto 118", found)
        self.first.stop_vrrpd()
        self.assertEqual(self.ours(), [])

    def test_put_back(self):
        """What another program deletes comes back without a change of state, but not what is not tracked; what goes with its
        link or its source address comes back with it; another program's route is left alone."""
        self.first.ip("route", "add", "10.4.0.0/16", "via", "192.168.2.10")
        extra = ROUTES.replace(
            "blackhole 10.3",
            "10.4.0.0/16 dev eth1\n        blackhole 10.3.0.0/16 no_track\n        blackhole 10.5",
        )
        self.start(instance(version=3, extra=extra))
        self.first.wait_property("VI_1", "State", "master")
        before = self.wait_ours(7)
        self.wait_log(
            self.first, "10.4.0.0/16 dev eth1 is not added: another program's route .* is there already"
        )
        self.first.ip("route", "del", "10.1.0.0/16")
        self.first.ip("rule", "del", "priority", "500")
        self.first.ip("-6", "route", "del", "2001:db8:9::/48")
        wait_until(lambda: self.ours() == before, lambda: f"{before}, not {self.ours()}")
        self.wait_log(self.first, "10.1.0.0/16 via 192.168.2.10 dev eth0 was gone")
        self.first.ip("route", "del", "blackhole", "10.3.0.0/16")
        self.first.ip("address", "del", f"{VIP}/24", "dev", "eth0")
        wait_until(lambda: len(self.ours()) == 6, lambda: f"six, not {self.ours()}")
        self.first.wait_address(VIP)
        self.first.ip("link", "set", "eth1", "down")
        self.first.wait_property("VI_1", "State", "fault")
        self.first.ip("link", "set", "eth1", "up")
        self.first.wait_property("VI_1", "State", "master")
        self.wait_ours(7)
        self.assertIn("10.4.0.0/16 via 192.168.2.10", self.first.ip("route", "show", "10.4.0.0/16"))
        self.first.stop_vrrpd()
        self.assertEqual(self.ours(), [])
        self.assertIn("10.4.0.0/16 via 192.168.2.10", self.first.ip("route", "show", "10.4.0.0/16"))

    def test_address_no_track(self):
        """An address with no_track that another program deletes stays away, unlike the others, until its router is master
        again."""
        excluded = f"virtual_ipaddress_excluded {{\n{VIP2}/24 no_track\n}}"
        self.start(instance(version=3, extra=excluded))
        self.first.wait_address(VIP2)
        self.first.ip("address", "del", f"{VIP2}/24", "dev", "eth0")
        self.first.ip("address", "del", f"{VIP}/24", "dev", "eth0")
        self.wait_log(self.first, f"another program removed {VIP} from eth0; put back")
        self.first.wait_address(VIP)
        self.assertNotIn(VIP2, self.first.addresses("eth0"))
        self.assertNotIn(f"removed {VIP2}", self.first.vrrpd.output())
        self.first.ip("link", "set", "eth0", "down")
        self.first.wait_property("VI_1", "State", "fault")
        self.first.ip("link", "set", "eth0", "up")
        self.first.wait_address(VIP2)

    def test_killed(self):
        """Nothing outlives a daemon that was killed: --cleanup and the next start remove it."""
        self.ends_badly = True
        self.start(STATIC + instance(version=3, extra=ROUTES))
        self.first.wait_property("VI_1", "State", "master")
        self.wait_ours(8)
        self.first.stop_vrrpd(signal.SIGKILL)
        self.assertEqual(len(self.ours()), 8)
        self.assertEqual(self.first.run(program("VRRPD"), "--cleanup", "-f", CONFIG).returncode, 0)
        self.assertEqual(self.ours(), [])
        self.assertEqual(set(self.first.addresses("eth1")), {"203.0.113.251"})
        self.first.start_vrrpd(STATIC + instance(version=3, extra=ROUTES), as_unit=True)
        self.first.wait_property("VI_1", "State", "master")
        self.wait_ours(8)
        self.first.stop_vrrpd(signal.SIGKILL)
        self.first.start_vrrpd(instance(version=3, interval=5), as_unit=True)
        self.assertEqual(self.ours(), [])

    def test_reload(self):
        """A reload touches what differs only; a route that moves to another instance is never away, as the kernel's own
        notifications tell; what is no longer configured goes."""
        moving = "virtual_routes {\n10.1.0.0/16 via 192.168.2.10 dev eth0\n10.2.0.0/16 via 192.168.2.10 dev eth0\n}"
        staying = "virtual_routes {\n10.2.0.0/16 via 192.168.2.10 dev eth0\n}"
        other = "virtual_routes {\n10.1.0.0/16 via 192.168.2.10 dev eth0\n10.3.0.0/16 via 192.168.2.10 dev eth0\n}"
        self.start(instance(version=3, extra=moving) + instance("VI_2", 2, vips=(VIP2,), version=3))
        for name in "VI_1", "VI_2":
            self.first.wait_property(name, "State", "master")
        self.wait_ours(2)
        monitor = self.first.spawn("ip", "monitor", "route")
        wait_until(lambda: self.probe() or "10.99.0.0/16" in monitor.output(), "the monitor to listen")
        self.reload(
            instance(version=3, extra=staying) + instance("VI_2", 2, vips=(VIP2,), version=3, extra=other)
        )
        wait_until(lambda: "10.3.0.0/16" in monitor.output(), lambda: monitor.output())
        self.assertEqual(len(self.ours()), 3)
        self.reload(instance(version=3) + instance("VI_2", 2, vips=(VIP2,), version=3))
        self.wait_ours(0)
        wait_until(lambda: "Deleted 10.3.0.0/16" in monitor.output(), lambda: monitor.output())
        text = [line for line in monitor.output().splitlines() if "proto 118" in line]
        for route in "10.1.0.0/16", "10.2.0.0/16":
            self.assertEqual(len([line for line in text if route in line]), 1, text)
        monitor.kill(signal.SIGTERM)

    def test_reload_gateway(self):
        """A reload that changes a route's gateway or option exchanges the two at once; of two instances with a route each of
        the same destination one waits for the other, and none is taken for another program's."""

        def conf(v4, v6):
            return instance(
                version=3, extra=f"virtual_routes {{\n10.1.0.0/16 {v4}\n2001:db8:1::/48 {v6} dev eth1\n}}"
            )

        self.start(conf("via 203.0.113.9", "via fe80::9"))
        self.first.wait_property("VI_1", "State", "master")
        self.wait_ours(2)
        for v4, v6 in (
            ("via 203.0.113.8", "via fe80::8"),
            ("dev eth1", "mtu 1400"),
            ("via 203.0.113.9 mtu 1400", "via fe80::9"),
        ):
            self.reload(conf(v4, v6))
            self.wait_ours(2)
            wait_until(
                lambda: all(
                    word in line for line, words in zip(self.ours(), (v4, v6)) for word in words.split()
                ),
                lambda: f"{v4}, {v6}: {self.ours()}",
            )
        self.assertNotIn("is not added", self.first.vrrpd.output())
        self.assertNotIn("waits until", self.first.vrrpd.output())
        other = "virtual_routes {\n10.1.0.0/16 via 203.0.113.8\n}"
        self.reload(
            conf("via 203.0.113.9", "via fe80::9")
            + instance("VI_2", 2, vips=(VIP2,), version=3, extra=other)
        )
        self.wait_log(
            self.first, "VI_2: 10.1.0.0/16 via 203.0.113.8 waits until 10.1.0.0/16 via 203.0.113.9 is gone"
        )
        self.first.ctl("pause", "VI_1", "--force", check=True)
        wait_until(lambda: self.ours() == ["10.1.0.0/16 via 203.0.113.8 dev eth1"], lambda: f"{self.ours()}")

    def probe(self):
        self.first.ip("route", "add", "blackhole", "10.99.0.0/16")
        self.first.ip("route", "del", "blackhole", "10.99.0.0/16")

    def test_static(self):
        """Static items are there whoever is master, come back, follow a reload, and an instance of their group is in fault
        while one is missing."""
        backup = STATIC + instance(version=3, interval=5)
        self.start(backup)
        self.assertIn("203.0.113.77", self.first.addresses("eth1"))
        before = self.wait_ours(2)
        self.first.ip("route", "del", "10.7.0.0/16")
        self.first.ip("rule", "del", "priority", "600")
        self.first.ip("address", "del", "203.0.113.77/24", "dev", "eth1")
        wait_until(
            lambda: self.ours() == before and "203.0.113.77" in self.first.addresses("eth1"),
            "all to be back",
        )
        self.assertNotEqual(self.first.property("VI_1", "State"), "fault")
        self.first.ip("link", "set", "eth1", "down")
        self.first.wait_property("VI_1", "State", "fault")
        self.assertIn("10.7.0.0/16", str(self.first.property("VI_1", "Faults")))
        self.first.ip("link", "set", "eth1", "up")
        self.first.wait_property("VI_1", "State", "backup")
        self.wait_ours(2)
        self.reload(backup.replace("10.7.", "10.8.").replace("    203.0.113.77/24 dev eth1\n", ""))
        wait_until(lambda: any("10.8." in line for line in self.ours()), lambda: str(self.ours()))
        self.assertEqual(len(self.ours()), 2)
        wait_until(lambda: "203.0.113.77" not in self.first.addresses("eth1"), "the address to go")
        self.first.vrrpd.kill(signal.SIGTERM)
        self.first.vrrpd.wait()
        self.assertEqual(self.ours(), [])

    def in_detail(self):
        """Routes and rules that no kernel and no address makes, without what differs by its author or by the second."""
        lines = []
        for family in "-4", "-6":
            routes = self.first.ip("-d", family, "route", "show", "table", "all").replace("\n\t", " ")
            lines += [line for line in routes.splitlines() if "proto kernel" not in line]
            lines += self.first.ip("-d", family, "rule", "show").splitlines()
        return {" ".join(re.sub(r" proto \S+|expires \S+", " ", line).split()) for line in lines}

    def test_like_ip(self):
        """Each option of a route and a rule is to the kernel what it is when ip(8) is told it."""
        lines = {kind: text.strip().splitlines() for kind, text in LIKE_IP.items()}
        before = self.in_detail()
        blocks = [
            f"virtual_{kind}s {{\n"
            + "\n".join(line.replace("-4 ", "").replace("-6 ", "inet6 ") for line in texts)
            + "\n}\n"
            for kind, texts in lines.items()
        ]
        self.start(instance(version=3, extra="".join(blocks)))
        self.first.wait_property("VI_1", "State", "master")
        self.wait_ours(sum(map(len, lines.values())) + 4)  # the ways of two routes have lines of their own
        ours = self.in_detail() - before
        self.first.stop_vrrpd()
        for kind, texts in lines.items():
            for line in texts:
                family, *words = line.split()
                self.first.ip(family, kind, "add", *words)
        self.assertEqual(sorted(ours), sorted(self.in_detail() - before))

    def test_displaced(self):
        """Another program's route that takes the place of ours is left alone and told of once; ours is back when that one is
        gone, and nothing of either is removed that is not its owner's."""
        routes = ("10.1.0.0/16 via 192.168.2.10", "10.2.0.0/16 via 192.168.2.10", "2001:db8:9::/48 dev eth1")
        self.start(instance(version=3, extra="virtual_routes {\n" + "\n".join(routes) + "\n}"))
        self.first.wait_property("VI_1", "State", "master")
        before = self.wait_ours(3)
        self.first.ip("route", "replace", "10.1.0.0/16", "via", "203.0.113.9")
        self.first.ip("-6", "route", "replace", "2001:db8:9::/48", "dev", "eth0")
        # Without the daemon between the two, as it may happen to be.
        self.first.vrrpd.kill(signal.SIGSTOP)
        self.first.ip("route", "del", "10.2.0.0/16")
        self.first.ip("route", "add", "10.2.0.0/16", "via", "203.0.113.9")
        self.first.vrrpd.kill(signal.SIGCONT)
        for destination in "10.1.0.0/16", "10.2.0.0/16", "2001:db8:9::/48":
            self.wait_log(
                self.first, f"{destination} .* is not added: another program's route .* is left alone"
            )
        self.assertEqual(self.ours(), [])
        self.first.ip("route", "del", "10.1.0.0/16")
        self.first.ip("route", "del", "10.2.0.0/16")
        self.first.ip("-6", "route", "del", "2001:db8:9::/48")
        wait_until(lambda: self.ours() == before, lambda: f"{before}, not {self.ours()}")
        self.first.ip("route", "replace", "10.1.0.0/16", "via", "203.0.113.9")
        self.first.stop_vrrpd()
        self.assertEqual(self.ours(), [])
        self.assertIn("via 203.0.113.9", self.first.ip("route", "show", "10.1.0.0/16"))

    def wait_destinations(self, *destinations):
        wait_until(
            lambda: sorted(line.split()[0] for line in self.ours() if "nexthop" not in line)
            == sorted(destinations),
            lambda: f"{destinations}, not {self.ours()}",
        )

    def ways(self):
        """The next hops of the static ones, both families."""
        text = self.first.ip("route", "show", "10.9.0.0/16") + self.first.ip(
            "-6", "route", "show", "2001:db8:b::/48"
        )
        return sorted(set(re.findall(r"via (\S+) dev", text)))

    def test_several_ways(self):
        """A route of several ways keeps those whose links are there, is whole again when all are, also when one was deleted
        and made anew, and leaves with its instance while one is down; none of it is taken for another program's.
        """
        ways = "nexthop via 192.168.2.10 dev eth0 nexthop via 203.0.113.9 dev d0"
        ways6 = "nexthop via fe80::8 dev eth0 nexthop via fe80::9 dev d0"
        static = f"static_routes {{\n10.9.0.0/16 {ways}\n2001:db8:b::/48 {ways6}\n}}\n"
        own = f"virtual_routes {{\n10.8.0.0/16 {ways}\n2001:db8:a::/48 {ways6}\n}}"
        self.make_link()
        self.start(static + instance(version=3, extra=own))
        self.first.wait_property("VI_1", "State", "master")
        everything = ("10.8.0.0/16", "10.9.0.0/16", "2001:db8:a::/48", "2001:db8:b::/48")
        self.wait_destinations(*everything)
        whole = ["192.168.2.10", "203.0.113.9", "fe80::8", "fe80::9"]
        self.assertEqual(self.ways(), whole)
        self.first.ip("link", "set", "d0", "down")
        self.first.wait_property("VI_1", "State", "fault")
        self.wait_destinations("10.9.0.0/16", "2001:db8:b::/48")
        self.assertTrue({"192.168.2.10", "fe80::8"} <= set(self.ways()), self.ways())
        self.first.ip("link", "set", "d0", "up")
        self.first.ip("address", "replace", "203.0.113.8/24", "dev", "d0")
        self.first.wait_property("VI_1", "State", "master")
        self.wait_destinations(*everything)
        wait_until(lambda: self.ways() == whole, lambda: f"{self.ways()}")
        self.first.ip("link", "del", "d0")
        self.first.wait_property("VI_1", "State", "fault")
        self.make_link()
        self.first.wait_property("VI_1", "State", "master")
        self.wait_destinations(*everything)
        wait_until(lambda: self.ways() == whole, lambda: f"{self.ways()}")
        self.assertNotIn("another program", self.first.vrrpd.output())
        self.reload(instance(version=3))
        self.wait_ours(0)

    def make_link(self):
        self.first.ip("link", "add", "d0", "type", "veth", "peer", "name", "d1")
        self.first.ip("address", "add", "203.0.113.8/24", "dev", "d0")
        for name in "d1", "d0":
            self.first.ip("link", "set", name, "up")

    def test_thousand(self):
        """A thousand routes come in a moment and leave with the reload that drops one metric of each; when another program
        flushes them all are put back, with few words about it; the adverts go on meanwhile."""
        both = [f"2001:db8:{n:x}::/48 dev eth1{more}" for n in range(1, 501) for more in ("", " metric 9")]
        self.start(instance(version=3, extra="virtual_routes {\n" + "\n".join(both) + "\n}"))
        self.first.wait_property("VI_1", "State", "master")
        self.wait_ours(1000)
        # It ends with a failure when something is back before it has looked again.
        self.first.run("ip", "-6", "route", "flush", "proto", "118", check=False)
        self.wait_ours(1000)
        self.wait_log(self.first, r"\d+ more messages of that kind")
        self.assertLess(self.first.vrrpd.output().count("was gone"), 50)
        self.reload(instance(version=3, extra="virtual_routes {\n" + "\n".join(both[1::2]) + "\n}"))
        left = self.wait_ours(500)
        self.assertEqual([line for line in left if "metric 9 " not in line], [])
        self.assertEqual(self.first.property("VI_1", "State"), "master")

    def test_rules_alike(self):
        """Of rules of one priority and table that the kernel takes for each other, because one selects more or says `not`,
        the one that is no longer wanted goes, whatever order they are in, and the others stay: by a reload and when an
        instance stops; to nobody they were ever gone."""
        wide, narrow, narrower = "table 7 priority 70", "from 10.8.0.0/16", "from 10.8.0.0/16 to 10.9.0.0/16"
        inverse = "not from 10.8.0.0/16"

        def conf(static, own=""):
            rules = "\n".join(f"{line} {wide}" for line in static)
            return f"static_rules {{\n{rules}\n}}\n" + instance(
                version=3, extra=f"virtual_rules {{\n{own} {wide}\n}}" if own else ""
            )

        def wait_rules(*rules):
            expected = sorted(
                f"70: {'' if 'from' in rule else 'from all '}{rule} lookup 7 proto 118" for rule in rules
            )
            wait_until(lambda: self.ours() == expected, lambda: f"{expected}, not {self.ours()}")

        self.start(conf((narrower, inverse, narrow, "")))
        wait_rules(narrower, inverse, narrow, "from all")
        for left in (
            (narrower, inverse, narrow),
            (narrower, inverse),
            (narrower, inverse, ""),
            (narrower, inverse),
        ):
            self.reload(conf(left))
            wait_rules(*(rule or "from all" for rule in left))
        self.reload(conf((narrower, inverse), own="from all"))
        wait_rules(narrower, inverse, "from all")
        self.first.ctl("pause", "VI_1", "--force", check=True)
        wait_rules(narrower, inverse)
        self.assertNotIn("another program", self.first.vrrpd.output())

    def test_busy_links(self):
        """A route whose gateway says where it leads stands through any number of changes of links: it is never taken for
        missing or for somebody else's, and who depends on it does not step down. Nor is a rule that selects more than
        another one of ours, of the same priority, taken for that one."""
        static = "track_group G {\ngroup {\nVI_1\n}\n}\nstatic_routes {\n10.7.0.0/16 via 203.0.113.9 track_group G\n}\n"
        static += "static_rules {\nfrom 10.8.0.0/16 to 10.9.0.0/16 table 7 priority 70\nfrom 10.8.0.0/16 table 7 priority 70\n}\n"
        self.start(static + instance(version=3))
        self.first.wait_property("VI_1", "State", "master")
        self.wait_ours(3)
        since = self.first.property("VI_1", "StateChangeTimestampMonotonic")
        commands = "\n".join(f"link set dev lo mtu {mtu}" for mtu in range(60000, 60040))
        self.first.run("ip", "-batch", "-", stdin=commands)
        self.first.ip("route", "del", "10.7.0.0/16")  # noticed after all of these
        self.wait_log(self.first, "10.7.0.0/16 via 203.0.113.9 was gone")
        self.assertEqual(self.first.property("VI_1", "StateChangeTimestampMonotonic"), since)
        self.assertNotIn("is there already", self.first.vrrpd.output())


if __name__ == "__main__":
    unittest.main()
