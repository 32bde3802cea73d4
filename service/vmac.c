/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* See vmac.h. Requests are asynchronous; that a link is there is believed when the mirror shows it, and only
 * then it is set up: its settings come first. Those that netlink lacks are written below /proc/sys. */

#include "service/vmac.h"
#include "service/net/sysctl.h"
#include "service/util/log.h"
#include <fcntl.h>
#include <linux/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>

static void release(Vmac *v);

static Vmac *vmac_free(Vmac *v) {
        if (!v)
                return NULL;
        list_remove(&v->node);
        netlink_cancel(v->set->context->netlink, v);
        free(v);
        return NULL;
}

void vmac_set_init(VmacSet *s, VmacContext *context) {
        *s = (VmacSet){.context = context, .groups_fd = -EBADF};
}

void vmac_set_done(VmacSet *s) {
        vmac_set_forget(s);
        for (size_t i = 0; i < s->n; i++) {
                release(s->items[i]);
                vmac_free(s->items[i]);
        }
        free(s->items);
        s->items = NULL;
        s->n = 0;
        s->groups_fd = safe_close(s->groups_fd);
}

/* -- Configuration -- */

static Vmac *find_equal(const VmacSet *s, const ConfigVmac *c) {
        for (size_t i = 0; i < s->n; i++) {
                Vmac *v = s->items[i];

                if (streq(v->name, c->name) && streq(v->interface, c->interface) &&
                                memcmp(v->mac, c->mac, sizeof(v->mac)) == 0)
                        return v;
        }
        return NULL;
}

static Vmac *vmac_new(VmacSet *s, const ConfigVmac *c) {
        Vmac *v = calloc(1, sizeof(*v));

        if (!v)
                return NULL;
        v->set = s;
        snprintf(v->name, sizeof(v->name), "%s", c->name);
        snprintf(v->interface, sizeof(v->interface), "%s", c->interface);
        memcpy(v->mac, c->mac, sizeof(v->mac));
        return v;
}

static bool is_in(Vmac *const *items, size_t n, const Vmac *v) {
        for (size_t i = 0; i < n; i++)
                if (items[i] == v)
                        return true;
        return false;
}

void vmac_set_forget(VmacSet *s) {
        for (size_t i = 0; i < s->n_next; i++)
                if (!is_in(s->items, s->n, s->next[i]))
                        free(s->next[i]);
        free(s->next);
        s->next = NULL;
        s->n_next = 0;
}

int vmac_set_prepare(VmacSet *s, const ConfigInstance *config) {
        vmac_set_forget(s);
        s->next = calloc(config->n_vmacs + 1, sizeof(Vmac *));
        if (!s->next)
                return -ENOMEM;
        for (size_t i = 0; i < config->n_vmacs; i++) {
                Vmac *v = find_equal(s, &config->vmacs[i]);

                if (!v)
                        v = vmac_new(s, &config->vmacs[i]);
                if (!v) {
                        vmac_set_forget(s);
                        return -ENOMEM;
                }
                s->next[s->n_next++] = v;
        }
        return 0;
}

void vmac_set_configure(VmacSet *s, const ConfigInstance *config) {
        assert(s->next);
        s->instance = config->name;
        for (size_t i = 0; i < s->n; i++)
                if (!is_in(s->next, s->n_next, s->items[i])) {
                        release(s->items[i]);
                        vmac_free(s->items[i]);
                }
        free(s->items);
        s->items = TAKE_PTR(s->next);
        s->n = s->n_next;
        s->n_next = 0;
        for (size_t i = 0; i < s->n; i++) {
                s->items[i]->ipv4 = config->vmacs[i].ipv4;
                s->items[i]->ipv6 = config->vmacs[i].ipv6;
                if (!list_linked(&s->items[i]->node))
                        list_append(&s->context->all, &s->items[i]->node);
        }
}

/* -- Lower interface -- */

/* It must not answer for the virtual addresses with its own MAC address, nor ask in their name. */
static void acquire_lower(Vmac *v, const Link *lower) {
        v->lower_ifindex = lower->ifindex;
        setting_acquire(v->set->context->settings, lower->ifindex, lower->name, SETTING_ARP_IGNORE);
        setting_acquire(v->set->context->settings, lower->ifindex, lower->name, SETTING_ARP_ANNOUNCE);
}

