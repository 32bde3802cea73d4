/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Counts the processes of each vrrp_track_process and tells when their number enters or leaves its quorum.
 * For vrrpd-scripts only. */

#include "service/config/config.h"
#include <systemd/sd-event.h>

/* All watches of a program, and the source of the kernel's events that they share. It looks at nothing while
 * there is no watch. */
typedef struct ProcessWatches ProcessWatches;
typedef struct ProcessWatch ProcessWatch;

/* up: the number is in the quorum, delays considered. value: the number. Not called from within
 * process_watch_new(), but soon after it for the first time. */
typedef void (*ProcessWatchCallback)(bool up, int64_t value, const char *text, void *userdata);

int process_watches_new(sd_event *event, ProcessWatches **ret);
/* All watches must have been freed. */
ProcessWatches *process_watches_free(ProcessWatches *s);
DEFINE_CLEANUP(ProcessWatches, process_watches_free);

/* config is not needed afterwards. Errors: -ENOMEM, -errno of epoll. */
int process_watch_new(ProcessWatches *s, const ConfigProcess *config, ProcessWatchCallback callback,
                void *userdata, ProcessWatch **ret);
ProcessWatch *process_watch_free(ProcessWatch *w);
DEFINE_CLEANUP(ProcessWatch, process_watch_free);
