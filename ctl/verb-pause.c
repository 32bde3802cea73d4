/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* vrrpctl pause NAME: the instance no longer takes part; a master hands over first. */

#include "ctl/operation.h"

static void describe(const Outcome *o, const Output *output) {
        if (streq(o->before->admin_state, "paused"))
                print_line(output, "%s: was paused already; resume with: vrrpctl resume %s", o->name,
                                o->name);
        else if (*o->successor)
                print_line(output, "%s: paused after %s, handed over to %s; resume with: vrrpctl resume %s",
                                o->name, o->elapsed, o->successor, o->name);
        else
                print_line(output, "%s: paused after %s; resume with: vrrpctl resume %s", o->name,
                                o->elapsed, o->name);
}

int verb_pause(int argc, char **argv, Context *x) {
        static const Operation operation = {"pause", "Pause", "pause", describe};
        return operation_run(&operation, argv, x);
}
