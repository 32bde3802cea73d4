/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* vrrpctl monitor [NAME...]: one line per signal, until interrupted; with --exec one command per finished
 * transition. It outlives the daemon: when that comes back, or says Resync, what was missed is taken from
 * its ring of events, and an instance that is then still in another state than was last told is told as
 * "CurrentState".
 *
 * Why nothing is told twice or out of order: the number of the latest event that was told, or that a reading
 * has covered, is kept, and whatever arrives with a number up to that is old. */

#include "ctl/events.h"
#include "ctl/hook.h"
#include "ctl/verbs.h"
#include "dbus/names.h"
#include <signal.h>
#include <stdio.h>

/* Events that keep coming while everything is read lead to another reading, but not for ever. */
#define READ_ATTEMPTS 3
#define EXEC_TIMEOUT_USEC (5 * 60 * USEC_PER_SEC)

/* What was last told about an instance. */
typedef struct Known {
        char *name, *path;
        char *told_state;         /* the state of the last TransitionFinished or CurrentState; "" = none */
        char *old_state, *reason; /* of the last StateChanged */
        uint8_t priority;
        bool fresh; /* a reload has replaced it, and no transition of the new one was told yet */
} Known;

typedef struct Monitor {
        Context *context;
        char **names; /* NULL-terminated; empty = all */
        Hook *hook;   /* NULL without --exec */
        Known *known;
        size_t n_known;
        char *epoch;      /* whose numbers `covered` is one of; NULL before the first reading */
        uint64_t covered; /* everything up to this number was told or read */
        bool running;     /* as last told */
} Monitor;

static void monitor_done(Monitor *m) {
        for (size_t i = 0; i < m->n_known; i++) {
                Known *k = &m->known[i];
                free(k->name);
                free(k->path);
                free(k->told_state);
                free(k->old_state);
                free(k->reason);
        }
        free(m->known);
        free(m->epoch);
        hook_free(m->hook);
}

static bool wanted(const Monitor *m, const char *name) {
        for (char **p = m->names; *p; p++)
                if (streq(*p, name))
                        return true;
        return !*m->names;
}

static int set(char **member, const char *value) {
        char *copy = strdup(value);
        if (!copy)
                return -ENOMEM;
        free(*member);
        *member = copy;
        return 0;
}

static Known *find_known(const Monitor *m, const char *path) {
        for (size_t i = 0; i < m->n_known; i++)
                if (streq(m->known[i].path, path))
                        return &m->known[i];
        return NULL;
}

static int add_known(Monitor *m, const char *name, const char *path, Known **ret) {
        Known *bigger = reallocarray(m->known, m->n_known + 1, sizeof(*bigger));
        if (!bigger)
                return -ENOMEM;
        m->known = bigger;
        Known *k = &m->known[m->n_known];
        *k = (Known){strdup(name), strdup(path), strdup(""), strdup(""), strdup(""), 0, false};
        m->n_known++;
        *ret = k;
        return k->name && k->path && k->told_state && k->old_state && k->reason ? 0 : -ENOMEM;
}

/* One event to stdout. Borrows it. */
static int tell(const Monitor *m, const json_t *event) {
        const Output *o = &m->context->output;
        char time[FORMAT_TIME_MAX];

        if (o->json != JSON_MODE_OFF)
                return json_print(o, json_incref((json_t *)(uintptr_t)event));
        _cleanup_free_ char *text = event_describe(event);
        if (!text)
                return -ENOMEM;
        uint64_t when = event_u64(event, "realtime_usec");
        print_line(o, "%s %s", format_time(when > 0 ? when : now_realtime(), time, sizeof(time)), text);
        return 0;
}

/* Queues the command for an instance that has arrived in `state`. event: the signal, or NULL for a state
 * found by reading. */
static int run_hook(Monitor *m, const Known *k, const char *state, const json_t *event) {
        if (!m->hook)
                return 0;
        const char *result = event ? event_string(event, "result") : "current";
        int r = hook_queue(m->hook,
                        json_pack("{s:s, s:s, s:s, s:s, s:s, s:i, s:o, s:o, s:o}", "name", k->name, "state",
                                        state, "old_state", k->old_state, "reason", k->reason, "result",
                                        result, "priority", k->priority, "seq",
                                        json_u64(event ? event_u64(event, "seq") : m->covered),
                                        "realtime_usec",
                                        json_u64(event ? event_u64(event, "realtime_usec") : now_realtime()),
                                        "monotonic_usec",
                                        json_u64(event ? event_u64(event, "monotonic_usec") : 0)));
        if (r == -ENOBUFS) {
                print_error("monitor: too many commands wait; %s %s is left out", k->name, state);
                return 0;
        }
        return r;
}

static int known_of(Monitor *m, const json_t *event, Known **ret) {
        const char *path = event_string(event, "path");
        Known *k = find_known(m, path);

        if (k) {
                *ret = k;
                return 0;
        }
        return add_known(m, event_string(event, "name"), path, ret);
}

