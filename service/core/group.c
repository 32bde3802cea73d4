/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* See group.h. Each turn of group_next() looks at the members as they are and finds the first thing that is
 * not as the rules want it; there is no order that does not change what it was given for, so the turns end.
 */

#include "service/core/group.h"

#define MEMBER(n) CONTAINER_OF(n, GroupMember, node)

/* ---- What is seen of the members ---- */

static bool counts(const GroupMember *m) {
        return m->router->admin != VRRP_ADMIN_PAUSED;
}

/* Members of this state that count. */
static size_t count_state(const Group *g, VrrpState state) {
        size_t n = 0;

        LIST_FOREACH (node, &g->members)
                n += counts(MEMBER(node)) && MEMBER(node)->router->state == state;
        return n;
}

static size_t count_counting(const Group *g) {
        size_t n = 0;

        LIST_FOREACH (node, &g->members)
                n += counts(MEMBER(node));
        return n;
}

/* Hears a master that it does not mean to replace. */
static bool follows(const Router *r) {
        return r->state == VRRP_BACKUP && !r->wants && vrrp_address_is_set(&r->master_address) &&
               !r->master_resigned && r->rival.since_usec == USEC_INFINITY;
}

static bool all_want(const Group *g) {
        LIST_FOREACH (node, &g->members) {
                const Router *r = MEMBER(node)->router;

                if (counts(MEMBER(node)) && !(r->state == VRRP_BACKUP && r->wants))
                        return false;
        }
        return count_counting(g) > 0;
}

/* ---- Orders ---- */

static bool feed(GroupMember *m, RouterEvent event, GroupOrder *ret) {
        *ret = (GroupOrder){.type = GROUP_ORDER_FEED, .member = m, .event = event};
        return true;
}

static bool order(GroupMember *m, RouterGroupOrder what, GroupOrder *ret) {
        return feed(m, (RouterEvent){.type = ROUTER_EVENT_GROUP, .group = what}, ret);
}

/* ---- Faults ---- */

static bool has_fault(const GroupMember *m) {
        return counts(m) && m->router->fault;
}

/* A fault of one is a fault of all. This is asked after each advert, hence one count for all members. */
static bool next_fault(Group *g, GroupOrder *ret) {
        size_t n = 0;

        LIST_FOREACH (node, &g->members)
                n += has_fault(MEMBER(node));
        LIST_FOREACH (node, &g->members) {
                GroupMember *m = MEMBER(node);
                bool fault = counts(m) && n > has_fault(m);

                if (m->router->group_fault != fault)
                        return order(m, fault ? ROUTER_GROUP_FAULT : ROUTER_GROUP_FAULT_CLEARED, ret);
        }
        return false;
}

/* A tracker that went down, or its time, has ended the promotion of one: the others would hold on to what it
 * cannot keep. */
static bool next_promotion(Group *g, GroupOrder *ret) {
        bool ended = false;

        LIST_FOREACH (node, &g->members) {
                GroupMember *m = MEMBER(node);

                m->promoted |= m->joined && m->router->admin == VRRP_ADMIN_PROMOTED;
                ended |= m->promoted && m->router->admin == VRRP_ADMIN_ENABLED;
        }
        if (!ended)
                return false;
        LIST_FOREACH (node, &g->members)
                if (MEMBER(node)->promoted && MEMBER(node)->router->admin == VRRP_ADMIN_PROMOTED)
                        return order(MEMBER(node), ROUTER_GROUP_PROMOTION_END, ret);
        LIST_FOREACH (node, &g->members)
                MEMBER(node)->promoted = false;
        return false;
}

/* ---- Master or not ---- */

static void leave_master(Group *g) {
        g->master = false;
        LIST_FOREACH (node, &g->members)
                MEMBER(node)->joined = MEMBER(node)->promoted = false;
}

/* A member has given way to another master, or follows one where it should join us. */
static bool must_yield(const Group *g) {
        LIST_FOREACH (node, &g->members) {
                const GroupMember *m = MEMBER(node);

                if (counts(m) && m->router->state == VRRP_BACKUP && (m->joined || follows(m->router)))
                        return true;
        }
        return false;
}

/* One that hands over by a command from before it was in this group does not hear: it is asked when that has
 * ended. */
