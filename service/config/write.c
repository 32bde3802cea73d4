/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: the walk over the model's tables, and the form of keywords, blocks and lists.
 * Must not know: what a member means; where the text goes (to whoever asks over the bus, hence no secrets).
 */

#include "service/config/write.h"
#include "service/config/parser.h"
#include "service/config/writer.h"
#include <arpa/inet.h>
#include <stdarg.h>

#define INDENT 4

void writer_begin(Writer *w, const char *keyword) {
        if (w->in_line)
                fprintf(w->stream, " %s", keyword);
        else
                fprintf(w->stream, "%*s%s", (int)w->depth * INDENT, "", keyword);
}

void writer_end(Writer *w) {
        if (!w->in_line)
                fputc('\n', w->stream);
}

void writer_open(Writer *w) {
        fputs(" {\n", w->stream);
        w->depth++;
}

void writer_close(Writer *w) {
        w->depth--;
        fprintf(w->stream, "%*s}\n", (int)w->depth * INDENT, "");
}

void writer_printf(Writer *w, const char *format, ...) {
        va_list ap;

        fputc(' ', w->stream);
        va_start(ap, format);
        vfprintf(w->stream, format, ap);
        va_end(ap);
}

void writer_address(Writer *w, const VrrpAddress *address) {
        char text[VRRP_ADDRESS_STRLEN] = "";

        inet_ntop(address->family, address->bytes, text, sizeof(text));
        writer_printf(w, "%s", text);
}

void writer_seconds(Writer *w, usec_t usec) {
        char text[VALUE_SECONDS_SIZE];

        writer_printf(w, "%s", value_format_seconds((long long)usec, text));
}

static const char *on_off(bool b) {
        return b ? "on" : "off";
}

static const char *string_at(const void *p) {
        return *(char *const *)p;
}

/* Does this value, of a member that has a keyword, stand in the file? */
static bool is_written(const ModelMember *m, const void *p) {
        switch (m->kind) {
        case MODEL_FLAG:
                return *(const bool *)p;
        case MODEL_WORD:
        case MODEL_COMMAND:
        case MODEL_WORDS:
                return string_at(p) != NULL;
        case MODEL_ADDRESS:
                return vrrp_address_is_set(p);
        case MODEL_SWITCH:
        case MODEL_UINT8:
        case MODEL_UNSIGNED:
        case MODEL_INT:
        case MODEL_SECONDS:
                return true;
        case MODEL_VALUE:
        case MODEL_SECRET:
        case MODEL_BLOCKS:
        case MODEL_LINES:
        case MODEL_COUNT:
        case MODEL_NOTE:
                break;
        }
        return false;
}

static void write_value(Writer *w, const ModelMember *m, const void *p) {
        switch (m->kind) {
        case MODEL_SWITCH:
                writer_word(w, on_off(*(const bool *)p));
                break;
        case MODEL_UINT8:
                writer_printf(w, "%u", *(const uint8_t *)p);
                break;
        case MODEL_UNSIGNED:
                writer_printf(w, "%u", *(const unsigned *)p);
                break;
        case MODEL_INT:
                writer_printf(w, "%d", *(const int *)p);
                break;
        case MODEL_SECONDS:
                writer_seconds(w, *(const usec_t *)p);
                break;
        case MODEL_WORD:
                writer_word(w, string_at(p));
                break;
        case MODEL_COMMAND:
                writer_command(w, string_at(p));
                break;
        case MODEL_WORDS:
                for (char *const *word = *(char *const *const *)p; *word; word++)
                        writer_command(w, *word);
                break;
        case MODEL_ADDRESS:
                writer_address(w, p);
                break;
        case MODEL_FLAG:
        case MODEL_VALUE:
        case MODEL_SECRET:
        case MODEL_BLOCKS:
        case MODEL_LINES:
        case MODEL_COUNT:
        case MODEL_NOTE:
                break;
        }
}

void writer_line(Writer *w, const ModelTable *table, const void *element) {
        fprintf(w->stream, "%*s", (int)w->depth * INDENT - 1, "");
        w->in_line = true;
        writer_members(w, table, element);
        w->in_line = false;
        fputc('\n', w->stream);
}

static const char *element(const void *object, const ModelMember *m, size_t i) {
        return *(char *const *)((const char *)object + m->offset) + i * m->table->size;
}

static size_t count(const void *object, const ModelMember *m) {
        return *(const size_t *)(const void *)((const char *)object + m->count_offset);
}

/* "keyword NAME {": the name is the first member of such a type. */
static void write_blocks(Writer *w, const void *object, const ModelMember *m) {
        for (size_t i = 0; i < count(object, m); i++) {
                const char *e = element(object, m, i);

                fputc('\n', w->stream);
                writer_begin(w, m->keyword);
                writer_word(w, string_at(e + m->table->rows[0].offset));
                writer_open(w);
                writer_members(w, m->table, e);
                writer_close(w);
        }
}

static void write_lines(Writer *w, const void *object, const ModelMember *m) {
        if (count(object, m) == 0)
                return;
        writer_begin(w, m->keyword);
        writer_open(w);
        for (size_t i = 0; i < count(object, m); i++)
                writer_line(w, m->table, element(object, m, i));
        writer_close(w);
}

static void write_member(Writer *w, const void *object, const ModelMember *m) {
        const void *p = (const char *)object + m->offset;

        if (m->write)
                m->write(w, object, m);
        else if (!m->keyword)
                return;
        else if (m->kind == MODEL_BLOCKS)
                write_blocks(w, object, m);
        else if (m->kind == MODEL_LINES)
                write_lines(w, object, m);
        else if (is_written(m, p)) {
                writer_begin(w, m->keyword);
                write_value(w, m, p);
                writer_end(w);
        }
}

void writer_members(Writer *w, const ModelTable *table, const void *object) {
        for (size_t i = 0; i < table->n; i++)
                write_member(w, object, &table->rows[i]);
}

char *config_write(const Config *c) {
        char *text = NULL;
        size_t size = 0;
        Writer w = {.stream = open_memstream(&text, &size)};
        bool failed;

        if (!w.stream)
                return NULL;
        fputs("# The effective configuration: includes, variables and repetitions expanded, defaults "
              "spelled "
              "out, secrets masked.\n\n",
                        w.stream);
        writer_members(&w, &model_config, c);
        failed = ferror(w.stream);
        if (fclose(w.stream) != 0 || failed) {
                free(text);
                return NULL;
        }
        return text;
}
