/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What rtnetlink's link and address messages say, as this room's structs. Internal to this room. */

#include "service/net/link.h"

/* RTM_NEWLINK, RTM_DELLINK: overwrites in *link what the message names (name, ifindex, flags, operstate,
 * MAC, MTU) and leaves the rest. False: malformed, or not about the link itself (a bridge tells of its ports
 * with the same message type). */
bool message_parse_link(const struct nlmsghdr *header, Link *link);

/* RTM_NEWADDR, RTM_DELADDR. ret_peer (may be NULL): the other end of a point-to-point address, unset where
 * there is none. False: malformed, or of another family than IPv4 and IPv6. */
bool message_parse_address(
                const struct nlmsghdr *header, int *ret_ifindex, LinkAddress *ret, VrrpAddress *ret_peer);
