# SPDX-License-Identifier: LGPL-2.1-or-later
"""Reload is atomic: a bad file changes nothing and says why, a good one changes only what differs."""

import json
import os
import signal
import unittest

from case import VIP, VIP2, LabCase, instance
from lab import Capture, wait_until
from lab.router import BUS_NAME, CONFIG
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

    def restart(self, config, properties):
        """Reloads what restarts VI_1: on the bus it is one change, one object that goes and one that comes,
        and the properties of the one that stays are the new ones. What the old one does meanwhile is told,
        and nobody takes it for the new one's."""
        monitor = self.first.spawn("busctl", "monitor", "--json=short", BUS_NAME)
        wait_until(lambda: "Monitoring" in monitor.output(), "busctl to listen")
        self.first.write(CONFIG, config)
        self.first.ctl("reload", check=True)
        for name, value in properties.items():
            self.first.wait_property("VI_1", name, value)
        self.first.wait_property("VI_1", "State", "master")
        self.first.write(CONFIG, config)
        self.first.ctl("reload", check=True)  # nothing changes: its signal is the last one looked at

        def signals():
            lines = [line for line in monitor.output().splitlines() if line.startswith("{")]
            return [m for m in map(json.loads, lines) if m["type"] == "signal"]

        def payloads(member):
            return [m["payload"]["data"] for m in signals() if m["member"] == member]

        def ends():
            return [data for data in payloads("TransitionFinished") if data[1] == "initialize"]

        wait_until(lambda: len(payloads("Reloaded")) == 2, "both reloads to be told")
        wait_until(ends, "the end of the old one to be told")
        self.assertEqual([counts[:4] for counts in payloads("Reloaded")], [[True, 0, 1, 0], [True, 0, 0, 0]])
        self.assertEqual(len(payloads("InterfacesRemoved")), 1)
        self.assertEqual(len(payloads("InterfacesAdded")), 1)
        gone = [data for data in payloads("StateChanged") if data[1:3] == ["master", "initialize"]]
        self.assertEqual([data[3] for data in gone], ["configuration"], "that it gave up is told, once")
        late = signals()[[m["member"] for m in signals()].index("InterfacesAdded") :]
        finished = [m["payload"]["data"] for m in late if m["member"] == "TransitionFinished"]
        self.assertNotIn(
            "initialize",
            [data[1] for data in finished if "replaced" not in data[-1]],
            "the one that left was heard as its successor",
        )
        self.assertEqual(len(ends()), 1, "that its addresses are gone is told, once")
        self.assertEqual(self.first.manager("NInstances"), 1)

    def test_vrid_changes(self):
        """Another virtual router id."""
        self.restart(instance(vrid=7, priority=255, version=3), {"VirtualRouterId": 7})
        self.wait_holder(self.first)

    def test_family_changes(self):
        """From IPv4 to IPv6: also when the old instance is long in leaving."""
        config = instance(priority=255, version=3, vips=("2001:db8::101",)).replace("/24", "/64")
        self.restart(config, {"AddressFamily": "ipv6"})

    def test_priority_changes_in_place(self):
        """A new priority is advertised at once, without a change of state."""
        self.first.write(CONFIG, instance(priority=150, version=3))
        self.first.ctl("reload", check=True)
        self.capture.wait_advert(vrid=1, priority=150)
        self.assertEqual(self.first.property("VI_1", "StateChangeTimestamp"), self.changed)


if __name__ == "__main__":
    unittest.main()
