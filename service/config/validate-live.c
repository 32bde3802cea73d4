/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: what is legal in the file but will not work on this host as it is now. Warnings only: an interface,
 * an address or a user may come later, and the daemon waits for it (DESIGN section 5.5). Must not know: how
 * the snapshot of links was taken.
 */

#include "service/config/validate.h"
#include <arpa/inet.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>

#define warning(m, at, ...) config_messages_add(m, CONFIG_WARNING, at, NULL, __VA_ARGS__)

typedef struct Live {
        const ConfigLink **links; /* by name */
        size_t n_links;
        ConfigMessages *messages;
} Live;

static int compare_link(const void *a, const void *b) {
        return strcmp((*(const ConfigLink *const *)a)->name, (*(const ConfigLink *const *)b)->name);
}

static int compare_link_name(const void *name, const void *link) {
        return strcmp(name, (*(const ConfigLink *const *)link)->name);
}

static const ConfigLink *find_link(const Live *l, const char *name) {
        const ConfigLink **found = bsearch(name, l->links, l->n_links, sizeof(*found), compare_link_name);

        return found ? *found : NULL;
}

static bool in_subnet(const VrrpAddress *a, const VrrpAddress *network, unsigned prefixlen) {
        unsigned bytes = prefixlen / 8, bits = prefixlen % 8;

        if (a->family != network->family || memcmp(a->bytes, network->bytes, bytes) != 0)
                return false;
        return bits == 0 || ((a->bytes[bytes] ^ network->bytes[bytes]) >> (8 - bits)) == 0;
}

/* Is the address on the link's own subnets? Without any address of that family there is nothing to compare
 * with. */
static bool fits_link(const ConfigLink *link, const VrrpAddress *a) {
        bool comparable = false;

        for (size_t i = 0; i < link->n_addresses; i++) {
                if (link->addresses[i].family != a->family)
                        continue;
                comparable = true;
                if (in_subnet(a, &link->addresses[i], link->prefixlens[i]))
                        return true;
        }
        return !comparable;
}

static bool is_link_local(const VrrpAddress *a) {
        return a->family == AF_INET6 && a->bytes[0] == 0xfe && (a->bytes[1] & 0xc0) == 0x80;
}

static int check_vips(const Live *l, const ConfigInstance *i, const ConfigVip *list, size_t n) {
        int r = 0;

        for (size_t j = 0; j < n && r >= 0; j++) {
                const char *dev = list[j].dev ? list[j].dev : i->interface;
                const ConfigLink *link = dev ? find_link(l, dev) : NULL;
                char text[VRRP_ADDRESS_STRLEN] = "";

                inet_ntop(list[j].address.family, list[j].address.bytes, text, sizeof(text));
                if (list[j].dev && !link)
                        r = warning(l->messages, &list[j].at, "interface '%s' of %s does not exist now",
                                        list[j].dev, text);
                else if (link && !is_link_local(&list[j].address) && !fits_link(link, &list[j].address))
                        r = warning(l->messages, &list[j].at, "%s is in none of the subnets of interface %s",
                                        text, dev);
        }
        return r;
}

static bool host_has(const Live *l, const VrrpAddress *a) {
        for (size_t i = 0; i < l->n_links; i++)
                for (size_t j = 0; j < l->links[i]->n_addresses; j++)
                        if (memcmp(&l->links[i]->addresses[j], a, sizeof(*a)) == 0)
                                return true;
        return false;
}

static int check_addresses(const Live *l, const ConfigInstance *i) {
        char text[VRRP_ADDRESS_STRLEN] = "";
        int r = 0;

        if (vrrp_address_is_set(&i->source) && !host_has(l, &i->source)) {
                inet_ntop(i->source.family, i->source.bytes, text, sizeof(text));
                r = warning(l->messages, &i->source_at,
                                "the source address %s of vrrp_instance '%s' is not an address of this host "
                                "now",
                                text, i->name);
        }
        for (size_t j = 0; j < i->n_peers && r >= 0; j++)
                if (host_has(l, &i->peers[j].address)) {
                        inet_ntop(i->family, i->peers[j].address.bytes, text, sizeof(text));
                        r = warning(l->messages, &i->peers[j].at,
                                        "the unicast peer %s of vrrp_instance '%s' is this host itself",
                                        text, i->name);
                }
        return r;
}

