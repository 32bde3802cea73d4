/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The mirror of links and addresses follows the kernel, also after notifications were lost. */

#include "tests/unit/net/lab.h"
#include "service/net/address.h"
#include "service/net/link.h"
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <arpa/inet.h>
#include <sys/socket.h>

/* What the callback said, one line each: "added eth1", "address-added eth0 192.0.2.1". */
typedef struct World {
        Lab lab;
        Netlink *netlink;
        LinkMirror *mirror;
        GString *log;
        const char *expected; /* in the log */
} World;

static void on_change(LinkChange change, const Link *link, const LinkAddress *address, void *userdata) {
        static const char *const names[] = {
                        [LINK_ADDED] = "added",
                        [LINK_CHANGED] = "changed",
                        [LINK_REMOVED] = "removed",
                        [LINK_ADDRESS_ADDED] = "address-added",
                        [LINK_ADDRESS_REMOVED] = "address-removed",
        };
        char text[VRRP_ADDRESS_STRLEN] = "";
        World *w = userdata;

        /* During the call the mirror shows the new state. */
        g_assert_true((link_by_index(w->mirror, link->ifindex) == link) == (change != LINK_REMOVED));
        g_assert_true((link_by_name(w->mirror, link->name) == link) == (change != LINK_REMOVED));
        if (address)
                vrrp_address_to_string(&address->address, text);
        g_string_append_printf(w->log, "%s %s%s%s\n", names[change], link->name, address ? " " : "", text);
}

static void world_open(World *w) {
        g_assert_cmpint(netlink_new(w->lab.event, 0, &w->netlink), ==, 0);
        g_assert_cmpint(link_mirror_new(w->netlink, on_change, w, &w->mirror), ==, 0);
}

static void world_close(World *w) {
        w->mirror = link_mirror_free(w->mirror);
        w->netlink = netlink_free(w->netlink);
}

static void setup(World *w, const void *unused) {
        lab_setup(&w->lab, NULL);
        w->log = g_string_new(NULL);
        world_open(w);
}

static void teardown(World *w, const void *unused) {
        world_close(w);
        g_string_free(w->log, TRUE);
        lab_teardown(&w->lab, NULL);
}

static bool is_logged(void *userdata) {
        World *w = userdata;

        return strstr(w->log->str, w->expected);
}

/* Until the line was reported; the log is empty afterwards. */
static void expect(World *w, const char *line) {
        w->expected = line;
        lab_wait(&w->lab, is_logged, w);
        g_string_truncate(w->log, 0);
}

static const Link *eth0(World *w) {
        const Link *link = link_by_name(w->mirror, "eth0");

        g_assert_nonnull(link);
        return link;
}

static char *list_mirrored(const Link *link) {
        GString *s = g_string_new(NULL);
        char text[VRRP_ADDRESS_STRLEN];

        for (size_t i = 0; i < link->n_addresses; i++)
                g_string_append_printf(s, "%s/%u\n",
                                vrrp_address_to_string(&link->addresses[i].address, text),
                                link->addresses[i].prefixlen);
        return g_string_free(s, FALSE);
}

/* Addresses and their order are the kernel's. */
static bool is_true_of(World *w, const Link *link) {
        g_autofree char *kernel = lab_list_addresses(link->ifindex), *mirror = list_mirrored(link);

        return streq(kernel, mirror);
}

static bool eth0_is_true(void *userdata) {
        World *w = userdata;

        return is_true_of(w, eth0(w));
}

static void wait_true(World *w) {
        lab_wait(&w->lab, eth0_is_true, w);
}

static bool eth0_is_usable(void *userdata) {
        return link_usable(eth0(userdata));
}

static bool eth0_is_unusable(void *userdata) {
        return !link_usable(eth0(userdata));
}

static int count(const Link *link, void *userdata) {
        unsigned *n = userdata;

        (*n)++;
        return 0;
}

static int stop_at_eth0(const Link *link, void *userdata) {
        return streq(link->name, "eth0") ? 42 : 0;
}

