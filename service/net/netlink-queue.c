/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The queue of requests and owed acks. Owns the bytes that wait and the callbacks; knows neither socket nor
 * event loop, which netlink.c brings together with it. No allocation per request once it has grown to the
 * usual size of a batch. */

#include "service/net/netlink-queue.h"

#include <linux/if.h>
#include <linux/rtnetlink.h>

static size_t n_pending(const NetlinkQueue *q) {
        return q->n_done + q->n_sent + q->n_queued;
}

static NetlinkPending *pending_at(const NetlinkQueue *q, size_t i) {
        return &q->ring[(q->head + i) & (q->capacity - 1)];
}

void netlink_queue_clear(NetlinkQueue *q) {
        for (size_t i = 0; i < n_pending(q); i++)
                free(pending_at(q, i)->words);
        free(q->bytes);
        free(q->ring);
        *q = (NetlinkQueue){0};
}

static int reserve_pending(NetlinkQueue *q) {
        size_t n = n_pending(q), capacity;
        NetlinkPending *ring;

        if (n < q->capacity)
                return 0;
        capacity = q->capacity > 0 ? q->capacity * 2 : 64;
        ring = calloc(capacity, sizeof(*ring));
        if (!ring)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++)
                ring[i] = *pending_at(q, i);
        free(q->ring);
        q->ring = ring;
        q->capacity = capacity;
        q->head = 0;
        return 0;
}

static int reserve_bytes(NetlinkQueue *q, size_t size) {
        size_t allocated = q->allocated > 0 ? q->allocated : 4096;
        uint8_t *bytes;

        if (q->sent_size == q->size)
                q->sent_size = q->size = 0;
        while (allocated < q->size + size)
                allocated *= 2;
        if (allocated == q->allocated)
                return 0;
        bytes = realloc(q->bytes, allocated);
        if (!bytes)
                return -ENOMEM;
        q->bytes = bytes;
        q->allocated = allocated;
        return 0;
}

/* The kernel waits for all CPUs to be done with a link that goes: some ms, 40 where they are busy. */
static bool is_slow(const struct nlmsghdr *header) {
        const struct ifinfomsg *info = NLMSG_DATA(header);

        if (header->nlmsg_len < NLMSG_LENGTH(sizeof(*info)))
                return false;
        return header->nlmsg_type == RTM_NEWLINK || header->nlmsg_type == RTM_DELLINK ||
               (header->nlmsg_type == RTM_SETLINK && (info->ifi_change & IFF_UP) &&
                               !(info->ifi_flags & IFF_UP));
}

int netlink_queue_push(NetlinkQueue *q, const struct nlmsghdr *header, NetlinkAck ack, void *userdata) {
        size_t size = NLMSG_ALIGN(header->nlmsg_len);
        struct nlmsghdr *copy;
        int r;

        r = reserve_bytes(q, size);
        if (r < 0)
                return r;
        r = reserve_pending(q);
        if (r < 0)
                return r;

        copy = (struct nlmsghdr *)(void *)(q->bytes + q->size);
        memset(copy, 0, size);
        memcpy(copy, header, header->nlmsg_len);
        copy->nlmsg_seq = q->head_sequence + (uint32_t)n_pending(q);
        q->size += size;
        *pending_at(q, n_pending(q)) = (NetlinkPending){.ack = ack, .userdata = userdata};
        q->n_queued++;
        q->n_pushed++;
        return 0;
}

static const struct nlmsghdr *message_at(const NetlinkQueue *q, size_t offset) {
        return (const struct nlmsghdr *)(const void *)(q->bytes + offset);
}

size_t netlink_queue_chunk(
                const NetlinkQueue *q, size_t max, size_t max_messages, size_t max_slow, const void **ret) {
        size_t end = q->sent_size;

        for (; end < q->size && max_messages > 0; max_messages--) {
                const struct nlmsghdr *header = message_at(q, end);
                size_t size = NLMSG_ALIGN(header->nlmsg_len);

                if (end > q->sent_size && end - q->sent_size + size > max)
                        break;
                if (is_slow(header) && max_slow-- == 0)
                        break;
                end += size;
        }
        if (end > q->sent_size)
                *ret = q->bytes + q->sent_size;
        return end - q->sent_size;
}

void netlink_queue_sent(NetlinkQueue *q, size_t size) {
        size_t end = q->sent_size + size;

        assert(end <= q->size);
        while (q->sent_size < end) {
                const struct nlmsghdr *header = message_at(q, q->sent_size);

                q->n_slow_sent += is_slow(header);
                q->sent_size += NLMSG_ALIGN(header->nlmsg_len);
                q->n_queued--;
                q->n_sent++;
        }
}

/* The first n of the sent ones are done with this error. */
static void finish_sent(NetlinkQueue *q, size_t n, int error) {
        for (; n > 0; n--) {
                pending_at(q, q->n_done)->error = error;
                q->n_done++;
                q->n_sent--;
        }
}

void netlink_queue_acked(NetlinkQueue *q, uint32_t sequence, int error, const char *words) {
        uint32_t i = sequence - (q->head_sequence + (uint32_t)q->n_done);

        if (i >= q->n_sent)
                return;
        finish_sent(q, i, -ENOBUFS);
        /* Without memory for the words the number has to do. */
        if (words)
                pending_at(q, q->n_done)->words = strdup(words);
        finish_sent(q, 1, error);
}

void netlink_queue_fail(NetlinkQueue *q, bool queued, int error) {
        if (queued)
                netlink_queue_sent(q, q->size - q->sent_size);
        finish_sent(q, q->n_sent, error);
}

bool netlink_queue_take_done(NetlinkQueue *q, NetlinkPending *ret) {
        if (q->n_done == 0)
                return false;
        *ret = *pending_at(q, 0);
        q->head = (q->head + 1) & (q->capacity - 1);
        q->head_sequence++;
        q->n_done--;
        return true;
}

void netlink_queue_cancel(NetlinkQueue *q, const void *userdata) {
        for (size_t i = 0; i < n_pending(q); i++)
                if (pending_at(q, i)->userdata == userdata)
                        pending_at(q, i)->ack = NULL;
}
