/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* From text to words: comments, quotes, continued lines, conditions, variables, repetitions, each with its
 * positions. */

#include "tests/unit/config/expect.h"

/* A script's command as it comes out of a line. */
static void assert_command(const char *line, const char *expected) {
        g_autofree char *text = g_strdup_printf("vrrp_script s {\n%s\n}\n", line);
        Config *c = expect_load(text, "");

        g_assert_cmpstr(c->scripts[0].command, ==, expected);
        config_free(c);
}

/* The password of an instance, likewise. */
static void assert_password(const char *line, const char *expected) {
        g_autofree char *lines = g_strdup_printf("authentication {\nauth_type PASS\n%s\n}", line);
        Config *c = expect_instance_load(lines, "");
        char password[ADVERT_AUTH_SIZE + 1] = "";

        memcpy(password, c->instances[0].auth_data, ADVERT_AUTH_SIZE);
        g_assert_cmpstr(password, ==, expected);
        config_free(c);
}

static void test_comments(void) {
        /* # and ! begin a comment anywhere but within quotes; two variables stand for the signs themselves.
         */
        assert_password("auth_pass ab#cd", "ab");
        assert_password("auth_pass ab!cd", "ab");
        assert_password("auth_pass \"ab#cd\" # or not", "ab#cd");
        assert_password("auth_pass it's # don't", "it's");
        assert_password("auth_pass a${_HASH}b${_BANG}", "a#b!");
        assert_command("script '/bin/a # b' # c", "/bin/a # b");
        assert_command("! {\n# script x {\nscript /bin/y # {", "/bin/y");
}

static void test_quotes(void) {
        /* The double quote is known everywhere; the apostrophe and escapes only where a command stands. */
        assert_password("auth_pass \"a b\"", "a b");
        assert_password("auth_pass \"a\"\"b\"\\", "ab\\");
        expect_instance("authentication {\nauth_type PASS\nauth_pass \"ab\"c\"d\"\n}",
                        "10:15: warning: what follows here is ignored, as keepalived does; a 'auth_pass' "
                        "with "
                        "blanks in it must be quoted\n");
        assert_password("auth_pass 'xy'", "'xy'");
        assert_password("auth_pass a\\b\\", "a\\b\\");
        assert_password("auth_pass \"a{b}\"", "a{b}");
        assert_command("script \"/bin/sh -c 'a { b; } c'\"", "/bin/sh -c 'a { b; } c'");
        assert_command("script '/bin/a -x'", "/bin/a -x");
        assert_command("script abcd\" efg h jkl \"mnop", "abcd efg h jkl mnop");
        assert_command("script \"a \\\"b\\\" \\\\ \\t\\x41\\102\\cA\\q\\x\"", "a \"b\" \\ \tAB\001qx");
        assert_command("script \"\\a\\b\\e\\E\\f\\n\\r\\v\"", "\a\b\033\033\f\n\r\v");
        assert_command("script a\\ b\\x41", "a bA");
        assert_command("script \"x\\0y\\x00\"", "xy");
        assert_command("script \"$HOME/${UNKNOWN}\"", "$HOME/${UNKNOWN}");
        expect("vrrp_script s {\n script \"/bin/a\n}\n",
                        "2:9: error: the quote \" is not closed on this line\n");
        expect("vrrp_script s {\n script '/bin/a\n}\n",
                        "2:9: error: the quote ' is not closed on this line\n");
        expect("vrrp_script s {\n script \"a\\\n}\n",
                        "2:9: error: the quote \" is not closed on this line\n");
}

static void test_lines(void) {
        /* CR LF, a byte order mark, no newline at the end, and a line continued by a backslash behind a
         * blank. */
        expect("vrrp_script s {\r\n script /bin/x\r\n}\r\n", "");
        expect("vrrp_script s {\n script /bin/x\n}", "");
        expect("\xEF\xBB\xBFvrrp_script s {\n script /bin/x\n}", "");
        assert_command("script \\ # more\n  /bin/x", "/bin/x");
        expect("vrrp_script s {\n script /bin/x \\\n extra\n}\n",
                        "3:2: warning: 'extra' is one word too many: ignored, as keepalived does\n");
        expect("vrrp_script s {\n script /bin/x\n weight \\\n",
                        "1:1: error: the block of 'vrrp_script s' is never closed: a '}' is "
                        "missing\n"
                        "3:2: error: 'weight' needs a value\n");
}

