/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The virtual addresses of one instance towards the kernel: desired state (on or off), request,
 * acknowledgement. It marks and removes only what is ours, puts back what another program deletes, and says
 * when the kernel has confirmed everything. It knows netlink and links, not why addresses are wanted. */

#include "service/config/config.h"
#include "service/net/address.h"
#include "service/net/link.h"
#include "service/net/neigh-socket.h"
#include "service/setting-store.h"
#include "service/util/hash-index.h"
#include "service/util/list.h"

typedef struct VipSet VipSet;

/* All addresses of all sets by address: a notification finds its own among thousands in one step. */
typedef HashIndex VipIndex;

typedef struct Vip {
        VipSet *set;
        HashNode indexed; /* in the set's index */
        List node;        /* in set->doomed, or in no list */
        ConfigVip config; /* a copy; dev and label are owned */
        bool excluded;    /* not in adverts: virtual_ipaddress_excluded */
        bool owned;       /* the host has this address without us: never added, never removed */
        bool present;     /* the kernel has acknowledged it and nobody has removed it since */
        bool seen; /* its RTM_NEWADDR was notified since we asked: a removal after that is somebody else's */
        bool unmarked;   /* the kernel has shown it without our mark last */
        bool late;       /* asked for after the others: nobody has announced it */
        bool doomed;     /* no longer configured; freed when its removal is acknowledged */
        bool given_up;   /* no_track, and removed by another program: until its router is master again */
        bool moving;     /* doomed, but not removed yet: another set is to have it */
        int error;       /* of the last request, 0 = none */
        int ifindex;     /* 0: its interface is missing */
        uint64_t ticket; /* netlink's, of the last request */
        unsigned round;  /* the set's, when a configuration named it last */
        unsigned outstanding; /* requests without acknowledgement */
        unsigned n_restored;  /* in the current second */
        usec_t restored_usec;
        bool restore_warned;
        bool blame;          /* it was put back: who took it away is to be said at the next tick */
        VrrpAddress primary; /* of its subnet when that happened; unset = none but itself */
} Vip;

typedef struct VipSetCallbacks {
        void (*settled)(void *userdata);            /* the last outstanding acknowledgement came in */
        void (*restored)(Vip *vip, void *userdata); /* put back after another program removed it */
        void (*late)(Vip *vip, void *userdata);     /* there now, after the announcement of the others */
        void (*changed)(void *userdata);            /* something that is published changed */
} VipSetCallbacks;

struct VipSet {
        const char *instance; /* borrowed: for messages */
        VipIndex *index;      /* borrowed; the engine's */
        Netlink *netlink;
        const LinkMirror *links;
        SettingStore *settings;
        const char *interface; /* borrowed: where addresses without dev go; NULL = none */
        const VipSetCallbacks *callbacks;
        void *userdata;
        Vip **items;
        size_t n;
        Vip **fresh; /* made by vip_set_prepare(), not yet in items; NULL = nothing is prepared */
        size_t n_fresh;
        List doomed; /* no longer configured; each is freed when its removal is acknowledged */
        bool on;
        bool is_static; /* static_ipaddress: no router's */
        unsigned outstanding;
        unsigned round;
        int removing_ifindex; /* vip-subnet.c: where addresses are being removed, and whether
                                 promote_secondaries is set there for it */
        bool promoting;
        unsigned owed_repeat; /* what vip_set_announce_more() goes on with: repetitions, and the next item */
        size_t owed_next;
};

void vip_set_init(VipSet *s, VipIndex *vip_index, Netlink *netlink, const LinkMirror *links,
                SettingStore *settings, const VipSetCallbacks *callbacks, void *userdata);
void vip_set_done(VipSet *s);

/* Removes what the configuration does not name any more. A reload calls it for all sets before it configures
 * the first one: an address may have moved to another instance. `moves` (NULL: none) tells of an address
 * whether another set will ask for exactly the same: it stays on its interface until vip_set_end_moves(),
 * after that set has asked. */
void vip_set_release(VipSet *s, const ConfigInstance *config, bool (*moves)(const Vip *v, void *userdata),
                void *userdata);
/* Forgets what another set has asked for meanwhile, and removes the rest. */
void vip_set_end_moves(VipSet *s);
/* The name of the interface that the address goes to; NULL = none. */
const char *vip_interface(const Vip *v);
/* Takes the memory that vip_set_configure() will need for this configuration; vip_set_forget() gives it
 * back. -ENOMEM. */
int vip_set_prepare(VipSet *s, const ConfigInstance *config);
void vip_set_forget(VipSet *s);
/* Makes the set be what the prepared configuration says, in place: unchanged addresses are not touched, new
 * ones are added at once when the set is on, those gone are removed. instance and interface are borrowed
 * until the next call. */
void vip_set_configure(VipSet *s, const ConfigInstance *config);

/* Finds the interfaces (again). With `owner`, addresses found without our mark are the host's own, also when
 * they come later; without it they are leftovers of somebody else and are removed with a warning. */
void vip_set_resolve(VipSet *s, bool owner);

/* Queues what is needed to have all addresses on or off; the caller flushes netlink. */
void vip_set_switch(VipSet *s, bool on);
/* Once a second: asks again for what the kernel refused, and for addresses of which it has said nothing
 * since they were asked for and which the mirror does not show either (a notification was lost, or they were
 * there already and went away). */
void vip_set_retry(VipSet *s);
/* A notification about an address on a link: told to every set that has it there. */
void vip_address_changed(VipIndex *x, int ifindex, const LinkAddress *address, bool added, usec_t now);

bool vip_set_settled(const VipSet *s);
/* -errno of the first address that the kernel refused, 0 = none. */
int vip_set_error(const VipSet *s);
/* Is one of the addresses the host's own? */
bool vip_set_has_owned(const VipSet *s);
bool vip_set_contains(const VipSet *s, const VrrpAddress *address);
/* Is it an address of any set? */
bool vip_index_contains(const VipIndex *x, const VrrpAddress *address);
/* The name of an interface that an address needs and the host lacks; NULL = none. */
const char *vip_set_missing_interface(const VipSet *s);
/* Queues `repeat` announcements of one address on neigh; the caller flushes. Returns how many frames. */
unsigned vip_announce(const Vip *v, NeighSocket *neigh, unsigned repeat);
/* The same once for each address on another interface than the instance's own; all: not only on virtual
 * MACs. */
unsigned vip_set_announce_extra(VipSet *s, NeighSocket *neigh, bool all);
/* Queues one frame for each link with a virtual MAC address, so that switches know where that is. */
unsigned vip_set_teach(VipSet *s, NeighSocket *neigh);
/* From now on each address is to be announced `repeat` times. */
void vip_set_owe(VipSet *s, unsigned repeat);
/* Queues announcements that are owed, of at most `max` addresses and of none whose request has not been sent
 * to the kernel; the caller flushes. Returns how many frames. */
unsigned vip_set_announce_more(VipSet *s, NeighSocket *neigh, size_t max);
/* Is an announcement owed? `ready`: and could it be made now? */
bool vip_set_owes(const VipSet *s, bool ready);
