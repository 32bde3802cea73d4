/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a world is made of: which version and family, how many routers, what each is configured with. */

#include "tests/sim/sim.h"
#include <arpa/inet.h>

VrrpAddress sim_make_address(int family, uint8_t host) {
        VrrpAddress a = {.family = family};

        if (family == AF_INET)
                memcpy(a.bytes, (uint8_t[]){192, 0, 2, host}, 4);
        else {
                a.bytes[0] = 0xfe;
                a.bytes[1] = 0x80;
                a.bytes[15] = host;
        }
        return a;
}

static void make_segment(Sim *s) {
        static const usec_t intervals_ms[] = {10, 100, 2560, 1000, 3000};
        bool v2 = sim_chance(s, 40);
        usec_t interval = intervals_ms[v2 ? 3 + sim_random(s, 2) : sim_random(s, 5)] * USEC_PER_MSEC;

        s->params = (AdvertParams){
                        .version = v2 ? 2 : 3,
                        .vrid = (uint8_t)(1 + sim_random(s, 255)),
                        .family = v2 || sim_chance(s, 50) ? AF_INET : AF_INET6,
                        .checksum_form = sim_chance(s, 50) ? ADVERT_CHECKSUM_PSEUDO : ADVERT_CHECKSUM_PLAIN,
                        .auth = v2 && sim_chance(s, 30) ? ADVERT_AUTH_PASS : ADVERT_AUTH_NONE,
                        .auth_data = "secret",
                        .vips = &s->vip,
                        .n_vips = 1,
        };
        s->vip = sim_make_address(s->params.family, 200);
        s->group = sim_make_address(s->params.family, 18);
        s->unicast = sim_chance(s, 30);
        /* In version 3 each may have its own, and backups adopt the master's. */
        s->mixed = !v2 && sim_chance(s, 30);
        s->interval_usec = s->interval_min_usec = s->interval_max_usec = interval;
        /* Short enough that ten steps of priority always decide who is first: 10/256 of an interval or
         * second. */
        s->delay_max_usec = MIN(interval / 100, 10 * USEC_PER_MSEC);
        s->jitter_usec = s->delay_max_usec / 2;
        s->down_adverts_max = 3;
        s->vmac_percent = sim_chance(s, 75) ? 0 : sim_chance(s, 60) ? 100 : 50;
}

static uint8_t make_priority(Sim *s) {
        return sim_chance(s, 4) ? 1 : (uint8_t)(10 * (1 + sim_random(s, 25)));
}

void sim_make_config(Sim *s, Node *x, RouterConfig *config) {
        static const unsigned factors[] = {1, 1, 2, 3, 4};
        usec_t interval = s->interval_usec * (s->mixed ? factors[sim_random(s, ELEMENTSOF(factors))] : 1);

        *config = (RouterConfig){
                        .version = s->params.version,
                        .vrid = s->params.vrid,
                        .family = s->params.family,
                        .base_priority = sim_chance(s, 8) ? VRRP_PRIORITY_OWNER : make_priority(s),
                        .interval_usec = interval,
                        .preempt = sim_chance(s, 80),
                        .preempt_delay_usec = sim_chance(s, 10) ? interval * (1 + sim_random(s, 3)) : 0,
                        .down_timer_adverts = sim_chance(s, 90) ? 3 : 2 + (unsigned)sim_random(s, 3),
                        .lower_prio_no_advert = sim_chance(s, 20),
                        .higher_prio_send_advert = sim_chance(s, 80),
                        .vmac = x->config.vmac,
                        .teaches = x->config.vmac,
                        .plain_arp = x->config.plain_arp,
                        .vips_digest = x->config.vips_digest,
                        .announce = {.delay_usec = 5 * USEC_PER_SEC,
                                        .repeat = 5,
                                        .refresh_usec = sim_chance(s, 10) ? 7 * interval : 0,
                                        .refresh_repeat = 1,
                                        .lower_prio_delay_usec = 5 * USEC_PER_SEC,
                                        .lower_prio_repeat = 5},
        };
        s->interval_max_usec = MAX(s->interval_max_usec, interval);
        s->preempt_delay_max_usec = MAX(s->preempt_delay_max_usec, config->preempt_delay_usec);
        s->down_adverts_max = MAX(s->down_adverts_max, config->down_timer_adverts);
}

static void make_node(Sim *s, Node *x) {
        x->source = sim_make_address(
                        s->params.family, (uint8_t)(10 + (x->index * 73 + s->seed) % 89 * 2 + x->index % 2));
        x->config.vmac = sim_chance(s, s->vmac_percent);
        x->config.plain_arp = !x->config.vmac && s->params.family == AF_INET;
        x->config.vips_digest = advert_vips_digest(&s->vip, 1);
        sim_make_config(s, x, &x->config);
        x->result = VRRP_RESULT_DONE;
        x->client = x->index;
        g_queue_init(&x->inbox);
}

void sim_make(Sim *s) {
        /* Two to eight mostly, now and then a crowd. */
        s->n = 2 + (unsigned)sim_random(s, sim_chance(s, 85) ? 7 : SIM_NODES_MAX - 1);
        make_segment(s);
        for (unsigned i = 0; i < s->n; i++) {
                s->nodes[i].index = i;
                make_node(s, &s->nodes[i]);
        }
}
