# SPDX-License-Identifier: LGPL-2.1-or-later
"""The demonstration: the seed's two proxies, played from the start of the daemons to their stop.

After each step a table says which router holds which address, as ip(8) sees it. The first table that is not
as it ought to be ends the demonstration with status 1. What is measured (lost replies) is judged as well.
"""

import signal
import subprocess
import sys
import time

from lab import LabError, Ping, SeedNetwork, wait_until
from lab.router import seed

VIPS = {"192.168.2.101": "proxy_ip1", "192.168.2.102": "proxy_ip2"}
LOST_MAX = 5
BOLD, RED, GREEN, PLAIN = (
    ("\033[1m", "\033[31m", "\033[32m", "\033[0m") if sys.stdout.isatty() else ("",) * 4
)


class Unexpected(Exception):
    pass


class Demo:
    def __init__(self, network):
        self.network = network
        self.first, self.second = network.routers
        self.step = 0
        self.shown = {}  # how much of a router's log was shown

    # -- what is shown

    def title(self, text):
        self.step += 1
        print(f"\n{BOLD}{self.step}. {text}{PLAIN}", flush=True)

    def show(self, router, *argv):
        """Shows a vrrpctl command and what it says on a router."""
        done = router.ctl(*argv)
        print(f"   {router.name}# vrrpctl {' '.join(argv)}")
        for line in (done.stdout + done.stderr).splitlines():
            print(f"   {line}")
        if done.returncode != 0:
            raise Unexpected(f"vrrpctl {' '.join(argv)} ended with status {done.returncode}")

    def holders(self):
        """{address: {router: label}} by one look with ip(8) at each router."""
        seen = {router.name: router.addresses() for router in self.network.routers}
        return {vip: {name: found[vip] for name, found in seen.items() if vip in found} for vip in VIPS}

    def table(self, expected, since):
        """Waits until the addresses are where they are expected, prints the table, and fails if they are
        not."""

        def right():
            return all(list(on) == [expected[vip].name] for vip, on in self.holders().items())

        try:
            wait_until(right, "the addresses to be in place")
            took = f"after {time.monotonic() - since:.1f} s"
        except AssertionError:
            took = f"still after {time.monotonic() - since:.0f} s"
        holders = self.holders()
        names = [router.name for router in self.network.routers]
        print(f"   {'ADDRESS':<16}{names[0]:<15}{names[1]:<15}EXPECTED ON    {took}")
        wrong = False
        for vip, on in holders.items():
            good = list(on) == [expected[vip].name]
            wrong |= not good
            verdict = f"{GREEN}ok{PLAIN}" if good else f"{RED}WRONG{PLAIN}"
            where = "".join(f"{on.get(name, '-'):<15}" for name in names)
            print(f"   {vip:<16}{where}{expected[vip].name:<15}{verdict}")
        if wrong:
            raise Unexpected("an address is not held by exactly the router that ought to hold it")

    def expect(self, first, second, since):
        self.table(dict(zip(VIPS, (first, second))), since)

    def journal(self, router):
        """Shows what a router's daemon has logged about state since the last time."""
        log = router.vrrpd.output()
        lines = log[self.shown.get(router.name, 0) :].splitlines()
        self.shown[router.name] = len(log)
        for line in lines:
            if "→" in line:
                print(f"   {router.name} says: {line}")

    # -- the steps

    def start(self):
        self.title("Both routers start: system bus, squid, vrrpd with the seed's files")
        since = time.monotonic()
        for router in self.network.routers:
            router.start_bus()
            router.start_squid()
            router.start_vrrpd(seed(f"{router.name}.conf"))
        self.expect(self.first, self.second, since)
        for router in self.network.routers:
            self.show(router, "status")
        self.journal(self.first)

    def fault(self, title, fail, mend):
        """Something of the first router fails: the second takes both addresses; mended, all is as before."""
        self.title(f"{title} of {self.first.name} fails")
        since = time.monotonic()
        fail()
        self.expect(self.second, self.second, since)
        self.journal(self.first)
        self.show(self.first, "status")
        self.title(f"{title} of {self.first.name} is back")
        since = time.monotonic()
        mend()
        self.expect(self.first, self.second, since)
        self.journal(self.first)

    def link(self, interface, state):
        return lambda: self.first.ip("link", "set", interface, state)

    def under_ping(self, action):
        """Carries out action while the client pings the first address, and judges what was lost."""
        ping = Ping(self.network.client, "192.168.2.101")
        wait_until(lambda: ping.sent() >= ping.count // 4, "the ping to be under way")
        since = time.monotonic()
        action()
        self.expect(self.second, self.second, since)
        lost = ping.lost()
        print(
            f"   {ping.count} pings of 192.168.2.101, one every {ping.interval * 1000:.0f} ms, ARP entry"
            f" flushed every second: {lost} lost (at most {LOST_MAX} allowed)"
        )
        if lost > LOST_MAX:
            raise Unexpected(f"{lost} replies were lost")

    def failover(self):
        self.title(f"An administrator moves proxy_ip1 away from {self.first.name}, a client pings it")
        self.under_ping(lambda: self.show(self.first, "failover", "proxy_ip1"))
        print("   nothing flips back by itself:")
        self.expect(self.second, self.second, time.monotonic())
        for router in self.network.routers:
            self.show(router, "status")
        self.title("... and lets it come back")
        since = time.monotonic()
        self.show(self.first, "resume", "proxy_ip1")
        self.expect(self.first, self.second, since)

    def stop(self):
        self.title(f"SIGTERM to vrrpd on {self.first.name}, a client pings proxy_ip1")
        self.under_ping(lambda: self.first.vrrpd.kill(signal.SIGTERM))
        status = self.first.vrrpd.wait()
        print(f"   vrrpd on {self.first.name} ended with status {status}")
        if status != 0:
            raise Unexpected("the daemon did not end with status 0")
        self.title(f"... and started again on {self.first.name}")
        since = time.monotonic()
        self.first.start_vrrpd(seed(f"{self.first.name}.conf"))
        self.expect(self.first, self.second, since)

    def end(self):
        self.title("Both routers stop: no address stays behind")
        for router in self.network.routers:
            status = router.stop_vrrpd()
            left = [vip for vip in VIPS if vip in router.addresses()]
            print(f"   {router.name}: exit status {status}, addresses left: {', '.join(left) or 'none'}")
            if status != 0 or left:
                raise Unexpected("a daemon did not end well")

    def play(self):
        self.start()
        self.fault("The inner link (eth0)", self.link("eth0", "down"), self.link("eth0", "up"))
        self.fault("The outer link (eth1)", self.link("eth1", "down"), self.link("eth1", "up"))
        self.fault("squid", self.first.stop_squid, self.first.start_squid)
        self.failover()
        self.stop()
        self.end()


class NamedSpaces:
    """`ip netns exec proxy-serv01 ...` works while the demonstration runs."""

    def __init__(self, spaces):
        self.spaces = spaces
        self.named = []

    def __enter__(self):
        for space in self.spaces:
            done = subprocess.run(
                ["ip", "netns", "attach", space.name, str(space.pid)], capture_output=True, text=True
            )
            if done.returncode != 0:
                self.__exit__()
                raise LabError(
                    f"cannot name a network namespace {space.name}: {done.stderr.strip()} (one that was"
                    f" left behind is removed by `ip netns delete {space.name}`)"
                )
            self.named.append(space.name)

    def __exit__(self, *_):
        for name in self.named:
            subprocess.run(["ip", "netns", "delete", name], check=False)


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.signal(signal.SIGHUP, lambda *_: sys.exit(129))
    begin = time.monotonic()
    try:
        with SeedNetwork() as network, NamedSpaces(network.routers):
            try:
                Demo(network).play()
            except (Unexpected, AssertionError) as e:
                print(f"\n{RED}NOT AS EXPECTED: {e}{PLAIN}", flush=True)
                for router in network.routers:
                    print(router.last_words())
                return 1
    except LabError as e:
        print(e, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    print(f"\n{GREEN}Everything as expected{PLAIN}, in {time.monotonic() - begin:.0f} s.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