static bool next_yield(Group *g, GroupOrder *ret) {
        bool busy = false;

        LIST_FOREACH (node, &g->members) {
                const Router *r = MEMBER(node)->router;

                if (!counts(MEMBER(node)) || r->state != VRRP_MASTER)
                        continue;
                if (r->handover == ROUTER_HANDOVER_NONE)
                        return order(MEMBER(node), ROUTER_GROUP_YIELD, ret);
                busy = true;
        }
        if (!busy)
                leave_master(g);
        return false;
}

static usec_t yielded_usec(const Group *g) {
        usec_t last = 0;

        LIST_FOREACH (node, &g->members)
                last = MAX(last, MEMBER(node)->router->yielded_usec);
        return last;
}

/* The strength of a host is that of its best member. */
static void note_other(Group *g) {
        usec_t since = yielded_usec(g);

        LIST_FOREACH (node, &g->members) {
                const Router *r = MEMBER(node)->router;

                if (follows(r) && router_heard_since(r, since))
                        g->yielded = false;
                if (vrrp_address_is_set(&r->master_address) &&
                                router_beats(r->master_priority, &r->master_address, g->other_priority,
                                                &g->other)) {
                        g->other_priority = r->master_priority;
                        g->other = r->master_address;
                }
        }
}

static bool is_stronger(const Group *g) {
        LIST_FOREACH (node, &g->members) {
                const Router *r = MEMBER(node)->router;

                if (counts(MEMBER(node)) &&
                                router_beats(router_priority(r), &r->source, g->other_priority, &g->other))
                        return true;
        }
        return false;
}

/* Has a member heard one that should give way to it? Else the whole group gave way, with reason. */
static bool is_crossed(const Group *g) {
        LIST_FOREACH (node, &g->members) {
                const Router *r = MEMBER(node)->router;

                if (counts(MEMBER(node)) && vrrp_address_is_set(&r->master_address) &&
                                router_beats(router_priority(r), &r->source, r->master_priority,
                                                &r->master_address))
                        return true;
        }
        return false;
}

/* All want to be master again after they gave way, and nobody else was. If that was another group which gave
 * way to us in the same moment, it would happen again and again: both know the same adverts, and one of them
 * waits. */
static bool next_wait(Group *g, GroupOrder *ret) {
        if (!g->yielded || g->phase != GROUP_IDLE)
                return false;
        g->yielded = false;
        if (is_stronger(g) || !is_crossed(g))
                return false;
        LIST_FOREACH (node, &g->members)
                if (counts(MEMBER(node)))
                        return order(MEMBER(node), ROUTER_GROUP_WAIT, ret);
        return false;
}

static bool next_take_over(Group *g, GroupOrder *ret) {
        LIST_FOREACH (node, &g->members)
                if (counts(MEMBER(node)) && MEMBER(node)->router->state == VRRP_BACKUP &&
                                MEMBER(node)->router->wants)
                        return order(MEMBER(node), ROUTER_GROUP_TAKE_OVER, ret);
        return false;
}

static bool next_move(Group *g, GroupOrder *ret) {
        LIST_FOREACH (node, &g->members)
                if (counts(MEMBER(node)) && MEMBER(node)->router->state == VRRP_MASTER) {
                        g->master = true;
                        MEMBER(node)->joined = true;
                }
        if (count_state(g, VRRP_FAULT) > 0) {
                leave_master(g);
                return false;
        }
        if (g->yielded)
                note_other(g);
        if (!g->master && all_want(g)) {
                if (next_wait(g, ret))
                        return true;
                g->master = true;
        }
        if (!g->master)
                return false;
        if (must_yield(g)) {
                if (!g->yielded) {
                        g->yielded = true;
                        g->other_priority = 0;
                        g->other = (VrrpAddress){0};
                        note_other(g);
                }
                return next_yield(g, ret);
        }
        g->yielded = false;
        if (next_take_over(g, ret))
                return true;
        if (count_state(g, VRRP_MASTER) == 0)
                leave_master(g);
        return false;
}

/* ---- Commands ---- */

static void finish(Group *g, VrrpResult result) {
        g->phase = GROUP_IDLE;
        g->outcome = result;
        g->finished = true;
        LIST_FOREACH (node, &g->members) {
                GroupMember *m = MEMBER(node);

                m->due = m->pending = m->reclaim = m->commanded = false;
        }
}

