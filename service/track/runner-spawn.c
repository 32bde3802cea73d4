/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: finding vrrpd-scripts and starting it with a socket. Must not know: what is said over the socket.
 * The runner inherits what the caller has (root's rights, the environment) except descriptors, which are all
 * close-on-exec, and blocked signals. It is in a session of its own, so that Ctrl-C reaches only the daemon,
 * which then ends it in order by closing the socket. */

#include "service/track/runner-spawn.h"
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/socket.h>

/* A build that was not installed runs its own runner; that is also the only one whose wire format is surely
 * ours. */
static void find_program(char path[static PATH_MAX]) {
        ssize_t n = readlink("/proc/self/exe", path, PATH_MAX - 1);
        char *slash;

        if (n > 0) {
                path[n] = '\0';
                slash = strrchr(path, '/');
                if (slash && (size_t)(slash - path) + sizeof("/vrrpd-scripts") <= PATH_MAX) {
                        strcpy(slash, "/vrrpd-scripts");
                        if (access(path, X_OK) >= 0)
                                return;
                }
        }
        snprintf(path, PATH_MAX, "%s", VRRPD_SCRIPTS_PATH);
}

static int spawn(const char *program, char **argv, int fd) {
        posix_spawn_file_actions_t actions;
        posix_spawnattr_t attr;
        sigset_t none;
        pid_t pid;
        int r;

        r = -posix_spawn_file_actions_init(&actions);
        if (r < 0)
                return r;
        r = -posix_spawnattr_init(&attr);
        if (r < 0) {
                posix_spawn_file_actions_destroy(&actions);
                return r;
        }
        sigemptyset(&none);
        /* dup2 onto itself clears close-on-exec: the one descriptor that the runner inherits. */
        r = -posix_spawn_file_actions_adddup2(&actions, fd, fd);
        if (r >= 0)
                r = -posix_spawnattr_setsigmask(&attr, &none);
        if (r >= 0)
                r = -posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSID);
        if (r >= 0)
                r = -posix_spawn(&pid, program, &actions, &attr, argv, environ);
        posix_spawnattr_destroy(&attr);
        posix_spawn_file_actions_destroy(&actions);
        return r;
}

int script_runner_spawn(const char *program, const char *config_file, const char *config_id, int *ret_fd) {
        _cleanup_close_ int ours = -EBADF, theirs = -EBADF;
        char found[PATH_MAX], fd_text[16];
        int pair[2], r;

        if (!program) {
                find_program(found);
                program = found;
        }
        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
                return -errno;
        ours = pair[0];
        theirs = pair[1];
        snprintf(fd_text, sizeof(fd_text), "%d", theirs);

        char *argv[] = {
                        (char *)"vrrpd-scripts",
                        (char *)"--fd",
                        fd_text,
                        (char *)"-f",
                        (char *)config_file,
                        config_id ? (char *)"--config-id" : NULL,
                        (char *)config_id,
                        NULL,
        };
        r = spawn(program, argv, theirs);
        if (r < 0)
                return r;
        *ret_fd = TAKE_FD(ours);
        return 0;
}
