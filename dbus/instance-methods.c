/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* One road for the five operations: options → may it be done now → may this caller → is it still so →
 * command. What is kept while polkit thinks is an Ask: the instance's name and id, never a pointer to it. */

#include "dbus/instance-methods.h"
#include "dbus/names.h"
#include "dbus/options.h"
#include "dbus/side.h"
#include "policy/actions.h"
#include "service/util/log.h"
#include <stdio.h>
#include <sys/socket.h>

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

static int refuse_not_eligible(sd_bus_error *ret_error, const InstanceStatus *s) {
        char address[VRRP_ADDRESS_STRLEN];

        if (s->admin == VRRP_ADMIN_PAUSED)
                return sd_bus_error_setf(ret_error, VRRPD_ERROR_NOT_ELIGIBLE,
                                "'%s' is paused here and does not take part: resume it first.", s->name);
        if (s->state == VRRP_INITIALIZE)
                return sd_bus_error_setf(
                                ret_error, VRRPD_ERROR_NOT_ELIGIBLE, "'%s' has not started.", s->name);
        return sd_bus_error_setf(ret_error, VRRPD_ERROR_NOT_ELIGIBLE,
                        "'%s' would not win: the priority here is %u, that of the master %s is %u.", s->name,
                        s->priority, vrrp_address_to_string(&s->master_address, address),
                        s->master_priority);
}

/* What the caller is told when the rule of DESIGN's operations says no. */
static int refuse(sd_bus_error *ret_error, VrrpResult result, const InstanceStatus *s) {
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
        case VRRP_RESULT_NO_SUCH_GROUP:
        case VRRP_RESULT_MAX:
        case VRRP_RESULT_INVALID:
                break;
        }
        return sd_bus_error_setf(
                        ret_error, SD_BUS_ERROR_FAILED, "Refused: %s.", vrrp_result_to_string(result));
}

/* After a step-down both this host and the new master would answer for an address that the host has by
 * itself. */
