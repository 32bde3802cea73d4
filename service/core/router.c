/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The state machine of one virtual router: RFC 9568 section 6 and RFC 3768 section 6, and `fault` for a
 * router that may not take part. Time and events go in, actions come out; see router.h for what it must not
 * know.
 *
 *                     STARTED                    master-down, elected, promoted
 *      initialize ───────────────▶ backup ──────────────────────────────────────▶ master
 *          ▲  ▲                    ▲  │  ◀──────────────────────────────────────   │  │
 *          │  │ stop, pause        │  │           a better master, handed over     │  │
 *          │  └────────────────────│──┴────────────────────────────────────────────┘  │
 *          │                       │ FAULT cleared                                    │
 *          └──────────────────── fault ◀──────────────── FAULT ───────────────────────┘
 *
 * An owner (priority 255) goes to master wherever the others go to backup. Every event has one function with
 * one switch over the states; the state is written in router_set_state() and nowhere else.
 *
 * Five deviations from the RFC, on purpose. An owner listens to other masters (section 7.1 would discard
 * them), so that priority 255 can be handed over and two owners settle by address; keepalived does so too.
 * Version 2 answers a lower master as well, as RFC 9568 does. A resignation counts only from the master that
 * we follow: backup_resigned(). Of two masters at a time the longer interval is adopted:
 * adopt_interval(). And a router that slept past its timer listens again: master_down(). */

#include "service/core/priority.h"
#include "service/core/router-internal.h"

/* How long a yielding master waits for the kernel before its last advert (DESIGN 5.6). */
#define FAREWELL_USEC (100 * USEC_PER_MSEC)

/* What a host sends for all members of its group in one turn has arrived by then. */
#define GROUP_ANSWER_USEC (10 * USEC_PER_MSEC)

/* RFC 9568 section 6.1 counts skew in 256ths of an interval. */
#define SKEW_UNIT 256

/* ---- What is derived from the state ---- */

static bool owner(const Router *r) {
        return r->config.base_priority == VRRP_PRIORITY_OWNER;
}

uint8_t router_priority(const Router *r) {
        return MAX(r->tracked_priority, r->promoted_priority);
}

usec_t router_skew_usec(const Router *r) {
        usec_t unit = r->config.version == 2 ? USEC_PER_SEC : r->master_interval_usec;

        return (SKEW_UNIT - router_priority(r)) * unit / SKEW_UNIT;
}

usec_t router_master_down_interval_usec(const Router *r) {
        return r->config.down_timer_adverts * r->master_interval_usec + router_skew_usec(r);
}

usec_t router_deadline(const Router *r) {
        const usec_t deadlines[] = {
                        r->master_down_usec,
                        r->advert_due_usec,
                        r->preempt_usec,
                        r->farewell_usec,
                        r->handover_usec,
                        r->admin_expire_usec,
                        /* No announcements while a successor may make its own. */
                        r->handover == ROUTER_HANDOVER_NONE ? announce_deadline(&r->announce)
                                                            : USEC_INFINITY,
        };
        usec_t first = USEC_INFINITY;

        for (size_t i = 0; i < ELEMENTSOF(deadlines); i++)
                first = MIN(first, deadlines[i]);
        for (size_t i = 0; i < VRRP_CONFLICT_MAX; i++)
                first = MIN(first, r->conflict_usec[i]);
        return first;
}

bool router_beats(uint8_t priority, const VrrpAddress *source, uint8_t other_priority,
                const VrrpAddress *other) {
        if (priority != other_priority)
                return priority > other_priority;
        return vrrp_address_compare(source, other) > 0;
}

/* May a live master of lower priority be replaced? A hold counts for an owner too: it was asked for. */
static bool preempts(const Router *r) {
        if (r->admin == VRRP_ADMIN_YIELDING)
                return false;
        if (owner(r))
                return true;
        return r->config.preempt && (r->config.preempt_delay_usec == 0 || r->preempt_ready);
}

