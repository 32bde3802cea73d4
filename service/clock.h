/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The engine's clocks, in microseconds. Protocol time is CLOCK_BOOTTIME: it goes on while the machine
 * sleeps. */

#include "service/util/macro.h"
#include <time.h>

static inline usec_t now_usec(clockid_t clock) {
        struct timespec ts;

        (void)clock_gettime(clock, &ts);
        return (usec_t)ts.tv_sec * USEC_PER_SEC + (usec_t)ts.tv_nsec / NSEC_PER_USEC;
}
static inline usec_t now_boottime(void) {
        return now_usec(CLOCK_BOOTTIME);
}
static inline usec_t now_realtime(void) {
        return now_usec(CLOCK_REALTIME);
}
static inline usec_t now_monotonic(void) {
        return now_usec(CLOCK_MONOTONIC);
}
