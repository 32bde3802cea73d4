/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Rounds of trouble, each followed by a calm after which everything must be in order again. Some rounds are
 * pure chaos, others one clean experiment whose outcome is known beforehand.
 *
 *      test-sim [--seeds N] [--first S] [--seed S] [--rounds N] [--expect-violation] */

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

/* ---- Chaos ---- */

static void split(Sim *s) {
        unsigned parts = 1 + (unsigned)sim_random(s, 3);

        sim_trace(s, "the segment is split anew");
        for (unsigned i = 0; i < s->n; i++)
                s->nodes[i].part = (unsigned)sim_random(s, parts);
}

static void change_config(Sim *s, Node *x) {
        x->config.base_priority = (uint8_t)(10 * (1 + sim_random(s, 25)));
        x->config.preempt = sim_chance(s, 80);
        sim_trace(s, "%u is reloaded with priority %u", x->index, x->config.base_priority);
        node_feed(s, x, &(RouterEvent){.type = ROUTER_EVENT_CONFIG, .config = x->config});
}

static void do_to_live(Sim *s, Node *x) {
        switch (sim_random(s, 7)) {
        case 0:
                node_crash(s, x);
                break;
        case 1:
                node_feed(s, x, &(RouterEvent){.type = ROUTER_EVENT_FAULT, .fault = sim_chance(s, 40)});
                break;
        case 2:
                node_feed(s, x,
                                &(RouterEvent){.type = ROUTER_EVENT_PRIORITY,
                                                .priority = (uint8_t)(10 * (1 + sim_random(s, 25)))});
                break;
        case 3:
                change_config(s, x);
                break;
        case 4:
                node_freeze(s, x, random_intervals(s, 8), sim_chance(s, 50));
                break;
        case 5:
                if (sim_chance(s, 30)) {
                        node_feed(s, x, &(RouterEvent){.type = ROUTER_EVENT_STOPPED});
                        node_crash(s, x);
                }
                break;
        default:
                /* Every hold has an end, so that the calm comes. */
                node_command(s, x, (VrrpOperation)sim_random(s, VRRP_OP_STOP),
                                (VrrpMode)sim_random(s, VRRP_MODE_MAX), random_intervals(s, 4));
                break;
        }
}

static void chaos(Sim *s) {
        unsigned deeds = 1 + (unsigned)sim_random(s, 12);

        s->loss_percent = sim_chance(s, 50) ? (unsigned)sim_random(s, 40) : 0;
        s->duplicate_percent = sim_chance(s, 50) ? (unsigned)sim_random(s, 20) : 0;
        for (unsigned i = 0; i < deeds && !s->violation; i++) {
                Node *x = random_node(s);

                sim_disturb(s);
                if (sim_chance(s, 20))
                        split(s);
                else if (!x->alive)
                        node_start(s, x);
                else if (!x->frozen)
                        do_to_live(s, x);
                sim_run(s, s->now + random_intervals(s, 3));
        }
        s->loss_percent = s->duplicate_percent = 0;
}

/* ---- Clean experiments ---- */

static bool is_candidate(const Node *x, const Node *master) {
        return x != master && node_is_eligible(x) && node_connected(x, master);
}

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

        if (!master)
                return;
        best = best_backups(s, master);
        sim_disturb(s);
        s->takeovers = 0;
        node_crash(s, master);
        sim_run(s, s->now + 4 * s->interval_max_usec + 4 * s->delay_max_usec);
        check_successor(s, best, "a crash");
        node_start(s, master);
}

/* Not within a delay of the wire of an advert: else the successor's may overtake that, and what is known
 * beforehand is not. */
