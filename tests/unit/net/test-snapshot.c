/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The snapshot of links and addresses, taken from another thread. */

#include "tests/unit/net/lab.h"
#include "service/net/address.h"
#include "service/net/snapshot.h"
#include <arpa/inet.h>

static const NetSnapshotLink *find(const NetSnapshot *s, const char *name) {
        for (size_t i = 0; i < s->n_links; i++)
                if (streq(s->links[i].name, name))
                        return &s->links[i];
        g_error("There is no %s in the snapshot", name);
}

static char *list(const NetSnapshotLink *link) {
        GString *s = g_string_new(NULL);
        char text[VRRP_ADDRESS_STRLEN];

        for (size_t i = 0; i < link->n_addresses; i++)
                g_string_append_printf(s, "%s/%u\n", vrrp_address_to_string(&link->addresses[i], text),
                                link->prefixlens[i]);
        return g_string_free(s, FALSE);
}

static void *take(void *userdata) {
        Lab *lab = userdata;
        NetSnapshot *s = NULL;

        /* A new thread is in its parent's namespace already. */
        g_assert_cmpint(lab->here_fd, >=, 0);
        g_assert_cmpint(net_snapshot_take(&s), ==, 0);
        return s;
}

static void test_thread(Lab *lab, const void *unused) {
        /* All links in order of their index, each with all its addresses and prefix lengths in the kernel's
         * order. */
        _cleanup_(net_snapshot_freep) NetSnapshot *s = NULL;
        g_autofree char *kernel = NULL, *ours = NULL;
        int last = 0;

        for (unsigned i = 0; i < 100; i++)
                lab_run("ip address add 10.0.0.%u/%u dev eth0", i + 1, i % 25 + 8);
        lab_run("ip address add 2001:db8::1/64 dev eth0 nodad");
        lab_run("ip link add bare0 type veth peer name bare1");
        s = g_thread_join(g_thread_new("snapshot", take, lab));
        g_assert_cmpuint(s->n_links, ==, 4);
        for (size_t i = 0; i < s->n_links; i++) {
                g_assert_cmpint(s->links[i].ifindex, >, last);
                last = s->links[i].ifindex;
        }
        g_assert_cmpint(find(s, "eth0")->ifindex, ==, lab_ifindex("eth0"));
        kernel = lab_list_addresses(lab_ifindex("eth0"));
        ours = list(find(s, "eth0"));
        g_assert_cmpstr(ours, ==, kernel);
        g_assert_cmpuint(find(s, "bare0")->n_addresses, ==, 0);
        g_assert_nonnull(find(s, "lo"));
        g_assert_null(net_snapshot_free(NULL));
}

static void test_marked(Lab *lab, const void *unused) {
        /* Our own addresses are not part of what the host has. */
        _cleanup_(net_snapshot_freep) NetSnapshot *s = NULL;
        _cleanup_(netlink_freep) Netlink *n = NULL;
        const AddressRequest r = {.ifindex = lab_ifindex("eth0"),
                        .address = lab_address("203.0.113.1"),
                        .prefixlen = 32};
        g_autofree char *ours = NULL;

        g_assert_cmpint(netlink_new(lab->event, 0, &n), ==, 0);
        g_assert_cmpint(address_add(n, &r, NULL, NULL), ==, 0);
        g_assert_cmpint(netlink_flush(n), ==, 0);
        g_assert_true(lab_find_address(r.ifindex, "203.0.113.1", NULL));
        g_assert_cmpint(net_snapshot_take(&s), ==, 0);
        ours = list(find(s, "eth0"));
        g_assert_nonnull(strstr(ours, "192.0.2.1/24\n"));
        g_assert_null(strstr(ours, "203.0.113.1/32\n"));
}

#define ADD(path, f) g_test_add("/net/snapshot/" path, Lab, NULL, lab_setup, f, lab_teardown)

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        ADD("thread", test_thread);
        ADD("marked", test_marked);
        return g_test_run();
}
