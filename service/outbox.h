/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The engine's end of the mailbox to the bus side: posting never waits, and a full box is remembered there
 * (the bus side asks for everything again). */

#include "service/publish.h"
#include "service/util/mailbox.h"

/* Each takes ownership of what it is given, also when the box is full or memory is short. */
void outbox_post(Mailbox *records, Record *record);
void outbox_status(Mailbox *records, InstanceStatus *status);
void outbox_tracker(Mailbox *records, const TrackerStatus *tracker);
void outbox_event(Mailbox *records, const InstanceEvent *event);
void outbox_group_event(Mailbox *records, const InstanceEvent *event);
/* A record without payload. */
/* Hands an object to the bus side, which frees it; freed here when there is no room. */
void outbox_garbage(Mailbox *records, void *object, void (*destroy)(void *object));
void outbox_simple(Mailbox *records, RecordType type, uint32_t id, uint64_t request, int result);
/* A LogSink: userdata is the Mailbox. */
void outbox_log(const LogRecord *record, void *userdata);
