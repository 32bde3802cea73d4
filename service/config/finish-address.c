/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: the addresses of an instance when all are read: of which family it is, which do not belong to it,
 * which are said twice, on which device they go. Must not know: the live system (validate-live.c), other
 * instances (validate.c).
 */

#include "service/config/finish.h"
#include <arpa/inet.h>

#define DEFAULT_INTERFACE "eth0"

static const char *family_name(int family) {
        return family == AF_INET6 ? "IPv6" : "IPv4";
}

/* As in keepalived the first address decides. */
int finish_family(Parser *p, InstanceDraft *d) {
        ConfigInstance *i = &d->model;

        i->family = i->n_vips > 0                     ? i->vips[0].address.family
                    : d->native_ipv6                  ? AF_INET6
                    : vrrp_address_is_set(&i->source) ? i->source.family
                    : i->n_peers > 0                  ? i->peers[0].address.family
                    : i->n_excluded > 0               ? i->excluded[0].address.family
                                                      : AF_INET;
        return 0;
}

static bool same_address(const VrrpAddress *a, const VrrpAddress *b) {
        return memcmp(a, b, sizeof(*a)) == 0;
}

static int wrong_family(Parser *p, const ConfigInstance *i, const VrrpAddress *address,
                const ConfigPosition *at, const char *advice) {
        char text[VRRP_ADDRESS_STRLEN] = "";

        inet_ntop(address->family, address->bytes, text, sizeof(text));
        return parser_error(p, at, "%s is an %s address in an instance of %s%s", text,
                        family_name(address->family), family_name(i->family), advice);
}

/* Peers of another family, ourselves, and the same peer again. */
static int check_peers(Parser *p, InstanceDraft *d) {
        ConfigInstance *i = &d->model;
        size_t n = 0;
        int r = 0;

        for (size_t j = 0; j < i->n_peers && r >= 0; j++) {
                const ConfigPeer *peer = &i->peers[j];
                bool again = false;

                if (peer->address.family != i->family) {
                        r = wrong_family(p, i, &peer->address, &peer->at, "");
                        continue;
                }
                /* One list for all routers is a habit. */
                if (same_address(&peer->address, &i->source)) {
                        r = parser_warning(p, &peer->at, "this peer is our own source address: left out");
                        continue;
                }
                /* A list of peers is short: routers of one VRID. */
                for (size_t k = 0; k < n && !again; k++)
                        again = same_address(&i->peers[k].address, &peer->address);
                if (again)
                        r = parser_warning(p, &peer->at, "this peer is listed twice");
                else
                        i->peers[n++] = *peer;
        }
        i->n_peers = n;
        return r;
}

/* Where adverts go when not to peers. */
static int finish_group(Parser *p, InstanceDraft *d) {
        static const VrrpAddress groups[] = {
                        {.family = AF_INET, .bytes = {224, 0, 0, 18}},
                        {.family = AF_INET6, .bytes = {0xff, 0x02, [15] = 0x12}},
        };
        const VrrpAddress *global = d->model.family == AF_INET6 ? &p->global.group6 : &p->global.group4;
        ConfigInstance *i = &d->model;

        if (i->unicast) {
                i->multicast = (VrrpAddress){};
                return d->group_at.line > 0 ? parser_warning(p, &d->group_at,
                                                              "mcast_dst_ip does not go with unicast_peer; "
                                                              "ignored")
                                            : 0;
        }
        if (vrrp_address_is_set(&i->multicast) && i->multicast.family != i->family)
                return wrong_family(p, i, &i->multicast, &d->group_at, "");
        if (!vrrp_address_is_set(&i->multicast))
                i->multicast = vrrp_address_is_set(global) ? *global : groups[i->family == AF_INET6];
        return 0;
}

/* No peer is left: an error, unless keepalived was asked to make a fault of it. (Without being asked it goes
 * on in multicast, which nobody can have meant.) */
