/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Announcements of addresses (gratuitous ARP, unsolicited neighbour advertisements) out, others' ARP in:
 * packet(7). Owns the sending socket with its queue, and one listening socket per interface that is listened
 * on. What a frame looks like is core/frame's matter; when to announce is the engine's.
 *
 * Repetitions go out in rounds: each address is announced once before any is announced again, as the first
 * frame is the one that moves the traffic. A frame that the device's queue refuses (ENOBUFS) waits for a
 * timer, as no socket event tells when there is room again; frames for other interfaces are not held up by
 * it. */

#include "service/net/neigh-socket.h"

#include "service/net/flood-guard.h"
#include "service/net/neigh-lane.h"
#include "service/util/list.h"
#include "service/util/macro.h"
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#define SEND_SIZE (4 * 1024 * 1024)
#define FRAMES_PER_CALL 64
#define RETRY_USEC (5 * USEC_PER_MSEC)
/* Announcements that wait for a device which takes none; more are refused. */
#define QUEUE_MAX 65536

#define RECEIVE_PER_CALL 16
#define RECEIVE_PER_WAKEUP 64

typedef struct Listener {
        List listeners;
        NeighSocket *owner;
        int ifindex;
        int fd;
        unsigned n_users;
        sd_event_source *source;
        FloodGuard guard;
} Listener;

struct NeighSocket {
        sd_event *event;
        int64_t priority;
        NeighCallback callback;
        void *userdata;
        int fd;
        sd_event_source *writable_source, *retry_source;
        NeighAnnouncement *queue;
        size_t n_queue, n_allocated;
        size_t position;  /* in the round under way */
        NeighLanes lanes; /* of those that keep a pace */
        List listeners;
};

/* -- Announcing -- */

static int reserve(NeighSocket *s) {
        size_t allocated = MAX(s->n_allocated * 2, (size_t)64);
        NeighAnnouncement *queue;

        if (s->n_queue + s->lanes.n >= QUEUE_MAX)
                return -ENOBUFS;
        if (s->n_queue < s->n_allocated)
                return 0;
        queue = reallocarray(s->queue, allocated, sizeof(*queue));
        if (!queue)
                return -ENOMEM;
        s->queue = queue;
        s->n_allocated = allocated;
        return 0;
}

static int enqueue(NeighSocket *s, const void *owner, int ifindex, const VrrpAddress *address,
                const uint8_t mac[FRAME_MAC_SIZE], unsigned repeat, bool reply) {
        NeighAnnouncement a = {.owner = owner, .ifindex = ifindex, .remaining = repeat};
        int r;

        if (vrrp_address_size(address->family) == 0 || ifindex <= 0)
                return -EINVAL;
        if (repeat == 0)
                return 0;
        r = reserve(s);
        if (r < 0)
                return r;
        if (address->family == AF_INET) {
                a.protocol = ETH_P_ARP;
                a.size = FRAME_ARP_SIZE;
                if (reply)
                        frame_gratuitous_arp_reply(address, mac, a.frame);
                else
                        frame_gratuitous_arp(address, mac, a.frame);
        } else {
                a.protocol = ETH_P_IPV6;
                a.size = FRAME_NA_SIZE;
                frame_unsolicited_na(address, mac, true, a.frame);
        }
        if (neigh_lanes_takes(&s->lanes, ifindex, a.protocol))
                return neigh_lanes_add(&s->lanes, &a);
        s->queue[s->n_queue++] = a;
        return 0;
}

int neigh_socket_announce(NeighSocket *s, const void *owner, int ifindex, const VrrpAddress *address,
                const uint8_t mac[FRAME_MAC_SIZE], unsigned repeat) {
        return enqueue(s, owner, ifindex, address, mac, repeat, false);
}

int neigh_socket_teach(NeighSocket *s, const void *owner, int ifindex, const VrrpAddress *address,
                const uint8_t mac[FRAME_MAC_SIZE]) {
        return enqueue(s, owner, ifindex, address, mac, 1, true);
}

/* The next frames of the round under way into one sendmmsg(), except those of the interface `skip`.
 * `ret_index` says which announcement each is; *ret_next is where to go on. Returns what sendmmsg() returns,
 * 0 = the round is over. */
