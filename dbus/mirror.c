/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Six search trees (tsearch(3)): instances and groups by id and by name, trackers by id and by type and
 * name. A tracker that is only named by instances stands in the id tree as a place holder, so that it makes
 * no difference which of the two is published first, and so that finding a tracker's users never means
 * looking at all instances. */

#include "dbus/mirror.h"
#include "dbus/object-path.h"
#include <search.h>

struct Mirror {
        void *instances_by_id, *instances_by_name;
        void *groups_by_id, *groups_by_name;
        void *trackers_by_id, *trackers_by_name;
        MirrorCounts counts;
};

static int compare_u32(uint32_t a, uint32_t b) {
        return (a > b) - (a < b);
}

static int compare_instance_id(const void *a, const void *b) {
        return compare_u32(((const InstanceObject *)a)->status->id, ((const InstanceObject *)b)->status->id);
}

static int compare_instance_name(const void *a, const void *b) {
        return strcmp(((const InstanceObject *)a)->status->name, ((const InstanceObject *)b)->status->name);
}

static int compare_group_id(const void *a, const void *b) {
        return compare_u32(((const GroupObject *)a)->status->id, ((const GroupObject *)b)->status->id);
}

static int compare_group_name(const void *a, const void *b) {
        return strcmp(((const GroupObject *)a)->status->name, ((const GroupObject *)b)->status->name);
}

static int compare_tracker_id(const void *a, const void *b) {
        return compare_u32(((const TrackerObject *)a)->id, ((const TrackerObject *)b)->id);
}

static int compare_tracker_name(const void *a, const void *b) {
        const TrackerStatus *x = ((const TrackerObject *)a)->status, *y = ((const TrackerObject *)b)->status;

        return x->type != y->type ? compare_u32((uint32_t)x->type, (uint32_t)y->type)
                                  : strcmp(x->name, y->name);
}

/* tsearch() gives the node, whose first member is the key we put in. */
static int tree_add(void **tree, void *object, int (*compare)(const void *, const void *)) {
        void **node = tsearch(object, tree, compare);

        if (!node)
                return -ENOMEM;
        return *node == object ? 0 : -EEXIST;
}

static void *tree_find(void *const *tree, const void *key, int (*compare)(const void *, const void *)) {
        void **node = tfind(key, tree, compare);

        return node ? *node : NULL;
}

int mirror_new(Mirror **ret) {
        Mirror *m = calloc(1, sizeof(*m));
        if (!m)
                return -ENOMEM;
        *ret = m;
        return 0;
}

const MirrorCounts *mirror_counts(const Mirror *m) {
        return &m->counts;
}

/* by: +1 or -1. */
static void count(Mirror *m, const InstanceStatus *s, int by) {
        m->counts.instances += (uint32_t)by;
        m->counts.by_state[s->state] += (uint32_t)by;
        m->counts.held += s->admin != VRRP_ADMIN_ENABLED ? (uint32_t)by : 0;
        m->counts.conflicts += (uint32_t)((int)s->n_conflicts * by);
}

/* An entry that is neither published nor named by anybody goes. */
static void tracker_release(Mirror *m, TrackerObject *t) {
        if (t->status || !list_empty(&t->users))
                return;
        tdelete(t, &m->trackers_by_id, compare_tracker_id);
        free(t);
}

static int tracker_get(Mirror *m, uint32_t id, TrackerObject **ret) {
        TrackerObject key = {.id = id};
        TrackerObject *t = tree_find(&m->trackers_by_id, &key, compare_tracker_id);

        if (!t) {
                t = calloc(1, sizeof(*t));
                if (!t)
                        return -ENOMEM;
                t->id = id;
                list_init(&t->users);
                if (tree_add(&m->trackers_by_id, t, compare_tracker_id) < 0) {
                        free(t);
                        return -ENOMEM;
                }
        }
        *ret = t;
        return 0;
}

static void uses_free(Mirror *m, TrackerUse *uses, size_t n) {
        for (size_t i = 0; i < n; i++) {
                list_remove(&uses[i].in_tracker);
                tracker_release(m, uses[i].tracker);
        }
        free(uses);
}

static int uses_new(Mirror *m, InstanceObject *o, const InstanceStatus *s, TrackerUse **ret) {
        TrackerUse *uses = NULL;

        if (s->n_tracks > 0) {
                uses = calloc(s->n_tracks, sizeof(*uses));
                if (!uses)
                        return -ENOMEM;
        }
        for (size_t i = 0; i < s->n_tracks; i++) {
                int r = tracker_get(m, s->tracks[i].tracker, &uses[i].tracker);
                if (r < 0) {
                        uses_free(m, uses, i);
                        return r;
                }
                uses[i].instance = o;
                uses[i].weight = s->tracks[i].weight;
                list_append(&uses[i].tracker->users, &uses[i].in_tracker);
        }
        *ret = uses;
        return 0;
}

InstanceObject *mirror_instance_by_id(const Mirror *m, uint32_t id) {
        InstanceStatus s = {.id = id};
        InstanceObject key = {.status = &s};

        return tree_find(&m->instances_by_id, &key, compare_instance_id);
}

