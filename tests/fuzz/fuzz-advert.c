/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Any packet is refused with a reason or is an advert whose fields are within their ranges. The first bytes
 * of the input choose what is expected, the rest is the packet. */

#include "service/core/advert.h"
#include "tests/fuzz/fuzz.h"
#include <sys/socket.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        int family = size > 0 && (data[0] & 1) ? AF_INET6 : AF_INET;
        const VrrpAddress source = {.family = family, .bytes = {10, 0, 0, 2}},
                          group = {.family = family, .bytes = {224, 0, 0, 18}};
        const VrrpAddress vip = {.family = family, .bytes = {10, 0, 0, 1}};
        AdvertParams expect = {.family = family, .vips = &vip, .n_vips = 1, .interval_usec = USEC_PER_SEC};
        uint8_t version, vrid;
        AdvertVerdict verdict;
        Advert advert = {};

        if (size < 2 || !advert_peek(data + 2, size - 2, &version, &vrid))
                return 0;
        expect.version = data[0] & 2 ? 2 : 3;
        expect.auth = data[0] & 4 ? ADVERT_AUTH_PASS : ADVERT_AUTH_NONE;
        expect.vrid = vrid;
        verdict = advert_decode(&expect, data + 2, size - 2, data[1], &source, &group, &advert);
        assert(verdict >= ADVERT_OK && verdict < ADVERT_VERDICT_MAX && advert_verdict_to_string(verdict));
        assert(verdict != ADVERT_OK || (advert.vrid == vrid && advert.version == expect.version));
        return 0;
}
