/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "service/auth/hmac.h"
#include "tests/unit/auth/vectors.h"
#include <arpa/inet.h>
#include <glib.h>
#include <stdio.h>

static VrrpAddress address(const char *text) {
        VrrpAddress a = {.family = strchr(text, ':') ? AF_INET6 : AF_INET};

        g_assert_cmpint(inet_pton(a.family, text, a.bytes), ==, 1);
        return a;
}

/* Two keys that differ in their last byte: 1 is the vectors'. */
static HmacKey *keys(void) {
        static HmacKey k[2];

        k[0] = vector_key(1);
        k[1] = vector_key(2);
        k[1].data[31] ^= 1;
        return k;
}

static HmacConfig config(void) {
        return (HmacConfig){.keys = keys(), .n_keys = 2, .active_key = 1, .window_usec = 5 * USEC_PER_SEC};
}

static Hmac *make(const HmacConfig *c, size_t n_senders) {
        Hmac *h = NULL;

        g_assert_cmpint(hmac_new(c, n_senders, &h), ==, 0);
        return h;
}

/* As a reload does. */
static void reconfigure(Hmac **h, const HmacConfig *c, size_t n_senders) {
        Hmac *next = make(c, n_senders);

        hmac_inherit(next, *h);
        hmac_free(*h);
        *h = next;
}

static AdvertVerdict verify_at(Hmac *h, usec_t now, const SignedVector *v, const uint8_t *bytes) {
        VrrpAddress source = address(v->source);
        /* An exact-size copy, so that a sanitizer sees a read beyond it. */
        g_autofree uint8_t *copy = g_memdup2(bytes, v->size + HMAC_TRAILER_SIZE);

        return hmac_verify(h, now, &source, copy, v->size);
}

/* Signs the first vector's message at a time; returns its trailer's sequence. */
static uint64_t sign_at(Hmac *h, usec_t now, uint8_t *ret) {
        VrrpAddress source = address(signed_vectors[0].source), to = address(signed_vectors[0].destination);
        uint64_t sequence = 0;

        memcpy(ret, signed_vectors[0].bytes, signed_vectors[0].size);
        g_assert_cmpuint(hmac_sign(h, now, &source, &to, ret, signed_vectors[0].size, 64), ==,
                        signed_vectors[0].size + HMAC_TRAILER_SIZE);
        for (size_t i = 0; i < 8; i++)
                sequence = sequence << 8 | ret[signed_vectors[0].size + 4 + i];
        return sequence;
}

static void test_sign_vectors(void) {
        /* Property: what we sign is what another implementation has computed, byte by byte, in both
         * families. */
        for (size_t i = 0; i < ELEMENTSOF(signed_vectors); i++) {
                const SignedVector *v = &signed_vectors[i];
                HmacConfig c = config();
                _cleanup_(hmac_freep) Hmac *h = make(&c, 4);
                VrrpAddress source = address(v->source), destination = address(v->destination),
                            vip = address(v->vip);
                AdvertParams p = {.version = 3,
                                .vrid = 51,
                                .family = source.family,
                                .interval_usec = USEC_PER_SEC,
                                .checksum_form = ADVERT_CHECKSUM_PLAIN, /* over IPv4 */
                                .vips = &vip,
                                .n_vips = 1};
                uint8_t buf[64];
                size_t size;

                size = advert_encode(&p, 200, &source, &destination, buf, sizeof(buf));
                g_assert_cmpuint(size, ==, v->size);
                g_assert_cmpuint(hmac_sign(h, VECTOR_REALTIME_USEC, &source, &destination, buf, size,
                                                 sizeof(buf)),
                                ==, v->size + HMAC_TRAILER_SIZE);
                g_assert_cmpmem(buf, v->size + HMAC_TRAILER_SIZE, v->bytes, v->size + HMAC_TRAILER_SIZE);
        }
}

static void test_verify_vectors(void) {
        /* Property: the vectors verify once; the same packet again is a replay. */
        for (size_t i = 0; i < ELEMENTSOF(signed_vectors); i++) {
                HmacConfig c = config();
                _cleanup_(hmac_freep) Hmac *h = make(&c, 4);
                const SignedVector *v = &signed_vectors[i];

                g_assert_cmpint(verify_at(h, VECTOR_REALTIME_USEC, v, v->bytes), ==, ADVERT_OK);
                g_assert_cmpint(verify_at(h, VECTOR_REALTIME_USEC, v, v->bytes), ==, ADVERT_HMAC_REPLAY);
        }
}

