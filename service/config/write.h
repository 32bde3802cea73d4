/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The effective configuration as text: everything expanded, every default spelled out, in the syntax that
 * config_load() reads. Secrets are replaced by CONFIG_MASK, which loads as well; apart from them a model
 * that was written and loaded again is the same. */

#include "service/config/config.h"

#define CONFIG_MASK "********"
#define CONFIG_KEY_MASK CONFIG_MASK CONFIG_MASK CONFIG_MASK CONFIG_MASK

/* The caller frees. Valid UTF-8. NULL on -ENOMEM. */
char *config_write(const Config *c);
