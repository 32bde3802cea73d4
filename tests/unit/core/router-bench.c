/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "tests/unit/core/router-bench.h"
#include <arpa/inet.h>

VrrpAddress bench_address(uint8_t host) {
        return (VrrpAddress){.family = AF_INET, .bytes = {192, 0, 2, host}};
}

void bench_init(Bench *b, uint8_t version, uint8_t priority) {
        VrrpAddress vip = bench_address(100);

        *b = (Bench){
                        .config =
                                        {
                                                        .version = version,
                                                        .vrid = 51,
                                                        .family = AF_INET,
                                                        .base_priority = priority,
                                                        .interval_usec = SEC,
                                                        .preempt = true,
                                                        .down_timer_adverts = 3,
                                                        .higher_prio_send_advert = true,
                                                        .vips_digest = advert_vips_digest(&vip, 1),
                                                        .announce =
                                                                        {
                                                                                        .delay_usec = 5 *
                                                                                                      SEC,
                                                                                        .repeat = 5,
                                                                                        .refresh_repeat = 1,
                                                                                        .lower_prio_delay_usec =
                                                                                                        5 *
                                                                                                        SEC,
                                                                                        .lower_prio_repeat =
                                                                                                        5,
                                                                        },
                                        },
                        .now = 1000 * SEC,
        };
        bench_reinit(b);
}

void bench_reinit(Bench *b) {
        router_init(&b->router, &b->config);
        bench_source(b, 10);
}

static void describe_action(const RouterAction *a, GString *s) {
        char buf[VRRP_ADDRESS_STRLEN];

        switch (a->type) {
        case ROUTER_ACTION_SEND_ADVERT:
                g_string_append_printf(s, "advert %u", a->advert.priority);
                if (vrrp_address_is_set(&a->advert.to))
                        g_string_append_printf(s, " to %s", vrrp_address_to_string(&a->advert.to, buf));
                break;
        case ROUTER_ACTION_ADDRESSES_ON:
                g_string_append(s, "on");
                break;
        case ROUTER_ACTION_ADDRESSES_OFF:
                g_string_append(s, "off");
                break;
        case ROUTER_ACTION_ANNOUNCE:
                g_string_append_printf(s, "announce %u", a->repeat);
                break;
        case ROUTER_ACTION_ANNOUNCE_EXTRA:
                g_string_append(s, "announce extra");
                break;
        case ROUTER_ACTION_TEACH:
                g_string_append(s, "teach");
                break;
        case ROUTER_ACTION_STATE_CHANGED:
                g_string_append_printf(s, "%s>%s:%s", vrrp_state_to_string(a->state.old_state),
                                vrrp_state_to_string(a->state.new_state),
                                vrrp_reason_to_string(a->state.reason));
                break;
        case ROUTER_ACTION_CONFLICT_SEEN:
        case ROUTER_ACTION_CONFLICT_CLEARED:
                g_string_append_printf(s, "%s %s %s",
                                a->type == ROUTER_ACTION_CONFLICT_SEEN ? "conflict" : "cleared",
                                vrrp_conflict_to_string(a->conflict.kind),
                                vrrp_address_to_string(&a->conflict.address, buf));
                break;
        case ROUTER_ACTION_FINISHED:
                g_string_append_printf(s, "%s %s", vrrp_operation_to_string(a->finished.operation),
                                vrrp_result_to_string(a->finished.result));
                break;
        case ROUTER_ACTION_CHANGED:
                g_string_append(s, "changed");
                break;
        case ROUTER_ACTION_TYPE_MAX:
                g_assert_not_reached();
        }
}

const char *bench_feed(Bench *b, const RouterEvent *event) {
        g_autoptr(GString) s = g_string_new(NULL);
        RouterStep step;

        memset(&step, 0xaa, sizeof(step));
        router_step(&b->router, b->now, event, &step);
        b->successor = step.successor;
        b->step = step;
        for (size_t i = 0; i < step.n_actions; i++) {
                if (i > 0)
                        g_string_append(s, ", ");
                describe_action(&step.actions[i], s);
        }
        g_assert_cmpuint(s->len, <, sizeof(b->text));
        g_strlcpy(b->text, s->str, sizeof(b->text));
        return b->text;
}

const char *bench_event(Bench *b, RouterEventType type) {
        return bench_feed(b, &(RouterEvent){.type = type});
}

