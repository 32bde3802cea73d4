/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The codec against bytes written by hand from RFC 9568 section 5.1, RFC 3768 section 5.1 and RFC 2338; the
 * checksums were computed by another implementation. */

#include "service/core/advert.h"
#include <arpa/inet.h>
#include <glib.h>

static VrrpAddress address(const char *text) {
        VrrpAddress a = {.family = strchr(text, ':') ? AF_INET6 : AF_INET};

        g_assert_cmpint(inet_pton(a.family, text, a.bytes), ==, 1);
        return a;
}

/* One message with what it stands for. */
typedef struct Vector {
        const char *name;
        uint8_t version, vrid, priority;
        usec_t interval_usec;
        AdvertChecksum form;
        AdvertAuth auth;
        const char *password;
        const char *source, *destination;
        const char *vips[3];
        size_t size;
        uint8_t bytes[64];
} Vector;

static const Vector vectors[] = {
                {"v2", 2, 1, 100, 1 * USEC_PER_SEC, ADVERT_CHECKSUM_PLAIN, ADVERT_AUTH_NONE, NULL,
                                "192.0.2.1", "224.0.0.18", {"192.0.2.100", "192.0.2.101"}, 24,
                                {0x21, 0x01, 0x64, 0x02, 0x00, 0x01, 0xf6, 0x30, 0xc0, 0x00, 0x02, 0x64,
                                                0xc0, 0x00, 0x02, 0x65, 0, 0, 0, 0, 0, 0, 0, 0}},
                {"v2 with password", 2, 7, 255, 3 * USEC_PER_SEC, ADVERT_CHECKSUM_PLAIN, ADVERT_AUTH_PASS,
                                "secret", "192.0.2.1", "224.0.0.18", {"10.0.0.1"}, 20,
                                {0x21, 0x07, 0xff, 0x01, 0x01, 0x03, 0x98, 0xa6, 0x0a, 0x00, 0x00, 0x01, 's',
                                                'e', 'c', 'r', 'e', 't', 0, 0}},
                {"v3 with pseudo-header", 3, 51, 150, 100 * USEC_PER_CS, ADVERT_CHECKSUM_PSEUDO,
                                ADVERT_AUTH_NONE, NULL, "192.0.2.1", "224.0.0.18", {"192.0.2.100"}, 12,
                                {0x31, 0x33, 0x96, 0x01, 0x00, 0x64, 0xd3, 0x71, 0xc0, 0x00, 0x02, 0x64}},
                {"v3 without", 3, 51, 150, 100 * USEC_PER_CS, ADVERT_CHECKSUM_PLAIN, ADVERT_AUTH_NONE, NULL,
                                "192.0.2.1", "224.0.0.18", {"192.0.2.100"}, 12,
                                {0x31, 0x33, 0x96, 0x01, 0x00, 0x64, 0x76, 0x02, 0xc0, 0x00, 0x02, 0x64}},
                {"v3 IPv6", 3, 51, 150, 4095 * USEC_PER_CS, ADVERT_CHECKSUM_PSEUDO, ADVERT_AUTH_NONE, NULL,
                                "fe80::1", "ff02::12", {"fe80::100", "2001:db8::100"}, 40,
                                {0x31, 0x33, 0x96, 0x02, 0x0f, 0xff, 0xfc, 0x61, 0xfe, 0x80, 0, 0, 0, 0, 0,
                                                0, 0, 0, 0, 0, 0, 0, 0x01, 0x00, 0x20, 0x01, 0x0d, 0xb8, 0,
                                                0, 0, 0, 0, 0, 0, 0, 0, 0, 0x01, 0x00}},
};

typedef struct Case {
        AdvertParams params;
        VrrpAddress vips[3], source, destination;
} Case;

static void case_init(Case *c, const Vector *v) {
        *c = (Case){.source = address(v->source), .destination = address(v->destination)};
        c->params = (AdvertParams){
                        .version = v->version,
                        .vrid = v->vrid,
                        .family = c->source.family,
                        .interval_usec = v->interval_usec,
                        .checksum_form = v->form,
                        .auth = v->auth,
                        .vips = c->vips,
        };
        if (v->password)
                memcpy(c->params.auth_data, v->password, strlen(v->password));
        while (c->params.n_vips < ELEMENTSOF(v->vips) && v->vips[c->params.n_vips]) {
                c->vips[c->params.n_vips] = address(v->vips[c->params.n_vips]);
                c->params.n_vips++;
        }
}

