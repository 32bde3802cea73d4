/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What an instance's right to be master depends on, looked at anew whenever something of it may have
 * changed: its interfaces, its source address, its trackers. Out come faults, a priority, and the start. */

#include "service/core/priority.h"
#include "service/instance.h"
#include "service/manager.h"
#include <linux/if_addr.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdarg.h>

static void add_fault(Instance *i, const char *kind, const char *detail_format, ...) _printf_(3, 4);
static void add_fault(Instance *i, const char *kind, const char *detail_format, ...) {
        PublishFault fault = {};
        va_list ap;

        snprintf(fault.kind, sizeof(fault.kind), "%s", kind);
        va_start(ap, detail_format);
        vsnprintf(fault.detail, sizeof(fault.detail), detail_format, ap);
        va_end(ap);
        for (size_t k = 0; k < i->n_faults; k++)
                if (streq(i->faults[k].detail, fault.detail))
                        return;
        if (i->n_faults < INSTANCE_FAULTS_MAX)
                i->faults[i->n_faults++] = fault;
}

/* What the configuration asks for and we cannot do, where going on without it would make two masters. */
static void evaluate_refusals(Instance *i) {
        if (i->config->auth_refused)
                add_fault(i, "config", "auth_type AH is not supported: its peers would not hear it");
        if (i->config->unicast && i->config->n_peers == 0)
                add_fault(i, "config", "there is no unicast peer");
}

static void add_link_fault(Instance *i, const char *name) {
        const Link *link = link_by_name(i->manager->links, name);

        if (!link)
                add_fault(i, "interface", "interface %s is missing", name);
        else if (link_usable(link))
                return; /* also one that is down, but whose delay is not over */
        else if (!(link->flags & IFF_UP))
                add_fault(i, "link", "interface %s is down", name);
        else
                add_fault(i, "link",
                                link->settled_usec > 0 ? "interface %s is up, but its delay is not over"
                                                       : "interface %s has no carrier",
                                name);
}

/* Where the host has an address. */
typedef struct AddressSearch {
        const VrrpAddress *address;
        const Link *link; /* NULL = nowhere */
        bool tentative; /* there, but not yet usable (IPv6's detection of duplicates runs, or has found one)
                         */
} AddressSearch;

static int find_address(const Link *link, void *userdata) {
        AddressSearch *search = userdata;

        for (size_t k = 0; k < link->n_addresses; k++) {
                const LinkAddress *a = &link->addresses[k];

                if (!vrrp_address_equal(&a->address, search->address))
                        continue;
                search->link = link;
                search->tentative = (a->flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED)) &&
                                    !(a->flags & IFA_F_OPTIMISTIC);
                return 1;
        }
        return 0;
}

/* Without an interface of its own the instance lives where its source address is (and its VIPs say their
 * devices). */
static const Link *own_link(Instance *i) {
        AddressSearch search = {.address = &i->config->source};

        if (i->config->interface)
                return link_by_name(i->manager->links, i->config->interface);
        (void)link_foreach(i->manager->links, find_address, &search);
        return search.link;
}

/* Packets leave also from an address that the host has lost (vrrp-socket.c): that is a fault with
 * track_src_ip alone, and always where nothing but this address says on which interface we are. */
static void evaluate_configured_source(Instance *i) {
        AddressSearch search = {.address = &i->config->source};
        char buf[VRRP_ADDRESS_STRLEN];

        if (!vrrp_address_is_set(search.address) || (!i->config->track_source && i->config->interface))
                return;
        (void)link_foreach(i->manager->links, find_address, &search);
        if (!search.link || search.tentative)
                add_fault(i, "address", "source address %s is %s",
                                vrrp_address_to_string(search.address, buf),
                                search.link ? "not usable yet" : "missing");
}

/* RFC 9568 section 5.1.2.1: multicast comes from a link-local address. Peers in unicast are addressed
 * globally mostly, and know us by such an address. */
