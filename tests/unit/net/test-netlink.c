/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Requests, acks and address messages, against the real kernel in a namespace of our own. */

#include "tests/unit/net/lab.h"
#include "service/net/address-sweep.h"
#include "service/net/address.h"
#include "service/net/netlink.h"
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>

typedef struct Acks {
        unsigned n, n_wanted;
        int last, worst;
        Netlink *netlink;
} Acks;

static void on_ack(int error, void *userdata) {
        Acks *a = userdata;

        a->n++;
        a->last = error;
        a->worst = MIN(a->worst, error);
}

static bool all_acked(void *userdata) {
        Acks *a = userdata;

        return a->n >= a->n_wanted;
}

static AddressRequest request(const char *address, uint8_t prefixlen) {
        return (AddressRequest){.ifindex = lab_ifindex("eth0"),
                        .address = lab_address(address),
                        .prefixlen = prefixlen};
}

static Netlink *new_netlink(Lab *lab) {
        Netlink *n;

        g_assert_cmpint(netlink_new(lab->event, 10, &n), >=, 0);
        return n;
}

/* Runs one request to its ack and returns that. */
static int one(Lab *lab, Netlink *n, int (*f)(Netlink *, const AddressRequest *, NetlinkAck, void *),
                const AddressRequest *r) {
        Acks acks = {.n_wanted = 1};

        g_assert_cmpint(f(n, r, on_ack, &acks), >=, 0);
        g_assert_cmpint(netlink_flush(n), ==, 0);
        lab_wait(lab, all_acked, &acks);
        return acks.last;
}

static void test_add_remove(Lab *lab, const void *unused) {
        /* An address added carries our mark and every detail asked for, is there as soon as flush returns,
         * and is gone after the removal. Adding twice is no error, removing twice is EADDRNOTAVAIL. */
        _cleanup_(netlink_freep) Netlink *n = new_netlink(lab);
        AddressRequest r = request("198.51.100.10", 24);
        Acks acks = {.n_wanted = 1};
        LabAddress found;

        r.label = "eth0:vip";
        r.broadcast = lab_address("198.51.100.255");
        r.scope = RT_SCOPE_LINK;
        g_assert_cmpint(address_add(n, &r, on_ack, &acks), >=, 0);
        g_assert_false(lab_find_address(r.ifindex, "198.51.100.10", NULL));
        g_assert_cmpint(netlink_flush(n), ==, 0);
        g_assert_cmpuint(acks.n, ==, 0);
        g_assert_true(lab_find_address(r.ifindex, "198.51.100.10", &found));
        lab_wait(lab, all_acked, &acks);
        g_assert_cmpint(acks.last, ==, 0);

        g_assert_cmpuint(found.protocol, ==, VRRPD_PROTOCOL);
        g_assert_cmpuint(found.prefixlen, ==, 24);
        g_assert_cmpuint(found.scope, ==, RT_SCOPE_LINK);
        g_assert_cmpstr(found.label, ==, "eth0:vip");
        g_assert_true(vrrp_address_equal(&found.broadcast, &r.broadcast));

        g_assert_cmpint(one(lab, n, address_add, &r), ==, 0);
        g_assert_cmpuint(lab_count_addresses(r.ifindex, AF_INET), ==, 2);
        g_assert_cmpint(one(lab, n, address_remove, &r), ==, 0);
        g_assert_false(lab_find_address(r.ifindex, "198.51.100.10", NULL));
        g_assert_cmpint(one(lab, n, address_remove, &r), ==, -EADDRNOTAVAIL);
}

