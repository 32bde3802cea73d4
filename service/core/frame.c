/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Frames of gratuitous ARP and unsolicited neighbour advertisement as bytes, and the reading of ARP. Owns
 * their layout. Must not know sockets or interfaces: the caller gives the hardware address and sends what
 * comes out. Everything is written byte by byte, so neither alignment nor the host's byte order matters. */

#include "service/core/frame.h"
#include <arpa/inet.h>

#define ETHERTYPE_IPV4 0x0800
#define ETHERTYPE_ARP_PACKET 0x0806
#define ETHERTYPE_IPV6_PACKET 0x86dd
#define ETHERNET_HEADER_SIZE 14
#define ARP_HARDWARE_ETHERNET 1
#define ARP_REQUEST 1
#define ARP_REPLY 2
#define IPV4_HEADER_SIZE 20
#define IPV4_DONT_FRAGMENT 0x4000
#define IPV4_FRAGMENT_MASK 0x3fff /* more fragments, or not the first */
#define IPV6_HEADER_SIZE 40
/* DSCP CS6, network control: what routing protocols are sent with (RFC 4594 section 3.1). */
#define TRAFFIC_CLASS 0xc0
#define NA_SIZE 32
#define NEXT_HEADER_ICMPV6 58
#define ICMPV6_NEIGHBOUR_ADVERTISEMENT 136
#define NA_FLAG_ROUTER 0x80
#define NA_FLAG_OVERRIDE 0x20
#define OPTION_TARGET_LINK_LAYER 2

static void put16(uint8_t *p, uint16_t v) {
        p[0] = (uint8_t)(v >> 8);
        p[1] = (uint8_t)v;
}

static uint16_t get16(const uint8_t *p) {
        return (uint16_t)(p[0] << 8 | p[1]);
}

/* RFC 1071 over an even number of bytes, not yet folded. */
static uint32_t sum16(const uint8_t *p, size_t size, uint32_t sum) {
        for (size_t i = 0; i < size; i += 2)
                sum += get16(p + i);
        return sum;
}

static uint16_t fold(uint32_t sum) {
        while (sum >> 16)
                sum = (sum & 0xffff) + (sum >> 16);
        return (uint16_t)~sum;
}

void frame_gratuitous_arp(const VrrpAddress *address, const uint8_t mac[FRAME_MAC_SIZE], uint8_t *ret) {
        uint8_t *arp = ret + ETHERNET_HEADER_SIZE;

        assert(address->family == AF_INET);

        memset(ret, 0xff, FRAME_MAC_SIZE);
        memcpy(ret + 6, mac, FRAME_MAC_SIZE);
        put16(ret + 12, ETHERTYPE_ARP_PACKET);

        put16(arp, ARP_HARDWARE_ETHERNET);
        put16(arp + 2, ETHERTYPE_IPV4);
        arp[4] = FRAME_MAC_SIZE;
        arp[5] = 4;
        put16(arp + 6, ARP_REQUEST);
        memcpy(arp + 8, mac, FRAME_MAC_SIZE);
        memcpy(arp + 14, address->bytes, 4);
        /* RFC 5227 section 2.3: an announcement is a probe with both addresses set; the target hardware
         * address is 0. */
        memset(arp + 18, 0, FRAME_MAC_SIZE);
        memcpy(arp + 24, address->bytes, 4);
}

void frame_gratuitous_arp_reply(
                const VrrpAddress *address, const uint8_t mac[FRAME_MAC_SIZE], uint8_t *ret) {
        uint8_t *arp = ret + ETHERNET_HEADER_SIZE;

        frame_gratuitous_arp(address, mac, ret);
        put16(arp + 6, ARP_REPLY);
        memcpy(arp + 18, mac, FRAME_MAC_SIZE);
}

void frame_unsolicited_na(
                const VrrpAddress *address, const uint8_t mac[FRAME_MAC_SIZE], bool router, uint8_t *ret) {
        static const uint8_t all_nodes_mac[FRAME_MAC_SIZE] = {0x33, 0x33, 0, 0, 0, 1};
        static const uint8_t all_nodes[16] = {0xff, 0x02, [15] = 1};
        uint8_t *ip = ret + ETHERNET_HEADER_SIZE, *na = ip + IPV6_HEADER_SIZE;
        uint32_t sum;

        assert(address->family == AF_INET6);

        memset(ret, 0, FRAME_NA_SIZE);
        memcpy(ret, all_nodes_mac, FRAME_MAC_SIZE);
        memcpy(ret + 6, mac, FRAME_MAC_SIZE);
        put16(ret + 12, ETHERTYPE_IPV6_PACKET);

        ip[0] = 0x60;
        put16(ip + 4, NA_SIZE);
        ip[6] = NEXT_HEADER_ICMPV6;
        ip[7] = 255; /* RFC 4861 section 7.1.2: receivers drop anything else */
        memcpy(ip + 8, address->bytes, 16);
        memcpy(ip + 24, all_nodes, 16);

        na[0] = ICMPV6_NEIGHBOUR_ADVERTISEMENT;
        na[4] = (uint8_t)((router ? NA_FLAG_ROUTER : 0) | NA_FLAG_OVERRIDE);
        memcpy(na + 8, address->bytes, 16);
        na[24] = OPTION_TARGET_LINK_LAYER;
        na[25] = 1; /* in units of 8 bytes */
        memcpy(na + 26, mac, FRAME_MAC_SIZE);

        /* RFC 8200 section 8.1: source, destination, length and next header go into the sum. */
        sum = sum16(ip + 8, 32, NA_SIZE + NEXT_HEADER_ICMPV6);
        sum = sum16(na, NA_SIZE, sum);
        put16(na + 2, fold(sum));
}

