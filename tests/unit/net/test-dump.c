/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Dumps against a kernel made of code: this file is linked in the place of netlink-socket.c, and the other
 * end of a socket pair answers. */

#include "service/net/dump.h"
#include "service/net/netlink-socket.h"

#include <glib.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <sys/socket.h>

/* The kernel's end of the last socket that was opened, what opening shall give, and the clock. */
static int kernel_fd = -EBADF, open_error;
static usec_t clock_usec;

int netlink_socket_open(size_t receive_size, int *ret_fd) {
        int fds[2];

        if (open_error < 0)
                return open_error;
        g_assert_cmpint(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds), ==, 0);
        safe_close(kernel_fd);
        kernel_fd = fds[0];
        *ret_fd = fds[1];
        return 0;
}

ssize_t netlink_socket_receive(int fd, void *buf, size_t size) {
        ssize_t n = recv(fd, buf, size, 0);

        return n < 0 ? -errno : n == 0 ? -ENOBUFS : n;
}

usec_t netlink_clock_usec(void) {
        return clock_usec;
}

int netlink_wait(struct pollfd *fds, size_t n_fds, usec_t end_usec) {
        g_assert_cmpint(poll(fds, n_fds, 0), ==, 0);
        clock_usec = end_usec;
        return -ETIMEDOUT;
}

/* The sequence number of the next request; it must be a dump of this type. */
static uint32_t take_request(uint16_t type) {
        struct nlmsghdr header;

        g_assert_cmpint(recv(kernel_fd, &header, sizeof(header), MSG_TRUNC), >=, sizeof(header));
        g_assert_cmpuint(header.nlmsg_type, ==, type);
        g_assert_cmpuint(header.nlmsg_flags, ==, NLM_F_REQUEST | NLM_F_DUMP);
        return header.nlmsg_seq;
}

static void answer(uint16_t type, uint16_t flags, uint32_t sequence, int error) {
        struct {
                struct nlmsghdr header;
                int error;
        } message = {
                        .header =
                                        {
                                                        .nlmsg_len = sizeof(message),
                                                        .nlmsg_type = type,
                                                        .nlmsg_flags = NLM_F_MULTI | flags,
                                                        .nlmsg_seq = sequence,
                                        },
                        .error = error,
        };

        g_assert_cmpint(send(kernel_fd, &message, sizeof(message), 0), ==, sizeof(message));
}

typedef struct Count {
        unsigned n_messages, n_begun;
        void (*at_begin)(unsigned n_begun);
} Count;

static void on_message(const struct nlmsghdr *header, void *userdata) {
        Count *c = userdata;

        g_assert_cmpuint(header->nlmsg_type, ==, RTM_NEWADDR);
        c->n_messages++;
}

static void on_begin(void *userdata) {
        Count *c = userdata;

        c->n_begun++;
        c->n_messages = 0;
        if (c->at_begin)
                c->at_begin(c->n_begun);
}

static void test_plain(void) {
        /* Messages up to the end; strange sequence numbers are not heard. */
        _cleanup_(dump_freep) Dump *d = NULL;
        Count c = {0};
        uint32_t sequence;

        g_assert_cmpint(dump_new(RTM_GETADDR, AF_INET, &d), ==, 0);
        sequence = take_request(RTM_GETADDR);
        g_assert_cmpint(dump_read(d, on_message, &c), ==, -EAGAIN);
        answer(RTM_NEWADDR, 0, sequence, 0);
        answer(RTM_NEWADDR, 0, sequence + 7, 0);
        answer(NLMSG_DONE, 0, sequence + 7, -EIO);
        answer(NLMSG_DONE, 0, sequence, 0);
        for (unsigned i = 0; i < 3; i++)
                g_assert_cmpint(dump_read(d, on_message, &c), ==, DUMP_MORE);
        g_assert_cmpint(dump_read(d, on_message, &c), ==, DUMP_DONE);
        g_assert_cmpuint(c.n_messages, ==, 1);
}

