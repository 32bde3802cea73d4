/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* vrrpctl's connection to the daemon: opening it (here, over ssh, into a container), calls that never start
 * the daemon, following the daemon's unique name so that nobody else's signals are believed, and turning
 * every way in which a call can fail into one message and one exit code. */

#include "service/util/macro.h"
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

/* The exit codes of vrrpctl; part of its contract (vrrpctl(1)). */
enum {
        CTL_OK = 0,
        CTL_FAILURE = 1,
        CTL_USAGE = 2,
        CTL_NOT_RUNNING = 3, /* or it cannot be reached: no bus, no connection */
        CTL_NO_SUCH_OBJECT = 4,
        CTL_NOT_AUTHORIZED = 5,
        CTL_REFUSED = 6,
        CTL_UNSUCCESSFUL = 7,
        CTL_TIMEOUT = 8,
        CTL_CONFIG_INVALID = 9,
};

typedef struct ClientParams {
        const char *host;    /* [user@]host for ssh; NULL = this host */
        const char *machine; /* a local container; NULL = this host */
        bool interactive;    /* calls that need authorization may ask for a password */
        usec_t timeout_usec; /* of a single call; 0 = the bus library's default */
} ClientParams;

typedef struct Client Client;

/* Receives the signals that came from the daemon itself, in order, and the daemon's coming and going: then m
 * is NULL and running says which. < 0 ends client_wait() with that error. */
typedef int (*ClientHandler)(sd_bus_message *m, bool running, void *userdata);

/* Connects. For ssh and containers the connection may only turn out to be dead at the first call
 * (-ENOTCONN). Errors: -EINVAL for a host or machine name that cannot be one, -errno of connecting. */
int client_open(const ClientParams *params, Client **ret);
Client *client_free(Client *c);
DEFINE_CLEANUP(Client, client_free);

/* A method call to the daemon that does not start it. interface NULL: the Manager's. */
int client_new_call(Client *c, const char *path, const char *interface, const char *member,
                sd_bus_message **ret);
/* Sends m and waits for the answer. */
int client_call(Client *c, sd_bus_message *m, sd_bus_error *error, sd_bus_message **ret_reply);
/* The same where the daemon may have to ask polkit: allows interactive authorization and brings up a text
 * agent on a terminal (unless told not to), and leaves time to type a password. */
int client_call_authorized(Client *c, sd_bus_message *m, sd_bus_error *error, sd_bus_message **ret_reply);
/* Manager.GetInstance(): the object path of an instance, malloc'ed. */
int client_get_instance(Client *c, const char *name, sd_bus_error *error, char **ret_path);

/* From now on handler is told about every signal of the daemon at and below `path`, and about the daemon's
 * coming and going. Once per client, and before the state is read, so that nothing falls between.
 * *ret_running: it has an owner now. */
int client_watch(Client *c, const char *path, ClientHandler handler, void *userdata, bool *ret_running);
/* Handles what comes in until *done, an error (-ENOTCONN: the bus is gone), or CLOCK_MONOTONIC reaches
 * deadline_usec
 * (-ETIMEDOUT; USEC_INFINITY = never). */
int client_wait(Client *c, usec_t deadline_usec, const bool *done);
/* The same without end, in an event loop that has the caller's other sources. Returns only with an error:
 * the handler's, or -ENOTCONN when the bus is gone. */
int client_loop(Client *c, sd_event *event);

/* Says on stderr why `doing` ("failover proxy_ip1") failed, with the remedy where there is one, and returns
 * the exit code. error may be unset: then r, a negative errno, speaks. action: the polkit action to name,
 * NULL = none. */
int client_report(const Client *c, const char *doing, const char *action, const sd_bus_error *error, int r);

/* The same for client_open(). */
int client_report_open(const ClientParams *params, const char *doing, int r);
/* Is r, a negative errno, the end of the connection to the bus? */
bool client_error_is_connection(int r);

usec_t now_monotonic(void);
usec_t now_realtime(void);
