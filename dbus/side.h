/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the files of this room share: one BusSide holds the parts, each of which owns its own state.
 * Everything in it belongs to the bus thread, except what bus.c says. */

#include "dbus/bus.h"
#include "dbus/connection.h"
#include "dbus/journal.h"
#include "dbus/publisher.h"
#include "dbus/reload.h"
#include "dbus/resync.h"
#include "dbus/statistics.h"
#include "dbus/systemd.h"
#include "policy/authorize.h"
#include <pthread.h>

struct BusSide {
        BusSideParams params;
        pthread_t thread;
        int end_fd; /* eventfd, written by bus_side_join(): end even if RECORD_STOPPED never came */

        sd_event *event;
        Journal *journal;
        Systemd *systemd;
        Connection *connection;
        Publisher *publisher;
        Authorizer *authorizer;
        Reloader *reloader;
        StatisticsCalls *statistics;
        Resync *resync;

        usec_t start_realtime, start_monotonic;
        uint64_t last_request, last_operation; /* numbers given out; from 1 */
        bool ready, bus_settled, ready_said;   /* RECORD_READY came; the bus was tried; systemd was told */
        bool stopping;                         /* RECORD_STOPPING came: no command is taken any more */
        bool stopped; /* say what is left to say, then end, at this time (CLOCK_MONOTONIC) at the latest */
        usec_t end_monotonic;
        sd_event_source *mailbox_source, *resume_timer; /* off and on while the bus wants a pause */
        sd_event_source *ready_timer;                   /* how long READY waits for the bus */
};

/* Posts and takes the command on success. -ENOBUFS: the engine's mailbox is full. */
int bus_side_post(BusSide *b, Command *command);
/* The BusSide that a bus object's method was called on. */
BusSide *bus_side_of(sd_bus_message *m);
