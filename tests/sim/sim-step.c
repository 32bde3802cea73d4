/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What must hold for each step of one router, judged from outside. The rules are written here once more, in
 * the words of the RFC and of DESIGN, and not by calling the router's own: a rule that is wrong in router.c
 * must not be wrong here in the same way. What the router should know is kept in Watch, from what it was
 * told and what it said. */

#include "tests/sim/sim.h"

/* The imitated engine and its clock: what a deadline may be late by, in the router's own time. */
static usec_t tolerance(const Sim *s) {
        return s->jitter_usec + 2;
}

/* ---- The rules of the RFC, once more ---- */

/* RFC 9568 section 6.1 and RFC 3768 section 6.1. */
static usec_t skew(const Router *r, uint8_t priority, usec_t interval) {
        return (usec_t)(256 - priority) * (r->config.version == 3 ? interval : USEC_PER_SEC) / 256;
}

static usec_t down_interval(const Router *r, uint8_t priority, usec_t interval) {
        return r->config.down_timer_adverts * interval + skew(r, priority, interval);
}

static bool is_owner(const Router *r) {
        return r->config.base_priority == VRRP_PRIORITY_OWNER;
}

bool check_must_not_preempt(const Router *r) {
        return r->admin == VRRP_ADMIN_YIELDING || (!is_owner(r) && !r->config.preempt);
}

/* The priority that is due: from configuration and trackers, or what a promotion has made of it. */
static uint8_t due_priority(const Node *x, const Router *r) {
        const Watch *w = &x->watch;
        bool promoted = r->admin == VRRP_ADMIN_PROMOTED ||
                        (r->admin == VRRP_ADMIN_HANDING_OVER && r->promoted_priority > 0);

        return promoted ? MAX(w->tracked, w->promotion) : w->tracked;
}

static const RouterAction *find(const RouterStep *step, RouterActionType type) {
        for (size_t i = 0; i < step->n_actions; i++)
                if (step->actions[i].type == type)
                        return &step->actions[i];
        return NULL;
}

static bool advertised(const RouterStep *step, bool resigned) {
        for (size_t i = 0; i < step->n_actions; i++)
                if (step->actions[i].type == ROUTER_ACTION_SEND_ADVERT &&
                                (step->actions[i].advert.priority == VRRP_PRIORITY_RESIGN) == resigned)
                        return true;
        return false;
}

/* ---- Keeping the watch ---- */

void watch_start(Sim *s, Node *x) {
        x->watch = (Watch){
                        .tracked = x->config.base_priority,
                        .interval_usec = x->config.interval_usec,
                        .lower_since_usec = USEC_INFINITY,
                        .latest_usec = USEC_INFINITY,
        };
}

static uint8_t clamp_priority(int priority) {
        return (uint8_t)CLAMP(priority, 1, 254);
}

/* What it was told, before its step is judged. */
static void watch_told(Node *x, const Router *before, const RouterEvent *event, const RouterStep *step) {
        const RouterAction *a = find(step, ROUTER_ACTION_STATE_CHANGED);
        Watch *w = &x->watch;

        if (event->type == ROUTER_EVENT_PRIORITY && !is_owner(before))
                w->tracked = clamp_priority(event->priority);
        if (event->type == ROUTER_EVENT_CONFIG) {
                int share = is_owner(before) ? 0 : w->tracked - before->config.base_priority;
                uint8_t base = event->config.base_priority;

                w->tracked = base == VRRP_PRIORITY_OWNER ? base : clamp_priority(base + share);
        }
        if (event->type == ROUTER_EVENT_COMMAND && event->command.operation == VRRP_OP_PROMOTE &&
                        before->state == VRRP_BACKUP && !before->elect) {
                uint8_t asked = event->command.priority;

                w->asked = asked == 0 || asked > 254 ? 254 : asked;
        }
        if (a && a->state.reason == VRRP_REASON_PROMOTED)
                w->promotion = MIN(MAX(w->asked, w->tracked), VRRP_PRIORITY_OWNER - 1);
}

