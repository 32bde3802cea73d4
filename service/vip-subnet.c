/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* See vip-subnet.h. */

#include "service/vip-subnet.h"
#include "service/net/sysctl.h"
#include <linux/if_addr.h>
#include <sys/socket.h>

static bool is_secondary(const LinkAddress *a) {
        return a->address.family == AF_INET && (a->flags & IFA_F_SECONDARY);
}

static bool has_foreign_secondary(const Link *link) {
        for (size_t i = 0; i < link->n_addresses; i++)
                if (is_secondary(&link->addresses[i]) && link->addresses[i].protocol != VRRPD_PROTOCOL)
                        return true;
        return false;
}

/* The interface's own setting is the store's matter: it knows of changes that are under way. */
static bool all_promote(void) {
        int all = 0;

        (void)sysctl_read("ipv4", "all", "promote_secondaries", &all);
        return all > 0;
}

void vip_promotion_begin(VipSet *s, int ifindex) {
        const Link *link;

        if (ifindex == s->removing_ifindex)
                return;
        vip_promotion_end(s);
        s->removing_ifindex = ifindex;
        link = link_by_index(s->links, ifindex);
        s->promoting = link && has_foreign_secondary(link) && !all_promote();
        if (s->promoting)
                setting_acquire(s->settings, ifindex, link->name, SETTING_PROMOTE_SECONDARIES);
}

void vip_promotion_end(VipSet *s) {
        if (s->promoting)
                setting_release(s->settings, s->removing_ifindex, SETTING_PROMOTE_SECONDARIES);
        s->promoting = false;
        s->removing_ifindex = 0;
}

static bool same_subnet(const VrrpAddress *a, const VrrpAddress *b, unsigned prefixlen) {
        unsigned bytes = prefixlen / 8, bits = prefixlen % 8;

        if (memcmp(a->bytes, b->bytes, bytes) != 0)
                return false;
        return bits == 0 || ((a->bytes[bytes] ^ b->bytes[bytes]) >> (8 - bits)) == 0;
}

bool vip_find_primary(const Vip *v, VrrpAddress *ret) {
        const Link *link = link_by_index(v->set->links, v->ifindex);

        for (size_t i = 0; link && v->config.address.family == AF_INET && i < link->n_addresses; i++) {
                const LinkAddress *a = &link->addresses[i];

                if (a->address.family != AF_INET || is_secondary(a) || a->prefixlen != v->config.prefixlen ||
                                vrrp_address_equal(&a->address, &v->config.address) ||
                                !same_subnet(&a->address, &v->config.address, a->prefixlen))
                        continue;
                *ret = a->address;
                return true;
        }
        return false;
}

bool vip_primary_went(const Link *link, const VrrpAddress *primary) {
        for (size_t i = 0; i < link->n_addresses; i++)
                if (vrrp_address_equal(&link->addresses[i].address, primary))
                        return is_secondary(&link->addresses[i]);
        return true;
}
