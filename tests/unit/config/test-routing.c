/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Routes, rules, static addresses and track groups: what each option becomes, and what is said about a wrong
 * one. */

#include "service/config/diff.h"
#include "service/config/names.h"
#include "tests/unit/config/expect.h"
#include <arpa/inet.h>
#include <linux/fib_rules.h>
#include <linux/icmpv6.h>
#include <linux/rtnetlink.h>

static void assert_address(const VrrpAddress *a, const char *text) {
        char buf[INET6_ADDRSTRLEN] = "";

        if (a->family != AF_UNSPEC)
                inet_ntop(a->family, a->bytes, buf, sizeof(buf));
        g_assert_cmpstr(buf, ==, text);
}

static void test_routes(void) {
        /* The forms of a destination, gateways old and new, and what is not said. */
        Config *c = expect_instance_load(
                        "virtual_routes {\n"
                        "src 192.0.2.1 10.1.0.0/16 via 192.0.2.254 dev eth1\n"
                        "to 10.2.0.0/16 dev eth2 scope site\n"
                        "10.3.0.1 gw 192.0.2.254\n"
                        "default via 192.0.2.254 table 100 metric 0x10\n"
                        "10.4.0.0/16 via 192.0.2.252 or 192.0.2.253 dev eth1\n"
                        "blackhole 10.5.0.0/16\n"
                        "type prohibit 10.6.0.0/16\n"
                        "10.7.0.0/16 nexthop via 192.0.2.8 dev eth1 onlink weight 1 realms 3/4 nexthop via "
                        "192.0.2.9 weight 256\n"
                        "2001:db8:1::/48 via fe80::1 dev eth1 pref low no_track\n"
                        "10.8.0.0/16 via inet6 fe80::1 dev eth1\n"
                        "inet6 default dev eth1\n"
                        "}",
                        "");
        const ConfigInstance *i = &c->instances[0];
        const VrrpRoute *r;

        g_assert_cmpuint(i->n_routes, ==, 11);
        r = &i->routes[0].route;
        assert_address(&r->source, "192.0.2.1");
        assert_address(&r->destination, "10.1.0.0");
        g_assert_cmpuint(r->prefixlen, ==, 16);
        g_assert_cmpuint(r->n_nexthops, ==, 1);
        assert_address(&r->nexthops[0].gateway, "192.0.2.254");
        g_assert_cmpstr(r->nexthops[0].dev, ==, "eth1");
        g_assert_cmpuint(r->table, ==, RT_TABLE_MAIN);
        g_assert_cmpuint(r->scope, ==, RT_SCOPE_UNIVERSE);
        g_assert_cmpuint(r->type, ==, RTN_UNICAST);
        g_assert_cmpint(r->pref, ==, -1);
        g_assert_cmpuint(i->routes[0].at.line, ==, 9);
        r = &i->routes[1].route;
        g_assert_cmpuint(r->scope, ==, RT_SCOPE_SITE);
        assert_address(&r->nexthops[0].gateway, "");
        g_assert_cmpuint(i->routes[2].route.prefixlen, ==, 32);
        r = &i->routes[3].route;
        g_assert_cmpuint(r->prefixlen, ==, 0);
        assert_address(&r->destination, "0.0.0.0");
        g_assert_cmpuint(r->table, ==, 100);
        g_assert_cmpuint(r->metric, ==, 16);
        r = &i->routes[4].route;
        g_assert_cmpuint(r->n_nexthops, ==, 2);
        assert_address(&r->nexthops[1].gateway, "192.0.2.253");
        g_assert_cmpuint(i->routes[5].route.type, ==, RTN_BLACKHOLE);
        g_assert_cmpuint(i->routes[5].route.n_nexthops, ==, 0);
        g_assert_cmpuint(i->routes[6].route.type, ==, RTN_PROHIBIT);
        r = &i->routes[7].route;
        g_assert_cmpuint(r->n_nexthops, ==, 2);
        g_assert_true(r->nexthops[0].onlink && !r->nexthops[1].onlink);
        g_assert_cmpuint(r->nexthops[0].weight, ==, 1);
        g_assert_cmpuint(r->nexthops[1].weight, ==, 256);
        g_assert_cmpuint(r->nexthops[0].realms, ==, 3U << 16 | 4);
        r = &i->routes[8].route;
        g_assert_cmpint(r->pref, ==, ICMPV6_ROUTER_PREF_LOW);
        g_assert_true(r->no_track);
        g_assert_cmpuint(r->scope, ==, RT_SCOPE_UNIVERSE);
        assert_address(&i->routes[9].route.nexthops[0].gateway, "fe80::1");
        g_assert_cmpint(i->routes[9].route.destination.family, ==, AF_INET);
        g_assert_cmpint(i->routes[10].route.destination.family, ==, AF_INET6);
        config_free(c);
}

