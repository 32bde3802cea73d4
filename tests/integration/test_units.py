# SPDX-License-Identifier: LGPL-2.1-or-later
"""The shipped units on booted machines: a real systemd starts, reloads, watches, restarts and stops the
daemon and its script runner, in their sandboxes."""

import contextlib
import re
import unittest

from case import SANITIZER, VIP, VIP2, instance
from lab import Lan, need_root, wait_until
from lab.machine import Machine

UNITS = "vrrpd", "vrrpd-scripts"
CONFIG = "/etc/vrrpd/vrrpd.conf"
EXPOSURE_MAX = 2.0

# A short watchdog, so that a daemon that hangs is noticed while the test waits.
WATCHDOG = """\
[Service]
WatchdogSec=2
"""

CHECK = """
vrrp_script chk {
    script "/usr/bin/test -e /etc/vrrpd/good"
    interval 1
}
"""


def with_check(name, **keywords):
    return CHECK + instance(name, extra="track_script {\n chk\n}", version=3, **keywords)


class Units(unittest.TestCase):
    """One pair of machines for all tests: each begins and ends with stopped daemons."""

    @classmethod
    def setUpClass(cls):
        need_root()
        with contextlib.ExitStack() as stack:
            cls.lan = stack.enter_context(Lan("inner"))
            cls.machines = []
            for number in (1, 2):
                machine = stack.enter_context(Machine(f"proxy-serv0{number}"))
                cls.lan.plug(machine, "eth0", "inner", f"192.168.2.{250 + number}/24")
                machine.put("/etc/systemd/system/vrrpd.service.d/watchdog.conf", WATCHDOG)
                machine.boot()
                cls.machines.append(machine)
            cls.addClassCleanup(stack.pop_all().close)
        cls.first, cls.second = cls.machines

    def setUp(self):
        self.said_before = {m.name: {unit: len(m.journal(unit)) for unit in UNITS} for m in self.machines}

    def journal(self, machine, unit="vrrpd"):
        """What the unit has said in this test."""
        return machine.journal(unit)[self.said_before[machine.name][unit] :]

    def tearDown(self):
        for machine in self.machines:
            machine.systemctl("stop", "vrrpd")
            machine.systemctl("reset-failed")
            for unit in UNITS:
                self.assertNotRegex(self.journal(machine, unit), SANITIZER)
            self.assertEqual(machine.addresses() & {VIP, VIP2}, set())

    def configure(self, machine, text):
        machine.put(CONFIG, text)

    def start(self, machine, text):
        self.configure(machine, text)
        started = machine.systemctl("start", "vrrpd")
        self.assertEqual(started.returncode, 0, started.stderr + self.journal(machine))

    def wait_holder(self, machine, vip=VIP):
        wait_until(
            lambda: [m.name for m in self.machines if vip in m.addresses()] == [machine.name],
            lambda: f"{machine.name} alone to hold {vip}\n{self.journal(machine)}",
        )

    def wait_journal(self, machine, pattern, unit="vrrpd"):
        wait_until(
            lambda: re.search(pattern, self.journal(machine, unit)),
            lambda: f"{pattern!r} in the journal of {machine.name}: {self.journal(machine, unit)}",
        )

    def wait_runner(self, state):
        wait_until(
            lambda: self.first.show("vrrpd-scripts", "ActiveState") == state,
            lambda: f"the runner to be {state}: {self.journal(self.first, 'vrrpd-scripts')}",
        )

    def test_start_and_stop(self):
        """The daemon is ready when systemctl returns, tells its state, answers on the bus, and a stop hands
        its address over and leaves nothing."""
        self.start(self.first, instance(priority=200, version=3))
        self.wait_holder(self.first)
        self.start(self.second, instance(priority=100, version=3))
        self.assertEqual(self.first.show("vrrpd", "ActiveState"), "active")
        wait_until(
            lambda: "1 master" in self.first.show("vrrpd", "StatusText"),
            lambda: f"the state in systemctl status: {self.first.show('vrrpd', 'StatusText')}",
        )
        status = self.first.run("vrrpctl", "status")
        self.assertRegex(status.stdout, r"(?m)^VI_1 .* MASTER ")
        self.assertRegex(self.first.run("busctl", "tree", "org.vrrpd.Vrrp1").stdout, "instance/VI_5f1")
        wait_until(
            lambda: self.second.run("vrrpctl", "is-master", "VI_1", check=False).returncode == 1,
            "the second to be backup",
        )
        self.assertEqual(self.first.systemctl("stop", "vrrpd").returncode, 0)
        self.wait_holder(self.second)
        self.assertEqual(self.first.show("vrrpd", "Result"), "success")

    def test_reload(self):
        """A faulty file fails `systemctl reload` with the parser's words and changes nothing; a good one is
        served."""
        self.start(self.first, instance(priority=255, version=3))
        self.wait_holder(self.first)
        pid = self.first.show("vrrpd", "MainPID")
        self.configure(self.first, instance(priority=255, version=3, extra="prioritty 7"))
        self.assertNotEqual(self.first.systemctl("reload", "vrrpd").returncode, 0)
        self.wait_journal(self.first, r"vrrpd\.conf:\d+:\d+: .*prioritty")
        self.assertIn(VIP, self.first.addresses())
        self.configure(self.first, instance(priority=255, version=3, vips=(VIP, VIP2)))
        self.assertEqual(self.first.systemctl("reload", "vrrpd").returncode, 0)
        wait_until(lambda: VIP2 in self.first.addresses(), "the address that the reload has brought")
        self.assertEqual(self.first.show("vrrpd", "MainPID"), pid)

    def test_faulty_start(self):
        """With a faulty file the unit fails, once, with the parser's words; the runner is not started."""
        self.configure(self.first, instance(priority=300))
        self.assertNotEqual(self.first.systemctl("start", "vrrpd").returncode, 0)
        self.assertEqual(self.first.show("vrrpd", "ExecMainStatus"), "9")
        self.assertEqual(self.first.show("vrrpd", "NRestarts"), "0")
        self.assertEqual(self.first.show("vrrpd", "ActiveState"), "failed")
        self.wait_journal(self.first, r"vrrpd\.conf:\d+:\d+: .*priority")
        self.assertEqual(self.first.show("vrrpd-scripts", "ActiveState"), "inactive")

    def test_killed(self):
        """After SIGKILL no address stays, systemd starts the daemon again, and it is master again."""
        self.start(self.first, instance(priority=255, version=3))
        self.wait_holder(self.first)
        pid = self.first.show("vrrpd", "MainPID")
        self.first.systemctl("kill", "--kill-who=main", "-s", "KILL", "vrrpd")
        wait_until(lambda: self.first.show("vrrpd", "MainPID") not in ("0", pid), "another process")
        self.wait_holder(self.first)
        self.wait_journal(self.first, "Removed what was left of virtual addresses")

    def test_watchdog(self):
        """A daemon that hangs is ended by systemd's watchdog and started again; the other machine serves
        meanwhile."""
        self.start(self.first, instance(priority=200, version=3))
        self.wait_holder(self.first)
        self.start(self.second, instance(priority=100, version=3))
        self.first.systemctl("kill", "--kill-who=main", "-s", "STOP", "vrrpd")
        wait_until(lambda: VIP in self.second.addresses(), "the second to take over")
        wait_until(lambda: self.first.show("vrrpd", "NRestarts") != "0", lambda: self.journal(self.first))
        self.wait_holder(self.first)
        self.wait_journal(self.first, "Watchdog timeout")

    def test_scripts(self):
        """The runner comes and goes with the daemon when the configuration has checks, its results count,
        and it is started by the reload that brings the first check."""
        self.start(self.first, instance(priority=100, version=3))
        self.wait_holder(self.first)
        self.assertEqual(self.first.show("vrrpd-scripts", "ActiveState"), "inactive")
        self.first.put("/etc/vrrpd/good", "")
        self.configure(self.first, with_check("VI_1", priority=100))
        self.assertEqual(self.first.systemctl("reload", "vrrpd").returncode, 0)
        self.wait_runner("active")
        wait_until(
            lambda: re.search(r"chk .* up ", self.first.run("vrrpctl", "trackers").stdout),
            lambda: self.first.run("vrrpctl", "trackers").stdout,
        )
        self.first.run("rm", "/etc/vrrpd/good")
        wait_until(lambda: VIP not in self.first.addresses(), "the fault of the check")
        self.first.put("/etc/vrrpd/good", "")
        self.wait_holder(self.first)
        self.first.systemctl("restart", "vrrpd")
        self.wait_runner("active")
        self.wait_holder(self.first)
        self.first.systemctl("stop", "vrrpd")
        self.wait_runner("inactive")

    def test_virtual_mac(self):
        """In its sandbox the daemon can make a virtual MAC address, with the settings of the link, drop
        packets by nftables, and take all of it away."""
        self.start(self.first, instance(priority=100, version=3, extra="use_vmac\nno_accept"))
        self.wait_holder(self.first)
        self.assertIn("00:00:5e:00:01:01", self.first.ip("link", "show", "vrrp.1"))
        arp_ignore = self.first.run("cat", "/proc/sys/net/ipv4/conf/vrrp.1/arp_ignore").stdout
        self.assertEqual(arp_ignore, "1\n")
        self.assertIn("inet vrrpd", self.first.run("nft", "list", "tables").stdout)
        self.first.systemctl("stop", "vrrpd")
        self.assertNotIn("vrrp.1", self.first.ip("link", "show"))
        self.assertEqual(self.first.run("nft", "list", "tables").stdout, "")

    def test_exposure(self):
        """systemd itself judges the daemon's sandbox as tight."""
        judged = self.first.run("systemd-analyze", "security", "--no-pager", "vrrpd.service").stdout
        exposure = re.search(r"Overall exposure level for vrrpd.service: ([0-9.]+)", judged)
        self.assertLessEqual(float(exposure[1]), EXPOSURE_MAX, judged)


if __name__ == "__main__":
    unittest.main()
