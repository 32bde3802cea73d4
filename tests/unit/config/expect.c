/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "tests/unit/config/expect.h"

char *messages_to_lines(const ConfigMessages *m) {
        GString *s = g_string_new(NULL);

        for (size_t i = 0; i < m->n; i++)
                g_string_append_printf(s, "%u:%u: %s: %s\n", m->items[i].line, m->items[i].column,
                                m->items[i].severity == CONFIG_ERROR ? "error" : "warning",
                                m->items[i].text);
        return g_string_free(s, FALSE);
}

Config *expect_load(const char *text, const char *messages) {
        g_autofree char *got = NULL;
        ConfigMessages m = {};
        Config *c = NULL;
        int r;

        r = config_load_buffer("t", text, strlen(text), "me", &m, &c);
        got = messages_to_lines(&m);
        g_assert_cmpstr(got, ==, messages);
        g_assert_cmpint(r, ==, m.n_errors > 0 ? -EBADMSG : 0);
        g_assert_true((c == NULL) == (m.n_errors > 0));
        config_messages_clear(&m);
        return c;
}

void expect(const char *text, const char *messages) {
        config_free(expect_load(text, messages));
}

Config *expect_instance_load(const char *lines, const char *messages) {
        g_autofree char *text = g_strconcat(INSTANCE_BEGIN, lines, "\n}\n", NULL);

        return expect_load(text, messages);
}

void expect_instance(const char *lines, const char *messages) {
        config_free(expect_instance_load(lines, messages));
}
