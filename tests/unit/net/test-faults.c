/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What is done when memory, a socket or a system call fails. The calls of the room go through the wrappers
 * below (the linker's --wrap), which fail when told to; all else is the real kernel. Run under
 * AddressSanitizer it also shows that no failure leaks. */

#include "tests/unit/net/lab.h"
#include "service/net/address-sweep.h"
#include "service/net/address.h"
#include "service/net/neigh-socket.h"
#include "service/net/netlink-queue.h"
#include "service/net/snapshot.h"
#include "service/net/vrrp-socket.h"
#include "service/util/log.h"

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <sys/socket.h>

/* -- Injection -- */

typedef enum Call {
        CALL_NONE,
        CALL_MEMORY,
        CALL_SOCKET,
        CALL_BIND,
        CALL_SETSOCKOPT,
        CALL_SEND,
        CALL_SENDMMSG,
        CALL_RECVMSG,
        CALL_RECVMMSG,
} Call;

static Call failing;
static unsigned countdown, n_failures; /* the countdown-th call fails, and n_failures - 1 after it */
static int failing_errno;
static bool fired;

static void inject(Call call, unsigned nth, unsigned times, int error) {
        failing = call;
        countdown = nth;
        n_failures = times;
        failing_errno = error;
        fired = false;
}

/* Ends the injection; true if it had come to it. */
static bool eject(void) {
        failing = CALL_NONE;
        return fired;
}

static bool fails(Call call) {
        if (call != failing || n_failures == 0)
                return false;
        if (countdown > 1) {
                countdown--;
                return false;
        }
        n_failures--;
        fired = true;
        errno = failing_errno;
        return true;
}

#define WRAP(result, name, call, failure, parameters, arguments)        \
        result __real_##name parameters;                                \
        result __wrap_##name parameters;                                \
        result __wrap_##name parameters {                               \
                return fails(call) ? failure : __real_##name arguments; \
        }                                                               \
        struct _unused_for_semicolon_

WRAP(void *, malloc, CALL_MEMORY, NULL, (size_t size), (size));
WRAP(void *, calloc, CALL_MEMORY, NULL, (size_t n, size_t size), (n, size));
WRAP(void *, realloc, CALL_MEMORY, NULL, (void *p, size_t size), (p, size));
WRAP(void *, reallocarray, CALL_MEMORY, NULL, (void *p, size_t n, size_t size), (p, n, size));
WRAP(char *, strdup, CALL_MEMORY, NULL, (const char *s), (s));
WRAP(int, socket, CALL_SOCKET, -1, (int domain, int type, int protocol), (domain, type, protocol));
WRAP(int, bind, CALL_BIND, -1, (int fd, const struct sockaddr *a, socklen_t size), (fd, a, size));
WRAP(int, setsockopt, CALL_SETSOCKOPT, -1, (int fd, int level, int name, const void *value, socklen_t size),
                (fd, level, name, value, size));
WRAP(ssize_t, send, CALL_SEND, -1, (int fd, const void *data, size_t size, int flags),
                (fd, data, size, flags));
WRAP(int, sendmmsg, CALL_SENDMMSG, -1, (int fd, struct mmsghdr *messages, unsigned n, int flags),
                (fd, messages, n, flags));
WRAP(ssize_t, recvmsg, CALL_RECVMSG, -1, (int fd, struct msghdr *message, int flags), (fd, message, flags));
WRAP(int, recvmmsg, CALL_RECVMMSG, -1,
                (int fd, struct mmsghdr *messages, unsigned n, int flags, struct timespec *timeout),
                (fd, messages, n, flags, timeout));

/* Runs f with the first, the second... call failing, until there are no more such calls. Whatever fails, f
 * may only succeed in full or return that error. Returns how often it failed. */
static unsigned try_all(Call call, int error, int (*f)(Lab *lab), Lab *lab) {
        unsigned n_failed = 0;

        for (unsigned nth = 1;; nth++) {
                int r;

                inject(call, nth, 1, error);
                r = f(lab);
                if (!eject()) {
                        g_assert_cmpint(r, ==, 0);
                        return n_failed;
                }
                g_assert_true(r == 0 || r == -error);
                n_failed += r < 0;
        }
}

