/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* vrrpd-scripts: the only program of vrrpd that executes others, and the one that looks at files and
 * processes of others. Owns: the connection to the daemon as its servant, the scripts as it has read them
 * itself, the runs under way, the watches. Must not know: VRRP, trackers, what a result leads to. A request
 * names a script and gives the digest of what the daemon believes it to be; what is executed is what the
 * root-owned configuration file says. So a daemon that was taken over can, at worst, run the administrator's
 * checks too often. */

#include "service/config/load.h"
#include "service/file-watch.h"
#include "service/process-watch.h"
#include "service/script-child.h"
#include "service/script-command.h"
#include "service/util/list.h"
#include "service/util/log.h"
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>

#define RETRY_MIN_USEC (100 * USEC_PER_MSEC)
#define RETRY_MAX_USEC (5 * USEC_PER_SEC)

typedef struct Runner {
        sd_event *event;
        const char *config_file, *config_id, *socket_path;
        bool show_output;
        Config *config; /* NULL: not readable yet */
        int fd;
        sd_event_source *io_source, *retry_source;
        usec_t retry_usec;
        List runs;
        List watches;
        ProcessWatches *processes;
} Runner;

/* A script that runs, or is being ended. */
typedef struct Run {
        Runner *runner;
        List list;
        char name[VRRP_NAME_MAX + 1];
        uint32_t serial;
        ScriptChild *child;
        bool has_next; /* asked for again before it was gone */
        ScriptRequest next;
} Run;

/* A file or a process that is watched, and what was seen of it last. */
typedef struct Watch {
        Runner *runner;
        List list;
        ScriptRequest request;
        FileWatch *file;
        ProcessWatch *process;
        bool seen;
        bool unsent; /* the socket had no room */
        ScriptReply last;
} Watch;

static Watch *watch_free(Watch *w) {
        if (!w)
                return NULL;
        file_watch_free(w->file);
        process_watch_free(w->process);
        list_remove(&w->list);
        free(w);
        return NULL;
}
DEFINE_CLEANUP(Watch, watch_free);

static Run *run_free(Run *r) {
        if (!r)
                return NULL;
        script_child_free(r->child);
        list_remove(&r->list);
        free(r);
        return NULL;
}
DEFINE_CLEANUP(Run, run_free);

static void load(Runner *r) {
        ConfigMessages messages = {};
        Config *config = NULL;

        if (config_load(r->config_file, r->config_id, &messages, &config) >= 0) {
                config_free(r->config);
                r->config = config;
        } else {
                /* Warnings are the daemon's to say; it has read the same file. */
                _cleanup_free_ char *text = config_messages_format(&messages);

                log_error("%s cannot be read%s: %s", r->config_file,
                                r->config ? ", scripts stay as they were" : "", strempty(text));
        }
        config_messages_clear(&messages);
}

/* The daemon reads faster than scripts end; should the socket be full all the same, it asks again by itself.
 */
