/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: routes, rules and static addresses when all is read: what stands there twice, and names of groups
 * and instances that do not exist. Must not know: how a line of them is read (grammar-route.c,
 * grammar-rule.c).
 */

#include "service/config/finish.h"
#include <stdio.h>

#define DEFAULT_INTERFACE "eth0"

/* What the kernel takes for the same route. */
static int compare_routes(const ConfigRoute *x, const ConfigRoute *y) {
        const VrrpRoute *a = &x->route, *b = &y->route;
        int r = vrrp_address_compare(&a->destination, &b->destination);

        if (r == 0)
                r = vrrp_address_compare(&a->from, &b->from);
        if (r == 0)
                r = a->prefixlen != b->prefixlen ? (a->prefixlen < b->prefixlen ? -1 : 1)
                    : a->table != b->table       ? (a->table < b->table ? -1 : 1)
                    : a->metric != b->metric     ? (a->metric < b->metric ? -1 : 1)
                    : a->tos != b->tos           ? (a->tos < b->tos ? -1 : 1)
                                                 : 0;
        return r;
}

static int compare_route_pointer(const void *a, const void *b) {
        const ConfigRoute *x = *(ConfigRoute *const *)a, *y = *(ConfigRoute *const *)b;
        int r = compare_routes(x, y);

        return r != 0 ? r : x < y ? -1 : x > y;
}

/* Only the first can be there: the kernel has one route of a destination, table, metric and tos. */
static int drop_duplicate_routes(Parser *p, ConfigRoute *list, size_t *n) {
        _cleanup_free_ ConfigRoute **sorted = calloc(*n + 1, sizeof(*sorted));
        const ConfigRoute *first = NULL;
        size_t kept = 0;
        int r = 0;

        if (!sorted)
                return -ENOMEM;
        for (size_t i = 0; i < *n; i++)
                sorted[i] = &list[i];
        qsort(sorted, *n, sizeof(ConfigRoute *), compare_route_pointer);
        for (size_t i = 0; i < *n && r >= 0; i++) {
                char where[RELATIVE_SIZE];

                if (!first || compare_routes(first, sorted[i]) != 0) {
                        first = sorted[i];
                        continue;
                }
                r = parser_warning(p, &sorted[i]->at,
                                "a route of this destination, table and metric stands there already %s; "
                                "this one is ignored",
                                position_relative(&sorted[i]->at, &first->at, where));
                config_route_done(sorted[i]);
        }
        for (size_t i = 0; i < *n; i++)
                if (list[i].at.line > 0)
                        list[kept++] = list[i];
        *n = kept;
        return r;
}

static int compare_rule_pointer(const void *a, const void *b) {
        const ConfigRule *x = *(ConfigRule *const *)a, *y = *(ConfigRule *const *)b;

        if (x->rule.priority != y->rule.priority)
                return x->rule.priority < y->rule.priority ? -1 : 1;
        return x < y ? -1 : x > y;
}

/* Rules that have their priority in common are few. */
static int drop_duplicate_rules(Parser *p, ConfigRule *list, size_t *n) {
        _cleanup_free_ ConfigRule **sorted = calloc(*n + 1, sizeof(*sorted));
        size_t kept = 0;
        int r = 0;

        if (!sorted)
                return -ENOMEM;
        for (size_t i = 0; i < *n; i++)
                sorted[i] = &list[i];
        qsort(sorted, *n, sizeof(ConfigRule *), compare_rule_pointer);
        for (size_t i = 1; i < *n && r >= 0; i++) {
                const ConfigRule *first = NULL;
                char where[RELATIVE_SIZE];

                for (size_t j = i;
                                j-- > 0 && !first && sorted[j]->rule.priority == sorted[i]->rule.priority;)
                        if (sorted[j]->at.line > 0 && vrrp_rule_equal(&sorted[j]->rule, &sorted[i]->rule))
                                first = sorted[j];
                if (!first)
                        continue;
                r = parser_warning(p, &sorted[i]->at,
                                "this rule stands there already %s; this one is ignored",
                                position_relative(&sorted[i]->at, &first->at, where));
                sorted[i]->at.line = 0;
        }
        for (size_t i = 0; i < *n; i++)
                if (list[i].at.line > 0)
                        list[kept++] = list[i];
                else
                        config_rule_done(&list[i]);
        *n = kept;
        return r;
}

int finish_routing(Parser *p, InstanceDraft *d) {
        int r = drop_duplicate_routes(p, d->model.routes, &d->model.n_routes);

        return r < 0 ? r : drop_duplicate_rules(p, d->model.rules, &d->model.n_rules);
}

static bool is_track_group(const Config *c, const char *name) {
        for (size_t i = 0; i < c->n_track_groups; i++)
                if (streq(c->track_groups[i].name, name))
                        return true;
        return false;
}