static const Call setup_calls[] = {CALL_MEMORY, CALL_SOCKET, CALL_BIND, CALL_SETSOCKOPT};
static const int setup_errors[] = {ENOMEM, EMFILE, EADDRINUSE, EPERM};

static void try_setup(Lab *lab, int (*f)(Lab *lab)) {
        for (size_t i = 0; i < G_N_ELEMENTS(setup_calls); i++)
                (void)try_all(setup_calls[i], setup_errors[i], f, lab);
        g_assert_cmpuint(try_all(CALL_MEMORY, ENOMEM, f, lab), >, 0);
        g_assert_cmpuint(try_all(CALL_SOCKET, EMFILE, f, lab), >, 0);
}

/* -- Making things -- */

static void on_change(LinkChange change, const Link *link, const LinkAddress *address, void *userdata) {
}

static void on_log(const LogRecord *record, void *userdata) {
        unsigned *n = userdata;

        (*n)++;
}

static int make_mirror(Lab *lab) {
        _cleanup_(netlink_freep) Netlink *n = NULL;
        _cleanup_(link_mirror_freep) LinkMirror *m = NULL;
        int r;

        r = netlink_new(lab->event, 0, &n);
        if (r < 0)
                return r;
        r = link_mirror_new(n, on_change, NULL, &m);
        if (r < 0)
                return r;
        /* What failed on the way has left no gap. */
        g_assert_nonnull(link_by_name(m, "lo"));
        g_assert_cmpuint(link_by_name(m, "eth0")->n_addresses, ==, 6);
        return 0;
}

static void test_mirror(Lab *lab, const void *unused) {
        /* The sockets and the mirror are made whole or not at all, whichever call fails. */
        unsigned n_logged = 0;

        for (unsigned i = 0; i < 4; i++)
                lab_run("ip address add 10.0.0.%u/32 dev eth0", i + 1);
        log_set_sink(on_log, &n_logged);
        try_setup(lab, make_mirror);
        (void)try_all(CALL_SEND, ENOMEM, make_mirror, lab);
        (void)try_all(CALL_RECVMSG, ENOBUFS, make_mirror, lab);
        (void)try_all(CALL_RECVMSG, EAGAIN, make_mirror, lab);
        (void)try_all(CALL_RECVMSG, EINTR, make_mirror, lab);
        log_set_sink(NULL, NULL);
}

static void on_packet(VrrpSocket *s, const VrrpPacket *packet, void *userdata) {
}

static int make_vrrp_sockets(Lab *lab) {
        const VrrpSocketParams params[] = {
                        {AF_INET, lab_ifindex("eth0"), "eth0", lab_address("224.0.0.18"), {0}},
                        {AF_INET6, lab_ifindex("eth0"), "eth0", lab_address("ff02::12"), {0}},
                        {AF_INET, 0, NULL, {0}, lab_address("192.0.2.1")},
                        {AF_INET6, 0, NULL, {0}, lab_address("2001:db8::1")},
        };

        for (size_t i = 0; i < G_N_ELEMENTS(params); i++) {
                _cleanup_(vrrp_socket_freep) VrrpSocket *s = NULL;
                int r = vrrp_socket_new(lab->event, 0, &params[i], on_packet, NULL, &s);
                uint8_t vrid = 51;

                if (r < 0)
                        return r;
                r = vrrp_socket_set_vrids(s, &vrid, 1);
                if (r >= 0)
                        r = vrrp_socket_set_vrids(s, &vrid, 0);
                if (r < 0)
                        return r;
        }
        return 0;
}

static void test_vrrp_sockets(Lab *lab, const void *unused) {
        /* VRRP sockets of each kind likewise. */
        try_setup(lab, make_vrrp_sockets);
}

static void on_arp(
                int ifindex, const VrrpAddress *sender, const uint8_t mac[FRAME_MAC_SIZE], void *userdata) {
        unsigned *n = userdata;

        (*n)++;
}

