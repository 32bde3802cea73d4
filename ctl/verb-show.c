/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* vrrpctl show NAME: everything that can be read about one instance, and in words why it is or is not
 * master. vrrpctl show --config: what the daemon runs, as a configuration file. */

#include "ctl/objects.h"
#include "ctl/verbs.h"
#include "ctl/why.h"
#include "dbus/names.h"
#include "service/util/parse.h"
#include <stdarg.h>
#include <stdio.h>

#define LABEL_WIDTH 18

static void section(const Output *o, const char *heading) {
        printf("\n%s%s%s\n", output_color(o, COLOR_BOLD), heading, output_color_end(o, COLOR_BOLD));
}

/* "          Priority: 150": one fact a line; an empty value prints nothing. */
static _printf_(3, 4) void field(const Output *o, const char *label, const char *format, ...) {
        _cleanup_free_ char *text = NULL, *safe = NULL, *safe_label = text_escape(label);
        va_list ap;

        va_start(ap, format);
        int r = vasprintf(&text, format, ap);
        va_end(ap);
        if (r < 0) {
                text = NULL;
                return;
        }
        safe = text_escape(text);
        if (safe && *safe && safe_label)
                printf("%*s%s %s\n", LABEL_WIDTH, safe_label, *label ? ":" : " ", safe);
}

static void field_list(const Output *o, const char *label, const StringArray *a) {
        for (size_t i = 0; i < a->n; i++)
                field(o, i == 0 ? label : "", "%s", a->items[i]);
}

static void show_protocol(const Output *o, const Instance *i) {
        char interval[FORMAT_TIMESPAN_MAX];

        section(o, "Virtual router");
        field(o, "Interface", i->interface_index > 0 ? "%s (index %d)" : "%s (missing)", i->interface,
                        i->interface_index);
        field(o, "VRID", "%u", i->vrid);
        field(o, "Protocol", "VRRPv%u over %s", i->version,
                        streq(i->address_family, "ipv6") ? "IPv6" : "IPv4");
        field(o, "Interval", "%s", format_timespan(i->interval_usec, interval, sizeof(interval)));
        field(o, "Source address", "%s", i->source_address);
        field(o, "Virtual MAC", "%s", i->virtual_mac);
        field_list(o, "Peers", &i->peers);
}

static bool contains(const StringArray *a, const char *s) {
        for (size_t i = 0; i < a->n; i++)
                if (streq(a->items[i], s))
                        return true;
        return false;
}

static void show_addresses(const Output *o, const Instance *i) {
        section(o, "Addresses");
        for (size_t k = 0; k < i->vips.n; k++)
                field(o, k == 0 ? "VIPs" : "", "%s%s", i->vips.items[k],
                                contains(&i->active_vips, i->vips.items[k]) ? " (active)" : "");
        for (size_t k = 0; k < i->excluded_vips.n; k++)
                field(o, k == 0 ? "Not announced" : "", "%s%s", i->excluded_vips.items[k],
                                contains(&i->active_vips, i->excluded_vips.items[k]) ? " (active)" : "");
}

static void show_election(const Output *o, const Instance *i) {
        char delay[FORMAT_TIMESPAN_MAX];

        section(o, "Election");
        field(o, "Priority", "%u (%u configured)", i->priority, i->base_priority);
        if (i->preempt && i->preempt_delay_usec > 0)
                field(o, "Preempts", "yes, after %s",
                                format_timespan(i->preempt_delay_usec, delay, sizeof(delay)));
        else
                field(o, "Preempts", "%s", i->preempt ? "yes" : "no");
        if (instance_is(i, "master"))
                field(o, "Master", "this host");
        else if (*i->master_address)
                field(o, "Master", "%s with priority %u", i->master_address, i->master_priority);
        else
                field(o, "Master", "unknown");
}

static void show_administration(const Output *o, const Instance *i) {
        char until[FORMAT_TIME_MAX];

        section(o, "Administration");
        field(o, "Hold", "%s", i->admin_state);
        if (streq(i->admin_state, "enabled"))
                return;
        field(o, "Reason", "%s", i->admin_reason);
        if (i->admin_uid != UINT32_MAX)
                field(o, "User", "%u", i->admin_uid);
        if (i->admin_expire_realtime > 0)
                field(o, "Until", "%s", format_time(i->admin_expire_realtime, until, sizeof(until)));
}

static void show_trackers(const Output *o, const Instance *i, const Snapshot *s) {
        if (i->trackers.n == 0)
                return;
        section(o, "Trackers");
        for (size_t k = 0; k < i->trackers.n; k++) {
                const TrackRef *ref = &i->trackers.items[k];
                const Tracker *t = snapshot_find_tracker(s, ref->path);
                if (!t)
                        continue;
                field(o, t->type, "%s: %s, weight %d%s%s", t->name, t->state, ref->weight,
                                *t->status_text ? ", " : "", t->status_text);
        }
}