/* What a flipped bit of this byte makes of a packet; the vectors' seconds leave the window by a high bit. */
static AdvertVerdict expected_of_flip(const SignedVector *v, size_t byte, unsigned bit) {
        size_t t = byte - v->size;

        if (byte == 6 || byte == 7)
                return ADVERT_OK; /* the checksum: judged before, by the codec */
        if (byte < v->size)
                return ADVERT_HMAC_BAD;
        if (t == 0 || t == 2 || t == 3)
                return ADVERT_HMAC_MALFORMED;
        if (t == 1)
                return ADVERT_HMAC_UNKNOWN_KEY;
        if (t >= 4 && t < 8 && (t < 7 || bit > 2))
                return ADVERT_HMAC_STALE;
        return ADVERT_HMAC_BAD;
}

static void test_every_bit(void) {
        /* Property: every flipped bit of message and trailer is noticed, each with its own verdict. */
        for (size_t i = 0; i < ELEMENTSOF(signed_vectors); i++)
                for (size_t bit = 0; bit < (signed_vectors[i].size + HMAC_TRAILER_SIZE) * 8; bit++) {
                        const SignedVector *v = &signed_vectors[i];
                        HmacConfig c = config();
                        _cleanup_(hmac_freep) Hmac *h = make(&c, 4);
                        uint8_t bytes[64];

                        memcpy(bytes, v->bytes, sizeof(bytes));
                        bytes[bit / 8] = (uint8_t)(bytes[bit / 8] ^ 1 << bit % 8);
                        g_assert_cmpint(verify_at(h, VECTOR_REALTIME_USEC, v, bytes), ==,
                                        expected_of_flip(v, bit / 8, bit % 8));
                }
}

static void test_other_source(void) {
        /* Property: another source address, VRID or version is another advert. */
        HmacConfig c = config();
        _cleanup_(hmac_freep) Hmac *h = make(&c, 4);
        SignedVector v = signed_vectors[0];

        v.source = "198.51.100.11";
        g_assert_cmpint(verify_at(h, VECTOR_REALTIME_USEC, &v, v.bytes), ==, ADVERT_HMAC_BAD);
        /* An IPv4-mapped IPv6 source has the same bytes elsewhere; the family is covered too. */
        v.source = "c633:640a::";
        g_assert_cmpint(verify_at(h, VECTOR_REALTIME_USEC, &v, v.bytes), ==, ADVERT_HMAC_BAD);
}

static void test_wrong_key(void) {
        /* Property: a key that differs in one bit does not verify; a rotated one does by its id. */
        HmacConfig c = config();
        _cleanup_(hmac_freep) Hmac *sender = NULL, *receiver = NULL, *stranger = NULL;
        uint8_t bytes[64];
        HmacKey other;

        c.active_key = 2;
        sender = make(&c, 4);
        (void)sign_at(sender, VECTOR_REALTIME_USEC, bytes);
        c = config();
        receiver = make(&c, 4);
        g_assert_cmpint(verify_at(receiver, VECTOR_REALTIME_USEC, &signed_vectors[0], bytes), ==, ADVERT_OK);
        other = vector_key(2);
        c.keys = &other;
        c.n_keys = 1;
        stranger = make(&c, 4);
        g_assert_cmpint(verify_at(stranger, VECTOR_REALTIME_USEC, &signed_vectors[0], bytes), ==,
                        ADVERT_HMAC_BAD);
        g_assert_cmpint(verify_at(stranger, VECTOR_REALTIME_USEC, &signed_vectors[0],
                                        signed_vectors[0].bytes),
                        ==, ADVERT_HMAC_UNKNOWN_KEY);
}

static void test_long_key(void) {
        /* Property: a key of a whole block (64 bytes) and one of its first 63 bytes are different keys. */
        HmacKey key = {.id = 7, .size = 64};
        HmacConfig c = {.keys = &key, .n_keys = 1, .active_key = 7, .window_usec = 5 * USEC_PER_SEC};
        _cleanup_(hmac_freep) Hmac *sender = NULL, *receiver = NULL;
        uint8_t bytes[64];

        memset(key.data, 0x42, sizeof(key.data));
        sender = make(&c, 4);
        (void)sign_at(sender, VECTOR_REALTIME_USEC, bytes);
        receiver = make(&c, 4);
        g_assert_cmpint(verify_at(receiver, VECTOR_REALTIME_USEC, &signed_vectors[0], bytes), ==, ADVERT_OK);
        key.size = 63;
        reconfigure(&receiver, &c, 4);
        g_assert_cmpint(verify_at(receiver, VECTOR_REALTIME_USEC, &signed_vectors[0], bytes), ==,
                        ADVERT_HMAC_BAD);
}

