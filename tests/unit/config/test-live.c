/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What does not work on this host now is a warning at its place, never an error. */

#include "service/config/validate.h"
#include "tests/unit/config/expect.h"
#include <arpa/inet.h>
#include <glib/gstdio.h>
#include <sys/stat.h>

static const VrrpAddress addresses[] = {
                {.family = AF_INET, .bytes = {192, 0, 2, 250}},
                {.family = AF_INET6, .bytes = {0x20, 0x01, 0x0d, 0xb8, [15] = 0xfa}},
};
static const uint8_t prefixlens[] = {25, 64};

/* A host with eth0 (an address of each family) and eth1 (none). */
static void assert_live(const char *text, const char *messages) {
        const ConfigLink links[] = {
                        {.name = "eth1", .ifindex = 3},
                        {.name = "eth2",
                                        .ifindex = 4,
                                        .addresses = addresses,
                                        .prefixlens = prefixlens,
                                        .n_addresses = 1},
                        {.name = "eth0",
                                        .ifindex = 2,
                                        .addresses = addresses,
                                        .prefixlens = prefixlens,
                                        .n_addresses = 2},
        };
        ConfigMessages m = {};
        g_autofree char *got = NULL;
        Config *c = NULL;

        g_assert_cmpint(config_load_buffer("t", text, strlen(text), "me", &m, &c), ==, 0);
        g_assert_cmpuint(m.n, ==, 0);
        g_assert_cmpint(config_validate_live(c, links, G_N_ELEMENTS(links), &m), ==, 0);
        got = messages_to_lines(&m);
        g_assert_cmpstr(got, ==, messages);
        config_messages_clear(&m);
        config_free(c);
}

#define INSTANCE(interface, vip, more)                                                                 \
        "vrrp_instance A {\n  interface " interface "\nvirtual_router_id 1\nvirtual_ipaddress {\n" vip \
        "\n}\n" more "\n}\n"

static void test_links(void) {
        /* Interfaces that are missing now: the instance's, an address's, a tracked one. */
        assert_live(INSTANCE("eth0", "192.0.2.200", "track_interface {\neth1\n}"), "");
        assert_live(INSTANCE("eth7", "192.0.2.1", ""),
                        "2:13: warning: interface 'eth7' of vrrp_instance 'A' does not exist now; the "
                        "instance waits for it\n");
        assert_live(INSTANCE("eth0", "192.0.2.200 dev eth8", "track_interface {\neth9\n}"),
                        "5:1: warning: interface 'eth8' of 192.0.2.200 does not exist now\n"
                        "8:1: warning: the tracked interface 'eth9' does not exist now\n");
}

static void test_subnets(void) {
        /* A virtual address outside all subnets of its interface, where there are any to compare with. */
        assert_live(INSTANCE("eth0", "192.0.2.1", ""),
                        "5:1: warning: 192.0.2.1 is in none of the subnets of interface eth0\n");
        assert_live(INSTANCE("eth1", "192.0.2.1", ""), "");
        assert_live(INSTANCE("eth0", "2001:db8::1/64", "version 3"), "");
        assert_live(INSTANCE("eth0", "2001:db9::1/64", "version 3"),
                        "5:1: warning: 2001:db9::1 is in none of the subnets of interface eth0\n");
        assert_live(INSTANCE("eth0", "fe80::1", "version 3"), "");
        assert_live(INSTANCE("eth0", "192.0.2.200", "virtual_ipaddress_excluded {\n198.51.100.1\n}"),
                        "8:1: warning: 198.51.100.1 is in none of the subnets of interface eth0\n");
}

