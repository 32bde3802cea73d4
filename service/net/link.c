/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The mirror of links and addresses. Owns the entries and two hash tables over them; its only source is
 * netlink: notifications as they come, and a dump of everything at the start and after a loss.
 *
 * A dump and the notifications travel on two sockets and cross each other. The rule that makes this sound:
 * what a notification said since the dump was asked for is at least as new as the dump's answer, so such an
 * entry is marked as seen (`seen` = number of the dump) and the dump's word about it is not heard; for an
 * entry that was deleted meanwhile a tombstone is kept until the dump is over. At the end, entries that
 * neither the dump nor a notification has shown are gone. */

#include "service/net/link.h"

#include "service/net/link-address.h"
#include "service/net/message.h"
#include "service/util/log.h"
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <time.h>

#define INITIAL_FILL_TIMEOUT_USEC (10 * USEC_PER_SEC)
/* Dumps fail for want of memory, if ever. After this many in a row the mirror waits for the next loss to try
 * again. */
#define DUMP_FAILURES_MAX 8

typedef struct LinkEntry LinkEntry;
struct LinkEntry {
        Link link; /* its addresses are those of `list` */
        LinkAddressList list;
        uint32_t seen;
        LinkEntry *next_by_index, *next_by_name;
};

/* Deleted since the dump was asked for. address unset: the link itself. */
typedef struct Tombstone {
        int ifindex;
        LinkAddress address;
} Tombstone;

/* What is dumped now: first the links, then, as addresses of unknown links would be lost, the addresses. */
typedef enum Phase {
        PHASE_NONE,
        PHASE_LINKS,
        PHASE_ADDRESSES,
} Phase;

struct LinkMirror {
        Netlink *netlink;
        LinkCallback callback; /* NULL during the initial fill */
        void *userdata;

        LinkEntry **by_index, **by_name;
        size_t n_buckets; /* of each; a power of two */
        size_t n_links;

        Phase phase;
        uint32_t dump;       /* number of the dump under way or done last */
        bool again;          /* another overrun: start over */
        int error;           /* how the last dump ended */
        unsigned n_failures; /* in a row */
        LinkDelay *delays;
        size_t n_delays;
        sd_event_source *delay_source;

        Tombstone *tombstones;
        size_t n_tombstones, n_tombstones_allocated;
};

static void on_dump_done(int error, void *userdata);
static void distrust(void *userdata);

static void report(LinkMirror *m, LinkChange change, const LinkEntry *e, const LinkAddress *address) {
        if (m->callback)
                m->callback(change, &e->link, address, m->userdata);
}

/* -- Tables -- */

static size_t hash_index(const LinkMirror *m, int ifindex) {
        return ((uint32_t)ifindex * UINT32_C(2654435761) >> 7) & (m->n_buckets - 1);
}

static size_t hash_name(const LinkMirror *m, const char *name) {
        uint32_t h = UINT32_C(2166136261);

        for (; *name; name++)
                h = (h ^ (uint8_t)*name) * UINT32_C(16777619);
        return h & (m->n_buckets - 1);
}

static LinkEntry *find_by_index(const LinkMirror *m, int ifindex) {
        LinkEntry *e = m->by_index[hash_index(m, ifindex)];

        while (e && e->link.ifindex != ifindex)
                e = e->next_by_index;
        return e;
}

static LinkEntry *find_by_name(const LinkMirror *m, const char *name) {
        LinkEntry *e = m->by_name[hash_name(m, name)];

        while (e && !streq(e->link.name, name))
                e = e->next_by_name;
        return e;
}

static void entry_attach(LinkMirror *m, LinkEntry *e) {
        size_t i = hash_index(m, e->link.ifindex), j = hash_name(m, e->link.name);

        e->next_by_index = m->by_index[i];
        m->by_index[i] = e;
        e->next_by_name = m->by_name[j];
        m->by_name[j] = e;
        m->n_links++;
}

