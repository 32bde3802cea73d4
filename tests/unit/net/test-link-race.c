/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The mirror against a netlink made of code: this file is linked in the place of netlink.c, so that the
 * order in which notifications and a dump's answers cross each other is the test's to choose, and failures
 * are, too. */

#include "service/net/link.h"
#include "service/util/log.h"

#include <arpa/inet.h>
#include <glib.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>

/* -- The other netlink -- */

struct Netlink {
        struct {
                uint16_t type;
                NetlinkMessage callback;
                void *userdata;
        } subscribers[4];
        size_t n_subscribers, n_subscribers_max;
        void (*overrun)(void *userdata);
        void *overrun_userdata;

        NetlinkAck done; /* of the dump under way */
        void *done_userdata;
        uint16_t dump_type;
        unsigned n_dumps;
        int dump_error, drain_error;
};

int netlink_subscribe(Netlink *n, uint16_t type, NetlinkMessage callback, void *userdata) {
        if (n->n_subscribers == n->n_subscribers_max)
                return -ENOSPC;
        n->subscribers[n->n_subscribers].type = type;
        n->subscribers[n->n_subscribers].callback = callback;
        n->subscribers[n->n_subscribers++].userdata = userdata;
        return 0;
}

int netlink_on_overrun(Netlink *n, void (*callback)(void *userdata), void *userdata) {
        n->overrun = callback;
        n->overrun_userdata = userdata;
        return 0;
}

int netlink_dump(Netlink *n, uint16_t type, int family, NetlinkAck done, void *userdata) {
        n->n_dumps++;
        if (n->dump_error < 0)
                return n->dump_error;
        g_assert_null(n->done);
        n->dump_type = type;
        n->done = done;
        n->done_userdata = userdata;
        return 0;
}

void netlink_cancel(Netlink *n, void *userdata) {
        n->done = NULL;
}

static void deliver(Netlink *n, struct nl_msg *msg) {
        for (size_t i = 0; i < n->n_subscribers; i++)
                if (n->subscribers[i].type == nlmsg_hdr(msg)->nlmsg_type)
                        n->subscribers[i].callback(nlmsg_hdr(msg), n->subscribers[i].userdata);
        nlmsg_free(msg);
}

/* The dump under way is over. */
static void finish(Netlink *n, int error) {
        NetlinkAck done = n->done;

        g_assert_nonnull(done);
        n->done = NULL;
        done(error, n->done_userdata);
}

typedef enum Said {
        NOTIFIED = 0,
        DUMPED = NLM_F_MULTI,
} Said;

static void say_link(Netlink *n, Said said, uint16_t type, int ifindex, const char *name, uint32_t mtu) {
        const struct ifinfomsg info = {.ifi_index = ifindex, .ifi_flags = IFF_UP};
        struct nl_msg *msg = nlmsg_alloc_simple(type, said);

        g_assert_cmpint(nlmsg_append(msg, (void *)(uintptr_t)&info, sizeof(info), NLMSG_ALIGNTO), ==, 0);
        g_assert_cmpint(nla_put_string(msg, IFLA_IFNAME, name), ==, 0);
        g_assert_cmpint(nla_put_u32(msg, IFLA_MTU, mtu), ==, 0);
        deliver(n, msg);
}

static void say_address(
                Netlink *n, Said said, uint16_t type, int ifindex, const char *address, uint32_t flags) {
        const struct ifaddrmsg info = {
                        .ifa_family = AF_INET, .ifa_prefixlen = 24, .ifa_index = (unsigned)ifindex};
        struct nl_msg *msg = nlmsg_alloc_simple(type, said);
        uint8_t bytes[4];

        g_assert_cmpint(inet_pton(AF_INET, address, bytes), ==, 1);
        g_assert_cmpint(nlmsg_append(msg, (void *)(uintptr_t)&info, sizeof(info), NLMSG_ALIGNTO), ==, 0);
        g_assert_cmpint(nla_put(msg, IFA_LOCAL, sizeof(bytes), bytes), ==, 0);
        g_assert_cmpint(nla_put_u32(msg, IFA_FLAGS, flags), ==, 0);
        deliver(n, msg);
}

