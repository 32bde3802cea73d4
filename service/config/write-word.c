/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: how a value is quoted so that the lexer, and lines.c before it, read the same value again.
 * Must not know: which keyword it belongs to.
 *
 * lines.c works on the raw line: it sees comments (kept off by quotes), references ($NAME before a blank,
 * and ${NAME} anywhere, also within quotes), continuations (a backslash behind a blank at the end), and
 * words that mean something only at the beginning of a line (@id, ~SEQ, include, $NAME=). All of these are
 * kept off by quotes and by ending a quote where needed.
 */

#include "service/config/writer.h"
#include "service/util/utf8.h"

static bool is_alnum(char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* May it stand there as it is? */
static bool is_plain(const char *word) {
        if (!*word || strncmp(word, "include", strlen("include")) == 0)
                return false;
        for (; *word; word++)
                if (!is_alnum(*word) && !strchr("_./:+-,=%*", *word))
                        return false;
        return true;
}

/* A '$' that a name or a brace follows would be a reference: the quote is ended and begun again between
 * them. */
static void put_dollar(FILE *f, char next) {
        fputs(next == '{' || next == '_' || is_alnum(next) ? "$\"\"" : "$", f);
}

void writer_word(Writer *w, const char *word) {
        size_t n = strlen(word);

        if (is_plain(word)) {
                writer_printf(w, "%s", word);
                return;
        }
        /* A backslash in front of the closing quote would look as if it kept it open. */
        while (n > 0 && word[n - 1] == '\\')
                n--;
        fputs(" \"", w->stream);
        for (size_t i = 0; i < n; i++)
                if (word[i] == '$')
                        put_dollar(w->stream, word[i + 1]);
                else
                        fputc(word[i], w->stream);
        fprintf(w->stream, "\"%s", word + n);
}

void writer_command(Writer *w, const char *command) {
        fputs(" \"", w->stream);
        for (const char *s = command; *s;) {
                size_t n = utf8_character(s);

                if (n > 1)
                        fwrite(s, 1, n, w->stream);
                else if (n == 0 || (unsigned char)*s < 0x20 || *s == 0x7F)
                        fprintf(w->stream, "\\x%02x", (unsigned char)*s);
                else if (*s == '$')
                        put_dollar(w->stream, s[1]);
                else
                        fprintf(w->stream, *s == '"' || *s == '\\' ? "\\%c" : "%c", *s);
                s += MAX(n, (size_t)1);
        }
        fputc('"', w->stream);
}
