/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Finds the marked addresses by a dump and removes them, some dozens at a time. Works alone, without mirror
 * and without anybody's event loop, as it also runs in a process that does nothing else.
 *
 * A virtual address can be the first of its subnet: the host's own one went for a moment while we had it.
 * When the first one goes, the kernel takes the others of the subnet along, unless promote_secondaries is
 * on. Where that would take an address of the host it is on for just the removals. All of it is sent in one
 * call, which the kernel carries out to its end: nobody who is killed leaves the setting changed. */

#include "service/net/address-sweep.h"

#include "service/net/address.h"
#include "service/net/dump.h"
#include "service/net/macvlan.h"
#include "service/net/message.h"
#include "service/net/routing-sweep.h"
#include "service/net/sysctl.h"
#include <linux/if_addr.h>
#include <linux/ip.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>

#define TIMEOUT_USEC (10 * USEC_PER_SEC)

/* What fits into one call between the two changes of the setting. */
#define REMOVALS_PER_CALL (NETLINK_TURN - 2)

typedef struct Sweep {
        AddressRequest *marked;
        size_t n, allocated;
        int *hosts; /* links on which an address of the host is a secondary one */
        size_t n_hosts;
        int error;
} Sweep;

static void begin(void *userdata) {
        Sweep *s = userdata;

        s->n = s->n_hosts = 0;
}

static void note_host_secondary(Sweep *s, int ifindex) {
        int *hosts;

        if (s->n_hosts > 0 && s->hosts[s->n_hosts - 1] == ifindex)
                return;
        hosts = reallocarray(s->hosts, s->n_hosts + 1, sizeof(*hosts));
        if (!hosts) {
                s->error = -ENOMEM;
                return;
        }
        s->hosts = hosts;
        s->hosts[s->n_hosts++] = ifindex;
}

static void on_address(const struct nlmsghdr *header, void *userdata) {
        Sweep *s = userdata;
        VrrpAddress peer;
        LinkAddress a;
        int ifindex;

        if (header->nlmsg_type != RTM_NEWADDR || !message_parse_address(header, &ifindex, &a, &peer))
                return;
        if (a.protocol != VRRPD_PROTOCOL) {
                if (a.address.family == AF_INET && (a.flags & IFA_F_SECONDARY))
                        note_host_secondary(s, ifindex);
                return;
        }
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

static bool needs_promotion(const Sweep *s, int ifindex) {
        int own = 0, all = 0;
        char name[IF_NAMESIZE];
        bool found = false;

        for (size_t i = 0; i < s->n_hosts; i++)
                found = found || s->hosts[i] == ifindex;
        if (!found || !if_indextoname((unsigned)ifindex, name))
                return false;
        (void)sysctl_read("ipv4", name, "promote_secondaries", &own);
        (void)sysctl_read("ipv4", "all", "promote_secondaries", &all);
        return own == 0 && all == 0;
}

/* The first of a link's addresses from `i` on, as many as one call takes. Returns how many, or -errno. */
static ssize_t remove_some(Sweep *s, size_t i, Netlink *netlink) {
        int ifindex = s->marked[i].ifindex, r = 0;
        bool promote = s->marked[i].address.family == AF_INET && needs_promotion(s, ifindex);
        size_t n = 0;

        if (promote)
                r = link_set_devconf(netlink, ifindex, IPV4_DEVCONF_PROMOTE_SECONDARIES, 1, NULL, NULL);
        for (; r >= 0 && n < REMOVALS_PER_CALL && i + n < s->n && s->marked[i + n].ifindex == ifindex; n++)
                r = address_remove(netlink, &s->marked[i + n], on_removed, s);
        if (r >= 0 && promote)
                r = link_set_devconf(netlink, ifindex, IPV4_DEVCONF_PROMOTE_SECONDARIES, 0, NULL, NULL);
        if (r >= 0)
                r = netlink_drain(netlink, TIMEOUT_USEC);
        return r < 0 ? r : (ssize_t)n;
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
        for (size_t i = 0; i < s->n;) {
                ssize_t n = remove_some(s, i, netlink);

                if (n < 0)
                        return (int)n;
                i += (size_t)n;
        }
        return 0;
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
        free(s.hosts);
        if (r >= 0)
                r = s.error;
        if (r >= 0 && routing < 0)
                r = routing;
        return r < 0 ? r : (int)s.n + routing;
}
