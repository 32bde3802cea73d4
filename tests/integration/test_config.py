# SPDX-License-Identifier: LGPL-2.1-or-later
"""keepalived's configurations here: its samples pass, what it bends is bent, what it would lose silently is
an error; the running configuration can be read and used again; routers that disagree say how."""

import glob
import os
import unittest

from case import VIP, LabCase, instance
from lab import wait_until
from lab.router import CONFIG

INVALID = 9
SAMPLES = "/usr/share/doc/keepalived/samples"
FILE = "/run/lab/check.conf"

INSTANCE = """\
vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    virtual_ipaddress {
        192.168.2.101/24
    }
%s
}
%s"""

# What keepalived runs, with or without a word: (what stands there, words of our warning; None = no word)
BENT = [
    ("auth_pass too long", "authentication {\nauth_type PASS\nauth_pass 123456789\n}", "", "first 8"),
    ("auth_type alone", "authentication {\nauth_type PASS\n}", "", "no authentication"),
    ("PASS in version 3", "version 3\nauthentication {\nauth_type PASS\nauth_pass x\n}", "", "ignored"),
    ("AH", "authentication {\nauth_type AH\nauth_pass x\n}", "", "refused"),
    ("nopreempt with MASTER", "state MASTER\npriority 200\nnopreempt", "", "ignored"),
    ("preempt_delay with MASTER", "state MASTER\npriority 200\npreempt_delay 5", "", "ignored"),
    ("preempt_delay with nopreempt", "priority 9\nnopreempt\npreempt_delay 5", "", "ignored"),
    ("fraction in version 2", "advert_int 1.5", "", "rounded"),
    ("a script that is none", "track_script {\nnothing\n}", "", "not tracked"),
    (
        "a missing program",
        "track_script {\ns\n}",
        "vrrp_script s {\nscript /nonexist/check\n}\n",
        "not tracked",
    ),
    (
        "a missing command",
        "track_script {\ns weight 3\n}",
        'vrrp_script s {\nscript "no-such-command x"\n}\n',
        "not tracked",
    ),
    (
        "a password in two quotes",
        'authentication {\nauth_type PASS\nauth_pass "ab"c"d"\n}',
        "",
        "must be quoted",
    ),
    ("a script of nothing", "", "vrrp_script s {\ninterval 3\n}\n", "no script"),
    ("a word too many", "nopreempt 1\npriority 7", "", "one word too many"),
    ("a keyword twice", "priority 7\npriority 8", "", "this one counts"),
    ("an address twice", "virtual_ipaddress_excluded {\n192.168.2.9\n192.168.2.9\n}", "", "ignored"),
    ("unicast source alone", "unicast_src_ip 192.168.2.251", "", "multicast"),
    ("a peer with a prefix", "unicast_peer {\n192.168.2.9/24\n}", "", "means nothing"),
    (
        "load balancing",
        "",
        "virtual_server 192.0.2.1 80 {\nreal_server 192.0.2.2 80 {\n}\n}\n",
        "skip|ignored",
    ),
    ("a member outside of its list", "", "vrrp_sync_group G {\nVI_1\n}\n", "outside of"),
    ("notify", 'notify_master "/bin/true x"', "", "ignored"),
    ("CR LF", "priority 7\r\n", "", None),
    ("brace on the next line", "virtual_ipaddress_excluded\n{\n192.168.2.8/24\n}", "", None),
    ("plus sign and zeros", "priority +070", "", None),
    ("include of nothing", "include /nonexist/*.conf", "", None),
    ("condition", "@nobody priority 3\n@nobody nonsense", "", None),
]

# What keepalived -t lets pass with 0, and we do not: the man page says so.
STRICT = [
    ("include of a missing file", "include /nonexist/a.conf\n", "does not exist"),
    ("include of a directory", "include /etc\n", "directory"),
    ("include of itself", f"include {FILE}\n", "includes itself"),
    ("a definition of itself", "$A=$A\n", "contains itself"),
    ("a NUL byte", "#\n\0\n", "NUL byte"),
]


