/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The command line itself: what is refused, help and version; `check`, which runs the daemon's parser; other
 * hosts; and the agent that asks for a password. */

#include "ctl/agent.h"
#include "fake-daemon.h"
#include <fcntl.h>
#include <glib/gstdio.h>
#include <pty.h>
#include <string.h>
#include <sys/wait.h>

#define TEXT_16 "0123456789abcdef"
#define TEXT_128 TEXT_16 TEXT_16 TEXT_16 TEXT_16 TEXT_16 TEXT_16 TEXT_16 TEXT_16

/* Property: what is not understood, or has no meaning for the verb, is exit code 2 and one line that says
 * what. */
static void test_usage(void) {
        static const struct {
                const char *argv[4], *text;
        } cases[] = {
                        {{"stauts"}, "there is no verb \"stauts\""},
                        {{"--frobnicate"}, "frobnicate"},
                        {{"show"}, "show needs a name, or --config"},
                        {{"show", "a", "--config"}, "show takes a name or --config, not both"},
                        {{"status", "--config"}, "--config is not an option of status"},
                        {{"show", "a", "b"}, "show takes only NAME | --config"},
                        {{"reload", "now"}, "reload takes no arguments"},
                        {{"status", "--force"}, "--mode or --force is not an option of status"},
                        {{"failover", "a", "--priority=3"}, "--priority is not an option of failover"},
                        {{"status", "--reason=x"}, "--reason"},
                        {{"status", "--for=1s"}, "--for"},
                        {{"pause", "a", "--reason=\xFF"}, "the text of --reason is not UTF-8"},
                        {{"pause", "a", "--reason=a\nb"}, "has a control character in it"},
                        {{"pause", "a", "--reason=" TEXT_128}, "is 128 bytes long; the limit is 127"},
                        {{"status", "--group"}, "--group"},
                        {{"status", "--no-block"}, "--no-block"},
                        {{"status", "--state=master"}, "--state"},
                        {{"status", "--exec=x"}, "--exec"},
                        {{"status", "-v"}, "--verbose"},
                        {{"status", "--initial"}, "--initial"},
                        {{"status", "-n3"}, "--lines"},
                        {{"wait", "a"}, "wait needs --state"},
                        {{"wait", "a", "--state=master,mster"}, "not \"mster\""},
                        {{"wait", "a", "--state="}, "not \"\""},
                        {{"failover", "a", "--mode=hard"}, "not \"hard\""},
                        {{"promote", "a", "--priority=255"}, "from 1 to 254, not \"255\""},
                        {{"pause", "a", "--for=soon"}, "not \"soon\""},
                        {{"pause", "a", "--for=0"}, "not \"0\""},
                        {{"events", "-n", "0"}, "not \"0\""},
                        {{"--json=xml"}, "not \"xml\""},
                        {{"--color=pink"}, "not \"pink\""},
                        {{"--timeout=x"}, "not \"x\""},
                        {{"-H", "a", "-Mb"}, "exclude each other"},
                        {{"check", "-H", "a"}, "files of this host only"},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                const char *const *a = cases[i].argv;
                g_autoptr(Run) r = run_ctl(
                                NULL, a[0], a[1], a[1] ? a[2] : NULL, a[1] && a[2] ? a[3] : NULL, NULL);
                g_assert_cmpint(r->code, ==, 2);
                g_assert_cmpstr(r->out, ==, "");
                assert_contains(r->err, cases[i].text);
        }
}

/* Property: help names every verb, version the version; neither needs a bus. */
static void test_help(void) {
        static const char *const verbs[] = {"status", "show", "failover", "elect", "promote", "pause",
                        "resume", "announce", "reload", "check", "monitor", "events", "stats", "trackers",
                        "wait", "is-master"};
        g_autoptr(Run) help = run_ctl(NULL, "--help", NULL);
        g_assert_cmpint(help->code, ==, 0);
        for (gsize i = 0; i < G_N_ELEMENTS(verbs); i++) {
                g_autofree char *start = g_strdup_printf("\n  %s ", verbs[i]);
                assert_contains(help->out, start);
        }
        g_autoptr(Run) version = run_ctl(NULL, "--version", NULL);
        g_assert_cmpint(version->code, ==, 0);
        g_assert_true(g_str_has_prefix(version->out, "vrrpctl "));
}

