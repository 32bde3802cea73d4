/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What must hold for each step of a member, for each group at rest, and for all segments together; written
 * once more and not by calling the routers' own rules. */

#include "tests/sim/sim-group.h"

void violation(World *w, const char *format, ...) {
        va_list ap;

        if (w->violation)
                return;
        va_start(ap, format);
        w->violation = g_strdup_vprintf(format, ap);
        va_end(ap);
        say(w, "VIOLATION: %s", w->violation);
}

/* ---- One member ---- */

static bool is_owner(const Router *r) {
        return r->config.base_priority == VRRP_PRIORITY_OWNER;
}

/* The priority that is due: from configuration and trackers, or what a promotion has made of it. */
static uint8_t due_priority(const MemberWatch *m, const Router *r) {
        bool promoted = r->admin == VRRP_ADMIN_PROMOTED ||
                        (r->admin == VRRP_ADMIN_HANDING_OVER && r->promoted_priority > 0);

        return promoted ? MAX(m->tracked, m->promotion) : m->tracked;
}

static usec_t tolerance(const World *w) {
        return w->jitter_usec + 2;
}

/* RFC 9568 section 6.1 and RFC 3768 section 6.1. */
static usec_t skew(const Router *r, uint8_t priority) {
        return (usec_t)(256 - priority) * (r->config.version == 3 ? r->config.interval_usec : USEC_PER_SEC) /
               256;
}

static usec_t down_interval(const Router *r, uint8_t priority) {
        return r->config.down_timer_adverts * r->config.interval_usec + skew(r, priority);
}

static const RouterAction *find(const RouterStep *step, RouterActionType type) {
        for (size_t i = 0; i < step->n_actions; i++)
                if (step->actions[i].type == type)
                        return &step->actions[i];
        return NULL;
}

static unsigned count_adverts(const RouterStep *step, bool resigned) {
        unsigned n = 0;

        for (size_t i = 0; i < step->n_actions; i++)
                n += step->actions[i].type == ROUTER_ACTION_SEND_ADVERT &&
                     (step->actions[i].advert.priority == VRRP_PRIORITY_RESIGN) == resigned;
        return n;
}

void watch_start(World *w, Host *h, unsigned segment) {
        h->watch[segment] = (MemberWatch){.tracked = h->base_priority[segment]};
}

static void watch_told(
                MemberWatch *m, const Router *before, const RouterEvent *event, const RouterStep *step) {
        const RouterAction *a = find(step, ROUTER_ACTION_STATE_CHANGED);

        if (event->type == ROUTER_EVENT_PRIORITY && !is_owner(before))
                m->tracked = (uint8_t)CLAMP(event->priority, 1, 254);
        if (event->type == ROUTER_EVENT_CONFIG) {
                uint8_t base = event->config.base_priority;
                int share = is_owner(before) ? 0 : m->tracked - before->config.base_priority;

                m->tracked = base == VRRP_PRIORITY_OWNER ? base : (uint8_t)CLAMP(base + share, 1, 254);
        }
        if (a && a->state.reason == VRRP_REASON_PROMOTED)
                m->promotion = MIN(MAX(m->asked, m->tracked), VRRP_PRIORITY_OWNER - 1);
}

/* When a backup's timer may run out at the earliest, from what it hears. */
static void watch_backup(MemberWatch *m, const Router *before, usec_t now, const RouterEvent *event) {
        uint8_t own = due_priority(m, before);

        if (event->type == ROUTER_EVENT_CONFIG)
                m->earliest_usec = 0; /* what is left is scaled */
        if (event->type != ROUTER_EVENT_PACKET)
                return;
        if (event->packet.priority == VRRP_PRIORITY_RESIGN)
                m->earliest_usec = MIN(m->earliest_usec, now + skew(before, own));
        else if (event->packet.priority >= own || before->admin == VRRP_ADMIN_YIELDING ||
                        (!is_owner(before) && !before->config.preempt))
                m->earliest_usec = now + down_interval(before, own);
        else if (before->config.preempt_delay_usec > 0) /* it may be followed, by what our priority is now */
                m->earliest_usec = MIN(m->earliest_usec, now + down_interval(before, own));
}

