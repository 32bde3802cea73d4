# SPDX-License-Identifier: LGPL-2.1-or-later
"""Nobody can hold up an advert: with the bus daemon stopped and the journal's and the manager's sockets
full, a hundred transitions happen and the adverts of a router that has nothing to do with them go on as
when nothing happens."""

import os
import signal
import socket
import unittest

from case import LabCase, instance
from lab import Capture, wait_until
from lab.wire import gaps

INTERVAL = 0.1
STEADY = 100
MOVERS = 20
TOGGLES = 5  # of the tracked link: each makes a fault and a recovery of every mover


class Stall(LabCase):
    def setUp(self):
        super().setUp()
        self.capture = Capture(self.client, "eth0")

    def deaf_socket(self, inside):
        """A datagram socket that is never read: it is full after a dozen messages."""
        s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(s.close)
        os.makedirs(os.path.dirname(self.first.path(inside)), exist_ok=True)
        s.bind(self.first.path(inside))
        os.chmod(self.first.path(inside), 0o666)
        return s

    def config(self):
        steady = instance("STEADY", STEADY, 255, ("192.168.2.100",), version=3, interval=INTERVAL)
        tracking = "track_interface {\n eth1\n }"
        return steady + "".join(
            instance(f"MOVER_{i}", i, 255, (f"192.168.3.{i}",), tracking, version=3, interval=1)
            for i in range(1, 1 + MOVERS)
        )

    def movers(self):
        """How many of the moving instances have their address."""
        return sum(address.startswith("192.168.3.") for address in self.first.addresses())

    def steady_since(self, mark):
        return self.capture.adverts(STEADY, since=mark)

    def test_stall(self):
        """The longest gap between two adverts while everything hangs stays near the longest one of the same
        daemon at rest: half an interval of a busy machine's noise is granted, a lost advert is not."""
        journal = self.deaf_socket("/run/systemd/journal/socket")
        self.deaf_socket("/run/lab/deaf-manager")
        log = self.first.path("/run/lab/stderr")
        with open(log, "wb") as stderr:
            os.chmod(log, 0o666)
            # The stream is the one that JOURNAL_STREAM names, as seen from inside: the same file.
            status = os.fstat(stderr.fileno())
            self.first.start_bus()
            self.first.start_vrrpd(
                self.config(),
                as_unit=True,
                wait=False,
                stderr=stderr,
                env={
                    "JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino}",
                    "NOTIFY_SOCKET": "/run/lab/deaf-manager",
                },
            )
        wait_until(lambda: self.movers() == MOVERS, "all addresses")
        self.first.wait_property("STEADY", "State", "master")

        mark = self.capture.mark()
        wait_until(lambda: len(self.steady_since(mark)) > 30, "adverts at rest")
        rest = max(gaps(self.steady_since(mark)))

        self.first.bus.kill(signal.SIGSTOP)
        mark = self.capture.mark()
        for _ in range(TOGGLES):
            self.first.ip("link", "set", "eth1", "down")
            wait_until(lambda: self.movers() == 0, "all addresses to be gone")
            self.first.ip("link", "set", "eth1", "up")
            wait_until(lambda: self.movers() == MOVERS, "all addresses to be back")
        count = len(self.steady_since(mark))
        wait_until(lambda: len(self.steady_since(mark)) > count + 10, "adverts after it")
        stressed = max(gaps(self.steady_since(mark)))
        self.assertLess(
            stressed, max(INTERVAL, rest) + INTERVAL / 2, f"at rest the longest gap was {rest:.3f} s"
        )
        self.assertEqual({advert.priority for advert in self.steady_since(mark)}, {255})
        self.assertIn(b"VRRP_INSTANCE", journal.recv(65536), "nothing was ever written to the journal")

        # Whoever asks meanwhile has the answer in the time that he gave, that there is none.
        for verb in ("status", "monitor"):
            self.assertEqual(self.first.ctl("--timeout=1s", verb).returncode, 8, verb)

        # The bus goes on, and everything is as it should be there too.
        self.first.bus.kill(signal.SIGCONT)
        self.first.wait_property("MOVER_1", "State", "master")


if __name__ == "__main__":
    unittest.main()
