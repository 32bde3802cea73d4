/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Two dumps, links and then addresses, into arrays. Owns what it returns and nothing else; no event loop, no
 * static data, hence fit for any thread. Our own addresses are left out: a configuration is judged by what
 * the host has without us. */

#include "service/net/snapshot.h"

#include "service/net/dump.h"
#include "service/net/message.h"
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#define TIMEOUT_USEC (5 * USEC_PER_SEC)

typedef struct Filling {
        NetSnapshot *snapshot;
        int error;
} Filling;

static int compare_links(const void *a, const void *b) {
        const NetSnapshotLink *x = a, *y = b;

        return (x->ifindex > y->ifindex) - (x->ifindex < y->ifindex);
}

/* Makes room for one more item behind n: arrays grow when their length is a power of two. */
static int reserve(void **array, size_t n, size_t item_size) {
        void *grown;

        if ((n & (n - 1)) != 0)
                return 0;
        grown = reallocarray(*array, MAX(n * 2, (size_t)1), item_size);
        if (!grown)
                return -ENOMEM;
        *array = grown;
        return 0;
}

static void forget_addresses(void *userdata) {
        Filling *filling = userdata;
        NetSnapshot *s = filling->snapshot;

        for (size_t i = 0; i < s->n_links; i++) {
                free(s->links[i].addresses);
                free(s->links[i].prefixlens);
                s->links[i].addresses = NULL;
                s->links[i].prefixlens = NULL;
                s->links[i].n_addresses = 0;
        }
}

static void forget_links(void *userdata) {
        Filling *filling = userdata;

        filling->snapshot->n_links = 0;
}

static void on_link(const struct nlmsghdr *header, void *userdata) {
        Filling *filling = userdata;
        NetSnapshot *s = filling->snapshot;
        Link link = {0};

        if (filling->error < 0 || header->nlmsg_type != RTM_NEWLINK || !message_parse_link(header, &link))
                return;
        filling->error = reserve((void **)&s->links, s->n_links, sizeof(*s->links));
        if (filling->error < 0)
                return;
        s->links[s->n_links] = (NetSnapshotLink){.ifindex = link.ifindex};
        memcpy(s->links[s->n_links].name, link.name, sizeof(link.name));
        s->n_links++;
}

static void on_address(const struct nlmsghdr *header, void *userdata) {
        Filling *filling = userdata;
        NetSnapshot *s = filling->snapshot;
        NetSnapshotLink key = {0}, *link;
        LinkAddress a;

        if (filling->error < 0 || header->nlmsg_type != RTM_NEWADDR ||
                        !message_parse_address(header, &key.ifindex, &a, NULL) ||
                        a.protocol == VRRPD_PROTOCOL)
                return;
        link = s->n_links > 0 ? bsearch(&key, s->links, s->n_links, sizeof(key), compare_links) : NULL;
        if (!link)
                return;
        filling->error = reserve((void **)&link->addresses, link->n_addresses, sizeof(*link->addresses));
        if (filling->error >= 0)
                filling->error = reserve(
                                (void **)&link->prefixlens, link->n_addresses, sizeof(*link->prefixlens));
        if (filling->error < 0)
                return;
        link->addresses[link->n_addresses] = a.address;
        link->prefixlens[link->n_addresses] = a.prefixlen;
        link->n_addresses++;
}

int net_snapshot_take(NetSnapshot **ret) {
        _cleanup_(net_snapshot_freep) NetSnapshot *s = NULL;
        Filling filling = {0};
        int r;

        s = calloc(1, sizeof(*s));
        if (!s)
                return -ENOMEM;
        filling.snapshot = s;
        r = dump_run(RTM_GETLINK, AF_UNSPEC, TIMEOUT_USEC, forget_links, on_link, &filling);
        if (r < 0)
                return r;
        if (s->n_links > 0)
                qsort(s->links, s->n_links, sizeof(*s->links), compare_links);
        r = dump_run(RTM_GETADDR, AF_UNSPEC, TIMEOUT_USEC, forget_addresses, on_address, &filling);
        if (r < 0)
                return r;
        if (filling.error < 0)
                return filling.error;
        *ret = TAKE_PTR(s);
        return 0;
}

NetSnapshot *net_snapshot_free(NetSnapshot *s) {
        if (!s)
                return NULL;
        forget_addresses(&(Filling){.snapshot = s});
        free(s->links);
        free(s);
        return NULL;
}
