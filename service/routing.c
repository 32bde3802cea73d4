/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* See routing.h. What another program did to a route is found out by asking for it again: the kernel says
 * EEXIST when it is still there, and then nothing has happened; else it is back. So no mirror of the routing
 * tables is kept, which may hold a million routes of others. */

#include "service/routing-object.h"
#include "service/clock.h"
#include "service/util/log.h"
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>

/* One that is removed more often than this within a second waits for the retry tick: another program fights
 * for it. */
#define RESTORE_BURST 5

/* So many messages a second: a thousand routes that go with a gateway are one event. */
#define MESSAGES_MAX 10

const char *routing_object_to_string(const RoutingObject *o, char buf[ROUTE_STRLEN]) {
        _Static_assert(RULE_STRLEN <= ROUTE_STRLEN, "one buffer serves both");
        return o->is_rule ? rule_to_string(&o->rule, buf) : route_to_string(&o->route, buf);
}

static void say(const RoutingObject *o, int level, const char *format, ...) _printf_(3, 4);
static void say(const RoutingObject *o, int level, const char *format, ...) {
        const RoutingItem *first = list_empty(&o->items) ? NULL : ITEM_OF_OBJECT(o->items.next);
        char text[512];
        va_list ap;

        if (o->pool->n_said++ >= MESSAGES_MAX)
                return; /* routing_pool_retry() says how many */
        va_start(ap, format);
        vsnprintf(text, sizeof(text), format, ap);
        va_end(ap);
        log_instance(level, first ? first->set->owner : NULL, "%s", text);
}

void routing_object_mark_dirty(RoutingObject *o) {
        if (!list_linked(&o->dirty))
                list_append(&o->pool->dirty, &o->dirty);
}

void routing_object_free(RoutingObject *o) {
        if (o->outstanding > 0)
                netlink_cancel(o->pool->netlink, o);
        list_remove(&o->all);
        list_remove(&o->dirty);
        hash_index_remove(&o->pool->by_key, &o->by_key);
        hash_index_remove(&o->pool->by_source, &o->by_source);
        free(o->route.nexthops);
        free(o->ifindexes);
        free(o);
}

static void tell_changed(RoutingObject *o) {
        LIST_FOREACH_SAFE (node, &o->items) {
                RoutingSet *s = ITEM_OF_OBJECT(node)->set;

                s->callbacks->changed(s->userdata);
        }
}

static void count_request(RoutingObject *o) {
        o->outstanding++;
        LIST_FOREACH (node, &o->items) {
                ITEM_OF_OBJECT(node)->counted++;
                ITEM_OF_OBJECT(node)->set->outstanding++;
        }
}

static void verify(RoutingObject *o, bool doubted);

static void count_acknowledgement(RoutingObject *o) {
        assert(o->outstanding > 0);
        o->outstanding--;
        LIST_FOREACH_SAFE (node, &o->items) {
                RoutingItem *item = ITEM_OF_OBJECT(node);
                RoutingSet *s = item->set;

                if (item->counted == 0)
                        continue;
                item->counted--;
                if (--s->outstanding == 0)
                        s->callbacks->settled(s->userdata);
        }
        routing_object_mark_dirty(o); /* it may be wanted otherwise by now, or by nobody */
        if (o->unverified && o->outstanding == 0)
                verify(o, false);
}

static bool has_several_ways(const RoutingObject *o) {
        return !o->is_rule && o->route.n_nexthops > 1;
}

/* " (words of the kernel)" about the error that is being called back, or nothing. */
static const char *kernel_words(const RoutingObject *o, char ret[160]) {
        const char *words = netlink_error_words(o->pool->netlink);

        ret[0] = 0;
        if (words)
                snprintf(ret, 160, " (%s)", words);
        return ret;
}

/* Another one of ours with the same destination, table and metric, of which only one can be there. */
static RoutingObject *find_rival(const RoutingObject *o, bool (*is)(const RoutingObject *rival)) {
        uint64_t hash = o->by_key.hash;

        HASH_FOREACH_SAFE (node, &o->pool->by_key, hash) {
                RoutingObject *rival = CONTAINER_OF(node, RoutingObject, by_key.list);

                if (rival != o && !rival->is_rule && !o->is_rule && route_key_equal(&rival->key, &o->key) &&
                                is(rival))
                        return rival;
        }
        return NULL;
}

