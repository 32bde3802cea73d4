/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The fake engine's instances and trackers, and how they get to the bus side: the same records as the real
 * engine's, posted in the same order (status before event), but with nothing behind them. */

#include "service/publish.h"
#include "service/util/list.h"
#include "service/util/mailbox.h"

typedef struct FakeInstance {
        List link;
        InstanceStatus status; /* arrays owned */
} FakeInstance;

typedef struct FakeGroup {
        List link;
        GroupStatus status; /* members owned */
} FakeGroup;

typedef struct FakeTracker {
        List link;
        TrackerStatus status;
} FakeTracker;

typedef struct FakeWorld {
        Mailbox *records;
        List instances, groups, trackers;
        uint32_t last_id;
        uint64_t refused; /* posts that found the mailbox full */
} FakeWorld;

usec_t fake_now(int clock);

FakeInstance *fake_find(FakeWorld *w, const char *name);
FakeInstance *fake_find_id(FakeWorld *w, uint32_t id);
FakeGroup *fake_find_group(FakeWorld *w, const char *name);
FakeGroup *fake_find_group_id(FakeWorld *w, uint32_t id);
FakeTracker *fake_find_tracker(FakeWorld *w, const char *name);

FakeInstance *fake_add(FakeWorld *w, const char *name, uint8_t vrid);
FakeGroup *fake_add_group(FakeWorld *w, const char *name);
void fake_group_join(FakeGroup *g, FakeInstance *i);
FakeTracker *fake_add_tracker(FakeWorld *w, const char *name);
void fake_remove(FakeWorld *w, FakeInstance *i);
void fake_remove_group(FakeWorld *w, FakeGroup *g);
void fake_remove_tracker(FakeWorld *w, FakeTracker *t);
void fake_clear(FakeWorld *w);

void fake_post_status(FakeWorld *w, const FakeInstance *i);
void fake_post_group(FakeWorld *w, const FakeGroup *g);
void fake_post_group_event(FakeWorld *w, const FakeGroup *g, const InstanceEvent *event);
void fake_post_tracker(FakeWorld *w, const FakeTracker *t);
/* The event is copied. */
void fake_post_event(FakeWorld *w, const FakeInstance *i, const InstanceEvent *event);
/* Records that must not be lost: waits for room. The caller fills record. */
void fake_post_surely(FakeWorld *w, Record *record);
void fake_post_simple(FakeWorld *w, RecordType type);
void fake_post_everything(FakeWorld *w);

/* The whole sequence of a transition: status, StateChanged, status with (or without) active VIPs,
 * TransitionFinished. */
void fake_transition(FakeWorld *w, FakeInstance *i, VrrpState state, VrrpReason reason, const char *detail);
