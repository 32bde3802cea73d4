# SPDX-License-Identifier: LGPL-2.1-or-later
"""auth_hmac on the wire: what vrrpd signs is right by an implementation of its own (hmac, hashlib), and what is
forged, replayed, stale or signed otherwise changes nothing but a counter and a conflict."""

import hashlib
import hmac
import json
import os
import socket
import struct
import time
import unittest

import wire_case
from case import VIP, LabCase, instance
from lab import wait_until

KEY1 = "0123456789abcdef0123456789abcdef"
KEY2 = "fedcba9876543210" * 2
ETH_P_IP = 0x0800
ETH_P_IPV6 = 0x86DD
TRAILER = 28


def auth(*lines):
    return "auth_hmac {\n" + "\n".join(lines) + "\n}\n"


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def mac(key, source, message, trailer):
    """From the specification: pseudo-header, advert with a zero checksum, trailer with a zero HMAC."""
    family = socket.AF_INET6 if ":" in source else socket.AF_INET
    address = socket.inet_pton(family, source).ljust(16, b"\0")
    pseudo = bytes([6 if ":" in source else 4, message[0] >> 4, message[1], 0]) + address
    zeroed = message[:6] + bytes(2) + message[8:]
    return hmac.new(key.encode(), pseudo + zeroed + trailer[:12] + bytes(16), hashlib.sha256).digest()[:16]


class Wire:
    """A station that sees and sends whole frames."""

    def __init__(self, space, interface="eth0"):
        self.socket = space.socket(socket.AF_PACKET, socket.SOCK_RAW)
        self.socket.bind((interface, ETH_P_IP))
        self.socket.settimeout(10)
        space.on_close(self.socket.close)

    def advert(self, source):
        """The next frame with an advert of this router, and its VRRP part."""
        while True:
            frame = self.socket.recv(4096)
            header = (frame[14] & 15) * 4
            if frame[12:14] == b"\x08\x00" and frame[23] == 112 and frame[26:30] == socket.inet_aton(source):
                return frame, frame[14 + header : 14 + struct.unpack("!H", frame[16:18])[0]]

    def send(self, like, source, payload):
        """The payload in a frame like this one, from this source address, as an attacker would."""
        ip = bytearray(like[14:34])
        ip[0] = 0x45
        ip[2:4] = struct.pack("!H", 20 + len(payload))
        ip[10:12] = bytes(2)
        ip[12:16] = socket.inet_aton(source)
        ip[10:12] = struct.pack("!H", checksum(bytes(ip)))
        self.socket.send(like[:6] + b"\x02\x00\x00\x00\x00\x99" + b"\x08\x00" + bytes(ip) + payload)


def sign(key, key_id, source, message, when=None):
    """A message with a trailer made here, by the specification."""
    when = time.time() if when is None else when
    trailer = struct.pack("!BBHIHH", 1, key_id, 0, int(when), int(when % 1 * 65536), 7) + bytes(16)
    return message + trailer[:12] + mac(key, source, message, trailer)


