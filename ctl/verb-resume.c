/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* vrrpctl resume NAME: ends whatever hold the instance is in (yielding, promoted, paused). */

#include "ctl/operation.h"

static void describe(const Outcome *o, const Output *output) {
        char master[DESCRIBE_MASTER_MAX];

        if (instance_is(o->after, "master"))
                print_line(output, "%s: no longer %s; master with priority %u", o->name,
                                o->before->admin_state, o->after->priority);
        else
                print_line(output, "%s: no longer %s; %s with priority %u, master is %s", o->name,
                                o->before->admin_state, o->after->state, o->after->priority,
                                describe_master(o->after, master, sizeof(master)));
}

int verb_resume(int argc, char **argv, Context *x) {
        static const Operation operation = {"resume", "Resume", NULL, describe};
        return operation_run(&operation, argv, x);
}
