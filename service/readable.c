/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: the question whether the daemon's user can read what root reads, asked of the kernel by a child that
 * has become that user. Must not know: what the files are for. */

#include "service/readable.h"
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/wait.h>

static int become(const char *name, const struct passwd *user) {
        if (initgroups(name, user->pw_gid) < 0 || setresgid(user->pw_gid, user->pw_gid, user->pw_gid) < 0 ||
                        setresuid(user->pw_uid, user->pw_uid, user->pw_uid) < 0)
                return -errno;
        return 0;
}

/* In the child. -1: all of them can be read. */
static int32_t find(const char *name, const struct passwd *user, char *const *files) {
        if (become(name, user) < 0)
                return -1;
        for (int32_t i = 0; files[i]; i++)
                if (strncmp(files[i], "/dev/", 5) != 0 && access(files[i], R_OK) < 0 && errno == EACCES)
                        return i;
        return -1;
}

const char *readable_first_not(const char *name, char *const *files) {
        const struct passwd *user = geteuid() == 0 ? getpwnam(name) : NULL;
        int32_t found = -1;
        int fds[2];
        pid_t pid;

        if (!user || user->pw_uid == 0 || !files || pipe2(fds, O_CLOEXEC) < 0)
                return NULL;
        pid = fork();
        if (pid == 0) {
                found = find(name, user, files);
                _exit(write(fds[1], &found, sizeof(found)) != sizeof(found));
        }
        close(fds[1]);
        if (pid < 0 || read(fds[0], &found, sizeof(found)) != sizeof(found))
                found = -1;
        close(fds[0]);
        if (pid > 0)
                (void)waitpid(pid, NULL, 0);
        return found >= 0 ? files[found] : NULL;
}
