/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: the schedule of each vrrp_script, the counting of `rise` and `fall`, and the words about its last
 * result. Must not know: what the command does, who runs it (script-runner.c has the socket), what a result
 * is worth to whom. A run is a request to the runner; its reply is judged here and goes to the tracker's
 * node. Counting is keepalived's: consecutive results, the first one decides at once, `init_fail` starts as
 * down.
 *
 * A reply that says nothing about the service (the file was edited; no such script) is no result: the value
 * is held. One that says that the check cannot be made (refused, not startable) is a bad result, because a
 * check that never runs must not keep a router master. */

#include "service/track/track-script.h"
#include "service/track/script-runner.h"
#include "service/track/track-remote.h"
#include "service/util/log.h"
#include "service/util/parse.h"
#include <stdio.h>

/* A runner that has not replied this long after the script's timeout is stuck; it kills after one second. */
#define REPLY_GRACE_USEC (3 * USEC_PER_SEC)
/* Until a request is sent again for which the socket had no room. */
#define RETRY_USEC (200 * USEC_PER_MSEC)

struct ScriptChecks {
        sd_event *event;
        int64_t priority;
        ScriptRunner *runner;
        List checks;
        List watches; /* RemoteWatch: track-remote.c's */
        sd_event_source *retry;
        uint32_t last_serial;
        bool reload; /* the next request tells the runner to read the file again */
        bool had_runner;
};

struct ScriptCheck {
        ScriptChecks *all;
        TrackerNode *node;
        List list;
        const ConfigScript *script; /* borrowed; NULL before the first configuration */
        char digest[CONFIG_SCRIPT_DIGEST_SIZE];

        sd_event_source *timer;
        usec_t due, sent;     /* CLOCK_BOOTTIME */
        uint32_t serial;      /* of the run under way, 0 = none */
        bool decides_at_once; /* the next result */
        unsigned streak;      /* results in a row that contradict the state */
};

typedef enum Verdict {
        VERDICT_NONE,
        VERDICT_GOOD,
        VERDICT_BAD,
} Verdict;

typedef struct Result {
        Verdict verdict;
        int64_t value; /* exit status, 128 + signal, -1 = neither */
        bool unusual;  /* worth a line in the log: about the check, not about what is checked */
        char text[128];
} Result;

static usec_t now_boottime(const ScriptChecks *s) {
        uint64_t now = 0;

        (void)sd_event_now(s->event, CLOCK_BOOTTIME, &now);
        return now;
}

static void say(ScriptCheck *c, const char *text) {
        const Tracker *t = &c->node->tracker;

        tracker_node_update(c->node, t->state, t->value, text);
}

const char *script_checks_absence(const ScriptChecks *s) {
        if (!s->had_runner)
                return "waiting for vrrpd-scripts";
        if (!script_runner_may_return(s->runner))
                return "vrrpd-scripts is gone until vrrpd is restarted, last value held";
        return "vrrpd-scripts is gone, last value held";
}

/* Result of one run, in words and for the counting. The outcome comes from another process: any number may
 * be in it. */
static void interpret(const ScriptCheck *c, const ScriptReply *reply, Result *ret) {
        const char *signame = sigabbrev_np(reply->code);
        char span[32];

        *ret = (Result){.verdict = VERDICT_BAD, .value = -1};
        switch ((ScriptOutcome)reply->outcome) {
        case SCRIPT_EXITED:
                ret->verdict = reply->code == 0 ? VERDICT_GOOD : VERDICT_BAD;
                ret->value = reply->code;
                snprintf(ret->text, sizeof(ret->text), "exit status %d", reply->code);
                return;
        case SCRIPT_KILLED:
                ret->value = 128 + reply->code;
                snprintf(ret->text, sizeof(ret->text), "killed by signal %d (%s)", reply->code,
                                signame ? signame : "unknown");
                return;
        case SCRIPT_TIMEOUT:
                snprintf(ret->text, sizeof(ret->text), "no result within %s",
                                format_timespan(c->script->timeout_usec, span, sizeof(span)));
                return;
        case SCRIPT_UNKNOWN:
        case SCRIPT_MISMATCH:
                ret->verdict = VERDICT_NONE;
                ret->unusual = true;
                snprintf(ret->text, sizeof(ret->text),
                                "last value held: the configuration file was edited, run 'vrrpctl reload'");
                return;
        case SCRIPT_SEEN_UP:
        case SCRIPT_SEEN_DOWN:
                break;
        case SCRIPT_REFUSED:
        case SCRIPT_FAILED:
                ret->unusual = true;
                snprintf(ret->text, sizeof(ret->text), "%s",
                                reply->text[0] ? reply->text : "vrrpd-scripts cannot run it");
                return;
        }
        ret->verdict = VERDICT_NONE;
        ret->unusual = true;
        snprintf(ret->text, sizeof(ret->text), "last value held: unknown answer %d of vrrpd-scripts",
                        reply->outcome);
}

