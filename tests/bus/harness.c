/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* See harness.h. Processes are GSubprocess, so the main loop reaps them; waits are bounded by one watchdog
 * timer that ends the test program with the name of what did not come. */

#include "tests/bus/harness.h"
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUS_ADDRESS "unix:path=/run/dbus/system_bus_socket"
#define RULES_PATH "/etc/polkit-1/rules.d/10-vrrpd-test.rules"
#define PATIENCE_SECONDS 60

const char *harness_program;

void harness_init(int *argc, char ***argv) {
        g_test_init(argc, argv, NULL);
        g_assert_cmpint(*argc, >=, 2);
        harness_program = (*argv)[1];
        /* A read from the program under test that never ends, for example. */
        alarm(8 * PATIENCE_SECONDS);
}

static gboolean on_too_long(gpointer what) {
        g_error("waited in vain for %s", (const char *)what);
        return G_SOURCE_REMOVE;
}

void harness_wait(bool (*done)(void *userdata), void *userdata, const char *what) {
        guint timer = g_timeout_add_seconds(PATIENCE_SECONDS, on_too_long, (gpointer)what);

        while (!done(userdata))
                g_main_context_iteration(NULL, TRUE);
        g_source_remove(timer);
}

static GSubprocess *spawn(GSubprocessLauncher *launcher, const char *const *argv) {
        g_autoptr(GError) error = NULL;
        GSubprocess *p = g_subprocess_launcher_spawnv(launcher, argv, &error);

        g_assert_no_error(error);
        return p;
}

void harness_signal(GSubprocess *process, int sig) {
        g_subprocess_send_signal(process, sig);
}

static void end_process(GSubprocess **process) {
        if (!*process)
                return;
        g_subprocess_send_signal(*process, SIGCONT);
        g_subprocess_force_exit(*process);
        g_subprocess_wait(*process, NULL, NULL);
        g_clear_object(process);
}

/* dbus-daemon prints its address when it listens. */
void harness_start_bus(Harness *h) {
        static const char *const argv[] = {
                        "dbus-daemon",
                        "--system",
                        "--nofork",
                        "--nopidfile",
                        "--nosyslog",
                        "--print-address=1",
                        NULL,
        };
        g_autoptr(GSubprocessLauncher) l = g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_STDOUT_PIPE);

        g_assert_null(h->bus);
        (void)unlink("/run/dbus/system_bus_socket");
        h->bus = spawn(l, argv);
        g_autoptr(GDataInputStream) out = g_data_input_stream_new(g_subprocess_get_stdout_pipe(h->bus));
        g_autofree char *line = g_data_input_stream_read_line(out, NULL, NULL, NULL);
        g_assert_nonnull(line);
}

void harness_stop_bus(Harness *h) {
        end_process(&h->bus);
}

static bool name_is_owned(GDBusConnection *c, const char *name) {
        g_autoptr(GVariant) v = g_dbus_connection_call_sync(c, "org.freedesktop.DBus",
                        "/org/freedesktop/DBus", "org.freedesktop.DBus", "NameHasOwner",
                        g_variant_new("(s)", name), NULL, G_DBUS_CALL_FLAGS_NONE, -1, NULL, NULL);
        gboolean owned = FALSE;

        if (v)
                g_variant_get(v, "(b)", &owned);
        return owned;
}

typedef struct NameWait {
        GDBusConnection *connection;
        const char *name;
} NameWait;

static bool name_wait_done(void *userdata) {
        const NameWait *w = userdata;

        return name_is_owned(w->connection, w->name);
}

static void on_name_changed(GDBusConnection *c, const char *sender, const char *path, const char *interface,
                const char *member, GVariant *parameters, gpointer userdata) {
        /* Only wakes the main loop. */
}

static void wait_name(GDBusConnection *c, const char *name) {
        guint id = g_dbus_connection_signal_subscribe(c, "org.freedesktop.DBus", "org.freedesktop.DBus",
                        "NameOwnerChanged", NULL, name, G_DBUS_SIGNAL_FLAGS_NONE, on_name_changed, NULL,
                        NULL);

        harness_wait(name_wait_done, &(NameWait){c, name}, name);
        g_dbus_connection_signal_unsubscribe(c, id);
}

