# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the tests with Debian's keepalived as the other router start from."""

from case import LabCase, instance
from lab import Capture


class KeepalivedCase(LabCase):
    version = 2

    def setUp(self):
        super().setUp()
        self.capture = Capture(self.client, "eth0")
        self.first.start_bus()

    def start(self, ours, theirs, extra=""):
        """vrrpd on the first router, keepalived on the second, with these priorities."""
        self.second.start_keepalived(instance(priority=theirs, version=self.version, extra=extra))
        self.first.start_vrrpd(instance(priority=ours, version=self.version), as_unit=True)

    def assert_no_complaint(self):
        """keepalived has found nothing wrong with any packet of ours."""
        for complaint in ("checksum", "invalid", "mismatch", "wrong", "bogus", "incorrect", "expected"):
            self.assertNotIn(complaint, self.second.keepalived.output().lower())
