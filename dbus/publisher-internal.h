/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the files of the publisher share. */

#include "dbus/publisher.h"

struct Publisher {
        Journal *journal;       /* borrowed */
        Connection *connection; /* borrowed, may be NULL */
        Mirror *mirror;
        EventRing *events;
        List dirty_instances, dirty_groups, dirty_trackers;
        uint32_t dirty_manager;
        PublisherKeep keep;
        void *userdata;
};

/* Where to send now; NULL = nowhere. */
sd_bus *publisher_bus(const Publisher *p);
/* Logs that a signal was not sent. */
void publisher_complain(int r, const char *what);

/* publisher-group.c */
void publisher_flush_group(Publisher *p, GroupObject *g);
void publisher_remove_group(Publisher *p, GroupObject *g);
/* An instance came or went: its group's Members are others now. */
void publisher_dirty_group_of(Publisher *p, const InstanceStatus *s);