static usec_t between_adverts(Sim *s, const Node *master) {
        return master->router.advert_due_usec +
               master->router.config.interval_usec * (10 + sim_random(s, 80)) / 100;
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
        s->watch_addresses = (best & (best - 1)) == 0;
        s->watch_handover = best != 0 || operation != VRRP_OP_STOP;
        node_command(s, master, operation, VRRP_MODE_GRACEFUL, 0);
        sim_run(s, s->now + bound + 4 * s->delay_max_usec);
        s->watch_handover = false;

        check_successor(s, best, vrrp_operation_to_string(operation));
        if (master->result != (best != 0 || operation == VRRP_OP_STOP ? VRRP_RESULT_DONE
                                                                      : VRRP_RESULT_NO_SUCCESSOR))
                sim_violation(s, "%s ended in %s", vrrp_operation_to_string(operation),
                                vrrp_result_to_string(master->result));
        if (operation == VRRP_OP_STOP) {
                node_crash(s, master);
                node_start(s, master);
        } else if (best != 0 && sim_chance(s, 50)) {
                sim_run(s, s->now + 8 * s->interval_max_usec);
                if (node_is_master(master))
                        sim_violation(s, "router %u took back what it had handed over", master->index);
                node_command(s, master, VRRP_OP_RESUME, VRRP_MODE_GRACEFUL, 0);
        }
}

/* One router sleeps; it must not do harm when it wakes. A sleep whose packets are lost and that ends just
 * after the timer would look like silence to anybody, so those are short or long. */
static void clean_freeze(Sim *s) {
        Node *x = random_node(s);
        bool keeps = sim_chance(s, 50);
        usec_t duration = keeps               ? random_intervals(s, 10)
                          : sim_chance(s, 30) ? 1 + sim_random(s, s->interval_min_usec)
                                              : 6 * s->interval_max_usec + random_intervals(s, 6);

        if (!node_is_live(x))
                return;
        /* A backup's sleep disturbs nobody, so what is asked of the others, and of it, stays as strict. */
        if (node_is_master(x))
                sim_disturb(s);
        s->settled = false;
        node_freeze(s, x, duration, keeps);
        sim_run(s, s->now + duration + 2 * s->interval_max_usec);
        if (node_is_master(x) || x->router.state == VRRP_MASTER)
                sim_disturb(s);
}

/* A master in each half, then one wire again. */
static void clean_split(Sim *s) {
        sim_disturb(s);
        split(s);
        sim_run(s, s->now + 6 * s->interval_max_usec + s->preempt_delay_max_usec);
        sim_disturb(s);
        sim_trace(s, "the segment is whole again");
        for (unsigned i = 0; i < s->n; i++)
                s->nodes[i].part = 0;
}

/* ---- Rounds ---- */

/* Nothing more happens; every hold with an end ends, every sleeper wakes; then there must be order, and
 * stay. */
static void calm(Sim *s) {
        usec_t start = s->now;

        for (unsigned i = 0; i < s->n; i++) {
                const Node *x = &s->nodes[i];

                if (x->alive && x->router.admin_expire_usec != USEC_INFINITY)
                        start = MAX(start, x->router.admin_expire_usec);
                if (x->frozen)
                        start = MAX(start, s->now + 8 * s->interval_max_usec);
        }
        /* A hand-over that runs may end in a hold of four intervals. */
        sim_run(s, start + 8 * s->interval_max_usec + 200 * USEC_PER_MSEC);
        sim_run(s, s->now + 12 * s->interval_max_usec + s->preempt_delay_max_usec + 400 * USEC_PER_MSEC);
        s->settled = true;
        check_settled(s);
        sim_run(s, s->now + 3 * s->interval_max_usec);
        check_settled(s);
}

static void run_round(Sim *s) {
        switch (sim_random(s, 8)) {
        case 0:
                clean_crash(s);
                break;
        case 1:
                clean_handover(s, VRRP_OP_FAILOVER);
                break;
        case 2:
                clean_handover(s, VRRP_OP_STOP);
                break;
        case 3:
        case 4:
                clean_freeze(s);
                break;
        case 5:
                clean_split(s);
                break;
        default:
                chaos(s);
                break;
        }
        calm(s);
}