/* ---- Actions ---- */

RouterAction *router_emit(RouterStep *step, RouterActionType type) {
        RouterAction *a;

        assert(step->n_actions < ROUTER_ACTIONS_MAX);
        a = &step->actions[step->n_actions++];
        *a = (RouterAction){.type = type};
        return a;
}

void router_emit_advert(RouterStep *step, uint8_t priority, const VrrpAddress *to) {
        RouterAction *a = router_emit(step, ROUTER_ACTION_SEND_ADVERT);

        a->advert.priority = priority;
        if (to)
                a->advert.to = *to;
}

void router_emit_changed(RouterStep *step) {
        for (size_t i = 0; i < step->n_actions; i++)
                if (step->actions[i].type == ROUTER_ACTION_CHANGED)
                        return;
        router_emit(step, ROUTER_ACTION_CHANGED);
}

static void emit_announce(Router *r, usec_t now, RouterStep *step, unsigned repeat) {
        if (repeat == 0)
                return;
        router_emit(step, ROUTER_ACTION_ANNOUNCE)->repeat = repeat;
        if (r->config.teaches)
                announce_teach(&r->announce, now);
}

/* ---- The master that is not us ---- */

void router_forget_master(Router *r) {
        r->master_address = (VrrpAddress){0};
        r->master_priority = 0;
        r->master_resigned = false;
        r->master_interval_usec = r->config.interval_usec;
        r->better_until_usec = 0;
}

/* Is the master that we know another and better one than this sender, and alive as far as we can tell? */
static bool better_master_alive(const Router *r, usec_t now, const Advert *p) {
        return vrrp_address_is_set(&r->master_address) && !r->master_resigned &&
               !vrrp_address_equal(&r->master_address, &p->source) &&
               router_beats(r->master_priority, &r->master_address, p->priority, &p->source) &&
               now - r->master_heard_usec <= router_master_down_interval_usec(r);
}

/* RFC 9568 section 6.1: Active_Adver_Interval; version 2 has refused any other interval than ours. While a
 * better master may be alive this one can be its rival on its way out, with an advert in flight and a last
 * one: to adopt a shorter interval from it would make us miss the better one's adverts, take over, and be
 * the next rival. */
static void adopt_interval(Router *r, usec_t now, const Advert *p) {
        if (better_master_alive(r, now, p)) {
                r->better_address = r->master_address;
                r->better_interval_usec = r->master_interval_usec;
                r->better_until_usec = usec_add(r->master_heard_usec, router_master_down_interval_usec(r));
        }
        r->master_interval_usec = now < r->better_until_usec ? MAX(p->interval_usec, r->better_interval_usec)
                                                             : p->interval_usec;
}

void router_note_master(Router *r, usec_t now, const Advert *p, bool follow, RouterStep *step) {
        if (!vrrp_address_equal(&r->master_address, &p->source) || r->master_priority != p->priority)
                router_emit_changed(step);
        if (follow) {
                adopt_interval(r, now, p);
                r->master_resigned = false;
        }
        r->master_address = p->source;
        r->master_priority = p->priority;
        r->master_heard_usec = now;
}

static void forget_rival(Router *r) {
        r->rival = (RouterRival){.since_usec = USEC_INFINITY};
}

/* Was a lower master alive just now? One of its adverts may have been lost. */
static bool rival_alive(const Router *r, usec_t now) {
        return r->rival.since_usec != USEC_INFINITY &&
               now - r->rival.last_usec <= 2 * r->rival.interval_usec;
}

/* ---- The one writer of state ---- */

