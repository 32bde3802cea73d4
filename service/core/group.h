/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A sync group: virtual routers of one host that change state together.
 *
 * It owns: whether the group is master, the command that runs on it, and per member whether it has joined.
 * It must not know: clocks, memory, names, the wire. It looks at its members' routers and says which event
 * has to be fed to which of them; the events take the same road as all others:
 *
 *      router_step(member, event) → group_note() → actions
 *      while (group_next(group, &order))
 *              ORDER_FEED: router_step(order.member, order.event) → group_note() → actions
 *              else: publish
 *
 * The rules (DESIGN 6, and how keepalived's groups behave, which this one has to live with):
 *
 *  - Nobody becomes master alone: a member whose timer runs out wants to, and when all want they go in one
 *    turn. An advert of a master that it follows takes a wish back.
 *  - A member that gives way to a better master takes the others along; each says so with priority 0,
 * because nobody may be master there yet (keepalived's group takes over only if every member times out).
 *  - Two hosts that are each better for some members may become master in the same moment, and then both
 * give way: afterwards the one whose best member is the worse lets the other go first, by one interval.
 *  - A fault of one is a fault of all, while it lasts.
 *  - A hand-over sends all priority 0 in one turn, with the longest bound of all. Each member releases at
 * its own successor; if some have none in the end, the others contend again (graceful) or these release too
 * (force).
 *  - A member that joins a master group (reload, late start) becomes master when it wants to; if it follows
 * a live master instead, the group cannot be whole here and yields.
 *  - A paused member does not count.
 *
 * Members are visited in the order in which they were added, so that the same events give the same orders.
 */

#include "service/core/router.h"
#include "service/util/list.h"

/* The id of commands that a group gives its members; their ends are noted by the group, not published. */
#define GROUP_COMMAND_ID (UINT64_MAX - 1)

typedef struct GroupMember {
        List node;      /* the group's */
        Router *router; /* borrowed */
        bool joined;    /* has been master with the group since that became so */
        bool promoted;  /* ...by an administrator's promotion */
        bool due;       /* the running command has not been given yet */
        bool pending;   /* ...and has not ended */
        bool reclaim;   /* released in a hand-over that failed for others */
        bool commanded; /* takes part in the command; result is valid when it is not pending */
        VrrpResult result;
} GroupMember;

typedef enum GroupPhase {
        GROUP_IDLE,
        GROUP_HANDOVER, /* failover, election and pause of a master */
        GROUP_RECLAIM,  /* the hand-over failed for some: the others contend again */
        GROUP_CONTEND,  /* election and promote of a backup: until all want */
        GROUP_SIMPLE,   /* pause and resume: done when told */
} GroupPhase;

typedef struct Group {
        List members;
        bool master;            /* its members are, or become, master */
        bool yielded;           /* it gave way as master, and nobody is known to have gone on since */
        uint8_t other_priority; /* the best master that a member has heard since then */
        VrrpAddress other;
        bool stopping; /* the daemon stops: each member hands over by itself, no orders any more */
        VrrpState state;
        VrrpReason reason;
        VrrpReason causes[VRRP_STATE_MAX]; /* why members entered each state since the group was at rest */

        GroupPhase phase;
        RouterCommand command; /* as given */
        RouterCommand step;    /* what the members get of it now */
        VrrpResult outcome;    /* so far */
        bool finished;         /* `command` has ended in `outcome`, to be told */
} Group;

typedef enum GroupOrderType {
        GROUP_ORDER_FEED,          /* feed `event` to the router of `member` */
        GROUP_ORDER_STATE_CHANGED, /* old_state, new_state, reason */
        GROUP_ORDER_FINISHED,      /* command `id` has ended */
} GroupOrderType;

typedef struct GroupOrder {
        GroupOrderType type;
        GroupMember *member;
        RouterEvent event;
        VrrpState old_state, new_state;
        VrrpReason reason;
        uint64_t id;
        VrrpOperation operation;
        VrrpResult result;
} GroupOrder;

void group_init(Group *g);
/* The router's configuration says `grouped`. It may be in any state, as when a reload makes a group of
 * running routers. The member is the caller's and stays where it is. */
void group_add(Group *g, GroupMember *m, Router *router);
/* The router goes on by itself, or has ended. A command goes on without it. */
void group_remove(Group *g, GroupMember *m);

/* To be told of each step of a member's router. */
void group_note(Group *g, GroupMember *m, const RouterStep *step);
/* What is to be done next; false: nothing, *ret untouched. After each event of a member and after each
 * command. */
bool group_next(Group *g, GroupOrder *ret);

/* A command on the whole group; refused or run, its end comes from group_next(). */
void group_command(Group *g, const RouterCommand *command);
/* The daemon stops, or the group is removed with its members. Returns the bound for the commands of its
 * members' stop. */
usec_t group_stop(Group *g);
/* How long a hand-over of all its masters waits: for the slowest. 0: none is master. */
usec_t group_bound(const Group *g);

/* What the commands have made of the group: the strongest of its members'. */
VrrpAdminState group_admin(const Group *g);
bool group_operation_running(const Group *g);
