/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Each keyword of an instance: what is wrong with it is said at its place, in full; what keepalived bends is
 * bent. */

#include "tests/unit/config/expect.h"

static void test_unknown(void) {
        /* An unknown keyword is an error, with a suggestion where one is near and its place where it has
         * one. */
        expect_instance("prioritty 100", "8:1: error: unknown keyword 'prioritty' in vrrp_instance; did you "
                                         "mean 'priority'?\n");
        expect_instance("  frobnicate 100", "8:3: error: unknown keyword 'frobnicate' in vrrp_instance\n");
        expect_instance("interval 3", "8:1: error: unknown keyword 'interval' in vrrp_instance; it belongs "
                                      "in vrrp_script\n");
        expect_instance("virtual_ipaddres {\n1.2.3.4\n}",
                        "8:1: error: unknown keyword 'virtual_ipaddres' in vrrp_instance; did you mean "
                        "'virtual_ipaddress'?\n");
        expect_instance("unknown\n{\nblock {\n}\n}\npriority 0",
                        "8:1: error: unknown keyword 'unknown' in vrrp_instance\n"
                        "13:10: error: priority must be a whole number from 1 to 255, not '0'\n");
}

static void test_numbers(void) {
        /* A value out of its range, or no number at all, is an error at the value. */
        expect_instance("priority 300",
                        "8:10: error: priority must be a whole number from 1 to 255, not '300'\n");
        expect_instance("priority 0",
                        "8:10: error: priority must be a whole number from 1 to 255, not '0'\n");
        expect_instance("priority -1",
                        "8:10: error: priority must be a whole number from 1 to 255, not '-1'\n");
        expect_instance("priority 1e2",
                        "8:10: error: priority must be a whole number from 1 to 255, not '1e2'\n");
        expect_instance("priority 99999999999999999999", "8:10: error: priority must be a whole number from "
                                                         "1 to 255, not '99999999999999999999'\n");
        expect_instance("priority \"\"",
                        "8:10: error: priority must be a whole number from 1 to 255, not ''\n");
        expect_instance("unicast_ttl 256",
                        "8:13: error: unicast_ttl must be a whole number from 1 to 255, not '256'\n");
        expect_instance("down_timer_adverts 101",
                        "8:20: error: down_timer_adverts must be a whole number from 1 to 100, not '101'\n");
        expect_instance("garp_master_repeat 0", "8:20: warning: garp_master_repeat must be a whole number "
                                                "from 1 to 1000; 1 is used\n");
        expect_instance("garp_lower_prio_repeat 4000000000", "8:24: warning: garp_lower_prio_repeat must be "
                                                             "a whole number from 1 to 1000; 1000 is "
                                                             "used\n");
        expect_instance("garp_master_delay 1.5.1",
                        "8:19: error: garp_master_delay must be seconds from 0 to 86400, not '1.5.1'\n");
        expect_instance("advert_int 0",
                        "8:12: error: advert_int must be seconds from 0.01 to 255, not '0'\n");
        expect_instance("advert_int 256",
                        "8:12: error: advert_int must be seconds from 0.01 to 255, not '256'\n");
        expect_instance("preempt_delay 1000.1",
                        "8:15: error: preempt_delay must be seconds from 0 to 1000, not '1000.1'\n");
        expect_instance("lower_prio_no_advert maybe",
                        "8:22: error: lower_prio_no_advert must be on or off, not 'maybe'\n");
        expect_instance("version 4", "8:9: error: version must be 2 or 3, not '4'\n");
}

static void test_vrid(void) {
        /* The VRID must be there, and from 1 to 255; a wrong one is not called missing as well. */
        expect("vrrp_instance A {\n interface eth0\n virtual_router_id 0\n no_virtual_ipaddress\n}\n",
                        "3:20: error: virtual_router_id must be a whole number from 1 to 255, not '0'\n");
        expect("vrrp_instance A {\n interface eth0\n no_virtual_ipaddress\n}\n",
                        "1:15: error: vrrp_instance 'A' has no virtual_router_id\n");
}

