/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The real vrrpd-scripts as the daemon meets it: requests go in, replies come out, processes are looked at
 * from outside. Its path is in $VRRPD_SCRIPTS. Needs root, because user switching and the judgement of paths
 * are what it is about. */

#include "service/config/load.h"
#include "service/track/runner-spawn.h"
#include "service/track/script-wire.h"
#include "service/track/tracker.h"
#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#define NOBODY 65534

typedef struct Fixture {
        char *directory, *config_file;
        Config *config;
        int fd; /* our end of the socket to the runner */
        uint32_t last_serial;
} Fixture;

static const char *program(void) {
        const char *p = g_getenv("VRRPD_SCRIPTS");

        g_assert_nonnull(p);
        return p;
}

/* The file that vrrpd and vrrpd-scripts both read: script blocks, tracked by one instance. */
static void write_config(const Fixture *f, const char *scripts) {
        g_autofree char *text = g_strdup_printf("%s\n"
                                                "vrrp_instance VI {\n"
                                                "interface lo\n"
                                                "virtual_router_id 1\n"
                                                "virtual_ipaddress {\n"
                                                "192.0.2.1\n"
                                                "}\n"
                                                "track_script {\n"
                                                "check\n"
                                                "}\n"
                                                "}\n",
                        scripts);

        g_assert_true(g_file_set_contents(f->config_file, text, -1, NULL));
}

static void write_check(const Fixture *f, const char *command, const char *more) {
        g_autofree char *text =
                        g_strdup_printf("vrrp_script check {\nscript \"%s\"\n%s\n}\n", command, more);

        write_config(f, text);
}

/* Reads the file as the daemon does when it loads. */
static void daemon_loads(Fixture *f) {
        ConfigMessages messages = {};
        Config *config = NULL;

        if (config_load(f->config_file, NULL, &messages, &config) < 0) {
                _cleanup_free_ char *text = config_messages_format(&messages);

                g_error("%s", text);
        }
        config_messages_clear(&messages);
        config_free(f->config);
        f->config = config;
}

static void init(Fixture *f) {
        *f = (Fixture){.fd = -EBADF};
        g_assert_cmpuint(geteuid(), ==, 0);
        f->directory = g_dir_make_tmp("vrrpd-scripts-XXXXXX", NULL);
        g_assert_nonnull(f->directory);
        g_assert_cmpint(g_chmod(f->directory, 0755), ==, 0);
        f->config_file = g_build_filename(f->directory, "vrrpd.conf", NULL);
}

static void start_runner(Fixture *f) {
        const struct timeval guard = {.tv_sec = 30};

        g_assert_cmpint(script_runner_spawn(program(), f->config_file, "id", &f->fd), ==, 0);
        g_assert_cmpint(setsockopt(f->fd, SOL_SOCKET, SO_RCVTIMEO, &guard, sizeof(guard)), ==, 0);
}

/* Everything at once: a file with the script "check", a daemon that has read it, a runner. */
static void start(Fixture *f, const char *command, const char *more) {
        init(f);
        write_check(f, command, more);
        daemon_loads(f);
        start_runner(f);
}

/* The runner's end: it must end by itself, with status 0, once its socket is closed. */
static void stop_runner(Fixture *f) {
        int status;

        if (f->fd < 0)
                return;
        f->fd = safe_close(f->fd);
        g_assert_cmpint(waitpid(-1, &status, 0), >, 0);
        g_assert_cmpint(status, ==, 0);
}

static void clear(Fixture *f) {
        g_autofree char *command = g_strdup_printf("rm -r %s", f->directory);

        stop_runner(f);
        config_free(f->config);
        g_assert_cmpint(system(command), ==, 0);
        g_free(f->directory);
        g_free(f->config_file);
}

static void ask(Fixture *f, const char *name, bool reload) {
        const ConfigScript *script = config_find_script(f->config, name);
        ScriptRequest request = {.serial = ++f->last_serial, .reload = reload};

        snprintf(request.name, sizeof(request.name), "%s", name);
        if (script)
                config_script_digest(f->config, script, request.digest);
        g_assert_cmpint(send(f->fd, &request, sizeof(request), 0), ==, sizeof(request));
}

