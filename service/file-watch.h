/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* One track_file: reads its number and tells when it changes. For vrrpd-scripts only. */

#include "service/config/config.h"
#include <systemd/sd-event.h>

typedef struct FileWatch FileWatch;

/* up: there is a number. Not called from within file_watch_new(), but soon after it for the first time. */
typedef void (*FileWatchCallback)(bool up, int64_t value, const char *text, void *userdata);

/* config is not needed afterwards. overwrite: init_file may do so (the daemon has just started). Errors:
 * -ENOMEM, -errno of epoll; what is wrong with the file is told by the callback. */
int file_watch_new(sd_event *event, const ConfigTrackedFile *config, bool overwrite,
                FileWatchCallback callback, void *userdata, FileWatch **ret);
FileWatch *file_watch_free(FileWatch *w);
DEFINE_CLEANUP(FileWatch, file_watch_free);
