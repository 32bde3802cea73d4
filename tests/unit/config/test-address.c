/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Addresses of an instance: virtual ones with the options of ip-address(8), its own, and its peers. */

#include "tests/unit/config/expect.h"
#include <arpa/inet.h>
#include <linux/rtnetlink.h>

/* One virtual address, loaded as the second one of an IPv4 instance (so that it may not be IPv6). */
static Config *load_vip(const char *entry, const char *messages) {
        g_autofree char *lines = g_strdup_printf("virtual_ipaddress {\n%s\n}", entry);

        return expect_instance_load(lines, messages);
}

static void assert_address(const VrrpAddress *a, const char *expected) {
        char text[VRRP_ADDRESS_STRLEN] = "";

        inet_ntop(a->family, a->bytes, text, sizeof(text));
        g_assert_cmpstr(text, ==, expected);
}

static void test_options(void) {
        /* Every option ends up in its member; an address without options has the documented defaults. */
        Config *c = load_vip("198.51.100.7", "");
        const ConfigVip *v = &c->instances[0].vips[1];

        assert_address(&v->address, "198.51.100.7");
        g_assert_cmpuint(v->prefixlen, ==, 32);
        g_assert_null(v->dev);
        g_assert_null(v->label);
        g_assert_cmpuint(v->scope, ==, RT_SCOPE_UNIVERSE);
        g_assert_false(vrrp_address_is_set(&v->broadcast) || v->broadcast_auto ||
                        vrrp_address_is_set(&v->peer));
        g_assert_false(v->home || v->mngtmpaddr || v->noprefixroute || v->autojoin || v->no_track ||
                        v->nodad);
        g_assert_cmpuint(v->at.line, ==, 9);
        config_free(c);

        c = load_vip("198.51.100.7/24 dev eth1 label eth1:7 brd 198.51.100.255 scope link peer "
                     "198.51.100.8/31 home "
                     "mngtmpaddr noprefixroute autojoin no_track -nodad",
                        "");
        v = &c->instances[0].vips[1];
        g_assert_cmpuint(v->prefixlen, ==, 31);
        g_assert_cmpstr(v->dev, ==, "eth1");
        g_assert_cmpstr(v->label, ==, "eth1:7");
        assert_address(&v->broadcast, "198.51.100.255");
        assert_address(&v->peer, "198.51.100.8");
        g_assert_cmpuint(v->scope, ==, RT_SCOPE_LINK);
        g_assert_true(v->home && v->mngtmpaddr && v->noprefixroute && v->autojoin && v->no_track &&
                        v->nodad);
        config_free(c);

        c = load_vip("198.51.100.7/26 brd +\n198.51.100.201/26 brd - scope 17", "");
        g_assert_true(c->instances[0].vips[1].broadcast_auto);
        assert_address(&c->instances[0].vips[2].broadcast, "198.51.100.192");
        g_assert_cmpuint(c->instances[0].vips[2].scope, ==, 17);
        config_free(c);
}

static void test_device(void) {
        /* `dev` of the instance's own interface is the same as none; without an interface there is always a
         * device. */
        Config *c = load_vip("198.51.100.7 dev eth0", "");

        g_assert_null(c->instances[0].vips[1].dev);
        config_free(c);

        c = expect_load("vrrp_instance A {\nvirtual_router_id 1\nunicast_src_ip 192.0.2.9\nunicast_peer "
                        "{\n192.0.2.8\n}\n"
                        "virtual_ipaddress {\n192.0.2.1\n192.0.2.2 dev eth5\n}\n}\n"
                        "global_defs {\ndefault_interface eth7\n}\n",
                        "");
        g_assert_null(c->instances[0].interface);
        g_assert_cmpstr(c->instances[0].vips[0].dev, ==, "eth7");
        g_assert_cmpstr(c->instances[0].vips[1].dev, ==, "eth5");
        config_free(c);
}

