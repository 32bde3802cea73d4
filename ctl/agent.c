/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Starts and ends pkttyagent(1), as other command-line tools of the system do. The agent registers for its
 * parent, which is this process, and says so by closing a pipe. It speaks with the user through the terminal
 * itself, so the output of vrrpctl may be redirected. */

#include "ctl/agent.h"
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <systemd/sd-login.h>

#define AGENT_PATH "/usr/bin/pkttyagent"

/* A login session may have an agent of its own, on the desktop say, which shall then be asked: ours is a
 * fallback. Outside of a session there is none, and polkit does not even look at fallbacks. */
static bool in_session(void) {
        _cleanup_free_ char *session = NULL;
        return sd_pid_get_session(0, &session) >= 0;
}

/* In the child: only the terminal and the notification pipe stay open. */
static _noreturn_ void agent_exec(int notify_fd, pid_t parent) {
        char fd_text[16];

        if (prctl(PR_SET_PDEATHSIG, SIGTERM) < 0 || getppid() != parent)
                _exit(EXIT_FAILURE);
        for (int fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++)
                if (!isatty(fd)) {
                        int tty = open("/dev/tty", O_WRONLY | O_NOCTTY);
                        if (tty < 0 || dup2(tty, fd) < 0)
                                _exit(EXIT_FAILURE);
                        if (tty > STDERR_FILENO)
                                close(tty);
                }
        if (fcntl(notify_fd, F_SETFD, 0) < 0)
                _exit(EXIT_FAILURE);
        snprintf(fd_text, sizeof(fd_text), "%d", notify_fd);
        execl(AGENT_PATH, AGENT_PATH, "--notify-fd", fd_text, in_session() ? "--fallback" : NULL, NULL);
        _exit(EXIT_FAILURE);
}

void agent_open(Agent *a) {
        int fds[2];

        if (a->pid > 0 || geteuid() == 0 || !isatty(STDIN_FILENO))
                return;
        if (pipe2(fds, O_CLOEXEC) < 0)
                return;
        pid_t parent = getpid(), pid = fork();
        if (pid == 0)
                agent_exec(fds[1], parent);
        close(fds[1]);
        if (pid > 0) {
                struct pollfd p = {.fd = fds[0]}; /* POLLHUP comes unasked */
                a->pid = pid;
                while (poll(&p, 1, -1) < 0 && errno == EINTR)
                        ;
        }
        close(fds[0]);
}

void agent_close(Agent *a) {
        if (a->pid <= 0)
                return;
        kill(a->pid, SIGTERM);
        kill(a->pid, SIGCONT); /* it may have been stopped for touching the terminal from the background */
        while (waitpid(a->pid, NULL, 0) < 0 && errno == EINTR)
                ;
        a->pid = 0;
}
