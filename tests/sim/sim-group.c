/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Sync groups on wires made of code: two to four hosts, each with one group of two or three virtual routers,
 * one on each segment. Packets, crashes, faults of single members, trackers, commands on the group, segments
 * that are split by themselves; then a calm, after which one host must be master of everything that hangs
 * together. All chance comes from one seed.
 *
 *      test-sim-group [--seeds N] [--first S] [--seed S]
 *
 * Simpler than sim.c, which knows everything about one router: here one clock for all, and packets as
 * structs. */

#include "service/core/group.h"
#include <arpa/inet.h>
#include <glib.h>

#define HOSTS_MAX 4
#define SEGMENTS_MAX 3
#define ORDERS_MAX 200
#define ROUNDS 12

typedef struct Host {
        unsigned index;
        bool alive;
        Group group;
        GroupMember members[SEGMENTS_MAX];
        Router routers[SEGMENTS_MAX];
        RouterConfig config;
        VrrpAddress source[SEGMENTS_MAX];
        bool addresses[SEGMENTS_MAX];
        unsigned part[SEGMENTS_MAX]; /* on each segment: hosts of the same number hear each other */
        uint64_t operation;
        VrrpResult result; /* VRRP_RESULT_INVALID: runs */
} Host;

typedef struct Event {
        usec_t at;
        uint64_t sequence;
        enum { PACKET, ACK } kind;
        unsigned to, segment, from;
        Advert advert;
        bool on;
} Event;

typedef struct World {
        uint64_t seed, random, sequence;
        usec_t now, delay_usec;
        usec_t interval_usec; /* the longest */
        usec_t intervals_usec[SEGMENTS_MAX];
        unsigned n_hosts, n_segments, loss_percent;
        Host hosts[HOSTS_MAX];
        GQueue events;                                        /* sorted */
        usec_t last_usec[HOSTS_MAX][HOSTS_MAX][SEGMENTS_MAX]; /* a wire keeps the order of one sender */
        bool watch; /* a hand-over with a successor: each segment has a master all the time */
        bool settled;
        bool talks;
        unsigned round;
        char *violation;
} World;

static uint64_t chance_of(World *w, uint64_t below) {
        uint64_t z;

        w->random += UINT64_C(0x9e3779b97f4a7c15);
        z = w->random;
        z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
        return (z ^ (z >> 31)) % below;
}

static bool percent(World *w, unsigned n) {
        return chance_of(w, 100) < n;
}

static void say(World *w, const char *format, ...) _printf_(2, 3);
static void say(World *w, const char *format, ...) {
        g_autofree char *line = NULL;
        va_list ap;

        if (!w->talks)
                return;
        va_start(ap, format);
        line = g_strdup_vprintf(format, ap);
        va_end(ap);
        g_print("%5u.%06u  %s\n", (unsigned)(w->now / USEC_PER_SEC), (unsigned)(w->now % USEC_PER_SEC),
                        line);
}

static void violation(World *w, const char *format, ...) _printf_(2, 3);
static void violation(World *w, const char *format, ...) {
        va_list ap;

        if (w->violation)
                return;
        va_start(ap, format);
        w->violation = g_strdup_vprintf(format, ap);
        va_end(ap);
        say(w, "VIOLATION: %s", w->violation);
}

/* ---- What must hold ---- */

static bool host_counts(const Host *h, unsigned segment) {
        return h->alive && h->routers[segment].admin != VRRP_ADMIN_PAUSED;
}

/* Members that count are in one state when all orders have been carried out: master all or none (but for a
 * hand-over, in which each releases at its own successor), and a fault of one is a fault of all. */
