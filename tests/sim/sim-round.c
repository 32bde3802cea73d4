/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Rounds of trouble, each followed by a calm after which everything must be in order again. Some rounds are
 * pure chaos, others one clean experiment whose outcome is known beforehand. */

#include "tests/sim/sim.h"

static Node *random_node(Sim *s) {
        return &s->nodes[sim_random(s, s->n)];
}

static usec_t random_intervals(Sim *s, unsigned most) {
        return 1 + sim_random(s, most * s->interval_max_usec);
}

/* The master that everybody in its part follows; NULL = none. */
static Node *random_master(Sim *s) {
        unsigned first = (unsigned)sim_random(s, s->n);

        for (unsigned i = 0; i < s->n; i++)
                if (node_is_master(&s->nodes[(first + i) % s->n]))
                        return &s->nodes[(first + i) % s->n];
        return NULL;
}

static bool is_candidate(const Node *x, const Node *master) {
        return x != master && node_is_eligible(x) && node_connected(x, master);
}

static Node *random_candidate(Sim *s, const Node *master) {
        unsigned first = (unsigned)sim_random(s, s->n);

        for (unsigned i = 0; i < s->n; i++)
                if (is_candidate(&s->nodes[(first + i) % s->n], master))
                        return &s->nodes[(first + i) % s->n];
        return NULL;
}

/* ---- Chaos ---- */

static void split(Sim *s) {
        unsigned parts = 1 + (unsigned)sim_random(s, SIM_PARTS_MAX);

        sim_trace(s, "the segment is split anew");
        for (unsigned i = 0; i < s->n; i++)
                s->nodes[i].part = (unsigned)sim_random(s, parts);
}

static void deafen(Sim *s) {
        Node *from = random_node(s), *to = random_node(s);

        sim_trace(s, "%u does not hear %u any more", to->index, from->index);
        s->deaf[to->index][from->index] = true;
}

static void heal(Sim *s) {
        sim_trace(s, "all links work");
        memset(s->deaf, 0, sizeof(s->deaf));
        s->loss_percent = s->duplicate_percent = s->garble_percent = s->slow_percent = 0;
        s->slow_kernel_percent = 0;
        s->no_arp = false;
        s->reorder = false;
}

static void change_config(Sim *s, Node *x) {
        RouterConfig config;

        sim_make_config(s, x, &config);
        /* Often only one thing. */
        if (sim_chance(s, 40)) {
                uint8_t priority = config.base_priority;
                bool preempt = config.preempt;

                config = x->config;
                config.base_priority = priority;
                config.preempt = preempt;
        }
        x->config = config;
        sim_trace(s, "%u is reloaded with priority %u, interval %u ms", x->index, config.base_priority,
                        (unsigned)(config.interval_usec / USEC_PER_MSEC));
        node_feed(s, x, &(RouterEvent){.type = ROUTER_EVENT_CONFIG, .config = config});
}

/* Every hold has an end, so that the calm comes. */
static void any_command(Sim *s, Node *x) {
        RouterCommand command = {
                        .operation = (VrrpOperation)sim_random(s, VRRP_OP_STOP),
                        .mode = (VrrpMode)sim_random(s, VRRP_MODE_MAX),
                        .timeout_usec = random_intervals(s, 4),
                        .priority = sim_chance(s, 50) ? (uint8_t)sim_random(s, 256) : 0,
        };

        node_command(s, x, &command);
}

static void stop_for_good(Sim *s, Node *x) {
        if (sim_chance(s, 50))
                node_feed(s, x, &(RouterEvent){.type = ROUTER_EVENT_STOPPED});
        else {
                node_order(s, x, VRRP_OP_STOP);
                if (sim_chance(s, 50))
                        node_order(s, x, VRRP_OP_STOP);
                sim_run(s, s->now + random_intervals(s, 2));
        }
        /* Stopped it stays, whatever comes until it is gone. */
        if (sim_chance(s, 50)) {
                node_feed(s, x, &(RouterEvent){.type = ROUTER_EVENT_FAULT, .fault = sim_chance(s, 50)});
                node_order(s, x, VRRP_OP_RESUME);
                sim_run(s, s->now + random_intervals(s, 4));
        }
        node_crash(s, x);
}

