/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The protocol: RFC 9568 section 6, RFC 3768 section 6, fault, and what DESIGN 4 and 5 add to them. */

#include "tests/unit/core/router-bench.h"

/* (256 - priority) / 256 s, for priority 100 and an interval of 1 s in either version. */
#define SKEW_100 ((usec_t)609375)

static void test_start_backup(void) {
        /* Property: below 255 a router starts as backup and listens for Master_Down_Interval. */
        Bench b;

        bench_init(&b, 3, 100);
        g_assert_cmpuint(router_deadline(&b.router), ==, USEC_INFINITY);
        EXPECT(bench_event(&b, ROUTER_EVENT_STARTED), "initialize>backup:started");
        g_assert_cmpuint(router_deadline(&b.router), ==, b.now + 3 * SEC + SKEW_100);
        EXPECT(bench_event(&b, ROUTER_EVENT_STARTED), "");
        EXPECT(bench_deadline(&b, 0), "advert 100, on, announce 5, backup>master:master-down");
        g_assert_cmpuint(router_deadline(&b.router), ==, b.now + SEC);
}

static void test_start_owner(void) {
        /* Property: priority 255 is master at once (RFC 9568 section 6.4.1). */
        Bench b;

        bench_init(&b, 3, 255);
        EXPECT(bench_event(&b, ROUTER_EVENT_STARTED),
                        "advert 255, on, announce 5, initialize>master:address-owner");
}

static void test_start_in_fault(void) {
        /* Property: a router that starts with a fault waits in fault, and starts properly when it clears. */
        Bench b;

        bench_init(&b, 3, 100);
        EXPECT(bench_fault(&b, true), "");
        EXPECT(bench_event(&b, ROUTER_EVENT_STARTED), "initialize>fault:fault");
        EXPECT(bench_fault(&b, true), "");
        EXPECT(bench_event(&b, ROUTER_EVENT_STARTED), "");
        EXPECT(bench_fault(&b, false), "fault>backup:fault-cleared");

        bench_init(&b, 3, 255);
        bench_fault(&b, true);
        bench_event(&b, ROUTER_EVENT_STARTED);
        EXPECT(bench_fault(&b, false), "advert 255, on, announce 5, fault>master:address-owner");
}

static void test_skew(void) {
        /* Property: skew and Master_Down_Interval are the RFC's: of the interval in version 3, of a second
         * in version 2. */
        static const struct {
                uint8_t version, priority;
                usec_t interval_usec, skew_usec;
        } cases[] = {
                        {3, 100, SEC, 609375},
                        {3, 255, SEC, 3906},
                        {3, 1, SEC, 996093},
                        {3, 128, 10 * MSEC, 5000},
                        {3, 254, 40 * SEC, 312500},
                        {2, 100, SEC, 609375},
                        {2, 100, 10 * SEC, 609375},
                        {2, 254, 255 * SEC, 7812},
                        {3, 100, 10 * SEC, 6093750},
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                Bench b;

                bench_init(&b, cases[i].version, cases[i].priority);
                b.config.interval_usec = cases[i].interval_usec;
                bench_reinit(&b);
                g_assert_cmpuint(router_skew_usec(&b.router), ==, cases[i].skew_usec);
                g_assert_cmpuint(router_master_down_interval_usec(&b.router), ==,
                                3 * cases[i].interval_usec + cases[i].skew_usec);
        }
}

static void test_down_timer_adverts(void) {
        /* Property: down_timer_adverts replaces the three intervals. */
        Bench b;

        bench_init(&b, 3, 100);
        b.config.down_timer_adverts = 5;
        bench_reinit(&b);
        bench_to_backup(&b);
        g_assert_cmpuint(router_deadline(&b.router), ==, b.now + 5 * SEC + SKEW_100);
}

static void test_backup_follows(void) {
        /* Property: a better or equal master's advert restarts the timer and is published once, not each
         * time. */
        Bench b;
        VrrpAddress master = bench_address(2);

        bench_init(&b, 2, 100);
        bench_to_backup(&b);
        b.now += SEC;
        EXPECT(bench_packet(&b, 2, 150), "changed");
        g_assert_cmpuint(router_deadline(&b.router), ==, b.now + 3 * SEC + SKEW_100);
        g_assert_true(vrrp_address_equal(&b.router.master_address, &master));
        g_assert_cmpuint(b.router.master_priority, ==, 150);
        b.now += SEC;
        EXPECT(bench_packet(&b, 2, 150), "");
        b.now += SEC;
        EXPECT(bench_packet(&b, 2, 100), "changed");
        g_assert_cmpuint(router_deadline(&b.router), ==, b.now + 3 * SEC + SKEW_100);
        /* A lower address with an equal priority is followed too: only masters settle by address. */
        bench_source(&b, 200);
        b.now += SEC;
        EXPECT(bench_packet(&b, 2, 100), "");
        g_assert_cmpuint(router_deadline(&b.router), ==, b.now + 3 * SEC + SKEW_100);
        EXPECT(bench_deadline(&b, 0), "advert 100, on, announce 5, backup>master:master-down");
        g_assert_false(vrrp_address_is_set(&b.router.master_address));
}

