/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Log records. Code anywhere says log_info(...); where the line goes is decided by one sink per process: the
 * engine's sink posts the record to the bus side (which writes the journal and may block), everything else
 * writes to stderr. log never changes errno. Levels are syslog's. */

#include "service/util/macro.h"
#include <syslog.h>

#define LOG_LINE_MAX 512

/* One line. `instance` and `message_id` become the journal fields VRRP_INSTANCE and MESSAGE_ID; "" = none.
 */
typedef struct LogRecord {
        int level;
        char instance[64];
        char message_id[33];
        char text[LOG_LINE_MAX];
} LogRecord;

typedef void (*LogSink)(const LogRecord *record, void *userdata);

/* The sink of this thread (thread-local), NULL = stderr with a "<level>" prefix where stderr is the journal.
 */
void log_set_sink(LogSink sink, void *userdata);
void log_set_max_level(int level);
void log_write(const LogRecord *record); /* to stderr, directly */
void log_full(int level, const char *instance, const char *message_id, const char *format, ...)
                _printf_(4, 5);

#define log_debug(...) log_full(LOG_DEBUG, NULL, NULL, __VA_ARGS__)
#define log_info(...) log_full(LOG_INFO, NULL, NULL, __VA_ARGS__)
#define log_notice(...) log_full(LOG_NOTICE, NULL, NULL, __VA_ARGS__)
#define log_warning(...) log_full(LOG_WARNING, NULL, NULL, __VA_ARGS__)
#define log_error(...) log_full(LOG_ERR, NULL, NULL, __VA_ARGS__)
/* With the name of an instance. */
#define log_instance(level, instance, ...) log_full(level, instance, NULL, __VA_ARGS__)
