/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What routes, rules and static addresses share: lines of options as ip(8) has them, word by word. A
 * function that finds something wrong says so, clears `ok` and returns 0; -ENOMEM is the only error. */

#include "service/config/parser.h"

typedef struct OptionLine OptionLine;

#define OPTIONS_MAX 80

typedef struct Option {
        const char *name;
        bool takes_value;
        /* option: the word itself; value: the one behind it, NULL for those that take none. */
        int (*parse)(OptionLine *l, const struct Option *o, const Word *option, const Word *value);
        unsigned number; /* for functions that serve several rows */
} Option;

struct OptionLine {
        Parser *p;
        const Statement *s;
        size_t i; /* the next word */
        bool ok;
        bool ignored;     /* as keepalived does; said */
        const char *noun; /* "a route" */
        const Option *options;
        size_t n_options;
        void *target;
        char **track_group;
        int family;             /* AF_UNSPEC = not known yet */
        bool seen[OPTIONS_MAX]; /* options, in their order */
};

/* Reads all words: those that are no option go to `other`, which returns 0 when it took the word, 1 when it
 * is none of its. */
int option_line_read(OptionLine *l, int (*other)(OptionLine *l, const Word *w));
/* Looks the next words up as an option: 1 = none. */
int option_line_next(OptionLine *l);
/* The result of parser_error(), said: the line is not ok. */
int option_wrong(OptionLine *l, int r);
/* The next word as a further value. NULL: there is none, said. */
const Word *option_more(OptionLine *l, const Word *option);

int option_number(OptionLine *l, const Word *option, const Word *value, uint64_t min, uint64_t max,
                uint64_t *ret);
int option_name(OptionLine *l, const Word *option, const Word *value, NameKind kind, unsigned max,
                unsigned *ret);
int option_interface(OptionLine *l, const Word *value, char ret[VRRP_IFNAME_SIZE]);
int option_realms(OptionLine *l, const Word *option, const Word *value, uint32_t *ret);
/* An address of the line's family, which it decides if it is the first one. */
int option_address(OptionLine *l, const Word *value, VrrpAddress *ret);
/* "default", "any", "all", or an address with or without "/N". */
int option_prefix(OptionLine *l, const Word *value, VrrpAddress *ret, uint8_t *ret_prefixlen);
int option_track_group(OptionLine *l, const Option *o, const Word *option, const Word *value);
/* protocol: ours is our mark, so that what a crash leaves can be found. */
int option_protocol(OptionLine *l, const Option *o, const Word *option, const Word *value);
int option_family(OptionLine *l, const Option *o, const Word *option, const Word *value);
