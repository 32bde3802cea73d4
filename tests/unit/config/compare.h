/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Two models held against each other, by the tables of service/config/model.c. */

#include "service/config/model.h"
#include <glib.h>

/* NULL: the same but for positions and secrets. Else where they first differ: "instances[1].vips[0].label".
 * g_free(). */
char *model_difference(const Config *a, const Config *b);
