/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The settings of an interface under /proc/sys/net, where netlink does not have them. These are the kernel's
 * own memory: reading and writing them touches no disk and waits for nobody. */

#include "service/util/macro.h"

/* family: "ipv4" or "ipv6"; interface: its name, or "all"; key: "rp_filter"... A whole number. -ENOENT: no
 * such interface (or no IPv6 in this kernel); -EINVAL: no number; or another -errno of open(), read(). */
int sysctl_read(const char *family, const char *interface, const char *key, int *ret);
/* -EACCES, -EPERM: without CAP_NET_ADMIN; -EROFS: /proc/sys is shut (ProtectKernelTunables=). */
int sysctl_write(const char *family, const char *interface, const char *key, int value);