static void test_ipv6(Lab *lab, const void *unused) {
        /* An IPv6 address is added without DAD and deprecated when asked, marked, and removed again. */
        _cleanup_(netlink_freep) Netlink *n = new_netlink(lab);
        AddressRequest r = request("2001:db8::10", 128);
        LabAddress found;

        r.flags = IFA_F_NODAD;
        r.deprecated = true;
        g_assert_cmpint(one(lab, n, address_add, &r), ==, 0);
        g_assert_true(lab_find_address(r.ifindex, "2001:db8::10", &found));
        g_assert_cmpuint(found.protocol, ==, VRRPD_PROTOCOL);
        g_assert_cmpuint(found.prefixlen, ==, 128);
        g_assert_cmpuint(found.flags & (IFA_F_NODAD | IFA_F_DEPRECATED | IFA_F_TENTATIVE), ==,
                        IFA_F_NODAD | IFA_F_DEPRECATED);
        g_assert_cmpuint(found.preferred_lifetime, ==, 0);
        g_assert_cmpint(one(lab, n, address_add, &r), ==, 0);
        g_assert_cmpint(one(lab, n, address_remove, &r), ==, 0);
        g_assert_false(lab_find_address(r.ifindex, "2001:db8::10", NULL));
        g_assert_cmpint(one(lab, n, address_remove, &r), ==, -EADDRNOTAVAIL);
}

static void test_peer(Lab *lab, const void *unused) {
        /* A point-to-point address has its peer, and is found again for removal with it. */
        _cleanup_(netlink_freep) Netlink *n = new_netlink(lab);
        AddressRequest r = request("198.51.100.1", 32);
        LabAddress found;

        r.peer = lab_address("198.51.100.2");
        g_assert_cmpint(one(lab, n, address_add, &r), ==, 0);
        g_assert_true(lab_find_address(r.ifindex, "198.51.100.1", &found));
        g_assert_true(vrrp_address_equal(&found.peer, &r.peer));
        g_assert_cmpint(one(lab, n, address_remove, &r), ==, 0);
        g_assert_false(lab_find_address(r.ifindex, "198.51.100.1", NULL));
}

static void test_errors(Lab *lab, const void *unused) {
        /* The kernel's refusals arrive as errno in the ack; nonsense is refused before it is queued. */
        _cleanup_(netlink_freep) Netlink *n = new_netlink(lab);
        AddressRequest r = request("192.0.2.10", 24);

        r.ifindex = 4711;
        g_assert_cmpint(one(lab, n, address_add, &r), ==, -ENODEV);
        g_assert_cmpint(one(lab, n, address_remove, &r), ==, -ENODEV);

        r = request("192.0.2.10", 33);
        g_assert_cmpint(address_add(n, &r, NULL, NULL), ==, -EINVAL);
        r = request("192.0.2.10", 24);
        r.label = "a-label-of-16-by";
        g_assert_cmpint(address_add(n, &r, NULL, NULL), ==, -EINVAL);
        r = request("192.0.2.10", 24);
        r.peer = lab_address("2001:db8::1");
        g_assert_cmpint(address_add(n, &r, NULL, NULL), ==, -EINVAL);
        r.address.family = 0;
        g_assert_cmpint(address_remove(n, &r, NULL, NULL), ==, -EINVAL);
        r = request("192.0.2.10", 24);
        r.ifindex = 0;
        g_assert_cmpint(address_add(n, &r, NULL, NULL), ==, -EINVAL);
}

static void test_batch(Lab *lab, const void *unused) {
        /* A thousand requests queued at once are all carried out and each is acknowledged once, in the loop;
         * errors among them hit their own request only. */
        _cleanup_(netlink_freep) Netlink *n = new_netlink(lab);
        Acks good = {.n_wanted = 1000}, bad = {.n_wanted = 10};
        AddressRequest r = request("10.0.0.0", 32), wrong = request("10.1.0.0", 32);

        wrong.ifindex = 4711;
        for (unsigned i = 0; i < 1000; i++) {
                r.address.bytes[2] = (uint8_t)(i / 250);
                r.address.bytes[3] = (uint8_t)(i % 250 + 1);
                g_assert_cmpint(address_add(n, &r, on_ack, &good), >=, 0);
                if (i % 100 == 0)
                        g_assert_cmpint(address_add(n, &wrong, on_ack, &bad), >=, 0);
        }
        g_assert_cmpint(netlink_flush(n), ==, 0);
        g_assert_cmpuint(good.n + bad.n, ==, 0);
        lab_wait(lab, all_acked, &good);
        lab_wait(lab, all_acked, &bad);
        lab_run_ready(lab);
        g_assert_cmpuint(lab_count_addresses(r.ifindex, AF_INET), ==, 1001);
        g_assert_cmpuint(good.n, ==, 1000);
        g_assert_cmpint(good.worst, ==, 0);
        g_assert_cmpuint(bad.n, ==, 10);
        g_assert_cmpint(bad.last, ==, -ENODEV);
}

