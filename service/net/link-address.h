/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The addresses of one link in the order in which the kernel keeps them. Internal to this room.
 *
 * The order matters because the first suitable address becomes the source of adverts; a notification does
 * not tell the place of an address, so the kernel's rule for it is repeated here. All of it is linear in the
 * addresses of one link, as it is in the kernel; `hint` makes the usual case, one after the other, constant.
 */

#include "service/net/link.h"

typedef struct LinkAddressList {
        LinkAddress *items;
        size_t n, allocated;
        size_t hint;   /* where the last one was found: the next is likely right there */
        size_t cursor; /* dump: everything before it was shown by the dump under way */
} LinkAddressList;

void link_address_list_clear(LinkAddressList *l);
/* Position of the entry with a's address and prefix length, or -ENOENT. */
ssize_t link_address_list_find(LinkAddressList *l, const LinkAddress *a);
/* Inserts a at the place that the kernel gives to a new address. Returns the position or -ENOMEM. */
ssize_t link_address_list_insert(LinkAddressList *l, const LinkAddress *a);
/* Inserts a at, or (position >= 0) moves the entry there to, the cursor, unless it is further behind; the
 * cursor goes behind it. Returns the position or -ENOMEM. */
ssize_t link_address_list_follow_dump(LinkAddressList *l, ssize_t position, const LinkAddress *a);
void link_address_list_remove(LinkAddressList *l, size_t position);
