/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: the table of definitions, the form of a reference, and the built-in variables.
 * Must not know: lines of input, blocks, keywords; lines.c does the replacing.
 */

#include "service/config/variable.h"
#include "service/util/parse.h"
#include <stdio.h>

#define FNV_BASIS UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME UINT64_C(0x100000001b3)

static uint64_t hash(const char *s, size_t size) {
        uint64_t h = FNV_BASIS;

        for (size_t i = 0; i < size; i++)
                h = (h ^ (unsigned char)s[i]) * FNV_PRIME;
        return h;
}

void variables_init(VariableTable *t, const char *config_id) {
        *t = (VariableTable){};
        variables_seed(t, hash(config_id, strlen(config_id)));
}

void variables_done(VariableTable *t) {
        for (size_t i = 0; i < t->n; i++) {
                free(t->items[i].name);
                line_done(&t->items[i].value);
        }
        free(t->items);
        free(t->slots);
        *t = (VariableTable){};
}

void variables_seed(VariableTable *t, uint64_t seed) {
        t->random_state = seed;
}

/* The slot of a name: its own, or the free one where it would go. */
static size_t *variables_slot(const VariableTable *t, const char *name, size_t size) {
        size_t i = (size_t)hash(name, size) & (t->n_slots - 1);

        for (;; i = (i + 1) & (t->n_slots - 1)) {
                const char *found;

                if (t->slots[i] == 0)
                        return &t->slots[i];
                found = t->items[t->slots[i] - 1].name;
                if (strncmp(found, name, size) == 0 && found[size] == '\0')
                        return &t->slots[i];
        }
}

static int variables_grow(VariableTable *t) {
        size_t n = MAX(2 * t->n_slots, (size_t)64);
        size_t *slots = calloc(n, sizeof(*slots));
        Variable *items = reallocarray(t->items, n / 2, sizeof(*items));

        if (items)
                t->items = items;
        if (!slots || !items) {
                free(slots);
                return -ENOMEM;
        }
        free(t->slots);
        t->slots = slots;
        t->n_slots = n;
        t->allocated = n / 2;
        for (size_t i = 0; i < t->n; i++)
                *variables_slot(t, t->items[i].name, strlen(t->items[i].name)) = i + 1;
        return 0;
}

Line *variables_define(VariableTable *t, const char *name, size_t size) {
        size_t *slot;

        if (t->n == t->allocated && variables_grow(t) < 0)
                return NULL;
        slot = variables_slot(t, name, size);
        if (*slot == 0) {
                char *copy = strndup(name, size);

                if (!copy)
                        return NULL;
                t->items[t->n] = (Variable){.name = copy};
                *slot = ++t->n;
        }
        line_clear(&t->items[*slot - 1].value);
        return &t->items[*slot - 1].value;
}

const Line *variables_find(const VariableTable *t, const char *name, size_t size) {
        size_t slot = t->n_slots > 0 ? *variables_slot(t, name, size) : 0;

        return slot > 0 ? &t->items[slot - 1].value : NULL;
}

size_t variable_name_size(const char *s) {
        size_t n = 0;

        while (s[n] == '_' || (s[n] >= 'A' && s[n] <= 'Z') || (s[n] >= 'a' && s[n] <= 'z') ||
                        (n > 0 && s[n] >= '0' && s[n] <= '9'))
                n++;
        return n;
}

static bool is_blank(char c) {
        return c == ' ' || c == '\t' || c == '\r';
}

/* `${NAME}` or `${NAME arguments}` at `start`. */
static bool braced_reference(const Line *l, size_t start, VariableReference *ret) {
        const char *name = l->text + start + 2, *p;
        size_t n = variable_name_size(name);
        const char *end;

        if (n == 0)
                return false;
        p = name + n;
        if (*p != '}' && !is_blank(*p))
                return false;
        end = p + strcspn(p, "}\n");
        if (*end != '}')
                return false;
        while (is_blank(*p))
                p++;
        *ret = (VariableReference){
                        .start = start,
                        .end = (size_t)(end - l->text) + 1,
                        .name = name,
                        .name_size = n,
                        .arguments = p,
                        .arguments_size = (size_t)(end - p),
        };
        return true;
}

bool variable_reference_find(const Line *l, size_t from, VariableReference *ret) {
        for (size_t i = from; i < l->size; i++) {
                size_t n;

                if (l->text[i] != '$')
                        continue;
                if (l->text[i + 1] == '{') {
                        if (braced_reference(l, i, ret))
                                return true;
                        continue;
                }
                n = variable_name_size(l->text + i + 1);
                if (n == 0)
                        continue;
                *ret = (VariableReference){
                                .start = i,
                                .end = i + 1 + n,
                                .name = l->text + i + 1,
                                .name_size = n,
                                .glued = l->text[i + 1 + n] != '\0' && l->text[i + 1 + n] != '\n' &&
                                         !is_blank(l->text[i + 1 + n]),
                };
                return true;
        }
        return false;
}

/* splitmix64 (public domain, S. Vigna): small, and good enough for a spread of timers. */
static uint64_t next_random(VariableTable *t) {
        uint64_t z = t->random_state += UINT64_C(0x9e3779b97f4a7c15);

        z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
        return z ^ (z >> 31);
}

/* ${_RANDOM [MIN [MAX]]}: an integer from 0 to 32767 unless the range is given. */
static int builtin_random(VariableTable *t, char *arguments, char **ret) {
        unsigned min = 0, max = 32767;
        char *rest = arguments, *word;

        if ((word = strsep(&rest, " \t")) && *word && parse_unsigned(word, 0, INT32_MAX, &min) < 0)
                return -EINVAL;
        if (rest && (rest += strspn(rest, " \t"), *rest) && parse_unsigned(rest, 0, INT32_MAX, &max) < 0)
                return -EINVAL;
        if (min > max)
                return -EINVAL;
        return asprintf(ret, "%u", min + (unsigned)(next_random(t) % ((uint64_t)max - min + 1))) < 0
                               ? -ENOMEM
                               : 0;
}

static int copy_string(const char *s, char **ret) {
        *ret = strdup(s);
        return *ret ? 0 : -ENOMEM;
}

bool variable_is_environment(const VariableReference *ref) {
        return ref->name_size == strlen("_ENV") && strncmp(ref->name, "_ENV", ref->name_size) == 0;
}

int variable_builtin(VariableTable *t, const VariableReference *ref, const char *directory,
                const char *config_id, char **ret, bool *ret_literal) {
        _cleanup_free_ char *name = strndup(ref->name, ref->name_size);
        _cleanup_free_ char *arguments = strndup(strempty(ref->arguments), ref->arguments_size);
        size_t n;

        *ret = NULL;
        *ret_literal = false;
        if (!name || !arguments)
                return -ENOMEM;
        for (n = strlen(arguments); n > 0 && is_blank(arguments[n - 1]); n--)
                arguments[n - 1] = '\0';

        if (streq(name, "_PWD"))
                return copy_string(directory, ret);
        if (streq(name, "_INSTANCE"))
                return copy_string(config_id, ret);
        if (streq(name, "_RANDOM"))
                return builtin_random(t, arguments, ret);
        if (streq(name, "_ENV"))
                return variable_name_size(arguments) == strlen(arguments) && *arguments
                                       ? copy_string(strempty(getenv(arguments)), ret)
                                       : -EINVAL;
        if (streq(name, "_HASH") || streq(name, "_BANG")) {
                *ret_literal = true;
                return copy_string(streq(name, "_HASH") ? "#" : "!", ret);
        }
        return 0;
}