class Hmac(LabCase):
    def setUp(self):
        super().setUp()
        self.first.start_bus()
        self.second.start_bus()
        self.wire = Wire(self.client)

    def start(self, first, second):
        self.first.start_vrrpd(instance(priority=200, version=3, extra=first), as_unit=True)
        self.second.start_vrrpd(instance(priority=100, version=3, extra=second), as_unit=True)

    def statistic(self, router, name):
        shown = json.loads(router.ctl("stats", "VI_1", "--json", check=True).stdout)
        shown = shown[0] if isinstance(shown, list) else shown
        return shown["statistics"][name]

    def conflicts(self, router):
        return [kind for kind, *_ in router.property("VI_1", "Conflicts") or []]

    def assert_refused(self, name, *packets):
        """Each of them is counted so at the backup, which goes on as before."""
        before = self.statistic(self.second, "discarded-" + name)
        for frame, source, payload in packets:
            self.wire.send(frame, source, payload)
        wait_until(
            lambda: self.statistic(self.second, "discarded-" + name) >= before + len(packets),
            lambda: f"discarded-{name}: {self.second.ctl('stats', 'VI_1').stdout}",
        )
        self.assertEqual(self.second.property("VI_1", "State"), "backup")
        self.assertEqual(self.second.property("VI_1", "MasterPriority"), 200)

    def test_attacks(self):
        """Signed adverts are right by another implementation; a forged, replayed, stale, unsigned or otherwise
        signed one is refused with its own verdict and moves nothing; one that is signed with the key counts.
        """
        self.start(auth("key 1 " + KEY1), auth("key 1 " + KEY1))
        self.wait_holder(self.first)
        self.second.wait_property("VI_1", "MasterPriority", 200)
        frame, packet = self.wire.advert("192.168.2.251")
        message, trailer = packet[:-TRAILER], packet[-TRAILER:]
        self.assertEqual(trailer[:4], bytes([1, 1, 0, 0]))
        self.assertLess(abs(struct.unpack("!I", trailer[4:8])[0] - time.time()), 5)
        self.assertEqual(trailer[12:], mac(KEY1, "192.168.2.251", message, trailer))

        ours = "192.168.2.251"
        flip = bytearray(packet)
        flip[-1] ^= 1
        self.assert_refused("hmac-replay", (frame, ours, packet))
        self.assert_refused("hmac-bad", (frame, ours, bytes(flip)))
        self.assert_refused("hmac-missing", (frame, ours, message))
        self.assert_refused("hmac-stale", (frame, ours, sign(KEY1, 1, ours, message, time.time() - 60)))
        self.assert_refused("hmac-unknown-key", (frame, ours, sign(KEY1, 9, ours, message)))
        self.assert_refused("hmac-bad", (frame, ours, sign(KEY2, 1, ours, message)))
        malformed = bytearray(packet)
        malformed[len(message)] = 2
        self.assert_refused("hmac-malformed", (frame, ours, bytes(malformed)))
        # The source is covered: the same bytes from elsewhere are not that router's. (Version 3's checksum has a
        # pseudo-header, so it is made anew.)
        resigned = sign(KEY1, 1, "192.168.2.77", self.resealed(message, "192.168.2.66"))
        self.assert_refused("hmac-bad", (frame, "192.168.2.66", resigned))
        wait_until(lambda: "auth-mismatch" in self.conflicts(self.second), "the conflict to be published")

        better = bytearray(message)
        better[2] = 254
        better = self.resealed(bytes(better), "192.168.2.66")
        self.wire.send(frame, "192.168.2.66", sign(KEY1, 1, "192.168.2.66", better))
        wait_until(
            lambda: self.second.property("VI_1", "MasterAddress") == "192.168.2.66"
            or self.first.property("VI_1", "State") == "backup",
            "who has the key to be believed",
        )

    def test_ipv6(self):
        """Over IPv6 a signed advert is right by another implementation, and believed; heard once more it is a replay."""
        for machine, priority in ((self.first, 200), (self.second, 100)):
            machine.start_vrrpd(
                wire_case.router(priority, ("fe80::100/64",), auth("key 1 " + KEY1)), as_unit=True
            )
        self.first.wait_property("VI_1", "State", "master")
        self.second.wait_property("VI_1", "MasterPriority", 200)
        wire = self.client.socket(socket.AF_PACKET, socket.SOCK_RAW)
        self.addCleanup(wire.close)
        wire.bind(("eth0", ETH_P_IPV6))
        wire.settimeout(10)
        frame = next(frame for frame in iter(lambda: wire.recv(4096), b"") if frame[20] == 112)
        source = socket.inet_ntop(socket.AF_INET6, frame[22:38])
        packet = frame[54 : 54 + struct.unpack("!H", frame[18:20])[0]]
        self.assertEqual(source, self.first.property("VI_1", "SourceAddress"))
        self.assertEqual(mac(KEY1, source, packet[:-TRAILER], packet[-TRAILER:]), packet[-16:])
        wire.send(frame[:6] + b"\x02\x00\x00\x00\x00\x99" + frame[12:])
        wait_until(
            lambda: self.statistic(self.second, "discarded-hmac-replay") == 1, "the replay to be counted"
        )
        self.assertEqual(self.second.property("VI_1", "State"), "backup")

    def test_window(self):
        """What is older than time_window is stale, and within a wider one is not; with anti_replay monotonic no clock is
        compared, but each advert must still be newer than its sender's last."""
        self.start(auth("key 1 " + KEY1), auth("key 1 " + KEY1, "time_window 30"))
        self.wait_holder(self.first)
        self.second.wait_property("VI_1", "MasterPriority", 200)
        frame, packet = self.wire.advert("192.168.2.251")
        theirs = "192.168.2.66"
        lower = bytearray(packet[:-TRAILER])
        lower[2] = 50
        lower = self.resealed(bytes(lower), theirs)

        def old(seconds):
            return frame, theirs, sign(KEY1, 1, theirs, lower, time.time() - seconds)

        self.assert_refused("hmac-stale", old(60), old(-60))
        for lines, seconds in (("time_window 200",), 60), (("anti_replay monotonic",), 100000):
            extra = auth("key 1 " + KEY1, *lines)
            self.second.write("/run/lab/vrrpd.conf", instance(priority=100, version=3, extra=extra))
            self.second.ctl("reload", check=True)
            # A sender of its own each time: what it said last is remembered over a reload.
            theirs = f"192.168.2.{66 + len(lines[0])}"
            lower = self.resealed(lower, theirs)
            known = self.statistic(self.second, "discarded-hmac-replay")
            again = old(seconds)
            self.wire.send(*again)
            self.assert_refused("hmac-replay", again)
            self.assertEqual(
                self.statistic(self.second, "discarded-hmac-replay"), known + 1, "the first was refused"
            )

    def resealed(self, message, source):
        pseudo = (
            socket.inet_aton(source) + socket.inet_aton("224.0.0.18") + struct.pack("!HH", 112, len(message))
        )
        zeroed = message[:6] + bytes(2) + message[8:]
        return message[:6] + struct.pack("!H", checksum(pseudo + zeroed)) + message[8:]

    def test_virtual_mac(self):
        """With a virtual MAC address, too, the whole of a signed advert leaves: the IP header counts the trailer, and the
        backup believes it."""
        extra = "use_vmac\n" + auth("key 1 " + KEY1)
        self.start(extra, extra)
        self.wait_holder(self.first)
        frame, message = self.wire.advert("192.168.2.251")
        self.assertEqual(frame[6:12], bytes.fromhex("00005e000101"))
        self.assertEqual(len(message), 12 + TRAILER)
        self.assertEqual(mac(KEY1, "192.168.2.251", message[:12], message[12:]), message[-16:])
        heard = self.statistic(self.second, "adverts-received")
        wait_until(lambda: self.statistic(self.second, "adverts-received") >= heard + 3, "adverts")
        self.assertEqual(self.second.property("VI_1", "State"), "backup")
        for name in ("hmac-bad", "hmac-replay", "hmac-unknown-key", "hmac-missing"):
            self.assertEqual(self.statistic(self.second, "discarded-" + name), 0)

    def test_key_rotation(self):
        """Three reloads change the key: with the new one beside the old, as the active one, and alone. The backup
        hears every advert all the while, and never moves."""
        self.start(auth("key 1 " + KEY1), auth("key 1 " + KEY1))
        self.wait_holder(self.first)
        self.second.wait_property("VI_1", "MasterPriority", 200)
        steps = [
            (["key 1 " + KEY1, "key 2 " + KEY2], 1),
            (["key 1 " + KEY1, "key 2 " + KEY2, "active_key 2"], 2),
            (["key 2 " + KEY2], 2),
        ]
        for lines, key_id in steps:
            for router, priority in ((self.second, 100), (self.first, 200)):
                router.write(
                    "/run/lab/vrrpd.conf", instance(priority=priority, version=3, extra=auth(*lines))
                )
                router.ctl("reload", check=True)
            heard = self.statistic(self.second, "adverts-received")
            wait_until(lambda: self.statistic(self.second, "adverts-received") >= heard + 3, "adverts")
            wait_until(
                lambda want=key_id: self.wire.advert("192.168.2.251")[1][-TRAILER + 1] == want,
                f"adverts signed with key {key_id}",
            )
        self.assertEqual(self.statistic(self.second, "transitions"), 1)
        self.assertEqual(self.statistic(self.first, "became-master"), 1)
        for name in ("hmac-bad", "hmac-replay", "hmac-unknown-key", "hmac-missing"):
            self.assertEqual(self.statistic(self.second, "discarded-" + name), 0)

    def test_migration(self):
        """From no authentication to enforce without a moment of two masters: receive-only, permissive, enforce."""
        self.start("", "")
        self.wait_holder(self.first)
        self.second.wait_property("VI_1", "MasterPriority", 200)
        for mode, size in (("receive-only", 0), ("permissive", TRAILER), ("enforce", TRAILER)):
            for router, priority in ((self.second, 100), (self.first, 200)):
                extra = auth("key 1 " + KEY1, "mode " + mode)
                router.write("/run/lab/vrrpd.conf", instance(priority=priority, version=3, extra=extra))
                router.ctl("reload", check=True)
            wait_until(
                lambda want=size: len(self.wire.advert("192.168.2.251")[1]) == 12 + want,
                f"the size in {mode}",
            )
        self.assertEqual(self.statistic(self.second, "transitions"), 1)

    def test_secret_and_files(self):
        """A key comes from a file or a credential, and appears neither in logs nor on the bus; a reload whose
        key file is unreadable or gone is refused with the remedy and the old key goes on."""
        for router in (self.first, self.second):
            router.run("install", "-d", "-m", "755", "/run/lab/credentials")
            router.write("/run/lab/credentials/vrrp", "hex:" + KEY1.encode().hex() + "\n")
            router.run("chown", "-R", "vrrpd", "/run/lab/credentials")
            router.run("chmod", "600", "/run/lab/credentials/vrrp")
        extra = auth("key 1 file:vrrp")
        for router, priority in ((self.first, 200), (self.second, 100)):
            router.start_vrrpd(
                instance(priority=priority, version=3, extra=extra),
                as_unit=True,
                env={"CREDENTIALS_DIRECTORY": "/run/lab/credentials"},
            )
        self.wait_holder(self.first)
        self.second.wait_property("VI_1", "MasterPriority", 200)
        shown = self.first.ctl("show", "--config", check=True).stdout
        self.assertIn("key 1 file:vrrp", shown)
        self.first.run("chown", "root:root", "/run/lab/credentials/vrrp")
        refused = self.first.ctl("reload")
        self.assertEqual(refused.returncode, 9)
        self.assertRegex(refused.stderr + refused.stdout, "Permission denied; user vrrpd must be able to")
        os.unlink(self.first.path("/run/lab/credentials/vrrp"))
        self.assertEqual(self.first.ctl("reload").returncode, 9)
        heard = self.statistic(self.second, "adverts-received")
        wait_until(lambda: self.statistic(self.second, "adverts-received") >= heard + 3, "adverts")
        said = self.first.vrrpd.output() + refused.stdout + refused.stderr + shown
        self.assertNotIn(KEY1, said)
        self.assertNotIn(KEY1.encode().hex(), said)

    def test_other_key(self):
        """Routers with different keys do not hear each other, and both say why."""
        self.start(auth("key 1 " + KEY1), auth("key 1 " + KEY2))
        for router in (self.first, self.second):
            wait_until(
                lambda r=router: "auth-mismatch" in self.conflicts(r),
                f"{router.name} to publish the conflict",
            )
        self.assertEqual(sorted(self.network.holders(VIP)), [self.first.name, self.second.name])


if __name__ == "__main__":
    unittest.main()
