/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Signals arrive as D-Bus messages or, replayed, as entries of GetEvents(); both become the same JSON
 * object, and everything else (text, hooks, output) looks at that object only. */

#include "ctl/events.h"
#include "ctl/why.h"
#include "dbus/names.h"
#include "service/util/parse.h"
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#define EVENT_ARGUMENTS_MAX 10

static const struct {
        const char *interface, *signal;
        const char *arguments[EVENT_ARGUMENTS_MAX];
} signals[] = {
                {VRRPD_INTERFACE_INSTANCE, "StateChanged",
                                {"name", "old_state", "new_state", "reason", "seq", "realtime_usec",
                                                "monotonic_usec", "details"}},
                {VRRPD_INTERFACE_INSTANCE, "TransitionFinished",
                                {"name", "state", "result", "seq", "realtime_usec", "monotonic_usec",
                                                "timings", "details"}},
                {VRRPD_INTERFACE_INSTANCE, "ConflictDetected",
                                {"name", "kind", "address", "seq", "realtime_usec", "monotonic_usec",
                                                "details"}},
                {VRRPD_INTERFACE_INSTANCE, "ConflictCleared",
                                {"name", "kind", "address", "seq", "realtime_usec", "monotonic_usec",
                                                "details"}},
                {VRRPD_INTERFACE_INSTANCE, "OperationFinished",
                                {"name", "operation", "kind", "result", "seq", "realtime_usec",
                                                "monotonic_usec", "details"}},
                {VRRPD_INTERFACE_GROUP, "StateChanged",
                                {"name", "old_state", "new_state", "reason", "seq", "realtime_usec",
                                                "monotonic_usec", "details"}},
                {VRRPD_INTERFACE_GROUP, "OperationFinished",
                                {"name", "operation", "kind", "result", "seq", "realtime_usec",
                                                "monotonic_usec", "details"}},
                {VRRPD_INTERFACE_MANAGER, "Reloaded", {"success", "added", "changed", "removed", "details"}},
                {VRRPD_INTERFACE_MANAGER, "Stopping", {"reason", "seq"}},
                {VRRPD_INTERFACE_MANAGER, "Resync", {"epoch", "reason", "seq"}},
                {"org.freedesktop.DBus.ObjectManager", "InterfacesAdded", {"object", "interfaces"}},
                {"org.freedesktop.DBus.ObjectManager", "InterfacesRemoved", {"object", "interfaces"}},
                {"org.freedesktop.DBus.Properties", "PropertiesChanged",
                                {"interface", "changed", "invalidated"}},
};

const char *event_string(const json_t *event, const char *key) {
        return strempty(json_string_value(json_object_get(event, key)));
}

uint64_t event_u64(const json_t *event, const char *key) {
        return (uint64_t)json_integer_value(json_object_get(event, key));
}

/* Bus text with control characters stays as it is here: JSON escapes it, and so does whoever prints the
 * description. */
int event_from_message(sd_bus_message *m, json_t **ret) {
        _cleanup_(json_decrefp) json_t *event = NULL;
        size_t k = 0;

        while (k < ELEMENTSOF(signals) &&
                        !sd_bus_message_is_signal(m, signals[k].interface, signals[k].signal))
                k++;
        if (k == ELEMENTSOF(signals)) {
                *ret = NULL;
                return 0;
        }
        event = json_pack("{s:s, s:s}", "signal", signals[k].signal, "path", sd_bus_message_get_path(m));
        for (size_t i = 0; i < EVENT_ARGUMENTS_MAX && signals[k].arguments[i]; i++) {
                json_t *v;
                int r = message_to_json(m, &v);
                if (r < 0)
                        return r == -ENOMEM ? r : -EBADMSG;
                if (json_object_set_new(event, signals[k].arguments[i], v) < 0)
                        return -ENOMEM;
        }
        *ret = TAKE_PTR(event);
        return 0;
}

/* Is `key` an argument of that signal of an instance? */
static bool is_argument(const char *signal, const char *key) {
        for (size_t k = 0; k < ELEMENTSOF(signals); k++)
                for (size_t i = 0; streq(signals[k].signal, signal) && i < EVENT_ARGUMENTS_MAX; i++)
                        if (streq_ptr(signals[k].arguments[i], key))
                                return true;
        return false;
}

