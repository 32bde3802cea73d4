/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A reload of a running router: new parameters, the state kept. Owns nothing; it carries the timers over, so
 * that neither an advert is missed nor a master that is alive declared dead because a number in a file has
 * changed. */

#include "service/core/priority.h"
#include "service/core/router-internal.h"

/* What is left of a time span when the span itself changes; in 128 bits, as both may be hours. */
static usec_t rescale(usec_t left, usec_t old_span, usec_t new_span) {
        if (old_span == 0)
                return MIN(left, new_span);
        return (usec_t)((unsigned __int128)left * new_span / old_span);
}

static usec_t backup_span(const Router *r) {
        return r->master_resigned ? router_skew_usec(r) : router_master_down_interval_usec(r);
}

/* A reload that turns preempt_delay off or shortens it takes effect on one that runs. */
static void config_preempt_delay(Router *r, usec_t now) {
        if (r->preempt_usec == USEC_INFINITY)
                return;
        r->preempt_usec = MIN(r->preempt_usec, usec_add(now, r->config.preempt_delay_usec));
}

static void config_backup(Router *r, usec_t now, usec_t old_span) {
        usec_t left = r->master_down_usec > now ? r->master_down_usec - now : 0;

        /* Version 3 goes on with the interval of the master that it follows. */
        if (r->config.version == 2 || !vrrp_address_is_set(&r->master_address))
                r->master_interval_usec = r->config.interval_usec;
        if (!r->wants) /* then no timer runs */
                r->master_down_usec = usec_add(now, rescale(left, old_span, backup_span(r)));
        config_preempt_delay(r, now);
}

static void config_master(Router *r, usec_t now) {
        r->master_interval_usec = r->config.interval_usec;
        if (r->handover != ROUTER_HANDOVER_NONE)
                return;
        r->advert_due_usec = MIN(r->advert_due_usec, usec_add(now, r->config.interval_usec));
        announce_configure(&r->announce, &r->config.announce, now);
}

/* The trackers' share is kept until the engine tells the exact sum by ROUTER_EVENT_PRIORITY. */
static uint8_t config_tracked_priority(const Router *r, uint8_t new_base) {
        if (r->config.base_priority == VRRP_PRIORITY_OWNER)
                return new_base;
        return priority_effective(new_base, (int)r->tracked_priority - r->config.base_priority);
}

/* Its sync group is gone, and with it what the group kept it from. */
static void config_ungrouped(Router *r, usec_t now, RouterStep *step) {
        if (r->group_fault) {
                r->group_fault = false;
                router_fault_changed(r, now, step);
        }
        if (r->wants) {
                r->wants = false;
                r->master_down_usec = now;
        }
}

void router_reconfigure(Router *r, usec_t now, const RouterConfig *config, RouterStep *step) {
        usec_t old_span = backup_span(r);

        r->tracked_priority = config_tracked_priority(r, config->base_priority);
        r->config = *config;
        router_emit_changed(step);
        if (!config->grouped)
                config_ungrouped(r, now, step);

        switch (r->state) {
        case VRRP_INITIALIZE:
        case VRRP_FAULT:
                r->master_interval_usec = r->config.interval_usec;
                break;
        case VRRP_BACKUP:
                config_backup(r, now, old_span);
                break;
        case VRRP_MASTER:
                config_master(r, now);
                break;
        case VRRP_STATE_MAX:
        case VRRP_STATE_INVALID:
                assert(false);
        }
}
