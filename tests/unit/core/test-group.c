/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The rules of core/group.h, one test each. Members are called a, b, c; what they and the group do is one
 * text such as "a: off, master>backup:group; G: master>backup:higher-priority-master". */

#include "service/core/group.h"
#include "tests/unit/core/router-bench.h"

#define MEMBERS 3

typedef struct Pack {
        Bench bench[MEMBERS];
        GroupMember member[MEMBERS];
        Group group;
        unsigned n;
        usec_t now;
        bool master; /* some member was, at the latest check() */
        bool moving; /* members come and go, and carry on with what they were told */
        GString *did;
} Pack;

static void say(Pack *p, const char *who, const char *what) {
        if (what && what[0])
                g_string_append_printf(p->did, "%s%s: %s", p->did->len > 0 ? "; " : "", who, what);
}

static void feed_one(Pack *p, unsigned i, const RouterEvent *event) {
        char name[2] = {(char)('a' + i), 0};

        p->bench[i].now = p->now;
        say(p, name, bench_feed(&p->bench[i], event));
        if (p->member[i].router)
                group_note(&p->group, &p->member[i], &p->bench[i].step);
}

static void settle(Pack *p) {
        GroupOrder o;
        unsigned orders = 0;

        while (group_next(&p->group, &o)) {
                g_autofree char *text = NULL;

                g_assert_cmpuint(orders++, <, 100); /* the group comes to rest */

                switch (o.type) {
                case GROUP_ORDER_FEED:
                        feed_one(p, (unsigned)(o.member - p->member), &o.event);
                        continue;
                case GROUP_ORDER_STATE_CHANGED:
                        text = g_strdup_printf("%s>%s:%s", vrrp_state_to_string(o.old_state),
                                        vrrp_state_to_string(o.new_state), vrrp_reason_to_string(o.reason));
                        break;
                case GROUP_ORDER_FINISHED:
                        text = g_strdup_printf("%s %s", vrrp_operation_to_string(o.operation),
                                        vrrp_result_to_string(o.result));
                        break;
                }
                say(p, "G", text);
        }
}

static const char *feed(Pack *p, unsigned i, RouterEvent event) {
        g_string_truncate(p->did, 0);
        feed_one(p, i, &event);
        settle(p);
        return p->did->str;
}

static const char *packet(Pack *p, unsigned i, uint8_t host, uint8_t priority) {
        return feed(p, i,
                        (RouterEvent){
                                        .type = ROUTER_EVENT_PACKET,
                                        .packet = {.version = 2,
                                                        .vrid = 51,
                                                        .priority = priority,
                                                        .interval_usec = p->bench[i].config.interval_usec,
                                                        .source = bench_address(host),
                                                        .n_vips = 1,
                                                        .vips_digest = p->bench[i].config.vips_digest},
                        });
}

static const char *command(Pack *p, VrrpOperation operation, VrrpMode mode) {
        g_string_truncate(p->did, 0);
        group_command(&p->group, &(RouterCommand){.operation = operation, .id = 7, .mode = mode});
        settle(p);
        return p->did->str;
}

/* The first deadline of all, and what comes of it; with a change of state or the end of a command. */
static const char *wait_for_news(Pack *p) {
        for (unsigned steps = 0; steps < 1000; steps++) {
                usec_t first = USEC_INFINITY;
                unsigned who = 0;

                for (unsigned i = 0; i < p->n; i++)
                        if (router_deadline(&p->bench[i].router) < first) {
                                first = router_deadline(&p->bench[i].router);
                                who = i;
                        }
                if (first == USEC_INFINITY)
                        return "nothing will ever happen";
                p->now = MAX(p->now, first);
                feed(p, who, (RouterEvent){.type = ROUTER_EVENT_DEADLINE});
                if (strstr(p->did->str, ">") || strstr(p->did->str, "G:"))
                        return p->did->str;
        }
        return "no news";
}

static bool are(const Pack *p, VrrpState state) {
        for (unsigned i = 0; i < p->n; i++)
                if (p->bench[i].router.state != state)
                        return false;
        return p->group.state == state;
}

static void pack_init(Pack *p, unsigned n, uint8_t priority) {
        *p = (Pack){.n = n, .did = g_string_new(NULL), .now = 1000 * SEC};
        group_init(&p->group);
        for (unsigned i = 0; i < n; i++) {
                bench_init(&p->bench[i], 2, priority);
                p->bench[i].config.grouped = true;
                bench_reinit(&p->bench[i]);
                group_add(&p->group, &p->member[i], &p->bench[i].router);
        }
}

static void pack_start(Pack *p) {
        for (unsigned i = 0; i < p->n; i++)
                feed(p, i, (RouterEvent){.type = ROUTER_EVENT_STARTED});
}

static void pack_to_master(Pack *p) {
        pack_start(p);
        wait_for_news(p);
        g_assert_true(are(p, VRRP_MASTER));
        p->now += SEC;
}

static void pack_done(Pack *p) {
        g_string_free(p->did, TRUE);
}