/* Where one more result leads: a state is left only after `rise` or `fall` results in a row that contradict
 * it. */
static VrrpTrackerState judge(ScriptCheck *c, bool good) {
        VrrpTrackerState state = c->node->tracker.state;

        if (c->decides_at_once) {
                c->decides_at_once = false;
                c->streak = 0;
                return good ? VRRP_TRACKER_UP : VRRP_TRACKER_DOWN;
        }
        switch (state) {
        case VRRP_TRACKER_UP:
        case VRRP_TRACKER_FALLING:
                if (!good && ++c->streak < c->script->fall)
                        return VRRP_TRACKER_FALLING;
                c->streak = 0;
                return good ? VRRP_TRACKER_UP : VRRP_TRACKER_DOWN;
        case VRRP_TRACKER_DOWN:
        case VRRP_TRACKER_RISING:
                if (good && ++c->streak < c->script->rise)
                        return VRRP_TRACKER_RISING;
                c->streak = 0;
                return good ? VRRP_TRACKER_UP : VRRP_TRACKER_DOWN;
        case VRRP_TRACKER_UNKNOWN: /* decides_at_once is set as long as it is unknown */
        case VRRP_TRACKER_STATE_MAX:
        case VRRP_TRACKER_STATE_INVALID:
                break;
        }
        assert(false);
        return state;
}

static void on_reply_for(ScriptCheck *c, const ScriptReply *reply) {
        char text[sizeof(c->node->tracker.status_text)];
        VrrpTrackerState state;
        Result result;

        c->serial = 0;
        interpret(c, reply, &result);
        if (result.unusual && strncmp(c->node->tracker.status_text, result.text, strlen(result.text)) != 0)
                log_warning("Script %s: %s", c->node->tracker.name, result.text);
        if (result.verdict == VERDICT_NONE) {
                say(c, result.text);
                return;
        }

        state = judge(c, result.verdict == VERDICT_GOOD);
        if (c->streak > 0)
                snprintf(text, sizeof(text), "%s, %u of %u to %s", result.text, c->streak,
                                state == VRRP_TRACKER_RISING ? c->script->rise : c->script->fall,
                                state == VRRP_TRACKER_RISING ? "rise" : "fall");
        else
                snprintf(text, sizeof(text), "%s", result.text);
        tracker_node_update(c->node, state, result.value, text);
}

/* Few runs are under way at a time, so the list is short work; a serial of nobody is a run that was given
 * up. */
static void on_reply(const ScriptReply *reply, void *userdata) {
        ScriptChecks *s = userdata;

        LIST_FOREACH (node, &s->checks) {
                ScriptCheck *c = CONTAINER_OF(node, ScriptCheck, list);

                if (c->serial != 0 && c->serial == reply->serial) {
                        on_reply_for(c, reply);
                        return;
                }
        }
        remote_watches_reply(&s->watches, reply);
}

int script_checks_send(ScriptChecks *s, ScriptRequest *request) {
        int r;

        if (++s->last_serial == 0)
                s->last_serial = 1;
        /* The end of a watch is told by the watch's own serial. */
        if (request->type != SCRIPT_UNWATCH)
                request->serial = s->last_serial;
        request->reload = s->reload;
        r = script_runner_send(s->runner, request);
        if (r >= 0)
                s->reload = false;
        return r;
}