/* Only the initial fill drains: it finds eth0 with 10.0.0.1 and 10.0.0.2, and eth1. */
int netlink_drain(Netlink *n, usec_t timeout_usec) {
        if (n->drain_error < 0)
                return n->drain_error;
        g_assert_cmpuint(n->dump_type, ==, RTM_GETLINK);
        say_link(n, DUMPED, RTM_NEWLINK, 2, "eth0", 1500);
        say_link(n, DUMPED, RTM_NEWLINK, 3, "eth1", 1500);
        finish(n, 0);
        g_assert_cmpuint(n->dump_type, ==, RTM_GETADDR);
        say_address(n, DUMPED, RTM_NEWADDR, 2, "10.0.0.1", 0);
        say_address(n, DUMPED, RTM_NEWADDR, 2, "10.0.0.2", 0);
        finish(n, 0);
        g_assert_null(n->done);
        return 0;
}

/* -- The world -- */

typedef struct World {
        Netlink netlink;
        LinkMirror *mirror;
        GString *log;
        unsigned n_logged;
} World;

static void on_change(LinkChange change, const Link *link, const LinkAddress *address, void *userdata) {
        static const char *const names[] = {
                        [LINK_ADDED] = "+",
                        [LINK_CHANGED] = "~",
                        [LINK_REMOVED] = "-",
                        [LINK_ADDRESS_ADDED] = "+",
                        [LINK_ADDRESS_REMOVED] = "-",
        };
        char text[VRRP_ADDRESS_STRLEN];
        World *w = userdata;

        g_string_append_printf(w->log, "%s%s ", names[change],
                        address ? vrrp_address_to_string(&address->address, text) : link->name);
}

static void on_log(const LogRecord *record, void *userdata) {
        World *w = userdata;

        w->n_logged++;
        g_assert_cmpint(record->level, ==, LOG_ERR);
}

static void setup(World *w, const void *unused) {
        w->netlink.n_subscribers_max = 4;
        w->log = g_string_new(NULL);
        log_set_sink(on_log, w);
        g_assert_cmpint(link_mirror_new(&w->netlink, on_change, w, &w->mirror), ==, 0);
        g_assert_cmpuint(w->log->len, ==, 0);
        w->netlink.n_dumps = 0;
}

static void teardown(World *w, const void *unused) {
        g_assert_null(link_mirror_free(w->mirror));
        log_set_sink(NULL, NULL);
        g_string_free(w->log, TRUE);
}

/* What was reported since the last look. */
static void expect(World *w, const char *log) {
        g_assert_cmpstr(w->log->str, ==, log);
        g_string_truncate(w->log, 0);
}

static void overrun(World *w) {
        w->netlink.overrun(w->netlink.overrun_userdata);
}

static void dump_links_unchanged(World *w) {
        g_assert_cmpuint(w->netlink.dump_type, ==, RTM_GETLINK);
        say_link(&w->netlink, DUMPED, RTM_NEWLINK, 2, "eth0", 1500);
        say_link(&w->netlink, DUMPED, RTM_NEWLINK, 3, "eth1", 1500);
        finish(&w->netlink, 0);
        expect(w, "");
}

static void dump_addresses_unchanged(World *w) {
        g_assert_cmpuint(w->netlink.dump_type, ==, RTM_GETADDR);
        say_address(&w->netlink, DUMPED, RTM_NEWADDR, 2, "10.0.0.1", 0);
        say_address(&w->netlink, DUMPED, RTM_NEWADDR, 2, "10.0.0.2", 0);
        finish(&w->netlink, 0);
        g_assert_null(w->netlink.done);
}

static char *addresses(const World *w) {
        const Link *link = link_by_name(w->mirror, "eth0");
        GString *s = g_string_new(NULL);
        char text[VRRP_ADDRESS_STRLEN];

        for (size_t i = 0; i < link->n_addresses; i++)
                g_string_append_printf(s, "%s ", vrrp_address_to_string(&link->addresses[i].address, text));
        return g_string_free(s, FALSE);
}

static void expect_addresses(const World *w, const char *expected) {
        g_autofree char *s = addresses(w);

        g_assert_cmpstr(s, ==, expected);
}

/* -- Links -- */

