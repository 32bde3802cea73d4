/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: statements and blocks; what becomes of a word by its row in the keyword tables; braces that are
 * missing or too many; words that nobody knows. Must not know: what a keyword means (the parse functions of
 * the rows), files (load.c), defaults (finish.c).
 *
 * A statement is a word, the words behind it on its line, and perhaps a block. After an error it is skipped
 * with its block, so that one mistake gives one message and everything behind it is still judged.
 */

#include "service/config/parser.h"
#include "service/config/variable.h"
#include "service/config/write.h"
#include "service/util/parse.h"
#include <stdio.h>

/* All but the tab, which commands nothing. */
#define CONTROL_CHARACTERS                                                                     \
        "\x01\x02\x03\x04\x05\x06\a\b\n\v\f\r\x0E\x0F\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19" \
        "\x1A\x1B\x1C\x1D\x1E\x1F\x7F"

void statement_clear(Statement *s) {
        for (size_t i = 0; i < s->n; i++)
                free(s->words[i].text);
        s->n = 0;
        s->block = s->broken = false;
        s->keyword = NULL;
}

void statement_done(Statement *s) {
        statement_clear(s);
        free(s->words);
        *s = (Statement){};
}

void *parser_grow(void *items, size_t n, size_t item_size) {
        /* Full whenever n is 0 or a power of two. */
        if ((n & (n - 1)) != 0)
                return items;
        return reallocarray(items, n > 0 ? 2 * n : 1, item_size);
}

ConfigPosition parser_seen(const KeywordTable *t, const ConfigPosition *seen, const char *name) {
        const Keyword *k = keyword_find(t, name);

        return k ? seen[k - t->rows] : (ConfigPosition){};
}

static int statement_add(Statement *s, const Token *token) {
        Word *words = parser_grow(s->words, s->n, sizeof(*words));
        char *text;

        if (!words)
                return -ENOMEM;
        s->words = words;
        text = strdup(token->text);
        if (!text)
                return -ENOMEM;
        s->words[s->n++] = (Word){.text = text, .at = token->at};
        s->broken |= token->broken;
        return 0;
}

/* Skips to the '}' that belongs to a '{' already taken. */
static int skip_block(Parser *p, const char *name, const ConfigPosition *at) {
        unsigned depth = 1;

        while (depth > 0) {
                Token token;
                int r = lexer_next(p->lexer, LEX_SKIPPED, &token);

                if (r < 0)
                        return r;
                if (token.type == TOKEN_EOF) {
                        p->brace_missed = true;
                        if (line_reader_lost_lines(p->reader))
                                return 0;
                        return parser_error(
                                        p, at, "the block of '%s' is never closed: a '}' is missing", name);
                }
                if (token.type == TOKEN_OPEN)
                        depth++;
                else if (token.type == TOKEN_CLOSE)
                        depth--;
        }
        return 0;
}

static int skip_statement(Parser *p, const Statement *s) {
        return s->block ? skip_block(p, s->words[0].text, &s->words[0].at) : 0;
}

static int unexpected_open(Parser *p, const ConfigPosition *at) {
        int r = parser_error(p, at, "'{' without a keyword in front of it");

        return r < 0 ? r : skip_block(p, "{", at);
}

/* The words behind the first one, up to the end of the line or a brace. *ret_close: the '}' of the block
 * around it was taken. */
static int read_words(Parser *p, LexMode mode, Statement *s, bool *ret_close) {
        for (;;) {
                Token token;
                int r = lexer_next(p->lexer, mode, &token);

                if (r < 0)
                        return r;
                switch (token.type) {
                case TOKEN_WORD:
                        r = statement_add(s, &token);
                        if (r < 0)
                                return r;
                        continue;
                case TOKEN_OPEN:
                        s->block = true;
                        return 0;
                case TOKEN_CLOSE:
                        *ret_close = true;
                        return 0;
                case TOKEN_EOL:
                        r = lexer_peek_open(p->lexer);
                        if (r > 0) {
                                s->block = true;
                                r = lexer_next(p->lexer, mode, &token);
                        }
                        return MIN(r, 0);
                case TOKEN_EOF:
                        return 0;
                }
        }
}

