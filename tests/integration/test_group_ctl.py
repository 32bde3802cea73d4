# SPDX-License-Identifier: LGPL-2.1-or-later
"""Sync groups by the administrator's tools: shown, commanded as a whole, no member alone."""

import json
import unittest

from case import VIP, VIP2, LabCase, instance
from lab.router import CONFIG

REFUSED = 6
NO_SUCH_OBJECT = 4
GROUP = "vrrp_sync_group VG {\n    group {\n        VI_1\n        VI_2\n    }\n}\n"


def group(priority):
    return (
        GROUP
        + instance("VI_1", 1, priority, (VIP,), version=3)
        + instance("VI_2", 2, priority, (VIP2,), version=3)
    )


class GroupCtl(LabCase):
    def groups(self):
        return json.loads(self.first.ctl("groups", "--json=short", check=True).stdout)

    def test_whole(self):
        """failover and resume of the group move both members; one member is refused; the name is the group's."""
        for router, priority in ((self.first, 200), (self.second, 100)):
            router.start_bus()
            router.start_vrrpd(group(priority), as_unit=True)
        self.wait_holder(self.first, VIP)
        self.wait_holder(self.first, VIP2)
        self.first.wait_property("VI_1", "SyncGroup", "/org/vrrpd/Vrrp1/group/VG")
        self.assertEqual([(g["name"], g["members"]) for g in self.groups()], [("VG", ["VI_1", "VI_2"])])
        self.assertRegex(self.first.ctl("status", check=True).stdout, r"VI_1 +VG ")
        self.assertEqual(self.first.ctl("failover", "nope").returncode, NO_SUCH_OBJECT)

        alone = self.first.ctl("failover", "VI_1")
        self.assertEqual(alone.returncode, REFUSED, alone.stdout + alone.stderr)
        self.assertIn("--group", alone.stderr)
        self.assertEqual(self.network.holders(VIP), [self.first.name])

        done = self.first.ctl("failover", "VG", "--reason", "new kernel", check=True)
        self.assertRegex(done.stdout, r"VG: failover done after .*yielding")
        self.wait_holder(self.second, VIP)
        self.wait_holder(self.second, VIP2)
        state = self.groups()[0]
        self.assertEqual((state["state"], state["admin_state"]), ("backup", "yielding"))
        self.assertEqual(state["admin_reason"], "new kernel")

        self.first.ctl("resume", "--group", "VI_2", check=True)
        self.wait_holder(self.first, VIP)
        self.wait_holder(self.first, VIP2)

    def test_reload_takes_a_member_out(self):
        """A member in fault holds the others back; a reload that takes it out of the group sets them free."""
        lone = instance("VI_1", 1, 200, (VIP,), version=3)
        broken = instance("VI_2", 2, 200, (VIP2,), version=3, interface="none0")
        self.first.start_bus()
        self.first.start_vrrpd(GROUP + lone + broken, as_unit=True)
        self.first.wait_property("VI_1", "State", "fault")
        self.first.write(CONFIG, GROUP.replace("        VI_2\n", "") + lone + broken)
        self.first.ctl("reload", check=True)
        self.wait_holder(self.first, VIP)
        self.first.wait_property("VI_2", "State", "fault")


if __name__ == "__main__":
    unittest.main()
