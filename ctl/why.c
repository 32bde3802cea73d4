/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The sentences of `vrrpctl show`. They follow the order in which VRRP itself decides: may the instance take
 * part at all (faults, holds), who has the better priority, may the better one take over (preempt), and what
 * disturbs the picture (conflicts, addresses that the kernel has not confirmed). Each function looks at one
 * of these. */

#include "ctl/why.h"
#include <stdio.h>

static const struct {
        const char *reason, *text;
} reasons[] = {
                {"started", "vrrpd started"},
                {"address-owner", "its priority is 255, which waits for nobody"},
                {"master-down", "the master fell silent"},
                {"master-resigned", "the master resigned"},
                {"preempting-lower-priority", "the master had a lower priority and was preempted"},
                {"higher-priority-master", "a master with a higher priority was heard"},
                {"equal-priority-higher-address",
                                "a master with the same priority and a higher address was heard"},
                {"handed-over", "it handed over on command"},
                {"forced", "it released the addresses on command, without a successor"},
                {"elected", "it won an election that was commanded"},
                {"promoted", "it was promoted on command"},
                {"paused", "it was paused on command"},
                {"resumed", "it was resumed on command"},
                {"stopped", "it was stopped"},
                {"fault", "something that it needs failed"},
                {"fault-cleared", "the fault was cleared"},
                {"waiting-for-trackers", "the first results of its trackers are not in yet"},
                {"configuration", "a reload restarted it"},
                {"group", "its sync group moved"},
                {"startup-delay", "instances do not start yet (vrrp_startup_delay, vrrp_delay_after_boot)"},
                {"held-up", "it was held up for so long that another must have taken over"},
};

static const char *reason_text(const char *reason) {
        for (size_t i = 0; i < ELEMENTSOF(reasons); i++)
                if (streq(reasons[i].reason, reason))
                        return reasons[i].text;
        return NULL; /* "none", or newer than this program */
}

static int explain_state(const Instance *i, StringList *ret) {
        static const struct {
                const char *state, *text;
        } states[] = {
                        {"master", "This host is master"},
                        {"backup", "This host is backup"},
                        {"fault", "This host cannot take part: the instance is in fault"},
                        {"initialize", "This host does not take part"},
        };
        char since[FORMAT_TIMESPAN_MAX];
        const char *text = i->state, *reason = reason_text(i->state_reason);

        for (size_t k = 0; k < ELEMENTSOF(states); k++)
                if (instance_is(i, states[k].state))
                        text = states[k].text;
        if (i->state_change_realtime == 0)
                return string_list_addf(ret, "%s; it has not changed since vrrpd started.", text);
        format_since(i->state_change_realtime, now_realtime(), since, sizeof(since));
        return reason ? string_list_addf(ret, "%s since %s, because %s.", text, since, reason)
                      : string_list_addf(ret, "%s since %s.", text, since);
}

