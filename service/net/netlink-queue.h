/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Requests on their way to the kernel and the acks that are owed for them. Internal to this room.
 *
 * Sequence numbers are consecutive and rtnetlink answers in order, so the whole is one queue in which each
 * request moves from queued to sent to done, and is then taken out at the front:
 *
 *      taken | done: result known | sent: ack owed | queued: bytes wait | */

#include "service/net/netlink.h"

typedef struct NetlinkPending {
        NetlinkAck ack;
        void *userdata;
        int error;
        char *words; /* the kernel's own about the error; owned, NULL = none */
} NetlinkPending;

typedef struct NetlinkQueue {
        uint8_t *bytes; /* from sent_size on: messages that wait */
        size_t size, sent_size, allocated;

        NetlinkPending *ring; /* capacity: 0 or a power of two */
        size_t capacity, head;
        size_t n_done, n_sent, n_queued;
        uint64_t n_pushed, n_slow_sent; /* ever */
        uint32_t head_sequence;         /* of ring[head] */
} NetlinkQueue;

void netlink_queue_clear(NetlinkQueue *q);

/* Appends a copy of header's message with the next sequence number. -ENOMEM. */
int netlink_queue_push(NetlinkQueue *q, const struct nlmsghdr *header, NetlinkAck ack, void *userdata);
/* The next whole messages to send, at most max bytes (at least one message) and max_messages of them, and
 * not more than max_slow of those that take the kernel long: a link that is made, set down or removed.
 * Returns their size, 0 = none wait, or may leave. */
size_t netlink_queue_chunk(
                const NetlinkQueue *q, size_t max, size_t max_messages, size_t max_slow, const void **ret);
/* The chunk of this size was handed to the kernel. */
void netlink_queue_sent(NetlinkQueue *q, size_t size);
/* The ack for a sequence number, with the kernel's words about the error (copied; NULL = none): sent ones
 * before it that had none lost theirs and end in -ENOBUFS. Unknown: ignored. */
void netlink_queue_acked(NetlinkQueue *q, uint32_t sequence, int error, const char *words);
/* Ends everything sent (and, with queued, everything that waits) with error. */
void netlink_queue_fail(NetlinkQueue *q, bool queued, int error);
/* Takes the oldest done request out. False = none. ret->ack may be NULL; ret->words is the caller's to free.
 */
bool netlink_queue_take_done(NetlinkQueue *q, NetlinkPending *ret);
/* Forgets the callbacks of this userdata. */
void netlink_queue_cancel(NetlinkQueue *q, const void *userdata);
