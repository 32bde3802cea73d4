/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: the words for a link's state. Must not know: netlink, who tracks the link.
 * The state comes from the engine's link mirror, which netlink feeds; nothing is polled or remembered here.
 */

#include "service/track/track-interface.h"
#include <net/if.h>
#include <stdio.h>

void track_interface_update(TrackerNode *n, const LinkMirror *links) {
        const Link *link = link_by_name(links, n->tracker.name);
        bool usable = link && link_usable(link), up = link && (link->settled_usec > 0 ? !usable : usable);
        char text[sizeof(n->tracker.status_text)];

        snprintf(text, sizeof(text), "interface %s %s", n->tracker.name,
                        !link                     ? "is missing"
                        : usable && !up           ? "is down, but its delay is not over"
                        : usable                  ? "is up"
                        : up                      ? "is up, but its delay is not over"
                        : !(link->flags & IFF_UP) ? "is down"
                                                  : "has no carrier");
        tracker_node_update(n, usable ? VRRP_TRACKER_UP : VRRP_TRACKER_DOWN, usable, text);
}