static ScriptReply await_reply(Fixture *f) {
        ScriptReply reply;

        g_assert_cmpint(recv(f->fd, &reply, sizeof(reply), 0), ==, sizeof(reply));
        g_assert_cmpuint(reply.serial, ==, f->last_serial);
        return reply;
}

static ScriptReply run(Fixture *f) {
        ask(f, "check", false);
        return await_reply(f);
}

/* Runs one command in a runner of its own. */
static void assert_outcome(const char *command, const char *more, ScriptOutcome outcome, int code) {
        ScriptReply reply;
        Fixture f;

        g_test_message("%s", command);
        start(&f, command, more);
        reply = run(&f);
        g_assert_cmpint(reply.outcome, ==, outcome);
        g_assert_cmpint(reply.code, ==, code);
        clear(&f);
}

static char *path_in(const Fixture *f, const char *name) {
        return g_build_filename(f->directory, name, NULL);
}

static char *contents_of(const Fixture *f, const char *name) {
        g_autofree char *path = path_in(f, name);
        char *text = NULL;

        g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
        return text;
}

static char *add_program(const Fixture *f, const char *name, const char *text) {
        char *path = path_in(f, name);

        g_assert_true(g_file_set_contents(path, text, -1, NULL));
        g_assert_cmpint(g_chmod(path, 0755), ==, 0);
        return path;
}

static void test_results(void) {
        /* Exit statuses and signals arrive as they were. */
        assert_outcome("/bin/true", "", SCRIPT_EXITED, 0);
        assert_outcome("/bin/false", "", SCRIPT_EXITED, 1);
        assert_outcome("exit 42", "", SCRIPT_EXITED, 42);
        assert_outcome("kill -SEGV $$", "", SCRIPT_KILLED, SIGSEGV);
}

static void test_syntax(void) {
        /* A plain command is split as a shell would, quotes included; anything more has a shell's meaning.
         */
        assert_outcome("/usr/bin/test a = a", "", SCRIPT_EXITED, 0);
        assert_outcome("test 'a  b' = 'a  b'", "", SCRIPT_EXITED, 0);
        assert_outcome("test 'a; exit 7' = x", "", SCRIPT_EXITED, 1);
        assert_outcome("test -d / && exit 7 || exit 8", "", SCRIPT_EXITED, 7);
        assert_outcome("if true; then exit 9; fi", "", SCRIPT_EXITED, 9);
        assert_outcome("X=5 sh -c 'exit $X'", "", SCRIPT_EXITED, 5);
        assert_outcome("/bin/sh -c 'exit 3'", "", SCRIPT_EXITED, 3);
}

static void test_cannot_start(void) {
        /* What cannot be started is told as that, with the reason, and not as the check's own failure. */
        g_autofree char *path = NULL, *command = NULL;
        ScriptReply reply;
        Fixture f;

        assert_outcome("no-such-command-anywhere", "", SCRIPT_FAILED, ENOENT);
        assert_outcome("/no/such/file", "", SCRIPT_FAILED, ENOENT);
        assert_outcome("/etc/passwd", "", SCRIPT_FAILED, EACCES);

        /* A file without a #! line is a shell script, as everywhere. */
        init(&f);
        path = add_program(&f, "plain", "exit 6\n");
        write_check(&f, path, "");
        daemon_loads(&f);
        start_runner(&f);
        reply = run(&f);
        g_assert_cmpint(reply.outcome, ==, SCRIPT_EXITED);
        g_assert_cmpint(reply.code, ==, 6);

        g_assert_cmpint(g_chmod(path, 0644), ==, 0);
        reply = run(&f);
        g_assert_cmpint(reply.outcome, ==, SCRIPT_FAILED);
        command = g_strdup_printf("cannot be started: %.47s: Permission denied", path);
        g_assert_cmpstr(reply.text, ==, command);
        clear(&f);
}

/* A pidfd of the process whose number the check has written to file `name`. */
static int open_written_pid(const Fixture *f, const char *name) {
        g_autofree char *text = contents_of(f, name);
        int fd = pidfd_open(atoi(text), 0);

        g_assert_cmpint(fd, >=, 0);
        return fd;
}

static void await_end(int pidfd) {
        struct pollfd p = {.fd = pidfd, .events = POLLIN};

        g_assert_cmpint(poll(&p, 1, 30000), ==, 1);
        safe_close(pidfd);
}

