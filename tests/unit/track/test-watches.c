/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What vrrpd-scripts sees of files and processes, asked for as the daemon asks: the real program, real
 * files, real processes. */

#include "service/config/load.h"
#include "service/track/runner-spawn.h"
#include "service/track/script-wire.h"
#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

typedef struct Fixture {
        char *directory, *config_file, *path; /* path: of the tracked file */
        Config *config;
        int fd;
        uint32_t last_serial;
        GPtrArray *children;
} Fixture;

static void write_text(const char *path, const char *text) {
        FILE *f = fopen(path, "w"); /* not g_file_set_contents(): in place, as a shell does */

        g_assert_nonnull(f);
        g_assert_cmpint(fputs(text, f), >=, 0);
        g_assert_cmpint(fclose(f), ==, 0);
}

static char *in_directory(const Fixture *f, const char *name) {
        return g_build_filename(f->directory, name, NULL);
}

/* A runner whose file has this block, which a daemon has read too. `@` stands for the directory. */
static void start(Fixture *f, const char *block) {
        const struct timeval guard = {.tv_sec = 30};
        g_auto(GStrv) parts = g_strsplit(block, "@", -1);
        g_autofree char *text = NULL;
        ConfigMessages messages = {};

        *f = (Fixture){.fd = -EBADF, .children = g_ptr_array_new()};
        f->directory = g_dir_make_tmp("vrrpd-watches-XXXXXX", NULL);
        g_assert_nonnull(f->directory);
        f->config_file = in_directory(f, "vrrpd.conf");
        f->path = in_directory(f, "file");
        text = g_strjoinv(f->directory, parts);
        write_text(f->config_file, text);
        g_assert_cmpint(config_load(f->config_file, "id", &messages, &f->config), ==, 0);
        g_assert_cmpuint(messages.n, ==, 0);
        config_messages_clear(&messages);
        g_assert_cmpint(script_runner_spawn(g_getenv("VRRPD_SCRIPTS"), f->config_file, "id", &f->fd), ==, 0);
        g_assert_cmpint(setsockopt(f->fd, SOL_SOCKET, SO_RCVTIMEO, &guard, sizeof(guard)), ==, 0);
}

static void clear(Fixture *f) {
        g_autofree char *command = g_strdup_printf("rm -r %s", f->directory);
        int status;

        for (guint i = 0; i < f->children->len; i++) {
                pid_t pid = GPOINTER_TO_INT(f->children->pdata[i]);

                kill(pid, SIGKILL);
                waitpid(pid, NULL, 0);
        }
        g_ptr_array_unref(f->children);
        /* The runner ends well when its daemon is gone. */
        f->fd = safe_close(f->fd);
        g_assert_cmpint(waitpid(-1, &status, 0), >, 0);
        g_assert_cmpint(status, ==, 0);
        config_free(f->config);
        g_assert_cmpint(system(command), ==, 0);
        g_free(f->directory);
        g_free(f->config_file);
        g_free(f->path);
}

static void ask(Fixture *f, ScriptRequestType type, const char *name, bool at_start) {
        ScriptRequest request = {.serial = ++f->last_serial, .type = (uint8_t)type, .start = at_start};

        snprintf(request.name, sizeof(request.name), "%s", name);
        if (type == SCRIPT_WATCH_FILE && config_find_tracked_file(f->config, name))
                config_tracked_file_digest(config_find_tracked_file(f->config, name), request.digest);
        else if (type == SCRIPT_WATCH_PROCESS)
                config_process_digest(config_find_process(f->config, name), request.digest);
        g_assert_cmpint(send(f->fd, &request, sizeof(request), 0), ==, sizeof(request));
}

static ScriptReply await_reply(Fixture *f) {
        ScriptReply reply;

        g_assert_cmpint(recv(f->fd, &reply, sizeof(reply), 0), ==, sizeof(reply));
        g_test_message("%d %lld %s", reply.outcome, (long long)reply.value, reply.text);
        g_assert_cmpuint(reply.serial, ==, f->last_serial);
        return reply;
}

