/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* An instance and the host's links, settings and packet filter: in which order its virtual MAC addresses,
 * its addresses and what goes with them reach the kernel. Whoever speaks VRRP (instance.c) only says on or
 * off. */

#include "service/core/advert.h"
#include "service/instance.h"
#include "service/manager.h"
#include "service/util/log.h"
#include <netinet/in.h>

/* -- promote_secondaries -- */

static void release_promotion(Instance *i) {
        for (size_t k = 0; k < i->n_promoting; k++)
                setting_release(i->manager->settings, i->promoting[k], SETTING_PROMOTE_SECONDARIES);
        free(i->promoting);
        i->promoting = NULL;
        i->n_promoting = 0;
}

static bool is_promoting(const int *ifindexes, size_t n, int ifindex) {
        for (size_t k = 0; k < n; k++)
                if (ifindexes[k] == ifindex)
                        return true;
        return false;
}

static void promote(Instance *i, int ifindex) {
        const Link *link = ifindex > 0 ? link_by_index(i->manager->links, ifindex) : NULL;

        if (!link || is_promoting(i->promoting, i->n_promoting, ifindex))
                return;
        setting_acquire(i->manager->settings, ifindex, link->name, SETTING_PROMOTE_SECONDARIES);
        i->promoting[i->n_promoting++] = ifindex;
}

/* What is needed now is taken before what was is given back: a setting that stays is not touched. */
static void update_promotion(Instance *i) {
        size_t n_old = i->n_promoting;
        int *old = i->promoting;

        if (!i->config->promote_secondaries && n_old == 0)
                return;
        i->promoting = calloc(i->vips.n + 1, sizeof(*i->promoting));
        i->n_promoting = 0;
        if (!i->promoting) {
                i->promoting = old;
                i->n_promoting = n_old;
                return;
        }
        if (i->config->promote_secondaries) {
                promote(i, i->ifindex);
                for (size_t k = 0; k < i->vips.n; k++)
                        if (!i->vips.items[k]->config.link && i->vips.items[k]->ifindex != i->ifindex)
                                promote(i, i->vips.items[k]->ifindex);
        }
        for (size_t k = 0; k < n_old; k++)
                setting_release(i->manager->settings, old[k], SETTING_PROMOTE_SECONDARIES);
        free(old);
}

/* -- Adverts with a virtual MAC address -- */

static void on_vmac_packet(const VrrpPacket *packet, void *userdata) {
        uint8_t version, vrid;
        Instance *i = userdata;

        if (advert_peek(packet->data, packet->size, &version, &vrid) && vrid == i->config->vrid)
                instance_packet(i, packet);
}

static void close_vmac_socket(Instance *i) {
        i->vmac_socket = vmac_socket_free(i->vmac_socket);
        i->vmac_socket_ifindex = 0;
}

/* The old one stays until there is a new one: it can send without the link. */
static int open_vmac_socket(Instance *i) {
        const Vmac *own = i->config->vmac_xmit_base ? NULL : vmac_set_own(&i->vmacs, i->config);
        VmacSocketParams params = {.family = i->config->family};
        VmacSocket *s;
        int r;

        if (!own) {
                close_vmac_socket(i);
                return 0;
        }
        if (own->ifindex == 0 || own->ifindex == i->vmac_socket_ifindex)
                return 0;
        params.ifindex = own->ifindex;
        params.lower_ifindex = own->lower_ifindex;
        memcpy(params.mac, own->mac, sizeof(params.mac));
        r = vmac_socket_new(i->manager->event, PRIORITY_PACKETS, &params, on_vmac_packet, i, &s);
        if (r < 0)
                return r;
        close_vmac_socket(i);
        i->vmac_socket = s;
        i->vmac_socket_ifindex = own->ifindex;
        return 0;
}

/* -- All of it -- */

static void join_groups(Instance *i) {
        for (size_t k = 0; k < i->vips.n; k++)
                if (i->vips.items[k]->config.link)
                        vmac_set_join(&i->vmacs, &i->vips.items[k]->config.address,
                                        i->vips.items[k]->config.link);
}

int instance_resolve_links(Instance *i) {
        int r;

        vmac_set_resolve(&i->vmacs);
        vip_set_resolve(&i->vips, i->config->priority == VRRP_PRIORITY_OWNER);
        update_promotion(i);
        i->filter_error =
                        accept_set_update(&i->not_accepted, i->manager->filter, &i->vips, i->config->accept);
        (void)netlink_flush(i->manager->netlink);
        accept_set_drop_old(&i->not_accepted, i->manager->filter);
        r = open_vmac_socket(i);
        if (i->vmacs.on)
                join_groups(i);
        return r;
}

void instance_switch_links(Instance *i, bool on) {
        /* When off, nothing may leave from the virtual MAC address any more, also no answer of the kernel's
         * while the addresses go one by one: the switches would take it for the new master. */
        vmac_set_switch(&i->vmacs, on);
        if (!on) {
                /* What leads to the addresses goes before them. */
                routing_set_switch(&i->routing, false);
                routing_pool_sync(&i->manager->routing);
        }
        vip_set_switch(&i->vips, on);
        if (on) {
                routing_set_switch(&i->routing, true);
                routing_pool_sync(&i->manager->routing);
        }
        (void)netlink_flush(i->manager->netlink);
        if (on)
                join_groups(i);
}

void instance_release_links(Instance *i) {
        close_vmac_socket(i);
        accept_set_done(&i->not_accepted, i->manager->filter);
        release_promotion(i);
        vmac_set_done(&i->vmacs);
}

static bool needs_ipv4(const Instance *i, bool *ret_slash32) {
        bool needs = false;

        *ret_slash32 = false;
        for (size_t k = 0; k < i->vips.n; k++) {
                const ConfigVip *v = &i->vips.items[k]->config;

                if (!v->link || v->address.family != AF_INET)
                        continue;
                needs = true;
                *ret_slash32 |= v->prefixlen == 32;
        }
        return needs;
}

const char *instance_sysctl_trouble(const Instance *i, char *buf, size_t size) {
        bool slash32;

        if (i->vmacs.n == 0 || !needs_ipv4(i, &slash32))
                return NULL;
        return vmac_sysctls_trouble(&i->manager->sysctls, slash32, buf, size);
}
