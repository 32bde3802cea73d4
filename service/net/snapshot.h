/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The links of this host and their addresses at one moment, for whoever judges a configuration in another
 * thread than the one that owns the mirror. Synchronous, on sockets of its own; shares nothing with anybody.
 */

#include "service/core/types.h"

typedef struct NetSnapshotLink {
        char name[16];
        int ifindex;
        VrrpAddress *addresses; /* in the kernel's order, without ours (marked) */
        uint8_t *prefixlens;    /* one for each address */
        size_t n_addresses;
} NetSnapshotLink;

typedef struct NetSnapshot {
        NetSnapshotLink *links; /* by ifindex, ascending */
        size_t n_links;
} NetSnapshot;

/* Errors: -ENOMEM, -ETIMEDOUT, -errno of the socket or of the kernel's answer. */
int net_snapshot_take(NetSnapshot **ret);
NetSnapshot *net_snapshot_free(NetSnapshot *s);
DEFINE_CLEANUP(NetSnapshot, net_snapshot_free);