static void test_together(void) {
        /* A member whose timer runs out stays backup until every other one wants to be master as well; then
         * all go in one turn, in their order. An advert takes a wish back. */
        Pack p;

        pack_init(&p, 2, 100);
        EXPECT(feed(&p, 0, (RouterEvent){.type = ROUTER_EVENT_STARTED}), "a: initialize>backup:started");
        EXPECT(feed(&p, 1, (RouterEvent){.type = ROUTER_EVENT_STARTED}),
                        "b: initialize>backup:started; G: initialize>backup:started");
        p.now += SEC;
        packet(&p, 1, 20, 150); /* b has a master, a has none */
        p.now = router_deadline(&p.bench[0].router);
        EXPECT(feed(&p, 0, (RouterEvent){.type = ROUTER_EVENT_DEADLINE}), "a: changed");
        g_assert_true(are(&p, VRRP_BACKUP));
        packet(&p, 0, 20, 150);
        p.now = router_deadline(&p.bench[1].router);
        EXPECT(feed(&p, 1, (RouterEvent){.type = ROUTER_EVENT_DEADLINE}), "b: changed");
        p.now = router_deadline(&p.bench[0].router);
        EXPECT(feed(&p, 0, (RouterEvent){.type = ROUTER_EVENT_DEADLINE}),
                        "a: changed; a: advert 100, on, announce 5, backup>master:master-down; "
                        "b: advert 100, on, announce 5, backup>master:master-down; G: "
                        "backup>master:master-down");
        g_assert_true(are(&p, VRRP_MASTER));
        pack_done(&p);
}

static void test_yield(void) {
        /* One gives way, all do: the others say so by a last advert, for the winner to announce again, and
         * priority 0, for backups to take over; both when their addresses are gone. */
        Pack p;

        pack_init(&p, 3, 100);
        pack_to_master(&p);
        EXPECT(packet(&p, 1, 20, 150),
                        "b: changed, off, master>backup:higher-priority-master; a: off, "
                        "master>backup:group; "
                        "c: off, master>backup:group; G: master>backup:higher-priority-master");
        EXPECT(feed(&p, 1, (RouterEvent){.type = ROUTER_EVENT_ADDRESSES}), "b: advert 100 to 192.0.2.20");
        EXPECT(feed(&p, 0, (RouterEvent){.type = ROUTER_EVENT_ADDRESSES}), "a: advert 1, advert 0");
        p.now += 100 * MSEC;
        EXPECT(feed(&p, 2, (RouterEvent){.type = ROUTER_EVENT_DEADLINE}), "c: advert 1, advert 0");
        g_assert_true(are(&p, VRRP_BACKUP));
        pack_done(&p);
}

static void test_lower_master(void) {
        /* A lower master is answered a moment later: by then it may have shown to be the better one for
         * another member, and it must not be sent away by a group that gives way to it. */
        Pack p;

        pack_init(&p, 2, 100);
        pack_to_master(&p);
        p.now += 100 * MSEC; /* behind the regular adverts */
        while (router_deadline(&p.bench[0].router) <= p.now || router_deadline(&p.bench[1].router) <= p.now)
                for (unsigned i = 0; i < 2; i++)
                        feed(&p, i, (RouterEvent){.type = ROUTER_EVENT_DEADLINE});
        g_assert_null(strstr(packet(&p, 0, 20, 50), "advert"));
        g_assert_cmpuint(router_deadline(&p.bench[0].router), ==, p.now + 10 * MSEC);
        p.now += 10 * MSEC;
        EXPECT(feed(&p, 0, (RouterEvent){.type = ROUTER_EVENT_DEADLINE}), "a: advert 100");
        pack_done(&p);
}

static void test_fault(void) {
        /* A fault of one is a fault of all while it lasts, with two of them while one lasts. Afterwards all
         * start as backups. */
        Pack p;

        pack_init(&p, 2, 100);
        pack_to_master(&p);
        EXPECT(feed(&p, 0, (RouterEvent){.type = ROUTER_EVENT_FAULT, .fault = true}),
                        "a: advert 0, off, master>fault:fault; b: advert 0, off, master>fault:group; "
                        "G: master>fault:fault");
        EXPECT(feed(&p, 1, (RouterEvent){.type = ROUTER_EVENT_FAULT, .fault = true}), "");
        g_assert_true(p.bench[0].router.group_fault && p.bench[1].router.group_fault);
        EXPECT(feed(&p, 0, (RouterEvent){.type = ROUTER_EVENT_FAULT, .fault = false}), "");
        g_assert_true(are(&p, VRRP_FAULT));
        EXPECT(feed(&p, 1, (RouterEvent){.type = ROUTER_EVENT_FAULT, .fault = false}),
                        "b: fault>backup:fault-cleared; a: fault>backup:fault-cleared; "
                        "G: fault>backup:fault-cleared");
        wait_for_news(&p);
        g_assert_true(are(&p, VRRP_MASTER));
        pack_done(&p);
}

static void test_owner(void) {
        /* Priority 255 gives no head start before the others: owners wait as backups, and are master as soon
         * as the last of them has started. */
        Pack p;

        pack_init(&p, 2, 255);
        EXPECT(feed(&p, 0, (RouterEvent){.type = ROUTER_EVENT_STARTED}),
                        "a: initialize>backup:started, changed");
        feed(&p, 1, (RouterEvent){.type = ROUTER_EVENT_STARTED});
        g_assert_true(are(&p, VRRP_MASTER));
        g_assert_cmpint(p.bench[1].router.reason, ==, VRRP_REASON_OWNER);
        pack_done(&p);
}

