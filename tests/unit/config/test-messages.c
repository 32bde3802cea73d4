/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Messages as text, with the line and a caret, and as JSON. */

#include "tests/unit/config/expect.h"

static void assert_formatted(const char *text, const char *expected) {
        ConfigMessages m = {};
        g_autofree char *got = NULL;
        Config *c = NULL;

        config_load_buffer("dir/x.conf", text, strlen(text), "me", &m, &c);
        got = config_messages_format(&m);
        g_assert_cmpstr(got, ==, expected);
        config_messages_clear(&m);
        config_free(c);
}

static void test_format(void) {
        /* file:line:column, severity, text, the line and a caret below the place, also behind tabs and wide
         * bytes. */
        assert_formatted("vrrp_script a {\n\tscript\t\"\xC3\xA4\" x\n}\n",
                        "dir/x.conf:2:14: warning: 'x' is one word too many: ignored, as keepalived does\n"
                        "    \tscript\t\"\xC3\xA4\" x\n"
                        "    \t      \t    ^\n");
        /* What a terminal shows in two columns, and in none. */
        assert_formatted("vrrp_script \xE4\xB8\xBB\xE4\xBB\x8E"
                         "e\xCC\x81\xED\x95\x9C x {\n}\n",
                        "dir/x.conf:1:26: error: 'vrrp_script' takes one name, not also 'x'\n"
                        "    vrrp_script \xE4\xB8\xBB\xE4\xBB\x8E"
                        "e\xCC\x81\xED\x95\x9C x {\n"
                        "                        ^\n");
        assert_formatted("foo \x1b[31m\n",
                        "dir/x.conf:1:1: error: unknown keyword 'foo'\n    foo ?[31m\n    ^\n");
}

static void test_secret(void) {
        /* No message has a word that may be a password, nor tells how long it is. */
        static const char *const lines[] = {"auth_pass hush x", "auth_pas hush", "hush", "hush x",
                        "auth_type hush", "auth_type hush 1", "pass hush"};

        for (size_t i = 0; i < G_N_ELEMENTS(lines); i++) {
                g_autofree char *text = g_strconcat(
                                INSTANCE_BEGIN, "authentication {\n", lines[i], "\n}\n}\n", NULL);
                ConfigMessages m = {};
                g_autofree char *got = NULL;
                Config *c = NULL;

                config_load_buffer("t", text, strlen(text), "me", &m, &c);
                got = config_messages_format(&m);
                g_assert_cmpuint(m.n, >, 0);
                g_assert_null(strstr(got, "hush"));
                g_assert_nonnull(strstr(got, "********\n"));
                config_messages_clear(&m);
                config_free(c);
        }
}

static void test_long_line(void) {
        /* Of an over-long line only the surroundings of the place are shown, with the caret still below it.
         */
        g_autofree char *word = g_strnfill(300, 'x');
        g_autofree char *text = g_strconcat("vrrp_script \"", word, "\" y {\n}\n", NULL);
        g_autofree char *got = NULL;
        g_auto(GStrv) lines = NULL;
        ConfigMessages m = {};
        Config *c = NULL;

        config_load_buffer("t", text, strlen(text), "me", &m, &c);
        got = config_messages_format(&m);
        lines = g_strsplit(got, "\n", -1);
        g_assert_cmpstr(lines[0], ==, "t:1:316: error: 'vrrp_script' takes one name, not also 'y'");
        g_assert_cmpuint(strlen(lines[1]), <, 170);
        g_assert_cmpint(lines[1][strlen(lines[2]) - 1], ==, 'y');
        config_messages_clear(&m);
}

