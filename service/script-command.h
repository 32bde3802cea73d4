/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* From the text of a vrrp_script to what is executed, and whether root may execute it. For vrrpd-scripts;
 * the daemon executes nothing and only asks what would be. */

#include "service/util/macro.h"

/* Where commands without a slash are looked for; also the PATH that checks get. */
#define SCRIPT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

typedef struct ScriptCommand {
        char **argv; /* NULL-terminated; argv[0] is a path */
        bool shell;  /* argv is /bin/sh -c TEXT */
} ScriptCommand;

void script_command_clear(ScriptCommand *c);

/* Plain words (single and double quotes are honoured) become an argv whose first word is looked up in
 * SCRIPT_PATH; a text with shell syntax or a builtin goes to /bin/sh -c. Errors: -EINVAL (nothing in it),
 * -ENOENT (the command is not in SCRIPT_PATH), -ENOMEM; text then says it. */
int script_command_parse(const char *text, ScriptCommand *ret, char *error, size_t size);

/* May root run this? Looks at each program that the command names in a place where a shell expects a
 * command. -EPERM: no, and error says which path is at fault and the remedy. What a program runs in turn
 * cannot be seen from here. */
int script_command_check(const ScriptCommand *c, const char *text, char *error, size_t size);

/* Can nobody but root change what this absolute path leads to? Follows it component by component, through
 * symbolic links. -EPERM with error set, -ENOENT, -ELOOP, -errno of lstat. */
int script_path_check(const char *path, char *error, size_t size);
