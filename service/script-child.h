/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* One run of one check: a process group with a time limit. For vrrpd-scripts only. */

#include "service/track/script-wire.h"
#include <sys/types.h>
#include <systemd/sd-event.h>

/* As whom a check runs. */
typedef struct ScriptUser {
        char name[VRRP_NAME_MAX + 1];
        uid_t uid;
        gid_t gid;
} ScriptUser;

/* user NULL: keepalived_script if it exists, else root. group NULL: the user's own. -ESRCH with error set:
 * no such user or group. */
int script_user_find(const char *user, const char *group, ScriptUser *ret, char *error, size_t size);

typedef struct ScriptChild ScriptChild;

typedef struct ScriptChildEvents {
        /* Exactly once, unless the child is freed first. At SCRIPT_TIMEOUT the processes may live on for up
         * to a second. text: for SCRIPT_FAILED why, else "". */
        void (*result)(ScriptOutcome outcome, int code, usec_t duration_usec, const char *text,
                        void *userdata);
        /* Exactly once, after result, unless the child is freed first: the process is gone. Call
         * script_child_free(). */
        void (*gone)(void *userdata);
} ScriptChildEvents;

/* Starts argv[0] as user in a session and process group of its own, with stdin (and, unless show_output,
 * stdout and stderr) from /dev/null, a fixed environment, no descriptors and default signals. SIGCHLD must
 * be blocked in the caller. events must outlive the child. -errno of pipe, fork and epoll; what fails later
 * becomes SCRIPT_FAILED. */
int script_child_start(sd_event *event, char *const *argv, const ScriptUser *user, usec_t timeout_usec,
                bool show_output, const ScriptChildEvents *events, void *userdata, ScriptChild **ret);
/* Ends it as at its timeout (TERM, after a second KILL, to the whole group); result is not called, gone is.
 */
void script_child_stop(ScriptChild *c);
/* Kills at once what still runs. */
ScriptChild *script_child_free(ScriptChild *c);
DEFINE_CLEANUP(ScriptChild, script_child_free);
