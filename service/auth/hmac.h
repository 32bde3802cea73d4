/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Adverts signed with HMAC-SHA256 and protected against replay: the `auth_hmac` of keepalived 2.4. Behind
 * the advert, whose own fields stay as they are, stands a trailer:
 *
 *       0               1               2               3
 *      | type (1)      | key id        | 0                             |
 *      | seconds since 1970, UTC                                       |
 *      | fraction of the second        | counter                       |
 *      | HMAC, its first 16 bytes ...                                  |
 *
 * The HMAC covers a pseudo-header (family, version, VRID, source address), the advert with its checksum as
 * zero, and the trailer with its HMAC as zero. Neither destination nor IP header are covered.
 *
 * Owned by one instance, which outlives reloads with it: keys change in place, what was heard and sent
 * stays. It must not know sockets, clocks or states: the time goes in. Signing and verifying allocate
 * nothing. */

#include "service/core/advert.h"
#include "service/core/auth.h"

#define HMAC_TRAILER_SIZE 28
/* Of how many senders the last sequence is remembered in multicast. */
#define HMAC_SENDERS_MULTICAST 4

typedef struct Hmac Hmac;

/* Copies what it needs of `config`. n_senders: how many have their last sequence remembered (the peers in
 * unicast). -ENOMEM; -ENOTSUP when libcrypto has no HMAC. */
int hmac_new(const HmacConfig *config, size_t n_senders, Hmac **ret);
Hmac *hmac_free(Hmac *h); /* wipes the keys */
DEFINE_CLEANUP(Hmac, hmac_free);

/* A reload: h takes the place of `from`, and what that one has heard and sent counts on, as far as there is
 * room for the senders. */
void hmac_inherit(Hmac *h, Hmac *from);

/* Does it sign what is sent? (Not with receive-only.) */
bool hmac_signs(const Hmac *h);
/* Is an advert without trailer refused? (Only with enforce.) */
bool hmac_requires(const Hmac *h);

/* Writes the trailer behind the message of `size` bytes in buf, which has room for it, and gives IPv6 the
 * checksum that covers it too. realtime_usec: now, since 1970. Returns the new size; 0 when there is no
 * room. */
size_t hmac_sign(Hmac *h, usec_t realtime_usec, const VrrpAddress *source, const VrrpAddress *destination,
                uint8_t *buf, size_t size, size_t room);

/* Judges message (size bytes) and trailer (HMAC_TRAILER_SIZE bytes behind it), whose checksum is right. When
 * it returns ADVERT_OK the sequence is used up: the same packet again is a replay. */
AdvertVerdict hmac_verify(Hmac *h, usec_t realtime_usec, const VrrpAddress *source, const uint8_t *message,
                size_t size);
