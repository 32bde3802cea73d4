/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* `vrrpctl monitor --exec=CMD`: commands run one after the other, in the order of the events. The next one
 * waits until the one before it has ended; meanwhile signals are still read. */

#include "service/util/macro.h"
#include <jansson.h>
#include <systemd/sd-event.h>

typedef struct Hook Hook;

/* command: for /bin/sh -c, with the arguments appended. One that takes longer than limit_usec (USEC_INFINITY
 * = as long as it likes) is ended by SIGTERM, and after some seconds by SIGKILL, with all that it has
 * started, so that it does not hold up the others for ever. SIGCHLD must be blocked. Borrows event and
 * command. */
int hook_new(sd_event *event, const char *command, usec_t limit_usec, Hook **ret);
/* Forgets what waits; a running command goes on. */
Hook *hook_free(Hook *h);
DEFINE_CLEANUP(Hook, hook_free);
/* Runs the command for `what` as soon as those before have ended. what: "name", "state", "priority" become
 * the arguments `INSTANCE name STATE priority`, as keepalived's notify has them; every member that is a
 * string or a number becomes VRRP_<MEMBER> in the environment. Takes what. Errors: -ENOMEM, -ENOBUFS: too
 * many wait. */
int hook_queue(Hook *h, json_t *what);
