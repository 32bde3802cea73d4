/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Signed adverts that another implementation has computed: key 00 01 ... 1f, id 1, VRID 51, priority 200,
 * VRRPv3, one address, sequence 0x6800000080000000. */

#include "service/core/advert.h"
#include "service/core/auth.h"

typedef struct SignedVector {
        const char *source, *destination, *vip;
        size_t size; /* of the message, the trailer stands behind it */
        uint8_t bytes[64];
} SignedVector;

#define VECTOR_REALTIME_USEC (UINT64_C(0x68000000) * USEC_PER_SEC + 500000)

static const SignedVector signed_vectors[] = {
                {"198.51.100.10", "224.0.0.18", "192.0.2.100", 12,
                                {0x31, 0x33, 0xc8, 0x01, 0x00, 0x64, 0x44, 0x02, 0xc0, 0x00, 0x02, 0x64,
                                                0x01, 0x01, 0x00, 0x00, 0x68, 0x00, 0x00, 0x00, 0x80, 0x00,
                                                0x00, 0x00, 0x1b, 0x84, 0xbc, 0x4e, 0x8e, 0x43, 0x89, 0x2d,
                                                0xc6, 0xd9, 0x84, 0x48, 0xf8, 0xee, 0x22, 0x65}},
                {"fe80::10", "fe80::20", "fe80::100", 24,
                                {0x31, 0x33, 0xc8, 0x01, 0x00, 0x64, 0xa2, 0xe9, 0xfe, 0x80, 0, 0, 0, 0, 0,
                                                0, 0, 0, 0, 0, 0, 0, 0x01, 0x00, 0x01, 0x01, 0x00, 0x00,
                                                0x68, 0x00, 0x00, 0x00, 0x80, 0x00, 0x00, 0x00, 0xc8, 0xc5,
                                                0x61, 0x46, 0xeb, 0xfd, 0x66, 0xee, 0x10, 0xec, 0x4d, 0x81,
                                                0x86, 0x46, 0x1b, 0x78}},
};

static inline HmacKey vector_key(uint8_t id) {
        HmacKey key = {.id = id, .size = 32};

        for (uint8_t i = 0; i < 32; i++)
                key.data[i] = i;
        return key;
}
