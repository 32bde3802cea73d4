/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: which words of a line of the file are secrets, so that a message may show the line. It works on the
 * text, not on what was parsed: the line in question is mostly one that was not understood, and a misspelt
 * auth_pass has a password behind it all the same. Rather too much is hidden than too little. */

#include "service/config/keyword.h"
#include "service/config/source.h"
#include "service/config/write.h"
#include <ctype.h>
#include <strings.h>

typedef struct Span {
        size_t begin, end;
} Span;

/* The next word from `at` on: quotes hold it together, braces end it. False: there is none. */
static bool next_token(const char *line, size_t at, Span *ret) {
        char quote = '\0';

        at += strspn(line + at, " \t{}");
        ret->begin = at;
        for (; line[at]; at++)
                if (quote)
                        quote = line[at] == quote ? '\0' : quote;
                else if (line[at] == '"' || line[at] == '\'')
                        quote = line[at];
                else if (strchr(" \t{}", line[at]))
                        break;
        ret->end = at;
        return at > ret->begin;
}

static bool is_keyword(const char *line, const Span *t, const char *keyword) {
        char word[32];
        size_t n = t->end - t->begin;

        if (n >= sizeof(word))
                return false;
        memcpy(word, line + t->begin, n);
        word[n] = '\0';
        for (char *p = word; *p; p++)
                *p = (char)tolower((unsigned char)*p);
        return streq(word, keyword) || (strlen(keyword) > 3 && keyword_distance(word, keyword) != SIZE_MAX);
}

static bool begins_with(const char *line, const Span *t, const char *prefix) {
        size_t n = strlen(prefix);

        return t->end - t->begin >= n && strncasecmp(line + t->begin, prefix, n) == 0;
}

/* All to the end of the line: a password with blanks that lacks its quotes is several words. How long it is
 * stays unsaid. */
static void mask_rest(char *line, size_t at) {
        at += strspn(line + at, " \t{}\"'");
        if (line[at])
                memcpy(line + at, CONFIG_MASK, sizeof(CONFIG_MASK));
}

/* auth_type has no secret, unless its value is one that came to the wrong line. */
static bool is_type(const char *line, const Span *value) {
        size_t n = value->end - value->begin;

        return (n == 4 && strncmp(line + value->begin, "PASS", n) == 0) ||
               (n == 2 && strncmp(line + value->begin, "AH", n) == 0);
}

void source_mask_secrets(char *line) {
        Span t, value;

        for (size_t at = 0; next_token(line, at, &t); at = t.end) {
                if (begins_with(line, &t, "hex:"))
                        mask_rest(line, t.begin + 4);
                else if (is_keyword(line, &t, "auth_pass"))
                        mask_rest(line, t.end);
                else if (is_keyword(line, &t, "auth_type") && next_token(line, t.end, &value)) {
                        if (!is_type(line, &value))
                                mask_rest(line, value.begin);
                } else if ((is_keyword(line, &t, "key") || is_keyword(line, &t, "active_key")) &&
                                next_token(line, t.end, &value)) {
                        /* key ID VALUE; where the id was left out, the value comes first. What is no id
                         * behind active_key came to the wrong line. */
                        if (value.end - value.begin <= 3)
                                at = value.end;
                        else
                                at = t.end;
                        if (next_token(line, at, &value) && !begins_with(line, &value, "file:"))
                                mask_rest(line, value.begin);
                }
        }
}
