/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Files: those that cannot be read say why, and includes find theirs, in order, with positions in the right
 * file. */

#include "tests/unit/config/expect.h"
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <sys/wait.h>

static char *directory;

static char *path_of(const char *name) {
        return g_build_filename(directory, name, NULL);
}

static void write_file(const char *name, const char *text) {
        g_autofree char *path = path_of(name);

        g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

/* Loads a file of the directory; messages are compared with the directory's name taken off. */
static Config *load_file(const char *name, const char *messages) {
        g_autofree char *path = path_of(name), *prefix = g_strconcat(directory, "/", NULL), *got = NULL;
        g_auto(GStrv) parts = NULL;
        GString *text = g_string_new(NULL);
        ConfigMessages m = {};
        Config *c = NULL;
        int r;

        r = config_load(path, "me", &m, &c);
        for (size_t i = 0; i < m.n; i++)
                g_string_append_printf(text, "%s:%u:%u: %s\n", m.items[i].file, m.items[i].line,
                                m.items[i].column, m.items[i].text);
        parts = g_strsplit(text->str, prefix, -1);
        got = g_strjoinv("", parts);
        g_assert_cmpstr(got, ==, messages);
        g_assert_cmpint(r, ==, m.n_errors > 0 ? -EBADMSG : 0);
        config_messages_clear(&m);
        g_string_free(text, TRUE);
        return c;
}

static void expect_file(const char *name, const char *messages) {
        config_free(load_file(name, messages));
}

static void test_unreadable(void) {
        /* A file that is missing, a directory, a device, or text with a NUL byte. */
        ConfigMessages m = {};
        Config *c = NULL;
        static const char nul[] = "vrrp_script a {\nscript x\n}\nfoo\0bar\n";
        g_autofree char *got = NULL;

        expect_file("missing", "missing:0:0: cannot read the configuration: No such file or directory\n");
        expect_file("sub", "sub:0:0: cannot read the configuration: it is a directory\n");
        g_assert_cmpint(config_load("/dev/zero", "me", &m, &c), ==, -EBADMSG);
        g_assert_cmpstr(m.items[0].text, ==, "cannot read the configuration: it is not a regular file");
        g_assert_cmpint(config_load_buffer("t", nul, sizeof(nul) - 1, "me", &m, &c), ==, -EBADMSG);
        got = messages_to_lines(&m);
        g_assert_cmpstr(got, ==,
                        "4:1: error: unknown keyword 'foo'\n4:4: error: a NUL byte: this is not a text "
                        "file\n");
        config_messages_clear(&m);
}

static void test_permission(void) {
        /* A file that we may not read: the reason is told. Root may read all, so this is judged as somebody
         * else. */
        g_autofree char *path = path_of("secret");
        int status;
        pid_t pid;

        write_file("secret", "");
        g_chmod(path, 0);
        pid = fork();
        if (pid == 0) {
                ConfigMessages m = {};
                Config *c = NULL;

                if (geteuid() == 0 && setuid(65534) < 0)
                        _exit(1);
                if (config_load(path, "me", &m, &c) != -EBADMSG || m.n != 1 ||
                                !streq(m.items[0].text, "cannot read the configuration: Permission denied"))
                        _exit(2);
                config_messages_clear(&m);
                _exit(0);
        }
        g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
        g_assert_cmpint(status, ==, 0);
        g_remove(path);
}

static void test_pipe(void) {
        /* A pipe (of a shell's "<(command)", say) is read to its end; one that nobody writes to does not
         * hold us up, and is not taken for an empty configuration. */
        static const char text[] = "vrrp_script s {\nscript /bin/x\n}\n";
        g_autofree char *path = path_of("pipe"), *opened = NULL;
        ConfigMessages m = {};
        Config *c = NULL;
        int fds[2];

        g_assert_cmpint(mkfifo(path, 0600), ==, 0);
        g_assert_null(load_file("pipe",
                        "pipe:0:0: cannot read the configuration: nothing comes out of this pipe\n"));
        g_remove(path);

        g_assert_cmpint(pipe(fds), ==, 0);
        g_assert_cmpint(write(fds[1], text, strlen(text)), ==, strlen(text));
        close(fds[1]);
        opened = g_strdup_printf("/proc/self/fd/%d", fds[0]);
        g_assert_cmpint(config_load(opened, "me", &m, &c), ==, 0);
        g_assert_cmpuint(c->n_scripts, ==, 1);
        config_free(c);
        close(fds[0]);
}

static void test_include(void) {
        /* Relative to the including file, by wildcard in order, in the middle of a block, under a condition,
         * quoted. */
        Config *c;

        write_file("main", "include sub/[ab].conf\nvrrp_instance A {\n include \"sub/part\"\n}\n@you "
                           "include nosuch\n"
                           "@me include sub/c.con${EMPTY}f\n$EMPTY=\n");
        write_file("sub/a.conf", "vrrp_script a { script x }\n");
        write_file("sub/b.conf", "vrrp_script b {\n include part2\n}\n");
        write_file("sub/part", "interface eth0\nvirtual_router_id 1\nno_virtual_ipaddress");
        write_file("sub/part2", "script \"${_PWD}/y\"\n");
        write_file("main", "$EMPTY=\ninclude sub/[ab].conf\nvrrp_instance A {\n include "
                           "\"sub/part\"\n}\n@you include nosuch\n"
                           "@me include sub/c.con${EMPTY}f\n");
        write_file("sub/c.conf", "foo\n");
        expect_file("main", "sub/c.conf:1:1: unknown keyword 'foo'\n");
        write_file("sub/c.conf", "");
        c = load_file("main", "");
        g_assert_cmpstr(c->scripts[0].name, ==, "a");
        g_assert_cmpstr(c->scripts[1].name, ==, "b");
        g_assert_true(g_str_has_suffix(c->scripts[1].command, "/sub/y"));
        g_assert_cmpstr(c->instances[0].interface, ==, "eth0");
        g_assert_cmpuint(g_strv_length(c->files), ==, 6);
        g_assert_true(g_str_has_suffix(c->files[1], "/sub/a.conf"));
        config_free(c);
}

static void test_include_missing(void) {
        /* A named file must be there; a wildcard may match nothing, unless the strict forms or include_check
         * say no. */
        static const struct {
                const char *line, *messages;
        } cases[] = {
                        {"include nosuch", "main:1:9: the file 'nosuch' does not exist\n"},
                        {"include nosuch*", ""},
                        {"includer nosuch*", ""},
                        {"includem nosuch*", ""},
                        {"includew nosuch*", "main:1:10: no file matches 'nosuch*'\n"},
                        {"includea nosuch*", "main:1:10: no file matches 'nosuch*'\n"},
                        {"includeb sub/{a,nosuch}.conf", "main:1:10: no file matches 'sub/nosuch.conf'\n"},
                        {"includeb sub/{{a,nosuch},b}.conf",
                                        "main:1:10: no file matches 'sub/nosuch.conf'\n"},
                        {"include sub/{a,nosuch}.conf", ""},
                        {"include", "main:1:1: include needs the name of a file\n"},
                        {"include sub", "main:1:9: cannot read 'sub': it is a directory\n"},
                        {"include su*", "main:1:9: 'sub' is a directory; not included\n"},
                        {"include \\\nmain", "main:2:1: 'main' includes itself\n"},
                        {"global_defs {\ninclude_check wildcard_match\n}\ninclude nosuch*",
                                        "main:4:9: no file matches 'nosuch*'\n"},
        };

        write_file("sub/a.conf", "");
        write_file("sub/b.conf", "");
        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
                write_file("main", cases[i].line);
                expect_file("main", cases[i].messages);
        }
}

