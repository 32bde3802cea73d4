/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The trackers of type script against a stand-in runner: this program holds the other end of the socket and
 * decides every result itself, so each run's request and each change of a tracker is an event that the test
 * waits for. */

#include "service/track/script-wire.h"
#include "service/track/tracker.h"
#include "service/util/log.h"
#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#define MAX_SCRIPTS 4

typedef struct Fixture {
        sd_event *event;
        TrackerSet *set;
        int runner; /* the stand-in's end */
        char *directory, *socket_path;
        Config config;
        ConfigInstance instance;
        ConfigScript scripts[MAX_SCRIPTS];
        ConfigTrack tracks[MAX_SCRIPTS];
        unsigned n_calls, n_flips;
} Fixture;

static unsigned n_errors, n_warnings;

static void count_logs(const LogRecord *record, void *userdata) {
        n_errors += record->level == LOG_ERR;
        n_warnings += record->level == LOG_WARNING;
}

static void on_tracker(Tracker *tracker, bool flipped, void *userdata) {
        Fixture *f = userdata;

        f->n_calls++;
        f->n_flips += flipped;
}

/* A script "sN" with a 10 ms interval, tracked by the one instance. */
static ConfigScript *add_script(Fixture *f, const char *command) {
        static const char *const names[] = {"s0", "s1", "s2", "s3"};
        size_t n = f->config.n_scripts++;

        g_assert_cmpuint(n, <, MAX_SCRIPTS);
        f->scripts[n] = (ConfigScript){
                        .name = (char *)names[n],
                        .command = (char *)command,
                        .interval_usec = 10 * USEC_PER_MSEC,
                        .timeout_usec = 10 * USEC_PER_MSEC,
                        .rise = 1,
                        .fall = 1,
        };
        f->tracks[n] = (ConfigTrack){.type = VRRP_TRACKER_SCRIPT, .name = f->scripts[n].name};
        f->instance.n_tracks = f->config.n_scripts;
        return &f->scripts[n];
}

static void init(Fixture *f) {
        *f = (Fixture){.runner = -EBADF};
        f->config.instances = &f->instance;
        f->config.n_instances = 1;
        f->config.scripts = f->scripts;
        f->instance.tracks = f->tracks;
        f->directory = g_dir_make_tmp("vrrpd-track-XXXXXX", NULL);
        g_assert_nonnull(f->directory);
        f->socket_path = g_build_filename(f->directory, "scripts.sock", NULL);
        g_assert_cmpint(sd_event_new(&f->event), >=, 0);
        n_errors = n_warnings = 0;
}

/* The set with a runner that is connected from the start. */
static void start(Fixture *f) {
        int pair[2];

        g_assert_cmpint(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair), ==, 0);
        f->runner = pair[0];
        g_assert_cmpint(tracker_set_new(f->event, 0, NULL, pair[1], NULL, on_tracker, f, &f->set), ==, 0);
        g_assert_cmpint(tracker_set_configure(f->set, &f->config), ==, 0);
}

static void start_listening(Fixture *f) {
        g_assert_cmpint(tracker_set_new(f->event, 0, NULL, -EBADF, f->socket_path, on_tracker, f, &f->set),
                        ==, 0);
        g_assert_cmpint(tracker_set_configure(f->set, &f->config), ==, 0);
}

static void clear(Fixture *f) {
        tracker_set_free(f->set);
        safe_close(f->runner);
        sd_event_unref(f->event);
        g_assert_cmpint(g_rmdir(f->directory), ==, 0);
        g_free(f->directory);
        g_free(f->socket_path);
}

static void turn(Fixture *f) {
        g_assert_cmpint(sd_event_run(f->event, USEC_INFINITY), >=, 0);
}

/* Handles what is there without waiting for more. */
static void settle(Fixture *f) {
        while (sd_event_run(f->event, 0) > 0)
                ;
}

static int connect_runner(const Fixture *f) {
        struct sockaddr_un a = {.sun_family = AF_UNIX};
        int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

        g_assert_cmpint(fd, >=, 0);
        snprintf(a.sun_path, sizeof(a.sun_path), "%s", f->socket_path);
        return connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0 ? -errno : fd;
}

