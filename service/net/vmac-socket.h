/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Adverts with a virtual MAC address: what leaves the interface carries that address as its source, and what
 * another router sends from the same address comes in on our macvlan alone, once that is up (the kernel
 * gives a macvlan in private mode all that comes from its own address).
 *
 * Frames are sent on the lower interface, so they need the macvlan neither to be up nor to exist, and no
 * group is joined on it: no IGMP or MLD ever leaves with the virtual address for VRRP's sake. */

#include "service/core/frame.h"
#include "service/net/vrrp-socket.h"

typedef struct VmacSocket VmacSocket;

typedef struct VmacSocketParams {
        int family;
        int lower_ifindex; /* adverts leave here */
        int ifindex;       /* the macvlan: adverts come in here, as soon as it is up */
        uint8_t mac[FRAME_MAC_SIZE];
} VmacSocketParams;

/* The packet's VRID is the receiver's to look at. */
typedef void (*VmacCallback)(const VrrpPacket *packet, void *userdata);

/* Errors: -errno of socket(), bind(), setsockopt() (-EPERM without CAP_NET_RAW, -ENODEV). Only adverts from
 * the same MAC address are delivered: those of others are seen on the lower interface. */
int vmac_socket_new(sd_event *event, int64_t priority, const VmacSocketParams *params, VmacCallback callback,
                void *userdata, VmacSocket **ret);
VmacSocket *vmac_socket_free(VmacSocket *s);
DEFINE_CLEANUP(VmacSocket, vmac_socket_free);

/* One VRRP message to a multicast group, as vrrp_socket_send(). -EMSGSIZE: more than a frame holds;
 * otherwise -errno of sendto(). */
int vmac_socket_send(VmacSocket *s, const VrrpAddress *source, const VrrpAddress *group, uint8_t ttl,
                const uint8_t *data, size_t size);
/* Reads what is waiting now: packets come before deadlines. */
void vmac_socket_drain(VmacSocket *s);
