/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What one state, master, operation or configuration leaves behind must not work on in the next. */

#include "tests/unit/core/router-bench.h"

#define SKEW_100 ((usec_t)609375)

static const char *group_order(Bench *b, RouterGroupOrder order) {
        return bench_feed(b, &(RouterEvent){.type = ROUTER_EVENT_GROUP, .group = order});
}

static void test_resigned_before_fault(void) {
        /* Property: that a master resigned is forgotten in a fault: afterwards nobody has, the master was
         * silent, and the advert comes before the addresses. */
        Bench b;

        bench_init(&b, 3, 100);
        bench_to_backup(&b);
        bench_packet(&b, 2, 150);
        EXPECT(bench_packet(&b, 2, 0), "");
        bench_fault(&b, true);
        bench_fault(&b, false);
        EXPECT(bench_deadline(&b, 0), "advert 100, on, announce 5, backup>master:master-down");
}

static void test_interval_before_fault(void) {
        /* Property: of two masters at a time the longer interval is kept, but no longer than this router has
         * known of both: not across a fault. */
        Bench b;

        bench_init(&b, 3, 100);
        bench_to_backup(&b);
        bench_packet_interval(&b, 2, 200, 10 * SEC);
        bench_packet_interval(&b, 3, 150, SEC);
        g_assert_cmpuint(router_skew_usec(&b.router), ==, 10 * SKEW_100);
        bench_fault(&b, true);
        bench_fault(&b, false);
        bench_packet_interval(&b, 4, 150, SEC);
        g_assert_cmpuint(router_skew_usec(&b.router), ==, SKEW_100);
}

static void test_interval_of_worse_master(void) {
        /* Property: the interval of a better master is adopted at once, also a shorter one. */
        Bench b;

        bench_init(&b, 3, 100);
        bench_to_backup(&b);
        bench_packet_interval(&b, 2, 150, 10 * SEC);
        bench_packet_interval(&b, 3, 200, SEC);
        g_assert_cmpuint(router_skew_usec(&b.router), ==, SKEW_100);
        g_assert_cmpuint(b.router.master_down_usec, ==, b.now + 3 * SEC + SKEW_100);
}

static void test_resignation_restarts(void) {
        /* Property: each resignation that counts starts the skew time (RFC 9568 section 6.4.2), when the
         * timer would have run out sooner and when another has resigned before, too. */
        Bench b;

        bench_init(&b, 3, 100);
        bench_to_backup(&b);
        bench_packet(&b, 2, 150);
        b.now = b.router.master_down_usec - 10 * MSEC;
        bench_packet(&b, 2, 0);
        g_assert_cmpuint(router_deadline(&b.router), ==, b.now + SKEW_100);

        bench_packet(&b, 2, 150);
        bench_packet(&b, 2, 0);
        b.now += 200 * MSEC;
        bench_packet(&b, 3, 0);
        g_assert_cmpuint(router_deadline(&b.router), ==, b.now + SKEW_100);
}

static void test_farewell_of_group(void) {
        /* Property: a member that goes with its group says priority 0 behind its last advert, of the lowest
         * priority; one that was in fault before it could does not say it at a later occasion. The kernel's
         * word that addresses are on is not the one that is waited for. */
        Bench b;

        bench_init(&b, 3, 100);
        b.config.grouped = true;
        bench_reinit(&b);
        bench_event(&b, ROUTER_EVENT_STARTED);
        bench_deadline(&b, 0);
        group_order(&b, ROUTER_GROUP_TAKE_OVER);
        EXPECT(group_order(&b, ROUTER_GROUP_YIELD), "off, master>backup:group");
        EXPECT(bench_addresses(&b, true), "");
        EXPECT(bench_addresses(&b, false), "advert 1, advert 0");
        bench_deadline(&b, 0);
        group_order(&b, ROUTER_GROUP_TAKE_OVER);
        EXPECT(group_order(&b, ROUTER_GROUP_YIELD), "off, master>backup:group");
        bench_fault(&b, true);
        bench_fault(&b, false);
        bench_deadline(&b, 0);
        group_order(&b, ROUTER_GROUP_TAKE_OVER);
        EXPECT(bench_packet(&b, 2, 200), "changed, off, master>backup:higher-priority-master");
        EXPECT(bench_addresses(&b, false), "advert 100 to 192.0.2.2");
}