static bool is_there(const RoutingObject *o) {
        return o->ours;
}

static bool is_leaving(const RoutingObject *o) {
        return o->wants == 0 && o->asked;
}

static bool is_waiting(const RoutingObject *o) {
        return o->wants > 0 && !o->ours && !o->given_up && o->outstanding == 0;
}

static void was_there_already(RoutingObject *o) {
        const RoutingObject *rival = find_rival(o, is_there);
        char buf[ROUTE_STRLEN], other[ROUTE_STRLEN];

        o->in_the_way = true;
        if (o->way_warned)
                return;
        o->way_warned = true;
        if (rival) {
                say(o, LOG_WARNING,
                                "%s waits until %s is gone, which has the same destination, table and "
                                "metric",
                                routing_object_to_string(o, buf), routing_object_to_string(rival, other));
                return;
        }
        say(o, LOG_WARNING,
                        o->is_rule ? "%s is there already, added by another program: left alone"
                                   : "%s is not added: another program's route of the same destination, "
                                     "table and "
                                     "metric is there already, and is left alone. Remedy: remove that one, "
                                     "or give "
                                     "this one another 'metric'",
                        routing_object_to_string(o, buf));
}

static void count_restoration(RoutingObject *o) {
        usec_t now = now_boottime();

        if (now - o->restored_usec > USEC_PER_SEC) {
                o->restored_usec = now;
                o->n_restored = 0;
        }
        o->n_restored++;
}

static void was_restored(RoutingObject *o) {
        char buf[ROUTE_STRLEN];

        count_restoration(o);
        if (o->restore_warned)
                return;
        o->restore_warned = true;
        say(o, LOG_WARNING,
                        "%s was gone (removed by another program, or with its link or address); put back. "
                        "Does systemd-networkd manage "
                        "it? (networkd.conf: ManageForeignRoutes=, ManageForeignRoutingPolicyRules=)",
                        routing_object_to_string(o, buf));
}

static void on_added(int error, void *userdata) {
        RoutingObject *o = userdata;
        bool verifying = o->verifying && o->outstanding == 1, was_ours = o->ours;
        char buf[ROUTE_STRLEN], words[160];
        int before = o->error;

        if (o->asked) {
                bool still_ours = error == -EEXIST && was_ours && !o->doubted;

                o->in_the_way = false;
                o->error = error == -EEXIST ? 0 : error;
                if (error == -EEXIST && !still_ours)
                        was_there_already(o);
                o->ours = error == 0 || still_ours;
                o->partial = o->partial || (!o->ours && was_ours && has_several_ways(o));
                o->found_gone = o->found_gone || (error == 0 && verifying && !o->doubted);
                if (error == 0 && verifying)
                        was_restored(o);
                o->verifying = o->doubted = false;
                if (o->error < 0 && o->error != before) /* it is asked for each second: once will do */
                        say(o, LOG_ERR, "cannot add %s: %s%s; trying again",
                                        routing_object_to_string(o, buf), strerror(-o->error),
                                        kernel_words(o, words));
                if (was_ours != o->ours)
                        tell_changed(o);
        }
        count_acknowledgement(o);
}

static void on_removed(int error, void *userdata) {
        RoutingObject *o = userdata;
        char buf[ROUTE_STRLEN], words[160];

        /* Gone already, with its link or its address, is what was asked for. */
        if (error == -ESRCH || error == -ENOENT || error == -ENODEV || error == -ENETDOWN)
                error = 0;
        if (!o->asked) {
                o->error = error;
                o->ours = false;
        }
        if (error < 0)
                say(o, LOG_ERR, "cannot remove %s: %s%s", routing_object_to_string(o, buf), strerror(-error),
                                kernel_words(o, words));
        count_acknowledgement(o);
}

