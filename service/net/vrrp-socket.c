/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* VRRP packets in and out: ip(7), ipv6(7), raw(7). Owns one raw socket and its event source. It takes the IP
 * header off and tells what it said; the VRRP message inside is bytes here, judged elsewhere.
 *
 * The kernel fills in no VRRP checksum: IPV6_CHECKSUM is off for a raw socket of this protocol, and IPv4 has
 * no such thing. */

#include "service/net/vrrp-socket.h"

#include "service/core/advert.h"
#include "service/net/flood-guard.h"
#include <linux/filter.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>

/* Control traffic before users' data: class selector 6 (RFC 4594 section 3.1), and the matching queue of the
 * local qdisc. */
#define TRAFFIC_CLASS 0xc0
#define SOCKET_PRIORITY 6

/* A burst of adverts of all routers of a link, several times over. */
#define RECEIVE_SIZE (1024 * 1024)
#define PACKETS_PER_CALL 16
#define PACKETS_PER_WAKEUP 64
/* The least that a packet occupies of the receive buffer. */
#define PACKET_MEMORY_MIN 512
/* Who has read all that waited so recently has nothing to catch up on. */
#define DRAINED_USEC USEC_PER_MSEC
#define IP_HEADER_MAX 60
#define TRAILER_MAX 28 /* what authentication adds, service/auth */
#define PACKET_SIZE (IP_HEADER_MAX + ADVERT_SIZE_MAX + TRAILER_MAX + 1)
#define CONTROL_SIZE 128

/* Messages that leave in one sendmmsg(), and the bytes that they may have together: many adverts of the
 * usual size, or one of the largest. */
#define QUEUE_MAX 64
#define QUEUE_BYTES 16384

typedef union SocketAddress {
        struct sockaddr any;
        struct sockaddr_in in;
        struct sockaddr_in6 in6;
} SocketAddress;

typedef struct Queued {
        uint8_t control[CONTROL_SIZE] __attribute__((aligned(__alignof__(struct cmsghdr))));
        struct iovec iov;
        SocketAddress to;
        VrrpSentCallback sent;
        void *userdata;
        unsigned tag;
} Queued;

typedef struct SendQueue {
        Queued items[QUEUE_MAX];
        struct mmsghdr messages[QUEUE_MAX];
        size_t n, used;
        uint8_t bytes[QUEUE_BYTES];
} SendQueue;

struct VrrpSocket {
        int fd;
        int family;
        int ifindex;
        VrrpAddress group, local;
        VrrpPacketCallback callback;
        void *userdata;
        sd_event_source *source;
        FloodGuard guard;
        uint64_t n_dropped;
        usec_t drained_usec;    /* CLOCK_BOOTTIME */
        SendQueue *queue;       /* made when it is first used */
        unsigned n_dispatching; /* inside a callback: freed only after it */
        bool freed;
};

static socklen_t to_socket_address(const VrrpAddress *a, int ifindex, SocketAddress *ret) {
        *ret = (SocketAddress){0};
        if (a->family == AF_INET) {
                ret->in.sin_family = AF_INET;
                memcpy(&ret->in.sin_addr, a->bytes, sizeof(ret->in.sin_addr));
                return sizeof(ret->in);
        }
        ret->in6.sin6_family = AF_INET6;
        memcpy(&ret->in6.sin6_addr, a->bytes, sizeof(ret->in6.sin6_addr));
        if (IN6_IS_ADDR_LINKLOCAL(&ret->in6.sin6_addr) || IN6_IS_ADDR_MULTICAST(&ret->in6.sin6_addr))
                ret->in6.sin6_scope_id = (uint32_t)ifindex;
        return sizeof(ret->in6);
}

static VrrpAddress make_address(int family, const void *bytes) {
        VrrpAddress a = {.family = family};

        memcpy(a.bytes, bytes, vrrp_address_size(family));
        return a;
}

/* -- Setting up -- */

typedef struct SocketOption {
        int level, name, value;
} SocketOption;

static int set_options(int fd, const SocketOption *options, size_t n) {
        for (size_t i = 0; i < n; i++)
                if (setsockopt(fd, options[i].level, options[i].name, &options[i].value, sizeof(int)) < 0)
                        return -errno;
        return 0;
}

/* A configured source address need not be on the host: it may be lost, or on no interface at all. As long as
 * we are master the adverts leave nevertheless, for silence would make a second master. Over IPv4 only
 * IP_TRANSPARENT lets the kernel route packets from it (IP_FREEBIND is for bind()); both need CAP_NET_RAW.
 */