static int make_neigh_socket(Lab *lab) {
        _cleanup_(neigh_socket_freep) NeighSocket *s = NULL;
        VrrpAddress a = lab_address("192.0.2.100");
        int r;

        r = neigh_socket_new(lab->event, 0, on_arp, NULL, &s);
        if (r >= 0)
                r = neigh_socket_listen(s, lab_ifindex("eth0"), true);
        /* Enough for the queue to grow. */
        for (unsigned i = 0; r >= 0 && i < 100; i++)
                r = neigh_socket_announce(
                                s, NULL, lab_ifindex("eth0"), &a, (const uint8_t *)"\2\0\0\0\0\1", 1);
        return r;
}

static void test_neigh_socket(Lab *lab, const void *unused) {
        /* The packet socket, a listener and the queue likewise; a listener still there goes with the socket.
         */
        try_setup(lab, make_neigh_socket);
}

static int take_snapshot(Lab *lab) {
        _cleanup_(net_snapshot_freep) NetSnapshot *s = NULL;
        int r = net_snapshot_take(&s);

        if (r < 0)
                return r;
        g_assert_cmpuint(s->n_links, ==, 2);
        return 0;
}

static void test_snapshot(Lab *lab, const void *unused) {
        /* A snapshot is whole or not at all. */
        try_setup(lab, take_snapshot);
        g_assert_cmpuint(try_all(CALL_SEND, ENOMEM, take_snapshot, lab), >, 0);
        g_assert_cmpuint(try_all(CALL_RECVMSG, ENOBUFS, take_snapshot, lab), >, 0);
        g_assert_cmpuint(try_all(CALL_RECVMSG, EAGAIN, take_snapshot, lab), ==, 0);
}

static int add_marked(Lab *lab, unsigned n_addresses) {
        _cleanup_(netlink_freep) Netlink *n = NULL;
        int r = netlink_new(lab->event, 0, &n);

        for (unsigned i = 0; r >= 0 && i < n_addresses; i++) {
                g_autofree char *text = g_strdup_printf("10.1.0.%u", i + 1);
                const AddressRequest a = {.ifindex = lab_ifindex("eth0"),
                                .address = lab_address(text),
                                .prefixlen = 32};

                r = address_add(n, &a, NULL, NULL);
        }
        if (r >= 0)
                r = netlink_drain(n, 10 * USEC_PER_SEC);
        return r;
}

static int add_and_sweep(Lab *lab) {
        Call call = failing;
        int r;

        failing = CALL_NONE;
        g_assert_cmpint(add_marked(lab, 70), ==, 0);
        failing = call;
        r = net_remove_marked();
        failing = CALL_NONE;
        if (r < 0)
                g_assert_cmpint(net_remove_marked(), >=, 0);
        else
                g_assert_cmpint(r, ==, 70);
        g_assert_cmpint(net_remove_marked(), ==, 0);
        failing = call;
        return MIN(r, 0);
}

static void test_sweep(Lab *lab, const void *unused) {
        /* A sweep that fails says so; the next one finishes it. */
        try_setup(lab, add_and_sweep);
        g_assert_cmpuint(try_all(CALL_SEND, EIO, add_and_sweep, lab), >, 0);
}

static int make_requests(Lab *lab) {
        return add_marked(lab, 200);
}

static void test_requests(Lab *lab, const void *unused) {
        /* Requests: a queue that cannot grow says so. */
        try_setup(lab, make_requests);
}

static void test_queue(Lab *lab, const void *unused) {
        /* The queue itself: a push that fails leaves it as it was, words that cannot be kept are left out.
         */
        const struct nlmsghdr header = {.nlmsg_len = NLMSG_LENGTH(0)};
        NetlinkQueue q = {0};
        NetlinkPending p;

        for (unsigned nth = 1; nth <= 2; nth++) {
                inject(CALL_MEMORY, nth, 1, ENOMEM);
                g_assert_cmpint(netlink_queue_push(&q, &header, NULL, NULL), ==, -ENOMEM);
                g_assert_true(eject());
                g_assert_cmpuint(q.n_queued, ==, 0);
        }
        g_assert_cmpint(netlink_queue_push(&q, &header, NULL, NULL), ==, 0);
        netlink_queue_sent(&q, q.size);
        inject(CALL_MEMORY, 1, 1, ENOMEM);
        netlink_queue_acked(&q, 0, -EINVAL, "words");
        g_assert_true(eject());
        g_assert_true(netlink_queue_take_done(&q, &p));
        g_assert_cmpint(p.error, ==, -EINVAL);
        g_assert_null(p.words);
        netlink_queue_clear(&q);
}

