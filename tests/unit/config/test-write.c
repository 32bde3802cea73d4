/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The effective configuration as text: written and loaded again a model is the same (but for its secrets),
 * and no member is forgotten: each stands in a table, and each that is changed arrives. */

#include "service/config/diff.h"
#include "service/config/write.h"
#include "tests/unit/config/compare.h"
#include "tests/unit/config/expect.h"
#include <sys/socket.h>

static Config *load(const char *text, const char *what) {
        const ConfigLimits limits = {.max_lines = 1000000, .accept_masked = true};
        ConfigMessages m = {};
        Config *c = NULL;

        if (config_load_limited("t", text, strlen(text), &limits, "me", &m, &c) < 0) {
                g_autofree char *lines = messages_to_lines(&m);

                g_error("%s does not load:\n%s\n%s", what, lines, text);
        }
        config_messages_clear(&m);
        return c;
}

/* The property itself. Returns the text. */
static char *assert_survives(const Config *c, const char *what) {
        _cleanup_free_ char *text = config_write(c), *again = NULL;
        _cleanup_(config_freep) Config *loaded = NULL;
        g_autofree char *found = NULL;

        g_assert_nonnull(text);
        g_assert_true(g_utf8_validate(text, -1, NULL));
        loaded = load(text, what);
        found = model_difference(c, loaded);
        if (found)
                g_error("%s: %s is not the same after writing and loading:\n%s", what, found, text);
        again = config_write(loaded);
        g_assert_cmpstr(again, ==, text);
        return TAKE_PTR(text);
}

