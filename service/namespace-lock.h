/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "service/util/macro.h"
#include <sys/types.h>

/* One daemon per network namespace. Abstract socket names belong to the namespace, and the kernel gives the
 * name back when its holder dies. But anybody may bind one: a holder that is neither root nor `user` (NULL:
 * nobody else) is no vrrpd, and does not keep one from starting.
 *
 * 0: *ret_fd is the lock, for as long as it is open. -EADDRINUSE: another vrrpd has it. -EPERM: somebody
 * else, *ret_pid and *ret_uid; there is no lock to be had. Else -errno. */
int namespace_lock(const char *user, int *ret_fd, pid_t *ret_pid, uid_t *ret_uid);
