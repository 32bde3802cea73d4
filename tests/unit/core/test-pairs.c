/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Every event in every state: the tables of RFC 9568 section 6.4 and RFC 3768 section 6.4 line by line, with
 * fault and the daemon's own events beside them. A pair that must do nothing stands here too. */

#include "tests/unit/core/router-bench.h"

typedef enum Event {
        STARTED,
        STOPPED,
        PACKET_ZERO,
        PACKET_LOWER,
        PACKET_EQUAL_LOWER_ADDRESS,
        PACKET_EQUAL_HIGHER_ADDRESS,
        PACKET_HIGHER,
        DEADLINE,
        FAULT_SET,
        FAULT_CLEARED,
        PRIORITY,
        SOURCE,
        ADDRESSES_ON,
        ADDRESSES_OFF,
        ANNOUNCED,
        FAILOVER,
        CONFIG,
        REFUSED,
        EVENT_MAX,
} Event;

static const char *const event_names[EVENT_MAX] = {"started", "stopped", "priority 0", "lower",
                "equal, lower address", "equal, higher address", "higher", "deadline", "fault",
                "fault cleared", "priority", "source", "addresses on", "addresses off", "announced",
                "failover", "config", "refused"};

static const char *feed(Bench *b, Event event) {
        switch (event) {
        case STARTED:
                return bench_event(b, ROUTER_EVENT_STARTED);
        case STOPPED:
                return bench_event(b, ROUTER_EVENT_STOPPED);
        case PACKET_ZERO:
                return bench_packet(b, 2, 0);
        case PACKET_LOWER:
                return bench_packet(b, 2, 99);
        case PACKET_EQUAL_LOWER_ADDRESS:
                return bench_packet(b, 9, 100);
        case PACKET_EQUAL_HIGHER_ADDRESS:
                return bench_packet(b, 11, 100);
        case PACKET_HIGHER:
                return bench_packet(b, 2, 101);
        case DEADLINE:
                return router_deadline(&b->router) == USEC_INFINITY ? bench_event(b, ROUTER_EVENT_DEADLINE)
                                                                    : bench_deadline(b, 0);
        case FAULT_SET:
                return bench_fault(b, true);
        case FAULT_CLEARED:
                return bench_fault(b, false);
        case PRIORITY:
                return bench_priority(b, 90);
        case SOURCE:
                return bench_source(b, 20);
        case ADDRESSES_ON:
                return bench_addresses(b, true);
        case ADDRESSES_OFF:
                return bench_addresses(b, false);
        case ANNOUNCED:
                return bench_event(b, ROUTER_EVENT_ANNOUNCED);
        case FAILOVER:
                return bench_command(b, VRRP_OP_FAILOVER);
        case CONFIG:
                return bench_config(b);
        case REFUSED:
                return bench_refused(b, 2, ADVERT_BAD_CHECKSUM);
        case EVENT_MAX:
                break;
        }
        g_assert_not_reached();
}

static void to_state(Bench *b, uint8_t version, VrrpState state) {
        bench_init(b, version, 100);
        switch (state) {
        case VRRP_INITIALIZE:
                break;
        case VRRP_BACKUP:
                bench_to_backup(b);
                break;
        case VRRP_MASTER:
                bench_to_master(b);
                break;
        case VRRP_FAULT:
                bench_fault(b, true);
                bench_event(b, ROUTER_EVENT_STARTED);
                break;
        case VRRP_STATE_MAX:
        case VRRP_STATE_INVALID:
                g_assert_not_reached();
        }
        g_assert_cmpint(b->router.state, ==, state);
        b->now += 100 * MSEC;
}

/* What happens to Master_Down_Timer and Adver_Timer. */
typedef enum Timer {
        NONE,   /* runs neither before nor after */
        KEPT,   /* as it was */
        DOWN,   /* Master_Down_Interval from now */
        SKEW,   /* skew time from now */
        ADVERT, /* one interval from now */
        OFF,    /* ran, and does no longer */
} Timer;

typedef struct Pair {
        const char *does;
        Timer timer;
} Pair;

