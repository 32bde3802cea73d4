/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* vrrpctl promote NAME: this host takes over by a raised priority, for a while. */

#include "ctl/operation.h"

static void describe(const Outcome *o, const Output *output) {
        char until[FORMAT_TIME_MAX];
        const Instance *i = o->after;

        format_time(i->admin_expire_realtime, until, sizeof(until));
        print_line(output, "%s: promoted: %s with priority %u after %s%s%s; end it with: vrrpctl resume %s",
                        o->name, i->state, i->priority, o->elapsed,
                        i->admin_expire_realtime > 0 ? ", until " : "",
                        i->admin_expire_realtime > 0 ? until : "", o->name);
}

int verb_promote(int argc, char **argv, Context *x) {
        static const Operation operation = {"promote", "Promote", "promote", describe};
        return operation_run(&operation, argv, x);
}
