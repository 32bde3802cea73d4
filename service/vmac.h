/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The links with virtual MAC addresses of one instance: made when their lower interface is there, up while
 * the router is master and only then, made again when they vanish, removed by us if we made them. A link of
 * the right name and nature that is there already is adopted, and left behind in the end.
 *
 * It knows links and their settings, not why the router is master; the addresses on them are vip.c's. */

#include "service/config/config.h"
#include "service/net/filter.h"
#include "service/net/macvlan.h"
#include "service/setting-store.h"
#include "service/util/list.h"
#include <net/if.h>

typedef struct VmacSet VmacSet;

/* What all instances share. Borrowed. */
typedef struct VmacContext {
        Netlink *netlink;
        const LinkMirror *links;
        Filter *filter;
        SettingStore *settings;
        List all;    /* every Vmac: one that leaves hands its link to one that comes */
        int *doomed; /* links to be removed by vmac_flush(); owned */
        size_t n_doomed;
} VmacContext;

/* Queues the removal of the links that have been given up since the last call, all in one; the caller
 * flushes netlink. */
void vmac_flush(VmacContext *c);

typedef struct Vmac {
        List node; /* in VmacContext.all */
        VmacSet *set;
        char name[IFNAMSIZ], interface[IFNAMSIZ];
        uint8_t mac[FRAME_MAC_SIZE];
        bool ipv4, ipv6;   /* of which families there are addresses on it */
        int lower_ifindex; /* 0 = missing */
        int ifindex;       /* 0 = not there, or not ours to use */
        bool ours;         /* made by us: removed by us */
        bool making;       /* asked for, not answered */
        bool made;         /* asked for and not refused: the next one of this name is ours */
        int error;         /* of the making */
        int switch_error;
        char trouble[64]; /* a fault of its own: "" = none */
} Vmac;

struct VmacSet {
        VmacContext *context;
        const char *instance; /* borrowed: for messages */
        Vmac **items, **next; /* next: made by vmac_set_prepare(), items that stay included */
        size_t n, n_next;
        bool on;
        int groups_fd; /* holds the IPv6 groups that the addresses need on the lower interfaces */
};

void vmac_set_init(VmacSet *s, VmacContext *context);
/* Removes what is ours; the caller flushes netlink. */
void vmac_set_done(VmacSet *s);

/* As vip_set_prepare(), vip_set_forget(), vip_set_configure(). */
int vmac_set_prepare(VmacSet *s, const ConfigInstance *config);
void vmac_set_forget(VmacSet *s);
void vmac_set_configure(VmacSet *s, const ConfigInstance *config);

/* Finds the links (again), and asks for what is missing; the caller flushes. Before vip_set_resolve(), as
 * addresses go on links that are set up. */
void vmac_set_resolve(VmacSet *s);
/* Up before the addresses are added, or down after they were removed; the caller flushes. */
void vmac_set_switch(VmacSet *s, bool on);
/* Once a second: asks again for what the kernel refused. */
void vmac_set_retry(VmacSet *s);

/* The instance's own link (use_vmac), NULL = it has none. */
const Vmac *vmac_set_own(const VmacSet *s, const ConfigInstance *config);
/* Is one of them still being made for the first time? */
bool vmac_set_pending(const VmacSet *s);
/* Does this link matter to it? */
bool vmac_set_concerns(const VmacSet *s, const Link *link);

/* Joins, on the lower interface, the group in which neighbours ask for an IPv6 address: the report of the
 * link with the virtual MAC address itself is held back. All are left by vmac_set_switch(off). */
void vmac_set_join(VmacSet *s, const VrrpAddress *address, const char *link);

/* What of the host's `all` settings makes a virtual MAC address useless; NULL = nothing. slash32: there is
 * an IPv4 address without a subnet on it. */
typedef struct VmacSysctls {
        int rp_filter, arp_filter, arp_ignore;
} VmacSysctls;
void vmac_sysctls_read(VmacSysctls *ret);
const char *vmac_sysctls_trouble(const VmacSysctls *all, bool slash32, char *buf, size_t size);
