/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What an instance tells the bus side: its whole status when something changed, and each event in its order.
 * A status is always posted before the event that explains it. */

#include "service/clock.h"
#include "service/instance.h"
#include "service/manager.h"
#include "service/outbox.h"
#include "service/util/log.h"
#include "service/util/parse.h"

static const char *const instance_counter_table[COUNTER_MAX] = {
                [COUNTER_ADVERTS_SENT] = "adverts-sent",
                [COUNTER_ADVERTS_RECEIVED] = "adverts-received",
                [COUNTER_RESIGNATIONS_SENT] = "priority-zero-sent",
                [COUNTER_RESIGNATIONS_RECEIVED] = "priority-zero-received",
                [COUNTER_SEND_ERRORS] = "send-errors",
                [COUNTER_BECAME_MASTER] = "became-master",
                [COUNTER_TRANSITIONS] = "transitions",
                [COUNTER_ANNOUNCEMENTS_SENT] = "announcements-sent",
                [COUNTER_ADDRESSES_RESTORED] = "addresses-restored",
};
STRTAB_DEFINE(instance_counter, InstanceCounter, instance_counter_table);

/* Names of the counters of refused packets, made of the verdict's name at compile time would need a second
 * table; this one is filled once. */
static const char *discarded_name(AdvertVerdict verdict) {
        static char names[ADVERT_VERDICT_MAX][40];

        if (!names[verdict][0])
                snprintf(names[verdict], sizeof(names[verdict]), "discarded-%s",
                                advert_verdict_to_string(verdict));
        return names[verdict];
}

static int copy_vips(const Instance *i, InstanceStatus *s) {
        s->vips = calloc(i->vips.n + 1, sizeof(*s->vips));
        s->excluded = calloc(i->vips.n + 1, sizeof(*s->excluded));
        if (!s->vips || !s->excluded)
                return -ENOMEM;
        for (size_t k = 0; k < i->vips.n; k++) {
                const Vip *v = i->vips.items[k];
                PublishVip p = {
                                .address = v->config.address,
                                .prefixlen = v->config.prefixlen,
                                .active = v->present,
                };

                if (v->excluded)
                        s->excluded[s->n_excluded++] = p;
                else
                        s->vips[s->n_vips++] = p;
        }
        return 0;
}

static int copy_tracks(const Instance *i, InstanceStatus *s) {
        s->tracks = calloc(instance_n_tracks(i) + 1, sizeof(*s->tracks));
        if (!s->tracks)
                return -ENOMEM;
        for (size_t k = 0; k < instance_n_tracks(i); k++) {
                const ConfigTrack *track = instance_track(i, k);
                const Tracker *t = tracker_set_find(i->manager->trackers, track->type, track->name);

                if (t)
                        s->tracks[s->n_tracks++] = (PublishTrack){.tracker = t->id, .weight = track->weight};
        }
        return 0;
}

static int copy_lists(const Instance *i, InstanceStatus *s) {
        s->faults = calloc(i->n_faults + 2, sizeof(*s->faults));
        s->conflicts = calloc(i->n_conflicts + 1, sizeof(*s->conflicts));
        s->peers = calloc(i->config->n_peers + 1, sizeof(*s->peers));
        if (!s->faults || !s->conflicts || !s->peers)
                return -ENOMEM;
        s->n_faults = i->n_faults;
        memcpy(s->faults, i->faults, i->n_faults * sizeof(*s->faults));
        if (sync_group_fault(i, &s->faults[s->n_faults]))
                s->n_faults++;
        s->n_conflicts = i->n_conflicts;
        memcpy(s->conflicts, i->conflicts, i->n_conflicts * sizeof(*s->conflicts));
        s->n_peers = i->config->n_peers;
        for (size_t k = 0; k < s->n_peers; k++)
                s->peers[k] = i->config->peers[k].address;
        return 0;
}

/* Protocol time (CLOCK_BOOTTIME) as wall-clock time for people; USEC_INFINITY as 0. */
static usec_t boottime_to_realtime(usec_t t) {
        if (t == USEC_INFINITY)
                return 0;
        return now_realtime() + t - now_boottime();
}