/* The next word about it is this. */
static void expect_seen(Fixture *f, bool up, int64_t value, const char *text) {
        ScriptReply reply = await_reply(f);

        g_assert_cmpint(reply.outcome, ==, up ? SCRIPT_SEEN_UP : SCRIPT_SEEN_DOWN);
        g_assert_cmpint(reply.value, ==, value);
        if (!strstr(reply.text, text))
                g_error("'%s' is not in '%s'", text, reply.text);
}

/* Sooner or later it says this. */
static void await_seen(Fixture *f, bool up, int64_t value, const char *text) {
        for (;;) {
                ScriptReply reply = await_reply(f);

                if (reply.outcome == (up ? SCRIPT_SEEN_UP : SCRIPT_SEEN_DOWN) && reply.value == value &&
                                strstr(reply.text, text))
                        return;
        }
}

/* The same, whatever the value. */
static void await_text(Fixture *f, const char *text) {
        while (!strstr(await_reply(f).text, text))
                ;
}

static void test_number(void) {
        /* A file's number is what keepalived 2.2.7 was seen to read: the beginning, in C's notation; none is
         * 0; one that is too large is no word at all. */
        static const struct {
                const char *text;
                bool up;
                int64_t value;
        } cases[] = {
                        {"5\n", true, 5},
                        {"-3xyz", true, -3},
                        {"0x10", true, 16},
                        {" 7 8 9", true, 7},
                        {"abc\n", false, 0},
                        {"2147483647", true, INT32_MAX},
                        {"", false, 0},
                        {"-2147483648", true, INT32_MIN},
        };
        Fixture f;

        start(&f, "track_file t {\nfile @/file\n}\n");
        write_text(f.path, "1\n");
        ask(&f, SCRIPT_WATCH_FILE, "t", true);
        expect_seen(&f, true, 1, "the file says 1");
        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
                write_text(f.path, cases[i].text);
                await_seen(&f, cases[i].up, cases[i].value, cases[i].up ? "the file says" : "no number");
        }
        write_text(f.path, "99999999999");
        await_seen(&f, false, INT32_MIN, "more than 32 bits, last value held");
        clear(&f);
}

static void test_comes_and_goes(void) {
        /* A file that is missing, made, replaced by rename, deleted; and one whose directory is made later,
         * two levels of it, deleted and made again. A missing file is 0. */
        g_autofree char *outer = NULL, *inner = NULL, *path = NULL, *other = NULL;
        Fixture f;

        start(&f, "track_file t {\nfile @/file\n}\ntrack_file u {\nfile @/a/b/file\n}\n");
        ask(&f, SCRIPT_WATCH_FILE, "t", true);
        expect_seen(&f, false, 0, "there is no such file");
        write_text(f.path, "1");
        await_seen(&f, true, 1, "1");
        other = in_directory(&f, "other");
        write_text(other, "2");
        g_assert_cmpint(g_rename(other, f.path), ==, 0);
        await_seen(&f, true, 2, "2");
        g_assert_cmpint(g_unlink(f.path), ==, 0);
        await_seen(&f, false, 0, "there is no such file");
        ask(&f, SCRIPT_UNWATCH, "", false);
        f.last_serial--;

        outer = in_directory(&f, "a");
        inner = in_directory(&f, "a/b");
        path = in_directory(&f, "a/b/file");
        f.last_serial++;
        ask(&f, SCRIPT_WATCH_FILE, "u", true);
        for (int64_t i = 3; i < 5; i++) {
                g_autofree char *number = g_strdup_printf("%d", (int)i);

                await_seen(&f, false, 0, "there is no such file");
                g_assert_cmpint(g_mkdir(outer, 0755), ==, 0);
                g_assert_cmpint(g_mkdir(inner, 0755), ==, 0);
                write_text(path, number);
                await_seen(&f, true, i, "the file says");
                g_assert_cmpint(g_unlink(path), ==, 0);
                g_assert_cmpint(g_rmdir(inner), ==, 0);
                g_assert_cmpint(g_rmdir(outer), ==, 0);
        }
        clear(&f);
}

