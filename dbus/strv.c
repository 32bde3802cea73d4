/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Plain memory work, no state. */

#include "dbus/strv.h"

char **strv_free(char **v) {
        for (char **s = v; s && *s; s++)
                free(*s);
        free(v);
        return NULL;
}

static size_t length(char *const *v) {
        size_t n = 0;

        while (v && v[n])
                n++;
        return n;
}

int strv_copy(char *const *v, char ***ret) {
        size_t n = length(v);
        _cleanup_(strv_freep) char **copy = calloc(n + 1, sizeof(*copy));

        if (!copy)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++) {
                copy[i] = strdup(v[i]);
                if (!copy[i])
                        return -ENOMEM;
        }
        *ret = TAKE_PTR(copy);
        return 0;
}

/* Bytes of the message at the beginning of text, its last newline included. */
static size_t message_size(const char *text) {
        size_t n = 0;

        do {
                n += strcspn(text + n, "\n");
                if (text[n] == '\n')
                        n++;
        } while (text[n] == ' ' || text[n] == '\t');
        return n;
}

int strv_split_messages(const char *text, char ***ret) {
        _cleanup_(strv_freep) char **v = NULL;
        size_t n = 0;

        for (const char *p = text + strspn(text, "\n"); *p; p += strspn(p, "\n")) {
                size_t size = message_size(p);
                char **grown = reallocarray(v, n + 2, sizeof(*v));

                if (!grown)
                        return -ENOMEM;
                v = grown;
                v[n] = strndup(p, p[size - 1] == '\n' ? size - 1 : size);
                if (!v[n])
                        return -ENOMEM;
                v[++n] = NULL;
                p += size;
        }
        if (!v)
                return strv_copy(NULL, ret);
        *ret = TAKE_PTR(v);
        return 0;
}