static const char *feed_packet(
                Bench *b, uint8_t host, uint8_t priority, usec_t interval_usec, uint64_t digest) {
        return bench_feed(b, &(RouterEvent){
                                             .type = ROUTER_EVENT_PACKET,
                                             .packet =
                                                             {
                                                                             .version = b->config.version,
                                                                             .vrid = b->config.vrid,
                                                                             .priority = priority,
                                                                             .interval_usec = interval_usec,
                                                                             .source = bench_address(host),
                                                                             .n_vips = 1,
                                                                             .vips_digest = digest,
                                                             },
                             });
}

const char *bench_packet(Bench *b, uint8_t host, uint8_t priority) {
        return feed_packet(b, host, priority, b->config.interval_usec, b->config.vips_digest);
}

const char *bench_packet_interval(Bench *b, uint8_t host, uint8_t priority, usec_t interval_usec) {
        return feed_packet(b, host, priority, interval_usec, b->config.vips_digest);
}

const char *bench_packet_vips(Bench *b, uint8_t host, uint8_t priority, uint64_t digest) {
        return feed_packet(b, host, priority, b->config.interval_usec, digest);
}

const char *bench_fault(Bench *b, bool fault) {
        return bench_feed(b, &(RouterEvent){.type = ROUTER_EVENT_FAULT, .fault = fault});
}

const char *bench_priority(Bench *b, uint8_t priority) {
        return bench_feed(b, &(RouterEvent){.type = ROUTER_EVENT_PRIORITY, .priority = priority});
}

const char *bench_source(Bench *b, uint8_t host) {
        return bench_feed(b, &(RouterEvent){.type = ROUTER_EVENT_SOURCE, .source = bench_address(host)});
}

const char *bench_addresses(Bench *b, bool on) {
        return bench_feed(b, &(RouterEvent){.type = ROUTER_EVENT_ADDRESSES, .addresses_on = on});
}

const char *bench_config(Bench *b) {
        return bench_feed(b, &(RouterEvent){.type = ROUTER_EVENT_CONFIG, .config = b->config});
}

const char *bench_refused(Bench *b, uint8_t host, AdvertVerdict verdict) {
        return bench_feed(b, &(RouterEvent){
                                             .type = ROUTER_EVENT_REFUSED,
                                             .refused = {.verdict = verdict, .source = bench_address(host)},
                             });
}

const char *bench_command_full(
                Bench *b, VrrpOperation operation, VrrpMode mode, usec_t timeout_usec, uint8_t priority) {
        return bench_feed(b, &(RouterEvent){
                                             .type = ROUTER_EVENT_COMMAND,
                                             .command =
                                                             {
                                                                             .operation = operation,
                                                                             .id = 7,
                                                                             .mode = mode,
                                                                             .timeout_usec = timeout_usec,
                                                                             .priority = priority,
                                                             },
                             });
}

const char *bench_command(Bench *b, VrrpOperation operation) {
        return bench_command_full(b, operation, VRRP_MODE_GRACEFUL, 0, 0);
}

const char *bench_deadline(Bench *b, usec_t late_usec) {
        usec_t deadline = router_deadline(&b->router);

        g_assert_cmpuint(deadline, !=, USEC_INFINITY);
        b->now = MAX(b->now, deadline + late_usec);
        return bench_event(b, ROUTER_EVENT_DEADLINE);
}

void bench_pass(Bench *b, usec_t span_usec, uint8_t host, uint8_t priority) {
        usec_t end = b->now + span_usec, packet = host > 0 ? b->now : USEC_INFINITY;

        for (;;) {
                usec_t deadline = router_deadline(&b->router);

                if (MIN(deadline, packet) > end)
                        break;
                if (packet <= deadline) {
                        b->now = packet;
                        bench_packet(b, host, priority);
                        packet += b->config.interval_usec;
                } else
                        bench_deadline(b, 0);
        }
        b->now = end;
}

void bench_to_backup(Bench *b) {
        bench_event(b, ROUTER_EVENT_STARTED);
        g_assert_cmpint(b->router.state, ==, VRRP_BACKUP);
}

void bench_to_master(Bench *b) {
        bench_event(b, ROUTER_EVENT_STARTED);
        if (b->router.state == VRRP_BACKUP)
                bench_deadline(b, 0);
        g_assert_cmpint(b->router.state, ==, VRRP_MASTER);
}