/* Something of everything; each member that is flipped below has room for it here. */
static const char rich[] =
                "global_defs {\nrouter_id \"a b\"\nscript_user nobody nogroup\nvmac_prefix "
                "v\nvmac_addr_prefix w\nnftables_priority 5\nnftables_counters\n}\n"
                "vrrp_script S {\nscript \"/bin/a 'b c' \\\"d\\\" \\x01\\xff \\\\ $x ${y} #!\"\nuser u "
                "g\n}\n"
                "vrrp_script T {\nscript /bin/true\n}\n"
                "interface_up_down_delays {\neth0 1 2.5\neth1 0\n}\n"
                "garp_group {\ninterfaces {\neth0\neth1\n}\ngarp_interval 0.001\ngna_interval 2\n}\n"
                "garp_group {\ninterface eth2\n}\n"
                "track_file F {\nfile \"/run/f #\"\nweight -3 reverse\ninit_file -4\n}\n"
                "track_file G {\nfile /run/g\n}\n"
                "vrrp_track_process P {\nprocess \"/bin/a b\" \"-c \\\"d\\\"\"\nparam_match "
                "initial\nquorum 1\nquorum_max 5\nfork_delay 1\nterminate_delay 2\n}\n"
                "vrrp_track_process Q {\nprocess q\nfull_command\nquorum_max 0\n}\n"
                "vrrp_track_process R {\nprocess r\nparam_match partial\n}\n"
                "vrrp_track_process S {\nprocess s t\n}\n"
                "track_group G {\ngroup {\nC\n\"B # ! \\\"\n}\n}\n"
                "static_ipaddress {\n192.0.2.70/24 dev eth5 track_group G\n2001:db8::70\n}\n"
                "static_routes {\n10.0.0.0/8 via 192.0.2.9 dev \"d#1\" table 300 metric 3 tos 8 onlink "
                "realms 7/8 src "
                "192.0.2.70 track_group G mtu lock 1400 rtt 10 rttvar 20ms rto_min 3 features ecn congctl "
                "lock reno "
                "hoplimit 9 quickack 1\n"
                "10.1.0.0/16 nexthop via 192.0.2.1 weight 3 nexthop dev eth1 onlink\nprohibit 10.2.0.0/16 "
                "ttl-propagate enabled\n10.3.0.0/16 via inet6 fe80::1 dev eth0\n"
                "2001:db8::/32 from 2001:db8:1::/48 via fe80::1 dev eth0 pref high expires 9 "
                "no_track\ninet6 default dev "
                "eth0\n}\n"
                "static_rules {\nfrom 10.0.0.0/8 to 10.1.0.0/16 iif \"d#1\" oif e tos 4 fwmark 5/7 table 9 "
                "pref 3 realms "
                "1 suppress_prefixlength 3 suppress_ifgroup 4 track_group G no_track\n"
                "not inet6 uidrange 3-4 ipproto tcp sport 1-2 dport 9 l3mdev pref 4\nfwmark 1 goto 9 pref "
                "8\nfwmark 2 "
                "blackhole pref 8\nfwmark 3 unreachable pref 8\nfwmark 4 prohibit pref 8\ntunnel-id 5 nop "
                "pref 8\n}\n"
                "vrrp_instance A {\ninterface eth0\nvirtual_router_id 1\npriority 10\n"
                "virtual_routes {\ndefault via 192.0.2.9 table 5\n}\nvirtual_rules {\nfrom 192.0.2.1 table "
                "5 pref 77\n}\n"
                "unicast_src_ip 192.0.2.100\nunicast_peer {\n192.0.2.121 min_ttl 3 max_ttl "
                "9\n192.0.2.110\n}\n"
                "virtual_ipaddress {\n192.0.2.1/24 dev eth1 label eth1:1 scope link peer "
                "192.0.2.9\n192.0.2.2 brd 192.0.2.255\n}\n"
                "virtual_ipaddress_excluded {\n2001:db8::1/64\n2001:db8::2\n}\n"
                "auth_hmac {\nkey 1 file:vrrp.key\nkey 9 hushhushhushhushhushhushhushhush\nactive_key 9\n"
                "time_window 10\nmode permissive\n}\n"
                "track_interface {\neth2 weight 5 reverse\neth3\n}\ntrack_script {\nS weight -3\n}\n"
                "track_file {\nF\n}\ntrack_process {\nP weight 254 reverse\nQ\n}\n}\n"
                "vrrp_instance \"B # ! \\\" {\ninterface eth0\nvirtual_router_id 12\nversion 2\nstate "
                "MASTER\npriority 255\n"
                "authentication {\nauth_type PASS\nauth_pass hush\n}\nvirtual_ipaddress "
                "{\n192.0.2.3\n}\n}\n"
                "vrrp_instance B3 {\ninterface eth0\nvirtual_router_id 18\nvirtual_ipaddress "
                "{\n192.0.2.5\n}\n"
                "authentication {\nauth_type AH\nauth_pass hush\n}\n}\n"
                "vrrp_instance V {\ninterface eth0\nvirtual_router_id 20\nuse_vmac vrrp.20 "
                "02:00:00:00:00:14\nvmac_xmit_base\nuse_vmac_addr\npromote_secondaries\nno_accept\n"
                "virtual_ipaddress {\n192.0.2.20\n192.0.2.21 dev eth1 use_vmac\n}\n}\n"
                "vrrp_instance W {\ninterface eth0\nvirtual_router_id 21\nuse_vmac\nvirtual_ipaddress "
                "{\n192.0.2.22\n}\n}\n"
                "vrrp_instance C {\ninterface eth0\nvirtual_router_id "
                "3\nnative_ipv6\nno_virtual_ipaddress\n}\n"
                "vrrp_instance D {\nvirtual_router_id 14\nunicast_src_ip 2001:db8::9\nunicast_peer "
                "{\n2001:db8::8\n}\n"
                "virtual_ipaddress {\n2001:db8::1/128 preferred_lft forever\n2001:db8::2 preferred_lft "
                "0\n2001:db8::3\n}\n}\n"
                "vrrp_instance F {\ninterface eth0\nvirtual_router_id 16\nunicast_src_ip "
                "192.0.2.9\nunicast_peer "
                "{\n192.0.2.9\n}\nvirtual_ipaddress {\n192.0.2.34\n}\n}\n"
                "vrrp_sync_group G {\ngroup {\n\"B # ! \\\" "
                "C\nD\n}\nsync_group_tracking_weight\ntrack_interface {\neth4 "
                "weight 7\neth5\n}\n}\n"
                "vrrp_instance E {\ninterface eth0\nvirtual_router_id 15\nmcast_dst_ip "
                "224.0.0.50\nmcast_src_ip "
                "192.0.2.7\nvirtual_ipaddress {\n"
                "192.0.2.33/24 brd + preferred_lft 0\n}\n}\n";

static void test_rich(void) {
        /* Everything that can stand in a file survives, and the secrets do not get out. */
        _cleanup_(config_freep) Config *c = load(rich, "rich");
        _cleanup_free_ char *text = assert_survives(c, "rich");

        g_assert_null(strstr(text, "hush"));
        g_assert_nonnull(strstr(text, "auth_pass " CONFIG_MASK));
        g_assert_nonnull(strstr(text, "    advert_int 1\n"));
}

