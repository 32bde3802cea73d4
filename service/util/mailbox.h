/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A mailbox between two threads: a bounded queue of pointers that change owner, and an eventfd that says
 * there is something. Posting never waits for the reader: the lock is held for a few instructions only (a
 * priority-inheriting mutex), and a full box refuses, which the poster is told and the reader finds out by
 * mailbox_take_overflow(). */

#include "service/util/macro.h"

typedef struct Mailbox Mailbox;

/* capacity: records that may wait. free_record: called on what is left at mailbox_free(). Errors: -ENOMEM,
 * -errno of eventfd. */
int mailbox_new(size_t capacity, void (*free_record)(void *record), Mailbox **ret);
Mailbox *mailbox_free(Mailbox *m);
DEFINE_CLEANUP(Mailbox, mailbox_free);

/* Readable when something waits. Owned by the mailbox. */
int mailbox_fd(const Mailbox *m);
/* Hands record over. -ENOBUFS: full; the record stays the caller's, and the box remembers that it
 * overflowed. */
int mailbox_post(Mailbox *m, void *record);
/* The oldest record, now the caller's; NULL when empty (which also quiets the fd). */
void *mailbox_take(Mailbox *m);
/* How many records wait. */
size_t mailbox_waiting(Mailbox *m);
/* True once after posts were refused since the last call. */
bool mailbox_take_overflow(Mailbox *m);
