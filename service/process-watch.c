/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: which processes belong to each watch, and when their number has been in or out of the quorum for
 * long enough to be told. Must not know: the kernel's messages (process-events.c), what matches
 * (process-match.c), what a number is worth.
 *
 * Processes are found by reading /proc: all of them at the start and after events were lost, one of them at
 * an event. Where the kernel gives no events (it refuses in a network namespace, and is silent in a process
 * or user namespace, that is in a container), all of them each second. */

#include "service/process-watch.h"
#include "service/process-events.h"
#include "service/process-match.h"
#include "service/util/list.h"
#include "service/util/log.h"
#include "service/util/parse.h"
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#define POLL_USEC USEC_PER_SEC
/* With events: in case one was missed without a word. */
#define RESCAN_USEC (30 * USEC_PER_SEC)
/* So long the kernel may take to say that events will come before their absence is worth a line. */
#define PATIENCE_USEC (2 * USEC_PER_SEC)
/* A number that changes within the quorum is told at most so often. */
#define PAUSE_USEC (200 * USEC_PER_MSEC)
/* Longer command lines are compared as far as this. */
#define COMMAND_LINE_MAX 65536

struct ProcessWatches {
        sd_event *event;
        List watches;
        ProcessEvents *events;
        sd_event_source *scan;
        usec_t silent_since;
        bool working, complained;
        char *command_line; /* COMMAND_LINE_MAX + 1 bytes */
};

struct ProcessWatch {
        ProcessWatches *all;
        List list;
        ConfigProcess config; /* a copy; only its command is owned */
        ProcessWatchCallback callback;
        void *userdata;
        pid_t *pids; /* sorted */
        size_t n, allocated;
        bool counted;  /* a first scan was made */
        bool reported; /* and told */
        bool up;       /* as told */
        usec_t told_usec;
        sd_event_source *timer; /* the end of a delay, or the next telling of a number */
        bool delayed;
};

/* -- One process -- */

typedef struct Process {
        char name[PROCESS_NAME_MAX + 1];
        size_t size; /* of its command line */
} Process;

static ssize_t read_proc(pid_t pid, const char *what, char *buffer, size_t size) {
        char path[64];
        _cleanup_close_ int fd = -EBADF;
        size_t n = 0;

        snprintf(path, sizeof(path), "/proc/%d/%s", pid, what);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0)
                return -errno;
        while (n < size - 1) {
                ssize_t r = read(fd, buffer + n, size - 1 - n);

                if (r < 0)
                        return -errno;
                if (r == 0)
                        break;
                n += (size_t)r;
        }
        buffer[n] = '\0';
        return (ssize_t)n;
}

/* "PID (NAME) STATE ...", where the name may hold anything, also parentheses. */
static bool read_stat(pid_t pid, Process *ret) {
        char text[512], *name, *end;

        if (read_proc(pid, "stat", text, sizeof(text)) <= 0)
                return false;
        name = strchr(text, '(');
        end = strrchr(text, ')');
        if (!name || !end || end < name || end[1] != ' ' || strchr("ZXx", end[2]))
                return false;
        snprintf(ret->name, sizeof(ret->name), "%.*s", (int)(end - name - 1), name + 1);
        return true;
}

static bool needs_command_line(const ProcessWatches *s) {
        LIST_FOREACH (node, &s->watches)
                if (CONTAINER_OF(node, ProcessWatch, list)->config.match != CONFIG_MATCH_NAME)
                        return true;
        return false;
}

/* False: it is gone, or as good as gone. */
static bool read_process(const ProcessWatches *s, pid_t pid, bool with_command_line, Process *ret) {
        ssize_t n;

        *ret = (Process){};
        if (!read_stat(pid, ret))
                return false;
        if (!with_command_line)
                return true;
        n = read_proc(pid, "cmdline", s->command_line, COMMAND_LINE_MAX + 1);
        ret->size = n > 0 ? (size_t)n : 0;
        return n >= 0;
}

