/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* vrrpd(8): arguments, the order of start, and the joint between engine and bus side; the only file that
 * knows both.
 *
 * Start: arguments → signals blocked → first parse as root → runner forked (started by hand) → privileges
 * dropped and verified → bus thread → engine in the main thread. */

#include "dbus/bus.h"
#include "service/clock.h"
#include "service/command-check.h"
#include "service/config/config.h"
#include "service/config/write.h"
#include "service/loader.h"
#include "service/manager.h"
#include "service/namespace-lock.h"
#include "service/privilege.h"
#include "service/publish.h"
#include "service/readable.h"
#include "service/remains.h"
#include "service/outbox.h"
#include "service/track/runner-spawn.h"
#include "service/track/script-wire.h"
#include "service/util/log.h"
#include <getopt.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>

enum {
        EXIT_USAGE = 2,
        EXIT_RUNNING = 3,
        EXIT_CONFIG = 9,
        EXIT_PRIVILEGE = 4,
};

/* How long the bus side may take to say its last words. */
#define BUS_SIDE_GOODBYE_USEC USEC_PER_SEC

typedef struct Options {
        const char *config_file;
        const char *config_id;
        const char *user;
        const char *runtime_directory;
        bool test, json, cleanup;
} Options;

static void usage(FILE *f) {
        fprintf(f, "vrrpd [OPTIONS]\n\n"
                   "Keeps virtual IP addresses alive with VRRP.\n\n"
                   "  -f --config=FILE            configuration (default " VRRPD_CONFIG_FILE ")\n"
                   "  -t --config-test            check the configuration, then exit: 0 = would run, 9 = "
                   "would not\n"
                   "     --json                   with -t: messages as JSON\n"
                   "  -i --config-id=ID           keep lines that begin with @ID (default: short host "
                   "name)\n"
                   "     --user=NAME              run as this user (default vrrpd)\n"
                   "     --runtime-directory=DIR  state that survives a restart (default /run/vrrpd)\n"
                   "     --cleanup                remove virtual addresses left by a daemon that was "
                   "killed, then exit\n"
                   "  -V --version\n"
                   "  -h --help\n\n"
                   "See vrrpd(8), vrrpd.conf(5), vrrpctl(1).\n");
}

/* 0: go on; > 0: exit status + 1. */
static int parse_arguments(int argc, char *argv[], Options *ret) {
        enum { OPT_JSON = 256, OPT_USER, OPT_RUNTIME, OPT_CLEANUP };
        static const struct option options[] = {
                        {"config", required_argument, NULL, 'f'},
                        {"use-file", required_argument, NULL, 'f'}, /* keepalived's name for it */
                        {"config-test", no_argument, NULL, 't'},
                        {"json", no_argument, NULL, OPT_JSON},
                        {"config-id", required_argument, NULL, 'i'},
                        {"user", required_argument, NULL, OPT_USER},
                        {"runtime-directory", required_argument, NULL, OPT_RUNTIME},
                        {"cleanup", no_argument, NULL, OPT_CLEANUP},
                        {"version", no_argument, NULL, 'V'},
                        {"help", no_argument, NULL, 'h'},
                        {},
        };
        int c;

        while ((c = getopt_long(argc, argv, "f:ti:Vh", options, NULL)) >= 0)
                switch (c) {
                case 'f':
                        ret->config_file = optarg;
                        break;
                case 't':
                        ret->test = true;
                        break;
                case 'i':
                        ret->config_id = optarg;
                        break;
                case OPT_JSON:
                        ret->json = true;
                        break;
                case OPT_USER:
                        if (!optarg[0]) {
                                fprintf(stderr, "vrrpd: --user needs the name of a user\n");
                                return 1 + EXIT_USAGE;
                        }
                        ret->user = optarg;
                        break;
                case OPT_RUNTIME:
                        ret->runtime_directory = optarg;
                        break;
                case OPT_CLEANUP:
                        ret->cleanup = true;
                        break;
                case 'V':
                        puts("vrrpd " VRRPD_VERSION);
                        return 1 + EXIT_SUCCESS;
                case 'h':
                        usage(stdout);
                        return 1 + EXIT_SUCCESS;
                default:
                        usage(stderr);
                        return 1 + EXIT_USAGE;
                }
        if (optind < argc) {
                fprintf(stderr, "vrrpd: unexpected argument '%s'\n", argv[optind]);
                usage(stderr);
                return 1 + EXIT_USAGE;
        }
        return 0;
}

