/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "service/static.h"
#include "service/manager.h"
#include <stdio.h>

/* An instance may depend on what came or went. */
static void on_changed(void *userdata) {
        StaticSet *s = userdata;

        manager_static_changed(s->manager);
}

/* Nobody waits for the last of them: each that comes or goes is told by itself. */
static void on_settled(void *userdata) {
}

/* There after others might have had it: the neighbours are to know. */
static void announce(Vip *vip, void *userdata) {
        StaticSet *s = userdata;

        (void)netlink_flush(s->manager->netlink);
        if (vip_announce(vip, s->manager->neigh, 1) > 0)
                (void)neigh_socket_flush(s->manager->neigh);
}

static const VipSetCallbacks vip_callbacks = {
                .settled = on_settled,
                .restored = announce,
                .late = announce,
                .changed = on_changed,
};

static const RoutingSetCallbacks routing_callbacks = {
                .settled = on_settled,
                .changed = on_changed,
};

void static_set_init(StaticSet *s, Manager *m) {
        s->manager = m;
        vip_set_init(&s->vips, &m->vips, m->netlink, m->links, m->settings, &vip_callbacks, s);
        s->vips.is_static = true;
        routing_set_init(&s->routing, &m->routing, NULL, &routing_callbacks, s);
}

void static_set_done(StaticSet *s) {
        if (!s->manager)
                return;
        vip_set_done(&s->vips);
        routing_set_done(&s->routing);
        free(s->wanted.excluded);
}

int static_set_prepare(StaticSet *s, const Config *config) {
        ConfigVip *vips = calloc(config->n_static_addresses + 1, sizeof(*vips));
        int r;

        if (!vips)
                return -ENOMEM;
        for (size_t i = 0; i < config->n_static_addresses; i++)
                vips[i] = config->static_addresses[i].vip;
        free(s->wanted.excluded);
        s->wanted = (ConfigInstance){.excluded = vips, .n_excluded = config->n_static_addresses};
        r = vip_set_prepare(&s->vips, &s->wanted);
        if (r < 0)
                return r;
        return routing_set_prepare(&s->routing, config->static_routes, config->n_static_routes,
                        config->static_rules, config->n_static_rules);
}

void static_set_forget(StaticSet *s) {
        vip_set_forget(&s->vips);
        routing_set_forget(&s->routing);
}

void static_set_configure(StaticSet *s) {
        vip_set_configure(&s->vips, &s->wanted);
        routing_set_configure(&s->routing);
        s->vips.on = true; /* vip_set_resolve() asks for those that are new */
        static_set_resolve(s);
        routing_set_switch(&s->routing, true);
}

void static_set_resolve(StaticSet *s) {
        /* An address that the host has without us is as good: it is left alone. */
        vip_set_resolve(&s->vips, true);
}

void static_set_remove(StaticSet *s) {
        routing_set_switch(&s->routing, false);
        routing_pool_sync(s->routing.pool);
        vip_set_switch(&s->vips, false);
}

bool static_set_source(const StaticSet *s, int ifindex, int family, VrrpAddress *ret) {
        for (size_t i = 0; i < s->vips.n; i++) {
                const Vip *v = s->vips.items[i];

                if (v->present && v->ifindex == ifindex && v->config.address.family == family) {
                        *ret = v->config.address;
                        return true;
                }
        }
        return false;
}

static const ConfigStaticAddress *find_address(const Config *c, const Vip *v) {
        for (size_t i = 0; i < c->n_static_addresses; i++)
                if (vrrp_address_equal(&c->static_addresses[i].vip.address, &v->config.address) &&
                                streq_ptr(c->static_addresses[i].vip.dev, v->config.dev))
                        return &c->static_addresses[i];
        return NULL;
}

void static_set_foreach_missing(const StaticSet *s, const char *group,
                void (*f)(const char *text, void *userdata), void *userdata) {
        for (size_t i = 0; i < s->vips.n; i++) {
                const Vip *v = s->vips.items[i];
                const ConfigStaticAddress *a = v->present ? NULL : find_address(s->manager->config, v);
                char text[VRRP_ADDRESS_STRLEN + 32], buf[VRRP_ADDRESS_STRLEN];

                if (!a || !streq_ptr(a->track_group, group))
                        continue;
                snprintf(text, sizeof(text), "%s on %s", vrrp_address_to_string(&v->config.address, buf),
                                strempty(v->config.dev));
                f(text, userdata);
        }
        routing_set_foreach_missing(&s->routing, group, f, userdata);
}
