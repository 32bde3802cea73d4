/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The raw VRRP sockets: one per (family, interface) for multicast, one per (family, source address) for
 * unicast. Each receives for all its routers; TTL/hop limit 255, multicast loop off, IP_MULTICAST_ALL off,
 * bound to the device, source address given per packet (never a VIP), received by recvmmsg, sent by
 * sendmmsg. */

#include "service/core/types.h"
#include <systemd/sd-event.h>

typedef struct VrrpSocket VrrpSocket;

typedef struct VrrpPacket {
        const uint8_t *data; /* VRRP message, IP header taken off; valid during the call */
        size_t size;
        int ttl;     /* -1 = unknown */
        int ifindex; /* it came in on */
        VrrpAddress source, destination;
} VrrpPacket;

/* May send, and may free the socket. */
typedef void (*VrrpPacketCallback)(VrrpSocket *s, const VrrpPacket *packet, void *userdata);

typedef struct VrrpSocketParams {
        int family;
        int ifindex;           /* 0: unicast without interface */
        const char *interface; /* NULL with ifindex 0; for SO_BINDTODEVICE and messages */
        VrrpAddress group;     /* multicast group to join; unset = none (unicast) */
        VrrpAddress local; /* unicast: only packets to this address (which need not exist yet); unset = to
                              any */
} VrrpSocketParams;

/* event, priority: the source that receives. Errors: -errno (-EPERM without CAP_NET_RAW, -ENODEV...). A
 * packet is delivered at most once; at most 64 packets per wake-up, and after 8 wake-ups in 5 ms a pause
 * until these are over, so that a flood leaves time for everything else. Truncated packets or packets
 * without IP header are dropped and counted. With a group only packets to the group are delivered, without
 * one only packets to unicast addresses: the kernel gives each raw socket its own copy of a packet, so two
 * sockets would otherwise both have it. */
int vrrp_socket_new(sd_event *event, int64_t priority, const VrrpSocketParams *params,
                VrrpPacketCallback callback, void *userdata, VrrpSocket **ret);
VrrpSocket *vrrp_socket_free(VrrpSocket *s);
DEFINE_CLEANUP(VrrpSocket, vrrp_socket_free);

/* Sends one VRRP message. source: address in the IP header (IP_PKTINFO / IPV6_PKTINFO), must be set.
 * ttl: 1..255. Non-blocking: -EAGAIN, -ENETDOWN, -ENODEV, ... are the caller's to count. Sending when a link
 * is down is not an error worth a log line. */
int vrrp_socket_send(VrrpSocket *s, const VrrpAddress *source, const VrrpAddress *destination, uint8_t ttl,
                const uint8_t *data, size_t size);
/* How a queued message ended: tag as given, r = 0 or -errno as of vrrp_socket_send(). */
typedef void (*VrrpSentCallback)(void *userdata, unsigned tag, int r);
/* Queues a copy of the message, to leave with others in one sendmmsg() at vrrp_socket_flush(), or earlier
 * when the queue is full. `sent` is called for each, from the flush. -EINVAL, -EMSGSIZE (beyond what an IP
 * packet of a link holds), -ENOMEM: nothing is queued, nothing called. */
int vrrp_socket_queue(VrrpSocket *s, const VrrpAddress *source, const VrrpAddress *destination, uint8_t ttl,
                const uint8_t *data, size_t size, VrrpSentCallback sent, void *userdata, unsigned tag);
void vrrp_socket_flush(VrrpSocket *s);
/* Reads all that is waiting now, without going through the loop: packets come before deadlines. Not more
 * than once in a millisecond, as many routers of one socket may have the same deadline. The callback may
 * free s. */
void vrrp_socket_drain(VrrpSocket *s);
/* Has the kernel keep away packets of other virtual routers than these (BPF): on a link that many share,
 * they cost nothing then. n = 0: all are let through, as at the start. At most 255. -ENOMEM, or -errno of
 * SO_ATTACH_FILTER; the filter before stays then. */
int vrrp_socket_set_vrids(VrrpSocket *s, const uint8_t *vrids, size_t n);
/* Packets dropped because they were truncated or malformed below VRRP. */
uint64_t vrrp_socket_dropped(const VrrpSocket *s);
/* Packets that the kernel could not keep for us: we have not read fast enough. */
uint64_t vrrp_socket_overruns(const VrrpSocket *s);
