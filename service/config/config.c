/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: the finished model as data: freeing it, finding in it, and the digest of a script.
 * Must not know: where it came from.
 */

#include "service/config/finish.h"
#include <stdio.h>

static void vips_free(ConfigVip *list, size_t n) {
        for (size_t i = 0; i < n; i++) {
                free(list[i].dev);
                free(list[i].label);
        }
        free(list);
}

void config_instance_done(ConfigInstance *i) {
        free(i->name);
        free(i->interface);
        free(i->peers);
        vips_free(i->vips, i->n_vips);
        vips_free(i->excluded, i->n_excluded);
        for (size_t j = 0; j < i->n_tracks; j++)
                free(i->tracks[j].name);
        free(i->tracks);
        *i = (ConfigInstance){};
}

void config_script_done(ConfigScript *s) {
        free(s->name);
        free(s->command);
        free(s->user);
        free(s->group);
        *s = (ConfigScript){};
}

Config *config_free(Config *c) {
        if (!c)
                return NULL;
        for (size_t i = 0; i < c->n_instances; i++)
                config_instance_done(&c->instances[i]);
        for (size_t i = 0; i < c->n_scripts; i++)
                config_script_done(&c->scripts[i]);
        for (char **f = c->files; f && *f; f++)
                free(*f);
        free(c->instances);
        free(c->scripts);
        free(c->files);
        free(c->instances_by_name);
        free(c->scripts_by_name);
        free(c->global.router_id);
        free(c->global.script_user);
        free(c->global.script_group);
        free(c);
        return NULL;
}

/* By name; of two with the same name (an error, but findable until it is reported) the first in the file. */
static int compare_instance(const void *a, const void *b) {
        const ConfigInstance *x = *(const ConfigInstance *const *)a, *y = *(const ConfigInstance *const *)b;
        int r = strcmp(x->name, y->name);

        return r != 0 ? r : x < y ? -1 : x > y;
}

static int compare_script(const void *a, const void *b) {
        const ConfigScript *x = *(const ConfigScript *const *)a, *y = *(const ConfigScript *const *)b;
        int r = strcmp(x->name, y->name);

        return r != 0 ? r : x < y ? -1 : x > y;
}

int config_index(Config *c) {
        const ConfigInstance **instances = calloc(MAX(c->n_instances, (size_t)1), sizeof(*instances));
        const ConfigScript **scripts = calloc(MAX(c->n_scripts, (size_t)1), sizeof(*scripts));

        if (!instances || !scripts) {
                free(instances);
                free(scripts);
                return -ENOMEM;
        }
        for (size_t i = 0; i < c->n_instances; i++)
                instances[i] = &c->instances[i];
        for (size_t i = 0; i < c->n_scripts; i++)
                scripts[i] = &c->scripts[i];
        qsort(instances, c->n_instances, sizeof(*instances), compare_instance);
        qsort(scripts, c->n_scripts, sizeof(*scripts), compare_script);
        free(c->instances_by_name);
        free(c->scripts_by_name);
        c->instances_by_name = instances;
        c->scripts_by_name = scripts;
        return 0;
}

static int compare_instance_name(const void *name, const void *i) {
        return strcmp(name, (*(const ConfigInstance *const *)i)->name);
}

static int compare_script_name(const void *name, const void *s) {
        return strcmp(name, (*(const ConfigScript *const *)s)->name);
}

const ConfigInstance *config_find_instance(const Config *c, const char *name) {
        const ConfigInstance **found;

        if (!c->instances_by_name) {
                for (size_t i = 0; i < c->n_instances; i++)
                        if (streq(c->instances[i].name, name))
                                return &c->instances[i];
                return NULL;
        }
        found = bsearch(name, c->instances_by_name, c->n_instances, sizeof(*found), compare_instance_name);
        return found ? *found : NULL;
}

const ConfigScript *config_find_script(const Config *c, const char *name) {
        const ConfigScript **found;

        if (!c->scripts_by_name) {
                for (size_t i = 0; i < c->n_scripts; i++)
                        if (streq(c->scripts[i].name, name))
                                return &c->scripts[i];
                return NULL;
        }
        found = bsearch(name, c->scripts_by_name, c->n_scripts, sizeof(*found), compare_script_name);
        return found ? *found : NULL;
}

static uint64_t digest_field(uint64_t h, const char *s) {
        /* With the NUL, so that two fields never read like one. */
        for (size_t i = 0, n = strlen(s) + 1; i < n; i++)
                h = (h ^ (unsigned char)s[i]) * UINT64_C(0x100000001b3);
        return h;
}

/* FNV-1a is enough: this guards against a file that was edited between the daemon's reading and the
 * runner's, not against forgery. Whoever speaks to the runner can only name a script that stands in the
 * root-owned file. */
void config_script_digest(const Config *c, const ConfigScript *s, char ret[CONFIG_SCRIPT_DIGEST_SIZE]) {
        uint64_t h = UINT64_C(0xcbf29ce484222325);
        char timeout[24];

        snprintf(timeout, sizeof(timeout), "%llu", (unsigned long long)s->timeout_usec);
        h = digest_field(h, strempty(s->command));
        h = digest_field(h, strempty(s->user ? s->user : c->global.script_user));
        h = digest_field(h, strempty(s->user ? s->group : c->global.script_group));
        h = digest_field(h, timeout);
        snprintf(ret, CONFIG_SCRIPT_DIGEST_SIZE, "%016llx", (unsigned long long)h);
}
