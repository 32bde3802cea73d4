# SPDX-License-Identifier: LGPL-2.1-or-later
"""vrrp_sync_group: an address on each of two networks, which are always on one router; with Debian's keepalived
as the other one, whose group takes over only if every member times out, and with another vrrpd."""

import json
import unittest

from case import VIP, LabCase, instance
from lab import Capture, Ping, wait_until

OUTER_VIP = "203.0.113.101"
BUS = ("org.vrrpd.Vrrp1", "/org/vrrpd/Vrrp1/group/VG_5f1", "org.vrrpd.Vrrp1.SyncGroup")


def group(priority, extra="", members="VI_1\n VI_2", tracks="", outer=None):
    """Two instances, one on each network, and their group."""
    return (
        instance("VI_1", 1, priority, (VIP,), version=3, extra=extra)
        + instance("VI_2", 2, outer or priority, (OUTER_VIP,), version=3, interface="eth1", extra=extra)
        + f"\nvrrp_sync_group VG_1 {{\n group {{\n {members}\n }}\n {tracks}\n}}\n"
    )


class GroupCase(LabCase):
    def setUp(self):
        super().setUp()
        self.first.start_bus()

    def wait_both(self, router):
        """Until this router alone has both addresses."""
        self.wait_holder(router)
        self.wait_holder(router, OUTER_VIP)

    def group_property(self, router, name):
        done = router.run("busctl", "--json=short", "get-property", *BUS, name, check=False)
        return json.loads(done.stdout)["data"] if done.returncode == 0 else None

    def wait_group(self, router, name, value):
        wait_until(
            lambda: self.group_property(router, name) == value,
            lambda: f"{name} of the group to be {value} (it is {self.group_property(router, name)})\n"
            f"{router.last_words()}",
        )


class WithKeepalived(GroupCase):
    def test_we_are_master(self):
        """keepalived's group is our backup: a fault of one of our interfaces, a command, and SIGTERM move both
        addresses to it, and none of them is left without a master."""
        self.second.start_keepalived(group(100))
        self.first.start_vrrpd(group(200), as_unit=True)
        self.wait_both(self.first)

        self.first.ip("link", "set", "eth1", "down")
        self.wait_both(self.second)
        self.first.wait_property("VI_1", "State", "fault")
        self.assertEqual(self.first.property("VI_1", "StateReason"), "group")
        self.assertEqual(self.first.property("VI_1", "Faults"), [["group", "VI_2: interface eth1 is down"]])
        self.assertEqual(self.first.property("VI_2", "StateReason"), "fault")
        self.first.ip("link", "set", "eth1", "up")
        self.wait_both(self.first)

        ping = Ping(self.client, VIP, count=600)
        wait_until(lambda: ping.sent() >= 150, "the ping to be under way")
        self.first.ctl("failover", "VG_1", check=True)
        self.wait_both(self.second)
        self.assertEqual(self.first.property("VI_2", "AdminState"), "yielding")
        lost = ping.lost()
        self.assertLessEqual(lost, 5, f"{lost} of {ping.count} replies were lost")
        self.first.ctl("resume", "VG_1", check=True)
        self.wait_both(self.first)

        self.assertEqual(self.first.stop_vrrpd(), 0)
        self.wait_both(self.second)

    def test_we_are_backup(self):
        """keepalived's group is master: we take over both addresses when one of its interfaces fails, when it
        stops, and when it is killed; not when only one of its instances falls silent."""
        self.second.start_keepalived(group(200))
        self.first.start_vrrpd(group(100), as_unit=True)
        self.wait_both(self.second)

        self.second.ip("link", "set", "eth1", "down")
        self.wait_both(self.first)
        self.second.ip("link", "set", "eth1", "up")
        self.wait_both(self.second)

        # Silence on the outer network alone: the cable is cut between the two, the links stay up.
        capture = Capture(self.client, "eth0")
        self.network.lan.ip("link", "set", "proxy-serv02"[-8:] + "-eth1", "nomaster")
        wait_until(lambda: len(capture.adverts(1)) >= 10, "more adverts of the inner instance")
        self.assertEqual(self.network.holders(OUTER_VIP), [self.second.name])
        self.assertEqual(self.first.property("VI_2", "State"), "backup")
        self.network.lan.ip("link", "set", "proxy-serv02"[-8:] + "-eth1", "master", "outer")

        self.second.keepalived.stop()
        self.wait_both(self.first)
        self.second.start_keepalived(group(200))
        self.wait_both(self.second)
        self.second.keepalived.stop(9)
        self.first.wait_address(VIP)
        self.first.wait_address(OUTER_VIP)

    def test_crossed(self):
        """Each is better on one network, and both were master while the cables were cut: afterwards one of them is
        master of both, and stays it."""
        self.first.start_vrrpd(group(150, outer=100), as_unit=True)
        self.second.start_keepalived(group(100, outer=150))
        ports = {
            f"{self.second.name[-8:]}-{eth}": bridge
            for eth, bridge in (("eth0", "inner"), ("eth1", "outer"))
        }
        for port in ports:
            self.network.lan.ip("link", "set", port, "nomaster")
        both = sorted((self.first.name, self.second.name))
        for vip in (VIP, OUTER_VIP):
            wait_until(lambda vip=vip: sorted(self.network.holders(vip)) == both, f"two masters of {vip}")
        captures = [(Capture(self.client, "eth0"), 1), (Capture(self.network.lan, "outer"), 2)]
        for port, bridge in ports.items():
            self.network.lan.ip("link", "set", port, "master", bridge)

        def one_speaks():
            marks = [capture.mark() for capture, _ in captures]
            wait_until(
                lambda: all(len(c.adverts(v, since=m)) >= 6 for (c, v), m in zip(captures, marks)),
                "more adverts",
            )
            return [
                {a.source.split(".")[-1] for a in c.adverts(v, since=m)}
                for (c, v), m in zip(captures, marks)
            ]

        wait_until(
            lambda: one_speaks() in ([{"251"}] * 2, [{"252"}] * 2), "one host to be the master of both"
        )
        self.assertEqual(self.network.holders(VIP), self.network.holders(OUTER_VIP))
        self.assertEqual(len(self.network.holders(VIP)), 1)


