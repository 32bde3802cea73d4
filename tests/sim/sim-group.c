/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The world of sim-group.h: its time, its wires, and what the engine does with the actions of a step and the
 * orders of a group. */

#include "tests/sim/sim-group.h"

#define ORDERS_MAX 200

uint64_t chance_of(World *w, uint64_t below) {
        uint64_t z;

        w->random += UINT64_C(0x9e3779b97f4a7c15);
        z = w->random;
        z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
        return below > 0 ? (z ^ (z >> 31)) % below : 0;
}

bool percent(World *w, unsigned n) {
        return chance_of(w, 100) < n;
}

void say(World *w, const char *format, ...) {
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

void disturb(World *w) {
        w->quiet_since_usec = w->now;
        w->someone = w->settled = false;
}

/* ---- Clocks ---- */

usec_t host_clock(const Host *h, usec_t at) {
        return h->clock_origin_usec + at + (usec_t)((int64_t)at * h->clock_drift_ppm / 1000000);
}

/* The first moment at which its clock shows that. */
static usec_t host_when(const Host *h, usec_t clock) {
        usec_t at;

        if (clock == USEC_INFINITY)
                return USEC_INFINITY;
        if (clock <= h->clock_origin_usec)
                return 0;
        at = (clock - h->clock_origin_usec) * 1000000 / (usec_t)(1000000 + h->clock_drift_ppm);
        while (host_clock(h, at) < clock)
                at++;
        return at;
}

/* ---- The wires ---- */

static int event_compare(gconstpointer a, gconstpointer b, gpointer userdata) {
        const Event *x = a, *y = b;

        if (x->at != y->at)
                return x->at < y->at ? -1 : 1;
        return x->sequence < y->sequence ? -1 : 1;
}

static void schedule(World *w, Event event) {
        event.sequence = w->sequence++;
        g_queue_insert_sorted(&w->events, g_memdup2(&event, sizeof(event)), event_compare, NULL);
}

static bool reaches(const World *w, const Host *from, const Host *to, unsigned segment) {
        return to != from && to->part[segment] == from->part[segment] &&
               !w->deaf[to->index][from->index][segment];
}

/* To everybody else on the segment. Now and then something is held up for as long as an interval. */
static void transmit(World *w, const Host *from, unsigned segment, Event event) {
        event.from = from->index;
        event.segment = segment;
        for (unsigned i = 0; i < w->n_hosts; i++) {
                usec_t *last = &w->last_usec[i][from->index][segment];
                unsigned copies = percent(w, w->duplicate_percent) ? 2 : 1;

                if (!reaches(w, from, &w->hosts[i], segment))
                        continue;
                event.to = i;
                for (unsigned k = 0; k < copies; k++) {
                        event.at = w->now + 1 +
                                   chance_of(w, percent(w, w->slow_percent) ? w->intervals_usec[segment]
                                                                            : w->delay_usec);
                        if (!w->reorder)
                                event.at = MAX(event.at, *last);
                        *last = event.at;
                        if (!percent(w, w->loss_percent))
                                schedule(w, event);
                }
        }
}

static void send_advert(World *w, const Host *h, unsigned segment, uint8_t priority) {
        const RouterConfig *c = &h->routers[segment].config;

        say(w, "host %u, segment %u: priority %u", h->index, segment, priority);
        transmit(w, h, segment,
                        (Event){.kind = PACKET,
                                        .advert = {.version = c->version,
                                                        .priority = priority,
                                                        .interval_usec = c->interval_usec,
                                                        .source = h->source[segment],
                                                        .n_vips = 1,
                                                        .vips_digest = c->vips_digest}});
}

/* ---- The engine, imitated ---- */

static void send_arp(World *w, Host *h, unsigned segment) {
        h->announce[segment] = 0;
        transmit(w, h, segment, (Event){.kind = ARP});
}

/* Gone at once, there only when the kernel says so: the worse of both for who counts addresses. */
static void addresses(World *w, Host *h, unsigned segment, bool on) {
        if (!on)
                h->addresses[segment] = false;
        h->ack[segment] = w->sequence;
        schedule(w, (Event){.at = w->now + 1 + chance_of(w, w->delay_usec),
                                    .kind = ACK,
                                    .to = h->index,
                                    .segment = segment,
                                    .ack = h->ack[segment],
                                    .on = on});
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
                        addresses(w, h, segment, a->type == ROUTER_ACTION_ADDRESSES_ON);
                        break;
                case ROUTER_ACTION_ANNOUNCE:
                        h->announce[segment] = a->repeat;
                        if (h->addresses[segment])
                                send_arp(w, h, segment);
                        break;
                case ROUTER_ACTION_STATE_CHANGED:
                        say(w, "host %u, segment %u: %s > %s: %s", h->index, segment,
                                        vrrp_state_to_string(a->state.old_state),
                                        vrrp_state_to_string(a->state.new_state),
                                        vrrp_reason_to_string(a->state.reason));
                        h->master_since_usec[segment] = w->now;
                        if (a->state.new_state != VRRP_MASTER)
                                h->announce[segment] = 0;
                        break;
                case ROUTER_ACTION_FINISHED:
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

static void step_member(World *w, Host *h, unsigned segment, const RouterEvent *event) {
        Router before = h->routers[segment];
        RouterStep step;

        w->n_steps++;
        router_step(&h->routers[segment], host_clock(h, w->now), event, &step);
        carry_out(w, h, segment, &step);
        if (h->grouped[segment])
                group_note(&h->group, &h->members[segment], &step);
        check_member(w, h, segment, &before, event, &step);
}

void carry_out_orders(World *w, Host *h) {
        GroupOrder o;
        unsigned n = 0;

        while (group_next(&h->group, &o)) {
                if (++n > ORDERS_MAX) {
                        violation(w, "the orders of host %u do not end", h->index);
                        return;
                }
                switch (o.type) {
                case GROUP_ORDER_FEED:
                        step_member(w, h, (unsigned)(o.member - h->members), &o.event);
                        break;
                case GROUP_ORDER_STATE_CHANGED:
                        say(w, "host %u: group %s > %s: %s", h->index, vrrp_state_to_string(o.old_state),
                                        vrrp_state_to_string(o.new_state), vrrp_reason_to_string(o.reason));
                        if (o.reason == VRRP_REASON_NONE || o.old_state == o.new_state ||
                                        (o.new_state == VRRP_FAULT) != (o.reason == VRRP_REASON_FAULT))
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

void feed(World *w, Host *h, unsigned segment, const RouterEvent *event) {
        step_member(w, h, segment, event);
        carry_out_orders(w, h);
}

static void receive(World *w, Host *h, const Event *event) {
        RouterEvent e = {0};

        switch (event->kind) {
        case PACKET:
                e = (RouterEvent){.type = ROUTER_EVENT_PACKET, .packet = event->advert};
                break;
        case ARP:
                e = (RouterEvent){.type = ROUTER_EVENT_ANNOUNCED};
                break;
        case ACK:
                e = (RouterEvent){.type = ROUTER_EVENT_ADDRESSES, .addresses_on = event->on};
                break;
        case WAKE:
                g_assert_not_reached();
        }
        feed(w, h, event->segment, &e);
}

/* What arrived comes first, then the deadlines: DESIGN 4. */
static void wake(World *w, Host *h) {
        Event *event;

        h->frozen = false;
        h->woken_usec = w->now;
        say(w, "host %u wakes, %u packets wait", h->index, g_queue_get_length(&h->inbox));
        while ((event = g_queue_pop_head(&h->inbox))) {
                if (h->alive)
                        receive(w, h, event);
                g_free(event);
        }
        for (unsigned s = 0; s < w->n_segments && h->alive; s++)
                feed(w, h, s, &(RouterEvent){.type = ROUTER_EVENT_DEADLINE});
}

/* The kernel's part goes on while its daemon is frozen. */
static void happen(World *w, const Event *event) {
        Host *h = &w->hosts[event->to];
        unsigned s = event->segment;

        if (!h->alive)
                return;
        if (event->kind == WAKE) {
                wake(w, h);
                return;
        }
        if (event->kind == ACK) {
                if (event->ack != h->ack[s])
                        return;
                h->addresses[s] = event->on;
                if (event->on && h->announce[s] > 0)
                        send_arp(w, h, s);
        } else if (!reaches(w, &w->hosts[event->from], h, s))
                return;
        if (!h->frozen)
                receive(w, h, event);
        else if (h->freeze_keeps || event->kind == ACK)
                g_queue_push_tail(&h->inbox, g_memdup2(event, sizeof(*event)));
}

/* ---- Time ---- */

static usec_t plan(World *w, Host *h, unsigned segment) {
        usec_t deadline = router_deadline(&h->routers[segment]);

        if (deadline != h->planned_deadline[segment]) {
                usec_t at = host_when(h, deadline);

                h->planned_deadline[segment] = deadline;
                h->planned_usec[segment] = usec_add(MAX(at, w->now), chance_of(w, w->jitter_usec));
        }
        return h->planned_usec[segment];
}

/* The deadline that comes first; USEC_INFINITY = none does. */
static usec_t first_deadline(World *w, Host **ret_host, unsigned *ret_segment) {
        usec_t first = USEC_INFINITY;

        for (unsigned i = 0; i < w->n_hosts; i++)
                for (unsigned s = 0; host_is_live(&w->hosts[i]) && s < w->n_segments; s++) {
                        usec_t at = plan(w, &w->hosts[i], s);

                        if (at >= first)
                                continue;
                        first = at;
                        *ret_host = &w->hosts[i];
                        *ret_segment = s;
                }
        return first;
}

void run(World *w, usec_t until) {
        while (!w->violation) {
                Event *event = g_queue_peek_head(&w->events);
                Host *due = NULL;
                unsigned segment = 0;
                usec_t deadline = first_deadline(w, &due, &segment);
                bool packet = event && event->at <= deadline;

                if ((packet ? event->at : deadline) > until)
                        break;
                w->now = MAX(w->now, packet ? event->at : deadline);
                if (packet) {
                        g_queue_pop_head(&w->events);
                        happen(w, event);
                        g_free(event);
                } else {
                        due->planned_deadline[segment] = 0; /* to be planned anew */
                        feed(w, due, segment, &(RouterEvent){.type = ROUTER_EVENT_DEADLINE});
                }
        }
        w->now = MAX(w->now, until);
}

/* ---- What can be done to the world ---- */

RouterConfig member_config(const World *w, const Host *h, unsigned segment) {
        RouterConfig config = h->config;

        config.interval_usec = w->intervals_usec[segment];
        config.base_priority = h->base_priority[segment];
        return config;
}

void start(World *w, Host *h) {
        say(w, "host %u starts", h->index);
        /* Each second start is one of the whole machine: its clock begins anew. */
        if (percent(w, 50))
                h->clock_origin_usec = chance_of(w, 1000 * 3600 * USEC_PER_SEC);
        h->clock_drift_ppm = (int64_t)chance_of(w, 2 * DRIFT_MAX_PPM + 1) - DRIFT_MAX_PPM;
        h->alive = true;
        h->half = false;
        h->result = VRRP_RESULT_DONE;
        group_init(&h->group);
        for (unsigned s = 0; s < w->n_segments; s++) {
                RouterConfig config = member_config(w, h, s);

                h->addresses[s] = false;
                h->announce[s] = 0;
                h->ack[s] = 0;
                h->planned_deadline[s] = 0;
                h->grouped[s] = true;
                router_init(&h->routers[s], &config);
                group_add(&h->group, &h->members[s], &h->routers[s]);
                watch_start(w, h, s);
        }
        /* A hold that outlived the daemon, on one member only: its configuration has changed meanwhile. */
        if (percent(w, 10))
                router_restore_hold(&h->routers[chance_of(w, w->n_segments)], VRRP_ADMIN_PAUSED,
                                host_clock(h, w->now) + 1 + chance_of(w, 8 * w->interval_usec), 0);
        for (unsigned s = 0; s < w->n_segments; s++) {
                feed(w, h, s, &(RouterEvent){.type = ROUTER_EVENT_SOURCE, .source = h->source[s]});
                if (percent(w, 10))
                        feed(w, h, s, &(RouterEvent){.type = ROUTER_EVENT_FAULT, .fault = true});
                feed(w, h, s, &(RouterEvent){.type = ROUTER_EVENT_STARTED});
        }
        /* What was wrong at the start soon is not. */
        for (unsigned s = 0; s < w->n_segments && percent(w, 50); s++)
                feed(w, h, s, &(RouterEvent){.type = ROUTER_EVENT_FAULT, .fault = false});
}

void crash(World *w, Host *h) {
        say(w, "host %u crashes", h->index);
        h->alive = false;
        memset(h->addresses, 0, sizeof(h->addresses));
        h->result = VRRP_RESULT_DONE;
}

void freeze(World *w, Host *h, usec_t duration, bool keeps) {
        if (!host_is_live(h))
                return;
        say(w, "host %u freezes for %u ms, its packets %s", h->index, (unsigned)(duration / USEC_PER_MSEC),
                        keeps ? "wait" : "are lost");
        h->frozen = true;
        h->freeze_keeps = keeps;
        schedule(w, (Event){.at = w->now + duration, .kind = WAKE, .to = h->index});
}

void command(World *w, Host *h, const RouterCommand *wanted) {
        RouterCommand c = *wanted;

        if (!host_is_live(h) || group_operation_running(&h->group) || h->result == VRRP_RESULT_INVALID)
                return;
        say(w, "host %u is told to %s (%s)", h->index, vrrp_operation_to_string(c.operation),
                        vrrp_mode_to_string(c.mode));
        c.id = h->operation = ++w->sequence;
        h->result = VRRP_RESULT_INVALID;
        for (unsigned s = 0; s < w->n_segments; s++)
                h->watch[s].asked = c.priority == 0 || c.priority > 254 ? 254 : c.priority;
        group_command(&h->group, &c);
        carry_out_orders(w, h);
}

void order(World *w, Host *h, VrrpOperation operation) {
        command(w, h, &(RouterCommand){.operation = operation});
}

/* A reload takes a member out of its group, or puts it back. */
void set_grouped(World *w, Host *h, unsigned segment, bool grouped) {
        RouterConfig config = h->routers[segment].config;

        if (h->grouped[segment] == grouped)
                return;
        say(w, "host %u, segment %u: %s the group", h->index, segment, grouped ? "joins" : "leaves");
        config.grouped = h->grouped[segment] = grouped;
        if (grouped)
                group_add(&h->group, &h->members[segment], &h->routers[segment]);
        else
                group_remove(&h->group, &h->members[segment]);
        h->half = true;
        feed(w, h, segment, &(RouterEvent){.type = ROUTER_EVENT_CONFIG, .config = config});
}