/* -- While it runs -- */

typedef struct Acks {
        unsigned n;
        int last;
} Acks;

static void on_ack(int error, void *userdata) {
        Acks *a = userdata;

        a->n++;
        a->last = error;
}

static bool acked(void *userdata) {
        return ((Acks *)userdata)->n > 0;
}

static Netlink *with_request(Lab *lab, Acks *acks) {
        const AddressRequest a = {.ifindex = lab_ifindex("eth0"),
                        .address = lab_address("192.0.2.10"),
                        .prefixlen = 24};
        Netlink *n;

        g_assert_cmpint(netlink_new(lab->event, 0, &n), ==, 0);
        g_assert_cmpint(address_add(n, &a, on_ack, acks), ==, 0);
        return n;
}

static void test_send(Lab *lab, const void *unused) {
        /* A send for which the kernel has no room is made up for by the loop; an interrupted one at once;
         * one that fails otherwise ends its requests in that error, in the loop. */
        static const int later[] = {EAGAIN, ENOBUFS, ENOMEM};

        for (size_t i = 0; i < G_N_ELEMENTS(later); i++) {
                Acks acks = {0};
                _cleanup_(netlink_freep) Netlink *n = with_request(lab, &acks);

                inject(CALL_SEND, 1, 1, later[i]);
                g_assert_cmpint(netlink_flush(n), ==, -EAGAIN);
                g_assert_true(eject());
                lab_wait(lab, acked, &acks);
                g_assert_cmpint(acks.last, ==, 0);
                lab_run_ready(lab); /* and it does not spin */
        }
        for (unsigned i = 0; i < 2; i++) {
                Acks acks = {0};
                _cleanup_(netlink_freep) Netlink *n = with_request(lab, &acks);

                inject(CALL_SEND, 1, 1, i == 0 ? EINTR : EIO);
                g_assert_cmpint(netlink_flush(n), ==, i == 0 ? 0 : -EIO);
                g_assert_true(eject());
                g_assert_cmpuint(acks.n, ==, 0);
                lab_wait(lab, acked, &acks);
                g_assert_cmpint(acks.last, ==, i == 0 ? 0 : -EIO);
        }
}

static void test_receive_acks(Lab *lab, const void *unused) {
        /* Reading acks: interrupted, or failing in a way that passes, it is tried again; a loss that is
         * noticed only in the loop is dealt with there. */
        static const int errors[] = {EINTR, EIO, ENOBUFS};

        for (size_t i = 0; i < G_N_ELEMENTS(errors); i++) {
                Acks acks = {0};
                _cleanup_(netlink_freep) Netlink *n = with_request(lab, &acks);

                inject(CALL_RECVMMSG, 1, 1, errors[i]);
                g_assert_cmpint(netlink_flush(n), ==, 0);
                g_assert_true(eject());
                lab_wait(lab, acked, &acks);
                g_assert_cmpint(acks.last, ==, 0);
        }
        for (unsigned n_lost = 1; n_lost < 20; n_lost += 9) {
                Acks acks = {0};
                _cleanup_(netlink_freep) Netlink *n = with_request(lab, &acks);

                /* EIO keeps the ack from being read at once; in the loop the socket then tells of losses,
                 * more than one wake-up hears. */
                inject(CALL_RECVMMSG, 1, 1, EIO);
                g_assert_cmpint(netlink_flush(n), ==, 0);
                inject(CALL_RECVMMSG, 1, n_lost, ENOBUFS);
                lab_wait(lab, acked, &acks);
                g_assert_true(eject());
                g_assert_cmpint(acks.last, ==, 0);
        }
}

