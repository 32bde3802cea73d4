/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The addresses of an instance in the packet filter: those that it does not accept packets for. They are
 * there for as long as they are configured, master or not. */

#include "service/net/filter.h"
#include "service/vip.h"

typedef struct NotAccepted {
        VrrpAddress address;
        int ifindex; /* of a link-local one */
} NotAccepted;

typedef struct AcceptSet {
        NotAccepted *items, *old; /* old: to be removed by accept_set_drop_old() */
        size_t n, n_old;
} AcceptSet;

/* Puts what the addresses of `vips` need (nothing with `accept`) into the filter. To be called before they
 * are added to an interface. -ENOMEM, or what filter_flush() says. */
int accept_set_update(AcceptSet *a, Filter *f, const VipSet *vips, bool accept);
/* Takes out what was in it before that: to be called when addresses that are gone have been removed. */
void accept_set_drop_old(AcceptSet *a, Filter *f);
void accept_set_done(AcceptSet *a, Filter *f);
