/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* VRRP packets between two namespaces. The messages are arbitrary bytes: sockets do not judge them. */

#include "tests/unit/net/lab.h"
#include "service/net/vrrp-socket.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <sys/socket.h>

static const uint8_t message[] = {0x31, 51, 100, 1, 0, 100, 0x12, 0x34, 192, 0, 2, 100};

typedef struct Inbox {
        unsigned n, n_wanted;
        size_t size;
        uint8_t data[8192];
        int ttl, ifindex;
        VrrpAddress source, destination;
        bool free_in_callback;
} Inbox;

static void on_packet(VrrpSocket *s, const VrrpPacket *packet, void *userdata) {
        Inbox *in = userdata;

        in->n++;
        in->size = packet->size;
        g_assert_cmpuint(packet->size, <=, sizeof(in->data));
        memcpy(in->data, packet->data, packet->size);
        in->ttl = packet->ttl;
        in->ifindex = packet->ifindex;
        in->source = packet->source;
        in->destination = packet->destination;
        if (in->free_in_callback)
                vrrp_socket_free(s);
}

static bool received(void *userdata) {
        Inbox *in = userdata;

        return in->n >= in->n_wanted;
}

static VrrpSocket *open_socket(Lab *lab, const VrrpSocketParams *params, Inbox *in) {
        VrrpSocket *s = NULL;

        g_assert_cmpint(vrrp_socket_new(lab->event, 0, params, on_packet, in, &s), ==, 0);
        return s;
}

static VrrpSocketParams multicast(const char *group) {
        return (VrrpSocketParams){
                        .family = lab_address(group).family,
                        .ifindex = lab_ifindex("eth0"),
                        .interface = "eth0",
                        .group = lab_address(group),
        };
}

static int transmit(VrrpSocket *s, const char *source, const char *destination, uint8_t ttl) {
        VrrpAddress from = lab_address(source), to = lab_address(destination);

        return vrrp_socket_send(s, &from, &to, ttl, message, sizeof(message));
}

static void check(const Inbox *in, const char *source, const char *destination, int ttl) {
        VrrpAddress from = lab_address(source), to = lab_address(destination);

        g_assert_cmpmem(in->data, in->size, message, sizeof(message));
        g_assert_true(vrrp_address_equal(&in->source, &from));
        g_assert_true(vrrp_address_equal(&in->destination, &to));
        g_assert_cmpint(in->ttl, ==, ttl);
}

static void test_ipv4_multicast(Lab *lab, const void *unused) {
        /* A multicast packet arrives on the other host without its IP header, with TTL, source as given per
         * packet (not the primary address), destination and interface; the sender does not hear itself. */
        Inbox here = {0}, there = {.n_wanted = 1};
        VrrpSocketParams params = multicast("224.0.0.18");
        _cleanup_(vrrp_socket_freep) VrrpSocket *a = open_socket(lab, &params, &here), *b = NULL;

        lab_run("ip address add 192.0.2.99/24 dev eth0");
        lab_enter_there(lab);
        params = multicast("224.0.0.18");
        b = open_socket(lab, &params, &there);
        g_assert_cmpint(transmit(a, "192.0.2.99", "224.0.0.18", 255), ==, 0);
        lab_wait(lab, received, &there);
        check(&there, "192.0.2.99", "224.0.0.18", 255);
        g_assert_cmpint(there.ifindex, ==, params.ifindex);

        there.n_wanted = 2;
        g_assert_cmpint(transmit(a, "192.0.2.1", "224.0.0.18", 7), ==, 0);
        lab_wait(lab, received, &there);
        check(&there, "192.0.2.1", "224.0.0.18", 7);
        lab_run_ready(lab);
        g_assert_cmpuint(here.n, ==, 0);
        g_assert_cmpuint(vrrp_socket_dropped(b), ==, 0);
}

static void test_ipv6_multicast(Lab *lab, const void *unused) {
        /* The same over IPv6: hop limit, link-local source, destination; the bytes, checksum field included,
         * as they were sent. */
        Inbox here = {0}, there = {.n_wanted = 1};
        VrrpSocketParams params = multicast("ff02::12");
        _cleanup_(vrrp_socket_freep) VrrpSocket *a = NULL, *b = NULL;

        lab_run("ip address add fe80::aaaa/64 dev eth0 nodad");
        a = open_socket(lab, &params, &here);
        lab_enter_there(lab);
        params = multicast("ff02::12");
        b = open_socket(lab, &params, &there);
        g_assert_cmpint(transmit(a, "fe80::aaaa", "ff02::12", 255), ==, 0);
        lab_wait(lab, received, &there);
        check(&there, "fe80::aaaa", "ff02::12", 255);
        g_assert_cmpint(there.ifindex, ==, params.ifindex);
        lab_run_ready(lab);
        g_assert_cmpuint(here.n, ==, 0);
}

