/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The VRRP sockets of the engine and who reads from each: one socket per (family, interface, group) serves
 * all its virtual routers, found by VRID in one step. It knows sockets and VRIDs, not instances: an owner is
 * a pointer. */

#include "service/net/vrrp-socket.h"
#include "service/util/list.h"

typedef struct SocketPool SocketPool;
typedef struct PoolSocket PoolSocket;

/* Is the packet from somebody whom `owner` listens to? Asked in unicast, where several owners may share a
 * VRID. */
typedef bool (*PoolExpects)(const void *owner, const VrrpPacket *packet);
/* A packet for `owner` (registered for the packet's VRID), with the VRID and version already read. */
typedef void (*PoolDeliver)(void *owner, const VrrpPacket *packet);

int socket_pool_new(sd_event *event, int64_t priority, PoolExpects expects, PoolDeliver deliver,
                SocketPool **ret);
SocketPool *socket_pool_free(SocketPool *p);
DEFINE_CLEANUP(SocketPool, socket_pool_free);

/* Registers owner for vrid on the socket that params describe, made when it is the first. unicast_source
 * separates unicast sockets without interface. Errors: -errno of the socket; -EADDRINUSE when the VRID is
 * taken there (multicast). */
int socket_pool_acquire(SocketPool *p, const VrrpSocketParams *params, const VrrpAddress *unicast_source,
                uint8_t vrid, void *owner, PoolSocket **ret);
/* Gives up the registration; the last one closes the socket. NULL is fine. Returns NULL. */
PoolSocket *socket_pool_release(PoolSocket *s, uint8_t vrid, void *owner);
VrrpSocket *pool_socket_get(PoolSocket *s);
/* Queues a message (vrrp_socket_queue()); pool_socket_flush() sends what this socket has,
 * socket_pool_flush() what any has. */
int pool_socket_queue(PoolSocket *s, const VrrpAddress *source, const VrrpAddress *destination, uint8_t ttl,
                const uint8_t *data, size_t size, VrrpSentCallback sent, void *userdata, unsigned tag);
void pool_socket_flush(PoolSocket *s);
void socket_pool_flush(SocketPool *p);
