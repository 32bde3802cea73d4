# SPDX-License-Identifier: LGPL-2.1-or-later
"""Reload is atomic: a bad file changes nothing and says why, a good one changes only what differs."""

import os
import signal
import unittest

from case import VIP, VIP2, LabCase, instance
from lab import Capture, wait_until
from lab.router import CONFIG
from lab.wire import gaps

CONFIGURATION_INVALID = 9


class Reload(LabCase):
    def setUp(self):
        super().setUp()
        self.capture = Capture(self.client, "eth0")
        self.first.start_bus()
        self.first.start_vrrpd(instance(priority=255, version=3), as_unit=True)
        self.first.wait_address(VIP)
        self.changed = self.first.property("VI_1", "StateChangeTimestamp")

    def assert_undisturbed(self, mark):
        """Adverts went on with the same priority, none was missed, and the state was never left."""
        wait_until(lambda: len(self.capture.adverts(1, since=mark)) >= 10, "ten more adverts")
        adverts = self.capture.adverts(1, since=mark)
        self.assertEqual({advert.priority for advert in adverts}, {255})
        self.assertLess(max(gaps(adverts)), 2 * 0.2, "an advert was missed")
        self.assertEqual(self.first.property("VI_1", "StateChangeTimestamp"), self.changed)

    def test_bad_file(self):
        """A misspelt keyword: `vrrpctl reload` fails with position and suggestion, and the daemon goes on
        as before."""
        mark = self.capture.mark()
        self.first.write(CONFIG, instance(priority=255, version=3).replace("priority", "prioritty"))
        done = self.first.ctl("reload")
        self.assertEqual(done.returncode, CONFIGURATION_INVALID, done.stderr)
        self.assertRegex(done.stdout + done.stderr, rf"{CONFIG}:6:5: .*prioritty")
        self.assertIn("priority", done.stdout + done.stderr)
        self.assert_undisturbed(mark)
        self.assertIn(VIP, self.first.addresses())

    def test_bad_file_by_signal(self):
        """The same by SIGHUP: the log tells, the daemon goes on."""
        mark = self.capture.mark()
        self.first.write(CONFIG, "vrrp_instance VI_1 {\n")
        self.first.vrrpd.kill(signal.SIGHUP)
        self.wait_log(self.first, rf"{CONFIG}:\d+:\d+")
        self.assert_undisturbed(mark)

    def test_missing_file(self):
        """The file is gone: the same."""
        mark = self.capture.mark()
        os.unlink(self.first.path(CONFIG))
        done = self.first.ctl("reload")
        self.assertEqual(done.returncode, CONFIGURATION_INVALID, done.stderr)
        self.assertIn(CONFIG, done.stdout + done.stderr)
        self.assert_undisturbed(mark)

    def test_vip_changes_in_place(self):
        """SIGHUP with another address: it is swapped while the router stays master and misses no advert."""
        mark = self.capture.mark()
        self.first.write(CONFIG, instance(priority=255, version=3, vips=(VIP2,)))
        self.first.vrrpd.kill(signal.SIGHUP)
        self.first.wait_address(VIP2)
        self.first.wait_address(VIP, present=False)
        self.assert_undisturbed(mark)
        wait_until(lambda: self.capture.adverts(1)[-1].vips == [VIP2], "adverts with the new address")

    def test_instance_added_and_removed(self):
        """A second instance comes and goes by `vrrpctl reload`; the first does not notice."""
        mark = self.capture.mark()
        self.first.write(
            CONFIG, instance(priority=255, version=3) + instance("VI_2", 2, 255, (VIP2,), version=3)
        )
        self.first.ctl("reload", check=True)
        self.first.wait_address(VIP2)
        self.first.write(CONFIG, instance(priority=255, version=3))
        self.first.ctl("reload", check=True)
        self.first.wait_address(VIP2, present=False)
        wait_until(lambda: self.first.property("VI_2", "State") is None, "its object to go")
        self.assert_undisturbed(mark)

    def test_priority_changes_in_place(self):
        """A new priority is advertised at once, without a change of state."""
        self.first.write(CONFIG, instance(priority=150, version=3))
        self.first.ctl("reload", check=True)
        self.capture.wait_advert(vrid=1, priority=150)
        self.assertEqual(self.first.property("VI_1", "StateChangeTimestamp"), self.changed)


if __name__ == "__main__":
    unittest.main()