/* A directory with a copy of vrrpctl, and beside it a program of this text. */
typedef struct Beside {
        char *directory, *ctl, *other;
} Beside;

static Beside beside_new(const char *name, const char *script) {
        g_autoptr(GError) error = NULL;
        Beside b = {.directory = g_dir_make_tmp("vrrpctl-XXXXXX", &error)};

        g_assert_no_error(error);
        b.ctl = g_build_filename(b.directory, "vrrpctl", NULL);
        b.other = g_build_filename(b.directory, name, NULL);
        g_autoptr(GFile) from = g_file_new_for_path(g_getenv("VRRPCTL")), to = g_file_new_for_path(b.ctl);
        g_file_copy(from, to, G_FILE_COPY_NONE, NULL, NULL, NULL, &error);
        g_assert_no_error(error);
        g_file_set_contents(b.other, script, -1, &error);
        g_assert_no_error(error);
        g_chmod(b.other, 0755);
        return b;
}

static void beside_done(Beside *b) {
        g_unlink(b->ctl);
        g_unlink(b->other);
        g_rmdir(b->directory);
        g_free(b->ctl);
        g_free(b->other);
        g_free(b->directory);
}

/* Property: check runs `vrrpd -t -f FILE` of the same build, hands on --json, what it prints, and 0 or 9;
 * all else is 1. */
static void test_check(void) {
        static const struct {
                const char *option;
                const char *status;
                const char *arguments;
                int code;
        } cases[] = {
                        {NULL, "exit 0", "-t -f a.conf", 0},
                        {"--json", "exit 9", "-t -f a.conf --json", 9},
                        {NULL, "exit 2", "-t -f a.conf", 1},
                        {NULL, "kill -9 $$", "-t -f a.conf", 1},
        };
        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autofree char *script = g_strdup_printf(
                                "#!/bin/sh\necho \"$@\"\necho words >&2\n%s\n", cases[i].status);
                Beside b = beside_new("vrrpd", script);
                g_autofree char *old = g_strdup(g_getenv("VRRPCTL"));
                g_setenv("VRRPCTL", b.ctl, TRUE);
                g_autoptr(Run) r = run_ctl(NULL, "check", "a.conf", cases[i].option, NULL);
                g_setenv("VRRPCTL", old, TRUE);
                g_assert_cmpint(r->code, ==, cases[i].code);
                g_autofree char *expected = g_strconcat(cases[i].arguments, "\n", NULL);
                g_assert_cmpstr(r->out, ==, expected);
                g_assert_true(g_str_has_prefix(r->err, "words\n"));
                beside_done(&b);
        }
}

/* Property: a vrrpctl without a vrrpd beside it asks the installed one, which refuses a file that is not
 * there, or is not there itself. */
static void test_check_installed(void) {
        Beside b = beside_new("something-else", "");
        g_autofree char *old = g_strdup(g_getenv("VRRPCTL"));
        g_setenv("VRRPCTL", b.ctl, TRUE);
        g_autoptr(Run) r = run_ctl(NULL, "check", "/nonexistent/vrrpd.conf", NULL);
        g_setenv("VRRPCTL", old, TRUE);
        g_assert_true(r->code == 1 || r->code == 9);
        assert_contains(r->err, "vrrpd");
        beside_done(&b);
}

/* Property: a vrrpd that cannot be run is exit code 1 and named. */
static void test_check_missing(void) {
        Beside b = beside_new("vrrpd", "#!/nonexistent/interpreter\n");
        g_autofree char *old = g_strdup(g_getenv("VRRPCTL"));
        g_setenv("VRRPCTL", b.ctl, TRUE);
        g_autoptr(Run) r = run_ctl(NULL, "check", NULL);
        g_setenv("VRRPCTL", old, TRUE);
        g_assert_cmpint(r->code, ==, 1);
        assert_contains(r->err, "vrrpctl: check: ");
        beside_done(&b);
}

/* Runs vrrpctl -H with an `ssh` of this text. */
static Run *run_over_ssh(FakeDaemon *f, const char *script, const char *verb) {
        Beside b = beside_new("ssh", script);
        g_autofree char *old = g_strdup(g_getenv("PATH")), *path = g_strconcat(b.directory, ":", old, NULL);
        g_setenv("PATH", path, TRUE);
        Run *r = run_ctl(f, "-H", "root@proxy-serv02", verb, NULL);
        g_setenv("PATH", old, TRUE);
        beside_done(&b);
        return r;
}

