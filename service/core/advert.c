/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The VRRP message as bytes: RFC 9568 section 5.1 (version 3) and RFC 3768 section 5.1 (version 2, with the
 * authentication fields of RFC 2338). Owns layout, checksum and the order in which a packet is judged. Must
 * not know sockets, instances or states; whether the sender may speak at all (peers, loops) and who it
 * really is (service/auth) is judged by the callers.
 *
 *       0               1               2               3
 *      | version|type  | VRID          | priority      | address count |
 *   v2 | auth type     | interval (s)  | checksum                      |
 *   v3 | 0    | interval (cs)          | checksum                      |
 *      | addresses, 4 or 16 bytes each ...                             |
 *   v2 | authentication data, 8 bytes                                  |
 */

#include "service/core/advert.h"
#include <arpa/inet.h>

#define HEADER_SIZE 8
#define TYPE_ADVERTISEMENT 1
#define INTERVAL_MAX_CS 4095 /* 12 bits */
#define INTERVAL_MAX_S 255

static const char *const advert_verdict_table[] = {
                [ADVERT_OK] = "ok",
                [ADVERT_BAD_TTL] = "bad-ttl",
                [ADVERT_BAD_VERSION] = "bad-version",
                [ADVERT_BAD_TYPE] = "bad-type",
                [ADVERT_BAD_VRID] = "bad-vrid",
                [ADVERT_BAD_LENGTH] = "bad-length",
                [ADVERT_BAD_CHECKSUM] = "bad-checksum",
                [ADVERT_BAD_ADDRESS_COUNT] = "bad-address-count",
                [ADVERT_BAD_INTERVAL] = "bad-interval",
                [ADVERT_BAD_AUTH_TYPE] = "bad-auth-type",
                [ADVERT_BAD_AUTH_DATA] = "bad-auth-data",
                [ADVERT_HMAC_MISSING] = "hmac-missing",
                [ADVERT_HMAC_MALFORMED] = "hmac-malformed",
                [ADVERT_HMAC_UNKNOWN_KEY] = "hmac-unknown-key",
                [ADVERT_HMAC_STALE] = "hmac-stale",
                [ADVERT_HMAC_BAD] = "hmac-bad",
                [ADVERT_HMAC_REPLAY] = "hmac-replay",
                [ADVERT_BAD_SOURCE] = "bad-source",
                [ADVERT_OWN] = "own",
};
STRTAB_DEFINE(advert_verdict, AdvertVerdict, advert_verdict_table);
_Static_assert(ELEMENTSOF(advert_verdict_table) == ADVERT_VERDICT_MAX, "every verdict has a name");

bool advert_source_valid(const VrrpAddress *source, const VrrpAddress *destination, bool link_local) {
        static const uint8_t broadcast[4] = {0xff, 0xff, 0xff, 0xff};
        static const uint8_t unspecified[sizeof(source->bytes)];

        if (memcmp(source->bytes, unspecified, vrrp_address_size(source->family)) == 0 ||
                        vrrp_address_is_multicast(source))
                return false;
        if (source->family == AF_INET)
                return memcmp(source->bytes, broadcast, sizeof(broadcast)) != 0;
        return !link_local || !vrrp_address_is_multicast(destination) || vrrp_address_is_link_local(source);
}

/* FNV-1a, then an avalanche: alone it would leave close addresses so regular that sums of them collide. */
static uint64_t digest_one(const uint8_t *bytes, size_t size) {
        uint64_t h = UINT64_C(0xcbf29ce484222325);

        for (size_t i = 0; i < size; i++)
                h = (h ^ bytes[i]) * UINT64_C(0x100000001b3);
        h = (h ^ (h >> 32)) * UINT64_C(0x9e3779b97f4a7c15);
        h = (h ^ (h >> 29)) * UINT64_C(0xbf58476d1ce4e5b9);
        return h ^ (h >> 32);
}

uint64_t advert_vips_digest(const VrrpAddress *vips, size_t n) {
        uint64_t digest = n;

        for (size_t i = 0; i < n; i++)
                digest += digest_one(vips[i].bytes, vrrp_address_size(vips[i].family));
        return digest;
}

/* The same digest over the addresses of a message, which lie there without gaps. */
static uint64_t digest_message(const uint8_t *addresses, size_t n, size_t address_size) {
        uint64_t digest = n;

        for (size_t i = 0; i < n; i++)
                digest += digest_one(addresses + i * address_size, address_size);
        return digest;
}

/* RFC 1071, not yet folded. Every part of a message, and so every message of a right length, has an even
 * size. */
