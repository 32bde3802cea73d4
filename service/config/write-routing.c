/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: how routes, rules and what is static are written. Must not know: quoting (write-word.c), the order
 * (model.c). */

#include "service/config/write.h"
#include "service/config/writer.h"
#include <linux/fib_rules.h>
#include <linux/icmpv6.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <sys/socket.h>

static void word(Writer *w, const char *keyword) {
        writer_begin(w, keyword);
}

static void number(Writer *w, const char *keyword, unsigned long long value) {
        writer_begin(w, keyword);
        writer_printf(w, "%llu", value);
}

static void name(Writer *w, const char *keyword, const char *value) {
        if (!value[0])
                return;
        writer_begin(w, keyword);
        writer_word(w, value);
}

static void address(Writer *w, const char *keyword, const VrrpAddress *a) {
        if (!vrrp_address_is_set(a))
                return;
        writer_begin(w, keyword);
        writer_address(w, a);
}

static void prefix(Writer *w, const char *keyword, const VrrpAddress *a, uint8_t prefixlen) {
        if (!vrrp_address_is_set(a))
                return;
        address(w, keyword, a);
        fprintf(w->stream, "/%u", prefixlen);
}

static const char *route_type(uint8_t type) {
        static const char *const names[] = {
                        [RTN_LOCAL] = "local",
                        [RTN_BROADCAST] = "broadcast",
                        [RTN_ANYCAST] = "anycast",
                        [RTN_MULTICAST] = "multicast",
                        [RTN_BLACKHOLE] = "blackhole",
                        [RTN_UNREACHABLE] = "unreachable",
                        [RTN_PROHIBIT] = "prohibit",
                        [RTN_THROW] = "throw",
        };

        return type < ELEMENTSOF(names) ? names[type] : NULL;
}

static void realms(Writer *w, uint32_t value) {
        if (value == 0)
                return;
        writer_begin(w, "realms");
        if (value >> 16)
                writer_printf(w, "%u/%u", value >> 16, value & 0xffff);
        else
                writer_printf(w, "%u", value);
}

static void write_nexthop(Writer *w, const VrrpNexthop *h, int family) {
        if (vrrp_address_is_set(&h->gateway) && h->gateway.family != family) {
                writer_begin(w, "via inet6");
                writer_address(w, &h->gateway);
        } else
                address(w, "via", &h->gateway);
        name(w, "dev", h->dev);
        if (h->onlink)
                word(w, "onlink");
        if (h->weight > 0)
                number(w, "weight", h->weight);
        realms(w, h->realms);
}

static void write_metrics(Writer *w, const VrrpRoute *r) {
        static const struct {
                const char *name;
                unsigned metric, shift;
        } metrics[] = {
                        {"mtu", RTAX_MTU, 0},
                        {"window", RTAX_WINDOW, 0},
                        {"rtt", RTAX_RTT, 3},
                        {"rttvar", RTAX_RTTVAR, 2},
                        {"ssthresh", RTAX_SSTHRESH, 0},
                        {"cwnd", RTAX_CWND, 0},
                        {"advmss", RTAX_ADVMSS, 0},
                        {"reordering", RTAX_REORDERING, 0},
                        {"hoplimit", RTAX_HOPLIMIT, 0},
                        {"initcwnd", RTAX_INITCWND, 0},
                        {"initrwnd", RTAX_INITRWND, 0},
                        {"rto_min", RTAX_RTO_MIN, 0},
                        {"quickack", RTAX_QUICKACK, 0},
                        {"fastopen_no_cookie", RTAX_FASTOPEN_NO_COOKIE, 0},
        };

        for (size_t i = 0; i < ELEMENTSOF(metrics); i++) {
                unsigned m = metrics[i].metric;

                if (!(r->metrics_set & 1U << m))
                        continue;
                writer_begin(w, metrics[i].name);
                if (r->metrics[RTAX_LOCK] & 1U << m)
                        writer_word(w, "lock");
                writer_printf(w, "%u", r->metrics[m] >> metrics[i].shift);
        }
        if (r->metrics_set & 1U << RTAX_FEATURES)
                word(w, "features ecn");
        if (r->congctl[0]) {
                writer_begin(w, "congctl");
                if (r->metrics[RTAX_LOCK] & 1U << RTAX_CC_ALGO)
                        writer_word(w, "lock");
                writer_word(w, r->congctl);
        }
}

