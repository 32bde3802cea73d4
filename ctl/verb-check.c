/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* vrrpctl check [FILE]: would the daemon run with this file? The daemon's own parser answers (`vrrpd -t`),
 * so there is no second opinion. Needs neither bus nor daemon. A vrrpctl that runs from a build directory
 * asks the vrrpd beside it. */

#include "ctl/verbs.h"
#include <limits.h>
#include <stdio.h>
#include <sys/wait.h>

/* /some/where/vrrpctl → /some/where/vrrpd, if that is a program; otherwise the installed one. Returns buf.
 */
static const char *find_vrrpd(char *buf, size_t size) {
        ssize_t n = readlink("/proc/self/exe", buf, size);

        if (n > 0 && (size_t)n < size) {
                buf[n] = '\0';
                char *slash = strrchr(buf, '/');
                size_t room = slash ? size - (size_t)(slash + 1 - buf) : 0;
                if (room >= sizeof("vrrpd")) {
                        memcpy(slash + 1, "vrrpd", sizeof("vrrpd"));
                        if (access(buf, X_OK) >= 0)
                                return buf;
                }
        }
        snprintf(buf, size, "%s", VRRPD_DAEMON_PATH);
        return buf;
}

int verb_check(int argc, char **argv, Context *x) {
        const char *file = argc < 2 ? VRRPD_CONFIG_FILE : streq(argv[1], "-") ? "/dev/stdin" : argv[1];
        char path[PATH_MAX];
        int status;

        find_vrrpd(path, sizeof(path));
        pid_t pid = fork();
        if (pid < 0) {
                print_error("check: %s", strerror(errno));
                return CTL_FAILURE;
        }
        if (pid == 0) {
                execl(path, path, "-t", "-f", file, x->output.json != JSON_MODE_OFF ? "--json" : NULL, NULL);
                print_error("check: %s: %s", path, strerror(errno));
                _exit(CTL_FAILURE);
        }
        while (waitpid(pid, &status, 0) < 0)
                if (errno != EINTR) {
                        print_error("check: %s", strerror(errno));
                        return CTL_FAILURE;
                }
        if (WIFSIGNALED(status))
                print_error("check: vrrpd -t was killed by signal %d", WTERMSIG(status));
        if (!WIFEXITED(status))
                return CTL_FAILURE;
        return WEXITSTATUS(status) == CTL_OK || WEXITSTATUS(status) == CTL_CONFIG_INVALID
                               ? WEXITSTATUS(status)
                               : CTL_FAILURE;
}
