/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The daemon's signals as JSON objects (the schema of `vrrpctl monitor --json` and `vrrpctl events --json`)
 * and as lines for people. One table says which signal has which arguments. */

#include "ctl/objects.h"
#include "ctl/output.h"

/* The object of a signal m of the daemon: "signal", "path", and the signal's arguments by name. *ret NULL
 * with 0: it is not one of those that the contract names. Errors: -EBADMSG: other arguments than the
 * contract's, -ENOMEM. */
int event_from_message(sd_bus_message *m, json_t **ret);
/* GetEvents(): an array of all that the daemon still has of its epoch after this number, oldest first. Names
 * as above. Errors: those of client_call(), -EBADMSG, -ENOMEM. */
int events_read(Client *c, const char *epoch, uint64_t after, sd_bus_error *error, json_t **ret);
/* The same as one line without time: "proxy_ip1: backup → master (master-down)". malloc'ed, not escaped;
 * NULL: no memory. */
char *event_describe(const json_t *event);
/* Members of an event. "" and 0 when it has no such one. Borrowed. */
const char *event_string(const json_t *event, const char *key);
/* Is it of an instance or group in whose place a reload has put another by now? */
bool event_is_replaced(const json_t *event);
uint64_t event_u64(const json_t *event, const char *key);