static void test_backup_preempts(void) {
        /* Property: a lower master's advert is discarded, the timer runs out, and the reason says that it
         * was alive. */
        Bench b;
        usec_t due;

        bench_init(&b, 3, 100);
        bench_to_backup(&b);
        due = router_deadline(&b.router);
        for (unsigned i = 0; i < 3; i++) {
                b.now += SEC;
                bench_packet(&b, 2, 50);
                g_assert_cmpuint(router_deadline(&b.router), ==, due);
        }
        EXPECT(bench_deadline(&b, 0), "advert 100, on, announce 5, backup>master:preempting-lower-priority");
}

static void test_backup_preempt_dead(void) {
        /* Property: a lower master that was last heard long ago was not preempted, it was down. */
        Bench b;

        bench_init(&b, 3, 100);
        bench_to_backup(&b);
        b.now += SEC;
        bench_packet(&b, 2, 50);
        EXPECT(bench_deadline(&b, 0), "advert 100, on, announce 5, backup>master:master-down");
}

static void test_backup_nopreempt(void) {
        /* Property: with nopreempt a lower master is followed. */
        Bench b;

        bench_init(&b, 3, 100);
        b.config.preempt = false;
        bench_reinit(&b);
        bench_to_backup(&b);
        bench_pass(&b, 60 * SEC, 2, 50);
        g_assert_cmpint(b.router.state, ==, VRRP_BACKUP);
        g_assert_cmpuint(b.router.master_priority, ==, 50);
}

static void test_owner_preempts_anyway(void) {
        /* Property: an owner that became backup ignores nopreempt and preempt_delay. */
        Bench b;

        bench_init(&b, 3, 255);
        b.config.preempt = false;
        b.config.preempt_delay_usec = 300 * SEC;
        bench_reinit(&b);
        bench_to_master(&b);
        bench_packet(&b, 11, 255); /* another owner with a higher address */
        g_assert_cmpint(b.router.state, ==, VRRP_BACKUP);
        bench_pass(&b, 5 * SEC, 2, 200);
        g_assert_cmpint(b.router.state, ==, VRRP_MASTER);
        g_assert_cmpint(b.router.reason, ==, VRRP_REASON_PREEMPTED_LOWER);
}

static void test_owner_ignore_adverts(void) {
        /* Property: with vrrp_owner_ignore_adverts an owner discards every advert while it is master (RFC
         * 9568 section 7.1), also one that beats it or resigns; without, two owners settle by address. */
        Bench b;

        bench_init(&b, 3, 255);
        b.config.owner_ignore_adverts = true;
        bench_reinit(&b);
        bench_to_master(&b);
        EXPECT(bench_packet(&b, 200, 255), "");
        EXPECT(bench_packet(&b, 2, 0), "");
        EXPECT(bench_packet(&b, 2, 100), "");

        bench_init(&b, 3, 255);
        bench_to_master(&b);
        EXPECT(bench_packet(&b, 200, 255), "changed, off, master>backup:equal-priority-higher-address");

        /* Nobody else discards. */
        bench_init(&b, 3, 254);
        b.config.owner_ignore_adverts = true;
        bench_reinit(&b);
        bench_to_master(&b);
        EXPECT(bench_packet(&b, 2, 255), "changed, off, master>backup:higher-priority-master");
}

static void test_backup_resign(void) {
        /* Property: after priority 0 the wait is the skew time, and the addresses come before the advert. */
        Bench b;

        bench_init(&b, 3, 100);
        bench_to_backup(&b);
        bench_packet(&b, 2, 150);
        b.now += SEC;
        EXPECT(bench_packet(&b, 2, 0), "");
        g_assert_cmpuint(router_deadline(&b.router), ==, b.now + SKEW_100);
        EXPECT(bench_deadline(&b, 0), "on, advert 100, announce 5, backup>master:master-resigned");
}

static void test_backup_resign_then_other(void) {
        /* Property: a successor heard within the skew time is followed, and the resignation is forgotten. */
        Bench b;

        bench_init(&b, 3, 100);
        bench_to_backup(&b);
        bench_packet(&b, 2, 0);
        b.now += 100 * MSEC;
        bench_packet(&b, 3, 120);
        g_assert_cmpuint(router_deadline(&b.router), ==, b.now + 3 * SEC + SKEW_100);
        EXPECT(bench_deadline(&b, 0), "advert 100, on, announce 5, backup>master:master-down");
}

