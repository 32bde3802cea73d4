/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Requests to add and remove routes, marked with RTA_PROTOCOL = VRRPD_PROTOCOL (the rtm_protocol of the
 * message). */

#include "service/core/routing.h"
#include "service/net/netlink.h"

/* Queue on netlink; the caller flushes. ifindexes: one for each nexthop, 0 where it has no dev. NLM_F_EXCL:
 * what is there already, ours or another's, is left alone and gives the ack -EEXIST. A removal removes only
 * what carries our mark; nothing there: -ESRCH. -EINVAL: the value cannot be a route; -ENOMEM. */
int route_add(Netlink *n, const VrrpRoute *r, const int *ifindexes, NetlinkAck ack, void *userdata);
int route_remove(Netlink *n, const VrrpRoute *r, const int *ifindexes, NetlinkAck ack, void *userdata);

/* What a notification (RTM_NEWROUTE, RTM_DELROUTE) says of which route it is. */
typedef struct RouteKey {
        VrrpAddress destination;
        uint8_t prefixlen;
        uint8_t tos; /* 0 in IPv6 */
        uint32_t table, metric;
} RouteKey;

/* false = not a route, or not ours. */
bool route_parse(const struct nlmsghdr *header, RouteKey *ret);
/* Whosever it is. */
bool route_parse_any(const struct nlmsghdr *header, RouteKey *ret);
void route_key(const VrrpRoute *r, RouteKey *ret);
bool route_key_equal(const RouteKey *a, const RouteKey *b);

/* "192.0.2.0/24 via 198.51.100.1 dev eth0 table 100" for messages; cut off where buf ends. Returns buf. */
#define ROUTE_STRLEN 160
const char *route_to_string(const VrrpRoute *r, char buf[ROUTE_STRLEN]);
