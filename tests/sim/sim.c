/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "tests/sim/sim.h"
#include <arpa/inet.h>

#define TRACE_LINES 120

typedef enum EventKind {
        EVENT_PACKET, /* bytes arrive at `node` */
        EVENT_ARP,    /* an announcement arrives at `node` */
        EVENT_ACK,    /* the kernel acknowledges */
        EVENT_WAKE,   /* `node` thaws */
} EventKind;

typedef struct Event {
        usec_t at;
        uint64_t sequence; /* of equal times the one that was made first comes first */
        EventKind kind;
        unsigned node, from;
        uint64_t ack;
        bool on;
        size_t size;
        uint8_t bytes[64];
} Event;

/* splitmix64: no state but one number, and no dependence on the C library. */
uint64_t sim_random(Sim *s, uint64_t below) {
        uint64_t z;

        s->random += UINT64_C(0x9e3779b97f4a7c15);
        z = s->random;
        z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
        return below > 0 ? (z ^ (z >> 31)) % below : 0;
}

bool sim_chance(Sim *s, unsigned percent) {
        return sim_random(s, 100) < percent;
}

void sim_trace(Sim *s, const char *format, ...) {
        g_autofree char *line = NULL;
        va_list ap;

        if (!s->trace)
                return;
        va_start(ap, format);
        line = g_strdup_vprintf(format, ap);
        va_end(ap);
        g_queue_push_tail(s->trace, g_strdup_printf("%4u.%06u  %s", (unsigned)(s->now / USEC_PER_SEC),
                                                    (unsigned)(s->now % USEC_PER_SEC), line));
        if (g_queue_get_length(s->trace) > TRACE_LINES)
                g_free(g_queue_pop_head(s->trace));
}

static int event_compare(gconstpointer a, gconstpointer b, gpointer userdata) {
        const Event *x = a, *y = b;

        if (x->at != y->at)
                return x->at < y->at ? -1 : 1;
        return x->sequence < y->sequence ? -1 : 1;
}

static void schedule(Sim *s, Event event) {
        event.sequence = s->sequence++;
        g_queue_insert_sorted(&s->events, g_memdup2(&event, sizeof(event)), event_compare, NULL);
}

void sim_disturb(Sim *s) {
        s->quiet_since_usec = s->now;
        s->settled = false;
}

/* ---- The segment ---- */

static void transmit(Sim *s, const Node *from, Node *to, Event event) {
        unsigned copies = sim_chance(s, s->duplicate_percent) ? 2 : 1;

        if (to == from || to->part != from->part)
                return;
        event.node = to->index;
        event.from = from->index;
        for (unsigned i = 0; i < copies; i++) {
                usec_t at = s->now + 1 + sim_random(s, s->delay_max_usec);

                /* A wire keeps the order of what one sender sends, not that of several. */
                event.at = MAX(at, to->last_arrival_usec[from->index]);
                to->last_arrival_usec[from->index] = event.at;
                if (!sim_chance(s, s->loss_percent))
                        schedule(s, event);
        }
}

static void send_advert(Sim *s, Node *x, uint8_t priority, const VrrpAddress *only) {
        AdvertParams params = s->params;
        Event event = {.kind = EVENT_PACKET};

        params.interval_usec = x->router.config.interval_usec;
        event.size = advert_encode(
                        &params, priority, &x->source, &s->group, event.bytes, sizeof(event.bytes));
        g_assert_cmpuint(event.size, >, 0);
        sim_trace(s, "%u sends priority %u%s", x->index, priority,
                        vrrp_address_is_set(only) ? " to one" : "");
        for (unsigned i = 0; i < s->n; i++)
                if (!s->unicast || !vrrp_address_is_set(only) ||
                                vrrp_address_equal(only, &s->nodes[i].source))
                        transmit(s, x, &s->nodes[i], event);
}

static void send_arp(Sim *s, Node *x) {
        x->announce = 0;
        for (unsigned i = 0; i < s->n; i++)
                transmit(s, x, &s->nodes[i], (Event){.kind = EVENT_ARP});
}

/* ---- The engine, imitated ---- */

