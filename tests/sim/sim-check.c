/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What must hold, judged from outside. The rules are written here once more, in the words of the RFC and of
 * DESIGN, and not by calling the router's own: a rule that is wrong in router.c must not be wrong here in
 * the same way. */

#include "tests/sim/sim.h"

void sim_violation(Sim *s, const char *format, ...) {
        va_list ap;

        if (s->violation)
                return;
        va_start(ap, format);
        s->violation = g_strdup_vprintf(format, ap);
        va_end(ap);
        sim_trace(s, "VIOLATION: %s", s->violation);
}

/* ---- One step ---- */

static const RouterAction *find(const RouterStep *step, RouterActionType type) {
        for (size_t i = 0; i < step->n_actions; i++)
                if (step->actions[i].type == type)
                        return &step->actions[i];
        return NULL;
}

/* No transition without a reason, one a step, told when it happens; addresses come and go with it. */
static void check_transition(Sim *s, const Node *x, const Router *before, const RouterStep *step) {
        const RouterAction *a = find(step, ROUTER_ACTION_STATE_CHANGED);
        bool was = before->state == VRRP_MASTER, is = x->router.state == VRRP_MASTER;

        if ((x->router.state != before->state) != (a != NULL))
                sim_violation(s, "router %u changed its state without telling, or told without changing",
                                x->index);
        if (a && (a->state.old_state != before->state || a->state.new_state != x->router.state ||
                                 a->state.reason == VRRP_REASON_NONE || a->state.reason != x->router.reason))
                sim_violation(s, "router %u told a transition that was not the one", x->index);
        if (is && !was && !find(step, ROUTER_ACTION_ADDRESSES_ON))
                sim_violation(s, "router %u became master without addresses", x->index);
        if (was && !is && !find(step, ROUTER_ACTION_ADDRESSES_OFF))
                sim_violation(s, "router %u left master with its addresses", x->index);
}

/* RFC 9568 section 6.4.3: which of two masters gives way. */
static void check_yield(Sim *s, const Node *x, const Router *before, const Advert *p) {
        uint8_t own = MAX(before->tracked_priority, before->promoted_priority);
        bool must = p->priority > own ||
                    (p->priority == own &&
                                    memcmp(p->source.bytes, x->source.bytes, sizeof(p->source.bytes)) > 0);

        if (before->state != VRRP_MASTER || before->handover != ROUTER_HANDOVER_NONE || p->priority == 0)
                return;
        if (must && x->router.state == VRRP_MASTER)
                sim_violation(s, "master %u (%u) did not give way to priority %u", x->index, own,
                                p->priority);
        if (!must && x->router.state != VRRP_MASTER)
                sim_violation(s, "master %u (%u) gave way to priority %u", x->index, own, p->priority);
}

/* Priority 0 is said once, and then nothing until the hand-over is over. */
static void check_handover_silence(Sim *s, const Node *x, const Router *before, const RouterStep *step) {
        if (before->handover != ROUTER_HANDOVER_NONE && x->router.handover != ROUTER_HANDOVER_NONE &&
                        find(step, ROUTER_ACTION_SEND_ADVERT))
                sim_violation(s, "router %u spoke during its hand-over", x->index);
}

/* Could this router be waiting rather than preempting? */
static bool must_not_preempt(const Router *r) {
        if (r->admin == VRRP_ADMIN_YIELDING)
                return true;
        return r->config.base_priority != VRRP_PRIORITY_OWNER && !r->config.preempt;
}

/* A master that stands firm, and whose adverts this router must have heard in the calm. */
static bool is_firm(const Sim *s, const Node *x, const Node *y) {
        usec_t long_ago = s->now - 6 * s->interval_max_usec;

        return x != y && node_is_master(y) && node_connected(x, y) &&
               y->router.handover == ROUTER_HANDOVER_NONE &&
               y->master_since_usec < s->now - 2 * s->interval_max_usec && s->quiet_since_usec < long_ago &&
               y->woken_usec < long_ago && s->loss_percent == 0;
}

/* Nobody takes over from a live master that is as good, or that it has to follow: not on waking from a
 * freeze either. */
