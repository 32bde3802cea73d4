/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The engine's conversation with rtnetlink. Owns the request socket with its queue, the notification socket,
 * the dumps under way and the table of subscribers. It knows how messages travel, not what they say: that is
 * message.c's and the mirrors' business.
 *
 * Two facts of the kernel shape it. Requests are carried out within sendmsg(), so an ack is there as soon as
 * the request was sent; reading acks between two sends keeps the receive buffer from overflowing however
 * long the queue is. And notifications are dropped when nobody reads: the socket then says ENOBUFS once, and
 * the mirrors must ask for everything again, but only after what still waits (and is older than the loss)
 * has been read. */

#include "service/net/netlink.h"

#include "service/net/dump.h"
#include "service/net/netlink-queue.h"
#include "service/net/netlink-socket.h"
#include "service/util/list.h"
#include <limits.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>

/* What takes the kernel long: so many in one turn of the loop, whoever flushes. */
#define SLOW_PER_TURN 1

#define RECEIVE_SIZE (4 * 1024 * 1024)
/* Messages of about this many bytes leave in one sendmsg(). */
#define BATCH_SIZE (32 * 1024)

/* What one wake-up does at most, so that adverts are served in between. */
#define ACKS_PER_CALL 64
#define ACK_CALLS_PER_WAKEUP 8
#define CALLBACKS_PER_WAKEUP 256
#define NOTIFICATIONS_PER_WAKEUP 64
#define DUMP_DATAGRAMS_PER_WAKEUP 4

/* Header, errno, the offending message's header, and the words of an extended ack; more may be cut off. */
#define ACK_SIZE 512

#define SUBSCRIBERS_MAX 16
#define OVERRUNS_MAX 4

typedef struct Subscriber {
        uint16_t type;
        NetlinkMessage callback; /* NULL = free slot */
        void *userdata;
} Subscriber;

typedef struct OverrunHandler {
        void (*callback)(void *userdata); /* NULL = free slot */
        void *userdata;
} OverrunHandler;

/* A dump under way in the event loop. */
typedef struct DumpJob {
        List jobs;
        Netlink *netlink;
        Dump *dump;
        sd_event_source *source;
        NetlinkAck done;
        void *userdata;
} DumpJob;

struct Netlink {
        sd_event *event;
        int64_t priority;
        int request_fd, notification_fd;
        uint32_t port; /* of the request socket, which the kernel names in what it notifies of a request */
        sd_event_source *request_source, *notification_source, *rest_source;
        NetlinkQueue queue;
        uint64_t turn;        /* the loop's, as of the last flush */
        uint64_t turn_n_slow; /* how many slow ones had been sent when it began */
        const char *words;    /* for the ack being called back */
        bool closing;         /* callbacks that end in -ECANCELED must not start anew */
        bool acks_lost;
        bool overrun; /* notifications were lost; the handlers are called once all that wait are read */
        OverrunHandler sent_handler;
        List jobs;
        Subscriber subscribers[SUBSCRIBERS_MAX];
        OverrunHandler overrun_handlers[OVERRUNS_MAX];
        uint8_t buffer[NETLINK_DATAGRAM_MAX] __attribute__((aligned(NLMSG_ALIGNTO)));
};

/* Comes back in the next turn of the loop for what the caps have left over. */
static void continue_later(Netlink *n) {
        (void)sd_event_source_set_enabled(n->rest_source, SD_EVENT_ONESHOT);
}

/* -- Requests -- */

/* The extended ack's text: attributes behind struct nlmsgerr, as NETLINK_CAP_ACK has cut off the request
 * itself. NULL = none, or it was cut off too. */
static const char *words_of(const struct nlmsghdr *header) {
        const struct nlmsgerr *error = NLMSG_DATA(header);
        int size = (int)header->nlmsg_len - (int)NLMSG_LENGTH(sizeof(*error));

        if (!(header->nlmsg_flags & NLM_F_ACK_TLVS) || !(header->nlmsg_flags & NLM_F_CAPPED))
                return NULL;
        for (const struct rtattr *a = (const struct rtattr *)(const void *)(error + 1); RTA_OK(a, size);
                        a = RTA_NEXT(a, size))
                if (a->rta_type == NLMSGERR_ATTR_MSG && memchr(RTA_DATA(a), '\0', RTA_PAYLOAD(a)))
                        return RTA_DATA(a);
        return NULL;
}

