/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* vrrpctl announce NAME: the master tells the neighbours again, by gratuitous ARP or neighbour
 * advertisements, where its addresses are. */

#include "ctl/objects.h"
#include "ctl/verbs.h"
#include "dbus/names.h"
#include <stdio.h>

int verb_announce(int argc, char **argv, Context *x) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        _cleanup_free_ char *path = NULL;
        char doing[512];

        snprintf(doing, sizeof(doing), "announce %s", argv[1]);
        int r = client_get_instance(x->client, argv[1], &error, &path);
        if (r >= 0)
                r = client_new_call(x->client, path, VRRPD_INTERFACE_INSTANCE, "Announce", &m);
        if (r >= 0)
                r = client_call_authorized(x->client, m, &error, NULL);
        if (r < 0)
                return client_report(x->client, doing, "org.vrrpd.vrrp1.announce", &error, r);
        if (x->output.json != JSON_MODE_OFF)
                return json_print(&x->output, json_pack("{s:s, s:s}", "name", argv[1], "verb", "announce")) <
                                                       0
                                       ? CTL_FAILURE
                                       : CTL_OK;
        print_line(&x->output, "%s: addresses announced", argv[1]);
        return CTL_OK;
}
