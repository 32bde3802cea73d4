/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a file without mistakes becomes: every value that it gives, and every default that it does not. */

#include "tests/unit/config/expect.h"
#include <arpa/inet.h>
#include <linux/rtnetlink.h>

/* As people write it for two proxies that stand in for each other. */
static const char proxy[] = "vrrp_script chk_squid_service {\n"
                            "script \"/usr/sbin/squid -k check\"\n"
                            "interval 3\n"
                            "}\n"
                            "vrrp_instance proxy_ip1 {\n"
                            "state MASTER\n"
                            "interface eth0\n"
                            "virtual_router_id 1\n"
                            "priority 255\n"
                            "virtual_ipaddress {\n"
                            "192.168.2.101/24 dev eth0 label eth0:1\n"
                            "}\n"
                            "track_interface {\n"
                            "eth1\n"
                            "}\n"
                            "track_script {\n"
                            "chk_squid_service\n"
                            "}\n"
                            "}\n"
                            "vrrp_instance proxy_ip2 {\n"
                            "state BACKUP\n"
                            "interface eth0\n"
                            "virtual_router_id 2\n"
                            "priority 100\n"
                            "virtual_ipaddress {\n"
                            "192.168.2.102/24 dev eth0 label eth0:2\n"
                            "}\n"
                            "track_interface {\n"
                            "eth1\n"
                            "}\n"
                            "track_script {\n"
                            "chk_squid_service\n"
                            "}\n"
                            "}\n";

static void assert_defaults(const ConfigInstance *i) {
        static const AnnounceConfig announce = {5 * USEC_PER_SEC, 5, 0, 1, 5 * USEC_PER_SEC, 5};

        g_assert_cmpuint(i->version, ==, 2);
        g_assert_cmpint(i->family, ==, AF_INET);
        g_assert_cmpuint(i->interval_usec, ==, USEC_PER_SEC);
        g_assert_true(i->accept);
        g_assert_true(i->preempt);
        g_assert_cmpuint(i->preempt_delay_usec, ==, 0);
        g_assert_cmpuint(i->down_timer_adverts, ==, 3);
        g_assert_false(i->lower_prio_no_advert);
        g_assert_true(i->higher_prio_send_advert);
        g_assert_false(i->checksum_plain || i->dont_track_primary || i->track_source || i->unicast);
        g_assert_cmpmem(&i->announce, sizeof(announce), &announce, sizeof(announce));
        g_assert_cmpint(i->auth, ==, ADVERT_AUTH_NONE);
        g_assert_false(vrrp_address_is_set(&i->source));
        g_assert_cmpuint(i->ttl, ==, 255);
        g_assert_cmpuint(i->n_peers, ==, 0);
        g_assert_cmpuint(i->n_excluded, ==, 0);
}

static void test_proxy(void) {
        /* The everyday file: no word of complaint, and exactly this model. */
        Config *c = expect_load(proxy, "");
        const ConfigInstance *i = config_find_instance(c, "proxy_ip1");
        char host[256] = "";

        gethostname(host, sizeof(host) - 1);
        g_assert_cmpstr(c->global.router_id, ==, host);
        g_assert_null(c->global.script_user);
        g_assert_false(c->global.enable_script_security);
        g_assert_cmpuint(c->global.vrrp_version, ==, 2);
        g_assert_cmpstr(c->files[0], ==, "t");
        g_assert_null(c->files[1]);
        g_assert_cmpuint(c->n_instances, ==, 2);
        g_assert_cmpuint(c->n_scripts, ==, 1);
        g_assert_cmpstr(c->scripts[0].command, ==, "/usr/sbin/squid -k check");
        g_assert_cmpuint(c->scripts[0].interval_usec, ==, 3 * USEC_PER_SEC);
        g_assert_cmpuint(c->scripts[0].timeout_usec, ==, 3 * USEC_PER_SEC);

        g_assert_true(i == &c->instances[0]);
        g_assert_cmpstr(i->interface, ==, "eth0");
        g_assert_cmpuint(i->vrid, ==, 1);
        g_assert_cmpuint(i->priority, ==, 255);
        g_assert_true(i->state_master);
        assert_defaults(i);
        g_assert_cmpuint(i->n_vips, ==, 1);
        g_assert_cmpmem(i->vips[0].address.bytes, 4, "\xc0\xa8\x02\x65", 4);
        g_assert_cmpuint(i->vips[0].prefixlen, ==, 24);
        g_assert_null(i->vips[0].dev);
        g_assert_cmpstr(i->vips[0].label, ==, "eth0:1");
        g_assert_cmpuint(i->n_tracks, ==, 2);
        g_assert_cmpint(i->tracks[0].type, ==, VRRP_TRACKER_INTERFACE);
        g_assert_cmpstr(i->tracks[0].name, ==, "eth1");
        g_assert_cmpint(i->tracks[0].weight, ==, 0);
        g_assert_cmpint(i->tracks[1].type, ==, VRRP_TRACKER_SCRIPT);
        g_assert_cmpstr(i->tracks[1].name, ==, "chk_squid_service");
        g_assert_cmpint(i->tracks[1].weight, ==, 0);
        g_assert_cmpuint(i->at.line, ==, 5);
        g_assert_cmpuint(i->at.column, ==, 15);
        g_assert_cmpstr(i->at.file, ==, "t");

        i = config_find_instance(c, "proxy_ip2");
        g_assert_cmpuint(i->priority, ==, 100);
        g_assert_false(i->state_master);
        assert_defaults(i);
        config_free(c);
}

