/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Rounds of trouble with groups, each followed by a calm: chaos, or one clean experiment whose outcome is
 * known beforehand. */

#include "tests/sim/sim-group.h"

static usec_t random_intervals(World *w, unsigned most) {
        return 1 + chance_of(w, most * w->interval_usec);
}

/* Crossed groups that become master in one moment give way in one moment. The next time, a
 * Master_Down_Interval later, all but one of them wait for another interval; but then a third may come in
 * that moment. */
static usec_t clash_bound(const World *w) {
        return w->crossed ? (w->n_hosts - 1) * (5 * w->interval_usec + USEC_PER_SEC) : 0;
}

/* Preempted, held up or split: nothing takes longer than this to find its way back, but for preempt_delay.
 */
static usec_t take_over_bound(const World *w) {
        return 4 * w->interval_usec + USEC_PER_SEC + clash_bound(w);
}

static Host *find_master(World *w) {
        unsigned first = (unsigned)chance_of(w, w->n_hosts);

        for (unsigned i = 0; i < w->n_hosts; i++)
                if (host_is_master(&w->hosts[(first + i) % w->n_hosts], 0))
                        return &w->hosts[(first + i) % w->n_hosts];
        return NULL;
}

static Host *random_other(World *w, const Host *h) {
        return &w->hosts[(h->index + 1 + chance_of(w, w->n_hosts - 1)) % w->n_hosts];
}

static void heal(World *w) {
        say(w, "all segments are whole");
        for (unsigned i = 0; i < w->n_hosts; i++)
                memset(w->hosts[i].part, 0, sizeof(w->hosts[i].part));
        memset(w->deaf, 0, sizeof(w->deaf));
        w->loss_percent = w->duplicate_percent = w->slow_percent = 0;
        w->reorder = false;
}

/* ---- Chaos ---- */

static void change_config(World *w, Host *h) {
        group_random_bases(w, h);
        h->config.preempt = percent(w, 80);
        for (unsigned s = 0; s < w->n_segments; s++) {
                RouterConfig config = member_config(w, h, s);

                say(w, "host %u, segment %u: reloaded with priority %u", h->index, s, config.base_priority);
                config.grouped = h->grouped[s];
                feed(w, h, s, &(RouterEvent){.type = ROUTER_EVENT_CONFIG, .config = config});
        }
}

/* The daemon is told to stop, by one that waits, or by one that does not. */
static void stop(World *w, Host *h, bool graceful) {
        usec_t bound = group_stop(&h->group);

        say(w, "host %u stops%s", h->index, graceful ? "" : " at once");
        for (unsigned s = 0; s < w->n_segments; s++) {
                RouterCommand stop = {.operation = VRRP_OP_STOP, .bound_usec = bound, .id = ++w->sequence};

                if (graceful)
                        feed(w, h, s, &(RouterEvent){.type = ROUTER_EVENT_COMMAND, .command = stop});
                else
                        feed(w, h, s, &(RouterEvent){.type = ROUTER_EVENT_STOPPED});
        }
}

static void stop_in_chaos(World *w, Host *h) {
        bool graceful = percent(w, 60);

        stop(w, h, graceful);
        if (graceful)
                run(w, w->now + random_intervals(w, 2));
        crash(w, h);
}

static void do_to_live(World *w, Host *h) {
        unsigned segment = (unsigned)chance_of(w, w->n_segments);

        switch (chance_of(w, 12)) {
        case 0:
                crash(w, h);
                break;
        case 1:
                say(w, "host %u, segment %u: a fault comes or goes", h->index, segment);
                feed(w, h, segment, &(RouterEvent){.type = ROUTER_EVENT_FAULT, .fault = percent(w, 50)});
                break;
        case 2:
                say(w, "host %u, segment %u: trackers", h->index, segment);
                feed(w, h, segment,
                                &(RouterEvent){.type = ROUTER_EVENT_PRIORITY,
                                                .priority = (uint8_t)chance_of(w, 256)});
                break;
        case 3:
                say(w, "host %u leaves segment %u, or comes back", h->index, segment);
                h->part[segment] = (unsigned)chance_of(w, 2);
                break;
        case 4:
                freeze(w, h, random_intervals(w, 8), percent(w, 50));
                break;
        case 5:
                change_config(w, h);
                break;
        case 6:
                set_grouped(w, h, segment, !h->grouped[segment]);
                break;
        case 7:
                if (percent(w, 30))
                        stop_in_chaos(w, h);
                break;
        default:
                command(w, h,
                                &(RouterCommand){.operation = (VrrpOperation)chance_of(w, VRRP_OP_STOP),
                                                .mode = (VrrpMode)chance_of(w, VRRP_MODE_MAX),
                                                .timeout_usec = random_intervals(w, 6),
                                                .priority = percent(w, 50) ? (uint8_t)chance_of(w, 256)
                                                                           : 0});
                break;
        }
}

