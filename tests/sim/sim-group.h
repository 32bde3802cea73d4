/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Sync groups on wires made of code: two to four hosts, each with one group of two or three virtual routers,
 * one on each segment. As in sim.h, each host has a clock of its own, and all chance comes from one seed;
 * the packets are structs here, as the codec is tried there.
 *
 *      sim-group.c        the world: hosts, clocks, segments, and the engine imitated
 *      sim-group-check.c  what must hold, judged from outside
 *      sim-group-round.c  what is done to the world
 *      sim-group-main.c   what a world is made of; the command line */

#include "service/core/group.h"
#include <glib.h>

#define HOSTS_MAX 4
#define SEGMENTS_MAX 3
#define DRIFT_MAX_PPM 500

typedef struct Event {
        usec_t at;
        uint64_t sequence;
        enum { PACKET, ARP, ACK, WAKE } kind;
        unsigned to, segment, from;
        Advert advert;
        uint64_t ack;
        bool on;
} Event;

/* What is known of a member from outside: what it was told and what it said. Times are its host's clock's.
 */
typedef struct MemberWatch {
        uint8_t tracked, asked, promotion;
        usec_t earliest_usec; /* as backup: take-over is not due before */
        usec_t said_usec;     /* as master: its last advert to all */
        usec_t yielded_usec;  /* when it last gave way */
        bool farewell;        /* ...and has not said so yet... */
        bool resigns;         /* ...and is to say priority 0 behind that */
} MemberWatch;

typedef struct Host {
        unsigned index;
        bool alive;
        Group group;
        GroupMember members[SEGMENTS_MAX];
        Router routers[SEGMENTS_MAX];
        RouterConfig config; /* but for interval and priority, which differ by segment */
        uint8_t base_priority[SEGMENTS_MAX];
        VrrpAddress source[SEGMENTS_MAX];
        unsigned part[SEGMENTS_MAX]; /* on each segment: hosts of the same number hear each other */

        usec_t clock_origin_usec;
        int64_t clock_drift_ppm;
        bool frozen, freeze_keeps; /* does nothing; and what arrives meanwhile waits, or is lost */
        GQueue inbox;
        usec_t woken_usec;
        usec_t planned_deadline[SEGMENTS_MAX], planned_usec[SEGMENTS_MAX];

        bool grouped[SEGMENTS_MAX]; /* a reload may take a member out of the group for a while */
        bool half;                  /* one came back, and the group is not of one mind yet */
        bool addresses[SEGMENTS_MAX];
        uint64_t ack[SEGMENTS_MAX];
        unsigned announce[SEGMENTS_MAX]; /* to be announced when acknowledged */
        usec_t master_since_usec[SEGMENTS_MAX];
        uint64_t operation;
        VrrpResult result; /* VRRP_RESULT_INVALID: runs */
        MemberWatch watch[SEGMENTS_MAX];
} Host;

typedef struct World {
        uint64_t seed, random, sequence;
        usec_t now, delay_usec, jitter_usec;
        usec_t interval_usec; /* the longest */
        usec_t intervals_usec[SEGMENTS_MAX];
        usec_t preempt_delay_max_usec;
        unsigned n_hosts, n_segments;
        bool crossed, close; /* hosts may each be better on some segments, by little or by nothing */
        Host hosts[HOSTS_MAX];
        GQueue events;                                        /* sorted */
        usec_t last_usec[HOSTS_MAX][HOSTS_MAX][SEGMENTS_MAX]; /* a wire keeps the order of one sender... */
        bool reorder;                                         /* ...unless it is made of several */
        bool deaf[HOSTS_MAX][HOSTS_MAX][SEGMENTS_MAX];        /* [to][from] */
        unsigned loss_percent, duplicate_percent, slow_percent;

        usec_t quiet_since_usec; /* nothing was done to the world since, except freezing backups */
        bool someone;            /* each segment has a master... */
        bool settled;            /* ...one only, and the same host's on all */
        bool watch;           /* a hand-over with a successor: each segment has a master all the time... */
        bool watch_addresses; /* ...and, where plain ARP tells, the addresses */
        bool talks;
        unsigned round;
        uint64_t n_steps;
        char *violation; /* the first one; NULL = none */
} World;

uint64_t chance_of(World *w, uint64_t below);
bool percent(World *w, unsigned n);
void say(World *w, const char *format, ...) _printf_(2, 3);
void violation(World *w, const char *format, ...) _printf_(2, 3);

/* sim-group.c */
usec_t host_clock(const Host *h, usec_t at);
void run(World *w, usec_t until);
void feed(World *w, Host *h, unsigned segment, const RouterEvent *event);
void carry_out_orders(World *w, Host *h);
void start(World *w, Host *h);
void crash(World *w, Host *h);
void freeze(World *w, Host *h, usec_t duration, bool keeps);
void command(World *w, Host *h, const RouterCommand *wanted);
void order(World *w, Host *h, VrrpOperation operation);
RouterConfig member_config(const World *w, const Host *h, unsigned segment);
void set_grouped(World *w, Host *h, unsigned segment, bool grouped);
void disturb(World *w);

static inline bool host_is_live(const Host *h) {
        return h->alive && !h->frozen;
}
static inline bool host_is_master(const Host *h, unsigned segment) {
        return host_is_live(h) && h->routers[segment].state == VRRP_MASTER;
}

/* sim-group-check.c */
void watch_start(World *w, Host *h, unsigned segment);
/* Around a step of a member: `before` is a copy of its router. */
void check_member(World *w, Host *h, unsigned segment, const Router *before, const RouterEvent *event,
                const RouterStep *step);
/* When all orders have been carried out. */
void check_group(World *w, Host *h);
void check_world(World *w);
/* At the end of a calm. */
void check_rest(World *w);
unsigned count_masters(const World *w, unsigned segment, unsigned part);

/* sim-group-main.c. */
void group_random_bases(World *w, Host *h);

/* sim-group-round.c */
void do_round(World *w);
void calm(World *w);
