/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Files that change while they are read: what is loaded is the state of all of them at one moment, or
 * nothing. read(2) is replaced by one that can do something to the files first. */

#include "tests/unit/config/expect.h"
#include <glib/gstdio.h>

ssize_t __real_read(int fd, void *buf, size_t count);
ssize_t __wrap_read(int fd, void *buf, size_t count);

typedef struct Files {
        char *directory, *first, *second;
        unsigned n_changes; /* how often the first file changes when the second is read */
        bool replace;       /* by a new file, not in place */
        unsigned generation;
} Files;

static Files files;

/* Each generation has another priority, in words of the same length. */
static void write_first(void) {
        g_autofree char *text = g_strdup_printf("priority %u\n", 101 + files.generation);
        g_autofree char *other = g_strconcat(files.first, ".new", NULL);

        if (files.replace) {
                g_assert_true(g_file_set_contents_full(
                                other, text, -1, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
                g_assert_cmpint(g_rename(other, files.first), ==, 0);
        } else
                g_assert_true(g_file_set_contents_full(
                                files.first, text, -1, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
}

ssize_t __wrap_read(int fd, void *buf, size_t count) {
        g_autofree char *link = g_strdup_printf("/proc/self/fd/%d", fd), *path = NULL;

        path = g_file_read_link(link, NULL);
        if (files.n_changes > 0 && g_strcmp0(path, files.second) == 0 && lseek(fd, 0, SEEK_CUR) == 0) {
                files.n_changes--;
                files.generation++;
                g_usleep(20000); /* the clock of the file system has ticks */
                write_first();
        }
        return __real_read(fd, buf, count);
}

static void write_files(void) {
        g_autofree char *main_path = g_build_filename(files.directory, "main", NULL);

        files.generation = 0;
        write_first();
        g_assert_true(g_file_set_contents(files.second, "nopreempt\n", -1, NULL));
        g_assert_true(g_file_set_contents(
                        main_path, INSTANCE_BEGIN "include first\ninclude second\n}\n", -1, NULL));
}

static int load_main(ConfigMessages *messages, Config **ret) {
        g_autofree char *main_path = g_build_filename(files.directory, "main", NULL);

        return config_load(main_path, "me", messages, ret);
}

static void test_read_again(gconstpointer userdata) {
        /* Property: a file that changes in place or is replaced after it was read, while another is, is read
         * again with all others: the newest state is loaded. */
        ConfigMessages messages = {};
        Config *config = NULL;

        files.replace = GPOINTER_TO_INT(userdata);
        write_files();
        files.n_changes = 2;
        g_assert_cmpint(load_main(&messages, &config), ==, 0);
        g_assert_cmpuint(config->instances[0].priority, ==, 103);
        g_assert_cmpuint(files.n_changes, ==, 0);
        config_free(config);
        config_messages_clear(&messages);
}

static void test_refused(void) {
        /* Property: what never holds still is refused, with words and nothing else. */
        ConfigMessages messages = {};
        Config *config = NULL;

        files.replace = false;
        write_files();
        files.n_changes = 1000;
        g_assert_cmpint(load_main(&messages, &config), ==, -EBADMSG);
        g_assert_null(config);
        g_assert_cmpuint(messages.n, ==, 1);
        g_assert_cmpstr(messages.items[0].text, ==, "the configuration keeps changing while it is read");
        config_messages_clear(&messages);
        files.n_changes = 0;
}

int main(int argc, char *argv[]) {
        int r;

        g_test_init(&argc, &argv, NULL);
        files.directory = g_dir_make_tmp("vrrpd-changing-XXXXXX", NULL);
        files.first = g_build_filename(files.directory, "first", NULL);
        files.second = g_build_filename(files.directory, "second", NULL);
        g_test_add_data_func("/config/changing/in-place", GINT_TO_POINTER(false), test_read_again);
        g_test_add_data_func("/config/changing/replaced", GINT_TO_POINTER(true), test_read_again);
        g_test_add_func("/config/changing/refused", test_refused);
        r = g_test_run();
        for (const char *const *name = (const char *const[]){"main", "first", "second", NULL}; *name;
                        name++) {
                g_autofree char *path = g_build_filename(files.directory, *name, NULL);

                g_unlink(path);
        }
        g_rmdir(files.directory);
        g_free(files.directory);
        g_free(files.first);
        g_free(files.second);
        return r;
}
