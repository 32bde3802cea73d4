/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "service/auth/verify.h"
#include "tests/unit/auth/vectors.h"
#include <arpa/inet.h>
#include <glib.h>

static VrrpAddress address(const char *text) {
        VrrpAddress a = {.family = strchr(text, ':') ? AF_INET6 : AF_INET};

        g_assert_cmpint(inet_pton(a.family, text, a.bytes), ==, 1);
        return a;
}

/* A sender and a receiver of one virtual router. */
typedef struct Pair {
        VrrpAddress vip, source, destination;
        AdvertParams params;
        HmacKey key;
        HmacConfig config;
        Hmac *sender, *receiver;
        uint8_t buf[128];
        size_t size;
} Pair;

static void pair_init(Pair *p, uint8_t version, int family, bool sign, bool receive) {
        *p = (Pair){
                        .vip = address(family == AF_INET6 ? "fe80::100" : "192.0.2.100"),
                        .source = address(family == AF_INET6 ? "fe80::10" : "192.0.2.10"),
                        .destination = address(family == AF_INET6 ? "ff02::12" : "224.0.0.18"),
                        .key = vector_key(1),
        };
        p->params = (AdvertParams){.version = version,
                        .vrid = 51,
                        .family = family,
                        .interval_usec = USEC_PER_SEC,
                        .vips = &p->vip,
                        .n_vips = 1};
        p->config = (HmacConfig){
                        .keys = &p->key, .n_keys = 1, .active_key = 1, .window_usec = 5 * USEC_PER_SEC};
        if (sign)
                g_assert_cmpint(hmac_new(&p->config, 4, &p->sender), ==, 0);
        if (receive)
                g_assert_cmpint(hmac_new(&p->config, 4, &p->receiver), ==, 0);
}

static void pair_reconfigure(Pair *p) {
        hmac_free(p->receiver);
        g_assert_cmpint(hmac_new(&p->config, 4, &p->receiver), ==, 0);
}

static void pair_done(Pair *p) {
        hmac_free(p->sender);
        hmac_free(p->receiver);
}

static void pair_send(Pair *p) {
        p->size = advert_encode(&p->params, 200, &p->source, &p->destination, p->buf, sizeof(p->buf));
        g_assert_cmpuint(p->size, >, 0);
        if (p->sender)
                p->size = hmac_sign(p->sender, VECTOR_REALTIME_USEC, &p->source, &p->destination, p->buf,
                                p->size, sizeof(p->buf));
        g_assert_cmpuint(p->size, >, 0);
}

static AdvertVerdict pair_receive(Pair *p) {
        g_autofree uint8_t *copy = g_memdup2(p->buf, p->size);
        Advert advert;

        return auth_decode(&p->params, p->receiver, VECTOR_REALTIME_USEC, copy, p->size, VRRP_TTL,
                        &p->source, &p->destination, &advert);
}

static const struct {
        uint8_t version;
        int family;
} kinds[] = {{2, AF_INET}, {3, AF_INET}, {3, AF_INET6}};

static void test_signed(void) {
        /* Property: in each version and family a signed advert is accepted, the checksum right in the form
         * that covers the trailer over IPv6 and does not over IPv4; again it is a replay. */
        for (size_t i = 0; i < ELEMENTSOF(kinds); i++) {
                Pair p;

                pair_init(&p, kinds[i].version, kinds[i].family, true, true);
                pair_send(&p);
                g_assert_cmpint(pair_receive(&p), ==, ADVERT_OK);
                g_assert_cmpint(pair_receive(&p), ==, ADVERT_HMAC_REPLAY);
                p.buf[p.size - HMAC_TRAILER_SIZE] ^= 2;
                g_assert_cmpint(pair_receive(&p), ==,
                                kinds[i].family == AF_INET6 ? ADVERT_BAD_CHECKSUM : ADVERT_HMAC_MALFORMED);
                pair_done(&p);
        }
}

static void test_configured_on_one_side(void) {
        /* Property: where only one side has auth_hmac neither hears the other, and both have a reason that
         * names authentication; permissive and receive-only accept what is not signed. */
        for (size_t i = 0; i < ELEMENTSOF(kinds); i++) {
                Pair p;

                pair_init(&p, kinds[i].version, kinds[i].family, true, false);
                pair_send(&p);
                g_assert_cmpint(pair_receive(&p), ==, ADVERT_BAD_AUTH_TYPE);
                pair_done(&p);

                pair_init(&p, kinds[i].version, kinds[i].family, false, true);
                pair_send(&p);
                g_assert_cmpint(pair_receive(&p), ==, ADVERT_HMAC_MISSING);
                for (HmacMode mode = HMAC_PERMISSIVE; mode <= HMAC_RECEIVE_ONLY; mode++) {
                        p.config.mode = mode;
                        pair_reconfigure(&p);
                        g_assert_cmpint(pair_receive(&p), ==, ADVERT_OK);
                }
                pair_done(&p);
        }
}