static const Pair pairs[VRRP_STATE_MAX][EVENT_MAX] = {
                /* RFC 9568 section 6.4.1: only Startup does something. */
                [VRRP_INITIALIZE] =
                                {
                                                [STARTED] = {"initialize>backup:started", DOWN},
                                                [STOPPED] = {"", NONE},
                                                [PACKET_ZERO] = {"", NONE},
                                                [PACKET_LOWER] = {"", NONE},
                                                [PACKET_EQUAL_LOWER_ADDRESS] = {"", NONE},
                                                [PACKET_EQUAL_HIGHER_ADDRESS] = {"", NONE},
                                                [PACKET_HIGHER] = {"", NONE},
                                                [DEADLINE] = {"", NONE},
                                                [FAULT_SET] = {"", NONE},
                                                [FAULT_CLEARED] = {"", NONE},
                                                [PRIORITY] = {"changed", NONE},
                                                [SOURCE] = {"changed", NONE},
                                                [ADDRESSES_ON] = {"", NONE},
                                                [ADDRESSES_OFF] = {"", NONE},
                                                [ANNOUNCED] = {"", NONE},
                                                [FAILOVER] = {"failover not-master", NONE},
                                                [CONFIG] = {"changed", NONE},
                                                [REFUSED] = {"", NONE},
                                },
                /* RFC 9568 section 6.4.2. */
                [VRRP_BACKUP] =
                                {
                                                [STARTED] = {"", KEPT},
                                                [STOPPED] = {"backup>initialize:stopped", OFF},
                                                [PACKET_ZERO] = {"", SKEW},
                                                [PACKET_LOWER] = {"changed", KEPT},
                                                [PACKET_EQUAL_LOWER_ADDRESS] = {"changed", DOWN},
                                                [PACKET_EQUAL_HIGHER_ADDRESS] = {"changed", DOWN},
                                                [PACKET_HIGHER] = {"changed", DOWN},
                                                [DEADLINE] = {"advert 100, on, announce 5, "
                                                              "backup>master:master-down",
                                                                ADVERT},
                                                [FAULT_SET] = {"backup>fault:fault", OFF},
                                                [FAULT_CLEARED] = {"", KEPT},
                                                [PRIORITY] = {"changed", KEPT},
                                                [SOURCE] = {"changed", KEPT},
                                                [ADDRESSES_ON] = {"", KEPT},
                                                [ADDRESSES_OFF] = {"", KEPT},
                                                [ANNOUNCED] = {"", KEPT},
                                                [FAILOVER] = {"failover not-master", KEPT},
                                                [CONFIG] = {"changed", KEPT},
                                                [REFUSED] = {"", KEPT},
                                },
                /* RFC 9568 section 6.4.3. */
                [VRRP_MASTER] =
                                {
                                                [STARTED] = {"", KEPT},
                                                [STOPPED] = {"advert 0, off, master>initialize:stopped",
                                                                OFF},
                                                [PACKET_ZERO] = {"advert 100", ADVERT},
                                                [PACKET_LOWER] = {"advert 100, announce 5", KEPT},
                                                [PACKET_EQUAL_LOWER_ADDRESS] = {"advert 100, announce 5",
                                                                KEPT},
                                                [PACKET_EQUAL_HIGHER_ADDRESS] = {"changed, off, "
                                                                                 "master>backup:equal-"
                                                                                 "priority-higher-address",
                                                                DOWN},
                                                [PACKET_HIGHER] = {"changed, off, "
                                                                   "master>backup:higher-priority-master",
                                                                DOWN},
                                                [DEADLINE] = {"advert 100", ADVERT},
                                                [FAULT_SET] = {"advert 0, off, master>fault:fault", OFF},
                                                [FAULT_CLEARED] = {"", KEPT},
                                                [PRIORITY] = {"changed", KEPT},
                                                [SOURCE] = {"changed", KEPT},
                                                [ADDRESSES_ON] = {"", KEPT},
                                                [ADDRESSES_OFF] = {"", KEPT},
                                                [ANNOUNCED] = {"", KEPT},
                                                [FAILOVER] = {"advert 0, changed", OFF},
                                                [CONFIG] = {"changed", KEPT},
                                                [REFUSED] = {"", KEPT},
                                },
                /* Not the RFC's: outside until the fault clears. */
                [VRRP_FAULT] =
                                {
                                                [STARTED] = {"", NONE},
                                                [STOPPED] = {"fault>initialize:stopped", NONE},
                                                [PACKET_ZERO] = {"", NONE},
                                                [PACKET_LOWER] = {"", NONE},
                                                [PACKET_EQUAL_LOWER_ADDRESS] = {"", NONE},
                                                [PACKET_EQUAL_HIGHER_ADDRESS] = {"", NONE},
                                                [PACKET_HIGHER] = {"", NONE},
                                                [DEADLINE] = {"", NONE},
                                                [FAULT_SET] = {"", NONE},
                                                [FAULT_CLEARED] = {"fault>backup:fault-cleared", DOWN},
                                                [PRIORITY] = {"changed", NONE},
                                                [SOURCE] = {"changed", NONE},
                                                [ADDRESSES_ON] = {"", NONE},
                                                [ADDRESSES_OFF] = {"", NONE},
                                                [ANNOUNCED] = {"", NONE},
                                                [FAILOVER] = {"failover in-fault", NONE},
                                                [CONFIG] = {"changed", NONE},
                                                [REFUSED] = {"", NONE},
                                },
};

static usec_t protocol_timer(const Router *r) {
        return MIN(r->master_down_usec, r->advert_due_usec);
}