static void leave(Router *r, RouterStep *step) {
        switch (r->state) {
        case VRRP_INITIALIZE:
        case VRRP_FAULT:
                break;
        case VRRP_BACKUP:
                r->master_down_usec = USEC_INFINITY;
                r->preempt_usec = USEC_INFINITY;
                r->farewell_usec = USEC_INFINITY;
                r->farewell_resigns = false;
                r->wants = false;
                break;
        case VRRP_MASTER:
                r->advert_due_usec = USEC_INFINITY;
                r->handover_usec = USEC_INFINITY;
                r->handover = ROUTER_HANDOVER_NONE;
                announce_stop(&r->announce);
                router_emit(step, ROUTER_ACTION_ADDRESSES_OFF);
                router_conflict_clear(r, VRRP_CONFLICT_TWO_MASTERS, step);
                break;
        case VRRP_STATE_MAX:
        case VRRP_STATE_INVALID:
                assert(false);
        }
}

/* RFC 9568 section 6.4.1 (owner) and 6.4.2 (Active_Down_Timer): advert first, as it ends the others' wait.
 * After a resignation nobody else is answering for the addresses, and the one who resigned keeps them until
 * it hears us (DESIGN 6): there the addresses come first. */
static void enter_master(Router *r, usec_t now, RouterStep *step) {
        bool addresses_first = r->master_resigned;

        router_forget_master(r);
        if (r->admin == VRRP_ADMIN_YIELDING) {
                r->admin = VRRP_ADMIN_ENABLED;
                r->admin_expire_usec = USEC_INFINITY;
        }
        r->advert_due_usec = usec_add(now, r->config.interval_usec);
        r->yielded_usec = 0;

        if (addresses_first)
                router_emit(step, ROUTER_ACTION_ADDRESSES_ON);
        router_emit_advert(step, router_priority(r), NULL);
        if (!addresses_first)
                router_emit(step, ROUTER_ACTION_ADDRESSES_ON);
        emit_announce(r, now, step, announce_master(&r->announce, &r->config.announce, now));
}

static void enter(Router *r, usec_t now, RouterStep *step) {
        forget_rival(r);
        switch (r->state) {
        case VRRP_INITIALIZE:
        case VRRP_FAULT:
                router_forget_master(r);
                router_conflict_clear_all(r, step);
                break;
        case VRRP_BACKUP:
                r->preempt_ready = false;
                r->master_down_usec = usec_add(now, router_master_down_interval_usec(r));
                break;
        case VRRP_MASTER:
                enter_master(r, now, step);
                break;
        case VRRP_STATE_MAX:
        case VRRP_STATE_INVALID:
                assert(false);
        }
}

void router_set_state(Router *r, usec_t now, VrrpState state, VrrpReason reason, RouterStep *step) {
        VrrpState old = r->state;
        RouterAction *a;

        assert(state != old);
        leave(r, step);
        r->state = state;
        r->reason = reason;
        enter(r, now, step);

        /* Protocol before publicity (DESIGN 7): the signal comes after everything that the network waits
         * for. */
        a = router_emit(step, ROUTER_ACTION_STATE_CHANGED);
        a->state.old_state = old;
        a->state.new_state = state;
        a->state.reason = reason;
}

void router_startup(Router *r, usec_t now, VrrpReason reason, RouterStep *step) {
        if (!r->started || r->admin == VRRP_ADMIN_PAUSED)
                return;
        if (r->fault || r->group_fault) {
                router_promotion_end(r, step);
                if (r->state != VRRP_FAULT)
                        router_set_state(r, now, VRRP_FAULT,
                                        r->fault ? VRRP_REASON_FAULT : VRRP_REASON_GROUP, step);
        } else if (!owner(r) || r->admin == VRRP_ADMIN_YIELDING)
                router_set_state(r, now, VRRP_BACKUP, reason, step);
        else if (r->config.grouped) {
                router_set_state(r, now, VRRP_BACKUP, reason, step);
                router_take_over(r, now, VRRP_REASON_OWNER, step);
        } else
                router_set_state(r, now, VRRP_MASTER, VRRP_REASON_OWNER, step);
}

