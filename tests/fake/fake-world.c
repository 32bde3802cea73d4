/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Plain lists and copies; see fake-world.h. Memory errors end the program, as this is a test's tool. */

#include "tests/fake/fake-world.h"
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>

usec_t fake_now(int clock) {
        struct timespec t;

        clock_gettime(clock, &t);
        return (usec_t)t.tv_sec * USEC_PER_SEC + (usec_t)t.tv_nsec / NSEC_PER_USEC;
}

static void *xcalloc(size_t n, size_t size) {
        void *p = calloc(n, size);
        if (!p)
                abort();
        return p;
}

static void *xcopy(const void *p, size_t n, size_t size) {
        return n == 0 ? NULL : memcpy(xcalloc(n, size), p, n * size);
}

FakeInstance *fake_find(FakeWorld *w, const char *name) {
        LIST_FOREACH (l, &w->instances)
                if (streq(CONTAINER_OF(l, FakeInstance, link)->status.name, name))
                        return CONTAINER_OF(l, FakeInstance, link);
        return NULL;
}

FakeInstance *fake_find_id(FakeWorld *w, uint32_t id) {
        LIST_FOREACH (l, &w->instances)
                if (CONTAINER_OF(l, FakeInstance, link)->status.id == id)
                        return CONTAINER_OF(l, FakeInstance, link);
        return NULL;
}

FakeGroup *fake_find_group(FakeWorld *w, const char *name) {
        LIST_FOREACH (l, &w->groups)
                if (streq(CONTAINER_OF(l, FakeGroup, link)->status.name, name))
                        return CONTAINER_OF(l, FakeGroup, link);
        return NULL;
}

FakeGroup *fake_find_group_id(FakeWorld *w, uint32_t id) {
        LIST_FOREACH (l, &w->groups)
                if (CONTAINER_OF(l, FakeGroup, link)->status.id == id)
                        return CONTAINER_OF(l, FakeGroup, link);
        return NULL;
}

FakeTracker *fake_find_tracker(FakeWorld *w, const char *name) {
        LIST_FOREACH (l, &w->trackers)
                if (streq(CONTAINER_OF(l, FakeTracker, link)->status.name, name))
                        return CONTAINER_OF(l, FakeTracker, link);
        return NULL;
}

static VrrpAddress address(uint8_t third, uint8_t fourth) {
        return (VrrpAddress){.family = AF_INET, .bytes = {192, 0, third, fourth}};
}

FakeInstance *fake_add(FakeWorld *w, const char *name, uint8_t vrid) {
        FakeInstance *i = xcalloc(1, sizeof(*i));
        InstanceStatus *s = &i->status;

        s->id = ++w->last_id;
        (void)snprintf(s->name, sizeof(s->name), "%s", name);
        (void)snprintf(s->interface, sizeof(s->interface), "eth0");
        s->vrid = vrid;
        s->version = 3;
        s->family = AF_INET;
        s->ifindex = 7;
        s->state = VRRP_BACKUP;
        s->reason = VRRP_REASON_STARTED;
        s->state_change_realtime = fake_now(CLOCK_REALTIME);
        s->state_change_monotonic = fake_now(CLOCK_MONOTONIC);
        s->admin_uid = UINT32_MAX;
        s->priority = s->base_priority = 100;
        s->preempt = true;
        s->interval_usec = USEC_PER_SEC;
        s->source = address(2, 1);
        s->master_address = address(2, 2);
        s->master_priority = 150;
        s->n_vips = 1;
        s->vips = xcalloc(1, sizeof(*s->vips));
        s->vips[0] = (PublishVip){.address = address(2, vrid), .prefixlen = 24};
        list_append(&w->instances, &i->link);
        return i;
}

FakeGroup *fake_add_group(FakeWorld *w, const char *name) {
        FakeGroup *g = xcalloc(1, sizeof(*g));

        g->status.id = ++w->last_id;
        (void)snprintf(g->status.name, sizeof(g->status.name), "%s", name);
        g->status.state = VRRP_BACKUP;
        g->status.reason = VRRP_REASON_STARTED;
        g->status.admin_uid = UINT32_MAX;
        list_append(&w->groups, &g->link);
        return g;
}

void fake_group_join(FakeGroup *g, FakeInstance *i) {
        uint32_t *grown = reallocarray(g->status.members, g->status.n_members + 1, sizeof(*grown));

        if (!grown)
                abort();
        g->status.members = grown;
        g->status.members[g->status.n_members++] = i->status.id;
        i->status.group = g->status.id;
}

FakeTracker *fake_add_tracker(FakeWorld *w, const char *name) {
        FakeTracker *t = xcalloc(1, sizeof(*t));

        t->status.id = ++w->last_id;
        t->status.type = VRRP_TRACKER_SCRIPT;
        (void)snprintf(t->status.name, sizeof(t->status.name), "%s", name);
        (void)snprintf(t->status.target, sizeof(t->status.target), "/usr/bin/true");
        list_append(&w->trackers, &t->link);
        return t;
}

static void post(FakeWorld *w, Record *record) {
        if (mailbox_post(w->records, record) < 0) {
                w->refused++;
                record_free(record);
        }
}

static Record *new_record(RecordType type) {
        Record *r;

        if (record_new(type, &r) < 0)
                abort();
        return r;
}

static void free_instance(FakeInstance *i) {
        list_remove(&i->link);
        free(i->status.vips);
        free(i->status.tracks);
        free(i->status.faults);
        free(i->status.conflicts);
        free(i);
}

