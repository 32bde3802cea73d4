/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns the netfilter socket, which owns the table, and the list of what should be in it. The messages are
 * put together in filter-message.c.
 *
 * Failover never comes by here: what an instance does not accept is in the table for as long as it is
 * configured, also while the address is elsewhere, where the rule meets no packet. So a drop is always there
 * before the address is, and nobody waits for another program that holds the kernel's nftables lock. */

#include "service/net/filter.h"

#include "service/net/filter-message.h"
#include "service/util/list.h"
#include <linux/netlink.h>
#include <netinet/in.h>
#include <sys/socket.h>

#define BUCKETS 1024
#define SEND_SIZE (4 * 1024 * 1024)
/* Elements of one batch: keeps a message below the 64 KiB that an attribute can hold. */
#define ELEMENTS_PER_BATCH 1000

typedef struct Element Element;
struct Element {
        FilterElement element;
        unsigned n_users;
        bool present; /* in the kernel */
        List dirty;   /* in Filter.dirty: present does not fit n_users */
        Element *next;
};

struct Filter {
        FilterParams params;
        int fd; /* -EBADF: no table */
        int error;
        Element *buckets[BUCKETS];
        size_t n_present;
        List dirty;
};

static Element **bucket(Filter *f, const FilterElement *e) {
        uint32_t h = UINT32_C(2166136261) ^ e->set;

        for (size_t i = 0; i < e->key_size; i++)
                h = (h ^ e->key[i]) * UINT32_C(16777619);
        return &f->buckets[h % BUCKETS];
}

static bool same(const FilterElement *a, const FilterElement *b) {
        return a->set == b->set && a->key_size == b->key_size && memcmp(a->key, b->key, a->key_size) == 0;
}

static void touch(Filter *f, Element *e) {
        if (!list_linked(&e->dirty))
                list_append(&f->dirty, &e->dirty);
}

static int use(Filter *f, const FilterElement *wanted) {
        Element **head = bucket(f, wanted), *e;

        for (e = *head; e && !same(&e->element, wanted); e = e->next)
                ;
        if (!e) {
                e = calloc(1, sizeof(*e));
                if (!e)
                        return -ENOMEM;
                e->element = *wanted;
                e->next = *head;
                *head = e;
        }
        if (e->n_users++ == 0)
                touch(f, e);
        return 0;
}

static void drop(Filter *f, const FilterElement *wanted) {
        for (Element *e = *bucket(f, wanted); e; e = e->next)
                if (same(&e->element, wanted) && e->n_users > 0 && --e->n_users == 0)
                        touch(f, e);
}

static FilterElement address_element(const VrrpAddress *address, int ifindex) {
        FilterElement e = {.set = FILTER_IPV4, .key_size = sizeof(struct in_addr)};
        uint32_t index = (uint32_t)ifindex;

        if (vrrp_address_is_link_local(address)) {
                e = (FilterElement){.set = FILTER_LINK_LOCAL, .key_size = sizeof(index)};
                memcpy(e.key, &index, sizeof(index));
        } else if (address->family == AF_INET6)
                e = (FilterElement){.set = FILTER_IPV6};
        memcpy(e.key + (e.set == FILTER_LINK_LOCAL ? sizeof(index) : 0), address->bytes,
                        vrrp_address_size(address->family));
        e.key_size = (e.set == FILTER_LINK_LOCAL ? sizeof(index) : 0) + vrrp_address_size(address->family);
        return e;
}

static FilterElement link_element(int ifindex) {
        FilterElement e = {.set = FILTER_LINKS, .key_size = sizeof(uint32_t)};
        uint32_t index = (uint32_t)ifindex;

        memcpy(e.key, &index, sizeof(index));
        return e;
}

int filter_add_address(Filter *f, const VrrpAddress *address, int ifindex) {
        FilterElement e = address_element(address, ifindex);

        return use(f, &e);
}

void filter_remove_address(Filter *f, const VrrpAddress *address, int ifindex) {
        FilterElement e = address_element(address, ifindex);

        drop(f, &e);
}

int filter_add_link(Filter *f, int ifindex) {
        FilterElement e = link_element(ifindex);

        return use(f, &e);
}

void filter_remove_link(Filter *f, int ifindex) {
        FilterElement e = link_element(ifindex);

        drop(f, &e);
}

/* -- The socket -- */

static int open_socket(void) {
        const struct sockaddr_nl any = {.nl_family = AF_NETLINK};
        _cleanup_close_ int fd = -EBADF;
        int size = SEND_SIZE;

        fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_NETFILTER);
        if (fd < 0)
                return errno == EPROTONOSUPPORT ? -EOPNOTSUPP : -errno;
        if (bind(fd, (const struct sockaddr *)&any, sizeof(any)) < 0)
                return -errno;
        if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)) < 0)
                (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
        return TAKE_FD(fd);
}

/* A batch is carried out within sendmsg(), so what there is to say about it waits already. Success is
 * silent. The first error is the cause of the others. */
