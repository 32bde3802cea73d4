/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* From files to finished lines: comments taken off, continued lines joined, `@id` conditions judged,
 * includes followed, variables replaced, ~SEQ and ~LST repeated. What comes out holds only words and braces,
 * and each byte still knows where the administrator wrote it. */

#include "service/config/source.h"

/* How deep files, definitions of several lines and repetitions may stand in each other. */
#define LINES_DEPTH_MAX 64
/* Replacements within one line: more than this is a definition that contains itself. */
#define LINES_REPLACEMENTS_MAX 1000

/* The strict forms of `include`, combinable: what is an error besides a file that cannot be read. */
typedef enum IncludeCheck {
        INCLUDE_READABLE = 1 << 0,       /* what matches must be a readable file */
        INCLUDE_MATCH = 1 << 1,          /* no match without wildcards */
        INCLUDE_WILDCARD_MATCH = 1 << 2, /* no match with wildcards */
        INCLUDE_BRACE_MATCH = 1 << 3,    /* an alternative in braces without a match */
        INCLUDE_ALL = (1 << 4) - 1,
} IncludeCheck;

typedef struct LineReader LineReader;

typedef struct LineReaderParams {
        ConfigMessages *messages; /* borrowed */
        const char *config_id;    /* borrowed */
        size_t max_lines;         /* finished lines, as a bound of what ~SEQ and variables may produce */
        /* Opens what `pattern` names, relative to `directory`, by line_reader_push(); says by itself what is
         * wrong. 0 or -ENOMEM. */
        int (*include)(void *userdata, LineReader *r, const char *pattern, unsigned checks,
                        const char *directory, const ConfigPosition *at);
        void *userdata;
} LineReaderParams;

int line_reader_new(const LineReaderParams *params, LineReader **ret);
LineReader *line_reader_free(LineReader *r);
DEFINE_CLEANUP(LineReader, line_reader_free);

/* Is the file being read now, at any level? Then it must not be included again. */
bool line_reader_is_open(const LineReader *r, const SourceFile *file);
/* Reads these files (borrowed; the array is taken over) one after the other, then goes on where it was.
 * -EMLINK: too deep. */
int line_reader_push(LineReader *r, const SourceFile **files, size_t n);
/* global_defs include_check: holds for this file and what it includes. */
void line_reader_set_include_check(LineReader *r, unsigned checks);
unsigned line_reader_get_include_check(const LineReader *r);
/* A line or the rest of the input was left out, which was said: braces need not match any more. */
bool line_reader_lost_lines(const LineReader *r);
void line_reader_seed(LineReader *r, uint64_t seed);
/* The next line, and where on it to begin (behind a condition). The pointer is valid until the next call. 1,
 * 0 at the end, -ENOMEM. */
int line_reader_next(LineReader *r, const Line **ret, size_t *ret_start);
