/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: the set of trackers, their identity and lookup, and the reporting of their changes. Must not know:
 * what makes a tracker of a type go up or down (track-*.c), which instance uses it and what for (manager.c).
 * The configuration says which trackers there are; each type's file writes through tracker_node_update();
 * users hear of it from the callback, once per loop turn, out of an sd-event source of its own, so that no
 * user is called from within something it has called itself. */

#include "service/track/tracker.h"
#include "service/track/track-interface.h"
#include "service/track/track-remote.h"
#include "service/track/track-script.h"
#include <stdio.h>

struct TrackerSet {
        sd_event *event;
        const LinkMirror *links;
        TrackerCallback callback;
        void *userdata;
        ScriptChecks *scripts;
        sd_event_source *report_source;
        List dirty;
        TrackerNode **nodes; /* sorted by type and name */
        size_t n_nodes;
        uint32_t last_id;
        bool configured; /* at least once */
};

typedef struct TrackerKey {
        VrrpTrackerType type;
        const char *name;
} TrackerKey;

static int compare_keys(const void *a, const void *b) {
        const TrackerKey *x = a, *y = b;

        return x->type != y->type ? (x->type < y->type ? -1 : 1) : strcmp(x->name, y->name);
}

static int compare_key_with_node(const void *key, const void *element) {
        const TrackerNode *const *n = element;
        TrackerKey k = {(*n)->tracker.type, (*n)->tracker.name};

        return compare_keys(key, &k);
}

bool tracker_is_up(const Tracker *t) {
        return t->state == VRRP_TRACKER_UP || t->state == VRRP_TRACKER_FALLING;
}

bool tracker_is_known(const Tracker *t) {
        return t->state != VRRP_TRACKER_UNKNOWN;
}

bool tracker_set_is_new(const TrackerSet *s) {
        return !s->configured;
}

static bool is_flipped(const TrackerNode *n) {
        return tracker_is_up(&n->tracker) != n->reported_up ||
               tracker_is_known(&n->tracker) != n->reported_known ||
               (n->tracker.type == VRRP_TRACKER_FILE && n->tracker.value != n->reported_value);
}

static void mark_reported(TrackerNode *n) {
        n->reported_up = tracker_is_up(&n->tracker);
        n->reported_known = tracker_is_known(&n->tracker);
        n->reported_value = n->tracker.value;
}

void tracker_node_update(TrackerNode *n, VrrpTrackerState state, int64_t value, const char *status_text) {
        Tracker *t = &n->tracker, old = *t;

        if (t->state == state && t->value == value && streq(t->status_text, status_text))
                return;
        t->state = state;
        t->value = value;
        snprintf(t->status_text, sizeof(t->status_text), "%s", status_text);
        if (tracker_is_up(&old) != tracker_is_up(t) || tracker_is_known(&old) != tracker_is_known(t) ||
                        (t->type == VRRP_TRACKER_FILE && old.value != value)) {
                (void)sd_event_now(n->set->event, CLOCK_REALTIME, &t->change_realtime);
                (void)sd_event_now(n->set->event, CLOCK_BOOTTIME, &t->change_boottime);
        }
        if (!list_linked(&n->dirty))
                list_append(&n->set->dirty, &n->dirty);
        (void)sd_event_source_set_enabled(n->set->report_source, SD_EVENT_ONESHOT);
}

/* One at a time from the head, so that whatever a user does meanwhile leaves the list sound. */
static int on_report(sd_event_source *source, void *userdata) {
        TrackerSet *s = userdata;

        while (!list_empty(&s->dirty)) {
                TrackerNode *n = CONTAINER_OF(s->dirty.next, TrackerNode, dirty);
                bool flipped = is_flipped(n);

                list_remove(&n->dirty);
                mark_reported(n);
                s->callback(&n->tracker, flipped, s->userdata);
        }
        return 0;
}

static TrackerNode *node_free(TrackerNode *n) {
        if (!n)
                return NULL;
        script_check_free(n->check);
        remote_watch_free(n->watch);
        list_remove(&n->dirty);
        free(n->tracker.name);
        free(n->tracker.target);
        free(n->next_target);
        free(n);
        return NULL;
}
DEFINE_CLEANUP(TrackerNode, node_free);

