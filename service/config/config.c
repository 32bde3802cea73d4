/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: the finished model as data: freeing it, finding in it, and the digest of a script.
 * Must not know: where it came from.
 */

#include "service/config/finish.h"
#include "service/config/key.h"
#include <stdio.h>

static void vips_free(ConfigVip *list, size_t n) {
        for (size_t i = 0; i < n; i++) {
                free(list[i].dev);
                free(list[i].label);
                free(list[i].link);
        }
        free(list);
}

void config_vip_done(ConfigVip *v) {
        free(v->dev);
        free(v->label);
        *v = (ConfigVip){};
}

void config_route_done(ConfigRoute *r) {
        free(r->route.nexthops);
        free(r->track_group);
        *r = (ConfigRoute){};
}

void config_rule_done(ConfigRule *r) {
        free(r->track_group);
        *r = (ConfigRule){};
}

static void routes_free(ConfigRoute *list, size_t n) {
        for (size_t i = 0; i < n; i++)
                config_route_done(&list[i]);
        free(list);
}

static void rules_free(ConfigRule *list, size_t n) {
        for (size_t i = 0; i < n; i++)
                config_rule_done(&list[i]);
        free(list);
}

static void track_group_done(ConfigTrackGroup *g) {
        free(g->name);
        for (char **member = g->members; member && *member; member++)
                free(*member);
        free(g->members);
}

void config_instance_done(ConfigInstance *i) {
        free(i->name);
        free(i->interface);
        free(i->vmac_name);
        for (size_t j = 0; j < i->n_vmacs; j++) {
                free(i->vmacs[j].name);
                free(i->vmacs[j].interface);
        }
        free(i->vmacs);
        free(i->peers);
        vips_free(i->vips, i->n_vips);
        vips_free(i->excluded, i->n_excluded);
        routes_free(i->routes, i->n_routes);
        rules_free(i->rules, i->n_rules);
        for (size_t j = 0; j < i->n_tracks; j++)
                free(i->tracks[j].name);
        free(i->tracks);
        for (size_t j = 0; j < i->n_hmac_keys; j++)
                config_key_done(&i->hmac_keys[j]);
        free(i->hmac_keys);
        explicit_bzero(i->auth_data, sizeof(i->auth_data));
        *i = (ConfigInstance){};
}

void config_script_done(ConfigScript *s) {
        free(s->name);
        free(s->command);
        free(s->user);
        free(s->group);
        *s = (ConfigScript){};
}

void config_tracked_file_done(ConfigTrackedFile *f) {
        free(f->name);
        free(f->path);
        *f = (ConfigTrackedFile){};
}

void config_process_done(ConfigProcess *p) {
        free(p->name);
        for (char **word = p->command; word && *word; word++)
                free(*word);
        free(p->command);
        *p = (ConfigProcess){};
}

void config_group_done(ConfigGroup *g) {
        free(g->name);
        for (size_t j = 0; j < g->n_members; j++)
                free(g->members[j].name);
        for (size_t j = 0; j < g->n_tracks; j++)
                free(g->tracks[j].name);
        free(g->members);
        free(g->tracks);
        *g = (ConfigGroup){};
}

void config_garp_group_done(ConfigGarpGroup *g) {
        for (char **name = g->interfaces; name && *name; name++)
                free(*name);
        free(g->interfaces);
        *g = (ConfigGarpGroup){};
}