static AdvertVerdict decode(const Case *c, const uint8_t *bytes, size_t size, int ttl, Advert *ret) {
        /* An exact-size copy, so that a sanitizer sees a read beyond it. */
        g_autofree uint8_t *copy = g_malloc(size > 0 ? size : 1);

        memcpy(copy, bytes, size);
        *ret = (Advert){0};
        return advert_decode(&c->params, copy, size, ttl, &c->source, &c->destination, ret);
}

static void test_encode_vectors(void) {
        /* Property: the messages we build are the RFCs', byte by byte. */
        for (size_t i = 0; i < ELEMENTSOF(vectors); i++) {
                const Vector *v = &vectors[i];
                uint8_t buf[ADVERT_SIZE_MAX];
                size_t size;
                Case c;

                case_init(&c, v);
                memset(buf, 0xaa, sizeof(buf));
                size = advert_encode(&c.params, v->priority, &c.source, &c.destination, buf, sizeof(buf));
                g_test_message("%s", v->name);
                g_assert_cmpmem(buf, size, v->bytes, v->size);
        }
}

static void test_decode_vectors(void) {
        /* Property: the same messages are read back as what they stand for. */
        for (size_t i = 0; i < ELEMENTSOF(vectors); i++) {
                const Vector *v = &vectors[i];
                Advert a;
                Case c;

                case_init(&c, v);
                g_test_message("%s", v->name);
                g_assert_cmpint(decode(&c, v->bytes, v->size, VRRP_TTL, &a), ==, ADVERT_OK);
                g_assert_cmpuint(a.version, ==, v->version);
                g_assert_cmpuint(a.vrid, ==, v->vrid);
                g_assert_cmpuint(a.priority, ==, v->priority);
                g_assert_cmpuint(a.interval_usec, ==, v->interval_usec);
                g_assert_cmpint(a.checksum_form, ==, v->form);
                g_assert_true(vrrp_address_equal(&a.source, &c.source));
                g_assert_true(vrrp_address_equal(&a.destination, &c.destination));
                g_assert_cmpuint(a.n_vips, ==, c.params.n_vips);
                g_assert_cmpuint(a.vips_digest, ==, advert_vips_digest(c.vips, c.params.n_vips));
        }
}

static void test_checksum_forms(void) {
        /* Property: version 3 over IPv4 is accepted in both forms whatever we send ourselves, and the form
         * is told. */
        for (size_t i = 2; i <= 3; i++)
                for (AdvertChecksum ours = ADVERT_CHECKSUM_PSEUDO; ours <= ADVERT_CHECKSUM_PLAIN; ours++) {
                        Advert a;
                        Case c;

                        case_init(&c, &vectors[i]);
                        c.params.checksum_form = ours;
                        g_assert_cmpint(decode(&c, vectors[i].bytes, vectors[i].size, VRRP_TTL, &a), ==,
                                        ADVERT_OK);
                        g_assert_cmpint(a.checksum_form, ==, vectors[i].form);
                }
}

static uint16_t sum(const uint8_t *p, size_t size, uint32_t s) {
        for (size_t i = 0; i < size; i += 2)
                s += (uint32_t)(p[i] << 8 | p[i + 1]);
        while (s >> 16)
                s = (s & 0xffff) + (s >> 16);
        return (uint16_t)s;
}

/* Writes the checksum of a message anew; `extra` is added to the sum (a pseudo-header). */
static void seal(uint8_t *bytes, size_t size, uint32_t extra) {
        uint16_t s;

        bytes[6] = bytes[7] = 0;
        s = (uint16_t)~sum(bytes, size, extra);
        bytes[6] = (uint8_t)(s >> 8);
        bytes[7] = (uint8_t)s;
}

static uint32_t pseudo(const Case *c, size_t size) {
        uint32_t s = 112 + (uint32_t)size;

        s += sum(c->source.bytes, vrrp_address_size(c->source.family), 0);
        return s + sum(c->destination.bytes, vrrp_address_size(c->destination.family), 0);
}

