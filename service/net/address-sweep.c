/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Finds the marked addresses by a dump and removes them in one batch. Works alone, without mirror and
 * without anybody's event loop, as it also runs in a process that does nothing else. */

#include "service/net/address-sweep.h"

#include "service/net/address.h"
#include "service/net/dump.h"
#include "service/net/message.h"
#include "service/net/routing-sweep.h"
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#define TIMEOUT_USEC (10 * USEC_PER_SEC)

typedef struct Sweep {
        AddressRequest *marked;
        size_t n, allocated;
        int error;
} Sweep;

static void begin(void *userdata) {
        Sweep *s = userdata;

        s->n = 0;
}

static void on_address(const struct nlmsghdr *header, void *userdata) {
        Sweep *s = userdata;
        VrrpAddress peer;
        LinkAddress a;
        int ifindex;

        if (header->nlmsg_type != RTM_NEWADDR || !message_parse_address(header, &ifindex, &a, &peer) ||
                        a.protocol != VRRPD_PROTOCOL)
                return;
        if (s->n == s->allocated) {
                size_t allocated = MAX(s->allocated * 2, (size_t)64);
                AddressRequest *marked = reallocarray(s->marked, allocated, sizeof(*marked));

                if (!marked) {
                        s->error = -ENOMEM;
                        return;
                }
                s->marked = marked;
                s->allocated = allocated;
        }
        s->marked[s->n++] = (AddressRequest){
                        .ifindex = ifindex, .address = a.address, .prefixlen = a.prefixlen, .peer = peer};
}

/* Gone meanwhile, alone or with its primary address or its link: that is what was wanted. */
static void on_removed(int error, void *userdata) {
        Sweep *s = userdata;

        if (error < 0 && error != -EADDRNOTAVAIL && error != -ENODEV && s->error == 0)
                s->error = error;
}

static int remove_all(Sweep *s) {
        _cleanup_(sd_event_unrefp) sd_event *event = NULL;
        _cleanup_(netlink_freep) Netlink *netlink = NULL;
        int r;

        r = sd_event_new(&event);
        if (r < 0)
                return r;
        r = netlink_new(event, SD_EVENT_PRIORITY_NORMAL, &netlink);
        if (r < 0)
                return r;
        for (size_t i = 0; i < s->n; i++) {
                r = address_remove(netlink, &s->marked[i], on_removed, s);
                if (r < 0)
                        return r;
        }
        return netlink_drain(netlink, TIMEOUT_USEC);
}

int net_remove_marked(void) {
        Sweep s = {0};
        int r, routing;

        /* First what leads to the addresses; and whatever becomes of it, the addresses must go. */
        routing = net_remove_marked_routing();

        r = dump_run(RTM_GETADDR, AF_UNSPEC, TIMEOUT_USEC, begin, on_address, &s);
        if (r >= 0 && s.n > 0)
                r = remove_all(&s);
        free(s.marked);
        if (r >= 0)
                r = s.error;
        if (r >= 0 && routing < 0)
                r = routing;
        return r < 0 ? r : (int)s.n + routing;
}
