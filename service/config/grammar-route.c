/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: static_routes and virtual_routes, with the options of `ip route add` that keepalived has. Must not
 * know: the live system, what is in the routing tables.
 */

#include "service/config/options.h"
#include "service/util/parse.h"
#include <linux/icmpv6.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <sys/socket.h>

_Static_assert(RTAX_MAX < VRRP_ROUTE_METRICS, "every metric has its place");

/* The kernel counts the round trip time in eighths and its variation in quarters of a millisecond. */
#define RTT_SHIFT 3
#define RTTVAR_SHIFT 2

typedef struct RouteDraft {
        ConfigRoute *c;
        VrrpNexthop single; /* via, dev... before any `nexthop` */
        bool has_single, has_destination, has_scope;
        ConfigPosition single_at;
} RouteDraft;

static RouteDraft *draft(const OptionLine *l) {
        return l->target;
}

static VrrpRoute *route(const OptionLine *l) {
        return &draft(l)->c->route;
}

static int add_nexthop(VrrpRoute *r, VrrpNexthop **ret) {
        VrrpNexthop *grown = parser_grow(r->nexthops, r->n_nexthops, sizeof(*grown));

        if (!grown)
                return -ENOMEM;
        r->nexthops = grown;
        *ret = &grown[r->n_nexthops++];
        **ret = (VrrpNexthop){};
        return 0;
}

/* The next hop that options are about: the last `nexthop`, or the route's own. */
static VrrpNexthop *nexthop(OptionLine *l, const Word *option) {
        VrrpRoute *r = route(l);

        if (r->n_nexthops > 0)
                return &r->nexthops[r->n_nexthops - 1];
        if (!draft(l)->has_single)
                draft(l)->single_at = option->at;
        draft(l)->has_single = true;
        return &draft(l)->single;
}

static int route_destination(OptionLine *l, const Word *value) {
        VrrpRoute *r = route(l);

        if (draft(l)->has_destination)
                return option_wrong(l, parser_error(l->p, &value->at,
                                                       "'%s' is a second destination: each route needs a "
                                                       "line of its own",
                                                       value->text));
        draft(l)->has_destination = true;
        return option_prefix(l, value, &r->destination, &r->prefixlen);
}

static int route_to(OptionLine *l, const Option *o, const Word *option, const Word *value) {
        return route_destination(l, value);
}

static int route_type(OptionLine *l, const Option *o, const Word *option, const Word *value) {
        route(l)->type = (uint8_t)o->number;
        return 0;
}

static int route_source(OptionLine *l, const Option *o, const Word *option, const Word *value) {
        return option_address(l, value, &route(l)->source);
}

static int route_from(OptionLine *l, const Option *o, const Word *option, const Word *value) {
        VrrpRoute *r = route(l);
        int e = option_prefix(l, value, &r->from, &r->from_prefixlen);

        if (e < 0 || !l->ok || r->from.family != AF_INET)
                return e;
        return option_wrong(l, parser_error(l->p, &value->at,
                                               "only an IPv6 route has a 'from' (a rule with 'from' and a "
                                               "table does it for "
                                               "IPv4)"));
}

/* [inet|inet6] ADDRESS; of the other family it needs the word, as with ip(8). */
static int route_via(OptionLine *l, const Option *o, const Word *option, const Word *value) {
        int family = streq(value->text, "inet")    ? AF_INET
                     : streq(value->text, "inet6") ? AF_INET6
                                                   : AF_UNSPEC;
        VrrpNexthop *h = nexthop(l, option);

        if (family == AF_UNSPEC)
                return option_address(l, value, &h->gateway);
        value = option_more(l, option);
        if (!value)
                return 0;
        if (!value_parse_address(value->text, &h->gateway) || h->gateway.family != family)
                return option_wrong(l, parser_error(l->p, &value->at, "'%s' is not an %s address",
                                                       value->text, family == AF_INET6 ? "IPv6" : "IPv4"));
        if (family == AF_INET && l->family == AF_INET6)
                return option_wrong(l, parser_error(l->p, &value->at, "an IPv6 route has no IPv4 gateway"));
        return 0;
}

