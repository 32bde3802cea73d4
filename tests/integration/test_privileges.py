# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the running daemon may do: user vrrpd, two capabilities, nothing else, however it was started."""

import pwd
import unittest

from case import VIP, LabCase, instance
from lab.router import CONFIG, USER, program

CAP_NET_ADMIN_AND_RAW = "0000000000003000"


class Privileges(LabCase):
    def status(self, process):
        with open(f"/proc/{process.pid}/status", encoding="utf-8") as f:
            return dict(line.rstrip("\n").split(":\t", 1) for line in f if ":\t" in line)

    def assert_dropped(self):
        status = self.status(self.first.vrrpd)
        user = pwd.getpwnam(USER)
        self.assertEqual(status["Uid"].split(), [str(user.pw_uid)] * 4)
        self.assertEqual(status["Gid"].split(), [str(user.pw_gid)] * 4)
        self.assertEqual(set(status["Groups"].split()) - {str(user.pw_gid)}, set())
        for capabilities in ("CapPrm", "CapEff"):
            self.assertEqual(status[capabilities], CAP_NET_ADMIN_AND_RAW, capabilities)
        for capabilities in ("CapBnd", "CapInh", "CapAmb"):
            self.assertIn(status[capabilities], (CAP_NET_ADMIN_AND_RAW, "0" * 16), capabilities)
        self.assertEqual(status["NoNewPrivs"], "1")

    def test_by_hand(self):
        """Started as root it gives up everything itself."""
        self.first.start_vrrpd(instance(priority=255))
        self.first.wait_address(VIP)
        self.assert_dropped()

    def test_as_unit(self):
        """Started with exactly its rights it keeps exactly them."""
        self.first.start_vrrpd(instance(priority=255), as_unit=True)
        self.first.wait_address(VIP)
        self.assert_dropped()

    def test_unknown_user(self):
        """A user that does not exist: refused before anything is done, with the remedy."""
        self.first.write(CONFIG, instance())
        done = self.first.run(program("VRRPD"), "-f", CONFIG, "--user", "nosuchuser", check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("nosuchuser", done.stdout + done.stderr)
        self.assertNotIn(VIP, self.first.addresses())

    def test_unprivileged_start(self):
        """Started by a user without rights: refused with a clear word."""
        self.first.write(CONFIG, instance())
        done = self.first.run(
            "setpriv",
            "--reuid=nobody",
            "--regid=nogroup",
            "--clear-groups",
            "--",
            program("VRRPD"),
            "-f",
            CONFIG,
            check=False,
        )
        self.assertNotEqual(done.returncode, 0)
        self.assertRegex(done.stdout + done.stderr, "(?i)root|CAP_NET|permi|privileg")


if __name__ == "__main__":
    unittest.main()
