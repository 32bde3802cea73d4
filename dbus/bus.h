/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The bus side: one thread with its own sd-event loop. It takes records from the engine's mailbox into a
 * mirror, publishes the mirror on the system bus, turns method calls into commands, writes the journal,
 * keeps systemd informed (READY, STATUS, WATCHDOG, RELOADING, STOPPING) and reloads on SIGHUP. It needs no
 * bus: without one, or when the bus dies, it goes on and retries; back on the bus it publishes everything
 * and emits Resync.
 *
 * It must not know: the engine's or the configuration's inside. Loading a configuration is a callback. */

#include "service/publish.h"
#include "service/util/mailbox.h"
#include <stdatomic.h>

typedef struct BusSide BusSide;

typedef struct BusSideParams {
        Mailbox *records;  /* engine → bus side, borrowed */
        Mailbox *commands; /* bus side → engine, borrowed */
        /* CLOCK_BOOTTIME microseconds of the engine's last loop turn: the watchdog is fed only while it is
         * fresh. */
        const _Atomic uint64_t *engine_heartbeat;
        /* Loads and validates the configuration; runs in the bus thread. 0: *ret_config is a finished model
         * for COMMAND_RELOAD. < 0: *ret_messages says why. *ret_messages (malloc, may be NULL) also carries
         * warnings with success. *ret_files: NULL-terminated strv of the files read. */
        int (*load)(void *userdata, void **ret_config, char **ret_messages, char ***ret_files);
        void (*free_config)(void *config);
        /* Keeps the administrator's hold of an instance on disk; called for every status until the stop
         * begins. removed: the instance left the configuration. May be NULL. */
        void (*keep)(void *userdata, const InstanceStatus *status, bool removed);
        /* The router_id of a model that load() returned, valid as long as the model; NULL = it never
         * changes. */
        const char *(*config_router_id)(const void *config);
        /* A model that load() returned as text without secrets (malloc), for GetConfiguration(). NULL = it
         * never changes. */
        char *(*config_text)(const void *config);
        /* Would the engine refuse this command now, judged by what the instance has published?
         * VRRP_RESULT_DONE = no. Pure: called in the bus thread. The engine judges again when the command
         * runs. */
        VrrpResult (*check)(const InstanceStatus *status, const Command *command);
        /* The same for a command on a sync group. */
        VrrpResult (*check_group)(const GroupStatus *status, const Command *command);
        void *userdata;
        const char *version;
        const char *user;      /* who this process is, for messages; borrowed as long as the thread runs */
        const char *router_id; /* copied */
        char **config_files;   /* of the first load; copied */
        const char *configuration; /* the same as config_text() gives; copied */
} BusSideParams;

/* Starts the thread. SIGHUP must already be blocked in the calling thread (and so in all). */
int bus_side_start(const BusSideParams *params, BusSide **ret);
/* After RECORD_STOPPED was posted: waits up to timeout_usec for the thread to have said everything, then
 * gives up on it (a bus daemon or journal that hangs must not hold up the exit). True when it ended. */
bool bus_side_join(BusSide *b, usec_t timeout_usec);
