/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Text to values and back: what is accepted, what is refused and how, at the edges of each range. */

#include "service/util/parse.h"
#include <glib.h>
#include <limits.h>

#define UNTOUCHED 4711

static void test_unsigned(void) {
        /* Whole decimal numbers within the range; outside it is ERANGE, no number is EINVAL, and then the
         * result is not touched. */
        static const struct {
                const char *text;
                int error;
                unsigned value;
        } cases[] = {
                        {"1", 0, 1},
                        {"254", 0, 254},
                        {"00000000000000000000007", 0, 7},
                        {"0", -ERANGE, 0},
                        {"255", -ERANGE, 0},
                        {"-1", -ERANGE, 0},
                        {"99999999999999999999999", -ERANGE, 0},
                        {"", -EINVAL, 0},
                        {"-", -EINVAL, 0},
                        {"+1", -EINVAL, 0},
                        {" 1", -EINVAL, 0},
                        {"1 ", -EINVAL, 0},
                        {"1.0", -EINVAL, 0},
                        {"0x10", -EINVAL, 0},
                        {"12a", -EINVAL, 0},
                        {"99999999999999999999999a", -EINVAL, 0},
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                unsigned v = UNTOUCHED;

                g_test_message("\"%s\"", cases[i].text);
                g_assert_cmpint(parse_unsigned(cases[i].text, 1, 254, &v), ==, cases[i].error);
                g_assert_cmpuint(v, ==, cases[i].error < 0 ? UNTOUCHED : cases[i].value);
        }
}

static void test_unsigned_widest(void) {
        /* The type's own bounds are in reach. */
        unsigned v;

        g_assert_cmpint(parse_unsigned("4294967295", 0, UINT_MAX, &v), ==, 0);
        g_assert_cmpuint(v, ==, UINT_MAX);
        g_assert_cmpint(parse_unsigned("4294967296", 0, UINT_MAX, &v), ==, -ERANGE);
        g_assert_cmpint(parse_unsigned("0", 0, 0, &v), ==, 0);
        g_assert_cmpuint(v, ==, 0);
}

static void test_int(void) {
        /* Signed numbers, both signs allowed, to both ends of the type. */
        int v = UNTOUCHED;

        g_assert_cmpint(parse_int("-253", -253, 253, &v), ==, 0);
        g_assert_cmpint(v, ==, -253);
        g_assert_cmpint(parse_int("+5", -253, 253, &v), ==, 0);
        g_assert_cmpint(v, ==, 5);
        g_assert_cmpint(parse_int("-2147483648", INT_MIN, INT_MAX, &v), ==, 0);
        g_assert_cmpint(v, ==, INT_MIN);
        g_assert_cmpint(parse_int("2147483647", INT_MIN, INT_MAX, &v), ==, 0);
        g_assert_cmpint(v, ==, INT_MAX);
        v = UNTOUCHED;
        g_assert_cmpint(parse_int("2147483648", INT_MIN, INT_MAX, &v), ==, -ERANGE);
        g_assert_cmpint(parse_int("-2147483649", INT_MIN, INT_MAX, &v), ==, -ERANGE);
        g_assert_cmpint(parse_int("-254", -253, 253, &v), ==, -ERANGE);
        g_assert_cmpint(parse_int("254", -253, 253, &v), ==, -ERANGE);
        g_assert_cmpint(parse_int("99999999999999999999", -253, 253, &v), ==, -ERANGE);
        g_assert_cmpint(parse_int("--1", -253, 253, &v), ==, -EINVAL);
        g_assert_cmpint(parse_int("-", -253, 253, &v), ==, -EINVAL);
        g_assert_cmpint(parse_int("", -253, 253, &v), ==, -EINVAL);
        g_assert_cmpint(parse_int("1x", -253, 253, &v), ==, -EINVAL);
        g_assert_cmpint(v, ==, UNTOUCHED);
}

static void test_bool(void) {
        /* The six words, in this spelling only. */
        static const char *const yes[] = {"on", "true", "yes"}, *const no[] = {"off", "false", "no"},
                                 *const neither[] = {"", "1", "0", "On", "yes ", "nope", "tru"};
        bool v;

        for (size_t i = 0; i < ELEMENTSOF(yes); i++) {
                v = false;
                g_assert_cmpint(parse_bool(yes[i], &v), ==, 0);
                g_assert_true(v);
        }
        for (size_t i = 0; i < ELEMENTSOF(no); i++) {
                v = true;
                g_assert_cmpint(parse_bool(no[i], &v), ==, 0);
                g_assert_false(v);
        }
        for (size_t i = 0; i < ELEMENTSOF(neither); i++)
                g_assert_cmpint(parse_bool(neither[i], &v), ==, -EINVAL);
}

typedef struct SpanCase {
        const char *text;
        int error;
        usec_t usec;
} SpanCase;

static void check_spans(int (*parse)(const char *s, usec_t *ret), const SpanCase *cases, size_t n) {
        for (size_t i = 0; i < n; i++) {
                usec_t v = UNTOUCHED;

                g_test_message("\"%s\"", cases[i].text);
                g_assert_cmpint(parse(cases[i].text, &v), ==, cases[i].error);
                g_assert_cmpuint(v, ==, cases[i].error < 0 ? UNTOUCHED : cases[i].usec);
        }
}

