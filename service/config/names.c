/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: the names of numbers, the kernel's own and those of iproute2's files. Must not know: where the files
 * are.
 */

#include "service/config/names.h"
#include "service/config/keyword.h"
#include <ctype.h>
#include <linux/rtnetlink.h>

/* Known without any file: rtnetlink(7). */
static const struct {
        NameKind kind;
        const char *name;
        unsigned number;
} builtin[] = {
                {NAME_TABLE, "default", RT_TABLE_DEFAULT},
                {NAME_TABLE, "main", RT_TABLE_MAIN},
                {NAME_TABLE, "local", RT_TABLE_LOCAL},
                {NAME_SCOPE, "global", RT_SCOPE_UNIVERSE},
                {NAME_SCOPE, "site", RT_SCOPE_SITE},
                {NAME_SCOPE, "link", RT_SCOPE_LINK},
                {NAME_SCOPE, "host", RT_SCOPE_HOST},
                {NAME_SCOPE, "nowhere", RT_SCOPE_NOWHERE},
                {NAME_REALM, "cosmos", 0},
                {NAME_DSFIELD, "default", 0},
                {NAME_GROUP, "default", 0},
};

bool names_number(const char *word, uint64_t max, uint64_t *ret) {
        unsigned long long v;
        char *end;

        if (!isdigit((unsigned char)word[0]))
                return false;
        errno = 0;
        v = strtoull(word, &end, 0);
        if (errno != 0 || *end || v > max)
                return false;
        *ret = v;
        return true;
}

static int add(Names *names, NameKind kind, const char *name, size_t size, unsigned number) {
        struct Name *items;

        if ((names->n & (names->n - 1)) == 0) {
                items = reallocarray(names->items, names->n > 0 ? 2 * names->n : 1, sizeof(*items));
                if (!items)
                        return -ENOMEM;
                names->items = items;
        }
        names->items[names->n] = (struct Name){.kind = kind, .name = strndup(name, size), .number = number};
        if (!names->items[names->n].name)
                return -ENOMEM;
        names->n++;
        return 0;
}

static int read_line(Names *names, NameKind kind, const char *line, size_t size) {
        static const char blanks[] = " \t\r";
        char number[24];
        uint64_t value;
        size_t n, m;

        n = strspn(line, blanks);
        line += n;
        size -= n;
        for (n = 0; n < size && !strchr(blanks, line[n]);)
                n++;
        if (size == 0 || line[0] == '#' || n >= sizeof(number))
                return 0;
        memcpy(number, line, n);
        number[n] = '\0';
        for (; n < size && strchr(blanks, line[n]);)
                n++;
        for (m = n; m < size && !strchr(blanks, line[m]) && line[m] != '#';)
                m++;
        if (m == n || !names_number(number, UINT32_MAX, &value))
                return 0;
        return add(names, kind, line + n, m - n, (unsigned)value);
}

int names_read(Names *names, NameKind kind, const char *text) {
        while (*text) {
                size_t size = strcspn(text, "\n");
                int r = read_line(names, kind, text, size);

                if (r < 0)
                        return r;
                text += size + (text[size] == '\n');
        }
        return 0;
}

void names_done(Names *names) {
        for (size_t i = 0; i < names->n; i++)
                free(names->items[i].name);
        free(names->items);
        *names = (Names){};
}

bool names_find(const Names *names, NameKind kind, const char *word, unsigned max, unsigned *ret) {
        uint64_t number;

        if (names_number(word, max, &number)) {
                *ret = (unsigned)number;
                return true;
        }
        /* A later line of the files counts. */
        for (size_t i = names->n; i-- > 0;)
                if (names->items[i].kind == kind && streq(names->items[i].name, word) &&
                                names->items[i].number <= max) {
                        *ret = names->items[i].number;
                        return true;
                }
        for (size_t i = 0; i < ELEMENTSOF(builtin); i++)
                if (builtin[i].kind == kind && streq(builtin[i].name, word)) {
                        *ret = builtin[i].number;
                        return true;
                }
        return false;
}

const char *names_suggest(const Names *names, NameKind kind, const char *word) {
        size_t distance = SIZE_MAX;
        const char *best = NULL;

        for (size_t i = 0; i < names->n + ELEMENTSOF(builtin); i++) {
                bool own = i < names->n;
                const char *name = own ? names->items[i].name : builtin[i - names->n].name;
                size_t d;

                if ((own ? names->items[i].kind : builtin[i - names->n].kind) != kind)
                        continue;
                d = keyword_distance(word, name);
                if (d < distance) {
                        distance = d;
                        best = name;
                }
        }
        return best;
}