static void test_no_file(void) {
        /* What is no regular file holds the value and nobody up: a FIFO without a writer, a directory, a
         * symbolic link that leads to itself. */
        Fixture f;

        start(&f, "track_file t {\nfile @/file\n}\n");
        write_text(f.path, "9");
        ask(&f, SCRIPT_WATCH_FILE, "t", true);
        expect_seen(&f, true, 9, "9");
        g_assert_cmpint(g_unlink(f.path), ==, 0);
        g_assert_cmpint(mkfifo(f.path, 0644), ==, 0);
        await_text(&f, "not a regular file");
        g_assert_cmpint(g_unlink(f.path), ==, 0);
        g_assert_cmpint(g_mkdir(f.path, 0755), ==, 0);
        await_text(&f, "Is a directory");
        g_assert_cmpint(g_rmdir(f.path), ==, 0);
        g_assert_cmpint(symlink(f.path, f.path), ==, 0);
        await_text(&f, "symbolic link");
        /* In place, without a moment in which there is no file, the value is held. */
        g_assert_cmpint(g_unlink(f.path), ==, 0);
        write_text(f.path, "8");
        await_seen(&f, true, 8, "8");
        {
                g_autofree char *fifo = in_directory(&f, "fifo");

                g_assert_cmpint(mkfifo(fifo, 0644), ==, 0);
                g_assert_cmpint(g_rename(fifo, f.path), ==, 0);
                await_seen(&f, false, 8, "not a regular file, last value held");
        }
        clear(&f);
}

static char *contents(const char *path) {
        char *text;

        g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
        return text;
}

static void test_init_file(void) {
        /* init_file makes a missing file; only `overwrite`, and only when the daemon starts, changes one
         * that is there; nothing is written through a link. */
        g_autofree char *victim = NULL, *text = NULL, *first = NULL, *second = NULL, *third = NULL;
        Fixture f;

        start(&f, "track_file t {\nfile @/file\ninit_file 5\n}\n"
                  "track_file o {\nfile @/over\ninit_file -6 overwrite\n}\n"
                  "track_file l {\nfile @/link\ninit_file 7 overwrite\n}\n");
        ask(&f, SCRIPT_WATCH_FILE, "t", true);
        expect_seen(&f, true, 5, "5");
        text = contents(f.path);
        g_assert_cmpstr(text, ==, "5\n");
        write_text(f.path, "1");
        await_seen(&f, true, 1, "1");
        ask(&f, SCRIPT_UNWATCH, "", true);
        f.last_serial = 1;

        first = in_directory(&f, "over");
        write_text(first, "1");
        f.last_serial = 10;
        ask(&f, SCRIPT_WATCH_FILE, "o", false);
        expect_seen(&f, true, 1, "1");
        f.last_serial = 10;
        ask(&f, SCRIPT_UNWATCH, "", false);
        ask(&f, SCRIPT_WATCH_FILE, "o", true);
        expect_seen(&f, true, -6, "-6");

        victim = in_directory(&f, "victim");
        second = in_directory(&f, "link");
        write_text(victim, "3");
        g_assert_cmpint(symlink(victim, second), ==, 0);
        ask(&f, SCRIPT_WATCH_FILE, "l", true);
        expect_seen(&f, true, 3, "3");
        third = contents(victim);
        g_assert_cmpstr(third, ==, "3");
        clear(&f);
}

static char *init_through(Fixture *f, const char *name, const char *path) {
        char *text = NULL;

        ask(f, SCRIPT_WATCH_FILE, name, true);
        (void)await_reply(f);
        (void)g_file_get_contents(path, &text, NULL, NULL);
        return text;
}

