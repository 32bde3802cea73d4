/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* org.vrrpd.Vrrp1.Manager: properties from the mirror's counts and the reloader's facts; GetInstance and
 * GetEvents, which only read; Reload, which is authorized and then queued. */

#include "dbus/manager-object.h"
#include "dbus/event-message.h"
#include "dbus/names.h"
#include "dbus/object-path.h"
#include "dbus/side.h"
#include "policy/actions.h"

#define GETTER(function)                                                                                \
        static int function(sd_bus *bus, const char *path, const char *interface, const char *property, \
                        sd_bus_message *reply, void *userdata, sd_bus_error *ret_error)
#define GETTER_VALUE(function, type, expression)                       \
        GETTER(function) {                                             \
                const BusSide *side = userdata;                        \
                return sd_bus_message_append(reply, type, expression); \
        }                                                              \
        struct _unused_for_semicolon_
#define GETTER_COUNT(function, expression)                                                \
        GETTER(function) {                                                                \
                const BusSide *side = userdata;                                           \
                const MirrorCounts *c = mirror_counts(publisher_mirror(side->publisher)); \
                return sd_bus_message_append(reply, "u", expression);                     \
        }                                                                                 \
        struct _unused_for_semicolon_

GETTER_VALUE(get_version, "s", strempty(side->params.version));
GETTER_VALUE(get_epoch, "s", event_ring_epoch(publisher_events(side->publisher)));
GETTER_VALUE(get_sequence, "t", event_ring_sequence(publisher_events(side->publisher)));
GETTER_VALUE(get_router_id, "s", reloader_facts(side->reloader)->router_id);
GETTER_VALUE(get_config_realtime, "t", reloader_facts(side->reloader)->config_realtime);
GETTER_VALUE(get_last_result, "s", reloader_facts(side->reloader)->last_result);
GETTER_VALUE(get_start_realtime, "t", side->start_realtime);
GETTER_VALUE(get_start_monotonic, "t", side->start_monotonic);
GETTER_COUNT(get_n_instances, c->instances);
GETTER_COUNT(get_n_master, c->by_state[VRRP_MASTER]);
GETTER_COUNT(get_n_backup, c->by_state[VRRP_BACKUP]);
GETTER_COUNT(get_n_fault, c->by_state[VRRP_FAULT]);
GETTER_COUNT(get_n_held, c->held);
GETTER_COUNT(get_n_conflicts, c->conflicts);

GETTER(get_api_level) {
        return sd_bus_message_append(reply, "u", VRRPD_API_LEVEL);
}

GETTER(get_config_files) {
        return sd_bus_message_append_strv(
                        reply, reloader_facts(((const BusSide *)userdata)->reloader)->config_files);
}

GETTER(get_last_messages) {
        return sd_bus_message_append_strv(
                        reply, reloader_facts(((const BusSide *)userdata)->reloader)->last_messages);
}

static int method_get_instance(sd_bus_message *m, void *userdata, sd_bus_error *ret_error) {
        const BusSide *side = userdata;
        const char *name;
        int r = sd_bus_message_read(m, "s", &name);

        if (r < 0)
                return r;
        const InstanceObject *o = mirror_instance_by_name(publisher_mirror(side->publisher), name);
        if (!o)
                return sd_bus_error_setf(
                                ret_error, VRRPD_ERROR_NO_SUCH_INSTANCE, "There is no instance '%s'.", name);
        return sd_bus_reply_method_return(m, "o", o->path);
}

/* A message has an end (128 MiB); the file that is longer than this is generated. */
#define CONFIGURATION_SIZE_MAX ((size_t)64 * 1024 * 1024)

static int method_get_configuration(sd_bus_message *m, void *userdata, sd_bus_error *ret_error) {
        const char *text = reloader_facts(((const BusSide *)userdata)->reloader)->configuration;

        if (strlen(text) > CONFIGURATION_SIZE_MAX)
                return sd_bus_error_set(ret_error, SD_BUS_ERROR_LIMITS_EXCEEDED,
                                "The configuration is too long for a message.");
        return sd_bus_reply_method_return(m, "s", text);
}

