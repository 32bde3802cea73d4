/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* org.vrrpd.Vrrp1.SyncGroup, read from the mirror. A group is a name and its members; a reload that makes
 * others of them keeps the object. */

#include "dbus/group-object.h"
#include "dbus/names.h"
#include "dbus/operation.h"
#include "dbus/side.h"

#define GETTER(function)                                                                                \
        static int function(sd_bus *bus, const char *path, const char *interface, const char *property, \
                        sd_bus_message *reply, void *userdata, sd_bus_error *ret_error)
/* cast: the type that the variadic append expects for the D-Bus type. */
#define GETTER_VALUE(function, type, cast, expression)                          \
        GETTER(function) {                                                      \
                const GroupStatus *s = ((const GroupObject *)userdata)->status; \
                return sd_bus_message_append(reply, type, (cast)(expression));  \
        }                                                                       \
        struct _unused_for_semicolon_

GETTER_VALUE(get_name, "s", const char *, s->name);
GETTER_VALUE(get_state, "s", const char *, vrrp_state_to_string(s->state));
GETTER_VALUE(get_reason, "s", const char *, vrrp_reason_to_string(s->reason));
GETTER_VALUE(get_change_realtime, "t", uint64_t, s->state_change_realtime);
GETTER_VALUE(get_change_monotonic, "t", uint64_t, s->state_change_monotonic);
GETTER_VALUE(get_admin, "s", const char *, vrrp_admin_state_to_string(s->admin));
GETTER_VALUE(get_admin_reason, "s", const char *, s->admin_reason);
GETTER_VALUE(get_admin_uid, "u", uint32_t, s->admin_uid);
GETTER_VALUE(get_admin_expire, "t", uint64_t, s->admin_expire_realtime);