List *script_checks_watches(ScriptChecks *s) {
        return &s->watches;
}

bool script_checks_connected(const ScriptChecks *s) {
        return script_runner_connected(s->runner);
}

sd_event *script_checks_event(const ScriptChecks *s) {
        return s->event;
}

void script_checks_retry(ScriptChecks *s) {
        (void)sd_event_source_set_time_relative(s->retry, RETRY_USEC);
        (void)sd_event_source_set_enabled(s->retry, SD_EVENT_ONESHOT);
}

static int on_retry(sd_event_source *source, uint64_t usec, void *userdata) {
        ScriptChecks *s = userdata;

        remote_watches_ask(&s->watches, false);
        return 0;
}

static void send_request(ScriptCheck *c, usec_t now) {
        ScriptRequest request = {.type = SCRIPT_RUN};

        snprintf(request.name, sizeof(request.name), "%s", c->script->name);
        memcpy(request.digest, c->digest, sizeof(request.digest));
        /* A runner that is gone or does not keep up: this run is left out; on_gone() or the next due time
         * says so. */
        if (script_checks_send(c->all, &request) < 0)
                return;
        c->serial = request.serial;
        c->sent = now;
}

/* Due times follow the schedule, not the time of handling; those that were slept over are left out. */
static int on_due(sd_event_source *source, uint64_t usec, void *userdata) {
        ScriptCheck *c = userdata;
        usec_t now = now_boottime(c->all), interval = c->script->interval_usec;
        int r;

        c->due = usec_add(c->due, interval);
        if (c->due <= now)
                c->due = now + interval - (now - c->due) % interval;
        r = sd_event_source_set_time(source, c->due);
        if (r < 0)
                return r;
        r = sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
        if (r < 0)
                return r;

        if (c->serial != 0 && now > usec_add(c->sent, usec_add(c->script->timeout_usec, REPLY_GRACE_USEC))) {
                c->serial = 0; /* given up: the next due time asks again */
                say(c, "vrrpd-scripts does not answer, last value held");
        } else if (c->serial == 0)
                send_request(c, now);
        return 0;
}

/* Runs now, and from now on in its interval. Setting a time cannot fail for a timer that exists and a time
 * that is not 0. */
static void start_schedule(ScriptCheck *c) {
        c->due = now_boottime(c->all);
        (void)sd_event_source_set_time(c->timer, c->due);
        (void)sd_event_source_set_enabled(c->timer, SD_EVENT_ONESHOT);
}

static void on_connected(void *userdata) {
        ScriptChecks *s = userdata;

        /* It may have read the file long before we did, or long after. */
        s->reload = s->had_runner = true;
        LIST_FOREACH (node, &s->checks)
                start_schedule(CONTAINER_OF(node, ScriptCheck, list));
        remote_watches_ask(&s->watches, true);
}

static void on_gone(void *userdata) {
        ScriptChecks *s = userdata;

        LIST_FOREACH (node, &s->checks) {
                ScriptCheck *c = CONTAINER_OF(node, ScriptCheck, list);

                c->serial = 0;
                (void)sd_event_source_set_enabled(c->timer, SD_EVENT_OFF);
                say(c, script_checks_absence(c->all));
        }
        remote_watches_gone(&s->watches, script_checks_absence(s));
}

static const ScriptRunnerEvents runner_events = {
                .connected = on_connected,
                .gone = on_gone,
                .reply = on_reply,
};