static void test_failover(void) {
        /* All send priority 0 in one turn and keep their addresses; each releases at its own successor; the
         * group has ended when the last has. Then it yields: no member preempts, but if the new master dies
         * it takes over. */
        Pack p;

        pack_init(&p, 2, 100);
        pack_to_master(&p);
        EXPECT(command(&p, VRRP_OP_FAILOVER, VRRP_MODE_GRACEFUL),
                        "a: advert 0, changed; b: advert 0, changed");
        g_assert_cmpint(group_admin(&p.group), ==, VRRP_ADMIN_HANDING_OVER);
        p.now += 700 * MSEC;
        g_assert_nonnull(strstr(
                        packet(&p, 1, 20, 90), "b: changed, off, master>backup:handed-over, failover done"));
        g_assert_cmpint(p.group.state, ==, VRRP_MASTER);
        g_assert_nonnull(strstr(packet(&p, 0, 20, 90), "G: master>backup:handed-over; G: failover done"));
        g_assert_true(are(&p, VRRP_BACKUP));
        g_assert_cmpint(group_admin(&p.group), ==, VRRP_ADMIN_YIELDING);
        for (unsigned k = 0; k < 8; k++) {
                p.now += SEC;
                packet(&p, 0, 20, 90);
                packet(&p, 1, 20, 90);
        }
        g_assert_true(are(&p, VRRP_BACKUP));
        wait_for_news(&p);
        g_assert_true(are(&p, VRRP_MASTER));
        g_assert_cmpint(group_admin(&p.group), ==, VRRP_ADMIN_ENABLED);
        pack_done(&p);
}

static void test_no_successor(void) {
        /* One member has a successor, the other none: gracefully, the first takes back what it gave; by
         * force, both are released. */
        Pack p;

        pack_init(&p, 2, 100);
        pack_to_master(&p);
        command(&p, VRRP_OP_FAILOVER, VRRP_MODE_GRACEFUL);
        p.now += 700 * MSEC;
        packet(&p, 1, 20, 90);
        EXPECT(wait_for_news(&p), "a: advert 100, changed, failover no-successor; b: changed, advert 100, "
                                  "on, announce 5, "
                                  "backup>master:group; G: failover no-successor");
        g_assert_true(are(&p, VRRP_MASTER));
        g_assert_cmpint(group_admin(&p.group), ==, VRRP_ADMIN_ENABLED);

        p.now += SEC;
        command(&p, VRRP_OP_FAILOVER, VRRP_MODE_FORCE);
        p.now += 700 * MSEC;
        packet(&p, 1, 20, 90);
        EXPECT(wait_for_news(&p), "a: off, master>backup:forced, failover forced; G: master>backup:forced; "
                                  "G: failover forced");
        g_assert_true(are(&p, VRRP_BACKUP));
        pack_done(&p);
}

static void test_successor_is_better(void) {
        /* The same, but the successor of one is better and will not go: then the group cannot be whole here,
         * and nobody is left as the only master. */
        Pack p;

        pack_init(&p, 2, 100);
        pack_to_master(&p);
        command(&p, VRRP_OP_FAILOVER, VRRP_MODE_GRACEFUL);
        p.now += 700 * MSEC;
        packet(&p, 1, 20, 150);
        wait_for_news(&p);
        g_assert_true(are(&p, VRRP_BACKUP));
        g_assert_nonnull(strstr(p.did->str, "G: failover no-successor"));
        pack_done(&p);
}

static void test_bound(void) {
        /* Members with different intervals wait for their successors equally long: keepalived's group takes
         * over when its slowest member has timed out. */
        Pack p;

        pack_init(&p, 2, 100);
        for (unsigned i = 0; i < 2; i++) {
                p.bench[i].config.version = 3;
                p.bench[i].config.interval_usec = i == 0 ? 100 * MSEC : 4 * SEC;
                bench_reinit(&p.bench[i]);
        }
        pack_to_master(&p);
        command(&p, VRRP_OP_FAILOVER, VRRP_MODE_GRACEFUL);
        g_assert_cmpuint(p.bench[0].router.handover_usec, ==, p.bench[1].router.handover_usec);
        g_assert_cmpuint(p.bench[0].router.handover_usec - p.now, ==,
                        router_handover_bound_usec(&p.bench[1].router));
        g_assert_cmpuint(group_bound(&p.group), ==, router_handover_bound_usec(&p.bench[1].router));
        feed(&p, 1, (RouterEvent){.type = ROUTER_EVENT_STOPPED});
        g_assert_cmpuint(group_bound(&p.group), ==, router_handover_bound_usec(&p.bench[0].router));
        pack_done(&p);
}

static void test_pause_resume(void) {
        /* Pause of a master hands over first, and nobody is paused when one has no successor. A paused group
         * is in initialize; Resume starts all. */
        Pack p;

        pack_init(&p, 2, 100);
        pack_to_master(&p);
        command(&p, VRRP_OP_PAUSE, VRRP_MODE_GRACEFUL);
        EXPECT(wait_for_news(&p), "b: advert 100, changed, failover no-successor; G: pause no-successor");
        g_assert_true(are(&p, VRRP_MASTER));

        command(&p, VRRP_OP_PAUSE, VRRP_MODE_GRACEFUL);
        p.now += 700 * MSEC;
        packet(&p, 0, 20, 90);
        EXPECT(packet(&p, 1, 20, 90), "b: changed, off, master>backup:handed-over, failover done; a: "
                                      "backup>initialize:paused, pause "
                                      "done; b: backup>initialize:paused, pause done; G: "
                                      "master>initialize:paused; G: pause done");
        g_assert_cmpint(group_admin(&p.group), ==, VRRP_ADMIN_PAUSED);
        EXPECT(command(&p, VRRP_OP_PROMOTE, VRRP_MODE_GRACEFUL), "G: promote not-backup");
        command(&p, VRRP_OP_RESUME, VRRP_MODE_GRACEFUL);
        g_assert_true(are(&p, VRRP_BACKUP));
        EXPECT(command(&p, VRRP_OP_RESUME, VRRP_MODE_GRACEFUL), "G: resume not-held");
        pack_done(&p);
}

