/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the files of this room share: a tracker as its set sees it. Nobody else includes this. */

#include "service/track/tracker.h"
#include "service/util/list.h"

typedef struct ScriptCheck ScriptCheck;
typedef struct RemoteWatch RemoteWatch;
typedef struct TrackerNode TrackerNode;

struct TrackerNode {
        Tracker tracker; /* what users see */
        TrackerSet *set;
        ScriptCheck *check; /* NULL unless it is a script */
        RemoteWatch *watch; /* NULL unless it is a file or a process */
        List dirty;         /* in the set's list of what is to be reported in this turn */
        bool reported_known, reported_up;
        int64_t reported_value;
        char *next_target; /* prepared for the configuration that is being put in place */
        bool wanted;       /* by the configuration that is being put in place */
};

/* The one writer of what a tracker says. Reports to the users, later in this turn, if anything differs. */
void tracker_node_update(TrackerNode *n, VrrpTrackerState state, int64_t value, const char *status_text);
/* Is its first configuration being put in place: has the daemon just started? */
bool tracker_set_is_new(const TrackerSet *s);
