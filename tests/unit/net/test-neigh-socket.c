/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Announcements as they arrive on the other host, and listening for others' ARP. */

#include "tests/unit/net/lab.h"
#include "service/net/neigh-socket.h"
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <sys/socket.h>

static const uint8_t mac[FRAME_MAC_SIZE] = {0x02, 0, 0x5e, 1, 2, 3};

typedef struct Heard {
        unsigned n, n_wanted;
        int ifindex;
        VrrpAddress sender;
        uint8_t mac[FRAME_MAC_SIZE];
        NeighSocket *stop; /* stop listening from within the callback */
} Heard;

static void on_arp(int ifindex, const VrrpAddress *sender, const uint8_t sender_mac[FRAME_MAC_SIZE],
                void *userdata) {
        Heard *h = userdata;

        h->n++;
        h->ifindex = ifindex;
        h->sender = *sender;
        memcpy(h->mac, sender_mac, FRAME_MAC_SIZE);
        if (h->stop)
                g_assert_cmpint(neigh_socket_listen(h->stop, ifindex, false), ==, 0);
}

static bool heard(void *userdata) {
        Heard *h = userdata;

        return h->n >= h->n_wanted;
}

static NeighSocket *open_socket(Lab *lab, Heard *h) {
        NeighSocket *s = NULL;

        g_assert_cmpint(neigh_socket_new(lab->event, 0, on_arp, h, &s), ==, 0);
        return s;
}

/* A blocking socket on the present namespace's interface that gets all frames of an EtherType. */
static int open_tap(const char *interface, uint16_t protocol) {
        const struct sockaddr_ll address = {.sll_family = AF_PACKET,
                        .sll_protocol = htons(protocol),
                        .sll_ifindex = lab_ifindex(interface)};
        const struct timeval timeout = {.tv_sec = 60};
        int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

        g_assert_cmpint(bind(fd, (const struct sockaddr *)&address, sizeof(address)), ==, 0);
        g_assert_cmpint(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)), ==, 0);
        return fd;
}

/* The next frame from our MAC. */
static size_t next_frame(int fd, uint8_t *frame, size_t size) {
        for (;;) {
                ssize_t n = recv(fd, frame, size, 0);

                g_assert_cmpint(n, >=, 14);
                if (memcmp(frame + 6, mac, sizeof(mac)) == 0)
                        return (size_t)n;
        }
}

static void announce(NeighSocket *s, const char *address, unsigned repeat) {
        VrrpAddress a = lab_address(address);

        g_assert_cmpint(neigh_socket_announce(s, NULL, lab_ifindex("eth0"), &a, mac, repeat), ==, 0);
}

typedef struct Paced {
        NeighPace pace;
        unsigned n_lookups;
} Paced;

static NeighPace *find_pace(int ifindex, void *userdata) {
        Paced *p = userdata;

        p->n_lookups++;
        return &p->pace;
}

/* The last byte of the address that the next gratuitous ARP is about. */
static unsigned next_address(Lab *lab, int tap) {
        uint8_t frame[1514];

        for (;;) {
                ssize_t n = recv(tap, frame, sizeof(frame), MSG_DONTWAIT);

                if (n > 31 && memcmp(frame + 6, mac, sizeof(mac)) == 0)
                        return frame[31];
                g_assert_cmpint(sd_event_run(lab->event, 10 * USEC_PER_MSEC), >=, 0);
        }
}

