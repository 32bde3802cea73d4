/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The verbs that wait for what happens: monitor, with and without commands, and wait. They are driven by the
 * fake's signals; the only times here are those that the user gave. */

#include "fake-daemon.h"
#include <glib/gstdio.h>
#include <jansson.h>
#include <signal.h>
#include <string.h>

#define MANAGER "org.vrrpd.Vrrp1.Manager"
#define INSTANCE "org.vrrpd.Vrrp1.Instance"
#define ROOT "/org/vrrpd/Vrrp1"

/* A monitor that has subscribed and read everything. */
static Run *start_monitor(FakeDaemon *f, const char *a, const char *b, const char *c) {
        guint before = f->n_reads;
        Run *r = run_start(f, "monitor", a, a ? b : NULL, a && b ? c : NULL, NULL);
        fake_wait_for(&f->n_reads, before + 1);
        return r;
}

static void expect_line(Run *r, const char *part) {
        g_autofree char *line = run_read_line(r);
        g_assert_nonnull(line);
        assert_contains(line, part);
}

static json_t *read_event(Run *r) {
        g_autofree char *line = run_read_line(r);
        g_assert_nonnull(line);
        json_t *v = json_loads(line, 0, NULL);
        g_assert_nonnull(v);
        return v;
}

static void expect_signal(Run *r, const char *signal) {
        json_t *v = read_event(r);
        g_assert_cmpstr(json_string_value(json_object_get(v, "signal")), ==, signal);
        json_decref(v);
}

/* Property: every signal of the contract becomes one line, in order, with its own time. */
static void test_lines(void) {
        g_autoptr(FakeDaemon) f = fake_daemon_new();
        FakeObject *o = fake_add_instance(f, "VI_1");
        g_autoptr(Run) r = start_monitor(f, NULL, NULL, NULL);

        fake_emit_state_changed(f, o, "backup", "master", "master-down", 5);
        fake_emit_transition(f, o, "master", "done", 6);
        fake_emit(f, o->path, INSTANCE, "ConflictDetected",
                        g_variant_new_parsed("('VI_1', 'two-masters', '192.0.2.7', uint64 7, uint64 "
                                             "1700000000000000,"
                                             " uint64 3, @a{sv} {})"));
        fake_emit(f, o->path, INSTANCE, "ConflictCleared",
                        g_variant_new_parsed("('VI_1', 'two-masters', '192.0.2.7', uint64 8, uint64 "
                                             "1700000000000000,"
                                             " uint64 3, @a{sv} {})"));
        fake_emit(f, o->path, INSTANCE, "OperationFinished",
                        g_variant_new_parsed("('VI_1', uint64 42, 'failover', 'done', uint64 9, uint64 "
                                             "1700000000000000,"
                                             " uint64 3, {'detail': <'to 192.0.2.7'>})"));
        fake_emit(f, ROOT, MANAGER, "Reloaded",
                        g_variant_new_parsed("(true, uint64 1, uint64 2, uint64 3, @a{sv} {})"));
        fake_emit(f, ROOT, MANAGER, "Reloaded",
                        g_variant_new_parsed("(false, uint64 0, uint64 0, uint64 0, @a{sv} {})"));
        fake_emit(f, ROOT, "org.freedesktop.DBus.ObjectManager", "InterfacesAdded",
                        g_variant_new_parsed(
                                        "(objectpath '/org/vrrpd/Vrrp1/instance/VI_5f2', @a{sa{sv}} {})"));
        fake_emit(f, ROOT, "org.freedesktop.DBus.ObjectManager", "InterfacesRemoved",
                        g_variant_new_parsed("(objectpath '/org/vrrpd/Vrrp1/instance/VI_5f2', ['a.b'])"));
        fake_emit(f, ROOT, MANAGER, "Stopping", g_variant_new_parsed("('stop', uint64 1)"));

        expect_line(r, "2023-11-14 22:13:20.123 VI_1: backup -> master (master-down)");
        expect_line(r, "2023-11-14 22:13:20.223 VI_1: is master: done (addresses-confirmed 2ms 500us)");
        expect_line(r, "VI_1: conflict begins: 192.0.2.7 is master too");
        expect_line(r, "VI_1: conflict is over: 192.0.2.7 is master too");
        expect_line(r, "VI_1: operation 42, failover: done: to 192.0.2.7");
        expect_line(r, "configuration reloaded: 1 added, 2 changed, 3 removed");
        expect_line(r, "reload failed");
        expect_line(r, "VI_2: object appeared");
        expect_line(r, "VI_2: object disappeared");
        expect_line(r, "vrrpd is stopping: stop");
        run_end(f, r);
}

