/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: the stack of what is being read (files, definitions of several lines, repetitions) and the
 * variables. Must not know: words, blocks, keywords; how a file is opened.
 *
 * Each frame of the stack gives one raw line at a time. A raw line is worked on from its left end: a
 * condition is judged and taken off, a definition is stored, a repetition or a text of several lines becomes
 * a new frame, and only what is left has its variables replaced and goes out. So nothing is expanded before
 * it is needed and a 65,000-fold repetition costs the memory of one.
 */

#include "service/config/lines.h"
#include "service/config/sequence.h"
#include "service/util/utf8.h"

/* A repetition of a mistake is no more telling than the mistake; each costs memory. */
#define ERRORS_MAX ((size_t)10000)

typedef enum FrameType {
        FRAME_FILE,
        FRAME_TEXT,     /* a definition of several lines, replaced */
        FRAME_SEQUENCE, /* `rest`, once for each value */
} FrameType;

typedef struct Frame {
        FrameType type;
        const SourceFile *file;   /* FILE: the one being read */
        const SourceFile **files; /* FILE: all of one include */
        size_t n_files, next_file;
        unsigned line;          /* FILE: the next one */
        unsigned include_check; /* FILE */
        Line text;              /* TEXT; SEQUENCE: the rest of the line */
        size_t offset;          /* TEXT */
        Sequence sequence;      /* SEQUENCE */
} Frame;

struct LineReader {
        LineReaderParams params;
        VariableTable variables;
        Frame frames[LINES_DEPTH_MAX];
        size_t n_frames;
        size_t n_lines;
        unsigned include_check;
        Line raw, work; /* reused for each line */
        size_t start;   /* what of raw is left to work on begins here */
        bool exhausted; /* said that there is too much */
        bool lost;      /* a line was too long, or the rest was not read */
};

int line_reader_new(const LineReaderParams *params, LineReader **ret) {
        LineReader *r = calloc(1, sizeof(*r));

        if (!r)
                return -ENOMEM;
        r->params = *params;
        variables_init(&r->variables, params->config_id);
        *ret = r;
        return 0;
}

static void frame_done(Frame *f) {
        free(f->files);
        line_done(&f->text);
        sequence_done(&f->sequence);
}

LineReader *line_reader_free(LineReader *r) {
        if (!r)
                return NULL;
        while (r->n_frames > 0)
                frame_done(&r->frames[--r->n_frames]);
        variables_done(&r->variables);
        line_done(&r->raw);
        line_done(&r->work);
        free(r);
        return NULL;
}

static int complain(LineReader *r, ConfigSeverity severity, ConfigPosition at, const char *text) {
        return config_messages_add(r->params.messages, severity, &at, NULL, "%s", text);
}

/* A new frame on top; NULL when the stack is full. */
static Frame *reader_push(LineReader *r, FrameType type) {
        Frame *f;

        if (r->n_frames == LINES_DEPTH_MAX)
                return NULL;
        f = &r->frames[r->n_frames++];
        *f = (Frame){.type = type};
        return f;
}

bool line_reader_is_open(const LineReader *r, const SourceFile *file) {
        for (size_t i = 0; i < r->n_frames; i++) {
                const SourceFile *open = r->frames[i].file;

                if (open && (file->dev || file->ino) && open->dev == file->dev && open->ino == file->ino)
                        return true;
        }
        return false;
}

/* The next file of an include; false: there is none. What one file says to include_check does not hold for
 * the next. */
static bool next_file(LineReader *r, Frame *f) {
        if (f->next_file == f->n_files)
                return false;
        f->file = f->files[f->next_file++];
        f->line = 1;
        r->include_check = f->include_check;
        return true;
}

int line_reader_push(LineReader *r, const SourceFile **files, size_t n) {
        Frame *f = n > 0 ? reader_push(r, FRAME_FILE) : NULL;

        if (!f) {
                free(files);
                return n > 0 ? -EMLINK : 0;
        }
        f->files = files;
        f->n_files = n;
        f->include_check = r->include_check;
        next_file(r, f);
        return 0;
}

void line_reader_set_include_check(LineReader *r, unsigned checks) {
        r->include_check = checks;
}