static void test_pace(Lab *lab, const void *unused) {
        /* At a pace, too, each address is announced once before any is repeated, also one that comes later;
         * and a turn costs the same however many wait. */
        static const unsigned expected[] = {100, 101, 100, 101, 101};
        Paced p = {.pace.arp_interval_usec = USEC_PER_MSEC};
        _cleanup_close_ int tap = -EBADF;
        Heard h = {0};
        _cleanup_(neigh_socket_freep) NeighSocket *s = open_socket(lab, &h);

        lab_enter_there(lab);
        tap = open_tap("eth0", ETH_P_ARP);
        lab_enter_here(lab);
        neigh_socket_set_pace(s, find_pace, &p);
        announce(s, "192.0.2.100", 2);
        g_assert_cmpint(neigh_socket_flush(s), ==, 0);
        announce(s, "192.0.2.101", 3);
        for (size_t i = 0; i < ELEMENTSOF(expected); i++)
                g_assert_cmpuint(next_address(lab, tap), ==, expected[i]);

        p.pace.arp_interval_usec = USEC_PER_SEC * 100;
        for (unsigned i = 0; i < 1000; i++)
                announce(s, "192.0.2.100", 5);
        p.n_lookups = 0;
        for (unsigned i = 0; i < 10; i++)
                g_assert_cmpint(neigh_socket_flush(s), ==, 0);
        g_assert_cmpuint(p.n_lookups, <=, 10);
        neigh_socket_forget(s, NULL);
        g_assert_cmpint(neigh_socket_flush(s), ==, 0);
        g_assert_cmpuint(p.n_lookups, <=, 10);
}

static void test_announce(Lab *lab, const void *unused) {
        /* Gratuitous ARP arrives as frame.c made it: broadcast, from our MAC, sender and target the address.
         * Repetitions come in rounds: every address once before any again. Nothing leaves before the flush.
         */
        _cleanup_close_ int tap = -EBADF;
        Heard h = {0};
        _cleanup_(neigh_socket_freep) NeighSocket *s = open_socket(lab, &h);
        uint8_t frame[1514];

        lab_enter_there(lab);
        tap = open_tap("eth0", ETH_P_ARP);
        lab_enter_here(lab);
        announce(s, "192.0.2.100", 2);
        announce(s, "192.0.2.101", 3);
        announce(s, "192.0.2.102", 0);
        g_assert_cmpint(neigh_socket_flush(s), ==, 0);
        g_assert_cmpint(neigh_socket_flush(s), ==, 0);

        for (const char *last = "01011"; *last; last++) {
                uint8_t address[4] = {192, 0, 2, (uint8_t)(100 + *last - '0')};
                uint8_t expected[FRAME_ARP_SIZE];
                VrrpAddress a = {.family = AF_INET};

                memcpy(a.bytes, address, sizeof(address));
                frame_gratuitous_arp(&a, mac, expected);
                g_assert_cmpuint(next_frame(tap, frame, sizeof(frame)), >=, FRAME_ARP_SIZE);
                g_assert_cmpmem(frame, FRAME_ARP_SIZE, expected, FRAME_ARP_SIZE);
                g_assert_cmpmem(frame, 6, "\xff\xff\xff\xff\xff\xff", 6);
                g_assert_cmpmem(frame + 28, 4, address, 4);
                g_assert_cmpmem(frame + 38, 4, address, 4);
        }
        g_assert_cmpint(recv(tap, frame, sizeof(frame), MSG_DONTWAIT), ==, -1);
}

static void test_neighbour_cache(Lab *lab, const void *unused) {
        /* What it is for: the other host's neighbour entry for the address moves to our MAC, for IPv4 and
         * IPv6. */
        Heard h = {0};
        _cleanup_(neigh_socket_freep) NeighSocket *s = open_socket(lab, &h);
        g_autofree char *neighbours = NULL;

        lab_enter_there(lab);
        lab_run("ip address add 2001:db8::2/64 dev eth0 nodad");
        lab_run("ip neighbour add 192.0.2.100 lladdr 02:00:00:00:00:99 dev eth0 nud stale");
        lab_run("ip neighbour add 2001:db8::100 lladdr 02:00:00:00:00:99 dev eth0 nud stale");
        lab_enter_here(lab);
        announce(s, "192.0.2.100", 1);
        announce(s, "2001:db8::100", 1);
        g_assert_cmpint(neigh_socket_flush(s), ==, 0);
        lab_enter_there(lab);
        do {
                g_free(g_steal_pointer(&neighbours));
                g_assert_true(g_spawn_command_line_sync(
                                "ip neighbour show dev eth0", &neighbours, NULL, NULL, NULL));
        } while (!strstr(neighbours, "192.0.2.100 lladdr 02:00:5e:01:02:03") ||
                        !strstr(neighbours, "2001:db8::100 lladdr 02:00:5e:01:02:03"));
}