static int check_instance(const Live *l, const ConfigInstance *i) {
        int r = 0;

        if (i->interface && !find_link(l, i->interface))
                r = warning(l->messages, &i->interface_at,
                                "interface '%s' of vrrp_instance '%s' does not exist now; the instance "
                                "waits for it",
                                i->interface, i->name);
        for (size_t j = 0; j < i->n_tracks && r >= 0; j++)
                if (i->tracks[j].type == VRRP_TRACKER_INTERFACE && !find_link(l, i->tracks[j].name))
                        r = warning(l->messages, &i->tracks[j].at,
                                        "the tracked interface '%s' does not exist now", i->tracks[j].name);
        if (r >= 0)
                r = check_vips(l, i, i->vips, i->n_vips);
        if (r >= 0)
                r = check_vips(l, i, i->excluded, i->n_excluded);
        return r < 0 ? r : check_addresses(l, i);
}

/* The program of a command: its first word, as far as it is a plain path. NULL: a shell line, or found by
 * PATH. */
static char *command_program(const char *command) {
        size_t n;

        command += strspn(command, " \t");
        n = strcspn(command, " \t");
        if (command[0] != '/' || strcspn(command, "|&;<>()$`\\\"'*?[~") < n)
                return NULL;
        return strndup(command, n);
}

static int check_script(const Live *l, const Config *c, const ConfigScript *s) {
        const char *user = s->user ? s->user : c->global.script_user,
                   *group = s->user ? s->group : c->global.script_group;
        _cleanup_free_ char *program = NULL;
        struct stat st;
        int r = 0;

        if (s->user && !getpwnam(user))
                r = warning(l->messages, &s->user_at, "the user '%s' of vrrp_script '%s' does not exist",
                                user, s->name);
        if (r >= 0 && s->user && group && !getgrnam(group))
                r = warning(l->messages, &s->user_at, "the group '%s' of vrrp_script '%s' does not exist",
                                group, s->name);
        program = command_program(s->command);
        if (r < 0 || !program)
                return r;
        if (stat(program, &st) < 0)
                return warning(l->messages, &s->command_at, "'%s' of vrrp_script '%s': %s", program, s->name,
                                strerror(errno));
        if (!S_ISREG(st.st_mode) || !(st.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)))
                return warning(l->messages, &s->command_at,
                                "'%s' of vrrp_script '%s' is not an executable file", program, s->name);
        if (st.st_mode & S_IWOTH)
                return warning(l->messages, &s->command_at,
                                "'%s' of vrrp_script '%s' can be changed by everybody", program, s->name);
        return 0;
}

static int check_script_user(const Live *l, const Config *c) {
        const ConfigGlobal *g = &c->global;
        int r = 0;

        if (g->script_user && !getpwnam(g->script_user))
                r = warning(l->messages, &g->script_user_at, "the script_user '%s' does not exist",
                                g->script_user);
        if (r >= 0 && g->script_group && !getgrnam(g->script_group))
                r = warning(l->messages, &g->script_user_at, "the group '%s' of script_user does not exist",
                                g->script_group);
        return r;
}

int config_validate_live(
                const Config *c, const ConfigLink *links, size_t n_links, ConfigMessages *messages) {
        _cleanup_free_ const ConfigLink **sorted = calloc(MAX(n_links, (size_t)1), sizeof(*sorted));
        Live l = {.links = sorted, .n_links = n_links, .messages = messages};
        int r;

        if (!sorted)
                return -ENOMEM;
        for (size_t i = 0; i < n_links; i++)
                sorted[i] = &links[i];
        qsort(sorted, n_links, sizeof(*sorted), compare_link);
        r = check_script_user(&l, c);
        for (size_t i = 0; i < c->n_instances && r >= 0; i++)
                r = check_instance(&l, &c->instances[i]);
        for (size_t i = 0; i < c->n_scripts && r >= 0; i++)
                r = check_script(&l, c, &c->scripts[i]);
        return r < 0 ? r : config_messages_sort(messages, c->files);
}