static void handle_ack(Netlink *n, const struct nlmsghdr *header, size_t size) {
        int error;

        /* Cut off words of the kernel are no matter: sequence number and error come first. */
        if (size < NLMSG_LENGTH(sizeof(error)) || header->nlmsg_type != NLMSG_ERROR)
                return;
        memcpy(&error, NLMSG_DATA(header), sizeof(error));
        netlink_queue_acked(&n->queue, header->nlmsg_seq, error,
                        error < 0 && NLMSG_OK(header, size) ? words_of(header) : NULL);
}

/* One recvmmsg() of acks. Returns how many came, or -errno. */
static int receive_acks(Netlink *n) {
        uint8_t buffers[ACKS_PER_CALL][ACK_SIZE] __attribute__((aligned(NLMSG_ALIGNTO)));
        struct mmsghdr messages[ACKS_PER_CALL] = {0};
        struct sockaddr_nl senders[ACKS_PER_CALL];
        struct iovec iov[ACKS_PER_CALL];
        int r;

        for (size_t i = 0; i < ACKS_PER_CALL; i++) {
                iov[i] = (struct iovec){.iov_base = buffers[i], .iov_len = ACK_SIZE};
                messages[i].msg_hdr = (struct msghdr){
                                .msg_name = &senders[i],
                                .msg_namelen = sizeof(senders[i]),
                                .msg_iov = &iov[i],
                                .msg_iovlen = 1,
                };
        }
        r = recvmmsg(n->request_fd, messages, ACKS_PER_CALL, MSG_DONTWAIT, NULL);
        if (r < 0)
                return -errno;
        for (int i = 0; i < r; i++)
                if (senders[i].nl_pid == 0)
                        handle_ack(n, (const struct nlmsghdr *)(const void *)buffers[i],
                                        messages[i].msg_len);
        return r;
}

/* Stores the results of what was sent; calls nobody. max_calls: how many times to ask the kernel. */
static void read_acks(Netlink *n, unsigned max_calls) {
        for (unsigned i = 0; i < max_calls; i++) {
                int r = receive_acks(n);

                if (r == -ENOBUFS)
                        n->acks_lost = true;
                else if (r == -EAGAIN) {
                        /* Nothing waits any more, so acks still owed are those that were lost. */
                        if (n->acks_lost)
                                netlink_queue_fail(&n->queue, false, -ENOBUFS);
                        n->acks_lost = false;
                        return;
                } else if (r < 0 && r != -EINTR)
                        return;
        }
}

/* Calls back for requests that are done, at most max of them. */
static void deliver_acks(Netlink *n, unsigned max) {
        NetlinkPending done;

        for (; max > 0 && netlink_queue_take_done(&n->queue, &done); max--) {
                n->words = done.words;
                if (done.ack)
                        done.ack(done.error, done.userdata);
                n->words = NULL;
                free(done.words);
        }
        if (n->queue.n_done > 0)
                continue_later(n);
}

int netlink_request(Netlink *n, struct nl_msg *msg, NetlinkAck ack, void *userdata) {
        struct nlmsghdr *header = nlmsg_hdr(msg);
        int r;

        header->nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
        r = n->closing ? -ESHUTDOWN : netlink_queue_push(&n->queue, header, ack, userdata);
        nlmsg_free(msg);
        return r;
}

/* How many slow requests may still be sent in this turn of the loop. */
static size_t slow_left(Netlink *n) {
        uint64_t turn = 0;

        (void)sd_event_get_iteration(n->event, &turn);
        if (turn != n->turn) {
                n->turn = turn;
                n->turn_n_slow = n->queue.n_slow_sent;
        }
        return SLOW_PER_TURN - MIN(n->queue.n_slow_sent - n->turn_n_slow, (uint64_t)SLOW_PER_TURN);
}

