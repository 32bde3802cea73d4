/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Methods that change something: their options, what refuses them, who may call them, with the real polkitd.
 */

#include "tests/bus/harness.h"
#include <signal.h>
#include <string.h>

#define NO_OPTIONS g_variant_new("(a{sv})", NULL)
#define ACCESS_DENIED "org.freedesktop.DBus.Error.AccessDenied"
#define INVALID_ARGS "org.freedesktop.DBus.Error.InvalidArgs"
#define INTERACTIVE "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired"
#define GROUP_PATH ROOT_PATH "/group/VG"
#define REFUSED(name) "org.vrrpd.Vrrp1.Error." name

/* nobody may fail over `web` and announce it, but not force; is refused `a.b`; anything else is as the
 * policy file says. */
static const char rules[] =
                "polkit.addRule(function(action, subject) {\n"
                "    if (subject.user != 'nobody')\n"
                "        return polkit.Result.NOT_HANDLED;\n"
                "    var details = ['interface', 'vrid', 'family', 'group', 'verb', 'mode', 'force'].map(\n"
                "        function(key) { return action.lookup(key); }).join('|');\n"
                "    if (action.id == 'org.vrrpd.vrrp1.failover' && action.lookup('name') == 'web')\n"
                "        return details.indexOf('eth0|51|ipv4||') == 0 ? polkit.Result.YES : "
                "polkit.Result.NO;\n"
                "    if (action.id == 'org.vrrpd.vrrp1.announce' && details == "
                "'eth0|51|ipv4||announce|graceful|false')\n"
                "        return polkit.Result.YES;\n"
                "    if (action.id == 'org.vrrpd.vrrp1.failover')\n"
                "        return polkit.Result.NO;\n"
                "});\n";

static GVariant *option(const char *name, GVariant *value) {
        GVariantBuilder b;

        g_variant_builder_init(&b, G_VARIANT_TYPE("a{sv}"));
        g_variant_builder_add(&b, "{sv}", name, value);
        return g_variant_new("(a{sv})", &b);
}

static guint64 operate(Harness *h, const char *path, const char *method, GVariant *options) {
        g_autoptr(GVariant) reply = harness_call(h, path, INSTANCE, method, options);
        guint64 operation;

        g_variant_get(reply, "(t)", &operation);
        return operation;
}

static const Signal *wait_finished(
                Harness *h, const char *path, guint64 operation, const char *result, guint *at) {
        const Signal *s = harness_wait_signal(h, path, "OperationFinished", at);
        const char *name, *kind, *ended;
        guint64 number;

        g_variant_get_child(s->parameters, 0, "&s", &name);
        g_variant_get_child(s->parameters, 1, "t", &number);
        g_variant_get_child(s->parameters, 2, "&s", &kind);
        g_variant_get_child(s->parameters, 3, "&s", &ended);
        g_assert_cmpuint(number, ==, operation);
        g_assert_cmpstr(ended, ==, result);
        return s;
}

/* Every operation reaches the engine with its options and the caller's uid, answers with its number at once,
 * and ends in OperationFinished of that number, after the state change that it caused. */