static void do_to_live(Sim *s, Node *x) {
        switch (sim_random(s, 8)) {
        case 0:
                node_crash(s, x);
                break;
        case 1:
                sim_trace(s, "%u: faults come or go", x->index);
                node_feed(s, x, &(RouterEvent){.type = ROUTER_EVENT_FAULT, .fault = sim_chance(s, 40)});
                break;
        case 2:
                node_feed(s, x,
                                &(RouterEvent){.type = ROUTER_EVENT_PRIORITY,
                                                .priority = (uint8_t)sim_random(s, 256)});
                sim_trace(s, "%u: trackers make it priority %u", x->index, router_priority(&x->router));
                break;
        case 3:
                change_config(s, x);
                break;
        case 4:
                node_freeze(s, x, random_intervals(s, 8), sim_chance(s, 50));
                break;
        case 5:
                if (sim_chance(s, 30))
                        stop_for_good(s, x);
                break;
        default:
                any_command(s, x);
                break;
        }
}

static void trouble_links(Sim *s) {
        s->loss_percent = sim_chance(s, 50) ? (unsigned)sim_random(s, 40) : 0;
        s->duplicate_percent = sim_chance(s, 50) ? (unsigned)sim_random(s, 20) : 0;
        s->garble_percent = sim_chance(s, 30) ? (unsigned)sim_random(s, 10) : 0;
        s->slow_percent = sim_chance(s, 30) ? (unsigned)sim_random(s, 30) : 0;
        s->reorder = sim_chance(s, 30);
        s->slow_kernel_percent = sim_chance(s, 30) ? (unsigned)sim_random(s, 60) : 0;
}

static void chaos(Sim *s) {
        unsigned deeds = 1 + (unsigned)sim_random(s, 12);

        s->watch_clients = false;
        trouble_links(s);
        for (unsigned i = 0; i < deeds && !s->violation; i++) {
                Node *x = random_node(s);

                sim_disturb(s);
                if (sim_chance(s, 20))
                        split(s);
                else if (sim_chance(s, 15))
                        deafen(s);
                else if (!x->alive)
                        node_start(s, x);
                else if (!x->frozen)
                        do_to_live(s, x);
                sim_run(s, s->now + random_intervals(s, 3));
        }
        heal(s);
}

/* ---- Clean experiments ---- */

/* The backups of highest priority in the part of `master`, one bit each: those whose timer runs out first.
 * Less than ten steps apart, chance on the wire decides. */
static unsigned best_backups(const Sim *s, const Node *master) {
        unsigned best = 0;
        int highest = 0;

        for (const Node *x = s->nodes; x < s->nodes + s->n; x++)
                if (is_candidate(x, master))
                        highest = MAX(highest, router_priority(&x->router));
        for (const Node *x = s->nodes; x < s->nodes + s->n; x++)
                if (is_candidate(x, master) && router_priority(&x->router) > highest - 10)
                        best |= 1u << x->index;
        return best;
}

/* Is there one that wins against this master whenever both contend? */
static bool best_is_better(const Sim *s, const Node *master) {
        for (const Node *x = s->nodes; x < s->nodes + s->n; x++)
                if (is_candidate(x, master) &&
                                router_priority(&x->router) >= router_priority(&master->router) + 10)
                        return true;
        return false;
}

/* Do all that could take over wait equally many adverts, and is no other than the best first? */
static bool outcome_is_known(const Sim *s, const Node *master) {
        for (const Node *x = s->nodes; x < s->nodes + s->n; x++)
                if (is_candidate(x, master) && x->router.config.down_timer_adverts != 3)
                        return false;
        return true;
}

static void check_successor(Sim *s, unsigned best, const char *after) {
        if (best != 0 && (s->takeovers & best) == 0)
                sim_violation(s, "nobody took over after %s", after);
        if ((s->takeovers & ~best) != 0)
                sim_violation(s, "another than the best backup took over after %s", after);
}

/* The best backup takes over when its Master_Down_Timer says so, and nobody else. */
static void clean_crash(Sim *s) {
        Node *master = random_master(s);
        unsigned best;

        if (!master || !outcome_is_known(s, master))
                return;
        best = best_backups(s, master);
        sim_disturb(s);
        s->takeovers = 0;
        node_crash(s, master);
        sim_run(s, s->now + 4 * s->interval_max_usec + 4 * s->delay_max_usec);
        check_successor(s, best, "a crash");
        node_start(s, master);
}

/* The best backup takes over after its skew time when the master resigns because of a fault, and nobody
 * else; and the master contends again when the fault is over. */
