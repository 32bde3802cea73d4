/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The queue of requests and owed acks by itself, without a kernel: what can hardly be provoked there. */

#include "service/net/netlink-queue.h"
#include <glib.h>
#include <linux/netlink.h>

typedef struct Message {
        struct nlmsghdr header;
        uint8_t payload[16];
} Message;

static void ack(int error, void *userdata) {
}

static void push(NetlinkQueue *q, uint32_t payload_size, void *userdata) {
        Message m = {.header = {.nlmsg_len = NLMSG_LENGTH(payload_size), .nlmsg_type = 99}};

        memset(m.payload, 0xab, sizeof(m.payload));
        g_assert_cmpint(netlink_queue_push(q, &m.header, ack, userdata), ==, 0);
}

static void send_all(NetlinkQueue *q) {
        const void *chunk;
        size_t size = netlink_queue_chunk(q, SIZE_MAX, SIZE_MAX, SIZE_MAX, &chunk);

        netlink_queue_sent(q, size);
}

/* The next done one has this userdata and error. */
static void expect(NetlinkQueue *q, void *userdata, int error) {
        NetlinkPending p;

        g_assert_true(netlink_queue_take_done(q, &p));
        g_assert_true(p.userdata == userdata);
        g_assert_cmpint(p.error, ==, error);
}

static void expect_none(NetlinkQueue *q) {
        NetlinkPending p;

        g_assert_false(netlink_queue_take_done(q, &p));
}

static void test_chunks(void) {
        /* Chunks are whole, padded messages with consecutive sequence numbers, at most as large as asked
         * unless a single one is larger. */
        NetlinkQueue q = {.head_sequence = 7};
        const struct nlmsghdr *h;
        const void *chunk;

        g_assert_cmpuint(netlink_queue_chunk(&q, 100, SIZE_MAX, SIZE_MAX, &chunk), ==, 0);
        push(&q, 5, NULL);
        push(&q, 8, NULL);
        push(&q, 16, NULL);
        g_assert_cmpuint(netlink_queue_chunk(&q, 1, SIZE_MAX, SIZE_MAX, &chunk), ==, 24);
        g_assert_cmpuint(netlink_queue_chunk(&q, 47, SIZE_MAX, SIZE_MAX, &chunk), ==, 24);
        g_assert_cmpuint(netlink_queue_chunk(&q, 48, SIZE_MAX, SIZE_MAX, &chunk), ==, 48);
        h = chunk;
        g_assert_cmpuint(h->nlmsg_seq, ==, 7);
        g_assert_cmpuint(((const uint8_t *)chunk)[21], ==, 0); /* padding is clean */
        netlink_queue_sent(&q, 48);
        g_assert_cmpuint(netlink_queue_chunk(&q, 1000, SIZE_MAX, SIZE_MAX, &chunk), ==, 32);
        h = chunk;
        g_assert_cmpuint(h->nlmsg_seq, ==, 9);
        netlink_queue_clear(&q);
}

static void test_acks(void) {
        /* An ack ends its request; a gap in the acks means those before it were lost; strange and repeated
         * numbers, and numbers of what was not sent yet, are ignored. */
        NetlinkQueue q = {.head_sequence = UINT32_MAX - 1};
        int a, b, c, d;

        push(&q, 4, &a);
        push(&q, 4, &b);
        push(&q, 4, &c);
        netlink_queue_acked(&q, UINT32_MAX - 1, 0, NULL);
        expect_none(&q);
        send_all(&q);
        push(&q, 4, &d);
        netlink_queue_acked(&q, 12345, -EPERM, NULL);
        netlink_queue_acked(&q, UINT32_MAX - 2, -EPERM, NULL);
        netlink_queue_acked(&q, 1, -EPERM, NULL);
        expect_none(&q);
        netlink_queue_acked(&q, UINT32_MAX, -EEXIST, NULL);
        netlink_queue_acked(&q, UINT32_MAX, -EPERM, NULL);
        expect(&q, &a, -ENOBUFS);
        expect(&q, &b, -EEXIST);
        expect_none(&q);
        netlink_queue_acked(&q, 0, 0, NULL);
        expect(&q, &c, 0);
        expect_none(&q);
        send_all(&q);
        netlink_queue_acked(&q, 1, 0, NULL);
        expect(&q, &d, 0);
        netlink_queue_clear(&q);
}

static void test_words(void) {
        /* The kernel's words stay with their request, and are freed with it if nobody takes it. */
        NetlinkQueue q = {0};
        char words[] = "it is so";
        NetlinkPending p;
        int a;

        push(&q, 4, &a);
        push(&q, 4, &a);
        push(&q, 4, &a);
        send_all(&q);
        netlink_queue_acked(&q, 0, -EINVAL, words);
        words[0] = 'I';
        netlink_queue_acked(&q, 2, -EINVAL, words);
        g_assert_true(netlink_queue_take_done(&q, &p));
        g_assert_cmpstr(p.words, ==, "it is so");
        free(p.words);
        g_assert_true(netlink_queue_take_done(&q, &p));
        g_assert_null(p.words);
        netlink_queue_clear(&q);
}

static void test_fail(void) {
        /* When acks were lost, what was sent ends in the error and what waits goes on; when sending fails,
         * both end. */
        NetlinkQueue q = {0};
        int a, b;

        push(&q, 4, &a);
        send_all(&q);
        push(&q, 4, &b);
        netlink_queue_fail(&q, false, -ENOBUFS);
        expect(&q, &a, -ENOBUFS);
        expect_none(&q);
        push(&q, 4, &a);
        netlink_queue_fail(&q, true, -EIO);
        expect(&q, &b, -EIO);
        expect(&q, &a, -EIO);
        expect_none(&q);
        netlink_queue_clear(&q);
}

static void test_cancel_and_wrap(void) {
        /* Cancelled callbacks are forgotten in every state; the ring keeps its order over many rounds and
         * when it grows while it is wrapped around. */
        NetlinkQueue q = {0};
        NetlinkPending p;
        size_t in = 0, out = 0;
        int keep, forget;

        for (unsigned round = 0; round < 50; round++) {
                for (unsigned i = 0; i < 40; i++)
                        push(&q, 4, (void *)(uintptr_t)++in);
                send_all(&q);
                netlink_queue_acked(&q, (uint32_t)(out + 29), 0, NULL);
                for (unsigned i = 0; i < 30; i++)
                        expect(&q, (void *)(uintptr_t)++out, i == 29 ? 0 : -ENOBUFS);
        }
        netlink_queue_fail(&q, false, 0);
        while (netlink_queue_take_done(&q, &p))
                g_assert_true(p.userdata == (void *)(uintptr_t)++out);
        g_assert_cmpuint(in, ==, out);

        push(&q, 4, &forget);
        netlink_queue_fail(&q, true, 0);
        push(&q, 4, &keep);
        send_all(&q);
        push(&q, 4, &forget);
        netlink_queue_cancel(&q, &forget);
        netlink_queue_fail(&q, true, 0);
        g_assert_true(netlink_queue_take_done(&q, &p) && !p.ack);
        g_assert_true(netlink_queue_take_done(&q, &p) && p.ack == ack && p.userdata == &keep);
        g_assert_true(netlink_queue_take_done(&q, &p) && !p.ack);
        netlink_queue_clear(&q);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/net/queue/chunks", test_chunks);
        g_test_add_func("/net/queue/acks", test_acks);
        g_test_add_func("/net/queue/words", test_words);
        g_test_add_func("/net/queue/fail", test_fail);
        g_test_add_func("/net/queue/cancel-and-wrap", test_cancel_and_wrap);
        return g_test_run();
}