static void on_words(int error, void *userdata) {
        Acks *a = userdata;

        g_assert_cmpstr(netlink_error_words(a->netlink), ==, "ipv4: Invalid prefix length");
        on_ack(error, userdata);
}

static void test_words(Lab *lab, const void *unused) {
        /* The kernel's own words come with the error, during the callback only, and not with the success
         * after it. */
        _cleanup_(netlink_freep) Netlink *n = new_netlink(lab);
        Acks acks = {.n_wanted = 1, .netlink = n}, good = {.n_wanted = 1};
        AddressRequest r = request("192.0.2.10", 24);
        const struct ifaddrmsg info = {
                        .ifa_family = AF_INET, .ifa_prefixlen = 77, .ifa_index = (unsigned)r.ifindex};
        struct nl_msg *msg = nlmsg_alloc_simple(RTM_NEWADDR, NLM_F_CREATE);

        g_assert_cmpint(nlmsg_append(msg, (void *)(uintptr_t)&info, sizeof(info), NLMSG_ALIGNTO), ==, 0);
        g_assert_cmpint(nla_put(msg, IFA_LOCAL, 4, r.address.bytes), ==, 0);
        g_assert_cmpint(netlink_request(n, msg, on_words, &acks), ==, 0);
        g_assert_cmpint(address_add(n, &r, on_ack, &good), ==, 0);
        g_assert_cmpint(netlink_flush(n), ==, 0);
        lab_wait(lab, all_acked, &acks);
        lab_wait(lab, all_acked, &good);
        g_assert_cmpint(acks.last, ==, -EINVAL);
        g_assert_cmpint(good.last, ==, 0);
        g_assert_null(netlink_error_words(n));
}

static void test_lost_acks(Lab *lab, const void *unused) {
        /* When the kernel has no room for its acks, every request is still carried out, every callback comes
         * once, those whose ack was lost with ENOBUFS; the next request is acknowledged as ever. */
        _cleanup_(netlink_freep) Netlink *n = new_netlink(lab);
        Acks acks = {.n_wanted = 1000};
        AddressRequest r = request("10.0.0.0", 32);

        lab_shrink_buffers(1);
        for (unsigned i = 0; i < 1000; i++) {
                r.address.bytes[2] = (uint8_t)(i / 250);
                r.address.bytes[3] = (uint8_t)(i % 250 + 1);
                g_assert_cmpint(address_add(n, &r, on_ack, &acks), >=, 0);
        }
        g_assert_cmpint(netlink_flush(n), ==, 0);
        lab_wait(lab, all_acked, &acks);
        g_assert_cmpuint(lab_count_addresses(r.ifindex, AF_INET), ==, 1001);
        lab_run_ready(lab);
        g_assert_cmpuint(acks.n, ==, 1000);
        g_assert_cmpint(acks.worst, ==, -ENOBUFS);
        g_assert_cmpint(one(lab, n, address_remove, &r), ==, 0);
}

static void test_many_acks(Lab *lab, const void *unused) {
        /* A flush of more requests than acks fit into the buffer loses none, as it reads those of each batch
         * before the next. */
        enum { N = 5000 };
        _cleanup_(netlink_freep) Netlink *n = new_netlink(lab);
        Acks acks = {.n_wanted = N};
        AddressRequest r = request("10.0.0.0", 32);

        lab_shrink_buffers(512 * 1024);
        r.ifindex = 4711;
        for (unsigned i = 0; i < N; i++)
                g_assert_cmpint(address_remove(n, &r, on_ack, &acks), >=, 0);
        g_assert_cmpint(netlink_flush(n), ==, 0);
        lab_wait(lab, all_acked, &acks);
        g_assert_cmpint(acks.worst, ==, -ENODEV);
}

