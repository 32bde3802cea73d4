/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The connection. Two rules that every caller relies on live here: no message of vrrpctl starts the daemon,
 * and a signal counts only if it comes from the connection that owns the daemon's name at that moment. On
 * the system bus anyone may send anyone a signal, and `vrrpctl monitor --exec` run by root acts on what it
 * hears. */

#include "ctl/client.h"
#include "ctl/agent.h"
#include "ctl/output.h"
#include "dbus/names.h"
#include "service/util/utf8.h"
#include <time.h>

#define ACTION_PREFIX "org.vrrpd.vrrp1."
/* For the bus to let us in; sd-bus has the same for the answer to a call. */
#define CONNECT_TIMEOUT_USEC (25 * USEC_PER_SEC)
/* A person needs time to find and type a password; polkit itself waits without end. */
#define AUTHORIZATION_TIMEOUT_USEC (5 * 60 * USEC_PER_SEC)

struct Client {
        sd_bus *bus;
        ClientParams params;
        char *owner; /* unique name of the daemon; NULL = not running, or not watched */
        ClientHandler handler;
        void *userdata;
        int handler_error;
        sd_event *event; /* of client_loop(), borrowed */
};

static usec_t now(clockid_t clock) {
        struct timespec ts;
        clock_gettime(clock, &ts);
        return (usec_t)ts.tv_sec * USEC_PER_SEC + (usec_t)ts.tv_nsec / NSEC_PER_USEC;
}

usec_t now_monotonic(void) {
        return now(CLOCK_MONOTONIC);
}

usec_t now_realtime(void) {
        return now(CLOCK_REALTIME);
}

/* sd-bus connects and says hello in the background, and a call waits for that without end. */
static int wait_until_connected(sd_bus *bus, usec_t timeout_usec) {
        usec_t deadline_usec = usec_add(now_monotonic(), timeout_usec);

        for (;;) {
                int r = sd_bus_is_ready(bus);
                if (r != 0)
                        return MIN(r, 0);
                r = sd_bus_process(bus, NULL);
                if (r < 0)
                        return r;
                if (r > 0)
                        continue;
                usec_t t = now_monotonic();
                if (t >= deadline_usec)
                        return -ETIMEDOUT;
                r = sd_bus_wait(bus, deadline_usec == USEC_INFINITY ? UINT64_MAX : deadline_usec - t);
                if (r < 0 && r != -EINTR)
                        return r;
        }
}

/* The time for everything that has no time of its own. */
static usec_t connect_timeout(const ClientParams *params) {
        return params->timeout_usec > 0 ? params->timeout_usec
               : params->host           ? USEC_INFINITY /* ssh may ask for a password */
                                        : CONNECT_TIMEOUT_USEC;
}

int client_open(const ClientParams *params, Client **ret) {
        _cleanup_(client_freep) Client *c = calloc(1, sizeof(*c));
        if (!c)
                return -ENOMEM;
        c->params = *params;

        int r;
        if (params->host)
                r = sd_bus_open_system_remote(&c->bus, params->host);
        else if (params->machine)
                r = sd_bus_open_system_machine(&c->bus, params->machine);
        else
                r = sd_bus_open_system_with_description(&c->bus, "vrrpctl");
        if (r >= 0 && params->timeout_usec > 0)
                r = sd_bus_set_method_call_timeout(c->bus, params->timeout_usec);
        if (r >= 0)
                r = wait_until_connected(c->bus, connect_timeout(params));
        if (r < 0)
                return r;
        *ret = TAKE_PTR(c);
        return 0;
}

Client *client_free(Client *c) {
        if (!c)
                return NULL;
        sd_bus_close_unref(
                        c->bus); /* every call was waited for; flushing would wait for a bus that is stuck */
        free(c->owner);
        free(c);
        return NULL;
}

int client_new_call(Client *c, const char *path, const char *interface, const char *member,
                sd_bus_message **ret) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;

        int r = sd_bus_message_new_method_call(c->bus, &m, VRRPD_BUS_NAME, path,
                        interface ? interface : VRRPD_INTERFACE_MANAGER, member);
        if (r < 0)
                return r;
        r = sd_bus_message_set_auto_start(m, false);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(m);
        return 0;
}

int client_call(Client *c, sd_bus_message *m, sd_bus_error *error, sd_bus_message **ret_reply) {
        int r = sd_bus_call(c->bus, m, c->params.timeout_usec, error, ret_reply);
        return r < 0 ? r : 0;
}

