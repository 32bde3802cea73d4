/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* An operation from the command line to its end. The daemon answers a call at once with a number and says
 * later, by OperationFinished with that number, how it went; so the signals are subscribed before the call,
 * and only the one with our number ends the wait. The instance is read again after the end, for who is
 * master now. */

#include "ctl/operation.h"
#include "dbus/names.h"
#include "service/util/parse.h"
#include <inttypes.h>
#include <stdio.h>

#define OPERATION_TIMEOUT_USEC (90 * USEC_PER_SEC)

/* What is being waited for. */
typedef struct Waiter {
        uint64_t number;
        bool done; /* finished, or gone */
        bool gone; /* the daemon left the bus */
        char *result, *detail, *successor;
} Waiter;

static void waiter_done(Waiter *w) {
        free(w->result);
        free(w->detail);
        free(w->successor);
}

const char *describe_master(const Instance *i, char *buf, size_t size) {
        if (instance_is(i, "master"))
                snprintf(buf, size, "this host");
        else if (*i->master_address)
                snprintf(buf, size, "%s (priority %u)", i->master_address, i->master_priority);
        else
                snprintf(buf, size, "unknown");
        return buf;
}

/* OperationFinished(s name, t op, s kind, s result, ttt, a{sv}). */
static int on_finished(Waiter *w, sd_bus_message *m) {
        const char *name, *kind, *result;
        uint64_t number;
        json_t *details;

        int r = sd_bus_message_read(m, "stss", &name, &number, &kind, &result);
        if (r < 0)
                return -EBADMSG;
        if (number != w->number)
                return 0;
        r = sd_bus_message_skip(m, "ttt");
        if (r >= 0)
                r = message_to_json(m, &details);
        if (r < 0)
                return -EBADMSG;
        w->result = strdup(result);
        w->detail = strdup(strempty(json_string_value(json_object_get(details, "detail"))));
        w->successor = strdup(strempty(json_string_value(json_object_get(details, "successor"))));
        json_decref(details);
        w->done = true;
        return w->result && w->detail && w->successor ? 0 : -ENOMEM;
}

static int on_event(sd_bus_message *m, bool running, void *userdata) {
        Waiter *w = userdata;

        if (!m) {
                if (!running)
                        w->done = w->gone = true;
                return 0;
        }
        if (!w->done && sd_bus_message_is_signal(m, VRRPD_INTERFACE_INSTANCE, "OperationFinished"))
                return on_finished(w, m);
        return 0;
}

/* The a{sv} of every operation, from the options that were given. */
static int append_options(sd_bus_message *m, const Options *o) {
        int r = sd_bus_message_open_container(m, 'a', "{sv}");
        if (r >= 0 && o->mode)
                r = sd_bus_message_append(m, "{sv}", "mode", "s", o->mode);
        if (r >= 0 && o->reason)
                r = sd_bus_message_append(m, "{sv}", "reason", "s", o->reason);
        if (r >= 0 && o->hold_usec > 0)
                r = sd_bus_message_append(m, "{sv}", "timeout-usec", "t", o->hold_usec);
        if (r >= 0 && o->priority > 0)
                r = sd_bus_message_append(m, "{sv}", "priority", "y", (uint8_t)o->priority);
        if (r >= 0 && o->group)
                r = sd_bus_message_append(m, "{sv}", "group", "b", true);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

/* Calls the method; *ret_number is the operation's. */
static int start(const Operation *operation, const char *path, Context *x, sd_bus_error *error,
                uint64_t *ret_number) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL, *reply = NULL;

        int r = client_new_call(x->client, path, VRRPD_INTERFACE_INSTANCE, operation->member, &m);
        if (r >= 0)
                r = append_options(m, &x->options);
        if (r >= 0)
                r = client_call_authorized(x->client, m, error, &reply);
        if (r < 0)
                return r;
        r = sd_bus_message_read(reply, "t", ret_number);
        return r < 0 ? -EBADMSG : 0;
}

