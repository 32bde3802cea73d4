/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* See command-check.h. The rules are the core's. */

#include "service/command-check.h"
#include "service/core/router.h"

VrrpResult command_check(const InstanceStatus *s, const Command *c) {
        /* With the whole group: the engine judges the group. */
        if (s->group != 0)
                return c->whole_group ? VRRP_RESULT_DONE : VRRP_RESULT_GROUP_MEMBER;

        VrrpResult r = router_command_check(s->state, s->admin, s->operation_running, c->operation, c->mode);

        if (r == VRRP_RESULT_DONE && s->state == VRRP_BACKUP &&
                        (c->operation == VRRP_OP_ELECTION || c->operation == VRRP_OP_PROMOTE) &&
                        vrrp_address_is_set(&s->master_address) &&
                        !router_contender_wins(c->operation, c->priority, s->priority, &s->source,
                                        s->master_priority, &s->master_address))
                return VRRP_RESULT_NOT_ELIGIBLE;
        return r;
}

VrrpResult command_check_group(const GroupStatus *s, const Command *c) {
        return router_command_check(s->state, s->admin, s->operation_running, c->operation, c->mode);
}
