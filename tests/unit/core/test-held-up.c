/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A master that slept (timer_expired_backup). */

#include "service/core/router.h"
#include <glib.h>
#include <sys/socket.h>

static void test_held_up(void) {
        /* Property: with timer_expired_backup and nopreempt a master that was held up beyond the other's
         * Master_Down_Interval is backup before it hears or says anything; up to then, and without either of
         * the two, it goes on. */
        static const struct {
                bool preempt;
                uint8_t priority;
                usec_t late;
                bool backup;
        } cases[] = {
                        /* The last advert left at the start; 3 s and 56/256 s later the other takes over. */
                        {false, 200, 3218750, false},
                        {false, 200, 3218751, true},
                        {false, 254, 3007813, true},
                        {false, 0, 60 * USEC_PER_SEC, false},
                        {true, 200, 60 * USEC_PER_SEC, false},
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                const RouterConfig config = {
                                .version = 3,
                                .vrid = 1,
                                .family = AF_INET,
                                .base_priority = 100,
                                .interval_usec = USEC_PER_SEC,
                                .preempt = cases[i].preempt,
                                .down_timer_adverts = 3,
                                .expired_priority = cases[i].priority,
                };
                usec_t now = 1000 * USEC_PER_SEC;
                RouterStep step;
                Router r;

                router_init(&r, &config);
                router_step(&r, now, &(RouterEvent){.type = ROUTER_EVENT_STARTED}, &step);
                now = router_deadline(&r);
                router_step(&r, now, &(RouterEvent){.type = ROUTER_EVENT_DEADLINE}, &step);
                g_assert_cmpint(r.state, ==, VRRP_MASTER);
                router_step(&r, now + cases[i].late, &(RouterEvent){.type = ROUTER_EVENT_DEADLINE}, &step);
                g_assert_cmpint(r.state, ==, cases[i].backup ? VRRP_BACKUP : VRRP_MASTER);
                if (cases[i].backup)
                        g_assert_cmpint(r.reason, ==, VRRP_REASON_HELD_UP);
                for (size_t k = 0; cases[i].backup && k < step.n_actions; k++)
                        g_assert_cmpint(step.actions[k].type, !=, ROUTER_ACTION_SEND_ADVERT);
        }
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/core/held-up", test_held_up);
        return g_test_run();
}
