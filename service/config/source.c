/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: the bytes of a configuration file, and lines put together from several places that still know each
 * place. Must not know: how a file is opened (load.c) or what a line means (lines.c, lexer.c).
 */

#include "service/config/source.h"
#include <stdio.h>

int source_file_new(const char *name, const char *directory, char *data, size_t size, SourceFile **ret) {
        _cleanup_free_ char *owned = data;
        _cleanup_(source_file_freep) SourceFile *f = calloc(1, sizeof(*f));
        size_t n = 1;

        if (!f)
                return -ENOMEM;
        for (size_t i = 0; i < size; i++)
                n += owned[i] == '\n';
        f->starts = calloc(n, sizeof(*f->starts));
        f->directory = strdup(directory);
        if (!f->starts || !f->directory)
                return -ENOMEM;

        f->name = name;
        f->data = TAKE_PTR(owned);
        f->size = size;
        f->n_lines = 1;
        for (size_t i = 0; i < size; i++)
                if (f->data[i] == '\n')
                        f->starts[f->n_lines++] = i + 1;
        *ret = TAKE_PTR(f);
        return 0;
}

SourceFile *source_file_free(SourceFile *f) {
        if (!f)
                return NULL;
        free(f->directory);
        if (f->data)
                explicit_bzero(f->data, f->size); /* it may hold passwords */
        free(f->data);
        free(f->starts);
        free(f);
        return NULL;
}

const char *source_file_line(const SourceFile *f, unsigned line, size_t *ret_size) {
        size_t start, end;

        *ret_size = 0;
        if (line == 0 || line > f->n_lines)
                return "";
        start = f->starts[line - 1];
        end = line < f->n_lines ? f->starts[line] - 1 : f->size;
        if (end > start && f->data[end - 1] == '\r')
                end--;
        *ret_size = end - start;
        return f->data + start;
}

void line_clear(Line *l) {
        l->size = l->n_segments = 0;
        if (l->text)
                l->text[0] = '\0';
}

void line_done(Line *l) {
        free(l->text);
        free(l->segments);
        *l = (Line){};
}

static int line_reserve(Line *l, size_t size) {
        size_t allocated = MAX(l->text_allocated, (size_t)128);
        char *text;

        if (size + 1 <= l->text_allocated)
                return 0;
        while (allocated < size + 1)
                allocated *= 2;
        text = realloc(l->text, allocated);
        if (!text)
                return -ENOMEM;
        l->text = text;
        l->text_allocated = allocated;
        return 0;
}

int line_append(Line *l, const char *text, size_t size, const Segment *from) {
        int r;

        if (l->n_segments == l->segments_allocated) {
                size_t n = MAX(2 * l->segments_allocated, (size_t)4);
                Segment *segments = reallocarray(l->segments, n, sizeof(*segments));

                if (!segments)
                        return -ENOMEM;
                l->segments = segments;
                l->segments_allocated = n;
        }
        r = line_reserve(l, l->size + size);
        if (r < 0)
                return r;

        l->segments[l->n_segments] = *from;
        l->segments[l->n_segments++].start = l->size;
        if (size > 0)
                memcpy(l->text + l->size, text, size);
        l->size += size;
        l->text[l->size] = '\0';
        return 0;
}

/* The segment that holds `offset`; the last one for what is behind the end. */
static const Segment *line_segment(const Line *l, size_t offset) {
        size_t low = 0, high = l->n_segments;

        while (high - low > 1) {
                size_t middle = low + (high - low) / 2;

                if (l->segments[middle].start <= offset)
                        low = middle;
                else
                        high = middle;
        }
        return high > 0 ? &l->segments[low] : NULL;
}

ConfigPosition line_position(const Line *l, size_t offset) {
        const Segment *s = line_segment(l, offset);
        ConfigPosition at = {};

        if (s) {
                at = s->at;
                if (!s->fixed)
                        at.column += (unsigned)(offset - s->start);
        }
        return at;
}

bool line_is_literal(const Line *l, size_t offset) {
        const Segment *s = line_segment(l, offset);

        return s && s->literal;
}

int line_append_slice(Line *l, const Line *from, size_t start, size_t end) {
        while (start < end) {
                const Segment *s = line_segment(from, start);
                size_t stop = s + 1 < from->segments + from->n_segments ? MIN(end, s[1].start) : end;
                Segment part = *s;
                int r;

                part.at = line_position(from, start);
                r = line_append(l, from->text + start, stop - start, &part);
                if (r < 0)
                        return r;
                start = stop;
        }
        return 0;
}

const char *position_relative(
                const ConfigPosition *at, const ConfigPosition *other, char buf[RELATIVE_SIZE]) {
        if (streq_ptr(at->file, other->file))
                snprintf(buf, RELATIVE_SIZE, "on line %u", other->line);
        else
                snprintf(buf, RELATIVE_SIZE, "at %s:%u", strempty(other->file), other->line);
        return buf;
}