static void test_initial(World *w, const void *unused) {
        /* The mirror is complete as soon as it is made, without the loop and without callbacks. */
        unsigned n = 0;

        g_assert_cmpuint(w->log->len, ==, 0);
        g_assert_cmpint(eth0(w)->ifindex, ==, lab_ifindex("eth0"));
        g_assert_true(link_by_index(w->mirror, lab_ifindex("eth0")) == eth0(w));
        g_assert_cmpuint(eth0(w)->mtu, ==, 1500);
        g_assert_cmpuint(eth0(w)->mac[0] | eth0(w)->mac[5], !=, 0);
        g_assert_nonnull(link_by_name(w->mirror, "lo"));
        g_assert_null(link_by_name(w->mirror, "eth1"));
        g_assert_null(link_by_index(w->mirror, 4711));
        g_assert_cmpint(link_foreach(w->mirror, count, &n), ==, 0);
        g_assert_cmpuint(n, ==, 2);
        g_assert_cmpint(link_foreach(w->mirror, stop_at_eth0, NULL), ==, 42);
        wait_true(w);
}

static void test_up_down(World *w, const void *unused) {
        /* A link is usable only when it is up and has carrier: not when it is down, not when the other end
         * is. */
        lab_wait(&w->lab, eth0_is_usable, w);
        lab_run("ip link set eth0 down");
        expect(w, "changed eth0\n");
        g_assert_false(link_usable(eth0(w)));
        lab_run("ip link set eth0 up");
        lab_wait(&w->lab, eth0_is_usable, w);
        lab_enter_there(&w->lab);
        lab_run("ip link set eth0 down");
        lab_enter_here(&w->lab);
        lab_wait(&w->lab, eth0_is_unusable, w);
        g_assert_true(eth0(w)->flags & IFF_UP);
        lab_enter_there(&w->lab);
        lab_run("ip link set eth0 up");
        lab_enter_here(&w->lab);
        lab_wait(&w->lab, eth0_is_usable, w);
        g_assert_true(link_usable(link_by_name(w->mirror, "lo")));
}

static void test_attributes(World *w, const void *unused) {
        /* MAC and MTU are followed. */
        static const uint8_t mac[] = {2, 0, 0, 0, 0, 7};

        lab_run("ip link set eth0 mtu 1400");
        expect(w, "changed eth0\n");
        g_assert_cmpuint(eth0(w)->mtu, ==, 1400);
        lab_run("ip link set eth0 address 02:00:00:00:00:07");
        expect(w, "changed eth0\n");
        g_assert_cmpmem(eth0(w)->mac, 6, mac, 6);
}

static void test_rename(World *w, const void *unused) {
        /* A rename is the end of one name and the begin of another; index and addresses stay. */
        int ifindex = eth0(w)->ifindex;

        lab_run("ip link set eth0 down");
        expect(w, "changed eth0\n");
        lab_run("ip link set eth0 name wan0");
        expect(w, "removed eth0\nadded wan0\n");
        g_assert_null(link_by_name(w->mirror, "eth0"));
        g_assert_true(link_by_name(w->mirror, "wan0") == link_by_index(w->mirror, ifindex));
        g_assert_true(is_true_of(w, link_by_name(w->mirror, "wan0")));
        g_assert_cmpuint(link_by_name(w->mirror, "wan0")->n_addresses, >, 0);
}

static void test_recreate(World *w, const void *unused) {
        /* A link that is deleted and made again under its name is another one, with another index and its
         * own addresses. */
        int ifindex = eth0(w)->ifindex;

        lab_run("ip link delete eth0");
        expect(w, "removed eth0\n");
        g_assert_null(link_by_name(w->mirror, "eth0"));
        g_assert_null(link_by_index(w->mirror, ifindex));
        lab_run("ip link add eth0 type veth peer name eth1");
        lab_run("ip address add 203.0.113.1/24 dev eth0");
        expect(w, "address-added eth0 203.0.113.1\n");
        g_assert_cmpint(eth0(w)->ifindex, !=, ifindex);
        g_assert_nonnull(link_by_name(w->mirror, "eth1"));
        wait_true(w);
}