static void entry_detach(LinkMirror *m, LinkEntry *e) {
        LinkEntry **p;

        for (p = &m->by_index[hash_index(m, e->link.ifindex)]; *p != e; p = &(*p)->next_by_index)
                ;
        *p = e->next_by_index;
        for (p = &m->by_name[hash_name(m, e->link.name)]; *p != e; p = &(*p)->next_by_name)
                ;
        *p = e->next_by_name;
        m->n_links--;
}

static void entry_free(LinkEntry *e) {
        link_address_list_clear(&e->list);
        free(e);
}

/* All entries as an array that ends in NULL. NULL = no memory. */
static LinkEntry **collect(const LinkMirror *m) {
        LinkEntry **all = calloc(m->n_links + 1, sizeof(*all));
        size_t n = 0;

        for (size_t i = 0; all && i < m->n_buckets; i++)
                for (LinkEntry *e = m->by_index[i]; e; e = e->next_by_index)
                        all[n++] = e;
        return all;
}

/* Doubles the tables when there are more links than buckets. Without memory they just stay as they are. */
static void grow(LinkMirror *m) {
        size_t n_buckets = m->n_buckets * 2;
        _cleanup_free_ LinkEntry **all = NULL;
        LinkEntry **by_index, **by_name;

        if (m->n_links <= m->n_buckets)
                return;
        all = collect(m);
        by_index = calloc(n_buckets, sizeof(*by_index));
        by_name = calloc(n_buckets, sizeof(*by_name));
        if (!all || !by_index || !by_name) {
                free(by_index);
                free(by_name);
                return;
        }
        free(m->by_index);
        free(m->by_name);
        m->by_index = by_index;
        m->by_name = by_name;
        m->n_buckets = n_buckets;
        m->n_links = 0;
        for (LinkEntry **e = all; *e; e++)
                entry_attach(m, *e);
}

/* -- Dumps -- */

static bool same_address(const LinkAddress *a, const LinkAddress *b) {
        return a->prefixlen == b->prefixlen && vrrp_address_equal(&a->address, &b->address);
}

static void bury(LinkMirror *m, Phase phase, int ifindex, const LinkAddress *address) {
        if (m->phase != phase)
                return;
        if (m->n_tombstones == m->n_tombstones_allocated) {
                size_t allocated = MAX(m->n_tombstones_allocated * 2, (size_t)16);
                Tombstone *tombstones = reallocarray(m->tombstones, allocated, sizeof(*tombstones));

                if (!tombstones) {
                        distrust(m);
                        return;
                }
                m->tombstones = tombstones;
                m->n_tombstones_allocated = allocated;
        }
        m->tombstones[m->n_tombstones] = (Tombstone){.ifindex = ifindex};
        if (address)
                m->tombstones[m->n_tombstones].address = *address;
        m->n_tombstones++;
}

static bool is_buried(const LinkMirror *m, int ifindex, const LinkAddress *address) {
        const LinkAddress none = {0};

        for (size_t i = 0; i < m->n_tombstones; i++)
                if (m->tombstones[i].ifindex == ifindex &&
                                same_address(&m->tombstones[i].address, address ? address : &none))
                        return true;
        return false;
}

static int start_phase(LinkMirror *m, Phase phase) {
        m->phase = phase;
        m->n_tombstones = 0;
        m->dump++;
        for (size_t i = 0; i < m->n_buckets; i++)
                for (LinkEntry *e = m->by_index[i]; e; e = e->next_by_index)
                        e->list.cursor = 0;
        return netlink_dump(m->netlink, phase == PHASE_LINKS ? RTM_GETLINK : RTM_GETADDR, AF_UNSPEC,
                        on_dump_done, m);
}

static void remove_entry(LinkMirror *m, LinkEntry *e) {
        entry_detach(m, e);
        report(m, LINK_REMOVED, e, NULL);
        entry_free(e);
}

static void remove_address(LinkMirror *m, LinkEntry *e, size_t position) {
        LinkAddress removed = e->list.items[position];

        link_address_list_remove(&e->list, position);
        e->link.n_addresses = e->list.n;
        report(m, LINK_ADDRESS_REMOVED, e, &removed);
}

