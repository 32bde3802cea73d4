/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Finds marked rules and routes by dumps and removes each by sending back what the kernel said of it, rules
 * first: they lead to the routes. Works alone, as address-sweep.c does. */

#include "service/net/routing-sweep.h"

#include "service/net/dump.h"
#include "service/net/route.h"
#include "service/net/rule.h"
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <sys/socket.h>

#define TIMEOUT_USEC (10 * USEC_PER_SEC)

typedef struct Sweep {
        struct nl_msg **requests;
        size_t n, allocated;
        int error;
} Sweep;

static void begin(void *userdata) {
        Sweep *s = userdata;

        while (s->n > 0)
                nlmsg_free(s->requests[--s->n]);
}

static void collect(Sweep *s, struct nl_msg *msg) {
        if (msg && s->n == s->allocated) {
                size_t allocated = MAX(s->allocated * 2, (size_t)64);
                struct nl_msg **requests = reallocarray(s->requests, allocated, sizeof(*requests));

                if (requests) {
                        s->requests = requests;
                        s->allocated = allocated;
                }
        }
        if (msg && s->n < s->allocated) {
                s->requests[s->n++] = msg;
                return;
        }
        s->error = -ENOMEM;
        nlmsg_free(msg);
}

/* The attributes of a dumped message that tell it from others. */
static struct nl_msg *echo(
                const struct nlmsghdr *header, uint16_t type, size_t family_header, uint64_t kept) {
        struct nl_msg *msg = nlmsg_alloc_size(header->nlmsg_len + 64);
        int rest = (int)header->nlmsg_len - (int)NLMSG_LENGTH(family_header);

        if (!msg || !nlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, type, (int)family_header, 0)) {
                nlmsg_free(msg);
                return NULL;
        }
        memcpy(nlmsg_data(nlmsg_hdr(msg)), NLMSG_DATA(header), family_header);
        for (const struct rtattr *a = (const struct rtattr *)(const void *)((const char *)NLMSG_DATA(
                                                                                            header) +
                                                                            NLMSG_ALIGN(family_header));
                        RTA_OK(a, rest); a = RTA_NEXT(a, rest)) {
                unsigned attribute = a->rta_type & NLA_TYPE_MASK;

                if (attribute < 64 && (kept & UINT64_C(1) << attribute) &&
                                nla_put(msg, (int)attribute, (int)RTA_PAYLOAD(a), RTA_DATA(a)) < 0) {
                        nlmsg_free(msg);
                        return NULL;
                }
        }
        return msg;
}

#define BIT(attribute) (UINT64_C(1) << (attribute))

static void on_route(const struct nlmsghdr *header, void *userdata) {
        struct nl_msg *msg;
        RouteKey key;

        if (header->nlmsg_type != RTM_NEWROUTE || !route_parse(header, &key))
                return;
        /* Without next hops: each request removes one, and in IPv6 all of one destination and metric. */
        msg = echo(header, RTM_DELROUTE, sizeof(struct rtmsg),
                        BIT(RTA_DST) | BIT(RTA_SRC) | BIT(RTA_TABLE) | BIT(RTA_PRIORITY));
        if (msg)
                ((struct rtmsg *)nlmsg_data(nlmsg_hdr(msg)))->rtm_flags = 0;
        collect(userdata, msg);
}

static void on_rule(const struct nlmsghdr *header, void *userdata) {
        uint32_t priority;
        int family;

        if (header->nlmsg_type == RTM_NEWRULE && rule_parse(header, &family, &priority))
                collect(userdata, echo(header, RTM_DELRULE, sizeof(struct fib_rule_hdr), ~BIT(FRA_PAD)));
}

/* Gone meanwhile, alone or with another request: that is what was wanted. */
static void on_removed(int error, void *userdata) {
        Sweep *s = userdata;

        if (error < 0 && error != -ESRCH && error != -ENOENT && error != -ENODEV && s->error == 0)
                s->error = error;
}

static int remove_all(Sweep *s) {
        _cleanup_(sd_event_unrefp) sd_event *event = NULL;
        _cleanup_(netlink_freep) Netlink *netlink = NULL;
        int r;

        r = sd_event_new(&event);
        if (r < 0)
                return r;
        r = netlink_new(event, SD_EVENT_PRIORITY_NORMAL, &netlink);
        for (size_t i = 0; r >= 0 && i < s->n; i++) {
                r = netlink_request(netlink, s->requests[i], on_removed, s);
                s->requests[i] = NULL;
        }
        return r < 0 ? r : netlink_drain(netlink, TIMEOUT_USEC);
}

static int sweep(uint16_t type, int family, NetlinkMessage callback) {
        Sweep s = {0};
        int r, n;

        r = dump_run(type, family, TIMEOUT_USEC, begin, callback, &s);
        n = (int)s.n;
        if (r >= 0 && s.n > 0)
                r = remove_all(&s);
        for (size_t i = 0; i < s.n; i++)
                nlmsg_free(s.requests[i]);
        free(s.requests);
        if (r >= 0)
                r = s.error;
        return r < 0 ? r : n;
}

int net_remove_marked_routing(void) {
        static const struct {
                uint16_t type;
                int family;
                NetlinkMessage callback;
        } steps[] = {
                        {RTM_GETRULE, AF_INET, on_rule},
                        {RTM_GETRULE, AF_INET6, on_rule},
                        {RTM_GETROUTE, AF_INET, on_route},
                        {RTM_GETROUTE, AF_INET6, on_route},
        };
        int error = 0, n = 0;

        for (size_t i = 0; i < ELEMENTSOF(steps); i++) {
                int r = sweep(steps[i].type, steps[i].family, steps[i].callback);

                /* A kernel without policy routing has no rules to remove. */
                if (r < 0 && r != -EOPNOTSUPP && r != -EAFNOSUPPORT && error == 0)
                        error = r;
                n += MAX(r, 0);
        }
        return error < 0 ? error : n;
}
