/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* See reload-claims.h. */

#include "service/reload-claims.h"
#include "service/config/diff.h"

static int compare_places(const void *a, const void *b) {
        const ConfigInstance *x = *(const ConfigInstance *const *)a, *y = *(const ConfigInstance *const *)b;

        if (x->vrid != y->vrid)
                return x->vrid < y->vrid ? -1 : 1;
        if (x->family != y->family)
                return x->family < y->family ? -1 : 1;
        /* Unicast and multicast routers have sockets of their own. */
        if (x->unicast != y->unicast)
                return x->unicast ? 1 : -1;
        return strcmp(strempty(x->interface), strempty(y->interface));
}

static int compare_addresses(const void *a, const void *b) {
        return memcmp(a, b, sizeof(VrrpAddress));
}

static void collect(Claims *claims, const ConfigInstance *c, const ConfigVip *vips, size_t n) {
        for (size_t k = 0; k < n; k++)
                claims->addresses[claims->n_addresses++] =
                                (struct Claim){.address = vips[k].address, .vip = &vips[k], .instance = c};
}

int claims_collect(const Config *config, Claims *ret) {
        size_t n = 0;

        for (size_t k = 0; k < config->n_instances; k++)
                n += config->instances[k].n_vips + config->instances[k].n_excluded;
        ret->places = calloc(config->n_instances + 1, sizeof(const ConfigInstance *));
        ret->addresses = calloc(n + 1, sizeof(*ret->addresses));
        if (!ret->places || !ret->addresses)
                return -ENOMEM;

        for (size_t k = 0; k < config->n_instances; k++) {
                const ConfigInstance *c = &config->instances[k];

                ret->places[ret->n_places++] = c;
                collect(ret, c, c->vips, c->n_vips);
                collect(ret, c, c->excluded, c->n_excluded);
        }
        qsort(ret->places, ret->n_places, sizeof(const ConfigInstance *), compare_places);
        qsort(ret->addresses, ret->n_addresses, sizeof(*ret->addresses), compare_addresses);
        return 0;
}

void claims_done(Claims *claims) {
        free(claims->places);
        free(claims->addresses);
}

bool claims_place(const Claims *claims, const ConfigInstance *c) {
        return claims->n_places > 0 &&
               bsearch(&c, claims->places, claims->n_places, sizeof(const ConfigInstance *), compare_places);
}

static const struct Claim *find_claim(const Claims *claims, const VrrpAddress *address) {
        if (claims->n_addresses == 0)
                return NULL;
        return bsearch(address, claims->addresses, claims->n_addresses, sizeof(*claims->addresses),
                        compare_addresses);
}

static bool is_same(const struct Claim *c, const Vip *v) {
        const char *interface = c->vip->dev ? c->vip->dev : c->instance->interface;

        /* A virtual MAC's link is its instance's own. */
        return c->instance->n_vmacs == 0 && !streq(c->instance->name, v->set->instance) &&
               config_vip_equal(c->vip, &v->config) && streq_ptr(interface, vip_interface(v));
}

bool claims_same_elsewhere(const Claims *claims, const Vip *v) {
        const struct Claim *end = claims->addresses + claims->n_addresses;
        const struct Claim *c = find_claim(claims, &v->config.address);

        /* bsearch() finds any of those that are equal. */
        while (c && c > claims->addresses && compare_addresses(c - 1, &v->config.address) == 0)
                c--;
        for (; c && c < end && compare_addresses(c, &v->config.address) == 0; c++)
                if (is_same(c, v))
                        return true;
        return false;
}

bool claims_vip_of(const Claims *claims, const VipSet *vips) {
        for (size_t k = 0; k < vips->n; k++)
                if (!vips->items[k]->doomed && find_claim(claims, &vips->items[k]->config.address))
                        return true;
        return false;
}
