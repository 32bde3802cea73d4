/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* One vrrp_sync_group of the engine: a core group joined to the instances of its members and to what is
 * published of it.
 *
 * Whatever happens to a member goes through instance_feed() as ever; that ends in sync_group_settle(), which
 * feeds what the group has decided to the others by the same road. It owns no timer and no state of the
 * protocol. */

#include "service/config/config.h"
#include "service/core/group.h"
#include "service/publish.h"

typedef struct Manager Manager;
typedef struct Instance Instance;

typedef struct SyncGroup {
        Manager *manager;
        uint32_t id;
        const ConfigGroup *config; /* in the manager's current Config; NULL: removed by a reload */
        char *name;
        Group core;
        List node;  /* in manager->groups, or manager->gone_groups until its members have published that they
                       left */
        List dirty; /* in manager->dirty_groups */
        bool settling;
        bool posted; /* the bus side knows it */

        usec_t state_realtime, state_monotonic;
        bool finishing; /* a command has ended, and is told when the members' transitions have finished */
        uint64_t operation;
        VrrpOperation operation_kind;
        VrrpResult result;
        uint32_t commanded; /* the instance through which it was commanded, 0 = none */
} SyncGroup;

/* A group without members, linked into `list`. -ENOMEM. */
int sync_group_new(Manager *m, const ConfigGroup *config, List *list, SyncGroup **ret);
SyncGroup *sync_group_free(SyncGroup *g);
DEFINE_CLEANUP(SyncGroup, sync_group_free);

/* Takes an instance from the group it is in, if any, and puts it into this one (NULL: none). Nothing moves
 * before sync_group_settle(). */
void instance_set_group(Instance *i, SyncGroup *g);
/* Feeds and tells until the group is at rest. */
void sync_group_settle(SyncGroup *g);
/* A member's transition has finished. */
void sync_group_transition_finished(SyncGroup *g);
/* A command on the group, or on a member with the whole group. */
void sync_group_command(SyncGroup *g, const Command *command);
/* Its members are going to stop, all of them or (reload) some: to be called before the first. */
void sync_group_prepare_stop(SyncGroup *g, bool all);
/* A reload has removed the group: its members go on by themselves. */
void sync_group_dissolve(SyncGroup *g);
void sync_group_mark_dirty(SyncGroup *g);
void sync_group_post_status(SyncGroup *g);
/* Why a member is in fault that has none of its own. False: it is not so. */
bool sync_group_fault(const Instance *i, PublishFault *ret);
SyncGroup *manager_find_group(Manager *m, uint32_t id);
