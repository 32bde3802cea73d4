/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a reload means for one instance, matched by name. */

#include "service/config/config.h"

typedef enum ConfigChange {
        CONFIG_UNCHANGED,
        CONFIG_CHANGED, /* in place: VIPs, priority, trackers, intervals, peers... state kept */
        CONFIG_RESTART, /* VRID, interface, family, version or multicast/unicast: the old steps down, the new
                           starts */
} ConfigChange;

ConfigChange config_diff_instance(const ConfigInstance *old, const ConfigInstance *new);
/* Same address on the same device (NULL dev resolved to the given instance's interface), same prefix and
 * options? */
bool config_vip_equal(const ConfigVip *a, const ConfigVip *b);
bool config_script_equal(const ConfigScript *a, const ConfigScript *b);
