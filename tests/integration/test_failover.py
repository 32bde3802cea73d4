# SPDX-License-Identifier: LGPL-2.1-or-later
"""Addresses move by an administrator's will, and a client that pings hardly notices."""

import signal
import unittest

from case import VIP, PairCase, instance
from lab import Ping, wait_until

LOST_MAX = 5
NO_SUCCESS = 7


class Failover(PairCase):
    def under_ping(self, action):
        ping = Ping(self.client, VIP)
        wait_until(lambda: ping.sent() >= 250, "the ping to be under way")
        action()
        self.wait_holder(self.second)
        lost = ping.lost()
        self.assertLessEqual(lost, LOST_MAX, f"{lost} of {ping.count} replies were lost")

    def failover_and_resume(self):
        """The command ends well, the address stays away from the better router until Resume, and then comes
        back."""
        self.under_ping(lambda: self.first.ctl("failover", "VI_1", check=True))
        self.assertEqual(self.first.property("VI_1", "AdminState"), "yielding")
        self.assert_stays(self.second, self.capture)
        self.resume()

    def test_failover_v2(self):
        """VRRPv2: at most 5 of 1,000 replies are lost, and nothing flips back until Resume."""
        self.start_both()
        self.failover_and_resume()

    def test_failover_v3(self):
        """The same in VRRPv3."""
        self.start_both(version=3)
        self.failover_and_resume()

    def test_sigterm(self):
        """SIGTERM of the master is the same hand-over, and it ends with status 0 and no address left."""
        self.start_both()
        self.under_ping(lambda: self.first.vrrpd.kill(signal.SIGTERM))
        self.assertEqual(self.first.vrrpd.wait(), 0)
        self.assertNotIn(VIP, self.first.addresses())
        self.wait_log(self.first, r"master → initialize: stopped \(192\.168\.2\.252 took over\)")

    def test_no_successor(self):
        """With nobody to take over the command fails, the master stays master and no reply is lost."""
        self.first.start_bus()
        self.first.start_vrrpd(instance(priority=200), as_unit=True)
        self.wait_holder(self.first)
        ping = Ping(self.client, VIP, count=300)
        done = self.first.ctl("failover", "VI_1")
        self.assertEqual(done.returncode, NO_SUCCESS, done.stdout + done.stderr)
        self.assertIn("no-successor", done.stdout + done.stderr)
        self.assertEqual(self.first.property("VI_1", "State"), "master")
        self.assertLessEqual(ping.lost(), 0)
        self.assert_stays(self.first, self.capture)


if __name__ == "__main__":
    unittest.main()
