/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* vrrpctl trackers: what the instances watch, and how it is. */

#include "ctl/objects.h"
#include "ctl/verbs.h"
#include <inttypes.h>

static Color state_color(const Tracker *t) {
        return streq(t->state, "up") ? COLOR_GOOD : streq(t->state, "down") ? COLOR_BAD : COLOR_NOTE;
}

static int add_line(Table *t, const Tracker *tracker, usec_t now_usec) {
        char since[FORMAT_TIMESPAN_MAX];

        format_since(tracker->state_change_realtime, now_usec, since, sizeof(since));
        int r = table_add_line(t);
        if (r >= 0)
                r = table_set(t, 0, tracker->type, COLOR_NONE);
        if (r >= 0)
                r = table_set(t, 1, tracker->name, COLOR_BOLD);
        if (r >= 0)
                r = table_set(t, 2, tracker->state, state_color(tracker));
        if (r >= 0)
                r = table_setf(t, 3, COLOR_NONE, "%" PRId64, tracker->value);
        if (r >= 0)
                r = table_setf(t, 4, COLOR_NONE, "%zu", tracker->users.n);
        if (r >= 0)
                r = table_set(t, 5, since, COLOR_NONE);
        if (r >= 0)
                r = table_set(t, 6, *tracker->target ? tracker->target : "-", COLOR_NONE);
        return r < 0 ? r : table_set(t, 7, tracker->status_text, COLOR_NONE);
}

static int print_table(const Snapshot *s, const Output *o) {
        static const TableColumn columns[] = {
                        {"TYPE"},
                        {"NAME"},
                        {"STATE"},
                        {"VALUE", .right = true},
                        {"USERS", .right = true},
                        {"SINCE"},
                        {"TARGET"},
                        {"STATUS"},
        };
        _cleanup_(table_freep) Table *t = NULL;

        int r = table_new(o, columns, ELEMENTSOF(columns), &t);
        for (size_t i = 0; r >= 0 && i < s->n_trackers; i++)
                r = add_line(t, &s->trackers[i], now_realtime());
        return r < 0 ? r : table_print(t);
}

static int print_json(const Snapshot *s, const Output *o) {
        _cleanup_(json_decrefp) json_t *all = json_array();

        for (size_t i = 0; i < s->n_trackers; i++)
                if (json_array_append_new(all, tracker_to_json(&s->trackers[i])) < 0)
                        return -ENOMEM;
        return json_print(o, TAKE_PTR(all));
}

int verb_trackers(int argc, char **argv, Context *x) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        _cleanup_(snapshot_done) Snapshot s = {};

        int r = snapshot_read(x->client, &error, &s);
        if (r < 0)
                return client_report(x->client, "trackers", NULL, &error, r);
        if (x->output.json != JSON_MODE_OFF)
                r = print_json(&s, &x->output);
        else if (s.n_trackers == 0)
                print_line(&x->output, "The configuration has no trackers.");
        else
                r = print_table(&s, &x->output);
        return r < 0 ? client_report(x->client, "trackers", NULL, NULL, r) : CTL_OK;
}