/* How many of its next hops can be used as far as their interfaces go? Finds these. */
static size_t resolve(RoutingObject *o, bool *ret_missing) {
        size_t n = 0;

        *ret_missing = false;
        for (size_t i = 0; i < o->route.n_nexthops; i++) {
                const char *dev = o->route.nexthops[i].dev;
                const Link *link = dev[0] ? link_by_name(o->pool->links, dev) : NULL;

                o->ifindexes[i] = link ? link->ifindex : 0;
                *ret_missing = *ret_missing || (dev[0] && !link);
                n += !dev[0] || (link && (link->flags & IFF_UP));
        }
        return n;
}

/* False: it must wait, an interface is missing or down. */
static bool is_whole(RoutingObject *o) {
        bool missing;

        return o->is_rule || resolve(o, &missing) == o->route.n_nexthops;
}

static void request(RoutingObject *o, bool add) {
        bool there = o->asked && o->ours; /* as far as is known */
        Netlink *n = o->pool->netlink;
        int r;

        if (add && !is_whole(o)) {
                o->asked = o->ours = false;
                return;
        }
        o->asked = add;
        o->verifying = o->doubted = o->partial = false;
        if (o->is_rule)
                r = !add    ? rule_remove(n, &o->rule, on_removed, o)
                    : there ? rule_add(n, &o->rule, on_added, o)
                            : rule_append(n, &o->rule, on_added, o);
        else
                r = add ? route_add(n, &o->route, o->ifindexes, on_added, o)
                        : route_remove(n, &o->route, o->ifindexes, on_removed, o);
        if (r < 0)
                o->error = r;
        else
                count_request(o);
}

/* Adds it; what is left of it is removed first, as the kernel would take that for the whole. */
static void ask(RoutingObject *o) {
        if (o->partial && is_whole(o))
                request(o, false);
        request(o, true);
}

/* Is another program fighting for it? Only what really was gone counts: it is asked for after every change
 * of a link. */
static bool is_contested(const RoutingObject *o) {
        return o->n_restored > RESTORE_BURST && now_boottime() - o->restored_usec <= USEC_PER_SEC;
}

/* Is it still there? The kernel's answer tells. doubted: if something is, it is another program's. */
static void verify(RoutingObject *o, bool doubted) {
        o->unverified = o->outstanding > 0;
        if (o->wants == 0 || !o->asked || !o->ours || o->outstanding > 0)
                return;
        if (has_several_ways(o) && !is_whole(o)) {
                o->partial = true; /* what is left of it serves until its links are back */
                return;
        }
        ask(o);
        o->verifying = true;
        o->doubted = doubted;
}

/* The kernel removes the first rule that has what was asked for, whatever else that one has: another one of
 * ours that selects less, at the same priority. So those that it could take for o leave before it, each
 * after those that could be taken for it, and the wanted ones come back behind it, all in one batch. */
static void request_removal(RoutingObject *o) {
        uint64_t hash = o->by_key.hash;

        o->asked = false;
        if (o->is_rule)
                HASH_FOREACH_SAFE (node, &o->pool->by_key, hash) {
                        RoutingObject *other = CONTAINER_OF(node, RoutingObject, by_key.list);

                        if (!other->is_rule || !other->asked || !vrrp_rule_taken_for(&other->rule, &o->rule))
                                continue;
                        request_removal(other);
                        routing_object_mark_dirty(other);
                }
        request(o, false);
}

static void sync_object(RoutingObject *o) {
        bool wanted = o->wants > 0;
        RoutingObject *rival;

        list_remove(&o->dirty);
        if (wanted && !o->asked && !o->given_up) {
                rival = find_rival(o, is_leaving);
                if (rival)
                        request(rival, false);
                ask(o);
        } else if (!wanted && (o->asked || o->partial || (o->ours && o->outstanding == 0))) {
                request_removal(o);
                rival = find_rival(o, is_waiting);
                if (rival)
                        ask(rival);
        }
        if (!wanted)
                o->given_up = o->restore_warned = o->way_warned = false;
        if (!wanted && list_empty(&o->items) && o->outstanding == 0)
                routing_object_free(o);
}

