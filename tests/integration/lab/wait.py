# SPDX-License-Identifier: LGPL-2.1-or-later
"""Waiting for what will happen. A condition is asked again and again until it holds or its deadline has
passed; no test sleeps for a time that is hoped to be enough. The deadlines are generous: they end a test
that has failed, they judge nothing."""

import time

# Most conditions cost a process or two to ask: what takes long is asked for less often.
POLL_SECONDS = 0.02
POLL_SHARE = 0.05
POLL_SECONDS_MAX = 0.1
DEADLINE_SECONDS = 30


def wait_until(condition, what, seconds=DEADLINE_SECONDS):
    """Returns condition()'s first true value. what: the end of the sentence "waited 30 s for ...", or a
    function that makes it when the deadline has passed (so that it can tell how things stood then)."""
    begin = time.monotonic()
    while True:
        value = condition()
        if value:
            return value
        waited = time.monotonic() - begin
        if waited >= seconds:
            raise AssertionError(f"waited {seconds} s for {what() if callable(what) else what}")
        time.sleep(min(max(POLL_SECONDS, waited * POLL_SHARE), POLL_SECONDS_MAX))
