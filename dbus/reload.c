/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A reload is either loading (within one call of begin()), or with the engine (request != 0), or waiting in
 * the queue. The facts of the new configuration are kept aside until the engine says that it runs it. */

#include "dbus/reload.h"
#include "dbus/manager-object.h"
#include "dbus/names.h"
#include "dbus/side.h"
#include "service/util/log.h"
#include "service/util/utf8.h"
#include <stdio.h>
#include <time.h>

#define QUEUE_MAX 64
/* Bytes of a load's messages that are told; dbus-daemon ends connections that send it megabytes. */
#define TEXT_MAX ((size_t)64 * 1024)

typedef struct ReloadCall {
        List link;
        sd_bus_message *message; /* NULL: SIGHUP, or the caller is gone */
        bool hangup;
        uid_t uid; /* of the caller */
} ReloadCall;

struct Reloader {
        struct BusSide *side; /* borrowed: the reloader is a part of it */
        ReloadFacts facts;
        List queue;
        size_t n_queued;

        uint64_t request; /* the engine's answer is awaited; 0 = no reload runs */
        ReloadCall *running;
        char *new_router_id, *new_configuration;
        char **new_files, **new_messages;
};

static ReloadCall *reload_call_free(ReloadCall *c) {
        if (!c)
                return NULL;
        sd_bus_message_unref(c->message);
        free(c);
        return NULL;
}

static usec_t now_realtime(void) {
        struct timespec t;

        clock_gettime(CLOCK_REALTIME, &t);
        return (usec_t)t.tv_sec * USEC_PER_SEC + (usec_t)t.tv_nsec / NSEC_PER_USEC;
}

const ReloadFacts *reloader_facts(const Reloader *r) {
        return &r->facts;
}

static void forget_new(Reloader *r) {
        free(r->new_router_id);
        r->new_router_id = NULL;
        free(r->new_configuration);
        r->new_configuration = NULL;
        r->new_files = strv_free(r->new_files);
        r->new_messages = strv_free(r->new_messages);
}

/* Whatever becomes of the words, the caller gets an answer: it waits for it. */
static void answer(sd_bus_message *call, const char *error_name, const char *text) {
        int r = error_name ? sd_bus_reply_method_errorf(call, error_name, "%s", text)
                           : sd_bus_reply_method_return(call, NULL);

        if (r >= 0)
                return;
        log_warning("a caller of Reload() cannot be told how it ended: %s", strerror(-r));
        (void)sd_bus_reply_method_errorf(
                        call, strempty(error_name)[0] ? error_name : SD_BUS_ERROR_FAILED, "See the log.");
}

static void log_success(const ReloadCall *call, const ReloadCounts *counts) {
        char by[48] = "SIGHUP";

        if (!call->hangup)
                (void)snprintf(by, sizeof(by), "Reload() of uid %u", (unsigned)call->uid);
        log_notice("configuration reloaded by %s: %llu instances added, %llu changed, %llu removed", by,
                        (unsigned long long)counts->added, (unsigned long long)counts->changed,
                        (unsigned long long)counts->removed);
}

static void begin(Reloader *r);

/* Tells the caller, the bus and systemd how the running reload ended, and begins the next. error_name: NULL
 * = well. text: what the caller is told with an error. */
static void finish(Reloader *r, const char *error_name, const char *text, const ReloadCounts *counts) {
        BusSide *side = r->side;
        ReloadCall *call = TAKE_PTR(r->running);

        r->request = 0;
        if (!error_name) {
                if (r->new_router_id) {
                        free(r->facts.router_id);
                        r->facts.router_id = TAKE_PTR(r->new_router_id);
                }
                if (r->new_configuration) {
                        free(r->facts.configuration);
                        r->facts.configuration = TAKE_PTR(r->new_configuration);
                }
                if (r->new_files) {
                        strv_free(r->facts.config_files);
                        r->facts.config_files = TAKE_PTR(r->new_files);
                }
                r->facts.config_realtime = now_realtime();
        }
        r->facts.last_result = error_name ? "failed" : "done";
        strv_free(r->facts.last_messages);
        r->facts.last_messages = TAKE_PTR(r->new_messages);
        forget_new(r);

        if (!error_name)
                log_success(call, counts);
        publisher_manager_changed(side->publisher, MANAGER_CHANGED_CONFIGURATION);
        publisher_emit_reloaded(side->publisher, !error_name, counts, r->facts.last_messages);
        systemd_ready(side->systemd);
        if (call->message)
                answer(call->message, error_name, text);
        reload_call_free(call);
}

