/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Reload(), by method and by SIGHUP: what its caller, the properties and the signal say about each way it
 * can end. */

#include "tests/bus/harness.h"
#include <signal.h>
#include <string.h>

#define CONFIG_INVALID "org.vrrpd.Vrrp1.Error.ConfigInvalid"

static void write_config(const char *text) {
        g_assert_true(g_file_set_contents(CONFIG_PATH, text, -1, NULL));
}

static void check(Harness *h, const char *property, const char *printed) {
        g_autofree char *value = harness_property_printed(h, ROOT_PATH, MANAGER, property);

        g_assert_cmpstr(value, ==, printed);
}

static void check_reloaded(Harness *h, guint *at, const char *printed) {
        const Signal *s = harness_wait_signal(h, ROOT_PATH, "Reloaded", at);
        g_autofree char *value = g_variant_print(s->parameters, FALSE);

        g_assert_cmpstr(value, ==, printed);
}

static void check_configuration(Harness *h, const char *text) {
        g_autoptr(GVariant) v = harness_call(h, ROOT_PATH, MANAGER, "GetConfiguration", NULL);
        const char *got;

        g_variant_get(v, "(&s)", &got);
        g_assert_cmpstr(got, ==, text);
}

/* Success: the call returns when the engine runs the new configuration; the numbers are told, the facts are
 * new. */
static void test_success(void) {
        Harness h = {};
        guint at = 0;

        harness_start(&h, NULL);
        check(&h, "LastReloadResult", "'none'");
        check_configuration(&h, "# fake\n");
        g_autofree char *before = harness_property_printed(&h, ROOT_PATH, MANAGER, "ConfigTimestamp");
        g_autoptr(GVariant) v = harness_call(&h, ROOT_PATH, MANAGER, "Reload", NULL);
        (void)harness_command(&h, "command reload");
        check_reloaded(&h, &at, "(true, 1, 2, 3, {})");
        check(&h, "LastReloadResult", "'done'");
        check(&h, "LastReloadMessages", "[]");
        check(&h, "RouterId", "'reloaded'");
        harness_wait_log("configuration reloaded by Reload() of uid 0: 1 instances added, 2 changed, 3 "
                         "removed");
        check_configuration(&h, "# reloaded\n");
        g_autofree char *after = harness_property_printed(&h, ROOT_PATH, MANAGER, "ConfigTimestamp");
        g_assert_cmpstr(before, !=, after);
        harness_stop(&h);
}

/* A configuration with errors: the caller gets the parser's words, all of them; the properties too; the
 * engine gets nothing. */
static void test_invalid(void) {
        Harness h = {};
        guint at = 0;

        harness_start(&h, NULL);
        write_config("bad\n/etc/v.conf:3:9: error: unknown keyword 'priorty'\n    priorty 100\n    ^\n"
                     "/etc/v.conf:5:1: error: missing brace\n");
        harness_call_fails(h.client, ROOT_PATH, MANAGER, "Reload", NULL, CONFIG_INVALID,
                        "/etc/v.conf:3:9: error: unknown keyword 'priorty'\n    priorty 100\n    "
                        "^\n/etc/v.conf:5:1: error");
        check_reloaded(&h, &at,
                        "(false, 0, 0, 0, {'messages': <[\"/etc/v.conf:3:9: error: unknown keyword "
                        "'priorty'\\n    priorty "
                        "100\\n    ^\", '/etc/v.conf:5:1: error: missing brace']>})");
        check(&h, "LastReloadResult", "'failed'");
        check(&h, "LastReloadMessages",
                        "[\"/etc/v.conf:3:9: error: unknown keyword 'priorty'\\n    priorty 100\\n    ^\", "
                        "'/etc/v.conf:5:1: error: missing brace']");
        check(&h, "RouterId", "'fake'");
        check_configuration(&h, "# fake\n");
        harness_wait_log("/etc/v.conf:5:1: error: missing brace");
        g_assert_false(harness_had_command(&h, "command reload"));

        write_config("4 5 6");
        g_autoptr(GVariant) v = harness_call(&h, ROOT_PATH, MANAGER, "Reload", NULL);
        check_reloaded(&h, &at, "(true, 4, 5, 6, {})");
        check(&h, "LastReloadMessages", "[]");
        harness_stop(&h);
}

/* Bytes that are no UTF-8, as a file in Latin-1 has them: the caller is answered, and nothing that is read
 * afterwards fails because of them. */
static void test_bytes(void) {
        Harness h = {};
        guint at = 0;

        harness_start(&h, NULL);
        write_config("bad\n/etc/v.conf:1:1: error: unknown keyword 'gr\xFC\xDF"
                     "e'\n");
        harness_call_fails(h.client, ROOT_PATH, MANAGER, "Reload", NULL, CONFIG_INVALID,
                        "unknown keyword 'gr\xEF\xBF\xBD"
                        "e'");
        check_reloaded(&h, &at,
                        "(false, 0, 0, 0, {'messages': <[\"/etc/v.conf:1:1: error: unknown keyword "
                        "'gr\xEF\xBF\xBD"
                        "e'\"]>})");
        check(&h, "LastReloadMessages",
                        "[\"/etc/v.conf:1:1: error: unknown keyword 'gr\xEF\xBF\xBD"
                        "e'\"]");
        write_config("1 2 3 M\xFCnchen");
        g_autoptr(GVariant) v = harness_call(&h, ROOT_PATH, MANAGER, "Reload", NULL);
        check(&h, "RouterId", "'M\xEF\xBF\xBDnchen'");
        g_autoptr(GVariant) all = harness_call(&h, ROOT_PATH, "org.freedesktop.DBus.Properties", "GetAll",
                        g_variant_new("(s)", MANAGER));
        harness_stop(&h);
}

