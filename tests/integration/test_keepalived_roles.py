# SPDX-License-Identifier: LGPL-2.1-or-later
"""Debian's keepalived is the other router: one network, two programs, and each understands the other."""

import unittest

from case import VIP, LabCase, instance
from keepalived_case import KeepalivedCase
from lab import wait_until


class Roles(KeepalivedCase):
    def test_we_are_master(self):
        """keepalived is our backup; it takes over when we are killed, and yields again when we are back."""
        self.start(200, 100)
        self.wait_holder(self.first)
        self.assert_stays(self.first, self.capture)
        self.ends_badly = True
        self.first.vrrpd.stop(9)
        self.second.wait_address(VIP)
        self.ends_badly = False
        self.first.start_vrrpd(instance(priority=200, version=self.version), as_unit=True)
        self.wait_holder(self.first)
        self.assert_no_complaint()

    def test_we_are_backup(self):
        """keepalived is master; we take over when it stops, and yield when it is back."""
        self.start(100, 200)
        self.wait_holder(self.second)
        wait_until(
            lambda: self.first.property("VI_1", "MasterAddress") == "192.168.2.252", "its master to be known"
        )
        self.assertEqual(self.first.property("VI_1", "MasterPriority"), 200)
        self.assertEqual(self.first.property("VI_1", "State"), "backup")
        self.second.keepalived.stop()
        self.wait_holder(self.first)
        self.second.start_keepalived(instance(priority=200, version=self.version))
        self.wait_holder(self.second)
        self.assert_no_complaint()


class RolesV3(Roles):
    version = 3


class Password(LabCase):
    def test_password(self):
        """VRRPv2's simple password: with the same one each hears the other, else neither does."""

        def password(word):
            return f"authentication {{\n auth_type PASS\n auth_pass {word}\n }}"

        self.first.start_bus()
        self.second.start_keepalived(instance(priority=200, extra=password("secret")))
        self.first.start_vrrpd(instance(priority=100, extra=password("secret")), as_unit=True)
        self.wait_holder(self.second)
        self.first.wait_property("VI_1", "MasterPriority", 200)
        self.first.stop_vrrpd()
        self.first.start_vrrpd(instance(priority=100, extra=password("other")), as_unit=True)
        self.first.wait_property("VI_1", "State", "master")
        wait_until(
            lambda: [kind for kind, *_ in self.first.property("VI_1", "Conflicts")] == ["auth-mismatch"],
            "the conflict to be published",
        )


if __name__ == "__main__":
    unittest.main()
