/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The schedule of announcements of one master. Owns its deadlines and nothing else: the router asks, and
 * turns the answer into ROUTER_ACTION_ANNOUNCE. Must not know addresses or frames. */

#include "service/core/announce.h"

void announce_init(Announce *a) {
        *a = (Announce){
                        .second_usec = USEC_INFINITY,
                        .refresh_usec = USEC_INFINITY,
                        .extra_usec = USEC_INFINITY,
                        .n_taught = ANNOUNCE_TEACH_MAX,
                        .lower_prio_pause_usec = ANNOUNCE_LOWER_PRIO_QUIET_USEC,
        };
}

/* RFC 9568 section 6.4.1 (110): on becoming Active, a gratuitous ARP or unsolicited NA per address. */
unsigned announce_master(Announce *a, const AnnounceConfig *c, usec_t now) {
        announce_init(a);
        if (c->delay_usec > 0) {
                a->second_usec = usec_add(now, c->delay_usec);
                a->second_repeat = c->repeat;
        }
        if (c->refresh_usec > 0)
                a->refresh_usec = usec_add(now, c->refresh_usec);
        if (c->extra_usec > 0)
                a->extra_usec = usec_add(now, c->extra_usec);
        return c->repeat;
}

void announce_teach(Announce *a, usec_t now) {
        a->teach_since_usec = now;
        a->n_taught = 0;
}

static usec_t teach_deadline(const Announce *a) {
        static const usec_t delays_usec[ANNOUNCE_TEACH_MAX] = {
                        2 * USEC_PER_MSEC, 10 * USEC_PER_MSEC, 50 * USEC_PER_MSEC, 250 * USEC_PER_MSEC};

        return a->n_taught < ANNOUNCE_TEACH_MAX ? usec_add(a->teach_since_usec, delays_usec[a->n_taught])
                                                : USEC_INFINITY;
}

/* A burst for a lower master now, and the pause after it. */
static unsigned lower_prio_burst(Announce *a, const AnnounceConfig *c, usec_t now) {
        usec_t longest = MAX(c->lower_prio_delay_usec, ANNOUNCE_LOWER_PRIO_QUIET_USEC);

        a->lower_prio_pending = false;
        a->lower_prio_quiet_usec = usec_add(now, a->lower_prio_pause_usec);
        a->lower_prio_pause_usec = MIN(2 * a->lower_prio_pause_usec, longest);
        if (c->lower_prio_delay_usec > 0) {
                a->second_usec = usec_add(now, c->lower_prio_delay_usec);
                a->second_repeat = c->lower_prio_repeat;
        }
        return c->lower_prio_repeat;
}

unsigned announce_lower_prio(Announce *a, const AnnounceConfig *c, usec_t now) {
        if (now < a->lower_prio_quiet_usec) {
                a->lower_prio_pending = true;
                return 0;
        }
        /* Calm for longer than any pause: a new split, not the rest of the old one. */
        if (now > usec_add(a->lower_prio_quiet_usec, a->lower_prio_pause_usec + c->lower_prio_delay_usec))
                a->lower_prio_pause_usec = ANNOUNCE_LOWER_PRIO_QUIET_USEC;
        return lower_prio_burst(a, c, now);
}

/* The next time of something periodic: on schedule, but what was missed in a stall is not made up for. */
static usec_t next_time(usec_t last, usec_t interval, usec_t now) {
        usec_t next = usec_add(last, interval);

        return interval == 0 ? USEC_INFINITY : next > now ? next : usec_add(now, interval);
}

unsigned announce_dispatch(Announce *a, const AnnounceConfig *c, usec_t now) {
        unsigned repeat = 0;

        if (now >= a->second_usec) {
                a->second_usec = USEC_INFINITY;
                repeat = MAX(repeat, a->second_repeat);
        }
        if (now >= a->refresh_usec) {
                a->refresh_usec = next_time(a->refresh_usec, c->refresh_usec, now);
                repeat = MAX(repeat, c->refresh_repeat);
        }
        if (a->lower_prio_pending && now >= a->lower_prio_quiet_usec)
                repeat = MAX(repeat, lower_prio_burst(a, c, now));
        return repeat;
}

bool announce_dispatch_extra(Announce *a, const AnnounceConfig *c, usec_t now) {
        if (now < a->extra_usec)
                return false;
        a->extra_usec = next_time(a->extra_usec, c->extra_usec, now);
        return true;
}

bool announce_dispatch_teach(Announce *a, usec_t now) {
        bool due = now >= teach_deadline(a);

        while (now >= teach_deadline(a))
                a->n_taught++;
        return due;
}

void announce_configure(Announce *a, const AnnounceConfig *c, usec_t now) {
        if (c->refresh_usec == 0)
                a->refresh_usec = USEC_INFINITY;
        else
                a->refresh_usec = MIN(a->refresh_usec, usec_add(now, c->refresh_usec));
        a->extra_usec = c->extra_usec == 0 ? USEC_INFINITY
                                           : MIN(a->extra_usec, usec_add(now, c->extra_usec));
        if (c->delay_usec == 0)
                a->second_usec = USEC_INFINITY;
}

void announce_stop(Announce *a) {
        announce_init(a);
}

usec_t announce_deadline(const Announce *a) {
        usec_t deadline = MIN(MIN(a->second_usec, a->refresh_usec), MIN(a->extra_usec, teach_deadline(a)));

        return a->lower_prio_pending ? MIN(deadline, a->lower_prio_quiet_usec) : deadline;
}