static void test_deleted_link(World *w, const void *unused) {
        /* A link deleted since the dump was asked for is not brought back by the dump's older answer; its
         * namesake is. */
        overrun(w);
        say_link(&w->netlink, NOTIFIED, RTM_DELLINK, 3, "eth1", 1500);
        say_link(&w->netlink, NOTIFIED, RTM_NEWLINK, 4, "eth1", 1500);
        expect(w, "-eth1 +eth1 ");
        say_link(&w->netlink, DUMPED, RTM_NEWLINK, 2, "eth0", 1500);
        say_link(&w->netlink, DUMPED, RTM_NEWLINK, 3, "eth1", 1500);
        finish(&w->netlink, 0);
        dump_addresses_unchanged(w);
        expect(w, "");
        g_assert_cmpint(link_by_name(w->mirror, "eth1")->ifindex, ==, 4);
        g_assert_null(link_by_index(w->mirror, 3));
}

static void test_newer_link(World *w, const void *unused) {
        /* What a notification said of a link since the dump was asked for is not undone by the dump's older
         * answer: neither a change nor a new name nor a new link. */
        overrun(w);
        say_link(&w->netlink, NOTIFIED, RTM_NEWLINK, 2, "eth0", 1400);
        say_link(&w->netlink, NOTIFIED, RTM_NEWLINK, 3, "wan0", 1500);
        say_link(&w->netlink, NOTIFIED, RTM_NEWLINK, 7, "new0", 1500);
        expect(w, "~eth0 -eth1 +wan0 +new0 ");
        say_link(&w->netlink, DUMPED, RTM_NEWLINK, 2, "eth0", 1500);
        say_link(&w->netlink, DUMPED, RTM_NEWLINK, 3, "eth1", 1500);
        finish(&w->netlink, 0);
        dump_addresses_unchanged(w);
        expect(w, "");
        g_assert_cmpuint(link_by_name(w->mirror, "eth0")->mtu, ==, 1400);
        g_assert_nonnull(link_by_name(w->mirror, "wan0"));
        g_assert_nonnull(link_by_name(w->mirror, "new0"));
}

static void test_lost_link_changes(World *w, const void *unused) {
        /* A dump finds what was lost: a link gone, a change, a link new, each reported once. */
        overrun(w);
        say_link(&w->netlink, DUMPED, RTM_NEWLINK, 2, "eth0", 9000);
        say_link(&w->netlink, DUMPED, RTM_NEWLINK, 5, "new0", 1500);
        expect(w, "~eth0 +new0 ");
        finish(&w->netlink, 0);
        expect(w, "-eth1 ");
        dump_addresses_unchanged(w);
        expect(w, "");
}

static void test_namesake(World *w, const void *unused) {
        /* When the dump shows a known name under another index, the old bearer ends before the new one
         * begins; shown later under another name, it is back. */
        overrun(w);
        say_link(&w->netlink, DUMPED, RTM_NEWLINK, 2, "eth1", 1500);
        expect(w, "-eth1 -eth0 +eth1 ");
        say_link(&w->netlink, DUMPED, RTM_NEWLINK, 3, "eth0", 1500);
        expect(w, "+eth0 ");
        finish(&w->netlink, 0);
        dump_addresses_unchanged(w);
        g_assert_cmpint(link_by_name(w->mirror, "eth1")->ifindex, ==, 2);
        g_assert_cmpint(link_by_name(w->mirror, "eth0")->ifindex, ==, 3);
}

/* -- Addresses -- */

static void test_deleted_address(World *w, const void *unused) {
        /* An address deleted since the dump was asked for is not brought back; deleted and added again it is
         * there, once. */
        overrun(w);
        dump_links_unchanged(w);
        say_address(&w->netlink, NOTIFIED, RTM_DELADDR, 2, "10.0.0.1", 0);
        say_address(&w->netlink, NOTIFIED, RTM_DELADDR, 2, "10.0.0.2", 0);
        say_address(&w->netlink, NOTIFIED, RTM_NEWADDR, 2, "10.0.0.2", 0);
        expect(w, "-10.0.0.1 -10.0.0.2 +10.0.0.2 ");
        dump_addresses_unchanged(w);
        expect(w, "");
        expect_addresses(w, "10.0.0.2 ");
        /* The next dump starts without old tombstones. */
        overrun(w);
        dump_links_unchanged(w);
        dump_addresses_unchanged(w);
        expect(w, "+10.0.0.1 ");
        expect_addresses(w, "10.0.0.1 10.0.0.2 ");
}