static int append_events(sd_bus_message *m, const EventRing *ring, uint64_t after, uint32_t limit) {
        uint64_t left = limit > 0 ? limit : EVENT_RING_SIZE;
        int r = sd_bus_message_open_container(m, 'a', "(tsota{sv})");

        for (const RingEvent *e = event_ring_next(ring, after); r >= 0 && e && left > 0; left--) {
                r = event_message_append_entry(m, e);
                e = event_ring_next(ring, e->seq);
        }
        return r < 0 ? r : sd_bus_message_close_container(m);
}

/* Another epoch's number means nothing here: everything that is left is given, and called incomplete. */
static int method_get_events(sd_bus_message *m, void *userdata, sd_bus_error *ret_error) {
        const BusSide *side = userdata;
        const EventRing *ring = publisher_events(side->publisher);
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        const char *epoch;
        uint64_t after;
        uint32_t limit;
        int r = sd_bus_message_read(m, "stu", &epoch, &after, &limit);

        if (r < 0)
                return r;
        bool ours = streq(epoch, event_ring_epoch(ring));
        r = sd_bus_message_new_method_return(m, &reply);
        if (r >= 0)
                r = sd_bus_message_append(reply, "b", ours && event_ring_complete(ring, after));
        if (r >= 0)
                r = append_events(reply, ring, ours ? after : 0, limit);
        return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}

static void reload_granted(sd_bus_message *call, uid_t uid, void *userdata) {
        BusSide *side = userdata;

        if (side->stopping)
                (void)sd_bus_reply_method_errorf(call, VRRPD_ERROR_STOPPING, "The daemon is stopping.");
        else if (reloader_request(side->reloader, call, uid) < 0)
                (void)sd_bus_reply_method_errorf(
                                call, SD_BUS_ERROR_LIMITS_EXCEEDED, "Too many reloads are waiting.");
}

static void nothing_to_free(void *userdata) {
}

static int method_reload(sd_bus_message *m, void *userdata, sd_bus_error *ret_error) {
        BusSide *side = userdata;
        AuthorizeQuery query = {
                        .actions = {policy_action_for(VRRPD_INTERFACE_MANAGER, "Reload", "")},
                        .details = {{"verb", "reload"}},
                        .n_details = 1,
        };

        if (side->stopping)
                return sd_bus_error_set(ret_error, VRRPD_ERROR_STOPPING, "The daemon is stopping.");
        int r = authorizer_ask(side->authorizer, m, &query, reload_granted, nothing_to_free, side);
        return r < 0 ? r : 1;
}

static const char *const counts[] = {
                "NInstances",
                "NMaster",
                "NBackup",
                "NFault",
                "NHeld",
                "NConflicts",
                NULL,
};
static const char *const configuration[] = {
                "RouterId",
                "ConfigFiles",
                "ConfigTimestamp",
                "LastReloadResult",
                "LastReloadMessages",
                NULL,
};

int manager_object_emit_changes(sd_bus *bus, uint32_t bits) {
        char *names[ELEMENTSOF(counts) + ELEMENTSOF(configuration)];
        size_t n = 0;

        for (size_t i = 0; bits & MANAGER_CHANGED_COUNTS && counts[i]; i++)
                names[n++] = (char *)(uintptr_t)counts[i];
        for (size_t i = 0; bits & MANAGER_CHANGED_CONFIGURATION && configuration[i]; i++)
                names[n++] = (char *)(uintptr_t)configuration[i];
        names[n] = NULL;
        return sd_bus_emit_properties_changed_strv(bus, VRRPD_PATH, VRRPD_INTERFACE_MANAGER, names);
}

#define CONSTANT(name, type, get) SD_BUS_PROPERTY(name, type, get, 0, SD_BUS_VTABLE_PROPERTY_CONST)
#define CHANGING(name, type, get) SD_BUS_PROPERTY(name, type, get, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE)
#define SILENT(name, type, get) SD_BUS_PROPERTY(name, type, get, 0, 0)

