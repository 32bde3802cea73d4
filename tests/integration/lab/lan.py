# SPDX-License-Identifier: LGPL-2.1-or-later
"""The wires: a machine that is nothing but a switch, and the network of the seed's two proxies with a
client."""

import contextlib

from lab.router import Router
from lab.space import Space

INNER = "192.168.2"  # the network of the virtual addresses, as in the seed
OUTER = "203.0.113"  # the other side of the proxies (RFC 5737: documentation)


class Lan(Space):
    """Bridges, and cables from them to other machines."""

    def __init__(self, *bridges):
        super().__init__("lan")
        for bridge in bridges:
            # Without a querier a snooping bridge may hold multicast back for a while: VRRP is multicast.
            self.ip("link", "add", bridge, "type", "bridge", "mcast_snooping", "0")
            self.ip("link", "set", bridge, "up")

    def plug(self, space, interface, bridge, address=None):
        """Connects a machine's interface to a bridge by a cable; returns the name of the bridge's port."""
        port = f"{space.name[-8:]}-{interface}"
        self.ip("link", "add", port, "type", "veth", "peer", "name", interface, "netns", str(space.pid))
        self.ip("link", "set", port, "master", bridge, "up")
        if address:
            space.ip("address", "add", address, "dev", interface)
        space.ip("link", "set", interface, "up")
        return port


class SeedNetwork:
    """Two routers with eth0 (inner) and eth1 (outer) as the seed has them, and a client on the inner
    network."""

    def __init__(self):
        with contextlib.ExitStack() as stack:
            self.lan = stack.enter_context(Lan("inner", "outer"))
            self.routers = []
            for number in (1, 2):
                router = stack.enter_context(Router(f"proxy-serv0{number}"))
                self.lan.plug(router, "eth0", "inner", f"{INNER}.{250 + number}/24")
                self.lan.plug(router, "eth1", "outer", f"{OUTER}.{250 + number}/24")
                self.routers.append(router)
            self.client = stack.enter_context(Space("client"))
            self.lan.plug(self.client, "eth0", "inner", f"{INNER}.10/24")
            self._closing = stack.pop_all()

    def close(self):
        self._closing.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def holders(self, address):
        """The names of the routers that have the address on an interface, as ip(8) sees it."""
        return [router.name for router in self.routers if address in router.addresses()]
