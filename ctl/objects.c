/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The daemon's objects, read. Data comes as a{sv} of properties (GetManagedObjects, GetAll,
 * PropertiesChanged) and is put into structs by one table per interface: name, type, member. Freeing walks
 * the same tables, so a member cannot be forgotten. What the structs mean is the business of the verbs. */

#include "ctl/objects.h"
#include "dbus/names.h"

typedef struct Property {
        const char *name;
        const char *type; /* D-Bus signature; decides what the member is */
        size_t offset;
} Property;

#define PROPERTY(type, name, signature, member) \
        { name, signature, offsetof(type, member) }

static const Property instance_properties[] = {
                PROPERTY(Instance, "Name", "s", name),
                PROPERTY(Instance, "VirtualRouterId", "y", vrid),
                PROPERTY(Instance, "AddressFamily", "s", address_family),
                PROPERTY(Instance, "ProtocolVersion", "y", version),
                PROPERTY(Instance, "Interface", "s", interface),
                PROPERTY(Instance, "InterfaceIndex", "i", interface_index),
                PROPERTY(Instance, "VirtualMac", "s", virtual_mac),
                PROPERTY(Instance, "SourceAddress", "s", source_address),
                PROPERTY(Instance, "State", "s", state),
                PROPERTY(Instance, "StateReason", "s", state_reason),
                PROPERTY(Instance, "StateChangeTimestamp", "t", state_change_realtime),
                PROPERTY(Instance, "StateChangeTimestampMonotonic", "t", state_change_monotonic),
                PROPERTY(Instance, "AdminState", "s", admin_state),
                PROPERTY(Instance, "AdminReason", "s", admin_reason),
                PROPERTY(Instance, "AdminUID", "u", admin_uid),
                PROPERTY(Instance, "AdminExpireTimestamp", "t", admin_expire_realtime),
                PROPERTY(Instance, "Priority", "y", priority),
                PROPERTY(Instance, "BasePriority", "y", base_priority),
                PROPERTY(Instance, "Preempt", "b", preempt),
                PROPERTY(Instance, "PreemptDelayUSec", "t", preempt_delay_usec),
                PROPERTY(Instance, "AdvertisementIntervalUSec", "t", interval_usec),
                PROPERTY(Instance, "MasterAddress", "s", master_address),
                PROPERTY(Instance, "MasterPriority", "y", master_priority),
                PROPERTY(Instance, "VIPs", "as", vips),
                PROPERTY(Instance, "ExcludedVIPs", "as", excluded_vips),
                PROPERTY(Instance, "ActiveVIPs", "as", active_vips),
                PROPERTY(Instance, "Peers", "as", peers),
                PROPERTY(Instance, "SyncGroup", "o", sync_group),
                PROPERTY(Instance, "Trackers", "a(oi)", trackers),
                PROPERTY(Instance, "Faults", "a(ss)", faults),
                PROPERTY(Instance, "Conflicts", "a(ss)", conflicts),
                {},
};

static const Property group_properties[] = {
                PROPERTY(Group, "Name", "s", name),
                PROPERTY(Group, "Members", "ao", members),
                PROPERTY(Group, "State", "s", state),
                PROPERTY(Group, "StateReason", "s", state_reason),
                PROPERTY(Group, "StateChangeTimestamp", "t", state_change_realtime),
                PROPERTY(Group, "StateChangeTimestampMonotonic", "t", state_change_monotonic),
                PROPERTY(Group, "AdminState", "s", admin_state),
                PROPERTY(Group, "AdminReason", "s", admin_reason),
                PROPERTY(Group, "AdminUID", "u", admin_uid),
                PROPERTY(Group, "AdminExpireTimestamp", "t", admin_expire_realtime),
                {},
};

static const Property tracker_properties[] = {
                PROPERTY(Tracker, "Type", "s", type),
                PROPERTY(Tracker, "Name", "s", name),
                PROPERTY(Tracker, "Target", "s", target),
                PROPERTY(Tracker, "State", "s", state),
                PROPERTY(Tracker, "StatusText", "s", status_text),
                PROPERTY(Tracker, "Value", "x", value),
                PROPERTY(Tracker, "Users", "ao", users),
                PROPERTY(Tracker, "StateChangeTimestamp", "t", state_change_realtime),
                PROPERTY(Tracker, "StateChangeTimestampMonotonic", "t", state_change_monotonic),
                {},
};

