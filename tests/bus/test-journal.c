/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the bus side tells the journal and the service manager, and that neither can hold it up. The test
 * plays both: it binds their sockets in its own /run. */

#include "tests/bus/harness.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define JOURNAL_SOCKET "/run/systemd/journal/socket"
#define NOTIFY_SOCKET "/run/test/notify"

static int bind_datagram(const char *path) {
        struct sockaddr_un a = {.sun_family = AF_UNIX};
        int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

        g_assert_cmpint(fd, >=, 0);
        g_strlcpy(a.sun_path, path, sizeof(a.sun_path));
        (void)unlink(path);
        g_assert_cmpint(bind(fd, (struct sockaddr *)&a, sizeof(a)), ==, 0);
        g_assert_cmpint(chmod(path, 0666), ==, 0);
        return fd;
}

/* The next datagram that contains the text; earlier ones are dropped. */
static char *receive(int fd, const char *text) {
        for (;;) {
                char buffer[8192];
                struct pollfd p = {.fd = fd, .events = POLLIN};

                if (poll(&p, 1, 60000) <= 0)
                        g_error("waited in vain for '%s'", text);
                ssize_t n = recv(fd, buffer, sizeof(buffer) - 1, 0);
                if (n < 0)
                        g_error("recv: %s", g_strerror(errno));
                buffer[n] = '\0';
                if (memmem(buffer, (size_t)n, text, strlen(text)))
                        return g_strndup(buffer, (gsize)n);
        }
}

/* Starts the daemon with stderr as a stream that it takes for the journal's; the other end is returned. */
static int start_with_journal(Harness *h) {
        g_autofree char *variable = NULL;
        struct stat st;
        int pair[2];

        g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), ==, 0);
        g_assert_cmpint(fstat(pair[1], &st), ==, 0);
        variable = g_strdup_printf("JOURNAL_STREAM=%llu:%llu", (unsigned long long)st.st_dev,
                        (unsigned long long)st.st_ino);
        h->daemon_stderr = pair[1];
        harness_start_daemon(h, NULL, (const char *const[]){variable, NULL});
        return pair[0];
}

/* A state change is one line that says why, with the fields by which it can be found and explained. */
static void test_fields(void) {
        Harness h = {};
        int journal = bind_datagram(JOURNAL_SOCKET), stream = start_with_journal(&h);

        harness_say(&h, "instance web 51");
        harness_say(&h, "state web master master-down 192.0.2.2 was silent");
        g_autofree char *line = receive(journal, "VRRP_STATE=");
        g_assert_nonnull(strstr(line, "MESSAGE=web: backup → master: master-down (192.0.2.2 was silent)\n"));
        g_assert_nonnull(strstr(line, "PRIORITY=5\n"));
        g_assert_nonnull(strstr(line, "SYSLOG_IDENTIFIER=vrrpd\n"));
        g_assert_nonnull(strstr(line, "VRRP_INSTANCE=web\n"));
        g_assert_nonnull(strstr(line, "VRRP_STATE=master\n"));
        g_assert_nonnull(strstr(line, "VRRP_REASON=master-down\n"));
        g_assert_nonnull(strstr(line, "MESSAGE_ID=36b2bb8c906046219c8faeb308c7d46b\n"));

        harness_say(&h, "fault web interface eth0 is down");
        g_autofree char *fault = receive(journal, "VRRP_STATE=fault");
        g_assert_nonnull(strstr(fault, "PRIORITY=4\n"));
        g_assert_nonnull(strstr(fault, "MESSAGE_ID=3fdb96b546c44c5abaa0bea89ad99c1a\n"));
        harness_say(&h, "conflict web two-masters");
        g_autofree char *conflict = receive(journal, "conflict detected: two-masters with 192.0.2.2");
        g_assert_nonnull(strstr(conflict, "MESSAGE_ID=42b92bcc8704487b9c1e2c0192fd7660\n"));
        harness_say(&h, "log the engine's own words");
        g_autofree char *words = receive(journal, "MESSAGE=the engine's own words\n");
        g_assert_nonnull(strstr(words, "PRIORITY=6\n"));

        harness_stop(&h);
        close(stream);
        close(journal);
}