int client_call_authorized(Client *c, sd_bus_message *m, sd_bus_error *error, sd_bus_message **ret_reply) {
        Agent agent = {};

        if (!c->params.interactive)
                return client_call(c, m, error, ret_reply);
        int r = sd_bus_message_set_allow_interactive_authorization(m, true);
        if (r < 0)
                return r;
        if (!c->params.host && !c->params.machine)
                agent_open(&agent);
        r = sd_bus_call(c->bus, m, MAX(c->params.timeout_usec, AUTHORIZATION_TIMEOUT_USEC), error,
                        ret_reply);
        agent_close(&agent);
        return r < 0 ? r : 0;
}

int client_get_instance(Client *c, const char *name, sd_bus_error *error, char **ret_path) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL, *reply = NULL;
        const char *path;

        if (!utf8_is_valid(name)) /* nothing has such a name, and no message could carry it */
                return sd_bus_error_setf(
                                error, VRRPD_ERROR_NO_SUCH_INSTANCE, "There is no instance \"%s\".", name);
        int r = client_new_call(c, VRRPD_PATH, NULL, "GetInstance", &m);
        if (r < 0)
                return r;
        r = sd_bus_message_append(m, "s", name);
        if (r < 0)
                return r;
        r = client_call(c, m, error, &reply);
        if (r < 0)
                return r;
        r = sd_bus_message_read(reply, "o", &path);
        if (r < 0)
                return r;
        *ret_path = strdup(path);
        return *ret_path ? 0 : -ENOMEM;
}

/* Hands an event to the watcher; the first error it returns is kept for client_wait(). */
static int deliver(Client *c, sd_bus_message *m) {
        int r = c->handler(m, c->owner != NULL, c->userdata);
        if (r < 0 && c->handler_error == 0)
                c->handler_error = r;
        if (r < 0 && c->event)
                sd_event_exit(c->event, r);
        return 0;
}

static int on_signal(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        Client *c = userdata;

        if (!c->owner || !streq_ptr(sd_bus_message_get_sender(m), c->owner))
                return 0;
        return deliver(c, m);
}

/* owner "" = the daemon left the bus. */
static int set_owner(Client *c, const char *owner) {
        char *copy = *owner ? strdup(owner) : NULL;
        if (*owner && !copy)
                return -ENOMEM;
        free(c->owner);
        c->owner = copy;
        return 0;
}

static int on_owner_changed(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        Client *c = userdata;
        const char *name, *old_owner, *new_owner;

        int r = sd_bus_message_read(m, "sss", &name, &old_owner, &new_owner);
        if (r < 0)
                return r;
        if (streq(strempty(c->owner), new_owner))
                return 0;
        if (c->owner && *new_owner) { /* replaced without a gap: still one daemon gone and another come */
                r = set_owner(c, "");
                if (r < 0)
                        return r;
                deliver(c, NULL);
        }
        r = set_owner(c, new_owner);
        return r < 0 ? r : deliver(c, NULL);
}

int client_watch(Client *c, const char *path, ClientHandler handler, void *userdata, bool *ret_running) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        _cleanup_free_ char *rule = NULL;
        const char *owner;

        c->handler = handler;
        c->userdata = userdata;
        int r = sd_bus_add_match(c->bus, NULL,
                        "type='signal',sender='org.freedesktop.DBus',interface='org.freedesktop.DBus',"
                        "member='NameOwnerChanged',arg0='" VRRPD_BUS_NAME "'",
                        on_owner_changed, c);
        if (r < 0)
                return r;
        if (asprintf(&rule, "type='signal',sender='" VRRPD_BUS_NAME "',path_namespace='%s'", path) < 0) {
                rule = NULL;
                return -ENOMEM;
        }
        r = sd_bus_add_match(c->bus, NULL, rule, on_signal, c);
        if (r < 0)
                return r;

        r = sd_bus_call_method(c->bus, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                        "org.freedesktop.DBus", "GetNameOwner", &error, &reply, "s", VRRPD_BUS_NAME);
        if (r < 0 && !sd_bus_error_has_name(&error, SD_BUS_ERROR_NAME_HAS_NO_OWNER))
                return r;
        if (r >= 0) {
                r = sd_bus_message_read(reply, "s", &owner);
                if (r >= 0)
                        r = set_owner(c, owner);
                if (r < 0)
                        return r;
        }
        *ret_running = c->owner != NULL;
        return 0;
}

