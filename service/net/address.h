/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Requests to add and remove addresses, marked with IFA_PROTO = VRRPD_PROTOCOL (which libnl 3.7 does not
 * know: the attribute is appended by hand). */

#include "service/core/types.h"
#include "service/net/netlink.h"

typedef struct AddressRequest {
        int ifindex;
        VrrpAddress address;
        uint8_t prefixlen;
        const char *label;     /* NULL = none; at most 15 bytes */
        VrrpAddress broadcast; /* unset = none */
        VrrpAddress peer;
        uint8_t scope;
        uint32_t flags;        /* IFA_F_NODAD, IFA_F_HOMEADDRESS, ... */
        bool deprecated;       /* preferred lifetime 0 */
        uint32_t route_metric; /* of the route to its subnet; 0 = the kernel's default */
} AddressRequest;

/* Queue on netlink; the caller flushes. NLM_F_CREATE|NLM_F_REPLACE: adding what is there already is no error
 * (the ack is 0). Removing what is not there gives the ack -EADDRNOTAVAIL, which the caller treats as done.
 */
int address_add(Netlink *n, const AddressRequest *a, NetlinkAck ack, void *userdata);
int address_remove(Netlink *n, const AddressRequest *a, NetlinkAck ack, void *userdata);
