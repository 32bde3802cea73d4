/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Which sync groups there are and who is in them: at start, and after a reload, which matches them by name.
 * Nothing here is quadratic in groups or instances, of which there may be thousands. */

#include "service/manager.h"

static int compare_names(const void *a, const void *b) {
        return strcmp((*(SyncGroup *const *)a)->name, (*(SyncGroup *const *)b)->name);
}

static int compare_name(const void *name, const void *g) {
        return strcmp(name, (*(SyncGroup *const *)g)->name);
}

/* The manager's groups by name. */
static int index_groups(const Manager *m, SyncGroup ***ret, size_t *ret_n) {
        SyncGroup **items;
        size_t n = 0;

        LIST_FOREACH (node, &m->groups)
                n++;
        items = calloc(n + 1, sizeof(*items));
        if (!items)
                return -ENOMEM;
        n = 0;
        LIST_FOREACH (node, &m->groups)
                items[n++] = CONTAINER_OF(node, SyncGroup, node);
        qsort(items, n, sizeof(SyncGroup *), compare_names);
        *ret = items;
        *ret_n = n;
        return 0;
}

int manager_new_groups(Manager *m, const Config *config, List *list) {
        _cleanup_free_ SyncGroup **known = NULL, **next = calloc(config->n_groups + 1, sizeof(*next));
        size_t n_known;
        int r;

        if (!next)
                return -ENOMEM;
        r = index_groups(m, &known, &n_known);
        if (r < 0)
                return r;
        for (size_t k = 0; k < config->n_groups; k++) {
                const ConfigGroup *c = &config->groups[k];
                SyncGroup **found = bsearch(c->name, known, n_known, sizeof(SyncGroup *), compare_name);

                if (found) {
                        next[k] = *found;
                        continue;
                }
                r = sync_group_new(m, c, list, &next[k]);
                if (r < 0)
                        return r;
        }
        free(m->next_groups);
        m->next_groups = TAKE_PTR(next);
        return 0;
}

/* Those that are gone let their members go first, as these may be in another group now. */
static void match_groups(Manager *m, const Config *config) {
        LIST_FOREACH (node, &m->groups)
                CONTAINER_OF(node, SyncGroup, node)->config = NULL;
        for (size_t k = 0; k < config->n_groups; k++)
                m->next_groups[k]->config = &config->groups[k];
        LIST_FOREACH_SAFE (node, &m->groups) {
                SyncGroup *g = CONTAINER_OF(node, SyncGroup, node);

                sync_group_mark_dirty(g);
                if (g->config)
                        continue;
                list_remove(&g->node);
                list_append(&m->gone_groups, &g->node);
                sync_group_dissolve(g);
        }
}

void manager_assign_groups(Manager *m, const Config *config) {
        match_groups(m, config);
        LIST_FOREACH (node, &m->instances) {
                Instance *i = CONTAINER_OF(node, Instance, node);
                const ConfigInstance *c = config_find_instance(config, i->name);

                instance_set_group(i, c && c->group ? m->next_groups[c->group - config->groups] : NULL);
                if (!i->group)
                        i->stop_bound_usec = 0; /* that of the group it was in */
        }
        /* Before its members' first word of it, which may be an event of this very turn. */
        LIST_FOREACH (node, &m->groups)
                if (!CONTAINER_OF(node, SyncGroup, node)->posted)
                        sync_group_post_status(CONTAINER_OF(node, SyncGroup, node));
}