static void sweep_addresses(LinkMirror *m, LinkEntry *e) {
        for (size_t i = 0; i < e->list.n;)
                if (e->list.items[i].seen != m->dump)
                        remove_address(m, e, i);
                else
                        i++;
}

/* Drops what the dump that has just ended did not show. */
static void sweep(LinkMirror *m) {
        for (size_t i = 0; i < m->n_buckets; i++)
                for (LinkEntry *e = m->by_index[i], *next; e; e = next) {
                        next = e->next_by_index;
                        if (m->phase == PHASE_ADDRESSES)
                                sweep_addresses(m, e);
                        else if (e->seen != m->dump)
                                remove_entry(m, e);
                }
}

static void start_or_give_up(LinkMirror *m, Phase phase) {
        int r = 0;

        while (m->n_failures < DUMP_FAILURES_MAX) {
                r = start_phase(m, phase);
                if (r >= 0)
                        return;
                m->error = r;
                m->n_failures++;
        }
        m->phase = PHASE_NONE;
        m->n_failures = 0;
        log_error("Cannot read the kernel's links and addresses, what is known of them may be wrong: %s",
                        strerror(-m->error));
}

/* Something was lost, on the way or here for want of memory: everything is to be asked (again). */
static void distrust(void *userdata) {
        LinkMirror *m = userdata;

        if (m->phase != PHASE_NONE)
                m->again = true;
        else
                start_or_give_up(m, PHASE_LINKS);
}

/* A dump that failed, or that ran while more was lost, says nothing about what is missing from it. */
static void on_dump_done(int error, void *userdata) {
        LinkMirror *m = userdata;
        Phase ended = m->phase;

        m->error = error;
        if (error == -ECANCELED)
                return;
        if (error < 0 || m->again) {
                m->n_failures = error < 0 ? m->n_failures + 1 : 0;
                m->again = false;
                start_or_give_up(m, PHASE_LINKS);
                return;
        }
        m->n_failures = 0;
        sweep(m);
        m->phase = PHASE_NONE;
        if (ended == PHASE_LINKS)
                start_or_give_up(m, PHASE_ADDRESSES);
}

/* -- Links -- */

static void add_entry(LinkMirror *m, const Link *link) {
        LinkEntry *e = calloc(1, sizeof(*e));

        if (!e) {
                distrust(m);
                return;
        }
        e->link = *link;
        e->link.addresses = NULL;
        e->link.n_addresses = 0;
        e->seen = m->dump;
        entry_attach(m, e);
        grow(m);
        report(m, LINK_ADDED, e, NULL);
}

static void rename_entry(LinkMirror *m, LinkEntry *e, const Link *link) {
        entry_detach(m, e);
        report(m, LINK_REMOVED, e, NULL);
        e->link = *link;
        entry_attach(m, e);
        report(m, LINK_ADDED, e, NULL);
}

/* -- Delays -- */

static bool is_up(const Link *link) {
        return (link->flags & IFF_UP) && (link->flags & IFF_RUNNING) &&
               (link->operstate == IF_OPER_UNKNOWN || link->operstate == IF_OPER_UP);
}

bool link_usable(const Link *link) {
        return link->settled_usec > 0 ? link->was_usable : is_up(link);
}

static usec_t now_boottime(void) {
        struct timespec ts;

        (void)clock_gettime(CLOCK_BOOTTIME, &ts);
        return (usec_t)ts.tv_sec * USEC_PER_SEC + (usec_t)ts.tv_nsec / NSEC_PER_USEC;
}

static const LinkDelay *find_delay(const LinkMirror *m, const char *name) {
        for (size_t i = 0; i < m->n_delays; i++)
                if (streq(m->delays[i].name, name))
                        return &m->delays[i];
        return NULL;
}

/* The timer for the first change that is put off. */
static void arm_delays(LinkMirror *m) {
        usec_t first = USEC_INFINITY;

        for (size_t i = 0; i < m->n_buckets; i++)
                for (const LinkEntry *e = m->by_index[i]; e; e = e->next_by_index)
                        if (e->link.settled_usec > 0)
                                first = MIN(first, e->link.settled_usec);
        (void)sd_event_source_set_time(m->delay_source, first);
        (void)sd_event_source_set_enabled(
                        m->delay_source, first == USEC_INFINITY ? SD_EVENT_OFF : SD_EVENT_ONESHOT);
}

