/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Options → may it be done now → may this caller → is it still so → command. What is kept while polkit
 * thinks is an Ask: ids, never a pointer to an object.
 *
 * A member of a sync group moves only with its group. With the option `group` the command goes to the
 * instance all the same, but it is the group that is judged here, and the group that a polkit rule sees:
 * whoever may move one instance may not for that reason move others. */

#include "dbus/operation.h"
#include "dbus/names.h"
#include "dbus/options.h"
#include "dbus/query.h"
#include "dbus/side.h"
#include "policy/actions.h"
#include "service/util/log.h"
#include <stdio.h>

static const char *operation_member(VrrpOperation operation) {
        switch (operation) {
        case VRRP_OP_FAILOVER:
                return "Failover";
        case VRRP_OP_ELECTION:
                return "ForceElection";
        case VRRP_OP_PROMOTE:
                return "Promote";
        case VRRP_OP_PAUSE:
                return "Pause";
        case VRRP_OP_RESUME:
                return "Resume";
        case VRRP_OP_STOP:
        case VRRP_OP_MAX:
        case VRRP_OP_INVALID:
                break;
        }
        return NULL;
}

/* What a command is about; pointers into the mirror, for the moment. */
typedef struct Subject {
        const InstanceStatus *instance; /* NULL: a group is commanded as such */
        const GroupStatus *group;       /* the group that moves; NULL: the instance alone */
        /* Of what moves. */
        const char *name;
        VrrpState state;
        VrrpAdminState admin;
        bool address_owner;
} Subject;

/* False: what was commanded is gone, or replaced. */
static bool find_subject(const BusSide *side, const Command *c, Subject *ret) {
        const Mirror *mirror = publisher_mirror(side->publisher);
        const InstanceObject *o = c->instance > 0 ? mirror_instance_by_id(mirror, c->instance) : NULL;
        const GroupObject *g = NULL;
        Subject s = {};

        if (c->instance > 0 && !o)
                return false;
        if (c->group > 0)
                g = mirror_group_by_id(mirror, c->group);
        else if (c->whole_group && o->status->group > 0)
                g = mirror_group_by_id(mirror, o->status->group);
        if (!o && !g)
                return false;
        s.instance = o ? o->status : NULL;
        s.group = g ? g->status : NULL;
        s.name = g ? g->status->name : o->status->name;
        s.state = g ? g->status->state : o->status->state;
        s.admin = g ? g->status->admin : o->status->admin;
        s.address_owner = g ? g->status->address_owner : o->status->address_owner;
        *ret = s;
        return true;
}

static int refuse_not_eligible(sd_bus_error *ret_error, const Subject *s) {
        char address[VRRP_ADDRESS_STRLEN];

        if (s->admin == VRRP_ADMIN_PAUSED)
                return sd_bus_error_setf(ret_error, VRRPD_ERROR_NOT_ELIGIBLE,
                                "'%s' is paused here and does not take part: resume it first.", s->name);
        if (s->state == VRRP_INITIALIZE)
                return sd_bus_error_setf(
                                ret_error, VRRPD_ERROR_NOT_ELIGIBLE, "'%s' has not started.", s->name);
        if (s->group)
                return sd_bus_error_setf(
                                ret_error, VRRPD_ERROR_NOT_ELIGIBLE, "'%s' would not win.", s->name);
        return sd_bus_error_setf(ret_error, VRRPD_ERROR_NOT_ELIGIBLE,
                        "'%s' would not win: the priority here is %u, that of the master %s is %u.", s->name,
                        s->instance->priority, vrrp_address_to_string(&s->instance->master_address, address),
                        s->instance->master_priority);
}

