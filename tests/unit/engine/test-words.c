/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Who holds an instance and why, as an administrator said it: the words of a command that comes to nothing
 * do not take the place of those of the hold that goes on. The engine is the real one, in a network
 * namespace of its own (needs root). */

#include "service/clock.h"
#include "service/config/load.h"
#include "service/manager.h"
#include <glib.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>

static const char text[] = "vrrp_instance V {\n interface eth0\n virtual_router_id 1\n priority 100\n"
                           " virtual_ipaddress {\n 192.0.2.11/24\n }\n}\n";

static void free_record(void *record) {
        record_free(record);
}

static void free_command(void *command) {
        command_free(command);
}

static void run_ready(Manager *m, Mailbox *records) {
        Record *r;

        while (sd_event_run(m->event, 0) > 0)
                ;
        while ((r = mailbox_take(records)))
                record_free(r);
}

/* The kernel says a moment after it has set a link up that it can be used. */
static void wait_for_backup(Manager *m, Mailbox *records, const Instance *i) {
        usec_t patience = 30 * USEC_PER_SEC;

        for (usec_t end = now_monotonic() + patience; i->router.state != VRRP_BACKUP;
                        run_ready(m, records)) {
                g_assert_cmpuint(now_monotonic(), <, end);
                g_assert_cmpint(sd_event_run(m->event, patience), >=, 0);
        }
}

static void command(Instance *i, VrrpOperation operation, uint64_t id, const char *reason, uint32_t uid) {
        Command c = {.type = COMMAND_OPERATION, .operation = operation, .operation_id = id, .uid = uid};

        (void)snprintf(c.reason, sizeof(c.reason), "%s", reason);
        instance_command(i, &c);
}

static void expect(const Instance *i, VrrpAdminState admin, const char *reason, uint32_t uid) {
        g_assert_cmpint(i->router.admin, ==, admin);
        g_assert_cmpstr(i->admin_reason, ==, reason);
        g_assert_cmpuint(i->admin_uid, ==, uid);
}

static void test_refused(void) {
        static _Atomic uint64_t heartbeat;
        ManagerParams params = {.runner_fd = -EBADF, .heartbeat = &heartbeat};
        ConfigMessages messages = {};
        Config *config;
        Manager *m;

        g_assert_cmpint(mailbox_new(MAILBOX_CAPACITY, free_record, &params.records), ==, 0);
        g_assert_cmpint(mailbox_new(MAILBOX_CAPACITY, free_command, &params.commands), ==, 0);
        g_assert_cmpint(config_load_buffer("t", text, strlen(text), "me", &messages, &config), ==, 0);
        config_messages_clear(&messages);
        g_assert_cmpint(manager_new(&params, &config, &m), ==, 0);
        run_ready(m, params.records);
        Instance *i = CONTAINER_OF(m->instances.next, Instance, node);
        wait_for_backup(m, params.records, i);

        command(i, VRRP_OP_PAUSE, 1, "disk swap", 1000);
        expect(i, VRRP_ADMIN_PAUSED, "disk swap", 1000);
        command(i, VRRP_OP_ELECTION, 2, "impatience", 2000); /* refused by its state */
        expect(i, VRRP_ADMIN_PAUSED, "disk swap", 1000);
        command(i, VRRP_OP_PAUSE, 3, "disk and fan", 3000); /* the same again: who did it last */
        expect(i, VRRP_ADMIN_PAUSED, "disk and fan", 3000);
        command(i, VRRP_OP_RESUME, 4, "", 0);
        expect(i, VRRP_ADMIN_ENABLED, "", UINT32_MAX);

        /* As after a failover to a better router. */
        i->router.admin = VRRP_ADMIN_YIELDING;
        i->router.admin_expire_usec = USEC_INFINITY;
        i->router.master_address = (VrrpAddress){.family = AF_INET, .bytes = {192, 0, 2, 9}};
        i->router.master_priority = 250;
        (void)snprintf(i->admin_reason, sizeof(i->admin_reason), "new kernel");
        i->admin_uid = 1000;
        command(i, VRRP_OP_ELECTION, 5, "impatience", 2000); /* refused by the priorities */
        expect(i, VRRP_ADMIN_YIELDING, "new kernel", 1000);

        run_ready(m, params.records);
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
        g_assert_cmpint(system("ip link add eth0 type veth peer name eth1 && ip address add 192.0.2.1/24 "
                               "dev eth0 && "
                               "ip link set eth0 up && ip link set eth1 up"),
                        ==, 0);
        g_test_add_func("/words/refused", test_refused);
        return g_test_run();
}