static int read_errors(int fd) {
        uint8_t buffer[16 * 1024] __attribute__((aligned(NLMSG_ALIGNTO)));
        int result = 0;
        ssize_t n;

        while ((n = recv(fd, buffer, sizeof(buffer), MSG_DONTWAIT)) > 0) {
                size_t left = (size_t)n;

                for (const struct nlmsghdr *h = (const struct nlmsghdr *)(void *)buffer; NLMSG_OK(h, left);
                                h = NLMSG_NEXT(h, left))
                        if (h->nlmsg_type == NLMSG_ERROR && result == 0)
                                result = ((const struct nlmsgerr *)NLMSG_DATA(h))->error;
        }
        return result;
}

static int send_batch(int fd, const FilterBatch *b) {
        ssize_t n;

        do
                n = send(fd, b->bytes, b->size, MSG_NOSIGNAL);
        while (n < 0 && errno == EINTR);
        return n < 0 ? -errno : read_errors(fd);
}

/* -- Making it so -- */

/* The kernel takes the table with the socket. */
static void forget_table(Filter *f) {
        f->fd = safe_close(f->fd);
        f->n_present = 0;
        for (size_t i = 0; i < BUCKETS; i++)
                for (Element *e = f->buckets[i]; e; e = e->next) {
                        e->present = false;
                        if (e->n_users > 0)
                                touch(f, e);
                }
}

static void free_element(Filter *f, Element *gone) {
        Element **p = bucket(f, &gone->element);

        while (*p != gone)
                p = &(*p)->next;
        *p = gone->next;
        if (list_linked(&gone->dirty))
                list_remove(&gone->dirty);
        free(gone);
}

/* What is not wanted and not in the kernel is forgotten; what is as wanted is not dirty. */
static void settle(Filter *f) {
        LIST_FOREACH_SAFE (node, &f->dirty) {
                Element *e = CONTAINER_OF(node, Element, dirty);

                if (e->n_users == 0 && !e->present)
                        free_element(f, e);
                else if (e->present == (e->n_users > 0))
                        list_remove(&e->dirty);
        }
}

/* Up to ELEMENTS_PER_BATCH of those that are to be added, or removed, into the batch. How many, or -errno.
 */
static int collect(Filter *f, bool add, FilterBatch *b, Element **ret) {
        int n = 0;

        LIST_FOREACH (node, &f->dirty) {
                Element *e = CONTAINER_OF(node, Element, dirty);

                if (e->present == add || n == ELEMENTS_PER_BATCH)
                        continue;
                ret[n++] = e;
        }
        for (FilterSet set = 0; set < FILTER_SET_MAX; set++) {
                const FilterElement *of_set[ELEMENTS_PER_BATCH];
                size_t n_of_set = 0;
                int r;

                for (int i = 0; i < n; i++)
                        if (ret[i]->element.set == set)
                                of_set[n_of_set++] = &ret[i]->element;
                r = filter_batch_elements(b, set, add, of_set, n_of_set);
                if (r < 0)
                        return r;
        }
        return n;
}

/* One batch of additions, or else of removals. 1: there may be more. */
static int apply_some(Filter *f) {
        _cleanup_(filter_batch_done) FilterBatch b = {};
        Element *changed[ELEMENTS_PER_BATCH];
        bool add = true;
        int n, r;

        r = filter_batch_begin(&b);
        if (r >= 0 && f->fd < 0) {
                f->fd = open_socket();
                r = f->fd < 0 ? f->fd : filter_batch_table(&b, &f->params);
        }
        if (r < 0)
                return r;
        n = collect(f, add, &b, changed);
        if (n == 0) {
                add = false;
                n = collect(f, add, &b, changed);
        }
        if (n <= 0)
                return n;
        r = filter_batch_end(&b);
        if (r >= 0)
                r = send_batch(f->fd, &b);
        if (r < 0)
                return r;
        for (int i = 0; i < n; i++)
                changed[i]->present = add;
        f->n_present = add ? f->n_present + (size_t)n : f->n_present - (size_t)n;
        settle(f);
        return 1;
}

int filter_flush(Filter *f) {
        int r = 1;

        if (list_empty(&f->dirty) && f->error == 0)
                return 0;
        settle(f);
        while (r > 0 && !list_empty(&f->dirty))
                r = apply_some(f);
        /* A batch that failed has changed nothing, but what is there is then not known for sure. */
        if (r < 0 || f->n_present == 0)
                forget_table(f);
        settle(f);
        return f->error = MIN(r, 0);
}

int filter_error(const Filter *f) {
        return f->error;
}

void filter_configure(Filter *f, const FilterParams *params) {
        if (memcmp(&f->params, params, sizeof(*params)) == 0)
                return;
        f->params = *params;
        forget_table(f);
}

int filter_new(const FilterParams *params, Filter **ret) {
        Filter *f = calloc(1, sizeof(*f));

        if (!f)
                return -ENOMEM;
        f->params = *params;
        f->fd = -EBADF;
        list_init(&f->dirty);
        *ret = f;
        return 0;
}

Filter *filter_free(Filter *f) {
        if (!f)
                return NULL;
        safe_close(f->fd);
        for (size_t i = 0; i < BUCKETS; i++)
                while (f->buckets[i])
                        free_element(f, f->buckets[i]);
        free(f);
        return NULL;
}
