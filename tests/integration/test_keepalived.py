# SPDX-License-Identifier: LGPL-2.1-or-later
"""Debian's keepalived is the other router: one network, two programs, and each understands the other."""

import unittest

from case import VIP, LabCase, instance
from lab import Capture, Ping, wait_until

LOST_MAX = 5


class WithKeepalived(LabCase):
    version = 2

    def setUp(self):
        super().setUp()
        self.capture = Capture(self.client, "eth0")
        self.first.start_bus()

    def start(self, ours, theirs, extra=""):
        """vrrpd on the first router, keepalived on the second, with these priorities."""
        self.second.start_keepalived(instance(priority=theirs, version=self.version, extra=extra))
        self.first.start_vrrpd(instance(priority=ours, version=self.version), as_unit=True)

    def assert_no_complaint(self):
        """keepalived has found nothing wrong with any packet of ours."""
        for complaint in ("checksum", "invalid", "mismatch", "wrong", "bogus", "incorrect", "expected"):
            self.assertNotIn(complaint, self.second.keepalived.output().lower())

    def test_we_are_master(self):
        """keepalived is our backup; it takes over when we are killed, and yields again when we are back."""
        self.start(200, 100)
        self.wait_holder(self.first)
        self.assert_stays(self.first, self.capture)
        self.ends_badly = True
        self.first.vrrpd.stop(9)
        self.second.wait_address(VIP)
        self.ends_badly = False
        self.first.start_vrrpd(instance(priority=200, version=self.version), as_unit=True)
        self.wait_holder(self.first)
        self.assert_no_complaint()

    def test_we_are_backup(self):
        """keepalived is master; we take over when it stops, and yield when it is back."""
        self.start(100, 200)
        self.wait_holder(self.second)
        wait_until(
            lambda: self.first.property("VI_1", "MasterAddress") == "192.168.2.252", "its master to be known"
        )
        self.assertEqual(self.first.property("VI_1", "MasterPriority"), 200)
        self.assertEqual(self.first.property("VI_1", "State"), "backup")
        self.second.keepalived.stop()
        self.wait_holder(self.first)
        self.second.start_keepalived(instance(priority=200, version=self.version))
        self.wait_holder(self.second)
        self.assert_no_complaint()

    def test_failover_to_it(self):
        """vrrpctl moves the address to a keepalived that never heard of such a thing; hardly a reply is
        lost; it stays there until Resume."""
        self.start(200, 100)
        self.wait_holder(self.first)
        ping = Ping(self.client, VIP)
        wait_until(lambda: ping.sent() >= 250, "the ping to be under way")
        self.first.ctl("failover", "VI_1", check=True)
        self.wait_holder(self.second)
        lost = ping.lost()
        self.assertLessEqual(lost, LOST_MAX, f"{lost} of {ping.count} replies were lost")
        self.assert_stays(self.second, self.capture)
        self.first.ctl("resume", "VI_1", check=True)
        self.wait_holder(self.first)
        self.assert_no_complaint()

    def test_stop_hands_over_to_it(self):
        """SIGTERM hands the address to keepalived in the same way."""
        self.start(200, 100)
        self.wait_holder(self.first)
        ping = Ping(self.client, VIP)
        wait_until(lambda: ping.sent() >= 250, "the ping to be under way")
        self.assertEqual(self.first.stop_vrrpd(), 0)
        self.wait_holder(self.second)
        lost = ping.lost()
        self.assertLessEqual(lost, LOST_MAX, f"{lost} of {ping.count} replies were lost")
        self.assert_no_complaint()


class WithKeepalivedV3(WithKeepalived):
    version = 3


class WithKeepalivedAuth(LabCase):
    def test_password(self):
        """VRRPv2's simple password: with the same one each hears the other, else neither does."""

        def password(word):
            return f"authentication {{\n auth_type PASS\n auth_pass {word}\n }}"

        self.first.start_bus()
        self.second.start_keepalived(instance(priority=200, extra=password("secret")))
        self.first.start_vrrpd(instance(priority=100, extra=password("secret")), as_unit=True)
        self.wait_holder(self.second)
        self.first.wait_property("VI_1", "MasterPriority", 200)
        self.first.stop_vrrpd()
        self.first.start_vrrpd(instance(priority=100, extra=password("other")), as_unit=True)
        self.first.wait_property("VI_1", "State", "master")
        wait_until(
            lambda: [kind for kind, *_ in self.first.property("VI_1", "Conflicts")] == ["auth-mismatch"],
            "the conflict to be published",
        )


if __name__ == "__main__":
    unittest.main()
