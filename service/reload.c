/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A new configuration in one turn of the loop. It was parsed and validated by the bus side; here instances
 * are matched by name and each one is left alone, changed in place, restarted, removed (with a hand-over) or
 * added. Masters send what falls due between the parts of the work, so that no advert waits for all of it;
 * nothing else moves before the turn is over. All memory is taken by prepare(), before the first change, so
 * that a failure leaves everything as it was. */

#include "service/config/diff.h"
#include "service/manager.h"
#include "service/outbox.h"
#include "service/timing.h"
#include "service/reload-claims.h"
#include "service/util/log.h"

/* One side of the match by name, sorted: a reload of thousands of instances must not compare each with each.
 */
typedef struct NameIndex {
        struct NamedObject {
                const char *name;
                void *object;
        } * items;
        size_t n;
} NameIndex;

static int compare_names(const void *a, const void *b) {
        const struct NamedObject *x = a, *y = b;

        return strcmp(x->name, y->name);
}

static void *find_by_name(const NameIndex *index, const char *name) {
        struct NamedObject key = {.name = name};
        const struct NamedObject *found = bsearch(&key, index->items, index->n, sizeof(key), compare_names);

        return found ? found->object : NULL;
}

static int index_instances(Manager *m, NameIndex *ret) {
        size_t n = 0;

        LIST_FOREACH (node, &m->instances)
                n++;
        ret->items = calloc(n + 1, sizeof(*ret->items));
        if (!ret->items)
                return -ENOMEM;
        LIST_FOREACH (node, &m->instances) {
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

/* Does an instance of the new configuration need what this one has: its place on the wire or one of its
 * addresses? */
static bool must_go_at_once(const Instance *i, const Claims *claims) {
        return claims_place(claims, i->config) || claims_vip_of(claims, &i->vips);
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
static void hurry_leaving(Manager *m, const Claims *claims) {
        LIST_FOREACH (node, &m->leaving) {
                Instance *i = CONTAINER_OF(node, Instance, node);

                if (must_go_at_once(i, claims))
                        leave(i, true);
        }
}

/* Takes it out of the configured instances; manager's end of turn frees it when its addresses are gone. */
static void let_go(Manager *m, Instance *i, bool replaced, const Claims *claims) {
        bool at_once = must_go_at_once(i, claims);

        instance_get_hold(i, &i->kept_hold);
        list_remove(&i->node);
        list_append(&m->leaving, &i->node);
        i->leaving = true;
        i->replaced = replaced;
        instance_set_group(i, NULL);
        leave(i, at_once);
}

typedef struct TrackerIds {
        struct TrackerMark {
                uint32_t id;
                bool stays;
        } * items; /* sorted by id */
        size_t n, allocated;
} TrackerIds;

/* A reload under way. */
typedef struct Reload {
        Manager *manager;
        Config *config;
        NameIndex running, wanted; /* instances before the reload; the blocks of the new configuration */
        Claims claims;
        List fresh;          /* instances made for it, not yet the manager's */
        List fresh_groups;   /* the same of sync groups */
        TrackerIds trackers; /* before the reload */
        uint32_t added, changed, removed;
} Reload;

static void reload_done(Reload *l) {
        LIST_FOREACH_SAFE (node, &l->fresh)
                instance_free(CONTAINER_OF(node, Instance, node));
        LIST_FOREACH_SAFE (group, &l->fresh_groups)
                sync_group_free(CONTAINER_OF(group, SyncGroup, node));
        free(l->running.items);
        free(l->wanted.items);
        claims_done(&l->claims);
        free(l->trackers.items);
}

static bool moves(const Vip *v, void *userdata) {
        return claims_same_elsewhere(userdata, v);
}

/* All that goes, instances and single addresses, goes before anything comes: it may come back under another
 * name. */
static void remove_gone(Reload *l) {
        Manager *m = l->manager;

        hurry_leaving(m, &l->claims);
        LIST_FOREACH (group, &m->groups)
                sync_group_prepare_stop(CONTAINER_OF(group, SyncGroup, node), false);
        LIST_FOREACH_SAFE (node, &m->instances) {
                Instance *i = CONTAINER_OF(node, Instance, node);
                const ConfigInstance *c = find_by_name(&l->wanted, i->name);

                manager_serve_adverts(m);
                if (c && config_diff_instance(i->config, c) != CONFIG_RESTART) {
                        vip_set_release(&i->vips, c, moves, &l->claims);
                        continue;
                }
                if (c)
                        l->changed++;
                else
                        l->removed++;
                let_go(m, i, c != NULL, &l->claims);
        }
}

/* What an administrator has asked for by this name still holds, when its instance was restarted or has just
 * been removed. */
static const Hold *hold_for(const Reload *l, const char *name) {
        const Instance *before = find_by_name(&l->running, name);

        if (before)
                return &before->kept_hold;
        LIST_FOREACH (node, &l->manager->leaving)
                if (streq(CONTAINER_OF(node, Instance, node)->name, name))
                        return &CONTAINER_OF(node, Instance, node)->kept_hold;
        return NULL;
}

/* New and restarted instances become the manager's. */
static void add_fresh(Reload *l) {
        LIST_FOREACH_SAFE (node, &l->fresh) {
                Instance *i = CONTAINER_OF(node, Instance, node);
                const Hold *hold = hold_for(l, i->name);

                list_remove(&i->node);
                list_append(&l->manager->instances, &i->node);
                if (hold)
                        instance_restore_hold(i, hold);
                if (!find_by_name(&l->running, i->name))
                        l->added++;
        }
}

static void apply_instance(Reload *l, const ConfigInstance *c) {
        Instance *i = find_by_name(&l->running, c->name);

        if (!i || i->leaving)
                return; /* its instance is a fresh one */
        switch (config_diff_instance(i->config, c)) {
        case CONFIG_UNCHANGED:
                instance_adopt_config(i, c);
                break;
        case CONFIG_CHANGED:
                l->changed++;
                instance_reconfigure(i, c);
                break;
        case CONFIG_RESTART:
                assert(false); /* it was let go */
        }
}

/* An instance that leaves keeps pointers into the configuration it was made from, so that one lives until
 * nobody leaves any more: see drop_retired() in manager.c. */
static void retire(Manager *m, Config *config) {
        m->retired[m->n_retired++] = m->config;
        m->config = config;
}

static int collect_tracker(Tracker *t, void *userdata) {
        TrackerIds *ids = userdata;

        if (ids->n == ids->allocated) {
                size_t n = MAX(ids->allocated * 2, (size_t)16);
                struct TrackerMark *items = reallocarray(ids->items, n, sizeof(*items));

                if (!items)
                        return -ENOMEM;
                ids->items = items;
                ids->allocated = n;
        }
        ids->items[ids->n++] = (struct TrackerMark){.id = t->id};
        return 0;
}

static int compare_marks(const void *a, const void *b) {
        const struct TrackerMark *x = a, *y = b;

        return x->id != y->id ? (x->id < y->id ? -1 : 1) : 0;
}

static int mark_tracker(Tracker *t, void *userdata) {
        TrackerIds *ids = userdata;
        struct TrackerMark key = {.id = t->id}, *found = NULL;

        if (ids->n > 0)
                found = bsearch(&key, ids->items, ids->n, sizeof(key), compare_marks);
        if (found)
                found->stays = true;
        return 0;
}

/* Tells the bus side which trackers ended, and what the others say now. */
static void post_trackers(Reload *l) {
        Manager *m = l->manager;
        TrackerIds *ids = &l->trackers;

        if (ids->n > 0)
                qsort(ids->items, ids->n, sizeof(*ids->items), compare_marks);
        (void)tracker_set_foreach(m->trackers, mark_tracker, ids);
        for (size_t k = 0; k < ids->n; k++)
                if (!ids->items[k].stays)
                        outbox_simple(m->records, RECORD_TRACKER_REMOVED, ids->items[k].id, 0, 0);
        manager_post_trackers(m);
}

/* Memory for one instance of the new configuration: all of it, or for what changes. */
static int prepare_instance(Reload *l, const ConfigInstance *c) {
        Instance *i = find_by_name(&l->running, c->name), *fresh;

        if (!i)
                return instance_new(l->manager, c, &l->fresh, &fresh);
        switch (config_diff_instance(i->config, c)) {
        case CONFIG_UNCHANGED:
                return 0;
        case CONFIG_CHANGED:
                return instance_prepare(i, c);
        case CONFIG_RESTART:
                break;
        }
        return instance_new(l->manager, c, &l->fresh, &fresh);
}

static int prepare_instances(Reload *l) {
        for (size_t k = 0; k < l->config->n_instances; k++) {
                int r;

                manager_serve_adverts(l->manager); /* nothing of what they need is touched yet */
                r = prepare_instance(l, &l->config->instances[k]);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* Everything that must be in memory before the first change is made. The trackers come last, as they are
 * changed at once. */
static int prepare(Reload *l) {
        Manager *m = l->manager;
        Config **retired = reallocarray(m->retired, m->n_retired + 1, sizeof(*retired));
        int r;

        if (!retired)
                return -ENOMEM;
        m->retired = retired;
        r = index_config(l->config, &l->wanted);
        if (r >= 0)
                r = index_instances(m, &l->running);
        if (r >= 0)
                r = claims_collect(l->config, &l->claims);
        if (r >= 0)
                r = tracker_set_foreach(m->trackers, collect_tracker, &l->trackers);
        if (r >= 0)
                r = static_set_prepare(&m->statics, l->config);
        if (r >= 0)
                r = manager_new_groups(m, l->config, &l->fresh_groups);
        if (r >= 0)
                r = prepare_instances(l);
        if (r >= 0)
                r = tracker_set_configure(m->trackers, l->config);
        return r;
}

static void forget_prepared(Manager *m) {
        static_set_forget(&m->statics);
        LIST_FOREACH (node, &m->instances)
                instance_forget(CONTAINER_OF(node, Instance, node));
}

static void assign_groups(Reload *l) {
        LIST_FOREACH_SAFE (node, &l->fresh_groups) {
                list_remove(node);
                list_append(&l->manager->groups, node);
        }
        manager_assign_groups(l->manager, l->config);
}

/* From here on nothing fails. */
static void carry_out(Reload *l) {
        Manager *m = l->manager;

        /* A route that moves from one to another is neither removed nor added. */
        routing_pool_hold(&m->routing);
        post_trackers(l);
        static_set_configure(&m->statics);
        remove_gone(l);
        add_fresh(l);
        assign_groups(l);
        for (size_t k = 0; k < l->config->n_instances; k++) {
                manager_serve_adverts(m);
                apply_instance(l, &l->config->instances[k]);
        }
        routing_pool_release(&m->routing);
        retire(m, l->config);
        manager_configure_filter(m);
        timing_configure(m, l->config);
        LIST_FOREACH (node, &m->instances) {
                manager_serve_adverts(m);
                instance_evaluate(CONTAINER_OF(node, Instance, node));
        }
        /* The others may wait for one that has left: nothing else would wake them. */
        LIST_FOREACH (node, &m->groups)
                sync_group_settle(CONTAINER_OF(node, SyncGroup, node));
        LIST_FOREACH (node, &m->instances)
                vip_set_end_moves(&CONTAINER_OF(node, Instance, node)->vips);
}

int manager_reload(Manager *m, Config *config, Record *ret_counts) {
        Reload l = {.manager = m, .config = config};
        int r;

        list_init(&l.fresh);
        list_init(&l.fresh_groups);
        r = prepare(&l);
        if (r >= 0)
                carry_out(&l);
        else
                forget_prepared(m);
        reload_done(&l); /* instances that came to nothing point into the configuration */
        if (r < 0) {
                config_free(config);
                return r;
        }
        ret_counts->reloaded.added = l.added;
        ret_counts->reloaded.changed = l.changed;
        ret_counts->reloaded.removed = l.removed;
        return 0;
}
