/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The names that ip(8) gives to numbers: routing tables, scopes, realms and so on, from the files of
 * iproute2. They hold the text of those files; who opens them is load.c. */

#include "service/util/macro.h"

typedef enum NameKind {
        NAME_TABLE,
        NAME_SCOPE,
        NAME_REALM,
        NAME_DSFIELD,
        NAME_GROUP, /* of interfaces */
        NAME_KIND_MAX,
        NAME_KIND_INVALID = -EINVAL,
} NameKind;

typedef struct Names {
        struct Name {
                NameKind kind;
                char *name;
                unsigned number;
        } * items;
        size_t n;
        bool loaded;
} Names;

/* "NUMBER NAME" a line, # for comments; what is not of this form is skipped, as ip(8) does. -ENOMEM. */
int names_read(Names *names, NameKind kind, const char *text);
void names_done(Names *names);

/* A number (decimal, octal or 0x...) up to max, or a name of this kind. false = neither. */
bool names_find(const Names *names, NameKind kind, const char *word, unsigned max, unsigned *ret);
/* The name that `word` was probably meant to be, NULL if none is near. */
const char *names_suggest(const Names *names, NameKind kind, const char *word);
/* A whole number in C's notation. */
bool names_number(const char *word, uint64_t max, uint64_t *ret);
