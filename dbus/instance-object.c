/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Properties of org.vrrpd.Vrrp1.Instance, read from the mirror when somebody asks. Reads top-down: getters,
 * the table of what changes, the vtable. The methods' bodies are in instance-methods.c. */

#include "dbus/instance-object.h"
#include "dbus/instance-methods.h"
#include "dbus/names.h"
#include "dbus/object-path.h"
#include "dbus/side.h"
#include <stdio.h>
#include <sys/socket.h>

#define GETTER(function)                                                                                \
        static int function(sd_bus *bus, const char *path, const char *interface, const char *property, \
                        sd_bus_message *reply, void *userdata, sd_bus_error *ret_error)
#define GETTER_STRING(function, expression)                                           \
        GETTER(function) {                                                            \
                const InstanceStatus *s = ((const InstanceObject *)userdata)->status; \
                return sd_bus_message_append(reply, "s", expression);                 \
        }                                                                             \
        struct _unused_for_semicolon_
/* cast: the type that the variadic append expects for the D-Bus type. */
#define GETTER_VALUE(function, type, cast, expression)                                \
        GETTER(function) {                                                            \
                const InstanceStatus *s = ((const InstanceObject *)userdata)->status; \
                return sd_bus_message_append(reply, type, (cast)(expression));        \
        }                                                                             \
        struct _unused_for_semicolon_

GETTER_STRING(get_name, s->name);
GETTER_VALUE(get_vrid, "y", int, s->vrid);
GETTER_STRING(get_family, s->family == AF_INET6 ? "ipv6" : "ipv4");
GETTER_VALUE(get_version, "y", int, s->version);
GETTER_STRING(get_interface, s->interface);
GETTER_VALUE(get_ifindex, "i", int, s->ifindex);
GETTER_STRING(get_virtual_mac, s->virtual_mac);
GETTER_STRING(get_state, vrrp_state_to_string(s->state));
GETTER_STRING(get_reason, vrrp_reason_to_string(s->reason));
GETTER_VALUE(get_change_realtime, "t", uint64_t, s->state_change_realtime);
GETTER_VALUE(get_change_monotonic, "t", uint64_t, s->state_change_monotonic);
GETTER_STRING(get_admin, vrrp_admin_state_to_string(s->admin));
GETTER_STRING(get_admin_reason, s->admin_reason);
GETTER_VALUE(get_admin_uid, "u", uint32_t, s->admin_uid);
GETTER_VALUE(get_admin_expire, "t", uint64_t, s->admin_expire_realtime);
GETTER_VALUE(get_priority, "y", int, s->priority);
GETTER_VALUE(get_base_priority, "y", int, s->base_priority);
GETTER_VALUE(get_preempt, "b", int, s->preempt);
GETTER_VALUE(get_preempt_delay, "t", uint64_t, s->preempt_delay_usec);
GETTER_VALUE(get_interval, "t", uint64_t, s->interval_usec);
GETTER_STRING(get_master_address, vrrp_address_to_string(&s->master_address, (char[VRRP_ADDRESS_STRLEN]){}));
GETTER_VALUE(get_master_priority, "y", int, s->master_priority);
GETTER_STRING(get_source, vrrp_address_to_string(&s->source, (char[VRRP_ADDRESS_STRLEN]){}));

/* The root stands for "in no group", as a path cannot be empty. */
GETTER(get_group) {
        const InstanceObject *o = userdata;
        const GroupObject *g = o->status->group > 0 ? mirror_group_by_id(o->mirror, o->status->group) : NULL;

        return sd_bus_message_append(reply, "o", g ? g->path : "/");
}

static int append_vip(sd_bus_message *m, const PublishVip *v) {
        char address[VRRP_ADDRESS_STRLEN], text[VRRP_ADDRESS_STRLEN + 4];

        (void)snprintf(text, sizeof(text), "%s/%u", vrrp_address_to_string(&v->address, address),
                        v->prefixlen);
        return sd_bus_message_append(m, "s", text);
}

static int append_vips(sd_bus_message *m, const PublishVip *vips, size_t n, bool only_active) {
        int r = 0;

        for (size_t i = 0; r >= 0 && i < n; i++)
                if (!only_active || vips[i].active)
                        r = append_vip(m, &vips[i]);
        return r;
}

static int open_strings(sd_bus_message *m) {
        return sd_bus_message_open_container(m, 'a', "s");
}

