/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The commands on a virtual router and the hand-over under most of them (DESIGN 6). Owns Router.admin,
 * operation, handover, elect and promoted_priority. The state itself is changed through router_set_state().
 *
 * Backups are silent, so a master cannot know whether a successor exists. It asks with one advert of
 * priority 0, keeps its addresses and falls silent; whoever answers is the successor:
 *
 *      command ──▶ CALLING ── advert of a successor ──▶ RELEASING ── its ARP, or 100 ms ──▶ released
 *                     │                                 (only where plain ARP tells)
 *                     └── nobody within the bound ──▶ goes on as before, or releases all the same (force,
 * stop)
 *
 * ForceElection is the same with our own skew time as the bound: then we are a candidate like the others. */

#include "service/core/router-internal.h"

#define HANDOVER_MARGIN_USEC (200 * USEC_PER_MSEC)
#define HANDOVER_ARP_USEC (100 * USEC_PER_MSEC)
/* How much sooner than by the RFC's skew time an answer may come: some count that in whole centiseconds. */
#define EARLY_ANSWER_USEC (2 * USEC_PER_CS)
#define PROMOTE_PRIORITY 254
#define PROMOTE_USEC (600 * USEC_PER_SEC)

/* The longest skew time of any backup (priority 1, RFC 9568 section 6.1), which follows our interval, and
 * some margin for the way there and back. */
usec_t router_handover_bound_usec(const Router *r) {
        usec_t unit = r->config.version == 2 ? USEC_PER_SEC : r->config.interval_usec;

        return 255 * unit / 256 + HANDOVER_MARGIN_USEC;
}

bool router_operation_running(const Router *r) {
        return r->handover != ROUTER_HANDOVER_NONE || r->elect;
}

static VrrpResult check_election(VrrpState state) {
        switch (state) {
        case VRRP_FAULT:
                return VRRP_RESULT_IN_FAULT;
        case VRRP_INITIALIZE:
                return VRRP_RESULT_NOT_ELIGIBLE;
        case VRRP_BACKUP:
        case VRRP_MASTER:
                return VRRP_RESULT_DONE;
        case VRRP_STATE_MAX:
        case VRRP_STATE_INVALID:
                break;
        }
        return VRRP_RESULT_FAILED;
}

VrrpResult router_command_check(VrrpState state, VrrpAdminState admin, bool operation_running,
                VrrpOperation operation, VrrpMode mode) {
        /* The way out is always open. */
        if (operation == VRRP_OP_STOP)
                return VRRP_RESULT_DONE;
        if (operation_running || admin == VRRP_ADMIN_HANDING_OVER)
                return VRRP_RESULT_PENDING;

        switch (operation) {
        case VRRP_OP_FAILOVER:
                return state == VRRP_MASTER  ? VRRP_RESULT_DONE
                       : state == VRRP_FAULT ? VRRP_RESULT_IN_FAULT
                                             : VRRP_RESULT_NOT_MASTER;
        case VRRP_OP_ELECTION:
                return check_election(state);
        case VRRP_OP_PROMOTE:
                return state == VRRP_BACKUP  ? VRRP_RESULT_DONE
                       : state == VRRP_FAULT ? VRRP_RESULT_IN_FAULT
                                             : VRRP_RESULT_NOT_BACKUP;
        /* In fault too: whoever repairs it may want the router to stay out afterwards. */
        case VRRP_OP_PAUSE:
                return VRRP_RESULT_DONE;
        case VRRP_OP_RESUME:
                return admin == VRRP_ADMIN_ENABLED ? VRRP_RESULT_NOT_HELD : VRRP_RESULT_DONE;
        case VRRP_OP_STOP:
        case VRRP_OP_MAX:
        case VRRP_OP_INVALID:
                break;
        }
        return VRRP_RESULT_FAILED;
}

static void emit_finished(const RouterCommand *command, VrrpResult result, RouterStep *step) {
        RouterAction *a = router_emit(step, ROUTER_ACTION_FINISHED);

        a->finished.id = command->id;
        a->finished.operation = command->operation;
        a->finished.result = result;
}

void router_finish(Router *r, VrrpResult result, RouterStep *step) {
        emit_finished(&r->operation, result, step);
        r->operation = (RouterCommand){0};
        r->elect = false;
}

