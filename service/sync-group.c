/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* See sync-group.h. */

#include "service/sync-group.h"
#include "service/clock.h"
#include "service/instance.h"
#include "service/manager.h"
#include "service/outbox.h"

#define INSTANCE(n) CONTAINER_OF(CONTAINER_OF(n, GroupMember, node), Instance, member)

int sync_group_new(Manager *m, const ConfigGroup *config, List *list, SyncGroup **ret) {
        _cleanup_(sync_group_freep) SyncGroup *g = calloc(1, sizeof(*g));

        if (!g)
                return -ENOMEM;
        g->manager = m;
        g->config = config;
        g->id = ++m->last_id;
        group_init(&g->core);
        g->name = strdup(config->name);
        if (!g->name)
                return -ENOMEM;
        list_append(list, &g->node);
        *ret = TAKE_PTR(g);
        return 0;
}

SyncGroup *sync_group_free(SyncGroup *g) {
        if (!g)
                return NULL;
        if (g->core.members.next)
                LIST_FOREACH_SAFE (node, &g->core.members)
                        instance_set_group(INSTANCE(node), NULL);
        list_remove(&g->node);
        list_remove(&g->dirty);
        free(g->name);
        free(g);
        return NULL;
}

void instance_set_group(Instance *i, SyncGroup *g) {
        if (i->group == g)
                return;
        if (i->group) {
                sync_group_mark_dirty(i->group);
                group_remove(&i->group->core, &i->member);
        }
        i->group = g;
        if (g) {
                group_add(&g->core, &i->member, &i->router);
                sync_group_mark_dirty(g);
        }
        instance_mark_dirty(i);
}

SyncGroup *manager_find_group(Manager *m, uint32_t id) {
        LIST_FOREACH (node, &m->groups)
                if (CONTAINER_OF(node, SyncGroup, node)->id == id)
                        return CONTAINER_OF(node, SyncGroup, node);
        return NULL;
}

/* ---- Published ---- */

void sync_group_mark_dirty(SyncGroup *g) {
        if (!list_linked(&g->dirty))
                list_append(&g->manager->dirty_groups, &g->dirty);
}

/* In the order of the configuration; the core has them in that in which they came. */
static int copy_members(const SyncGroup *g, GroupStatus *s) {
        size_t n = g->config ? g->config->n_members : 0;

        s->members = calloc(n + 1, sizeof(*s->members));
        if (!s->members)
                return -ENOMEM;
        for (size_t k = 0; k < n; k++)
                LIST_FOREACH (node, &g->core.members) {
                        const Instance *i = INSTANCE(node);

                        if (!streq(i->name, g->config->members[k].name))
                                continue;
                        s->members[s->n_members++] = i->id;
                        break;
                }
        return 0;
}

/* The words of the first member on which the group's hold is. */
static void copy_hold(const SyncGroup *g, GroupStatus *s) {
        s->admin = group_admin(&g->core);
        s->admin_uid = UINT32_MAX;
        LIST_FOREACH (node, &g->core.members) {
                Instance *i = INSTANCE(node);

                s->address_owner |= vip_set_has_owned(&i->vips);
                if (s->admin == VRRP_ADMIN_ENABLED || i->router.admin != s->admin ||
                                s->admin_uid != UINT32_MAX)
                        continue;
                snprintf(s->admin_reason, sizeof(s->admin_reason), "%s", i->admin_reason);
                s->admin_uid = i->admin_uid;
                s->admin_expire_realtime = instance_admin_expire(i);
        }
}

void sync_group_post_status(SyncGroup *g) {
        _cleanup_(group_status_freep) GroupStatus *s = calloc(1, sizeof(*s));
        Record *record;

        if (list_linked(&g->dirty))
                list_remove(&g->dirty);
        if (!s || copy_members(g, s) < 0)
                return; /* the next change tries again */
        s->id = g->id;
        snprintf(s->name, sizeof(s->name), "%s", g->name);
        s->state = g->core.state;
        s->reason = g->core.reason;
        s->state_change_realtime = g->state_realtime;
        s->state_change_monotonic = g->state_monotonic;
        s->operation_running = group_operation_running(&g->core) || g->finishing;
        copy_hold(g, s);
        if (record_new(RECORD_GROUP, &record) < 0)
                return;
        record->id = g->id;
        record->group = TAKE_PTR(s);
        g->posted = true;
        outbox_post(g->manager->records, record);
}

/* What is known of the members is posted before what is said of the group. */
static void post_event(SyncGroup *g, InstanceEvent e) {
        e.group = g->id;
        snprintf(e.name, sizeof(e.name), "%s", g->name);
        e.realtime = now_realtime();
        e.monotonic = now_monotonic();
        sync_group_post_status(g);
        outbox_group_event(g->manager->records, &e);
}

static bool is_faulty(const Instance *i) {
        return i->router.fault && i->router.admin != VRRP_ADMIN_PAUSED;
}

static const Instance *faulty_member(const SyncGroup *g) {
        LIST_FOREACH (node, &g->core.members)
                if (is_faulty(INSTANCE(node)))
                        return INSTANCE(node);
        return NULL;
}

static bool has_fault(const Instance *i, const char *detail) {
        for (size_t k = 0; k < i->n_faults; k++)
                if (streq(i->faults[k].detail, detail))
                        return true;
        return false;
}

/* What is wrong with another member and not with this one, too, as is what their group tracks. NULL =
 * nothing. */
static const char *other_fault(const Instance *other, const Instance *i) {
        if (other->n_faults == 0)
                return "in fault";
        for (size_t k = 0; k < other->n_faults; k++)
                if (!has_fault(i, other->faults[k].detail))
                        return other->faults[k].detail;
        return NULL;
}