static void test_masked(void) {
        /* What was written without its secrets does not run as it is: with the mask as its password a router
         * would be a second master. */
        expect_instance("authentication {\nauth_type PASS\nauth_pass ******** # not shown\n}",
                        "10:11: error: this is the mask of 'vrrpctl show --config', not a password: write "
                        "the "
                        "real one\n");
        expect_instance("auth_hmac {\nkey 7 ******************************** # not shown\n}",
                        "9:7: error: this is the mask of 'vrrpctl show --config', not a key: write the real "
                        "one\n");
        expect_instance("authentication {\nauth_type PASS\nauth_pass *******\n}", "");
}

static void test_text(void) {
        /* What the text looks like. */
        static const char expected[] =
                        "# The effective configuration: includes, variables and repetitions "
                        "expanded, defaults spelled out, "
                        "secrets masked.\n\n"
                        "global_defs {\n    router_id r\n    vrrp_version 2\n    nftables_priority -1\n"
                        "    vrrp_startup_delay 0\n    vrrp_delay_after_boot 0\n"
                        "    vrrp_garp_interval 0\n    vrrp_gna_interval 0\n}\n"
                        "\nvrrp_script s {\n    script \"/bin/true\"\n    interval 0.25\n    "
                        "timeout 0.25\n    rise 1\n    fall 1\n"
                        "    weight 0\n}\n";
        _cleanup_(config_freep) Config *c = load("global_defs {\nrouter_id r\n}\nvrrp_script s {\nscript "
                                                 "/bin/true\ninterval .25\n}\n",
                        "t");
        _cleanup_free_ char *text = config_write(c);

        g_assert_cmpstr(text, ==, expected);
}

/* The members of `typedef struct NAME {` in a header, by its text. */
static char **members_of(const char *header, const char *type) {
        g_autofree char *path = g_build_filename(g_getenv("VRRPD_SOURCE_ROOT"), header, NULL), *text = NULL;
        g_autofree char *pattern = g_strdup_printf("typedef struct %s \\{(.*?)\\n\\} %s;", type, type);
        g_autoptr(GRegex) body = g_regex_new(pattern, G_REGEX_DOTALL, 0, NULL),
                          comment = g_regex_new("/\\*.*?\\*/", G_REGEX_DOTALL, 0, NULL),
                          name = g_regex_new("(\\w+)(\\[\\w+\\])?\\s*[,;]", 0, 0, NULL);
        g_autoptr(GPtrArray) names = g_ptr_array_new();
        g_autoptr(GMatchInfo) found = NULL, match = NULL;

        g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
        if (!g_regex_match(body, text, 0, &found))
                return NULL;
        g_autofree char *inside = g_match_info_fetch(found, 1),
                        *bare = g_regex_replace(comment, inside, -1, 0, "", 0, NULL);
        for (g_regex_match(name, bare, 0, &match); g_match_info_matches(match);
                        g_match_info_next(match, NULL))
                g_ptr_array_add(names, g_match_info_fetch(match, 1));
        g_ptr_array_add(names, NULL);
        return (char **)g_ptr_array_free(g_steal_pointer(&names), FALSE);
}

static void assert_has_rows(const ModelTable *t, const char *prefix, char **members) {
        g_assert_nonnull(members);
        for (char **name = members; name && *name; name++) {
                g_autofree char *full = g_strconcat(prefix, *name, NULL),
                                *inner = g_strconcat(full, ".", NULL);
                bool known = false, parts = false;

                for (size_t i = 0; i < t->n; i++) {
                        known |= streq(t->rows[i].name, full);
                        parts |= g_str_has_prefix(t->rows[i].name, inner);
                }
                if (parts) {
                        /* A struct of the core with a row for each of its members. */
                        g_auto(GStrv) nested = members_of("service/core/announce.h", "AnnounceConfig");

                        g_assert_cmpstr(*name, ==, "announce");
                        assert_has_rows(t, inner, nested);
                } else if (!known)
                        g_error("%s.%s has no row in service/config/model.c: it would be missing in "
                                "'vrrpctl show --config'",
                                        t->name, full);
        }
}

/* Every table, by the rows that lead to it. */
static void collect_tables(const ModelTable *t, GPtrArray *tables) {
        if (g_ptr_array_find(tables, t, NULL))
                return;
        g_ptr_array_add(tables, (void *)(uintptr_t)t);
        for (size_t i = 0; i < t->n; i++)
                if (t->rows[i].table)
                        collect_tables(t->rows[i].table, tables);
}