void routing_pool_sync(RoutingPool *p) {
        if (p->held)
                return;
        while (!list_empty(&p->dirty))
                sync_object(CONTAINER_OF(p->dirty.next, RoutingObject, dirty));
}

void routing_pool_hold(RoutingPool *p) {
        p->held = true;
}

void routing_pool_release(RoutingPool *p) {
        p->held = false;
        routing_pool_sync(p);
}

void routing_pool_retry(RoutingPool *p) {
        LIST_FOREACH (node, &p->all) {
                RoutingObject *o = CONTAINER_OF(node, RoutingObject, all);

                if (o->wants > 0 && o->outstanding == 0 && !o->given_up &&
                                (!o->ours || (o->partial && is_whole(o))))
                        ask(o);
        }
        if (p->n_said > MESSAGES_MAX)
                log_instance(LOG_WARNING, NULL, "%u more messages of that kind, of other routes and rules",
                                p->n_said - MESSAGES_MAX);
        p->n_said = 0;
        routing_pool_sync(p);
}

static bool uses_link(const RoutingObject *o, const Link *link) {
        for (size_t i = 0; i < o->route.n_nexthops; i++)
                if (streq(o->route.nexthops[i].dev, link->name) || o->ifindexes[i] == link->ifindex)
                        return true;
        return false;
}

/* A link that a wanted route names has changed. */
static void way_changed(RoutingObject *o) {
        bool missing;
        size_t n = resolve(o, &missing);

        if (!o->asked) {
                if (!o->given_up)
                        routing_object_mark_dirty(o);
        } else if (!o->ours)
                return; /* it is asked for each second */
        else if (n == o->route.n_nexthops && !o->partial)
                verify(o, false);
        else if (n == o->route.n_nexthops) {
                if (o->outstanding == 0)
                        ask(o);
        } else if (n > 0 && !(missing && o->route.destination.family == AF_INET))
                o->partial = true;
        else {
                /* The kernel has removed it, in IPv4 also with the first of several interfaces that is
                 * deleted. It comes back with the link, which is no other program's doing. */
                o->asked = o->ours = o->partial = false;
                tell_changed(o);
        }
}

void routing_link_changed(RoutingPool *p, const Link *link) {
        LIST_FOREACH (node, &p->all) {
                RoutingObject *o = CONTAINER_OF(node, RoutingObject, all);

                if (o->is_rule || o->wants == 0)
                        continue;
                if (!uses_link(o, link)) {
                        /* Its gateway may be behind this link. */
                        if (o->asked && o->ours && o->route.n_nexthops > 0 && !o->route.nexthops[0].dev[0])
                                verify(o, false);
                        continue;
                }
                way_changed(o);
        }
        routing_pool_sync(p);
}

uint64_t routing_address_hash(const VrrpAddress *a) {
        return hash_bytes((uint64_t)a->family, a->bytes, sizeof(a->bytes));
}

static bool has_addresses(const Link *link, int family) {
        for (size_t i = 0; i < link->n_addresses; i++)
                if (link->addresses[i].address.family == family)
                        return true;
        return false;
}

void routing_address_removed(RoutingPool *p, const Link *link, const VrrpAddress *address) {
        HASH_FOREACH_SAFE (node, &p->by_source, routing_address_hash(address)) {
                RoutingObject *o = CONTAINER_OF(node, RoutingObject, by_source.list);

                if (vrrp_address_equal(&o->route.source, address))
                        verify(o, false);
        }
        /* Without its last address a link loses all routes of the family. */
        if (!has_addresses(link, address->family))
                routing_link_changed(p, link);
}

uint64_t routing_route_hash(const RouteKey *k) {
        uint64_t h = routing_address_hash(&k->destination);

        h = hash_bytes(h, &k->table, sizeof(k->table));
        return hash_bytes(h, &k->metric, sizeof(k->metric));
}

uint64_t routing_rule_hash(int family, uint32_t priority) {
        return hash_bytes((uint64_t)family << 32 | 1, &priority, sizeof(priority));
}