static int set_family_options(int fd, int family) {
        static const SocketOption ipv4[] = {
                        {IPPROTO_IP, IP_PKTINFO, 1}, {IPPROTO_IP, IP_TRANSPARENT, 1},
                        {IPPROTO_IP, IP_MULTICAST_LOOP, 0}, {IPPROTO_IP, IP_MULTICAST_ALL, 0},
                        {IPPROTO_IP, IP_TOS, TRAFFIC_CLASS},
                        {SOL_SOCKET, SO_PRIORITY, SOCKET_PRIORITY}, /* after IP_TOS, which sets it too */
        };
        static const SocketOption ipv6[] = {
                        {IPPROTO_IPV6, IPV6_RECVPKTINFO, 1},
                        {IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1},
                        {IPPROTO_IPV6, IPV6_TRANSPARENT, 1},
                        {IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 0},
                        {IPPROTO_IPV6, IPV6_MULTICAST_ALL, 0},
                        {IPPROTO_IPV6, IPV6_TCLASS, TRAFFIC_CLASS},
                        {SOL_SOCKET, SO_PRIORITY, SOCKET_PRIORITY},
        };

        return family == AF_INET ? set_options(fd, ipv4, ELEMENTSOF(ipv4))
                                 : set_options(fd, ipv6, ELEMENTSOF(ipv6));
}

static int join_group(int fd, const VrrpAddress *group, int ifindex) {
        struct ip_mreqn ipv4 = {.imr_ifindex = ifindex};
        struct ipv6_mreq ipv6 = {.ipv6mr_interface = (unsigned)ifindex};
        int r;

        if (group->family == AF_INET) {
                memcpy(&ipv4.imr_multiaddr, group->bytes, sizeof(ipv4.imr_multiaddr));
                r = setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &ipv4, sizeof(ipv4));
        } else {
                memcpy(&ipv6.ipv6mr_multiaddr, group->bytes, sizeof(ipv6.ipv6mr_multiaddr));
                r = setsockopt(fd, IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP, &ipv6, sizeof(ipv6));
        }
        return r < 0 ? -errno : 0;
}

/* Lets the kernel sort out packets to other addresses. The address may be absent now: it may come back
 * later. */
static int bind_local(int fd, const VrrpAddress *local, int ifindex) {
        int one = 1, r;
        SocketAddress a;
        socklen_t size;

        if (local->family == AF_INET)
                r = setsockopt(fd, IPPROTO_IP, IP_FREEBIND, &one, sizeof(one));
        else
                r = setsockopt(fd, IPPROTO_IPV6, IPV6_FREEBIND, &one, sizeof(one));
        if (r < 0)
                return -errno;
        size = to_socket_address(local, ifindex, &a);
        return bind(fd, &a.any, size) < 0 ? -errno : 0;
}

static int open_socket(const VrrpSocketParams *params, int *ret_fd) {
        int receive_size = RECEIVE_SIZE, r;
        _cleanup_close_ int fd = -EBADF;

        fd = socket(params->family, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, VRRP_IPPROTO);
        if (fd < 0)
                return -errno;
        if (params->interface && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, params->interface,
                                                 (socklen_t)strlen(params->interface)) < 0)
                return -errno;
        r = set_family_options(fd, params->family);
        if (r < 0)
                return r;
        if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &receive_size, sizeof(receive_size)) < 0)
                (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_size, sizeof(receive_size));
        if (vrrp_address_is_set(&params->local)) {
                r = bind_local(fd, &params->local, params->ifindex);
                if (r < 0)
                        return r;
        }
        if (vrrp_address_is_set(&params->group)) {
                r = join_group(fd, &params->group, params->ifindex);
                if (r < 0)
                        return r;
        }
        *ret_fd = TAKE_FD(fd);
        return 0;
}

/* For each VRID one comparison that skips the acceptance behind it (socket filters of linux/filter.h; at
 * most 513 instructions). The second byte of a VRRP message is its VRID (RFC 9568 section 5.2); IPv4's
 * header stands before it, in a filter as in what is received. A packet too short for that is dropped by the
 * load itself. */