static bool owner_would_step_down(const InstanceStatus *s, VrrpOperation operation) {
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

static int validate(const BusSide *side, const InstanceStatus *s, const Command *command,
                sd_bus_error *ret_error) {
        if (side->stopping)
                return refuse(ret_error, VRRP_RESULT_STOPPING, s);
        if (owner_would_step_down(s, command->operation))
                return sd_bus_error_setf(ret_error, VRRPD_ERROR_ADDRESS_OWNER,
                                "A virtual address of '%s' is this host's own: two hosts would answer for "
                                "it.",
                                s->name);
        VrrpResult result = side->params.check(s, command);
        return result == VRRP_RESULT_DONE ? 0 : refuse(ret_error, result, s);
}

/* A method call that waits for authorization. */
typedef struct Ask {
        BusSide *side;
        uint32_t instance;
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

static const char *needed_action(const char *member, const InstanceStatus *s) {
        return policy_action_for(VRRPD_INTERFACE_INSTANCE, member, vrrp_admin_state_to_string(s->admin));
}

static int ask_new(BusSide *side, const InstanceStatus *s, CommandType type, const char *member, Ask **ret) {
        _cleanup_(ask_freep) Ask *a = calloc(1, sizeof(*a));

        if (!a)
                return -ENOMEM;
        int r = command_new(type, &a->command);
        if (r < 0)
                return r;
        a->side = side;
        a->instance = a->command->instance = s->id;
        a->member = member;
        a->action = needed_action(member, s);
        *ret = TAKE_PTR(a);
        return 0;
}

/* Asks polkit about the Ask, which is taken. verb and mode are for the rules. */
static int ask_authorization(Ask *a, sd_bus_message *m, const InstanceStatus *s, const char *verb,
                AuthorizeGranted granted) {
        char vrid[4];
        bool force = a->command->mode == VRRP_MODE_FORCE;

        (void)snprintf(vrid, sizeof(vrid), "%u", s->vrid);
        AuthorizeQuery query = {
                        .actions = {a->action, force ? POLICY_ACTION_FORCE : NULL},
                        .details = {{"name", s->name}, {"interface", s->interface}, {"vrid", vrid},
                                        {"family", s->family == AF_INET6 ? "ipv6" : "ipv4"}, {"group", ""},
                                        {"verb", verb}, {"mode", vrrp_mode_to_string(a->command->mode)},
                                        {"force", force ? "true" : "false"}},
                        .n_details = 8,
        };
        int r = authorizer_ask(a->side->authorizer, m, &query, granted, ask_destroy, a);
        return r < 0 ? r : 1;
}

/* The same instance as before the question, NULL = gone or replaced; then the caller has been answered. */
static InstanceObject *ask_instance(const Ask *a, sd_bus_message *call) {
        InstanceObject *o = mirror_instance_by_id(publisher_mirror(a->side->publisher), a->instance);

        if (!o)
                (void)sd_bus_reply_method_errorf(
                                call, VRRPD_ERROR_NO_SUCH_INSTANCE, "The instance is gone.");
        return o;
}

static void operation_granted(sd_bus_message *call, uid_t uid, void *userdata) {
        Ask *a = userdata;
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        const InstanceObject *o = ask_instance(a, call);

        if (!o)
                return;
        if (validate(a->side, o->status, a->command, &error) < 0) {
                (void)sd_bus_reply_method_error(call, &error);
                return;
        }
        /* What Resume would end has changed meanwhile, and with it what the caller had to be allowed to do.
         */
        if (!streq_ptr(needed_action(a->member, o->status), a->action)) {
                (void)sd_bus_reply_method_errorf(call, VRRPD_ERROR_OPERATION_PENDING,
                                "The state of '%s' changed while authorization was asked: try again.",
                                o->status->name);
                return;
        }

        uint64_t id = ++a->side->last_operation;
        a->command->operation_id = id;
        a->command->uid = uid;
        VrrpOperation operation = a->command->operation;
        if (bus_side_post(a->side, a->command) < 0) {
                (void)sd_bus_reply_method_errorf(
                                call, SD_BUS_ERROR_LIMITS_EXCEEDED, "The engine is too busy.");
                return;
        }
        a->command = NULL;
        log_instance(LOG_INFO, o->status->name, "operation %llu, %s, commanded by uid %u",
                        (unsigned long long)id, vrrp_operation_to_string(operation), (unsigned)uid);
        (void)sd_bus_reply_method_return(call, "t", id);
}

static int operate(sd_bus_message *m, InstanceObject *o, VrrpOperation operation, sd_bus_error *ret_error) {
        BusSide *side = bus_side_of(m);
        _cleanup_(ask_freep) Ask *a = NULL;
        OperationOptions options;
        int r = operation_options_read(m, operation, &options, ret_error);

        if (r < 0)
                return r;
        r = ask_new(side, o->status, COMMAND_OPERATION, operation_member(operation), &a);
        if (r < 0)
                return r;
        a->command->operation = operation;
        a->command->mode = options.mode;
        a->command->timeout_usec = options.timeout_usec;
        a->command->priority = options.priority;
        a->command->whole_group = options.group;
        memcpy(a->command->reason, options.reason, sizeof(options.reason));

        r = validate(side, o->status, a->command, ret_error);
        if (r < 0)
                return r;
        return ask_authorization(
                        TAKE_PTR(a), m, o->status, vrrp_operation_to_string(operation), operation_granted);
}

int instance_method_failover(sd_bus_message *m, void *userdata, sd_bus_error *ret_error) {
        return operate(m, userdata, VRRP_OP_FAILOVER, ret_error);
}

int instance_method_force_election(sd_bus_message *m, void *userdata, sd_bus_error *ret_error) {
        return operate(m, userdata, VRRP_OP_ELECTION, ret_error);
}

int instance_method_promote(sd_bus_message *m, void *userdata, sd_bus_error *ret_error) {
        return operate(m, userdata, VRRP_OP_PROMOTE, ret_error);
}

int instance_method_pause(sd_bus_message *m, void *userdata, sd_bus_error *ret_error) {
        return operate(m, userdata, VRRP_OP_PAUSE, ret_error);
}

int instance_method_resume(sd_bus_message *m, void *userdata, sd_bus_error *ret_error) {
        return operate(m, userdata, VRRP_OP_RESUME, ret_error);
}

/* Announcing is for the master: nobody else has the addresses. */
static int validate_announce(const BusSide *side, const InstanceStatus *s, sd_bus_error *ret_error) {
        if (side->stopping)
                return refuse(ret_error, VRRP_RESULT_STOPPING, s);
        return s->state == VRRP_MASTER ? 0 : refuse(ret_error, VRRP_RESULT_NOT_MASTER, s);
}

static void announce_granted(sd_bus_message *call, uid_t uid, void *userdata) {
        Ask *a = userdata;
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        const InstanceObject *o = ask_instance(a, call);

        if (!o)
                return;
        if (validate_announce(a->side, o->status, &error) < 0) {
                (void)sd_bus_reply_method_error(call, &error);
                return;
        }
        a->command->uid = uid;
        if (bus_side_post(a->side, a->command) < 0) {
                (void)sd_bus_reply_method_errorf(
                                call, SD_BUS_ERROR_LIMITS_EXCEEDED, "The engine is too busy.");
                return;
        }
        a->command = NULL;
        (void)sd_bus_reply_method_return(call, NULL);
}

int instance_method_announce(sd_bus_message *m, void *userdata, sd_bus_error *ret_error) {
        const InstanceStatus *s = ((const InstanceObject *)userdata)->status;
        BusSide *side = bus_side_of(m);
        Ask *a;
        int r = validate_announce(side, s, ret_error);

        if (r < 0)
                return r;
        r = ask_new(side, s, COMMAND_ANNOUNCE, "Announce", &a);
        if (r < 0)
                return r;
        return ask_authorization(a, m, s, "announce", announce_granted);
}

int instance_method_get_statistics(sd_bus_message *m, void *userdata, sd_bus_error *ret_error) {
        BusSide *side = bus_side_of(m);

        if (side->stopping)
                return sd_bus_error_set(ret_error, VRRPD_ERROR_STOPPING, "The daemon is stopping.");
        int r = statistics_call(side, m, ((const InstanceObject *)userdata)->status->id);
        return r < 0 ? r : 1;
}
