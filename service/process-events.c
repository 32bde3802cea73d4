/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: the socket to the kernel's process connector, and the reading of its messages. Must not know: which
 * processes matter. Threads are left out: a process is its thread group. */

#include "service/process-events.h"
#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <sys/stat.h>

#define RECEIVE_SIZE (1024 * 1024)
#define EVENTS_PER_WAKEUP 256

struct ProcessEvents {
        int fd;
        sd_event_source *source;
        const ProcessEventsCallbacks *callbacks;
        void *userdata;
        bool working;
};

/* One message as it is received: the parts are aligned each for itself. */
typedef struct Message {
        struct nlmsghdr header;
        struct cn_msg connector;
        struct proc_event event;
} Message;

static void dispatch(ProcessEvents *e, const struct proc_event *event) {
        switch ((unsigned)event->what) {
        case PROC_EVENT_FORK:
                if (event->event_data.fork.child_pid == event->event_data.fork.child_tgid)
                        e->callbacks->changed(event->event_data.fork.child_tgid, e->userdata);
                break;
        case PROC_EVENT_EXEC:
                e->callbacks->changed(event->event_data.exec.process_tgid, e->userdata);
                break;
        case PROC_EVENT_COMM:
                if (event->event_data.comm.process_pid == event->event_data.comm.process_tgid)
                        e->callbacks->changed(event->event_data.comm.process_tgid, e->userdata);
                break;
        case PROC_EVENT_EXIT:
                if (event->event_data.exit.process_pid == event->event_data.exit.process_tgid)
                        e->callbacks->ended(event->event_data.exit.process_tgid, e->userdata);
                break;
        default: /* ids, sessions, tracing: not ours; and what later kernels may add */
                break;
        }
}

/* 1: a message was handled; 0: none waits. */
static int receive(ProcessEvents *e) {
        Message m = {};
        struct sockaddr_nl from = {};
        struct iovec iov[] = {
                        {&m.header, sizeof(m.header)},
                        {&m.connector, sizeof(m.connector)},
                        {&m.event, sizeof(m.event)},
        };
        struct msghdr message = {
                        .msg_name = &from,
                        .msg_namelen = sizeof(from),
                        .msg_iov = iov,
                        .msg_iovlen = ELEMENTSOF(iov),
        };
        ssize_t n = recvmsg(e->fd, &message, MSG_DONTWAIT);

        if (n < 0 && errno == ENOBUFS) {
                e->callbacks->lost(e->userdata);
                return 1;
        }
        if (n < 0)
                return errno == EINTR;
        /* Only the kernel's word counts, and only a whole one. */
        if (from.nl_pid != 0 || (size_t)n < sizeof(m.header) + sizeof(m.connector) + sizeof(m.event.what) ||
                        m.header.nlmsg_type != NLMSG_DONE || m.connector.id.idx != CN_IDX_PROC ||
                        m.connector.id.val != CN_VAL_PROC)
                return 1;
        if (m.event.what == PROC_EVENT_NONE && m.event.event_data.ack.err != 0)
                return 1;
        if (!e->working) {
                e->working = true;
                e->callbacks->working(e->userdata);
        }
        dispatch(e, &m.event);
        return 1;
}

static int on_readable(sd_event_source *source, int fd, uint32_t revents, void *userdata) {
        for (unsigned i = 0; i < EVENTS_PER_WAKEUP && receive(userdata) > 0; i++)
                ;
        return 0;
}

static int subscribe(int fd) {
        struct __attribute__((packed, aligned(NLMSG_ALIGNTO))) {
                struct nlmsghdr header;
                struct cn_msg connector;
                enum proc_cn_mcast_op operation;
        } request = {
                        .header = {.nlmsg_len = sizeof(request), .nlmsg_type = NLMSG_DONE},
                        .connector = {.id = {CN_IDX_PROC, CN_VAL_PROC}, .len = sizeof(request.operation)},
                        .operation = PROC_CN_MCAST_LISTEN,
        };

        return send(fd, &request, sizeof(request), MSG_DONTWAIT) < 0 ? -errno : 0;
}

/* The kernel's number of the initial process namespace (PROC_PID_INIT_INO, part of its interface to users).
 */
#define INITIAL_PID_NAMESPACE 0xEFFFFFFCU

/* Events number processes as the initial namespace does. Elsewhere the kernel refuses the request in
 * silence, but as soon as somebody outside listens they come in all the same, about processes that are
 * others here. */
static bool numbers_are_ours(void) {
        struct stat st;

        return stat("/proc/self/ns/pid", &st) < 0 || st.st_ino == INITIAL_PID_NAMESPACE;
}

int process_events_new(sd_event *event, const ProcessEventsCallbacks *callbacks, void *userdata,
                ProcessEvents **ret) {
        const struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = CN_IDX_PROC};
        _cleanup_(process_events_freep) ProcessEvents *e = calloc(1, sizeof(*e));
        int size = RECEIVE_SIZE, r;

        if (!e)
                return -ENOMEM;
        if (!numbers_are_ours())
                return -EOPNOTSUPP;
        e->callbacks = callbacks;
        e->userdata = userdata;
        e->fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_CONNECTOR);
        if (e->fd < 0)
                return -errno;
        (void)setsockopt(e->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
        if (bind(e->fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
                return -errno;
        r = sd_event_add_io(event, &e->source, e->fd, EPOLLIN, on_readable, e);
        if (r < 0)
                return r;
        r = subscribe(e->fd);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(e);
        return 0;
}

ProcessEvents *process_events_free(ProcessEvents *e) {
        if (!e)
                return NULL;
        sd_event_source_disable_unref(e->source);
        safe_close(e->fd);
        free(e);
        return NULL;
}