static void print_messages(const ConfigMessages *messages, bool json) {
        _cleanup_free_ char *text =
                        json ? config_messages_to_json(messages) : config_messages_format(messages);

        if (!text)
                log_error("Out of memory");
        else if (json)
                puts(text);
        else
                fputs(text, stderr);
}

/* What root reads the daemon may not be able to: its unit runs it as this user, so with the unit's file it
 * would not start; by hand with another file it would, and fail at each reload. */
static int judge_readable(const Options *o, const Config *config, ConfigMessages *messages) {
        const char *file = readable_first_not(o->user, config->files);
        ConfigSeverity severity = streq(o->config_file, VRRPD_CONFIG_FILE) ? CONFIG_ERROR : CONFIG_WARNING;

        if (!file)
                return 0;
        return config_messages_add(messages, severity, &(ConfigPosition){.file = file}, NULL,
                        "user %s cannot read it%s: chgrp %s %s && chmod g+r %s, and make its directories "
                        "searchable",
                        o->user, severity == CONFIG_ERROR ? "" : ", so a reload will fail", o->user, file,
                        file);
}

static int test_config(const Options *o) {
        Loader loader = {.path = o->config_file, .config_id = o->config_id};
        _cleanup_(config_freep) Config *config = NULL;
        ConfigMessages messages = {};
        int r = loader_load(&loader, &messages, &config);

        if (r >= 0)
                r = judge_readable(o, config, &messages);
        if (r >= 0 && messages.n_errors > 0)
                r = -EBADMSG;
        if (messages.n > 0 || o->json)
                print_messages(&messages, o->json);
        config_messages_clear(&messages);
        if (r == -ENOMEM)
                log_error("Out of memory");
        if (r >= 0 && !o->json)
                fprintf(stderr, "%s: ok, %zu instance%s\n", o->config_file, config->n_instances,
                                config->n_instances == 1 ? "" : "s");
        return r >= 0 ? EXIT_SUCCESS : EXIT_CONFIG;
}

/* 0: go on, with the lock if it was to be had; else the exit status. A clean-up beside a daemon would take
 * its addresses. */
static int lock_namespace(const Options *o, int *ret_fd) {
        pid_t pid = 0;
        uid_t uid = 0;
        int r = namespace_lock(o->user, ret_fd, &pid, &uid);

        if (r >= 0)
                return 0;
        if (r == -EADDRINUSE) {
                log_error("Another vrrpd runs in this network namespace already");
                return EXIT_RUNNING;
        }
        if (r != -EPERM) {
                log_error("Cannot take the lock of this network namespace: %s", strerror(-r));
                return EXIT_RUNNING;
        }
        if (pid > 0)
                log_warning("The socket name that tells a second vrrpd from the first is held by process %d "
                            "of user %u, which is no "
                            "vrrpd: going on without it",
                                pid, uid);
        else
                log_warning("The socket name that tells a second vrrpd from the first is held by a program "
                            "that is no vrrpd: going "
                            "on without it (ss -xlp | grep org.vrrpd.lock)");
        return 0;
}

static int cleanup(const Options *o) {
        _cleanup_close_ int lock = -EBADF;
        int r = lock_namespace(o, &lock);

        if (r != 0)
                return r;
        r = remains_remove(o->runtime_directory);
        if (r < 0) {
                log_error("Cannot remove what a daemon has left: %s", strerror(-r));
                return EXIT_FAILURE;
        }
        if (r > 0)
                log_info("Removed what was left of virtual addresses, links, routes, rules and settings (%d "
                         "in all)",
                                r);
        return EXIT_SUCCESS;
}

