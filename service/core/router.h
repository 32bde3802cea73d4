/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* One virtual router: the complete state machine of RFC 3768 and RFC 9568, with fault, the hand-over of
 * DESIGN section 6 and the commands on it.
 *
 * It owns: state, administrative state, deadlines, what is known of the master, the announcement schedule.
 * It must not know: sockets, clocks, the kernel, names, D-Bus, logs. Time goes in with every event
 * (CLOCK_BOOTTIME, microseconds) and router_deadline() says when it wants to be woken. router_step() is
 * total: no malloc, no error.
 *
 * Its only user is the engine's instance_feed(): every packet, deadline, fault, priority and command enters
 * there as a RouterEvent and leaves as RouterActions, which are to be carried out in their order. */

#include "service/core/advert.h"
#include "service/core/announce.h"
#include "service/core/types.h"

typedef struct RouterConfig {
        uint8_t version; /* 2 or 3 */
        uint8_t vrid;
        int family;
        uint8_t base_priority;
        usec_t interval_usec; /* configured Adver_Interval */
        bool preempt;         /* false: nopreempt */
        usec_t preempt_delay_usec;
        unsigned down_timer_adverts;  /* Master_Down_Interval = this many intervals + skew; default 3 */
        bool lower_prio_no_advert;    /* do not answer a lower-priority advert (pre RFC 9568) */
        bool owner_ignore_adverts;    /* an owner that is master discards the adverts of others */
        AdvertChecksum checksum_form; /* of what we send, version 3 over IPv4 */
        uint8_t expired_priority;     /* timer_expired_backup: the highest of the others, 0 = off */
        bool higher_prio_send_advert; /* one last advert before falling silent; default on (DESIGN 5.6) */
        bool vmac;                    /* addresses live on a virtual MAC */
        bool teaches;   /* some do, if only on other interfaces: switches are told where (announce.h) */
        bool plain_arp; /* IPv4 on the interface's own MAC: hand-over waits for the successor's ARP */
        bool grouped;   /* in a sync group: says when it wants to be master, and waits to be told */
        uint64_t vips_digest; /* advert_vips_digest() of the configured VIPs */
        AnnounceConfig announce;
} RouterConfig;

typedef enum RouterEventType {
        ROUTER_EVENT_STARTED,   /* interface present, source address known, trackers have reported */
        ROUTER_EVENT_STOPPED,   /* immediate: no hand-over. The instance goes away */
        ROUTER_EVENT_PACKET,    /* an accepted advert of another router */
        ROUTER_EVENT_DEADLINE,  /* router_deadline() has come (harmless when it has not) */
        ROUTER_EVENT_FAULT,     /* the set of fault causes became non-empty (fault=true) or empty */
        ROUTER_EVENT_PRIORITY,  /* the effective priority from trackers changed */
        ROUTER_EVENT_SOURCE,    /* our primary address changed (the tie-breaker) */
        ROUTER_EVENT_ADDRESSES, /* the kernel has acknowledged that all VIPs are on (on=true) or gone */
        ROUTER_EVENT_ANNOUNCED, /* another station's gratuitous ARP for one of our VIPs was heard */
        ROUTER_EVENT_COMMAND,   /* one of the operations */
        ROUTER_EVENT_CONFIG,    /* reload: new parameters, state kept */
        ROUTER_EVENT_REFUSED,   /* a packet with our VRID was refused: may be a conflict, touches no timer */
        ROUTER_EVENT_GROUP,     /* what its sync group has decided; only from core/group.c */
        ROUTER_EVENT_TYPE_MAX,
} RouterEventType;

/* What a sync group tells a member, see group.h. */
typedef enum RouterGroupOrder {
        ROUTER_GROUP_TAKE_OVER,     /* every member wants it: go */
        ROUTER_GROUP_YIELD,         /* a master: another member has given way to a better one */
        ROUTER_GROUP_WAIT,          /* wants to be master: for one more interval another host goes first */
        ROUTER_GROUP_RECLAIM,       /* has released in a hand-over that failed as a whole: contend again */
        ROUTER_GROUP_CANCEL,        /* ForceElection or Promote has failed for another member */
        ROUTER_GROUP_PROMOTION_END, /* the promotion of another member has ended */
        ROUTER_GROUP_FAULT,         /* another member is in fault */
        ROUTER_GROUP_FAULT_CLEARED,
} RouterGroupOrder;

