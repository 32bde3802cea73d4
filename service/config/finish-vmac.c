/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: the links with virtual MAC addresses: which an instance needs, what they are called, which addresses
 * go on which. Must not know: how they are made (the engine).
 *
 * An instance with use_vmac has one on its interface for its own family; addresses on other interfaces (and
 * those of the other family) get more of them with use_vmac_addr, or one by one with their own use_vmac.
 * Names that are not given are keepalived's: vrrp.VRID, and where that is taken vrrp6.VRID (IPv6) or
 * vrrpN.VRID.
 */

#include "service/config/finish.h"
#include "service/config/source.h"
#include <net/if.h>
#include <search.h>
#include <stdio.h>

#define DEFAULT_PREFIX "vrrp"

/* -- One instance by itself -- */

/* RFC 9568 section 7.3. */
static void rfc_mac(int family, uint8_t vrid, uint8_t ret[6]) {
        const uint8_t mac[6] = {0x00, 0x00, 0x5e, 0x00, family == AF_INET6 ? 0x02 : 0x01, vrid};

        memcpy(ret, mac, sizeof(mac));
}

static int check_vips(Parser *p, const ConfigInstance *i, ConfigVip *list, size_t n) {
        int r = 0;

        for (size_t j = 0; j < n && r >= 0; j++) {
                ConfigVip *v = &list[j];

                if (v->use_vmac && !v->dev && !i->use_vmac) {
                        r = parser_warning(p, &v->at,
                                        "use_vmac of an address needs a 'dev' other than the instance's "
                                        "interface; ignored");
                        v->use_vmac = false;
                }
                if (r >= 0 && i->use_vmac && !v->dev && v->address.family != i->family && !v->use_vmac &&
                                !i->use_vmac_addr)
                        r = parser_warning(p, &v->at,
                                        "an address of another family than the instance's goes on %s itself "
                                        "(use_vmac_addr gives it a virtual MAC address)",
                                        strempty(i->interface));
        }
        return r;
}

int finish_vmac(Parser *p, InstanceDraft *d) {
        ConfigInstance *i = &d->model;
        int r = 0;

        if (i->use_vmac && !i->interface)
                r = parser_error(p, &i->vmac_at, "use_vmac needs an 'interface' that it is put on");
        if (r >= 0 && i->vmac_xmit_base && !i->use_vmac) {
                r = parser_warning(p, &d->vmac_xmit_base_at, "vmac_xmit_base does nothing without use_vmac");
                i->vmac_xmit_base = false;
        }
        if (r >= 0 && i->use_vmac && i->unicast && !i->vmac_xmit_base) {
                r = parser_warning(p, &i->vmac_at,
                                "unicast adverts come from the interface's own MAC address: vmac_xmit_base "
                                "is set");
                i->vmac_xmit_base = true;
        }
        if (i->use_vmac && d->vmac_mac_size == 0)
                rfc_mac(i->family, i->vrid, i->vmac_mac);
        else if (i->use_vmac && d->vmac_mac_size == 5)
                i->vmac_mac[5] = i->vrid;
        if (r >= 0)
                r = check_vips(p, i, i->vips, i->n_vips);
        return r < 0 ? r : check_vips(p, i, i->excluded, i->n_excluded);
}

/* -- What is taken: names, and MAC addresses on an interface -- */

typedef struct Taken {
        char *key;
        const ConfigInstance *by;
} Taken;

static int compare_taken(const void *a, const void *b) {
        return strcmp(((const Taken *)a)->key, ((const Taken *)b)->key);
}

static void free_taken(void *taken) {
        free(((Taken *)taken)->key);
        free(taken);
}

static const ConfigInstance *find_taken(void *const *tree, const char *key) {
        const Taken wanted = {.key = (char *)(uintptr_t)key};
        const Taken **found = tfind(&wanted, tree, compare_taken);

        return found ? (*found)->by : NULL;
}

