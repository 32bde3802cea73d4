/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The native protocol is one datagram per line: "KEY=value\n" fields, or for values with newlines the key, a
 * newline, the length as 64 bit little endian, the value and a newline (systemd.io/JOURNAL_NATIVE_PROTOCOL).
 * The socket is not connected, so that a restarted journald is found again.
 *
 * stderr is shared with other processes, so its O_NONBLOCK is not ours to set: it is asked with poll(2)
 * whether a write of at most PIPE_BUF bytes would wait. Another writer may be quicker in between; then the
 * bus thread waits, never the engine. */

#include "dbus/journal.h"
#include "service/util/utf8.h"
#include <endian.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>

#define JOURNAL_SOCKET "/run/systemd/journal/socket"
#define IDENTIFIER "vrrpd"
#define RETRY_USEC USEC_PER_SEC
#define LINE_SIZE 2048 /* below PIPE_BUF */

struct Journal {
        int fd; /* datagram socket; -EBADF = write to stderr */
        uint64_t dropped;
        sd_event_source *retry; /* enabled while dropped > 0 */
};

/* systemd.exec(5): "device:inode" of the stream that systemd connected, in case stderr was redirected since.
 */
static bool stderr_is_journal(void) {
        const char *e = getenv("JOURNAL_STREAM");
        unsigned long long dev, ino;
        struct stat st;

        return e && sscanf(e, "%llu:%llu", &dev, &ino) == 2 && fstat(STDERR_FILENO, &st) >= 0 &&
               st.st_dev == (dev_t)dev && st.st_ino == (ino_t)ino;
}

typedef struct Datagram {
        size_t size;
        char data[2 * LINE_SIZE];
} Datagram;

static void append(Datagram *d, const void *data, size_t size) {
        if (size > sizeof(d->data) - d->size)
                size = sizeof(d->data) - d->size;
        memcpy(d->data + d->size, data, size);
        d->size += size;
}

static void append_field(Datagram *d, const char *key, const char *value) {
        if (!value || value[0] == '\0')
                return;

        size_t n = strnlen(value, LINE_SIZE);
        append(d, key, strlen(key));
        if (memchr(value, '\n', n)) {
                uint64_t le = htole64(n);
                append(d, "\n", 1);
                append(d, &le, sizeof(le));
        } else
                append(d, "=", 1);
        append(d, value, n);
        append(d, "\n", 1);
}

static bool send_native(int fd, const JournalLine *line, const char *text) {
        static const struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = JOURNAL_SOCKET};
        Datagram d = {};
        char level[2] = {(char)('0' + (line->level & LOG_PRIMASK)), '\0'};

        append_field(&d, "MESSAGE", text);
        append_field(&d, "PRIORITY", level);
        append_field(&d, "SYSLOG_IDENTIFIER", IDENTIFIER);
        append_field(&d, "VRRP_INSTANCE", line->instance);
        append_field(&d, "VRRP_GROUP", line->group);
        append_field(&d, "MESSAGE_ID", line->message_id);
        append_field(&d, "VRRP_STATE", line->state);
        append_field(&d, "VRRP_REASON", line->reason);
        return sendto(fd, d.data, d.size, MSG_DONTWAIT | MSG_NOSIGNAL, (const struct sockaddr *)&address,
                               sizeof(address)) >= 0;
}

static bool write_stderr(const char *text) {
        struct pollfd p = {.fd = STDERR_FILENO, .events = POLLOUT};
        struct iovec v[] = {
                        {(void *)(uintptr_t)text, strlen(text)},
                        {(void *)(uintptr_t) "\n", 1},
        };

        if (poll(&p, 1, 0) < 1 || !(p.revents & POLLOUT) || p.revents & POLLERR)
                return false;
        return writev(STDERR_FILENO, v, ELEMENTSOF(v)) >= 0;
}

static bool write_now(Journal *j, const JournalLine *line) {
        char text[LINE_SIZE];
        bool named = line->instance && line->instance[0] != '\0';

        static_assert(LINE_SIZE < PIPE_BUF, "poll() promises only PIPE_BUF bytes");
        if (line->group)
                (void)snprintf(text, sizeof(text), "group %s: %s", line->group, line->text);
        else
                (void)snprintf(text, sizeof(text), "%s%s%s", named ? line->instance : "", named ? ": " : "",
                                line->text);
        utf8_clean(text, sizeof(text)); /* else journalctl(1) shows a blob */
        return j->fd >= 0 ? send_native(j->fd, line, text) : write_stderr(text);
}

/* True when nothing is left to be said about lost lines. */
static bool report_dropped(Journal *j) {
        char text[96];

        if (j->dropped == 0)
                return true;
        (void)snprintf(text, sizeof(text), "%llu log lines could not be written and are lost",
                        (unsigned long long)j->dropped);
        if (!write_now(j, &(JournalLine){.level = LOG_WARNING, .text = text}))
                return false;
        j->dropped = 0;
        (void)sd_event_source_set_enabled(j->retry, SD_EVENT_OFF);
        return true;
}

static int on_retry(sd_event_source *s, uint64_t usec, void *userdata) {
        if (!report_dropped(userdata)) {
                (void)sd_event_source_set_time_relative(s, RETRY_USEC);
                (void)sd_event_source_set_enabled(s, SD_EVENT_ONESHOT);
        }
        return 0;
}

void journal_write(Journal *j, const JournalLine *line) {
        int saved = errno;

        if (!report_dropped(j) || !write_now(j, line)) {
                if (j->dropped++ == 0) {
                        (void)sd_event_source_set_time_relative(j->retry, RETRY_USEC);
                        (void)sd_event_source_set_enabled(j->retry, SD_EVENT_ONESHOT);
                }
        }
        errno = saved;
}

void journal_write_record(Journal *j, const LogRecord *record) {
        journal_write(j, &(JournalLine){.level = record->level,
                                         .text = record->text,
                                         .instance = record->instance,
                                         .message_id = record->message_id});
}

Journal *journal_free(Journal *j) {
        if (!j)
                return NULL;
        safe_close(j->fd);
        sd_event_source_unref(j->retry);
        free(j);
        return NULL;
}

int journal_new(sd_event *event, Journal **ret) {
        _cleanup_(journal_freep) Journal *j = calloc(1, sizeof(*j));
        int r;

        if (!j)
                return -ENOMEM;
        j->fd = -EBADF;
        if (stderr_is_journal()) {
                j->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
                if (j->fd < 0)
                        return -errno;
        }
        r = sd_event_add_time_relative(
                        event, &j->retry, CLOCK_MONOTONIC, RETRY_USEC, USEC_PER_MSEC, on_retry, j);
        if (r >= 0)
                r = sd_event_source_set_enabled(j->retry, SD_EVENT_OFF);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(j);
        return 0;
}