unsigned line_reader_get_include_check(const LineReader *r) {
        return r->include_check;
}

bool line_reader_lost_lines(const LineReader *r) {
        return r->lost;
}

void line_reader_seed(LineReader *r, uint64_t seed) {
        variables_seed(&r->variables, seed);
}

/* The file that is being read, also below a definition or a repetition. */
static const SourceFile *reader_file(const LineReader *r) {
        size_t i = r->n_frames - 1;

        /* The outermost frame is the file that was asked for. */
        while (i > 0 && !r->frames[i].file)
                i--;
        return r->frames[i].file;
}

static bool is_blank(char c) {
        return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}

/* Where a comment begins in s, or its size. A quote protects a comment sign; an apostrophe only where it
 * opens a word and is closed again, because passwords and words of a language hold single ones. */
static size_t comment_start(const char *s, size_t size) {
        bool quoted = false;

        for (size_t i = 0; i < size; i++)
                if (s[i] == '\\' && i + 1 < size && (s[i + 1] == '"' || s[i + 1] == '\\'))
                        i++;
                else if (s[i] == '"')
                        quoted = !quoted;
                else if (s[i] == '\'' && !quoted && (i == 0 || is_blank(s[i - 1]))) {
                        const char *end = memchr(s + i + 1, '\'', size - i - 1);

                        if (end)
                                i = (size_t)(end - s);
                } else if ((s[i] == '#' || s[i] == '!') && !quoted)
                        return i;
        return size;
}

static size_t trimmed_size(const char *s, size_t size) {
        while (size > 0 && is_blank(s[size - 1]))
                size--;
        return size;
}

/* Does this line, as written, define a variable (`$NAME=`, perhaps behind `@id`)? */
static bool is_definition(const char *s, size_t size) {
        size_t i = 0, n;

        for (;;) {
                while (i < size && is_blank(s[i]))
                        i++;
                if (i == size || s[i] != '@')
                        break;
                while (i < size && !is_blank(s[i]))
                        i++;
        }
        if (i == size || s[i] != '$')
                return false;
        n = variable_name_size(s + i + 1);
        return n > 0 && i + 1 + n < size && s[i + 1 + n] == '=';
}

/* Says where the text stops being UTF-8, if it does. Names go to the bus and into messages, which must be
 * UTF-8. */
static int check_utf8(LineReader *r, const char *s, size_t size, ConfigPosition at) {
        for (size_t i = 0; i < size;) {
                size_t n = utf8_character(s + i);
                uint32_t c;

                if (n == 0) {
                        at.column += (unsigned)i;
                        if (utf8_noncharacter(s + i, &c))
                                return config_messages_add(r->params.messages, CONFIG_ERROR, &at, NULL,
                                                "U+%04X is no character that text may have in it", c);
                        return config_messages_add(r->params.messages, CONFIG_ERROR, &at, NULL,
                                        "the byte 0x%02X is not UTF-8 here: convert the file, as by 'iconv "
                                        "-f latin1 -t utf8'",
                                        (unsigned char)s[i]);
                }
                i += n;
        }
        return 0;
}

/* Adds one written line without comment and blanks at its end. *ret_continued: it ends in a backslash that
 * joins the next one: any in a definition, elsewhere one behind a blank (a password may end in a backslash).
 */
static int append_written(LineReader *r, Frame *f, bool definition, bool *ret_continued) {
        size_t size;
        const char *s = source_file_line(f->file, f->line, &size);
        Segment from = {.at = {.file = f->file->name, .line = f->line, .column = 1}};
        int k;

        f->line++;
        *ret_continued = false;
        if (size > LINE_SIZE_MAX) {
                r->lost = true;
                from.at.column = (unsigned)LINE_SIZE_MAX + 1;
                return config_messages_add(r->params.messages, CONFIG_ERROR, &from.at, NULL,
                                "the line is %zu bytes long; the limit is %zu", size, LINE_SIZE_MAX);
        }
        size = trimmed_size(s, comment_start(s, size));
        if (size > 0 && s[size - 1] == '\\' && (definition || size == 1 || is_blank(s[size - 2]))) {
                *ret_continued = true;
                size = trimmed_size(s, size - 1);
        }
        k = check_utf8(r, s, size, from.at);
        return k < 0 ? k : line_append(&r->raw, s, size, &from);
}