static void check_group(World *w, const Host *h) {
        unsigned masters = 0, faults = 0, counting = 0;
        bool handing = h->group.phase != GROUP_IDLE || h->group.stopping;

        for (unsigned s = 0; s < w->n_segments; s++) {
                const Router *r = &h->routers[s];

                if (!host_counts(h, s))
                        continue;
                counting++;
                masters += r->state == VRRP_MASTER;
                faults += r->state == VRRP_FAULT;
                if (r->state != VRRP_MASTER && h->addresses[s])
                        violation(w, "host %u has addresses on segment %u without being master", h->index,
                                        s);
        }
        if (faults > 0 && faults < counting)
                violation(w, "host %u: a fault of %u is not one of all %u", h->index, faults, counting);
        if (!handing && masters > 0 && masters < counting)
                violation(w, "host %u is master of %u and not of all %u", h->index, masters, counting);
}

static unsigned count_masters(const World *w, unsigned segment, unsigned part) {
        unsigned n = 0;

        for (unsigned i = 0; i < w->n_hosts; i++) {
                const Host *h = &w->hosts[i];

                n += h->alive && h->part[segment] == part && h->routers[segment].state == VRRP_MASTER;
        }
        return n;
}

static void check_world(World *w) {
        for (unsigned s = 0; s < w->n_segments; s++) {
                unsigned masters = count_masters(w, s, 0);

                if (w->watch && masters == 0)
                        violation(w, "the hand-over left segment %u without a master", s);
                if (w->settled && masters != 1)
                        violation(w, "%u masters on segment %u", masters, s);
        }
}

/* ---- Events ---- */

static int event_compare(gconstpointer a, gconstpointer b, gpointer userdata) {
        const Event *x = a, *y = b;

        if (x->at != y->at)
                return x->at < y->at ? -1 : 1;
        return x->sequence < y->sequence ? -1 : 1;
}

static void schedule(World *w, Event event) {
        usec_t *last = &w->last_usec[event.to][event.from][event.segment];

        event.at = *last = MAX(*last, w->now + 1 + chance_of(w, w->delay_usec));
        event.sequence = w->sequence++;
        g_queue_insert_sorted(&w->events, g_memdup2(&event, sizeof(event)), event_compare, NULL);
}

static void send_advert(World *w, const Host *h, unsigned segment, uint8_t priority) {
        say(w, "host %u, segment %u: priority %u", h->index, segment, priority);
        for (unsigned i = 0; i < w->n_hosts; i++) {
                const Host *to = &w->hosts[i];

                if (to == h || to->part[segment] != h->part[segment] || percent(w, w->loss_percent))
                        continue;
                schedule(w, (Event){
                                            .kind = PACKET,
                                            .to = i,
                                            .from = h->index,
                                            .segment = segment,
                                            .advert = {.version = h->config.version,
                                                            .priority = priority,
                                                            .interval_usec = w->intervals_usec[segment],
                                                            .source = h->source[segment],
                                                            .n_vips = 1},
                            });
        }
}

static void carry_out(World *w, Host *h, unsigned segment, const RouterStep *step) {
        for (size_t i = 0; i < step->n_actions; i++) {
                const RouterAction *a = &step->actions[i];

                switch (a->type) {
                case ROUTER_ACTION_SEND_ADVERT:
                        send_advert(w, h, segment, a->advert.priority);
                        break;
                case ROUTER_ACTION_ADDRESSES_ON:
                case ROUTER_ACTION_ADDRESSES_OFF:
                        h->addresses[segment] = a->type == ROUTER_ACTION_ADDRESSES_ON;
                        schedule(w, (Event){.kind = ACK,
                                                    .from = h->index,
                                                    .to = h->index,
                                                    .segment = segment,
                                                    .on = h->addresses[segment]});
                        break;
                case ROUTER_ACTION_STATE_CHANGED:
                        say(w, "host %u, segment %u: %s > %s: %s", h->index, segment,
                                        vrrp_state_to_string(a->state.old_state),
                                        vrrp_state_to_string(a->state.new_state),
                                        vrrp_reason_to_string(a->state.reason));
                        if (a->state.reason == VRRP_REASON_NONE)
                                violation(w, "host %u changed its state without a reason", h->index);
                        break;
                case ROUTER_ACTION_FINISHED:
                case ROUTER_ACTION_ANNOUNCE:
                case ROUTER_ACTION_ANNOUNCE_EXTRA:
                case ROUTER_ACTION_TEACH:
                case ROUTER_ACTION_CONFLICT_SEEN:
                case ROUTER_ACTION_CONFLICT_CLEARED:
                case ROUTER_ACTION_CHANGED:
                        break;
                case ROUTER_ACTION_TYPE_MAX:
                        g_assert_not_reached();
                }
        }
}

