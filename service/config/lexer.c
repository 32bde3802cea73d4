/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: words, quotes, escapes and braces within a finished line.
 * Must not know: keywords, blocks, variables. It pulls lines from the LineReader and is pulled by the
 * grammar, which says with each word how that one is quoted.
 */

#include "service/config/lexer.h"
#include "service/config/variable.h"

struct Lexer {
        LineReader *reader;
        ConfigMessages *messages;
        const Line *line; /* NULL: the next one is to be read */
        size_t offset;
        bool end;
        bool gave_up; /* the line holds a variable that could not be replaced to its end */
        bool broken;  /* something was wrong with the last word, and said to be */
        char *word;   /* of the last token */
        size_t size, allocated;
};

int lexer_new(LineReader *reader, ConfigMessages *messages, Lexer **ret) {
        Lexer *l = calloc(1, sizeof(*l));

        if (!l)
                return -ENOMEM;
        l->reader = reader;
        l->messages = messages;
        *ret = l;
        return 0;
}

Lexer *lexer_free(Lexer *l) {
        if (!l)
                return NULL;
        free(l->word);
        free(l);
        return NULL;
}

static char current(const Lexer *l) {
        return l->offset < l->line->size ? l->line->text[l->offset] : '\0';
}

static bool is_blank(char c) {
        return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}

static bool at_comment(const Lexer *l) {
        return (current(l) == '#' || current(l) == '!') && !line_is_literal(l->line, l->offset);
}

/* Moves to the next thing on the line; false at its end (a comment is the end). */
static bool skip_blanks(Lexer *l) {
        while (l->offset < l->line->size && is_blank(current(l)))
                l->offset++;
        if (l->offset < l->line->size && at_comment(l))
                l->offset = l->line->size;
        return l->offset < l->line->size;
}

static int put(Lexer *l, char c) {
        if (l->size + 1 >= l->allocated) {
                size_t n = MAX(2 * l->allocated, (size_t)64);
                char *grown = realloc(l->word, n);

                if (!grown)
                        return -ENOMEM;
                l->word = grown;
                l->allocated = n;
        }
        l->word[l->size++] = c;
        l->word[l->size] = '\0';
        return 0;
}

static int hex_digit(char c) {
        return c >= '0' && c <= '9'   ? c - '0'
               : c >= 'a' && c <= 'f' ? c - 'a' + 10
               : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                      : -1;
}

/* A backslash and what belongs to it, as keepalived.conf(5) has it: \a \b \E \f \n \r \t \v \nnn \xXX \cC,
 * and \C = C. */
static int put_escape(Lexer *l) {
        static const char from[] = "abEefnrtv", to[] = "\a\b\033\033\f\n\r\t\v";
        const char *known;
        unsigned value = 0;
        char c;

        l->offset++;
        c = current(l);
        if (l->offset >= l->line->size)
                return put(l, '\\');
        l->offset++;
        if (c >= '0' && c <= '7') {
                value = (unsigned)(c - '0');
                for (int i = 0; i < 2 && current(l) >= '0' && current(l) <= '7'; i++, l->offset++)
                        value = value * 8 + (unsigned)(current(l) - '0');
        } else if (c == 'x' && hex_digit(current(l)) >= 0) {
                for (int i = 0; i < 2 && hex_digit(current(l)) >= 0; i++, l->offset++)
                        value = value * 16 + (unsigned)hex_digit(current(l));
        } else if (c == 'c' && l->offset < l->line->size) {
                value = (unsigned char)current(l) & 0x1F;
                l->offset++;
        } else {
                known = strchr(from, c);
                return put(l, known ? to[known - from] : c);
        }
        /* A zero byte would cut the word short for whoever reads it. */
        return value == 0 || value > 255 ? 0 : put(l, (char)value);
}

/* From an opening quote to its closing one. */
static int take_quoted(Lexer *l, LexMode mode) {
        ConfigPosition at = line_position(l->line, l->offset);
        char quote = current(l);
        int r = 0;

        for (l->offset++; l->offset < l->line->size;) {
                if (current(l) == quote) {
                        l->offset++;
                        return 0;
                }
                if (mode == LEX_COMMAND && current(l) == '\\')
                        r = put_escape(l);
                else {
                        r = put(l, current(l));
                        l->offset++;
                }
                if (r < 0)
                        return r;
        }
        if (mode == LEX_SKIPPED)
                return 0;
        return config_messages_add(l->messages, CONFIG_ERROR, &at, NULL,
                        "the quote %c is not closed on this line", quote);
}

