# SPDX-License-Identifier: LGPL-2.1-or-later
"""What passes on a wire, as a station on it sees it: VRRP adverts, ARP and neighbour discovery with the
kernel's time of arrival; and a host that pings an address as impatiently as root may."""

import ipaddress
import socket
import struct
import threading
import time
from dataclasses import dataclass

from lab.wait import wait_until

ETH_P_ALL = 3
ETH_P_IP = 0x0800
ETH_P_ARP = 0x0806
ETH_P_IPV6 = 0x86DD
IPPROTO_ICMPV6 = 58
IPPROTO_VRRP = 112
SOLICITATION, ADVERTISEMENT = 135, 136  # types of ICMPv6
SO_TIMESTAMPNS = 35


@dataclass
class Advert:
    time: float  # seconds, when the kernel received it
    mac: str
    source: str
    destination: str
    ttl: int
    version: int
    vrid: int
    priority: int
    interval: float  # seconds
    vips: list
    family: int = 4
    group_mac: str = ""  # where the frame went
    auth_type: int = 0  # of version 2
    plain_checksum: bool = False  # it is right without a pseudo-header


@dataclass
class Arp:
    time: float
    mac: str
    operation: int  # 1 request, 2 reply
    sender: str
    target: str


@dataclass
class Neighbour:
    """A neighbour solicitation or advertisement."""

    time: float
    mac: str
    kind: int  # SOLICITATION or ADVERTISEMENT
    source: str
    destination: str
    hop_limit: int
    router: bool  # flags of an advertisement
    solicited: bool
    override: bool
    target: str
    link_layer: str  # of the source of a solicitation, of the target of an advertisement; "" = not told


def mac_text(raw):
    return ":".join(f"{byte:02x}" for byte in raw)


def decode_advert(when, frame):
    header = (frame[14] & 15) * 4
    message = frame[14 + header : 14 + struct.unpack("!H", frame[16:18])[0]]
    version, count = message[0] >> 4, message[3]
    interval = message[5] if version == 2 else (struct.unpack("!H", message[4:6])[0] & 0xFFF) / 100
    vips = [str(ipaddress.IPv4Address(message[8 + 4 * i : 12 + 4 * i])) for i in range(count)]
    return Advert(
        when,
        mac_text(frame[6:12]),
        str(ipaddress.IPv4Address(frame[26:30])),
        str(ipaddress.IPv4Address(frame[30:34])),
        frame[22],
        version,
        message[1],
        message[2],
        interval,
        vips,
        auth_type=message[4] if version == 2 else 0,
        plain_checksum=internet_checksum(message + b"\0" * (len(message) % 2)) == 0,
    )


def decode_neighbour(when, frame):
    message = frame[54 : 54 + struct.unpack("!H", frame[18:20])[0]]
    option = message[24:]
    return Neighbour(
        when,
        mac_text(frame[6:12]),
        message[0],
        str(ipaddress.IPv6Address(frame[22:38])),
        str(ipaddress.IPv6Address(frame[38:54])),
        frame[21],
        bool(message[4] & 0x80),
        bool(message[4] & 0x40),
        bool(message[4] & 0x20),
        str(ipaddress.IPv6Address(message[8:24])),
        mac_text(option[2:8]) if option and option[0] == message[0] - 134 else "",
    )


def decode_advert6(when, frame):
    message = frame[54 : 54 + struct.unpack("!H", frame[18:20])[0]]
    return Advert(
        when,
        mac_text(frame[6:12]),
        str(ipaddress.IPv6Address(frame[22:38])),
        str(ipaddress.IPv6Address(frame[38:54])),
        frame[21],
        message[0] >> 4,
        message[1],
        message[2],
        (struct.unpack("!H", message[4:6])[0] & 0xFFF) / 100,
        [str(ipaddress.IPv6Address(message[8 + 16 * i : 24 + 16 * i])) for i in range(message[3])],
        6,
        mac_text(frame[:6]),
    )


def decode_ipv6(when, frame):
    if frame[20] == IPPROTO_VRRP:
        return decode_advert6(when, frame)
    if frame[20] == IPPROTO_ICMPV6 and frame[54] in (SOLICITATION, ADVERTISEMENT):
        return decode_neighbour(when, frame)
    return None


def decode(when, frame):
    """An Advert, an Arp, a Neighbour, or None for everything else."""
    kind = struct.unpack("!H", frame[12:14])[0]
    if kind == ETH_P_IPV6:
        return decode_ipv6(when, frame)
    if kind == ETH_P_IP and frame[23] == IPPROTO_VRRP:
        return decode_advert(when, frame)
    if kind == ETH_P_ARP:
        operation = struct.unpack("!H", frame[20:22])[0]
        return Arp(
            when,
            mac_text(frame[22:28]),
            operation,
            str(ipaddress.IPv4Address(frame[28:32])),
            str(ipaddress.IPv4Address(frame[38:42])),
        )
    return None


