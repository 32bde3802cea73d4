/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* vrrp_sync_group: its members, what it tracks, what becomes of weights, what is bent and what is wrong. */

#include "service/config/diff.h"
#include "tests/unit/config/expect.h"

#define INSTANCE(name, vrid, rest)                                          \
        "vrrp_instance " name " {\ninterface eth0\nvirtual_router_id " vrid \
        "\nvirtual_ipaddress {\n192.0.2." vrid "\n}\n" rest "}\n"
/* 14 lines, so that a group begins on line 15. */
#define TWO INSTANCE("VI_1", "1", "") INSTANCE("VI_2", "2", "")
#define SCRIPT "vrrp_script s {\nscript /bin/true\nweight 10\n}\n"

static void test_members(void) {
        /* One name a line or several, in one list or two, on the line of the brace, before the instances are
         * defined: always the same group, whose members know it. */
        static const char *const texts[] = {
                        TWO "vrrp_sync_group G {\ngroup {\nVI_1\nVI_2\n}\n}\n",
                        TWO "vrrp_sync_group G {\ngroup {\nVI_1 VI_2\n}\n}\n",
                        TWO "vrrp_sync_group G { group { VI_1 VI_2 } }\n",
                        "vrrp_sync_group G\n{\ngroup\n{\nVI_1\n}\ngroup {\nVI_2\n}\n}\n" TWO,
        };

        for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
                Config *c = expect_load(texts[i], "");
                const ConfigGroup *g = &c->groups[0];

                g_assert_cmpuint(c->n_groups, ==, 1);
                g_assert_cmpstr(g->name, ==, "G");
                g_assert_cmpuint(g->n_members, ==, 2);
                g_assert_cmpstr(g->members[0].name, ==, "VI_1");
                g_assert_cmpstr(g->members[1].name, ==, "VI_2");
                g_assert_cmpuint(g->n_tracks, ==, 0);
                g_assert_false(g->tracking_weight);
                g_assert_true(config_find_instance(c, "VI_1")->group == g);
                g_assert_true(config_find_instance(c, "VI_2")->group == g);
                config_free(c);
        }
}

static void test_tracks(void) {
        /* What the group tracks has its weight, also that of the script; what a member tracks with a weight
         * is left out, unless the group lets it count. */
        Config *c = expect_load(SCRIPT TWO
                        "vrrp_sync_group G {\ngroup {\nVI_1\nVI_2\n}\n"
                        "track_script {\ns\n}\ntrack_interface {\neth1 weight -5\neth2\n}\n}\n",
                        "");
        const ConfigGroup *g = &c->groups[0];

        g_assert_cmpuint(g->n_tracks, ==, 3);
        g_assert_cmpint(g->tracks[0].weight, ==, 10);
        g_assert_cmpint(g->tracks[1].weight, ==, -5);
        g_assert_cmpint(g->tracks[2].weight, ==, 0);
        config_free(c);

        c = expect_load(SCRIPT INSTANCE("VI_1", "1",
                                        "track_script {\ns\n}\ntrack_interface {\neth1\neth2 weight 3\n}\n")
                                        INSTANCE("VI_2", "2", "") "vrrp_sync_group G {\ngroup "
                                                                  "{\nVI_1\nVI_2\n}\n}\n",
                        "12:1: warning: 's' has a weight, which counts in a sync group only with "
                        "sync_group_tracking_weight; it is not tracked (track it in the group, or with "
                        "weight 0)\n"
                        "16:1: warning: 'eth2' has a weight, which counts in a sync group only with "
                        "sync_group_tracking_weight; it is not tracked (track it in the group, or with "
                        "weight "
                        "0)\n");
        g_assert_cmpuint(config_find_instance(c, "VI_1")->n_tracks, ==, 1);
        g_assert_cmpstr(config_find_instance(c, "VI_1")->tracks[0].name, ==, "eth1");
        config_free(c);

        c = expect_load(SCRIPT INSTANCE("VI_1", "1", "track_script {\ns\n}\n") INSTANCE(
                                        "VI_2", "2", "") "vrrp_sync_group G {\ngroup {\nVI_1\nVI_2\n}\n"
                                                         "sync_group_tracking_weight\n}\n",
                        "");
        g_assert_true(c->groups[0].tracking_weight);
        g_assert_cmpint(config_find_instance(c, "VI_1")->tracks[0].weight, ==, 10);
        config_free(c);

        config_free(expect_load(INSTANCE("VI_1", "1", "track_interface {\neth1\n}\n") INSTANCE("VI_2", "2",
                                                "") "vrrp_sync_group G {\ngroup {\nVI_1\nVI_2\n}\n"
                                                    "track_interface {\neth1\n}\n}\n",
                        "8:1: warning: 'eth1' is tracked by its sync group already; ignored here\n"));
}

