/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a reload sees: unchanged, changed in place, or another virtual router. */

#include "service/config/diff.h"
#include "tests/unit/config/expect.h"
#include <sys/socket.h>

static ConfigChange diff(const char *old_lines, const char *new_lines) {
        Config *old = expect_instance_load(old_lines, ""), *new = expect_instance_load(new_lines, "");
        ConfigChange change = config_diff_instance(&old->instances[0], &new->instances[0]);

        config_free(old);
        config_free(new);
        return change;
}

#define EXCLUDED(entry) "virtual_ipaddress_excluded {\n" entry "\n}"
#define PEERS(entries) "unicast_peer {\n" entries "\n}"

static void test_unchanged(void) {
        /* The same settings in another order, place or wording are no change. */
        g_assert_cmpint(diff("", ""), ==, CONFIG_UNCHANGED);
        g_assert_cmpint(diff("priority 50\nnopreempt", "# more\n\n nopreempt\n priority 50"), ==,
                        CONFIG_UNCHANGED);
        g_assert_cmpint(diff("", "advert_int 1\ngarp_master_delay 5\npriority 100\nstate BACKUP"), ==,
                        CONFIG_UNCHANGED);
        g_assert_cmpint(diff(EXCLUDED("192.0.2.7"), EXCLUDED("192.0.2.7/32 dev eth0")), ==,
                        CONFIG_UNCHANGED);
        g_assert_cmpint(diff(PEERS("192.0.2.9"), PEERS("192.0.2.9")), ==, CONFIG_UNCHANGED);
}

static void test_changed(void) {
        /* Each setting that a running instance can take over is seen. */
        static const char *const lines[] = {
                        "priority 50",
                        "state MASTER\npriority 100",
                        "advert_int 2",
                        "nopreempt\npriority 100",
                        "preempt_delay 3",
                        "down_timer_adverts 4",
                        "lower_prio_no_advert",
                        "higher_prio_send_advert off",
                        "v3_checksum_as_v2",
                        "dont_track_primary",
                        "track_src_ip",
                        "garp_master_delay 1",
                        "garp_master_repeat 1",
                        "garp_master_refresh 1",
                        "garp_master_refresh_repeat 2",
                        "garp_lower_prio_delay 1",
                        "garp_lower_prio_repeat 1",
                        "authentication {\nauth_type PASS\nauth_pass x\n}",
                        "mcast_src_ip 192.0.2.9",
                        "virtual_ipaddress {\n192.0.2.7\n}",
                        EXCLUDED("192.0.2.7"),
                        "track_interface {\neth1\n}",
        };

        for (size_t i = 0; i < G_N_ELEMENTS(lines); i++) {
                g_assert_cmpint(diff("", lines[i]), ==, CONFIG_CHANGED);
                g_assert_cmpint(diff(lines[i], lines[i]), ==, CONFIG_UNCHANGED);
        }
        g_assert_cmpint(diff("track_interface {\neth1\n}", "track_interface {\neth2\n}"), ==,
                        CONFIG_CHANGED);
        g_assert_cmpint(diff("track_interface {\neth1\n}", "track_interface {\neth1 weight 5\n}"), ==,
                        CONFIG_CHANGED);
        g_assert_cmpint(diff(PEERS("192.0.2.9"), PEERS("192.0.2.8")), ==, CONFIG_CHANGED);
        g_assert_cmpint(diff(PEERS("192.0.2.9"), PEERS("192.0.2.9\n192.0.2.8")), ==, CONFIG_CHANGED);
        g_assert_cmpint(diff(PEERS("192.0.2.9"), PEERS("192.0.2.9 min_ttl 3")), ==, CONFIG_CHANGED);
        g_assert_cmpint(diff(PEERS("192.0.2.9"), PEERS("192.0.2.9") "\nunicast_ttl 9"), ==, CONFIG_CHANGED);
}

static void test_restart(void) {
        /* What makes another virtual router of it: VRID, interface, family, version, unicast. */
        g_assert_cmpint(diff("", "version 3"), ==, CONFIG_RESTART);
        g_assert_cmpint(diff("", PEERS("192.0.2.9")), ==, CONFIG_RESTART);

        for (unsigned what = 0; what < 3; what++) {
                Config *old = expect_instance_load("", ""), *new = expect_instance_load("", "");
                ConfigInstance *i = &new->instances[0];

                if (what == 0)
                        i->vrid++;
                else if (what == 1)
                        i->interface[3] = '9';
                else
                        i->family = AF_INET6;
                g_assert_cmpint(config_diff_instance(&old->instances[0], i), ==, CONFIG_RESTART);
                config_free(old);
                config_free(new);
        }
}

static void test_vip(void) {
        /* Each option of an address counts. */
        static const char *const others[] = {"192.0.2.8", "192.0.2.7/24", "192.0.2.7 dev eth1",
                        "192.0.2.7 label eth0:7", "192.0.2.7 brd 192.0.2.255", "192.0.2.7 brd +",
                        "192.0.2.7 scope link", "192.0.2.7 peer 192.0.2.8", "192.0.2.7 home",
                        "192.0.2.7 mngtmpaddr", "192.0.2.7 noprefixroute", "192.0.2.7 autojoin",
                        "192.0.2.7 no_track", "192.0.2.7 -nodad"};

        for (size_t i = 0; i < G_N_ELEMENTS(others); i++) {
                g_autofree char *lines = g_strdup_printf(EXCLUDED("%s"), others[i]);
                Config *a = expect_instance_load(EXCLUDED("192.0.2.7"), ""),
                       *b = expect_instance_load(lines, "");

                g_assert_true(config_vip_equal(&a->instances[0].excluded[0], &a->instances[0].excluded[0]));
                g_assert_false(config_vip_equal(&a->instances[0].excluded[0], &b->instances[0].excluded[0]));
                config_free(a);
                config_free(b);
        }
}

static void test_script(void) {
        /* Each setting of a script counts. */
        static const char *const lines[] = {"interval 2\ntimeout 1", "timeout 0.5", "rise 2", "fall 2",
                        "weight 2", "weight 0 reverse", "init_fail", "user nobody", "user nobody nogroup"};
        Config *a = expect_load("vrrp_script s {\nscript x\n}\n", ""), *b;

        g_assert_true(config_script_equal(&a->scripts[0], &a->scripts[0]));
        for (size_t i = 0; i < G_N_ELEMENTS(lines); i++) {
                g_autofree char *text = g_strdup_printf("vrrp_script s {\nscript x\n%s\n}\n", lines[i]);

                b = expect_load(text, "");
                g_assert_false(config_script_equal(&a->scripts[0], &b->scripts[0]));
                config_free(b);
        }
        b = expect_load("vrrp_script s {\nscript y\n}\n", "");
        g_assert_false(config_script_equal(&a->scripts[0], &b->scripts[0]));
        config_free(b);
        b = expect_load("vrrp_script t {\nscript x\n}\n", "");
        g_assert_false(config_script_equal(&a->scripts[0], &b->scripts[0]));
        config_free(b);
        config_free(a);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/config/diff/unchanged", test_unchanged);
        g_test_add_func("/config/diff/changed", test_changed);
        g_test_add_func("/config/diff/restart", test_restart);
        g_test_add_func("/config/diff/vip", test_vip);
        g_test_add_func("/config/diff/script", test_script);
        return g_test_run();
}
