/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A hold that was kept is there after the store is opened again, with every word of it; one that ended,
 * expired, belongs to another boot or stands in a damaged file is not, and costs nothing else. */

#include "service/clock.h"
#include "service/hold-store.h"
#include "service/util/log.h"
#include <glib.h>
#include <glib/gstdio.h>

typedef struct Fixture {
        char *directory;
        HoldStore *store;
        unsigned n_logged;
} Fixture;

static void on_log(const LogRecord *record, void *userdata) {
        Fixture *f = userdata;

        f->n_logged++;
}

static void reopen(Fixture *f) {
        hold_store_free(f->store);
        g_assert_cmpint(hold_store_new(f->directory, &f->store), ==, 0);
}

static void set_up(Fixture *f, gconstpointer data) {
        f->directory = g_dir_make_tmp("vrrpd-holds-XXXXXX", NULL);
        log_set_sink(on_log, f);
        reopen(f);
}

static char *store_file(Fixture *f) {
        GDir *d = g_dir_open(f->directory, 0, NULL);
        char *path = g_build_filename(f->directory, g_dir_read_name(d), NULL);

        g_dir_close(d);
        return path;
}

static void tear_down(Fixture *f, gconstpointer data) {
        GDir *d = g_dir_open(f->directory, 0, NULL);
        const char *name;

        while (d && (name = g_dir_read_name(d))) {
                char *path = g_build_filename(f->directory, name, NULL);

                g_unlink(path);
                g_free(path);
        }
        if (d)
                g_dir_close(d);
        g_rmdir(f->directory);
        g_free(f->directory);
        hold_store_free(f->store);
        log_set_sink(NULL, NULL);
}

static void keep(Fixture *f, const char *name, VrrpAdminState admin, usec_t expire, const char *reason) {
        Hold h = {.name = (char *)name, .admin = admin, .expire_realtime = expire, .uid = 1000};

        g_strlcpy(h.reason, reason, sizeof(h.reason));
        g_assert_cmpint(hold_store_keep(f->store, &h), ==, 0);
}

/* Every field survives, also with the characters that separate fields. */
static void test_round_trip(Fixture *f, gconstpointer data) {
        usec_t expire = now_realtime() + 60 * USEC_PER_SEC;
        Hold promoted = {.name = (char *)"third", .admin = VRRP_ADMIN_PROMOTED, .priority = 200};
        const Hold *h;

        keep(f, "a\tb%41", VRRP_ADMIN_YIELDING, expire, "kernel\nupdate 100%");
        keep(f, "other", VRRP_ADMIN_PAUSED, 0, "");
        g_assert_cmpint(hold_store_keep(f->store, &promoted), ==, 0);
        promoted.priority = 180;
        g_assert_cmpint(hold_store_keep(f->store, &promoted), ==, 0);
        reopen(f);
        h = hold_store_find(f->store, "a\tb%41");
        g_assert_nonnull(h);
        g_assert_cmpint(h->admin, ==, VRRP_ADMIN_YIELDING);
        g_assert_cmpuint(h->expire_realtime, ==, expire);
        g_assert_cmpuint(h->uid, ==, 1000);
        g_assert_cmpstr(h->reason, ==, "kernel\nupdate 100%");
        g_assert_nonnull(hold_store_find(f->store, "other"));
        h = hold_store_find(f->store, "third");
        g_assert_nonnull(h);
        g_assert_cmpuint(h->priority, ==, 180);
        g_assert_null(hold_store_find(f->store, "fourth"));
        g_assert_cmpuint(f->n_logged, ==, 0);
}

/* A hold that ended or whose time is over is not found. */
static void test_ended(Fixture *f, gconstpointer data) {
        keep(f, "ended", VRRP_ADMIN_YIELDING, 0, "");
        keep(f, "ended", VRRP_ADMIN_ENABLED, 0, "");
        keep(f, "expired", VRRP_ADMIN_PAUSED, now_realtime() - 1, "");
        keep(f, "handing", VRRP_ADMIN_HANDING_OVER, 0, "");
        reopen(f);
        g_assert_null(hold_store_find(f->store, "ended"));
        g_assert_null(hold_store_find(f->store, "expired"));
        g_assert_null(hold_store_find(f->store, "handing"));
}

/* A damaged line is said and costs its own hold only. */
static void test_damaged(Fixture *f, gconstpointer data) {
        char *path, *text, *more;

        keep(f, "good", VRRP_ADMIN_PAUSED, 0, "");
        path = store_file(f);
        g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
        more = g_strconcat(text, "paused\t0\n", "shrugging\t0\t0\tx\t\n", NULL);
        g_assert_true(g_file_set_contents(path, more, -1, NULL));
        reopen(f);
        g_assert_nonnull(hold_store_find(f->store, "good"));
        g_assert_null(hold_store_find(f->store, "x"));
        g_assert_cmpuint(f->n_logged, ==, 2);
        g_free(more);
        g_free(text);
        g_free(path);
}

/* What another boot, or another program, has left is not believed. */
static void test_foreign(Fixture *f, gconstpointer data) {
        static const char *const texts[] = {
                        "vrrpd-holds-1\tffffffffffffffffffffffffffffffff\npaused\t0\t0\tx\t\n",
                        "something else\npaused\t0\t0\tx\t\n",
                        "",
        };
        char *path;

        keep(f, "x", VRRP_ADMIN_PAUSED, 0, "");
        path = store_file(f);
        for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
                g_assert_true(g_file_set_contents(path, texts[i], -1, NULL));
                reopen(f);
                g_assert_null(hold_store_find(f->store, "x"));
        }
        g_free(path);
}

/* A directory that cannot be written is reported; the hold is known all the same until the end of the run.
 */
static void test_unwritable(Fixture *f, gconstpointer data) {
        Hold h = {.name = (char *)"x", .admin = VRRP_ADMIN_PAUSED};
        HoldStore *s;

        g_assert_cmpint(hold_store_new("/nonexistent/directory", &s), ==, 0);
        g_assert_cmpint(hold_store_keep(s, &h), ==, -ENOENT);
        g_assert_nonnull(hold_store_find(s, "x"));
        hold_store_free(s);
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);
        g_test_add("/hold-store/round-trip", Fixture, NULL, set_up, test_round_trip, tear_down);
        g_test_add("/hold-store/ended", Fixture, NULL, set_up, test_ended, tear_down);
        g_test_add("/hold-store/damaged", Fixture, NULL, set_up, test_damaged, tear_down);
        g_test_add("/hold-store/foreign", Fixture, NULL, set_up, test_foreign, tear_down);
        g_test_add("/hold-store/unwritable", Fixture, NULL, set_up, test_unwritable, tear_down);
        return g_test_run();
}
