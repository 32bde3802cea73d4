/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The engine: its event loop and everything that exists once. It owns the instances, the netlink sockets,
 * the link mirror, the trackers and the VRRP sockets; its data comes from a Config, the kernel and the bus
 * side's commands, and goes out as packets, netlink requests and records. It waits for nobody: see DESIGN
 * "Processes and threads" in HACKING.md. */

#include "service/config/config.h"
#include "service/deadline-queue.h"
#include "service/instance.h"
#include "service/net/link.h"
#include "service/net/neigh-socket.h"
#include "service/net/netlink.h"
#include "service/posting.h"
#include "service/publish.h"
#include "service/socket-pool.h"
#include "service/static.h"
#include "service/track/tracker.h"
#include "service/util/list.h"
#include "service/util/mailbox.h"
#include <stdatomic.h>

/* The order in which sd-event serves what is ready. */
enum {
        PRIORITY_PACKETS = -100,
        PRIORITY_DEADLINES = -80,
        PRIORITY_NETLINK = -60,
        PRIORITY_SIGNALS = -50,
        PRIORITY_TRACKERS = -40,
        PRIORITY_COMMANDS = -20,
        PRIORITY_END_OF_TURN = 100,
};

struct Manager {
        sd_event *event;
        Mailbox *records, *commands; /* borrowed */
        _Atomic uint64_t *heartbeat; /* borrowed */
        sd_event_source *commands_source, *tick_source, *end_of_turn_source, *stop_source, *sigterm_source,
                        *sigint_source, *owing_source;
        Netlink *netlink;
        LinkMirror *links;
        NeighSocket *neigh;
        SocketPool *sockets;
        DeadlineQueue *deadlines;
        TrackerSet *trackers;
        Config *config;
        Config **retired; /* replaced by a reload, still pointed into by instances that leave */
        size_t n_retired;
        List instances, leaving, dirty, owing;
        Posting posting;                        /* what waits to be published, besides the dirty ones */
        List groups, gone_groups, dirty_groups; /* sync groups; see sync-group.h */
        SyncGroup **next_groups; /* those of the newest configuration, in its order; manager-groups.c */
        VipIndex vips;           /* of all instances */
        RoutingPool routing;
        StaticSet statics;
        bool static_changed; /* instances may depend on it: looked at by the end of the turn */
        VmacContext vmacs;
        VmacSysctls sysctls; /* the host's, as of the last tick */
        Filter *filter;
        int filter_error; /* as logged */
        SettingStore *settings;
        char *runtime_directory; /* NULL = none */
        struct Pacing *pacing;
        usec_t start_usec; /* no instance starts before (CLOCK_BOOTTIME); 0 = no such delay (any more) */
        sd_event_source *start_source;
        uint32_t last_id;
        bool batching; /* deadlines are being served: adverts are queued and leave together */
        bool stopping;
};

typedef struct ManagerParams {
        Mailbox *records, *commands;
        _Atomic uint64_t *heartbeat;
        int runner_fd;                 /* to the script runner, passes to the manager; -EBADF = none */
        const HoldStore *holds;        /* borrowed during manager_new(); NULL = none */
        const char *runtime_directory; /* where settings of interfaces are noted; NULL = nowhere */
        const char *runner_socket;     /* where a runner started by systemd connects; NULL = none */
} ManagerParams;

/* Needs its capabilities, SIGTERM and SIGINT blocked. Removes what an earlier run left, then starts all
 * instances. *config becomes the manager's on success. Errors: -errno, logged. */
int manager_new(const ManagerParams *params, Config **config, Manager **ret);
Manager *manager_free(Manager *m);
DEFINE_CLEANUP(Manager, manager_free);

/* Runs until the hand-over after SIGTERM, SIGINT or COMMAND_STOP is through and all addresses are gone. */
int manager_run(Manager *m);

/* reload.c: makes `config` the running configuration in one turn; takes it. Writes the counts of instances
 * added, changed and removed into *ret_counts. 0, or -ENOMEM with the old configuration kept. */
int manager_reload(Manager *m, Config *config, Record *ret_counts);

/* Sends what masters have to send by now: long work calls it between its parts, so that no advert waits for
 * all of it. */
void manager_serve_adverts(Manager *m);
/* What the running configuration says of the packet filter. */
void manager_configure_filter(Manager *m);

/* Something static came or went. */
void manager_static_changed(Manager *m);
Instance *manager_find_instance(Manager *m, uint32_t id);
/* manager-groups.c: finds or makes the SyncGroup of each group of the configuration; new ones stand in
 * `list`. -ENOMEM. */
int manager_new_groups(Manager *m, const Config *config, List *list);
/* Every instance into its group of this configuration, for which manager_new_groups() was called last;
 * groups that it does not have go. Needs no memory. */
void manager_assign_groups(Manager *m, const Config *config);
