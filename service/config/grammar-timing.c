/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: the blocks and keywords about time that are not one number: delays of links, groups of interfaces
 * that share the pace of announcements, announcements on other interfaces. Must not know: who waits for what
 * (service/net/link-delay.c, service/pacing.c, service/core).
 */

#include "service/config/parser.h"
#include "service/util/parse.h"

/* keepalived's limit. */
#define LINK_DELAY_MAX (255 * USEC_PER_SEC)

/* -- interface_up_down_delays -- */

static int parse_link_delay_value(Parser *p, const Word *w, usec_t *ret, bool *ret_good) {
        *ret_good = parse_seconds(w->text, ret) >= 0 && *ret <= LINK_DELAY_MAX;
        return *ret_good ? 0
                         : parser_error(p, &w->at, "the delay must be seconds from 0 to 255, not '%s'",
                                           w->text);
}

static int add_link_delay(Parser *p, const ConfigLinkDelay *d) {
        Config *c = p->config;
        ConfigLinkDelay *delays = parser_grow(c->link_delays, c->n_link_delays, sizeof(*delays));
        char *interface;

        if (!delays)
                return -ENOMEM;
        c->link_delays = delays;
        interface = strdup(d->interface);
        if (!interface)
                return -ENOMEM;
        delays[c->n_link_delays] = *d;
        delays[c->n_link_delays++].interface = interface;
        return 0;
}

/* INTERFACE DOWN [UP] */
static int link_delay_entry(Parser *p, const Statement *s) {
        ConfigLinkDelay d = {.interface = s->words[0].text, .at = s->words[0].at};
        bool good;
        int r;

        if (!value_is_interface_name(d.interface))
                return parser_error(p, &d.at, "'%s' cannot be the name of an interface", d.interface);
        if (s->n < 2 || s->n > 3)
                return parser_error(p, &s->words[s->n - 1].at,
                                "one or two delays expected behind '%s', in seconds: down [up]",
                                d.interface);
        for (size_t i = 0; i < p->config->n_link_delays; i++)
                if (streq(p->config->link_delays[i].interface, d.interface))
                        return parser_warning(p, &d.at, "'%s' has delays already; ignored", d.interface);
        r = parse_link_delay_value(p, &s->words[1], &d.down_usec, &good);
        if (r < 0 || !good)
                return r;
        d.up_usec = d.down_usec;
        if (s->n == 3) {
                r = parse_link_delay_value(p, &s->words[2], &d.up_usec, &good);
                if (r < 0 || !good)
                        return r;
        }
        return add_link_delay(p, &d);
}

int parse_link_delays(Parser *p, const Keyword *k, const Statement *s) {
        return parse_list(p, s, link_delay_entry);
}

/* -- garp_group -- */

int parse_garp_group(Parser *p, const Keyword *k, const Statement *s) {
        ConfigPosition seen[KEYWORDS_MAX] = {};
        Config *c = p->config;
        ConfigGarpGroup *groups = parser_grow(c->garp_groups, c->n_garp_groups, sizeof(*groups)), *g;
        int r;

        if (!groups)
                return -ENOMEM;
        c->garp_groups = groups;
        g = &groups[c->n_garp_groups++];
        *g = (ConfigGarpGroup){
                        .garp_interval_usec = UNSET_USEC,
                        .gna_interval_usec = UNSET_USEC,
                        .at = s->words[0].at,
        };
        g->interfaces = calloc(1, sizeof(*g->interfaces));
        if (!g->interfaces)
                return -ENOMEM;
        p->target = g;
        r = parse_block(p, s, &keyword_garp_group, seen);
        if (r < 0 || g->interfaces[0] || parser_seen(&keyword_garp_group, seen, "interface").line > 0 ||
                        parser_seen(&keyword_garp_group, seen, "interfaces").line > 0)
                return r;
        config_garp_group_done(g);
        c->n_garp_groups--;
        return parser_warning(p, &s->words[0].at, "garp_group has no interface; it is ignored");
}