static void check_takeover(Sim *s, const Node *x, const Router *before, const RouterStep *step) {
        const RouterAction *a = find(step, ROUTER_ACTION_STATE_CHANGED);

        if (!a || a->state.new_state != VRRP_MASTER || before->state != VRRP_BACKUP)
                return;
        if (a->state.reason == VRRP_REASON_ELECTED || a->state.reason == VRRP_REASON_PROMOTED ||
                        a->state.reason == VRRP_REASON_OWNER)
                return;
        for (unsigned i = 0; i < s->n; i++) {
                const Node *y = &s->nodes[i];

                if (!is_firm(s, x, y))
                        continue;
                /* Who slept listens in the measure of the master that it knew; this one may have come since,
                 * and be slower. */
                if (y->router.config.interval_usec > before->master_interval_usec)
                        continue;
                if (must_not_preempt(before))
                        sim_violation(s, "router %u must not preempt and took over from live master %u",
                                        x->index, i);
                if (router_priority(&y->router) >= router_priority(before))
                        sim_violation(s, "router %u took over from live and better master %u", x->index, i);
        }
}

void check_step(Sim *s, const Node *x, const Router *before, const RouterEvent *event,
                const RouterStep *step) {
        check_transition(s, x, before, step);
        check_handover_silence(s, x, before, step);
        check_takeover(s, x, before, step);
        if (event->type == ROUTER_EVENT_PACKET)
                check_yield(s, x, before, &event->packet);
        if (event->type == ROUTER_EVENT_DEADLINE && router_deadline(&x->router) <= s->now)
                sim_violation(s, "router %u wants to be woken in the past", x->index);
}

/* ---- The world ---- */

static unsigned count_masters(const Sim *s, unsigned part) {
        unsigned n = 0;

        for (unsigned i = 0; i < s->n; i++)
                n += node_is_master(&s->nodes[i]) && s->nodes[i].part == part;
        return n;
}

static unsigned count_eligible(const Sim *s, unsigned part) {
        unsigned n = 0;

        for (unsigned i = 0; i < s->n; i++)
                n += node_is_eligible(&s->nodes[i]) && s->nodes[i].part == part;
        return n;
}

/* Make before break: a master at every moment; with plain ARP, somebody who has the addresses. Two equal
 * successors may settle between them before the kernel of the one that stays is ready. */
static void check_handover(Sim *s) {
        bool addresses = false, plain = s->watch_addresses;

        if (count_masters(s, s->watch_part) == 0)
                sim_violation(s, "the hand-over left nobody master");
        for (unsigned i = 0; i < s->n; i++) {
                const Node *x = &s->nodes[i];

                if (!node_is_live(x) || x->part != s->watch_part)
                        continue;
                addresses = addresses || x->addresses;
                plain = plain && x->config.plain_arp;
        }
        if (plain && !addresses)
                sim_violation(s, "the hand-over left nobody with the addresses");
}

void check_world(Sim *s) {
        if (s->watch_handover)
                check_handover(s);
        if (!s->settled)
                return;
        for (unsigned part = 0; part < SIM_NODES_MAX; part++) {
                unsigned masters = count_masters(s, part);

                if (masters > 1)
                        sim_violation(s, "%u masters in part %u", masters, part);
                if (masters == 0 && count_eligible(s, part) > 0)
                        sim_violation(s, "no master in part %u", part);
        }
}

/* When all is calm, the master is one that no router that may preempt beats. */
void check_settled(Sim *s) {
        check_world(s);
        for (unsigned i = 0; i < s->n; i++)
                for (unsigned k = 0; k < s->n; k++) {
                        const Node *master = &s->nodes[i], *other = &s->nodes[k];

                        if (!node_is_master(master) || !node_is_eligible(other) ||
                                        !node_connected(master, other))
                                continue;
                        if (!must_not_preempt(&other->router) &&
                                        router_priority(&other->router) > router_priority(&master->router))
                                sim_violation(s, "router %u (%u) should have preempted master %u (%u)", k,
                                                router_priority(&other->router), i,
                                                router_priority(&master->router));
                        if (other != master && other->router.state != VRRP_BACKUP)
                                sim_violation(s, "router %u is neither backup nor master", k);
                        if (other != master &&
                                        !vrrp_address_equal(&other->router.master_address, &master->source))
                                sim_violation(s, "router %u does not know master %u", k, i);
                }
}
