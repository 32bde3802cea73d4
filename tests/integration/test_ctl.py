# SPDX-License-Identifier: LGPL-2.1-or-later
"""vrrpctl against the living daemon: what it prints as data, its exit codes, and who may do what, judged by
the real polkitd."""

import json
import unittest

from case import VIP, VIP2, LabCase, instance
from lab import wait_until
from lab.router import program

USAGE, NOT_RUNNING, NO_SUCH_OBJECT, NOT_AUTHORIZED, REFUSED, TIMEOUT = 2, 3, 4, 5, 6, 8

RULES = """
polkit.addRule(function(action, subject) {
    if (action.id == "org.vrrpd.vrrp1.failover" && subject.user == "proxy" &&
        action.lookup("name") == "VI_1")
        return polkit.Result.YES;
});
"""


class Ctl(LabCase):
    def setUp(self):
        super().setUp()
        for router, first, second in ((self.first, 200, 100), (self.second, 100, 200)):
            router.start_bus()
            router.start_polkit(RULES)
            router.start_vrrpd(
                instance(priority=first, version=3) + instance("VI_2", 2, second, (VIP2,), version=3),
                as_unit=True,
            )
        self.wait_holder(self.first, VIP)
        self.wait_holder(self.second, VIP2)
        self.first.wait_property("VI_2", "State", "backup")

    def as_user(self, user, *args):
        return self.first.run(
            "setpriv",
            f"--reuid={user}",
            "--regid=nogroup",
            "--clear-groups",
            "--",
            program("VRRPCTL"),
            "--no-ask-password",
            *args,
            check=False,
        )

    def test_reading(self):
        """Everybody may read: state by table, by JSON, by exit code."""
        done = self.as_user("nobody", "status")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"VI_1 .*eth0 .*MASTER .*200 .*192\.168\.2\.101/24")
        self.assertRegex(done.stdout, r"VI_2 .*BACKUP .*100 .*192\.168\.2\.252")
        states = {
            i["name"]: i["state"]
            for i in self.find_instances(json.loads(self.first.ctl("status", "--json").stdout))
        }
        self.assertEqual(states, {"VI_1": "master", "VI_2": "backup"})
        self.assertEqual(self.as_user("nobody", "is-master", "VI_1").returncode, 0)
        self.assertEqual(self.as_user("nobody", "is-master", "VI_2").returncode, 1)
        self.assertIn("VI_2", self.first.ctl("show", "VI_2").stdout)
        shown = self.as_user("nobody", "show", "--config").stdout
        self.assertRegex(shown, r"vrrp_instance VI_2 {\n    interface ")
        self.assertIn("    garp_master_repeat 5\n", shown)
        self.assertIn("adverts", self.first.ctl("stats", "VI_1").stdout)
        self.assertEqual(self.first.ctl("wait", "VI_1", "--state=master").returncode, 0)
        self.assertEqual(
            self.first.ctl("wait", "VI_2", "--state=master", "--timeout=0.1").returncode, TIMEOUT
        )

    @staticmethod
    def find_instances(data):
        return data["instances"] if isinstance(data, dict) else data

    def test_exit_codes(self):
        """A wrong command line, a name that does not exist, a command that does not fit the state."""
        self.assertEqual(self.first.ctl("nosuchverb").returncode, USAGE)
        self.assertEqual(self.first.ctl("show", "VI_9").returncode, NO_SUCH_OBJECT)
        self.assertEqual(self.first.ctl("failover", "VI_2").returncode, REFUSED)
        self.assertEqual(self.first.ctl("resume", "VI_1").returncode, REFUSED)
        self.first.stop_vrrpd()
        self.assertEqual(self.first.ctl("status").returncode, NOT_RUNNING)

    def test_rights(self):
        """Nobody may not fail over; a user named in a rule for one instance may do that one only."""
        self.assertEqual(self.as_user("nobody", "failover", "VI_1").returncode, NOT_AUTHORIZED)
        self.assertEqual(self.as_user("nobody", "reload").returncode, NOT_AUTHORIZED)
        self.assertEqual(self.as_user("proxy", "announce", "VI_1").returncode, NOT_AUTHORIZED)
        self.assertIn(VIP, self.first.addresses())
        done = self.as_user("proxy", "failover", "VI_1")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.wait_holder(self.second)
        self.first.ctl("resume", "VI_1", check=True)
        self.wait_holder(self.first)
        self.second.ctl("failover", "VI_2", check=True)
        self.first.wait_property("VI_2", "State", "master")
        self.assertEqual(self.as_user("proxy", "failover", "VI_2").returncode, NOT_AUTHORIZED)

    def test_pause_and_elect(self):
        """Pause hands over and keeps the instance out, Resume brings it back; elect makes a yielding better
        router win."""
        done = self.first.ctl("pause", "VI_1", check=True)
        self.assertIn("handed over to 192.168.2.252", done.stdout)
        self.wait_log(self.first, r"pause: done, 192\.168\.2\.252 took over")
        self.wait_holder(self.second)
        self.first.wait_property("VI_1", "State", "initialize")
        self.assertEqual(self.first.property("VI_1", "AdminState"), "paused")
        self.first.ctl("resume", "VI_1", check=True)
        self.wait_holder(self.first)

    def test_monitor(self):
        """A monitor hears the transition, in the promised order, one JSON object a line."""
        monitor = self.first.spawn(program("VRRPCTL"), "monitor", "VI_1", "--json=short")
        wait_until(
            lambda: self.first.run(
                "busctl",
                "--json=short",
                "call",
                "org.freedesktop.DBus",
                "/org/freedesktop/DBus",
                "org.freedesktop.DBus",
                "ListNames",
            ).stdout.count('":1.')
            >= 3,
            "the monitor to be connected",
        )
        wait_until(lambda: self.announced(monitor), "the monitor to hear")
        self.first.ctl("failover", "VI_1", check=True)
        wait_until(
            lambda: "OperationFinished" in monitor.output(), lambda: f"the whole story: {monitor.output()}"
        )
        events = [json.loads(line) for line in monitor.output().splitlines()]
        names = [name for name in (str(event) for event in events)]
        order = [
            next(i for i, text in enumerate(names) if word in text)
            for word in ("StateChanged", "TransitionFinished", "OperationFinished")
        ]
        self.assertEqual(order, sorted(order))
        monitor.kill(15)

    def announced(self, monitor):
        """Something happens that a monitor which listens must hear."""
        self.first.ctl("failover", "VI_1", check=True)
        self.wait_holder(self.second)
        self.first.ctl("resume", "VI_1", check=True)
        self.wait_holder(self.first)
        return monitor.output()


if __name__ == "__main__":
    unittest.main()