static const Property manager_properties[] = {
                PROPERTY(Manager, "Version", "s", version),
                PROPERTY(Manager, "ApiLevel", "u", api_level),
                PROPERTY(Manager, "Epoch", "s", epoch),
                PROPERTY(Manager, "Sequence", "t", sequence),
                PROPERTY(Manager, "RouterId", "s", router_id),
                PROPERTY(Manager, "NInstances", "u", n_instances),
                PROPERTY(Manager, "NMaster", "u", n_master),
                PROPERTY(Manager, "NBackup", "u", n_backup),
                PROPERTY(Manager, "NFault", "u", n_fault),
                PROPERTY(Manager, "NHeld", "u", n_held),
                PROPERTY(Manager, "NConflicts", "u", n_conflicts),
                PROPERTY(Manager, "ConfigFiles", "as", config_files),
                PROPERTY(Manager, "ConfigTimestamp", "t", config_realtime),
                PROPERTY(Manager, "LastReloadResult", "s", last_reload_result),
                PROPERTY(Manager, "LastReloadMessages", "as", last_reload_messages),
                PROPERTY(Manager, "StartTimestamp", "t", start_realtime),
                PROPERTY(Manager, "StartTimestampMonotonic", "t", start_monotonic),
                {},
};

/* Doubles the room of an array when it is full. item_size bytes each; the new room is zeroed. */
static int grow(void *items, size_t n, size_t item_size) {
        void **p = items;

        if (n != 0 && (n & (n - 1)) != 0)
                return 0; /* room is the next power of two */
        size_t room = n == 0 ? 1 : 2 * n;
        void *bigger = reallocarray(*p, room, item_size);
        if (!bigger)
                return -ENOMEM;
        memset((char *)bigger + n * item_size, 0, (room - n) * item_size);
        *p = bigger;
        return 0;
}

static int replace_string(char **member, const char *value) {
        char *copy = strdup(value);
        if (!copy)
                return -ENOMEM;
        free(*member);
        *member = copy;
        return 0;
}

static void strings_done(StringArray *a) {
        for (size_t i = 0; i < a->n; i++)
                free(a->items[i]);
        free(a->items);
        *a = (StringArray){};
}

static void pairs_done(PairArray *a) {
        for (size_t i = 0; i < a->n; i++) {
                free(a->items[i].first);
                free(a->items[i].second);
        }
        free(a->items);
        *a = (PairArray){};
}

static void tracks_done(TrackRefArray *a) {
        for (size_t i = 0; i < a->n; i++)
                free(a->items[i].path);
        free(a->items);
        *a = (TrackRefArray){};
}

/* "as" and "ao": type is the element's. */
static int read_strings(sd_bus_message *m, char type, StringArray *a) {
        strings_done(a);
        int r = sd_bus_message_enter_container(m, 'a', (char[]){type, 0});
        if (r < 0)
                return r;
        const char *s;
        while ((r = sd_bus_message_read_basic(m, type, &s)) > 0) {
                r = grow(&a->items, a->n, sizeof(*a->items));
                if (r < 0)
                        return r;
                a->items[a->n] = strdup(s);
                if (!a->items[a->n++])
                        return -ENOMEM;
        }
        return r < 0 ? r : sd_bus_message_exit_container(m);
}

static int read_pairs(sd_bus_message *m, PairArray *a) {
        pairs_done(a);
        int r = sd_bus_message_enter_container(m, 'a', "(ss)");
        if (r < 0)
                return r;
        const char *first, *second;
        while ((r = sd_bus_message_read(m, "(ss)", &first, &second)) > 0) {
                r = grow(&a->items, a->n, sizeof(*a->items));
                if (r < 0)
                        return r;
                Pair *p = &a->items[a->n++];
                p->first = strdup(first);
                p->second = strdup(second);
                if (!p->first || !p->second)
                        return -ENOMEM;
        }
        return r < 0 ? r : sd_bus_message_exit_container(m);
}

static int read_tracks(sd_bus_message *m, TrackRefArray *a) {
        tracks_done(a);
        int r = sd_bus_message_enter_container(m, 'a', "(oi)");
        if (r < 0)
                return r;
        const char *path;
        int32_t weight;
        while ((r = sd_bus_message_read(m, "(oi)", &path, &weight)) > 0) {
                r = grow(&a->items, a->n, sizeof(*a->items));
                if (r < 0)
                        return r;
                TrackRef *t = &a->items[a->n++];
                t->weight = weight;
                t->path = strdup(path);
                if (!t->path)
                        return -ENOMEM;
        }
        return r < 0 ? r : sd_bus_message_exit_container(m);
}