static void test_backup_resign_other(void) {
        /* Property: a resignation that its successor's advert has overtaken, or of another than the live
         * master, restarts nothing; of one that follows a silent master it counts. */
        Bench b;

        bench_init(&b, 3, 100);
        bench_to_backup(&b);
        bench_packet(&b, 2, 150);
        b.now += 100 * MSEC;
        EXPECT(bench_packet(&b, 3, 0), "");
        g_assert_cmpuint(router_deadline(&b.router), ==, b.now - 100 * MSEC + 3 * SEC + SKEW_100);
        b.now += SEC;
        EXPECT(bench_packet(&b, 3, 0), "");
        g_assert_cmpuint(router_deadline(&b.router), ==, b.now + SKEW_100);
}

static void test_backup_adopts_interval(void) {
        /* Property: version 3 follows with the master's interval (RFC 9568 section 6.1), and goes back to
         * its own as master. */
        Bench b;

        bench_init(&b, 3, 100);
        bench_to_backup(&b);
        EXPECT(bench_packet_interval(&b, 2, 150, 10 * SEC), "changed, conflict interval-mismatch 192.0.2.2");
        g_assert_cmpuint(router_skew_usec(&b.router), ==, 10 * SKEW_100);
        g_assert_cmpuint(b.router.master_down_usec, ==, b.now + 30 * SEC + 10 * SKEW_100);
        bench_pass(&b, 30 * SEC, 0, 0);
        g_assert_cmpint(b.router.state, ==, VRRP_BACKUP);
        EXPECT(bench_deadline(&b, 0), "advert 100, on, announce 5, backup>master:master-down");
        g_assert_cmpuint(b.router.advert_due_usec, ==, b.now + SEC);
        g_assert_cmpuint(router_skew_usec(&b.router), ==, SKEW_100);
}

static void test_backup_discard_keeps_interval(void) {
        /* Property: a discarded advert changes no interval. */
        Bench b;

        bench_init(&b, 3, 100);
        bench_to_backup(&b);
        EXPECT(bench_packet_interval(&b, 2, 50, 10 * SEC), "changed");
        g_assert_cmpuint(router_skew_usec(&b.router), ==, SKEW_100);
}

static void test_known_better_master_stays(void) {
        /* Property: a lower master that talks beside a better one is not shown as the master. */
        Bench b;

        bench_init(&b, 3, 100);
        bench_to_backup(&b);
        bench_packet(&b, 2, 150);
        b.now += 100 * MSEC;
        EXPECT(bench_packet(&b, 3, 50), "");
        g_assert_cmpuint(b.router.master_priority, ==, 150);
}

static void test_two_masters_followed(void) {
        /* Property: while a better master may be alive, the adverts of another that has to be accepted
         * (nopreempt) restart the timer but do not shorten it; when that one goes on alone, it is followed.
         */
        Bench b;
        usec_t heard;

        bench_init(&b, 3, 100);
        b.config.preempt = false;
        b.config.interval_usec = 250 * MSEC;
        bench_reinit(&b);
        bench_to_backup(&b);
        bench_packet_interval(&b, 2, 150, SEC);
        heard = b.now;
        while (b.now + 250 * MSEC < heard + 3 * SEC + SKEW_100) {
                b.now += 250 * MSEC;
                bench_packet(&b, 3, 50);
                g_assert_cmpuint(b.router.master_down_usec, ==, b.now + 3 * SEC + SKEW_100);
        }
        b.now += 250 * MSEC;
        bench_packet(&b, 3, 50);
        g_assert_cmpuint(b.router.master_down_usec, ==, b.now + (3 * SEC + SKEW_100) / 4);
}

static void test_loser_resigns(void) {
        /* Property: one that must not preempt has to follow the last words of the loser of a split, and is
         * not told by its priority 0 that the better master goes, which was heard just before. That one's
         * own counts as ever. */
        for (unsigned delay = 0; delay < 2; delay++) {
                Bench b;
                usec_t heard;

                bench_init(&b, 3, 100);
                b.config.preempt = delay > 0;
                b.config.preempt_delay_usec = delay * 60 * SEC;
                bench_reinit(&b);
                bench_to_backup(&b);
                bench_packet(&b, 2, 150);
                bench_packet(&b, 3, 1);
                heard = b.now;
                b.now += MSEC;
                bench_packet(&b, 3, 0);
                g_assert_cmpuint(b.router.master_down_usec, ==, heard + 3 * SEC + SKEW_100);
                bench_packet(&b, 2, 150);
                bench_packet(&b, 2, 0);
                g_assert_cmpuint(b.router.master_down_usec, ==, b.now + SKEW_100);

                /* It went before the other did: nobody better is left. */
                bench_packet(&b, 2, 150);
                bench_packet(&b, 3, 50);
                bench_packet(&b, 2, 0);
                g_assert_cmpuint(b.router.master_down_usec, ==, b.now + 3 * SEC + SKEW_100);
                bench_packet(&b, 3, 0);
                g_assert_cmpuint(b.router.master_down_usec, ==, b.now + SKEW_100);
        }
}

