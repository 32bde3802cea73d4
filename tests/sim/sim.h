/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A wire made of code: two to sixteen routers on one segment, in virtual time that jumps to the next thing
 * that happens. The routers are the real core, the packets are real bytes; what the engine does with actions
 * is imitated here. Each router has a clock of its own, with another origin and another speed. All chance
 * comes from one seed, so that a failing run is a number.
 *
 *      sim.c        the world: routers, clocks, segment, events
 *      sim-make.c   what a world is made of, and what a reload may make of a router
 *      sim-step.c   what must hold for each step of one router    } judged from outside, without using
 *      sim-reason.c why it went where it went                      } the router's own rules
 *      sim-admin.c  what commands make of it                      }
 *      sim-check.c  what must hold for all of them                }
 *      sim-round.c  what is done to the world: chaos, and clean experiments with a known outcome
 *      sim-main.c   the command line */

#include "service/core/router.h"
#include <glib.h>

#define SIM_NODES_MAX 16
#define SIM_PARTS_MAX 3
#define SIM_DRIFT_MAX_PPM 500

typedef struct Sim Sim;

/* What is known of a router from outside: what it was told and what it said. Times are its own clock's. */
typedef struct Watch {
        uint8_t tracked;                   /* priority from trackers */
        uint8_t asked, promotion;          /* what the last Promote asked for, and what came of it */
        usec_t earliest_usec, latest_usec; /* as backup: take-over is not due before, and overdue after */
        usec_t interval_usec;              /* of the master that it follows; its own before it knows one */
        VrrpAddress master;                /* whose adverts it hears, and since when no other's */
        usec_t master_since_usec;
        usec_t lower_since_usec; /* first of the adverts that preempt_delay counts from; USEC_INFINITY = none
                                  */
        usec_t regular_usec;     /* as master: what its advert timer was last set by */
        usec_t answered_usec;    /* last answer to a lower master */
        usec_t yielded_usec;     /* when it last gave way, and to whom */
        VrrpAddress winner;
        bool owes_farewell;
        usec_t hold_until_usec; /* end of a hold, USEC_INFINITY = none */
        bool stopped;           /* it was told to stop */
        bool conflict[VRRP_CONFLICT_MAX];
        bool heard_resign, heard_lower; /* as backup, since it last followed somebody: these may be why... */
        bool surely_resigned;           /* ...and this must be... */
        usec_t lower_usec,
                        lower_interval_usec; /* ...or a lower master that it heard so recently, 0 = none */
} Watch;

typedef struct Node {
        unsigned index;
        RouterConfig config;
        Router router;
        VrrpAddress source;
        bool alive;
        unsigned part; /* routers of the same number hear each other */

        usec_t clock_origin_usec; /* its clock at the beginning of the world... */
        int64_t clock_drift_ppm;  /* ...and how much faster it runs */

        bool frozen;       /* does nothing... */
        bool freeze_keeps; /* ...and what arrives meanwhile waits, or is lost */
        GQueue inbox;
        usec_t last_arrival_usec[SIM_NODES_MAX]; /* by sender */

        usec_t planned_deadline, planned_usec; /* router_deadline(), and when we get round to it */
        bool addresses;                        /* the kernel has them */
        uint64_t ack;                          /* the acknowledgement that is waited for */
        unsigned announce;                     /* to be announced when acknowledged */
        unsigned client;                       /* a client beside it: whose announcement it heard last */
        usec_t master_since_usec, woken_usec;
        uint64_t operation; /* of the last command */
        VrrpResult result;  /* VRRP_RESULT_INVALID: still runs */
        Watch watch;
} Node;

struct Sim {
        uint64_t seed, random;
        usec_t now;
        Node nodes[SIM_NODES_MAX];
        unsigned n;
        struct Event *events; /* a heap by time */
        size_t n_events, allocated;
        uint64_t sequence;

        AdvertParams params; /* version, family, VIPs: the same for all */
        VrrpAddress vip, group;
        bool unicast, mixed; /* mixed: routers have different intervals */
        usec_t interval_usec, interval_min_usec, interval_max_usec, delay_max_usec, jitter_usec;
        usec_t preempt_delay_max_usec;
        unsigned down_adverts_max, vmac_percent;

        unsigned loss_percent, duplicate_percent, garble_percent, slow_percent;
        unsigned slow_kernel_percent; /* acknowledgements that take until after a farewell is due */
        bool no_arp;                  /* announcements are lost */
        bool reorder;
        bool deaf[SIM_NODES_MAX][SIM_NODES_MAX]; /* [to][from]: a link that works in one direction only */
        usec_t quiet_since_usec; /* nothing was done to the world since, except freezing backups */
        bool someone;            /* from now on each part has a master... */
        bool settled;            /* ...and only one */
        bool watch_handover;     /* a hand-over runs: its part must never be without a master */
        bool watch_addresses; /* ...and, with plain ARP and one best successor, always have the addresses */
        bool watch_clients;   /* every client must know the master when the calm has come */
        unsigned watch_part;
        unsigned takeovers; /* since the round began: who became master, one bit each */

        unsigned round;
        uint64_t n_steps;
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

/* A router's clock at a time of the world, and back: the first moment at which its clock shows that. */
usec_t node_clock(const Node *x, usec_t at);
usec_t node_when(const Node *x, usec_t clock);

/* What can be done to the world. */
void node_feed(Sim *s, Node *x, const RouterEvent *event);
void node_start(Sim *s, Node *x);
void node_crash(Sim *s, Node *x);
void node_freeze(Sim *s, Node *x, usec_t duration, bool keeps);
void node_command(Sim *s, Node *x, const RouterCommand *command);
void node_order(Sim *s, Node *x, VrrpOperation operation); /* graceful, no options */
void sim_disturb(Sim *s);

/* sim-make.c */
void sim_make(Sim *s);
/* Anything that a reload can change in place. */
void sim_make_config(Sim *s, Node *x, RouterConfig *config);
VrrpAddress sim_make_address(int family, uint8_t host);

/* sim-round.c */
void sim_begin(Sim *s);
void sim_round(Sim *s);

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

/* sim-step.c. Around a step: `before` is a copy of the router. */
void watch_start(Sim *s, Node *x);
void check_step(Sim *s, Node *x, const Router *before, const RouterEvent *event, const RouterStep *step);
/* Must it leave a lower master alone, as far as the configuration says? */
bool check_must_not_preempt(const Router *r);

/* sim-reason.c. own: the priority that was due before the step. */
void check_reason(Sim *s, const Node *x, const Router *before, usec_t now, const RouterEvent *event,
                const RouterAction *a, uint8_t own);

/* sim-admin.c */
void check_admin(Sim *s, Node *x, const Router *before, usec_t now, const RouterEvent *event,
                const RouterStep *step, usec_t tolerance);

/* sim-check.c */
void sim_violation(Sim *s, const char *format, ...) _printf_(2, 3);
void check_takeover(Sim *s, const Node *x, const Router *before, const RouterStep *step);
void check_world(Sim *s);   /* after everything that happens */
void check_settled(Sim *s); /* at the end of a calm */
