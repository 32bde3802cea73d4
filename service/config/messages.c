/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: the list of what is to be said about a configuration, and its two forms for people and for programs.
 * Must not know: why something is said. Messages come from every file of this room and go to `vrrpd -t`, to
 * the journal and to the caller of Reload().
 */

#include "service/config/config.h"
#include "service/util/parse.h"
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

/* The line and a caret below the byte at `column`. Control characters would let a file write to the
 * terminal. */
static void write_source(FILE *f, const char *source, unsigned column) {
        size_t size = strlen(source), at = column > 0 ? column - 1 : 0, start = 0, end;

        if (at > size)
                at = size;
        if (at > SOURCE_BEFORE_MAX && size > SOURCE_SHOWN_MAX)
                start = at - SOURCE_BEFORE_MAX;
        while (start > 0 && ((unsigned char)source[start] & 0xC0) == 0x80)
                start--;
        end = MIN(size, start + SOURCE_SHOWN_MAX);
        while (end < size && ((unsigned char)source[end] & 0xC0) == 0x80)
                end++;

        fputs("    ", f);
        for (size_t i = start; i < end; i++) {
                unsigned char c = (unsigned char)source[i];

                fputc((c < 0x20 && c != '\t') || c == 0x7F ? '?' : c, f);
        }
        fputc('\n', f);
        if (column == 0)
                return;
        fputs("    ", f);
        for (size_t i = start; i < at && i < end; i++)
                if (source[i] == '\t')
                        fputc('\t', f);
                else if (((unsigned char)source[i] & 0xC0) != 0x80)
                        fputc(' ', f);
        fputs("^\n", f);
}

char *config_messages_format(const ConfigMessages *m) {
        char *text = NULL;
        size_t size = 0;
        FILE *f = open_memstream(&text, &size);

        if (!f)
                return NULL;
        for (size_t i = 0; i < m->n; i++) {
                const ConfigMessage *c = &m->items[i];

                if (c->file)
                        fprintf(f, "%s:", c->file);
                if (c->file && c->line > 0)
                        fprintf(f, "%u:", c->line);
                if (c->file && c->line > 0 && c->column > 0)
                        fprintf(f, "%u:", c->column);
                fprintf(f, "%s%s: %s\n", c->file ? " " : "", severity_to_string(c->severity), c->text);
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
                size_t n = utf8_size(s);

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