static void test_preempt_delay(void) {
        /* Property: preempt_delay runs from the first advert of a lower master; then the master-down timer
         * runs out. */
        Bench b;
        usec_t start;

        bench_init(&b, 3, 100);
        b.config.preempt_delay_usec = 20 * SEC;
        bench_reinit(&b);
        bench_to_backup(&b);
        b.now += SEC;
        start = b.now;
        bench_pass(&b, 20 * SEC - 1, 2, 50);
        g_assert_cmpint(b.router.state, ==, VRRP_BACKUP);
        bench_pass(&b, 1, 0, 0);
        g_assert_true(b.router.preempt_ready);
        bench_pass(&b, SEC - 1, 0, 0);
        bench_pass(&b, 5 * SEC, 2, 50);
        g_assert_cmpint(b.router.state, ==, VRRP_MASTER);
        g_assert_cmpint(b.router.reason, ==, VRRP_REASON_PREEMPTED_LOWER);
        g_assert_cmpuint(b.now - start, <, 27 * SEC);
}

static void test_preempt_delay_dead_master(void) {
        /* Property: preempt_delay protects a live master only; a dead one is replaced at full speed. */
        Bench b;
        usec_t last;

        bench_init(&b, 3, 100);
        b.config.preempt_delay_usec = 300 * SEC;
        bench_reinit(&b);
        bench_to_backup(&b);
        bench_packet(&b, 2, 50);
        last = b.now;
        EXPECT(bench_deadline(&b, 0), "advert 100, on, announce 5, backup>master:master-down");
        g_assert_cmpuint(b.now - last, ==, 3 * SEC + SKEW_100);
}

static void test_preempt_delay_restarts(void) {
        /* Property: a better master in between ends the delay; the next lower one begins it anew. */
        Bench b;

        bench_init(&b, 3, 100);
        b.config.preempt_delay_usec = 20 * SEC;
        bench_reinit(&b);
        bench_to_backup(&b);
        bench_packet(&b, 2, 50);
        g_assert_cmpuint(b.router.preempt_usec, ==, b.now + 20 * SEC);
        b.now += SEC;
        bench_packet(&b, 3, 150);
        g_assert_cmpuint(b.router.preempt_usec, ==, USEC_INFINITY);
        b.now += SEC;
        bench_packet(&b, 2, 50);
        g_assert_cmpuint(b.router.preempt_usec, ==, b.now + 20 * SEC);
        /* A delay that is over is forgotten by it, too. */
        bench_pass(&b, 21 * SEC, 2, 50);
        g_assert_true(b.router.preempt_ready);
        bench_packet(&b, 3, 150);
        g_assert_false(b.router.preempt_ready);
}

static void test_master_adverts_without_drift(void) {
        /* Property: adverts follow the schedule, however late each one is handled. */
        Bench b;
        usec_t start;

        bench_init(&b, 3, 100);
        bench_to_master(&b);
        b.config.announce.delay_usec = 0;
        bench_config(&b);
        start = b.now;
        for (unsigned i = 1; i <= 100; i++) {
                EXPECT(bench_deadline(&b, i % 7 * 100 * MSEC), "advert 100");
                g_assert_cmpuint(router_deadline(&b.router), ==, start + (i + 1) * SEC);
        }
}

static void test_master_stall(void) {
        /* Property: after a stall one advert is sent, not a heap of them, and the schedule begins anew. */
        Bench b;

        bench_init(&b, 3, 100);
        bench_to_master(&b);
        EXPECT(bench_deadline(&b, 2500 * MSEC), "advert 100");
        g_assert_cmpuint(router_deadline(&b.router), ==, b.now + SEC);
        EXPECT(bench_event(&b, ROUTER_EVENT_DEADLINE), "");
}

static void test_backup_stall(void) {
        /* Property: a backup that slept past its timer listens for one more interval before it acts. */
        Bench b;

        bench_init(&b, 3, 100);
        bench_to_backup(&b);
        EXPECT(bench_deadline(&b, SEC + 1), "");
        g_assert_cmpint(b.router.state, ==, VRRP_BACKUP);
        g_assert_cmpuint(router_deadline(&b.router), ==, b.now + SEC + SEC / 2 + SKEW_100);
        EXPECT(bench_deadline(&b, 0), "advert 100, on, announce 5, backup>master:master-down");

        /* Up to one interval late is not a stall. */
        bench_init(&b, 3, 100);
        bench_to_backup(&b);
        EXPECT(bench_deadline(&b, SEC), "advert 100, on, announce 5, backup>master:master-down");
}

