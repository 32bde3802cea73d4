/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* See routing.h: what one instance, or the static part of the configuration, wants of the pool. What becomes
 * of it in the kernel is routing.c's business. */

#include "service/routing-object.h"

void routing_set_init(RoutingSet *s, RoutingPool *p, const char *owner, const RoutingSetCallbacks *callbacks,
                void *userdata) {
        *s = (RoutingSet){.pool = p, .owner = owner, .callbacks = callbacks, .userdata = userdata};
        list_init(&s->items);
        list_init(&s->fresh);
}

static void item_free(RoutingItem *item) {
        RoutingObject *o = item->object;

        item->set->outstanding -= item->counted;
        list_remove(&item->of_set);
        list_remove(&item->of_object);
        if (o)
                routing_object_mark_dirty(o); /* the last one to leave */
        free(item->group);
        free(item);
}

/* Takes an item out of the set: if nobody else wants its object, that goes with the next sync. */
static void leave(RoutingItem *item) {
        if (item->set->on)
                item->object->wants--;
        item_free(item);
}

void routing_set_forget(RoutingSet *s) {
        LIST_FOREACH_SAFE (node, &s->fresh)
                item_free(ITEM_OF_SET(node));
        LIST_FOREACH (kept, &s->items)
                ITEM_OF_SET(kept)->kept = false;
}

void routing_set_done(RoutingSet *s) {
        if (!s->pool)
                return;
        routing_set_forget(s);
        LIST_FOREACH_SAFE (node, &s->items)
                leave(ITEM_OF_SET(node));
}

static RoutingObject *find_route(RoutingPool *p, const VrrpRoute *r) {
        RouteKey key;

        route_key(r, &key);
        HASH_FOREACH_SAFE (node, &p->by_key, routing_route_hash(&key)) {
                RoutingObject *o = CONTAINER_OF(node, RoutingObject, by_key.list);

                if (!o->is_rule && vrrp_route_equal(&o->route, r))
                        return o;
        }
        return NULL;
}

static RoutingObject *find_rule(RoutingPool *p, const VrrpRule *r) {
        HASH_FOREACH_SAFE (node, &p->by_key, routing_rule_hash(r->family, r->priority)) {
                RoutingObject *o = CONTAINER_OF(node, RoutingObject, by_key.list);

                if (o->is_rule && vrrp_rule_equal(&o->rule, r))
                        return o;
        }
        return NULL;
}

static RoutingObject *object_new(RoutingPool *p) {
        RoutingObject *o = calloc(1, sizeof(*o));

        if (!o)
                return NULL;
        o->pool = p;
        list_init(&o->items);
        list_append(&p->all, &o->all);
        routing_object_mark_dirty(o); /* should it come to nothing */
        return o;
}

static RoutingObject *route_new(RoutingPool *p, const VrrpRoute *r) {
        RoutingObject *o;

        if (hash_index_reserve(&p->by_key, 1) < 0 || hash_index_reserve(&p->by_source, 1) < 0)
                return NULL;
        o = object_new(p);
        if (!o)
                return NULL;
        o->route = *r;
        o->route.nexthops = calloc(r->n_nexthops + 1, sizeof(*r->nexthops));
        o->ifindexes = calloc(r->n_nexthops + 1, sizeof(*o->ifindexes));
        if (!o->route.nexthops || !o->ifindexes) {
                routing_object_free(o);
                return NULL;
        }
        if (r->n_nexthops > 0)
                memcpy(o->route.nexthops, r->nexthops, r->n_nexthops * sizeof(*r->nexthops));
        route_key(r, &o->key);
        hash_index_add(&p->by_key, routing_route_hash(&o->key), &o->by_key);
        if (vrrp_address_is_set(&r->source))
                hash_index_add(&p->by_source, routing_address_hash(&r->source), &o->by_source);
        return o;
}

static RoutingObject *rule_new(RoutingPool *p, const VrrpRule *r) {
        RoutingObject *o;

        if (hash_index_reserve(&p->by_key, 1) < 0)
                return NULL;
        o = object_new(p);
        if (!o)
                return NULL;
        o->is_rule = true;
        o->rule = *r;
        hash_index_add(&p->by_key, routing_rule_hash(r->family, r->priority), &o->by_key);
        return o;
}