static void test_operations(void) {
        Harness h = {};
        guint at = 0, changed = 0;

        harness_start(&h, NULL);
        harness_say(&h, "state web master master-down");
        (void)harness_wait_signal(&h, PATH("web"), "TransitionFinished", &at);
        changed = at;
        guint64 n = operate(&h, PATH("web"), "Failover",
                        option("reason", g_variant_new_string("maintenance of web")));
        g_assert_cmpuint(n, ==, 1);
        (void)wait_finished(&h, PATH("web"), n, "done", &at);
        (void)harness_wait_signal(&h, PATH("web"), "StateChanged", &changed);
        g_assert_cmpuint(changed, <, at);
        g_assert_cmpstr(harness_command(&h, "command operation"), ==,
                        "command operation instance=web operation=failover mode=graceful timeout=0 "
                        "priority=0 uid=0 "
                        "reason=maintenance of web");
        harness_wait_property(&h, PATH("web"), INSTANCE, "AdminState", "'yielding'");
        harness_wait_property(&h, PATH("web"), INSTANCE, "AdminReason", "'maintenance of web'");
        harness_wait_property(&h, ROOT_PATH, MANAGER, "NHeld", "1");

        n = operate(&h, PATH("web"), "Resume", NO_OPTIONS);
        (void)wait_finished(&h, PATH("web"), n, "done", &at);
        n = operate(&h, PATH("web"), "Promote", option("priority", g_variant_new_byte(200)));
        (void)wait_finished(&h, PATH("web"), n, "done", &at);
        harness_wait_property(&h, PATH("web"), INSTANCE, "Priority", "0xc8");
        (void)operate(&h, PATH("web"), "Resume", NO_OPTIONS);
        n = operate(&h, PATH("a_2eb"), "Pause", option("timeout-usec", g_variant_new_uint64(5000000)));
        (void)harness_command(
                        &h, "command operation instance=a.b operation=pause mode=graceful timeout=5000000");
        (void)wait_finished(&h, PATH("a_2eb"), n, "done", &at);
        harness_wait_property(&h, PATH("a_2eb"), INSTANCE, "State", "'initialize'");

        g_autoptr(GVariant) announced = harness_call(&h, PATH("web"), INSTANCE, "Announce", NULL);
        (void)harness_command(&h, "command announce instance=web");
        harness_stop(&h);
}

/* Holds are given to whoever keeps them on disk, and so is the end of an instance; a replaced one and the
 * daemon's stop forget nothing. */
static void test_keep(void) {
        Harness h = {};
        guint at = 0;

        harness_start(&h, NULL);
        harness_say(&h, "show-keep on");
        harness_say(&h, "state web master master-down");
        (void)harness_command(&h, "command keep instance=web admin=enabled removed=0");
        harness_wait_property(&h, PATH("web"), INSTANCE, "State", "'master'");
        (void)operate(&h, PATH("web"), "Failover", NO_OPTIONS);
        (void)harness_command(&h, "command keep instance=web admin=yielding removed=0");
        harness_say(&h, "replace web 99");
        harness_wait_property(&h, PATH("web"), INSTANCE, "VirtualRouterId", "0x63");
        harness_say(&h, "remove a.b");
        (void)harness_command(&h, "command keep instance=a.b admin=enabled removed=1");
        g_assert_false(harness_had_command(&h, "command keep instance=web admin=yielding removed=1"));
        harness_say(&h, "stopping");
        (void)harness_wait_signal(&h, ROOT_PATH, "Stopping", &at);
        harness_say(&h, "remove web");
        harness_wait_property(&h, ROOT_PATH, MANAGER, "NInstances", "0");
        harness_say(&h, "show-keep off");
        g_assert_false(harness_had_command(&h, "command keep instance=web admin=enabled removed=1"));
        harness_stop(&h);
}

/* mode=force and force=true are the same and reach the engine. */
static void test_force(void) {
        Harness h = {};

        harness_start(&h, NULL);
        harness_say(&h, "state web master master-down");
        harness_wait_property(&h, PATH("web"), INSTANCE, "State", "'master'");
        (void)operate(&h, PATH("web"), "Failover", option("force", g_variant_new_boolean(TRUE)));
        (void)harness_command(&h, "command operation instance=web operation=failover mode=force");
        harness_say(&h, "state a.b master master-down");
        harness_wait_property(&h, PATH("a_2eb"), INSTANCE, "State", "'master'");
        (void)operate(&h, PATH("a_2eb"), "Failover", option("mode", g_variant_new_string("force")));
        (void)harness_command(&h, "command operation instance=a.b operation=failover mode=force");
        harness_stop(&h);
}

static GVariant *options_of(const char *text) {
        g_autoptr(GError) error = NULL;
        GVariant *v = g_variant_parse(G_VARIANT_TYPE("a{sv}"), text, NULL, NULL, &error);

        g_assert_no_error(error);
        return g_variant_new("(@a{sv})", g_variant_ref_sink(v));
}