static void log_messages(char **messages, int level) {
        for (char **m = messages; m && *m; m++)
                log_full(level, NULL, NULL, "%s", *m);
}

/* Takes text, which may be any bytes, and returns what may leave on the bus. */
static char *clean_text(char *text) {
        _cleanup_free_ char *owned = text;
        char *clean = NULL;

        (void)utf8_copy(text, &clean);
        return clean;
}

/* The messages of a load. */
static char *presentable_text(char *text) {
        if (text && strlen(text) > TEXT_MAX) {
                static const char more[] = "\n... and more\n";
                char *end = memrchr(text, '\n', TEXT_MAX - sizeof(more));

                memcpy(end ? end : text + TEXT_MAX - sizeof(more), more, sizeof(more));
        }
        return clean_text(text);
}

static void presentable_strings(char **v) {
        for (char **s = v; s && *s; s++) {
                char *clean;

                if (utf8_is_valid(*s))
                        continue;
                if (utf8_copy(*s, &clean) < 0)
                        utf8_clean(*s, strlen(*s) + 1);
                else {
                        free(*s);
                        *s = clean;
                }
        }
}

/* 1: the engine has it, wait; 0: it ended here. */
static int load(Reloader *r) {
        BusSide *side = r->side;
        const BusSideParams *params = &side->params;
        _cleanup_free_ char *text = NULL;
        _cleanup_(command_freep) Command *command = NULL;
        void *config = NULL;
        int k = params->load(params->userdata, &config, &text, &r->new_files);

        text = presentable_text(text);
        presentable_strings(r->new_files);
        if (text && strv_split_messages(text, &r->new_messages) < 0)
                r->new_messages = NULL;
        log_messages(r->new_messages, k < 0 ? LOG_ERR : LOG_WARNING);
        if (k < 0) {
                log_error("configuration not reloaded, the old one goes on");
                finish(r, VRRPD_ERROR_CONFIG_INVALID, text && text[0] != '\0' ? text : strerror(-k),
                                &(ReloadCounts){});
                return 0;
        }

        k = command_new(COMMAND_RELOAD, &command);
        if (k < 0) {
                params->free_config(config);
                finish(r, SD_BUS_ERROR_NO_MEMORY, "Out of memory.", &(ReloadCounts){});
                return 0;
        }
        command->config = config;
        command->free_config = params->free_config;
        command->request = r->request;
        if (params->config_router_id)
                (void)utf8_copy(params->config_router_id(config), &r->new_router_id);
        if (params->config_text && !(r->new_configuration = clean_text(params->config_text(config)))) {
                finish(r, SD_BUS_ERROR_NO_MEMORY, "Out of memory.", &(ReloadCounts){});
                return 0;
        }
        k = bus_side_post(side, command);
        if (k < 0) {
                finish(r, SD_BUS_ERROR_LIMITS_EXCEEDED, "The engine is too busy to take a configuration.",
                                &(ReloadCounts){});
                return 0;
        }
        (void)TAKE_PTR(command);
        return 1;
}

/* Works through the queue until one waits for the engine. */
static void begin(Reloader *r) {
        while (r->request == 0 && !list_empty(&r->queue)) {
                r->running = CONTAINER_OF(r->queue.next, ReloadCall, link);
                list_remove(&r->running->link);
                r->n_queued--;
                r->request = ++r->side->last_request;
                systemd_reloading(r->side->systemd);
                if (load(r) > 0)
                        return;
        }
}

