/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* When a master says where its addresses are: a burst on taking over, a second one after a delay, an
 * optional periodic refresh, and one when a lower-priority master was heard. Defaults are keepalived's: 5 at
 * once, 5 more after 5 s, no refresh. Pure schedule: it says "announce now, n times", others build and send
 * frames. */

#include "service/core/types.h"

typedef struct AnnounceConfig {
        usec_t delay_usec;            /* garp_master_delay, default 5 s; 0 = no second burst */
        unsigned repeat;              /* garp_master_repeat, default 5 */
        usec_t refresh_usec;          /* garp_master_refresh, default 0 = off */
        unsigned refresh_repeat;      /* garp_master_refresh_repeat, default 1 */
        usec_t lower_prio_delay_usec; /* garp_lower_prio_delay, default = delay_usec */
        unsigned lower_prio_repeat;   /* garp_lower_prio_repeat, default = repeat */
        usec_t extra_usec;            /* garp_extra_if, default 0 = off */
        bool extra_all;               /* its `all`: not only on virtual MACs */
} AnnounceConfig;

/* The pause between two bursts for lower masters, at first; it doubles while they go on, up to the
 * configured delay. */
#define ANNOUNCE_LOWER_PRIO_QUIET_USEC (200 * USEC_PER_MSEC)

/* How often, after announcements of a virtual MAC address, the switches are told again behind which port it
 * is: soon, as answers to the announcements come at once; when a loser must have let go; and for a busy one.
 */
#define ANNOUNCE_TEACH_MAX 4

typedef struct Announce {
        usec_t second_usec; /* deadline of the second burst, USEC_INFINITY = none */
        unsigned second_repeat;
        usec_t teach_since_usec;      /* when the announcements were made that switches are told about */
        unsigned n_taught;            /* how often they have been; ANNOUNCE_TEACH_MAX = enough */
        usec_t refresh_usec;          /* deadline of the next refresh */
        usec_t extra_usec;            /* deadline of the next round on other interfaces */
        usec_t lower_prio_quiet_usec; /* no further burst for a lower master before this time */
        usec_t lower_prio_pause_usec; /* length of the next such pause */
        bool lower_prio_pending;      /* one was heard in the pause: a burst is due at its end */
} Announce;

/* Each returns how often every address is to be announced now (0 = not at all). */
void announce_init(Announce *a);
unsigned announce_master(Announce *a, const AnnounceConfig *c, usec_t now); /* became master */
/* Announcements are made of a virtual MAC address. As long as an old master has not let go, its kernel
 * answers gratuitous requests, and all others, from the same MAC address: switches learn it at the old port
 * again, and nothing but the next advert would tell them. Hence some frames that nobody answers. */
void announce_teach(Announce *a, usec_t now);
/* Heard a lower master. Never lost: in the pause after a burst it is only put off, because the one advert
 * that must be answered is the last, sent when the loser's addresses are gone (DESIGN 5.6). */
unsigned announce_lower_prio(Announce *a, const AnnounceConfig *c, usec_t now);
unsigned announce_dispatch(Announce *a, const AnnounceConfig *c, usec_t now); /* a deadline came */
/* Is a round due for the addresses on other interfaces than the instance's own, so that switches there do
 * not forget them? Once each. */
bool announce_dispatch_extra(Announce *a, const AnnounceConfig *c, usec_t now);
/* Are the switches to be told? */
bool announce_dispatch_teach(Announce *a, usec_t now);
void announce_configure(Announce *a, const AnnounceConfig *c, usec_t now); /* reload while master */
void announce_stop(Announce *a);                                           /* no longer master */
usec_t announce_deadline(const Announce *a);