static bool wants_global_source(const ConfigInstance *c) {
        return c->family == AF_INET6 && c->unicast && c->n_peers > 0 &&
               !vrrp_address_is_link_local(&c->peers[0].address);
}

/* Finds the address that our packets come from and that breaks ties. */
static void evaluate_source(Instance *i) {
        const Link *link = i->ifindex > 0 ? link_by_index(i->manager->links, i->ifindex) : NULL;
        VrrpAddress source = i->config->source;

        evaluate_configured_source(i);
        if (!vrrp_address_is_set(&source) && link) {
                _cleanup_free_ VrrpAddress *own = calloc(i->vips.n + 1, sizeof(*own));

                for (size_t k = 0; own && k < i->vips.n; k++)
                        if (!i->vips.items[k]->owned)
                                own[k] = i->vips.items[k]->config.address;
                if (wants_global_source(i->config))
                        (void)link_global_address(link, own, own ? i->vips.n : 0, &source);
                else
                        (void)link_primary_address(
                                        link, i->config->family, own, own ? i->vips.n : 0, &source);
                if (!vrrp_address_is_set(&source))
                        (void)static_set_source(
                                        &i->manager->statics, i->ifindex, i->config->family, &source);
        }
        if (!vrrp_address_is_set(&source)) {
                if (link)
                        add_fault(i, "address", "interface %s has no %s address to send from", link->name,
                                        i->config->family == AF_INET     ? "IPv4"
                                        : wants_global_source(i->config) ? "global IPv6"
                                                                         : "IPv6 link-local");
                return;
        }
        if (vrrp_address_equal(&source, &i->router.source))
                return;
        instance_packet_invalidate(i);
        instance_feed(i, &(RouterEvent){.type = ROUTER_EVENT_SOURCE, .source = source});
}

/* An interface's text names it already: "interface eth1 is down". */
static void add_tracker_fault(Instance *i, const Tracker *t) {
        const char *type = vrrp_tracker_type_to_string(t->type);

        if (t->type == VRRP_TRACKER_INTERFACE)
                add_fault(i, type, "%s", t->status_text);
        else
                add_fault(i, type, "%s %s: %s", type, t->name, t->status_text);
}

/* What a tracker that is known is worth to who tracks it so; *ret_fault: it is a fault instead. */
static int contribution(const Tracker *t, const ConfigTrack *track, bool *ret_fault) {
        if (t->type == VRRP_TRACKER_FILE)
                return priority_file_contribution(t->value, track->weight, track->reverse, ret_fault);
        *ret_fault = track->weight == 0 && tracker_is_up(t) == track->reverse;
        return priority_contribution(track->weight, track->reverse, tracker_is_up(t));
}

/* Sums the weights, collects faults of weightless trackers, and finds out whether all have reported. */
static bool evaluate_trackers(Instance *i, int *ret_sum) {
        bool all_known = true, fault;
        int sum = 0;

        for (size_t k = 0; k < instance_n_tracks(i); k++) {
                const ConfigTrack *track = instance_track(i, k);
                const Tracker *t = tracker_set_find(i->manager->trackers, track->type, track->name);

                if (!t)
                        continue;
                if (!tracker_is_known(t)) {
                        all_known = all_known && track->weight != 0;
                        continue;
                }
                sum += contribution(t, track, &fault);
                /* An owner is not moved by weights, also not by what a file takes beyond all bounds. */
                if (fault && (track->weight == 0 || i->config->priority != VRRP_PRIORITY_OWNER))
                        add_tracker_fault(i, t);
        }
        *ret_sum = sum;
        return all_known;
}

/* A virtual MAC address that would not be heard or answered, or an address that would be answered against
 * the configuration. */