static void copy_values(const Instance *i, InstanceStatus *s) {
        const Router *r = &i->router;
        bool master = r->state == VRRP_MASTER;

        s->id = i->id;
        snprintf(s->name, sizeof(s->name), "%s", i->name);
        s->vrid = i->config->vrid;
        s->version = i->config->version;
        s->family = i->config->family;
        if (i->config->use_vmac) {
                const uint8_t *mac = i->config->vmac_mac;

                snprintf(s->virtual_mac, sizeof(s->virtual_mac), "%02x:%02x:%02x:%02x:%02x:%02x", mac[0],
                                mac[1], mac[2], mac[3], mac[4], mac[5]);
        }
        snprintf(s->interface, sizeof(s->interface), "%s", strempty(i->config->interface));
        s->ifindex = i->ifindex;
        s->state = r->state;
        s->reason = !i->waiting || r->state != VRRP_INITIALIZE ? instance_told_reason(i, r->reason)
                    : i->manager->start_usec > 0               ? VRRP_REASON_STARTUP_DELAY
                                                               : VRRP_REASON_WAITING;
        s->state_change_realtime = i->state_realtime;
        s->state_change_monotonic = i->state_monotonic;
        s->admin = r->admin;
        snprintf(s->admin_reason, sizeof(s->admin_reason), "%s", i->admin_reason);
        s->admin_uid = i->admin_uid;
        s->admin_expire_realtime = i->admin_expire_realtime;
        s->priority = router_priority(r);
        s->base_priority = i->config->priority;
        s->promoted_priority = i->router.promoted_priority;
        s->preempt = i->config->preempt;
        s->preempt_delay_usec = i->config->preempt_delay_usec;
        s->interval_usec = i->config->interval_usec;
        s->master_address = master ? r->source : r->master_address;
        s->master_priority = master ? router_priority(r) : r->master_priority;
        s->source = r->source;
        s->operation_running = r->operation.id != 0;
        s->address_owner = vip_set_has_owned(&i->vips);
        s->group = i->group ? i->group->id : 0;
}

/* The two clocks are never read at once: what was published stands until the wall clock, or the hold, has
 * really moved. */
static void update_admin_expire(Instance *i) {
        usec_t now = boottime_to_realtime(i->router.admin_expire_usec), old = i->admin_expire_realtime;

        if (now == 0 || old == 0 || MAX(now, old) - MIN(now, old) > 100 * USEC_PER_MSEC)
                i->admin_expire_realtime = now;
}

usec_t instance_admin_expire(Instance *i) {
        update_admin_expire(i);
        return i->admin_expire_realtime;
}

void instance_post_status(Instance *i) {
        _cleanup_(instance_status_freep) InstanceStatus *s = calloc(1, sizeof(*s));

        if (list_linked(&i->dirty))
                list_remove(&i->dirty);
        if (!s || copy_vips(i, s) < 0 || copy_tracks(i, s) < 0 || copy_lists(i, s) < 0)
                return; /* the next change tries again */
        update_admin_expire(i);
        copy_values(i, s);
        outbox_status(i->manager->records, TAKE_PTR(s));
}

void instance_post_event(Instance *i, const InstanceEvent *event) {
        InstanceEvent e = *event;

        e.instance = i->id;
        snprintf(e.name, sizeof(e.name), "%s", i->name);
        e.realtime = now_realtime();
        e.monotonic = now_monotonic();
        if (list_linked(&i->dirty))
                instance_post_status(i);
        outbox_event(i->manager->records, &e);
}

/* One line that says why, beyond the reason's name. */
static void explain(const Instance *i, VrrpState new_state, VrrpReason reason, const VrrpAddress *successor,
                char *buf, size_t size) {
        char address[VRRP_ADDRESS_STRLEN];
        const Router *r = &i->router;
        PublishFault fault;

        buf[0] = 0;
        vrrp_address_to_string(&r->master_address, address);
        if (new_state == VRRP_INITIALIZE && vrrp_address_is_set(successor))
                snprintf(buf, size, "%s took over", vrrp_address_to_string(successor, address));
        else if (new_state == VRRP_FAULT && i->n_faults > 0)
                snprintf(buf, size, "%s", i->faults[0].detail);
        else if (new_state == VRRP_FAULT && sync_group_fault(i, &fault))
                snprintf(buf, size, "%s", fault.detail);
        else if (new_state == VRRP_BACKUP && vrrp_address_is_set(&r->master_address))
                snprintf(buf, size, "%s has priority %u, this router %u", address, r->master_priority,
                                router_priority(r));
        else if (new_state == VRRP_BACKUP)
                snprintf(buf, size, "priority %u, waiting %u.%03u s for a master", router_priority(r),
                                (unsigned)(router_master_down_interval_usec(r) / USEC_PER_SEC),
                                (unsigned)(router_master_down_interval_usec(r) % USEC_PER_SEC /
                                                USEC_PER_MSEC));
        else if (new_state == VRRP_MASTER && reason == VRRP_REASON_MASTER_DOWN)
                snprintf(buf, size, "no advertisement for Master_Down_Interval, priority %u",
                                router_priority(r));
        else if (new_state == VRRP_MASTER)
                snprintf(buf, size, "priority %u", router_priority(r));
}

void instance_post_state_changed(Instance *i, VrrpState old_state, VrrpState new_state, VrrpReason reason,
                const VrrpAddress *successor) {
        InstanceEvent e = {
                        .kind = EVENT_STATE_CHANGED,
                        .old_state = old_state,
                        .new_state = new_state,
                        .reason = reason,
        };

        explain(i, new_state, reason, successor, e.detail, sizeof(e.detail));
        instance_mark_dirty(i);
        instance_post_event(i, &e);
}

