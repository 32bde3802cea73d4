/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Text from outside (configuration files, names in the kernel) may be any bytes; D-Bus takes only UTF-8 and
 * refuses a whole message for one wrong byte. Strict: what sd-bus refuses is refused here too, so also
 * surrogates and non-characters (Unicode 15.0, section 23.7). */

#include "service/util/macro.h"

/* Bytes of the well-formed character at s (RFC 3629), 0 = there is none, or s is at its end. */
size_t utf8_character(const char *s);
/* What is encoded well at s, but is a surrogate or a non-character: its code point. */
bool utf8_noncharacter(const char *s, uint32_t *ret_code);
bool utf8_is_valid(const char *s);
/* Makes valid what is in a buffer of `size` bytes: U+FFFD for each run of wrong bytes, in place. What does
 * not fit any more is cut off between characters, and so is what is left of a character at the end of a full
 * buffer. */
void utf8_clean(char *s, size_t size);
/* A valid copy. NULL becomes NULL. -ENOMEM. */
int utf8_copy(const char *s, char **ret);