void router_take_over(Router *r, usec_t now, VrrpReason reason, RouterStep *step) {
        if (r->config.grouped) {
                router_group_want(r, reason, step);
                return;
        }
        router_become_master(r, now, reason, step);
}

void router_become_master(Router *r, usec_t now, VrrpReason reason, RouterStep *step) {
        if (!r->elect) {
                router_set_state(r, now, VRRP_MASTER, reason, step);
                return;
        }
        reason = r->operation.operation == VRRP_OP_PROMOTE ? VRRP_REASON_PROMOTED : VRRP_REASON_ELECTED;
        if (r->operation.operation == VRRP_OP_PROMOTE)
                router_promote_apply(r, now);
        router_set_state(r, now, VRRP_MASTER, reason, step);
        router_finish(r, VRRP_RESULT_DONE, step);
}

/* ---- Events ---- */

static void event_started(Router *r, usec_t now, RouterStep *step) {
        switch (r->state) {
        /* RFC 9568 section 6.4.1: Startup. */
        case VRRP_INITIALIZE:
                r->started = true;
                router_startup(r, now, VRRP_REASON_STARTED, step);
                break;
        /* Started before. */
        case VRRP_BACKUP:
        case VRRP_MASTER:
        case VRRP_FAULT:
                break;
        case VRRP_STATE_MAX:
        case VRRP_STATE_INVALID:
                assert(false);
        }
}

/* A master says that it goes, unless its hand-over has said so: a second priority 0 would restart the skew
 * times of those that wait to take over. */
static void resign(Router *r, RouterStep *step) {
        if (r->handover == ROUTER_HANDOVER_NONE)
                router_emit_advert(step, VRRP_PRIORITY_RESIGN, NULL);
}

static void event_stopped(Router *r, usec_t now, RouterStep *step) {
        r->started = false;
        switch (r->state) {
        case VRRP_INITIALIZE:
                break;
        /* RFC 9568 section 6.4.3: Shutdown of an active router. */
        case VRRP_MASTER:
                resign(r, step);
                router_set_state(r, now, VRRP_INITIALIZE, VRRP_REASON_STOPPED, step);
                break;
        /* RFC 9568 section 6.4.2: Shutdown of a backup. */
        case VRRP_BACKUP:
        case VRRP_FAULT:
                router_set_state(r, now, VRRP_INITIALIZE, VRRP_REASON_STOPPED, step);
                break;
        case VRRP_STATE_MAX:
        case VRRP_STATE_INVALID:
                assert(false);
        }
        router_operation_abort(r, step);
}

/* A lower master that we mean to replace: discarded, so that the timer runs out (RFC 9568 section 6.4.2). It
 * is still worth showing, unless a better one is there. */
static void backup_discard(Router *r, usec_t now, const Advert *p, RouterStep *step) {
        if (r->rival.since_usec == USEC_INFINITY)
                r->rival.since_usec = now;
        r->rival.last_usec = now;
        r->rival.interval_usec = p->interval_usec;
        if (!better_master_alive(r, now, p))
                router_note_master(r, now, p, false, step);
        router_conflict_packet(r, now, p, false, step);
}

/* preempt_delay begins with the first advert of a lower master, and again after a better one was heard. */
static void backup_preempt_delay(Router *r, usec_t now, bool lower) {
        if (!lower) {
                r->preempt_ready = false;
                r->preempt_usec = USEC_INFINITY;
                return;
        }
        if (r->config.preempt_delay_usec == 0 || r->admin == VRRP_ADMIN_YIELDING || r->preempt_ready)
                return;
        if (r->preempt_usec == USEC_INFINITY)
                r->preempt_usec = usec_add(now, r->config.preempt_delay_usec);
}

/* The master said that it goes. Not so if it was another one than the master that we heard within its
 * interval: then the successor's first advert has overtaken this packet, or the loser of a split has been
 * stopped. Nor if a better one goes on: the last words of such a loser were followed, because we must not
 * preempt. */