/* What the caller is told when the rule of DESIGN's operations says no. */
static int refuse(sd_bus_error *ret_error, VrrpResult result, const Subject *s) {
        switch (result) {
        case VRRP_RESULT_NOT_MASTER:
                return sd_bus_error_setf(ret_error, VRRPD_ERROR_NOT_MASTER,
                                "'%s' is not master here, but %s.", s->name, vrrp_state_to_string(s->state));
        case VRRP_RESULT_NOT_BACKUP:
                return sd_bus_error_setf(ret_error, VRRPD_ERROR_NOT_BACKUP,
                                "'%s' is not backup here, but %s.", s->name, vrrp_state_to_string(s->state));
        case VRRP_RESULT_IN_FAULT:
                return sd_bus_error_setf(ret_error, VRRPD_ERROR_IN_FAULT, "'%s' is in fault.", s->name);
        case VRRP_RESULT_NOT_ELIGIBLE:
                return refuse_not_eligible(ret_error, s);
        case VRRP_RESULT_NOT_HELD:
                return sd_bus_error_setf(ret_error, VRRPD_ERROR_NOT_HELD,
                                "'%s' is not held: nothing to resume.", s->name);
        case VRRP_RESULT_PENDING:
                return sd_bus_error_setf(ret_error, VRRPD_ERROR_OPERATION_PENDING,
                                "An operation on '%s' is running.", s->name);
        case VRRP_RESULT_NO_SUCH_INSTANCE:
                return sd_bus_error_setf(ret_error, VRRPD_ERROR_NO_SUCH_INSTANCE,
                                "There is no instance '%s'.", s->name);
        case VRRP_RESULT_NO_SUCH_GROUP:
                return sd_bus_error_setf(ret_error, SD_BUS_ERROR_UNKNOWN_OBJECT,
                                "There is no sync group '%s'.", s->name);
        case VRRP_RESULT_GROUP_MEMBER:
                return sd_bus_error_setf(ret_error, VRRPD_ERROR_GROUP_MEMBER,
                                "'%s' belongs to a sync group, which moves as a whole: command the group, "
                                "or "
                                "set the option 'group'.",
                                s->name);
        case VRRP_RESULT_STOPPING:
                return sd_bus_error_set(ret_error, VRRPD_ERROR_STOPPING, "The daemon is stopping.");
        case VRRP_RESULT_DONE:
        case VRRP_RESULT_NO_SUCCESSOR:
        case VRRP_RESULT_FORCED:
        case VRRP_RESULT_LOST:
        case VRRP_RESULT_CANCELED:
        case VRRP_RESULT_TIMEOUT:
        case VRRP_RESULT_FAILED:
        case VRRP_RESULT_MAX:
        case VRRP_RESULT_INVALID:
                break;
        }
        return sd_bus_error_setf(
                        ret_error, SD_BUS_ERROR_FAILED, "Refused: %s.", vrrp_result_to_string(result));
}

int operation_refuse(sd_bus_error *ret_error, VrrpResult result, const InstanceStatus *s) {
        const Subject subject = {.instance = s, .name = s->name, .state = s->state, .admin = s->admin};

        return refuse(ret_error, result, &subject);
}

/* After a step-down both this host and the new master would answer for an address that the host has by
 * itself. */
static bool owner_would_step_down(const Subject *s, VrrpOperation operation) {
        if (!s->address_owner || s->state != VRRP_MASTER)
                return false;
        switch (operation) {
        case VRRP_OP_FAILOVER:
        case VRRP_OP_ELECTION:
        case VRRP_OP_PAUSE:
                return true;
        case VRRP_OP_PROMOTE:
        case VRRP_OP_RESUME:
        case VRRP_OP_STOP:
        case VRRP_OP_MAX:
        case VRRP_OP_INVALID:
                return false;
        }
        return false;
}

static int validate(const BusSide *side, const Subject *s, const Command *command, sd_bus_error *ret_error) {
        VrrpResult result = VRRP_RESULT_DONE;

        if (side->stopping)
                return refuse(ret_error, VRRP_RESULT_STOPPING, s);
        if (s->instance)
                result = side->params.check(s->instance, command);
        if (result == VRRP_RESULT_GROUP_MEMBER)
                return refuse(ret_error, result, s);
        if (owner_would_step_down(s, command->operation))
                return sd_bus_error_setf(ret_error, VRRPD_ERROR_ADDRESS_OWNER,
                                "A virtual address of '%s' is this host's own: two hosts would answer for "
                                "it.",
                                s->name);
        if (s->group)
                result = side->params.check_group(s->group, command);
        return result == VRRP_RESULT_DONE ? 0 : refuse(ret_error, result, s);
}

/* A method call that waits for authorization. */
typedef struct Ask {
        BusSide *side;
        const char *member, *action; /* static strings */
        Command *command;
} Ask;

static Ask *ask_free(Ask *a) {
        if (!a)
                return NULL;
        command_free(a->command);
        free(a);
        return NULL;
}
DEFINE_CLEANUP(Ask, ask_free);

static void ask_destroy(void *userdata) {
        ask_free(userdata);
}

