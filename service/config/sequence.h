/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* `~SEQ(…)`, `~SEQx(…)` and `~LST(…)`: what repeats the rest of its line, and with which values. */

#include "service/config/variable.h"

/* Most values of one ~SEQ. Two of them nested make 10^12: the reader counts lines as well. */
#define SEQUENCE_VALUES_MAX 1000000

typedef struct Sequence {
        bool list, hex;
        char **names; /* one, or several with ~LST({a,b},…) */
        size_t n_names;
        long long value, step, end; /* ~SEQ */
        char **values;              /* ~LST: n_names for each turn */
        size_t n_values, next;
} Sequence;

/* Bytes of the head at s ("~SEQ(…)" with both parentheses), 0 if there is none, SIZE_MAX if its ')' is
 * missing. */
size_t sequence_head_size(const char *s);
/* Reads a head. -EINVAL: *ret_error says what is wrong (a static string). */
int sequence_parse(const char *head, size_t size, Sequence *ret, const char **ret_error);
/* Sets the variables to the next values. 1: done so; 0: there are no more; -ENOMEM. */
int sequence_next(Sequence *s, VariableTable *variables);
void sequence_done(Sequence *s);
