/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* See outbox.h. */

#include "service/outbox.h"

void outbox_post(Mailbox *records, Record *record) {
        if (record && mailbox_post(records, record) < 0)
                record_free(record);
}

void outbox_status(Mailbox *records, InstanceStatus *status) {
        Record *record = NULL;

        if (record_new(RECORD_INSTANCE, &record) < 0) {
                instance_status_free(status);
                return;
        }
        record->id = status->id;
        record->status = status;
        outbox_post(records, record);
}

/* A record whose payload is one flat struct, copied. */
static void post_copy(Mailbox *records, RecordType type, uint32_t id, const void *payload, size_t size) {
        _cleanup_(record_freep) Record *record = NULL;
        void *copy;

        if (record_new(type, &record) < 0)
                return;
        copy = malloc(size);
        if (!copy)
                return;
        memcpy(copy, payload, size);
        record->id = id;
        if (type == RECORD_EVENT || type == RECORD_GROUP_EVENT)
                record->event = copy;
        else if (type == RECORD_TRACKER)
                record->tracker = copy;
        else
                record->log = copy;
        outbox_post(records, TAKE_PTR(record));
}

void outbox_tracker(Mailbox *records, const TrackerStatus *tracker) {
        post_copy(records, RECORD_TRACKER, tracker->id, tracker, sizeof(*tracker));
}

void outbox_event(Mailbox *records, const InstanceEvent *event) {
        post_copy(records, RECORD_EVENT, event->instance, event, sizeof(*event));
}

void outbox_garbage(Mailbox *records, void *object, void (*destroy)(void *object)) {
        Record *record = NULL;

        if (record_new(RECORD_GARBAGE, &record) < 0) {
                destroy(object);
                return;
        }
        record->garbage.object = object;
        record->garbage.free = destroy;
        outbox_post(records, record);
}

void outbox_group_event(Mailbox *records, const InstanceEvent *event) {
        post_copy(records, RECORD_GROUP_EVENT, event->group, event, sizeof(*event));
}

void outbox_simple(Mailbox *records, RecordType type, uint32_t id, uint64_t request, int result) {
        Record *record = NULL;

        if (record_new(type, &record) < 0)
                return;
        record->id = id;
        record->request = request;
        record->result = result;
        outbox_post(records, record);
}

void outbox_log(const LogRecord *record, void *userdata) {
        post_copy(userdata, RECORD_LOG, 0, record, sizeof(*record));
}
