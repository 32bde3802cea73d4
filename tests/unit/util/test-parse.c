/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Text to values and back: what is accepted, what is refused as no such thing, and what as out of range. */

#include "service/util/parse.h"
#include <glib.h>

static void test_unsigned(void) {
        /* Whole numbers within the range, both ends included; nothing else, and nothing behind them. */
        unsigned v = 7;

        g_assert_cmpint(parse_unsigned("1", 1, 255, &v), ==, 0);
        g_assert_cmpuint(v, ==, 1);
        g_assert_cmpint(parse_unsigned("255", 1, 255, &v), ==, 0);
        g_assert_cmpuint(v, ==, 255);
        g_assert_cmpint(parse_unsigned("007", 1, 255, &v), ==, 0);
        g_assert_cmpuint(v, ==, 7);
        g_assert_cmpint(parse_unsigned("0", 1, 255, &v), ==, -ERANGE);
        g_assert_cmpint(parse_unsigned("256", 1, 255, &v), ==, -ERANGE);
        g_assert_cmpint(parse_unsigned("-1", 1, 255, &v), ==, -ERANGE);
        g_assert_cmpint(parse_unsigned("4294967296", 0, UINT32_MAX, &v), ==, -ERANGE);
        g_assert_cmpint(parse_unsigned("99999999999999999999999", 0, UINT32_MAX, &v), ==, -ERANGE);
        for (const char *const *s = (const char *const[]){"", " 1", "1 ", "+1", "1.0", "0x1", "1a", "-",
                             "--1", NULL};
                        *s; s++)
                g_assert_cmpint(parse_unsigned(*s, 0, 255, &v), ==, -EINVAL);
        g_assert_cmpuint(v, ==, 7);
}

static void test_int(void) {
        /* Likewise with a sign. */
        int v = 7;

        g_assert_cmpint(parse_int("-253", -253, 253, &v), ==, 0);
        g_assert_cmpint(v, ==, -253);
        g_assert_cmpint(parse_int("+5", -253, 253, &v), ==, 0);
        g_assert_cmpint(v, ==, 5);
        g_assert_cmpint(parse_int("-2147483648", INT32_MIN, INT32_MAX, &v), ==, 0);
        g_assert_cmpint(v, ==, INT32_MIN);
        g_assert_cmpint(parse_int("254", -253, 253, &v), ==, -ERANGE);
        g_assert_cmpint(parse_int("-254", -253, 253, &v), ==, -ERANGE);
        g_assert_cmpint(parse_int("2147483648", INT32_MIN, INT32_MAX, &v), ==, -ERANGE);
        g_assert_cmpint(parse_int("99999999999999999999", INT32_MIN, INT32_MAX, &v), ==, -ERANGE);
        for (const char *const *s = (const char *const[]){"", "-", "+", "1-", "+-1", "1 ", NULL}; *s; s++)
                g_assert_cmpint(parse_int(*s, -253, 253, &v), ==, -EINVAL);
}

static void test_bool(void) {
        /* The six words, in lower case. */
        bool v = false;

        for (const char *const *s = (const char *const[]){"on", "true", "yes", NULL}; *s; s++) {
                v = false;
                g_assert_cmpint(parse_bool(*s, &v), ==, 0);
                g_assert_true(v);
        }
        for (const char *const *s = (const char *const[]){"off", "false", "no", NULL}; *s; s++) {
                v = true;
                g_assert_cmpint(parse_bool(*s, &v), ==, 0);
                g_assert_false(v);
        }
        for (const char *const *s = (const char *const[]){"", "1", "ON", "yes ", NULL}; *s; s++)
                g_assert_cmpint(parse_bool(*s, &v), ==, -EINVAL);
}

