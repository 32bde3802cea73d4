/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Opening an rtnetlink socket and taking one datagram from it: the system calls that everything here which
 * speaks rtnetlink shares. Internal to this room. */

#include "service/util/macro.h"
#include <sys/types.h>

/* Large enough for whatever the kernel puts in one datagram: it never makes dump answers larger than 32 KiB.
 */
#define NETLINK_DATAGRAM_MAX (64 * 1024)

/* Non-blocking, close-on-exec, bound, with extended and capped acks (NETLINK_EXT_ACK, NETLINK_CAP_ACK;
 * netlink(7)) and a receive buffer of receive_size bytes (SO_RCVBUFFORCE where permitted, else as much as
 * the system allows). Errors: -errno of socket(), bind(). */
int netlink_socket_open(size_t receive_size, int *ret_fd);
/* The address of a socket as messages name it (nlmsg_pid). -errno of getsockname(). */
int netlink_socket_port(int fd, uint32_t *ret);
/* Receive no notification of a route but those of this protocol and those that took another one's place: a
 * host may learn a million routes, and hardly one of them is our business. -errno: the kernel cannot, all of
 * them come. */
int netlink_socket_filter_routes(int fd, uint8_t protocol);

/* One datagram from the kernel into buf; what other processes sent is skipped. Returns its size in bytes,
 * -EAGAIN (nothing there), -ENOBUFS (the kernel dropped something for want of buffer space), -EMSGSIZE (it
 * did not fit: likewise lost), or another -errno of recvmsg(). */
ssize_t netlink_socket_receive(int fd, void *buf, size_t size);

/* CLOCK_MONOTONIC in microseconds: for the timeouts of what is synchronous here. */
usec_t netlink_clock_usec(void);
/* Sleeps until one of the descriptors is readable or the clock passes end_usec: 0 or -ETIMEDOUT. */
struct pollfd;
int netlink_wait(struct pollfd *fds, size_t n_fds, usec_t end_usec);