int client_wait(Client *c, usec_t deadline_usec, const bool *done) {
        while (!*done) {
                int r = sd_bus_process(c->bus, NULL);
                if (r < 0)
                        return r;
                if (c->handler_error < 0)
                        return c->handler_error;
                if (r > 0)
                        continue;
                usec_t t = now_monotonic();
                if (t >= deadline_usec)
                        return -ETIMEDOUT;
                r = sd_bus_wait(c->bus, deadline_usec == USEC_INFINITY ? UINT64_MAX : deadline_usec - t);
                if (r < 0 && r != -EINTR)
                        return r;
        }
        return 0;
}

int client_loop(Client *c, sd_event *event) {
        int r = sd_bus_set_exit_on_disconnect(c->bus, true);
        if (r >= 0)
                r = sd_bus_attach_event(c->bus, event, SD_EVENT_PRIORITY_NORMAL);
        if (r < 0)
                return r;
        c->event = event;
        r = sd_event_loop(event);
        c->event = NULL;
        sd_bus_detach_event(c->bus);
        return r < 0 ? r : -ENOTCONN;
}

/* What an error of the contract means to the shell, and what to do about it. */
static const struct {
        const char *name;
        int code;
        const char *remedy;
} meanings[] = {
                {VRRPD_ERROR_NO_SUCH_INSTANCE, CTL_NO_SUCH_OBJECT, "\"vrrpctl status\" lists the instances"},
                {SD_BUS_ERROR_UNKNOWN_OBJECT, CTL_NO_SUCH_OBJECT, "\"vrrpctl status\" lists the instances"},
                {VRRPD_ERROR_NOT_MASTER, CTL_REFUSED,
                                "only the master has the addresses: run it on the host that is master"},
                {VRRPD_ERROR_NOT_BACKUP, CTL_REFUSED, "only a backup can take over"},
                {VRRPD_ERROR_IN_FAULT, CTL_REFUSED,
                                "\"vrrpctl show\" says what the fault is; remove its cause first"},
                {VRRPD_ERROR_ADDRESS_OWNER, CTL_REFUSED,
                                "the host itself has one of the addresses: after a hand-over both hosts "
                                "would answer for it"},
                {VRRPD_ERROR_GROUP_MEMBER, CTL_REFUSED, "a sync group moves as a whole: add --group"},
                {VRRPD_ERROR_NOT_ELIGIBLE, CTL_REFUSED, NULL},
                {VRRPD_ERROR_OPERATION_PENDING, CTL_REFUSED,
                                "wait until the running operation has finished"},
                {VRRPD_ERROR_NOT_HELD, CTL_REFUSED, NULL},
                {VRRPD_ERROR_STOPPING, CTL_REFUSED, NULL},
                {VRRPD_ERROR_CONFIG_INVALID, CTL_CONFIG_INVALID, NULL},
                {SD_BUS_ERROR_UNKNOWN_METHOD, CTL_FAILURE, "the running vrrpd is older than this vrrpctl"},
                {SD_BUS_ERROR_UNKNOWN_INTERFACE, CTL_FAILURE,
                                "the running vrrpd is older than this vrrpctl"},
};

/* The one action that the daemon says was not granted; "" if it does not say. Returns buf. */
static const char *denied_action(const sd_bus_error *error, char *buf, size_t size) {
        const char *p = error->message ? strstr(error->message, ACTION_PREFIX) : NULL;
        size_t n = p ? strspn(p, ACTION_PREFIX "abcdefghijklmnopqrstuvwxyz-") : 0;

        while (n > 0 && p[n - 1] == '.')
                n--;
        snprintf(buf, size, "%.*s", (int)n, strempty(p));
        return buf;
}

static int report_not_authorized(const Client *c, const char *doing, const char *action,
                const sd_bus_error *error, bool needs_password) {
        char denied[128];
        const char *what = *denied_action(error, denied, sizeof(denied)) ? denied
                           : action                                      ? action
                                                                         : "of this call";

        if (needs_password)
                print_error("%s: a password is needed, but %s, as root, or let a polkit rule grant the "
                            "action "
                            "%s",
                                doing,
                                c->params.interactive
                                                ? "cannot be asked for here. Run it on a terminal"
                                                : "may not be asked for. Run it without --no-ask-password",
                                what);
        else
                print_error("%s: not authorized. Run it as root, or let a polkit rule in "
                            "/etc/polkit-1/rules.d "
                            "grant the action %s",
                                doing, what);
        return CTL_NOT_AUTHORIZED;
}

