/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A setting that was changed for an instance is put back: when nobody needs it any more, and after a crash
 * from what the runtime directory says; what somebody else has set meanwhile, or what suited from the
 * beginning, is left alone. */

#include "service/net/sysctl.h"
#include "service/setting-store.h"
#include "service/util/log.h"
#include <glib.h>
#include <glib/gstdio.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

typedef struct Fixture {
        char *directory;
        sd_event *event;
        Netlink *netlink;
        SettingStore *store;
        int ifindex;
        unsigned n_logged;
} Fixture;

static void on_log(const LogRecord *record, void *userdata) {
        ((Fixture *)userdata)->n_logged++;
}

static void set_up(Fixture *f, gconstpointer data) {
        g_assert_cmpint(unshare(CLONE_NEWNET), ==, 0);
        f->directory = g_dir_make_tmp("vrrpd-settings-XXXXXX", NULL);
        g_assert_cmpint(sd_event_new(&f->event), ==, 0);
        g_assert_cmpint(netlink_new(f->event, 0, &f->netlink), ==, 0);
        g_assert_cmpint(setting_store_new(f->directory, f->netlink, &f->store), ==, 0);
        f->ifindex = (int)if_nametoindex("lo");
        log_set_sink(on_log, f);
}

static void tear_down(Fixture *f, gconstpointer data) {
        g_autofree char *file = g_build_filename(f->directory, "settings", NULL);

        log_set_sink(NULL, NULL);
        setting_store_free(f->store);
        netlink_free(f->netlink);
        sd_event_unref(f->event);
        (void)g_unlink(file);
        g_assert_cmpint(g_rmdir(f->directory), ==, 0);
        g_free(f->directory);
}

static int value(const char *key) {
        int v;

        g_assert_cmpint(sysctl_read("ipv4", "lo", key, &v), ==, 0);
        return v;
}

static void acquire(Fixture *f, Setting setting) {
        setting_acquire(f->store, f->ifindex, "lo", setting);
        g_assert_cmpint(netlink_drain(f->netlink, USEC_PER_SEC), ==, 0);
}

static void release(Fixture *f, Setting setting) {
        setting_release(f->store, f->ifindex, setting);
        g_assert_cmpint(netlink_drain(f->netlink, USEC_PER_SEC), ==, 0);
}

static void is_counted(Fixture *f, gconstpointer data) {
        acquire(f, SETTING_ARP_IGNORE);
        acquire(f, SETTING_ARP_IGNORE);
        acquire(f, SETTING_ARP_ANNOUNCE);
        acquire(f, SETTING_PROMOTE_SECONDARIES);
        g_assert_cmpint(value("arp_ignore"), ==, 1);
        g_assert_cmpint(value("arp_announce"), ==, 2);
        g_assert_cmpint(value("promote_secondaries"), ==, 1);
        release(f, SETTING_ARP_IGNORE);
        g_assert_cmpint(value("arp_ignore"), ==, 1);
        release(f, SETTING_ARP_IGNORE);
        release(f, SETTING_ARP_ANNOUNCE);
        release(f, SETTING_PROMOTE_SECONDARIES);
        release(f, SETTING_PROMOTE_SECONDARIES); /* once too often: harmless */
        g_assert_cmpint(value("arp_ignore"), ==, 0);
        g_assert_cmpint(value("arp_announce"), ==, 0);
        g_assert_cmpint(value("promote_secondaries"), ==, 0);
        g_assert_cmpint(setting_store_restore(f->directory), ==, 0);
}

/* A reload gives a setting back for one and takes it for another, before the kernel has carried out
 * anything: it stays, and is put back in the end. The other way round nothing of it remains. */