/* ---- Holds ---- */

static usec_t hold_until(usec_t now, usec_t timeout_usec, usec_t default_usec) {
        return usec_add(now, timeout_usec > 0 ? timeout_usec : default_usec);
}

static void hold(Router *r, usec_t now, VrrpAdminState admin, const RouterCommand *command) {
        r->promoted_priority = 0;
        r->admin = admin;
        r->admin_expire_usec = hold_until(now, command->timeout_usec, USEC_INFINITY);
}

void router_restore_hold(Router *r, VrrpAdminState admin, usec_t expire_usec, uint8_t priority) {
        uint8_t wanted = priority > 0 ? MIN(priority, PROMOTE_PRIORITY) : PROMOTE_PRIORITY;

        switch (admin) {
        case VRRP_ADMIN_PROMOTED:
                r->promoted_priority = MAX(wanted, r->tracked_priority);
                r->admin = admin;
                r->admin_expire_usec = expire_usec;
                break;
        case VRRP_ADMIN_YIELDING:
        case VRRP_ADMIN_PAUSED:
                r->admin = admin;
                r->admin_expire_usec = expire_usec;
                break;
        case VRRP_ADMIN_ENABLED:
        case VRRP_ADMIN_HANDING_OVER:
        case VRRP_ADMIN_STATE_MAX:
        case VRRP_ADMIN_STATE_INVALID:
                break;
        }
}

void router_hold_release(Router *r, RouterStep *step) {
        r->promoted_priority = 0;
        r->admin = VRRP_ADMIN_ENABLED;
        r->admin_expire_usec = USEC_INFINITY;
        router_emit_changed(step);
}

void router_promotion_end(Router *r, RouterStep *step) {
        if (r->promoted_priority == 0)
                return;
        /* A hand-over of a promoted master goes on: its admin state is its own. */
        if (r->admin == VRRP_ADMIN_HANDING_OVER) {
                r->promoted_priority = 0;
                r->admin_expire_usec = USEC_INFINITY;
                router_emit_changed(step);
        } else
                router_hold_release(r, step);
}

/* Back to enabled; RFC Startup for what stood outside, and for an owner, which does not wait behind a lower
 * one. */
void router_hold_end(Router *r, usec_t now, RouterStep *step) {
        switch (r->admin) {
        case VRRP_ADMIN_HANDING_OVER:
        case VRRP_ADMIN_PROMOTED:
                router_promotion_end(r, step);
                break;
        case VRRP_ADMIN_YIELDING:
                router_hold_release(r, step);
                if (r->state == VRRP_BACKUP && r->config.base_priority == VRRP_PRIORITY_OWNER)
                        router_take_over(r, now, VRRP_REASON_OWNER, step);
                break;
        case VRRP_ADMIN_PAUSED:
                router_hold_release(r, step);
                if (r->state == VRRP_INITIALIZE)
                        router_startup(r, now, VRRP_REASON_RESUMED, step);
                break;
        case VRRP_ADMIN_ENABLED:
        case VRRP_ADMIN_STATE_MAX:
        case VRRP_ADMIN_STATE_INVALID:
                assert(false); /* nothing is held: refused by router_command_check(), and no timer runs */
        }
}

/* ---- Hand-over ---- */

static void handover_begin(
                Router *r, usec_t now, const RouterCommand *command, usec_t bound, RouterStep *step) {
        r->operation = *command;
        r->admin = VRRP_ADMIN_HANDING_OVER;
        r->handover = ROUTER_HANDOVER_CALLING;
        r->successor_announced = false;
        r->handover_begun_usec = now;
        r->handover_usec = usec_add(now, command->bound_usec > 0 ? command->bound_usec : bound);
        r->advert_due_usec = USEC_INFINITY;
        router_emit_advert(step, VRRP_PRIORITY_RESIGN, NULL);
        router_emit_changed(step);
}

/* The hand-over failed or was not needed: adverts go on at once, because backups hold the priority 0 for
 * true. */
static void handover_go_on(Router *r, usec_t now, VrrpResult result, RouterStep *step) {
        r->handover = ROUTER_HANDOVER_NONE;
        r->handover_usec = USEC_INFINITY;
        r->admin = r->promoted_priority > 0 ? VRRP_ADMIN_PROMOTED : VRRP_ADMIN_ENABLED;
        router_emit_advert(step, router_priority(r), NULL);
        r->advert_due_usec = usec_add(now, r->config.interval_usec);
        router_emit_changed(step);
        router_finish(r, result, step);
}

