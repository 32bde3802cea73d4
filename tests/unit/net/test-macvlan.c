/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A link with a virtual MAC address is made as it should be, marked, found by its mark, and nothing leaves
 * through it that nobody asked for; adverts go out with its address without it and come in through it. */

#include "tests/unit/net/lab.h"
#include "service/net/filter.h"
#include "service/net/macvlan.h"
#include "service/net/sysctl.h"
#include "service/net/vmac-socket.h"
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <linux/ip.h>
#include <arpa/inet.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

static const uint8_t mac[FRAME_MAC_SIZE] = {0x00, 0x00, 0x5e, 0x00, 0x01, 0x33};

typedef struct World {
        Lab lab;
        Netlink *netlink;
        LinkMirror *mirror;
        int error; /* of the last request */
        bool answered;
        GString *packets; /* "SOURCE TTL payload\n" of what came in */
} World;

static void setup(World *w, const void *unused) {
        lab_setup(&w->lab, NULL);
        w->packets = g_string_new(NULL);
        g_assert_cmpint(netlink_new(w->lab.event, 0, &w->netlink), ==, 0);
        g_assert_cmpint(link_mirror_new(w->netlink, NULL, w, &w->mirror), ==, 0);
}

static void teardown(World *w, const void *unused) {
        w->mirror = link_mirror_free(w->mirror);
        w->netlink = netlink_free(w->netlink);
        g_string_free(w->packets, TRUE);
        lab_teardown(&w->lab, NULL);
}

static void on_ack(int error, void *userdata) {
        World *w = userdata;

        w->error = error;
        w->answered = true;
}

static bool is_answered(void *userdata) {
        return ((World *)userdata)->answered;
}

/* The error of the request that was queued with on_ack(). */
static int answer(World *w) {
        w->answered = false;
        (void)netlink_flush(w->netlink);
        lab_wait(&w->lab, is_answered, w);
        return w->error;
}

static bool is_there(void *userdata) {
        return link_by_name(((World *)userdata)->mirror, "vrrp.51");
}

static MacvlanRequest request(void) {
        MacvlanRequest m = {.lower_ifindex = lab_ifindex("eth0"),
                        .name = "vrrp.51",
                        .group = 7,
                        .owner = "VI_1"};

        memcpy(m.mac, mac, sizeof(m.mac));
        return m;
}

static const Link *make(World *w) {
        MacvlanRequest m = request();

        g_assert_cmpint(macvlan_create(w->netlink, &m, on_ack, w), ==, 0);
        g_assert_cmpint(answer(w), ==, 0);
        lab_wait(&w->lab, is_there, w);
        return link_by_name(w->mirror, "vrrp.51");
}

static int ipv4(const char *key) {
        int value;

        g_assert_cmpint(sysctl_read("ipv4", "vrrp.51", key, &value), ==, 0);
        return value;
}

static void is_made(World *w, const void *unused) {
        MacvlanRequest m = request(), other;
        const Link *link = make(w);

        g_assert_cmpstr(link->kind, ==, "macvlan");
        g_assert_cmpuint(link->macvlan_mode, ==, MACVLAN_MODE_PRIVATE);
        g_assert_cmpint(link->lower_ifindex, ==, m.lower_ifindex);
        g_assert_cmpuint(link->group, ==, 7);
        g_assert_false(link->flags & IFF_UP);
        g_assert_true(macvlan_matches(link, &m));
        other = m;
        other.mac[5]++;
        g_assert_false(macvlan_matches(link, &other));
        other = m;
        other.lower_ifindex++;
        g_assert_false(macvlan_matches(link, &other));
        g_assert_false(macvlan_matches(link_by_name(w->mirror, "eth0"), &m));

        g_assert_cmpint(macvlan_configure(w->netlink, link->ifindex, true, on_ack, w), ==, 0);
        g_assert_cmpint(answer(w), ==, 0);
        g_assert_cmpint(ipv4("arp_ignore"), ==, 1);
        g_assert_cmpint(ipv4("arp_announce"), ==, 2);
        g_assert_cmpint(ipv4("accept_local"), ==, 1);
        g_assert_cmpint(ipv4("rp_filter"), ==, 0);
        g_assert_cmpint(ipv4("forwarding"), ==, 1);
        g_assert_cmpint(link_set_devconf(w->netlink, link->ifindex, IPV4_DEVCONF_RP_FILTER, 2, on_ack, w),
                        ==, 0);
        g_assert_cmpint(answer(w), ==, 0);
        g_assert_cmpint(ipv4("rp_filter"), ==, 2);

        /* Whoever has the name keeps it. */
        g_assert_cmpint(macvlan_create(w->netlink, &m, on_ack, w), ==, 0);
        g_assert_cmpint(answer(w), ==, -EEXIST);
}

