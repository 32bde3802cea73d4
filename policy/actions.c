/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Method → action, as a table. Reading (properties, GetInstance, GetEvents, GetStatistics) never comes here:
 * it needs no privilege. */

#include "policy/actions.h"
#include "dbus/names.h"

static const struct {
        const char *interface, *member;
        const char *hold; /* NULL = whatever the instance's AdminState is */
        const char *action;
} table[] = {
                {VRRPD_INTERFACE_INSTANCE, "Failover", NULL, POLICY_ACTION_FAILOVER},
                {VRRPD_INTERFACE_INSTANCE, "ForceElection", NULL, POLICY_ACTION_FAILOVER},
                {VRRPD_INTERFACE_INSTANCE, "Promote", NULL, POLICY_ACTION_PROMOTE},
                {VRRPD_INTERFACE_INSTANCE, "Pause", NULL, POLICY_ACTION_PAUSE},
                {VRRPD_INTERFACE_INSTANCE, "Resume", "yielding", POLICY_ACTION_FAILOVER},
                {VRRPD_INTERFACE_INSTANCE, "Resume", "promoted", POLICY_ACTION_PROMOTE},
                {VRRPD_INTERFACE_INSTANCE, "Resume", "paused", POLICY_ACTION_PAUSE},
                {VRRPD_INTERFACE_GROUP, "Failover", NULL, POLICY_ACTION_FAILOVER},
                {VRRPD_INTERFACE_GROUP, "ForceElection", NULL, POLICY_ACTION_FAILOVER},
                {VRRPD_INTERFACE_GROUP, "Promote", NULL, POLICY_ACTION_PROMOTE},
                {VRRPD_INTERFACE_GROUP, "Pause", NULL, POLICY_ACTION_PAUSE},
                {VRRPD_INTERFACE_GROUP, "Resume", "yielding", POLICY_ACTION_FAILOVER},
                {VRRPD_INTERFACE_GROUP, "Resume", "promoted", POLICY_ACTION_PROMOTE},
                {VRRPD_INTERFACE_GROUP, "Resume", "paused", POLICY_ACTION_PAUSE},
                {VRRPD_INTERFACE_INSTANCE, "Announce", NULL, POLICY_ACTION_ANNOUNCE},
                {VRRPD_INTERFACE_MANAGER, "Reload", NULL, POLICY_ACTION_RELOAD},
};

const char *policy_action_for(const char *interface, const char *member, const char *hold) {
        for (size_t i = 0; i < ELEMENTSOF(table); i++)
                if (streq(table[i].interface, interface) && streq(table[i].member, member) &&
                                (!table[i].hold || streq(table[i].hold, hold)))
                        return table[i].action;
        return NULL;
}
