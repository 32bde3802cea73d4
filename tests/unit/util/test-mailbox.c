/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The mailbox: order, bounds, ownership, and that a reader who sleeps on the fd never sleeps over a record.
 */

#include "service/util/mailbox.h"
#include <glib.h>
#include <poll.h>
#include <pthread.h>

static unsigned n_freed;

static void count_free(void *record) {
        n_freed++;
        free(record);
}

static bool readable(const Mailbox *m) {
        struct pollfd p = {.fd = mailbox_fd(m), .events = POLLIN};

        return poll(&p, 1, 0) == 1;
}

static void test_order(void) {
        /* Records come out in the order they went in, over the wrap-around of the ring; the fd is readable
         * until empty was seen. */
        _cleanup_(mailbox_freep) Mailbox *m = NULL;
        int values[7];

        g_assert_cmpint(mailbox_new(3, NULL, &m), ==, 0);
        g_assert_false(readable(m));
        g_assert_null(mailbox_take(m));
        for (size_t i = 0; i + 1 < ELEMENTSOF(values); i += 2) {
                g_assert_cmpint(mailbox_post(m, &values[i]), ==, 0);
                g_assert_cmpint(mailbox_post(m, &values[i + 1]), ==, 0);
                g_assert_true(readable(m));
                g_assert_true(mailbox_take(m) == &values[i]);
                g_assert_true(readable(m));
                g_assert_true(mailbox_take(m) == &values[i + 1]);
                g_assert_null(mailbox_take(m));
                g_assert_false(readable(m));
        }
        g_assert_false(mailbox_take_overflow(m));
}

static void test_overflow(void) {
        /* A full box refuses, the record stays the poster's, and the reader learns of it exactly once. */
        _cleanup_(mailbox_freep) Mailbox *m = NULL;
        int value;

        g_assert_cmpint(mailbox_new(1, NULL, &m), ==, 0);
        g_assert_cmpint(mailbox_post(m, &value), ==, 0);
        g_assert_cmpint(mailbox_post(m, &value), ==, -ENOBUFS);
        g_assert_cmpint(mailbox_post(m, &value), ==, -ENOBUFS);
        g_assert_true(mailbox_take_overflow(m));
        g_assert_false(mailbox_take_overflow(m));
        g_assert_true(mailbox_take(m) == &value);
        g_assert_cmpint(mailbox_post(m, &value), ==, 0);
}

static void test_free_what_is_left(void) {
        /* Records nobody took are freed with the box; those that were taken are not. */
        Mailbox *m = NULL;

        n_freed = 0;
        g_assert_cmpint(mailbox_new(4, count_free, &m), ==, 0);
        for (unsigned i = 0; i < 3; i++)
                g_assert_cmpint(mailbox_post(m, malloc(1)), ==, 0);
        free(mailbox_take(m));
        g_assert_null(mailbox_free(m));
        g_assert_cmpuint(n_freed, ==, 2);
        g_assert_null(mailbox_free(NULL));
}

#define N_RECORDS 20000

static void *post_many(void *userdata) {
        for (uintptr_t i = 1; i <= N_RECORDS;)
                if (mailbox_post(userdata, (void *)i) >= 0)
                        i++;
                else
                        sched_yield();
        return NULL;
}

static void test_threads(void) {
        /* A reader that polls the fd, and takes at most three records per wake-up, gets every record in
         * order. */
        _cleanup_(mailbox_freep) Mailbox *m = NULL;
        uintptr_t expected = 1;
        pthread_t thread;

        g_assert_cmpint(mailbox_new(64, NULL, &m), ==, 0);
        g_assert_cmpint(pthread_create(&thread, NULL, post_many, m), ==, 0);
        while (expected <= N_RECORDS) {
                struct pollfd p = {.fd = mailbox_fd(m), .events = POLLIN};

                g_assert_cmpint(poll(&p, 1, 30000), ==, 1);
                for (unsigned i = 0; i < 3; i++) {
                        void *record = mailbox_take(m);

                        if (!record)
                                break;
                        g_assert_true(record == (void *)expected);
                        expected++;
                }
        }
        pthread_join(thread, NULL);
        g_assert_null(mailbox_take(m));
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/mailbox/order", test_order);
        g_test_add_func("/mailbox/overflow", test_overflow);
        g_test_add_func("/mailbox/free-what-is-left", test_free_what_is_left);
        g_test_add_func("/mailbox/threads", test_threads);
        return g_test_run();
}
