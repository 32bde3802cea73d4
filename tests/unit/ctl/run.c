/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* vrrpctl as a child process whose output is collected while the main loop serves the fake daemon. */

#include "fake-daemon.h"
#include <signal.h>
#include <string.h>

/* A test that waits for what does not come must end, too; nothing depends on how long it takes. */
#define GIVE_UP_SECONDS 60

static gboolean on_give_up(gpointer userdata) {
        g_error("waited in vain");
        return G_SOURCE_REMOVE;
}

static guint give_up(void) {
        return g_timeout_add_seconds(GIVE_UP_SECONDS, on_give_up, NULL);
}

void fake_wait_for(const guint *value, guint least) {
        guint source = give_up();
        while (*value < least)
                g_main_context_iteration(NULL, TRUE);
        g_source_remove(source);
}

static Run *start(FakeDaemon *f, va_list ap) {
        g_autoptr(GPtrArray) argv = g_ptr_array_new();
        g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new(
                        G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE);
        g_autoptr(GError) error = NULL;
        Run *r = g_new0(Run, 1);
        const char *s;

        g_subprocess_launcher_setenv(launcher, "DBUS_SYSTEM_BUS_ADDRESS",
                        f ? f->address : "unix:path=/nonexistent/bus", TRUE);
        g_ptr_array_add(argv, (gpointer)g_getenv("VRRPCTL"));
        while ((s = va_arg(ap, const char *)))
                g_ptr_array_add(argv, (gpointer)s);
        g_ptr_array_add(argv, NULL);
        r->process = g_subprocess_launcher_spawnv(launcher, (const char *const *)argv->pdata, &error);
        g_assert_no_error(error);
        r->stdout_stream = g_data_input_stream_new(g_subprocess_get_stdout_pipe(r->process));
        r->stderr_stream = g_data_input_stream_new(g_subprocess_get_stderr_pipe(r->process));
        return r;
}

Run *run_start(FakeDaemon *f, ...) {
        va_list ap;
        va_start(ap, f);
        Run *r = start(f, ap);
        va_end(ap);
        return r;
}

typedef struct Result {
        GAsyncResult *result;
        gboolean done;
} Result;

static void on_result(GObject *source, GAsyncResult *result, gpointer userdata) {
        Result *r = userdata;
        r->result = g_object_ref(result);
        r->done = TRUE;
}

static void wait_result(Result *r) {
        guint source = give_up();
        while (!r->done)
                g_main_context_iteration(NULL, TRUE);
        g_source_remove(source);
}

static char *read_line(GDataInputStream *stream) {
        g_autoptr(GError) error = NULL;
        Result result = {};

        g_data_input_stream_read_line_async(stream, G_PRIORITY_DEFAULT, NULL, on_result, &result);
        wait_result(&result);
        char *line = g_data_input_stream_read_line_finish(stream, result.result, NULL, &error);
        g_object_unref(result.result);
        g_assert_no_error(error);
        return line;
}

char *run_read_line(Run *r) {
        return read_line(r->stdout_stream);
}

char *run_read_error_line(Run *r) {
        return read_line(r->stderr_stream);
}

/* All that is left in a stream. */
static char *read_all(GInputStream *stream) {
        GString *all = g_string_new(NULL);

        for (;;) {
                g_autoptr(GError) error = NULL;
                Result result = {};
                g_input_stream_read_bytes_async(stream, 4096, G_PRIORITY_DEFAULT, NULL, on_result, &result);
                wait_result(&result);
                g_autoptr(GBytes) bytes = g_input_stream_read_bytes_finish(stream, result.result, &error);
                g_object_unref(result.result);
                g_assert_no_error(error);
                if (g_bytes_get_size(bytes) == 0)
                        return g_string_free(all, FALSE);
                g_string_append_len(all, g_bytes_get_data(bytes, NULL), (gssize)g_bytes_get_size(bytes));
        }
}

void run_finish(Run *r) {
        Result result = {};

        r->out = read_all(G_INPUT_STREAM(r->stdout_stream));
        r->err = read_all(G_INPUT_STREAM(r->stderr_stream));
        g_subprocess_wait_async(r->process, NULL, on_result, &result);
        wait_result(&result);
        g_object_unref(result.result);
        r->code = g_subprocess_get_if_exited(r->process) ? g_subprocess_get_exit_status(r->process) : -1;
}

void run_end(FakeDaemon *f, Run *r) {
        g_subprocess_send_signal(f->bus, SIGTERM);
        run_finish(r);
        g_assert_cmpint(r->code, ==, 3);
        g_assert_true(assert_contains_(r->err, "the connection to the system bus is lost"));
}

void run_free(Run *r) {
        g_subprocess_force_exit(r->process);
        g_object_unref(r->stdout_stream);
        g_object_unref(r->stderr_stream);
        g_object_unref(r->process);
        g_free(r->out);
        g_free(r->err);
        g_free(r);
}

Run *run_ctl(FakeDaemon *f, ...) {
        va_list ap;
        va_start(ap, f);
        Run *r = start(f, ap);
        va_end(ap);
        run_finish(r);
        return r;
}

gboolean assert_contains_(const char *text, const char *part) {
        if (strstr(text, part))
                return TRUE;
        g_test_message("\"%s\" is not in:\n%s", part, text);
        return FALSE;
}
