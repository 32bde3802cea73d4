/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A bus that is late, gone, restarted, frozen, slow or taken: the engine never notices, and clients learn
 * that they missed something. */

#include "tests/bus/harness.h"
#include <signal.h>
#include <string.h>

static const Signal *wait_resync(Harness *h, const char *reason, guint *at) {
        for (;;) {
                const Signal *s = harness_wait_signal(h, ROOT_PATH, "Resync", at);
                const char *why;

                g_variant_get_child(s->parameters, 1, "&s", &why);
                if (g_str_equal(why, reason))
                        return s;
        }
}

/* Without a bus the daemon starts and works; when the bus comes, it is there with everything. */
static void test_no_bus(void) {
        Harness h = {};

        harness_start_daemon(&h, NULL, NULL);
        harness_say(&h, "instance web 51");
        harness_say(&h, "ready");
        harness_wait_log("no system bus");
        harness_say(&h, "transitions web 101");
        harness_start_bus(&h);
        harness_watch(&h);
        harness_wait_name(&h);
        harness_wait_property(&h, PATH("web"), INSTANCE, "State", "'master'");
        harness_wait_property(&h, ROOT_PATH, MANAGER, "Sequence", "202");
        harness_wait_log("on the system bus as org.vrrpd.Vrrp1");
        harness_stop(&h);
}

/* After a restart of the bus daemon everything is published again, Resync says so, numbers go on, calls
 * work. */
static void test_restart(void) {
        Harness h = {};
        guint at = 0;

        harness_start(&h, NULL);
        g_autofree char *epoch = harness_property_printed(&h, ROOT_PATH, MANAGER, "Epoch");
        harness_unwatch(&h);
        harness_stop_bus(&h);
        harness_wait_log("no system bus: disconnected");
        harness_say(&h, "state web master master-down");
        /* It comes back when somebody listens to what it says then. */
        harness_signal(h.daemon, SIGSTOP);
        harness_start_bus(&h);
        harness_watch(&h);
        harness_signal(h.daemon, SIGCONT);

        const Signal *s = wait_resync(&h, "reconnected", &at);
        g_autofree char *printed = g_variant_print(s->parameters, FALSE);
        g_autofree char *wanted = g_strdup_printf("(%s, 'reconnected', 2)", epoch);
        g_assert_cmpstr(printed, ==, wanted);
        harness_wait_property(&h, PATH("web"), INSTANCE, "State", "'master'");
        harness_say(&h, "state web backup higher-priority-master");
        (void)harness_wait_signal(&h, PATH("web"), "StateChanged", &at);
        g_autoptr(GVariant) v = harness_call(&h, PATH("web"), INSTANCE, "GetStatistics", NULL);
        harness_stop(&h);
}

/* A restart of the bus while calls wait for polkit, the engine and a reload leaves nothing behind (the
 * sanitizers watch). */
static void test_restart_with_open_calls(void) {
        Harness h = {};

        harness_start(&h, "");
        g_autoptr(GDBusConnection) nobody = harness_connect(65534);
        harness_say(&h, "state web master master-down");
        harness_say(&h, "deaf on");
        harness_wait_property(&h, PATH("web"), INSTANCE, "State", "'master'");
        harness_signal(h.polkit, SIGSTOP);
        g_dbus_connection_call(nobody, "org.vrrpd.Vrrp1", PATH("web"), INSTANCE, "Announce", NULL, NULL,
                        G_DBUS_CALL_FLAGS_NONE, -1, NULL, NULL, NULL);
        g_dbus_connection_call(nobody, "org.vrrpd.Vrrp1", PATH("web"), INSTANCE, "GetStatistics", NULL, NULL,
                        G_DBUS_CALL_FLAGS_NONE, -1, NULL, NULL, NULL);
        (void)g_dbus_connection_flush_sync(nobody, NULL, NULL);
        g_dbus_connection_call(h.client, "org.vrrpd.Vrrp1", ROOT_PATH, MANAGER, "Reload", NULL, NULL,
                        G_DBUS_CALL_FLAGS_NONE, -1, NULL, NULL, NULL);
        g_dbus_connection_call(h.client, "org.vrrpd.Vrrp1", ROOT_PATH, MANAGER, "Reload", NULL, NULL,
                        G_DBUS_CALL_FLAGS_NONE, -1, NULL, NULL, NULL);
        g_autoptr(GVariant) ping = harness_call(&h, PATH("web"), "org.freedesktop.DBus.Peer", "Ping", NULL);
        harness_unwatch(&h);
        (void)g_dbus_connection_close_sync(nobody, NULL, NULL);
        harness_stop_polkit(&h);
        harness_stop_bus(&h);
        harness_wait_log("no system bus: disconnected");
        harness_start_bus(&h);
        harness_watch(&h);
        harness_wait_name(&h);
        harness_say(&h, "deaf off");
        harness_wait_property(&h, ROOT_PATH, MANAGER, "LastReloadResult", "'done'");
        harness_stop(&h);
}

