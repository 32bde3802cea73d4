/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A file of the configuration in memory, and lines of text that know where each of their bytes was written.
 */

#include "service/config/config.h"
#include <sys/types.h>

/* Longest line, in bytes: as written, and after continuation and replacement of variables. */
#define LINE_SIZE_MAX ((size_t)64 * 1024)

typedef struct SourceFile {
        const char *name; /* as in messages; owned by the Config */
        char *directory;  /* what a relative include and ${_PWD} mean */
        char *data;
        size_t size;
        size_t *starts; /* offset of each line */
        size_t n_lines;
        dev_t dev; /* 0, 0 for text that came from memory */
        ino_t ino;
        bool regular; /* can be looked at again: still these bytes, if size and time are the same */
        off_t stat_size;
        struct timespec stat_mtime;
} SourceFile;

/* Takes over data (malloc). name is borrowed, directory copied. -ENOMEM (data is freed then too). */
int source_file_new(const char *name, const char *directory, char *data, size_t size, SourceFile **ret);
SourceFile *source_file_free(SourceFile *f);
DEFINE_CLEANUP(SourceFile, source_file_free);
/* The bytes of line `line` (from 1) without its end; "" and 0 when there is no such line. */
const char *source_file_line(const SourceFile *f, unsigned line, size_t *ret_size);

/* Puts a mask over what is a password or a key in a line, or probably is one, up to its end. There must be
 * room for SOURCE_MASK_SIZE more bytes. mask.c */
#define SOURCE_MASK_SIZE 9
void source_mask_secrets(char *line);

/* From `start` on the bytes of a line come from `at`: one column further with each byte, or all from there.
 */
typedef struct Segment {
        size_t start;
        ConfigPosition at;
        bool fixed;   /* replaced text: all of it points at the reference */
        bool literal; /* a `#` or `!` here begins no comment: ${_HASH}, ${_BANG} */
} Segment;

typedef struct Line {
        char *text; /* NUL-terminated once something was appended; may hold '\n' (a definition of several
                       lines) */
        size_t size, text_allocated;
        Segment *segments;
        size_t n_segments, segments_allocated;
} Line;

void line_clear(Line *l); /* keeps the memory */
void line_done(Line *l);
/* All: 0 or -ENOMEM. */
int line_append(Line *l, const char *text, size_t size, const Segment *from);
int line_append_slice(Line *l, const Line *from, size_t start, size_t end);
ConfigPosition line_position(const Line *l, size_t offset);
bool line_is_literal(const Line *l, size_t offset);

/* Where `other` is, for a message at `at`: "on line 5", or "at FILE:5" when that is another file. Returns
 * buf. */
#define RELATIVE_SIZE 128
const char *position_relative(
                const ConfigPosition *at, const ConfigPosition *other, char buf[RELATIVE_SIZE]);
