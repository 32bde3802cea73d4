/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Every row of the keyword tables: a wrong value, one out of range, none, one too many, the keyword twice:
 * each gets a message on its own line. What follows from the row is tried by itself; a row with a parse
 * function of its own needs a case below, and a new table a context. */

#include "service/config/parser.h"
#include "tests/unit/config/expect.h"

#define KEY "0123456789abcdef0123456789abcdef"

/* A place where the keywords of a table may stand and nothing else is wrong. */
static const struct Context {
        const KeywordTable *table;
        const char *begin, *end;
} contexts[] = {
                {&keyword_root, "\n", "\n"},
                {&keyword_global, "\nglobal_defs {\n", "\n}\n"},
                {&keyword_instance, INSTANCE_BEGIN, "\n}\n"},
                {&keyword_sync_group,
                                INSTANCE_BEGIN
                                "}\nvrrp_instance VI_2 {\ninterface eth0\nvirtual_router_id 9\n"
                                "no_virtual_ipaddress\n}\n"
                                "vrrp_sync_group G {\ngroup {\nVI_1\n}\n",
                                "\n}\n"},
                {&keyword_authentication, INSTANCE_BEGIN "authentication {\n", "\n}\n}\n"},
                {&keyword_auth_hmac, INSTANCE_BEGIN "auth_hmac {\nkey 9 " KEY "\n", "\n}\n}\n"},
                {&keyword_track_group, INSTANCE_BEGIN "}\ntrack_group G {\n", "\n}\n"},
                {&keyword_script, "vrrp_script s {\n", "\n}\n"},
                {&keyword_tracked_file, "track_file f {\nfile /run/f\n", "\n}\n"},
                {&keyword_garp_group, "garp_group {\n", "\n}\n"},
                {&keyword_tracked_process, "vrrp_track_process p {\nprocess p\n", "\n}\n"},
};

#define WRONG_MAX 6

/* For a parse function that serves one keyword or a family of them. `valid`: a right value, NULL where none
 * stands behind the keyword. In a block "{ ... }" the values are entries. A wrong value that begins with '!'
 * is only warned about. */