GETTER(get_vips) {
        const InstanceStatus *s = ((const InstanceObject *)userdata)->status;
        int r = open_strings(reply);

        if (r >= 0)
                r = append_vips(reply, s->vips, s->n_vips, false);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

GETTER(get_excluded_vips) {
        const InstanceStatus *s = ((const InstanceObject *)userdata)->status;
        int r = open_strings(reply);

        if (r >= 0)
                r = append_vips(reply, s->excluded, s->n_excluded, false);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

GETTER(get_active_vips) {
        const InstanceStatus *s = ((const InstanceObject *)userdata)->status;
        int r = open_strings(reply);

        if (r >= 0)
                r = append_vips(reply, s->vips, s->n_vips, true);
        if (r >= 0)
                r = append_vips(reply, s->excluded, s->n_excluded, true);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

GETTER(get_peers) {
        const InstanceStatus *s = ((const InstanceObject *)userdata)->status;
        char text[VRRP_ADDRESS_STRLEN];
        int r = open_strings(reply);

        for (size_t i = 0; r >= 0 && i < s->n_peers; i++)
                r = sd_bus_message_append(reply, "s", vrrp_address_to_string(&s->peers[i], text));
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

GETTER(get_trackers) {
        const InstanceObject *o = userdata;
        int r = sd_bus_message_open_container(reply, 'a', "(oi)");

        for (size_t i = 0; r >= 0 && i < o->n_uses; i++)
                if (o->uses[i].tracker->path)
                        r = sd_bus_message_append(
                                        reply, "(oi)", o->uses[i].tracker->path, o->uses[i].weight);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

GETTER(get_faults) {
        const InstanceStatus *s = ((const InstanceObject *)userdata)->status;
        int r = sd_bus_message_open_container(reply, 'a', "(ss)");

        for (size_t i = 0; r >= 0 && i < s->n_faults; i++)
                r = sd_bus_message_append(reply, "(ss)", s->faults[i].kind, s->faults[i].detail);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

GETTER(get_conflicts) {
        const InstanceStatus *s = ((const InstanceObject *)userdata)->status;
        char text[VRRP_ADDRESS_STRLEN];
        int r = sd_bus_message_open_container(reply, 'a', "(ss)");

        for (size_t i = 0; r >= 0 && i < s->n_conflicts; i++)
                r = sd_bus_message_append(reply, "(ss)", vrrp_conflict_to_string(s->conflicts[i].kind),
                                vrrp_address_to_string(&s->conflicts[i].address, text));
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

/* Padding is not compared. */
static bool vips_differ(const PublishVip *a, size_t n_a, const PublishVip *b, size_t n_b, bool also_active) {
        if (n_a != n_b)
                return true;
        for (size_t i = 0; i < n_a; i++)
                if (!vrrp_address_equal(&a[i].address, &b[i].address) || a[i].prefixlen != b[i].prefixlen ||
                                (also_active && a[i].active != b[i].active))
                        return true;
        return false;
}

static bool main_vips_differ(const InstanceStatus *a, const InstanceStatus *b) {
        return vips_differ(a->vips, a->n_vips, b->vips, b->n_vips, false);
}

static bool excluded_vips_differ(const InstanceStatus *a, const InstanceStatus *b) {
        return vips_differ(a->excluded, a->n_excluded, b->excluded, b->n_excluded, false);
}

static bool active_vips_differ(const InstanceStatus *a, const InstanceStatus *b) {
        return vips_differ(a->vips, a->n_vips, b->vips, b->n_vips, true) ||
               vips_differ(a->excluded, a->n_excluded, b->excluded, b->n_excluded, true);
}

static bool peers_differ(const InstanceStatus *a, const InstanceStatus *b) {
        if (a->n_peers != b->n_peers)
                return true;
        for (size_t i = 0; i < a->n_peers; i++)
                if (!vrrp_address_equal(&a->peers[i], &b->peers[i]))
                        return true;
        return false;
}

static bool trackers_differ(const InstanceStatus *a, const InstanceStatus *b) {
        if (a->n_tracks != b->n_tracks)
                return true;
        for (size_t i = 0; i < a->n_tracks; i++)
                if (a->tracks[i].tracker != b->tracks[i].tracker ||
                                a->tracks[i].weight != b->tracks[i].weight)
                        return true;
        return false;
}

static bool faults_differ(const InstanceStatus *a, const InstanceStatus *b) {
        if (a->n_faults != b->n_faults)
                return true;
        for (size_t i = 0; i < a->n_faults; i++)
                if (!streq(a->faults[i].kind, b->faults[i].kind) ||
                                !streq(a->faults[i].detail, b->faults[i].detail))
                        return true;
        return false;
}

static bool conflicts_differ(const InstanceStatus *a, const InstanceStatus *b) {
        if (a->n_conflicts != b->n_conflicts)
                return true;
        for (size_t i = 0; i < a->n_conflicts; i++)
                if (a->conflicts[i].kind != b->conflicts[i].kind ||
                                !vrrp_address_equal(&a->conflicts[i].address, &b->conflicts[i].address))
                        return true;
        return false;
}

static bool admin_reason_differs(const InstanceStatus *a, const InstanceStatus *b) {
        return !streq(a->admin_reason, b->admin_reason);
}

static bool virtual_mac_differs(const InstanceStatus *a, const InstanceStatus *b) {
        return !streq(a->virtual_mac, b->virtual_mac);
}

#define SCALAR(property, member) \
        { property, offsetof(InstanceStatus, member), sizeof(((InstanceStatus *)NULL)->member), NULL }

/* What can change, and how to see that it did; the index is the bit in InstanceObject.dirty. */
static const struct {
        const char *property;
        size_t offset, size; /* a plain member, if differs is NULL */
        bool (*differs)(const InstanceStatus *a, const InstanceStatus *b);
} changing[] = {
                SCALAR("State", state),
                SCALAR("StateReason", reason),
                SCALAR("StateChangeTimestamp", state_change_realtime),
                SCALAR("StateChangeTimestampMonotonic", state_change_monotonic),
                SCALAR("AdminState", admin),
                {"AdminReason", 0, 0, admin_reason_differs},
                SCALAR("AdminUID", admin_uid),
                SCALAR("AdminExpireTimestamp", admin_expire_realtime),
                SCALAR("Priority", priority),
                SCALAR("BasePriority", base_priority),
                SCALAR("Preempt", preempt),
                SCALAR("PreemptDelayUSec", preempt_delay_usec),
                SCALAR("AdvertisementIntervalUSec", interval_usec),
                SCALAR("MasterAddress", master_address),
                SCALAR("MasterPriority", master_priority),
                {"VIPs", 0, 0, main_vips_differ},
                {"ExcludedVIPs", 0, 0, excluded_vips_differ},
                {"ActiveVIPs", 0, 0, active_vips_differ},
                SCALAR("SyncGroup", group),
                {"Trackers", 0, 0, trackers_differ},
                {"Faults", 0, 0, faults_differ},
                {"Conflicts", 0, 0, conflicts_differ},
                {"Peers", 0, 0, peers_differ},
                SCALAR("SourceAddress", source),
                SCALAR("InterfaceIndex", ifindex),
                {"VirtualMac", 0, 0, virtual_mac_differs},
};
static_assert(ELEMENTSOF(changing) <= 64, "InstanceObject.dirty has 64 bits");

bool instance_object_is_other(const InstanceStatus *old, const InstanceStatus *new) {
        return old->id != new->id || !streq(old->name, new->name) || old->vrid != new->vrid ||
               old->version != new->version || old->family != new->family ||
               !streq(old->interface, new->interface);
}

uint64_t instance_object_changes(const InstanceStatus *old, const InstanceStatus *new) {
        uint64_t bits = 0;

        for (size_t i = 0; i < ELEMENTSOF(changing); i++) {
                const char *a = (const char *)old + changing[i].offset,
                           *b = (const char *)new + changing[i].offset;

                if (changing[i].differs ? changing[i].differs(old, new)
                                        : memcmp(a, b, changing[i].size) != 0)
                        bits |= UINT64_C(1) << i;
        }
        return bits;
}

uint64_t instance_object_trackers_bit(void) {
        for (size_t i = 0; i < ELEMENTSOF(changing); i++)
                if (changing[i].differs == trackers_differ)
                        return UINT64_C(1) << i;
        return 0;
}

int instance_object_emit_changes(sd_bus *bus, const InstanceObject *o) {
        char *names[ELEMENTSOF(changing) + 1];
        size_t n = 0;

        for (size_t i = 0; i < ELEMENTSOF(changing); i++)
                if (o->dirty & UINT64_C(1) << i)
                        names[n++] = (char *)(uintptr_t)changing[i].property;
        names[n] = NULL;
        return n == 0 ? 0
                      : sd_bus_emit_properties_changed_strv(bus, o->path, VRRPD_INTERFACE_INSTANCE, names);
}

#define CONSTANT(name, type, get) SD_BUS_PROPERTY(name, type, get, 0, SD_BUS_VTABLE_PROPERTY_CONST)
#define CHANGING(name, type, get) SD_BUS_PROPERTY(name, type, get, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE)
#define OPERATION(name, body)                                                                             \
        SD_BUS_METHOD_WITH_ARGS(name, SD_BUS_ARGS("a{sv}", options), SD_BUS_RESULT("t", operation), body, \
                        SD_BUS_VTABLE_UNPRIVILEGED)
#define EVENT_TIMES "t", seq, "t", realtime, "t", monotonic

static const sd_bus_vtable instance_vtable[] = {
                SD_BUS_VTABLE_START(0),
                CONSTANT("Name", "s", get_name),
                CONSTANT("VirtualRouterId", "y", get_vrid),
                CONSTANT("AddressFamily", "s", get_family),
                CONSTANT("ProtocolVersion", "y", get_version),
                CONSTANT("Interface", "s", get_interface),
                CHANGING("InterfaceIndex", "i", get_ifindex),
                CHANGING("VirtualMac", "s", get_virtual_mac),
                CHANGING("State", "s", get_state),
                CHANGING("StateReason", "s", get_reason),
                CHANGING("StateChangeTimestamp", "t", get_change_realtime),
                CHANGING("StateChangeTimestampMonotonic", "t", get_change_monotonic),
                CHANGING("AdminState", "s", get_admin),
                CHANGING("AdminReason", "s", get_admin_reason),
                CHANGING("AdminUID", "u", get_admin_uid),
                CHANGING("AdminExpireTimestamp", "t", get_admin_expire),
                CHANGING("Priority", "y", get_priority),
                CHANGING("BasePriority", "y", get_base_priority),
                CHANGING("Preempt", "b", get_preempt),
                CHANGING("PreemptDelayUSec", "t", get_preempt_delay),
                CHANGING("AdvertisementIntervalUSec", "t", get_interval),
                CHANGING("MasterAddress", "s", get_master_address),
                CHANGING("MasterPriority", "y", get_master_priority),
                CHANGING("SourceAddress", "s", get_source),
                CHANGING("VIPs", "as", get_vips),
                CHANGING("ExcludedVIPs", "as", get_excluded_vips),
                CHANGING("ActiveVIPs", "as", get_active_vips),
                CHANGING("SyncGroup", "o", get_group),
                CHANGING("Trackers", "a(oi)", get_trackers),
                CHANGING("Faults", "a(ss)", get_faults),
                CHANGING("Conflicts", "a(ss)", get_conflicts),
                CHANGING("Peers", "as", get_peers),

                OPERATION("Failover", instance_method_failover),
                OPERATION("ForceElection", instance_method_force_election),
                OPERATION("Promote", instance_method_promote),
                OPERATION("Pause", instance_method_pause),
                OPERATION("Resume", instance_method_resume),
                SD_BUS_METHOD("Announce", NULL, NULL, instance_method_announce, SD_BUS_VTABLE_UNPRIVILEGED),
                SD_BUS_METHOD_WITH_ARGS("GetStatistics", SD_BUS_NO_ARGS, SD_BUS_RESULT("a{st}", statistics),
                                instance_method_get_statistics, SD_BUS_VTABLE_UNPRIVILEGED),

                SD_BUS_SIGNAL_WITH_ARGS("StateChanged",
                                SD_BUS_ARGS("s", name, "s", old_state, "s", new_state, "s", reason,
                                                EVENT_TIMES, "a{sv}", details),
                                0),
                SD_BUS_SIGNAL_WITH_ARGS("TransitionFinished",
                                SD_BUS_ARGS("s", name, "s", state, "s", result, EVENT_TIMES, "a{st}",
                                                timings, "a{sv}", details),
                                0),
                SD_BUS_SIGNAL_WITH_ARGS("ConflictDetected",
                                SD_BUS_ARGS("s", name, "s", kind, "s", address, EVENT_TIMES, "a{sv}",
                                                details),
                                0),
                SD_BUS_SIGNAL_WITH_ARGS("ConflictCleared",
                                SD_BUS_ARGS("s", name, "s", kind, "s", address, EVENT_TIMES, "a{sv}",
                                                details),
                                0),
                SD_BUS_SIGNAL_WITH_ARGS("OperationFinished",
                                SD_BUS_ARGS("s", name, "t", operation, "s", kind, "s", result, EVENT_TIMES,
                                                "a{sv}", details),
                                0),
                SD_BUS_VTABLE_END,
};

static int find_instance(sd_bus *bus, const char *path, const char *interface, void *userdata,
                void **ret_found, sd_bus_error *ret_error) {
        const BusSide *side = userdata;
        InstanceObject *o = mirror_instance_by_path(publisher_mirror(side->publisher), path);

        if (!o)
                return 0;
        *ret_found = o;
        return 1;
}

int instance_object_register(sd_bus *bus, BusSide *side) {
        return sd_bus_add_fallback_vtable(bus, NULL, VRRPD_PATH_INSTANCE, VRRPD_INTERFACE_INSTANCE,
                        instance_vtable, find_instance, side);
}