/* Property: -H goes through ssh: a login that fails is exit code 3 and names the host; one that works asks
 * the bus there. */
static void test_host(void) {
        g_autoptr(Run) refused =
                        run_over_ssh(NULL, "#!/bin/sh\necho 'Permission denied' >&2\nexit 255\n", "status");
        g_assert_cmpint(refused->code, ==, 3);
        assert_contains(refused->err, "Permission denied");
        assert_contains(refused->err, "no connection to root@proxy-serv02");

        g_autoptr(FakeDaemon) f = fake_daemon_new();
        fake_add_instance(f, "VI_1");
        g_autofree char *bridge = g_strdup_printf("#!/bin/sh\ncase \"$*\" in *root@proxy-serv02*) exec "
                                                  "systemd-stdio-bridge -p '%s';; esac\n",
                        f->address);
        g_autoptr(Run) r = run_over_ssh(f, bridge, "status");
        g_assert_cmpint(r->code, ==, 0);
        assert_contains(r->out, "VI_1");
        fake_daemon_stop(f);
        g_autoptr(Run) stopped = run_over_ssh(f, bridge, "status");
        g_assert_cmpint(stopped->code, ==, 3);
        assert_contains(stopped->err, "vrrpd is not running on root@proxy-serv02. Start it with: "
                                      "systemctl -H root@proxy-serv02 start vrrpd\n");
}

/* Property: a machine that is not there, and a host name that cannot be one, are told as such. */
static void test_unreachable(void) {
        g_autoptr(Run) machine = run_ctl(NULL, "-M", "no-such-machine", "status", NULL);
        g_assert_cmpint(machine->code, ==, 3);
        assert_contains(machine->err, "no-such-machine");
        g_autoptr(Run) bad = run_ctl(NULL, "-M", "a/b c", "status", NULL);
        g_assert_cmpint(bad->code, ==, 2);
}

/* Property: for an ordinary user on a terminal an agent is started, its end awaited, and nothing left
 * behind; an agent that cannot register does not hold up the call. */
static void test_agent(void) {
        int master, status;
        pid_t pid = forkpty(&master, NULL, NULL, NULL);

        g_assert_cmpint(pid, >=, 0);
        if (pid == 0) {
                Agent a = {};
                g_setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent/bus", TRUE);
                if (geteuid() == 0 &&
                                (setresgid(65534, 65534, 65534) < 0 || setresuid(65534, 65534, 65534) < 0))
                        _exit(1);
                agent_open(&a);
                if (a.pid <= 0)
                        _exit(2);
                agent_open(&a); /* one is enough */
                agent_close(&a);
                agent_close(&a);
                _exit(a.pid == 0 && waitpid(-1, NULL, WNOHANG) < 0 ? 0 : 3);
        }
        char buffer[4096];
        while (read(master, buffer, sizeof(buffer)) > 0)
                ;
        g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
        close(master);
        g_assert_true(WIFEXITED(status));
        g_assert_cmpint(WEXITSTATUS(status), ==, 0);
}

/* Property: a caller without a terminal gets no agent, and root none anyway. */
static void test_no_agent(void) {
        Agent a = {};
        int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

        g_assert_cmpint(dup2(null, STDIN_FILENO), ==, STDIN_FILENO);
        close(null);
        agent_open(&a);
        g_assert_cmpint(a.pid, ==, 0);
        agent_close(&a);
}

int main(int argc, char **argv) {
        g_setenv("LC_ALL", "C", TRUE);
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/ctl/command/usage", test_usage);
        g_test_add_func("/ctl/command/help", test_help);
        g_test_add_func("/ctl/command/check", test_check);
        g_test_add_func("/ctl/command/check-installed", test_check_installed);
        g_test_add_func("/ctl/command/check-missing", test_check_missing);
        g_test_add_func("/ctl/command/host", test_host);
        g_test_add_func("/ctl/command/unreachable", test_unreachable);
        g_test_add_func("/ctl/command/agent", test_agent);
        g_test_add_func("/ctl/command/no-agent", test_no_agent);
        return g_test_run();
}
