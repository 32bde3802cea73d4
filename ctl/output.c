/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Everything that reaches the terminal. Text that somebody else chose is escaped in one place (text_escape),
 * which lines, errors and table cells all pass through; JSON is written in ASCII for the same reason. It
 * knows neither bus nor VRRP. */

#include "ctl/output.h"
#include "service/util/parse.h"
#include <langinfo.h>
#include <libsmartcols/libsmartcols.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

static bool locale_is_utf8(void) {
        return streq(nl_langinfo(CODESET), "UTF-8");
}

bool output_color_wanted(void) {
        const char *term = getenv("TERM"), *no_color = getenv("NO_COLOR");

        return isatty(STDOUT_FILENO) && term && !streq(term, "dumb") && !(no_color && *no_color);
}

static const char *color_sequence(Color color) {
        static const char *const sequences[] = {
                        [COLOR_NONE] = NULL,
                        [COLOR_GOOD] = "\033[0;1;32m",
                        [COLOR_NOTE] = "\033[0;1;33m",
                        [COLOR_BAD] = "\033[0;1;31m",
                        [COLOR_FAINT] = "\033[0;2m",
                        [COLOR_BOLD] = "\033[0;1m",
        };
        return sequences[color];
}

const char *output_color(const Output *o, Color color) {
        return o->color ? strempty(color_sequence(color)) : "";
}

const char *output_color_end(const Output *o, Color color) {
        return o->color && color_sequence(color) ? "\033[0m" : "";
}

const char *output_arrow_left(void) {
        return locale_is_utf8() ? "←" : "<-";
}

const char *output_arrow_right(void) {
        return locale_is_utf8() ? "→" : "->";
}

/* Length of the well-formed UTF-8 sequence of two to four bytes at s, its code point in *ret; 0 = there is
 * none. */
static size_t utf8_sequence(const unsigned char *s, uint32_t *ret) {
        size_t n = (s[0] & 0xe0) == 0xc0 ? 2 : (s[0] & 0xf0) == 0xe0 ? 3 : (s[0] & 0xf8) == 0xf0 ? 4 : 0;
        static const uint32_t least[] = {[2] = 0x80, [3] = 0x800, [4] = 0x10000};

        if (n == 0)
                return 0;
        uint32_t c = s[0] & (0x7fu >> n);
        for (size_t i = 1; i < n; i++) {
                if ((s[i] & 0xc0) != 0x80)
                        return 0;
                c = c << 6 | (s[i] & 0x3f);
        }
        if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
                return 0;
        *ret = c;
        return n;
}

/* Steers a terminal or hides or reorders what stands around it: C1 controls, soft hyphen, zero-width and
 * directional marks, line separators, byte order mark. */