static void test_interface(void) {
        /* An instance needs an interface, of a name that the kernel takes, unless it is unicast with a
         * source. */
        expect("vrrp_instance A {\n virtual_router_id 1\n no_virtual_ipaddress\n}\n",
                        "1:15: error: vrrp_instance 'A' has no interface (only one with unicast_peer and "
                        "unicast_src_ip can "
                        "do without)\n");
        expect("vrrp_instance A {\n interface eth0/1\n virtual_router_id 1\n no_virtual_ipaddress\n}\n",
                        "2:12: error: 'eth0/1' cannot be the name of an interface (at most 15 bytes)\n");
        expect("vrrp_instance A {\n interface abcdefghijklmnop\n virtual_router_id 1\n "
               "no_virtual_ipaddress\n}\n",
                        "2:12: error: 'abcdefghijklmnop' cannot be the name of an interface (at most 15 "
                        "bytes)\n");
        expect("vrrp_instance A {\n interface ${X}\n virtual_router_id 1\n no_virtual_ipaddress\n}\n",
                        "2:12: error: variable 'X' is not defined\n");
        expect("vrrp_instance A {\nvirtual_router_id 1\nunicast_src_ip 192.0.2.9\nunicast_peer "
               "{\n192.0.2.8\n}\n"
               "virtual_ipaddress {\n192.0.2.1\n}\n}\n",
                        "");
}

static void test_state(void) {
        /* state is MASTER or BACKUP, in capitals; what it cancels is told. */
        expect_instance("state PRIMARY", "8:7: error: state must be MASTER or BACKUP, not 'PRIMARY'\n");
        expect_instance("state master", "8:7: error: state must be MASTER or BACKUP, not 'master'; did you "
                                        "mean 'MASTER'?\n");
        expect_instance("state MASTER\npriority 200\nnopreempt",
                        "10:1: warning: nopreempt does not go with state MASTER; ignored\n");
        expect_instance("priority 255\nnopreempt",
                        "9:1: warning: nopreempt does not go with priority 255; ignored\n");
        expect_instance("state MASTER\npreempt_delay 5",
                        "9:1: warning: preempt_delay does not go with state MASTER; ignored\n");
        expect_instance("nopreempt",
                        "8:1: warning: nopreempt with the default priority, 100: where all routers have it, "
                        "the higher address decides after all; give each a priority of its own\n");
        expect_instance("nopreempt\npreempt_delay 5\npriority 100",
                        "9:1: warning: preempt_delay does not go with nopreempt; ignored\n");
}

static void test_interval(void) {
        /* Fractions are rounded in version 2, as in keepalived; in version 3 to what the packet holds. */
        static const struct {
                const char *lines, *messages;
                usec_t interval;
        } cases[] = {
                        {"advert_int 3", "", 3 * USEC_PER_SEC},
                        {"advert_int 1.7",
                                        "8:1: warning: VRRP version 2 has whole seconds between adverts; "
                                        "rounded to 2\n",
                                        2 * USEC_PER_SEC},
                        {"advert_int 0.1",
                                        "8:1: warning: VRRP version 2 has whole seconds between adverts; "
                                        "rounded to 1\n",
                                        USEC_PER_SEC},
                        {"version 3\nadvert_int 0.02", "", 2 * USEC_PER_CS},
                        {"version 3\nadvert_int 0.015",
                                        "9:1: warning: VRRP version 3 has 0.01 to 40.95 s between adverts, "
                                        "in steps of "
                                        "0.01; 0.02 is used\n",
                                        2 * USEC_PER_CS},
                        {"version 3\nadvert_int 50",
                                        "9:1: warning: VRRP version 3 has 0.01 to 40.95 s between adverts, "
                                        "in steps of "
                                        "0.01; 40.95 is used\n",
                                        4095 * USEC_PER_CS},
        };

        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
                Config *c = expect_instance_load(cases[i].lines, cases[i].messages);

                g_assert_cmpuint(c->instances[0].interval_usec, ==, cases[i].interval);
                config_free(c);
        }
}

