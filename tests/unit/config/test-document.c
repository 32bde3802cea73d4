/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What is written for people agrees with the program: the manual page names every keyword, the example
 * loads. */

#include "service/config/keyword.h"
#include "tests/unit/config/expect.h"

/* The table of dispositions in vrrpd.conf(5), between these lines. */
#define TABLE_BEGIN ".\\\" BEGIN KEYWORDS: made by 'VRRPD_UPDATE=1 meson test -C build config-document'\n"
#define TABLE_END ".\\\" END KEYWORDS\n"

/* Is the keyword a word of its own in the line? */
static bool names(const char *line, const char *keyword) {
        size_t n = strlen(keyword);

        for (const char *p = line; (p = strstr(p, keyword)); p += n) {
                bool begins = p == line || p[-1] == ' ' || p[-1] == '\n' ||
                              (p >= line + 3 && p[-3] == '\\' && p[-2] == 'f');

                if (begins && !g_ascii_isalnum(p[n]) && p[n] != '_')
                        return true;
        }
        return false;
}

/* An entry goes from the line behind .TP to the next one. One that names the keyword (alone, or among those
 * of its block) says its default and has an example. */
static void assert_entry(char **entries, const Keyword *k) {
        for (char **e = entries; *e; e++)
                if (names(*e, k->name) && strstr(*e, "Default") && strstr(*e, "Example"))
                        return;
        g_error("%s has no entry with a default and an example in vrrpd.conf(5)", k->name);
}

static void test_manual(void) {
        /* Each implemented keyword has an entry in vrrpd.conf(5), with its default and an example; those of
         * authentication stand in the entry of that block, and those of the top level are chapters. */
        g_autofree char *text = NULL;
        g_auto(GStrv) entries = NULL;

        g_assert_true(g_file_get_contents(g_getenv("VRRPD_CONF_MANUAL"), &text, NULL, NULL));
        g_assert_nonnull(strstr(text, TABLE_BEGIN));
        *strstr(text, TABLE_BEGIN) = '\0';
        entries = g_strsplit(text, "\n.TP\n", -1);
        for (const KeywordTable *const *t = keyword_tables; *t; t++)
                for (size_t i = 0; i < (*t)->n; i++) {
                        const Keyword *k = &(*t)->rows[i];

                        if (k->disposition != KEYWORD_IMPLEMENTED)
                                continue;
                        if (*t == &keyword_root || *t == &keyword_authentication)
                                g_assert_true(names(text, k->name));
                        else
                                assert_entry(entries, k);
                }
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
                g_error("the table of keywords in vrrpd.conf(5) is out of date: run 'VRRPD_UPDATE=1 "
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