static bool is_meant(const ProcessWatch *w, const Process *p) {
        return process_matches(w->config.match, w->config.command, p->name, w->all->command_line, p->size);
}

/* -- Counting -- */

static int compare_pids(const void *a, const void *b) {
        pid_t x = *(const pid_t *)a, y = *(const pid_t *)b;

        return x < y ? -1 : x > y;
}

static bool in_quorum(const ProcessWatch *w, size_t n) {
        return n >= w->config.quorum && n <= w->config.quorum_max;
}

static void tell(ProcessWatch *w) {
        const ConfigProcess *c = &w->config;
        char wanted[48], text[160];

        if (c->quorum_max == CONFIG_QUORUM_MAX_NONE)
                snprintf(wanted, sizeof(wanted), "at least %u", c->quorum);
        else if (c->quorum == c->quorum_max)
                snprintf(wanted, sizeof(wanted), "%u", c->quorum);
        else
                snprintf(wanted, sizeof(wanted), "%u to %u", c->quorum, c->quorum_max);
        snprintf(text, sizeof(text), "%zu running, %s wanted%s%s", w->n, wanted,
                        w->delayed ? ", which has not lasted yet" : "",
                        w->all->working ? "" : " (looked for each second: no process events here)");
        (void)sd_event_now(w->all->event, CLOCK_BOOTTIME, &w->told_usec);
        w->reported = true;
        w->callback(w->up, (int64_t)w->n, text, w->userdata);
}

static void wait_until(ProcessWatch *w, usec_t usec) {
        (void)sd_event_source_set_time(w->timer, usec);
        (void)sd_event_source_set_enabled(w->timer, SD_EVENT_ONESHOT);
}

static void decide(ProcessWatch *w) {
        w->delayed = false;
        (void)sd_event_source_set_enabled(w->timer, SD_EVENT_OFF);
        w->up = in_quorum(w, w->n);
        tell(w);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata) {
        decide(userdata);
        return 0;
}

/* The number has changed from `before`. keepalived's rule: the direction chooses the delay, and a number
 * that returns before its end has never been away. */
static void number_changed(ProcessWatch *w, size_t before) {
        usec_t delay = w->n > before ? w->config.fork_delay_usec : w->config.terminate_delay_usec, now = 0;

        if (in_quorum(w, w->n) == w->up) {
                w->delayed = false;
                (void)sd_event_now(w->all->event, CLOCK_BOOTTIME, &now);
                wait_until(w, MAX(now, usec_add(w->told_usec, PAUSE_USEC)));
        } else if (delay == 0)
                decide(w);
        else if (!w->delayed) {
                w->delayed = true;
                (void)sd_event_now(w->all->event, CLOCK_BOOTTIME, &now);
                wait_until(w, usec_add(now, delay));
                tell(w);
        }
}

/* Where the pid is, or belongs. */
static size_t place_of(const ProcessWatch *w, pid_t pid) {
        size_t low = 0, high = w->n;

        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (w->pids[middle] < pid)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low;
}

static bool reserve(ProcessWatch *w, size_t n) {
        size_t allocated = MAX(2 * w->allocated, (size_t)16);
        pid_t *pids;

        if (n <= w->allocated)
                return true;
        pids = reallocarray(w->pids, allocated, sizeof(*pids));
        if (!pids)
                return false;
        w->pids = pids;
        w->allocated = allocated;
        return true;
}

static void set_member(ProcessWatch *w, pid_t pid, bool member) {
        size_t i = place_of(w, pid), before = w->n;
        bool was = i < w->n && w->pids[i] == pid;

        /* Without memory it is found by the next scan. */
        if (was == member || !w->counted || (member && !reserve(w, w->n + 1)))
                return;
        if (member) {
                memmove(w->pids + i + 1, w->pids + i, (w->n - i) * sizeof(*w->pids));
                w->pids[i] = pid;
                w->n++;
        } else {
                memmove(w->pids + i, w->pids + i + 1, (w->n - i - 1) * sizeof(*w->pids));
                w->n--;
        }
        number_changed(w, before);
}

