/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The links that carry a virtual MAC address: macvlans in private mode, made, marked, switched and removed
 * through rtnetlink; and what of a link's IPv4 settings can be changed there. Requests are queued on
 * netlink, the caller flushes. */

#include "service/core/frame.h"
#include "service/net/link.h"

/* What the alias (IFLA_IFALIAS) of a link that we made begins with; the instance's name follows. */
#define MACVLAN_MARK "vrrpd:"

typedef struct MacvlanRequest {
        int lower_ifindex;
        const char *name;
        uint8_t mac[FRAME_MAC_SIZE];
        uint32_t group;    /* of the lower link: its firewall rules go on to match */
        const char *owner; /* for the mark */
} MacvlanRequest;

/* Makes it (down) and marks it. The ack is that of the making: -EEXIST, the name is taken. */
int macvlan_create(Netlink *n, const MacvlanRequest *m, NetlinkAck ack, void *userdata);
/* Takes back the mark that macvlan_create() has put, should it have met a link that somebody else made in
 * the same instant. */
int macvlan_unmark(Netlink *n, const char *name);
/* Is the link what the request asks for? */
bool macvlan_matches(const Link *link, const MacvlanRequest *m);

/* Sets the link's IPv4 side so that it answers ARP for its own addresses only and takes what its lower link
 * has the routes for, and keeps IPv6 from making addresses by itself. forwarding: as the lower link's. */
int macvlan_configure(Netlink *n, int ifindex, bool forwarding, NetlinkAck ack, void *userdata);

int macvlan_switch(Netlink *n, int ifindex, bool up, NetlinkAck ack, void *userdata);
/* The kernel waits some 40 ms for each removal, and no longer for many at once: they are put into a group of
 * links that nobody else uses (MACVLAN_GROUP; the caller has looked), which is removed as a whole. */
#define MACVLAN_GROUP 0x76727270U
int macvlan_remove(Netlink *n, const int *ifindexes, size_t n_ifindexes);

/* Asks for no change. When it has been sent, what the kernel was doing to links is done. */
int link_touch(Netlink *n, int ifindex);
/* One of a link's IPv4 settings (IPV4_DEVCONF_* of linux/ip.h). */
int link_set_devconf(Netlink *n, int ifindex, int setting, uint32_t value, NetlinkAck ack, void *userdata);

/* Removes every macvlan of this network namespace that carries our mark: what an earlier run left. How many
 * there were, or -errno. Synchronous: start and exit only. */
int macvlan_remove_marked(void);
