/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Between finish.c and finish-address.c. Each takes one step of an instance from draft to model: 0 or
 * -ENOMEM. */

#include "service/config/parser.h"
#include <sys/socket.h>

int finish_family(Parser *p, InstanceDraft *d);
int finish_unicast(Parser *p, InstanceDraft *d);
int finish_vips(Parser *p, InstanceDraft *d);
/* Makes config_find_*() quick; again after each change of the arrays. */
int config_index(Config *c);
