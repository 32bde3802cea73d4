/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Out of memory, at every single allocation: the loader gives -ENOMEM, loses nothing and leaves nothing
 * half-made. The linker puts the functions below in the place of the C library's (see meson.build). */

#include "service/config/validate.h"
#include "tests/unit/config/expect.h"
#include <stdarg.h>
#include <stdio.h>

/* How many allocations are still granted; SIZE_MAX: all. */
static size_t left = SIZE_MAX;
static bool refused;
static size_t n_calls, n_bytes; /* asked for so far */

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void *__real_reallocarray(void *p, size_t n, size_t size);
char *__real_strdup(const char *s);
char *__real_strndup(const char *s, size_t n);
int __real_vasprintf(char **ret, const char *format, va_list ap);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);
void *__wrap_reallocarray(void *p, size_t n, size_t size);
char *__wrap_strdup(const char *s);
char *__wrap_strndup(const char *s, size_t n);
int __wrap_vasprintf(char **ret, const char *format, va_list ap);
int __wrap_asprintf(char **ret, const char *format, ...);

static bool grant(void) {
        n_calls++;
        if (left == SIZE_MAX)
                return true;
        if (left == 0) {
                refused = true;
                return false;
        }
        left--;
        return true;
}

void *__wrap_malloc(size_t size) {
        n_bytes += size;
        return grant() ? __real_malloc(size) : NULL;
}

void *__wrap_calloc(size_t n, size_t size) {
        n_bytes += n * size;
        return grant() ? __real_calloc(n, size) : NULL;
}

void *__wrap_realloc(void *p, size_t size) {
        return grant() ? __real_realloc(p, size) : NULL;
}

void *__wrap_reallocarray(void *p, size_t n, size_t size) {
        n_bytes += n * size;
        return grant() ? __real_reallocarray(p, n, size) : NULL;
}

char *__wrap_strdup(const char *s) {
        return grant() ? __real_strdup(s) : NULL;
}

char *__wrap_strndup(const char *s, size_t n) {
        return grant() ? __real_strndup(s, n) : NULL;
}

int __wrap_vasprintf(char **ret, const char *format, va_list ap) {
        return grant() ? __real_vasprintf(ret, format, ap) : -1;
}

int __wrap_asprintf(char **ret, const char *format, ...) {
        va_list ap;
        int r;

        if (!grant())
                return -1;
        va_start(ap, format);
        r = __real_vasprintf(ret, format, ap);
        va_end(ap);
        return r;
}

/* Everything that allocates: all kinds of values, variables, repetitions, includes, duplicates, warnings and
 * errors. */
static const char good[] =
                "$N=1\n$V=\\\nvrrp_script ${X} {\\\nscript \"x ${_PWD} ${_INSTANCE} ${_RANDOM} ${_ENV HOME} "
                "${_HASH}\"\\\n}\n"
                "~LST({X,Y}, {a,b}, {c,d}) $V\n~SEQ(X, 1, $N ) $V\n~SEQx(X, 18, 19) $V\n"
                "global_defs {\nrouter_id r\nscript_user a b\ndefault_interface eth1\n}\n"
                "vrrp_instance A {\ninterface eth0\nvirtual_router_id 1\nstate "
                "MASTER\nnopreempt\nadvert_int 1.5\n"
                "virtual_ipaddress {\n192.0.2.1/24 dev eth1 label eth1:1\n192.0.2.1/24 dev eth1\n192.0.2.2 "
                "label x\n}\n"
                "virtual_ipaddress_excluded {\n2001:db8::1\n}\n"
                "virtual_routes {\n10.0.0.0/8 via 192.0.2.9 or 192.0.2.8 table main\n10.0.0.0/8 dev "
                "eth0\n10.1.0.0/16\n}\n"
                "virtual_rules {\nfwmark 1/2 table 1\nfwmark 1/2 table 1 pref 3\nfwmark 1/2 table 1 pref "
                "3\n}\n"
                "track_script {\na\nnosuch\na\n}\ntrack_interface {\neth1 weight 5\n}\n"
                "authentication {\nauth_type PASS\nauth_pass 123456789\n}\nnotify_master \"/bin/x\"\n}\n"
                "vrrp_instance B {\nvirtual_router_id 1\nunicast_src_ip 192.0.2.8\nunicast_peer "
                "{\n192.0.2.9\n192.0.2.9\n}\n"
                "virtual_ipaddress {\n192.0.2.1/24 dev eth1\n}\n}\n"
                "track_group G {\ngroup {\nA C\nB\n}\n}\nstatic_ipaddress {\n192.0.2.7 track_group "
                "G\n192.0.2.7\n}\n"
                "static_routes {\ndefault dev eth0 track_group G\n10.0.0.0/8 dev eth0 track_group H\n}\n"
                "static_rules {\nfwmark 1 table 1 pref 1 track_group G\n}\ninclude "
                "/etc/host{name,s}.nosuch*\n";
