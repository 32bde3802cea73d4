/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Where a log line goes: the thread's sink, else stderr, with a level prefix only if stderr is the
 * journal's. */

#include "service/util/log.h"
#include <glib.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/stat.h>

static LogRecord last;
static unsigned n_records;

static void keep(const LogRecord *record, void *userdata) {
        last = *record;
        n_records++;
        errno = EIO;
}

static void *log_from_thread(void *userdata) {
        log_set_sink(keep, NULL);
        log_set_sink(NULL, NULL);
        return NULL;
}

static void test_sink(void) {
        /* The sink gets level, instance and text; errno survives and is what %m prints; other threads' sinks
         * are their own. */
        pthread_t thread;

        n_records = 0;
        log_set_sink(keep, NULL);
        g_assert_cmpint(pthread_create(&thread, NULL, log_from_thread, NULL), ==, 0);
        pthread_join(thread, NULL);

        errno = ENOENT;
        log_full(LOG_WARNING, "VI_1", "00112233445566778899aabbccddeeff", "%d %m", 7);
        g_assert_cmpint(errno, ==, ENOENT);
        g_assert_cmpuint(n_records, ==, 1);
        g_assert_cmpint(last.level, ==, LOG_WARNING);
        g_assert_cmpstr(last.instance, ==, "VI_1");
        g_assert_cmpstr(last.message_id, ==, "00112233445566778899aabbccddeeff");
        g_assert_cmpstr(last.text, ==, "7 No such file or directory");

        log_debug("below the level");
        g_assert_cmpuint(n_records, ==, 1);
        log_set_max_level(LOG_DEBUG);
        log_debug("now at the level");
        g_assert_cmpuint(n_records, ==, 2);
        log_set_max_level(LOG_INFO);
        log_set_sink(NULL, NULL);
}

/* What log_write(record) puts into stderr, which is a file while it does; journal: JOURNAL_STREAM names that
 * file. */
static char *written(const LogRecord *record, bool journal) {
        _cleanup_free_ char *stream = NULL;
        static char buffer[4096];
        int saved = dup(STDERR_FILENO);
        FILE *f = tmpfile();
        struct stat st;
        ssize_t n;

        g_assert_nonnull(f);
        g_assert_cmpint(fstat(fileno(f), &st), ==, 0);
        g_assert_cmpint(asprintf(&stream, "%lu:%lu", (unsigned long)st.st_dev,
                                        (unsigned long)st.st_ino + !journal),
                        >, 0);
        g_assert_true(g_setenv("JOURNAL_STREAM", stream, TRUE));
        g_assert_cmpint(dup2(fileno(f), STDERR_FILENO), >=, 0);
        log_write(record);
        g_assert_cmpint(dup2(saved, STDERR_FILENO), >=, 0);
        close(saved);
        g_unsetenv("JOURNAL_STREAM");
        n = pread(fileno(f), buffer, sizeof(buffer) - 1, 0);
        g_assert_cmpint(n, >=, 0);
        buffer[n] = '\0';
        fclose(f);
        return buffer;
}

static void test_stderr(void) {
        /* The prefix is there exactly when JOURNAL_STREAM names stderr, and on each line of a text of
         * several. */
        LogRecord r = {.level = LOG_ERR, .text = "one\ntwo\n"};

        g_assert_cmpstr(written(&r, false), ==, "one\ntwo\n");
        g_assert_cmpstr(written(&r, true), ==, "<3>one\n<3>two\n");
        strcpy(r.instance, "VI_1");
        g_assert_cmpstr(written(&r, true), ==, "<3>VI_1: one\n<3>VI_1: two\n");
}

static void test_long(void) {
        /* A text longer than a record is cut, never overrun. */
        _cleanup_free_ char *text = malloc(3 * LOG_LINE_MAX);

        memset(text, 'x', 3 * LOG_LINE_MAX - 1);
        text[3 * LOG_LINE_MAX - 1] = '\0';
        log_set_sink(keep, NULL);
        log_info("%s", text);
        log_set_sink(NULL, NULL);
        g_assert_cmpuint(strlen(last.text), ==, LOG_LINE_MAX - 1);
        memset(last.instance, 'y', sizeof(last.instance) - 1);
        g_assert_cmpuint(strlen(written(&last, true)), ==, 3 + 63 + 2 + LOG_LINE_MAX - 1 + 1);
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/log/sink", test_sink);
        g_test_add_func("/log/stderr", test_stderr);
        g_test_add_func("/log/long", test_long);
        return g_test_run();
}
