/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The VRRP advertisement as bytes and as a struct: RFC 9568 section 5 (v3), RFC 3768 section 5 (v2).
 *
 * Bytes in, host-order struct out, and a named verdict for each refusal; the verdict indexes the statistics.
 * No policy: whether the sender may speak to us, and what its words mean, is the router's business. */

#include "service/core/types.h"

#define ADVERT_VIPS_MAX 255
#define ADVERT_SIZE_MAX (8 + 16 * ADVERT_VIPS_MAX + 8)
#define ADVERT_AUTH_SIZE 8
#define VRRP_IPPROTO 112
#define VRRP_TTL 255

/* What became of a received packet. Everything from ADVERT_BAD_... on was discarded and changed nothing. */
typedef enum AdvertVerdict {
        ADVERT_OK,
        ADVERT_BAD_TTL,     /* not 255 (RFC 9568 section 5.1.1.3) */
        ADVERT_BAD_VERSION, /* not the configured version */
        ADVERT_BAD_TYPE,    /* not 1 */
        ADVERT_BAD_VRID,    /* not ours; routine where several routers share a link */
        ADVERT_BAD_LENGTH,  /* shorter or longer than the address count says */
        ADVERT_BAD_CHECKSUM,
        ADVERT_BAD_ADDRESS_COUNT, /* zero addresses in a packet that must have one */
        ADVERT_BAD_INTERVAL,      /* v2: differs from ours; v3: zero */
        ADVERT_BAD_AUTH_TYPE,     /* v2: not the configured authentication type */
        ADVERT_BAD_AUTH_DATA,     /* v2: wrong password */
        ADVERT_HMAC_MISSING,      /* no trailer where one is required; the verdicts of service/auth/hmac.h */
        ADVERT_HMAC_MALFORMED,    /* a trailer of another type, or with reserved bits */
        ADVERT_HMAC_UNKNOWN_KEY,  /* signed with a key id that is not configured */
        ADVERT_HMAC_STALE,        /* its time differs from ours by more than the window */
        ADVERT_HMAC_BAD,          /* the HMAC is wrong: another key, or a forgery */
        ADVERT_HMAC_REPLAY,       /* not newer than the last one of this sender */
        ADVERT_BAD_SOURCE, /* no address of a router (advert_source_valid()); unicast: not a configured peer
                            */
        ADVERT_OWN,        /* from our own address: looped back, or of a router that has it, too */
        ADVERT_VERDICT_MAX,
        ADVERT_VERDICT_INVALID = -EINVAL,
} AdvertVerdict;
STRTAB_DECLARE(advert_verdict, AdvertVerdict); /* "ok" "bad-ttl" ... : keys of GetStatistics */

/* Which of the two IPv4 forms of the v3 checksum a packet carries; DESIGN section 5.9. */
typedef enum AdvertChecksum {
        ADVERT_CHECKSUM_PSEUDO, /* RFC 5798: with pseudo-header (keepalived, FRR); the only form for IPv6 */
        ADVERT_CHECKSUM_PLAIN,  /* RFC 9568 for IPv4: without; the only form of v2 */
} AdvertChecksum;

typedef enum AdvertAuth {
        ADVERT_AUTH_NONE = 0,
        ADVERT_AUTH_PASS = 1, /* RFC 2338 simple text password */
} AdvertAuth;

/* A decoded advertisement in host order. */
typedef struct Advert {
        uint8_t version; /* 2 or 3 */
        uint8_t vrid;
        uint8_t priority;
        usec_t interval_usec; /* v2: Adver Int, whole seconds; v3: Max Advertise Interval, centiseconds */
        AdvertChecksum checksum_form;
        VrrpAddress source, destination;
        uint8_t n_vips;
        /* Of the list, whatever its order, to compare lists cheaply; see advert_vips_digest(). */
        uint64_t vips_digest;
} Advert;

/* May a packet come from this address? Not from the unspecified one, a group or all hosts: a router that
 * answers for the virtual addresses has an address. With link_local an IPv6 packet to a group comes from a
 * link-local one (RFC 9568 section 5.1.2.1); to a single router it need not. Broadcasts of a subnet are the
 * kernel's to drop, which knows the subnets. */
bool advert_source_valid(const VrrpAddress *source, const VrrpAddress *destination, bool link_local);

/* What a router expects of packets for it, and how it builds its own. */
typedef struct AdvertParams {
        uint8_t version; /* 2 or 3 */
        uint8_t vrid;
        int family;
        usec_t interval_usec;         /* configured interval */
        AdvertChecksum checksum_form; /* of what is sent; both are accepted in v3/IPv4 */
        AdvertAuth auth;              /* v2 only */
        uint8_t auth_data[ADVERT_AUTH_SIZE];
        size_t trailer_size; /* bytes behind a received message that are not its own */
        const VrrpAddress
                        *vips; /* borrowed, n_vips entries of `family`, in the order of the configuration */
        size_t n_vips;
} AdvertParams;

/* Digest of a list of addresses: the sum of a mixed FNV-1a of each, and the count, so that the same list in
 * another order gives the same value. */
uint64_t advert_vips_digest(const VrrpAddress *vips, size_t n);

/* Builds the VRRP message (without IP header) for `priority` into buf.
 * The IPv6 checksum field is filled in too, from source and destination (the kernel would as well).
 * Returns the length in bytes; 0 when buf is too small or there are more than 255 addresses. */
size_t advert_encode(const AdvertParams *p, uint8_t priority, const VrrpAddress *source,
                const VrrpAddress *destination, uint8_t *buf, size_t size);

/* Writes the checksum over `size` bytes whose others are final: advert_encode() does so for the message, and
 * whoever adds a trailer that IPv6's covers does it again. */
void advert_set_checksum(uint8_t *buf, size_t size, AdvertChecksum form, const VrrpAddress *source,
                const VrrpAddress *destination);

/* How long the message is by its own version and address count; 0 when it is too short to tell. */
size_t advert_message_size(const uint8_t *buf, size_t size, int family);

/* Reads VRID and version of a VRRP message without judging it, to find the router it is for.
 * Returns false when it is shorter than 8 bytes. */
bool advert_peek(const uint8_t *buf, size_t size, uint8_t *ret_version, uint8_t *ret_vrid);

/* Judges and decodes a VRRP message (IP header already taken off), except for its authentication data, which
 * is service/auth's to judge. ttl < 0: not to be judged (unicast without min_ttl). Over IPv4 the checksum
 * does not cover the trailer, over IPv6 it does. source and destination are the IP header's. *ret is written
 * only with ADVERT_OK, except that its version, vrid, priority, source and destination are set as soon as
 * the length allows it. The order of the checks is RFC 9568 section 7.1's (RFC 3768 section 7.1 for v2). */
AdvertVerdict advert_decode(const AdvertParams *expect, const uint8_t *buf, size_t size, int ttl,
                const VrrpAddress *source, const VrrpAddress *destination, Advert *ret);
