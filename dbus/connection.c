/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* One attempt: new sd_bus → attached to the loop → objects added → started → RequestName queued behind
 * Hello. All of it returns at once; the first thing that fails (connect, authentication, Hello, RequestName)
 * closes the connection and sets the timer.
 *
 * A bus daemon that reads slowly, or has stopped, shows in sd_bus_get_n_queued_write(3). Beyond SIGNALS_MAX
 * no signal is sent, as clients can be told to read everything again; beyond REPLIES_MAX calls are not even
 * answered. Answers that may be megabytes (GetManagedObjects, GetEvents) have a budget of their own, renewed
 * whenever the queue was seen empty. A bus daemon that takes nothing at all for STUCK is left and connected
 * to again: dbus-daemon stops reading from whom it holds too much of, for a client that does not read its
 * answers, and only a new connection ends that. */

#include "dbus/connection.h"
#include "dbus/names.h"
#include "service/util/log.h"
#include <linux/sockios.h>
#include <stdio.h>
#include <sys/ioctl.h>

#define RETRY_MIN_USEC (100 * USEC_PER_MSEC)
#define RETRY_MAX_USEC (5 * USEC_PER_SEC)
#define WATCH_USEC (100 * USEC_PER_MSEC)
#define STUCK_USEC (20 * USEC_PER_SEC)
#define ADDRESS_DEFAULT "unix:path=/run/dbus/system_bus_socket"

/* A burst is written as fast as the bus reads: beyond PAUSE_MIN the sender pauses, unless the queue has not
 * become shorter for PATIENCE. */
#define PAUSE_MIN 256
#define PATIENCE_USEC (500 * USEC_PER_MSEC)
#define SIGNALS_MAX 2048
#define SIGNALS_RESUME 64
#define REPLIES_MAX 4096
#define HEAVY_REPLIES_MAX 16

/* D-Bus Specification, org.freedesktop.DBus.RequestName. */
#define REQUEST_NAME_PRIMARY_OWNER 1
#define REQUEST_NAME_IN_QUEUE 2
#define REQUEST_NAME_ALREADY_OWNER 4

struct Connection {
        sd_event *event;
        ConnectionHandlers handlers;
        void *userdata;
        const char *user; /* borrowed */
        sd_bus *bus;
        sd_bus_slot *request_name;
        sd_event_source *retry; /* enabled between attempts */
        sd_event_source *watch; /* enabled while the write queue is not empty, as far as we know */
        uint64_t watched_queue; /* the queue, and what the kernel has of it, when watch last looked */
        int watched_kernel;
        usec_t progress_usec; /* when one of them last changed as if the bus had read, CLOCK_MONOTONIC */
        usec_t delay_usec;
        uint64_t shortest;      /* the write queue since it was last below PAUSE_MIN; 0 = it is */
        usec_t shortest_usec;   /* when it became so short, CLOCK_MONOTONIC */
        unsigned heavy_replies; /* since the write queue was last seen empty */
        bool up, was_up, settled, stalled, watching, complained;
};

static int on_retry(sd_event_source *s, uint64_t usec, void *userdata);

static uint64_t queued(const Connection *c) {
        uint64_t n;

        return c->bus && sd_bus_get_n_queued_write(c->bus, &n) >= 0 ? n : 0;
}

static void arm(sd_event_source *s, usec_t usec) {
        (void)sd_event_source_set_time_relative(s, usec);
        (void)sd_event_source_set_enabled(s, SD_EVENT_ONESHOT);
}

static void drop_bus(Connection *c) {
        c->request_name = sd_bus_slot_unref(c->request_name);
        if (c->bus) {
                sd_bus_close(c->bus);
                c->bus = sd_bus_unref(c->bus);
        }
        c->up = c->stalled = c->watching = false;
        c->heavy_replies = 0;
        c->shortest = 0;
        (void)sd_event_source_set_enabled(c->watch, SD_EVENT_OFF);
}

static void settle(Connection *c) {
        if (c->settled)
                return;
        c->settled = true;
        c->handlers.settled(c->userdata);
}

/* Ends this attempt or connection, says why once, and comes back later. */
static void fail(Connection *c, const char *what, const char *why) {
        bool existed = c->bus;

        if (c->up || !c->complained)
                log_notice("no system bus: %s: %s; VRRP goes on, trying again", what, why);
        c->complained = true;
        if (existed)
                c->handlers.down(c->userdata);
        drop_bus(c);
        settle(c);
        arm(c->retry, c->delay_usec);
        c->delay_usec = MIN(c->delay_usec * 2, RETRY_MAX_USEC);
}