static void test_newer_address(World *w, const void *unused) {
        /* Flags and addresses that were notified since are newer than the dump's answer. */
        overrun(w);
        dump_links_unchanged(w);
        say_address(&w->netlink, NOTIFIED, RTM_NEWADDR, 2, "10.0.0.1", IFA_F_NODAD);
        say_address(&w->netlink, NOTIFIED, RTM_NEWADDR, 2, "10.0.0.3", 0);
        expect(w, "+10.0.0.1 +10.0.0.3 ");
        dump_addresses_unchanged(w);
        expect(w, "");
        expect_addresses(w, "10.0.0.1 10.0.0.2 10.0.0.3 ");
        g_assert_cmpuint(link_by_name(w->mirror, "eth0")->addresses[0].flags, ==, IFA_F_NODAD);
}

static void test_lost_address_changes(World *w, const void *unused) {
        /* A dump finds an address gone, one changed, one new, and brings the array into its own order. */
        overrun(w);
        dump_links_unchanged(w);
        say_address(&w->netlink, DUMPED, RTM_NEWADDR, 2, "10.0.0.9", 0);
        say_address(&w->netlink, DUMPED, RTM_NEWADDR, 2, "10.0.0.2", IFA_F_NODAD);
        expect(w, "+10.0.0.9 +10.0.0.2 ");
        finish(&w->netlink, 0);
        expect(w, "-10.0.0.1 ");
        expect_addresses(w, "10.0.0.9 10.0.0.2 ");

        overrun(w);
        dump_links_unchanged(w);
        say_address(&w->netlink, DUMPED, RTM_NEWADDR, 2, "10.0.0.2", IFA_F_NODAD);
        say_address(&w->netlink, DUMPED, RTM_NEWADDR, 2, "10.0.0.9", 0);
        finish(&w->netlink, 0);
        expect(w, "");
        expect_addresses(w, "10.0.0.2 10.0.0.9 ");
}

static void test_vanishing_link(World *w, const void *unused) {
        /* A link that goes while its addresses are dumped takes them along; answers for a link that is not
         * known are not heard. */
        overrun(w);
        dump_links_unchanged(w);
        say_address(&w->netlink, DUMPED, RTM_NEWADDR, 2, "10.0.0.1", 0);
        say_link(&w->netlink, NOTIFIED, RTM_DELLINK, 2, "eth0", 1500);
        expect(w, "-eth0 ");
        say_address(&w->netlink, DUMPED, RTM_NEWADDR, 2, "10.0.0.2", 0);
        say_address(&w->netlink, NOTIFIED, RTM_DELADDR, 2, "10.0.0.2", 0);
        finish(&w->netlink, 0);
        expect(w, "");
}

/* -- Failures -- */

static void test_overrun_again(World *w, const void *unused) {
        /* A loss during a dump makes that dump worthless: nothing is dropped for missing from it, and all is
         * asked again. */
        overrun(w);
        overrun(w);
        g_assert_cmpuint(w->netlink.n_dumps, ==, 1);
        finish(&w->netlink, 0);
        expect(w, "");
        g_assert_cmpuint(w->netlink.n_dumps, ==, 2);
        dump_links_unchanged(w);
        overrun(w);
        finish(&w->netlink, 0);
        expect(w, "");
        expect_addresses(w, "10.0.0.1 10.0.0.2 ");
        dump_links_unchanged(w);
        dump_addresses_unchanged(w);
        expect(w, "");
}

static void test_failing_dump(World *w, const void *unused) {
        /* A dump that fails drops nothing and is asked again, but not for ever: then one line is logged, and
         * the next loss begins anew. */
        overrun(w);
        while (w->netlink.done)
                finish(&w->netlink, -ENOBUFS);
        g_assert_cmpuint(w->netlink.n_dumps, ==, 8);
        g_assert_cmpuint(w->n_logged, ==, 1);
        expect(w, "");
        say_link(&w->netlink, NOTIFIED, RTM_NEWLINK, 2, "eth0", 1400);
        say_link(&w->netlink, NOTIFIED, RTM_NEWLINK, 2, "eth0", 1500);
        expect(w, "~eth0 ~eth0 ");

        overrun(w);
        finish(&w->netlink, -ENOBUFS);
        dump_links_unchanged(w);
        dump_addresses_unchanged(w);
        expect(w, "");
        g_assert_cmpuint(w->n_logged, ==, 1);
}