/* "via A or B": keepalived's old way to say two next hops. */
static int route_or(OptionLine *l, const Option *o, const Word *option, const Word *value) {
        VrrpRoute *r = route(l);
        VrrpNexthop *h;
        int e = 0;

        if (r->n_nexthops == 0 && !vrrp_address_is_set(&draft(l)->single.gateway))
                return option_wrong(l, parser_error(l->p, &option->at, "'or' needs a 'via' in front of it"));
        if (r->n_nexthops == 0) {
                e = add_nexthop(r, &h);
                if (e < 0)
                        return e;
                *h = draft(l)->single;
                draft(l)->has_single = false;
        }
        e = add_nexthop(r, &h);
        return e < 0 ? e : option_address(l, value, &h->gateway);
}

static int route_dev(OptionLine *l, const Option *o, const Word *option, const Word *value) {
        return option_interface(l, value, nexthop(l, option)->dev);
}

static int route_onlink(OptionLine *l, const Option *o, const Word *option, const Word *value) {
        nexthop(l, option)->onlink = true;
        return 0;
}

static int route_realms(OptionLine *l, const Option *o, const Word *option, const Word *value) {
        return option_realms(l, option, value, &nexthop(l, option)->realms);
}

static int route_nexthop(OptionLine *l, const Option *o, const Word *option, const Word *value) {
        VrrpNexthop *h;

        if (l->i >= l->s->n)
                return option_wrong(l,
                                parser_error(l->p, &option->at, "'nexthop' needs a via or dev behind it"));
        /* It has a via and a dev of its own, and another may follow. */
        memset(l->seen, 0, sizeof(l->seen));
        return add_nexthop(route(l), &h);
}

static int route_weight(OptionLine *l, const Option *o, const Word *option, const Word *value) {
        uint64_t v = 0;
        int e = option_number(l, option, value, 1, 256, &v);

        if (e < 0 || !l->ok)
                return e;
        if (route(l)->n_nexthops == 0)
                return option_wrong(l, parser_error(l->p, &option->at, "'weight' belongs behind 'nexthop'"));
        nexthop(l, option)->weight = (unsigned)v;
        return 0;
}

static int route_tos(OptionLine *l, const Option *o, const Word *option, const Word *value) {
        unsigned v = 0;
        int e = option_name(l, option, value, NAME_DSFIELD, UINT8_MAX, &v);

        route(l)->tos = (uint8_t)v;
        return e;
}

static int route_table(OptionLine *l, const Option *o, const Word *option, const Word *value) {
        int e = option_name(l, option, value, NAME_TABLE, UINT32_MAX, &route(l)->table);

        if (e < 0 || !l->ok || route(l)->table > 0)
                return e;
        return option_wrong(l, parser_error(l->p, &value->at, "there is no routing table 0"));
}

static int route_scope(OptionLine *l, const Option *o, const Word *option, const Word *value) {
        unsigned v = 0;
        int e = option_name(l, option, value, NAME_SCOPE, UINT8_MAX, &v);

        draft(l)->has_scope = true;
        route(l)->scope = (uint8_t)v;
        return e;
}

static int route_metric(OptionLine *l, const Option *o, const Word *option, const Word *value) {
        uint64_t v = 0;
        int e = option_number(l, option, value, 0, UINT32_MAX, &v);

        route(l)->metric = (uint32_t)v;
        return e;
}

static int route_expires(OptionLine *l, const Option *o, const Word *option, const Word *value) {
        uint64_t v = 0;
        int e = option_number(l, option, value, 1, UINT32_MAX, &v);

        route(l)->expires = (uint32_t)v;
        return e;
}

static void set_metric(VrrpRoute *r, unsigned metric, uint32_t value, bool locked) {
        r->metrics_set |= 1U << metric;
        r->metrics[metric] = value;
        if (!locked)
                return;
        r->metrics_set |= 1U << RTAX_LOCK;
        r->metrics[RTAX_LOCK] |= 1U << metric;
}

/* mtu and its like: [lock] NUMBER */
static int route_number(OptionLine *l, const Option *o, const Word *option, const Word *value) {
        bool locked = streq(value->text, "lock");
        uint64_t v = 0;
        int e;

        if (locked)
                value = option_more(l, option);
        if (!value)
                return 0;
        e = option_number(l, option, value, 0, o->number == RTAX_HOPLIMIT ? UINT8_MAX : UINT32_MAX, &v);
        if (e >= 0 && l->ok)
                set_metric(route(l), o->number, (uint32_t)v, locked);
        return e;
}