static void test_include_loop(void) {
        /* Files that include each other end in an error, also through a link and over many levels. */
        g_autofree char *target = path_of("main"), *link = path_of("sub/link");

        write_file("main", "include sub/x\n");
        write_file("sub/x", "include ../main\n");
        expect_file("main", "sub/x:1:9: 'sub/../main' includes itself\n");
        g_assert_cmpint(symlink(target, link), ==, 0);
        write_file("sub/x", "include link\n");
        expect_file("main", "sub/x:1:9: 'sub/link' includes itself\n");
        g_remove(link);

        for (unsigned i = 0; i < 70; i++) {
                g_autofree char *name = g_strdup_printf("sub/deep%u", i),
                                *text = g_strdup_printf("include deep%u\n", i + 1);

                write_file(name, text);
        }
        expect_file("sub/deep0", "sub/deep63:1:9: includes are nested too deeply\n");
}

static void test_many(void) {
        /* Hundreds of files in one directory are no depth, and one file may be read twice by one include. */
        Config *c;

        for (unsigned i = 0; i < 300; i++) {
                g_autofree char *name = g_strdup_printf("sub/many%03u", i);
                g_autofree char *text = g_strdup_printf("vrrp_script s%u { script x }", i);

                write_file(name, text);
        }
        write_file("main", "include sub/many*\n");
        c = load_file("main", "");
        g_assert_cmpuint(c->n_scripts, ==, 300);
        g_assert_cmpstr(c->scripts[299].name, ==, "s299");
        config_free(c);
        write_file("sub/part", "");
        write_file("main", "include sub/{part,par[t]}\n");
        expect_file("main", "");
        /* include_check of one file does not hold for the next. */
        write_file("sub/many000", "global_defs {\ninclude_check\n}\n");
        write_file("sub/many001", "include nosuch*\n");
        write_file("main", "include sub/many00[01]\n");
        expect_file("main", "");
}