static void step_member(World *w, Host *h, GroupMember *m, const RouterEvent *event) {
        unsigned segment = (unsigned)(m - h->members);
        RouterStep step;

        router_step(m->router, w->now, event, &step);
        carry_out(w, h, segment, &step);
        group_note(&h->group, m, &step);
}

static void carry_out_orders(World *w, Host *h) {
        GroupOrder o;
        unsigned n = 0;

        while (group_next(&h->group, &o)) {
                if (++n > ORDERS_MAX) {
                        violation(w, "the orders of host %u do not end", h->index);
                        return;
                }
                switch (o.type) {
                case GROUP_ORDER_FEED:
                        step_member(w, h, o.member, &o.event);
                        break;
                case GROUP_ORDER_STATE_CHANGED:
                        say(w, "host %u: group %s > %s: %s", h->index, vrrp_state_to_string(o.old_state),
                                        vrrp_state_to_string(o.new_state), vrrp_reason_to_string(o.reason));
                        if (o.reason == VRRP_REASON_NONE || o.old_state == o.new_state)
                                violation(w, "the group of host %u changed without a reason", h->index);
                        break;
                case GROUP_ORDER_FINISHED:
                        say(w, "host %u: group %s: %s", h->index, vrrp_operation_to_string(o.operation),
                                        vrrp_result_to_string(o.result));
                        if (o.id != h->operation || h->result != VRRP_RESULT_INVALID)
                                violation(w, "host %u ended an operation twice", h->index);
                        h->result = o.result;
                        break;
                }
        }
        check_group(w, h);
        check_world(w);
}

static void feed(World *w, Host *h, unsigned segment, const RouterEvent *event) {
        step_member(w, h, &h->members[segment], event);
        carry_out_orders(w, h);
}

static void happen(World *w, const Event *event) {
        Host *h = &w->hosts[event->to];

        if (!h->alive)
                return;
        if (event->kind == ACK)
                feed(w, h, event->segment,
                                &(RouterEvent){.type = ROUTER_EVENT_ADDRESSES, .addresses_on = event->on});
        else if (h->part[event->segment] == w->hosts[event->from].part[event->segment])
                feed(w, h, event->segment,
                                &(RouterEvent){.type = ROUTER_EVENT_PACKET, .packet = event->advert});
}

static void run(World *w, usec_t until) {
        while (!w->violation) {
                Event *first = g_queue_peek_head(&w->events);
                usec_t next = first ? first->at : USEC_INFINITY;
                Host *due = NULL;
                unsigned segment = 0;

                for (unsigned i = 0; i < w->n_hosts; i++)
                        for (unsigned s = 0; w->hosts[i].alive && s < w->n_segments; s++) {
                                usec_t at = router_deadline(&w->hosts[i].routers[s]);

                                if (at < next) {
                                        next = at;
                                        due = &w->hosts[i];
                                        segment = s;
                                }
                        }
                if (next > until)
                        break;
                w->now = MAX(w->now, next);
                if (due)
                        feed(w, due, segment, &(RouterEvent){.type = ROUTER_EVENT_DEADLINE});
                else {
                        g_queue_pop_head(&w->events);
                        happen(w, first);
                        g_free(first);
                }
        }
        w->now = MAX(w->now, until);
}

/* ---- What is done to the world ---- */