/* rtt, rttvar, rto_min: milliseconds, or a number with s or ms. */
static int route_time(OptionLine *l, const Option *o, const Word *option, const Word *value) {
        unsigned shift = o->number == RTAX_RTT ? RTT_SHIFT : o->number == RTAX_RTTVAR ? RTTVAR_SHIFT : 0;
        bool locked = streq(value->text, "lock");
        uint32_t factor = 1;
        char digits[16];
        size_t n;
        uint64_t v;

        if (locked)
                value = option_more(l, option);
        if (!value)
                return 0;
        n = strspn(value->text, "0123456789");
        if (streq(value->text + n, "s"))
                factor = 1000;
        else if (value->text[n] && !streq(value->text + n, "ms"))
                n = sizeof(digits);
        if (n < sizeof(digits)) {
                memcpy(digits, value->text, n);
                digits[n] = '\0';
        }
        if (n >= sizeof(digits) || !names_number(digits, UINT32_MAX / factor >> shift, &v))
                return option_wrong(l, parser_error(l->p, &value->at,
                                                       "%s must be a time in milliseconds, or with s or ms, "
                                                       "not '%s'",
                                                       option->text, value->text));
        /* The kernel heeds the least retransmission timeout only where it is locked; ip(8) always locks it.
         */
        set_metric(route(l), o->number, (uint32_t)v * factor << shift, locked || o->number == RTAX_RTO_MIN);
        return 0;
}

static int route_bit(OptionLine *l, const Option *o, const Word *option, const Word *value) {
        uint64_t v = 0;
        int e = option_number(l, option, value, 0, 1, &v);

        if (e >= 0 && l->ok)
                set_metric(route(l), o->number, (uint32_t)v, false);
        return e;
}

static int route_features(OptionLine *l, const Option *o, const Word *option, const Word *value) {
        if (!streq(value->text, "ecn"))
                return option_wrong(l, parser_error(l->p, &value->at, "features must be ecn, not '%s'",
                                                       value->text));
        set_metric(route(l), RTAX_FEATURES, RTAX_FEATURE_ECN, false);
        return 0;
}

static int route_congctl(OptionLine *l, const Option *o, const Word *option, const Word *value) {
        VrrpRoute *r = route(l);

        if (streq(value->text, "lock")) {
                r->metrics_set |= 1U << RTAX_LOCK;
                r->metrics[RTAX_LOCK] |= 1U << RTAX_CC_ALGO;
                value = option_more(l, option);
        }
        if (!value)
                return 0;
        if (!*value->text || strlen(value->text) >= sizeof(r->congctl))
                return option_wrong(l, parser_error(l->p, &value->at,
                                                       "congctl must be the name of a congestion control "
                                                       "(at most %zu "
                                                       "bytes), not '%s'",
                                                       sizeof(r->congctl) - 1, value->text));
        memset(r->congctl, 0, sizeof(r->congctl));
        memcpy(r->congctl, value->text, strlen(value->text));
        return 0;
}

static int route_pref(OptionLine *l, const Option *o, const Word *option, const Word *value) {
        static const struct {
                const char *name;
                int pref;
        } prefs[] = {{"low", ICMPV6_ROUTER_PREF_LOW}, {"medium", ICMPV6_ROUTER_PREF_MEDIUM},
                        {"high", ICMPV6_ROUTER_PREF_HIGH}};

        for (size_t i = 0; i < ELEMENTSOF(prefs); i++)
                if (streq(value->text, prefs[i].name)) {
                        route(l)->pref = prefs[i].pref;
                        return 0;
                }
        return option_wrong(l, parser_error(l->p, &value->at, "pref must be low, medium or high, not '%s'",
                                               value->text));
}

static int route_ttl_propagate(OptionLine *l, const Option *o, const Word *option, const Word *value) {
        bool on = streq(value->text, "enabled");

        if (!on && !streq(value->text, "disabled"))
                return option_wrong(l, parser_error(l->p, &value->at,
                                                       "ttl-propagate must be enabled or disabled, not '%s'",
                                                       value->text));
        route(l)->ttl_propagate = on;
        return 0;
}

static int route_no_track(OptionLine *l, const Option *o, const Word *option, const Word *value) {
        route(l)->no_track = true;
        return 0;
}

/* add, replace...: how `ip route` would enter it. */
static int route_command(OptionLine *l, const Option *o, const Word *option, const Word *value) {
        return MIN(parser_warning(l->p, &option->at,
                                   "'%s' is ignored: vrrpd adds a route beside others and replaces none",
                                   option->text),
                        0);
}

static int route_refused(OptionLine *l, const Option *o, const Word *option, const Word *value) {
        static const char *const why[] = {
                        "a tunnel of its own device does the same, and a route can name that device",
                        "name the table of the VRF instead: 'table'",
                        "the kernel does no address translation by routes any more",
        };

        return option_wrong(l, parser_error(l->p, &option->at, "'%s' is refused: %s", option->text,
                                               why[o->number]));
}