int script_checks_new(sd_event *event, int64_t priority, int runner_fd, const char *socket_path,
                ScriptChecks **ret) {
        _cleanup_(script_checks_freep) ScriptChecks *s = calloc(1, sizeof(*s));
        int r;

        if (!s) {
                safe_close(runner_fd);
                return -ENOMEM;
        }
        list_init(&s->checks);
        list_init(&s->watches);
        s->event = sd_event_ref(event);
        s->priority = priority;
        r = script_runner_new(event, priority, runner_fd, socket_path, &runner_events, s, &s->runner);
        if (r < 0)
                return r;
        s->had_runner = script_runner_connected(s->runner);
        r = sd_event_add_time(event, &s->retry, CLOCK_BOOTTIME, USEC_INFINITY, USEC_PER_MSEC, on_retry, s);
        if (r >= 0)
                r = sd_event_source_set_priority(s->retry, priority);
        if (r >= 0)
                r = sd_event_source_set_enabled(s->retry, SD_EVENT_OFF);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(s);
        return 0;
}

ScriptChecks *script_checks_free(ScriptChecks *s) {
        if (!s)
                return NULL;
        assert(list_empty(&s->checks) && list_empty(&s->watches));
        sd_event_source_disable_unref(s->retry);
        script_runner_free(s->runner);
        sd_event_unref(s->event);
        free(s);
        return NULL;
}

void script_checks_configured(ScriptChecks *s) {
        s->reload = true;
        /* It has logged what is wrong; the trackers say that they wait. */
        if (!list_empty(&s->checks) || !list_empty(&s->watches))
                (void)script_runner_listen(s->runner);
        remote_watches_ask(&s->watches, false);
}

int script_check_new(ScriptChecks *s, TrackerNode *node, ScriptCheck **ret) {
        ScriptCheck *c = calloc(1, sizeof(*c));
        int r;

        if (!c)
                return -ENOMEM;
        c->all = s;
        c->node = node;
        list_append(&s->checks, &c->list);
        r = sd_event_add_time(s->event, &c->timer, CLOCK_BOOTTIME, USEC_INFINITY, USEC_PER_MSEC, on_due, c);
        if (r >= 0)
                r = sd_event_source_set_priority(c->timer, s->priority);
        if (r >= 0)
                r = sd_event_source_set_enabled(c->timer, SD_EVENT_OFF);
        if (r < 0) {
                script_check_free(c);
                return r;
        }
        *ret = c;
        return 0;
}

ScriptCheck *script_check_free(ScriptCheck *c) {
        if (!c)
                return NULL;
        list_remove(&c->list);
        sd_event_source_disable_unref(c->timer);
        free(c);
        return NULL;
}

static void begin(ScriptCheck *c) {
        char text[sizeof(c->node->tracker.status_text)];

        if (c->script->init_fail) {
                snprintf(text, sizeof(text), "init_fail: down until %u good results", c->script->rise);
                tracker_node_update(c->node, VRRP_TRACKER_DOWN, -1, text);
        } else {
                c->decides_at_once = true;
                tracker_node_update(c->node, VRRP_TRACKER_UNKNOWN, -1,
                                script_runner_connected(c->all->runner) ? "first result is pending"
                                                                        : script_checks_absence(c->all));
        }
}

static void begin_again(ScriptCheck *c) {
        const Tracker *t = &c->node->tracker;

        c->serial = 0; /* a reply still under way is about the old command */
        c->streak = 0;
        c->decides_at_once = true;
        tracker_node_update(c->node,
                        t->state == VRRP_TRACKER_RISING    ? VRRP_TRACKER_DOWN
                        : t->state == VRRP_TRACKER_FALLING ? VRRP_TRACKER_UP
                                                           : t->state,
                        t->value, "the check was changed, last value held until its first result");
}

void script_check_configure(ScriptCheck *c, const Config *config, const ConfigScript *script) {
        bool first = !c->script, changed;
        usec_t old_interval = first ? 0 : c->script->interval_usec;
        char digest[CONFIG_SCRIPT_DIGEST_SIZE];

        config_script_digest(config, script, digest);
        changed = first || !streq(digest, c->digest);
        memcpy(c->digest, digest, sizeof(digest));
        c->script = script;

        if (first)
                begin(c);
        else if (changed)
                begin_again(c);
        if (script_runner_connected(c->all->runner) && (changed || script->interval_usec != old_interval))
                start_schedule(c);
}
