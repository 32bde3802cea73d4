/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Builds RTM_NEWLINK, RTM_SETLINK and RTM_DELLINK for macvlans (linux/if_link.h). Owns nothing; when such a
 * link should be there, or up, is the caller's business. */

#include "service/net/macvlan.h"

#include "service/net/dump.h"
#include "service/net/message.h"
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stdio.h>
#include <sys/socket.h>

#define MESSAGE_SIZE 512
#define ALIAS_MAX 255
#define TIMEOUT_USEC (10 * USEC_PER_SEC)

static struct nl_msg *link_message(uint16_t type, int flags, const struct ifinfomsg *info) {
        struct nl_msg *msg = nlmsg_alloc_size(MESSAGE_SIZE);

        if (!msg || !nlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, type, sizeof(*info), flags)) {
                nlmsg_free(msg);
                return NULL;
        }
        memcpy(nlmsg_data(nlmsg_hdr(msg)), info, sizeof(*info));
        return msg;
}

/* Sends what is complete; what lacked room or memory goes. */
static int submit(Netlink *n, struct nl_msg *msg, bool complete, NetlinkAck ack, void *userdata) {
        if (msg && complete)
                return netlink_request(n, msg, ack, userdata);
        nlmsg_free(msg);
        return -ENOMEM;
}

static bool put_linkinfo(struct nl_msg *msg) {
        struct nlattr *info, *data;

        info = nla_nest_start(msg, IFLA_LINKINFO);
        if (!info || nla_put_string(msg, IFLA_INFO_KIND, "macvlan") < 0)
                return false;
        data = nla_nest_start(msg, IFLA_INFO_DATA);
        if (!data || nla_put_u32(msg, IFLA_MACVLAN_MODE, MACVLAN_MODE_PRIVATE) < 0)
                return false;
        nla_nest_end(msg, data);
        nla_nest_end(msg, info);
        return true;
}

static int set_alias(Netlink *n, const char *name, const char *alias) {
        const struct ifinfomsg info = {.ifi_family = AF_UNSPEC};
        struct nl_msg *msg = link_message(RTM_SETLINK, 0, &info);

        return submit(n, msg,
                        msg && nla_put_string(msg, IFLA_IFNAME, name) >= 0 &&
                                        nla_put(msg, IFLA_IFALIAS, (int)strlen(alias), alias) >= 0,
                        NULL, NULL);
}

int macvlan_create(Netlink *n, const MacvlanRequest *m, NetlinkAck ack, void *userdata) {
        const struct ifinfomsg info = {.ifi_family = AF_UNSPEC};
        struct nl_msg *msg = link_message(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &info);
        char alias[ALIAS_MAX + 1];
        int r;

        r = submit(n, msg,
                        msg && nla_put_u32(msg, IFLA_LINK, (uint32_t)m->lower_ifindex) >= 0 &&
                                        nla_put_string(msg, IFLA_IFNAME, m->name) >= 0 &&
                                        nla_put(msg, IFLA_ADDRESS, sizeof(m->mac), m->mac) >= 0 &&
                                        nla_put_u32(msg, IFLA_GROUP, m->group) >= 0 && put_linkinfo(msg),
                        ack, userdata);
        if (r < 0)
                return r;
        /* The kernel takes no alias with the making. Both leave in one batch. */
        snprintf(alias, sizeof(alias), MACVLAN_MARK "%s", m->owner);
        return set_alias(n, m->name, alias);
}

int macvlan_unmark(Netlink *n, const char *name) {
        return set_alias(n, name, "");
}

bool macvlan_matches(const Link *link, const MacvlanRequest *m) {
        return streq(link->kind, "macvlan") && link->macvlan_mode == MACVLAN_MODE_PRIVATE &&
               link->lower_ifindex == m->lower_ifindex && memcmp(link->mac, m->mac, sizeof(m->mac)) == 0;
}

static struct nl_msg *set_link_message(int ifindex) {
        const struct ifinfomsg info = {.ifi_family = AF_UNSPEC, .ifi_index = ifindex};

        return link_message(RTM_SETLINK, 0, &info);
}

typedef struct Setting {
        int id;
        uint32_t value;
} Setting;

static bool put_inet_conf(struct nl_msg *msg, const Setting *settings, size_t n_settings) {
        struct nlattr *families, *inet, *conf;

        families = nla_nest_start(msg, IFLA_AF_SPEC);
        inet = families ? nla_nest_start(msg, AF_INET) : NULL;
        conf = inet ? nla_nest_start(msg, IFLA_INET_CONF) : NULL;
        if (!conf)
                return false;
        for (size_t i = 0; i < n_settings; i++)
                if (nla_put_u32(msg, settings[i].id, settings[i].value) < 0)
                        return false;
        nla_nest_end(msg, conf);
        nla_nest_end(msg, inet);
        nla_nest_end(msg, families);
        return true;
}

static bool put_no_address_generation(struct nl_msg *msg) {
        struct nlattr *families, *inet6;

        families = nla_nest_start(msg, IFLA_AF_SPEC);
        inet6 = families ? nla_nest_start(msg, AF_INET6) : NULL;
        if (!inet6 || nla_put_u8(msg, IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE) < 0)
                return false;
        nla_nest_end(msg, inet6);
        nla_nest_end(msg, families);
        return true;
}