static void backup_resigned(Router *r, usec_t now, const Advert *p) {
        if (vrrp_address_equal(&r->better_address, &p->source))
                r->better_until_usec = 0;
        if (now < r->better_until_usec)
                return;
        if (vrrp_address_is_set(&r->master_address) && !vrrp_address_equal(&r->master_address, &p->source) &&
                        !r->master_resigned && now - r->master_heard_usec <= r->master_interval_usec)
                return;
        r->master_resigned = true;
        r->wants = false;
        r->master_down_usec = usec_add(now, router_skew_usec(r));
}

static void backup_packet(Router *r, usec_t now, const Advert *p, RouterStep *step) {
        bool lower = p->priority < router_priority(r);

        if (p->priority == VRRP_PRIORITY_RESIGN) {
                backup_resigned(r, now, p);
                return;
        }
        if (r->elect && router_elect_packet(r, now, p, step))
                return;

        backup_preempt_delay(r, now, lower);
        if (lower && preempts(r)) {
                backup_discard(r, now, p, step);
                return;
        }
        forget_rival(r);
        router_note_master(r, now, p, true, step);
        router_conflict_packet(r, now, p, true, step);
        r->wants = false;
        r->master_down_usec = usec_add(now, router_master_down_interval_usec(r));
}

/* Hears one that must give way to us, and says so. Two routers that each believe this of the other (equal
 * priority behind an address translation) would answer each other without pause: hence at most two answers
 * an interval. A member of a group waits a moment: what the same host says to another member may make the
 * whole group give way to it, and then an answer would make it give way as well. */
static void master_lower_packet(Router *r, usec_t now, const Advert *p, RouterStep *step) {
        if (!r->config.lower_prio_no_advert && now >= r->rival.answer_usec) {
                r->rival.answer_usec = usec_add(now, r->config.interval_usec / 2);
                if (r->config.grouped)
                        r->advert_due_usec = MIN(r->advert_due_usec, usec_add(now, GROUP_ANSWER_USEC));
                else
                        router_emit_advert(step, router_priority(r), NULL);
        }
        emit_announce(r, now, step, announce_lower_prio(&r->announce, &r->config.announce, now));
        router_conflict_packet(r, now, p, false, step);
        router_conflict_rival(r, now, p, step);
}

bool router_farewell(Router *r, usec_t now, const VrrpAddress *to) {
        /* Not with a virtual MAC: bridges would learn it at the loser's port again. */
        if (!r->config.higher_prio_send_advert || r->config.vmac || r->admin != VRRP_ADMIN_ENABLED)
                return false;
        r->farewell_usec = usec_add(now, FAREWELL_USEC);
        r->farewell_to = to ? *to : (VrrpAddress){0};
        return true;
}

static void master_yield(Router *r, usec_t now, const Advert *p, RouterStep *step) {
        bool higher = p->priority > router_priority(r);

        router_note_master(r, now, p, true, step);
        router_conflict_packet(r, now, p, true, step);
        r->yielded_usec = now;
        router_set_state(r, now, VRRP_BACKUP,
                        higher ? VRRP_REASON_HIGHER_PRIORITY : VRRP_REASON_HIGHER_ADDRESS, step);

        router_farewell(r, now, &p->source);
}

static void master_packet(Router *r, usec_t now, const Advert *p, RouterStep *step) {
        if (r->handover != ROUTER_HANDOVER_NONE) {
                router_handover_packet(r, now, p, step);
                return;
        }
        /* RFC 9568 section 7.1 would have an owner discard them always; see above for why it is a choice.
         * That there is another one is told all the same (section 8.3.2). */
        if (owner(r) && r->config.owner_ignore_adverts) {
                if (p->priority != VRRP_PRIORITY_RESIGN)
                        router_conflict_rival(r, now, p, step);
                return;
        }
        if (p->priority == VRRP_PRIORITY_RESIGN) {
                router_emit_advert(step, router_priority(r), NULL);
                r->advert_due_usec = usec_add(now, r->config.interval_usec);
        } else if (router_beats(p->priority, &p->source, router_priority(r), &r->source))
                master_yield(r, now, p, step);
        else
                master_lower_packet(r, now, p, step);
}