void harness_start_polkit(Harness *h, const char *rules) {
        static const char *const argv[] = {"/usr/lib/polkit-1/polkitd", "--no-debug", NULL};
        g_autoptr(GSubprocessLauncher) l = g_subprocess_launcher_new(
                        G_SUBPROCESS_FLAGS_STDOUT_SILENCE | G_SUBPROCESS_FLAGS_STDERR_SILENCE);
        g_autoptr(GDBusConnection) c = harness_connect(0);

        g_assert_null(h->polkit);
        g_assert_true(g_file_set_contents(RULES_PATH, rules, -1, NULL));
        g_assert_cmpint(chmod(RULES_PATH, 0644), ==, 0);
        h->polkit = spawn(l, argv);
        wait_name(c, "org.freedesktop.PolicyKit1");
        g_dbus_connection_close_sync(c, NULL, NULL);
}

void harness_stop_polkit(Harness *h) {
        end_process(&h->polkit);
}

void harness_start_program(Harness *h, const char *const *argv, const char *const *variables) {
        g_autoptr(GSubprocessLauncher) l = g_subprocess_launcher_new(
                        G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE);

        g_assert_null(h->daemon);
        (void)unlink(LOG_PATH);
        for (; variables && *variables; variables++) {
                const char *equals = strchr(*variables, '=');
                g_autofree char *name = g_strndup(*variables, (gsize)(equals - *variables));

                g_subprocess_launcher_setenv(l, name, equals + 1, TRUE);
        }
        if (h->daemon_stderr > 0)
                g_subprocess_launcher_take_stderr_fd(l, h->daemon_stderr);
        else
                g_subprocess_launcher_set_stderr_file_path(l, LOG_PATH);
        h->daemon = spawn(l, argv);
        h->output = g_data_input_stream_new(g_subprocess_get_stdout_pipe(h->daemon));
        h->input = g_object_ref(g_subprocess_get_stdin_pipe(h->daemon));
        h->commands = g_ptr_array_new_with_free_func(g_free);
}

void harness_start_daemon(Harness *h, const char *user, const char *const *variables) {
        g_autoptr(GPtrArray) argv = g_ptr_array_new();
        g_autofree char *uid = NULL, *gid = NULL;

        if (user) {
                const struct passwd *p = getpwnam(user);

                g_assert_nonnull(p);
                uid = g_strdup_printf("--reuid=%u", p->pw_uid);
                gid = g_strdup_printf("--regid=%u", p->pw_gid);
                g_ptr_array_add(argv, (gpointer) "setpriv");
                g_ptr_array_add(argv, uid);
                g_ptr_array_add(argv, gid);
                g_ptr_array_add(argv, (gpointer) "--clear-groups");
        }
        g_ptr_array_add(argv, (gpointer)harness_program);
        g_ptr_array_add(argv, (gpointer)CONFIG_PATH);
        g_ptr_array_add(argv, NULL);
        g_assert_true(g_file_set_contents(CONFIG_PATH, "1 2 3\n", -1, NULL));
        harness_start_program(h, (const char *const *)argv->pdata, variables);
}

static void show_log(void) {
        g_autofree char *log = NULL;

        if (g_file_get_contents(LOG_PATH, &log, NULL, NULL))
                g_test_message("%s", log);
}

static bool daemon_has_ended(void *userdata) {
        return g_subprocess_get_identifier(userdata) == NULL;
}

static void on_ended(GObject *source, GAsyncResult *result, gpointer userdata) {
        (void)g_subprocess_wait_finish(G_SUBPROCESS(source), result, NULL);
}

void harness_stop_daemon(Harness *h) {
        g_subprocess_wait_async(h->daemon, NULL, on_ended, NULL);
        (void)g_output_stream_close(h->input, NULL, NULL);
        harness_wait(daemon_has_ended, h->daemon, "the end of the daemon");
        if (!g_subprocess_get_if_exited(h->daemon) || g_subprocess_get_exit_status(h->daemon) != 0) {
                show_log();
                g_error("the daemon did not end well, status %d", g_subprocess_get_status(h->daemon));
        }
        g_clear_object(&h->daemon);
        g_clear_object(&h->output);
        g_clear_object(&h->input);
        g_clear_pointer(&h->commands, g_ptr_array_unref);
}

/* The bus daemon takes the uid from the socket's credentials, which are those at the time of connect(). */
GDBusConnection *harness_connect(uid_t uid) {
        g_autoptr(GError) error = NULL;
        GDBusConnection *c;

        g_assert_cmpint(setresuid(uid, uid, 0), ==, 0);
        c = g_dbus_connection_new_for_address_sync(BUS_ADDRESS,
                        G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                                        G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                        NULL, NULL, &error);
        g_assert_cmpint(setresuid(0, 0, 0), ==, 0);
        g_assert_no_error(error);
        return c;
}