static usec_t longest_bound(const Group *g, VrrpOperation operation) {
        usec_t bound = 0;

        LIST_FOREACH (node, &g->members) {
                const Router *r = MEMBER(node)->router;

                if (r->state == VRRP_MASTER)
                        bound = MAX(bound, operation == VRRP_OP_ELECTION ? router_skew_usec(r)
                                                                         : router_handover_bound_usec(r));
        }
        return bound;
}

static bool takes_part(const GroupMember *m, GroupPhase phase, VrrpOperation operation) {
        switch (phase) {
        case GROUP_HANDOVER:
                return counts(m) && m->router->state == VRRP_MASTER;
        case GROUP_CONTEND:
                return counts(m);
        case GROUP_SIMPLE:
                return operation == VRRP_OP_RESUME ? m->router->admin != VRRP_ADMIN_ENABLED : counts(m);
        case GROUP_IDLE:
        case GROUP_RECLAIM:
                break;
        }
        return false;
}

/* What the members do for it comes back by group_note(). */
static void begin(Group *g, GroupPhase phase, VrrpOperation operation) {
        g->phase = phase;
        g->step = g->command;
        g->step.operation = operation;
        g->step.id = GROUP_COMMAND_ID;
        g->step.bound_usec = phase == GROUP_HANDOVER ? longest_bound(g, operation) : 0;
        LIST_FOREACH (node, &g->members)
                MEMBER(node)->due = MEMBER(node)->commanded = takes_part(MEMBER(node), phase, operation);
}

void group_command(Group *g, const RouterCommand *command) {
        VrrpResult refused = router_command_check(g->state, group_admin(g), group_operation_running(g),
                        command->operation, command->mode);

        assert(!g->finished && !group_operation_running(g));
        g->command = *command;
        g->outcome = VRRP_RESULT_DONE;
        if (refused != VRRP_RESULT_DONE) {
                finish(g, refused);
                return;
        }
        switch (command->operation) {
        case VRRP_OP_FAILOVER:
                begin(g, GROUP_HANDOVER, VRRP_OP_FAILOVER);
                break;
        case VRRP_OP_ELECTION:
                begin(g, g->state == VRRP_MASTER ? GROUP_HANDOVER : GROUP_CONTEND, VRRP_OP_ELECTION);
                break;
        case VRRP_OP_PROMOTE:
                begin(g, GROUP_CONTEND, VRRP_OP_PROMOTE);
                break;
        /* First all hand over, so that nobody is paused who has to come back. */
        case VRRP_OP_PAUSE:
                if (g->state == VRRP_MASTER)
                        begin(g, GROUP_HANDOVER, VRRP_OP_FAILOVER);
                else
                        begin(g, GROUP_SIMPLE, VRRP_OP_PAUSE);
                break;
        case VRRP_OP_RESUME:
                begin(g, GROUP_SIMPLE, VRRP_OP_RESUME);
                break;
        case VRRP_OP_STOP:
        case VRRP_OP_MAX:
        case VRRP_OP_INVALID:
                assert(false); /* group_stop() */
        }
}

/* The first that moved by itself is why the group moves. */
static void note_cause(Group *g, const RouterAction *a) {
        VrrpReason *cause = &g->causes[a->state.new_state];

        if (*cause == VRRP_REASON_NONE && a->state.reason != VRRP_REASON_GROUP)
                *cause = a->state.reason;
}

void group_note(Group *g, GroupMember *m, const RouterStep *step) {
        for (size_t i = 0; i < step->n_actions; i++) {
                const RouterAction *a = &step->actions[i];

                if (a->type == ROUTER_ACTION_STATE_CHANGED)
                        note_cause(g, a);
                if (a->type != ROUTER_ACTION_FINISHED || a->finished.id != GROUP_COMMAND_ID || !m->pending)
                        continue;
                m->pending = false;
                m->result = a->finished.result;
        }
}

typedef enum Share { NOBODY, SOME, ALL } Share;

/* How many of the commanded members ended like this? */
static Share share(const Group *g, VrrpResult a, VrrpResult b) {
        size_t n = 0, with = 0;

        LIST_FOREACH (node, &g->members) {
                const GroupMember *m = MEMBER(node);

                n += m->commanded;
                with += m->commanded && (m->result == a || m->result == b);
        }
        return with == 0 ? NOBODY : with < n ? SOME : ALL;
}