/* Sends what is queued, at most max requests. all: also what is slow. */
static int flush(Netlink *n, size_t max, bool all) {
        const void *chunk;
        size_t size;

        while ((size = netlink_queue_chunk(
                                &n->queue, BATCH_SIZE, max, all ? SIZE_MAX : slow_left(n), &chunk)) > 0) {
                size_t waited = n->queue.n_queued;

                if (send(n->request_fd, chunk, size, MSG_DONTWAIT) < 0) {
                        int r = -errno;

                        if (r == -EINTR)
                                continue;
                        if (r == -EAGAIN || r == -ENOBUFS || r == -ENOMEM) {
                                (void)sd_event_source_set_io_events(n->request_source, EPOLLIN | EPOLLOUT);
                                return -EAGAIN;
                        }
                        netlink_queue_fail(&n->queue, true, r);
                        continue_later(n);
                        return r;
                }
                netlink_queue_sent(&n->queue, size);
                max -= waited - n->queue.n_queued;
                /* Acks take more room than requests. Read those of this batch before the next adds to them.
                 */
                read_acks(n, UINT_MAX);
                if (n->queue.n_done > 0)
                        continue_later(n);
        }
        if (n->queue.n_queued > 0)
                continue_later(n);
        (void)sd_event_source_set_io_events(n->request_source, EPOLLIN);
        return 0;
}

int netlink_flush(Netlink *n) {
        return flush(n, NETLINK_TURN, false);
}

uint64_t netlink_ticket(const Netlink *n) {
        return n->queue.n_pushed;
}

bool netlink_was_sent(const Netlink *n, uint64_t ticket) {
        return ticket + n->queue.n_queued <= n->queue.n_pushed;
}

void netlink_on_sent(Netlink *n, void (*callback)(void *userdata), void *userdata) {
        n->sent_handler = (OverrunHandler){.callback = callback, .userdata = userdata};
}

/* A turn of the queue's own. */
static void flush_rest(Netlink *n) {
        (void)netlink_flush(n);
        if (n->sent_handler.callback)
                n->sent_handler.callback(n->sent_handler.userdata);
}

static int on_request(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        Netlink *n = userdata;

        if (events & EPOLLOUT)
                flush_rest(n);
        read_acks(n, ACK_CALLS_PER_WAKEUP);
        if (n->acks_lost)
                continue_later(n);
        deliver_acks(n, CALLBACKS_PER_WAKEUP);
        return 0;
}

const char *netlink_error_words(const Netlink *n) {
        return n->words;
}

/* -- Notifications -- */

static void dispatch(const struct nlmsghdr *header, void *userdata) {
        Netlink *n = userdata;

        for (size_t i = 0; i < SUBSCRIBERS_MAX; i++)
                if (n->subscribers[i].callback && n->subscribers[i].type == header->nlmsg_type)
                        n->subscribers[i].callback(header, n->subscribers[i].userdata);
}

static void report_overrun(Netlink *n) {
        n->overrun = false;
        for (size_t i = 0; i < OVERRUNS_MAX; i++)
                if (n->overrun_handlers[i].callback)
                        n->overrun_handlers[i].callback(n->overrun_handlers[i].userdata);
}

static void read_notifications(Netlink *n) {
        for (unsigned i = 0; i < NOTIFICATIONS_PER_WAKEUP; i++) {
                const struct nlmsghdr *header = (const struct nlmsghdr *)(const void *)n->buffer;
                ssize_t size = netlink_socket_receive(n->notification_fd, n->buffer, sizeof(n->buffer));

                if (size == -EAGAIN) {
                        if (n->overrun)
                                report_overrun(n);
                        return;
                }
                if (size < 0) {
                        n->overrun = true;
                        continue;
                }
                for (; NLMSG_OK(header, size); header = NLMSG_NEXT(header, size))
                        dispatch(header, n);
        }
        /* The loss is to be dealt with even if the socket has just become empty and wakes nobody. */
        if (n->overrun)
                continue_later(n);
}

static int on_notification(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        read_notifications(userdata);
        return 0;
}

static int on_rest(sd_event_source *source, void *userdata) {
        Netlink *n = userdata;

        if (n->acks_lost)
                read_acks(n, ACK_CALLS_PER_WAKEUP);
        if (n->queue.n_queued > 0)
                flush_rest(n);
        deliver_acks(n, CALLBACKS_PER_WAKEUP);
        if (n->overrun)
                read_notifications(n);
        return 0;
}