static void test_backup_stall_master_alive(void) {
        /* Property: the master that was alive all the time is heard in that interval and stays. */
        Bench b;

        bench_init(&b, 3, 100);
        bench_to_backup(&b);
        bench_packet(&b, 2, 150);
        bench_deadline(&b, 60 * SEC);
        b.now += 900 * MSEC;
        bench_packet(&b, 2, 150);
        g_assert_cmpuint(router_deadline(&b.router), ==, b.now + 3 * SEC + SKEW_100);
}

static void test_stall_masters_interval(void) {
        /* Property: the master's interval, not ours, is the measure of a stall. */
        Bench b;

        bench_init(&b, 3, 100);
        bench_to_backup(&b);
        bench_packet_interval(&b, 2, 150, 100 * MSEC);
        b.now = b.router.master_down_usec + 150 * MSEC;
        bench_event(&b, ROUTER_EVENT_DEADLINE);
        g_assert_cmpint(b.router.state, ==, VRRP_BACKUP);
        g_assert_cmpuint(b.router.master_down_usec, ==, b.now + 150 * MSEC + SKEW_100 / 10);
}

static void test_master_yields_to_higher(void) {
        /* Property: a better master wins; its interval is adopted; the last advert leaves when the addresses
         * are gone. */
        Bench b;

        bench_init(&b, 3, 100);
        bench_to_master(&b);
        EXPECT(bench_packet_interval(&b, 2, 101, 2 * SEC), "changed, conflict interval-mismatch 192.0.2.2, "
                                                           "off, master>backup:higher-priority-master");
        g_assert_cmpuint(b.router.master_down_usec, ==, b.now + 6 * SEC + 2 * SKEW_100);
        b.now += 3 * MSEC;
        EXPECT(bench_addresses(&b, false), "advert 100 to 192.0.2.2");
        EXPECT(bench_addresses(&b, false), "");
}

static void test_tie_break(void) {
        /* Property: between equal masters the higher address wins, compared as an unsigned number. */
        Bench b;

        bench_init(&b, 3, 100);
        bench_to_master(&b);
        EXPECT(bench_packet(&b, 9, 100), "advert 100, announce 5");
        EXPECT(bench_packet(&b, 200, 100), "changed, off, master>backup:equal-priority-higher-address");
}

static void test_tie_same_address(void) {
        /* Property: an equal priority from our own address (a loop, a duplicate) neither wins nor starts a
         * storm. */
        Bench b;

        bench_init(&b, 3, 100);
        bench_to_master(&b);
        EXPECT(bench_packet(&b, 10, 100), "advert 100, announce 5");
        for (unsigned i = 0; i < 100; i++)
                EXPECT(bench_packet(&b, 10, 100), "");
        g_assert_cmpint(b.router.state, ==, VRRP_MASTER);
}

static void test_farewell_timeout(void) {
        /* Property: without the kernel's word the last advert leaves after 100 ms. */
        Bench b;

        bench_init(&b, 3, 100);
        bench_to_master(&b);
        bench_packet(&b, 2, 150);
        g_assert_cmpuint(router_deadline(&b.router), ==, b.now + 100 * MSEC);
        EXPECT(bench_deadline(&b, 0), "advert 100 to 192.0.2.2");
        EXPECT(bench_addresses(&b, false), "");
        g_assert_cmpuint(router_deadline(&b.router), ==, b.now - 100 * MSEC + 3 * SEC + SKEW_100);
}

static void test_farewell_never(void) {
        /* Property: no last advert when switched off, with a virtual MAC, in a hold, or when the state moved
         * on. */
        Bench b;

        bench_init(&b, 3, 100);
        b.config.higher_prio_send_advert = false;
        bench_reinit(&b);
        bench_to_master(&b);
        bench_packet(&b, 2, 150);
        EXPECT(bench_addresses(&b, false), "");

        bench_init(&b, 3, 100);
        b.config.vmac = true;
        bench_reinit(&b);
        bench_to_master(&b);
        bench_packet(&b, 2, 150);
        EXPECT(bench_addresses(&b, false), "");

        bench_init(&b, 3, 100);
        bench_to_backup(&b);
        bench_packet(&b, 2, 150);
        bench_command(&b, VRRP_OP_PROMOTE);
        g_assert_cmpint(b.router.state, ==, VRRP_MASTER);
        bench_packet(&b, 2, 255);
        g_assert_cmpint(b.router.state, ==, VRRP_BACKUP);
        EXPECT(bench_addresses(&b, false), "");

        bench_init(&b, 3, 100);
        bench_to_master(&b);
        bench_packet(&b, 2, 150);
        bench_fault(&b, true);
        EXPECT(bench_addresses(&b, false), "");
        g_assert_cmpuint(router_deadline(&b.router), ==, USEC_INFINITY);
}

