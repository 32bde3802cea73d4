/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What trackers make of a priority. Owns only the arithmetic; who tracks what is the track room's, and when
 * the result takes effect is the router's. */

#include "service/core/priority.h"

int priority_contribution(int weight, bool reverse, bool up) {
        bool good = up != reverse;

        if (weight > 0)
                return good ? MIN(weight, PRIORITY_WEIGHT_MAX) : 0;
        if (weight < 0)
                return good ? 0 : MAX(weight, PRIORITY_WEIGHT_MIN);
        return 0;
}

/* 0 and 255 have meanings of their own on the wire (resign, owner), so no sum may reach them: RFC 9568
 * section 5.2.4. */
uint8_t priority_effective(uint8_t base, int sum) {
        int64_t priority = (int64_t)base + sum;

        if (base == VRRP_PRIORITY_OWNER)
                return VRRP_PRIORITY_OWNER;
        if (priority < 1)
                return 1;
        if (priority >= VRRP_PRIORITY_OWNER)
                return VRRP_PRIORITY_OWNER - 1;
        return (uint8_t)priority;
}
