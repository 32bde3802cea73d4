/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: static_rules and virtual_rules, with the options of `ip rule add` that keepalived has; track_group;
 * static_ipaddress's lines are grammar-address.c's. Must not know: the live system.
 */

#include "service/config/options.h"
#include "service/util/parse.h"
#include <linux/fib_rules.h>
#include <stdio.h>
#include <sys/socket.h>

/* What keepalived counts down from where no priority is said. */
#define PRIORITY_DEFAULT 16384
/* The two lowest bits of the field are not the DSCP's. */
#define DSCP_SHIFT 2

typedef struct RuleDraft {
        ConfigRule *c;
        bool has_priority, table_only; /* table_only: an option that belongs to a table */
} RuleDraft;

static RuleDraft *draft(const OptionLine *l) {
        return l->target;
}

static VrrpRule *rule(const OptionLine *l) {
        return &draft(l)->c->rule;
}

static int set_action(OptionLine *l, const Word *option, uint8_t action) {
        if (rule(l)->action != FR_ACT_UNSPEC)
                return option_wrong(l, parser_error(l->p, &option->at,
                                                       "'%s' is a second action: a rule has one of table, "
                                                       "goto, nop, "
                                                       "blackhole, unreachable, prohibit and l3mdev",
                                                       option->text));
        rule(l)->action = action;
        return 0;
}

static int rule_from(OptionLine *l, const Option *o, const Word *option, const Word *value) {
        return option_prefix(l, value, &rule(l)->from, &rule(l)->from_prefixlen);
}

static int rule_to(OptionLine *l, const Option *o, const Word *option, const Word *value) {
        return option_prefix(l, value, &rule(l)->to, &rule(l)->to_prefixlen);
}

static int rule_not(OptionLine *l, const Option *o, const Word *option, const Word *value) {
        rule(l)->invert = true;
        return 0;
}

static int rule_table(OptionLine *l, const Option *o, const Word *option, const Word *value) {
        int e = option_name(l, option, value, NAME_TABLE, UINT32_MAX, &rule(l)->table);

        if (e < 0 || !l->ok)
                return e;
        if (rule(l)->table == 0)
                return option_wrong(l, parser_error(l->p, &value->at, "there is no routing table 0"));
        return set_action(l, option, FR_ACT_TO_TBL);
}

static int rule_priority(OptionLine *l, const Option *o, const Word *option, const Word *value) {
        uint64_t v = 0;
        int e = option_number(l, option, value, 0, UINT32_MAX, &v);

        draft(l)->has_priority = true;
        rule(l)->priority = (uint32_t)v;
        return e;
}

static int rule_tos(OptionLine *l, const Option *o, const Word *option, const Word *value) {
        unsigned v = 0;
        int e = option_name(l, option, value, NAME_DSFIELD, UINT8_MAX, &v);

        rule(l)->tos = (uint8_t)v;
        return e;
}

static int rule_dscp(OptionLine *l, const Option *o, const Word *option, const Word *value) {
        uint64_t v = 0;
        int e = option_number(l, option, value, 0, 63, &v);

        rule(l)->tos = (uint8_t)(v << DSCP_SHIFT);
        return e;
}

/* MARK or MARK/MASK */
static int rule_fwmark(OptionLine *l, const Option *o, const Word *option, const Word *value) {
        _cleanup_free_ char *text = strdup(value->text);
        uint64_t mark, mask = 0;
        char *slash;

        if (!text)
                return -ENOMEM;
        slash = strchr(text, '/');
        if (slash)
                *slash++ = '\0';
        if (!names_number(text, UINT32_MAX, &mark) || (slash && !names_number(slash, UINT32_MAX, &mask)))
                return option_wrong(l,
                                parser_error(l->p, &value->at, "fwmark must be MARK or MARK/MASK, not '%s'",
                                                value->text));
        rule(l)->has_fwmark = true;
        rule(l)->fwmark = (uint32_t)mark;
        rule(l)->fwmask = slash ? (uint32_t)mask : UINT32_MAX;
        return 0;
}

static int rule_iif(OptionLine *l, const Option *o, const Word *option, const Word *value) {
        return option_interface(l, value, rule(l)->iif);
}

static int rule_oif(OptionLine *l, const Option *o, const Word *option, const Word *value) {
        return option_interface(l, value, rule(l)->oif);
}

static int rule_realms(OptionLine *l, const Option *o, const Word *option, const Word *value) {
        draft(l)->table_only = true;
        return option_realms(l, option, value, &rule(l)->realms);
}

static int rule_suppress_prefixlength(
                OptionLine *l, const Option *o, const Word *option, const Word *value) {
        uint64_t v = 0;
        int e = option_number(l, option, value, 0, 128, &v);

        draft(l)->table_only = true;
        rule(l)->suppress_prefixlen = (int64_t)v;
        return e;
}

static int rule_suppress_ifgroup(OptionLine *l, const Option *o, const Word *option, const Word *value) {
        unsigned v = 0;
        int e = option_name(l, option, value, NAME_GROUP, INT32_MAX, &v);

        draft(l)->table_only = true;
        rule(l)->suppress_ifgroup = v;
        return e;
}