static int take(void **tree, const char *key, const ConfigInstance *by) {
        Taken *t = calloc(1, sizeof(*t));

        if (t)
                *t = (Taken){.key = strdup(key), .by = by};
        if (!t || !t->key || !tsearch(t, tree, compare_taken)) {
                if (t)
                        free_taken(t);
                return -ENOMEM;
        }
        return 0;
}

/* "N" of "vrrpN.51": nothing, 6 for IPv6, then 1, 2, 3... */
static int default_name(
                void **names, const char *prefix, int family, const ConfigInstance *i, char ret[IFNAMSIZ]) {
        for (unsigned n = 0; n < 100000; n++) {
                char number[16] = "";
                int size;

                if (n == 1 && family != AF_INET6)
                        continue;
                if (n > 0)
                        snprintf(number, sizeof(number), "%u", n == 1 ? 6 : n - 1);
                size = snprintf(ret, IFNAMSIZ, "%s%s.%u", prefix, number, i->vrid);
                if (size < IFNAMSIZ && !find_taken(names, ret))
                        return take(names, ret, i);
        }
        return -ENOMEM;
}

/* On whose interface that is, or NULL. */
static const ConfigInstance *find_interface(const Config *c, const char *name) {
        for (size_t j = 0; j < c->n_instances; j++)
                if (c->instances[j].interface && streq(c->instances[j].interface, name))
                        return &c->instances[j];
        return NULL;
}

static int take_explicit_name(Parser *p, void **names, const ConfigInstance *i) {
        const ConfigInstance *other = find_interface(p->config, i->vmac_name);

        if (other)
                return parser_error(p, &i->vmac_name_at,
                                "'%s' is the interface of vrrp_instance '%s'; the virtual MAC address needs "
                                "an interface of its own, which vrrpd makes: take another name, or none",
                                i->vmac_name, other->name);
        other = find_taken(names, i->vmac_name);
        if (other)
                return parser_error(p, &i->vmac_name_at,
                                "'%s' is already the name of the virtual MAC interface of vrrp_instance "
                                "'%s'",
                                i->vmac_name, other->name);
        return take(names, i->vmac_name, i);
}

static int take_explicit_names(Parser *p, void **names) {
        int r = 0;

        for (size_t j = 0; j < p->config->n_instances && r >= 0; j++) {
                const ConfigInstance *i = &p->config->instances[j];

                if (i->use_vmac && i->vmac_name)
                        r = take_explicit_name(p, names, i);
        }
        return r;
}

/* Two links on one interface cannot both be up with one MAC address. */
static int take_mac(Parser *p, void **macs, const ConfigInstance *i, const ConfigVmac *v) {
        const uint8_t *m = v->mac;
        const ConfigInstance *other;
        char key[64];

        snprintf(key, sizeof(key), "%02x:%02x:%02x:%02x:%02x:%02x %s", m[0], m[1], m[2], m[3], m[4], m[5],
                        v->interface);
        other = find_taken(macs, key);
        if (!other)
                return take(macs, key, i);
        return parser_error(p, i->vmac_at.line > 0 ? &i->vmac_at : &i->at,
                        "the virtual MAC address %.17s on interface %s is that of vrrp_instance '%s' "
                        "already; "
                        "take another virtual_router_id, or name another MAC address behind use_vmac",
                        key, v->interface, other->name);
}

/* -- Which there are -- */

static ConfigVmac *find_vmac(const ConfigInstance *i, const char *interface, const uint8_t mac[6]) {
        for (size_t j = 0; j < i->n_vmacs; j++)
                if (streq(i->vmacs[j].interface, interface) && memcmp(i->vmacs[j].mac, mac, 6) == 0)
                        return &i->vmacs[j];
        return NULL;
}

