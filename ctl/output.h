/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* How vrrpctl prints: tables (libsmartcols), JSON (jansson), colours on a terminal only, and text of others
 * made safe. Names, reasons and details come from configuration files, administrators and other routers; on
 * their way to a terminal every control character in them is written as an escape. Nothing here knows the
 * bus or VRRP. */

#include "service/util/macro.h"
#include <jansson.h>

typedef enum JsonMode {
        JSON_MODE_OFF,
        JSON_MODE_SHORT,  /* one line */
        JSON_MODE_PRETTY, /* indented */
} JsonMode;

typedef struct Output {
        JsonMode json;
        bool legend; /* headings and closing remarks */
        bool quiet;  /* only errors */
        bool color;
} Output;

typedef enum Color {
        COLOR_NONE,
        COLOR_GOOD,
        COLOR_NOTE,
        COLOR_BAD,
        COLOR_FAINT,
        COLOR_BOLD,
} Color;

/* Escape sequences of a terminal, "" when o has no colours. */
const char *output_color(const Output *o, Color color);
const char *output_color_end(const Output *o, Color color);
/* Whether stdout is a terminal that wants colours: NO_COLOR and TERM=dumb say no. */
bool output_color_wanted(void);
/* "←" or "<-", "→" or "->": what the locale can show. */
const char *output_arrow_left(void);
const char *output_arrow_right(void);

/* text for a terminal: control characters (C0, C1, DEL), marks that reorder text, and what the locale cannot
 * show become \n, \t, \xHH (bytes of UTF-8). Returns malloc'ed text; NULL only without memory. */
char *text_escape(const char *text);
/* Local time "2026-11-23 23:45:01.123" of CLOCK_REALTIME microseconds, "-" for 0. Returns buf. */
const char *format_time(usec_t realtime_usec, char *buf, size_t size);
#define FORMAT_TIME_MAX 40
/* "3d 4h", "12ms": the time since, in nothing smaller than a person cares for; "-" for 0; a time in the
 * future counts as now. Returns buf. */
const char *format_since(usec_t realtime_usec, usec_t now_usec, char *buf, size_t size);
#define FORMAT_TIMESPAN_MAX 64

/* One line, escaped as a whole (so no control character may be meant): "vrrpctl: ..." on stderr; the bare
 * line on stderr; the bare line on stdout, unless -q. The newline is added. */
void print_error(const char *format, ...) _printf_(1, 2);
void print_message(const char *format, ...) _printf_(1, 2);
void print_line(const Output *o, const char *format, ...) _printf_(2, 3);

/* A growing list of strings, for sentences. */
typedef struct StringList {
        char **items;
        size_t n;
} StringList;
int string_list_addf(StringList *l, const char *format, ...) _printf_(2, 3);
void string_list_done(StringList *l);

typedef struct Table Table;

typedef struct TableColumn {
        const char *heading;
        bool right; /* numbers */
} TableColumn;

/* A table of n columns; columns is borrowed until table_free(). Errors: -ENOMEM. */
int table_new(const Output *o, const TableColumn *columns, size_t n, Table **ret);
Table *table_free(Table *t);
DEFINE_CLEANUP(Table, table_free);
/* A new line; cells are then set by number. */
int table_add_line(Table *t);
/* A cell of the newest line. text is escaped and copied; NULL = "". */
int table_set(Table *t, size_t column, const char *text, Color color);
int table_setf(Table *t, size_t column, Color color, const char *format, ...) _printf_(4, 5);
int table_print(Table *t);

/* Prints v by the mode of o, and takes it. Always valid ASCII JSON with a newline at its end. -ENOMEM for
 * NULL. */
int json_print(const Output *o, json_t *v);
/* NULL or "" → null. */
/* In capitals; malloc'ed, NULL without memory. */
char *ascii_upper(const char *s);

json_t *json_string_or_null(const char *s);
/* Microseconds or a count; what a signed 64-bit number cannot hold becomes its largest value. */
json_t *json_u64(uint64_t v);
/* 0 → null: "never", "unknown". */
json_t *json_u64_or_null(uint64_t v);
