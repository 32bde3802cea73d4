# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a failover leaves behind: a hold that outlives the daemon, and a backup that is one all the same."""

import signal
import unittest

from case import VIP, PairCase, instance


class Hold(PairCase):
    def test_new_master_dies(self):
        """A yielding router is still a backup at full speed: it takes over when the master dies."""
        self.start_both()
        self.first.ctl("failover", "VI_1", check=True)
        self.wait_holder(self.second)
        self.ends_badly = True
        self.second.stop_vrrpd(signal.SIGKILL)
        self.first.wait_property("VI_1", "State", "master")
        self.assertEqual(self.first.property("VI_1", "AdminState"), "enabled")

    def test_hold_survives_restart(self):
        """Nothing flips back because the daemon was restarted, in order or by a crash; only Resume ends it."""
        self.start_both()
        self.first.ctl("failover", "VI_1", "--reason", "new kernel", check=True)
        self.wait_holder(self.second)
        for how in (signal.SIGTERM, signal.SIGKILL):
            self.ends_badly = how == signal.SIGKILL
            self.first.stop_vrrpd(how)
            self.first.start_vrrpd(instance(priority=200), as_unit=True)
            self.first.wait_property("VI_1", "State", "backup")
            self.assertEqual(self.first.property("VI_1", "AdminState"), "yielding")
            self.assertEqual(self.first.property("VI_1", "AdminReason"), "new kernel")
            self.assert_stays(self.second, self.capture)
        self.resume()

    def test_second_sigterm(self):
        """A second SIGTERM does not wait for a successor that may not exist."""
        self.first.start_vrrpd(instance(priority=255, version=3, interval=20), as_unit=True)
        self.first.wait_address(VIP)
        self.first.vrrpd.kill(signal.SIGTERM)
        self.capture.wait_advert(vrid=1, priority=0)
        self.assertIn(VIP, self.first.addresses(), "the address was dropped before a successor was there")
        self.first.vrrpd.kill(signal.SIGTERM)
        self.assertEqual(self.first.vrrpd.wait(), 0)
        self.assertNotIn(VIP, self.first.addresses())


if __name__ == "__main__":
    unittest.main()
