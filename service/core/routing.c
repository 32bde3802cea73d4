/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* See routing.h. Unset members are zero in every value, so members are compared without asking whether they
 * are said. */

#include "service/core/routing.h"

static bool nexthop_equal(const VrrpNexthop *a, const VrrpNexthop *b) {
        return vrrp_address_equal(&a->gateway, &b->gateway) && streq(a->dev, b->dev) &&
               a->weight == b->weight && a->onlink == b->onlink && a->realms == b->realms;
}

static bool metrics_equal(const VrrpRoute *a, const VrrpRoute *b) {
        return a->metrics_set == b->metrics_set && memcmp(a->metrics, b->metrics, sizeof(a->metrics)) == 0 &&
               streq(a->congctl, b->congctl);
}

bool vrrp_route_equal(const VrrpRoute *a, const VrrpRoute *b) {
        if (a->type != b->type || a->scope != b->scope || a->tos != b->tos || a->prefixlen != b->prefixlen ||
                        a->from_prefixlen != b->from_prefixlen || a->table != b->table ||
                        a->metric != b->metric || a->expires != b->expires || a->pref != b->pref ||
                        a->ttl_propagate != b->ttl_propagate || a->no_track != b->no_track ||
                        a->n_nexthops != b->n_nexthops)
                return false;
        for (size_t i = 0; i < a->n_nexthops; i++)
                if (!nexthop_equal(&a->nexthops[i], &b->nexthops[i]))
                        return false;
        return vrrp_address_equal(&a->destination, &b->destination) &&
               vrrp_address_equal(&a->from, &b->from) && vrrp_address_equal(&a->source, &b->source) &&
               metrics_equal(a, b);
}

static bool selectors_equal(const VrrpRule *a, const VrrpRule *b) {
        return a->invert == b->invert && vrrp_address_equal(&a->from, &b->from) &&
               vrrp_address_equal(&a->to, &b->to) && a->from_prefixlen == b->from_prefixlen &&
               a->to_prefixlen == b->to_prefixlen && a->tos == b->tos && a->has_fwmark == b->has_fwmark &&
               a->fwmark == b->fwmark && a->fwmask == b->fwmask && streq(a->iif, b->iif) &&
               streq(a->oif, b->oif) && a->tunnel_id == b->tunnel_id && a->has_uids == b->has_uids &&
               a->uid_first == b->uid_first && a->uid_last == b->uid_last && a->ip_proto == b->ip_proto &&
               a->sport_first == b->sport_first && a->sport_last == b->sport_last &&
               a->dport_first == b->dport_first && a->dport_last == b->dport_last;
}

static bool prefix_taken_for(
                const VrrpAddress *a, uint8_t prefixlen, const VrrpAddress *asked, uint8_t asked_prefixlen) {
        return !vrrp_address_is_set(asked) || asked_prefixlen == 0 ||
               (prefixlen == asked_prefixlen && vrrp_address_equal(a, asked));
}

static bool name_taken_for(const char *name, const char *asked) {
        return !asked[0] || streq(name, asked);
}

static bool number_taken_for(uint64_t number, uint64_t asked) {
        return asked == 0 || number == asked;
}

static bool ports_taken_for(uint16_t first, uint16_t last, uint16_t asked_first, uint16_t asked_last) {
        return asked_last == 0 || (first == asked_first && last == asked_last);
}

static bool selectors_taken_for(const VrrpRule *r, const VrrpRule *asked) {
        return prefix_taken_for(&r->from, r->from_prefixlen, &asked->from, asked->from_prefixlen) &&
               prefix_taken_for(&r->to, r->to_prefixlen, &asked->to, asked->to_prefixlen) &&
               name_taken_for(r->iif, asked->iif) && name_taken_for(r->oif, asked->oif) &&
               number_taken_for(r->tos, asked->tos) && number_taken_for(r->fwmark, asked->fwmark) &&
               number_taken_for(r->tunnel_id, asked->tunnel_id) &&
               number_taken_for(r->ip_proto, asked->ip_proto) &&
               (!asked->has_uids || (r->has_uids && r->uid_first == asked->uid_first &&
                                                    r->uid_last == asked->uid_last)) &&
               ports_taken_for(r->sport_first, r->sport_last, asked->sport_first, asked->sport_last) &&
               ports_taken_for(r->dport_first, r->dport_last, asked->dport_first, asked->dport_last);
}

bool vrrp_rule_taken_for(const VrrpRule *r, const VrrpRule *asked) {
        return r->family == asked->family && r->priority == asked->priority && r->action == asked->action &&
               number_taken_for(r->table, asked->table) && number_taken_for(r->realms, asked->realms) &&
               (asked->suppress_prefixlen < 0 || r->suppress_prefixlen == asked->suppress_prefixlen) &&
               (asked->suppress_ifgroup < 0 || r->suppress_ifgroup == asked->suppress_ifgroup) &&
               (!asked->l3mdev || r->l3mdev) && selectors_taken_for(r, asked);
}

bool vrrp_rule_equal(const VrrpRule *a, const VrrpRule *b) {
        return a->family == b->family && a->priority == b->priority && a->action == b->action &&
               a->table == b->table && a->goto_target == b->goto_target && a->realms == b->realms &&
               a->suppress_prefixlen == b->suppress_prefixlen &&
               a->suppress_ifgroup == b->suppress_ifgroup && a->l3mdev == b->l3mdev &&
               a->no_track == b->no_track && selectors_equal(a, b);
}
