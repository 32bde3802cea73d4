/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The operations take the road of operation.c; here is what only an instance has: Announce and
 * GetStatistics. */

#include "dbus/instance-methods.h"
#include "dbus/names.h"
#include "dbus/operation.h"
#include "dbus/query.h"
#include "dbus/side.h"
#include "policy/actions.h"

int instance_method_failover(sd_bus_message *m, void *userdata, sd_bus_error *ret_error) {
        return operation_call_instance(m, userdata, VRRP_OP_FAILOVER, ret_error);
}

int instance_method_force_election(sd_bus_message *m, void *userdata, sd_bus_error *ret_error) {
        return operation_call_instance(m, userdata, VRRP_OP_ELECTION, ret_error);
}

int instance_method_promote(sd_bus_message *m, void *userdata, sd_bus_error *ret_error) {
        return operation_call_instance(m, userdata, VRRP_OP_PROMOTE, ret_error);
}

int instance_method_pause(sd_bus_message *m, void *userdata, sd_bus_error *ret_error) {
        return operation_call_instance(m, userdata, VRRP_OP_PAUSE, ret_error);
}

int instance_method_resume(sd_bus_message *m, void *userdata, sd_bus_error *ret_error) {
        return operation_call_instance(m, userdata, VRRP_OP_RESUME, ret_error);
}

/* An Announce() that waits for authorization: the instance's id, never a pointer to it. */
typedef struct Announcing {
        BusSide *side;
        uint32_t instance;
} Announcing;

/* Announcing is for the master: nobody else has the addresses. */
static int validate_announce(const BusSide *side, const InstanceStatus *s, sd_bus_error *ret_error) {
        if (side->stopping)
                return operation_refuse(ret_error, VRRP_RESULT_STOPPING, s);
        return s->state == VRRP_MASTER ? 0 : operation_refuse(ret_error, VRRP_RESULT_NOT_MASTER, s);
}

static int post_announce(const Announcing *a, uid_t uid) {
        _cleanup_(command_freep) Command *command = NULL;
        int r = command_new(COMMAND_ANNOUNCE, &command);

        if (r < 0)
                return r;
        command->instance = a->instance;
        command->uid = uid;
        r = bus_side_post(a->side, command);
        if (r >= 0)
                (void)TAKE_PTR(command);
        return r;
}

static void announce_granted(sd_bus_message *call, uid_t uid, void *userdata) {
        const Announcing *a = userdata;
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        const InstanceObject *o = mirror_instance_by_id(publisher_mirror(a->side->publisher), a->instance);

        if (!o)
                (void)sd_bus_reply_method_errorf(
                                call, VRRPD_ERROR_NO_SUCH_INSTANCE, "The instance is gone.");
        else if (validate_announce(a->side, o->status, &error) < 0)
                (void)sd_bus_reply_method_error(call, &error);
        else if (post_announce(a, uid) < 0)
                (void)sd_bus_reply_method_errorf(
                                call, SD_BUS_ERROR_LIMITS_EXCEEDED, "The engine is too busy.");
        else
                (void)sd_bus_reply_method_return(call, NULL);
}

int instance_method_announce(sd_bus_message *m, void *userdata, sd_bus_error *ret_error) {
        const InstanceStatus *s = ((const InstanceObject *)userdata)->status;
        BusSide *side = bus_side_of(m);
        Query q;
        int r = validate_announce(side, s, ret_error);

        if (r < 0)
                return r;
        Announcing *a = calloc(1, sizeof(*a));
        if (!a)
                return -ENOMEM;
        a->side = side;
        a->instance = s->id;
        query_instance(&q, s, query_group_name(publisher_mirror(side->publisher), s));
        query_operation(&q, policy_action_for(VRRPD_INTERFACE_INSTANCE, "Announce", ""), "announce",
                        VRRP_MODE_GRACEFUL);
        r = authorizer_ask(side->authorizer, m, &q.query, announce_granted, free, a);
        return r < 0 ? r : 1;
}

int instance_method_get_statistics(sd_bus_message *m, void *userdata, sd_bus_error *ret_error) {
        BusSide *side = bus_side_of(m);

        if (side->stopping)
                return sd_bus_error_set(ret_error, VRRPD_ERROR_STOPPING, "The daemon is stopping.");
        int r = statistics_call(side, m, ((const InstanceObject *)userdata)->status->id);
        return r < 0 ? r : 1;
}
