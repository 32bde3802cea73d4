/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The keyword tables as such, and each disposition. */

#include "service/config/parser.h"
#include "tests/unit/config/expect.h"

static void test_tables(void) {
        /* Each table is sorted (it is searched by halves), fits the arrays beside it, and its rows are
         * whole. */
        for (const KeywordTable *const *t = keyword_tables; *t; t++) {
                g_assert_cmpuint((*t)->n, <=, KEYWORDS_MAX);
                for (size_t i = 0; i < (*t)->n; i++) {
                        const Keyword *k = &(*t)->rows[i];
                        bool needs_text = k->disposition == KEYWORD_SKIPPED ||
                                          k->disposition == KEYWORD_MISSING ||
                                          k->disposition == KEYWORD_REFUSED;

                        if (i > 0)
                                g_assert_cmpstr((*t)->rows[i - 1].name, <, k->name);
                        g_assert_true(keyword_find(*t, k->name) == k);
                        g_assert_true((k->parse != NULL) == (k->disposition == KEYWORD_IMPLEMENTED));
                        g_assert_true(!needs_text || k->text);
                        g_assert_cmpint(k->low, <=, k->high);
                }
        }
}

static void test_every_keyword(void) {
        /* No keyword of any table is "unknown" in its block, whatever else is wrong with it standing alone.
         */
        static const struct {
                const KeywordTable *table;
                const char *begin, *end;
        } blocks[] = {
                        {&keyword_root, "", "\n"},
                        {&keyword_global, "global_defs {\n", "\n}\n"},
                        {&keyword_instance, INSTANCE_BEGIN, "\n}\n"},
                        {&keyword_authentication, INSTANCE_BEGIN "authentication {\n", "\n}\n}\n"},
                        {&keyword_auth_hmac, INSTANCE_BEGIN "auth_hmac {\n", "\n}\n}\n"},
                        {&keyword_script, "vrrp_script s {\n", "\n}\n"},
                        {&keyword_tracked_file, "track_file f {\n", "\n}\n"},
                        {&keyword_garp_group, "garp_group {\n", "\n}\n"},
                        {&keyword_tracked_process, "vrrp_track_process p {\n", "\n}\n"},
        };

        for (size_t b = 0; b < G_N_ELEMENTS(blocks); b++)
                for (size_t i = 0; i < blocks[b].table->n; i++) {
                        g_autofree char *text = g_strconcat(
                                        blocks[b].begin, blocks[b].table->rows[i].name, blocks[b].end, NULL);
                        ConfigMessages m = {};
                        Config *c = NULL;

                        config_load_buffer("t", text, strlen(text), "me", &m, &c);
                        for (size_t j = 0; j < m.n; j++)
                                g_assert_null(strstr(m.items[j].text, "unknown keyword"));
                        config_messages_clear(&m);
                        config_free(c);
                }
}

static void test_missing_values(void) {
        /* A keyword that needs a value and has none is an error, for each of them. */
        for (size_t i = 0; i < keyword_instance.n; i++) {
                const Keyword *k = &keyword_instance.rows[i];
                g_autofree char *message = NULL;

                if (k->disposition != KEYWORD_IMPLEMENTED || k->min_words == 0)
                        continue;
                message = g_strdup_printf("8:1: error: '%s' needs a value\n", k->name);
                expect_instance(k->name, message);
        }
}

static void test_suggest(void) {
        /* Near misses are found, also a part of a keyword; what is far from all of them is not guessed at.
         */
        g_assert_cmpstr(keyword_suggest(&keyword_instance, "prioritty"), ==, "priority");
        g_assert_cmpstr(keyword_suggest(&keyword_instance, "prioirty"), ==, "priority");
        g_assert_cmpstr(keyword_suggest(&keyword_instance, "virtual_routerid"), ==, "virtual_router_id");
        g_assert_cmpstr(keyword_suggest(&keyword_global, "script_security"), ==, "enable_script_security");
        g_assert_null(keyword_suggest(&keyword_instance, "x"));
        g_assert_null(keyword_suggest(&keyword_instance, ""));
        g_assert_null(keyword_suggest(
                        &keyword_instance, "something_else_entirely_that_is_longer_than_any_keyword_is"));
        g_assert_cmpuint(keyword_distance("ab", "ba"), ==, 1);
        g_assert_cmpuint(keyword_distance("abc", "abc"), ==, 0);
        g_assert_cmpuint(keyword_distance("abcdefgh", "abcdxxxx"), ==, SIZE_MAX);
        g_assert_true(keyword_elsewhere(&keyword_instance, "interval") == &keyword_script);
        g_assert_null(keyword_elsewhere(&keyword_instance, "nosuch"));
}

static void test_skipped(void) {
        /* What is outside VRRP is skipped with its block and all that is in it: one warning. */
        expect("virtual_server 192.0.2.1 80 {\n  real_server 192.0.2.2 80 {\n HTTP_GET { url { path \"/{\" "
               "} }\n misc ${X} don't \"open }\n }\n}\nfoo\n",
                        "1:1: warning: 'virtual_server' is ignored: vrrpd does no load balancing\n"
                        "7:1: error: unknown keyword 'foo'\n");
        expect_instance("notify_master '/bin/x { y' # {\npriority 1000",
                        "8:1: warning: 'notify_master' is ignored: vrrpd runs no notify scripts; use "
                        "'vrrpctl monitor "
                        "--exec=COMMAND' or the D-Bus signals StateChanged and TransitionFinished\n"
                        "9:10: error: priority must be a whole number from 1 to 255, not '1000'\n");
        expect_instance("notify_master \"/bin/x { # \" root\nsmtp_alert\nlvs_sync_daemon_interface {\nb\n}",
                        "8:1: warning: 'notify_master' is ignored: vrrpd runs no notify scripts; use "
                        "'vrrpctl monitor "
                        "--exec=COMMAND' or the D-Bus signals StateChanged and TransitionFinished\n"
                        "9:1: warning: 'smtp_alert' is ignored: vrrpd sends no mail; let 'vrrpctl monitor "
                        "--exec=COMMAND' do it\n"
                        "10:1: warning: 'lvs_sync_daemon_interface' is ignored: vrrpd does no load "
                        "balancing\n");
}