int vrrp_socket_set_vrids(VrrpSocket *s, const uint8_t *vrids, size_t n) {
        struct sock_filter code[2 + 2 * UINT8_MAX + 1];
        struct sock_fprog program = {.filter = code};
        int unused = 0;

        if (n > UINT8_MAX)
                return -EINVAL;
        if (n == 0) {
                if (setsockopt(s->fd, SOL_SOCKET, SO_DETACH_FILTER, &unused, sizeof(unused)) < 0 &&
                                errno != ENOENT)
                        return -errno;
                return 0;
        }
        if (s->family == AF_INET) {
                code[program.len++] = (struct sock_filter)BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0);
                code[program.len++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_B | BPF_IND, 1);
        } else
                code[program.len++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 1);
        for (size_t i = 0; i < n; i++) {
                code[program.len++] =
                                (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, vrids[i], 0, 1);
                code[program.len++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, UINT32_MAX);
        }
        code[program.len++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, 0);
        if (setsockopt(s->fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) < 0)
                return -errno;
        return 0;
}

/* -- Receiving -- */

/* Takes what the control messages say about a packet. IPv4's header says it as well, but not the interface.
 */
static void read_control(struct msghdr *message, VrrpPacket *packet) {
        for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
                if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
                        struct in_pktinfo info;

                        memcpy(&info, CMSG_DATA(c), sizeof(info));
                        packet->ifindex = info.ipi_ifindex;
                        packet->destination = make_address(AF_INET, &info.ipi_addr);
                } else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
                        struct in6_pktinfo info;

                        memcpy(&info, CMSG_DATA(c), sizeof(info));
                        packet->ifindex = (int)info.ipi6_ifindex;
                        packet->destination = make_address(AF_INET6, &info.ipi6_addr);
                } else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_HOPLIMIT)
                        memcpy(&packet->ttl, CMSG_DATA(c), sizeof(packet->ttl));
        }
}

/* raw(7): an IPv4 raw socket receives the IP header in front. RFC 791 section 3.1. False: not a whole IPv4
 * packet. */
static bool strip_ipv4_header(VrrpPacket *packet) {
        struct iphdr header;
        size_t header_size;

        if (packet->size < sizeof(header))
                return false;
        memcpy(&header, packet->data, sizeof(header));
        header_size = (size_t)header.ihl * 4;
        if (header.version != 4 || header_size < sizeof(header) || header_size > packet->size)
                return false;
        packet->ttl = header.ttl;
        packet->data += header_size;
        packet->size -= header_size;
        return true;
}

static bool decode_packet(struct msghdr *message, const SocketAddress *from, size_t size, VrrpPacket *ret) {
        VrrpPacket packet = {.data = message->msg_iov->iov_base, .size = size, .ttl = -1};

        if (message->msg_flags & (MSG_TRUNC | MSG_CTRUNC))
                return false;
        read_control(message, &packet);
        if (from->any.sa_family == AF_INET) {
                packet.source = make_address(AF_INET, &from->in.sin_addr);
                if (!strip_ipv4_header(&packet))
                        return false;
        } else
                packet.source = make_address(AF_INET6, &from->in6.sin6_addr);
        *ret = packet;
        return vrrp_address_is_set(&packet.destination);
}

/* Each raw socket of the protocol gets a copy of every packet; only one of ours is meant. */
static bool is_for_us(const VrrpSocket *s, const VrrpPacket *packet) {
        if (vrrp_address_is_set(&s->group))
                return vrrp_address_equal(&packet->destination, &s->group);
        if (vrrp_address_is_set(&s->local))
                return vrrp_address_equal(&packet->destination, &s->local);
        return !vrrp_address_is_multicast(&packet->destination);
}

/* One recvmmsg(). Returns how many packets came, 0 = none waits. The callback may free the socket: the
 * caller holds it. */
static int receive_packets(VrrpSocket *s) {
        uint8_t data[PACKETS_PER_CALL][PACKET_SIZE];
        uint8_t control[PACKETS_PER_CALL][CONTROL_SIZE]
                        __attribute__((aligned(__alignof__(struct cmsghdr))));
        struct mmsghdr messages[PACKETS_PER_CALL] = {0};
        SocketAddress from[PACKETS_PER_CALL];
        struct iovec iov[PACKETS_PER_CALL];
        int n;

        for (size_t i = 0; i < PACKETS_PER_CALL; i++) {
                iov[i] = (struct iovec){.iov_base = data[i], .iov_len = sizeof(data[i])};
                messages[i].msg_hdr = (struct msghdr){
                                .msg_name = &from[i],
                                .msg_namelen = sizeof(from[i]),
                                .msg_iov = &iov[i],
                                .msg_iovlen = 1,
                                .msg_control = control[i],
                                .msg_controllen = sizeof(control[i]),
                };
        }
        /* An error of the socket (the interface went down) is no packet; it is cleared by this reading. */
        n = recvmmsg(s->fd, messages, PACKETS_PER_CALL, MSG_DONTWAIT, NULL);
        for (int i = 0; i < n && !s->freed; i++) {
                VrrpPacket packet;

                if (!decode_packet(&messages[i].msg_hdr, &from[i], messages[i].msg_len, &packet))
                        s->n_dropped++;
                else if (is_for_us(s, &packet))
                        s->callback(s, &packet, s->userdata);
        }
        return MAX(n, 0);
}