static int explain_faults(const Instance *i, StringList *ret) {
        for (size_t k = 0; k < i->faults.n; k++) {
                const Pair *f = &i->faults.items[k];
                int r = string_list_addf(ret, "Fault (%s): %s.", f->first, f->second);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int explain_hold(const Instance *i, StringList *ret) {
        static const struct {
                const char *admin, *text;
        } holds[] = {
                        {"handing-over", "It is handing over: it has resigned and keeps the addresses until "
                                         "a successor answers"},
                        {"yielding", "It yields: it takes over from a silent master but does not preempt a "
                                     "live one"},
                        {"promoted", "It is promoted: its priority is raised"},
                        {"paused", "It is paused: it sends and answers nothing"},
        };
        char who[32] = "", until[FORMAT_TIME_MAX] = "";
        _cleanup_free_ char *group = NULL;
        int r;

        if (streq(i->admin_state, "enabled"))
                return 0;
        r = instance_group_name(i, &group);
        if (r < 0)
                return r;
        const char *text = i->admin_state;
        for (size_t k = 0; k < ELEMENTSOF(holds); k++)
                if (streq(holds[k].admin, i->admin_state))
                        text = holds[k].text;
        if (i->admin_uid != UINT32_MAX)
                snprintf(who, sizeof(who), ", by user %u", i->admin_uid);
        if (i->admin_expire_realtime > 0)
                format_time(i->admin_expire_realtime, until, sizeof(until));
        return string_list_addf(ret, "%s%s%s%s%s%s%s. End it with: vrrpctl resume %s%s", text, who,
                        *i->admin_reason ? ", saying \"" : "", i->admin_reason, *i->admin_reason ? "\"" : "",
                        *until ? ", until " : "", until, *group ? "--group " : "", *group ? group : i->name);
}

/* Another member of its sync group that follows a master: the group becomes master as a whole or not at all.
 */
static const Instance *find_follower(const Instance *i, const Snapshot *s) {
        for (size_t k = 0; k < s->n_instances; k++) {
                const Instance *other = &s->instances[k];

                if (!streq(other->name, i->name) && streq(other->sync_group, i->sync_group) &&
                                instance_is(other, "backup") && *other->master_address &&
                                other->master_priority >= other->priority)
                        return other;
        }
        return NULL;
}

/* A backup with a better priority than the master's: what holds it back? */
static int explain_no_preempt(const Instance *i, const Snapshot *s, StringList *ret) {
        bool grouped = !streq(i->sync_group, "/");
        const Instance *follower = grouped ? find_follower(i, s) : NULL;
        _cleanup_free_ char *group = NULL;
        char delay[FORMAT_TIMESPAN_MAX];

        int r = instance_group_name(i, &group);
        if (r < 0)
                return r;
        r = string_list_addf(ret, "The master %s has priority %u, lower than the %u of this host.",
                        i->master_address, i->master_priority, i->priority);
        if (r < 0 || streq(i->admin_state, "yielding"))
                return r;
        if (!i->preempt)
                return string_list_addf(ret,
                                "It does not take over because preemption is off (nopreempt). Take over "
                                "once with: "
                                "vrrpctl elect %s%s",
                                grouped ? "--group " : "", grouped ? group : i->name);
        if (i->preempt_delay_usec > 0) {
                format_since(1, i->preempt_delay_usec + 1, delay, sizeof(delay));
                return string_list_addf(
                                ret, "It takes over when it has been better for %s (preempt_delay).", delay);
        }
        if (follower)
                return string_list_addf(ret,
                                "It is held back by its sync group %s: the master %s of %s has priority %u, "
                                "not "
                                "lower than the %u of this host there.",
                                group, follower->master_address, follower->name, follower->master_priority,
                                follower->priority);
        return string_list_addf(ret, "It takes over as soon as %s ends.",
                        grouped ? "the last timer of its sync group" : "its timer");
}

static int explain_election(const Instance *i, const Snapshot *s, StringList *ret) {
        if (instance_is(i, "master"))
                return string_list_addf(ret, "It announces itself with priority %u from %s.", i->priority,
                                *i->source_address ? i->source_address : "an unknown address");
        if (!instance_is(i, "backup"))
                return 0;
        if (!*i->master_address)
                return string_list_addf(ret,
                                "No master is known. If none is heard, this host takes over with priority "
                                "%u.",
                                i->priority);
        if (i->master_priority > i->priority)
                return string_list_addf(ret,
                                "The master %s has priority %u, higher than the %u of this host.",
                                i->master_address, i->master_priority, i->priority);
        if (i->master_priority == i->priority)
                return string_list_addf(ret,
                                "The master %s has the same priority, %u; between live routers of equal "
                                "priority the "
                                "master stays.",
                                i->master_address, i->priority);
        return explain_no_preempt(i, s, ret);
}

/* "script chk_squid (weight -10) is down: exit status 1" for each tracker that is not simply up. */
static int explain_trackers(const Instance *i, const Snapshot *s, StringList *ret) {
        if (i->priority != i->base_priority) {
                int r = string_list_addf(ret, "Its priority is %u at present; %u is configured.",
                                i->priority, i->base_priority);
                if (r < 0)
                        return r;
        }
        for (size_t k = 0; k < i->trackers.n; k++) {
                const TrackRef *ref = &i->trackers.items[k];
                const Tracker *t = snapshot_find_tracker(s, ref->path);
                if (!t || (streq(t->state, "up") && ref->weight == 0))
                        continue;
                char effect[64] = "without it the instance is in fault";
                if (ref->weight != 0)
                        snprintf(effect, sizeof(effect), "weight %+d", ref->weight);
                int r = string_list_addf(ret, "Tracker %s %s (%s) is %s%s%s.", t->type, t->name, effect,
                                t->state, *t->status_text ? ": " : "", t->status_text);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int explain_addresses(const Instance *i, StringList *ret) {
        size_t n = i->vips.n + i->excluded_vips.n;

        if (!instance_is(i, "master") || instance_serves(i))
                return 0;
        return string_list_addf(ret, "The kernel has confirmed %zu of its %zu addresses so far.",
                        i->active_vips.n, n);
}

const char *why_conflict(const Pair *conflict, char *buf, size_t size) {
        static const struct {
                const char *kind, *text;
        } texts[] = {
                        {"two-masters", "is master too"},
                        {"vip-mismatch", "announces other addresses than are configured here"},
                        {"interval-mismatch", "announces another advertisement interval"},
                        {"auth-mismatch", "uses another authentication"},
                        {"version-mismatch", "speaks another version of VRRP"},
                        {"same-source", "is the source address of another router, too, whose adverts are "
                                        "discarded as our own"},
                        {"checksum-mismatch", "sends the other form of the checksum (v3_checksum_as_v2)"},
        };
        const char *address = *conflict->second ? conflict->second : "another router";

        for (size_t k = 0; k < ELEMENTSOF(texts); k++)
                if (streq(texts[k].kind, conflict->first)) {
                        snprintf(buf, size, "%s %s", address, texts[k].text);
                        return buf;
                }
        snprintf(buf, size, "%s: %s", conflict->first, address);
        return buf;
}

static int explain_conflicts(const Instance *i, StringList *ret) {
        char text[256];

        for (size_t k = 0; k < i->conflicts.n; k++) {
                int r = string_list_addf(ret, "Conflict: %s.",
                                why_conflict(&i->conflicts.items[k], text, sizeof(text)));
                if (r < 0)
                        return r;
        }
        return 0;
}

int why_explain(const Instance *i, const Snapshot *s, StringList *ret) {
        int r = explain_state(i, ret);
        if (r >= 0)
                r = explain_faults(i, ret);
        if (r >= 0)
                r = explain_hold(i, ret);
        if (r >= 0)
                r = explain_election(i, s, ret);
        if (r >= 0)
                r = explain_trackers(i, s, ret);
        if (r >= 0)
                r = explain_addresses(i, ret);
        if (r >= 0)
                r = explain_conflicts(i, ret);
        return r;
}