static void test_ipv6(void) {
        /* IPv6: version 3, /128 and no duplicate address detection; a /128 is deprecated unless told
         * otherwise. */
        Config *c = expect_load(
                        "vrrp_instance A {\ninterface eth0\nvirtual_router_id 1\nvirtual_ipaddress {\n"
                        "fe80::1\n2001:db8::1/64\n2001:db8::2 preferred_lft forever\n"
                        "2001:db8::3/64 preferred_lft 0\n}\n}\n",
                        "5:1: warning: IPv6 needs VRRP version 3; used instead of the default, version 2 "
                        "('version 3' says that it is meant)\n");
        const ConfigInstance *i = &c->instances[0];

        g_assert_cmpint(i->family, ==, AF_INET6);
        g_assert_cmpuint(i->version, ==, 3);
        g_assert_cmpuint(i->vips[0].prefixlen, ==, 128);
        g_assert_true(i->vips[0].deprecated && i->vips[0].nodad);
        g_assert_false(i->vips[1].deprecated);
        g_assert_false(i->vips[2].deprecated);
        g_assert_true(i->vips[3].deprecated);
        config_free(c);

        c = expect_load("vrrp_instance A {\ninterface eth0\nvirtual_router_id 1\nversion "
                        "2\nvirtual_ipaddress {\n"
                        "2001:db8::1/64 brd + label eth0:1 preferred_lft 60\n}\n}\n",
                        "4:1: warning: IPv6 needs VRRP version 3; used instead of version 2\n"
                        "6:16: warning: an IPv6 address has no broadcast address; ignored\n"
                        "6:22: warning: an IPv6 address has no label; ignored\n"
                        "6:49: warning: only 0 and 'forever' are supported yet; taken as 'forever'\n");
        g_assert_null(c->instances[0].vips[0].label);
        g_assert_cmpuint(c->instances[0].version, ==, 3);
        config_free(c);
        expect("vrrp_instance A {\ninterface eth0\nvirtual_router_id "
               "1\nnative_ipv6\nno_virtual_ipaddress\n}\n",
                        "4:1: warning: 'native_ipv6' is deprecated: the addresses tell the family, and "
                        "'version 3' "
                        "the version\n");
}

static void test_twice(void) {
        /* An option that stands twice: the last one counts, with a word. */
        Config *c = expect_instance_load(
                        "virtual_ipaddress_excluded {\n192.0.2.9 dev eth1 brd 192.0.2.255 dev eth2 brd +\n}",
                        "9:36: warning: 'dev' was already given; this one counts\n"
                        "9:45: warning: 'brd' was already given; this one counts\n");

        g_assert_cmpstr(c->instances[0].excluded[0].dev, ==, "eth2");
        g_assert_true(c->instances[0].excluded[0].broadcast_auto);
        g_assert_false(vrrp_address_is_set(&c->instances[0].excluded[0].broadcast));
        config_free(c);
}

