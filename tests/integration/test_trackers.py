# SPDX-License-Identifier: LGPL-2.1-or-later
"""Tracked files and processes: what they say becomes a priority on the wire or a fault, and is on the bus;
they stand still, and say so, while vrrpd-scripts is away."""

import json
import os
import signal
import unittest

from case import VIP, LabCase, instance
from lab import Capture, wait_until
from lab.router import BUS_NAME, BUS_PATH, path_encode

FILE = "/run/lab/weight"
TRACKED_FILE = f"track_file load {{\n file {FILE}\n}}\n"


class Trackers(LabCase):
    def tracker(self, kind, name):
        """All properties of a tracker, by a client that is not ours."""
        done = self.first.run(
            "busctl",
            "--json=short",
            "call",
            BUS_NAME,
            f"{BUS_PATH}/tracker/{kind}/{path_encode(name)}",
            "org.freedesktop.DBus.Properties",
            "GetAll",
            "s",
            "org.vrrpd.Vrrp1.Tracker",
            check=False,
        )
        if done.returncode != 0:
            return {}
        return {k: v["data"] for k, v in json.loads(done.stdout)["data"][0].items()}

    def wait_tracker(self, kind, name, **wanted):
        """Until the named properties are as wanted; StatusText: contains the text."""

        def fits():
            has = self.tracker(kind, name)
            text = wanted.get("StatusText", "")
            return (
                text in has.get("StatusText", "")
                and all(has.get(k) == v for k, v in wanted.items() if k != "StatusText")
                and has
            )

        return wait_until(fits, lambda: f"{wanted} (it is {self.tracker(kind, name)})")

    def say(self, text):
        self.first.write(FILE, text)

    def test_file(self):
        """A file's number times its weight is in the advert's priority, less than -253 is a fault; a file
        that is missing counts as 0. The daemon reads nothing: root's own file counts as well."""
        capture = Capture(self.client, "eth0")
        self.first.start_bus()
        self.say("7\n")
        os.chmod(self.first.path(FILE), 0o600)
        self.first.start_vrrpd(
            TRACKED_FILE + instance(version=3, extra="track_file {\n load weight 2\n }"), as_unit=True
        )
        capture.wait_advert(priority=114)
        seen = self.wait_tracker("file", "load", State="up", Value=7, Type="file", Target=FILE)
        self.assertEqual(seen["StatusText"], "the file says 7")
        self.assertGreater(seen["StateChangeTimestamp"], 0)
        self.assertEqual(len(seen["Users"]), 1)

        self.say("-10\n")
        capture.wait_advert(since=capture.mark(), priority=80)
        later = self.wait_tracker("file", "load", Value=-10)
        self.assertGreater(later["StateChangeTimestamp"], seen["StateChangeTimestamp"])
        self.say("-127\n")
        self.first.wait_property("VI_1", "State", "fault")
        self.assertEqual(self.first.property("VI_1", "Faults"), [["file", "file load: the file says -127"]])
        self.first.run("rm", FILE)
        capture.wait_advert(since=capture.mark(), priority=100)
        self.wait_tracker("file", "load", State="down", Value=0, StatusText="no such file")

    def test_file_without_weight(self):
        """Weight 0: any number but 0 is a fault, `reverse` the other way round; init_file makes the file
        before the instance starts."""
        self.first.start_bus()
        config = f"track_file ok {{\n file {FILE}\n weight 0\n init_file 0\n}}\n"
        config += f"track_file go {{\n file {FILE}2\n weight 0 reverse\n init_file 1 overwrite\n}}\n"
        self.first.write(FILE + "2", "0\n")
        self.first.start_vrrpd(
            config + instance(priority=255, extra="track_file {\n ok\n go\n }"), as_unit=True
        )
        self.first.wait_address(VIP)
        self.say("1\n")
        self.first.wait_address(VIP, present=False)
        self.say("0\n")
        self.first.wait_address(VIP)
        self.first.write(FILE + "2", "0\n")
        self.first.wait_address(VIP, present=False)

    def test_process(self):
        """A process that ends takes its weight along; the namespaces of this laboratory get no process
        events, which the status text says. While vrrpd-scripts is away the value is held, and comes back
        with it."""
        capture = Capture(self.client, "eth0")
        self.first.start_bus()
        config = "vrrp_track_process w {\n process sleep 12345\n weight 20\n}\n"
        process = self.first.spawn("sleep", "12345")
        self.first.start_vrrpd(config + instance(version=3, extra="track_process {\n w\n }"), as_unit=True)
        capture.wait_advert(priority=120)
        self.wait_tracker(
            "process",
            "w",
            State="up",
            Value=1,
            Target="sleep 12345",
            StatusText="(looked for each second: no process events here)",
        )
        self.assertEqual(self.first.scripts.output().count("no process events"), 1)
        process.stop()
        capture.wait_advert(since=capture.mark(), priority=100)
        self.wait_tracker("process", "w", State="down", Value=0)

        self.first.scripts.stop()
        self.wait_tracker("process", "w", State="down", StatusText="gone, last value held")
        process = self.first.spawn("sleep", "12345")
        self.assert_stays(self.first, capture)
        self.assertEqual(capture.adverts()[-1].priority, 100)
        self.first.scripts = self.first.spawn(os.environ["VRRPD_SCRIPTS"], "-f", "/run/lab/vrrpd.conf")
        capture.wait_advert(since=capture.mark(), priority=120)

    def test_reload(self):
        """A reload keeps what is known: a file that stays tracked does not flap, another path is read anew,
        and a tracker that is no longer named is gone from the bus."""
        capture = Capture(self.client, "eth0")
        self.first.start_bus()
        self.say("7\n")
        body = instance(version=3, extra="track_file {\n load\n }")
        # By keepalived's older name, which is the same to a reload.
        self.first.start_vrrpd(TRACKED_FILE.replace("track_file", "vrrp_track_file") + body, as_unit=True)
        capture.wait_advert(priority=107)

        self.first.write("/run/lab/other", "9\n")
        self.first.write("/run/lab/vrrpd.conf", TRACKED_FILE.replace(FILE, "/run/lab/other") + body)
        mark = capture.mark()
        self.first.ctl("reload", check=True)
        capture.wait_advert(since=mark, priority=109)
        self.assertEqual({advert.priority for advert in capture.adverts(since=mark)} - {107, 109}, set())
        self.first.write("/run/lab/vrrpd.conf", instance(version=3))
        self.first.ctl("reload", check=True)
        capture.wait_advert(since=capture.mark(), priority=100)
        wait_until(lambda: not self.tracker("file", "load"), "the tracker to be gone")

    def test_runner_killed(self):
        """A check that runs does not outlive a vrrpd-scripts that is killed: the next one would start it a second
        time beside it."""
        self.first.start_bus()
        script = (
            'vrrp_script long {\n script "/bin/sleep 12348"\n interval 0.1\n timeout 600\n weight 10\n}\n'
        )
        self.first.start_vrrpd(script + instance(version=3, extra="track_script {\n long\n }"), as_unit=True)

        def runs():
            return self.first.run("pgrep", "-f", "^/bin/sleep 12348", check=False).stdout.split()

        wait_until(runs, "the check to run")
        self.first.scripts.stop(signal.SIGKILL)
        wait_until(lambda: not runs(), "the check to end")

    def test_group(self):
        """What a sync group tracks counts for each of its members alike: a file's number and an interface's weight in
        both priorities, and a process without a weight is a fault of both, which says why."""
        capture = Capture(self.client, "eth0")
        self.first.start_bus()
        self.say("7\n")
        process = self.first.spawn("sleep", "12346")
        tracks = "track_file {\n load weight 2\n }\n track_process {\n w\n }\n"
        tracks += " track_interface {\n eth1 weight 10 reverse\n }"
        self.first.start_vrrpd(
            TRACKED_FILE
            + "vrrp_track_process w {\n process sleep 12346\n}\n"
            + instance("A", 1, version=3)
            + instance("B", 2, vips=("192.168.2.103",), version=3)
            + f"\nvrrp_sync_group G {{\n group {{\n A B\n }}\n {tracks}\n}}\n",
            as_unit=True,
        )

        def wait_priority(priority):
            mark = capture.mark()
            for vrid in (1, 2):
                capture.wait_advert(since=mark, vrid=vrid, priority=priority)

        wait_priority(104)
        self.assertEqual(len(self.tracker("file", "load")["Users"]), 2)
        self.first.ip("link", "set", "eth1", "down")
        wait_priority(114)
        self.say("-20\n")
        wait_priority(60)
        process.stop()
        for name in ("A", "B"):
            self.first.wait_property(name, "State", "fault")
            wait_until(
                lambda name=name: len(self.first.property(name, "Faults")) == 1,
                "a fault of each to be told once",
            )
            kind, detail = self.first.property(name, "Faults")[0]
            self.assertEqual(kind, "process")
            self.assertIn("process w: 0 running, at least 1 wanted", detail)
        process = self.first.spawn("sleep", "12346")
        wait_priority(60)

    def test_interface_weight(self):
        """An interface's weight, and its `reverse`, do to the priority what keepalived does: reverse turns
        the sign and not the occasion."""
        capture = Capture(self.client, "eth0")
        self.first.start_vrrpd(
            instance("A", 1, version=3, extra="track_interface {\n eth1 weight 10 reverse\n }")
            + instance(
                "B", 2, vips=("192.168.2.103",), version=3, extra="track_interface {\n eth1 weight -10\n }"
            ),
            as_unit=True,
        )
        capture.wait_advert(vrid=1, priority=90)
        capture.wait_advert(vrid=2, priority=100)
        self.first.ip("link", "set", "eth1", "down")
        mark = capture.mark()
        capture.wait_advert(since=mark, vrid=1, priority=100)
        capture.wait_advert(since=mark, vrid=2, priority=90)

    def test_script_counts(self):
        """rise and fall: so many results in a row later than a script of 1 and 1. init_fail: a script that has
        not answered yet counts as failed; without it, it takes nothing from the priority before it has failed.
        """
        test = "/usr/bin/test -e /run/lab/well"
        wait = "/bin/sh -c 'until /usr/bin/test -e /run/lab/answer; do sleep 0.05; done'"
        scripts = (("a", test, "weight 20\nrise 1\nfall 1"), ("b", test, "weight 20\nfall 6"))
        scripts += (("c", test, "weight 20\nrise 6"),)
        scripts += (("d", wait, "weight -20\ninit_fail"), ("e", wait, "weight -20"))
        names = {name: vrid for vrid, (name, _, _) in enumerate(scripts, 1)}

        def priority(name, value, since=0):
            return capture.wait_advert(since=since, vrid=names[name], priority=value).time

        capture = Capture(self.client, "eth0")
        self.first.write("/run/lab/well", "")
        self.first.start_vrrpd(
            "".join(
                f'vrrp_script {name} {{\n script "{command}"\n interval 0.3\n timeout 30\n {lines}\n}}\n'
                + instance(
                    f"VI_{name}",
                    names[name],
                    vips=(f"192.168.2.{110 + names[name]}",),
                    version=3,
                    interval=0.05,
                    extra=f"track_script {{\n {name}\n }}",
                )
                for name, command, lines in scripts
            ),
            as_unit=True,
        )
        for name in "abc":
            priority(name, 120)
        priority("d", 80)
        priority("e", 100)
        self.first.write("/run/lab/answer", "")
        priority("d", 100)
        self.assertEqual(capture.adverts(names["d"])[0].priority, 80)
        self.assertEqual({advert.priority for advert in capture.adverts(names["e"])}, {100})

        # Five intervals later; less what each has as its own phase, and what a busy machine may be late with.
        mark = capture.mark()
        self.first.run("rm", "/run/lab/well")
        at_once, late = priority("a", 100, mark), priority("b", 100, mark)
        priority("c", 100, mark)
        self.assertGreaterEqual(late - at_once, 2.5 * 0.3)
        mark = capture.mark()
        self.first.write("/run/lab/well", "")
        at_once, late = priority("a", 120, mark), priority("c", 120, mark)
        self.assertGreaterEqual(late - at_once, 2.5 * 0.3)

    def test_process_kinds(self):
        """Which processes count and how many must: each tracker adds its own power of two to the priority."""
        kinds = (
            ("full_command", "/opt/lab/daemon", "full_command"),
            ("partial", "sleep 12345", "param_match partial"),
            ("initial", "sleep 123", "param_match initial"),
            ("quorum", "sleep 12345 1", "quorum 2"),
            ("quorum_max", "sleep 12345 1", "quorum_max 1"),
            ("fork_delay", "sleep 12345 1", "fork_delay 1"),
            ("terminate_delay", "sleep 12345 1", "terminate_delay 1"),
            ("plain", "sleep 12345", ""),
        )

        def wait_up(*names):
            """Until just these are up; returns when the first advert said so."""
            total = sum(1 << bit for bit, (name, _, _) in enumerate(kinds) if name in names)
            return capture.wait_advert(since=mark, priority=1 + total).time

        capture = Capture(self.client, "eth0")
        mark = 0
        self.first.start_vrrpd(
            "".join(
                f"vrrp_track_process {name} {{\n process {process}\n weight {1 << bit}\n {lines}\n}}\n"
                for bit, (name, process, lines) in enumerate(kinds)
            )
            + instance(
                priority=1,
                version=3,
                interval=0.05,
                extra="track_process {\n " + "\n ".join(k[0] for k in kinds) + "\n }",
            ),
            as_unit=True,
        )
        wait_up()
        renamed = self.first.spawn("bash", "-c", "exec -a /opt/lab/daemon sleep 99")
        wait_up("full_command")
        renamed.stop()
        wait_up()
        first = self.first.spawn("sleep", "12345", "1")
        mark = capture.mark()
        some = ("partial", "initial", "terminate_delay")
        came = wait_up(*some, "quorum_max")
        self.assertGreaterEqual(wait_up(*some, "quorum_max", "fork_delay") - came, 0.9)
        second = self.first.spawn("sleep", "12345", "1")
        wait_up(*some, "fork_delay", "quorum")
        mark = capture.mark()
        first.stop()
        wait_up(*some, "fork_delay", "quorum_max")
        second.stop()
        went = wait_up("terminate_delay")
        self.assertGreaterEqual(wait_up() - went, 0.9)


if __name__ == "__main__":
    unittest.main()
