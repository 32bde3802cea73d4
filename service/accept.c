/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* See accept.h. The filter counts, so adding all that is wanted before what was is removed leaves no gap,
 * and what stays the same costs the kernel nothing. */

#include "service/accept.h"

/* The addresses as they are now into ret, which has room for them. A link-local one without its interface is
 * nowhere. */
static size_t collect(const VipSet *vips, NotAccepted *ret) {
        size_t n = 0;

        for (size_t i = 0; i < vips->n; i++) {
                const Vip *v = vips->items[i];
                bool local = vrrp_address_is_link_local(&v->config.address);

                if (local && v->ifindex <= 0)
                        continue;
                memset(&ret[n], 0, sizeof(ret[n]));
                ret[n].address = v->config.address;
                ret[n++].ifindex = local ? v->ifindex : 0;
        }
        return n;
}

static void remove_all(NotAccepted *items, size_t n, Filter *f) {
        for (size_t i = 0; i < n; i++)
                filter_remove_address(f, &items[i].address, items[i].ifindex);
        free(items);
}

static bool same(const NotAccepted *a, size_t n_a, const NotAccepted *b, size_t n_b) {
        if (n_a != n_b)
                return false;
        for (size_t i = 0; i < n_a; i++)
                if (a[i].ifindex != b[i].ifindex || !vrrp_address_equal(&a[i].address, &b[i].address))
                        return false;
        return true;
}

int accept_set_update(AcceptSet *a, Filter *f, const VipSet *vips, bool accept) {
        NotAccepted *items;
        size_t n = 0;

        if (accept && a->n == 0)
                return 0;
        items = calloc(vips->n + 1, sizeof(*items));
        if (!items)
                return -ENOMEM;
        if (!accept)
                n = collect(vips, items);
        if (same(items, n, a->items, a->n)) {
                free(items);
                return filter_error(f);
        }
        for (size_t i = 0; i < n; i++)
                if (filter_add_address(f, &items[i].address, items[i].ifindex) < 0) {
                        remove_all(items, i, f);
                        return -ENOMEM;
                }
        accept_set_drop_old(a, f);
        a->old = a->items;
        a->n_old = a->n;
        a->items = items;
        a->n = n;
        return filter_flush(f);
}

void accept_set_drop_old(AcceptSet *a, Filter *f) {
        bool any = a->n_old > 0;

        remove_all(a->old, a->n_old, f);
        a->old = NULL;
        a->n_old = 0;
        if (any)
                (void)filter_flush(f);
}

void accept_set_done(AcceptSet *a, Filter *f) {
        accept_set_drop_old(a, f);
        a->old = a->items;
        a->n_old = a->n;
        a->items = NULL;
        a->n = 0;
        accept_set_drop_old(a, f);
}