static bool take_request(Fixture *f, ScriptRequest *ret) {
        ssize_t n = recv(f->runner, ret, sizeof(*ret), 0);

        g_assert_true(n == sizeof(*ret) || (n < 0 && errno == EAGAIN));
        return n > 0;
}

static ScriptRequest await_request(Fixture *f) {
        ScriptRequest request;

        while (!take_request(f, &request))
                turn(f);
        return request;
}

/* Answers and lets the set handle it, the report included. */
static void answer(Fixture *f, const ScriptRequest *request, int outcome, int code, const char *text) {
        ScriptReply reply = {.serial = request->serial, .outcome = outcome, .code = code};

        snprintf(reply.text, sizeof(reply.text), "%s", text);
        g_assert_cmpint(send(f->runner, &reply, sizeof(reply), 0), ==, sizeof(reply));
        settle(f);
}

static void result(Fixture *f, bool good) {
        ScriptRequest request = await_request(f);

        answer(f, &request, SCRIPT_EXITED, good ? 0 : 1, "");
}

static Tracker *script(const Fixture *f, const char *name) {
        return tracker_set_find(f->set, VRRP_TRACKER_SCRIPT, name);
}

static void assert_tracker(const Fixture *f, VrrpTrackerState state, int64_t value, const char *text) {
        const Tracker *t = script(f, "s0");

        g_assert_cmpstr(vrrp_tracker_state_to_string(t->state), ==, vrrp_tracker_state_to_string(state));
        g_assert_cmpint(t->value, ==, value);
        g_assert_cmpstr(t->status_text, ==, text);
}

static void test_first_result(void) {
        /* The first result decides at once in both directions, whatever `rise` and `fall` say; before it
         * nothing is known. */
        Fixture f;

        for (int good = 0; good < 2; good++) {
                ScriptRequest request;

                init(&f);
                add_script(&f, "/bin/check")->rise = 3;
                f.scripts[0].fall = 3;
                start(&f);
                assert_tracker(&f, VRRP_TRACKER_UNKNOWN, -1, "first result is pending");
                g_assert_false(tracker_is_known(script(&f, "s0")));
                g_assert_cmpstr(script(&f, "s0")->target, ==, "/bin/check");
                request = await_request(&f);
                g_assert_cmpstr(request.name, ==, "s0");
                g_assert_cmpuint(strlen(request.digest), ==, CONFIG_SCRIPT_DIGEST_SIZE - 1);
                g_assert_cmpuint(f.n_calls, ==, 0);
                answer(&f, &request, SCRIPT_EXITED, good ? 0 : 2, "");
                assert_tracker(&f, good ? VRRP_TRACKER_UP : VRRP_TRACKER_DOWN, good ? 0 : 2,
                                good ? "exit status 0" : "exit status 2");
                g_assert_cmpuint(f.n_flips, ==, 1);
                g_assert_cmpuint(script(&f, "s0")->change_boottime, >, 0);
                g_assert_cmpuint(script(&f, "s0")->change_realtime, >, 0);
                clear(&f);
        }
}

static void test_rise_and_fall(void) {
        /* A state is left only after so many contradicting results in a row; falling counts as up, rising as
         * down. */
        static const struct {
                bool good;
                VrrpTrackerState state;
                const char *text;
        } steps[] = {
                        {true, VRRP_TRACKER_UP, "exit status 0"},
                        {false, VRRP_TRACKER_FALLING, "exit status 1, 1 of 2 to fall"},
                        {true, VRRP_TRACKER_UP, "exit status 0"},
                        {false, VRRP_TRACKER_FALLING, "exit status 1, 1 of 2 to fall"},
                        {false, VRRP_TRACKER_DOWN, "exit status 1"},
                        {false, VRRP_TRACKER_DOWN, "exit status 1"},
                        {true, VRRP_TRACKER_RISING, "exit status 0, 1 of 3 to rise"},
                        {true, VRRP_TRACKER_RISING, "exit status 0, 2 of 3 to rise"},
                        {false, VRRP_TRACKER_DOWN, "exit status 1"},
                        {true, VRRP_TRACKER_RISING, "exit status 0, 1 of 3 to rise"},
                        {true, VRRP_TRACKER_RISING, "exit status 0, 2 of 3 to rise"},
                        {true, VRRP_TRACKER_UP, "exit status 0"},
                        {true, VRRP_TRACKER_UP, "exit status 0"},
        };
        Fixture f;

        init(&f);
        add_script(&f, "/bin/check")->rise = 3;
        f.scripts[0].fall = 2;
        start(&f);
        for (size_t i = 0; i < ELEMENTSOF(steps); i++) {
                result(&f, steps[i].good);
                assert_tracker(&f, steps[i].state, !steps[i].good, steps[i].text);
                g_assert_true(tracker_is_up(script(&f, "s0")) ==
                                (steps[i].state == VRRP_TRACKER_UP ||
                                                steps[i].state == VRRP_TRACKER_FALLING));
        }
        /* known, down, up; and what changed nothing was not reported */
        g_assert_cmpuint(f.n_flips, ==, 3);
        g_assert_cmpuint(f.n_calls, ==, 11);
        clear(&f);
}