typedef struct Turns {
        Netlink *netlink;
        Acks *acks;
        int ifindex;
        uint64_t first;
        unsigned n;
} Turns;

static void on_sent(void *userdata) {
        Turns *t = userdata;
        unsigned before = (t->n + 1) * NETLINK_TURN, sent = MIN(before + NETLINK_TURN, 100U);

        t->n++;
        g_assert_cmpuint(lab_count_addresses(t->ifindex, AF_INET), ==, 1 + sent);
        g_assert_true(netlink_was_sent(t->netlink, t->first + sent - 1));
        g_assert_false(netlink_was_sent(t->netlink, t->first + sent));
        g_assert_cmpuint(t->acks->n, <=, before);
}

static void test_turns(Lab *lab, const void *unused) {
        /* A long queue leaves in turns of the loop, so many requests in each: what has been sent is there
         * and known to be, who waits for it is told after each turn and before the acks of that turn, and
         * other sources of the loop are served in between. */
        _cleanup_(netlink_freep) Netlink *n = new_netlink(lab);
        Acks acks = {.n_wanted = 100};
        AddressRequest r = request("10.0.0.0", 32);
        Turns turns = {.netlink = n, .acks = &acks, .ifindex = r.ifindex, .first = netlink_ticket(n) + 1};

        netlink_on_sent(n, on_sent, &turns);
        for (unsigned i = 0; i < 100; i++) {
                r.address.bytes[3] = (uint8_t)(i + 1);
                g_assert_cmpint(address_add(n, &r, on_ack, &acks), >=, 0);
                g_assert_cmpuint(netlink_ticket(n), ==, turns.first + i);
        }
        g_assert_false(netlink_was_sent(n, turns.first));
        g_assert_cmpint(netlink_flush(n), ==, 0);
        g_assert_cmpuint(lab_count_addresses(r.ifindex, AF_INET), ==, 1 + NETLINK_TURN);
        g_assert_true(netlink_was_sent(n, turns.first + NETLINK_TURN - 1));
        g_assert_false(netlink_was_sent(n, turns.first + NETLINK_TURN));
        lab_wait(lab, all_acked, &acks);
        g_assert_cmpuint(turns.n, ==, 3);
        g_assert_cmpint(acks.worst, ==, 0);
}

static void chain(int error, void *userdata) {
        Acks *a = userdata;
        AddressRequest r = request("192.0.2.11", 24);

        g_assert_cmpint(error, ==, 0);
        g_assert_cmpint(address_add(a->netlink, &r, on_ack, a), >=, 0);
        g_assert_cmpint(netlink_flush(a->netlink), ==, 0);
        g_assert_cmpuint(a->n, ==, 0);
}

static void test_from_callback(Lab *lab, const void *unused) {
        /* A callback may queue and flush the next request; its ack comes later, not from within. */
        _cleanup_(netlink_freep) Netlink *n = new_netlink(lab);
        Acks acks = {.n_wanted = 1, .netlink = n};
        AddressRequest r = request("192.0.2.10", 24);

        g_assert_cmpint(address_add(n, &r, chain, &acks), >=, 0);
        g_assert_cmpint(netlink_flush(n), ==, 0);
        lab_wait(lab, all_acked, &acks);
        g_assert_cmpint(acks.last, ==, 0);
        g_assert_true(lab_find_address(r.ifindex, "192.0.2.11", NULL));
}

static void test_cancel(Lab *lab, const void *unused) {
        /* After a cancel no callback with that userdata comes, others do, and the requests are carried out
         * all the same. */
        _cleanup_(netlink_freep) Netlink *n = new_netlink(lab);
        Acks kept = {.n_wanted = 1}, cancelled = {0};
        AddressRequest a = request("192.0.2.10", 24), b = request("192.0.2.11", 24);

        g_assert_cmpint(address_add(n, &a, on_ack, &cancelled), >=, 0);
        g_assert_cmpint(address_add(n, &b, on_ack, &kept), >=, 0);
        netlink_cancel(n, &cancelled);
        g_assert_cmpint(netlink_flush(n), ==, 0);
        lab_wait(lab, all_acked, &kept);
        g_assert_cmpuint(cancelled.n, ==, 0);
        g_assert_true(lab_find_address(a.ifindex, "192.0.2.10", NULL));
}