int macvlan_configure(Netlink *n, int ifindex, bool forwarding, NetlinkAck ack, void *userdata) {
        const Setting settings[] = {
                        {IPV4_DEVCONF_FORWARDING, forwarding},
                        /* Answer for nothing but this link's own addresses, whatever the routes say. */
                        {IPV4_DEVCONF_ARP_IGNORE, 1},
                        {IPV4_DEVCONF_ARPFILTER, 0},
                        /* Ask in the name of nothing but this link's own addresses. */
                        {IPV4_DEVCONF_ARP_ANNOUNCE, 2},
                        /* The way back to most senders leads through the lower link. */
                        {IPV4_DEVCONF_RP_FILTER, 0},
                        {IPV4_DEVCONF_ACCEPT_LOCAL, 1},
                        {IPV4_DEVCONF_PROMOTE_SECONDARIES, 1},
        };
        struct nl_msg *msg = set_link_message(ifindex);
        int r;

        r = submit(n, msg, msg && put_inet_conf(msg, settings, ELEMENTSOF(settings)), ack, userdata);
        if (r < 0)
                return r;
        /* By itself, as a kernel without IPv6 refuses the whole message. */
        msg = set_link_message(ifindex);
        return submit(n, msg, msg && put_no_address_generation(msg), NULL, NULL);
}

int macvlan_switch(Netlink *n, int ifindex, bool up, NetlinkAck ack, void *userdata) {
        const struct ifinfomsg info = {
                        .ifi_family = AF_UNSPEC,
                        .ifi_index = ifindex,
                        .ifi_change = IFF_UP,
                        .ifi_flags = up ? IFF_UP : 0,
        };
        struct nl_msg *msg = link_message(RTM_SETLINK, 0, &info);

        return submit(n, msg, msg, ack, userdata);
}

static int remove_one(Netlink *n, int ifindex) {
        const struct ifinfomsg info = {.ifi_family = AF_UNSPEC, .ifi_index = ifindex};
        struct nl_msg *msg = link_message(RTM_DELLINK, 0, &info);

        return submit(n, msg, msg, NULL, NULL);
}

int macvlan_remove(Netlink *n, const int *ifindexes, size_t n_ifindexes) {
        const struct ifinfomsg all = {.ifi_family = AF_UNSPEC};
        struct nl_msg *msg;

        if (n_ifindexes == 0)
                return 0;
        if (n_ifindexes == 1)
                return remove_one(n, ifindexes[0]);
        for (size_t i = 0; i < n_ifindexes; i++) {
                int r;

                msg = set_link_message(ifindexes[i]);
                r = submit(n, msg, msg && nla_put_u32(msg, IFLA_GROUP, MACVLAN_GROUP) >= 0, NULL, NULL);
                if (r < 0)
                        return r;
        }
        msg = link_message(RTM_DELLINK, 0, &all);
        return submit(n, msg, msg && nla_put_u32(msg, IFLA_GROUP, MACVLAN_GROUP) >= 0, NULL, NULL);
}

int link_touch(Netlink *n, int ifindex) {
        struct nl_msg *msg = set_link_message(ifindex);

        return submit(n, msg, msg, NULL, NULL);
}

int link_set_devconf(Netlink *n, int ifindex, int setting, uint32_t value, NetlinkAck ack, void *userdata) {
        struct nl_msg *msg = set_link_message(ifindex);

        return submit(n, msg, msg && put_inet_conf(msg, &(Setting){setting, value}, 1), ack, userdata);
}

/* -- What an earlier run left -- */

typedef struct Sweep {
        int *ifindexes;
        size_t n;
        bool group_taken; /* somebody else has links in our group */
        int error;
} Sweep;

static void sweep_begin(void *userdata) {
        Sweep *s = userdata;

        s->n = 0;
}

static void on_link(const struct nlmsghdr *header, void *userdata) {
        Sweep *s = userdata;
        Link link = {0};
        int *grown;

        if (header->nlmsg_type != RTM_NEWLINK || !message_parse_link(header, &link))
                return;
        if (!link.marked || !streq(link.kind, "macvlan")) {
                s->group_taken |= link.group == MACVLAN_GROUP;
                return;
        }
        grown = reallocarray(s->ifindexes, s->n + 1, sizeof(*grown));
        if (!grown) {
                s->error = -ENOMEM;
                return;
        }
        s->ifindexes = grown;
        s->ifindexes[s->n++] = link.ifindex;
}

static int remove_all(const Sweep *s) {
        _cleanup_(sd_event_unrefp) sd_event *event = NULL;
        _cleanup_(netlink_freep) Netlink *netlink = NULL;
        int r;

        r = sd_event_new(&event);
        if (r < 0)
                return r;
        r = netlink_new(event, SD_EVENT_PRIORITY_NORMAL, &netlink);
        if (r >= 0 && !s->group_taken)
                r = macvlan_remove(netlink, s->ifindexes, s->n);
        for (size_t i = 0; i < s->n && s->group_taken && r >= 0; i++)
                r = macvlan_remove(netlink, &s->ifindexes[i], 1);
        return r < 0 ? r : netlink_drain(netlink, TIMEOUT_USEC);
}

int macvlan_remove_marked(void) {
        Sweep s = {0};
        int r;

        r = dump_run(RTM_GETLINK, AF_UNSPEC, TIMEOUT_USEC, sweep_begin, on_link, &s);
        if (r >= 0 && s.n > 0)
                r = remove_all(&s);
        free(s.ifindexes);
        if (r >= 0)
                r = s.error;
        return r < 0 ? r : (int)s.n;
}
