# SPDX-License-Identifier: LGPL-2.1-or-later
"""Reload under load: how late are the adverts of 500 masters while one virtual address of one of them is
changed and reloaded a hundred times, measured against the idle phase of the same run; and the same with
keepalived. Nothing is asserted here: the figures are for people.

    tools/bench [--instances 500] [--reloads 100] [--interval 1] [--idle 30] [--rounds 1] [--realtime]

An advert is late by the time that has passed since the one before it, less the interval. Times are the
kernel's, taken where a station on the wire receives the packet."""

import argparse
import collections
import os
import signal
import socket
import statistics
import struct
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))

# pylint: disable=wrong-import-position
from lab import wait_until  # noqa: E402
from lab.lan import Lan  # noqa: E402
from lab.router import BUS_NAME, CONFIG, Router  # noqa: E402
from lab.space import Space, children  # noqa: E402

VRIDS = 250  # on one interface
SO_RCVBUFFORCE = 33
SO_TIMESTAMPNS = 35


def interface(index):
    return f"eth{index // VRIDS}"


def vip(index, generation=0):
    return f"10.{64 + generation}.{index // VRIDS}.{index % VRIDS + 1}"


def configuration(instances, interval, generation):
    """One virtual address each; that of the first instance changes with the generation."""
    return "".join(
        f"""vrrp_instance VI_{k:03} {{
    state MASTER
    interface {interface(k)}
    version 3
    virtual_router_id {k % VRIDS + 1}
    priority 200
    advert_int {interval:g}
    virtual_ipaddress {{
        {vip(k, generation if k == 0 else 0)}/32
    }}
}}
"""
        for k in range(instances)
    )


class Listener:
    """Times of arrival of every advert on one wire, by VRID."""

    def __init__(self, space, name):
        self.times = collections.defaultdict(list)
        self._socket = space.socket(socket.AF_PACKET, socket.SOCK_RAW)
        self._socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 16 << 20)
        self._socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self._socket.settimeout(0.2)
        self._socket.bind((name, 0x0800))
        self._ending = False
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self):
        while not self._ending:
            try:
                frame, ancillary, _, _ = self._socket.recvmsg(2048, 64)
            except TimeoutError:
                continue
            if frame[23] == 112 and frame[36] > 0:
                seconds, nanoseconds = struct.unpack("qq", ancillary[0][2][:16])
                self.times[frame[35]].append(seconds + nanoseconds / 1e9)

    def close(self):
        self._ending = True
        self._thread.join()
        self._socket.close()


def late(listeners, interval, begin, end):
    """By how much, in ms, each advert between the two times was late: {(wire, vrid): [...]}."""
    found = {}
    for wire, listener in enumerate(listeners):
        for vrid, times in list(listener.times.items()):
            gaps = [
                max(0.0, (b - a - interval) * 1000) for a, b in zip(times, times[1:]) if begin <= b <= end
            ]
            if gaps:
                found[(wire, vrid)] = gaps
    return found


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def figures(found, without, due):
    """p50, p99, p99.9 and the worst of all adverts but the changed instance's; the worst instance's p99; and
    how many there were for each that was due (more than one: timers were restarted)."""
    every = [x for key, gaps in found.items() if key != without for x in gaps]
    worst = max(percentile(gaps, 0.99) for key, gaps in found.items() if key != without)
    return {
        "adverts": len(every),
        "of those due": len(every) / due,
        "p50": percentile(every, 0.5),
        "p99": percentile(every, 0.99),
        "p99.9": percentile(every, 0.999),
        "max": max(every),
        "worst instance p99": worst,
    }


class Signals:
    """What the daemon says on the bus, counted by object, as another program hears it."""

    def __init__(self, router):
        self.process = router.spawn(
            "busctl", "--json=short", "monitor", f"--match=type='signal',sender='{BUS_NAME}'"
        )

    def count(self, since=0):
        instances = collections.Counter()
        for line in self.process.output()[since:].splitlines():
            for part in line.split('"path":"')[1:]:
                path = part.split('"')[0]
                if "/instance/" in path:
                    instances[path.rpartition("/")[2]] += 1
        return instances

    def size(self):
        return len(self.process.output())


def make_realtime(pid):
    """What else runs on this machine does not hold up this thread."""
    os.sched_setscheduler(pid, os.SCHED_FIFO, os.sched_param(10))


def start_vrrpd(router, args):
    router.start_bus()
    router.start_vrrpd(configuration(args.instances, args.interval, 0), as_unit=True)
    if args.realtime:
        make_realtime(router.vrrpd.pid)  # its first thread, which is the engine; not the bus side


