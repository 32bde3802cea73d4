/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "service/net/address-sweep.h"
#include "service/net/route.h"
#include "service/net/routing-sweep.h"
#include "service/net/rule.h"
#include "tests/unit/net/lab.h"
#include <linux/fib_rules.h>
#include <linux/icmpv6.h>
#include <linux/rtnetlink.h>

typedef struct Ack {
        bool done;
        int error;
} Ack;

static void on_ack(int error, void *userdata) {
        Ack *a = userdata;

        a->done = true;
        a->error = error;
}

static bool acked(void *userdata) {
        return ((Ack *)userdata)->done;
}

static Netlink *new_netlink(Lab *lab) {
        Netlink *n;

        g_assert_cmpint(netlink_new(lab->event, 10, &n), >=, 0);
        return n;
}

typedef int (*RouteFunction)(Netlink *, const VrrpRoute *, const int *, NetlinkAck, void *);

static int route(Lab *lab, Netlink *n, RouteFunction f, const VrrpRoute *r) {
        int ifindexes[4] = {0};
        Ack ack = {0};

        for (size_t i = 0; i < r->n_nexthops; i++)
                ifindexes[i] = r->nexthops[i].dev[0] ? lab_ifindex(r->nexthops[i].dev) : 0;
        g_assert_cmpint(f(n, r, ifindexes, on_ack, &ack), ==, 0);
        g_assert_cmpint(netlink_flush(n), ==, 0);
        lab_wait(lab, acked, &ack);
        return ack.error;
}

static int rule(Lab *lab, Netlink *n, int (*f)(Netlink *, const VrrpRule *, NetlinkAck, void *),
                const VrrpRule *r) {
        Ack ack = {0};

        g_assert_cmpint(f(n, r, on_ack, &ack), ==, 0);
        g_assert_cmpint(netlink_flush(n), ==, 0);
        lab_wait(lab, acked, &ack);
        return ack.error;
}

/* What ip(8) prints, blanks folded to one and none at the ends of lines. */
static char *ip(const char *arguments) {
        g_autofree char *command = g_strdup_printf("ip %s", arguments), *out = NULL;
        g_autoptr(GRegex) blanks = g_regex_new("[ \\t]+", 0, 0, NULL),
                          ends = g_regex_new(" *\n", 0, 0, NULL);
        g_autofree char *folded = NULL;

        g_assert_true(g_spawn_command_line_sync(command, &out, NULL, NULL, NULL));
        folded = g_regex_replace_literal(blanks, out, -1, 0, " ", 0, NULL);
        return g_regex_replace_literal(ends, folded, -1, 0, "\n", 0, NULL);
}

static void assert_ip(const char *arguments, const char *expected) {
        g_autofree char *found = ip(arguments);

        g_assert_cmpstr(found, ==, expected);
}

static VrrpRoute to(const char *destination, uint8_t prefixlen, VrrpNexthop *nexthops, size_t n) {
        return (VrrpRoute){
                        .type = RTN_UNICAST,
                        .destination = lab_address(destination),
                        .prefixlen = prefixlen,
                        .table = RT_TABLE_MAIN,
                        .pref = -1,
                        .ttl_propagate = -1,
                        .nexthops = nexthops,
                        .n_nexthops = n,
        };
}

static void test_route(Lab *lab, const void *unused) {
        /* A route carries our mark and everything asked for; adding it again gives EEXIST and changes
         * nothing; removing it twice gives ESRCH. */
        _cleanup_(netlink_freep) Netlink *n = new_netlink(lab);
        VrrpNexthop via = {.gateway = lab_address("192.0.2.9"), .dev = "eth0", .onlink = true};
        VrrpRoute r = to("198.51.100.0", 24, &via, 1);

        r.source = lab_address("192.0.2.1");
        r.table = 6909;
        r.tos = 4;
        r.metric = 12;
        r.metrics_set = 1U << RTAX_MTU | 1U << RTAX_ADVMSS | 1U << RTAX_LOCK | 1U << RTAX_INITCWND;
        r.metrics[RTAX_LOCK] = 1U << RTAX_MTU;
        r.metrics[RTAX_MTU] = 1000;
        r.metrics[RTAX_ADVMSS] = 101;
        r.metrics[RTAX_INITCWND] = 7;
        g_assert_cmpint(route(lab, n, route_add, &r), ==, 0);
        assert_ip("route show table 6909", "198.51.100.0/24 tos 0x04 via 192.0.2.9 dev eth0 proto 118 src "
                                           "192.0.2.1 metric 12 onlink mtu "
                                           "lock 1000 advmss 101 initcwnd 7\n");
        g_assert_cmpint(route(lab, n, route_add, &r), ==, -EEXIST);
        g_assert_cmpint(route(lab, n, route_remove, &r), ==, 0);
        assert_ip("route show table 6909", "");
        g_assert_cmpint(route(lab, n, route_remove, &r), ==, -ESRCH);
}

