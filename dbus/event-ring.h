/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The last 4,096 events with their sequence numbers, so that a client that missed some can ask for them
 * (GetEvents) instead of reading everything again. One numbering per run of the daemon; the epoch names it.
 */

#include "service/publish.h"
#include <systemd/sd-id128.h>

#define EVENT_RING_SIZE 4096

typedef struct EventRing EventRing;

typedef struct RingEvent {
        uint64_t seq;         /* from 1, no gaps, except where event_ring_lose() says so */
        InstanceEvent *event; /* owned by the ring */
        uint8_t priority;     /* effective priority of the instance when it happened; 0 = not known */
        bool replaced;        /* of one whose name is another's by now */
} RingEvent;

int event_ring_new(EventRing **ret);
EventRing *event_ring_free(EventRing *r);
DEFINE_CLEANUP(EventRing, event_ring_free);

/* 32 hex digits, drawn at random when the ring was made. */
const char *event_ring_epoch(const EventRing *r);
/* The number of the latest event, 0 = none yet. */
uint64_t event_ring_sequence(const EventRing *r);

/* Takes event and gives it the next number. The result is valid until EVENT_RING_SIZE more were added. */
const RingEvent *event_ring_add(EventRing *r, InstanceEvent *event, uint8_t priority, bool replaced);
/* Events were lost before they could be numbered: one number is left out, and no replay over this point is
 * complete. */
void event_ring_lose(EventRing *r);

/* The oldest event after `seq`, NULL = none. */
const RingEvent *event_ring_next(const EventRing *r, uint64_t seq);
/* Are all events after `seq` still here? */
bool event_ring_complete(const EventRing *r, uint64_t seq);