/* As in keepalived, the item stays and is only not tracked. */
static int check_track_group(Parser *p, char **name, const ConfigPosition *at) {
        int r;

        if (!*name || is_track_group(p->config, *name))
                return 0;
        r = parser_warning(p, at, "track_group '%s' is not defined; no instance depends on this", *name);
        free(*name);
        *name = NULL;
        return r;
}

static int check_members(Parser *p, ConfigTrackGroup *g) {
        size_t kept = 0;
        int r = 0;

        for (size_t i = 0; g->members[i]; i++) {
                bool known = false;

                for (size_t j = 0; j < kept && !known; j++)
                        known = streq(g->members[j], g->members[i]);
                if (!known && config_find_instance(p->config, g->members[i])) {
                        g->members[kept++] = g->members[i];
                        continue;
                }
                if (!known && r >= 0)
                        r = parser_warning(p, &g->at,
                                        "track_group '%s' names the instance '%s', which is not defined",
                                        g->name, g->members[i]);
                free(g->members[i]);
        }
        g->members[kept] = NULL;
        return r;
}

static int check_groups(Parser *p) {
        Config *c = p->config;
        int r = 0;

        for (size_t i = 0; i < c->n_track_groups && r >= 0; i++) {
                char where[RELATIVE_SIZE];

                for (size_t j = 0; j < i && r >= 0; j++)
                        if (streq(c->track_groups[j].name, c->track_groups[i].name))
                                r = parser_error(p, &c->track_groups[i].at,
                                                "track_group '%s' is already defined %s",
                                                c->track_groups[i].name,
                                                position_relative(&c->track_groups[i].at,
                                                                &c->track_groups[j].at, where));
                if (r >= 0)
                        r = check_members(p, &c->track_groups[i]);
        }
        return r;
}

/* An address without `dev` goes where keepalived puts it. */
static int finish_static_address(Parser *p, ConfigStaticAddress *a) {
        const char *fallback = p->global.default_interface ? p->global.default_interface : DEFAULT_INTERFACE;

        if (!a->vip.dev)
                a->vip.dev = strdup(fallback);
        return a->vip.dev ? check_track_group(p, &a->track_group, &a->vip.at) : -ENOMEM;
}

static int compare_address_pointer(const void *a, const void *b) {
        const ConfigVip *x = &(*(ConfigStaticAddress *const *)a)->vip,
                        *y = &(*(ConfigStaticAddress *const *)b)->vip;
        int r = vrrp_address_compare(&x->address, &y->address);

        if (r == 0)
                r = (int)x->prefixlen - (int)y->prefixlen;
        if (r == 0)
                r = strcmp(x->dev, y->dev);
        return r != 0 ? r : x < y ? -1 : x > y;
}

static int drop_duplicate_addresses(Parser *p, ConfigStaticAddress *list, size_t *n) {
        _cleanup_free_ ConfigStaticAddress **sorted = calloc(*n + 1, sizeof(*sorted));
        const ConfigVip *first = NULL;
        size_t kept = 0;
        int r = 0;

        if (!sorted)
                return -ENOMEM;
        for (size_t i = 0; i < *n; i++)
                sorted[i] = &list[i];
        qsort(sorted, *n, sizeof(ConfigStaticAddress *), compare_address_pointer);
        for (size_t i = 0; i < *n && r >= 0; i++) {
                ConfigVip *v = &sorted[i]->vip;
                char where[RELATIVE_SIZE];

                if (!first || !vrrp_address_equal(&first->address, &v->address) ||
                                first->prefixlen != v->prefixlen || !streq(first->dev, v->dev)) {
                        first = v;
                        continue;
                }
                r = parser_warning(p, &v->at, "this address stands there already %s; this one is ignored",
                                position_relative(&v->at, &first->at, where));
                v->at.line = 0;
        }
        for (size_t i = 0; i < *n; i++)
                if (list[i].vip.at.line > 0)
                        list[kept++] = list[i];
                else {
                        config_vip_done(&list[i].vip);
                        free(list[i].track_group);
                }
        *n = kept;
        return r;
}

int finish_static(Parser *p) {
        Config *c = p->config;
        int r = check_groups(p);

        for (size_t i = 0; i < c->n_static_addresses && r >= 0; i++)
                r = finish_static_address(p, &c->static_addresses[i]);
        for (size_t i = 0; i < c->n_static_routes && r >= 0; i++)
                r = check_track_group(p, &c->static_routes[i].track_group, &c->static_routes[i].at);
        for (size_t i = 0; i < c->n_static_rules && r >= 0; i++)
                r = check_track_group(p, &c->static_rules[i].track_group, &c->static_rules[i].at);
        if (r >= 0)
                r = drop_duplicate_addresses(p, c->static_addresses, &c->n_static_addresses);
        if (r >= 0)
                r = drop_duplicate_routes(p, c->static_routes, &c->n_static_routes);
        return r < 0 ? r : drop_duplicate_rules(p, c->static_rules, &c->n_static_rules);
}