/* Whatever is unknown, mistyped, out of range, contradictory, repeated or meaningless is refused by name,
 * and no command is given. */
static void test_invalid_options(void) {
        static const struct {
                const char *method, *options, *text;
        } wrong[] = {
                        {"Failover", "{'colour': <'red'>}", "Unknown option 'colour'"},
                        {"Failover", "{'reason': <'fine'>, 'colour': <'red'>}", "'colour'"},
                        {"Failover", "{'mode': <uint32 1>}", "'mode' must have the type 's', not 'u'"},
                        {"Failover", "{'mode': <'gentle'>}", "'mode' must be"},
                        {"Failover", "{'force': <'yes'>}", "'force' must have the type 'b'"},
                        {"Failover", "{'timeout-usec': <5>}",
                                        "'timeout-usec' must have the type 't', not 'i'"},
                        {"Failover", "{'priority': <byte 200>}",
                                        "'priority' has no meaning for the operation failover"},
                        {"Failover", "{'mode': <'graceful'>, 'force': <true>}",
                                        "'force' contradicts option 'mode'"},
                        {"Failover", "{'force': <true>, 'mode': <'graceful'>}",
                                        "'force' contradicts option 'mode'"},
                        {"Failover", "{'group': <'yes'>}", "'group' must have the type 'b'"},
                        {"Promote", "{'priority': <byte 0>}", "'priority' must be 1 to 254"},
                        {"Promote", "{'priority': <byte 255>}", "'priority' must be 1 to 254"},
                        {"Promote", "{'priority': <200>}", "'priority' must have the type 'y'"},
                        {"Pause", "{'reason': <'two\\nlines'>}",
                                        "'reason' may not contain control characters"},
                        {"Pause", "{'reason': <'a'>, 'reason': <'b'>}", "'reason' is given twice"},
        };
        Harness h = {};

        harness_start(&h, NULL);
        harness_say(&h, "state web master master-down");
        harness_wait_property(&h, PATH("web"), INSTANCE, "State", "'master'");
        for (guint i = 0; i < G_N_ELEMENTS(wrong); i++)
                harness_call_fails(h.client, PATH("web"), INSTANCE, wrong[i].method,
                                options_of(wrong[i].options), INVALID_ARGS, wrong[i].text);
        g_autofree char *longest = g_strnfill(127, 'x'), *too_long = g_strnfill(128, 'x');
        harness_call_fails(h.client, PATH("web"), INSTANCE, "Pause",
                        option("reason", g_variant_new_string(too_long)), INVALID_ARGS, "127");
        g_assert_false(harness_had_command(&h, "command operation"));
        (void)operate(&h, PATH("web"), "Failover", option("reason", g_variant_new_string(longest)));
        (void)harness_command(&h, "command operation");
        harness_call_fails(h.client, PATH("web"), INSTANCE, "Failover", g_variant_new("(s)", "web"),
                        INVALID_ARGS, NULL);
        harness_stop(&h);
}

/* A member moves with its group only: alone it is refused; with `group`, or by the group's own method, the
 * group is judged and moves. */
