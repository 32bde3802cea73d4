/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "tests/sim/sim.h"

#define TRACE_LINES 160

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
        VrrpAddress source;
        size_t size;
        uint8_t bytes[32];
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
        /* A master's adverts say nothing new. */
        if (!g_queue_is_empty(s->trace) && g_str_has_suffix(g_queue_peek_tail(s->trace), line))
                return;
        g_queue_push_tail(s->trace, g_strdup_printf("%4u.%06u  %s", (unsigned)(s->now / USEC_PER_SEC),
                                                    (unsigned)(s->now % USEC_PER_SEC), line));
        if (g_queue_get_length(s->trace) > TRACE_LINES)
                g_free(g_queue_pop_head(s->trace));
}

void sim_disturb(Sim *s) {
        s->quiet_since_usec = s->now;
        s->someone = s->settled = false;
}

/* ---- Clocks ---- */

usec_t node_clock(const Node *x, usec_t at) {
        return x->clock_origin_usec + at + (usec_t)((int64_t)at * x->clock_drift_ppm / 1000000);
}

usec_t node_when(const Node *x, usec_t clock) {
        usec_t at;

        if (clock == USEC_INFINITY)
                return USEC_INFINITY;
        if (clock <= x->clock_origin_usec)
                return 0;
        at = (clock - x->clock_origin_usec) * 1000000 / (usec_t)(1000000 + x->clock_drift_ppm);
        while (node_clock(x, at) < clock)
                at++;
        return at;
}

/* ---- What will happen, as a heap ---- */

static bool event_before(const Event *a, const Event *b) {
        return a->at != b->at ? a->at < b->at : a->sequence < b->sequence;
}

static void schedule(Sim *s, Event event) {
        size_t i = s->n_events++;

        event.sequence = s->sequence++;
        if (s->n_events > s->allocated) {
                s->allocated = MAX(2 * s->allocated, (size_t)64);
                s->events = g_renew(Event, s->events, s->allocated);
        }
        for (; i > 0 && event_before(&event, &s->events[(i - 1) / 2]); i = (i - 1) / 2)
                s->events[i] = s->events[(i - 1) / 2];
        s->events[i] = event;
}

static Event take_first(Sim *s) {
        Event first = s->events[0], last = s->events[--s->n_events];
        size_t i = 0;

        for (;;) {
                size_t child = 2 * i + 1;

                if (child >= s->n_events)
                        break;
                if (child + 1 < s->n_events && event_before(&s->events[child + 1], &s->events[child]))
                        child++;
                if (event_before(&last, &s->events[child]))
                        break;
                s->events[i] = s->events[child];
                i = child;
        }
        s->events[i] = last;
        return first;
}

/* ---- The segment ---- */

static bool reaches(const Sim *s, const Node *from, const Node *to) {
        return to != from && to->part == from->part && !s->deaf[to->index][from->index];
}

/* Now and then something is held up for as long as an interval. */
static usec_t transit(Sim *s) {
        usec_t longest = sim_chance(s, s->slow_percent) ? s->interval_min_usec : s->delay_max_usec;

        return 1 + sim_random(s, longest);
}

static void transmit(Sim *s, const Node *from, Node *to, Event event) {
        unsigned copies = sim_chance(s, s->duplicate_percent) ? 2 : 1;

        if (!reaches(s, from, to))
                return;
        event.node = to->index;
        event.from = from->index;
        for (unsigned i = 0; i < copies; i++) {
                event.at = s->now + transit(s);
                /* A wire keeps the order of what one sender sends, unless it is made of several. */
                if (!s->reorder)
                        event.at = MAX(event.at, to->last_arrival_usec[from->index]);
                to->last_arrival_usec[from->index] = event.at;
                if (!sim_chance(s, s->loss_percent))
                        schedule(s, event);
        }
}

static void send_advert(Sim *s, Node *x, uint8_t priority, const VrrpAddress *only) {
        AdvertParams params = s->params;
        Event event = {.kind = EVENT_PACKET, .source = x->source};

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
        sim_trace(s, "%u announces", x->index);
        x->announce = 0;
        x->client = x->index;
        for (unsigned i = 0; i < s->n && !s->no_arp; i++)
                transmit(s, x, &s->nodes[i], (Event){.kind = EVENT_ARP});
}

/* ---- The engine, imitated ---- */