/* The value of a variant of exactly p's type into its member. */
static int read_value(sd_bus_message *m, const Property *p, void *object) {
        void *member = (char *)object + p->offset;

        if (streq(p->type, "as"))
                return read_strings(m, 's', member);
        if (streq(p->type, "ao"))
                return read_strings(m, 'o', member);
        if (streq(p->type, "a(ss)"))
                return read_pairs(m, member);
        if (streq(p->type, "a(oi)"))
                return read_tracks(m, member);
        if (streq(p->type, "s") || streq(p->type, "o")) {
                const char *s;
                int r = sd_bus_message_read_basic(m, p->type[0], &s);
                return r < 0 ? r : replace_string(member, s);
        }
        if (streq(p->type, "b")) {
                int b; /* sd-bus writes an int, the member is a bool */
                int r = sd_bus_message_read_basic(m, 'b', &b);
                if (r >= 0)
                        *(bool *)member = b;
                return r;
        }
        return sd_bus_message_read_basic(m, p->type[0], member);
}

/* An a{sv} of properties into object. */
static int read_properties(sd_bus_message *m, const Property *table, void *object) {
        int r = sd_bus_message_enter_container(m, 'a', "{sv}");
        if (r < 0)
                return r;
        while ((r = sd_bus_message_enter_container(m, 'e', "sv")) > 0) {
                const char *name, *type;
                r = sd_bus_message_read_basic(m, 's', &name);
                if (r < 0)
                        return r;
                const Property *p = table;
                while (p->name && !streq(p->name, name))
                        p++;
                if (!p->name)
                        r = sd_bus_message_skip(m, "v");
                else {
                        r = sd_bus_message_peek_type(m, NULL, &type);
                        if (r < 0)
                                return r;
                        if (!streq_ptr(type, p->type))
                                return -EBADMSG;
                        r = sd_bus_message_enter_container(m, 'v', p->type);
                        if (r >= 0)
                                r = read_value(m, p, object);
                        if (r >= 0)
                                r = sd_bus_message_exit_container(m);
                }
                if (r < 0)
                        return r;
                r = sd_bus_message_exit_container(m);
                if (r < 0)
                        return r;
        }
        return r < 0 ? r : sd_bus_message_exit_container(m);
}

static void object_done(const Property *table, void *object) {
        for (const Property *p = table; p->name; p++) {
                void *member = (char *)object + p->offset;
                if (streq(p->type, "as") || streq(p->type, "ao"))
                        strings_done(member);
                else if (streq(p->type, "a(ss)"))
                        pairs_done(member);
                else if (streq(p->type, "a(oi)"))
                        tracks_done(member);
                else if (streq(p->type, "s") || streq(p->type, "o")) {
                        free(*(char **)member);
                        *(char **)member = NULL;
                }
        }
}

/* Gives every string that the daemon did not send an empty value: readers need no NULL checks. */
static int object_complete(const Property *table, void *object) {
        for (const Property *p = table; p->name; p++)
                if (streq(p->type, "s") || streq(p->type, "o")) {
                        char **member = (char **)(void *)((char *)object + p->offset);
                        if (!*member && !(*member = strdup(p->type[0] == 'o' ? "/" : "")))
                                return -ENOMEM;
                }
        return 0;
}

void instance_done(Instance *i) {
        object_done(instance_properties, i);
        free(i->path);
        *i = (Instance){};
}

void group_done(Group *g) {
        object_done(group_properties, g);
        free(g->path);
        *g = (Group){};
}

static void tracker_done(Tracker *t) {
        object_done(tracker_properties, t);
        free(t->path);
        *t = (Tracker){};
}

void manager_done(Manager *m) {
        object_done(manager_properties, m);
        *m = (Manager){};
}

void snapshot_done(Snapshot *s) {
        manager_done(&s->manager);
        for (size_t i = 0; i < s->n_instances; i++)
                instance_done(&s->instances[i]);
        for (size_t i = 0; i < s->n_groups; i++)
                group_done(&s->groups[i]);
        for (size_t i = 0; i < s->n_trackers; i++)
                tracker_done(&s->trackers[i]);
        free(s->instances);
        free(s->groups);
        free(s->trackers);
        *s = (Snapshot){};
}