/* Ours has been removed; if we did not, put it back. by_us: with something else that was to be removed. */
static void was_removed(RoutingObject *o, bool by_us) {
        bool no_track = o->is_rule ? o->rule.no_track : o->route.no_track;

        if (o->wants == 0 || !o->asked || !o->ours)
                return;
        if (no_track && !by_us) {
                o->given_up = true;
                o->asked = o->ours = false;
        } else if (is_contested(o)) {
                o->ours = false; /* routing_pool_retry() will */
                tell_changed(o);
        } else {
                bool doubted = !by_us && !o->is_rule && !o->found_gone;

                o->found_gone = o->found_gone && by_us;
                o->partial = o->partial || (!by_us && has_several_ways(o));
                verify(o, doubted);
        }
}

/* Another program's route has taken the place of ours. Asking for ours finds it in the way. */
static void was_replaced(RoutingObject *o) {
        if (o->wants == 0 || !o->asked || !o->ours)
                return;
        o->ours = false;
        if (o->route.no_track) {
                o->given_up = true;
                o->asked = false;
        } else if (o->outstanding == 0)
                request(o, true);
        tell_changed(o);
}

static void on_route_removed(const struct nlmsghdr *header, void *userdata) {
        RoutingPool *p = userdata;
        RouteKey key;

        if (!route_parse(header, &key))
                return;
        HASH_FOREACH_SAFE (node, &p->by_key, routing_route_hash(&key)) {
                RoutingObject *o = CONTAINER_OF(node, RoutingObject, by_key.list);

                if (!o->is_rule && route_key_equal(&o->key, &key))
                        was_removed(o, netlink_is_own(p->netlink, header));
        }
}

static void on_route_replaced(const struct nlmsghdr *header, void *userdata) {
        RoutingPool *p = userdata;
        RouteKey key;

        if (!(header->nlmsg_flags & NLM_F_REPLACE) || route_parse(header, &key) ||
                        !route_parse_any(header, &key))
                return;
        HASH_FOREACH_SAFE (node, &p->by_key, routing_route_hash(&key)) {
                RoutingObject *o = CONTAINER_OF(node, RoutingObject, by_key.list);

                if (!o->is_rule && route_key_equal(&o->key, &key))
                        was_replaced(o);
        }
}

static void on_rule_removed(const struct nlmsghdr *header, void *userdata) {
        RoutingPool *p = userdata;
        uint32_t priority;
        int family;

        if (!rule_parse(header, &family, &priority))
                return;
        HASH_FOREACH_SAFE (node, &p->by_key, routing_rule_hash(family, priority)) {
                RoutingObject *o = CONTAINER_OF(node, RoutingObject, by_key.list);

                if (o->is_rule && o->rule.family == family && o->rule.priority == priority)
                        was_removed(o, netlink_is_own(p->netlink, header));
        }
}

/* Notifications were lost: any of them may be gone. */
static void on_overrun(void *userdata) {
        RoutingPool *p = userdata;

        LIST_FOREACH (node, &p->all)
                verify(CONTAINER_OF(node, RoutingObject, all), false);
}

int routing_pool_init(RoutingPool *p, Netlink *netlink, const LinkMirror *links) {
        int r;

        p->netlink = netlink;
        p->links = links;
        list_init(&p->all);
        list_init(&p->dirty);
        r = netlink_subscribe(netlink, RTM_DELROUTE, on_route_removed, p);
        if (r >= 0)
                r = netlink_subscribe(netlink, RTM_NEWROUTE, on_route_replaced, p);
        if (r >= 0)
                r = netlink_subscribe(netlink, RTM_DELRULE, on_rule_removed, p);
        return r < 0 ? r : netlink_on_overrun(netlink, on_overrun, p);
}

void routing_pool_done(RoutingPool *p) {
        if (!p->netlink)
                return;
        LIST_FOREACH_SAFE (node, &p->all)
                routing_object_free(CONTAINER_OF(node, RoutingObject, all));
        netlink_cancel(p->netlink, p);
        hash_index_done(&p->by_key);
        hash_index_done(&p->by_source);
}