/* The multicast groups in which messages of a type come; rtnetlink(7). */
static void groups_of_type(uint16_t type, int ret[3]) {
        static const struct {
                uint16_t type; /* RTM_NEW...; RTM_DEL... is the next number */
                int groups[3];
        } table[] = {
                        {RTM_NEWLINK, {RTNLGRP_LINK}},
                        {RTM_NEWADDR, {RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR}},
                        {RTM_NEWROUTE, {RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE}},
                        {RTM_NEWRULE, {RTNLGRP_IPV4_RULE, RTNLGRP_IPV6_RULE}},
        };

        memset(ret, 0, 3 * sizeof(*ret));
        for (size_t i = 0; i < ELEMENTSOF(table); i++)
                if (type == table[i].type || type == table[i].type + 1)
                        memcpy(ret, table[i].groups, sizeof(table[i].groups));
}

int netlink_subscribe(Netlink *n, uint16_t type, NetlinkMessage callback, void *userdata) {
        int groups[3];

        for (size_t i = 0; i < SUBSCRIBERS_MAX; i++) {
                if (n->subscribers[i].callback)
                        continue;
                groups_of_type(type, groups);
                for (const int *group = groups; *group != 0; group++)
                        if (setsockopt(n->notification_fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, group,
                                            sizeof(*group)) < 0)
                                return -errno;
                n->subscribers[i] = (Subscriber){.type = type, .callback = callback, .userdata = userdata};
                return 0;
        }
        return -ENOSPC;
}

bool netlink_is_own(const Netlink *n, const struct nlmsghdr *header) {
        return header->nlmsg_pid == n->port;
}

int netlink_on_overrun(Netlink *n, void (*callback)(void *userdata), void *userdata) {
        for (size_t i = 0; i < OVERRUNS_MAX; i++) {
                if (n->overrun_handlers[i].callback)
                        continue;
                n->overrun_handlers[i] = (OverrunHandler){.callback = callback, .userdata = userdata};
                return 0;
        }
        return -ENOSPC;
}

/* -- Dumps -- */

static DumpJob *dump_job_free(DumpJob *j) {
        if (!j)
                return NULL;
        list_remove(&j->jobs);
        (void)sd_event_source_disable_unref(j->source);
        dump_free(j->dump);
        free(j);
        return NULL;
}
DEFINE_CLEANUP(DumpJob, dump_job_free);

/* Reads on. True when the dump is over; then the job is gone and its owner was told. */
static bool dump_job_read(DumpJob *j, unsigned max) {
        for (; max > 0; max--) {
                int r = dump_read(j->dump, dispatch, j->netlink);
                NetlinkAck done = j->done;
                void *userdata = j->userdata;

                if (r > 0)
                        continue;
                if (r == -EAGAIN)
                        return false;
                dump_job_free(j);
                if (done)
                        done(r, userdata);
                return true;
        }
        return false;
}

static int on_dump(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        (void)dump_job_read(userdata, DUMP_DATAGRAMS_PER_WAKEUP);
        return 0;
}

int netlink_dump(Netlink *n, uint16_t type, int family, NetlinkAck done, void *userdata) {
        _cleanup_(dump_job_freep) DumpJob *j = NULL;
        int r;

        if (n->closing)
                return -ESHUTDOWN;
        j = calloc(1, sizeof(*j));
        if (!j)
                return -ENOMEM;
        j->netlink = n;
        j->done = done;
        j->userdata = userdata;
        r = dump_new(type, family, &j->dump);
        if (r < 0)
                return r;
        r = sd_event_add_io(n->event, &j->source, dump_fd(j->dump), EPOLLIN, on_dump, j);
        if (r < 0)
                return r;
        r = sd_event_source_set_priority(j->source, n->priority);
        if (r < 0)
                return r;
        list_append(&n->jobs, &j->jobs);
        TAKE_PTR(j);
        return 0;
}

/* -- The whole -- */

static bool is_idle(const Netlink *n) {
        return list_empty(&n->jobs) && n->queue.n_done + n->queue.n_sent + n->queue.n_queued == 0;
}