static void test_without_place(void) {
        /* Messages of no line, and of no file. */
        ConfigMessages m = {};
        g_autofree char *text = NULL, *json = NULL;

        g_assert_cmpint(config_messages_add(&m, CONFIG_ERROR, &(ConfigPosition){.file = "x"}, NULL,
                                        "all of %d", 1),
                        ==, 0);
        g_assert_cmpint(config_messages_add(&m, CONFIG_WARNING, NULL, NULL, "nowhere"), ==, 0);
        text = config_messages_format(&m);
        json = config_messages_to_json(&m);
        g_assert_cmpstr(text, ==, "x: error: all of 1\nwarning: nowhere\n");
        g_assert_cmpstr(json, ==,
                        "[{\"file\":\"x\",\"line\":0,\"column\":0,\"severity\":\"error\",\"message\":\"all "
                        "of 1\"},"
                        "{\"file\":null,\"line\":0,\"column\":0,\"severity\":\"warning\",\"message\":"
                        "\"nowhere\"}]");
        g_assert_cmpuint(m.n_errors, ==, 1);
        config_messages_clear(&m);
        g_assert_cmpuint(m.n, ==, 0);
}

static void test_json(void) {
        /* Whatever a message holds, the JSON is valid: quotes and controls escaped, broken UTF-8 replaced.
         */
        static const struct {
                const char *text, *json;
        } cases[] = {
                        {"a\"b\\c", "a\\\"b\\\\c"}, {"\x01\n\x7f", "\\u0001\\u000a\\u007f"},
                        {"\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80", "\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80"},
                        {"\xFF\xC3", "\xEF\xBF\xBD\xEF\xBF\xBD"},
                        {"\xC0\x80", "\xEF\xBF\xBD\xEF\xBF\xBD"},                 /* overlong */
                        {"\xED\xA0\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"}, /* a surrogate */
                        {"\xE0\x80\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"}, /* overlong */
                        {"\xF4\x90\x80\x80",
                                        "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"}, /* above
                                                                                                U+10FFFF */
        };

        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
                ConfigMessages m = {};
                g_autofree char *json = NULL, *expected = NULL;

                config_messages_add(
                                &m, CONFIG_ERROR, &(ConfigPosition){"f", 1, 2}, NULL, "%s", cases[i].text);
                json = config_messages_to_json(&m);
                expected = g_strdup_printf("[{\"file\":\"f\",\"line\":1,\"column\":2,\"severity\":\"error\","
                                           "\"message\":\"%s\"}]",
                                cases[i].json);
                g_assert_cmpstr(json, ==, expected);
                g_assert_true(g_utf8_validate(json, -1, NULL));
                config_messages_clear(&m);
        }
}

static void test_all_at_once(void) {
        /* Errors of all kinds and places come in one go, in the order of the file. */
        expect("vrrp_script a {\nscript x\nintervall 3\n}\nvrrp_instance A {\npriority "
               "300\nvirtual_ipaddress {\n192.0.2.300\n"
               "}\nnopreempt\nstate MASTER\n}\nvrrp_instance A {\ninterface eth0\nvirtual_router_id "
               "0\ntrack_script {\nb\n}\n"
               "no_virtual_ipaddress\n}\n}\n",
                        "3:1: error: unknown keyword 'intervall' in vrrp_script; did you mean 'interval'?\n"
                        "5:15: error: vrrp_instance 'A' has no virtual_router_id\n"
                        "5:15: error: vrrp_instance 'A' has no interface (only one with unicast_peer and "
                        "unicast_src_ip can do "
                        "without)\n"
                        "6:10: error: priority must be a whole number from 1 to 255, not '300'\n"
                        "8:1: error: '192.0.2.300' is not an IP address\n"
                        "10:1: warning: nopreempt does not go with state MASTER; ignored\n"
                        "13:15: error: vrrp_instance 'A' is already defined on line 5\n"
                        "15:19: error: virtual_router_id must be a whole number from 1 to 255, not '0'\n"
                        "17:1: warning: script 'b' is not defined; it is not tracked\n"
                        "21:1: error: this '}' closes no block\n");
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/config/messages/secret", test_secret);
        g_test_add_func("/config/messages/format", test_format);
        g_test_add_func("/config/messages/long-line", test_long_line);
        g_test_add_func("/config/messages/without-place", test_without_place);
        g_test_add_func("/config/messages/json", test_json);
        g_test_add_func("/config/messages/all-at-once", test_all_at_once);
        return g_test_run();
}
