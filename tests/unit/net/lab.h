/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Two network namespaces joined by a veth pair, for tests of what talks to the kernel. Both ends are called
 * eth0. The namespaces have no name: they are gone with the test program, however it ends. Needs root. */

#include "service/core/types.h"
#include "service/net/link.h"
#include <glib.h>
#include <systemd/sd-event.h>

typedef struct Lab {
        int here_fd, there_fd;
        sd_event *event;
} Lab;

/* Makes both namespaces, enters "here". Links are up; here has 192.0.2.1/24, there 192.0.2.2/24; no
 * duplicate address detection. */
void lab_setup(Lab *lab, const void *unused);
void lab_teardown(Lab *lab, const void *unused);
/* Which namespace the thread is in from now on: what is opened there stays there. */
void lab_enter_here(Lab *lab);
void lab_enter_there(Lab *lab);

/* Runs one command (split at blanks) in the present namespace; it must succeed. */
void lab_run(const char *format, ...) G_GNUC_PRINTF(1, 2);
/* Feeds `ip -batch` with the text. */
void lab_ip_batch(const char *commands);
/* Sets a link up and waits until it has carrier and its queue takes frames; before, the kernel drops them
 * silently. The other end must be up or be set up by somebody else. */
void lab_link_up(const char *name);
int lab_ifindex(const char *name);
VrrpAddress lab_address(const char *text);

/* Runs the loop until done() says true; the test fails if that takes unreasonably long. */
void lab_wait(Lab *lab, bool (*done)(void *userdata), void *userdata);
/* Runs the loop for what is ready now, without waiting. */
void lab_run_ready(Lab *lab);

/* Gives all netlink sockets of this process the smallest receive buffer there is, so that the kernel loses
 * what it has to say. */
void lab_shrink_buffers(int size);
/* The notification and request sockets that are open now: their netlink port ids. Returns how many. */
size_t lab_netlink_ports(uint32_t *ret, size_t max);
/* What f returns when an unprivileged user calls it (in a child process). */
int lab_as_nobody(int (*f)(void *userdata), void *userdata);

/* What the kernel says of an address, by a dump of the test's own; false = it is not there. */
typedef struct LabAddress {
        uint8_t prefixlen, protocol, scope;
        uint32_t flags;
        char label[16];
        VrrpAddress broadcast, peer;
        uint32_t preferred_lifetime;
} LabAddress;
bool lab_find_address(int ifindex, const char *text, LabAddress *ret);
/* How many addresses of a family the kernel has on a link. */
unsigned lab_count_addresses(int ifindex, int family);
/* The addresses of a link as text, one a line, in the kernel's order. Free with g_free(). */
char *lab_list_addresses(int ifindex);