static void test_election(void) {
        /* A backup group contends as a whole: it takes over when every member would win, in one turn, and
         * not at all when one would not. */
        Pack p;

        pack_init(&p, 2, 100);
        for (unsigned i = 0; i < 2; i++) {
                p.bench[i].config.preempt = false;
                bench_reinit(&p.bench[i]);
        }
        pack_start(&p);
        packet(&p, 0, 20, 90);
        packet(&p, 1, 20, 150);
        EXPECT(command(&p, VRRP_OP_ELECTION, VRRP_MODE_GRACEFUL),
                        "a: changed; b: election not-eligible; a: election canceled; G: election "
                        "not-eligible");
        g_assert_true(are(&p, VRRP_BACKUP));
        EXPECT(command(&p, VRRP_OP_PROMOTE, VRRP_MODE_GRACEFUL),
                        "a: changed; b: changed; a: advert 254, on, announce 5, backup>master:promoted, "
                        "promote done; "
                        "b: advert 254, on, announce 5, backup>master:promoted, promote done; "
                        "G: backup>master:promoted; G: promote done");
        g_assert_cmpint(group_admin(&p.group), ==, VRRP_ADMIN_PROMOTED);
        /* A tracker of one ends the promotion of all. */
        feed(&p, 0, (RouterEvent){.type = ROUTER_EVENT_PRIORITY, .priority = 80});
        g_assert_cmpint(group_admin(&p.group), ==, VRRP_ADMIN_ENABLED);
        pack_done(&p);
}

static void test_fault_cancels(void) {
        /* A fault of one ends a hand-over of all: no member is left in it. */
        Pack p;

        pack_init(&p, 2, 100);
        pack_to_master(&p);
        command(&p, VRRP_OP_FAILOVER, VRRP_MODE_GRACEFUL);
        g_assert_nonnull(strstr(feed(&p, 1, (RouterEvent){.type = ROUTER_EVENT_FAULT, .fault = true}),
                        "G: master>fault:fault; G: failover canceled"));
        g_assert_true(are(&p, VRRP_FAULT));
        g_assert_cmpint(group_admin(&p.group), ==, VRRP_ADMIN_ENABLED);
        pack_done(&p);

        /* Nor in the hold of what has been canceled, if it had released by then. */
        pack_init(&p, 2, 100);
        pack_to_master(&p);
        command(&p, VRRP_OP_FAILOVER, VRRP_MODE_GRACEFUL);
        p.now += 900 * MSEC;
        packet(&p, 0, 20, 100);
        g_assert_cmpint(p.bench[0].router.admin, ==, VRRP_ADMIN_YIELDING);
        g_assert_nonnull(strstr(feed(&p, 1, (RouterEvent){.type = ROUTER_EVENT_FAULT, .fault = true}),
                        "G: failover canceled"));
        g_assert_true(are(&p, VRRP_FAULT));
        g_assert_cmpint(group_admin(&p.group), ==, VRRP_ADMIN_ENABLED);
        pack_done(&p);
}

static void join_third(Pack *p) {
        pack_init(p, 3, 100);
        group_remove(&p->group, &p->member[2]);
        p->n = 2;
        pack_to_master(p);
        p->n = 3;
        group_add(&p->group, &p->member[2], &p->bench[2].router);
        feed(p, 2, (RouterEvent){.type = ROUTER_EVENT_STARTED});
        g_assert_cmpint(p->group.state, ==, VRRP_MASTER);
}

static void test_join(void) {
        /* A member that joins a master group becomes master when its own timer says so, and nobody moves;
         * one that follows a live master makes all yield, but not one that hears a lower or leaving one. */
        Pack p;

        for (unsigned follows = 0; follows < 2; follows++) {
                join_third(&p);
                if (follows) {
                        packet(&p, 2, 20, 150);
                        g_assert_true(are(&p, VRRP_BACKUP));
                        /* Not because c has started. */
                        g_assert_cmpint(p.group.reason, ==, VRRP_REASON_GROUP);
                } else {
                        EXPECT(wait_for_news(&p), "c: changed; c: advert 100, on, announce 5, "
                                                  "backup>master:master-down");
                        g_assert_true(are(&p, VRRP_MASTER));
                }
                pack_done(&p);
        }
        join_third(&p);
        EXPECT(packet(&p, 2, 20, 90), "c: changed");
        EXPECT(packet(&p, 2, 20, 0), "");
        group_remove(&p.group, &p.member[2]);
        packet(&p, 2, 20, 150);
        packet(&p, 2, 20, 0);
        group_add(&p.group, &p.member[2], &p.bench[2].router);
        EXPECT(packet(&p, 1, 20, 0), "b: advert 100");
        pack_done(&p);
}