static void test_rows(void) {
        /* Each member of each struct of the model has a row, and each struct is reached from Config. */
        g_autoptr(GPtrArray) tables = g_ptr_array_new();

        collect_tables(&model_config, tables);
        g_assert_cmpuint(tables->len, >=, 7);
        for (guint i = 0; i < tables->len; i++) {
                const ModelTable *t = tables->pdata[i];
                g_auto(GStrv) members = members_of("service/config/config.h", t->name);

                if (!members)
                        g_error("struct %s is not in config.h", t->name);
                assert_has_rows(t, "", members);
        }
}

/* What these say hangs together with other members; test_rich() has them in all their forms. */
static bool is_bound(const ModelTable *t, const ModelMember *m) {
        static const struct {
                const ModelTable *table;
                const char *name;
        } bound[] = {
                        {&model_instance, "family"}, {&model_instance, "auth"}, {&model_instance, "unicast"},
                        {&model_instance, "multicast"}, /* not in unicast */
                        {&model_instance, "n_hmac_keys"},
                        {&model_instance, "auth_refused"}, /* not beside auth_hmac */
                        {&model_instance, "use_vmac"}, {&model_instance, "vmac_name"},
                        {&model_instance, "vmac_mac"}, {&model_instance, "vmac_xmit_base"},
                        {&model_instance, "accept"}, /* an owner always does */
                        {&model_vip, "use_vmac"}, {&model_global, "vmac_prefix"},
                        {&model_global, "vmac_addr_prefix"}, {&model_track, "type"},
                        {&model_script, "name"}, /* instances track it by this name */
                        {&model_tracked_file, "name"}, {&model_tracked_file, "path"},
                        {&model_tracked_file, "init"}, {&model_process, "name"},
                        {&model_config, "n_track_groups"}, /* static items name them */
                        {&model_member, "name"},           /* names an instance */
        };

        for (size_t i = 0; i < ELEMENTSOF(bound); i++)
                if (bound[i].table == t && streq(bound[i].name, m->name))
                        return true;
        return false;
}

/* Gives the member another valid value. False: it has none of its own. */
static bool flip(const ModelTable *t, const ModelMember *m, void *object) {
        void *p = (char *)object + m->offset;
        uint8_t *byte = p;
        VrrpAddress *address = p;

        if (is_bound(t, m))
                return false;
        switch (m->kind) {
        case MODEL_FLAG:
        case MODEL_SWITCH:
                *(bool *)p = !*(bool *)p;
                return true;
        case MODEL_UINT8:
                *byte = (uint8_t)(*byte == 255 ? 254 : *byte + 1);
                return true;
        case MODEL_UNSIGNED:
                (*(unsigned *)p)++;
                return true;
        case MODEL_INT:
                (*(int *)p)++;
                return true;
        case MODEL_SECONDS:
                *(usec_t *)p += 250 * USEC_PER_MSEC *
                                (m->keyword && streq(m->keyword, "advert_int") ? 4 : 1);
                return true;
        case MODEL_WORD:
                *(const char **)p = "q'#!${_PWD}\\";
                return true;
        case MODEL_COMMAND:
                *(const char **)p = "a \"b\" \\c\n$_PWD ${_PWD} \xff \xc3\xa4 '#' !";
                return true;
        case MODEL_ADDRESS:
                if (address->family == AF_UNSPEC)
                        *address = (VrrpAddress){.family = AF_INET, .bytes = {192, 0, 2, 76}};
                address->bytes[3]++;
                return true;
        case MODEL_COUNT:
                (*(size_t *)p)--;
                return true;
        case MODEL_WORDS:
        case MODEL_VALUE:
        case MODEL_SECRET:
        case MODEL_BLOCKS:
        case MODEL_LINES:
        case MODEL_NOTE:
                break;
        }
        return false;
}

/* A reload must see the change, too. The name of an instance and the order of instances are its identity; a
 * key is the same wherever it was read from. */