/* One that a reload has replaced gives up its addresses: news for the command, unless it has been told what
 * the new one does, which is what counts. */
static int follow_replaced(Monitor *m, const json_t *event) {
        static char reason[] = "configuration";
        const Known *k = find_known(m, event_string(event, "path"));

        if (!k || !k->fresh || !streq(event_string(event, "signal"), "TransitionFinished") ||
                        !wanted(m, k->name))
                return 0;
        Known old = *k;
        old.old_state = k->told_state;
        old.reason = reason;
        return run_hook(m, &old, event_string(event, "state"), event);
}

/* What later events of the same instance need to know of this one, and the command for a finished
 * transition. */
static int follow(Monitor *m, const json_t *event) {
        const char *signal = event_string(event, "signal");
        const json_t *priority = json_object_get(json_object_get(event, "details"), "priority");
        bool changed = streq(signal, "StateChanged");
        Known *k;

        if (event_is_replaced(event))
                return follow_replaced(m, event);
        if (!changed && !streq(signal, "TransitionFinished"))
                return 0;
        int r = known_of(m, event, &k);
        if (r < 0)
                return r;
        if (json_is_integer(priority))
                k->priority = (uint8_t)json_integer_value(priority);
        if (changed) {
                r = set(&k->old_state, event_string(event, "old_state"));
                return r < 0 ? r : set(&k->reason, event_string(event, "reason"));
        }
        k->fresh = false;
        r = set(&k->told_state, event_string(event, "state"));
        if (r >= 0 && wanted(m, k->name))
                r = run_hook(m, k, k->told_state, event);
        return r;
}

/* An event with a number, from a signal or from the ring. */
static int take_event(Monitor *m, const json_t *event) {
        uint64_t seq = event_u64(event, "seq");

        if (seq <= m->covered)
                return 0;
        m->covered = seq;
        int r = follow(m, event);
        return r < 0 || !wanted(m, event_string(event, "name")) ? r : tell(m, event);
}

/* A state found by reading that is not the one last told. */
static int tell_current(Monitor *m, Known *k, const Instance *i) {
        if (wanted(m, k->name)) {
                _cleanup_(json_decrefp) json_t *event = json_pack("{s:s, s:s, s:s, s:s, s:s, s:i, s:o}",
                                "signal", "CurrentState", "path", k->path, "name", k->name, "state",
                                i->state, "reason", i->state_reason, "priority", i->priority, "seq",
                                json_u64(m->covered));
                int r = event ? tell(m, event) : -ENOMEM;
                if (r >= 0)
                        r = run_hook(m, k, i->state, NULL);
                if (r < 0)
                        return r;
        }
        return set(&k->told_state, i->state);
}

/* A master that still waits for the kernel is told by its TransitionFinished, which is yet to come. */
static bool settled(const Instance *i) {
        return !instance_is(i, "master") || instance_serves(i);
}

/* first: what was there when the monitor began is news only if asked for. */
static int take_instance(Monitor *m, const Instance *i, bool first) {
        Known *k = find_known(m, i->path);
        int r = 0;

        if (!k)
                r = add_known(m, i->name, i->path, &k);
        if (r < 0)
                return r;
        k->priority = i->priority;
        k->fresh = false;
        if (!settled(i) || streq(k->told_state, i->state))
                return 0;
        r = set(&k->old_state, k->told_state);
        if (r >= 0)
                r = set(&k->reason, i->state_reason);
        if (r < 0)
                return r;
        if (first && !m->context->options.initial)
                return set(&k->told_state, i->state);
        return tell_current(m, k, i);
}

/* Tells what the daemon's ring has after what was told. */
static int replay(Monitor *m, sd_bus_error *error) {
        _cleanup_(json_decrefp) json_t *events = NULL;
        size_t i;
        json_t *event;

        int r = events_read(m->context->client, m->epoch, m->covered, error, &events);
        json_array_foreach(events, i, event) {
                if (r < 0)
                        break;
                r = take_event(m, event);
        }
        return r;
}

/* Readings until no event is newer than what was read; the ring has usually told the differences by then. */
static int read_consistently(Monitor *m, sd_bus_error *error, Snapshot *ret) {
        bool first = !m->epoch;

        for (int i = 0; i < READ_ATTEMPTS; i++) {
                snapshot_done(ret);
                int r = snapshot_read(m->context->client, error, ret);
                if (r < 0)
                        return r;
                if (first)
                        m->covered = ret->manager.sequence;
                else if (!streq(m->epoch, ret->manager.epoch))
                        m->covered = 0; /* another daemon, other numbers */
                if (first || !streq(m->epoch, ret->manager.epoch))
                        r = set(&m->epoch, ret->manager.epoch);
                if (r >= 0 && !first)
                        r = replay(m, error);
                if (r < 0)
                        return r;
                if (m->covered <= ret->manager.sequence)
                        break;
        }
        m->covered = MAX(m->covered, ret->manager.sequence);
        return 0;
}