bool frame_parse_arp(const uint8_t *frame, size_t size, VrrpAddress *ret_sender,
                uint8_t ret_mac[FRAME_MAC_SIZE]) {
        const uint8_t *arp = frame + ETHERNET_HEADER_SIZE;

        /* Ethernet pads short frames, so longer is fine. */
        if (size < FRAME_ARP_SIZE || get16(frame + 12) != ETHERTYPE_ARP_PACKET)
                return false;
        if (get16(arp) != ARP_HARDWARE_ETHERNET || get16(arp + 2) != ETHERTYPE_IPV4 ||
                        arp[4] != FRAME_MAC_SIZE || arp[5] != 4)
                return false;
        if (get16(arp + 6) != ARP_REQUEST && get16(arp + 6) != ARP_REPLY)
                return false;

        *ret_sender = (VrrpAddress){.family = AF_INET};
        memcpy(ret_sender->bytes, arp + 14, 4);
        memcpy(ret_mac, arp + 8, FRAME_MAC_SIZE);
        return true;
}

static size_t ipv4_header(const VrrpAddress *source, const VrrpAddress *group, uint8_t ttl, uint8_t protocol,
                size_t size, uint8_t *ip) {
        memset(ip, 0, IPV4_HEADER_SIZE);
        ip[0] = 0x45;
        ip[1] = TRAFFIC_CLASS;
        put16(ip + 2, (uint16_t)(IPV4_HEADER_SIZE + size));
        put16(ip + 6, IPV4_DONT_FRAGMENT); /* which leaves the identification unused: RFC 6864 section 4.1 */
        ip[8] = ttl;
        ip[9] = protocol;
        memcpy(ip + 12, source->bytes, 4);
        memcpy(ip + 16, group->bytes, 4);
        put16(ip + 10, fold(sum16(ip, IPV4_HEADER_SIZE, 0)));
        return IPV4_HEADER_SIZE;
}

static size_t ipv6_header(const VrrpAddress *source, const VrrpAddress *group, uint8_t ttl, uint8_t protocol,
                size_t size, uint8_t *ip) {
        memset(ip, 0, IPV6_HEADER_SIZE);
        ip[0] = 0x60 | TRAFFIC_CLASS >> 4;
        ip[1] = (uint8_t)(TRAFFIC_CLASS << 4);
        put16(ip + 4, (uint16_t)size);
        ip[6] = protocol;
        ip[7] = ttl;
        memcpy(ip + 8, source->bytes, 16);
        memcpy(ip + 24, group->bytes, 16);
        return IPV6_HEADER_SIZE;
}

size_t frame_multicast_headers(const VrrpAddress *source, const VrrpAddress *group,
                const uint8_t mac[FRAME_MAC_SIZE], uint8_t ttl, uint8_t protocol, size_t size,
                uint8_t *ret) {
        assert(source->family == group->family);
        memcpy(ret + FRAME_MAC_SIZE, mac, FRAME_MAC_SIZE);
        if (group->family == AF_INET) {
                const uint8_t to[FRAME_MAC_SIZE] = {
                                0x01, 0x00, 0x5e, group->bytes[1] & 0x7f, group->bytes[2], group->bytes[3]};

                memcpy(ret, to, sizeof(to));
                put16(ret + 12, ETHERTYPE_IPV4);
                return ETHERNET_HEADER_SIZE +
                       ipv4_header(source, group, ttl, protocol, size, ret + ETHERNET_HEADER_SIZE);
        }
        ret[0] = ret[1] = 0x33;
        memcpy(ret + 2, group->bytes + 12, 4);
        put16(ret + 12, ETHERTYPE_IPV6_PACKET);
        return ETHERNET_HEADER_SIZE +
               ipv6_header(source, group, ttl, protocol, size, ret + ETHERNET_HEADER_SIZE);
}

static VrrpAddress address_at(int family, const uint8_t *bytes) {
        VrrpAddress a = {.family = family};

        memcpy(a.bytes, bytes, vrrp_address_size(family));
        return a;
}

static bool parse_ipv4(const uint8_t *ip, size_t size, FrameIp *ret) {
        size_t header, total;

        if (size < IPV4_HEADER_SIZE)
                return false;
        header = (size_t)(ip[0] & 15) * 4;
        total = get16(ip + 2);
        if (header < IPV4_HEADER_SIZE || header > total || total > size)
                return false;
        if (fold(sum16(ip, header, 0)) != 0 || (get16(ip + 6) & IPV4_FRAGMENT_MASK) != 0)
                return false;
        *ret = (FrameIp){
                        .source = address_at(AF_INET, ip + 12),
                        .destination = address_at(AF_INET, ip + 16),
                        .ttl = ip[8],
                        .protocol = ip[9],
                        .payload = ip + header,
                        .payload_size = total - header,
        };
        return true;
}

static bool parse_ipv6(const uint8_t *ip, size_t size, FrameIp *ret) {
        if (size < IPV6_HEADER_SIZE || get16(ip + 4) > size - IPV6_HEADER_SIZE)
                return false;
        *ret = (FrameIp){
                        .source = address_at(AF_INET6, ip + 8),
                        .destination = address_at(AF_INET6, ip + 24),
                        .ttl = ip[7],
                        .protocol = ip[6],
                        .payload = ip + IPV6_HEADER_SIZE,
                        .payload_size = get16(ip + 4),
        };
        return true;
}

bool frame_parse_ip(const uint8_t *packet, size_t size, FrameIp *ret) {
        if (size == 0)
                return false;
        if (packet[0] >> 4 == 4)
                return parse_ipv4(packet, size, ret);
        return packet[0] >> 4 == 6 && parse_ipv6(packet, size, ret);
}
