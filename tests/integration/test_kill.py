# SPDX-License-Identifier: LGPL-2.1-or-later
"""No address outlives the daemon: after SIGKILL the next start, or --cleanup, removes what is marked as
ours."""

import signal
import unittest

from case import VIP, VIP2, LabCase, instance
from lab import wait_until
from lab.marks import OURS, add_marked, address_marks
from lab.router import CONFIG, program


class Kill(LabCase):
    def setUp(self):
        super().setUp()
        self.ends_badly = True
        self.first.start_vrrpd(instance(priority=255), as_unit=True)
        self.first.wait_address(VIP)

    def kill(self):
        self.first.stop_vrrpd(signal.SIGKILL)
        self.assertIn(VIP, self.first.addresses(), "nobody could have removed it: the test is wrong")

    def test_mark(self):
        """What we add carries our mark, what was there does not."""
        marks = address_marks(self.first)
        self.assertEqual(marks[VIP], OURS)
        self.assertEqual(marks["192.168.2.251"], 0)

    def test_mark_put_back(self):
        """An address that another program writes anew, without our mark, gets it back: it is still ours, goes at a stop and
        does not outlive a daemon that is killed. So does one that is written anew again and again."""
        again = f"for i in $(seq 20); do ip address replace {VIP}/24 dev eth0; done"
        for number in (signal.SIGKILL, signal.SIGTERM):
            self.first.run("sh", "-c", again, check=True)
            wait_until(
                lambda: address_marks(self.first).get(VIP) == OURS, lambda: f"{address_marks(self.first)}"
            )
            self.assertNotIn("keeps no protocol", self.first.vrrpd.output())
            self.first.stop_vrrpd(number)
            if number == signal.SIGKILL:
                self.first.run(program("VRRPD"), "--cleanup", "-f", CONFIG)
            self.assertEqual(set(self.first.addresses("eth0")), {"192.168.2.251"})
            self.first.start_vrrpd(instance(priority=255), as_unit=True)
            self.first.wait_address(VIP)

    def test_cleanup(self):
        """--cleanup (what the unit runs after every stop) removes the address and no other."""
        self.kill()
        done = self.first.run(program("VRRPD"), "--cleanup", "-f", CONFIG)
        self.assertEqual(done.returncode, 0)
        self.assertEqual(set(self.first.addresses("eth0")), {"192.168.2.251"})

    def test_restart_as_backup(self):
        """A daemon that was killed as master and starts again as a backup has no address left when it is
        ready."""
        self.kill()
        self.first.start_vrrpd(instance(priority=100, interval=5), as_unit=True)
        wait_until(lambda: VIP not in self.first.addresses(), "the stale address to be removed", 10)

    def test_restart_with_other_config(self):
        """An address of ours that the new configuration does not name goes too; one that is not marked
        stays."""
        self.kill()
        add_marked(self.first, "eth1", "203.0.113.99", 24)
        self.first.ip("address", "add", "203.0.113.98/24", "dev", "eth1")
        self.first.start_vrrpd(instance(priority=255, vips=(VIP2,)), as_unit=True)
        self.first.wait_address(VIP2)
        self.assertEqual(set(self.first.addresses("eth0")), {"192.168.2.251", VIP2})
        self.assertEqual(set(self.first.addresses("eth1")), {"203.0.113.251", "203.0.113.98"})

    def test_left_by_another_program(self):
        """An unmarked address that is to be ours (keepalived was here): removed at start below priority
        255, with a warning, so that the host is a proper backup."""
        self.first.stop_vrrpd()
        self.first.ip("address", "add", f"{VIP}/24", "dev", "eth0")
        self.first.start_vrrpd(instance(priority=100, interval=5), as_unit=True)
        wait_until(lambda: VIP not in self.first.addresses(), "the address to be removed", 10)
        self.wait_log(self.first, VIP.replace(".", r"\."))


if __name__ == "__main__":
    unittest.main()