static void clean_fault(Sim *s) {
        Node *master = random_master(s);
        unsigned best;

        if (!master)
                return;
        best = best_backups(s, master);
        sim_disturb(s);
        s->takeovers = 0;
        node_feed(s, master, &(RouterEvent){.type = ROUTER_EVENT_FAULT, .fault = true});
        sim_run(s, s->now + s->interval_max_usec + 4 * s->delay_max_usec);
        check_successor(s, best, "a fault");
        node_feed(s, master, &(RouterEvent){.type = ROUTER_EVENT_FAULT, .fault = false});
        if (master->router.state == VRRP_FAULT)
                sim_violation(s, "router %u stays in fault", master->index);
}

/* Not within a delay of the wire of an advert: else the successor's may overtake that, and what is known
 * beforehand is not. */
static usec_t between_adverts(Sim *s, const Node *master) {
        return node_when(master, master->router.advert_due_usec) +
               master->router.config.interval_usec * (10 + sim_random(s, 80)) / 100;
}

static void after_stop(Sim *s, Node *master) {
        if (master->router.state != VRRP_INITIALIZE)
                sim_violation(s, "router %u was told to stop and is %s", master->index,
                                vrrp_state_to_string(master->router.state));
        node_crash(s, master);
        node_start(s, master);
}

static void after_failover(Sim *s, Node *master, VrrpOperation operation) {
        VrrpState state = operation == VRRP_OP_PAUSE ? VRRP_INITIALIZE : VRRP_BACKUP;

        if (master->router.state != state)
                sim_violation(s, "router %u was told to %s and is %s", master->index,
                                vrrp_operation_to_string(operation),
                                vrrp_state_to_string(master->router.state));
        sim_run(s, s->now + 8 * s->interval_max_usec);
        if (node_is_master(master))
                sim_violation(s, "router %u took back what it had handed over", master->index);
        node_order(s, master, VRRP_OP_RESUME);
}

/* Make before break, to the best backup, within the bound; without one, nothing happens. */
static void clean_handover(Sim *s, VrrpOperation operation) {
        Node *master = random_master(s);
        usec_t bound;
        unsigned best;

        if (!master || master->router.admin != VRRP_ADMIN_ENABLED)
                return;
        sim_run(s, between_adverts(s, master));
        best = best_backups(s, master);
        bound = router_handover_bound_usec(&master->router) + 110 * USEC_PER_MSEC;
        sim_disturb(s);
        s->takeovers = 0;
        s->watch_part = master->part;
        s->no_arp = sim_chance(s, 15); /* then 100 ms are waited in vain */
        s->watch_addresses = (best & (best - 1)) == 0 && !s->no_arp;
        s->watch_handover = best != 0 || operation != VRRP_OP_STOP;
        node_order(s, master, operation);
        sim_run(s, s->now + bound + 4 * s->delay_max_usec);
        s->watch_handover = s->no_arp = false;

        check_successor(s, best, vrrp_operation_to_string(operation));
        if (master->result != (best != 0 || operation == VRRP_OP_STOP ? VRRP_RESULT_DONE
                                                                      : VRRP_RESULT_NO_SUCCESSOR))
                sim_violation(s, "%s ended in %s", vrrp_operation_to_string(operation),
                                vrrp_result_to_string(master->result));
        if (operation == VRRP_OP_STOP)
                after_stop(s, master);
        else if (best != 0 && (operation == VRRP_OP_PAUSE || sim_chance(s, 50)))
                after_failover(s, master, operation);
}

/* Two go within one hand-over: the second is asked while its own hand-over, or that of the one before it,
 * still runs. Somebody is master all the time while anybody may be. */
static void clean_two_handovers(Sim *s) {
        Node *master = random_master(s), *second = master ? random_candidate(s, master) : NULL;
        unsigned others = 0;

        if (!second || master->router.admin != VRRP_ADMIN_ENABLED)
                return;
        for (unsigned i = 0; i < s->n; i++)
                others += is_candidate(&s->nodes[i], master) && &s->nodes[i] != second;
        if (others == 0)
                return;
        sim_run(s, between_adverts(s, master));
        sim_disturb(s);
        s->watch_part = master->part;
        s->watch_addresses = false;
        s->watch_handover = true;
        node_order(s, master, VRRP_OP_FAILOVER);
        sim_run(s, s->now + random_intervals(s, 1));
        node_order(s, second, VRRP_OP_FAILOVER);
        sim_run(s, s->now + 4 * s->interval_max_usec + 600 * USEC_PER_MSEC);
        s->watch_handover = false;
        node_order(s, master, VRRP_OP_RESUME);
        node_order(s, second, VRRP_OP_RESUME);
}