static void trouble_links(World *w) {
        w->loss_percent = percent(w, 40) ? (unsigned)chance_of(w, 30) : 0;
        w->duplicate_percent = percent(w, 40) ? (unsigned)chance_of(w, 20) : 0;
        w->slow_percent = percent(w, 20) ? (unsigned)chance_of(w, 30) : 0;
        w->reorder = percent(w, 30);
}

static void chaos(World *w) {
        unsigned deeds = 1 + (unsigned)chance_of(w, 10);

        trouble_links(w);
        for (unsigned i = 0; i < deeds && !w->violation; i++) {
                Host *h = &w->hosts[chance_of(w, w->n_hosts)];

                disturb(w);
                if (percent(w, 10))
                        w->deaf[h->index][chance_of(w, w->n_hosts)][chance_of(w, w->n_segments)] = true;
                else if (!h->alive)
                        start(w, h);
                else if (!h->frozen)
                        do_to_live(w, h);
                run(w, w->now + random_intervals(w, 4));
        }
}

/* ---- Clean experiments ---- */

static bool is_owner(const World *w, const Host *h) {
        for (unsigned s = 0; s < w->n_segments; s++)
                if (h->base_priority[s] == VRRP_PRIORITY_OWNER)
                        return true;
        return false;
}

static bool is_held(const World *w, const Host *h) {
        for (unsigned s = 0; s < w->n_segments; s++)
                if (h->routers[s].admin != VRRP_ADMIN_ENABLED)
                        return true;
        return false;
}

/* Not within a delay of the wire of an advert: else the successor's may overtake that. */
static void run_between_adverts(World *w, const Host *h) {
        const Router *r = &h->routers[0];
        usec_t now = host_clock(h, w->now);

        run(w, w->now + (r->advert_due_usec - now) + r->config.interval_usec / 2);
}

static void check_master_of_all(World *w, const Host *h, bool should, const char *after) {
        for (unsigned s = 0; s < w->n_segments; s++)
                if (host_is_master(h, s) != should)
                        violation(w, "host %u is %s on segment %u after %s", h->index,
                                        vrrp_state_to_string(h->routers[s].state), s, after);
}

static void check_one_master(World *w, const char *after) {
        for (unsigned s = 0; s < w->n_segments; s++)
                if (count_masters(w, s, 0) != 1)
                        violation(w, "%u masters on segment %u after %s", count_masters(w, s, 0), s, after);
}

/* Make before break of the whole group: no segment is without a master for a moment, and in the end another
 * host is master of all. */
static void clean_handover(World *w) {
        static const VrrpOperation operations[] = {VRRP_OP_FAILOVER, VRRP_OP_PAUSE, VRRP_OP_STOP};
        VrrpOperation operation = operations[chance_of(w, ELEMENTSOF(operations))];
        Host *h = find_master(w);

        if (!h || is_held(w, h))
                return;
        run_between_adverts(w, h);
        disturb(w);
        w->watch = w->watch_addresses = true;
        if (operation == VRRP_OP_STOP)
                stop(w, h, true);
        else
                order(w, h, operation);
        run(w, w->now + w->interval_usec + USEC_PER_SEC + 400 * USEC_PER_MSEC);
        check_master_of_all(w, h, false, vrrp_operation_to_string(operation));
        check_one_master(w, vrrp_operation_to_string(operation));
        run(w, w->now + 5 * w->interval_usec);
        check_master_of_all(w, h, false, "a while");
        w->watch = w->watch_addresses = false;
        /* All hosts live and are whole: somebody can take over everything. */
        if (operation != VRRP_OP_STOP && h->result != VRRP_RESULT_DONE)
                violation(w, "%s of host %u ended in %s", vrrp_operation_to_string(operation), h->index,
                                vrrp_result_to_string(h->result));
        for (unsigned s = 0; s < w->n_segments; s++)
                if (operation != VRRP_OP_FAILOVER && h->routers[s].state != VRRP_INITIALIZE)
                        violation(w, "host %u is %s on segment %u after %s", h->index,
                                        vrrp_state_to_string(h->routers[s].state), s,
                                        vrrp_operation_to_string(operation));
        if (operation == VRRP_OP_STOP) {
                crash(w, h);
                start(w, h);
        } else
                order(w, h, VRRP_OP_RESUME);
}

