/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A list of calls by request number. The engine answers in their order, so the search mostly ends at
 * the first entry. */

#include "dbus/statistics.h"
#include "dbus/names.h"
#include "dbus/side.h"

#define CALLS_MAX 1024

struct StatisticsCalls {
        List calls;
        size_t n;
};

typedef struct StatisticsCall {
        List link;
        sd_bus_message *message;
        uint64_t request;
        uint32_t instance;
} StatisticsCall;

static void end_call(StatisticsCalls *s, StatisticsCall *c) {
        list_remove(&c->link);
        s->n--;
        sd_bus_message_unref(c->message);
        free(c);
}

int statistics_calls_new(StatisticsCalls **ret) {
        StatisticsCalls *s = calloc(1, sizeof(*s));
        if (!s)
                return -ENOMEM;
        list_init(&s->calls);
        *ret = s;
        return 0;
}

void statistics_end(StatisticsCalls *s, uint64_t request, const char *error_name, const char *text) {
        LIST_FOREACH_SAFE (l, &s->calls) {
                StatisticsCall *c = CONTAINER_OF(l, StatisticsCall, link);

                if (c->request > request)
                        break;
                if (error_name)
                        (void)sd_bus_reply_method_errorf(c->message, error_name, "%s", text);
                end_call(s, c);
        }
}

StatisticsCalls *statistics_calls_free(StatisticsCalls *s) {
        if (!s)
                return NULL;
        statistics_end(s, UINT64_MAX, NULL, NULL);
        free(s);
        return NULL;
}

int statistics_call(BusSide *side, sd_bus_message *call, uint32_t instance) {
        _cleanup_(command_freep) Command *command = NULL;
        StatisticsCalls *s = side->statistics;

        if (s->n >= CALLS_MAX)
                return -ENOBUFS;
        int r = command_new(COMMAND_STATISTICS, &command);
        if (r < 0)
                return r;
        command->instance = instance;
        command->request = ++side->last_request;
        uint64_t request = command->request;

        StatisticsCall *c = calloc(1, sizeof(*c));
        if (!c)
                return -ENOMEM;
        r = bus_side_post(side, command);
        if (r < 0) {
                free(c);
                return r;
        }
        (void)TAKE_PTR(command);
        c->message = sd_bus_message_ref(call);
        c->request = request;
        c->instance = instance;
        list_append(&s->calls, &c->link);
        s->n++;
        return 0;
}

static int reply(sd_bus_message *call, const Record *record) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        int r = sd_bus_message_new_method_return(call, &m);

        if (r >= 0)
                r = sd_bus_message_open_container(m, 'a', "{st}");
        for (size_t i = 0; r >= 0 && i < record->statistics.n; i++)
                r = sd_bus_message_append(m, "{st}", record->statistics.items[i].name,
                                record->statistics.items[i].value);
        if (r >= 0)
                r = sd_bus_message_close_container(m);
        return r < 0 ? r : sd_bus_send(NULL, m, NULL);
}

void statistics_answer(StatisticsCalls *s, const Record *record) {
        LIST_FOREACH (l, &s->calls) {
                StatisticsCall *c = CONTAINER_OF(l, StatisticsCall, link);

                if (c->request != record->request)
                        continue;
                if (reply(c->message, record) < 0)
                        (void)sd_bus_reply_method_errorf(
                                        c->message, SD_BUS_ERROR_NO_MEMORY, "Out of memory.");
                end_call(s, c);
                return;
        }
}

void statistics_drop_gone(BusSide *side) {
        StatisticsCalls *s = side->statistics;

        LIST_FOREACH_SAFE (l, &s->calls) {
                StatisticsCall *c = CONTAINER_OF(l, StatisticsCall, link);

                if (mirror_instance_by_id(publisher_mirror(side->publisher), c->instance))
                        continue;
                (void)sd_bus_reply_method_errorf(
                                c->message, VRRPD_ERROR_NO_SUCH_INSTANCE, "The instance is gone.");
                end_call(s, c);
        }
}
