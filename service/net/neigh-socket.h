/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A packet socket that sends gratuitous ARP and neighbour advertisements on any interface, and, while asked
 * to, listens for others' ARP on an interface (a hand-over waits for the successor's). */

#include "service/core/frame.h"
#include <systemd/sd-event.h>

typedef struct NeighSocket NeighSocket;

/* sender: an IPv4 address for which a station with this MAC spoke. */
typedef void (*NeighCallback)(
                int ifindex, const VrrpAddress *sender, const uint8_t mac[FRAME_MAC_SIZE], void *userdata);

int neigh_socket_new(sd_event *event, int64_t priority, NeighCallback callback, void *userdata,
                NeighSocket **ret);
NeighSocket *neigh_socket_free(NeighSocket *s);
DEFINE_CLEANUP(NeighSocket, neigh_socket_free);

/* The pace of announcements on interfaces that share it: at least so long between two of a kind, 0 = no
 * matter. Whoever looks it up owns it; *_next_usec (CLOCK_MONOTONIC) are the socket's. */
typedef struct NeighPace {
        usec_t arp_interval_usec, na_interval_usec;
        usec_t arp_next_usec, na_next_usec;
        uint32_t arp_round, na_round; /* the socket's scratch */
} NeighPace;
/* NULL: announcements on this interface leave at once. */
typedef NeighPace *(*NeighPaceLookup)(int ifindex, void *userdata);
void neigh_socket_set_pace(NeighSocket *s, NeighPaceLookup lookup, void *userdata);

/* Queues `repeat` announcements of address from mac on ifindex; neigh_socket_flush() sends all queued by
 * sendmmsg: each address once before any is repeated, also at a pace. owner: for
 * neigh_socket_forget(). -EINVAL; -ENOMEM, or -ENOBUFS when 65,536 wait
 * already. */
int neigh_socket_announce(NeighSocket *s, const void *owner, int ifindex, const VrrpAddress *address,
                const uint8_t mac[FRAME_MAC_SIZE], unsigned repeat);
/* Queues one frame from mac that names address and that nobody answers. Otherwise as above. */
int neigh_socket_teach(NeighSocket *s, const void *owner, int ifindex, const VrrpAddress *address,
                const uint8_t mac[FRAME_MAC_SIZE]);
/* Drops what this owner has queued and what has not left yet: it has lost its addresses. */
void neigh_socket_forget(NeighSocket *s, const void *owner);
/* What finds no room now follows by itself. An announcement on a link that is down or gone is given up; the
 * first such error
 * (-ENETDOWN, -ENXIO...) is returned after all others were sent, and is not worth a log line. */
int neigh_socket_flush(NeighSocket *s);

/* Counted: each listen(true) wants one listen(false), which may come from within the callback. Only ARP is
 * received (the socket is bound to the EtherType in the kernel), and nothing that this host sent. Errors:
 * -errno of socket(), bind(); -ENOENT: listen(false) without listen(true). */
int neigh_socket_listen(NeighSocket *s, int ifindex, bool on);