static void test_too_long(void) {
        /* A line of a megabyte is an error and not read; so is one that only continues for so long. */
        g_autofree char *word = g_strnfill(1000000, 'x');
        g_autofree char *line = g_strconcat("vrrp_script ", word, "\nfoo\n", NULL);
        GString *continued = g_string_new("vrrp_script \\\n");

        expect(line, "1:65537: error: the line is 1000012 bytes long; the limit is 65536\n2:1: error: "
                     "unknown "
                     "keyword 'foo'\n");
        for (unsigned i = 0; i < 5000; i++)
                g_string_append(continued, "xxxxxxxxxxxxxxxxxxxx \\\n");
        g_string_append(continued, "\n\nfoo\n");
        expect(continued->str, "1:1: error: the line and its continuations are too long\n"
                               "5004:1: error: unknown keyword 'foo'\n");
        g_string_free(continued, TRUE);
}

static void test_lost(void) {
        /* A line that was not read may have held braces: nothing is said about those that remain. Ten
         * thousand errors are enough. */
        g_autofree char *word = g_strnfill(70000, 'x');
        g_autofree char *text = g_strconcat("vrrp_script ", word, " {\n}\n", NULL);
        ConfigMessages m = {};
        Config *c = NULL;

        expect(text, "1:65537: error: the line is 70014 bytes long; the limit is 65536\n");
        text[13] = '\n';
        expect(text, "1:1: error: 'vrrp_script' must be followed by a block in '{' and '}'\n"
                     "2:65537: error: the line is 70000 bytes long; the limit is 65536\n");
        g_assert_cmpint(config_load_buffer("t", "~SEQ(A, 1, 1000000) x$A\n", 24, "me", &m, &c), ==,
                        -EBADMSG);
        g_assert_cmpuint(m.n, <, 10010);
        g_assert_cmpstr(m.items[0].text, ==, "more than 10000 errors: the rest was not read");
        config_messages_clear(&m);
}

static void test_utf8(void) {
        /* What is not UTF-8 is an error at its byte, once a line and not in a comment; what is said about it
         * is UTF-8 in every form. */
        static const char text[] = "# \xFC\xDF \n\tvrrp_script \xC3\xA4\xE4\xFC { # \xFC\n script \"/x "
                                   "\xFF\" # \xFF\n}\n";
        ConfigMessages m = {};
        g_autofree char *formatted = NULL, *json = NULL;
        Config *c = NULL;

        expect(text, "2:16: error: the byte 0xE4 is not UTF-8 here: convert the file, as by 'iconv -f "
                     "latin1 -t utf8'\n"
                     "3:13: error: the byte 0xFF is not UTF-8 here: convert the file, as by 'iconv -f "
                     "latin1 -t utf8'\n");
        g_assert_cmpint(config_load_buffer("t\xFF", text, strlen(text), "me", &m, &c), ==, -EBADMSG);
        formatted = config_messages_format(&m);
        json = config_messages_to_json(&m);
        g_assert_true(g_utf8_validate(formatted, -1, NULL));
        g_assert_true(g_utf8_validate(json, -1, NULL));
        g_assert_true(g_str_has_prefix(formatted,
                        "t\\xFF: error: the name of this file is not UTF-8: rename it\n"
                        "t\\xFF:2:16: error: the byte 0xE4 is not UTF-8 here"));
        g_assert_nonnull(strstr(formatted,
                        "\n    \tvrrp_script \xC3\xA4\\xE4\\xFC { # \\xFC\n    \t             ^\n"));
        config_messages_clear(&m);

        /* Encoded well, but nothing that D-Bus would carry: named as what it is. */
        expect("vrrp_script a\xEF\xBF\xBE {\nscript /x\n}\nvrrp_script b {\nscript /\xEF\xB7\x90\n}\n",
                        "1:14: error: U+FFFE is no character that text may have in it\n"
                        "5:9: error: U+FDD0 is no character that text may have in it\n");

        g_setenv("VRRPD_TEST_ODD", "a\xFF", TRUE);
        expect("vrrp_script x${_ENV VRRPD_TEST_ODD} {\nscript y\n}\n",
                        "1:14: error: the value of '${_ENV}' is not one line of UTF-8 text\n"
                        "");
        g_setenv("VRRPD_TEST_ODD", "a\nb", TRUE);
        expect("vrrp_script x${_ENV VRRPD_TEST_ODD} {\nscript y\n}\n",
                        "1:14: error: the value of '${_ENV}' is not one line of UTF-8 text\n");
        g_unsetenv("VRRPD_TEST_ODD");
}

