# SPDX-License-Identifier: LGPL-2.1-or-later
"""`meson install` puts everything where Debian would."""

import json
import os
import subprocess
import tempfile
import unittest

from lab.router import SOURCE

FILES = [
    "usr/sbin/vrrpd",
    "usr/sbin/vrrpd-scripts",
    "usr/bin/vrrpctl",
    "lib/systemd/system/vrrpd.service",
    "lib/systemd/system/vrrpd-scripts.service",
    "usr/share/dbus-1/system.d/org.vrrpd.Vrrp1.conf",
    "usr/share/dbus-1/interfaces/org.vrrpd.Vrrp1.xml",
    "usr/share/polkit-1/actions/org.vrrpd.vrrp1.policy",
    "usr/lib/sysusers.d/vrrpd.conf",
    "usr/share/man/man8/vrrpd.8",
    "usr/share/man/man1/vrrpctl.1",
    "usr/share/man/man5/vrrpd.conf.5",
    "usr/share/man/man7/vrrpd-keepalived.7",
]


class Install(unittest.TestCase):
    def test_prefix(self):
        """Without --prefix it is /usr: Debian 12's dbus-daemon and polkitd do not look into /usr/local."""
        done = subprocess.run(
            ["meson", "introspect", "--buildoptions", os.path.join(SOURCE, "meson.build")],
            check=True,
            capture_output=True,
        )
        self.assertIn("/usr", [o["value"] for o in json.loads(done.stdout) if o["name"] == "prefix"])

    def test_files(self):
        """Every file of the list is there, and programs may be executed."""
        with tempfile.TemporaryDirectory() as root:
            subprocess.run(
                [
                    "meson",
                    "install",
                    "--no-rebuild",
                    "--quiet",
                    "-C",
                    os.environ["BUILD_ROOT"],
                    "--destdir",
                    root,
                ],
                check=True,
                capture_output=True,
            )
            installed = {
                os.path.relpath(os.path.join(directory, name), root)
                for directory, _, names in os.walk(root)
                for name in names
            }
            for path in FILES:
                # Debian 12: /lib is /usr/lib, and either is right for units.
                same = {
                    path,
                    path.removesuffix(".gz"),
                    "usr/" + path,
                    path.replace("usr/", "usr/local/", 1),
                    path + ".gz",
                }
                self.assertTrue(same & installed, f"{path} is missing: {sorted(installed)}")
            for path in installed:
                if "/bin/" in path or "/sbin/" in path:
                    self.assertTrue(os.access(os.path.join(root, path), os.X_OK), path)


if __name__ == "__main__":
    unittest.main()
