/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A new configuration in one turn of the loop. It was parsed and validated by the bus side; here instances are matched by name and
 * each one is left alone, changed in place, restarted, removed (with a hand-over) or added. The step that can fail for want of memory
 * comes first, so that a failure leaves everything as it was. */

#include "service/config/diff.h"
#include "service/manager.h"
#include "service/outbox.h"
#include "service/util/log.h"

/* Both sides of the match by name, sorted: a reload of thousands of instances must not compare each with each. */
typedef struct NameIndex {
        struct NamedObject {
                const char *name;
                void *object;
        } *items;
        size_t n;
} NameIndex;

static int compare_names(const void *a, const void *b) {
        const struct NamedObject *x = a, *y = b;

        return strcmp(x->name, y->name);
}

static void *find_by_name(const NameIndex *index, const char *name) {
        struct NamedObject key = {.name = name};
        const struct NamedObject *found =
                bsearch(&key, index->items, index->n, sizeof(key), compare_names);

        return found ? found->object : NULL;
}

static int index_instances(Manager *m, NameIndex *ret) {
        size_t n = 0;

        LIST_FOREACH(node, &m->instances)
        n++;
        ret->items = calloc(n + 1, sizeof(*ret->items));
        if (!ret->items)
                return -ENOMEM;
        LIST_FOREACH(node, &m->instances) {
                Instance *i = CONTAINER_OF(node, Instance, node);

                ret->items[ret->n++] = (struct NamedObject){.name = i->name, .object = i};
        }
        qsort(ret->items, ret->n, sizeof(*ret->items), compare_names);
        return 0;
}

static int index_config(const Config *config, NameIndex *ret) {
        ret->items = calloc(config->n_instances + 1, sizeof(*ret->items));
        if (!ret->items)
                return -ENOMEM;
        for (size_t k = 0; k < config->n_instances; k++)
                ret->items[ret->n++] = (struct NamedObject){
                        .name = config->instances[k].name,
                        .object = &config->instances[k],
                };
        qsort(ret->items, ret->n, sizeof(*ret->items), compare_names);
        return 0;
}

static void name_index_done(NameIndex *index) {
        free(index->items);
}

/* Does an instance of the new configuration need what this one has: its place on the wire or one of its addresses? */
static bool must_go_at_once(const Instance *i, const Config *config) {
        for (size_t k = 0; k < config->n_instances; k++) {
                const ConfigInstance *c = &config->instances[k];

                if (c->vrid == i->config->vrid && c->family == i->config->family &&
                        streq_ptr(c->interface, i->config->interface))
                        return true;
                for (size_t v = 0; v < c->n_vips; v++)
                        if (vip_set_contains(&i->vips, &c->vips[v].address))
                                return true;
                for (size_t v = 0; v < c->n_excluded; v++)
                        if (vip_set_contains(&i->vips, &c->excluded[v].address))
                                return true;
        }
        return false;
}

static void leave(Instance *i, bool at_once) {
        if (at_once)
                instance_stop_now(i);
        else
                instance_stop(i);
        if (i->router.state == VRRP_INITIALIZE)
                instance_close_socket(i); /* its VRID may be wanted by a new instance in this very turn */
}

/* An earlier reload removed them, they still hand over, and this one wants their place back. */
static void hurry_leaving(Manager *m, const Config *config) {
        LIST_FOREACH(node, &m->leaving) {
                Instance *i = CONTAINER_OF(node, Instance, node);

                if (must_go_at_once(i, config))
                        leave(i, true);
        }
}

/* Takes it out of the configured instances; manager's end of turn frees it when its addresses are gone. */
static void let_go(Manager *m, Instance *i, const Config *config) {
        bool at_once = must_go_at_once(i, config);

        instance_get_hold(i, &i->kept_hold);
        list_remove(&i->node);
        list_append(&m->leaving, &i->node);
        i->leaving = true;
        leave(i, at_once);
}

typedef struct Counts {
        uint32_t added, changed, removed;
} Counts;

/* All that goes, instances and single addresses, goes before anything comes: it may come back under another name. */
static void remove_gone(Manager *m, const Config *config, const NameIndex *wanted, Counts *counts) {
        hurry_leaving(m, config);
        LIST_FOREACH_SAFE(node, &m->instances) {
                Instance *i = CONTAINER_OF(node, Instance, node);
                const ConfigInstance *c = find_by_name(wanted, i->name);

                if (c && config_diff_instance(i->config, c) != CONFIG_RESTART) {
                        vip_set_release(&i->vips, c);
                        continue;
                }
                if (!c)
                        counts->removed++;
                let_go(m, i, config);
        }
}

