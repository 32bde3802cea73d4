# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the running daemon may do: user vrrpd, two capabilities, nothing else, however it was started."""

import pwd
import signal
import unittest

from case import VIP, LabCase, instance
from lab import wait_until
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

    def test_second(self):
        """While one runs, neither a second nor --cleanup (the unit's ExecStopPost, when its start has failed for this reason)
        touches anything of it."""
        self.first.start_vrrpd(instance(priority=255), as_unit=True)
        self.first.wait_address(VIP)
        monitor = self.first.spawn("ip", "monitor", "address")
        wait_until(lambda: self.probe() or "192.0.2.99" in monitor.output(), "the monitor to listen")
        for option in "--cleanup", "--runtime-directory=/run/lab":
            second = self.first.run(program("VRRPD"), "-f", CONFIG, option, check=False)
            self.assertEqual(second.returncode, 3, option)
            self.assertIn("Another vrrpd runs in this network namespace already", second.stderr)
        self.probe()
        wait_until(lambda: monitor.output().count("Deleted") >= 2, lambda: monitor.output())
        self.assertNotIn(VIP, monitor.output())
        monitor.kill(signal.SIGTERM)

    def probe(self):
        self.first.ip("address", "add", "192.0.2.99/32", "dev", "lo")
        self.first.ip("address", "del", "192.0.2.99/32", "dev", "lo")

    def test_squatter(self):
        """Anybody may hold the name of the lock; that keeps no vrrpd from starting, nor --cleanup from its work."""
        hold = (
            "import socket, time\n"
            "s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)\n"
            "s.bind('\\0org.vrrpd.lock')\n"
            "%s\n"
            "print('held', flush=True)\n"
            "time.sleep(900)\n"
        )
        for more, words in (
            ("s.listen()", "process [0-9]+ of user [0-9]+, which is no vrrpd"),
            ("", "a program that is no vrrpd"),
        ):
            holder = self.first.spawn(
                "setpriv", "--reuid=nobody", "--clear-groups", "--", "python3", "-c", hold % more
            )
            wait_until(lambda h=holder: "held" in h.output(), lambda h=holder: h.output())
            self.first.start_vrrpd(instance(priority=255), as_unit=True)
            self.first.wait_address(VIP)
            self.wait_log(self.first, words)
            self.assertEqual(self.first.stop_vrrpd(), 0)
            self.first.run(program("VRRPD"), "--cleanup")
            holder.stop(signal.SIGKILL)

    def test_another_user(self):
        """With --user the log says what the bus lacks; with the two files of vrrpd(8) adapted, the bus and
        polkit take that user for the daemon."""
        self.first.start_bus()
        self.first.start_vrrpd(instance(priority=255), options=("--user", "proxy"))
        self.first.wait_address(VIP)
        self.wait_log(
            self.first, r'does not let user proxy be org\.vrrpd\.Vrrp1 .*"Another user" in vrrpd\(8\)'
        )
        self.assertFalse(self.first.name_owned())

        rule = 'polkit.addRule(function(a, s) { if (s.user == "nobody") return polkit.Result.YES; });'
        self.first.start_polkit(rule)
        self.first.write(
            "/etc/dbus-1/system.d/vrrpd-user.conf",
            '<busconfig><policy user="proxy"><allow own="org.vrrpd.Vrrp1"/></policy></busconfig>',
        )
        self.first.bus.kill(signal.SIGHUP)
        wait_until(self.first.name_owned, lambda: f"vrrpd on the bus\n{self.first.last_words()}")
        announce = [
            "setpriv",
            "--reuid=nobody",
            "--regid=nogroup",
            "--clear-groups",
            "--",
            program("VRRPCTL"),
        ]
        announce += ["--no-ask-password", "announce", "VI_1"]
        refused = self.first.run(*announce, check=False)
        self.assertEqual(refused.returncode, 5, refused.stderr)

        actions = "/usr/share/polkit-1/actions/org.vrrpd.vrrp1.policy"
        self.first.run("sed", "-i", "s/>unix-user:vrrpd</>unix-user:vrrpd unix-user:proxy</", actions)
        wait_until(
            lambda: self.first.run(*announce, check=False).returncode == 0,
            lambda: f"polkit to answer\n{self.first.last_words()}",
        )

    def test_unknown_user(self):
        """A user that does not exist: refused before anything is done, with the remedy."""
        self.first.write(CONFIG, instance())
        done = self.first.run(program("VRRPD"), "-f", CONFIG, "--user", "nosuchuser", check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("nosuchuser", done.stdout + done.stderr)
        self.assertNotIn(VIP, self.first.addresses())

    def test_no_user(self):
        """An empty user is wrong usage, and said so."""
        self.first.write(CONFIG, instance())
        done = self.first.run(program("VRRPD"), "-f", CONFIG, "--user=", check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("--user needs the name of a user", done.stderr)

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