/* Property: names select what is told; the daemon's own news is always told. */
static void test_names(void) {
        g_autoptr(FakeDaemon) f = fake_daemon_new();
        FakeObject *one = fake_add_instance(f, "VI_1"), *two = fake_add_instance(f, "VI_2");
        g_autoptr(Run) r = start_monitor(f, "VI_2", "-v", NULL);

        fake_emit_state_changed(f, one, "backup", "master", "master-down", 5);
        fake_emit_changed(f, one, "Priority", NULL);
        fake_emit(f, ROOT, "org.freedesktop.DBus.ObjectManager", "InterfacesAdded",
                        g_variant_new_parsed(
                                        "(objectpath '/org/vrrpd/Vrrp1/instance/VI_5f3', @a{sa{sv}} {})"));
        fake_emit_changed(f, two, "Priority", NULL);
        fake_emit_state_changed(f, two, "backup", "fault", "fault", 6);
        fake_emit(f, ROOT, MANAGER, "Stopping", g_variant_new_parsed("('stop', uint64 6)"));
        expect_line(r, "VI_2: {\"Priority\":100}");
        expect_line(r, "VI_2: backup -> fault (fault)");
        expect_line(r, "vrrpd is stopping: stop");
        run_end(f, r);
}

/* Property: --json prints one object a line with the signal's arguments by name; properties only with
 * --verbose. */
static void test_json(void) {
        g_autoptr(FakeDaemon) f = fake_daemon_new();
        FakeObject *o = fake_add_instance(f, "VI_1");
        g_autoptr(Run) r = start_monitor(f, "--json=pretty", NULL, NULL);

        fake_emit_changed(f, o, "State", NULL); /* not told */
        fake_emit_state_changed(f, o, "backup", "master", "master-down", 5);
        fake_emit_transition(f, o, "master", "done", 6);
        json_t *v = read_event(r);
        g_assert_cmpstr(json_string_value(json_object_get(v, "signal")), ==, "StateChanged");
        g_assert_cmpstr(json_string_value(json_object_get(v, "path")), ==, ROOT "/instance/VI_5f1");
        g_assert_cmpstr(json_string_value(json_object_get(v, "name")), ==, "VI_1");
        g_assert_cmpstr(json_string_value(json_object_get(v, "old_state")), ==, "backup");
        g_assert_cmpstr(json_string_value(json_object_get(v, "new_state")), ==, "master");
        g_assert_cmpstr(json_string_value(json_object_get(v, "reason")), ==, "master-down");
        g_assert_cmpint(json_integer_value(json_object_get(v, "seq")), ==, 5);
        g_assert_cmpint(json_integer_value(json_object_get(v, "realtime_usec")), ==, 1700000000123456);
        g_assert_cmpint(json_integer_value(json_object_get(v, "monotonic_usec")), ==, 5000000);
        g_assert_cmpint(json_integer_value(json_object_get(json_object_get(v, "details"), "priority")), ==,
                        150);
        json_decref(v);
        v = read_event(r);
        g_assert_cmpint(json_integer_value(json_object_get(
                                        json_object_get(v, "timings"), "addresses-confirmed")),
                        ==, 2500);
        json_decref(v);
        run_end(f, r);
}

/* Property: a signal that does not come from the daemon is not believed, wherever it claims to be from. */
static void test_forged(void) {
        g_autoptr(FakeDaemon) f = fake_daemon_new();
        FakeObject *o = fake_add_instance(f, "VI_1");
        g_autoptr(Run) r = start_monitor(f, NULL, NULL, NULL);
        g_autoptr(GError) error = NULL;
        g_autoptr(GDBusConnection) forger = g_dbus_connection_new_for_address_sync(f->address,
                        G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                                        G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                        NULL, NULL, &error);
        g_assert_no_error(error);
        g_dbus_connection_emit_signal(forger, f->last_sender, o->path, INSTANCE, "StateChanged",
                        g_variant_new_parsed("('VI_1', 'backup', 'forged', 'x', uint64 5, uint64 1, uint64 "
                                             "1, @a{sv} {})"),
                        &error);
        g_assert_no_error(error);
        /* The bus keeps no order between two senders unless one waits for the other. */
        g_dbus_connection_flush_sync(forger, NULL, &error);
        g_assert_no_error(error);
        g_autoptr(GVariant) reply = g_dbus_connection_call_sync(forger, "org.freedesktop.DBus", "/",
                        "org.freedesktop.DBus", "GetId", NULL, NULL, G_DBUS_CALL_FLAGS_NONE, -1, NULL,
                        &error);
        g_assert_no_error(error);
        fake_emit_state_changed(f, o, "backup", "master", "master-down", 5);
        expect_line(r, "VI_1: backup -> master (master-down)");
        run_end(f, r);
}