static void evaluate_vmacs(Instance *i) {
        char text[sizeof(i->faults[0].detail)];

        for (size_t k = 0; k < i->vmacs.n; k++)
                if (i->vmacs.items[k]->trouble[0])
                        add_fault(i, "interface", "%s", i->vmacs.items[k]->trouble);
        if (instance_sysctl_trouble(i, text, sizeof(text)))
                add_fault(i, "sysctl", "%s", text);
        if (i->filter_error == -EEXIST)
                add_fault(i, "filter", "no_accept: another program has the nftables table inet vrrpd");
        else if (i->filter_error < 0)
                add_fault(i, "filter", "no_accept: cannot use nftables: %s", strerror(-i->filter_error));
}

static void add_route_fault(const char *name, void *userdata) {
        add_link_fault(userdata, name);
}

static void add_static_fault(const char *text, void *userdata) {
        add_fault(userdata, "static", "%s is missing", text);
}

/* track_group: without the static addresses, routes and rules of its groups it is of no use. */
static void evaluate_track_groups(Instance *i) {
        const Config *c = i->manager->config;

        for (size_t k = 0; c && k < c->n_track_groups; k++)
                for (char **member = c->track_groups[k].members; *member; member++)
                        if (streq(*member, i->name))
                                static_set_foreach_missing(&i->manager->statics, c->track_groups[k].name,
                                                add_static_fault, i);
}

static void evaluate_interfaces(Instance *i) {
        const Link *link = own_link(i);
        int r;

        i->ifindex = link ? link->ifindex : 0;
        r = instance_resolve_links(i);
        if (r < 0)
                add_fault(i, "socket", "cannot open the socket for the virtual MAC address: %s",
                                strerror(-r));
        if (i->config->interface && (!link || !i->config->dont_track_primary))
                add_link_fault(i, i->config->interface);
        else if (!i->config->interface && link && !i->config->dont_track_primary)
                add_link_fault(i, link->name);
        for (size_t k = 0; k < i->vips.n; k++) {
                const Vip *v = i->vips.items[k];

                if (v->config.dev && !v->config.no_track)
                        add_link_fault(i, v->config.dev);
        }
        routing_set_foreach_interface(&i->routing, add_route_fault, i);
        evaluate_track_groups(i);
        if (instance_open_socket(i) < 0 && (link || !i->config->interface))
                add_fault(i, "socket", "cannot open the VRRP socket: %s", strerror(-i->socket_error));
        if (i->send_error < 0)
                add_fault(i, "socket", "cannot send adverts: %s", strerror(-i->send_error));
}

static void evaluate_priority(Instance *i, int sum) {
        uint8_t priority = priority_effective(i->config->priority, sum);

        if (priority != i->router.tracked_priority)
                instance_feed(i, &(RouterEvent){.type = ROUTER_EVENT_PRIORITY, .priority = priority});
}

void instance_evaluate(Instance *i) {
        PublishFault old[INSTANCE_FAULTS_MAX];
        size_t n_old = i->n_faults;
        bool all_known;
        int sum;

        if (i->leaving || i->manager->stopping)
                return;
        memcpy(old, i->faults, sizeof(old));
        i->n_faults = 0;
        memset(i->faults, 0, sizeof(i->faults));

        evaluate_refusals(i);
        evaluate_interfaces(i);
        evaluate_vmacs(i);
        all_known = evaluate_trackers(i, &sum) && !vmac_set_pending(&i->vmacs);
        evaluate_source(i);
        evaluate_priority(i, sum);

        if (n_old != i->n_faults || memcmp(old, i->faults, sizeof(old)) != 0)
                instance_mark_dirty(i);
        if (i->router.fault != (i->n_faults > 0))
                instance_feed(i, &(RouterEvent){.type = ROUTER_EVENT_FAULT, .fault = i->n_faults > 0});
        /* Only the start waits for first results; a tracker that a reload adds is taken as good until it
         * says otherwise. */
        if (!i->router.started && all_known && i->manager->start_usec == 0) {
                i->waiting = false;
                instance_feed(i, &(RouterEvent){.type = ROUTER_EVENT_STARTED});
        }
}