static void signal_free(gpointer p) {
        Signal *s = p;

        g_free(s->path);
        g_free(s->interface);
        g_free(s->member);
        g_variant_unref(s->parameters);
        g_free(s);
}

static void on_signal(GDBusConnection *c, const char *sender, const char *path, const char *interface,
                const char *member, GVariant *parameters, gpointer userdata) {
        Harness *h = userdata;
        Signal *s;

        if (!g_str_has_prefix(path, ROOT_PATH))
                return;
        s = g_new0(Signal, 1);
        s->path = g_strdup(path);
        s->interface = g_strdup(interface);
        s->member = g_strdup(member);
        s->parameters = g_variant_ref(parameters);
        g_ptr_array_add(h->signals, s);
}

void harness_watch(Harness *h) {
        h->client = harness_connect(0);
        h->signals = g_ptr_array_new_with_free_func(signal_free);
        h->subscription = g_dbus_connection_signal_subscribe(h->client, NULL, NULL, NULL, NULL, NULL,
                        G_DBUS_SIGNAL_FLAGS_NONE, on_signal, h, NULL);
        /* A round trip: the match rule is in force. */
        (void)name_is_owned(h->client, "org.vrrpd.Vrrp1");
}

void harness_unwatch(Harness *h) {
        if (!h->client)
                return;
        g_dbus_connection_signal_unsubscribe(h->client, h->subscription);
        (void)g_dbus_connection_close_sync(h->client, NULL, NULL);
        g_clear_object(&h->client);
        g_clear_pointer(&h->signals, g_ptr_array_unref);
}

void harness_wait_name(Harness *h) {
        wait_name(h->client, "org.vrrpd.Vrrp1");
}

void harness_start(Harness *h, const char *rules) {
        harness_start_bus(h);
        if (rules)
                harness_start_polkit(h, rules);
        harness_watch(h);
        harness_start_daemon(h, NULL, NULL);
        harness_say(h, "instance web 51");
        harness_say(h, "instance a.b 52");
        harness_say(h, "ready");
        harness_wait_name(h);
        harness_wait_property(h, ROOT_PATH, MANAGER, "NInstances", "2");
}

void harness_stop(Harness *h) {
        if (h->daemon)
                harness_stop_daemon(h);
        harness_unwatch(h);
        harness_stop_polkit(h);
        harness_stop_bus(h);
}

/* The next line of the fake engine, NULL at its end. */
static char *read_line(Harness *h) {
        char *line = g_data_input_stream_read_line(h->output, NULL, NULL, NULL);

        if (!line) {
                show_log();
                g_error("the daemon has ended");
        }
        if (g_str_has_prefix(line, "command "))
                g_ptr_array_add(h->commands, g_strdup(line));
        return line;
}

void harness_say(Harness *h, const char *format, ...) {
        g_autoptr(GString) text = g_string_new(NULL);
        va_list ap;

        va_start(ap, format);
        g_string_vprintf(text, format, ap);
        va_end(ap);
        g_string_append_c(text, '\n');
        g_assert_true(g_output_stream_write_all(h->input, text->str, text->len, NULL, NULL, NULL));
        for (;;) {
                g_autofree char *line = read_line(h);

                if (g_str_has_prefix(line, "error"))
                        g_error("%s → %s", text->str, line);
                if (g_str_equal(line, "ok"))
                        return;
        }
}

bool harness_had_command(Harness *h, const char *prefix) {
        harness_say(h, "worst"); /* what was printed before has been read when this is answered */
        for (guint i = 0; i < h->commands->len; i++)
                if (g_str_has_prefix(h->commands->pdata[i], prefix))
                        return true;
        return false;
}

const char *harness_command(Harness *h, const char *prefix) {
        for (guint i = 0;; i++) {
                while (i >= h->commands->len)
                        g_free(read_line(h));
                if (g_str_has_prefix(h->commands->pdata[i], prefix))
                        return h->commands->pdata[i];
        }
}

typedef struct SignalWait {
        Harness *harness;
        const char *path, *member;
        guint position;
        const Signal *found;
} SignalWait;

