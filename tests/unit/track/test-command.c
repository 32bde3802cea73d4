/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* How the text of a check is read, and which programs in it are examined before root runs it. */

#include "service/script-command.h"
#include <glib.h>
#include <glib/gstdio.h>
#include <limits.h>

static char error[200];

static void test_plain(void) {
        /* Words and quotes; the first word becomes a path. */
        static const struct {
                const char *text;
                const char *words[4];
        } cases[] = {
                        {"/bin/true", {"/bin/true"}},
                        {"  /bin/true\t a  b ", {"/bin/true", "a", "b"}},
                        {"env", {"/usr/bin/env"}},
                        {"/bin/echo 'a b' \"c d\"", {"/bin/echo", "a b", "c d"}},
                        {"/bin/echo a'b c'\"d\"", {"/bin/echo", "ab cd"}},
                        {"/bin/echo '' ';$x'", {"/bin/echo", "", ";$x"}},
                        {"/bin/echo \";\" it\"'\"s", {"/bin/echo", ";", "it's"}},
                        {"bin/true", {"/bin/true"}},
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_(script_command_clear) ScriptCommand c = {};

                g_assert_cmpint(script_command_parse(cases[i].text, &c, error, sizeof(error)), ==, 0);
                g_assert_false(c.shell);
                g_assert_cmpuint(g_strv_length(c.argv), ==, g_strv_length((char **)cases[i].words));
                for (size_t k = 0; c.argv[k]; k++)
                        g_assert_cmpstr(c.argv[k], ==, cases[i].words[k]);
        }
}

static void test_shell(void) {
        /* Everything that a shell would not take literally goes to it, untouched. */
        static const char *const cases[] = {
                        "a; b",
                        "a | b",
                        "a & b",
                        "a && b",
                        "a < b",
                        "a > b",
                        "(a)",
                        "`a`",
                        "$a",
                        "a \"$b\"",
                        "a \"`b`\"",
                        "a \\b",
                        "a *.c",
                        "a ?",
                        "[ -f a ]",
                        "{ a; }",
                        "~/a",
                        "# a",
                        "! a",
                        "a\nb",
                        "a 'b",
                        "a \"b",
                        "A=1 b",
                        "exit 3",
                        "cd /",
                        ". /a",
                        ": ",
                        "if a",
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_(script_command_clear) ScriptCommand c = {};

                g_assert_cmpint(script_command_parse(cases[i], &c, error, sizeof(error)), ==, 0);
                g_assert_true(c.shell);
                g_assert_cmpuint(g_strv_length(c.argv), ==, 3);
                g_assert_cmpstr(c.argv[0], ==, "/bin/sh");
                g_assert_cmpstr(c.argv[1], ==, "-c");
                g_assert_cmpstr(c.argv[2], ==, cases[i]);
        }
}

static void test_unreadable(void) {
        /* Nothing at all, a command that is nowhere and too many words are errors with words. */
        g_autofree char *many = g_strnfill(2000, ' ');
        _cleanup_(script_command_clear) ScriptCommand c = {};

        g_assert_cmpint(script_command_parse("", &c, error, sizeof(error)), ==, -EINVAL);
        g_assert_cmpint(script_command_parse(" \t ", &c, error, sizeof(error)), ==, -EINVAL);
        g_assert_cmpint(script_command_parse("'' x", &c, error, sizeof(error)), ==, -EINVAL);
        g_assert_cmpstr(error, ==, "cannot be read as a command: Invalid argument");
        g_assert_cmpint(script_command_parse("no-such-command x", &c, error, sizeof(error)), ==, -ENOENT);
        g_assert_cmpstr(error, ==, "command no-such-command is not in " SCRIPT_PATH);
        for (size_t i = 0; i < 2000; i += 2)
                many[i] = 'x';
        g_assert_cmpint(script_command_parse(many, &c, error, sizeof(error)), ==, -E2BIG);
        g_assert_null(c.argv);
}

typedef struct Directory {
        char *path, *good, *bad;
} Directory;

/* A directory that is root's with a program that is safe and one that anybody may write. */
static void make(Directory *d) {
        g_assert_cmpuint(geteuid(), ==, 0);
        d->path = g_dir_make_tmp("vrrpd-command-XXXXXX", NULL);
        d->good = g_build_filename(d->path, "good", NULL);
        d->bad = g_build_filename(d->path, "bad", NULL);
        g_assert_true(g_file_set_contents(d->good, "", -1, NULL));
        g_assert_true(g_file_set_contents(d->bad, "", -1, NULL));
        g_assert_cmpint(g_chmod(d->good, 0755), ==, 0);
        g_assert_cmpint(g_chmod(d->bad, 0777), ==, 0);
}