static void name_acquired(Connection *c) {
        if (c->up)
                return;

        bool again = c->was_up;
        if (again || c->complained)
                log_notice("on the system bus as " VRRPD_BUS_NAME);
        c->up = c->was_up = true;
        c->complained = false;
        c->delay_usec = RETRY_MIN_USEC;
        c->handlers.up(again, c->userdata);
        settle(c);
}

/* The bus's policy names the user that may own the name. */
static void fail_name(Connection *c, const sd_bus_error *e) {
        char what[256];

        (void)snprintf(what, sizeof(what),
                        "it does not let user %s be " VRRPD_BUS_NAME " (the bus policy of vrrpd is not "
                        "installed, or is for another user: see \"Another user\" in vrrpd(8))",
                        c->user);
        fail(c, what, strempty(e->message));
}

static int on_request_name(sd_bus_message *m, void *userdata, sd_bus_error *ret_error) {
        Connection *c = userdata;
        const sd_bus_error *e = sd_bus_message_get_error(m);
        uint32_t result = 0;

        c->request_name = sd_bus_slot_unref(c->request_name);
        if (e) {
                fail_name(c, e);
                return 0;
        }
        (void)sd_bus_message_read(m, "u", &result);
        if (result == REQUEST_NAME_PRIMARY_OWNER || result == REQUEST_NAME_ALREADY_OWNER)
                name_acquired(c);
        else if (result == REQUEST_NAME_IN_QUEUE) {
                log_warning("another process is " VRRPD_BUS_NAME
                            " on the system bus; waiting for it to leave");
                c->complained = true;
                settle(c);
        } else
                fail(c, "unexpected answer of the bus to RequestName", "");
        return 0;
}

static int on_name_acquired(sd_bus_message *m, void *userdata, sd_bus_error *ret_error) {
        const char *name;

        if (sd_bus_message_read(m, "s", &name) >= 0 && streq(name, VRRPD_BUS_NAME))
                name_acquired(userdata);
        return 0;
}

static int on_disconnected(sd_bus_message *m, void *userdata, sd_bus_error *ret_error) {
        fail(userdata, "disconnected", "the bus closed the connection");
        return 0;
}

/* Bytes that the kernel has taken from us and the bus daemon has not; unix(7). */
static int kernel_queue(const Connection *c) {
        int n = 0;

        return ioctl(sd_bus_get_fd(c->bus), SIOCOUTQ, &n) < 0 ? 0 : n;
}

static void watch_begin(Connection *c) {
        if (c->watching || sd_event_now(c->event, CLOCK_MONOTONIC, &c->progress_usec) < 0)
                return;
        c->watching = true;
        c->watched_queue = queued(c);
        c->watched_kernel = kernel_queue(c);
        arm(c->watch, WATCH_USEC);
}

static bool is_heavy(sd_bus_message *m) {
        return sd_bus_message_is_method_call(m, "org.freedesktop.DBus.ObjectManager", "GetManagedObjects") >
                               0 ||
               sd_bus_message_is_method_call(m, VRRPD_INTERFACE_MANAGER, "GetEvents") > 0;
}

/* Sees each message before the objects do; > 0: it is dealt with. */
static int on_message(sd_bus_message *m, void *userdata, sd_bus_error *ret_error) {
        Connection *c = userdata;
        uint64_t n = queued(c);

        if (n == 0)
                c->heavy_replies = 0;
        else
                watch_begin(c);
        if (sd_bus_message_is_method_call(m, NULL, NULL) <= 0)
                return 0;
        if (n > REPLIES_MAX)
                return 1; /* not even an error: that would be queued as well */
        if (!is_heavy(m))
                return 0;
        if (c->heavy_replies >= HEAVY_REPLIES_MAX)
                return sd_bus_reply_method_errorf(m, SD_BUS_ERROR_LIMITS_EXCEEDED,
                                "Too many large answers are waiting to be read.");
        c->heavy_replies++;
        return 0;
}