static void test_stop(void) {
        /* When the daemon stops each member hands over by itself: the fault of one ends not the other's. */
        Pack p;

        pack_init(&p, 2, 100);
        pack_to_master(&p);
        group_stop(&p.group);
        for (unsigned i = 0; i < 2; i++)
                feed(&p, i, (RouterEvent){.type = ROUTER_EVENT_COMMAND, .command.operation = VRRP_OP_STOP});
        EXPECT(feed(&p, 0, (RouterEvent){.type = ROUTER_EVENT_FAULT, .fault = true}),
                        "a: off, master>initialize:stopped, changed, stop done");
        g_assert_cmpint(p.bench[1].router.handover, ==, ROUTER_HANDOVER_CALLING);
        pack_done(&p);
}

static void test_form(void) {
        /* A reload makes a group of routers that run: masters stay master, and the others join. Ungrouped
         * again, a member that only waited for the others becomes master. */
        Pack p;

        pack_init(&p, 2, 100);
        group_remove(&p.group, &p.member[0]);
        group_remove(&p.group, &p.member[1]);
        for (unsigned i = 0; i < 2; i++) {
                p.bench[i].config.grouped = false;
                bench_reinit(&p.bench[i]);
        }
        feed(&p, 0, (RouterEvent){.type = ROUTER_EVENT_STARTED});
        wait_for_news(&p);
        feed(&p, 1, (RouterEvent){.type = ROUTER_EVENT_STARTED});
        for (unsigned i = 0; i < 2; i++) {
                p.bench[i].config.grouped = true;
                group_add(&p.group, &p.member[i], &p.bench[i].router);
                feed(&p, i, (RouterEvent){.type = ROUTER_EVENT_CONFIG, .config = p.bench[i].config});
        }
        g_assert_cmpint(p.group.state, ==, VRRP_MASTER);
        g_assert_cmpint(p.bench[0].router.state, ==, VRRP_MASTER);
        wait_for_news(&p);
        g_assert_true(are(&p, VRRP_MASTER));
        pack_done(&p);

        pack_init(&p, 2, 100);
        feed(&p, 0, (RouterEvent){.type = ROUTER_EVENT_STARTED});
        p.now = router_deadline(&p.bench[0].router);
        EXPECT(feed(&p, 0, (RouterEvent){.type = ROUTER_EVENT_DEADLINE}), "a: changed");
        group_remove(&p.group, &p.member[0]);
        p.bench[0].config.grouped = false;
        feed(&p, 0, (RouterEvent){.type = ROUTER_EVENT_CONFIG, .config = p.bench[0].config});
        EXPECT(feed(&p, 0, (RouterEvent){.type = ROUTER_EVENT_DEADLINE}),
                        "a: advert 100, on, announce 5, backup>master:master-down");
        pack_done(&p);
}

static void test_form_in_handover(void) {
        /* A reload makes a group of routers one of which hands over just then, while another has a master to
         * follow, or puts its group under another name in the middle of a failover: the hand-over ends as it
         * would have, and then the group is at one. */
        Pack p;

        pack_init(&p, 2, 100);
        for (unsigned i = 0; i < 2; i++) {
                group_remove(&p.group, &p.member[i]);
                p.bench[i].config.grouped = false;
                bench_reinit(&p.bench[i]);
        }
        pack_start(&p);
        packet(&p, 1, 20, 150);
        p.now = router_deadline(&p.bench[0].router);
        feed(&p, 0, (RouterEvent){.type = ROUTER_EVENT_DEADLINE});
        feed(&p, 0,
                        (RouterEvent){.type = ROUTER_EVENT_COMMAND,
                                        .command = {.operation = VRRP_OP_FAILOVER, .id = 3}});
        packet(&p, 1, 20, 150);
        for (unsigned i = 0; i < 2; i++) {
                p.bench[i].config.grouped = true;
                group_add(&p.group, &p.member[i], &p.bench[i].router);
                feed(&p, i, (RouterEvent){.type = ROUTER_EVENT_CONFIG, .config = p.bench[i].config});
        }
        g_assert_cmpint(p.bench[0].router.handover, ==, ROUTER_HANDOVER_CALLING);
        EXPECT(wait_for_news(&p), "a: advert 100, changed, failover no-successor; "
                                  "a: off, master>backup:group; G: master>backup:group");
        pack_done(&p);

        pack_init(&p, 2, 100);
        pack_to_master(&p);
        command(&p, VRRP_OP_FAILOVER, VRRP_MODE_GRACEFUL);
        p.now += 900 * MSEC;
        packet(&p, 1, 20, 100);
        g_assert_cmpint(p.bench[1].router.state, ==, VRRP_BACKUP);
        group_remove(&p.group, &p.member[0]);
        group_remove(&p.group, &p.member[1]);
        group_init(&p.group);
        group_add(&p.group, &p.member[0], &p.bench[0].router);
        group_add(&p.group, &p.member[1], &p.bench[1].router);
        settle(&p);
        g_assert_cmpint(p.bench[0].router.handover, ==, ROUTER_HANDOVER_CALLING);
        packet(&p, 0, 20, 100);
        g_assert_true(are(&p, VRRP_BACKUP));
        pack_done(&p);
}

