/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* All deadlines of the engine in one heap behind one sd-event timer (CLOCK_BOOTTIME, accuracy 1 µs): there
 * is no timer per instance that somebody could forget to cancel. A deadline is re-derived from its router
 * after every event. */

#include "service/util/macro.h"
#include <systemd/sd-event.h>

typedef struct Deadline {
        usec_t usec;  /* CLOCK_BOOTTIME; USEC_INFINITY = not queued */
        size_t index; /* place in the heap, 0 = not queued */
} Deadline;

typedef struct DeadlineQueue DeadlineQueue;

/* Called for a deadline that has come. It is out of the queue then; the callback sets it anew. */
typedef void (*DeadlineCallback)(Deadline *d, usec_t now, void *userdata);

/* Called when all that were due at a wake-up (or as many as one takes) have been: what they have to send
 * leaves together. */
typedef void (*DeadlineDone)(void *userdata);

/* done may be NULL. */
int deadline_queue_new(sd_event *event, int64_t priority, DeadlineCallback callback, DeadlineDone done,
                void *userdata, DeadlineQueue **ret);
DeadlineQueue *deadline_queue_free(DeadlineQueue *q);
DEFINE_CLEANUP(DeadlineQueue, deadline_queue_free);

/* Makes room for one more deadline, so that deadline_queue_set() cannot fail. -ENOMEM. */
int deadline_queue_reserve(DeadlineQueue *q);
/* Gives the room back and takes d out. */
void deadline_queue_release(DeadlineQueue *q, Deadline *d);
/* In the middle of long work: calls back for those that have come, in their order, passing over what may not
 * be served now. */
void deadline_queue_serve(DeadlineQueue *q, bool (*may)(const Deadline *d));
/* Moves d to usec; USEC_INFINITY takes it out. */
void deadline_queue_set(DeadlineQueue *q, Deadline *d, usec_t usec);