/* Property: monitor starts without a daemon, outlives it, and after its return tells what the ring has and
 * what still differs. */
static void test_restart(void) {
        g_autoptr(FakeDaemon) f = fake_daemon_new_stopped();
        FakeObject *one = fake_add_instance(f, "VI_1"), *two = fake_add_instance(f, "VI_2");
        g_autoptr(Run) r = run_start(f, "monitor", "--json", NULL);
        expect_signal(r, "DaemonStopped");

        fake_daemon_start(f);
        expect_signal(r, "DaemonStarted");
        fake_wait_for(&f->n_reads, 1);
        fake_emit_state_changed(f, one, "backup", "master", "master-down", 5);
        expect_signal(r, "StateChanged");

        fake_daemon_stop(f);
        expect_signal(r, "DaemonStopped");
        fake_set_manager(f, "Epoch", "s", "e2");
        fake_set_manager(f, "Sequence", "t", G_GUINT64_CONSTANT(1));
        fake_make_master(two);
        g_variant_unref(f->events);
        f->events = g_variant_ref_sink(g_variant_new_parsed(
                        "[(uint64 1, 'TransitionFinished', objectpath '/org/vrrpd/Vrrp1/instance/VI_5f1',"
                        "  uint64 1700000001000000, {'name': <'VI_1'>, 'state': <'fault'>, 'result': "
                        "<'done'>})]"));
        fake_set(one, "State", "s", "fault");
        fake_daemon_start(f);
        expect_signal(r, "DaemonStarted");
        json_t *v = read_event(r);
        g_assert_cmpstr(json_string_value(json_object_get(v, "signal")), ==, "TransitionFinished");
        g_assert_cmpstr(json_string_value(json_object_get(v, "state")), ==, "fault");
        json_decref(v);
        v = read_event(r);
        g_assert_cmpstr(json_string_value(json_object_get(v, "signal")), ==, "CurrentState");
        g_assert_cmpstr(json_string_value(json_object_get(v, "name")), ==, "VI_2");
        g_assert_cmpstr(json_string_value(json_object_get(v, "state")), ==, "master");
        json_decref(v);
        run_end(f, r);
}

/* Property: after Resync what was missed is told once, and late signals that the reading has covered are not
 * told again. */
static void test_resync(void) {
        g_autoptr(FakeDaemon) f = fake_daemon_new();
        FakeObject *o = fake_add_instance(f, "VI_1");
        g_autoptr(Run) r = start_monitor(f, "--json", NULL, NULL);

        fake_set_manager(f, "Sequence", "t", G_GUINT64_CONSTANT(8));
        fake_set(o, "State", "s", "fault");
        fake_emit(f, ROOT, MANAGER, "Resync", g_variant_new_parsed("('e1', 'overflow', uint64 8)"));
        fake_emit_transition(f, o, "fault", "done", 8);
        fake_emit_state_changed(f, o, "fault", "backup", "fault-cleared", 9);
        expect_signal(r, "Resync");
        expect_signal(r, "CurrentState");
        expect_signal(r, "StateChanged");
        run_end(f, r);
}

/* Property: the daemon's coming, going and Resync have lines for people, too; an instance that came after
 * the reading is followed. */
static void test_restart_text(void) {
        g_autoptr(FakeDaemon) f = fake_daemon_new_stopped();
        g_autoptr(Run) r = run_start(f, "monitor", NULL);
        expect_line(r, "vrrpd is not running");
        fake_daemon_start(f);
        expect_line(r, "vrrpd is running");
        fake_wait_for(&f->n_reads, 1);
        fake_emit(f, ROOT, MANAGER, "Resync", g_variant_new_parsed("('e1', 'overflow', uint64 4)"));
        expect_line(r, "vrrpd asks to read everything again: overflow");
        fake_wait_for(&f->n_reads, 2);
        FakeObject *o = fake_add_instance(f, "VI_NEW");
        fake_emit_state_changed(f, o, "initialize", "backup", "started", 5);
        expect_line(r, "VI_NEW: initialize -> backup (started)");
        run_end(f, r);
}