static int add_vmac(ConfigInstance *i, const char *name, const char *interface, const uint8_t mac[6],
                ConfigVmac **ret) {
        ConfigVmac *grown = reallocarray(i->vmacs, i->n_vmacs + 1, sizeof(*grown)), *v;

        if (!grown)
                return -ENOMEM;
        i->vmacs = grown;
        v = &grown[i->n_vmacs];
        *v = (ConfigVmac){.name = strdup(name), .interface = strdup(interface)};
        memcpy(v->mac, mac, sizeof(v->mac));
        i->n_vmacs++;
        *ret = v;
        return v->name && v->interface ? 0 : -ENOMEM;
}

typedef struct Taking {
        Parser *p;
        void *names, *macs;
        const char *prefix, *addr_prefix;
} Taking;

static int own_vmac(Taking *t, ConfigInstance *i) {
        char name[IFNAMSIZ];
        ConfigVmac *v;
        int r = 0;

        if (!i->use_vmac || !i->interface)
                return 0;
        if (!i->vmac_name) {
                r = default_name(&t->names, t->prefix, i->family, i, name);
                if (r < 0)
                        return r;
                i->vmac_name = strdup(name);
                if (!i->vmac_name)
                        return -ENOMEM;
        }
        r = add_vmac(i, i->vmac_name, i->interface, i->vmac_mac, &v);
        return r < 0 ? r : take_mac(t->p, &t->macs, i, v);
}

/* On which link with a virtual MAC address the address goes; NULL = on none. */
static int vmac_of_vip(Taking *t, ConfigInstance *i, const ConfigVip *vip, ConfigVmac **ret) {
        bool own = i->use_vmac && !vip->dev && vip->address.family == i->family;
        const char *interface = vip->dev ? vip->dev : i->interface;
        char name[IFNAMSIZ];
        uint8_t mac[6];
        int r;

        *ret = NULL;
        if (!interface || (!own && !vip->use_vmac && !(i->use_vmac_addr && (vip->dev || i->use_vmac))))
                return 0;
        if (own)
                memcpy(mac, i->vmac_mac, sizeof(mac));
        else
                rfc_mac(vip->address.family, i->vrid, mac);
        *ret = find_vmac(i, interface, mac);
        if (*ret)
                return 0;
        r = default_name(&t->names, t->addr_prefix, vip->address.family, i, name);
        if (r >= 0)
                r = add_vmac(i, name, interface, mac, ret);
        return r < 0 ? r : take_mac(t->p, &t->macs, i, *ret);
}

static int place_vips(Taking *t, ConfigInstance *i, ConfigVip *list, size_t n) {
        for (size_t j = 0; j < n; j++) {
                ConfigVmac *v;
                int r = vmac_of_vip(t, i, &list[j], &v);

                if (r < 0)
                        return r;
                if (!v)
                        continue;
                free(list[j].link);
                list[j].link = strdup(v->name);
                if (!list[j].link)
                        return -ENOMEM;
                v->ipv4 |= list[j].address.family == AF_INET;
                v->ipv6 |= list[j].address.family == AF_INET6;
        }
        return 0;
}

int finish_vmacs(Parser *p) {
        const ConfigGlobal *g = &p->config->global;
        Taking t = {
                        .p = p,
                        .prefix = g->vmac_prefix ? g->vmac_prefix : DEFAULT_PREFIX,
        };
        int r;

        t.addr_prefix = g->vmac_addr_prefix ? g->vmac_addr_prefix : t.prefix;
        r = take_explicit_names(p, &t.names);
        for (size_t j = 0; j < p->config->n_instances && r >= 0; j++)
                r = own_vmac(&t, &p->config->instances[j]);
        for (size_t j = 0; j < p->config->n_instances && r >= 0; j++) {
                ConfigInstance *i = &p->config->instances[j];

                r = place_vips(&t, i, i->vips, i->n_vips);
                if (r >= 0)
                        r = place_vips(&t, i, i->excluded, i->n_excluded);
        }
        tdestroy(t.names, free_taken);
        tdestroy(t.macs, free_taken);
        return r;
}
