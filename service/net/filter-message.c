/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The table in the kernel's own words (linux/netfilter/nf_tables.h), put together with libnl as the
 * rtnetlink messages are: four sets, two chains and seven rules that never change need no library of their
 * own. What is built here reads in nft(8)'s words:
 *
 *      table inet vrrpd {
 *              flags owner
 *              chain input { type filter hook input priority filter - 1
 *                      ip daddr @no_accept drop
 *                      icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
 *                      ip6 daddr @no_accept6 drop
 *                      iif . ip6 daddr @no_accept_local drop
 *              }
 *              chain output { type filter hook output priority filter - 1
 *                      oif @virtual_mac ip protocol igmp drop
 *                      oif @virtual_mac icmpv6 type 131-133 drop
 *                      oif @virtual_mac icmpv6 type 143 drop
 *              }
 *      }
 *
 * The types are MLD's report and done, the router solicitation, and MLDv2's report. */

#include "service/net/filter-message.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>

#define TABLE "vrrpd"
#define MESSAGE_SIZE 4096
#define ELEMENTS_MESSAGE_SIZE (64 * 1024)

#define PROTOCOL_IGMP 2
#define PROTOCOL_ICMPV6 58
#define IPV4_DESTINATION 16
#define IPV6_DESTINATION 24

/* nft(8)'s numbers of data types, by which it knows how to print a set. A concatenation is one behind the
 * other, 6 bits each. */
enum {
        TYPE_IPV4 = 7,
        TYPE_IPV6 = 8,
        TYPE_IFINDEX = 20,
        TYPE_IFINDEX_IPV6 = TYPE_IFINDEX << 6 | TYPE_IPV6,
};

static const struct {
        const char *name;
        uint32_t type, key_size;
} sets[FILTER_SET_MAX] = {
                [FILTER_IPV4] = {"no_accept", TYPE_IPV4, 4},
                [FILTER_IPV6] = {"no_accept6", TYPE_IPV6, 16},
                [FILTER_LINK_LOCAL] = {"no_accept_local", TYPE_IFINDEX_IPV6, 20},
                [FILTER_LINKS] = {"virtual_mac", TYPE_IFINDEX, 4},
};

/* -- Messages -- */

static int append(FilterBatch *b, struct nl_msg *msg) {
        struct nlmsghdr *header = nlmsg_hdr(msg);
        size_t size = NLMSG_ALIGN(header->nlmsg_len), allocated = MAX(b->allocated, (size_t)8192);

        while (allocated < b->size + size)
                allocated *= 2;
        if (allocated > b->allocated) {
                uint8_t *bytes = realloc(b->bytes, allocated);

                if (!bytes)
                        return -ENOMEM;
                b->bytes = bytes;
                b->allocated = allocated;
        }
        memset(b->bytes + b->size, 0, size);
        memcpy(b->bytes + b->size, header, header->nlmsg_len);
        b->size += size;
        return 0;
}

static struct nl_msg *new_message(
                FilterBatch *b, int type, int family, int flags, uint16_t resource, size_t size) {
        const struct nfgenmsg head = {
                        .nfgen_family = (uint8_t)family,
                        .version = NFNETLINK_V0,
                        .res_id = htons(resource),
        };
        struct nl_msg *msg = nlmsg_alloc_size(size);

        if (!msg || !nlmsg_put(msg, 0, ++b->sequence, type, sizeof(head), NLM_F_REQUEST | flags)) {
                nlmsg_free(msg);
                return NULL;
        }
        memcpy(nlmsg_data(nlmsg_hdr(msg)), &head, sizeof(head));
        return msg;
}

static struct nl_msg *table_message(FilterBatch *b, int type, int flags, size_t size) {
        return new_message(b, NFNL_SUBSYS_NFTABLES << 8 | type, NFPROTO_INET, flags, 0, size);
}

/* Into the batch with it, if it is complete. */
static int finish(FilterBatch *b, struct nl_msg *msg, bool complete) {
        int r = msg && complete ? append(b, msg) : -ENOMEM;

        nlmsg_free(msg);
        return r;
}

static bool put_be32(struct nl_msg *msg, int type, uint32_t value) {
        return nla_put_u32(msg, type, htonl(value)) >= 0;
}

static bool put_string(struct nl_msg *msg, int type, const char *s) {
        return nla_put_string(msg, type, s) >= 0;
}

