/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Giving up root's rights. Each case runs in a forked child, because there is no way back; what it became is
 * read from /proc by this test's own eyes, not by the code under test. */

#include "service/privilege.h"
#include "service/util/log.h"
#include <glib.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define WANTED "0000000000003000"
#define NONE "0000000000000000"
#define NOBODY 65534

static char said[4096];

static void keep(const LogRecord *record, void *userdata) {
        g_strlcat(said, record->text, sizeof(said));
        g_strlcat(said, "\n", sizeof(said));
}

/* A line of /proc/self/status, without its name. */
static char *status_line(const char *name) {
        g_autofree char *all = NULL, *prefix = g_strdup_printf("\n%s:\t", name);
        char *line;

        g_assert_true(g_file_get_contents("/proc/self/status", &all, NULL, NULL));
        line = strstr(all, prefix);
        g_assert_nonnull(line);
        line += strlen(prefix);
        return g_strndup(line, strcspn(line, "\n"));
}

static void assert_status(const char *name, const char *wanted) {
        g_autofree char *line = status_line(name);

        g_assert_cmpstr(line, ==, wanted);
}

static void in_child(void (*f)(void)) {
        int status;
        pid_t pid;

        g_assert_cmpuint(geteuid(), ==, 0);
        pid = fork();
        if (pid == 0) {
                said[0] = '\0';
                log_set_sink(keep, NULL);
                f();
                _exit(0);
        }
        g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
        g_assert_cmpint(status, ==, 0);
}

static void assert_dropped(void) {
        assert_status("CapPrm", WANTED);
        assert_status("CapEff", WANTED);
        assert_status("CapInh", NONE);
        assert_status("CapAmb", NONE);
        assert_status("CapBnd", NONE);
        assert_status("NoNewPrivs", "1");
        assert_status("Groups", " ");
        g_assert_true(prctl(PR_GET_SECUREBITS) & SECBIT_NOROOT_LOCKED);
        g_assert_cmpint(prctl(PR_GET_DUMPABLE), ==, 1);
}

static void drop_to_nobody(void) {
        const gid_t groups[] = {1, 2, 3};

        g_assert_cmpint(setgroups(ELEMENTSOF(groups), groups), ==, 0);
        g_assert_cmpint(privilege_drop("nobody"), ==, 0);
        assert_dropped();
        assert_status("Uid", "65534\t65534\t65534\t65534");
        assert_status("Gid", "65534\t65534\t65534\t65534");
        g_assert_cmpint(setresuid(0, 0, 0), <, 0);
        g_assert_cmpint(privilege_verify(), ==, 0);
        /* And once more is no matter. */
        g_assert_cmpint(privilege_drop("nobody"), ==, 0);
        g_assert_cmpstr(said, ==, "");
}

static void test_nobody(void) {
        /* From root to a user: exactly two capabilities in exactly two sets, no groups, no way back. */
        in_child(drop_to_nobody);
}

static void stay_root(void) {
        g_assert_cmpint(privilege_drop("root"), ==, 0);
        assert_dropped();
        assert_status("Uid", "0\t0\t0\t0");
        /* Root in name only: what is executed has nothing. */
        g_assert_cmpint(system("grep -q 'CapEff:.0000000000000000' /proc/self/status"), ==, 0);
}

static void test_root(void) {
        /* `--user root` keeps the uid and nothing else. */
        in_child(stay_root);
}

static void miss_user(void) {
        g_assert_cmpint(privilege_drop("no-such-user"), ==, -ESRCH);
        g_assert_nonnull(strstr(said, "no-such-user"));
        g_assert_nonnull(strstr(said, "systemd-sysusers /usr/lib/sysusers.d/vrrpd.conf"));
        g_assert_nonnull(strstr(said, "--user"));
        assert_status("Uid", "0\t0\t0\t0");
}

static void test_missing_user(void) {
        /* An unknown user changes nothing and the message names both remedies. */
        in_child(miss_user);
}

