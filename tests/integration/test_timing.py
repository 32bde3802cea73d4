# SPDX-License-Identifier: LGPL-2.1-or-later
"""The options about time, each by what the wire or the kernel shows of it. What is compared are orders and
counts, and times only where the option promises "not before"."""

import signal
import time
import unittest

from case import VIP, VIP2, LabCase, instance
from lab import Capture, wait_until

OWN = "192.168.2.251"  # of the first router
EAGER = "192.168.2.252"  # of the second


class Timing(LabCase):
    def setUp(self):
        super().setUp()
        self.capture = Capture(self.client, "eth0")

    def start(self, config, **more):
        self.first.start_vrrpd(config, as_unit=True, **more)

    def second_master(self, priority=50):
        """The other router is master first, with a lower priority."""
        self.second.start_vrrpd(instance(version=3, priority=priority), as_unit=True)
        self.wait_holder(self.second)

    def test_startup_delay(self):
        """No instance starts before vrrp_startup_delay is over, not even one of priority 255; the reason says
        so, and a reload does not begin the delay again."""
        self.first.start_bus()
        begin = time.time()
        config = "global_defs {\n vrrp_startup_delay 2.5\n}\n" + instance(priority=255)
        self.start(config)
        self.first.wait_property("VI_1", "StateReason", "startup-delay")
        self.assertEqual(self.first.property("VI_1", "State"), "initialize")
        self.assertEqual(self.capture.adverts(), [])
        self.capture.wait_advert(priority=255)
        self.assertGreaterEqual(self.capture.adverts()[0].time - begin, 2.5)
        self.first.write("/run/lab/vrrpd.conf", config + instance("VI_2", 2, 255, (VIP2,)))
        self.first.ctl("reload", check=True)
        self.first.wait_property("VI_2", "State", "master")

    def test_delay_after_boot(self):
        """vrrp_delay_after_boot counts from the boot: in the past it delays nothing."""
        self.start("global_defs {\n vrrp_delay_after_boot 1\n}\n" + instance(priority=255))
        self.wait_holder(self.first)
        self.assertNotIn("wait for", self.first.vrrpd.output())

    def test_interval(self):
        """advert_int in version 3: a hundredth of a second is the interval in the packet and between packets; what is
        finer is rounded."""
        self.start(
            instance(version=3, priority=255, interval=0.01)
            + instance("VI_2", 2, 255, (VIP2,), version=3, interval=40.954)
        )
        wait_until(lambda: len(self.capture.adverts(1)) > 100, "a hundred adverts")
        adverts = self.capture.adverts(1)
        self.assertEqual({a.interval for a in adverts}, {0.01})
        self.assertGreaterEqual(adverts[100].time - adverts[0].time, 0.95)
        self.assertEqual([a.interval for a in self.capture.adverts(2)], [40.95])

    def test_preempt_delay(self):
        """preempt_delay: the better router waits so long before it takes over from a living lower master."""
        self.second_master()
        mark = self.capture.mark()
        begin = time.time()
        self.start(instance(version=3, priority=200, extra="preempt_delay 2"))
        self.wait_holder(self.first)
        first = self.capture.adverts(source=OWN, since=mark)[0]
        self.assertGreaterEqual(first.time - begin, 2)

    def test_nopreempt(self):
        """nopreempt: it does not take over from a living lower master, and does when that one ends."""
        self.second_master()
        self.start(instance(version=3, priority=200, extra="nopreempt"))
        self.assert_stays(self.second, self.capture, adverts=8)
        self.assertEqual(self.capture.adverts(source=OWN), [])
        self.second.stop_vrrpd()
        self.wait_holder(self.first)

    def test_link_delays(self):
        """interface_up_down_delays: a link that goes down and returns before its delay is over was never
        away; one that stays down counts after the delay, and as up again only after the other."""
        self.first.start_bus()
        self.start(
            "interface_up_down_delays {\n eth1 1 1.5\n}\n"
            + instance(version=3, priority=200, extra="track_interface {\n eth1\n }")
        )
        self.wait_holder(self.first)
        mark = self.capture.mark()
        self.first.ip("link", "set", "eth1", "down")
        self.first.ip("link", "set", "eth1", "up")
        self.assert_stays(self.first, self.capture, adverts=10)
        self.assertEqual({advert.priority for advert in self.capture.adverts(since=mark)}, {200})

        begin = time.time()
        self.first.ip("link", "set", "eth1", "down")
        self.first.wait_address(VIP, present=False)
        resigned = self.capture.wait_advert(since=mark, priority=0)
        self.assertGreaterEqual(resigned.time - begin, 1)
        mark = self.capture.mark()
        begin = time.time()
        self.first.ip("link", "set", "eth1", "up")
        back = self.capture.wait_advert(since=mark, priority=200)
        self.assertGreaterEqual(back.time - begin, 1.5)

    def send_errors(self):
        lines = self.first.ctl("stats", "VI_1", check=True).stdout.splitlines()
        return next(int(line.split()[-1]) for line in lines if "send-errors" in line)

    def test_own_link_delay(self):
        """interface_up_down_delays of the instance's own interface: until the delay is over neither that it is down
        nor that no advert can leave is a fault."""
        self.first.start_bus()
        self.start("interface_up_down_delays {\n eth0 60 0\n}\n" + instance(version=3, priority=200))
        self.wait_holder(self.first)
        self.first.ip("link", "set", "eth0", "down")
        wait_until(lambda: self.send_errors() >= 15, "three seconds' adverts to fail")
        self.assertEqual(self.first.property("VI_1", "State"), "master")
        self.first.ip("link", "set", "eth0", "up")
        self.capture.wait_advert(since=self.capture.mark(), priority=200)
        self.assertNotIn("fault", self.first.vrrpd.output())

    def test_dont_track_primary(self):
        """dont_track_primary: the loss of its own link is no fault, and the address stays, however many adverts can
        not be sent."""
        self.first.start_bus()
        self.start(instance(version=3, priority=255, extra="dont_track_primary"))
        self.wait_holder(self.first)
        self.first.ip("link", "set", "eth0", "down")
        wait_until(lambda: self.send_errors() >= 15, "three seconds' adverts to fail")
        self.assertEqual(self.first.property("VI_1", "State"), "master")
        self.assertIn(VIP, self.first.addresses("eth0"))
        self.first.ip("link", "set", "eth0", "up")
        self.capture.wait_advert(since=self.capture.mark(), priority=255)
        self.assertNotIn("fault", self.first.vrrpd.output())

    def test_down_timer_adverts(self):
        """down_timer_adverts: so many adverts must be missing."""
        self.second_master()
        self.start(instance(version=3, priority=200, extra="nopreempt\ndown_timer_adverts 10"))
        self.wait_log(self.first, "backup")
        self.ends_badly = True
        self.second.stop_vrrpd(9)
        last = self.capture.adverts(source=EAGER)[-1]
        first = self.capture.wait_advert(source=OWN)
        self.assertGreaterEqual(first.time - last.time, 10 * 0.2)

    def test_timer_expired_backup(self):
        """timer_expired_backup, also called thread_timer_expired, with nopreempt: a master that slept until another
        must have taken over leaves it the address; without the option it takes it back."""
        options = ("timer_expired_backup", "thread_timer_expired", "")
        holders = (self.second, self.second, self.first)

        def conf(priority, more):
            return "".join(
                instance(
                    f"VI_{vrid}",
                    vrid,
                    priority,
                    (f"192.168.2.{100 + vrid}",),
                    f"nopreempt\n{line}",
                    version=3,
                )
                for vrid, line in enumerate(more, 1)
            )

        self.start(conf(200, options))
        for vrid in range(1, 4):
            self.wait_holder(self.first, f"192.168.2.{100 + vrid}")
        self.second.start_vrrpd(conf(150, [""] * 3), as_unit=True)
        for vrid in range(1, 4):
            self.wait_log(self.second, f"VI_{vrid}: initialize → backup")
        self.first.vrrpd.kill(signal.SIGSTOP)
        mark = self.capture.mark()
        for vrid in range(1, 4):
            self.capture.wait_advert(since=mark, vrid=vrid, source=EAGER)
        self.first.vrrpd.kill(signal.SIGCONT)
        for vrid, holder in enumerate(holders, 1):
            self.wait_holder(holder, f"192.168.2.{100 + vrid}")
        mark = self.capture.mark()
        wait_until(lambda: len(self.capture.adverts(1, since=mark)) >= 6, "more adverts")
        for vrid, holder in enumerate(holders, 1):
            self.assertEqual(self.network.holders(f"192.168.2.{100 + vrid}"), [holder.name])

    def test_owner(self):
        """Priority 255 becomes master at once, without waiting for a master; and an address that the host has
        anyway is counted as its own: it is neither added nor removed."""
        self.first.ip("address", "add", f"{VIP2}/24", "dev", "eth0")
        self.start(instance(vips=(VIP, VIP2), priority=255))
        self.wait_holder(self.first)
        self.assertNotIn("Master_Down_Interval", self.first.vrrpd.output())
        self.first.stop_vrrpd()
        self.assertIn(VIP2, self.first.addresses())
        self.assertNotIn(VIP, self.first.addresses())


if __name__ == "__main__":
    unittest.main()
