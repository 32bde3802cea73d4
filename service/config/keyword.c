/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: looking a word up in a table, and guessing what a misspelt one was meant to be.
 * Must not know: what a keyword does (its row says so).
 */

#include "service/config/keyword.h"

/* Words longer than this are not compared: no keyword is. */
#define WORD_MAX 48
/* A word of at least this length that is part of a keyword, or has one in it, is near enough. */
#define PART_MIN 6

static int compare_name(const void *name, const void *row) {
        return strcmp(name, ((const Keyword *)row)->name);
}

const Keyword *keyword_find(const KeywordTable *t, const char *name) {
        return bsearch(name, t->rows, t->n, sizeof(*t->rows), compare_name);
}

size_t keyword_distance(const char *word, const char *candidate) {
        size_t n = strlen(word), m = strlen(candidate), limit = n <= 3 ? 1 : n <= 7 ? 2 : 3;
        unsigned char rows[3][WORD_MAX + 1];
        unsigned char *before = rows[0], *last = rows[1], *row = rows[2];

        if (n == 0 || n > WORD_MAX || m > WORD_MAX || (n > m ? n - m : m - n) > limit)
                return SIZE_MAX;
        for (size_t j = 0; j <= m; j++)
                last[j] = (unsigned char)j;
        for (size_t i = 1; i <= n; i++) {
                unsigned char *recycled = before;

                row[0] = (unsigned char)i;
                for (size_t j = 1; j <= m; j++) {
                        unsigned d = MIN(last[j] + 1U, row[j - 1] + 1U);

                        d = MIN(d, last[j - 1] + (word[i - 1] != candidate[j - 1] ? 1U : 0U));
                        if (i > 1 && j > 1 && word[i - 1] == candidate[j - 2] &&
                                        word[i - 2] == candidate[j - 1])
                                d = MIN(d, before[j - 2] + 1U);
                        row[j] = (unsigned char)d;
                }
                before = last;
                last = row;
                row = recycled;
        }
        return last[m] <= limit && last[m] < n ? last[m] : SIZE_MAX;
}

const char *keyword_suggest(const KeywordTable *t, const char *word) {
        const char *best = NULL, *part = NULL;
        size_t distance = SIZE_MAX;

        for (size_t i = 0; i < t->n; i++) {
                const char *name = t->rows[i].name;
                size_t d = keyword_distance(word, name);

                if (d < distance) {
                        distance = d;
                        best = name;
                }
                if (strlen(word) >= PART_MIN && strstr(name, word) && (!part || strlen(name) < strlen(part)))
                        part = name;
        }
        return best ? best : part;
}

const KeywordTable *keyword_elsewhere(const KeywordTable *t, const char *word) {
        for (const KeywordTable *const *other = keyword_tables; *other; other++)
                if (*other != t && keyword_find(*other, word))
                        return *other;
        return NULL;
}
