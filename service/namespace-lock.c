/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* See namespace-lock.h. Who holds the name is the kernel's word: the credentials of whoever began to listen
 * on it. Nothing is ever accepted there, and nothing said. */

#include "service/namespace-lock.h"
#include <pwd.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

#define NAME "org.vrrpd.lock"

static const struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "\0" NAME};
static const socklen_t address_size = offsetof(struct sockaddr_un, sun_path) + 1 + sizeof(NAME) - 1;

static bool is_ours(uid_t uid, const char *user) {
        const struct passwd *pw = user ? getpwnam(user) : NULL;

        return uid == 0 || uid == geteuid() || (pw && pw->pw_uid == uid);
}

/* -EAGAIN: the name is free again, or its holder does not listen yet. */
static int find_holder(struct ucred *ret) {
        _cleanup_close_ int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        socklen_t size = sizeof(*ret);

        if (fd < 0)
                return -errno;
        if (connect(fd, (const struct sockaddr *)&address, address_size) < 0) {
                if (errno == ECONNREFUSED)
                        return -EAGAIN;
                /* EAGAIN: made so, or filled until so, that nobody can connect. Nobody has a reason to do
                 * that to a vrrpd's. */
                *ret = (struct ucred){.pid = 0, .uid = UINT32_MAX};
                return 0;
        }
        return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, ret, &size) < 0 ? -errno : 0;
}

static int take(int *ret_fd) {
        _cleanup_close_ int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

        if (fd < 0 || bind(fd, (const struct sockaddr *)&address, address_size) < 0 ||
                        listen(fd, SOMAXCONN) < 0)
                return -errno;
        *ret_fd = TAKE_FD(fd);
        return 0;
}

int namespace_lock(const char *user, int *ret_fd, pid_t *ret_pid, uid_t *ret_uid) {
        struct ucred holder = {.uid = UINT32_MAX};
        int r = -EAGAIN;

        /* Between binding and listening there are microseconds only: who takes longer means not to listen.
         */
        for (unsigned n = 0; n < 10 && r == -EAGAIN; n++) {
                if (n > 0)
                        (void)nanosleep(&(struct timespec){.tv_nsec = 10 * 1000 * 1000}, NULL);
                r = take(ret_fd);
                if (r == -EADDRINUSE)
                        r = find_holder(&holder);
                else
                        return r;
        }
        if (r < 0 && r != -EAGAIN)
                return r;
        if (is_ours(holder.uid, user))
                return -EADDRINUSE;
        *ret_pid = holder.pid;
        *ret_uid = holder.uid;
        return -EPERM;
}