static void check_timer(const Bench *b, Timer timer, usec_t before) {
        usec_t after = protocol_timer(&b->router);

        switch (timer) {
        case NONE:
                g_assert_cmpuint(before, ==, USEC_INFINITY);
                g_assert_cmpuint(after, ==, USEC_INFINITY);
                break;
        case KEPT:
                g_assert_cmpuint(before, !=, USEC_INFINITY);
                g_assert_cmpuint(after, ==, before);
                break;
        case DOWN:
                g_assert_cmpuint(after, ==, b->now + 3 * SEC + 609375);
                break;
        case SKEW:
                g_assert_cmpuint(after, ==, b->now + 609375);
                break;
        case ADVERT:
                g_assert_cmpuint(after, ==, b->now + SEC);
                break;
        case OFF:
                g_assert_cmpuint(before, !=, USEC_INFINITY);
                g_assert_cmpuint(after, ==, USEC_INFINITY);
                break;
        }
        /* One of the two at most: a backup has no Adver_Timer, a master no Master_Down_Timer. */
        g_assert_true(b->router.master_down_usec == USEC_INFINITY ||
                        b->router.advert_due_usec == USEC_INFINITY);
}

static void test_pairs(gconstpointer userdata) {
        /* Property: what each event does in each state, and to the timer, is what the RFC's table says. */
        uint8_t version = (uint8_t)GPOINTER_TO_UINT(userdata);

        for (VrrpState state = 0; state < VRRP_STATE_MAX; state++)
                for (Event event = 0; event < EVENT_MAX; event++) {
                        usec_t before;
                        Bench b;

                        g_test_message("%s: %s", vrrp_state_to_string(state), event_names[event]);
                        to_state(&b, version, state);
                        before = protocol_timer(&b.router);
                        g_assert_nonnull(pairs[state][event].does);
                        EXPECT(feed(&b, event), pairs[state][event].does);
                        check_timer(&b, pairs[state][event].timer, before);
                }
}

static void test_random_walk(void) {
        /* Property: no order of events breaks what holds always: a deadline in the future after it was fed,
         * addresses on exactly while master, one reason per change, and an operation that ends once. */
        for (unsigned seed = 0; seed < 200; seed++) {
                g_autoptr(GRand) rand = g_rand_new_with_seed(seed);
                bool on = false;
                VrrpState state = VRRP_INITIALIZE;
                Bench b;

                bench_init(&b, (uint8_t)(2 + seed % 2), seed % 5 == 0 ? 255 : 100);
                b.config.plain_arp = seed % 3 == 0;
                b.config.preempt = seed % 7 != 0;
                b.config.preempt_delay_usec = seed % 4 == 0 ? 3 * SEC : 0;
                bench_reinit(&b);
                for (unsigned i = 0; i < 2000; i++) {
                        Event event = (Event)g_rand_int_range(rand, 0, EVENT_MAX + VRRP_OP_MAX);
                        const char *did;

                        b.now += (usec_t)g_rand_int_range(rand, 0, 400) * MSEC;
                        if (event >= EVENT_MAX)
                                did = bench_command_full(&b, (VrrpOperation)(event - EVENT_MAX),
                                                (VrrpMode)g_rand_int_range(rand, 0, VRRP_MODE_MAX), 5 * SEC,
                                                0);
                        else
                                did = event == DEADLINE ? bench_event(&b, ROUTER_EVENT_DEADLINE)
                                                        : feed(&b, event);

                        if (strstr(did, "off"))
                                on = false;
                        else if (strstr(did, "on,"))
                                on = true;
                        g_assert_cmpint(on, ==, b.router.state == VRRP_MASTER);
                        if (b.router.state != state) {
                                g_autofree char *change = g_strdup_printf("%s:%s",
                                                vrrp_state_to_string(b.router.state),
                                                vrrp_reason_to_string(b.router.reason));

                                g_assert_nonnull(strstr(did, change));
                                g_assert_cmpint(b.router.reason, !=, VRRP_REASON_NONE);
                                state = b.router.state;
                        }
                        if (event == DEADLINE)
                                g_assert_cmpuint(router_deadline(&b.router), >, b.now);
                        g_assert_cmpint(b.router.admin == VRRP_ADMIN_HANDING_OVER, ==,
                                        b.router.handover != ROUTER_HANDOVER_NONE);
                        g_assert_cmpint(b.router.operation.id != 0, ==,
                                        b.router.handover != ROUTER_HANDOVER_NONE || b.router.elect);
                }
        }
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_data_func("/core/pairs/rfc3768", GUINT_TO_POINTER(2), test_pairs);
        g_test_add_data_func("/core/pairs/rfc9568", GUINT_TO_POINTER(3), test_pairs);
        g_test_add_func("/core/pairs/random-walk", test_random_walk);
        return g_test_run();
}