/* The polkit action to name when the call is not authorized. */
static const char *action_of(const Operation *operation, const Options *o, const Instance *before, char *buf,
                size_t size) {
        const char *word = operation->action;

        if (!word)
                word = streq(before->admin_state, "promoted") ? "promote"
                       : streq(before->admin_state, "paused") ? "pause"
                                                              : "failover";
        snprintf(buf, size, "org.vrrpd.vrrp1.%s%s", word,
                        streq_ptr(o->mode, "force") ? " (and org.vrrpd.vrrp1.force)" : "");
        return buf;
}

static const struct {
        const char *result;
        const char *error; /* the error that the same refusal is when the call finds it out; NULL = not a
                              refusal */
        const char *text;
} failures[] = {
                {"no-successor", NULL,
                                "no other router took over in time. This host goes on as master and nothing "
                                "was interrupted; "
                                "is another router a backup of this virtual router? --force releases the "
                                "addresses anyway"},
                {"lost", NULL, "the election went to another router"},
                {"canceled", NULL, "another command, a fault or a stop came first"},
                {"timeout", NULL, "it did not finish in time"},
                {"failed", NULL, "the kernel refused an address; the journal of vrrpd says which"},
                {"not-master", VRRPD_ERROR_NOT_MASTER, "this host is not master any more"},
                {"not-backup", VRRPD_ERROR_NOT_BACKUP, "this host is not a backup any more"},
                {"in-fault", VRRPD_ERROR_IN_FAULT, "the instance is in fault"},
                {"not-eligible", VRRPD_ERROR_NOT_ELIGIBLE, "this host would not win"},
                {"not-held", VRRPD_ERROR_NOT_HELD, "the instance is not held"},
                {"operation-pending", VRRPD_ERROR_OPERATION_PENDING, "another operation runs"},
                {"no-such-instance", VRRPD_ERROR_NO_SUCH_INSTANCE, "the instance was removed"},
                {"stopping", VRRPD_ERROR_STOPPING, "vrrpd is stopping"},
};

static int result_code(const char *result) {
        return streq(result, "done") || streq(result, "forced") ? CTL_OK : CTL_UNSUCCESSFUL;
}

/* Says why an operation did not succeed; returns the exit code. */
static int report_failure(const Operation *operation, const Outcome *o, const Client *c) {
        char doing[512], master[DESCRIBE_MASTER_MAX];

        snprintf(doing, sizeof(doing), "%s %s", operation->verb, o->name);
        for (size_t i = 0; i < ELEMENTSOF(failures); i++) {
                if (!streq(failures[i].result, o->result))
                        continue;
                const char *text = *o->detail ? o->detail : failures[i].text;
                if (failures[i].error) {
                        const sd_bus_error e = SD_BUS_ERROR_MAKE_CONST(failures[i].error, text);
                        return client_report(c, doing, NULL, &e, -EIO);
                }
                /* A failed hand-over says who is master by itself. */
                bool other = o->after && !instance_is(o->after, "master");
                print_error("%s: %s after %s: %s%s%s%s%s", doing, o->result, o->elapsed, failures[i].text,
                                *o->detail ? ": " : "", o->detail, other ? "; master is " : "",
                                other ? describe_master(o->after, master, sizeof(master)) : "");
                return CTL_UNSUCCESSFUL;
        }
        print_error("%s: ended with \"%s\"", doing, o->result);
        return CTL_UNSUCCESSFUL;
}

static int print_json(const Operation *operation, const Outcome *o, uint64_t number, usec_t duration,
                const Output *output) {
        const Instance *i = o->after;
        return json_print(output,
                        json_pack("{s:s, s:s, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "name", o->name,
                                        "verb", operation->verb, "operation", json_u64(number), "result",
                                        o->result, "detail", json_string_or_null(o->detail), "successor",
                                        json_string_or_null(o->successor), "duration_usec",
                                        json_u64(duration), "state",
                                        json_string_or_null(i ? i->state : NULL), "admin_state",
                                        json_string_or_null(i ? i->admin_state : NULL), "master_address",
                                        json_string_or_null(i ? i->master_address : NULL), "master_priority",
                                        i && *i->master_address ? json_integer(i->master_priority)
                                                                : json_null()));
}