static void start(World *w, Host *h) {
        say(w, "host %u starts", h->index);
        h->alive = true;
        h->result = VRRP_RESULT_DONE;
        group_init(&h->group);
        for (unsigned s = 0; s < w->n_segments; s++) {
                RouterConfig config = h->config;

                config.interval_usec = w->intervals_usec[s];
                h->addresses[s] = false;
                router_init(&h->routers[s], &config);
                group_add(&h->group, &h->members[s], &h->routers[s]);
        }
        for (unsigned s = 0; s < w->n_segments; s++) {
                feed(w, h, s, &(RouterEvent){.type = ROUTER_EVENT_SOURCE, .source = h->source[s]});
                feed(w, h, s, &(RouterEvent){.type = ROUTER_EVENT_STARTED});
        }
}

static void crash(World *w, Host *h) {
        say(w, "host %u crashes", h->index);
        h->alive = false;
        memset(h->addresses, 0, sizeof(h->addresses));
        h->result = VRRP_RESULT_DONE;
}

static void command(World *w, Host *h, const RouterCommand *wanted) {
        RouterCommand c = *wanted;

        if (!h->alive || group_operation_running(&h->group) || h->result == VRRP_RESULT_INVALID)
                return;
        say(w, "host %u is told to %s (%s)", h->index, vrrp_operation_to_string(c.operation),
                        vrrp_mode_to_string(c.mode));
        c.id = h->operation = ++w->sequence;
        h->result = VRRP_RESULT_INVALID;
        group_command(&h->group, &c);
        carry_out_orders(w, h);
}

static void order(World *w, Host *h, VrrpOperation operation) {
        command(w, h, &(RouterCommand){.operation = operation});
}

static void join_parts(World *w) {
        say(w, "all segments are whole");
        for (unsigned i = 0; i < w->n_hosts; i++)
                memset(w->hosts[i].part, 0, sizeof(w->hosts[i].part));
        w->loss_percent = 0;
}

static void do_something(World *w, Host *h) {
        unsigned segment = (unsigned)chance_of(w, w->n_segments);

        switch (chance_of(w, 7)) {
        case 0:
                crash(w, h);
                break;
        case 1:
                say(w, "host %u, segment %u: a fault comes or goes", h->index, segment);
                feed(w, h, segment, &(RouterEvent){.type = ROUTER_EVENT_FAULT, .fault = percent(w, 50)});
                break;
        case 2:
                say(w, "host %u, segment %u: trackers", h->index, segment);
                feed(w, h, segment,
                                &(RouterEvent){.type = ROUTER_EVENT_PRIORITY,
                                                .priority = (uint8_t)(10 * (1 + chance_of(w, 25)))});
                break;
        case 3:
                say(w, "host %u leaves segment %u, or comes back", h->index, segment);
                h->part[segment] = (unsigned)chance_of(w, 2);
                break;
        default:
                command(w, h,
                                &(RouterCommand){.operation = (VrrpOperation)chance_of(w, VRRP_OP_STOP),
                                                .mode = (VrrpMode)chance_of(w, VRRP_MODE_MAX),
                                                .timeout_usec = 1 + chance_of(w, 6 * w->interval_usec)});
                break;
        }
}

static void chaos(World *w) {
        unsigned deeds = 1 + (unsigned)chance_of(w, 10);

        w->settled = false;
        w->loss_percent = percent(w, 40) ? (unsigned)chance_of(w, 30) : 0;
        for (unsigned i = 0; i < deeds && !w->violation; i++) {
                Host *h = &w->hosts[chance_of(w, w->n_hosts)];

                if (h->alive)
                        do_something(w, h);
                else
                        start(w, h);
                run(w, w->now + 1 + chance_of(w, 4 * w->interval_usec));
        }
}

static Host *find_master(World *w) {
        for (unsigned i = 0; i < w->n_hosts; i++)
                if (w->hosts[i].alive && w->hosts[i].routers[0].state == VRRP_MASTER)
                        return &w->hosts[i];
        return NULL;
}

/* Make before break of the whole group: no segment is without a master for a moment, and in the end another
 * host is master of all. */
