/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What routing.c and routing-set.c share: a route or rule that somebody wants, and who wants it. Internal to
 * these two. */

#include "service/net/route.h"
#include "service/net/rule.h"
#include "service/routing.h"

typedef struct RoutingObject {
        RoutingPool *pool;
        List all, dirty, items;
        HashNode by_key, by_source;
        bool is_rule;
        VrrpRoute route; /* with its own nexthops */
        VrrpRule rule;
        RouteKey key;    /* of a route */
        int *ifindexes;  /* of its nexthops, as last asked for */
        unsigned wants;  /* sets that have it on */
        bool asked;      /* the last request was to add it */
        bool ours;       /* the kernel took it from us, and nobody is known to have removed it */
        bool verifying;  /* asked for though it should be there */
        bool doubted;    /* removed by another program, so what is there is not ours */
        bool found_gone; /* put back before the kernel's word of its removal came, which is still to come */
        bool unverified; /* something was heard of it while a request was under way */
        bool partial;    /* of several ways the kernel has some only: it is to be made anew */
        bool in_the_way; /* somebody else's is there */
        bool given_up;   /* no_track, and removed by another program */
        int error;
        unsigned outstanding;
        unsigned n_restored; /* in the current second */
        usec_t restored_usec;
        bool restore_warned, way_warned;
} RoutingObject;

typedef struct RoutingItem {
        List of_set, of_object;
        RoutingSet *set;
        RoutingObject *object;
        char *group;      /* track group, owned */
        bool kept;        /* the new configuration has it too */
        unsigned counted; /* requests of the object that the set waits for */
} RoutingItem;

#define ITEM_OF_SET(node) CONTAINER_OF(node, RoutingItem, of_set)
#define ITEM_OF_OBJECT(node) CONTAINER_OF(node, RoutingItem, of_object)

void routing_object_mark_dirty(RoutingObject *o);
/* Takes it out of all lists and frees it; no callback comes for it any more. */
void routing_object_free(RoutingObject *o);
/* Where they are in by_key. */
uint64_t routing_route_hash(const RouteKey *k);
uint64_t routing_rule_hash(int family, uint32_t priority);
uint64_t routing_address_hash(const VrrpAddress *a);
const char *routing_object_to_string(const RoutingObject *o, char buf[ROUTE_STRLEN]);