static void forget_conflict(Instance *i, VrrpConflict kind) {
        for (size_t k = 0; k < i->n_conflicts; k++)
                if (i->conflicts[k].kind == kind) {
                        i->conflicts[k] = i->conflicts[--i->n_conflicts];
                        return;
                }
}

void instance_post_conflict(Instance *i, bool begins, VrrpConflict kind, const VrrpAddress *address) {
        InstanceEvent e = {
                        .kind = begins ? EVENT_CONFLICT_DETECTED : EVENT_CONFLICT_CLEARED,
                        .conflict = kind,
                        .address = *address,
        };

        if (begins && kind == VRRP_CONFLICT_INTERVAL_MISMATCH && i->heard_interval_usec > 0) {
                char heard[32], own[32];

                snprintf(e.detail, sizeof(e.detail), "its advert_int is %s, here it is %s",
                                format_timespan(i->heard_interval_usec, heard, sizeof(heard)),
                                format_timespan(i->config->interval_usec, own, sizeof(own)));
        }
        if (begins && kind == VRRP_CONFLICT_SAME_SOURCE)
                snprintf(e.detail, sizeof(e.detail),
                                "each router needs a source address of its own (mcast_src_ip, "
                                "unicast_src_ip)");
        forget_conflict(i, kind);
        if (begins)
                i->conflicts[i->n_conflicts++] = (PublishConflict){.kind = kind, .address = *address};
        instance_mark_dirty(i);
        instance_post_event(i, &e);
}

void instance_post_finished(Instance *i, const FinishedOperation *f) {
        instance_mark_dirty(i);
        instance_post_event(i, &(InstanceEvent){.kind = EVENT_OPERATION_FINISHED,
                                               .operation = f->id,
                                               .operation_kind = f->operation,
                                               .address = f->successor,
                                               .result = f->result});
}

void instance_finish_transition(Instance *i) {
        InstanceEvent e = {
                        .kind = EVENT_TRANSITION_FINISHED,
                        .new_state = i->transition.state,
                        .first_advert_usec = i->transition.first_advert_usec,
                        .first_announce_usec = i->transition.first_announce_usec,
        };
        int error = vip_set_error(&i->vips), routing_error = routing_set_error(&i->routing);

        if (i->transition.state != i->router.state || !vip_set_settled(&i->vips) ||
                        !routing_set_settled(&i->routing))
                e.result = VRRP_RESULT_CANCELED;
        else if (error < 0) {
                e.result = VRRP_RESULT_FAILED;
                snprintf(e.detail, sizeof(e.detail), "the kernel refused an address: %s", strerror(-error));
        } else if (routing_error < 0 && i->transition.state == VRRP_MASTER) {
                e.result = VRRP_RESULT_FAILED;
                snprintf(e.detail, sizeof(e.detail), "the kernel refused a route or rule: %s",
                                strerror(-routing_error));
        } else {
                e.result = VRRP_RESULT_DONE;
                e.addresses_confirmed_usec = MAX(now_boottime() - i->transition.decided_usec, (usec_t)1);
        }
        i->transition.running = false;
        instance_mark_dirty(i);
        instance_post_event(i, &e);
        for (size_t k = 0; k < i->n_finished; k++)
                instance_post_finished(i, &i->finished[k]);
        i->n_finished = 0;
        if (i->group)
                sync_group_transition_finished(i->group);
}

void instance_post_statistics(const Instance *i, uint64_t request) {
        _cleanup_(record_freep) Record *record = NULL;
        size_t n = 0;

        if (record_new(RECORD_STATISTICS, &record) < 0)
                return;
        record->id = i->id;
        record->request = request;
        record->statistics.items = calloc(COUNTER_MAX + ADVERT_VERDICT_MAX + 2, sizeof(Statistic));
        if (!record->statistics.items)
                return;
        for (InstanceCounter k = 0; k < COUNTER_MAX; k++)
                record->statistics.items[n++] =
                                (Statistic){.name = instance_counter_to_string(k), .value = i->counters[k]};
        for (AdvertVerdict k = ADVERT_OK + 1; k < ADVERT_VERDICT_MAX; k++)
                record->statistics.items[n++] =
                                (Statistic){.name = discarded_name(k), .value = i->verdicts[k]};
        /* Of the socket, which all instances of an interface and group share. */
        if (i->socket) {
                VrrpSocket *s = pool_socket_get(i->socket);

                record->statistics.items[n++] =
                                (Statistic){.name = "socket-overruns", .value = vrrp_socket_overruns(s)};
                record->statistics.items[n++] =
                                (Statistic){.name = "socket-malformed", .value = vrrp_socket_dropped(s)};
        }
        record->statistics.n = n;
        outbox_post(i->manager->records, TAKE_PTR(record));
}