static void test_checksum_only_form(void) {
        /* Property: version 2 with a pseudo-header and IPv6 without one are wrong checksums, not another
         * form. */
        uint8_t bytes[64];
        Advert a;
        Case c;

        case_init(&c, &vectors[0]);
        memcpy(bytes, vectors[0].bytes, sizeof(bytes));
        seal(bytes, vectors[0].size, pseudo(&c, vectors[0].size));
        c.params.checksum_form = ADVERT_CHECKSUM_PSEUDO;
        g_assert_cmpint(decode(&c, bytes, vectors[0].size, VRRP_TTL, &a), ==, ADVERT_BAD_CHECKSUM);

        case_init(&c, &vectors[4]);
        memcpy(bytes, vectors[4].bytes, sizeof(bytes));
        seal(bytes, vectors[4].size, 0);
        c.params.checksum_form = ADVERT_CHECKSUM_PLAIN;
        g_assert_cmpint(decode(&c, bytes, vectors[4].size, VRRP_TTL, &a), ==, ADVERT_BAD_CHECKSUM);
}

static void test_every_bit(void) {
        /* Property: no single flipped bit goes unnoticed, in any version and family; none that changes a
         * meaning is OK. */
        for (size_t i = 0; i < ELEMENTSOF(vectors); i++)
                for (size_t bit = 0; bit < vectors[i].size * 8; bit++) {
                        uint8_t bytes[64];
                        Advert a;
                        Case c;

                        case_init(&c, &vectors[i]);
                        memcpy(bytes, vectors[i].bytes, sizeof(bytes));
                        bytes[bit / 8] = (uint8_t)(bytes[bit / 8] ^ 1 << bit % 8);
                        g_assert_cmpint(decode(&c, bytes, vectors[i].size, VRRP_TTL, &a), !=, ADVERT_OK);
                }
}

/* What is done to a good message before it is judged. */
typedef struct Refusal {
        const char *name;
        size_t vector;
        int ttl;
        struct {
                uint8_t at, value; /* at 0 with value 0: end */
        } set[3];
        int grow;    /* bytes added at, or taken from, the end */
        bool reseal; /* so that not the checksum is to blame */
        AdvertVerdict verdict;
} Refusal;

static const Refusal refusals[] = {
                {"ttl 254", 0, 254, {{0}}, 0, false, ADVERT_BAD_TTL},
                {"ttl 0", 2, 0, {{0}}, 0, false, ADVERT_BAD_TTL},
                {"version 3 in a version 2 router", 0, 255, {{0, 0x31}}, 0, true, ADVERT_BAD_VERSION},
                {"version 2 in a version 3 router", 2, 255, {{0, 0x21}}, 0, true, ADVERT_BAD_VERSION},
                {"version 4", 2, 255, {{0, 0x41}}, 0, true, ADVERT_BAD_VERSION},
                {"type 2", 0, 255, {{0, 0x22}}, 0, true, ADVERT_BAD_TYPE},
                {"type 0", 2, 255, {{0, 0x30}}, 0, true, ADVERT_BAD_TYPE},
                {"one address more than there is", 0, 255, {{3, 3}}, 0, true, ADVERT_BAD_LENGTH},
                {"255 addresses claimed", 4, 255, {{3, 255}}, 0, true, ADVERT_BAD_LENGTH},
                {"two bytes too long", 2, 255, {{0}}, 2, true, ADVERT_BAD_LENGTH},
                {"two bytes too short", 0, 255, {{0}}, -2, true, ADVERT_BAD_LENGTH},
                {"without authentication data", 0, 255, {{0}}, -8, true, ADVERT_BAD_LENGTH},
                {"shorter than the header", 2, 255, {{0}}, -6, false, ADVERT_BAD_LENGTH},
                {"checksum", 2, 255, {{6, 0x12}}, 0, false, ADVERT_BAD_CHECKSUM},
                {"another VRID", 0, 255, {{1, 2}}, 0, true, ADVERT_BAD_VRID},
                {"another VRID, version 3", 2, 255, {{1, 52}}, 0, true, ADVERT_BAD_VRID},
                {"no addresses", 0, 255, {{3, 0}}, -8, true, ADVERT_BAD_ADDRESS_COUNT},
                {"no addresses, version 3", 2, 255, {{3, 0}}, -4, true, ADVERT_BAD_ADDRESS_COUNT},
                {"interval 2 s", 0, 255, {{5, 2}}, 0, true, ADVERT_BAD_INTERVAL},
                {"interval 0, version 3", 2, 255, {{5, 0}}, 0, true, ADVERT_BAD_INTERVAL},
                {"interval 0 with reserved bits", 2, 255, {{4, 0xf0}, {5, 0}}, 0, true, ADVERT_BAD_INTERVAL},
                {"password where none is configured", 0, 255, {{4, 1}}, 0, true, ADVERT_BAD_AUTH_TYPE},
                {"AH where none is configured", 0, 255, {{4, 2}}, 0, true, ADVERT_BAD_AUTH_TYPE},
                {"no password where one is configured", 1, 255, {{4, 0}}, 0, true, ADVERT_BAD_AUTH_TYPE},
                /* The order of the checks, RFC 9568 section 7.1: the first fault is the one that is told. */
                {"ttl before length", 2, 1, {{0}}, -6, false, ADVERT_BAD_TTL},
                {"version before type", 0, 255, {{0, 0x33}}, 0, false, ADVERT_BAD_VERSION},
                {"type before length", 0, 255, {{0, 0x22}}, 1, false, ADVERT_BAD_TYPE},
                {"length before checksum", 0, 255, {{6, 1}}, 4, false, ADVERT_BAD_LENGTH},
                {"checksum before VRID", 0, 255, {{1, 9}}, 0, false, ADVERT_BAD_CHECKSUM},
                {"VRID before authentication", 1, 255, {{1, 9}, {4, 0}}, 0, true, ADVERT_BAD_VRID},
                {"authentication before interval", 1, 255, {{4, 0}, {5, 9}}, 0, true, ADVERT_BAD_AUTH_TYPE},
                {"count before interval", 2, 255, {{3, 0}, {5, 0}}, -4, true, ADVERT_BAD_ADDRESS_COUNT},
};

