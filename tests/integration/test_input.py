# SPDX-License-Identifier: LGPL-2.1-or-later
"""Wrong input to `vrrpd -t`: each mistake has its own clear message at file:line:column, and decides the
exit status."""

import json
import os
import unittest

from lab import Router
from lab.router import program, seed

INVALID = 9
FILE = "/run/lab/check.conf"

GOOD = """\
vrrp_script chk {
    script "/bin/true"
    interval 3
}
vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    priority 100
    virtual_ipaddress {
        192.0.2.10/24
    }
    track_script {
        chk
    }
}
"""

OTHER_WITH_SAME_VRID = """\
vrrp_instance VI_2 {
    interface eth0
    virtual_router_id 51
    virtual_ipaddress {
        192.0.2.11/24
    }
}
"""

# (what, text to replace, by what, line, column, words of the message)
MISTAKES = [
    ("unknown keyword", "priority 100", "frobnicate 100", 8, 5, ["frobnicate"]),
    ("misspelt keyword", "priority 100", "prioritty 100", 8, 5, ["prioritty", "priority"]),
    ("priority 300", "priority 100", "priority 300", 8, 14, ["300", "255"]),
    ("VRID 0", "virtual_router_id 51", "virtual_router_id 0", 7, 23, ["1", "255"]),
    ("missing brace", "        192.0.2.10/24\n    }\n", "        192.0.2.10/24\n", None, None, ["}"]),
    ("family", "192.0.2.10/24", "192.0.2.10/24\n        2001:db8::1/64", 11, 9, ["2001:db8::1"]),
    ("bad address", "192.0.2.10/24", "192.0.2.300/24", 10, 9, ["192.0.2.300"]),
    ("no VRID", "    virtual_router_id 51\n", "", 5, 15, ["virtual_router_id", "VI_1"]),
]


class Input(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.router = Router("config-test")
        cls.addClassCleanup(cls.router.close)

    def check(self, config, *options):
        return self.router.check_config(config, *options)

    def test_good(self):
        """What is right is accepted; an interface that does not exist is a warning with a position."""
        done = self.check(GOOD)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stderr, rf"{FILE}:6:15: warning: .*eth0")
        for name in ("proxy-serv01.conf", "proxy-serv02.conf"):
            done = self.check(seed(name))
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertNotIn("error", done.stderr)

    def test_mistakes(self):
        """Each of the common mistakes."""
        for what, old, new, line, column, words in MISTAKES:
            with self.subTest(what):
                done = self.check(GOOD.replace(old, new))
                self.assertEqual(done.returncode, INVALID, done.stderr)
                position = f"{FILE}:{line}:{column}: error: " if line else f"{FILE}:"
                self.assertIn(position, done.stderr)
                for word in words:
                    self.assertIn(word, done.stderr)

    def test_missing_brace_names_its_opening(self):
        """The message about a missing brace says where the block that it should end begins."""
        done = self.check("vrrp_instance VI_1 {\n    interface eth0\n    virtual_router_id 1\n")
        self.assertEqual(done.returncode, INVALID)
        self.assertRegex(done.stderr, rf"{FILE}:\d+:\d+: error: .*}}")
        self.assertRegex(done.stderr, r"line 1|:1:")

    def test_duplicate_vrid(self):
        """Two instances with one VRID on one interface: the second is named, and the first one's place is
        told."""
        done = self.check(GOOD + OTHER_WITH_SAME_VRID)
        self.assertEqual(done.returncode, INVALID, done.stderr)
        self.assertRegex(done.stderr, rf"{FILE}:1[678]:\d+: error: .*51")
        self.assertIn("VI_1", done.stderr)

    def test_undefined_script(self):
        """A track_script that names no vrrp_script: a warning at its place, and the instance runs, as in keepalived."""
        done = self.check(GOOD.replace("        chk\n", "        chk_other\n"))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stderr, rf"{FILE}:13:9: warning: .*chk_other")

    def test_all_at_once(self):
        """Several mistakes are told in one go, in the order of the file."""
        done = self.check(
            GOOD.replace("priority 100", "prioritty 100")
            .replace("51", "0")
            .replace("192.0.2.10", "192.0.2.300")
        )
        places = [line.split(":")[1] for line in done.stderr.splitlines() if ": error: " in line]
        self.assertEqual(places, ["7", "8", "10"])

    def test_missing_and_unreadable_file(self):
        """A file that is not there, a directory, and one that may not be read: name and reason."""
        os.makedirs(self.router.path("/run/lab/dir"), exist_ok=True)
        for path, words in (("/run/lab/none.conf", "No such file"), ("/run/lab/dir", "directory")):
            done = self.router.run(program("VRRPD"), "-t", "-f", path, check=False)
            self.assertEqual(done.returncode, INVALID, done.stderr)
            self.assertIn(path, done.stderr)
            self.assertIn(words, done.stderr)
        self.router.write(FILE, GOOD)
        os.chmod(self.router.path(FILE), 0o600)
        done = self.router.run(
            "setpriv",
            "--reuid=nobody",
            "--regid=nogroup",
            "--clear-groups",
            "--",
            program("VRRPD"),
            "-t",
            "-f",
            FILE,
            check=False,
        )
        self.assertEqual(done.returncode, INVALID, done.stderr)
        self.assertIn("Permission denied", done.stderr)

    def test_json(self):
        """The same as data."""
        done = self.check(GOOD.replace("priority 100", "prioritty 100"), "--json")
        self.assertEqual(done.returncode, INVALID)
        errors = [message for message in json.loads(done.stdout) if message["severity"] == "error"]
        self.assertEqual([(e["file"], e["line"], e["column"]) for e in errors], [(FILE, 8, 5)])
        self.assertIn("priority", errors[0]["message"])

    def test_usage(self):
        """A wrong command line is status 2, help and version are status 0."""
        for argv, status in ((["--nosuchoption"], 2), (["surplus"], 2), (["--help"], 0), (["--version"], 0)):
            self.assertEqual(self.router.run(program("VRRPD"), *argv, check=False).returncode, status, argv)

    def test_start_with_bad_file(self):
        """A daemon is not started with a file that has errors."""
        self.router.write(FILE, GOOD.replace("priority", "prioritty"))
        done = self.router.run(program("VRRPD"), "-f", FILE, check=False)
        self.assertEqual(done.returncode, INVALID)
        self.assertIn(f"{FILE}:8:5: error: ", done.stderr)

    def test_nonsense(self):
        """Nothing crashes on what is not a configuration at all."""
        for text in (
            "",
            "{",
            "}",
            "}" * 1000,
            "{" * 10000,
            "\0\1\2",
            "vrrp_instance",
            "vrrp_instance {",
            "vrrp_instance VI_1 {\n" * 200,
            '"',
            "a" * 100000,
            "vrrp_instance \xff {\n}\n",
            "include /run/lab/check.conf",
        ):
            with self.subTest(text[:30]):
                done = self.check(text)
                self.assertIn(done.returncode, (0, INVALID), done.stderr[-2000:])


if __name__ == "__main__":
    unittest.main()