def reload_vrrpd(router, args, generation):
    router.write(CONFIG, configuration(args.instances, args.interval, generation))
    router.ctl("reload", check=True)


def start_keepalived(router, args):
    router.start_keepalived("global_defs {\n}\n" + configuration(args.instances, args.interval, 0))
    if args.realtime:
        make_realtime(
            wait_until(lambda: next(iter(children(router.keepalived.pid)), None), "its VRRP process")
        )


def reload_keepalived(router, args, generation):
    router.write(
        "/run/lab/keepalived.conf",
        "global_defs {\n}\n" + configuration(args.instances, args.interval, generation),
    )
    router.keepalived.kill(signal.SIGHUP)


def has_address(router, address):
    return address in router.ip("-4", "-oneline", "address", "show", "to", f"{address}/32")


def play(start, again, args):
    """One run: (idle, reloading) figures, signals of other instances, masters before and after."""
    wires = (args.instances + VRIDS - 1) // VRIDS
    with Lan(*[f"br{n}" for n in range(wires)]) as lan, Router("router") as router, Space(
        "station"
    ) as station:
        for n in range(wires):
            lan.plug(router, f"eth{n}", f"br{n}", f"10.{n}.255.1/16")
            lan.plug(station, f"eth{n}", f"br{n}", f"10.{n}.255.2/16")
        listeners = [Listener(station, f"eth{n}") for n in range(wires)]
        start(router, args)
        wait_until(
            lambda: sum(len(listener.times) for listener in listeners) >= args.instances
            and has_address(router, vip(args.instances - 1)),
            "all to be masters",
            120,
        )
        time.sleep(8)  # the second burst of announcements
        heard = Signals(router) if router.vrrpd else None
        begin = time.time()
        time.sleep(args.idle)
        middle = time.time()
        mark = heard.size() if heard else 0
        for generation in range(1, args.reloads + 1):
            again(router, args, generation)
            wait_until(lambda g=generation: has_address(router, vip(0, g)), "the new address")
            time.sleep(args.pause)
        end = time.time()
        time.sleep(2 * args.interval)
        for listener in listeners:
            listener.close()
        said = heard.count(mark) if heard else collections.Counter()
        others = sum(n for name, n in said.items() if not name.endswith("VI_5f000"))
        per_second = (args.instances - 1) / args.interval
        return (
            figures(late(listeners, args.interval, begin, middle), (0, 1), (middle - begin) * per_second),
            figures(late(listeners, args.interval, middle, end), (0, 1), (end - middle) * per_second),
            others if heard else None,
            (end - middle) / args.reloads,
        )


def show(name, runs):
    def median(which, key):
        return statistics.median(run[which][key] for run in runs)

    print(f"\n{name}: {len(runs)} run(s), a reload every {statistics.median(r[3] for r in runs):.2f} s")
    print(f"  {'late by (ms)':22}{'idle':>10}{'reloading':>12}{'more by':>10}{'ratio':>8}")
    for key in ("p50", "p99", "p99.9", "max", "worst instance p99"):
        idle, busy = median(0, key), median(1, key)
        ratio = f"{busy / idle:8.1f}" if idle > 0 else "       -"
        print(f"  {key:22}{idle:10.3f}{busy:12.3f}{busy - idle:10.3f}{ratio}")
    print(f"  {'adverts':22}{median(0, 'adverts'):10.0f}{median(1, 'adverts'):12.0f}")
    print(
        f"  {'for each that was due':22}{median(0, 'of those due'):10.2f}{median(1, 'of those due'):12.2f}"
    )
    if runs[0][2] is not None:
        print(f"  signals of instances that did not change: {max(run[2] for run in runs)}")


def main():
    parser = argparse.ArgumentParser(description="Reload under load")
    parser.add_argument("--instances", type=int, default=500)
    parser.add_argument("--reloads", type=int, default=100)
    parser.add_argument("--interval", type=float, default=1.0)
    parser.add_argument("--idle", type=float, default=30.0)
    parser.add_argument("--pause", type=float, default=0.2, help="between reloads, seconds")
    parser.add_argument("--rounds", type=int, default=1, help="runs of each, of which medians are shown")
    parser.add_argument("--realtime", action="store_true", help="for a machine that is not quiet")
    parser.add_argument("--only", choices=["vrrpd", "keepalived"])
    args = parser.parse_args()
    players = {"vrrpd": (start_vrrpd, reload_vrrpd), "keepalived": (start_keepalived, reload_keepalived)}
    for name, (start, again) in players.items():
        if args.only in (None, name):
            show(name, [play(start, again, args) for _ in range(args.rounds)])


if __name__ == "__main__":
    main()