InstanceObject *mirror_instance_by_name(const Mirror *m, const char *name) {
        InstanceStatus s = {};
        InstanceObject key = {.status = &s};

        if (strlen(name) > VRRP_NAME_MAX)
                return NULL;
        memcpy(s.name, name, strlen(name) + 1);
        return tree_find(&m->instances_by_name, &key, compare_instance_name);
}

InstanceObject *mirror_instance_by_path(const Mirror *m, const char *path) {
        _cleanup_free_ char *name = NULL;

        return object_path_to_instance(path, &name) < 0 ? NULL : mirror_instance_by_name(m, name);
}

static InstanceObject *instance_object_free(InstanceObject *o) {
        if (!o)
                return NULL;
        instance_status_free(o->status);
        free(o->path);
        free(o);
        return NULL;
}
DEFINE_CLEANUP(InstanceObject, instance_object_free);

int mirror_add_instance(Mirror *m, InstanceStatus *status, InstanceObject **ret) {
        int r;

        if (status->name[0] == '\0')
                return -EINVAL;
        if (mirror_instance_by_id(m, status->id) || mirror_instance_by_name(m, status->name))
                return -EEXIST;

        _cleanup_(instance_object_freep) InstanceObject *o = calloc(1, sizeof(*o));
        if (!o)
                return -ENOMEM;
        r = object_path_instance(status->name, &o->path);
        if (r < 0)
                return r;

        o->mirror = m;
        o->status = status; /* for the comparison; taken only when all is well */
        r = tree_add(&m->instances_by_id, o, compare_instance_id);
        if (r >= 0) {
                r = tree_add(&m->instances_by_name, o, compare_instance_name);
                if (r >= 0) {
                        r = uses_new(m, o, status, &o->uses);
                        if (r < 0)
                                tdelete(o, &m->instances_by_name, compare_instance_name);
                }
                if (r < 0)
                        tdelete(o, &m->instances_by_id, compare_instance_id);
        }
        if (r < 0) {
                o->status = NULL;
                return r;
        }
        o->n_uses = status->n_tracks;
        count(m, status, 1);
        *ret = TAKE_PTR(o);
        return 0;
}

int mirror_replace_instance(Mirror *m, InstanceObject *o, InstanceStatus *status, InstanceStatus **ret_old) {
        TrackerUse *uses;

        assert(status->id == o->status->id && streq(status->name, o->status->name));

        int r = uses_new(m, o, status, &uses);
        if (r < 0)
                return r;
        uses_free(m, o->uses, o->n_uses);
        o->uses = uses;
        o->n_uses = status->n_tracks;

        count(m, o->status, -1);
        count(m, status, 1);
        *ret_old = o->status;
        o->status = status;
        return 0;
}

void mirror_remove_instance(Mirror *m, InstanceObject *o) {
        list_remove(&o->in_dirty);
        tdelete(o, &m->instances_by_id, compare_instance_id);
        tdelete(o, &m->instances_by_name, compare_instance_name);
        uses_free(m, o->uses, o->n_uses);
        count(m, o->status, -1);
        instance_object_free(o);
}

GroupObject *mirror_group_by_id(const Mirror *m, uint32_t id) {
        GroupStatus s = {.id = id};
        GroupObject key = {.status = &s};

        return tree_find(&m->groups_by_id, &key, compare_group_id);
}

GroupObject *mirror_group_by_name(const Mirror *m, const char *name) {
        GroupStatus s = {};
        GroupObject key = {.status = &s};

        if (strlen(name) > VRRP_NAME_MAX)
                return NULL;
        memcpy(s.name, name, strlen(name) + 1);
        return tree_find(&m->groups_by_name, &key, compare_group_name);
}

GroupObject *mirror_group_by_path(const Mirror *m, const char *path) {
        _cleanup_free_ char *name = NULL;

        return object_path_to_group(path, &name) < 0 ? NULL : mirror_group_by_name(m, name);
}

static GroupObject *group_object_free(GroupObject *g) {
        if (!g)
                return NULL;
        group_status_free(g->status);
        free(g->path);
        free(g);
        return NULL;
}
DEFINE_CLEANUP(GroupObject, group_object_free);

int mirror_add_group(Mirror *m, GroupStatus *status, GroupObject **ret) {
        int r;

        if (status->name[0] == '\0')
                return -EINVAL;
        if (mirror_group_by_id(m, status->id) || mirror_group_by_name(m, status->name))
                return -EEXIST;

        _cleanup_(group_object_freep) GroupObject *g = calloc(1, sizeof(*g));
        if (!g)
                return -ENOMEM;
        r = object_path_group(status->name, &g->path);
        if (r < 0)
                return r;
        g->mirror = m;
        g->status = status; /* for the comparison; taken only when all is well */
        r = tree_add(&m->groups_by_id, g, compare_group_id);
        if (r >= 0) {
                r = tree_add(&m->groups_by_name, g, compare_group_name);
                if (r < 0)
                        tdelete(g, &m->groups_by_id, compare_group_id);
        }
        if (r < 0) {
                g->status = NULL;
                return r;
        }
        m->counts.groups++;
        *ret = TAKE_PTR(g);
        return 0;
}