/* `${NAME}` that no definition has replaced: its braces would be taken for those of a block. */
static int take_undefined(Lexer *l, LexMode mode, bool *ret_taken) {
        size_t n = variable_name_size(l->line->text + l->offset + 2);
        ConfigPosition at = line_position(l->line, l->offset);
        int r = 0;

        *ret_taken = n > 0 && l->line->text[l->offset + 2 + n] == '}';
        if (!*ret_taken)
                return 0;
        l->broken = true;
        /* A marked one was said to be endless, and what follows it on the line was left alone. */
        l->gave_up |= line_is_literal(l->line, l->offset);
        if (!l->gave_up && mode != LEX_SKIPPED)
                r = config_messages_add(l->messages, CONFIG_ERROR, &at, NULL,
                                "variable '%.*s' is not defined", (int)n, l->line->text + l->offset + 2);
        for (size_t i = 0; r >= 0 && i < n + 3; i++, l->offset++)
                r = put(l, current(l));
        return r;
}

/* Outside of commands a quote ends the word before it, and behind its closing one the next word begins, as
 * in keepalived: "ab"c"d" is three words. But "a""b" is one, and so is "a"\, so that each text can be
 * written. */
static int take_word(Lexer *l, LexMode mode) {
        bool begun = false, quoted = false;
        int r = 0;

        while (r >= 0 && l->offset < l->line->size) {
                char c = current(l);
                bool taken = false;

                if (is_blank(c) || c == '{' || c == '}' || at_comment(l))
                        break;
                if (mode == LEX_PLAIN && begun && (quoted ? c != '"' && c != '\\' : c == '"'))
                        break;
                begun = true;
                quoted |= c == '"';
                if (c == '"' || (c == '\'' && mode == LEX_COMMAND))
                        r = take_quoted(l, mode);
                else if (c == '\\' && mode == LEX_COMMAND)
                        r = put_escape(l);
                else {
                        if (c == '$' && l->line->text[l->offset + 1] == '{')
                                r = take_undefined(l, mode, &taken);
                        if (r >= 0 && !taken) {
                                r = put(l, c);
                                l->offset++;
                        }
                }
        }
        return r;
}

/* Makes l->line the next line with something on it. 1, 0 at the end, -ENOMEM. */
static int next_line(Lexer *l) {
        while (!l->end) {
                int r = line_reader_next(l->reader, &l->line, &l->offset);

                if (r < 0)
                        return r;
                if (r == 0)
                        break;
                l->gave_up = false;
                if (skip_blanks(l))
                        return 1;
        }
        l->end = true;
        l->line = NULL;
        return 0;
}

int lexer_next(Lexer *l, LexMode mode, Token *ret) {
        int r;

        *ret = (Token){.type = TOKEN_EOF};
        if (l->line && !skip_blanks(l)) {
                ret->at = line_position(l->line, l->line->size);
                ret->type = TOKEN_EOL;
                l->line = NULL;
                return 0;
        }
        if (!l->line) {
                r = next_line(l);
                if (r <= 0)
                        return r;
        }

        ret->at = line_position(l->line, l->offset);
        if (current(l) == '{' || current(l) == '}') {
                ret->type = current(l) == '{' ? TOKEN_OPEN : TOKEN_CLOSE;
                l->offset++;
                return 0;
        }
        l->broken = false;
        l->size = 0;
        r = put(l, '\0');
        l->size = 0;
        if (r >= 0)
                r = take_word(l, mode);
        if (r < 0)
                return r;
        ret->type = TOKEN_WORD;
        ret->text = l->word;
        ret->size = l->size;
        ret->broken = l->broken;
        return 0;
}

int lexer_peek_open(Lexer *l) {
        int r;

        if (l->line && !skip_blanks(l))
                l->line = NULL;
        if (!l->line) {
                r = next_line(l);
                if (r <= 0)
                        return r;
        }
        return current(l) == '{';
}
