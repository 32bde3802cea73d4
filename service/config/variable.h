/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The definitions of a configuration: `$NAME=value`, and the built-in ones. Values are replaced late: what a
 * value itself refers to is looked up where it is used. */

#include "service/config/source.h"

typedef struct Variable {
        char *name;
        Line value; /* with '\n' between the lines of a definition of several lines */
} Variable;

typedef struct VariableTable {
        Variable *items;
        size_t n, allocated;
        size_t *slots; /* open addressing; index + 1 into items, 0 = free */
        size_t n_slots;
        uint64_t random_state;
} VariableTable;

/* config_id seeds ${_RANDOM}: the daemon and its script runner must read the same file alike. */
void variables_init(VariableTable *t, const char *config_id);
void variables_done(VariableTable *t);
void variables_seed(VariableTable *t, uint64_t seed);
/* Defines or redefines; the value is cleared and returned to be filled in. NULL on -ENOMEM. The pointer is
 * valid until the next definition. */
Line *variables_define(VariableTable *t, const char *name, size_t size);
const Line *variables_find(const VariableTable *t, const char *name, size_t size);

/* Bytes of the name at s ([A-Za-z_][A-Za-z0-9_]*), 0 if none. */
size_t variable_name_size(const char *s);

/* One `$NAME` (before a blank or the end) or `${…}` in a line. */
typedef struct VariableReference {
        size_t start, end; /* of the whole reference */
        const char *name;  /* points into the line */
        size_t name_size;
        const char *arguments; /* of ${_RANDOM …} and ${_ENV …}; points into the line */
        size_t arguments_size;
        bool glued; /* `$NAME/24`: not replaced, only worth a warning when NAME is defined */
} VariableReference;

/* The first reference at or behind `from`. False: none. */
bool variable_reference_find(const Line *l, size_t from, VariableReference *ret);

bool variable_is_environment(const VariableReference *ref);
/* The text of a built-in variable (malloc). 0: it is none, or has no value (*ret NULL). -EINVAL: bad
 * arguments. *ret_literal: a comment sign that begins no comment. */
int variable_builtin(VariableTable *t, const VariableReference *ref, const char *directory,
                const char *config_id, char **ret, bool *ret_literal);