static void watch_after(MemberWatch *m, const Router *before, const Router *r, usec_t now,
                const RouterEvent *event, const RouterStep *step) {
        const RouterAction *a = find(step, ROUTER_ACTION_STATE_CHANGED);

        if (before->state == VRRP_BACKUP && r->state == VRRP_BACKUP)
                watch_backup(m, before, now, event);
        else if (r->state == VRRP_BACKUP)
                m->earliest_usec = now + down_interval(r, due_priority(m, r));
        if (a && before->state == VRRP_MASTER) {
                m->yielded_usec = now;
                m->resigns = r->state == VRRP_BACKUP && a->state.reason == VRRP_REASON_GROUP;
                m->farewell = m->resigns || a->state.reason == VRRP_REASON_HIGHER_PRIORITY ||
                              a->state.reason == VRRP_REASON_HIGHER_ADDRESS;
        }
        if (before->state == VRRP_BACKUP && (a || count_adverts(step, false) > 0))
                m->farewell = m->resigns = false;
        if (r->state == VRRP_MASTER && (before->state != VRRP_MASTER || count_adverts(step, false) > 0 ||
                                                       event->type == ROUTER_EVENT_CONFIG))
                m->said_usec = now;
}

/* The group is the reason where it alone is: not for what a member wanted by itself. */
static bool group_is_why(
                const Router *before, const Router *r, const RouterEvent *event, VrrpReason reason) {
        bool ordered = event->type == ROUTER_EVENT_GROUP;

        if (r->state == VRRP_FAULT)
                return (reason == VRRP_REASON_GROUP) == !r->fault;
        if (ordered && event->group == ROUTER_GROUP_TAKE_OVER)
                return reason != VRRP_REASON_GROUP;
        if (ordered && (event->group == ROUTER_GROUP_YIELD || event->group == ROUTER_GROUP_RECLAIM))
                return reason == VRRP_REASON_GROUP || before->elect;
        return reason != VRRP_REASON_GROUP;
}

/* No transition without a reason, told when it happens; addresses come and go with it. */
static void check_transition(World *w, const Host *h, const Router *before, const Router *r,
                const RouterEvent *event, const RouterStep *step) {
        const RouterAction *a = find(step, ROUTER_ACTION_STATE_CHANGED);
        bool was = before->state == VRRP_MASTER, is = r->state == VRRP_MASTER;

        if ((r->state != before->state) != (a != NULL))
                violation(w, "host %u changed a state without telling, or told without changing", h->index);
        if (a && (a->state.old_state != before->state || a->state.new_state != r->state ||
                                 a->state.reason == VRRP_REASON_NONE))
                violation(w, "host %u told a transition without a reason, or not the one", h->index);
        if (a && !group_is_why(before, r, event, a->state.reason))
                violation(w, "host %u changed a state, and %s is not why", h->index,
                                vrrp_reason_to_string(a->state.reason));
        if ((is && !was) != (find(step, ROUTER_ACTION_ADDRESSES_ON) != NULL) ||
                        (was && !is) != (find(step, ROUTER_ACTION_ADDRESSES_OFF) != NULL))
                violation(w, "addresses of host %u did not follow its state", h->index);
        if (is && !was && (count_adverts(step, false) == 0 || !find(step, ROUTER_ACTION_ANNOUNCE)))
                violation(w, "host %u became master in silence", h->index);
}

/* No advert with a priority that is not due; a backup says only farewell, once, and not for long. */
static void check_adverts(World *w, const Host *h, const MemberWatch *m, const Router *before,
                const Router *r, usec_t now, const RouterStep *step) {
        for (size_t i = 0; i < step->n_actions; i++) {
                const RouterAction *a = &step->actions[i];
                /* One that goes with its group has no claim that another should give way to. */
                uint8_t due = r->state != VRRP_MASTER && m->resigns ? 1 : due_priority(m, r);

                if (a->type != ROUTER_ACTION_SEND_ADVERT || a->advert.priority == VRRP_PRIORITY_RESIGN)
                        continue;
                if (a->advert.priority != due)
                        violation(w, "host %u sent priority %u, due was %u", h->index, a->advert.priority,
                                        due);
                if (r->state == VRRP_MASTER)
                        continue;
                if (before->state != VRRP_BACKUP || !m->farewell || !r->config.higher_prio_send_advert ||
                                (now > m->yielded_usec + 100 * USEC_PER_MSEC + tolerance(w) &&
                                                w->now != h->woken_usec))
                        violation(w, "host %u spoke without being master", h->index);
        }
}