static void test_addresses(void) {
        /* A source that this host does not have, and a peer that it is itself. */
        assert_live(INSTANCE("eth0", "192.0.2.200",
                                    "unicast_src_ip 192.0.2.250\nunicast_peer {\n192.0.2.251\n}"),
                        "");
        assert_live(INSTANCE("eth0", "192.0.2.200",
                                    "unicast_src_ip 192.0.2.249\nunicast_peer {\n192.0.2.250\n}"),
                        "7:16: warning: the source address 192.0.2.249 of vrrp_instance 'A' is not an "
                        "address of this host now\n"
                        "9:1: warning: the unicast peer 192.0.2.250 of vrrp_instance 'A' is this host "
                        "itself\n");
}

static void test_users(void) {
        /* Users and groups that nobody has. */
        assert_live("global_defs {\nscript_user root root\n}\nvrrp_script s {\nscript true\nuser root "
                    "root\n}\n",
                        "");
        assert_live("global_defs {\nscript_user no-such-user no-such-group\n}\n",
                        "2:13: warning: the script_user 'no-such-user' does not exist\n"
                        "2:13: warning: the group 'no-such-group' of script_user does not exist\n");
        assert_live("vrrp_script s {\nscript true\nuser no-such-user no-such-group\n}\n",
                        "3:6: warning: the user 'no-such-user' of vrrp_script 's' does not exist\n"
                        "3:6: warning: the group 'no-such-group' of vrrp_script 's' does not exist\n");
}

/* A script of this path is loaded and judged; %s in `expected` is the path. */
static void assert_script(const char *path, const char *expected) {
        g_autofree char *text = g_strdup_printf("vrrp_script s {\nscript \"%s -x\"\nuser nobody\n}\n", path);

        assert_live(text, expected);
}

static void test_scripts(void) {
        /* A plain command that cannot be run, or that anybody can change. Shell lines, PATH and what does
         * not exist are not judged here. */
        g_autofree char *directory = g_dir_make_tmp("vrrpd-live-XXXXXX", NULL);
        g_autofree char *path = g_build_filename(directory, "check", NULL);
        g_autofree char *plain = g_strdup_printf(
                        "2:8: warning: '%s' of vrrp_script 's' is not an executable file\n", path);
        g_autofree char *open = g_strdup_printf(
                        "2:8: warning: '%s' of vrrp_script 's' can be changed by everybody\n", path);
        g_autofree char *folder = g_strdup_printf(
                        "2:8: warning: '%s' of vrrp_script 's' is not an executable file\n", directory);

        assert_script(path, "");
        g_assert_true(g_file_set_contents(path, "#!/bin/sh\n", -1, NULL));
        g_chmod(path, 0644);
        assert_script(path, plain);
        g_chmod(path, 0755);
        assert_script(path, "");
        g_chmod(path, 0777);
        assert_script(path, open);
        assert_script(directory, folder);
        assert_script("</no/such", "");
        assert_script("no-such-program", "");
        assert_script("/no/such|/thing", "");
        g_remove(path);
        g_rmdir(directory);
}

static void test_root_scripts(void) {
        /* A script that is to run as root, where others than root can change it or a directory on its way:
         * it would not be run. A user other than root may have it so. */
        g_autofree char *directory = g_dir_make_tmp("vrrpd-live-XXXXXX", NULL),
                        *inner = g_build_filename(directory, "inner", NULL),
                        *path = g_build_filename(inner, "check", NULL),
                        *as_root = g_strdup_printf("vrrp_script s {\nscript %s\nuser root\n}\n", path),
                        *as_nobody = g_strdup_printf("vrrp_script s {\nscript %s\nuser nobody\n}\n", path),
                        *real = g_build_filename("/proc/self/root", inner, NULL), *expected = NULL;

        g_assert_cmpint(g_mkdir(inner, 0755), ==, 0);
        g_assert_true(g_file_set_contents(path, "#!/bin/sh\n", -1, NULL));
        g_chmod(path, 0755);
        g_chmod(inner, 0777);
        expected = g_strdup_printf("2:8: warning: vrrp_script 's' is not run as root, because others than "
                                   "root can change "
                                   "'%s' (chown root, chmod go-w; or give it a user)\n",
                        geteuid() == 0 ? inner : path);
        assert_live(as_root, expected);
        assert_live(as_nobody, "");
        assert_live("vrrp_script s {\nscript /bin/sh\nuser root\n}\n", "");
        g_remove(path);
        g_rmdir(inner);
        g_rmdir(directory);
}

