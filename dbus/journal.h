/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Where log lines go: to journald in its native protocol, with fields, when stderr is its stream (systemd
 * started us); else to stderr as plain text. Neither ever blocks: a line that cannot be written now is
 * counted, and the number is said when writing works again. (sd_journal_send(3) waits when journald hangs.)
 */

#include "service/util/log.h"
#include <systemd/sd-event.h>

typedef struct Journal Journal;

/* NULL or "" = no such field. */
typedef struct JournalLine {
        int level;
        const char *text;
        const char *instance; /* VRRP_INSTANCE, and the beginning of the line */
        const char *group;    /* NULL = none; then there is no instance */
        const char *message_id;
        const char *state, *reason; /* VRRP_STATE, VRRP_REASON */
} JournalLine;

int journal_new(sd_event *event, Journal **ret);
Journal *journal_free(Journal *j);
DEFINE_CLEANUP(Journal, journal_free);

void journal_write(Journal *j, const JournalLine *line);
void journal_write_record(Journal *j, const LogRecord *record);