static void test_join_promoted(void) {
        /* A member that joins a promoted group was never promoted itself: the others keep what an
         * administrator gave them. When one of them loses it all do. */
        Pack p;

        pack_init(&p, 3, 100);
        group_remove(&p.group, &p.member[2]);
        p.n = 2;
        pack_start(&p);
        packet(&p, 0, 20, 150);
        packet(&p, 1, 20, 150);
        command(&p, VRRP_OP_PROMOTE, VRRP_MODE_GRACEFUL);
        g_assert_true(are(&p, VRRP_MASTER));
        p.n = 3;
        group_add(&p.group, &p.member[2], &p.bench[2].router);
        feed(&p, 2, (RouterEvent){.type = ROUTER_EVENT_STARTED});
        while (p.bench[2].router.state != VRRP_MASTER)
                wait_for_news(&p);
        feed(&p, 2, (RouterEvent){.type = ROUTER_EVENT_ADDRESSES, .addresses_on = true});
        g_assert_cmpint(p.bench[0].router.admin, ==, VRRP_ADMIN_PROMOTED);
        g_assert_cmpint(p.bench[1].router.admin, ==, VRRP_ADMIN_PROMOTED);
        feed(&p, 1, (RouterEvent){.type = ROUTER_EVENT_PRIORITY, .priority = 90});
        g_assert_cmpint(group_admin(&p.group), ==, VRRP_ADMIN_ENABLED);
        pack_done(&p);
}

static void test_promoted_yields(void) {
        /* A promoted group that gives way to a better master for one member is promoted no more: the others
         * would keep a priority for which they cannot become master. */
        Pack p;

        pack_init(&p, 2, 100);
        pack_start(&p);
        packet(&p, 0, 20, 150);
        packet(&p, 1, 20, 150);
        command(&p, VRRP_OP_PROMOTE, VRRP_MODE_GRACEFUL);
        g_assert_true(are(&p, VRRP_MASTER));
        packet(&p, 1, 20, 255);
        g_assert_true(are(&p, VRRP_BACKUP));
        for (unsigned i = 0; i < 2; i++) {
                g_assert_cmpint(p.bench[i].router.admin, ==, VRRP_ADMIN_ENABLED);
                g_assert_cmpuint(router_priority(&p.bench[i].router), ==, 100);
        }
        pack_done(&p);
}

static void both_become_master(Pack *p, uint8_t own_b, uint8_t other_a, uint8_t other_b) {
        feed(p, 1, (RouterEvent){.type = ROUTER_EVENT_PRIORITY, .priority = own_b});
        pack_start(p);
        wait_for_news(p);
        g_assert_true(are(p, VRRP_MASTER));
        packet(p, 1, 20, other_b);
        g_assert_true(are(p, VRRP_BACKUP));
        packet(p, 0, 20, other_a);
        feed(p, 0, (RouterEvent){.type = ROUTER_EVENT_ADDRESSES});
        feed(p, 1, (RouterEvent){.type = ROUTER_EVENT_ADDRESSES});
}

static void test_crossed(void) {
        /* Two hosts, each better for one member, become master in the same moment, and both give way. The
         * one whose best member is the worse waits an interval more the next time, and only that once: the
         * other is heard by then, or gone. */
        usec_t wait[2];
        Pack p;

        for (unsigned stronger = 0; stronger < 2; stronger++) {
                pack_init(&p, 2, 160);
                both_become_master(&p, 100, 80, stronger ? 150 : 170);
                wait[stronger] = p.now;
                g_assert_nonnull(strstr(wait_for_news(&p), "G: backup>master"));
                wait[stronger] = p.now - wait[stronger];
                pack_done(&p);
        }
        g_assert_cmpuint(wait[0], ==, wait[1] + p.bench[0].config.interval_usec);
}

static void test_crossed_heard(void) {
        /* ...but not when the other has been heard as master since: its death is nobody's turn. */
        usec_t down;
        Pack p;

        pack_init(&p, 2, 160);
        both_become_master(&p, 100, 80, 170);
        for (unsigned k = 0; k < 5; k++) {
                p.now += SEC;
                packet(&p, 0, 20, 80);
                packet(&p, 1, 20, 170);
        }
        down = p.now + router_master_down_interval_usec(&p.bench[1].router);
        g_assert_nonnull(strstr(wait_for_news(&p), "G: backup>master"));
        g_assert_cmpuint(p.now, ==, down);
        pack_done(&p);
}

static void test_nobody_left(void) {
        /* A hand-over all of whose members are taken away by a reload has not been done. */
        Pack p;

        pack_init(&p, 2, 100);
        pack_to_master(&p);
        command(&p, VRRP_OP_PAUSE, VRRP_MODE_GRACEFUL);
        for (unsigned i = 0; i < 2; i++) {
                group_remove(&p.group, &p.member[i]);
                bench_reinit(&p.bench[i]);
                group_add(&p.group, &p.member[i], &p.bench[i].router);
        }
        g_assert_nonnull(strstr(
                        feed(&p, 0, (RouterEvent){.type = ROUTER_EVENT_STARTED}), "G: pause canceled"));
        g_assert_cmpint(group_admin(&p.group), ==, VRRP_ADMIN_ENABLED);
        pack_done(&p);
}

