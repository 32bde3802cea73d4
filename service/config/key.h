/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the values of auth_hmac look like as text, in the configuration or in a file of their own. */

#include "service/config/config.h"

STRTAB_DECLARE(hmac_mode, HmacMode); /* "enforce" "permissive" "receive-only" */

#define CONFIG_KEY_WHY_SIZE 96

/* Reads "hex:DIGITS" or the key itself into key->data and size. False: `why` says what is wrong with it,
 * without a byte of it. */
bool config_key_parse(ConfigKey *key, const char *text, char why[CONFIG_KEY_WHY_SIZE]);
/* Frees and wipes. */
void config_key_done(ConfigKey *key);
