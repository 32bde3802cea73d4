# SPDX-License-Identifier: LGPL-2.1-or-later
"""A laboratory of routers: what the integration tests and the demonstration are played on.

space.py   a machine: network, mount, process and host-name namespaces that vanish with their holder
lan.py     a switch (bridges in a machine of their own) and the seed's network of two proxies and a client
router.py  a machine that runs the system bus, polkitd, squid, keepalived and vrrpd
machine.py a machine that has booted: a real systemd with our units installed
wire.py    what passes on a wire: adverts, ARP; and a host that pings
watch.py   what is put into a directory
wait.py    waiting for a condition, with a deadline and without guessing

Everything is real (bridge, bus, squid, keepalived); only the machines are namespaces. Nothing outside them
is touched, and nothing is left when the process that uses the laboratory ends, however it ends.
"""

from lab.lan import Lan, SeedNetwork
from lab.router import Router
from lab.space import LabError, Space, need_root
from lab.wait import wait_until
from lab.watch import DirectoryWatch
from lab.wire import Capture, Ping

__all__ = [
    "Capture",
    "DirectoryWatch",
    "LabError",
    "Lan",
    "Ping",
    "Router",
    "SeedNetwork",
    "Space",
    "need_root",
    "wait_until",
]
