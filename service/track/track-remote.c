/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: what files and processes say, as vrrpd-scripts tells it. Must not know: how a file is read or a
 * process found (service/file-watch.c, service/process-watch.c, in the other program), what a value is worth
 * to whom.
 *
 * They are looked at there and not here for three reasons: a file may be on a file system that hangs, and
 * the engine waits for nobody; the daemon's user and sandbox see neither root's files nor the processes of
 * others; and making an init_file needs root. The price is that they stand still while the runner is away:
 * the last value is held, and the status text says so. */

#include "service/track/track-remote.h"
#include "service/util/log.h"
#include <stdio.h>

struct RemoteWatch {
        ScriptChecks *all;
        TrackerNode *node;
        List list;
        char digest[CONFIG_SCRIPT_DIGEST_SIZE];
        uint32_t serial; /* of the request that is answered, 0 = not asked yet */
        bool configured;
        bool start; /* the daemon has just started and has no value yet */
};

static void say(RemoteWatch *w, const char *text) {
        const Tracker *t = &w->node->tracker;

        tracker_node_update(w->node, t->state, t->value, text);
}

static bool ask(RemoteWatch *w) {
        const Tracker *t = &w->node->tracker;
        ScriptRequest request = {
                        .type = t->type == VRRP_TRACKER_FILE ? SCRIPT_WATCH_FILE : SCRIPT_WATCH_PROCESS,
                        .start = w->start,
        };

        snprintf(request.name, sizeof(request.name), "%s", t->name);
        memcpy(request.digest, w->digest, sizeof(request.digest));
        if (script_checks_send(w->all, &request) < 0)
                return false;
        w->serial = request.serial;
        return true;
}

void remote_watches_ask(List *watches, bool all) {
        LIST_FOREACH (node, watches) {
                RemoteWatch *w = CONTAINER_OF(node, RemoteWatch, list);

                if (!w->configured || (w->serial != 0 && !all) || !script_checks_connected(w->all))
                        continue;
                w->serial = 0;
                if (!ask(w))
                        script_checks_retry(w->all);
        }
}

void remote_watches_gone(List *watches, const char *why) {
        LIST_FOREACH (node, watches) {
                RemoteWatch *w = CONTAINER_OF(node, RemoteWatch, list);

                w->serial = 0;
                say(w, why);
        }
}

static void on_reply_for(RemoteWatch *w, const ScriptReply *reply) {
        char text[sizeof(w->node->tracker.status_text)];

        /* It comes from another process: any number may be in it. */
        snprintf(text, sizeof(text), "last value held: unknown answer %d of vrrpd-scripts", reply->outcome);
        switch ((ScriptOutcome)reply->outcome) {
        case SCRIPT_SEEN_UP:
        case SCRIPT_SEEN_DOWN:
                w->start = false;
                tracker_node_update(w->node,
                                reply->outcome == SCRIPT_SEEN_UP ? VRRP_TRACKER_UP : VRRP_TRACKER_DOWN,
                                reply->value, reply->text);
                return;
        case SCRIPT_UNKNOWN:
        case SCRIPT_MISMATCH:
                snprintf(text, sizeof(text),
                                "last value held: the configuration file was edited, run 'vrrpctl reload'");
                break;
        case SCRIPT_REFUSED:
        case SCRIPT_FAILED:
        case SCRIPT_EXITED:
        case SCRIPT_KILLED:
        case SCRIPT_TIMEOUT:
                snprintf(text, sizeof(text), "last value held: %s",
                                reply->text[0] ? reply->text : "vrrpd-scripts cannot watch it");
                break;
        }
        if (!streq(w->node->tracker.status_text, text))
                log_warning("Tracker %s: %s", w->node->tracker.name, text);
        say(w, text);
}

void remote_watches_reply(List *watches, const ScriptReply *reply) {
        LIST_FOREACH (node, watches) {
                RemoteWatch *w = CONTAINER_OF(node, RemoteWatch, list);

                if (w->serial != 0 && w->serial == reply->serial) {
                        on_reply_for(w, reply);
                        return;
                }
        }
}

int remote_watch_new(ScriptChecks *s, TrackerNode *node, RemoteWatch **ret) {
        RemoteWatch *w = calloc(1, sizeof(*w));

        if (!w)
                return -ENOMEM;
        w->all = s;
        w->node = node;
        list_append(script_checks_watches(s), &w->list);
        *ret = w;
        return 0;
}

RemoteWatch *remote_watch_free(RemoteWatch *w) {
        if (!w)
                return NULL;
        /* Should this be lost, the runner's next word has a serial of nobody. */
        if (w->serial != 0)
                (void)script_checks_send(
                                w->all, &(ScriptRequest){.type = SCRIPT_UNWATCH, .serial = w->serial});
        list_remove(&w->list);
        free(w);
        return NULL;
}

static void digest_of(const RemoteWatch *w, const Config *config, char digest[CONFIG_SCRIPT_DIGEST_SIZE]) {
        const Tracker *t = &w->node->tracker;

        if (t->type == VRRP_TRACKER_FILE)
                config_tracked_file_digest(config_find_tracked_file(config, t->name), digest);
        else
                config_process_digest(config_find_process(config, t->name), digest);
}

void remote_watch_configure(RemoteWatch *w, const Config *config) {
        bool first = !w->configured;
        char digest[CONFIG_SCRIPT_DIGEST_SIZE];

        digest_of(w, config, digest);
        w->configured = true;
        if (!first && streq(digest, w->digest))
                return;
        memcpy(w->digest, digest, sizeof(digest));
        if (first) {
                w->start = tracker_set_is_new(w->node->set);
                tracker_node_update(w->node, VRRP_TRACKER_UNKNOWN, 0,
                                script_checks_connected(w->all) ? "first result is pending"
                                                                : script_checks_absence(w->all));
                return;
        }
        w->serial = 0; /* what is still said is about the old one */
        say(w, "what is tracked was changed, last value held until its first result");
}
