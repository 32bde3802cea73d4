/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The bus side's copy of what the engine publishes: instances, sync groups and trackers, found by id
 * (records), by name (object paths), and counted (Manager's properties). Filled from records only. It knows
 * nothing of the bus: who changes it says so on the bus, see publisher.h. */

#include "service/publish.h"
#include "service/util/list.h"

typedef struct Mirror Mirror;
typedef struct InstanceObject InstanceObject;
typedef struct GroupObject GroupObject;
typedef struct TrackerObject TrackerObject;

/* One entry of an instance's `tracks`, linked into the tracker's users. */
typedef struct TrackerUse {
        List in_tracker;
        InstanceObject *instance;
        TrackerObject *tracker;
        int32_t weight;
} TrackerUse;

struct InstanceObject {
        const Mirror *mirror;   /* that it is in */
        InstanceStatus *status; /* owned */
        char *path;
        TrackerUse *uses;
        size_t n_uses;
        uint64_t dirty; /* properties that changed and were not announced yet, see instance-object.h */
        List in_dirty;  /* publisher's */
        bool stale;     /* not heard of since the resync began */
};

struct GroupObject {
        const Mirror *mirror; /* that it is in, for its members */
        GroupStatus *status;  /* owned */
        char *path;
        uint64_t dirty;
        List in_dirty;
        bool stale;
};

struct TrackerObject {
        uint32_t id;
        TrackerStatus *status; /* owned; NULL: instances name it, but it was not published yet. Not on the
                                  bus */
        char *path;            /* NULL like status */
        List users;            /* TrackerUse.in_tracker */
        uint64_t dirty;
        List in_dirty;
        bool stale;
};

typedef struct MirrorCounts {
        uint32_t instances, by_state[VRRP_STATE_MAX], held, conflicts, trackers, groups;
} MirrorCounts;

int mirror_new(Mirror **ret);
Mirror *mirror_free(Mirror *m);
DEFINE_CLEANUP(Mirror, mirror_free);

const MirrorCounts *mirror_counts(const Mirror *m);

InstanceObject *mirror_instance_by_id(const Mirror *m, uint32_t id);
InstanceObject *mirror_instance_by_name(const Mirror *m, const char *name);
InstanceObject *mirror_instance_by_path(const Mirror *m, const char *path);
/* Adds. Neither id nor name may be there. Takes status on success. Errors: -ENOMEM, -EEXIST, -EINVAL (no
 * name). */
int mirror_add_instance(Mirror *m, InstanceStatus *status, InstanceObject **ret);
/* Takes the new status, with the same id and name, and returns the old one, which the caller frees. -ENOMEM:
 * unchanged. */
int mirror_replace_instance(Mirror *m, InstanceObject *o, InstanceStatus *status, InstanceStatus **ret_old);
void mirror_remove_instance(Mirror *m, InstanceObject *o);

GroupObject *mirror_group_by_id(const Mirror *m, uint32_t id);
GroupObject *mirror_group_by_name(const Mirror *m, const char *name);
GroupObject *mirror_group_by_path(const Mirror *m, const char *path);
/* As for instances. */
int mirror_add_group(Mirror *m, GroupStatus *status, GroupObject **ret);
/* Same id and name; returns the old status. */
GroupStatus *mirror_replace_group(GroupObject *g, GroupStatus *status);
void mirror_remove_group(Mirror *m, GroupObject *g);

/* Only trackers that have been published (status is set) are found by name and path. */
TrackerObject *mirror_tracker_by_id(const Mirror *m, uint32_t id);
TrackerObject *mirror_tracker_by_path(const Mirror *m, const char *path);
/* The published tracker of this type and name, NULL = none. */
TrackerObject *mirror_tracker_by_name(const Mirror *m, VrrpTrackerType type, const char *name);
/* Publishes a tracker that has no status yet. Takes status on success. Errors: -ENOMEM, -EEXIST, -EINVAL (no
 * name). */
int mirror_add_tracker(Mirror *m, TrackerStatus *status, TrackerObject **ret);
/* Same id, type and name; returns the old status. */
TrackerStatus *mirror_replace_tracker(TrackerObject *o, TrackerStatus *status);
/* Takes it off the bus's reach; users that still name it keep the entry until they name it no more. */
void mirror_remove_tracker(Mirror *m, TrackerObject *o);

/* All objects in the order of their names; f must neither add nor remove. */
void mirror_foreach_instance(const Mirror *m, void (*f)(InstanceObject *o, void *userdata), void *userdata);
void mirror_foreach_group(const Mirror *m, void (*f)(GroupObject *g, void *userdata), void *userdata);
void mirror_foreach_tracker(const Mirror *m, void (*f)(TrackerObject *o, void *userdata), void *userdata);
