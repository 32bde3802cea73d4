/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* After the mailbox of records has overflowed: what was lost can only be had by having everything posted
 * again. */

#include "service/publish.h"
#include <systemd/sd-event.h>

typedef struct Resync Resync;
struct BusSide;

int resync_new(struct BusSide *side, Resync **ret);
Resync *resync_free(Resync *r);
DEFINE_CLEANUP(Resync, resync_free);

/* Records were lost. The mailbox still holds some from before the loss. */
void resync_lost(Resync *r);
/* After each turn of the mailbox: `taken` records were taken, and it is empty now. Begins the resync when
 * all records from before the loss have been seen, so that none of them can pass for a new one. */
void resync_turn(Resync *r, size_t taken, bool empty);
/* RECORD_RESYNC_DONE; one without a request number is taken as the answer to the latest. */
void resync_done(Resync *r, const Record *record);