static void test_owned(void) {
        /* A virtual address that is the interface's own (whose router has not priority 255), and those of a
         * network that no host has. */
        assert_live(INSTANCE("eth0", "192.0.2.250", ""), "5:1: warning: 192.0.2.250 is on interface eth0 "
                                                         "already: if it is the host's own address "
                                                         "(not one that keepalived or a dead daemon left), "
                                                         "vrrpd removes it while it is not master; "
                                                         "who owns an address has priority 255\n");
        assert_live(INSTANCE("eth0", "192.0.2.250", "priority 255"), "");
        assert_live(INSTANCE("eth0", "192.0.2.128", ""),
                        "5:1: warning: 192.0.2.128 is the network address of interface eth0\n");
        assert_live(INSTANCE("eth0", "192.0.2.255", ""),
                        "5:1: warning: 192.0.2.255 is the broadcast address of interface eth0\n");
}

static void test_placeholders(void) {
        /* A template whose blanks were never filled in. */
#define SAYS(name)                        \
        "2:13: warning: interface '" name \
        "' of vrrp_instance 'A' does not exist now; the instance waits for it"
        assert_live(INSTANCE("<IF>", "192.0.2.1", ""),
                        SAYS("<IF>") " (it looks like a placeholder that was never filled in)\n");
        assert_live(INSTANCE("%IF%", "192.0.2.1", ""),
                        SAYS("%IF%") " (it looks like a placeholder that was never filled in)\n");
        assert_live(INSTANCE("__IF__", "192.0.2.1", ""),
                        SAYS("__IF__") " (it looks like a placeholder that was never filled in)\n");
        assert_live(INSTANCE("_if", "192.0.2.1", ""), SAYS("_if") "\n");
}

#define ROUTER(name, interface, vrid, more)                                          \
        "vrrp_instance " name " {\ninterface " interface "\nvirtual_router_id " vrid \
        "\nno_virtual_ipaddress\n" more "}\n"

static void test_segments(void) {
        /* One VRID on two interfaces of one network: two virtual routers that disturb each other. */
        assert_live(ROUTER("A", "eth0", "7", "") ROUTER("B", "eth2", "7", "") ROUTER("C", "eth1", "7", ""),
                        "6:15: warning: vrrp_instance 'B' on eth2 and vrrp_instance 'A' on eth0 have "
                        "virtual_router_id 7, "
                        "and both interfaces are in 192.0.2.128/25: on one segment they disturb each "
                        "other\n");
        assert_live(ROUTER("A", "eth0", "7", "") ROUTER("B", "eth2", "8", ""), "");
        assert_live(ROUTER("A", "eth0", "7", "")
                                        ROUTER("B", "eth2", "7", "version 3\nmcast_src_ip 2001:db8::fa\n"),
                        "");
        assert_live(ROUTER("A", "eth0", "7", "") ROUTER("B", "eth2", "7", "unicast_peer {\n192.0.2.9\n}\n"),
                        "");
        assert_live(ROUTER("A", "lo", "7", ""),
                        "2:11: warning: no other router is heard on the loopback interface\n");
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/config/live/links", test_links);
        g_test_add_func("/config/live/subnets", test_subnets);
        g_test_add_func("/config/live/addresses", test_addresses);
        g_test_add_func("/config/live/users", test_users);
        g_test_add_func("/config/live/scripts", test_scripts);
        g_test_add_func("/config/live/root-scripts", test_root_scripts);
        g_test_add_func("/config/live/owned", test_owned);
        g_test_add_func("/config/live/placeholders", test_placeholders);
        g_test_add_func("/config/live/segments", test_segments);
        return g_test_run();
}