static void test_bridge_port(World *w, const void *unused) {
        /* Leaving a bridge sends RTM_DELLINK of the bridge's family about the port: the port is not gone. */
        lab_run("ip link add br0 type bridge");
        lab_run("ip link set eth0 master br0");
        lab_run("ip link set eth0 nomaster");
        lab_run("ip link set eth0 mtu 1300");
        lab_run("ip address add 203.0.113.9/32 dev eth0");
        w->expected = "address-added eth0 203.0.113.9\n";
        lab_wait(&w->lab, is_logged, w);
        g_assert_cmpuint(eth0(w)->mtu, ==, 1300);
        g_assert_false(strstr(w->log->str, "removed eth0"));
}

static void test_addresses(World *w, const void *unused) {
        /* Addresses come and go with their attributes; what did not change is not reported; the array stays
         * in the kernel's order when primary and secondary, differing scopes, and both families mix. */
        const char *line = "address-added eth0 203.0.113.77\n";

        lab_run("ip address add 192.0.2.50/24 dev eth0");
        expect(w, "address-added eth0 192.0.2.50\n");
        lab_run("ip address add 198.51.100.1/24 dev eth0");
        lab_run("ip address add 10.0.0.1/8 dev eth0 scope link");
        lab_run("ip address add 10.0.0.2/8 dev eth0 scope link");
        lab_run("ip address add 172.16.0.1/16 dev eth0 scope host");
        lab_run("ip address add 192.0.2.51/24 dev eth0");
        lab_run("ip address add 2001:db8::1/64 dev eth0 nodad");
        lab_run("ip address add fe80::77/64 dev eth0 nodad");
        lab_run("ip address add 2001:db8::2/64 dev eth0 nodad");
        lab_run("ip address add 203.0.113.77/32 dev eth0");
        expect(w, line);
        wait_true(w);

        lab_run("ip address change 203.0.113.77/32 dev eth0 valid_lft 1000 preferred_lft 1000");
        lab_run("ip address delete 172.16.0.1/16 dev eth0");
        w->expected = "address-removed eth0 172.16.0.1\n";
        lab_wait(&w->lab, is_logged, w);
        g_assert_null(strstr(w->log->str, "removed eth0 203.0.113.77"));
        wait_true(w);
        lab_run("ip address delete 2001:db8::1/64 dev eth0");
        expect(w, "address-removed eth0 2001:db8::1\n");
        wait_true(w);
}

static void test_promotion(World *w, const void *unused) {
        /* Without a primary address its secondary ones go, each reported; with promote_secondaries one of
         * them becomes primary, in the kernel's place for it. */
        lab_run("ip address add 192.0.2.50/24 dev eth0");
        lab_run("ip address add 192.0.2.51/24 dev eth0");
        lab_run("ip address add 198.51.100.1/24 dev eth0");
        expect(w, "address-added eth0 198.51.100.1\n");
        lab_run("sysctl -qw net.ipv4.conf.all.promote_secondaries=1");
        lab_run("ip address delete 192.0.2.1/24 dev eth0");
        w->expected = "address-added eth0 192.0.2.50\n";
        lab_wait(&w->lab, is_logged, w);
        wait_true(w);

        lab_run("sysctl -qw net.ipv4.conf.all.promote_secondaries=0");
        lab_run("sysctl -qw net.ipv4.conf.eth0.promote_secondaries=0");
        lab_run("ip address delete 192.0.2.50/24 dev eth0");
        w->expected = "address-removed eth0 192.0.2.51\n";
        lab_wait(&w->lab, is_logged, w);
        wait_true(w);
}