/* Property: a daemon that takes the name from another one is a new daemon; one that cannot be read is waited
 * for. */
static void test_replaced(void) {
        g_autoptr(FakeDaemon) f = fake_daemon_new();
        fake_add_instance(f, "VI_1");
        g_autoptr(Run) r = start_monitor(f, "--json", NULL, NULL);
        g_autoptr(GError) error = NULL;
        g_autoptr(GDBusConnection) other = g_dbus_connection_new_for_address_sync(f->address,
                        G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                                        G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                        NULL, NULL, &error);
        g_assert_no_error(error);
        g_autoptr(GVariant) reply = g_dbus_connection_call_sync(other, "org.freedesktop.DBus",
                        "/org/freedesktop/DBus", "org.freedesktop.DBus", "RequestName",
                        g_variant_new("(su)", "org.vrrpd.Vrrp1", 2), NULL, G_DBUS_CALL_FLAGS_NONE, -1, NULL,
                        &error);
        g_assert_no_error(error);
        f->owner = 0;
        expect_signal(r, "DaemonStopped");
        expect_signal(r, "DaemonStarted");
        run_end(f, r);
}

/* Property: a signal of another shape than the contract's ends the monitor with 1: it must not go on and
 * mislead. */
static void test_broken_signal(void) {
        g_autoptr(FakeDaemon) f = fake_daemon_new();
        FakeObject *o = fake_add_instance(f, "VI_1");
        g_autoptr(Run) r = start_monitor(f, NULL, NULL, NULL);
        fake_emit(f, o->path, INSTANCE, "SomethingNew",
                        g_variant_new_parsed("(1,)")); /* may come, is not told */
        fake_emit(f, o->path, INSTANCE, "StateChanged", g_variant_new_parsed("('VI_1',)"));
        run_finish(r);
        g_assert_cmpint(r->code, ==, 1);
        g_assert_cmpstr(r->out, ==, "");
        assert_contains(r->err, "not what vrrpd's interface promises");
}

/* Property: values of all D-Bus types have a JSON form, and a long list of timings does not overflow its
 * line. */
static void test_values(void) {
        g_autoptr(FakeDaemon) f = fake_daemon_new();
        FakeObject *o = fake_add_instance(f, "VI_1");
        g_autoptr(Run) r = start_monitor(f, "-v", NULL, NULL);
        fake_emit(f, o->path, "org.freedesktop.DBus.Properties", "PropertiesChanged",
                        g_variant_new_parsed("('a.b', {'n': <int16 -1>}, @as [])"));
        expect_line(r, "{\"n\":-1}");
        fake_emit(f, o->path, "org.freedesktop.DBus.Properties", "PropertiesChanged",
                        g_variant_new_parsed("('a.b', {'v': <(uint16 2, 3, uint32 4, int64 5, 1.5, true, "
                                             "signature 'as',"
                                             " {byte 7: [objectpath '/x']})>}, @as [])"));
        expect_line(r, "{\"v\":[2,3,4,5,1.5,true,\"as\",{\"7\":[\"/x\"]}]}");
        g_autofree char *key = g_strnfill(200, 'k');
        fake_emit(f, o->path, INSTANCE, "TransitionFinished",
                        g_variant_new_parsed(
                                        "('VI_1', 'master', 'done', uint64 5, uint64 1, uint64 1,"
                                        " {%s: uint64 1, 'b': uint64 2, 'cccccccccccccccccccccccccccccccc"
                                        "cccccccccccccccccccccccccccccc': uint64 3}, @a{sv} {})",
                                        key));
        expect_line(r, "VI_1: is master: done (");
        run_end(f, r);
}

/* Property: --initial begins with the present states. */
static void test_initial(void) {
        g_autoptr(FakeDaemon) f = fake_daemon_new();
        fake_make_master(fake_add_instance(f, "VI_1"));
        g_autoptr(Run) r = run_start(f, "monitor", "--initial", NULL);
        expect_line(r, "VI_1: is master");
        run_end(f, r);
}

/* A directory for what commands write. */
static char *new_directory(void) {
        g_autoptr(GError) error = NULL;
        char *d = g_dir_make_tmp("vrrpctl-XXXXXX", &error);
        g_assert_no_error(error);
        return d;
}

static void remove_directory(const char *directory) {
        g_autoptr(GDir) d = g_dir_open(directory, 0, NULL);
        const char *name;
        while ((name = g_dir_read_name(d))) {
                g_autofree char *path = g_build_filename(directory, name, NULL);
                g_unlink(path);
        }
        g_rmdir(directory);
}

