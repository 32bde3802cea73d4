/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The thread: one loop with the engine's mailbox, SIGHUP, the bus and a few timers. Everything is made by
 * bus_side_start() in the calling thread, so that its errors are seen there; from then on it belongs to the
 * new thread, until bus_side_join() has seen that end. Only params' mailboxes, the heartbeat and end_fd are
 * touched from both sides.
 *
 * This file sorts records to the parts; it decides nothing about them. */

#include "dbus/bus.h"
#include "dbus/group-object.h"
#include "dbus/instance-object.h"
#include "dbus/manager-object.h"
#include "dbus/names.h"
#include "dbus/record-text.h"
#include "dbus/side.h"
#include "dbus/tracker-object.h"
#include "service/util/log.h"
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>

/* Records per loop turn: the bus has its say in between. */
#define RECORDS_PER_TURN 512
#define PAUSE_USEC (2 * USEC_PER_MSEC)
/* READY waits this long for the bus, so that what is started after us finds us there; VRRP runs already. */
#define READY_DELAY_USEC USEC_PER_SEC
/* What was said last has this long to leave. */
#define FLUSH_USEC USEC_PER_SEC
#define FLUSH_POLL_USEC (10 * USEC_PER_MSEC)

static usec_t now_on(clockid_t clock) {
        struct timespec t;

        clock_gettime(clock, &t);
        return (usec_t)t.tv_sec * USEC_PER_SEC + (usec_t)t.tv_nsec / NSEC_PER_USEC;
}

int bus_side_post(BusSide *b, Command *command) {
        return mailbox_post(b->params.commands, command);
}

BusSide *bus_side_of(sd_bus_message *m) {
        return sd_bus_slot_get_userdata(sd_bus_get_current_slot(sd_bus_message_get_bus(m)));
}

static void say_ready(BusSide *b) {
        if (!b->ready || b->ready_said)
                return;
        b->ready_said = true;
        (void)sd_event_source_set_enabled(b->ready_timer, SD_EVENT_OFF);
        systemd_ready(b->systemd);
}

static int on_ready_timer(sd_event_source *s, uint64_t usec, void *userdata) {
        say_ready(userdata);
        return 0;
}

/* The engine runs; READY follows when the first attempt to get on the bus has ended. */
static void engine_ready(BusSide *b) {
        if (b->ready)
                return;
        b->ready = true;
        if (b->bus_settled)
                say_ready(b);
        else {
                (void)sd_event_source_set_time_relative(b->ready_timer, READY_DELAY_USEC);
                (void)sd_event_source_set_enabled(b->ready_timer, SD_EVENT_ONESHOT);
        }
}

/* "3 instances: 1 master, 2 backup" */
static void update_status(BusSide *b) {
        const MirrorCounts *c = mirror_counts(publisher_mirror(b->publisher));
        char text[160];
        size_t n = 0;

        if (b->stopping)
                n = (size_t)snprintf(text, sizeof(text), "stopping: handing over");
        else {
                n = (size_t)snprintf(text, sizeof(text), "%u instance%s", c->instances,
                                c->instances == 1 ? "" : "s");
                static const VrrpState order[] = {VRRP_MASTER, VRRP_BACKUP, VRRP_FAULT, VRRP_INITIALIZE};
                const char *separator = ": ";
                for (size_t i = 0; i < ELEMENTSOF(order) && n < sizeof(text); i++) {
                        if (c->by_state[order[i]] == 0)
                                continue;
                        n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%u %s", separator,
                                        c->by_state[order[i]], vrrp_state_to_string(order[i]));
                        separator = ", ";
                }
        }
        systemd_status(b->systemd, text);
}

/* From here on nothing is commanded any more, and who waits is told so. */
static void stopping(BusSide *b) {
        if (b->stopping)
                return;
        b->stopping = true;
        systemd_stopping(b->systemd);
        reloader_stop(b->reloader);
        statistics_end(b->statistics, UINT64_MAX, VRRPD_ERROR_STOPPING, "The daemon is stopping.");
        publisher_emit_stopping(b->publisher, "stop");
}

static void stopped(BusSide *b) {
        if (b->stopped)
                return;
        stopping(b);
        b->stopped = true;
        b->end_monotonic = now_on(CLOCK_MONOTONIC) + FLUSH_USEC;
}

/* -ENOMEM: the record could not be kept, but might be if it is posted again. Any other error: it never can
 * be. */
