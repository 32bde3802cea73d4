/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Every keyword that keepalived knows, one row each: where it may stand, what follows it, and what becomes
 * of it here. To add one: a row in its table (sorted by name; a test checks that), and a parse function if
 * no general one fits. */

#include "service/config/lexer.h"

typedef struct Parser Parser;
typedef struct Statement Statement;
typedef struct Keyword Keyword;

typedef enum KeywordDisposition {
        KEYWORD_IMPLEMENTED, /* parse() reads it */
        KEYWORD_IMPLIED,     /* accepted without a word: vrrpd always does so */
        KEYWORD_SKIPPED,     /* outside VRRP, or replaced: one warning (text says by what), skipped with its
                                block */
        KEYWORD_HARMLESS,    /* part of VRRP, not supported; a warning, because its loss harms nobody */
        KEYWORD_MISSING, /* part of VRRP, not supported; an error, because its loss changes who is master or
                          * what is served (text says how) */
        KEYWORD_REFUSED, /* an error for ever; text says why and what to do */
} KeywordDisposition;

typedef enum KeywordFlags {
        KEYWORD_BLOCK = 1 << 0,      /* a block follows */
        KEYWORD_REPEATS = 1 << 1,    /* may stand several times; else the last one counts, with a warning */
        KEYWORD_COMMAND = 1 << 2,    /* its words are quoted as commands are */
        KEYWORD_DEPRECATED = 1 << 4, /* implemented, but text says what is used instead */
        KEYWORD_SECRET = 1 << 3,     /* no message may repeat its words */
} KeywordFlags;

struct Keyword {
        const char *name;
        KeywordDisposition disposition;
        uint8_t flags;
        uint8_t min_words, max_words; /* behind the keyword; more are ignored with a warning. UINT8_MAX: no
                                         limit */
        int (*parse)(Parser *p, const Keyword *k,
                        const Statement *s); /* 0 or -ENOMEM; says by itself what is wrong */
        size_t offset;       /* of the member of the draft that a general parse function sets */
        long long low, high; /* range of the value; times in microseconds */
        const char *text;
};

typedef struct KeywordTable {
        const char *name; /* of the block, in messages */
        const Keyword *rows;
        size_t n;
} KeywordTable;

/* Rows of the largest table, for arrays beside one; checked by a test. */
#define KEYWORDS_MAX 192

extern const KeywordTable keyword_root, keyword_global, keyword_instance, keyword_sync_group,
                keyword_authentication, keyword_auth_hmac, keyword_script, keyword_track_group,
                keyword_tracked_file, keyword_tracked_process, keyword_garp_group;
/* All of them, NULL at the end. */
extern const KeywordTable *const keyword_tables[];

const Keyword *keyword_find(const KeywordTable *t, const char *name);
/* The keyword of this table that `word` was probably meant to be, NULL if none is near. */
const char *keyword_suggest(const KeywordTable *t, const char *word);
/* Is `candidate` a likely reading of `word`? The distance (optimal string alignment), SIZE_MAX if it is too
 * far. */
size_t keyword_distance(const char *word, const char *candidate);
/* The table (other than t) that knows this word, NULL if none. */
const KeywordTable *keyword_elsewhere(const KeywordTable *t, const char *word);
