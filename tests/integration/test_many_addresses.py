# SPDX-License-Identifier: LGPL-2.1-or-later
"""Thousands of addresses of one instance: adding them takes the kernel much longer than an advert may be late, so they go in batches
with adverts in between, and each is announced with its batch."""

import unittest

from case import VIP, LabCase, instance
from lab import Capture, wait_until
from lab.wire import Advert, Arp

N = 2000
OTHER = "2001:db8::101"


def address(index):
    return f"10.1.{index // 250}.{index % 250 + 1}"


class ManyAddresses(LabCase):
    def test_adverts_go_on(self):
        """On the wire adverts stand among the first announcements, so no batch is all of them; every address is announced and is
        there; excluded ones, of either family, are in no advert; and all are gone at the end."""
        capture = Capture(self.client, "eth0")
        lines = "\n".join(f"{address(k)}/32" for k in range(N))
        extra = f"garp_master_repeat 1\ngarp_master_delay 0\nvirtual_ipaddress_excluded {{\n{lines}\n{OTHER}/64\n}}"
        self.first.start_bus()
        self.first.start_vrrpd(instance(version=3, interval=0.01, extra=extra), as_unit=True)
        self.first.wait_property("VI_1", "State", "master")
        wanted = {address(k) for k in range(N)} | {VIP}
        wait_until(lambda: wanted <= {a.sender for a in capture.arps()}, "all to be announced", 60)
        wait_until(lambda: wanted <= set(self.first.addresses()), "all to be there", 60)
        self.assertIn(OTHER, self.first.ip("-6", "address", "show", "dev", "eth0"))

        first = {}
        for place, seen in enumerate(
            capture.adverts() and capture._seen
        ):  # pylint: disable=protected-access
            if isinstance(seen, Arp) and seen.sender in wanted:
                first.setdefault(seen.sender, place)
        among = capture._seen[min(first.values()) : max(first.values())]  # pylint: disable=protected-access
        adverts = [a for a in among if isinstance(a, Advert)]
        self.assertGreaterEqual(len(adverts), 3)
        self.assertTrue(all(a.vips == [VIP] for a in capture.adverts(1)))
        self.assertTrue(all(a.priority == 100 for a in adverts))
        self.first.stop_vrrpd()
        self.assertEqual(wanted & set(self.first.addresses()), set())
        self.assertNotIn(OTHER, self.first.ip("-6", "address", "show", "dev", "eth0"))


if __name__ == "__main__":
    unittest.main()