static int dispatch(BusSide *b, Record *record) {
        Publisher *p = b->publisher;

        record_clean_text(record);
        switch (record->type) {
        case RECORD_INSTANCE:
                return publisher_instance(p, TAKE_PTR(record->status));
        case RECORD_INSTANCE_REMOVED:
                publisher_instance_removed(p, record->id);
                return 0;
        case RECORD_TRACKER:
                return publisher_tracker(p, TAKE_PTR(record->tracker));
        case RECORD_TRACKER_REMOVED:
                publisher_tracker_removed(p, record->id);
                return 0;
        case RECORD_EVENT:
                publisher_event(p, TAKE_PTR(record->event));
                return 0;
        case RECORD_GROUP:
                return publisher_group(p, TAKE_PTR(record->group));
        case RECORD_GROUP_REMOVED:
                publisher_group_removed(p, record->id);
                return 0;
        case RECORD_GROUP_EVENT:
                publisher_group_event(p, TAKE_PTR(record->event));
                return 0;
        case RECORD_STATISTICS:
                statistics_answer(b->statistics, record);
                return 0;
        case RECORD_RELOADED:
                reloader_answer(b->reloader, record);
                return 0;
        case RECORD_RESYNC_DONE:
                resync_done(b->resync, record);
                engine_ready(b); /* its READY may have been among what was lost */
                return 0;
        case RECORD_LOG:
                journal_write_record(b->journal, record->log);
                return 0;
        case RECORD_READY:
                engine_ready(b);
                return 0;
        case RECORD_STOPPING:
                stopping(b);
                return 0;
        case RECORD_GARBAGE:
                return 0; /* its end is that of the record */
        case RECORD_STOPPED:
                stopped(b);
                return 0;
        }
        return 0;
}

/* Takes at most `max` records; false: the mailbox is empty. */
static bool take_records(BusSide *b, size_t max) {
        size_t taken = 0;
        bool empty = false;

        if (mailbox_take_overflow(b->params.records))
                resync_lost(b->resync);
        while (!empty && taken < max) {
                _cleanup_(record_freep) Record *record = mailbox_take(b->params.records);

                if (!record)
                        empty = true;
                else {
                        taken++;
                        int r = dispatch(b, record);
                        if (r == -ENOMEM)
                                resync_lost(b->resync);
                        else if (r < 0)
                                log_error("a record of the engine cannot be published: %s", strerror(-r));
                }
        }
        resync_turn(b->resync, taken, empty);
        publisher_flush(b->publisher);
        statistics_drop_gone(b);
        update_status(b);
        return !empty;
}

/* While the bus has a burst to digest, the records wait in the mailbox, where they cost nothing. */
static int on_mailbox(sd_event_source *s, int fd, uint32_t revents, void *userdata) {
        BusSide *b = userdata;

        if (!connection_wants_pause(b->connection)) {
                (void)take_records(b, RECORDS_PER_TURN);
                return 0;
        }
        (void)sd_event_source_set_time_relative(b->resume_timer, PAUSE_USEC);
        (void)sd_event_source_set_enabled(b->resume_timer, SD_EVENT_ONESHOT);
        return sd_event_source_set_enabled(s, SD_EVENT_OFF);
}

static int on_resume_timer(sd_event_source *s, uint64_t usec, void *userdata) {
        return sd_event_source_set_enabled(((BusSide *)userdata)->mailbox_source, SD_EVENT_ON);
}

static int on_hangup(sd_event_source *s, const struct signalfd_siginfo *si, void *userdata) {
        BusSide *b = userdata;

        if (b->stopping)
                return 0;
        log_info("SIGHUP: reloading the configuration");
        if (reloader_request(b->reloader, NULL, 0) < 0)
                log_error("too many reloads are waiting");
        return 0;
}

/* bus_side_join() waits: what the engine posted last counts, and then it is over. */
static int on_end(sd_event_source *s, int fd, uint32_t revents, void *userdata) {
        BusSide *b = userdata;
        eventfd_t value;

        (void)eventfd_read(fd, &value);
        (void)take_records(b, SIZE_MAX);
        stopped(b);
        return 0;
}

static int bus_setup(sd_bus *bus, void *userdata) {
        int r = manager_object_register(bus, userdata);

        if (r >= 0)
                r = instance_object_register(bus, userdata);
        if (r >= 0)
                r = group_object_register(bus, userdata);
        if (r >= 0)
                r = tracker_object_register(bus, userdata);
        return r;
}

static void bus_up(bool again, void *userdata) {
        BusSide *b = userdata;

        if (again)
                publisher_emit_resync(b->publisher, "reconnected");
}

static void bus_down(void *userdata) {
        BusSide *b = userdata;

        authorizer_cancel_all(b->authorizer);
        reloader_forget_callers(b->reloader);
        statistics_end(b->statistics, UINT64_MAX, NULL, NULL);
}

static void bus_settled(void *userdata) {
        BusSide *b = userdata;

        b->bus_settled = true;
        say_ready(b);
}

static void bus_drained(void *userdata) {
        publisher_emit_resync(((BusSide *)userdata)->publisher, "stalled");
}

static const ConnectionHandlers handlers = {
                .setup = bus_setup,
                .up = bus_up,
                .down = bus_down,
                .settled = bus_settled,
                .drained = bus_drained,
};

static void log_to_journal(const LogRecord *record, void *userdata) {
        journal_write_record(userdata, record);
}

static bool is_over(const BusSide *b) {
        return b->stopped &&
               (connection_is_flushed(b->connection) || now_on(CLOCK_MONOTONIC) >= b->end_monotonic);
}

