/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Packets are served before most of the loop, so a flood of them would be served for ever. A socket that was
 * woken 8 times while nothing else came to its turn is left alone for 5 ms: at 64 packets a wake-up 100,000
 * of them a second remain. What counts is that others wait, not how long the wake-ups took, so it holds on a
 * slow processor as well. */

#include "service/util/macro.h"
#include <systemd/sd-event.h>

typedef struct FloodGuard {
        sd_event_source *source; /* the socket's, borrowed */
        sd_event_source *others; /* its turn is behind that of everybody */
        sd_event_source *pause;
        unsigned n_woken; /* since others had their turn */
} FloodGuard;

/* source: an I/O source with its priority, which outlives the guard. -errno: nothing was started. */
int flood_guard_start(FloodGuard *g, sd_event_source *source);
/* Also of one that is all zero. */
void flood_guard_stop(FloodGuard *g);
/* After what a wake-up has read. */
void flood_guard_woken(FloodGuard *g);