static void test_conditions(void) {
        /* `@id` keeps a line for that config-id only, `@^id` for all others; positions are those of the
         * line. */
        Config *c = expect_load(
                        "@me vrrp_script a {\n@you vrrp_script b {\n@^you script /bin/x\n@^me foo\n @me }\n",
                        "");

        g_assert_cmpstr(c->scripts[0].name, ==, "a");
        config_free(c);
        expect("@me foo\n @you bar\n", "1:5: error: unknown keyword 'foo'\n");
        expect("@me\n@\n@^\n", "");
        expect("@me @^you foo\n", "1:11: error: unknown keyword 'foo'\n");
}

static void test_variables(void) {
        /* Defined by `$X=`, replaced late and recursively, `$X` only before a blank; unknown ones stay. */
        Config *c = expect_load(
                        "$BASE=10.2.${SUB}\n$SUB=0\n$EMPTY=\n@you $SUB=9\n@me $PRIO=7\n"
                        "vrrp_instance VI_${SUB} {\n$EMPTY\ninterface eth$SUB \nvirtual_router_id 1\n"
                        "priority $PRIO\nvirtual_ipaddress "
                        "{\n${BASE}.100/32\n$SUB=10\n${BASE}.100/32\n}\n}\n",
                        "");

        g_assert_cmpstr(c->instances[0].name, ==, "VI_0");
        g_assert_cmpstr(c->instances[0].interface, ==, "eth0");
        g_assert_cmpuint(c->instances[0].priority, ==, 7);
        g_assert_cmpmem(c->instances[0].vips[0].address.bytes, 4, "\x0a\x02\x00\x64", 4);
        g_assert_cmpmem(c->instances[0].vips[1].address.bytes, 4, "\x0a\x02\x0a\x64", 4);
        config_free(c);

        /* A variable may stand for a condition or a definition. */
        expect("$IF=@you\n$IF foo\n$IF2=@me\n$IF2 bar\n", "4:6: error: unknown keyword 'bar'\n");
        expect_instance("$X=1\npriority $X/2",
                        "9:10: warning: '$X' is replaced only before a blank: write '${X}'\n"
                        "9:10: error: priority must be a whole number from 1 to 255, not '$X/2'\n");
        expect_instance("priority ${X}", "8:10: error: variable 'X' is not defined\n");
        /* A wrong value points at where the variable is used. */
        expect_instance("$X=300\npriority ${X}",
                        "9:10: error: priority must be a whole number from 1 to 255, not '300'\n");
}

