/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the bus tests have in common: a real system bus and a real polkitd that a test starts, stops and
 * freezes, a program under test (the fake engine, driven by lines), and clients over GDBus, so that the
 * interface is judged by another implementation of D-Bus than the one it is made with. Runs inside
 * in-private-bus.sh. Errors end the test program. */

#include <gio/gio.h>
#include <stdbool.h>
#include <sys/types.h>

#define ROOT_PATH "/org/vrrpd/Vrrp1"
#define MANAGER "org.vrrpd.Vrrp1.Manager"
#define INSTANCE "org.vrrpd.Vrrp1.Instance"
#define GROUP "org.vrrpd.Vrrp1.SyncGroup"
#define TRACKER "org.vrrpd.Vrrp1.Tracker"
#define PATH(encoded) ROOT_PATH "/instance/" encoded

#define NOBODY 65534
#define CONFIG_PATH "/run/test/config"
#define LOG_PATH "/run/test/daemon.log"

typedef struct Signal {
        char *path, *interface, *member;
        GVariant *parameters;
} Signal;

typedef struct Harness {
        GSubprocess *bus, *polkit, *daemon;
        GDBusConnection *client; /* as root */
        guint subscription;
        GPtrArray *signals; /* of objects below ROOT_PATH, in order */
        GDataInputStream *output;
        GOutputStream *input;
        int daemon_stderr;   /* a descriptor that the daemon shall have as stderr, taken; 0 = LOG_PATH */
        GPtrArray *commands; /* "command ..." lines of the fake engine, in order */
} Harness;

/* The program under test; given on the command line of the test. */
extern const char *harness_program;
/* Parses the command line: PROGRAM after GTest's own options. */
void harness_init(int *argc, char ***argv);

void harness_start_bus(Harness *h);
void harness_stop_bus(Harness *h);
/* With these rules (JavaScript), "" = none of ours. */
void harness_start_polkit(Harness *h, const char *rules);
void harness_stop_polkit(Harness *h);
/* Any program. variables: NAME=VALUE strings, NULL-terminated, or NULL. Waits for nothing. */
void harness_start_program(Harness *h, const char *const *argv, const char *const *variables);
/* The fake engine. user: NULL = root. */
void harness_start_daemon(Harness *h, const char *user, const char *const *variables);
/* Ends it like SIGTERM would, and expects that it exits with 0. */
void harness_stop_daemon(Harness *h);
/* Everything, with two instances "web" and "a.b" (backup), and waits for the name on the bus. */
void harness_start(Harness *h, const char *rules);
/* Ends everything that runs; also what was not started by harness_start(). */
void harness_stop(Harness *h);
void harness_signal(GSubprocess *process, int sig);

/* Connects to the bus as this user. */
GDBusConnection *harness_connect(uid_t uid);
/* Connects h->client and collects the daemon's signals. */
void harness_watch(Harness *h);
void harness_unwatch(Harness *h);

/* A line to the fake engine, which must answer "ok". */
void harness_say(Harness *h, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* The next "command" line that begins so; waits for it. Valid until the end of the test. */
const char *harness_command(Harness *h, const char *prefix);
/* Has such a command come, without waiting? */
bool harness_had_command(Harness *h, const char *prefix);

/* Runs the main loop until done() is true; a minute is too long. */
void harness_wait(bool (*done)(void *userdata), void *userdata, const char *what);
/* Waits until the bus name has an owner. */
void harness_wait_name(Harness *h);
/* The first signal from position *from on with this member (and path, unless NULL); waits for it; *from
 * becomes the next position. */
const Signal *harness_wait_signal(Harness *h, const char *path, const char *member, guint *from);
/* Is the text in the daemon's log? */
bool harness_log_has(const char *text);
/* Waits for the text in the daemon's log. */
void harness_wait_log(const char *text);
/* For instances "a" of the fake: waits for the property to have this value. */
void harness_wait_property(Harness *h, const char *path, const char *interface, const char *property,
                const char *printed);

/* A call; parameters may be NULL. NULL with *ret_error: the D-Bus error name, to be freed. */
GVariant *harness_try(GDBusConnection *client, const char *path, const char *interface, const char *method,
                GVariant *parameters, char **ret_error, char **ret_message);
/* A call that must succeed. */
GVariant *harness_call(Harness *h, const char *path, const char *interface, const char *method,
                GVariant *parameters);
/* A call that must fail with this error, and a message that contains text (NULL = any). */
void harness_call_fails(GDBusConnection *client, const char *path, const char *interface, const char *method,
                GVariant *parameters, const char *error, const char *text);
GVariant *harness_property(Harness *h, const char *path, const char *interface, const char *property);
char *harness_property_printed(Harness *h, const char *path, const char *interface, const char *property);
