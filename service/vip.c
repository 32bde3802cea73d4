/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* See vip.h. Requests are acknowledged asynchronously; each Vip counts its own. Its address as callback
 * argument must stay valid while one is outstanding, so an address that leaves the configuration lives on
 * among the `doomed` until then. */

#include "service/vip.h"
#include "service/vip-subnet.h"
#include "service/config/diff.h"
#include "service/util/log.h"
#include <linux/if_addr.h>
#include <net/if.h>
#include <netinet/in.h>

/* An address that is removed more often than this within a second waits for the retry tick: another program
 * fights for it. */
#define RESTORE_BURST 5

/* Of the route to its subnet through a link with a virtual MAC address: what this host sends by itself takes
 * the lower interface's, if that has one. */
#define VMAC_ROUTE_METRIC 2000

/* It has shown our mark on an address. */
static bool kernel_keeps_marks;

static void request(Vip *v, bool add);

static Vip *vip_free(Vip *v) {
        if (!v)
                return NULL;
        free(v->config.dev);
        free(v->config.label);
        free(v->config.link);
        free(v);
        return NULL;
}
DEFINE_CLEANUP(Vip, vip_free);

static int vip_new(VipSet *s, const ConfigVip *config, bool excluded, Vip **ret) {
        _cleanup_(vip_freep) Vip *v = calloc(1, sizeof(*v));

        if (!v)
                return -ENOMEM;
        v->set = s;
        v->config = *config;
        v->excluded = excluded;
        v->config.dev = config->dev ? strdup(config->dev) : NULL;
        v->config.label = config->label ? strdup(config->label) : NULL;
        v->config.link = config->link ? strdup(config->link) : NULL;
        if ((config->dev && !v->config.dev) || (config->label && !v->config.label) ||
                        (config->link && !v->config.link))
                return -ENOMEM;
        *ret = TAKE_PTR(v);
        return 0;
}

void vip_set_init(VipSet *s, VipIndex *vip_index, Netlink *netlink, const LinkMirror *links,
                SettingStore *settings, const VipSetCallbacks *callbacks, void *userdata) {
        *s = (VipSet){
                        .index = vip_index,
                        .netlink = netlink,
                        .links = links,
                        .settings = settings,
                        .callbacks = callbacks,
                        .userdata = userdata,
        };
        list_init(&s->doomed);
}

/* No callback may come for it any more, so netlink is asked to forget only what it may still know. */
static void forget(Vip *v) {
        if (v->outstanding > 0)
                netlink_cancel(v->set->netlink, v);
        hash_index_remove(v->set->index, &v->indexed);
        list_remove(&v->node);
        vip_free(v);
}

void vip_set_done(VipSet *s) {
        vip_set_forget(s);
        for (size_t i = 0; i < s->n; i++)
                forget(s->items[i]);
        LIST_FOREACH_SAFE (node, &s->doomed)
                forget(CONTAINER_OF(node, Vip, node));
        free(s->items);
        s->items = NULL;
        s->n = 0;
}

const char *vip_interface(const Vip *v) {
        return v->config.link ? v->config.link : v->config.dev ? v->config.dev : v->set->interface;
}

static uint64_t address_hash(const VrrpAddress *a) {
        return hash_bytes((uint64_t)a->family, a->bytes, sizeof(a->bytes));
}

static void acknowledged(Vip *v) {
        VipSet *s = v->set;

        assert(v->outstanding > 0 && s->outstanding > 0);
        v->outstanding--;
        s->outstanding--;
        if (v->doomed && v->outstanding == 0)
                forget(v);
        /* What is published of thousands is not worth publishing for each of them. */
        if (s->outstanding > 0)
                return;
        s->callbacks->changed(s->userdata);
        s->callbacks->settled(s->userdata);
}

/* " (words of the kernel)" about the error that is being called back, or nothing. */
static const char *kernel_words(const Vip *v, char ret[160]) {
        const char *words = netlink_error_words(v->set->netlink);

        ret[0] = 0;
        if (words)
                snprintf(ret, 160, " (%s)", words);
        return ret;
}