static void clean_failover(World *w) {
        Host *h = find_master(w);

        if (!h)
                return;
        run(w, h->routers[0].advert_due_usec + w->intervals_usec[0] / 2);
        w->settled = false;
        w->watch = true;
        order(w, h, VRRP_OP_FAILOVER);
        run(w, w->now + 2 * w->interval_usec + 2 * USEC_PER_SEC);
        w->watch = false;
        if (!w->violation && h->result == VRRP_RESULT_DONE && h->routers[0].state == VRRP_MASTER)
                violation(w, "host %u handed over and is master", h->index);
        /* All hosts live and are whole: somebody can take over everything. */
        if (!w->violation && h->result != VRRP_RESULT_DONE)
                violation(w, "the failover of host %u ended in %s", h->index,
                                vrrp_result_to_string(h->result));
        order(w, h, VRRP_OP_RESUME);
}

/* A fault of one member: the whole host goes, another takes all over; it contends again afterwards. */
static void clean_fault(World *w) {
        Host *h = find_master(w);
        unsigned segment = (unsigned)chance_of(w, w->n_segments);

        if (!h)
                return;
        w->settled = false;
        feed(w, h, segment, &(RouterEvent){.type = ROUTER_EVENT_FAULT, .fault = true});
        for (unsigned s = 0; s < w->n_segments; s++)
                if (h->routers[s].state != VRRP_FAULT)
                        violation(w, "host %u, segment %u: no fault", h->index, s);
        run(w, w->now + 5 * w->interval_usec + USEC_PER_SEC);
        for (unsigned s = 0; s < w->n_segments && !w->violation; s++)
                if (count_masters(w, s, 0) != 1)
                        violation(w, "%u masters on segment %u after the fault of host %u",
                                        count_masters(w, s, 0), s, h->index);
        feed(w, h, segment, &(RouterEvent){.type = ROUTER_EVENT_FAULT, .fault = false});
}

/* Everything is repaired, held or dead no more; then one host is master of all segments, and stays. */
static void calm(World *w) {
        join_parts(w);
        run(w, w->now + 10 * w->interval_usec + 2 * USEC_PER_SEC);
        for (unsigned i = 0; i < w->n_hosts && !w->violation; i++) {
                Host *h = &w->hosts[i];

                if (!h->alive)
                        start(w, h);
                for (unsigned s = 0; s < w->n_segments; s++) {
                        feed(w, h, s, &(RouterEvent){.type = ROUTER_EVENT_FAULT, .fault = false});
                        feed(w, h, s,
                                        &(RouterEvent){.type = ROUTER_EVENT_PRIORITY,
                                                        .priority = h->config.base_priority});
                }
                order(w, h, VRRP_OP_RESUME);
        }
        run(w, w->now + 20 * w->interval_usec + 2 * USEC_PER_SEC);
        w->settled = true;
        check_world(w);
        run(w, w->now + 5 * w->interval_usec);
        for (unsigned i = 0; i < w->n_hosts && !w->violation; i++)
                if (w->hosts[i].result == VRRP_RESULT_INVALID)
                        violation(w, "an operation of host %u never ended", i);
}