static void test_route_ipv6(Lab *lab, const void *unused) {
        /* The same for IPv6, with a router preference and a metric of the kernel's. */
        _cleanup_(netlink_freep) Netlink *n = new_netlink(lab);
        VrrpNexthop via = {.gateway = lab_address("fe80::9"), .dev = "eth0"};
        VrrpRoute r = to("2001:db8:1::", 48, &via, 1);

        r.pref = ICMPV6_ROUTER_PREF_HIGH;
        g_assert_cmpint(route(lab, n, route_add, &r), ==, 0);
        assert_ip("-6 route show 2001:db8:1::/48",
                        "2001:db8:1::/48 via fe80::9 dev eth0 proto 118 metric 1024 pref high\n");
        g_assert_cmpint(route(lab, n, route_add, &r), ==, -EEXIST);
        g_assert_cmpint(route(lab, n, route_remove, &r), ==, 0);
        assert_ip("-6 route show 2001:db8:1::/48", "");
}

static void test_multipath(Lab *lab, const void *unused) {
        /* Several next hops with weights; a route through a gateway of the other family; one to nowhere; the
         * default. */
        _cleanup_(netlink_freep) Netlink *n = new_netlink(lab);
        VrrpNexthop hops[] = {{.gateway = lab_address("192.0.2.8"), .weight = 1},
                        {.gateway = lab_address("192.0.2.9"), .dev = "eth0", .weight = 20}};
        VrrpNexthop other = {.gateway = lab_address("fe80::1"), .dev = "eth0"};
        VrrpRoute r = to("198.51.100.0", 24, hops, 2), across = to("198.51.101.0", 24, &other, 1),
                  nowhere = to("203.0.113.0", 24, NULL, 0), all = to("0.0.0.0", 0, &hops[1], 1);

        nowhere.type = RTN_BLACKHOLE;
        g_assert_cmpint(route(lab, n, route_add, &r), ==, 0);
        g_assert_cmpint(route(lab, n, route_add, &across), ==, 0);
        g_assert_cmpint(route(lab, n, route_add, &nowhere), ==, 0);
        g_assert_cmpint(route(lab, n, route_add, &all), ==, 0);
        assert_ip("route show proto 118", "default via 192.0.2.9 dev eth0\n198.51.100.0/24\n nexthop via "
                                          "192.0.2.8 dev eth0 weight 1\n nexthop "
                                          "via 192.0.2.9 dev eth0 weight 20\n198.51.101.0/24 via inet6 "
                                          "fe80::1 dev eth0\nblackhole "
                                          "203.0.113.0/24\n");
        g_assert_cmpint(route(lab, n, route_remove, &r), ==, 0);
        g_assert_cmpint(route(lab, n, route_remove, &across), ==, 0);
        g_assert_cmpint(route(lab, n, route_remove, &nowhere), ==, 0);
        g_assert_cmpint(route(lab, n, route_remove, &all), ==, 0);
        assert_ip("route show proto 118", "");
}

static void test_foreign_route(Lab *lab, const void *unused) {
        /* Another program's route is neither replaced nor removed. */
        _cleanup_(netlink_freep) Netlink *n = new_netlink(lab);
        VrrpNexthop via = {.gateway = lab_address("192.0.2.9")};
        VrrpRoute r = to("198.51.100.0", 24, &via, 1);

        lab_run("ip route add 198.51.100.0/24 via 192.0.2.9");
        g_assert_cmpint(route(lab, n, route_add, &r), ==, -EEXIST);
        g_assert_cmpint(route(lab, n, route_remove, &r), ==, -ESRCH);
        assert_ip("route show 198.51.100.0/24", "198.51.100.0/24 via 192.0.2.9 dev eth0\n");
}