static void test_refusals(void) {
        /* Property: each way to be wrong has its verdict, and the checks come in the RFC's order. */
        for (size_t i = 0; i < ELEMENTSOF(refusals); i++) {
                const Refusal *f = &refusals[i];
                const Vector *v = &vectors[f->vector];
                size_t size = (size_t)((ssize_t)v->size + f->grow);
                uint8_t bytes[64];
                Advert a;
                Case c;

                case_init(&c, v);
                memcpy(bytes, v->bytes, sizeof(bytes));
                for (size_t k = 0; k < ELEMENTSOF(f->set) && (f->set[k].at || f->set[k].value); k++)
                        bytes[f->set[k].at] = f->set[k].value;
                if (f->reseal)
                        seal(bytes, size, v->version == 3 ? pseudo(&c, size) : 0);
                g_test_message("%s", f->name);
                g_assert_cmpint(decode(&c, bytes, size, f->ttl, &a), ==, f->verdict);
                g_assert_cmpuint(a.vips_digest, ==, 0);
                g_assert_cmpuint(a.interval_usec, ==, 0);
                /* For the statistics and the log: who sent it, as soon as the length allows to tell. */
                g_assert_cmpint(vrrp_address_is_set(&a.source), ==, size >= 8);
        }
}

static void test_source(void) {
        /* Property: nobody is believed who names the unspecified address, a group or all hosts as its own;
         * over IPv6 a packet to a group, and no other, must come from a link-local address, where that is
         * asked. */
        static const struct {
                const char *source, *destination;
                bool anyhow, link_local;
        } t[] = {
                        {"192.0.2.1", "224.0.0.18", true, true},
                        {"169.254.1.1", "224.0.0.18", true, true},
                        {"0.0.0.0", "224.0.0.18", false, false},
                        {"0.0.0.0", "192.0.2.2", false, false},
                        {"224.0.0.18", "224.0.0.18", false, false},
                        {"239.255.255.255", "192.0.2.2", false, false},
                        {"255.255.255.255", "224.0.0.18", false, false},
                        {"fe80::1", "ff02::12", true, true},
                        {"febf::1", "ff02::12", true, true},
                        {"fec0::1", "ff02::12", true, false},
                        {"2001:db8::1", "ff02::12", true, false},
                        {"2001:db8::1", "2001:db8::2", true, true},
                        {"::", "ff02::12", false, false},
                        {"::", "2001:db8::2", false, false},
                        {"ff02::12", "ff02::12", false, false},
        };

        for (size_t i = 0; i < ELEMENTSOF(t); i++) {
                VrrpAddress source = address(t[i].source), destination = address(t[i].destination);

                g_test_message("%s to %s", t[i].source, t[i].destination);
                g_assert_cmpint(advert_source_valid(&source, &destination, false), ==, t[i].anyhow);
                g_assert_cmpint(advert_source_valid(&source, &destination, true), ==, t[i].link_local);
        }
}