/* A word that is none of this block's, but of a block around it, tells that a '}' is missing before it. In a
 * list any word may be an entry, so more must speak for it: a block behind it, or a value. */
static bool belongs_outside(const Block *b, const Statement *s) {
        const char *word = s->words[0].text;

        if (!b->table && !s->block && (s->n < 2 || streq(s->words[1].text, "weight")))
                return false;
        if (b->table && keyword_find(b->table, word))
                return false;
        for (const Block *outer = b->parent; outer; outer = outer->parent)
                if (outer->table && keyword_find(outer->table, word))
                        return true;
        return false;
}

static int unclosed_before(Parser *p, const Block *b, Statement *s, bool closed) {
        char where[RELATIVE_SIZE];
        int r = parser_error(p, &b->at,
                        "the block of '%s%s%s' is not closed: a '}' is missing before '%s' %s", b->name,
                        *b->argument ? " " : "", b->argument, s->words[0].text,
                        position_relative(&b->at, &s->words[0].at, where));

        p->brace_missed = true;
        p->has_pending = true;
        p->pending_closed = closed;
        statement_done(&p->pending);
        p->pending = *s;
        *s = (Statement){};
        return r;
}

/* What other languages and web pages have and this one has not: what to do about it, "" if it is none of
 * that. */
static const char *misplaced(const char *word) {
        static const char *const blanks[] = {"\xC2\xA0", "\xE2\x80\x8B", "\xE3\x80\x80", "\xEF\xBB\xBF"};

        for (size_t i = 0; i < ELEMENTSOF(blanks); i++)
                if (strstr(word, blanks[i]))
                        return "an invisible character (a no-break or wide space, as copied from a web "
                               "page) stands "
                               "in this word: write plain spaces";
        if (strncmp(word, "//", 2) == 0 || strncmp(word, "/*", 2) == 0)
                return "a comment begins with '#' or '!'";
        return "";
}

static int unknown_keyword(Parser *p, const Block *b, const Statement *s) {
        const char *word = s->words[0].text, *suggestion = keyword_suggest(b->table, word);
        const KeywordTable *elsewhere = keyword_elsewhere(b->table, word);
        const char *where = b->name ? " in " : "", *block = strempty(b->name), *odd = misplaced(word);
        int r;

        /* In a block of secrets no line is shown that is not understood, nor its first word where it may be
         * the secret itself, which lost its keyword. */
        if ((b->table == &keyword_authentication || b->table == &keyword_auth_hmac) && !suggestion)
                r = config_messages_add(p->messages, CONFIG_ERROR, &s->words[0].at, CONFIG_MASK,
                                "unknown keyword in %s", block);
        else if (b->table == &keyword_authentication || b->table == &keyword_auth_hmac)
                r = config_messages_add(p->messages, CONFIG_ERROR, &s->words[0].at, CONFIG_MASK,
                                "unknown keyword '%s' in %s; did you mean '%s'?", word, block, suggestion);
        else if (*odd)
                r = parser_error(p, &s->words[0].at, "%s", odd);
        else if (*word == '$' && s->n > 1 && *s->words[1].text == '=')
                r = parser_error(p, &s->words[1].at,
                                "a definition has no blank before its '=': write '%s=...'", word);
        else if (*word == '$' && variable_name_size(word + 1) == strlen(word + 1))
                r = parser_error(p, &s->words[0].at, "variable '%s' is not defined", word + 1);
        else if (elsewhere && elsewhere != &keyword_root)
                r = parser_error(p, &s->words[0].at, "unknown keyword '%s'%s%s; it belongs in %s", word,
                                where, block, elsewhere->name);
        else if (suggestion)
                r = parser_error(p, &s->words[0].at, "unknown keyword '%s'%s%s; did you mean '%s'?", word,
                                where, block, suggestion);
        else if (b->table == &keyword_sync_group && s->n == 1 && !s->block)
                /* A sample of keepalived's has it so, and keepalived runs with it. */
                r = parser_warning(p, &s->words[0].at,
                                "'%s' stands outside of 'group { }': ignored, as keepalived does", word);
        else
                r = parser_error(p, &s->words[0].at, "unknown keyword '%s'%s%s", word, where, block);
        return r < 0 ? r : skip_statement(p, s);
}

