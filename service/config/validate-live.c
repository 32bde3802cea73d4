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

#define DEFAULT_SCRIPT_USER "keepalived_script"

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

static VrrpAddress network_of(const VrrpAddress *address, unsigned prefixlen) {
        VrrpAddress a = *address;

        for (unsigned bit = prefixlen; bit < (a.family == AF_INET6 ? 128U : 32U); bit++)
                a.bytes[bit / 8] &= (uint8_t) ~(0x80U >> (bit % 8));
        return a;
}

/* <IF>, %IF%, __IF__, @IF@, $IF: what a template has where a name belongs. */
static const char *placeholder(const char *name) {
        size_t n = strlen(name);
        bool pair = n > 2 && ((name[0] == '<' && name[n - 1] == '>') ||
                                             (strchr("%_@", name[0]) && name[n - 1] == name[0]));

        return pair || name[0] == '$' ? " (it looks like a placeholder that was never filled in)" : "";
}

/* The first or last address of an IPv4 network, which is not a host's (RFC 1122 section 3.2.1.3). */
static const char *special_address(const ConfigLink *link, const VrrpAddress *a) {
        for (size_t i = 0; i < link->n_addresses; i++) {
                unsigned prefixlen = link->prefixlens[i];
                VrrpAddress network = network_of(a, prefixlen), inverted = *a;

                if (a->family != AF_INET || prefixlen == 0 || prefixlen > 30 ||
                                !in_subnet(a, &link->addresses[i], prefixlen))
                        continue;
                for (size_t j = 0; j < 4; j++)
                        inverted.bytes[j] = (uint8_t)~a->bytes[j];
                if (memcmp(&network, a, sizeof(network)) == 0)
                        return "network address";
                network = network_of(&inverted, prefixlen);
                if (memcmp(&network, &inverted, sizeof(network)) == 0)
                        return "broadcast address";
        }
        return NULL;
}

/* Addresses that are ours already, the other routers', or nobody's. */
static int check_vip_owner(
                const Live *l, const ConfigInstance *i, const ConfigVip *v, const ConfigLink *link) {
        char text[VRRP_ADDRESS_STRLEN] = "";
        const char *special = special_address(link, &v->address);
        bool own = false;

        inet_ntop(v->address.family, v->address.bytes, text, sizeof(text));
        if (special)
                return warning(l->messages, &v->at, "%s is the %s of interface %s", text, special,
                                link->name);
        for (size_t j = 0; j < link->n_addresses; j++)
                own |= memcmp(&link->addresses[j], &v->address, sizeof(v->address)) == 0;
        if (!own || i->priority == VRRP_PRIORITY_OWNER)
                return 0;
        return warning(l->messages, &v->at,
                        "%s is on interface %s already: if it is the host's own address (not one that "
                        "keepalived "
                        "or a dead daemon left), vrrpd removes it while it is not master; who owns an "
                        "address has "
                        "priority 255",
                        text, link->name);
}

