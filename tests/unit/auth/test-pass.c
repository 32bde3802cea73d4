/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "service/auth/pass.h"
#include <glib.h>

static void test_equal(void) {
        /* Property: equal is every byte equal, wherever the difference; nothing equals nothing. */
        uint8_t a[64], b[64];

        for (size_t i = 0; i < sizeof(a); i++)
                a[i] = (uint8_t)i;
        for (size_t bit = 0; bit < sizeof(a) * 8; bit++) {
                memcpy(b, a, sizeof(b));
                g_assert_true(auth_equal(a, b, sizeof(a)));
                b[bit / 8] = (uint8_t)(b[bit / 8] ^ 1 << bit % 8);
                g_assert_false(auth_equal(a, b, sizeof(a)));
        }
        g_assert_true(auth_equal(a, b, 0));
}

static void test_password(void) {
        /* Property: the last eight bytes of a message are its password, padded with zeros; a longer or a
         * shorter one is another one. */
        const AdvertParams expect = {.version = 2, .auth = ADVERT_AUTH_PASS, .auth_data = "secret"};
        uint8_t message[20] = {0x21, [12] = 's', 'e', 'c', 'r', 'e', 't'};

        g_assert_cmpint(pass_verify(&expect, message, sizeof(message)), ==, ADVERT_OK);
        message[18] = 's';
        g_assert_cmpint(pass_verify(&expect, message, sizeof(message)), ==, ADVERT_BAD_AUTH_DATA);
        message[18] = 0;
        message[12] = 'S';
        g_assert_cmpint(pass_verify(&expect, message, sizeof(message)), ==, ADVERT_BAD_AUTH_DATA);
        g_assert_cmpint(pass_verify(&expect, message, 7), ==, ADVERT_BAD_AUTH_DATA);
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/auth/pass/equal", test_equal);
        g_test_add_func("/auth/pass/password", test_password);
        return g_test_run();
}
