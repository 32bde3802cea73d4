/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: what is wrong, or odd, between the instances and scripts of one model.
 * Must not know: drafts and text (what one instance says of itself is finish.c's), the live system
 * (validate-live.c). All comparisons are made on sorted arrays: 65,000 instances must not be compared with
 * each other one by one.
 */

#include "service/config/source.h"
#include "service/config/validate.h"
#include <arpa/inet.h>
#include <net/if.h>

#define error(m, at, ...) config_messages_add(m, CONFIG_ERROR, at, NULL, __VA_ARGS__)
#define warning(m, at, ...) config_messages_add(m, CONFIG_WARNING, at, NULL, __VA_ARGS__)

static int compare_pointers(const void *a, const void *b) {
        return a < b ? -1 : a > b;
}

static int compare_name(const void *a, const void *b) {
        const ConfigInstance *x = *(const ConfigInstance *const *)a, *y = *(const ConfigInstance *const *)b;
        int r = strcmp(x->name, y->name);

        return r != 0 ? r : compare_pointers(x, y);
}

/* The key of a virtual router: VRID and family on an interface (RFC 9568 section 5.2.3). */
static int compare_router_key(const ConfigInstance *x, const ConfigInstance *y) {
        int r = strcmp(strempty(x->interface), strempty(y->interface));

        if (r == 0)
                r = x->family - y->family;
        return r != 0 ? r : (int)x->vrid - (int)y->vrid;
}

static int compare_router(const void *a, const void *b) {
        const ConfigInstance *x = *(const ConfigInstance *const *)a, *y = *(const ConfigInstance *const *)b;
        int r = compare_router_key(x, y);

        return r != 0 ? r : compare_pointers(x, y);
}

static int check_instance_names(const ConfigInstance **sorted, size_t n, ConfigMessages *messages) {
        char where[RELATIVE_SIZE];
        int r = 0;

        qsort(sorted, n, sizeof(*sorted), compare_name);
        for (size_t i = 1, first = 0; i < n && r >= 0; i++)
                if (streq(sorted[i]->name, sorted[first]->name))
                        r = error(messages, &sorted[i]->at, "vrrp_instance '%s' is already defined %s",
                                        sorted[i]->name,
                                        position_relative(&sorted[i]->at, &sorted[first]->at, where));
                else
                        first = i;
        return r;
}

/* Two instances in unicast whose peers differ never hear each other: keepalived lets them share a VRID. */
static bool peers_are_disjoint(const ConfigInstance *a, const ConfigInstance *b) {
        if (!a->unicast || !b->unicast)
                return a->unicast != b->unicast;
        for (size_t i = 0; i < a->n_peers; i++)
                for (size_t j = 0; j < b->n_peers; j++)
                        if (memcmp(&a->peers[i].address, &b->peers[j].address, sizeof(VrrpAddress)) == 0)
                                return false;
        return true;
}

/* The instance of the sorted ones from `first` up to `c` that is the same virtual router as c, NULL if none.
 */
static const ConfigInstance *same_router(const ConfigInstance **first, const ConfigInstance **c) {
        for (; first < c; first++)
                /* Of two with one name it was said already that one is too many. */
                if (!streq((*first)->name, (*c)->name) && !peers_are_disjoint(*first, *c))
                        return *first;
        return NULL;
}

static int check_routers(const ConfigInstance **sorted, size_t n, ConfigMessages *messages) {
        char where[RELATIVE_SIZE];
        int r = 0;

        qsort(sorted, n, sizeof(*sorted), compare_router);
        for (size_t i = 1, first = 0; i < n && r >= 0; i++) {
                const ConfigInstance *c = sorted[i], *same;

                if (compare_router_key(sorted[first], c) != 0)
                        first = i;
                same = c->vrid > 0 && c->interface ? same_router(&sorted[first], &sorted[i]) : NULL;
                if (!same)
                        continue;
                r = error(messages, &c->at,
                                "vrrp_instance '%s' has virtual_router_id %u for %s on interface %s; so has "
                                "vrrp_instance "
                                "'%s' %s",
                                c->name, c->vrid, c->family == AF_INET6 ? "IPv6" : "IPv4", c->interface,
                                same->name, position_relative(&c->at, &same->at, where));
        }
        return r;
}

static int compare_script_name(const void *a, const void *b) {
        const ConfigScript *x = *(const ConfigScript *const *)a, *y = *(const ConfigScript *const *)b;
        int r = strcmp(x->name, y->name);

        return r != 0 ? r : compare_pointers(x, y);
}

static int check_scripts(const Config *c, ConfigMessages *messages) {
        _cleanup_free_ const ConfigScript **sorted = calloc(MAX(c->n_scripts, (size_t)1), sizeof(*sorted));
        char where[RELATIVE_SIZE];
        int r = 0;

        if (!sorted)
                return -ENOMEM;
        for (size_t i = 0; i < c->n_scripts; i++)
                sorted[i] = &c->scripts[i];
        qsort(sorted, c->n_scripts, sizeof(*sorted), compare_script_name);
        for (size_t i = 1, first = 0; i < c->n_scripts && r >= 0; i++)
                if (streq(sorted[i]->name, sorted[first]->name))
                        r = error(messages, &sorted[i]->at, "vrrp_script '%s' is already defined %s",
                                        sorted[i]->name,
                                        position_relative(&sorted[i]->at, &sorted[first]->at, where));
                else
                        first = i;
        for (size_t i = 0; i < c->n_scripts && r >= 0; i++)
                if (c->scripts[i].timeout_usec > c->scripts[i].interval_usec)
                        r = warning(messages, &c->scripts[i].at,
                                        "vrrp_script '%s' may run longer (timeout) than its interval; a run "
                                        "that is due "
                                        "meanwhile is left out",
                                        c->scripts[i].name);
        return r;
}

/* The indices are sorted by name, and equal ones as in the file. */
static int check_tracked(const Config *c, ConfigMessages *messages) {
        const ConfigTrackedFile **files = c->tracked_files_by_name;
        const ConfigProcess **processes = c->processes_by_name;
        char where[RELATIVE_SIZE];
        int r = 0;

        for (size_t i = 1; files && i < c->n_tracked_files && r >= 0; i++)
                if (streq(files[i]->name, files[i - 1]->name))
                        r = error(messages, &files[i]->at, "track_file '%s' is already defined %s",
                                        files[i]->name,
                                        position_relative(&files[i]->at, &files[i - 1]->at, where));
        for (size_t i = 1; processes && i < c->n_processes && r >= 0; i++)
                if (streq(processes[i]->name, processes[i - 1]->name))
                        r = error(messages, &processes[i]->at,
                                        "vrrp_track_process '%s' is already defined %s", processes[i]->name,
                                        position_relative(&processes[i]->at, &processes[i - 1]->at, where));
        return r;
}

/* A virtual address with the instance that holds it. */
typedef struct Holding {
        const ConfigVip *vip;
        const ConfigInstance *instance;
} Holding;

static const char *holding_device(const Holding *h) {
        return h->vip->dev ? h->vip->dev : strempty(h->instance->interface);
}

static int compare_holding(const void *a, const void *b) {
        const Holding *x = a, *y = b;
        int r = memcmp(&x->vip->address, &y->vip->address, sizeof(VrrpAddress));

        if (r == 0)
                r = strcmp(holding_device(x), holding_device(y));
        return r != 0 ? r : compare_pointers(x->instance, y->instance);
}

/* The same address on the same device in two instances: the one that steps down would take it from the
 * other. */
static int check_shared_addresses(const Config *c, ConfigMessages *messages) {
        _cleanup_free_ Holding *held = NULL;
        size_t n = 0, k = 0;
        int r = 0;

        for (size_t i = 0; i < c->n_instances; i++)
                n += c->instances[i].n_vips + c->instances[i].n_excluded;
        held = calloc(MAX(n, (size_t)1), sizeof(*held));
        if (!held)
                return -ENOMEM;
        for (size_t i = 0; i < c->n_instances; i++) {
                const ConfigInstance *instance = &c->instances[i];

                for (size_t j = 0; j < instance->n_vips; j++)
                        held[k++] = (Holding){&instance->vips[j], instance};
                for (size_t j = 0; j < instance->n_excluded; j++)
                        held[k++] = (Holding){&instance->excluded[j], instance};
        }
        qsort(held, n, sizeof(*held), compare_holding);
        for (size_t i = 1; i < n && r >= 0; i++) {
                const Holding *h = &held[i], *before = &held[i - 1];
                char text[VRRP_ADDRESS_STRLEN] = "", where[RELATIVE_SIZE];

                /* Of two with one name it was said already that one is too many. */
                if (streq(h->instance->name, before->instance->name) ||
                                !streq(holding_device(h), holding_device(before)) ||
                                memcmp(&h->vip->address, &before->vip->address, sizeof(VrrpAddress)) != 0)
                        continue;
                inet_ntop(h->vip->address.family, h->vip->address.bytes, text, sizeof(text));
                r = warning(messages, &h->vip->at,
                                "%s is also an address of vrrp_instance '%s' %s, on the same interface",
                                text, before->instance->name,
                                position_relative(&h->vip->at, &before->vip->at, where));
        }
        return r;
}

/* ifconfig(8) and scripts that read labels take "eth0:1" apart; the kernel does not care. */
static int check_labels(const ConfigInstance *i, const ConfigVip *list, size_t n, ConfigMessages *messages) {
        int r = 0;

        for (size_t j = 0; j < n && r >= 0; j++) {
                const char *dev = list[j].dev ? list[j].dev : i->interface;
                size_t size = strlen(strempty(dev));

                if (list[j].label && dev &&
                                (strncmp(list[j].label, dev, size) != 0 ||
                                                (list[j].label[size] != ':' && list[j].label[size] != '\0')))
                        r = warning(messages, &list[j].at,
                                        "the label '%s' should begin with the name of its interface, as in "
                                        "'%s:1'",
                                        list[j].label, dev);
        }
        return r;
}

int config_validate(const Config *c, ConfigMessages *messages) {
        _cleanup_free_ const ConfigInstance **sorted =
                        calloc(MAX(c->n_instances, (size_t)1), sizeof(*sorted));
        int r;

        if (!sorted)
                return -ENOMEM;
        for (size_t i = 0; i < c->n_instances; i++)
                sorted[i] = &c->instances[i];
        r = check_instance_names(sorted, c->n_instances, messages);
        if (r >= 0)
                r = check_routers(sorted, c->n_instances, messages);
        if (r >= 0)
                r = check_scripts(c, messages);
        if (r >= 0)
                r = check_tracked(c, messages);
        if (r >= 0)
                r = check_shared_addresses(c, messages);
        for (size_t i = 0; i < c->n_instances && r >= 0; i++) {
                r = check_labels(&c->instances[i], c->instances[i].vips, c->instances[i].n_vips, messages);
                if (r >= 0)
                        r = check_labels(&c->instances[i], c->instances[i].excluded,
                                        c->instances[i].n_excluded, messages);
        }
        return r;
}