static void test_drain(Lab *lab, const void *unused) {
        /* Drain waits for what is not there yet, and not longer than it may; a send that fails is its
         * result. */
        Acks acks = {0};
        _cleanup_(netlink_freep) Netlink *n = with_request(lab, &acks);

        inject(CALL_SEND, 1, UINT_MAX, EAGAIN);
        g_assert_cmpint(netlink_drain(n, 20 * USEC_PER_MSEC), ==, -ETIMEDOUT);
        eject();
        inject(CALL_SEND, 1, 1, EIO);
        g_assert_cmpint(netlink_drain(n, 10 * USEC_PER_SEC), ==, -EIO);
        eject();
        g_assert_cmpint(netlink_drain(n, 10 * USEC_PER_SEC), ==, 0);
        g_assert_cmpint(acks.last, ==, -EIO);

        acks = (Acks){0};
        g_assert_cmpint(netlink_dump(n, RTM_GETLINK, AF_UNSPEC, on_ack, &acks), ==, 0);
        inject(CALL_RECVMSG, 1, 3, EAGAIN);
        g_assert_cmpint(netlink_drain(n, 10 * USEC_PER_SEC), ==, 0);
        g_assert_true(eject());
        g_assert_cmpuint(acks.n, ==, 1);
        g_assert_cmpint(acks.last, ==, 0);
        g_assert_cmpint(netlink_dump(n, RTM_GETLINK, AF_UNSPEC, on_ack, &acks), ==, 0);
        inject(CALL_RECVMSG, 1, UINT_MAX, EAGAIN);
        g_assert_cmpint(netlink_drain(n, 20 * USEC_PER_MSEC), ==, -ETIMEDOUT);
        eject();
}

static int start_dump(Lab *lab) {
        Acks acks = {0};
        _cleanup_(netlink_freep) Netlink *n = NULL;
        int r = netlink_new(lab->event, 0, &n);

        if (r >= 0)
                r = netlink_dump(n, RTM_GETLINK, AF_UNSPEC, on_ack, &acks);
        if (r >= 0)
                lab_wait(lab, acked, &acks);
        return r;
}

static void test_dump(Lab *lab, const void *unused) {
        /* A dump that cannot be begun has no callback; one begun has one. */
        try_setup(lab, start_dump);
        g_assert_cmpuint(try_all(CALL_SEND, ENOMEM, start_dump, lab), >, 0);
}

/* A request made from a callback at the end. */
static void ask_again(int error, void *userdata) {
        Netlink *n = *(Netlink **)userdata;

        g_assert_cmpint(error, ==, -ECANCELED);
        g_assert_cmpint(netlink_request(n, nlmsg_alloc_simple(RTM_GETLINK, 0), ask_again, userdata), ==,
                        -ESHUTDOWN);
        g_assert_cmpint(netlink_dump(n, RTM_GETLINK, AF_UNSPEC, ask_again, userdata), ==, -ESHUTDOWN);
}

static void test_closing(Lab *lab, const void *unused) {
        /* Nothing new is begun from within the callbacks of the end. */
        Netlink *n;

        g_assert_cmpint(netlink_new(lab->event, 0, &n), ==, 0);
        g_assert_cmpint(netlink_request(n, nlmsg_alloc_simple(RTM_GETLINK, 0), ask_again, &n), ==, 0);
        g_assert_cmpint(netlink_dump(n, RTM_GETLINK, AF_UNSPEC, ask_again, &n), ==, 0);
        netlink_free(n);
}

typedef struct Mirrored {
        LinkMirror *mirror;
        const char *name;
        size_t n_addresses;
} Mirrored;

static bool is_mirrored(void *userdata) {
        Mirrored *m = userdata;
        const Link *link = link_by_name(m->mirror, m->name);

        return link && link->n_addresses == m->n_addresses;
}

