/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* See neigh-lane.h. Owns the announcements that wait. The paces are others', and may change with each
 * configuration: they are looked up in each turn, once for each lane. */

#include "service/net/neigh-lane.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <sys/socket.h>
#include <time.h>

typedef struct Waiting {
        List node;
        NeighAnnouncement announcement;
} Waiting;

typedef struct Lane {
        List node;
        int ifindex;
        uint16_t protocol;
        List fresh, again; /* Waiting: never announced yet; to be repeated, the longest ago first */
        NeighPace *pace;   /* of the turn under way */
} Lane;

static usec_t now_monotonic(void) {
        struct timespec ts;

        (void)clock_gettime(CLOCK_MONOTONIC, &ts);
        return (usec_t)ts.tv_sec * USEC_PER_SEC + (usec_t)ts.tv_nsec / NSEC_PER_USEC;
}

void neigh_lanes_init(NeighLanes *l) {
        *l = (NeighLanes){0};
        list_init(&l->lanes);
}

static void waiting_free(NeighLanes *l, Waiting *w) {
        list_remove(&w->node);
        free(w);
        l->n--;
}

static void lane_free_if_empty(Lane *lane) {
        if (!list_empty(&lane->fresh) || !list_empty(&lane->again))
                return;
        list_remove(&lane->node);
        free(lane);
}

void neigh_lanes_done(NeighLanes *l) {
        LIST_FOREACH_SAFE (node, &l->lanes) {
                Lane *lane = CONTAINER_OF(node, Lane, node);

                LIST_FOREACH_SAFE (fresh, &lane->fresh)
                        waiting_free(l, CONTAINER_OF(fresh, Waiting, node));
                LIST_FOREACH_SAFE (again, &lane->again)
                        waiting_free(l, CONTAINER_OF(again, Waiting, node));
                lane_free_if_empty(lane);
        }
}

static NeighPace *find_pace(const NeighLanes *l, int ifindex) {
        return l->pace ? l->pace(ifindex, l->userdata) : NULL;
}

static usec_t pace_interval(const NeighPace *p, uint16_t protocol) {
        if (!p)
                return 0;
        return protocol == ETH_P_ARP ? p->arp_interval_usec : p->na_interval_usec;
}

static usec_t *pace_next(NeighPace *p, uint16_t protocol) {
        return protocol == ETH_P_ARP ? &p->arp_next_usec : &p->na_next_usec;
}

static uint32_t *pace_round(NeighPace *p, uint16_t protocol) {
        return protocol == ETH_P_ARP ? &p->arp_round : &p->na_round;
}

bool neigh_lanes_takes(const NeighLanes *l, int ifindex, uint16_t protocol) {
        return pace_interval(find_pace(l, ifindex), protocol) > 0;
}

static Lane *find_lane(NeighLanes *l, int ifindex, uint16_t protocol) {
        Lane *lane;

        LIST_FOREACH (node, &l->lanes) {
                lane = CONTAINER_OF(node, Lane, node);
                if (lane->ifindex == ifindex && lane->protocol == protocol)
                        return lane;
        }
        lane = calloc(1, sizeof(*lane));
        if (!lane)
                return NULL;
        lane->ifindex = ifindex;
        lane->protocol = protocol;
        list_init(&lane->fresh);
        list_init(&lane->again);
        list_append(&l->lanes, &lane->node);
        return lane;
}

int neigh_lanes_add(NeighLanes *l, const NeighAnnouncement *a) {
        Waiting *w = calloc(1, sizeof(*w));
        Lane *lane = w ? find_lane(l, a->ifindex, a->protocol) : NULL;

        if (!lane) {
                free(w);
                return -ENOMEM;
        }
        w->announcement = *a;
        list_append(&lane->fresh, &w->node);
        l->n++;
        return 0;
}

static Waiting *first_of(const Lane *lane) {
        const List *list = list_empty(&lane->fresh) ? &lane->again : &lane->fresh;

        return list_empty(list) ? NULL : CONTAINER_OF(list->next, Waiting, node);
}