static void test_unsupported(void) {
        /* Not supported: a warning where nobody is harmed, else an error that says what would be lost. */
        expect_instance("use_ipvlan x",
                        "8:1: error: 'use_ipvlan' is refused: an ipvlan has the interface's own MAC "
                        "address, and so have the addresses without it: remove the line; for a virtual MAC "
                        "address take use_vmac\n");
        expect("net_namespace x\n",
                        "1:1: error: 'net_namespace' is refused: start vrrpd inside the namespace instead "
                        "(NetworkNamespacePath= in its unit, or ip netns exec)\n");
}

static void test_bfd(void) {
        /* A BFD session is skipped, but who depends on one is told that it cannot: it would be master where
         * it was in fault with keepalived. */
        expect("bfd_instance b {\nneighbor_ip 192.0.2.1\n}\n",
                        "1:1: warning: 'bfd_instance' is ignored: vrrpd does not speak BFD\n");
        expect_instance("track_bfd {\nb weight 5\n}",
                        "8:1: error: 'track_bfd' is refused: vrrpd does not speak BFD, and without the "
                        "session another router would be master than with keepalived: remove it, or have "
                        "your BFD daemon write its state into a track_file\n");
}

static void test_misplaced(void) {
        /* What comes from other languages, from web pages and from ifconfig has a word of its own. */
        expect("// x\n/* y */\n", "1:1: error: a comment begins with '#' or '!'\n"
                                  "2:1: error: a comment begins with '#' or '!'\n");
        expect_instance("\xC2\xA0priority 5",
                        "8:1: error: an invisible character (a no-break or wide space, as copied from a "
                        "web page) stands in this word: write plain spaces\n");
        expect_instance("virtual_ipaddress_excluded {\n192.0.2.9 dev eth0:1\n}",
                        "9:15: error: 'eth0:1' is no interface but a label: write 'eth0' here, and 'label "
                        "eth0:1' behind "
                        "the address if it shall have one\n");
        expect_instance("unicast_src_ip 192.0.2.7/24\nunicast_peer {\n192.0.2.8/24\n}",
                        "8:16: warning: the prefix length of '192.0.2.7/24' means nothing here; ignored\n"
                        "10:1: warning: the prefix length of '192.0.2.8/24' means nothing here; ignored\n");
}

static void test_outside_of_group(void) {
        /* Members that stand in the group itself are left out, as in keepalived; a misspelt keyword is an
         * error. */
        expect("vrrp_sync_group G {\nA\nsmtp_alrt\nB c\n}\n",
                        "1:17: warning: vrrp_sync_group 'G' has no members; ignored\n"
                        "2:1: warning: 'A' stands outside of 'group { }': ignored, as keepalived does\n"
                        "3:1: error: unknown keyword 'smtp_alrt' in vrrp_sync_group; did you mean "
                        "'smtp_alert'?\n"
                        "4:1: error: unknown keyword 'B' in vrrp_sync_group\n");
}

static void test_implied(void) {
        /* What vrrpd does anyway is accepted without a word, unless it has one that means nothing. */
        expect("global_defs {\ndynamic_interfaces foo\n}\n",
                        "2:20: warning: 'foo' is no value of dynamic_interfaces: ignored, as keepalived "
                        "does\n");
        expect_instance("skip_check_adv_addr maybe",
                        "8:21: warning: 'maybe' is no value of skip_check_adv_addr: ignored, as keepalived "
                        "does\n");
        expect_instance("accept\ncheck_unicast_src\nskip_check_adv_addr on\nunicast_fault_no_peer\npreempt",
                        "");
        expect("global_defs {\ndynamic_interfaces allow_if_changes\nreload_check_config "
               "/x\nvrrp_check_unicast_src\n}\n",
                        "");
}

static void test_include_check(void) {
        /* Its words, with and without a sign. */
        expect("global_defs {\ninclude_check\ninclude_check readable match\ninclude_check +brace_match "
               "-wildcard_match\n}\n",
                        "");
        expect("global_defs {\ninclude_check writable\n}\n",
                        "2:15: error: include_check knows readable, match, wildcard_match and brace_match, "
                        "not 'writable'\n");
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/config/keyword/tables", test_tables);
        g_test_add_func("/config/keyword/every", test_every_keyword);
        g_test_add_func("/config/keyword/missing-values", test_missing_values);
        g_test_add_func("/config/keyword/suggest", test_suggest);
        g_test_add_func("/config/keyword/skipped", test_skipped);
        g_test_add_func("/config/keyword/unsupported", test_unsupported);
        g_test_add_func("/config/keyword/outside-of-group", test_outside_of_group);
        g_test_add_func("/config/keyword/misplaced", test_misplaced);
        g_test_add_func("/config/keyword/bfd", test_bfd);
        g_test_add_func("/config/keyword/implied", test_implied);
        g_test_add_func("/config/keyword/include-check", test_include_check);
        return g_test_run();
}