static void test_bad_route(Lab *lab, const void *unused) {
        /* What cannot be a route is refused at once; what the kernel refuses ends in its error. */
        _cleanup_(netlink_freep) Netlink *n = new_netlink(lab);
        VrrpNexthop via = {.gateway = lab_address("203.0.113.9")};
        VrrpRoute r = to("198.51.100.0", 33, &via, 1);
        int none = 0;

        g_assert_cmpint(route_add(n, &r, &none, NULL, NULL), ==, -EINVAL);
        r.prefixlen = 24;
        g_assert_cmpint(route(lab, n, route_add, &r), ==, -ENETUNREACH);
        r.destination.family = 0;
        g_assert_cmpint(route_remove(n, &r, &none, NULL, NULL), ==, -EINVAL);
}

static VrrpRule table_rule(uint32_t priority, uint32_t table) {
        return (VrrpRule){
                        .family = AF_INET,
                        .priority = priority,
                        .action = FR_ACT_TO_TBL,
                        .table = table,
                        .suppress_prefixlen = -1,
                        .suppress_ifgroup = -1,
        };
}

static void test_rule(Lab *lab, const void *unused) {
        /* A rule carries our mark and every selector; adding it again gives EEXIST, removing it twice
         * ENOENT; the same rule of another program stays. */
        _cleanup_(netlink_freep) Netlink *n = new_netlink(lab);
        VrrpRule r = table_rule(39, 6908);

        r.from = lab_address("192.168.28.0");
        r.from_prefixlen = 24;
        r.to = lab_address("192.168.29.0");
        r.to_prefixlen = 26;
        r.has_fwmark = true;
        r.fwmark = 24;
        r.fwmask = 12;
        snprintf(r.iif, sizeof(r.iif), "eth0");
        snprintf(r.oif, sizeof(r.oif), "missing0");
        r.has_uids = true;
        r.uid_first = 10000;
        r.uid_last = 19999;
        r.ip_proto = 17;
        r.sport_first = 10;
        r.sport_last = 20;
        r.dport_first = r.dport_last = 53;
        r.suppress_prefixlen = 8;
        g_assert_cmpint(rule(lab, n, rule_add, &r), ==, 0);
        assert_ip("rule show priority 39", "39: from 192.168.28.0/24 to 192.168.29.0/26 fwmark 0x18/0xc iif "
                                           "eth0 oif missing0 [detached] "
                                           "uidrange 10000-19999 ipproto udp sport 10-20 dport 53 lookup "
                                           "6908 suppress_prefixlength 8 proto "
                                           "118\n");
        g_assert_cmpint(rule(lab, n, rule_add, &r), ==, -EEXIST);
        g_assert_cmpint(rule(lab, n, rule_remove, &r), ==, 0);
        assert_ip("rule show priority 39", "");
        g_assert_cmpint(rule(lab, n, rule_remove, &r), ==, -ENOENT);

        lab_run("ip rule add priority 41 table 7");
        r = table_rule(41, 7);
        g_assert_cmpint(rule(lab, n, rule_remove, &r), ==, -ENOENT);
        g_assert_cmpint(rule(lab, n, rule_add, &r), ==, 0);
        g_assert_cmpint(rule(lab, n, rule_remove, &r), ==, 0);
        assert_ip("rule show priority 41", "41: from all lookup 7\n");
}

static void test_rule_actions(Lab *lab, const void *unused) {
        /* Actions other than a table, in both families, and an inverted rule. */
        _cleanup_(netlink_freep) Netlink *n = new_netlink(lab);
        VrrpRule jump = table_rule(50, 0), drop = table_rule(51, 0), other = table_rule(60, 9);

        jump.action = FR_ACT_GOTO;
        jump.goto_target = 32766;
        drop.action = FR_ACT_BLACKHOLE;
        drop.family = AF_INET6;
        drop.to = lab_address("2001:db8::");
        drop.to_prefixlen = 32;
        other.invert = true;
        other.from = lab_address("10.0.0.0");
        other.from_prefixlen = 8;
        g_assert_cmpint(rule(lab, n, rule_add, &jump), ==, 0);
        g_assert_cmpint(rule(lab, n, rule_add, &drop), ==, 0);
        g_assert_cmpint(rule(lab, n, rule_add, &other), ==, 0);
        assert_ip("rule show priority 50", "50: from all goto 32766 proto 118\n");
        assert_ip("-6 rule show priority 51", "51: from all to 2001:db8::/32 blackhole proto 118\n");
        assert_ip("rule show priority 60", "60: not from 10.0.0.0/8 lookup 9 proto 118\n");
        g_assert_cmpint(rule(lab, n, rule_remove, &jump), ==, 0);
        g_assert_cmpint(rule(lab, n, rule_remove, &drop), ==, 0);
        g_assert_cmpint(rule(lab, n, rule_remove, &other), ==, 0);
        jump.family = 0;
        g_assert_cmpint(rule_add(n, &jump, NULL, NULL), ==, -EINVAL);
}

