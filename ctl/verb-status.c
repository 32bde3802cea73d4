/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* vrrpctl status [NAME...]: all instances in a table, one line each, with what wants attention at the end of
 * the line. */

#include "ctl/objects.h"
#include "ctl/verbs.h"
#include "ctl/why.h"
#include <stdio.h>

static const TableColumn columns[] = {
                {"NAME"},
                {"GROUP"},
                {"IFACE"},
                {"VRID", .right = true},
                {"STATE"},
                {"ADMIN"},
                {"PRIO"},
                {"MASTER"},
                {"VIPS"},
                {"SINCE"},
                {""},
};

static Color state_color(const Instance *i) {
        return instance_is(i, "master")   ? COLOR_GOOD
               : instance_is(i, "fault")  ? COLOR_BAD
               : instance_is(i, "backup") ? COLOR_NONE
                                          : COLOR_NOTE;
}

/* "MASTER": the table's one deviation from the bus's lower-case words, as everybody who knows VRRP reads it
 * so. */
static int set_state(Table *t, size_t column, const Instance *i) {
        _cleanup_free_ char *upper = ascii_upper(i->state);
        if (!upper)
                return -ENOMEM;
        return table_set(t, column, upper, state_color(i));
}

/* "192.0.2.10/24 +2" */
static int set_vips(Table *t, size_t column, const Instance *i) {
        const StringArray *first = i->vips.n > 0 ? &i->vips : &i->excluded_vips;
        size_t n = i->vips.n + i->excluded_vips.n;

        if (n == 0)
                return table_set(t, column, "-", COLOR_NONE);
        if (n == 1)
                return table_set(t, column, first->items[0], COLOR_NONE);
        return table_setf(t, column, COLOR_NONE, "%s +%zu", first->items[0], n - 1);
}

/* What to look at or to do next; nothing for an instance that is as it should be. A group's members are held
 * and released together. group: "" = none. */
static int set_hint(Table *t, size_t column, const Instance *i, const char *group) {
        char conflict[256];

        if (i->faults.n > 0)
                return table_setf(t, column, COLOR_BAD, "%s%s", i->faults.items[0].second,
                                i->faults.n > 1 ? ", ..." : "");
        if (i->conflicts.n > 0)
                return table_setf(t, column, COLOR_NOTE, "conflict: %s",
                                why_conflict(&i->conflicts.items[0], conflict, sizeof(conflict)));
        if (streq(i->admin_state, "yielding") || streq(i->admin_state, "paused") ||
                        streq(i->admin_state, "promoted"))
                return table_setf(t, column, COLOR_FAINT, "%s vrrpctl resume %s%s", output_arrow_left(),
                                *group ? "--group " : "", *group ? group : i->name);
        return table_set(t, column, "", COLOR_NONE);
}

static int add_line(Table *t, const Instance *i, usec_t now_usec) {
        char since[FORMAT_TIMESPAN_MAX];
        _cleanup_free_ char *group = NULL;
        bool master = instance_is(i, "master"), enabled = streq(i->admin_state, "enabled");

        int r = instance_group_name(i, &group);
        if (r < 0)
                return r;
        format_since(i->state_change_realtime, now_usec, since, sizeof(since));
        r = table_add_line(t);
        if (r >= 0)
                r = table_set(t, 0, i->name, COLOR_BOLD);
        if (r >= 0)
                r = table_set(t, 1, *group ? group : "-", COLOR_NONE);
        if (r >= 0)
                r = table_set(t, 2, *i->interface ? i->interface : "-", COLOR_NONE);
        if (r >= 0)
                r = table_setf(t, 3, COLOR_NONE, "%u", i->vrid);
        if (r >= 0)
                r = set_state(t, 4, i);
        if (r >= 0)
                r = table_set(t, 5, i->admin_state, enabled ? COLOR_NONE : COLOR_NOTE);
        if (r >= 0)
                r = table_setf(t, 6, i->priority == i->base_priority ? COLOR_NONE : COLOR_NOTE, "%u",
                                i->priority);
        if (r >= 0)
                r = table_set(t, 7,
                                master               ? "(self)"
                                : *i->master_address ? i->master_address
                                                     : "-",
                                COLOR_NONE);
        if (r >= 0)
                r = set_vips(t, 8, i);
        if (r >= 0)
                r = table_set(t, 9, since, COLOR_NONE);
        return r < 0 ? r : set_hint(t, 10, i, group);
}

/* Whether the instance was asked for: no names = all. */
static bool wanted(const Instance *i, int n_names, char **names) {
        for (int k = 0; k < n_names; k++)
                if (streq(names[k], i->name))
                        return true;
        return n_names == 0;
}

static int print_table(const Snapshot *s, int n_names, char **names, const Output *output) {
        _cleanup_(table_freep) Table *t = NULL;

        int r = table_new(output, columns, ELEMENTSOF(columns), &t);
        for (size_t i = 0; r >= 0 && i < s->n_instances; i++)
                if (wanted(&s->instances[i], n_names, names))
                        r = add_line(t, &s->instances[i], now_realtime());
        return r < 0 ? r : table_print(t);
}

static int print_json(const Snapshot *s, int n_names, char **names, const Output *output) {
        _cleanup_(json_decrefp) json_t *instances = json_array();

        for (size_t i = 0; i < s->n_instances; i++)
                if (wanted(&s->instances[i], n_names, names) &&
                                json_array_append_new(instances, instance_to_json(&s->instances[i])) < 0)
                        return -ENOMEM;
        return json_print(output, json_pack("{s:o, s:O}", "manager", manager_to_json(&s->manager),
                                                  "instances", instances));
}

/* The running configuration is not that of the files any more: who reads the table should know. */
static void warn_failed_reload(const Manager *m, const Output *output) {
        char when[FORMAT_TIME_MAX];
        const char *file = m->config_files.n > 0 ? m->config_files.items[0] : VRRPD_CONFIG_FILE;
        bool usual = streq(file, VRRPD_CONFIG_FILE);

        if (!output->quiet && streq(m->last_reload_result, "failed"))
                print_message("The last reload failed; the configuration of %s goes on. \"vrrpctl "
                              "check%s%s\" "
                              "says why.",
                                format_time(m->config_realtime, when, sizeof(when)), usual ? "" : " ",
                                usual ? "" : file);
}

int verb_status(int argc, char **argv, Context *x) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        _cleanup_(snapshot_done) Snapshot s = {};
        int n_names = argc - 1, code = CTL_OK;
        char **names = argv + 1;

        int r = snapshot_read(x->client, &error, &s);
        if (r < 0)
                return client_report(x->client, "status", NULL, &error, r);
        for (int i = 0; i < n_names; i++)
                if (!snapshot_find_instance(&s, names[i])) {
                        print_error("there is no instance \"%s\"", names[i]);
                        code = CTL_NO_SUCH_OBJECT;
                }
        if (x->output.json != JSON_MODE_OFF)
                r = print_json(&s, n_names, names, &x->output);
        else if (s.n_instances == 0)
                print_line(&x->output, "vrrpd runs, but has no instances.");
        else
                r = print_table(&s, n_names, names, &x->output);
        if (r < 0)
                return client_report(x->client, "status", NULL, NULL, r);
        if (x->output.json == JSON_MODE_OFF)
                warn_failed_reload(&s.manager, &x->output);
        return code;
}
