/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: making and overwriting one file as root on a path that others may have a hand in. Must not know: who
 * reads it.
 *
 * Through a link, symbolic or hard, somebody could make root write what is not meant. Therefore the path is
 * walked component by component: a symbolic link is followed only where nobody but root can have put it
 * (/var/run is one), and the file itself must not be one, nor have a second name. A directory that belongs
 * to somebody else is no harm: whatever he puts there in place of it, he gets a file in a directory of his
 * own. openat2(2) knows only all links or none. */

#include "service/init-file.h"
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

#define LINKS_MAX 40 /* as the kernel's own limit */

typedef struct Walk {
        int directory; /* O_PATH; what has been walked */
        char rest[PATH_MAX];
        unsigned n_links;
} Walk;

/* Takes the next component of the rest. False: it is the last one, which stays there (or one that is too
 * long, as the kernel will say). */
static bool take_component(Walk *w, char name[static NAME_MAX + 1]) {
        size_t skip = strspn(w->rest, "/"), n = strcspn(w->rest + skip, "/");

        memmove(w->rest, w->rest + skip, strlen(w->rest + skip) + 1);
        if (w->rest[n + strspn(w->rest + n, "/")] == '\0' || n > NAME_MAX)
                return false;
        memcpy(name, w->rest, n);
        name[n] = '\0';
        memmove(w->rest, w->rest + n, strlen(w->rest + n) + 1);
        return true;
}

/* Can nobody but root have put this link into its directory? */
static bool is_roots_link(int directory, const struct stat *link) {
        struct stat st;

        return fstat(directory, &st) >= 0 && link->st_uid == 0 && st.st_uid == 0 &&
               !(st.st_mode & S_IWOTH) && (!(st.st_mode & S_IWGRP) || st.st_gid == 0);
}

static int follow_link(Walk *w, int link) {
        char target[PATH_MAX], rest[PATH_MAX];
        ssize_t n;

        if (++w->n_links > LINKS_MAX)
                return -ELOOP;
        n = readlinkat(link, "", target, sizeof(target) - 1);
        if (n < 0)
                return -errno;
        target[n] = '\0';
        if ((size_t)snprintf(rest, sizeof(rest), "%s%s", target, w->rest) >= sizeof(rest))
                return -ENAMETOOLONG;
        memcpy(w->rest, rest, sizeof(rest));
        if (target[0] != '/')
                return 0;
        safe_close(w->directory);
        w->directory = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
        return w->directory < 0 ? -errno : 0;
}

static int enter(Walk *w, const char *name, char *error, size_t size) {
        _cleanup_close_ int next = openat(w->directory, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
        struct stat st;

        if (next < 0 || fstat(next, &st) < 0)
                return -errno;
        if (S_ISLNK(st.st_mode)) {
                if (is_roots_link(w->directory, &st))
                        return follow_link(w, next);
                snprintf(error, size,
                                "'%s' on the way is a symbolic link that others than root could have made",
                                name);
                return -EPERM;
        }
        if (!S_ISDIR(st.st_mode))
                return -ENOTDIR;
        safe_close(w->directory);
        w->directory = TAKE_FD(next);
        return 0;
}

static int open_file(int directory, const char *name, bool overwrite, char *error, size_t size) {
        _cleanup_close_ int fd =
                        openat(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
        struct stat st;

        if (fd >= 0)
                return TAKE_FD(fd);
        if (errno != EEXIST)
                return -errno;
        if (!overwrite)
                return -EEXIST;
        fd = openat(directory, name, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        if (fd < 0 || fstat(fd, &st) < 0) {
                int e = errno;

                if (e == ELOOP)
                        snprintf(error, size, "it is a symbolic link");
                return -e;
        }
        if (!S_ISREG(st.st_mode) || st.st_nlink != 1) {
                snprintf(error, size, "it is not a regular file with one name");
                return -EPERM;
        }
        return ftruncate(fd, 0) < 0 ? -errno : TAKE_FD(fd);
}

static int open_path(const char *path, bool overwrite, char *error, size_t size) {
        Walk w = {.directory = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC)};
        char name[NAME_MAX + 1];
        int r = w.directory < 0 ? -errno : 0;

        if ((size_t)snprintf(w.rest, sizeof(w.rest), "%s", path) >= sizeof(w.rest))
                r = -ENAMETOOLONG;
        while (r >= 0 && take_component(&w, name))
                r = enter(&w, name, error, size);
        if (r >= 0)
                r = open_file(w.directory, w.rest, overwrite, error, size);
        safe_close(w.directory);
        return r;
}

int init_file_write(const ConfigTrackedFile *config, bool overwrite, char *error, size_t size) {
        _cleanup_close_ int fd = -EBADF;
        int r = 0;

        error[0] = '\0';
        fd = open_path(config->path, overwrite, error, size);
        if (fd == -EEXIST)
                return 0;
        if (fd < 0 || dprintf(fd, "%d\n", config->init_value) < 0)
                r = fd < 0 ? fd : -errno;
        if (r < 0 && !error[0])
                snprintf(error, size, "%s", strerror(-r));
        return r;
}