static int rule_tunnel(OptionLine *l, const Option *o, const Word *option, const Word *value) {
        return option_number(l, option, value, 1, UINT64_MAX, &rule(l)->tunnel_id);
}

/* "FIRST-LAST", or one number where that is allowed. *ret_last = *ret_first then. */
static bool parse_range(
                const char *text, uint64_t max, bool single, uint64_t *ret_first, uint64_t *ret_last) {
        const char *dash = strchr(text, '-');
        char first[24];

        if (!dash) {
                *ret_last = 0;
                if (!single || !names_number(text, max, ret_first))
                        return false;
                *ret_last = *ret_first;
                return true;
        }
        if ((size_t)(dash - text) >= sizeof(first))
                return false;
        memcpy(first, text, (size_t)(dash - text));
        first[dash - text] = '\0';
        return names_number(first, max, ret_first) && names_number(dash + 1, max, ret_last) &&
               *ret_first <= *ret_last;
}

static int rule_uidrange(OptionLine *l, const Option *o, const Word *option, const Word *value) {
        uint64_t first, last;

        if (!parse_range(value->text, UINT32_MAX - 1, false, &first, &last))
                return option_wrong(
                                l, parser_error(l->p, &value->at, "uidrange must be FIRST-LAST, not '%s'",
                                                   value->text));
        rule(l)->has_uids = true;
        rule(l)->uid_first = (uint32_t)first;
        rule(l)->uid_last = (uint32_t)last;
        return 0;
}

static int rule_port(OptionLine *l, const Option *o, const Word *option, const Word *value) {
        bool source = streq(option->text, "sport");
        uint64_t first, last;

        if (!parse_range(value->text, UINT16_MAX - 1, true, &first, &last) || first == 0)
                return option_wrong(l,
                                parser_error(l->p, &value->at,
                                                "%s must be a port from 1 to 65534, or FIRST-LAST, not '%s'",
                                                option->text, value->text));
        *(source ? &rule(l)->sport_first : &rule(l)->dport_first) = (uint16_t)first;
        *(source ? &rule(l)->sport_last : &rule(l)->dport_last) = (uint16_t)last;
        return 0;
}

/* As in /etc/protocols, those that one writes rules for. */
static int rule_ipproto(OptionLine *l, const Option *o, const Word *option, const Word *value) {
        static const struct {
                const char *name;
                uint8_t number;
        } protocols[] = {{"icmp", 1}, {"igmp", 2}, {"tcp", 6}, {"udp", 17}, {"dccp", 33}, {"gre", 47},
                        {"esp", 50}, {"ah", 51}, {"icmpv6", 58}, {"ipv6-icmp", 58}, {"ospf", 89},
                        {"vrrp", 112}, {"sctp", 132}, {"udplite", 136}};
        uint64_t v = 0;

        for (size_t i = 0; i < ELEMENTSOF(protocols) && v == 0; i++)
                if (strcasecmp(value->text, protocols[i].name) == 0)
                        v = protocols[i].number;
        if (v == 0 && (!names_number(value->text, UINT8_MAX, &v) || v == 0))
                return option_wrong(l, parser_error(l->p, &value->at,
                                                       "%s must be the name of a protocol such as tcp, or a "
                                                       "number from 1 "
                                                       "to 255, not '%s'",
                                                       option->text, value->text));
        rule(l)->ip_proto = (uint8_t)v;
        return 0;
}

static int rule_l3mdev(OptionLine *l, const Option *o, const Word *option, const Word *value) {
        rule(l)->l3mdev = true;
        return set_action(l, option, FR_ACT_TO_TBL);
}

static int rule_goto(OptionLine *l, const Option *o, const Word *option, const Word *value) {
        uint64_t v = 0;
        int e = option_number(l, option, value, 1, UINT32_MAX, &v);

        rule(l)->goto_target = (uint32_t)v;
        return e < 0 || !l->ok ? e : set_action(l, option, FR_ACT_GOTO);
}

static int rule_action(OptionLine *l, const Option *o, const Word *option, const Word *value) {
        return set_action(l, option, (uint8_t)o->number);
}

static int rule_type(OptionLine *l, const Option *o, const Word *option, const Word *value) {
        return 0; /* the action follows */
}

static int rule_no_track(OptionLine *l, const Option *o, const Word *option, const Word *value) {
        rule(l)->no_track = true;
        return 0;
}