static void test_init_file_link_above(void) {
        /* A symbolic link in a directory above the file is followed by root where nobody but root can have
         * made it (/var/run), and not where the link, or the directory that it is in, is another's. */
        g_autofree char *real = NULL, *link = NULL, *shared = NULL, *theirs = NULL, *made = NULL;
        g_autofree char *first = NULL, *second = NULL, *third = NULL, *beside = NULL, *fourth = NULL,
                        *second_link = NULL;
        Fixture f;

        start(&f, "track_file root {\nfile @/link/a/../file\ninit_file 5\n}\n"
                  "track_file shared {\nfile @/shared/link/file\ninit_file 6 overwrite\n}\n"
                  "track_file theirs {\nfile @/theirs/file\ninit_file 7 overwrite\n}\n"
                  "track_file beside {\nfile @/shared/file\ninit_file 8\n}\n");
        real = in_directory(&f, "real/a");
        made = in_directory(&f, "real/file");
        link = in_directory(&f, "link");
        shared = in_directory(&f, "shared");
        beside = in_directory(&f, "shared/file");
        theirs = in_directory(&f, "theirs");
        g_assert_cmpint(g_mkdir_with_parents(real, 0755), ==, 0);
        g_assert_cmpint(symlink("./real//", link), ==, 0);
        first = init_through(&f, "root", made);
        g_assert_cmpstr(first, ==, "5\n");

        g_assert_cmpint(g_mkdir(shared, 0755), ==, 0);
        g_assert_cmpint(chmod(shared, 0777), ==, 0);
        second_link = g_build_filename(shared, "link", NULL);
        g_assert_cmpint(symlink("../real", second_link), ==, 0);
        second = init_through(&f, "shared", made);
        g_assert_cmpstr(second, ==, "5\n");
        /* An ordinary file in such a directory is made all the same. */
        fourth = init_through(&f, "beside", beside);
        g_assert_cmpstr(fourth, ==, "8\n");

        g_assert_cmpint(symlink("real", theirs), ==, 0);
        g_assert_cmpint(lchown(theirs, 65534, 65534), ==, 0);
        third = init_through(&f, "theirs", made);
        g_assert_cmpstr(third, ==, "5\n");
        clear(&f);
}

static void test_refused(void) {
        /* What is not in the runner's own reading of the file, or differs from it, is not watched; asked
         * again, a watch says again what it has seen. */
        ScriptRequest request = {.serial = 7, .type = SCRIPT_WATCH_FILE, .name = "t", .digest = "other"};
        Fixture f;

        start(&f, "track_file t {\nfile @/file\n}\n");
        ask(&f, SCRIPT_WATCH_FILE, "nosuch", true);
        g_assert_cmpint(await_reply(&f).outcome, ==, SCRIPT_UNKNOWN);
        g_assert_cmpint(send(f.fd, &request, sizeof(request), 0), ==, sizeof(request));
        f.last_serial = 7;
        g_assert_cmpint(await_reply(&f).outcome, ==, SCRIPT_MISMATCH);
        ask(&f, SCRIPT_WATCH_FILE, "t", true);
        expect_seen(&f, false, 0, "no such file");
        ask(&f, SCRIPT_WATCH_FILE, "t", true);
        expect_seen(&f, false, 0, "no such file");
        clear(&f);
}

/* -- Processes -- */

/* A copy of sleep(1) of its own name, so that no other process of the host counts. */
static char *make_program(const Fixture *f, char name[16]) {
        g_autofree char *command = NULL;
        char *path;

        snprintf(name, 16, "vt%u", (unsigned)getpid());
        path = in_directory(f, name);
        command = g_strdup_printf("cp /bin/sleep %s", path);
        g_assert_cmpint(system(command), ==, 0);
        return path;
}

static pid_t start_process(Fixture *f, const char *path, const char *parameter) {
        pid_t pid = fork();

        g_assert_cmpint(pid, >=, 0);
        if (pid == 0) {
                execl(path, path, parameter, NULL);
                _exit(127);
        }
        g_ptr_array_add(f->children, GINT_TO_POINTER(pid));
        return pid;
}

static void end_process(Fixture *f, pid_t pid) {
        g_ptr_array_remove(f->children, GINT_TO_POINTER(pid));
        g_assert_cmpint(kill(pid, SIGKILL), ==, 0);
        g_assert_cmpint(waitpid(pid, NULL, 0), ==, pid);
}

/* Writes the block with the program's name (%n) and path (%p) and starts over with it. */
static char *start_with_program(Fixture *f, const char *block, char name[16]) {
        g_autoptr(GString) text = NULL;
        g_autofree char *path = NULL;
        ConfigMessages messages = {};

        start(f, "");
        path = make_program(f, name);
        text = g_string_new(block);
        g_string_replace(text, "%n", name, 0);
        g_string_replace(text, "%p", path, 0);
        write_text(f->config_file, text->str);
        config_free(f->config);
        f->config = NULL;
        g_assert_cmpint(config_load(f->config_file, "id", &messages, &f->config), ==, 0);
        config_messages_clear(&messages);
        return g_steal_pointer(&path);
}