static void test_neighbour_advertisement(Lab *lab, const void *unused) {
        /* An IPv6 address is announced by the neighbour advertisement that frame.c makes, Router flag set.
         */
        _cleanup_close_ int tap = -EBADF;
        Heard h = {0};
        _cleanup_(neigh_socket_freep) NeighSocket *s = open_socket(lab, &h);
        VrrpAddress a = lab_address("2001:db8::100");
        uint8_t frame[1514], expected[FRAME_NA_SIZE];

        lab_enter_there(lab);
        tap = open_tap("eth0", ETH_P_IPV6);
        lab_enter_here(lab);
        announce(s, "2001:db8::100", 1);
        g_assert_cmpint(neigh_socket_flush(s), ==, 0);
        frame_unsolicited_na(&a, mac, true, expected);
        g_assert_cmpuint(next_frame(tap, frame, sizeof(frame)), ==, FRAME_NA_SIZE);
        g_assert_cmpmem(frame, FRAME_NA_SIZE, expected, FRAME_NA_SIZE);
}

static void test_many(Lab *lab, const void *unused) {
        /* More announcements than one system call or one socket buffer takes all arrive, each address as
         * often as asked. */
        enum { N = 600, REPEAT = 3 };
        _cleanup_close_ int tap = -EBADF;
        Heard h = {0};
        _cleanup_(neigh_socket_freep) NeighSocket *s = open_socket(lab, &h);
        unsigned counts[N] = {0};
        uint8_t frame[1514];
        int size = 16 * 1024 * 1024;

        lab_enter_there(lab);
        tap = open_tap("eth0", ETH_P_ARP);
        g_assert_cmpint(setsockopt(tap, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)), ==, 0);
        lab_enter_here(lab);
        for (unsigned i = 0; i < N; i++) {
                g_autofree char *text = g_strdup_printf("10.0.%u.%u", i / 200, i % 200 + 1);

                announce(s, text, REPEAT);
        }
        g_assert_cmpint(neigh_socket_flush(s), ==, 0);
        for (unsigned i = 0; i < N * REPEAT; i++) {
                next_frame(tap, frame, sizeof(frame));
                counts[frame[30] * 200 + frame[31] - 1]++;
                lab_run_ready(lab);
        }
        for (unsigned i = 0; i < N; i++)
                g_assert_cmpuint(counts[i], ==, REPEAT);
}

static void test_link_gone(Lab *lab, const void *unused) {
        /* An announcement on a link that is down or gone is given up with its error; the others leave all
         * the same. */
        _cleanup_close_ int tap = -EBADF;
        Heard h = {0};
        _cleanup_(neigh_socket_freep) NeighSocket *s = open_socket(lab, &h);
        VrrpAddress a = lab_address("192.0.2.100"), none = {0};
        uint8_t frame[1514];

        lab_run("ip link add down0 type veth peer name down1");
        lab_enter_there(lab);
        tap = open_tap("eth0", ETH_P_ARP);
        lab_enter_here(lab);
        g_assert_cmpint(neigh_socket_announce(s, NULL, lab_ifindex("down0"), &a, mac, 2), ==, 0);
        announce(s, "192.0.2.101", 1);
        g_assert_cmpint(neigh_socket_announce(s, NULL, 4711, &a, mac, 2), ==, 0);
        announce(s, "192.0.2.102", 1);
        g_assert_cmpint(neigh_socket_flush(s), ==, -ENETDOWN);
        g_assert_cmpint(neigh_socket_flush(s), ==, 0);
        next_frame(tap, frame, sizeof(frame));
        g_assert_cmpuint(frame[31], ==, 101);
        next_frame(tap, frame, sizeof(frame));
        g_assert_cmpuint(frame[31], ==, 102);

        g_assert_cmpint(neigh_socket_announce(s, NULL, 4711, &a, mac, 1), ==, 0);
        g_assert_cmpint(neigh_socket_flush(s), ==, -ENXIO);
        g_assert_cmpint(neigh_socket_announce(s, NULL, 1, &none, mac, 1), ==, -EINVAL);
        g_assert_cmpint(neigh_socket_announce(s, NULL, 0, &a, mac, 1), ==, -EINVAL);
}