/* The next line of a file with what continues it. 1, 0 at the end, -ENOMEM. */
static int take_from_file(LineReader *r, Frame *f) {
        size_t size;
        const char *s;
        ConfigPosition begin;
        bool definition, continued, too_long = false;
        int k;

        while (f->line > f->file->n_lines)
                if (!next_file(r, f))
                        return 0;
        begin = (ConfigPosition){.file = f->file->name, .line = f->line, .column = 1};
        s = source_file_line(f->file, f->line, &size);
        definition = is_definition(s, MIN(size, LINE_SIZE_MAX));
        k = append_written(r, f, definition, &continued);
        while (k >= 0 && continued && f->line <= f->file->n_lines) {
                if (r->raw.size > (definition ? 16 : 1) * LINE_SIZE_MAX) {
                        too_long = true;
                        line_clear(&r->raw);
                }
                k = line_append(&r->raw, definition ? "\n" : " ", 1, &(Segment){.at = begin, .fixed = true});
                if (k >= 0)
                        k = append_written(r, f, definition, &continued);
        }
        if (k >= 0 && too_long) {
                r->lost = true;
                line_clear(&r->raw);
                k = complain(r, CONFIG_ERROR, begin, "the line and its continuations are too long");
        }
        return k < 0 ? k : 1;
}

static int take_from_text(LineReader *r, Frame *f) {
        const char *end;
        size_t stop;
        int k;

        if (f->offset > f->text.size)
                return 0;
        end = f->text.size > 0 ? memchr(f->text.text + f->offset, '\n', f->text.size - f->offset) : NULL;
        stop = end ? (size_t)(end - f->text.text) : f->text.size;
        k = line_append_slice(&r->raw, &f->text, f->offset, stop);
        f->offset = stop + 1;
        return k < 0 ? k : 1;
}

static int take_from_sequence(LineReader *r, Frame *f) {
        int k;

        k = sequence_next(&f->sequence, &r->variables);
        if (k <= 0)
                return k;
        k = line_append_slice(&r->raw, &f->text, 0, f->text.size);
        return k < 0 ? k : 1;
}

/* Fills r->raw with the next line of the innermost frame that has one. 1, 0 at the end, -ENOMEM. */
static int reader_take(LineReader *r) {
        while (r->n_frames > 0) {
                Frame *f = &r->frames[r->n_frames - 1];
                int k = 0;

                line_clear(&r->raw);
                switch (f->type) {
                case FRAME_FILE:
                        k = take_from_file(r, f);
                        break;
                case FRAME_TEXT:
                        k = take_from_text(r, f);
                        break;
                case FRAME_SEQUENCE:
                        k = take_from_sequence(r, f);
                        break;
                }
                if (k != 0)
                        return k;
                if (f->type == FRAME_FILE)
                        r->include_check = f->include_check;
                frame_done(f);
                r->n_frames--;
        }
        return 0;
}

/* What comes from outside of the files (the environment, names of directories and hosts) is held to the
 * same. */
static bool is_text(const char *s) {
        while (*s != '\n' && utf8_character(s) > 0)
                s += utf8_character(s);
        return !*s;
}

/* What a reference stands for, appended to `to`. 1: done; 0: it stays as it is; 2: done, and it has several
 * lines. */
