/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Text to values, strictly: the whole string must be consumed. All return 0, -EINVAL (not such a thing) or
 * -ERANGE. */

#include "service/util/macro.h"

int parse_unsigned(const char *s, unsigned min, unsigned max, unsigned *ret);
int parse_int(const char *s, int min, int max, int *ret);
int parse_bool(const char *s, bool *ret); /* on off true false yes no */
/* Decimal seconds such as "3", "0.25", ".5" → microseconds. */
int parse_seconds(const char *s, usec_t *ret);
/* "5min", "10s", "1h 30min", "250ms", a bare number = seconds, "infinity" → microseconds (systemd.time(7)).
 */
int parse_timespan(const char *s, usec_t *ret);
/* "3d 4h", "12min", "2s", "310ms": the two largest units. Returns buf. */
const char *format_timespan(usec_t t, char *buf, size_t size);
