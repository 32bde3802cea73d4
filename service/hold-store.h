/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The administrators' holds (yielding, paused, promoted) on disk, so that a restart of the daemon, or its
 * crash, does not undo what somebody asked for. Not over a reboot: the runtime directory is empty then, and
 * the boot id in the file tells where it is not. One file per network namespace, rewritten as a whole and
 * renamed into place. Written by the bus side, read at start. */

#include "service/core/types.h"

typedef struct Hold {
        char *name; /* of the instance */
        VrrpAdminState admin;
        usec_t expire_realtime; /* 0 = never */
        uint32_t uid;
        uint8_t priority; /* of a promotion, 0 = the highest that may be */
        char reason[128];
} Hold;

typedef struct HoldStore HoldStore;

/* Opens the store in `directory` and reads what is there; a missing, foreign or damaged file is an empty
 * store (damaged: logged). -ENOMEM, -ENAMETOOLONG. */
int hold_store_new(const char *directory, HoldStore **ret);
HoldStore *hold_store_free(HoldStore *s);
DEFINE_CLEANUP(HoldStore, hold_store_free);

/* NULL = none, also when its time is over. Borrowed until the next change. */
const Hold *hold_store_find(const HoldStore *s, const char *name);
/* Keeps, replaces or (any other admin state) forgets the hold of an instance, and writes the file if that
 * changed something. Errors: -errno of writing; the store itself is up to date all the same, or -ENOMEM. */
int hold_store_keep(HoldStore *s, const Hold *hold);