static uint32_t sum16(const uint8_t *p, size_t size, uint32_t sum) {
        for (size_t i = 0; i < size; i += 2)
                sum += (uint32_t)(p[i] << 8 | p[i + 1]);
        return sum;
}

static uint16_t fold(uint32_t sum) {
        while (sum >> 16)
                sum = (sum & 0xffff) + (sum >> 16);
        return (uint16_t)sum;
}

/* The pseudo-header of RFC 9568 section 5.2.8: both addresses, protocol and length. IPv4 and IPv6 order and
 * pad them differently, which does not change the sum. */
static uint32_t pseudo_sum(const VrrpAddress *source, const VrrpAddress *destination, size_t size) {
        uint32_t sum = VRRP_IPPROTO + (uint32_t)size;

        sum = sum16(source->bytes, vrrp_address_size(source->family), sum);
        return sum16(destination->bytes, vrrp_address_size(destination->family), sum);
}

/* The sum over a message, checksum field included: 0xffff in a correct one (RFC 1071). */
static uint16_t message_sum(const uint8_t *buf, size_t size, AdvertChecksum form, const VrrpAddress *source,
                const VrrpAddress *destination) {
        return fold(sum16(buf, size,
                        form == ADVERT_CHECKSUM_PSEUDO ? pseudo_sum(source, destination, size) : 0));
}

/* The interval as the wire has it: whole seconds in version 2, centiseconds in version 3. */
static unsigned wire_interval(uint8_t version, usec_t interval_usec) {
        usec_t units = version == 2 ? interval_usec / USEC_PER_SEC : interval_usec / USEC_PER_CS;
        usec_t most = MIN(units, (usec_t)(version == 2 ? INTERVAL_MAX_S : INTERVAL_MAX_CS));

        return (unsigned)MAX(most, (usec_t)1);
}

/* Version 2 knows only the plain form and IPv6 only the other; version 3 over IPv4 has both. */
static AdvertChecksum form_to_send(const AdvertParams *p) {
        if (p->version == 2)
                return ADVERT_CHECKSUM_PLAIN;
        return p->family == AF_INET6 ? ADVERT_CHECKSUM_PSEUDO : p->checksum_form;
}

static size_t message_size(uint8_t version, size_t n_addresses, size_t address_size) {
        return HEADER_SIZE + n_addresses * address_size + (version == 2 ? ADVERT_AUTH_SIZE : 0);
}

/* Is this a combination that exists? RFC 3768 is IPv4 only. */
static bool params_valid(const AdvertParams *p) {
        return (p->version == 2 && p->family == AF_INET) ||
               (p->version == 3 && vrrp_address_size(p->family) != 0);
}

void advert_set_checksum(uint8_t *buf, size_t size, AdvertChecksum form, const VrrpAddress *source,
                const VrrpAddress *destination) {
        uint16_t checksum;

        buf[6] = buf[7] = 0;
        checksum = (uint16_t)~message_sum(buf, size, form, source, destination);
        buf[6] = (uint8_t)(checksum >> 8);
        buf[7] = (uint8_t)checksum;
}

size_t advert_encode(const AdvertParams *p, uint8_t priority, const VrrpAddress *source,
                const VrrpAddress *destination, uint8_t *buf, size_t size) {
        size_t address_size = vrrp_address_size(p->family), length;
        unsigned interval = wire_interval(p->version, p->interval_usec);

        if (!params_valid(p) || p->n_vips > ADVERT_VIPS_MAX)
                return 0;
        length = message_size(p->version, p->n_vips, address_size);
        if (size < length)
                return 0;

        memset(buf, 0, length);
        buf[0] = (uint8_t)(p->version << 4 | TYPE_ADVERTISEMENT);
        buf[1] = p->vrid;
        buf[2] = priority;
        buf[3] = (uint8_t)p->n_vips;
        if (p->version == 2) {
                buf[4] = (uint8_t)p->auth;
                buf[5] = (uint8_t)interval;
        } else {
                buf[4] = (uint8_t)(interval >> 8);
                buf[5] = (uint8_t)interval;
        }
        for (size_t i = 0; i < p->n_vips; i++)
                memcpy(buf + HEADER_SIZE + i * address_size, p->vips[i].bytes, address_size);
        if (p->version == 2 && p->auth == ADVERT_AUTH_PASS)
                memcpy(buf + length - ADVERT_AUTH_SIZE, p->auth_data, ADVERT_AUTH_SIZE);

        advert_set_checksum(buf, length, form_to_send(p), source, destination);
        return length;
}