static void test_no_include(void) {
        /* Text of unknown origin may be read without touching other files. */
        static const char text[] = "include /etc/hostname\n";
        ConfigMessages m = {};
        Config *c = NULL;

        g_assert_cmpint(config_load_limited("t", text, strlen(text),
                                        &(ConfigLimits){.max_lines = 10, .no_include = true}, "me", &m, &c),
                        ==, -EBADMSG);
        g_assert_cmpstr(m.items[0].text, ==, "include is not allowed here");
        config_messages_clear(&m);
}

static void test_wildcard_in_directory(void) {
        /* A directory whose own name looks like a wildcard is taken as it is. */
        g_autofree char *odd = path_of("odd[x]"), *file = path_of("odd[x]/main"),
                        *part = path_of("odd[x]/part");

        g_assert_cmpint(g_mkdir(odd, 0700), ==, 0);
        write_file("odd[x]/main", "include par?\n");
        write_file("odd[x]/part", "foo\n");
        expect_file("odd[x]/main", "odd[x]/part:1:1: unknown keyword 'foo'\n");
        g_remove(file);
        g_remove(part);
        g_rmdir(odd);
}

static void test_default_id(void) {
        /* Without a config-id it is the host's short name. */
        char host[256] = "";
        g_autofree char *text = NULL;
        ConfigMessages m = {};
        Config *c = NULL;

        gethostname(host, sizeof(host) - 1);
        host[strcspn(host, ".")] = '\0';
        text = g_strdup_printf("@%s vrrp_script ${_INSTANCE} { script x }\n@^%s foo\n", host, host);
        g_assert_cmpint(config_load_buffer("t", text, strlen(text), NULL, &m, &c), ==, 0);
        g_assert_cmpstr(c->scripts[0].name, ==, host);
        config_messages_clear(&m);
        config_free(c);
}

static int remove_tree(const char *path) {
        const char *const argv[] = {"rm", "-rf", "--", path, NULL};
        int status = -1;

        g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, &status, NULL);
        return status;
}

int main(int argc, char **argv) {
        g_autofree char *sub = NULL;
        int r;

        g_test_init(&argc, &argv, NULL);
        directory = g_dir_make_tmp("vrrpd-config-XXXXXX", NULL);
        g_chmod(directory, 0755);
        sub = path_of("sub");
        g_mkdir(sub, 0755);
        g_test_add_func("/config/file/unreadable", test_unreadable);
        g_test_add_func("/config/file/permission", test_permission);
        g_test_add_func("/config/file/pipe", test_pipe);
        g_test_add_func("/config/file/include", test_include);
        g_test_add_func("/config/file/include-missing", test_include_missing);
        g_test_add_func("/config/file/include-loop", test_include_loop);
        g_test_add_func("/config/file/many", test_many);
        g_test_add_func("/config/file/no-include", test_no_include);
        g_test_add_func("/config/file/wildcard-in-directory", test_wildcard_in_directory);
        g_test_add_func("/config/file/default-id", test_default_id);
        r = g_test_run();
        remove_tree(directory);
        g_free(directory);
        return r;
}
