/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Dirty objects stand in a list until the end of the turn, or until an event of theirs comes first. An error
 * of sd-bus here means that a signal was not sent (memory, a connection that is just breaking): it is
 * logged, and clients find the gap by `seq`. */

#include "dbus/publisher-internal.h"
#include "dbus/event-log.h"
#include "dbus/event-message.h"
#include "dbus/instance-object.h"
#include "dbus/manager-object.h"
#include "dbus/names.h"
#include "dbus/tracker-object.h"

int publisher_new(Journal *journal, PublisherKeep keep, void *userdata, Publisher **ret) {
        _cleanup_(publisher_freep) Publisher *p = calloc(1, sizeof(*p));
        int r;

        if (!p)
                return -ENOMEM;
        p->journal = journal;
        p->keep = keep;
        p->userdata = userdata;
        list_init(&p->dirty_instances);
        list_init(&p->dirty_groups);
        list_init(&p->dirty_trackers);
        r = mirror_new(&p->mirror);
        if (r >= 0)
                r = event_ring_new(&p->events);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(p);
        return 0;
}

Publisher *publisher_free(Publisher *p) {
        if (!p)
                return NULL;
        mirror_free(p->mirror);
        event_ring_free(p->events);
        free(p);
        return NULL;
}

void publisher_set_connection(Publisher *p, Connection *connection) {
        p->connection = connection;
}

Mirror *publisher_mirror(const Publisher *p) {
        return p->mirror;
}

const EventRing *publisher_events(const Publisher *p) {
        return p->events;
}

sd_bus *publisher_bus(const Publisher *p) {
        return p->connection ? connection_emit_bus(p->connection) : NULL;
}

void publisher_complain(int r, const char *what) {
        if (r < 0 && r != -ENOTCONN)
                log_warning("could not emit %s: %s", what, strerror(-r));
}

static void dirty_instance(Publisher *p, InstanceObject *o, uint64_t bits) {
        o->dirty |= bits;
        if (o->dirty && !list_linked(&o->in_dirty))
                list_append(&p->dirty_instances, &o->in_dirty);
}

static void dirty_tracker(Publisher *p, TrackerObject *t, uint64_t bits) {
        if (!t->status)
                return;
        t->dirty |= bits;
        if (t->dirty && !list_linked(&t->in_dirty))
                list_append(&p->dirty_trackers, &t->in_dirty);
}

void publisher_manager_changed(Publisher *p, uint32_t bits) {
        p->dirty_manager |= bits;
}

static void flush_instance(Publisher *p, InstanceObject *o) {
        if (list_linked(&o->in_dirty))
                list_remove(&o->in_dirty);
        if (o->dirty == 0)
                return;
        sd_bus *bus = publisher_bus(p);
        if (bus)
                publisher_complain(instance_object_emit_changes(bus, o), "PropertiesChanged");
        o->dirty = 0;
}

static void flush_tracker(Publisher *p, TrackerObject *t) {
        list_remove(&t->in_dirty);
        sd_bus *bus = publisher_bus(p);
        if (bus && t->dirty)
                publisher_complain(tracker_object_emit_changes(bus, t), "PropertiesChanged");
        t->dirty = 0;
}

void publisher_flush(Publisher *p) {
        while (!list_empty(&p->dirty_trackers))
                flush_tracker(p, CONTAINER_OF(p->dirty_trackers.next, TrackerObject, in_dirty));
        while (!list_empty(&p->dirty_groups))
                publisher_flush_group(p, CONTAINER_OF(p->dirty_groups.next, GroupObject, in_dirty));
        while (!list_empty(&p->dirty_instances))
                flush_instance(p, CONTAINER_OF(p->dirty_instances.next, InstanceObject, in_dirty));
        if (p->dirty_manager) {
                sd_bus *bus = publisher_bus(p);
                if (bus)
                        publisher_complain(manager_object_emit_changes(bus, p->dirty_manager),
                                        "PropertiesChanged");
                p->dirty_manager = 0;
        }
}

/* The trackers that the instance names have other users now, or are named with another weight. */
static void dirty_used_trackers(Publisher *p, const InstanceObject *o) {
        for (size_t i = 0; i < o->n_uses; i++)
                dirty_tracker(p, o->uses[i].tracker, TRACKER_CHANGED_USERS);
}

static void remove_instance(Publisher *p, InstanceObject *o) {
        sd_bus *bus = publisher_bus(p);

        if (bus)
                publisher_complain(sd_bus_emit_object_removed(bus, o->path), "InterfacesRemoved");
        dirty_used_trackers(p, o);
        publisher_dirty_group_of(p, o->status);
        mirror_remove_instance(p->mirror, o);
        p->dirty_manager |= MANAGER_CHANGED_COUNTS;
}

