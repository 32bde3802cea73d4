/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The calls of GetStatistics() that wait for the engine: the counters live there, the bus side has no copy.
 */

#include "service/publish.h"
#include <systemd/sd-bus.h>

typedef struct StatisticsCalls StatisticsCalls;
struct BusSide;

int statistics_calls_new(StatisticsCalls **ret);
/* Nobody is answered. */
StatisticsCalls *statistics_calls_free(StatisticsCalls *s);
DEFINE_CLEANUP(StatisticsCalls, statistics_calls_free);

/* Asks the engine and keeps the call until it answers. -ENOBUFS: too many wait, or the engine is too busy;
 * -ENOMEM. */
int statistics_call(struct BusSide *side, sd_bus_message *call, uint32_t instance);
/* RECORD_STATISTICS: answers the call. */
void statistics_answer(StatisticsCalls *s, const Record *record);
/* Answers the calls whose instance is not in the mirror any more. */
void statistics_drop_gone(struct BusSide *side);
/* Ends the calls with requests up to this one; error_name NULL: without an answer, as the bus is gone. */
void statistics_end(StatisticsCalls *s, uint64_t request, const char *error_name, const char *text);
