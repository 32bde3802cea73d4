/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Priority from base and trackers. */

#include "service/core/priority.h"
#include <glib.h>
#include <limits.h>

static void test_contribution(void) {
        /* Property: a positive weight counts while up, a negative one while down, `reverse` turns the sign
         * (as keepalived 2.2.7 was seen to do), 0 never counts. */
        static const struct {
                int weight;
                bool reverse, up;
                int expected;
        } cases[] = {
                        {10, false, true, 10},
                        {10, false, false, 0},
                        {10, true, true, -10},
                        {10, true, false, 0},
                        {-10, false, true, 0},
                        {-10, false, false, -10},
                        {-10, true, true, 0},
                        {-10, true, false, 10},
                        {0, false, true, 0},
                        {0, false, false, 0},
                        {0, true, false, 0},
                        {0, true, true, 0},
                        {254, false, true, 254},
                        {-254, false, false, -254},
                        {-254, true, false, 254},
                        {1000, false, true, 254},
                        {-1000, false, false, -254},
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++)
                g_assert_cmpint(priority_contribution(cases[i].weight, cases[i].reverse, cases[i].up), ==,
                                cases[i].expected);
}

static void test_file(void) {
        /* Property: value × weight is added, 253 at most; below -253, and with weight 0 for every value but
         * 0, it is a fault; `reverse` turns the sign, and the meaning of 0. Nothing overflows. */
        static const struct {
                int64_t value;
                int weight;
                bool reverse;
                int expected;
                bool fault;
        } cases[] = {
                        {0, 0, false, 0, false},
                        {1, 0, false, 0, true},
                        {-1, 0, false, 0, true},
                        {0, 0, true, 0, true},
                        {1, 0, true, 0, false},
                        {5, 1, false, 5, false},
                        {5, 2, true, -10, false},
                        {-5, 2, false, -10, false},
                        {-5, -2, false, 10, false},
                        {-253, 1, false, -253, false},
                        {-254, 1, false, 0, true},
                        {254, 1, true, 0, true},
                        {254, 1, false, 253, false},
                        {INT32_MAX, INT32_MAX, false, 253, false},
                        {INT32_MIN, INT32_MAX, false, 0, true},
                        {INT64_MIN, -INT32_MAX, false, 253, false},
                        {INT64_MAX, 1, true, 0, true},
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                bool fault = !cases[i].fault;

                g_assert_cmpint(priority_file_contribution(
                                                cases[i].value, cases[i].weight, cases[i].reverse, &fault),
                                ==, cases[i].expected);
                g_assert_cmpint(fault, ==, cases[i].fault);
        }
}

static void test_effective(void) {
        /* Property: the sum never reaches 0 or 255, which mean something else on the wire, and an owner is
         * never touched. */
        static const struct {
                uint8_t base;
                int sum;
                uint8_t expected;
        } cases[] = {
                        {100, 0, 100},
                        {100, 50, 150},
                        {100, -50, 50},
                        {100, -100, 1},
                        {100, -253, 1},
                        {100, 154, 254},
                        {100, 155, 254},
                        {100, 253, 254},
                        {1, -1, 1},
                        {254, 1, 254},
                        {255, -253, 255},
                        {255, 253, 255},
                        {255, 0, 255},
                        {254, -253, 1},
                        {1, 253, 254},
                        {100, INT_MAX, 254},
                        {100, INT_MIN, 1},
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++)
                g_assert_cmpuint(priority_effective(cases[i].base, cases[i].sum), ==, cases[i].expected);
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/core/priority/contribution", test_contribution);
        g_test_add_func("/core/priority/file", test_file);
        g_test_add_func("/core/priority/effective", test_effective);
        return g_test_run();
}