static int add_instance(Publisher *p, InstanceStatus *status) {
        InstanceObject *o;
        int r = mirror_add_instance(p->mirror, status, &o);

        if (r < 0) {
                instance_status_free(status);
                return r;
        }
        sd_bus *bus = publisher_bus(p);
        if (bus)
                publisher_complain(sd_bus_emit_object_added(bus, o->path), "InterfacesAdded");
        dirty_used_trackers(p, o);
        publisher_dirty_group_of(p, o->status);
        p->dirty_manager |= MANAGER_CHANGED_COUNTS;
        p->keep(status, false, p->userdata);
        return 0;
}

static int change_instance(Publisher *p, InstanceObject *o, InstanceStatus *status) {
        _cleanup_(instance_status_freep) InstanceStatus *old = NULL;
        uint64_t changes = instance_object_changes(o->status, status);
        bool tracks = changes & instance_object_trackers_bit();

        if (tracks)
                dirty_used_trackers(p, o);
        int r = mirror_replace_instance(p->mirror, o, status, &old);
        if (r < 0) {
                instance_status_free(status);
                return r;
        }
        o->stale = false;
        dirty_instance(p, o, changes);
        if (tracks)
                dirty_used_trackers(p, o);
        if (old->state != status->state || old->admin != status->admin ||
                        old->n_conflicts != status->n_conflicts)
                p->dirty_manager |= MANAGER_CHANGED_COUNTS;
        p->keep(status, false, p->userdata);
        return 0;
}

/* Ids grow and are never used again, so of two instances with one name the one with the greater id is the
 * configured one, and the other was restarted by a reload and is leaving: what that one still says must not
 * be taken for its successor's, on whose path it would appear. */
static bool has_successor(const Publisher *p, uint32_t id, const char *name) {
        const InstanceObject *o = mirror_instance_by_name(p->mirror, name);

        return o && o->status->id > id;
}

/* A restarted instance is removed and added, once: what is constant of it may be another now, and its
 * counters begin again. */
int publisher_instance(Publisher *p, InstanceStatus *status) {
        InstanceObject *o = mirror_instance_by_id(p->mirror, status->id);

        if (o && !instance_object_is_other(o->status, status))
                return change_instance(p, o, status);
        if (has_successor(p, status->id, status->name)) {
                instance_status_free(status);
                return 0;
        }
        if (o)
                remove_instance(p, o);
        o = mirror_instance_by_name(p->mirror, status->name);
        if (o)
                remove_instance(p, o);
        return add_instance(p, status);
}

/* Its name is not configured any more, unlike that of an instance that is replaced. */
static void forget_instance(Publisher *p, InstanceObject *o) {
        p->keep(o->status, true, p->userdata);
        remove_instance(p, o);
}

void publisher_instance_removed(Publisher *p, uint32_t id) {
        InstanceObject *o = mirror_instance_by_id(p->mirror, id);

        if (o)
                forget_instance(p, o);
}

static void dirty_users(Publisher *p, const TrackerObject *t) {
        LIST_FOREACH (l, &t->users)
                dirty_instance(p, CONTAINER_OF(l, TrackerUse, in_tracker)->instance,
                                instance_object_trackers_bit());
}

static void remove_tracker(Publisher *p, TrackerObject *t) {
        sd_bus *bus = publisher_bus(p);

        if (bus)
                publisher_complain(sd_bus_emit_object_removed(bus, t->path), "InterfacesRemoved");
        dirty_users(p, t);
        mirror_remove_tracker(p->mirror, t);
}

int publisher_tracker(Publisher *p, TrackerStatus *status) {
        TrackerObject *t = mirror_tracker_by_id(p->mirror, status->id);

        if (t && tracker_object_is_other(t->status, status)) {
                remove_tracker(p, t);
                t = NULL;
        }
        if (t) {
                dirty_tracker(p, t, tracker_object_changes(t->status, status));
                free(mirror_replace_tracker(t, status));
                t->stale = false;
                return 0;
        }

        t = mirror_tracker_by_name(p->mirror, status->type, status->name);
        if (t)
                remove_tracker(p, t);
        int r = mirror_add_tracker(p->mirror, status, &t);
        if (r < 0) {
                free(status);
                return r;
        }
        sd_bus *bus = publisher_bus(p);
        if (bus)
                publisher_complain(sd_bus_emit_object_added(bus, t->path), "InterfacesAdded");
        dirty_users(p, t);
        return 0;
}

void publisher_tracker_removed(Publisher *p, uint32_t id) {
        TrackerObject *t = mirror_tracker_by_id(p->mirror, id);

        if (t)
                remove_tracker(p, t);
}