/* -- All processes -- */

static void scan_processes(ProcessWatches *s) {
        DIR *proc = opendir("/proc");
        bool with_command_line = needs_command_line(s);

        while (proc) {
                const struct dirent *entry = readdir(proc);
                Process p;
                pid_t pid;

                if (!entry)
                        break;
                if (!isdigit((unsigned char)entry->d_name[0]))
                        continue;
                pid = atoi(entry->d_name);
                if (!read_process(s, pid, with_command_line, &p))
                        continue;
                LIST_FOREACH (node, &s->watches) {
                        ProcessWatch *w = CONTAINER_OF(node, ProcessWatch, list);

                        if (is_meant(w, &p) && reserve(w, w->n + 1))
                                w->pids[w->n++] = pid;
                }
        }
        if (proc)
                closedir(proc);
}

static void scan(ProcessWatches *s) {
        size_t n_watches = 0, i = 0;
        _cleanup_free_ size_t *before = NULL;

        LIST_FOREACH (node, &s->watches)
                n_watches++;
        before = calloc(n_watches + 1, sizeof(*before));
        if (!before)
                return;
        LIST_FOREACH (node, &s->watches) {
                ProcessWatch *w = CONTAINER_OF(node, ProcessWatch, list);

                before[i++] = w->n;
                w->n = 0;
        }
        scan_processes(s);
        i = 0;
        LIST_FOREACH (node, &s->watches) {
                ProcessWatch *w = CONTAINER_OF(node, ProcessWatch, list);
                bool first = !w->counted;

                /* The kernel lists them in order, but who else writes /proc may not. */
                if (w->n > 1)
                        qsort(w->pids, w->n, sizeof(*w->pids), compare_pids);
                w->counted = true;
                if (first)
                        decide(w);
                else if (w->n != before[i])
                        number_changed(w, before[i]);
                i++;
        }
}

static void scan_at(ProcessWatches *s, usec_t usec) {
        (void)sd_event_source_set_time(s->scan, usec);
        (void)sd_event_source_set_enabled(s->scan, SD_EVENT_ONESHOT);
}

static void complain(ProcessWatches *s, const char *why) {
        if (!s->complained)
                log_notice("The kernel gives no process events here (%s): processes are looked for each "
                           "second",
                                why);
        s->complained = true;
}

static int on_scan(sd_event_source *source, uint64_t usec, void *userdata) {
        ProcessWatches *s = userdata;
        usec_t now = 0;

        (void)sd_event_now(s->event, CLOCK_BOOTTIME, &now);
        scan(s);
        if (s->events && !s->working && now > usec_add(s->silent_since, PATIENCE_USEC))
                complain(s, "it does not answer, as in a container");
        scan_at(s, usec_add(now, s->working ? RESCAN_USEC : POLL_USEC));
        return 0;
}

/* -- Events -- */

static void on_working(void *userdata) {
        ProcessWatches *s = userdata;

        s->working = true;
        scan_at(s, 0); /* what has happened until now */
        LIST_FOREACH (node, &s->watches) {
                ProcessWatch *w = CONTAINER_OF(node, ProcessWatch, list);

                if (w->reported)
                        tell(w);
        }
}

static void on_changed(pid_t pid, void *userdata) {
        ProcessWatches *s = userdata;
        Process p;
        bool there = read_process(s, pid, needs_command_line(s), &p);

        LIST_FOREACH (node, &s->watches) {
                ProcessWatch *w = CONTAINER_OF(node, ProcessWatch, list);

                set_member(w, pid, there && is_meant(w, &p));
        }
}