static bool is_best(const World *w, const Host *h) {
        for (unsigned i = 0; i < w->n_hosts; i++)
                for (unsigned s = 0; s < w->n_segments; s++)
                        if (w->hosts[i].base_priority[s] > h->base_priority[s])
                                return false;
        return true;
}

/* On one segment nobody hears the master, so nobody can succeed it there: gracefully it takes back the
 * others, if its successor there is worse, and has none if that is better; by force it goes everywhere. */
static void clean_half_handover(World *w) {
        Host *h = find_master(w);
        bool force = percent(w, 30);
        VrrpResult due = force ? VRRP_RESULT_FORCED : VRRP_RESULT_NO_SUCCESSOR;

        if (!h || is_held(w, h))
                return;
        disturb(w);
        h->part[chance_of(w, w->n_segments)] = 1;
        run(w, w->now + take_over_bound(w)); /* there all want by now what they are to get elsewhere */
        run_between_adverts(w, h);
        command(w, h,
                        &(RouterCommand){.operation = VRRP_OP_FAILOVER,
                                        .mode = force ? VRRP_MODE_FORCE : VRRP_MODE_GRACEFUL});
        run(w, w->now + w->interval_usec + USEC_PER_SEC + 400 * USEC_PER_MSEC);
        check_master_of_all(w, h, !force && is_best(w, h), "half a failover");
        if (h->result != due)
                violation(w, "half a failover of host %u ended in %s", h->index,
                                vrrp_result_to_string(h->result));
        disturb(w);
        order(w, h, VRRP_OP_RESUME);
}

/* All contend again: the best is master of all after it, nopreempt or not. */
static void clean_election(World *w) {
        Host *h = find_master(w);

        if (!h || is_held(w, h))
                return;
        run_between_adverts(w, h);
        disturb(w);
        w->watch = true;
        order(w, h, VRRP_OP_ELECTION);
        run(w, w->now + w->interval_usec + USEC_PER_SEC + 400 * USEC_PER_MSEC);
        check_master_of_all(w, h, is_best(w, h), "an election");
        check_one_master(w, "an election");
        w->watch = false;
        if (h->result != (is_best(w, h) ? VRRP_RESULT_DONE : VRRP_RESULT_LOST))
                violation(w, "the election of host %u ended in %s", h->index,
                                vrrp_result_to_string(h->result));
}

/* A backup is promoted: it is master of all at once, and steps back when that is over. */
static void clean_promotion(World *w) {
        Host *master = find_master(w), *h = master ? random_other(w, master) : NULL;

        if (!h || is_held(w, master) || is_held(w, h) || is_owner(w, master))
                return;
        disturb(w);
        w->watch = true;
        command(w, h,
                        &(RouterCommand){.operation = VRRP_OP_PROMOTE,
                                        .timeout_usec = random_intervals(w, 8) + 3 * w->interval_usec});
        check_master_of_all(w, h, true, "its promotion");
        run(w, w->now + 2 * w->interval_usec);
        check_master_of_all(w, h, true, "its promotion");
        check_one_master(w, "a promotion");
        run(w, w->now + 2 * w->interval_usec);
        w->watch = false;
}

/* The best backup takes over everything within its Master_Down_Interval when the master's host crashes. */
static void clean_crash(World *w) {
        Host *h = find_master(w);

        if (!h)
                return;
        disturb(w);
        crash(w, h);
        run(w, w->now + take_over_bound(w));
        check_one_master(w, "a crash");
        w->someone = true;
        run(w, w->now + 3 * w->interval_usec);
        start(w, h);
}