/* New, or restarted: what an administrator has asked for by this name still holds. */
static int add_instance(Manager *m, const ConfigInstance *c, Counts *counts) {
        const Hold *hold = NULL;
        Instance *i;
        int r;

        LIST_FOREACH(node, &m->leaving)
        if (streq(CONTAINER_OF(node, Instance, node)->name, c->name))
                hold = &CONTAINER_OF(node, Instance, node)->kept_hold;
        r = instance_new(m, c, &i);
        if (r < 0)
                return r;
        if (hold)
                instance_restore_hold(i, hold);
        counts->added++;
        return 0;
}

static int apply_instance(Manager *m, const ConfigInstance *c, const NameIndex *running, Counts *counts) {
        Instance *i = find_by_name(running, c->name);

        if (!i)
                return add_instance(m, c, counts);
        switch (config_diff_instance(i->config, c)) {
        case CONFIG_UNCHANGED:
                instance_adopt_config(i, c);
                return 0;
        case CONFIG_CHANGED:
                counts->changed++;
                return instance_reconfigure(i, c);
        case CONFIG_RESTART:
                break; /* has been let go before */
        }
        return 0;
}

/* An instance that leaves keeps pointers into the configuration it was made from, so that one lives until nobody leaves any more:
 * see manager_drop_retired(). */
static void retire(Manager *m, Config *config) {
        m->retired[m->n_retired++] = m->config;
        m->config = config;
}

typedef struct TrackerIds {
        uint32_t *items;
        size_t n, allocated;
} TrackerIds;

static int collect_id(Tracker *t, void *userdata) {
        TrackerIds *ids = userdata;

        if (ids->n == ids->allocated) {
                size_t n = MAX(ids->allocated * 2, (size_t)16);
                uint32_t *items = reallocarray(ids->items, n, sizeof(*items));

                if (!items)
                        return -ENOMEM;
                ids->items = items;
                ids->allocated = n;
        }
        ids->items[ids->n++] = t->id;
        return 0;
}

static bool has_id(const TrackerIds *ids, uint32_t id) {
        for (size_t k = 0; k < ids->n; k++)
                if (ids->items[k] == id)
                        return true;
        return false;
}

/* Configures the trackers and tells the bus side which ones ended. */
static int configure_trackers(Manager *m, const Config *config) {
        TrackerIds before = {}, after = {};
        int r = tracker_set_foreach(m->trackers, collect_id, &before);

        if (r >= 0)
                r = tracker_set_configure(m->trackers, config);
        if (r >= 0)
                r = tracker_set_foreach(m->trackers, collect_id, &after);
        for (size_t k = 0; r >= 0 && k < before.n; k++)
                if (!has_id(&after, before.items[k]))
                        outbox_simple(m->records, RECORD_TRACKER_REMOVED, before.items[k], 0, 0);
        if (r >= 0)
                manager_post_trackers(m);
        free(before.items);
        free(after.items);
        return r;
}

/* Everything that must be in memory before the first change is made. */
static int prepare(Manager *m, const Config *config, NameIndex *ret_wanted) {
        Config **retired = reallocarray(m->retired, m->n_retired + 1, sizeof(*retired));
        int r;

        if (!retired)
                return -ENOMEM;
        m->retired = retired;
        r = index_config(config, ret_wanted);
        if (r < 0)
                return r;
        return configure_trackers(m, config);
}

/* Leaves alone, changes or adds each instance of the new configuration. */
static int apply(Manager *m, const Config *config, Counts *counts) {
        _cleanup_(name_index_done) NameIndex running = {};
        int result = index_instances(m, &running);

        if (result < 0)
                return result;
        for (size_t k = 0; k < config->n_instances; k++) {
                int r = apply_instance(m, &config->instances[k], &running, counts);

                if (r < 0)
                        result = r;
        }
        return result;
}

int manager_reload(Manager *m, Config *config, Record *ret_counts) {
        _cleanup_(name_index_done) NameIndex wanted = {};
        Counts counts = {};
        int r = prepare(m, config, &wanted);

        if (r < 0) {
                config_free(config);
                return r;
        }
        remove_gone(m, config, &wanted, &counts);
        r = apply(m, config, &counts);
        retire(m, config);
        LIST_FOREACH(node, &m->instances)
        instance_evaluate(CONTAINER_OF(node, Instance, node));
        ret_counts->reloaded.added = counts.added;
        ret_counts->reloaded.changed = counts.changed;
        ret_counts->reloaded.removed = counts.removed;
        return r;
}
