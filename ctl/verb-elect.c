/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* vrrpctl elect NAME: all routers contend again, whatever nopreempt and preempt_delay say. */

#include "ctl/operation.h"

static void describe(const Outcome *o, const Output *output) {
        char master[DESCRIBE_MASTER_MAX];

        print_line(output, "%s: elected after %s; master is %s", o->name, o->elapsed,
                        describe_master(o->after, master, sizeof(master)));
}

int verb_elect(int argc, char **argv, Context *x) {
        static const Operation operation = {"elect", "ForceElection", "failover", describe};
        return operation_run(&operation, argv, x);
}