static void test_definitions_of_several_lines(void) {
        /* A definition of several lines is a text of lines, with conditions and definitions of its own,
         * replaced at use; a message points into it. */
        Config *c = expect_load("$RS=\\\n track_interface { \\\n  eth${N} \\\n }\n"
                                "$VI= \\\n vrrp_instance VI_${N} { \\\n  interface eth${N} \\\n  "
                                "virtual_router_id ${N} \\\n"
                                "  @me priority 1${N} \\\n  @you priority 9 \\\n  no_virtual_ipaddress \\\n "
                                "$M=$N \\\n $RS \\\n }\n\n"
                                "$N=1\n$VI\n$N=2\n$VI # again\n",
                        "");

        g_assert_cmpuint(c->n_instances, ==, 2);
        g_assert_cmpstr(c->instances[1].name, ==, "VI_2");
        g_assert_cmpuint(c->instances[1].priority, ==, 12);
        g_assert_cmpstr(c->instances[1].tracks[0].name, ==, "eth2");
        g_assert_cmpuint(c->instances[1].at.line, ==, 6);
        config_free(c);

        expect("$X=\\\n foo \\\n bar\n$Y=baz\n$X\n$Y\n", "2:2: error: unknown keyword 'foo'\n"
                                                         "3:2: error: unknown keyword 'bar'\n"
                                                         "6:1: error: unknown keyword 'baz'\n");
        /* Within a line: what stands before it goes with its first line. */
        expect("$X=\\\n a {\\\n foo\n\nvrrp_script $X }\n",
                        "2:2: warning: vrrp_script 'a' has no script; it is ignored\n"
                        "3:2: error: unknown keyword 'foo' in vrrp_script\n");
}

static void test_endless(void) {
        /* A definition that contains itself, in one line or in several, ends in an error. */
        expect("$A=$A\nvrrp_script a$A {\nscript /bin/x\n}\n",
                        "1:1: error: the definition of '$A' contains itself: it would never end\n");
        expect(" $A=x${A}${A}\n",
                        "1:2: error: the definition of '$A' contains itself: it would never end\n");
        expect("$A=$AB $A-x\n$AB=1\n", "");
        expect("$A=\\\n$A \\\n\n$A\n",
                        "1:1: error: the definition of '$A' contains itself: it would never end\n");
        /* By way of another one it shows where it is used. */
        expect("$A=$B\n$B=$A\nvrrp_script a$A {\nscript /bin/x\n}\n",
                        "3:14: error: the expansion of this line is longer than may be, or does not end "
                        "because definitions contain each other\n");
        expect("$A=x${B}${B}\n$B=${A}\nfoo ${A}\n",
                        "3:5: error: the expansion of this line is longer than may be, or does not end "
                        "because definitions contain each other\n");
        expect("$A=\\\n$B \\\n\n$B=\\\n$A \\\n\n$A\n",
                        "5:1: error: the expansion of this line is longer than may be, or does not end "
                        "because definitions contain each other\n");
}

static void test_undefined(void) {
        /* A variable that is none, as a statement, and a definition with blanks, which is no definition. */
        expect("$A\n", "1:1: error: variable 'A' is not defined\n");
        expect_instance("track_interface {\n$IF\n}\nauthentication {\nauth_type PASS\nauth_pass $hush\n}",
                        "9:1: warning: variable 'IF' is not defined; '$IF' is taken as it stands\n");
        expect("$A = 5\n", "1:4: error: a definition has no blank before its '=': write '$A=...'\n");
        expect("$A-B\n", "1:1: error: unknown keyword '$A-B'\n");
}

static void test_builtins(void) {
        /* The built-in variables; ${_RANDOM} gives every reader of the file the same numbers. */
        Config *a, *b;

        g_setenv("VRRPD_TEST", "here", TRUE);
        g_unsetenv("VRRPD_TEST_UNSET");
        assert_command("script \"${_PWD} ${_INSTANCE} ${_ENV VRRPD_TEST}\"", ". me here");
        expect_instance("priority 1${_ENV VRRPD_TEST_UNSET}",
                        "8:11: warning: the environment has no variable 'VRRPD_TEST_UNSET': nothing stands "
                        "here\n");
        assert_command("script \"${_RANDOM 5 5} ${_UNKNOWN}\"", "5 ${_UNKNOWN}");
        a = expect_load("vrrp_script s {\nscript \"${_RANDOM} ${_RANDOM 10} ${_RANDOM 1 3}\"\n}\n", "");
        b = expect_load("vrrp_script s {\nscript \"${_RANDOM} ${_RANDOM 10} ${_RANDOM 1 3}\"\n}\n", "");
        g_assert_cmpstr(a->scripts[0].command, ==, b->scripts[0].command);
        config_free(b);
        b = expect_load("global_defs {\nrandom_seed 7\n}\nvrrp_script s {\nscript \"${_RANDOM} ${_RANDOM "
                        "10} ${_RANDOM 1 3}\"\n}\n",
                        "");
        g_assert_cmpstr(a->scripts[0].command, !=, b->scripts[0].command);
        config_free(a);
        config_free(b);
        expect("foo ${_RANDOM 5 4}\n",
                        "1:1: error: unknown keyword 'foo'\n1:5: error: bad arguments of '${_RANDOM}'\n");
        expect("global_defs {\nrandom_seed x\n}\n",
                        "2:13: error: random_seed must be a whole number, not 'x'\n");
}

