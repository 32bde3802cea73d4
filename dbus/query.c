/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* See query.h. Every question has the same details, "" where one makes no sense. */

#include "dbus/query.h"
#include "policy/actions.h"
#include <stdio.h>
#include <sys/socket.h>

static void add(Query *q, const char *key, const char *value) {
        const char **detail = q->query.details[q->query.n_details++];

        assert(q->query.n_details <= AUTHORIZE_DETAILS_MAX);
        detail[0] = key;
        detail[1] = value;
}

void query_instance(Query *q, const InstanceStatus *s, const char *group) {
        *q = (Query){};
        (void)snprintf(q->vrid, sizeof(q->vrid), "%u", s->vrid);
        (void)snprintf(q->target, sizeof(q->target), "the virtual router %s", s->name);
        add(q, "name", s->name);
        add(q, "interface", s->interface);
        add(q, "vrid", q->vrid);
        add(q, "family", s->family == AF_INET6 ? "ipv6" : "ipv4");
        add(q, "group", group);
        add(q, "target", q->target);
}

void query_group(Query *q, const GroupStatus *s) {
        *q = (Query){};
        (void)snprintf(q->target, sizeof(q->target), "the sync group %s", s->name);
        add(q, "name", "");
        add(q, "interface", "");
        add(q, "vrid", "");
        add(q, "family", "");
        add(q, "group", s->name);
        add(q, "target", q->target);
}

void query_operation(Query *q, const char *action, const char *verb, VrrpMode mode) {
        bool force = mode == VRRP_MODE_FORCE;

        q->query.actions[0] = action;
        q->query.actions[1] = force ? POLICY_ACTION_FORCE : NULL;
        add(q, "verb", verb);
        add(q, "mode", vrrp_mode_to_string(mode));
        add(q, "force", force ? "true" : "false");
}

const char *query_group_name(const Mirror *mirror, const InstanceStatus *s) {
        const GroupObject *g = s->group > 0 ? mirror_group_by_id(mirror, s->group) : NULL;

        return g ? g->status->name : "";
}