/* Lets the command that reads from this fifo go on. */
static void release(const char *fifo) {
        g_autoptr(GError) error = NULL;
        g_autofree char *command = g_strdup_printf("sh -c 'echo >%s'", fifo);
        g_assert_true(g_spawn_command_line_async(command, &error));
}

/* Property: --exec runs the command for each finished transition, one after the other and in order, with
 * keepalived's arguments and the details in the environment, although the first one takes longest. */
static void test_exec(void) {
        g_autoptr(FakeDaemon) f = fake_daemon_new();
        FakeObject *o = fake_add_instance(f, "VI $(1)");
        g_autofree char *directory = new_directory();
        g_autofree char *fifo = g_build_filename(directory, "fifo", NULL);
        /* The first command waits for the test to open the fifo; were they parallel, the second would be
         * first. */
        g_autofree char *command =
                        g_strdup_printf("[ \"$VRRP_SEQ\" != 6 ] || read x <%s; "
                                        "echo \"$VRRP_INSTANCE $VRRP_STATE $VRRP_OLD_STATE $VRRP_REASON "
                                        "$VRRP_PRIORITY $VRRP_SEQ $VRRP_RESULT\"; echo",
                                        fifo);
        g_autofree char *option = g_strconcat("--exec=", command, NULL);
        g_autofree char *make = g_strconcat("mkfifo ", fifo, NULL);
        g_assert_true(g_spawn_command_line_sync(make, NULL, NULL, NULL, NULL));
        g_autoptr(Run) r = start_monitor(f, option, "-q", NULL);

        fake_emit_state_changed(f, o, "backup", "master", "master-down", 5);
        fake_emit_transition(f, o, "master", "done", 6);
        fake_emit_state_changed(f, o, "master", "fault", "fault", 7);
        fake_emit_transition(f, o, "fault", "done", 8);
        fake_emit_transition(f, o, "initialize", "done", 9);
        release(fifo);
        static const char *const expected[] = {
                        "VI $(1) master backup master-down 150 6 done",
                        "INSTANCE VI $(1) MASTER 150",
                        "VI $(1) fault master fault 150 8 done",
                        "INSTANCE VI $(1) FAULT 150",
                        "VI $(1) initialize master fault 150 9 done",
                        "INSTANCE VI $(1) STOP 150",
        };
        for (gsize i = 0; i < G_N_ELEMENTS(expected); i++) {
                g_autofree char *line = run_read_line(r);
                g_assert_cmpstr(line, ==, expected[i]);
        }
        run_end(f, r);
        remove_directory(directory);
}

static void emit_replaced(FakeDaemon *f, FakeObject *o, guint64 seq) {
        fake_emit(f, o->path, INSTANCE, "StateChanged",
                        g_variant_new("(ssssttt@a{sv})", "VI_1", "master", "initialize", "configuration",
                                        seq, (guint64)1, (guint64)1,
                                        g_variant_new_parsed("{'replaced': <true>}")));
        fake_emit(f, o->path, INSTANCE, "TransitionFinished",
                        g_variant_new("(sssttt@a{st}@a{sv})", "VI_1", "initialize", "done", seq + 1,
                                        (guint64)1, (guint64)1, g_variant_new_parsed("@a{st} {}"),
                                        g_variant_new_parsed("{'replaced': <true>}")));
}

/* Property: the command learns that a master which a reload has replaced gave up, but not after it has
 * learnt what the new one of that name does: the last thing it hears is true. */
static void test_exec_replaced(void) {
        g_autoptr(FakeDaemon) f = fake_daemon_new();
        FakeObject *o = fake_add_instance(f, "VI_1");
        g_autoptr(Run) r =
                        start_monitor(f, "--exec=echo $VRRP_SEQ $VRRP_OLD_STATE $VRRP_REASON", "-q", NULL);
        GVariant *added = g_variant_new_parsed("(%o, @a{sa{sv}} {})", o->path);

        fake_emit_state_changed(f, o, "backup", "master", "master-down", 5);
        fake_emit_transition(f, o, "master", "done", 6);
        g_variant_ref_sink(added);
        fake_emit(f, ROOT, "org.freedesktop.DBus.ObjectManager", "InterfacesAdded", added);
        fake_emit_state_changed(f, o, "initialize", "backup", "started", 7);
        emit_replaced(f, o, 8);
        fake_emit_transition(f, o, "backup", "done", 10);
        fake_emit(f, ROOT, "org.freedesktop.DBus.ObjectManager", "InterfacesAdded", added);
        fake_emit_state_changed(f, o, "initialize", "master", "master-down", 11);
        fake_emit_transition(f, o, "master", "done", 12);
        emit_replaced(f, o, 13);
        fake_emit_transition(f, o, "fault", "done", 15);
        expect_line(r, "6 backup master-down INSTANCE VI_1 MASTER 150");
        expect_line(r, "9 master configuration INSTANCE VI_1 STOP 150");
        expect_line(r, "10 initialize started INSTANCE VI_1 BACKUP 150");
        expect_line(r, "12 initialize master-down INSTANCE VI_1 MASTER 150");
        expect_line(r, "15 initialize master-down INSTANCE VI_1 FAULT 150");
        g_variant_unref(added);
        run_end(f, r);
}

