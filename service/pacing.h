/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Which interfaces share the pace of their announcements: garp_group, vrrp_garp_interval, vrrp_gna_interval.
 */

#include "service/config/config.h"
#include "service/net/link.h"
#include "service/net/neigh-socket.h"

typedef struct Pacing Pacing;

int pacing_new(const LinkMirror *links, Pacing **ret);
Pacing *pacing_free(Pacing *p);
DEFINE_CLEANUP(Pacing, pacing_free);

/* Makes the configuration's groups the ones that hold. -ENOMEM: those before stay. */
int pacing_configure(Pacing *p, const Config *config);
/* A NeighPaceLookup; userdata is the Pacing. */
NeighPace *pacing_find(int ifindex, void *userdata);
