/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The packet filter drops what is sent to an address that this host does not accept packets for, and nothing
 * else: not ARP, not neighbour discovery; and nothing of it stays behind. */

#include "tests/unit/net/lab.h"
#include "service/net/filter.h"

static bool succeeds(const char *command) {
        _cleanup_free_ char *out = NULL, *err = NULL;
        int status;

        g_assert_true(g_spawn_command_line_sync(command, &out, &err, &status, NULL));
        return g_spawn_check_wait_status(status, NULL);
}

static char *output(const char *command) {
        char *out = NULL;

        g_assert_true(g_spawn_command_line_sync(command, &out, NULL, NULL, NULL));
        return out;
}

static bool answers(Lab *lab, const char *address) {
        g_autofree char *command = g_strdup_printf("ping -n -c 1 -W 1 %s", address);
        bool r;

        lab_enter_there(lab);
        r = succeeds(command);
        lab_enter_here(lab);
        return r;
}

/* Whether the other side finds out the hardware address anew. */
static bool resolves(Lab *lab, const char *address) {
        g_autofree char *command = g_strdup_printf("ip neigh show to %s nud reachable dev eth0", address);
        g_autofree char *found = NULL;

        lab_enter_there(lab);
        lab_run("ip neigh flush dev eth0");
        lab_enter_here(lab);
        (void)answers(lab, address);
        lab_enter_there(lab);
        found = output(command);
        lab_enter_here(lab);
        return found[0];
}

/* Whether the other side, which knows the hardware address, is told that it still is the right one: it asks
 * the address itself then, not the group (RFC 4861 section 7.3.3). */
static bool confirms(Lab *lab, const char *address) {
        g_autofree char *ask = g_strdup_printf("ip neigh change %s nud probe dev eth0", address);
        g_autofree char *show = g_strdup_printf("ip neigh show to %s dev eth0", address);
        bool asking = true, reachable = false;

        g_assert_true(resolves(lab, address));
        lab_enter_there(lab);
        lab_run("%s", ask);
        while (asking) {
                g_autofree char *found = output(show);

                asking = strstr(found, "PROBE");
                reachable = strstr(found, "REACHABLE");
                if (asking)
                        g_usleep(20000);
        }
        lab_enter_here(lab);
        return reachable;
}

static Filter *open_filter(void) {
        Filter *f = NULL;

        g_assert_cmpint(filter_new(&(FilterParams){.priority = -1}, &f), ==, 0);
        return f;
}

static void no_table(void) {
        g_autofree char *tables = output("nft list tables");

        g_assert_cmpstr(tables, ==, "");
}

static void drops_ipv4(Lab *lab, const void *unused) {
        VrrpAddress vip = lab_address("192.0.2.77");
        Filter *f = open_filter();

        lab_run("ip address add 192.0.2.77/24 dev eth0");
        g_assert_true(answers(lab, "192.0.2.77"));
        g_assert_cmpint(filter_add_address(f, &vip, 0), ==, 0);
        g_assert_cmpint(filter_add_address(f, &vip, 0), ==, 0);
        g_assert_cmpint(filter_flush(f), ==, 0);
        g_assert_false(answers(lab, "192.0.2.77"));
        g_assert_true(resolves(lab, "192.0.2.77"));
        g_assert_true(answers(lab, "192.0.2.1"));

        filter_remove_address(f, &vip, 0);
        g_assert_cmpint(filter_flush(f), ==, 0);
        g_assert_false(answers(lab, "192.0.2.77")); /* the second user still wants it */
        filter_remove_address(f, &vip, 0);
        g_assert_cmpint(filter_flush(f), ==, 0);
        g_assert_true(answers(lab, "192.0.2.77"));
        no_table();
        filter_free(f);
}

static void drops_ipv6(Lab *lab, const void *unused) {
        VrrpAddress global = lab_address("2001:db8::77"), local = lab_address("fe80::77");
        Filter *f = open_filter();

        lab_run("ip address add 2001:db8::77/64 dev eth0 nodad");
        lab_run("ip address add fe80::77/64 dev eth0 nodad");
        lab_enter_there(lab);
        lab_run("ip address add 2001:db8::2/64 dev eth0 nodad");
        lab_enter_here(lab);
        g_assert_true(answers(lab, "2001:db8::77"));
        g_assert_true(answers(lab, "fe80::77%eth0"));

        g_assert_cmpint(filter_add_address(f, &global, 0), ==, 0);
        g_assert_cmpint(filter_flush(f), ==, 0);
        g_assert_false(answers(lab, "2001:db8::77"));
        g_assert_true(confirms(lab, "2001:db8::77"));
        g_assert_true(answers(lab, "fe80::77%eth0"));

        /* The same link-local address on another link is another address. */
        g_assert_cmpint(filter_add_address(f, &local, lab_ifindex("lo")), ==, 0);
        g_assert_cmpint(filter_flush(f), ==, 0);
        g_assert_true(answers(lab, "fe80::77%eth0"));
        g_assert_cmpint(filter_add_address(f, &local, lab_ifindex("eth0")), ==, 0);
        g_assert_cmpint(filter_flush(f), ==, 0);
        g_assert_false(answers(lab, "fe80::77%eth0"));
        filter_free(f);
        no_table();
        g_assert_true(answers(lab, "fe80::77%eth0"));
}