static void test_paused_member(void) {
        /* A member that is paused by itself does not count: the others move without it, and its fault is its
         * own. */
        Pack p;

        pack_init(&p, 2, 100);
        router_restore_hold(&p.bench[1].router, VRRP_ADMIN_PAUSED, USEC_INFINITY, 0);
        pack_start(&p);
        wait_for_news(&p);
        g_assert_cmpint(p.group.state, ==, VRRP_MASTER);
        feed(&p, 1, (RouterEvent){.type = ROUTER_EVENT_FAULT, .fault = true});
        g_assert_cmpint(p.bench[0].router.state, ==, VRRP_MASTER);
        g_assert_cmpint(p.bench[1].router.state, ==, VRRP_INITIALIZE);
        pack_done(&p);
}

static void test_joins_election(void) {
        /* A member that comes back while the others contend, and follows a better master: the group cannot
         * win, and the election ends. */
        Pack p;

        pack_init(&p, 3, 100);
        router_restore_hold(&p.bench[2].router, VRRP_ADMIN_PAUSED, USEC_INFINITY, 0);
        pack_start(&p);
        command(&p, VRRP_OP_ELECTION, VRRP_MODE_GRACEFUL);
        packet(&p, 0, 20, 80);
        feed(&p, 2,
                        (RouterEvent){.type = ROUTER_EVENT_COMMAND,
                                        .command = {.operation = VRRP_OP_RESUME, .id = 8}});
        g_assert_true(group_operation_running(&p.group));
        g_assert_nonnull(strstr(packet(&p, 2, 20, 150), "G: election not-eligible"));
        g_assert_false(p.bench[0].router.elect);
        pack_done(&p);
}

static void test_one(void) {
        /* A group of one behaves like a router without a group. */
        Pack p;

        pack_init(&p, 1, 100);
        pack_to_master(&p);
        EXPECT(packet(&p, 0, 20, 150), "a: changed, off, master>backup:higher-priority-master; "
                                       "G: master>backup:higher-priority-master");
        wait_for_news(&p);
        g_assert_true(are(&p, VRRP_MASTER));
        pack_done(&p);
}

/* What must hold whenever the group is at rest. */
static void check(Pack *p, guint32 seed, unsigned step) {
        bool idle = !group_operation_running(&p->group), master = false, fault = false, want = true,
             waiting = false;

        for (unsigned i = 0; i < p->n; i++) {
                if (!p->member[i].router)
                        continue;
                master |= p->bench[i].router.state == VRRP_MASTER;
                fault |= p->bench[i].router.state == VRRP_FAULT;
                /* One that hands over by what it was told before it came here is not disturbed. */
                if (p->moving && p->bench[i].router.handover != ROUTER_HANDOVER_NONE)
                        idle = false;
                want &= p->bench[i].router.wants || p->bench[i].router.admin == VRRP_ADMIN_PAUSED;
                waiting |= p->bench[i].router.wants;
        }
        if (idle && waiting && want)
                g_error("seed %u, step %u: all want, and nobody goes", seed, step);
        for (unsigned i = 0; i < p->n; i++) {
                const Router *r = &p->bench[i].router;
                bool counts = r->admin != VRRP_ADMIN_PAUSED, others = false;

                if (!p->member[i].router)
                        continue;
                for (unsigned k = 0; k < p->n; k++)
                        others |= k != i && p->member[k].router && p->bench[k].router.fault &&
                                  p->bench[k].router.admin != VRRP_ADMIN_PAUSED;
                if (master && !p->master && counts && r->state != VRRP_MASTER)
                        g_error("seed %u, step %u: others have become master without %c", seed, step,
                                        'a' + i);
                if (r->group_fault != (counts && others))
                        g_error("seed %u, step %u: %c does not know of a fault", seed, step, 'a' + i);
                if (r->state == VRRP_MASTER && fault)
                        g_error("seed %u, step %u: %c is master beside a fault", seed, step, 'a' + i);
                if (idle && r->admin == VRRP_ADMIN_HANDING_OVER)
                        g_error("seed %u, step %u: %c hands over for nobody", seed, step, 'a' + i);
                if (idle && master && counts && r->state == VRRP_BACKUP && p->member[i].joined)
                        g_error("seed %u, step %u: %c is left behind", seed, step, 'a' + i);
                if (idle && master && counts && r->state == VRRP_BACKUP && r->wants)
                        g_error("seed %u, step %u: %c waits for nothing", seed, step, 'a' + i);
        }
        if (idle && (p->group.state == VRRP_MASTER) != master)
                g_error("seed %u, step %u: the group's state is wrong", seed, step);
        p->master = master;
}

static VrrpOperation random_operation(GRand *r) {
        static const VrrpOperation operations[] = {VRRP_OP_FAILOVER, VRRP_OP_ELECTION, VRRP_OP_PROMOTE,
                        VRRP_OP_PAUSE, VRRP_OP_RESUME, VRRP_OP_RESUME};

        return operations[g_rand_int_range(r, 0, G_N_ELEMENTS(operations))];
}