static unsigned n_links(void) {
        unsigned n = 0;

        for (unsigned i = 0; i < 3; i++) {
                g_autofree char *name = g_strdup_printf("v%u", i);

                n += if_nametoindex(name) > 0;
        }
        return n;
}

/* As the kernel says, not as the mirror has heard. */
static bool is_up(unsigned i) {
        struct ifreq request = {0};
        int fd = socket(AF_INET, SOCK_DGRAM, 0);

        snprintf(request.ifr_name, sizeof(request.ifr_name), "v%u", i);
        g_assert_cmpint(ioctl(fd, SIOCGIFFLAGS, &request), ==, 0);
        close(fd);
        return request.ifr_flags & IFF_UP;
}

typedef struct Turns {
        Netlink *netlink;
        unsigned n_before, most;
} Turns;

/* What else wants its turn; and everybody flushes. */
static int on_other(sd_event_source *source, void *userdata) {
        Turns *t = userdata;
        unsigned n = n_links();

        t->most = MAX(t->most, n - t->n_before);
        t->n_before = n;
        (void)netlink_flush(t->netlink);
        (void)netlink_flush(t->netlink);
        return 0;
}

static bool three_links(void *userdata) {
        return n_links() == 3;
}

static bool no_links(void *userdata) {
        return n_links() == 0;
}

/* Links that are made, or removed one by one, leave one in a turn of the loop, however often somebody
 * flushes: what else is due is served in between. Setting one up takes the kernel no time and waits for
 * nobody. */
static void in_turns(World *w, const void *unused) {
        Turns turns = {.netlink = w->netlink};
        sd_event_source *other;
        int ifindexes[3];

        for (unsigned i = 0; i < 3; i++) {
                g_autofree char *name = g_strdup_printf("v%u", i);
                MacvlanRequest m = request();

                m.name = name;
                m.mac[5] = (uint8_t)(i + 1);
                g_assert_cmpint(macvlan_create(w->netlink, &m, NULL, NULL), ==, 0);
        }
        g_assert_cmpint(netlink_flush(w->netlink), ==, 0);
        g_assert_cmpint(netlink_flush(w->netlink), ==, 0);
        g_assert_cmpuint(n_links(), ==, 1);
        turns.n_before = 1;
        g_assert_cmpint(sd_event_add_defer(w->lab.event, &other, on_other, &turns), ==, 0);
        g_assert_cmpint(sd_event_source_set_enabled(other, SD_EVENT_ON), ==, 0);
        lab_wait(&w->lab, three_links, NULL);
        g_assert_cmpuint(turns.most, <=, 1);
        sd_event_source_unref(other);
        lab_run_ready(&w->lab);

        for (unsigned i = 0; i < 3; i++) {
                g_autofree char *name = g_strdup_printf("v%u", i);

                ifindexes[i] = lab_ifindex(name);
                g_assert_cmpint(macvlan_switch(w->netlink, ifindexes[i], true, NULL, NULL), ==, 0);
        }
        g_assert_cmpint(netlink_flush(w->netlink), ==, 0);
        for (unsigned i = 0; i < 3; i++)
                g_assert_true(is_up(i));
        for (unsigned i = 0; i < 3; i++)
                g_assert_cmpint(macvlan_remove(w->netlink, &ifindexes[i], 1), ==, 0);
        g_assert_cmpint(netlink_flush(w->netlink), ==, 0);
        g_assert_cmpuint(n_links(), ==, 2);
        lab_wait(&w->lab, no_links, NULL);
}

static void is_swept(World *w, const void *unused) {
        (void)make(w);
        lab_run("ip link add vrrp.52 link eth0 type macvlan mode private");
        lab_run("ip link add vrrp.53 link eth0 type macvlan mode private");
        lab_run("ip link set vrrp.53 alias vrrpd:VI_3");
        lab_run("ip link add br0 alias vrrpd:x type bridge"); /* not what we make */
        g_assert_cmpint(macvlan_remove_marked(), ==, 2);
        g_assert_cmpint((int)if_nametoindex("vrrp.51"), ==, 0);
        g_assert_cmpint(lab_ifindex("vrrp.52"), >, 0);
        g_assert_cmpint(lab_ifindex("br0"), >, 0);
        g_assert_cmpint(macvlan_remove_marked(), ==, 0);
}

