# SPDX-License-Identifier: LGPL-2.1-or-later
"""A machine that runs routers' programs: the system bus, polkitd, squid, Debian's keepalived, and vrrpd.

The programs under test are named by the environment: VRRPD, VRRPD_SCRIPTS and VRRPCTL (paths of the build).
vrrpd is started in one of two ways, as in real life:
  by hand   as root; it forks its script runner and drops to user vrrpd itself
  as unit   already as user vrrpd with its two capabilities, as by systemd; the runner is its own program
Both tell when they are ready through NOTIFY_SOCKET.
"""

import glob
import json
import os
import signal
import socket
import threading

from lab.space import LabError, Space
from lab.wait import wait_until

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
SEED = os.path.join(SOURCE, "tests", "integration", "seed")
USER = "vrrpd"
BUS_NAME = "org.vrrpd.Vrrp1"
BUS_PATH = "/org/vrrpd/Vrrp1"
BUS_SOCKET = "/run/dbus/system_bus_socket"
CONFIG = "/run/lab/vrrpd.conf"

SQUID_CONF = """\
http_port 127.0.0.1:3128
pid_filename /run/squid.pid
visible_hostname proxy
access_log none
cache_log /run/lab/squid/cache.log
cache_store_log none
coredump_dir /run/lab/squid
cache_mem 8 MB
cache deny all
netdb_filename none
pinger_enable off
shutdown_lifetime 0 seconds
"""

# systemd's CapabilityBoundingSet=, AmbientCapabilities=, NoNewPrivileges=, User= of the shipped unit.
AS_UNIT = [
    "setpriv",
    f"--reuid={USER}",
    f"--regid={USER}",
    "--clear-groups",
    "--no-new-privs",
    "--inh-caps=-all,+net_admin,+net_raw",
    "--ambient-caps=-all,+net_admin,+net_raw",
    "--bounding-set=-all,+net_admin,+net_raw",
    "--",
]


def seed(name):
    with open(os.path.join(SEED, name), encoding="utf-8") as f:
        return f.read()


def program(variable):
    path = os.environ.get(variable)
    if not path or not os.access(path, os.X_OK):
        raise LabError(f"{variable} must name the program that was built (it is {path!r})")
    return path


def path_encode(name):
    """sd_bus_path_encode(3) of one label."""
    return (
        "".join(
            c
            if c.isalnum() and c.isascii() and not (i == 0 and c.isdigit())
            else "".join(f"_{byte:02x}" for byte in c.encode())
            for i, c in enumerate(name)
        )
        or "_"
    )


class Notifications:
    """What a service tells its manager: the receiving end of a NOTIFY_SOCKET."""

    def __init__(self, space, inside):
        self.lines = []
        self.inside = inside
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(space.path(inside))
        os.chmod(space.path(inside), 0o666)
        self._socket.settimeout(0.1)
        self._ending = False
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()
        space.on_close(self.close)

    def _listen(self):
        while not self._ending:
            try:
                self.lines += self._socket.recv(65536).decode().splitlines()
            except TimeoutError:
                continue

    def close(self):
        self._ending = True
        self._thread.join()
        self._socket.close()