static void test_master_hears_resign(void) {
        /* Property: priority 0 as master: an advert at once and a fresh timer (RFC 9568 section 6.4.3). */
        Bench b;

        bench_init(&b, 3, 100);
        bench_to_master(&b);
        b.now += 700 * MSEC;
        EXPECT(bench_packet(&b, 2, 0), "advert 100");
        g_assert_cmpuint(router_deadline(&b.router), ==, b.now + SEC);
}

static void test_master_hears_lower(void) {
        /* Property: a lower master is answered at once, and the schedule of adverts stays. */
        Bench b;
        usec_t due;

        for (uint8_t version = 2; version <= 3; version++) {
                bench_init(&b, version, 100);
                bench_to_master(&b);
                due = router_deadline(&b.router);
                b.now += 300 * MSEC;
                EXPECT(bench_packet(&b, 2, 50), "advert 100, announce 5");
                g_assert_cmpuint(b.router.advert_due_usec, ==, due);
        }
}

static void test_lower_prio_no_advert(void) {
        /* Property: lower_prio_no_advert keeps the answer back, not the announcement. */
        Bench b;

        bench_init(&b, 2, 100);
        b.config.lower_prio_no_advert = true;
        bench_reinit(&b);
        bench_to_master(&b);
        EXPECT(bench_packet(&b, 2, 50), "announce 5");
}

static void test_second_burst(void) {
        /* Property: five seconds after taking over the addresses are announced again. */
        Bench b;
        unsigned bursts = 0;
        usec_t start;

        bench_init(&b, 3, 100);
        bench_to_master(&b);
        start = b.now;
        while (router_deadline(&b.router) <= start + 20 * SEC)
                if (strstr(bench_deadline(&b, 0), "announce 5")) {
                        bursts++;
                        g_assert_cmpuint(b.now, ==, start + 5 * SEC);
                }
        g_assert_cmpuint(bursts, ==, 1);
}

static void test_fault_master(void) {
        /* Property: a fault releases at once with priority 0, and clears into backup with a full timer. */
        Bench b;

        bench_init(&b, 3, 100);
        bench_to_master(&b);
        EXPECT(bench_fault(&b, true), "advert 0, off, master>fault:fault");
        g_assert_cmpuint(router_deadline(&b.router), ==, USEC_INFINITY);
        EXPECT(bench_packet(&b, 2, 50), "");
        EXPECT(bench_event(&b, ROUTER_EVENT_DEADLINE), "");
        b.now += 60 * SEC;
        EXPECT(bench_fault(&b, false), "fault>backup:fault-cleared");
        g_assert_cmpuint(router_deadline(&b.router), ==, b.now + 3 * SEC + SKEW_100);
}

static void test_fault_backup(void) {
        /* Property: a backup in fault says nothing, and forgets the master that it followed. */
        Bench b;

        bench_init(&b, 3, 100);
        bench_to_backup(&b);
        bench_packet_interval(&b, 2, 150, 10 * SEC);
        EXPECT(bench_fault(&b, true), "cleared interval-mismatch 192.0.2.2, backup>fault:fault");
        g_assert_false(vrrp_address_is_set(&b.router.master_address));
        EXPECT(bench_fault(&b, false), "fault>backup:fault-cleared");
        g_assert_cmpuint(router_deadline(&b.router), ==, b.now + 3 * SEC + SKEW_100);
}

static void test_stopped(void) {
        /* Property: the immediate stop: priority 0 from a master, silence from others, nothing left. */
        Bench b;

        bench_init(&b, 3, 100);
        bench_to_master(&b);
        EXPECT(bench_event(&b, ROUTER_EVENT_STOPPED), "advert 0, off, master>initialize:stopped");
        g_assert_cmpuint(router_deadline(&b.router), ==, USEC_INFINITY);
        EXPECT(bench_event(&b, ROUTER_EVENT_STOPPED), "");

        bench_init(&b, 3, 100);
        bench_to_backup(&b);
        EXPECT(bench_event(&b, ROUTER_EVENT_STOPPED), "backup>initialize:stopped");
        EXPECT(bench_fault(&b, true), "");
        EXPECT(bench_event(&b, ROUTER_EVENT_STARTED), "initialize>fault:fault");
        EXPECT(bench_event(&b, ROUTER_EVENT_STOPPED), "fault>initialize:stopped");
}

static void test_priority(void) {
        /* Property: trackers change what is advertised next and what is preempted, and touch no timer. */
        Bench b;
        usec_t due;

        bench_init(&b, 3, 100);
        bench_to_backup(&b);
        bench_packet(&b, 2, 110);
        due = router_deadline(&b.router);
        EXPECT(bench_priority(&b, 120), "changed");
        EXPECT(bench_priority(&b, 120), "");
        g_assert_cmpuint(router_deadline(&b.router), ==, due);
        b.now += SEC;
        bench_packet(&b, 2, 110);
        g_assert_cmpuint(router_deadline(&b.router), ==, due);
        EXPECT(bench_deadline(&b, 0), "advert 120, on, announce 5, backup>master:master-down");
        EXPECT(bench_priority(&b, 90), "changed");
        EXPECT(bench_deadline(&b, 0), "advert 90");
        EXPECT(bench_packet(&b, 2, 110), "changed, off, master>backup:higher-priority-master");
}