/* A replayed event has everything in one dictionary, named with dashes; a signal has arguments, and a
 * dictionary for the rest. Both shall look alike. */
static int merge_arguments(json_t *event, const char *signal, json_t *arguments) {
        json_t *details = json_object(), *value;
        const char *key;

        if (json_object_set_new(event, "details", details) < 0)
                return -ENOMEM;
        json_object_foreach(arguments, key, value) {
                _cleanup_free_ char *name = strdup(streq(key, "monotonic") ? "monotonic_usec" : key);
                if (!name)
                        return -ENOMEM;
                for (char *p = name; *p; p++)
                        if (*p == '-')
                                *p = '_';
                bool argument = is_argument(signal, name);
                if (json_object_set(argument ? event : details, argument ? name : key, value) < 0)
                        return -ENOMEM;
        }
        return 0;
}

/* One (tsota{sv}), at which m stands. */
static int event_from_entry(sd_bus_message *m, json_t **ret) {
        _cleanup_(json_decrefp) json_t *event = NULL, *arguments = NULL;
        _cleanup_free_ char *name = NULL;
        const char *signal, *path;
        uint64_t seq, realtime;

        int r = sd_bus_message_enter_container(m, 'r', "tsota{sv}");
        if (r >= 0)
                r = sd_bus_message_read(m, "tsot", &seq, &signal, &path, &realtime);
        if (r >= 0)
                r = message_to_json(m, &arguments);
        if (r >= 0)
                r = sd_bus_message_exit_container(m);
        if (r >= 0)
                r = path_to_name(path, &name);
        if (r < 0)
                return r == -ENOMEM ? r : -EBADMSG;
        event = json_pack("{s:s, s:s, s:s, s:o, s:o}", "signal", signal, "path", path, "name", name, "seq",
                        json_u64(seq), "realtime_usec", json_u64(realtime));
        r = event ? merge_arguments(event, signal, arguments) : -ENOMEM;
        if (r < 0)
                return r;
        *ret = TAKE_PTR(event);
        return 0;
}

int events_read(Client *c, const char *epoch, uint64_t after, sd_bus_error *error, json_t **ret) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL, *reply = NULL;
        _cleanup_(json_decrefp) json_t *all = json_array();

        int r = client_new_call(c, VRRPD_PATH, NULL, "GetEvents", &m);
        if (r >= 0)
                r = sd_bus_message_append(m, "stu", epoch, after, UINT32_C(0));
        if (r >= 0)
                r = client_call(c, m, error, &reply);
        if (r < 0)
                return r;
        if (!sd_bus_message_has_signature(reply, "ba(tsota{sv})"))
                return -EBADMSG;
        r = sd_bus_message_skip(reply, "b");
        if (r >= 0)
                r = sd_bus_message_enter_container(reply, 'a', "(tsota{sv})");
        while (r >= 0 && (r = sd_bus_message_at_end(reply, false)) == 0) {
                json_t *event;
                r = event_from_entry(reply, &event);
                if (r >= 0 && json_array_append_new(all, event) < 0)
                        r = -ENOMEM;
        }
        if (r < 0)
                return r;
        *ret = TAKE_PTR(all);
        return 0;
}

bool event_is_replaced(const json_t *event) {
        return json_is_true(json_object_get(json_object_get(event, "details"), "replaced"));
}

static char *format(const char *format, ...) _printf_(1, 2);
static char *format(const char *format, ...) {
        char *s;
        va_list ap;

        va_start(ap, format);
        int r = vasprintf(&s, format, ap);
        va_end(ap);
        return r < 0 ? NULL : s;
}

/* The daemon's free words at the end of a line. */
static const char *detail(const json_t *event) {
        return event_string(json_object_get(event, "details"), "detail");
}

/* "group " in front of a sync group's name: an instance may have the same. */
static const char *kind(const json_t *e) {
        return strncmp(event_string(e, "path"), VRRPD_PATH_GROUP "/", strlen(VRRPD_PATH_GROUP "/")) == 0
                               ? "group "
                               : "";
}

static const char *replaced(const json_t *e) {
        return event_is_replaced(e) ? " (replaced)" : "";
}

