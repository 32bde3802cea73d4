/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Root's rights are given up before anything is received: user vrrpd, CAP_NET_ADMIN and CAP_NET_RAW, nothing
 * else, in all sets (ambient too), bounding set included, no_new_privs; then the result is verified. Started
 * so by systemd already: only verified, no system call made. Capabilities are per thread: call before any
 * thread exists. */

#include "service/util/macro.h"

/* user: name to become. Logs what is wrong with its remedy, returns -ESRCH (no such user), -EPERM (could not
 * drop or verification failed). */
int privilege_drop(const char *user);
/* 0 when exactly the wanted rights are held, -EPERM (logged) otherwise. */
int privilege_verify(void);