static void test_unicast(Lab *lab, const void *unused) {
        /* Without interface and group: unicast packets are heard, with the TTL they were sent with, and
         * multicast ones are not; a multicast socket beside it does not hear the unicast ones. */
        const VrrpSocketParams params = {.family = AF_INET};
        Inbox here = {0}, unicast = {.n_wanted = 1}, group = {.n_wanted = 1};
        VrrpSocketParams with_group = multicast("224.0.0.18");
        _cleanup_(vrrp_socket_freep) VrrpSocket *a = open_socket(lab, &params, &here), *b = NULL, *c = NULL,
                                                *d = open_socket(lab, &with_group, &here);

        lab_enter_there(lab);
        with_group = multicast("224.0.0.18");
        b = open_socket(lab, &params, &unicast);
        c = open_socket(lab, &with_group, &group);
        g_assert_cmpint(transmit(a, "192.0.2.1", "192.0.2.2", 200), ==, 0);
        g_assert_cmpint(transmit(d, "192.0.2.1", "224.0.0.18", 255), ==, 0);
        lab_wait(lab, received, &unicast);
        lab_wait(lab, received, &group);
        lab_run_ready(lab);
        g_assert_cmpuint(unicast.n, ==, 1);
        g_assert_cmpuint(group.n, ==, 1);
        check(&unicast, "192.0.2.1", "192.0.2.2", 200);
        check(&group, "192.0.2.1", "224.0.0.18", 255);
        g_assert_cmpint(unicast.ifindex, ==, with_group.ifindex);
}

static void test_ipv6_unicast(Lab *lab, const void *unused) {
        /* Unicast over IPv6, between global addresses. */
        const VrrpSocketParams params = {.family = AF_INET6};
        Inbox here = {0}, there = {.n_wanted = 1};
        _cleanup_(vrrp_socket_freep) VrrpSocket *a = NULL, *b = NULL;

        lab_run("ip address add 2001:db8::1/64 dev eth0 nodad");
        a = open_socket(lab, &params, &here);
        lab_enter_there(lab);
        lab_run("ip address add 2001:db8::2/64 dev eth0 nodad");
        b = open_socket(lab, &params, &there);
        g_assert_cmpint(transmit(a, "2001:db8::1", "2001:db8::2", 64), ==, 0);
        lab_wait(lab, received, &there);
        check(&there, "2001:db8::1", "2001:db8::2", 64);
}

static void test_local(Lab *lab, const void *unused) {
        /* Of two unicast sockets, each for its own local address, a packet reaches the one it was sent to,
         * even if that address came only after the socket. */
        const VrrpSocketParams any = {.family = AF_INET};
        VrrpSocketParams first = any, second = any;
        Inbox here = {0}, in_first = {.n_wanted = 1}, in_second = {.n_wanted = 1};
        _cleanup_(vrrp_socket_freep) VrrpSocket *a = open_socket(lab, &any, &here), *b = NULL, *c = NULL;

        first.local = lab_address("192.0.2.2");
        second.local = lab_address("192.0.2.3");
        lab_enter_there(lab);
        b = open_socket(lab, &first, &in_first);
        c = open_socket(lab, &second, &in_second);
        lab_run("ip address add 192.0.2.3/24 dev eth0");
        g_assert_cmpint(transmit(a, "192.0.2.1", "192.0.2.2", 255), ==, 0);
        g_assert_cmpint(transmit(a, "192.0.2.1", "192.0.2.3", 255), ==, 0);
        lab_wait(lab, received, &in_first);
        lab_wait(lab, received, &in_second);
        lab_run_ready(lab);
        check(&in_first, "192.0.2.1", "192.0.2.2", 255);
        check(&in_second, "192.0.2.1", "192.0.2.3", 255);
        g_assert_cmpuint(in_first.n + in_second.n, ==, 2);
}