/* A fault of one member: the whole host goes, another takes all over; it contends again afterwards. */
static void clean_fault(World *w) {
        Host *h = find_master(w);
        unsigned segment = (unsigned)chance_of(w, w->n_segments);

        if (!h)
                return;
        disturb(w);
        feed(w, h, segment, &(RouterEvent){.type = ROUTER_EVENT_FAULT, .fault = true});
        for (unsigned s = 0; s < w->n_segments; s++)
                if (h->routers[s].state != VRRP_FAULT)
                        violation(w, "host %u, segment %u: no fault", h->index, s);
        /* It resigned, so nobody waits longer than the longest skew time. */
        run(w, w->now + w->interval_usec + USEC_PER_SEC + 4 * w->delay_usec + clash_bound(w));
        check_one_master(w, "a fault");
        w->someone = true;
        run(w, w->now + 3 * w->interval_usec);
        feed(w, h, segment, &(RouterEvent){.type = ROUTER_EVENT_FAULT, .fault = false});
        for (unsigned s = 0; s < w->n_segments; s++)
                if (h->routers[s].state == VRRP_FAULT)
                        violation(w, "host %u, segment %u: stays in fault", h->index, s);
}

/* One host sleeps; it must not do harm when it wakes. A sleep whose packets are lost and that ends just
 * after a timer would look like silence to anybody, so those are short or long. */
static void clean_freeze(World *w) {
        Host *h = &w->hosts[chance_of(w, w->n_hosts)];
        bool keeps = percent(w, 50), master = host_is_master(h, 0);
        usec_t shortest = w->interval_usec, duration;

        for (unsigned s = 0; s < w->n_segments; s++)
                shortest = MIN(shortest, w->intervals_usec[s]);
        duration = keeps            ? random_intervals(w, 10)
                   : percent(w, 30) ? 1 + chance_of(w, shortest)
                                    : 6 * w->interval_usec + random_intervals(w, 6);
        /* A backup's sleep disturbs nobody, so what is asked of the others, and of it, stays as strict. */
        if (master)
                disturb(w);
        w->someone = w->settled = false;
        freeze(w, h, duration, keeps);
        run(w, w->now + duration + 3 * w->interval_usec);
        if (master || host_is_master(h, 0))
                disturb(w);
}

/* The hosts are parted, alike on all segments: each part has a master of all, and only one of them stays. */
static void clean_split(World *w) {
        disturb(w);
        say(w, "all segments are split");
        for (unsigned i = 0; i < w->n_hosts; i++) {
                unsigned part = (unsigned)chance_of(w, 2);

                for (unsigned s = 0; s < w->n_segments; s++)
                        w->hosts[i].part[s] = part;
        }
        run(w, w->now + take_over_bound(w) + w->interval_usec + w->preempt_delay_max_usec);
        w->someone = true;
        run(w, w->now + 4 * w->interval_usec + w->preempt_delay_max_usec);
        w->settled = true;
        check_rest(w);
        run(w, w->now + 3 * w->interval_usec);
        disturb(w);
        heal(w);
        run(w, w->now + 3 * w->interval_usec + w->preempt_delay_max_usec + clash_bound(w));
        check_one_master(w, "a split");
}

/* Is the next advert of all one that reaches the other hosts, and can be answered, before one of these says
 * anything by itself? */
static bool is_quiet(const World *w) {
        usec_t first = USEC_INFINITY, window = 10 * USEC_PER_MSEC + 6 * w->delay_usec + 2 * w->jitter_usec;
        usec_t due[HOSTS_MAX][SEGMENTS_MAX];
        unsigned speaker = 0;

        for (unsigned i = 0; i < w->n_hosts; i++)
                for (unsigned s = 0; s < w->n_segments; s++) {
                        const Host *h = &w->hosts[i];
                        usec_t wait = h->routers[s].advert_due_usec - host_clock(h, w->now);

                        due[i][s] = h->routers[s].state == VRRP_MASTER ? wait : USEC_INFINITY;
                        if (due[i][s] < first) {
                                first = due[i][s];
                                speaker = i;
                        }
                }
        for (unsigned i = 0; i < w->n_hosts; i++)
                for (unsigned s = 0; s < w->n_segments; s++)
                        if (due[i][s] < first + window && (i != speaker || due[i][s] > first + 1))
                                return false;
        return first > w->delay_usec;
}

/* Two hosts were both master while they did not hear each other, each better than the other for some of its
 * members. They hear each other again: one gives way, and not also the other, so that no segment is without
 * a master for a moment. */
