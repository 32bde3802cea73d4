/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* See socket-pool.h. Unicast and multicast routers of one interface have sockets of their own; a raw socket
 * sees both kinds of packet, so each takes only what was sent to its kind of destination and nothing is
 * counted twice. */

#include "service/socket-pool.h"
#include "service/core/advert.h"
#include <netinet/in.h>

struct SocketPool {
        sd_event *event;
        int64_t priority;
        PoolExpects expects;
        PoolDeliver deliver;
        List sockets; /* PoolSocket */
        List queued;  /* PoolSocket.queued: those with messages that wait */
};

/* In unicast routers whose peers differ may share a VRID. */
typedef struct Owner Owner;
struct Owner {
        void *object;
        Owner *next;
};

struct PoolSocket {
        List node, queued;
        SocketPool *pool;
        int family, ifindex;
        VrrpAddress group;          /* unset = unicast */
        VrrpAddress unicast_source; /* only with ifindex 0 */
        VrrpSocket *socket;
        unsigned n_owners;
        Owner *owners[256]; /* by VRID */
};

int socket_pool_new(sd_event *event, int64_t priority, PoolExpects expects, PoolDeliver deliver,
                SocketPool **ret) {
        SocketPool *p = calloc(1, sizeof(*p));

        if (!p)
                return -ENOMEM;
        p->event = sd_event_ref(event);
        p->priority = priority;
        p->expects = expects;
        p->deliver = deliver;
        list_init(&p->sockets);
        list_init(&p->queued);
        *ret = p;
        return 0;
}

SocketPool *socket_pool_free(SocketPool *p) {
        if (!p)
                return NULL;
        assert(list_empty(&p->sockets));
        sd_event_unref(p->event);
        free(p);
        return NULL;
}

static void on_packet(VrrpSocket *socket, const VrrpPacket *packet, void *userdata) {
        PoolSocket *s = userdata;
        uint8_t version, vrid;
        Owner *owner;

        if (vrrp_address_is_multicast(&packet->destination) != vrrp_address_is_set(&s->group))
                return;
        if (!advert_peek(packet->data, packet->size, &version, &vrid))
                return;
        owner = s->owners[vrid];
        while (owner && owner->next && !s->pool->expects(owner->object, packet))
                owner = owner->next;
        if (owner) /* the last one counts what nobody has expected */
                s->pool->deliver(owner->object, packet);
}

static bool serves(const PoolSocket *s, const VrrpSocketParams *params, const VrrpAddress *unicast_source) {
        return s->family == params->family && s->ifindex == params->ifindex &&
               vrrp_address_equal(&s->group, &params->group) &&
               (s->ifindex > 0 || vrrp_address_equal(&s->unicast_source, unicast_source));
}

/* Packets of other virtual routers on the link cost nothing: the kernel drops them. If it cannot, all come.
 */
static void update_filter(PoolSocket *s) {
        uint8_t vrids[UINT8_MAX];
        size_t n = 0;

        for (unsigned vrid = 1; vrid <= UINT8_MAX; vrid++)
                if (s->owners[vrid])
                        vrids[n++] = (uint8_t)vrid;
        if (vrrp_socket_set_vrids(s->socket, vrids, n) < 0)
                (void)vrrp_socket_set_vrids(s->socket, NULL, 0);
}

int socket_pool_acquire(SocketPool *p, const VrrpSocketParams *params, const VrrpAddress *unicast_source,
                uint8_t vrid, void *owner, PoolSocket **ret) {
        _cleanup_free_ Owner *membership = calloc(1, sizeof(*membership));
        PoolSocket *s = NULL;
        int r;

        if (!membership)
                return -ENOMEM;
        LIST_FOREACH (node, &p->sockets)
                if (serves(CONTAINER_OF(node, PoolSocket, node), params, unicast_source)) {
                        s = CONTAINER_OF(node, PoolSocket, node);
                        break;
                }

        if (s && s->owners[vrid] && vrrp_address_is_set(&params->group))
                return -EADDRINUSE;
        if (!s) {
                _cleanup_free_ PoolSocket *fresh = calloc(1, sizeof(*fresh));

                if (!fresh)
                        return -ENOMEM;
                fresh->pool = p;
                fresh->family = params->family;
                fresh->ifindex = params->ifindex;
                fresh->group = params->group;
                fresh->unicast_source = *unicast_source;
                r = vrrp_socket_new(p->event, p->priority, params, on_packet, fresh, &fresh->socket);
                if (r < 0)
                        return r;
                s = TAKE_PTR(fresh);
                list_append(&p->sockets, &s->node);
        }
        *membership = (Owner){.object = owner, .next = s->owners[vrid]};
        s->owners[vrid] = TAKE_PTR(membership);
        s->n_owners++;
        if (!s->owners[vrid]->next)
                update_filter(s);
        *ret = s;
        return 0;
}

PoolSocket *socket_pool_release(PoolSocket *s, uint8_t vrid, void *owner) {
        Owner **p, *gone;

        if (!s)
                return NULL;
        for (p = &s->owners[vrid]; *p && (*p)->object != owner; p = &(*p)->next)
                ;
        pool_socket_flush(s); /* what the owner has queued is told to it */
        gone = *p;
        assert(gone);
        *p = gone->next;
        free(gone);
        if (--s->n_owners > 0) {
                if (!s->owners[vrid])
                        update_filter(s);
                return NULL;
        }
        list_remove(&s->node);
        vrrp_socket_free(s->socket);
        free(s);
        return NULL;
}

VrrpSocket *pool_socket_get(PoolSocket *s) {
        return s->socket;
}

int pool_socket_queue(PoolSocket *s, const VrrpAddress *source, const VrrpAddress *destination, uint8_t ttl,
                const uint8_t *data, size_t size, VrrpSentCallback sent, void *userdata, unsigned tag) {
        int r = vrrp_socket_queue(s->socket, source, destination, ttl, data, size, sent, userdata, tag);

        if (r >= 0 && !list_linked(&s->queued))
                list_append(&s->pool->queued, &s->queued);
        return r;
}

void pool_socket_flush(PoolSocket *s) {
        if (!list_linked(&s->queued))
                return;
        list_remove(&s->queued);
        vrrp_socket_flush(s->socket);
}

void socket_pool_flush(SocketPool *p) {
        LIST_FOREACH_SAFE (node, &p->queued)
                pool_socket_flush(CONTAINER_OF(node, PoolSocket, queued));
}
