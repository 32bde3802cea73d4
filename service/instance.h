/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* One vrrp_instance of the engine: a core router joined to its socket, its addresses, its faults and what is
 * published of it.
 *
 * One road for everything: a packet, a deadline, a fault, a priority, a command → instance_feed(event) →
 * router_step() → actions → net, vip, publish. Nothing else moves the router. Faults come from
 * instance_evaluate(), which looks at links and trackers. */

#include "service/auth/hmac.h"
#include "service/config/config.h"
#include "service/core/router.h"
#include "service/deadline-queue.h"
#include "service/hold-store.h"
#include "service/publish.h"
#include "service/routing.h"
#include "service/socket-pool.h"
#include "service/sync-group.h"
#include "service/track/tracker.h"
#include "service/util/list.h"
#include "service/vip.h"
#include "service/accept.h"
#include "service/net/vmac-socket.h"
#include "service/vmac.h"

typedef struct Manager Manager;
typedef struct Instance Instance;

#define INSTANCE_FAULTS_MAX 16
#define INSTANCE_FINISHED_MAX 4

typedef enum InstanceCounter {
        COUNTER_ADVERTS_SENT,
        COUNTER_ADVERTS_RECEIVED,
        COUNTER_RESIGNATIONS_SENT,
        COUNTER_RESIGNATIONS_RECEIVED,
        COUNTER_SEND_ERRORS,
        COUNTER_BECAME_MASTER,
        COUNTER_TRANSITIONS,
        COUNTER_ANNOUNCEMENTS_SENT,
        COUNTER_ADDRESSES_RESTORED,
        COUNTER_MAX,
        COUNTER_INVALID = -EINVAL,
} InstanceCounter;
STRTAB_DECLARE(instance_counter, InstanceCounter);

/* From the decision to the kernel's last acknowledgement. */
typedef struct Transition {
        bool running;
        VrrpState state;
        usec_t decided_usec;
        usec_t first_advert_usec, confirmed_usec, first_announce_usec; /* after decided_usec; 0 = not yet */
} Transition;

typedef struct FinishedOperation {
        uint64_t id;
        VrrpOperation operation;
        VrrpResult result;
        VrrpAddress successor; /* who took over; unset = nobody */
} FinishedOperation;

struct Instance {
        Manager *manager;
        uint32_t id;
        const ConfigInstance *config; /* in the manager's current Config */
        char *name;
        Router router;
        SyncGroup *group;       /* NULL = none */
        GroupMember member;     /* of it */
        usec_t stop_bound_usec; /* of the hand-over when it stops: its group's; 0 = its own */
        Deadline deadline;
        List dirty;    /* in manager->dirty: its status is to be posted at the end of the turn */
        List node;     /* in manager->instances or manager->leaving */
        List owing;    /* in manager->owing: addresses of it are still to be announced */
        bool leaving;  /* removed from the configuration, hands over */
        bool replaced; /* leaving, and the configuration has another of its name */

        int ifindex; /* of config->interface, 0 = missing */
        int socket_ifindex;
        PoolSocket *socket;
        int socket_error;
        int send_error;              /* 0 = adverts leave, or it is not yet known that they do not */
        usec_t send_failing_usec;    /* since when none has left; 0 = the last one did */
        unsigned n_send_failures;    /* since then */
        sd_event_source *send_check; /* NULL = nothing to be looked at again */
        int listening_ifindex;       /* where others' ARP for our addresses is listened for, 0 = not now */
        int accepting_ifindex; /* where adverts are let in that come from an address of ours, 0 = nowhere */
        usec_t claimed_monotonic; /* when another station last said that it has one */
        VipSet vips;
        RoutingSet routing;
        VmacSet vmacs;
        AcceptSet not_accepted;
        int filter_error;        /* 0 = what is not accepted is dropped */
        VmacSocket *vmac_socket; /* adverts with the virtual MAC address; NULL = from the interface's own */
        int vmac_socket_ifindex;
        int *promoting; /* interfaces for which promote_secondaries is held */
        size_t n_promoting;
        RouterConfig next_router; /* made by instance_prepare() */
        bool awaiting_addresses;  /* the router is to hear when the kernel has confirmed */

        PublishFault faults[INSTANCE_FAULTS_MAX];
        size_t n_faults;
        PublishConflict conflicts[VRRP_CONFLICT_MAX];
        size_t n_conflicts;
        bool waiting; /* for first results of its trackers */

        Hold kept_hold; /* when a reload restarts it: its hold, for the new instance of this name */
        /* Who holds it and why, and what stood there before the operation that runs: put back when that one
         * changes nothing. */
        char admin_reason[128], earlier_reason[128];
        uint32_t admin_uid, earlier_uid;
        uint64_t wording_operation; /* the latest one that wrote these words */
        usec_t state_realtime, state_monotonic;
        usec_t admin_expire_realtime; /* as published */
        Transition transition;
        FinishedOperation finished[INSTANCE_FINISHED_MAX]; /* to be published when the transition has
                                                              finished */
        size_t n_finished;
        usec_t sent_usec, announced_usec; /* last advert, last announcement */

        Hmac *hmac;      /* auth_hmac; NULL = not configured */
        Hmac *next_hmac; /* made by instance_prepare() */

        /* The last advert built, good for this priority, source and destination. */
        uint8_t *packet;
        size_t packet_size, packet_allocated;
        uint8_t packet_priority;
        VrrpAddress packet_source, packet_destination;