int instance_update(Instance *i, sd_bus_message *m) {
        return read_properties(m, instance_properties, i);
}

static int add_instance(Snapshot *s, const char *path, sd_bus_message *m) {
        int r = grow(&s->instances, s->n_instances, sizeof(*s->instances));
        if (r < 0)
                return r;
        Instance *i = &s->instances[s->n_instances++];
        i->admin_uid = UINT32_MAX;
        r = replace_string(&i->path, path);
        if (r < 0)
                return r;
        r = read_properties(m, instance_properties, i);
        return r < 0 ? r : object_complete(instance_properties, i);
}

static int add_group(Snapshot *s, const char *path, sd_bus_message *m) {
        int r = grow(&s->groups, s->n_groups, sizeof(*s->groups));
        if (r < 0)
                return r;
        Group *g = &s->groups[s->n_groups++];
        g->admin_uid = UINT32_MAX;
        r = replace_string(&g->path, path);
        if (r < 0)
                return r;
        r = read_properties(m, group_properties, g);
        return r < 0 ? r : object_complete(group_properties, g);
}

static int add_tracker(Snapshot *s, const char *path, sd_bus_message *m) {
        int r = grow(&s->trackers, s->n_trackers, sizeof(*s->trackers));
        if (r < 0)
                return r;
        Tracker *t = &s->trackers[s->n_trackers++];
        r = replace_string(&t->path, path);
        if (r < 0)
                return r;
        r = read_properties(m, tracker_properties, t);
        return r < 0 ? r : object_complete(tracker_properties, t);
}

/* One a{sa{sv}}: the interfaces of the object at path. */
static int read_object(Snapshot *s, const char *path, sd_bus_message *m) {
        int r = sd_bus_message_enter_container(m, 'a', "{sa{sv}}");
        if (r < 0)
                return r;
        while ((r = sd_bus_message_enter_container(m, 'e', "sa{sv}")) > 0) {
                const char *interface;
                r = sd_bus_message_read_basic(m, 's', &interface);
                if (r < 0)
                        return r;
                if (streq(interface, VRRPD_INTERFACE_INSTANCE))
                        r = add_instance(s, path, m);
                else if (streq(interface, VRRPD_INTERFACE_GROUP))
                        r = add_group(s, path, m);
                else if (streq(interface, VRRPD_INTERFACE_TRACKER))
                        r = add_tracker(s, path, m);
                else if (streq(interface, VRRPD_INTERFACE_MANAGER))
                        r = read_properties(m, manager_properties, &s->manager);
                else
                        r = sd_bus_message_skip(m, "a{sv}");
                if (r < 0)
                        return r;
                r = sd_bus_message_exit_container(m);
                if (r < 0)
                        return r;
        }
        return r < 0 ? r : sd_bus_message_exit_container(m);
}

static int read_objects(Snapshot *s, sd_bus_message *m) {
        int r = sd_bus_message_enter_container(m, 'a', "{oa{sa{sv}}}");
        if (r < 0)
                return r;
        while ((r = sd_bus_message_enter_container(m, 'e', "oa{sa{sv}}")) > 0) {
                const char *path;
                r = sd_bus_message_read_basic(m, 'o', &path);
                if (r >= 0)
                        r = read_object(s, path, m);
                if (r >= 0)
                        r = sd_bus_message_exit_container(m);
                if (r < 0)
                        return r;
        }
        return r < 0 ? r : sd_bus_message_exit_container(m);
}

static int compare_instances(const void *a, const void *b) {
        const Instance *x = a, *y = b;
        return strcmp(x->name, y->name);
}

static int compare_groups(const void *a, const void *b) {
        const Group *x = a, *y = b;
        return strcmp(x->name, y->name);
}

static int compare_trackers(const void *a, const void *b) {
        const Tracker *x = a, *y = b;
        int r = strcmp(x->type, y->type);
        return r != 0 ? r : strcmp(x->name, y->name);
}

/* Replies of another shape than the contract's come from another program or version: one errno for all of
 * them. */
static int contract_error(int r) {
        return r == -ENXIO || r == -EINVAL ? -EBADMSG : r;
}