static void test_impossible_dump(World *w, const void *unused) {
        /* A dump that cannot even be asked for ends the same way, at once. */
        w->netlink.dump_error = -ENOMEM;
        overrun(w);
        g_assert_cmpuint(w->netlink.n_dumps, ==, 8);
        g_assert_cmpuint(w->n_logged, ==, 1);
        w->netlink.dump_error = 0;
        overrun(w);
        dump_links_unchanged(w);
        w->netlink.dump_error = -ENOMEM;
        say_address(&w->netlink, DUMPED, RTM_NEWADDR, 2, "10.0.0.1", 0);
        finish(&w->netlink, -EIO);
        g_assert_null(w->netlink.done);
        g_assert_cmpuint(w->n_logged, ==, 2);
        expect(w, "");
        expect_addresses(w, "10.0.0.1 10.0.0.2 ");
}

static void test_stray(World *w, const void *unused) {
        /* Answers to another's dump, and messages that are malformed or of no concern, change nothing. */
        struct nl_msg *msg;

        say_link(&w->netlink, DUMPED, RTM_NEWLINK, 9, "stray0", 1500);
        say_address(&w->netlink, DUMPED, RTM_NEWADDR, 2, "10.0.0.77", 0);
        say_link(&w->netlink, NOTIFIED, RTM_NEWLINK, 0, "zero0", 1500);
        say_link(&w->netlink, NOTIFIED, RTM_NEWLINK, 9, "", 1500);
        say_address(&w->netlink, NOTIFIED, RTM_NEWADDR, 99, "10.0.0.77", 0);
        say_address(&w->netlink, NOTIFIED, RTM_DELADDR, 2, "10.0.0.77", 0);
        say_link(&w->netlink, NOTIFIED, RTM_DELLINK, 99, "eth9", 1500);
        for (uint16_t type = RTM_NEWLINK; type <= RTM_DELADDR; type++)
                if (type <= RTM_DELLINK || type >= RTM_NEWADDR) {
                        msg = nlmsg_alloc_simple(type, 0);
                        deliver(&w->netlink, msg);
                }
        expect(w, "");
}

static void test_new_fails(void) {
        /* Each thing that can fail when the mirror is made comes back as its error, and nothing is left. */
        LinkMirror *m = NULL;

        for (size_t max = 0; max < 4; max++) {
                Netlink n = {.n_subscribers_max = max};

                g_assert_cmpint(link_mirror_new(&n, on_change, NULL, &m), ==, -ENOSPC);
        }
        g_assert_cmpint(link_mirror_new(&(Netlink){.n_subscribers_max = 4, .drain_error = -ETIMEDOUT},
                                        on_change, NULL, &m),
                        ==, -ETIMEDOUT);
        g_assert_cmpint(link_mirror_new(&(Netlink){.n_subscribers_max = 4, .dump_error = -EMFILE}, on_change,
                                        NULL, &m),
                        ==, -EMFILE);
        g_assert_null(m);
        g_assert_null(link_mirror_free(NULL));
}

#define ADD(path, f) g_test_add("/net/link-race/" path, World, NULL, setup, f, teardown)

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        ADD("deleted-link", test_deleted_link);
        ADD("newer-link", test_newer_link);
        ADD("lost-link-changes", test_lost_link_changes);
        ADD("namesake", test_namesake);
        ADD("deleted-address", test_deleted_address);
        ADD("newer-address", test_newer_address);
        ADD("lost-address-changes", test_lost_address_changes);
        ADD("vanishing-link", test_vanishing_link);
        ADD("overrun-again", test_overrun_again);
        ADD("failing-dump", test_failing_dump);
        ADD("impossible-dump", test_impossible_dump);
        ADD("stray", test_stray);
        g_test_add_func("/net/link-race/new-fails", test_new_fails);
        return g_test_run();
}