static void clear(Directory *d) {
        g_assert_cmpint(g_unlink(d->good), ==, 0);
        g_assert_cmpint(g_unlink(d->bad), ==, 0);
        g_assert_cmpint(g_rmdir(d->path), ==, 0);
        g_free(d->path);
        g_free(d->good);
        g_free(d->bad);
}

static int check(const Directory *d, const char *text) {
        _cleanup_(script_command_clear) ScriptCommand c = {};
        g_auto(GStrv) parts = g_strsplit(text, "@", -1);
        g_autofree char *full = g_strjoinv(d->path, parts);

        g_test_message("%s", full);
        g_assert_cmpint(script_command_parse(full, &c, error, sizeof(error)), ==, 0);
        return script_command_check(&c, full, error, sizeof(error));
}

static void test_check(void) {
        /* Examined is what stands where a command stands, wherever in the text; arguments and files are
         * data. */
        static const char *const refused[] = {
                        "@/bad",
                        "@/bad x",
                        "true; @/bad",
                        "true && @/bad || true",
                        "if @/bad; then true; fi",
                        "if true; then @/bad; fi",
                        "! @/bad",
                        "X=1 @/bad",
                        "$(@/bad)",
                        "true `@/bad`",
                        "(@/bad)",
                        "true > /dev/null; @/bad",
                        "true >/dev/null 2>&1 && @/bad",
                        "2>/dev/null @/bad",
                        "exec '@/bad'",
                        "true\n@/bad",
        };
        static const char *const allowed[] = {
                        "@/good",
                        "@/good @/bad",
                        "true; @/good @/bad",
                        "true < @/bad",
                        "true > @/bad",
                        "@/missing",
                        "$X/bad",
                        "true || @/missing",
                        "cat @/bad | @/good",
                        "test -x @/bad && true",
                        "exec > @/bad",
                        "no-such || true",
        };
        Directory d;

        make(&d);
        for (size_t i = 0; i < ELEMENTSOF(refused); i++) {
                g_autofree char *wanted =
                                g_strdup_printf("%s can be written by others: chmod go-w it", d.bad);

                g_assert_cmpint(check(&d, refused[i]), ==, -EPERM);
                g_assert_cmpstr(error, ==, wanted);
        }
        for (size_t i = 0; i < ELEMENTSOF(allowed); i++)
                g_assert_cmpint(check(&d, allowed[i]), ==, 0);
        clear(&d);
}

static void test_path(void) {
        /* Groups, owners, sticky directories, and links that lead in circles or nowhere. */
        g_autofree char *link = NULL, *too_long = g_strnfill(PATH_MAX + 1, '/');
        Directory d;

        make(&d);
        link = g_build_filename(d.path, "link", NULL);
        g_assert_cmpint(script_path_check(d.good, error, sizeof(error)), ==, 0);
        g_assert_cmpint(script_path_check("/", error, sizeof(error)), ==, 0);
        g_assert_cmpint(g_chmod(d.good, 0775), ==, 0); /* root's own group is not others */
        g_assert_cmpint(script_path_check(d.good, error, sizeof(error)), ==, 0);
        g_assert_cmpint(chown(d.good, 0, 1), ==, 0);
        g_assert_cmpint(script_path_check(d.good, error, sizeof(error)), ==, -EPERM);
        g_assert_cmpint(chown(d.good, 1, 0), ==, 0);
        g_assert_cmpint(script_path_check(d.good, error, sizeof(error)), ==, -EPERM);
        g_assert_cmpint(chown(d.good, 0, 0), ==, 0);
        g_assert_cmpint(g_chmod(d.path, 01777), ==, 0);
        g_assert_cmpint(script_path_check(d.good, error, sizeof(error)), ==, 0);

        g_assert_cmpint(symlink("good", link), ==, 0);
        g_assert_cmpint(script_path_check(link, error, sizeof(error)), ==, 0);
        g_assert_cmpint(g_unlink(link), ==, 0);
        g_assert_cmpint(symlink(d.bad, link), ==, 0);
        g_assert_cmpint(script_path_check(link, error, sizeof(error)), ==, -EPERM);
        g_assert_cmpint(g_unlink(link), ==, 0);
        g_assert_cmpint(symlink("link", link), ==, 0);
        g_assert_cmpint(script_path_check(link, error, sizeof(error)), ==, -ELOOP);
        g_assert_cmpint(g_unlink(link), ==, 0);
        g_assert_cmpint(script_path_check(link, error, sizeof(error)), ==, -ENOENT);
        g_assert_cmpint(script_path_check(too_long, error, sizeof(error)), ==, -ENAMETOOLONG);
        clear(&d);
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/command/plain", test_plain);
        g_test_add_func("/command/shell", test_shell);
        g_test_add_func("/command/unreadable", test_unreadable);
        g_test_add_func("/command/check", test_check);
        g_test_add_func("/command/path", test_path);
        return g_test_run();
}
