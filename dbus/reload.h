/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Reloading: loads and validates a configuration in the bus thread, hands it to the engine, and tells
 * whoever asked how it ended. One at a time, others wait in a queue. It owns what the manager publishes
 * about the configuration. */

#include "dbus/strv.h"
#include "service/publish.h"
#include <systemd/sd-bus.h>

typedef struct Reloader Reloader;
struct BusSide;

typedef struct ReloadFacts {
        char *router_id;
        char **config_files;
        char *configuration;     /* as text, without secrets */
        usec_t config_realtime;  /* when the running configuration was loaded */
        const char *last_result; /* "none", "done", "failed" */
        char **last_messages;
} ReloadFacts;

/* Takes router_id and config_files of side->params as those of the configuration that the engine starts
 * with. */
int reloader_new(struct BusSide *side, Reloader **ret);
Reloader *reloader_free(Reloader *r);
DEFINE_CLEANUP(Reloader, reloader_free);

const ReloadFacts *reloader_facts(const Reloader *r);

/* call: an authorized Reload() of this uid, answered when it is done; NULL: SIGHUP. -ENOBUFS: too many wait;
 * the caller answers. */
int reloader_request(Reloader *r, sd_bus_message *call, uid_t uid);
/* RECORD_RELOADED. */
void reloader_answer(Reloader *r, const Record *record);
/* The answers to requests up to this one will not come any more. */
void reloader_answer_lost(Reloader *r, uint64_t request);
/* The bus is gone: nobody waits for an answer any more, but what was begun is finished. */
void reloader_forget_callers(Reloader *r);
/* The daemon stops: all who wait are told so. */
void reloader_stop(Reloader *r);
