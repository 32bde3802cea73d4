/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The bus object of an instance: its properties, its vtable, and which of them changed between two statuses.
 */

#include "dbus/mirror.h"
#include <systemd/sd-bus.h>

/* Adds the vtable for all instances of the mirror. */
struct BusSide;
int instance_object_register(sd_bus *bus, struct BusSide *side);

/* The constant properties differ: this is another object under the same name. */
bool instance_object_is_other(const InstanceStatus *old, const InstanceStatus *new);
/* The changing properties that differ, as bits for InstanceObject.dirty. */
uint64_t instance_object_changes(const InstanceStatus *old, const InstanceStatus *new);
/* The bit of the property Trackers, which also changes when a tracker appears or goes. */
uint64_t instance_object_trackers_bit(void);
/* Emits PropertiesChanged for the dirty bits. */
int instance_object_emit_changes(sd_bus *bus, const InstanceObject *o);
