/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* From lines to words and braces. */

#include "service/config/lines.h"

/* How a word is quoted depends on its keyword, as in keepalived: most know only the double quote; those that
 * take a command also know the apostrophe and backslash escapes. */
typedef enum LexMode {
        LEX_PLAIN,
        LEX_COMMAND,
        LEX_SKIPPED, /* as LEX_PLAIN, but what is wrong with a word is not worth a message */
} LexMode;

typedef enum TokenType {
        TOKEN_WORD,
        TOKEN_OPEN,  /* { */
        TOKEN_CLOSE, /* } */
        TOKEN_EOL,
        TOKEN_EOF,
} TokenType;

typedef struct Token {
        TokenType type;
        ConfigPosition at;
        const char *text; /* WORD: unquoted, valid until the next token */
        size_t size;
        bool broken; /* WORD: an open quote or an undefined variable, which was said */
} Token;

typedef struct Lexer Lexer;

/* reader and messages are borrowed. -ENOMEM. */
int lexer_new(LineReader *reader, ConfigMessages *messages, Lexer **ret);
Lexer *lexer_free(Lexer *l);
DEFINE_CLEANUP(Lexer, lexer_free);

/* 0 or -ENOMEM. An empty line gives no EOL. */
int lexer_next(Lexer *l, LexMode mode, Token *ret);
/* Is the next thing, on this or a following line, a '{'? It is not taken. 1, 0 or -ENOMEM. */
int lexer_peek_open(Lexer *l);
