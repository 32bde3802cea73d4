/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* vrrpctl is-master NAME: for `if` in scripts. Prints the state (not with -q), exits with 0 for master, 1
 * for not, and never with 1 when that is not known. */

#include "ctl/objects.h"
#include "ctl/verbs.h"
#include <stdio.h>

int verb_is_master(int argc, char **argv, Context *x) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        _cleanup_(instance_done) Instance i = {};
        _cleanup_free_ char *path = NULL;
        char doing[512];

        snprintf(doing, sizeof(doing), "is-master %s", argv[1]);
        int r = client_get_instance(x->client, argv[1], &error, &path);
        if (r >= 0)
                r = instance_read(x->client, path, &error, &i);
        if (r < 0) {
                int code = client_report(x->client, doing, NULL, &error, r);
                return code == CTL_FAILURE ? CTL_NOT_RUNNING : code;
        }
        bool master = instance_is(&i, "master");
        if (x->output.json != JSON_MODE_OFF) {
                r = json_print(&x->output, json_pack("{s:s, s:s, s:b}", "name", i.name, "state", i.state,
                                                           "is_master", master));
                if (r < 0)
                        return CTL_NOT_RUNNING;
        } else
                print_line(&x->output, "%s", i.state);
        return master ? CTL_OK : CTL_FAILURE;
}