/* Some have released and some have not: those that have come back, or at least out of the hold. */
static bool begin_reclaim(Group *g, VrrpResult kept, VrrpResult outcome) {
        g->phase = GROUP_RECLAIM;
        g->outcome = outcome;
        LIST_FOREACH (node, &g->members)
                MEMBER(node)->reclaim = MEMBER(node)->commanded && MEMBER(node)->result != kept;
        return true;
}

static bool any_commanded(const Group *g) {
        LIST_FOREACH (node, &g->members)
                if (MEMBER(node)->commanded)
                        return true;
        return false;
}

/* All members' hand-overs have ended. True: the command goes on. */
static bool conclude_handover(Group *g) {
        bool election = g->step.operation == VRRP_OP_ELECTION;
        VrrpResult kept = election ? VRRP_RESULT_DONE : VRRP_RESULT_NO_SUCCESSOR;
        Share canceled = share(g, VRRP_RESULT_CANCELED, VRRP_RESULT_CANCELED),
              keeping = share(g, kept, kept);

        if (!any_commanded(g)) { /* a reload has taken them away */
                finish(g, VRRP_RESULT_CANCELED);
                return false;
        }
        if (canceled != NOBODY)
                return begin_reclaim(g, VRRP_RESULT_CANCELED, VRRP_RESULT_CANCELED);
        if (keeping == SOME)
                return begin_reclaim(g, kept, election ? VRRP_RESULT_DONE : VRRP_RESULT_NO_SUCCESSOR);
        if (keeping == ALL) {
                finish(g, kept);
                return false;
        }
        g->outcome = election                                                     ? VRRP_RESULT_LOST
                     : share(g, VRRP_RESULT_FORCED, VRRP_RESULT_FORCED) != NOBODY ? VRRP_RESULT_FORCED
                                                                                  : VRRP_RESULT_DONE;
        leave_master(g);
        if (g->command.operation == VRRP_OP_PAUSE) {
                begin(g, GROUP_SIMPLE, VRRP_OP_PAUSE);
                return true;
        }
        finish(g, g->outcome);
        return false;
}

/* One that cannot win is enough, also one that came later. */
static VrrpResult contend_failure(const Group *g) {
        LIST_FOREACH (node, &g->members) {
                const GroupMember *m = MEMBER(node);

                if (!m->commanded && counts(m) && follows(m->router))
                        return VRRP_RESULT_NOT_ELIGIBLE;
                if (m->commanded && !m->due && !m->pending && m->result != VRRP_RESULT_DONE)
                        return m->result;
        }
        return VRRP_RESULT_DONE;
}

static bool next_contend(Group *g, bool pending, GroupOrder *ret) {
        VrrpResult failure = contend_failure(g);

        if (failure != VRRP_RESULT_DONE && g->outcome == VRRP_RESULT_DONE)
                g->outcome = failure;
        if (g->outcome != VRRP_RESULT_DONE)
                LIST_FOREACH (node, &g->members)
                        if (MEMBER(node)->pending && MEMBER(node)->router->elect)
                                return order(MEMBER(node), ROUTER_GROUP_CANCEL, ret);
        if (pending && g->outcome == VRRP_RESULT_DONE)
                return next_move(g, ret);
        finish(g, g->outcome);
        return false;
}

static bool next_reclaim(Group *g, GroupOrder *ret) {
        LIST_FOREACH (node, &g->members)
                if (MEMBER(node)->reclaim) {
                        MEMBER(node)->reclaim = false;
                        return order(MEMBER(node), ROUTER_GROUP_RECLAIM, ret);
                }
        /* Whose successor was better stays backup, and so do, by next_move(), all. */
        if (g->outcome == VRRP_RESULT_DONE && count_state(g, VRRP_BACKUP) > 0)
                g->outcome = VRRP_RESULT_LOST; /* an election */
        finish(g, g->outcome);
        return false;
}

static bool next_command(Group *g, GroupOrder *ret) {
        bool pending = false;

        LIST_FOREACH (node, &g->members) {
                GroupMember *m = MEMBER(node);

                if (m->due && !g->stopping) {
                        m->due = false;
                        m->pending = true;
                        return feed(m, (RouterEvent){.type = ROUTER_EVENT_COMMAND, .command = g->step}, ret);
                }
                pending |= m->pending;
        }
        if (g->stopping) {
                if (!pending)
                        finish(g, VRRP_RESULT_CANCELED);
                return false;
        }
        switch (g->phase) {
        case GROUP_IDLE:
                return false;
        case GROUP_HANDOVER:
                return !pending && conclude_handover(g) && next_command(g, ret);
        case GROUP_RECLAIM:
                return next_reclaim(g, ret);
        case GROUP_CONTEND:
                return next_contend(g, pending, ret);
        case GROUP_SIMPLE:
                if (!pending)
                        finish(g, g->outcome);
                return false;
        }
        return false;
}

