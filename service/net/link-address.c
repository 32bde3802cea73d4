/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The ordered addresses of a link. Owns the array; knows neither netlink nor who looks at it. */

#include "service/net/link-address.h"

#include <linux/if_addr.h>
#include <netinet/in.h>

void link_address_list_clear(LinkAddressList *l) {
        free(l->items);
        *l = (LinkAddressList){0};
}

static bool same(const LinkAddress *a, const LinkAddress *b) {
        return a->prefixlen == b->prefixlen && a->address.family == b->address.family &&
               memcmp(a->address.bytes, b->address.bytes, sizeof(a->address.bytes)) == 0;
}

ssize_t link_address_list_find(LinkAddressList *l, const LinkAddress *a) {
        for (size_t i = 0; i < l->n; i++) {
                size_t position = l->hint + i < l->n ? l->hint + i : l->hint + i - l->n;

                if (same(&l->items[position], a)) {
                        l->hint = position;
                        return (ssize_t)position;
                }
        }
        return -ENOENT;
}

/* RFC 4291 section 2.7's scope of a unicast address, as the kernel compares them: link-local before global.
 */
static unsigned ipv6_scope(const VrrpAddress *a) {
        struct in6_addr in6;

        memcpy(&in6, a->bytes, sizeof(in6));
        if (IN6_IS_ADDR_LOOPBACK(&in6) || IN6_IS_ADDR_LINKLOCAL(&in6))
                return 0x2;
        return IN6_IS_ADDR_SITELOCAL(&in6) ? 0x5 : 0xe;
}

/* IPv4: primary addresses by scope, wider ones last, each behind its equals; then the secondary ones as they
 * came. IPv6: by scope, wider ones first, each before its equals. IPv4 is dumped before IPv6. */
static size_t place_of(const LinkAddressList *l, const LinkAddress *a) {
        size_t place = 0;

        for (size_t i = 0; i < l->n; i++) {
                const LinkAddress *other = &l->items[i];

                if (a->address.family == AF_INET6) {
                        if (other->address.family == AF_INET6 &&
                                        ipv6_scope(&a->address) >= ipv6_scope(&other->address))
                                return i;
                        place = i + 1;
                } else if (other->address.family == AF_INET &&
                                ((a->flags & IFA_F_SECONDARY) || (!(other->flags & IFA_F_SECONDARY) &&
                                                                                 a->scope <= other->scope)))
                        place = i + 1;
        }
        return place;
}

static ssize_t insert_at(LinkAddressList *l, size_t position, const LinkAddress *a) {
        if (l->n == l->allocated) {
                size_t allocated = MAX(l->allocated * 2, (size_t)4);
                LinkAddress *items = reallocarray(l->items, allocated, sizeof(*items));

                if (!items)
                        return -ENOMEM;
                l->items = items;
                l->allocated = allocated;
        }
        memmove(&l->items[position + 1], &l->items[position], (l->n - position) * sizeof(*l->items));
        l->items[position] = *a;
        l->n++;
        if (position < l->cursor)
                l->cursor++;
        return (ssize_t)position;
}

ssize_t link_address_list_insert(LinkAddressList *l, const LinkAddress *a) {
        return insert_at(l, place_of(l, a), a);
}

void link_address_list_remove(LinkAddressList *l, size_t position) {
        l->n--;
        memmove(&l->items[position], &l->items[position + 1], (l->n - position) * sizeof(*l->items));
        if (position < l->cursor)
                l->cursor--;
        l->hint = position < l->n ? position : 0;
}

ssize_t link_address_list_follow_dump(LinkAddressList *l, ssize_t position, const LinkAddress *a) {
        if (position < 0)
                position = insert_at(l, l->cursor, a);
        else if ((size_t)position < l->cursor) {
                LinkAddress moved = l->items[position];

                link_address_list_remove(l, (size_t)position);
                position = insert_at(l, l->cursor, &moved);
        }
        if (position >= 0)
                l->cursor = (size_t)position + 1;
        return position;
}
