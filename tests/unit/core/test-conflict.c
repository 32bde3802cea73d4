/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Conflicts: when each begins, and when it is over. */

#include "tests/unit/core/router-bench.h"
#include <netinet/in.h>

static void test_two_masters_heal(void) {
        /* Property: a loser that hears us is no alarm: an advert in flight and a last one are ordinary. */
        Bench b;

        bench_init(&b, 3, 100);
        bench_to_master(&b);
        EXPECT(bench_packet(&b, 2, 50), "advert 100, announce 5");
        b.now += 100 * MSEC;
        EXPECT(bench_packet(&b, 2, 50), "");
        b.now += 100 * MSEC;
        EXPECT(bench_event(&b, ROUTER_EVENT_DEADLINE), "announce 5");
        bench_pass(&b, 60 * SEC, 0, 0);
        EXPECT(bench_packet(&b, 2, 50), "advert 100, announce 5");
}

static void test_two_masters(void) {
        /* Property: a lower master that goes on for more than one and a half intervals is a conflict, once;
         * silence ends it. */
        Bench b;
        usec_t last;

        bench_init(&b, 3, 100);
        b.config.lower_prio_no_advert = true;
        b.config.announce = (AnnounceConfig){0};
        bench_reinit(&b);
        bench_to_master(&b);
        EXPECT(bench_packet(&b, 2, 50), "");
        b.now += SEC;
        EXPECT(bench_packet(&b, 2, 50), "");
        b.now += SEC;
        EXPECT(bench_packet(&b, 2, 50), "conflict two-masters 192.0.2.2");
        last = b.now;
        b.now += SEC;
        EXPECT(bench_packet(&b, 2, 50), "");
        last = b.now;
        while (b.router.conflict_usec[VRRP_CONFLICT_TWO_MASTERS] != router_deadline(&b.router))
                bench_deadline(&b, 0);
        EXPECT(bench_deadline(&b, 0), "cleared two-masters 192.0.2.2, advert 100");
        g_assert_cmpuint(b.now - last, ==, 4 * SEC);
}

static void test_two_masters_leave(void) {
        /* Property: who is no longer master has no such conflict. */
        Bench b;

        bench_init(&b, 3, 100);
        bench_to_master(&b);
        bench_pass(&b, 3 * SEC, 2, 50);
        g_assert_cmpuint(b.router.conflict_usec[VRRP_CONFLICT_TWO_MASTERS], !=, USEC_INFINITY);
        EXPECT(bench_packet(&b, 3, 150),
                        "changed, off, cleared two-masters 192.0.2.2, master>backup:higher-priority-master");
}

static void test_two_masters_preempted(void) {
        /* Property: a lower master that was heard for long while we were backup is no conflict when it
         * speaks once more after we preempted it: its time counts from then. */
        Bench b;

        bench_init(&b, 3, 100);
        bench_to_backup(&b);
        bench_pass(&b, 10 * SEC, 2, 50);
        g_assert_cmpint(b.router.state, ==, VRRP_MASTER);
        bench_init(&b, 3, 100);
        bench_to_backup(&b);
        while (b.router.state == VRRP_BACKUP) {
                bench_packet(&b, 2, 50);
                b.now = MIN(b.now + SEC, router_deadline(&b.router));
                bench_event(&b, ROUTER_EVENT_DEADLINE);
        }
        b.now += 10 * MSEC;
        g_assert_null(strstr(bench_packet(&b, 2, 50), "conflict"));
}

static void test_two_masters_fast(void) {
        /* Property: with a very short interval the time for a last advert is still left. */
        Bench b;

        bench_init(&b, 3, 100);
        b.config.interval_usec = 10 * MSEC;
        b.config.lower_prio_no_advert = true;
        b.config.announce = (AnnounceConfig){0};
        bench_reinit(&b);
        bench_to_master(&b);
        bench_packet(&b, 2, 50);
        for (unsigned i = 0; i < 30; i++) {
                b.now += 10 * MSEC;
                EXPECT(bench_packet(&b, 2, 50), "");
        }
        b.now += 10 * MSEC;
        EXPECT(bench_packet(&b, 2, 50), "conflict two-masters 192.0.2.2");
}

static void test_two_owners(void) {
        /* Property: an owner that ignores adverts still tells of another one that goes on (RFC 9568 section
         * 8.3.2), and of one that has gone; a resignation is none. */
        Bench b;

        bench_init(&b, 3, 255);
        b.config.owner_ignore_adverts = true;
        b.config.announce = (AnnounceConfig){0};
        bench_reinit(&b);
        bench_to_master(&b);
        EXPECT(bench_packet(&b, 200, 255), "");
        b.now += SEC;
        EXPECT(bench_packet(&b, 200, 255), "");
        b.now += SEC;
        EXPECT(bench_packet(&b, 200, 0), "");
        EXPECT(bench_packet(&b, 200, 255), "conflict two-masters 192.0.2.200");
        b.now += 5 * SEC;
        EXPECT(bench_event(&b, ROUTER_EVENT_DEADLINE), "cleared two-masters 192.0.2.200, advert 255");
}