static void test_busy_device(Lab *lab, const void *unused) {
        /* What a device's queue refuses waits and leaves by itself when there is room; another link is not
         * held up meanwhile. */
        _cleanup_close_ int tap = -EBADF, other = -EBADF;
        Heard h = {0};
        _cleanup_(neigh_socket_freep) NeighSocket *s = open_socket(lab, &h);
        VrrpAddress a = lab_address("192.0.2.103");
        uint8_t frame[1514];

        lab_run("ip link add free0 type veth peer name free1");
        lab_run("ip link set free0 up");
        lab_link_up("free1");
        lab_link_up("free0");
        lab_enter_there(lab);
        tap = open_tap("eth0", ETH_P_ARP);
        lab_enter_here(lab);
        other = open_tap("free1", ETH_P_ARP);
        lab_run("tc qdisc add dev eth0 root pfifo limit 0");
        announce(s, "192.0.2.100", 2);
        announce(s, "192.0.2.101", 1);
        g_assert_cmpint(neigh_socket_announce(s, NULL, lab_ifindex("free0"), &a, mac, 1), ==, 0);
        g_assert_cmpint(neigh_socket_flush(s), ==, 0);
        next_frame(other, frame, sizeof(frame));
        g_assert_cmpuint(frame[31], ==, 103);
        for (unsigned i = 0; i < 3; i++)
                g_assert_cmpint(sd_event_run(lab->event, UINT64_MAX), >, 0); /* it tries again and again */
        g_assert_cmpint(recv(tap, frame, sizeof(frame), MSG_DONTWAIT), ==, -1);

        lab_run("tc qdisc change dev eth0 root pfifo limit 100");
        for (const char *last = "010"; *last; last++) {
                while (recv(tap, frame, sizeof(frame), MSG_DONTWAIT | MSG_PEEK) < 0)
                        g_assert_cmpint(sd_event_run(lab->event, USEC_PER_SEC), >=, 0);
                next_frame(tap, frame, sizeof(frame));
                g_assert_cmpuint(frame[31], ==, 100 + *last - '0');
        }
}

static int open_unprivileged(void *userdata) {
        NeighSocket *s;

        return neigh_socket_new(userdata, 0, on_arp, NULL, &s);
}

static void test_forbidden(Lab *lab, const void *unused) {
        /* Without CAP_NET_RAW there is no socket, and the error says why. */
        g_assert_cmpint(lab_as_nobody(open_unprivileged, lab->event), ==, -EPERM);
}

static void test_queue_limit(Lab *lab, const void *unused) {
        /* The queue is bounded; a flush makes room again. */
        Heard h = {0};
        _cleanup_(neigh_socket_freep) NeighSocket *s = open_socket(lab, &h);
        VrrpAddress a = lab_address("192.0.2.100");

        for (unsigned i = 0; i < 65536; i++)
                g_assert_cmpint(neigh_socket_announce(s, NULL, 4711, &a, mac, 1), ==, 0);
        g_assert_cmpint(neigh_socket_announce(s, NULL, 4711, &a, mac, 1), ==, -ENOBUFS);
        g_assert_cmpint(neigh_socket_flush(s), ==, -ENXIO);
        announce(s, "192.0.2.100", 1);
        g_assert_cmpint(neigh_socket_flush(s), ==, 0);
}