class Weights(GroupCase):
    def test_tracking_weight(self):
        """sync_group_tracking_weight: what members of a group track with a weight changes their priority; without
        the keyword it does not."""
        capture = Capture(self.client, "eth0")
        track = "track_interface {\n eth1 weight 10\n}"
        text = "".join(
            instance(f"VI_{vrid}", vrid, 100, (f"192.168.2.{100 + vrid}",), extra=track, version=3)
            for vrid in range(1, 5)
        )
        text += "vrrp_sync_group VG_1 {\n group {\n VI_1\n VI_2\n }\n sync_group_tracking_weight\n}\n"
        text += "vrrp_sync_group VG_2 {\n group {\n VI_3\n VI_4\n }\n}\n"
        self.first.start_vrrpd(text, as_unit=True)
        for vrid, priority in ((1, 110), (2, 110), (3, 100), (4, 100)):
            capture.wait_advert(vrid=vrid, priority=priority)
        self.first.ip("link", "set", "eth1", "down")
        mark = capture.mark()
        for vrid in range(1, 5):
            capture.wait_advert(since=mark, vrid=vrid, priority=100)
        self.assertEqual({a.priority for vrid in (3, 4) for a in capture.adverts(vrid)}, {100})


class TwoGroups(GroupCase):
    def start(self, ours, theirs, **options):
        self.first.start_vrrpd(group(ours, **options), as_unit=True)
        self.second.start_vrrpd(group(theirs), as_unit=True)

    def test_commands(self):
        """A member alone is not moved; the group is, by its name or with --group, and one command moves all: to the
        other router, out of VRRP and back, to the top and back; and a promotion keeps the priority that was asked for
        when the daemon is killed and started again."""
        self.start(200, 100)
        self.wait_both(self.first)
        refused = self.first.ctl("failover", "VI_1")
        self.assertEqual(refused.returncode, 6, refused.stderr)
        self.assertIn("sync group", refused.stdout + refused.stderr)
        self.assertEqual(self.first.property("VI_1", "SyncGroup"), "/org/vrrpd/Vrrp1/group/VG_5f1")
        self.wait_group(self.first, "State", "master")

        self.first.ctl("pause", "VG_1", check=True)
        self.wait_both(self.second)
        self.wait_group(self.first, "State", "initialize")
        self.wait_group(self.first, "AdminState", "paused")
        self.first.ctl("resume", "VG_1", check=True)
        self.wait_both(self.first)
        self.wait_group(self.first, "AdminState", "enabled")

        self.second.start_bus()
        self.second.wait_property("VI_1", "State", "backup")
        self.second.ctl("promote", "VG_1", "--priority", "210", check=True)
        self.wait_both(self.second)
        self.second.vrrpd.stop(9)
        self.second.start_vrrpd(group(100), as_unit=True)
        self.wait_both(self.second)
        self.assertEqual([self.second.property(name, "Priority") for name in ("VI_1", "VI_2")], [210, 210])

    def test_hand_over_without_successor(self):
        """Only one network has another router: gracefully, both addresses stay, and the address that had been taken
        over comes back; a hold survives the restart of the daemon."""
        self.first.start_vrrpd(group(200), as_unit=True)
        self.second.start_vrrpd(instance("VI_1", 1, 100, (VIP,), version=3), as_unit=True)
        self.wait_both(self.first)
        failed = self.first.ctl("failover", "VG_1")
        self.assertEqual(failed.returncode, 7, failed.stdout + failed.stderr)
        self.wait_both(self.first)
        self.wait_group(self.first, "State", "master")
        self.first.ctl("pause", "VG_1", "--force", check=True)
        self.wait_holder(self.second)
        self.first.stop_vrrpd()
        self.first.start_vrrpd(group(200), as_unit=True)
        self.wait_group(self.first, "AdminState", "paused")
        self.assertEqual(self.network.holders(OUTER_VIP), [])
        self.first.ctl("resume", "VG_1", check=True)
        self.wait_both(self.first)

    def test_track(self):
        """What the group tracks is a fault of all its members, and they come back together."""
        script = 'vrrp_script ok {\n script "/usr/bin/test -e /run/lab/ok"\n interval 0.2\n}\n'
        self.first.write("/run/lab/ok", "")
        self.first.start_vrrpd(script + group(200, tracks="track_script {\n ok\n }"), as_unit=True)
        self.second.start_vrrpd(group(100), as_unit=True)
        self.wait_both(self.first)
        self.first.run("rm", "/run/lab/ok")
        self.wait_both(self.second)
        self.wait_group(self.first, "State", "fault")
        self.first.write("/run/lab/ok", "")
        self.wait_both(self.first)

    def test_reload(self):
        """A reload makes a group of running masters, takes a member out and removes the group: no address moves,
        and what the bus says of it follows."""
        apart = group(200).split("\nvrrp_sync_group")[0]
        self.first.start_vrrpd(apart, as_unit=True)
        self.wait_both(self.first)
        capture = Capture(self.client, "eth0")
        for text, members in (
            (group(200), 2),
            (group(200, members="VI_2"), 1),
            (group(200), 2),
            (apart, None),
        ):
            self.first.write("/run/lab/vrrpd.conf", text)
            self.first.ctl("reload", check=True)
            if members:
                self.wait_group(self.first, "State", "master")
                self.assertEqual(len(self.group_property(self.first, "Members")), members)
            else:
                wait_until(lambda: self.group_property(self.first, "State") is None, "the group to be gone")
                self.assertEqual(self.first.property("VI_1", "SyncGroup"), "/")
            self.assertEqual(self.network.holders(VIP), [self.first.name])
            self.assertEqual(self.network.holders(OUTER_VIP), [self.first.name])
        self.assertEqual([a for a in capture.adverts(1) if a.priority == 0], [])


if __name__ == "__main__":
    unittest.main()