bool sync_group_fault(const Instance *i, PublishFault *ret) {
        if (!i->group || !i->router.group_fault)
                return false;
        LIST_FOREACH (node, &i->group->core.members) {
                const Instance *other = INSTANCE(node);
                const char *detail = other != i && is_faulty(other) ? other_fault(other, i) : NULL;

                if (!detail)
                        continue;
                *ret = (PublishFault){.kind = "group"};
                snprintf(ret->detail, sizeof(ret->detail), "%.24s: %.50s", other->name, detail);
                return true;
        }
        return false;
}

static void state_changed(SyncGroup *g, const GroupOrder *o) {
        InstanceEvent e = {
                        .kind = EVENT_STATE_CHANGED,
                        .old_state = o->old_state,
                        .new_state = o->new_state,
                        .reason = o->reason,
        };
        const Instance *faulty = o->new_state == VRRP_FAULT ? faulty_member(g) : NULL;

        if (faulty)
                snprintf(e.detail, sizeof(e.detail), "%.60s: %.79s", faulty->name,
                                faulty->n_faults > 0 ? faulty->faults[0].detail : "in fault");
        g->state_realtime = now_realtime();
        g->state_monotonic = now_monotonic();
        post_event(g, e);
}

/* ---- Moving ---- */

static void try_finish(SyncGroup *g) {
        Instance *commanded;

        if (!g->finishing)
                return;
        LIST_FOREACH (node, &g->core.members)
                if (INSTANCE(node)->transition.running)
                        return;
        g->finishing = false;
        post_event(g, (InstanceEvent){.kind = EVENT_OPERATION_FINISHED,
                                      .operation = g->operation,
                                      .operation_kind = g->operation_kind,
                                      .result = g->result});
        commanded = g->commanded != 0 ? manager_find_instance(g->manager, g->commanded) : NULL;
        if (commanded)
                instance_post_finished(commanded, &(FinishedOperation){.id = g->operation,
                                                                  .operation = g->operation_kind,
                                                                  .result = g->result});
}

void sync_group_transition_finished(SyncGroup *g) {
        if (!g->settling)
                try_finish(g);
}

void sync_group_settle(SyncGroup *g) {
        bool any = false;
        GroupOrder o;

        if (g->settling)
                return; /* a member that is being fed has been fed something else: the loop below goes on */
        g->settling = true;
        while (group_next(&g->core, &o)) {
                any = true;
                switch (o.type) {
                case GROUP_ORDER_FEED: {
                        Instance *i = CONTAINER_OF(o.member, Instance, member);

                        instance_mark_dirty(i);
                        instance_feed(i, &o.event);
                        break;
                }
                case GROUP_ORDER_STATE_CHANGED:
                        state_changed(g, &o);
                        break;
                case GROUP_ORDER_FINISHED:
                        g->finishing = true;
                        g->result = o.result;
                        break;
                }
        }
        g->settling = false;
        if (any) /* this comes after each advert: what it changed of a member has marked the group */
                sync_group_mark_dirty(g);
        try_finish(g);
}

static bool has_address_owner(const SyncGroup *g) {
        LIST_FOREACH (node, &g->core.members)
                if (vip_set_has_owned(&INSTANCE(node)->vips))
                        return true;
        return false;
}

static void refuse(SyncGroup *g, const Command *c, VrrpResult result) {
        Instance *commanded = c->instance != 0 ? manager_find_instance(g->manager, c->instance) : NULL;

        post_event(g, (InstanceEvent){.kind = EVENT_OPERATION_FINISHED,
                                      .operation = c->operation_id,
                                      .operation_kind = c->operation,
                                      .result = result});
        if (commanded)
                instance_post_finished(commanded, &(FinishedOperation){.id = c->operation_id,
                                                                  .operation = c->operation,
                                                                  .result = result});
}

void sync_group_command(SyncGroup *g, const Command *c) {
        if (g->manager->stopping || !g->config) {
                refuse(g, c, VRRP_RESULT_STOPPING);
                return;
        }
        if (g->finishing || group_operation_running(&g->core)) {
                refuse(g, c, VRRP_RESULT_PENDING);
                return;
        }
        if ((c->operation == VRRP_OP_FAILOVER || c->operation == VRRP_OP_PAUSE) && has_address_owner(g)) {
                refuse(g, c, VRRP_RESULT_NOT_ELIGIBLE);
                return;
        }
        g->operation = c->operation_id;
        g->operation_kind = c->operation;
        g->commanded = c->instance;
        group_command(&g->core, &(RouterCommand){
                                                .operation = c->operation,
                                                .id = c->operation_id,
                                                .mode = c->mode,
                                                .timeout_usec = c->timeout_usec,
                                                .priority = c->priority,
                                });
        /* A refused command leaves an earlier hold its words. */
        if (group_operation_running(&g->core))
                LIST_FOREACH (node, &g->core.members)
                        instance_set_words(INSTANCE(node), c, GROUP_COMMAND_ID);
        sync_group_settle(g);
}

void sync_group_dissolve(SyncGroup *g) {
        bool running = g->finishing || group_operation_running(&g->core);

        LIST_FOREACH_SAFE (node, &g->core.members)
                instance_set_group(INSTANCE(node), NULL);
        if (!running)
                return;
        /* Its members carry on with what each was told, but nobody follows it as a whole any more. */
        g->finishing = true;
        g->result = VRRP_RESULT_CANCELED;
        try_finish(g);
}

void sync_group_prepare_stop(SyncGroup *g, bool all) {
        usec_t bound = all ? group_stop(&g->core) : group_bound(&g->core);

        LIST_FOREACH (node, &g->core.members)
                INSTANCE(node)->stop_bound_usec = bound;
}