static void test_authentication(void) {
        /* PASS is kept (cut to eight bytes), dropped in version 3; AH is refused; half of it is no
         * authentication. */
        Config *c;

        c = expect_instance_load("authentication {\nauth_type PASS\nauth_pass it's\n}", "");
        g_assert_cmpint(c->instances[0].auth, ==, ADVERT_AUTH_PASS);
        g_assert_cmpmem(c->instances[0].auth_data, 8, "it's\0\0\0\0", 8);
        config_free(c);
        c = expect_instance_load("authentication {\nauth_type PASS\nauth_pass 123456789\n}",
                        "10:11: warning: the password is longer than 8 bytes; only the first 8 are used\n");
        g_assert_cmpmem(c->instances[0].auth_data, 8, "12345678", 8);
        config_free(c);
        c = expect_instance_load("version 3\nauthentication {\nauth_type PASS\nauth_pass x\n}",
                        "10:1: warning: VRRP version 3 has no authentication; ignored\n");
        g_assert_cmpint(c->instances[0].auth, ==, ADVERT_AUTH_NONE);
        config_free(c);
        /* keepalived merges two blocks and ignores what follows a value on its line. */
        expect_instance("authentication {\nauth_type PASS\n}\nauthentication {\nauth_pass x\n}", "");
        expect_instance("authentication { auth_type PASS auth_pass x }",
                        "8:18: warning: auth_type without auth_pass: no authentication\n"
                        "8:33: warning: 'auth_pass' must begin a line of its own: ignored, as keepalived "
                        "does\n");
        expect_instance("authentication {\nauth_pass x\n}",
                        "9:1: warning: auth_pass without auth_type: no authentication\n");
        expect_instance("authentication {\nauth_type AH\nauth_pass x\n}",
                        "9:1: warning: auth_type AH is refused: RFC 3768 removed it from VRRP in 2004; the "
                        "instance "
                        "stays in fault until it is PASS, or nothing, on all routers of this VRID\n");
        expect_instance("authentication {\nauth_type PASS\nauth_pass my secret\n}",
                        "10:14: warning: what follows here is ignored, as keepalived does; a 'auth_pass' "
                        "with "
                        "blanks in it must be quoted\n");
        expect_instance("authentication {\nauth_type MD5\nauth_pass \"\"\n}",
                        "9:11: error: auth_type must be PASS\n"
                        "10:11: error: the password is empty\n");
}

static void test_words(void) {
        /* A missing value is an error; what is too much is ignored with a warning, as keepalived ignores it
         * silently. */
        expect_instance("priority", "8:1: error: 'priority' needs a value\n");
        expect_instance("priority 99\nnopreempt 1",
                        "9:11: warning: '1' is one word too many: ignored, as keepalived does\n");
        expect_instance("advert_int 1 priority 5", "8:14: warning: 'priority' must begin a line of its own: "
                                                   "ignored, as keepalived does\n");
        expect("vrrp_instance A B {\n}\n", "1:17: error: 'vrrp_instance' takes one name, not also 'B'\n");
        expect("vrrp_instance {\n}\n", "1:1: error: 'vrrp_instance' needs a name\n");
        expect("vrrp_instance A\n",
                        "1:1: error: 'vrrp_instance' must be followed by a block in '{' and '}'\n");
        expect_instance("nopreempt {\nfoo\n}",
                        "8:1: error: 'nopreempt' has no block: '{' is out of place\n");
        expect_instance("priority 5\npriority 6",
                        "9:1: warning: 'priority' was already given on line 8; this one counts\n");
}