static void test_groups(void) {
        Harness h = {};
        guint at = 0;

        harness_start(&h, NULL);
        harness_say(&h, "group VG web");
        harness_wait_property(&h, PATH("web"), INSTANCE, "SyncGroup", "'" GROUP_PATH "'");
        harness_call_fails(h.client, PATH("web"), INSTANCE, "Failover", NO_OPTIONS, REFUSED("GroupMember"),
                        "'web' belongs to a sync group");
        harness_call_fails(
                        h.client, GROUP_PATH, GROUP, "Failover", NO_OPTIONS, REFUSED("NotMaster"), "'VG'");
        harness_call_fails(h.client, PATH("web"), INSTANCE, "Failover",
                        option("group", g_variant_new_boolean(TRUE)), REFUSED("NotMaster"), "'VG'");
        harness_call_fails(h.client, GROUP_PATH, GROUP, "Failover",
                        option("priority", g_variant_new_byte(1)), INVALID_ARGS, "no meaning");

        harness_say(&h, "state web master master-down");
        harness_say(&h, "group-state VG master");
        harness_wait_property(&h, GROUP_PATH, GROUP, "State", "'master'");
        g_autoptr(GVariant) v = harness_call(&h, GROUP_PATH, GROUP, "Failover",
                        option("reason", g_variant_new_string("new kernel")));
        (void)harness_command(&h,
                        "command operation instance=- operation=failover mode=graceful timeout=0 priority=0 "
                        "uid=0 reason=new kernel group=VG");
        (void)harness_wait_signal(&h, GROUP_PATH, "StateChanged", &at);
        (void)harness_wait_signal(&h, GROUP_PATH, "OperationFinished", &at);
        harness_wait_property(&h, GROUP_PATH, GROUP, "AdminState", "'yielding'");
        harness_wait_log("group VG: operation 1, failover: done");
        g_autoptr(GVariant) resumed = harness_call(&h, GROUP_PATH, GROUP, "Resume", NO_OPTIONS);
        harness_wait_property(&h, GROUP_PATH, GROUP, "AdminState", "'enabled'");

        harness_say(&h, "group-state VG master");
        harness_wait_property(&h, GROUP_PATH, GROUP, "State", "'master'");
        g_autoptr(GVariant) member = harness_call(
                        &h, PATH("web"), INSTANCE, "Failover", option("group", g_variant_new_boolean(TRUE)));
        (void)harness_command(&h,
                        "command operation instance=web operation=failover mode=graceful timeout=0 "
                        "priority=0 uid=0 reason= whole");
        (void)harness_wait_signal(&h, GROUP_PATH, "OperationFinished", &at);
        (void)harness_wait_signal(&h, PATH("web"), "OperationFinished", &at);
        harness_stop(&h);
}

/* Who may move one instance may not therefore move its group; who is named for the group may. */
static void test_group_rule(void) {
        static const char *const rule =
                        "polkit.addRule(function(action, subject) {"
                        "  if (subject.user != 'nobody') return polkit.Result.NOT_HANDLED;"
                        "  if (action.lookup('name') == 'web') return polkit.Result.YES;"
                        "  if (action.lookup('group') == 'VG2' && action.lookup('name') == '')"
                        "    return polkit.Result.YES;"
                        "  return polkit.Result.NO;"
                        "});";
        Harness h = {};

        harness_start(&h, rule);
        harness_say(&h, "group VG web");
        harness_say(&h, "group VG2 a.b");
        harness_say(&h, "group-state VG master");
        harness_say(&h, "group-state VG2 master");
        harness_wait_property(&h, ROOT_PATH "/group/VG2", GROUP, "State", "'master'");
        g_autoptr(GDBusConnection) nobody = harness_connect(NOBODY);
        harness_call_fails(nobody, PATH("web"), INSTANCE, "Failover",
                        option("group", g_variant_new_boolean(TRUE)), ACCESS_DENIED, NULL);
        harness_call_fails(nobody, GROUP_PATH, GROUP, "Failover", NO_OPTIONS, ACCESS_DENIED, NULL);
        g_autofree char *error = NULL, *message = NULL;
        g_autoptr(GVariant) v = harness_try(
                        nobody, ROOT_PATH "/group/VG2", GROUP, "Failover", NO_OPTIONS, &error, &message);
        g_assert_null(error);
        g_assert_nonnull(v);
        (void)harness_command(&h, "command operation instance=- operation=failover");
        (void)g_dbus_connection_close_sync(nobody, NULL, NULL);
        harness_stop(&h);
}

/* What makes no sense now is refused before anybody is asked for a password, with an error that names the
 * reason. */