/* Out of master, to where the operation wanted to go. */
static void handover_release(Router *r, usec_t now, bool successor, RouterStep *step) {
        RouterCommand command = r->operation;
        VrrpResult result = successor ? VRRP_RESULT_DONE : VRRP_RESULT_FORCED;

        if (successor)
                step->successor = r->master_address; /* which the new state may make us forget */
        switch (command.operation) {
        case VRRP_OP_FAILOVER:
                hold(r, now, VRRP_ADMIN_YIELDING, &command);
                router_set_state(r, now, VRRP_BACKUP,
                                successor ? VRRP_REASON_HANDED_OVER : VRRP_REASON_FORCED, step);
                break;
        case VRRP_OP_ELECTION:
                router_hold_release(r, step);
                router_set_state(r, now, VRRP_BACKUP, VRRP_REASON_HANDED_OVER, step);
                result = VRRP_RESULT_LOST;
                break;
        case VRRP_OP_PAUSE:
                hold(r, now, VRRP_ADMIN_PAUSED, &command);
                router_set_state(r, now, VRRP_INITIALIZE, VRRP_REASON_PAUSED, step);
                break;
        case VRRP_OP_STOP:
                router_hold_release(r, step);
                r->started = false;
                router_set_state(r, now, VRRP_INITIALIZE, VRRP_REASON_STOPPED, step);
                result = VRRP_RESULT_DONE;
                break;
        case VRRP_OP_PROMOTE:
        case VRRP_OP_RESUME:
        case VRRP_OP_MAX:
        case VRRP_OP_INVALID:
                assert(false); /* none of them hands over */
        }
        router_finish(r, result, step);
}

/* Does the successor's ARP tell more than its advert? Only for IPv4 addresses on the interface's own MAC:
 * keepalived's advert leaves before its addresses exist. */
static bool waits_for_arp(const Router *r) {
        return r->config.plain_arp && r->config.vips_digest != advert_vips_digest(NULL, 0);
}

/* A backup waits its skew time after our priority 0. What comes sooner was on its way already: the last
 * advert of a master that has just given way to us (DESIGN 5.6), or one of a rival. Whoever sent it may be a
 * backup by now, and taking it for the successor would leave the addresses to nobody. */
static bool answers_too_soon(const Router *r, usec_t now, const Advert *p) {
        usec_t unit = r->config.version == 2 ? USEC_PER_SEC : r->config.interval_usec;
        usec_t skew = (usec_t)(256 - p->priority) * unit / 256;

        return now - r->handover_begun_usec + EARLY_ANSWER_USEC < skew;
}

static void handover_no_successor(Router *r, usec_t now, RouterStep *step);

/* Another one goes. If it is the very successor whose ARP we wait for, the addresses stay here. */
static void handover_resigned(Router *r, usec_t now, const Advert *p, RouterStep *step) {
        if (r->handover == ROUTER_HANDOVER_RELEASING && vrrp_address_equal(&r->master_address, &p->source))
                handover_no_successor(r, now, step);
}

void router_handover_packet(Router *r, usec_t now, const Advert *p, RouterStep *step) {
        if (p->priority == VRRP_PRIORITY_RESIGN) {
                handover_resigned(r, now, p, step);
                return;
        }
        if (answers_too_soon(r, now, p))
                return;
        router_note_master(r, now, p, true, step);
        router_conflict_packet(r, now, p, true, step);

        switch (r->handover) {
        case ROUTER_HANDOVER_CALLING:
                if (waits_for_arp(r) && !r->successor_announced) {
                        r->handover = ROUTER_HANDOVER_RELEASING;
                        r->handover_usec = usec_add(now, HANDOVER_ARP_USEC);
                } else
                        handover_release(r, now, true, step);
                break;
        case ROUTER_HANDOVER_RELEASING:
                break;
        case ROUTER_HANDOVER_NONE:
                assert(false);
        }
}