static void test_trailer_verified_in_every_mode(void) {
        /* Property: a trailer that is there must be right, whatever the mode. */
        for (HmacMode mode = 0; mode < HMAC_MODE_MAX; mode++) {
                Pair p;

                pair_init(&p, 3, AF_INET, true, true);
                p.config.mode = mode;
                pair_reconfigure(&p);
                pair_send(&p);
                p.buf[p.size - 1] ^= 1;
                g_assert_cmpint(pair_receive(&p), ==, ADVERT_HMAC_BAD);
                p.buf[p.size - 1] ^= 1;
                g_assert_cmpint(pair_receive(&p), ==, ADVERT_OK);
                pair_done(&p);
        }
}

static void test_order_of_checks(void) {
        /* Property: checksum and VRID come before authentication, authentication before what the advert
         * says: a forger moves no conflict but that of authentication. */
        Pair p;

        pair_init(&p, 2, AF_INET, true, true);
        pair_send(&p);
        p.buf[p.size - 1] ^= 1;
        p.buf[2] = 7;
        g_assert_cmpint(pair_receive(&p), ==, ADVERT_BAD_CHECKSUM);
        pair_send(&p);
        p.buf[p.size - 1] ^= 1;
        p.params.interval_usec = 2 * USEC_PER_SEC;
        g_assert_cmpint(pair_receive(&p), ==, ADVERT_HMAC_BAD);
        p.buf[p.size - 1] ^= 1;
        g_assert_cmpint(pair_receive(&p), ==, ADVERT_BAD_INTERVAL);
        pair_done(&p);
}

static void test_password(void) {
        /* Property: version 2's password is compared whole, before the interval is looked at; another type
         * than the configured one is its own verdict. */
        Pair p;

        pair_init(&p, 2, AF_INET, false, false);
        p.params.auth = ADVERT_AUTH_PASS;
        memcpy(p.params.auth_data, "secret", 6);
        pair_send(&p);
        g_assert_cmpint(pair_receive(&p), ==, ADVERT_OK);
        p.params.auth_data[7] = 'x';
        g_assert_cmpint(pair_receive(&p), ==, ADVERT_BAD_AUTH_DATA);
        p.params.interval_usec = 9 * USEC_PER_SEC;
        g_assert_cmpint(pair_receive(&p), ==, ADVERT_BAD_AUTH_DATA);
        p.params.auth = ADVERT_AUTH_NONE;
        g_assert_cmpint(pair_receive(&p), ==, ADVERT_BAD_AUTH_TYPE);
}

static void test_sizes(void) {
        /* Property: only the exact size of a trailer is one; everything else behind a message is a wrong
         * length, and no byte beyond the end is read. */
        Pair p;
        size_t whole;

        pair_init(&p, 3, AF_INET, true, true);
        pair_send(&p);
        whole = p.size;
        for (p.size = 0; p.size < sizeof(p.buf); p.size++) {
                AdvertVerdict verdict = pair_receive(&p);

                if (p.size == whole - HMAC_TRAILER_SIZE)
                        g_assert_cmpint(verdict, ==, ADVERT_HMAC_MISSING);
                else if (p.size == whole)
                        g_assert_cmpint(verdict, ==, ADVERT_OK);
                else
                        g_assert_cmpint(verdict, ==, ADVERT_BAD_LENGTH);
        }
        pair_done(&p);
}

static void test_password_v3(void) {
        /* Property: version 3 has no password, whatever the configuration says. */
        Pair p;

        pair_init(&p, 3, AF_INET, false, false);
        p.params.auth = ADVERT_AUTH_PASS;
        memcpy(p.params.auth_data, "secret", 6);
        pair_send(&p);
        g_assert_cmpint(pair_receive(&p), ==, ADVERT_OK);
        pair_done(&p);
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/auth/verify/signed", test_signed);
        g_test_add_func("/auth/verify/configured-on-one-side", test_configured_on_one_side);
        g_test_add_func("/auth/verify/trailer-verified-in-every-mode", test_trailer_verified_in_every_mode);
        g_test_add_func("/auth/verify/order-of-checks", test_order_of_checks);
        g_test_add_func("/auth/verify/password", test_password);
        g_test_add_func("/auth/verify/sizes", test_sizes);
        g_test_add_func("/auth/verify/password-v3", test_password_v3);
        return g_test_run();
}
