/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* "Why is this host (not) master?", answered in sentences from what the daemon publishes. Pure: structs in,
 * text out. */

#include "ctl/objects.h"
#include "ctl/output.h"

/* Appends sentences about i to ret, the most important first. s: for the state of i's trackers. Errors:
 * -ENOMEM. */
int why_explain(const Instance *i, const Snapshot *s, StringList *ret);
/* One conflict as a fragment: "192.168.2.7 is master too". Returns buf. */
const char *why_conflict(const Pair *conflict, char *buf, size_t size);