static int check_vips(const Live *l, const ConfigInstance *i, const ConfigVip *list, size_t n) {
        int r = 0;

        for (size_t j = 0; j < n && r >= 0; j++) {
                const char *dev = list[j].dev ? list[j].dev : i->interface;
                const ConfigLink *link = dev ? find_link(l, dev) : NULL;
                char text[VRRP_ADDRESS_STRLEN] = "";

                inet_ntop(list[j].address.family, list[j].address.bytes, text, sizeof(text));
                if (list[j].dev && !link)
                        r = warning(l->messages, &list[j].at, "interface '%s' of %s does not exist now%s",
                                        list[j].dev, text, placeholder(list[j].dev));
                else if (link && !vrrp_address_is_link_local(&list[j].address) &&
                                !fits_link(link, &list[j].address))
                        r = warning(l->messages, &list[j].at, "%s is in none of the subnets of interface %s",
                                        text, dev);
                else if (link)
                        r = check_vip_owner(l, i, &list[j], link);
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

        if (i->interface && streq(i->interface, "lo"))
                r = warning(l->messages, &i->interface_at,
                                "no other router is heard on the loopback interface");
        else if (i->interface && !find_link(l, i->interface))
                r = warning(l->messages, &i->interface_at,
                                "interface '%s' of vrrp_instance '%s' does not exist now; the instance "
                                "waits for it%s",
                                i->interface, i->name, placeholder(i->interface));
        for (size_t j = 0; j < i->n_tracks && r >= 0; j++)
                if (i->tracks[j].type == VRRP_TRACKER_INTERFACE && !find_link(l, i->tracks[j].name))
                        r = warning(l->messages, &i->tracks[j].at,
                                        "the tracked interface '%s' does not exist now%s", i->tracks[j].name,
                                        placeholder(i->tracks[j].name));
        if (r >= 0)
                r = check_vips(l, i, i->vips, i->n_vips);
        if (r >= 0)
                r = check_vips(l, i, i->excluded, i->n_excluded);
        return r < 0 ? r : check_addresses(l, i);
}

/* An instance on a network that its interface is in. */
typedef struct Presence {
        const ConfigInstance *instance;
        VrrpAddress network;
        uint8_t prefixlen;
} Presence;

static int compare_presence(const void *a, const void *b) {
        const Presence *x = a, *y = b;
        int r = (int)x->instance->vrid - (int)y->instance->vrid;

        if (r == 0)
                r = (int)x->prefixlen - (int)y->prefixlen;
        if (r == 0)
                r = memcmp(&x->network, &y->network, sizeof(x->network));
        return r != 0 ? r : x->instance < y->instance ? -1 : x->instance > y->instance;
}

static const ConfigLink *link_of(const Live *l, const ConfigInstance *i) {
        return i->interface && !i->unicast ? find_link(l, i->interface) : NULL;
}

static size_t list_presences(const Live *l, const Config *c, Presence *list) {
        size_t n = 0;

        for (size_t i = 0; i < c->n_instances; i++) {
                const ConfigInstance *instance = &c->instances[i];
                const ConfigLink *link = link_of(l, instance);

                for (size_t j = 0; link && j < link->n_addresses; j++) {
                        const VrrpAddress *a = &link->addresses[j];

                        if (a->family != instance->family || vrrp_address_is_link_local(a))
                                continue;
                        if (list)
                                list[n] = (Presence){instance, network_of(a, link->prefixlens[j]),
                                                link->prefixlens[j]};
                        n++;
                }
        }
        return n;
}

/* The same VRID on two interfaces is two virtual routers, unless both are in one segment: one network tells.
 */
static int check_segments(const Live *l, const Config *c) {
        size_t n = list_presences(l, c, NULL);
        _cleanup_free_ Presence *list = calloc(MAX(n, (size_t)1), sizeof(*list));
        int r = 0;

        if (!list)
                return -ENOMEM;
        list_presences(l, c, list);
        qsort(list, n, sizeof(*list), compare_presence);
        for (size_t i = 1; i < n && r >= 0; i++) {
                const Presence *p = &list[i], *before = &list[i - 1];
                char text[VRRP_ADDRESS_STRLEN] = "";

                if (p->instance->vrid != before->instance->vrid || p->prefixlen != before->prefixlen ||
                                memcmp(&p->network, &before->network, sizeof(p->network)) != 0 ||
                                streq(p->instance->interface, before->instance->interface))
                        continue;
                inet_ntop(p->network.family, p->network.bytes, text, sizeof(text));
                r = warning(l->messages, &p->instance->at,
                                "vrrp_instance '%s' on %s and vrrp_instance '%s' on %s have "
                                "virtual_router_id %u, and "
                                "both interfaces are in %s/%u: on one segment they disturb each other",
                                p->instance->name, p->instance->interface, before->instance->name,
                                before->instance->interface, p->instance->vrid, text, p->prefixlen);
        }
        return r;
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

/* Without a user it is keepalived's, and where that does not exist, root. */
static bool runs_as_root(const char *user) {
        const struct passwd *p = getpwnam(user ? user : DEFAULT_SCRIPT_USER);

        return p ? p->pw_uid == 0 : !user;
}

/* The runner refuses to run as root what others than root could change, by the file or a directory on its
 * way (where the sticky bit does not protect it). */
static int check_root_path(const Live *l, const ConfigScript *s, const char *program) {
        _cleanup_free_ char *path = realpath(program, NULL);

        for (char *end = path ? path + strlen(path) : NULL; end; end = strrchr(path, '/')) {
                struct stat st;

                *end = '\0';
                if (lstat(*path ? path : "/", &st) < 0)
                        return 0;
                if (S_ISDIR(st.st_mode) && (st.st_mode & S_ISVTX) && st.st_uid == 0)
                        continue;
                if (st.st_uid != 0 || (st.st_mode & S_IWOTH) || ((st.st_mode & S_IWGRP) && st.st_gid != 0))
                        return warning(l->messages, &s->command_at,
                                        "vrrp_script '%s' is not run as root, because others than root can "
                                        "change "
                                        "'%s' (chown root, chmod go-w; or give it a user)",
                                        s->name, *path ? path : "/");
        }
        return 0;
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
                return errno == ENOENT || errno == ENOTDIR /* the engine's to say */
                                       ? 0
                                       : warning(l->messages, &s->command_at, "'%s' of vrrp_script '%s': %s",
                                                         program, s->name, strerror(errno));
        if (!S_ISREG(st.st_mode) || !(st.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)))
                return warning(l->messages, &s->command_at,
                                "'%s' of vrrp_script '%s' is not an executable file", program, s->name);
        if (st.st_mode & S_IWOTH)
                return warning(l->messages, &s->command_at,
                                "'%s' of vrrp_script '%s' can be changed by everybody", program, s->name);
        return runs_as_root(user) ? check_root_path(l, s, program) : 0;
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
        if (r >= 0)
                r = check_segments(&l, c);
        for (size_t i = 0; i < c->n_scripts && r >= 0; i++)
                r = check_script(&l, c, &c->scripts[i]);
        return r < 0 ? r : config_messages_sort(messages, c->files);
}
