/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* auth_hmac in the file, its keys in files of their own, and that no message shows a secret. */

#include "service/config/diff.h"
#include "service/config/load.h"
#include "tests/unit/config/expect.h"
#include <glib/gstdio.h>
#include <sys/stat.h>

#define HEX32 "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define ASCII32 "0123456789abcdef0123456789abcdef"

static void test_values(void) {
        /* Property: every keyword arrives, the defaults are keepalived's. */
        Config *c = expect_instance_load("auth_hmac {\nkey 1 hex:" HEX32 "\nkey 7 " ASCII32 "\n}", "");
        const ConfigInstance *i = &c->instances[0];

        g_assert_cmpuint(i->n_hmac_keys, ==, 2);
        g_assert_cmpuint(i->hmac_keys[0].id, ==, 1);
        g_assert_cmpuint(i->hmac_keys[0].size, ==, 32);
        g_assert_cmpuint(i->hmac_keys[0].data[31], ==, 0x1f);
        g_assert_cmpmem(i->hmac_keys[1].data, i->hmac_keys[1].size, ASCII32, 32);
        g_assert_cmpuint(i->hmac_active_key, ==, 1);
        g_assert_cmpint(i->hmac_mode, ==, HMAC_ENFORCE);
        g_assert_false(i->hmac_monotonic);
        g_assert_cmpuint(i->hmac_window_usec, ==, 5 * USEC_PER_SEC);
        config_free(c);

        c = expect_instance_load("advert_int 3\nauth_hmac {\nkey 2 hex:" HEX32 HEX32 "\nkey 255 file:/x\n"
                                 "active_key 255\nanti_replay monotonic\nmode receive-only\n}",
                        "");
        i = &c->instances[0];
        g_assert_cmpuint(i->hmac_keys[0].size, ==, 64);
        g_assert_cmpstr(i->hmac_keys[1].file, ==, "/x");
        g_assert_cmpuint(i->hmac_keys[1].size, ==, 0);
        g_assert_cmpuint(i->hmac_active_key, ==, 255);
        g_assert_cmpint(i->hmac_mode, ==, HMAC_RECEIVE_ONLY);
        g_assert_true(i->hmac_monotonic);
        g_assert_cmpuint(i->hmac_window_usec, ==, 9 * USEC_PER_SEC);
        config_free(c);
}

