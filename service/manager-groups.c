/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Which sync groups there are and who is in them: at start, and after a reload, which matches them by name. */

#include "service/manager.h"

/* The manager's groups and fresh ones are few against the configuration's instances: found by walking. */
static SyncGroup *find_by_name(const List *list, const char *name) {
        LIST_FOREACH(node, list)
        if (streq(CONTAINER_OF(node, SyncGroup, node)->name, name))
                return CONTAINER_OF(node, SyncGroup, node);
        return NULL;
}

int manager_new_groups(Manager *m, const Config *config, List *list) {
        for (size_t k = 0; k < config->n_groups; k++) {
                SyncGroup *g;
                int r;

                if (find_by_name(&m->groups, config->groups[k].name))
                        continue;
                r = sync_group_new(m, &config->groups[k], list, &g);
                if (r < 0)
                        return r;
        }
        return 0;
}

static const ConfigGroup *find_config(const Config *config, const char *name) {
        for (size_t k = 0; k < config->n_groups; k++)
                if (streq(config->groups[k].name, name))
                        return &config->groups[k];
        return NULL;
}

/* Those that are gone let their members go first, as these may be in another group now. */
static void match_groups(Manager *m, const Config *config) {
        LIST_FOREACH_SAFE(node, &m->groups) {
                SyncGroup *g = CONTAINER_OF(node, SyncGroup, node);

                g->config = find_config(config, g->name);
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
        LIST_FOREACH(node, &m->instances) {
                Instance *i = CONTAINER_OF(node, Instance, node);
                const ConfigInstance *c = config_find_instance(config, i->name);
                SyncGroup *g = c && c->group ? find_by_name(&m->groups, c->group->name) : NULL;

                instance_set_group(i, g);
        }
        /* Before its members' first word of it, which may be an event of this very turn. */
        LIST_FOREACH(node, &m->groups)
        if (!CONTAINER_OF(node, SyncGroup, node)->posted)
                sync_group_post_status(CONTAINER_OF(node, SyncGroup, node));
}