static int batch_mark(FilterBatch *b, int type) {
        struct nl_msg *msg = new_message(b, type, AF_UNSPEC, 0, NFNL_SUBSYS_NFTABLES, MESSAGE_SIZE);

        return finish(b, msg, true);
}

int filter_batch_begin(FilterBatch *b) {
        return batch_mark(b, NFNL_MSG_BATCH_BEGIN);
}

int filter_batch_end(FilterBatch *b) {
        return batch_mark(b, NFNL_MSG_BATCH_END);
}

void filter_batch_done(FilterBatch *b) {
        free(b->bytes);
        *b = (FilterBatch){0};
}

/* -- Expressions of a rule -- */

typedef struct Rule {
        struct nl_msg *msg;
        struct nlattr *expressions;
        bool complete;
} Rule;

/* Opens "{ name, data {" of one expression; the caller puts its attributes and closes. */
static void expression_begin(Rule *r, const char *name, struct nlattr *ret[2]) {
        ret[0] = r->complete ? nla_nest_start(r->msg, NFTA_LIST_ELEM) : NULL;
        r->complete = ret[0] && put_string(r->msg, NFTA_EXPR_NAME, name);
        ret[1] = r->complete ? nla_nest_start(r->msg, NFTA_EXPR_DATA) : NULL;
        r->complete = r->complete && ret[1];
}

static void expression_end(Rule *r, struct nlattr *nests[2], bool complete) {
        r->complete = r->complete && complete;
        if (!r->complete)
                return;
        nla_nest_end(r->msg, nests[1]);
        nla_nest_end(r->msg, nests[0]);
}

static void add_meta(Rule *r, uint32_t key, uint32_t reg) {
        struct nlattr *nests[2];

        expression_begin(r, "meta", nests);
        expression_end(r, nests,
                        r->complete && put_be32(r->msg, NFTA_META_KEY, key) &&
                                        put_be32(r->msg, NFTA_META_DREG, reg));
}

static void add_payload(Rule *r, uint32_t base, uint32_t offset, uint32_t size, uint32_t reg) {
        struct nlattr *nests[2];

        expression_begin(r, "payload", nests);
        expression_end(r, nests,
                        r->complete && put_be32(r->msg, NFTA_PAYLOAD_DREG, reg) &&
                                        put_be32(r->msg, NFTA_PAYLOAD_BASE, base) &&
                                        put_be32(r->msg, NFTA_PAYLOAD_OFFSET, offset) &&
                                        put_be32(r->msg, NFTA_PAYLOAD_LEN, size));
}

/* The byte in the first register. */
static void add_compare(Rule *r, uint32_t op, uint8_t value) {
        struct nlattr *nests[2], *data = NULL;
        bool complete;

        expression_begin(r, "cmp", nests);
        complete = r->complete && put_be32(r->msg, NFTA_CMP_SREG, NFT_REG_1) &&
                   put_be32(r->msg, NFTA_CMP_OP, op);
        if (complete)
                data = nla_nest_start(r->msg, NFTA_CMP_DATA);
        complete = data && nla_put(r->msg, NFTA_DATA_VALUE, sizeof(value), &value) >= 0;
        if (complete)
                nla_nest_end(r->msg, data);
        expression_end(r, nests, complete);
}

static void add_lookup(Rule *r, FilterSet set, uint32_t reg) {
        struct nlattr *nests[2];

        expression_begin(r, "lookup", nests);
        expression_end(r, nests,
                        r->complete && put_string(r->msg, NFTA_LOOKUP_SET, sets[set].name) &&
                                        put_be32(r->msg, NFTA_LOOKUP_SREG, reg));
}

static void add_counter(Rule *r) {
        struct nlattr *nests[2];

        expression_begin(r, "counter", nests);
        expression_end(r, nests, true);
}