/* The set has it already, or gets an item for it. o: NULL = no memory. */
static int prepare_item(RoutingSet *s, RoutingObject *o, const char *group) {
        RoutingItem *item;

        if (!o)
                return -ENOMEM;
        LIST_FOREACH (node, &o->items) {
                item = ITEM_OF_OBJECT(node);
                if (item->set == s && streq_ptr(item->group, group)) {
                        item->kept = true;
                        return 0;
                }
        }
        item = calloc(1, sizeof(*item));
        if (!item)
                return -ENOMEM;
        item->group = group ? strdup(group) : NULL;
        if (group && !item->group) {
                free(item);
                return -ENOMEM;
        }
        item->set = s;
        item->object = o;
        list_append(&s->fresh, &item->of_set);
        list_append(&o->items, &item->of_object);
        return 0;
}

int routing_set_prepare(RoutingSet *s, const ConfigRoute *routes, size_t n_routes, const ConfigRule *rules,
                size_t n_rules) {
        RoutingPool *p = s->pool;
        int r = 0;

        routing_set_forget(s);
        for (size_t i = 0; i < n_routes && r >= 0; i++) {
                RoutingObject *o = find_route(p, &routes[i].route);

                r = prepare_item(s, o ? o : route_new(p, &routes[i].route), routes[i].track_group);
        }
        for (size_t i = 0; i < n_rules && r >= 0; i++) {
                RoutingObject *o = find_rule(p, &rules[i].rule);

                r = prepare_item(s, o ? o : rule_new(p, &rules[i].rule), rules[i].track_group);
        }
        if (r < 0)
                routing_set_forget(s);
        return r;
}

void routing_set_configure(RoutingSet *s) {
        LIST_FOREACH_SAFE (node, &s->items) {
                RoutingItem *item = ITEM_OF_SET(node);

                if (item->kept)
                        item->kept = false;
                else
                        leave(item);
        }
        LIST_FOREACH_SAFE (fresh, &s->fresh) {
                RoutingItem *item = ITEM_OF_SET(fresh);

                list_remove(&item->of_set);
                list_append(&s->items, &item->of_set);
                if (s->on)
                        item->object->wants++;
                routing_object_mark_dirty(item->object);
        }
}

void routing_set_switch(RoutingSet *s, bool on) {
        if (s->on == on)
                return;
        s->on = on;
        LIST_FOREACH (node, &s->items) {
                RoutingObject *o = ITEM_OF_SET(node)->object;

                o->wants += on ? 1 : -1U;
                routing_object_mark_dirty(o);
        }
}

bool routing_set_settled(const RoutingSet *s) {
        return s->outstanding == 0;
}

int routing_set_error(const RoutingSet *s) {
        LIST_FOREACH (node, &s->items)
                if (ITEM_OF_SET(node)->object->error < 0)
                        return ITEM_OF_SET(node)->object->error;
        return 0;
}

void routing_set_foreach_interface(
                const RoutingSet *s, void (*f)(const char *name, void *userdata), void *userdata) {
        LIST_FOREACH (node, &s->items) {
                const VrrpRoute *r = &ITEM_OF_SET(node)->object->route;

                for (size_t i = 0; i < r->n_nexthops && !r->no_track; i++)
                        if (r->nexthops[i].dev[0])
                                f(r->nexthops[i].dev, userdata);
        }
}

bool routing_set_needs(const RoutingSet *s, const char *name) {
        LIST_FOREACH (node, &s->items) {
                const VrrpRoute *r = &ITEM_OF_SET(node)->object->route;

                for (size_t i = 0; i < r->n_nexthops; i++)
                        if (streq(r->nexthops[i].dev, name))
                                return true;
        }
        return false;
}

void routing_set_foreach_missing(const RoutingSet *s, const char *group,
                void (*f)(const char *text, void *userdata), void *userdata) {
        LIST_FOREACH (node, &s->items) {
                const RoutingItem *item = ITEM_OF_SET(node);
                char buf[ROUTE_STRLEN];

                if (streq_ptr(item->group, group) && !item->object->ours && !item->object->in_the_way)
                        f(routing_object_to_string(item->object, buf), userdata);
        }
}