/* Priority 0 is said once: when a master goes, or begins to; one that goes with its group and has a last
 * advert to say, behind that. */
static void check_resignation(World *w, const Host *h, const MemberWatch *m, const Router *before,
                const Router *r, const RouterStep *step) {
        const RouterAction *a = find(step, ROUTER_ACTION_STATE_CHANGED);
        bool handing = before->handover != ROUTER_HANDOVER_NONE;
        bool begins = !handing && r->handover == ROUTER_HANDOVER_CALLING;
        bool leaves = a && before->state == VRRP_MASTER && !handing;
        unsigned n = count_adverts(step, true), due = begins;

        if (leaves && r->state != VRRP_BACKUP)
                due = 1;
        if (leaves && r->state == VRRP_BACKUP && a->state.reason == VRRP_REASON_GROUP)
                due = !(r->config.higher_prio_send_advert && before->admin != VRRP_ADMIN_HANDING_OVER);
        if (before->state == VRRP_BACKUP && r->state == VRRP_BACKUP && m->resigns &&
                        count_adverts(step, false) > 0)
                due = 1;
        if (n != due)
                violation(w, "host %u sent priority 0 %u times, due was %u", h->index, n, due);
        if (handing && r->handover != ROUTER_HANDOVER_NONE && find(step, ROUTER_ACTION_SEND_ADVERT))
                violation(w, "host %u spoke during its hand-over", h->index);
}

/* RFC 9568 section 6.4.3: a master is never silent for longer than its interval. */
static void check_schedule(World *w, const Host *h, const MemberWatch *m, const Router *before,
                const Router *r, usec_t now) {
        usec_t interval = r->config.interval_usec;

        if (before->state != VRRP_MASTER || r->state != VRRP_MASTER ||
                        before->handover != ROUTER_HANDOVER_NONE || r->handover != ROUTER_HANDOVER_NONE)
                return;
        if (w->now > h->woken_usec && now > m->said_usec + interval + 2 * tolerance(w) + interval / 100)
                violation(w, "master %u missed its advert", h->index);
}

/* RFC 9568 section 6.4.2: not before the timer, and only as part of the group. */
static void check_timer(World *w, const Host *h, const MemberWatch *m, const Router *before, usec_t now,
                const RouterEvent *event, const RouterStep *step) {
        const RouterAction *a = find(step, ROUTER_ACTION_STATE_CHANGED);

        if (!a || before->state != VRRP_BACKUP || a->state.new_state != VRRP_MASTER)
                return;
        if ((a->state.reason == VRRP_REASON_MASTER_DOWN || a->state.reason == VRRP_REASON_MASTER_RESIGNED ||
                            a->state.reason == VRRP_REASON_PREEMPTED_LOWER) &&
                        now < m->earliest_usec)
                violation(w, "host %u took over %u us too early", h->index,
                                (unsigned)(m->earliest_usec - now));
        if (before->config.grouped && event->type != ROUTER_EVENT_GROUP)
                violation(w, "a member of host %u became master alone", h->index);
}

/* A group that is master everywhere and stands firm, and whose adverts everybody must have heard. */
static bool is_firm(const World *w, const Host *h, const Host *y) {
        usec_t long_ago = w->now - MIN(w->now, 6 * w->interval_usec);

        if (y == h || !host_is_live(y) || w->quiet_since_usec >= long_ago || y->woken_usec >= long_ago)
                return false;
        for (unsigned s = 0; s < w->n_segments; s++)
                if (y->routers[s].state != VRRP_MASTER || y->part[s] != h->part[s] ||
                                y->routers[s].handover != ROUTER_HANDOVER_NONE ||
                                y->master_since_usec[s] >= w->now - 2 * w->interval_usec)
                        return false;
        return true;
}