int tracker_set_new(sd_event *event, int64_t priority, const LinkMirror *links, int runner_fd,
                const char *socket_path, TrackerCallback callback, void *userdata, TrackerSet **ret) {
        _cleanup_close_ int owned_fd = runner_fd;
        _cleanup_(tracker_set_freep) TrackerSet *s = calloc(1, sizeof(*s));
        int r;

        if (!s)
                return -ENOMEM;
        list_init(&s->dirty);
        s->event = sd_event_ref(event);
        s->links = links;
        s->callback = callback;
        s->userdata = userdata;
        r = sd_event_add_defer(event, &s->report_source, on_report, s);
        if (r < 0)
                return r;
        r = sd_event_source_set_enabled(s->report_source, SD_EVENT_OFF);
        if (r < 0)
                return r;
        r = sd_event_source_set_priority(s->report_source, priority);
        if (r < 0)
                return r;
        r = script_checks_new(event, priority, TAKE_FD(owned_fd), socket_path, &s->scripts);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(s);
        return 0;
}

TrackerSet *tracker_set_free(TrackerSet *s) {
        if (!s)
                return NULL;
        for (size_t i = 0; i < s->n_nodes; i++)
                node_free(s->nodes[i]);
        free(s->nodes);
        script_checks_free(s->scripts);
        sd_event_source_disable_unref(s->report_source);
        sd_event_unref(s->event);
        free(s);
        return NULL;
}

static TrackerNode *find_node(const TrackerSet *s, VrrpTrackerType type, const char *name) {
        TrackerKey key = {type, name};
        TrackerNode **found = s->n_nodes == 0 ? NULL
                                              : bsearch(&key, s->nodes, s->n_nodes, sizeof(s->nodes[0]),
                                                                compare_key_with_node);

        return found ? *found : NULL;
}

Tracker *tracker_set_find(const TrackerSet *s, VrrpTrackerType type, const char *name) {
        TrackerNode *n = find_node(s, type, name);

        return n ? &n->tracker : NULL;
}

int tracker_set_foreach(TrackerSet *s, int (*f)(Tracker *t, void *userdata), void *userdata) {
        int r = 0;

        for (size_t i = 0; i < s->n_nodes && r == 0; i++)
                r = f(&s->nodes[i]->tracker, userdata);
        return r;
}

void tracker_set_link_changed(TrackerSet *s, const char *ifname) {
        TrackerNode *n = find_node(s, VRRP_TRACKER_INTERFACE, ifname);

        if (n)
                track_interface_update(n, s->links);
}

/* The types that a configuration can name; a script, file or process that is named exists: the loader has
 * seen to it. */
static bool is_trackable(VrrpTrackerType type) {
        switch (type) {
        case VRRP_TRACKER_INTERFACE:
        case VRRP_TRACKER_SCRIPT:
        case VRRP_TRACKER_FILE:
        case VRRP_TRACKER_PROCESS:
                return true;
        case VRRP_TRACKER_UNIT:
        case VRRP_TRACKER_TYPE_MAX:
        case VRRP_TRACKER_TYPE_INVALID:
                break;
        }
        return false;
}

static void add_keys(const ConfigTrack *tracks, size_t n_tracks, TrackerKey *keys, size_t *n) {
        for (size_t k = 0; k < n_tracks; k++)
                if (is_trackable(tracks[k].type))
                        keys[(*n)++] = (TrackerKey){tracks[k].type, tracks[k].name};
}

/* What the instances and groups track, sorted, each once. */
static int collect_keys(const Config *config, TrackerKey **ret, size_t *ret_n) {
        TrackerKey *keys;
        size_t total = 0, n = 0, unique = 0;

        for (size_t i = 0; i < config->n_instances; i++)
                total += config->instances[i].n_tracks;
        for (size_t i = 0; i < config->n_groups; i++)
                total += config->groups[i].n_tracks;
        keys = calloc(total + 1, sizeof(*keys));
        if (!keys)
                return -ENOMEM;
        for (size_t i = 0; i < config->n_instances; i++)
                add_keys(config->instances[i].tracks, config->instances[i].n_tracks, keys, &n);
        for (size_t i = 0; i < config->n_groups; i++)
                add_keys(config->groups[i].tracks, config->groups[i].n_tracks, keys, &n);
        qsort(keys, n, sizeof(*keys), compare_keys);
        for (size_t i = 0; i < n; i++)
                if (unique == 0 || compare_keys(&keys[unique - 1], &keys[i]) != 0)
                        keys[unique++] = keys[i];
        *ret = keys;
        *ret_n = unique;
        return 0;
}