void publisher_event(Publisher *p, InstanceEvent *event) {
        InstanceObject *o = mirror_instance_by_id(p->mirror, event->instance);
        /* Its object is gone, but not what it did: a master that gives up its addresses only now. */
        bool replaced = !o && has_successor(p, event->instance, event->name);

        if (o)
                flush_instance(p, o);
        const RingEvent *e = event_ring_add(p->events, event, o ? o->status->priority : 0, replaced);
        event_log(p->journal, e->event);

        sd_bus *bus = publisher_bus(p);
        if (bus)
                publisher_complain(event_message_send(bus, e), event_signal_name(event->kind));
}

static void mark_instance(InstanceObject *o, void *userdata) {
        o->stale = true;
}

static void mark_tracker(TrackerObject *t, void *userdata) {
        t->stale = true;
}

static void mark_group(GroupObject *g, void *userdata) {
        g->stale = true;
}

void publisher_mark_stale(Publisher *p) {
        mirror_foreach_group(p->mirror, mark_group, NULL);
        mirror_foreach_instance(p->mirror, mark_instance, NULL);
        mirror_foreach_tracker(p->mirror, mark_tracker, NULL);
}

/* Moves what is stale from wherever it is linked to the list of the doomed, as the trees cannot change while
 * they are walked. */
static void doom_instance(InstanceObject *o, void *userdata) {
        if (!o->stale)
                return;
        if (list_linked(&o->in_dirty))
                list_remove(&o->in_dirty);
        list_append(userdata, &o->in_dirty);
}

static void doom_group(GroupObject *g, void *userdata) {
        if (!g->stale)
                return;
        if (list_linked(&g->in_dirty))
                list_remove(&g->in_dirty);
        list_append(userdata, &g->in_dirty);
}

static void doom_tracker(TrackerObject *t, void *userdata) {
        if (!t->stale)
                return;
        if (list_linked(&t->in_dirty))
                list_remove(&t->in_dirty);
        list_append(userdata, &t->in_dirty);
}

void publisher_remove_stale(Publisher *p) {
        List doomed;

        list_init(&doomed);
        mirror_foreach_instance(p->mirror, doom_instance, &doomed);
        while (!list_empty(&doomed))
                forget_instance(p, CONTAINER_OF(doomed.next, InstanceObject, in_dirty));
        mirror_foreach_group(p->mirror, doom_group, &doomed);
        while (!list_empty(&doomed))
                publisher_remove_group(p, CONTAINER_OF(doomed.next, GroupObject, in_dirty));
        mirror_foreach_tracker(p->mirror, doom_tracker, &doomed);
        while (!list_empty(&doomed))
                remove_tracker(p, CONTAINER_OF(doomed.next, TrackerObject, in_dirty));
}

void publisher_lose_events(Publisher *p) {
        event_ring_lose(p->events);
}

void publisher_emit_resync(Publisher *p, const char *reason) {
        sd_bus *bus = publisher_bus(p);

        if (bus)
                publisher_complain(sd_bus_emit_signal(bus, VRRPD_PATH, VRRPD_INTERFACE_MANAGER, "Resync",
                                                   "sst", event_ring_epoch(p->events), reason,
                                                   event_ring_sequence(p->events)),
                                "Resync");
}

void publisher_emit_stopping(Publisher *p, const char *reason) {
        publisher_flush(p);
        sd_bus *bus = publisher_bus(p);
        if (bus)
                publisher_complain(sd_bus_emit_signal(bus, VRRPD_PATH, VRRPD_INTERFACE_MANAGER, "Stopping",
                                                   "st", reason, event_ring_sequence(p->events)),
                                "Stopping");
}

static int emit_reloaded(sd_bus *bus, bool ok, const ReloadCounts *counts, char **messages) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        bool any = messages && messages[0];
        int r = sd_bus_message_new_signal(bus, &m, VRRPD_PATH, VRRPD_INTERFACE_MANAGER, "Reloaded");

        if (r >= 0)
                r = sd_bus_message_append(m, "bttt", ok, counts->added, counts->changed, counts->removed);
        if (r >= 0)
                r = sd_bus_message_open_container(m, 'a', "{sv}");
        if (r >= 0 && any)
                r = sd_bus_message_open_container(m, 'e', "sv");
        if (r >= 0 && any)
                r = sd_bus_message_append(m, "s", "messages");
        if (r >= 0 && any)
                r = sd_bus_message_open_container(m, 'v', "as");
        if (r >= 0 && any)
                r = sd_bus_message_append_strv(m, messages);
        for (int i = 0; r >= 0 && i < (any ? 3 : 1); i++) /* variant, entry, array */
                r = sd_bus_message_close_container(m);
        return r < 0 ? r : sd_bus_send(bus, m, NULL);
}

void publisher_emit_reloaded(Publisher *p, bool ok, const ReloadCounts *counts, char **messages) {
        publisher_flush(p);
        sd_bus *bus = publisher_bus(p);
        if (bus)
                publisher_complain(emit_reloaded(bus, ok, counts, messages), "Reloaded");
}
