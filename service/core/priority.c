/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What trackers make of a priority. Owns only the arithmetic; who tracks what is the track room's, and when
 * the result takes effect is the router's. */

#include "service/core/priority.h"

/* `reverse` turns the sign and not the occasion: measured on keepalived 2.2.7, an interface with "weight 10
 * reverse" takes 10 while it is up and gives nothing while it is down. */
int priority_contribution(int weight, bool reverse, bool up) {
        if ((weight > 0) != up)
                return 0;
        weight = CLAMP(weight, PRIORITY_WEIGHT_MIN, PRIORITY_WEIGHT_MAX);
        return reverse ? -weight : weight;
}

int priority_file_contribution(int64_t value, int weight, bool reverse, bool *ret_fault) {
        int64_t product;

        *ret_fault = false;
        if (weight == 0) {
                *ret_fault = (value != 0) != reverse;
                return 0;
        }
        /* Both fit 32 bits; whoever passes more gets the nearest that does. */
        product = CLAMP(value, (int64_t)INT32_MIN, (int64_t)INT32_MAX) * weight;
        if (reverse)
                product = -product;
        *ret_fault = product < PRIORITY_FILE_MIN;
        return *ret_fault ? 0 : (int)MIN(product, (int64_t)PRIORITY_FILE_MAX);
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
