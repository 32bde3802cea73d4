/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* See timing.h. Owns: the delay of the start (vrrp_startup_delay, vrrp_delay_after_boot), which counts from
 * the start of the daemon and is not begun again by a reload; hands the delays of links to the mirror and
 * the groups of interfaces to the announcements. */

#include "service/timing.h"
#include "service/clock.h"
#include "service/pacing.h"
#include "service/util/log.h"
#include "service/util/parse.h"
#include <stdio.h>

static int configure_link_delays(Manager *m, const Config *config) {
        _cleanup_free_ LinkDelay *delays = calloc(config->n_link_delays + 1, sizeof(*delays));

        if (!delays)
                return -ENOMEM;
        for (size_t i = 0; i < config->n_link_delays; i++) {
                const ConfigLinkDelay *c = &config->link_delays[i];

                delays[i].down_usec = c->down_usec;
                delays[i].up_usec = c->up_usec;
                snprintf(delays[i].name, sizeof(delays[i].name), "%s", c->interface);
        }
        return link_mirror_set_delays(m->links, m->event, PRIORITY_NETLINK, delays, config->n_link_delays);
}

static int configure(Manager *m, const Config *config) {
        int r = configure_link_delays(m, config);

        return r < 0 ? r : pacing_configure(m->pacing, config);
}

static int on_start(sd_event_source *source, uint64_t usec, void *userdata) {
        Manager *m = userdata;

        m->start_usec = 0;
        log_info("The delay of the start is over");
        LIST_FOREACH (node, &m->instances)
                instance_evaluate(CONTAINER_OF(node, Instance, node));
        return 0;
}

/* CLOCK_BOOTTIME is the time since the boot. */
static int delay_start(Manager *m, const Config *config) {
        usec_t now = now_boottime(), start = config->global.delay_after_boot_usec;
        char span[32];
        int r;

        if (config->global.startup_delay_usec > 0)
                start = MAX(start, usec_add(now, config->global.startup_delay_usec));
        if (start <= now)
                return 0;
        r = sd_event_add_time(m->event, &m->start_source, CLOCK_BOOTTIME, start, 1, on_start, m);
        if (r >= 0)
                r = sd_event_source_set_priority(m->start_source, PRIORITY_DEADLINES);
        if (r < 0)
                return r;
        m->start_usec = start;
        log_info("All instances wait for %s, as configured",
                        format_timespan(start - now, span, sizeof(span)));
        return 0;
}

int timing_start(Manager *m, const Config *config) {
        int r = pacing_new(m->links, &m->pacing);

        if (r < 0)
                return r;
        neigh_socket_set_pace(m->neigh, pacing_find, m->pacing);
        r = configure(m, config);
        return r < 0 ? r : delay_start(m, config);
}

void timing_configure(Manager *m, const Config *config) {
        int r = configure(m, config);

        if (r < 0)
                log_error("Delays of links and the pace of announcements stay as they were: %s",
                                strerror(-r));
}

void timing_stop(Manager *m) {
        if (m->neigh)
                neigh_socket_set_pace(m->neigh, NULL, NULL);
        m->pacing = pacing_free(m->pacing);
        m->start_source = sd_event_source_disable_unref(m->start_source);
}
