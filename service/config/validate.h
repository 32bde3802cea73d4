/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Judges a finished model as a whole (duplicates, contradictions, lint) and against a snapshot of the live
 * system. The checks within the model are part of config_load(); the live ones are separate because only
 * some callers have a system. */

#include "service/config/config.h"

/* Called by config_load(): everything that needs more than one keyword to judge. */
int config_validate(const Config *c, ConfigMessages *messages);

/* A link of this host, as the loader's snapshot has it. */
typedef struct ConfigLink {
        char name[16];
        int ifindex;
        const VrrpAddress *addresses; /* borrowed */
        const uint8_t *prefixlens;
        size_t n_addresses;
} ConfigLink;

/* Warnings for what is legal but will not work on this host now: missing interface (a warning, DESIGN 5.5),
 * VIP outside the interface's subnets, unicast source that this host does not have, missing script user,
 * script not executable. */
int config_validate_live(const Config *c, const ConfigLink *links, size_t n_links, ConfigMessages *messages);
