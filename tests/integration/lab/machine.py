# SPDX-License-Identifier: LGPL-2.1-or-later
"""A machine that has really booted: systemd as its first process, with the units, the bus and the policies
of `meson install`, on a throw-away copy of this host's root directory.

It is a Space (network, and everything ends with the test) in which systemd-nspawn(1) boots the machine. The
root is an overlay whose upper side lives in the Space's memory.
"""

import contextlib
import os
import subprocess

from lab.space import NAMESPACES, Space, children
from lab.wait import wait_until

# Nothing of this host's own services, only what a service needs that is started by hand.
TARGET = """\
[Unit]
Requires=sysinit.target dbus.socket
After=sysinit.target dbus.socket
AllowIsolate=yes
"""

# LeakSanitizer traces its own process, which the unit's sandbox forbids.
SANITIZER = """\
[Service]
Environment=ASAN_OPTIONS=detect_leaks=0:exitcode=99
Environment=UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1:exitcode=99
"""

ROOT = "/run/lab/machine"

OVERLAY = """
mkdir -p "$0"
mount -t tmpfs -o mode=755,size=2g tmpfs "$0"
mkdir "$0/upper" "$0/work" "$0/root"
mount -t overlay -o "lowerdir=/,upperdir=$0/upper,workdir=$0/work" overlay "$0/root"
"""

# The machine's systemd wants a control group for itself in each hierarchy that it manages.
BOOT = """
root=$1 name=$2
shift 2
for directory; do
        mkdir -p "$directory"
        echo $$ >"$directory/cgroup.procs"
done
exec env SYSTEMD_NSPAWN_API_VFS_WRITABLE=network systemd-nspawn --quiet --directory="$root" \\
        --machine="$name" --register=no --keep-unit --capability=CAP_NET_ADMIN,CAP_NET_RAW \\
        --console=read-only --resolv-conf=off --timezone=off --boot systemd.unit=lab.target
"""


def control_groups(name):
    """The directories of the machine's control groups: one in a pure hierarchy, two in a hybrid one."""
    top = "/sys/fs/cgroup"
    if os.path.exists(f"{top}/cgroup.procs"):
        return [f"{top}/{name}"]
    hybrid = (f"{top}/{hierarchy}" for hierarchy in ("unified", "systemd"))
    return [f"{hierarchy}/{name}" for hierarchy in hybrid if os.path.isdir(hierarchy)]


def is_systemd(pid):
    """systemd-nspawn's child is itself until it executes systemd."""
    with contextlib.suppress(OSError), open(f"/proc/{pid}/comm", encoding="utf-8") as f:
        return f.read() == "systemd\n"
    return False


class Machine(Space):
    leader = None  # the machine's first process, once it has booted
    root = f"{ROOT}/root"

    def __init__(self, name):
        super().__init__(name)
        self._groups = control_groups(f"lab-{os.getpid()}-{name}")
        self.run("sh", "-ec", OVERLAY, ROOT)
        self._install()

    def _install(self):
        """As an administrator would: meson install, then systemd-sysusers (which the boot runs)."""
        install = ["meson", "install", "--no-rebuild", "--quiet", "-C", os.environ["BUILD_ROOT"]]
        subprocess.run([*install, "--destdir", self.outside("/")], check=True, capture_output=True)
        self.put("/etc/systemd/system/lab.target", TARGET)
        self.put("/etc/hostname", self.name + "\n")
        for unit in "vrrpd", "vrrpd-scripts":
            self.put(f"/etc/systemd/system/{unit}.service.d/sanitizer.conf", SANITIZER)

    def outside(self, inside):
        """Where a file of the booted machine is found from outside."""
        return self.path(self.root + inside)

    def put(self, inside, text, mode=0o644):
        path = self.outside(inside)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        os.chmod(path, mode)

    def boot(self):
        nspawn = self.spawn("sh", "-ec", BOOT, "sh", self.root, self.name, *self._groups)
        self.leader = wait_until(
            lambda: next(filter(is_systemd, children(nspawn.pid)), None),
            lambda: f"{self.name} to boot: {nspawn.output()}",
        )
        wait_until(
            lambda: self.systemctl("is-active", "lab.target").stdout.strip() == "active",
            lambda: f"{self.name} to have booted: {nspawn.output()}",
        )

    def close(self):
        super().close()
        for top in self._groups:
            for directory, _, _ in os.walk(top, topdown=False):
                os.rmdir(directory)

    def enter(self, argv):
        """The command line that runs argv in the booted machine; before it has booted, around it."""
        if not self.leader:
            return super().enter(argv)
        return [
            "nsenter",
            f"--target={self.leader}",
            "--root",
            "--wd=/",
            *NAMESPACES,
            "--cgroup",
            "--",
            *argv,
        ]

    def systemctl(self, *args):
        return self.run("systemctl", "--no-ask-password", "--no-pager", *args, check=False)

    def show(self, unit, name):
        """A property of a unit, as systemd tells it."""
        return self.systemctl("show", "--value", "-p", name, unit).stdout.strip()

    def journal(self, unit="vrrpd"):
        return self.run("journalctl", "-o", "cat", "--no-pager", "-u", unit, check=False).stdout

    def addresses(self):
        links = self.ip_json("-4", "address", "show")
        return {a["local"] for link in links for a in link.get("addr_info", []) if "local" in a}