static void test_free(Lab *lab, const void *unused) {
        /* What is outstanding when the object goes, sent or not, ends in ECANCELED, each once; a request
         * made from there is refused. */
        Netlink *n = new_netlink(lab);
        Acks acks = {.netlink = n};
        AddressRequest r = request("192.0.2.10", 24);

        g_assert_cmpint(address_add(n, &r, on_ack, &acks), >=, 0);
        g_assert_cmpint(address_remove(n, &r, on_ack, &acks), >=, 0);
        g_assert_null(netlink_free(n));
        g_assert_cmpuint(acks.n, ==, 2);
        g_assert_cmpint(acks.last, ==, -ECANCELED);
        g_assert_null(netlink_free(NULL));
}

static void test_drain(Lab *lab, const void *unused) {
        /* Drain alone, without the loop, sends what is queued and calls back for all of it; with nothing to
         * do it returns at once. */
        _cleanup_(netlink_freep) Netlink *n = new_netlink(lab);
        Acks acks = {0};
        AddressRequest r = request("192.0.2.10", 24);

        g_assert_cmpint(netlink_drain(n, 0), ==, 0);
        g_assert_cmpint(address_add(n, &r, on_ack, &acks), >=, 0);
        g_assert_cmpint(address_remove(n, &r, on_ack, &acks), >=, 0);
        g_assert_cmpint(netlink_drain(n, 10 * USEC_PER_SEC), ==, 0);
        g_assert_cmpuint(acks.n, ==, 2);
        g_assert_cmpint(acks.worst, ==, 0);
}

static void nobody(const struct nlmsghdr *header, void *userdata) {
}

static void nothing(void *userdata) {
}

static void test_limits(Lab *lab, const void *unused) {
        /* There is room for 16 subscribers and 4 overrun handlers; a cancel gives the places back. */
        _cleanup_(netlink_freep) Netlink *n = new_netlink(lab);
        int owner;

        for (unsigned i = 0; i < 16; i++)
                g_assert_cmpint(netlink_subscribe(n, i % 2 ? RTM_NEWROUTE : RTM_DELRULE, nobody, &owner), ==,
                                0);
        g_assert_cmpint(netlink_subscribe(n, RTM_NEWLINK, nobody, &owner), ==, -ENOSPC);
        for (unsigned i = 0; i < 4; i++)
                g_assert_cmpint(netlink_on_overrun(n, nothing, &owner), ==, 0);
        g_assert_cmpint(netlink_on_overrun(n, nothing, &owner), ==, -ENOSPC);
        netlink_cancel(n, &owner);
        g_assert_cmpint(netlink_subscribe(n, RTM_NEWLINK, nobody, &owner), ==, 0);
        g_assert_cmpint(netlink_on_overrun(n, nothing, &owner), ==, 0);
}

static void test_dump(Lab *lab, const void *unused) {
        /* A dump ends in its callback once; one that the kernel does not know ends in the kernel's error;
         * one cancelled says nothing; one under way when the object goes ends in ECANCELED. */
        Netlink *n = new_netlink(lab);
        Acks good = {.n_wanted = 1}, bad = {.n_wanted = 1}, cancelled = {0}, late = {0};

        g_assert_cmpint(netlink_dump(n, RTM_GETLINK, AF_UNSPEC, on_ack, &good), ==, 0);
        g_assert_cmpint(netlink_dump(n, RTM_GETLINK, AF_UNSPEC, on_ack, &cancelled), ==, 0);
        g_assert_cmpint(netlink_dump(n, 4002, AF_UNSPEC, on_ack, &bad), ==, 0);
        netlink_cancel(n, &cancelled);
        lab_wait(lab, all_acked, &good);
        lab_wait(lab, all_acked, &bad);
        g_assert_cmpint(good.last, ==, 0);
        g_assert_cmpint(bad.last, ==, -EOPNOTSUPP);
        g_assert_cmpint(netlink_drain(n, 10 * USEC_PER_SEC), ==, 0);
        g_assert_cmpint(netlink_dump(n, RTM_GETLINK, AF_UNSPEC, on_ack, &late), ==, 0);
        netlink_free(n);
        g_assert_cmpint(late.last, ==, -ECANCELED);
        g_assert_cmpuint(good.n + bad.n + late.n, ==, 3);
        g_assert_cmpuint(cancelled.n, ==, 0);
}