void fake_remove(FakeWorld *w, FakeInstance *i) {
        Record *r = new_record(RECORD_INSTANCE_REMOVED);

        r->id = i->status.id;
        free_instance(i);
        post(w, r);
}

static void free_group(FakeGroup *g) {
        list_remove(&g->link);
        free(g->status.members);
        free(g);
}

void fake_remove_group(FakeWorld *w, FakeGroup *g) {
        Record *r = new_record(RECORD_GROUP_REMOVED);

        r->id = g->status.id;
        free_group(g);
        post(w, r);
}

void fake_remove_tracker(FakeWorld *w, FakeTracker *t) {
        Record *r = new_record(RECORD_TRACKER_REMOVED);

        r->id = t->status.id;
        list_remove(&t->link);
        free(t);
        post(w, r);
}

void fake_clear(FakeWorld *w) {
        while (!list_empty(&w->instances))
                free_instance(CONTAINER_OF(w->instances.next, FakeInstance, link));
        while (!list_empty(&w->groups))
                free_group(CONTAINER_OF(w->groups.next, FakeGroup, link));
        while (!list_empty(&w->trackers)) {
                FakeTracker *t = CONTAINER_OF(w->trackers.next, FakeTracker, link);

                list_remove(&t->link);
                free(t);
        }
}

void fake_post_status(FakeWorld *w, const FakeInstance *i) {
        Record *r = new_record(RECORD_INSTANCE);
        InstanceStatus *s = xcopy(&i->status, 1, sizeof(*s));

        s->vips = xcopy(s->vips, s->n_vips, sizeof(*s->vips));
        s->tracks = xcopy(s->tracks, s->n_tracks, sizeof(*s->tracks));
        s->faults = xcopy(s->faults, s->n_faults, sizeof(*s->faults));
        s->conflicts = xcopy(s->conflicts, s->n_conflicts, sizeof(*s->conflicts));
        r->status = s;
        post(w, r);
}

void fake_post_group(FakeWorld *w, const FakeGroup *g) {
        Record *r = new_record(RECORD_GROUP);

        r->group = xcopy(&g->status, 1, sizeof(g->status));
        r->group->members = xcopy(g->status.members, g->status.n_members, sizeof(*g->status.members));
        post(w, r);
}

void fake_post_group_event(FakeWorld *w, const FakeGroup *g, const InstanceEvent *event) {
        Record *r = new_record(RECORD_GROUP_EVENT);

        r->event = xcopy(event, 1, sizeof(*event));
        r->event->group = g->status.id;
        (void)snprintf(r->event->name, sizeof(r->event->name), "%s", g->status.name);
        r->event->realtime = fake_now(CLOCK_REALTIME);
        r->event->monotonic = fake_now(CLOCK_MONOTONIC);
        post(w, r);
}

void fake_post_tracker(FakeWorld *w, const FakeTracker *t) {
        Record *r = new_record(RECORD_TRACKER);

        r->tracker = xcopy(&t->status, 1, sizeof(t->status));
        post(w, r);
}

void fake_post_event(FakeWorld *w, const FakeInstance *i, const InstanceEvent *event) {
        Record *r = new_record(RECORD_EVENT);

        r->event = xcopy(event, 1, sizeof(*event));
        r->event->instance = i->status.id;
        (void)snprintf(r->event->name, sizeof(r->event->name), "%s", i->status.name);
        r->event->realtime = fake_now(CLOCK_REALTIME);
        r->event->monotonic = fake_now(CLOCK_MONOTONIC);
        post(w, r);
}

void fake_post_surely(FakeWorld *w, Record *record) {
        while (mailbox_post(w->records, record) < 0)
                (void)nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}

void fake_post_simple(FakeWorld *w, RecordType type) {
        fake_post_surely(w, new_record(type));
}

void fake_post_everything(FakeWorld *w) {
        LIST_FOREACH (l, &w->trackers)
                fake_post_tracker(w, CONTAINER_OF(l, FakeTracker, link));
        LIST_FOREACH (l, &w->groups)
                fake_post_group(w, CONTAINER_OF(l, FakeGroup, link));
        LIST_FOREACH (l, &w->instances)
                fake_post_status(w, CONTAINER_OF(l, FakeInstance, link));
}

static void activate_vips(InstanceStatus *s, bool on) {
        for (size_t k = 0; k < s->n_vips; k++)
                s->vips[k].active = on;
}

void fake_transition(FakeWorld *w, FakeInstance *i, VrrpState state, VrrpReason reason, const char *detail) {
        InstanceStatus *s = &i->status;
        InstanceEvent e = {
                        .kind = EVENT_STATE_CHANGED,
                        .old_state = s->state,
                        .new_state = state,
                        .reason = reason,
        };

        (void)snprintf(e.detail, sizeof(e.detail), "%s", detail);
        s->state = state;
        s->reason = reason;
        s->state_change_realtime = fake_now(CLOCK_REALTIME);
        s->state_change_monotonic = fake_now(CLOCK_MONOTONIC);
        s->master_address = state == VRRP_MASTER ? s->source : address(2, 2);
        fake_post_status(w, i);
        fake_post_event(w, i, &e);

        activate_vips(s, state == VRRP_MASTER);
        fake_post_status(w, i);
        e.kind = EVENT_TRANSITION_FINISHED;
        e.result = VRRP_RESULT_DONE;
        e.detail[0] = '\0';
        e.first_advert_usec = 10;
        e.addresses_confirmed_usec = 250;
        e.first_announce_usec = 300;
        fake_post_event(w, i, &e);
}