int netlink_drain(Netlink *n, usec_t timeout_usec) {
        usec_t end_usec = usec_add(netlink_clock_usec(), timeout_usec);

        for (;;) {
                struct pollfd fds[2] = {
                                {.fd = n->request_fd, .events = POLLIN}, {.fd = -1, .events = POLLIN}};
                bool progress;
                int r;

                r = flush(n, SIZE_MAX, true);
                if (r < 0 && r != -EAGAIN)
                        return r;
                read_acks(n, ACK_CALLS_PER_WAKEUP);
                progress = n->queue.n_done > 0;
                deliver_acks(n, CALLBACKS_PER_WAKEUP);
                if (!list_empty(&n->jobs)) {
                        DumpJob *j = CONTAINER_OF(n->jobs.next, DumpJob, jobs);

                        fds[1].fd = dump_fd(j->dump);
                        progress = dump_job_read(j, DUMP_DATAGRAMS_PER_WAKEUP) || progress;
                }
                if (is_idle(n))
                        return 0;
                if (netlink_clock_usec() >= end_usec)
                        return -ETIMEDOUT;
                if (progress)
                        continue;
                r = netlink_wait(fds, ELEMENTSOF(fds), end_usec);
                if (r < 0)
                        return r;
        }
}

void netlink_cancel(Netlink *n, void *userdata) {
        netlink_queue_cancel(&n->queue, userdata);
        LIST_FOREACH (node, &n->jobs) {
                DumpJob *j = CONTAINER_OF(node, DumpJob, jobs);

                if (j->userdata == userdata)
                        j->done = NULL;
        }
        for (size_t i = 0; i < SUBSCRIBERS_MAX; i++)
                if (n->subscribers[i].userdata == userdata)
                        n->subscribers[i] = (Subscriber){0};
        for (size_t i = 0; i < OVERRUNS_MAX; i++)
                if (n->overrun_handlers[i].userdata == userdata)
                        n->overrun_handlers[i] = (OverrunHandler){0};
}

static int add_sources(Netlink *n) {
        sd_event_source *sources[3];
        int r;

        r = sd_event_add_io(n->event, &n->request_source, n->request_fd, EPOLLIN, on_request, n);
        if (r < 0)
                return r;
        r = sd_event_add_io(
                        n->event, &n->notification_source, n->notification_fd, EPOLLIN, on_notification, n);
        if (r < 0)
                return r;
        r = sd_event_add_defer(n->event, &n->rest_source, on_rest, n);
        if (r < 0)
                return r;
        r = sd_event_source_set_enabled(n->rest_source, SD_EVENT_OFF);
        if (r < 0)
                return r;

        sources[0] = n->request_source;
        sources[1] = n->notification_source;
        sources[2] = n->rest_source;
        for (size_t i = 0; i < ELEMENTSOF(sources); i++) {
                r = sd_event_source_set_priority(sources[i], n->priority);
                if (r < 0)
                        return r;
        }
        return 0;
}

int netlink_new(sd_event *event, int64_t priority, Netlink **ret) {
        _cleanup_(netlink_freep) Netlink *n = NULL;
        int r;

        n = malloc(sizeof(*n));
        if (!n)
                return -ENOMEM;
        memset(n, 0, offsetof(Netlink, buffer));
        n->event = sd_event_ref(event);
        n->priority = priority;
        n->request_fd = n->notification_fd = -EBADF;
        n->queue.head_sequence = 1;
        list_init(&n->jobs);

        r = netlink_socket_open(RECEIVE_SIZE, &n->request_fd);
        if (r >= 0)
                r = netlink_socket_port(n->request_fd, &n->port);
        if (r < 0)
                return r;
        r = netlink_socket_open(RECEIVE_SIZE, &n->notification_fd);
        if (r < 0)
                return r;
        (void)netlink_socket_filter_routes(n->notification_fd, VRRPD_PROTOCOL);
        r = add_sources(n);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(n);
        return 0;
}

Netlink *netlink_free(Netlink *n) {
        if (!n)
                return NULL;
        n->closing = true;
        while (!list_empty(&n->jobs)) {
                DumpJob *j = CONTAINER_OF(n->jobs.next, DumpJob, jobs);
                NetlinkAck done = j->done;
                void *userdata = j->userdata;

                dump_job_free(j);
                if (done)
                        done(-ECANCELED, userdata);
        }
        netlink_queue_fail(&n->queue, true, -ECANCELED);
        deliver_acks(n, UINT_MAX);
        netlink_queue_clear(&n->queue);
        (void)sd_event_source_disable_unref(n->request_source);
        (void)sd_event_source_disable_unref(n->notification_source);
        (void)sd_event_source_disable_unref(n->rest_source);
        safe_close(n->request_fd);
        safe_close(n->notification_fd);
        sd_event_unref(n->event);
        free(n);
        return NULL;
}
