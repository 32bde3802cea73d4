/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: the way of one log line from log_info(...) to the sink of its thread, and the plain sink, stderr.
 * Must not know: the journal's protocol (the bus side speaks it), who listens, any instance.
 * A line comes from any room; it goes to the sink that the thread has set (the engine's posts a record and
 * returns), else to stderr, where systemd reads the level from a "<N>" prefix if stderr is a journal stream.
 */

#include "service/util/log.h"
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/stat.h>

static _Thread_local LogSink thread_sink;
static _Thread_local void *thread_sink_userdata;
static _Atomic int max_level = LOG_INFO;

void log_set_sink(LogSink sink, void *userdata) {
        thread_sink = sink;
        thread_sink_userdata = userdata;
}

void log_set_max_level(int level) {
        max_level = level;
}

/* systemd.exec(5): JOURNAL_STREAM holds "device:inode" of the stream it gave us. Compared each time, because
 * a child or a shell may have redirected stderr while the variable was inherited. */
static bool stderr_is_journal(void) {
        const char *e = getenv("JOURNAL_STREAM");
        unsigned long long dev, inode;
        struct stat st;

        return e && sscanf(e, "%llu:%llu", &dev, &inode) == 2 && fstat(STDERR_FILENO, &st) >= 0 &&
               st.st_dev == (dev_t)dev && st.st_ino == (ino_t)inode;
}

/* One write() a line, so that lines of two threads do not mix; the prefix again on each line of a text of
 * several. */
static void write_line(const char *prefix, const char *instance, const char *line, size_t n) {
        char buffer[LOG_LINE_MAX + 128];
        int k = snprintf(buffer, sizeof(buffer), "%s%s%s%.*s\n", prefix, instance, *instance ? ": " : "",
                        (int)n, line);

        /* Where stderr itself is gone there is nobody left to tell. */
        if (k < 0 || write(STDERR_FILENO, buffer, MIN((size_t)k, sizeof(buffer) - 1)) < 0)
                return;
}

void log_write(const LogRecord *record) {
        char prefix[8] = "";
        int saved = errno;

        if (stderr_is_journal())
                snprintf(prefix, sizeof(prefix), "<%d>", record->level & LOG_PRIMASK);
        for (const char *p = record->text;;) {
                size_t n = strcspn(p, "\n");

                write_line(prefix, record->instance, p, n);
                if (!p[n] || !p[n + 1])
                        break;
                p += n + 1;
        }
        errno = saved;
}

void log_full(int level, const char *instance, const char *message_id, const char *format, ...) {
        LogRecord record = {.level = level};
        int saved = errno;
        va_list ap;

        if ((level & LOG_PRIMASK) > max_level)
                return;

        snprintf(record.instance, sizeof(record.instance), "%s", strempty(instance));
        snprintf(record.message_id, sizeof(record.message_id), "%s", strempty(message_id));
        va_start(ap, format);
        errno = saved; /* for %m */
        vsnprintf(record.text, sizeof(record.text), format, ap);
        va_end(ap);

        if (thread_sink)
                thread_sink(&record, thread_sink_userdata);
        else
                log_write(&record);
        errno = saved;
}