static const char bad[] =
                "vrrp_instance A {\npriority 300\nunknown { x }\nvirtual_routes {\n10.0.0.0/33 dev "
                "e\n10.0.0.0/8 dev eth0 "
                "table nosuch\n10.0.0.0/8 nexthop dev e weight 0\n}\nvirtual_rules {\nform x\nfrom "
                "10.0.0.0/8 fwmark x\n}\nvirtual_ipaddress "
                "{\nx\ntrack_interface {\neth0\n}\n}\n"
                "vrrp_instance A {\n}\n$A=$A\n$A\n${B}\n~SEQ(x\n}\n";

/* Grants ever more allocations until none is refused. *n: how many that were. */
static void assert_all_refusals(const char *text, int expected, size_t *n) {
        for (*n = 0;; (*n)++) {
                ConfigMessages m = {};
                Config *c = NULL;
                int r;

                left = *n;
                refused = false;
                r = config_load_buffer("t", text, strlen(text), "me", &m, &c);
                left = SIZE_MAX;
                if (refused)
                        g_assert_cmpint(r, ==, -ENOMEM);
                else
                        g_assert_cmpint(r, ==, expected);
                g_assert_true((c != NULL) == (r == 0));
                config_messages_clear(&m);
                config_free(c);
                if (!refused)
                        return;
        }
}

static void test_load(void) {
        /* Loading a text with warnings, and one with errors. */
        size_t n;

        assert_all_refusals(good, 0, &n);
        g_assert_cmpuint(n, >, 100);
        assert_all_refusals(bad, -EBADMSG, &n);
        g_assert_cmpuint(n, >, 50);
}

static void test_file(void) {
        /* Loading from a file, with an include. */
        g_autofree char *directory = g_dir_make_tmp("vrrpd-memory-XXXXXX", NULL);
        g_autofree char *path = g_build_filename(directory, "main", NULL),
                        *part = g_build_filename(directory, "part", NULL);

        g_assert_true(g_file_set_contents(path, "include par?\nincludea \"{part,par?}\"\n", -1, NULL));
        g_assert_true(g_file_set_contents(part, "\xEF\xBB\xBF# nothing\n", -1, NULL));
        for (size_t n = 0;; n++) {
                ConfigMessages m = {};
                Config *c = NULL;
                int r;

                left = n;
                refused = false;
                r = config_load(path, NULL, &m, &c);
                left = SIZE_MAX;
                g_assert_cmpint(r, ==, refused ? -ENOMEM : 0);
                config_messages_clear(&m);
                config_free(c);
                if (!refused)
                        break;
        }
        unlink(path);
        unlink(part);
        rmdir(directory);
}

static void test_live(void) {
        /* Judging a model against a host. */
        ConfigMessages m = {};
        Config *c = NULL;

        g_assert_cmpint(config_load_buffer("t", good, strlen(good), "me", &m, &c), ==, 0);
        config_messages_clear(&m);
        for (size_t n = 0;; n++) {
                int r;

                left = n;
                refused = false;
                r = config_validate_live(c, NULL, 0, &m);
                left = SIZE_MAX;
                g_assert_cmpint(r, ==, refused ? -ENOMEM : 0);
                config_messages_clear(&m);
                if (!refused)
                        break;
        }
        config_free(c);
}

/* What loading `n` repeated instances asks for, by instance. */
static void cost(unsigned n, double *ret_calls, double *ret_bytes) {
        g_autofree char *text = g_strdup_printf("$I=\\\nvrrp_instance I${A}_${B} {\\\n interface eth$A \\\n "
                                                "virtual_router_id $B \\\n"
                                                " virtual_ipaddress {\\\n 10.${A}.${B}.1/24 \\\n } \\\n "
                                                "track_interface {\\\n eth0 \\\n } \\\n}\n"
                                                "~SEQ(A, 1, %u) ~SEQ(B, 1, 250) $I\n",
                        n / 250);
        ConfigMessages m = {};
        Config *c = NULL;

        n_calls = n_bytes = 0;
        g_assert_cmpint(config_load_buffer("t", text, strlen(text), "me", &m, &c), ==, 0);
        g_assert_cmpuint(c->n_instances, ==, n);
        *ret_calls = (double)n_calls / n;
        *ret_bytes = (double)n_bytes / n;
        config_messages_clear(&m);
        config_free(c);
}

static void test_cost(void) {
        /* A large repetition costs no more by instance than a small one (twice at most): nothing is
         * quadratic. */
        double small_calls, small_bytes, large_calls, large_bytes;

        cost(1000, &small_calls, &small_bytes);
        cost(16000, &large_calls, &large_bytes);
        g_test_message("calls %.1f and %.1f, bytes %.0f and %.0f", small_calls, large_calls, small_bytes,
                        large_bytes);
        g_assert_cmpfloat(large_calls, <=, 2 * small_calls);
        g_assert_cmpfloat(large_bytes, <=, 2 * small_bytes);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/config/memory/load", test_load);
        g_test_add_func("/config/memory/file", test_file);
        g_test_add_func("/config/memory/live", test_live);
        g_test_add_func("/config/memory/cost", test_cost);
        return g_test_run();
}