static void test_metrics(void) {
        /* What TCP is told about a way, with locks, and times in the kernel's units. */
        Config *c = expect_load("static_routes {\n10.0.0.0/8 dev eth0 table 6909 tos 0x04 scope link "
                                "priority 12 mtu lock 1000 hoplimit "
                                "100 advmss 101 rtt 102 rttvar 103ms reordering 104 window 105 cwnd 106 "
                                "ssthresh lock 107 realms 20 "
                                "rto_min 1s initcwnd 109 initrwnd 110 features ecn quickack 1 congctl lock "
                                "cubic fastopen_no_cookie 1 "
                                "ttl-propagate disabled\n}\n",
                        "");
        const VrrpRoute *r = &c->static_routes[0].route;

        g_assert_cmpuint(r->tos, ==, 4);
        g_assert_cmpuint(r->metric, ==, 12);
        g_assert_cmpuint(r->metrics[RTAX_LOCK], ==,
                        1U << RTAX_MTU | 1U << RTAX_SSTHRESH | 1U << RTAX_RTO_MIN | 1U << RTAX_CC_ALGO);
        g_assert_cmpuint(r->metrics[RTAX_MTU], ==, 1000);
        g_assert_cmpuint(r->metrics[RTAX_RTT], ==, 102 * 8);
        g_assert_cmpuint(r->metrics[RTAX_RTTVAR], ==, 103 * 4);
        g_assert_cmpuint(r->metrics[RTAX_RTO_MIN], ==, 1000);
        g_assert_cmpuint(r->metrics[RTAX_FEATURES], ==, RTAX_FEATURE_ECN);
        g_assert_cmpuint(r->metrics[RTAX_FASTOPEN_NO_COOKIE], ==, 1);
        g_assert_cmpstr(r->congctl, ==, "cubic");
        g_assert_cmpint(r->ttl_propagate, ==, 0);
        g_assert_cmpuint(r->nexthops[0].realms, ==, 20);
        config_free(c);
}

