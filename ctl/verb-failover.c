/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* vrrpctl failover NAME: the master hands over to another router and does not take back until it is told to.
 */

#include "ctl/operation.h"

static void describe(const Outcome *o, const Output *output) {
        char master[DESCRIBE_MASTER_MAX];

        if (streq(o->result, "forced"))
                print_line(output,
                                "%s: released after %s without a successor; taken back if nobody becomes "
                                "master; resume "
                                "with: vrrpctl resume %s",
                                o->name, o->elapsed, o->name);
        else
                print_line(output, "%s: handed over to %s after %s; resume with: vrrpctl resume %s", o->name,
                                describe_master(o->after, master, sizeof(master)), o->elapsed, o->name);
}

int verb_failover(int argc, char **argv, Context *x) {
        static const Operation operation = {"failover", "Failover", "failover", describe};
        return operation_run(&operation, argv, x);
}
