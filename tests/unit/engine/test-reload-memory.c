/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A reload that runs out of memory, at every single allocation of ours: either the old configuration goes on
 * as if nothing had been asked for, or the new one runs in full. Nothing in between, and nothing leaks. The
 * engine is the real one, in a network namespace of its own (needs root). */

#include "service/config/load.h"
#include "service/manager.h"
#include <glib.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>

/* How many allocations are still granted; SIZE_MAX: all. */
static size_t left = SIZE_MAX;
static bool refused;

static bool grant(void) {
        if (left == SIZE_MAX)
                return true;
        if (left == 0) {
                refused = true;
                return false;
        }
        left--;
        return true;
}

#define WRAP(result, name, parameters, arguments)                \
        result __real_##name parameters;                         \
        result __wrap_##name parameters;                         \
        result __wrap_##name parameters {                        \
                return grant() ? __real_##name arguments : NULL; \
        }                                                        \
        struct _unused_for_semicolon_

WRAP(void *, malloc, (size_t size), (size));
WRAP(void *, calloc, (size_t n, size_t size), (n, size));
WRAP(void *, realloc, (void *p, size_t size), (p, size));
WRAP(void *, reallocarray, (void *p, size_t n, size_t size), (p, n, size));
WRAP(char *, strdup, (const char *s), (s));

/* One instance changes, one is restarted, one goes, one comes; and so do trackers. */
#define INSTANCE(name, vrid, priority, vips, track)                                                   \
        "vrrp_instance " name " {\n interface eth0\n virtual_router_id " vrid "\n priority " priority \
        "\n virtual_ipaddress {\n" vips "\n}\n track_interface {\n " track "\n}\n}\n"
static const char before[] = INSTANCE("stays", "1", "100", "192.0.2.11/24", "eth0")
                INSTANCE("changes", "2", "100", "192.0.2.12/24", "eth1")
                                INSTANCE("restarts", "3", "100", "192.0.2.13/24", "eth0")
                                                INSTANCE("goes", "4", "100", "192.0.2.14/24", "eth2");
static const char after[] = INSTANCE("stays", "1", "100", "192.0.2.11/24", "eth0")
                INSTANCE("changes", "2", "110", "192.0.2.12/24\n192.0.2.22/24\n192.0.2.32/24", "eth1")
                                INSTANCE("restarts", "33", "100", "192.0.2.13/24", "eth0")
                                                INSTANCE("comes", "5", "100", "192.0.2.15/24", "eth3");

static Config *load(const char *text) {
        ConfigMessages messages = {};
        Config *config = NULL;
        int r = config_load_buffer("t", text, strlen(text), "me", &messages, &config);

        g_assert_cmpint(r, ==, 0);
        config_messages_clear(&messages);
        return config;
}

static void free_record(void *record) {
        record_free(record);
}

static void free_command(void *command) {
        command_free(command);
}

/* "NAME:VRID:PRIORITY:VIPS ..." of what the engine has, leaving ones not included, then the trackers. */
static int append_tracker(Tracker *t, void *userdata) {
        g_string_append_printf(userdata, " %s", t->name);
        return 0;
}

static char *describe(Manager *m) {
        static const char *const names[] = {"stays", "changes", "restarts", "goes", "comes"};
        GString *s = g_string_new(NULL);

        for (size_t k = 0; k < G_N_ELEMENTS(names); k++)
                LIST_FOREACH (node, &m->instances) {
                        const Instance *i = CONTAINER_OF(node, Instance, node);

                        if (!streq(i->name, names[k]))
                                continue;
                        g_assert_true(streq(i->config->name, i->name));
                        g_assert_null(i->vips.fresh);
                        size_t n = 0;
                        for (size_t v = 0; v < i->vips.n; v++)
                                n += !i->vips.items[v]->doomed;
                        g_string_append_printf(s, "%s:%u:%u:%zu ", i->name, i->router.config.vrid,
                                        i->router.config.base_priority, n);
                }
        g_string_append(s, "/");
        (void)tracker_set_foreach(m->trackers, append_tracker, s);
        return g_string_free(s, FALSE);
}

#define BEFORE "stays:1:100:1 changes:2:100:1 restarts:3:100:1 goes:4:100:1 / eth0 eth1 eth2"
#define AFTER "stays:1:100:1 changes:2:110:3 restarts:33:100:1 comes:5:100:1 / eth0 eth1 eth3"

static void drain(Mailbox *records) {
        Record *r;

        while ((r = mailbox_take(records)))
                record_free(r);
}

static void run_ready(Manager *m, Mailbox *records) {
        while (sd_event_run(m->event, 0) > 0)
                drain(records);
        drain(records);
}

static void expect(Manager *m, const char *expected) {
        g_autofree char *got = describe(m);

        g_assert_cmpstr(got, ==, expected);
}

static void reload(Manager *m, const char *text, const char *expected) {
        Record counts = {};

        g_assert_cmpint(manager_reload(m, load(text), &counts), ==, 0);
        expect(m, expected);
}

static void test_every_allocation(void) {
        static _Atomic uint64_t heartbeat;
        ManagerParams params = {.runner_fd = -EBADF, .heartbeat = &heartbeat};
        Config *config = load(before);
        size_t failed = 0, done = 0;
        Manager *m;

        g_assert_cmpint(mailbox_new(MAILBOX_CAPACITY, free_record, &params.records), ==, 0);
        g_assert_cmpint(mailbox_new(MAILBOX_CAPACITY, free_command, &params.commands), ==, 0);
        g_assert_cmpint(manager_new(&params, &config, &m), ==, 0);
        run_ready(m, params.records);
        expect(m, BEFORE);

        for (size_t k = 0;; k++) {
                Config *new = load(after);
                Record counts = {};

                left = k;
                refused = false;
                int r = manager_reload(m, new, &counts);
                left = SIZE_MAX;
                if (r < 0) {
                        g_assert_cmpint(r, ==, -ENOMEM);
                        failed++;
                        expect(m, BEFORE);
                } else {
                        done++;
                        g_assert_cmpuint(counts.reloaded.added, ==, 1);
                        g_assert_cmpuint(counts.reloaded.changed, ==, 2);
                        g_assert_cmpuint(counts.reloaded.removed, ==, 1);
                        expect(m, AFTER);
                }
                run_ready(m, params.records);
                expect(m, r < 0 ? BEFORE : AFTER);
                if (!refused)
                        break;
                if (r >= 0) {
                        reload(m, before, BEFORE);
                        run_ready(m, params.records);
                }
        }
        g_assert_cmpuint(failed, >, 20);
        g_assert_cmpuint(done, >, 1);
        manager_free(m);
        mailbox_free(params.records);
        mailbox_free(params.commands);
}

int main(int argc, char **argv) {
        sigset_t mask;

        g_test_init(&argc, &argv, NULL);
        sigemptyset(&mask);
        sigaddset(&mask, SIGTERM);
        sigaddset(&mask, SIGINT);
        g_assert_cmpint(pthread_sigmask(SIG_BLOCK, &mask, NULL), ==, 0);
        g_assert_cmpint(unshare(CLONE_NEWNET), ==, 0);
        g_assert_cmpint(system("ip link set lo up && ip link add eth0 type veth peer name eth1 && "
                               "ip address add 192.0.2.1/24 dev eth0 && ip link set eth0 up && "
                               "ip link set eth1 up"),
                        ==, 0);
        g_test_add_func("/reload-memory/every-allocation", test_every_allocation);
        return g_test_run();
}
