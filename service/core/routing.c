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

bool vrrp_rule_equal(const VrrpRule *a, const VrrpRule *b) {
        return a->family == b->family && a->priority == b->priority && a->action == b->action &&
               a->table == b->table && a->goto_target == b->goto_target && a->realms == b->realms &&
               a->suppress_prefixlen == b->suppress_prefixlen &&
               a->suppress_ifgroup == b->suppress_ifgroup && a->l3mdev == b->l3mdev &&
               a->no_track == b->no_track && selectors_equal(a, b);
}