static int block_signals(void) {
        sigset_t mask;

        sigemptyset(&mask);
        sigaddset(&mask, SIGTERM);
        sigaddset(&mask, SIGINT);
        sigaddset(&mask, SIGHUP);
        signal(SIGPIPE, SIG_IGN);
        return -pthread_sigmask(SIG_BLOCK, &mask, NULL);
}

/* By hand as root the runner is our child, also when no script is configured yet: a reload may bring one,
 * and by then we could not start it as root any more. Otherwise (systemd, User=vrrpd) it is a unit of its
 * own that connects to us. */
static int prepare_runner(const Options *o, ManagerParams *params) {
        int r;

        if (geteuid() != 0) {
                params->runner_socket = SCRIPT_SOCKET_PATH;
                return 0;
        }
        r = script_runner_spawn(NULL, o->config_file, o->config_id, &params->runner_fd);
        if (r < 0)
                log_error("Cannot start vrrpd-scripts: %s", strerror(-r));
        return r;
}

/* By hand as root: as systemd's RuntimeDirectory= would. Without it holds are not kept, which is said when
 * there is one. */
static void prepare_runtime_directory(const Options *o) {
        const struct passwd *user = getpwnam(o->user);

        if (geteuid() != 0 || !user)
                return;
        if (mkdir(o->runtime_directory, 0755) < 0 && errno != EEXIST)
                return;
        if (chown(o->runtime_directory, user->pw_uid, user->pw_gid) < 0)
                log_warning("Cannot give %s to user %s: %s", o->runtime_directory, o->user, strerror(errno));
}

static void warn_unreadable(const Loader *loader, const Config *config) {
        for (size_t i = 0; config->files && config->files[i]; i++)
                if (access(config->files[i], R_OK) < 0)
                        log_warning("User %s cannot read %s: a reload will fail. Remedy: chgrp %s %s && "
                                    "chmod g+r %s",
                                        loader->user, config->files[i], loader->user, config->files[i],
                                        config->files[i]);
}

/* What the bus thread's callbacks work on; it may outlive main() when that thread hangs, hence static where
 * it is used. */
typedef struct BusContext {
        Loader loader;
        HoldStore *holds; /* NULL: not kept */
} BusContext;

static int load_for_bus(void *userdata, void **ret_config, char **ret_messages, char ***ret_files) {
        BusContext *c = userdata;

        return loader_load_for_bus(&c->loader, ret_config, ret_messages, ret_files);
}

static const char *config_router_id(const void *config) {
        return ((const Config *)config)->global.router_id;
}

static char *config_text(const void *config) {
        return config_write(config);
}

static void keep_hold(void *userdata, const InstanceStatus *s, bool removed) {
        BusContext *c = userdata;
        Hold hold = {
                        .name = (char *)s->name,
                        .admin = removed ? VRRP_ADMIN_ENABLED : s->admin,
                        .expire_realtime = s->admin_expire_realtime,
                        .uid = s->admin_uid,
                        .priority = s->promoted_priority,
        };
        int r;

        if (!c->holds)
                return;
        snprintf(hold.reason, sizeof(hold.reason), "%s", s->admin_reason);
        r = hold_store_keep(c->holds, &hold);
        if (r < 0)
                log_warning("%s: a restart of the daemon will not remember this hold: %s", s->name,
                                strerror(-r));
}

static void free_record(void *record) {
        record_free(record);
}

static void free_command(void *command) {
        command_free(command);
}