static void test_many_links(World *w, const void *unused) {
        /* With more links than the tables had room for at first, each is still found by name and by index,
         * and all are gone again when they are deleted. */
        enum { N = 300 };
        GString *commands = g_string_new(NULL);
        unsigned n = 0;

        for (unsigned i = 0; i < N; i++)
                g_string_append_printf(commands, "link add mv%u link eth0 type macvlan\n", i);
        lab_ip_batch(commands->str);
        expect(w, "added mv299\n");
        link_foreach(w->mirror, count, &n);
        g_assert_cmpuint(n, ==, N + 2);
        for (unsigned i = 0; i < N; i++) {
                g_autofree char *name = g_strdup_printf("mv%u", i);
                const Link *link = link_by_name(w->mirror, name);

                g_assert_nonnull(link);
                g_assert_true(link_by_index(w->mirror, link->ifindex) == link);
        }
        lab_run("ip link delete eth0");
        expect(w, "removed eth0\n");
        n = 0;
        link_foreach(w->mirror, count, &n);
        g_assert_cmpuint(n, ==, 1);
        g_string_free(commands, TRUE);
}

static void test_overrun(World *w, const void *unused) {
        /* When notifications are lost, links gone, links new, links renamed into a freed name, addresses
         * gone and addresses new are all found out, reported, and the result is the truth, order included.
         */
        GString *commands = g_string_new(NULL);

        lab_run("ip link add a0 type veth peer name a1");
        lab_run("ip link add b0 type veth peer name b1");
        lab_run("ip address add 203.0.113.1/24 dev eth0");
        expect(w, "address-added eth0 203.0.113.1\n");
        lab_shrink_buffers(1);

        for (unsigned i = 0; i < 500; i++)
                g_string_append_printf(
                                commands, "address add 10.0.%u.%u/32 dev eth0\n", i / 250, i % 250 + 1);
        g_string_append(commands, "link delete a0\n"
                                  "link set b0 name a0\n"
                                  "link set b1 mtu 1234\n"
                                  "link add c0 type veth peer name c1\n"
                                  "address delete 203.0.113.1/24 dev eth0\n"
                                  "address add 198.51.100.7/24 dev eth0\n"
                                  "address add 198.51.100.8/24 dev eth0\n"
                                  "address add 10.9.9.9/8 dev eth0 scope link\n"
                                  "address add 2001:db8::8/64 dev eth0 nodad\n"
                                  "address add 2001:db8::9/64 dev eth0 nodad\n");
        lab_ip_batch(commands->str);
        w->expected = "address-removed eth0 203.0.113.1\n";
        lab_wait(&w->lab, is_logged, w);
        wait_true(w);
        lab_run_ready(&w->lab);
        wait_true(w);

        g_assert_nonnull(strstr(w->log->str, "removed a0\n"));
        g_assert_nonnull(strstr(w->log->str, "removed a1\n"));
        g_assert_nonnull(strstr(w->log->str, "removed b0\n"));
        g_assert_nonnull(strstr(w->log->str, "added a0\n"));
        g_assert_nonnull(strstr(w->log->str, "added c0\n"));
        g_assert_nonnull(strstr(w->log->str, "changed b1\n"));
        g_assert_nonnull(strstr(w->log->str, "address-added eth0 10.0.1.250\n"));
        g_assert_null(link_by_name(w->mirror, "a1"));
        g_assert_null(link_by_name(w->mirror, "b0"));
        g_assert_cmpint(link_by_name(w->mirror, "a0")->ifindex, ==, lab_ifindex("a0"));
        g_assert_cmpuint(link_by_name(w->mirror, "b1")->mtu, ==, 1234);
        /* Nothing was reported twice. */
        g_assert_null(strstr(strstr(w->log->str, "address-added eth0 10.0.1.250\n") + 1,
                        "address-added eth0 10.0.1.250\n"));
        g_string_free(commands, TRUE);
}

/* A second process that changes addresses as fast as it can. */
static GPid start_flood(const char *path) {
        const char *argv[] = {"ip", "-batch", path, NULL};
        GPid pid;

        g_assert_true(g_spawn_async(NULL, (char **)(uintptr_t)argv, NULL,
                        G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &pid, NULL));
        return pid;
}

