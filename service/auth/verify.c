/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* See verify.h. */

#include "service/auth/verify.h"
#include "service/auth/pass.h"

/* Has the codec found the message whole, unharmed and ours, whatever it thinks of its contents? */
static bool envelope_valid(AdvertVerdict verdict) {
        switch (verdict) {
        case ADVERT_OK:
        case ADVERT_BAD_ADDRESS_COUNT:
        case ADVERT_BAD_INTERVAL:
                return true;
        case ADVERT_BAD_TTL:
        case ADVERT_BAD_VERSION:
        case ADVERT_BAD_TYPE:
        case ADVERT_BAD_VRID:
        case ADVERT_BAD_LENGTH:
        case ADVERT_BAD_CHECKSUM:
        case ADVERT_BAD_AUTH_TYPE:
        case ADVERT_BAD_AUTH_DATA:
        case ADVERT_HMAC_MISSING:
        case ADVERT_HMAC_MALFORMED:
        case ADVERT_HMAC_UNKNOWN_KEY:
        case ADVERT_HMAC_STALE:
        case ADVERT_HMAC_BAD:
        case ADVERT_HMAC_REPLAY:
        case ADVERT_BAD_SOURCE:
        case ADVERT_OWN:
        case ADVERT_VERDICT_MAX:
        case ADVERT_VERDICT_INVALID:
                break;
        }
        return false;
}

static AdvertVerdict authenticate(const AdvertParams *expect, Hmac *hmac, usec_t realtime_usec,
                const VrrpAddress *source, const uint8_t *buf, size_t size) {
        if (expect->version == 2 && expect->auth == ADVERT_AUTH_PASS)
                return pass_verify(expect, buf, size);
        if (expect->trailer_size == 0)
                return hmac && hmac_requires(hmac) ? ADVERT_HMAC_MISSING : ADVERT_OK;
        /* Somebody signs who should not, or we should verify and do not: a difference in configuration. */
        if (!hmac)
                return ADVERT_BAD_AUTH_TYPE;
        return hmac_verify(hmac, realtime_usec, source, buf, size - expect->trailer_size);
}

AdvertVerdict auth_decode(const AdvertParams *expect, Hmac *hmac, usec_t realtime_usec, const uint8_t *buf,
                size_t size, int ttl, const VrrpAddress *source, const VrrpAddress *destination,
                Advert *ret) {
        size_t message_size = advert_message_size(buf, size, expect->family);
        AdvertParams params = *expect;
        AdvertVerdict verdict, authentic;

        if (message_size > 0 && size == message_size + HMAC_TRAILER_SIZE)
                params.trailer_size = HMAC_TRAILER_SIZE;
        verdict = advert_decode(&params, buf, size, ttl, source, destination, ret);
        if (!envelope_valid(verdict))
                return verdict;
        authentic = authenticate(&params, hmac, realtime_usec, source, buf, size);
        return authentic != ADVERT_OK ? authentic : verdict;
}
