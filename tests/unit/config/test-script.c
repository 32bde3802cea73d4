/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* vrrp_script: its values, what is wrong with them, and the digest that the script runner compares. */

#include "tests/unit/config/expect.h"

static void test_values(void) {
        /* Every keyword ends up in its member; a script of nothing but its command has the documented
         * defaults. */
        Config *c = expect_load("vrrp_script a {\nscript /bin/a\n}\n"
                                "vrrp_script b {\nscript \"/bin/b -x 'y z'\"\ninterval 2.5\ntimeout "
                                "1\nweight -20 reverse\n"
                                "rise 3\nfall 4\nuser nobody nogroup\ninit_fail\n}\n",
                        "");
        const ConfigScript *a = config_find_script(c, "a"), *b = config_find_script(c, "b");

        g_assert_cmpstr(a->command, ==, "/bin/a");
        g_assert_cmpuint(a->interval_usec, ==, USEC_PER_SEC);
        g_assert_cmpuint(a->timeout_usec, ==, USEC_PER_SEC);
        g_assert_cmpuint(a->rise, ==, 1);
        g_assert_cmpuint(a->fall, ==, 1);
        g_assert_cmpint(a->weight, ==, 0);
        g_assert_false(a->reverse || a->init_fail);
        g_assert_null(a->user);
        g_assert_cmpstr(b->command, ==, "/bin/b -x 'y z'");
        g_assert_cmpuint(b->interval_usec, ==, 2500 * USEC_PER_MSEC);
        g_assert_cmpuint(b->timeout_usec, ==, USEC_PER_SEC);
        g_assert_cmpuint(b->rise, ==, 3);
        g_assert_cmpuint(b->fall, ==, 4);
        g_assert_cmpint(b->weight, ==, -20);
        g_assert_true(b->reverse && b->init_fail);
        g_assert_cmpstr(b->user, ==, "nobody");
        g_assert_cmpstr(b->group, ==, "nogroup");
        g_assert_null(config_find_script(c, "c"));
        config_free(c);
}

static void test_weight(void) {
        /* An instance's entry without a weight has the script's, one with a weight its own; the script may
         * follow. */
        Config *c = expect_load(INSTANCE_BEGIN "track_script {\na\nb weight 3\nc weight 0\n}\n}\n"
                                               "vrrp_script a {\nscript x\nweight 7 reverse\n}\n"
                                               "vrrp_script b {\nscript x\nweight 7 reverse\n}\n"
                                               "vrrp_script c {\nscript x\nweight 7\n}\n",
                        "");
        const ConfigTrack *t = c->instances[0].tracks;

        g_assert_cmpint(t[0].weight, ==, 7);
        g_assert_true(t[0].reverse);
        g_assert_cmpint(t[1].weight, ==, 3);
        g_assert_false(t[1].reverse);
        g_assert_cmpint(t[2].weight, ==, 0);
        config_free(c);
}

static void test_wrong(void) {
        /* Wrong values, at their place. */
        expect("vrrp_script a {\nscript x\ninterval 0\ntimeout x\nweight 254\nrise 0\nfall -1\nintervall "
               "3\n}\n",
                        "3:10: error: interval must be seconds from 0.01 to 86400, not '0'\n"
                        "4:9: error: timeout must be seconds from 0.01 to 86400, not 'x'\n"
                        "5:8: error: weight must be a whole number from -253 to 253, not '254'\n"
                        "6:6: error: rise must be a whole number from 1 to 1000000, not '0'\n"
                        "7:6: error: fall must be a whole number from 1 to 1000000, not '-1'\n"
                        "8:1: error: unknown keyword 'intervall' in vrrp_script; did you mean "
                        "'interval'?\n");
        expect("vrrp_script a {\nscript\nweight 5 back\n}\n",
                        "1:13: warning: vrrp_script 'a' has no script; it is ignored\n"
                        "2:1: error: 'script' needs a value\n"
                        "3:10: error: 'reverse' or nothing expected behind the weight, not 'back'\n");
        expect("vrrp_script a {\nscript \" \"\n}\n", "2:8: error: the command is empty\n");
        expect("vrrp_script {\nscript x\n}\n", "1:1: error: 'vrrp_script' needs a name\n");
        expect("vrrp_script a {\nscript x\n}\nvrrp_script a {\nscript y\n}\n",
                        "4:13: error: vrrp_script 'a' is already defined on line 1\n");
}

