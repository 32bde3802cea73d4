/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: reading one tracked file; noticing that it changed. Must not know: what the number is worth, the
 * daemon, how init_file makes it (init-file.c).
 *
 * inotify(7) watches the file itself and its directory, or, while that does not exist, the nearest one above
 * it that does: so a file that is replaced by rename, deleted, or whose directory is made later is seen at
 * once. What inotify cannot see (a change on a network file system, a symbolic link further up that now
 * leads elsewhere, no watch left in the kernel) is found by looking again every RECHECK_USEC. Each event
 * only asks for a look; a look sets up the watches anew and then reads, in this order, so that nothing falls
 * between.
 *
 * Whoever can choose what stands at the path must not be able to hold us up: it is opened without waiting (a
 * FIFO) and read only if it is a regular file. A hard mount of NFS whose server is gone can still keep this
 * process waiting. Therefore it is done in this process and not in the daemon, whose trackers then hold
 * their values and say that vrrpd-scripts does not answer. */

#include "service/file-watch.h"
#include "service/init-file.h"
#include "service/util/log.h"
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/stat.h>

#define RECHECK_USEC (5 * USEC_PER_SEC)
/* Between two looks: a file that is written all the time must not keep us busy. */
#define PAUSE_USEC (10 * USEC_PER_MSEC)
/* A number, and room for what people write behind it. */
#define READ_SIZE 64

#define FILE_EVENTS (IN_CLOSE_WRITE | IN_ATTRIB | IN_MOVE_SELF | IN_DELETE_SELF)
#define DIRECTORY_EVENTS \
        (IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)

struct FileWatch {
        sd_event *event;
        char *path;
        FileWatchCallback callback;
        void *userdata;
        sd_event_source *look, *file, *directory;
        char expected[NAME_MAX + 1]; /* the entry of the watched directory that leads to the file */
        usec_t looked_usec;
        bool reported, up;
        int64_t value;
        char text[96];
};

typedef struct Reading {
        bool held; /* it says nothing: the value stays */
        bool up;
        int64_t value;
        char text[96];
} Reading;

/* The beginning of a text as strtol(3) reads it, base and blanks included: measured on keepalived 2.2.7. */
static void read_number(const char *text, Reading *ret) {
        char *end;
        long n;

        errno = 0;
        n = strtol(text, &end, 0);
        if (end == text)
                snprintf(ret->text, sizeof(ret->text), "there is no number in the file, which counts as 0");
        else if (errno == ERANGE || n < INT32_MIN || n > INT32_MAX) {
                ret->held = true;
                snprintf(ret->text, sizeof(ret->text),
                                "the file's number has more than 32 bits, last value held");
        } else {
                ret->up = true;
                ret->value = n;
                snprintf(ret->text, sizeof(ret->text), "the file says %ld", n);
        }
}

static int read_beginning(const char *path, char text[static READ_SIZE]) {
        _cleanup_close_ int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
        struct stat st;
        ssize_t n;

        if (fd < 0 || fstat(fd, &st) < 0)
                return -errno;
        if (S_ISDIR(st.st_mode))
                return -EISDIR;
        if (!S_ISREG(st.st_mode))
                return -ENOTSUP;
        n = read(fd, text, READ_SIZE - 1);
        if (n < 0)
                return -errno;
        text[n] = '\0';
        return 0;
}

static Reading read_file(const char *path) {
        Reading r = {};
        char text[READ_SIZE];
        int e = read_beginning(path, text);

        if (e >= 0)
                read_number(text, &r);
        else if (e == -ENOENT || e == -ENOTDIR)
                snprintf(r.text, sizeof(r.text), "there is no such file, which counts as 0");
        else {
                r.held = true;
                snprintf(r.text, sizeof(r.text), "%s, last value held",
                                e == -ENOTSUP ? "it is not a regular file" : strerror(-e));
        }
        return r;
}

static void report(FileWatch *w) {
        Reading r = read_file(w->path);

        if (r.held)
                r.value = w->value; /* 0 as long as there was none */
        if (w->reported && w->up == r.up && w->value == r.value && streq(w->text, r.text))
                return;
        if (!r.up && (!w->reported || w->up))
                log_notice("%s: %s", w->path, r.text);
        w->reported = true;
        w->up = r.up;
        w->value = r.value;
        memcpy(w->text, r.text, sizeof(w->text));
        w->callback(w->up, w->value, w->text, w->userdata);
}

static void look_at(FileWatch *w, usec_t usec) {
        (void)sd_event_source_set_time(w->look, usec);
        (void)sd_event_source_set_enabled(w->look, SD_EVENT_ONESHOT);
}

static void look_soon(FileWatch *w) {
        look_at(w, usec_add(w->looked_usec, PAUSE_USEC));
}

static int on_file(sd_event_source *source, const struct inotify_event *event, void *userdata) {
        look_soon(userdata);
        return 0;
}

/* A directory such as /tmp has many entries; only one of them is ours. */
static int on_directory(sd_event_source *source, const struct inotify_event *event, void *userdata) {
        FileWatch *w = userdata;

        if (event->len == 0 || streq(event->name, w->expected))
                look_soon(w);
        return 0;
}

/* Watches the directory of the file, or the nearest one above it that is there. */
static void watch_directory(FileWatch *w) {
        char path[PATH_MAX];
        int r = -ENOENT;

        snprintf(path, sizeof(path), "%s", w->path);
        while (r == -ENOENT || r == -ENOTDIR) {
                char *slash = strrchr(path, '/');

                if (!slash)
                        return;
                snprintf(w->expected, sizeof(w->expected), "%s", slash + 1);
                slash[slash == path] = '\0'; /* the root keeps its slash */
                r = sd_event_add_inotify(w->event, &w->directory, path, DIRECTORY_EVENTS, on_directory, w);
                if (slash == path)
                        break;
        }
}

static int on_look(sd_event_source *source, uint64_t usec, void *userdata) {
        FileWatch *w = userdata;

        w->directory = sd_event_source_disable_unref(w->directory);
        w->file = sd_event_source_disable_unref(w->file);
        watch_directory(w);
        (void)sd_event_add_inotify(w->event, &w->file, w->path, FILE_EVENTS, on_file, w);
        (void)sd_event_now(w->event, CLOCK_BOOTTIME, &w->looked_usec);
        look_at(w, usec_add(w->looked_usec, RECHECK_USEC));
        report(w);
        return 0;
}

int file_watch_new(sd_event *event, const ConfigTrackedFile *config, bool overwrite,
                FileWatchCallback callback, void *userdata, FileWatch **ret) {
        _cleanup_(file_watch_freep) FileWatch *w = calloc(1, sizeof(*w));
        char error[PATH_MAX + 64];
        int r;

        if (!w)
                return -ENOMEM;
        w->event = sd_event_ref(event);
        w->callback = callback;
        w->userdata = userdata;
        w->path = strdup(config->path);
        if (!w->path)
                return -ENOMEM;
        if (config->init && init_file_write(config, overwrite && config->init_overwrite, error,
                                            sizeof(error)) < 0)
                log_warning("track_file '%s': %s cannot be written: %s", config->name, w->path, error);
        r = sd_event_add_time(event, &w->look, CLOCK_BOOTTIME, 0, USEC_PER_MSEC, on_look, w);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(w);
        return 0;
}

FileWatch *file_watch_free(FileWatch *w) {
        if (!w)
                return NULL;
        sd_event_source_disable_unref(w->look);
        sd_event_source_disable_unref(w->directory);
        sd_event_source_disable_unref(w->file);
        sd_event_unref(w->event);
        free(w->path);
        free(w);
        return NULL;
}