static void test_timeout(void) {
        /* At its timeout a check has failed, and everything it has started ends, also what does not heed
         * SIGTERM. */
        static const char *const scripts[] = {
                        "#!/bin/sh\nsleep 1000 & echo $! > %s/pid.tmp; mv %s/pid.tmp %s/pid; wait\n",
                        "#!/bin/sh\ntrap '' TERM\nsleep 1000 & echo $! > %s/pid.tmp; mv %s/pid.tmp %s/pid; "
                        "wait\n",
        };

        for (size_t i = 0; i < ELEMENTSOF(scripts); i++) {
                g_autofree char *text = NULL, *path = NULL;
                g_auto(GStrv) parts = g_strsplit(scripts[i], "%s", -1);
                ScriptReply reply;
                Fixture f;
                int pidfd;

                init(&f);
                text = g_strjoinv(f.directory, parts);
                path = add_program(&f, "check", text);
                write_check(&f, path, "timeout 1");
                daemon_loads(&f);
                start_runner(&f);
                ask(&f, "check", false);
                text = (g_free(text), path_in(&f, "pid"));
                while (!g_file_test(text, G_FILE_TEST_EXISTS))
                        sched_yield();
                pidfd = open_written_pid(&f, "pid");
                reply = await_reply(&f);
                g_assert_cmpint(reply.outcome, ==, SCRIPT_TIMEOUT);
                g_assert_cmpuint(reply.duration_usec, >=, USEC_PER_SEC);
                await_end(pidfd);

                /* The next run begins when the old one is gone, and works. */
                g_free(path);
                path = add_program(&f, "check", "#!/bin/sh\nexit 0\n");
                reply = run(&f);
                g_assert_cmpint(reply.outcome, ==, SCRIPT_EXITED);
                clear(&f);
        }
}

static void test_replaced_run(void) {
        /* Asked again while a run is under way, that one is ended without a word, and the new one is run and
         * told. */
        ScriptReply reply;
        Fixture f;

        start(&f, "sleep 1000", "interval 1000\n");
        ask(&f, "check", false);
        ask(&f, "other", false); /* once this is answered, the first one runs */
        g_assert_cmpint(await_reply(&f).outcome, ==, SCRIPT_UNKNOWN);
        write_check(&f, "exit 4", "");
        daemon_loads(&f);
        ask(&f, "check", true);
        reply = await_reply(&f);
        g_assert_cmpint(reply.outcome, ==, SCRIPT_EXITED);
        g_assert_cmpint(reply.code, ==, 4);
        clear(&f);
}

static void test_user(void) {
        /* A check of another user has that user's ids, no supplementary group of root's, and no capability.
         */
        g_autofree char *out = NULL, *more = NULL, *status = NULL;
        Fixture f;

        init(&f);
        out = path_in(&f, "out");
        g_assert_cmpint(g_mkdir(out, 0755), ==, 0);
        g_assert_cmpint(chown(out, NOBODY, NOBODY), ==, 0);
        more = g_strdup_printf("grep -E '^(Uid|Gid|Groups|Cap)' /proc/self/status > %s/status", out);
        write_check(&f, more, "user nobody nogroup");
        daemon_loads(&f);
        start_runner(&f);
        g_assert_cmpint(run(&f).outcome, ==, SCRIPT_EXITED);
        status = contents_of(&f, "out/status");
        g_assert_nonnull(strstr(status, "Uid:\t65534\t65534\t65534\t65534\n"));
        g_assert_nonnull(strstr(status, "Gid:\t65534\t65534\t65534\t65534\n"));
        g_assert_nonnull(strstr(status, "Groups:\t65534 \n"));
        g_assert_nonnull(strstr(status, "CapInh:\t0000000000000000\n"));
        g_assert_nonnull(strstr(status, "CapPrm:\t0000000000000000\n"));
        g_assert_nonnull(strstr(status, "CapEff:\t0000000000000000\n"));
        g_assert_nonnull(strstr(status, "CapAmb:\t0000000000000000\n"));
        /* what ping and sudo need */
        g_assert_null(strstr(status, "CapBnd:\t0000000000000000\n"));
        clear(&f);
}