static void is_handed_on(Fixture *f, gconstpointer data) {
        acquire(f, SETTING_ARP_IGNORE);
        setting_release(f->store, f->ifindex, SETTING_ARP_IGNORE);
        acquire(f, SETTING_ARP_IGNORE);
        g_assert_cmpint(value("arp_ignore"), ==, 1);
        release(f, SETTING_ARP_IGNORE);
        g_assert_cmpint(value("arp_ignore"), ==, 0);

        setting_acquire(f->store, f->ifindex, "lo", SETTING_ARP_ANNOUNCE);
        release(f, SETTING_ARP_ANNOUNCE);
        g_assert_cmpint(value("arp_announce"), ==, 0);
        g_assert_cmpint(setting_store_restore(f->directory), ==, 0);
}

/* The file has a setting until the kernel has put it back: killed in between, the next start does it. */
static void is_kept_until_done(Fixture *f, gconstpointer data) {
        acquire(f, SETTING_ARP_IGNORE);
        setting_release(f->store, f->ifindex, SETTING_ARP_IGNORE);
        g_assert_cmpint(setting_store_restore(f->directory), ==, 1);
        g_assert_cmpint(value("arp_ignore"), ==, 0);
}

static void is_restored(Fixture *f, gconstpointer data) {
        acquire(f, SETTING_ARP_IGNORE);
        acquire(f, SETTING_PROMOTE_SECONDARIES);
        /* The daemon is killed here. */
        g_assert_cmpint(setting_store_restore(f->directory), ==, 2);
        g_assert_cmpint(value("arp_ignore"), ==, 0);
        g_assert_cmpint(value("promote_secondaries"), ==, 0);
        g_assert_cmpint(setting_store_restore(f->directory), ==, 0);
}

static void is_left_alone(Fixture *f, gconstpointer data) {
        g_assert_cmpint(sysctl_write("ipv4", "lo", "arp_ignore", 2), ==, 0);
        acquire(f, SETTING_ARP_IGNORE); /* suits already */
        g_assert_cmpint(value("arp_ignore"), ==, 2);
        release(f, SETTING_ARP_IGNORE);
        g_assert_cmpint(value("arp_ignore"), ==, 2);

        acquire(f, SETTING_ARP_ANNOUNCE);
        g_assert_cmpint(sysctl_write("ipv4", "lo", "arp_announce", 1), ==, 0); /* an administrator */
        release(f, SETTING_ARP_ANNOUNCE);
        g_assert_cmpint(value("arp_announce"), ==, 1);

        acquire(f, SETTING_PROMOTE_SECONDARIES);
        g_assert_cmpint(sysctl_write("ipv4", "lo", "promote_secondaries", 0), ==, 0);
        g_assert_cmpint(setting_store_restore(f->directory), ==, 0);
}

/* Another boot's file says nothing of this one's interfaces, and a damaged line nothing at all. */
static void is_distrusted(Fixture *f, gconstpointer data) {
        g_autofree char *file = g_build_filename(f->directory, "settings", NULL), *text = NULL,
                        *damaged = NULL;

        acquire(f, SETTING_ARP_IGNORE);
        g_assert_true(g_file_get_contents(file, &text, NULL, NULL));
        g_assert_true(g_file_set_contents(file,
                        "vrrpd-settings-1 0123456789abcdef0123456789abcdef\n1 arp_ignore 0 1\n", -1, NULL));
        g_assert_cmpint(setting_store_restore(f->directory), ==, 0);
        g_assert_cmpint(value("arp_ignore"), ==, 1);
        damaged = g_strconcat(text, "99999 arp_ignore 0 1\n1 ../../kernel/hostname 0 1\nx\n", NULL);
        g_assert_true(g_file_set_contents(file, damaged, -1, NULL));
        g_assert_cmpint(setting_store_restore(f->directory), ==, -EBADMSG);
        g_assert_cmpint(value("arp_ignore"), ==, 0); /* the good line counted */
        g_assert_false(g_file_test(file, G_FILE_TEST_EXISTS));
}