/* The ways in which a connection that is gone shows itself, by when it is noticed. */
bool client_error_is_connection(int r) {
        return r == -ENOTCONN || r == -ECONNRESET || r == -EPIPE || r == -ESHUTDOWN;
}

static int report_unreachable(const ClientParams *params, const char *doing, int r) {
        if (params->host)
                print_error("%s: no connection to %s: ssh could not log in there, or systemd-stdio-bridge "
                            "or the system bus is missing",
                                doing, params->host);
        else if (params->machine)
                print_error("%s: no connection to the system bus of machine %s: %s", doing, params->machine,
                                strerror(-r));
        else
                print_error("%s: the connection to the system bus is lost: %s", doing, strerror(-r));
        return CTL_NOT_RUNNING;
}

int client_report_open(const ClientParams *params, const char *doing, int r) {
        if (r == -EINVAL && (params->host || params->machine)) {
                print_error("\"%s\" cannot be the name of a %s",
                                params->host ? params->host : params->machine,
                                params->host ? "host" : "machine");
                return CTL_USAGE;
        }
        if (r == -ETIMEDOUT) {
                print_error("%s: the system bus%s%s did not answer in time", doing,
                                params->host || params->machine ? " of " : "",
                                params->host ? params->host : strempty(params->machine));
                return CTL_TIMEOUT;
        }
        if (params->host || params->machine)
                return report_unreachable(params, doing, r);
        print_error("%s: cannot connect to the system bus: %s. Is dbus.service running?", doing,
                        strerror(-r));
        return CTL_NOT_RUNNING;
}

static int report_not_running(const Client *c) {
        const char *where = c->params.host ? c->params.host : c->params.machine;
        print_error("vrrpd is not running%s%s. Start it with: systemctl %s%s%sstart vrrpd",
                        where ? " on " : "", strempty(where),
                        c->params.host      ? "-H "
                        : c->params.machine ? "-M "
                                            : "",
                        strempty(where), where ? " " : "");
        return CTL_NOT_RUNNING;
}

int client_report(const Client *c, const char *doing, const char *action, const sd_bus_error *error, int r) {
        if (!sd_bus_error_is_set(error)) {
                if (client_error_is_connection(r))
                        return report_unreachable(&c->params, doing, r);
                if (r == -EBADMSG) {
                        print_error("%s: the answer is not what vrrpd's interface promises: another "
                                    "version?",
                                        doing);
                        return CTL_FAILURE;
                }
                print_error("%s: %s", doing, strerror(-r));
                return r == -ETIMEDOUT ? CTL_TIMEOUT : CTL_FAILURE;
        }
        if (sd_bus_error_has_names(error, SD_BUS_ERROR_SERVICE_UNKNOWN, SD_BUS_ERROR_NAME_HAS_NO_OWNER))
                return report_not_running(c);
        if (sd_bus_error_has_names(error, SD_BUS_ERROR_ACCESS_DENIED, SD_BUS_ERROR_AUTH_FAILED))
                return report_not_authorized(c, doing, action, error, false);
        if (sd_bus_error_has_name(error, SD_BUS_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED))
                return report_not_authorized(c, doing, action, error, true);
        if (sd_bus_error_has_name(error, SD_BUS_ERROR_DISCONNECTED) || client_error_is_connection(r))
                return report_unreachable(&c->params, doing, r);
        if (sd_bus_error_has_name(error, SD_BUS_ERROR_TIMEOUT)) {
                print_error("%s: vrrpd did not answer in time", doing);
                return CTL_TIMEOUT;
        }
        if (sd_bus_error_has_name(error, SD_BUS_ERROR_NO_REPLY)) {
                print_error("%s: vrrpd went away before it answered", doing);
                return CTL_NOT_RUNNING;
        }
        for (size_t i = 0; i < ELEMENTSOF(meanings); i++)
                if (sd_bus_error_has_name(error, meanings[i].name)) {
                        print_error("%s: %s%s%s%s", doing, strempty(error->message),
                                        meanings[i].remedy ? " (" : "", strempty(meanings[i].remedy),
                                        meanings[i].remedy ? ")" : "");
                        return meanings[i].code;
                }
        print_error("%s: %s", doing, error->message ? error->message : error->name);
        return CTL_FAILURE;
}
