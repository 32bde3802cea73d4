/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A table of names, types and readers; the loop over the dictionary knows no option by itself. */

#include "dbus/options.h"
#include <ctype.h>

/* What is being collected; mode and force are reconciled at the end, as they may come in either order. */
typedef struct Reading {
        OperationOptions options;
        VrrpMode mode; /* VRRP_MODE_INVALID = not given */
        bool force;
        unsigned seen; /* bits of the table's rows */
} Reading;

typedef struct Option {
        const char *name, *type;
        uint8_t operations; /* bits 1 << VrrpOperation */
        int (*read)(sd_bus_message *m, Reading *reading, const char **ret_problem);
} Option;

#define EVERY_OPERATION UINT8_MAX

static int read_mode(sd_bus_message *m, Reading *reading, const char **ret_problem) {
        const char *s;
        int r = sd_bus_message_read(m, "s", &s);

        if (r < 0)
                return r;
        reading->mode = vrrp_mode_from_string(s);
        if (reading->mode < 0)
                *ret_problem = "must be 'graceful' or 'force'";
        return 0;
}

static int read_force(sd_bus_message *m, Reading *reading, const char **ret_problem) {
        int b;
        int r = sd_bus_message_read(m, "b", &b);

        if (r < 0)
                return r;
        reading->force = b;
        return 0;
}

static int read_timeout(sd_bus_message *m, Reading *reading, const char **ret_problem) {
        return sd_bus_message_read(m, "t", &reading->options.timeout_usec);
}

/* The words go to the journal and to terminals: one line, no control characters. */
static int read_reason(sd_bus_message *m, Reading *reading, const char **ret_problem) {
        const char *s;
        int r = sd_bus_message_read(m, "s", &s);

        if (r < 0)
                return r;
        if (strlen(s) >= sizeof(reading->options.reason)) {
                *ret_problem = "may have at most 127 bytes";
                return 0;
        }
        for (const char *p = s; *p; p++)
                if (iscntrl((unsigned char)*p))
                        *ret_problem = "may not contain control characters";
        memcpy(reading->options.reason, s, strlen(s) + 1);
        return 0;
}

static int read_priority(sd_bus_message *m, Reading *reading, const char **ret_problem) {
        int r = sd_bus_message_read(m, "y", &reading->options.priority);

        if (r < 0)
                return r;
        if (reading->options.priority == VRRP_PRIORITY_RESIGN ||
                        reading->options.priority == VRRP_PRIORITY_OWNER)
                *ret_problem = "must be 1 to 254";
        return 0;
}

static int read_group(sd_bus_message *m, Reading *reading, const char **ret_problem) {
        int b;
        int r = sd_bus_message_read(m, "b", &b);

        if (r < 0)
                return r;
        reading->options.group = b;
        return 0;
}

static const Option table[] = {
                {"mode", "s", EVERY_OPERATION, read_mode},
                {"force", "b", EVERY_OPERATION, read_force},
                {"timeout-usec", "t", EVERY_OPERATION, read_timeout},
                {"reason", "s", EVERY_OPERATION, read_reason},
                {"priority", "y", 1U << VRRP_OP_PROMOTE, read_priority},
                {"group", "b", EVERY_OPERATION, read_group},
};

static const Option *find(const char *name) {
        for (size_t i = 0; i < ELEMENTSOF(table); i++)
                if (streq(table[i].name, name))
                        return &table[i];
        return NULL;
}

/* One value; the message stands before its variant. */
static int read_option(sd_bus_message *m, const char *name, VrrpOperation operation, Reading *reading,
                sd_bus_error *ret_error) {
        const Option *option = find(name);
        const char *contents, *problem = NULL;
        int r;

        if (!option)
                return sd_bus_error_setf(ret_error, SD_BUS_ERROR_INVALID_ARGS, "Unknown option '%s'.", name);
        if (!(option->operations & (1U << operation)))
                return sd_bus_error_setf(ret_error, SD_BUS_ERROR_INVALID_ARGS,
                                "Option '%s' has no meaning for the operation %s.", name,
                                vrrp_operation_to_string(operation));
        if (reading->seen & (1U << (option - table)))
                return sd_bus_error_setf(
                                ret_error, SD_BUS_ERROR_INVALID_ARGS, "Option '%s' is given twice.", name);
        reading->seen |= 1U << (option - table);

        r = sd_bus_message_peek_type(m, NULL, &contents);
        if (r < 0)
                return r;
        if (!streq(contents, option->type))
                return sd_bus_error_setf(ret_error, SD_BUS_ERROR_INVALID_ARGS,
                                "Option '%s' must have the type '%s', not '%s'.", name, option->type,
                                contents);
        r = sd_bus_message_enter_container(m, 'v', option->type);
        if (r >= 0)
                r = option->read(m, reading, &problem);
        if (r < 0)
                return r;
        if (problem)
                return sd_bus_error_setf(
                                ret_error, SD_BUS_ERROR_INVALID_ARGS, "Option '%s' %s.", name, problem);
        return sd_bus_message_exit_container(m);
}

int operation_options_read(
                sd_bus_message *m, VrrpOperation operation, OperationOptions *ret, sd_bus_error *ret_error) {
        Reading reading = {.mode = VRRP_MODE_INVALID};
        const char *name;
        int r = sd_bus_message_enter_container(m, 'a', "{sv}");

        while (r >= 0) {
                r = sd_bus_message_enter_container(m, 'e', "sv");
                if (r <= 0)
                        break;
                r = sd_bus_message_read(m, "s", &name);
                if (r >= 0)
                        r = read_option(m, name, operation, &reading, ret_error);
                if (r >= 0)
                        r = sd_bus_message_exit_container(m);
        }
        if (r >= 0)
                r = sd_bus_message_exit_container(m);
        if (r < 0)
                return r;
        if (reading.force && reading.mode == VRRP_MODE_GRACEFUL)
                return sd_bus_error_set(ret_error, SD_BUS_ERROR_INVALID_ARGS,
                                "Option 'force' contradicts option 'mode', which is 'graceful'.");
        *ret = reading.options;
        ret->mode = reading.force || reading.mode == VRRP_MODE_FORCE ? VRRP_MODE_FORCE : VRRP_MODE_GRACEFUL;
        return 0;
}