static char *describe_state_changed(const json_t *e) {
        return format("%s%s%s: %s %s %s (%s)%s%s", kind(e), event_string(e, "name"), replaced(e),
                        event_string(e, "old_state"), output_arrow_right(), event_string(e, "new_state"),
                        event_string(e, "reason"), *detail(e) ? ": " : "", detail(e));
}

static char *describe_transition(const json_t *e) {
        char steps[256] = "";
        const char *key;
        json_t *value;
        size_t n = 0;

        json_object_foreach(json_object_get(e, "timings"), key, value) {
                char span[FORMAT_TIMESPAN_MAX];
                format_timespan((usec_t)json_integer_value(value), span, sizeof(span));
                n += (size_t)snprintf(steps + n, sizeof(steps) - n, "%s%s %s", n ? ", " : "", key, span);
                if (n >= sizeof(steps))
                        break;
        }
        return format("%s%s: is %s: %s%s%s%s", event_string(e, "name"), replaced(e),
                        event_string(e, "state"), event_string(e, "result"), *steps ? " (" : "", steps,
                        *steps ? ")" : "");
}

static char *describe_conflict(const json_t *e) {
        const Pair conflict = {(char *)(uintptr_t)event_string(e, "kind"),
                        (char *)(uintptr_t)event_string(e, "address")};
        char text[256];

        return format("%s: conflict %s: %s", event_string(e, "name"),
                        streq(event_string(e, "signal"), "ConflictDetected") ? "begins" : "is over",
                        why_conflict(&conflict, text, sizeof(text)));
}

static char *describe_operation(const json_t *e) {
        const char *successor = event_string(json_object_get(e, "details"), "successor");

        return format("%s%s: operation %" PRIu64 ", %s: %s%s%s%s%s", kind(e), event_string(e, "name"),
                        event_u64(e, "operation"), event_string(e, "kind"), event_string(e, "result"),
                        *successor ? ", successor " : "", successor, *detail(e) ? ": " : "", detail(e));
}

static char *describe_reloaded(const json_t *e) {
        if (!json_is_true(json_object_get(e, "success")))
                return format("reload failed, the old configuration goes on");
        return format("configuration reloaded: %" PRIu64 " added, %" PRIu64 " changed, %" PRIu64 " removed",
                        event_u64(e, "added"), event_u64(e, "changed"), event_u64(e, "removed"));
}

static char *describe_object(const json_t *e) {
        _cleanup_free_ char *name = NULL;

        if (path_to_name(event_string(e, "object"), &name) < 0)
                return NULL;
        return format("%s: object %s", name,
                        streq(event_string(e, "signal"), "InterfacesAdded") ? "appeared" : "disappeared");
}

static char *describe_properties(const json_t *e) {
        _cleanup_free_ char *name = NULL, *values = NULL;

        if (path_to_name(event_string(e, "path"), &name) < 0)
                return NULL;
        values = json_dumps(json_object_get(e, "changed"), JSON_COMPACT);
        return values ? format("%s: %s", name, values) : NULL;
}

char *event_describe(const json_t *event) {
        static const struct {
                const char *signal;
                char *(*describe)(const json_t *event);
        } describers[] = {
                        {"StateChanged", describe_state_changed},
                        {"TransitionFinished", describe_transition},
                        {"ConflictDetected", describe_conflict},
                        {"ConflictCleared", describe_conflict},
                        {"OperationFinished", describe_operation},
                        {"Reloaded", describe_reloaded},
                        {"InterfacesAdded", describe_object},
                        {"InterfacesRemoved", describe_object},
                        {"PropertiesChanged", describe_properties},
        };
        const char *signal = event_string(event, "signal");

        for (size_t i = 0; i < ELEMENTSOF(describers); i++)
                if (streq(describers[i].signal, signal))
                        return describers[i].describe(event);
        if (streq(signal, "Stopping"))
                return format("vrrpd is stopping: %s", event_string(event, "reason"));
        if (streq(signal, "Resync"))
                return format("vrrpd asks to read everything again: %s", event_string(event, "reason"));
        if (streq(signal, "DaemonStarted"))
                return format("vrrpd is running");
        if (streq(signal, "DaemonStopped"))
                return format("vrrpd is not running");
        if (streq(signal, "CurrentState"))
                return format("%s: is %s", event_string(event, "name"), event_string(event, "state"));
        return format("%s %s", signal, event_string(event, "path"));
}