static const Option route_options[] = {
                {"to", true, route_to},
                {"src", true, route_source},
                {"from", true, route_from},
                {"via", true, route_via},
                {"gw", true, route_via},
                {"or", true, route_or},
                {"dev", true, route_dev},
                {"oif", true, route_dev},
                {"onlink", false, route_onlink},
                {"nexthop", false, route_nexthop},
                {"weight", true, route_weight},
                {"tos", true, route_tos},
                {"dsfield", true, route_tos},
                {"table", true, route_table},
                {"scope", true, route_scope},
                {"metric", true, route_metric},
                {"priority", true, route_metric},
                {"preference", true, route_metric},
                {"protocol", true, option_protocol},
                {"realms", true, route_realms},
                {"expires", true, route_expires},
                {"mtu", true, route_number, RTAX_MTU},
                {"window", true, route_number, RTAX_WINDOW},
                {"rtt", true, route_time, RTAX_RTT},
                {"rttvar", true, route_time, RTAX_RTTVAR},
                {"ssthresh", true, route_number, RTAX_SSTHRESH},
                {"cwnd", true, route_number, RTAX_CWND},
                {"advmss", true, route_number, RTAX_ADVMSS},
                {"reordering", true, route_number, RTAX_REORDERING},
                {"hoplimit", true, route_number, RTAX_HOPLIMIT},
                {"initcwnd", true, route_number, RTAX_INITCWND},
                {"initrwnd", true, route_number, RTAX_INITRWND},
                {"rto_min", true, route_time, RTAX_RTO_MIN},
                {"quickack", true, route_bit, RTAX_QUICKACK},
                {"fastopen_no_cookie", true, route_bit, RTAX_FASTOPEN_NO_COOKIE},
                {"features", true, route_features},
                {"congctl", true, route_congctl},
                {"pref", true, route_pref},
                {"ttl-propagate", true, route_ttl_propagate},
                {"no_track", false, route_no_track},
                {"track_group", true, option_track_group},
                {"inet", false, option_family, AF_INET},
                {"inet6", false, option_family, AF_INET6},
                {"unicast", false, route_type, RTN_UNICAST},
                {"local", false, route_type, RTN_LOCAL},
                {"broadcast", false, route_type, RTN_BROADCAST},
                {"anycast", false, route_type, RTN_ANYCAST},
                {"multicast", false, route_type, RTN_MULTICAST},
                {"blackhole", false, route_type, RTN_BLACKHOLE},
                {"unreachable", false, route_type, RTN_UNREACHABLE},
                {"prohibit", false, route_type, RTN_PROHIBIT},
                {"throw", false, route_type, RTN_THROW},
                {"add", false, route_command},
                {"append", false, route_command},
                {"prepend", false, route_command},
                {"change", false, route_command},
                {"replace", false, route_command},
                {"encap", false, route_refused, 0},
                {"vrf", false, route_refused, 1},
                {"nat", false, route_refused, 2},
                {"as", false, route_refused, 2},
};
_Static_assert(ELEMENTSOF(route_options) <= OPTIONS_MAX, "each has its place");

/* "type blackhole" is the same as "blackhole"; anything else that has a digit or a colon in it, or says
 * "default", is the destination. */
static int route_word(OptionLine *l, const Word *w) {
        if (streq(w->text, "type"))
                return 0;
        if (streq(w->text, "default") || strpbrk(w->text, "0123456789:/") == w->text ||
                        strchr(w->text, '/') || strchr(w->text, ':'))
                return route_destination(l, w);
        return 1;
}

/* Where ip-route(8) puts a route of which nothing is said. */
static uint8_t default_scope(const VrrpRoute *r) {
        switch (r->type) {
        case RTN_LOCAL:
                return RT_SCOPE_HOST;
        case RTN_BROADCAST:
        case RTN_MULTICAST:
        case RTN_ANYCAST:
                return RT_SCOPE_LINK;
        case RTN_UNICAST:
                if (r->destination.family == AF_INET && r->n_nexthops == 1 &&
                                !vrrp_address_is_set(&r->nexthops[0].gateway))
                        return RT_SCOPE_LINK;
                return RT_SCOPE_UNIVERSE;
        default: /* to nowhere */
                return RT_SCOPE_UNIVERSE;
        }
}

