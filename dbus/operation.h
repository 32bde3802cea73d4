/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The five operations, of an instance or of a sync group: one road for all of them, from the method call to
 * the command. */

#include "dbus/mirror.h"
#include <systemd/sd-bus.h>

struct BusSide;

/* Answers the call m, at once or when polkit has decided. < 0: ret_error is set, or an errno. */
int operation_call_instance(
                sd_bus_message *m, InstanceObject *o, VrrpOperation operation, sd_bus_error *ret_error);
int operation_call_group(
                sd_bus_message *m, GroupObject *g, VrrpOperation operation, sd_bus_error *ret_error);

/* For other commands on an instance: sets the error of what the rules of DESIGN's operations refuse, and
 * returns what a method returns then. */
int operation_refuse(sd_bus_error *ret_error, VrrpResult result, const InstanceStatus *s);
