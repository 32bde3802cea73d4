/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* An operation from the command line to its end. The daemon answers a call at once with a number and says
 * later, by OperationFinished with that number, how it went; so the signals are subscribed before the call,
 * and only the one with our number ends the wait. The instance is read again after the end, for who is
 * master now. */

#include "ctl/operation.h"
#include "dbus/names.h"
#include "service/util/parse.h"
#include "service/util/utf8.h"
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

/* What is operated on: an instance, or a sync group. */
typedef struct Target {
        bool is_group;
        char *path;
        Instance instance;
        Group group;
} Target;

static void target_done(Target *t) {
        free(t->path);
        instance_done(&t->instance);
        group_done(&t->group);
}

static const char *target_name(const Target *t) {
        return t->is_group ? t->group.name : t->instance.name;
}

static const char *target_state(const Target *t) {
        return t->is_group ? t->group.state : t->instance.state;
}

static const char *target_admin_state(const Target *t) {
        return t->is_group ? t->group.admin_state : t->instance.admin_state;
}

static int target_read(Client *c, Target *t, sd_bus_error *error) {
        return t->is_group ? group_read(c, t->path, error, &t->group)
                           : instance_read(c, t->path, error, &t->instance);
}

/* In the ways in which the daemon's and other bus libraries say that there is nothing at a path. */
static bool is_missing(const sd_bus_error *error) {
        return sd_bus_error_has_names(error, VRRPD_ERROR_NO_SUCH_INSTANCE, SD_BUS_ERROR_UNKNOWN_OBJECT,
                        SD_BUS_ERROR_UNKNOWN_INTERFACE, SD_BUS_ERROR_UNKNOWN_METHOD);
}

/* 1: there is such a group. */
static int find_group(Client *c, const char *name, sd_bus_error *error, Target *t) {
        if (*name == '\0' || !utf8_is_valid(name))
                return 0;
        int r = sd_bus_path_encode(VRRPD_PATH_GROUP, name, &t->path);
        if (r < 0)
                return r;
        t->is_group = true;
        r = target_read(c, t, error);
        if (r >= 0)
                return 1;
        if (!is_missing(error))
                return r;
        sd_bus_error_free(error);
        free(TAKE_PTR(t->path));
        t->is_group = false;
        return 0;
}

/* 1: there is such an instance; 0: there is none, and *error says so. */
static int find_instance(Client *c, const char *name, sd_bus_error *error, Target *t) {
        int r = client_get_instance(c, name, error, &t->path);

        if (r >= 0)
                r = target_read(c, t, error);
        return r >= 0 ? 1 : is_missing(error) ? 0 : r;
}

/* An instance or a group of this name, as the options say; an instance and a group of one name are told
 * apart by them only. Returns an exit code, CTL_OK with *ret. */
static int find_target(Context *x, const char *doing, const char *name, Target *ret) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL, missing = SD_BUS_ERROR_NULL;
        _cleanup_(target_done) Target group = {}, instance = {};
        int groups = x->options.instance ? 0 : find_group(x->client, name, &error, &group);

        if (groups < 0)
                return client_report(x->client, doing, NULL, &error, groups);
        int instances = groups > 0 && x->options.group ? 0
                                                       : find_instance(x->client, name, &missing, &instance);
        if (instances < 0 || (instances == 0 && groups == 0))
                return client_report(x->client, doing, NULL, &missing, instances < 0 ? instances : -ENOENT);
        if (instances > 0 && groups > 0) {
                print_error("%s: an instance and a sync group have this name: say --instance or --group",
                                doing);
                return CTL_USAGE;
        }
        *ret = groups > 0 ? group : instance;
        if (groups > 0)
                group = (Target){};
        else
                instance = (Target){};
        return CTL_OK;
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
        /* Only the target itself is watched. */
        if (!w->done && (sd_bus_message_is_signal(m, VRRPD_INTERFACE_INSTANCE, "OperationFinished") ||
                                        sd_bus_message_is_signal(
                                                        m, VRRPD_INTERFACE_GROUP, "OperationFinished")))
                return on_finished(w, m);
        return 0;
}

/* The a{sv} of every operation, from the options that were given. */
static int append_options(sd_bus_message *m, const Options *o, bool is_group) {
        int r = sd_bus_message_open_container(m, 'a', "{sv}");
        if (r >= 0 && o->mode)
                r = sd_bus_message_append(m, "{sv}", "mode", "s", o->mode);
        if (r >= 0 && o->reason)
                r = sd_bus_message_append(m, "{sv}", "reason", "s", o->reason);
        if (r >= 0 && o->hold_usec > 0)
                r = sd_bus_message_append(m, "{sv}", "timeout-usec", "t", o->hold_usec);
        if (r >= 0 && o->priority > 0)
                r = sd_bus_message_append(m, "{sv}", "priority", "y", (uint8_t)o->priority);
        if (r >= 0 && o->group && !is_group)
                r = sd_bus_message_append(m, "{sv}", "group", "b", true);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

/* Calls the method; *ret_number is the operation's. */
static int start(const Operation *operation, const Target *t, Context *x, sd_bus_error *error,
                uint64_t *ret_number) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL, *reply = NULL;

        int r = client_new_call(x->client, t->path,
                        t->is_group ? VRRPD_INTERFACE_GROUP : VRRPD_INTERFACE_INSTANCE, operation->member,
                        &m);
        if (r >= 0)
                r = append_options(m, &x->options, t->is_group);
        if (r >= 0)
                r = client_call_authorized(x->client, m, error, &reply);
        if (r < 0)
                return r;
        r = sd_bus_message_read(reply, "t", ret_number);
        return r < 0 ? -EBADMSG : 0;
}