static void is_unmarked(World *w, const void *unused) {
        (void)make(w);
        g_assert_cmpint(macvlan_unmark(w->netlink, "vrrp.51"), ==, 0);
        g_assert_cmpint(netlink_drain(w->netlink, USEC_PER_SEC), ==, 0);
        g_assert_cmpint(macvlan_remove_marked(), ==, 0);
}

/* -- What is on the wire -- */

/* All frames with the virtual MAC address that come in there, as a packet socket shows them. */
static int listen_there(World *w) {
        struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
        int fd;

        lab_enter_there(&w->lab);
        address.sll_ifindex = lab_ifindex("eth0");
        fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, 0);
        g_assert_cmpint(fd, >=, 0);
        g_assert_cmpint(bind(fd, (struct sockaddr *)&address, sizeof(address)), ==, 0);
        lab_enter_here(&w->lab);
        return fd;
}

/* How many frames with the virtual MAC address as their source have come; the last one is in `ret`. */
static unsigned count_virtual(int fd, uint8_t ret[2048]) {
        uint8_t frame[2048];
        unsigned n = 0;

        while (recv(fd, frame, sizeof(frame), 0) > 0)
                if (memcmp(frame + 6, mac, sizeof(mac)) == 0) {
                        memcpy(ret, frame, sizeof(frame));
                        n++;
                }
        return n;
}

static void on_packet(const VrrpPacket *packet, void *userdata) {
        char source[VRRP_ADDRESS_STRLEN];
        World *w = userdata;

        g_string_append_printf(w->packets, "%s %d %.*s\n", vrrp_address_to_string(&packet->source, source),
                        packet->ttl, (int)packet->size, (const char *)packet->data);
}

static bool has_packet(void *userdata) {
        return ((World *)userdata)->packets->len > 0;
}

static VmacSocket *open_socket(World *w, int ifindex) {
        VmacSocketParams params = {
                        .family = AF_INET, .lower_ifindex = lab_ifindex("eth0"), .ifindex = ifindex};
        VmacSocket *s;

        memcpy(params.mac, mac, sizeof(mac));
        g_assert_cmpint(vmac_socket_new(w->lab.event, 0, &params, on_packet, w, &s), ==, 0);
        return s;
}

/* An advert leaves with the virtual address while the link is down; one from the same address comes in when
 * it is up, once, and what others send does not come here. */
static void carries_adverts(World *w, const void *unused) {
        VrrpAddress source = lab_address("192.0.2.1"), far = lab_address("192.0.2.2"),
                    group = lab_address("224.0.0.18");
        const Link *link = make(w);
        int fd = listen_there(w);
        VmacSocket *here, *there;
        uint8_t frame[2048];

        here = open_socket(w, link->ifindex);
        g_assert_cmpint(vmac_socket_send(here, &source, &group, 255, (const uint8_t *)"hello", 5), ==, 0);
        g_assert_cmpuint(count_virtual(fd, frame), ==, 1);
        g_assert_cmpmem(frame + 34, 5, "hello", 5);
        g_assert_cmpint(vmac_socket_send(here, &source, &far, 0, NULL, 0), ==, -EINVAL);
        close(fd);

        g_assert_cmpint(macvlan_switch(w->netlink, link->ifindex, true, on_ack, w), ==, 0);
        g_assert_cmpint(answer(w), ==, 0);
        lab_enter_there(&w->lab);
        there = open_socket(w, lab_ifindex("eth0"));
        g_assert_cmpint(vmac_socket_send(there, &far, &group, 255, (const uint8_t *)"answer", 6), ==, 0);
        lab_enter_here(&w->lab);
        lab_wait(&w->lab, has_packet, w);
        g_assert_cmpstr(w->packets->str, ==, "192.0.2.2 255 answer\n");
        vmac_socket_free(here);
        vmac_socket_free(there);
}

typedef struct Echo {
        VmacSocket *sender;
        unsigned n;
} Echo;

/* Two for each: more come than are read. */
static void echo(const VrrpPacket *packet, void *userdata) {
        VrrpAddress source = lab_address("192.0.2.2"), group = lab_address("224.0.0.18");
        Echo *e = userdata;

        e->n++;
        for (unsigned i = 0; i < 2; i++)
                (void)vmac_socket_send(e->sender, &source, &group, 255, (const uint8_t *)"again", 5);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata) {
        *(bool *)userdata = true;
        return 0;
}

