/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The root object: the daemon as a whole. */

#include "service/util/macro.h"
#include <systemd/sd-bus.h>

/* Groups of properties that change together; see manager-object.c for their names. */
#define MANAGER_CHANGED_COUNTS (UINT32_C(1) << 0)
#define MANAGER_CHANGED_CONFIGURATION (UINT32_C(1) << 1)

struct BusSide;
int manager_object_register(sd_bus *bus, struct BusSide *side);
int manager_object_emit_changes(sd_bus *bus, uint32_t bits);
