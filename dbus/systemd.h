/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the service manager is told: READY, STATUS, RELOADING, STOPPING and WATCHDOG (sd_notify(3)). State is
 * kept and sent when the socket takes it, so a service manager that hangs holds up nothing and misses
 * nothing but old STATUS texts. Without $NOTIFY_SOCKET all of this does nothing. */

#include "service/util/macro.h"
#include <stdatomic.h>
#include <systemd/sd-event.h>

typedef struct Systemd Systemd;

/* heartbeat: CLOCK_BOOTTIME microseconds of the engine's last loop turn; the watchdog is fed only while it
 * is younger than half of the watchdog's interval. Borrowed. Errors: -errno. */
int systemd_new(sd_event *event, const _Atomic uint64_t *heartbeat, Systemd **ret);
Systemd *systemd_free(Systemd *s);
DEFINE_CLEANUP(Systemd, systemd_free);

/* One line for `systemctl status`. Sent at most ten times a second, the latest wins. */
void systemd_status(Systemd *s, const char *text);
void systemd_ready(Systemd *s);
/* A reload begins; systemd_ready() ends it. */
void systemd_reloading(Systemd *s);
void systemd_stopping(Systemd *s);