/* The names of the scripts that a text defines, joined by blanks. */
static void assert_names(const char *text, const char *expected) {
        Config *c = expect_load(text, "");
        GString *names = g_string_new(NULL);

        for (size_t i = 0; i < c->n_scripts; i++)
                g_string_append_printf(names, "%s%s", i > 0 ? " " : "", c->scripts[i].name);
        g_assert_cmpstr(names->str, ==, expected);
        g_string_free(names, TRUE);
        config_free(c);
}

static void test_sequences(void) {
        /* ~SEQ, ~SEQx and ~LST repeat the rest of their line, also in each other, with defaults for start
         * and step. */
        assert_names("~SEQ(N, 3) vrrp_script s${N} { script x }\n", "s1 s2 s3");
        assert_names("~SEQ(N, -2) vrrp_script s${N} { script x }\n", "s-1 s-2");
        assert_names("~SEQ(N, 3, 1) vrrp_script s${N} { script x }\n", "s3 s2 s1");
        assert_names("~SEQ(N, 0, 5, 12) vrrp_script s${N} { script x }\n", "s0 s5 s10");
        assert_names("~SEQx(N, 0x90, 0x10, 0xb0) vrrp_script s${N} { script x }\n", "s90 sa0 sb0");
        assert_names("~SEQx(N, -1, -2) vrrp_script s${N} { script x }\n", "s-1 s-2");
        assert_names("$END=2\n~SEQ(A, 1, $END ) ~SEQ(B, 3, 4) vrrp_script s${A}${B} { script x }\n",
                        "s13 s14 s23 s24");
        assert_names("~LST(A, x, y z ,w) vrrp_script \"s${A}\" { script x }\n", "sx sy z sw");
        assert_names("~LST({A,  B}, {1,2}, {3,4}) vrrp_script s${A}${B} { script x }\n", "s12 s34");
        assert_names("$S=vrrp_script s${A} { script x }\n~LST(A, 1, 2) $S\n", "s1 s2");
        expect("~SEQ(N, 1, 2) foo$N\n",
                        "1:15: error: unknown keyword 'foo1'\n1:15: error: unknown keyword 'foo2'\n");
        /* Said once for all turns. */
        expect("~SEQ(N, 1, 2) foo\n", "1:15: error: unknown keyword 'foo'\n");
}