size_t advert_message_size(const uint8_t *buf, size_t size, int family) {
        return size < HEADER_SIZE ? 0 : message_size(buf[0] >> 4, buf[3], vrrp_address_size(family));
}

bool advert_peek(const uint8_t *buf, size_t size, uint8_t *ret_version, uint8_t *ret_vrid) {
        if (size < HEADER_SIZE)
                return false;
        *ret_version = buf[0] >> 4;
        *ret_vrid = buf[1];
        return true;
}

/* Accepts whichever form is right and tells which; the form we send ourselves is tried first. */
static bool checksum_valid(const AdvertParams *expect, const uint8_t *buf, size_t size,
                const VrrpAddress *source, const VrrpAddress *destination, AdvertChecksum *ret) {
        AdvertChecksum form = form_to_send(expect), other;

        if (message_sum(buf, size, form, source, destination) == 0xffff) {
                *ret = form;
                return true;
        }
        if (expect->version == 2 || expect->family == AF_INET6)
                return false;

        other = form == ADVERT_CHECKSUM_PLAIN ? ADVERT_CHECKSUM_PSEUDO : ADVERT_CHECKSUM_PLAIN;
        if (message_sum(buf, size, other, source, destination) != 0xffff)
                return false;
        *ret = other;
        return true;
}

/* RFC 3768 section 7.1, from "Auth Type" on. */
static AdvertVerdict judge_v2(const AdvertParams *expect, const uint8_t *buf) {
        if (buf[4] != expect->auth)
                return ADVERT_BAD_AUTH_TYPE;
        if (buf[3] == 0 && expect->n_vips > 0)
                return ADVERT_BAD_ADDRESS_COUNT;
        if (buf[5] != wire_interval(2, expect->interval_usec))
                return ADVERT_BAD_INTERVAL;
        return ADVERT_OK;
}

/* RFC 9568 sections 5.2.5 and 5.2.7. An interval that merely differs is the router's to adopt. */
static AdvertVerdict judge_v3(const AdvertParams *expect, const uint8_t *buf) {
        if (buf[3] == 0 && expect->n_vips > 0)
                return ADVERT_BAD_ADDRESS_COUNT;
        if ((buf[4] & 0x0f) == 0 && buf[5] == 0)
                return ADVERT_BAD_INTERVAL;
        return ADVERT_OK;
}

static usec_t decode_interval(const uint8_t *buf, uint8_t version) {
        if (version == 2)
                return buf[5] * USEC_PER_SEC;
        return (usec_t)((buf[4] & 0x0f) << 8 | buf[5]) * USEC_PER_CS;
}

AdvertVerdict advert_decode(const AdvertParams *expect, const uint8_t *buf, size_t size, int ttl,
                const VrrpAddress *source, const VrrpAddress *destination, Advert *ret) {
        size_t address_size = vrrp_address_size(expect->family);
        AdvertChecksum form;
        AdvertVerdict verdict;

        if (size >= HEADER_SIZE) {
                ret->version = buf[0] >> 4;
                ret->vrid = buf[1];
                ret->priority = buf[2];
                ret->source = *source;
                ret->destination = *destination;
        }

        /* RFC 9568 section 7.1, in its order; RFC 3768 section 7.1 has the same up to the VRID. */
        if (ttl >= 0 && ttl != VRRP_TTL)
                return ADVERT_BAD_TTL;
        if (size < HEADER_SIZE)
                return ADVERT_BAD_LENGTH;
        if (!params_valid(expect) || buf[0] >> 4 != expect->version)
                return ADVERT_BAD_VERSION;
        if ((buf[0] & 0x0f) != TYPE_ADVERTISEMENT)
                return ADVERT_BAD_TYPE;
        if (size != message_size(expect->version, buf[3], address_size) + expect->trailer_size)
                return ADVERT_BAD_LENGTH;
        if (expect->family == AF_INET)
                size -= expect->trailer_size;
        if (!checksum_valid(expect, buf, size, source, destination, &form))
                return ADVERT_BAD_CHECKSUM;
        if (buf[1] != expect->vrid)
                return ADVERT_BAD_VRID;

        verdict = expect->version == 2 ? judge_v2(expect, buf) : judge_v3(expect, buf);
        if (verdict != ADVERT_OK)
                return verdict;

        ret->interval_usec = decode_interval(buf, expect->version);
        ret->checksum_form = form;
        ret->n_vips = buf[3];
        ret->vips_digest = digest_message(buf + HEADER_SIZE, buf[3], address_size);
        return ADVERT_OK;
}