static void on_added(int error, void *userdata) {
        Vip *v = userdata;
        char buf[VRRP_ADDRESS_STRLEN], words[160];
        int before = v->error;

        /* Without the mark in the request the kernel answers EEXIST; with REPLACE it should not, but it is
         * as good as done. */
        v->error = error == -EEXIST ? 0 : error;
        if (v->set->on)
                v->present = v->error == 0;
        /* It is asked for each second: once will do; and an interface that is missing is a fault with words
         * of its own. */
        if (v->error < 0 && v->error != before && v->error != -ENODEV)
                log_instance(LOG_ERR, v->set->instance, "cannot add %s to %s: %s%s; trying again",
                                vrrp_address_to_string(&v->config.address, buf), strempty(vip_interface(v)),
                                strerror(-v->error), kernel_words(v, words));
        if (v->late && v->present && v->set->on)
                v->set->callbacks->late(v, v->set->userdata);
        v->late = v->late && v->error < 0;
        acknowledged(v);
}

static void on_removed(int error, void *userdata) {
        Vip *v = userdata;
        char buf[VRRP_ADDRESS_STRLEN], words[160];

        /* Gone already (with its primary address, or its link) is what was asked for. */
        if (error == -EADDRNOTAVAIL || error == -ENODEV)
                error = 0;
        if (!v->set->on || v->doomed) {
                v->error = error;
                v->present = error < 0;
        }
        if (error < 0)
                log_instance(LOG_ERR, v->set->instance, "cannot remove %s from %s: %s%s",
                                vrrp_address_to_string(&v->config.address, buf), strempty(vip_interface(v)),
                                strerror(-error), kernel_words(v, words));
        acknowledged(v);
}

static void request_prefix(Vip *v, bool add, uint8_t prefixlen) {
        AddressRequest a = {
                        .ifindex = v->ifindex,
                        .address = v->config.address,
                        .prefixlen = prefixlen,
                        .label = v->config.label,
                        .broadcast = v->config.broadcast,
                        .peer = v->config.peer,
                        .scope = v->config.scope,
                        .deprecated = v->config.deprecated,
                        .route_metric = v->config.link ? VMAC_ROUTE_METRIC : 0,
        };
        int r;

        if (v->owned) {
                v->present = true;
                return;
        }
        if (v->ifindex <= 0) {
                v->error = add ? -ENODEV : 0;
                v->present = false;
                return;
        }
        if (v->config.address.family == AF_INET6) {
                a.flags |= IFA_F_NODAD;
                if (v->config.home)
                        a.flags |= IFA_F_HOMEADDRESS;
                if (v->config.mngtmpaddr)
                        a.flags |= IFA_F_MANAGETEMPADDR;
        }
        if (v->config.noprefixroute)
                a.flags |= IFA_F_NOPREFIXROUTE;
        if (v->config.autojoin)
                a.flags |= IFA_F_MCAUTOJOIN;

        if (!add && v->config.address.family == AF_INET)
                vip_promotion_begin(v->set, v->ifindex);
        v->seen = false;
        v->outstanding++;
        v->set->outstanding++;
        r = add ? address_add(v->set->netlink, &a, on_added, v)
                : address_remove(v->set->netlink, &a, on_removed, v);
        if (r < 0) {
                v->outstanding--;
                v->set->outstanding--;
                v->error = r;
                v->present = !add;
                return;
        }
        v->ticket = netlink_ticket(v->set->netlink);
}

/* A link-local address on a virtual MAC address brings the route to its neighbours along: nothing else there
 * does. */
static uint8_t wanted_prefixlen(const Vip *v) {
        bool link_local = vrrp_address_is_link_local(&v->config.address);

        return v->config.link && link_local && v->config.prefixlen == 128 ? 64 : v->config.prefixlen;
}

static void request(Vip *v, bool add) {
        request_prefix(v, add, wanted_prefixlen(v));
}

/* For one that comes alone, after the announcement that its router made for all. */
static void request_late(Vip *v) {
        v->late = true;
        request(v, true);
}

static Vip *find_equal(VipSet *s, const ConfigVip *config, bool excluded) {
        HASH_FOREACH_SAFE (node, s->index, address_hash(&config->address)) {
                Vip *v = CONTAINER_OF(node, Vip, indexed.list);

                if (v->set == s && !v->doomed && v->excluded == excluded &&
                                config_vip_equal(&v->config, config))
                        return v;
        }
        return NULL;
}

