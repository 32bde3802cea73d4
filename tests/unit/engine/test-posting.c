/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* More instances and trackers than the mailbox holds records: they are published in portions, so that
 * neither a resync nor a reload makes it overflow, however slowly the bus side reads. The engine is the real
 * one, in a network namespace of its own (needs root); its interfaces are missing, as it is their number
 * that counts. */

#include "service/config/load.h"
#include "service/manager.h"
#include <glib.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>

#define INTERFACES 20
#define PER_INTERFACE 240
#define N_INSTANCES ((size_t)INTERFACES * PER_INTERFACE)
#define N_TRACKERS ((size_t)INTERFACES)

typedef struct Counts {
        size_t instances, trackers;
        bool done, reloaded, reloaded_first; /* RELOADED came before a status */
} Counts;

static Config *load(unsigned priority) {
        g_autoptr(GString) text = g_string_new(NULL);
        ConfigMessages messages = {};
        Config *config = NULL;

        for (unsigned i = 0; i < INTERFACES; i++)
                for (unsigned k = 1; k <= PER_INTERFACE; k++)
                        g_string_append_printf(text,
                                        "vrrp_instance V%u_%u {\n interface x%u\n virtual_router_id %u\n "
                                        "priority %u\n"
                                        " virtual_ipaddress {\n 10.%u.%u.1/24\n }\n track_interface {\n "
                                        "y%u\n }\n}\n",
                                        i, k, i, k, priority, i, k, i);
        g_assert_cmpint(config_load_buffer("t", text->str, text->len, "me", &messages, &config), ==, 0);
        config_messages_clear(&messages);
        return config;
}

static void free_record(void *record) {
        record_free(record);
}

static void free_command(void *command) {
        command_free(command);
}

static bool take(Mailbox *records, Counts *c) {
        _cleanup_(record_freep) Record *r = mailbox_take(records);

        if (!r)
                return false;
        if (r->type == RECORD_INSTANCE) {
                c->instances++;
                c->reloaded_first = c->reloaded_first || c->reloaded;
        } else if (r->type == RECORD_TRACKER)
                c->trackers++;
        else if (r->type == RECORD_RESYNC_DONE)
                c->done = true;
        else if (r->type == RECORD_RELOADED)
                c->reloaded = r->result >= 0;
        return true;
}

static void drain(Manager *m, Mailbox *records, Counts *c) {
        while (sd_event_run(m->event, 5000) > 0 || mailbox_waiting(records) > 0)
                while (take(records, c))
                        ;
}

/* A slow reader: a few records each time. */
static void read_slowly(Manager *m, Mailbox *records, Counts *c, const bool *until) {
        while (!*until) {
                g_assert_cmpint(sd_event_run(m->event, USEC_PER_MSEC), >=, 0);
                g_assert_false(mailbox_take_overflow(records));
                for (unsigned k = 0; k < 100 && !*until && take(records, c); k++)
                        ;
        }
}

static void test_portions(void) {
        static _Atomic uint64_t heartbeat;
        ManagerParams params = {.runner_fd = -EBADF, .heartbeat = &heartbeat};
        Config *config = load(100);
        Counts start = {}, resync = {}, reload = {};
        Command *c;
        Manager *m;

        g_assert_cmpint(mailbox_new(MAILBOX_CAPACITY, free_record, &params.records), ==, 0);
        g_assert_cmpint(mailbox_new(MAILBOX_CAPACITY, free_command, &params.commands), ==, 0);
        g_assert_cmpint(manager_new(&params, &config, &m), ==, 0);
        drain(m, params.records, &start);
        (void)mailbox_take_overflow(params.records); /* thousands of faults at once, each an event */

        g_assert_cmpint(command_new(COMMAND_RESYNC, &c), ==, 0);
        c->request = 7;
        g_assert_cmpint(mailbox_post(params.commands, c), ==, 0);
        read_slowly(m, params.records, &resync, &resync.done);
        g_assert_cmpuint(resync.instances, ==, N_INSTANCES);
        g_assert_cmpuint(resync.trackers, ==, N_TRACKERS);

        g_assert_cmpint(command_new(COMMAND_RELOAD, &c), ==, 0);
        c->config = load(101);
        g_assert_cmpint(mailbox_post(params.commands, c), ==, 0);
        read_slowly(m, params.records, &reload, &reload.reloaded);
        g_assert_cmpuint(reload.instances, >=, N_INSTANCES);
        g_assert_false(reload.reloaded_first);

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
        g_test_add_func("/posting/portions", test_portions);
        return g_test_run();
}
