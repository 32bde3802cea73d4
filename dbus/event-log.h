/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Events as lines of the journal: one line each, that says why. */

#include "dbus/journal.h"
#include "service/publish.h"

void event_log(Journal *journal, const InstanceEvent *e);
