/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: the list of what is to be said about a configuration, and its two forms for people and for programs.
 * Must not know: why something is said. Messages come from every file of this room and go to `vrrpd -t`, to
 * the journal and to the caller of Reload().
 */

#include "service/config/config.h"
#include "service/util/utf8.h"
#include <stdarg.h>
#include <stdio.h>

/* What is shown of an over-long source line around the place in question, in bytes. */
#define SOURCE_BEFORE_MAX 100
#define SOURCE_SHOWN_MAX 160

static void message_done(ConfigMessage *c) {
        free(c->file);
        free(c->text);
        free(c->source);
        *c = (ConfigMessage){};
}

void config_messages_clear(ConfigMessages *m) {
        for (size_t i = 0; i < m->n; i++)
                message_done(&m->items[i]);
        free(m->items);
        *m = (ConfigMessages){};
}

/* How wide a terminal shows a character: the blocks of Unicode that are East Asian Wide or combining, as far
 * as configuration files have them; wcwidth(3) would depend on the locale of whoever reads. */
static unsigned columns_of(const char *s, size_t n) {
        static const struct {
                uint32_t first, last;
                unsigned columns;
        } blocks[] = {{0x300, 0x36F, 0}, {0x1100, 0x115F, 2}, {0x200B, 0x200F, 0}, {0x2E80, 0xA4CF, 2},
                        {0xAC00, 0xD7A3, 2}, {0xF900, 0xFAFF, 2}, {0xFE30, 0xFE6F, 2}, {0xFF00, 0xFF60, 2},
                        {0xFFE0, 0xFFE6, 2}, {0x1F300, 0x1FAFF, 2}, {0x20000, 0x3FFFD, 2}};
        uint32_t c = (unsigned char)s[0] & (n == 1 ? 0x7F : 0xFF >> (n + 1));

        for (size_t i = 1; i < n; i++)
                c = c << 6 | ((unsigned char)s[i] & 0x3F);
        for (size_t i = 0; i < ELEMENTSOF(blocks); i++)
                if (c >= blocks[i].first && c <= blocks[i].last)
                        return blocks[i].columns;
        return 1;
}

/* Messages go to the bus and to terminals: a byte that is not UTF-8 is shown as \\xNN, a control character
 * as
 * '?'. Returns the bytes taken, and how many columns they fill. */
static size_t put_shown(FILE *f, const char *s, unsigned *ret_columns) {
        size_t n = utf8_character(s);

        *ret_columns = n > 0 ? columns_of(s, n) : 4;
        if (n == 0)
                fprintf(f, "\\x%02X", (unsigned char)*s);
        else if (n == 1 && (unsigned char)*s < 0x20 && *s != '\t' && *s != '\n')
                fputc('?', f);
        else if (*s == 0x7F)
                fputc('?', f);
        else
                fwrite(s, 1, n, f);
        return MAX(n, (size_t)1);
}

static void put_all_shown(FILE *f, const char *s) {
        unsigned columns;

        while (*s)
                s += put_shown(f, s, &columns);
}

int config_messages_add(ConfigMessages *m, ConfigSeverity severity, const ConfigPosition *at,
                const char *source, const char *format, ...) {
        _cleanup_free_ char *file = NULL, *text = NULL, *line = NULL;
        va_list ap;
        int r;

        if ((m->n & (m->n + 1)) == 0) {
                ConfigMessage *items = reallocarray(m->items, 2 * (m->n + 1), sizeof(*items));

                if (!items)
                        return -ENOMEM;
                m->items = items;
        }
        va_start(ap, format);
        r = vasprintf(&text, format, ap);
        va_end(ap);
        if (r < 0) {
                text = NULL;
                return -ENOMEM;
        }
        if (at && at->file && !(file = strdup(at->file)))
                return -ENOMEM;
        if (source && !(line = strdup(source)))
                return -ENOMEM;

        m->items[m->n++] = (ConfigMessage){
                        .severity = severity,
                        .line = at ? at->line : 0,
                        .column = at ? at->column : 0,
                        .file = TAKE_PTR(file),
                        .text = TAKE_PTR(text),
                        .source = TAKE_PTR(line),
        };
        if (severity == CONFIG_ERROR)
                m->n_errors++;
        return 0;
}

static const char *severity_to_string(ConfigSeverity s) {
        return s == CONFIG_ERROR ? "error" : "warning";
}

/* Where to begin showing a line, so that `at` is seen: at a character's first byte. */
static size_t shown_start(const char *source, size_t size, size_t at) {
        size_t start = at > SOURCE_BEFORE_MAX && size > SOURCE_SHOWN_MAX ? at - SOURCE_BEFORE_MAX : 0;

        for (int i = 0; i < 3 && start > 0 && ((unsigned char)source[start] & 0xC0) == 0x80; i++)
                start--;
        return start;
}