void router_handover_announced(Router *r, usec_t now, RouterStep *step) {
        switch (r->handover) {
        case ROUTER_HANDOVER_NONE:
                break;
        case ROUTER_HANDOVER_CALLING:
                r->successor_announced = true;
                break;
        case ROUTER_HANDOVER_RELEASING:
                handover_release(r, now, true, step);
                break;
        }
}

static void handover_no_successor(Router *r, usec_t now, RouterStep *step) {
        switch (r->operation.operation) {
        case VRRP_OP_FAILOVER:
        case VRRP_OP_PAUSE:
                if (r->operation.mode == VRRP_MODE_FORCE)
                        handover_release(r, now, false, step);
                else
                        handover_go_on(r, now, VRRP_RESULT_NO_SUCCESSOR, step);
                break;
        /* Nobody was faster: the election is ours. */
        case VRRP_OP_ELECTION:
                handover_go_on(r, now, VRRP_RESULT_DONE, step);
                break;
        case VRRP_OP_STOP:
                handover_release(r, now, false, step);
                break;
        case VRRP_OP_PROMOTE:
        case VRRP_OP_RESUME:
        case VRRP_OP_MAX:
        case VRRP_OP_INVALID:
                assert(false);
        }
}

void router_handover_deadline(Router *r, usec_t now, RouterStep *step) {
        switch (r->handover) {
        case ROUTER_HANDOVER_NONE:
                assert(false);
                break;
        case ROUTER_HANDOVER_CALLING:
                handover_no_successor(r, now, step);
                break;
        case ROUTER_HANDOVER_RELEASING:
                handover_release(r, now, true, step);
                break;
        }
}

/* Called when the state has been left: router_set_state() has ended the hand-over itself. */
void router_operation_abort(Router *r, RouterStep *step) {
        bool stop = r->operation.operation == VRRP_OP_STOP;

        if (r->admin == VRRP_ADMIN_HANDING_OVER) {
                router_hold_release(r, step);
                router_finish(r, stop ? VRRP_RESULT_DONE : VRRP_RESULT_CANCELED, step);
        } else if (r->elect)
                router_finish(r, VRRP_RESULT_CANCELED, step);
}

/* ---- Election and promotion of a backup ---- */

/* wanted: 0 = the highest that may be. A promotion never makes a router worse. */
static uint8_t promoted_to(uint8_t wanted, uint8_t priority) {
        return MAX(wanted > 0 ? MIN(wanted, PROMOTE_PRIORITY) : PROMOTE_PRIORITY, priority);
}

/* The priority with which the running or given operation contends. */
static uint8_t contending_priority(const Router *r, const RouterCommand *command) {
        if (command->operation != VRRP_OP_PROMOTE)
                return router_priority(r);
        return promoted_to(command->priority, r->tracked_priority);
}

bool router_contender_wins(VrrpOperation operation, uint8_t wanted, uint8_t priority,
                const VrrpAddress *source, uint8_t master_priority, const VrrpAddress *master) {
        uint8_t contends = operation == VRRP_OP_PROMOTE ? promoted_to(wanted, priority) : priority;

        return router_beats(contends, source, master_priority, master);
}

void router_promote_apply(Router *r, usec_t now) {
        r->promoted_priority = MIN(contending_priority(r, &r->operation), PROMOTE_PRIORITY);
        r->admin = VRRP_ADMIN_PROMOTED;
        r->admin_expire_usec = hold_until(now, r->operation.timeout_usec, PROMOTE_USEC);
}

/* At once when the master is known and worse; not at all when it is better; else when it is heard, or when
 * nobody is. */
static void contend(Router *r, usec_t now, const RouterCommand *command, RouterStep *step) {
        bool known = vrrp_address_is_set(&r->master_address) && !r->master_resigned;

        if (known && !router_beats(contending_priority(r, command), &r->source, r->master_priority,
                                     &r->master_address)) {
                emit_finished(command, VRRP_RESULT_NOT_ELIGIBLE, step);
                return;
        }
        r->operation = *command;
        r->elect = true;
        if (known)
                router_take_over(r, now, VRRP_REASON_ELECTED, step);
        else
                router_emit_changed(step);
}

bool router_elect_packet(Router *r, usec_t now, const Advert *p, RouterStep *step) {
        if (!router_beats(contending_priority(r, &r->operation), &r->source, p->priority, &p->source)) {
                router_finish(r, VRRP_RESULT_NOT_ELIGIBLE, step);
                return false;
        }
        router_take_over(r, now, VRRP_REASON_ELECTED, step);
        return true;
}