/* A backup is promoted: it takes over at once, whoever it is, and steps back when that is over. */
static void clean_promotion(Sim *s) {
        Node *master = random_master(s), *x = master ? random_candidate(s, master) : NULL;
        VrrpAddress *known = x ? &x->router.master_address : NULL;
        usec_t timeout;
        int own;
        bool able;

        if (!x || x->router.admin != VRRP_ADMIN_ENABLED || master->router.admin != VRRP_ADMIN_ENABLED ||
                        !vrrp_address_equal(known, &master->source))
                return;
        own = MAX(router_priority(&x->router), 254);
        able = router_priority(&master->router) < own ||
               (router_priority(&master->router) == own &&
                               vrrp_address_compare(&x->source, &master->source) > 0);
        sim_disturb(s);
        s->takeovers = 0;
        timeout = random_intervals(s, 8) + 3 * s->interval_max_usec;
        node_command(s, x, &(RouterCommand){.operation = VRRP_OP_PROMOTE, .timeout_usec = timeout});
        sim_run(s, s->now + 2 * s->interval_max_usec + 2 * s->delay_max_usec);
        if (able != node_is_master(x) || able == node_is_master(master) ||
                        able != ((s->takeovers & 1u << x->index) != 0))
                sim_violation(s, "router %u was promoted and is %s", x->index,
                                vrrp_state_to_string(x->router.state));
        if (able && router_priority(&x->router) < 254)
                sim_violation(s, "router %u was promoted and has priority %u", x->index,
                                router_priority(&x->router));
        sim_run(s, s->now + timeout);
        if (x->router.admin == VRRP_ADMIN_PROMOTED)
                sim_violation(s, "router %u stays promoted", x->index);
}

/* Everybody contends again: the best of the part is master after it, nopreempt or not. */
static void clean_election(Sim *s) {
        Node *master = random_master(s);
        unsigned best;

        if (!master || !outcome_is_known(s, master))
                return;
        sim_run(s, between_adverts(s, master));
        best = best_backups(s, master) | 1u << master->index;
        sim_disturb(s);
        s->takeovers = 0;
        s->watch_part = master->part;
        s->watch_addresses = false;
        s->watch_handover = true;
        node_order(s, master, VRRP_OP_ELECTION);
        sim_run(s, s->now + s->interval_max_usec + 300 * USEC_PER_MSEC + 4 * s->delay_max_usec);
        s->watch_handover = false;
        if ((s->takeovers & ~best) != 0)
                sim_violation(s, "another than the best router won the election");
        if (node_is_master(master) && best_is_better(s, master))
                sim_violation(s, "router %u won the election, and is not the best", master->index);
        if (master->result != VRRP_RESULT_DONE && master->result != VRRP_RESULT_LOST)
                sim_violation(s, "the election ended in %s", vrrp_result_to_string(master->result));
}

/* One router sleeps; it must not do harm when it wakes. A sleep whose packets are lost and that ends just
 * after the timer would look like silence to anybody, so those are short or long. */
static void clean_freeze(Sim *s) {
        Node *x = random_node(s);
        bool keeps = sim_chance(s, 50);
        usec_t duration = keeps               ? random_intervals(s, 10)
                          : sim_chance(s, 30) ? 1 + sim_random(s, s->interval_min_usec)
                                              : (s->down_adverts_max + 3) * s->interval_max_usec +
                                                                random_intervals(s, 6);

        if (!node_is_live(x))
                return;
        /* A backup's sleep disturbs nobody, so what is asked of the others, and of it, stays as strict. */
        if (node_is_master(x))
                sim_disturb(s);
        s->someone = s->settled = false;
        node_freeze(s, x, duration, keeps);
        sim_run(s, s->now + duration + 2 * s->interval_max_usec);
        if (node_is_master(x) || x->router.state == VRRP_MASTER)
                sim_disturb(s);
}

/* Does every client know the master of its part, and does every router say good-bye when it gives way? */
static bool clients_know(const Sim *s) {
        for (unsigned i = 0; i < s->n; i++) {
                const Node *x = &s->nodes[i], *master = &s->nodes[x->client];

                if (!node_is_eligible(x) || !x->router.config.higher_prio_send_advert || x->config.vmac ||
                                x->router.admin != VRRP_ADMIN_ENABLED || !node_is_master(master) ||
                                master->part != x->part)
                        return false;
        }
        return true;
}