static void test_listen(Lab *lab, const void *unused) {
        /* While listened on, another host's ARP is told with sender, MAC and interface; our own frames are
         * not; uses are counted; afterwards nothing is told. */
        Heard here = {.n_wanted = 1}, there = {0};
        _cleanup_(neigh_socket_freep) NeighSocket *a = open_socket(lab, &here), *b = NULL;
        VrrpAddress expected = lab_address("192.0.2.100");
        int ifindex = lab_ifindex("eth0");

        lab_enter_there(lab);
        b = open_socket(lab, &there);
        lab_enter_here(lab);
        g_assert_cmpint(neigh_socket_listen(a, ifindex, true), ==, 0);
        g_assert_cmpint(neigh_socket_listen(a, ifindex, true), ==, 0);
        g_assert_cmpint(neigh_socket_listen(a, ifindex, false), ==, 0);

        announce(a, "192.0.2.100", 1);
        g_assert_cmpint(neigh_socket_flush(a), ==, 0);
        lab_run_ready(lab);
        g_assert_cmpuint(here.n, ==, 0);

        announce(b, "192.0.2.100", 1);
        g_assert_cmpint(neigh_socket_flush(b), ==, 0);
        lab_wait(lab, heard, &here);
        g_assert_cmpuint(here.n, ==, 1);
        g_assert_cmpint(here.ifindex, ==, ifindex);
        g_assert_true(vrrp_address_equal(&here.sender, &expected));
        g_assert_cmpmem(here.mac, sizeof(here.mac), mac, sizeof(mac));

        g_assert_cmpint(neigh_socket_listen(a, ifindex, false), ==, 0);
        g_assert_cmpint(neigh_socket_listen(a, ifindex, false), ==, -ENOENT);
        announce(b, "192.0.2.100", 1);
        g_assert_cmpint(neigh_socket_flush(b), ==, 0);
        lab_run_ready(lab);
        g_assert_cmpuint(here.n, ==, 1);
        g_assert_cmpint(neigh_socket_listen(a, 4711, true), ==, -ENODEV);
}

static void test_stop_in_callback(Lab *lab, const void *unused) {
        /* Listening may end from within the callback although more frames wait; none of them is told. */
        Heard here = {.n_wanted = 1}, there = {0};
        _cleanup_(neigh_socket_freep) NeighSocket *a = open_socket(lab, &here), *b = NULL;
        int ifindex = lab_ifindex("eth0");

        here.stop = a;
        lab_enter_there(lab);
        b = open_socket(lab, &there);
        lab_enter_here(lab);
        g_assert_cmpint(neigh_socket_listen(a, ifindex, true), ==, 0);
        announce(b, "192.0.2.100", 50);
        g_assert_cmpint(neigh_socket_flush(b), ==, 0);
        lab_wait(lab, heard, &here);
        lab_run_ready(lab);
        g_assert_cmpuint(here.n, ==, 1);
}

static void test_listen_through_down(Lab *lab, const void *unused) {
        /* Listening survives the link going down and up again, and its deletion is no disaster. */
        Heard here = {.n_wanted = 1}, there = {0};
        _cleanup_(neigh_socket_freep) NeighSocket *a = open_socket(lab, &here), *b = NULL;
        int ifindex = lab_ifindex("eth0");

        lab_enter_there(lab);
        b = open_socket(lab, &there);
        lab_enter_here(lab);
        g_assert_cmpint(neigh_socket_listen(a, ifindex, true), ==, 0);
        lab_run("ip link set eth0 down");
        lab_run_ready(lab);
        lab_link_up("eth0");
        lab_enter_there(lab);
        lab_link_up("eth0");
        lab_enter_here(lab);
        announce(b, "192.0.2.100", 1);
        g_assert_cmpint(neigh_socket_flush(b), ==, 0);
        lab_wait(lab, heard, &here);
        lab_run("ip link delete eth0");
        lab_run_ready(lab);
        g_assert_cmpint(neigh_socket_listen(a, ifindex, false), ==, 0);
        g_assert_null(neigh_socket_free(NULL));
}

#define ADD(path, f) g_test_add("/net/neigh-socket/" path, Lab, NULL, lab_setup, f, lab_teardown)

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        ADD("announce", test_announce);
        ADD("pace", test_pace);
        ADD("neighbour-cache", test_neighbour_cache);
        ADD("neighbour-advertisement", test_neighbour_advertisement);
        ADD("many", test_many);
        ADD("link-gone", test_link_gone);
        ADD("busy-device", test_busy_device);
        ADD("forbidden", test_forbidden);
        ADD("queue-limit", test_queue_limit);
        ADD("listen", test_listen);
        ADD("stop-in-callback", test_stop_in_callback);
        ADD("listen-through-down", test_listen_through_down);
        return g_test_run();
}