static void test_skew_of_promoted(void) {
        /* Property: a promoted router that gives way waits by the priority that it contends with, until a
         * fault ends its promotion. */
        Bench b;

        bench_init(&b, 3, 100);
        bench_to_backup(&b);
        bench_packet(&b, 2, 150);
        bench_command(&b, VRRP_OP_PROMOTE);
        bench_packet(&b, 3, 255);
        g_assert_cmpint(b.router.state, ==, VRRP_BACKUP);
        g_assert_cmpuint(router_skew_usec(&b.router), ==, 2 * SEC / 256);
        bench_fault(&b, true);
        bench_fault(&b, false);
        g_assert_cmpint(b.router.admin, ==, VRRP_ADMIN_ENABLED);
        g_assert_cmpuint(router_skew_usec(&b.router), ==, SKEW_100);
}

static void test_promoted_again(void) {
        /* Property: a second promotion is to what it asks for, not to what the first one was. */
        Bench b;

        bench_init(&b, 3, 100);
        bench_to_backup(&b);
        bench_packet(&b, 2, 150);
        bench_command_full(&b, VRRP_OP_PROMOTE, VRRP_MODE_GRACEFUL, 0, 200);
        bench_packet(&b, 3, 210);
        b.now = b.router.master_down_usec + 1; /* the deadline and the packet come together */
        bench_packet(&b, 2, 120);
        EXPECT(bench_command_full(&b, VRRP_OP_PROMOTE, VRRP_MODE_GRACEFUL, 0, 150),
                        "advert 150, on, announce 5, backup>master:promoted, promote done");
}

static void test_promoted_after_resignation(void) {
        /* Property: a master that has resigned is none to contend with: the promotion waits for another, or
         * for the timer, and beats whom it hears with the priority that was asked for. */
        Bench b;

        bench_init(&b, 3, 100);
        bench_to_backup(&b);
        bench_packet(&b, 2, 150);
        bench_packet(&b, 2, 0);
        EXPECT(bench_command(&b, VRRP_OP_PROMOTE), "changed");
        EXPECT(bench_packet(&b, 3, 150), "on, advert 254, announce 5, backup>master:promoted, promote done");
}

static void test_stopped_while_paused(void) {
        /* Property: who was stopped does not start by itself when its pause or its fault ends. */
        Bench b;

        bench_init(&b, 3, 100);
        bench_to_backup(&b);
        bench_command(&b, VRRP_OP_PAUSE);
        bench_command(&b, VRRP_OP_STOP);
        EXPECT(bench_command(&b, VRRP_OP_RESUME), "changed, resume done");
        g_assert_cmpint(b.router.state, ==, VRRP_INITIALIZE);
        EXPECT(bench_event(&b, ROUTER_EVENT_STARTED), "initialize>backup:started");
}

static void test_restored_promotion(void) {
        /* Property: a promotion that is put back does not make a router worse than it is. */
        Bench b;

        bench_init(&b, 3, 100);
        router_restore_hold(&b.router, VRRP_ADMIN_PROMOTED, USEC_INFINITY, 50);
        bench_to_backup(&b);
        b.config.base_priority = 40;
        bench_config(&b);
        g_assert_cmpuint(router_priority(&b.router), ==, 100);
}

static void test_reload_resigned(void) {
        /* Property: version 2 waits 256ths of a second after a resignation; another interval changes nothing
         * of that. */
        Bench b;
        usec_t due;

        bench_init(&b, 2, 100);
        bench_to_backup(&b);
        bench_packet(&b, 2, 150);
        bench_packet(&b, 2, 0);
        due = b.router.master_down_usec;
        b.config.interval_usec = 3 * SEC;
        bench_config(&b);
        g_assert_cmpuint(b.router.master_down_usec, ==, due);
}

