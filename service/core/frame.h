/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The frames that tell a network where an address lives now: gratuitous ARP (RFC 9568 section 8.1.2 and RFC
 * 5227's announcement form) and the unsolicited neighbour advertisement (section 8.2.2, RFC 4861 section
 * 4.4). Bytes only. */

#include "service/core/types.h"

#define FRAME_MAC_SIZE 6
#define FRAME_ARP_SIZE (14 + 28)
#define FRAME_NA_SIZE (14 + 40 + 32)

/* Gratuitous ARP request for an IPv4 address: Ethernet broadcast, sender = target = address, sender hardware
 * address = mac. Writes FRAME_ARP_SIZE bytes. */
void frame_gratuitous_arp(const VrrpAddress *address, const uint8_t mac[FRAME_MAC_SIZE], uint8_t *ret);

/* Unsolicited neighbour advertisement for an IPv6 address to ff02::1: Router and Override flags, target
 * link-layer address option, valid ICMPv6 checksum. Writes FRAME_NA_SIZE bytes. */
void frame_unsolicited_na(
                const VrrpAddress *address, const uint8_t mac[FRAME_MAC_SIZE], bool router, uint8_t *ret);

/* Reads an ARP packet (Ethernet header included). True when it is a well-formed IPv4 ARP packet; then sender
 * protocol and hardware address are written. */
bool frame_parse_arp(
                const uint8_t *frame, size_t size, VrrpAddress *ret_sender, uint8_t ret_mac[FRAME_MAC_SIZE]);
