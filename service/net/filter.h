/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The packet filter of the daemon: one nftables table `inet vrrpd`, which the kernel removes together with
 * the socket that made it (the owner flag), so nothing of it outlives the daemon, however that ends. It
 * exists only while something is in it. Two things can be in it:
 *   addresses that this host does not accept packets for (no_accept); forwarding, ARP and IPv6 neighbour
 *   discovery go on, as they must;
 *   links with a virtual MAC address, from which no IGMP, MLD or router solicitation leaves. */

#include "service/core/types.h"

typedef struct Filter Filter;

typedef struct FilterParams {
        int priority;  /* of both chains; nft(8): 0 = filter */
        bool counters; /* in each rule that drops */
} FilterParams;

int filter_new(const FilterParams *params, Filter **ret);
Filter *filter_free(Filter *f);
DEFINE_CLEANUP(Filter, filter_free);

/* Counted: what was added n times has to be removed n times. The change is made by filter_flush(). ifindex:
 * where an IPv6 link-local address is; no matter for others. -ENOMEM. */
int filter_add_address(Filter *f, const VrrpAddress *address, int ifindex);
void filter_remove_address(Filter *f, const VrrpAddress *address, int ifindex);
int filter_add_link(Filter *f, int ifindex);
void filter_remove_link(Filter *f, int ifindex);

/* Other parameters for the table: it is made anew by the next filter_flush(), in one step. */
void filter_configure(Filter *f, const FilterParams *params);

/* Makes the kernel have what was asked for. The kernel does it within the call and nothing is waited for. 0,
 * or -errno, also of an earlier failure that was not mended since: -EOPNOTSUPP (no nftables in this kernel),
 * -EPERM, -EEXIST (somebody else has a table of this name)... It may be called again at any time. */
int filter_flush(Filter *f);
/* The error of the last filter_flush(), 0 = none. */
int filter_error(const Filter *f);