static void make_world(World *w, uint64_t seed) {
        bool v2 = percent(w, 50);
        int family = v2 || percent(w, 50) ? AF_INET : AF_INET6;

        w->n_hosts = 2 + (unsigned)chance_of(w, HOSTS_MAX - 1);
        w->n_segments = 2 + (unsigned)chance_of(w, SEGMENTS_MAX - 1);
        w->interval_usec = (v2 ? 1000 : (usec_t[]){100, 1000}[chance_of(w, 2)]) * USEC_PER_MSEC;
        w->delay_usec = w->interval_usec / 200;
        for (unsigned s = 0; s < w->n_segments; s++)
                w->intervals_usec[s] = w->interval_usec * (percent(w, 70) ? 1 : v2 ? 3 : 10);
        for (unsigned s = 0; s < w->n_segments; s++)
                w->interval_usec = MAX(w->interval_usec, w->intervals_usec[s]);
        for (unsigned i = 0; i < w->n_hosts; i++) {
                Host *h = &w->hosts[i];

                h->index = i;
                h->config = (RouterConfig){
                                .version = v2 ? 2 : 3,
                                .vrid = 51,
                                .family = family,
                                /* Ten steps apart, so that it is known who is best. */
                                .base_priority = (uint8_t)(60 + 10 * ((i * 7 + seed) % 11)),
                                .preempt = percent(w, 80),
                                .down_timer_adverts = 3,
                                .higher_prio_send_advert = percent(w, 80),
                                .grouped = true,
                                .announce = {.repeat = 1},
                };
                for (unsigned s = 0; s < w->n_segments; s++) {
                        h->source[s] = (VrrpAddress){.family = family};
                        h->source[s].bytes[0] = family == AF_INET ? 192 : 0xfe;
                        h->source[s].bytes[family == AF_INET ? 2 : 14] = (uint8_t)s;
                        h->source[s].bytes[family == AF_INET ? 3 : 15] = (uint8_t)(10 + (i * 5 + seed) % 13);
                }
        }
}

static void print_world(const World *w) {
        for (unsigned i = 0; w->talks && i < w->n_hosts; i++)
                for (unsigned s = 0; s < w->n_segments; s++) {
                        const Router *r = &w->hosts[i].routers[s];
                        char address[VRRP_ADDRESS_STRLEN];

                        g_print("  host %u%s, segment %u: %s (%s) priority %u, interval %u ms, wants %d, "
                                "follows "
                                "%s (%u)\n",
                                        i, w->hosts[i].alive ? "" : " dead", s,
                                        vrrp_state_to_string(r->state), vrrp_admin_state_to_string(r->admin),
                                        router_priority(r),
                                        (unsigned)(r->config.interval_usec / USEC_PER_MSEC), r->wants,
                                        vrrp_address_to_string(&r->master_address, address),
                                        r->master_priority);
                }
}

/* Returns the first violation, to be freed; NULL = none. */
static char *run_seed(uint64_t seed, bool talks) {
        World w = {.seed = seed, .random = seed, .now = 1000 * USEC_PER_SEC, .talks = talks};

        g_queue_init(&w.events);
        make_world(&w, seed);
        for (unsigned i = 0; i < w.n_hosts; i++) {
                run(&w, w.now + chance_of(&w, 2 * w.interval_usec));
                start(&w, &w.hosts[i]);
        }
        calm(&w);
        for (w.round = 1; w.round <= ROUNDS && !w.violation; w.round++) {
                switch (chance_of(&w, 4)) {
                case 0:
                        clean_failover(&w);
                        break;
                case 1:
                        clean_fault(&w);
                        break;
                default:
                        chaos(&w);
                        break;
                }
                calm(&w);
        }
        g_queue_clear_full(&w.events, g_free);
        if (!w.violation)
                return NULL;
        say(&w, "round %u", w.round);
        print_world(&w);
        return w.violation;
}

static gint64 opt_seeds = 1000, opt_first = 1, opt_seed = -1;
static gboolean opt_expect_violation;

static const GOptionEntry options[] = {
                {"seeds", 0, 0, G_OPTION_ARG_INT64, &opt_seeds, "How many worlds", "N"},
                {"first", 0, 0, G_OPTION_ARG_INT64, &opt_first, "The first seed", "S"},
                {"seed", 0, 0, G_OPTION_ARG_INT64, &opt_seed, "Replay one world and tell all of it", "S"},
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
                g_autofree char *wrong = run_seed(seed, opt_seed >= 0);

                if (!wrong)
                        continue;
                g_print("seed %" G_GUINT64_FORMAT ": %s\nreplay: --seed %" G_GUINT64_FORMAT "\n", seed,
                                wrong, seed);
                return opt_expect_violation ? 0 : 1;
        }
        g_print("%" G_GINT64_FORMAT " worlds of groups without a violation\n", opt_seeds);
        return opt_expect_violation ? 1 : 0;
}