/* Anybody may send from the virtual address. That packets come faster than they are read, without end, does
 * not keep a source of lower priority from its turn; and a drain ends. */
static void survives_flood(World *w, const void *unused) {
        const Link *link = make(w);
        VmacSocketParams params = {
                        .family = AF_INET, .lower_ifindex = lab_ifindex("eth0"), .ifindex = link->ifindex};
        Echo there = {0};
        VmacSocket *here;
        sd_event_source *timer = NULL;
        bool served = false;

        memcpy(params.mac, mac, sizeof(mac));
        g_assert_cmpint(vmac_socket_new(w->lab.event, -10, &params, echo, &there, &here), ==, 0);
        g_assert_cmpint(macvlan_switch(w->netlink, link->ifindex, true, on_ack, w), ==, 0);
        g_assert_cmpint(answer(w), ==, 0);
        lab_enter_there(&w->lab);
        there.sender = open_socket(w, lab_ifindex("eth0"));
        lab_enter_here(&w->lab);
        for (unsigned i = 0; i < 200; i++)
                echo(NULL, &there);
        there.n = 0;
        while (there.n == 0)
                vmac_socket_drain(here);
        g_assert_cmpint(sd_event_add_time(w->lab.event, &timer, CLOCK_MONOTONIC, 0, 1, on_timer, &served),
                        >=, 0);
        while (!served && there.n < 100000)
                g_assert_cmpint(sd_event_run(w->lab.event, USEC_PER_SEC), >=, 0);
        g_assert_true(served);
        sd_event_source_unref(timer);
        vmac_socket_free(here);
        vmac_socket_free(there.sender);
}

/* Nobody reports a group, or asks for routers, with the virtual address: not the kernel for its own groups,
 * not a program that joins one there. */
static void reports_no_group(World *w, const void *unused) {
        const Link *link = make(w);
        int fd = listen_there(w), joined = socket(AF_INET, SOCK_DGRAM, 0);
        struct ip_mreqn group = {.imr_ifindex = link->ifindex};
        uint8_t frame[2048];
        Filter *f;

        g_assert_cmpint(filter_new(&(FilterParams){0}, &f), ==, 0);
        g_assert_cmpint(filter_add_link(f, link->ifindex), ==, 0);
        g_assert_cmpint(filter_flush(f), ==, 0);
        g_assert_cmpint(macvlan_configure(w->netlink, link->ifindex, false, NULL, NULL), ==, 0);
        g_assert_cmpint(sysctl_write("ipv6", "vrrp.51", "accept_ra", 0), ==, 0);
        g_assert_cmpint(macvlan_switch(w->netlink, link->ifindex, true, on_ack, w), ==, 0);
        g_assert_cmpint(answer(w), ==, 0);
        lab_run("ip address add 2001:db8::1/64 dev vrrp.51 nodad");
        group.imr_multiaddr.s_addr = htonl(0xe0000105);
        g_assert_cmpint(setsockopt(joined, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, sizeof(group)), ==, 0);
        lab_run("sh -c 'ping -n -c 3 -i 0.5 -W 1 192.0.2.2 >/dev/null'"); /* time for what is sent delayed */
        g_assert_cmpuint(count_virtual(fd, frame), ==, 0);
        close(joined);
        close(fd);
        filter_free(f);
}

static void knows_sysctls(World *w, const void *unused) {
        int value;

        g_assert_cmpint(sysctl_write("ipv4", "eth0", "arp_ignore", 1), ==, 0);
        g_assert_cmpint(sysctl_read("ipv4", "eth0", "arp_ignore", &value), ==, 0);
        g_assert_cmpint(value, ==, 1);
        g_assert_cmpint(sysctl_read("ipv4", "nowhere", "arp_ignore", &value), ==, -ENOENT);
        g_assert_cmpint(sysctl_write("ipv4", "nowhere", "arp_ignore", 1), ==, -ENOENT);
        g_assert_cmpint(sysctl_write("ipv4", "eth0", "arp_ignore", -1), ==, 0);
}

#define TEST(name) g_test_add("/net/macvlan/" #name, World, NULL, setup, name, teardown)

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);
        TEST(is_made);
        TEST(in_turns);
        TEST(is_swept);
        TEST(is_unmarked);
        TEST(carries_adverts);
        TEST(survives_flood);
        TEST(reports_no_group);
        TEST(knows_sysctls);
        return g_test_run();
}
