/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The argument lists are those of data/org.vrrpd.Vrrp1.xml. Every signal ends in seq, realtime, monotonic
 * and an a{sv} with what only some events have: "detail" (words), "priority" (effective, when it
 * happened) and "replaced" (of one that a reload has put another in the place of, on whose path it is). */

#include "dbus/event-message.h"
#include "dbus/names.h"
#include "dbus/object-path.h"

const char *event_signal_name(EventKind kind) {
        switch (kind) {
        case EVENT_STATE_CHANGED:
                return "StateChanged";
        case EVENT_TRANSITION_FINISHED:
                return "TransitionFinished";
        case EVENT_CONFLICT_DETECTED:
                return "ConflictDetected";
        case EVENT_CONFLICT_CLEARED:
                return "ConflictCleared";
        case EVENT_OPERATION_FINISHED:
                return "OperationFinished";
        }
        return NULL;
}

/* What the event is of: an instance, or a sync group. */
static int event_path(const InstanceEvent *e, char **ret) {
        return e->group > 0 ? object_path_group(e->name, ret) : object_path_instance(e->name, ret);
}

static int append_times(sd_bus_message *m, const RingEvent *e) {
        return sd_bus_message_append(m, "ttt", e->seq, e->event->realtime, e->event->monotonic);
}

static int append_string(sd_bus_message *m, const char *key, const char *value) {
        return sd_bus_message_append(m, "{sv}", key, "s", value);
}

/* The entries that signals and replays have in common. */
static int append_common_entries(sd_bus_message *m, const RingEvent *e) {
        char successor[VRRP_ADDRESS_STRLEN];
        int r = 0;

        if (e->event->kind == EVENT_OPERATION_FINISHED && vrrp_address_is_set(&e->event->address))
                r = append_string(m, "successor", vrrp_address_to_string(&e->event->address, successor));
        if (r >= 0 && e->event->detail[0] != '\0')
                r = append_string(m, "detail", e->event->detail);
        if (r >= 0 && e->priority > 0)
                r = sd_bus_message_append(m, "{sv}", "priority", "y", (int)e->priority);
        if (r >= 0 && e->replaced)
                r = sd_bus_message_append(m, "{sv}", "replaced", "b", true);
        return r;
}

static int append_details(sd_bus_message *m, const RingEvent *e) {
        int r = sd_bus_message_open_container(m, 'a', "{sv}");

        if (r >= 0)
                r = append_common_entries(m, e);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

/* a{st}: what has happened, by its microseconds after the decision. */
static int append_timings(sd_bus_message *m, const InstanceEvent *e) {
        const struct {
                const char *key;
                usec_t usec;
        } timings[] = {
                        {"first-advert", e->first_advert_usec},
                        {"addresses-confirmed", e->addresses_confirmed_usec},
                        {"first-announce", e->first_announce_usec},
        };
        int r = sd_bus_message_open_container(m, 'a', "{st}");

        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(timings); i++)
                if (timings[i].usec > 0)
                        r = sd_bus_message_append(m, "{st}", timings[i].key, timings[i].usec);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

/* Everything before the last a{sv}. */
static int append_arguments(sd_bus_message *m, const RingEvent *ring) {
        const InstanceEvent *e = ring->event;
        char address[VRRP_ADDRESS_STRLEN];
        int r = sd_bus_message_append(m, "s", e->name);

        if (r < 0)
                return r;
        switch (e->kind) {
        case EVENT_STATE_CHANGED:
                r = sd_bus_message_append(m, "sss", vrrp_state_to_string(e->old_state),
                                vrrp_state_to_string(e->new_state), vrrp_reason_to_string(e->reason));
                break;
        case EVENT_TRANSITION_FINISHED:
                r = sd_bus_message_append(m, "ss", vrrp_state_to_string(e->new_state),
                                vrrp_result_to_string(e->result));
                break;
        case EVENT_CONFLICT_DETECTED:
        case EVENT_CONFLICT_CLEARED:
                r = sd_bus_message_append(m, "ss", vrrp_conflict_to_string(e->conflict),
                                vrrp_address_to_string(&e->address, address));
                break;
        case EVENT_OPERATION_FINISHED:
                r = sd_bus_message_append(m, "tss", e->operation,
                                vrrp_operation_to_string(e->operation_kind),
                                vrrp_result_to_string(e->result));
                break;
        }
        if (r >= 0)
                r = append_times(m, ring);
        if (r >= 0 && e->kind == EVENT_TRANSITION_FINISHED)
                r = append_timings(m, e);
        return r;
}

int event_message_send(sd_bus *bus, const RingEvent *e) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        _cleanup_free_ char *path = NULL;
        int r = event_path(e->event, &path);

        if (r >= 0)
                r = sd_bus_message_new_signal(bus, &m, path,
                                e->event->group > 0 ? VRRPD_INTERFACE_GROUP : VRRPD_INTERFACE_INSTANCE,
                                event_signal_name(e->event->kind));
        if (r >= 0)
                r = append_arguments(m, e);
        if (r >= 0)
                r = append_details(m, e);
        return r < 0 ? r : sd_bus_send(bus, m, NULL);
}

