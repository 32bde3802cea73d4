/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Sync groups: as instances, but simpler. What a group is made of changes with its properties, so it is
 * never another object under the same name, except that a reload may give the name to a group with another
 * id. */

#include "dbus/event-log.h"
#include "dbus/event-message.h"
#include "dbus/group-object.h"
#include "dbus/publisher-internal.h"

static void dirty_group(Publisher *p, GroupObject *g, uint64_t bits) {
        g->dirty |= bits;
        if (g->dirty && !list_linked(&g->in_dirty))
                list_append(&p->dirty_groups, &g->in_dirty);
}

void publisher_flush_group(Publisher *p, GroupObject *g) {
        if (list_linked(&g->in_dirty))
                list_remove(&g->in_dirty);
        sd_bus *bus = publisher_bus(p);
        if (bus && g->dirty)
                publisher_complain(group_object_emit_changes(bus, g), "PropertiesChanged");
        g->dirty = 0;
}

void publisher_remove_group(Publisher *p, GroupObject *g) {
        sd_bus *bus = publisher_bus(p);

        if (bus)
                publisher_complain(sd_bus_emit_object_removed(bus, g->path), "InterfacesRemoved");
        mirror_remove_group(p->mirror, g);
}

void publisher_dirty_group_of(Publisher *p, const InstanceStatus *s) {
        GroupObject *g = s->group > 0 ? mirror_group_by_id(p->mirror, s->group) : NULL;

        if (g)
                dirty_group(p, g, GROUP_CHANGED_MEMBERS);
}

/* As with instances: of two with one name the later one counts. */
static bool has_successor(const Publisher *p, uint32_t id, const char *name) {
        const GroupObject *g = mirror_group_by_name(p->mirror, name);

        return g && g->status->id > id;
}

static int add_group(Publisher *p, GroupStatus *status) {
        GroupObject *g;
        int r = mirror_add_group(p->mirror, status, &g);

        if (r < 0) {
                group_status_free(status);
                return r;
        }
        sd_bus *bus = publisher_bus(p);
        if (bus)
                publisher_complain(sd_bus_emit_object_added(bus, g->path), "InterfacesAdded");
        return 0;
}

int publisher_group(Publisher *p, GroupStatus *status) {
        GroupObject *g = mirror_group_by_id(p->mirror, status->id);

        if (g && streq(g->status->name, status->name)) {
                dirty_group(p, g, group_object_changes(g->status, status));
                group_status_free(mirror_replace_group(g, status));
                g->stale = false;
                return 0;
        }
        if (has_successor(p, status->id, status->name)) {
                group_status_free(status);
                return 0;
        }
        if (g)
                publisher_remove_group(p, g);
        g = mirror_group_by_name(p->mirror, status->name);
        if (g)
                publisher_remove_group(p, g);
        return add_group(p, status);
}

void publisher_group_removed(Publisher *p, uint32_t id) {
        GroupObject *g = mirror_group_by_id(p->mirror, id);

        if (g)
                publisher_remove_group(p, g);
}

void publisher_group_event(Publisher *p, InstanceEvent *event) {
        GroupObject *g = mirror_group_by_id(p->mirror, event->group);

        bool replaced = !g && has_successor(p, event->group, event->name);

        if (g)
                publisher_flush_group(p, g);
        const RingEvent *e = event_ring_add(p->events, event, 0, replaced);
        event_log(p->journal, e->event);

        sd_bus *bus = publisher_bus(p);
        if (bus)
                publisher_complain(event_message_send(bus, e), event_signal_name(event->kind));
}