static void test_refusals(void) {
        Harness h = {};

        harness_start(&h, NULL);
        harness_call_fails(h.client, PATH("web"), INSTANCE, "Failover", NO_OPTIONS, REFUSED("NotMaster"),
                        "web");
        harness_call_fails(h.client, PATH("web"), INSTANCE, "Resume", NO_OPTIONS, REFUSED("NotHeld"), "web");
        harness_call_fails(h.client, PATH("web"), INSTANCE, "Announce", NULL, REFUSED("NotMaster"), "web");
        harness_call_fails(h.client, PATH("web"), INSTANCE, "ForceElection", NO_OPTIONS,
                        REFUSED("NotEligible"),
                        "'web' would not win: the priority here is 100, that of the master 192.0.2.2 is "
                        "150.");
        harness_call_fails(h.client, PATH("web"), INSTANCE, "Promote",
                        option("priority", g_variant_new_byte(120)), REFUSED("NotEligible"),
                        "would not win");
        (void)operate(&h, PATH("web"), "Pause", NO_OPTIONS);
        harness_wait_property(&h, PATH("web"), INSTANCE, "AdminState", "'paused'");
        harness_call_fails(h.client, PATH("web"), INSTANCE, "ForceElection", NO_OPTIONS,
                        REFUSED("NotEligible"), "'web' is paused here");
        (void)operate(&h, PATH("web"), "Resume", NO_OPTIONS);
        harness_wait_property(&h, PATH("web"), INSTANCE, "AdminState", "'enabled'");
        harness_say(&h, "state web master master-down");
        g_ptr_array_set_size(h.commands, 0);
        harness_say(&h, "fault a.b interface eth1 is down");
        harness_wait_property(&h, PATH("a_2eb"), INSTANCE, "State", "'fault'");
        harness_call_fails(
                        h.client, PATH("web"), INSTANCE, "Promote", NO_OPTIONS, REFUSED("NotBackup"), "web");
        harness_call_fails(
                        h.client, PATH("a_2eb"), INSTANCE, "Promote", NO_OPTIONS, REFUSED("InFault"), "a.b");

        harness_say(&h, "owner web on");
        harness_say(&h, "tracker barrier up after the status");
        harness_wait_property(&h, ROOT_PATH "/tracker/script/barrier", TRACKER, "State", "'up'");
        harness_call_fails(h.client, PATH("web"), INSTANCE, "Failover", NO_OPTIONS, REFUSED("AddressOwner"),
                        "web");
        harness_call_fails(h.client, PATH("web"), INSTANCE, "ForceElection", NO_OPTIONS,
                        REFUSED("AddressOwner"), "web");
        harness_call_fails(h.client, PATH("web"), INSTANCE, "Pause", NO_OPTIONS, REFUSED("AddressOwner"),
                        "web");

        harness_say(&h, "stopping");
        guint at = 0;
        (void)harness_wait_signal(&h, ROOT_PATH, "Stopping", &at);
        harness_call_fails(
                        h.client, PATH("web"), INSTANCE, "Failover", NO_OPTIONS, REFUSED("Stopping"), NULL);
        harness_call_fails(h.client, PATH("web"), INSTANCE, "Announce", NULL, REFUSED("Stopping"), NULL);
        harness_call_fails(
                        h.client, PATH("web"), INSTANCE, "GetStatistics", NULL, REFUSED("Stopping"), NULL);
        harness_call_fails(h.client, ROOT_PATH, MANAGER, "Reload", NULL, REFUSED("Stopping"), NULL);
        g_assert_false(harness_had_command(&h, "command operation"));
        harness_stop(&h);
}

/* A rule on the instance's name lets an ordinary user fail over that one instance and no other, and not by
 * force. */