static bool hangup_is_queued(const Reloader *r) {
        for (const List *l = r->queue.next; l != &r->queue; l = l->next)
                if (CONTAINER_OF(l, ReloadCall, link)->hangup)
                        return true;
        return false;
}

int reloader_request(Reloader *r, sd_bus_message *call, uid_t uid) {
        if (!call && hangup_is_queued(r))
                return 0;
        if (r->n_queued >= QUEUE_MAX)
                return -ENOBUFS;

        ReloadCall *c = calloc(1, sizeof(*c));
        if (!c)
                return -ENOMEM;
        c->message = sd_bus_message_ref(call);
        c->hangup = !call;
        c->uid = uid;
        list_append(&r->queue, &c->link);
        r->n_queued++;
        begin(r);
        return 0;
}

void reloader_answer(Reloader *r, const Record *record) {
        if (r->request == 0 || record->request != r->request)
                return;
        ReloadCounts counts = {
                        .added = record->reloaded.added,
                        .changed = record->reloaded.changed,
                        .removed = record->reloaded.removed,
        };
        if (record->result < 0)
                finish(r, VRRPD_ERROR_CONFIG_INVALID, strerror(-record->result), &counts);
        else
                finish(r, NULL, NULL, &counts);
        begin(r);
}

void reloader_answer_lost(Reloader *r, uint64_t request) {
        if (r->request == 0 || r->request > request)
                return;
        finish(r, SD_BUS_ERROR_FAILED, "The engine's answer was lost: read what is configured now.",
                        &(ReloadCounts){});
        begin(r);
}

void reloader_forget_callers(Reloader *r) {
        LIST_FOREACH_SAFE (l, &r->queue) {
                ReloadCall *c = CONTAINER_OF(l, ReloadCall, link);

                if (!c->message)
                        continue;
                list_remove(&c->link);
                r->n_queued--;
                reload_call_free(c);
        }
        if (r->running)
                r->running->message = sd_bus_message_unref(r->running->message);
}

static void refuse(ReloadCall *c) {
        if (c->message)
                (void)sd_bus_reply_method_errorf(
                                c->message, VRRPD_ERROR_STOPPING, "The daemon is stopping.");
        reload_call_free(c);
}

void reloader_stop(Reloader *r) {
        while (!list_empty(&r->queue)) {
                ReloadCall *c = CONTAINER_OF(r->queue.next, ReloadCall, link);

                list_remove(&c->link);
                r->n_queued--;
                refuse(c);
        }
        if (r->running)
                refuse(TAKE_PTR(r->running));
        r->request = 0;
        forget_new(r);
}

Reloader *reloader_free(Reloader *r) {
        if (!r)
                return NULL;
        while (!list_empty(&r->queue)) {
                List *l = r->queue.next;

                list_remove(l);
                reload_call_free(CONTAINER_OF(l, ReloadCall, link));
        }
        reload_call_free(r->running);
        forget_new(r);
        free(r->facts.router_id);
        free(r->facts.configuration);
        strv_free(r->facts.config_files);
        strv_free(r->facts.last_messages);
        free(r);
        return NULL;
}

int reloader_new(BusSide *side, Reloader **ret) {
        _cleanup_(reloader_freep) Reloader *r = calloc(1, sizeof(*r));
        int k;

        if (!r)
                return -ENOMEM;
        r->side = side;
        list_init(&r->queue);
        r->facts.last_result = "none";
        r->facts.config_realtime = now_realtime();
        k = utf8_copy(strempty(side->params.router_id), &r->facts.router_id);
        if (k >= 0)
                k = utf8_copy(strempty(side->params.configuration), &r->facts.configuration);
        if (k >= 0)
                k = strv_copy(side->params.config_files, &r->facts.config_files);
        if (k < 0)
                return k;
        presentable_strings(r->facts.config_files);
        *ret = TAKE_PTR(r);
        return 0;
}
