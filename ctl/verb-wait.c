/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* vrrpctl wait NAME --state=STATE[,STATE...]: returns when the instance is in one of the states. Driven by
 * signals, no polling. "master" counts when the kernel has confirmed the addresses, so that what binds to
 * them may start. */

#include "ctl/events.h"
#include "ctl/objects.h"
#include "ctl/verbs.h"
#include "dbus/names.h"
#include <stdio.h>

typedef struct Waiter {
        const char *states; /* comma-separated */
        Client *client;
        Instance instance;
        bool done;
        bool gone;    /* the daemon left */
        bool removed; /* the instance did */
        bool failed;  /* the transition to master ended, but not well */
} Waiter;

/* Is `word` one of the comma-separated words of list? */
static bool list_contains(const char *list, const char *word) {
        size_t n = strlen(word);

        for (const char *p = list; p; p = strchr(p, ',') ? strchr(p, ',') + 1 : NULL)
                if (strncmp(p, word, n) == 0 && (p[n] == ',' || p[n] == '\0'))
                        return true;
        return false;
}

static void judge(Waiter *w) {
        const Instance *i = &w->instance;

        if (list_contains(w->states, i->state) && (!instance_is(i, "master") || instance_serves(i)))
                w->done = true;
}

/* PropertiesChanged(s interface, a{sv}, as). */
static int on_properties(Waiter *w, sd_bus_message *m) {
        const char *interface;

        int r = sd_bus_message_read_basic(m, 's', &interface);
        if (r < 0 || !streq(interface, VRRPD_INTERFACE_INSTANCE))
                return r < 0 ? -EBADMSG : 0;
        r = instance_update(&w->instance, m);
        if (r < 0)
                return -EBADMSG;
        judge(w);
        return 0;
}

/* TransitionFinished: the last word on a transition to master. */
static int on_transition(Waiter *w, sd_bus_message *m) {
        _cleanup_(json_decrefp) json_t *event = NULL;

        int r = event_from_message(m, &event);
        if (r < 0 || event_is_replaced(event))
                return r;
        if (streq(event_string(event, "state"), "master") &&
                        streq(event_string(event, "result"), "failed") && list_contains(w->states, "master"))
                w->done = w->failed = true;
        return 0;
}

/* A reload that restarts an instance takes its object away and puts it back: by the time the first of the
 * two signals is read both have happened. */
static int read_restarted(Waiter *w, bool *ret_found) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        Instance restarted = {};

        int r = instance_read(w->client, w->instance.path, &error, &restarted);
        *ret_found = r >= 0;
        if (r < 0)
                return sd_bus_error_is_set(&error) && !client_error_is_connection(r) ? 0 : r;
        instance_done(&w->instance);
        w->instance = restarted;
        judge(w);
        return 0;
}

/* InterfacesRemoved(o path, as interfaces), sent by the manager. */
static int on_removed(Waiter *w, sd_bus_message *m) {
        const char *path;

        if (sd_bus_message_read(m, "o", &path) < 0)
                return -EBADMSG;
        if (!streq(path, w->instance.path))
                return 0;
        bool found;
        int r = read_restarted(w, &found);
        if (r >= 0 && !found)
                w->done = w->removed = true;
        return r;
}

static int on_event(sd_bus_message *m, bool running, void *userdata) {
        Waiter *w = userdata;

        if (w->done)
                return 0;
        if (!m) {
                if (!running)
                        w->done = w->gone = true;
                return 0;
        }
        if (sd_bus_message_is_signal(m, "org.freedesktop.DBus.ObjectManager", "InterfacesRemoved"))
                return on_removed(w, m);
        if (!streq_ptr(sd_bus_message_get_path(m), w->instance.path))
                return 0;
        if (sd_bus_message_is_signal(m, "org.freedesktop.DBus.Properties", "PropertiesChanged"))
                return on_properties(w, m);
        if (sd_bus_message_is_signal(m, VRRPD_INTERFACE_INSTANCE, "TransitionFinished"))
                return on_transition(w, m);
        return 0;
}

static int conclude(const Waiter *w, const char *doing, const Output *o) {
        const Instance *i = &w->instance;

        if (w->gone) {
                print_error("%s: vrrpd has stopped", doing);
                return CTL_NOT_RUNNING;
        }
        if (w->removed) {
                print_error("%s: the instance was removed by a reload", doing);
                return CTL_NO_SUCH_OBJECT;
        }
        if (w->failed) {
                print_error("%s: it became master, but the kernel refused an address", doing);
                return CTL_UNSUCCESSFUL;
        }
        if (o->json == JSON_MODE_OFF)
                print_line(o, "%s: %s", i->name, i->state);
        else if (json_print(o, instance_to_json(i)) < 0)
                return CTL_FAILURE;
        return CTL_OK;
}

int verb_wait(int argc, char **argv, Context *x) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        _cleanup_free_ char *path = NULL;
        Waiter w = {.states = x->options.states, .client = x->client};
        char doing[512];
        bool running;

        snprintf(doing, sizeof(doing), "wait %s", argv[1]);
        usec_t timeout = x->options.timeout_usec > 0 ? x->options.timeout_usec : USEC_INFINITY;
        usec_t deadline = usec_add(now_monotonic(), timeout);

        int r = client_get_instance(x->client, argv[1], &error, &path);
        if (r >= 0)
                r = client_watch(x->client, VRRPD_PATH, on_event, &w, &running);
        if (r >= 0)
                r = instance_read(x->client, path, &error, &w.instance);
        if (r >= 0) {
                judge(&w);
                r = client_wait(x->client, deadline, &w.done);
        }
        int code;
        if (r == -ETIMEDOUT && !sd_bus_error_is_set(&error)) {
                print_error("%s: still %s at the end of the time", doing, w.instance.state);
                code = CTL_TIMEOUT;
        } else
                code = r < 0 ? client_report(x->client, doing, NULL, &error, r)
                             : conclude(&w, doing, &x->output);
        instance_done(&w.instance);
        return code;
}
