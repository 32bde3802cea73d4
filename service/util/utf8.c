/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* See utf8.h. Pure memory work. */

#include "service/util/utf8.h"

#define REPLACEMENT "\xEF\xBF\xBD" /* U+FFFD */
#define REPLACEMENT_SIZE (sizeof(REPLACEMENT) - 1)

static bool is_character(uint32_t c) {
        return c <= 0x10FFFF && (c & 0xFFFFF800) != 0xD800 && (c < 0xFDD0 || c > 0xFDEF) &&
               (c & 0xFFFE) != 0xFFFE;
}

/* Bytes that the first byte promises, and its share of the code point. 0: it begins no character. */
static size_t promised(unsigned char first, uint32_t *ret_bits) {
        if (first < 0x80) {
                *ret_bits = first;
                return first == 0 ? 0 : 1;
        }
        if (first >= 0xC2 && first < 0xE0) {
                *ret_bits = first & 0x1F;
                return 2;
        }
        if (first >= 0xE0 && first < 0xF0) {
                *ret_bits = first & 0x0F;
                return 3;
        }
        if (first >= 0xF0 && first < 0xF5) {
                *ret_bits = first & 0x07;
                return 4;
        }
        return 0;
}

/* Bytes of the code point at s, a character or not. */
static size_t decode(const char *s, uint32_t *ret_code) {
        static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000}; /* an overlong form is no character */
        const unsigned char *p = (const unsigned char *)s;
        uint32_t c = 0;
        size_t n = promised(p[0], &c);

        for (size_t i = 1; i < n; i++) {
                if ((p[i] & 0xC0) != 0x80)
                        return 0;
                c = c << 6 | (p[i] & 0x3F);
        }
        *ret_code = c;
        return n > 0 && c >= least[n] ? n : 0;
}

size_t utf8_character(const char *s) {
        uint32_t c;
        size_t n = decode(s, &c);

        return n > 0 && is_character(c) ? n : 0;
}

bool utf8_noncharacter(const char *s, uint32_t *ret_code) {
        uint32_t c;

        if (decode(s, &c) == 0 || c > 0x10FFFF || is_character(c))
                return false;
        *ret_code = c;
        return true;
}

bool utf8_is_valid(const char *s) {
        for (size_t n; *s; s += n) {
                n = utf8_character(s);
                if (n == 0)
                        return false;
        }
        return true;
}

/* The wrong bytes at s, up to the next character or the end. */
static size_t wrong_bytes(const char *s) {
        size_t n = 0;

        while (s[n] && utf8_character(s + n) == 0)
                n++;
        return n;
}

/* A string that fills its buffer was shortened to fit: takes away what is left of a character cut in two. */
static void drop_cut(char *s, size_t size) {
        size_t n = strlen(s), back = 1;
        uint32_t bits;

        if (n + 1 < size)
                return;
        while (back < 4 && back < n && ((unsigned char)s[n - back] & 0xC0) == 0x80)
                back++;
        if (n >= back && promised((unsigned char)s[n - back], &bits) > back)
                s[n - back] = '\0';
}

/* Writes the valid form of s into at most `size` bytes, NUL included. */
static void copy_clean(const char *s, char *to, size_t size) {
        size_t at = 0;

        while (*s) {
                size_t n = utf8_character(s), wrong = n > 0 ? 0 : wrong_bytes(s);

                if (at + (wrong > 0 ? REPLACEMENT_SIZE : n) >= size)
                        break;
                memcpy(to + at, wrong > 0 ? REPLACEMENT : s, wrong > 0 ? REPLACEMENT_SIZE : n);
                at += wrong > 0 ? REPLACEMENT_SIZE : n;
                s += n + wrong;
        }
        to[at] = '\0';
}

void utf8_clean(char *s, size_t size) {
        _cleanup_free_ char *copy = NULL;
        size_t valid = 0, n;

        while ((n = utf8_character(s + valid)) > 0)
                valid += n;
        if (!s[valid])
                return;
        drop_cut(s, size);
        copy = strdup(s + valid);
        if (copy)
                copy_clean(copy, s + valid, size - valid);
        else
                s[valid] = '\0'; /* no memory to do better */
}

int utf8_copy(const char *s, char **ret) {
        char *copy = NULL;

        if (s) {
                size_t size = strlen(s) * REPLACEMENT_SIZE + 1;

                copy = malloc(size);
                if (!copy)
                        return -ENOMEM;
                copy_clean(s, copy, size);
        }
        *ret = copy;
        return 0;
}