/* Must a backup follow this advert, rather than let its timer run out? */
static bool must_follow(Node *x, const Router *before, usec_t now, const Advert *p) {
        Watch *w = &x->watch;

        if (p->priority >= due_priority(x, before)) {
                w->lower_since_usec = USEC_INFINITY;
                return true;
        }
        if (check_must_not_preempt(before))
                return true;
        if (is_owner(before) || before->config.preempt_delay_usec == 0)
                return false;
        if (w->lower_since_usec == USEC_INFINITY)
                w->lower_since_usec = now;
        return now < w->lower_since_usec + before->config.preempt_delay_usec;
}

/* May it follow? With preempt_delay and reloads both can be right. */
static bool may_follow(const Node *x, const Router *before, const Advert *p) {
        return p->priority >= due_priority(x, before) || check_must_not_preempt(before) ||
               (!is_owner(before) && before->config.preempt_delay_usec > 0);
}

static void watch_listen(const Sim *s, Node *x, usec_t now, usec_t interval) {
        Watch *w = &x->watch;
        uint8_t priority = due_priority(x, &x->router);

        w->heard_resign = w->heard_lower = w->surely_resigned = false;
        w->lower_usec = 0;
        w->interval_usec = interval;
        w->earliest_usec = now + down_interval(&x->router, priority, interval);
        w->latest_usec = now + down_interval(&x->router, priority, s->interval_max_usec);
}

/* What a backup heard: what it must, may and may not make of it. */
static void watch_backup_packet(const Sim *s, Node *x, const Router *before, usec_t now, const Advert *p) {
        Watch *w = &x->watch;
        uint8_t priority = due_priority(x, before);

        if (p->priority == VRRP_PRIORITY_RESIGN) {
                /* Whether a resignation counts where there was another master just before is left open. */
                usec_t earliest = now + skew(before, priority, w->interval_usec);
                usec_t latest = now + skew(before, priority, s->interval_max_usec);

                w->heard_resign = true;
                w->surely_resigned =
                                vrrp_address_equal(&p->source, &w->master) &&
                                now > w->master_since_usec + down_interval(before, 1, s->interval_max_usec);
                w->earliest_usec = w->surely_resigned ? earliest : MIN(w->earliest_usec, earliest);
                w->latest_usec = w->surely_resigned ? latest : MAX(w->latest_usec, latest);
        } else if (must_follow(x, before, now, p)) {
                watch_listen(s, x, now, p->interval_usec);
        } else {
                bool may = may_follow(x, before, p);

                w->heard_lower = true;
                w->surely_resigned = false;
                w->lower_usec = may ? 0 : now;
                w->lower_interval_usec = p->interval_usec;
                if (may)
                        w->latest_usec = now + down_interval(before, priority, s->interval_max_usec);
        }
        if (p->priority != VRRP_PRIORITY_RESIGN && !vrrp_address_equal(&p->source, &w->master)) {
                w->master = p->source;
                w->master_since_usec = now;
        }
}

/* A new state, and what it is measured by from now on. */
static void watch_entered(
                const Sim *s, Node *x, const Router *before, usec_t now, const RouterEvent *event) {
        Watch *w = &x->watch;
        usec_t interval = x->router.config.interval_usec;

        w->lower_since_usec = USEC_INFINITY;
        w->master = (VrrpAddress){0};
        w->owes_farewell = false;
        if (before->state == VRRP_MASTER && event->type == ROUTER_EVENT_PACKET &&
                        x->router.state == VRRP_BACKUP) {
                w->master = event->packet.source;
                w->master_since_usec = now;
                interval = event->packet.interval_usec;
                w->yielded_usec = now;
                w->winner = w->master;
                w->owes_farewell = before->config.higher_prio_send_advert && !before->config.vmac &&
                                   before->admin == VRRP_ADMIN_ENABLED;
        } else if (before->state == VRRP_MASTER && before->handover == ROUTER_HANDOVER_RELEASING)
                interval = w->interval_usec;
        w->latest_usec = USEC_INFINITY;
        if (x->router.state == VRRP_BACKUP)
                watch_listen(s, x, now, interval);
        else
                w->interval_usec = interval;
        w->regular_usec = now;
        w->answered_usec = 0;
}