static const struct Case {
        int (*parse)(Parser *p, const Keyword *k, const Statement *s);
        const char *name; /* NULL = whatever it is called */
        const char *valid;
        const char *wrong[WRONG_MAX];
} cases[] = {
                {value_string, NULL, "x", {"!x y"}},
                {value_interface, NULL, "eth9", {"a/b", "0123456789abcdef", "\"\"", "a:1", "..", "\"a b\""}},
                {parse_interface, NULL, "eth9", {"a/b", "0123456789abcdef", "\"\""}},
                {parse_include_check, NULL, NULL, {"writable", "-writable"}},
                {parse_random_seed, NULL, "1", {"x", "-1", "4294967296"}},
                {parse_script_user, NULL, "nobody", {"!a b c"}},
                {parse_user, NULL, "nobody", {"!a b c"}},
                {parse_global_group, "vrrp_mcast_group4", "224.0.0.19", {"x", "192.0.2.1", "ff02::12"}},
                {parse_global_group, "vrrp_mcast_group6", "ff02::13",
                                {"x", "2001:db8::1", "224.0.0.18", "ff05::12"}},
                {parse_mcast_group, NULL, "224.0.0.19", {"x", "192.0.2.1", "2001:db8::1", "ff0e::12"}},
                {parse_source, NULL, "192.0.2.7", {"x", "192.0.2.300", "192.0.2.7/33", "!192.0.2.7/24"}},
                {parse_preempt, NULL, NULL, {"!1"}},
                {parse_accept, NULL, NULL, {"!1"}},
                {parse_vmac, NULL, NULL,
                                {"a/b", "0123456789abcdef", "x y", "00:00:5e:00:01:0g", "01:00:5e:00:01:33",
                                                "00:00:00:00:00:00"}},
                {parse_vmac_prefix, NULL, "v", {"a/b", "0123456789a"}},
                {parse_nftables, NULL, NULL, {"!other"}},
                {parse_nftables_priority, NULL, "-1", {"x", "2147483648", "-2147483648", "1.5"}},
                {parse_repeat, NULL, "3", {"x", "!0", "!1001", "-1", "1.5", "4294967296"}},
                {parse_state, NULL, "BACKUP", {"PRIMARY", "master", "0"}},
                {parse_version, NULL, "2", {"1", "4", "x", "2.0"}},
                {parse_auth_type, NULL, "PASS", {"MD5", "pass"}},
                {parse_auth_pass, NULL, "x", {"\"\"", "!123456789"}},
                {parse_hmac_key, NULL, "1 " KEY,
                                {"0 " KEY, "256 " KEY, "x " KEY, "1 short", "1 hex:0g", "1 file:"}},
                {parse_hmac_mode, NULL, "permissive", {"x", "Enforce"}},
                {parse_anti_replay, NULL, "monotonic", {"x", "off"}},
                {parse_command, NULL, "/bin/true", {"\"\"", "\" \""}},
                {parse_weight, NULL, "5", {"x", "254", "-254", "5 backwards", "1.5"}},
                {parse_file_weight, NULL, "5", {"x", "2147483648", "5 backwards"}},
                {parse_process_weight, NULL, "5", {"x", "255", "-255", "5 backwards"}},
                {parse_file_path, NULL, "/run/f", {"\"\"", "run/f"}},
                {parse_init_file, NULL, NULL, {"x y", "2147483648 x"}},
                {parse_delay, NULL, "1", {"x", "-1", "3601"}},
                {parse_param_match, NULL, "initial", {"x"}},
                {parse_process, NULL, "haproxy", {"\"\""}},
                {parse_peers, NULL, "{\n192.0.2.8\n}",
                                {"{\nx\n}", "{\n192.0.2.8 ttl 3\n}", "{\n192.0.2.8 min_ttl 256\n}",
                                                "{\n192.0.2.8 min_ttl\n}", "{\n2001:db8::1\n}", "{\n}"}},
                {parse_vips, NULL, "{\n192.0.2.8\n}",
                                {"{\nx\n}", "{\n192.0.2.8/33\n}", "{\n192.0.2.8 x\n}", "{\n192.0.2.8 dev\n}",
                                                "{\n0.0.0.0\n}", "{\n192.0.2.8 192.0.2.9\n}"}},
                {parse_routes, NULL, "{\n10.0.0.0/8 dev eth0\n}",
                                {"{\nx\n}", "{\n10.0.0.0/33 dev eth0\n}", "{\n10.0.0.0/8 via\n}",
                                                "{\n10.0.0.0/8 dev eth0 table 0\n}",
                                                "{\n10.0.0.0/8 10.0.0.0/8\n}",
                                                "!{\n10.0.0.0/8 dev eth0 dev eth1\n}"}},
                {parse_rules, NULL, "{\nfrom 10.0.0.0/8 table 1 priority 1\n}",
                                {"{\nx\n}", "{\nfrom 10.0.0.0/33 table 1\n}", "{\nfrom\n}",
                                                "{\nfwmark 1 table 0\n}", "!{\nfwmark 1\n}",
                                                "!{\nfwmark 1 fwmark 2 table 1 priority 1\n}"}},
                {parse_static_addresses, NULL, "{\n192.0.2.8\n}",
                                {"{\nx\n}", "{\n192.0.2.8/33\n}", "{\n192.0.2.8 x\n}",
                                                "{\n192.0.2.8 dev\n}"}},
                {parse_track_group_members, NULL, "{\nVI_1\n}", {}},
                {parse_members, NULL, "{\nVI_2\n}", {"!{\nVI_3\n}", "!{\nVI_1\n}"}},
                {parse_track, NULL, "{\nx\n}",
                                {"{\nx weight\n}", "{\nx weight y\n}", "{\nx y\n}", "{\nx weight 255\n}",
                                                "{\nx weight 1 reverse 2\n}"}},
                {parse_group_interface, "interface", "eth9", {"a/b", "0123456789abcdef"}},
                {parse_group_interface, "interfaces", "{\neth9\n}", {"{\na/b\n}"}},
                {parse_link_delays, NULL, "{\neth9 1 2.5\n}",
                                {"{\neth9\n}", "{\neth9 256\n}", "{\neth9 1 2 3\n}", "{\na/b 1\n}",
                                                "{\neth9 1 x\n}"}},
                {parse_garp_extra, NULL, "all 30", {"x", "-1", "86401", "some 3"}},
                {parse_timer_expired, NULL, "200", {"0", "255", "x"}},
                /* These only open a block, whose table is tried by itself. */
                {parse_global, NULL, "{\n}", {}},
                {parse_instance, NULL, "{\ninterface eth0\nvirtual_router_id 9\nno_virtual_ipaddress\n}",
                                {}},
                {parse_track_group, NULL, "{\ngroup {\nVI_1\n}\n}", {"!{\n}"}},
                {parse_script, NULL, "{\nscript /bin/true\n}", {}},
                {parse_sync_group, NULL, "{\ngroup {\nVI_1\n}\n}", {"!{\n}"}},
                {parse_authentication, NULL, "{\n}", {}},
                {parse_auth_hmac, NULL, "{\nkey 1 " KEY "\n}", {"{\n}"}},
                {parse_garp_group, NULL, "{\ninterface eth9\n}", {}},
                {parse_tracked_file, NULL, "{\nfile /run/f\n}", {}},
                {parse_tracked_process, NULL, "{\nprocess x\n}", {}},
};

