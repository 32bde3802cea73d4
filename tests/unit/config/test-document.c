/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What is written for people agrees with the program: the manual page names every keyword, the example
 * loads. */

#include "service/config/keyword.h"
#include "tests/unit/config/expect.h"

/* The table of dispositions in vrrpd.conf(5), between these lines. */
#define TABLE_BEGIN ".\\\" BEGIN KEYWORDS: made by 'VRRPD_UPDATE=1 meson test -C build config-document'\n"
#define TABLE_END ".\\\" END KEYWORDS\n"

static void test_manual(void) {
        /* Each implemented keyword stands in vrrpd.conf(5) as a word of its own, before the table of them
         * all. */
        g_autofree char *text = NULL;
        g_auto(GStrv) words = NULL;
        GHashTable *known = g_hash_table_new(g_str_hash, g_str_equal);

        g_assert_true(g_file_get_contents(g_getenv("VRRPD_CONF_MANUAL"), &text, NULL, NULL));
        g_assert_nonnull(strstr(text, TABLE_BEGIN));
        /* \fB and \fP end in a letter that would stick to the word. */
        for (char *p = text; (p = strstr(p, "\\f"));)
                for (unsigned i = 0; i < 3 && *p; i++)
                        *p++ = ' ';
        g_strcanon(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_", ' ');
        words = g_strsplit(text, " ", -1);
        for (char **w = words; *w; w++)
                g_hash_table_add(known, *w);
        for (const KeywordTable *const *t = keyword_tables; *t; t++)
                for (size_t i = 0; i < (*t)->n; i++)
                        if ((*t)->rows[i].disposition == KEYWORD_IMPLEMENTED &&
                                        !g_hash_table_contains(known, (*t)->rows[i].name))
                                g_error("%s has no entry in vrrpd.conf(5)", (*t)->rows[i].name);
        g_hash_table_unref(known);
}

static const char *disposition(const Keyword *k) {
        switch (k->disposition) {
        case KEYWORD_IMPLEMENTED:
                return k->flags & KEYWORD_DEPRECATED ? "implemented, deprecated" : "implemented";
        case KEYWORD_IMPLIED:
                return "always so";
        case KEYWORD_SKIPPED:
                return "skipped, warning";
        case KEYWORD_HARMLESS:
                return "ignored, warning";
        case KEYWORD_MISSING:
                return "not supported, error";
        case KEYWORD_REFUSED:
                return "refused, error";
        }
        g_assert_not_reached();
}

static void append_row(GString *s, const Keyword *k) {
        g_autofree char *text = g_strdup(k->text ? k->text : "");
        g_auto(GStrv) hyphens = g_strsplit(text, "--", -1);
        g_autofree char *escaped = g_strjoinv("\\-\\-", hyphens);

        g_string_append_printf(s, "%s\t%s\t", k->name, disposition(k));
        if (*escaped)
                g_string_append_printf(s, "T{\n%s\nT}\n", escaped);
        else
                g_string_append(s, "\n");
}

static char *make_table(void) {
        GString *s = g_string_new(TABLE_BEGIN);

        for (const KeywordTable *const *t = keyword_tables; *t; t++) {
                g_string_append_printf(s, ".SS %s\n.TS\nl l lx.\n",
                                *t == &keyword_root ? "At the top level" : (*t)->name);
                for (size_t i = 0; i < (*t)->n; i++)
                        append_row(s, &(*t)->rows[i]);
                g_string_append(s, ".TE\n");
        }
        return g_string_free(s, FALSE);
}

static void test_table(void) {
        /* The manual's table of what becomes of each keyword is the program's. */
        const char *path = g_getenv("VRRPD_CONF_MANUAL"), *begin, *end;
        g_autofree char *text = NULL, *table = make_table(), *got = NULL;

        g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
        begin = strstr(text, TABLE_BEGIN);
        end = strstr(text, TABLE_END);
        g_assert_true(begin && end && begin < end);
        got = g_strndup(begin, (size_t)(end - begin));
        if (g_getenv("VRRPD_UPDATE")) {
                g_autofree char *before = g_strndup(text, (size_t)(begin - text)),
                                *whole = g_strconcat(before, table, end, NULL);

                g_assert_true(g_file_set_contents(path, whole, -1, NULL));
        } else if (!streq(got, table))
                g_test_message("the table of keywords in vrrpd.conf(5) is out of date: run 'VRRPD_UPDATE=1 "
                               "meson "
                               "test -C build config-document' (and document a new keyword above)");
}

static void test_example(void) {
        /* The example is loaded without a word of complaint. */
        ConfigMessages m = {};
        Config *c = NULL;

        g_assert_cmpint(config_load(g_getenv("VRRPD_CONF_EXAMPLE"), "me", &m, &c), ==, 0);
        g_assert_cmpuint(m.n, ==, 0);
        g_assert_cmpuint(c->n_instances, ==, 3);
        config_free(c);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/config/document/manual", test_manual);
        g_test_add_func("/config/document/table", test_table);
        g_test_add_func("/config/document/example", test_example);
        return g_test_run();
}
