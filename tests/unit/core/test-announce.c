/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The announcement schedule. */

#include "service/core/announce.h"
#include <glib.h>

#define T0 (1000 * USEC_PER_SEC)
#define MSEC USEC_PER_MSEC
#define SEC USEC_PER_SEC

/* keepalived's defaults. */
static const AnnounceConfig defaults = {
                .delay_usec = 5 * SEC,
                .repeat = 5,
                .refresh_repeat = 1,
                .lower_prio_delay_usec = 5 * SEC,
                .lower_prio_repeat = 5,
};

static void test_master(void) {
        /* Property: five at once, five more after five seconds, then silence. */
        Announce a;

        announce_init(&a);
        g_assert_cmpuint(announce_deadline(&a), ==, USEC_INFINITY);
        g_assert_cmpuint(announce_master(&a, &defaults, T0), ==, 5);
        g_assert_cmpuint(announce_deadline(&a), ==, T0 + 5 * SEC);
        g_assert_cmpuint(announce_dispatch(&a, &defaults, T0 + 5 * SEC - 1), ==, 0);
        g_assert_cmpuint(announce_dispatch(&a, &defaults, T0 + 5 * SEC), ==, 5);
        g_assert_cmpuint(announce_deadline(&a), ==, USEC_INFINITY);
        g_assert_cmpuint(announce_dispatch(&a, &defaults, T0 + 100 * SEC), ==, 0);
}

static void test_no_second(void) {
        /* Property: without a delay there is no second burst. */
        AnnounceConfig c = defaults;
        Announce a;

        c.delay_usec = 0;
        announce_init(&a);
        g_assert_cmpuint(announce_master(&a, &c, T0), ==, 5);
        g_assert_cmpuint(announce_deadline(&a), ==, USEC_INFINITY);
}

static void test_refresh(void) {
        /* Property: the refresh follows its schedule without drift and does not make up for a stall. */
        AnnounceConfig c = defaults;
        Announce a;

        c.delay_usec = 0;
        c.refresh_usec = 10 * SEC;
        c.refresh_repeat = 2;
        announce_init(&a);
        announce_master(&a, &c, T0);
        g_assert_cmpuint(announce_deadline(&a), ==, T0 + 10 * SEC);
        g_assert_cmpuint(announce_dispatch(&a, &c, T0 + 10 * SEC + 300 * MSEC), ==, 2);
        g_assert_cmpuint(announce_deadline(&a), ==, T0 + 20 * SEC);
        g_assert_cmpuint(announce_dispatch(&a, &c, T0 + 47 * SEC), ==, 2);
        g_assert_cmpuint(announce_deadline(&a), ==, T0 + 57 * SEC);
}

static void test_lower_prio(void) {
        /* Property: a lower master is answered at once and again after the delay. */
        Announce a;

        announce_init(&a);
        announce_master(&a, &defaults, T0);
        announce_dispatch(&a, &defaults, T0 + 5 * SEC);
        g_assert_cmpuint(announce_lower_prio(&a, &defaults, T0 + 60 * SEC), ==, 5);
        g_assert_cmpuint(announce_deadline(&a), ==, T0 + 65 * SEC);
        g_assert_cmpuint(announce_dispatch(&a, &defaults, T0 + 65 * SEC), ==, 5);
}

static void test_lower_prio_last_counts(void) {
        /* Property: the loser's last advert, a few milliseconds after its first, is answered within 200 ms:
         * at the first one it still had its addresses. */
        Announce a;

        announce_init(&a);
        announce_master(&a, &defaults, T0);
        announce_dispatch(&a, &defaults, T0 + 5 * SEC);
        g_assert_cmpuint(announce_lower_prio(&a, &defaults, T0 + 60 * SEC), ==, 5);
        g_assert_cmpuint(announce_lower_prio(&a, &defaults, T0 + 60 * SEC + 20 * MSEC), ==, 0);
        g_assert_cmpuint(announce_deadline(&a), ==, T0 + 60 * SEC + 200 * MSEC);
        g_assert_cmpuint(announce_dispatch(&a, &defaults, T0 + 60 * SEC + 200 * MSEC), ==, 5);
        g_assert_cmpuint(announce_deadline(&a), ==, T0 + 65 * SEC + 200 * MSEC);
}

