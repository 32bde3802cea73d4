/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Between finish.c, finish-address.c and finish-track.c. Each takes one step of an instance from draft to
 * model: 0 or -ENOMEM. */

#include "service/config/parser.h"
#include <sys/socket.h>

int finish_hmac(Parser *p, InstanceDraft *d); /* grammar-hmac.c */
int finish_family(Parser *p, InstanceDraft *d);
int finish_unicast(Parser *p, InstanceDraft *d);
int finish_vips(Parser *p, InstanceDraft *d);
/* The track lists of an instance or a group: drops what is there twice or names nothing, with a warning, and
 * fills in weights that are those of the tracked thing. *n: how many are left. */
int finish_track_list(Parser *p, ConfigTrack *tracks, size_t *n);
/* Which links with virtual MAC addresses the instances need, and what they are called. When all instances
 * are in the model. */
int finish_vmacs(Parser *p);
/* What of use_vmac and its like does not go with the rest of an instance. */
int finish_vmac(Parser *p, InstanceDraft *d);
int finish_routing(Parser *p, InstanceDraft *d);
/* static_* and track_group, when all instances are in the model. */
int finish_static(Parser *p);
/* finish-group.c: all sync groups, when all instances are finished and indexed. */
int finish_groups(Parser *p);
/* Makes config_find_*() quick; again after each change of the arrays. */
int config_index(Config *c);
