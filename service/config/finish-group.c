/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: sync groups, once all instances are known: which member is meant, and what becomes of weights. As in
 * keepalived, a member that does not exist or stands in two groups, a group without members and a second
 * group of one name are dropped with a warning, and what a member tracks with a weight counts only with
 * sync_group_tracking_weight (what the group itself tracks always counts).
 * Must not know: what a group does (core/group.c).
 */

#include "service/config/finish.h"

static int drop_member(ConfigMember *m, int r) {
        free(m->name);
        m->name = NULL;
        return r;
}

static int unknown_member(Parser *p, const ConfigGroup *g, ConfigMember *m) {
        const Config *c = p->config;

        /* As for tracked scripts: not for thousands of generated names. */
        for (size_t i = 0; i < c->n_instances && c->n_instances <= 1000; i++)
                if (keyword_distance(m->name, c->instances[i].name) != SIZE_MAX)
                        return drop_member(m, parser_warning(p, &m->at,
                                                              "vrrp_instance '%s' is not defined; '%s' goes "
                                                              "without it (did you mean '%s'?)",
                                                              m->name, g->name, c->instances[i].name));
        return drop_member(m,
                        parser_warning(p, &m->at, "vrrp_instance '%s' is not defined; '%s' goes without it",
                                        m->name, g->name));
}

static int finish_member(Parser *p, const ConfigGroup *g, ConfigMember *m) {
        const ConfigInstance *found = config_find_instance(p->config, m->name);
        ConfigInstance *i;

        if (!found)
                return unknown_member(p, g, m);
        i = &p->config->instances[found - p->config->instances];
        if (i->group == g)
                return drop_member(m, parser_warning(p, &m->at, "'%s' is already in this group; ignored",
                                                      m->name));
        if (i->group)
                return drop_member(m, parser_warning(p, &m->at,
                                                      "'%s' is already in vrrp_sync_group '%s', and cannot "
                                                      "be in two; ignored here",
                                                      m->name, i->group->name));
        i->group = g;
        return 0;
}

static int finish_members(Parser *p, ConfigGroup *g) {
        size_t left = 0;
        int r = 0;

        for (size_t j = 0; j < g->n_members && r >= 0; j++)
                r = finish_member(p, g, &g->members[j]);
        for (size_t j = 0; j < g->n_members; j++)
                if (g->members[j].name)
                        g->members[left++] = g->members[j];
        g->n_members = left;
        if (r >= 0 && left == 1)
                r = parser_warning(p, &g->at,
                                "vrrp_sync_group '%s' has only one member: nothing moves with it", g->name);
        return r;
}

static const ConfigTrack *find_track(const ConfigGroup *g, const ConfigTrack *t) {
        for (size_t j = 0; j < g->n_tracks; j++)
                if (g->tracks[j].type == t->type && streq(g->tracks[j].name, t->name))
                        return &g->tracks[j];
        return NULL;
}

/* NULL: it stays. */
static const char *why_not_tracked(const ConfigGroup *g, const ConfigTrack *t) {
        if (find_track(g, t))
                return "is tracked by its sync group already; ignored here";
        if (t->weight != 0 && !g->tracking_weight)
                return "has a weight, which counts in a sync group only with sync_group_tracking_weight; it "
                       "is "
                       "not tracked (track it in the group, or with weight 0)";
        return NULL;
}

static int finish_member_tracks(Parser *p, ConfigInstance *i) {
        size_t left = 0;
        int r = 0;

        for (size_t j = 0; j < i->n_tracks && r >= 0; j++) {
                ConfigTrack *t = &i->tracks[j];
                const char *why = why_not_tracked(i->group, t);

                if (!why)
                        continue;
                r = parser_warning(p, &t->at, "'%s' %s", t->name, why);
                free(t->name);
                t->name = NULL;
        }
        for (size_t j = 0; j < i->n_tracks; j++)
                if (i->tracks[j].name)
                        i->tracks[left++] = i->tracks[j];
        i->n_tracks = left;
        return r;
}

