/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The daemon's end of the socket to vrrpd-scripts: it has at most one runner at a time, tells when one comes
 * or goes, and passes requests and replies. It knows nothing of what a result means. */

#include "service/track/script-wire.h"
#include <systemd/sd-event.h>

typedef struct ScriptRunner ScriptRunner;

/* None of them is called from within a function of this header. */
typedef struct ScriptRunnerEvents {
        void (*connected)(void *userdata);
        void (*gone)(void *userdata);
        void (*reply)(const ScriptReply *reply, void *userdata);
} ScriptRunnerEvents;

/* fd: a connected seqpacket socket (ownership passes, also on error), or -EBADF; then socket_path, if not
 * NULL, is where script_runner_listen() will wait for one. events must outlive the runner. With an fd,
 * connected() is not called: script_runner_connected() is true at once. Errors: -ENOMEM, -errno of epoll and
 * fcntl. */
int script_runner_new(sd_event *event, int64_t priority, int fd, const char *socket_path,
                const ScriptRunnerEvents *events, void *userdata, ScriptRunner **ret);
ScriptRunner *script_runner_free(ScriptRunner *r);
DEFINE_CLEANUP(ScriptRunner, script_runner_free);

/* Listens on the socket path, mode 0600; only uid 0 is accepted. Nothing to do when it listens already or
 * has no path. Logs why it cannot and returns that; a later call tries again. */
int script_runner_listen(ScriptRunner *r);
bool script_runner_connected(const ScriptRunner *r);
/* True if another runner may still come when there is none now. */
bool script_runner_may_return(const ScriptRunner *r);
/* Never waits. -ENOTCONN: none there; -EAGAIN: it does not keep up. */
int script_runner_send(ScriptRunner *r, const ScriptRequest *request);
