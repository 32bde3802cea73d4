/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Properties of org.vrrpd.Vrrp1.Tracker, read from the mirror. Trackers have no methods: what they judge is
 * not to be commanded. */

#include "dbus/tracker-object.h"
#include "dbus/names.h"
#include "dbus/object-path.h"
#include "dbus/side.h"

#define GETTER(function)                                                                                \
        static int function(sd_bus *bus, const char *path, const char *interface, const char *property, \
                        sd_bus_message *reply, void *userdata, sd_bus_error *ret_error)
#define GETTER_STRING(function, expression)                                         \
        GETTER(function) {                                                          \
                const TrackerStatus *s = ((const TrackerObject *)userdata)->status; \
                return sd_bus_message_append(reply, "s", expression);               \
        }                                                                           \
        struct _unused_for_semicolon_

GETTER_STRING(get_type, vrrp_tracker_type_to_string(s->type));
GETTER_STRING(get_name, s->name);
GETTER_STRING(get_target, s->target);
GETTER_STRING(get_state, vrrp_tracker_state_to_string(s->state));
GETTER_STRING(get_status_text, s->status_text);

GETTER(get_value) {
        return sd_bus_message_append(reply, "x", ((const TrackerObject *)userdata)->status->value);
}

GETTER(get_change_realtime) {
        return sd_bus_message_append(reply, "t", ((const TrackerObject *)userdata)->status->change_realtime);
}

GETTER(get_change_monotonic) {
        return sd_bus_message_append(
                        reply, "t", ((const TrackerObject *)userdata)->status->change_monotonic);
}

GETTER(get_users) {
        const TrackerObject *t = userdata;
        int r = sd_bus_message_open_container(reply, 'a', "o");

        for (const List *l = t->users.next; r >= 0 && l != &t->users; l = l->next)
                r = sd_bus_message_append(
                                reply, "o", CONTAINER_OF(l, TrackerUse, in_tracker)->instance->path);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

#define CHANGED(n) (UINT64_C(1) << (n))

static const char *const changing[] = {
                "Users", /* TRACKER_CHANGED_USERS */
                "Target",
                "State",
                "StatusText",
                "Value",
                "StateChangeTimestamp",
                "StateChangeTimestampMonotonic",
};

bool tracker_object_is_other(const TrackerStatus *old, const TrackerStatus *new) {
        return old->type != new->type || !streq(old->name, new->name);
}

uint64_t tracker_object_changes(const TrackerStatus *old, const TrackerStatus *new) {
        return (streq(old->target, new->target) ? 0 : CHANGED(1)) |
               (old->state == new->state ? 0 : CHANGED(2)) |
               (streq(old->status_text, new->status_text) ? 0 : CHANGED(3)) |
               (old->value == new->value ? 0 : CHANGED(4)) |
               (old->change_realtime == new->change_realtime ? 0 : CHANGED(5)) |
               (old->change_monotonic == new->change_monotonic ? 0 : CHANGED(6));
}

int tracker_object_emit_changes(sd_bus *bus, const TrackerObject *t) {
        char *names[ELEMENTSOF(changing) + 1];
        size_t n = 0;

        for (size_t i = 0; i < ELEMENTSOF(changing); i++)
                if (t->dirty & CHANGED(i))
                        names[n++] = (char *)(uintptr_t)changing[i];
        names[n] = NULL;
        return n == 0 ? 0
                      : sd_bus_emit_properties_changed_strv(bus, t->path, VRRPD_INTERFACE_TRACKER, names);
}

#define CONSTANT(name, type, get) SD_BUS_PROPERTY(name, type, get, 0, SD_BUS_VTABLE_PROPERTY_CONST)
#define CHANGING(name, type, get) SD_BUS_PROPERTY(name, type, get, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE)

static const sd_bus_vtable tracker_vtable[] = {
                SD_BUS_VTABLE_START(0),
                CONSTANT("Type", "s", get_type),
                CONSTANT("Name", "s", get_name),
                CHANGING("Target", "s", get_target),
                CHANGING("State", "s", get_state),
                CHANGING("StatusText", "s", get_status_text),
                CHANGING("Value", "x", get_value),
                CHANGING("StateChangeTimestamp", "t", get_change_realtime),
                CHANGING("StateChangeTimestampMonotonic", "t", get_change_monotonic),
                CHANGING("Users", "ao", get_users),
                SD_BUS_VTABLE_END,
};

static int find_tracker(sd_bus *bus, const char *path, const char *interface, void *userdata,
                void **ret_found, sd_bus_error *ret_error) {
        const BusSide *side = userdata;
        TrackerObject *t = mirror_tracker_by_path(publisher_mirror(side->publisher), path);

        if (!t)
                return 0;
        *ret_found = t;
        return 1;
}

int tracker_object_register(sd_bus *bus, BusSide *side) {
        return sd_bus_add_fallback_vtable(bus, NULL, VRRPD_PATH_TRACKER, VRRPD_INTERFACE_TRACKER,
                        tracker_vtable, find_tracker, side);
}
