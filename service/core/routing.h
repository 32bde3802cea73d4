/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a route and a routing rule are, as plain values: read by the configuration, asked of the kernel by
 * net, compared by both and by the engine. Names and numbers are the kernel's (rtnetlink(7),
 * linux/fib_rules.h). Strings and arrays belong to whoever made the value; nothing here allocates. */

#include "service/core/types.h"

#define VRRP_IFNAME_SIZE 16   /* IFNAMSIZ */
#define VRRP_ROUTE_METRICS 18 /* RTAX_MAX + 1 of the newest kernel known */

typedef struct VrrpNexthop {
        VrrpAddress gateway; /* unset = directly on the link; of another family than its route: RTA_VIA */
        char dev[VRRP_IFNAME_SIZE]; /* "" = the kernel finds it by the gateway */
        unsigned weight;            /* 1 to 256; 0 = not said */
        bool onlink;
        uint32_t realms; /* RTA_FLOW: from << 16 | to */
} VrrpNexthop;

typedef struct VrrpRoute {
        uint8_t type; /* RTN_* */
        uint8_t scope;
        uint8_t tos;
        VrrpAddress destination; /* of the route's family; all zero with prefixlen 0 = default */
        uint8_t prefixlen;
        VrrpAddress from; /* IPv6 subtrees; unset = any */
        uint8_t from_prefixlen;
        VrrpAddress source; /* preferred source; unset = the kernel chooses */
        uint32_t table;
        uint32_t metric;      /* 0 = the kernel's default */
        uint32_t expires;     /* seconds, IPv6; 0 = never */
        int pref;             /* ICMPV6_ROUTER_PREF_*, -1 = not said */
        int ttl_propagate;    /* -1 = not said */
        uint32_t metrics_set; /* bit n: metrics[n] is */
        uint32_t metrics[VRRP_ROUTE_METRICS];
        char congctl[16]; /* RTAX_CC_ALGO; "" = none */
        VrrpNexthop *nexthops;
        size_t n_nexthops;
        bool no_track; /* not put back when another program removes it */
} VrrpRoute;

typedef struct VrrpRule {
        int family;
        bool invert;          /* `not` */
        VrrpAddress from, to; /* unset = any */
        uint8_t from_prefixlen, to_prefixlen;
        uint32_t priority;
        uint8_t tos;
        uint8_t action; /* FR_ACT_* */
        uint32_t table;
        uint32_t goto_target;
        bool has_fwmark;
        uint32_t fwmark, fwmask;
        char iif[VRRP_IFNAME_SIZE], oif[VRRP_IFNAME_SIZE];
        uint32_t realms;
        int64_t suppress_prefixlen, suppress_ifgroup; /* -1 = none */
        uint64_t tunnel_id;
        bool l3mdev;
        bool has_uids;
        uint32_t uid_first, uid_last;
        uint8_t ip_proto;                                          /* 0 = any */
        uint16_t sport_first, sport_last, dport_first, dport_last; /* last 0 = any */
        bool no_track;
} VrrpRule;

/* Of the kernel's identity and of everything else. */
bool vrrp_route_equal(const VrrpRoute *a, const VrrpRoute *b);
bool vrrp_rule_equal(const VrrpRule *a, const VrrpRule *b);
/* Would the kernel, asked to remove `asked`, remove r where it stands first? What is unset in `asked`
 * matches anything, and some members are not looked at (fib_rules.c, rule_find()). In doubt yes. */
bool vrrp_rule_taken_for(const VrrpRule *r, const VrrpRule *asked);