static bool leads_nowhere(const VrrpRoute *r) {
        return r->type == RTN_BLACKHOLE || r->type == RTN_UNREACHABLE || r->type == RTN_PROHIBIT ||
               r->type == RTN_THROW;
}

static int clear_host_bits(OptionLine *l, VrrpRoute *r, const ConfigPosition *at) {
        bool cleared = false;

        for (unsigned bit = r->prefixlen; bit < vrrp_address_size(r->destination.family) * 8; bit++) {
                uint8_t mask = (uint8_t)(0x80U >> (bit % 8));

                cleared |= r->destination.bytes[bit / 8] & mask;
                r->destination.bytes[bit / 8] &= (uint8_t)~mask;
        }
        return cleared ? parser_warning(l->p, at,
                                         "the destination has bits behind its prefix length; they are "
                                         "cleared")
                       : 0;
}

/* What can only be said when the whole line is read. */
static int finish_route(OptionLine *l, const ConfigPosition *at) {
        RouteDraft *d = draft(l);
        VrrpRoute *r = route(l);
        VrrpNexthop *h;
        int e;

        if (!d->has_destination)
                return option_wrong(l, parser_error(l->p, at, "this route has no destination"));
        h = r->n_nexthops > 0 ? r->nexthops : &d->single;
        if (l->family == AF_UNSPEC)
                l->family = h->gateway.family;
        r->destination.family = l->family == AF_UNSPEC ? AF_INET : l->family;
        if (r->from.family != AF_UNSPEC && r->from_prefixlen == 0)
                r->from = (VrrpAddress){};
        e = clear_host_bits(l, r, at);
        if (e < 0)
                return e;
        if (leads_nowhere(r) && (d->has_single || r->n_nexthops > 0)) {
                r->n_nexthops = 0;
                d->has_single = false;
                e = parser_warning(l->p, at,
                                "a route that leads nowhere has neither gateway nor interface: they are "
                                "ignored");
        } else if (!leads_nowhere(r) && !d->has_single && r->n_nexthops == 0) {
                l->ignored = true;
                return parser_warning(l->p, at,
                                "this route has neither via nor dev: it is ignored, as the kernel does not "
                                "take it");
        }
        if (e < 0)
                return e;
        if (d->has_single && r->n_nexthops > 0) {
                /* "dev eth1" in front of next hops: as keepalived, those without one take it. */
                for (size_t i = 0; i < r->n_nexthops; i++)
                        if (!r->nexthops[i].dev[0])
                                memcpy(r->nexthops[i].dev, d->single.dev, sizeof(d->single.dev));
        } else if (d->has_single) {
                e = add_nexthop(r, &h);
                if (e < 0)
                        return e;
                *h = d->single;
        }
        if (!d->has_scope)
                r->scope = default_scope(r);
        return 0;
}

static int route_entry(Parser *p, const Statement *s, ConfigRoute **list, size_t *n, bool is_static) {
        ConfigRoute c = {.route = {.type = RTN_UNICAST,
                                         .table = RT_TABLE_MAIN,
                                         .pref = -1,
                                         .ttl_propagate = -1},
                                    .at = s->words[0].at},
                    *grown;
        RouteDraft d = {.c = &c};
        OptionLine l = {.p = p,
                        .s = s,
                        .ok = true,
                        .noun = "a route",
                        .options = route_options,
                        .n_options = ELEMENTSOF(route_options),
                        .target = &d,
                        .track_group = is_static ? &c.track_group : NULL};
        int r = option_line_read(&l, route_word);

        if (r >= 0 && l.ok && !l.ignored)
                r = finish_route(&l, &c.at);
        if (r < 0 || !l.ok || l.ignored) {
                config_route_done(&c);
                return r;
        }
        grown = parser_grow(*list, *n, sizeof(*grown));
        if (!grown) {
                config_route_done(&c);
                return -ENOMEM;
        }
        *list = grown;
        (*list)[(*n)++] = c;
        return 0;
}

static int static_entry(Parser *p, const Statement *s) {
        return route_entry(p, s, &p->config->static_routes, &p->config->n_static_routes, true);
}

static int virtual_entry(Parser *p, const Statement *s) {
        ConfigInstance *i = &((InstanceDraft *)p->target)->model;

        return route_entry(p, s, &i->routes, &i->n_routes, false);
}

int parse_routes(Parser *p, const Keyword *k, const Statement *s) {
        return parse_list(p, s, streq(k->name, "static_routes") ? static_entry : virtual_entry);
}