/* Nobody takes over from a live master that it has to follow: not on waking from a freeze either. */
static void check_takeover(World *w, const Host *h, unsigned segment, const MemberWatch *m,
                const Router *before, const RouterStep *step) {
        const RouterAction *a = find(step, ROUTER_ACTION_STATE_CHANGED);

        if (!a || a->state.new_state != VRRP_MASTER || before->state != VRRP_BACKUP ||
                        a->state.reason == VRRP_REASON_ELECTED || a->state.reason == VRRP_REASON_PROMOTED)
                return;
        for (unsigned i = 0; i < w->n_hosts; i++) {
                const Host *y = &w->hosts[i];

                if (!is_firm(w, h, y))
                        continue;
                if (before->admin == VRRP_ADMIN_YIELDING || (!is_owner(before) && !before->config.preempt))
                        violation(w, "host %u must not preempt and took over from live master %u", h->index,
                                        i);
                if (due_priority(&y->watch[segment], &y->routers[segment]) >= due_priority(m, before))
                        violation(w, "host %u took over from live and better master %u", h->index, i);
        }
}

void check_member(World *w, Host *h, unsigned segment, const Router *before, const RouterEvent *event,
                const RouterStep *step) {
        usec_t now = host_clock(h, w->now);
        const Router *r = &h->routers[segment];
        MemberWatch *m = &h->watch[segment];

        watch_told(m, before, event, step);
        check_transition(w, h, before, r, event, step);
        check_adverts(w, h, m, before, r, now, step);
        check_resignation(w, h, m, before, r, step);
        check_schedule(w, h, m, before, r, now);
        check_timer(w, h, m, before, now, event, step);
        check_takeover(w, h, segment, m, before, step);
        if (event->type == ROUTER_EVENT_DEADLINE && router_deadline(r) <= now)
                violation(w, "host %u wants to be woken in the past", h->index);
        watch_after(m, before, r, now, event, step);
        /* It joins the others: a paused member did not count. */
        if (before->state == VRRP_INITIALIZE && r->state == VRRP_BACKUP)
                h->half = true;
}

/* ---- One group ---- */

static bool member_counts(const Host *h, unsigned segment) {
        return h->grouped[segment] && h->routers[segment].admin != VRRP_ADMIN_PAUSED;
}

/* Members that count are in one state when all orders have been carried out: master all or none (but for a
 * hand-over, in which each releases at its own successor), and a fault of one is a fault of all. */
void check_group(World *w, Host *h) {
        unsigned masters = 0, faults = 0, counting = 0, started = 0;
        bool handing = h->group.phase != GROUP_IDLE || h->group.stopping;

        for (unsigned s = 0; s < w->n_segments; s++) {
                const Router *r = &h->routers[s];

                if (r->state != VRRP_MASTER && h->addresses[s])
                        violation(w, "host %u has addresses on segment %u without being master", h->index,
                                        s);
                if (!member_counts(h, s))
                        continue;
                counting++;
                started += r->started;
                masters += r->state == VRRP_MASTER;
                faults += r->state == VRRP_FAULT;
                handing |= r->handover != ROUTER_HANDOVER_NONE;
        }
        if (faults > 0 && faults < started && !h->group.stopping)
                violation(w, "host %u: a fault of %u is not one of all %u", h->index, faults, started);
        if (handing)
                return;
        if (masters == 0 || masters == counting)
                h->half = false;
        else if (!h->half)
                violation(w, "host %u is master of %u and not of all %u", h->index, masters, counting);
}

/* ---- All ---- */

unsigned count_masters(const World *w, unsigned segment, unsigned part) {
        unsigned n = 0;

        for (unsigned i = 0; i < w->n_hosts; i++)
                n += host_is_master(&w->hosts[i], segment) && w->hosts[i].part[segment] == part;
        return n;
}