static void test_priority_limits(void) {
        /* Property: an owner is untouched by trackers, and no other router becomes one or resigns through
         * them. */
        Bench b;

        bench_init(&b, 3, 255);
        EXPECT(bench_priority(&b, 100), "");
        g_assert_cmpuint(router_priority(&b.router), ==, 255);

        bench_init(&b, 3, 100);
        bench_priority(&b, 255);
        g_assert_cmpuint(router_priority(&b.router), ==, 254);
        bench_priority(&b, 0);
        g_assert_cmpuint(router_priority(&b.router), ==, 1);
}

static void test_source(void) {
        /* Property: a new primary address is the new tie-breaker. */
        Bench b;

        bench_init(&b, 3, 100);
        bench_to_master(&b);
        EXPECT(bench_source(&b, 10), "");
        EXPECT(bench_source(&b, 250), "changed");
        EXPECT(bench_packet(&b, 200, 100), "advert 100, announce 5");
}

static void test_config_backup(void) {
        /* Property: a reload keeps the state and scales what is left of the timer; an adopted interval
         * stays. */
        Bench b;

        bench_init(&b, 2, 100);
        bench_to_backup(&b);
        bench_packet(&b, 2, 150);
        b.now += (3 * SEC + SKEW_100) / 3;
        b.config.interval_usec = 2 * SEC;
        EXPECT(bench_config(&b), "changed");
        g_assert_cmpuint(router_deadline(&b.router), ==, b.now + (6 * SEC + SKEW_100) * 2 / 3);

        bench_init(&b, 3, 100);
        bench_to_backup(&b);
        bench_packet_interval(&b, 2, 150, 10 * SEC);
        b.config.interval_usec = 2 * SEC;
        bench_config(&b);
        g_assert_cmpuint(b.router.master_down_usec, ==, b.now + 30 * SEC + 10 * SKEW_100);
}

static void test_config_priority(void) {
        /* Property: a new base priority keeps the trackers' share until they speak; to and from an owner
         * too. */
        Bench b;

        bench_init(&b, 3, 100);
        bench_priority(&b, 80);
        b.config.base_priority = 150;
        bench_config(&b);
        g_assert_cmpuint(router_priority(&b.router), ==, 130);
        b.config.base_priority = 255;
        bench_config(&b);
        g_assert_cmpuint(router_priority(&b.router), ==, 255);
        b.config.base_priority = 90;
        bench_config(&b);
        g_assert_cmpuint(router_priority(&b.router), ==, 90);
}

static void test_config_master(void) {
        /* Property: a shorter interval takes effect at once, a longer one after the advert that is due. */
        Bench b;
        usec_t due;

        bench_init(&b, 3, 100);
        bench_to_master(&b);
        due = router_deadline(&b.router);
        b.config.interval_usec = 10 * SEC;
        b.config.announce.refresh_usec = 500 * MSEC;
        EXPECT(bench_config(&b), "changed");
        g_assert_cmpuint(b.router.advert_due_usec, ==, due);
        EXPECT(bench_deadline(&b, 0), "announce 1");
        b.config.announce.refresh_usec = 0;
        b.config.interval_usec = 100 * MSEC;
        bench_config(&b);
        g_assert_cmpuint(router_deadline(&b.router), ==, b.now + 100 * MSEC);
        EXPECT(bench_deadline(&b, 0), "advert 100");
}

static void test_config_others(void) {
        /* Property: a reload before the start, in fault, and during preempt_delay takes effect as well. */
        Bench b;

        bench_init(&b, 3, 100);
        b.config.interval_usec = 2 * SEC;
        EXPECT(bench_config(&b), "changed");
        g_assert_cmpuint(router_skew_usec(&b.router), ==, 2 * SKEW_100);
        bench_fault(&b, true);
        bench_event(&b, ROUTER_EVENT_STARTED);
        b.config.interval_usec = SEC;
        EXPECT(bench_config(&b), "changed");
        bench_fault(&b, false);
        g_assert_cmpuint(router_deadline(&b.router), ==, b.now + 3 * SEC + SKEW_100);

        b.config.preempt_delay_usec = 300 * SEC;
        bench_config(&b);
        bench_packet(&b, 2, 50);
        g_assert_cmpuint(b.router.preempt_usec, ==, b.now + 300 * SEC);
        b.config.preempt_delay_usec = 10 * SEC;
        bench_config(&b);
        g_assert_cmpuint(b.router.preempt_usec, ==, b.now + 10 * SEC);
}

