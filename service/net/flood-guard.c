/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* See flood-guard.h. The rate limit of sd-event is no help: it counts wake-ups in a time, which are few when
 * each of them takes long. */

#include "service/net/flood-guard.h"

#include <time.h>

#define WAKEUPS 8
#define PAUSE_USEC (5 * USEC_PER_MSEC)

static int on_others(sd_event_source *source, void *userdata) {
        FloodGuard *g = userdata;

        g->n_woken = 0;
        return 0;
}

static int on_pause_over(sd_event_source *source, uint64_t usec, void *userdata) {
        FloodGuard *g = userdata;

        g->n_woken = 0;
        return sd_event_source_set_enabled(g->source, SD_EVENT_ON);
}

static int add_sources(FloodGuard *g) {
        sd_event *event = sd_event_source_get_event(g->source);
        int64_t priority;
        int r;

        r = sd_event_source_get_priority(g->source, &priority);
        if (r < 0)
                return r;
        /* A post source, not a deferred one, whose turn would be one more event for other post sources. */
        r = sd_event_add_post(event, &g->others, on_others, g);
        if (r < 0)
                return r;
        r = sd_event_source_set_priority(g->others, SD_EVENT_PRIORITY_IDLE);
        if (r < 0)
                return r;
        r = sd_event_source_set_enabled(g->others, SD_EVENT_OFF);
        if (r < 0)
                return r;
        r = sd_event_add_time_relative(
                        event, &g->pause, CLOCK_MONOTONIC, 0, USEC_PER_MSEC, on_pause_over, g);
        if (r < 0)
                return r;
        r = sd_event_source_set_enabled(g->pause, SD_EVENT_OFF);
        return r < 0 ? r : sd_event_source_set_priority(g->pause, priority);
}

int flood_guard_start(FloodGuard *g, sd_event_source *source) {
        int r;

        *g = (FloodGuard){.source = source};
        r = add_sources(g);
        if (r < 0)
                flood_guard_stop(g);
        return r;
}

void flood_guard_stop(FloodGuard *g) {
        (void)sd_event_source_disable_unref(g->others);
        (void)sd_event_source_disable_unref(g->pause);
        *g = (FloodGuard){0};
}

/* The loop's idea of now is from before the reading. */
static usec_t pause_end(void) {
        struct timespec ts;

        (void)clock_gettime(CLOCK_MONOTONIC, &ts);
        return (usec_t)ts.tv_sec * USEC_PER_SEC + (usec_t)ts.tv_nsec / NSEC_PER_USEC + PAUSE_USEC;
}

void flood_guard_woken(FloodGuard *g) {
        (void)sd_event_source_set_enabled(g->others, SD_EVENT_ONESHOT);
        if (++g->n_woken < WAKEUPS || sd_event_source_set_time(g->pause, pause_end()) < 0 ||
                        sd_event_source_set_enabled(g->pause, SD_EVENT_ONESHOT) < 0)
                return;
        (void)sd_event_source_set_enabled(g->source, SD_EVENT_OFF);
}
