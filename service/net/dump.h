/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* One rtnetlink dump on a socket of its own, so that no ack and no notification can be lost in its crowd,
 * and so that it can be thrown away and asked again. Internal to this room. */

#include "service/net/netlink.h"

typedef struct Dump Dump;

/* Asks for all objects of a type (RTM_GETLINK, RTM_GETADDR...) in a family (AF_UNSPEC = all). Errors:
 * -errno. */
int dump_new(uint16_t type, int family, Dump **ret);
Dump *dump_free(Dump *d);
DEFINE_CLEANUP(Dump, dump_free);

int dump_fd(const Dump *d);
/* What dump_read() returns when nothing is wrong. */
enum {
        DUMP_DONE = 0,  /* that was all */
        DUMP_MORE = 1,  /* there is more to come */
        DUMP_AGAIN = 2, /* the tables changed meanwhile (NLM_F_DUMP_INTR): the whole was asked for again */
};

/* Reads one datagram of answers and gives each message to callback. Returns one of the above; -EAGAIN: wait
 * until the descriptor is readable; another -errno: the kernel refused, or answers were lost. */
int dump_read(Dump *d, NetlinkMessage callback, void *userdata);

/* The whole at once, synchronously, without event loop: for the start and for other threads. begin: called
 * before each pass, must forget what an earlier one said. -ETIMEDOUT. */
int dump_run(uint16_t type, int family, usec_t timeout_usec, void (*begin)(void *userdata),
                NetlinkMessage callback, void *userdata);