static void test_sweep(Lab *lab, const void *unused) {
        /* The sweep removes every marked address of both families on all links, peers and secondary ones
         * too, and no other. */
        _cleanup_(netlink_freep) Netlink *n = new_netlink(lab);
        AddressRequest r;
        int eth0 = lab_ifindex("eth0"), lo = lab_ifindex("lo");

        lab_run("ip address add 192.0.2.20/24 dev eth0");
        lab_run("ip address add 2001:db8::20/64 dev eth0 nodad");
        g_assert_cmpint(net_remove_marked(), ==, 0);

        r = request("192.0.2.10", 24);
        g_assert_cmpint(one(lab, n, address_add, &r), ==, 0);
        r = request("198.51.100.1", 32);
        r.peer = lab_address("198.51.100.2");
        g_assert_cmpint(one(lab, n, address_add, &r), ==, 0);
        r = request("2001:db8::10", 64);
        g_assert_cmpint(one(lab, n, address_add, &r), ==, 0);
        r = request("203.0.113.1", 32);
        r.ifindex = lo;
        g_assert_cmpint(one(lab, n, address_add, &r), ==, 0);

        g_assert_cmpint(net_remove_marked(), ==, 4);
        g_assert_false(lab_find_address(eth0, "192.0.2.10", NULL));
        g_assert_false(lab_find_address(eth0, "198.51.100.1", NULL));
        g_assert_false(lab_find_address(eth0, "2001:db8::10", NULL));
        g_assert_false(lab_find_address(lo, "203.0.113.1", NULL));
        g_assert_true(lab_find_address(eth0, "192.0.2.1", NULL));
        g_assert_true(lab_find_address(eth0, "192.0.2.20", NULL));
        g_assert_true(lab_find_address(eth0, "2001:db8::20", NULL));
        g_assert_true(lab_find_address(lo, "127.0.0.1", NULL));
        g_assert_cmpint(net_remove_marked(), ==, 0);
}

static int sweep(void *userdata) {
        return net_remove_marked();
}

static void test_sweep_forbidden(Lab *lab, const void *unused) {
        /* Who may not remove addresses is told so, and nothing is removed. */
        _cleanup_(netlink_freep) Netlink *n = new_netlink(lab);
        AddressRequest r = request("192.0.2.10", 24);

        g_assert_cmpint(one(lab, n, address_add, &r), ==, 0);
        g_assert_cmpint(lab_as_nobody(sweep, NULL), ==, -EPERM);
        g_assert_true(lab_find_address(r.ifindex, "192.0.2.10", NULL));
}

#define ADD(path, f) g_test_add("/net/netlink/" path, Lab, NULL, lab_setup, f, lab_teardown)

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        ADD("add-remove", test_add_remove);
        ADD("ipv6", test_ipv6);
        ADD("peer", test_peer);
        ADD("errors", test_errors);
        ADD("batch", test_batch);
        ADD("words", test_words);
        ADD("lost-acks", test_lost_acks);
        ADD("many-acks", test_many_acks);
        ADD("turns", test_turns);
        ADD("from-callback", test_from_callback);
        ADD("cancel", test_cancel);
        ADD("free", test_free);
        ADD("drain", test_drain);
        ADD("limits", test_limits);
        ADD("dump", test_dump);
        ADD("sweep", test_sweep);
        ADD("sweep-forbidden", test_sweep_forbidden);
        return g_test_run();
}