static void test_ttl_not_judged(void) {
        /* Property: without a TTL to judge (unicast) the packet counts. */
        Advert a;
        Case c;

        case_init(&c, &vectors[2]);
        g_assert_cmpint(decode(&c, vectors[2].bytes, vectors[2].size, -1, &a), ==, ADVERT_OK);
}

static void test_truncation(void) {
        /* Property: no prefix of a message is accepted, and none is read beyond its end. */
        for (size_t i = 0; i < ELEMENTSOF(vectors); i++)
                for (size_t size = 0; size < vectors[i].size; size++) {
                        Advert a;
                        Case c;

                        case_init(&c, &vectors[i]);
                        g_assert_cmpint(decode(&c, vectors[i].bytes, size, VRRP_TTL, &a), ==,
                                        ADVERT_BAD_LENGTH);
                }
}

static void test_no_vips(void) {
        /* Property: a router without addresses is legal and hears others like it; one with addresses refuses
         * it. */
        for (size_t i = 0; i < ELEMENTSOF(vectors); i++) {
                uint8_t buf[32];
                size_t size;
                Advert a;
                Case c;

                case_init(&c, &vectors[i]);
                c.params.n_vips = 0;
                size = advert_encode(&c.params, 100, &c.source, &c.destination, buf, sizeof(buf));
                g_assert_cmpuint(size, ==, vectors[i].version == 2 ? 16 : 8);
                g_assert_cmpint(decode(&c, buf, size, VRRP_TTL, &a), ==, ADVERT_OK);
                g_assert_cmpuint(a.vips_digest, ==, advert_vips_digest(NULL, 0));
                /* The other way round the list merely differs. */
                g_assert_cmpint(decode(&c, vectors[i].bytes, vectors[i].size, VRRP_TTL, &a), ==, ADVERT_OK);
                c.params.n_vips = 1;
                g_assert_cmpint(decode(&c, buf, size, VRRP_TTL, &a), ==, ADVERT_BAD_ADDRESS_COUNT);
        }
}

static void test_encode_limits(void) {
        /* Property: what does not fit, or cannot exist, is not built; 255 addresses fit. */
        static VrrpAddress many[256];
        uint8_t buf[ADVERT_SIZE_MAX];
        Advert a;
        Case c;

        for (size_t i = 0; i < ELEMENTSOF(many); i++) {
                many[i] = address("2001:db8::");
                many[i].bytes[15] = (uint8_t)i;
        }
        case_init(&c, &vectors[4]);
        c.params.vips = many;
        c.params.n_vips = 255;
        g_assert_cmpuint(advert_encode(&c.params, 1, &c.source, &c.destination, buf, sizeof(buf)), ==,
                        8 + 255 * 16);
        g_assert_cmpint(decode(&c, buf, 8 + 255 * 16, VRRP_TTL, &a), ==, ADVERT_OK);
        g_assert_cmpuint(a.n_vips, ==, 255);
        g_assert_cmpuint(a.vips_digest, ==, advert_vips_digest(many, 255));
        g_assert_cmpuint(advert_encode(&c.params, 1, &c.source, &c.destination, buf, 8 + 255 * 16 - 1), ==,
                        0);
        c.params.n_vips = 256;
        g_assert_cmpuint(advert_encode(&c.params, 1, &c.source, &c.destination, buf, sizeof(buf)), ==, 0);

        c.params.n_vips = 1;
        c.params.version = 2;
        g_assert_cmpuint(advert_encode(&c.params, 1, &c.source, &c.destination, buf, sizeof(buf)), ==, 0);
        g_assert_cmpint(decode(&c, vectors[0].bytes, vectors[0].size, VRRP_TTL, &a), ==, ADVERT_BAD_VERSION);
        c.params.version = 4;
        g_assert_cmpuint(advert_encode(&c.params, 1, &c.source, &c.destination, buf, sizeof(buf)), ==, 0);
        c.params.version = 3;
        c.params.family = 0;
        g_assert_cmpuint(advert_encode(&c.params, 1, &c.source, &c.destination, buf, sizeof(buf)), ==, 0);
}