static int compare_group(const void *a, const void *b) {
        const ConfigGroup *x = *(ConfigGroup *const *)a, *y = *(ConfigGroup *const *)b;
        int r = strcmp(x->name, y->name);

        return r != 0 ? r : x < y ? -1 : x > y;
}

/* Of groups of one name the first counts; the others lose their members. Sorted, so that thousands stay
 * cheap. */
static int drop_namesakes(Parser *p) {
        Config *c = p->config;
        _cleanup_free_ ConfigGroup **sorted = calloc(MAX(c->n_groups, (size_t)1), sizeof(*sorted));
        char where[RELATIVE_SIZE];
        int r = 0;

        if (!sorted)
                return -ENOMEM;
        for (size_t i = 0; i < c->n_groups; i++)
                sorted[i] = &c->groups[i];
        qsort(sorted, c->n_groups, sizeof(*sorted), compare_group);
        for (size_t i = 1, first = 0; i < c->n_groups && r >= 0; i++) {
                if (!streq(sorted[i]->name, sorted[first]->name)) {
                        first = i;
                        continue;
                }
                r = parser_warning(p, &sorted[i]->at, "vrrp_sync_group '%s' is already defined %s; ignored",
                                sorted[i]->name,
                                position_relative(&sorted[i]->at, &sorted[first]->at, where));
                config_group_done(sorted[i]);
        }
        return r;
}

/* Takes out what was dropped. Members point to where their group was until link_members(). */
static void pack_groups(Config *c) {
        size_t left = 0;

        for (size_t i = 0; i < c->n_groups; i++)
                if (c->groups[i].name)
                        c->groups[left++] = c->groups[i];
        c->n_groups = left;
}

static void link_members(Config *c) {
        for (size_t i = 0; i < c->n_groups; i++)
                for (size_t j = 0; j < c->groups[i].n_members; j++) {
                        const ConfigInstance *found = config_find_instance(c, c->groups[i].members[j].name);

                        c->instances[found - c->instances].group = &c->groups[i];
                }
}

/* What another host has is not known here; but of two that are crossed, one at least looks like this. */
static int compare_priorities(Parser *p, const ConfigGroup *g) {
        const ConfigInstance *first = config_find_instance(p->config, g->members[0].name);

        for (size_t j = 1; j < g->n_members; j++) {
                const ConfigInstance *i = config_find_instance(p->config, g->members[j].name);

                if (i->priority != first->priority)
                        return parser_warning(p, &g->members[j].at,
                                        "'%s' has priority %u and '%s' %u: members of a sync group should "
                                        "have the "
                                        "same, as a host that is better for some and worse for others keeps "
                                        "another "
                                        "from being master and cannot be it itself",
                                        i->name, i->priority, first->name, first->priority);
        }
        return 0;
}

static int finish_group(Parser *p, ConfigGroup *g) {
        int r;

        if (!g->name)
                return 0;
        r = finish_members(p, g);
        if (r >= 0)
                r = finish_track_list(p, g->tracks, &g->n_tracks);
        if (r >= 0 && g->n_members > 0)
                r = compare_priorities(p, g);
        if (r >= 0 && g->n_members == 0) {
                r = parser_warning(p, &g->at, "vrrp_sync_group '%s' has no members; ignored", g->name);
                config_group_done(g);
        }
        return r;
}

int finish_groups(Parser *p) {
        Config *c = p->config;
        int r = drop_namesakes(p);

        for (size_t i = 0; i < c->n_groups && r >= 0; i++)
                r = finish_group(p, &c->groups[i]);
        if (r < 0)
                return r;
        pack_groups(c);
        link_members(c);
        for (size_t i = 0; i < c->n_instances && r >= 0; i++)
                if (c->instances[i].group)
                        r = finish_member_tracks(p, &c->instances[i]);
        return r;
}