static bool code_point_unsafe(uint32_t c) {
        return c < 0xa0 || c == 0xad || c == 0x061c || (c >= 0x200b && c <= 0x200f) ||
               (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff ||
               (c >= 0xfff9 && c <= 0xfffb) || (c >= 0xe0000 && c <= 0xe0fff);
}

char *text_escape(const char *text) {
        const unsigned char *s = (const unsigned char *)text;
        bool utf8 = locale_is_utf8();
        char *escaped = malloc(4 * strlen(text) + 1), *p = escaped;

        if (!escaped)
                return NULL;
        while (*s) {
                uint32_t c = 0;
                size_t n = utf8_sequence(s, &c);
                if (*s == '\n' || *s == '\t') {
                        *p++ = '\\';
                        *p++ = *s++ == '\n' ? 'n' : 't';
                } else if (*s >= 0x20 && *s < 0x7f)
                        *p++ = (char)*s++;
                else if (utf8 && n > 0 && !code_point_unsafe(c)) {
                        memcpy(p, s, n);
                        p += n;
                        s += n;
                } else
                        for (n = MAX(n, (size_t)1); n > 0; n--)
                                p += sprintf(p, "\\x%02x", *s++);
        }
        *p = '\0';
        return escaped;
}

const char *format_time(usec_t realtime_usec, char *buf, size_t size) {
        time_t t = (time_t)(realtime_usec / USEC_PER_SEC);
        struct tm tm;
        char date[32];

        if (realtime_usec == 0 || !localtime_r(&t, &tm) ||
                        strftime(date, sizeof(date), "%Y-%m-%d %H:%M:%S", &tm) == 0)
                snprintf(buf, size, "-");
        else
                snprintf(buf, size, "%s.%03u", date,
                                (unsigned)(realtime_usec % USEC_PER_SEC / USEC_PER_MSEC));
        return buf;
}

const char *format_since(usec_t realtime_usec, usec_t now_usec, char *buf, size_t size) {
        if (realtime_usec == 0) {
                snprintf(buf, size, "-");
                return buf;
        }
        usec_t t = now_usec > realtime_usec ? now_usec - realtime_usec : 0;
        usec_t unit = t >= USEC_PER_SEC ? USEC_PER_SEC : USEC_PER_MSEC;
        return format_timespan(t - t % unit, buf, size);
}

/* One escaped line to f. */
static _printf_(3, 0) void print_escaped(FILE *f, const char *prefix, const char *format, va_list ap) {
        _cleanup_free_ char *text = NULL, *safe = NULL;

        if (vasprintf(&text, format, ap) < 0) {
                text = NULL;
                return;
        }
        safe = text_escape(text);
        if (safe)
                fprintf(f, "%s%s\n", prefix, safe);
}

void print_error(const char *format, ...) {
        va_list ap;

        fflush(stdout); /* so that the two streams interleave as they were written */
        va_start(ap, format);
        print_escaped(stderr, "vrrpctl: ", format, ap);
        va_end(ap);
}

void print_message(const char *format, ...) {
        va_list ap;

        fflush(stdout);
        va_start(ap, format);
        print_escaped(stderr, "", format, ap);
        va_end(ap);
}

void print_line(const Output *o, const char *format, ...) {
        va_list ap;

        if (o->quiet)
                return;
        va_start(ap, format);
        print_escaped(stdout, "", format, ap);
        va_end(ap);
        fflush(stdout);
}

int string_list_addf(StringList *l, const char *format, ...) {
        va_list ap;
        char *s;

        char **items = reallocarray(l->items, l->n + 1, sizeof(*items));
        if (!items)
                return -ENOMEM;
        l->items = items;
        va_start(ap, format);
        int r = vasprintf(&s, format, ap);
        va_end(ap);
        if (r < 0)
                return -ENOMEM;
        l->items[l->n++] = s;
        return 0;
}

void string_list_done(StringList *l) {
        for (size_t i = 0; i < l->n; i++)
                free(l->items[i]);
        free(l->items);
        *l = (StringList){};
}

struct Table {
        struct libscols_table *table;
        struct libscols_line *line; /* the newest */
};

int table_new(const Output *o, const TableColumn *columns, size_t n, Table **ret) {
        _cleanup_(table_freep) Table *t = calloc(1, sizeof(*t));
        if (!t)
                return -ENOMEM;
        t->table = scols_new_table();
        if (!t->table)
                return -ENOMEM;
        scols_table_enable_noheadings(t->table, !o->legend);
        scols_table_enable_colors(t->table, o->color);
        scols_table_enable_noencoding(t->table, 1); /* text_escape() does it */
        scols_table_set_column_separator(t->table, "  ");
        scols_table_enable_minout(t->table, 1); /* no blanks at the ends of lines */
        for (size_t i = 0; i < n; i++) {
                struct libscols_column *c = scols_table_new_column(
                                t->table, columns[i].heading, 0, columns[i].right ? SCOLS_FL_RIGHT : 0);
                if (!c)
                        return -ENOMEM;
                if (o->color)
                        scols_cell_set_color(scols_column_get_header(c), "\033[0;4m");
        }
        *ret = TAKE_PTR(t);
        return 0;
}

Table *table_free(Table *t) {
        if (!t)
                return NULL;
        scols_unref_table(t->table);
        free(t);
        return NULL;
}

int table_add_line(Table *t) {
        t->line = scols_table_new_line(t->table, NULL);
        return t->line ? 0 : -ENOMEM;
}

int table_set(Table *t, size_t column, const char *text, Color color) {
        char *safe = text_escape(strempty(text));

        if (!safe)
                return -ENOMEM;
        if (scols_line_refer_data(t->line, column, safe) < 0) {
                free(safe);
                return -ENOMEM;
        }
        const char *sequence = color_sequence(color);
        if (sequence && scols_cell_set_color(scols_line_get_cell(t->line, column), sequence) < 0)
                return -ENOMEM;
        return 0;
}

int table_setf(Table *t, size_t column, Color color, const char *format, ...) {
        _cleanup_free_ char *text = NULL;
        va_list ap;

        va_start(ap, format);
        int r = vasprintf(&text, format, ap);
        va_end(ap);
        if (r < 0) {
                text = NULL;
                return -ENOMEM;
        }
        return table_set(t, column, text, color);
}

int table_print(Table *t) {
        int r = scols_print_table(t->table);
        fflush(stdout);
        return r;
}

/* jansson's ASCII has DEL in it, which stands in strings only and has an escape there, too. */
static void print_json_text(const char *text) {
        for (const char *del; (del = strchr(text, 0x7f)); text = del + 1)
                printf("%.*s\\u007f", (int)(del - text), text);
        printf("%s\n", text);
}

int json_print(const Output *o, json_t *v) {
        _cleanup_(json_decrefp) json_t *owned = v;
        _cleanup_free_ char *text = NULL;
        size_t format = o->json == JSON_MODE_PRETTY ? JSON_INDENT(2) : JSON_COMPACT;

        if (!v)
                return -ENOMEM;
        text = json_dumps(v, JSON_ENSURE_ASCII | format);
        if (!text)
                return -ENOMEM;
        print_json_text(text);
        fflush(stdout);
        return 0;
}

json_t *json_string_or_null(const char *s) {
        return s && *s ? json_string(s) : json_null();
}

json_t *json_u64(uint64_t v) {
        return json_integer(v > INT64_MAX ? INT64_MAX : (json_int_t)v);
}

json_t *json_u64_or_null(uint64_t v) {
        return v == 0 ? json_null() : json_u64(v);
}

char *ascii_upper(const char *s) {
        char *upper = strdup(s);

        for (char *p = upper; p && *p; p++)
                if (*p >= 'a' && *p <= 'z')
                        *p = (char)(*p - 'a' + 'A');
        return upper;
}