int snapshot_read(Client *c, sd_bus_error *error, Snapshot *ret) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL, *reply = NULL;
        _cleanup_(snapshot_done) Snapshot s = {};

        int r = client_new_call(
                        c, VRRPD_PATH, "org.freedesktop.DBus.ObjectManager", "GetManagedObjects", &m);
        if (r < 0)
                return r;
        r = client_call(c, m, error, &reply);
        if (r < 0)
                return r;
        r = read_objects(&s, reply);
        if (r < 0)
                return contract_error(r);
        /* The manager is the object that manages; it need not appear among what it lists. */
        if (!s.manager.version) {
                r = manager_read(c, error, &s.manager);
                if (r < 0)
                        return r;
        }
        r = object_complete(manager_properties, &s.manager);
        if (r < 0)
                return r;
        if (s.n_instances > 1)
                qsort(s.instances, s.n_instances, sizeof(Instance), compare_instances);
        if (s.n_groups > 1)
                qsort(s.groups, s.n_groups, sizeof(Group), compare_groups);
        if (s.n_trackers > 1)
                qsort(s.trackers, s.n_trackers, sizeof(Tracker), compare_trackers);
        *ret = s;
        s = (Snapshot){};
        return 0;
}

/* Properties.GetAll() of one interface of one object. */
static int read_all(Client *c, const char *path, const char *interface, const Property *table,
                sd_bus_error *error, void *object) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL, *reply = NULL;

        int r = client_new_call(c, path, "org.freedesktop.DBus.Properties", "GetAll", &m);
        if (r < 0)
                return r;
        r = sd_bus_message_append(m, "s", interface);
        if (r < 0)
                return r;
        r = client_call(c, m, error, &reply);
        if (r < 0)
                return r;
        r = read_properties(reply, table, object);
        return r < 0 ? contract_error(r) : object_complete(table, object);
}

int instance_read(Client *c, const char *path, sd_bus_error *error, Instance *ret) {
        _cleanup_(instance_done) Instance i = {.admin_uid = UINT32_MAX};

        int r = replace_string(&i.path, path);
        if (r < 0)
                return r;
        r = read_all(c, path, VRRPD_INTERFACE_INSTANCE, instance_properties, error, &i);
        if (r < 0)
                return r;
        *ret = i;
        i = (Instance){};
        return 0;
}

int group_read(Client *c, const char *path, sd_bus_error *error, Group *ret) {
        _cleanup_(group_done) Group g = {.admin_uid = UINT32_MAX};

        int r = replace_string(&g.path, path);
        if (r < 0)
                return r;
        r = read_all(c, path, VRRPD_INTERFACE_GROUP, group_properties, error, &g);
        if (r < 0)
                return r;
        *ret = g;
        g = (Group){};
        return 0;
}

int manager_read(Client *c, sd_bus_error *error, Manager *ret) {
        _cleanup_(manager_done) Manager m = {};

        int r = read_all(c, VRRPD_PATH, VRRPD_INTERFACE_MANAGER, manager_properties, error, &m);
        if (r < 0)
                return r;
        *ret = m;
        m = (Manager){};
        return 0;
}

const Instance *snapshot_find_instance(const Snapshot *s, const char *name) {
        for (size_t i = 0; i < s->n_instances; i++)
                if (streq(s->instances[i].name, name))
                        return &s->instances[i];
        return NULL;
}

const Group *snapshot_find_group(const Snapshot *s, const char *name) {
        for (size_t i = 0; i < s->n_groups; i++)
                if (streq(s->groups[i].name, name))
                        return &s->groups[i];
        return NULL;
}

const Tracker *snapshot_find_tracker(const Snapshot *s, const char *path) {
        for (size_t i = 0; i < s->n_trackers; i++)
                if (streq(s->trackers[i].path, path))
                        return &s->trackers[i];
        return NULL;
}

bool instance_is(const Instance *i, const char *state) {
        return streq(i->state, state);
}

bool instance_serves(const Instance *i) {
        return instance_is(i, "master") && i->active_vips.n >= i->vips.n + i->excluded_vips.n;
}

int path_to_name(const char *path, char **ret) {
        const char *last = strrchr(path, '/');
        if (!last || last == path) {
                *ret = strdup("");
                return *ret ? 0 : -ENOMEM;
        }
        _cleanup_free_ char *prefix = strndup(path, (size_t)(last - path));
        if (!prefix)
                return -ENOMEM;
        int r = sd_bus_path_decode(path, prefix, ret);
        return r < 0 ? r : r == 0 ? -EINVAL : 0;
}

int instance_group_name(const Instance *i, char **ret) {
        return path_to_name(i->sync_group, ret);
}