/* Notes of which addresses the configuration speaks. */
static void mark_wanted(VipSet *s, const ConfigVip *list, size_t n, bool excluded) {
        for (size_t i = 0; i < n; i++) {
                Vip *v = find_equal(s, &list[i], excluded);

                if (v)
                        v->round = s->round;
        }
}

/* Appends the addresses of one list that the set lacks to items, which has room for them. */
static int append_missing(
                VipSet *s, const ConfigVip *list, size_t n, bool excluded, Vip **items, size_t *n_items) {
        for (size_t i = 0; i < n; i++) {
                int r;

                if (find_equal(s, &list[i], excluded))
                        continue;
                r = vip_new(s, &list[i], excluded, &items[*n_items]);
                if (r < 0)
                        return r;
                (*n_items)++;
        }
        return 0;
}

/* Out of its set for good: at once if the kernel has nothing of it. */
static void doom(Vip *v) {
        if (v->present || v->outstanding > 0)
                request(v, false);
        v->doomed = true;
        if (v->outstanding == 0)
                forget(v);
        else if (!list_linked(&v->node))
                list_append(&v->set->doomed, &v->node);
}

static bool is_asked_for(const Vip *v) {
        HASH_FOREACH_SAFE (node, v->set->index, address_hash(&v->config.address)) {
                const Vip *other = CONTAINER_OF(node, Vip, indexed.list);

                if (other != v && !other->doomed && other->set->on && other->ifindex == v->ifindex &&
                                (other->present || other->outstanding > 0) &&
                                vrrp_address_equal(&other->config.address, &v->config.address))
                        return true;
        }
        return false;
}

void vip_set_end_moves(VipSet *s) {
        LIST_FOREACH_SAFE (node, &s->doomed) {
                Vip *v = CONTAINER_OF(node, Vip, node);

                if (!v->moving)
                        continue;
                v->moving = false;
                if (!is_asked_for(v))
                        doom(v);
                else
                        forget(v); /* the kernel's is the other one's now */
        }
}

void vip_set_release(VipSet *s, const ConfigInstance *config, bool (*moves)(const Vip *v, void *userdata),
                void *userdata) {
        size_t kept = 0;

        s->round++;
        mark_wanted(s, config->vips, config->n_vips, false);
        mark_wanted(s, config->excluded, config->n_excluded, true);
        for (size_t i = 0; i < s->n; i++) {
                Vip *v = s->items[i];

                if (v->round == s->round) {
                        s->items[kept++] = v;
                        continue;
                }
                if (moves && s->on && v->present && v->outstanding == 0 && !v->owned && moves(v, userdata)) {
                        v->doomed = v->moving = true;
                        list_append(&s->doomed, &v->node);
                } else
                        doom(v);
        }
        vip_promotion_end(s);
        s->n = kept;
        s->owed_next = MIN(s->owed_next, s->n);
}

int vip_set_prepare(VipSet *s, const ConfigInstance *config) {
        Vip **items;
        int r;

        vip_set_forget(s);
        items = reallocarray(s->items, s->n + config->n_vips + config->n_excluded + 1, sizeof(*items));
        if (!items)
                return -ENOMEM;
        s->items = items;
        s->fresh = calloc(config->n_vips + config->n_excluded + 1, sizeof(*s->fresh));
        if (!s->fresh || hash_index_reserve(s->index, config->n_vips + config->n_excluded) < 0)
                return -ENOMEM;
        r = append_missing(s, config->vips, config->n_vips, false, s->fresh, &s->n_fresh);
        if (r >= 0)
                r = append_missing(s, config->excluded, config->n_excluded, true, s->fresh, &s->n_fresh);
        if (r < 0)
                vip_set_forget(s);
        return r;
}

void vip_set_forget(VipSet *s) {
        while (s->n_fresh > 0)
                vip_free(s->fresh[--s->n_fresh]);
        free(s->fresh);
        s->fresh = NULL;
}