static void test_seconds(void) {
        /* Decimal seconds as keepalived's configuration has them; no unit, no sign, no exponent. */
        static const SpanCase cases[] = {
                        {"3", 0, 3 * USEC_PER_SEC},
                        {"0", 0, 0},
                        {"0.25", 0, 250 * USEC_PER_MSEC},
                        {".5", 0, 500 * USEC_PER_MSEC},
                        {"1.", 0, USEC_PER_SEC},
                        {"0.01", 0, USEC_PER_CS},
                        {"0.000001", 0, 1},
                        {"0.0000019", 0, 1},
                        {"1.99999999999999999999999999", 0, 1999999},
                        {"18446744073709", 0, 18446744073709 * USEC_PER_SEC},
                        {"18446744073710", -ERANGE, 0},
                        {"99999999999999999999999", -ERANGE, 0},
                        {"", -EINVAL, 0},
                        {".", -EINVAL, 0},
                        {"-1", -EINVAL, 0},
                        {"1s", -EINVAL, 0},
                        {"1e3", -EINVAL, 0},
                        {"1.2.3", -EINVAL, 0},
                        {" 1", -EINVAL, 0},
                        {"1,5", -EINVAL, 0},
        };

        check_spans(parse_seconds, cases, ELEMENTSOF(cases));
}

static void test_timespan(void) {
        /* systemd.time(7)'s spans: units, sums, a bare number in seconds, infinity. */
        static const SpanCase cases[] = {
                        {"5min", 0, 300 * USEC_PER_SEC},
                        {"10s", 0, 10 * USEC_PER_SEC},
                        {"1h 30min", 0, 5400 * USEC_PER_SEC},
                        {"1h30min", 0, 5400 * USEC_PER_SEC},
                        {"250ms", 0, 250 * USEC_PER_MSEC},
                        {"7us", 0, 7},
                        {"7 \xc2\xb5s", 0, 7},
                        {"90", 0, 90 * USEC_PER_SEC},
                        {"1.5h", 0, 5400 * USEC_PER_SEC},
                        {" 2 min ", 0, 120 * USEC_PER_SEC},
                        {"1d 1", 0, 86401 * USEC_PER_SEC},
                        {"1w", 0, 604800 * USEC_PER_SEC},
                        {"1M", 0, 2629800 * USEC_PER_SEC},
                        {"1m", 0, 60 * USEC_PER_SEC},
                        {"1y", 0, 31557600 * USEC_PER_SEC},
                        {"infinity", 0, USEC_INFINITY},
                        {"600000y", -ERANGE, 0},
                        {"500000y 500000y", -ERANGE, 0},
                        {"18446744073709551615us", -ERANGE, 0},
                        {"18446744073709551614us", 0, USEC_INFINITY - 1},
                        {"", -EINVAL, 0},
                        {"  ", -EINVAL, 0},
                        {"s", -EINVAL, 0},
                        {"5 parsec", -EINVAL, 0},
                        {"-5s", -EINVAL, 0},
                        {"5s,", -EINVAL, 0},
                        {"1.2.3s", -EINVAL, 0},
                        {".s", -EINVAL, 0},
                        {"infinity 5s", -EINVAL, 0},
        };

        check_spans(parse_timespan, cases, ELEMENTSOF(cases));
}

static void test_format(void) {
        /* The two largest units, the second only if it is not zero; a short buffer cuts off and stays
         * terminated. */
        static const SpanCase cases[] = {
                        {"0s", 0, 0},
                        {"1us", 0, 1},
                        {"310ms", 0, 310 * USEC_PER_MSEC},
                        {"310ms 5us", 0, 310 * USEC_PER_MSEC + 5},
                        {"2s", 0, 2 * USEC_PER_SEC},
                        {"2s 1ms", 0, 2001999},
                        {"12min", 0, 720 * USEC_PER_SEC},
                        {"59min 59s", 0, 3599999999},
                        {"3d 4h", 0, (3 * 86400 + 4 * 3600 + 59) * USEC_PER_SEC},
                        {"3d", 0, (3 * 86400 + 59) * USEC_PER_SEC},
                        {"infinity", 0, USEC_INFINITY},
        };
        char buf[32];

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                g_assert_true(format_timespan(cases[i].usec, buf, sizeof(buf)) == buf);
                g_assert_cmpstr(buf, ==, cases[i].text);
        }
        g_assert_cmpstr(format_timespan(310 * USEC_PER_MSEC, buf, 4), ==, "310");
        buf[0] = 'x';
        format_timespan(1, buf, 0);
        g_assert_cmpint(buf[0], ==, 'x');
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/util/parse/unsigned", test_unsigned);
        g_test_add_func("/util/parse/unsigned-widest", test_unsigned_widest);
        g_test_add_func("/util/parse/int", test_int);
        g_test_add_func("/util/parse/bool", test_bool);
        g_test_add_func("/util/parse/seconds", test_seconds);
        g_test_add_func("/util/parse/timespan", test_timespan);
        g_test_add_func("/util/parse/format", test_format);
        return g_test_run();
}
