/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What is written for people agrees with the program: the manual page names every keyword, the example
 * loads. */

#include "service/config/keyword.h"
#include "tests/unit/config/expect.h"

static void test_manual(void) {
        /* Each keyword of each table stands in vrrpd.conf(5) as a word of its own. */
        g_autofree char *text = NULL;
        g_auto(GStrv) words = NULL;
        GHashTable *known = g_hash_table_new(g_str_hash, g_str_equal);

        g_assert_true(g_file_get_contents(g_getenv("VRRPD_CONF_MANUAL"), &text, NULL, NULL));
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
                        if (!g_hash_table_contains(known, (*t)->rows[i].name))
                                g_error("%s is not in vrrpd.conf(5)", (*t)->rows[i].name);
        g_hash_table_unref(known);
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
        g_test_add_func("/config/document/example", test_example);
        return g_test_run();
}