static bool signal_wait_done(void *userdata) {
        SignalWait *w = userdata;

        for (; w->position < w->harness->signals->len; w->position++) {
                const Signal *s = w->harness->signals->pdata[w->position];

                if (g_str_equal(s->member, w->member) && (!w->path || g_str_equal(s->path, w->path))) {
                        w->found = s;
                        w->position++;
                        return true;
                }
        }
        return false;
}

const Signal *harness_wait_signal(Harness *h, const char *path, const char *member, guint *from) {
        SignalWait w = {.harness = h, .path = path, .member = member, .position = *from};

        harness_wait(signal_wait_done, &w, member);
        *from = w.position;
        return w.found;
}

static gboolean wake(gpointer userdata) {
        return G_SOURCE_CONTINUE;
}

bool harness_log_has(const char *text) {
        g_autofree char *log = NULL;

        return g_file_get_contents(LOG_PATH, &log, NULL, NULL) && strstr(log, text);
}

static bool log_has(void *userdata) {
        return harness_log_has(userdata);
}

/* A file says nothing when it grows, so it is read again and again. */
void harness_wait_log(const char *text) {
        guint timer = g_timeout_add(10, wake, NULL);

        harness_wait(log_has, (gpointer)text, text);
        g_source_remove(timer);
}

GVariant *harness_try(GDBusConnection *client, const char *path, const char *interface, const char *method,
                GVariant *parameters, char **ret_error, char **ret_message) {
        g_autoptr(GError) error = NULL;
        GVariant *v = g_dbus_connection_call_sync(client, "org.vrrpd.Vrrp1", path, interface, method,
                        parameters, NULL, G_DBUS_CALL_FLAGS_NO_AUTO_START, PATIENCE_SECONDS * 1000, NULL,
                        &error);

        if (v)
                return v;
        *ret_error = g_dbus_error_is_remote_error(error) ? g_dbus_error_get_remote_error(error)
                                                         : g_strdup(error->message);
        g_dbus_error_strip_remote_error(error);
        *ret_message = g_strdup(error->message);
        return NULL;
}

GVariant *harness_call(Harness *h, const char *path, const char *interface, const char *method,
                GVariant *parameters) {
        g_autofree char *error = NULL, *message = NULL;
        GVariant *v = harness_try(h->client, path, interface, method, parameters, &error, &message);

        if (!v)
                g_error("%s %s: %s: %s", path, method, error, message);
        return v;
}

void harness_call_fails(GDBusConnection *client, const char *path, const char *interface, const char *method,
                GVariant *parameters, const char *error, const char *text) {
        g_autofree char *name = NULL, *message = NULL;
        g_autoptr(GVariant) v = harness_try(client, path, interface, method, parameters, &name, &message);

        if (v)
                g_error("%s %s was not refused", path, method);
        g_assert_cmpstr(name, ==, error);
        if (text && !strstr(message, text))
                g_error("'%s' is not in '%s'", text, message);
}

GVariant *harness_property(Harness *h, const char *path, const char *interface, const char *property) {
        g_autoptr(GVariant) reply = harness_call(h, path, "org.freedesktop.DBus.Properties", "Get",
                        g_variant_new("(ss)", interface, property));
        GVariant *v;

        g_variant_get(reply, "(v)", &v);
        return v;
}

char *harness_property_printed(Harness *h, const char *path, const char *interface, const char *property) {
        g_autoptr(GVariant) v = harness_property(h, path, interface, property);

        return g_variant_print(v, FALSE);
}

typedef struct PropertyWait {
        Harness *harness;
        const char *path, *interface, *property, *printed;
} PropertyWait;

static bool property_wait_done(void *userdata) {
        const PropertyWait *w = userdata;
        g_autofree char *error = NULL, *message = NULL;
        g_autoptr(GVariant) reply =
                        harness_try(w->harness->client, w->path, "org.freedesktop.DBus.Properties", "Get",
                                        g_variant_new("(ss)", w->interface, w->property), &error, &message);
        if (!reply)
                return false;
        g_autoptr(GVariant) v = NULL;
        g_variant_get(reply, "(v)", &v);
        g_autofree char *printed = g_variant_print(v, FALSE);
        return g_str_equal(printed, w->printed);
}

void harness_wait_property(Harness *h, const char *path, const char *interface, const char *property,
                const char *printed) {
        guint timer = g_timeout_add(10, wake, NULL);

        harness_wait(property_wait_done, &(PropertyWait){h, path, interface, property, printed}, printed);
        g_source_remove(timer);
}