void write_route(Writer *w, const void *object, const ModelMember *m) {
        const VrrpRoute *r = &((const ConfigRoute *)object)->route;
        static const char *const prefs[] = {[ICMPV6_ROUTER_PREF_MEDIUM] = "medium",
                        [ICMPV6_ROUTER_PREF_HIGH] = "high",
                        [2] = "medium",
                        [ICMPV6_ROUTER_PREF_LOW] = "low"};
        int family = r->destination.family;

        word(w, family == AF_INET6 ? "inet6" : "inet");
        if (route_type(r->type))
                word(w, route_type(r->type));
        if (r->prefixlen == 0)
                word(w, "default");
        else
                prefix(w, "to", &r->destination, r->prefixlen);
        prefix(w, "from", &r->from, r->from_prefixlen);
        address(w, "src", &r->source);
        number(w, "table", r->table);
        number(w, "scope", r->scope);
        if (r->metric > 0)
                number(w, "metric", r->metric);
        if (r->tos > 0)
                number(w, "tos", r->tos);
        if (r->expires > 0)
                number(w, "expires", r->expires);
        if (r->pref >= 0)
                name(w, "pref", prefs[r->pref & 3]);
        if (r->ttl_propagate >= 0)
                name(w, "ttl-propagate", r->ttl_propagate ? "enabled" : "disabled");
        write_metrics(w, r);
        if (r->no_track)
                word(w, "no_track");
        for (size_t i = 0; i < r->n_nexthops; i++) {
                if (r->n_nexthops > 1 || r->nexthops[i].weight > 0)
                        word(w, "nexthop");
                write_nexthop(w, &r->nexthops[i], family);
        }
}

static void write_selectors(Writer *w, const VrrpRule *r) {
        if (r->invert)
                word(w, "not");
        prefix(w, "from", &r->from, r->from_prefixlen);
        prefix(w, "to", &r->to, r->to_prefixlen);
        name(w, "iif", r->iif);
        name(w, "oif", r->oif);
        if (r->tos > 0)
                number(w, "tos", r->tos);
        if (r->has_fwmark) {
                writer_begin(w, "fwmark");
                writer_printf(w, "0x%x/0x%x", r->fwmark, r->fwmask);
        }
        if (r->tunnel_id > 0)
                number(w, "tunnel-id", r->tunnel_id);
        if (r->has_uids) {
                writer_begin(w, "uidrange");
                writer_printf(w, "%u-%u", r->uid_first, r->uid_last);
        }
        if (r->ip_proto > 0)
                number(w, "ipproto", r->ip_proto);
        if (r->sport_last > 0) {
                writer_begin(w, "sport");
                writer_printf(w, "%u-%u", r->sport_first, r->sport_last);
        }
        if (r->dport_last > 0) {
                writer_begin(w, "dport");
                writer_printf(w, "%u-%u", r->dport_first, r->dport_last);
        }
}

void write_rule(Writer *w, const void *object, const ModelMember *m) {
        const VrrpRule *r = &((const ConfigRule *)object)->rule;

        word(w, r->family == AF_INET6 ? "inet6" : "inet");
        number(w, "priority", r->priority);
        write_selectors(w, r);
        if (r->l3mdev)
                word(w, "l3mdev");
        else if (r->action == FR_ACT_TO_TBL)
                number(w, "table", r->table);
        else if (r->action == FR_ACT_GOTO)
                number(w, "goto", r->goto_target);
        else
                word(w, r->action == FR_ACT_BLACKHOLE             ? "blackhole"
                                : r->action == FR_ACT_UNREACHABLE ? "unreachable"
                                : r->action == FR_ACT_PROHIBIT    ? "prohibit"
                                                                  : "nop");
        realms(w, r->realms);
        if (r->suppress_prefixlen >= 0)
                number(w, "suppress_prefixlength", (unsigned long long)r->suppress_prefixlen);
        if (r->suppress_ifgroup >= 0)
                number(w, "suppress_ifgroup", (unsigned long long)r->suppress_ifgroup);
        if (r->no_track)
                word(w, "no_track");
}

void write_static_vip(Writer *w, const void *object, const ModelMember *m) {
        writer_members(w, &model_vip, &((const ConfigStaticAddress *)object)->vip);
}

/* Which group, if the file names one: the same member in three structs. */
void write_item_group(Writer *w, const void *object, const ModelMember *m) {
        const char *group = *(char *const *)(const void *)((const char *)object + m->offset);

        if (group)
                name(w, "track_group", group);
}

void write_group_members(Writer *w, const void *object, const ModelMember *m) {
        const ConfigTrackGroup *g = object;

        writer_begin(w, "group");
        writer_open(w);
        for (char **member = g->members; *member; member++) {
                fprintf(w->stream, "%*s", (int)w->depth * 4 - 1, "");
                writer_word(w, *member);
                fputc('\n', w->stream);
        }
        writer_close(w);
}
