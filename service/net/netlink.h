/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The two rtnetlink sockets of the engine: one for requests with asynchronous acknowledgements (batched:
 * what is queued in one loop turn leaves in few sendmsg calls), one for the kernel's notifications. Nothing
 * here waits for an answer. Overruns (ENOBUFS) of the notification socket lead to a resync of the mirrors:
 * see netlink_on_overrun(). */

#include "service/util/macro.h"
#include <netlink/netlink.h>
#include <systemd/sd-event.h>

/* What we mark as ours: IFA_PROTO, RTA_PROTOCOL, FRA_PROTOCOL. */
#define VRRPD_PROTOCOL 118

typedef struct Netlink Netlink;

/* error: 0 or a negative errno from the kernel's ack; -ENOBUFS when the ack was lost (what became of the
 * request is unknown); -ECANCELED when the socket goes away first (from within netlink_free()). */
typedef void (*NetlinkAck)(int error, void *userdata);
/* A notification or an answer to a dump. */
typedef void (*NetlinkMessage)(const struct nlmsghdr *header, void *userdata);

/* priority: sd-event priority of the sources. Errors: -errno of socket(), bind(). */
int netlink_new(sd_event *event, int64_t priority, Netlink **ret);
Netlink *netlink_free(Netlink *n);
DEFINE_CLEANUP(Netlink, netlink_free);

/* Queues a request (NLM_F_ACK is added); takes ownership of msg also on error. The ack callback is called
 * exactly once, never from within this call, unless it is cancelled. ack may be NULL: errors are then
 * dropped. */
int netlink_request(Netlink *n, struct nl_msg *msg, NetlinkAck ack, void *userdata);
/* The kernel's own words for the error that is being called back (an extended ack), such as "ipv4: Invalid
 * prefix for given prefix length"; NULL = none. Valid within the ack callback only. */
const char *netlink_error_words(const Netlink *n);
/* Forgets all outstanding callbacks, subscriptions and overrun handlers with this userdata (its owner goes
 * away); the requests themselves go on. */
void netlink_cancel(Netlink *n, void *userdata);
/* Sends what is queued now, NETLINK_TURN requests at most: the kernel carries them out within this call, and
 * adverts must not wait for thousands. A link that is made, set down or removed takes the kernel as long as
 * hundreds of others: of these one leaves in a turn of the loop, whoever flushes. The rest follows by
 * itself, as many in each turn of the loop. Called by the engine at the end of a loop turn and where
 * protocol order asks for it. A GARP sent after it finds the address in place, if netlink_was_sent(). Calls
 * no callback. -EAGAIN: the kernel had no memory, the rest follows by itself; another -errno: all that
 * waited ends in it. */
#define NETLINK_TURN 32
int netlink_flush(Netlink *n);
/* A number for the request queued last, and whether the one of that number has been given to the kernel. */
uint64_t netlink_ticket(const Netlink *n);
bool netlink_was_sent(const Netlink *n, uint64_t ticket);
/* Called from the event loop when a part of the queue has been sent in a turn of its own, before any
 * acknowledgement of it is called back: what waits for netlink_was_sent() goes on here. */
void netlink_on_sent(Netlink *n, void (*callback)(void *userdata), void *userdata);
/* Synchronous: sends what is queued, reads acks and dumps and calls back until none is outstanding or
 * timeout (-ETIMEDOUT). Start and exit only. */
int netlink_drain(Netlink *n, usec_t timeout_usec);

/* Subscribers to notifications and dump answers (these have NLM_F_MULTI), by rtnetlink message type
 * (RTM_NEWLINK...); joins the multicast groups of links, addresses, routes or rules. At most 16: -ENOSPC. */
int netlink_subscribe(Netlink *n, uint16_t type, NetlinkMessage callback, void *userdata);
/* Starts a dump of a type (RTM_GETLINK, RTM_GETADDR); its answers go to the subscribers, then done is
 * called. It runs on a socket of its own: notifications and answers may overtake each other. */
int netlink_dump(Netlink *n, uint16_t type, int family, NetlinkAck done, void *userdata);
/* Is this notification about what we asked for ourselves? */
bool netlink_is_own(const Netlink *n, const struct nlmsghdr *header);
/* Called when notifications were lost: mirrors must dump again and drop what the dump did not show. Several
 * may register (max 4). */
int netlink_on_overrun(Netlink *n, void (*callback)(void *userdata), void *userdata);