/* It slept for longer than its master's interval behind its timer: it hears one more interval, and of
 * several the best comes first. */
static void watch_sleeper(const Sim *s, Node *x, const Router *before, usec_t now) {
        Watch *w = &x->watch;
        uint8_t priority = due_priority(x, before);

        w->latest_usec = MAX(w->latest_usec,
                        now + s->interval_max_usec * 3 / 2 + skew(before, priority, s->interval_max_usec));
        if (before->master_down_usec != USEC_INFINITY &&
                        now > before->master_down_usec + s->interval_max_usec)
                w->earliest_usec = MAX(w->earliest_usec,
                                now + s->interval_min_usec + skew(before, priority, s->interval_min_usec));
}

static void watch_stayed(const Sim *s, Node *x, const Router *before, usec_t now, const RouterEvent *event) {
        Watch *w = &x->watch;

        if (event->type == ROUTER_EVENT_PACKET && before->state == VRRP_BACKUP)
                watch_backup_packet(s, x, before, now, &event->packet);
        /* A hand-over has heard its successor, and waits for its ARP. */
        if (event->type == ROUTER_EVENT_PACKET && before->handover != ROUTER_HANDOVER_NONE &&
                        event->packet.priority > 0)
                w->interval_usec = event->packet.interval_usec;
        /* A reload scales what is left; how, is a matter of taste. */
        if (event->type == ROUTER_EVENT_CONFIG && before->state == VRRP_BACKUP) {
                w->earliest_usec = 0;
                w->interval_usec = MIN(w->interval_usec, x->router.config.interval_usec);
                w->lower_since_usec = 0; /* a delay that runs goes on, or is cut short */
                w->latest_usec = now + down_interval(&x->router, 1, s->interval_max_usec);
        }
        /* The next advert comes no later than the old or the new interval says. */
        if (event->type == ROUTER_EVENT_CONFIG && before->state == VRRP_MASTER) {
                usec_t interval = x->router.config.interval_usec;

                w->regular_usec = MIN(w->regular_usec + before->config.interval_usec, now + interval) -
                                  interval;
        }
        /* It slept, and listens again. */
        if (event->type == ROUTER_EVENT_DEADLINE && before->state == VRRP_BACKUP && s->now == x->woken_usec)
                watch_sleeper(s, x, before, now);
        if (before->handover != ROUTER_HANDOVER_NONE && x->router.handover == ROUTER_HANDOVER_NONE)
                w->regular_usec = now;
}

/* ---- The rules ---- */

/* No transition without a reason, one a step, told when it happens; addresses come and go with it. */
static void check_transition(Sim *s, const Node *x, const Router *before, usec_t now,
                const RouterEvent *event, const RouterStep *step) {
        const RouterAction *a = find(step, ROUTER_ACTION_STATE_CHANGED);
        bool was = before->state == VRRP_MASTER, is = x->router.state == VRRP_MASTER;

        if ((x->router.state != before->state) != (a != NULL))
                sim_violation(s, "router %u changed its state without telling, or told without changing",
                                x->index);
        if (a && (a->state.old_state != before->state || a->state.new_state != x->router.state ||
                                 a->state.reason == VRRP_REASON_NONE || a->state.reason != x->router.reason))
                sim_violation(s, "router %u told a transition that was not the one", x->index);
        if (a)
                check_reason(s, x, before, now, event, a, due_priority(x, before));
        if ((is && !was) != (find(step, ROUTER_ACTION_ADDRESSES_ON) != NULL))
                sim_violation(s, "router %u became master without addresses, or the reverse", x->index);
        if ((was && !is) != (find(step, ROUTER_ACTION_ADDRESSES_OFF) != NULL))
                sim_violation(s, "router %u left master with its addresses, or the reverse", x->index);
        if (is && !was && (!advertised(step, false) || !find(step, ROUTER_ACTION_ANNOUNCE)))
                sim_violation(s, "router %u became master in silence", x->index);
        if (is && !was && advertised(step, false) &&
                        (find(step, ROUTER_ACTION_ADDRESSES_ON) < find(step, ROUTER_ACTION_SEND_ADVERT)) !=
                                        x->watch.surely_resigned &&
                        !x->watch.heard_resign)
                sim_violation(s, "router %u has its advert and its addresses in the wrong order", x->index);
}