static void test_missing_user(void) {
        /* A user or group that does not exist is named. */
        ScriptReply reply;
        Fixture f;

        start(&f, "/bin/true", "user nobody-of-that-name");
        reply = run(&f);
        g_assert_cmpint(reply.outcome, ==, SCRIPT_REFUSED);
        g_assert_cmpstr(reply.text, ==, "user nobody-of-that-name does not exist");
        write_check(&f, "/bin/true", "user nobody nogroup-of-that-name");
        daemon_loads(&f);
        ask(&f, "check", true);
        reply = await_reply(&f);
        g_assert_cmpint(reply.outcome, ==, SCRIPT_REFUSED);
        g_assert_cmpstr(reply.text, ==, "group nogroup-of-that-name does not exist");
        clear(&f);
}

static void test_surroundings(void) {
        /* A check has a fixed environment, no descriptor of ours, default signals, no output, and a group of
         * its own. */
        g_autofree char *path = NULL, *text = NULL, *seen = NULL, *signals = NULL;
        unsigned long blocked, ignored;
        Fixture f;

        init(&f);
        text = g_strdup_printf("#!/bin/sh\n"
                               "exec 9>%s/seen\n"
                               "/usr/bin/env | grep -vE '^(PWD|OLDPWD|_)=' | sort >&9\n"
                               "pwd >&9\n"
                               "umask >&9\n"
                               "grep -E '^Sig(Blk|Ign)' /proc/self/status >%s/signals\n"
                               /* In a subshell: the shell's own end of the pipe would be one of them. */
                               "(ls -l /proc/$$/fd | sed -nE 's/.* ([0-9]+) -> /\\1 /p') >&9\n"
                               "test \"$(cut -d' ' -f5,6 /proc/$$/stat)\" = \"$$ $$\" && echo own >&9\n",
                        f.directory, f.directory);
        path = add_program(&f, "check", text);
        write_check(&f, path, "");
        daemon_loads(&f);
        g_setenv("SECRET", "inherited", TRUE);
        signal(SIGUSR1, SIG_IGN);
        start_runner(&f);
        g_unsetenv("SECRET");
        signal(SIGUSR1, SIG_DFL);
        g_assert_cmpint(run(&f).outcome, ==, SCRIPT_EXITED);
        seen = contents_of(&f, "seen");
        g_free(text);
        text = g_strdup_printf("LANG=C.UTF-8\n"
                               "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n"
                               "/\n"
                               "0022\n"
                               "0 /dev/null\n"
                               "1 /dev/null\n"
                               "10 %s\n"
                               "2 /dev/null\n"
                               "9 %s/seen\n"
                               "own\n",
                        path, f.directory);
        g_assert_cmpstr(seen, ==, text);

        /* Signals 32 and 33 are the C library's and cannot be reset by anybody. */
        signals = contents_of(&f, "signals");
        g_assert_cmpint(sscanf(signals, "SigBlk: %lx SigIgn: %lx", &blocked, &ignored), ==, 2);
        g_assert_cmphex(blocked, ==, 0);
        g_assert_cmphex(ignored & ~0x180000000UL, ==, 0);
        clear(&f);
}

