# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the tests of virtual MAC addresses share: configurations, every frame that leaves a router, and what its
kernel says of the link."""

import re
import socket
import struct
import threading

from case import VIP, LabCase, instance
from lab.wire import mac_text

VMAC = "00:00:5e:00:01:01"
VMAC6 = "00:00:5e:00:02:01"
VIP6 = "2001:db8::101"
LOCAL6 = "fe80::101"


def vmac_instance(priority=100, extra="use_vmac", **keywords):
    return instance(priority=priority, version=3, extra=extra, **keywords)


def ipv6_instance(priority, extra="use_vmac"):
    return f"""
vrrp_instance VI_6 {{
    interface eth0
    version 3
    virtual_router_id 1
    priority {priority}
    advert_int 0.2
    {extra}
    virtual_ipaddress {{
        {LOCAL6}
        {VIP6}/64
    }}
}}
"""


class Frames:
    """Every frame that leaves a machine's port of the switch, as bytes."""

    def __init__(self, lan, port):
        self._socket = lan.socket(socket.AF_PACKET, socket.SOCK_RAW)
        self._socket.settimeout(0.1)
        self._socket.bind((port, 3))
        self.frames = []
        self._ending = False
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()
        lan.on_close(self.close)

    def _listen(self):
        while not self._ending:
            try:
                frame, address = self._socket.recvfrom(65536)
            except TimeoutError:
                continue
            except OSError:  # the port is gone with its machine
                return
            if address[2] != socket.PACKET_OUTGOING:  # the switch's port hears what the machine sends
                self.frames.append(frame)

    def close(self):
        self._ending = True
        self._thread.join()
        self._socket.close()

    def with_source(self, mac):
        return [f for f in list(self.frames) if mac_text(f[6:12]) == mac]

    def adverts(self):
        return [f for f in list(self.frames) if is_advert(f)]


def is_advert(frame):
    kind = struct.unpack("!H", frame[12:14])[0]
    return (kind == 0x0800 and frame[23] == 112) or (kind == 0x86DD and frame[20] == 112)


def is_membership_report(frame):
    """IGMP, or MLD behind its hop-by-hop header, or a router solicitation."""
    kind = struct.unpack("!H", frame[12:14])[0]
    if kind == 0x0800:
        return frame[23] == 2
    if kind != 0x86DD:
        return False
    header, icmp = frame[20], frame[54:]
    if header == 0:
        header, icmp = icmp[0], icmp[(icmp[1] + 1) * 8 :]
    return header == 58 and icmp[0] in (131, 132, 133, 143)


def is_duplicate_probe(frame):
    """A neighbour solicitation from nobody: duplicate address detection (RFC 4862 section 5.4.2)."""
    return frame[12:14] == b"\x86\xdd" and frame[20] == 58 and frame[22:38] == bytes(16) and frame[54] == 135


def arp_kind(frame):
    """(operation, sender) of an ARP packet, or None."""
    return (frame[21], socket.inet_ntoa(frame[28:32])) if frame[12:14] == b"\x08\x06" else None


class VmacCase(LabCase):
    def setUp(self):
        super().setUp()
        self.ports = {r.name: Frames(self.network.lan, f"{r.name[-8:]}-eth0") for r in self.network.routers}

    def port(self, router):
        return self.ports[router.name]

    def link(self, router, name="vrrp.1"):
        return next((link for link in router.ip_json("-d", "link", "show") if link["ifname"] == name), None)

    def is_up(self, router, name="vrrp.1"):
        link = self.link(router, name)
        return bool(link) and "UP" in link["flags"]

    def sysctl(self, router, key):
        return int(router.run("cat", f"/proc/sys/net/{key}").stdout)

    def neighbour(self, address=VIP):
        """The MAC address that the client has for an address, asked for anew."""
        version = "-6" if ":" in address else "-4"
        self.client.run("ip", version, "neigh", "flush", "dev", "eth0")
        self.client.run("ping", "-n", "-c", "1", "-W", "2", address, check=False)
        found = self.client.ip_json(version, "neigh", "show", "to", address, "dev", "eth0")
        return found[0].get("lladdr") if found else None

    def port_of(self, mac=VMAC):
        """The switch's port behind which a MAC address is, as the switch has learnt it."""
        text = self.network.lan.run("bridge", "fdb", "show", "br", "inner").stdout
        found = re.search(rf"^{mac} dev (\S+)", text, re.MULTILINE)
        return found and found[1]

    def answers_to(self, router, mac):
        """The ARP replies of a router to that MAC address."""
        return [
            f for f in self.port(router).frames if (arp_kind(f) or (0,))[0] == 2 and mac_text(f[:6]) == mac
        ]

    def assert_nothing_left(self, router):
        self.assertEqual([link["ifname"] for link in router.ip_json("link", "show")], ["lo", "eth0", "eth1"])
        self.assertEqual(router.run("nft", "list", "tables").stdout, "")
        for key in ("arp_ignore", "arp_announce", "promote_secondaries"):
            self.assertEqual(self.sysctl(router, f"ipv4/conf/eth0/{key}"), 0, key)
