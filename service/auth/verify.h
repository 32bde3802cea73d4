/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* From bytes to an advert that may become an event: the codec and the authentication, in the order of the
 * RFCs. It is the only way into the router for what came from the wire. */

#include "service/auth/hmac.h"

/* As advert_decode(), and authenticated: the password of `expect` in version 2, or the trailer when there is
 * an `hmac` (NULL = not configured). The RFC's checks up to checksum and VRID come first, then
 * authentication, then what the advert says. */
AdvertVerdict auth_decode(const AdvertParams *expect, Hmac *hmac, usec_t realtime_usec, const uint8_t *buf,
                size_t size, int ttl, const VrrpAddress *source, const VrrpAddress *destination,
                Advert *ret);