static void test_rules(void) {
        /* Selectors and actions, and priorities that count down where none is said. */
        Config *c = expect_load("static_rules {\n"
                                "from 192.0.2.0/24 table 1\n"
                                "from 192.168.28.0/24 to 192.168.29.0/26 table main iif p33p1 oif wlan0 tos "
                                "22 fwmark 24/12 preference 39 "
                                "realms 30/20\n"
                                "to 2001:db8::/32 from fe80::/10 lookup 6908 uidrange 10000-19999 priority "
                                "7 suppress_prefixlength 0\n"
                                "l3mdev ipproto UDP sport 10-20 dport 53 pref 8 not\n"
                                "fwmark 5 goto 40 order 39\n"
                                "from all inet6 blackhole priority 9 dscp 46\n"
                                "fwmark 0x6 nop\n"
                                "inet6 type unreachable iif eth0\n"
                                "}\n",
                        "2:1: warning: this rule has no priority; it gets 16384, as keepalived counts\n"
                        "8:1: warning: this rule has no priority; it gets 16383, as keepalived counts\n"
                        "9:1: warning: this rule has no priority; it gets 16384, as keepalived counts\n");
        const VrrpRule *r = &c->static_rules[1].rule;

        g_assert_cmpuint(c->n_static_rules, ==, 8);
        g_assert_cmpuint(c->static_rules[0].rule.priority, ==, 16384);
        g_assert_cmpuint(c->static_rules[6].rule.priority, ==, 16383);
        g_assert_cmpuint(c->static_rules[7].rule.priority, ==, 16384);
        g_assert_cmpuint(r->table, ==, RT_TABLE_MAIN);
        g_assert_cmpuint(r->action, ==, FR_ACT_TO_TBL);
        g_assert_cmpstr(r->iif, ==, "p33p1");
        g_assert_cmpstr(r->oif, ==, "wlan0");
        g_assert_cmpuint(r->tos, ==, 22);
        g_assert_true(r->has_fwmark && r->fwmark == 24 && r->fwmask == 12);
        g_assert_cmpuint(r->realms, ==, 30U << 16 | 20);
        g_assert_cmpuint(r->from_prefixlen, ==, 24);
        assert_address(&r->to, "192.168.29.0");
        r = &c->static_rules[2].rule;
        g_assert_cmpint(r->family, ==, AF_INET6);
        g_assert_cmpuint(r->uid_last, ==, 19999);
        g_assert_cmpint(r->suppress_prefixlen, ==, 0);
        g_assert_cmpint(r->suppress_ifgroup, ==, -1);
        r = &c->static_rules[3].rule;
        g_assert_true(r->l3mdev && r->invert && r->ip_proto == 17);
        g_assert_true(r->sport_first == 10 && r->sport_last == 20 && r->dport_first == 53 &&
                        r->dport_last == 53);
        r = &c->static_rules[4].rule;
        g_assert_true(r->action == FR_ACT_GOTO && r->goto_target == 40 && r->fwmask == UINT32_MAX);
        r = &c->static_rules[5].rule;
        g_assert_true(r->action == FR_ACT_BLACKHOLE && r->tos == 46 << 2 && r->family == AF_INET6);
        g_assert_cmpuint(c->static_rules[6].rule.action, ==, FR_ACT_NOP);
        g_assert_cmpuint(c->static_rules[7].rule.action, ==, FR_ACT_UNREACHABLE);
        config_free(c);
}

static void test_static(void) {
        /* Static addresses have a device, and groups name instances; what does not exist is only warned
         * about. */
        Config *c = expect_load("track_group G {\ngroup {\nVI_1\nVI_1 VI_9\n}\n}\n"
                                "static_ipaddress {\n192.0.2.7/24 dev eth1 track_group G scope "
                                "link\n192.0.2.8\n2001:db8::8\n}\n"
                                "static_routes {\n10.0.0.0/8 dev eth1 track_group H\n}\n" INSTANCE_BEGIN
                                "}\n",
                        "1:13: warning: track_group 'G' names the instance 'VI_9', which is not defined\n"
                        "13:1: warning: track_group 'H' is not defined; no instance depends on this\n");

        g_assert_cmpuint(c->n_static_addresses, ==, 3);
        g_assert_cmpstr(c->static_addresses[0].vip.dev, ==, "eth1");
        g_assert_cmpstr(c->static_addresses[0].track_group, ==, "G");
        g_assert_cmpstr(c->static_addresses[1].vip.dev, ==, "eth0");
        g_assert_true(c->static_addresses[2].vip.deprecated);
        g_assert_null(c->static_routes[0].track_group);
        g_assert_cmpstr(c->track_groups[0].members[0], ==, "VI_1");
        g_assert_null(c->track_groups[0].members[1]);
        config_free(c);
}

/* One line of a list, wrong in one way. */
static void wrong(const char *block, const char *line, const char *message) {
        g_autofree char *text = g_strdup_printf("%s {\n%s\n}\n", block, line),
                        *expected = g_strdup_printf("2:%s\n", message);

        expect(text, expected);
}