        uint64_t counters[COUNTER_MAX];
        uint64_t verdicts[ADVERT_VERDICT_MAX];
        usec_t heard_interval_usec; /* of the last packet, for what is said about it; 0 = not known */
};

/* Makes an instance in state initialize and links it into `list`; nothing happens before
 * instance_evaluate(). -ENOMEM. */
int instance_new(Manager *m, const ConfigInstance *config, List *list, Instance **ret);
/* A hold from before this instance existed; right after instance_new(). */
void instance_restore_hold(Instance *i, const Hold *hold);
/* Its hold as a record, for a successor of the same name; the strings are borrowed. */
void instance_get_hold(const Instance *i, Hold *ret);
/* Without protocol: leaves no address on, sends nothing. Used after it has stopped. Returns NULL. */
Instance *instance_free(Instance *i);
DEFINE_CLEANUP(Instance, instance_free);

/* The one entry of the state machine. */
void instance_feed(Instance *i, const RouterEvent *event);
/* Takes the memory that instance_reconfigure() will need; instance_forget() gives it back. -ENOMEM. */
int instance_prepare(Instance *i, const ConfigInstance *config);
void instance_forget(Instance *i);
/* A reload changed what can change in place: to the prepared `config`, which belongs to the new Config. */
void instance_reconfigure(Instance *i, const ConfigInstance *config);
/* A reload did not change it: only the pointers into the Config move. */
void instance_adopt_config(Instance *i, const ConfigInstance *config);
/* A command of the bus side: checked again, then run. */
void instance_command(Instance *i, const Command *command);
/* Sends gratuitous ARP / neighbour advertisements: of one address now, of all (NULL) as many as a turn of
 * the loop holds and the rest in the turns after it, each address with the netlink batch that adds it. */
void instance_announce(Instance *i, const Vip *only, unsigned repeat);
/* Is it master, and not handing over? */
bool instance_may_announce(const Instance *i);
/* The next turn of that. */
void instance_announce_more(Instance *i);
/* A deadline of the queue has come. */
void instance_deadline(Instance *i);
/* Another station says by ARP that it has one of our addresses, and we are master. If it is their owner come
 * back, its adverts come from that very address, and the kernel drops what comes from an address of its own:
 * until we are master no more, or nothing more is heard of it, the kernel lets them in (accept_local). Not
 * so just after we have become it: that is the last of who had the addresses before. */
void instance_claimed(Instance *i);
/* Once a second. */
void instance_forget_claim(Instance *i);
/* Ends at once: priority 0 if master, addresses off. */
void instance_stop_now(Instance *i);
/* What is told for the router's reason: one that stops for its successor's sake does so for the
 * configuration. */
VrrpReason instance_told_reason(const Instance *i, VrrpReason reason);
/* Hands over, then ends: see instance_is_stopped(). `id` as in RouterCommand. */
void instance_stop(Instance *i);
bool instance_is_stopped(const Instance *i);
void instance_mark_dirty(Instance *i);
/* Whose words and uid a hold has that this command makes; an end of `operation` without one puts the old
 * ones back. */
void instance_set_words(Instance *i, const Command *command, uint64_t operation);
/* What it tracks: by itself, and with its group. */
size_t instance_n_tracks(const Instance *i);
const ConfigTrack *instance_track(const Instance *i, size_t k);

/* instance-evaluate.c: looks at links, source address and trackers again: faults, priority, start */
void instance_evaluate(Instance *i);

/* instance-link.c: the kernel's links, settings and packet filter */
/* Finds links again and asks for what is missing. 0, or -errno of the socket for adverts with a virtual MAC
 * address. */
int instance_resolve_links(Instance *i);
/* Addresses on or off, with the links that they are on. */
void instance_switch_links(Instance *i, bool on);
/* Gives back everything but the addresses; the caller flushes netlink. May be called again. */
void instance_release_links(Instance *i);
/* Which of the host's settings defeats its virtual MAC addresses; NULL = none. Returns buf. */
const char *instance_sysctl_trouble(const Instance *i, char *buf, size_t size);

/* instance-packet.c: the wire */
void instance_packet(Instance *i, const VrrpPacket *packet);
/* In unicast: is it from one of its peers? */
bool instance_expects(const Instance *i, const VrrpPacket *packet);
void instance_send_advert(Instance *i, uint8_t priority, const VrrpAddress *only_to);
/* Adverts that wait to leave with others leave now. */
void instance_flush_adverts(Instance *i);
void instance_packet_invalidate(Instance *i);
/* Opens, keeps or closes the socket to suit interface and addresses. 0 or -errno, which becomes a fault. */
int instance_open_socket(Instance *i);
void instance_close_socket(Instance *i);

/* instance-publish.c: what others see */
void instance_post_status(Instance *i);
void instance_post_event(Instance *i, const InstanceEvent *event);
void instance_post_statistics(const Instance *i, uint64_t request);
void instance_post_state_changed(Instance *i, VrrpState old_state, VrrpState new_state, VrrpReason reason,
                const VrrpAddress *successor);
void instance_post_conflict(Instance *i, bool begins, VrrpConflict kind, const VrrpAddress *address);
void instance_post_finished(Instance *i, const FinishedOperation *f);
void instance_finish_transition(Instance *i);
/* The end of its hold as published: realtime, 0 = never. */
usec_t instance_admin_expire(Instance *i);
