/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The statuses that wait to be published. There may be more of them than the mailbox holds, and an overflow
 * ends in a resync, which posts them all again: so they are posted in portions, as fast as the bus side
 * takes them. A status that changes while it waits is posted once, with what it is then. Events do not wait:
 * they are posted when they happen. */

#include "service/publish.h"
#include <systemd/sd-event.h>

typedef struct Manager Manager;
typedef struct Tracker Tracker;

typedef struct Posting {
        sd_event_source *timer; /* enabled while something waits for room */
        bool trackers;          /* all from next_tracker on wait */
        size_t next_tracker;
        bool resync; /* RECORD_RESYNC_DONE is due when nothing waits any more */
        uint64_t resync_request;
        Record *answer; /* RECORD_RELOADED, due then too; NULL = none */
} Posting;

/* Needs the manager's event loop. -errno of sd-event. */
int posting_init(Manager *m);
void posting_done(Manager *m);

/* Everything is to be posted, then RECORD_RESYNC_DONE. */
void manager_post_everything(Manager *m, uint64_t request);
/* The status of every tracker is to be posted. */
void manager_post_trackers(Manager *m);
/* Takes RECORD_RELOADED, which follows all that the reload has changed: who waits for it may then read. */
void manager_post_reloaded(Manager *m, Record *answer);
/* End of a turn: posts as much as there is room for. */
void manager_post_pending(Manager *m);

void manager_post_tracker(Manager *m, const Tracker *t);