static void test_wrong(void) {
        /* What is no address, no prefix, no option, or no value of one: at its place. */
        static const struct {
                const char *entry, *messages;
        } cases[] = {
                        {"192.0.2.300", "9:1: error: '192.0.2.300' is not an IP address\n"},
                        {"192.0.2.7/33", "9:1: error: the prefix length must be a whole number from 0 to "
                                         "32, not '33'\n"},
                        {"192.0.2.7/", "9:1: error: the prefix length must be a whole number from 0 to 32, "
                                       "not ''\n"},
                        {"0.0.0.0", "9:1: error: '0.0.0.0' cannot be the address of a host\n"},
                        {"224.0.0.5", "9:1: error: '224.0.0.5' cannot be the address of a host\n"},
                        {"255.255.255.255",
                                        "9:1: error: '255.255.255.255' cannot be the address of a host\n"},
                        {"ff02::1", "9:1: error: 'ff02::1' cannot be the address of a host\n"},
                        {"2001:db8::1", "9:1: error: 2001:db8::1 is an IPv6 address in an instance of IPv4; "
                                        "virtual_ipaddress_excluded may hold it\n"},
                        {"192.0.2.7 dev", "9:11: error: 'dev' needs a value\n"},
                        {"192.0.2.7 dev a/b", "9:15: error: 'a/b' cannot be the name of an interface (at "
                                              "most 15 bytes)\n"},
                        {"192.0.2.7 label eth0:1234567890123", "9:17: error: the label 'eth0:1234567890123' "
                                                               "is longer than 15 bytes\n"},
                        {"192.0.2.7 labell eth0:1", "9:11: error: unknown option 'labell' of an address; "
                                                    "did you mean 'label'?\n"},
                        {"192.0.2.7 frobnicate", "9:11: error: unknown option 'frobnicate' of an address\n"},
                        {"192.0.2.7 192.0.2.8", "9:11: error: unexpected '192.0.2.8': each address needs a "
                                                "line of its own\n"},
                        {"192.0.2.7 brd x", "9:15: error: the broadcast address must be an IPv4 address, + "
                                            "or -, not 'x'\n"},
                        {"192.0.2.7 scope x", "9:17: error: scope must be global, site, link, host, nowhere "
                                              "or a number, not 'x'\n"},
                        {"192.0.2.7 peer x", "9:16: error: 'x' is not an IP address\n"},
                        {"192.0.2.7 peer ::1",
                                        "9:16: error: the peer's address must be of the same family\n"},
                        {"192.0.2.7 preferred_lft x", "9:25: error: preferred_lft must be seconds or "
                                                      "'forever', not 'x'\n"},
        };

        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
                config_free(load_vip(cases[i].entry, cases[i].messages));
}

static void test_repeated(void) {
        /* The same address twice in an instance counts once; in two instances on one interface it is odd. */
        Config *c = load_vip("192.0.2.1/24\n192.0.2.1/25\n192.0.2.1/24 dev eth1",
                        "9:1: warning: 192.0.2.1 stands there already on line 5; this one is ignored\n");

        g_assert_cmpuint(c->instances[0].n_vips, ==, 3);
        config_free(c);
        expect(INSTANCE_BEGIN "}\nvrrp_instance VI_2 {\ninterface eth0\nvirtual_router_id "
                              "52\nvirtual_ipaddress {\n"
                              "192.0.2.1/24\n}\n}\n",
                        "13:1: warning: 192.0.2.1 is also an address of vrrp_instance 'VI_1' on line 5, on "
                        "the same interface\n");
        expect_instance("virtual_ipaddress_excluded {\n192.0.2.1/24\n2001:db8::1\n}",
                        "9:1: warning: 192.0.2.1 stands there already on line 5; this one is ignored\n");
        config_free(load_vip("192.0.2.7 label eth1:1", "9:1: warning: the label 'eth1:1' should begin with "
                                                       "the name of its interface, as in 'eth0:1'\n"));
}

static void test_number(void) {
        /* No address at all is said, unless it is meant; what an advert cannot hold is excluded from it. */
        GString *many = g_string_new(INSTANCE_BEGIN "virtual_ipaddress {\n");
        Config *c;

        expect("vrrp_instance A {\ninterface eth0\nvirtual_router_id 1\n}\n",
                        "1:15: warning: vrrp_instance 'A' has no virtual_ipaddress (no_virtual_ipaddress "
                        "says that this is "
                        "meant)\n");
        expect("vrrp_instance A {\ninterface eth0\nvirtual_router_id 1\nno_virtual_ipaddress\n}\n", "");
        for (unsigned i = 0; i < 300; i++)
                g_string_append_printf(many, "198.51.%u.%u\n", 100 + i / 200, 1 + i % 200);
        g_string_append(many, "}\nvirtual_ipaddress_excluded {\n203.0.113.1\n}\n}\n");
        c = expect_load(many->str,
                        "263:1: warning: an advert holds 255 addresses; from here on they are taken as "
                        "virtual_ipaddress_excluded\n");
        g_assert_cmpuint(c->instances[0].n_vips, ==, 255);
        g_assert_cmpuint(c->instances[0].n_excluded, ==, 47);
        assert_address(&c->instances[0].excluded[0].address, "198.51.101.55");
        assert_address(&c->instances[0].excluded[46].address, "203.0.113.1");
        config_free(c);
        g_string_free(many, TRUE);
}

