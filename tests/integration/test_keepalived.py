# SPDX-License-Identifier: LGPL-2.1-or-later
"""Debian's keepalived is the other router: addresses are handed over to it, and a client hardly notices."""

import unittest

from case import VIP
from keepalived_case import KeepalivedCase
from lab import Ping, wait_until

LOST_MAX = 5


class Handover(KeepalivedCase):
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


class HandoverV3(Handover):
    version = 3


if __name__ == "__main__":
    unittest.main()
