/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Whatever stands in a packet with a trailer, it is refused with a reason or is an advert that was signed
 * with our key: from bytes of unknown origin none is accepted unless the input holds a valid HMAC, and what
 * we sign ourselves is accepted once. The first bytes choose family, version and mode, the rest is the
 * packet. */

#include "service/auth/verify.h"
#include "tests/fuzz/fuzz.h"
#include <stdlib.h>
#include <sys/socket.h>

#define NOW (UINT64_C(0x68000000) * USEC_PER_SEC)

static Hmac *make(uint8_t choice) {
        HmacKey key = {.id = 1, .size = 32, .data = {1, 2, 3}};
        HmacConfig config = {.keys = &key,
                        .n_keys = 1,
                        .active_key = 1,
                        .mode = choice >> 2 & 3,
                        .monotonic = choice & 16,
                        .window_usec = 5 * USEC_PER_SEC};
        Hmac *h = NULL;
        int r;

        config.mode = MIN(config.mode, HMAC_RECEIVE_ONLY);
        r = hmac_new(&config, HMAC_SENDERS_MULTICAST, &h);
        assert(r >= 0);
        return h;
}

static void sign_and_verify(Hmac *h, const AdvertParams *p, const VrrpAddress *source, const VrrpAddress *to,
                uint8_t priority) {
        uint8_t buf[256];
        size_t size = advert_encode(p, priority, source, to, buf, sizeof(buf));
        Advert advert = {};

        if (size == 0)
                return; /* version 2 over IPv6 */
        size = hmac_sign(h, NOW, source, to, buf, size, sizeof(buf));
        assert(size > 0);
        assert(auth_decode(p, h, NOW, buf, size, VRRP_TTL, source, to, &advert) == ADVERT_OK);
        assert(auth_decode(p, h, NOW, buf, size, VRRP_TTL, source, to, &advert) == ADVERT_HMAC_REPLAY);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        int family = size > 0 && (data[0] & 1) ? AF_INET6 : AF_INET;
        const VrrpAddress source = {.family = family, .bytes = {10, 0, 0, 2}},
                          group = {.family = family, .bytes = {224, 0, 0, 18}};
        const VrrpAddress vip = {.family = family, .bytes = {10, 0, 0, 1}};
        AdvertParams expect = {.family = family, .vips = &vip, .n_vips = 1, .interval_usec = USEC_PER_SEC};
        AdvertVerdict verdict;
        Advert advert = {};
        Hmac *h, *fresh;

        if (size < 10)
                return 0;
        expect.version = data[0] & 2 ? 2 : 3;
        expect.vrid = data[3];
        h = make(data[0]);
        verdict = auth_decode(&expect, h, NOW, data + 2, size - 2, -1, &source, &group, &advert);
        assert(verdict >= ADVERT_OK && verdict < ADVERT_VERDICT_MAX && advert_verdict_to_string(verdict));
        assert(verdict != ADVERT_OK || !hmac_requires(h) ||
                        size - 2 == advert_message_size(data + 2, size - 2, family) + HMAC_TRAILER_SIZE);
        fresh = make(data[0]); /* the input may have used up the sequence */
        sign_and_verify(fresh, &expect, &source, &group, data[1]);
        hmac_free(fresh);
        hmac_free(h);
        return 0;
}
