/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Which process a vrrp_track_process means. */

#include "service/process-match.h"
#include <glib.h>

typedef struct Case {
        const char *command[4];
        const char *name, *line;
        size_t size;
        bool name_matches, command_matches, exact, partial, initial;
} Case;

#define LINE(text) .line = text, .size = sizeof(text)

static void test_match(void) {
        /* Property: a name is compared as far as the kernel keeps it, a command by its first word,
         * parameters as a whole, as the first of more, or with the last one as the beginning of a longer
         * one. */
        static const Case cases[] = {
                        {{"nginx"}, "nginx", LINE("nginx"), true, true, true, true, true},
                        {{"nginx"}, "nginx", LINE("nginx\0-g"), true, true, false, true, true},
                        {{"nginx"}, "nginx: worker", LINE("nginx: worker"), false, false, false, false,
                                        true},
                        {{"ngin"}, "nginx", LINE("nginx"), false, false, false, false, true},
                        {{"nginxx"}, "nginx", LINE("nginx"), false, false, false, false, false},
                        {{"a-name-of-more-bytes"}, "a-name-of-more-", LINE("x"), true, false, false, false,
                                        false},
                        {{"/bin/a", "b"}, "a", LINE("/bin/a\0b"), false, true, true, true, true},
                        {{"/bin/a", "b"}, "a", LINE("/bin/a\0b\0c"), false, true, false, true, true},
                        {{"/bin/a", "b"}, "a", LINE("/bin/a\0bc"), false, true, false, false, true},
                        {{"/bin/a", "b"}, "a", LINE("/bin/a"), false, true, false, false, false},
                        {{"/bin/a", "", "c"}, "a", LINE("/bin/a\0\0c"), false, true, true, true, true},
                        {{"/bin/a", "b c"}, "a", LINE("/bin/a\0b\0c"), false, true, false, false, false},
                        /* A kernel thread has no command line. */
                        {{"kworker/0:1"}, "kworker/0:1", .line = "", .size = 0, true, false, false, false,
                                        false},
                        /* One that has overwritten it, without a NUL at the end. */
                        {{"a", "b"}, "a", .line = "a\0b", .size = 3, true, true, true, true, true},
        };

        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
                const Case *c = &cases[i];
                char *command[4];

                memcpy(command, c->command, sizeof(command));
                g_test_message("case %zu", i);
                g_assert_cmpint(process_matches(CONFIG_MATCH_NAME, command, c->name, c->line, c->size), ==,
                                c->name_matches);
                g_assert_cmpint(process_matches(CONFIG_MATCH_COMMAND, command, c->name, c->line, c->size),
                                ==, c->command_matches);
                g_assert_cmpint(process_matches(CONFIG_MATCH_EXACT, command, c->name, c->line, c->size), ==,
                                c->exact);
                g_assert_cmpint(process_matches(CONFIG_MATCH_PARTIAL, command, c->name, c->line, c->size),
                                ==, c->partial);
                g_assert_cmpint(process_matches(CONFIG_MATCH_INITIAL, command, c->name, c->line, c->size),
                                ==, c->initial);
        }
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/track/process-match", test_match);
        return g_test_run();
}
