# SPDX-License-Identifier: LGPL-2.1-or-later
"""Waiting for what will happen. A condition is asked again and again until it holds or its deadline has
passed; no test sleeps for a time that is hoped to be enough. The deadlines are generous: they end a test
that has failed, they judge nothing."""

import time

POLL_SECONDS = 0.02
DEADLINE_SECONDS = 30


def wait_until(condition, what, seconds=DEADLINE_SECONDS):
    """Returns condition()'s first true value. what: the end of the sentence "waited 30 s for ...", or a
    function that makes it when the deadline has passed (so that it can tell how things stood then)."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= deadline:
            raise AssertionError(f"waited {seconds} s for {what() if callable(what) else what}")
        time.sleep(POLL_SECONDS)