Config *config_free(Config *c) {
        if (!c)
                return NULL;
        for (size_t i = 0; i < c->n_instances; i++)
                config_instance_done(&c->instances[i]);
        for (size_t i = 0; i < c->n_scripts; i++)
                config_script_done(&c->scripts[i]);
        for (size_t i = 0; i < c->n_tracked_files; i++)
                config_tracked_file_done(&c->tracked_files[i]);
        for (size_t i = 0; i < c->n_processes; i++)
                config_process_done(&c->processes[i]);
        for (size_t i = 0; i < c->n_static_addresses; i++) {
                config_vip_done(&c->static_addresses[i].vip);
                free(c->static_addresses[i].track_group);
        }
        free(c->static_addresses);
        routes_free(c->static_routes, c->n_static_routes);
        rules_free(c->static_rules, c->n_static_rules);
        for (size_t i = 0; i < c->n_track_groups; i++)
                track_group_done(&c->track_groups[i]);
        free(c->track_groups);
        for (size_t i = 0; i < c->n_groups; i++)
                config_group_done(&c->groups[i]);
        for (size_t i = 0; i < c->n_link_delays; i++)
                free(c->link_delays[i].interface);
        for (size_t i = 0; i < c->n_garp_groups; i++)
                config_garp_group_done(&c->garp_groups[i]);
        for (char **f = c->files; f && *f; f++)
                free(*f);
        free(c->instances);
        free(c->scripts);
        free(c->groups);
        free(c->tracked_files);
        free(c->processes);
        free(c->link_delays);
        free(c->garp_groups);
        free(c->files);
        free(c->instances_by_name);
        free(c->scripts_by_name);
        free(c->tracked_files_by_name);
        free(c->processes_by_name);
        free(c->global.router_id);
        free(c->global.script_user);
        free(c->global.script_group);
        free(c->global.vmac_prefix);
        free(c->global.vmac_addr_prefix);
        free(c);
        return NULL;
}

/* All that is found by name begins with its name. */
typedef struct Named {
        const char *name;
} Named;

_Static_assert(offsetof(ConfigInstance, name) == 0 && offsetof(ConfigScript, name) == 0 &&
                                offsetof(ConfigTrackedFile, name) == 0 && offsetof(ConfigProcess, name) == 0,
                "the name comes first");

/* By name; of two with the same name (an error, but findable until it is reported) the first in the file. */
static int compare_named(const void *a, const void *b) {
        const Named *x = *(const Named *const *)a, *y = *(const Named *const *)b;
        int r = strcmp(x->name, y->name);

        return r != 0 ? r : x < y ? -1 : x > y;
}

static int compare_name(const void *name, const void *element) {
        return strcmp(name, (*(const Named *const *)element)->name);
}

/* A sorted array of pointers to the n items of this size, NULL on -ENOMEM. */
static void *index_new(const void *items, size_t n, size_t size) {
        const void **index = calloc(MAX(n, (size_t)1), sizeof(*index));

        for (size_t i = 0; index && i < n; i++)
                index[i] = (const char *)items + i * size;
        if (index)
                qsort(index, n, sizeof(*index), compare_named);
        return index;
}

/* In the index, or one by one while there is none. */
static const void *find_named(
                const void *index, const void *items, size_t n, size_t size, const char *name) {
        const void *const *found;

        if (index) {
                found = bsearch(name, index, n, sizeof(void *), compare_name);
                return found ? *found : NULL;
        }
        for (size_t i = 0; i < n; i++) {
                const Named *item = (const void *)((const char *)items + i * size);

                if (streq(item->name, name))
                        return item;
        }
        return NULL;
}

int config_index(Config *c) {
        const ConfigInstance **instances = index_new(c->instances, c->n_instances, sizeof(*c->instances));
        const ConfigScript **scripts = index_new(c->scripts, c->n_scripts, sizeof(*c->scripts));
        const ConfigTrackedFile **files =
                        index_new(c->tracked_files, c->n_tracked_files, sizeof(*c->tracked_files));
        const ConfigProcess **processes = index_new(c->processes, c->n_processes, sizeof(*c->processes));

        if (!instances || !scripts || !files || !processes) {
                free(instances);
                free(scripts);
                free(files);
                free(processes);
                return -ENOMEM;
        }
        free(c->instances_by_name);
        free(c->scripts_by_name);
        free(c->tracked_files_by_name);
        free(c->processes_by_name);
        c->instances_by_name = instances;
        c->scripts_by_name = scripts;
        c->tracked_files_by_name = files;
        c->processes_by_name = processes;
        return 0;
}