/* Until the socket is empty, or so many packets were read. False: it is freed. */
static bool receive_up_to(VrrpSocket *s, unsigned limit) {
        s->n_dispatching++;
        for (unsigned n = 0; n < limit && !s->freed;) {
                int r = receive_packets(s);

                n += (unsigned)r;
                if (r < PACKETS_PER_CALL)
                        break;
        }
        s->n_dispatching--;
        if (!s->freed)
                return true;
        vrrp_socket_free(s);
        return false;
}

/* More packets than this do not wait now. */
static unsigned waiting_at_most(const VrrpSocket *s) {
        uint32_t memory[SK_MEMINFO_VARS] = {0};
        socklen_t size = sizeof(memory);

        if (getsockopt(s->fd, SOL_SOCKET, SO_MEMINFO, memory, &size) < 0)
                return RECEIVE_SIZE / PACKET_MEMORY_MIN;
        return memory[SK_MEMINFO_RMEM_ALLOC] / PACKET_MEMORY_MIN + PACKETS_PER_CALL;
}

void vrrp_socket_drain(VrrpSocket *s) {
        struct timespec ts;
        usec_t now;

        (void)clock_gettime(CLOCK_BOOTTIME, &ts);
        now = (usec_t)ts.tv_sec * USEC_PER_SEC + (usec_t)ts.tv_nsec / NSEC_PER_USEC;
        if (s->drained_usec != 0 && now < usec_add(s->drained_usec, DRAINED_USEC))
                return;
        s->drained_usec = now;
        (void)receive_up_to(s, waiting_at_most(s));
}

static int on_packets(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        VrrpSocket *s = userdata;

        if (receive_up_to(s, PACKETS_PER_WAKEUP))
                flood_guard_woken(&s->guard);
        return 0;
}

/* -- Sending -- */

static void add_control(struct msghdr *message, int level, int type, const void *data, size_t size) {
        struct cmsghdr *c = (struct cmsghdr *)(void *)((uint8_t *)message->msg_control +
                                                       message->msg_controllen);

        c->cmsg_level = level;
        c->cmsg_type = type;
        c->cmsg_len = CMSG_LEN(size);
        memcpy(CMSG_DATA(c), data, size);
        message->msg_controllen += CMSG_SPACE(size);
}

static void add_source_and_ttl(struct msghdr *message, const VrrpAddress *source, int ifindex, int ttl) {
        struct in_pktinfo ipv4 = {.ipi_ifindex = ifindex};
        struct in6_pktinfo ipv6 = {.ipi6_ifindex = (unsigned)ifindex};

        if (source->family == AF_INET) {
                memcpy(&ipv4.ipi_spec_dst, source->bytes, sizeof(ipv4.ipi_spec_dst));
                add_control(message, IPPROTO_IP, IP_PKTINFO, &ipv4, sizeof(ipv4));
                add_control(message, IPPROTO_IP, IP_TTL, &ttl, sizeof(ttl));
        } else {
                memcpy(&ipv6.ipi6_addr, source->bytes, sizeof(ipv6.ipi6_addr));
                add_control(message, IPPROTO_IPV6, IPV6_PKTINFO, &ipv6, sizeof(ipv6));
                add_control(message, IPPROTO_IPV6, IPV6_HOPLIMIT, &ttl, sizeof(ttl));
        }
}

/* Header and control of one message; control and to are the caller's. */
static int make_header(VrrpSocket *s, const VrrpAddress *source, const VrrpAddress *destination, uint8_t ttl,
                uint8_t *control, SocketAddress *to, struct iovec *iov, struct msghdr *ret) {
        if (source->family != s->family || destination->family != s->family || ttl == 0)
                return -EINVAL;
        memset(control, 0, CONTROL_SIZE);
        *ret = (struct msghdr){.msg_name = to, .msg_iov = iov, .msg_iovlen = 1, .msg_control = control};
        ret->msg_namelen = to_socket_address(destination, s->ifindex, to);
        add_source_and_ttl(ret, source, s->ifindex, ttl);
        return 0;
}