static void test_refusal(void) {
        /* As root nothing is run that others can change, be it the file, a directory on the way or a link's;
         * and once that is put right, it is. */
        g_autofree char *path = NULL, *inner = NULL, *link = NULL, *text = NULL;
        ScriptReply reply;
        Fixture f;

        init(&f);
        inner = path_in(&f, "inner");
        link = path_in(&f, "link");
        g_assert_cmpint(g_mkdir(inner, 0755), ==, 0);
        path = add_program(&f, "inner/check", "#!/bin/sh\nexit 0\n");
        g_assert_cmpint(symlink("inner/../inner/./check", link), ==, 0);
        write_check(&f, link, "");
        daemon_loads(&f);
        start_runner(&f);
        g_assert_cmpint(run(&f).outcome, ==, SCRIPT_EXITED);

        g_assert_cmpint(g_chmod(path, 0757), ==, 0);
        reply = run(&f);
        g_assert_cmpint(reply.outcome, ==, SCRIPT_REFUSED);
        text = g_strdup_printf("%s can be written by others: chmod go-w it", path);
        g_assert_cmpstr(reply.text, ==, text);

        g_assert_cmpint(g_chmod(path, 0755), ==, 0);
        g_assert_cmpint(g_chmod(inner, 0777), ==, 0);
        reply = run(&f);
        g_assert_cmpint(reply.outcome, ==, SCRIPT_REFUSED);
        text = (g_free(text), g_strdup_printf("%s can be written by others: chmod go-w it", inner));
        g_assert_cmpstr(reply.text, ==, text);

        g_assert_cmpint(g_chmod(inner, 0755), ==, 0);
        g_assert_cmpint(lchown(link, NOBODY, NOBODY), ==, 0);
        reply = run(&f);
        g_assert_cmpint(reply.outcome, ==, SCRIPT_REFUSED);
        text = (g_free(text),
                        g_strdup_printf("%s belongs to user id 65534, not to root: chown root it", link));
        g_assert_cmpstr(reply.text, ==, text);

        g_assert_cmpint(lchown(link, 0, 0), ==, 0);
        g_assert_cmpint(run(&f).outcome, ==, SCRIPT_EXITED);

        /* Within shell syntax, too; but the same is no matter for a user without rights. */
        g_assert_cmpint(g_chmod(path, 0757), ==, 0);
        text = (g_free(text), g_strdup_printf("true && %s", path));
        write_check(&f, text, "");
        daemon_loads(&f);
        ask(&f, "check", true);
        g_assert_cmpint(await_reply(&f).outcome, ==, SCRIPT_REFUSED);
        write_check(&f, text, "user nobody");
        daemon_loads(&f);
        ask(&f, "check", true);
        g_assert_cmpint(await_reply(&f).outcome, ==, SCRIPT_EXITED);
        clear(&f);
}

static void test_digest(void) {
        /* Only what the daemon has loaded is run: an edited file is a mismatch until both have read it
         * again; a name that the file does not have is unknown; a faulty file changes nothing. */
        ScriptReply reply;
        Fixture f;

        start(&f, "exit 1", "");
        g_assert_cmpint(run(&f).code, ==, 1);
        ask(&f, "other", false);
        g_assert_cmpint(await_reply(&f).outcome, ==, SCRIPT_UNKNOWN);

        write_check(&f, "exit 2", "");
        g_assert_cmpint(run(&f).code, ==, 1);
        ask(&f, "check", true);
        g_assert_cmpint(await_reply(&f).outcome, ==, SCRIPT_MISMATCH);
        daemon_loads(&f);
        reply = run(&f);
        g_assert_cmpint(reply.outcome, ==, SCRIPT_EXITED);
        g_assert_cmpint(reply.code, ==, 2);

        g_assert_true(g_file_set_contents(f.config_file, "vrrp_script {{{ BROKEN", -1, NULL));
        ask(&f, "check", true);
        g_assert_cmpint(await_reply(&f).code, ==, 2);
        clear(&f);
}

static void test_end(void) {
        /* When the daemon closes the socket, what runs is killed and the runner exits with 0. */
        g_autofree char *path = NULL, *text = NULL;
        Fixture f;
        int pidfd;

        init(&f);
        text = g_strdup_printf(
                        "#!/bin/sh\ntrap '' TERM\necho $$ > %s/pid.tmp; mv %s/pid.tmp %s/pid; sleep 1000\n",
                        f.directory, f.directory, f.directory);
        path = add_program(&f, "check", text);
        write_check(&f, path, "interval 1000");
        daemon_loads(&f);
        start_runner(&f);
        ask(&f, "check", false);
        text = (g_free(text), path_in(&f, "pid"));
        while (!g_file_test(text, G_FILE_TEST_EXISTS))
                sched_yield();
        pidfd = open_written_pid(&f, "pid");
        stop_runner(&f);
        await_end(pidfd);
        clear(&f);
}

static void test_wrong_packet(void) {
        /* A daemon of another version is left, not misread. */
        Fixture f;
        char byte;

        start(&f, "/bin/true", "");
        g_assert_cmpint(send(f.fd, "xyz", 3, 0), ==, 3);
        g_assert_cmpint(recv(f.fd, &byte, 1, 0), ==, 0);
        clear(&f);
}

static void ignore_tracker(Tracker *tracker, bool flipped, void *userdata) {
}

static pid_t start_by_socket(const Fixture *f, const char *socket_path) {
        pid_t pid = fork();

        if (pid == 0) {
                prctl(PR_SET_PDEATHSIG, SIGKILL); /* should this test fail, nothing stays behind */
                execl(program(), "vrrpd-scripts", "-f", f->config_file, "--config-id=id", "--socket",
                                socket_path, NULL);
                _exit(127);
        }
        g_assert_cmpint(pid, >, 0);
        return pid;
}