/* Property: in lines for people the replaced one is told apart. */
static void test_replaced_text(void) {
        g_autoptr(FakeDaemon) f = fake_daemon_new();
        FakeObject *o = fake_add_instance(f, "VI_1");
        g_autoptr(Run) r = start_monitor(f, NULL, NULL, NULL);

        emit_replaced(f, o, 5);
        expect_line(r, "VI_1 (replaced): master -> initialize (configuration)");
        expect_line(r, "VI_1 (replaced): is initialize: done");
        run_end(f, r);
}

/* Property: a command that fails is reported and the next one runs all the same; a transition that nobody
 * asked about runs none. */
static void test_exec_failure(void) {
        g_autoptr(FakeDaemon) f = fake_daemon_new();
        FakeObject *one = fake_add_instance(f, "VI_1"), *two = fake_add_instance(f, "VI_2");
        g_autoptr(Run) r = start_monitor(f,
                        "--exec=[ $VRRP_SEQ = 9 ] && kill -9 $$; [ $VRRP_SEQ = 7 ] || exit 3; echo", "-q",
                        "VI_1");

        fake_emit_transition(f, two, "master", "done", 5);
        fake_emit_transition(f, one, "master", "done", 6);
        fake_emit_transition(f, one, "backup", "done", 7);
        fake_emit_transition(f, one, "backup", "done", 9);
        expect_line(r, "INSTANCE VI_1 BACKUP 150");
        g_autofree char *first = run_read_error_line(r);
        g_autofree char *second = run_read_error_line(r);
        g_assert_cmpstr(first, ==, "vrrpctl: monitor: the command ended with exit status 3");
        g_assert_cmpstr(second, ==, "vrrpctl: monitor: the command was killed by signal 9");
        run_end(f, r);
}

/* Property: commands that wait are bounded, what is left out is said, and a monitor that ends leaves the
 * running one alone. */
static void test_exec_limit(void) {
        g_autoptr(FakeDaemon) f = fake_daemon_new();
        FakeObject *o = fake_add_instance(f, "VI_1");
        g_autofree char *directory = new_directory(), *fifo = g_build_filename(directory, "fifo", NULL);
        g_autofree char *make = g_strconcat("mkfifo ", fifo, NULL);
        g_assert_true(g_spawn_command_line_sync(make, NULL, NULL, NULL, NULL));
        g_autofree char *option = g_strdup_printf("--exec=read x <%s; echo", fifo);
        g_autoptr(Run) r = start_monitor(f, option, "-q", NULL);

        /* One runs, 10,000 wait, one too many. */
        for (guint i = 0; i < 10002; i++)
                fake_emit_transition(f, o, "dreaming", "done", 5 + i);
        g_autofree char *line = run_read_error_line(r);
        g_assert_cmpstr(line, ==, "vrrpctl: monitor: too many commands wait; VI_1 dreaming is left out");
        g_subprocess_send_signal(f->bus, SIGTERM);
        g_assert_true(g_subprocess_wait(r->process, NULL, NULL));
        release(fifo);
        run_finish(r);
        g_assert_cmpstr(r->out, ==, "INSTANCE VI_1 dreaming 150\n");
        remove_directory(directory);
}

/* Property: a command that takes too long is ended, together with what it has started, and the next one
 * runs.
 */