static int add_group_interface(Parser *p, const Statement *s, const Word *w) {
        ConfigGarpGroup *g = p->target;
        char **interfaces;
        size_t n = 0;

        if (!value_is_interface_name(w->text))
                return parser_error(p, &w->at, "'%s' cannot be the name of an interface", w->text);
        for (size_t i = 0; i < p->config->n_garp_groups; i++)
                for (char **name = p->config->garp_groups[i].interfaces; *name; name++)
                        if (streq(*name, w->text))
                                return parser_warning(p, &w->at, "'%s' is in a garp_group already; ignored",
                                                w->text);
        while (g->interfaces[n])
                n++;
        interfaces = reallocarray(g->interfaces, n + 2, sizeof(*interfaces));
        if (!interfaces)
                return -ENOMEM;
        g->interfaces = interfaces;
        interfaces[n + 1] = NULL;
        interfaces[n] = strdup(w->text);
        return interfaces[n] ? 0 : -ENOMEM;
}

static int group_interface_entry(Parser *p, const Statement *s) {
        int r = 0;

        for (size_t i = 0; i < s->n && r >= 0; i++)
                r = add_group_interface(p, s, &s->words[i]);
        return r;
}

/* interface NAME, and the block interfaces { NAME ... }. */
int parse_group_interface(Parser *p, const Keyword *k, const Statement *s) {
        return k->flags & KEYWORD_BLOCK ? parse_list(p, s, group_interface_entry)
                                        : add_group_interface(p, s, &s->words[1]);
}

/* -- keywords of an instance -- */

/* [all] SECONDS */
int parse_garp_extra(Parser *p, const Keyword *k, const Statement *s) {
        RouterDraft *d = (RouterDraft *)(void *)((char *)p->target + k->offset);
        const Word *w = &s->words[s->n - 1];
        bool all = s->n > 2;
        usec_t v;

        if (all && !streq(s->words[1].text, "all"))
                return parser_error(p, &s->words[1].at, "%s takes 'all' and seconds, not '%s'", k->name,
                                s->words[1].text);
        if (parse_seconds(w->text, &v) < 0 || v > (usec_t)k->high)
                return parser_error(
                                p, &w->at, "%s must be seconds from 0 to 86400, not '%s'", k->name, w->text);
        d->garp_extra = v;
        d->garp_extra_all = all;
        return 0;
}

/* How often an address is announced. keepalived knows no limit; more than ours would only keep the network
 * busy. */
int parse_repeat(Parser *p, const Keyword *k, const Statement *s) {
        unsigned *to = (unsigned *)(void *)((char *)p->target + k->offset), v;
        const Word *w = &s->words[1];

        if (parse_unsigned(w->text + (w->text[0] == '+'), 0, UINT32_MAX, &v) < 0)
                return parser_error(p, &w->at, "%s must be a whole number from %lld to %lld, not '%s'",
                                k->name, k->low, k->high, w->text);
        *to = (unsigned)MIN(MAX((long long)v, k->low), k->high);
        return *to == v ? 0
                        : parser_warning(p, &w->at,
                                          "%s must be a whole number from %lld to %lld; %u is used", k->name,
                                          k->low, k->high, *to);
}

/* [PRIORITY]: the highest of the other routers. */
int parse_timer_expired(Parser *p, const Keyword *k, const Statement *s) {
        InstanceDraft *d = p->target;
        unsigned priority = VRRP_PRIORITY_OWNER - 1;

        if (s->n > 1 && parse_unsigned(s->words[1].text, 1, VRRP_PRIORITY_OWNER - 1, &priority) < 0)
                return parser_error(p, &s->words[1].at, "%s must be a whole number from 1 to 254, not '%s'",
                                k->name, s->words[1].text);
        d->model.timer_expired_backup = (uint8_t)priority;
        return 0;
}