/* The polkit action to name when the call is not authorized. */
static const char *action_of(const Operation *operation, const Options *o, const char *admin_state,
                char *buf, size_t size) {
        const char *word = operation->action;

        if (!word)
                word = streq(admin_state, "promoted") ? "promote"
                       : streq(admin_state, "paused") ? "pause"
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
                {"no-such-group", SD_BUS_ERROR_UNKNOWN_OBJECT, "the sync group was removed"},
                {"group-member", VRRPD_ERROR_GROUP_MEMBER, "the instance belongs to a sync group"},
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

static int print_json(const Operation *operation, const Outcome *o, const Target *after, uint64_t number,
                usec_t duration, const Output *output) {
        const Instance *i = o->after;
        return json_print(output,
                        json_pack("{s:s, s:s, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "name", o->name,
                                        "verb", operation->verb, "operation", json_u64(number), "result",
                                        o->result, "detail", json_string_or_null(o->detail), "successor",
                                        json_string_or_null(o->successor), "duration_usec",
                                        json_u64(duration), "state",
                                        json_string_or_null(after ? target_state(after) : NULL),
                                        "admin_state",
                                        json_string_or_null(after ? target_admin_state(after) : NULL),
                                        "master_address", json_string_or_null(i ? i->master_address : NULL),
                                        "master_priority",
                                        i && *i->master_address ? json_integer(i->master_priority)
                                                                : json_null()));
}

/* A group has no one master to name: where it stands now must do. */
static void describe_group(
                const Operation *operation, const Outcome *o, const Group *after, const Output *output) {
        bool held = !streq(after->admin_state, "enabled");

        print_line(output, "%s: %s %s after %s; the group is %s%s%s%s%s", o->name, operation->verb,
                        o->result, o->elapsed, after->state, held ? ", " : "",
                        held ? after->admin_state : "", held ? "; resume with: vrrpctl resume --group " : "",
                        held ? o->name : "");
}

/* The operation has ended: reads the target again and tells. */
static int finish(const Operation *operation, const Waiter *w, const Target *before, usec_t duration,
                Context *x) {
        _cleanup_(target_done) Target after = {.is_group = before->is_group, .path = strdup(before->path)};
        char elapsed[FORMAT_TIMESPAN_MAX];

        if (!after.path)
                return client_report(x->client, operation->verb, NULL, NULL, -ENOMEM);
        /* Less than a millisecond says nothing: the clock runs on this side of the bus. */
        format_timespan(MAX(duration / USEC_PER_MSEC, (usec_t)1) * USEC_PER_MSEC, elapsed, sizeof(elapsed));
        /* The target may be gone by now; how the operation ended is known all the same. */
        bool known = target_read(x->client, &after, NULL) >= 0;
        const Outcome o = {
                        .name = target_name(before),
                        .result = w->result,
                        .detail = w->detail,
                        .successor = w->successor,
                        .elapsed = elapsed,
                        .before = before->is_group ? NULL : &before->instance,
                        .after = known && !after.is_group ? &after.instance : NULL,
        };
        int code = result_code(w->result);
        if (x->output.json != JSON_MODE_OFF && print_json(operation, &o, known ? &after : NULL, w->number,
                                                               duration, &x->output) < 0)
                return CTL_FAILURE;
        if (code != CTL_OK)
                return report_failure(operation, &o, x->client);
        if (x->output.json != JSON_MODE_OFF)
                return CTL_OK;
        if (!known)
                print_line(&x->output, "%s: %s %s after %s", o.name, operation->verb, o.result, elapsed);
        else if (after.is_group)
                describe_group(operation, &o, &after.group, &x->output);
        else
                operation->describe(&o, &x->output);
        return CTL_OK;
}

static int wait_for_end(const Operation *operation, Waiter *w, const Target *before, Context *x) {
        usec_t timeout = x->options.timeout_usec > 0 ? x->options.timeout_usec : OPERATION_TIMEOUT_USEC;
        usec_t begin = now_monotonic();
        char doing[512], text[FORMAT_TIMESPAN_MAX];

        snprintf(doing, sizeof(doing), "%s %s", operation->verb, target_name(before));
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
        _cleanup_(target_done) Target target = {};
        _cleanup_(waiter_done) Waiter w = {};
        char doing[512], action[128] = "";
        bool running;

        snprintf(doing, sizeof(doing), "%s %s", operation->verb, argv[1]);
        int code = find_target(x, doing, argv[1], &target);
        if (code != CTL_OK)
                return code;
        int r = client_watch(x->client, target.path, on_event, &w, &running);
        if (r >= 0) {
                action_of(operation, &x->options, target_admin_state(&target), action, sizeof(action));
                r = start(operation, &target, x, &error, &w.number);
        }
        if (r < 0)
                return client_report(x->client, doing, *action ? action : NULL, &error, r);

        if (!x->options.no_block)
                return wait_for_end(operation, &w, &target, x);
        if (x->output.json == JSON_MODE_OFF) {
                print_line(&x->output, "%s: operation %" PRIu64 " started", target_name(&target), w.number);
                return CTL_OK;
        }
        r = json_print(&x->output, json_pack("{s:s, s:s, s:o}", "name", target_name(&target), "verb",
                                                   operation->verb, "operation", json_u64(w.number)));
        return r < 0 ? CTL_FAILURE : CTL_OK;
}
