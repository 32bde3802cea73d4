# SPDX-License-Identifier: LGPL-2.1-or-later
"""The daemon needs no bus: it is ready without one, and is found on it as soon as there is one, also after
a restart."""

import signal
import unittest

from case import VIP, LabCase, instance
from lab import Capture, wait_until


class Bus(LabCase):
    def test_absent_then_started_then_restarted(self):
        """No bus: master all the same, vrrpctl says that the daemon is not reached. Bus: everything is
        published. Bus killed and started again: once more, and the adverts never noticed."""
        capture = Capture(self.client, "eth0")
        self.first.start_vrrpd(instance(priority=255), as_unit=True)
        self.first.wait_address(VIP)
        self.assertIn("bus", self.first.ctl("status").stderr)
        self.first.start_bus()
        self.first.wait_property("VI_1", "State", "master")
        mark = capture.mark()
        self.first.bus.stop(signal.SIGKILL)
        self.first.start_bus()
        self.first.wait_property("VI_1", "State", "master")
        self.assertEqual({advert.priority for advert in capture.adverts(1, since=mark)} - {255}, set())
        self.assert_stays(self.first, capture)

    def test_only_one_daemon(self):
        """A second daemon in the same network namespace is refused with a clear word, the first is not
        disturbed."""
        self.first.start_vrrpd(instance(priority=255), as_unit=True)
        self.first.wait_address(VIP)
        running = self.first.vrrpd
        second = self.first.start_vrrpd(instance(priority=255), as_unit=True, wait=False)
        wait_until(lambda: not second.running(), "the second daemon to end")
        self.first.vrrpd = running
        self.assertNotEqual(second.status(), 0)
        self.assertIn("already", second.output())
        self.assertIn(VIP, self.first.addresses())


if __name__ == "__main__":
    unittest.main()