static void test_wrong_values(void) {
        /* Property: each wrong value has its message, and none repeats a byte of a key. */
        expect_instance("auth_hmac {\nkey 0 " ASCII32 "\nkey 256 " ASCII32 "\nkey x " ASCII32
                        "\nkey 1\nkey\n}",
                        "9:5: error: the id of a key must be a whole number from 1 to 255\n"
                        "10:5: error: the id of a key must be a whole number from 1 to 255\n"
                        "11:5: error: the id of a key must be a whole number from 1 to 255\n"
                        "12:1: error: 'key' needs a value\n"
                        "13:1: error: 'key' needs a value\n");
        expect_instance("auth_hmac {\nkey 1 0123456789abcdef0123456789abcde\n}",
                        "9:7: error: key 1: it has 31 bytes; a key must have 32 to 64\n");
        expect_instance("auth_hmac {\nkey 1 hex:" HEX32 HEX32 "00\n}",
                        "9:7: error: key 1: it has 65 bytes; a key must have 32 to 64\n");
        expect_instance("auth_hmac {\nkey 1 hex:" HEX32 "0\n}",
                        "9:7: error: key 1: 65 hexadecimal digits; two make a byte\n");
        expect_instance("auth_hmac {\nkey 1 hex:00x1\n}",
                        "9:7: error: key 1: character 3 behind 'hex:' is no hexadecimal digit\n");
        expect_instance("auth_hmac {\nkey 1 file:\n}",
                        "9:7: error: 'file:' needs the path of a file behind it\n");
        expect_instance("auth_hmac {\nkey 1 " ASCII32 "\nkey 1 " ASCII32 "\n}",
                        "10:5: error: there is a key with id 1 already\n");
        expect_instance("auth_hmac {\nkey 1 " ASCII32 "\nactive_key 2\n}",
                        "8:1: error: auth_hmac has no key with the id 2 of active_key\n");
        expect_instance("auth_hmac {\n}",
                        "8:1: error: auth_hmac has no key: add a line 'key 1 file:PATH'\n");
        expect_instance("auth_hmac {\nkey 1 " ASCII32 "\nactive_key 300\nanti_replay clock\nmode off\n"
                        "time_window 301\ntime_window 0\n}",
                        "10:12: error: active_key must be a whole number from 1 to 255\n"
                        "11:13: error: anti_replay must be time or monotonic, not 'clock'\n"
                        "12:6: error: mode must be enforce, permissive or receive-only, not 'off'\n"
                        "13:13: error: time_window must be seconds from 1 to 300, not '301'\n"
                        "14:1: warning: 'time_window' was already given on line 13; this one counts\n"
                        "14:13: error: time_window must be seconds from 1 to 300, not '0'\n");
        expect_instance("auth_hmac {\nkey 1 " ASCII32
                        "\n}\nauthentication {\nauth_type PASS\nauth_pass x\n}",
                        "8:1: error: auth_hmac and authentication exclude each other: remove one of them, "
                        "on all "
                        "routers of this VRID\n");
        expect_instance("auth_hmac {\nkey 1 " ASCII32 "\nactive_key 1 " ASCII32 "\n}",
                        "10:14: warning: what follows the number of 'active_key' is ignored, as keepalived "
                        "does\n");
        expect_instance("auth_hmac {\nkey 1 " ASCII32 " more\n}",
                        "9:40: warning: what follows here is ignored, as keepalived does; a 'key' with "
                        "blanks in "
                        "it must be quoted\n");
}

/* A folder with a configuration and key files, gone at the end. */
typedef struct Folder {
        char *path;
} Folder;

static void folder_init(Folder *f) {
        f->path = g_dir_make_tmp("vrrpd-keys-XXXXXX", NULL);
        g_assert_nonnull(f->path);
        g_assert_cmpint(chmod(f->path, 0755), ==, 0);
}

static char *folder_write(const Folder *f, const char *name, const char *text, mode_t mode) {
        char *path = g_build_filename(f->path, name, NULL);

        g_assert_true(g_file_set_contents(path, text, -1, NULL));
        g_assert_cmpint(chmod(path, mode), ==, 0);
        return path;
}

static void folder_done(Folder *f) {
        GDir *d = g_dir_open(f->path, 0, NULL);

        for (const char *name; (name = g_dir_read_name(d));) {
                g_autofree char *path = g_build_filename(f->path, name, NULL);

                if (g_unlink(path) < 0)
                        g_rmdir(path);
        }
        g_dir_close(d);
        g_rmdir(f->path);
        g_free(f->path);
}

/* Loads a configuration with this key line and its keys. Returns "" or the first message. */
static char *load_keys(const Folder *f, const char *key, const char *user, Config **ret) {
        g_autofree char *text = g_strdup_printf("%sauth_hmac {\nkey 1 %s\n}\n}\n", INSTANCE_BEGIN, key);
        g_autofree char *path = folder_write(f, "vrrpd.conf", text, 0644);
        ConfigMessages m = {};
        Config *c = NULL;
        char *first;
        int r;

        g_assert_cmpint(config_load(path, "me", &m, &c), ==, 0);
        r = config_load_keys(c, user, &m);
        g_assert_cmpint(r, ==, m.n_errors > 0 ? -EBADMSG : 0);
        first = g_strdup(m.n > 0 ? m.items[0].text : "");
        config_messages_clear(&m);
        if (ret)
                *ret = c;
        else
                config_free(c);
        return first;
}