static int send_frames(NeighSocket *s, int skip, size_t ret_index[FRAMES_PER_CALL], size_t *ret_next) {
        struct mmsghdr messages[FRAMES_PER_CALL] = {0};
        struct sockaddr_ll to[FRAMES_PER_CALL];
        struct iovec iov[FRAMES_PER_CALL];
        size_t i = s->position;
        unsigned n = 0;
        int r;

        for (; i < s->n_queue && n < FRAMES_PER_CALL; i++) {
                NeighAnnouncement *a = &s->queue[i];

                if (a->remaining == 0 || a->ifindex == skip)
                        continue;
                to[n] = (struct sockaddr_ll){
                                .sll_family = AF_PACKET,
                                .sll_protocol = htons(a->protocol),
                                .sll_ifindex = a->ifindex,
                                .sll_halen = FRAME_MAC_SIZE,
                };
                memcpy(to[n].sll_addr, a->frame, FRAME_MAC_SIZE);
                iov[n] = (struct iovec){.iov_base = a->frame, .iov_len = a->size};
                messages[n].msg_hdr = (struct msghdr){
                                .msg_name = &to[n],
                                .msg_namelen = sizeof(to[n]),
                                .msg_iov = &iov[n],
                                .msg_iovlen = 1,
                };
                ret_index[n++] = i;
        }
        *ret_next = i;
        if (n == 0)
                return 0;
        r = sendmmsg(s->fd, messages, n, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (r < 0)
                return -errno;
        if ((unsigned)r < n)
                *ret_next = ret_index[r];
        return r;
}

/* One frame for each announcement, from s->position on. Returns 0 or -EAGAIN (the socket is full); *error
 * gets the first error of a frame that was given up, *busy is set when a device had no room. */
static int send_round(NeighSocket *s, int *error, bool *busy) {
        int skip = 0;

        for (;;) {
                size_t index[FRAMES_PER_CALL], next;
                int r = send_frames(s, skip, index, &next);

                if (r == 0)
                        return 0;
                if (r == -EINTR)
                        continue;
                if (r == -EAGAIN)
                        return r;
                for (int i = 0; i < r; i++) {
                        s->queue[index[i]].remaining--;
                        s->queue[index[i]].sent++;
                }
                if (r > 0)
                        s->position = next;
                else if (r == -ENOBUFS || r == -ENOMEM) {
                        *busy = true;
                        skip = s->queue[index[0]].ifindex;
                        s->position = index[0] + 1;
                } else {
                        /* The link is down or gone: whoever brings it back announces again. */
                        *error = *error < 0 ? *error : r;
                        s->queue[index[0]].remaining = 0;
                        s->position = index[0] + 1;
                }
        }
}

/* Drops what is sent, keeping the order of the rest, and begins a new round. */
static void compact(NeighSocket *s) {
        size_t n = 0;

        for (size_t i = 0; i < s->n_queue; i++)
                if (s->queue[i].remaining > 0)
                        s->queue[n++] = s->queue[i];
        s->n_queue = n;
        s->position = 0;
}

int neigh_socket_flush(NeighSocket *s) {
        NeighTurn turn = {.wake_usec = USEC_INFINITY};
        bool waits;

        while (s->n_queue > 0 && !turn.busy && !turn.full) {
                turn.full = send_round(s, &turn.error, &turn.busy) == -EAGAIN;
                if (!turn.full)
                        compact(s);
        }
        if (!turn.full)
                neigh_lanes_send(&s->lanes, s->fd, &turn);
        waits = (s->n_queue > 0 || s->lanes.n > 0) && !turn.full;
        if (turn.busy)
                (void)sd_event_source_set_time_relative(s->retry_source, RETRY_USEC);
        else if (waits)
                (void)sd_event_source_set_time(s->retry_source, turn.wake_usec);
        (void)sd_event_source_set_enabled(s->retry_source, waits ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
        (void)sd_event_source_set_enabled(s->writable_source, turn.full ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
        return turn.error;
}

void neigh_socket_forget(NeighSocket *s, const void *owner) {
        bool found = false;

        for (size_t i = 0; i < s->n_queue; i++)
                if (s->queue[i].owner == owner) {
                        s->queue[i].remaining = 0;
                        found = true;
                }
        if (found)
                compact(s);
        neigh_lanes_forget(&s->lanes, owner);
}

void neigh_socket_set_pace(NeighSocket *s, NeighPaceLookup lookup, void *userdata) {
        s->lanes.pace = lookup;
        s->lanes.userdata = userdata;
}

static int on_writable(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        (void)neigh_socket_flush(userdata);
        return 0;
}

static int on_retry(sd_event_source *source, uint64_t usec, void *userdata) {
        (void)neigh_socket_flush(userdata);
        return 0;
}

/* -- Listening -- */

static Listener *find_listener(const NeighSocket *s, int ifindex) {
        LIST_FOREACH (node, &s->listeners) {
                Listener *l = CONTAINER_OF(node, Listener, listeners);

                if (l->ifindex == ifindex)
                        return l;
        }
        return NULL;
}

static Listener *listener_free(Listener *l) {
        if (!l)
                return NULL;
        list_remove(&l->listeners);
        flood_guard_stop(&l->guard);
        (void)sd_event_source_disable_unref(l->source);
        safe_close(l->fd);
        free(l);
        return NULL;
}
DEFINE_CLEANUP(Listener, listener_free);

/* One recvmmsg() and a callback for each frame. Returns how many frames came. The callback may end the
 * listening. */
static int receive_frames(NeighSocket *s, int ifindex, int fd) {
        uint8_t frames[RECEIVE_PER_CALL][FRAME_ARP_SIZE];
        struct mmsghdr messages[RECEIVE_PER_CALL] = {0};
        struct iovec iov[RECEIVE_PER_CALL];
        int n;

        for (size_t i = 0; i < RECEIVE_PER_CALL; i++) {
                iov[i] = (struct iovec){.iov_base = frames[i], .iov_len = sizeof(frames[i])};
                messages[i].msg_hdr = (struct msghdr){.msg_iov = &iov[i], .msg_iovlen = 1};
        }
        /* Padding up to Ethernet's minimum is cut off. The error of an interface that went down is cleared
         * by this reading. */
        n = recvmmsg(fd, messages, RECEIVE_PER_CALL, MSG_DONTWAIT, NULL);
        for (int i = 0; i < n && find_listener(s, ifindex); i++) {
                uint8_t mac[FRAME_MAC_SIZE];
                VrrpAddress sender;

                if (frame_parse_arp(frames[i], messages[i].msg_len, &sender, mac))
                        s->callback(ifindex, &sender, mac, s->userdata);
        }
        return MAX(n, 0);
}

static int on_arp(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        Listener *l = userdata;
        NeighSocket *s = l->owner;
        int ifindex = l->ifindex;

        for (int n = 0; n < RECEIVE_PER_WAKEUP && find_listener(s, ifindex) == l;) {
                int r = receive_frames(s, ifindex, fd);

                n += r;
                if (r < RECEIVE_PER_CALL)
                        break;
        }
        if (find_listener(s, ifindex) == l)
                flood_guard_woken(&l->guard);
        return 0;
}

/* Opened without a protocol, so that nothing is received before it is bound to the one interface. A socket
 * bound to ETH_P_ARP does not see what this host itself sends. */
static int listener_new(NeighSocket *s, int ifindex) {
        const struct sockaddr_ll address = {
                        .sll_family = AF_PACKET,
                        .sll_protocol = htons(ETH_P_ARP),
                        .sll_ifindex = ifindex,
        };
        _cleanup_(listener_freep) Listener *l = NULL;
        int r;

        l = calloc(1, sizeof(*l));
        if (!l)
                return -ENOMEM;
        l->owner = s;
        l->ifindex = ifindex;
        l->n_users = 1;
        l->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (l->fd < 0)
                return -errno;
        if (bind(l->fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
                return -errno;
        r = sd_event_add_io(s->event, &l->source, l->fd, EPOLLIN, on_arp, l);
        if (r < 0)
                return r;
        r = sd_event_source_set_priority(l->source, s->priority);
        if (r < 0)
                return r;
        r = flood_guard_start(&l->guard, l->source);
        if (r < 0)
                return r;
        list_append(&s->listeners, &l->listeners);
        TAKE_PTR(l);
        return 0;
}

static int listener_release(Listener *l) {
        if (!l)
                return -ENOENT;
        if (--l->n_users == 0)
                listener_free(l);
        return 0;
}

int neigh_socket_listen(NeighSocket *s, int ifindex, bool on) {
        Listener *l = find_listener(s, ifindex);

        if (!on)
                return listener_release(l);
        if (!l)
                return listener_new(s, ifindex);
        l->n_users++;
        return 0;
}

/* -- The whole -- */

static int add_sources(NeighSocket *s) {
        sd_event_source *sources[2];
        int r;

        r = sd_event_add_io(s->event, &s->writable_source, s->fd, EPOLLOUT, on_writable, s);
        if (r < 0)
                return r;
        r = sd_event_add_time_relative(
                        s->event, &s->retry_source, CLOCK_MONOTONIC, 0, USEC_PER_MSEC, on_retry, s);
        if (r < 0)
                return r;

        sources[0] = s->writable_source;
        sources[1] = s->retry_source;
        for (size_t i = 0; i < ELEMENTSOF(sources); i++) {
                r = sd_event_source_set_enabled(sources[i], SD_EVENT_OFF);
                if (r < 0)
                        return r;
                r = sd_event_source_set_priority(sources[i], s->priority);
                if (r < 0)
                        return r;
        }
        return 0;
}

int neigh_socket_new(sd_event *event, int64_t priority, NeighCallback callback, void *userdata,
                NeighSocket **ret) {
        _cleanup_(neigh_socket_freep) NeighSocket *s = NULL;
        int size = SEND_SIZE, r;

        s = calloc(1, sizeof(*s));
        if (!s)
                return -ENOMEM;
        list_init(&s->listeners);
        neigh_lanes_init(&s->lanes);
        s->event = sd_event_ref(event);
        s->priority = priority;
        s->callback = callback;
        s->userdata = userdata;
        /* Protocol 0: a socket that only sends. */
        s->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (s->fd < 0)
                return -errno;
        if (setsockopt(s->fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)) < 0)
                (void)setsockopt(s->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
        r = add_sources(s);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(s);
        return 0;
}

NeighSocket *neigh_socket_free(NeighSocket *s) {
        if (!s)
                return NULL;
        while (!list_empty(&s->listeners))
                listener_free(CONTAINER_OF(s->listeners.next, Listener, listeners));
        (void)sd_event_source_disable_unref(s->writable_source);
        (void)sd_event_source_disable_unref(s->retry_source);
        safe_close(s->fd);
        sd_event_unref(s->event);
        neigh_lanes_done(&s->lanes);
        free(s->queue);
        free(s);
        return NULL;
}
