/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What an instance's authentication by HMAC is configured to be: plain values that the configuration fills
 * in and service/auth carries out. No cryptography here. */

#include "service/util/macro.h"

#define HMAC_KEY_SIZE_MIN 32
#define HMAC_KEY_SIZE_MAX 64 /* one block of SHA-256: longer ones would only be hashed down */
#define HMAC_KEY_ID_MAX 255

/* The three steps of a migration, in reverse: see vrrpd.conf(5). A trailer that is there is verified in
 * each. */
typedef enum HmacMode {
        HMAC_ENFORCE,      /* signs; an advert without trailer is refused */
        HMAC_PERMISSIVE,   /* signs; an advert without trailer is accepted */
        HMAC_RECEIVE_ONLY, /* does not sign; an advert without trailer is accepted */
        HMAC_MODE_MAX,
        HMAC_MODE_INVALID = -EINVAL,
} HmacMode;

typedef struct HmacKey {
        uint8_t id; /* 1 to 255 */
        uint8_t size;
        uint8_t data[HMAC_KEY_SIZE_MAX];
} HmacKey;

typedef struct HmacConfig {
        HmacKey *keys;
        size_t n_keys;
        uint8_t active_key; /* id of the one that signs */
        HmacMode mode;
        bool monotonic; /* anti_replay monotonic: no clock is compared */
        usec_t window_usec;
} HmacConfig;
