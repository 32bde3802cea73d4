/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* vrrpctl events [-n N]: what happened lately, from the daemon's own ring of events. */

#include "ctl/events.h"
#include "ctl/verbs.h"
#include <inttypes.h>

#define EVENTS_DEFAULT_LINES 100u

static int print_table(const json_t *events, size_t first, const Output *o) {
        static const TableColumn columns[] = {{"SEQ", .right = true}, {"TIME"}, {"EVENT"}};
        _cleanup_(table_freep) Table *t = NULL;
        char time[FORMAT_TIME_MAX];

        int r = table_new(o, columns, ELEMENTSOF(columns), &t);
        for (size_t i = first; r >= 0 && i < json_array_size(events); i++) {
                const json_t *e = json_array_get(events, i);
                _cleanup_free_ char *text = event_describe(e);
                r = text ? table_add_line(t) : -ENOMEM;
                if (r >= 0)
                        r = table_setf(t, 0, COLOR_FAINT, "%" PRIu64, event_u64(e, "seq"));
                if (r >= 0)
                        r = table_set(t, 1, format_time(event_u64(e, "realtime_usec"), time, sizeof(time)),
                                        COLOR_NONE);
                if (r >= 0)
                        r = table_set(t, 2, text, COLOR_NONE);
        }
        return r < 0 ? r : table_print(t);
}

int verb_events(int argc, char **argv, Context *x) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        _cleanup_(json_decrefp) json_t *events = NULL;
        size_t lines = x->options.lines > 0 ? x->options.lines : EVENTS_DEFAULT_LINES;

        _cleanup_(manager_done) Manager manager = {};
        int r = manager_read(x->client, &error, &manager);
        if (r >= 0)
                r = events_read(x->client, manager.epoch, 0, &error, &events);
        if (r < 0)
                return client_report(x->client, "events", NULL, &error, r);
        size_t n = json_array_size(events), first = n > lines ? n - lines : 0;
        if (x->output.json != JSON_MODE_OFF) {
                for (size_t i = 0; i < first; i++)
                        json_array_remove(events, 0);
                r = json_print(&x->output, TAKE_PTR(events));
        } else if (n == 0)
                print_line(&x->output, "Nothing has happened since vrrpd started.");
        else
                r = print_table(events, first, &x->output);
        return r < 0 ? client_report(x->client, "events", NULL, NULL, r) : CTL_OK;
}