/* RFC 9568 section 6.4.3: which of two masters gives way. */
static void check_yield(Sim *s, const Node *x, const Router *before, const Advert *p) {
        uint8_t own = due_priority(x, before);
        bool must = p->priority > own ||
                    (p->priority == own &&
                                    memcmp(p->source.bytes, x->source.bytes, sizeof(p->source.bytes)) > 0);

        if (must && x->router.state == VRRP_MASTER)
                sim_violation(s, "master %u (%u) did not give way to priority %u", x->index, own,
                                p->priority);
        if (!must && x->router.state != VRRP_MASTER)
                sim_violation(s, "master %u (%u) gave way to priority %u", x->index, own, p->priority);
}

/* RFC 9568 section 6.4.3: a master answers who resigns, and who is worse. */
static void check_answer(
                Sim *s, Node *x, const Router *before, usec_t now, const Advert *p, const RouterStep *step) {
        bool answered = advertised(step, false), stays = x->router.state == VRRP_MASTER;

        if (p->priority == VRRP_PRIORITY_RESIGN) {
                if (!answered || !stays)
                        sim_violation(s, "master %u heard a resignation and did not speak", x->index);
                x->watch.regular_usec = now;
                return;
        }
        check_yield(s, x, before, p);
        if (!stays)
                return;
        if (answered && before->config.lower_prio_no_advert)
                sim_violation(s, "master %u answered a lower one", x->index);
        if (answered)
                x->watch.answered_usec = now;
        else if (!before->config.lower_prio_no_advert &&
                        now - x->watch.answered_usec > before->config.interval_usec)
                sim_violation(s, "master %u left a lower one without an answer", x->index);
}

/* Priority 0 is said once, when a master goes or begins to; then nothing until the hand-over is over. */
static void check_resignation(Sim *s, const Node *x, const Router *before, const RouterStep *step) {
        bool handing = before->handover != ROUTER_HANDOVER_NONE;
        bool begins = !handing && x->router.handover == ROUTER_HANDOVER_CALLING;
        bool leaves = before->state == VRRP_MASTER &&
                      (x->router.state == VRRP_FAULT || x->router.state == VRRP_INITIALIZE);
        bool due = begins || (leaves && !handing);

        if (advertised(step, true) != due)
                sim_violation(s, "router %u %s priority 0", x->index, due ? "did not send" : "sent");
        if (handing && x->router.handover != ROUTER_HANDOVER_NONE && find(step, ROUTER_ACTION_SEND_ADVERT))
                sim_violation(s, "router %u spoke during its hand-over", x->index);
}

/* A backup may speak once after it has given way (DESIGN 5.6), to the winner, and not for long. */
static void check_farewell(Sim *s, const Node *x, const Router *before, usec_t now, const RouterAction *a) {
        const Watch *w = &x->watch;

        if (!w->owes_farewell || before->state != VRRP_BACKUP || before->config.vmac ||
                        now > w->yielded_usec + 100 * USEC_PER_MSEC + tolerance(s) +
                                                        (s->now - x->woken_usec == 0 ? USEC_PER_SEC * 3600
                                                                                     : 0) ||
                        !vrrp_address_equal(&a->advert.to, &w->winner))
                sim_violation(s, "router %u spoke without being master", x->index);
}