static void test_source(void) {
        /* The source address: of the instance's family, and of any use. */
        Config *c;

        expect_instance("mcast_src_ip here",
                        "8:14: error: mcast_src_ip must be an IP address, not 'here'\n");
        expect_instance("mcast_src_ip fe80::1",
                        "8:14: error: fe80::1 is an IPv6 address in an instance of IPv4\n");
        c = expect_instance_load("unicast_src_ip 192.0.2.9",
                        "8:16: warning: unicast_src_ip without unicast_peer: "
                        "adverts go to the multicast group\n");
        assert_address(&c->instances[0].source, "192.0.2.9");
        g_assert_false(c->instances[0].unicast);
        config_free(c);
        expect_instance("mcast_dst_ip 224.0.0.18", "");
        expect_instance("mcast_dst_ip 224.0.0.19", "");
        expect_instance("mcast_dst_ip 192.0.2.1",
                        "8:14: error: mcast_dst_ip must be a multicast group, not '192.0.2.1'\n");
        expect_instance("mcast_dst_ip ff05::12",
                        "8:14: error: mcast_dst_ip must be a multicast group of the "
                        "link (ffX2::), not 'ff05::12'\n");
        expect_instance("mcast_dst_ip ff02::13",
                        "8:14: error: ff02::13 is an IPv6 address in an instance of IPv4\n");
        expect_instance("mcast_dst_ip 224.0.0.19\nunicast_peer {\n192.0.2.8\n}",
                        "8:14: warning: mcast_dst_ip does not go with unicast_peer; ignored\n");
        expect_instance("mcast_dst_ip all", "8:14: error: mcast_dst_ip must be an address, not 'all'\n");
}

static void test_fault_no_peer(void) {
        /* As in keepalived: with unicast_fault_no_peer an empty list is a fault of its instance, not an
         * error, also where only the source says that unicast was meant. */
        static const char *const forms[] = {"unicast_fault_no_peer\nunicast_peer {\n}",
                        "unicast_fault_no_peer\nunicast_src_ip 192.0.2.9"};

        for (size_t i = 0; i < G_N_ELEMENTS(forms); i++) {
                Config *c = expect_instance_load(
                                forms[i], i == 0 ? "9:1: warning: there is no unicast peer: vrrp_instance "
                                                   "'VI_1' stays in fault "
                                                   "(unicast_fault_no_peer)\n"
                                                 : "9:16: warning: there is no unicast peer: vrrp_instance "
                                                   "'VI_1' stays in fault "
                                                   "(unicast_fault_no_peer)\n");

                g_assert_true(c->instances[0].unicast);
                g_assert_cmpuint(c->instances[0].n_peers, ==, 0);
                config_free(c);
        }
        expect_instance("unicast_fault_no_peer", "");
}