/* A misspelt name would be waited for in silence; one that is yet to be configured may well be. */
static void warn_missing(const Monitor *m, const Snapshot *s) {
        for (char **name = m->names; *name; name++)
                if (!snapshot_find_instance(s, *name) && !snapshot_find_group(s, *name))
                        print_message("There is no instance or group \"%s\" now; waiting for it.", *name);
}

/* Reads everything. A daemon that cannot be read now is gone or going: it will be read when it is back. */
static int read_again(Monitor *m) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        _cleanup_(snapshot_done) Snapshot s = {};
        bool first = !m->epoch;

        int r = read_consistently(m, &error, &s);
        if (r < 0 && sd_bus_error_is_set(&error) && !client_error_is_connection(r))
                return 0;
        if (r >= 0 && first)
                warn_missing(m, &s);
        for (size_t i = 0; r >= 0 && i < s.n_instances; i++)
                r = take_instance(m, &s.instances[i], first);
        return r;
}

/* The daemon came or went. */
static int tell_running(Monitor *m, bool running) {
        if (running != m->running) {
                _cleanup_(json_decrefp) json_t *event =
                                json_pack("{s:s}", "signal", running ? "DaemonStarted" : "DaemonStopped");
                m->running = running;
                int r = event ? tell(m, event) : -ENOMEM;
                if (r < 0)
                        return r;
        }
        return running ? read_again(m) : 0;
}

/* PropertiesChanged is only told with --verbose, but the priority in it is needed for the commands. */
static int on_properties(Monitor *m, const json_t *event) {
        const json_t *priority = json_object_get(json_object_get(event, "changed"), "Priority");
        Known *k = find_known(m, event_string(event, "path"));

        if (k && json_is_integer(priority))
                k->priority = (uint8_t)json_integer_value(priority);
        return m->context->options.verbose && (!k || wanted(m, k->name)) && (k || !*m->names)
                               ? tell(m, event)
                               : 0;
}

static int on_signal(Monitor *m, sd_bus_message *message) {
        _cleanup_(json_decrefp) json_t *event = NULL;

        int r = event_from_message(message, &event);
        if (r < 0 || !event)
                return r;
        const char *signal = event_string(event, "signal");
        if (streq(signal, "PropertiesChanged"))
                return on_properties(m, event);
        if (streq(signal, "Resync")) {
                r = tell(m, event);
                return r < 0 ? r : read_again(m);
        }
        /* Stopping has the number of the event before it. */
        if (json_object_get(event, "seq") && !streq(signal, "Stopping"))
                return take_event(m, event);
        if (!json_object_get(event, "object"))
                return tell(m, event);
        Known *k = find_known(m, event_string(event, "object"));
        if (k && streq(signal, "InterfacesAdded"))
                k->fresh = true;
        _cleanup_free_ char *name = NULL;
        r = path_to_name(event_string(event, "object"), &name);
        if (r < 0)
                return r == -ENOMEM ? r : 0;
        return wanted(m, name) ? tell(m, event) : 0;
}

static int on_event(sd_bus_message *message, bool running, void *userdata) {
        Monitor *m = userdata;
        return message ? on_signal(m, message) : tell_running(m, running);
}

/* Commands end by SIGCHLD, signals of the bus by its socket: one event loop for both. */
static int run(Monitor *m) {
        _cleanup_(sd_event_unrefp) sd_event *event = NULL;
        const Options *o = &m->context->options;
        bool running;

        int r = sd_event_new(&event);
        if (r < 0)
                return r;
        if (o->exec) {
                sigset_t set_chld;
                sigemptyset(&set_chld);
                sigaddset(&set_chld, SIGCHLD);
                if (sigprocmask(SIG_BLOCK, &set_chld, NULL) < 0)
                        return -errno;
                r = hook_new(event, o->exec,
                                o->exec_timeout_usec > 0 ? o->exec_timeout_usec : EXEC_TIMEOUT_USEC,
                                &m->hook);
                if (r < 0)
                        return r;
        }
        r = client_watch(m->context->client, VRRPD_PATH, on_event, m, &running);
        if (r < 0)
                return r;
        m->running = true; /* only its absence is worth a line */
        r = tell_running(m, running);
        if (r < 0)
                return r;
        return client_loop(m->context->client, event);
}

int verb_monitor(int argc, char **argv, Context *x) {
        _cleanup_(monitor_done) Monitor m = {.context = x, .names = argv + 1};

        if (x->output.json != JSON_MODE_OFF)
                x->output.json = JSON_MODE_SHORT; /* one object a line */
        int r = run(&m);
        return r < 0 ? client_report(x->client, "monitor", NULL, NULL, r) : CTL_OK;
}