/* Text with a newline is sent in the protocol's binary form, so that it cannot pass for another field. */
static void test_newline(void) {
        Harness h = {};
        int journal = bind_datagram(JOURNAL_SOCKET), stream;

        stream = start_with_journal(&h);
        harness_say(&h, "instance web 51");
        g_assert_true(g_file_set_contents(CONFIG_PATH, "bad\nfirst\n  PRIORITY=0\n", -1, NULL));
        harness_signal(h.daemon, SIGHUP);
        g_autofree char *line = receive(journal, "first");
        /* "first\n  PRIORITY=0" has 18 bytes. */
        g_assert_true(g_str_has_prefix(line, "MESSAGE\n\x12"));
        harness_stop(&h);
        close(stream);
        close(journal);
}

/* A journal that does not read holds nobody up; when it reads again it is told how much it missed. */
static void test_full_journal(void) {
        Harness h = {};
        int journal = bind_datagram(JOURNAL_SOCKET), stream = start_with_journal(&h);

        harness_start_bus(&h);
        harness_watch(&h);
        harness_say(&h, "instance web 51");
        harness_wait_name(&h);
        harness_say(&h, "transitions web 101");
        harness_wait_property(&h, ROOT_PATH, MANAGER, "Sequence", "202");
        g_autofree char *lost = receive(journal, "log lines could not be written and are lost");
        g_assert_nonnull(strstr(lost, "PRIORITY=4\n"));
        harness_say(&h, "log works again");
        g_autofree char *works = receive(journal, "MESSAGE=works again\n");
        harness_stop(&h);
        close(stream);
        close(journal);
}

/* The same for a pipe as stderr that nobody reads. */
static void test_full_pipe(void) {
        Harness h = {};
        int pipes[2];

        g_assert_cmpint(pipe2(pipes, O_CLOEXEC), ==, 0);
        g_assert_cmpint(fcntl(pipes[1], F_SETPIPE_SZ, 4096), >=, 4096);
        h.daemon_stderr = pipes[1];
        harness_start_daemon(&h, NULL, NULL);
        harness_start_bus(&h);
        harness_watch(&h);
        harness_say(&h, "instance web 51");
        harness_wait_name(&h);
        harness_say(&h, "transitions web 501");
        harness_wait_property(&h, ROOT_PATH, MANAGER, "Sequence", "1002");

        FILE *reader = fdopen(pipes[0], "r");
        char line[1024];
        g_assert_nonnull(reader);
        while (fgets(line, sizeof(line), reader) && !strstr(line, "could not be written and are lost"))
                ;
        g_assert_nonnull(strstr(line, "could not be written and are lost"));
        harness_stop(&h);
        (void)fclose(reader);
}

/* READY comes when the engine runs, then STATUS counts the instances, RELOADING has its time stamp and ends
 * in READY, STOPPING is told. */
static void test_notify(void) {
        Harness h = {};
        int notify = bind_datagram(NOTIFY_SOCKET);
        struct pollfd p = {.fd = notify, .events = POLLIN};

        harness_start_bus(&h);
        harness_watch(&h);
        harness_start_daemon(&h, NULL, (const char *const[]){"NOTIFY_SOCKET=" NOTIFY_SOCKET, NULL});
        harness_wait_name(&h);
        harness_say(&h, "log the first record");
        g_autofree char *empty = receive(notify, "STATUS=0 instances");
        g_assert_cmpint(poll(&p, 1, 0), ==, 0);
        harness_say(&h, "ready");
        g_autofree char *ready = receive(notify, "READY=1");
        harness_say(&h, "instance web 51");
        harness_say(&h, "instance a.b 52");
        harness_say(&h, "instance c 53");
        harness_say(&h, "state web master master-down");
        g_autofree char *status = receive(notify, "STATUS=3 instances: 1 master, 2 backup");
        harness_say(&h, "fault c interface eth0 is down");
        g_autofree char *fault = receive(notify, "STATUS=3 instances: 1 master, 1 backup, 1 fault");

        g_autoptr(GVariant) v = harness_call(&h, ROOT_PATH, MANAGER, "Reload", NULL);
        g_autofree char *reloading = receive(notify, "RELOADING=1\nMONOTONIC_USEC=");
        g_autofree char *again = receive(notify, "READY=1");
        harness_say(&h, "stopping");
        g_autofree char *stopping = receive(notify, "STOPPING=1");
        harness_stop(&h);
        close(notify);
}