static void print_world(const Sim *s) {
        for (const Node *x = s->nodes; x < s->nodes + s->n; x++) {
                const Router *r = &x->router;
                char own[VRRP_ADDRESS_STRLEN], master[VRRP_ADDRESS_STRLEN];

                g_print("  %u part %u%s%s: %s (%s, %s) %s priority %u, preempt %d, follows %s (%u)\n",
                                x->index, x->part, x->alive ? "" : " dead", x->frozen ? " frozen" : "",
                                vrrp_state_to_string(r->state), vrrp_reason_to_string(r->reason),
                                vrrp_admin_state_to_string(r->admin),
                                vrrp_address_to_string(&x->source, own), router_priority(r),
                                r->config.preempt, vrrp_address_to_string(&r->master_address, master),
                                r->master_priority);
        }
}

/* Returns the first violation, to be freed; NULL = none. */
static char *run_seed(uint64_t seed, unsigned rounds, bool trace) {
        _cleanup_(sim_freep) Sim *s = sim_new(seed, trace);

        for (unsigned i = 0; i < s->n; i++) {
                sim_run(s, s->now + random_intervals(s, 2));
                node_start(s, &s->nodes[i]);
        }
        calm(s);
        for (s->round = 1; s->round <= rounds && !s->violation; s->round++)
                run_round(s);
        if (s->violation && s->trace) {
                for (GList *l = s->trace->head; l; l = l->next)
                        g_print("  %s\n", (const char *)l->data);
                print_world(s);
        }
        return s->violation ? g_strdup_printf("round %u, %u routers: %s", s->round, s->n, s->violation)
                            : NULL;
}

static gint64 opt_seeds = 1000, opt_first = 1, opt_seed = -1, opt_rounds = 12;
static gboolean opt_expect_violation;

static const GOptionEntry options[] = {
                {"seeds", 0, 0, G_OPTION_ARG_INT64, &opt_seeds, "How many worlds", "N"},
                {"first", 0, 0, G_OPTION_ARG_INT64, &opt_first, "The first seed", "S"},
                {"seed", 0, 0, G_OPTION_ARG_INT64, &opt_seed, "Replay one world and print its end", "S"},
                {"rounds", 0, 0, G_OPTION_ARG_INT64, &opt_rounds, "Rounds of trouble in each", "N"},
                {"expect-violation", 0, 0, G_OPTION_ARG_NONE, &opt_expect_violation,
                                "Succeed only if one is found", NULL},
                {NULL},
};

int main(int argc, char *argv[]) {
        g_autoptr(GOptionContext) context = g_option_context_new(NULL);
        g_autoptr(GError) error = NULL;

        g_option_context_add_main_entries(context, options, NULL);
        if (!g_option_context_parse(context, &argc, &argv, &error)) {
                g_printerr("%s\n", error->message);
                return 2;
        }
        if (opt_seed >= 0) {
                opt_first = opt_seed;
                opt_seeds = 1;
        }
        for (gint64 i = 0; i < opt_seeds; i++) {
                uint64_t seed = (uint64_t)(opt_first + i);
                g_autofree char *violation = run_seed(seed, (unsigned)opt_rounds, opt_seed >= 0);

                if (!violation)
                        continue;
                g_print("seed %" G_GUINT64_FORMAT ", %s\n", seed, violation);
                if (opt_expect_violation)
                        return 0;
                /* The end of the story, from a second run of the same seed. */
                if (opt_seed < 0) {
                        g_autofree char *again = run_seed(seed, (unsigned)opt_rounds, true);

                        g_print("replay: --seed %" G_GUINT64_FORMAT "\n", seed);
                }
                return 1;
        }
        g_print("%" G_GINT64_FORMAT " worlds without a violation\n", opt_seeds);
        return opt_expect_violation ? 1 : 0;
}
