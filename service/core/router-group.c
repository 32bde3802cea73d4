/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A router in a sync group: where a router by itself would become master it only says that it wants to, and
 * what its group has decided (core/group.c) comes as an order. Owns Router.wants and group_fault. It must
 * not know who else is in the group. */

#include "service/core/router-internal.h"

/* Its timer has done what it can. Adverts of a master that it follows take the wish back: backup_packet().
 */
void router_group_want(Router *r, VrrpReason reason, RouterStep *step) {
        if (r->wants)
                return;
        r->wants = true;
        r->want_reason = reason;
        r->master_down_usec = USEC_INFINITY;
        router_emit_changed(step);
}

/* Another host's group may be going at the same time, because it gives way where we are better: it is heard
 * for as long as its kernel takes to release its addresses. */
#define LAST_WORDS_USEC (200 * USEC_PER_MSEC)

bool router_heard_since(const Router *r, usec_t yielded_usec) {
        return r->master_heard_usec > usec_add(yielded_usec, r->config.interval_usec + LAST_WORDS_USEC);
}

/* Released with no successor known: whoever is master here or wants to be must hear it, in this order. A
 * master re-announces when it hears a lower advert; priority 0 lets backups take over soon. */
static void yield(Router *r, usec_t now, RouterStep *step) {
        if (r->state != VRRP_MASTER || r->handover != ROUTER_HANDOVER_NONE)
                return;
        router_promotion_end(r, step);
        r->yielded_usec = now;
        router_set_state(r, now, VRRP_BACKUP, VRRP_REASON_GROUP, step);
        if (router_farewell(r, now, NULL))
                r->farewell_resigns = true;
        else
                router_emit_advert(step, VRRP_PRIORITY_RESIGN, NULL);
}

static bool master_known(const Router *r) {
        return vrrp_address_is_set(&r->master_address) && !r->master_resigned;
}

/* Our successor took over because we asked: if it is worse than we, it goes. In fault, where the group may
 * be by now, only the hold ends. */
static void reclaim(Router *r, usec_t now, RouterStep *step) {
        if (r->admin == VRRP_ADMIN_YIELDING)
                router_hold_release(r, step);
        if (r->state != VRRP_BACKUP)
                return;
        if (!master_known(r) ||
                        router_beats(router_priority(r), &r->source, r->master_priority, &r->master_address))
                router_become_master(r, now, VRRP_REASON_GROUP, step);
}

static void wait_longer(Router *r, usec_t now, RouterStep *step) {
        if (r->state != VRRP_BACKUP || !r->wants)
                return;
        r->wants = false;
        r->master_down_usec = usec_add(now, r->config.interval_usec);
        router_emit_changed(step);
}

static void cancel(Router *r, usec_t now, RouterStep *step) {
        if (!r->elect)
                return;
        router_finish(r, VRRP_RESULT_CANCELED, step);
        if (!r->wants)
                return;
        r->wants = false;
        r->master_down_usec = usec_add(now, router_master_down_interval_usec(r));
}

void router_group_order(Router *r, usec_t now, RouterGroupOrder order, RouterStep *step) {
        switch (order) {
        case ROUTER_GROUP_TAKE_OVER:
                if (r->state == VRRP_BACKUP && r->wants)
                        router_become_master(r, now, r->want_reason, step);
                break;
        case ROUTER_GROUP_YIELD:
                yield(r, now, step);
                break;
        case ROUTER_GROUP_WAIT:
                wait_longer(r, now, step);
                break;
        case ROUTER_GROUP_RECLAIM:
                reclaim(r, now, step);
                break;
        case ROUTER_GROUP_CANCEL:
                cancel(r, now, step);
                break;
        case ROUTER_GROUP_PROMOTION_END:
                router_promotion_end(r, step);
                break;
        case ROUTER_GROUP_FAULT:
        case ROUTER_GROUP_FAULT_CLEARED:
                r->group_fault = order == ROUTER_GROUP_FAULT;
                router_fault_changed(r, now, step);
                break;
        }
}