static void test_init_fail(void) {
        /* init_fail: known and down before any result, and it takes `rise` good ones to come up. */
        Fixture f;

        init(&f);
        add_script(&f, "/bin/check")->rise = 2;
        f.scripts[0].init_fail = true;
        start(&f);
        assert_tracker(&f, VRRP_TRACKER_DOWN, -1, "init_fail: down until 2 good results");
        result(&f, true);
        assert_tracker(&f, VRRP_TRACKER_RISING, 0, "exit status 0, 1 of 2 to rise");
        result(&f, true);
        assert_tracker(&f, VRRP_TRACKER_UP, 0, "exit status 0");
        g_assert_cmpuint(f.n_flips, ==, 1);
        clear(&f);
}

static void test_outcomes(void) {
        /* What cannot be run is a bad result; what says nothing about the service holds the value. */
        static const struct {
                int outcome, code;
                const char *text;
                VrrpTrackerState state;
                int64_t value;
                const char *status;
        } cases[] = {
                        {SCRIPT_KILLED, 11, "", VRRP_TRACKER_DOWN, 139, "killed by signal 11 (SEGV)"},
                        {SCRIPT_KILLED, 999, "", VRRP_TRACKER_DOWN, 1127, "killed by signal 999 (unknown)"},
                        {SCRIPT_TIMEOUT, 0, "", VRRP_TRACKER_DOWN, -1, "no result within 10ms"},
                        {SCRIPT_REFUSED, 0, "/x: chmod go-w it", VRRP_TRACKER_DOWN, -1, "/x: chmod go-w it"},
                        {SCRIPT_FAILED, 2, "", VRRP_TRACKER_DOWN, -1, "vrrpd-scripts cannot run it"},
                        {SCRIPT_UNKNOWN, 0, "", VRRP_TRACKER_UP, 0,
                                        "last value held: the configuration file was edited, run 'vrrpctl "
                                        "reload'"},
                        {SCRIPT_MISMATCH, 0, "", VRRP_TRACKER_UP, 0,
                                        "last value held: the configuration file was edited, run 'vrrpctl "
                                        "reload'"},
                        {77, 0, "", VRRP_TRACKER_UP, 0,
                                        "last value held: unknown answer 77 of vrrpd-scripts"},
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                ScriptRequest request;
                Fixture f;

                init(&f);
                add_script(&f, "/bin/check");
                start(&f);
                result(&f, true);
                request = await_request(&f);
                answer(&f, &request, cases[i].outcome, cases[i].code, cases[i].text);
                assert_tracker(&f, cases[i].state, cases[i].value, cases[i].status);
                clear(&f);
        }
}

static void test_never_twice(void) {
        /* A script that is not answered is not asked again, while others run on; answered, it is asked
         * again. */
        ScriptRequest first = {}, request;
        unsigned others = 0;
        Fixture f;

        init(&f);
        add_script(&f, "/bin/slow");
        add_script(&f, "/bin/check");
        start(&f);
        while (others < 8) {
                request = await_request(&f);
                if (streq(request.name, "s0")) {
                        g_assert_cmpuint(first.serial, ==, 0);
                        first = request;
                } else {
                        others++;
                        answer(&f, &request, SCRIPT_EXITED, 0, "");
                }
        }
        answer(&f, &first, SCRIPT_EXITED, 0, "");
        do {
                request = await_request(&f);
                answer(&f, &request, SCRIPT_EXITED, 0, "");
        } while (!streq(request.name, "s0"));
        g_assert_cmpuint(request.serial, !=, first.serial);
        clear(&f);
}