/* How often the least announced address of each pace has been: nobody is repeated before it. */
static void find_rounds(NeighLanes *l) {
        LIST_FOREACH (node, &l->lanes) {
                Lane *lane = CONTAINER_OF(node, Lane, node);

                lane->pace = find_pace(l, lane->ifindex);
                if (lane->pace)
                        *pace_round(lane->pace, lane->protocol) = UINT32_MAX;
        }
        LIST_FOREACH (node, &l->lanes) {
                const Lane *lane = CONTAINER_OF(node, Lane, node);
                const Waiting *first = first_of(lane);
                uint32_t *round = lane->pace ? pace_round(lane->pace, lane->protocol) : NULL;

                if (round && first)
                        *round = MIN(*round, first->announcement.sent);
        }
}

/* May the lane's first leave now? */
static bool keeps_pace(const Lane *lane, const Waiting *first, usec_t now, NeighTurn *turn) {
        usec_t next;

        if (pace_interval(lane->pace, lane->protocol) == 0)
                return true;
        next = *pace_next(lane->pace, lane->protocol);
        if (next <= now && first->announcement.sent <= *pace_round(lane->pace, lane->protocol))
                return true;
        turn->wake_usec = MIN(turn->wake_usec, MAX(next, now));
        return false;
}

static int send_frame(int fd, const NeighAnnouncement *a) {
        struct sockaddr_ll to = {
                        .sll_family = AF_PACKET,
                        .sll_protocol = htons(a->protocol),
                        .sll_ifindex = a->ifindex,
                        .sll_halen = FRAME_MAC_SIZE,
        };

        memcpy(to.sll_addr, a->frame, FRAME_MAC_SIZE);
        while (sendto(fd, a->frame, a->size, MSG_DONTWAIT | MSG_NOSIGNAL, (struct sockaddr *)&to,
                               sizeof(to)) < 0)
                if (errno != EINTR)
                        return -errno;
        return 0;
}

static void was_sent(NeighLanes *l, Lane *lane, Waiting *w, usec_t now) {
        usec_t interval = pace_interval(lane->pace, lane->protocol);

        if (interval > 0)
                *pace_next(lane->pace, lane->protocol) = usec_add(now, interval);
        w->announcement.sent++;
        if (--w->announcement.remaining == 0) {
                waiting_free(l, w);
                return;
        }
        list_remove(&w->node);
        list_append(&lane->again, &w->node);
}

/* False: this lane has nothing more that could leave now. */
static bool send_first(NeighLanes *l, Lane *lane, int fd, usec_t now, NeighTurn *turn) {
        Waiting *w = first_of(lane);
        int r;

        if (!w || !keeps_pace(lane, w, now, turn))
                return false;
        r = send_frame(fd, &w->announcement);
        if (r >= 0)
                was_sent(l, lane, w, now);
        else if (r == -EAGAIN)
                turn->full = true;
        else if (r == -ENOBUFS || r == -ENOMEM)
                turn->busy = true;
        else {
                /* The link is down or gone: whoever brings it back announces again. */
                turn->error = turn->error < 0 ? turn->error : r;
                waiting_free(l, w);
        }
        return !turn->full && r != -ENOBUFS && r != -ENOMEM;
}

void neigh_lanes_send(NeighLanes *l, int fd, NeighTurn *turn) {
        usec_t now = now_monotonic();

        find_rounds(l);
        LIST_FOREACH_SAFE (node, &l->lanes) {
                Lane *lane = CONTAINER_OF(node, Lane, node);

                while (!turn->full && send_first(l, lane, fd, now, turn))
                        ;
                lane_free_if_empty(lane);
        }
}

void neigh_lanes_forget(NeighLanes *l, const void *owner) {
        LIST_FOREACH_SAFE (node, &l->lanes) {
                Lane *lane = CONTAINER_OF(node, Lane, node);

                LIST_FOREACH_SAFE (fresh, &lane->fresh)
                        if (CONTAINER_OF(fresh, Waiting, node)->announcement.owner == owner)
                                waiting_free(l, CONTAINER_OF(fresh, Waiting, node));
                LIST_FOREACH_SAFE (again, &lane->again)
                        if (CONTAINER_OF(again, Waiting, node)->announcement.owner == owner)
                                waiting_free(l, CONTAINER_OF(again, Waiting, node));
                lane_free_if_empty(lane);
        }
}
