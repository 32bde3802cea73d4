/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The protocol of sd_notify(3) on a socket of our own, because sd_notify() itself blocks when PID 1 does not
 * read: after a dozen messages the bus thread would hang with it. Assignments wait in flags and leave as one
 * datagram each; the order in which they were asked for is kept by never letting READY overtake RELOADING.
 */

#include "dbus/systemd.h"
#include "service/util/log.h"
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <time.h>

#define STATUS_DELAY_USEC (100 * USEC_PER_MSEC)
#define WATCHDOG_PRIORITY (SD_EVENT_PRIORITY_IMPORTANT - 10)

struct Systemd {
        int fd; /* -EBADF: nobody to tell */
        struct sockaddr_un address;
        socklen_t address_size;
        bool reloading, ready, stopping, status_changed; /* not sent yet */
        uint64_t reloading_monotonic;
        char status[256];
        sd_event_source *flush;
        sd_event_source *watchdog;
        uint64_t watchdog_usec;
        const _Atomic uint64_t *heartbeat;
        bool heartbeat_lost; /* said once */
};

static usec_t now_on(clockid_t clock) {
        struct timespec t;

        clock_gettime(clock, &t);
        return (usec_t)t.tv_sec * USEC_PER_SEC + (usec_t)t.tv_nsec / NSEC_PER_USEC;
}

/* True when it is settled: sent, or refused for a reason that waiting does not cure. */
static bool send_now(const Systemd *s, const char *text) {
        ssize_t n = sendto(s->fd, text, strlen(text), MSG_DONTWAIT | MSG_NOSIGNAL,
                        (const struct sockaddr *)&s->address, s->address_size);
        return n >= 0 || (errno != EAGAIN && errno != ENOBUFS);
}

static bool send_state(Systemd *s) {
        char text[64];

        if (s->reloading) {
                (void)snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%llu",
                                (unsigned long long)s->reloading_monotonic);
                if (!send_now(s, text))
                        return false;
                s->reloading = false;
        }
        if (s->ready) {
                if (!send_now(s, "READY=1"))
                        return false;
                s->ready = false;
        }
        if (s->stopping) {
                if (!send_now(s, "STOPPING=1"))
                        return false;
                s->stopping = false;
        }
        return true;
}

static void schedule(Systemd *s) {
        int enabled;

        if (sd_event_source_get_enabled(s->flush, &enabled) >= 0 && enabled != SD_EVENT_OFF)
                return;
        (void)sd_event_source_set_time_relative(s->flush, STATUS_DELAY_USEC);
        (void)sd_event_source_set_enabled(s->flush, SD_EVENT_ONESHOT);
}

static void flush(Systemd *s) {
        char text[sizeof(s->status) + sizeof("STATUS=")];

        if (s->fd < 0)
                return;
        (void)snprintf(text, sizeof(text), "STATUS=%s", s->status);
        if (!send_state(s) || (s->status_changed && !send_now(s, text)))
                schedule(s);
        else
                s->status_changed = false;
}

static int on_flush(sd_event_source *source, uint64_t usec, void *userdata) {
        flush(userdata);
        return 0;
}

void systemd_status(Systemd *s, const char *text) {
        if (s->fd < 0 || strncmp(s->status, text, sizeof(s->status) - 1) == 0)
                return;
        (void)snprintf(s->status, sizeof(s->status), "%s", text);
        s->status_changed = true;
        schedule(s);
}

void systemd_ready(Systemd *s) {
        s->ready = true;
        flush(s);
}

void systemd_reloading(Systemd *s) {
        s->reloading_monotonic = now_on(CLOCK_MONOTONIC);
        s->ready = false; /* the READY of an earlier reload that is still unsent would end this one */
        s->reloading = true;
        flush(s);
}

void systemd_stopping(Systemd *s) {
        s->stopping = true;
        flush(s);
}

/* Twice per interval, as sd_watchdog_enabled(3) recommends. */
static int on_watchdog(sd_event_source *source, uint64_t usec, void *userdata) {
        Systemd *s = userdata;
        usec_t now = now_on(CLOCK_BOOTTIME), beat = atomic_load(s->heartbeat);

        if (now < usec_add(beat, s->watchdog_usec / 2)) {
                (void)send_now(s, "WATCHDOG=1");
                s->heartbeat_lost = false;
        } else if (!s->heartbeat_lost) {
                log_error("the engine has not turned for %llu ms, the watchdog is not fed",
                                (unsigned long long)((now - beat) / USEC_PER_MSEC));
                s->heartbeat_lost = true;
        }
        (void)sd_event_source_set_time_relative(source, s->watchdog_usec / 2);
        return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

/* $NOTIFY_SOCKET: an absolute path, or with '@' a name in the abstract namespace. False: none that we can
 * reach. */
static bool parse_address(const char *e, struct sockaddr_un *ret, socklen_t *ret_size) {
        if (!e || (e[0] != '/' && e[0] != '@') || strlen(e) >= sizeof(ret->sun_path))
                return false;
        *ret = (struct sockaddr_un){.sun_family = AF_UNIX};
        memcpy(ret->sun_path, e, strlen(e));
        if (e[0] == '@')
                ret->sun_path[0] = '\0';
        *ret_size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(e));
        return true;
}

static int watchdog_start(Systemd *s, sd_event *event) {
        if (s->fd < 0 || sd_watchdog_enabled(false, &s->watchdog_usec) <= 0)
                return 0;

        int r = sd_event_add_time_relative(event, &s->watchdog, CLOCK_MONOTONIC, s->watchdog_usec / 2,
                        USEC_PER_MSEC, on_watchdog, s);
        if (r >= 0)
                r = sd_event_source_set_priority(s->watchdog, WATCHDOG_PRIORITY);
        return r;
}

Systemd *systemd_free(Systemd *s) {
        if (!s)
                return NULL;
        sd_event_source_unref(s->flush);
        sd_event_source_unref(s->watchdog);
        safe_close(s->fd);
        free(s);
        return NULL;
}

int systemd_new(sd_event *event, const _Atomic uint64_t *heartbeat, Systemd **ret) {
        _cleanup_(systemd_freep) Systemd *s = calloc(1, sizeof(*s));
        int r;

        if (!s)
                return -ENOMEM;
        s->fd = -EBADF;
        s->heartbeat = heartbeat;
        if (parse_address(secure_getenv("NOTIFY_SOCKET"), &s->address, &s->address_size)) {
                s->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
                if (s->fd < 0)
                        return -errno;
        }
        r = sd_event_add_time_relative(
                        event, &s->flush, CLOCK_MONOTONIC, STATUS_DELAY_USEC, USEC_PER_MSEC, on_flush, s);
        if (r >= 0)
                r = sd_event_source_set_enabled(s->flush, SD_EVENT_OFF);
        if (r >= 0)
                r = watchdog_start(s, event);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(s);
        return 0;
}
