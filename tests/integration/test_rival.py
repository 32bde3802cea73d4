# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a master answers to another one on its wire: lower_prio_no_advert, higher_prio_send_advert,
garp_lower_prio_repeat, garp_lower_prio_delay. The other is one advert, made here, so that nothing else happens."""

import socket
import struct
import time
import unittest

from case import VIP, LabCase, instance
from lab import Capture, wait_until
from lab.wire import gaps, internet_checksum

OWN = "192.168.2.251"
INTERVAL = 1  # seconds: long enough that an answer is no periodic advert


class Rival(LabCase):
    def start(self, extra, priority=255):
        self.capture = Capture(self.client, "eth0")
        self.first.start_vrrpd(
            instance(version=3, interval=INTERVAL, priority=priority, extra="garp_master_delay 0\n" + extra),
            as_unit=True,
        )
        wait_until(lambda: len(self.own()) >= 1, "adverts")

    def own(self, since=0):
        return self.capture.adverts(source=OWN, since=since)

    def say(self, priority):
        """One advert of another router, from the client."""
        body = struct.pack("!BBBBHH", 0x31, 1, priority, 1, INTERVAL * 100, 0) + socket.inet_aton(VIP)
        pseudo = socket.inet_aton("192.168.2.10") + socket.inet_aton("224.0.0.18")
        checksum = internet_checksum(pseudo + struct.pack("!HH", 112, len(body)) + body)
        with self.client.socket(socket.AF_INET, socket.SOCK_RAW, 112) as s:
            s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 255)
            s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("192.168.2.10"))
            s.sendto(body[:6] + struct.pack("!H", checksum) + body[8:], ("224.0.0.18", 0))

    def test_answer(self):
        """A lower advert is answered by one advert before the next is due, and by garp_lower_prio_repeat
        announcements."""
        self.start("garp_lower_prio_repeat 3\ngarp_lower_prio_delay 0\n")
        wait_until(lambda: len(self.capture.arps(sender=VIP)) == 5, "the announcements of the start")
        self.say(10)
        wait_until(lambda: len(self.own()) >= 4, "adverts")
        self.assertLess(min(gaps(self.own())), INTERVAL * 0.9)
        self.assertEqual(len(self.capture.arps(sender=VIP)), 8)

    def test_second_burst(self):
        """garp_lower_prio_delay: so long after the announcements for a lower master there are as many again."""
        self.start("garp_lower_prio_repeat 3\ngarp_lower_prio_delay 1.5\n")
        wait_until(lambda: len(self.capture.arps(sender=VIP)) == 5, "the announcements of the start")
        self.say(10)
        wait_until(lambda: len(self.capture.arps(sender=VIP)) >= 11, "two bursts")
        times = [arp.time for arp in self.capture.arps(sender=VIP)[5:]]
        self.assertLess(times[2] - times[0], 1.5)
        self.assertGreaterEqual(times[3] - times[2], 1.4)

    def yields(self, extra):
        """A master yields to one better advert. How long after that its own adverts come, and whether the address is
        there when the first does."""
        self.first.start_bus()
        self.start(extra, priority=100)
        self.first.wait_address(VIP)
        mark, begin = self.capture.mark(), time.time()
        self.say(200)
        self.first.wait_property("VI_1", "State", "backup")
        self.capture.wait_advert(since=mark, source=OWN, priority=100)
        has_address = VIP in self.first.addresses()
        wait_until(lambda: len(self.own(mark)) >= 2, "a second advert")
        return [advert.time - begin for advert in self.own(mark)], has_address

    def test_farewell(self):
        """higher_prio_send_advert, on by default: a master that yields says so once, when its address is gone."""
        after, has_address = self.yields("")
        self.assertLess(after[0], 3 * INTERVAL)
        self.assertFalse(has_address)
        self.assertGreaterEqual(after[1], 3 * INTERVAL)

    def test_no_farewell(self):
        """higher_prio_send_advert off: nothing of it is heard until it takes over again."""
        after, _ = self.yields("higher_prio_send_advert off")
        self.assertGreaterEqual(after[0], 3 * INTERVAL)

    def test_no_answer(self):
        """lower_prio_no_advert: it is not."""
        self.start("lower_prio_no_advert")
        self.say(10)
        wait_until(lambda: len(self.own()) >= 4, "adverts")
        self.assertGreater(min(gaps(self.own())), INTERVAL * 0.9)


if __name__ == "__main__":
    unittest.main()