/* ---- Commands ---- */

static void command_election(Router *r, usec_t now, const RouterCommand *command, RouterStep *step) {
        switch (r->state) {
        case VRRP_MASTER:
                handover_begin(r, now, command, router_skew_usec(r), step);
                break;
        case VRRP_BACKUP:
                contend(r, now, command, step);
                break;
        case VRRP_INITIALIZE:
        case VRRP_FAULT:
        case VRRP_STATE_MAX:
        case VRRP_STATE_INVALID:
                assert(false); /* refused by router_command_check() */
        }
}

static void command_pause(Router *r, usec_t now, const RouterCommand *command, RouterStep *step) {
        switch (r->state) {
        case VRRP_MASTER:
                handover_begin(r, now, command, router_handover_bound_usec(r), step);
                return;
        case VRRP_BACKUP:
        case VRRP_FAULT:
                hold(r, now, VRRP_ADMIN_PAUSED, command);
                router_set_state(r, now, VRRP_INITIALIZE, VRRP_REASON_PAUSED, step);
                break;
        case VRRP_INITIALIZE:
                hold(r, now, VRRP_ADMIN_PAUSED, command);
                router_emit_changed(step);
                break;
        case VRRP_STATE_MAX:
        case VRRP_STATE_INVALID:
                assert(false);
        }
        emit_finished(command, VRRP_RESULT_DONE, step);
}

/* The hand-over of another operation becomes the stop's: its priority 0 is out already. */
static void stop_adopts_handover(Router *r, usec_t now, const RouterCommand *command, RouterStep *step) {
        bool again = r->operation.operation == VRRP_OP_STOP;
        /* An election waits for our own skew only; a successor with a longer one may still come. */
        bool extend = r->operation.operation == VRRP_OP_ELECTION && r->handover == ROUTER_HANDOVER_CALLING;

        if (!again || r->operation.id != command->id)
                router_finish(r, VRRP_RESULT_CANCELED, step);
        r->operation = *command;
        if (again)
                handover_release(r, now, false, step);
        else if (extend)
                r->handover_usec = usec_add(now, router_handover_bound_usec(r));
}

static void command_stop(Router *r, usec_t now, const RouterCommand *command, RouterStep *step) {
        if (r->handover != ROUTER_HANDOVER_NONE) {
                stop_adopts_handover(r, now, command, step);
                return;
        }
        if (r->elect)
                router_finish(r, VRRP_RESULT_CANCELED, step);

        switch (r->state) {
        case VRRP_MASTER:
                handover_begin(r, now, command, router_handover_bound_usec(r), step);
                return;
        case VRRP_BACKUP:
        case VRRP_FAULT:
                router_set_state(r, now, VRRP_INITIALIZE, VRRP_REASON_STOPPED, step);
                break;
        case VRRP_INITIALIZE:
                break;
        case VRRP_STATE_MAX:
        case VRRP_STATE_INVALID:
                assert(false);
        }
        r->started = false;
        emit_finished(command, VRRP_RESULT_DONE, step);
}

void router_command(Router *r, usec_t now, const RouterCommand *command, RouterStep *step) {
        VrrpResult refusal = router_command_check(
                        r->state, r->admin, router_operation_running(r), command->operation, command->mode);

        if (refusal != VRRP_RESULT_DONE) {
                emit_finished(command, refusal, step);
                return;
        }
        switch (command->operation) {
        case VRRP_OP_FAILOVER:
                handover_begin(r, now, command, router_handover_bound_usec(r), step);
                break;
        case VRRP_OP_ELECTION:
                command_election(r, now, command, step);
                break;
        case VRRP_OP_PROMOTE:
                contend(r, now, command, step);
                break;
        case VRRP_OP_PAUSE:
                command_pause(r, now, command, step);
                break;
        case VRRP_OP_RESUME:
                router_hold_end(r, now, step);
                emit_finished(command, VRRP_RESULT_DONE, step);
                break;
        case VRRP_OP_STOP:
                command_stop(r, now, command, step);
                break;
        case VRRP_OP_MAX:
        case VRRP_OP_INVALID:
                assert(false);
        }
}