/* A name is a path on the bus, a word of every message and an argument of vrrpctl: it must be something, and
 * a terminal must not take it for commands. 0 = it is well, 1 = said what is wrong. */
static int check_name(Parser *p, const Keyword *k, const Word *name) {
        size_t control = strcspn(name->text, CONTROL_CHARACTERS);
        int r;

        if (name->text[0] == '\0')
                r = parser_error(p, &name->at, "'%s' needs a name, and this one is empty", k->name);
        else if (strlen(name->text) > VRRP_NAME_MAX)
                r = parser_error(p, &name->at, "the name is longer than %d bytes", VRRP_NAME_MAX);
        else if (name->text[control])
                r = parser_error(p, &name->at, "the name has a control character (0x%02X) in it",
                                (unsigned char)name->text[control]);
        else
                return 0;
        return r < 0 ? r : 1;
}

/* Too few words, a block that must or must not be there, a name that is none: 0 = all is well, 1 = said what
 * is wrong and skipped. */
static int check_shape(Parser *p, const Block *b, const Statement *s) {
        const Keyword *k = s->keyword;
        const ConfigPosition *at = &s->words[0].at;
        int r = 0;

        if ((k->flags & KEYWORD_BLOCK) && !s->block)
                r = parser_error(p, at, "'%s' must be followed by a block in '{' and '}'", k->name);
        else if (!(k->flags & KEYWORD_BLOCK) && s->block)
                r = parser_error(p, at, "'%s' has no block: '{' is out of place", k->name);
        else if (s->n - 1 < k->min_words)
                r = parser_error(p, at,
                                (k->flags & KEYWORD_BLOCK) ? "'%s' needs a name" : "'%s' needs a value",
                                k->name);
        else {
                bool named = (k->flags & KEYWORD_BLOCK) && k->min_words > 0,
                     fits = s->n - 1 <= k->max_words || k->max_words == UINT8_MAX;

                if (fits && named)
                        r = check_name(p, k, &s->words[1]);
                if (fits && r == 0)
                        return 0;
                if (r != 0)
                        ; /* no name, which was said */
                else if (named)
                        /* Two names: keepalived would not run it, and which one is meant is unknown. */
                        r = parser_error(p, &s->words[2].at, "'%s' takes one name, not also '%s'", k->name,
                                        s->words[2].text);
                else if (k->flags & KEYWORD_SECRET)
                        return parser_warning(p, &s->words[k->max_words + 1].at,
                                        k->high > 0 ? "what follows the number of '%s' is ignored, as "
                                                      "keepalived does"
                                                    : "what follows here is ignored, as keepalived does; a "
                                                      "'%s' with blanks in it must be quoted",
                                        k->name);
                else {
                        const char *extra = s->words[k->max_words + 1].text;

                        r = parser_warning(p, &s->words[k->max_words + 1].at,
                                        b->table && keyword_find(b->table, extra)
                                                        ? "'%s' must begin a line of its own: ignored, as "
                                                          "keepalived does"
                                                        : "'%s' is one word too many: ignored, as "
                                                          "keepalived does",
                                        extra);
                        return r;
                }
        }
        if (r >= 0)
                r = skip_statement(p, s);
        return r < 0 ? r : 1;
}