static int set_up(Connection *c) {
        const char *address = secure_getenv("DBUS_SYSTEM_BUS_ADDRESS");
        int r = sd_bus_new(&c->bus);

        if (r >= 0)
                r = sd_bus_set_address(c->bus, address && address[0] != '\0' ? address : ADDRESS_DEFAULT);
        if (r >= 0)
                r = sd_bus_set_bus_client(c->bus, true);
        if (r >= 0)
                r = sd_bus_attach_event(c->bus, c->event, SD_EVENT_PRIORITY_NORMAL);
        if (r >= 0)
                r = sd_bus_add_filter(c->bus, NULL, on_message, c);
        if (r >= 0)
                r = sd_bus_match_signal_async(c->bus, NULL, "org.freedesktop.DBus.Local", NULL,
                                "org.freedesktop.DBus.Local", "Disconnected", on_disconnected, NULL, c);
        if (r >= 0)
                r = c->handlers.setup(c->bus, c->userdata);
        if (r >= 0)
                r = sd_bus_start(c->bus);
        if (r >= 0)
                r = sd_bus_match_signal_async(c->bus, NULL, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                "org.freedesktop.DBus", "NameAcquired", on_name_acquired, NULL, c);
        if (r >= 0)
                r = sd_bus_request_name_async(c->bus, &c->request_name, VRRPD_BUS_NAME, SD_BUS_NAME_QUEUE,
                                on_request_name, c);
        return r;
}

static int on_retry(sd_event_source *s, uint64_t usec, void *userdata) {
        Connection *c = userdata;
        int r = set_up(c);

        if (r < 0)
                fail(c, "cannot connect", strerror(-r));
        return 0;
}

static int on_watch(sd_event_source *s, uint64_t usec, void *userdata) {
        Connection *c = userdata;
        uint64_t n = queued(c), now;
        int in_kernel = kernel_queue(c);

        if (sd_event_now(c->event, CLOCK_MONOTONIC, &now) < 0)
                return 0;
        if (n < c->watched_queue || in_kernel != c->watched_kernel)
                c->progress_usec = now;
        c->watched_queue = n;
        c->watched_kernel = in_kernel;

        if (n > 0 && now - c->progress_usec >= STUCK_USEC) {
                fail(c, "stuck", "it does not take our messages");
                return 0;
        }
        if (c->stalled && n <= SIGNALS_RESUME) {
                c->stalled = false;
                log_notice("the system bus takes messages again");
                c->handlers.drained(c->userdata);
        }
        if (n == 0)
                c->watching = false;
        else
                arm(c->watch, WATCH_USEC);
        return 0;
}

sd_bus *connection_emit_bus(Connection *c) {
        if (!c->up || c->stalled)
                return NULL;

        uint64_t n = queued(c);
        if (n > 0)
                watch_begin(c);
        if (n <= SIGNALS_MAX)
                return c->bus;
        log_warning("the system bus does not read: no signals until it does");
        c->stalled = true;
        return NULL;
}

bool connection_wants_pause(Connection *c) {
        uint64_t n = queued(c), now;

        if (c->stalled || n < PAUSE_MIN || sd_event_now(c->event, CLOCK_MONOTONIC, &now) < 0) {
                c->shortest = 0;
                return false;
        }
        if (c->shortest == 0 || n < c->shortest) {
                c->shortest = n;
                c->shortest_usec = now;
        }
        return now - c->shortest_usec < PATIENCE_USEC;
}

bool connection_is_flushed(const Connection *c) {
        return queued(c) == 0;
}

Connection *connection_free(Connection *c) {
        if (!c)
                return NULL;
        drop_bus(c);
        sd_event_source_unref(c->retry);
        sd_event_source_unref(c->watch);
        sd_event_unref(c->event);
        free(c);
        return NULL;
}

int connection_new(sd_event *event, const char *user, const ConnectionHandlers *handlers, void *userdata,
                Connection **ret) {
        _cleanup_(connection_freep) Connection *c = calloc(1, sizeof(*c));
        int r;

        if (!c)
                return -ENOMEM;
        c->event = sd_event_ref(event);
        c->handlers = *handlers;
        c->user = user;
        c->userdata = userdata;
        c->delay_usec = RETRY_MIN_USEC;
        r = sd_event_add_time_relative(event, &c->retry, CLOCK_MONOTONIC, 0, USEC_PER_MSEC, on_retry, c);
        if (r >= 0)
                r = sd_event_add_time_relative(
                                event, &c->watch, CLOCK_MONOTONIC, 0, USEC_PER_MSEC, on_watch, c);
        if (r >= 0)
                r = sd_event_source_set_enabled(c->watch, SD_EVENT_OFF);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(c);
        return 0;
}
