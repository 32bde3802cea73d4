/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A wire made of code: two to eight routers on one segment, in virtual time that jumps to the next thing
 * that happens. The routers are the real core, the packets are real bytes; what the engine does with actions
 * is imitated here. All chance comes from one seed, so that a failing run is a number.
 *
 *      sim.c        the world: routers, segment, events
 *      sim-check.c  what must hold, judged from outside, without using the router's own rules
 *      sim-main.c   what is done to the world, round by round, and the command line */

#include "service/core/router.h"
#include <glib.h>

#define SIM_NODES_MAX 8

typedef struct Sim Sim;

typedef struct Node {
        unsigned index;
        RouterConfig config;
        Router router;
        VrrpAddress source;
        bool alive;
        unsigned part; /* routers of the same number hear each other */

        bool frozen;       /* does nothing... */
        bool freeze_keeps; /* ...and what arrives meanwhile waits, or is lost */
        GQueue inbox;
        usec_t last_arrival_usec[SIM_NODES_MAX]; /* by sender */

        usec_t planned_deadline, planned_usec; /* router_deadline(), and when we get round to it */
        bool addresses;                        /* the kernel has them */
        uint64_t ack;                          /* the acknowledgement that is waited for */
        unsigned announce;                     /* to be announced when acknowledged */
        usec_t master_since_usec, woken_usec;
        uint64_t operation; /* of the last command */
        VrrpResult result;  /* VRRP_RESULT_INVALID: still runs */
} Node;

struct Sim {
        uint64_t seed, random;
        usec_t now;
        Node nodes[SIM_NODES_MAX];
        unsigned n;
        GQueue events; /* sorted by time */
        uint64_t sequence;

        AdvertParams params; /* version, family, VIPs: the same for all */
        VrrpAddress vip, group;
        bool unicast;
        usec_t interval_min_usec, interval_max_usec, delay_max_usec, jitter_usec, preempt_delay_max_usec;

        unsigned loss_percent, duplicate_percent;
        usec_t quiet_since_usec; /* nothing was done to the world since, except freezing backups */
        bool settled;            /* the calm has lasted: exactly one master per part from now on */
        bool watch_handover;     /* a hand-over runs: its part must never be without a master */
        bool watch_addresses; /* ...and, with plain ARP and one best successor, always have the addresses */
        unsigned watch_part;
        unsigned takeovers; /* since the round began: who became master, one bit each */

        unsigned round;
        char *violation; /* the first one; NULL = none */
        GQueue *trace;   /* the last lines; NULL = off */
};

Sim *sim_new(uint64_t seed, bool trace);
Sim *sim_free(Sim *s);
DEFINE_CLEANUP(Sim, sim_free);

uint64_t sim_random(Sim *s, uint64_t below); /* 0 ... below - 1 */
bool sim_chance(Sim *s, unsigned percent);
void sim_trace(Sim *s, const char *format, ...) _printf_(2, 3);
void sim_run(Sim *s, usec_t until);

/* What can be done to the world. */
void node_feed(Sim *s, Node *x, const RouterEvent *event);
void node_start(Sim *s, Node *x);
void node_crash(Sim *s, Node *x);
void node_freeze(Sim *s, Node *x, usec_t duration, bool keeps);
void node_command(Sim *s, Node *x, VrrpOperation operation, VrrpMode mode, usec_t timeout_usec);
void sim_disturb(Sim *s);

static inline bool node_is_live(const Node *x) {
        return x->alive && !x->frozen;
}
static inline bool node_is_master(const Node *x) {
        return node_is_live(x) && x->router.state == VRRP_MASTER;
}
static inline bool node_connected(const Node *x, const Node *y) {
        return node_is_live(x) && node_is_live(y) && x->part == y->part;
}
/* May it become master? */
static inline bool node_is_eligible(const Node *x) {
        return node_is_live(x) && x->router.started && !x->router.fault &&
               x->router.admin != VRRP_ADMIN_PAUSED;
}

/* sim-check.c */
void sim_violation(Sim *s, const char *format, ...) _printf_(2, 3);
/* Around a step: `before` is a copy of the router. */
void check_step(Sim *s, const Node *x, const Router *before, const RouterEvent *event,
                const RouterStep *step);
void check_world(Sim *s);   /* after everything that happens */
void check_settled(Sim *s); /* at the end of a calm */
