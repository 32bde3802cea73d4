#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The core is pure: its library asks the linker for nothing that allocates, waits, tells the time, opens, prints or logs.
What the include table promises in headers, this holds in symbols."""

import re
import subprocess
import sys

FORBIDDEN = re.compile(
    r"""^(?:
    (?:m|c|re)alloc | reallocarray | free | strdup | strndup | aligned_alloc | posix_memalign
  | socket | bind | connect | (?:send|recv)(?:to|from|msg|mmsg)? | setsockopt | ioctl
  | open(?:at|64)? | fopen(?:64)? | read | write | close | poll | ppoll | epoll_\w+ | select
  | time | gettimeofday | clock_\w+ | timerfd_\w+ | (?:nano|u)?sleep
  | v?f?printf | puts | perror | syslog | log_\w+
  | pthread_\w+ | getenv | rand\w* | random | getrandom
)$""",
    re.VERBOSE,
)


def undefined_symbols(library):
    output = subprocess.run(
        ["nm", "--undefined-only", library], stdout=subprocess.PIPE, text=True, check=True
    ).stdout
    for line in output.splitlines():
        fields = line.split()
        if len(fields) == 2 and fields[0] in ("U", "w"):
            yield fields[1].split("@")[0]


def main():
    symbols = set(undefined_symbols(sys.argv[1]))
    bad = sorted(symbol for symbol in symbols if FORBIDDEN.match(symbol))
    for symbol in bad:
        print(f"the core calls {symbol}()")
    if not symbols:
        print(f"{sys.argv[1]}: no symbols read")
    print(f"{len(symbols)} outside symbols, {len(bad)} forbidden")
    return 1 if bad or not symbols else 0


if __name__ == "__main__":
    sys.exit(main())