static void test_peers(void) {
        /* Peers: addresses of the family, one a line, none of them ourselves; an empty list is an error. */
        Config *c = expect_instance_load(
                        "unicast_ttl 7\nunicast_peer {\n192.0.2.8\n192.0.2.9 min_ttl 5 max_ttl 250\n}", "");

        g_assert_true(c->instances[0].unicast);
        g_assert_cmpuint(c->instances[0].ttl, ==, 7);
        g_assert_cmpuint(c->instances[0].n_peers, ==, 2);
        g_assert_cmpint(c->instances[0].peers[0].min_ttl, ==, -1);
        g_assert_cmpint(c->instances[0].peers[1].min_ttl, ==, 5);
        g_assert_cmpint(c->instances[0].peers[1].max_ttl, ==, 250);
        config_free(c);

        expect_instance("unicast_peer {\n}",
                        "8:1: error: unicast_peer is empty: list the addresses of the other routers, or "
                        "remove it for multicast\n");
        expect_instance("unicast_src_ip 192.0.2.9\nunicast_peer {\n192.0.2.9\n}",
                        "9:1: warning: the only unicast peer is our own source address: vrrp_instance "
                        "'VI_1' stays in fault until another router is listed\n"
                        "10:1: warning: this peer is our own source address: left out\n");
        expect_instance("unicast_peer {\n192.0.2.8\n224.0.0.18\n}",
                        "10:1: warning: 224.0.0.18 is no address that a router can have: no advert is taken "
                        "from "
                        "it\n");
        expect_instance("unicast_src_ip 0.0.0.0\nunicast_peer {\n192.0.2.8\n}",
                        "8:16: error: unicast_src_ip must be an address that a host can have, not "
                        "'0.0.0.0'\n");
        expect("vrrp_instance A {\nvirtual_router_id 1\nunicast_src_ip fe80::1\nunicast_peer "
               "{\nfe80::2\n}\n"
               "version 3\nvirtual_ipaddress {\nfe80::9 dev eth0\n}\n}",
                        "3:16: error: vrrp_instance 'A' has no interface, and a link-local source says not "
                        "on which "
                        "link it is: add 'interface'\n");
        expect_instance("unicast_peer {\nXX.XX\n}", "9:1: error: 'XX.XX' is not an IP address\n");
        expect_instance("unicast_peer {\n192.0.2.8 192.0.2.9\n}",
                        "9:11: error: 'min_ttl' or 'max_ttl' expected behind a peer, not '192.0.2.9' (one "
                        "peer a line)\n");
        expect_instance("unicast_peer {\n192.0.2.8 min_ttl\n}", "9:11: error: 'min_ttl' needs a value\n");
        expect_instance("unicast_peer {\n192.0.2.8 min_ttl 200 max_ttl 100\n}",
                        "9:23: error: max_ttl 100 is less than min_ttl 200: no advert could come from this "
                        "peer\n");
        expect_instance("unicast_peer {\n192.0.2.8 max_ttl 0 min_ttl 255\n}",
                        "9:11: error: max_ttl 0 is less than min_ttl 255: no advert could come from this "
                        "peer\n");
        expect_instance("unicast_peer {\n192.0.2.8 min_ttl 9 max_ttl 9\n}", "");
        expect_instance("unicast_peer {\n192.0.2.8 min_ttl 256\n}",
                        "9:19: error: min_ttl must be a whole number from 0 to 255, not '256'\n");
        expect_instance("unicast_peer {\n192.0.2.8\nfe80::1\n}",
                        "10:1: error: fe80::1 is an IPv6 address in an instance of IPv4\n");
        c = expect_instance_load(
                        "unicast_src_ip 192.0.2.9\nunicast_peer {\n192.0.2.8\n192.0.2.9\n192.0.2.8\n}",
                        "11:1: warning: this peer is our own source address: left out\n"
                        "12:1: warning: this peer is listed twice\n");
        g_assert_cmpuint(c->instances[0].n_peers, ==, 1);
        config_free(c);
        expect_instance("unicast_peer {\n192.0.2.1\n}", "5:1: warning: this virtual address is also a "
                                                        "unicast_peer's: adverts to it would reach "
                                                        "ourselves while we are master\n");
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/config/address/options", test_options);
        g_test_add_func("/config/address/device", test_device);
        g_test_add_func("/config/address/ipv6", test_ipv6);
        g_test_add_func("/config/address/twice", test_twice);
        g_test_add_func("/config/address/wrong", test_wrong);
        g_test_add_func("/config/address/repeated", test_repeated);
        g_test_add_func("/config/address/number", test_number);
        g_test_add_func("/config/address/source", test_source);
        g_test_add_func("/config/address/fault-no-peer", test_fault_no_peer);
        g_test_add_func("/config/address/peers", test_peers);
        return g_test_run();
}