static void assert_noticed(const Config *before, const Config *after, const char *what) {
        g_autofree char *path = model_difference(before, after);

        if (!path || streq(path, "instances[0].name") || streq(what, "ConfigKey.file"))
                return;
        if (g_str_has_prefix(path, "instances[0].") &&
                        config_diff_instance(&before->instances[0], &after->instances[0]) ==
                                        CONFIG_UNCHANGED)
                g_error("service/config/diff.c does not notice a change of %s", what);
        if (g_str_has_prefix(path, "scripts[0].") &&
                        config_script_equal(&before->scripts[0], &after->scripts[0]))
                g_error("config_script_equal() does not notice a change of %s", what);
}

static void flip_all(
                const Config *before, const Config *c, const ModelTable *t, void *object, GPtrArray *done) {
        if (g_ptr_array_find(done, t, NULL))
                return;
        g_ptr_array_add(done, (void *)(uintptr_t)t);
        for (size_t i = 0; i < t->n; i++) {
                const ModelMember *m = &t->rows[i];
                char *p = (char *)object + m->offset;
                g_autofree char *what = g_strdup_printf("%s.%s", t->name, m->name),
                                *saved = g_memdup2(p, m->size);

                if (m->kind == MODEL_BLOCKS || m->kind == MODEL_LINES) {
                        if (*(size_t *)(void *)((char *)object + m->count_offset) == 0)
                                g_error("the text of this test has no %s", what);
                        flip_all(before, c, m->table, *(void **)(void *)p, done);
                } else if (m->table)
                        flip_all(before, c, m->table, p, done);
                else if (flip(t, m, object)) {
                        _cleanup_free_ char *text = assert_survives(c, what);

                        assert_noticed(before, c, what);
                        memcpy(p, saved, m->size);
                }
        }
}

static void test_flip(void) {
        /* Whatever member is changed, the change survives, and a reload notices it: none is forgotten by the
         * writer or the comparison. */
        g_autoptr(GPtrArray) done = g_ptr_array_new();
        _cleanup_(config_freep) Config *c = load(rich, "rich"), *before = load(rich, "rich");

        flip_all(before, c, &model_config, c, done);
        g_assert_cmpuint(done->len, >=, 7);
}

/* A name of any bytes that the syntax lets through. */
static void random_word(GString *s, GRand *r) {
        static const char *const pieces[] = {"a", "B", "0", " ", "\t", "#", "!", "$", "{", "}", "\\", "\\\\",
                        "'", "@", "~SEQ(", "=", "include ", "_PWD", "${", "\xc3\xa4", "\xf0\x9f\x98\x80",
                        "/", ":", ",", ";", "-", "VI_"};

        for (int n = g_rand_int_range(r, 0, 7); n > 0; n--)
                g_string_append(s, pieces[g_rand_int_range(r, 0, ELEMENTSOF(pieces))]);
}

static char *random_name(GRand *r, unsigned number) {
        GString *s = g_string_new(NULL);

        random_word(s, r);
        g_string_append_printf(s, "%u", number);
        random_word(s, r);
        return g_string_free(s, FALSE);
}

static unsigned pick(GRand *r, int n) {
        return (unsigned)g_rand_int_range(r, 0, n);
}

static void random_vips(ConfigVip **ret, size_t *ret_n, GRand *r, int family, unsigned base) {
        *ret_n = pick(r, 4);
        *ret = calloc(*ret_n + 1, sizeof(ConfigVip));
        for (size_t i = 0; i < *ret_n; i++) {
                ConfigVip *v = &(*ret)[i];

                v->address = family == AF_INET ? (VrrpAddress){.family = AF_INET,
                                                                 .bytes = {10, 0, (uint8_t)base,
                                                                                 (uint8_t)(i + 1)}}
                                               : (VrrpAddress){.family = AF_INET6,
                                                                 .bytes = {0x20, 1, [14] = (uint8_t)base,
                                                                                 [15] = (uint8_t)(i + 1)}};
                v->prefixlen = (uint8_t)pick(r, family == AF_INET ? 33 : 129);
                v->dev = pick(r, 2) ? g_strdup_printf("d#%u", pick(r, 9)) : NULL;
                v->label = family == AF_INET && pick(r, 2) ? g_strdup_printf("l $x{%u", pick(r, 9)) : NULL;
                v->broadcast_auto = family == AF_INET && pick(r, 2);
                v->scope = (uint8_t)pick(r, 256);
                v->home = pick(r, 2);
                v->mngtmpaddr = pick(r, 2);
                v->noprefixroute = pick(r, 2);
                v->autojoin = pick(r, 2);
                v->no_track = pick(r, 2);
                v->nodad = family == AF_INET6 || pick(r, 2);
                v->deprecated = pick(r, 2);
        }
}