static const sd_bus_vtable manager_vtable[] = {
                SD_BUS_VTABLE_START(0),
                CONSTANT("Version", "s", get_version),
                CONSTANT("ApiLevel", "u", get_api_level),
                CONSTANT("Epoch", "s", get_epoch),
                SILENT("Sequence", "t", get_sequence),
                CHANGING("RouterId", "s", get_router_id),
                CHANGING("NInstances", "u", get_n_instances),
                CHANGING("NMaster", "u", get_n_master),
                CHANGING("NBackup", "u", get_n_backup),
                CHANGING("NFault", "u", get_n_fault),
                CHANGING("NHeld", "u", get_n_held),
                CHANGING("NConflicts", "u", get_n_conflicts),
                CHANGING("ConfigFiles", "as", get_config_files),
                CHANGING("ConfigTimestamp", "t", get_config_realtime),
                CHANGING("LastReloadResult", "s", get_last_result),
                CHANGING("LastReloadMessages", "as", get_last_messages),
                CONSTANT("StartTimestamp", "t", get_start_realtime),
                CONSTANT("StartTimestampMonotonic", "t", get_start_monotonic),

                SD_BUS_METHOD_WITH_ARGS("GetInstance", SD_BUS_ARGS("s", name), SD_BUS_RESULT("o", instance),
                                method_get_instance, SD_BUS_VTABLE_UNPRIVILEGED),
                SD_BUS_METHOD_WITH_ARGS("GetConfiguration", SD_BUS_NO_ARGS, SD_BUS_RESULT("s", text),
                                method_get_configuration, SD_BUS_VTABLE_UNPRIVILEGED),
                SD_BUS_METHOD("Reload", NULL, NULL, method_reload, SD_BUS_VTABLE_UNPRIVILEGED),
                SD_BUS_METHOD_WITH_ARGS("GetEvents", SD_BUS_ARGS("s", epoch, "t", after, "u", limit),
                                SD_BUS_RESULT("b", complete, "a(tsota{sv})", events), method_get_events,
                                SD_BUS_VTABLE_UNPRIVILEGED),

                SD_BUS_SIGNAL_WITH_ARGS("Reloaded",
                                SD_BUS_ARGS("b", success, "t", added, "t", changed, "t", removed, "a{sv}",
                                                details),
                                0),
                SD_BUS_SIGNAL_WITH_ARGS("Stopping", SD_BUS_ARGS("s", reason, "t", seq), 0),
                SD_BUS_SIGNAL_WITH_ARGS("Resync", SD_BUS_ARGS("s", epoch, "s", reason, "t", seq), 0),
                SD_BUS_VTABLE_END,
};

typedef struct Paths {
        char **v;
        size_t n;
        bool failed;
} Paths;

static void collect(Paths *p, const char *path) {
        if (p->failed)
                return;
        p->v[p->n] = strdup(path);
        if (p->v[p->n])
                p->n++;
        else
                p->failed = true;
}

static void collect_instance(InstanceObject *o, void *userdata) {
        collect(userdata, o->path);
}

static void collect_group(GroupObject *g, void *userdata) {
        collect(userdata, g->path);
}

static void collect_tracker(TrackerObject *t, void *userdata) {
        collect(userdata, t->path);
}

/* The paths of all objects below the root, for introspection and GetManagedObjects. */
static int enumerate(sd_bus *bus, const char *prefix, void *userdata, char ***ret_nodes,
                sd_bus_error *ret_error) {
        const BusSide *side = userdata;
        const Mirror *mirror = publisher_mirror(side->publisher);
        const MirrorCounts *n = mirror_counts(mirror);
        Paths p = {};

        p.v = calloc(n->instances + n->groups + n->trackers + 1, sizeof(char *));
        if (!p.v)
                return -ENOMEM;
        mirror_foreach_instance(mirror, collect_instance, &p);
        mirror_foreach_group(mirror, collect_group, &p);
        mirror_foreach_tracker(mirror, collect_tracker, &p);
        if (p.failed) {
                strv_free(p.v);
                return -ENOMEM;
        }
        *ret_nodes = p.v;
        return 0;
}

int manager_object_register(sd_bus *bus, BusSide *side) {
        int r = sd_bus_add_object_manager(bus, NULL, VRRPD_PATH);

        if (r >= 0)
                r = sd_bus_add_object_vtable(
                                bus, NULL, VRRPD_PATH, VRRPD_INTERFACE_MANAGER, manager_vtable, side);
        if (r >= 0)
                r = sd_bus_add_node_enumerator(bus, NULL, VRRPD_PATH, enumerate, side);
        return r;
}