static void event_packet(Router *r, usec_t now, const Advert *p, RouterStep *step) {
        switch (r->state) {
        /* RFC 9568 section 6.4.1: only Startup is looked at. */
        case VRRP_INITIALIZE:
        case VRRP_FAULT:
                break;
        /* RFC 9568 section 6.4.2, RFC 3768 section 6.4.2. */
        case VRRP_BACKUP:
                backup_packet(r, now, p, step);
                break;
        /* RFC 9568 section 6.4.3, RFC 3768 section 6.4.3. */
        case VRRP_MASTER:
                master_packet(r, now, p, step);
                break;
        case VRRP_STATE_MAX:
        case VRRP_STATE_INVALID:
                assert(false);
        }
}

/* With a group it is the lowest that a router can have: whoever is master here must announce itself again,
 * and must not give way to one that goes. */
static void send_farewell(Router *r, RouterStep *step) {
        r->farewell_usec = USEC_INFINITY;
        if (!r->farewell_resigns) {
                router_emit_advert(step, router_priority(r), &r->farewell_to);
                return;
        }
        r->farewell_resigns = false;
        router_emit_advert(step, 1, NULL);
        router_emit_advert(step, VRRP_PRIORITY_RESIGN, NULL);
}

static void master_down(Router *r, usec_t now, RouterStep *step) {
        /* We slept: what the timer says may be our own absence, not the master's. Listen for one more
         * interval, half of one for what the wire and a busy sender add, and the skew time, so that of
         * several sleepers the best comes first. */
        if (now - r->master_down_usec > r->master_interval_usec) {
                r->master_down_usec = usec_add(now, r->master_interval_usec * 3 / 2 + router_skew_usec(r));
                return;
        }
        router_take_over(r, now,
                        r->master_resigned    ? VRRP_REASON_MASTER_RESIGNED
                        : rival_alive(r, now) ? VRRP_REASON_PREEMPTED_LOWER
                                              : VRRP_REASON_MASTER_DOWN,
                        step);
}

static void backup_deadline(Router *r, usec_t now, RouterStep *step) {
        if (now >= r->farewell_usec)
                send_farewell(r, step);
        if (now >= r->preempt_usec) {
                r->preempt_usec = USEC_INFINITY;
                r->preempt_ready = true;
        }
        if (now >= r->master_down_usec)
                master_down(r, now, step);
}

static void master_deadline(Router *r, usec_t now, RouterStep *step) {
        if (r->handover != ROUTER_HANDOVER_NONE && now >= r->handover_usec)
                router_handover_deadline(r, now, step);
        /* Silent, or released by now. */
        if (r->handover != ROUTER_HANDOVER_NONE || r->state != VRRP_MASTER)
                return;
        if (now >= r->advert_due_usec) {
                usec_t next = usec_add(r->advert_due_usec, r->config.interval_usec);

                router_emit_advert(step, router_priority(r), NULL);
                /* On schedule, so that lateness does not add up; what was missed in a stall is not sent in a
                 * heap. */
                r->advert_due_usec = next > now ? next : usec_add(now, r->config.interval_usec);
        }
        if (announce_dispatch_teach(&r->announce, now))
                router_emit(step, ROUTER_ACTION_TEACH);
        emit_announce(r, now, step, announce_dispatch(&r->announce, &r->config.announce, now));
        if (announce_dispatch_extra(&r->announce, &r->config.announce, now))
                router_emit(step, ROUTER_ACTION_ANNOUNCE_EXTRA);
}

