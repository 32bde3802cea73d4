/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Whether a process is the one that a vrrp_track_process means. Pure. */

#include "service/config/config.h"

/* A name of a process has room for so many bytes (TASK_COMM_LEN). */
#define PROCESS_NAME_MAX 15

/* name: without its parentheses. command_line: as /proc/PID/cmdline has it, words that end in NUL, size
 * bytes (0 for a kernel thread); not looked at for CONFIG_MATCH_NAME. */
bool process_matches(ConfigProcessMatch match, char *const *command, const char *name,
                const char *command_line, size_t size);