/* May this host become master on a segment? A paused member does not count: the others do without it. */
static bool is_eligible(const World *w, const Host *h, unsigned segment) {
        if (!host_is_live(h) || h->group.stopping || h->routers[segment].admin == VRRP_ADMIN_PAUSED)
                return false;
        for (unsigned s = 0; s < w->n_segments; s++) {
                const Router *r = &h->routers[s];

                if (!r->started || (r->admin != VRRP_ADMIN_PAUSED && (r->fault || r->group_fault)))
                        return false;
        }
        return true;
}

static bool anybody_eligible(const World *w, unsigned segment, unsigned part) {
        for (unsigned i = 0; i < w->n_hosts; i++)
                if (w->hosts[i].part[segment] == part && is_eligible(w, &w->hosts[i], segment))
                        return true;
        return false;
}

static bool has_addresses(const World *w, unsigned segment, unsigned part) {
        for (unsigned i = 0; i < w->n_hosts; i++)
                if (host_is_live(&w->hosts[i]) && w->hosts[i].part[segment] == part &&
                                w->hosts[i].addresses[segment])
                        return true;
        return false;
}

/* In rounds that say so the segments are split all alike, so a part is one of all segments. */
void check_world(World *w) {
        for (unsigned s = 0; s < w->n_segments; s++) {
                if (w->watch && count_masters(w, s, 0) == 0)
                        violation(w, "the hand-over left segment %u without a master", s);
                if (w->watch_addresses && w->hosts[0].config.plain_arp && !has_addresses(w, s, 0))
                        violation(w, "the hand-over left segment %u without addresses", s);
                for (unsigned part = 0; w->someone && part < 2; part++) {
                        unsigned masters = count_masters(w, s, part);

                        if (masters == 0 && anybody_eligible(w, s, part))
                                violation(w, "no master on segment %u, part %u", s, part);
                        if (w->settled && masters > 1)
                                violation(w, "%u masters on segment %u, part %u", masters, s, part);
                }
        }
}

static void check_pair(World *w, const Host *master, const Host *other) {
        for (unsigned s = 0; s < w->n_segments; s++) {
                const Router *r = &other->routers[s];

                if (r->admin == VRRP_ADMIN_PAUSED || master->routers[s].admin == VRRP_ADMIN_PAUSED)
                        continue;
                if (r->state != VRRP_BACKUP)
                        violation(w, "host %u is neither backup nor master on segment %u", other->index, s);
                if (!vrrp_address_equal(&r->master_address, &master->source[s]))
                        violation(w, "host %u does not know master %u on segment %u", other->index,
                                        master->index, s);
                /* Some members may be better where the others are not. */
                if (r->wants && !w->crossed)
                        violation(w, "host %u wants what master %u has", other->index, master->index);
        }
}

/* The best of those that may preempt is master, which its last member that is not better decides. */
static void check_best(World *w, const Host *master, const Host *other) {
        bool better = true;

        for (unsigned s = 0; s < w->n_segments; s++)
                better = better && (is_owner(&other->routers[s]) || other->config.preempt) &&
                         other->routers[s].admin == VRRP_ADMIN_ENABLED &&
                         due_priority(&other->watch[s], &other->routers[s]) >
                                         due_priority(&master->watch[s], &master->routers[s]);
        if (better)
                violation(w, "host %u should have preempted master %u", other->index, master->index);
}

void check_rest(World *w) {
        check_world(w);
        for (unsigned i = 0; i < w->n_hosts; i++) {
                const Host *h = &w->hosts[i];

                if (!host_is_live(h))
                        continue;
                if (h->result == VRRP_RESULT_INVALID)
                        violation(w, "an operation of host %u never ended", i);
                for (unsigned s = 0; s < w->n_segments; s++)
                        if (h->routers[s].state == VRRP_MASTER && !h->addresses[s])
                                violation(w, "master %u has no addresses on segment %u", i, s);
                for (unsigned k = 0; k < w->n_hosts; k++) {
                        const Host *other = &w->hosts[k];

                        if (!host_is_master(h, 0) || other == h || !is_eligible(w, other, 0) ||
                                        other->part[0] != h->part[0])
                                continue;
                        check_pair(w, h, other);
                        check_best(w, h, other);
                }
        }
}
