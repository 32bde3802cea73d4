/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Blocks: where braces may stand, and that a missing or surplus one is told once, where its block begins. */

#include "tests/unit/config/expect.h"

static void test_places(void) {
        /* '{' on its own line or glued to a word, '}' behind an entry, keywords on the lines of braces. */
        Config *c = expect_load(
                        "vrrp_instance A\n\n# comment\n{ state BACKUP\n interface eth0\n virtual_router_id "
                        "1\n"
                        "virtual_ipaddress { 192.0.2.1\n 192.0.2.2 } priority 7\n track_interface{eth1 "
                        "weight 3}}"
                        " vrrp_instance B{interface eth0\nvirtual_router_id 2\nno_virtual_ipaddress}\n",
                        "");

        g_assert_cmpuint(c->n_instances, ==, 2);
        g_assert_cmpuint(c->instances[0].n_vips, ==, 2);
        g_assert_cmpuint(c->instances[0].priority, ==, 7);
        g_assert_cmpint(c->instances[0].tracks[0].weight, ==, 3);
        g_assert_cmpuint(c->instances[1].vrid, ==, 2);
        config_free(c);
}

static void test_missing(void) {
        /* A block that is not closed: at its opening, however it is found out. */
        expect("vrrp_instance A {\n interface eth0\n virtual_router_id 1\n no_virtual_ipaddress\n",
                        "1:1: error: the block of 'vrrp_instance A' is never closed: a '}' is missing\n");
        expect(INSTANCE_BEGIN "track_interface {\neth1\n}\n",
                        "1:1: error: the block of 'vrrp_instance VI_1' is never closed: a '}' is missing\n");
        /* A keyword that only the block around this one knows. */
        expect_instance("track_interface {\neth1\nvirtual_ipaddress_excluded {\n2001:db8::1\n}",
                        "8:1: error: the block of 'track_interface' is not closed: a '}' is missing before "
                        "'virtual_ipaddress_excluded' on line 10\n");
        expect_instance("track_interface {\neth1\npriority 5 }",
                        "8:1: error: the block of 'track_interface' is not closed: a '}' is missing before "
                        "'priority' on "
                        "line 10\n");
        expect(INSTANCE_BEGIN "vrrp_script s {\nscript x\n}\n",
                        "1:1: error: the block of 'vrrp_instance VI_1' is not closed: a '}' is missing "
                        "before 'vrrp_script' "
                        "on line 8\n");
        expect(INSTANCE_BEGIN "authentication {\nvrrp_instance B {\ninterface eth1\nvirtual_router_id 1\n"
                              "no_virtual_ipaddress\n}\n}\n}\n",
                        "1:1: error: the block of 'vrrp_instance VI_1' is not closed: a '}' is missing "
                        "before "
                        "'vrrp_instance' on line 9\n"
                        "8:1: error: the block of 'authentication' is not closed: a '}' is missing before "
                        "'vrrp_instance' "
                        "on line 9\n");
        /* In a block that is skipped. */
        expect("virtual_server 192.0.2.1 80 {\nreal_server {\n}\n",
                        "1:1: warning: 'virtual_server' is ignored: vrrpd does no load balancing\n"
                        "1:1: error: the block of 'virtual_server' is never closed: a '}' is missing\n");
}

static void test_surplus(void) {
        /* A '}' too many, a '{' out of place: once, and what follows is still judged. */
        expect("}\n", "1:1: error: this '}' closes no block\n");
        expect(INSTANCE_BEGIN "}\n }\nvrrp_script {\n}\n", "9:2: error: this '}' closes no block\n"
                                                           "10:1: error: 'vrrp_script' needs a name\n");
        expect("child_wait_time 3 }\n", "1:1: warning: 'child_wait_time' is ignored: vrrpd has no child "
                                        "processes to wait for\n"
                                        "1:17: error: a '}' behind '3' closes no block\n");
        expect("{\n foo {\n }\n}\nbar\n", "1:1: error: '{' without a keyword in front of it\n"
                                          "5:1: error: unknown keyword 'bar'\n");
        expect("{", "1:1: error: '{' without a keyword in front of it\n"
                    "1:1: error: the block of '{' is never closed: a '}' is missing\n");
        expect_instance("{\n}", "8:1: error: '{' without a keyword in front of it\n");
}

static void test_deep(void) {
        /* Depth costs nothing: what is skipped may hold 50,000 blocks in each other. */
        GString *text = g_string_new("foo ");

        for (unsigned i = 0; i < 50000; i++)
                g_string_append(text, "{\n");
        for (unsigned i = 0; i < 50000; i++)
                g_string_append(text, "}\n");
        g_string_append(text, "bar\n");
        expect(text->str, "1:1: error: unknown keyword 'foo'\n100001:1: error: unknown keyword 'bar'\n");
        g_string_free(text, TRUE);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/config/brace/places", test_places);
        g_test_add_func("/config/brace/missing", test_missing);
        g_test_add_func("/config/brace/surplus", test_surplus);
        g_test_add_func("/config/brace/deep", test_deep);
        return g_test_run();
}