static void test_notification(Lab *lab, const void *unused) {
        /* A notification that finds no memory, and one that could not be read, are losses: the mirror asks
         * again and is right in the end, however many come at once. */
        _cleanup_(netlink_freep) Netlink *n = NULL;
        Mirrored mirrored = {.name = "new0"};
        unsigned nth;

        g_assert_cmpint(netlink_new(lab->event, 0, &n), ==, 0);
        g_assert_cmpint(link_mirror_new(n, on_change, NULL, &mirrored.mirror), ==, 0);
        for (nth = 1; nth <= 4; nth++) {
                lab_run("ip link add new0 type veth peer name new1");
                lab_run("ip address add 10.0.0.1/32 dev new0");
                mirrored.n_addresses = 1;
                inject(CALL_MEMORY, nth, 1, ENOMEM);
                lab_wait(lab, is_mirrored, &mirrored);
                eject();
                lab_run("ip link delete new0");
                mirrored.name = "eth0";
                mirrored.n_addresses = link_by_name(mirrored.mirror, "eth0")->n_addresses + 1;
                lab_run("ip address add 10.2.0.%u/32 dev eth0", nth);
                inject(CALL_RECVMSG, 1, nth * 50, nth % 2 ? ENOBUFS : EIO);
                lab_wait(lab, is_mirrored, &mirrored);
                g_assert_true(eject());
                lab_run_ready(lab);
                g_assert_null(link_by_name(mirrored.mirror, "new0"));
                mirrored.name = "new0";
        }
        link_mirror_free(mirrored.mirror);
}

static void test_announce(Lab *lab, const void *unused) {
        /* An announcement for which socket or memory has no room now is made up for by the loop; an
         * interrupted one at once. */
        static const int errors[] = {EAGAIN, ENOMEM, ENOBUFS, EINTR};
        VrrpAddress a = lab_address("192.0.2.100");
        unsigned n_heard = 0;
        _cleanup_(neigh_socket_freep) NeighSocket *here = NULL, *there = NULL;

        g_assert_cmpint(neigh_socket_new(lab->event, 0, on_arp, &n_heard, &here), ==, 0);
        lab_enter_there(lab);
        g_assert_cmpint(neigh_socket_new(lab->event, 0, on_arp, &n_heard, &there), ==, 0);
        g_assert_cmpint(neigh_socket_listen(there, lab_ifindex("eth0"), true), ==, 0);
        lab_enter_here(lab);
        for (size_t i = 0; i < G_N_ELEMENTS(errors); i++) {
                n_heard = 0;
                g_assert_cmpint(neigh_socket_announce(here, NULL, lab_ifindex("eth0"), &a,
                                                (const uint8_t *)"\2\0\0\0\0\1", 2),
                                ==, 0);
                inject(CALL_SENDMMSG, 1, 1, errors[i]);
                g_assert_cmpint(neigh_socket_flush(here), ==, 0);
                g_assert_true(eject());
                while (n_heard < 2)
                        g_assert_cmpint(sd_event_run(lab->event, USEC_PER_SEC), >=, 0);
                lab_run_ready(lab);
                g_assert_cmpuint(n_heard, ==, 2);
        }
}

static void test_vrrp_receive(Lab *lab, const void *unused) {
        /* A reading of packets that fails is no packet and no harm. */
        const VrrpSocketParams params = {.family = AF_INET};
        _cleanup_(vrrp_socket_freep) VrrpSocket *s = NULL;

        g_assert_cmpint(vrrp_socket_new(lab->event, 0, &params, on_packet, NULL, &s), ==, 0);
        inject(CALL_RECVMMSG, 1, 1, ENETDOWN);
        vrrp_socket_drain(s);
        g_assert_true(eject());
        g_assert_cmpuint(vrrp_socket_dropped(s), ==, 0);
}

#define ADD(path, f) g_test_add("/net/faults/" path, Lab, NULL, lab_setup, f, lab_teardown)

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        ADD("mirror", test_mirror);
        ADD("vrrp-sockets", test_vrrp_sockets);
        ADD("neigh-socket", test_neigh_socket);
        ADD("snapshot", test_snapshot);
        ADD("sweep", test_sweep);
        ADD("requests", test_requests);
        ADD("queue", test_queue);
        ADD("send", test_send);
        ADD("receive-acks", test_receive_acks);
        ADD("drain", test_drain);
        ADD("dump", test_dump);
        ADD("closing", test_closing);
        ADD("notification", test_notification);
        ADD("announce", test_announce);
        ADD("vrrp-receive", test_vrrp_receive);
        return g_test_run();
}