static void release_lower(Vmac *v) {
        if (v->lower_ifindex == 0)
                return;
        setting_release(v->set->context->settings, v->lower_ifindex, SETTING_ARP_ANNOUNCE);
        setting_release(v->set->context->settings, v->lower_ifindex, SETTING_ARP_IGNORE);
        v->lower_ifindex = 0;
}

/* -- The link itself -- */

static void forget_link(Vmac *v) {
        if (v->ifindex > 0)
                filter_remove_link(v->set->context->filter, v->ifindex);
        v->ifindex = 0;
        v->ours = false;
}

static void doom(VmacContext *c, int ifindex) {
        int *doomed = reallocarray(c->doomed, c->n_doomed + 1, sizeof(*doomed));

        if (!doomed) {
                (void)macvlan_remove(c->netlink, &ifindex, 1);
                return;
        }
        c->doomed = doomed;
        c->doomed[c->n_doomed++] = ifindex;
}

static int is_foreign_in_group(const Link *link, void *userdata) {
        const VmacContext *c = userdata;

        if (link->group != MACVLAN_GROUP)
                return 0;
        for (size_t i = 0; i < c->n_doomed; i++)
                if (c->doomed[i] == link->ifindex)
                        return 0;
        return 1;
}

void vmac_flush(VmacContext *c) {
        bool one_by_one;

        if (c->n_doomed == 0)
                return;
        one_by_one = link_foreach(c->links, is_foreign_in_group, c) != 0;
        if (!one_by_one)
                (void)macvlan_remove(c->netlink, c->doomed, c->n_doomed);
        for (size_t i = 0; one_by_one && i < c->n_doomed; i++)
                (void)macvlan_remove(c->netlink, &c->doomed[i], 1);
        free(c->doomed);
        c->doomed = NULL;
        c->n_doomed = 0;
}

/* Ours goes, another's is left, but not up. */
static void abandon_link(Vmac *v) {
        if (v->ifindex > 0 && v->ours)
                doom(v->set->context, v->ifindex);
        else if (v->ifindex > 0)
                (void)macvlan_switch(v->set->context->netlink, v->ifindex, false, NULL, NULL);
        forget_link(v);
}

static void release(Vmac *v) {
        abandon_link(v);
        release_lower(v);
}

static void on_switched(int error, void *userdata) {
        Vmac *v = userdata;

        if (error < 0 && error != -ENODEV && error != v->switch_error)
                log_instance(LOG_ERR, v->set->instance, "cannot set %s %s: %s", v->name,
                                v->set->on ? "up" : "down", strerror(-error));
        v->switch_error = error == -ENODEV ? 0 : error;
}

static void request_switch(Vmac *v) {
        int r;

        if (v->ifindex <= 0)
                return;
        if (v->set->on && filter_error(v->set->context->filter) == 0)
                (void)filter_flush(v->set->context->filter); /* before the first report of a group */
        r = macvlan_switch(v->set->context->netlink, v->ifindex, v->set->on, on_switched, v);
        if (r < 0)
                v->switch_error = r;
}

static void set_ipv6(const Vmac *v, const char *key, int value) {
        int r = sysctl_write("ipv6", v->name, key, value);

        /* No IPv6 in this kernel: then there is nothing to keep it from. */
        if (r < 0 && r != -ENOENT)
                log_instance(LOG_WARNING, v->set->instance, "cannot set net.ipv6.conf.%s.%s to %d: %s",
                                v->name, key, value, strerror(-r));
}

/* Before the link is set up for the first time: no address but ours, no packet that nobody asked for. */
static void configure_ipv6(const Vmac *v) {
        int forwarding = 0;

        set_ipv6(v, "disable_ipv6", !v->ipv6);
        set_ipv6(v, "accept_ra", 0);
        set_ipv6(v, "autoconf", 0);
        if (v->ipv6 && sysctl_read("ipv6", v->interface, "forwarding", &forwarding) >= 0)
                set_ipv6(v, "forwarding", forwarding);
}

static void on_configured(int error, void *userdata) {
        Vmac *v = userdata;

        if (error < 0 && error != -ENODEV)
                log_instance(LOG_WARNING, v->set->instance, "cannot configure %s: %s", v->name,
                                strerror(-error));
}