void vip_set_configure(VipSet *s, const ConfigInstance *config) {
        assert(s->fresh);
        s->instance = config->name;
        s->interface = config->interface;
        vip_set_release(s, config, NULL, NULL);
        for (size_t i = 0; i < s->n_fresh; i++) {
                Vip *v = s->fresh[i];

                hash_index_add(s->index, address_hash(&v->config.address), &v->indexed);
                s->items[s->n++] = v;
        }
        s->n_fresh = 0;
        vip_set_forget(s);
}

/* An address that is there without our mark: the host's own, or in our way. The same address may be there
 * with several prefix lengths, and each is an address of its own to the kernel. */
static void claim(Vip *v, const Link *link, bool owner) {
        bool said = false;

        for (size_t i = 0; i < link->n_addresses; i++) {
                const LinkAddress *found = &link->addresses[i];
                char buf[VRRP_ADDRESS_STRLEN];

                if (found->protocol == VRRPD_PROTOCOL ||
                                !vrrp_address_equal(&found->address, &v->config.address))
                        continue;
                /* Put there by us; it has lost its mark, or the kernel keeps none. */
                if (v->present && !v->owned && found->prefixlen == wanted_prefixlen(v))
                        continue;
                vrrp_address_to_string(&v->config.address, buf);
                if (owner) {
                        v->owned = v->present = true;
                        log_instance(LOG_NOTICE, v->set->instance,
                                        "%s is on %s without us: kept as this host's own address%s", buf,
                                        link->name, v->set->is_static ? "" : " (priority 255)");
                        return;
                }
                if (!said)
                        log_instance(LOG_WARNING, v->set->instance,
                                        "%s was on %s already, left by another program: removed until this "
                                        "router is master",
                                        buf, link->name);
                said = true;
                request_prefix(v, false, found->prefixlen);
        }
}

/* The interface is the same as before. Its own addresses may have come, and a reload may have taken priority
 * 255 away. */
static void reconsider(Vip *v, const Link *link, bool owner) {
        if (owner == v->owned)
                return;
        if (!owner)
                v->owned = v->present = false;
        claim(v, link, owner);
        if (!owner && v->set->on)
                request(v, true);
}

static bool has_own(const Link *link, const VrrpAddress *address) {
        for (size_t i = 0; i < link->n_addresses; i++)
                if (link->addresses[i].protocol != VRRPD_PROTOCOL &&
                                vrrp_address_equal(&link->addresses[i].address, address))
                        return true;
        return false;
}

/* Where the address goes, or is: an owner's own one stays on the interface, also with a virtual MAC address
 * beside it. */
static const Link *find_link(const Vip *v, bool owner) {
        const char *lower = v->config.dev ? v->config.dev : v->set->interface, *name = vip_interface(v);
        const Link *link = owner && v->config.link && lower ? link_by_name(v->set->links, lower) : NULL;

        if (link && has_own(link, &v->config.address))
                return link;
        return name ? link_by_name(v->set->links, name) : NULL;
}

void vip_set_resolve(VipSet *s, bool owner) {
        for (size_t i = 0; i < s->n; i++) {
                Vip *v = s->items[i];
                const Link *link = find_link(v, owner);
                int ifindex = link ? link->ifindex : 0;

                if (ifindex == v->ifindex) {
                        if (link)
                                reconsider(v, link, owner);
                        continue;
                }
                /* The interface may live on under another name. */
                if (v->ifindex > 0 && (v->present || v->outstanding > 0))
                        request(v, false);
                v->ifindex = ifindex;
                v->present = v->owned = v->given_up = false;
                if (!link)
                        continue;
                claim(v, link, owner);
                if (s->on)
                        request_late(v);
        }
        vip_promotion_end(s);
}

void vip_set_switch(VipSet *s, bool on) {
        s->on = on;
        for (size_t i = 0; i < s->n; i++) {
                Vip *v = s->items[i];

                v->error = 0;
                v->given_up = false;
                if (on || v->present || v->outstanding > 0)
                        request(v, on);
        }
        vip_promotion_end(s);
}

/* Nothing was notified about it since it was asked for. Then it had been there before, which the mirror
 * shows, or it is gone. */
static void look_for(Vip *v) {
        const Link *link = link_by_index(v->set->links, v->ifindex);

        for (size_t i = 0; link && i < link->n_addresses && !v->seen; i++)
                v->seen = vrrp_address_equal(&link->addresses[i].address, &v->config.address);
        v->present = v->seen;
}