static void test_ipv6_local(Lab *lab, const void *unused) {
        /* A local IPv6 address that does not exist yet is no hindrance. */
        const VrrpSocketParams params = {.family = AF_INET6, .local = lab_address("2001:db8::77")};
        Inbox here = {0};
        _cleanup_(vrrp_socket_freep) VrrpSocket *s = open_socket(lab, &params, &here);

        g_assert_nonnull(s);
}

static void test_drain(Lab *lab, const void *unused) {
        /* Packets that wait are read by drain, without the loop, in the order in which they came. */
        Inbox here = {0}, there = {0};
        VrrpSocketParams params = multicast("224.0.0.18");
        _cleanup_(vrrp_socket_freep) VrrpSocket *a = open_socket(lab, &params, &here), *b = NULL;

        lab_enter_there(lab);
        params = multicast("224.0.0.18");
        b = open_socket(lab, &params, &there);
        for (uint8_t ttl = 1; ttl <= 40; ttl++)
                g_assert_cmpint(transmit(a, "192.0.2.1", "224.0.0.18", ttl), ==, 0);
        while (there.n < 40)
                vrrp_socket_drain(b);
        g_assert_cmpint(there.ttl, ==, 40);
        g_assert_cmpuint(there.n, ==, 40);
}

/* Each packet that is read makes room for the next one: the socket is never empty. */
typedef struct Echo {
        VrrpSocket *sender;
        unsigned n;
        bool slow;
} Echo;

static void echo(VrrpSocket *s, const VrrpPacket *packet, void *userdata) {
        Echo *e = userdata;

        e->n++;
        if (e->slow)
                g_usleep(20);
        g_assert_cmpint(transmit(e->sender, "192.0.2.1", "224.0.0.18", 255), ==, 0);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata) {
        *(bool *)userdata = true;
        return 0;
}

static void check_flood(Lab *lab, bool slow) {
        VrrpSocketParams params = multicast("224.0.0.18");
        Inbox here = {0};
        Echo there = {.sender = open_socket(lab, &params, &here), .slow = slow};
        _cleanup_(vrrp_socket_freep) VrrpSocket *b = NULL;
        sd_event_source *timer = NULL;
        bool served = false;
        unsigned before;

        lab_enter_there(lab);
        params = multicast("224.0.0.18");
        g_assert_cmpint(vrrp_socket_new(lab->event, -10, &params, echo, &there, &b), ==, 0);
        for (unsigned i = 0; i < 200; i++)
                g_assert_cmpint(transmit(there.sender, "192.0.2.1", "224.0.0.18", 255), ==, 0);
        while (there.n == 0)
                vrrp_socket_drain(b);
        g_assert_cmpint(sd_event_add_time(lab->event, &timer, CLOCK_MONOTONIC, 0, 1, on_timer, &served), >=,
                        0);
        while (!served && there.n < 10000)
                g_assert_cmpint(sd_event_run(lab->event, USEC_PER_SEC), >=, 0);
        g_assert_true(served);
        for (before = there.n; there.n == before;)
                g_assert_cmpint(sd_event_run(lab->event, USEC_PER_SEC), >=, 0);
        sd_event_source_unref(timer);
        vrrp_socket_free(there.sender);
}

static void test_flood(Lab *lab, const void *unused) {
        /* Packets that come faster than they are read, without end, do not keep a source of lower priority
         * from its turn; and a drain ends, although the socket is never empty. */
        check_flood(lab, false);
}

static void test_slow_flood(Lab *lab, const void *unused) {
        /* Nor do they where reading them takes long; and afterwards they are read as before. */
        check_flood(lab, true);
}

static void test_free_in_callback(Lab *lab, const void *unused) {
        /* A callback may free its socket although more packets wait. */
        Inbox here = {0}, there = {.n_wanted = 1, .free_in_callback = true};
        VrrpSocketParams params = multicast("224.0.0.18");
        _cleanup_(vrrp_socket_freep) VrrpSocket *a = open_socket(lab, &params, &here);

        lab_enter_there(lab);
        params = multicast("224.0.0.18");
        (void)open_socket(lab, &params, &there);
        for (unsigned i = 0; i < 40; i++)
                g_assert_cmpint(transmit(a, "192.0.2.1", "224.0.0.18", 255), ==, 0);
        lab_wait(lab, received, &there);
        lab_run_ready(lab);
        g_assert_cmpuint(there.n, ==, 1);
}

