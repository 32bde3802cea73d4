/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Events as the interface shows them: as signals of the instance, and as entries of GetEvents. */

#include "dbus/event-ring.h"
#include <systemd/sd-bus.h>

const char *event_signal_name(EventKind kind);
/* Sends the signal from the instance's path (also when the instance is gone). */
int event_message_send(sd_bus *bus, const RingEvent *e);
/* Appends one (tsota{sv}): seq, signal, path, realtime, and everything else that the signal carries by name.
 */
int event_message_append_entry(sd_bus_message *m, const RingEvent *e);