static const char *needed_action(const char *member, const Subject *s) {
        return policy_action_for(s->group ? VRRPD_INTERFACE_GROUP : VRRPD_INTERFACE_INSTANCE, member,
                        vrrp_admin_state_to_string(s->admin));
}

static void post(Ask *a, sd_bus_message *call, uid_t uid, const Subject *s) {
        uint64_t id = ++a->side->last_operation;
        VrrpOperation operation = a->command->operation;

        a->command->operation_id = id;
        a->command->uid = uid;
        if (bus_side_post(a->side, a->command) < 0) {
                (void)sd_bus_reply_method_errorf(
                                call, SD_BUS_ERROR_LIMITS_EXCEEDED, "The engine is too busy.");
                return;
        }
        a->command = NULL;
        if (s->group)
                log_info("group %s: operation %llu, %s, commanded by uid %u", s->name,
                                (unsigned long long)id, vrrp_operation_to_string(operation), (unsigned)uid);
        else
                log_instance(LOG_INFO, s->name, "operation %llu, %s, commanded by uid %u",
                                (unsigned long long)id, vrrp_operation_to_string(operation), (unsigned)uid);
        (void)sd_bus_reply_method_return(call, "t", id);
}

static void operation_granted(sd_bus_message *call, uid_t uid, void *userdata) {
        Ask *a = userdata;
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        Subject s;

        if (!find_subject(a->side, a->command, &s)) {
                (void)sd_bus_reply_method_errorf(call,
                                a->command->group > 0 ? SD_BUS_ERROR_UNKNOWN_OBJECT
                                                      : VRRPD_ERROR_NO_SUCH_INSTANCE,
                                "What was to be commanded is gone.");
                return;
        }
        if (validate(a->side, &s, a->command, &error) < 0) {
                (void)sd_bus_reply_method_error(call, &error);
                return;
        }
        /* What Resume would end has changed meanwhile, or what moves, and with it what the caller had to be
         * allowed to do. */
        if (!streq_ptr(needed_action(a->member, &s), a->action)) {
                (void)sd_bus_reply_method_errorf(call, VRRPD_ERROR_OPERATION_PENDING,
                                "The state of '%s' changed while authorization was asked: try again.",
                                s.name);
                return;
        }
        post(a, call, uid, &s);
}

/* Asks polkit about the Ask, which is taken. */
static int ask_authorization(Ask *a, sd_bus_message *m, const Subject *s) {
        Query q;

        if (s->group)
                query_group(&q, s->group);
        else
                query_instance(&q, s->instance,
                                query_group_name(publisher_mirror(a->side->publisher), s->instance));
        query_operation(&q, a->action, vrrp_operation_to_string(a->command->operation), a->command->mode);
        int r = authorizer_ask(a->side->authorizer, m, &q.query, operation_granted, ask_destroy, a);
        return r < 0 ? r : 1;
}

/* instance and group: ids, one of them is 0. */
static int operate(sd_bus_message *m, uint32_t instance, uint32_t group, VrrpOperation operation,
                sd_bus_error *ret_error) {
        _cleanup_(ask_freep) Ask *a = calloc(1, sizeof(*a));
        OperationOptions options;
        Subject s;
        int r = operation_options_read(m, operation, &options, ret_error);

        if (r < 0)
                return r;
        if (!a)
                return -ENOMEM;
        r = command_new(COMMAND_OPERATION, &a->command);
        if (r < 0)
                return r;
        a->side = bus_side_of(m);
        a->member = operation_member(operation);
        a->command->instance = instance;
        a->command->group = group;
        a->command->whole_group = instance > 0 && options.group;
        a->command->operation = operation;
        a->command->mode = options.mode;
        a->command->timeout_usec = options.timeout_usec;
        a->command->priority = options.priority;
        memcpy(a->command->reason, options.reason, sizeof(options.reason));

        if (!find_subject(a->side, a->command, &s))
                return -ENOENT; /* it has just been found by its path */
        r = validate(a->side, &s, a->command, ret_error);
        if (r < 0)
                return r;
        a->action = needed_action(a->member, &s);
        return ask_authorization(TAKE_PTR(a), m, &s);
}

int operation_call_instance(
                sd_bus_message *m, InstanceObject *o, VrrpOperation operation, sd_bus_error *ret_error) {
        return operate(m, o->status->id, 0, operation, ret_error);
}

int operation_call_group(
                sd_bus_message *m, GroupObject *g, VrrpOperation operation, sd_bus_error *ret_error) {
        return operate(m, 0, g->status->id, operation, ret_error);
}
