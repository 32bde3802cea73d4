#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Tries the tests: makes one deliberate mistake at a time in a copy of the source, builds what a test needs,
and looks whether that test fails. A test that passes all the same is worth nothing for that rule.

    tests/mutate/run.py [-j N] [NAME...]        all of mutations.list and of rfc.list, or only these

The lists hold, for each mutation, `name`, `file`, `sed` (one expression of sed -E) and `test`:
    core-router /core/router/skew       a program of tests/unit and its test (a glib path; none = all)
    sim [ARGS], sim-group [ARGS]        the simulators, 10,000 worlds
    integration test_x.Class.test_y     a test of tests/integration (root)
Every test is run once without a mistake first. tests/rfc.md names the mutations of rfc.list.

    tests/mutate/run.py --check                 only: does each expression still find its line, and does
                                                tests/rfc.md name just the mutations that there are?"""

import argparse
import concurrent.futures
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
LISTS = ["rfc.list", "mutations.list"]
SECONDS = 300


def read_list(path):
    """[{name, file, sed, test}]: blocks of `key: value` lines with empty lines between them."""
    with open(path, encoding="utf-8") as f:
        blocks = f.read().split("\n\n")
    found = []
    for block in blocks:
        lines = [line for line in block.splitlines() if line and not line.startswith("#")]
        if lines:
            found.append(dict(line.split(": ", 1) for line in lines))
    return found


def apply(text, expression):
    """What sed -E makes of a text."""
    argv = ["sed", "-E", expression]
    return subprocess.run(argv, input=text, capture_output=True, text=True, check=True).stdout


def check(mutations):
    """What is wrong with the lists themselves, as lines."""
    bad = []
    for mutation in mutations:
        with open(os.path.join(TOP, mutation["file"]), encoding="utf-8") as f:
            text = f.read()
        if apply(text, mutation["sed"]) == text:
            bad.append(f"{mutation['name']}: {mutation['sed']} finds nothing in {mutation['file']}")
    with open(os.path.join(HERE, "..", "rfc.md"), encoding="utf-8") as f:
        cells = [line.split("|")[-2] for line in f if line.startswith("| ")]
    named = {
        name.strip()
        for cell in cells
        for name in cell.split(",")
        if re.fullmatch(r"[a-z0-9-]+", name.strip())
    }
    there = {m["name"] for m in read_list(os.path.join(HERE, "rfc.list"))}
    bad += [
        f"tests/rfc.md names {name}, which is not there" for name in sorted(named - there - {"mutation"})
    ]
    bad += [f"{name} is in no row of tests/rfc.md" for name in sorted(there - named)]
    return bad


class Tree:
    """A copy of the source with a build directory, where one mistake at a time is made."""

    def __init__(self, directory):
        self.source = os.path.join(directory, "source")
        self.build = os.path.join(directory, "build")
        shutil.copytree(TOP, self.source, ignore=shutil.ignore_patterns(".git", "build*"))
        # The simulated mutants of tests/sim would meet a source that is already wrong.
        self.edit("tests/sim/meson.build", "/^sim_mutations = /,$d")
        self._run("meson", "setup", "-Dwerror=false", self.build, self.source)
        self._run("ninja", "-C", self.build)

    def _run(self, *argv):
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise SystemExit(f"{' '.join(argv)}:\n{done.stdout}{done.stderr}")

    def edit(self, file, expression):
        """Changes a file by sed -E; returns what it was before. An expression without effect is an error."""
        path = os.path.join(self.source, file)
        with open(path, encoding="utf-8") as f:
            before = f.read()
        after = apply(before, expression)
        if after == before:
            raise LookupError(f"{expression} finds nothing in {file}")
        self.write(file, after)
        return before

    def write(self, file, text):
        with open(os.path.join(self.source, file), "w", encoding="utf-8") as f:
            f.write(text)

    def command(self, test):
        """(targets of ninja, argv, directory) of a test as the lists name it."""
        kind, *rest = test.split()
        if kind in ("sim", "sim-group"):
            program = f"tests/sim/test-{kind}"
            return [program], [os.path.join(self.build, program), *(rest or ["--seeds", "10000"])], None
        if kind == "integration":
            argv = [sys.executable, "-B", "-m", "unittest", *rest]
            return [], argv, os.path.join(self.source, "tests", "integration")
        room = kind.split("-", maxsplit=1)[0]
        program = f"tests/unit/{room}/test-{kind}"
        paths = [word for path in rest for word in ("-p", path)]
        return [program], [os.path.join(self.build, program), *paths], None

    def passes(self, test):
        """True when the test passes, False when it fails (or cannot be built any more: None)."""
        targets, argv, directory = self.command(test)
        if subprocess.run(
            ["ninja", "-C", self.build, *targets], capture_output=True, check=False
        ).returncode:
            return None
        env = dict(os.environ, BUILD_ROOT=self.build, MESON_BUILD_ROOT=self.build)
        for variable, name in (
            ("VRRPD", "vrrpd"),
            ("VRRPD_SCRIPTS", "vrrpd-scripts"),
            ("VRRPCTL", "vrrpctl"),
        ):
            env[variable] = os.path.join(self.build, name)
        try:
            done = subprocess.run(
                argv, capture_output=True, cwd=directory, env=env, timeout=SECONDS, check=False
            )
        except subprocess.TimeoutExpired:
            return False
        return done.returncode == 0

    def try_mutation(self, mutation):
        """None when the mutation was found by its test; otherwise what went wrong."""
        try:
            before = self.edit(mutation["file"], mutation["sed"])
        except LookupError as e:
            return str(e)
        try:
            passed = self.passes(mutation["test"])
        finally:
            self.write(mutation["file"], before)
        return {False: None, True: "SURVIVED", None: "does not build"}[passed]


def work(directory, mutations):
    tree = Tree(directory)
    bad = []
    for test in sorted({mutation["test"] for mutation in mutations}):
        if tree.passes(test) is not True:
            bad.append(f"{test} fails without a mutation")
            print(f"FAILS        {test}", flush=True)
    for mutation in mutations:
        wrong = tree.try_mutation(mutation)
        print(f"{'killed' if not wrong else wrong:12} {mutation['name']:32} {mutation['test']}", flush=True)
        if wrong:
            bad.append(f"{mutation['name']}: {wrong}")
    return bad


def main():
    parser = argparse.ArgumentParser(description="Tries the tests by deliberate mistakes")
    parser.add_argument("-j", type=int, default=os.cpu_count(), help="copies of the source at a time")
    parser.add_argument("--check", action="store_true", help="judge the lists and try nothing")
    parser.add_argument("names", nargs="*")
    args = parser.parse_args()
    mutations = [m for name in LISTS for m in read_list(os.path.join(HERE, name))]
    if args.check:
        bad = check(mutations)
        print("\n".join(bad) or f"{len(mutations)} mutations find their lines")
        return 1 if bad else 0
    unknown = set(args.names) - {m["name"] for m in mutations}
    if unknown:
        parser.error(f"no mutation is called {', '.join(sorted(unknown))}")
    if args.names:
        mutations = [m for m in mutations if m["name"] in args.names]
    n = max(1, min(args.j, len(mutations)))
    with tempfile.TemporaryDirectory(prefix="vrrpd-mutate-") as directory:
        os.chmod(directory, 0o755)  # the daemon's user must find the programs
        shares = [mutations[k::n] for k in range(n)]
        with concurrent.futures.ThreadPoolExecutor(n) as pool:
            results = list(pool.map(work, [os.path.join(directory, str(k)) for k in range(n)], shares))
    bad = [line for result in results for line in result]
    print(f"{len(mutations) - len(bad)} of {len(mutations)} mutations found")
    for line in bad:
        print(line)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