static void test_window(void) {
        /* Property: in time mode the clocks may differ by the window and no second more, in both directions,
         * before any key is looked for; in monotonic mode they may differ by anything. */
        const SignedVector *v = &signed_vectors[0];
        static const struct {
                int64_t seconds;
                AdvertVerdict verdict;
        } cases[] = {{-6, ADVERT_HMAC_STALE}, {-5, ADVERT_OK}, {0, ADVERT_OK}, {5, ADVERT_OK},
                        {6, ADVERT_HMAC_STALE}, {86400, ADVERT_HMAC_STALE}};

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                HmacConfig c = config();
                _cleanup_(hmac_freep) Hmac *timed = make(&c, 4), *monotonic = NULL;
                usec_t now = (usec_t)((int64_t)VECTOR_REALTIME_USEC +
                                      cases[i].seconds * (int64_t)USEC_PER_SEC);
                uint8_t unknown[64];

                g_assert_cmpint(verify_at(timed, now, v, v->bytes), ==, cases[i].verdict);
                memcpy(unknown, v->bytes, sizeof(unknown));
                unknown[v->size + 1] = 9;
                g_assert_cmpint(verify_at(timed, now, v, unknown), ==,
                                cases[i].verdict == ADVERT_OK ? ADVERT_HMAC_UNKNOWN_KEY : ADVERT_HMAC_STALE);
                c.monotonic = true;
                monotonic = make(&c, 4);
                g_assert_cmpint(verify_at(monotonic, now, v, v->bytes), ==, ADVERT_OK);
        }
}

static void test_sequence_grows(void) {
        /* Property: what is signed never repeats and follows the clock; within one tick, and when the clock
         * goes back a little, the counter grows; when it was corrected by more than the window the clock
         * counts again, except in monotonic mode. */
        HmacConfig c = config();
        _cleanup_(hmac_freep) Hmac *h = make(&c, 4);
        usec_t now = VECTOR_REALTIME_USEC;
        uint8_t bytes[64];
        uint64_t first = sign_at(h, now, bytes), before;

        g_assert_cmphex(first, ==, 0x6800000080000000);
        g_assert_cmphex(sign_at(h, now, bytes), ==, first + 1);
        g_assert_cmphex(sign_at(h, now - 2 * USEC_PER_SEC, bytes), ==, first + 2);
        g_assert_cmphex(sign_at(h, now + USEC_PER_SEC, bytes), ==, first + (UINT64_C(1) << 32));
        g_assert_cmphex(sign_at(h, now - 60 * USEC_PER_SEC, bytes), ==, first - (UINT64_C(60) << 32));

        c.monotonic = true;
        reconfigure(&h, &c, 4);
        before = sign_at(h, now, bytes);
        g_assert_cmphex(sign_at(h, now - 60 * USEC_PER_SEC, bytes), ==, before + 1);

        /* In the year 2106 the seconds begin anew, which is after (RFC 1982), and no correction. */
        c.monotonic = false;
        reconfigure(&h, &c, 4);
        now = UINT32_MAX * USEC_PER_SEC;
        g_assert_cmphex(sign_at(h, now, bytes), ==, 0xffffffff00000000);
        g_assert_cmphex(sign_at(h, now + 2 * USEC_PER_SEC, bytes), ==, UINT64_C(1) << 32);
}

static void test_counter_carries(void) {
        /* Property: 70,000 adverts within one tick of the clock all have their own sequence, in order. */
        HmacConfig c = config();
        _cleanup_(hmac_freep) Hmac *h = make(&c, 4), *receiver = make(&c, 4);
        uint8_t bytes[64];
        uint64_t last = 0;

        for (unsigned i = 0; i < 70000; i++) {
                uint64_t s = sign_at(h, VECTOR_REALTIME_USEC, bytes);

                g_assert_true(i == 0 || s == last + 1);
                last = s;
        }
        g_assert_cmpint(verify_at(receiver, VECTOR_REALTIME_USEC, &signed_vectors[0], bytes), ==, ADVERT_OK);
}