/* ...and it does so when the kernel has taken its addresses, or after 100 ms. */
static void check_farewell_owed(Sim *s, Node *x, const Router *before, usec_t now, const RouterEvent *event,
                const RouterStep *step) {
        Watch *w = &x->watch;

        if (!w->owes_farewell || before->state != VRRP_BACKUP)
                return;
        if (advertised(step, false) || x->router.state != VRRP_BACKUP)
                w->owes_farewell = false;
        else if ((event->type == ROUTER_EVENT_ADDRESSES && !event->addresses_on) ||
                        (s->now > x->woken_usec &&
                                        now > w->yielded_usec + 100 * USEC_PER_MSEC + tolerance(s)))
                sim_violation(s, "router %u gave way and said no farewell", x->index);
}

/* No advert with a priority that is not due, none from others than masters. */
static void check_adverts(Sim *s, const Node *x, const Router *before, usec_t now, const RouterStep *step) {
        for (size_t i = 0; i < step->n_actions; i++) {
                const RouterAction *a = &step->actions[i];

                if (a->type != ROUTER_ACTION_SEND_ADVERT || a->advert.priority == VRRP_PRIORITY_RESIGN)
                        continue;
                if (a->advert.priority != due_priority(x, &x->router))
                        sim_violation(s, "router %u sent priority %u, due was %u", x->index,
                                        a->advert.priority, due_priority(x, &x->router));
                if (x->router.state != VRRP_MASTER || vrrp_address_is_set(&a->advert.to))
                        check_farewell(s, x, before, now, a);
        }
}

/* RFC 9568 section 6.4.3: one advert an interval, on schedule. */
static void check_schedule(Sim *s, Node *x, const Router *before, usec_t now, const RouterEvent *event,
                const RouterStep *step) {
        Watch *w = &x->watch;
        usec_t interval = x->router.config.interval_usec;

        if (before->state != VRRP_MASTER || x->router.state != VRRP_MASTER ||
                        before->handover != ROUTER_HANDOVER_NONE ||
                        x->router.handover != ROUTER_HANDOVER_NONE || event->type == ROUTER_EVENT_CONFIG)
                return;
        if (event->type == ROUTER_EVENT_DEADLINE && advertised(step, false)) {
                if (now < w->regular_usec + interval)
                        sim_violation(s, "master %u spoke too early", x->index);
                /* On schedule, not from when it was late. */
                w->regular_usec = w->regular_usec + 2 * interval > now ? w->regular_usec + interval : now;
        } else if (s->now > x->woken_usec &&
                        now > w->regular_usec + interval + tolerance(s) + interval / 100)
                sim_violation(s, "master %u missed its advert", x->index);
}

/* RFC 9568 section 6.4.2: the timer of a backup, from both sides. */
static void check_timer(Sim *s, const Node *x, const Router *before, usec_t now, const RouterEvent *event,
                const RouterStep *step) {
        const RouterAction *a = find(step, ROUTER_ACTION_STATE_CHANGED);
        const Watch *w = &x->watch;
        usec_t slack = tolerance(s) + s->interval_max_usec / 100;

        if (before->state != VRRP_BACKUP)
                return;
        if (a && a->state.new_state == VRRP_MASTER) {
                bool timed = a->state.reason == VRRP_REASON_MASTER_DOWN ||
                             a->state.reason == VRRP_REASON_MASTER_RESIGNED ||
                             a->state.reason == VRRP_REASON_PREEMPTED_LOWER;

                if (timed && now < w->earliest_usec)
                        sim_violation(s, "router %u took over %u us too early", x->index,
                                        (unsigned)(w->earliest_usec - now));
                if (timed && w->latest_usec != USEC_INFINITY &&
                                now > w->latest_usec + slack + s->interval_max_usec)
                        sim_violation(s, "router %u woke and took over without listening", x->index);
                if (timed && event->type != ROUTER_EVENT_DEADLINE)
                        sim_violation(s, "router %u took over without its timer", x->index);
        } else if (w->latest_usec != USEC_INFINITY && now > w->latest_usec + slack &&
                        s->now > x->woken_usec && x->router.state == VRRP_BACKUP &&
                        event->type == ROUTER_EVENT_DEADLINE)
                sim_violation(s, "router %u should have taken over", x->index);
}

