/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Reads and writes numbers in /proc/sys/net/FAMILY/conf/INTERFACE/KEY. A name with dots needs no care: it is
 * one component of the path. */

#include "service/net/sysctl.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>

static int open_setting(const char *family, const char *interface, const char *key, int flags) {
        char path[PATH_MAX];
        int fd;

        if (snprintf(path, sizeof(path), "/proc/sys/net/%s/conf/%s/%s", family, interface, key) >=
                        (int)sizeof(path))
                return -ENAMETOOLONG;
        fd = open(path, flags | O_CLOEXEC | O_NOCTTY);
        return fd < 0 ? -errno : fd;
}

int sysctl_read(const char *family, const char *interface, const char *key, int *ret) {
        _cleanup_close_ int fd = open_setting(family, interface, key, O_RDONLY);
        char text[32], *end;
        ssize_t n;
        long value;

        if (fd < 0)
                return fd;
        n = read(fd, text, sizeof(text) - 1);
        if (n < 0)
                return -errno;
        text[n] = '\0';
        value = strtol(text, &end, 10);
        if (end == text || value < INT_MIN || value > INT_MAX)
                return -EINVAL;
        *ret = (int)value;
        return 0;
}

int sysctl_write(const char *family, const char *interface, const char *key, int value) {
        _cleanup_close_ int fd = open_setting(family, interface, key, O_WRONLY);
        char text[32];
        int n;

        if (fd < 0)
                return fd;
        n = snprintf(text, sizeof(text), "%d\n", value);
        return write(fd, text, (size_t)n) < 0 ? -errno : 0;
}