static void test_reload_unknown_master(void) {
        /* Property: a backup that knows no master waits by its own new interval, and so on. */
        Bench b;

        bench_init(&b, 3, 100);
        bench_to_backup(&b);
        b.config.interval_usec = 2 * SEC;
        bench_config(&b);
        g_assert_cmpuint(b.router.master_down_usec, ==, b.now + 6 * SEC + 2 * SKEW_100);
}

static void test_reload_wanting(void) {
        /* Property: a member that waits for its group waits on after a reload, also of its interval: no
         * timer runs. */
        Bench b;

        bench_init(&b, 3, 100);
        b.config.grouped = true;
        bench_reinit(&b);
        bench_event(&b, ROUTER_EVENT_STARTED);
        bench_deadline(&b, 0);
        g_assert_true(b.router.wants);
        b.config.interval_usec = 2 * SEC;
        bench_config(&b);
        g_assert_true(b.router.wants);
        g_assert_cmpuint(router_deadline(&b.router), ==, USEC_INFINITY);
}

static void test_started_in_group_fault(void) {
        /* Property: a member that starts while another is in fault is in fault from the beginning. */
        Bench b;

        bench_init(&b, 3, 100);
        b.config.grouped = true;
        bench_reinit(&b);
        EXPECT(group_order(&b, ROUTER_GROUP_FAULT), "");
        EXPECT(bench_event(&b, ROUTER_EVENT_STARTED), "initialize>fault:group");
        EXPECT(group_order(&b, ROUTER_GROUP_FAULT_CLEARED), "fault>backup:fault-cleared");
}

static void test_reclaim(void) {
        /* Property: a member whose group takes back what was handed over is master again unless a better
         * master is there, also when nobody is; and nobody becomes master by an order whose turn has passed.
         */
        Bench b;

        for (unsigned better = 0; better < 2; better++) {
                bench_init(&b, 3, 100);
                b.config.grouped = true;
                bench_reinit(&b);
                bench_event(&b, ROUTER_EVENT_STARTED);
                if (better)
                        bench_packet(&b, 2, 150);
                EXPECT(group_order(&b, ROUTER_GROUP_TAKE_OVER), "");
                EXPECT(group_order(&b, ROUTER_GROUP_RECLAIM),
                                better ? "" : "advert 100, on, announce 5, backup>master:group");
        }
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/core/leftover/resigned-before-fault", test_resigned_before_fault);
        g_test_add_func("/core/leftover/interval-before-fault", test_interval_before_fault);
        g_test_add_func("/core/leftover/interval-of-worse-master", test_interval_of_worse_master);
        g_test_add_func("/core/leftover/resignation-restarts", test_resignation_restarts);
        g_test_add_func("/core/leftover/farewell-of-group", test_farewell_of_group);
        g_test_add_func("/core/leftover/skew-of-promoted", test_skew_of_promoted);
        g_test_add_func("/core/leftover/promoted-again", test_promoted_again);
        g_test_add_func("/core/leftover/promoted-after-resignation", test_promoted_after_resignation);
        g_test_add_func("/core/leftover/stopped-while-paused", test_stopped_while_paused);
        g_test_add_func("/core/leftover/restored-promotion", test_restored_promotion);
        g_test_add_func("/core/leftover/reload-resigned", test_reload_resigned);
        g_test_add_func("/core/leftover/reload-unknown-master", test_reload_unknown_master);
        g_test_add_func("/core/leftover/reload-wanting", test_reload_wanting);
        g_test_add_func("/core/leftover/started-in-group-fault", test_started_in_group_fault);
        g_test_add_func("/core/leftover/reclaim", test_reclaim);
        return g_test_run();
}