static void clean_heal(World *w) {
        Host *h = &w->hosts[chance_of(w, w->n_hosts)];

        for (unsigned s = 0; s < w->n_segments; s++)
                h->part[s] = 1;
        disturb(w);
        run(w, w->now + take_over_bound(w) + 4 * w->interval_usec + 2 * w->preempt_delay_max_usec);
        for (unsigned tries = 0; !is_quiet(w); tries++) {
                if (tries > 100 || w->violation)
                        return;
                run(w, w->now + 1 + chance_of(w, w->interval_usec));
        }
        for (unsigned s = 0; s < w->n_segments; s++)
                if (count_masters(w, s, 0) != 1 || count_masters(w, s, 1) != 1)
                        violation(w, "segment %u has two halves and not two masters", s);
        heal(w);
        w->watch = w->n_hosts == 2;
        run(w, w->now + 3 * w->interval_usec + w->preempt_delay_max_usec + clash_bound(w));
        w->watch = false;
        check_one_master(w, "a split");
}

/* All start in one moment, and may become master in one moment again and again. */
static void clean_clash(World *w) {
        disturb(w);
        for (unsigned i = 0; i < w->n_hosts; i++)
                crash(w, &w->hosts[i]);
        run(w, w->now + 1);
        for (unsigned i = 0; i < w->n_hosts; i++)
                start(w, &w->hosts[i]);
        for (unsigned i = 0; i < w->n_hosts; i++) {
                for (unsigned s = 0; s < w->n_segments; s++)
                        feed(w, &w->hosts[i], s, &(RouterEvent){.type = ROUTER_EVENT_FAULT, .fault = false});
                order(w, &w->hosts[i], VRRP_OP_RESUME);
        }
        run(w, w->now + take_over_bound(w));
        check_one_master(w, "a clash");
}

/* A member of the master hears no adverts on one segment, or is not heard there. */
static void clean_deaf(World *w) {
        Host *master = find_master(w), *h = master ? random_other(w, master) : NULL;

        if (!h)
                return;
        disturb(w);
        w->deaf[h->index][master->index][chance_of(w, w->n_segments)] = true;
        run(w, w->now + random_intervals(w, 8));
        disturb(w);
        heal(w);
}

/* ---- Rounds ---- */

/* Everything is repaired, held or dead no more; then one host is master of all segments, and stays. */
void calm(World *w) {
        heal(w);
        disturb(w);
        run(w, w->now + 8 * w->interval_usec + 2 * USEC_PER_SEC);
        for (unsigned i = 0; i < w->n_hosts && !w->violation; i++) {
                Host *h = &w->hosts[i];

                if (!h->alive)
                        start(w, h);
                for (unsigned s = 0; s < w->n_segments; s++) {
                        set_grouped(w, h, s, true);
                        feed(w, h, s, &(RouterEvent){.type = ROUTER_EVENT_FAULT, .fault = false});
                        feed(w, h, s,
                                        &(RouterEvent){.type = ROUTER_EVENT_PRIORITY,
                                                        .priority = h->base_priority[s]});
                }
                order(w, h, VRRP_OP_RESUME);
        }
        disturb(w);
        run(w, w->now + 6 * w->interval_usec + USEC_PER_SEC + clash_bound(w));
        w->someone = true;
        run(w, w->now + 8 * w->interval_usec + 2 * w->preempt_delay_max_usec + USEC_PER_SEC);
        w->settled = true;
        check_rest(w);
        run(w, w->now + 5 * w->interval_usec);
        check_rest(w);
        for (unsigned i = 0; i < w->n_hosts; i++)
                if (w->hosts[i].half)
                        violation(w, "host %u is still not of one mind", i);
}

/* Of several candidates that are crossed none may succeed at the first try, and who is best is nobody. */
static void do_crossed_round(World *w) {
        static void (*const clean[])(World *) = {clean_crash, clean_fault, clean_promotion, clean_freeze,
                        clean_split, clean_heal, clean_heal, clean_clash, clean_clash, clean_deaf,
                        clean_handover};
        unsigned n = ELEMENTSOF(clean) - (w->n_hosts > 2);
        uint64_t what = chance_of(w, 2 * n);

        if (what < n)
                clean[what](w);
        else
                chaos(w);
}

void do_round(World *w) {
        static void (*const clean[])(World *) = {clean_handover, clean_handover, clean_half_handover,
                        clean_election, clean_promotion, clean_crash, clean_fault, clean_freeze,
                        clean_freeze, clean_split, clean_deaf};
        uint64_t what = chance_of(w, 2 * ELEMENTSOF(clean));

        if (w->crossed)
                do_crossed_round(w);
        else if (what < ELEMENTSOF(clean))
                clean[what](w);
        else
                chaos(w);
        calm(w);
}