static void refuse_to_verify_root(void) {
        g_assert_cmpint(privilege_verify(), ==, -EPERM);
        g_assert_nonnull(strstr(said, "capabilities"));
}

static void test_verify_root(void) {
        /* All of root's rights are not what is wanted. */
        in_child(refuse_to_verify_root);
}

static void start_as_nobody(void) {
        g_assert_cmpint(setgroups(0, NULL), ==, 0);
        g_assert_cmpint(setresgid(NOBODY, NOBODY, NOBODY), ==, 0);
        g_assert_cmpint(setresuid(NOBODY, NOBODY, NOBODY), ==, 0);
        g_assert_cmpint(privilege_drop("nobody"), ==, -EPERM);
        g_assert_nonnull(strstr(said, "start it as root"));
        said[0] = '\0';
        g_assert_cmpint(privilege_drop("daemon"), ==, -EPERM);
        g_assert_nonnull(strstr(said, "cannot become daemon"));
}

static void test_not_root(void) {
        /* Without root's rights and without the two capabilities there is nothing to do but to say so. */
        in_child(start_as_nobody);
}

/* What systemd does for User=, AmbientCapabilities=, CapabilityBoundingSet= and NoNewPrivileges=. */
static void become_unit(bool no_new_privs) {
        struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
        struct __user_cap_data_struct data[2] = {};
        const uint32_t mask = 1U << CAP_NET_ADMIN | 1U << CAP_NET_RAW;

        for (int i = 0; i <= CAP_LAST_CAP; i++)
                if (i != CAP_NET_ADMIN && i != CAP_NET_RAW)
                        g_assert_cmpint(prctl(PR_CAPBSET_DROP, i, 0, 0, 0), ==, 0);
        g_assert_cmpint(setgroups(0, NULL), ==, 0);
        g_assert_cmpint(setresgid(NOBODY, NOBODY, NOBODY), ==, 0);
        g_assert_cmpint(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0), ==, 0);
        g_assert_cmpint(setresuid(NOBODY, NOBODY, NOBODY), ==, 0);
        data[0].permitted = data[0].effective = data[0].inheritable = mask;
        g_assert_cmpint(syscall(SYS_capset, &header, data), ==, 0);
        g_assert_cmpint(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_ADMIN, 0, 0), ==, 0);
        g_assert_cmpint(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_RAW, 0, 0), ==, 0);
        if (no_new_privs)
                g_assert_cmpint(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), ==, 0);
}

static void start_as_unit(void) {
        become_unit(true);
        g_assert_cmpint(privilege_drop("nobody"), ==, 0);
        g_assert_cmpint(privilege_verify(), ==, 0);
        g_assert_cmpstr(said, ==, "");
        /* Nothing was called: what the unit gave is as it was, and the libcap-ng way would have cleared it.
         */
        assert_status("CapAmb", WANTED);
        assert_status("CapInh", WANTED);
        assert_status("CapBnd", WANTED);
        /* As another user than the unit's, the two capabilities are not enough. */
        g_assert_cmpint(privilege_drop("daemon"), ==, -EPERM);
}

static void test_unit(void) {
        /* Started by systemd with exactly the wanted rights: verified only. */
        in_child(start_as_unit);
}

static void start_as_lax_unit(void) {
        become_unit(false);
        g_assert_cmpint(privilege_drop("nobody"), ==, -EPERM);
        g_assert_nonnull(strstr(said, "no_new_privs"));
}

static void test_lax_unit(void) {
        /* A unit without NoNewPrivileges= is not as it must be, and the message says which. */
        in_child(start_as_lax_unit);
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/privilege/nobody", test_nobody);
        g_test_add_func("/privilege/root", test_root);
        g_test_add_func("/privilege/missing-user", test_missing_user);
        g_test_add_func("/privilege/verify-root", test_verify_root);
        g_test_add_func("/privilege/not-root", test_not_root);
        g_test_add_func("/privilege/unit", test_unit);
        g_test_add_func("/privilege/lax-unit", test_lax_unit);
        return g_test_run();
}
