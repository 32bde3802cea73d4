/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Builds RTM_NEWRULE and RTM_DELRULE and reads what the kernel says of them. As in route.c attribute by
 * attribute: libnl's rule objects know neither user ranges nor suppressors. Owns nothing: the message goes
 * to the queue of netlink.c. */

#include "service/net/rule.h"

#include <endian.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stdio.h>

#define MESSAGE_SIZE 512

static int put_prefix(struct nl_msg *msg, int type, const VrrpAddress *a, uint8_t prefixlen) {
        /* "all" is no attribute. */
        if (!vrrp_address_is_set(a) || prefixlen == 0)
                return 0;
        return nla_put(msg, type, (int)vrrp_address_size(a->family), a->bytes);
}

static int put_name(struct nl_msg *msg, int type, const char *name) {
        return name[0] ? nla_put_string(msg, type, name) : 0;
}

static int put_number(struct nl_msg *msg, int type, bool said, uint32_t value) {
        return said ? nla_put_u32(msg, type, value) : 0;
}

static int put_ports(struct nl_msg *msg, int type, uint16_t first, uint16_t last) {
        const struct fib_rule_port_range range = {.start = first, .end = last};

        return last > 0 ? nla_put(msg, type, sizeof(range), &range) : 0;
}

static int put_selectors(struct nl_msg *msg, const VrrpRule *r) {
        const struct fib_rule_uid_range uids = {.start = r->uid_first, .end = r->uid_last};
        uint64_t tunnel = htobe64(r->tunnel_id);

        if (put_prefix(msg, FRA_SRC, &r->from, r->from_prefixlen) < 0 ||
                        put_prefix(msg, FRA_DST, &r->to, r->to_prefixlen) < 0 ||
                        put_name(msg, FRA_IIFNAME, r->iif) < 0 || put_name(msg, FRA_OIFNAME, r->oif) < 0 ||
                        put_number(msg, FRA_FWMARK, r->has_fwmark, r->fwmark) < 0 ||
                        put_number(msg, FRA_FWMASK, r->has_fwmark && r->fwmask > 0, r->fwmask) < 0)
                return -ENOMEM;
        if ((r->tunnel_id > 0 && nla_put(msg, FRA_TUN_ID, sizeof(tunnel), &tunnel) < 0) ||
                        (r->has_uids && nla_put(msg, FRA_UID_RANGE, sizeof(uids), &uids) < 0) ||
                        (r->ip_proto > 0 && nla_put_u8(msg, FRA_IP_PROTO, r->ip_proto) < 0) ||
                        put_ports(msg, FRA_SPORT_RANGE, r->sport_first, r->sport_last) < 0 ||
                        put_ports(msg, FRA_DPORT_RANGE, r->dport_first, r->dport_last) < 0)
                return -ENOMEM;
        return 0;
}

static int put_action(struct nl_msg *msg, const VrrpRule *r) {
        if (put_number(msg, FRA_TABLE, r->action == FR_ACT_TO_TBL && !r->l3mdev, r->table) < 0 ||
                        put_number(msg, FRA_GOTO, r->action == FR_ACT_GOTO, r->goto_target) < 0 ||
                        put_number(msg, FRA_FLOW, r->realms > 0, r->realms) < 0 ||
                        put_number(msg, FRA_SUPPRESS_PREFIXLEN, r->suppress_prefixlen >= 0,
                                        (uint32_t)r->suppress_prefixlen) < 0 ||
                        put_number(msg, FRA_SUPPRESS_IFGROUP, r->suppress_ifgroup >= 0,
                                        (uint32_t)r->suppress_ifgroup) < 0 ||
                        (r->l3mdev && nla_put_u8(msg, FRA_L3MDEV, 1) < 0))
                return -ENOMEM;
        return 0;
}