static int transmit_vrid(VrrpSocket *s, const char *source, const char *destination, uint8_t vrid) {
        VrrpAddress from = lab_address(source), to = lab_address(destination);
        const uint8_t data[8] = {0x31, vrid};

        return vrrp_socket_send(s, &from, &to, 255, data, sizeof(data));
}

/* Sends VRIDs 1..255 and lets the other end look for the last, which it always wants. Returns how many
 * arrived. */
static unsigned count_arriving(
                Lab *lab, VrrpSocket *s, const char *source, const char *destination, Inbox *in) {
        in->n = 0;
        in->data[1] = 0;
        for (unsigned vrid = 1; vrid <= 255; vrid++) {
                g_assert_cmpint(transmit_vrid(s, source, destination, (uint8_t)vrid), ==, 0);
                lab_run_ready(lab);
        }
        while (in->data[1] != 255)
                g_assert_cmpint(sd_event_run(lab->event, USEC_PER_SEC), >=, 0);
        return in->n;
}

static void check_vrids(Lab *lab, const char *source, const char *group) {
        Inbox here = {0}, there = {0};
        VrrpSocketParams params = multicast(group);
        _cleanup_(vrrp_socket_freep) VrrpSocket *a = open_socket(lab, &params, &here), *b = NULL;
        uint8_t vrids[256];

        for (unsigned i = 0; i < sizeof(vrids); i++)
                vrids[i] = (uint8_t)(255 - i);
        lab_enter_there(lab);
        params = multicast(group);
        b = open_socket(lab, &params, &there);
        g_assert_cmpint(vrrp_socket_set_vrids(b, vrids, 0), ==, 0);
        g_assert_cmpuint(count_arriving(lab, a, source, group, &there), ==, 255);
        g_assert_cmpint(vrrp_socket_set_vrids(b, vrids, 1), ==, 0);
        g_assert_cmpuint(count_arriving(lab, a, source, group, &there), ==, 1);
        g_assert_cmpint(vrrp_socket_set_vrids(b, vrids, 100), ==, 0);
        g_assert_cmpuint(count_arriving(lab, a, source, group, &there), ==, 100);
        g_assert_cmpint(vrrp_socket_set_vrids(b, vrids, 255), ==, 0);
        g_assert_cmpuint(count_arriving(lab, a, source, group, &there), ==, 255);
        g_assert_cmpint(vrrp_socket_set_vrids(b, vrids, 256), ==, -EINVAL);
        g_assert_cmpint(vrrp_socket_set_vrids(b, vrids, 0), ==, 0);
        g_assert_cmpuint(count_arriving(lab, a, source, group, &there), ==, 255);
}

static void test_vrids(Lab *lab, const void *unused) {
        /* With a list of VRIDs only their packets arrive, over IPv4 and IPv6, one or all; without it all do
         * again. */
        lab_run("ip address add fe80::aaaa/64 dev eth0 nodad");
        check_vrids(lab, "192.0.2.1", "224.0.0.18");
        lab_enter_here(lab);
        check_vrids(lab, "fe80::aaaa", "ff02::12");
}

static int open_unprivileged(void *userdata) {
        const VrrpSocketParams params = {.family = AF_INET};
        VrrpSocket *s;

        return vrrp_socket_new(userdata, 0, &params, on_packet, NULL, &s);
}

static void test_forbidden(Lab *lab, const void *unused) {
        /* Without CAP_NET_RAW there is no socket, and the error says why. */
        g_assert_cmpint(lab_as_nobody(open_unprivileged, lab->event), ==, -EPERM);
}

static void test_oversized(Lab *lab, const void *unused) {
        /* A packet larger than any VRRP message is dropped and counted; the next one is received. */
        Inbox there = {.n_wanted = 1};
        const struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = inet_addr("192.0.2.2")};
        const VrrpSocketParams params = {.family = AF_INET};
        _cleanup_(vrrp_socket_freep) VrrpSocket *b = NULL;
        _cleanup_close_ int raw = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, 112);
        static const uint8_t large[8000];

        lab_enter_there(lab);
        b = open_socket(lab, &params, &there);
        g_assert_cmpint(sendto(raw, large, sizeof(large), 0, (const struct sockaddr *)&to, sizeof(to)), ==,
                        sizeof(large));
        g_assert_cmpint(sendto(raw, message, sizeof(message), 0, (const struct sockaddr *)&to, sizeof(to)),
                        ==, sizeof(message));
        lab_wait(lab, received, &there);
        g_assert_cmpmem(there.data, there.size, message, sizeof(message));
        g_assert_cmpuint(there.n, ==, 1);
        g_assert_cmpuint(vrrp_socket_dropped(b), ==, 1);
}

