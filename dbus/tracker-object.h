/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The bus object of a tracker: its properties and which of them changed. */

#include "dbus/mirror.h"
#include <systemd/sd-bus.h>

/* Bits of TrackerObject.dirty, in the order of their names in tracker-object.c. */
#define TRACKER_CHANGED_USERS (UINT64_C(1) << 0)

struct BusSide;
int tracker_object_register(sd_bus *bus, struct BusSide *side);

bool tracker_object_is_other(const TrackerStatus *old, const TrackerStatus *new);
uint64_t tracker_object_changes(const TrackerStatus *old, const TrackerStatus *new);
int tracker_object_emit_changes(sd_bus *bus, const TrackerObject *t);