/* The callback may do anything to the tables but one thing: links do not come or go within it. */
static int on_delay(sd_event_source *source, uint64_t usec, void *userdata) {
        LinkMirror *m = userdata;
        usec_t now = now_boottime();

        for (size_t i = 0; i < m->n_buckets; i++)
                for (LinkEntry *e = m->by_index[i]; e; e = e->next_by_index)
                        if (e->link.settled_usec > 0 && e->link.settled_usec <= now) {
                                e->link.settled_usec = 0;
                                report(m, LINK_CHANGED, e, NULL);
                        }
        arm_delays(m);
        return 0;
}

/* A link went from `old` to what it is: puts off what this means, or calls off what was put off. */
static void delay_change(LinkMirror *m, LinkEntry *e, const Link *old) {
        const LinkDelay *d = m->delay_source ? find_delay(m, e->link.name) : NULL;
        bool usable = link_usable(old), up = is_up(&e->link);
        usec_t delay = !d ? 0 : up ? d->up_usec : d->down_usec;

        if (up == usable)
                e->link.settled_usec = 0;
        else if (old->settled_usec == 0 && delay > 0) {
                e->link.was_usable = usable;
                e->link.settled_usec = usec_add(now_boottime(), delay);
        }
        if (e->link.settled_usec != old->settled_usec)
                arm_delays(m);
}

int link_mirror_set_delays(
                LinkMirror *m, sd_event *event, int64_t priority, const LinkDelay *delays, size_t n) {
        LinkDelay *copy = calloc(n + 1, sizeof(*copy));
        int r = 0;

        if (!copy)
                return -ENOMEM;
        if (!m->delay_source && n > 0) {
                r = sd_event_add_time(
                                event, &m->delay_source, CLOCK_BOOTTIME, USEC_INFINITY, 1, on_delay, m);
                if (r >= 0)
                        r = sd_event_source_set_priority(m->delay_source, priority);
                if (r >= 0)
                        r = sd_event_source_set_enabled(m->delay_source, SD_EVENT_OFF);
        }
        if (r < 0) {
                m->delay_source = sd_event_source_disable_unref(m->delay_source);
                free(copy);
                return r;
        }
        if (n > 0)
                memcpy(copy, delays, n * sizeof(*copy));
        free(m->delays);
        m->delays = copy;
        m->n_delays = n;
        return 0;
}

/* -- Changes -- */

static void change_entry(LinkMirror *m, LinkEntry *e, const Link *link) {
        bool changed = e->link.flags != link->flags || e->link.operstate != link->operstate ||
                       e->link.mtu != link->mtu || e->link.marked != link->marked ||
                       memcmp(e->link.mac, link->mac, sizeof(link->mac)) != 0;
        Link old = e->link;

        e->link = *link;
        delay_change(m, e, &old);
        if (changed)
                report(m, LINK_CHANGED, e, NULL);
}

static void on_new_link(const struct nlmsghdr *header, void *userdata) {
        bool dumped = header->nlmsg_flags & NLM_F_MULTI;
        LinkMirror *m = userdata;
        LinkEntry *e, *namesake;
        Link link = {0};

        if (!message_parse_link(header, &link))
                return;
        e = find_by_index(m, link.ifindex);
        if (dumped && (m->phase != PHASE_LINKS ||
                                      (e ? e->seen == m->dump : is_buried(m, link.ifindex, NULL))))
                return;
        /* A name has one owner. If another entry has it, we have missed its end or its new name. */
        namesake = find_by_name(m, link.name);
        if (namesake && namesake != e)
                remove_entry(m, namesake);
        if (!e) {
                add_entry(m, &link);
                return;
        }

        /* Not every message names everything: start from what is known. */
        link = e->link;
        (void)message_parse_link(header, &link);
        e->seen = m->dump;
        if (streq(e->link.name, link.name))
                change_entry(m, e, &link);
        else
                rename_entry(m, e, &link);
}

