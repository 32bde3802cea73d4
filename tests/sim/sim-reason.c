/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* No transition without a reason, and the reason that is told is the true one: each is held against what the
 * router was told, what it heard, and what it was about to do. */

#include "tests/sim/sim.h"

/* The operation that a step ends or carries out: one that ran before, or the command itself. */
static bool is_operation(const Router *before, const RouterEvent *event, VrrpOperation operation) {
        if (event->type == ROUTER_EVENT_COMMAND && event->command.operation == operation)
                return true;
        return (before->handover != ROUTER_HANDOVER_NONE || before->elect) &&
               before->operation.operation == operation;
}

/* A timer that has run out says what it waited for. */
static bool is_timed(const Node *x, const Router *before, usec_t now, const RouterEvent *event,
                bool resigned, bool rival) {
        const Watch *w = &x->watch;

        if (before->state != VRRP_BACKUP || event->type != ROUTER_EVENT_DEADLINE)
                return false;
        if (resigned)
                return w->heard_resign;
        if (rival)
                return w->heard_lower && !w->surely_resigned;
        return !w->surely_resigned && (w->lower_usec == 0 || now - w->lower_usec > w->lower_interval_usec);
}

static bool is_true(const Node *x, const Router *before, usec_t now, const RouterEvent *event,
                VrrpReason reason, uint8_t own) {
        const Advert *p = &event->packet;
        bool heard = event->type == ROUTER_EVENT_PACKET && before->state == VRRP_MASTER &&
                     before->handover == ROUTER_HANDOVER_NONE;
        bool releases = before->handover != ROUTER_HANDOVER_NONE;

        switch (reason) {
        case VRRP_REASON_STARTED:
                return before->state == VRRP_INITIALIZE && event->type == ROUTER_EVENT_STARTED;
        case VRRP_REASON_OWNER:
                return x->router.config.base_priority == VRRP_PRIORITY_OWNER;
        case VRRP_REASON_MASTER_DOWN:
                return is_timed(x, before, now, event, false, false);
        case VRRP_REASON_MASTER_RESIGNED:
                return is_timed(x, before, now, event, true, false);
        case VRRP_REASON_PREEMPTED_LOWER:
                return is_timed(x, before, now, event, false, true);
        case VRRP_REASON_HIGHER_PRIORITY:
                return heard && p->priority > own;
        case VRRP_REASON_HIGHER_ADDRESS:
                return heard && p->priority == own;
        case VRRP_REASON_HANDED_OVER:
                return releases && (is_operation(before, event, VRRP_OP_FAILOVER) ||
                                                   is_operation(before, event, VRRP_OP_ELECTION));
        case VRRP_REASON_FORCED:
                return releases && before->operation.mode == VRRP_MODE_FORCE &&
                       is_operation(before, event, VRRP_OP_FAILOVER);
        case VRRP_REASON_ELECTED:
                return before->state == VRRP_BACKUP && is_operation(before, event, VRRP_OP_ELECTION);
        case VRRP_REASON_PROMOTED:
                return before->state == VRRP_BACKUP && is_operation(before, event, VRRP_OP_PROMOTE);
        case VRRP_REASON_PAUSED:
                return is_operation(before, event, VRRP_OP_PAUSE);
        case VRRP_REASON_RESUMED:
                return before->admin == VRRP_ADMIN_PAUSED &&
                       (event->type == ROUTER_EVENT_DEADLINE || is_operation(before, event, VRRP_OP_RESUME));
        case VRRP_REASON_STOPPED:
                return event->type == ROUTER_EVENT_STOPPED || is_operation(before, event, VRRP_OP_STOP);
        case VRRP_REASON_FAULT:
                return x->router.fault;
        case VRRP_REASON_FAULT_CLEARED:
                return before->state == VRRP_FAULT && event->type == ROUTER_EVENT_FAULT && !event->fault;
        case VRRP_REASON_NONE:
        case VRRP_REASON_WAITING:
        case VRRP_REASON_CONFIGURATION:
        case VRRP_REASON_GROUP:
        case VRRP_REASON_STARTUP_DELAY:
        case VRRP_REASON_HELD_UP:
        case VRRP_REASON_MAX:
        case VRRP_REASON_INVALID:
                break;
        }
        return false;
}

void check_reason(Sim *s, const Node *x, const Router *before, usec_t now, const RouterEvent *event,
                const RouterAction *a, uint8_t own) {
        if (!is_true(x, before, now, event, a->state.reason, own))
                sim_violation(s, "router %u went from %s to %s, and %s is not why", x->index,
                                vrrp_state_to_string(a->state.old_state),
                                vrrp_state_to_string(a->state.new_state),
                                vrrp_reason_to_string(a->state.reason));
}
