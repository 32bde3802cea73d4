/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A queue of commands with one running at a time. The texts of an event reach the shell as positional
 * arguments and environment, never as part of the command line, so no name can become shell syntax. */

#include "ctl/hook.h"
#include "ctl/output.h"
#include "service/util/parse.h"
#include "service/util/list.h"
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>

/* A command that hangs must not eat the memory of the host; this is hours of flapping. */
#define HOOK_QUEUE_MAX 10000
/* After SIGTERM a command has so long to end well. */
#define HOOK_GRACE_USEC (5 * USEC_PER_SEC)

typedef struct Job {
        List in_queue;
        json_t *what;
} Job;

struct Hook {
        sd_event *event;
        char *script; /* CMD "$@" */
        List queue;
        size_t n_queued;
        sd_event_source *child; /* NULL = none runs */
        pid_t pid;              /* of the child, and of its process group */
        usec_t limit_usec;
        sd_event_source *limit; /* of the child; NULL = none */
        bool warned;            /* the child has had its SIGTERM */
};

static Job *job_free(Job *j) {
        if (!j)
                return NULL;
        json_decref(j->what);
        free(j);
        return NULL;
}
DEFINE_CLEANUP(Job, job_free);

int hook_new(sd_event *event, const char *command, usec_t limit_usec, Hook **ret) {
        _cleanup_(hook_freep) Hook *h = calloc(1, sizeof(*h));
        if (!h)
                return -ENOMEM;
        list_init(&h->queue);
        h->event = event;
        h->limit_usec = limit_usec;
        if (asprintf(&h->script, "%s \"$@\"", command) < 0) {
                h->script = NULL;
                return -ENOMEM;
        }
        *ret = TAKE_PTR(h);
        return 0;
}

Hook *hook_free(Hook *h) {
        if (!h)
                return NULL;
        LIST_FOREACH_SAFE (n, &h->queue)
                job_free(CONTAINER_OF(n, Job, in_queue));
        sd_event_source_unref(h->child);
        sd_event_source_unref(h->limit);
        free(h->script);
        free(h);
        return NULL;
}

/* keepalived's word for a state: it calls what does not take part STOP. */
static const char *notify_state(const char *state) {
        static const struct {
                const char *state, *word;
        } words[] = {
                        {"initialize", "STOP"},
                        {"backup", "BACKUP"},
                        {"master", "MASTER"},
                        {"fault", "FAULT"},
        };
        for (size_t i = 0; i < ELEMENTSOF(words); i++)
                if (streq(words[i].state, state))
                        return words[i].word;
        return state;
}

/* VRRP_NAME=value into the child's environment. */
static void export(const char *key, const json_t *value) {
        char name[64] = "VRRP_", number[32];
        const char *text = json_string_value(value);
        size_t n = strlen(name);

        for (; *key && n + 1 < sizeof(name); key++)
                name[n++] = *key >= 'a' && *key <= 'z' ? (char)(*key - 'a' + 'A') : *key == '-' ? '_' : *key;
        name[n] = '\0';
        if (json_is_integer(value)) {
                snprintf(number, sizeof(number), "%" JSON_INTEGER_FORMAT, json_integer_value(value));
                text = number;
        }
        if (text)
                setenv(name, text, 1);
}

static _noreturn_ void run_child(const Hook *h, const json_t *what) {
        const char *name = json_string_value(json_object_get(what, "name"));
        const char *state = notify_state(json_string_value(json_object_get(what, "state")));
        const char *key;
        char priority[8];
        json_t *value;
        sigset_t none;

        (void)setpgid(0, 0); /* so that what it starts can be ended with it */
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
        if (null < 0 || dup2(null, STDIN_FILENO) < 0)
                _exit(EXIT_FAILURE);
        json_object_foreach((json_t *)(uintptr_t)what, key, value) export(key, value);
        setenv("VRRP_INSTANCE", name, 1);
        snprintf(priority, sizeof(priority), "%d",
                        (int)json_integer_value(json_object_get(what, "priority")));
        execl("/bin/sh", "sh", "-c", h->script, "vrrpctl", "INSTANCE", name, state, priority, NULL);
        print_error("monitor: /bin/sh: %s", strerror(errno));
        _exit(EXIT_FAILURE);
}

static void run_next(Hook *h);

static int on_child(sd_event_source *source, const siginfo_t *si, void *userdata) {
        Hook *h = userdata;

        if (si->si_code != CLD_EXITED && !h->warned)
                print_error("monitor: the command was killed by signal %d", si->si_status);
        else if (si->si_code == CLD_EXITED && si->si_status != EXIT_SUCCESS)
                print_error("monitor: the command ended with exit status %d", si->si_status);
        h->child = sd_event_source_unref(h->child);
        h->limit = sd_event_source_disable_unref(h->limit);
        run_next(h);
        return 0;
}

static int on_limit(sd_event_source *source, uint64_t usec, void *userdata) {
        Hook *h = userdata;
        char text[FORMAT_TIMESPAN_MAX];

        if (!h->warned)
                print_error("monitor: the command runs for %s and is ended; --exec-timeout sets how long it "
                            "may",
                                format_timespan(h->limit_usec, text, sizeof(text)));
        (void)kill(-h->pid, h->warned ? SIGKILL : SIGTERM);
        h->warned = true;
        int r = sd_event_source_set_time_relative(source, HOOK_GRACE_USEC);
        return r < 0 ? r : sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

/* Follows the child that has just been made. */
static int watch_child(Hook *h, pid_t pid) {
        (void)setpgid(pid, pid); /* both sides do it: nobody knows who is first */
        h->pid = pid;
        h->warned = false;
        int r = sd_event_add_child(h->event, &h->child, pid, WEXITED, on_child, h);
        if (r < 0 || h->limit_usec == USEC_INFINITY)
                return r;
        return sd_event_add_time_relative(
                        h->event, &h->limit, CLOCK_MONOTONIC, h->limit_usec, USEC_PER_MSEC, on_limit, h);
}

/* Starts the oldest job if nothing runs. */
static void run_next(Hook *h) {
        while (!h->child && !list_empty(&h->queue)) {
                _cleanup_(job_freep) Job *j = CONTAINER_OF(h->queue.next, Job, in_queue);
                list_remove(&j->in_queue);
                h->n_queued--;

                fflush(stdout);
                pid_t pid = fork();
                if (pid == 0)
                        run_child(h, j->what);
                int r = pid < 0 ? -errno : watch_child(h, pid);
                if (r < 0)
                        print_error("monitor: cannot run the command: %s", strerror(-r));
        }
}

int hook_queue(Hook *h, json_t *what) {
        _cleanup_(json_decrefp) json_t *owned = what;

        if (!what)
                return -ENOMEM;
        if (h->n_queued >= HOOK_QUEUE_MAX)
                return -ENOBUFS;
        Job *j = calloc(1, sizeof(*j));
        if (!j)
                return -ENOMEM;
        j->what = TAKE_PTR(owned);
        list_append(&h->queue, &j->in_queue);
        h->n_queued++;
        run_next(h);
        return 0;
}
