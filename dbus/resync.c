/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Lossy → (old records drained) → everything marked stale, COMMAND_RESYNC posted → records come → DONE →
 * what is still stale is removed, Resync is emitted. A second loss on the way begins anew after DONE; a DONE
 * that is lost itself is replaced by a timer. One at a time, so that an engine that floods is not asked to
 * post still more, and one that loses again begins the later the more often it did: whatever the reason is,
 * the daemon has its time for other things. */

#include "dbus/resync.h"
#include "dbus/side.h"
#include "service/util/log.h"

#define POST_RETRY_USEC (100 * USEC_PER_MSEC)
#define DONE_TIMEOUT_USEC (5 * USEC_PER_SEC)
/* From one resync to the next, if the first was not enough; twice that for the next, and so on. */
#define PAUSE_MIN_USEC (50 * USEC_PER_MSEC)
#define PAUSE_MAX_USEC (10 * USEC_PER_SEC)
#define COMPLAINT_USEC (10 * USEC_PER_SEC)

struct Resync {
        struct BusSide *side; /* borrowed: this is a part of it */
        bool lossy;
        size_t taken;           /* records since the loss was noticed */
        uint64_t request;       /* of the command whose DONE is awaited; 0 = none */
        usec_t pause_usec;      /* 0: the last one was enough */
        usec_t not_before_usec; /* monotonic: for the next */
        usec_t complain_usec;   /* monotonic: nothing is said of another loss before this */
        sd_event_source *timer;
};

static usec_t now_of(const Resync *r) {
        usec_t usec = 0;

        (void)sd_event_now(r->side->event, CLOCK_MONOTONIC, &usec);
        return usec;
}

static void arm(Resync *r, usec_t usec) {
        (void)sd_event_source_set_time_relative(r->timer, usec);
        (void)sd_event_source_set_enabled(r->timer, SD_EVENT_ONESHOT);
}

void resync_lost(Resync *r) {
        if (!r->lossy && now_of(r) >= r->complain_usec) {
                r->complain_usec = now_of(r) + COMPLAINT_USEC;
                log_warning("the engine was faster than the bus side: records were lost, resynchronizing");
        }
        r->lossy = true;
        r->taken = 0;
        publisher_lose_events(r->side->publisher);
}

static void begin(Resync *r) {
        _cleanup_(command_freep) Command *c = NULL;
        usec_t now = now_of(r);

        if (now < r->not_before_usec) {
                arm(r, r->not_before_usec - now);
                return;
        }
        if (command_new(COMMAND_RESYNC, &c) >= 0) {
                uint64_t request = c->request = ++r->side->last_request;

                if (bus_side_post(r->side, c) >= 0) {
                        (void)TAKE_PTR(c);
                        r->lossy = false;
                        r->request = request;
                        r->pause_usec = MIN(r->pause_usec > 0 ? 2 * r->pause_usec : PAUSE_MIN_USEC,
                                        PAUSE_MAX_USEC);
                        r->not_before_usec = now + r->pause_usec;
                        publisher_mark_stale(r->side->publisher);
                        arm(r, DONE_TIMEOUT_USEC);
                        return;
                }
        }
        arm(r, POST_RETRY_USEC);
}

void resync_turn(Resync *r, size_t taken, bool empty) {
        r->taken += taken;
        if (r->request != 0 && taken > 0)
                arm(r, DONE_TIMEOUT_USEC); /* the engine posts in portions: it is at it */
        if (r->lossy && r->request == 0 && (empty || r->taken >= MAILBOX_CAPACITY))
                begin(r);
}

/* The command could not be posted, or its DONE did not come. */
static int on_timer(sd_event_source *s, uint64_t usec, void *userdata) {
        Resync *r = userdata;

        r->request = 0;
        begin(r);
        return 0;
}

void resync_done(Resync *r, const Record *record) {
        BusSide *side = r->side;
        uint64_t request = r->request;

        if (request == 0 || (record->request != 0 && record->request != request))
                return;
        r->request = 0;
        (void)sd_event_source_set_enabled(r->timer, SD_EVENT_OFF);
        /* Answers to what was asked before have come by now, or never will. */
        reloader_answer_lost(side->reloader, request);
        statistics_end(side->statistics, request, SD_BUS_ERROR_FAILED,
                        "The engine's answer was lost: ask again.");
        if (r->lossy)
                return; /* what is stale now may only have been lost again: resync_turn() begins anew */
        r->pause_usec = 0;
        r->not_before_usec = 0;
        publisher_remove_stale(side->publisher);
        publisher_flush(side->publisher);
        publisher_emit_resync(side->publisher, "overflow");
}

Resync *resync_free(Resync *r) {
        if (!r)
                return NULL;
        sd_event_source_unref(r->timer);
        free(r);
        return NULL;
}

int resync_new(BusSide *side, Resync **ret) {
        _cleanup_(resync_freep) Resync *r = calloc(1, sizeof(*r));
        int k;

        if (!r)
                return -ENOMEM;
        r->side = side;
        k = sd_event_add_time_relative(
                        side->event, &r->timer, CLOCK_MONOTONIC, 0, USEC_PER_MSEC, on_timer, r);
        if (k >= 0)
                k = sd_event_source_set_enabled(r->timer, SD_EVENT_OFF);
        if (k < 0)
                return k;
        *ret = TAKE_PTR(r);
        return 0;
}
