/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Enums with a name for each value: one table, looked up in both directions. An enum E has E_MAX and
 * E_INVALID = -EINVAL; `e_to_string()` gives NULL for what is out of range, `e_from_string()` E_INVALID. */

#include "service/util/macro.h"

#define STRTAB_DECLARE(name, type)            \
        const char *name##_to_string(type v); \
        type name##_from_string(const char *s)

#define STRTAB_DEFINE(name, type, table)                                               \
        const char *name##_to_string(type v) {                                         \
                return (int)v >= 0 && (size_t)v < ELEMENTSOF(table) ? table[v] : NULL; \
        }                                                                              \
        type name##_from_string(const char *s) {                                       \
                for (size_t i = 0; s && i < ELEMENTSOF(table); i++)                    \
                        if (table[i] && streq(table[i], s))                            \
                                return (type)i;                                        \
                return (type)-EINVAL;                                                  \
        }                                                                              \
        struct _unused_for_semicolon_