GroupStatus *mirror_replace_group(GroupObject *g, GroupStatus *status) {
        GroupStatus *old = g->status;

        assert(status->id == old->id && streq(status->name, old->name));
        g->status = status;
        return old;
}

void mirror_remove_group(Mirror *m, GroupObject *g) {
        list_remove(&g->in_dirty);
        tdelete(g, &m->groups_by_id, compare_group_id);
        tdelete(g, &m->groups_by_name, compare_group_name);
        m->counts.groups--;
        group_object_free(g);
}

TrackerObject *mirror_tracker_by_id(const Mirror *m, uint32_t id) {
        TrackerObject key = {.id = id};
        TrackerObject *t = tree_find(&m->trackers_by_id, &key, compare_tracker_id);

        return t && t->status ? t : NULL;
}

TrackerObject *mirror_tracker_by_name(const Mirror *m, VrrpTrackerType type, const char *name) {
        TrackerStatus s = {.type = type};
        TrackerObject key = {.status = &s};

        if (strlen(name) > VRRP_NAME_MAX)
                return NULL;
        memcpy(s.name, name, strlen(name) + 1);
        return tree_find(&m->trackers_by_name, &key, compare_tracker_name);
}

TrackerObject *mirror_tracker_by_path(const Mirror *m, const char *path) {
        _cleanup_free_ char *name = NULL;
        VrrpTrackerType type;

        return object_path_to_tracker(path, &type, &name) < 0 ? NULL : mirror_tracker_by_name(m, type, name);
}

int mirror_add_tracker(Mirror *m, TrackerStatus *status, TrackerObject **ret) {
        _cleanup_free_ char *path = NULL;
        TrackerObject *t;

        if (status->name[0] == '\0')
                return -EINVAL;
        if (mirror_tracker_by_id(m, status->id) || mirror_tracker_by_name(m, status->type, status->name))
                return -EEXIST;
        int r = object_path_tracker(status->type, status->name, &path);
        if (r < 0)
                return r;
        r = tracker_get(m, status->id, &t);
        if (r < 0)
                return r;
        t->status = status;
        r = tree_add(&m->trackers_by_name, t, compare_tracker_name);
        if (r < 0) {
                t->status = NULL;
                tracker_release(m, t);
                return r;
        }
        t->path = TAKE_PTR(path);
        m->counts.trackers++;
        *ret = t;
        return 0;
}

TrackerStatus *mirror_replace_tracker(TrackerObject *o, TrackerStatus *status) {
        TrackerStatus *old = o->status;

        assert(status->id == old->id && status->type == old->type && streq(status->name, old->name));
        o->status = status;
        return old;
}

void mirror_remove_tracker(Mirror *m, TrackerObject *o) {
        list_remove(&o->in_dirty);
        o->dirty = 0;
        o->stale = false;
        tdelete(o, &m->trackers_by_name, compare_tracker_name);
        free(o->status);
        o->status = NULL;
        free(o->path);
        o->path = NULL;
        m->counts.trackers--;
        tracker_release(m, o);
}

typedef struct Walk {
        void (*instance)(InstanceObject *o, void *userdata);
        void (*tracker)(TrackerObject *o, void *userdata);
        void (*group)(GroupObject *g, void *userdata);
        void *userdata;
} Walk;

static void walk_node(const void *node, VISIT which, void *closure) {
        void *object = *(void *const *)node;
        const Walk *w = closure;

        if (which != postorder && which != leaf) /* in order, each node once */
                return;
        if (w->instance)
                w->instance(object, w->userdata);
        else if (w->group)
                w->group(object, w->userdata);
        else
                w->tracker(object, w->userdata);
}

void mirror_foreach_instance(const Mirror *m, void (*f)(InstanceObject *o, void *userdata), void *userdata) {
        twalk_r(m->instances_by_name, walk_node, &(Walk){.instance = f, .userdata = userdata});
}

void mirror_foreach_group(const Mirror *m, void (*f)(GroupObject *g, void *userdata), void *userdata) {
        twalk_r(m->groups_by_name, walk_node, &(Walk){.group = f, .userdata = userdata});
}

void mirror_foreach_tracker(const Mirror *m, void (*f)(TrackerObject *o, void *userdata), void *userdata) {
        twalk_r(m->trackers_by_name, walk_node, &(Walk){.tracker = f, .userdata = userdata});
}

Mirror *mirror_free(Mirror *m) {
        if (!m)
                return NULL;
        while (m->instances_by_id)
                mirror_remove_instance(m, *(InstanceObject **)m->instances_by_id);
        while (m->groups_by_id)
                mirror_remove_group(m, *(GroupObject **)m->groups_by_id);
        while (m->trackers_by_name)
                mirror_remove_tracker(m, *(TrackerObject **)m->trackers_by_name);
        free(m);
        return NULL;
}