/* Engine and bus side, joined by two mailboxes. config passes to the engine. */
static int run(BusContext *context, Config **config, ManagerParams *params) {
        _cleanup_free_ char *configuration = config_write(*config);
        static _Atomic uint64_t
                        heartbeat; /* static: the bus thread may outlive this function when it hangs */
        BusSideParams bus = {
                        .engine_heartbeat = &heartbeat,
                        .load = load_for_bus,
                        .free_config = loader_free_config,
                        .config_router_id = config_router_id,
                        .config_text = config_text,
                        .check = command_check,
                        .check_group = command_check_group,
                        .userdata = context,
                        .version = VRRPD_VERSION,
                        .user = context->loader.user,
                        .router_id = (*config)->global.router_id,
                        .config_files = (*config)->files,
                        .configuration = configuration,
                        .keep = keep_hold,
        };
        _cleanup_(manager_freep) Manager *manager = NULL;
        Mailbox *records, *commands; /* not freed: see heartbeat */
        BusSide *bus_side;
        int r;

        if (!configuration)
                return -ENOMEM;
        r = mailbox_new(MAILBOX_CAPACITY, free_record, &records);
        if (r >= 0)
                r = mailbox_new(MAILBOX_CAPACITY, free_command, &commands);
        if (r < 0)
                return r;
        bus.records = params->records = records;
        bus.commands = params->commands = commands;
        params->heartbeat = &heartbeat;
        atomic_store(&heartbeat, now_boottime());
        r = bus_side_start(&bus, &bus_side);
        if (r < 0) {
                log_error("Cannot start the bus thread: %s", strerror(-r));
                return r;
        }
        log_set_sink(outbox_log, records);
        r = manager_new(params, config, &manager);
        if (r >= 0)
                r = manager_run(manager);
        else
                outbox_simple(records, RECORD_STOPPED, 0, 0, r);
        log_set_sink(NULL, NULL);
        if (bus_side_join(bus_side, BUS_SIDE_GOODBYE_USEC)) {
                mailbox_free(records);
                mailbox_free(commands);
        }
        return r;
}

static int load_first(const Loader *loader, Config **ret) {
        ConfigMessages messages = {};
        int r = loader_load(loader, &messages, ret);

        if (messages.n > 0)
                print_messages(&messages, false);
        config_messages_clear(&messages);
        if (r < 0)
                log_error("%s: not started because of the errors above", loader->path);
        return r;
}

static int daemon_main(const Options *o) {
        static BusContext context;
        _cleanup_(hold_store_freep) HoldStore *holds = NULL;
        ManagerParams params = {.runner_fd = -EBADF};
        _cleanup_(config_freep) Config *config = NULL;
        _cleanup_close_ int lock = -EBADF;
        int r;

        context.loader = (Loader){.path = o->config_file, .config_id = o->config_id};
        r = block_signals();
        if (r < 0)
                return EXIT_FAILURE;
        r = lock_namespace(o, &lock);
        if (r != 0)
                return r;
        if (load_first(&context.loader, &config) < 0)
                return EXIT_CONFIG;
        if (prepare_runner(o, &params) < 0)
                return EXIT_FAILURE;
        prepare_runtime_directory(o);
        r = privilege_drop(o->user);
        if (r < 0)
                return EXIT_PRIVILEGE;
        context.loader.user = o->user;
        context.loader.serving = config->n_instances > 0;
        warn_unreadable(&context.loader, config);
        if (hold_store_new(o->runtime_directory, &holds) < 0 ||
                        hold_store_new(o->runtime_directory, &context.holds) < 0)
                return EXIT_FAILURE;
        params.holds = holds;
        params.runtime_directory = o->runtime_directory;
        return run(&context, &config, &params) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char *argv[]) {
        Options o = {
                        .config_file = VRRPD_CONFIG_FILE,
                        .user = "vrrpd",
                        .runtime_directory = "/run/vrrpd",
        };
        int r = parse_arguments(argc, argv, &o);

        if (r > 0)
                return r - 1;
        if (o.test)
                return test_config(&o);
        if (o.cleanup)
                return cleanup(&o);
        return daemon_main(&o);
}