static void authorization_by_rule(Harness *h) {
        g_autoptr(GDBusConnection) nobody = harness_connect(NOBODY);
        g_autofree char *error = NULL, *message = NULL;

        harness_say(h, "state web master master-down");
        harness_say(h, "state a.b master master-down");
        harness_wait_property(h, PATH("a_2eb"), INSTANCE, "State", "'master'");
        harness_call_fails(nobody, PATH("a_2eb"), INSTANCE, "Failover", NO_OPTIONS, ACCESS_DENIED, NULL);
        harness_call_fails(nobody, PATH("web"), INSTANCE, "Failover",
                        option("force", g_variant_new_boolean(TRUE)), INTERACTIVE, "org.vrrpd.vrrp1.force");
        harness_call_fails(nobody, PATH("web"), INSTANCE, "Pause", NO_OPTIONS, INTERACTIVE, NULL);
        harness_call_fails(nobody, ROOT_PATH, MANAGER, "Reload", NULL, INTERACTIVE, NULL);
        g_assert_false(harness_had_command(h, "command"));

        g_autoptr(GVariant) announced =
                        harness_try(nobody, PATH("web"), INSTANCE, "Announce", NULL, &error, &message);
        g_assert_cmpstr(error, ==, NULL);
        g_autoptr(GVariant) allowed =
                        harness_try(nobody, PATH("web"), INSTANCE, "Failover", NO_OPTIONS, &error, &message);
        g_assert_cmpstr(error, ==, NULL);
        g_assert_nonnull(strstr(harness_command(h, "command operation instance=web operation=failover"),
                        "uid=65534"));
        /* To end what failover began needs the same right. */
        harness_wait_property(h, PATH("web"), INSTANCE, "AdminState", "'yielding'");
        g_autoptr(GVariant) resumed =
                        harness_try(nobody, PATH("web"), INSTANCE, "Resume", NO_OPTIONS, &error, &message);
        g_assert_cmpstr(error, ==, NULL);
        /* To end a pause needs the right to pause. */
        (void)operate(h, PATH("web"), "Pause", NO_OPTIONS);
        harness_wait_property(h, PATH("web"), INSTANCE, "AdminState", "'paused'");
        harness_call_fails(nobody, PATH("web"), INSTANCE, "Resume", NO_OPTIONS, INTERACTIVE, NULL);
        (void)g_dbus_connection_close_sync(nobody, NULL, NULL);
}

static void test_rule(void) {
        Harness h = {};

        harness_start(&h, rules);
        authorization_by_rule(&h);
        harness_stop(&h);
}

/* The same when the daemon runs as the user vrrpd: it may own the name, and the actions name it as owner, so
 * that it may give polkit the details. */
static void test_rule_unprivileged(void) {
        Harness h = {};

        harness_start_bus(&h);
        harness_start_polkit(&h, rules);
        harness_watch(&h);
        harness_start_daemon(&h, "vrrpd", NULL);
        harness_say(&h, "instance web 51");
        harness_say(&h, "instance a.b 52");
        harness_wait_name(&h);
        authorization_by_rule(&h);
        harness_stop(&h);
}

/* Reading needs no privilege: an ordinary user without any rule sees everything. */
static void test_reading(void) {
        Harness h = {};

        harness_start(&h, NULL);
        g_autoptr(GDBusConnection) nobody = harness_connect(NOBODY);
        static const struct {
                const char *path, *interface, *method;
        } calls[] = {
                        {ROOT_PATH, "org.freedesktop.DBus.ObjectManager", "GetManagedObjects"},
                        {PATH("web"), "org.freedesktop.DBus.Introspectable", "Introspect"},
                        {PATH("web"), "org.freedesktop.DBus.Peer", "Ping"},
                        {PATH("web"), INSTANCE, "GetStatistics"},
        };
        for (guint i = 0; i < G_N_ELEMENTS(calls); i++) {
                g_autofree char *error = NULL, *message = NULL;
                g_autoptr(GVariant) v = harness_try(nobody, calls[i].path, calls[i].interface,
                                calls[i].method, NULL, &error, &message);
                g_assert_cmpstr(error, ==, NULL);
        }
        (void)g_dbus_connection_close_sync(nobody, NULL, NULL);
        harness_stop(&h);
}

/* Without polkit only root may command; nobody waits, everybody is told. */
static void test_no_polkit(void) {
        Harness h = {};

        harness_start(&h, NULL);
        g_autoptr(GDBusConnection) nobody = harness_connect(NOBODY);
        harness_say(&h, "state web master master-down");
        harness_wait_property(&h, PATH("web"), INSTANCE, "State", "'master'");
        harness_call_fails(nobody, PATH("web"), INSTANCE, "Failover", NO_OPTIONS, ACCESS_DENIED, "polkit");
        g_assert_cmpuint(operate(&h, PATH("web"), "Failover", NO_OPTIONS), ==, 1);
        (void)g_dbus_connection_close_sync(nobody, NULL, NULL);
        harness_stop(&h);
}

