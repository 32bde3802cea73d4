/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* vrrpctl reload: the daemon reads its configuration again, and this says how it went: with the parser's own
 * words, to stderr, so that `systemctl reload` shows them. Warnings of a good configuration are shown too.
 */

#include "ctl/objects.h"
#include "ctl/verbs.h"
#include "dbus/names.h"

/* Text of several lines to stderr, each line escaped by itself. */
static int print_lines(const char *text) {
        _cleanup_free_ char *copy = strdup(text);
        char *state = NULL;

        if (!copy)
                return -ENOMEM;
        for (char *line = strtok_r(copy, "\n", &state); line; line = strtok_r(NULL, "\n", &state))
                print_message("%s", line);
        return 0;
}

static int print_json(const Output *o, const char *result, const StringArray *messages, const char *error) {
        _cleanup_(json_decrefp) json_t *list = json_array();

        for (size_t i = 0; messages && i < messages->n; i++)
                if (json_array_append_new(list, json_string(messages->items[i])) < 0)
                        return -ENOMEM;
        if (error && json_array_append_new(list, json_string(error)) < 0)
                return -ENOMEM;
        return json_print(o, json_pack("{s:s, s:O}", "result", result, "messages", list));
}

/* The new configuration runs: its warnings, if there are any. */
static int succeed(Context *x) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        _cleanup_(manager_done) Manager m = {};

        int r = manager_read(x->client, &error, &m);
        if (r < 0)
                return client_report(x->client, "reload", NULL, &error, r);
        if (x->output.json != JSON_MODE_OFF)
                return print_json(&x->output, "done", &m.last_reload_messages, NULL) < 0 ? CTL_FAILURE
                                                                                         : CTL_OK;
        for (size_t i = 0; !x->output.quiet && i < m.last_reload_messages.n; i++)
                if (print_lines(m.last_reload_messages.items[i]) < 0)
                        return CTL_FAILURE;
        return CTL_OK;
}

static int fail_invalid(const sd_bus_error *error, const Output *output) {
        const char *text = strempty(error->message);

        if (output->json != JSON_MODE_OFF && print_json(output, "failed", NULL, text) < 0)
                return CTL_FAILURE;
        if (output->json == JSON_MODE_OFF) {
                if (print_lines(text) < 0)
                        return CTL_FAILURE;
                print_error("reload: the configuration is invalid; the old one goes on");
        }
        return CTL_CONFIG_INVALID;
}

int verb_reload(int argc, char **argv, Context *x) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;

        int r = client_new_call(x->client, VRRPD_PATH, NULL, "Reload", &m);
        if (r >= 0)
                r = client_call_authorized(x->client, m, &error, NULL);
        if (r >= 0)
                return succeed(x);
        if (sd_bus_error_has_name(&error, VRRPD_ERROR_CONFIG_INVALID))
                return fail_invalid(&error, &x->output);
        return client_report(x->client, "reload", "org.vrrpd.vrrp1.reload", &error, r);
}
