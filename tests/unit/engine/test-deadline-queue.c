/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Deadlines come in the order of their times, each once, whatever was set, moved and taken out before; and a
 * callback may set its deadline anew. */

#include "service/clock.h"
#include "service/deadline-queue.h"
#include <glib.h>

#define N 500

typedef struct Fixture {
        sd_event *event;
        DeadlineQueue *queue;
        Deadline items[N];
        usec_t last;
        unsigned n_called, n_expected, again;
} Fixture;

static void on_deadline(Deadline *d, usec_t now, void *userdata) {
        Fixture *f = userdata;

        g_assert_cmpuint(d->index, ==, 0);
        g_assert_cmpuint(now, >=, f->last);
        f->n_called++;
        if (f->again > 0) {
                f->again--;
                deadline_queue_set(f->queue, d, now + 100);
        }
        if (f->n_called == f->n_expected)
                sd_event_exit(f->event, 0);
}

static void set_up(Fixture *f, gconstpointer data) {
        g_assert_cmpint(sd_event_new(&f->event), >=, 0);
        g_assert_cmpint(deadline_queue_new(f->event, 0, on_deadline, NULL, f, &f->queue), >=, 0);
        for (unsigned i = 0; i < N; i++) {
                f->items[i].usec = USEC_INFINITY;
                g_assert_cmpint(deadline_queue_reserve(f->queue), >=, 0);
        }
}

static void tear_down(Fixture *f, gconstpointer data) {
        for (unsigned i = 0; i < N; i++)
                deadline_queue_release(f->queue, &f->items[i]);
        deadline_queue_free(f->queue);
        sd_event_unref(f->event);
}

/* Every deadline that is set comes exactly once; those taken out do not. */
static void test_all_come(Fixture *f, gconstpointer data) {
        GRand *rand = g_rand_new_with_seed(118);
        usec_t now = now_boottime();

        for (unsigned i = 0; i < N; i++)
                deadline_queue_set(f->queue, &f->items[i], now + (usec_t)g_rand_int_range(rand, 0, 20000));
        for (unsigned i = 0; i < N; i += 3)
                deadline_queue_set(f->queue, &f->items[i], now + (usec_t)g_rand_int_range(rand, 0, 20000));
        for (unsigned i = 1; i < N; i += 3)
                deadline_queue_set(f->queue, &f->items[i], USEC_INFINITY);
        f->n_expected = N - (N + 1) / 3;
        g_assert_cmpint(sd_event_loop(f->event), >=, 0);
        g_assert_cmpuint(f->n_called, ==, f->n_expected);
        for (unsigned i = 0; i < N; i++)
                g_assert_cmpuint(f->items[i].index, ==, 0);
        g_rand_free(rand);
}

/* A callback that sets its deadline again is called again. */
static void test_again(Fixture *f, gconstpointer data) {
        f->again = 9;
        f->n_expected = 10;
        deadline_queue_set(f->queue, &f->items[0], now_boottime());
        g_assert_cmpint(sd_event_loop(f->event), >=, 0);
        g_assert_cmpuint(f->n_called, ==, 10);
}

static const Deadline *forbidden;

static bool may(const Deadline *d) {
        return d != forbidden;
}

/* In the middle of work those that have come are served in their order, also behind one that may not be;
 * that one comes later. */
static void test_serve(Fixture *f, gconstpointer data) {
        usec_t now = now_boottime();

        f->n_expected = N;
        forbidden = &f->items[2];
        for (unsigned i = 0; i < 4; i++)
                deadline_queue_set(f->queue, &f->items[i], now - 10 + i);
        deadline_queue_set(f->queue, &f->items[4], now + 3600 * USEC_PER_SEC);
        deadline_queue_serve(f->queue, may);
        g_assert_cmpuint(f->n_called, ==, 3);
        for (unsigned i = 0; i < 5; i++)
                g_assert_true((f->items[i].index == 0) == (i != 2 && i != 4));
        g_assert_cmpuint(f->items[2].usec, ==, now - 8);
        f->n_expected = 4;
        g_assert_cmpint(sd_event_loop(f->event), >=, 0);
        g_assert_cmpuint(f->n_called, ==, 4);
        g_assert_cmpuint(f->items[4].index, ==, 1);
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);
        g_test_add("/deadline-queue/all-come", Fixture, NULL, set_up, test_all_come, tear_down);
        g_test_add("/deadline-queue/again", Fixture, NULL, set_up, test_again, tear_down);
        g_test_add("/deadline-queue/serve", Fixture, NULL, set_up, test_serve, tear_down);
        return g_test_run();
}