class Migration(LabCase):
    def setUp(self):
        super().setUp()
        self.first.ip("link", "set", "eth0", "up")

    def check(self, text):
        """(vrrpd's exit status and words, keepalived's exit status) for the same file."""
        self.first.write(FILE, text)
        ours = self.first.run(os.environ["VRRPD"], "-t", "-f", FILE, check=False)
        theirs = self.first.run("keepalived", "-t", "-f", FILE, check=False)
        return ours.returncode, ours.stdout + ours.stderr, theirs.returncode

    def test_samples(self):
        """Each sample file of Debian's keepalived is a configuration that we run with."""
        samples = sorted(glob.glob(f"{SAMPLES}/keepalived.conf.*"))
        self.assertGreater(len(samples), 20)
        for sample in samples:
            with self.subTest(os.path.basename(sample)):
                done = self.first.run(os.environ["VRRPD"], "-t", "-f", sample, check=False)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_bent(self):
        """What keepalived runs in its own way runs here in the same, with a warning where it was not meant."""
        for what, inside, behind, words in BENT:
            with self.subTest(what):
                status, text, theirs = self.check(INSTANCE % (inside, behind))
                self.assertEqual(status, 0, text)
                self.assertIn(theirs, (0, 5, 6))  # it says the same for "bent" and for "will not run"
                if words is None:
                    self.assertNotIn("warning", text)
                    self.assertEqual(theirs, 0)
                else:
                    self.assertRegex(text, f"warning: .*({words})")

    def test_strict(self):
        """Where keepalived finds nothing to say, what is an error here is one that the man page lists."""
        for what, begin, words in STRICT:
            with self.subTest(what):
                status, text, theirs = self.check(begin + INSTANCE % ("", ""))
                self.assertIn(theirs, (0, 5))  # 5: what it read again and again was there already
                self.assertEqual(status, INVALID)
                self.assertIn(words, text)

    def test_own_text(self):
        """What `vrrpctl show --config` prints is a configuration with the same effect once the secret is
        back; before, it is refused: with the mask as its password a router would be a second master."""
        secret = "authentication {\nauth_type PASS\nauth_pass hush123\n}"
        self.first.start_bus()
        self.first.start_vrrpd(instance(priority=200, extra=secret), as_unit=True)
        self.wait_holder(self.first)
        shown = self.first.ctl("show", "--config", check=True).stdout
        self.assertNotIn("hush", shown)
        self.first.write(FILE, shown)
        done = self.first.run(os.environ["VRRPD"], "-t", "-f", FILE, check=False)
        self.assertEqual(done.returncode, INVALID)
        self.assertIn("this is the mask of 'vrrpctl show --config'", done.stderr)
        self.first.write(CONFIG, shown.replace("********", "hush123"))
        self.first.ctl("reload", check=True)
        wait_until(lambda: self.first.manager("LastReloadResult") == "done", "the reload")
        self.assertEqual(self.first.ctl("show", "--config", check=True).stdout, shown)

    def test_unreadable(self):
        """-t as root says what the daemon's user will find: its unit's file is refused, for another one that
        root may start it with there is a warning; the one who can be read is not talked about."""
        done = self.first.run(
            "unshare",
            "-m",
            "sh",
            "-c",
            """set -e
            mount -t tmpfs none /mnt
            mkdir /mnt/upper /mnt/work
            mount -t overlay none -o lowerdir=/etc,upperdir=/mnt/upper,workdir=/mnt/work /etc
            mkdir -p /etc/vrrpd
            chmod 755 /etc/vrrpd
            cp "$1" /mnt/other.conf
            cp "$1" /etc/vrrpd/vrrpd.conf
            for mode in 600 644; do
                for file in /etc/vrrpd/vrrpd.conf /mnt/other.conf; do
                    chmod "$mode" "$file"
                    "$2" -t -f "$file" 2>&1 && echo "exit 0" || echo "exit $?"
                done
            done""",
            "sh",
            self.first.write(FILE, INSTANCE % ("", "")),
            os.environ["VRRPD"],
            check=True,
        )
        first, second, *rest = [part for part in done.stdout.split("exit ")]
        remedy = "user vrrpd cannot read it{}: chgrp vrrpd {} && chmod g+r {}"
        self.assertIn("error: " + remedy.format("", *["/etc/vrrpd/vrrpd.conf"] * 2), first)
        self.assertIn(
            "warning: " + remedy.format(", so a reload will fail", *["/mnt/other.conf"] * 2), second
        )
        self.assertNotIn("cannot read", "".join(rest))
        self.assertEqual([part[0] for part in (second, *rest)], ["9", "0", "0", "0"])

    def test_standard_input(self):
        """`vrrpctl check -` reads what it is given."""
        for more, status in (("", 0), ("nonsense", INVALID)):
            self.first.write(FILE, INSTANCE % (more, ""))
            done = self.first.run(
                "sh", "-c", f'cat {FILE} | "$1" check -', "sh", os.environ["VRRPCTL"], check=False
            )
            self.assertEqual(done.returncode, status, done.stderr)

    def test_live_source(self):
        """What is said about the host shows the line, too."""
        self.first.write(FILE, (INSTANCE % ("", "")).replace("192.168.2.101", "10.9.9.9"))
        done = self.first.run(os.environ["VRRPD"], "-t", "-f", FILE, check=False)
        self.assertIn(
            "none of the subnets of interface eth0\n            10.9.9.9/24\n            ^", done.stderr
        )

    def test_empty(self):
        """A file without instances is said to be one; a reload does not end all service with it."""
        self.first.write(FILE, "global_defs {\n}\n")
        done = self.first.run(os.environ["VRRPD"], "-t", "-f", FILE, check=False)
        self.assertEqual(done.returncode, 0)
        self.assertIn("warning: no vrrp_instance", done.stderr)
        self.first.start_bus()
        self.first.start_vrrpd(instance(priority=255), as_unit=True)
        self.wait_holder(self.first)
        self.first.write(CONFIG, "")
        done = self.first.ctl("reload")
        self.assertEqual(done.returncode, INVALID)
        self.assertIn("to stop serving, stop vrrpd", done.stdout + done.stderr)
        self.assertEqual(self.network.holders(VIP), [self.first.name])

    def test_authentication_header(self):
        """An instance with AH would not be heard by its peers: it stays in fault and says why, others run."""
        header = "authentication {\nauth_type AH\nauth_pass x\n}"
        self.first.start_bus()
        self.first.start_vrrpd(
            instance(name="VI_AH", vrid=2, vips=("192.168.2.102",), extra=header) + instance(), as_unit=True
        )
        self.wait_holder(self.first)
        self.first.wait_property("VI_AH", "State", "fault")
        self.assertIn("auth_type AH", self.first.ctl("show", "VI_AH", check=True).stdout)
        self.assertEqual(self.network.holders("192.168.2.102"), [])

    def test_intervals(self):
        """Routers of different intervals: the journal has both."""
        self.first.start_bus()
        self.second.start_keepalived(instance(priority=200, version=3, interval=0.4))
        self.first.start_vrrpd(instance(priority=100, version=3, interval=0.2), as_unit=True)
        self.second.wait_address(VIP)
        self.wait_log(self.first, r"interval-mismatch.*advert_int is 400ms, here it is 200ms")


if __name__ == "__main__":
    unittest.main()