/* The first request tells the runner to read the new file. */
static void ask_process(Fixture *f, const char *name) {
        ScriptRequest request = {.serial = ++f->last_serial, .type = SCRIPT_WATCH_PROCESS, .reload = 1};

        snprintf(request.name, sizeof(request.name), "%s", name);
        config_process_digest(config_find_process(f->config, name), request.digest);
        g_assert_cmpint(send(f->fd, &request, sizeof(request), 0), ==, sizeof(request));
}

static void test_quorum(void) {
        /* Up while the number of processes is from quorum to quorum_max; a process that has ended but was
         * not waited for does not count. */
        g_autofree char *path = NULL;
        pid_t first, second, third;
        char name[16];
        Fixture f;

        path = start_with_program(
                        &f, "vrrp_track_process p {\nprocess %n\nquorum 1\nquorum_max 2\n}\n", name);
        ask_process(&f, "p");
        expect_seen(&f, false, 0, "0 running, 1 to 2 wanted");
        first = start_process(&f, path, "1000");
        await_seen(&f, true, 1, "1 running");
        second = start_process(&f, path, "1000");
        await_seen(&f, true, 2, "2 running");
        third = start_process(&f, path, "1000");
        await_seen(&f, false, 3, "3 running");
        end_process(&f, third);
        await_seen(&f, true, 2, "2 running");
        end_process(&f, second);
        await_seen(&f, true, 1, "1 running");
        g_assert_cmpint(kill(first, SIGKILL), ==, 0); /* a zombie */
        await_seen(&f, false, 0, "0 running");
        clear(&f);
}

static void test_parameters(void) {
        /* Parameters tell processes of one program apart; quorum_max 0 is up while there is none. */
        g_autofree char *path = NULL;
        char name[16];
        pid_t one;
        Fixture f;

        path = start_with_program(&f,
                        "vrrp_track_process e {\nprocess %p 1001\n}\n"
                        "vrrp_track_process none {\nprocess %p 100\nparam_match initial\nquorum_max 0\n}\n",
                        name);
        (void)start_process(&f, path, "2000");
        ask_process(&f, "e");
        expect_seen(&f, false, 0, "0 running, at least 1 wanted");
        one = start_process(&f, path, "1001");
        await_seen(&f, true, 1, "1 running");
        end_process(&f, one);
        await_seen(&f, false, 0, "0 running");
        ask(&f, SCRIPT_UNWATCH, "", false);
        ask_process(&f, "none");
        await_seen(&f, true, 0, "0 running, 0 wanted");
        one = start_process(&f, path, "1002");
        await_seen(&f, false, 1, "1 running");
        clear(&f);
}

static void test_delays(void) {
        /* A number that leaves the quorum and returns before terminate_delay is over was never away; one
         * that stays away is told at its end, not before. */
        g_autofree char *path = NULL;
        gint64 ended;
        pid_t first;
        char name[16];
        Fixture f;

        path = start_with_program(&f, "vrrp_track_process p {\nprocess %n\nterminate_delay 2.5\n}\n", name);
        first = start_process(&f, path, "1000");
        ask_process(&f, "p");
        await_seen(&f, true, 1, "1 running");
        end_process(&f, first);
        await_seen(&f, true, 0, "0 running, at least 1 wanted, which has not lasted yet");
        first = start_process(&f, path, "1000");
        await_seen(&f, true, 1, "1 running, at least 1 wanted");
        ended = g_get_monotonic_time();
        end_process(&f, first);
        await_seen(&f, true, 0, "has not lasted yet");
        await_seen(&f, false, 0, "0 running, at least 1 wanted");
        g_assert_cmpint(g_get_monotonic_time() - ended, >=, 2500000);
        clear(&f);
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/track/watches/number", test_number);
        g_test_add_func("/track/watches/comes-and-goes", test_comes_and_goes);
        g_test_add_func("/track/watches/no-file", test_no_file);
        g_test_add_func("/track/watches/init-file", test_init_file);
        g_test_add_func("/track/watches/init-file-link-above", test_init_file_link_above);
        g_test_add_func("/track/watches/refused", test_refused);
        g_test_add_func("/track/watches/quorum", test_quorum);
        g_test_add_func("/track/watches/parameters", test_parameters);
        g_test_add_func("/track/watches/delays", test_delays);
        return g_test_run();
}