/* A discarded packet changes nothing (DESIGN 5.9). */
static void check_refused(Sim *s, const Node *x, const Router *before, const RouterStep *step) {
        const Router *r = &x->router;

        if (r->state != before->state || r->master_down_usec != before->master_down_usec ||
                        r->advert_due_usec != before->advert_due_usec ||
                        r->preempt_usec != before->preempt_usec || r->handover != before->handover ||
                        !vrrp_address_equal(&r->master_address, &before->master_address) ||
                        find(step, ROUTER_ACTION_SEND_ADVERT))
                sim_violation(s, "router %u was moved by a refused packet", x->index);
}

/* A conflict begins, and ends, once; who does not take part sees none, and only a master another one. */
static void check_conflicts(Sim *s, Node *x, const RouterStep *step) {
        VrrpState state = x->router.state;

        for (size_t i = 0; i < step->n_actions; i++) {
                const RouterAction *a = &step->actions[i];
                bool seen = a->type == ROUTER_ACTION_CONFLICT_SEEN;

                if (!seen && a->type != ROUTER_ACTION_CONFLICT_CLEARED)
                        continue;
                if (a->conflict.kind < 0 || a->conflict.kind >= VRRP_CONFLICT_MAX) {
                        sim_violation(s, "router %u told a conflict that there is not", x->index);
                        continue;
                }
                if (x->watch.conflict[a->conflict.kind] == seen)
                        sim_violation(s, "router %u told a conflict twice", x->index);
                x->watch.conflict[a->conflict.kind] = seen;
        }
        for (VrrpConflict kind = 0; kind < VRRP_CONFLICT_MAX; kind++)
                if (x->watch.conflict[kind] &&
                                (state == VRRP_INITIALIZE || state == VRRP_FAULT ||
                                                (state == VRRP_BACKUP && kind == VRRP_CONFLICT_TWO_MASTERS)))
                        sim_violation(s, "router %u is %s and sees a conflict", x->index,
                                        vrrp_state_to_string(state));
}

void check_step(Sim *s, Node *x, const Router *before, const RouterEvent *event, const RouterStep *step) {
        usec_t now = node_clock(x, s->now);
        bool speaks = before->state == VRRP_MASTER && before->handover == ROUTER_HANDOVER_NONE;

        watch_told(x, before, event, step);
        check_transition(s, x, before, now, event, step);
        check_resignation(s, x, before, step);
        check_adverts(s, x, before, now, step);
        check_schedule(s, x, before, now, event, step);
        check_timer(s, x, before, now, event, step);
        check_takeover(s, x, before, step);
        check_conflicts(s, x, step);
        check_admin(s, x, before, now, event, step, tolerance(s));
        check_farewell_owed(s, x, before, now, event, step);
        if (event->type == ROUTER_EVENT_PACKET && speaks)
                check_answer(s, x, before, now, &event->packet, step);
        if (event->type == ROUTER_EVENT_REFUSED)
                check_refused(s, x, before, step);
        if (event->type == ROUTER_EVENT_DEADLINE && router_deadline(&x->router) <= now)
                sim_violation(s, "router %u wants to be woken in the past", x->index);

        if (x->router.state != before->state)
                watch_entered(s, x, before, now, event);
        else
                watch_stayed(s, x, before, now, event);
}
