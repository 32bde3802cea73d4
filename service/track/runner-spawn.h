/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Starts the script runner of a daemon that was started by hand. */

#include "service/util/macro.h"

/* Forks and executes vrrpd-scripts with one end of a socket and gives the other one to the caller, who owns
 * it and passes it to tracker_set_new(). The runner ends by itself when that end is closed; nobody needs to
 * wait for it. program: NULL = the one beside this executable, else the installed one. config_file,
 * config_id: what the daemon itself loads; config_id may be NULL. To be called while still root, before
 * threads exist. Errors: -ENOENT and others of exec, -errno of socketpair and fork. */
int script_runner_spawn(const char *program, const char *config_file, const char *config_id, int *ret_fd);