static void test_order(void) {
        /* Property: an older advert is a replay after a newer one, until the mark itself leaves the window
         * (a clock that was ahead and was corrected). */
        HmacConfig c = config();
        _cleanup_(hmac_freep) Hmac *sender = make(&c, 4), *receiver = make(&c, 4);
        const SignedVector *v = &signed_vectors[0];
        usec_t now = VECTOR_REALTIME_USEC;
        uint8_t old[64], ahead[64], corrected[64];

        (void)sign_at(sender, now, old);
        (void)sign_at(sender, now + 5 * USEC_PER_SEC, ahead);
        g_assert_cmpint(verify_at(receiver, now, v, ahead), ==, ADVERT_OK);
        g_assert_cmpint(verify_at(receiver, now, v, old), ==, ADVERT_HMAC_REPLAY);
        hmac_free(sender);
        sender = make(&c, 4);
        (void)sign_at(sender, now + 4 * USEC_PER_SEC, corrected);
        g_assert_cmpint(verify_at(receiver, now + 9 * USEC_PER_SEC, v, corrected), ==, ADVERT_HMAC_REPLAY);
        g_assert_cmpint(verify_at(receiver, now - 1 * USEC_PER_SEC, v, corrected), ==, ADVERT_OK);
}

static void test_serial_arithmetic(void) {
        /* Property: in 2106, when 32 bits of seconds are used up, the sequence goes on (RFC 1982). */
        HmacConfig c = config();
        _cleanup_(hmac_freep) Hmac *sender = make(&c, 4), *receiver = make(&c, 4);
        usec_t end = (UINT64_C(1) << 32) * USEC_PER_SEC;
        uint8_t bytes[64];

        for (int64_t s = -3; s < 3; s++) {
                usec_t now = (usec_t)((int64_t)end + s * (int64_t)USEC_PER_SEC);

                (void)sign_at(sender, now, bytes);
                g_assert_cmpint(verify_at(receiver, now, &signed_vectors[0], bytes), ==, ADVERT_OK);
                g_assert_cmpint(verify_at(receiver, now, &signed_vectors[0], bytes), ==, ADVERT_HMAC_REPLAY);
        }
}

/* An advert of the given sender, signed now. */
static AdvertVerdict hear(Hmac *receiver, Hmac *sender, const char *source, usec_t now, uint8_t *bytes) {
        VrrpAddress from = address(source), to = address("224.0.0.18");
        SignedVector v = signed_vectors[0];

        v.source = source;
        memcpy(bytes, v.bytes, v.size);
        g_assert_cmpuint(hmac_sign(sender, now, &from, &to, bytes, v.size, 64), >, 0);
        return verify_at(receiver, now, &v, bytes);
}

static AdvertVerdict hear_again(Hmac *receiver, const char *source, usec_t now, const uint8_t *bytes) {
        SignedVector v = signed_vectors[0];

        v.source = source;
        return verify_at(receiver, now, &v, bytes);
}

static void test_senders(void) {
        /* Property: each sender has its own sequence; of more than four the least recently heard one is
         * forgotten, and forged packets push nobody out. */
        static const char *const names[] = {"10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5"};
        HmacConfig c = config();
        _cleanup_(hmac_freep) Hmac *receiver = make(&c, HMAC_SENDERS_MULTICAST), *sender = make(&c, 4);
        usec_t now = VECTOR_REALTIME_USEC;
        uint8_t bytes[ELEMENTSOF(names)][64], forged[64];

        for (size_t i = 0; i < 4; i++)
                g_assert_cmpint(hear(receiver, sender, names[i], now, bytes[i]), ==, ADVERT_OK);
        for (unsigned i = 0; i < 100; i++) {
                char name[16];

                snprintf(name, sizeof(name), "10.0.1.%u", i);
                memcpy(forged, bytes[0], sizeof(forged));
                g_assert_cmpint(hear_again(receiver, name, now, forged), ==, ADVERT_HMAC_BAD);
        }
        for (size_t i = 0; i < 4; i++)
                g_assert_cmpint(hear_again(receiver, names[i], now, bytes[i]), ==, ADVERT_HMAC_REPLAY);
        /* The first one speaks, so the second is the least recent now. */
        g_assert_cmpint(hear(receiver, sender, names[0], now, bytes[0]), ==, ADVERT_OK);
        g_assert_cmpint(hear_again(receiver, names[2], now, bytes[2]), ==, ADVERT_HMAC_REPLAY);
        g_assert_cmpint(hear_again(receiver, names[3], now, bytes[3]), ==, ADVERT_HMAC_REPLAY);
        g_assert_cmpint(hear(receiver, sender, names[4], now, bytes[4]), ==, ADVERT_OK);
        g_assert_cmpint(hear_again(receiver, names[0], now, bytes[0]), ==, ADVERT_HMAC_REPLAY);
        g_assert_cmpint(hear_again(receiver, names[1], now, bytes[1]), ==, ADVERT_OK);
}