usec_t group_stop(Group *g) {
        g->stopping = true;
        return group_bound(g);
}

usec_t group_bound(const Group *g) {
        return longest_bound(g, VRRP_OP_STOP);
}

/* ---- What is told of the group ---- */

static VrrpState find_state(const Group *g) {
        if (count_counting(g) == 0)
                return VRRP_INITIALIZE;
        if (count_state(g, VRRP_FAULT) > 0)
                return VRRP_FAULT;
        if (count_state(g, VRRP_MASTER) > 0)
                return VRRP_MASTER;
        /* While the members stop one by one, the last one's word counts. */
        if (g->stopping && count_state(g, VRRP_BACKUP) > 0)
                return VRRP_BACKUP;
        return count_state(g, VRRP_INITIALIZE) > 0 ? VRRP_INITIALIZE : VRRP_BACKUP;
}

/* That of a member which did not only follow the others. What stands with a member from earlier on counts
 * only where the group itself is new. */
static VrrpReason find_reason(const Group *g, VrrpState state) {
        /* Also when the member that has it is not started yet. */
        if (state == VRRP_FAULT)
                return VRRP_REASON_FAULT;
        if (g->causes[state] != VRRP_REASON_NONE)
                return g->causes[state];
        if (g->state != VRRP_INITIALIZE)
                return VRRP_REASON_GROUP;
        LIST_FOREACH (node, &g->members) {
                const Router *r = MEMBER(node)->router;

                if (r->state == state && r->reason != VRRP_REASON_GROUP)
                        return r->reason;
        }
        return VRRP_REASON_GROUP;
}

static bool next_state(Group *g, GroupOrder *ret) {
        VrrpState state = find_state(g);

        if (state == g->state)
                return false;
        *ret = (GroupOrder){
                        .type = GROUP_ORDER_STATE_CHANGED,
                        .old_state = g->state,
                        .new_state = state,
                        .reason = find_reason(g, state),
        };
        g->state = state;
        g->reason = ret->reason;
        return true;
}

static bool next_finished(Group *g, GroupOrder *ret) {
        if (!g->finished)
                return false;
        g->finished = false;
        *ret = (GroupOrder){
                        .type = GROUP_ORDER_FINISHED,
                        .id = g->command.id,
                        .operation = g->command.operation,
                        .result = g->outcome,
        };
        return true;
}

bool group_next(Group *g, GroupOrder *ret) {
        if (!g->stopping && next_fault(g, ret))
                return true;
        if (g->phase != GROUP_IDLE && next_command(g, ret))
                return true;
        if (!g->stopping && g->phase == GROUP_IDLE && (next_promotion(g, ret) || next_move(g, ret)))
                return true;
        if (next_state(g, ret) || next_finished(g, ret))
                return true;
        memset(g->causes, 0, sizeof(g->causes));
        return false;
}

VrrpAdminState group_admin(const Group *g) {
        static const VrrpAdminState by_strength[] = {VRRP_ADMIN_HANDING_OVER, VRRP_ADMIN_PAUSED,
                        VRRP_ADMIN_YIELDING, VRRP_ADMIN_PROMOTED};

        for (size_t i = 0; i < ELEMENTSOF(by_strength); i++)
                LIST_FOREACH (node, &g->members)
                        if (MEMBER(node)->router->admin == by_strength[i])
                                return by_strength[i];
        return VRRP_ADMIN_ENABLED;
}

bool group_operation_running(const Group *g) {
        return g->phase != GROUP_IDLE;
}

void group_init(Group *g) {
        *g = (Group){.state = VRRP_INITIALIZE};
        list_init(&g->members);
}

void group_add(Group *g, GroupMember *m, Router *router) {
        *m = (GroupMember){.router = router};
        list_append(&g->members, &m->node);
}

void group_remove(Group *g, GroupMember *m) {
        list_remove(&m->node);
        *m = (GroupMember){};
}
