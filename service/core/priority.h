/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The effective priority from the base priority and what trackers add or take. keepalived's rule: the sum is
 * clamped to 1..254, and a router with base 255 is never touched. */

#include "service/core/types.h"

#define PRIORITY_WEIGHT_MIN (-254)
#define PRIORITY_WEIGHT_MAX 254
#define PRIORITY_FILE_MIN (-253)
#define PRIORITY_FILE_MAX 253

/* What a tracker with this weight contributes: a positive weight counts while it is up, a negative one while
 * it is down; `reverse` counts it with the other sign. Weight 0 contributes nothing (it makes a fault
 * instead). */
int priority_contribution(int weight, bool reverse, bool up);

/* What a tracked file that says `value` contributes: value × weight, negated by `reverse`, 253 at most.
 * Below -253, or with weight 0 and a value other than 0 (`reverse`: 0), it is a fault instead. */
int priority_file_contribution(int64_t value, int weight, bool reverse, bool *ret_fault);

/* base 1..255, sum of contributions → effective priority. */
uint8_t priority_effective(uint8_t base, int sum);
