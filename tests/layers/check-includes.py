#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Who may include whom: the room table as a test.

Reads every #include of the tree's C files and names each edge that the tables below do not allow, with file and line. A room is a
folder; the tables are the ones of HACKING.md, and whoever wants a new edge changes them here, in a commit that says why.
"""

import pathlib
import re
import sys

# Room of a file: the longest matching prefix wins. main.c alone joins engine and bus side.
ROOMS = [
    ("service/main.c", "main"),
    ("service/util/", "util"),
    ("service/core/", "core"),
    ("service/config/", "config"),
    ("service/net/", "net"),
    ("service/auth/", "auth"),
    ("service/track/", "track"),
    ("service/", "engine"),
    ("policy/", "policy"),
    ("dbus/", "dbus"),
    ("ctl/", "ctl"),
    ("tests/", "tests"),
]

EVERYTHING = [""]

# Prefixes of what a room may include with "...". A whole path allows that one header only.
MAY_INCLUDE = {
    "util": ["service/util/"],
    # No log and no mailbox in the core: it has nobody to talk to but its caller.
    "core": ["service/core/", "service/util/macro.h", "service/util/strtab.h", "service/util/list.h"],
    # The model speaks of addresses and defaults in the core's words; it uses no machine of it.
    "config": [
        "service/config/",
        "service/util/",
        "service/core/types.h",
        "service/core/advert.h",
        "service/core/announce.h",
        "service/core/auth.h",
        "service/core/routing.h",
    ],
    "net": ["service/net/", "service/util/", "service/core/"],
    "auth": ["service/auth/", "service/util/", "service/core/"],
    "track": ["service/track/", "service/util/", "service/config/", "service/net/", "service/core/types.h"],
    "engine": ["service/"],
    "policy": ["policy/", "service/util/", "dbus/names.h"],
    # Of the engine the bus side knows the records, and of the core the types in them.
    "dbus": ["dbus/", "policy/", "service/util/", "service/publish.h", "service/core/types.h"],
    "ctl": ["ctl/", "service/util/", "dbus/names.h"],
    "main": EVERYTHING,
    "tests": EVERYTHING,
}

# Libraries by the headers that bring them. A header with <...> that is neither here nor the C library's or the kernel's is an error,
# so that a new dependency is a decision.
LIBRARIES = [
    ("systemd/sd-event.h", {"net", "track", "engine", "dbus", "ctl", "main", "tests"}),
    ("systemd/sd-bus.h", {"policy", "dbus", "ctl", "tests"}),
    ("systemd/sd-bus-vtable.h", {"policy", "dbus", "tests"}),
    ("systemd/sd-id128.h", {"engine", "dbus", "ctl", "tests"}),
    ("systemd/sd-login.h", {"ctl", "tests"}),
    ("systemd/sd-daemon.h", {"dbus", "engine", "main", "tests"}),
    ("systemd/sd-journal.h", {"dbus", "tests"}),
    ("systemd/", {"tests"}),
    ("netlink/", {"net", "tests"}),
    ("libnftables", {"net", "tests"}),
    ("nftables/", {"net", "tests"}),
    ("libnftnl/", {"net", "tests"}),
    ("openssl/", {"auth", "tests"}),
    ("cap-ng.h", {"engine", "main", "tests"}),
    ("libsmartcols/", {"ctl", "tests"}),
    ("jansson.h", {"ctl", "main", "tests"}),
    ("glib", {"tests"}),
    ("gio/", {"tests"}),
    ("gunixfd", {"tests"}),
    ("polkit", {"tests"}),
]

LIBC = set(
    """
    assert.h byteswap.h complex.h ctype.h dirent.h dlfcn.h elf.h endian.h err.h errno.h error.h fcntl.h features.h fenv.h float.h
    fnmatch.h getopt.h glob.h grp.h ifaddrs.h inttypes.h langinfo.h libgen.h limits.h link.h locale.h malloc.h math.h netdb.h paths.h
    poll.h pthread.h pty.h pwd.h regex.h sched.h search.h semaphore.h setjmp.h shadow.h signal.h spawn.h stdalign.h stdarg.h
    stdatomic.h stdbool.h stddef.h stdint.h stdio.h stdio_ext.h stdlib.h stdnoreturn.h string.h strings.h syslog.h termios.h threads.h
    time.h uchar.h ucontext.h unistd.h utime.h wchar.h wctype.h wordexp.h""".split()
)
LIBC_FOLDERS = ("arpa/", "asm/", "linux/", "net/", "netinet/", "netpacket/", "sys/")

# No socket, no clock, no memory, no files in the core: what is left of the C library for it.
CORE_LIBC = {
    "arpa/inet.h",
    "assert.h",
    "endian.h",
    "errno.h",
    "inttypes.h",
    "limits.h",
    "netinet/in.h",
    "stdbool.h",
    "stddef.h",
    "stdint.h",
    "string.h",
}

# The configuration is text and a model: it waits for nothing and talks to nobody. (sys/socket.h is there for AF_INET.)
CONFIG_DENIED = {
    "poll.h",
    "pthread.h",
    "signal.h",
    "spawn.h",
    "sys/epoll.h",
    "sys/eventfd.h",
    "sys/timerfd.h",
    "sys/un.h",
    "sys/wait.h",
    "linux/netlink.h",
}

INCLUDE = re.compile(r'^\s*#\s*include(?:_next)?\s*(?:"([^"]+)"|<([^>]+)>|(\S.*))')


def room_of(path):
    for prefix, room in ROOMS:
        if path.startswith(prefix):
            # The engine is what lies in service/ itself; a folder there is a room of its own and has its line above.
            return None if room == "engine" and "/" in path[len(prefix) :] else room
    return None


def judge_own(root, path, room, header):
    """Why this "..." include is wrong, or None."""
    if room == "tests" and (path.parent / header).exists():
        return None
    if not (root / header).exists():
        return f'"{header}" is no file of this tree (an include names its room, from the root of the tree)'
    if not any(header.startswith(prefix) for prefix in MAY_INCLUDE[room]):
        return f'room {room} may not include "{header}"'
    return None


def judge_system(room, header):
    """Why this <...> include is wrong, or None."""
    for prefix, rooms in LIBRARIES:
        if header.startswith(prefix):
            return None if room in rooms else f"room {room} may not use the library of <{header}>"
    if header not in LIBC and not header.startswith(LIBC_FOLDERS):
        return f"<{header}> belongs to no library known here"
    if room == "core" and header not in CORE_LIBC:
        return f"the core may not use <{header}>: no socket, clock, memory or file"
    if room == "config" and header in CONFIG_DENIED:
        return f"the configuration may not use <{header}>"
    return None


def check_file(root, path):
    relative = path.relative_to(root).as_posix()
    room = room_of(relative)
    if room is None:
        return [f"{relative}:1: belongs to no room known here"]
    complaints = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        own, system, macro = match.groups()
        if own:
            complaint = judge_own(root, path, room, own)
        elif system:
            complaint = judge_system(room, system)
        else:
            complaint = f"an include by macro ({macro.strip()}) hides its edge"
        if complaint:
            complaints.append(f"{relative}:{number}: {complaint}")
    return complaints


def source_files(root):
    for folder in ("service", "policy", "dbus", "ctl", "tests"):
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in (".c", ".h") and path.is_file():
                yield path


def check_tree(root):
    """Returns (number of files read, complaints)."""
    n_files, complaints = 0, []
    for path in source_files(root):
        n_files += 1
        complaints += check_file(root, path)
    return n_files, complaints


def main():
    root = pathlib.Path(sys.argv[1])
    n_files, complaints = check_tree(root)
    for complaint in complaints:
        print(complaint)
    if n_files == 0:
        print(f"{root}: no source files found")
    print(f"{n_files} files read, {len(complaints)} forbidden includes")
    return 0 if n_files > 0 and not complaints else 1


if __name__ == "__main__":
    sys.exit(main())
