/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What must hold for all routers together, judged from outside: who is master, who has the addresses, whom
 * the clients believe. */

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

/* ---- Nobody is pushed aside ---- */

/* A master that stands firm, and whose adverts this router must have heard in the calm. */
static bool is_firm(const Sim *s, const Node *x, const Node *y) {
        usec_t long_ago = s->now - 6 * s->interval_max_usec;

        return x != y && node_is_master(y) && node_connected(x, y) && !s->deaf[x->index][y->index] &&
               y->router.handover == ROUTER_HANDOVER_NONE &&
               y->master_since_usec < s->now - 2 * s->interval_max_usec && s->quiet_since_usec < long_ago &&
               y->woken_usec < long_ago && s->loss_percent == 0 && s->slow_percent == 0;
}

/* Nobody takes over from a live master that is as good, or that it has to follow: not on waking from a
 * freeze either. */
void check_takeover(Sim *s, const Node *x, const Router *before, const RouterStep *step) {
        const RouterAction *a = NULL;

        for (size_t i = 0; i < step->n_actions; i++)
                if (step->actions[i].type == ROUTER_ACTION_STATE_CHANGED)
                        a = &step->actions[i];
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
                if (check_must_not_preempt(before))
                        sim_violation(s, "router %u must not preempt and took over from live master %u",
                                        x->index, i);
                if (router_priority(&y->router) >= router_priority(before))
                        sim_violation(s, "router %u took over from live and better master %u", x->index, i);
        }
}

/* ---- Always ---- */

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
        if (!s->someone)
                return;
        for (unsigned part = 0; part < SIM_PARTS_MAX; part++) {
                unsigned masters = count_masters(s, part);

                if (s->settled && masters > 1)
                        sim_violation(s, "%u masters in part %u", masters, part);
                if (masters == 0 && count_eligible(s, part) > 0)
                        sim_violation(s, "no master in part %u", part);
        }
}

/* ---- When all is calm ---- */

static void check_pair(Sim *s, const Node *master, const Node *other) {
        if (!check_must_not_preempt(&other->router) &&
                        router_priority(&other->router) > router_priority(&master->router))
                sim_violation(s, "router %u (%u) should have preempted master %u (%u)", other->index,
                                router_priority(&other->router), master->index,
                                router_priority(&master->router));
        if (other == master)
                return;
        if (other->router.state != VRRP_BACKUP)
                sim_violation(s, "router %u is neither backup nor master", other->index);
        if (!vrrp_address_equal(&other->router.master_address, &master->source) ||
                        other->router.master_priority != router_priority(&master->router))
                sim_violation(s, "router %u does not know master %u", other->index, master->index);
        if (other->addresses)
                sim_violation(s, "backup %u has the addresses", other->index);
}

/* What was asked for has ended, and two masters are over. */
static void check_rest(Sim *s, const Node *x) {
        if (!node_is_live(x))
                return;
        if (x->result == VRRP_RESULT_INVALID && x->operation != 0 && count_eligible(s, x->part) > 0)
                sim_violation(s, "an operation of router %u never ended", x->index);
        if (x->router.handover != ROUTER_HANDOVER_NONE)
                sim_violation(s, "router %u still hands over", x->index);
        if (x->watch.conflict[VRRP_CONFLICT_TWO_MASTERS])
                sim_violation(s, "router %u still sees two masters", x->index);
        if (x->router.state == VRRP_MASTER && !x->addresses)
                sim_violation(s, "master %u has no addresses", x->index);
}

/* A split that heals leaves nobody behind (DESIGN 5.6): every client beside a router of the part believes
 * its master. Where losers fall silent unheard, that cannot be promised; nor where packets were lost. */
static void check_clients(Sim *s) {
        if (!s->watch_clients)
                return;
        for (unsigned i = 0; i < s->n; i++) {
                const Node *master = &s->nodes[i];

                if (!node_is_master(master))
                        continue;
                for (unsigned k = 0; k < s->n; k++)
                        if (s->nodes[k].part == master->part && s->nodes[k].client != i)
                                sim_violation(s, "a client beside router %u believes %u, not master %u", k,
                                                s->nodes[k].client, i);
        }
}

/* When all is calm, the master is one that no router that may preempt beats. */
void check_settled(Sim *s) {
        check_world(s);
        for (unsigned i = 0; i < s->n; i++) {
                check_rest(s, &s->nodes[i]);
                for (unsigned k = 0; k < s->n; k++)
                        if (node_is_master(&s->nodes[i]) && node_is_eligible(&s->nodes[k]) &&
                                        node_connected(&s->nodes[i], &s->nodes[k]))
                                check_pair(s, &s->nodes[i], &s->nodes[k]);
        }
        check_clients(s);
}