static void on_ended(pid_t pid, void *userdata) {
        ProcessWatches *s = userdata;

        LIST_FOREACH (node, &s->watches)
                set_member(CONTAINER_OF(node, ProcessWatch, list), pid, false);
}

static void on_lost(void *userdata) {
        scan_at(userdata, 0);
}

static const ProcessEventsCallbacks events_callbacks = {
                .working = on_working,
                .changed = on_changed,
                .ended = on_ended,
                .lost = on_lost,
};

/* The first watch. */
static void start(ProcessWatches *s) {
        int r = process_events_new(s->event, &events_callbacks, s, &s->events);

        if (r < 0)
                complain(s, r == -ECONNREFUSED     ? "this network namespace has none"
                                : r == -EOPNOTSUPP ? "this process namespace has numbers of its own"
                                                   : strerror(-r));
        (void)sd_event_now(s->event, CLOCK_BOOTTIME, &s->silent_since);
}

static void stop(ProcessWatches *s) {
        s->events = process_events_free(s->events);
        s->working = false;
        (void)sd_event_source_set_enabled(s->scan, SD_EVENT_OFF);
}

/* -- The whole -- */

int process_watches_new(sd_event *event, ProcessWatches **ret) {
        _cleanup_(process_watches_freep) ProcessWatches *s = calloc(1, sizeof(*s));
        int r;

        if (!s)
                return -ENOMEM;
        list_init(&s->watches);
        s->event = sd_event_ref(event);
        s->command_line = malloc(COMMAND_LINE_MAX + 1);
        if (!s->command_line)
                return -ENOMEM;
        r = sd_event_add_time(event, &s->scan, CLOCK_BOOTTIME, USEC_INFINITY, USEC_PER_MSEC, on_scan, s);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(s);
        return 0;
}

ProcessWatches *process_watches_free(ProcessWatches *s) {
        if (!s)
                return NULL;
        assert(list_empty(&s->watches));
        process_events_free(s->events);
        sd_event_source_disable_unref(s->scan);
        sd_event_unref(s->event);
        free(s->command_line);
        free(s);
        return NULL;
}

static int copy_command(char *const *command, char ***ret) {
        size_t n = 0;
        char **copy;

        while (command[n])
                n++;
        copy = calloc(n + 1, sizeof(*copy));
        if (!copy)
                return -ENOMEM;
        *ret = copy;
        for (size_t i = 0; i < n; i++) {
                copy[i] = strdup(command[i]);
                if (!copy[i])
                        return -ENOMEM;
        }
        return 0;
}

int process_watch_new(ProcessWatches *s, const ConfigProcess *config, ProcessWatchCallback callback,
                void *userdata, ProcessWatch **ret) {
        _cleanup_(process_watch_freep) ProcessWatch *w = calloc(1, sizeof(*w));
        int r;

        if (!w)
                return -ENOMEM;
        w->all = s;
        w->config = *config;
        w->config.name = NULL;
        w->config.command = NULL;
        w->callback = callback;
        w->userdata = userdata;
        if (list_empty(&s->watches))
                start(s);
        list_append(&s->watches, &w->list);
        r = copy_command(config->command, &w->config.command);
        if (r < 0)
                return r;
        r = sd_event_add_time(
                        s->event, &w->timer, CLOCK_BOOTTIME, USEC_INFINITY, USEC_PER_MSEC, on_timer, w);
        if (r < 0)
                return r;
        scan_at(s, 0);
        *ret = TAKE_PTR(w);
        return 0;
}

ProcessWatch *process_watch_free(ProcessWatch *w) {
        if (!w)
                return NULL;
        list_remove(&w->list);
        if (list_empty(&w->all->watches))
                stop(w->all);
        sd_event_source_disable_unref(w->timer);
        for (char **word = w->config.command; word && *word; word++)
                free(*word);
        free(w->config.command);
        free(w->pids);
        free(w);
        return NULL;
}