const ConfigInstance *config_find_instance(const Config *c, const char *name) {
        return find_named(c->instances_by_name, c->instances, c->n_instances, sizeof(*c->instances), name);
}

const ConfigScript *config_find_script(const Config *c, const char *name) {
        return find_named(c->scripts_by_name, c->scripts, c->n_scripts, sizeof(*c->scripts), name);
}

const ConfigTrackedFile *config_find_tracked_file(const Config *c, const char *name) {
        return find_named(c->tracked_files_by_name, c->tracked_files, c->n_tracked_files,
                        sizeof(*c->tracked_files), name);
}

const ConfigProcess *config_find_process(const Config *c, const char *name) {
        return find_named(c->processes_by_name, c->processes, c->n_processes, sizeof(*c->processes), name);
}

static uint64_t digest_field(uint64_t h, const char *s) {
        /* With the NUL, so that two fields never read like one. */
        for (size_t i = 0, n = strlen(s) + 1; i < n; i++)
                h = (h ^ (unsigned char)s[i]) * UINT64_C(0x100000001b3);
        return h;
}

static uint64_t digest_number(uint64_t h, unsigned long long n) {
        char text[24];

        snprintf(text, sizeof(text), "%llu", n);
        return digest_field(h, text);
}

static void digest_write(uint64_t h, char ret[CONFIG_SCRIPT_DIGEST_SIZE]) {
        snprintf(ret, CONFIG_SCRIPT_DIGEST_SIZE, "%016llx", (unsigned long long)h);
}

#define DIGEST_BASIS UINT64_C(0xcbf29ce484222325)

/* FNV-1a is enough: this guards against a file that was edited between the daemon's reading and the
 * runner's, not against forgery. Whoever speaks to the runner can only name a script that stands in the
 * root-owned file. */
void config_script_digest(const Config *c, const ConfigScript *s, char ret[CONFIG_SCRIPT_DIGEST_SIZE]) {
        uint64_t h = DIGEST_BASIS;

        h = digest_field(h, strempty(s->command));
        h = digest_field(h, strempty(s->user ? s->user : c->global.script_user));
        h = digest_field(h, strempty(s->user ? s->group : c->global.script_group));
        digest_write(digest_number(h, s->timeout_usec), ret);
}

void config_tracked_file_digest(const ConfigTrackedFile *f, char ret[CONFIG_SCRIPT_DIGEST_SIZE]) {
        uint64_t h = DIGEST_BASIS;

        h = digest_field(h, f->path);
        h = digest_number(h, (f->init ? 1 : 0) + (f->init_overwrite ? 2 : 0));
        digest_write(digest_number(h, (unsigned)f->init_value), ret);
}

void config_process_digest(const ConfigProcess *p, char ret[CONFIG_SCRIPT_DIGEST_SIZE]) {
        uint64_t h = DIGEST_BASIS;

        for (char **word = p->command; *word; word++)
                h = digest_field(h, *word);
        h = digest_number(h, (unsigned long long)p->match);
        h = digest_number(h, p->quorum);
        h = digest_number(h, p->quorum_max);
        h = digest_number(h, p->fork_delay_usec);
        digest_write(digest_number(h, p->terminate_delay_usec), ret);
}

char *config_process_text(const ConfigProcess *p) {
        size_t size = 1;
        char *text, *end;

        for (char **word = p->command; *word; word++)
                size += strlen(*word) + 1;
        text = end = malloc(size);
        if (!text)
                return NULL;
        *text = '\0';
        for (char **word = p->command; *word; word++)
                end += snprintf(end, size - (size_t)(end - text), "%s%s", word == p->command ? "" : " ",
                                *word);
        return text;
}
