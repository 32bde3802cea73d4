/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Builds RTM_NEWROUTE and RTM_DELROUTE and reads what the kernel says of them. The messages are put together
 * attribute by attribute: libnl's own route objects lack some of the attributes (RTA_PREF, locked metrics),
 * and a request would go through two forms. Owns nothing: the message goes to the queue of netlink.c. */

#include "service/net/route.h"

#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stdio.h>
#include <sys/socket.h>

/* The kernel's default metric of an IPv6 route: IP6_RT_PRIO_USER. */
#define IPV6_METRIC 1024
#define MESSAGE_SIZE 4096

static int put_address(struct nl_msg *msg, int type, const VrrpAddress *a) {
        if (!vrrp_address_is_set(a))
                return 0;
        return nla_put(msg, type, (int)vrrp_address_size(a->family), a->bytes);
}

static int put_number(struct nl_msg *msg, int type, uint32_t value) {
        return value > 0 ? nla_put_u32(msg, type, value) : 0;
}

/* 0 stands for the family's default. In a removal it would stand for any. */
static uint32_t metric_of(const VrrpRoute *r) {
        return r->destination.family == AF_INET6 && r->metric == 0 ? IPV6_METRIC : r->metric;
}

/* RTA_GATEWAY, or RTA_VIA with a family in front of the address: IPv4 routes through an IPv6 gateway (RFC
 * 8950). */
static int put_gateway(struct nl_msg *msg, int family, const VrrpAddress *gateway) {
        uint8_t via[sizeof(uint16_t) + sizeof(gateway->bytes)];
        uint16_t via_family = (uint16_t)gateway->family;

        if (!vrrp_address_is_set(gateway) || gateway->family == family)
                return put_address(msg, RTA_GATEWAY, gateway);
        memcpy(via, &via_family, sizeof(via_family));
        memcpy(via + sizeof(via_family), gateway->bytes, sizeof(gateway->bytes));
        return nla_put(msg, RTA_VIA, (int)(sizeof(via_family) + vrrp_address_size(gateway->family)), via);
}

static int put_single(struct nl_msg *msg, int family, const VrrpNexthop *h, int ifindex) {
        struct rtmsg *info = nlmsg_data(nlmsg_hdr(msg));

        if (h->onlink)
                info->rtm_flags |= RTNH_F_ONLINK;
        if (put_gateway(msg, family, &h->gateway) < 0 || put_number(msg, RTA_OIF, (uint32_t)ifindex) < 0 ||
                        put_number(msg, RTA_FLOW, h->realms) < 0)
                return -ENOMEM;
        return 0;
}

static int put_multipath(struct nl_msg *msg, int family, const VrrpRoute *r, const int *ifindexes) {
        struct nlattr *all = nla_nest_start(msg, RTA_MULTIPATH);

        if (!all)
                return -ENOMEM;
        for (size_t i = 0; i < r->n_nexthops; i++) {
                const VrrpNexthop *h = &r->nexthops[i];
                struct rtnexthop *nh = nlmsg_reserve(msg, sizeof(*nh), NLMSG_ALIGNTO);
                size_t start;

                if (!nh)
                        return -ENOMEM;
                start = (size_t)((char *)nh - (char *)nlmsg_hdr(msg));
                *nh = (struct rtnexthop){
                                .rtnh_flags = h->onlink ? RTNH_F_ONLINK : 0,
                                .rtnh_hops = (uint8_t)(h->weight > 0 ? h->weight - 1 : 0),
                                .rtnh_ifindex = ifindexes[i],
                };
                if (put_gateway(msg, family, &h->gateway) < 0 || put_number(msg, RTA_FLOW, h->realms) < 0)
                        return -ENOMEM;
                nh->rtnh_len = (unsigned short)(nlmsg_hdr(msg)->nlmsg_len - start);
        }
        return nla_nest_end(msg, all) < 0 ? -ENOMEM : 0;
}