static void test_lower_prio_rate(void) {
        /* Property: a lower master that does not hear us and adverts every 100 ms costs few bursts, and
         * after a long calm a new split is answered as quickly as the first. */
        Announce a;
        unsigned bursts = 0;
        usec_t now = T0 + 60 * SEC;

        announce_init(&a);
        announce_master(&a, &defaults, T0);
        announce_dispatch(&a, &defaults, T0 + 5 * SEC);
        for (unsigned i = 0; i < 600; i++, now += 100 * MSEC) {
                bursts += announce_dispatch(&a, &defaults, now) > 0;
                bursts += announce_lower_prio(&a, &defaults, now) > 0;
        }
        g_assert_cmpuint(bursts, <, 25);

        now += 60 * SEC;
        announce_dispatch(&a, &defaults, now);
        now += 60 * SEC;
        g_assert_cmpuint(announce_lower_prio(&a, &defaults, now), ==, 5);
        g_assert_cmpuint(announce_lower_prio(&a, &defaults, now + 1), ==, 0);
        g_assert_cmpuint(announce_deadline(&a), ==, now + 200 * MSEC);
}

static void test_counts(void) {
        /* Property: each burst has its own number: after a take-over, for a lower master, and their second
         * ones. */
        AnnounceConfig c = defaults;
        Announce a;

        c.repeat = 3;
        c.lower_prio_repeat = 7;
        announce_init(&a);
        g_assert_cmpuint(announce_master(&a, &c, T0), ==, 3);
        g_assert_cmpuint(announce_dispatch(&a, &c, T0 + 5 * SEC), ==, 3);
        g_assert_cmpuint(announce_lower_prio(&a, &c, T0 + 60 * SEC), ==, 7);
        g_assert_cmpuint(announce_dispatch(&a, &c, T0 + 65 * SEC), ==, 7);
}

static void test_lower_prio_off(void) {
        /* Property: without a delay there is no second burst, and with repeat 0 none at all. */
        AnnounceConfig c = defaults;
        Announce a;

        c.delay_usec = c.lower_prio_delay_usec = 0;
        announce_init(&a);
        announce_master(&a, &c, T0);
        g_assert_cmpuint(announce_lower_prio(&a, &c, T0 + SEC), ==, 5);
        g_assert_cmpuint(announce_deadline(&a), ==, USEC_INFINITY);
        c.lower_prio_repeat = 0;
        g_assert_cmpuint(announce_lower_prio(&a, &c, T0 + 60 * SEC), ==, 0);
}

static void test_teach(void) {
        /* Property: after an announcement of a virtual MAC address the switches are told after 2, 10, 50 and
         * 250 ms, also when a stall runs over some of them; the other schedules are not touched. */
        static const usec_t delays[] = {2 * MSEC, 10 * MSEC, 50 * MSEC, 250 * MSEC};
        AnnounceConfig c = defaults;
        Announce a;

        announce_init(&a);
        announce_master(&a, &c, T0);
        announce_teach(&a, T0);
        for (size_t i = 0; i < ELEMENTSOF(delays); i++) {
                g_assert_cmpuint(announce_deadline(&a), ==, T0 + delays[i]);
                g_assert_false(announce_dispatch_teach(&a, T0 + delays[i] - 1));
                g_assert_true(announce_dispatch_teach(&a, T0 + delays[i]));
                g_assert_cmpuint(announce_dispatch(&a, &c, T0 + delays[i]), ==, 0);
        }
        g_assert_cmpuint(announce_deadline(&a), ==, T0 + 5 * SEC);
        g_assert_cmpuint(announce_dispatch(&a, &c, T0 + 5 * SEC), ==, 5);

        announce_teach(&a, T0);
        g_assert_true(announce_dispatch_teach(&a, T0 + 60 * MSEC));
        g_assert_cmpuint(announce_deadline(&a), ==, T0 + 250 * MSEC);
        announce_stop(&a);
        g_assert_cmpuint(announce_deadline(&a), ==, USEC_INFINITY);
        g_assert_false(announce_dispatch_teach(&a, T0 + SEC));
}

