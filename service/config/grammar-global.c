/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: global_defs. Its values are defaults of instances and scripts, and few of them end up in the model.
 * Must not know: what an instance makes of them (finish.c).
 */

#include "service/config/parser.h"
#include "service/util/parse.h"
#include <arpa/inet.h>

/* IFNAMSIZ - 1 without a digit in case of doubt, ".", and three digits. */
#define VMAC_PREFIX_MAX 10
/* keepalived's limit, which is the kernel's. */
#define NFTABLES_PRIORITY_MAX INT32_MAX

int parse_global(Parser *p, const Keyword *k, const Statement *s) {
        ConfigPosition seen[KEYWORDS_MAX] = {};

        p->target = &p->global;
        return parse_block(p, s, &keyword_global, seen);
}

int parse_script_user(Parser *p, const Keyword *k, const Statement *s) {
        GlobalDraft *g = &p->global;
        char *user = strdup(s->words[1].text), *group = s->n > 2 ? strdup(s->words[2].text) : NULL;

        free(g->script_user);
        free(g->script_group);
        g->script_user = user;
        g->script_group = group;
        g->script_user_at = s->words[1].at;
        return user && (group || s->n <= 2) ? 0 : -ENOMEM;
}

/* With ".255" behind it the name must still be one. */
int parse_vmac_prefix(Parser *p, const Keyword *k, const Statement *s) {
        char **to = streq(k->name, "vmac_prefix") ? &p->global.vmac_prefix : &p->global.vmac_addr_prefix;

        if (!value_is_interface_name(s->words[1].text) || strlen(s->words[1].text) > VMAC_PREFIX_MAX)
                return parser_error(p, &s->words[1].at,
                                "%s must be the begin of an interface's name, at most %d bytes, not '%s'",
                                k->name, VMAC_PREFIX_MAX, s->words[1].text);
        free(*to);
        *to = strdup(s->words[1].text);
        return *to ? 0 : -ENOMEM;
}

int parse_nftables(Parser *p, const Keyword *k, const Statement *s) {
        if (s->n > 1 && !streq(s->words[1].text, "vrrpd"))
                return parser_warning(p, &s->words[1].at,
                                "the table is always called 'inet vrrpd'; '%s' is ignored",
                                s->words[1].text);
        return 0;
}

int parse_nftables_priority(Parser *p, const Keyword *k, const Statement *s) {
        int priority;

        if (parse_int(s->words[1].text, -NFTABLES_PRIORITY_MAX, NFTABLES_PRIORITY_MAX, &priority) < 0)
                return parser_error(p, &s->words[1].at,
                                "nftables_priority must be a whole number from %d to %d, not '%s'",
                                -NFTABLES_PRIORITY_MAX, NFTABLES_PRIORITY_MAX, s->words[1].text);
        p->global.nftables_priority = priority;
        return 0;
}

int parse_random_seed(Parser *p, const Keyword *k, const Statement *s) {
        unsigned seed;

        if (parse_unsigned(s->words[1].text, 0, UINT32_MAX, &seed) < 0)
                return parser_error(p, &s->words[1].at, "random_seed must be a whole number, not '%s'",
                                s->words[1].text);
        line_reader_seed(p->reader, seed);
        return 0;
}

int parse_include_check(Parser *p, const Keyword *k, const Statement *s) {
        static const struct {
                const char *word;
                unsigned check;
        } words[] = {
                        {"readable", INCLUDE_READABLE},
                        {"match", INCLUDE_MATCH},
                        {"wildcard_match", INCLUDE_WILDCARD_MATCH},
                        {"brace_match", INCLUDE_BRACE_MATCH},
        };
        unsigned checks = 0;

        if (s->n == 1)
                checks = INCLUDE_ALL;
        else if (s->words[1].text[0] == '+' || s->words[1].text[0] == '-')
                checks = line_reader_get_include_check(p->reader);
        for (size_t i = 1; i < s->n; i++) {
                const char *word = s->words[i].text;
                bool remove = *word == '-';
                unsigned check = 0;

                word += *word == '-' || *word == '+';
                for (size_t j = 0; j < ELEMENTSOF(words); j++)
                        if (streq(word, words[j].word))
                                check = words[j].check;
                if (check == 0)
                        return parser_error(p, &s->words[i].at,
                                        "include_check knows readable, match, wildcard_match and "
                                        "brace_match, not '%s'",
                                        word);
                checks = remove ? checks & ~check : checks | check;
        }
        line_reader_set_include_check(p->reader, checks);
        return 0;
}

/* vrrp_mcast_group4, vrrp_mcast_group6, mcast_dst_ip: 224.0.0.0/4; of IPv6 only groups of the link (RFC 4291
 * section 2.7), as in keepalived: others a router might forward. */
static bool is_group(const VrrpAddress *a) {
        if (a->family == AF_INET)
                return (a->bytes[0] & 0xf0) == 0xe0;
        return a->bytes[0] == 0xff && (a->bytes[1] & 0x0f) == 0x02;
}

/* 0 with *ret set, 0 when it said what is wrong, -ENOMEM. family 0: either. */
static int read_group(Parser *p, const Keyword *k, const Statement *s, int family, VrrpAddress *ret) {
        VrrpAddress address;

        if (!value_parse_address(s->words[1].text, &address))
                return parser_error(p, &s->words[1].at, "%s must be an address, not '%s'", k->name,
                                s->words[1].text);
        if (family != 0 && address.family != family)
                return parser_error(p, &s->words[1].at, "%s must be an %s address, not '%s'", k->name,
                                family == AF_INET6 ? "IPv6" : "IPv4", s->words[1].text);
        if (!is_group(&address))
                return parser_error(p, &s->words[1].at,
                                address.family == AF_INET6 ? "%s must be a multicast group of the link "
                                                             "(ffX2::), not '%s'"
                                                           : "%s must be a multicast group, not '%s'",
                                k->name, s->words[1].text);
        *ret = address;
        return 0;
}

int parse_global_group(Parser *p, const Keyword *k, const Statement *s) {
        GlobalDraft *g = p->target;
        bool ipv6 = streq(k->name, "vrrp_mcast_group6");

        return read_group(p, k, s, ipv6 ? AF_INET6 : AF_INET, ipv6 ? &g->group6 : &g->group4);
}

int parse_mcast_group(Parser *p, const Keyword *k, const Statement *s) {
        InstanceDraft *d = p->target;

        d->group_at = s->words[1].at;
        return read_group(p, k, s, 0, &d->model.multicast);
}