/* The line and a caret below the byte at `column`. */
static void write_source(FILE *f, const char *source, unsigned column) {
        size_t size = strlen(source), at = MIN(column > 0 ? column - 1 : 0, size),
               start = shown_start(source, size, at), end = MIN(size, start + SOURCE_SHOWN_MAX), width = 0;
        char caret[4 * (SOURCE_SHOWN_MAX + 4)];

        fputs("    ", f);
        for (size_t i = start; i < end;) {
                bool before = i < at, tab = source[i] == '\t';
                unsigned columns;

                i += put_shown(f, source + i, &columns);
                for (unsigned j = 0; before && i <= at && j < columns; j++)
                        caret[width++] = tab ? '\t' : ' ';
        }
        fputc('\n', f);
        if (column > 0)
                fprintf(f, "    %.*s^\n", (int)width, caret);
}

char *config_messages_format(const ConfigMessages *m) {
        char *text = NULL;
        size_t size = 0;
        FILE *f = open_memstream(&text, &size);

        if (!f)
                return NULL;
        for (size_t i = 0; i < m->n; i++) {
                const ConfigMessage *c = &m->items[i];

                if (c->file) {
                        put_all_shown(f, c->file);
                        fputc(':', f);
                }
                if (c->file && c->line > 0)
                        fprintf(f, "%u:", c->line);
                if (c->file && c->line > 0 && c->column > 0)
                        fprintf(f, "%u:", c->column);
                fprintf(f, "%s%s: ", c->file ? " " : "", severity_to_string(c->severity));
                put_all_shown(f, c->text);
                fputc('\n', f);
                if (c->source)
                        write_source(f, c->source, c->column);
        }
        if (fclose(f) != 0) {
                free(text);
                return NULL;
        }
        return text;
}

/* A JSON string (RFC 8259 section 7); bytes that are no UTF-8 become U+FFFD. */
static void write_json_string(FILE *f, const char *string) {
        fputc('"', f);
        for (const char *s = string; *s;) {
                size_t n = utf8_character(s);

                if (n == 0)
                        fputs("\xEF\xBF\xBD", f);
                else if (*s == '"' || *s == '\\')
                        fprintf(f, "\\%c", *s);
                else if ((unsigned char)*s < 0x20 || *s == 0x7F)
                        fprintf(f, "\\u%04x", (unsigned char)*s);
                else
                        fwrite(s, 1, n, f);
                s += MAX(n, (size_t)1);
        }
        fputc('"', f);
}

char *config_messages_to_json(const ConfigMessages *m) {
        char *text = NULL;
        size_t size = 0;
        FILE *f = open_memstream(&text, &size);

        if (!f)
                return NULL;
        fputc('[', f);
        for (size_t i = 0; i < m->n; i++) {
                const ConfigMessage *c = &m->items[i];

                fputs(i > 0 ? ",{\"file\":" : "{\"file\":", f);
                if (c->file)
                        write_json_string(f, c->file);
                else
                        fputs("null", f);
                fprintf(f, ",\"line\":%u,\"column\":%u,\"severity\":\"%s\",\"message\":", c->line, c->column,
                                severity_to_string(c->severity));
                write_json_string(f, c->text);
                fputc('}', f);
        }
        fputc(']', f);
        if (fclose(f) != 0) {
                free(text);
                return NULL;
        }
        return text;
}

/* A message with its place in the order of reading. */
typedef struct Ranked {
        ConfigMessage message;
        size_t file, index;
} Ranked;

static int compare_ranked(const void *a, const void *b) {
        const Ranked *x = a, *y = b;

        if (x->file != y->file)
                return x->file < y->file ? -1 : 1;
        if (x->message.line != y->message.line)
                return x->message.line < y->message.line ? -1 : 1;
        if (x->message.column != y->message.column)
                return x->message.column < y->message.column ? -1 : 1;
        return x->index < y->index ? -1 : x->index > y->index;
}

static bool same_message(const ConfigMessage *a, const ConfigMessage *b) {
        return a->line == b->line && a->column == b->column && a->severity == b->severity &&
               streq_ptr(a->file, b->file) && streq(a->text, b->text);
}

static size_t file_rank(char *const *files, const char *file) {
        size_t rank = 0;

        if (!file)
                return 0;
        while (files && files[rank] && !streq(files[rank], file))
                rank++;
        return rank + 1;
}

int config_messages_sort(ConfigMessages *m, char *const *files) {
        _cleanup_free_ Ranked *ranked = calloc(MAX(m->n, (size_t)1), sizeof(*ranked));
        size_t n = 0;

        if (!ranked)
                return -ENOMEM;
        for (size_t i = 0; i < m->n; i++)
                ranked[i] = (Ranked){m->items[i], file_rank(files, m->items[i].file), i};
        qsort(ranked, m->n, sizeof(*ranked), compare_ranked);
        m->n_errors = 0;
        for (size_t i = 0; i < m->n; i++) {
                ConfigMessage *c = &ranked[i].message;

                if (n > 0 && same_message(&m->items[n - 1], c)) {
                        message_done(c);
                        continue;
                }
                m->n_errors += c->severity == CONFIG_ERROR;
                m->items[n++] = *c;
        }
        m->n = n;
        return 0;
}
