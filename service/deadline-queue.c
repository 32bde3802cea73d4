/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A binary heap of borrowed deadlines, 1-based so that index 0 can mean "not queued". It owns the timer
 * source and knows nothing of what the deadlines are for. */

#include "service/deadline-queue.h"
#include "service/clock.h"

/* Handled per wake-up before packets get their turn again. */
#define DISPATCH_MAX 64

struct DeadlineQueue {
        Deadline **heap; /* [1..n] */
        size_t n, reserved, allocated;
        sd_event_source *timer;
        DeadlineCallback callback;
        DeadlineDone done;
        void *userdata;
};

static void place(DeadlineQueue *q, size_t i, Deadline *d) {
        q->heap[i] = d;
        d->index = i;
}

static void sift_up(DeadlineQueue *q, size_t i) {
        Deadline *d = q->heap[i];

        for (; i > 1 && q->heap[i / 2]->usec > d->usec; i /= 2)
                place(q, i, q->heap[i / 2]);
        place(q, i, d);
}

static void sift_down(DeadlineQueue *q, size_t i) {
        Deadline *d = q->heap[i];

        for (;;) {
                size_t child = 2 * i;

                if (child > q->n)
                        break;
                if (child < q->n && q->heap[child + 1]->usec < q->heap[child]->usec)
                        child++;
                if (q->heap[child]->usec >= d->usec)
                        break;
                place(q, i, q->heap[child]);
                i = child;
        }
        place(q, i, d);
}

static void take_out(DeadlineQueue *q, Deadline *d) {
        size_t i = d->index;

        d->usec = USEC_INFINITY;
        if (i == 0)
                return;
        d->index = 0;
        if (i == q->n) {
                q->n--;
                return;
        }
        place(q, i, q->heap[q->n--]);
        sift_up(q, i);
        sift_down(q, q->heap[i]->index);
}

static void arm(DeadlineQueue *q) {
        (void)sd_event_source_set_time(q->timer, q->n > 0 ? q->heap[1]->usec : USEC_INFINITY);
}

/* At most DISPATCH_MAX of those that have come by now; may: NULL = all. One that may not be stands aside, so
 * that it does not hold up those behind it, and is queued again unless a callback has changed it. */
static void dispatch(DeadlineQueue *q, bool (*may)(const Deadline *d)) {
        Deadline *aside[DISPATCH_MAX];
        usec_t now = now_boottime();
        size_t n_aside = 0;

        for (unsigned i = 0; i < DISPATCH_MAX && q->n > 0 && q->heap[1]->usec <= now; i++) {
                Deadline *d = q->heap[1];

                usec_t usec = d->usec;

                take_out(q, d);
                if (!may || may(d)) {
                        q->callback(d, now, q->userdata);
                        continue;
                }
                d->usec = usec;
                aside[n_aside++] = d;
        }
        while (n_aside > 0) {
                Deadline *d = aside[--n_aside];

                if (d->index == 0)
                        deadline_queue_set(q, d, d->usec);
        }
        if (q->done)
                q->done(q->userdata);
        arm(q);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata) {
        dispatch(userdata, NULL);
        return 0;
}

void deadline_queue_serve(DeadlineQueue *q, bool (*may)(const Deadline *d)) {
        if (q->n > 0 && q->heap[1]->usec <= now_boottime())
                dispatch(q, may);
}

int deadline_queue_new(sd_event *event, int64_t priority, DeadlineCallback callback, DeadlineDone done,
                void *userdata, DeadlineQueue **ret) {
        _cleanup_(deadline_queue_freep) DeadlineQueue *q = calloc(1, sizeof(*q));
        int r;

        if (!q)
                return -ENOMEM;
        q->callback = callback;
        q->done = done;
        q->userdata = userdata;
        r = sd_event_add_time(event, &q->timer, CLOCK_BOOTTIME, USEC_INFINITY, 1, on_timer, q);
        if (r < 0)
                return r;
        r = sd_event_source_set_priority(q->timer, priority);
        if (r < 0)
                return r;
        r = sd_event_source_set_enabled(q->timer, SD_EVENT_ON);
        if (r < 0)
                return r;
        (void)sd_event_source_set_description(q->timer, "deadlines");
        *ret = TAKE_PTR(q);
        return 0;
}

DeadlineQueue *deadline_queue_free(DeadlineQueue *q) {
        if (!q)
                return NULL;
        sd_event_source_disable_unref(q->timer);
        free(q->heap);
        free(q);
        return NULL;
}

int deadline_queue_reserve(DeadlineQueue *q) {
        if (q->reserved + 1 >= q->allocated) {
                size_t n = MAX(q->allocated * 2, (size_t)16);
                Deadline **heap = reallocarray(q->heap, n, sizeof(*heap));

                if (!heap)
                        return -ENOMEM;
                q->heap = heap;
                q->allocated = n;
        }
        q->reserved++;
        return 0;
}

void deadline_queue_release(DeadlineQueue *q, Deadline *d) {
        take_out(q, d);
        assert(q->reserved > 0);
        q->reserved--;
        arm(q);
}

void deadline_queue_set(DeadlineQueue *q, Deadline *d, usec_t usec) {
        if (usec == USEC_INFINITY)
                take_out(q, d);
        else if (d->index > 0) {
                usec_t old = d->usec;

                d->usec = usec;
                if (usec < old)
                        sift_up(q, d->index);
                else
                        sift_down(q, d->index);
        } else {
                assert(q->n < q->reserved);
                d->usec = usec;
                place(q, ++q->n, d);
                sift_up(q, q->n);
        }
        arm(q);
}
