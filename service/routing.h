/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Routes and rules towards the kernel. A pool has each one once, however many instances want it, with its
 * desired state (somebody wants it), request and acknowledgement: so that one may leave while another still
 * wants it, and a reload may move it without a gap. A set is what one instance, or the static part of the
 * configuration, has of them. It knows netlink and links, not why they are wanted. */

#include "service/config/config.h"
#include "service/net/link.h"
#include "service/net/netlink.h"
#include "service/util/hash-index.h"
#include "service/util/list.h"

typedef struct RoutingPool {
        Netlink *netlink;
        const LinkMirror *links;
        List all;
        List dirty;          /* what is asked for may not be what is wanted */
        HashIndex by_key;    /* by what a notification says */
        HashIndex by_source; /* routes with a preferred source address: they go with it */
        unsigned n_said;     /* messages of this second */
        bool held;           /* a reload is under way: nothing is asked for before its end */
} RoutingPool;

typedef struct RoutingSetCallbacks {
        void (*settled)(void *userdata); /* the last outstanding acknowledgement came in */
        void (*changed)(void *userdata); /* something came or went otherwise than asked for */
} RoutingSetCallbacks;

typedef struct RoutingSet {
        RoutingPool *pool;
        const char *owner; /* the instance, for messages; borrowed. NULL = static */
        const RoutingSetCallbacks *callbacks;
        void *userdata;
        List items, fresh; /* RoutingItem; fresh: prepared, not yet of the set */
        bool on;
        unsigned outstanding;
} RoutingSet;

/* -ENOSPC: too many subscribers. */
int routing_pool_init(RoutingPool *p, Netlink *netlink, const LinkMirror *links);
/* When all sets are done. */
void routing_pool_done(RoutingPool *p);
/* Queues what is needed to have what is wanted; the caller flushes netlink. Nothing while the pool is held.
 */
void routing_pool_sync(RoutingPool *p);
void routing_pool_hold(RoutingPool *p);
void routing_pool_release(RoutingPool *p);
/* Once a second: asks again for what the kernel refused. */
void routing_pool_retry(RoutingPool *p);
/* A link came, went, or changed; an address left a link. The kernel takes IPv4 routes along without a word.
 */
void routing_link_changed(RoutingPool *p, const Link *link);
void routing_address_removed(RoutingPool *p, const Link *link, const VrrpAddress *address);

void routing_set_init(RoutingSet *s, RoutingPool *p, const char *owner, const RoutingSetCallbacks *callbacks,
                void *userdata);
void routing_set_done(RoutingSet *s);
/* Takes the memory that routing_set_configure() will need; routing_set_forget() gives it back. -ENOMEM. */
int routing_set_prepare(RoutingSet *s, const ConfigRoute *routes, size_t n_routes, const ConfigRule *rules,
                size_t n_rules);
void routing_set_forget(RoutingSet *s);
/* Makes the set be what was prepared: what stays is not touched. */
void routing_set_configure(RoutingSet *s);
/* All on or off; the caller syncs the pool. */
void routing_set_switch(RoutingSet *s, bool on);
bool routing_set_settled(const RoutingSet *s);
/* -errno of the first that the kernel refused, 0 = none. */
int routing_set_error(const RoutingSet *s);
/* Calls f with the name of each interface that a tracked route of the set needs. */
void routing_set_foreach_interface(
                const RoutingSet *s, void (*f)(const char *name, void *userdata), void *userdata);
/* Is this link one of them? */
bool routing_set_needs(const RoutingSet *s, const char *name);
/* Calls f with the text of each route and rule of this track group that is not there. */
void routing_set_foreach_missing(const RoutingSet *s, const char *group,
                void (*f)(const char *text, void *userdata), void *userdata);