static int rule_message(uint16_t type, int flags, const VrrpRule *r, struct nl_msg **ret) {
        const struct fib_rule_hdr info = {
                        .family = (uint8_t)r->family,
                        .src_len = r->from_prefixlen,
                        .dst_len = r->to_prefixlen,
                        .tos = r->tos,
                        .table = (uint8_t)(r->action == FR_ACT_TO_TBL && r->table < 256 ? r->table : 0),
                        .action = r->action,
                        .flags = r->invert ? FIB_RULE_INVERT : 0,
        };
        struct nl_msg *msg;

        if (vrrp_address_size(r->family) == 0)
                return -EINVAL;
        msg = nlmsg_alloc_size(MESSAGE_SIZE);
        if (!msg)
                return -ENOMEM;
        if (!nlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, type, sizeof(info), flags)) {
                nlmsg_free(msg);
                return -ENOMEM;
        }
        memcpy(nlmsg_data(nlmsg_hdr(msg)), &info, sizeof(info));
        if (nla_put_u32(msg, FRA_PRIORITY, r->priority) < 0 ||
                        nla_put_u8(msg, FRA_PROTOCOL, VRRPD_PROTOCOL) < 0 || put_selectors(msg, r) < 0 ||
                        put_action(msg, r) < 0) {
                nlmsg_free(msg);
                return -ENOMEM;
        }
        *ret = msg;
        return 0;
}

int rule_add(Netlink *n, const VrrpRule *r, NetlinkAck ack, void *userdata) {
        struct nl_msg *msg;
        int e = rule_message(RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL, r, &msg);

        return e < 0 ? e : netlink_request(n, msg, ack, userdata);
}

int rule_append(Netlink *n, const VrrpRule *r, NetlinkAck ack, void *userdata) {
        struct nl_msg *msg;
        int e = rule_message(RTM_NEWRULE, NLM_F_CREATE, r, &msg);

        return e < 0 ? e : netlink_request(n, msg, ack, userdata);
}

int rule_remove(Netlink *n, const VrrpRule *r, NetlinkAck ack, void *userdata) {
        struct nl_msg *msg;
        int e = rule_message(RTM_DELRULE, 0, r, &msg);

        return e < 0 ? e : netlink_request(n, msg, ack, userdata);
}

bool rule_parse(const struct nlmsghdr *header, int *ret_family, uint32_t *ret_priority) {
        struct nlattr *attributes[FRA_PROTOCOL + 1] = {0};
        const struct fib_rule_hdr *info = NLMSG_DATA(header);

        /* libnl reads only, though it wants the pointer without const. */
        if (header->nlmsg_len < NLMSG_LENGTH(sizeof(*info)) ||
                        nlmsg_parse((struct nlmsghdr *)(uintptr_t)header, sizeof(*info), attributes,
                                        FRA_PROTOCOL, NULL) < 0)
                return false;
        if (!attributes[FRA_PROTOCOL] || nla_len(attributes[FRA_PROTOCOL]) < 1 ||
                        nla_get_u8(attributes[FRA_PROTOCOL]) != VRRPD_PROTOCOL)
                return false;
        *ret_family = info->family;
        *ret_priority = attributes[FRA_PRIORITY] && nla_len(attributes[FRA_PRIORITY]) >= 4
                                        ? nla_get_u32(attributes[FRA_PRIORITY])
                                        : 0;
        return true;
}

/* Appends " WORD ADDRESS/N" to a text that may be full already. */
static void append_prefix(char buf[RULE_STRLEN], const char *word, const VrrpAddress *a, uint8_t prefixlen) {
        size_t n = strlen(buf);
        char text[VRRP_ADDRESS_STRLEN];

        if (vrrp_address_is_set(a))
                snprintf(buf + n, RULE_STRLEN - n, " %s %s/%u", word, vrrp_address_to_string(a, text),
                                prefixlen);
}

const char *rule_to_string(const VrrpRule *r, char buf[RULE_STRLEN]) {
        snprintf(buf, RULE_STRLEN, "rule %u", r->priority);
        append_prefix(buf, "from", &r->from, r->from_prefixlen);
        append_prefix(buf, "to", &r->to, r->to_prefixlen);
        return buf;
}