static void test_wrong_routes(void) {
        /* Each wrong word of a route: one message, at the word, with what would be right. */
        static const char *const cases[][2] = {
                        {"10.0.0.0/33 dev eth0", "1: error: the prefix length must be a whole number from 0 "
                                                 "to 32, not '33'"},
                        {"10.0.0/8 dev eth0", "1: error: '10.0.0/8' is not an IP address"},
                        {"10.0.0.0/8 10.1.0.0/16 dev eth0",
                                        "12: error: '10.1.0.0/16' is a second destination: each route needs "
                                        "a line of its own"},
                        {"via 192.0.2.1", "1: error: this route has no destination"},
                        {"10.0.0.0/8 vai 192.0.2.1",
                                        "12: error: unknown option 'vai' of a route; did you mean 'via'?"},
                        {"10.0.0.0/8 quux", "12: error: unknown option 'quux' of a route"},
                        {"10.0.0.0/8 via", "12: error: 'via' needs a value"},
                        {"10.0.0.0/8 via 192.0.2.256", "16: error: '192.0.2.256' is not an IP address"},
                        {"10.0.0.0/8 via fe80::1 dev eth0",
                                        "16: error: 'fe80::1' is an IPv6 address in a route of IPv4"},
                        {"10.0.0.0/8 via inet6 192.0.2.1", "22: error: '192.0.2.1' is not an IPv6 address"},
                        {"2001:db8::/32 via inet 192.0.2.1", "24: error: an IPv6 route has no IPv4 gateway"},
                        {"10.0.0.0/8 via inet6", "12: error: 'via' needs a value"},
                        {"10.0.0.0/8 or 192.0.2.1", "12: error: 'or' needs a 'via' in front of it"},
                        {"10.0.0.0/8 dev a/b", "16: error: 'a/b' cannot be the name of an interface (at "
                                               "most 15 bytes)"},
                        {"10.0.0.0/8 dev eth0 table 0", "27: error: there is no routing table 0"},
                        {"10.0.0.0/8 dev eth0 table mian",
                                        "27: error: table 'mian' is not known; did you mean 'main'?"},
                        {"10.0.0.0/8 dev eth0 table nowhere_near",
                                        "27: error: table must be a number from 0 to 4294967295 or a name "
                                        "of "
                                        "/etc/iproute2/rt_tables, not 'nowhere_near'"},
                        {"10.0.0.0/8 dev eth0 scope lnik",
                                        "27: error: scope 'lnik' is not known; did you mean 'link'?"},
                        {"10.0.0.0/8 dev eth0 metric -1", "28: error: metric must be a whole number from 0 "
                                                          "to 4294967295, not '-1'"},
                        {"10.0.0.0/8 dev eth0 mtu lock", "21: error: 'mtu' needs a value"},
                        {"10.0.0.0/8 dev eth0 hoplimit 256", "30: error: hoplimit must be a whole number "
                                                             "from 0 to 255, not '256'"},
                        {"10.0.0.0/8 dev eth0 rtt 3h", "25: error: rtt must be a time in milliseconds, or "
                                                       "with s or ms, not '3h'"},
                        {"10.0.0.0/8 dev eth0 quickack 2",
                                        "30: error: quickack must be a whole number from 0 to 1, not '2'"},
                        {"10.0.0.0/8 dev eth0 features x", "30: error: features must be ecn, not 'x'"},
                        {"10.0.0.0/8 dev eth0 pref x",
                                        "26: error: pref must be low, medium or high, not 'x'"},
                        {"10.0.0.0/8 dev eth0 ttl-propagate on",
                                        "35: error: ttl-propagate must be enabled or disabled, not 'on'"},
                        {"10.0.0.0/8 dev eth0 congctl 0123456789abcdef",
                                        "29: error: congctl must be the name of a congestion control (at "
                                        "most 15 bytes), not "
                                        "'0123456789abcdef'"},
                        {"10.0.0.0/8 dev eth0 weight 3", "21: error: 'weight' belongs behind 'nexthop'"},
                        {"10.0.0.0/8 nexthop via 192.0.2.1 weight 257",
                                        "41: error: weight must be a whole number from 1 to 256, not '257'"},
                        {"10.0.0.0/8 nexthop", "12: error: 'nexthop' needs a via or dev behind it"},
                        {"from 10.0.0.0/8 default dev eth0", "6: error: only an IPv6 route has a 'from' (a "
                                                             "rule with 'from' and a table does it for "
                                                             "IPv4)"},
                        {"10.0.0.0/8 dev eth0 realms 1/70000",
                                        "28: error: realms must be a number from 0 to 65535 or a name of "
                                        "/etc/iproute2/rt_realms, not '70000'"},
                        {"10.0.0.0/8 dev eth0 encap mpls 5", "21: error: 'encap' is refused: a tunnel of "
                                                             "its own device does the same, and a route "
                                                             "can name that device"},
                        {"10.0.0.0/8 dev eth0 vrf blue", "21: error: 'vrf' is refused: name the table of "
                                                         "the VRF instead: 'table'"},
                        {"10.0.0.0/8", "1: warning: this route has neither via nor dev: it is ignored, as "
                                       "the kernel does not "
                                       "take it"},
                        {"blackhole 10.0.0.0/8 via 192.0.2.1", "1: warning: a route that leads nowhere has "
                                                               "neither gateway nor interface: they are "
                                                               "ignored"},
                        {"10.0.0.1/8 dev eth0", "1: warning: the destination has bits behind its prefix "
                                                "length; they are cleared"},
                        {"10.0.0.0/8 dev eth0 protocol bird",
                                        "21: warning: 'protocol' is ignored: what vrrpd adds is marked as "
                                        "protocol 118, so that "
                                        "none of it outlives a crash"},
                        {"10.0.0.0/8 dev eth0 append", "21: warning: 'append' is ignored: vrrpd adds a "
                                                       "route beside others and replaces none"},
                        {"10.0.0.0/8 dev eth0\n10.0.0.0/8 dev eth1",
                                        "3:1: warning: a route of this destination, table and metric stands "
                                        "there already on "
                                        "line 2; this one is ignored"},
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++)
                if (g_str_has_prefix(cases[i][1], "3:")) {
                        g_autofree char *text = g_strdup_printf("static_routes {\n%s\n}\n", cases[i][0]),
                                        *expected = g_strconcat(cases[i][1], "\n", NULL);

                        expect(text, expected);
                } else
                        wrong("static_routes", cases[i][0], cases[i][1]);
}

