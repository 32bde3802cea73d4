/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Dumps: the question, the reading of its answers up to NLMSG_DONE, and the asking again when the kernel
 * says that its tables changed in between. Owns the socket of one dump. What an answer means is the
 * callback's business. */

#include "service/net/dump.h"

#include "service/net/netlink-socket.h"
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <sys/socket.h>

/* The kernel waits with the rest of a dump until the reader has made room, so this need not be large. */
#define DUMP_RECEIVE_SIZE (256 * 1024)

struct Dump {
        int fd;
        uint16_t type;
        uint8_t family;
        uint32_t sequence;
        bool interrupted;
        uint8_t buffer[NETLINK_DATAGRAM_MAX] __attribute__((aligned(NLMSG_ALIGNTO)));
};

/* Every RTM_GET... header begins with the family, and zero means "all" in the rest of each; struct ifinfomsg
 * is the largest. Link statistics are left out: they are most of a link's message and nobody here reads
 * them. */
static int send_request(Dump *d) {
        struct {
                struct nlmsghdr header;
                struct ifinfomsg info;
                struct rtattr attribute;
                uint32_t mask;
        } request = {
                        .header =
                                        {
                                                        .nlmsg_len = NLMSG_LENGTH(sizeof(struct ifinfomsg)),
                                                        .nlmsg_type = d->type,
                                                        .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
                                                        .nlmsg_seq = ++d->sequence,
                                        },
                        .info.ifi_family = d->family,
                        .attribute = {.rta_len = RTA_LENGTH(sizeof(uint32_t)), .rta_type = IFLA_EXT_MASK},
                        .mask = RTEXT_FILTER_SKIP_STATS,
        };

        if (d->type == RTM_GETLINK)
                request.header.nlmsg_len = sizeof(request);
        if (d->type == RTM_GETROUTE) {
                /* The kernel leaves out all routes but ours, if it is new enough to be strict about what it
                 * is asked. */
                struct rtmsg *info = (struct rtmsg *)(void *)&request.info;
                int one = 1;

                request.header.nlmsg_len = NLMSG_LENGTH(sizeof(*info));
                info->rtm_protocol = VRRPD_PROTOCOL;
                (void)setsockopt(d->fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &one, sizeof(one));
        }
        d->interrupted = false;
        if (send(d->fd, &request, request.header.nlmsg_len, 0) < 0)
                return -errno;
        return 0;
}

int dump_new(uint16_t type, int family, Dump **ret) {
        _cleanup_(dump_freep) Dump *d = NULL;
        int r;

        d = malloc(sizeof(*d));
        if (!d)
                return -ENOMEM;
        d->fd = -EBADF;
        d->type = type;
        d->family = (uint8_t)family;
        d->sequence = 0;
        r = netlink_socket_open(DUMP_RECEIVE_SIZE, &d->fd);
        if (r < 0)
                return r;
        r = send_request(d);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(d);
        return 0;
}

Dump *dump_free(Dump *d) {
        if (!d)
                return NULL;
        safe_close(d->fd);
        free(d);
        return NULL;
}

int dump_fd(const Dump *d) {
        return d->fd;
}

/* NLMSG_DONE, or NLMSG_ERROR in its place; both carry a negative errno or 0 first. */
static int finish(Dump *d, const struct nlmsghdr *header) {
        int error = 0, r;

        if (header->nlmsg_len >= NLMSG_LENGTH(sizeof(error)))
                memcpy(&error, NLMSG_DATA(header), sizeof(error));
        if (error < 0)
                return error;
        if (!d->interrupted)
                return DUMP_DONE;
        r = send_request(d);
        return r < 0 ? r : DUMP_AGAIN;
}

int dump_read(Dump *d, NetlinkMessage callback, void *userdata) {
        const struct nlmsghdr *header;
        ssize_t n;

        n = netlink_socket_receive(d->fd, d->buffer, sizeof(d->buffer));
        if (n < 0)
                return (int)n;
        for (header = (const struct nlmsghdr *)(const void *)d->buffer; NLMSG_OK(header, n);
                        header = NLMSG_NEXT(header, n)) {
                if (header->nlmsg_seq != d->sequence)
                        continue;
                if (header->nlmsg_flags & NLM_F_DUMP_INTR)
                        d->interrupted = true;
                if (header->nlmsg_type == NLMSG_DONE || header->nlmsg_type == NLMSG_ERROR)
                        return finish(d, header);
                callback(header, userdata);
        }
        return DUMP_MORE;
}

int dump_run(uint16_t type, int family, usec_t timeout_usec, void (*begin)(void *userdata),
                NetlinkMessage callback, void *userdata) {
        usec_t end_usec = usec_add(netlink_clock_usec(), timeout_usec);
        _cleanup_(dump_freep) Dump *d = NULL;
        int r;

        r = dump_new(type, family, &d);
        if (r < 0)
                return r;
        begin(userdata);
        for (;;) {
                struct pollfd pollfd = {.fd = d->fd, .events = POLLIN};

                r = dump_read(d, callback, userdata);
                if (r == DUMP_DONE)
                        return 0;
                if (r == DUMP_AGAIN)
                        begin(userdata);
                if (r == -EAGAIN)
                        r = netlink_wait(&pollfd, 1, end_usec);
                else if (r > 0 && netlink_clock_usec() >= end_usec)
                        r = -ETIMEDOUT;
                if (r < 0)
                        return r;
        }
}