static int put_metrics(struct nl_msg *msg, const VrrpRoute *r) {
        struct nlattr *all;

        if (r->metrics_set == 0 && !r->congctl[0])
                return 0;
        all = nla_nest_start(msg, RTA_METRICS);
        if (!all)
                return -ENOMEM;
        for (int i = 1; i < VRRP_ROUTE_METRICS; i++)
                if ((r->metrics_set & 1U << i) && nla_put_u32(msg, i, r->metrics[i]) < 0)
                        return -ENOMEM;
        if (r->congctl[0] && nla_put_string(msg, RTAX_CC_ALGO, r->congctl) < 0)
                return -ENOMEM;
        return nla_nest_end(msg, all) < 0 ? -ENOMEM : 0;
}

/* What tells the route from others: the whole of a removal, the begin of an addition. */
static int put_identity(struct nl_msg *msg, const VrrpRoute *r, const int *ifindexes) {
        int family = r->destination.family;

        /* A default route has no destination at all. */
        if ((r->prefixlen > 0 && put_address(msg, RTA_DST, &r->destination) < 0) ||
                        put_address(msg, RTA_SRC, &r->from) < 0 ||
                        nla_put_u32(msg, RTA_TABLE, r->table) < 0 ||
                        put_number(msg, RTA_PRIORITY, metric_of(r)) < 0)
                return -ENOMEM;
        if (r->n_nexthops > 1)
                return put_multipath(msg, family, r, ifindexes);
        return r->n_nexthops == 1 ? put_single(msg, family, &r->nexthops[0], ifindexes[0]) : 0;
}

static int put_details(struct nl_msg *msg, const VrrpRoute *r) {
        if (put_address(msg, RTA_PREFSRC, &r->source) < 0 || put_number(msg, RTA_EXPIRES, r->expires) < 0 ||
                        (r->pref >= 0 && nla_put_u8(msg, RTA_PREF, (uint8_t)r->pref) < 0) ||
                        (r->ttl_propagate >= 0 &&
                                        nla_put_u8(msg, RTA_TTL_PROPAGATE, (uint8_t)r->ttl_propagate) < 0))
                return -ENOMEM;
        return put_metrics(msg, r);
}

static int route_message(
                uint16_t type, int flags, const VrrpRoute *r, const int *ifindexes, struct nl_msg **ret) {
        const struct rtmsg info = {
                        .rtm_family = (uint8_t)r->destination.family,
                        .rtm_dst_len = r->prefixlen,
                        .rtm_src_len = r->from_prefixlen,
                        .rtm_tos = r->tos,
                        .rtm_table = (uint8_t)(r->table < 256 ? r->table : RT_TABLE_COMPAT),
                        .rtm_protocol = VRRPD_PROTOCOL,
                        .rtm_scope = r->scope,
                        .rtm_type = r->type,
        };
        size_t size = vrrp_address_size(r->destination.family);
        struct nl_msg *msg;
        int e;

        if (size == 0 || r->prefixlen > size * 8 || r->from_prefixlen > size * 8)
                return -EINVAL;
        msg = nlmsg_alloc_size(MESSAGE_SIZE + r->n_nexthops * 64);
        if (!msg)
                return -ENOMEM;
        if (!nlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, type, sizeof(info), flags)) {
                nlmsg_free(msg);
                return -ENOMEM;
        }
        memcpy(nlmsg_data(nlmsg_hdr(msg)), &info, sizeof(info));
        e = put_identity(msg, r, ifindexes);
        if (e >= 0 && type == RTM_NEWROUTE)
                e = put_details(msg, r);
        if (e < 0) {
                nlmsg_free(msg);
                return e;
        }
        *ret = msg;
        return 0;
}

int route_add(Netlink *n, const VrrpRoute *r, const int *ifindexes, NetlinkAck ack, void *userdata) {
        struct nl_msg *msg;
        int e = route_message(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, r, ifindexes, &msg);

        return e < 0 ? e : netlink_request(n, msg, ack, userdata);
}

int route_remove(Netlink *n, const VrrpRoute *r, const int *ifindexes, NetlinkAck ack, void *userdata) {
        struct nl_msg *msg;
        int e = route_message(RTM_DELROUTE, 0, r, ifindexes, &msg);

        return e < 0 ? e : netlink_request(n, msg, ack, userdata);
}

bool route_parse(const struct nlmsghdr *header, RouteKey *ret) {
        const struct rtmsg *info = NLMSG_DATA(header);

        return header->nlmsg_len >= NLMSG_LENGTH(sizeof(*info)) && info->rtm_protocol == VRRPD_PROTOCOL &&
               route_parse_any(header, ret);
}

