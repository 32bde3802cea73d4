/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "tests/unit/config/compare.h"

static char *difference(const ModelTable *table, const char *path, const void *a, const void *b);

static const char *member(const void *object, const ModelMember *m) {
        return (const char *)object + m->offset;
}

static char *array_difference(const ModelMember *m, const char *path, const void *a, const void *b) {
        size_t n_a = *(const size_t *)(const void *)((const char *)a + m->count_offset),
               n_b = *(const size_t *)(const void *)((const char *)b + m->count_offset);
        const char *x = *(char *const *)(const void *)member(a, m),
                   *y = *(char *const *)(const void *)member(b, m);

        if (n_a != n_b)
                return g_strdup_printf("the number of %s%s", path, m->name);
        for (size_t i = 0; i < n_a; i++) {
                g_autofree char *inner = g_strdup_printf("%s%s[%zu].", path, m->name, i);
                char *found = difference(m->table, inner, x + i * m->table->size, y + i * m->table->size);

                if (found)
                        return found;
        }
        return NULL;
}

static bool value_is_equal(const ModelMember *m, const void *a, const void *b) {
        switch (m->kind) {
        case MODEL_WORD:
        case MODEL_COMMAND:
                return streq_ptr(*(char *const *)a, *(char *const *)b);
        case MODEL_WORDS:
                return g_strv_equal(*(const char *const *const *)a, *(const char *const *const *)b);
        case MODEL_FLAG:
        case MODEL_SWITCH:
        case MODEL_UINT8:
        case MODEL_UNSIGNED:
        case MODEL_INT:
        case MODEL_SECONDS:
        case MODEL_ADDRESS:
        case MODEL_VALUE:
        case MODEL_COUNT:
                return memcmp(a, b, m->size) == 0;
        case MODEL_BLOCKS:
        case MODEL_LINES:
        case MODEL_SECRET:
        case MODEL_NOTE:
                break;
        }
        return true;
}

static char *difference(const ModelTable *table, const char *path, const void *a, const void *b) {
        for (size_t i = 0; i < table->n; i++) {
                const ModelMember *m = &table->rows[i];
                char *found = NULL;

                if (m->kind == MODEL_BLOCKS || m->kind == MODEL_LINES)
                        found = array_difference(m, path, a, b);
                else if (m->table) {
                        g_autofree char *inner = g_strdup_printf("%s%s.", path, m->name);

                        found = difference(m->table, inner, member(a, m), member(b, m));
                } else if (!value_is_equal(m, member(a, m), member(b, m)))
                        found = g_strdup_printf("%s%s", path, m->name);
                if (found)
                        return found;
        }
        return NULL;
}

char *model_difference(const Config *a, const Config *b) {
        return difference(&model_config, "", a, b);
}
