/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* See command-check.h. The rules are the core's. */

#include "service/command-check.h"
#include "service/core/router.h"

VrrpResult command_check(const InstanceStatus *s, const Command *c) {
        VrrpResult r = router_command_check(s->state, s->admin, s->operation_running, c->operation, c->mode);

        if (r == VRRP_RESULT_DONE && s->state == VRRP_BACKUP &&
                (c->operation == VRRP_OP_ELECTION || c->operation == VRRP_OP_PROMOTE) &&
                vrrp_address_is_set(&s->master_address) &&
                !router_contender_wins(c->operation, c->priority, s->priority, &s->source, s->master_priority,
                        &s->master_address))
                return VRRP_RESULT_NOT_ELIGIBLE;
        return r;
}