static void assert_key(const Folder *f, const char *key, const char *expected) {
        Config *c = NULL;
        g_autofree char *message = load_keys(f, key, NULL, &c);

        g_assert_cmpstr(message, ==, "");
        g_assert_cmpmem(c->instances[0].hmac_keys[0].data, c->instances[0].hmac_keys[0].size, expected, 32);
        config_free(c);
}

static void assert_refused(const Folder *f, const char *key, const char *user, const char *part) {
        g_autofree char *message = load_keys(f, key, user, NULL);

        if (!strstr(message, part))
                g_error("'%s' instead of '%s'", message, part);
}

static void test_files(void) {
        /* Property: a key is read from an absolute path, from beside the configuration and from the unit's
         * credentials, in both forms; each way in which that fails has its message. */
        Folder f, credentials;

        folder_init(&f);
        folder_init(&credentials);
        g_free(folder_write(&f, "a.key", ASCII32 "\n", 0600));
        g_free(folder_write(&f, "h.key",
                        "  hex:3031323334353637383961626364656630313233343536373839616263646566\r\n", 0600));
        g_free(folder_write(&f, "short", "abc\n", 0600));
        g_free(folder_write(&f, "open", ASCII32, 0644));
        g_free(folder_write(&credentials, "b.key", ASCII32, 0400));
        g_autofree char *absolute = g_strdup_printf("file:%s/a.key", f.path),
                        *long_text = g_strnfill(4000, 'x');
        g_free(folder_write(&f, "long", long_text, 0600));

        g_unsetenv("CREDENTIALS_DIRECTORY");
        assert_key(&f, absolute, ASCII32);
        assert_key(&f, "file:a.key", ASCII32);
        assert_key(&f, "file:./h.key", ASCII32);
        g_setenv("CREDENTIALS_DIRECTORY", credentials.path, TRUE);
        assert_key(&f, "file:b.key", ASCII32);
        assert_key(&f, "file:./a.key", ASCII32);
        assert_refused(&f, "file:a.key", NULL, "No such file or directory");
        g_unsetenv("CREDENTIALS_DIRECTORY");

        assert_refused(&f, "file:nosuch", NULL, "/nosuch': No such file or directory");
        assert_refused(&f, "file:./short", NULL, "/short': it has 3 bytes; a key must have 32 to 64");
        assert_refused(&f, "file:./long", NULL, "it is too large for a key");
        assert_refused(&f, "file:/", NULL, "it is a directory");
        assert_refused(&f, "file:/dev/zero", NULL, "it is not a regular file");
        assert_refused(&f, "file:./open", NULL, "everybody can read the key file");
        assert_refused(&f, "file:./a.key", "nobody", "user nobody cannot read the key file");
        folder_done(&credentials);
        folder_done(&f);
}

static void test_diff(void) {
        /* Property: another key in the same file, another active key or mode is a change in place; a key
         * that has moved to another file is none. */
        Config *a, *b;
        Folder f;

        folder_init(&f);
        g_free(folder_write(&f, "k", ASCII32, 0600));
        g_free(folder_write(&f, "l", ASCII32, 0600));
        g_free(load_keys(&f, "file:./k", NULL, &a));
        g_free(load_keys(&f, "file:./l", NULL, &b));
        g_assert_cmpint(config_diff_instance(&a->instances[0], &b->instances[0]), ==, CONFIG_UNCHANGED);
        config_free(b);
        g_free(folder_write(&f, "l", "x123456789abcdef0123456789abcdef", 0600));
        g_free(load_keys(&f, "file:./l", NULL, &b));
        g_assert_cmpint(config_diff_instance(&a->instances[0], &b->instances[0]), ==, CONFIG_CHANGED);
        config_free(b);
        g_free(load_keys(&f, ASCII32 "\nmode permissive", NULL, &b));
        g_assert_cmpint(config_diff_instance(&a->instances[0], &b->instances[0]), ==, CONFIG_CHANGED);
        config_free(b);
        config_free(a);
        folder_done(&f);
}

