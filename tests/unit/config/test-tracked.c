/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* track_file and vrrp_track_process: their values, what is wrong with them, who tracks them. */

#include "tests/unit/config/expect.h"

static void test_file(void) {
        /* Every keyword ends up in its member; a file of nothing but its path has the documented defaults.
         */
        Config *c = expect_load("track_file a {\nfile /run/a\n}\n"
                                "vrrp_track_file b {\nfile \"/run/b c\"\nweight -2000 reverse\n"
                                "init_file -7 overwrite\n}\n"
                                "track_file c {\nfile /run/c\ninit_file\n}\n"
                                "track_file d {\nfile /run/d\ninit_file overwrite\n}\n",
                        "4:1: warning: 'vrrp_track_file' is deprecated: write 'track_file'\n");
        const ConfigTrackedFile *a = config_find_tracked_file(c, "a"), *b = config_find_tracked_file(c, "b"),
                                *d = config_find_tracked_file(c, "d");

        g_assert_cmpstr(a->path, ==, "/run/a");
        g_assert_cmpint(a->weight, ==, 1);
        g_assert_false(a->reverse || a->init || a->init_overwrite);
        g_assert_cmpstr(b->path, ==, "/run/b c");
        g_assert_cmpint(b->weight, ==, -2000);
        g_assert_true(b->reverse && b->init && b->init_overwrite);
        g_assert_cmpint(b->init_value, ==, -7);
        g_assert_true(config_find_tracked_file(c, "c")->init);
        g_assert_true(d->init && d->init_overwrite);
        g_assert_cmpint(d->init_value, ==, 0);
        g_assert_null(config_find_tracked_file(c, "e"));
        config_free(c);
}

static void test_process(void) {
        /* The same of a process; what is compared follows from parameters, param_match and full_command. */
        static const struct {
                const char *lines;
                ConfigProcessMatch match;
        } cases[] = {
                        {"process nginx", CONFIG_MATCH_NAME},
                        {"process nginx\nfull_command", CONFIG_MATCH_COMMAND},
                        {"process nginx -g", CONFIG_MATCH_EXACT},
                        {"process nginx -g\nparam_match", CONFIG_MATCH_EXACT},
                        {"process nginx -g\nparam_match partial", CONFIG_MATCH_PARTIAL},
                        {"param_match initial\nprocess nginx -g", CONFIG_MATCH_INITIAL},
                        {"process nginx\nparam_match partial", CONFIG_MATCH_EXACT},
        };
        const ConfigProcess *p;
        Config *c;

        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autofree char *text =
                                g_strconcat("vrrp_track_process p {\n", cases[i].lines, "\n}\n", NULL);

                c = expect_load(text, "");
                p = config_find_process(c, "p");
                g_assert_cmpint(p->match, ==, cases[i].match);
                g_assert_cmpint(p->weight, ==, 0);
                g_assert_cmpuint(p->quorum, ==, 1);
                g_assert_cmpuint(p->quorum_max, ==, CONFIG_QUORUM_MAX_NONE);
                g_assert_cmpuint(p->fork_delay_usec + p->terminate_delay_usec, ==, 0);
                config_free(c);
        }

        c = expect_load("vrrp_track_process p {\nprocess \"/opt/a b\" x \"y z\"\nweight -254 reverse\n"
                        "quorum 2\nquorum_max 3\ndelay 0.5\nterminate_delay 2\n}\n",
                        "");
        p = config_find_process(c, "p");
        g_assert_cmpstr(p->command[0], ==, "/opt/a b");
        g_assert_cmpstr(p->command[1], ==, "x");
        g_assert_cmpstr(p->command[2], ==, "y z");
        g_assert_null(p->command[3]);
        g_assert_cmpint(p->weight, ==, -254);
        g_assert_true(p->reverse);
        g_assert_cmpuint(p->quorum, ==, 2);
        g_assert_cmpuint(p->quorum_max, ==, 3);
        g_assert_cmpuint(p->fork_delay_usec, ==, 500 * USEC_PER_MSEC);
        g_assert_cmpuint(p->terminate_delay_usec, ==, 2 * USEC_PER_SEC);
        config_free(c);
}

