/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a world of groups is made of, and the command line.
 *
 *      test-sim-group [--seeds N] [--first S] [--rounds N] [--expect-violation]
 *      test-sim-group --seed S [--rounds N]        one world, and its whole story
 *      test-sim-group --minutes M [--first S]      as many worlds as fit */

#include "tests/sim/sim-group.h"
#include <arpa/inet.h>

static void make_segments(World *w, bool v2) {
        w->interval_usec = (v2 ? 1000 : (usec_t[]){100, 1000}[chance_of(w, 2)]) * USEC_PER_MSEC;
        w->delay_usec = w->interval_usec / 200;
        w->jitter_usec = w->delay_usec / 2;
        for (unsigned s = 0; s < w->n_segments; s++)
                w->intervals_usec[s] = w->interval_usec * (percent(w, 70) ? 1 : v2 ? 3 : 4);
        for (unsigned s = 0; s < w->n_segments; s++)
                w->interval_usec = MAX(w->interval_usec, w->intervals_usec[s]);
}

/* Hosts keep priorities of their own, so that addresses decide on no segment, unless they are to be as close
 * as that. */
static uint8_t random_base(World *w, const Host *h) {
        if (h->index == 0 && percent(w, 8))
                return VRRP_PRIORITY_OWNER;
        if (w->close)
                return (uint8_t)(100 + chance_of(w, 3));
        return (uint8_t)(10 * (1 + h->index + HOSTS_MAX * chance_of(w, 6)));
}

void group_random_bases(World *w, Host *h) {
        for (unsigned s = 0; s < w->n_segments; s++)
                h->base_priority[s] = s == 0 || w->crossed ? random_base(w, h) : h->base_priority[0];
}

static void make_host(World *w, Host *h, bool v2, int family, bool plain_arp) {
        h->config = (RouterConfig){
                        .version = v2 ? 2 : 3,
                        .vrid = 51,
                        .family = family,
                        .preempt = percent(w, 80),
                        .preempt_delay_usec = percent(w, 10) ? w->interval_usec * (1 + chance_of(w, 3)) : 0,
                        .down_timer_adverts = 3,
                        .higher_prio_send_advert = percent(w, 80),
                        .plain_arp = plain_arp,
                        .vips_digest = 1,
                        .grouped = true,
                        .announce = {.repeat = 1},
        };
        w->preempt_delay_max_usec = MAX(w->preempt_delay_max_usec, h->config.preempt_delay_usec);
        for (unsigned s = 0; s < w->n_segments; s++) {
                h->source[s] = (VrrpAddress){.family = family};
                h->source[s].bytes[0] = family == AF_INET ? 192 : 0xfe;
                h->source[s].bytes[family == AF_INET ? 2 : 14] = (uint8_t)s;
                h->source[s].bytes[family == AF_INET ? 3 : 15] =
                                (uint8_t)(10 + (h->index * 5 + w->seed) % 13);
        }
        group_random_bases(w, h);
        g_queue_init(&h->inbox);
}

static void make_world(World *w) {
        bool v2 = percent(w, 50);
        int family = v2 || percent(w, 50) ? AF_INET : AF_INET6;
        bool plain_arp = family == AF_INET && percent(w, 60);

        g_queue_init(&w->events);
        w->n_hosts = 2 + (unsigned)chance_of(w, HOSTS_MAX - 1);
        w->n_segments = 2 + (unsigned)chance_of(w, SEGMENTS_MAX - 1);
        w->crossed = percent(w, 30);
        w->close = w->crossed && percent(w, 50);
        make_segments(w, v2);
        for (unsigned i = 0; i < w->n_hosts; i++) {
                w->hosts[i].index = i;
                make_host(w, &w->hosts[i], v2, family, plain_arp);
        }
}

static void print_host(const World *w, const Host *h) {
        for (unsigned s = 0; s < w->n_segments; s++) {
                const Router *r = &h->routers[s];
                char address[VRRP_ADDRESS_STRLEN];

                g_print("  host %u%s%s, segment %u: %s (%s) priority %u, preempt %d, interval %u ms, wants "
                        "%d, follows %s (%u)\n",
                                h->index, h->alive ? "" : " dead", h->frozen ? " frozen" : "", s,
                                vrrp_state_to_string(r->state), vrrp_admin_state_to_string(r->admin),
                                router_priority(r), r->config.preempt,
                                (unsigned)(r->config.interval_usec / USEC_PER_MSEC), r->wants,
                                vrrp_address_to_string(&r->master_address, address), r->master_priority);
        }
}

typedef struct Totals {
        uint64_t worlds, steps, usec;
} Totals;

/* Returns the first violation, to be freed; NULL = none. */
static char *run_seed(uint64_t seed, unsigned rounds, bool talks, Totals *totals) {
        World w = {.seed = seed, .random = seed, .now = 1000 * USEC_PER_SEC, .sequence = 1, .talks = talks};

        make_world(&w);
        for (unsigned i = 0; i < w.n_hosts; i++) {
                run(&w, w.now + chance_of(&w, 2 * w.interval_usec));
                start(&w, &w.hosts[i]);
        }
        calm(&w);
        for (w.round = 1; w.round <= rounds && !w.violation; w.round++)
                do_round(&w);
        for (unsigned i = 0; i < w.n_hosts; i++) {
                if (w.violation && talks)
                        print_host(&w, &w.hosts[i]);
                g_queue_clear_full(&w.hosts[i].inbox, g_free);
        }
        g_queue_clear_full(&w.events, g_free);
        totals->worlds++;
        totals->steps += w.n_steps;
        totals->usec += w.now;
        return w.violation;
}

static gint64 opt_seeds = 1000, opt_first = 1, opt_seed = -1, opt_rounds = 12, opt_minutes;
static gboolean opt_expect_violation;

static const GOptionEntry options[] = {
                {"seeds", 0, 0, G_OPTION_ARG_INT64, &opt_seeds, "How many worlds", "N"},
                {"first", 0, 0, G_OPTION_ARG_INT64, &opt_first, "The first seed", "S"},
                {"seed", 0, 0, G_OPTION_ARG_INT64, &opt_seed, "Replay one world and tell all of it", "S"},
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
static int run_all(void) {
        gint64 begun = g_get_monotonic_time();
        Totals totals = {};

        while (goes_on(&totals, begun)) {
                uint64_t seed = (uint64_t)opt_first + totals.worlds;
                g_autofree char *wrong = run_seed(seed, (unsigned)opt_rounds, opt_seed >= 0, &totals);

                if (!wrong)
                        continue;
                g_print("seed %" G_GUINT64_FORMAT ": %s\nreplay: --seed %" G_GUINT64_FORMAT
                        " --rounds %" G_GINT64_FORMAT "\n",
                                seed, wrong, seed, opt_rounds);
                return opt_expect_violation ? 0 : 1;
        }
        g_print("%" G_GUINT64_FORMAT " worlds of groups without a violation: %" G_GUINT64_FORMAT
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
        return run_all();
}