typedef struct Answer {
        bool done;
        char *error;
} Answer;

static void on_answer(GObject *source, GAsyncResult *result, gpointer userdata) {
        Answer *a = userdata;
        g_autoptr(GError) error = NULL;
        g_autoptr(GVariant) v = g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, &error);

        a->error = error ? g_dbus_error_get_remote_error(error) : NULL;
        a->done = true;
}

static bool answered(void *userdata) {
        return ((Answer *)userdata)->done;
}

static void call_later(
                GDBusConnection *c, const char *path, const char *method, GVariant *parameters, Answer *a) {
        g_dbus_connection_call(c, "org.vrrpd.Vrrp1", path, INSTANCE, method, parameters, NULL,
                        G_DBUS_CALL_FLAGS_NONE, 60000, NULL, on_answer, a);
        (void)g_dbus_connection_flush_sync(c, NULL, NULL);
}

/* While polkit thinks, the rest of the interface answers; an instance that goes meanwhile, or a state that
 * changes, is noticed after the answer; nothing is commanded. */
static void test_changes_while_asked(void) {
        Harness h = {};
        Answer gone = {}, changed = {};

        harness_start(&h, rules);
        g_autoptr(GDBusConnection) nobody = harness_connect(NOBODY);
        harness_say(&h, "state web master master-down");
        harness_wait_property(&h, PATH("web"), INSTANCE, "State", "'master'");

        harness_signal(h.polkit, SIGSTOP);
        call_later(nobody, PATH("web"), "Failover", NO_OPTIONS, &changed);
        harness_say(&h, "state web backup higher-priority-master");
        harness_wait_property(&h, PATH("web"), INSTANCE, "State", "'backup'");
        g_assert_false(changed.done);
        harness_signal(h.polkit, SIGCONT);
        harness_wait(answered, &changed, "the answer to the first call");
        g_assert_cmpstr(changed.error, ==, REFUSED("NotMaster"));

        harness_say(&h, "state web master master-down");
        harness_wait_property(&h, PATH("web"), INSTANCE, "State", "'master'");
        harness_signal(h.polkit, SIGSTOP);
        call_later(nobody, PATH("web"), "Failover", NO_OPTIONS, &gone);
        /* The daemon handles one connection's messages in order: it has seen the call when it answers this
         * one. */
        g_autofree char *error = NULL, *message = NULL;
        g_autoptr(GVariant) ping = harness_try(
                        nobody, PATH("web"), "org.freedesktop.DBus.Peer", "Ping", NULL, &error, &message);
        harness_say(&h, "replace web 77");
        harness_wait_property(&h, PATH("web"), INSTANCE, "VirtualRouterId", "0x4d");
        harness_signal(h.polkit, SIGCONT);
        harness_wait(answered, &gone, "the answer to the second call");
        g_assert_cmpstr(gone.error, ==, REFUSED("NoSuchInstance"));
        g_assert_false(harness_had_command(&h, "command operation"));
        g_free(changed.error);
        g_free(gone.error);
        (void)g_dbus_connection_close_sync(nobody, NULL, NULL);
        harness_stop(&h);
}

/* A caller that leaves while polkit thinks leaves no command behind, and the daemon goes on. */
static void test_caller_leaves(void) {
        Harness h = {};
        Answer a = {};

        harness_start(&h, rules);
        GDBusConnection *nobody = harness_connect(NOBODY);
        harness_say(&h, "state web master master-down");
        harness_wait_property(&h, PATH("web"), INSTANCE, "State", "'master'");
        harness_signal(h.polkit, SIGSTOP);
        call_later(nobody, PATH("web"), "Failover", NO_OPTIONS, &a);
        (void)g_dbus_connection_close_sync(nobody, NULL, NULL);
        g_object_unref(nobody);
        harness_wait(answered, &a, "the end of the caller");
        g_free(a.error);
        harness_signal(h.polkit, SIGCONT);

        /* polkit answers in order: when it has answered another, it has answered the one that left. */
        nobody = harness_connect(NOBODY);
        harness_say(&h, "state a.b master master-down");
        harness_wait_property(&h, PATH("a_2eb"), INSTANCE, "State", "'master'");
        harness_call_fails(nobody, PATH("a_2eb"), INSTANCE, "Failover", NO_OPTIONS, ACCESS_DENIED, NULL);
        (void)g_dbus_connection_close_sync(nobody, NULL, NULL);
        g_object_unref(nobody);
        harness_stop(&h);
}

