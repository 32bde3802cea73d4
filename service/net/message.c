/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Decoding of rtnetlink messages (rtnetlink(7), linux/if_link.h, linux/if_addr.h). Bytes in, structs out,
 * nothing owned. */

#include "service/net/message.h"

#include "service/net/macvlan.h"
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <sys/socket.h>

/* IFA_PROTO of Linux 5.18; named here for older headers. */
#define ADDRESS_PROTO 11

/* The attributes behind a family header of this size. libnl reads only, though it wants the pointer without
 * const. */
static bool parse_attributes(
                const struct nlmsghdr *header, size_t family_header, struct nlattr **attributes, int max) {
        if (header->nlmsg_len < NLMSG_LENGTH(family_header))
                return false;
        return nlmsg_parse((struct nlmsghdr *)(uintptr_t)header, (int)family_header, attributes, max,
                               NULL) >= 0;
}

static bool has(struct nlattr *const *attributes, int type, size_t size) {
        return attributes[type] && (size_t)nla_len(attributes[type]) >= size;
}

/* What kind of link it is and how a macvlan behaves (linux/if_link.h: IFLA_LINKINFO). */
static void parse_kind(struct nlattr *linkinfo, Link *link) {
        struct nlattr *info[IFLA_INFO_DATA + 1] = {0}, *data[IFLA_MACVLAN_MODE + 1] = {0};

        if (nla_parse_nested(info, IFLA_INFO_DATA, linkinfo, NULL) < 0 || !info[IFLA_INFO_KIND])
                return;
        nla_strlcpy(link->kind, info[IFLA_INFO_KIND], sizeof(link->kind));
        if (!streq(link->kind, "macvlan") || !info[IFLA_INFO_DATA] ||
                        nla_parse_nested(data, IFLA_MACVLAN_MODE, info[IFLA_INFO_DATA], NULL) < 0)
                return;
        if (has(data, IFLA_MACVLAN_MODE, 4))
                link->macvlan_mode = nla_get_u32(data[IFLA_MACVLAN_MODE]);
}

/* Whose it is, and what it is on top of. */
static void parse_nature(struct nlattr *const *attributes, Link *link) {
        char alias[sizeof(MACVLAN_MARK)] = "";

        if (has(attributes, IFLA_GROUP, 4))
                link->group = nla_get_u32(attributes[IFLA_GROUP]);
        if (has(attributes, IFLA_LINK, 4))
                link->lower_ifindex = (int)nla_get_u32(attributes[IFLA_LINK]);
        if (attributes[IFLA_LINKINFO])
                parse_kind(attributes[IFLA_LINKINFO], link);
        if (attributes[IFLA_IFALIAS]) {
                nla_strlcpy(alias, attributes[IFLA_IFALIAS], sizeof(alias));
                link->marked = streq(alias, MACVLAN_MARK);
        }
}

bool message_parse_link(const struct nlmsghdr *header, Link *link) {
        struct nlattr *attributes[IFLA_GROUP + 1] = {0};
        const struct ifinfomsg *info = NLMSG_DATA(header);

        if (!parse_attributes(header, sizeof(*info), attributes, IFLA_GROUP))
                return false;
        if (info->ifi_family != AF_UNSPEC || info->ifi_index <= 0)
                return false;
        if (attributes[IFLA_IFNAME])
                nla_strlcpy(link->name, attributes[IFLA_IFNAME], sizeof(link->name));
        if (link->name[0] == '\0')
                return false;

        link->ifindex = info->ifi_index;
        link->flags = info->ifi_flags;
        if (has(attributes, IFLA_OPERSTATE, 1))
                link->operstate = nla_get_u8(attributes[IFLA_OPERSTATE]);
        if (has(attributes, IFLA_MTU, 4))
                link->mtu = nla_get_u32(attributes[IFLA_MTU]);
        if (has(attributes, IFLA_ADDRESS, 1)) {
                memset(link->mac, 0, sizeof(link->mac));
                if (nla_len(attributes[IFLA_ADDRESS]) == sizeof(link->mac))
                        memcpy(link->mac, nla_data(attributes[IFLA_ADDRESS]), sizeof(link->mac));
        }
        parse_nature(attributes, link);
        return true;
}

bool message_parse_address(
                const struct nlmsghdr *header, int *ret_ifindex, LinkAddress *ret, VrrpAddress *ret_peer) {
        struct nlattr *attributes[ADDRESS_PROTO + 1] = {0};
        const struct ifaddrmsg *info = NLMSG_DATA(header);
        const struct nlattr *own, *other;
        LinkAddress address = {0};
        VrrpAddress peer = {0};
        size_t size;

        if (!parse_attributes(header, sizeof(*info), attributes, ADDRESS_PROTO))
                return false;
        /* With a peer (and always in IPv4) IFA_LOCAL is ours and IFA_ADDRESS the other end. */
        other = attributes[IFA_ADDRESS];
        own = attributes[IFA_LOCAL] ? attributes[IFA_LOCAL] : other;
        size = vrrp_address_size(info->ifa_family);
        if (size == 0 || !own || (size_t)nla_len(own) < size)
                return false;

        address.address.family = info->ifa_family;
        memcpy(address.address.bytes, nla_data(own), size);
        address.prefixlen = info->ifa_prefixlen;
        address.scope = info->ifa_scope;
        address.flags = info->ifa_flags;
        if (has(attributes, IFA_FLAGS, 4))
                address.flags = nla_get_u32(attributes[IFA_FLAGS]);
        if (has(attributes, ADDRESS_PROTO, 1))
                address.protocol = nla_get_u8(attributes[ADDRESS_PROTO]);
        if (other && (size_t)nla_len(other) >= size && memcmp(nla_data(other), nla_data(own), size) != 0) {
                peer.family = info->ifa_family;
                memcpy(peer.bytes, nla_data(other), size);
        }
        *ret_ifindex = (int)info->ifa_index;
        *ret = address;
        if (ret_peer)
                *ret_peer = peer;
        return true;
}