static void random_step(Pack *p, GRand *r) {
        static const uint8_t priorities[] = {0, 90, 100, 150, 255};
        unsigned i = (unsigned)g_rand_int_range(r, 0, (gint32)p->n);
        usec_t deadline = router_deadline(&p->bench[i].router);

        p->now += (usec_t)g_rand_int_range(r, 0, 400) * MSEC;
        switch (g_rand_int_range(r, 0, 12)) {
        case 0 ... 3:
                if (deadline != USEC_INFINITY) {
                        p->now = MAX(p->now, deadline);
                        feed(p, i, (RouterEvent){.type = ROUTER_EVENT_DEADLINE});
                }
                break;
        case 4 ... 6:
                packet(p, i, (uint8_t)(20 + g_rand_int_range(r, 0, 2)),
                                priorities[g_rand_int_range(r, 0, G_N_ELEMENTS(priorities))]);
                break;
        case 7:
                feed(p, i,
                                (RouterEvent){.type = ROUTER_EVENT_FAULT,
                                                .fault = g_rand_int_range(r, 0, 3) == 0});
                break;
        case 8:
                feed(p, i, (RouterEvent){.type = ROUTER_EVENT_ADDRESSES, .addresses_on = g_rand_boolean(r)});
                break;
        case 9:
                if (!group_operation_running(&p->group))
                        command(p, random_operation(r),
                                        g_rand_boolean(r) ? VRRP_MODE_FORCE : VRRP_MODE_GRACEFUL);
                break;
        case 10:
                feed(p, i,
                                (RouterEvent){.type = ROUTER_EVENT_PRIORITY,
                                                .priority = (uint8_t)g_rand_int_range(r, 80, 120)});
                break;
        case 11:
                feed(p, i, (RouterEvent){.type = ROUTER_EVENT_CONFIG, .config = p->bench[i].config});
                break;
        }
}

/* A reload takes a member out of the group or puts it back, in whatever state it is. */
static void random_member(Pack *p, unsigned i) {
        bool in = !p->member[i].router;

        g_string_truncate(p->did, 0);
        if (in)
                group_add(&p->group, &p->member[i], &p->bench[i].router);
        else
                group_remove(&p->group, &p->member[i]);
        p->bench[i].config.grouped = in;
        feed_one(p, i, &(RouterEvent){.type = ROUTER_EVENT_CONFIG, .config = p->bench[i].config});
        settle(p);
        p->master = true; /* not by a take-over of the group */
}

static void test_random_members(void) {
        /* The same with members that come and go, and with commands on those that are out. */
        for (guint32 seed = 1; seed <= 200; seed++) {
                GRand *r = g_rand_new_with_seed(seed);
                Pack p;

                pack_init(&p, 3, seed % 5 == 0 ? 255 : 100);
                pack_start(&p);
                p.moving = true;
                for (unsigned step = 0; step < 300; step++) {
                        unsigned i = (unsigned)g_rand_int_range(r, 0, MEMBERS);

                        if (g_rand_int_range(r, 0, 12) == 0)
                                random_member(&p, i);
                        else if (!p.member[i].router && g_rand_boolean(r))
                                feed(&p, i,
                                                (RouterEvent){.type = ROUTER_EVENT_COMMAND,
                                                                .command = {.operation = random_operation(r),
                                                                                .id = 3}});
                        else
                                random_step(&p, r);
                        check(&p, seed, step);
                }
                pack_done(&p);
                g_rand_free(r);
        }
}

static void test_random(void) {
        /* Whatever comes in whatever order: the group comes to rest, knows its faults, leaves nobody behind
         * and nobody in a hand-over. A failing seed is printed. */
        for (guint32 seed = 1; seed <= 200; seed++) {
                GRand *r = g_rand_new_with_seed(seed);
                Pack p;

                pack_init(&p, 3, seed % 5 == 0 ? 255 : 100);
                pack_start(&p);
                for (unsigned step = 0; step < 300; step++) {
                        random_step(&p, r);
                        check(&p, seed, step);
                }
                pack_done(&p);
                g_rand_free(r);
        }
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/core/group/together", test_together);
        g_test_add_func("/core/group/yield", test_yield);
        g_test_add_func("/core/group/lower-master", test_lower_master);
        g_test_add_func("/core/group/fault", test_fault);
        g_test_add_func("/core/group/owner", test_owner);
        g_test_add_func("/core/group/failover", test_failover);
        g_test_add_func("/core/group/no-successor", test_no_successor);
        g_test_add_func("/core/group/successor-is-better", test_successor_is_better);
        g_test_add_func("/core/group/bound", test_bound);
        g_test_add_func("/core/group/pause-resume", test_pause_resume);
        g_test_add_func("/core/group/election", test_election);
        g_test_add_func("/core/group/fault-cancels", test_fault_cancels);
        g_test_add_func("/core/group/join", test_join);
        g_test_add_func("/core/group/stop", test_stop);
        g_test_add_func("/core/group/form", test_form);
        g_test_add_func("/core/group/form-in-handover", test_form_in_handover);
        g_test_add_func("/core/group/join-promoted", test_join_promoted);
        g_test_add_func("/core/group/promoted-yields", test_promoted_yields);
        g_test_add_func("/core/group/crossed", test_crossed);
        g_test_add_func("/core/group/crossed-heard", test_crossed_heard);
        g_test_add_func("/core/group/nobody-left", test_nobody_left);
        g_test_add_func("/core/group/paused-member", test_paused_member);
        g_test_add_func("/core/group/joins-election", test_joins_election);
        g_test_add_func("/core/group/one", test_one);
        g_test_add_func("/core/group/random", test_random);
        g_test_add_func("/core/group/random-members", test_random_members);
        return g_test_run();
}
