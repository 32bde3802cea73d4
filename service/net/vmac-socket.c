/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Two packet sockets (packet(7)): one that only sends whole frames on the lower interface, one that is bound
 * to the macvlan and takes VRRP's IP packets there. The bytes of the headers are core/frame's. */

#include "service/net/vmac-socket.h"

#include "service/core/advert.h"
#include "service/net/flood-guard.h"
#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#define PACKET_SIZE_MAX 2048
#define PACKETS_PER_WAKEUP 64

struct VmacSocket {
        VmacSocketParams params;
        VmacCallback callback;
        void *userdata;
        int send_fd, receive_fd;
        sd_event_source *source;
        FloodGuard guard;
        unsigned n_dispatching; /* a callback may free the socket */
        bool freed;
};

/* -- Sending -- */

int vmac_socket_send(VmacSocket *s, const VrrpAddress *source, const VrrpAddress *group, uint8_t ttl,
                const uint8_t *data, size_t size) {
        uint8_t frame[FRAME_IP_HEADERS_MAX + PACKET_SIZE_MAX];
        struct sockaddr_ll to = {
                        .sll_family = AF_PACKET,
                        .sll_protocol = htons(s->params.family == AF_INET ? ETH_P_IP : ETH_P_IPV6),
                        .sll_ifindex = s->params.lower_ifindex,
                        .sll_halen = FRAME_MAC_SIZE,
        };
        size_t n;

        if (source->family != s->params.family || group->family != s->params.family || ttl == 0)
                return -EINVAL;
        if (size > PACKET_SIZE_MAX)
                return -EMSGSIZE;
        n = frame_multicast_headers(source, group, s->params.mac, ttl, VRRP_IPPROTO, size, frame);
        memcpy(frame + n, data, size);
        memcpy(to.sll_addr, frame, FRAME_MAC_SIZE);
        while (sendto(s->send_fd, frame, n + size, MSG_DONTWAIT | MSG_NOSIGNAL, (struct sockaddr *)&to,
                               sizeof(to)) < 0)
                if (errno != EINTR)
                        return -errno;
        return 0;
}

/* -- Receiving -- */

static void deliver(VmacSocket *s, const uint8_t *data, size_t size) {
        FrameIp ip;

        if (!frame_parse_ip(data, size, &ip) || ip.protocol != VRRP_IPPROTO ||
                        ip.source.family != s->params.family)
                return;
        s->callback(
                        &(VrrpPacket){
                                        .data = ip.payload,
                                        .size = ip.payload_size,
                                        .ttl = ip.ttl,
                                        .ifindex = s->params.ifindex,
                                        .source = ip.source,
                                        .destination = ip.destination,
                        },
                        s->userdata);
}

/* 1: one packet read; 0: none waits. */
static int receive(VmacSocket *s) {
        uint8_t data[PACKET_SIZE_MAX];
        struct sockaddr_ll from = {0};
        socklen_t from_size = sizeof(from);
        ssize_t n;

        n = recvfrom(s->receive_fd, data, sizeof(data), MSG_DONTWAIT | MSG_TRUNC, (struct sockaddr *)&from,
                        &from_size);
        if (n < 0)
                return errno == EINTR;
        if ((size_t)n <= sizeof(data) && from.sll_pkttype == PACKET_MULTICAST &&
                        from.sll_halen == FRAME_MAC_SIZE &&
                        memcmp(from.sll_addr, s->params.mac, FRAME_MAC_SIZE) == 0)
                deliver(s, data, (size_t)n);
        return 1;
}

/* False: the socket is freed. */
static bool receive_some(VmacSocket *s) {
        s->n_dispatching++;
        for (unsigned n = 0; n < PACKETS_PER_WAKEUP && !s->freed; n++)
                if (receive(s) == 0)
                        break;
        s->n_dispatching--;
        if (!s->freed)
                return true;
        vmac_socket_free(s);
        return false;
}

void vmac_socket_drain(VmacSocket *s) {
        (void)receive_some(s);
}

static int on_packets(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        VmacSocket *s = userdata;

        if (receive_some(s))
                flood_guard_woken(&s->guard);
        return 0;
}

/* -- The whole -- */

/* Everything but VRRP is dropped in the kernel. In a socket of this type the packet begins with its IP
 * header, which has the protocol at a fixed place; an IPv6 extension header before VRRP is not sent by
 * anybody. */
static int attach_filter(int fd, int family) {
        struct sock_filter code[] = {
                        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, family == AF_INET ? 9 : 6),
                        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, VRRP_IPPROTO, 0, 1),
                        BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
                        BPF_STMT(BPF_RET | BPF_K, 0),
        };
        const struct sock_fprog program = {.len = ELEMENTSOF(code), .filter = code};

        return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) < 0 ? -errno : 0;
}

static int open_receiver(const VmacSocketParams *params, int *ret_fd) {
        const struct sockaddr_ll address = {
                        .sll_family = AF_PACKET,
                        .sll_protocol = htons(params->family == AF_INET ? ETH_P_IP : ETH_P_IPV6),
                        .sll_ifindex = params->ifindex,
        };
        _cleanup_close_ int fd = -EBADF;
        int r;

        fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd < 0)
                return -errno;
        r = attach_filter(fd, params->family);
        if (r < 0)
                return r;
        if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
                return -errno;
        *ret_fd = TAKE_FD(fd);
        return 0;
}

int vmac_socket_new(sd_event *event, int64_t priority, const VmacSocketParams *params, VmacCallback callback,
                void *userdata, VmacSocket **ret) {
        _cleanup_(vmac_socket_freep) VmacSocket *s = NULL;
        int r;

        s = calloc(1, sizeof(*s));
        if (!s)
                return -ENOMEM;
        s->params = *params;
        s->callback = callback;
        s->userdata = userdata;
        s->receive_fd = -EBADF;
        /* Protocol 0: a socket that only sends. */
        s->send_fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (s->send_fd < 0)
                return -errno;
        r = open_receiver(params, &s->receive_fd);
        if (r < 0)
                return r;
        r = sd_event_add_io(event, &s->source, s->receive_fd, EPOLLIN, on_packets, s);
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

VmacSocket *vmac_socket_free(VmacSocket *s) {
        if (!s)
                return NULL;
        flood_guard_stop(&s->guard);
        s->source = sd_event_source_disable_unref(s->source);
        s->send_fd = safe_close(s->send_fd);
        s->receive_fd = safe_close(s->receive_fd);
        s->freed = true;
        if (s->n_dispatching == 0)
                free(s);
        return NULL;
}
