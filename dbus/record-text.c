/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* See record-text.h. Every array of characters of the records is here; what an enum's table or an address
 * prints is valid by itself, and the administrator's words came by the bus. */

#include "dbus/record-text.h"
#include "service/util/utf8.h"

#define CLEAN(array) utf8_clean(array, sizeof(array))

static void clean_instance(InstanceStatus *s) {
        CLEAN(s->name);
        CLEAN(s->interface);
        CLEAN(s->admin_reason); /* may have been read from disk */
        for (size_t i = 0; i < s->n_faults; i++) {
                CLEAN(s->faults[i].kind);
                CLEAN(s->faults[i].detail);
        }
}

static void clean_tracker(TrackerStatus *t) {
        CLEAN(t->name);
        CLEAN(t->target);
        CLEAN(t->status_text);
}

void record_clean_text(Record *record) {
        switch (record->type) {
        case RECORD_INSTANCE:
                clean_instance(record->status);
                break;
        case RECORD_TRACKER:
                clean_tracker(record->tracker);
                break;
        case RECORD_GROUP:
                CLEAN(record->group->name);
                CLEAN(record->group->admin_reason);
                break;
        case RECORD_EVENT:
        case RECORD_GROUP_EVENT:
                CLEAN(record->event->name);
                CLEAN(record->event->detail);
                break;
        case RECORD_LOG: /* the journal's business */
        case RECORD_INSTANCE_REMOVED:
        case RECORD_TRACKER_REMOVED:
        case RECORD_GROUP_REMOVED:
        case RECORD_STATISTICS:
        case RECORD_RELOADED:
        case RECORD_RESYNC_DONE:
        case RECORD_READY:
        case RECORD_STOPPING:
        case RECORD_GARBAGE:
        case RECORD_STOPPED:
                break;
        }
}