static void *bus_thread(void *userdata) {
        BusSide *b = userdata;
        int r = 0;

        log_set_sink(log_to_journal, b->journal);
        while (r >= 0 && !is_over(b))
                r = sd_event_run(b->event, b->stopped ? FLUSH_POLL_USEC : UINT64_MAX);
        if (r < 0)
                log_error("the bus side's loop failed: %s", strerror(-r));
        log_set_sink(NULL, NULL);
        return NULL;
}

static BusSide *bus_side_free(BusSide *b) {
        if (!b)
                return NULL;
        /* What holds messages and slots goes before the bus they belong to. */
        resync_free(b->resync);
        reloader_free(b->reloader);
        statistics_calls_free(b->statistics);
        authorizer_free(b->authorizer);
        connection_free(b->connection);
        publisher_free(b->publisher);
        systemd_free(b->systemd);
        journal_free(b->journal);
        sd_event_source_unref(b->ready_timer);
        sd_event_source_unref(b->resume_timer);
        sd_event_source_unref(b->mailbox_source);
        sd_event_unref(b->event);
        safe_close(b->end_fd);
        free(b);
        return NULL;
}
DEFINE_CLEANUP(BusSide, bus_side_free);

static int add_sources(BusSide *b) {
        int r = sd_event_add_io(
                        b->event, &b->mailbox_source, mailbox_fd(b->params.records), EPOLLIN, on_mailbox, b);

        if (r >= 0)
                r = sd_event_add_io(b->event, NULL, b->end_fd, EPOLLIN, on_end, b);
        if (r >= 0)
                r = sd_event_add_signal(b->event, NULL, SIGHUP, on_hangup, b);
        if (r >= 0)
                r = sd_event_add_time_relative(b->event, &b->ready_timer, CLOCK_MONOTONIC, 0, USEC_PER_MSEC,
                                on_ready_timer, b);
        if (r >= 0)
                r = sd_event_source_set_enabled(b->ready_timer, SD_EVENT_OFF);
        if (r >= 0)
                r = sd_event_add_time_relative(
                                b->event, &b->resume_timer, CLOCK_MONOTONIC, 0, 1, on_resume_timer, b);
        if (r >= 0)
                r = sd_event_source_set_enabled(b->resume_timer, SD_EVENT_OFF);
        return r;
}

/* What the stop does to the instances is not the administrator's will. */
static void keep(const InstanceStatus *status, bool removed, void *userdata) {
        const BusSide *b = userdata;

        if (b->params.keep && !b->stopping)
                b->params.keep(b->params.userdata, status, removed);
}

static int make_parts(BusSide *b) {
        int r = journal_new(b->event, &b->journal);

        if (r >= 0)
                r = systemd_new(b->event, b->params.engine_heartbeat, &b->systemd);
        if (r >= 0)
                r = publisher_new(b->journal, keep, b, &b->publisher);
        if (r >= 0)
                r = authorizer_new(&b->authorizer);
        if (r >= 0)
                r = statistics_calls_new(&b->statistics);
        if (r >= 0)
                r = reloader_new(b, &b->reloader);
        if (r >= 0)
                r = resync_new(b, &b->resync);
        if (r >= 0)
                r = connection_new(b->event, strempty(b->params.user), &handlers, b, &b->connection);
        if (r >= 0)
                publisher_set_connection(b->publisher, b->connection);
        return r;
}

/* Signals are the engine's, apart from SIGHUP, which comes by the loop's signalfd. */
static int start_thread(BusSide *b) {
        sigset_t all, old;

        sigfillset(&all);
        int r = -pthread_sigmask(SIG_SETMASK, &all, &old);
        if (r < 0)
                return r;
        r = -pthread_create(&b->thread, NULL, bus_thread, b);
        (void)pthread_sigmask(SIG_SETMASK, &old, NULL);
        if (r >= 0)
                (void)pthread_setname_np(b->thread, "vrrpd-bus");
        return r;
}

int bus_side_start(const BusSideParams *params, BusSide **ret) {
        _cleanup_(bus_side_freep) BusSide *b = calloc(1, sizeof(*b));
        int r;

        if (!b)
                return -ENOMEM;
        b->params = *params;
        b->start_realtime = now_on(CLOCK_REALTIME);
        b->start_monotonic = now_on(CLOCK_MONOTONIC);
        b->end_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (b->end_fd < 0)
                return -errno;
        r = sd_event_new(&b->event);
        if (r >= 0)
                r = make_parts(b);
        if (r >= 0)
                r = add_sources(b);
        if (r >= 0)
                r = start_thread(b);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(b);
        return 0;
}

bool bus_side_join(BusSide *b, usec_t timeout_usec) {
        usec_t until = usec_add(now_on(CLOCK_MONOTONIC), timeout_usec);
        struct timespec t = {
                        .tv_sec = (time_t)(until / USEC_PER_SEC),
                        .tv_nsec = (long)(until % USEC_PER_SEC * NSEC_PER_USEC),
        };

        (void)eventfd_write(b->end_fd, 1);
        /* Still running, it still needs everything: then all of it is left to the end of the process. */
        if (pthread_clockjoin_np(b->thread, NULL, CLOCK_MONOTONIC, &t) != 0)
                return false;
        bus_side_free(b);
        return true;
}