static const Option rule_options[] = {
                {"from", true, rule_from},
                {"to", true, rule_to},
                {"not", false, rule_not},
                {"iif", true, rule_iif},
                {"dev", true, rule_iif},
                {"oif", true, rule_oif},
                {"tos", true, rule_tos},
                {"dsfield", true, rule_tos},
                {"dscp", true, rule_dscp},
                {"fwmark", true, rule_fwmark},
                {"table", true, rule_table},
                {"lookup", true, rule_table},
                {"priority", true, rule_priority},
                {"preference", true, rule_priority},
                {"pref", true, rule_priority},
                {"order", true, rule_priority},
                {"goto", true, rule_goto},
                {"nop", false, rule_action, FR_ACT_NOP},
                {"blackhole", false, rule_action, FR_ACT_BLACKHOLE},
                {"unreachable", false, rule_action, FR_ACT_UNREACHABLE},
                {"prohibit", false, rule_action, FR_ACT_PROHIBIT},
                {"l3mdev", false, rule_l3mdev},
                {"type", false, rule_type},
                {"realms", true, rule_realms},
                {"suppress_prefixlength", true, rule_suppress_prefixlength},
                {"suppress_prefixlen", true, rule_suppress_prefixlength},
                {"sup_pl", true, rule_suppress_prefixlength},
                {"suppress_ifgroup", true, rule_suppress_ifgroup},
                {"sup_group", true, rule_suppress_ifgroup},
                {"tunnel-id", true, rule_tunnel},
                {"tun_id", true, rule_tunnel},
                {"uidrange", true, rule_uidrange},
                {"ipproto", true, rule_ipproto},
                {"ip_proto", true, rule_ipproto},
                {"sport", true, rule_port},
                {"dport", true, rule_port},
                {"protocol", true, option_protocol},
                {"inet", false, option_family, AF_INET},
                {"inet6", false, option_family, AF_INET6},
                {"no_track", false, rule_no_track},
                {"track_group", true, option_track_group},
};
_Static_assert(ELEMENTSOF(rule_options) <= OPTIONS_MAX, "each has its place");

static int take_priority(OptionLine *l, const ConfigPosition *at) {
        VrrpRule *r = rule(l);
        uint32_t *next = &l->p->rule_priority[r->family == AF_INET6];

        if (draft(l)->has_priority)
                return 0;
        if (*next == 0)
                *next = PRIORITY_DEFAULT;
        r->priority = (*next)--;
        return parser_warning(l->p, at, "this rule has no priority; it gets %u, as keepalived counts",
                        r->priority);
}

static int finish_rule(OptionLine *l, const ConfigPosition *at) {
        VrrpRule *r = rule(l);
        int e;

        r->family = l->family == AF_UNSPEC ? AF_INET : l->family;
        if (r->action == FR_ACT_UNSPEC) {
                l->ignored = true;
                return parser_warning(l->p, at,
                                "this rule says not what to do (table, goto, nop, blackhole...): it is "
                                "ignored, as keepalived "
                                "does");
        }
        if (r->action != FR_ACT_TO_TBL && draft(l)->table_only)
                return option_wrong(
                                l, parser_error(l->p, at,
                                                   "realms and suppressors belong to a rule with a table"));
        if (r->realms > 0 && r->family == AF_INET6)
                return option_wrong(l, parser_error(l->p, at, "an IPv6 rule has no realms"));
        if (r->from_prefixlen == 0)
                r->from = (VrrpAddress){};
        if (r->to_prefixlen == 0)
                r->to = (VrrpAddress){};
        if (r->action == FR_ACT_GOTO && (!draft(l)->has_priority || r->goto_target <= r->priority))
                return option_wrong(l, parser_error(l->p, at,
                                                       "a rule with goto needs a priority, and one below "
                                                       "its target"));
        e = take_priority(l, at);
        return MIN(e, 0);
}

static int rule_entry(Parser *p, const Statement *s, ConfigRule **list, size_t *n, bool is_static) {
        ConfigRule c = {.rule = {.suppress_prefixlen = -1, .suppress_ifgroup = -1}, .at = s->words[0].at},
                   *grown;
        RuleDraft d = {.c = &c};
        OptionLine l = {.p = p,
                        .s = s,
                        .ok = true,
                        .noun = "a rule",
                        .options = rule_options,
                        .n_options = ELEMENTSOF(rule_options),
                        .target = &d,
                        .track_group = is_static ? &c.track_group : NULL};
        int r = option_line_read(&l, NULL);

        if (r >= 0 && l.ok && !l.ignored)
                r = finish_rule(&l, &c.at);
        if (r < 0 || !l.ok || l.ignored) {
                config_rule_done(&c);
                return r;
        }
        grown = parser_grow(*list, *n, sizeof(*grown));
        if (!grown) {
                config_rule_done(&c);
                return -ENOMEM;
        }
        *list = grown;
        (*list)[(*n)++] = c;
        return 0;
}

static int static_entry(Parser *p, const Statement *s) {
        return rule_entry(p, s, &p->config->static_rules, &p->config->n_static_rules, true);
}

static int virtual_entry(Parser *p, const Statement *s) {
        ConfigInstance *i = &((InstanceDraft *)p->target)->model;

        return rule_entry(p, s, &i->rules, &i->n_rules, false);
}

int parse_rules(Parser *p, const Keyword *k, const Statement *s) {
        return parse_list(p, s, streq(k->name, "static_rules") ? static_entry : virtual_entry);
}