static void add_verdict(Rule *r, uint32_t code) {
        struct nlattr *nests[2], *data = NULL, *verdict = NULL;
        bool complete;

        expression_begin(r, "immediate", nests);
        complete = r->complete && put_be32(r->msg, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
        if (complete)
                data = nla_nest_start(r->msg, NFTA_IMMEDIATE_DATA);
        if (data)
                verdict = nla_nest_start(r->msg, NFTA_DATA_VERDICT);
        complete = verdict && put_be32(r->msg, NFTA_VERDICT_CODE, code);
        if (complete) {
                nla_nest_end(r->msg, verdict);
                nla_nest_end(r->msg, data);
        }
        expression_end(r, nests, complete);
}

static void add_family(Rule *r, uint8_t family) {
        add_meta(r, NFT_META_NFPROTO, NFT_REG_1);
        add_compare(r, NFT_CMP_EQ, family);
}

static void add_protocol(Rule *r, uint8_t family, uint8_t protocol) {
        add_family(r, family);
        add_meta(r, NFT_META_L4PROTO, NFT_REG_1);
        add_compare(r, NFT_CMP_EQ, protocol);
}

static void add_icmpv6_type(Rule *r, uint8_t low, uint8_t high) {
        add_protocol(r, NFPROTO_IPV6, PROTOCOL_ICMPV6);
        add_payload(r, NFT_PAYLOAD_TRANSPORT_HEADER, 0, 1, NFT_REG_1);
        add_compare(r, low == high ? NFT_CMP_EQ : NFT_CMP_GTE, low);
        if (low != high)
                add_compare(r, NFT_CMP_LTE, high);
}

static void add_virtual_mac(Rule *r) {
        add_meta(r, NFT_META_OIF, NFT_REG_1);
        add_lookup(r, FILTER_LINKS, NFT_REG_1);
}

/* -- The rules -- */

static void no_accept_ipv4(Rule *r) {
        add_family(r, NFPROTO_IPV4);
        add_payload(r, NFT_PAYLOAD_NETWORK_HEADER, IPV4_DESTINATION, 4, NFT_REG_1);
        add_lookup(r, FILTER_IPV4, NFT_REG_1);
}

/* RFC 9568 section 6.1: with Accept_Mode false IPv6 neighbour discovery must still be answered. */
static void neighbour_discovery(Rule *r) {
        add_icmpv6_type(r, 135, 136);
}

static void no_accept_ipv6(Rule *r) {
        add_family(r, NFPROTO_IPV6);
        add_payload(r, NFT_PAYLOAD_NETWORK_HEADER, IPV6_DESTINATION, 16, NFT_REG_1);
        add_lookup(r, FILTER_IPV6, NFT_REG_1);
}

static void no_accept_link_local(Rule *r) {
        add_family(r, NFPROTO_IPV6);
        add_meta(r, NFT_META_IIF, NFT_REG32_00);
        add_payload(r, NFT_PAYLOAD_NETWORK_HEADER, IPV6_DESTINATION, 16, NFT_REG32_01);
        add_lookup(r, FILTER_LINK_LOCAL, NFT_REG32_00);
}

static void no_igmp(Rule *r) {
        add_virtual_mac(r);
        add_protocol(r, NFPROTO_IPV4, PROTOCOL_IGMP);
}

static void no_mld(Rule *r) {
        add_virtual_mac(r);
        add_icmpv6_type(r, 131, 133);
}

static void no_mldv2(Rule *r) {
        add_virtual_mac(r);
        add_icmpv6_type(r, 143, 143);
}

static const struct {
        const char *chain;
        void (*match)(Rule *r);
        uint32_t verdict;
} rules[] = {
                {"input", no_accept_ipv4, NF_DROP},
                {"input", neighbour_discovery, NF_ACCEPT},
                {"input", no_accept_ipv6, NF_DROP},
                {"input", no_accept_link_local, NF_DROP},
                {"output", no_igmp, NF_DROP},
                {"output", no_mld, NF_DROP},
                {"output", no_mldv2, NF_DROP},
};

static int rule_message(FilterBatch *b, size_t i, bool counters) {
        Rule r = {.msg = table_message(b, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND, MESSAGE_SIZE)};

        if (r.msg && put_string(r.msg, NFTA_RULE_TABLE, TABLE) &&
                        put_string(r.msg, NFTA_RULE_CHAIN, rules[i].chain))
                r.expressions = nla_nest_start(r.msg, NFTA_RULE_EXPRESSIONS);
        r.complete = r.expressions;
        rules[i].match(&r);
        if (counters && rules[i].verdict == NF_DROP)
                add_counter(&r);
        add_verdict(&r, rules[i].verdict);
        if (r.complete)
                nla_nest_end(r.msg, r.expressions);
        return finish(b, r.msg, r.complete);
}

/* -- The table -- */

static int chain_message(FilterBatch *b, const char *name, uint32_t hook, int priority) {
        struct nl_msg *msg = table_message(b, NFT_MSG_NEWCHAIN, NLM_F_CREATE, MESSAGE_SIZE);
        struct nlattr *nest = NULL;
        bool complete;

        if (msg && put_string(msg, NFTA_CHAIN_TABLE, TABLE) && put_string(msg, NFTA_CHAIN_NAME, name))
                nest = nla_nest_start(msg, NFTA_CHAIN_HOOK);
        complete = nest && put_be32(msg, NFTA_HOOK_HOOKNUM, hook) &&
                   put_be32(msg, NFTA_HOOK_PRIORITY, (uint32_t)priority);
        if (complete)
                nla_nest_end(msg, nest);
        return finish(b, msg,
                        complete && put_string(msg, NFTA_CHAIN_TYPE, "filter") &&
                                        put_be32(msg, NFTA_CHAIN_POLICY, NF_ACCEPT));
}

/* libnftables keeps in a set's user data that its keys are in the host's byte order (type, length, value).
 */
static const struct {
        uint8_t type, size;
        uint32_t order;
} __attribute__((packed)) host_byte_order = {.type = 0, .size = sizeof(uint32_t), .order = 1};

static int set_message(FilterBatch *b, FilterSet set) {
        struct nl_msg *msg = table_message(b, NFT_MSG_NEWSET, NLM_F_CREATE, MESSAGE_SIZE);

        return finish(b, msg,
                        msg && put_string(msg, NFTA_SET_TABLE, TABLE) &&
                                        put_string(msg, NFTA_SET_NAME, sets[set].name) &&
                                        put_be32(msg, NFTA_SET_KEY_TYPE, sets[set].type) &&
                                        put_be32(msg, NFTA_SET_KEY_LEN, sets[set].key_size) &&
                                        put_be32(msg, NFTA_SET_ID, set + 1U) &&
                                        (set != FILTER_LINKS || nla_put(msg, NFTA_SET_USERDATA,
                                                                                sizeof(host_byte_order),
                                                                                &host_byte_order) >= 0));
}

int filter_batch_table(FilterBatch *b, const FilterParams *params) {
        struct nl_msg *msg = table_message(b, NFT_MSG_NEWTABLE, NLM_F_CREATE | NLM_F_EXCL, MESSAGE_SIZE);
        int r;

        r = finish(b, msg,
                        msg && put_string(msg, NFTA_TABLE_NAME, TABLE) &&
                                        put_be32(msg, NFTA_TABLE_FLAGS, NFT_TABLE_F_OWNER));
        if (r >= 0)
                r = chain_message(b, "input", NF_INET_LOCAL_IN, params->priority);
        if (r >= 0)
                r = chain_message(b, "output", NF_INET_LOCAL_OUT, params->priority);
        for (FilterSet set = 0; set < FILTER_SET_MAX && r >= 0; set++)
                r = set_message(b, set);
        for (size_t i = 0; i < ELEMENTSOF(rules) && r >= 0; i++)
                r = rule_message(b, i, params->counters);
        return r;
}

static bool put_element(struct nl_msg *msg, const FilterElement *e) {
        struct nlattr *element, *key;

        element = nla_nest_start(msg, NFTA_LIST_ELEM);
        key = element ? nla_nest_start(msg, NFTA_SET_ELEM_KEY) : NULL;
        if (!key || nla_put(msg, NFTA_DATA_VALUE, (int)e->key_size, e->key) < 0)
                return false;
        nla_nest_end(msg, key);
        nla_nest_end(msg, element);
        return true;
}

int filter_batch_elements(
                FilterBatch *b, FilterSet set, bool add, const FilterElement *const *elements, size_t n) {
        struct nlattr *list = NULL;
        struct nl_msg *msg;
        bool complete;

        if (n == 0)
                return 0;
        msg = table_message(b, add ? NFT_MSG_NEWSETELEM : NFT_MSG_DELSETELEM, add ? NLM_F_CREATE : 0,
                        ELEMENTS_MESSAGE_SIZE);
        if (msg && put_string(msg, NFTA_SET_ELEM_LIST_TABLE, TABLE) &&
                        put_string(msg, NFTA_SET_ELEM_LIST_SET, sets[set].name))
                list = nla_nest_start(msg, NFTA_SET_ELEM_LIST_ELEMENTS);
        complete = list;
        for (size_t i = 0; i < n && complete; i++)
                complete = put_element(msg, elements[i]);
        if (complete)
                nla_nest_end(msg, list);
        return finish(b, msg, complete);
}