static void test_vip_mismatch(void) {
        /* Property: another address list is told once, and ends when the same router agrees. */
        Bench b;

        bench_init(&b, 2, 100);
        bench_to_backup(&b);
        EXPECT(bench_packet_vips(&b, 2, 150, 1), "changed, conflict vip-mismatch 192.0.2.2");
        EXPECT(bench_packet_vips(&b, 2, 150, 2), "");
        /* Another router that agrees says nothing about this one. */
        EXPECT(bench_packet(&b, 3, 150), "changed");
        EXPECT(bench_packet(&b, 2, 150), "changed, cleared vip-mismatch 192.0.2.2");
}

static void test_vip_mismatch_silence(void) {
        /* Property: a router that fell silent has no conflict any more; then another one's is told. */
        Bench b;

        bench_init(&b, 2, 100);
        bench_to_backup(&b);
        bench_packet_vips(&b, 2, 150, 1);
        b.now += SEC;
        EXPECT(bench_packet_vips(&b, 3, 150, 1), "changed");
        b.now += 3 * SEC;
        EXPECT(bench_packet(&b, 4, 150), "changed");
        EXPECT(bench_event(&b, ROUTER_EVENT_DEADLINE), "cleared vip-mismatch 192.0.2.2");
        EXPECT(bench_packet_vips(&b, 3, 150, 1), "changed, conflict vip-mismatch 192.0.2.3");
}

static void test_silence_of_slow_sender(void) {
        /* Property: how long a sender must be silent is counted in the longer of its interval and ours. */
        Bench b;

        bench_init(&b, 3, 100);
        bench_to_master(&b);
        bench_packet_interval(&b, 2, 150, 10 * SEC);
        b.now += 39 * SEC;
        bench_event(&b, ROUTER_EVENT_DEADLINE);
        g_assert_cmpuint(b.router.conflict_usec[VRRP_CONFLICT_INTERVAL_MISMATCH], ==, b.now + SEC);
}

static void test_vip_mismatch_master(void) {
        /* Property: a master hears it of a lower one too, and as it hands over. */
        Bench b;

        bench_init(&b, 3, 100);
        bench_to_master(&b);
        EXPECT(bench_packet_vips(&b, 2, 50, 1), "advert 100, announce 5, conflict vip-mismatch 192.0.2.2");
        bench_pass(&b, 60 * SEC, 0, 0);
        bench_command(&b, VRRP_OP_FAILOVER);
        b.now += 206 * SEC / 256;
        EXPECT(bench_packet_vips(&b, 2, 50, 1), "changed, conflict vip-mismatch 192.0.2.2, off, "
                                                "master>backup:handed-over, failover done");
}

static void test_interval_mismatch(void) {
        /* Property: version 3 adopts the master's interval and says so; agreement and a stop end it. */
        Bench b;

        bench_init(&b, 3, 100);
        bench_to_backup(&b);
        EXPECT(bench_packet_interval(&b, 2, 150, 2 * SEC), "changed, conflict interval-mismatch 192.0.2.2");
        EXPECT(bench_packet(&b, 2, 150), "cleared interval-mismatch 192.0.2.2");
        bench_packet_interval(&b, 2, 150, 2 * SEC);
        EXPECT(bench_event(&b, ROUTER_EVENT_STOPPED),
                        "cleared interval-mismatch 192.0.2.2, backup>initialize:stopped");
}

static void test_checksum_mismatch(void) {
        /* Property: a version 3 router over IPv4 that sends the other form of the checksum is believed and
         * published, until it sends ours; over IPv6 and in version 2 there is one form only. */
        RouterEvent event = {.type = ROUTER_EVENT_PACKET};
        Bench b;

        bench_init(&b, 3, 100);
        bench_to_backup(&b);
        event.packet = (Advert){.version = 3,
                        .vrid = 51,
                        .priority = 150,
                        .interval_usec = SEC,
                        .checksum_form = ADVERT_CHECKSUM_PLAIN,
                        .source = bench_address(2),
                        .n_vips = 1,
                        .vips_digest = b.config.vips_digest};
        EXPECT(bench_feed(&b, &event), "changed, conflict checksum-mismatch 192.0.2.2");
        EXPECT(bench_feed(&b, &event), "");
        g_assert_cmpuint(
                        router_deadline(&b.router), ==, b.now + router_master_down_interval_usec(&b.router));
        EXPECT(bench_packet(&b, 2, 150), "cleared checksum-mismatch 192.0.2.2");

        b.config.checksum_form = ADVERT_CHECKSUM_PLAIN;
        bench_reinit(&b);
        bench_to_backup(&b);
        EXPECT(bench_feed(&b, &event), "changed");
        b.router.config.family = AF_INET6;
        event.packet.checksum_form = ADVERT_CHECKSUM_PSEUDO;
        EXPECT(bench_feed(&b, &event), "");
}