static int append_value(LineReader *r, Line *to, const VariableReference *ref) {
        const Line *value = variables_find(&r->variables, ref->name, ref->name_size);
        ConfigPosition at = line_position(&r->raw, ref->start);
        _cleanup_free_ char *builtin = NULL;
        bool literal;
        int k;

        if (ref->glued) {
                if (value)
                        k = config_messages_add(r->params.messages, CONFIG_WARNING, &at, NULL,
                                        "'$%.*s' is replaced only before a blank: write '${%.*s}'",
                                        (int)ref->name_size, ref->name, (int)ref->name_size, ref->name);
                else
                        k = 0;
                return k;
        }
        if (value) {
                bool several = value->size > 0 && memchr(value->text, '\n', value->size);

                k = several ? line_append_slice(to, value, 0, value->size)
                            : line_append(to, value->text, value->size, &(Segment){.at = at, .fixed = true});
                return k < 0 ? k : several ? 2 : 1;
        }
        k = variable_builtin(&r->variables, ref, reader_file(r)->directory, r->params.config_id, &builtin,
                        &literal);
        if (k == -EINVAL)
                return config_messages_add(r->params.messages, CONFIG_ERROR, &at, NULL,
                                "bad arguments of '${%.*s}'", (int)ref->name_size, ref->name);
        if (k < 0 || !builtin)
                return k;
        if (!*builtin && variable_is_environment(ref)) {
                k = config_messages_add(r->params.messages, CONFIG_WARNING, &at, NULL,
                                "the environment has no variable '%.*s': nothing stands here",
                                (int)ref->arguments_size, ref->arguments);
                if (k < 0)
                        return k;
        }
        if (!is_text(builtin)) {
                k = config_messages_add(r->params.messages, CONFIG_ERROR, &at, NULL,
                                "the value of '${%.*s}' is not one line of UTF-8 text", (int)ref->name_size,
                                ref->name);
                if (k < 0)
                        return k;
                *builtin = '\0';
        }
        k = line_append(to, builtin, strlen(builtin),
                        &(Segment){.at = at, .fixed = true, .literal = literal});
        return k < 0 ? k : 1;
}

static int endless(LineReader *r, size_t offset) {
        return complain(r, CONFIG_ERROR, line_position(&r->raw, offset),
                        "the expansion of this line is longer than may be, or does not end because "
                        "definitions "
                        "contain each other");
}

/* Says so, and lets the line go on as it is (its braces still count) with the reference marked, so that it
 * is not called undefined as well. 0 or -ENOMEM. */
static int give_up(LineReader *r, const VariableReference *ref) {
        Segment marked = {.at = line_position(&r->raw, ref->start), .fixed = true, .literal = true};
        Line swap;
        int k;

        k = endless(r, ref->start);
        line_clear(&r->work);
        if (k >= 0)
                k = line_append_slice(&r->work, &r->raw, 0, ref->start);
        if (k >= 0)
                k = line_append(&r->work, r->raw.text + ref->start, ref->end - ref->start, &marked);
        if (k >= 0)
                k = line_append_slice(&r->work, &r->raw, ref->end, r->raw.size);
        swap = r->raw;
        r->raw = r->work;
        r->work = swap;
        return MIN(k, 0);
}

/* Replaces the first reference at or behind *offset in r->raw. 1: done, *offset is where to go on; 0: there
 * is none; 2: r->raw now has several lines; -EBADMSG: said what is wrong, drop the line; -ENOMEM. */
static int replace_one(LineReader *r, size_t *offset, unsigned *n_replaced) {
        VariableReference ref;

        while (variable_reference_find(&r->raw, *offset, &ref)) {
                Line swap;
                int k, several;

                line_clear(&r->work);
                k = line_append_slice(&r->work, &r->raw, 0, ref.start);
                if (k >= 0)
                        k = append_value(r, &r->work, &ref);
                if (k < 0)
                        return k;
                if (k == 0) {
                        *offset = ref.end;
                        continue;
                }
                several = k;
                k = line_append_slice(&r->work, &r->raw, ref.end, r->raw.size);
                if (k < 0)
                        return k;
                if (++*n_replaced > LINES_REPLACEMENTS_MAX ||
                                r->work.size > (several == 2 ? 17 : 1) * LINE_SIZE_MAX) {
                        return give_up(r, &ref);
                }
                /* What was inserted is looked at next: a value may refer to others. */
                *offset = ref.start;
                swap = r->raw;
                r->raw = r->work;
                r->work = swap;
                return several;
        }
        return 0;
}

/* r->raw, which has several lines, becomes a frame of its own. -EBADMSG: too deep, said so. */
static int push_text(LineReader *r) {
        Frame *f = reader_push(r, FRAME_TEXT);
        int k;

        if (!f) {
                k = endless(r, 0);
                return k < 0 ? k : -EBADMSG;
        }
        return line_append_slice(&f->text, &r->raw, r->start, r->raw.size);
}

/* Replaces all references from `offset` on. 1: r->raw is one finished line; 0: it became a frame; < 0 as
 * above. */