static void test_seconds(void) {
        /* Decimal seconds down to a microsecond. */
        static const struct {
                const char *text;
                int result;
                usec_t value;
        } cases[] = {
                        {"3", 0, 3000000},
                        {"0.25", 0, 250000},
                        {".5", 0, 500000},
                        {"1.", 0, 1000000},
                        {"0.000001", 0, 1},
                        {"0.0000019", 0, 1},
                        {"0.123456789", 0, 123456},
                        {"18446744073709.551614", 0, UINT64_MAX - 1},
                        {"18446744073709.551615", -ERANGE, 0},
                        {"18446744073710", -ERANGE, 0},
                        {"99999999999999999999", -ERANGE, 0},
                        {"", -EINVAL, 0},
                        {".", -EINVAL, 0},
                        {"-1", -EINVAL, 0},
                        {"1s", -EINVAL, 0},
                        {"1.2.3", -EINVAL, 0},
                        {"99999999999999999999x", -EINVAL, 0},
                        {" 1", -EINVAL, 0},
        };

        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
                usec_t v = 0;

                g_assert_cmpint(parse_seconds(cases[i].text, &v), ==, cases[i].result);
                g_assert_cmpuint(v, ==, cases[i].value);
        }
}

static void test_timespan(void) {
        /* As in systemd.time(7): units, sums of them, a bare number as seconds, and infinity. */
        static const struct {
                const char *text;
                int result;
                usec_t value;
        } cases[] = {
                        {"5min", 0, 300 * USEC_PER_SEC},
                        {"10s", 0, 10 * USEC_PER_SEC},
                        {"10", 0, 10 * USEC_PER_SEC},
                        {"1h 30min", 0, 5400 * USEC_PER_SEC},
                        {"1h30min", 0, 5400 * USEC_PER_SEC},
                        {" 2 d  3 hours ", 0, 51 * 3600 * USEC_PER_SEC},
                        {"250ms", 0, 250 * USEC_PER_MSEC},
                        {"7us 1 µs", 0, 8},
                        {"1.5h", 0, 5400 * USEC_PER_SEC},
                        {"1w", 0, 7 * 86400 * USEC_PER_SEC},
                        {"1M", 0, 2629800 * USEC_PER_SEC},
                        {"1y", 0, 31557600 * USEC_PER_SEC},
                        {"infinity", 0, USEC_INFINITY},
                        {"0", 0, 0},
                        {"", -EINVAL, 0},
                        {" ", -EINVAL, 0},
                        {"s", -EINVAL, 0},
                        {"5 parsecs", -EINVAL, 0},
                        {"-5s", -EINVAL, 0},
                        {"1..5s", -EINVAL, 0},
                        {"1.2.3s", -EINVAL, 0},
                        {"5s,", -EINVAL, 0},
                        {"infinity s", -EINVAL, 0},
                        {"999999999999y", -ERANGE, 0},
                        {"584542y 584542y", -ERANGE, 0},
        };

        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
                usec_t v = 0;

                g_assert_cmpint(parse_timespan(cases[i].text, &v), ==, cases[i].result);
                g_assert_cmpuint(v, ==, cases[i].value);
        }
}

static void test_format(void) {
        /* The two largest units, the second one only if there is something of it; never more than the
         * buffer. */
        static const struct {
                usec_t value;
                const char *text;
        } cases[] = {
                        {0, "0s"},
                        {1, "1us"},
                        {310 * USEC_PER_MSEC, "310ms"},
                        {2 * USEC_PER_SEC, "2s"},
                        {2 * USEC_PER_SEC + 5, "2s"},
                        {2500 * USEC_PER_MSEC, "2s 500ms"},
                        {720 * USEC_PER_SEC, "12min"},
                        {90 * USEC_PER_SEC, "1min 30s"},
                        {(3 * 86400 + 4 * 3600 + 59) * USEC_PER_SEC, "3d 4h"},
                        {86400 * USEC_PER_SEC + 5, "1d"},
                        {USEC_INFINITY, "infinity"},
        };
        char buf[64], small[4];

        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
                g_assert_cmpstr(format_timespan(cases[i].value, buf, sizeof(buf)), ==, cases[i].text);
        g_assert_cmpstr(format_timespan(90 * USEC_PER_SEC, small, sizeof(small)), ==, "1mi");
        small[0] = 'x';
        format_timespan(1, small, 0);
        g_assert_cmpint(small[0], ==, 'x');
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/util/parse/unsigned", test_unsigned);
        g_test_add_func("/util/parse/int", test_int);
        g_test_add_func("/util/parse/bool", test_bool);
        g_test_add_func("/util/parse/seconds", test_seconds);
        g_test_add_func("/util/parse/timespan", test_timespan);
        g_test_add_func("/util/parse/format", test_format);
        return g_test_run();
}