static void test_flood(World *w, const void *unused) {
        /* While addresses come and go faster than the tiny buffer holds, over and over, dumps and
         * notifications cross each other; when it is quiet again the mirror is the truth. */
        g_autofree char *path = g_strdup_printf("/tmp/vrrpd-net-flood-%d", getpid());
        GString *commands = g_string_new(NULL);
        siginfo_t info = {0};
        GPid pid;

        lab_shrink_buffers(1);
        for (unsigned i = 0; i < 6000; i++) {
                unsigned a = i * 7919 % 211;

                g_string_append_printf(commands, "address %s 10.0.0.%u/32 dev eth0\n",
                                i / 211 % 2 ? "delete" : "add", a + 1);
                if (i % 97 == 0)
                        g_string_append_printf(commands, "link add f%u type veth peer name g%u\n", i, i);
                if (i % 97 == 60 && i % 2 == 0)
                        g_string_append_printf(commands, "link delete f%u\n", i - 60);
        }
        g_assert_true(g_file_set_contents(path, commands->str, -1, NULL));
        pid = start_flood(path);
        do {
                g_assert_cmpint(sd_event_run(w->lab.event, 1000), >=, 0);
                g_assert_cmpint(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG), ==, 0);
        } while (info.si_pid == 0);
        unlink(path);
        g_assert_cmpint(info.si_status, ==, 0);
        wait_true(w);
        lab_run_ready(&w->lab);
        wait_true(w);
        g_assert_nonnull(strstr(w->log->str, "address-added eth0 10.0.0."));
        for (unsigned i = 0; i < 6000; i += 97) {
                g_autofree char *name = g_strdup_printf("f%u", i);
                bool deleted = (i + 60) % 2 == 0 && i + 60 < 6000;

                g_assert_true((link_by_name(w->mirror, name) == NULL) == deleted);
        }
        g_string_free(commands, TRUE);
}

static void test_forged(World *w, const void *unused) {
        /* Only the kernel is believed: a notification that another process sends to the mirror's sockets is
         * not heard. */
        struct {
                struct nlmsghdr header;
                struct ifinfomsg info;
                struct rtattr attribute;
                char name[8];
        } forged = {
                        .header = {.nlmsg_len = sizeof(forged), .nlmsg_type = RTM_DELLINK},
                        .info.ifi_index = eth0(w)->ifindex,
                        .attribute = {.rta_len = RTA_LENGTH(sizeof(forged.name)), .rta_type = IFLA_IFNAME},
                        .name = "eth0",
        };
        _cleanup_close_ int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
        uint32_t ports[8];
        size_t n = lab_netlink_ports(ports, G_N_ELEMENTS(ports)), n_sent = 0;

        for (size_t i = 0; i < n; i++) {
                const struct sockaddr_nl to = {.nl_family = AF_NETLINK, .nl_pid = ports[i]};

                n_sent += ports[i] != 0 &&
                          sendto(fd, &forged, sizeof(forged), 0, (const struct sockaddr *)&to, sizeof(to)) ==
                                          sizeof(forged);
        }
        g_assert_cmpuint(n_sent, >=, 2);
        lab_run("ip link set eth0 mtu 1400");
        expect(w, "changed eth0\n");
        g_assert_cmpuint(eth0(w)->mtu, ==, 1400);
}

/* iproute2 of Debian 12 cannot set the mark. */
static void add_marked(World *w, const char *address, uint8_t prefixlen) {
        const AddressRequest r = {
                        .ifindex = eth0(w)->ifindex,
                        .address = lab_address(address),
                        .prefixlen = prefixlen,
                        .flags = IFA_F_NODAD,
        };

        g_assert_cmpint(address_add(w->netlink, &r, NULL, NULL), ==, 0);
        g_assert_cmpint(netlink_flush(w->netlink), ==, 0);
}

