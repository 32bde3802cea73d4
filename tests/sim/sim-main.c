/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The command line. A world that fails prints its number; the same number plays it again.
 *
 *      test-sim [--seeds N] [--first S] [--rounds N] [--expect-violation]
 *      test-sim --seed S [--rounds N]          one world, with the end of its story
 *      test-sim --minutes M [--first S]        as many worlds as fit; the rounds get more with each hundred
 */

#include "tests/sim/sim.h"

#define ROUNDS_MAX 200

typedef struct Totals {
        uint64_t worlds, steps, usec;
} Totals;

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
static char *run_seed(uint64_t seed, unsigned rounds, bool trace, Totals *totals) {
        _cleanup_(sim_freep) Sim *s = sim_new(seed, trace);

        sim_begin(s);
        for (s->round = 1; s->round <= rounds && !s->violation; s->round++)
                sim_round(s);
        if (s->violation && s->trace) {
                for (GList *l = s->trace->head; l; l = l->next)
                        g_print("  %s\n", (const char *)l->data);
                print_world(s);
        }
        totals->worlds++;
        totals->steps += s->n_steps;
        totals->usec += s->now;
        return s->violation ? g_strdup_printf("round %u, %u routers: %s", s->round, s->n, s->violation)
                            : NULL;
}

static gint64 opt_seeds = 1000, opt_first = 1, opt_seed = -1, opt_rounds = 12, opt_minutes;
static gboolean opt_expect_violation;

static const GOptionEntry options[] = {
                {"seeds", 0, 0, G_OPTION_ARG_INT64, &opt_seeds, "How many worlds", "N"},
                {"first", 0, 0, G_OPTION_ARG_INT64, &opt_first, "The first seed", "S"},
                {"seed", 0, 0, G_OPTION_ARG_INT64, &opt_seed, "Replay one world and print its end", "S"},
                {"rounds", 0, 0, G_OPTION_ARG_INT64, &opt_rounds, "Rounds of trouble in each", "N"},
                {"minutes", 0, 0, G_OPTION_ARG_INT64, &opt_minutes, "Go on for so long", "M"},
                {"expect-violation", 0, 0, G_OPTION_ARG_NONE, &opt_expect_violation,
                                "Succeed only if one is found", NULL},
                {NULL},
};

static bool goes_on(const Totals *totals, gint64 begun) {
        if (opt_minutes > 0)
                return g_get_monotonic_time() - begun < opt_minutes * 60 * (gint64)USEC_PER_SEC;
        return totals->worlds < (uint64_t)opt_seeds;
}

/* 0: all was well, or a violation was expected and found. */
static int run(void) {
        gint64 begun = g_get_monotonic_time();
        Totals totals = {};

        while (goes_on(&totals, begun)) {
                uint64_t seed = (uint64_t)opt_first + totals.worlds;
                unsigned rounds = opt_minutes > 0 ? (unsigned)MIN(opt_rounds + (gint64)totals.worlds / 100,
                                                                    (gint64)ROUNDS_MAX)
                                                  : (unsigned)opt_rounds;
                g_autofree char *violation = run_seed(seed, rounds, opt_seed >= 0, &totals);

                if (!violation)
                        continue;
                g_print("seed %" G_GUINT64_FORMAT ", %s\n", seed, violation);
                if (opt_expect_violation)
                        return 0;
                /* The end of the story, from a second run of the same seed. */
                if (opt_seed < 0) {
                        g_autofree char *again = run_seed(seed, rounds, true, &totals);

                        g_print("replay: --seed %" G_GUINT64_FORMAT " --rounds %u\n", seed, rounds);
                }
                return 1;
        }
        g_print("%" G_GUINT64_FORMAT " worlds without a violation: %" G_GUINT64_FORMAT
                " steps, %" G_GUINT64_FORMAT " hours of virtual time\n",
                        totals.worlds, totals.steps, totals.usec / USEC_PER_SEC / 3600);
        return opt_expect_violation ? 1 : 0;
}

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
        return run();
}