static int append_timings_entry(sd_bus_message *m, const InstanceEvent *e) {
        int r = sd_bus_message_open_container(m, 'e', "sv");

        if (r >= 0)
                r = sd_bus_message_append(m, "s", "timings");
        if (r >= 0)
                r = sd_bus_message_open_container(m, 'v', "a{st}");
        if (r >= 0)
                r = append_timings(m, e);
        if (r >= 0)
                r = sd_bus_message_close_container(m);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

static int append_argument_entries(sd_bus_message *m, const InstanceEvent *e) {
        char address[VRRP_ADDRESS_STRLEN];
        int r = 0;

        switch (e->kind) {
        case EVENT_STATE_CHANGED:
                r = append_string(m, "old-state", vrrp_state_to_string(e->old_state));
                if (r >= 0)
                        r = append_string(m, "new-state", vrrp_state_to_string(e->new_state));
                if (r >= 0)
                        r = append_string(m, "reason", vrrp_reason_to_string(e->reason));
                break;
        case EVENT_TRANSITION_FINISHED:
                r = append_string(m, "state", vrrp_state_to_string(e->new_state));
                if (r >= 0)
                        r = append_string(m, "result", vrrp_result_to_string(e->result));
                if (r >= 0)
                        r = append_timings_entry(m, e);
                break;
        case EVENT_CONFLICT_DETECTED:
        case EVENT_CONFLICT_CLEARED:
                r = append_string(m, "kind", vrrp_conflict_to_string(e->conflict));
                if (r >= 0)
                        r = append_string(m, "address", vrrp_address_to_string(&e->address, address));
                break;
        case EVENT_OPERATION_FINISHED:
                r = sd_bus_message_append(m, "{sv}", "operation", "t", e->operation);
                if (r >= 0)
                        r = append_string(m, "kind", vrrp_operation_to_string(e->operation_kind));
                if (r >= 0)
                        r = append_string(m, "result", vrrp_result_to_string(e->result));
                break;
        }
        return r;
}

int event_message_append_entry(sd_bus_message *m, const RingEvent *e) {
        _cleanup_free_ char *path = NULL;
        int r = event_path(e->event, &path);

        if (r >= 0)
                r = sd_bus_message_open_container(m, 'r', "tsota{sv}");
        if (r >= 0)
                r = sd_bus_message_append(m, "tsot", e->seq, event_signal_name(e->event->kind), path,
                                e->event->realtime);
        if (r >= 0)
                r = sd_bus_message_open_container(m, 'a', "{sv}");
        if (r >= 0)
                r = append_string(m, "name", e->event->name);
        if (r >= 0)
                r = append_argument_entries(m, e->event);
        if (r >= 0)
                r = sd_bus_message_append(m, "{sv}", "monotonic", "t", e->event->monotonic);
        if (r >= 0)
                r = append_common_entries(m, e);
        if (r >= 0)
                r = sd_bus_message_close_container(m);
        return r < 0 ? r : sd_bus_message_close_container(m);
}
