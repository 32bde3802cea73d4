/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* vrrpctl stats [NAME]: the counters of one instance, or of all. They are a method, not properties, because
 * they change with every packet. */

#include "ctl/objects.h"
#include "ctl/verbs.h"
#include "dbus/names.h"
#include <stdio.h>

/* GetStatistics() as a JSON object: the form in which it is printed anyway. */
static int read_statistics(Client *c, const Instance *i, sd_bus_error *error, json_t **ret) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL, *reply = NULL;

        int r = client_new_call(c, i->path, VRRPD_INTERFACE_INSTANCE, "GetStatistics", &m);
        if (r >= 0)
                r = client_call(c, m, error, &reply);
        if (r < 0)
                return r;
        if (!sd_bus_message_has_signature(reply, "a{st}"))
                return -EBADMSG;
        return message_to_json(reply, ret);
}

static int add_lines(Table *t, const char *name, json_t *counters) {
        const char *key;
        json_t *value;

        json_object_foreach(counters, key, value) {
                int r = table_add_line(t);
                if (r >= 0)
                        r = table_set(t, 0, name, COLOR_BOLD);
                if (r >= 0)
                        r = table_set(t, 1, key, COLOR_NONE);
                if (r >= 0)
                        r = table_setf(t, 2, COLOR_NONE, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
                if (r < 0)
                        return r;
        }
        return 0;
}

static int print_table(const json_t *all, const Output *o) {
        static const TableColumn columns[] = {{"NAME"}, {"COUNTER"}, {"VALUE", .right = true}};
        _cleanup_(table_freep) Table *t = NULL;
        size_t i;
        json_t *entry;

        int r = table_new(o, columns, ELEMENTSOF(columns), &t);
        json_array_foreach(all, i, entry) if (r >= 0) r =
                        add_lines(t, json_string_value(json_object_get(entry, "name")),
                                        json_object_get(entry, "statistics"));
        return r < 0 ? r : table_print(t);
}

int verb_stats(int argc, char **argv, Context *x) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        _cleanup_(json_decrefp) json_t *all = json_array();
        _cleanup_(snapshot_done) Snapshot s = {};

        int r = snapshot_read(x->client, &error, &s);
        if (r >= 0 && argc > 1 && !snapshot_find_instance(&s, argv[1])) {
                print_error("there is no instance \"%s\" (\"vrrpctl status\" lists them)", argv[1]);
                return CTL_NO_SUCH_OBJECT;
        }
        for (size_t i = 0; r >= 0 && i < s.n_instances; i++) {
                json_t *counters;
                if (argc > 1 && !streq(argv[1], s.instances[i].name))
                        continue;
                r = read_statistics(x->client, &s.instances[i], &error, &counters);
                if (r >= 0 && json_array_append_new(all, json_pack("{s:s, s:o}", "name", s.instances[i].name,
                                                                         "statistics", counters)) < 0)
                        r = -ENOMEM;
        }
        if (r >= 0)
                r = x->output.json == JSON_MODE_OFF ? print_table(all, &x->output)
                                                    : json_print(&x->output, TAKE_PTR(all));
        return r < 0 ? client_report(x->client, "stats", NULL, &error, r) : CTL_OK;
}