/* keepalived's timer_expired_backup: a master that was held up until a router of that priority must have
 * declared it dead (RFC 9568 section 6.4.2) would, by its next advert, take back what nopreempt leaves to
 * the other. It is judged before anything else is heard, as the other's adverts are what it would answer. */
static bool was_held_up(const Router *r, usec_t now) {
        const RouterConfig *c = &r->config;
        usec_t second = c->version == 2 ? USEC_PER_SEC : c->interval_usec, patience;

        if (r->state != VRRP_MASTER || r->handover != ROUTER_HANDOVER_NONE || c->preempt ||
                        c->expired_priority == 0)
                return false;
        /* The last advert left one interval before the next one was due. */
        patience = c->down_timer_adverts * c->interval_usec + (256U - c->expired_priority) * second / 256;
        return now > usec_add(r->advert_due_usec, patience - c->interval_usec);
}

static void event_deadline(Router *r, usec_t now, RouterStep *step) {
        router_conflict_deadline(r, now, step);
        if (now >= r->admin_expire_usec)
                router_hold_end(r, now, step);

        switch (r->state) {
        /* RFC 9568 section 6.4.1: no timer runs. */
        case VRRP_INITIALIZE:
        case VRRP_FAULT:
                break;
        /* RFC 9568 section 6.4.2: Active_Down_Timer. */
        case VRRP_BACKUP:
                backup_deadline(r, now, step);
                break;
        /* RFC 9568 section 6.4.3: Adver_Timer. */
        case VRRP_MASTER:
                master_deadline(r, now, step);
                break;
        case VRRP_STATE_MAX:
        case VRRP_STATE_INVALID:
                assert(false);
        }
}

/* A stop that waits for a successor becomes an immediate one: there is nothing left to hand over. */
static bool fault_ends_stop(Router *r, usec_t now, RouterStep *step) {
        if (r->handover == ROUTER_HANDOVER_NONE || r->operation.operation != VRRP_OP_STOP)
                return false;
        event_stopped(r, now, step);
        return true;
}

/* Own faults and those of its group count alike; the reason tells them apart. */
void router_fault_changed(Router *r, usec_t now, RouterStep *step) {
        bool fault = r->fault || r->group_fault;
        VrrpReason reason = r->fault ? VRRP_REASON_FAULT : VRRP_REASON_GROUP;

        switch (r->state) {
        /* Not started, paused or stopped: the flag is remembered for the start. */
        case VRRP_INITIALIZE:
                break;
        case VRRP_FAULT:
                if (!fault)
                        router_startup(r, now, VRRP_REASON_FAULT_CLEARED, step);
                break;
        case VRRP_MASTER:
                if (!fault || fault_ends_stop(r, now, step))
                        break;
                resign(r, step);
                router_promotion_end(r, step);
                router_set_state(r, now, VRRP_FAULT, reason, step);
                router_operation_abort(r, step);
                break;
        case VRRP_BACKUP:
                if (!fault)
                        break;
                router_promotion_end(r, step);
                router_set_state(r, now, VRRP_FAULT, reason, step);
                router_operation_abort(r, step);
                break;
        case VRRP_STATE_MAX:
        case VRRP_STATE_INVALID:
                assert(false);
        }
}

/* Timers stay as they are: RFC 9568 computes the skew when a timer is set, and a master's next advert is due
 * soon. */
static void event_priority(Router *r, uint8_t priority, RouterStep *step) {
        uint8_t old = r->tracked_priority;

        if (owner(r) || priority == old)
                return;
        r->tracked_priority = priority_effective(MIN(priority, VRRP_PRIORITY_OWNER - 1), 0);
        router_emit_changed(step);
        /* A tracker went down: an administrator's promotion was made on other facts. */
        if (priority < old)
                router_promotion_end(r, step);
}

