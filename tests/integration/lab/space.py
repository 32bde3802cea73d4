# SPDX-License-Identifier: LGPL-2.1-or-later
"""A machine made of namespaces: its own network, mounts (with a private /run), processes and host name.

A Space is held by one process, the first of its process namespace. The holder ends when its standard input
does, so when the program that made it goes (also by SIGKILL) the kernel ends every process in it and takes
its links away. Programs enter by nsenter(1). Files are reached through /proc/PID/root, so nothing is
written outside.
"""

import contextlib
import ctypes
import glob
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile

from lab.wait import wait_until

NAMESPACES = ["--net", "--mount", "--pid", "--uts", "--ipc"]
CLONE_NEWNET = 0x40000000
RUN_SECONDS = 60

HOLDER = """
import os, signal
def reap(*_):
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass
signal.signal(signal.SIGCHLD, reap)
print("ready", flush=True)
os.read(0, 1)
"""

SETUP = """
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/lock /run/lab
hostname "$0"
ip link set lo up
"""


class LabError(Exception):
    """The laboratory itself could not be set up: not the fault of what is tested."""


def need_root():
    if os.geteuid() != 0:
        raise LabError("network namespaces are needed, and only root may make them: run this as root")


def children(pid):
    """Processes whose parent is pid (there need not be /proc/PID/task/PID/children)."""
    found = []
    for stat in glob.glob("/proc/[0-9]*/stat"):
        try:
            with open(stat, encoding="utf-8", errors="replace") as f:
                # The second field is the command in parentheses and may hold anything: count from its end.
                if int(f.read().rpartition(")")[2].split()[1]) == pid:
                    found.append(int(stat.split("/")[2]))
        except (OSError, IndexError):
            continue  # it ended meanwhile
    return found


def environment(extra=None):
    """The environment of all programs: nothing of the caller's but the sanitizers' options and the path."""
    env = {name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS")}
    env["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin"
    env["LC_ALL"] = "C.UTF-8"
    env.update(extra or {})
    return env


class Process:
    """A program that runs in a Space, its output in an unnamed file. pid is the program's own (nsenter
    stands between)."""

    def __init__(self, space, argv, env=None, stderr=None):
        self.argv = argv
        self.log = tempfile.TemporaryFile()
        # nsenter stops itself beside a child that is stopped: it must not stay behind so when we are killed.
        self._nsenter = subprocess.Popen(
            ["setpriv", "--pdeathsig=KILL", "--", *space.enter(argv)],
            env=environment(env),
            stdin=subprocess.DEVNULL,
            stdout=self.log,
            stderr=stderr or self.log,
            start_new_session=True,
        )
        self.pid = wait_until(
            lambda: next(iter(children(self._nsenter.pid)), None) or not self.running() and -1,
            f"{argv[0]} to be started",
        )

    def running(self):
        return self._nsenter.poll() is None

    def status(self):
        """Exit status, or minus the signal that ended it; None while it runs."""
        return self._nsenter.poll()

    def output(self):
        size = os.fstat(self.log.fileno()).st_size
        return os.pread(self.log.fileno(), size, 0).decode(errors="replace")

    def kill(self, number):
        if self.running() and self.pid > 0:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)
        if number == signal.SIGCONT:
            self._nsenter.send_signal(number)  # it has stopped itself beside its child

    def wait(self, seconds=30):
        wait_until(lambda: not self.running(), f"{self.argv[0]} to end", seconds)
        return self.status()

    def close(self):
        """The program has been ended from outside: gives back what stood for it."""
        self._nsenter.send_signal(signal.SIGCONT)
        self._nsenter.wait()
        self.log.close()

    def stop(self, number=signal.SIGTERM, seconds=30):
        """Ends it and returns its exit status."""
        self.kill(number)
        return self.wait(seconds)


class Space:
    def __init__(self, name):
        need_root()
        self.name = name
        self._closing = contextlib.ExitStack()
        self._processes = []
        self._holder = subprocess.Popen(
            [
                "unshare",
                *NAMESPACES,
                "--fork",
                "--kill-child",
                "--mount-proc",
                "--propagation",
                "private",
                "--",
                sys.executable,
                "-c",
                HOLDER,
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(),
            start_new_session=True,
        )
        if self._holder.stdout.readline() != b"ready\n":
            said = self._holder.stderr.read().decode(errors="replace").strip()
            raise LabError(f"cannot make namespaces on this machine: {said}")
        self.pid = children(self._holder.pid)[0]
        self.run("sh", "-ec", SETUP, name)

    def close(self):
        """Ends every process of this machine and waits until they are gone. Harmless when done before."""
        self._closing.close()
        self._holder.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._holder.wait(10)
        self._holder.kill()
        self._holder.wait()
        for process in self._processes:
            process.close()
        self._holder.stdout.close()
        self._holder.stderr.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def on_close(self, function, *args):
        """Has function called first when the machine is closed."""
        self._closing.callback(function, *args)

    def enter(self, argv):
        """The command line that runs argv inside."""
        # --root: for those who run all this in a chroot.
        return ["nsenter", f"--target={self.pid}", "--root", *NAMESPACES, "--", *argv]

    def run(self, *argv, check=True, env=None, seconds=RUN_SECONDS, stdin=None):
        """Runs argv to its end; with check, a failure raises with all that it said."""
        done = subprocess.run(
            self.enter(argv),
            env=environment(env),
            capture_output=True,
            text=True,
            input=stdin or "",
            timeout=seconds,
            start_new_session=True,
        )
        if check and done.returncode != 0:
            raise LabError(
                f"{self.name}: {' '.join(argv)}: exit status {done.returncode}\n"
                f"{done.stdout}{done.stderr}"
            )
        return done

    def spawn(self, *argv, env=None, stderr=None):
        process = Process(self, argv, env, stderr)
        self._processes.append(process)
        return process

    def path(self, inside):
        """Where a file of this machine is found from outside."""
        return f"/proc/{self.pid}/root{inside}"

    def write(self, inside, text):
        with open(self.path(inside), "w", encoding="utf-8") as f:
            f.write(text)
        return inside

    def ip(self, *args):
        """ip(8) in this network, but with the process numbers and files of the outside."""
        argv = ["nsenter", f"--net=/proc/{self.pid}/ns/net", "ip", *args]
        done = subprocess.run(argv, env=environment(), capture_output=True, text=True, timeout=RUN_SECONDS)
        if done.returncode != 0:
            raise LabError(f"{self.name}: ip {' '.join(args)}: {done.stderr.strip()}")
        return done.stdout

    def ip_json(self, *args):
        return json.loads(self.ip("-json", *args) or "[]")

    def socket(self, family, kind, protocol=0):
        """A socket of this network in the calling process: only the calling thread goes there, and comes
        back."""
        libc = ctypes.CDLL(None, use_errno=True)
        with open("/proc/thread-self/ns/net", "rb") as here, open(f"/proc/{self.pid}/ns/net", "rb") as there:
            if libc.setns(there.fileno(), CLONE_NEWNET) != 0:
                raise LabError(f"setns: {os.strerror(ctypes.get_errno())}")
            try:
                return socket.socket(family, kind, protocol)
            finally:
                if libc.setns(here.fileno(), CLONE_NEWNET) != 0:
                    os.abort()  # in a wrong network nothing after this would be true
