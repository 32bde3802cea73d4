/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Which events are worth a line, at which level and with which MESSAGE_ID. */

#include "dbus/event-log.h"
#include "dbus/message-ids.h"
#include <stdio.h>

static const char *state_message_id(VrrpState state) {
        switch (state) {
        case VRRP_MASTER:
                return MESSAGE_ID_MASTER;
        case VRRP_BACKUP:
                return MESSAGE_ID_BACKUP;
        case VRRP_FAULT:
                return MESSAGE_ID_FAULT;
        case VRRP_INITIALIZE:
        case VRRP_STATE_MAX:
        case VRRP_STATE_INVALID:
                return NULL;
        }
        return NULL;
}

static void append_detail(char *text, size_t size, const InstanceEvent *e) {
        size_t n = strlen(text);

        if (e->detail[0] != '\0')
                (void)snprintf(text + n, size - n, " (%s)", e->detail);
}

static void log_state_changed(Journal *journal, const InstanceEvent *e) {
        char text[LOG_LINE_MAX];

        (void)snprintf(text, sizeof(text), "%s → %s: %s", vrrp_state_to_string(e->old_state),
                        vrrp_state_to_string(e->new_state), vrrp_reason_to_string(e->reason));
        append_detail(text, sizeof(text), e);
        journal_write(journal, &(JournalLine){.level = e->new_state == VRRP_FAULT ? LOG_WARNING : LOG_NOTICE,
                                               .text = text,
                                               .instance = e->group > 0 ? NULL : e->name,
                                               .group = e->group > 0 ? e->name : NULL,
                                               .message_id = state_message_id(e->new_state),
                                               .state = vrrp_state_to_string(e->new_state),
                                               .reason = vrrp_reason_to_string(e->reason)});
}

static void log_conflict(Journal *journal, const InstanceEvent *e) {
        char text[LOG_LINE_MAX], address[VRRP_ADDRESS_STRLEN];
        bool begins = e->kind == EVENT_CONFLICT_DETECTED;

        (void)snprintf(text, sizeof(text), "conflict %s: %s with %s", begins ? "detected" : "cleared",
                        vrrp_conflict_to_string(e->conflict), vrrp_address_to_string(&e->address, address));
        append_detail(text, sizeof(text), e);
        journal_write(journal, &(JournalLine){.level = begins ? LOG_WARNING : LOG_NOTICE,
                                               .text = text,
                                               .instance = e->group > 0 ? NULL : e->name,
                                               .group = e->group > 0 ? e->name : NULL,
                                               .message_id = begins ? MESSAGE_ID_CONFLICT : NULL});
}

static void log_operation(Journal *journal, const InstanceEvent *e) {
        char text[LOG_LINE_MAX];

        (void)snprintf(text, sizeof(text), "operation %llu, %s: %s", (unsigned long long)e->operation,
                        vrrp_operation_to_string(e->operation_kind), vrrp_result_to_string(e->result));
        if (vrrp_address_is_set(&e->address)) {
                char address[VRRP_ADDRESS_STRLEN];
                size_t n = strlen(text);

                (void)snprintf(text + n, sizeof(text) - n, ", %s took over",
                                vrrp_address_to_string(&e->address, address));
        }
        append_detail(text, sizeof(text), e);
        journal_write(journal, &(JournalLine){.level = LOG_NOTICE,
                                               .text = text,
                                               .instance = e->group > 0 ? NULL : e->name,
                                               .group = e->group > 0 ? e->name : NULL});
}

/* The StateChanged line before it has told the story; only a kernel that refused an address is worth
 * another. */
static void log_transition(Journal *journal, const InstanceEvent *e) {
        char text[LOG_LINE_MAX];

        if (e->result != VRRP_RESULT_FAILED)
                return;
        (void)snprintf(text, sizeof(text), "transition to %s: %s", vrrp_state_to_string(e->new_state),
                        vrrp_result_to_string(e->result));
        append_detail(text, sizeof(text), e);
        journal_write(journal, &(JournalLine){.level = LOG_ERR,
                                               .text = text,
                                               .instance = e->group > 0 ? NULL : e->name,
                                               .group = e->group > 0 ? e->name : NULL});
}

void event_log(Journal *journal, const InstanceEvent *e) {
        switch (e->kind) {
        case EVENT_STATE_CHANGED:
                log_state_changed(journal, e);
                break;
        case EVENT_CONFLICT_DETECTED:
        case EVENT_CONFLICT_CLEARED:
                log_conflict(journal, e);
                break;
        case EVENT_OPERATION_FINISHED:
                log_operation(journal, e);
                break;
        case EVENT_TRANSITION_FINISHED:
                log_transition(journal, e);
                break;
        }
}
