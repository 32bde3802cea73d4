/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The mirror of this host's links and their addresses, fed by netlink, never polled. It answers "is this
 * interface usable", "which is its primary address" and "who added that address". */

#include "service/core/types.h"
#include "service/net/netlink.h"

typedef struct LinkAddress {
        VrrpAddress address;
        uint8_t prefixlen;
        uint8_t protocol; /* IFA_PROTO; VRRPD_PROTOCOL = ours */
        uint8_t scope;
        uint32_t flags; /* IFA_F_* */
        uint32_t seen;  /* the mirror's own: the dump that showed it last */
} LinkAddress;

typedef struct Link {
        char name[16];
        int ifindex;
        unsigned flags;    /* IFF_* */
        uint8_t operstate; /* IF_OPER_*, RFC 2863 */
        uint8_t mac[6];
        unsigned mtu;
        uint32_t group;        /* IFLA_GROUP: what firewalls call iifgroup */
        int lower_ifindex;     /* IFLA_LINK: what it is on top of, 0 = nothing */
        char kind[16];         /* "macvlan", "vlan"...; "" = hardware or unknown */
        uint32_t macvlan_mode; /* MACVLAN_MODE_*, when it is a macvlan */
        bool marked; /* its alias says that this daemon made it (noticed late of a link that is down) */
        LinkAddress *addresses; /* in the kernel's order */
        size_t n_addresses;
        usec_t settled_usec; /* the mirror's own: a change counts from then on only (CLOCK_BOOTTIME); 0 =
                                none */
        bool was_usable;     /* while one is put off: what still counts */
} Link;

/* Puts off the changes of a link: see link_mirror_set_delays(). */
typedef struct LinkDelay {
        char name[16];
        usec_t down_usec, up_usec;
} LinkDelay;

typedef enum LinkChange {
        LINK_ADDED,         /* also: renamed to this name */
        LINK_CHANGED,       /* flags, operstate, MAC, MTU, or our mark */
        LINK_REMOVED,       /* also: renamed away. `link` is still valid during the call */
        LINK_ADDRESS_ADDED, /* address is set. Also: its flags changed (say, it is tentative no more) */
        LINK_ADDRESS_REMOVED,
} LinkChange;

typedef struct LinkMirror LinkMirror;
typedef void (*LinkCallback)(
                LinkChange change, const Link *link, const LinkAddress *address, void *userdata);

/* Creates the mirror and fills it synchronously (start of the daemon; the callback is not called for that),
 * then follows notifications; after an overrun it dumps again and reports the differences by the callback,
 * as if they had been notified. During a callback the mirror already shows the new state: a removed link is
 * found no more, an address removed is not in its array. A link that goes takes its addresses along, without
 * a LINK_ADDRESS_REMOVED for each that was not notified. Errors: -errno, -ETIMEDOUT. Free it before the
 * netlink it uses. */
int link_mirror_new(Netlink *netlink, LinkCallback callback, void *userdata, LinkMirror **ret);
LinkMirror *link_mirror_free(LinkMirror *m);
DEFINE_CLEANUP(LinkMirror, link_mirror_free);

const Link *link_by_name(const LinkMirror *m, const char *name);
const Link *link_by_index(const LinkMirror *m, int ifindex);
/* Calls f for each link until it returns non-zero, and returns that. */
int link_foreach(const LinkMirror *m, int (*f)(const Link *link, void *userdata), void *userdata);

/* Administratively up and with carrier (IFF_UP, IFF_RUNNING, operational state up or unknown), or so until a
 * moment ago while its delay runs. */
bool link_usable(const Link *link);
/* From now on a link of this name counts as up for down_usec after it went down, and the other way round; if
 * it returns meanwhile nothing has happened. LINK_CHANGED is reported again when the time is over. A link
 * that is deleted is gone at once. The array is copied. event, priority: of the timer. -ENOMEM, -errno:
 * nothing changed. */
int link_mirror_set_delays(
                LinkMirror *m, sd_event *event, int64_t priority, const LinkDelay *delays, size_t n);
/* The address packets are sent from: IPv4 the first primary address that is not ours (marked), and only if
 * there is none, the first secondary one (a VIP in the same subnet may have become the primary of the host's
 * own address); IPv6 the first link-local address that is not ours and neither tentative nor deprecated.
 * `exclude`/n: addresses never to choose (the VIPs, which may lack the mark). false = none. */
bool link_primary_address(const Link *link, int family, const VrrpAddress *exclude, size_t n_exclude,
                VrrpAddress *ret);
/* The first IPv6 address of the link that is neither link-local nor temporary, tentative, deprecated or
 * ours. */
bool link_global_address(const Link *link, const VrrpAddress *exclude, size_t n_exclude, VrrpAddress *ret);