/* While the bus daemon is frozen, 100 transitions happen all the same; when it thaws, every signal arrives,
 * in order. */
static void test_frozen(void) {
        Harness h = {};
        guint at;

        harness_start(&h, NULL);
        at = h.signals->len;
        harness_signal(h.bus, SIGSTOP);
        for (int i = 0; i < 100; i++)
                harness_say(&h, "state web %s",
                                i % 2 ? "backup higher-priority-master" : "master master-down");
        harness_signal(h.bus, SIGCONT);
        for (guint i = 0; i < 100; i++) {
                guint64 sequence;
                const Signal *s = harness_wait_signal(&h, PATH("web"), "StateChanged", &at);

                g_variant_get_child(s->parameters, 4, "t", &sequence);
                g_assert_cmpuint(sequence, ==, 2 * i + 1);
        }
        for (guint i = 0; i < h.signals->len; i++)
                g_assert_cmpstr(((Signal *)h.signals->pdata[i])->member, !=, "Resync");
        harness_stop(&h);
}

/* A bus that stays frozen costs a bounded queue: signals beyond it are left out, and Resync tells so when it
 * thaws. What was left out can be had from GetEvents. */
static void test_stalled(void) {
        Harness h = {};
        guint at;
        gboolean complete;

        harness_start(&h, NULL);
        at = h.signals->len;
        harness_signal(h.bus, SIGSTOP);
        /* How much the kernel takes before the queue begins to grow depends on the socket's buffer. */
        for (guint i = 0; !harness_log_has("the system bus does not read"); i++) {
                g_autofree char *mark = g_strdup_printf("mark %u.", i);

                harness_say(&h, "transitions web 501");
                harness_say(&h, "log %s", mark);
                harness_wait_log(mark);
        }
        harness_say(&h, "state web master promoted");
        harness_signal(h.bus, SIGCONT);
        const Signal *s = wait_resync(&h, "stalled", &at);
        guint64 sequence;
        g_variant_get_child(s->parameters, 2, "t", &sequence);

        harness_wait_property(&h, PATH("web"), INSTANCE, "StateReason", "'promoted'");
        g_autoptr(GVariant) epoch = harness_property(&h, ROOT_PATH, MANAGER, "Epoch");
        g_autoptr(GVariant) reply = harness_call(&h, ROOT_PATH, MANAGER, "GetEvents",
                        g_variant_new("(stu)", g_variant_get_string(epoch, NULL), sequence - 100, 0));
        g_autoptr(GVariant) events = g_variant_get_child_value(reply, 1);
        g_variant_get_child(reply, 0, "b", &complete);
        g_assert_true(complete);
        g_assert_cmpuint(g_variant_n_children(events), >=, 100);

        harness_say(&h, "state web backup higher-priority-master");
        harness_wait_property(&h, PATH("web"), INSTANCE, "State", "'backup'");
        (void)harness_wait_signal(&h, PATH("web"), "StateChanged", &at);
        harness_stop(&h);
}

/* Records that found no room in the mailbox are made good by a resync: what they would have changed is right
 * at the end, Resync is emitted, and the replay over the loss is not called complete. */
static void test_overflow(void) {
        Harness h = {};
        guint at;
        gboolean complete;

        harness_start(&h, NULL);
        at = h.signals->len;
        harness_say(&h, "overflow web");
        harness_say(&h, "remove a.b");
        harness_say(&h, "state web master promoted");
        (void)harness_command(&h, "command resync");
        (void)wait_resync(&h, "overflow", &at);
        harness_wait_property(&h, ROOT_PATH, MANAGER, "NInstances", "1");
        harness_wait_property(&h, PATH("web"), INSTANCE, "StateReason", "'promoted'");
        g_autoptr(GVariant) epoch = harness_property(&h, ROOT_PATH, MANAGER, "Epoch");
        g_autoptr(GVariant) reply = harness_call(&h, ROOT_PATH, MANAGER, "GetEvents",
                        g_variant_new("(stu)", g_variant_get_string(epoch, NULL), (guint64)1, 0));
        g_variant_get_child(reply, 0, "b", &complete);
        g_assert_false(complete);
        harness_stop(&h);
}

/* A record that can never be published is left out with a word, and nothing is asked for again because of
 * it: that would bring the same record, for ever. */
static void test_refused(void) {
        Harness h = {};

        harness_start(&h, NULL);
        harness_say(&h, "instance \"\" 77");
        harness_wait_log("a record of the engine cannot be published");
        harness_say(&h, "instance after 78");
        harness_wait_property(&h, PATH("after"), INSTANCE, "State", "'backup'");
        g_assert_false(harness_log_has("resynchronizing"));
        for (guint i = 0; i < h.signals->len; i++)
                g_assert_cmpstr(((Signal *)h.signals->pdata[i])->member, !=, "Resync");
        harness_stop(&h);
}

