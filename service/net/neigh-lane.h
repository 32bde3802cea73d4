/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Announcements that keep a pace, in lanes: one for each interface and kind. Internal to this room. A lane's
 * first is at hand, so that a wake-up costs as much as there are lanes, however many announcements wait. */

#include "service/net/neigh-socket.h"
#include "service/util/list.h"

/* Large enough for either kind. */
#define NEIGH_FRAME_SIZE FRAME_NA_SIZE

typedef struct NeighAnnouncement {
        const void *owner;
        int ifindex;
        uint32_t remaining; /* frames still to send */
        uint32_t sent;
        uint16_t protocol; /* EtherType */
        uint16_t size;
        uint8_t frame[NEIGH_FRAME_SIZE];
} NeighAnnouncement;

typedef struct NeighLanes {
        List lanes;
        size_t n; /* announcements in all of them */
        NeighPaceLookup pace;
        void *userdata;
} NeighLanes;

/* What a turn came to. */
typedef struct NeighTurn {
        usec_t wake_usec; /* CLOCK_MONOTONIC: when the next may leave; USEC_INFINITY = none waits for its
                             pace */
        bool full;        /* the socket has no room */
        bool busy;        /* a device has no room */
        int error;        /* the first of an announcement that was given up */
} NeighTurn;

void neigh_lanes_init(NeighLanes *l);
void neigh_lanes_done(NeighLanes *l);
/* Does an announcement of this kind on this interface have to keep a pace? */
bool neigh_lanes_takes(const NeighLanes *l, int ifindex, uint16_t protocol);
/* -ENOMEM. */
int neigh_lanes_add(NeighLanes *l, const NeighAnnouncement *a);
/* Sends on fd what may leave now: of all that share a pace the one that was announced least. */
void neigh_lanes_send(NeighLanes *l, int fd, NeighTurn *turn);
void neigh_lanes_forget(NeighLanes *l, const void *owner);