static void test_interval_limits(void) {
        /* Property: an interval outside the field is clamped to what the field can say, never to 0. */
        static const struct {
                uint8_t vector;
                usec_t interval_usec;
                uint16_t wire;
        } cases[] = {
                        {0, 0, 1},
                        {0, 500 * USEC_PER_MSEC, 1},
                        {0, 255 * USEC_PER_SEC, 255},
                        {0, 256 * USEC_PER_SEC, 255},
                        {2, 0, 1},
                        {2, USEC_PER_CS, 1},
                        {2, 40950 * USEC_PER_MSEC, 4095},
                        {2, 41 * USEC_PER_SEC, 4095},
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                uint8_t buf[64];
                Case c;

                case_init(&c, &vectors[cases[i].vector]);
                c.params.interval_usec = cases[i].interval_usec;
                g_assert_cmpuint(advert_encode(&c.params, 1, &c.source, &c.destination, buf, sizeof(buf)), >,
                                0);
                g_assert_cmpuint(buf[5] | (c.params.version == 3 ? buf[4] << 8 : 0), ==, cases[i].wire);
        }
}

static void test_interval_v3_differs(void) {
        /* Property: version 3 accepts another interval and tells it: the backup adopts the master's. */
        Advert a;
        Case c;

        case_init(&c, &vectors[2]);
        c.params.interval_usec = 5 * USEC_PER_SEC;
        g_assert_cmpint(decode(&c, vectors[2].bytes, vectors[2].size, VRRP_TTL, &a), ==, ADVERT_OK);
        g_assert_cmpuint(a.interval_usec, ==, USEC_PER_SEC);
}

static void test_interval_low_byte(void) {
        /* Property: an interval whose low byte is 0 is an interval. */
        uint8_t buf[64];
        size_t size;
        Advert a;
        Case c;

        case_init(&c, &vectors[2]);
        c.params.interval_usec = 256 * USEC_PER_CS;
        size = advert_encode(&c.params, 1, &c.source, &c.destination, buf, sizeof(buf));
        g_assert_cmpint(decode(&c, buf, size, VRRP_TTL, &a), ==, ADVERT_OK);
        g_assert_cmpuint(a.interval_usec, ==, 256 * USEC_PER_CS);
}

static void test_other_count(void) {
        /* Property: how many addresses there are is what the message says, not what is expected. */
        uint8_t buf[64];
        size_t size;
        Advert a;
        Case c;

        case_init(&c, &vectors[2]);
        size = advert_encode(&c.params, 1, &c.source, &c.destination, buf, sizeof(buf));
        c.params.n_vips++;
        g_assert_cmpint(decode(&c, buf, size, VRRP_TTL, &a), ==, ADVERT_OK);
        g_assert_cmpuint(a.n_vips, ==, c.params.n_vips - 1);
}

static void test_reserved(void) {
        /* Property: reserved bits are sent as 0 and mean nothing when they are heard (RFC 9568 section
         * 5.2.6). */
        uint8_t bytes[64];
        Advert a;
        Case c;

        case_init(&c, &vectors[3]);
        memcpy(bytes, vectors[3].bytes, vectors[3].size);
        bytes[4] |= 0xf0;
        seal(bytes, vectors[3].size, 0);
        g_assert_cmpint(decode(&c, bytes, vectors[3].size, VRRP_TTL, &a), ==, ADVERT_OK);
        g_assert_cmpuint(a.interval_usec, ==, USEC_PER_SEC);
}