static void test_tracks(void) {
        /* Weights have a range; what is tracked twice or undefined is dropped with a warning, as in
         * keepalived. */
        Config *c;

        expect_instance("track_interface {\neth1 weight 254\n}",
                        "9:13: error: weight must be a whole number from -253 to 253, not '254'\n");
        expect_instance("track_interface {\neth1 weight\n}", "9:6: error: 'weight' needs a value\n");
        expect_instance("track_interface {\neth1 weight 5 backwards\n}",
                        "9:15: error: 'reverse' or nothing expected behind the weight, not 'backwards'\n");
        expect_instance("track_interface {\neth1 weight 5 reverse now\n}",
                        "9:23: error: 'now' is one word too many (one entry a line)\n");
        expect_instance("track_interface {\neth1 eth2\n}",
                        "9:6: error: 'weight' expected behind 'eth1', not 'eth2' (one entry a line)\n");
        expect_instance("track_interface {\na/b\n}",
                        "9:1: error: 'a/b' cannot be the name of an interface (at most 15 bytes)\n");
        expect_instance("track_interface { eth1 {\n} }",
                        "8:19: error: '{' is out of place behind 'eth1' in the list of 'track_interface'\n");

        c = expect_instance_load(
                        "track_interface {\neth1\neth2 weight -5\neth1 weight 7\n}\ntrack_script { nosuch }",
                        "11:1: warning: 'eth1' is already tracked on line 9; ignored\n"
                        "13:16: warning: script 'nosuch' is not defined; it is not tracked\n");
        g_assert_cmpuint(c->instances[0].n_tracks, ==, 2);
        g_assert_cmpstr(c->instances[0].tracks[1].name, ==, "eth2");
        g_assert_cmpint(c->instances[0].tracks[1].weight, ==, -5);
        config_free(c);
}

static void test_same_name(void) {
        /* One defined twice is one mistake, not one for each of its addresses as well. */
        expect(INSTANCE_BEGIN "}\n" INSTANCE_BEGIN "}\n",
                        "9:15: error: vrrp_instance 'VI_1' is already defined on line 1\n");
}

static void test_strict(void) {
        /* vrrp_strict only says what the RFC would not have, and leaves out authentication, as keepalived
         * does. */
        expect("global_defs {\nvrrp_strict\n}\n" INSTANCE_BEGIN
               "accept\nstate MASTER\npriority 100\npreempt_delay 0\nauthentication {\nauth_type "
               "PASS\nauth_pass "
               "x\n}\n"
               "unicast_peer {\n192.0.2.9\n}\n}\n",
                        "12:1: warning: strict: state MASTER belongs to priority 255 and only to it\n"
                        "16:1: warning: strict: RFC 3768 has no authentication; ignored, as in keepalived\n"
                        "19:1: warning: strict: the RFC has no unicast peers\n");
        expect("vrrp_instance A {\ninterface eth0\nvirtual_router_id 1\nstrict_mode\npreempt_delay "
               "3\nvirtual_ipaddress {\n"
               "2001:db8::1\n}\n}\n",
                        "1:15: warning: strict: the RFC's default is to drop what is sent to the "
                        "addresses; vrrpd does so only with no_accept\n"
                        "5:1: warning: strict: the RFC has no preempt_delay\n"
                        "7:1: warning: IPv6 needs VRRP version 3; used instead of the default, version 2 "
                        "('version 3' says that it is meant)\n"
                        "7:1: warning: strict: the first IPv6 address must be link-local\n");
        expect("global_defs {\nvrrp_strict\n}\n" INSTANCE_BEGIN "strict_mode off\npreempt_delay 3\n}\n", "");
}