static int check_repeated(Parser *p, const Block *b, const Statement *s) {
        ConfigPosition *seen = &b->seen[s->keyword - b->table->rows];
        char where[RELATIVE_SIZE];
        int r = 0;

        if (seen->line > 0 && !(s->keyword->flags & KEYWORD_REPEATS))
                r = parser_warning(p, &s->words[0].at, "'%s' was already given %s; this one counts",
                                s->keyword->name, position_relative(&s->words[0].at, seen, where));
        *seen = s->words[0].at;
        return r;
}

/* What vrrpd always does may be switched on or off; another word is a mistake, which keepalived would name.
 */
static int check_implied(Parser *p, const Statement *s) {
        bool value;

        if (s->n < 2 || parse_bool(s->words[1].text, &value) >= 0 ||
                        streq(s->words[1].text, "allow_if_changes") ||
                        streq(s->keyword->name, "reload_check_config")) /* takes a file to log to */
                return 0;
        return parser_warning(p, &s->words[1].at, "'%s' is no value of %s: ignored, as keepalived does",
                        s->words[1].text, s->keyword->name);
}

/* `$NAME` that nothing has replaced is taken as it is, as keepalived does, but hardly meant. In commands it
 * is the shell's, and a secret is not shown. */
static int check_undefined(Parser *p, const Block *b, const Statement *s) {
        const Keyword *k = s->keyword;
        int r = 0;

        if (b->table && (!k || k->disposition != KEYWORD_IMPLEMENTED ||
                                        (k->flags & (KEYWORD_COMMAND | KEYWORD_SECRET))))
                return 0;
        for (size_t i = b->table ? 1 : 0; i < s->n && r >= 0; i++) {
                const char *word = s->words[i].text;

                if (word[0] == '$' && word[1] && variable_name_size(word + 1) == strlen(word + 1))
                        r = parser_warning(p, &s->words[i].at,
                                        "variable '%s' is not defined; '%s' is taken as it stands", word + 1,
                                        word);
        }
        return r;
}

static int parse_statement(Parser *p, const Block *b, const Statement *s) {
        const Keyword *k = s->keyword;
        const ConfigPosition *at = &s->words[0].at;
        int r = 0;

        switch (k->disposition) {
        case KEYWORD_IMPLEMENTED:
                r = check_shape(p, b, s);
                if (r != 0)
                        return MIN(r, 0);
                r = check_repeated(p, b, s);
                if (r >= 0 && (k->flags & KEYWORD_DEPRECATED))
                        r = parser_warning(p, at, "'%s' is deprecated: %s", k->name, k->text);
                return r < 0 ? r : k->parse(p, k, s);
        case KEYWORD_IMPLIED:
                r = check_implied(p, s);
                break;
        case KEYWORD_SKIPPED:
                r = parser_warning(p, at, "'%s' is ignored: %s", k->name, k->text);
                break;
        case KEYWORD_HARMLESS:
                r = parser_warning(p, at, "'%s' is not supported yet; ignored%s%s", k->name,
                                k->text ? ": " : "", strempty(k->text));
                break;
        case KEYWORD_MISSING:
                r = parser_error(p, at, "'%s' is not supported yet, and without it %s", k->name, k->text);
                break;
        case KEYWORD_REFUSED:
                r = parser_error(p, at, "'%s' is refused: %s", k->name, k->text);
                break;
        }
        return r < 0 ? r : skip_statement(p, s);
}

/* One statement of this block, read. closed: and the '}' behind it. *ret_done: it is the parent's, the block
 * ends. */
static int dispatch(Parser *p, const Block *b, Statement *s, bool closed, bool *ret_done) {
        int r;

        if (s->n == 0)
                return 0;
        if (belongs_outside(b, s)) {
                *ret_done = true;
                return unclosed_before(p, b, s, closed);
        }
        if (s->broken && !s->block) {
                /* Its value would only give a second message. */
                if (b->table && (s->keyword = keyword_find(b->table, s->words[0].text)))
                        b->seen[s->keyword - b->table->rows] = s->words[0].at;
                return 0;
        }
        if (!b->table && s->block) {
                r = parser_error(p, &s->words[0].at, "'{' is out of place behind '%s' in the list of '%s'",
                                s->words[s->n - 1].text, b->name);

                return r < 0 ? r : skip_statement(p, s);
        }
        s->keyword = b->table ? keyword_find(b->table, s->words[0].text) : NULL;
        r = check_undefined(p, b, s);
        if (r < 0)
                return r;
        if (!b->table)
                return b->entry(p, s);
        return s->keyword ? parse_statement(p, b, s) : unknown_keyword(p, b, s);
}