static void test_wrong_sequences(void) {
        /* Heads that are wrong, or have no end: at the head, and the line is dropped. */
        static const struct {
                const char *head, *error;
        } cases[] = {
                        {"~SEQ(N, 1, 0, 5)", "this ~SEQ never reaches its end"},
                        {"~SEQ(N, 1, -1, 5)", "this ~SEQ never reaches its end"},
                        {"~SEQ(N, 5, 1, 1)", "this ~SEQ never reaches its end"},
                        {"~SEQ(N, 1, 1000001)", "this ~SEQ has more than 1000000 values"},
                        {"~SEQ(N, 1, x)", "start, step and end of ~SEQ must be whole numbers"},
                        {"~SEQ(N, 1, )", "start, step and end of ~SEQ must be whole numbers"},
                        {"~SEQ(N, 1, 99999999999)", "start, step and end of ~SEQ must be whole numbers"},
                        {"~SEQ(N, 1, 2, 3, 4)", "~SEQ takes (variable, start, step, end)"},
                        {"~SEQ(N)", "a variable and values are needed"},
                        {"~SEQ(1N, 3)", "the name of the variable is not valid"},
                        {"~SEQ(N, 1, 3", "the ')' of this repetition is missing"},
                        {"~LST({a,b}, {1,2}, {3})", "the groups in braces differ in size"},
                        {"~LST({a,b}, 1, 2)",
                                        "as many values as variables are needed in each pair of braces"},
                        {"~LST(a, {1)", "a '{' is not closed"},
                        {"~LST({a,b}, {1,2} x)", "',' expected behind '}'"},
        };

        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autofree char *text = g_strconcat(" ", cases[i].head, " foo\n", NULL);
                g_autofree char *message = g_strdup_printf("1:2: error: %s\n", cases[i].error);

                expect(text, message);
        }
}

static void test_limits(void) {
        /* What repetitions produce is bounded, and so is how deep they may stand in each other. */
        GString *deep = g_string_new(NULL);
        ConfigMessages m = {};
        Config *c = NULL;
        g_autofree char *got = NULL;
        static const char text[] = "~SEQ(A, 1, 1000) ~SEQ(B, 1, 1000) foo\n";

        g_assert_cmpint(config_load_limited("t", text, strlen(text), &(ConfigLimits){.max_lines = 5000},
                                        "me", &m, &c),
                        ==, -EBADMSG);
        got = messages_to_lines(&m);
        g_assert_cmpstr(got, ==,
                        "0:0: error: more than 5000 lines, counting repetitions\n1:35: error: unknown "
                        "keyword 'foo'\n");
        config_messages_clear(&m);

        for (unsigned i = 0; i < 100; i++)
                g_string_append(deep, "~SEQ(A, 1, 1) ");
        g_string_append(deep, "foo\n");
        expect(deep->str, "1:883: error: too many repetitions in each other\n");
        g_string_free(deep, TRUE);
}

static void test_large(void) {
        /* 65,024 instances of one ~SEQ are all there. */
        Config *c = expect_load(
                        "$VI=\\\nvrrp_instance v.${IF}.${NUM}.${ID} { \\\ninterface bond${IF}.${NUM} \\\n"
                        "virtual_router_id ${ID} \\\nvirtual_ipaddress { \\\n10.${IF}.${NUM}.${ID}/24 \\\n} "
                        "\\\n}\n"
                        "~SEQ(IF,0,7) ~SEQ(NUM,0,31) ~SEQ(ID,1,254) $VI\n",
                        "");

        g_assert_cmpuint(c->n_instances, ==, 65024);
        g_assert_cmpstr(c->instances[65023].name, ==, "v.7.31.254");
        g_assert_true(config_find_instance(c, "v.3.17.99") == &c->instances[3 * 32 * 254 + 17 * 254 + 98]);
        g_assert_null(config_find_instance(c, "v"));
        config_free(c);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/config/text/comments", test_comments);
        g_test_add_func("/config/text/quotes", test_quotes);
        g_test_add_func("/config/text/lines", test_lines);
        g_test_add_func("/config/text/too-long", test_too_long);
        g_test_add_func("/config/text/lost", test_lost);
        g_test_add_func("/config/text/utf8", test_utf8);
        g_test_add_func("/config/text/conditions", test_conditions);
        g_test_add_func("/config/text/variables", test_variables);
        g_test_add_func("/config/text/definitions-of-several-lines", test_definitions_of_several_lines);
        g_test_add_func("/config/text/endless", test_endless);
        g_test_add_func("/config/text/undefined", test_undefined);
        g_test_add_func("/config/text/builtins", test_builtins);
        g_test_add_func("/config/text/sequences", test_sequences);
        g_test_add_func("/config/text/wrong-sequences", test_wrong_sequences);
        g_test_add_func("/config/text/limits", test_limits);
        g_test_add_func("/config/text/large", test_large);
        return g_test_run();
}
