/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* use_vmac and what belongs to it: which links with virtual MAC addresses there are, what they are called
 * (keepalived's names, tried with keepalived 2.2.7), which addresses go on which. */

#include "service/config/diff.h"
#include "tests/unit/config/expect.h"

/* "NAME on INTERFACE MAC" of each link, one a line. */
static char *links_of(const Config *c) {
        GString *s = g_string_new(NULL);

        for (size_t i = 0; i < c->n_instances; i++)
                for (size_t j = 0; j < c->instances[i].n_vmacs; j++) {
                        const ConfigVmac *v = &c->instances[i].vmacs[j];

                        g_string_append_printf(s, "%s on %s %02x:%02x:%02x:%02x:%02x:%02x\n", v->name,
                                        v->interface, v->mac[0], v->mac[1], v->mac[2], v->mac[3], v->mac[4],
                                        v->mac[5]);
                }
        return g_string_free(s, FALSE);
}

static void expect_links(const char *text, const char *messages, const char *links) {
        _cleanup_(config_freep) Config *c = expect_load(text, messages);
        g_autofree char *got = NULL;

        g_assert_nonnull(c);
        got = links_of(c);
        g_assert_cmpstr(got, ==, links);
}

#define ROUTER(name, interface, vrid, lines, vip)                                                          \
        "vrrp_instance " name " {\ninterface " interface "\nvirtual_router_id " vrid "\nversion 3\n" lines \
        "\nvirtual_ipaddress {\n" vip "\n}\n}\n"

/* The first of a VRID is vrrp.VRID; after it IPv6 is vrrp6.VRID, and others are numbered. A name that is
 * given is nobody else's. */
static void test_names(void) {
        expect_links(ROUTER("A", "eth0", "51", "use_vmac", "192.0.2.1") ROUTER("B", "eth0", "51", "use_vmac",
                                     "fe80::1") ROUTER("C", "eth1", "51", "use_vmac", "192.0.3.1")
                                        ROUTER("D", "eth1", "51", "use_vmac", "fe80::1") ROUTER(
                                                        "E", "eth1", "52", "use_vmac vrrp2.51", "192.0.3.2"),
                        "",
                        "vrrp.51 on eth0 00:00:5e:00:01:33\nvrrp6.51 on eth0 00:00:5e:00:02:33\n"
                        "vrrp1.51 on eth1 00:00:5e:00:01:33\nvrrp3.51 on eth1 00:00:5e:00:02:33\n"
                        "vrrp2.51 on eth1 00:00:5e:00:01:34\n");
        expect_links("global_defs {\nvmac_prefix v\nvmac_addr_prefix w\n}\n" ROUTER("A", "eth0", "51",
                                     "use_vmac\nuse_vmac_addr", "192.0.2.1\n192.0.3.1 dev eth1"),
                        "", "v.51 on eth0 00:00:5e:00:01:33\nw.51 on eth1 00:00:5e:00:01:33\n");
        expect(ROUTER("A", "eth0", "51", "use_vmac x", "192.0.2.1")
                                        ROUTER("B", "eth0", "52", "use_vmac x", "192.0.2.2"),
                        "14:10: error: 'x' is already the name of the virtual MAC interface of "
                        "vrrp_instance "
                        "'A'\n");
        expect(ROUTER("A", "eth0", "51", "use_vmac eth0", "192.0.2.1") ROUTER(
                               "B", "eth1", "52", "use_vmac 02:00:00:00:00:07 eth0", "192.0.2.2"),
                        "5:10: error: 'eth0' is the interface of vrrp_instance 'A'; the virtual MAC address "
                        "needs an interface of its own, which vrrpd makes: take another name, or none\n"
                        "14:28: error: 'eth0' is the interface of vrrp_instance 'A'; the virtual MAC "
                        "address "
                        "needs an interface of its own, which vrrpd makes: take another name, or none\n");
}

/* Any MAC address, or five bytes of it; one interface cannot have two links with the same. */
static void test_addresses(void) {
        expect_links(ROUTER("A", "eth0", "51", "use_vmac 02:00:00:00:00:07", "192.0.2.1"), "",
                        "vrrp.51 on eth0 02:00:00:00:00:07\n");
        expect_links(ROUTER("A", "eth0", "51", "use_vmac x 02:0:0:0:7 netlink_notify_msg", "192.0.2.1"), "",
                        "x on eth0 02:00:00:00:07:33\n");
        expect(ROUTER("A", "eth0", "51", "use_vmac", "192.0.2.1")
                                        ROUTER("B", "eth0", "52", "use_vmac 00:00:5e:00:01:33", "192.0.2.2"),
                        "14:1: error: the virtual MAC address 00:00:5e:00:01:33 on interface eth0 is that "
                        "of "
                        "vrrp_instance 'A' already; take another virtual_router_id, or name another MAC "
                        "address behind use_vmac\n");
}

/* Addresses on other interfaces, and of the other family, follow use_vmac_addr or their own use_vmac. */
static void test_placement(void) {
        static const char text[] = ROUTER("A", "eth0", "51", "use_vmac",
                        "192.0.2.1\n192.0.2.2 dev eth0\n192.0.3.1 dev eth1\n192.0.4.1 dev eth2 use_vmac");
        _cleanup_(config_freep) Config *c = expect_load(text, "");
        const ConfigInstance *i = &c->instances[0];

        g_assert_cmpuint(i->n_vmacs, ==, 2);
        g_assert_cmpstr(i->vips[0].link, ==, "vrrp.51");
        g_assert_cmpstr(i->vips[1].link, ==, "vrrp.51");
        g_assert_cmpstr(i->vips[2].link, ==, NULL);
        g_assert_cmpstr(i->vips[3].link, ==, "vrrp1.51");
        g_assert_cmpstr(i->vmacs[1].interface, ==, "eth2");
        g_assert_true(i->vmacs[0].ipv4 && !i->vmacs[0].ipv6);

        expect("vrrp_instance A {\ninterface eth0\nvirtual_router_id 51\nuse_vmac\nvirtual_ipaddress "
               "{\n192.0.2.1\n}\nvirtual_ipaddress_excluded {\n2001:db8::1\n}\n}\n",
                        "9:1: warning: an address of another family than the instance's goes on eth0 itself "
                        "(use_vmac_addr gives it a virtual MAC address)\n");
        expect_links("vrrp_instance A {\ninterface eth0\nvirtual_router_id "
                     "51\nuse_vmac\nuse_vmac_addr\nvirtual_ipaddress "
                     "{\n192.0.2.1\n}\nvirtual_ipaddress_excluded {\n2001:db8::1\n}\n}\n",
                        "", "vrrp.51 on eth0 00:00:5e:00:01:33\nvrrp6.51 on eth0 00:00:5e:00:02:33\n");
        expect_instance("use_vmac_addr", "");
        expect(ROUTER("A", "eth0", "51", "", "192.0.2.1 use_vmac"),
                        "7:1: warning: use_vmac of an address needs a 'dev' other than the instance's "
                        "interface; ignored\n");
}

/* What does not go together; keepalived sets vmac_xmit_base by itself, too. */
static void test_contradictions(void) {
        expect_instance("vmac_xmit_base", "8:1: warning: vmac_xmit_base does nothing without use_vmac\n");
        expect("vrrp_instance A {\nuse_vmac\nvirtual_router_id 1\nunicast_src_ip 192.0.2.7\nunicast_peer "
               "{\n192.0.2.8\n}\nvirtual_ipaddress {\n192.0.2.1 dev eth0\n}\n}\n",
                        "2:1: error: use_vmac needs an 'interface' that it is put on\n"
                        "2:1: warning: unicast adverts come from the interface's own MAC address: "
                        "vmac_xmit_base is set\n");
        expect_instance("priority 255\nno_accept",
                        "9:1: warning: no_accept does not go with priority 255; ignored\n");
        expect_instance("no_accept", "");
        expect_instance("no_accept\naccept",
                        "9:1: warning: the opposite of 'accept' was already given; this one counts\n");
        expect_instance("use_vmac all", "8:10: error: 'all' cannot be the name of an interface: it means "
                                        "all of them in sysctls\n");
}

static ConfigChange change(const char *before, const char *after) {
        _cleanup_(config_freep) Config *a = expect_load(before, ""), *b = expect_load(after, "");

        return config_diff_instance(&a->instances[0], &b->instances[0]);
}

/* Another MAC address is another router; the rest changes in place. */
static void test_diff(void) {
        static const char plain[] = ROUTER("A", "eth0", "51", "", "192.0.2.1");
        static const char vmac[] = ROUTER("A", "eth0", "51", "use_vmac", "192.0.2.1");

        g_assert_cmpint(change(vmac, vmac), ==, CONFIG_UNCHANGED);
        g_assert_cmpint(change(plain, vmac), ==, CONFIG_RESTART);
        g_assert_cmpint(change(vmac, plain), ==, CONFIG_RESTART);
        g_assert_cmpint(change(vmac, ROUTER("A", "eth0", "51", "use_vmac x", "192.0.2.1")), ==,
                        CONFIG_RESTART);
        g_assert_cmpint(change(vmac, ROUTER("A", "eth0", "51", "use_vmac\nvmac_xmit_base", "192.0.2.1")), ==,
                        CONFIG_RESTART);
        g_assert_cmpint(change(plain, ROUTER("A", "eth0", "51", "no_accept", "192.0.2.1")), ==,
                        CONFIG_CHANGED);
        g_assert_cmpint(change(plain, ROUTER("A", "eth0", "51", "promote_secondaries", "192.0.2.1")), ==,
                        CONFIG_CHANGED);
        g_assert_cmpint(change(ROUTER("A", "eth0", "51", "", "192.0.2.1 dev eth1"),
                                        ROUTER("A", "eth0", "51", "", "192.0.2.1 dev eth1 use_vmac")),
                        ==, CONFIG_CHANGED);
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/config/vmac/names", test_names);
        g_test_add_func("/config/vmac/addresses", test_addresses);
        g_test_add_func("/config/vmac/placement", test_placement);
        g_test_add_func("/config/vmac/contradictions", test_contradictions);
        g_test_add_func("/config/vmac/diff", test_diff);
        return g_test_run();
}
