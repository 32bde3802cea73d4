/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A vrrpd made of GDBus on a private bus: another implementation of the D-Bus contract than the real one,
 * which does what a test tells it to. And vrrpctl as a child process, observed while the fake answers it. */

#include <gio/gio.h>

typedef struct FakeObject {
        char *path;
        const char *interface;
        GHashTable *properties; /* name → GVariant */
        guint registration;
} FakeObject;

typedef struct FakeDaemon FakeDaemon;
struct FakeDaemon {
        GSubprocess *bus; /* dbus-daemon */
        char *address;
        GDBusConnection *connection; /* the daemon's */
        guint owner;                 /* of the bus name; 0 = not owned */
        GPtrArray *objects;          /* FakeObject */
        GHashTable *manager;         /* properties */

        /* What the next call that changes something does. */
        const char *error_name, *error_message; /* refuses it */
        const char *successor;                  /* in OperationFinished; NULL = none */
        const char *result;                     /* OperationFinished's; NULL = the operation never ends */
        void (*effect)(FakeDaemon *f, FakeObject *instance); /* before the operation ends */
        gboolean leave;          /* the daemon leaves the bus instead of finishing */
        gboolean silent;         /* no answer to the call at all */
        gboolean broken_signals; /* OperationFinished has other arguments than the contract's */
        gboolean lists_manager;  /* GetManagedObjects has the manager, too, and the standard interfaces */
        gboolean foreign_operation_first; /* another operation of the same instance ends before */

        /* What was seen. */
        guint n_calls; /* calls that change something */
        guint n_reads; /* GetManagedObjects and GetAll of an instance */
        char *last_member;
        const char *last_interface; /* interned */
        GVariant *last_options;
        gboolean last_interactive;
        char *last_sender; /* of any call */
        GVariant *events;  /* GetEvents' array */
        gpointer userdata;
};

/* A bus with a daemon on it that has no objects. */
FakeDaemon *fake_daemon_new(void);
/* The bus without a daemon. */
FakeDaemon *fake_daemon_new_stopped(void);
void fake_daemon_free(FakeDaemon *f);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FakeDaemon, fake_daemon_free)

/* Takes or gives up the daemon's bus name; returns when the bus has said so. */
void fake_daemon_start(FakeDaemon *f);
void fake_daemon_stop(FakeDaemon *f);

/* Objects with everyday values: a backup with priority 100 on eth0, VRID 51, whose master is 192.0.2.7 with
 * priority 150. */
FakeObject *fake_add_instance(FakeDaemon *f, const char *name);
/* Makes it a master with all addresses in place. */
void fake_make_master(FakeObject *o);
/* Takes it off the bus, with the signal that says so. */
void fake_remove(FakeDaemon *f, FakeObject *o);
/* A sync group, backup, of an instance VI_1. */
FakeObject *fake_add_group(FakeDaemon *f, const char *name);
FakeObject *fake_add_tracker(FakeDaemon *f, const char *type, const char *name, const char *state);
/* Sets a property without a signal; format as g_variant_new(). */
void fake_set(FakeObject *o, const char *property, const char *format, ...);
void fake_set_manager(FakeDaemon *f, const char *property, const char *format, ...);
/* PropertiesChanged for these, NULL at the end. */
void fake_emit_changed(FakeDaemon *f, FakeObject *o, ...) G_GNUC_NULL_TERMINATED;
/* A signal of the object; the tuple is taken. */
void fake_emit(FakeDaemon *f, const char *path, const char *interface, const char *signal,
                GVariant *arguments);
void fake_emit_state_changed(FakeDaemon *f, FakeObject *o, const char *from, const char *to,
                const char *reason, guint64 seq);
void fake_emit_transition(FakeDaemon *f, FakeObject *o, const char *state, const char *result, guint64 seq);

/* A vrrpctl that runs. */
typedef struct Run {
        GSubprocess *process;
        GDataInputStream *stdout_stream, *stderr_stream;
        char *out, *err; /* after run_finish() */
        int code;        /* exit code; -1 = killed */
} Run;

/* Starts vrrpctl with these arguments, NULL at the end. f NULL: there is no system bus. */
Run *run_start(FakeDaemon *f, ...) G_GNUC_NULL_TERMINATED;
/* The next line of its output, while the fake goes on answering. */
char *run_read_line(Run *r);
char *run_read_error_line(Run *r);
/* Lets the fake answer until vrrpctl has ended. */
void run_finish(Run *r);
/* Ends a vrrpctl that does not end by itself, by taking its bus away: it shall end with 3 and a message, in
 * good order, so that a leak would be found. */
void run_end(FakeDaemon *f, Run *r);
void run_free(Run *r);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Run, run_free)
/* Start and finish in one. */
Run *run_ctl(FakeDaemon *f, ...) G_GNUC_NULL_TERMINATED;

/* Turns the main loop until *value is at least `least`. */
void fake_wait_for(const guint *value, guint least);

#define assert_contains(text, part) g_assert_true(assert_contains_((text), (part)))
#define assert_lacks(text, part) g_assert_null(strstr((text), (part)))
/* Prints the text when the part is missing: a failed test should say what it saw. */
gboolean assert_contains_(const char *text, const char *part);