static void test_wrong_rules(void) {
        /* The same of rules. */
        static const char *const cases[][2] = {
                        {"from 10.0.0.0/33 table 1 pref 1", "6: error: the prefix length must be a whole "
                                                            "number from 0 to 32, not '33'"},
                        {"from 10.0.0.0/8 to 2001:db8::/32 table 1 pref 1",
                                        "20: error: '2001:db8::/32' is an IPv6 address in a rule of IPv4"},
                        {"form 10.0.0.0/8 table 1",
                                        "1: error: unknown option 'form' of a rule; did you mean 'from'?"},
                        {"from 10.0.0.0/8 table", "17: error: 'table' needs a value"},
                        {"from 10.0.0.0/8 table 0 pref 1", "23: error: there is no routing table 0"},
                        {"from 10.0.0.0/8 table 1 goto 9",
                                        "25: error: 'goto' is a second action: a rule has one of table, "
                                        "goto, "
                                        "nop, blackhole, unreachable, prohibit and l3mdev"},
                        {"fwmark x table 1 pref 1", "8: error: fwmark must be MARK or MARK/MASK, not 'x'"},
                        {"fwmark 1/-1 table 1 pref 1",
                                        "8: error: fwmark must be MARK or MARK/MASK, not '1/-1'"},
                        {"uidrange 5 table 1 pref 1", "10: error: uidrange must be FIRST-LAST, not '5'"},
                        {"uidrange 9-5 table 1 pref 1", "10: error: uidrange must be FIRST-LAST, not '9-5'"},
                        {"sport 0 table 1 pref 1", "7: error: sport must be a port from 1 to 65534, or "
                                                   "FIRST-LAST, not '0'"},
                        {"dport 70000 table 1 pref 1", "7: error: dport must be a port from 1 to 65534, or "
                                                       "FIRST-LAST, not '70000'"},
                        {"ipproto nosuch table 1 pref 1",
                                        "9: error: ipproto must be the name of a protocol such as tcp, or a "
                                        "number from 1 to 255, not 'nosuch'"},
                        {"dscp 64 table 1 pref 1",
                                        "6: error: dscp must be a whole number from 0 to 63, not '64'"},
                        {"suppress_prefixlength 129 table 1 pref 1",
                                        "23: error: suppress_prefixlength must be a whole number from 0 to "
                                        "128, not '129'"},
                        {"from 10.0.0.0/8 blackhole realms 1 pref 1",
                                        "1: error: realms and suppressors belong to a rule with a table"},
                        {"inet6 table 1 realms 1 pref 1", "1: error: an IPv6 rule has no realms"},
                        {"fwmark 1 goto 5 pref 5", "1: error: a rule with goto needs a priority, and one "
                                                   "below its target"},
                        {"fwmark 1 goto 5", "1: error: a rule with goto needs a priority, and one below its "
                                            "target"},
                        {"inet from 2001:db8::/32 table 1",
                                        "11: error: '2001:db8::/32' is an IPv6 address in a rule of IPv4"},
                        {"from 10.0.0.0/8 inet6 table 1", "17: error: 'inet6' in a rule of IPv4"},
                        {"priority 4294967296 table 1", "10: error: priority must be a whole number from 0 "
                                                        "to 4294967295, not '4294967296'"},
                        {"from 10.0.0.0/8 pref 1", "1: warning: this rule says not what to do (table, goto, "
                                                   "nop, blackhole...): "
                                                   "it is ignored, as keepalived does"},
                        {"to 192.168.100./24 table 1", "4: warning: '192.168.100./24' is not an address: "
                                                       "this line is ignored, as keepalived "
                                                       "does"},
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++)
                wrong("static_rules", cases[i][0], cases[i][1]);
        expect("static_rules {\nfwmark 1 table 1 pref 1\nfwmark 1 table 1 pref 1\nfwmark 2 table 1 pref "
               "1\n}\n",
                        "3:1: warning: this rule stands there already on line 2; this one is ignored\n");
}