typedef struct RouterCommand {
        VrrpOperation operation;
        uint64_t id; /* echoed in ROUTER_ACTION_FINISHED */
        VrrpMode mode;
        usec_t timeout_usec; /* how long the hold lasts: 0 = 10 min for promote, forever for the others */
        uint8_t priority;    /* promote: 0 = 254 */
        usec_t bound_usec; /* a hand-over waits this long for a successor (a group: for its slowest member);
                              0 = own */
} RouterCommand;

typedef struct RouterEvent {
        RouterEventType type;
        union {
                Advert packet;
                bool fault;
                bool addresses_on;
                uint8_t priority; /* effective, from priority_effective() */
                VrrpAddress source;
                RouterCommand command;
                RouterConfig config;
                RouterGroupOrder group;
                struct {
                        AdvertVerdict verdict;
                        VrrpAddress source;
                } refused;
        };
} RouterEvent;

typedef enum RouterActionType {
        ROUTER_ACTION_SEND_ADVERT,  /* u: priority, to */
        ROUTER_ACTION_ADDRESSES_ON, /* add VIPs (and send the netlink batch) now */
        ROUTER_ACTION_ADDRESSES_OFF,
        ROUTER_ACTION_ANNOUNCE,         /* u: repeat */
        ROUTER_ACTION_ANNOUNCE_EXTRA,   /* once, the addresses on other interfaces (garp_extra_if) */
        ROUTER_ACTION_TEACH,            /* one frame that nobody answers, from each virtual MAC address */
        ROUTER_ACTION_STATE_CHANGED,    /* u: old_state, new_state, reason */
        ROUTER_ACTION_CONFLICT_SEEN,    /* u: conflict, address. Only when it begins */
        ROUTER_ACTION_CONFLICT_CLEARED, /* u: conflict, address */
        ROUTER_ACTION_FINISHED,         /* u: id, operation, result. An operation ended */
        ROUTER_ACTION_CHANGED,          /* something that is published changed without a state change */
        ROUTER_ACTION_TYPE_MAX,
} RouterActionType;

typedef struct RouterAction {
        RouterActionType type;
        union {
                struct {
                        uint8_t priority;
                        VrrpAddress to; /* set: only to this unicast peer (ignored with multicast) */
                } advert;
                unsigned repeat;
                struct {
                        VrrpState old_state, new_state;
                        VrrpReason reason;
                } state;
                struct {
                        VrrpConflict kind;
                        VrrpAddress address;
                } conflict;
                struct {
                        uint64_t id;
                        VrrpOperation operation;
                        VrrpResult result;
                } finished;
        };
} RouterAction;

#define ROUTER_ACTIONS_MAX 24 /* more than the longest step can produce; asserted */

typedef struct RouterStep {
        size_t n_actions;
        RouterAction actions[ROUTER_ACTIONS_MAX];
        VrrpAddress successor; /* to whom a hand-over has just released; unset = to nobody, or none did */
} RouterStep;

/* The phases of a hand-over; meaningful while admin is VRRP_ADMIN_HANDING_OVER. */
typedef enum RouterHandover {
        ROUTER_HANDOVER_NONE,
        ROUTER_HANDOVER_CALLING,   /* priority 0 is out, VIPs kept, silent */
        ROUTER_HANDOVER_RELEASING, /* a successor's advert was heard, waiting for its ARP (100 ms at most) */
} RouterHandover;

/* What a backup knows of masters that it means to preempt, and a master of others that claim the same. */
typedef struct RouterRival {
        usec_t since_usec;    /* first advert of an unbroken series; USEC_INFINITY = none */
        usec_t last_usec;     /* latest one */
        usec_t interval_usec; /* of its sender */
        usec_t answer_usec;   /* no answer to another before this time */
} RouterRival;