/* A load that fails with more words than a message may carry: the caller gets the beginning. */
static void test_long(void) {
        Harness h = {};
        g_autoptr(GString) text = g_string_new("bad\n");

        harness_start(&h, NULL);
        for (unsigned i = 0; i < 200000; i++)
                g_string_append_printf(text, "/etc/v.conf:%u:1: error: unknown keyword 'priorty'\n", i + 1);
        write_config(text->str);
        harness_call_fails(h.client, ROOT_PATH, MANAGER, "Reload", NULL, CONFIG_INVALID,
                        "/etc/v.conf:1:1: error: unknown keyword 'priorty'");
        g_autoptr(GVariant) all = harness_call(&h, ROOT_PATH, "org.freedesktop.DBus.Properties", "GetAll",
                        g_variant_new("(s)", MANAGER));
        harness_stop(&h);
}

/* The engine may still refuse what was loaded. */
static void test_refused(void) {
        Harness h = {};

        harness_start(&h, NULL);
        harness_say(&h, "reload-result 19");
        harness_call_fails(h.client, ROOT_PATH, MANAGER, "Reload", NULL, CONFIG_INVALID, "No such device");
        check(&h, "LastReloadResult", "'failed'");
        check(&h, "RouterId", "'fake'");
        harness_stop(&h);
}

static void on_answer(GObject *source, GAsyncResult *result, gpointer userdata) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GVariant) v = g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, &error);

        g_assert_no_error(error);
        (*(guint *)userdata)++;
}

static bool both_answered(void *userdata) {
        return *(guint *)userdata == 2;
}

/* Two reloads at the same time are carried out one after the other, and both callers are answered. */
static void test_two(void) {
        Harness h = {};
        guint answers = 0;

        harness_start(&h, NULL);
        harness_say(&h, "deaf on");
        for (int i = 0; i < 2; i++)
                g_dbus_connection_call(h.client, "org.vrrpd.Vrrp1", ROOT_PATH, MANAGER, "Reload", NULL, NULL,
                                G_DBUS_CALL_FLAGS_NONE, 60000, NULL, on_answer, &answers);
        g_autoptr(GVariant) ping = harness_call(&h, ROOT_PATH, "org.freedesktop.DBus.Peer", "Ping", NULL);
        g_assert_cmpuint(answers, ==, 0);
        harness_say(&h, "deaf off");
        harness_wait(both_answered, &answers, "two answers");
        g_assert_true(harness_had_command(&h, "command reload"));
        g_assert_cmpuint(h.commands->len, ==, 2);
        harness_stop(&h);
}

/* SIGHUP is a reload without a caller; its outcome is on the bus and in the log. */
static void test_hangup(void) {
        Harness h = {};
        guint at = 0;

        harness_start(&h, NULL);
        harness_signal(h.daemon, SIGHUP);
        check_reloaded(&h, &at, "(true, 1, 2, 3, {})");
        harness_wait_log("configuration reloaded by SIGHUP: 1 instances added, 2 changed, 3 removed");
        write_config("bad\nwrong\n");
        harness_signal(h.daemon, SIGHUP);
        check_reloaded(&h, &at, "(false, 0, 0, 0, {'messages': <['wrong']>})");
        harness_wait_log("wrong");
        harness_wait_log("the old one goes on");
        harness_stop(&h);
}

/* A caller that waits when the daemon stops is told so. */
static void on_refusal(GObject *source, GAsyncResult *result, gpointer userdata) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GVariant) v = g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, &error);
        g_autofree char *name = g_dbus_error_get_remote_error(error);

        g_assert_cmpstr(name, ==, "org.vrrpd.Vrrp1.Error.Stopping");
        (*(guint *)userdata)++;
}

static void test_stopping(void) {
        Harness h = {};
        guint answers = 0;

        harness_start(&h, NULL);
        harness_say(&h, "deaf on");
        for (int i = 0; i < 2; i++)
                g_dbus_connection_call(h.client, "org.vrrpd.Vrrp1", ROOT_PATH, MANAGER, "Reload", NULL, NULL,
                                G_DBUS_CALL_FLAGS_NONE, 60000, NULL, on_refusal, &answers);
        g_autoptr(GVariant) ping = harness_call(&h, ROOT_PATH, "org.freedesktop.DBus.Peer", "Ping", NULL);
        harness_say(&h, "stopping");
        harness_wait(both_answered, &answers, "two refusals");
        harness_say(&h, "deaf off");
        harness_stop(&h);
}

int main(int argc, char **argv) {
        harness_init(&argc, &argv);
        g_test_add_func("/bus/reload/success", test_success);
        g_test_add_func("/bus/reload/invalid", test_invalid);
        g_test_add_func("/bus/reload/bytes", test_bytes);
        g_test_add_func("/bus/reload/long", test_long);
        g_test_add_func("/bus/reload/refused", test_refused);
        g_test_add_func("/bus/reload/two", test_two);
        g_test_add_func("/bus/reload/hangup", test_hangup);
        g_test_add_func("/bus/reload/stopping", test_stopping);
        return g_test_run();
}
