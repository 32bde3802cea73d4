/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Puts records into the mirror and says on the bus what that changed, in the order that the interface
 * promises: PropertiesChanged once per loop turn and object, but before an event of that object; events one
 * by one, never merged; InterfacesRemoved before the object is dropped. Without a bus it does the same,
 * silently. */

#include "dbus/connection.h"
#include "dbus/event-ring.h"
#include "dbus/journal.h"
#include "dbus/mirror.h"

typedef struct Publisher Publisher;

/* What an instance has published, or last published before it left the configuration. */
typedef void (*PublisherKeep)(const InstanceStatus *status, bool removed, void *userdata);

/* journal: borrowed. keep: called for each status that came, and for each instance that is gone for good. */
int publisher_new(Journal *journal, PublisherKeep keep, void *userdata, Publisher **ret);
Publisher *publisher_free(Publisher *p);
DEFINE_CLEANUP(Publisher, publisher_free);
/* Borrowed; NULL = publish nowhere. */
void publisher_set_connection(Publisher *p, Connection *connection);

Mirror *publisher_mirror(const Publisher *p);
const EventRing *publisher_events(const Publisher *p);

/* Records of the engine. What is passed by pointer is taken. -ENOMEM: the record is lost, and a resync is
 * due. */
int publisher_instance(Publisher *p, InstanceStatus *status);
void publisher_instance_removed(Publisher *p, uint32_t id);
int publisher_group(Publisher *p, GroupStatus *status);
void publisher_group_removed(Publisher *p, uint32_t id);
void publisher_group_event(Publisher *p, InstanceEvent *event);
int publisher_tracker(Publisher *p, TrackerStatus *status);
void publisher_tracker_removed(Publisher *p, uint32_t id);
void publisher_event(Publisher *p, InstanceEvent *event);

/* Properties of the manager that changed, as bits of manager-object.h. */
void publisher_manager_changed(Publisher *p, uint32_t bits);
/* End of a loop turn: announces what is still dirty. */
void publisher_flush(Publisher *p);

/* A resync of the mirror: everything is stale until it is published again; what still is stale at the end is
 * gone. */
void publisher_mark_stale(Publisher *p);
void publisher_remove_stale(Publisher *p);
/* Events were lost between engine and mirror. */
void publisher_lose_events(Publisher *p);

/* Signals of the manager. */
void publisher_emit_resync(Publisher *p, const char *reason);
void publisher_emit_stopping(Publisher *p, const char *reason);
typedef struct ReloadCounts {
        uint64_t added, changed, removed;
} ReloadCounts;
void publisher_emit_reloaded(Publisher *p, bool ok, const ReloadCounts *counts, char **messages);