static void test_largest(Lab *lab, const void *unused) {
        /* The largest message there can be, 255 IPv6 addresses, passes in fragments, though it does not fit
         * the MTU. */
        Inbox here = {0}, there = {.n_wanted = 1};
        VrrpSocketParams params = multicast("ff02::12");
        _cleanup_(vrrp_socket_freep) VrrpSocket *a = NULL, *b = NULL;
        VrrpAddress from = lab_address("fe80::aaaa"), to = lab_address("ff02::12");
        uint8_t data[8 + 16 * 255];

        memset(data, 0x5a, sizeof(data));
        lab_run("ip address add fe80::aaaa/64 dev eth0 nodad");
        a = open_socket(lab, &params, &here);
        lab_enter_there(lab);
        params = multicast("ff02::12");
        b = open_socket(lab, &params, &there);
        g_assert_cmpint(vrrp_socket_send(a, &from, &to, 255, data, sizeof(data)), ==, 0);
        lab_wait(lab, received, &there);
        g_assert_cmpmem(there.data, there.size, data, sizeof(data));
}

static void test_source_elsewhere(Lab *lab, const void *unused) {
        /* A packet leaves from the source address that it was given also where no interface of the host has
         * it, to a group and to a single router, in both families. */
        static const struct {
                const char *source, *to;
        } t[] = {
                        {"192.0.2.77", "224.0.0.18"},
                        {"fe80::77", "ff02::12"},
                        {"192.0.2.77", "192.0.2.2"},
                        {"2001:db8::77", "2001:db8::2"},
        };

        lab_run("ip address add 2001:db8::1/64 dev eth0 nodad");
        lab_run("ip address add fe80::aaaa/64 dev eth0 nodad");
        lab_enter_there(lab);
        lab_run("ip address add 2001:db8::2/64 dev eth0 nodad");
        for (size_t i = 0; i < ELEMENTSOF(t); i++) {
                Inbox here = {0}, there = {.n_wanted = 1};
                _cleanup_(vrrp_socket_freep) VrrpSocket *a = NULL, *b = NULL;
                VrrpSocketParams params;

                lab_enter_there(lab);
                params = multicast(t[i].to);
                if (i >= 2)
                        params.group = (VrrpAddress){0};
                b = open_socket(lab, &params, &there);
                lab_enter_here(lab);
                params.ifindex = lab_ifindex("eth0");
                a = open_socket(lab, &params, &here);
                g_assert_cmpint(transmit(a, t[i].source, t[i].to, 255), ==, 0);
                lab_wait(lab, received, &there);
                check(&there, t[i].source, t[i].to, 255);
        }
}

typedef struct Sent {
        unsigned n, n_failed, last_tag, failed_tag;
        int error;
} Sent;

static void on_sent(void *userdata, unsigned tag, int r) {
        Sent *s = userdata;

        g_assert_cmpuint(tag, ==, s->n);
        s->last_tag = tag;
        s->n++;
        if (r < 0) {
                s->n_failed++;
                s->failed_tag = tag;
                s->error = r;
        }
}

static int queue(VrrpSocket *s, const char *source, unsigned tag, Sent *sent) {
        VrrpAddress from = lab_address(source), to = lab_address("224.0.0.18");

        return vrrp_socket_queue(s, &from, &to, (uint8_t)(tag % 255 + 1), message, sizeof(message), on_sent,
                        sent, tag);
}