/* What took an address away shows only afterwards: the kernel tells of a primary address behind those that
 * went with it. */
static void say_who(Vip *v) {
        const Link *link = link_by_index(v->set->links, v->ifindex);
        char buf[VRRP_ADDRESS_STRLEN], primary[VRRP_ADDRESS_STRLEN];

        v->blame = false;
        if (!v->set->on || !link || !(link->flags & IFF_UP))
                return; /* it went with its interface, or with what made this router step down */
        vrrp_address_to_string(&v->config.address, buf);
        if (vrrp_address_is_set(&v->primary) && vip_primary_went(link, &v->primary)) {
                log_instance(LOG_NOTICE, v->set->instance,
                                "%s went from %s with %s, the first address of its subnet; put back "
                                "(promote_secondaries keeps it "
                                "there)",
                                buf, link->name, vrrp_address_to_string(&v->primary, primary));
                return;
        }
        v->restore_warned = true;
        log_instance(LOG_WARNING, v->set->instance,
                        "another program removed %s from %s; put back. Is systemd-networkd or "
                        "NetworkManager "
                        "managing this interface? (networkd.conf: ManageForeignRoutes=, .network: "
                        "KeepConfiguration=yes; "
                        "NetworkManager: unmanaged-devices)",
                        buf, link->name);
}

void vip_set_retry(VipSet *s) {
        for (size_t i = 0; i < s->n; i++) {
                Vip *v = s->items[i];

                if (v->blame)
                        say_who(v);
                if (v->owned || v->given_up || v->outstanding > 0 || v->ifindex <= 0)
                        continue;
                if (s->on && v->present && !v->seen)
                        look_for(v);
                if (s->on && !v->present)
                        request_late(v);
                else if (s->on && v->unmarked && v->seen && kernel_keeps_marks)
                        request(v, true);
                else if (!s->on && v->present)
                        request(v, false);
        }
        vip_promotion_end(s);
}

/* False: another program fights for it, so it waits for vip_set_retry(). */
static bool may_restore(Vip *v, usec_t now) {
        if (now - v->restored_usec > USEC_PER_SEC) {
                v->restored_usec = now;
                v->n_restored = 0;
        }
        return ++v->n_restored <= RESTORE_BURST;
}

static void restore(Vip *v, usec_t now) {
        v->present = false;
        if (!v->restore_warned && !v->blame) {
                v->blame = true;
                v->primary = (VrrpAddress){};
                (void)vip_find_primary(v, &v->primary);
        }
        if (!may_restore(v, now))
                return;
        request(v, true);
        v->set->callbacks->restored(v, v->set->userdata);
}

static void was_removed(Vip *v, usec_t now) {
        bool taken = v->set->on && v->present && v->seen && v->outstanding == 0;

        v->seen = false;
        v->set->callbacks->changed(v->set->userdata);
        if (v->owned)
                v->owned = v->present = false;
        else if (taken && v->config.no_track) {
                v->given_up = true;
                v->present = false;
        } else if (taken)
                restore(v, now);
}

/* Our mark tells --cleanup and the next start what is ours. A kernel before 5.18 keeps none, and "ip address
 * replace" of another program takes it away. */
static void check_mark(Vip *v, bool marked, usec_t now) {
        static bool warned;

        kernel_keeps_marks = kernel_keeps_marks || marked;
        v->unmarked = !marked && !v->owned && v->set->on;
        if (!v->unmarked)
                return;
        if (kernel_keeps_marks) {
                if (v->present && v->outstanding == 0 && may_restore(v, now))
                        request(v, true);
        } else if (!v->seen && !warned) {
                warned = true;
                log_warning("This kernel keeps no protocol of addresses (Linux 5.18 and later do): should "
                            "vrrpd be killed, its virtual "
                            "addresses stay until its next start, and with priority 255 until they are "
                            "removed by hand");
        }
}

