# SPDX-License-Identifier: LGPL-2.1-or-later
"""Many virtual addresses of one instance: how long are its adverts silent while it becomes master and the kernel adds the addresses,
and while it announces them a second time; and the same with keepalived. Nothing is asserted here: the figures are for people.

    tools/bench --vips [--addresses 5000] [--interval 0.1] [--only vrrpd]

A gap is the time between two adverts, as the kernel stamps them where a station on the wire receives them."""

import argparse
import os
import signal
import socket
import struct
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))

# pylint: disable=wrong-import-position
from lab import wait_until  # noqa: E402
from lab.lan import Lan  # noqa: E402
from lab.router import Router  # noqa: E402
from lab.space import Space  # noqa: E402
from lab.wire import decode_advert, gaps  # noqa: E402

SECOND_BURST = 5  # garp_master_delay
ETH_P_IP = 0x0800
SO_TIMESTAMPNS = 35


class Adverts:
    """Hears adverts only: thousands of announcements would crowd them out of the buffer."""

    def __init__(self, space):
        self.seen = []
        self._ending = False
        self._socket = space.socket(socket.AF_PACKET, socket.SOCK_RAW)
        self._socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self._socket.settimeout(0.1)
        self._socket.bind(("eth0", ETH_P_IP))
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
            if frame[23] == 112:
                self.seen.append(decode_advert(seconds + nanoseconds / 1e9, frame))

    def close(self):
        self._ending = True
        self._thread.join()
        self._socket.close()


def address(index):
    return f"10.{64 + index // 62500}.{index // 250 % 250}.{index % 250 + 1}"


def configuration(addresses, interval):
    lines = "\n".join(f"        {address(k)}/32" for k in range(1, addresses))
    return f"""vrrp_instance VI_1 {{
    interface eth0
    version 3
    virtual_router_id 1
    priority 200
    advert_int {interval:g}
    virtual_ipaddress {{
        {address(0)}/32
    }}
    virtual_ipaddress_excluded {{
{lines}
    }}
}}
"""


def measure(name, addresses, interval):
    with Lan("wire") as lan, Router("router") as router, Space("station") as station:
        lan.plug(router, "eth0", "wire", "192.0.2.1/24")
        lan.plug(station, "eth0", "wire", "192.0.2.2/24")
        heard = Adverts(station)
        started = time.monotonic()
        if name == "vrrpd":
            router.start_vrrpd(configuration(addresses, interval), as_unit=True)
        else:
            router.start_keepalived(configuration(addresses, interval))
        wait_until(lambda: heard.seen, "an advert", 120)
        wait_until(lambda: len(router.addresses()) > addresses, "all addresses", 120)
        there = time.monotonic()
        enough = (SECOND_BURST + 3) / interval
        wait_until(
            lambda: time.monotonic() > there + SECOND_BURST + 3 and len(heard.seen) >= enough, "adverts", 180
        )
        between = gaps([a for a in heard.seen if a.priority > 0])
        silence = 3 * interval + (256 - 200) / 256 * interval
        print(
            f"{name:10} {addresses} addresses, interval {interval:g} s: largest gap {max(between) * 1000:.0f} ms, "
            f"of {len(between)} gaps {sum(gap > 2 * interval for gap in between)} above two intervals; "
            f"Master_Down_Interval of priority 200 is {silence * 1000:.0f} ms; "
            f"all addresses {there - started:.1f} s after the start"
        )
        process = router.vrrpd or router.keepalived
        process.kill(signal.SIGTERM)
        process.kill(signal.SIGTERM)
        process.wait(120)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--addresses", type=int, default=5000)
    parser.add_argument("--interval", type=float, default=0.1)
    parser.add_argument("--only", choices=["vrrpd", "keepalived"])
    options = parser.parse_args()
    for name in [options.only] if options.only else ["vrrpd", "keepalived"]:
        measure(name, options.addresses, options.interval)


if __name__ == "__main__":
    main()