static void test_bent(void) {
        /* Where keepalived bends, so do we, with a word about it: the rest of the file runs. */
        Config *c;

        c = expect_load(TWO "vrrp_sync_group G {\ngroup {\nVI_1\nVI_3\nfoo\n}\n}\n",
                        "15:17: warning: vrrp_sync_group 'G' has only one member: nothing moves with it\n"
                        "18:1: warning: vrrp_instance 'VI_3' is not defined; 'G' goes without it (did you "
                        "mean "
                        "'VI_1'?)\n"
                        "19:1: warning: vrrp_instance 'foo' is not defined; 'G' goes without it\n");
        g_assert_cmpuint(c->groups[0].n_members, ==, 1);
        g_assert_null(config_find_instance(c, "VI_2")->group);
        config_free(c);

        c = expect_load(TWO "vrrp_sync_group G {\ngroup {\nVI_1\nVI_2\nVI_1\n}\n}\n"
                            "vrrp_sync_group H {\ngroup {\nVI_2\n}\n}\n",
                        "19:1: warning: 'VI_1' is already in this group; ignored\n"
                        "22:17: warning: vrrp_sync_group 'H' has no members; ignored\n"
                        "24:1: warning: 'VI_2' is already in vrrp_sync_group 'G', and cannot be in two; "
                        "ignored "
                        "here\n");
        g_assert_cmpuint(c->n_groups, ==, 1);
        g_assert_cmpuint(c->groups[0].n_members, ==, 2);
        config_free(c);

        c = expect_load(TWO "vrrp_sync_group E {\n}\nvrrp_sync_group G {\ngroup {\nVI_1\nVI_2\n}\n}\n"
                            "vrrp_sync_group G {\ngroup {\nVI_2\n}\n}\n",
                        "15:17: warning: vrrp_sync_group 'E' has no members; ignored\n"
                        "23:17: warning: vrrp_sync_group 'G' is already defined on line 17; ignored\n");
        g_assert_cmpuint(c->n_groups, ==, 1);
        g_assert_true(config_find_instance(c, "VI_2")->group == &c->groups[0]);
        config_free(c);
}

static void test_priorities(void) {
        /* Members of different priorities are warned of, once a group; an owner differs from the others,
         * too. */
        config_free(expect_load(INSTANCE("VI_1", "1", "priority 90\n") INSTANCE("VI_2", "2", "") INSTANCE(
                                                "VI_3", "3", "priority 255\n") "vrrp_sync_group G {\ngroup "
                                                                               "{\nVI_1\nVI_2\nVI_3\n}\n}\n",
                        "27:1: warning: 'VI_2' has priority 100 and 'VI_1' 90: members of a sync group "
                        "should have "
                        "the same, as a host that is better for some and worse for others keeps another "
                        "from being "
                        "master and cannot be it itself\n"));
        config_free(expect_load(
                        INSTANCE("VI_1", "1", "priority 90\n") INSTANCE("VI_2", "2",
                                        "priority 90\n") "vrrp_sync_group G {\ngroup {\nVI_1\nVI_2\n}\n}\n",
                        ""));
}

static void test_skipped(void) {
        /* Hooks and mail are skipped, each with its warning, and what they name is not looked at. */
        config_free(expect_load(TWO "vrrp_sync_group G {\ngroup {\nVI_1\nVI_2\n}\nsmtp_alert\n"
                                    "global_tracking\n}\n",
                        "20:1: warning: 'smtp_alert' is ignored: vrrpd sends no mail; let 'vrrpctl monitor "
                        "--exec=COMMAND' do it\n"
                        "21:1: warning: 'global_tracking' is ignored: it is deprecated: put "
                        "track_interface, "
                        "track_script... into the sync group\n"));
}

static void test_wrong(void) {
        /* What has no meaning is an error at its place, with a suggestion where one is near. */
        expect("vrrp_sync_group {\n}\n", "1:1: error: 'vrrp_sync_group' needs a name\n");
        expect(TWO "vrrp_sync_group G {\ngroup {\nVI_1\nVI_2\n}\ntrack_skript {\n}\npriority 5\n}\n",
                        "20:1: error: unknown keyword 'track_skript' in vrrp_sync_group; did you mean "
                        "'track_script'?\n"
                        "22:1: error: unknown keyword 'priority' in vrrp_sync_group; it belongs in "
                        "vrrp_instance\n");
        expect(TWO "vrrp_sync_group G {\ngroup {\nVI_1\nVI_2\n}\ntrack_script {\nx\n}\n}\n",
                        "21:1: warning: script 'x' is not defined; it is not tracked\n");
}

static ConfigChange change(const char *before, const char *after, const char *name) {
        _cleanup_(config_freep) Config *a = expect_load(before, ""), *b = expect_load(after, "");

        return config_diff_instance(config_find_instance(a, name), config_find_instance(b, name));
}

static void test_diff(void) {
        /* A reload touches a member when its group, or what the group tracks, is another; not when others
         * come or go, and the state is always kept. */
        static const char two[] = TWO "vrrp_sync_group G {\ngroup {\nVI_1\nVI_2\n}\n}\n",
                          tracks[] = TWO "vrrp_sync_group G {\ngroup {\nVI_1\nVI_2\n}\ntrack_interface "
                                         "{\neth1\n}\n}\n",
                          renamed[] = TWO "vrrp_sync_group H {\ngroup {\nVI_1\nVI_2\n}\n}\n",
                          three[] = TWO INSTANCE("VI_3", "3", "") "vrrp_sync_group G {\ngroup {\nVI_1 VI_3 "
                                                                  "VI_2\n}\n}\n";

        g_assert_cmpint(change(two, two, "VI_1"), ==, CONFIG_UNCHANGED);
        g_assert_cmpint(change(two, three, "VI_1"), ==, CONFIG_UNCHANGED);
        g_assert_cmpint(change(two, TWO, "VI_1"), ==, CONFIG_CHANGED);
        g_assert_cmpint(change(TWO, two, "VI_2"), ==, CONFIG_CHANGED);
        g_assert_cmpint(change(two, renamed, "VI_2"), ==, CONFIG_CHANGED);
        g_assert_cmpint(change(two, tracks, "VI_2"), ==, CONFIG_CHANGED);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/config/group/members", test_members);
        g_test_add_func("/config/group/tracks", test_tracks);
        g_test_add_func("/config/group/bent", test_bent);
        g_test_add_func("/config/group/priorities", test_priorities);
        g_test_add_func("/config/group/skipped", test_skipped);
        g_test_add_func("/config/group/wrong", test_wrong);
        g_test_add_func("/config/group/diff", test_diff);
        return g_test_run();
}