int vrrp_socket_send(VrrpSocket *s, const VrrpAddress *source, const VrrpAddress *destination, uint8_t ttl,
                const uint8_t *data, size_t size) {
        uint8_t control[CONTROL_SIZE] __attribute__((aligned(__alignof__(struct cmsghdr))));
        struct iovec iov = {.iov_base = (void *)(uintptr_t)data, .iov_len = size};
        struct msghdr message;
        SocketAddress to;
        int r;

        r = make_header(s, source, destination, ttl, control, &to, &iov, &message);
        if (r < 0)
                return r;
        while (sendmsg(s->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
                if (errno != EINTR)
                        return -errno;
        return 0;
}

int vrrp_socket_queue(VrrpSocket *s, const VrrpAddress *source, const VrrpAddress *destination, uint8_t ttl,
                const uint8_t *data, size_t size, VrrpSentCallback sent, void *userdata, unsigned tag) {
        SendQueue *q = s->queue;
        Queued *item;
        int r;

        if (size > QUEUE_BYTES)
                return -EMSGSIZE;
        if (!q) {
                q = s->queue = malloc(sizeof(*q));
                if (!q)
                        return -ENOMEM;
                q->n = q->used = 0;
        }
        if (q->n == QUEUE_MAX || size > QUEUE_BYTES - q->used)
                vrrp_socket_flush(s);
        item = &q->items[q->n];
        item->iov = (struct iovec){.iov_base = q->bytes + q->used, .iov_len = size};
        r = make_header(s, source, destination, ttl, item->control, &item->to, &item->iov,
                        &q->messages[q->n].msg_hdr);
        if (r < 0)
                return r;
        item->sent = sent;
        item->userdata = userdata;
        item->tag = tag;
        memcpy(q->bytes + q->used, data, size);
        q->used += size;
        q->n++;
        return 0;
}

/* A message that the kernel refuses does not hold up those behind it. */
void vrrp_socket_flush(VrrpSocket *s) {
        SendQueue *q = s->queue;
        size_t n = q ? q->n : 0;

        for (size_t i = 0; i < n;) {
                int r = sendmmsg(s->fd, q->messages + i, (unsigned)(n - i), MSG_DONTWAIT | MSG_NOSIGNAL);

                if (r < 0 && errno == EINTR)
                        continue;
                r = r < 0 ? -errno : r;
                for (size_t end = i + (size_t)MAX(r, 1); i < end; i++)
                        q->items[i].sent(q->items[i].userdata, q->items[i].tag, MIN(r, 0));
        }
        if (q)
                q->n = q->used = 0;
}

/* -- The whole -- */

int vrrp_socket_new(sd_event *event, int64_t priority, const VrrpSocketParams *params,
                VrrpPacketCallback callback, void *userdata, VrrpSocket **ret) {
        _cleanup_(vrrp_socket_freep) VrrpSocket *s = NULL;
        int r;

        if (vrrp_address_size(params->family) == 0)
                return -EAFNOSUPPORT;
        s = calloc(1, sizeof(*s));
        if (!s)
                return -ENOMEM;
        s->fd = -EBADF;
        s->family = params->family;
        s->ifindex = params->ifindex;
        s->group = params->group;
        s->local = params->local;
        s->callback = callback;
        s->userdata = userdata;

        r = open_socket(params, &s->fd);
        if (r < 0)
                return r;
        r = sd_event_add_io(event, &s->source, s->fd, EPOLLIN, on_packets, s);
        if (r < 0)
                return r;
        r = sd_event_source_set_priority(s->source, priority);
        if (r < 0)
                return r;
        r = flood_guard_start(&s->guard, s->source);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(s);
        return 0;
}

VrrpSocket *vrrp_socket_free(VrrpSocket *s) {
        if (!s)
                return NULL;
        flood_guard_stop(&s->guard);
        s->source = sd_event_source_disable_unref(s->source);
        s->fd = safe_close(s->fd);
        free(s->queue);
        s->queue = NULL;
        s->freed = true;
        if (s->n_dispatching == 0)
                free(s);
        return NULL;
}

uint64_t vrrp_socket_dropped(const VrrpSocket *s) {
        return s->n_dropped;
}

uint64_t vrrp_socket_overruns(const VrrpSocket *s) {
        uint32_t info[SK_MEMINFO_VARS] = {};
        socklen_t size = sizeof(info);

        if (getsockopt(s->fd, SOL_SOCKET, SO_MEMINFO, info, &size) < 0)
                return 0;
        return info[SK_MEMINFO_DROPS];
}