static void on_del_link(const struct nlmsghdr *header, void *userdata) {
        LinkMirror *m = userdata;
        Link link = {0};
        LinkEntry *e;

        if (!message_parse_link(header, &link))
                return;
        bury(m, PHASE_LINKS, link.ifindex, NULL);
        e = find_by_index(m, link.ifindex);
        if (e)
                remove_entry(m, e);
}

/* -- Addresses -- */

static bool differs(const LinkAddress *a, const LinkAddress *b) {
        return a->flags != b->flags || a->scope != b->scope || a->protocol != b->protocol;
}

/* Where the entry is after the message: a new one is inserted, one that turned from secondary to primary (or
 * back) moves. */
static ssize_t place_address(LinkEntry *e, ssize_t position, const LinkAddress *a, bool dumped) {
        if (dumped)
                return link_address_list_follow_dump(&e->list, position, a);
        if (position >= 0) {
                if (((e->list.items[position].flags ^ a->flags) & IFA_F_SECONDARY) == 0)
                        return position;
                link_address_list_remove(&e->list, (size_t)position);
        }
        return link_address_list_insert(&e->list, a);
}

static void on_new_address(const struct nlmsghdr *header, void *userdata) {
        bool dumped = header->nlmsg_flags & NLM_F_MULTI, changed;
        LinkMirror *m = userdata;
        ssize_t position;
        LinkAddress a;
        LinkEntry *e;
        int ifindex;

        if (!message_parse_address(header, &ifindex, &a, NULL))
                return;
        e = find_by_index(m, ifindex);
        if (!e)
                return;
        position = link_address_list_find(&e->list, &a);
        if (dumped) {
                if (m->phase != PHASE_ADDRESSES || (position < 0 && is_buried(m, ifindex, &a)))
                        return;
                if (position >= 0 && e->list.items[position].seen == m->dump)
                        a = e->list.items[position];
        }

        a.seen = m->dump;
        changed = position < 0 || differs(&e->list.items[position], &a);
        position = place_address(e, position, &a, dumped);
        e->link.addresses = e->list.items;
        e->link.n_addresses = e->list.n;
        if (position < 0) {
                distrust(m);
                return;
        }
        e->list.items[position] = a;
        if (changed)
                report(m, LINK_ADDRESS_ADDED, e, &e->list.items[position]);
}

static void on_del_address(const struct nlmsghdr *header, void *userdata) {
        LinkMirror *m = userdata;
        ssize_t position;
        LinkAddress a;
        LinkEntry *e;
        int ifindex;

        if (!message_parse_address(header, &ifindex, &a, NULL))
                return;
        bury(m, PHASE_ADDRESSES, ifindex, &a);
        e = find_by_index(m, ifindex);
        if (!e)
                return;
        position = link_address_list_find(&e->list, &a);
        if (position >= 0)
                remove_address(m, e, (size_t)position);
}

/* -- The whole -- */

static int subscribe(LinkMirror *m) {
        static const struct {
                uint16_t type;
                NetlinkMessage callback;
        } subscriptions[] = {
                        {RTM_NEWLINK, on_new_link},
                        {RTM_DELLINK, on_del_link},
                        {RTM_NEWADDR, on_new_address},
                        {RTM_DELADDR, on_del_address},
        };

        for (size_t i = 0; i < ELEMENTSOF(subscriptions); i++) {
                int r = netlink_subscribe(m->netlink, subscriptions[i].type, subscriptions[i].callback, m);

                if (r < 0)
                        return r;
        }
        return netlink_on_overrun(m->netlink, distrust, m);
}

static int fill(LinkMirror *m) {
        int r;

        r = start_phase(m, PHASE_LINKS);
        if (r < 0)
                return r;
        r = netlink_drain(m->netlink, INITIAL_FILL_TIMEOUT_USEC);
        return r < 0 ? r : m->error;
}