static const struct Context *context_of(const KeywordTable *t) {
        for (size_t i = 0; i < G_N_ELEMENTS(contexts); i++)
                if (contexts[i].table == t)
                        return &contexts[i];
        g_error("give the keywords of %s a context in %s", t->name, __FILE__);
}

static const struct Case *case_of(const Keyword *k) {
        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
                if (cases[i].parse == k->parse && (!cases[i].name || streq(cases[i].name, k->name)))
                        return &cases[i];
        return NULL;
}

typedef struct Said {
        char *text;                            /* all messages */
        unsigned line;                         /* where the statement began */
        unsigned errors_there, warnings_there; /* on the lines of the statement */
        bool repeated;
} Said;

/* Loads the statement in its context. */
static Said say(const struct Context *context, const char *statement) {
        g_autofree char *text = g_strconcat(context->begin, statement, context->end, NULL);
        ConfigMessages m = {};
        Config *c = NULL;
        Said said = {.line = 1};
        unsigned last;

        for (const char *p = context->begin; *p; p++)
                said.line += *p == '\n';
        last = said.line;
        for (const char *p = statement; *p; p++)
                last += *p == '\n';
        config_load_buffer("t", text, strlen(text), "me", &m, &c);
        said.text = messages_to_lines(&m);
        for (size_t i = 0; i < m.n; i++) {
                bool there = m.items[i].line >= said.line && m.items[i].line <= last;

                g_assert_cmpuint(m.items[i].line, >, 0);
                g_assert_cmpuint(m.items[i].column, >, 0);
                said.errors_there += there && m.items[i].severity == CONFIG_ERROR;
                said.warnings_there += there && m.items[i].severity == CONFIG_WARNING;
                said.repeated |= m.items[i].line == last && strstr(m.items[i].text, "was already given");
        }
        config_messages_clear(&m);
        config_free(c);
        return said;
}

static void assert_error(const struct Context *context, const char *statement) {
        Said said = say(context, statement);

        if (said.errors_there == 0)
                g_error("'%s' in %s: no error on line %u, but:\n%s", statement, context->table->name,
                                said.line, said.text);
        g_free(said.text);
}

static void assert_warning(const struct Context *context, const char *statement) {
        Said said = say(context, statement);

        if (said.warnings_there == 0 || said.errors_there > 0)
                g_error("'%s' in %s: no warning on line %u, but:\n%s", statement, context->table->name,
                                said.line, said.text);
        g_free(said.text);
}

static void assert_no_error(const struct Context *context, const char *statement) {
        Said said = say(context, statement);

        if (said.errors_there > 0)
                g_error("'%s' in %s is an error:\n%s", statement, context->table->name, said.text);
        g_free(said.text);
}

/* The head of a statement: the keyword, with a name where one belongs. */
static char *head_of(const Keyword *k) {
        return g_strconcat(k->name, k->flags & KEYWORD_BLOCK && k->min_words > 0 ? " NAME" : "", NULL);
}

static char *statement_of(const Keyword *k, const char *value) {
        g_autofree char *head = head_of(k);

        return value ? g_strconcat(head, " ", value, NULL) : g_strdup(head);
}

/* What stands to reason from the parse function and its range. Returns a valid value (g_free), or NULL where
 * none is needed. */
static char *try_general(const struct Context *context, const Keyword *k) {
        g_autofree char *word = statement_of(k, "word");
        char low[VALUE_SECONDS_SIZE], high[VALUE_SECONDS_SIZE];

        if (k->parse == value_flag) {
                assert_warning(context, word);
                return NULL;
        }
        assert_error(context, word);
        if (k->parse == value_on_off)
                return g_strdup("on");
        if (k->parse == value_unsigned) {
                g_autofree char *above = g_strdup_printf("%s %lld", k->name, k->high + 1),
                                *below = g_strdup_printf("%s %lld", k->name, k->low - 1),
                                *fraction = g_strdup_printf("%s %lld.5", k->name, k->low);

                assert_error(context, above);
                assert_error(context, below);
                assert_error(context, fraction);
                return g_strdup_printf("%lld", k->high);
        }
        g_autofree char *above = g_strdup_printf("%s %s", k->name, value_format_seconds(k->high + 1, high)),
                        *below = g_strdup_printf("%s %s", k->name,
                                        k->low > 0 ? value_format_seconds(k->low - 1, low) : "-1");

        assert_error(context, above);
        assert_error(context, below);
        return g_strdup(value_format_seconds(k->high, high));
}

