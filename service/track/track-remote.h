/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The trackers of type file and process: what vrrpd-scripts sees of them. */

#include "service/track/track-script.h"

/* node is borrowed and must outlive the watch; it shares the runner of the checks. -ENOMEM. */
int remote_watch_new(ScriptChecks *s, TrackerNode *node, RemoteWatch **ret);
RemoteWatch *remote_watch_free(RemoteWatch *w);

/* A (new) configuration that names it. When what is watched changed, the value is held until the first word
 * about the new one. It is asked for by the remote_watches_ask() that follows. */
void remote_watch_configure(RemoteWatch *w, const Config *config);

/* For track-script.c, on its list of watches. all: the runner is new and knows of none yet. */
void remote_watches_ask(List *watches, bool all);
void remote_watches_gone(List *watches, const char *why);
void remote_watches_reply(List *watches, const ScriptReply *reply);
