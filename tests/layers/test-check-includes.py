#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The include test must fail when it should: forbidden includes are written into a copy of the tree and must be found, each at
its line; the unspoiled copy must pass wherever the tree itself does."""

import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

CHECK = pathlib.Path(__file__).with_name("check-includes.py")
SOURCE = pathlib.Path(sys.argv.pop(1))

# (file, what it includes, is that allowed)
EDGES = [
    ("service/util/log.c", '"service/core/types.h"', False),
    ("service/util/log.c", "<systemd/sd-journal.h>", False),
    ("service/util/log.c", "<syslog.h>", True),
    ("service/core/router.c", '"service/net/link.h"', False),
    ("service/core/router.c", '"service/util/log.h"', False),
    ("service/core/router.c", '"service/util/strtab.h"', True),
    ("service/core/router.c", "<time.h>", False),
    ("service/core/router.c", "<stdlib.h>", False),
    ("service/core/router.c", "<sys/socket.h>", False),
    ("service/config/config.h", '"service/net/link.h"', False),
    ("service/config/config.h", '"service/core/router.h"', False),
    ("service/config/config.h", "<sys/epoll.h>", False),
    ("service/net/link.c", '"service/config/config.h"', False),
    ("service/net/link.c", '"service/publish.h"', False),
    ("service/net/link.c", "<systemd/sd-bus.h>", False),
    ("service/track/tracker.h", '"service/core/router.h"', False),
    ("service/track/tracker.h", '"service/net/link.h"', True),
    ("service/publish.h", '"dbus/names.h"', False),
    ("service/publish.h", "<systemd/sd-bus.h>", False),
    ("service/publish.h", '"service/core/types.h"', True),
    ("service/main.c", '"dbus/bus.h"', True),
    ("policy/actions.h", '"dbus/bus.h"', False),
    ("policy/actions.h", '"dbus/names.h"', True),
    ("dbus/bus.h", '"service/core/advert.h"', False),
    ("dbus/bus.h", '"service/net/link.h"', False),
    ("dbus/bus.h", '"service/publish.h"', True),
    ("ctl/verbs.h", '"service/publish.h"', False),
    ("ctl/verbs.h", '"dbus/bus.h"', False),
    ("ctl/verbs.h", "<glib.h>", False),
    ("ctl/verbs.h", "<jansson.h>", True),
    ("ctl/verbs.h", "<curl/curl.h>", False),
    ("ctl/verbs.h", '"macro.h"', False),
    ("ctl/verbs.h", "SOME_MACRO", False),
    ("tests/unit/test-any.c", "<glib.h>", True),
    ("tests/unit/test-any.c", '"service/net/link.h"', True),
]


def run(tree):
    return subprocess.run([sys.executable, CHECK, tree], stdout=subprocess.PIPE, text=True, check=False)


class Check(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="vrrpd-layers-")
        self.addCleanup(self.folder.cleanup)
        self.tree = pathlib.Path(self.folder.name)

    def test_edges(self):
        """Each forbidden edge is reported at its line, each allowed one is not."""
        headers = {
            include.strip('"') for _, include, _ in EDGES if "/" in include and include.startswith('"')
        }
        for path in {file for file, _, _ in EDGES} | headers:
            (self.tree / path).parent.mkdir(parents=True, exist_ok=True)
            (self.tree / path).touch()
        self.assertEqual(run(self.tree).returncode, 0)
        for file, include, allowed in EDGES:
            with self.subTest(file=file, include=include):
                (self.tree / file).write_text(f"#pragma once\n  #  include {include}\n")
                result = run(self.tree)
                self.assertEqual(result.returncode, 0 if allowed else 1, result.stdout)
                self.assertEqual(f"{file}:2: " in result.stdout, not allowed, result.stdout)
                (self.tree / file).write_text("")

    def test_copy_of_the_tree(self):
        """One bad line in a copy of the real tree is found, and nothing else is."""
        for folder in ("service", "policy", "dbus", "ctl", "tests"):
            if (SOURCE / folder).exists():
                shutil.copytree(
                    SOURCE / folder, self.tree / folder, ignore=shutil.ignore_patterns("__pycache__")
                )
        before = run(self.tree).stdout.splitlines()
        victim = self.tree / "service/core/router.c"
        n_lines = len(victim.read_text(encoding="utf-8").splitlines())
        with victim.open("a", encoding="utf-8") as file:
            file.write('#include "service/net/netlink.h"\n')
        after = run(self.tree)
        self.assertEqual(after.returncode, 1)
        self.assertEqual(
            [line for line in after.stdout.splitlines()[:-1] if line not in before],
            [f'service/core/router.c:{n_lines + 1}: room core may not include "service/net/netlink.h"'],
        )

    def test_nothing_to_read(self):
        """A tree without sources is not a tree that passes."""
        self.assertEqual(run(self.tree).returncode, 1)

    def test_file_without_room(self):
        """A new folder in service/ needs a line in the table before it passes."""
        (self.tree / "service/new-room").mkdir(parents=True)
        (self.tree / "service/new-room/thing.c").write_text("#include <stddef.h>\n")
        result = run(self.tree)
        self.assertEqual(result.returncode, 1)
        self.assertIn("service/new-room/thing.c:1: belongs to no room", result.stdout)


if __name__ == "__main__":
    unittest.main()