static void test_refused(void) {
        /* Property: refused packets that tell of another configuration are conflicts and touch no timer; the
         * rest is noise. */
        static const struct {
                AdvertVerdict verdict;
                const char *kind;
        } cases[] = {
                        {ADVERT_BAD_VERSION, "version-mismatch"},
                        {ADVERT_BAD_INTERVAL, "interval-mismatch"},
                        {ADVERT_BAD_AUTH_TYPE, "auth-mismatch"},
                        {ADVERT_BAD_AUTH_DATA, "auth-mismatch"},
                        {ADVERT_HMAC_MISSING, "auth-mismatch"},
                        {ADVERT_HMAC_MALFORMED, "auth-mismatch"},
                        {ADVERT_HMAC_UNKNOWN_KEY, "auth-mismatch"},
                        {ADVERT_HMAC_STALE, "auth-mismatch"},
                        {ADVERT_HMAC_BAD, "auth-mismatch"},
                        {ADVERT_HMAC_REPLAY, "auth-mismatch"},
                        {ADVERT_OWN, "same-source"},
        };

        for (AdvertVerdict v = 0; v < ADVERT_VERDICT_MAX; v++) {
                g_autofree char *expected = NULL;
                usec_t due;
                Bench b;

                for (size_t i = 0; i < ELEMENTSOF(cases); i++)
                        if (cases[i].verdict == v)
                                expected = g_strdup_printf("conflict %s 192.0.2.2", cases[i].kind);

                bench_init(&b, 2, 100);
                EXPECT(bench_refused(&b, 2, v), "");
                bench_to_backup(&b);
                due = router_deadline(&b.router);
                EXPECT(bench_refused(&b, 2, v), expected ? expected : "");
                EXPECT(bench_refused(&b, 2, v), "");
                g_assert_cmpuint(router_deadline(&b.router), ==, due);
                bench_to_master(&b);
                bench_pass(&b, 30 * SEC, 0, 0);
                EXPECT(bench_refused(&b, 2, v), "");
                bench_fault(&b, true);
                EXPECT(bench_refused(&b, 2, v), "");
        }
}

static void test_refused_ends(void) {
        /* Property: a minute of silence, or in version 2 an accepted packet for the interval, ends it. */
        Bench b;

        bench_init(&b, 2, 255);
        b.config.announce = (AnnounceConfig){0};
        bench_reinit(&b);
        bench_to_master(&b);
        bench_refused(&b, 2, ADVERT_BAD_AUTH_DATA);
        bench_pass(&b, 60 * SEC - 1, 0, 0);
        EXPECT(bench_deadline(&b, 0), "cleared auth-mismatch 192.0.2.2, advert 255");

        bench_init(&b, 2, 100);
        bench_to_backup(&b);
        bench_refused(&b, 2, ADVERT_BAD_INTERVAL);
        EXPECT(bench_packet(&b, 2, 150), "changed, cleared interval-mismatch 192.0.2.2");
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/core/conflict/two-masters-heal", test_two_masters_heal);
        g_test_add_func("/core/conflict/two-masters", test_two_masters);
        g_test_add_func("/core/conflict/two-masters-leave", test_two_masters_leave);
        g_test_add_func("/core/conflict/two-masters-preempted", test_two_masters_preempted);
        g_test_add_func("/core/conflict/two-masters-fast", test_two_masters_fast);
        g_test_add_func("/core/conflict/two-owners", test_two_owners);
        g_test_add_func("/core/conflict/vip-mismatch", test_vip_mismatch);
        g_test_add_func("/core/conflict/vip-mismatch-silence", test_vip_mismatch_silence);
        g_test_add_func("/core/conflict/silence-of-slow-sender", test_silence_of_slow_sender);
        g_test_add_func("/core/conflict/vip-mismatch-master", test_vip_mismatch_master);
        g_test_add_func("/core/conflict/interval-mismatch", test_interval_mismatch);
        g_test_add_func("/core/conflict/checksum-mismatch", test_checksum_mismatch);
        g_test_add_func("/core/conflict/refused", test_refused);
        g_test_add_func("/core/conflict/refused-ends", test_refused_ends);
        return g_test_run();
}