static void test_masked(void) {
        /* Property: whatever is wrong on a line with a secret, the secret is not in what is printed. */
        static const char *const lines[] = {
                        "authentication {\nauth_type PASS\nauth_pass SeCrEtSeCrEt\n}",
                        "authentication {\nauth_type PASS\nauth_pass \"SeCr EtSeCrEt\"\n}",
                        "authentication {\nauth_type PASS\nauth_pass x SeCrEt\n}",
                        "authentication {\nauth_type PASS\nauth_pas SeCrEt\n}",
                        "authentication {\nauth_type PASS\nAUTH_PASS SeCrEt\n}",
                        "auth_pass SeCrEt",
                        "authentication { auth_type PASS auth_pass SeCrEt }",
                        "authentication { auth_typ PASS auth_pass \"SeCrEt 2\" }",
                        "auth_hmac {\nkey 1 SeCrEt\n}",
                        "auth_hmac {\nkey SeCrEtSeCrEtSeCrEtSeCrEtSeCrEtSeCrEt\n}",
                        "auth_hmac {\nkey 999 SeCrEtSeCrEtSeCrEtSeCrEtSeCrEtSeCrEt\n}",
                        "auth_hmac {\nkey 1 hex:SeCrEt\n}",
                        "auth_hmac {\nky 1 hex:SeCrEt\n}",
                        "auth_hmac {\nkye 1 SeCrEtSeCrEtSeCrEtSeCrEtSeCrEtSeCrEt\n}",
                        "auth_hmac {\nactiv_key SeCrEtSeCrEtSeCrEtSeCrEtSeCrEtSeCrEt\n}",
                        "auth_hmac {\nactive_key SeCrEtSeCrEtSeCrEtSeCrEtSeCrEtSeCrEt\n}",
                        "auth_hmac {\nactive_key 1 SeCrEtSeCrEtSeCrEtSeCrEtSeCrEtSeCrEt\n}",
                        "auth_hmac {\nACTIVE_KEY SeCrEtSeCrEtSeCrEtSeCrEtSeCrEtSeCrEt\n}",
                        "auth_hmac { key 1 SeCrEtSeCrEtSeCrEtSeCrEtSeCrEtSeCrEt nonsense }",
                        "auth_hmac {\nkey 1 \"SeCrEt SeCrEt SeCrEt SeCrEt\" and SeCrEt\n}",
        };

        for (size_t i = 0; i < G_N_ELEMENTS(lines); i++) {
                g_autofree char *text = g_strconcat(INSTANCE_BEGIN, lines[i], "\n}\n", NULL), *json = NULL,
                                *formatted = NULL;
                ConfigMessages m = {};
                Config *c = NULL;

                (void)config_load_buffer("t", text, strlen(text), "me", &m, &c);
                g_assert_cmpuint(m.n, >, 0);
                formatted = config_messages_format(&m);
                json = config_messages_to_json(&m);
                if (strstr(formatted, "eCrE") || strstr(json, "eCrE"))
                        g_error("a secret is shown:\n%s%s", formatted, json);
                config_messages_clear(&m);
                config_free(c);
        }
}

static void test_not_masked(void) {
        /* Property: the name of a key file is no secret. */
        g_autofree char *text = g_strconcat(INSTANCE_BEGIN, "auth_hmac {\nkey 300 file:/etc/x.key\n}\n}\n",
                                        NULL),
                        *formatted = NULL;
        ConfigMessages m = {};
        Config *c = NULL;

        (void)config_load_buffer("t", text, strlen(text), "me", &m, &c);
        formatted = config_messages_format(&m);
        g_assert_nonnull(strstr(formatted, "key 300 file:/etc/x.key"));
        config_messages_clear(&m);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/config/hmac/values", test_values);
        g_test_add_func("/config/hmac/wrong-values", test_wrong_values);
        g_test_add_func("/config/hmac/files", test_files);
        g_test_add_func("/config/hmac/diff", test_diff);
        g_test_add_func("/config/hmac/masked", test_masked);
        g_test_add_func("/config/hmac/not-masked", test_not_masked);
        return g_test_run();
}