static void test_stop(void) {
        /* Property: who is no longer master announces nothing. */
        AnnounceConfig c = defaults;
        Announce a;

        c.refresh_usec = SEC;
        announce_init(&a);
        announce_master(&a, &c, T0);
        announce_lower_prio(&a, &c, T0);
        announce_lower_prio(&a, &c, T0);
        announce_stop(&a);
        g_assert_cmpuint(announce_deadline(&a), ==, USEC_INFINITY);
        g_assert_cmpuint(announce_dispatch(&a, &c, T0 + 100 * SEC), ==, 0);
}

static void test_configure(void) {
        /* Property: a reload starts, shortens and ends the refresh of a running master. */
        AnnounceConfig c = defaults;
        Announce a;

        announce_init(&a);
        announce_master(&a, &c, T0);
        c.refresh_usec = 60 * SEC;
        announce_configure(&a, &c, T0 + SEC);
        g_assert_cmpuint(a.refresh_usec, ==, T0 + 61 * SEC);
        c.refresh_usec = 10 * SEC;
        announce_configure(&a, &c, T0 + 2 * SEC);
        g_assert_cmpuint(a.refresh_usec, ==, T0 + 12 * SEC);
        c.refresh_usec = 120 * SEC;
        announce_configure(&a, &c, T0 + 3 * SEC);
        g_assert_cmpuint(a.refresh_usec, ==, T0 + 12 * SEC);
        c.refresh_usec = 0;
        c.delay_usec = 0;
        announce_configure(&a, &c, T0 + 4 * SEC);
        g_assert_cmpuint(announce_deadline(&a), ==, USEC_INFINITY);
}

static void test_extra(void) {
        /* Property: the rounds on other interfaces have a schedule of their own, without drift, that does
         * not touch the others; a reload may shorten or end it. */
        AnnounceConfig c = defaults;
        Announce a;

        c.delay_usec = 0;
        c.extra_usec = 10 * SEC;
        announce_init(&a);
        announce_master(&a, &c, T0);
        g_assert_cmpuint(announce_deadline(&a), ==, T0 + 10 * SEC);
        g_assert_false(announce_dispatch_extra(&a, &c, T0 + 10 * SEC - 1));
        g_assert_cmpuint(announce_dispatch(&a, &c, T0 + 10 * SEC), ==, 0);
        g_assert_true(announce_dispatch_extra(&a, &c, T0 + 10 * SEC + 300 * MSEC));
        g_assert_cmpuint(announce_deadline(&a), ==, T0 + 20 * SEC);
        c.extra_usec = 2 * SEC;
        announce_configure(&a, &c, T0 + 11 * SEC);
        g_assert_cmpuint(announce_deadline(&a), ==, T0 + 13 * SEC);
        c.extra_usec = 0;
        announce_configure(&a, &c, T0 + 11 * SEC);
        g_assert_cmpuint(announce_deadline(&a), ==, USEC_INFINITY);
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/core/announce/master", test_master);
        g_test_add_func("/core/announce/no-second", test_no_second);
        g_test_add_func("/core/announce/refresh", test_refresh);
        g_test_add_func("/core/announce/lower-prio", test_lower_prio);
        g_test_add_func("/core/announce/lower-prio-last-counts", test_lower_prio_last_counts);
        g_test_add_func("/core/announce/lower-prio-rate", test_lower_prio_rate);
        g_test_add_func("/core/announce/counts", test_counts);
        g_test_add_func("/core/announce/lower-prio-off", test_lower_prio_off);
        g_test_add_func("/core/announce/teach", test_teach);
        g_test_add_func("/core/announce/stop", test_stop);
        g_test_add_func("/core/announce/configure", test_configure);
        g_test_add_func("/core/announce/extra", test_extra);
        return g_test_run();
}
