/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What commands make of a router: each operation ends once, a hold lasts as long as was asked for and no
 * longer, and none of it goes on in a state in which it has no meaning. */

#include "tests/sim/sim.h"

#define PROMOTION_USEC (600 * USEC_PER_SEC) /* unless another time was asked for */

static bool is_hold(VrrpAdminState admin) {
        return admin == VRRP_ADMIN_YIELDING || admin == VRRP_ADMIN_PAUSED || admin == VRRP_ADMIN_PROMOTED;
}

/* A hold begins: with the command, with the advert of a successor, or when an election is won. */
static void watch_hold(Node *x, const Router *before, usec_t now, const RouterEvent *event) {
        const RouterCommand *c =
                        event->type == ROUTER_EVENT_COMMAND && !(before->handover != ROUTER_HANDOVER_NONE ||
                                                                               before->elect)
                                        ? &event->command
                                        : &before->operation;
        usec_t span = c->timeout_usec > 0                      ? c->timeout_usec
                      : x->router.admin == VRRP_ADMIN_PROMOTED ? PROMOTION_USEC
                                                               : USEC_INFINITY;

        x->watch.hold_until_usec = usec_add(now, span);
}

/* A paused router is paused, or a promoted one promoted, once more. */
static bool is_renewed(const Node *x, const Router *before, const RouterEvent *event) {
        if (before->state == VRRP_INITIALIZE)
                return event->type == ROUTER_EVENT_COMMAND && event->command.operation == VRRP_OP_PAUSE;
        return before->state == VRRP_BACKUP && x->router.state == VRRP_MASTER &&
               x->router.reason == VRRP_REASON_PROMOTED;
}

static void check_hold(Sim *s, Node *x, const Router *before, usec_t now, const RouterEvent *event,
                usec_t tolerance) {
        VrrpAdminState was = before->admin, is = x->router.admin;
        usec_t until = x->watch.hold_until_usec;

        if (event->type == ROUTER_EVENT_DEADLINE && is_hold(was) && is == was && until != USEC_INFINITY &&
                        now > until + tolerance && s->now > x->woken_usec)
                sim_violation(s, "router %u is %s for longer than was asked for", x->index,
                                vrrp_admin_state_to_string(is));
        /* A yielding router whose successor has died is free again, before its time. */
        if (event->type == ROUTER_EVENT_DEADLINE && is_hold(was) && is == VRRP_ADMIN_ENABLED &&
                        x->router.state != VRRP_MASTER && now < until)
                sim_violation(s, "router %u is not %s any more, %u us too early", x->index,
                                vrrp_admin_state_to_string(was), (unsigned)(until - now));
        /* A promoted master whose hand-over was not to be is promoted as before. */
        if (is_hold(is) && ((is != was && !(was == VRRP_ADMIN_HANDING_OVER && is == VRRP_ADMIN_PROMOTED)) ||
                                           is_renewed(x, before, event)))
                watch_hold(x, before, now, event);
}

/* Which of it may be in which state? */
static bool is_possible(const Router *r) {
        bool handing = r->handover != ROUTER_HANDOVER_NONE;

        if (handing != (r->admin == VRRP_ADMIN_HANDING_OVER))
                return false;
        switch (r->state) {
        case VRRP_INITIALIZE:
                return !handing && !r->elect;
        case VRRP_BACKUP:
                return !handing && r->admin != VRRP_ADMIN_PAUSED;
        case VRRP_MASTER:
                return !r->elect && r->admin != VRRP_ADMIN_PAUSED && r->admin != VRRP_ADMIN_YIELDING;
        case VRRP_FAULT:
                return !handing && !r->elect && r->admin != VRRP_ADMIN_PAUSED &&
                       r->admin != VRRP_ADMIN_PROMOTED;
        case VRRP_STATE_MAX:
        case VRRP_STATE_INVALID:
                break;
        }
        return false;
}

/* Each operation ends once. */
static void check_operations(Sim *s, const Node *x, const Router *before, const RouterStep *step) {
        bool was = before->handover != ROUTER_HANDOVER_NONE || before->elect;
        bool is = x->router.handover != ROUTER_HANDOVER_NONE || x->router.elect;
        unsigned ended = 0;

        for (size_t i = 0; i < step->n_actions; i++)
                ended += step->actions[i].type == ROUTER_ACTION_FINISHED &&
                         step->actions[i].finished.id == before->operation.id;
        if (was && ended != (before->operation.id != x->router.operation.id || !is))
                sim_violation(s, "router %u ended an operation %u times", x->index, ended);
}

void check_admin(Sim *s, Node *x, const Router *before, usec_t now, const RouterEvent *event,
                const RouterStep *step, usec_t tolerance) {
        check_operations(s, x, before, step);
        /* An administrator's promotion was made on other facts. */
        if (event->type == ROUTER_EVENT_PRIORITY && event->priority < before->tracked_priority &&
                        before->config.base_priority != VRRP_PRIORITY_OWNER &&
                        x->router.admin == VRRP_ADMIN_PROMOTED)
                sim_violation(s, "router %u is promoted, whatever its trackers say", x->index);
        check_hold(s, x, before, now, event, tolerance);
        if (!is_possible(&x->router))
                sim_violation(s, "router %u is %s and %s, which cannot be", x->index,
                                vrrp_state_to_string(x->router.state),
                                vrrp_admin_state_to_string(x->router.admin));
        /* Told to stop it does nothing any more, whatever its faults and holds do. */
        if (x->watch.stopped && x->router.state != VRRP_INITIALIZE)
                sim_violation(s, "router %u was stopped and is %s", x->index,
                                vrrp_state_to_string(x->router.state));
        x->watch.stopped |= before->state != VRRP_INITIALIZE && x->router.state == VRRP_INITIALIZE &&
                            x->router.reason == VRRP_REASON_STOPPED;
}