bool route_parse_any(const struct nlmsghdr *header, RouteKey *ret) {
        struct nlattr *attributes[RTA_TABLE + 1] = {0};
        const struct rtmsg *info = NLMSG_DATA(header);
        size_t size;

        if (header->nlmsg_len < NLMSG_LENGTH(sizeof(*info)))
                return false;
        size = vrrp_address_size(info->rtm_family);
        /* libnl reads only, though it wants the pointer without const. */
        if (size == 0 || nlmsg_parse((struct nlmsghdr *)(uintptr_t)header, sizeof(*info), attributes,
                                         RTA_TABLE, NULL) < 0)
                return false;
        *ret = (RouteKey){
                        .destination.family = info->rtm_family,
                        .prefixlen = info->rtm_dst_len,
                        .tos = info->rtm_family == AF_INET ? info->rtm_tos : 0,
                        .table = info->rtm_table,
        };
        if (attributes[RTA_DST] && (size_t)nla_len(attributes[RTA_DST]) >= size)
                memcpy(ret->destination.bytes, nla_data(attributes[RTA_DST]), size);
        if (attributes[RTA_TABLE] && nla_len(attributes[RTA_TABLE]) >= 4)
                ret->table = nla_get_u32(attributes[RTA_TABLE]);
        if (attributes[RTA_PRIORITY] && nla_len(attributes[RTA_PRIORITY]) >= 4)
                ret->metric = nla_get_u32(attributes[RTA_PRIORITY]);
        return true;
}

void route_key(const VrrpRoute *r, RouteKey *ret) {
        bool ipv6 = r->destination.family == AF_INET6;

        *ret = (RouteKey){
                        .destination = r->destination,
                        .prefixlen = r->prefixlen,
                        .tos = ipv6 ? 0 : r->tos,
                        .table = r->table,
                        .metric = metric_of(r),
        };
}

bool route_key_equal(const RouteKey *a, const RouteKey *b) {
        return vrrp_address_equal(&a->destination, &b->destination) && a->prefixlen == b->prefixlen &&
               a->tos == b->tos && a->table == b->table && a->metric == b->metric;
}

/* Appends to a text that may be full already. */
static void append(char buf[ROUTE_STRLEN], const char *word, const char *value) {
        size_t n = strlen(buf);

        snprintf(buf + n, ROUTE_STRLEN - n, "%s%s%s", n > 0 ? " " : "", word, value);
}

static const char *prefix_to_string(
                const VrrpAddress *a, uint8_t prefixlen, char buf[VRRP_ADDRESS_STRLEN + 4]) {
        char text[VRRP_ADDRESS_STRLEN];

        snprintf(buf, VRRP_ADDRESS_STRLEN + 4, "%s/%u", vrrp_address_to_string(a, text), prefixlen);
        return buf;
}

static const char *type_name(uint8_t type) {
        switch (type) {
        case RTN_BLACKHOLE:
                return "blackhole ";
        case RTN_UNREACHABLE:
                return "unreachable ";
        case RTN_PROHIBIT:
                return "prohibit ";
        case RTN_THROW:
                return "throw ";
        default: /* what the number says matters to nobody */
                return "";
        }
}

const char *route_to_string(const VrrpRoute *r, char buf[ROUTE_STRLEN]) {
        char text[VRRP_ADDRESS_STRLEN + 4];

        buf[0] = 0;
        append(buf, type_name(r->type),
                        r->prefixlen == 0 ? "default"
                                          : prefix_to_string(&r->destination, r->prefixlen, text));
        for (size_t i = 0; i < r->n_nexthops; i++) {
                const VrrpNexthop *h = &r->nexthops[i];

                if (r->n_nexthops > 1)
                        append(buf, "nexthop", "");
                if (vrrp_address_is_set(&h->gateway))
                        append(buf, "via ", vrrp_address_to_string(&h->gateway, text));
                if (h->dev[0])
                        append(buf, "dev ", h->dev);
        }
        if (r->table != RT_TABLE_MAIN) {
                snprintf(text, sizeof(text), "%u", r->table);
                append(buf, "table ", text);
        }
        return buf;
}