static void test_quorum(void) {
        /* A quorum_max of 0 asks for none at all; of two that contradict each other the later is ignored. */
        static const struct {
                const char *lines, *message;
                unsigned quorum, quorum_max;
        } cases[] = {
                        {"quorum_max 0", "", 0, 0},
                        {"quorum 1\nquorum_max 0", "", 0, 0},
                        {"quorum 4", "", 4, CONFIG_QUORUM_MAX_NONE},
                        {"quorum 4\nquorum_max 2",
                                        "4:1: warning: quorum_max 2 is less than quorum 4; ignored\n", 4,
                                        CONFIG_QUORUM_MAX_NONE},
                        {"quorum_max 2\nquorum 4",
                                        "4:1: warning: quorum 4 is more than quorum_max 2; ignored\n", 1, 2},
        };

        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autofree char *text = g_strconcat(
                                "vrrp_track_process p {\nprocess a\n", cases[i].lines, "\n}\n", NULL);
                Config *c = expect_load(text, cases[i].message);

                g_assert_cmpuint(c->processes[0].quorum, ==, cases[i].quorum);
                g_assert_cmpuint(c->processes[0].quorum_max, ==, cases[i].quorum_max);
                config_free(c);
        }
}

static void test_tracks(void) {
        /* An instance's entry without a weight has that of the file or process, one with a weight its own.
         */
        Config *c = expect_load(INSTANCE_BEGIN "track_file {\nf\ng weight 254 reverse\n}\n"
                                               "track_process {\np\nq weight -254\n}\n}\n"
                                               "track_file f {\nfile /f\nweight 3 reverse\n}\n"
                                               "track_file g {\nfile /g\n}\n"
                                               "vrrp_track_process p {\nprocess a\nweight 4\n}\n"
                                               "vrrp_track_process q {\nprocess a\n}\n",
                        "");
        const ConfigTrack *t = c->instances[0].tracks;

        g_assert_cmpuint(c->instances[0].n_tracks, ==, 4);
        g_assert_cmpint(t[0].type, ==, VRRP_TRACKER_FILE);
        g_assert_cmpint(t[0].weight, ==, 3);
        g_assert_true(t[0].reverse);
        g_assert_cmpint(t[1].weight, ==, 254);
        g_assert_true(t[1].reverse);
        g_assert_cmpint(t[2].type, ==, VRRP_TRACKER_PROCESS);
        g_assert_cmpint(t[2].weight, ==, 4);
        g_assert_cmpint(t[3].weight, ==, -254);
        g_assert_false(t[3].reverse);
        config_free(c);
}

