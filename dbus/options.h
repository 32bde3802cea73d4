/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The a{sv} of the five operations. An option that is unknown, of the wrong type, out of range, given twice
 * or without meaning for this operation is refused by name: nothing is ignored. */

#include "service/publish.h"
#include <systemd/sd-bus.h>

typedef struct OperationOptions {
        VrrpMode mode;       /* `mode` s, or `force` b, which is short for mode=force */
        usec_t timeout_usec; /* `timeout-usec` t; 0 = the operation's own */
        char reason[sizeof(((Command *)NULL)->reason)]; /* `reason` s */
        uint8_t priority; /* `priority` y, only Promote; 0 = the operation's own */
        bool group;       /* `group` b */
} OperationOptions;

/* Reads the message's a{sv}. < 0: ret_error is set (InvalidArgs). */
int operation_options_read(
                sd_bus_message *m, VrrpOperation operation, OperationOptions *ret, sd_bus_error *ret_error);
