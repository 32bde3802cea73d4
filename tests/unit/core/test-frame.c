/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Frames against bytes written by hand from RFC 826, RFC 5227 and RFC 4861. */

#include "service/core/frame.h"
#include <arpa/inet.h>
#include <glib.h>

static const uint8_t mac[FRAME_MAC_SIZE] = {0x00, 0x00, 0x5e, 0x00, 0x02, 0x33};

static const uint8_t arp_frame[FRAME_ARP_SIZE] = {
                0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x5e, 0x00, 0x02, 0x33, 0x08,
                0x06,                                                       /* Ethernet */
                0x00, 0x01, 0x08, 0x00, 0x06, 0x04, 0x00, 0x01,             /* ARP request */
                0x00, 0x00, 0x5e, 0x00, 0x02, 0x33, 0xc0, 0x00, 0x02, 0x64, /* sender */
                0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xc0, 0x00, 0x02, 0x64, /* target */
};

/* The checksum 0x1a54 was computed by another implementation. */
static const uint8_t na_frame[FRAME_NA_SIZE] = {
                0x33, 0x33, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x5e, 0x00, 0x02, 0x33, 0x86,
                0xdd,                                           /* Ethernet */
                0x60, 0x00, 0x00, 0x00, 0x00, 0x20, 0x3a, 0xff, /* IPv6, ICMPv6, hop limit */
                0x20, 0x01, 0x0d, 0xb8, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
                0x53, 0xff, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
                0x00, 0x01, 0x88, 0x00, 0x1a, 0x54, 0xa0, 0x00, 0x00, 0x00, /* NA: router, override */
                0x20, 0x01, 0x0d, 0xb8, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
                0x53, 0x02, 0x01, 0x00, 0x00, 0x5e, 0x00, 0x02, 0x33, /* target link-layer address */
};

static VrrpAddress address(int family, const char *text) {
        VrrpAddress a = {.family = family};

        g_assert_cmpint(inet_pton(family, text, a.bytes), ==, 1);
        return a;
}

static void test_gratuitous_arp(void) {
        /* Property: the announcement is RFC 5227's, byte by byte. */
        VrrpAddress vip = address(AF_INET, "192.0.2.100");
        uint8_t frame[FRAME_ARP_SIZE];

        memset(frame, 0xaa, sizeof(frame));
        frame_gratuitous_arp(&vip, mac, frame);
        g_assert_cmpmem(frame, sizeof(frame), arp_frame, sizeof(arp_frame));
}

static void test_gratuitous_arp_reply(void) {
        /* Property: the form that nobody answers differs in the operation and names us as target. */
        VrrpAddress vip = address(AF_INET, "192.0.2.100");
        uint8_t frame[FRAME_ARP_SIZE], expected[FRAME_ARP_SIZE];

        memcpy(expected, arp_frame, sizeof(expected));
        expected[21] = 2;
        memcpy(expected + 32, mac, sizeof(mac));
        frame_gratuitous_arp_reply(&vip, mac, frame);
        g_assert_cmpmem(frame, sizeof(frame), expected, sizeof(expected));
}

static void test_unsolicited_na(void) {
        /* Property: the advertisement is RFC 4861's with a valid checksum, byte by byte. */
        VrrpAddress vip = address(AF_INET6, "2001:db8::53");
        uint8_t frame[FRAME_NA_SIZE];

        memset(frame, 0xaa, sizeof(frame));
        frame_unsolicited_na(&vip, mac, true, frame);
        g_assert_cmpmem(frame, sizeof(frame), na_frame, sizeof(na_frame));
}

static void test_unsolicited_na_host(void) {
        /* Property: without the router flag only that bit and the checksum differ, and the sum still comes
         * out even. */
        VrrpAddress vip = address(AF_INET6, "2001:db8::53");
        uint8_t frame[FRAME_NA_SIZE];
        uint32_t sum = 32 + 58;

        frame_unsolicited_na(&vip, mac, false, frame);
        g_assert_cmpuint(frame[58], ==, 0x20);
        for (size_t i = 22; i < FRAME_NA_SIZE; i += 2)
                sum += (uint32_t)(frame[i] << 8 | frame[i + 1]);
        sum = (sum & 0xffff) + (sum >> 16);
        g_assert_cmpuint((sum & 0xffff) + (sum >> 16), ==, 0xffff);
}

static void test_parse_arp(void) {
        /* Property: what we send is read back, as request, as reply and with Ethernet's padding. */
        uint8_t frame[60] = {0}, sender_mac[FRAME_MAC_SIZE];
        VrrpAddress vip = address(AF_INET, "192.0.2.100"), sender;

        memcpy(frame, arp_frame, sizeof(arp_frame));
        g_assert_true(frame_parse_arp(frame, FRAME_ARP_SIZE, &sender, sender_mac));
        g_assert_true(vrrp_address_equal(&sender, &vip));
        g_assert_cmpmem(sender_mac, sizeof(sender_mac), mac, sizeof(mac));

        frame[21] = 2;
        g_assert_true(frame_parse_arp(frame, sizeof(frame), &sender, sender_mac));
}

static void test_parse_arp_refuses(void) {
        /* Property: all but a whole Ethernet/IPv4 ARP request or reply is refused and writes nothing. */
        static const struct {
                size_t at;
                uint8_t value;
        } cases[] = {
                        {13, 0x00},
                        {15, 6},
                        {16, 0x86},
                        {18, 8},
                        {19, 16},
                        {21, 3},
                        {20, 1},
        };
        uint8_t frame[FRAME_ARP_SIZE], sender_mac[FRAME_MAC_SIZE] = {0};
        VrrpAddress sender = {0};

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                memcpy(frame, arp_frame, sizeof(frame));
                frame[cases[i].at] = cases[i].value;
                g_assert_false(frame_parse_arp(frame, sizeof(frame), &sender, sender_mac));
        }
        for (size_t size = 0; size < FRAME_ARP_SIZE; size++) {
                /* An exact-size copy, so that a sanitizer sees a read beyond it. */
                g_autofree uint8_t *copy = size > 0 ? g_memdup2(arp_frame, size) : g_malloc(1);

                g_assert_false(frame_parse_arp(copy, size, &sender, sender_mac));
        }
        g_assert_false(vrrp_address_is_set(&sender));
}