static void test_queue(Lab *lab, const void *unused) {
        /* What is queued leaves at the flush, or when the queue is full, in its order, and each message has
         * its own result: one that the kernel refuses does not hold up the others. */
        Inbox here = {0}, there = {0};
        VrrpSocketParams params = multicast("224.0.0.18");
        _cleanup_(vrrp_socket_freep) VrrpSocket *a = open_socket(lab, &params, &here), *b = NULL;
        static const uint8_t large[20000];
        VrrpAddress from = lab_address("192.0.2.1"), to = lab_address("224.0.0.18");
        Sent sent = {};

        lab_enter_there(lab);
        params = multicast("224.0.0.18");
        b = open_socket(lab, &params, &there);
        vrrp_socket_flush(a);
        for (unsigned i = 0; i < 100; i++)
                g_assert_cmpint(queue(a, i == 80 ? "224.0.0.9" : "192.0.2.1", i, &sent), ==, 0);
        g_assert_cmpuint(sent.n, ==, 64);
        vrrp_socket_flush(a);
        g_assert_cmpuint(sent.n, ==, 100);
        g_assert_cmpuint(sent.n_failed, ==, 1);
        g_assert_cmpuint(sent.failed_tag, ==, 80);
        g_assert_cmpint(sent.error, <, 0);
        vrrp_socket_flush(a);
        g_assert_cmpuint(sent.n, ==, 100);
        while (there.n < 99)
                vrrp_socket_drain(b);
        g_assert_cmpint(there.ttl, ==, 100);
        g_assert_cmpint(vrrp_socket_queue(a, &from, &to, 1, large, sizeof(large), on_sent, &sent, 0), ==,
                        -EMSGSIZE);
        g_assert_cmpint(vrrp_socket_queue(a, &from, &to, 0, message, sizeof(message), on_sent, &sent, 0), ==,
                        -EINVAL);
        g_assert_cmpuint(sent.n, ==, 100);
}

static void test_queue_large(Lab *lab, const void *unused) {
        /* Large messages, too, of which fewer fit, arrive all and whole. */
        Inbox here = {0}, there = {.n_wanted = 20};
        VrrpSocketParams params = multicast("224.0.0.18");
        _cleanup_(vrrp_socket_freep) VrrpSocket *a = open_socket(lab, &params, &here), *b = NULL;
        VrrpAddress from = lab_address("192.0.2.1"), to = lab_address("224.0.0.18");
        uint8_t data[1044];
        Sent sent = {};

        lab_enter_there(lab);
        params = multicast("224.0.0.18");
        b = open_socket(lab, &params, &there);
        for (unsigned i = 0; i < 20; i++) {
                memset(data, (int)i, sizeof(data));
                g_assert_cmpint(vrrp_socket_queue(a, &from, &to, 255, data, sizeof(data), on_sent, &sent, i),
                                ==, 0);
        }
        vrrp_socket_flush(a);
        g_assert_cmpuint(sent.n, ==, 20);
        g_assert_cmpuint(sent.n_failed, ==, 0);
        lab_wait(lab, received, &there);
        g_assert_cmpmem(there.data, there.size, data, sizeof(data));
}

static void test_overruns(Lab *lab, const void *unused) {
        /* What the kernel had to drop because nobody read is counted; what it kept arrives. */
        Inbox here = {0}, there = {0};
        VrrpSocketParams params = multicast("224.0.0.18");
        _cleanup_(vrrp_socket_freep) VrrpSocket *a = open_socket(lab, &params, &here), *b = NULL;
        VrrpAddress from = lab_address("192.0.2.1"), to = lab_address("224.0.0.18");
        static const uint8_t data[1400];

        lab_enter_there(lab);
        params = multicast("224.0.0.18");
        b = open_socket(lab, &params, &there);
        g_assert_cmpuint(vrrp_socket_overruns(b), ==, 0);
        for (unsigned i = 0; i < 4000; i++)
                g_assert_cmpint(vrrp_socket_send(a, &from, &to, 255, data, sizeof(data)), ==, 0);
        g_assert_cmpuint(vrrp_socket_overruns(b), >, 0);
        while (there.n + vrrp_socket_overruns(b) < 4000)
                vrrp_socket_drain(b);
        g_assert_cmpuint(there.n, >, 0);
}

static void test_options(Lab *lab, const void *unused) {
        /* What leaves is marked as network control (CS6) for the network. */
        Inbox here = {0};
        VrrpSocketParams params = multicast("224.0.0.18");
        _cleanup_(vrrp_socket_freep) VrrpSocket *a = open_socket(lab, &params, &here);
        _cleanup_close_ int raw = -EBADF;
        struct ip_mreqn join = {.imr_multiaddr.s_addr = inet_addr("224.0.0.18")};
        struct iphdr header;
        uint8_t data[128];

        lab_enter_there(lab);
        raw = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, 112);
        join.imr_ifindex = lab_ifindex("eth0");
        g_assert_cmpint(setsockopt(raw, IPPROTO_IP, IP_ADD_MEMBERSHIP, &join, sizeof(join)), ==, 0);
        g_assert_cmpint(transmit(a, "192.0.2.1", "224.0.0.18", 255), ==, 0);
        g_assert_cmpint(recv(raw, data, sizeof(data), 0), ==, sizeof(header) + sizeof(message));
        memcpy(&header, data, sizeof(header));
        g_assert_cmpuint(header.tos, ==, 0xc0);
        g_assert_cmpuint(header.ttl, ==, 255);
        g_assert_cmpuint(header.protocol, ==, 112);
}