static void test_primary_ipv4(World *w, const void *unused) {
        /* The source for IPv4: the first primary address neither marked as ours nor excluded nor of host
         * scope; a secondary one only if there is no other. */
        VrrpAddress got, first = lab_address("192.0.2.1"), second = lab_address("198.51.100.1"),
                         secondary = lab_address("192.0.2.50"), exclude[] = {first, second};

        g_assert_true(link_primary_address(eth0(w), AF_INET, NULL, 0, &got));
        g_assert_true(vrrp_address_equal(&got, &first));
        lab_run("ip address add 192.0.2.50/24 dev eth0");
        lab_run("ip address add 172.16.0.1/16 dev eth0 scope host");
        lab_run("ip address add 198.51.100.1/24 dev eth0");
        expect(w, "address-added eth0 198.51.100.1\n");
        g_assert_true(link_primary_address(eth0(w), AF_INET, exclude, 1, &got));
        g_assert_true(vrrp_address_equal(&got, &second));
        g_assert_true(link_primary_address(eth0(w), AF_INET, exclude, 2, &got));
        g_assert_true(vrrp_address_equal(&got, &secondary));
        lab_run("ip address flush dev eth0");
        expect(w, "address-removed eth0 198.51.100.1\n");
        add_marked(w, "192.0.2.1", 24);
        expect(w, "address-added eth0 192.0.2.1\n");
        g_assert_false(link_primary_address(eth0(w), AF_INET, NULL, 0, &got));
}

static void test_primary_ipv6(World *w, const void *unused) {
        /* The source for IPv6: a link-local address that is not ours, not tentative (reported when DAD is
         * over) and not deprecated; never a global one. */
        VrrpAddress got, wanted = lab_address("fe80::77");

        lab_run("ip -6 address flush dev eth0");
        lab_run("ip address add 2001:db8::1/64 dev eth0 nodad");
        lab_run("ip address add fe80::76/64 dev eth0 nodad preferred_lft 0");
        add_marked(w, "fe80::75", 64);
        expect(w, "address-added eth0 fe80::75\n");
        g_assert_false(link_primary_address(eth0(w), AF_INET6, NULL, 0, &got));

        lab_run("sysctl -qw net.ipv6.conf.eth0.accept_dad=1 net.ipv6.conf.all.accept_dad=1");
        lab_run("ip address add fe80::77/64 dev eth0");
        expect(w, "address-added eth0 fe80::77\n");
        g_assert_false(link_primary_address(eth0(w), AF_INET6, NULL, 0, &got));
        expect(w, "address-added eth0 fe80::77\n");
        g_assert_true(link_primary_address(eth0(w), AF_INET6, NULL, 0, &got));
        g_assert_true(vrrp_address_equal(&got, &wanted));
        g_assert_false(link_primary_address(eth0(w), AF_INET6, &wanted, 1, &got));
}

static void test_usable(void) {
        /* Usable is: administratively up, running, and operationally up or unknown; nothing less. */
        Link link = {.flags = IFF_UP | IFF_RUNNING, .operstate = IF_OPER_UP};

        g_assert_true(link_usable(&link));
        link.operstate = IF_OPER_UNKNOWN;
        g_assert_true(link_usable(&link));
        link.operstate = IF_OPER_DORMANT;
        g_assert_false(link_usable(&link));
        link.operstate = IF_OPER_LOWERLAYERDOWN;
        g_assert_false(link_usable(&link));
        link.operstate = IF_OPER_UP;
        link.flags = IFF_UP;
        g_assert_false(link_usable(&link));
        link.flags = IFF_RUNNING;
        g_assert_false(link_usable(&link));
}

#define ADD(path, f) g_test_add("/net/link/" path, World, NULL, setup, f, teardown)

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        ADD("initial", test_initial);
        ADD("up-down", test_up_down);
        ADD("attributes", test_attributes);
        ADD("rename", test_rename);
        ADD("recreate", test_recreate);
        ADD("bridge-port", test_bridge_port);
        ADD("addresses", test_addresses);
        ADD("promotion", test_promotion);
        ADD("many-links", test_many_links);
        ADD("overrun", test_overrun);
        ADD("flood", test_flood);
        ADD("forged", test_forged);
        ADD("primary-ipv4", test_primary_ipv4);
        ADD("primary-ipv6", test_primary_ipv6);
        g_test_add_func("/net/link/usable", test_usable);
        return g_test_run();
}
