/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* rtnetlink's system calls. Owns nothing and knows no message: the descriptor it opens is the caller's, the
 * bytes it reads go to whoever asked (the request socket, the notification socket, a dump). */

#include "service/net/netlink-socket.h"

#include <linux/filter.h>
#include <linux/rtnetlink.h>
#include <endian.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>

/* The options are wishes: without them acks are larger or buffers smaller, and both are coped with. */
static void set_options(int fd, size_t receive_size) {
        int one = 1, size = (int)receive_size;

        (void)setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof(one));
        (void)setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof(one));
        if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
                (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
}

int netlink_socket_open(size_t receive_size, int *ret_fd) {
        const struct sockaddr_nl any = {.nl_family = AF_NETLINK};
        _cleanup_close_ int fd = -EBADF;

        fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
        if (fd < 0)
                return -errno;
        if (bind(fd, (const struct sockaddr *)&any, sizeof(any)) < 0)
                return -errno;
        set_options(fd, receive_size);
        *ret_fd = TAKE_FD(fd);
        return 0;
}

int netlink_socket_port(int fd, uint32_t *ret) {
        struct sockaddr_nl address = {0};
        socklen_t size = sizeof(address);

        if (getsockname(fd, (struct sockaddr *)&address, &size) < 0)
                return -errno;
        *ret = address.nl_pid;
        return 0;
}

int netlink_socket_filter_routes(int fd, uint8_t protocol) {
        /* BPF loads in network order, netlink writes in the host's. */
        struct sock_filter code[] = {
                        BPF_STMT(BPF_LD | BPF_H | BPF_ABS, offsetof(struct nlmsghdr, nlmsg_type)),
                        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htobe16(RTM_DELROUTE), 3, 0),
                        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htobe16(RTM_NEWROUTE), 0, 5),
                        BPF_STMT(BPF_LD | BPF_H | BPF_ABS, offsetof(struct nlmsghdr, nlmsg_flags)),
                        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, htobe16(NLM_F_REPLACE), 3, 0),
                        BPF_STMT(BPF_LD | BPF_B | BPF_ABS,
                                        NLMSG_HDRLEN + offsetof(struct rtmsg, rtm_protocol)),
                        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, protocol, 1, 0),
                        BPF_STMT(BPF_RET | BPF_K, 0),
                        BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
        };
        const struct sock_fprog program = {.len = ELEMENTSOF(code), .filter = code};

        return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) < 0 ? -errno : 0;
}

ssize_t netlink_socket_receive(int fd, void *buf, size_t size) {
        for (;;) {
                struct sockaddr_nl from = {0};
                struct iovec iov = {.iov_base = buf, .iov_len = size};
                struct msghdr message = {
                                .msg_name = &from,
                                .msg_namelen = sizeof(from),
                                .msg_iov = &iov,
                                .msg_iovlen = 1,
                };
                ssize_t n;

                n = recvmsg(fd, &message, MSG_DONTWAIT);
                if (n < 0) {
                        if (errno == EINTR)
                                continue;
                        return -errno;
                }
                if (from.nl_pid != 0)
                        continue;
                if (message.msg_flags & MSG_TRUNC)
                        return -EMSGSIZE;
                return n;
        }
}

usec_t netlink_clock_usec(void) {
        struct timespec t;

        clock_gettime(CLOCK_MONOTONIC, &t);
        return (usec_t)t.tv_sec * USEC_PER_SEC + (usec_t)t.tv_nsec / NSEC_PER_USEC;
}

int netlink_wait(struct pollfd *fds, size_t n_fds, usec_t end_usec) {
        for (;;) {
                usec_t now = netlink_clock_usec();
                int r;

                if (now >= end_usec)
                        return -ETIMEDOUT;
                r = poll(fds, n_fds, (int)MIN((end_usec - now) / USEC_PER_MSEC + 1, (usec_t)1000));
                if (r > 0)
                        return 0;
                if (r < 0 && errno != EINTR)
                        return -errno;
        }
}
