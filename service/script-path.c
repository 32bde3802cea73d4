/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: the judgement whether someone other than root could change what a path leads to. Must not know:
 * scripts. The kernel is asked anew each time; a path that passes cannot be changed between the check and
 * its execution by anybody but root, because every directory on the way, and every symbolic link, is root's.
 */

#include "service/script-command.h"
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

#define LINKS_MAX 40 /* as the kernel's own limit */

/* A path being followed: what has been judged already, and what is still to be walked. */
typedef struct Walk {
        char done[PATH_MAX]; /* absolute, without trailing slash; "" is the root directory */
        char rest[PATH_MAX];
        unsigned n_links;
} Walk;

/* A group that is root's own is not "others"; in a directory with the sticky bit, others cannot touch what
 * is not theirs, and that it is root's is judged with the next component. */
static int judge(const char *path, const struct stat *st, char *error, size_t size) {
        if (st->st_uid != 0) {
                snprintf(error, size, "%s belongs to user id %u, not to root: chown root it", path,
                                st->st_uid);
                return -EPERM;
        }
        if (S_ISLNK(st->st_mode) || (S_ISDIR(st->st_mode) && (st->st_mode & S_ISVTX)))
                return 0;
        if ((st->st_mode & S_IWOTH) || ((st->st_mode & S_IWGRP) && st->st_gid != 0)) {
                snprintf(error, size, "%s can be written by others: chmod go-w it", path);
                return -EPERM;
        }
        return 0;
}

static int follow_link(Walk *w) {
        char target[PATH_MAX], rest[PATH_MAX];
        ssize_t n;

        if (++w->n_links > LINKS_MAX)
                return -ELOOP;
        n = readlink(w->done, target, sizeof(target) - 1);
        if (n < 0)
                return -errno;
        target[n] = '\0';
        if ((size_t)snprintf(rest, sizeof(rest), "%s/%s", target, w->rest) >= sizeof(rest))
                return -ENAMETOOLONG;
        memcpy(w->rest, rest, sizeof(rest));
        if (target[0] == '/')
                w->done[0] = '\0';
        else
                *strrchr(w->done, '/') = '\0';
        return 0;
}

/* Takes the next component from rest to done. False: none is left. */
static bool take_component(Walk *w, int *ret_error) {
        size_t skip = strspn(w->rest, "/"), n = strcspn(w->rest + skip, "/"), length = strlen(w->done);
        char *slash;

        *ret_error = 0;
        if (n == 0)
                return false;
        if (n == 2 && strncmp(w->rest + skip, "..", 2) == 0) {
                slash = strrchr(w->done, '/');
                if (slash)
                        *slash = '\0';
        } else if (n != 1 || w->rest[skip] != '.') {
                if (length + n + 2 > sizeof(w->done)) {
                        *ret_error = -ENAMETOOLONG;
                        return true;
                }
                w->done[length] = '/';
                memcpy(w->done + length + 1, w->rest + skip, n);
                w->done[length + 1 + n] = '\0';
        }
        memmove(w->rest, w->rest + skip + n, strlen(w->rest + skip + n) + 1);
        return true;
}

int script_path_check(const char *path, char *error, size_t size) {
        Walk w = {};
        struct stat st;
        int r;

        if ((size_t)snprintf(w.rest, sizeof(w.rest), "%s", path) >= sizeof(w.rest))
                return -ENAMETOOLONG;
        do {
                const char *here = w.done[0] ? w.done : "/";

                if (lstat(here, &st) < 0)
                        return -errno;
                r = judge(here, &st, error, size);
                if (r >= 0 && S_ISLNK(st.st_mode))
                        r = follow_link(&w);
                if (r < 0)
                        return r;
        } while (take_component(&w, &r) && r >= 0);
        return r;
}