static int no_peers(Parser *p, InstanceDraft *d, bool only_ourselves) {
        const ConfigPosition *at = d->peers_at.line > 0 ? &d->peers_at : &d->model.source_at;

        if (only_ourselves) {
                d->model.fault_no_peer = true;
                return parser_warning(p, at,
                                "the only unicast peer is our own source address: vrrp_instance '%s' stays "
                                "in fault until "
                                "another router is listed",
                                d->model.name);
        }

        if (d->model.fault_no_peer)
                return parser_warning(p, at,
                                "there is no unicast peer: vrrp_instance '%s' stays in fault "
                                "(unicast_fault_no_peer)",
                                d->model.name);
        return parser_error(p, at,
                        "unicast_peer is empty: list the addresses of the other routers, or remove it for "
                        "multicast");
}

int finish_unicast(Parser *p, InstanceDraft *d) {
        ConfigInstance *i = &d->model;
        size_t n_given = i->n_peers;
        int r = 0;

        i->unicast = d->peers_at.line > 0 || (d->source_unicast && i->fault_no_peer);
        i->ttl = (uint8_t)(i->unicast && d->ttl != UNSET ? d->ttl : VRRP_TTL);
        if (vrrp_address_is_set(&i->source) && i->source.family != i->family)
                r = wrong_family(p, i, &i->source, &i->source_at, "");
        if (r >= 0 && !i->unicast && d->source_unicast)
                r = parser_warning(p, &i->source_at,
                                "unicast_src_ip without unicast_peer: adverts go to the multicast group");
        if (r >= 0)
                r = check_peers(p, d);
        if (r >= 0 && i->unicast && i->n_peers == 0 && !d->peers_given &&
                        !(n_given > 0 && p->messages->n_errors > 0))
                r = no_peers(p, d, n_given > 0);
        return r < 0 ? r : finish_group(p, d);
}

/* Which VIPs would be the same to the kernel: address, prefix length and device. */
static int compare_vip(const ConfigVip *x, const ConfigVip *y) {
        int r = memcmp(&x->address, &y->address, sizeof(x->address));

        if (r == 0)
                r = (int)x->prefixlen - (int)y->prefixlen;
        return r != 0 ? r : strcmp(strempty(x->dev), strempty(y->dev));
}

static int compare_vip_pointer(const void *a, const void *b) {
        const ConfigVip *x = *(ConfigVip *const *)a, *y = *(ConfigVip *const *)b;
        int r = compare_vip(x, y);

        if (r == 0)
                r = x->at.line != y->at.line ? (x->at.line < y->at.line ? -1 : 1) : 0;
        return r != 0 ? r : x < y ? -1 : x > y;
}

static void vip_done(ConfigVip *v) {
        free(v->dev);
        free(v->label);
        *v = (ConfigVip){};
}

static size_t remove_unset(ConfigVip *list, size_t n) {
        size_t kept = 0;

        for (size_t i = 0; i < n; i++)
                if (vrrp_address_is_set(&list[i].address))
                        list[kept++] = list[i];
        return kept;
}

/* An address that stands there twice (in either list) counts once: the kernel would refuse the second. */
static int drop_duplicate_vips(Parser *p, ConfigInstance *i) {
        size_t n = i->n_vips + i->n_excluded;
        _cleanup_free_ ConfigVip **sorted = NULL;
        const ConfigVip *first = NULL;
        int r = 0;

        if (n < 2)
                return 0;
        sorted = calloc(n, sizeof(*sorted));
        if (!sorted)
                return -ENOMEM;
        for (size_t j = 0; j < n; j++)
                sorted[j] = j < i->n_vips ? &i->vips[j] : &i->excluded[j - i->n_vips];
        qsort(sorted, n, sizeof(ConfigVip *), compare_vip_pointer);
        for (size_t j = 0; j < n && r >= 0; j++) {
                char text[VRRP_ADDRESS_STRLEN] = "", where[RELATIVE_SIZE];

                if (!first || compare_vip(first, sorted[j]) != 0) {
                        first = sorted[j];
                        continue;
                }
                inet_ntop(first->address.family, first->address.bytes, text, sizeof(text));
                r = parser_warning(p, &sorted[j]->at, "%s stands there already %s; this one is ignored",
                                text, position_relative(&sorted[j]->at, &first->at, where));
                vip_done(sorted[j]);
        }
        i->n_vips = remove_unset(i->vips, i->n_vips);
        i->n_excluded = remove_unset(i->excluded, i->n_excluded);
        return r;
}