static void show_pairs(const Output *o, const char *heading, const PairArray *a) {
        if (a->n == 0)
                return;
        section(o, heading);
        for (size_t k = 0; k < a->n; k++)
                field(o, a->items[k].first, "%s", a->items[k].second);
}

static int show_why(const Output *o, const Instance *i, const Snapshot *s) {
        _cleanup_(string_list_done) StringList sentences = {};

        int r = why_explain(i, s, &sentences);
        if (r < 0)
                return r;
        section(o, "Why");
        for (size_t k = 0; k < sentences.n; k++) {
                _cleanup_free_ char *safe = text_escape(sentences.items[k]);
                if (!safe)
                        return -ENOMEM;
                printf("  %s\n", safe);
        }
        return 0;
}

static int show_text(const Output *o, const Instance *i, const Snapshot *s) {
        char time[FORMAT_TIME_MAX], since[FORMAT_TIMESPAN_MAX];
        _cleanup_free_ char *name = text_escape(i->name), *group = NULL;
        Color color = instance_is(i, "master")  ? COLOR_GOOD
                      : instance_is(i, "fault") ? COLOR_BAD
                                                : COLOR_BOLD;

        int r = instance_group_name(i, &group);
        if (r < 0 || !name)
                return -ENOMEM;
        printf("%s%s%s\n", output_color(o, color), name, output_color_end(o, color));
        field(o, "State", "%s", i->state);
        field(o, "Reason", "%s", i->state_reason);
        field(o, "Since", "%s (%s)", format_time(i->state_change_realtime, time, sizeof(time)),
                        format_since(i->state_change_realtime, now_realtime(), since, sizeof(since)));
        field(o, "Sync group", "%s", group);
        show_protocol(o, i);
        show_addresses(o, i);
        show_election(o, i);
        show_administration(o, i);
        show_trackers(o, i, s);
        show_pairs(o, "Faults", &i->faults);
        show_pairs(o, "Conflicts", &i->conflicts);
        r = show_why(o, i, s);
        fflush(stdout);
        return r;
}

/* The instance as in `status`, with "why" and with its trackers' whole objects as "tracker_states". */
static int show_json(const Output *o, const Instance *i, const Snapshot *s) {
        _cleanup_(string_list_done) StringList sentences = {};
        _cleanup_(json_decrefp) json_t *v = instance_to_json(i), *why = json_array(), *states = json_array();

        int r = why_explain(i, s, &sentences);
        if (r < 0)
                return r;
        for (size_t k = 0; k < sentences.n; k++)
                if (json_array_append_new(why, json_string(sentences.items[k])) < 0)
                        return -ENOMEM;
        for (size_t k = 0; k < i->trackers.n; k++) {
                const Tracker *t = snapshot_find_tracker(s, i->trackers.items[k].path);
                if (t && json_array_append_new(states, tracker_to_json(t)) < 0)
                        return -ENOMEM;
        }
        if (json_object_set(v, "tracker_states", states) < 0 || json_object_set(v, "why", why) < 0)
                return -ENOMEM;
        return json_print(o, TAKE_PTR(v));
}

/* The running configuration as a file, with all that holds without being written. */
static int show_config(Context *x) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL, *reply = NULL;
        const char *text;

        int r = client_new_call(x->client, VRRPD_PATH, NULL, "GetConfiguration", &m);
        if (r >= 0)
                r = client_call(x->client, m, &error, &reply);
        if (r >= 0)
                r = sd_bus_message_read(reply, "s", &text);
        if (r < 0)
                return client_report(x->client, "show", NULL, &error, r);
        if (x->output.json != JSON_MODE_OFF)
                return json_print(&x->output, json_pack("{s:s}", "configuration", text)) < 0 ? CTL_FAILURE
                                                                                             : CTL_OK;
        fputs(text, stdout);
        return CTL_OK;
}

int verb_show(int argc, char **argv, Context *x) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        _cleanup_(snapshot_done) Snapshot s = {};

        if (x->options.config)
                return show_config(x);
        int r = snapshot_read(x->client, &error, &s);
        if (r < 0)
                return client_report(x->client, "show", NULL, &error, r);
        const Instance *i = snapshot_find_instance(&s, argv[1]);
        if (!i) {
                print_error("there is no instance \"%s\" (\"vrrpctl status\" lists them)", argv[1]);
                return CTL_NO_SUCH_OBJECT;
        }
        r = x->output.json == JSON_MODE_OFF ? show_text(&x->output, i, &s) : show_json(&x->output, i, &s);
        return r < 0 ? client_report(x->client, "show", NULL, NULL, r) : CTL_OK;
}