typedef struct Heard {
        unsigned n_routes, n_rules, n_any;
        RouteKey key;
        uint32_t priority;
} Heard;

static void on_route(const struct nlmsghdr *header, void *userdata) {
        Heard *h = userdata;

        h->n_any++;
        h->n_routes += route_parse(header, &h->key);
}

static void on_rule(const struct nlmsghdr *header, void *userdata) {
        Heard *h = userdata;
        int family;

        h->n_rules += rule_parse(header, &family, &h->priority);
}

static bool heard_both(void *userdata) {
        return ((Heard *)userdata)->n_routes > 0 && ((Heard *)userdata)->n_rules > 0;
}

static void test_notifications(Lab *lab, const void *unused) {
        /* The removal of a route or rule of ours is notified with the key of what was added; of others'
         * routes not even the message comes. */
        _cleanup_(netlink_freep) Netlink *n = new_netlink(lab);
        VrrpNexthop via = {.gateway = lab_address("192.0.2.9")};
        VrrpRoute r = to("198.51.100.0", 24, &via, 1);
        VrrpRule policy = table_rule(77, 7);
        Heard heard = {0};
        RouteKey key;

        r.table = 1000;
        g_assert_cmpint(route(lab, n, route_add, &r), ==, 0);
        g_assert_cmpint(rule(lab, n, rule_add, &policy), ==, 0);
        g_assert_cmpint(netlink_subscribe(n, RTM_DELROUTE, on_route, &heard), ==, 0);
        g_assert_cmpint(netlink_subscribe(n, RTM_DELRULE, on_rule, &heard), ==, 0);
        lab_run("ip route add 203.0.113.0/24 via 192.0.2.9");
        lab_run("ip route del 203.0.113.0/24");
        lab_run("ip rule add priority 70 table 8");
        lab_run("ip rule del priority 70");
        lab_run("ip route del 198.51.100.0/24 table 1000");
        lab_run("ip rule del priority 77");
        lab_wait(lab, heard_both, &heard);
        lab_run_ready(lab);
        g_assert_cmpuint(heard.n_routes, ==, 1);
        g_assert_cmpuint(heard.n_any, ==, 1);
        g_assert_cmpuint(heard.n_rules, ==, 1);
        g_assert_cmpuint(heard.priority, ==, 77);
        route_key(&r, &key);
        g_assert_true(route_key_equal(&key, &heard.key));
}

