# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the tests of adverts on the wire share: configurations in a line, both families, and the other router."""

import json

from case import VIP, LabCase
from lab import wait_until

VIP6 = "2001:db8:2::100"
LINK_LOCAL = "fe80::100"
COMPLAINTS = ("checksum", "invalid", "mismatch", "wrong", "bogus", "incorrect", "expected", "ignoring")


def router(priority, vips=(VIP,), lines="", version=3, name="VI_1", vrid=1, interface="interface eth0"):
    interval = 1 if version == 2 else 0.2
    return f"""
vrrp_instance {name} {{
    {interface}
    version {version}
    virtual_router_id {vrid}
    priority {priority}
    advert_int {interval}
    {lines}
    virtual_ipaddress {{
        {(chr(10) + "        ").join(vips)}
    }}
}}
"""


class WireCase(LabCase):
    def setUp(self):
        super().setUp()
        self.first.start_bus()
        for number, machine in ((1, self.first), (2, self.second)):
            machine.ip("-6", "address", "add", f"2001:db8:2::{number}/64", "dev", "eth0", "nodad")

    def has(self, machine, address):
        return any(
            a.get("local") == address
            for link in machine.ip_json("address", "show", "dev", "eth0")
            for a in link.get("addr_info", [])
        )

    def wait_at(self, machine, address):
        """Until exactly this machine has the address; None: nobody."""
        wait_until(
            lambda: [m for m in self.network.routers if self.has(m, address)]
            == ([machine] if machine else []),
            lambda: f"{machine and machine.name} alone to have {address}\n"
            f"{self.first.last_words()}\n{self.second.last_words()}",
        )

    def both_roles(self, address, ours, theirs):
        """We are master and keepalived believes us; we go and it takes over; it is master and we believe it; it
        goes and we take over. ours, theirs: the configuration for a priority."""
        self.second.start_keepalived(theirs(100))
        self.first.start_vrrpd(ours(200), as_unit=True)
        self.wait_at(self.first, address)
        self.assertEqual(self.first.stop_vrrpd(), 0)
        self.wait_at(self.second, address)
        self.first.start_vrrpd(ours(50), as_unit=True)
        self.first.wait_property("VI_1", "MasterPriority", 100)
        self.assertEqual(self.first.property("VI_1", "Conflicts"), [])
        self.second.keepalived.stop()
        self.wait_at(self.first, address)
        # Its own sending fails while its link-local address is still being verified.
        lines = [
            line
            for line in self.second.keepalived.output().lower().splitlines()
            if "send advert" not in line
        ]
        for complaint in COMPLAINTS:
            self.assertEqual([line for line in lines if complaint in line], [])

    def statistic(self, name):
        shown = json.loads(self.first.ctl("stats", "VI_1", "--json", check=True).stdout)
        shown = shown[0] if isinstance(shown, list) else shown
        return shown["statistics"][name]

    def conflicts(self):
        return [kind for kind, *_ in self.first.property("VI_1", "Conflicts") or []]

    def faults(self, name="VI_1"):
        return [tuple(f) for f in self.first.property(name, "Faults") or []]