static void test_config_resigned(void) {
        /* Property: a reload in the skew time after a resignation keeps it short. */
        Bench b;

        bench_init(&b, 3, 100);
        bench_to_backup(&b);
        bench_packet(&b, 2, 0);
        bench_config(&b);
        g_assert_cmpuint(router_deadline(&b.router), ==, b.now + SKEW_100);
}

static void test_config_from_nothing(void) {
        /* Property: a reload of a router whose timer was nothing (an interval below any legal one) divides
         * by no zero. */
        Bench b;

        bench_init(&b, 3, 100);
        b.config.interval_usec = 0;
        bench_reinit(&b);
        bench_event(&b, ROUTER_EVENT_STARTED);
        b.config.interval_usec = SEC;
        EXPECT(bench_config(&b), "changed");
        EXPECT(bench_deadline(&b, 0), "advert 100, on, announce 5, backup>master:master-down");
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/core/router/start-backup", test_start_backup);
        g_test_add_func("/core/router/start-owner", test_start_owner);
        g_test_add_func("/core/router/start-in-fault", test_start_in_fault);
        g_test_add_func("/core/router/skew", test_skew);
        g_test_add_func("/core/router/down-timer-adverts", test_down_timer_adverts);
        g_test_add_func("/core/router/backup-follows", test_backup_follows);
        g_test_add_func("/core/router/backup-preempts", test_backup_preempts);
        g_test_add_func("/core/router/backup-preempt-dead", test_backup_preempt_dead);
        g_test_add_func("/core/router/backup-nopreempt", test_backup_nopreempt);
        g_test_add_func("/core/router/owner-preempts-anyway", test_owner_preempts_anyway);
        g_test_add_func("/core/router/owner-ignore-adverts", test_owner_ignore_adverts);
        g_test_add_func("/core/router/backup-resign", test_backup_resign);
        g_test_add_func("/core/router/backup-resign-then-other", test_backup_resign_then_other);
        g_test_add_func("/core/router/backup-resign-other", test_backup_resign_other);
        g_test_add_func("/core/router/backup-adopts-interval", test_backup_adopts_interval);
        g_test_add_func("/core/router/backup-discard-keeps-interval", test_backup_discard_keeps_interval);
        g_test_add_func("/core/router/known-better-master-stays", test_known_better_master_stays);
        g_test_add_func("/core/router/loser-resigns", test_loser_resigns);
        g_test_add_func("/core/router/two-masters-followed", test_two_masters_followed);
        g_test_add_func("/core/router/preempt-delay", test_preempt_delay);
        g_test_add_func("/core/router/preempt-delay-dead-master", test_preempt_delay_dead_master);
        g_test_add_func("/core/router/preempt-delay-restarts", test_preempt_delay_restarts);
        g_test_add_func("/core/router/master-adverts-without-drift", test_master_adverts_without_drift);
        g_test_add_func("/core/router/master-stall", test_master_stall);
        g_test_add_func("/core/router/backup-stall", test_backup_stall);
        g_test_add_func("/core/router/backup-stall-master-alive", test_backup_stall_master_alive);
        g_test_add_func("/core/router/stall-masters-interval", test_stall_masters_interval);
        g_test_add_func("/core/router/master-yields-to-higher", test_master_yields_to_higher);
        g_test_add_func("/core/router/tie-break", test_tie_break);
        g_test_add_func("/core/router/tie-same-address", test_tie_same_address);
        g_test_add_func("/core/router/farewell-timeout", test_farewell_timeout);
        g_test_add_func("/core/router/farewell-never", test_farewell_never);
        g_test_add_func("/core/router/master-hears-resign", test_master_hears_resign);
        g_test_add_func("/core/router/master-hears-lower", test_master_hears_lower);
        g_test_add_func("/core/router/lower-prio-no-advert", test_lower_prio_no_advert);
        g_test_add_func("/core/router/second-burst", test_second_burst);
        g_test_add_func("/core/router/fault-master", test_fault_master);
        g_test_add_func("/core/router/fault-backup", test_fault_backup);
        g_test_add_func("/core/router/stopped", test_stopped);
        g_test_add_func("/core/router/priority", test_priority);
        g_test_add_func("/core/router/priority-limits", test_priority_limits);
        g_test_add_func("/core/router/source", test_source);
        g_test_add_func("/core/router/config-backup", test_config_backup);
        g_test_add_func("/core/router/config-priority", test_config_priority);
        g_test_add_func("/core/router/config-master", test_config_master);
        g_test_add_func("/core/router/config-others", test_config_others);
        g_test_add_func("/core/router/config-resigned", test_config_resigned);
        g_test_add_func("/core/router/config-from-nothing", test_config_from_nothing);
        return g_test_run();
}