static void test_sweep(Lab *lab, const void *unused) {
        /* The sweep removes every marked route and rule of both families and all tables, several next hops
         * and none, and nothing else; a second one finds nothing. */
        _cleanup_(netlink_freep) Netlink *n = new_netlink(lab);
        VrrpNexthop hops[] = {{.gateway = lab_address("192.0.2.8"), .weight = 1},
                        {.gateway = lab_address("192.0.2.9")}},
                    six[] = {{.gateway = lab_address("fe80::8"), .dev = "eth0"},
                                    {.gateway = lab_address("fe80::9"), .dev = "eth0"}};
        VrrpRoute a = to("198.51.100.0", 24, hops, 2), b = to("2001:db8:1::", 48, six, 2),
                  c = to("10.0.0.0", 8, NULL, 0);
        VrrpRule four = table_rule(80, 8), inverted = table_rule(81, 8);

        lab_run("ip route add 198.51.100.0/24 via 192.0.2.9 metric 5 proto bird");
        lab_run("ip rule add priority 80 table 9");
        c.type = RTN_PROHIBIT;
        c.table = 4000000000;
        inverted.family = AF_INET6;
        inverted.invert = true;
        inverted.from = lab_address("2001:db8::");
        inverted.from_prefixlen = 32;
        g_assert_cmpint(route(lab, n, route_add, &a), ==, 0);
        g_assert_cmpint(route(lab, n, route_add, &b), ==, 0);
        g_assert_cmpint(route(lab, n, route_add, &c), ==, 0);
        g_assert_cmpint(rule(lab, n, rule_add, &four), ==, 0);
        g_assert_cmpint(rule(lab, n, rule_add, &inverted), ==, 0);
        g_assert_cmpint(net_remove_marked(), >=, 5);
        assert_ip("route show table all proto 118", "");
        assert_ip("-6 route show table all proto 118", "");
        assert_ip("rule show priority 80", "80: from all lookup 9\n");
        assert_ip("-6 rule show priority 81", "");
        assert_ip("route show 198.51.100.0/24",
                        "198.51.100.0/24 via 192.0.2.9 dev eth0 proto bird metric 5\n");
        g_assert_cmpint(net_remove_marked_routing(), ==, 0);
}

static int sweep(void *userdata) {
        return net_remove_marked_routing();
}

static void test_sweep_forbidden(Lab *lab, const void *unused) {
        /* Who may not remove routes is told so. */
        _cleanup_(netlink_freep) Netlink *n = new_netlink(lab);
        VrrpNexthop via = {.gateway = lab_address("192.0.2.9")};
        VrrpRoute r = to("198.51.100.0", 24, &via, 1);

        g_assert_cmpint(route(lab, n, route_add, &r), ==, 0);
        g_assert_cmpint(lab_as_nobody(sweep, NULL), ==, -EPERM);
        g_assert_cmpint(route(lab, n, route_add, &r), ==, -EEXIST);
}

static void test_words(Lab *lab, const void *unused) {
        /* Routes and rules in messages read as their commands do, and long ones are cut off. */
        VrrpNexthop hops[] = {{.gateway = lab_address("192.0.2.8")},
                        {.gateway = lab_address("192.0.2.9"), .dev = "eth0"}},
                    many[20];
        VrrpRoute r = to("198.51.100.0", 24, hops, 2), all = to("0.0.0.0", 0, &hops[1], 1),
                  bad = to("10.0.0.0", 8, NULL, 0), wide = to("10.0.0.0", 8, many, ELEMENTSOF(many));
        VrrpRule policy = table_rule(77, 7);
        char buf[ROUTE_STRLEN], rule_buf[RULE_STRLEN];

        for (size_t i = 0; i < ELEMENTSOF(many); i++)
                many[i] = hops[1];
        all.table = 100;
        bad.type = RTN_THROW;
        policy.from = lab_address("192.0.2.0");
        policy.from_prefixlen = 24;
        policy.to = lab_address("2001:db8::");
        policy.to_prefixlen = 32;
        g_assert_cmpstr(route_to_string(&r, buf), ==,
                        "198.51.100.0/24 nexthop via 192.0.2.8 nexthop via 192.0.2.9 dev eth0");
        g_assert_cmpstr(route_to_string(&all, buf), ==, "default via 192.0.2.9 dev eth0 table 100");
        g_assert_cmpstr(route_to_string(&bad, buf), ==, "throw 10.0.0.0/8");
        g_assert_cmpuint(strlen(route_to_string(&wide, buf)), ==, ROUTE_STRLEN - 1);
        g_assert_cmpstr(rule_to_string(&policy, rule_buf), ==, "rule 77 from 192.0.2.0/24 to 2001:db8::/32");
}

#define ADD(path, f) g_test_add("/net/routing/" path, Lab, NULL, lab_setup, f, lab_teardown)

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);
        ADD("route", test_route);
        ADD("route-ipv6", test_route_ipv6);
        ADD("multipath", test_multipath);
        ADD("foreign-route", test_foreign_route);
        ADD("bad-route", test_bad_route);
        ADD("rule", test_rule);
        ADD("rule-actions", test_rule_actions);
        ADD("notifications", test_notifications);
        ADD("sweep", test_sweep);
        ADD("sweep-forbidden", test_sweep_forbidden);
        ADD("words", test_words);
        return g_test_run();
}