class Router(Space):
    def __init__(self, name):
        super().__init__(name)
        self.bus = self.polkit = self.squid = self.vrrpd = self.scripts = self.keepalived = None
        self._notified = 0

    # -- addresses

    def addresses(self, interface=None):
        """{address: label} of all IPv4 addresses as ip(8) sees them."""
        links = self.ip_json("-4", "address", "show", *(["dev", interface] if interface else []))
        return {
            a["local"]: a.get("label", "")
            for link in links
            for a in link.get("addr_info", [])
            if "local" in a
        }

    def wait_address(self, address, present=True, seconds=30):
        wait_until(
            lambda: (address in self.addresses()) == present,
            lambda: f"{self.name} to {'have' if present else 'lose'} {address}\n{self.last_words()}",
            seconds,
        )

    # -- the system bus

    def _lay(self, directory, files):
        """Puts files into a throw-away copy of a directory and that over the directory."""
        copy = "/run/lab" + directory
        self.run(
            "sh", "-ec", 'mkdir -p "$1" "$0"; cp -a "$0/." "$1"; mount --bind "$1" "$0"', directory, copy
        )
        for name, text in files.items():
            self.write(f"{directory}/{name}", text)

    def start_bus(self):
        """A real dbus-daemon --system with our policy, on the socket where programs look for it."""
        if not os.path.isdir(self.path("/run/lab/etc/dbus-1/system.d")):
            policies = {}
            for policy in glob.glob(os.path.join(SOURCE, "policy", "*.conf")):
                with open(policy, encoding="utf-8") as f:
                    policies[os.path.basename(policy)] = f.read()
            self._lay("/etc/dbus-1/system.d", policies)
            os.makedirs(self.path("/run/dbus"), exist_ok=True)
        self.bus = self.spawn("dbus-daemon", "--system", "--nofork", "--nopidfile", "--nosyslog")
        wait_until(self._bus_answers, lambda: f"dbus-daemon: {self.bus.output()}")

    def _bus_answers(self):
        if not self.bus.running():
            raise LabError(f"dbus-daemon ended: {self.bus.output()}")
        with socket.socket(socket.AF_UNIX) as s:
            try:
                s.connect(self.path(BUS_SOCKET))
                return True
            except OSError:
                return False

    def stop_bus(self):
        self.bus.stop()
        os.unlink(self.path(BUS_SOCKET))

    def start_polkit(self, rules=""):
        """The real polkitd with our actions and the given rules (JavaScript)."""
        actions = {}
        for action in glob.glob(os.path.join(SOURCE, "policy", "*.policy")):
            with open(action, encoding="utf-8") as f:
                actions[os.path.basename(action)] = f.read()
        self._lay("/usr/share/polkit-1/actions", actions)
        self._lay("/etc/polkit-1/rules.d", {"10-test.rules": rules})
        self.polkit = self.spawn("/usr/lib/polkit-1/polkitd", "--no-debug")
        wait_until(
            lambda: self.name_owned("org.freedesktop.PolicyKit1"), lambda: f"polkitd: {self.polkit.output()}"
        )

    def name_owned(self, name=BUS_NAME):
        return (
            self.run(
                "busctl",
                "--timeout=10",
                "call",
                "org.freedesktop.DBus",
                "/org/freedesktop/DBus",
                "org.freedesktop.DBus",
                "GetNameOwner",
                "s",
                name,
                check=False,
            ).returncode
            == 0
        )

    def property(self, instance, name):
        """A property of an instance, by a client that is not ours; None when there is no answer."""
        done = self.run(
            "busctl",
            "--json=short",
            "--timeout=20",
            "get-property",
            BUS_NAME,
            f"{BUS_PATH}/instance/{path_encode(instance)}",
            "org.vrrpd.Vrrp1.Instance",
            name,
            check=False,
        )
        return json.loads(done.stdout)["data"] if done.returncode == 0 else None

    def manager(self, name):
        done = self.run(
            "busctl",
            "--json=short",
            "--timeout=20",
            "get-property",
            BUS_NAME,
            BUS_PATH,
            "org.vrrpd.Vrrp1.Manager",
            name,
            check=False,
        )
        return json.loads(done.stdout)["data"] if done.returncode == 0 else None

    def wait_property(self, instance, name, value, seconds=30):
        wait_until(
            lambda: self.property(instance, name) == value,
            lambda: f"{name} of {instance} on {self.name} to be {value} (it is "
            f"{self.property(instance, name)})\n{self.last_words()}",
            seconds,
        )

    # -- squid

    def start_squid(self):
        """Debian's squid in this machine, found by `squid -k check` as on a real one."""
        if not os.path.isdir(self.path("/run/lab/squid")):
            os.makedirs(self.path("/run/lab/squid"))
            self.run("chown", "proxy:proxy", "/run/lab/squid")
            self.write("/run/lab/squid.conf", SQUID_CONF)
            self.run("mount", "--bind", "/run/lab/squid.conf", "/etc/squid/squid.conf")
        self.squid = self.spawn("/usr/sbin/squid", "-N")
        wait_until(
            lambda: self.run("/usr/sbin/squid", "-k", "check", check=False).returncode == 0,
            lambda: f"squid: {self.squid.output()}",
        )

    def stop_squid(self):
        self.squid.stop()

    # -- keepalived

    def start_keepalived(self, config):
        """Debian's keepalived in the foreground, its log in .keepalived.output()."""
        self.write("/run/lab/keepalived.conf", config)
        self.keepalived = self.spawn(
            "keepalived",
            "--dont-fork",
            "--log-console",
            "--log-detail",
            "--vrrp",
            "--use-file=/run/lab/keepalived.conf",
            "--pid=/run/lab/keepalived.pid",
            "--vrrp_pid=/run/lab/keepalived-vrrp.pid",
        )

    # -- vrrpd

    def start_vrrpd(self, config, as_unit=False, wait=True, env=None, options=(), stderr=None):
        """Starts the daemon with the text `config`; with wait, returns when it says READY=1."""
        self.write(CONFIG, config)
        self._notified += 1
        self.notifications = Notifications(self, f"/run/lab/notify-{self._notified}")
        settings = {"NOTIFY_SOCKET": self.notifications.inside, **(env or {})}
        argv = [program("VRRPD"), "-f", CONFIG, *options]
        if as_unit:
            self.run("install", "-d", "-o", USER, "-g", USER, "-m", "755", "/run/vrrpd")
            argv = AS_UNIT + argv
        else:
            # A process that gave up root by itself may not be traced, and the leak checker traces: only as
            # a unit.
            settings["ASAN_OPTIONS"] = ":".join(
                filter(None, [os.environ.get("ASAN_OPTIONS"), "detect_leaks=0"])
            )
        self.vrrpd = self.spawn(*argv, env=settings, stderr=stderr)
        if as_unit and any(word in config for word in ("vrrp_script", "track_file", "track_process")):
            self.scripts = self.spawn(program("VRRPD_SCRIPTS"), "-f", CONFIG)
        if wait:
            self.wait_ready()
        return self.vrrpd

    def ready(self):
        return "READY=1" in self.notifications.lines

    def wait_ready(self):
        def answered():
            if not self.vrrpd.running():
                raise AssertionError(f"vrrpd ended with {self.vrrpd.status()}\n{self.last_words()}")
            return self.ready()

        wait_until(answered, lambda: f"vrrpd to be ready\n{self.last_words()}")

    def stop_vrrpd(self, number=signal.SIGTERM):
        """Ends the daemon; returns its exit status."""
        status = self.vrrpd.stop(number)
        if self.scripts:
            self.scripts.stop()
            self.scripts = None
        return status

    def check_config(self, config, *options):
        """`vrrpd -t` on a text; returns the finished run."""
        self.write("/run/lab/check.conf", config)
        return self.run(
            program("VRRPD"),
            "-t",
            "-f",
            "/run/lab/check.conf",
            *options,
            check=False,
            env={"ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "")},
        )

    def ctl(self, *args, check=False, env=None, seconds=60):
        return self.run(program("VRRPCTL"), *args, check=check, env=env, seconds=seconds)

    def last_words(self):
        """The ends of the logs of what runs here, for a message about a failure."""
        words = []
        for name in ("vrrpd", "scripts", "keepalived"):
            process = getattr(self, name)
            if process:
                lines = process.output().splitlines()[-40:]
                words.append("\n".join([f"--- {name} on {self.name} said last:", *lines]))
        return "\n".join(words)