static bool is_general(const Keyword *k) {
        return k->parse == value_flag || k->parse == value_on_off || k->parse == value_unsigned ||
               k->parse == value_seconds;
}

static char *try_case(const struct Context *context, const Keyword *k) {
        const struct Case *c = case_of(k);

        if (!c)
                g_error("'%s' of %s has a parse function without a case in %s: say there what is wrong for "
                        "it",
                                k->name, context->table->name, __FILE__);
        for (size_t i = 0; i < WRONG_MAX && c->wrong[i]; i++) {
                bool warned = c->wrong[i][0] == '!';
                g_autofree char *statement = statement_of(k, c->wrong[i] + warned);

                if (warned)
                        assert_warning(context, statement);
                else
                        assert_error(context, statement);
        }
        return g_strdup(c->valid);
}

/* No value, no block, no name, or one that is none. */
static void try_missing(const struct Context *context, const Keyword *k) {
        g_autofree char *head = head_of(k), *name = g_strconcat(k->name, " {\n}", NULL),
                        *empty = g_strconcat(k->name, " \"\" {\n}", NULL),
                        *control = g_strconcat(k->name, " a\x1B[2Jb {\n}", NULL);

        if (k->flags & KEYWORD_BLOCK) {
                assert_error(context, head);
                if (k->min_words > 0) {
                        assert_error(context, name);
                        assert_error(context, empty);
                        assert_error(context, control);
                }
        } else {
                assert_error(context, name); /* a block that it has not */
                if (k->min_words > 0)
                        assert_error(context, k->name);
        }
}

static void try_twice(const struct Context *context, const Keyword *k, const char *valid) {
        g_autofree char *once = statement_of(k, valid), *twice = g_strconcat(once, "\n", once, NULL);
        Said said = say(context, twice);

        if (!(k->flags & KEYWORD_REPEATS) && !said.repeated)
                g_error("'%s' twice in %s: no warning at the second, but:\n%s", once, context->table->name,
                                said.text);
        g_free(said.text);
}

static void try_implemented(const struct Context *context, const Keyword *k) {
        g_autofree char *valid = is_general(k) ? try_general(context, k) : try_case(context, k),
                        *statement = statement_of(k, valid),
                        *more = g_strconcat(statement, " word word word", NULL);

        assert_no_error(context, statement);
        try_missing(context, k);
        try_twice(context, k, valid);
        if (!(k->flags & KEYWORD_BLOCK) && k->max_words != UINT8_MAX) {
                Said said = say(context, more);

                g_assert_cmpuint(said.errors_there + said.warnings_there, >, 0);
                g_free(said.text);
        }
}

static void test_implemented(void) {
        /* Rows whose values are read. */
        for (const KeywordTable *const *t = keyword_tables; *t; t++)
                for (size_t i = 0; i < (*t)->n; i++)
                        if ((*t)->rows[i].disposition == KEYWORD_IMPLEMENTED)
                                try_implemented(context_of(*t), &(*t)->rows[i]);
}

static void try_other(const struct Context *context, const Keyword *k) {
        const char *forms[] = {"", " a b c", " a {\nb {\nc d\n}\n}"};

        for (size_t i = 0; i < G_N_ELEMENTS(forms); i++) {
                g_autofree char *statement = g_strconcat(k->name, forms[i], NULL);
                bool error = k->disposition == KEYWORD_MISSING || k->disposition == KEYWORD_REFUSED,
                     silent = k->disposition == KEYWORD_IMPLIED &&
                              (i == 0 || streq(k->name, "reload_check_config"));
                Said said = say(context, statement);

                if (said.errors_there != error || said.warnings_there != (!error && !silent))
                        g_error("'%s' in %s: not one message on line %u, but:\n%s", statement,
                                        context->table->name, said.line, said.text);
                g_free(said.text);
        }
}

static void test_other(void) {
        /* Rows that are skipped or refused: one message, whatever follows the keyword; what is implied:
         * none. */
        for (const KeywordTable *const *t = keyword_tables; *t; t++)
                for (size_t i = 0; i < (*t)->n; i++)
                        if ((*t)->rows[i].disposition != KEYWORD_IMPLEMENTED)
                                try_other(context_of(*t), &(*t)->rows[i]);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/config/values/implemented", test_implemented);
        g_test_add_func("/config/values/other", test_other);
        return g_test_run();
}
