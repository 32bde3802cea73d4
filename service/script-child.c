/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: the life of one process group from fork to reaping. Must not know: the configuration, the daemon.
 * The leader stays a zombie until its group was killed (sd-event reaps after the callback), so that a group
 * id is never signalled that the kernel may have given to somebody else meanwhile. The result is told at the
 * timeout and not at the end: a process that hangs in the kernel cannot be killed, and must not keep its
 * last good result for that. */

#include "service/script-child.h"
#include "service/script-command.h"
#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define KILL_AFTER_USEC USEC_PER_SEC /* from TERM to KILL, as keepalived */

struct ScriptChild {
        const ScriptChildEvents *events;
        void *userdata;
        pid_t pid;
        int error_fd; /* the child writes a StartError if it cannot execute its program */
        usec_t started;
        bool told, terminated;
        sd_event_source *child_source, *timer;
};

typedef struct StartError {
        int error;
        char step[48];
} StartError;

int script_user_find(const char *user, const char *group, ScriptUser *ret, char *error, size_t size) {
        const struct passwd *pw = getpwnam(user ? user : "keepalived_script");
        const struct group *gr;

        if (!pw && !user)
                pw = getpwuid(0);
        if (!pw) {
                snprintf(error, size, "user %s does not exist", user ? user : "root");
                return -ESRCH;
        }
        ret->uid = pw->pw_uid;
        ret->gid = pw->pw_gid;
        snprintf(ret->name, sizeof(ret->name), "%s", pw->pw_name);
        if (group) {
                gr = getgrnam(group);
                if (!gr) {
                        snprintf(error, size, "group %s does not exist", group);
                        return -ESRCH;
                }
                ret->gid = gr->gr_gid;
        }
        return 0;
}

/* In the child from here on: no return, errors go through the pipe. */

static _noreturn_ void die(int error_fd, const char *step) {
        StartError e = {.error = errno};

        snprintf(e.step, sizeof(e.step), "%s", step);
        _exit(write(error_fd, &e, sizeof(e)) == sizeof(e) ? 126 : 127);
}