static int replace_all(LineReader *r, size_t offset, unsigned *n_replaced) {
        int k;

        do
                k = replace_one(r, &offset, n_replaced);
        while (k == 1);
        if (k == 2)
                k = push_text(r);
        else if (k == 0)
                k = 1;
        return k;
}

/* `@id` and `@^id`: does the line hold for us? *offset moves behind it. */
static bool condition_holds(LineReader *r, size_t *offset) {
        const char *s = r->raw.text + *offset + 1;
        bool negated = *s == '^';
        size_t n;

        s += negated;
        n = strcspn(s, " \t\r\n");
        *offset = (size_t)(s - r->raw.text) + n;
        return (strlen(r->params.config_id) == n && memcmp(s, r->params.config_id, n) == 0) != negated;
}

/* Does a definition refer to itself? All its uses would be endless, so it is said here, once. */
static bool refers_to_itself(const Line *value, const char *name, size_t size) {
        VariableReference ref;

        for (size_t from = 0; value->size > 0 && variable_reference_find(value, from, &ref); from = ref.end)
                if (!ref.glued && ref.name_size == size && memcmp(ref.name, name, size) == 0)
                        return true;
        return false;
}

/* `$NAME=value` at offset: stored. The blanks around the value are not part of it, nor is an empty first
 * line. */
static int define(LineReader *r, size_t offset, size_t name_size) {
        const char *name = r->raw.text + offset + 1;
        size_t start = offset + 1 + name_size + 1, end = trimmed_size(r->raw.text, r->raw.size);
        Line *value = variables_define(&r->variables, name, name_size);
        ConfigPosition at = line_position(&r->raw, offset);
        int k;

        if (!value)
                return -ENOMEM;
        while (start < end && is_blank(r->raw.text[start]))
                start++;
        if (start < end && r->raw.text[start] == '\n')
                start++;
        k = line_append_slice(value, &r->raw, start, MAX(start, end));
        if (k < 0 || !refers_to_itself(value, name, name_size))
                return k;
        line_clear(value);
        return config_messages_add(r->params.messages, CONFIG_ERROR, &at, NULL,
                        "the definition of '$%.*s' contains itself: it would never end", (int)name_size,
                        name);
}

/* `include…`: size of the word, its checks; 0 = none. */
static size_t include_word(const char *s, unsigned *ret_checks) {
        static const struct {
                const char *word;
                unsigned checks;
        } words[] = {
                        {"include", 0},
                        {"includer", INCLUDE_READABLE},
                        {"includem", INCLUDE_MATCH},
                        {"includew", INCLUDE_WILDCARD_MATCH},
                        {"includeb", INCLUDE_BRACE_MATCH},
                        {"includea", INCLUDE_ALL},
        };
        size_t n = strcspn(s, " \t\r\"");

        for (size_t i = 0; i < ELEMENTSOF(words); i++)
                if (strlen(words[i].word) == n && memcmp(s, words[i].word, n) == 0) {
                        *ret_checks = words[i].checks;
                        return n;
                }
        return 0;
}

static int include(LineReader *r, size_t offset, size_t word_size, unsigned checks, unsigned *n_replaced) {
        ConfigPosition word = line_position(&r->raw, offset), at;
        size_t start = offset + word_size, end;
        _cleanup_free_ char *pattern = NULL;
        int k;

        k = replace_all(r, start, n_replaced);
        if (k <= 0)
                return k;
        end = r->raw.size;
        while (start < end && is_blank(r->raw.text[start]))
                start++;
        end = trimmed_size(r->raw.text, end);
        at = line_position(&r->raw, start);
        if (end > start + 1 && r->raw.text[start] == '"' && r->raw.text[end - 1] == '"') {
                start++;
                end--;
        }
        if (start >= end)
                return complain(r, CONFIG_ERROR, word, "include needs the name of a file");
        pattern = strndup(r->raw.text + start, end - start);
        if (!pattern)
                return -ENOMEM;
        return r->params.include(r->params.userdata, r, pattern, checks | r->include_check,
                        reader_file(r)->directory, &at);
}

