/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The kernel's process events (its netlink "connector"). For vrrpd-scripts only. */

#include "service/util/macro.h"
#include <sys/types.h>
#include <systemd/sd-event.h>

typedef struct ProcessEvents ProcessEvents;

typedef struct ProcessEventsCallbacks {
        void (*working)(void *userdata);            /* once: from now on nothing happens without an event */
        void (*changed)(pid_t pid, void *userdata); /* it is new, or has another name or command line */
        void (*ended)(pid_t pid, void *userdata);
        void (*lost)(void *userdata); /* some events were: look at all processes */
} ProcessEventsCallbacks;

/* Errors: -errno; -ECONNREFUSED in a network namespace of its own, where the kernel has no such thing.
 * -EOPNOTSUPP in a process namespace of its own, whose numbers are not those of the events. Outside of the
 * initial user namespace it says nothing at all: working() is then never called. */
int process_events_new(sd_event *event, const ProcessEventsCallbacks *callbacks, void *userdata,
                ProcessEvents **ret);
ProcessEvents *process_events_free(ProcessEvents *e);
DEFINE_CLEANUP(ProcessEvents, process_events_free);