class Capture:
    """Listens on a machine's interface from its making until close()."""

    def __init__(self, space, interface):
        self._socket = space.socket(socket.AF_PACKET, socket.SOCK_RAW)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self._socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self._socket.settimeout(0.1)
        self._socket.bind((interface, ETH_P_ALL))
        self._seen = []
        self._ending = False
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()
        space.on_close(self.close)

    def _listen(self):
        while not self._ending:
            try:
                frame, ancillary, _, _ = self._socket.recvmsg(65536, 128)
            except TimeoutError:
                continue
            seconds, nanoseconds = struct.unpack("qq", ancillary[0][2][:16])
            seen = decode(seconds + nanoseconds / 1e9, frame)
            if seen:
                self._seen.append(seen)

    def close(self):
        self._ending = True
        self._thread.join()
        self._socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def mark(self):
        """A place in what was seen; adverts(since=mark) are those that came after it."""
        return len(self._seen)

    def adverts(self, vrid=None, source=None, since=0, family=4):
        return [
            a
            for a in self._seen[since:]
            if isinstance(a, Advert)
            and a.family == family
            and vrid in (None, a.vrid)
            and source in (None, a.source)
        ]

    def neighbours(self, target=None, kind=ADVERTISEMENT, since=0):
        return [
            a
            for a in self._seen[since:]
            if isinstance(a, Neighbour) and a.kind == kind and target in (None, a.target)
        ]

    def arps(self, sender=None, mac=None, since=0):
        return [
            a
            for a in self._seen[since:]
            if isinstance(a, Arp) and sender in (None, a.sender) and mac in (None, a.mac)
        ]

    def wait_advert(self, since=0, seconds=30, **wanted):
        """The first advert after `since` whose fields are as wanted (vrid=1, priority=255, source=...)."""

        def matching():
            return [
                a for a in self.adverts(since=since) if all(getattr(a, k) == v for k, v in wanted.items())
            ]

        return wait_until(matching, f"an advert with {wanted}", seconds)[0]


def gaps(adverts):
    """Seconds between consecutive adverts."""
    return [b.time - a.time for a, b in zip(adverts, adverts[1:])]


def internet_checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total & 0xFFFF) + (total >> 16)
    return ~(total + (total >> 16)) & 0xFFFF


class Ping:
    """A host that pings `target` `count` times, one every `interval` seconds, while its ARP entry is
    flushed each second so that it must ask again who has the address. (ping(8) itself rounds 10 ms up to
    the kernel's ticks: to 16 ms.)
    """

    PATIENCE = 1  # seconds after the last request; what comes later is lost

    def __init__(self, space, target, interface="eth0", count=1000, interval=0.01):
        self.count = count
        self.interval = interval
        self._space, self._target, self._interface = space, target, interface
        self._socket = space.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
        self._socket.connect((target, 0))
        self._socket.settimeout(0.1)
        self._identifier = id(self) & 0xFFFF
        self._sent = {}  # sequence number: when
        self._answered = {}
        self._ended = threading.Event()
        self._threads = [
            threading.Thread(target=f, daemon=True) for f in (self._send, self._receive, self._flush)
        ]
        for thread in self._threads:
            thread.start()

    def _send(self):
        begin = time.monotonic()
        for sequence in range(self.count):
            time.sleep(max(0, begin + sequence * self.interval - time.monotonic()))
            echo = struct.pack("!BBHHHQ", 8, 0, 0, self._identifier, sequence, 0)
            echo = echo[:2] + struct.pack("!H", internet_checksum(echo)) + echo[4:]
            self._sent[sequence] = time.monotonic()
            try:
                self._socket.send(echo)
            except OSError:
                pass  # no answer will come, which is how it is counted
        time.sleep(self.PATIENCE)
        self._ended.set()

    def _receive(self):
        while not self._ended.is_set():
            try:
                packet = self._socket.recv(2048)
            except TimeoutError:
                continue
            kind, _, _, identifier, sequence = struct.unpack("!BBHHH", packet[20:28])
            if kind == 0 and identifier == self._identifier:
                self._answered.setdefault(sequence, time.monotonic())

    def _flush(self):
        while not self._ended.wait(1):
            self._space.run("ip", "neigh", "flush", "to", self._target, "dev", self._interface, check=False)

    def sent(self):
        return len(self._sent)

    def lost(self):
        """Waits for the end; how many of the `count` requests were not answered in time."""
        for thread in self._threads:
            thread.join()
        self._socket.close()
        return self.count - len(self._answered)

    def longest_silence(self):
        """The most requests in a row that nobody answered."""
        longest = row = 0
        for sequence in range(self.count):
            row = 0 if sequence in self._answered else row + 1
            longest = max(longest, row)
        return longest