static void test_reconfigure(void) {
        /* Property: new keys change neither what was sent nor what was heard, and a table that shrinks keeps
         * the most recent senders. */
        HmacConfig c = config();
        _cleanup_(hmac_freep) Hmac *receiver = make(&c, 4), *sender = make(&c, 4);
        usec_t now = VECTOR_REALTIME_USEC;
        uint8_t a[64], b[64], mine[64];
        uint64_t sent = sign_at(receiver, now, mine);

        g_assert_cmpint(hear(receiver, sender, "10.0.0.1", now, a), ==, ADVERT_OK);
        g_assert_cmpint(hear(receiver, sender, "10.0.0.2", now, b), ==, ADVERT_OK);
        c.active_key = 2;
        reconfigure(&receiver, &c, 1);
        g_assert_cmphex(sign_at(receiver, now, mine), ==, sent + 1);
        g_assert_cmpuint(mine[signed_vectors[0].size + 1], ==, 2);
        g_assert_cmpint(hear_again(receiver, "10.0.0.2", now, b), ==, ADVERT_HMAC_REPLAY);
        g_assert_cmpint(hear_again(receiver, "10.0.0.1", now, a), ==, ADVERT_OK);
}

static void test_modes(void) {
        /* Property: who signs and who insists. */
        HmacConfig c = config();
        _cleanup_(hmac_freep) Hmac *h = make(&c, 4);

        g_assert_true(hmac_signs(h) && hmac_requires(h));
        c.mode = HMAC_PERMISSIVE;
        reconfigure(&h, &c, 4);
        g_assert_true(hmac_signs(h) && !hmac_requires(h));
        c.mode = HMAC_RECEIVE_ONLY;
        reconfigure(&h, &c, 4);
        g_assert_true(!hmac_signs(h) && !hmac_requires(h));
}

static void test_no_room(void) {
        /* Property: nothing is signed into a buffer that ends too early, or with a key that is not there. */
        VrrpAddress source = address("10.0.0.1"), to = address("224.0.0.18");
        HmacConfig c = config();
        _cleanup_(hmac_freep) Hmac *h = make(&c, 4);
        uint8_t buf[64] = {0x31, 51};

        g_assert_cmpuint(hmac_sign(h, VECTOR_REALTIME_USEC, &source, &to, buf, 12,
                                         12 + HMAC_TRAILER_SIZE - 1),
                        ==, 0);
        g_assert_cmpuint(hmac_sign(h, VECTOR_REALTIME_USEC, &source, &to, buf, 12, 12 + HMAC_TRAILER_SIZE),
                        ==, 12 + HMAC_TRAILER_SIZE);
        c.active_key = 3;
        reconfigure(&h, &c, 4);
        g_assert_cmpuint(hmac_sign(h, VECTOR_REALTIME_USEC, &source, &to, buf, 12, 64), ==, 0);
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/auth/hmac/sign-vectors", test_sign_vectors);
        g_test_add_func("/auth/hmac/verify-vectors", test_verify_vectors);
        g_test_add_func("/auth/hmac/every-bit", test_every_bit);
        g_test_add_func("/auth/hmac/other-source", test_other_source);
        g_test_add_func("/auth/hmac/wrong-key", test_wrong_key);
        g_test_add_func("/auth/hmac/long-key", test_long_key);
        g_test_add_func("/auth/hmac/window", test_window);
        g_test_add_func("/auth/hmac/sequence-grows", test_sequence_grows);
        g_test_add_func("/auth/hmac/counter-carries", test_counter_carries);
        g_test_add_func("/auth/hmac/order", test_order);
        g_test_add_func("/auth/hmac/serial-arithmetic", test_serial_arithmetic);
        g_test_add_func("/auth/hmac/senders", test_senders);
        g_test_add_func("/auth/hmac/reconfigure", test_reconfigure);
        g_test_add_func("/auth/hmac/modes", test_modes);
        g_test_add_func("/auth/hmac/no-room", test_no_room);
        return g_test_run();
}
