# SPDX-License-Identifier: LGPL-2.1-or-later
"""A flood of packets that the daemon has to read (its own VRID: adverts of a lower router, and ones with a wrong
checksum) holds up nothing: not its adverts, not the rest of its work. How fast the flood is depends on the
machine; that one which is always faster than the reading starves nobody is shown in tests/unit/net."""

import ctypes
import socket
import struct
import threading
import time
import unittest

from case import VIP, LabCase, instance
from lab import Capture, wait_until
from lab.wire import gaps, internet_checksum

INTERVAL = 0.1
VRID = 1


def advert(good):
    """A version 3 advert of priority 1, as sendto(2) on a raw socket wants it."""
    body = struct.pack("!BBBBHH", 0x31, VRID, 1, 1, int(INTERVAL * 100), 0) + socket.inet_aton(VIP)
    pseudo = (
        socket.inet_aton("192.168.2.10")
        + socket.inet_aton("224.0.0.18")
        + struct.pack("!HH", 112, len(body))
    )
    checksum = internet_checksum(pseudo + body) if good else 0xBAD
    return body[:6] + struct.pack("!H", checksum) + body[8:]


def only_from(capture, source):
    """Has the kernel keep the flood itself away from a capture, which would lose what it is to see."""
    program = b"".join(
        struct.pack("HBBI", *instruction)
        for instruction in (
            (0x20, 0, 0, 26),  # the IPv4 source address of an Ethernet frame
            (0x15, 0, 1, struct.unpack("!I", socket.inet_aton(source))[0]),
            (0x06, 0, 0, 0xFFFF),
            (0x06, 0, 0, 0),
        )
    )
    code = ctypes.create_string_buffer(program)
    capture._socket.setsockopt(socket.SOL_SOCKET, 26, struct.pack("HP", 4, ctypes.addressof(code)))


class Flood:
    """Threads that send as fast as they can from inside a machine, until the end of the block."""

    def __init__(self, space):
        self.sent = 0
        self._ending = False
        self._sockets = [space.socket(socket.AF_INET, socket.SOCK_RAW, 112) for _ in range(2)]
        self._threads = [
            threading.Thread(target=self._send, args=(s, advert(good)), daemon=True)
            for s, good in zip(self._sockets, (True, False))
        ]

    def _send(self, s, packet):
        s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 255)
        s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("192.168.2.10"))
        while not self._ending:
            for _ in range(100):
                try:
                    s.sendto(packet, ("224.0.0.18", 0))
                    self.sent += 1
                except OSError:
                    time.sleep(0.001)

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._ending = True
        for thread in self._threads:
            thread.join()
        for s in self._sockets:
            s.close()


class FloodTest(LabCase):
    def test_flood(self):
        """The adverts go on: as many in a second as without the flood, less what a busy machine takes from
        any program; the bus answers, the link's state is seen, and the better router stays master."""
        self.first.start_bus()
        self.first.start_vrrpd(instance(vrid=VRID, priority=200, version=3, interval=INTERVAL), as_unit=True)
        self.first.wait_property("VI_1", "State", "master")
        capture = Capture(self.second, "eth0")
        own = "192.168.2.251"
        only_from(capture, own)

        def adverts(seconds):
            mark, begin = capture.mark(), time.monotonic()
            wait_until(lambda: time.monotonic() >= begin + seconds, "the time to pass")
            seen = capture.adverts(VRID, source=own, since=mark)
            return len(seen) / (time.monotonic() - begin), max(gaps(seen), default=seconds)

        rest, rest_gap = adverts(2)
        with Flood(self.client) as flood:
            flooded, longest = adverts(4)
            self.assertEqual(self.first.property("VI_1", "State"), "master")
            self.first.ip("link", "set", "eth1", "down")
            self.assertEqual(self.network.holders(VIP), [self.first.name])
        self.assertGreater(flood.sent, 1000)
        # Answers to a lower master come on top of the periodic adverts, never instead of them.
        self.assertGreater(
            flooded, rest / 2, f"{rest:.1f}/s at rest, {flooded:.1f}/s in {flood.sent} packets"
        )
        self.assertLess(longest, rest_gap + 3 * INTERVAL, f"at rest the longest gap was {rest_gap:.3f} s")


if __name__ == "__main__":
    unittest.main()
