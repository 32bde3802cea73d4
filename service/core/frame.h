/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The frames that tell a network where an address lives now: gratuitous ARP (RFC 9568 section 8.1.2 and RFC
 * 5227's announcement form) and the unsolicited neighbour advertisement (section 8.2.2, RFC 4861 section
 * 4.4); and the headers around an advert that leaves with a virtual MAC address. Bytes only. */

#include "service/core/types.h"

#define FRAME_MAC_SIZE 6
#define FRAME_ARP_SIZE (14 + 28)
#define FRAME_NA_SIZE (14 + 40 + 32)

/* Gratuitous ARP request for an IPv4 address: Ethernet broadcast, sender = target = address, sender hardware
 * address = mac. Writes FRAME_ARP_SIZE bytes. */
void frame_gratuitous_arp(const VrrpAddress *address, const uint8_t mac[FRAME_MAC_SIZE], uint8_t *ret);

/* The same as a reply, which nobody answers. */
void frame_gratuitous_arp_reply(const VrrpAddress *address, const uint8_t mac[FRAME_MAC_SIZE], uint8_t *ret);

/* Unsolicited neighbour advertisement for an IPv6 address to ff02::1: Router and Override flags, target
 * link-layer address option, valid ICMPv6 checksum. Writes FRAME_NA_SIZE bytes. */
void frame_unsolicited_na(
                const VrrpAddress *address, const uint8_t mac[FRAME_MAC_SIZE], bool router, uint8_t *ret);

/* Reads an ARP packet (Ethernet header included). True when it is a well-formed IPv4 ARP packet; then sender
 * protocol and hardware address are written. */
bool frame_parse_arp(
                const uint8_t *frame, size_t size, VrrpAddress *ret_sender, uint8_t ret_mac[FRAME_MAC_SIZE]);

/* What stands before an IP packet's payload to a multicast group: an Ethernet header and an IPv4 (20 bytes)
 * or IPv6 header. */
#define FRAME_IP_HEADERS_MAX (14 + 40)

/* Writes Ethernet and IP header of a packet from source (and from the hardware address mac) to a multicast
 * group of the same family (RFC 1112 section 6.4, RFC 2464 section 7). size: of the payload, in bytes; with
 * the header at most 65535. Returns how many bytes were written. */
size_t frame_multicast_headers(const VrrpAddress *source, const VrrpAddress *group,
                const uint8_t mac[FRAME_MAC_SIZE], uint8_t ttl, uint8_t protocol, size_t size, uint8_t *ret);

typedef struct FrameIp {
        VrrpAddress source, destination;
        uint8_t ttl, protocol;
        const uint8_t *payload; /* in the packet */
        size_t payload_size;
} FrameIp;

/* Reads an IP packet without its Ethernet header; what the link padded behind it is left out. False: cut
 * off, a wrong header checksum, a fragment, or no IP. IPv6: protocol is that of the first header behind
 * IPv6's. */
bool frame_parse_ip(const uint8_t *packet, size_t size, FrameIp *ret);