/* Rules are read by people: nft(8) prints the table in its own words. */
static void is_legible(Lab *lab, const void *unused) {
        static const char *const lines[] = {
                        "flags owner",
                        "type filter hook input priority filter - 1; policy accept;",
                        "ip daddr @no_accept counter packets 0 bytes 0 drop",
                        "ip6 daddr @no_accept6 counter packets 0 bytes 0 drop",
                        "iif . ip6 daddr @no_accept_local counter packets 0 bytes 0 drop",
                        "elements = { 192.0.2.77 }",
                        "elements = { \"eth0\" . fe80::77 }",
                        "elements = { \"eth0\" }",
                        "l4proto igmp counter",
        };
        VrrpAddress ipv4 = lab_address("192.0.2.77"), local = lab_address("fe80::77");
        g_autofree char *text = NULL;
        Filter *f = open_filter();

        filter_configure(f, &(FilterParams){.priority = -1, .counters = true});
        g_assert_cmpint(filter_add_address(f, &ipv4, 0), ==, 0);
        g_assert_cmpint(filter_add_address(f, &local, lab_ifindex("eth0")), ==, 0);
        g_assert_cmpint(filter_add_link(f, lab_ifindex("eth0")), ==, 0);
        g_assert_cmpint(filter_flush(f), ==, 0);
        text = output("nft list ruleset");
        for (size_t i = 0; i < ELEMENTSOF(lines); i++)
                if (!strstr(text, lines[i]))
                        g_error("'%s' is not in\n%s", lines[i], text);
        filter_free(f);
}

/* Somebody else's table of this name is not touched; when it goes, ours is made. */
static void meets_another_table(Lab *lab, const void *unused) {
        VrrpAddress vip = lab_address("192.0.2.77");
        Filter *f = open_filter();

        lab_run("nft add table inet vrrpd");
        g_assert_cmpint(filter_add_address(f, &vip, 0), ==, 0);
        g_assert_cmpint(filter_flush(f), ==, -EEXIST);
        g_assert_cmpint(filter_error(f), ==, -EEXIST);
        g_assert_cmpint(filter_flush(f), ==, -EEXIST);
        lab_run("nft delete table inet vrrpd");
        g_assert_cmpint(filter_flush(f), ==, 0);
        g_assert_cmpint(filter_error(f), ==, 0);
        filter_free(f);
}

static int flush_as_nobody(void *userdata) {
        return filter_flush(userdata);
}

static void needs_permission(Lab *lab, const void *unused) {
        VrrpAddress vip = lab_address("192.0.2.77");
        Filter *f = open_filter();

        g_assert_cmpint(filter_add_address(f, &vip, 0), ==, 0);
        g_assert_cmpint(lab_as_nobody(flush_as_nobody, f), ==, -EPERM);
        filter_free(f);
}

#define MANY 2500 /* more than one batch holds */

static void holds_many(Lab *lab, const void *unused) {
        VrrpAddress vip = {.family = AF_INET6, .bytes = {0x20, 0x01, 0x0d, 0xb8}};
        g_autofree char *text = NULL;
        Filter *f = open_filter();

        for (unsigned i = 0; i < MANY; i++) {
                vip.bytes[14] = (uint8_t)(i >> 8);
                vip.bytes[15] = (uint8_t)i;
                g_assert_cmpint(filter_add_address(f, &vip, 0), ==, 0);
        }
        g_assert_cmpint(filter_flush(f), ==, 0);
        for (unsigned i = 1; i < MANY; i++) {
                vip.bytes[14] = (uint8_t)(i >> 8);
                vip.bytes[15] = (uint8_t)i;
                filter_remove_address(f, &vip, 0);
        }
        g_assert_cmpint(filter_flush(f), ==, 0);
        text = output("nft list set inet vrrpd no_accept6");
        g_assert_nonnull(strstr(text, "elements = { 2001:db8:: }"));
        filter_free(f);
}

#define TEST(name) g_test_add("/net/filter/" #name, Lab, NULL, lab_setup, name, lab_teardown)

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);
        TEST(drops_ipv4);
        TEST(drops_ipv6);
        TEST(is_legible);
        TEST(meets_another_table);
        TEST(needs_permission);
        TEST(holds_many);
        return g_test_run();
}
