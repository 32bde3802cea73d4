/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Virtual addresses among other IPv4 addresses of their subnet. The first address of a subnet on a link is
 * its primary one, and when that goes the kernel takes the others along, unless promote_secondaries is on.
 * Internal to vip.c. */

#include "service/vip.h"

/* Before the removal of an address is queued on netlink, and after the last one: nothing of the host's own
 * goes along. Where the setting is off and matters it is on for just these requests, and the store remembers
 * it until the kernel has put it back. */
void vip_promotion_begin(VipSet *s, int ifindex);
void vip_promotion_end(VipSet *s);

/* The primary address of the subnet that v is in, as long as the mirror shows it; false = v is that, or
 * there is none. */
bool vip_find_primary(const Vip *v, VrrpAddress *ret);
/* Is this address, which was a primary one, not one any more? */
bool vip_primary_went(const Link *link, const VrrpAddress *primary);