static int node_new(TrackerSet *s, const TrackerKey *key, TrackerNode **ret) {
        _cleanup_(node_freep) TrackerNode *n = calloc(1, sizeof(*n));
        int r;

        if (!n)
                return -ENOMEM;
        n->set = s;
        n->tracker.type = key->type;
        n->tracker.name = strdup(key->name);
        if (!n->tracker.name)
                return -ENOMEM;
        r = key->type == VRRP_TRACKER_SCRIPT ? script_check_new(s->scripts, n, &n->check)
            : key->type == VRRP_TRACKER_FILE || key->type == VRRP_TRACKER_PROCESS
                            ? remote_watch_new(s->scripts, n, &n->watch)
                            : 0;
        if (r < 0)
                return r;
        *ret = TAKE_PTR(n);
        return 0;
}

/* What is tracked, in words: the command of a script, the path of a file, the command line of a process.
 * NULL on -ENOMEM. */
static char *target_of(const Tracker *t, const Config *config) {
        switch (t->type) {
        case VRRP_TRACKER_SCRIPT:
                return strdup(config_find_script(config, t->name)->command);
        case VRRP_TRACKER_FILE:
                return strdup(config_find_tracked_file(config, t->name)->path);
        case VRRP_TRACKER_PROCESS:
                return config_process_text(config_find_process(config, t->name));
        case VRRP_TRACKER_INTERFACE:
        case VRRP_TRACKER_UNIT:
        case VRRP_TRACKER_TYPE_MAX:
        case VRRP_TRACKER_TYPE_INVALID:
                break;
        }
        return strdup(t->name);
}

static int prepare_target(TrackerNode *n, const Config *config) {
        char *target = target_of(&n->tracker, config);

        if (!target)
                return -ENOMEM;
        free(n->next_target);
        n->next_target = target;
        return 0;
}

/* The nodes for these keys: those that exist, marked as wanted, and new ones (without an id). All that can
 * fail is done here, while nothing has changed yet. */
static int make_nodes(TrackerSet *s, const Config *config, const TrackerKey *keys, size_t n_keys,
                TrackerNode **nodes) {
        for (size_t i = 0; i < n_keys; i++) {
                TrackerNode *n = find_node(s, keys[i].type, keys[i].name);
                int r = 0;

                if (n)
                        n->wanted = true;
                else
                        r = node_new(s, &keys[i], &n);
                if (r < 0)
                        return r;
                nodes[i] = n;
                r = prepare_target(n, config);
                if (r < 0)
                        return r;
        }
        return 0;
}

static void forget_new_nodes(TrackerSet *s, TrackerNode **nodes, size_t n_nodes) {
        for (size_t i = 0; i < n_nodes; i++)
                if (nodes[i] && nodes[i]->tracker.id == 0)
                        node_free(nodes[i]);
        for (size_t i = 0; i < s->n_nodes; i++)
                s->nodes[i]->wanted = false;
}

static void adopt_nodes(TrackerSet *s, TrackerNode **nodes, size_t n_nodes) {
        for (size_t i = 0; i < s->n_nodes; i++)
                if (!s->nodes[i]->wanted)
                        node_free(s->nodes[i]);
                else
                        s->nodes[i]->wanted = false;
        free(s->nodes);
        s->nodes = nodes;
        s->n_nodes = n_nodes;
}

/* What a tracker says at its birth is read by those who have just made it; the callback is for what comes
 * later. */
static void node_configure(TrackerNode *n, const Config *config) {
        bool is_new = n->tracker.id == 0;

        free(n->tracker.target);
        n->tracker.target = TAKE_PTR(n->next_target);
        if (is_new)
                n->tracker.id = ++n->set->last_id;
        if (n->check)
                script_check_configure(n->check, config, config_find_script(config, n->tracker.name));
        else if (n->watch)
                remote_watch_configure(n->watch, config);
        else
                track_interface_update(n, n->set->links);
        if (is_new) {
                list_remove(&n->dirty);
                mark_reported(n);
        }
}

int tracker_set_configure(TrackerSet *s, const Config *config) {
        _cleanup_free_ TrackerKey *keys = NULL;
        _cleanup_free_ TrackerNode **nodes = NULL;
        size_t n_keys;
        int r;

        r = collect_keys(config, &keys, &n_keys);
        if (r < 0)
                return r;
        nodes = calloc(n_keys + 1, sizeof(*nodes));
        if (!nodes)
                return -ENOMEM;
        r = make_nodes(s, config, keys, n_keys, nodes);
        if (r < 0) {
                forget_new_nodes(s, nodes, n_keys);
                return r;
        }
        adopt_nodes(s, TAKE_PTR(nodes), n_keys);
        for (size_t i = 0; i < s->n_nodes; i++)
                node_configure(s->nodes[i], config);
        script_checks_configured(s->scripts);
        s->configured = true;
        return 0;
}