/* The operation has ended: reads the instance again and tells. */
static int finish(const Operation *operation, const Waiter *w, const Instance *before, usec_t duration,
                Context *x) {
        _cleanup_(instance_done) Instance after = {};
        char elapsed[FORMAT_TIMESPAN_MAX];

        /* Less than a millisecond says nothing: the clock runs on this side of the bus. */
        format_timespan(MAX(duration / USEC_PER_MSEC, (usec_t)1) * USEC_PER_MSEC, elapsed, sizeof(elapsed));
        /* The instance may be gone by now; how the operation ended is known all the same. */
        bool known = instance_read(x->client, before->path, NULL, &after) >= 0;
        const Outcome o = {
                        .name = before->name,
                        .result = w->result,
                        .detail = w->detail,
                        .successor = w->successor,
                        .elapsed = elapsed,
                        .before = before,
                        .after = known ? &after : NULL,
        };
        int code = result_code(w->result);
        if (x->output.json != JSON_MODE_OFF &&
                        print_json(operation, &o, w->number, duration, &x->output) < 0)
                return CTL_FAILURE;
        if (code != CTL_OK)
                return report_failure(operation, &o, x->client);
        if (x->output.json == JSON_MODE_OFF) {
                if (known)
                        operation->describe(&o, &x->output);
                else
                        print_line(&x->output, "%s: %s %s after %s", o.name, operation->verb, o.result,
                                        elapsed);
        }
        return CTL_OK;
}

static int wait_for_end(const Operation *operation, Waiter *w, const Instance *before, Context *x) {
        usec_t timeout = x->options.timeout_usec > 0 ? x->options.timeout_usec : OPERATION_TIMEOUT_USEC;
        usec_t begin = now_monotonic();
        char doing[512], text[FORMAT_TIMESPAN_MAX];

        snprintf(doing, sizeof(doing), "%s %s", operation->verb, before->name);
        int r = client_wait(x->client, usec_add(begin, timeout), &w->done);
        if (r == -ETIMEDOUT) {
                print_error("%s: operation %" PRIu64 " has not finished after %s; it goes on", doing,
                                w->number, format_timespan(timeout, text, sizeof(text)));
                return CTL_TIMEOUT;
        }
        if (r < 0)
                return client_report(x->client, doing, NULL, NULL, r);
        if (w->gone) {
                print_error("%s: vrrpd went away before the operation had finished", doing);
                return CTL_FAILURE;
        }
        return finish(operation, w, before, now_monotonic() - begin, x);
}

int operation_run(const Operation *operation, char **argv, Context *x) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        _cleanup_(instance_done) Instance before = {};
        _cleanup_(waiter_done) Waiter w = {};
        _cleanup_free_ char *path = NULL;
        char doing[512], action[128] = "";
        bool running;

        snprintf(doing, sizeof(doing), "%s %s", operation->verb, argv[1]);
        int r = client_get_instance(x->client, argv[1], &error, &path);
        if (r >= 0)
                r = client_watch(x->client, path, on_event, &w, &running);
        if (r >= 0)
                r = instance_read(x->client, path, &error, &before);
        if (r >= 0) {
                action_of(operation, &x->options, &before, action, sizeof(action));
                r = start(operation, path, x, &error, &w.number);
        }
        if (r < 0)
                return client_report(x->client, doing, *action ? action : NULL, &error, r);

        if (!x->options.no_block)
                return wait_for_end(operation, &w, &before, x);
        if (x->output.json == JSON_MODE_OFF) {
                print_line(&x->output, "%s: operation %" PRIu64 " started", before.name, w.number);
                return CTL_OK;
        }
        r = json_print(&x->output, json_pack("{s:s, s:s, s:o}", "name", before.name, "verb", operation->verb,
                                                   "operation", json_u64(w.number)));
        return r < 0 ? CTL_FAILURE : CTL_OK;
}