typedef struct Router {
        RouterConfig config;

        VrrpState state;
        VrrpReason reason;
        VrrpAdminState admin;
        bool started; /* STARTED was seen and not STOPPED */
        bool fault;
        bool group_fault;       /* another member of its sync group is in fault */
        bool wants;             /* grouped, backup: would be master by now... */
        VrrpReason want_reason; /* ...because of this */

        uint8_t tracked_priority;  /* effective priority from trackers, before promotion */
        uint8_t promoted_priority; /* 0 = not promoted */
        VrrpAddress source;        /* our primary address */

        VrrpAddress master_address;  /* whom we follow or mean to preempt; unset when we are master */
        uint8_t master_priority;     /* 0 while master_address is unset */
        usec_t master_heard_usec;    /* when */
        usec_t master_interval_usec; /* Master_Adver_Interval (v3 adopts it) */
        VrrpAddress better_address;  /* the better master that was followed before and may be alive... */
        usec_t better_interval_usec; /* ...its interval... */
        usec_t better_until_usec;    /* ...until this time */
        bool master_resigned;        /* its last advert had priority 0 */
        bool elect;                  /* ForceElection or Promote waits to hear the master: preempt once */
        bool preempt_ready;          /* preempt_delay has passed */
        RouterRival rival;           /* lower-priority masters */

        usec_t master_down_usec; /* deadlines; USEC_INFINITY = none */
        usec_t advert_due_usec;
        usec_t preempt_usec;  /* end of preempt_delay */
        usec_t farewell_usec; /* last advert of a master that yielded, when the kernel does not answer */
        usec_t handover_usec;
        usec_t yielded_usec; /* when it last gave way as master, by itself or with its group; 0 = not yet */
        usec_t admin_expire_usec;                /* end of yielding, promoted, paused */
        usec_t conflict_usec[VRRP_CONFLICT_MAX]; /* when a seen conflict is taken as over */
        VrrpAddress conflict_address[VRRP_CONFLICT_MAX];

        RouterHandover handover;
        usec_t handover_begun_usec; /* when our priority 0 went out */
        bool successor_announced;   /* the successor's ARP was heard before its advert */
        RouterCommand operation;    /* the running operation, while handover or elect is set */
        VrrpAddress farewell_to;
        bool farewell_resigns; /* nobody may have taken over: priority 0 follows the last advert */

        Announce announce;
} Router;

/* A router in state initialize. `source` may be unset until ROUTER_EVENT_SOURCE. tracked priority = base. */
void router_init(Router *r, const RouterConfig *config);

/* Puts back a hold that outlived the router (restart of the daemon, reload that restarts the instance):
 * yielding, paused or promoted; others do nothing. Between router_init() and ROUTER_EVENT_STARTED.
 * expire_usec: CLOCK_BOOTTIME, USEC_INFINITY = never. priority: of a promotion, 0 = 254. */
void router_restore_hold(Router *r, VrrpAdminState admin, usec_t expire_usec, uint8_t priority);

/* The effective priority that is advertised: promoted, or from trackers. */
uint8_t router_priority(const Router *r);

/* RFC 9568 section 6.1, in microseconds: skew = (256 - priority) * Active_Adver_Interval / 256.
 * Version 2: (256 - priority) / 256 s. */
usec_t router_skew_usec(const Router *r);
usec_t router_master_down_interval_usec(const Router *r);

/* How long a hand-over waits for a successor: 255/256 of the interval (v3) or one second (v2), + 200 ms. */
usec_t router_handover_bound_usec(const Router *r);

/* The earliest time at which ROUTER_EVENT_DEADLINE is wanted, USEC_INFINITY for never. */
usec_t router_deadline(const Router *r);

/* Feeds one event at `now` (microseconds, CLOCK_BOOTTIME, never decreasing). *ret is overwritten. */
void router_step(Router *r, usec_t now, const RouterEvent *event, RouterStep *ret);

/* Would a router with this priority and address win against that one? RFC 9568 section 6.4.3. */
bool router_beats(uint8_t priority, const VrrpAddress *source, uint8_t other_priority,
                const VrrpAddress *other);

/* Has it heard another master go on since its group gave way then? Until an interval later it hears the last
 * words of those that give way in the same moment. */
bool router_heard_since(const Router *r, usec_t yielded_usec);

/* Would this command be refused now? VRRP_RESULT_DONE = no. The bus side asks early (on its mirror's
 * values), the engine again when the command runs; both by this rule. `started` false = daemon waits for
 * trackers: like initialize. */
VrrpResult router_command_check(VrrpState state, VrrpAdminState admin, bool operation_running,
                VrrpOperation operation, VrrpMode mode);

/* Does a backup of this effective priority win against this master when it contends by ForceElection or
 * Promote (wanted: the priority asked for, 0 = the highest)? */
bool router_contender_wins(VrrpOperation operation, uint8_t wanted, uint8_t priority,
                const VrrpAddress *source, uint8_t master_priority, const VrrpAddress *master);
