/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The vocabulary: names in both directions, addresses as text and in order. */

#include "service/core/advert.h"
#include "service/core/types.h"
#include <arpa/inet.h>
#include <glib.h>

static VrrpAddress address(int family, const char *text) {
        VrrpAddress a = {.family = family};

        g_assert_cmpint(inet_pton(family, text, a.bytes), ==, 1);
        return a;
}

/* Checks one table: every value has a name of letters, digits and dashes that leads back to it. */
#define CHECK_TABLE(name, type, max)                                                                        \
        do {                                                                                                \
                for (int v = 0; v < (int)(max); v++) {                                                      \
                        const char *s = name##_to_string((type)v);                                          \
                        g_assert_nonnull(s);                                                                \
                        g_assert_cmpuint(                                                                   \
                                        strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-"), ==, strlen(s)); \
                        g_assert_cmpint(name##_from_string(s), ==, v);                                      \
                }                                                                                           \
                g_assert_null(name##_to_string((type)(max)));                                               \
                g_assert_null(name##_to_string((type)-1));                                                  \
                g_assert_cmpint(name##_from_string("no such thing"), ==, -EINVAL);                          \
                g_assert_cmpint(name##_from_string(NULL), ==, -EINVAL);                                     \
        } while (0)

static void test_names(void) {
        /* Property: every enum value has a name for the bus, and the name leads back to the value. */
        CHECK_TABLE(vrrp_state, VrrpState, VRRP_STATE_MAX);
        CHECK_TABLE(vrrp_admin_state, VrrpAdminState, VRRP_ADMIN_STATE_MAX);
        CHECK_TABLE(vrrp_reason, VrrpReason, VRRP_REASON_MAX);
        CHECK_TABLE(vrrp_operation, VrrpOperation, VRRP_OP_MAX);
        CHECK_TABLE(vrrp_result, VrrpResult, VRRP_RESULT_MAX);
        CHECK_TABLE(vrrp_conflict, VrrpConflict, VRRP_CONFLICT_MAX);
        CHECK_TABLE(vrrp_mode, VrrpMode, VRRP_MODE_MAX);
        CHECK_TABLE(vrrp_tracker_type, VrrpTrackerType, VRRP_TRACKER_TYPE_MAX);
        CHECK_TABLE(vrrp_tracker_state, VrrpTrackerState, VRRP_TRACKER_STATE_MAX);
        CHECK_TABLE(advert_verdict, AdvertVerdict, ADVERT_VERDICT_MAX);
}

static void test_contract_names(void) {
        /* Property: the names that clients compare with are those of the contract. */
        g_assert_cmpstr(vrrp_state_to_string(VRRP_INITIALIZE), ==, "initialize");
        g_assert_cmpstr(vrrp_admin_state_to_string(VRRP_ADMIN_HANDING_OVER), ==, "handing-over");
        g_assert_cmpstr(vrrp_reason_to_string(VRRP_REASON_OWNER), ==, "address-owner");
        g_assert_cmpstr(vrrp_reason_to_string(VRRP_REASON_WAITING), ==, "waiting-for-trackers");
        g_assert_cmpstr(vrrp_result_to_string(VRRP_RESULT_PENDING), ==, "operation-pending");
        g_assert_cmpstr(vrrp_operation_to_string(VRRP_OP_ELECTION), ==, "election");
        g_assert_cmpstr(advert_verdict_to_string(ADVERT_BAD_AUTH_DATA), ==, "bad-auth-data");
}

static void test_address_text(void) {
        /* Property: addresses print in canonical form, and none prints as nothing. */
        char buf[VRRP_ADDRESS_STRLEN];
        VrrpAddress v4 = address(AF_INET, "192.0.2.1"), v6 = address(AF_INET6, "2001:DB8:0:0::1"),
                    none = {0};

        g_assert_cmpstr(vrrp_address_to_string(&v4, buf), ==, "192.0.2.1");
        g_assert_cmpstr(vrrp_address_to_string(&v6, buf), ==, "2001:db8::1");
        g_assert_cmpstr(vrrp_address_to_string(&none, buf), ==, "");
        g_assert_true(vrrp_address_is_set(&v4));
        g_assert_false(vrrp_address_is_set(&none));
        g_assert_cmpuint(vrrp_address_size(AF_INET), ==, 4);
        g_assert_cmpuint(vrrp_address_size(AF_INET6), ==, 16);
        g_assert_cmpuint(vrrp_address_size(0), ==, 0);
}

static void test_address_order(void) {
        /* Property: addresses compare as unsigned numbers in network byte order, and no address is below
         * any. */
        VrrpAddress low = address(AF_INET, "10.0.0.200"), high = address(AF_INET, "192.0.2.1"), none = {0};
        VrrpAddress low6 = address(AF_INET6, "fe80::ff"), high6 = address(AF_INET6, "fe80::1:0");

        g_assert_cmpint(vrrp_address_compare(&low, &high), <, 0);
        g_assert_cmpint(vrrp_address_compare(&high, &low), >, 0);
        g_assert_cmpint(vrrp_address_compare(&high, &high), ==, 0);
        g_assert_cmpint(vrrp_address_compare(&low6, &high6), <, 0);
        g_assert_cmpint(vrrp_address_compare(&none, &low), <, 0);
        g_assert_cmpint(vrrp_address_compare(&high, &none), >, 0);
        g_assert_true(vrrp_address_equal(&none, &none));
        g_assert_true(vrrp_address_equal(&low, &low));
        g_assert_false(vrrp_address_equal(&low, &high));
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/core/types/names", test_names);
        g_test_add_func("/core/types/contract-names", test_contract_names);
        g_test_add_func("/core/types/address-text", test_address_text);
        g_test_add_func("/core/types/address-order", test_address_order);
        return g_test_run();
}