static void reply(Runner *r, uint32_t serial, ScriptOutcome outcome, int code, usec_t duration_usec,
                const char *text) {
        ScriptReply message = {
                        .serial = serial,
                        .outcome = outcome,
                        .code = code,
                        .duration_usec = duration_usec,
        };

        snprintf(message.text, sizeof(message.text), "%s", text);
        if (r->fd >= 0 && send(r->fd, &message, sizeof(message), MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
                log_debug("A result was not taken: %s", strerror(errno));
}

static void on_result(
                ScriptOutcome outcome, int code, usec_t duration_usec, const char *text, void *userdata) {
        Run *run = userdata;

        reply(run->runner, run->serial, outcome, code, duration_usec, text);
}

/* -- Watches -- */

/* Nobody asks for these again: what finds no room is sent as soon as there is some. */
static void send_seen(Watch *w) {
        Runner *r = w->runner;

        w->unsent = false;
        if (!w->seen || r->fd < 0)
                return;
        w->last.serial = w->request.serial;
        if (send(r->fd, &w->last, sizeof(w->last), MSG_DONTWAIT | MSG_NOSIGNAL) >= 0 || errno != EAGAIN)
                return;
        w->unsent = true;
        (void)sd_event_source_set_io_events(r->io_source, EPOLLIN | EPOLLOUT);
}

static void send_unsent(Runner *r) {
        (void)sd_event_source_set_io_events(r->io_source, EPOLLIN);
        LIST_FOREACH (node, &r->watches) {
                Watch *w = CONTAINER_OF(node, Watch, list);

                if (w->unsent)
                        send_seen(w);
        }
}

static void on_seen(bool up, int64_t value, const char *text, void *userdata) {
        Watch *w = userdata;

        w->seen = true;
        w->last = (ScriptReply){
                        .outcome = up ? SCRIPT_SEEN_UP : SCRIPT_SEEN_DOWN,
                        .value = value,
        };
        snprintf(w->last.text, sizeof(w->last.text), "%s", text);
        send_seen(w);
}

static Watch *find_watch(Runner *r, const ScriptRequest *request) {
        LIST_FOREACH (node, &r->watches) {
                Watch *w = CONTAINER_OF(node, Watch, list);

                if (request->type == SCRIPT_UNWATCH ? w->request.serial == request->serial
                                                    : w->request.type == request->type &&
                                                                      streq(w->request.name, request->name))
                        return w;
        }
        return NULL;
}

static ScriptOutcome start_file_watch(Runner *r, Watch *w, int *ret_error) {
        const ConfigTrackedFile *c = r->config ? config_find_tracked_file(r->config, w->request.name) : NULL;
        char digest[CONFIG_SCRIPT_DIGEST_SIZE];

        if (!c)
                return SCRIPT_UNKNOWN;
        config_tracked_file_digest(c, digest);
        if (!streq(digest, w->request.digest))
                return SCRIPT_MISMATCH;
        *ret_error = file_watch_new(r->event, c, w->request.start, on_seen, w, &w->file);
        return *ret_error < 0 ? SCRIPT_FAILED : SCRIPT_SEEN_UP;
}

static ScriptOutcome start_process_watch(Runner *r, Watch *w, int *ret_error) {
        const ConfigProcess *c = r->config ? config_find_process(r->config, w->request.name) : NULL;
        char digest[CONFIG_SCRIPT_DIGEST_SIZE];

        if (!c)
                return SCRIPT_UNKNOWN;
        config_process_digest(c, digest);
        if (!streq(digest, w->request.digest))
                return SCRIPT_MISMATCH;
        if (!r->processes)
                *ret_error = process_watches_new(r->event, &r->processes);
        if (*ret_error >= 0)
                *ret_error = process_watch_new(r->processes, c, on_seen, w, &w->process);
        return *ret_error < 0 ? SCRIPT_FAILED : SCRIPT_SEEN_UP;
}

static void handle_watch(Runner *r, const ScriptRequest *request) {
        Watch *old = find_watch(r, request);
        _cleanup_(watch_freep) Watch *w = NULL;
        ScriptOutcome outcome = SCRIPT_FAILED;
        int error = -ENOMEM;

        /* The same once more, say after a reload: told again, as the daemon may wait for it. */
        if (old && streq(old->request.digest, request->digest)) {
                old->request.serial = request->serial;
                send_seen(old);
                return;
        }
        watch_free(old);
        w = calloc(1, sizeof(*w));
        if (w) {
                error = 0;
                w->runner = r;
                w->request = *request;
                list_append(&r->watches, &w->list);
                outcome = request->type == SCRIPT_WATCH_FILE ? start_file_watch(r, w, &error)
                                                             : start_process_watch(r, w, &error);
        }
        if (outcome == SCRIPT_SEEN_UP)
                TAKE_PTR(w);
        else
                reply(r, request->serial, outcome, -error, 0, error < 0 ? strerror(-error) : "");
}

/* -- Runs -- */

static void handle_run(Runner *r, const ScriptRequest *request);

static void on_run_gone(void *userdata) {
        Run *run = userdata;
        Runner *r = run->runner;
        ScriptRequest next = run->next;
        bool has_next = run->has_next;

        run_free(run);
        if (has_next)
                handle_run(r, &next);
}

static const ScriptChildEvents child_events = {
                .result = on_result,
                .gone = on_run_gone,
};

/* From name to a running process. Returns what to reply at once, or SCRIPT_EXITED when it runs. */
static ScriptOutcome start(Runner *r, const ScriptRequest *request, int *ret_code, char *text, size_t size) {
        const ConfigScript *script = r->config ? config_find_script(r->config, request->name) : NULL;
        _cleanup_(script_command_clear) ScriptCommand command = {};
        char digest[CONFIG_SCRIPT_DIGEST_SIZE];
        _cleanup_(run_freep) Run *run = NULL;
        ScriptUser user;
        int e;

        if (!script)
                return SCRIPT_UNKNOWN;
        config_script_digest(r->config, script, digest);
        if (!streq(digest, request->digest))
                return SCRIPT_MISMATCH;
        e = script->user ? script_user_find(script->user, script->group, &user, text, size)
                         : script_user_find(r->config->global.script_user, r->config->global.script_group,
                                           &user, text, size);
        if (e < 0)
                return SCRIPT_REFUSED;
        *ret_code = -script_command_parse(script->command, &command, text, size);
        if (*ret_code > 0)
                return SCRIPT_FAILED;
        if (user.uid == 0 && script_command_check(&command, script->command, text, size) < 0)
                return SCRIPT_REFUSED;

        *ret_code = ENOMEM;
        run = calloc(1, sizeof(*run));
        if (!run)
                return SCRIPT_FAILED;
        run->runner = r;
        run->serial = request->serial;
        snprintf(run->name, sizeof(run->name), "%s", request->name);
        list_append(&r->runs, &run->list);
        *ret_code = -script_child_start(r->event, command.argv, &user, script->timeout_usec, r->show_output,
                        &child_events, run, &run->child);
        if (*ret_code > 0) {
                snprintf(text, size, "cannot be started: %s", strerror(*ret_code));
                return SCRIPT_FAILED;
        }
        TAKE_PTR(run);
        return SCRIPT_EXITED;
}

static Run *find_run(Runner *r, const char *name) {
        LIST_FOREACH (node, &r->runs) {
                Run *run = CONTAINER_OF(node, Run, list);

                if (streq(run->name, name))
                        return run;
        }
        return NULL;
}

/* One run of a script at a time. A request while one is under way means that the daemon has given that one
 * up (it timed out, or its command was changed): the new one starts when it is gone. */
static void handle_run(Runner *r, const ScriptRequest *request) {
        char text[sizeof(((ScriptReply *)NULL)->text)] = "";
        Run *run = find_run(r, request->name);
        ScriptOutcome outcome;
        int code = 0;

        if (run) {
                run->next = *request;
                run->has_next = true;
                script_child_stop(run->child);
                return;
        }
        outcome = start(r, request, &code, text, sizeof(text));
        if (outcome != SCRIPT_EXITED)
                reply(r, request->serial, outcome, code, 0, text);
}

static void handle_request(Runner *r, const ScriptRequest *request) {
        switch ((ScriptRequestType)request->type) {
        case SCRIPT_RUN:
                handle_run(r, request);
                break;
        case SCRIPT_WATCH_FILE:
        case SCRIPT_WATCH_PROCESS:
                handle_watch(r, request);
                break;
        case SCRIPT_UNWATCH:
                watch_free(find_watch(r, request));
                break;
        }
}

static void end_watches(Runner *r) {
        LIST_FOREACH_SAFE (node, &r->watches)
                watch_free(CONTAINER_OF(node, Watch, list));
}

static int connect_later(Runner *r);

/* The daemon is gone. What still runs is for nobody. */
static int disconnected(Runner *r) {
        r->io_source = sd_event_source_disable_unref(r->io_source);
        r->fd = safe_close(r->fd);
        if (!r->socket_path)
                return sd_event_exit(r->event, 0);
        end_watches(r);
        LIST_FOREACH (node, &r->runs) {
                Run *run = CONTAINER_OF(node, Run, list);

                run->has_next = false;
                script_child_stop(run->child);
        }
        return connect_later(r);
}

static int on_request(sd_event_source *source, int fd, uint32_t revents, void *userdata) {
        Runner *r = userdata;
        ScriptRequest request;
        ssize_t n;

        if (revents & EPOLLOUT)
                send_unsent(r);
        n = recv(fd, &request, sizeof(request), MSG_DONTWAIT | MSG_TRUNC);

        if (n < 0 && (errno == EAGAIN || errno == EINTR))
                return 0;
        if (n != sizeof(request)) {
                if (n > 0)
                        log_error("The daemon's version differs from that of vrrpd-scripts: restart both");
                return disconnected(r);
        }
        r->retry_usec = RETRY_MIN_USEC;
        request.name[sizeof(request.name) - 1] = '\0';
        request.digest[sizeof(request.digest) - 1] = '\0';
        if (request.reload)
                load(r);
        handle_request(r, &request);
        return 0;
}

static int serve(Runner *r, int fd) {
        r->fd = fd;
        return sd_event_add_io(r->event, &r->io_source, fd, EPOLLIN, on_request, r);
}

static int connect_now(Runner *r) {
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        _cleanup_close_ int fd = -EBADF;

        snprintf(address.sun_path, sizeof(address.sun_path), "%s", r->socket_path);
        fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd < 0)
                return -errno;
        if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
                return connect_later(r);
        return serve(r, TAKE_FD(fd));
}

static int on_retry(sd_event_source *source, uint64_t usec, void *userdata) {
        return connect_now(userdata);
}

static int connect_later(Runner *r) {
        usec_t wait = r->retry_usec;

        r->retry_usec = MIN(r->retry_usec * 2, RETRY_MAX_USEC);
        r->retry_source = sd_event_source_disable_unref(r->retry_source);
        return sd_event_add_time_relative(
                        r->event, &r->retry_source, CLOCK_MONOTONIC, wait, USEC_PER_MSEC, on_retry, r);
}

static int block_signals(sd_event *event) {
        sigset_t set;
        int r;

        sigemptyset(&set);
        sigaddset(&set, SIGCHLD);
        sigaddset(&set, SIGTERM);
        sigaddset(&set, SIGINT);
        if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
                return -errno;
        r = sd_event_add_signal(event, NULL, SIGTERM, NULL, NULL); /* NULL: ends the loop */
        return r < 0 ? r : sd_event_add_signal(event, NULL, SIGINT, NULL, NULL);
}

static int run_loop(Runner *r) {
        int e;

        e = sd_event_new(&r->event);
        if (e < 0)
                return e;
        e = block_signals(r->event);
        if (e < 0)
                return e;
        load(r);
        e = r->socket_path ? connect_now(r) : serve(r, r->fd);
        return e < 0 ? e : sd_event_loop(r->event);
}

static void runner_clear(Runner *r) {
        LIST_FOREACH_SAFE (node, &r->runs)
                run_free(CONTAINER_OF(node, Run, list));
        end_watches(r);
        process_watches_free(r->processes);
        sd_event_source_disable_unref(r->io_source);
        sd_event_source_disable_unref(r->retry_source);
        safe_close(r->fd);
        config_free(r->config);
        sd_event_unref(r->event);
}

static void help(void) {
        printf("vrrpd-scripts [OPTION...]\n\n"
               "Runs the vrrp_script checks for vrrpd, and watches files and processes; started by it or by "
               "vrrpd-scripts.service.\n\n"
               "  -f --config=FILE     Configuration file [" VRRPD_CONFIG_FILE "]\n"
               "     --config-id=ID    Which @ID lines of it count [host name]\n"
               "     --socket=PATH     Serve the daemon that listens there [" SCRIPT_SOCKET_PATH "]\n"
               "     --fd=N            Serve the daemon at the other end of this descriptor\n"
               "     --show-output     Do not throw away what the checks print\n"
               "  -h --help            Show this\n"
               "     --version         Show the version\n");
}

static int parse_fd(const char *text, int *ret) {
        struct sockaddr_storage address;
        socklen_t size = sizeof(address);
        char *end;
        long fd = strtol(text, &end, 10);

        if (*end || end == text || fd < 3 || fd > INT32_MAX ||
                        getpeername((int)fd, (struct sockaddr *)&address, &size) < 0) {
                fprintf(stderr, "vrrpd-scripts: --fd=%s is not a connected socket\n", text);
                return -EINVAL;
        }
        *ret = (int)fd;
        return 0;
}

enum {
        ARG_CONFIG_ID = 0x100,
        ARG_SOCKET,
        ARG_FD,
        ARG_SHOW_OUTPUT,
        ARG_VERSION,
};

static const struct option options[] = {
                {"config", required_argument, NULL, 'f'},
                {"config-id", required_argument, NULL, ARG_CONFIG_ID},
                {"socket", required_argument, NULL, ARG_SOCKET},
                {"fd", required_argument, NULL, ARG_FD},
                {"show-output", no_argument, NULL, ARG_SHOW_OUTPUT},
                {"help", no_argument, NULL, 'h'},
                {"version", no_argument, NULL, ARG_VERSION},
                {},
};

/* 0: go on; 1: done; -EINVAL: wrong usage, said. */
static int parse_arguments(int argc, char *argv[], Runner *r) {
        int c;

        while ((c = getopt_long(argc, argv, "f:h", options, NULL)) >= 0)
                switch (c) {
                case 'f':
                        r->config_file = optarg;
                        break;
                case ARG_CONFIG_ID:
                        r->config_id = optarg;
                        break;
                case ARG_SOCKET:
                        r->socket_path = optarg;
                        break;
                case ARG_FD:
                        if (parse_fd(optarg, &r->fd) < 0)
                                return -EINVAL;
                        r->socket_path = NULL;
                        break;
                case ARG_SHOW_OUTPUT:
                        r->show_output = true;
                        break;
                case 'h':
                        help();
                        return 1;
                case ARG_VERSION:
                        puts("vrrpd-scripts " VRRPD_VERSION);
                        return 1;
                default:
                        return -EINVAL;
                }
        if (optind < argc ||
                        (r->socket_path && strlen(r->socket_path) >=
                                                           sizeof(((struct sockaddr_un *)NULL)->sun_path))) {
                fprintf(stderr, "vrrpd-scripts: too much of an argument: see --help\n");
                return -EINVAL;
        }
        return 0;
}

int main(int argc, char *argv[]) {
        Runner r = {
                        .config_file = VRRPD_CONFIG_FILE,
                        .socket_path = SCRIPT_SOCKET_PATH,
                        .fd = -EBADF,
                        .retry_usec = RETRY_MIN_USEC,
        };
        int e;

        list_init(&r.runs);
        list_init(&r.watches);
        e = parse_arguments(argc, argv, &r);
        if (e != 0)
                return e < 0 ? 2 : EXIT_SUCCESS;
        e = run_loop(&r);
        if (e < 0)
                log_error("vrrpd-scripts failed: %s", strerror(-e));
        runner_clear(&r);
        return e < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