void vip_address_changed(VipIndex *x, int ifindex, const LinkAddress *address, bool added, usec_t now) {
        HASH_FOREACH_SAFE (node, x, address_hash(&address->address)) {
                Vip *v = CONTAINER_OF(node, Vip, indexed.list);

                if (v->doomed || v->ifindex != ifindex ||
                                !vrrp_address_equal(&v->config.address, &address->address))
                        continue;
                if (added) {
                        if (address->prefixlen == wanted_prefixlen(v))
                                check_mark(v, address->protocol == VRRPD_PROTOCOL, now);
                        v->seen = true;
                } else
                        was_removed(v, now);
        }
}

bool vip_set_settled(const VipSet *s) {
        return s->outstanding == 0;
}

int vip_set_error(const VipSet *s) {
        for (size_t i = 0; i < s->n; i++)
                if (s->items[i]->error < 0)
                        return s->items[i]->error;
        return 0;
}

bool vip_set_has_owned(const VipSet *s) {
        for (size_t i = 0; i < s->n; i++)
                if (s->items[i]->owned)
                        return true;
        return false;
}

bool vip_set_contains(const VipSet *s, const VrrpAddress *address) {
        HASH_FOREACH_SAFE (node, s->index, address_hash(address)) {
                const Vip *v = CONTAINER_OF(node, Vip, indexed.list);

                if (v->set == s && !v->doomed && vrrp_address_equal(&v->config.address, address))
                        return true;
        }
        return false;
}

bool vip_index_contains(const VipIndex *x, const VrrpAddress *address) {
        HASH_FOREACH_SAFE (node, x, address_hash(address)) {
                if (vrrp_address_equal(&CONTAINER_OF(node, Vip, indexed.list)->config.address, address))
                        return true;
        }
        return false;
}

const char *vip_set_missing_interface(const VipSet *s) {
        for (size_t i = 0; i < s->n; i++)
                if (s->items[i]->ifindex <= 0 && !s->items[i]->config.no_track && vip_interface(s->items[i]))
                        return vip_interface(s->items[i]);
        return NULL;
}

unsigned vip_announce(const Vip *v, NeighSocket *neigh, unsigned repeat) {
        const Link *link = v->ifindex > 0 ? link_by_index(v->set->links, v->ifindex) : NULL;

        if (!link || (link->flags & (IFF_NOARP | IFF_LOOPBACK)))
                return 0;
        return neigh_socket_announce(neigh, v->set, v->ifindex, &v->config.address, link->mac, repeat) >= 0
                               ? repeat
                               : 0;
}

unsigned vip_set_announce_extra(VipSet *s, NeighSocket *neigh, bool all) {
        unsigned n = 0;

        for (size_t i = 0; i < s->n; i++) {
                const Vip *v = s->items[i];

                if (v->config.dev && !streq_ptr(v->config.dev, s->interface) && (all || v->config.link) &&
                                !v->doomed)
                        n += vip_announce(v, neigh, 1);
        }
        return n;
}

static bool is_first_on_link(const VipSet *s, size_t i) {
        for (size_t k = 0; k < i; k++)
                if (s->items[k]->ifindex == s->items[i]->ifindex)
                        return false;
        return true;
}

unsigned vip_set_teach(VipSet *s, NeighSocket *neigh) {
        unsigned n = 0;
        int last = 0;

        for (size_t i = 0; i < s->n; i++) {
                const Vip *v = s->items[i];
                const Link *link = v->config.link && !v->owned ? link_by_index(s->links, v->ifindex) : NULL;

                /* Mostly they are all on one link. */
                if (!link || v->ifindex == last || !is_first_on_link(s, i))
                        continue;
                last = v->ifindex;
                n += neigh_socket_teach(neigh, s, v->ifindex, &v->config.address, link->mac) >= 0;
        }
        return n;
}

void vip_set_owe(VipSet *s, unsigned repeat) {
        s->owed_repeat = repeat;
        s->owed_next = 0;
}

bool vip_set_owes(const VipSet *s, bool ready) {
        if (s->owed_repeat == 0 || s->owed_next >= s->n)
                return false;
        return !ready || netlink_was_sent(s->netlink, s->items[s->owed_next]->ticket);
}

unsigned vip_set_announce_more(VipSet *s, NeighSocket *neigh, size_t max) {
        unsigned n = 0;

        for (; max > 0 && vip_set_owes(s, true); max--)
                n += vip_announce(s->items[s->owed_next++], neigh, s->owed_repeat);
        return n;
}