static void test_bent(void) {
        /* What keepalived bends: arguments outside the quotes, a script without a command, one that is not
         * there. */
        Config *c = expect_load(
                        "vrrp_script a {\nscript /bin/a -x\n}\nvrrp_script check {\n}\n" INSTANCE_BEGIN
                        "track_script {\ncheck\nb\nac\na\n}\n}\n",
                        "2:15: warning: '-x' is one word too many: ignored, as keepalived does\n"
                        "4:13: warning: vrrp_script 'check' has no script; it is ignored\n"
                        "14:1: warning: script 'check' is not defined; it is not tracked\n"
                        "15:1: warning: script 'b' is not defined; it is not tracked\n"
                        "16:1: warning: script 'ac' is not defined; it is not tracked (did you mean "
                        "'a'?)\n");

        g_assert_cmpuint(c->n_scripts, ==, 1);
        g_assert_cmpuint(c->instances[0].n_tracks, ==, 1);
        g_assert_cmpstr(c->scripts[0].command, ==, "/bin/a");
        config_free(c);
        expect("vrrp_script a {\nscript x\ninterval 1\ntimeout 2\n}\n",
                        "1:13: warning: vrrp_script 'a' may run longer (timeout) than its interval; a run "
                        "that is due "
                        "meanwhile is left out\n");
}

static void assert_same_digest(const char *a, const char *b, bool same) {
        Config *x = expect_load(a, ""), *y = expect_load(b, "");
        char dx[CONFIG_SCRIPT_DIGEST_SIZE], dy[CONFIG_SCRIPT_DIGEST_SIZE];

        config_script_digest(x, &x->scripts[0], dx);
        config_script_digest(y, &y->scripts[0], dy);
        g_assert_cmpuint(strlen(dx), ==, 16);
        g_assert_true(streq(dx, dy) == same);
        config_free(x);
        config_free(y);
}

static void test_digest(void) {
        /* The digest covers command, user (the script's or the common one), group and timeout, and nothing
         * else. */
        static const char base[] = "vrrp_script a {\nscript /bin/a\n}\n";

        assert_same_digest(
                        base, "vrrp_script b {\nscript \"/bin/a\"\nrise 5\nweight 3\ninit_fail\n}\n", true);
        assert_same_digest(base, "vrrp_script a {\nscript /bin/b\n}\n", false);
        assert_same_digest(base, "vrrp_script a {\nscript /bin/a\ntimeout 0.5\n}\n", false);
        assert_same_digest(base, "vrrp_script a {\nscript /bin/a\nuser nobody\n}\n", false);
        assert_same_digest(base, "global_defs {\nscript_user nobody\n}\nvrrp_script a {\nscript /bin/a\n}\n",
                        false);
        assert_same_digest("vrrp_script a {\nscript /bin/a\nuser x y\n}\n",
                        "global_defs {\nscript_user x y\n}\nvrrp_script a {\nscript /bin/a\n}\n", true);
        assert_same_digest("vrrp_script a {\nscript /bin/a\nuser x y\n}\n",
                        "vrrp_script a {\nscript /bin/a\nuser xy\n}\n", false);
}

static void test_script_user(void) {
        /* script_user and its group; given twice, the last one counts. */
        Config *c = expect_load("global_defs {\nscript_user a\nscript_user b c\nenable_script_security\n}\n",
                        "3:1: warning: 'script_user' was already given on line 2; this one counts\n");

        g_assert_cmpstr(c->global.script_user, ==, "b");
        g_assert_cmpstr(c->global.script_group, ==, "c");
        g_assert_true(c->global.enable_script_security);
        config_free(c);
        c = expect_load("vrrp_script a {\nscript x\nuser a b\nuser c\n}\n",
                        "4:1: warning: 'user' was already given on line 3; this one counts\n");
        g_assert_cmpstr(c->scripts[0].user, ==, "c");
        g_assert_null(c->scripts[0].group);
        config_free(c);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/config/script/values", test_values);
        g_test_add_func("/config/script/weight", test_weight);
        g_test_add_func("/config/script/wrong", test_wrong);
        g_test_add_func("/config/script/bent", test_bent);
        g_test_add_func("/config/script/digest", test_digest);
        g_test_add_func("/config/script/user", test_script_user);
        return g_test_run();
}