static void test_runner_gone(void) {
        /* A forked runner that dies leaves every tracker with its last value and says that it will not
         * return. */
        Fixture f;

        init(&f);
        add_script(&f, "/bin/check")->fall = 2;
        add_script(&f, "/bin/other");
        start(&f);
        result(&f, true);
        f.runner = safe_close(f.runner);
        while (!strstr(script(&f, "s0")->status_text, "gone"))
                turn(&f);
        settle(&f);
        g_assert_cmpuint(n_warnings, ==, 1);
        assert_tracker(&f, VRRP_TRACKER_UP, 0,
                        "vrrpd-scripts is gone until vrrpd is restarted, last value held");
        g_assert_false(tracker_is_known(script(&f, "s1")));
        clear(&f);
}

static void test_wrong_version(void) {
        /* A packet of another size ends the connection instead of being read as something. */
        ScriptRequest request;
        Fixture f;

        init(&f);
        add_script(&f, "/bin/check");
        start(&f);
        request = await_request(&f);
        g_assert_cmpint(send(f.runner, &request, 3, 0), ==, 3);
        while (!strstr(script(&f, "s0")->status_text, "gone"))
                turn(&f);
        g_assert_cmpint(recv(f.runner, &request, sizeof(request), 0), ==, 0);
        clear(&f);
}

static void test_socket(void) {
        /* A runner that connects is used at once and told to read the file; gone, the value is held; back,
         * it changes again. */
        ScriptRequest request;
        struct stat st;
        Fixture f;

        init(&f);
        add_script(&f, "/bin/check");
        g_assert_true(g_file_set_contents(f.socket_path, "stale", -1, NULL));
        start_listening(&f);
        assert_tracker(&f, VRRP_TRACKER_UNKNOWN, -1, "waiting for vrrpd-scripts");
        g_assert_cmpint(lstat(f.socket_path, &st), ==, 0);
        g_assert_cmpuint(st.st_mode, ==, S_IFSOCK | 0600);

        f.runner = connect_runner(&f);
        request = await_request(&f);
        g_assert_cmpuint(request.reload, ==, 1);
        answer(&f, &request, SCRIPT_EXITED, 0, "");
        assert_tracker(&f, VRRP_TRACKER_UP, 0, "exit status 0");
        request = await_request(&f);
        g_assert_cmpuint(request.reload, ==, 0);

        f.runner = safe_close(f.runner);
        while (streq(script(&f, "s0")->status_text, "exit status 0"))
                turn(&f);
        settle(&f);
        assert_tracker(&f, VRRP_TRACKER_UP, 0, "vrrpd-scripts is gone, last value held");
        g_assert_cmpuint(f.n_flips, ==, 1);

        f.runner = connect_runner(&f);
        request = await_request(&f);
        g_assert_cmpuint(request.reload, ==, 1);
        answer(&f, &request, SCRIPT_EXITED, 0, "");
        assert_tracker(&f, VRRP_TRACKER_UP, 0, "exit status 0");
        result(&f, false);
        assert_tracker(&f, VRRP_TRACKER_DOWN, 1, "exit status 1");
        clear(&f); /* which also asserts that the socket file is gone */
}

static void test_one_runner(void) {
        /* A second runner is turned away while the first lives; one that comes after a death not yet noticed
         * is taken. */
        char byte;
        Fixture f;
        int second;

        init(&f);
        add_script(&f, "/bin/check");
        start_listening(&f);
        f.runner = connect_runner(&f);
        result(&f, true);
        second = connect_runner(&f);
        while (recv(second, &byte, 1, 0) < 0)
                turn(&f);
        safe_close(second);
        result(&f, true);

        safe_close(f.runner);
        f.runner = connect_runner(&f);
        result(&f, false);
        assert_tracker(&f, VRRP_TRACKER_DOWN, 1, "exit status 1");
        clear(&f);
}

