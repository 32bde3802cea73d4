/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Event number n sits in slot n % size, so finding one is an index. Slots of numbers that event_ring_lose()
 * left out are empty. */

#include "dbus/event-ring.h"

struct EventRing {
        char epoch[SD_ID128_STRING_MAX];
        uint64_t sequence;
        uint64_t lost; /* the latest number that stands for lost events, 0 = none */
        RingEvent events[EVENT_RING_SIZE];
};

int event_ring_new(EventRing **ret) {
        _cleanup_(event_ring_freep) EventRing *r = calloc(1, sizeof(*r));
        sd_id128_t id;

        if (!r)
                return -ENOMEM;
        int k = sd_id128_randomize(&id);
        if (k < 0)
                return k;
        sd_id128_to_string(id, r->epoch);
        *ret = TAKE_PTR(r);
        return 0;
}

EventRing *event_ring_free(EventRing *r) {
        if (!r)
                return NULL;
        for (size_t i = 0; i < EVENT_RING_SIZE; i++)
                free(r->events[i].event);
        free(r);
        return NULL;
}

const char *event_ring_epoch(const EventRing *r) {
        return r->epoch;
}

uint64_t event_ring_sequence(const EventRing *r) {
        return r->sequence;
}

static RingEvent *slot_clear_next(EventRing *r) {
        RingEvent *e = &r->events[++r->sequence % EVENT_RING_SIZE];

        free(e->event);
        *e = (RingEvent){.seq = r->sequence};
        return e;
}

const RingEvent *event_ring_add(EventRing *r, InstanceEvent *event, uint8_t priority, bool replaced) {
        RingEvent *e = slot_clear_next(r);

        e->event = event;
        e->priority = priority;
        e->replaced = replaced;
        return e;
}

void event_ring_lose(EventRing *r) {
        (void)slot_clear_next(r);
        r->lost = r->sequence;
}

static uint64_t oldest(const EventRing *r) {
        return r->sequence > EVENT_RING_SIZE ? r->sequence - EVENT_RING_SIZE + 1 : 1;
}

const RingEvent *event_ring_next(const EventRing *r, uint64_t seq) {
        if (seq >= r->sequence)
                return NULL;
        for (uint64_t n = MAX(seq + 1, oldest(r)); n <= r->sequence; n++)
                if (r->events[n % EVENT_RING_SIZE].event)
                        return &r->events[n % EVENT_RING_SIZE];
        return NULL;
}

bool event_ring_complete(const EventRing *r, uint64_t seq) {
        return seq <= r->sequence && seq + 1 >= oldest(r) && seq >= r->lost;
}
