/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: the two ways to write a key. Must not know: where the text came from. */

#include "service/config/key.h"
#include <stdio.h>

static const char *const hmac_mode_table[] = {
                [HMAC_ENFORCE] = "enforce",
                [HMAC_PERMISSIVE] = "permissive",
                [HMAC_RECEIVE_ONLY] = "receive-only",
};
STRTAB_DEFINE(hmac_mode, HmacMode, hmac_mode_table);

static int hex_digit(char c) {
        if (c >= '0' && c <= '9')
                return c - '0';
        if (c >= 'a' && c <= 'f')
                return c - 'a' + 10;
        return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool size_valid(size_t size, char why[CONFIG_KEY_WHY_SIZE]) {
        if (size >= HMAC_KEY_SIZE_MIN && size <= HMAC_KEY_SIZE_MAX)
                return true;
        snprintf(why, CONFIG_KEY_WHY_SIZE, "it has %zu bytes; a key must have %d to %d", size,
                        HMAC_KEY_SIZE_MIN, HMAC_KEY_SIZE_MAX);
        return false;
}

static bool parse_hex(ConfigKey *key, const char *text, char why[CONFIG_KEY_WHY_SIZE]) {
        size_t n = strlen(text);

        for (size_t i = 0; i < n; i++)
                if (hex_digit(text[i]) < 0) {
                        snprintf(why, CONFIG_KEY_WHY_SIZE,
                                        "character %zu behind 'hex:' is no hexadecimal digit", i + 1);
                        return false;
                }
        if (n % 2 != 0) {
                snprintf(why, CONFIG_KEY_WHY_SIZE, "%zu hexadecimal digits; two make a byte", n);
                return false;
        }
        if (!size_valid(n / 2, why))
                return false;
        key->size = (uint8_t)(n / 2);
        for (size_t i = 0; i < key->size; i++)
                key->data[i] = (uint8_t)(hex_digit(text[2 * i]) << 4 | hex_digit(text[2 * i + 1]));
        return true;
}

bool config_key_parse(ConfigKey *key, const char *text, char why[CONFIG_KEY_WHY_SIZE]) {
        if (strncmp(text, "hex:", 4) == 0)
                return parse_hex(key, text + 4, why);
        if (!size_valid(strlen(text), why))
                return false;
        key->size = (uint8_t)strlen(text);
        memcpy(key->data, text, key->size);
        return true;
}

void config_key_done(ConfigKey *key) {
        free(key->file);
        explicit_bzero(key, sizeof(*key));
}
