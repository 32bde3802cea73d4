/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Names and words in the engine's records come from configuration files and from the kernel and may be any
 * bytes, or cut in the middle of a character. On the bus a single wrong byte would make a whole message,
 * say GetManagedObjects() of all instances, impossible. So they are made valid UTF-8 here, once, where they
 * enter the bus side. */

#include "service/publish.h"

void record_clean_text(Record *record);
