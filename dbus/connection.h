/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The daemon's private connection to the system bus: made without waiting, made again when it breaks (100 ms
 * to 5 s apart), and watched so that a bus that does not read costs a bounded amount of memory. It owns the
 * sd_bus and the bus name; what is published there is its user's business. */

#include "service/util/macro.h"
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

typedef struct Connection Connection;

typedef struct ConnectionHandlers {
        /* A connection is being made: add objects. < 0: give it up and try again later. */
        int (*setup)(sd_bus *bus, void *userdata);
        /* The name is ours. again: it was before, on a connection that broke. */
        void (*up)(bool again, void *userdata);
        /* It broke: nothing that came from it may be answered any more. Called only after setup. */
        void (*down)(void *userdata);
        /* The first attempt to get on the bus has ended, one way or the other. Called once, after `up` if it
         * went well. */
        void (*settled)(void *userdata);
        /* The bus takes messages again after connection_emit_bus() had to refuse. */
        void (*drained)(void *userdata);
} ConnectionHandlers;

/* Begins to connect to $DBUS_SYSTEM_BUS_ADDRESS, or the usual socket. user: who we are there, for messages;
 * borrowed. The handlers are copied. */
int connection_new(sd_event *event, const char *user, const ConnectionHandlers *handlers, void *userdata,
                Connection **ret);
/* Closes without flushing; no handler is called. */
Connection *connection_free(Connection *c);
DEFINE_CLEANUP(Connection, connection_free);

/* The bus to send a signal to now; NULL when there is none, or when it is so slow that signals are left out
 * until `drained` is called. */
sd_bus *connection_emit_bus(Connection *c);
/* The bus reads more slowly than we write, but it does read: leave it some time before more is sent. False
 * when waiting does not help. */
bool connection_wants_pause(Connection *c);
/* Is everything that was sent also written? Also true without a connection. */
bool connection_is_flushed(const Connection *c);