/* READY waits for the bus only if there is one that answers: without a bus, and with a frozen one, it comes
 * too. */
static void test_ready_without_bus(void) {
        Harness h = {};
        int notify = bind_datagram(NOTIFY_SOCKET);

        for (int frozen = 0; frozen < 2; frozen++) {
                if (frozen) {
                        harness_start_bus(&h);
                        harness_signal(h.bus, SIGSTOP);
                }
                harness_start_daemon(&h, NULL, (const char *const[]){"NOTIFY_SOCKET=" NOTIFY_SOCKET, NULL});
                harness_say(&h, "ready");
                g_autofree char *ready = receive(notify, "READY=1");
                harness_stop_daemon(&h);
        }
        harness_stop(&h);
        close(notify);
}

/* A service manager that does not read holds nobody up, and what matters reaches it when it reads again. */
static void test_full_notify(void) {
        Harness h = {};
        int notify = bind_datagram(NOTIFY_SOCKET);

        harness_start_bus(&h);
        harness_watch(&h);
        harness_start_daemon(&h, NULL, (const char *const[]){"NOTIFY_SOCKET=" NOTIFY_SOCKET, NULL});
        harness_say(&h, "instance web 51");
        harness_wait_name(&h);
        /* Each reload is two messages; the socket's queue holds about a dozen. */
        for (int i = 0; i < 30; i++)
                g_variant_unref(harness_call(&h, ROOT_PATH, MANAGER, "Reload", NULL));
        harness_say(&h, "state web master master-down");
        harness_wait_property(&h, PATH("web"), INSTANCE, "State", "'master'");
        g_autofree char *status = receive(notify, "STATUS=1 instance: 1 master");
        harness_say(&h, "stopping");
        g_autofree char *stopping = receive(notify, "STOPPING=1");
        harness_stop(&h);
        close(notify);
}

/* The watchdog is fed while the engine's heart beats, and not when it stands still. */
static void test_watchdog(void) {
        Harness h = {};
        int notify = bind_datagram(NOTIFY_SOCKET);

        harness_start_daemon(&h, NULL,
                        (const char *const[]){"NOTIFY_SOCKET=" NOTIFY_SOCKET, "WATCHDOG_USEC=200000", NULL});
        harness_say(&h, "ready");
        g_autofree char *first = receive(notify, "WATCHDOG=1");
        g_autofree char *second = receive(notify, "WATCHDOG=1");
        harness_say(&h, "frozen on");
        harness_wait_log("the engine has not turned for");
        harness_say(&h, "frozen off");
        while (recv(notify, (char[512]){0}, 512, MSG_DONTWAIT) >= 0)
                ;
        g_autofree char *third = receive(notify, "WATCHDOG=1");
        harness_stop(&h);
        close(notify);
}

int main(int argc, char **argv) {
        harness_init(&argc, &argv);
        g_test_add_func("/bus/journal/fields", test_fields);
        g_test_add_func("/bus/journal/newline", test_newline);
        g_test_add_func("/bus/journal/full-journal", test_full_journal);
        g_test_add_func("/bus/journal/full-pipe", test_full_pipe);
        g_test_add_func("/bus/journal/notify", test_notify);
        g_test_add_func("/bus/journal/ready-without-bus", test_ready_without_bus);
        g_test_add_func("/bus/journal/full-notify", test_full_notify);
        g_test_add_func("/bus/journal/watchdog", test_watchdog);
        return g_test_run();
}