/* An instance that leaves, or is restarted, has the link: it is ours from now on. True: that one had made
 * it. */
static bool take_over(Vmac *v, const Link *link) {
        bool ours = false;

        LIST_FOREACH (node, &v->set->context->all) {
                Vmac *other = CONTAINER_OF(node, Vmac, node);

                if (other == v || other->ifindex != link->ifindex)
                        continue;
                ours |= other->ours;
                forget_link(other);
        }
        return ours;
}

static void take_link(Vmac *v, const Link *link) {
        int forwarding = 0;

        /* The kernel does not notify of the mark on a link that is down. */
        v->ours = v->made || take_over(v, link) || link->marked;
        v->made = false;
        v->ifindex = link->ifindex;
        v->error = v->switch_error = 0;
        if (!v->ours)
                log_instance(LOG_NOTICE, v->set->instance,
                                "%s exists already with the virtual MAC address: used, and not removed in "
                                "the end",
                                v->name);
        (void)sysctl_read("ipv4", v->interface, "forwarding", &forwarding);
        (void)macvlan_configure(v->set->context->netlink, v->ifindex, forwarding > 0, on_configured, v);
        configure_ipv6(v);
        (void)filter_add_link(v->set->context->filter, v->ifindex);
        /* One that was adopted may be up. */
        if (v->set->on || (link->flags & IFF_UP))
                request_switch(v);
}

static void on_made(int error, void *userdata) {
        Vmac *v = userdata;

        v->making = false;
        if (error < 0)
                v->made = false;
        if (error == -ENODEV) /* the lower interface went meanwhile: its return is noticed */
                error = 0;
        if (error < 0 && error != v->error)
                log_instance(LOG_ERR, v->set->instance, "cannot make %s on %s: %s; trying again", v->name,
                                v->interface, strerror(-error));
        v->error = error;
        if (error == -EEXIST)
                (void)macvlan_unmark(v->set->context->netlink, v->name);
}

static void make(Vmac *v, const MacvlanRequest *m) {
        int r;

        if (v->making)
                return;
        r = macvlan_create(v->set->context->netlink, m, on_made, v);
        if (r < 0)
                v->error = r;
        else
                v->making = v->made = true;
}

static void set_trouble(Vmac *v, const Link *lower, const Link *link, const MacvlanRequest *m) {
        v->trouble[0] = 0;
        if (link && v->ifindex == 0)
                snprintf(v->trouble, sizeof(v->trouble), "%s is taken by a %s%s", v->name,
                                link->kind[0] ? link->kind : "link",
                                streq(link->kind, "macvlan") ? " that differs" : " of somebody else");
        else if (lower && !link && v->error < 0)
                snprintf(v->trouble, sizeof(v->trouble), "cannot make %s: %s", v->name, strerror(-v->error));
}

static void resolve(Vmac *v) {
        const LinkMirror *links = v->set->context->links;
        const Link *lower = link_by_name(links, v->interface), *link = link_by_name(links, v->name);
        MacvlanRequest m = {.name = v->name, .owner = v->set->instance};
        bool matches;

        if (v->lower_ifindex != (lower ? lower->ifindex : 0)) {
                release_lower(v);
                if (lower)
                        acquire_lower(v, lower);
        }
        memcpy(m.mac, v->mac, sizeof(m.mac));
        m.lower_ifindex = v->lower_ifindex;
        m.group = lower ? lower->group : 0;

        matches = link && lower && macvlan_matches(link, &m);
        /* Gone, renamed, or on an interface that has another name now. */
        if (v->ifindex > 0 && (!matches || v->ifindex != link->ifindex)) {
                if (link_by_index(links, v->ifindex))
                        abandon_link(v);
                forget_link(v);
        }
        if (matches && v->ifindex == 0)
                take_link(v, link);
        else if (matches) {
                if (v->set->on && !(link->flags & IFF_UP))
                        request_switch(v);
        } else if (lower && !link)
                make(v, &m);
        set_trouble(v, lower, link, &m);
}

void vmac_set_resolve(VmacSet *s) {
        for (size_t i = 0; i < s->n; i++)
                resolve(s->items[i]);
}

