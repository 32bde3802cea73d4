# SPDX-License-Identifier: LGPL-2.1-or-later
"""Who added an address: the IFA_PROTO attribute, which ip(8) of Debian 12 can neither show nor set."""

import ipaddress
import os
import socket
import struct

OURS = 118

RTM_NEWADDR, RTM_GETADDR = 20, 22
NLMSG_ERROR, NLMSG_DONE = 2, 3
NLM_F_REQUEST, NLM_F_ACK, NLM_F_DUMP, NLM_F_CREATE = 0x1, 0x4, 0x300, 0x400
IFA_ADDRESS, IFA_LOCAL, IFA_PROTO = 1, 2, 11


def messages(data):
    while len(data) >= 16:
        size, kind = struct.unpack("=IH", data[:6])
        yield kind, data[16:size]
        data = data[(size + 3) & ~3 :]


def attributes(data):
    found = {}
    while len(data) >= 4:
        size, kind = struct.unpack("=HH", data[:4])
        found[kind] = data[4:size]
        data = data[(size + 3) & ~3 :]
    return found


def attribute(kind, value):
    data = struct.pack("=HH", 4 + len(value), kind) + value
    return data + bytes(-len(data) % 4)


def address_marks(space):
    """{IPv4 address: IFA_PROTO} of a machine; 0 = nobody's mark."""
    marks = {}
    with space.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as s:
        s.send(
            struct.pack(
                "=IHHIIBBBBI", 24, RTM_GETADDR, NLM_F_REQUEST | NLM_F_DUMP, 1, 0, socket.AF_INET, 0, 0, 0, 0
            )
        )
        while True:
            for kind, data in messages(s.recv(65536)):
                if kind == NLMSG_DONE:
                    return marks
                found = attributes(data[8:])
                address = str(ipaddress.IPv4Address(found.get(IFA_LOCAL, found.get(IFA_ADDRESS))))
                marks[address] = found.get(IFA_PROTO, b"\0")[0]


def add_marked(space, interface, address, prefixlen):
    """Adds an IPv4 address that carries our mark, as a daemon that was killed leaves it."""
    raw = ipaddress.IPv4Address(address).packed
    index = space.ip_json("link", "show", "dev", interface)[0]["ifindex"]
    body = struct.pack("=BBBBI", socket.AF_INET, prefixlen, 0, 0, index)
    body += attribute(IFA_LOCAL, raw) + attribute(IFA_ADDRESS, raw) + attribute(IFA_PROTO, bytes([OURS]))
    with space.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as s:
        flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE
        s.send(struct.pack("=IHHII", 16 + len(body), RTM_NEWADDR, flags, 1, 0) + body)
        _, answer = next(messages(s.recv(65536)))
        error = struct.unpack("=i", answer[:4])[0]
        if error:
            raise OSError(-error, os.strerror(-error))
