/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The question to polkit about a command: which actions, and the details that an administrator's rules and
 * the password dialog see. */

#include "dbus/mirror.h"
#include "policy/authorize.h"

/* Borrows the strings of what it is made from, for as long as it takes to ask. */
typedef struct Query {
        AuthorizeQuery query;
        char vrid[4];
        char target[VRRP_NAME_MAX + 32];
} Query;

/* About one instance. group: the name of its sync group, "" = none. */
void query_instance(Query *q, const InstanceStatus *s, const char *group);
/* About a sync group. It has no name, interface and vrid: a rule that allows one instance does not fit. */
void query_group(Query *q, const GroupStatus *s);
/* What is to be done; after one of the above, once. action: a static string. */
void query_operation(Query *q, const char *action, const char *verb, VrrpMode mode);

const char *query_group_name(const Mirror *mirror, const InstanceStatus *s);
