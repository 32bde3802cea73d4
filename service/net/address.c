/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Builds RTM_NEWADDR and RTM_DELADDR. Owns nothing: the message goes to the queue of netlink.c. Which
 * addresses there should be, and what to do about an error, is the caller's business. */

#include "service/net/address.h"

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netlink/attr.h>
#include <netlink/msg.h>

/* IFA_PROTO of Linux 5.18; older kernels ignore it. */
#define ADDRESS_PROTO 11
#define ADDRESS_LIFETIME_FOREVER UINT32_MAX
/* All attributes below together stay under this. */
#define MESSAGE_SIZE 256

static int put_address(struct nl_msg *msg, int type, const VrrpAddress *a) {
        return nla_put(msg, type, (int)vrrp_address_size(a->family), a->bytes);
}

/* What identifies an address: the whole of a removal, the begin of an addition. libnl's own error numbers
 * are not errnos; the only thing that can go wrong is that the message is too small. */
static int address_message(uint16_t type, int flags, const AddressRequest *a, struct nl_msg **ret) {
        const struct ifaddrmsg info = {
                        .ifa_family = (uint8_t)a->address.family,
                        .ifa_prefixlen = a->prefixlen,
                        .ifa_scope = a->scope,
                        .ifa_index = (uint32_t)a->ifindex,
        };
        const VrrpAddress *peer = vrrp_address_is_set(&a->peer) ? &a->peer : &a->address;
        size_t size = vrrp_address_size(a->address.family);
        struct nl_msg *msg;

        if (size == 0 || a->prefixlen > size * 8 || a->ifindex <= 0 || peer->family != a->address.family)
                return -EINVAL;
        msg = nlmsg_alloc_size(MESSAGE_SIZE);
        if (!msg)
                return -ENOMEM;
        if (!nlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, type, sizeof(info), flags) ||
                        put_address(msg, IFA_LOCAL, &a->address) < 0 ||
                        put_address(msg, IFA_ADDRESS, peer) < 0) {
                nlmsg_free(msg);
                return -ENOMEM;
        }
        memcpy(nlmsg_data(nlmsg_hdr(msg)), &info, sizeof(info));
        *ret = msg;
        return 0;
}

static int put_details(struct nl_msg *msg, const AddressRequest *a) {
        /* Preferred lifetime 0 makes an address deprecated: it receives, but is not chosen as a source. */
        const struct ifa_cacheinfo lifetimes = {.ifa_prefered = 0, .ifa_valid = ADDRESS_LIFETIME_FOREVER};

        if (nla_put_u8(msg, ADDRESS_PROTO, VRRPD_PROTOCOL) < 0 || nla_put_u32(msg, IFA_FLAGS, a->flags) < 0)
                return -ENOMEM;
        if (a->label && nla_put_string(msg, IFA_LABEL, a->label) < 0)
                return -ENOMEM;
        if (vrrp_address_is_set(&a->broadcast) && put_address(msg, IFA_BROADCAST, &a->broadcast) < 0)
                return -ENOMEM;
        if (a->route_metric > 0 && nla_put_u32(msg, IFA_RT_PRIORITY, a->route_metric) < 0)
                return -ENOMEM;
        if (a->deprecated && nla_put(msg, IFA_CACHEINFO, sizeof(lifetimes), &lifetimes) < 0)
                return -ENOMEM;
        return 0;
}

int address_add(Netlink *n, const AddressRequest *a, NetlinkAck ack, void *userdata) {
        struct nl_msg *msg;
        int r;

        if (a->label && strlen(a->label) >= IFNAMSIZ)
                return -EINVAL;
        r = address_message(RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, a, &msg);
        if (r < 0)
                return r;
        r = put_details(msg, a);
        if (r < 0) {
                nlmsg_free(msg);
                return r;
        }
        return netlink_request(n, msg, ack, userdata);
}

int address_remove(Netlink *n, const AddressRequest *a, NetlinkAck ack, void *userdata) {
        struct nl_msg *msg;
        int r;

        r = address_message(RTM_DELADDR, 0, a, &msg);
        if (r < 0)
                return r;
        return netlink_request(n, msg, ack, userdata);
}