/* A master in each part, then one wire again: one of them stays, and every client learns which. */
static void clean_split(Sim *s) {
        sim_disturb(s);
        split(s);
        sim_run(s, s->now + (s->down_adverts_max + 3) * s->interval_max_usec + s->preempt_delay_max_usec +
                                        11 * USEC_PER_SEC);
        sim_disturb(s);
        s->watch_clients = clients_know(s);
        sim_trace(s, "the segment is whole again");
        for (unsigned i = 0; i < s->n; i++)
                s->nodes[i].part = 0;
        /* Announcements for lower masters are put off by up to garp_lower_prio_delay. */
        if (s->watch_clients)
                sim_run(s, s->now + 6 * USEC_PER_SEC);
}

/* A backup cannot hear the master and makes itself master; two of them while it lasts, one when it ends. */
static void clean_deaf(Sim *s) {
        Node *master = random_master(s), *x = master ? random_candidate(s, master) : NULL;
        usec_t lasts = (s->down_adverts_max + 2) * s->interval_max_usec + random_intervals(s, 6);

        if (!x)
                return;
        sim_disturb(s);
        s->watch_clients = false;
        sim_trace(s, "%u does not hear master %u", x->index, master->index);
        s->deaf[x->index][master->index] = true;
        sim_run(s, s->now + lasts);
        sim_disturb(s);
        heal(s);
}

/* A reload that changes nothing of the protocol is not noticed by anybody. */
static void clean_reload(Sim *s) {
        Node *x = random_node(s);
        usec_t deadline;

        if (!node_is_live(x) || !x->router.started)
                return;
        deadline = router_deadline(&x->router);
        node_feed(s, x, &(RouterEvent){.type = ROUTER_EVENT_CONFIG, .config = x->router.config});
        if (router_deadline(&x->router) != deadline)
                sim_violation(s, "a reload without a change moved a timer of router %u", x->index);
}

/* ---- Rounds ---- */

/* When the last hold with an end has ended and the last sleeper is awake. */
static usec_t end_of_holds(const Sim *s) {
        usec_t end = s->now;

        for (unsigned i = 0; i < s->n; i++) {
                const Node *x = &s->nodes[i];

                if (x->alive && x->router.admin_expire_usec != USEC_INFINITY)
                        end = MAX(end, node_when(x, x->router.admin_expire_usec));
                if (x->frozen)
                        end = MAX(end, s->now + 8 * s->interval_max_usec);
        }
        return end;
}

/* Nothing more happens; then there must be order, and stay. */
static void calm(Sim *s) {
        usec_t most = (s->down_adverts_max + 1) * s->interval_max_usec + 10 * USEC_PER_MSEC;

        /* A hand-over that runs, a command that waits for a master, may end in a hold of four intervals. */
        sim_run(s, end_of_holds(s) + 8 * s->interval_max_usec + 200 * USEC_PER_MSEC);
        sim_run(s, end_of_holds(s) + USEC_PER_MSEC);
        /* At least one master after Master_Down_Interval, half an interval more for who slept... */
        sim_run(s, s->now + most + s->interval_max_usec);
        s->someone = true;
        /* ...and only one when the adverts have been heard. */
        sim_run(s, s->now + 8 * s->interval_max_usec + s->preempt_delay_max_usec + 400 * USEC_PER_MSEC);
        s->settled = true;
        check_settled(s);
        sim_run(s, s->now + 3 * s->interval_max_usec);
        check_settled(s);
}

void sim_begin(Sim *s) {
        for (unsigned i = 0; i < s->n; i++) {
                sim_run(s, s->now + random_intervals(s, 2));
                node_start(s, &s->nodes[i]);
        }
        calm(s);
}

void sim_round(Sim *s) {
        static void (*const clean[])(Sim *) = {clean_crash, clean_fault, clean_freeze, clean_freeze,
                        clean_split, clean_deaf, clean_reload, clean_promotion, clean_election,
                        clean_two_handovers};
        static const VrrpOperation handovers[] = {VRRP_OP_FAILOVER, VRRP_OP_STOP, VRRP_OP_PAUSE};
        uint64_t what = sim_random(s, 20);

        s->watch_clients = false;
        if (what < ELEMENTSOF(clean))
                clean[what](s);
        else if (what < 14)
                clean_handover(s, handovers[sim_random(s, ELEMENTSOF(handovers))]);
        else
                chaos(s);
        calm(s);
}