static void test_wrong(void) {
        /* Wrong, missing and repeated values, at their place. */
        expect("track_file f {\nfile run/x\nweight 2147483648\ninit_file x\ninit_file 1 2\n}\n",
                        "2:6: error: file must be a path from the root on, not 'run/x'\n"
                        "3:8: error: weight must be a whole number from -2147483647 to 2147483647, not "
                        "'2147483648'\n"
                        "4:11: error: init_file takes a whole number and 'overwrite', not 'x'\n"
                        "5:1: warning: 'init_file' was already given on line 4; this one counts\n"
                        "5:13: error: init_file takes a whole number and 'overwrite', not '2'\n");
        expect("track_file f {\nfile /x/\n}\ntrack_file g {\nfile\n}\ntrack_file h {\n}\n",
                        "2:6: error: '/x/' is a directory, not a file\n"
                        "4:12: warning: track_file 'g' has no file; it is ignored\n"
                        "5:1: error: 'file' needs a value\n"
                        "7:12: warning: track_file 'h' has no file; it is ignored\n");
        expect("track_file f {\nfile /x\n}\ntrack_file f {\nfile /y\n}\n",
                        "4:12: error: track_file 'f' is already defined on line 1\n");
        expect("vrrp_track_process p {\nprocess \"\"\nparam_match exact\nquorum 0\nquorum_max -1\n"
               "fork_delay 0\nterminate_delay 3601\ndelay x\nweight 255\n}\n",
                        "2:9: error: the process is empty\n"
                        "3:13: error: param_match must be initial or partial, not 'exact'\n"
                        "4:8: error: quorum must be a whole number from 1 to 65535, not '0'\n"
                        "5:12: error: quorum_max must be a whole number from 0 to 65535, not '-1'\n"
                        "6:12: error: fork_delay must be seconds from 0.000001 to 3600, not '0'\n"
                        "7:17: error: terminate_delay must be seconds from 0.000001 to 3600, not '3601'\n"
                        "8:7: error: delay must be seconds from 0.000001 to 3600, not 'x'\n"
                        "9:8: error: weight must be a whole number from -254 to 254, not '255'\n");
        expect("vrrp_track_process p {\nprocess a\n}\nvrrp_track_process p {\nprocess b\n}\n"
               "vrrp_track_process q {\n}\nvrrp_track_process r {\nprocess /bin/r\n}\n",
                        "4:20: error: vrrp_track_process 'p' is already defined on line 1\n"
                        "7:20: warning: vrrp_track_process 'q' has no process; it is ignored\n"
                        "9:20: warning: vrrp_track_process 'r' compares the names of processes, which have "
                        "no path, with '/bin/r': none will match (take the bare name, or add "
                        "full_command)\n");
        expect_instance("track_file {\nnosuch\nff\nff\n}\ntrack_process {\nnosuch weight 1\n}\n}\n"
                        "track_file ff {\nfile /x\n",
                        "9:1: warning: track_file 'nosuch' is not defined; it is not tracked\n"
                        "11:1: warning: 'ff' is already tracked on line 10; ignored\n"
                        "14:1: warning: vrrp_track_process 'nosuch' is not defined; it is not tracked\n");
        expect_instance("track_file {\nf weight 255\n}\ntrack_interface {\ne weight 254\n}",
                        "9:10: error: weight must be a whole number from -254 to 254, not '255'\n"
                        "12:10: error: weight must be a whole number from -253 to 253, not '254'\n");
}

static void test_digest(void) {
        /* The digest covers what the script runner does for it, and not what it is worth to an instance. */
        char a[CONFIG_SCRIPT_DIGEST_SIZE], b[CONFIG_SCRIPT_DIGEST_SIZE];
        ConfigTrackedFile f = {.path = (char *)"/x", .init_value = 1, .weight = 1};
        char *one[] = {(char *)"a", (char *)"b", NULL}, *two[] = {(char *)"ab", NULL};
        ConfigProcess p = {.command = one, .quorum = 1};

        config_tracked_file_digest(&f, a);
        f.weight = 2;
        config_tracked_file_digest(&f, b);
        g_assert_cmpstr(a, ==, b);
        f.init = true;
        config_tracked_file_digest(&f, b);
        g_assert_cmpstr(a, !=, b);

        config_process_digest(&p, a);
        p.weight = 2;
        config_process_digest(&p, b);
        g_assert_cmpstr(a, ==, b);
        p.command = two;
        config_process_digest(&p, b);
        g_assert_cmpstr(a, !=, b);
        p.command = one;
        p.terminate_delay_usec = 1;
        config_process_digest(&p, b);
        g_assert_cmpstr(a, !=, b);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/config/tracked/file", test_file);
        g_test_add_func("/config/tracked/process", test_process);
        g_test_add_func("/config/tracked/quorum", test_quorum);
        g_test_add_func("/config/tracked/tracks", test_tracks);
        g_test_add_func("/config/tracked/wrong", test_wrong);
        g_test_add_func("/config/tracked/digest", test_digest);
        return g_test_run();
}