static void test_priority(void) {
        /* Without a priority: 100, but 255 for who is said to be MASTER, as in keepalived. */
        Config *c = expect_instance_load("state MASTER", "");

        g_assert_cmpuint(c->instances[0].priority, ==, 255);
        config_free(c);
        c = expect_instance_load("", "");
        g_assert_cmpuint(c->instances[0].priority, ==, 100);
        config_free(c);
}

static void test_instance_values(void) {
        /* Every keyword of an instance ends up in its member. */
        Config *c = expect_instance_load(
                        "state BACKUP\npriority 7\nversion 3\nadvert_int "
                        "0.25\nnopreempt\ndown_timer_adverts 4\n"
                        "lower_prio_no_advert\nhigher_prio_send_advert off\nv3_checksum_as_v2 "
                        "yes\ndont_track_primary\n"
                        "track_src_ip\nmcast_src_ip 192.0.2.9\ngarp_master_delay 1\ngarp_master_repeat 2\n"
                        "garp_master_refresh 60\ngarp_master_refresh_repeat 3\ngarp_lower_prio_delay 4\n"
                        "garp_lower_prio_repeat 6\nvirtual_ipaddress_excluded {\n2001:db8::1/64\n}",
                        "");
        const ConfigInstance *i = &c->instances[0];
        static const AnnounceConfig announce = {USEC_PER_SEC, 2, 60 * USEC_PER_SEC, 3, 4 * USEC_PER_SEC, 6};

        g_assert_cmpuint(i->priority, ==, 7);
        g_assert_cmpuint(i->version, ==, 3);
        g_assert_cmpuint(i->interval_usec, ==, 250 * USEC_PER_MSEC);
        g_assert_false(i->preempt);
        g_assert_cmpuint(i->down_timer_adverts, ==, 4);
        g_assert_true(i->lower_prio_no_advert && i->checksum_plain && i->dont_track_primary &&
                        i->track_source);
        g_assert_false(i->higher_prio_send_advert);
        g_assert_cmpmem(&i->announce, sizeof(announce), &announce, sizeof(announce));
        g_assert_cmpint(i->source.family, ==, AF_INET);
        g_assert_cmpuint(i->n_excluded, ==, 1);
        g_assert_cmpint(i->excluded[0].address.family, ==, AF_INET6);
        config_free(c);
        c = expect_instance_load("preempt_delay 2.5\npreempt", "");
        g_assert_true(c->instances[0].preempt);
        g_assert_cmpuint(c->instances[0].preempt_delay_usec, ==, 2500 * USEC_PER_MSEC);
        config_free(c);
}