static void test_no_authentication(void) {
        /* Property: without authentication its field is sent as 0, whatever password is left over, and not
         * read (RFC 3768 section 5.3.10). */
        static const uint8_t nothing[ADVERT_AUTH_SIZE];
        uint8_t bytes[64];
        size_t size;
        Advert a;
        Case c;

        case_init(&c, &vectors[0]);
        memset(c.params.auth_data, 'x', sizeof(c.params.auth_data));
        size = advert_encode(&c.params, 100, &c.source, &c.destination, bytes, sizeof(bytes));
        g_assert_cmpmem(bytes + size - ADVERT_AUTH_SIZE, ADVERT_AUTH_SIZE, nothing, sizeof(nothing));
        memset(bytes + size - ADVERT_AUTH_SIZE, 'y', ADVERT_AUTH_SIZE);
        seal(bytes, size, 0);
        g_assert_cmpint(decode(&c, bytes, size, VRRP_TTL, &a), ==, ADVERT_OK);
}

static void test_peek(void) {
        /* Property: VRID and version are read of anything that has a header, and of nothing shorter. */
        uint8_t version = 0, vrid = 0;

        g_assert_false(advert_peek(vectors[1].bytes, 7, &version, &vrid));
        g_assert_true(advert_peek(vectors[1].bytes, 8, &version, &vrid));
        g_assert_cmpuint(version, ==, 2);
        g_assert_cmpuint(vrid, ==, 7);
}

static void test_digest(void) {
        /* Property: the digest depends on the addresses, not on their order; close lists with equal sums
         * differ. */
        VrrpAddress a[] = {address("192.0.2.1"), address("192.0.2.4"), address("192.0.2.7")};
        VrrpAddress b[] = {address("192.0.2.7"), address("192.0.2.1"), address("192.0.2.4")};
        VrrpAddress c[] = {address("192.0.2.2"), address("192.0.2.3"), address("192.0.2.7")};

        g_assert_cmpuint(advert_vips_digest(a, 3), ==, advert_vips_digest(b, 3));
        g_assert_cmpuint(advert_vips_digest(a, 3), !=, advert_vips_digest(c, 3));
        g_assert_cmpuint(advert_vips_digest(a, 3), !=, advert_vips_digest(a, 2));
        g_assert_cmpuint(advert_vips_digest(a, 0), !=, advert_vips_digest(a, 1));
}

static void test_digest_pairs(void) {
        /* Property: among all pairs of a /25's addresses no two lists have the same digest. */
        g_autoptr(GHashTable) seen = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);

        for (unsigned i = 1; i < 128; i++)
                for (unsigned k = i + 1; k < 128; k++) {
                        VrrpAddress pair[2] = {address("192.0.2.0"), address("192.0.2.0")};
                        uint64_t digest;

                        pair[0].bytes[3] = (uint8_t)i;
                        pair[1].bytes[3] = (uint8_t)k;
                        digest = advert_vips_digest(pair, 2);
                        g_assert_true(g_hash_table_add(seen, g_memdup2(&digest, sizeof(digest))));
                }
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/core/advert/encode-vectors", test_encode_vectors);
        g_test_add_func("/core/advert/decode-vectors", test_decode_vectors);
        g_test_add_func("/core/advert/checksum-forms", test_checksum_forms);
        g_test_add_func("/core/advert/checksum-only-form", test_checksum_only_form);
        g_test_add_func("/core/advert/every-bit", test_every_bit);
        g_test_add_func("/core/advert/refusals", test_refusals);
        g_test_add_func("/core/advert/source", test_source);
        g_test_add_func("/core/advert/ttl-not-judged", test_ttl_not_judged);
        g_test_add_func("/core/advert/truncation", test_truncation);
        g_test_add_func("/core/advert/no-vips", test_no_vips);
        g_test_add_func("/core/advert/encode-limits", test_encode_limits);
        g_test_add_func("/core/advert/interval-limits", test_interval_limits);
        g_test_add_func("/core/advert/interval-v3-differs", test_interval_v3_differs);
        g_test_add_func("/core/advert/interval-low-byte", test_interval_low_byte);
        g_test_add_func("/core/advert/other-count", test_other_count);
        g_test_add_func("/core/advert/reserved", test_reserved);
        g_test_add_func("/core/advert/no-authentication", test_no_authentication);
        g_test_add_func("/core/advert/peek", test_peek);
        g_test_add_func("/core/advert/digest", test_digest);
        g_test_add_func("/core/advert/digest-pairs", test_digest_pairs);
        return g_test_run();
}