static void test_errors(Lab *lab, const void *unused) {
        /* Each failure of making and sending comes back as its errno, and a socket survives its link's
         * absence. */
        Inbox in = {0};
        VrrpSocketParams params = multicast("224.0.0.18");
        VrrpSocket *s = NULL;
        VrrpAddress ipv6 = lab_address("fe80::1"), ipv4 = lab_address("192.0.2.1");
        uint8_t huge[66000] = {0};

        params.family = AF_UNIX;
        g_assert_cmpint(vrrp_socket_new(lab->event, 0, &params, on_packet, &in, &s), ==, -EAFNOSUPPORT);
        params = multicast("224.0.0.18");
        params.interface = "nonesuch0";
        g_assert_cmpint(vrrp_socket_new(lab->event, 0, &params, on_packet, &in, &s), ==, -ENODEV);
        params = multicast("224.0.0.18");
        params.group = lab_address("192.0.2.77");
        g_assert_cmpint(vrrp_socket_new(lab->event, 0, &params, on_packet, &in, &s), ==, -EINVAL);
        params = multicast("ff02::12");
        params.ifindex = 4711;
        g_assert_cmpint(vrrp_socket_new(lab->event, 0, &params, on_packet, &in, &s), ==, -ENODEV);
        params = (VrrpSocketParams){.family = AF_INET, .local = lab_address("224.0.0.18")};
        params.local.family = AF_INET6;
        g_assert_cmpint(vrrp_socket_new(lab->event, 0, &params, on_packet, &in, &s), <, 0);
        g_assert_null(s);

        params = multicast("224.0.0.18");
        s = open_socket(lab, &params, &in);
        g_assert_cmpint(vrrp_socket_send(s, &ipv6, &ipv4, 255, message, sizeof(message)), ==, -EINVAL);
        g_assert_cmpint(vrrp_socket_send(s, &ipv4, &ipv4, 0, message, sizeof(message)), ==, -EINVAL);
        g_assert_cmpint(vrrp_socket_send(s, &ipv4, &ipv4, 255, huge, sizeof(huge)), ==, -EMSGSIZE);
        g_assert_cmpint(transmit(s, "224.0.0.9", "224.0.0.18", 255), <, 0);
        lab_run("ip link set eth0 down");
        g_assert_cmpint(transmit(s, "192.0.2.1", "224.0.0.18", 255), <, 0);
        lab_run_ready(lab);
        lab_link_up("eth0");
        lab_run_ready(lab);
        g_assert_cmpint(transmit(s, "192.0.2.1", "224.0.0.18", 255), ==, 0);
        lab_run("ip link delete eth0");
        g_assert_cmpint(transmit(s, "192.0.2.1", "224.0.0.18", 255), <, 0);
        lab_run_ready(lab);
        g_assert_null(vrrp_socket_free(s));
        g_assert_null(vrrp_socket_free(NULL));
        g_assert_cmpuint(in.n, ==, 0);
}

#define ADD(path, f) g_test_add("/net/vrrp-socket/" path, Lab, NULL, lab_setup, f, lab_teardown)

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        ADD("ipv4-multicast", test_ipv4_multicast);
        ADD("ipv6-multicast", test_ipv6_multicast);
        ADD("unicast", test_unicast);
        ADD("ipv6-unicast", test_ipv6_unicast);
        ADD("source-elsewhere", test_source_elsewhere);
        ADD("local", test_local);
        ADD("ipv6-local", test_ipv6_local);
        ADD("drain", test_drain);
        ADD("flood", test_flood);
        ADD("slow-flood", test_slow_flood);
        ADD("free-in-callback", test_free_in_callback);
        ADD("vrids", test_vrids);
        ADD("forbidden", test_forbidden);
        ADD("oversized", test_oversized);
        ADD("largest", test_largest);
        ADD("queue", test_queue);
        ADD("queue-large", test_queue_large);
        ADD("overruns", test_overruns);
        ADD("options", test_options);
        ADD("errors", test_errors);
        return g_test_run();
}