static void test_groups(void) {
        /* Adverts go to the groups of RFC 9568 sections 5.1.1.2 and 5.1.2.2. */
        static const uint8_t ipv4[4] = {224, 0, 0, 18}, ipv6[16] = {0xff, 0x02, [15] = 0x12};
        Config *c = expect_load(INSTANCE_BEGIN
                        "}\nvrrp_instance VI_6 {\ninterface eth0\n"
                        "version 3\nvirtual_router_id 51\nvirtual_ipaddress {\nfe80::1\n}\n}\n",
                        "");

        g_assert_cmpmem(c->instances[0].multicast.bytes, 4, ipv4, 4);
        g_assert_cmpmem(c->instances[1].multicast.bytes, 16, ipv6, 16);
        config_free(c);
}

static void test_global_values(void) {
        /* global_defs gives the defaults of instances, wherever it stands, and an instance's own keyword
         * wins. */
        Config *c = expect_load(INSTANCE_BEGIN
                        "garp_master_repeat 9\n}\n"
                        "global_defs {\nrouter_id R\nvrrp_version 3\nvrrp_garp_master_delay 1\n"
                        "vrrp_garp_master_repeat 2\nvrrp_garp_master_refresh 60\n"
                        "vrrp_garp_master_refresh_repeat 3\nvrrp_down_timer_adverts 4\n"
                        "vrrp_lower_prio_no_advert\nvrrp_higher_prio_send_advert no\n"
                        "v3_checksum_as_v2\nvrrp_mcast_group4 224.0.0.19\n"
                        "vrrp_mcast_group6 ff02::13\nvrrp_owner_ignore_adverts\n}\n",
                        "");
        const ConfigInstance *i = &c->instances[0];

        g_assert_cmpstr(c->global.router_id, ==, "R");
        g_assert_cmpuint(i->multicast.bytes[3], ==, 19);
        g_assert_true(i->owner_ignore_adverts);
        g_assert_cmpuint(i->version, ==, 3);
        g_assert_cmpuint(i->announce.delay_usec, ==, USEC_PER_SEC);
        g_assert_cmpuint(i->announce.repeat, ==, 9);
        g_assert_cmpuint(i->announce.refresh_usec, ==, 60 * USEC_PER_SEC);
        g_assert_cmpuint(i->announce.refresh_repeat, ==, 3);
        g_assert_cmpuint(i->announce.lower_prio_delay_usec, ==, USEC_PER_SEC);
        g_assert_cmpuint(i->announce.lower_prio_repeat, ==, 9);
        g_assert_cmpuint(i->down_timer_adverts, ==, 4);
        g_assert_true(i->lower_prio_no_advert && i->checksum_plain);
        g_assert_false(i->higher_prio_send_advert);
        config_free(c);

        c = expect_load("global_defs {\nvrrp_min_garp\n}\n" INSTANCE_BEGIN "}\n", "");
        g_assert_cmpuint(c->instances[0].announce.repeat, ==, 1);
        g_assert_cmpuint(c->instances[0].announce.delay_usec, ==, 0);
        config_free(c);
}

static void test_empty(void) {
        /* An empty file is a configuration without instances. */
        Config *c = expect_load("", "");

        g_assert_cmpuint(c->n_instances, ==, 0);
        g_assert_cmpuint(c->n_scripts, ==, 0);
        config_free(c);
        expect(" \n# nothing\n\n", "");
}

static void test_unindexed(void) {
        /* Finding also works in a model that was made by hand. */
        ConfigInstance instances[] = {{.name = (char *)"a"}, {.name = (char *)"b"}};
        ConfigScript scripts[] = {{.name = (char *)"s"}};
        Config c = {.instances = instances, .n_instances = 2, .scripts = scripts, .n_scripts = 1};

        g_assert_true(config_find_instance(&c, "b") == &instances[1]);
        g_assert_null(config_find_instance(&c, "c"));
        g_assert_true(config_find_script(&c, "s") == &scripts[0]);
        g_assert_null(config_find_script(&c, "t"));
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/config/model/proxy", test_proxy);
        g_test_add_func("/config/model/priority", test_priority);
        g_test_add_func("/config/model/instance", test_instance_values);
        g_test_add_func("/config/model/groups", test_groups);
        g_test_add_func("/config/model/global", test_global_values);
        g_test_add_func("/config/model/empty", test_empty);
        g_test_add_func("/config/model/unindexed", test_unindexed);
        return g_test_run();
}