/* A bus daemon that has taken nothing for long is left and connected to again. */
static void test_stuck(void) {
        Harness h = {};
        guint at = 0;

        harness_start(&h, NULL);
        harness_signal(h.bus, SIGSTOP);
        for (guint i = 0; !harness_log_has("the system bus does not read"); i++) {
                g_autofree char *mark = g_strdup_printf("mark %u.", i);

                harness_say(&h, "transitions web 501");
                harness_say(&h, "log %s", mark);
                harness_wait_log(mark);
        }
        harness_wait_log("no system bus: stuck");
        harness_signal(h.bus, SIGCONT);
        (void)wait_resync(&h, "reconnected", &at);
        harness_wait_property(&h, ROOT_PATH, MANAGER, "NInstances", "2");
        harness_stop(&h);
}

/* A bus that is frozen when the daemon starts does not hold it up, nor when it ends. */
static void test_frozen_start_and_end(void) {
        Harness h = {};

        harness_start_bus(&h);
        harness_signal(h.bus, SIGSTOP);
        harness_start_daemon(&h, NULL, NULL);
        harness_say(&h, "instance web 51");
        harness_say(&h, "ready");
        harness_say(&h, "transitions web 11");
        harness_stop_daemon(&h);

        harness_signal(h.bus, SIGCONT);
        harness_watch(&h);
        harness_start_daemon(&h, NULL, NULL);
        harness_say(&h, "instance web 51");
        harness_wait_name(&h);
        harness_signal(h.bus, SIGSTOP);
        harness_say(&h, "transitions web 101");
        harness_stop_daemon(&h);
        harness_signal(h.bus, SIGCONT);
        harness_stop(&h);
}

/* The name is another's: the daemon waits for it, and takes it when it is given up. */
static void test_name_is_taken(void) {
        Harness h = {};

        harness_start_bus(&h);
        harness_watch(&h);
        g_autoptr(GVariant) requested = g_dbus_connection_call_sync(h.client, "org.freedesktop.DBus",
                        "/org/freedesktop/DBus", "org.freedesktop.DBus", "RequestName",
                        g_variant_new("(su)", "org.vrrpd.Vrrp1", 0), NULL, G_DBUS_CALL_FLAGS_NONE, -1, NULL,
                        NULL);
        g_assert_nonnull(requested);
        harness_start_daemon(&h, NULL, NULL);
        harness_say(&h, "instance web 51");
        harness_wait_log("another process is org.vrrpd.Vrrp1");
        g_autoptr(GVariant) released = g_dbus_connection_call_sync(h.client, "org.freedesktop.DBus",
                        "/org/freedesktop/DBus", "org.freedesktop.DBus", "ReleaseName",
                        g_variant_new("(s)", "org.vrrpd.Vrrp1"), NULL, G_DBUS_CALL_FLAGS_NONE, -1, NULL,
                        NULL);
        g_assert_nonnull(released);
        harness_wait_name(&h);
        harness_wait_property(&h, PATH("web"), INSTANCE, "State", "'backup'");
        harness_stop(&h);
}

/* The bus policy lets only root and vrrpd be vrrpd; another user's daemon says what is wrong and goes on. */
static void test_name_is_refused(void) {
        Harness h = {};

        harness_start_bus(&h);
        harness_watch(&h);
        harness_start_daemon(&h, "nobody", NULL);
        harness_say(&h, "instance web 51");
        harness_wait_log("it does not let user fake be org.vrrpd.Vrrp1");
        harness_say(&h, "state web master master-down");
        harness_wait_log("web: backup → master: master-down");
        harness_stop(&h);
}

int main(int argc, char **argv) {
        harness_init(&argc, &argv);
        g_test_add_func("/bus/weather/no-bus", test_no_bus);
        g_test_add_func("/bus/weather/restart", test_restart);
        g_test_add_func("/bus/weather/restart-with-open-calls", test_restart_with_open_calls);
        g_test_add_func("/bus/weather/frozen", test_frozen);
        g_test_add_func("/bus/weather/stalled", test_stalled);
        g_test_add_func("/bus/weather/stuck", test_stuck);
        g_test_add_func("/bus/weather/overflow", test_overflow);
        g_test_add_func("/bus/weather/refused", test_refused);
        g_test_add_func("/bus/weather/frozen-start-and-end", test_frozen_start_and_end);
        g_test_add_func("/bus/weather/name-is-taken", test_name_is_taken);
        g_test_add_func("/bus/weather/name-is-refused", test_name_is_refused);
        return g_test_run();
}