static void addresses(Sim *s, Node *x, bool on) {
        /* Gone at once, there only when the kernel says so: the worse of both for who counts addresses. */
        if (!on)
                x->addresses = false;
        x->ack = s->sequence;
        schedule(s, (Event){
                                    .at = s->now + 1 + sim_random(s, s->delay_max_usec),
                                    .kind = EVENT_ACK,
                                    .node = x->index,
                                    .ack = x->ack,
                                    .on = on,
                    });
}

static void carry_out(Sim *s, Node *x, const RouterAction *a) {
        switch (a->type) {
        case ROUTER_ACTION_SEND_ADVERT:
                send_advert(s, x, a->advert.priority, &a->advert.to);
                break;
        case ROUTER_ACTION_ADDRESSES_ON:
        case ROUTER_ACTION_ADDRESSES_OFF:
                addresses(s, x, a->type == ROUTER_ACTION_ADDRESSES_ON);
                break;
        case ROUTER_ACTION_ANNOUNCE:
                x->announce = a->repeat;
                if (x->addresses)
                        send_arp(s, x);
                break;
        case ROUTER_ACTION_STATE_CHANGED:
                sim_trace(s, "%u %s > %s: %s", x->index, vrrp_state_to_string(a->state.old_state),
                                vrrp_state_to_string(a->state.new_state),
                                vrrp_reason_to_string(a->state.reason));
                if (a->state.new_state == VRRP_MASTER) {
                        x->master_since_usec = s->now;
                        s->takeovers |= 1u << x->index;
                }
                break;
        case ROUTER_ACTION_FINISHED:
                sim_trace(s, "%u %s: %s", x->index, vrrp_operation_to_string(a->finished.operation),
                                vrrp_result_to_string(a->finished.result));
                if (a->finished.id == x->operation)
                        x->result = a->finished.result;
                break;
        case ROUTER_ACTION_CONFLICT_SEEN:
        case ROUTER_ACTION_CONFLICT_CLEARED:
        case ROUTER_ACTION_CHANGED:
                break;
        case ROUTER_ACTION_TYPE_MAX:
                g_assert_not_reached();
        }
}

void node_feed(Sim *s, Node *x, const RouterEvent *event) {
        Router before = x->router;
        RouterStep step;

        router_step(&x->router, s->now, event, &step);
        for (size_t i = 0; i < step.n_actions; i++)
                carry_out(s, x, &step.actions[i]);
        check_step(s, x, &before, event, &step);
        check_world(s);
}

static void receive(Sim *s, Node *x, const Event *event) {
        RouterEvent e = {.type = ROUTER_EVENT_PACKET};
        AdvertParams expect = s->params;
        const Node *from = &s->nodes[event->from];

        if (event->kind == EVENT_ARP) {
                node_feed(s, x, &(RouterEvent){.type = ROUTER_EVENT_ANNOUNCED});
                return;
        }
        expect.interval_usec = x->router.config.interval_usec;
        if (advert_decode(&expect, event->bytes, event->size, VRRP_TTL, &from->source, &s->group,
                            &e.packet) != ADVERT_OK) {
                sim_violation(s, "router %u refused a packet of router %u", x->index, from->index);
                return;
        }
        if (e.packet.priority == VRRP_PRIORITY_RESIGN)
                sim_trace(s, "%u hears %u resign", x->index, from->index);
        node_feed(s, x, &e);
}

static void arrive(Sim *s, Node *x, const Event *event) {
        if (!x->alive || s->nodes[event->from].part != x->part)
                return;
        if (!x->frozen)
                receive(s, x, event);
        else if (x->freeze_keeps)
                g_queue_push_tail(&x->inbox, g_memdup2(event, sizeof(*event)));
}

static void acknowledge(Sim *s, Node *x, const Event *event) {
        if (!x->alive || event->ack != x->ack)
                return;
        x->addresses = event->on;
        if (x->addresses && x->announce > 0)
                send_arp(s, x);
        if (x->frozen)
                return;
        node_feed(s, x, &(RouterEvent){.type = ROUTER_EVENT_ADDRESSES, .addresses_on = event->on});
}