int link_mirror_new(Netlink *netlink, LinkCallback callback, void *userdata, LinkMirror **ret) {
        _cleanup_(link_mirror_freep) LinkMirror *m = NULL;
        int r;

        m = calloc(1, sizeof(*m));
        if (!m)
                return -ENOMEM;
        m->netlink = netlink;
        m->userdata = userdata;
        m->n_buckets = 64;
        m->by_index = calloc(m->n_buckets, sizeof(*m->by_index));
        m->by_name = calloc(m->n_buckets, sizeof(*m->by_name));
        if (!m->by_index || !m->by_name)
                return -ENOMEM;

        r = subscribe(m);
        if (r < 0)
                return r;
        r = fill(m);
        if (r < 0)
                return r;
        m->callback = callback;
        *ret = TAKE_PTR(m);
        return 0;
}

LinkMirror *link_mirror_free(LinkMirror *m) {
        if (!m)
                return NULL;
        netlink_cancel(m->netlink, m);
        for (size_t i = 0; m->by_index && i < m->n_buckets; i++)
                while (m->by_index[i]) {
                        LinkEntry *e = m->by_index[i];

                        m->by_index[i] = e->next_by_index;
                        entry_free(e);
                }
        free(m->by_index);
        free(m->by_name);
        sd_event_source_disable_unref(m->delay_source);
        free(m->delays);
        free(m->tombstones);
        free(m);
        return NULL;
}

const Link *link_by_name(const LinkMirror *m, const char *name) {
        const LinkEntry *e = find_by_name(m, name);

        return e ? &e->link : NULL;
}

const Link *link_by_index(const LinkMirror *m, int ifindex) {
        const LinkEntry *e = find_by_index(m, ifindex);

        return e ? &e->link : NULL;
}

int link_foreach(const LinkMirror *m, int (*f)(const Link *link, void *userdata), void *userdata) {
        for (size_t i = 0; i < m->n_buckets; i++)
                for (const LinkEntry *e = m->by_index[i]; e; e = e->next_by_index) {
                        int r = f(&e->link, userdata);

                        if (r != 0)
                                return r;
                }
        return 0;
}

/* -- Questions -- */

/* Whether packets on the link may come from it at all. */
static bool is_source(const LinkAddress *a) {
        if (a->protocol == VRRPD_PROTOCOL || (a->flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED)))
                return false;
        if (a->address.family == AF_INET6)
                return vrrp_address_is_link_local(&a->address) && !(a->flags & IFA_F_DEPRECATED);
        return a->scope <= RT_SCOPE_LINK;
}

static bool is_excluded(const VrrpAddress *a, const VrrpAddress *exclude, size_t n_exclude) {
        for (size_t i = 0; i < n_exclude; i++)
                if (vrrp_address_equal(a, &exclude[i]))
                        return true;
        return false;
}

bool link_primary_address(const Link *link, int family, const VrrpAddress *exclude, size_t n_exclude,
                VrrpAddress *ret) {
        const LinkAddress *secondary = NULL;

        for (size_t i = 0; i < link->n_addresses; i++) {
                const LinkAddress *a = &link->addresses[i];

                if (a->address.family != family || !is_source(a) ||
                                is_excluded(&a->address, exclude, n_exclude))
                        continue;
                /* In IPv6 the same bit means a temporary address; link-local ones are never that. */
                if (family == AF_INET && (a->flags & IFA_F_SECONDARY)) {
                        secondary = secondary ? secondary : a;
                        continue;
                }
                *ret = a->address;
                return true;
        }
        if (secondary)
                *ret = secondary->address;
        return secondary;
}

bool link_global_address(const Link *link, const VrrpAddress *exclude, size_t n_exclude, VrrpAddress *ret) {
        for (size_t i = 0; i < link->n_addresses; i++) {
                const LinkAddress *a = &link->addresses[i];
                uint32_t unusable = IFA_F_TENTATIVE | IFA_F_DADFAILED | IFA_F_DEPRECATED | IFA_F_TEMPORARY;

                if (a->address.family != AF_INET6 || a->protocol == VRRPD_PROTOCOL ||
                                (a->flags & unusable) || vrrp_address_is_link_local(&a->address) ||
                                is_excluded(&a->address, exclude, n_exclude))
                        continue;
                *ret = a->address;
                return true;
        }
        return false;
}
