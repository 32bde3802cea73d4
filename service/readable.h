/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Could another user read these files? Only root can find out for somebody else. */

#include "service/util/macro.h"

/* The first of the files (NULL-terminated) that `user` could not read, directories on its way included;
 * NULL: all are readable, we are not root, or there is no such user. For a process with one thread: it
 * forks. */
const char *readable_first_not(const char *user, char *const *files);