static void test_wrong_static(void) {
        /* And of what else is static; track_group has no place in an instance. */
        wrong("static_ipaddress", "192.0.2.1/24 dev eth0 track_group",
                        "23: error: unknown option 'track_group' of an address");
        wrong("static_ipaddress", "192.0.2.1/24 dve eth0",
                        "14: error: unknown option 'dve' of an address; did you mean 'dev'?");
        expect("static_ipaddress {\n192.0.2.1/24\n192.0.2.1/24 dev eth0\n}\n",
                        "3:1: warning: this address stands there already on line 2; this one is ignored\n");
        expect("track_group G {\n}\ntrack_group G {\ngroup {\n}\n}\n",
                        "1:13: warning: track_group 'G' has no instances\n"
                        "3:13: warning: track_group 'G' has no instances\n"
                        "3:13: error: track_group 'G' is already defined on line 1\n");
        expect_instance("virtual_routes {\n10.0.0.0/8 dev eth0 track_group G\n}",
                        "9:21: error: 'track_group' belongs to static_ipaddress, static_routes and "
                        "static_rules only\n");
        expect_instance("virtual_rules {\nfwmark 1 table 1 pref 1 track_group G\n}",
                        "9:25: error: 'track_group' belongs to static_ipaddress, static_routes and "
                        "static_rules only\n");
        expect_instance("virtual_ipaddress_excluded {\n192.0.2.5 track_group G\n}",
                        "9:11: error: 'track_group' belongs to static_ipaddress, static_routes and "
                        "static_rules only\n");
}