/* A member that has not been published yet is left out: its coming changes the property. */
GETTER(get_members) {
        const GroupObject *g = userdata;
        int r = sd_bus_message_open_container(reply, 'a', "o");

        for (size_t i = 0; r >= 0 && i < g->status->n_members; i++) {
                const InstanceObject *o = mirror_instance_by_id(g->mirror, g->status->members[i]);

                if (o)
                        r = sd_bus_message_append(reply, "o", o->path);
        }
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

#define CHANGED(n) (UINT64_C(1) << (n))

static const char *const changing[] = {
                "Members", /* GROUP_CHANGED_MEMBERS */
                "State",
                "StateReason",
                "StateChangeTimestamp",
                "StateChangeTimestampMonotonic",
                "AdminState",
                "AdminReason",
                "AdminUID",
                "AdminExpireTimestamp",
};

static bool members_differ(const GroupStatus *a, const GroupStatus *b) {
        return a->n_members != b->n_members ||
               (a->n_members > 0 && memcmp(a->members, b->members, a->n_members * sizeof(*a->members)) != 0);
}

uint64_t group_object_changes(const GroupStatus *old, const GroupStatus *new) {
        return (members_differ(old, new) ? GROUP_CHANGED_MEMBERS : 0) |
               (old->state == new->state ? 0 : CHANGED(1)) | (old->reason == new->reason ? 0 : CHANGED(2)) |
               (old->state_change_realtime == new->state_change_realtime ? 0 : CHANGED(3)) |
               (old->state_change_monotonic == new->state_change_monotonic ? 0 : CHANGED(4)) |
               (old->admin == new->admin ? 0 : CHANGED(5)) |
               (streq(old->admin_reason, new->admin_reason) ? 0 : CHANGED(6)) |
               (old->admin_uid == new->admin_uid ? 0 : CHANGED(7)) |
               (old->admin_expire_realtime == new->admin_expire_realtime ? 0 : CHANGED(8));
}

int group_object_emit_changes(sd_bus *bus, const GroupObject *g) {
        char *names[ELEMENTSOF(changing) + 1];
        size_t n = 0;

        for (size_t i = 0; i < ELEMENTSOF(changing); i++)
                if (g->dirty & CHANGED(i))
                        names[n++] = (char *)(uintptr_t)changing[i];
        names[n] = NULL;
        return n == 0 ? 0 : sd_bus_emit_properties_changed_strv(bus, g->path, VRRPD_INTERFACE_GROUP, names);
}

static int method_failover(sd_bus_message *m, void *userdata, sd_bus_error *ret_error) {
        return operation_call_group(m, userdata, VRRP_OP_FAILOVER, ret_error);
}

static int method_force_election(sd_bus_message *m, void *userdata, sd_bus_error *ret_error) {
        return operation_call_group(m, userdata, VRRP_OP_ELECTION, ret_error);
}

static int method_promote(sd_bus_message *m, void *userdata, sd_bus_error *ret_error) {
        return operation_call_group(m, userdata, VRRP_OP_PROMOTE, ret_error);
}

static int method_pause(sd_bus_message *m, void *userdata, sd_bus_error *ret_error) {
        return operation_call_group(m, userdata, VRRP_OP_PAUSE, ret_error);
}

static int method_resume(sd_bus_message *m, void *userdata, sd_bus_error *ret_error) {
        return operation_call_group(m, userdata, VRRP_OP_RESUME, ret_error);
}

#define CONSTANT(name, type, get) SD_BUS_PROPERTY(name, type, get, 0, SD_BUS_VTABLE_PROPERTY_CONST)
#define CHANGING(name, type, get) SD_BUS_PROPERTY(name, type, get, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE)
#define OPERATION(name, method)                                                                             \
        SD_BUS_METHOD_WITH_ARGS(name, SD_BUS_ARGS("a{sv}", options), SD_BUS_RESULT("t", operation), method, \
                        SD_BUS_VTABLE_UNPRIVILEGED)
#define EVENT_TIMES "t", seq, "t", realtime, "t", monotonic

static const sd_bus_vtable group_vtable[] = {
                SD_BUS_VTABLE_START(0),
                CONSTANT("Name", "s", get_name),
                CHANGING("Members", "ao", get_members),
                CHANGING("State", "s", get_state),
                CHANGING("StateReason", "s", get_reason),
                CHANGING("StateChangeTimestamp", "t", get_change_realtime),
                CHANGING("StateChangeTimestampMonotonic", "t", get_change_monotonic),
                CHANGING("AdminState", "s", get_admin),
                CHANGING("AdminReason", "s", get_admin_reason),
                CHANGING("AdminUID", "u", get_admin_uid),
                CHANGING("AdminExpireTimestamp", "t", get_admin_expire),

                OPERATION("Failover", method_failover),
                OPERATION("ForceElection", method_force_election),
                OPERATION("Promote", method_promote),
                OPERATION("Pause", method_pause),
                OPERATION("Resume", method_resume),

                SD_BUS_SIGNAL_WITH_ARGS("StateChanged",
                                SD_BUS_ARGS("s", name, "s", old_state, "s", new_state, "s", reason,
                                                EVENT_TIMES, "a{sv}", details),
                                0),
                SD_BUS_SIGNAL_WITH_ARGS("OperationFinished",
                                SD_BUS_ARGS("s", name, "t", operation, "s", kind, "s", result, EVENT_TIMES,
                                                "a{sv}", details),
                                0),
                SD_BUS_VTABLE_END,
};

static int find_group(sd_bus *bus, const char *path, const char *interface, void *userdata, void **ret_found,
                sd_bus_error *ret_error) {
        const BusSide *side = userdata;
        GroupObject *g = mirror_group_by_path(publisher_mirror(side->publisher), path);

        if (!g)
                return 0;
        *ret_found = g;
        return 1;
}

int group_object_register(sd_bus *bus, BusSide *side) {
        return sd_bus_add_fallback_vtable(
                        bus, NULL, VRRPD_PATH_GROUP, VRRPD_INTERFACE_GROUP, group_vtable, find_group, side);
}