static void test_exec_timeout(void) {
        g_autoptr(FakeDaemon) f = fake_daemon_new();
        FakeObject *o = fake_add_instance(f, "VI_1");
        g_autoptr(Run) r = start_monitor(f, "--exec=[ $VRRP_SEQ != 5 ] || sleep 1000 | sleep 1000; echo",
                        "-q", "--exec-timeout=100ms");

        fake_emit_transition(f, o, "master", "done", 5);
        fake_emit_transition(f, o, "backup", "done", 6);
        g_autofree char *line = run_read_error_line(r);
        g_assert_cmpstr(line, ==,
                        "vrrpctl: monitor: the command runs for 100ms and is ended; --exec-timeout sets how "
                        "long it may");
        expect_line(r, "INSTANCE VI_1 BACKUP 150");
        run_end(f, r);
}

/* Property: a name that no instance has is told at once, and waited for. */
static void test_missing(void) {
        g_autoptr(FakeDaemon) f = fake_daemon_new();
        fake_add_instance(f, "VI_1");
        g_autoptr(Run) r = start_monitor(f, "nope", NULL, NULL);
        g_autofree char *line = run_read_error_line(r);
        g_assert_cmpstr(line, ==, "There is no instance or group \"nope\" now; waiting for it.");
        fake_emit_transition(f, fake_add_instance(f, "nope"), "master", "done", 5);
        expect_line(r, "nope: ");
        run_end(f, r);
}

/* A `wait` that has subscribed and read the instance. */
static Run *start_wait(FakeDaemon *f, const char *states) {
        g_autofree char *option = g_strconcat("--state=", states, NULL);
        Run *r = run_start(f, "wait", "VI_1", option, NULL);
        fake_wait_for(&f->n_reads, 1);
        return r;
}

/* Property: wait returns at once for a state that is there already. */
static void test_wait_now(void) {
        g_autoptr(FakeDaemon) f = fake_daemon_new();
        fake_add_instance(f, "VI_1");
        g_autoptr(Run) r = run_ctl(f, "wait", "VI_1", "--state=master,backup", NULL);
        g_assert_cmpint(r->code, ==, 0);
        g_assert_cmpstr(r->out, ==, "VI_1: backup\n");
        g_autoptr(Run) j = run_ctl(f, "wait", "VI_1", "--state=backup", "--json", NULL);
        assert_contains(j->out, "\"state\":\"backup\"");
}

/* Property: wait for master returns when the kernel has confirmed the addresses, not when the state changes.
 */
static void test_wait_master(void) {
        g_autoptr(FakeDaemon) f = fake_daemon_new();
        FakeObject *o = fake_add_instance(f, "VI_1"), *other = fake_add_instance(f, "VI_2");
        g_autoptr(Run) r = start_wait(f, "master");
        fake_make_master(other);
        fake_emit_changed(f, other, "State", "ActiveVIPs", NULL);
        fake_emit_transition(f, other, "master", "failed", 4);
        fake_emit(f, o->path, "org.freedesktop.DBus.Properties", "PropertiesChanged",
                        g_variant_new_parsed("('a.b', {'State': <'master'>}, @as [])"));
        fake_emit_state_changed(f, o, "backup", "master", "master-down", 5);
        fake_set(o, "State", "s", "master");
        fake_emit_changed(f, o, "State", NULL);
        fake_set(o, "Priority", "y", 77);
        fake_emit_changed(f, o, "Priority", NULL);
        fake_make_master(o);
        fake_emit_changed(f, o, "ActiveVIPs", NULL);
        fake_emit_transition(f, o, "master", "failed", 6); /* too late to count */
        run_finish(r);
        g_assert_cmpint(r->code, ==, 0);
        g_assert_cmpstr(r->out, ==, "VI_1: master\n");
}

/* Property: a transition to master that fails ends the wait for it with exit code 7. */
static void test_wait_failed(void) {
        g_autoptr(FakeDaemon) f = fake_daemon_new();
        FakeObject *o = fake_add_instance(f, "VI_1");
        g_autoptr(Run) r = start_wait(f, "master");
        fake_set(o, "State", "s", "master");
        fake_emit_changed(f, o, "State", NULL);
        fake_emit_transition(f, o, "master", "failed", 5);
        run_finish(r);
        g_assert_cmpint(r->code, ==, 7);
        assert_contains(r->err, "the kernel refused an address");
}

/* Property: a restart by a reload, which takes the object away and puts it back, does not end the wait. */
static void test_wait_restarted(void) {
        g_autoptr(FakeDaemon) f = fake_daemon_new();
        FakeObject *o = fake_add_instance(f, "VI_1");
        g_autoptr(Run) r = start_wait(f, "fault");
        guint before = f->n_reads;
        fake_emit(f, ROOT, "org.freedesktop.DBus.ObjectManager", "InterfacesRemoved",
                        g_variant_new_parsed("(%o, ['x.y'])", o->path));
        fake_wait_for(&f->n_reads, before + 1);
        fake_set(o, "State", "s", "fault");
        fake_emit_changed(f, o, "State", NULL);
        run_finish(r);
        g_assert_cmpint(r->code, ==, 0);
}