static void test_only_root(void) {
        /* Even if file permissions let it through, a runner that is not root is closed unheard. */
        Fixture f;
        pid_t pid;
        int status;

        init(&f);
        add_script(&f, "/bin/check");
        start_listening(&f);
        g_assert_cmpint(g_chmod(f.directory, 0755), ==, 0);
        g_assert_cmpint(g_chmod(f.socket_path, 0666), ==, 0);
        pid = fork();
        if (pid == 0) {
                char byte;
                int fd;

                if (setresuid(65534, 65534, 65534) < 0)
                        _exit(2);
                fd = connect_runner(&f);
                if (fd < 0 || fcntl(fd, F_SETFL, 0) < 0)
                        _exit(3);
                _exit(recv(fd, &byte, 1, 0) == 0 ? 0 : 4);
        }
        while (n_warnings == 0)
                turn(&f);
        g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
        g_assert_cmpint(status, ==, 0);
        assert_tracker(&f, VRRP_TRACKER_UNKNOWN, -1, "waiting for vrrpd-scripts");
        clear(&f);
}

static void test_cannot_listen(void) {
        /* Without the directory one error is logged and the trackers wait; the next configuration tries
         * again. */
        Fixture f;

        init(&f);
        add_script(&f, "/bin/check");
        g_assert_cmpint(g_rmdir(f.directory), ==, 0);
        start_listening(&f);
        g_assert_cmpuint(n_errors, ==, 1);
        assert_tracker(&f, VRRP_TRACKER_UNKNOWN, -1, "waiting for vrrpd-scripts");
        g_assert_cmpint(g_mkdir(f.directory, 0700), ==, 0);
        g_assert_cmpint(tracker_set_configure(f.set, &f.config), ==, 0);
        f.runner = connect_runner(&f);
        result(&f, true);
        assert_tracker(&f, VRRP_TRACKER_UP, 0, "exit status 0");
        clear(&f);

        /* A path that does not fit into a socket address is such an error, too. */
        init(&f);
        add_script(&f, "/bin/check");
        g_free(f.socket_path);
        f.socket_path = g_strnfill(200, 'x');
        start_listening(&f);
        g_assert_cmpuint(n_errors, ==, 1);
        clear(&f);
}

static void test_no_scripts_no_socket(void) {
        /* A configuration without scripts opens no socket. */
        Fixture f;

        init(&f);
        start_listening(&f);
        g_assert_false(g_file_test(f.socket_path, G_FILE_TEST_EXISTS));
        clear(&f);
}

static int count_trackers(Tracker *t, void *userdata) {
        (*(unsigned *)userdata)++;
        return 0;
}

static int stop_at_first(Tracker *t, void *userdata) {
        return 7;
}

static void test_reconfigure(void) {
        /* Kept trackers keep id and value; a removed one is gone; a new one begins; the runner is told to
         * read the file again. */
        ConfigScript old_scripts[MAX_SCRIPTS];
        ScriptRequest request;
        unsigned n = 0;
        uint32_t kept;
        Fixture f;

        init(&f);
        add_script(&f, "/bin/check");
        add_script(&f, "/bin/second");
        start(&f);
        result(&f, true);
        result(&f, true);
        kept = script(&f, "s0")->id;
        g_assert_cmpint(tracker_set_foreach(f.set, count_trackers, &n), ==, 0);
        g_assert_cmpuint(n, ==, 2);
        g_assert_cmpint(tracker_set_foreach(f.set, stop_at_first, NULL), ==, 7);

        /* s1 is no longer tracked, s2 is new and is tracked twice */
        memcpy(old_scripts, f.scripts, sizeof(old_scripts));
        add_script(&f, "/bin/third");
        f.tracks[1] = f.tracks[2];
        f.scripts[0].rise = f.scripts[0].fall = 2;
        g_assert_cmpint(tracker_set_configure(f.set, &f.config), ==, 0);
        g_assert_null(script(&f, "s1"));
        g_assert_cmpuint(script(&f, "s0")->id, ==, kept);
        g_assert_cmpuint(script(&f, "s2")->id, >, kept);
        assert_tracker(&f, VRRP_TRACKER_UP, 0, "exit status 0");
        n = 0;
        g_assert_cmpint(tracker_set_foreach(f.set, count_trackers, &n), ==, 0);
        g_assert_cmpuint(n, ==, 2);
        do
                request = await_request(&f);
        while (!request.reload); /* one may have been under way */
        answer(&f, &request, SCRIPT_EXITED, 0, "");
        while (!tracker_is_known(script(&f, "s2")))
                result(&f, true);
        while (script(&f, "s0")->state != VRRP_TRACKER_FALLING) {
                request = await_request(&f);
                answer(&f, &request, SCRIPT_EXITED, streq(request.name, "s0"), "");
        }
        g_assert_true(tracker_is_up(script(&f, "s0")));
        clear(&f);
}