static void test_interrupted(void) {
        /* A dump that the kernel marks inconsistent anywhere, the end included, is asked again under a new
         * number, until one is not; what is left of the old one is not heard. */
        _cleanup_(dump_freep) Dump *d = NULL;
        Count c = {0};
        uint32_t first, second, third;

        g_assert_cmpint(dump_new(RTM_GETADDR, AF_UNSPEC, &d), ==, 0);
        first = take_request(RTM_GETADDR);
        answer(RTM_NEWADDR, NLM_F_DUMP_INTR, first, 0);
        answer(NLMSG_DONE, 0, first, 0);
        g_assert_cmpint(dump_read(d, on_message, &c), ==, DUMP_MORE);
        g_assert_cmpint(dump_read(d, on_message, &c), ==, DUMP_AGAIN);
        second = take_request(RTM_GETADDR);
        g_assert_cmpuint(second, !=, first);
        answer(NLMSG_DONE, NLM_F_DUMP_INTR, second, 0);
        g_assert_cmpint(dump_read(d, on_message, &c), ==, DUMP_AGAIN);
        third = take_request(RTM_GETADDR);
        answer(RTM_NEWADDR, 0, second, 0);
        answer(NLMSG_DONE, 0, third, 0);
        g_assert_cmpint(dump_read(d, on_message, &c), ==, DUMP_MORE);
        g_assert_cmpint(dump_read(d, on_message, &c), ==, DUMP_DONE);
        g_assert_cmpuint(c.n_messages, ==, 1);
}

static void test_errors(void) {
        /* The kernel's refusal, at the begin or at the end, is the result; so is the error of the socket, in
         * opening, reading and asking again. */
        _cleanup_(dump_freep) Dump *d = NULL;
        Count c = {0};
        uint32_t sequence;

        open_error = -EMFILE;
        g_assert_cmpint(dump_new(RTM_GETADDR, AF_INET, &d), ==, -EMFILE);
        open_error = 0;
        g_assert_cmpint(dump_new(RTM_GETADDR, AF_INET, &d), ==, 0);
        sequence = take_request(RTM_GETADDR);
        answer(NLMSG_ERROR, 0, sequence, -EOPNOTSUPP);
        g_assert_cmpint(dump_read(d, on_message, &c), ==, -EOPNOTSUPP);
        answer(NLMSG_DONE, NLM_F_DUMP_INTR, sequence, -ENOMEM);
        g_assert_cmpint(dump_read(d, on_message, &c), ==, -ENOMEM);
        answer(NLMSG_DONE, NLM_F_DUMP_INTR, sequence, 0);
        g_assert_cmpint(shutdown(kernel_fd, SHUT_RD), ==, 0);
        g_assert_cmpint(dump_read(d, on_message, &c), ==, -EPIPE);
        g_assert_cmpint(shutdown(kernel_fd, SHUT_WR), ==, 0);
        g_assert_cmpint(dump_read(d, on_message, &c), ==, -ENOBUFS);
        g_assert_cmpuint(c.n_messages, ==, 0);
}

/* The first pass is inconsistent and shows two, the second one. */
static void two_passes(unsigned n_begun) {
        uint32_t sequence = take_request(RTM_GETADDR);

        answer(RTM_NEWADDR, 0, sequence, 0);
        if (n_begun == 1)
                answer(RTM_NEWADDR, 0, sequence, 0);
        answer(NLMSG_DONE, n_begun == 1 ? NLM_F_DUMP_INTR : 0, sequence, 0);
}

static void test_run(void) {
        /* The synchronous form tells of each new pass, so that what the void one said can be forgotten. */
        Count c = {.at_begin = two_passes};

        g_assert_cmpint(dump_run(RTM_GETADDR, AF_UNSPEC, USEC_PER_SEC, on_begin, on_message, &c), ==, 0);
        g_assert_cmpuint(c.n_begun, ==, 2);
        g_assert_cmpuint(c.n_messages, ==, 1);
}

static void never_consistent(unsigned n_begun) {
        answer(NLMSG_DONE, NLM_F_DUMP_INTR, take_request(RTM_GETADDR), 0);
        clock_usec += USEC_PER_SEC;
}

static void test_timeout(void) {
        /* It ends in time when no answer comes, and when the answers are never consistent; an error of the
         * kernel ends it at once. */
        Count silent = {0}, restless = {.at_begin = never_consistent};

        g_assert_cmpint(dump_run(RTM_GETADDR, AF_UNSPEC, USEC_PER_SEC, on_begin, on_message, &silent), ==,
                        -ETIMEDOUT);
        g_assert_cmpint(dump_run(RTM_GETADDR, AF_UNSPEC, 10 * USEC_PER_SEC, on_begin, on_message, &restless),
                        ==, -ETIMEDOUT);
        g_assert_cmpuint(restless.n_begun, ==, 10);
        open_error = -EMFILE;
        g_assert_cmpint(dump_run(RTM_GETADDR, AF_UNSPEC, USEC_PER_SEC, on_begin, on_message, &silent), ==,
                        -EMFILE);
        open_error = 0;
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/net/dump/plain", test_plain);
        g_test_add_func("/net/dump/interrupted", test_interrupted);
        g_test_add_func("/net/dump/errors", test_errors);
        g_test_add_func("/net/dump/run", test_run);
        g_test_add_func("/net/dump/timeout", test_timeout);
        return g_test_run();
}