/* What arrived comes first, then the deadlines: DESIGN 4. */
static void wake(Sim *s, Node *x) {
        Event *event;

        x->frozen = false;
        x->woken_usec = s->now;
        sim_trace(s, "%u wakes, %u packets wait", x->index, g_queue_get_length(&x->inbox));
        while ((event = g_queue_pop_head(&x->inbox))) {
                if (x->alive)
                        receive(s, x, event);
                g_free(event);
        }
        if (x->alive)
                node_feed(s, x, &(RouterEvent){.type = ROUTER_EVENT_DEADLINE});
}

/* ---- Time ---- */

static usec_t plan(Sim *s, Node *x) {
        usec_t deadline;

        if (!node_is_live(x))
                return USEC_INFINITY;
        deadline = router_deadline(&x->router);
        if (deadline != x->planned_deadline) {
                x->planned_deadline = deadline;
                x->planned_usec = usec_add(MAX(deadline, s->now), sim_random(s, s->jitter_usec));
        }
        return x->planned_usec;
}

static void happen(Sim *s, Event *event) {
        Node *x = &s->nodes[event->node];

        switch (event->kind) {
        case EVENT_PACKET:
        case EVENT_ARP:
                arrive(s, x, event);
                break;
        case EVENT_ACK:
                acknowledge(s, x, event);
                break;
        case EVENT_WAKE:
                wake(s, x);
                break;
        }
}

void sim_run(Sim *s, usec_t until) {
        while (!s->violation) {
                Event *event = g_queue_peek_head(&s->events);
                usec_t next = event ? event->at : USEC_INFINITY;
                Node *due = NULL;

                for (unsigned i = 0; i < s->n; i++) {
                        usec_t at = plan(s, &s->nodes[i]);

                        if (at < next) {
                                next = at;
                                due = &s->nodes[i];
                        }
                }
                if (next > until)
                        break;
                s->now = MAX(s->now, next);
                if (due) {
                        due->planned_deadline = 0; /* to be planned anew */
                        node_feed(s, due, &(RouterEvent){.type = ROUTER_EVENT_DEADLINE});
                } else {
                        g_queue_pop_head(&s->events);
                        happen(s, event);
                        g_free(event);
                }
        }
        s->now = MAX(s->now, until);
}

/* ---- What can be done to the world ---- */

void node_start(Sim *s, Node *x) {
        sim_trace(s, "%u starts", x->index);
        x->alive = true;
        x->addresses = false;
        x->announce = 0;
        x->ack = 0;
        x->planned_deadline = 0;
        router_init(&x->router, &x->config);
        node_feed(s, x, &(RouterEvent){.type = ROUTER_EVENT_SOURCE, .source = x->source});
        node_feed(s, x, &(RouterEvent){.type = ROUTER_EVENT_STARTED});
}

void node_crash(Sim *s, Node *x) {
        sim_trace(s, "%u crashes", x->index);
        x->alive = false;
        x->addresses = false;
        x->ack = 0;
}

void node_freeze(Sim *s, Node *x, usec_t duration, bool keeps) {
        if (!node_is_live(x))
                return;
        sim_trace(s, "%u freezes for %u ms, its packets %s", x->index, (unsigned)(duration / USEC_PER_MSEC),
                        keeps ? "wait" : "are lost");
        x->frozen = true;
        x->freeze_keeps = keeps;
        schedule(s, (Event){.at = s->now + duration, .kind = EVENT_WAKE, .node = x->index});
}

void node_command(Sim *s, Node *x, VrrpOperation operation, VrrpMode mode, usec_t timeout_usec) {
        x->operation = ++s->sequence;
        x->result = VRRP_RESULT_INVALID;
        sim_trace(s, "%u is told to %s (%s)", x->index, vrrp_operation_to_string(operation),
                        vrrp_mode_to_string(mode));
        node_feed(s, x,
                        &(RouterEvent){
                                        .type = ROUTER_EVENT_COMMAND,
                                        .command = {.operation = operation,
                                                        .id = x->operation,
                                                        .mode = mode,
                                                        .timeout_usec = timeout_usec},
                        });
}

/* ---- Making a world ---- */

