/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The simple text password of RFC 2338 section 5.3.6.2, which VRRP version 2 had until 2004. It goes over
 * the wire as it is, so it tells routers apart that do not belong together; it keeps nobody out. */

#include "service/core/advert.h"

/* Are they the same? Takes as long wherever the first difference is, so that a secret cannot be found byte
 * by byte. The one comparison of secrets in this program. */
bool auth_equal(const void *a, const void *b, size_t size);

/* Does the message (of a size that suits its address count, see advert_message_size()) carry the password of
 * `expect`? ADVERT_OK or ADVERT_BAD_AUTH_DATA. */
AdvertVerdict pass_verify(const AdvertParams *expect, const uint8_t *message, size_t size);
