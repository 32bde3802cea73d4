/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The tracker of a link: up when the link is usable. */

#include "service/track/tracker-node.h"

/* Takes the state from the mirror: to be called at the start and after each change of the link. value: 1
 * usable, 0 not. */
void track_interface_update(TrackerNode *n, const LinkMirror *links);