/* Reads the next statement into s. *ret_done: the block ended (its '}', or the end of the file), before or
 * behind it. */
static int read_statement(Parser *p, const Block *b, Statement *s, bool *ret_done) {
        const Keyword *k;
        Token token;
        int r;

        statement_clear(s);
        if (p->has_pending) {
                statement_done(s);
                *s = p->pending;
                p->pending = (Statement){};
                p->has_pending = false;
                *ret_done = p->pending_closed;
                return 0;
        }
        r = lexer_next(p->lexer, LEX_PLAIN, &token);
        if (r < 0)
                return r;
        switch (token.type) {
        case TOKEN_EOL:
                return 0;
        case TOKEN_OPEN:
                return unexpected_open(p, &token.at);
        case TOKEN_EOF:
                *ret_done = true;
                if (!b->name)
                        return 0;
                p->brace_missed = true;
                if (line_reader_lost_lines(p->reader))
                        return 0;
                return parser_error(p, &b->at, "the block of '%s%s%s' is never closed: a '}' is missing",
                                b->name, *b->argument ? " " : "", b->argument);
        case TOKEN_CLOSE:
                if (b->name) {
                        *ret_done = true;
                        return 0;
                }
                return p->brace_missed || line_reader_lost_lines(p->reader)
                                       ? 0
                                       : parser_error(p, &token.at, "this '}' closes no block");
        case TOKEN_WORD:
                break;
        }
        r = statement_add(s, &token);
        if (r < 0)
                return r;
        k = b->table ? keyword_find(b->table, s->words[0].text) : NULL;
        return read_words(p, k && (k->flags & KEYWORD_COMMAND) ? LEX_COMMAND : LEX_PLAIN, s, ret_done);
}

static int read_block(Parser *p, Block *b) {
        Statement s = {};
        bool done = false;
        int r = 0;

        b->parent = p->block;
        p->block = b;
        while (r >= 0 && !done) {
                bool closed = false;

                r = read_statement(p, b, &s, &closed);
                /* At the outermost level a '}' on the statement's line closes nothing. */
                if (r >= 0 && closed && !b->name && s.n > 0) {
                        ConfigPosition at = s.words[s.n - 1].at;

                        closed = false;
                        if (!p->brace_missed && !line_reader_lost_lines(p->reader))
                                r = parser_error(p, &at, "a '}' behind '%s' closes no block",
                                                s.words[s.n - 1].text);
                }
                if (r >= 0)
                        r = dispatch(p, b, &s, closed, &done);
                done |= closed;
        }
        p->block = b->parent;
        statement_done(&s);
        return r;
}

int parse_block(Parser *p, const Statement *s, const KeywordTable *table, ConfigPosition *seen) {
        Block b = {.table = table,
                        .name = s->words[0].text,
                        .argument = s->n > 1 ? s->words[1].text : "",
                        .at = s->words[0].at,
                        .seen = seen};

        return read_block(p, &b);
}

int parse_list(Parser *p, const Statement *s, int (*entry)(Parser *p, const Statement *entry)) {
        Block b = {.entry = entry, .name = s->words[0].text, .argument = "", .at = s->words[0].at};

        return read_block(p, &b);
}

int parse_file(Parser *p) {
        ConfigPosition seen[KEYWORDS_MAX] = {};
        Block b = {.table = &keyword_root, .seen = seen};

        return read_block(p, &b);
}