static void event_source(Router *r, const VrrpAddress *source, RouterStep *step) {
        if (vrrp_address_equal(&r->source, source))
                return;
        r->source = *source;
        router_emit_changed(step);
}

static void event_addresses(Router *r, bool on, RouterStep *step) {
        switch (r->state) {
        /* DESIGN 5.6: the last advert of a master that yielded leaves when its addresses are gone. */
        case VRRP_BACKUP:
                if (!on && r->farewell_usec != USEC_INFINITY)
                        send_farewell(r, step);
                break;
        case VRRP_INITIALIZE:
        case VRRP_MASTER:
        case VRRP_FAULT:
                break;
        case VRRP_STATE_MAX:
        case VRRP_STATE_INVALID:
                assert(false);
        }
}

static void event_refused(Router *r, usec_t now, const RouterEvent *event, RouterStep *step) {
        switch (r->state) {
        case VRRP_INITIALIZE:
        case VRRP_FAULT:
                break;
        case VRRP_BACKUP:
        case VRRP_MASTER:
                router_conflict_refused(r, now, event->refused.verdict, &event->refused.source, step);
                break;
        case VRRP_STATE_MAX:
        case VRRP_STATE_INVALID:
                assert(false);
        }
}

void router_init(Router *r, const RouterConfig *config) {
        *r = (Router){
                        .config = *config,
                        .state = VRRP_INITIALIZE,
                        .reason = VRRP_REASON_NONE,
                        .admin = VRRP_ADMIN_ENABLED,
                        .tracked_priority = config->base_priority,
                        .master_interval_usec = config->interval_usec,
                        .master_down_usec = USEC_INFINITY,
                        .advert_due_usec = USEC_INFINITY,
                        .preempt_usec = USEC_INFINITY,
                        .farewell_usec = USEC_INFINITY,
                        .handover_usec = USEC_INFINITY,
                        .admin_expire_usec = USEC_INFINITY,
        };
        for (size_t i = 0; i < VRRP_CONFLICT_MAX; i++)
                r->conflict_usec[i] = USEC_INFINITY;
        forget_rival(r);
        announce_init(&r->announce);
}

void router_step(Router *r, usec_t now, const RouterEvent *event, RouterStep *ret) {
        ret->n_actions = 0;
        ret->successor = (VrrpAddress){0};
        if (was_held_up(r, now))
                router_set_state(r, now, VRRP_BACKUP, VRRP_REASON_HELD_UP, ret);
        switch (event->type) {
        case ROUTER_EVENT_STARTED:
                event_started(r, now, ret);
                break;
        case ROUTER_EVENT_STOPPED:
                event_stopped(r, now, ret);
                break;
        case ROUTER_EVENT_PACKET:
                event_packet(r, now, &event->packet, ret);
                break;
        case ROUTER_EVENT_DEADLINE:
                event_deadline(r, now, ret);
                break;
        case ROUTER_EVENT_FAULT:
                r->fault = event->fault;
                router_fault_changed(r, now, ret);
                break;
        case ROUTER_EVENT_PRIORITY:
                event_priority(r, event->priority, ret);
                break;
        case ROUTER_EVENT_SOURCE:
                event_source(r, &event->source, ret);
                break;
        case ROUTER_EVENT_ADDRESSES:
                event_addresses(r, event->addresses_on, ret);
                break;
        case ROUTER_EVENT_ANNOUNCED:
                router_handover_announced(r, now, ret);
                break;
        case ROUTER_EVENT_COMMAND:
                router_command(r, now, &event->command, ret);
                break;
        case ROUTER_EVENT_CONFIG:
                router_reconfigure(r, now, &event->config, ret);
                break;
        case ROUTER_EVENT_REFUSED:
                event_refused(r, now, event, ret);
                break;
        case ROUTER_EVENT_GROUP:
                router_group_order(r, now, event->group, ret);
                break;
        case ROUTER_EVENT_TYPE_MAX:
                assert(false);
        }
}
