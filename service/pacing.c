/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: the paces, one for each garp_group and one for each interface that is in none but has announced
 * something. Must not know: what is announced. Groups name interfaces, which come and go: a name is looked
 * up at each announcement. */

#include "service/pacing.h"

typedef struct NamedPace {
        char name[16];
        size_t group; /* index into paces */
} NamedPace;

struct Pacing {
        const LinkMirror *links;
        usec_t arp_interval_usec, na_interval_usec; /* of those in no group */
        NeighPace *paces;
        NamedPace *names; /* sorted */
        size_t n_paces, n_names;
        NeighPace **own; /* of interfaces in no group, by ifindex */
        size_t n_own;
};

int pacing_new(const LinkMirror *links, Pacing **ret) {
        Pacing *p = calloc(1, sizeof(*p));

        if (!p)
                return -ENOMEM;
        p->links = links;
        *ret = p;
        return 0;
}

static void forget_own(Pacing *p) {
        for (size_t i = 0; i < p->n_own; i++)
                free(p->own[i]);
        free(p->own);
        p->own = NULL;
        p->n_own = 0;
}

Pacing *pacing_free(Pacing *p) {
        if (!p)
                return NULL;
        forget_own(p);
        free(p->paces);
        free(p->names);
        free(p);
        return NULL;
}

static int compare_names(const void *a, const void *b) {
        return strcmp(((const NamedPace *)a)->name, ((const NamedPace *)b)->name);
}

int pacing_configure(Pacing *p, const Config *config) {
        _cleanup_free_ NeighPace *paces = calloc(config->n_garp_groups + 1, sizeof(*paces));
        _cleanup_free_ NamedPace *names = NULL;
        size_t n = 0;

        for (size_t g = 0; g < config->n_garp_groups; g++)
                for (char **name = config->garp_groups[g].interfaces; *name; name++)
                        n++;
        names = calloc(n + 1, sizeof(*names));
        if (!paces || !names)
                return -ENOMEM;
        n = 0;
        for (size_t g = 0; g < config->n_garp_groups; g++) {
                const ConfigGarpGroup *group = &config->garp_groups[g];

                paces[g].arp_interval_usec = group->garp_interval_usec;
                paces[g].na_interval_usec = group->gna_interval_usec;
                for (char **name = group->interfaces; *name; name++) {
                        names[n].group = g;
                        strncpy(names[n++].name, *name, sizeof(names[0].name) - 1);
                }
        }
        qsort(names, n, sizeof(*names), compare_names);
        forget_own(p);
        free(p->paces);
        free(p->names);
        p->paces = TAKE_PTR(paces);
        p->names = TAKE_PTR(names);
        p->n_paces = config->n_garp_groups;
        p->n_names = n;
        p->arp_interval_usec = config->global.garp_interval_usec;
        p->na_interval_usec = config->global.gna_interval_usec;
        return 0;
}

/* Without memory it announces without a pace. */
static NeighPace *own_pace(Pacing *p, int ifindex) {
        size_t i = (size_t)ifindex;

        if (i >= p->n_own) {
                size_t n = MAX(i + 1, 2 * p->n_own);
                NeighPace **own = reallocarray(p->own, n, sizeof(*own));

                if (!own)
                        return NULL;
                memset(own + p->n_own, 0, (n - p->n_own) * sizeof(*own));
                p->own = own;
                p->n_own = n;
        }
        if (!p->own[i]) {
                p->own[i] = calloc(1, sizeof(*p->own[i]));
                if (p->own[i])
                        *p->own[i] = (NeighPace){
                                        .arp_interval_usec = p->arp_interval_usec,
                                        .na_interval_usec = p->na_interval_usec,
                        };
        }
        return p->own[i];
}

NeighPace *pacing_find(int ifindex, void *userdata) {
        Pacing *p = userdata;
        const Link *link = p->n_names > 0 ? link_by_index(p->links, ifindex) : NULL;
        NamedPace key = {.name = ""}, *found = NULL;

        if (link) {
                memcpy(key.name, link->name, sizeof(key.name));
                found = bsearch(&key, p->names, p->n_names, sizeof(*p->names), compare_names);
        }
        if (found)
                return &p->paces[found->group];
        return p->arp_interval_usec > 0 || p->na_interval_usec > 0 ? own_pace(p, ifindex) : NULL;
}