static void test_diff(void) {
        /* A reload sees every change of a route or rule, and none where only its place in the file moved. */
        static const char *const lists[] = {"", "virtual_routes {\n10.0.0.0/8 dev eth0\n}",
                        "virtual_routes {\n10.0.0.0/8 dev eth1\n}",
                        "virtual_routes {\n10.0.0.0/8 dev eth0 mtu 1400\n}",
                        "virtual_routes {\n10.0.0.0/8 dev eth0 no_track\n}",
                        "virtual_rules {\nfwmark 1 table 1 pref 1\n}",
                        "virtual_rules {\nfwmark 1 table 2 pref 1\n}",
                        "virtual_rules {\nfwmark 1 table 1 pref 1 no_track\n}"};

        for (size_t i = 0; i < ELEMENTSOF(lists); i++)
                for (size_t j = 0; j < ELEMENTSOF(lists); j++) {
                        g_autofree char *moved = g_strconcat("\n\n", lists[j], NULL);
                        Config *a = expect_instance_load(lists[i], ""), *b = expect_instance_load(moved, "");

                        g_assert_cmpint(config_diff_instance(&a->instances[0], &b->instances[0]), ==,
                                        i == j ? CONFIG_UNCHANGED : CONFIG_CHANGED);
                        config_free(a);
                        config_free(b);
                }
}

static unsigned number_of(const Names *names, NameKind kind, const char *word) {
        unsigned v = 4711;

        return names_find(names, kind, word, UINT32_MAX, &v) ? v : 4711;
}

static void test_names(void) {
        /* iproute2's files: numbers in C's notation, comments, what is no entry is skipped, a later entry
         * counts, a name of another kind does not. */
        Names names = {};

        g_assert_cmpint(names_read(&names, NAME_TABLE,
                                        "# comment\n\n 100\tblue # mine\n0x65 red\r\nx y\n7\n200 blue\n9 "
                                        "nine"),
                        ==, 0);
        g_assert_cmpint(names_read(&names, NAME_REALM, "3 three\n"), ==, 0);
        g_assert_cmpuint(number_of(&names, NAME_TABLE, "blue"), ==, 200);
        g_assert_cmpuint(number_of(&names, NAME_TABLE, "red"), ==, 101);
        g_assert_cmpuint(number_of(&names, NAME_TABLE, "nine"), ==, 9);
        g_assert_cmpuint(number_of(&names, NAME_TABLE, "main"), ==, 254);
        g_assert_cmpuint(number_of(&names, NAME_TABLE, "010"), ==, 8);
        g_assert_cmpuint(number_of(&names, NAME_TABLE, "three"), ==, 4711);
        g_assert_cmpuint(number_of(&names, NAME_REALM, "three"), ==, 3);
        g_assert_cmpuint(number_of(&names, NAME_TABLE, "y"), ==, 4711);
        g_assert_cmpuint(number_of(&names, NAME_TABLE, "4294967296"), ==, 4711);
        g_assert_cmpstr(names_suggest(&names, NAME_TABLE, "bleu"), ==, "blue");
        g_assert_null(names_suggest(&names, NAME_SCOPE, "blue"));
        names_done(&names);
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/config/routing/routes", test_routes);
        g_test_add_func("/config/routing/metrics", test_metrics);
        g_test_add_func("/config/routing/rules", test_rules);
        g_test_add_func("/config/routing/static", test_static);
        g_test_add_func("/config/routing/wrong-routes", test_wrong_routes);
        g_test_add_func("/config/routing/wrong-rules", test_wrong_rules);
        g_test_add_func("/config/routing/wrong-static", test_wrong_static);
        g_test_add_func("/config/routing/diff", test_diff);
        g_test_add_func("/config/routing/names", test_names);
        return g_test_run();
}