static void random_instance(ConfigInstance *i, GRand *r, unsigned number) {
        i->name = random_name(r, number);
        i->interface = g_strdup_printf("if'%u\\", pick(r, 99));
        i->vrid = (uint8_t)(number + 1);
        i->family = pick(r, 2) ? AF_INET : AF_INET6;
        i->version = i->family == AF_INET6 ? 3 : (uint8_t)(2 + pick(r, 2));
        i->priority = (uint8_t)(1 + pick(r, 254));
        i->interval_usec = i->version == 3 ? (1 + pick(r, 4095)) * USEC_PER_CS
                                           : (1 + pick(r, 255)) * USEC_PER_SEC;
        i->preempt = pick(r, 2);
        i->state_master = i->preempt && pick(r, 2);
        i->preempt_delay_usec = i->preempt && !i->state_master ? pick(r, 1000) * USEC_PER_MSEC : 0;
        i->down_timer_adverts = 1 + pick(r, 100);
        i->lower_prio_no_advert = pick(r, 2);
        i->higher_prio_send_advert = pick(r, 2);
        i->checksum_plain = pick(r, 2);
        i->announce = (AnnounceConfig){pick(r, 1000) * USEC_PER_SEC, 1 + pick(r, 9),
                        pick(r, 9) * USEC_PER_MSEC, 1 + pick(r, 9), pick(r, 9) * USEC_PER_SEC,
                        1 + pick(r, 9)};
        i->auth = i->version == 2 && pick(r, 2) ? ADVERT_AUTH_PASS : ADVERT_AUTH_NONE;
        i->multicast = i->family == AF_INET6
                                       ? (VrrpAddress){.family = AF_INET6,
                                                         .bytes = {0xff, 2, [15] = (uint8_t)pick(r, 256)}}
                                       : (VrrpAddress){.family = AF_INET,
                                                         .bytes = {224, 0, 0, (uint8_t)pick(r, 256)}};
        i->owner_ignore_adverts = pick(r, 2);
        i->ttl = 255;
        random_vips(&i->vips, &i->n_vips, r, i->family, 1);
        random_vips(&i->excluded, &i->n_excluded, r, i->family, 2);
}

static void test_random(void) {
        /* Models of any content, with names of any bytes. A seed that fails is printed and replays. */
        for (guint32 seed = 1; seed <= 400; seed++) {
                g_autoptr(GRand) r = g_rand_new_with_seed(seed);
                g_autofree char *what = g_strdup_printf("seed %u", seed);
                Config *c = load("", "nothing");

                g_free(c->global.router_id);
                c->global.router_id = random_name(r, 7);
                c->n_instances = pick(r, 4);
                c->instances = realloc(c->instances, (c->n_instances + 1) * sizeof(*c->instances));
                for (unsigned i = 0; i < c->n_instances; i++) {
                        c->instances[i] = (ConfigInstance){};
                        random_instance(&c->instances[i], r, i);
                }
                free(assert_survives(c, what));
                config_free(c);
        }
}

static void test_expanded(void) {
        /* Variables, repetitions, conditions: the text holds what came of them. */
        _cleanup_(config_freep) Config *c =
                        load("$IF=eth0\n$BLOCK=\\\nvrrp_instance VI_${N} { \\\n interface $IF \\\n"
                             "virtual_router_id $N \\\n@me priority ${_RANDOM 5 5} \\\n virtual_ipaddress { "
                             "\\\n 10.0.0.${N} \\\n } \\\n }\n"
                             "~SEQ(N, 1, 3) $BLOCK\n",
                                        "t");
        _cleanup_free_ char *text = assert_survives(c, "repeated");

        g_assert_cmpuint(c->n_instances, ==, 3);
        g_assert_cmpuint(c->instances[2].priority, ==, 5);
        g_assert_nonnull(strstr(text, "vrrp_instance VI_2 {\n    interface eth0\n"));
        g_assert_null(strstr(text, "$"));
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/config/write/rich", test_rich);
        g_test_add_func("/config/write/masked", test_masked);
        g_test_add_func("/config/write/text", test_text);
        g_test_add_func("/config/write/rows", test_rows);
        g_test_add_func("/config/write/flip", test_flip);
        g_test_add_func("/config/write/random", test_random);
        g_test_add_func("/config/write/expanded", test_expanded);
        return g_test_run();
}