static void test_names(void) {
        /* A name may have 255 bytes, not more, and not none; what commands a terminal is no part of it. The
         * block of what has no name is not read. */
        g_autofree char *name = g_strnfill(256, 'n');
        g_autofree char *instance =
                        g_strdup_printf("vrrp_instance %s {\ninterface eth0\nvirtual_router_id 1\n"
                                        "no_virtual_ipaddress\n}\n",
                                        name);
        g_autofree char *script = g_strdup_printf("vrrp_script %s {\nscript x\n}\n", name);

        expect(instance, "1:15: error: the name is longer than 255 bytes\n");
        expect(script, "1:13: error: the name is longer than 255 bytes\n");
        expect("vrrp_instance \"\" {\nnonsense\n}\n",
                        "1:15: error: 'vrrp_instance' needs a name, and this one is empty\n");
        expect("vrrp_sync_group \"\" {\n}\n",
                        "1:17: error: 'vrrp_sync_group' needs a name, and this one is empty\n");
        expect("track_file \"\" {\n}\n", "1:12: error: 'track_file' needs a name, and this one is empty\n");
        expect("vrrp_script a\x1B[2J {\n}\n",
                        "1:13: error: the name has a control character (0x1B) in it\n");
}

#define SECOND(name, interface, address, more)                                                            \
        INSTANCE_BEGIN "}\nvrrp_instance " name                                                           \
                       " {\ninterface " interface "\nvirtual_router_id 51\nvirtual_ipaddress {\n" address \
                       "\n}\n" more "\n}\n"

static void test_duplicates(void) {
        /* A name, and a VRID on one interface, can be given once; the second says where the first is. */
        expect(SECOND("VI_1", "eth1", "192.0.2.2", ""),
                        "9:15: error: vrrp_instance 'VI_1' is already defined on line 1\n");
        /* A block that stands there twice is one mistake, not two. */
        expect(SECOND("VI_1", "eth0", "192.0.2.2", ""),
                        "9:15: error: vrrp_instance 'VI_1' is already defined on line 1\n");
        expect(SECOND("VI_2", "eth0", "192.0.2.2", ""),
                        "9:15: error: vrrp_instance 'VI_2' has virtual_router_id 51 for IPv4 on interface "
                        "eth0; so has "
                        "vrrp_instance 'VI_1' on line 1\n");
        /* Another interface, another family, or unicast beside multicast: other virtual routers. */
        expect(SECOND("VI_2", "eth1", "192.0.2.2", ""), "");
        expect(SECOND("VI_2", "eth0", "2001:db8::1", "version 3"), "");
        expect(SECOND("VI_2", "eth0", "192.0.2.2", "unicast_peer {\n192.0.2.9\n}"), "");
}

#define UNICAST(name, address, peer)                                                                   \
        "vrrp_instance " name " {\ninterface eth0\nvirtual_router_id 51\nvirtual_ipaddress { " address \
        " }\nunicast_peer { " peer " }\n}\n"

static void test_duplicate_unicast(void) {
        /* As in keepalived, unicast instances may share a VRID as long as no peer is in two of them. */
        expect(UNICAST("A", "192.0.2.1", "192.0.2.8") UNICAST("B", "192.0.2.2", "192.0.2.9"), "");
        expect(UNICAST("A", "192.0.2.1", "192.0.2.8") UNICAST("B", "192.0.2.2", "192.0.2.9")
                                        UNICAST("C", "192.0.2.3", "192.0.2.8"),
                        "13:15: error: vrrp_instance 'C' has virtual_router_id 51 for IPv4 on interface "
                        "eth0; so has "
                        "vrrp_instance 'A' on line 1\n");
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/config/instance/same-name", test_same_name);
        g_test_add_func("/config/instance/unknown", test_unknown);
        g_test_add_func("/config/instance/numbers", test_numbers);
        g_test_add_func("/config/instance/vrid", test_vrid);
        g_test_add_func("/config/instance/interface", test_interface);
        g_test_add_func("/config/instance/state", test_state);
        g_test_add_func("/config/instance/interval", test_interval);
        g_test_add_func("/config/instance/authentication", test_authentication);
        g_test_add_func("/config/instance/words", test_words);
        g_test_add_func("/config/instance/tracks", test_tracks);
        g_test_add_func("/config/instance/strict", test_strict);
        g_test_add_func("/config/instance/names", test_names);
        g_test_add_func("/config/instance/duplicates", test_duplicates);
        g_test_add_func("/config/instance/duplicate-unicast", test_duplicate_unicast);
        return g_test_run();
}