static VrrpAddress address_of(int family, const char *text) {
        VrrpAddress a = {.family = family};

        g_assert_cmpint(inet_pton(family, text, a.bytes), ==, 1);
        return a;
}

/* RFC 1112 section 6.4: the last 23 bits of the group; the header's checksum is right. What is written reads
 * back as the same. */
static void test_ipv4_headers(void) {
        static const uint8_t expected[] = {0x01, 0x00, 0x5e, 0x00, 0x00, 0x12, 0x00, 0x00, 0x5e, 0x00, 0x02,
                        0x33, 0x08, 0x00, 0x45, 0xc0, 0x00, 0x1c, 0x00, 0x00, 0x40, 0x00, 0xff, 0x70};
        VrrpAddress source = address_of(AF_INET, "192.0.2.1"), group = address_of(AF_INET, "224.0.0.18");
        uint8_t frame[FRAME_IP_HEADERS_MAX + 8 + 10] = {0};
        uint32_t sum = 0;
        FrameIp ip;

        g_assert_cmpuint(frame_multicast_headers(&source, &group, mac, 255, 112, 8, frame), ==, 34);
        g_assert_cmpmem(frame, sizeof(expected), expected, sizeof(expected));
        for (size_t i = 14; i < 34; i += 2)
                sum += (uint32_t)(frame[i] << 8 | frame[i + 1]);
        g_assert_cmpuint((sum & 0xffff) + (sum >> 16), ==, 0xffff);

        memcpy(frame + 34, "advert..", 8);
        g_assert_true(frame_parse_ip(frame + 14, 28 + 10, &ip)); /* with padding behind */
        g_assert_true(vrrp_address_equal(&ip.source, &source));
        g_assert_true(vrrp_address_equal(&ip.destination, &group));
        g_assert_cmpuint(ip.ttl, ==, 255);
        g_assert_cmpuint(ip.protocol, ==, 112);
        g_assert_cmpmem(ip.payload, ip.payload_size, "advert..", 8);
}

/* RFC 2464 section 7: 33:33 and the group's last four bytes. */
static void test_ipv6_headers(void) {
        static const uint8_t to[] = {0x33, 0x33, 0x00, 0x00, 0x00, 0x12};
        VrrpAddress source = address_of(AF_INET6, "fe80::1"), group = address_of(AF_INET6, "ff02::12");
        uint8_t frame[FRAME_IP_HEADERS_MAX + 8] = {0};
        FrameIp ip;

        g_assert_cmpuint(frame_multicast_headers(&source, &group, mac, 255, 112, 8, frame), ==, 54);
        g_assert_cmpmem(frame, sizeof(to), to, sizeof(to));
        g_assert_cmpmem(frame + 6, sizeof(mac), mac, sizeof(mac));
        g_assert_true(frame_parse_ip(frame + 14, 48, &ip));
        g_assert_true(vrrp_address_equal(&ip.source, &source));
        g_assert_true(vrrp_address_equal(&ip.destination, &group));
        g_assert_cmpuint(ip.ttl, ==, 255);
        g_assert_cmpuint(ip.payload_size, ==, 8);
}

/* Cut off anywhere, with a wrong checksum, a length beyond the packet, or as a fragment, it is no packet. */
static void test_parse_ip_refuses(void) {
        static const struct {
                size_t at;
                uint8_t value;
        } broken[] = {{0, 0x44}, {0, 0x4f}, {0, 0x15}, {0, 0x65}, {3, 29}, {3, 19}, {6, 0x20}, {7, 1},
                        {10, 0}};
        VrrpAddress source = address_of(AF_INET, "192.0.2.1"), group = address_of(AF_INET, "224.0.0.18");
        uint8_t frame[FRAME_IP_HEADERS_MAX + 8] = {0}, packet[28];
        FrameIp ip;

        frame_multicast_headers(&source, &group, mac, 255, 112, 8, frame);
        for (size_t i = 0; i < G_N_ELEMENTS(broken); i++) {
                memcpy(packet, frame + 14, sizeof(packet));
                packet[broken[i].at] = broken[i].value;
                g_assert_false(frame_parse_ip(packet, sizeof(packet), &ip));
        }
        for (size_t size = 0; size < sizeof(packet); size++) {
                g_autofree uint8_t *copy = size > 0 ? g_memdup2(frame + 14, size) : g_malloc(1);

                g_assert_false(frame_parse_ip(copy, size, &ip));
        }
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/core/frame/gratuitous-arp", test_gratuitous_arp);
        g_test_add_func("/core/frame/gratuitous-arp-reply", test_gratuitous_arp_reply);
        g_test_add_func("/core/frame/unsolicited-na", test_unsolicited_na);
        g_test_add_func("/core/frame/unsolicited-na-host", test_unsolicited_na_host);
        g_test_add_func("/core/frame/parse-arp", test_parse_arp);
        g_test_add_func("/core/frame/parse-arp-refuses", test_parse_arp_refuses);
        g_test_add_func("/core/frame/ipv4-headers", test_ipv4_headers);
        g_test_add_func("/core/frame/ipv6-headers", test_ipv6_headers);
        g_test_add_func("/core/frame/parse-ip-refuses", test_parse_ip_refuses);
        return g_test_run();
}