void vmac_set_switch(VmacSet *s, bool on) {
        s->on = on;
        for (size_t i = 0; i < s->n; i++)
                request_switch(s->items[i]);
        if (!on)
                s->groups_fd = safe_close(s->groups_fd);
}

void vmac_set_retry(VmacSet *s) {
        for (size_t i = 0; i < s->n; i++) {
                Vmac *v = s->items[i];

                if (v->error < 0)
                        resolve(v);
                if (v->switch_error < 0)
                        request_switch(v);
        }
}

/* -- Questions -- */

const Vmac *vmac_set_own(const VmacSet *s, const ConfigInstance *config) {
        for (size_t i = 0; i < s->n; i++)
                if (config->use_vmac && streq(s->items[i]->name, config->vmac_name))
                        return s->items[i];
        return NULL;
}

bool vmac_set_pending(const VmacSet *s) {
        for (size_t i = 0; i < s->n; i++)
                if (s->items[i]->lower_ifindex > 0 && s->items[i]->ifindex == 0 && !s->items[i]->trouble[0])
                        return true;
        return false;
}

bool vmac_set_concerns(const VmacSet *s, const Link *link) {
        for (size_t i = 0; i < s->n; i++) {
                const Vmac *v = s->items[i];

                if (streq(v->name, link->name) || streq(v->interface, link->name) ||
                                (v->ifindex > 0 && v->ifindex == link->ifindex))
                        return true;
        }
        return false;
}

/* -- IPv6 groups -- */

/* RFC 4291 section 2.7.1. */
static void solicited_node_group(const VrrpAddress *a, struct in6_addr *ret) {
        *ret = (struct in6_addr){.s6_addr = {0xff, 0x02, [11] = 0x01, [12] = 0xff}};
        memcpy(&ret->s6_addr[13], &a->bytes[13], 3);
}

void vmac_set_join(VmacSet *s, const VrrpAddress *address, const char *link) {
        struct ipv6_mreq group = {};

        for (size_t i = 0; i < s->n; i++)
                if (streq(s->items[i]->name, link))
                        group.ipv6mr_interface = (unsigned)s->items[i]->lower_ifindex;
        if (address->family != AF_INET6 || group.ipv6mr_interface == 0)
                return;
        if (s->groups_fd < 0)
                s->groups_fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        solicited_node_group(address, &group.ipv6mr_multiaddr);
        if (setsockopt(s->groups_fd, IPPROTO_IPV6, IPV6_JOIN_GROUP, &group, sizeof(group)) < 0 &&
                        errno != EADDRINUSE)
                log_instance(LOG_WARNING, s->instance,
                                "cannot join the group in which neighbours ask for an address: %s; a switch "
                                "that snoops "
                                "on MLD may withhold the questions",
                                strerror(errno));
}

/* -- The host's settings -- */

void vmac_sysctls_read(VmacSysctls *ret) {
        *ret = (VmacSysctls){};
        (void)sysctl_read("ipv4", "all", "rp_filter", &ret->rp_filter);
        (void)sysctl_read("ipv4", "all", "arp_filter", &ret->arp_filter);
        (void)sysctl_read("ipv4", "all", "arp_ignore", &ret->arp_ignore);
}

/* The kernel takes the larger of `all` and the link's own value (ip-sysctl.rst). */
const char *vmac_sysctls_trouble(const VmacSysctls *all, bool slash32, char *buf, size_t size) {
        const char *advice = "0", *key = NULL;
        int value = 0;

        if (all->rp_filter ==
                        1) { /* packets come in here whose way back leads through the lower interface */
                key = "rp_filter";
                value = all->rp_filter;
                advice = "0 or 2";
        } else if (all->arp_filter > 0) { /* the same for ARP */
                key = "arp_filter";
                value = all->arp_filter;
        } else if (all->arp_ignore > 2 || (all->arp_ignore == 2 && slash32)) {
                key = "arp_ignore";
                value = all->arp_ignore;
                advice = "0 or 1";
        }
        if (!key)
                return NULL;
        snprintf(buf, size, "net.ipv4.conf.all.%s=%d defeats use_vmac: set it to %s", key, value, advice);
        return buf;
}
