/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The bus object of a sync group: its properties, its operations, and which properties changed. */

#include "dbus/mirror.h"
#include <systemd/sd-bus.h>

/* The bit of GroupObject.dirty for Members, which also changes when an instance appears, goes or is
 * replaced. */
#define GROUP_CHANGED_MEMBERS (UINT64_C(1) << 0)

struct BusSide;
int group_object_register(sd_bus *bus, struct BusSide *side);

uint64_t group_object_changes(const GroupStatus *old, const GroupStatus *new);
int group_object_emit_changes(sd_bus *bus, const GroupObject *g);
