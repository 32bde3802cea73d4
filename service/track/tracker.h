/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What an instance's right to be master may depend on: a link, a script's result, a file, a process. A
 * tracker has a value that is up or down; who tracks it, and what it is worth to them (a fault or a weight),
 * is the users' business (manager.c). Trackers are shared: one per (type, name). They keep their result over
 * a reload. */

#include "service/config/config.h"
#include "service/core/types.h"
#include "service/net/link.h"

typedef struct TrackerSet TrackerSet;
typedef struct Tracker Tracker;

/* A tracker changed: what users judge by (up or down, of a file its number; then `flipped`) or only
 * something that is published. Not called from within tracker_set_*(). */
typedef void (*TrackerCallback)(Tracker *tracker, bool flipped, void *userdata);

struct Tracker {
        uint32_t id; /* for publication; never reused */
        VrrpTrackerType type;
        char *name;
        char *target;
        VrrpTrackerState state; /* rising counts as down, falling as up */
        char status_text[160];
        int64_t value;
        usec_t change_realtime, change_boottime; /* of the last flip */
};

/* Down or up; unknown counts as neither: see tracker_known(). */
bool tracker_is_up(const Tracker *t);
bool tracker_is_known(const Tracker *t);

/* runner_fd: seqpacket socket to a vrrpd-scripts that was forked before privileges were dropped (ownership
 * passes), or -EBADF to listen on socket_path for one that systemd starts (accepted from uid 0 only), or
 * socket_path NULL for neither. */
int tracker_set_new(sd_event *event, int64_t priority, const LinkMirror *links, int runner_fd,
                const char *socket_path, TrackerCallback callback, void *userdata, TrackerSet **ret);
TrackerSet *tracker_set_free(TrackerSet *s);
DEFINE_CLEANUP(TrackerSet, tracker_set_free);

/* Makes the set be what the configuration names: new trackers start, unknown ones end (their ids are
 * returned by tracker_set_foreach no more), those kept keep their value; a script whose command changed
 * starts over. config must outlive the next call. */
int tracker_set_configure(TrackerSet *s, const Config *config);
Tracker *tracker_set_find(const TrackerSet *s, VrrpTrackerType type, const char *name);
int tracker_set_foreach(TrackerSet *s, int (*f)(Tracker *t, void *userdata), void *userdata);
/* The engine's link mirror calls this for every change of a link. */
void tracker_set_link_changed(TrackerSet *s, const char *ifname);
