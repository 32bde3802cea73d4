/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* See pass.h. */

#include "service/auth/pass.h"

bool auth_equal(const void *a, const void *b, size_t size) {
        const uint8_t *x = a, *y = b;
        volatile uint8_t difference = 0;

        for (size_t i = 0; i < size; i++)
                difference = (uint8_t)(difference | (x[i] ^ y[i]));
        return difference == 0;
}

AdvertVerdict pass_verify(const AdvertParams *expect, const uint8_t *message, size_t size) {
        if (size < ADVERT_AUTH_SIZE ||
                        !auth_equal(message + size - ADVERT_AUTH_SIZE, expect->auth_data, ADVERT_AUTH_SIZE))
                return ADVERT_BAD_AUTH_DATA;
        return ADVERT_OK;
}