static void test_changed_command(void) {
        /* A new command holds the value until its first result, which decides at once; the old one's late
         * reply is void. */
        ScriptRequest old, request;
        Fixture f;

        init(&f);
        add_script(&f, "/bin/check")->fall = 3;
        start(&f);
        result(&f, true);
        result(&f, false);
        g_assert_cmpint(script(&f, "s0")->state, ==, VRRP_TRACKER_FALLING);
        old = await_request(&f);

        f.scripts[0].command = (char *)"/bin/better-check";
        g_assert_cmpint(tracker_set_configure(f.set, &f.config), ==, 0);
        g_assert_cmpstr(script(&f, "s0")->target, ==, "/bin/better-check");
        assert_tracker(&f, VRRP_TRACKER_UP, 1,
                        "the check was changed, last value held until its first result");
        answer(&f, &old, SCRIPT_EXITED, 0, "");
        assert_tracker(&f, VRRP_TRACKER_UP, 1,
                        "the check was changed, last value held until its first result");
        request = await_request(&f);
        g_assert_cmpuint(request.reload, ==, 1);
        g_assert_cmpstr(request.digest, !=, old.digest);
        answer(&f, &request, SCRIPT_EXITED, 3, "");
        assert_tracker(&f, VRRP_TRACKER_DOWN, 3, "exit status 3");
        g_assert_cmpuint(f.n_flips, ==, 2);

        f.scripts[0].rise = 3;
        result(&f, true);
        g_assert_cmpint(script(&f, "s0")->state, ==, VRRP_TRACKER_RISING);
        f.scripts[0].command = (char *)"/bin/best-check";
        g_assert_cmpint(tracker_set_configure(f.set, &f.config), ==, 0);
        g_assert_cmpint(script(&f, "s0")->state, ==, VRRP_TRACKER_DOWN);
        clear(&f);
}

static void test_stuck_runner(void) {
        /* A runner that never answers is said to be stuck, the value is held, and it is asked again. */
        ScriptRequest lost, request;
        Fixture f;

        init(&f);
        add_script(&f, "/bin/check");
        start(&f);
        result(&f, true);
        lost = await_request(&f);
        request = await_request(&f);
        g_assert_cmpuint(request.serial, !=, lost.serial);
        assert_tracker(&f, VRRP_TRACKER_UP, 0, "vrrpd-scripts does not answer, last value held");
        answer(&f, &request, SCRIPT_EXITED, 1, "");
        assert_tracker(&f, VRRP_TRACKER_DOWN, 1, "exit status 1");
        clear(&f);
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);
        log_set_sink(count_logs, NULL);
        g_test_add_func("/tracker/first-result", test_first_result);
        g_test_add_func("/tracker/rise-and-fall", test_rise_and_fall);
        g_test_add_func("/tracker/init-fail", test_init_fail);
        g_test_add_func("/tracker/outcomes", test_outcomes);
        g_test_add_func("/tracker/never-twice", test_never_twice);
        g_test_add_func("/tracker/runner-gone", test_runner_gone);
        g_test_add_func("/tracker/wrong-version", test_wrong_version);
        g_test_add_func("/tracker/socket", test_socket);
        g_test_add_func("/tracker/one-runner", test_one_runner);
        g_test_add_func("/tracker/only-root", test_only_root);
        g_test_add_func("/tracker/cannot-listen", test_cannot_listen);
        g_test_add_func("/tracker/no-scripts-no-socket", test_no_scripts_no_socket);
        g_test_add_func("/tracker/reconfigure", test_reconfigure);
        g_test_add_func("/tracker/changed-command", test_changed_command);
        g_test_add_func("/tracker/stuck-runner", test_stuck_runner);
        return g_test_run();
}