static void reset_signals(void) {
        sigset_t none;

        for (int i = 1; i < _NSIG; i++)
                (void)signal(i, SIG_DFL); /* KILL, STOP and the C library's own refuse */
        sigemptyset(&none);
        (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

static void redirect(int error_fd, bool show_output) {
        int null = open("/dev/null", O_RDWR | O_CLOEXEC);

        if (null < 0 || dup2(null, STDIN_FILENO) < 0)
                die(error_fd, "open /dev/null");
        if (!show_output && (dup2(null, STDOUT_FILENO) < 0 || dup2(null, STDERR_FILENO) < 0))
                die(error_fd, "open /dev/null");
        if (close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC) < 0)
                die(error_fd, "close descriptors");
}

/* From uid 0 to another the kernel clears all capabilities but the inheritable and those kept ambient by
 * name; the first mean nothing without the file's own, the second are cleared here for the case that root
 * was given any. */
static void become(int error_fd, const ScriptUser *user) {
        if (geteuid() != 0 && user->uid == geteuid())
                return;
        if (initgroups(user->name, user->gid) < 0 || setresgid(user->gid, user->gid, user->gid) < 0)
                die(error_fd, "take its group");
        (void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
        if (setresuid(user->uid, user->uid, user->uid) < 0)
                die(error_fd, "take its user");
}

static _noreturn_ void run(
                char *const *argv, const ScriptUser *user, bool show_output, int error_fd, pid_t runner) {
        static const char *const environment[] = {"PATH=" SCRIPT_PATH, "LANG=C.UTF-8", NULL};

        reset_signals();
        if (setsid() < 0)
                die(error_fd, "start a session");
        redirect(error_fd, show_output);
        umask(022);
        if (chdir("/") < 0)
                die(error_fd, "change to /");
        become(error_fd, user);
        /* Not before: the kernel forgets it with a change of user. Without us nobody would end it in time,
         * and the next of us would start it again beside itself. */
        if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != runner)
                die(error_fd, "follow its runner");
        /* execvpe() for its one addition: a file without #! line goes to /bin/sh, as from any shell. */
        execvpe(argv[0], argv, (char *const *)environment);
        die(error_fd, argv[0]);
}

/* In vrrpd-scripts again. */

static usec_t now_boottime(void) {
        struct timespec ts;

        clock_gettime(CLOCK_BOOTTIME, &ts);
        return (usec_t)ts.tv_sec * USEC_PER_SEC + (usec_t)ts.tv_nsec / NSEC_PER_USEC;
}

/* The group exists as soon as the child has come to setsid(); before that there is only the child itself. */
static void send_signal(ScriptChild *c, int sig) {
        if (kill(-c->pid, sig) < 0)
                (void)kill(c->pid, sig);
}

static void tell(ScriptChild *c, ScriptOutcome outcome, int code, const char *text) {
        if (c->told)
                return;
        c->told = true;
        c->events->result(outcome, code, now_boottime() - c->started, text, c->userdata);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata) {
        ScriptChild *c = userdata;

        if (c->terminated) {
                send_signal(c, SIGKILL);
                return 0;
        }
        tell(c, SCRIPT_TIMEOUT, 0, "");
        script_child_stop(c);
        return 0;
}

void script_child_stop(ScriptChild *c) {
        if (c->terminated)
                return;
        c->told = c->terminated = true;
        send_signal(c, SIGTERM);
        /* A stopped process gets no TERM before it goes on. */
        send_signal(c, SIGCONT);
        /* Both calls only fail for a source that is not a timer. */
        (void)sd_event_source_set_time(c->timer, now_boottime() + KILL_AFTER_USEC);
        (void)sd_event_source_set_enabled(c->timer, SD_EVENT_ONESHOT);
}

static int on_ended(sd_event_source *source, const siginfo_t *si, void *userdata) {
        ScriptChild *c = userdata;
        StartError e;
        char text[96];

        /* What a check leaves behind when it had to be ended gets no further grace; one that ended by itself
         * may leave something running, as under keepalived. */
        if (c->terminated)
                send_signal(c, SIGKILL);
        if (read(c->error_fd, &e, sizeof(e)) == sizeof(e)) {
                snprintf(text, sizeof(text), "cannot be started: %.*s: %s", (int)sizeof(e.step), e.step,
                                strerror(e.error));
                tell(c, SCRIPT_FAILED, e.error, text);
        } else
                tell(c, si->si_code == CLD_EXITED ? SCRIPT_EXITED : SCRIPT_KILLED, si->si_status, "");
        c->pid = 0;
        c->events->gone(c->userdata);
        return 0;
}

static int add_sources(ScriptChild *c, sd_event *event, usec_t timeout_usec) {
        int r;

        /* Not relative: the loop's idea of now is from before the configuration was read and the child was
         * made. */
        r = sd_event_add_time(event, &c->timer, CLOCK_BOOTTIME, usec_add(c->started, timeout_usec),
                        USEC_PER_MSEC, on_timer, c);
        if (r < 0)
                return r;
        return sd_event_add_child(event, &c->child_source, c->pid, WEXITED, on_ended, c);
}

int script_child_start(sd_event *event, char *const *argv, const ScriptUser *user, usec_t timeout_usec,
                bool show_output, const ScriptChildEvents *events, void *userdata, ScriptChild **ret) {
        _cleanup_(script_child_freep) ScriptChild *c = calloc(1, sizeof(*c));
        _cleanup_close_ int write_fd = -EBADF;
        int pair[2], r;
        pid_t runner;

        if (!c)
                return -ENOMEM;
        c->events = events;
        c->userdata = userdata;
        c->error_fd = -EBADF;
        if (pipe2(pair, O_CLOEXEC | O_NONBLOCK) < 0)
                return -errno;
        c->error_fd = pair[0];
        write_fd = pair[1];

        c->started = now_boottime();
        runner = getpid();
        c->pid = fork();
        if (c->pid < 0)
                return -errno;
        if (c->pid == 0)
                run(argv, user, show_output, write_fd, runner);
        r = add_sources(c, event, timeout_usec);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(c);
        return 0;
}

ScriptChild *script_child_free(ScriptChild *c) {
        if (!c)
                return NULL;
        /* Not waited for: this happens when vrrpd-scripts ends. */
        if (c->pid > 0)
                send_signal(c, SIGKILL);
        sd_event_source_disable_unref(c->child_source);
        sd_event_source_disable_unref(c->timer);
        safe_close(c->error_fd);
        free(c);
        return NULL;
}