/* Property: what failed for one that was replaced says nothing about the one that is waited for. */
static void test_wait_replaced(void) {
        g_autoptr(FakeDaemon) f = fake_daemon_new();
        FakeObject *o = fake_add_instance(f, "VI_1");
        g_autoptr(Run) r = start_wait(f, "master");
        fake_emit(f, o->path, INSTANCE, "TransitionFinished",
                        g_variant_new_parsed("('VI_1', 'master', 'failed', uint64 5, uint64 1, uint64 1,"
                                             " @a{st} {}, {'replaced': <true>})"));
        fake_make_master(o);
        fake_emit_changed(f, o, "State", "ActiveVIPs", NULL);
        run_finish(r);
        g_assert_cmpint(r->code, ==, 0);
}

/* Property: wait ends with 8 when the time is over, 3 when the daemon leaves, 4 when the instance is
 * removed. */
static void test_wait_ends(void) {
        g_autoptr(FakeDaemon) f = fake_daemon_new();
        fake_add_instance(f, "VI_1");
        fake_add_instance(f, "VI_2");
        g_autoptr(Run) timeout = run_ctl(f, "wait", "VI_1", "--state=fault", "--timeout=200ms", NULL);
        g_assert_cmpint(timeout->code, ==, 8);
        assert_contains(timeout->err, "still backup");

        guint before = f->n_reads;
        FakeObject *going = fake_add_instance(f, "VI_3");
        g_autoptr(Run) removed = run_start(f, "wait", "VI_3", "--state=fault", NULL);
        fake_wait_for(&f->n_reads, before + 1);
        fake_emit(f, ROOT, "org.freedesktop.DBus.ObjectManager", "InterfacesRemoved",
                        g_variant_new_parsed("(objectpath '/org/vrrpd/Vrrp1/instance/VI_5f2', ['x.y'])"));
        fake_remove(f, going);
        run_finish(removed);
        g_assert_cmpint(removed->code, ==, 4);

        before = f->n_reads;
        g_autoptr(Run) gone = run_start(f, "wait", "VI_1", "--state=fault", NULL);
        fake_wait_for(&f->n_reads, before + 1);
        fake_daemon_stop(f);
        run_finish(gone);
        g_assert_cmpint(gone->code, ==, 3);
        assert_contains(gone->err, "vrrpd has stopped");
}

int main(int argc, char **argv) {
        g_setenv("LC_ALL", "C", TRUE);
        g_setenv("TZ", "UTC", TRUE);
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/ctl/monitor/lines", test_lines);
        g_test_add_func("/ctl/monitor/names", test_names);
        g_test_add_func("/ctl/monitor/json", test_json);
        g_test_add_func("/ctl/monitor/forged", test_forged);
        g_test_add_func("/ctl/monitor/restart", test_restart);
        g_test_add_func("/ctl/monitor/resync", test_resync);
        g_test_add_func("/ctl/monitor/restart-text", test_restart_text);
        g_test_add_func("/ctl/monitor/replaced", test_replaced);
        g_test_add_func("/ctl/monitor/broken-signal", test_broken_signal);
        g_test_add_func("/ctl/monitor/values", test_values);
        g_test_add_func("/ctl/monitor/initial", test_initial);
        g_test_add_func("/ctl/monitor/exec", test_exec);
        g_test_add_func("/ctl/monitor/exec-replaced", test_exec_replaced);
        g_test_add_func("/ctl/monitor/replaced-text", test_replaced_text);
        g_test_add_func("/ctl/monitor/exec-failure", test_exec_failure);
        g_test_add_func("/ctl/monitor/exec-limit", test_exec_limit);
        g_test_add_func("/ctl/monitor/exec-timeout", test_exec_timeout);
        g_test_add_func("/ctl/monitor/missing", test_missing);
        g_test_add_func("/ctl/wait/now", test_wait_now);
        g_test_add_func("/ctl/wait/restarted", test_wait_restarted);
        g_test_add_func("/ctl/wait/replaced", test_wait_replaced);
        g_test_add_func("/ctl/wait/master", test_wait_master);
        g_test_add_func("/ctl/wait/failed", test_wait_failed);
        g_test_add_func("/ctl/wait/ends", test_wait_ends);
        return g_test_run();
}
