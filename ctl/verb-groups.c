/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* vrrpctl groups: the sync groups, one line each, with their members. */

#include "ctl/objects.h"
#include "ctl/verbs.h"

static Color state_color(const Group *g) {
        return streq(g->state, "master")   ? COLOR_GOOD
               : streq(g->state, "fault")  ? COLOR_BAD
               : streq(g->state, "backup") ? COLOR_NONE
                                           : COLOR_NOTE;
}

/* "VI_1 VI_2"; malloc'ed. */
static int member_names(const Group *g, char **ret) {
        _cleanup_free_ char *all = strdup("");

        for (size_t i = 0; all && i < g->members.n; i++) {
                _cleanup_free_ char *name = NULL;
                char *longer;

                int r = path_to_name(g->members.items[i], &name);
                if (r < 0)
                        return r;
                if (asprintf(&longer, "%s%s%s", all, i > 0 ? " " : "", name) < 0)
                        return -ENOMEM;
                free(all);
                all = longer;
        }
        if (!all)
                return -ENOMEM;
        *ret = TAKE_PTR(all);
        return 0;
}

static int set_hint(Table *t, size_t column, const Group *g) {
        if (streq(g->admin_state, "yielding") || streq(g->admin_state, "paused") ||
                        streq(g->admin_state, "promoted"))
                return table_setf(t, column, COLOR_FAINT, "%s vrrpctl resume --group %s",
                                output_arrow_left(), g->name);
        return table_set(t, column, "", COLOR_NONE);
}

static int add_line(Table *t, const Group *g, usec_t now_usec) {
        char since[FORMAT_TIMESPAN_MAX];
        _cleanup_free_ char *state = NULL, *members = NULL;
        bool enabled = streq(g->admin_state, "enabled");

        int r = member_names(g, &members);
        if (r < 0)
                return r;
        state = ascii_upper(g->state);
        if (!state)
                return -ENOMEM;
        format_since(g->state_change_realtime, now_usec, since, sizeof(since));
        r = table_add_line(t);
        if (r >= 0)
                r = table_set(t, 0, g->name, COLOR_BOLD);
        if (r >= 0)
                r = table_set(t, 1, state, state_color(g));
        if (r >= 0)
                r = table_set(t, 2, g->admin_state, enabled ? COLOR_NONE : COLOR_NOTE);
        if (r >= 0)
                r = table_set(t, 3, members, COLOR_NONE);
        if (r >= 0)
                r = table_set(t, 4, since, COLOR_NONE);
        return r < 0 ? r : set_hint(t, 5, g);
}

static int print_table(const Snapshot *s, const Output *o) {
        static const TableColumn columns[] = {
                        {"NAME"},
                        {"STATE"},
                        {"ADMIN"},
                        {"MEMBERS"},
                        {"SINCE"},
                        {""},
        };
        _cleanup_(table_freep) Table *t = NULL;

        int r = table_new(o, columns, ELEMENTSOF(columns), &t);
        for (size_t i = 0; r >= 0 && i < s->n_groups; i++)
                r = add_line(t, &s->groups[i], now_realtime());
        return r < 0 ? r : table_print(t);
}

static int print_json(const Snapshot *s, const Output *o) {
        _cleanup_(json_decrefp) json_t *all = json_array();

        for (size_t i = 0; i < s->n_groups; i++)
                if (json_array_append_new(all, group_to_json(&s->groups[i])) < 0)
                        return -ENOMEM;
        return json_print(o, TAKE_PTR(all));
}

int verb_groups(int argc, char **argv, Context *x) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        _cleanup_(snapshot_done) Snapshot s = {};

        int r = snapshot_read(x->client, &error, &s);
        if (r < 0)
                return client_report(x->client, "groups", NULL, &error, r);
        if (x->output.json != JSON_MODE_OFF)
                r = print_json(&s, &x->output);
        else if (s.n_groups == 0)
                print_line(&x->output, "The configuration has no sync groups.");
        else
                r = print_table(&s, &x->output);
        return r < 0 ? client_report(x->client, "groups", NULL, NULL, r) : CTL_OK;
}