static void await_text(sd_event *event, const Tracker *t, const char *text) {
        while (!streq(t->status_text, text))
                g_assert_cmpint(sd_event_run(event, USEC_INFINITY), >=, 0);
}

static void end(pid_t pid, int sig, int status_wanted) {
        int status;

        g_assert_cmpint(kill(pid, sig), ==, 0);
        g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
        g_assert_cmpint(status, ==, status_wanted);
}

static void test_both_ends(void) {
        /* The daemon's trackers and the runner together: results flow; the runner killed → value held; a new
         * one → on it goes; the daemon restarted → the same runner finds it again. */
        _cleanup_(sd_event_unrefp) sd_event *event = NULL;
        g_autofree char *socket_path = NULL;
        TrackerSet *set = NULL;
        Tracker *t;
        Fixture f;
        pid_t pid;

        init(&f);
        write_check(&f, "/bin/true", "");
        daemon_loads(&f);
        socket_path = path_in(&f, "scripts.sock");
        g_assert_cmpint(sd_event_new(&event), >=, 0);
        pid = start_by_socket(&f, socket_path); /* before there is anybody to connect to */
        g_assert_cmpint(tracker_set_new(event, 0, NULL, -EBADF, socket_path, ignore_tracker, NULL, &set), ==,
                        0);
        g_assert_cmpint(tracker_set_configure(set, f.config), ==, 0);
        t = tracker_set_find(set, VRRP_TRACKER_SCRIPT, "check");
        await_text(event, t, "exit status 0");

        end(pid, SIGKILL, SIGKILL);
        await_text(event, t, "vrrpd-scripts is gone, last value held");
        g_assert_cmpint(t->state, ==, VRRP_TRACKER_UP);
        pid = start_by_socket(&f, socket_path);
        await_text(event, t, "exit status 0");

        tracker_set_free(set);
        write_check(&f, "exit 3", "");
        daemon_loads(&f);
        g_assert_cmpint(tracker_set_new(event, 0, NULL, -EBADF, socket_path, ignore_tracker, NULL, &set), ==,
                        0);
        g_assert_cmpint(tracker_set_configure(set, f.config), ==, 0);
        t = tracker_set_find(set, VRRP_TRACKER_SCRIPT, "check");
        await_text(event, t, "exit status 3");
        tracker_set_free(set);
        end(pid, SIGTERM, 0);
        clear(&f);
}

static void assert_exit_status(const char *arguments, int wanted) {
        g_autofree char *command = g_strdup_printf("%s %s >/dev/null 2>&1", program(), arguments);

        g_assert_cmpint(system(command), ==, wanted << 8);
}

static void test_arguments(void) {
        /* Wrong usage is status 2; a program that is not there is an error of the spawning function. */
        int fd;

        assert_exit_status("--help", 0);
        assert_exit_status("--version", 0);
        assert_exit_status("--no-such-option", 2);
        assert_exit_status("word", 2);
        assert_exit_status("--fd=x", 2);
        assert_exit_status("--fd=99", 2);
        assert_exit_status("--socket=/$(printf '%0200d' 0)", 2);
        g_assert_cmpint(script_runner_spawn("/no/such/program", "/dev/null", NULL, &fd), ==, -ENOENT);
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/scripts/results", test_results);
        g_test_add_func("/scripts/syntax", test_syntax);
        g_test_add_func("/scripts/cannot-start", test_cannot_start);
        g_test_add_func("/scripts/timeout", test_timeout);
        g_test_add_func("/scripts/replaced-run", test_replaced_run);
        g_test_add_func("/scripts/user", test_user);
        g_test_add_func("/scripts/missing-user", test_missing_user);
        g_test_add_func("/scripts/surroundings", test_surroundings);
        g_test_add_func("/scripts/refusal", test_refusal);
        g_test_add_func("/scripts/digest", test_digest);
        g_test_add_func("/scripts/end", test_end);
        g_test_add_func("/scripts/wrong-packet", test_wrong_packet);
        g_test_add_func("/scripts/both-ends", test_both_ends);
        g_test_add_func("/scripts/arguments", test_arguments);
        return g_test_run();
}