static void is_said(Fixture *f, gconstpointer data) {
        setting_acquire(f->store, 12345, "nowhere", SETTING_ARP_IGNORE);
        g_assert_cmpuint(f->n_logged, ==, 1);
        setting_release(f->store, 12345, SETTING_ARP_IGNORE);
        setting_store_free(f->store);
        g_assert_cmpint(setting_store_new("/nonexistent", f->netlink, &f->store), ==, 0);
        acquire(f, SETTING_ARP_IGNORE);
        acquire(f, SETTING_ARP_ANNOUNCE);
        g_assert_cmpuint(f->n_logged, ==, 2); /* once is enough */
        g_assert_cmpint(value("arp_ignore"), ==, 1);
        release(f, SETTING_ARP_IGNORE);
        g_assert_cmpint(value("arp_ignore"), ==, 0);
}

static void is_tried_again(Fixture *f, gconstpointer data) {
        /* What could not be read at first is changed when it can, and put back as all others. */
        setting_acquire(f->store, f->ifindex, "nowhere", SETTING_ARP_IGNORE);
        g_assert_cmpuint(f->n_logged, ==, 1);
        setting_store_retry(f->store);
        setting_store_retry(f->store);
        g_assert_cmpint(netlink_drain(f->netlink, USEC_PER_SEC), ==, 0);
        g_assert_cmpint(value("arp_ignore"), ==, 1);
        release(f, SETTING_ARP_IGNORE);
        g_assert_cmpint(value("arp_ignore"), ==, 0);
        g_assert_cmpuint(f->n_logged, ==, 1);
}

#define N_NAMES 100

static void rename_link(unsigned i) {
        static const char *const names[2] = {"lo", "other"};
        int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        struct ifreq request = {0};

        g_strlcpy(request.ifr_name, names[i % 2], sizeof(request.ifr_name));
        g_strlcpy(request.ifr_newname, names[(i + 1) % 2], sizeof(request.ifr_newname));
        g_assert_cmpint(ioctl(fd, SIOCSIFNAME, &request), ==, 0);
        close(fd);
}

/* One name at a time, when the last one has been dealt with. */
static gpointer rename_often(gpointer userdata) {
        for (unsigned i = 0; i < N_NAMES; i++) {
                g_async_queue_pop(userdata);
                rename_link(i);
        }
        return NULL;
}

static void is_changed_under_a_new_name(Fixture *f, gconstpointer data) {
        /* The kernel tells of a new name before the settings are there under it: they are waited for, and
         * the old value is put back under the name that there is then. */
        const struct sockaddr_nl links = {.nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK};
        int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
        GAsyncQueue *go = g_async_queue_new();
        GThread *thread;

        g_assert_cmpint(bind(fd, (const struct sockaddr *)&links, sizeof(links)), ==, 0);
        thread = g_thread_new("names", rename_often, go);
        for (unsigned i = 0; i < N_NAMES; i++) {
                char message[8192], name[IF_NAMESIZE];
                int now;

                g_async_queue_push(go, go);
                g_assert_cmpint(recv(fd, message, sizeof(message), 0), >, 0);
                g_assert_nonnull(if_indextoname((unsigned)f->ifindex, name));
                if (i % 2 == 0)
                        setting_acquire(f->store, f->ifindex, name, SETTING_ARP_IGNORE);
                else
                        setting_release(f->store, f->ifindex, SETTING_ARP_IGNORE);
                g_assert_cmpint(netlink_drain(f->netlink, USEC_PER_SEC), ==, 0);
                g_assert_cmpint(sysctl_read("ipv4", name, "arp_ignore", &now), ==, 0);
                g_assert_cmpint(now, ==, i % 2 == 0);
                while (recv(fd, message, sizeof(message), MSG_DONTWAIT) > 0)
                        ;
        }
        g_thread_join(thread);
        g_async_queue_unref(go);
        close(fd);
        g_assert_cmpuint(f->n_logged, ==, 0);
}

#define TEST(name) g_test_add("/engine/setting-store/" #name, Fixture, NULL, set_up, name, tear_down)

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);
        TEST(is_counted);
        TEST(is_handed_on);
        TEST(is_kept_until_done);
        TEST(is_restored);
        TEST(is_left_alone);
        TEST(is_distrusted);
        TEST(is_said);
        TEST(is_tried_again);
        TEST(is_changed_under_a_new_name);
        return g_test_run();
}