/* The model has no `dev` where it is the instance's own interface; without an interface there is always one.
 */
static int finish_devices(const Parser *p, const ConfigInstance *i, ConfigVip *list, size_t n) {
        const char *fallback = p->global.default_interface ? p->global.default_interface : DEFAULT_INTERFACE;

        for (size_t j = 0; j < n; j++) {
                if (i->interface && streq_ptr(list[j].dev, i->interface)) {
                        free(list[j].dev);
                        list[j].dev = NULL;
                } else if (!i->interface && !list[j].dev) {
                        list[j].dev = strdup(fallback);
                        if (!list[j].dev)
                                return -ENOMEM;
                }
        }
        return 0;
}

static int check_vip_families(Parser *p, const ConfigInstance *i) {
        int r = 0;

        for (size_t j = 0; j < i->n_vips && r >= 0; j++)
                if (i->vips[j].address.family != i->family)
                        r = wrong_family(p, i, &i->vips[j].address, &i->vips[j].at,
                                        "; virtual_ipaddress_excluded may hold it");
        return r;
}

/* A VIP that a peer is reached at would take the peer's address, and the adverts to it, away. */
static int check_vip_peers(Parser *p, const ConfigInstance *i, const ConfigVip *list, size_t n) {
        int r = 0;

        for (size_t j = 0; j < n; j++)
                for (size_t k = 0; k < i->n_peers && r >= 0; k++)
                        if (same_address(&list[j].address, &i->peers[k].address))
                                r = parser_warning(p, &list[j].at,
                                                "this virtual address is also a unicast_peer's: adverts to "
                                                "it "
                                                "would reach ourselves while we are master");
        return r;
}

/* An advert counts its addresses in one byte (RFC 9568 section 5.2.5). What does not fit is still an
 * address. */
static int move_excess(Parser *p, ConfigInstance *i) {
        size_t excess = i->n_vips > ADVERT_VIPS_MAX ? i->n_vips - ADVERT_VIPS_MAX : 0;
        ConfigVip *excluded;

        if (excess == 0)
                return 0;
        excluded = reallocarray(i->excluded, i->n_excluded + excess, sizeof(*excluded));
        if (!excluded)
                return -ENOMEM;
        i->excluded = excluded;
        memmove(excluded + excess, excluded, i->n_excluded * sizeof(*excluded));
        memcpy(excluded, i->vips + ADVERT_VIPS_MAX, excess * sizeof(*excluded));
        i->n_excluded += excess;
        i->n_vips = ADVERT_VIPS_MAX;
        return parser_warning(p, &excluded[0].at,
                        "an advert holds %d addresses; from here on they are taken as "
                        "virtual_ipaddress_excluded",
                        ADVERT_VIPS_MAX);
}

int finish_vips(Parser *p, InstanceDraft *d) {
        ConfigInstance *i = &d->model;
        int r;

        r = check_vip_families(p, i);
        if (r >= 0)
                r = check_vip_peers(p, i, i->vips, i->n_vips);
        if (r >= 0)
                r = check_vip_peers(p, i, i->excluded, i->n_excluded);
        if (r >= 0)
                r = finish_devices(p, i, i->vips, i->n_vips);
        if (r >= 0)
                r = finish_devices(p, i, i->excluded, i->n_excluded);
        if (r >= 0)
                r = drop_duplicate_vips(p, i);
        if (r >= 0)
                r = move_excess(p, i);
        if (r >= 0 && i->n_vips == 0 && !d->vips_given && !d->no_virtual_ipaddress)
                r = parser_warning(p, &i->at,
                                "vrrp_instance '%s' has no virtual_ipaddress (no_virtual_ipaddress says "
                                "that this is meant)",
                                i->name);
        return r;
}