static VrrpAddress make_address(int family, uint8_t host) {
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
        static const usec_t intervals_ms[] = {10, 100, 1000, 3000};
        bool v2 = sim_chance(s, 40);
        usec_t interval = intervals_ms[v2 ? 2 + sim_random(s, 2) : sim_random(s, 4)] * USEC_PER_MSEC;

        s->params = (AdvertParams){
                        .version = v2 ? 2 : 3,
                        .vrid = (uint8_t)(1 + sim_random(s, 255)),
                        .family = v2 || sim_chance(s, 50) ? AF_INET : AF_INET6,
                        .checksum_form = sim_chance(s, 50) ? ADVERT_CHECKSUM_PSEUDO : ADVERT_CHECKSUM_PLAIN,
                        .vips = &s->vip,
                        .n_vips = 1,
        };
        s->vip = make_address(s->params.family, 200);
        s->group = make_address(s->params.family, 18);
        s->unicast = sim_chance(s, 30);
        s->interval_min_usec = s->interval_max_usec = interval;
        /* Short enough that ten steps of priority always decide who is first: 10/256 of an interval or
         * second. */
        s->delay_max_usec = MIN(interval / 100, 10 * USEC_PER_MSEC);
        s->jitter_usec = s->delay_max_usec / 2;
}

static void make_node(Sim *s, Node *x) {
        usec_t interval = s->interval_min_usec;
        VrrpAddress digest_of = s->vip;

        /* In version 3 each may have its own, and backups adopt the master's. */
        if (s->params.version == 3 && sim_chance(s, 10))
                interval *= 4;
        s->interval_max_usec = MAX(s->interval_max_usec, interval);
        x->source = make_address(
                        s->params.family, (uint8_t)(10 + (x->index * 73 + s->seed) % 97 * 2 + x->index % 2));
        x->config = (RouterConfig){
                        .version = s->params.version,
                        .vrid = s->params.vrid,
                        .family = s->params.family,
                        .base_priority = (uint8_t)(10 * (1 + sim_random(s, 25))),
                        .interval_usec = interval,
                        .preempt = sim_chance(s, 80),
                        .preempt_delay_usec = sim_chance(s, 10) ? interval * (1 + sim_random(s, 3)) : 0,
                        .down_timer_adverts = 3,
                        .lower_prio_no_advert = sim_chance(s, 20),
                        .higher_prio_send_advert = sim_chance(s, 80),
                        .vmac = sim_chance(s, 20),
                        .plain_arp = s->params.family == AF_INET && sim_chance(s, 60),
                        .vips_digest = advert_vips_digest(&digest_of, 1),
                        .announce = {.delay_usec = 5 * USEC_PER_SEC,
                                        .repeat = 5,
                                        .refresh_repeat = 1,
                                        .lower_prio_delay_usec = 5 * USEC_PER_SEC,
                                        .lower_prio_repeat = 5},
        };
        if (sim_chance(s, 10))
                x->config.base_priority = VRRP_PRIORITY_OWNER;
        s->preempt_delay_max_usec = MAX(s->preempt_delay_max_usec, x->config.preempt_delay_usec);
        x->result = VRRP_RESULT_DONE;
        g_queue_init(&x->inbox);
}

Sim *sim_new(uint64_t seed, bool trace) {
        Sim *s = g_new0(Sim, 1);

        s->seed = s->random = seed;
        s->now = 1000 * USEC_PER_SEC;
        s->sequence = 1;
        g_queue_init(&s->events);
        if (trace)
                s->trace = g_queue_new();
        s->n = 2 + (unsigned)sim_random(s, SIM_NODES_MAX - 1);
        make_segment(s);
        for (unsigned i = 0; i < s->n; i++) {
                s->nodes[i].index = i;
                make_node(s, &s->nodes[i]);
        }
        return s;
}

Sim *sim_free(Sim *s) {
        if (!s)
                return NULL;
        for (unsigned i = 0; i < s->n; i++)
                g_queue_clear_full(&s->nodes[i].inbox, g_free);
        g_queue_clear_full(&s->events, g_free);
        if (s->trace)
                g_queue_free_full(s->trace, g_free);
        g_free(s->violation);
        g_free(s);
        return NULL;
}
