/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The trackers of type script: when each check is due, what its results mean, what they say while no runner
 * is there. */

#include "service/track/script-wire.h"
#include "service/track/tracker-node.h"

/* All script checks of a set, and the runner they share. */
typedef struct ScriptChecks ScriptChecks;

/* runner_fd, socket_path: as in tracker_set_new(). */
int script_checks_new(sd_event *event, int64_t priority, int runner_fd, const char *socket_path,
                ScriptChecks **ret);
/* All checks and watches must have been freed. */
ScriptChecks *script_checks_free(ScriptChecks *s);
DEFINE_CLEANUP(ScriptChecks, script_checks_free);

/* A configuration was put in place: the runner shall read the file again before its next run. Listens if
 * there are checks. */
void script_checks_configured(ScriptChecks *s);

/* For track-remote.c, which shares the runner: fills in what every request has (its serial is returned) and
 * sends it. -ENOTCONN, -EAGAIN: nothing was sent. */
int script_checks_send(ScriptChecks *s, ScriptRequest *request);
List *script_checks_watches(ScriptChecks *s);
bool script_checks_connected(const ScriptChecks *s);
sd_event *script_checks_event(const ScriptChecks *s);
/* Why nothing can be asked now. */
const char *script_checks_absence(const ScriptChecks *s);
/* Some watches could not be asked for: again soon. */
void script_checks_retry(ScriptChecks *s);

/* node is borrowed and must outlive the check. Errors: -ENOMEM, -errno of timerfd. */
int script_check_new(ScriptChecks *s, TrackerNode *node, ScriptCheck **ret);
ScriptCheck *script_check_free(ScriptCheck *c);

/* script is borrowed until the next call or script_check_free(). The first call starts the check. When the
 * digest changed, what ran so far tells nothing about the new command: its first result decides at once, as
 * at the start, and until then the value is held, so that a reload in itself moves no address. */
void script_check_configure(ScriptCheck *c, const Config *config, const ConfigScript *script);