/* A repetition at offset: its head is read, the rest of the line becomes its frame. */
static int repeat(LineReader *r, size_t offset, unsigned *n_replaced) {
        _cleanup_free_ char *head = NULL;
        ConfigPosition at = line_position(&r->raw, offset);
        const char *error = NULL;
        size_t size, saved;
        Sequence sequence;
        Frame *f;
        int k;

        /* The head's own variables first: ~SEQ(N, 1, $LAST). Those behind it belong to each turn. */
        size = sequence_head_size(r->raw.text + offset);
        for (saved = offset; size != SIZE_MAX;) {
                VariableReference ref;

                if (!variable_reference_find(&r->raw, saved, &ref) || ref.start >= offset + size)
                        break;
                k = replace_one(r, &saved, n_replaced);
                if (k < 0)
                        return k;
                if (k != 1)
                        break;
                size = sequence_head_size(r->raw.text + offset);
        }
        if (size == SIZE_MAX)
                return complain(r, CONFIG_ERROR, at, "the ')' of this repetition is missing");
        head = strndup(r->raw.text + offset, size);
        if (!head)
                return -ENOMEM;
        k = sequence_parse(head, size, &sequence, &error);
        if (k == -EINVAL)
                return complain(r, CONFIG_ERROR, at, error);
        if (k < 0)
                return k;
        f = reader_push(r, FRAME_SEQUENCE);
        if (!f) {
                sequence_done(&sequence);
                return complain(r, CONFIG_ERROR, at, "too many repetitions in each other");
        }
        f->sequence = sequence;
        return line_append_slice(&f->text, &r->raw, offset + size, r->raw.size);
}

/* Works on r->raw from its left end. 1: it is a finished line; 0: it is used up; -EBADMSG: dropped; -ENOMEM.
 */
static int reader_process(LineReader *r) {
        unsigned n_replaced = 0, checks;
        size_t offset = 0, n;
        int k;

        for (;;) {
                const char *s;

                while (offset < r->raw.size && is_blank(r->raw.text[offset]))
                        offset++;
                if (offset == r->raw.size)
                        return 0;
                s = r->raw.text + offset;

                n = include_word(s, &checks);
                if (n > 0)
                        return include(r, offset, n, checks, &n_replaced);
                if (*s == '@') {
                        if (!condition_holds(r, &offset))
                                return 0;
                        continue;
                }
                if (*s == '~' && sequence_head_size(s) > 0)
                        return repeat(r, offset, &n_replaced);
                if (*s == '$') {
                        VariableReference ref;

                        n = variable_name_size(s + 1);
                        if (n > 0 && s[1 + n] == '=')
                                return define(r, offset, n);
                        /* A variable may stand for a condition, a definition or a repetition: one at a time.
                         */
                        if (variable_reference_find(&r->raw, offset, &ref) && ref.start == offset) {
                                size_t next = offset;

                                k = replace_one(r, &next, &n_replaced);
                                r->start = offset;
                                if (k == 2)
                                        return push_text(r);
                                if (k < 0)
                                        return k;
                                if (k == 1 && next == offset)
                                        continue;
                        }
                }
                r->start = offset;
                return replace_all(r, offset, &n_replaced);
        }
}

/* Says why the rest is not read, once. 0 (the end) or -ENOMEM. */
static int give_up_reading(LineReader *r, const char *what, size_t limit) {
        bool said = r->exhausted;

        r->exhausted = r->lost = true;
        return said ? 0
                    : config_messages_add(r->params.messages, CONFIG_ERROR,
                                      &(ConfigPosition){.file = reader_file(r)->name}, NULL,
                                      "more than %zu %s", limit, what);
}

int line_reader_next(LineReader *r, const Line **ret, size_t *ret_start) {
        for (;;) {
                int k = reader_take(r);

                if (k <= 0)
                        return k;
                if (r->n_lines++ >= r->params.max_lines)
                        return give_up_reading(r, "lines, counting repetitions", r->params.max_lines);
                if (r->params.messages->n_errors >= ERRORS_MAX)
                        return give_up_reading(r, "errors: the rest was not read", ERRORS_MAX);
                k = reader_process(r);
                if (k == -EBADMSG || k == 0)
                        continue;
                if (k < 0)
                        return k;
                *ret = &r->raw;
                *ret_start = r->start;
                return 1;
        }
}
