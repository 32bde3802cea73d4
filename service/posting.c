/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* See posting.h. The instances that wait are the manager's dirty list. */

#include "service/manager.h"
#include "service/outbox.h"
#include <stdio.h>

#define LOOK_AGAIN_USEC USEC_PER_MSEC
/* The rest of the mailbox is for events. */
#define WAITING_MAX (MAILBOX_CAPACITY / 2)

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata) {
        return 0; /* the end of this turn does it */
}

static void arm(Manager *m) {
        (void)sd_event_source_set_time_relative(m->posting.timer, LOOK_AGAIN_USEC);
        (void)sd_event_source_set_enabled(m->posting.timer, SD_EVENT_ONESHOT);
}

int posting_init(Manager *m) {
        int r = sd_event_add_time_relative(
                        m->event, &m->posting.timer, CLOCK_MONOTONIC, 0, LOOK_AGAIN_USEC, on_timer, m);

        return r < 0 ? r : sd_event_source_set_enabled(m->posting.timer, SD_EVENT_OFF);
}

void posting_done(Manager *m) {
        sd_event_source_unref(m->posting.timer);
        record_free(m->posting.answer);
}

void manager_post_tracker(Manager *m, const Tracker *t) {
        TrackerStatus s = {
                        .id = t->id,
                        .type = t->type,
                        .state = t->state,
                        .value = t->value,
                        .change_realtime = t->change_realtime,
                        .change_monotonic = t->change_boottime,
        };

        snprintf(s.name, sizeof(s.name), "%s", t->name);
        snprintf(s.target, sizeof(s.target), "%s", strempty(t->target));
        snprintf(s.status_text, sizeof(s.status_text), "%s", t->status_text);
        outbox_tracker(m->records, &s);
}

void manager_post_trackers(Manager *m) {
        m->posting.trackers = true;
        m->posting.next_tracker = 0;
        arm(m);
}

void manager_post_everything(Manager *m, uint64_t request) {
        manager_post_trackers(m);
        LIST_FOREACH (node, &m->groups)
                sync_group_mark_dirty(CONTAINER_OF(node, SyncGroup, node));
        LIST_FOREACH (node, &m->leaving)
                instance_mark_dirty(CONTAINER_OF(node, Instance, node));
        LIST_FOREACH (node, &m->instances)
                instance_mark_dirty(CONTAINER_OF(node, Instance, node));
        m->posting.resync = true;
        m->posting.resync_request = request;
}

void manager_post_reloaded(Manager *m, Record *answer) {
        outbox_post(m->records,
                        TAKE_PTR(m->posting.answer)); /* the bus side reloads one at a time: there is none */
        m->posting.answer = answer;
        arm(m);
}

static bool has_room(const Manager *m) {
        return mailbox_waiting(m->records) < WAITING_MAX;
}

typedef struct TrackerWalk {
        Manager *manager;
        size_t position;
} TrackerWalk;

/* 1: no room. */
static int post_next_tracker(Tracker *t, void *userdata) {
        TrackerWalk *w = userdata;
        Posting *p = &w->manager->posting;

        if (w->position++ < p->next_tracker)
                return 0;
        if (!has_room(w->manager))
                return 1;
        manager_post_tracker(w->manager, t);
        p->next_tracker++;
        return 0;
}

/* When no member names them any more. */
static void post_gone_groups(Manager *m) {
        LIST_FOREACH_SAFE (node, &m->gone_groups) {
                SyncGroup *g = CONTAINER_OF(node, SyncGroup, node);

                outbox_simple(m->records, RECORD_GROUP_REMOVED, g->id, 0, 0);
                sync_group_free(g);
        }
}

void manager_post_pending(Manager *m) {
        Posting *p = &m->posting;
        TrackerWalk walk = {.manager = m};

        if (p->trackers && tracker_set_foreach(m->trackers, post_next_tracker, &walk) == 0)
                p->trackers = false;
        LIST_FOREACH_SAFE (node, &m->dirty_groups) {
                if (!has_room(m))
                        break;
                sync_group_post_status(CONTAINER_OF(node, SyncGroup, dirty));
        }
        LIST_FOREACH_SAFE (node, &m->dirty) {
                if (!has_room(m))
                        break;
                instance_post_status(CONTAINER_OF(node, Instance, dirty));
        }
        if (p->trackers || !list_empty(&m->dirty_groups) || !list_empty(&m->dirty)) {
                arm(m);
                return;
        }
        post_gone_groups(m);
        outbox_post(m->records, TAKE_PTR(p->answer));
        if (p->resync)
                outbox_simple(m->records, RECORD_RESYNC_DONE, 0, p->resync_request, 0);
        p->resync = false;
}
