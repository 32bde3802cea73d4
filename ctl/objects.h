/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the daemon publishes, as plain structs: one GetManagedObjects() call becomes a Snapshot. A table per
 * interface says which property goes into which member, so that a new property is one line there. Properties
 * that this vrrpctl does not know are skipped (a newer daemon); one of another type than the contract's is
 * an error. */

#include "ctl/client.h"
#include <jansson.h>

typedef struct Pair {
        char *first, *second;
} Pair;

typedef struct TrackRef {
        int weight;
        char *path;
} TrackRef;

typedef struct StringArray {
        char **items;
        size_t n;
} StringArray;

typedef struct PairArray {
        Pair *items;
        size_t n;
} PairArray;

typedef struct TrackRefArray {
        TrackRef *items;
        size_t n;
} TrackRefArray;

/* An org.vrrpd.Vrrp1.Instance. Strings are never NULL once parsed; times in microseconds, 0 = none. */
typedef struct Instance {
        char *path;
        char *name, *address_family, *interface, *virtual_mac, *source_address;
        uint8_t vrid, version;
        int interface_index;

        char *state, *state_reason;
        uint64_t state_change_realtime, state_change_monotonic;
        char *admin_state, *admin_reason;
        uint32_t admin_uid; /* UINT32_MAX = nobody */
        uint64_t admin_expire_realtime;

        uint8_t priority, base_priority;
        bool preempt;
        uint64_t preempt_delay_usec, interval_usec;
        char *master_address; /* "" = unknown */
        uint8_t master_priority;

        StringArray vips, excluded_vips, active_vips, peers;
        char *sync_group; /* object path, "/" = none */
        TrackRefArray trackers;
        PairArray faults;    /* kind, detail */
        PairArray conflicts; /* kind, address */
} Instance;

/* An org.vrrpd.Vrrp1.SyncGroup; as an Instance where the names are the same. */
typedef struct Group {
        char *path;
        char *name, *state, *state_reason;
        uint64_t state_change_realtime, state_change_monotonic;
        char *admin_state, *admin_reason;
        uint32_t admin_uid;
        uint64_t admin_expire_realtime;
        StringArray members; /* object paths */
} Group;

/* An org.vrrpd.Vrrp1.Tracker. */
typedef struct Tracker {
        char *path;
        char *type, *name, *target, *state, *status_text;
        int64_t value;
        uint64_t state_change_realtime, state_change_monotonic;
        StringArray users; /* object paths */
} Tracker;

/* org.vrrpd.Vrrp1.Manager. */
typedef struct Manager {
        char *version, *epoch, *router_id, *last_reload_result;
        StringArray last_reload_messages, config_files;
        uint32_t api_level, n_instances, n_master, n_backup, n_fault, n_held, n_conflicts;
        uint64_t sequence, config_realtime, start_realtime, start_monotonic;
} Manager;

/* Everything at one moment. Sorted: instances and groups by name, trackers by type and name. */
typedef struct Snapshot {
        Manager manager;
        Instance *instances;
        size_t n_instances;
        Group *groups;
        size_t n_groups;
        Tracker *trackers;
        size_t n_trackers;
} Snapshot;

/* Errors: those of client_call() (then *error is set), -EBADMSG: not the contract's types, -ENOMEM. */
int snapshot_read(Client *c, sd_bus_error *error, Snapshot *ret);
void snapshot_done(Snapshot *s);
/* Borrowed, NULL = no such one. */
const Instance *snapshot_find_instance(const Snapshot *s, const char *name);
const Group *snapshot_find_group(const Snapshot *s, const char *name);
const Tracker *snapshot_find_tracker(const Snapshot *s, const char *path);

/* One instance by its path. */
int instance_read(Client *c, const char *path, sd_bus_error *error, Instance *ret);
void instance_done(Instance *i);
int group_read(Client *c, const char *path, sd_bus_error *error, Group *ret);
void group_done(Group *g);
/* Takes what a PropertiesChanged signal of the instance interface carries into i; the message stands before
 * its a{sv}. */
int instance_update(Instance *i, sd_bus_message *m);
/* Manager alone. */
int manager_read(Client *c, sd_bus_error *error, Manager *ret);
void manager_done(Manager *m);

bool instance_is(const Instance *i, const char *state);
/* Master, and the kernel has confirmed every address: what binds to them may start. */
bool instance_serves(const Instance *i);
/* The name of the group ("" = none) or of what a path stands for; malloc'ed. */
int instance_group_name(const Instance *i, char **ret);
int path_to_name(const char *path, char **ret);

/* The documented JSON of vrrpctl(1). NULL without memory. trackers resolve names; NULL: paths only are
 * known. */
json_t *instance_to_json(const Instance *i);
json_t *group_to_json(const Group *g);
json_t *tracker_to_json(const Tracker *t);
json_t *manager_to_json(const Manager *m);

/* The next complete value of m, whatever its type, as JSON: structs and arrays become arrays, dictionaries
 * objects, object paths strings. Errors: -errno of reading, -ENOMEM. */
int message_to_json(sd_bus_message *m, json_t **ret);
