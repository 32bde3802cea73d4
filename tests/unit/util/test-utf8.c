/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "service/util/utf8.h"
#include <glib.h>

static void check_clean(const char *text, const char *expected) {
        char buffer[64];
        _cleanup_free_ char *copy = NULL;

        g_strlcpy(buffer, text, sizeof(buffer));
        utf8_clean(buffer, sizeof(buffer));
        g_assert_cmpstr(buffer, ==, expected);
        g_assert_true(utf8_is_valid(buffer));
        g_assert_cmpint(utf8_copy(text, &copy), ==, 0);
        g_assert_cmpstr(copy, ==, expected);
        g_assert_true(utf8_is_valid(text) == (strcmp(text, expected) == 0));
}

/* Property: valid text is left alone; each run of wrong bytes becomes one replacement character. */
static void test_clean(void) {
        check_clean("", "");
        check_clean("plain", "plain");
        check_clean("\x7F\n", "\x7F\n");
        check_clean("gr\xC3\xBC\xC3\x9F \xE2\x86\x92 \xF0\x9F\x98\x80",
                        "gr\xC3\xBC\xC3\x9F \xE2\x86\x92 \xF0\x9F\x98\x80");
        check_clean("gr\xFC\xDF"
                    "e",
                        "gr\xEF\xBF\xBD"
                        "e");
        check_clean("\x80", "\xEF\xBF\xBD");
        check_clean("a\xC0\xAF"
                    "b",
                        "a\xEF\xBF\xBD"
                        "b"); /* overlong */
        check_clean("a\xE0\x80\x80"
                    "b",
                        "a\xEF\xBF\xBD"
                        "b");
        check_clean("a\xF0\x80\x80\x80"
                    "b",
                        "a\xEF\xBF\xBD"
                        "b");
        check_clean("a\xED\xA0\x80"
                    "b",
                        "a\xEF\xBF\xBD"
                        "b"); /* surrogate */
        check_clean("a\xF4\x90\x80\x80"
                    "b",
                        "a\xEF\xBF\xBD"
                        "b"); /* beyond U+10FFFF */
        check_clean("a\xF5"
                    "b",
                        "a\xEF\xBF\xBD"
                        "b");
        check_clean("a\xEF\xBF\xBE"
                    "b",
                        "a\xEF\xBF\xBD"
                        "b"); /* non-characters, which sd-bus refuses */
        check_clean("a\xEF\xB7\x90"
                    "b",
                        "a\xEF\xBF\xBD"
                        "b");
        check_clean("a\xC3"
                    "b",
                        "a\xEF\xBF\xBD"
                        "b");
}

/* Property: what a length limit has cut in two goes without a trace; the same bytes at the end of a string
 * that had room were wrong from the beginning. */
static void test_cut(void) {
        static const char *const halves[] = {"\xC3", "\xE2\x86", "\xF0\x9F\x98"};

        for (size_t i = 0; i < G_N_ELEMENTS(halves); i++) {
                g_autofree char *s = g_strconcat("ab", halves[i], NULL),
                                *wide = g_strdup_printf("ab%s%8s", halves[i], "");

                utf8_clean(s, strlen(s) + 1);
                g_assert_cmpstr(s, ==, "ab");
                wide[strlen(s) + strlen(halves[i])] = '\0';
                utf8_clean(wide, 12);
                g_assert_cmpstr(wide, ==, "ab\xEF\xBF\xBD");
        }
}

/* Property: the buffer is never exceeded, and what is in it is valid even where it ends. */
static void test_small(void) {
        for (size_t size = 1; size < 12; size++) {
                char buffer[12];

                memset(buffer, 'x', sizeof(buffer));
                memset(buffer, 'a', size);
                for (size_t i = 0; i + 1 < size; i++)
                        buffer[i] = (char)(i % 2 ? 0xFF : 'a');
                buffer[size - 1] = '\0';
                utf8_clean(buffer, size);
                g_assert_true(utf8_is_valid(buffer));
                g_assert_cmpuint(strlen(buffer), <, size);
                for (size_t i = size; i < sizeof(buffer); i++)
                        g_assert_cmpint(buffer[i], ==, 'x');
        }
}

/* Property: exactly what D-Bus's own rules allow, compared with GLib's for every character there is, apart
 * from the non-characters. */
static void test_all(void) {
        for (gunichar c = 1; c < 0x110000; c++) {
                char s[7] = {};
                int n = g_unichar_to_utf8(c, s);
                bool no_character = (c >= 0xFDD0 && c <= 0xFDEF) || (c & 0xFFFE) == 0xFFFE;

                g_assert_cmpuint(utf8_character(s), ==,
                                g_utf8_validate(s, n, NULL) && !no_character ? (size_t)n : 0);
        }
}

static void test_null(void) {
        char *copy = (char *)1;

        g_assert_cmpint(utf8_copy(NULL, &copy), ==, 0);
        g_assert_null(copy);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/utf8/clean", test_clean);
        g_test_add_func("/utf8/cut", test_cut);
        g_test_add_func("/utf8/small", test_small);
        g_test_add_func("/utf8/all", test_all);
        g_test_add_func("/utf8/null", test_null);
        return g_test_run();
}