/* One caller cannot have more than 64 questions open, others still can ask. */
static void test_flood_of_questions(void) {
        Harness h = {};
        Answer answers[65] = {};

        harness_start(&h, rules);
        g_autoptr(GDBusConnection) nobody = harness_connect(NOBODY);
        harness_say(&h, "state web master master-down");
        harness_wait_property(&h, PATH("web"), INSTANCE, "State", "'master'");
        harness_signal(h.polkit, SIGSTOP);
        for (guint i = 0; i < 65; i++)
                call_later(nobody, PATH("web"), "Announce", NULL, &answers[i]);
        harness_wait(answered, &answers[64], "the refusal of the 65th call");
        g_assert_cmpstr(answers[64].error, ==, "org.freedesktop.DBus.Error.LimitsExceeded");
        g_autoptr(GVariant) root = harness_call(&h, PATH("web"), INSTANCE, "Announce", NULL);
        g_assert_false(answers[0].done);
        harness_signal(h.polkit, SIGCONT);
        for (guint i = 0; i < 64; i++) {
                harness_wait(answered, &answers[i], "the answers");
                g_assert_cmpstr(answers[i].error, ==, NULL);
        }
        g_free(answers[64].error);
        (void)g_dbus_connection_close_sync(nobody, NULL, NULL);
        harness_stop(&h);
}

/* GetStatistics asks the engine; a call whose instance goes before the answer is told so. */
static void test_statistics(void) {
        Harness h = {};
        Answer a = {};

        harness_start(&h, NULL);
        g_autoptr(GVariant) v = harness_call(&h, PATH("web"), INSTANCE, "GetStatistics", NULL);
        g_autofree char *printed = g_variant_print(v, FALSE);
        g_assert_cmpstr(printed, ==, "({'adverts-sent': 42, 'adverts-received': 7},)");

        harness_say(&h, "deaf on");
        call_later(h.client, PATH("web"), "GetStatistics", NULL, &a);
        g_autoptr(GVariant) ping = harness_call(&h, PATH("web"), "org.freedesktop.DBus.Peer", "Ping", NULL);
        harness_say(&h, "remove web");
        harness_wait(answered, &a, "the refusal");
        g_assert_cmpstr(a.error, ==, REFUSED("NoSuchInstance"));
        g_free(a.error);
        harness_say(&h, "deaf off");
        harness_stop(&h);
}

int main(int argc, char **argv) {
        harness_init(&argc, &argv);
        g_test_add_func("/bus/commands/operations", test_operations);
        g_test_add_func("/bus/commands/keep", test_keep);
        g_test_add_func("/bus/commands/force", test_force);
        g_test_add_func("/bus/commands/invalid-options", test_invalid_options);
        g_test_add_func("/bus/commands/groups", test_groups);
        g_test_add_func("/bus/commands/group-rule", test_group_rule);
        g_test_add_func("/bus/commands/refusals", test_refusals);
        g_test_add_func("/bus/commands/rule", test_rule);
        g_test_add_func("/bus/commands/rule-unprivileged", test_rule_unprivileged);
        g_test_add_func("/bus/commands/reading", test_reading);
        g_test_add_func("/bus/commands/no-polkit", test_no_polkit);
        g_test_add_func("/bus/commands/changes-while-asked", test_changes_while_asked);
        g_test_add_func("/bus/commands/caller-leaves", test_caller_leaves);
        g_test_add_func("/bus/commands/flood-of-questions", test_flood_of_questions);
        g_test_add_func("/bus/commands/statistics", test_statistics);
        return g_test_run();
}