static void addresses(Sim *s, Node *x, bool on) {
        /* Gone at once, there only when the kernel says so: the worse of both for who counts addresses. */
        if (!on)
                x->addresses = false;
        x->ack = s->sequence;
        schedule(s, (Event){
                                    .at = s->now + 1 +
                                          sim_random(s, sim_chance(s, s->slow_kernel_percent)
                                                                          ? 300 * USEC_PER_MSEC
                                                                          : s->delay_max_usec),
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
        case ROUTER_ACTION_ANNOUNCE_EXTRA: /* there is one segment only */
        case ROUTER_ACTION_TEACH:          /* without switches */
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
                } else
                        x->announce = 0;
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

        s->n_steps++;
        router_step(&x->router, node_clock(x, s->now), event, &step);
        for (size_t i = 0; i < step.n_actions; i++)
                carry_out(s, x, &step.actions[i]);
        check_step(s, x, &before, event, &step);
        check_world(s);
}

/* A packet whose bits were hurt on the way, or that never was for us. */
static void receive_garbled(Sim *s, Node *x, const AdvertParams *expect, Event event) {
        RouterEvent e = {.type = ROUTER_EVENT_REFUSED, .refused.source = event.source};
        Advert ignored;
        int ttl = VRRP_TTL;
        uint64_t bit = sim_random(s, event.size * 8 + 16);

        if (bit >= event.size * 8 + 8)
                event.size = (size_t)sim_random(s, event.size);
        else if (bit >= event.size * 8)
                ttl = (int)sim_random(s, VRRP_TTL);
        else
                event.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        e.refused.verdict = advert_decode(
                        expect, event.bytes, event.size, ttl, &event.source, &s->group, &ignored);
        if (e.refused.verdict == ADVERT_OK)
                sim_violation(s, "router %u took a garbled packet", x->index);
        node_feed(s, x, &e);
}

static void receive(Sim *s, Node *x, const Event *event) {
        RouterEvent e = {.type = ROUTER_EVENT_PACKET};
        AdvertParams expect = s->params;

        if (event->kind == EVENT_ARP) {
                node_feed(s, x, &(RouterEvent){.type = ROUTER_EVENT_ANNOUNCED});
                return;
        }
        expect.interval_usec = x->router.config.interval_usec;
        if (s->garble_percent > 0 && sim_chance(s, s->garble_percent)) {
                receive_garbled(s, x, &expect, *event);
                return;
        }
        if (advert_decode(&expect, event->bytes, event->size, VRRP_TTL, &event->source, &s->group,
                            &e.packet) != ADVERT_OK) {
                sim_violation(s, "router %u refused a packet of router %u", x->index, event->from);
                return;
        }
        if (e.packet.priority == VRRP_PRIORITY_RESIGN)
                sim_trace(s, "%u hears %u resign", x->index, event->from);
        node_feed(s, x, &e);
}

static void arrive(Sim *s, Node *x, const Event *event) {
        if (!reaches(s, &s->nodes[event->from], x))
                return;
        if (event->kind == EVENT_ARP)
                x->client = event->from;
        if (!x->alive)
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
                usec_t at = node_when(x, deadline);

                x->planned_deadline = deadline;
                x->planned_usec = usec_add(MAX(at, s->now), sim_random(s, s->jitter_usec));
        }
        return x->planned_usec;
}

static void happen(Sim *s, const Event *event) {
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
                usec_t next = s->n_events > 0 ? s->events[0].at : USEC_INFINITY;
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
                        Event event = take_first(s);

                        happen(s, &event);
                }
        }
        s->now = MAX(s->now, until);
}

/* ---- What can be done to the world ---- */

void node_start(Sim *s, Node *x) {
        /* Each second start is one of the whole machine: its clock begins anew. */
        if (sim_chance(s, 50))
                x->clock_origin_usec = sim_random(s, 1000 * 3600 * USEC_PER_SEC);
        x->clock_drift_ppm = (int64_t)sim_random(s, 2 * SIM_DRIFT_MAX_PPM + 1) - SIM_DRIFT_MAX_PPM;
        sim_trace(s, "%u starts", x->index);
        x->alive = true;
        x->addresses = false;
        x->announce = 0;
        x->ack = 0;
        x->planned_deadline = 0;
        router_init(&x->router, &x->config);
        watch_start(s, x);
        node_feed(s, x, &(RouterEvent){.type = ROUTER_EVENT_SOURCE, .source = x->source});
        node_feed(s, x, &(RouterEvent){.type = ROUTER_EVENT_STARTED});
}

void node_crash(Sim *s, Node *x) {
        sim_trace(s, "%u crashes", x->index);
        x->alive = false;
        x->addresses = false;
        x->ack = 0;
        x->operation = 0; /* nobody waits for its end any more */
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

void node_command(Sim *s, Node *x, const RouterCommand *command) {
        RouterEvent event = {.type = ROUTER_EVENT_COMMAND, .command = *command};

        event.command.id = x->operation = ++s->sequence;
        x->result = VRRP_RESULT_INVALID;
        sim_trace(s, "%u is told to %s (%s)", x->index, vrrp_operation_to_string(command->operation),
                        vrrp_mode_to_string(command->mode));
        node_feed(s, x, &event);
}

void node_order(Sim *s, Node *x, VrrpOperation operation) {
        node_command(s, x, &(RouterCommand){.operation = operation});
}

Sim *sim_new(uint64_t seed, bool trace) {
        Sim *s = g_new0(Sim, 1);

        s->seed = s->random = seed;
        s->now = 1000 * USEC_PER_SEC;
        s->sequence = 1;
        if (trace)
                s->trace = g_queue_new();
        sim_make(s);
        return s;
}

Sim *sim_free(Sim *s) {
        if (!s)
                return NULL;
        for (unsigned i = 0; i < s->n; i++)
                g_queue_clear_full(&s->nodes[i].inbox, g_free);
        g_free(s->events);
        if (s->trace)
                g_queue_free_full(s->trace, g_free);
        g_free(s->violation);
        g_free(s);
        return NULL;
}
