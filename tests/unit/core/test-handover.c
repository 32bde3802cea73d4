/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The commands and the hand-over of DESIGN 6, by virtual time. */

#include "tests/unit/core/router-bench.h"

#define SKEW_100 ((usec_t)609375)
#define BOUND ((usec_t)(996093 + 200000))
#define DOWN_100 (3 * SEC + SKEW_100)

static void master(Bench *b) {
        bench_init(b, 3, 100);
        bench_to_master(b);
        b->now += 300 * MSEC;
}

static void backup(Bench *b, uint8_t master_priority) {
        bench_init(b, 3, 100);
        bench_to_backup(b);
        bench_packet(b, 2, master_priority);
        b->now += 300 * MSEC;
}

/* Handed over to 192.0.2.2. */
/* An advert of a successor, which waits its skew time after our priority 0. */
static const char *answer(Bench *b, uint8_t host, uint8_t priority) {
        b->now = MAX(b->now, b->router.handover_begun_usec + (usec_t)(256 - priority) * SEC / 256);
        return bench_packet(b, host, priority);
}

static void yielding(Bench *b, usec_t timeout_usec) {
        master(b);
        bench_command_full(b, VRRP_OP_FAILOVER, VRRP_MODE_GRACEFUL, timeout_usec, 0);
        b->now += 500 * MSEC;
        answer(b, 2, 50);
        g_assert_cmpint(b->router.admin, ==, VRRP_ADMIN_YIELDING);
}

static void test_bound(void) {
        /* Property: the bound is the longest skew time of any backup and 200 ms: of the interval, or of a
         * second. */
        Bench b;

        bench_init(&b, 3, 100);
        g_assert_cmpuint(router_handover_bound_usec(&b.router), ==, BOUND);
        b.config.interval_usec = 10 * SEC;
        bench_reinit(&b);
        g_assert_cmpuint(router_handover_bound_usec(&b.router), ==, 9960937 + 200000);
        b.config.version = 2;
        bench_reinit(&b);
        g_assert_cmpuint(router_handover_bound_usec(&b.router), ==, BOUND);
}

static void test_failover(void) {
        /* Property: priority 0 once, addresses kept and silence until the successor's advert; then all at
         * once, and no last advert. */
        Bench b;
        VrrpAddress successor = bench_address(2);

        master(&b);
        EXPECT(bench_command(&b, VRRP_OP_FAILOVER), "advert 0, changed");
        g_assert_cmpint(b.router.state, ==, VRRP_MASTER);
        g_assert_cmpint(b.router.admin, ==, VRRP_ADMIN_HANDING_OVER);
        g_assert_cmpuint(router_deadline(&b.router), ==, b.now + BOUND);
        b.now += BOUND - 1;
        EXPECT(bench_event(&b, ROUTER_EVENT_DEADLINE), "");
        EXPECT(answer(&b, 2, 50), "changed, off, master>backup:handed-over, failover done");
        g_assert_cmpint(b.router.admin, ==, VRRP_ADMIN_YIELDING);
        g_assert_true(vrrp_address_equal(&b.router.master_address, &successor));
        g_assert_cmpuint(b.router.master_priority, ==, 50);
        g_assert_cmpuint(router_deadline(&b.router), ==, b.now + DOWN_100);
        EXPECT(bench_addresses(&b, false), "");
}

static void test_failover_higher(void) {
        /* Property: a better router that answers is a successor too. */
        Bench b;

        master(&b);
        bench_command(&b, VRRP_OP_FAILOVER);
        EXPECT(answer(&b, 2, 200), "changed, off, master>backup:handed-over, failover done");
}

static void test_failover_too_soon(void) {
        /* Property: what comes sooner than its sender's skew time is no answer: the last advert of a master
         * that has just given way. Nothing is released for it; 20 ms are left to those who count in whole
         * centiseconds. */
        Bench b;

        master(&b);
        bench_command(&b, VRRP_OP_FAILOVER);
        b.now += MSEC;
        EXPECT(bench_packet(&b, 2, 50), "");
        b.now += 206 * SEC / 256 - 21 * MSEC - 1;
        EXPECT(bench_packet(&b, 2, 50), "");
        g_assert_cmpint(b.router.state, ==, VRRP_MASTER);
        b.now++;
        EXPECT(bench_packet(&b, 2, 50), "changed, off, master>backup:handed-over, failover done");
}

static void test_successor_resigns(void) {
        /* Property: a successor that goes while its ARP is awaited is none: the addresses stay. Anybody
         * else's resignation changes nothing. */
        Bench b;

        master(&b);
        b.router.config.plain_arp = true;
        bench_command(&b, VRRP_OP_FAILOVER);
        EXPECT(answer(&b, 2, 50), "changed");
        EXPECT(bench_packet(&b, 3, 0), "");
        g_assert_cmpint(b.router.handover, ==, ROUTER_HANDOVER_RELEASING);
        EXPECT(bench_packet(&b, 2, 0), "advert 100, changed, failover no-successor");
        g_assert_cmpint(b.router.state, ==, VRRP_MASTER);
        g_assert_cmpint(b.router.admin, ==, VRRP_ADMIN_ENABLED);
}

static void test_failover_adopts_interval(void) {
        /* Property: the successor's interval is the one to follow from then on. */
        Bench b;

        master(&b);
        bench_command(&b, VRRP_OP_FAILOVER);
        b.now += SEC;
        bench_packet_interval(&b, 2, 50, 10 * SEC);
        g_assert_cmpuint(b.router.master_down_usec, ==, b.now + 10 * DOWN_100);
}

static void test_failover_plain_arp(void) {
        /* Property: a plain IPv4 address is kept until the successor's ARP is heard, 100 ms at most. */
        Bench b;

        bench_init(&b, 3, 100);
        b.config.plain_arp = true;
        bench_reinit(&b);
        bench_to_master(&b);
        bench_command(&b, VRRP_OP_FAILOVER);
        b.now += 400 * MSEC;
        EXPECT(answer(&b, 2, 50), "changed");
        g_assert_cmpint(b.router.handover, ==, ROUTER_HANDOVER_RELEASING);
        g_assert_cmpuint(router_deadline(&b.router), ==, b.now + 100 * MSEC);
        b.now += 2 * MSEC;
        EXPECT(answer(&b, 2, 50), "");
        EXPECT(bench_event(&b, ROUTER_EVENT_ANNOUNCED), "off, master>backup:handed-over, failover done");

        bench_reinit(&b);
        bench_to_master(&b);
        bench_command(&b, VRRP_OP_FAILOVER);
        answer(&b, 2, 50);
        EXPECT(bench_deadline(&b, 0), "off, master>backup:handed-over, failover done");
}

static void test_failover_arp_first(void) {
        /* Property: an ARP that comes before the advert counts; alone it is no successor. */
        Bench b;

        bench_init(&b, 3, 100);
        b.config.plain_arp = true;
        bench_reinit(&b);
        bench_to_master(&b);
        EXPECT(bench_event(&b, ROUTER_EVENT_ANNOUNCED), "");
        bench_command(&b, VRRP_OP_FAILOVER);
        EXPECT(bench_event(&b, ROUTER_EVENT_ANNOUNCED), "");
        g_assert_cmpint(b.router.state, ==, VRRP_MASTER);
        EXPECT(answer(&b, 2, 50), "changed, off, master>backup:handed-over, failover done");
}

static void test_failover_no_vips(void) {
        /* Property: without addresses there is no ARP to wait for. */
        Bench b;

        bench_init(&b, 3, 100);
        b.config.plain_arp = true;
        b.config.vips_digest = advert_vips_digest(NULL, 0);
        bench_reinit(&b);
        bench_to_master(&b);
        bench_command(&b, VRRP_OP_FAILOVER);
        EXPECT(answer(&b, 2, 50), "changed, off, master>backup:handed-over, failover done");
}

static void test_failover_no_successor(void) {
        /* Property: nobody answers: the old priority at once, no address touched, no state left. */
        Bench b;

        master(&b);
        bench_command(&b, VRRP_OP_FAILOVER);
        EXPECT(bench_deadline(&b, 0), "advert 100, changed, failover no-successor");
        g_assert_cmpint(b.router.state, ==, VRRP_MASTER);
        g_assert_cmpint(b.router.admin, ==, VRRP_ADMIN_ENABLED);
        g_assert_cmpuint(router_deadline(&b.router), ==, b.now + SEC);
}

static void test_failover_force(void) {
        /* Property: by force the addresses go all the same, and come back after Master_Down_Interval of
         * silence. */
        Bench b;

        master(&b);
        bench_command_full(&b, VRRP_OP_FAILOVER, VRRP_MODE_FORCE, 0, 0);
        EXPECT(bench_deadline(&b, 0), "off, master>backup:forced, failover forced");
        g_assert_cmpint(b.router.admin, ==, VRRP_ADMIN_YIELDING);
        g_assert_false(vrrp_address_is_set(&b.router.master_address));
        g_assert_cmpuint(router_deadline(&b.router), ==, b.now + DOWN_100);
        EXPECT(bench_deadline(&b, 0), "advert 100, on, announce 5, backup>master:master-down");
        g_assert_cmpint(b.router.admin, ==, VRRP_ADMIN_ENABLED);

        /* With a successor, force changes nothing. */
        master(&b);
        bench_command_full(&b, VRRP_OP_FAILOVER, VRRP_MODE_FORCE, 0, 0);
        EXPECT(answer(&b, 2, 50), "changed, off, master>backup:handed-over, failover done");
}

static void test_handover_ignores(void) {
        /* Property: priority 0 of another, a tracker's word and the announcement schedule change nothing
         * meanwhile. */
        Bench b;
        usec_t end;

        bench_init(&b, 3, 100);
        b.config.announce.refresh_usec = 100 * MSEC;
        bench_reinit(&b);
        bench_to_master(&b);
        bench_command(&b, VRRP_OP_FAILOVER);
        end = router_deadline(&b.router);
        g_assert_cmpuint(end, ==, b.now + BOUND);
        b.now += SEC + 100 * MSEC;
        EXPECT(bench_packet(&b, 2, 0), "");
        EXPECT(bench_priority(&b, 10), "changed");
        EXPECT(bench_config(&b), "changed");
        EXPECT(bench_event(&b, ROUTER_EVENT_DEADLINE), "");
        EXPECT(bench_fault(&b, false), "");
        g_assert_cmpuint(router_deadline(&b.router), ==, end);
}

static void test_handover_pending(void) {
        /* Property: while one operation runs every other is refused, except the stop. */
        Bench b;

        master(&b);
        bench_command(&b, VRRP_OP_FAILOVER);
        EXPECT(bench_command(&b, VRRP_OP_FAILOVER), "failover operation-pending");
        EXPECT(bench_command(&b, VRRP_OP_ELECTION), "election operation-pending");
        EXPECT(bench_command(&b, VRRP_OP_PROMOTE), "promote operation-pending");
        EXPECT(bench_command(&b, VRRP_OP_PAUSE), "pause operation-pending");
        EXPECT(bench_command(&b, VRRP_OP_RESUME), "resume operation-pending");
        g_assert_cmpint(b.router.handover, ==, ROUTER_HANDOVER_CALLING);
}

static void test_handover_fault(void) {
        /* Property: a fault ends a hand-over as canceled, releasing at once without a second priority 0. */
        Bench b;

        master(&b);
        bench_command(&b, VRRP_OP_FAILOVER);
        EXPECT(bench_fault(&b, true), "off, master>fault:fault, changed, failover canceled");
        g_assert_cmpint(b.router.admin, ==, VRRP_ADMIN_ENABLED);
        EXPECT(bench_fault(&b, false), "fault>backup:fault-cleared");

        master(&b);
        bench_command(&b, VRRP_OP_STOP);
        EXPECT(bench_fault(&b, true), "off, master>initialize:stopped, changed, stop done");
        g_assert_false(b.router.started);
}

static void test_handover_stopped(void) {
        /* Property: the immediate stop ends a hand-over without a second priority 0. */
        Bench b;

        master(&b);
        bench_command(&b, VRRP_OP_FAILOVER);
        EXPECT(bench_event(&b, ROUTER_EVENT_STOPPED),
                        "off, master>initialize:stopped, changed, failover canceled");
        master(&b);
        bench_command(&b, VRRP_OP_STOP);
        EXPECT(bench_event(&b, ROUTER_EVENT_STOPPED), "off, master>initialize:stopped, changed, stop done");
}

static void test_yielding_does_not_preempt(void) {
        /* Property: yielding follows the lower successor for as long as that lives. */
        Bench b;

        yielding(&b, 0);
        bench_pass(&b, 3600 * SEC, 2, 50);
        g_assert_cmpint(b.router.state, ==, VRRP_BACKUP);
        g_assert_cmpint(b.router.admin, ==, VRRP_ADMIN_YIELDING);
}

static void test_yielding_takes_over(void) {
        /* Property: when the successor dies or resigns, the hold ends and the speed is the usual one. */
        Bench b;

        yielding(&b, 0);
        g_assert_cmpuint(router_deadline(&b.router), ==, b.now + DOWN_100);
        EXPECT(bench_deadline(&b, 0), "advert 100, on, announce 5, backup>master:master-down");
        g_assert_cmpint(b.router.admin, ==, VRRP_ADMIN_ENABLED);

        yielding(&b, 60 * SEC);
        bench_packet(&b, 2, 0);
        g_assert_cmpuint(router_deadline(&b.router), ==, b.now + SKEW_100);
        EXPECT(bench_deadline(&b, 0), "on, advert 100, announce 5, backup>master:master-resigned");
        g_assert_cmpint(b.router.admin, ==, VRRP_ADMIN_ENABLED);
        g_assert_cmpuint(b.router.admin_expire_usec, ==, USEC_INFINITY);
}

static void test_yielding_resume(void) {
        /* Property: after Resume the timer goes on from the last accepted advert and runs out. */
        Bench b;
        usec_t due;

        yielding(&b, 0);
        bench_pass(&b, 10 * SEC, 2, 50);
        due = b.router.master_down_usec;
        EXPECT(bench_command(&b, VRRP_OP_RESUME), "changed, resume done");
        g_assert_cmpint(b.router.admin, ==, VRRP_ADMIN_ENABLED);
        b.now += SEC;
        bench_packet(&b, 2, 50);
        g_assert_cmpuint(router_deadline(&b.router), ==, due);
        b.now += SEC;
        bench_packet(&b, 2, 50);
        EXPECT(bench_deadline(&b, 0), "advert 100, on, announce 5, backup>master:preempting-lower-priority");
}

static void test_yielding_timeout(void) {
        /* Property: the end of the time is a Resume. */
        Bench b;
        usec_t end;

        yielding(&b, 60 * SEC);
        end = b.now + 60 * SEC;
        g_assert_cmpuint(b.router.admin_expire_usec, ==, end);
        bench_pass(&b, 60 * SEC - 1, 2, 50);
        g_assert_cmpint(b.router.admin, ==, VRRP_ADMIN_YIELDING);
        bench_pass(&b, 1, 0, 0);
        g_assert_cmpint(b.router.admin, ==, VRRP_ADMIN_ENABLED);
        g_assert_cmpint(b.router.state, ==, VRRP_BACKUP);
}

static void test_yielding_owner(void) {
        /* Property: an owner yields like any other, through a fault too, and is master at once on Resume or
         * timeout. */
        Bench b;

        bench_init(&b, 3, 255);
        bench_to_master(&b);
        bench_command(&b, VRRP_OP_FAILOVER);
        answer(&b, 2, 100);
        bench_pass(&b, 60 * SEC, 2, 100);
        g_assert_cmpint(b.router.state, ==, VRRP_BACKUP);
        bench_fault(&b, true);
        g_assert_cmpint(b.router.admin, ==, VRRP_ADMIN_YIELDING);
        EXPECT(bench_fault(&b, false), "fault>backup:fault-cleared");
        EXPECT(bench_command(&b, VRRP_OP_RESUME),
                        "changed, advert 255, on, announce 5, backup>master:address-owner, resume done");

        bench_command_full(&b, VRRP_OP_FAILOVER, VRRP_MODE_GRACEFUL, SEC, 0);
        answer(&b, 2, 100);
        EXPECT(bench_deadline(&b, 0), "changed, advert 255, on, announce 5, backup>master:address-owner");
}

static void test_yielding_resume_in_fault(void) {
        /* Property: a hold that ends in fault leaves the fault alone. */
        Bench b;

        yielding(&b, 60 * SEC);
        bench_fault(&b, true);
        EXPECT(bench_deadline(&b, 0), "changed");
        g_assert_cmpint(b.router.state, ==, VRRP_FAULT);
        g_assert_cmpint(b.router.admin, ==, VRRP_ADMIN_ENABLED);
        EXPECT(bench_command(&b, VRRP_OP_RESUME), "resume not-held");
}

static void test_pause_master(void) {
        /* Property: a master hands over before it pauses, and stays master when nobody answers. */
        Bench b;

        master(&b);
        EXPECT(bench_command(&b, VRRP_OP_PAUSE), "advert 0, changed");
        EXPECT(bench_deadline(&b, 0), "advert 100, changed, pause no-successor");
        g_assert_cmpint(b.router.admin, ==, VRRP_ADMIN_ENABLED);

        bench_command(&b, VRRP_OP_PAUSE);
        EXPECT(answer(&b, 2, 50), "changed, off, master>initialize:paused, pause done");
        g_assert_cmpint(b.successor.bytes[3], ==, 2); /* told, although it is forgotten with the state */
        g_assert_false(vrrp_address_is_set(&b.router.master_address));
        g_assert_cmpint(b.router.admin, ==, VRRP_ADMIN_PAUSED);
        g_assert_cmpuint(router_deadline(&b.router), ==, USEC_INFINITY);
        EXPECT(bench_packet(&b, 2, 50), "");

        master(&b);
        bench_command_full(&b, VRRP_OP_PAUSE, VRRP_MODE_FORCE, 60 * SEC, 0);
        EXPECT(bench_deadline(&b, 0), "off, master>initialize:paused, pause forced");
        g_assert_false(vrrp_address_is_set(&b.successor));
        g_assert_cmpuint(router_deadline(&b.router), ==, b.now + 60 * SEC);
        EXPECT(bench_deadline(&b, 0), "changed, initialize>backup:resumed");
}

static void test_pause_backup(void) {
        /* Property: a backup pauses at once; Resume is Startup; a second pause only changes the time. */
        Bench b;

        backup(&b, 150);
        EXPECT(bench_command(&b, VRRP_OP_PAUSE), "backup>initialize:paused, pause done");
        EXPECT(bench_command_full(&b, VRRP_OP_PAUSE, VRRP_MODE_GRACEFUL, 60 * SEC, 0),
                        "changed, pause done");
        g_assert_cmpuint(router_deadline(&b.router), ==, b.now + 60 * SEC);
        EXPECT(bench_command(&b, VRRP_OP_RESUME), "changed, initialize>backup:resumed, resume done");
        g_assert_cmpuint(router_deadline(&b.router), ==, b.now + DOWN_100);
}

static void test_pause_owner(void) {
        /* Property: an owner that resumes is master at once. */
        Bench b;

        bench_init(&b, 3, 255);
        bench_to_master(&b);
        bench_command(&b, VRRP_OP_PAUSE);
        answer(&b, 2, 50);
        EXPECT(bench_command(&b, VRRP_OP_RESUME),
                        "changed, advert 255, on, announce 5, initialize>master:address-owner, resume done");
}

static void test_pause_fault(void) {
        /* Property: paused survives a fault that comes or that was there; on Resume the fault counts. */
        Bench b;

        backup(&b, 150);
        bench_command(&b, VRRP_OP_PAUSE);
        EXPECT(bench_fault(&b, true), "");
        EXPECT(bench_command(&b, VRRP_OP_RESUME), "changed, initialize>fault:fault, resume done");
        EXPECT(bench_command(&b, VRRP_OP_PAUSE), "fault>initialize:paused, pause done");
        EXPECT(bench_fault(&b, false), "");
        EXPECT(bench_command(&b, VRRP_OP_RESUME), "changed, initialize>backup:resumed, resume done");
}

static void test_pause_before_start(void) {
        /* Property: a router that is paused before it starts does not start until Resume. */
        Bench b;

        bench_init(&b, 3, 255);
        EXPECT(bench_command(&b, VRRP_OP_PAUSE), "changed, pause done");
        EXPECT(bench_event(&b, ROUTER_EVENT_STARTED), "");
        EXPECT(bench_command(&b, VRRP_OP_RESUME),
                        "changed, advert 255, on, announce 5, initialize>master:address-owner, resume done");

        bench_init(&b, 3, 100);
        bench_command(&b, VRRP_OP_PAUSE);
        EXPECT(bench_command(&b, VRRP_OP_RESUME), "changed, resume done");
        EXPECT(bench_event(&b, ROUTER_EVENT_STARTED), "initialize>backup:started");
}

static void test_election_master(void) {
        /* Property: a master waits for its own skew time, with its addresses, and goes on when nobody was
         * faster. */
        Bench b;

        master(&b);
        EXPECT(bench_command(&b, VRRP_OP_ELECTION), "advert 0, changed");
        g_assert_cmpuint(router_deadline(&b.router), ==, b.now + SKEW_100);
        EXPECT(bench_deadline(&b, 0), "advert 100, changed, election done");
        g_assert_cmpint(b.router.admin, ==, VRRP_ADMIN_ENABLED);

        bench_command(&b, VRRP_OP_ELECTION);
        b.now += SKEW_100 - 1;
        EXPECT(answer(&b, 2, 150), "changed, off, master>backup:handed-over, election lost");
        g_assert_cmpint(b.router.admin, ==, VRRP_ADMIN_ENABLED);
}

static void test_election_backup(void) {
        /* Property: a better backup takes over at once; nopreempt, preempt_delay and holds do not count. */
        Bench b;

        backup(&b, 50);
        EXPECT(bench_command(&b, VRRP_OP_ELECTION),
                        "advert 100, on, announce 5, backup>master:elected, election done");

        bench_init(&b, 3, 100);
        b.config.preempt = false;
        bench_reinit(&b);
        bench_to_backup(&b);
        bench_packet(&b, 2, 50);
        EXPECT(bench_command(&b, VRRP_OP_ELECTION),
                        "advert 100, on, announce 5, backup>master:elected, election done");

        yielding(&b, 0);
        EXPECT(bench_command(&b, VRRP_OP_ELECTION),
                        "advert 100, on, announce 5, backup>master:elected, election done");
        g_assert_cmpint(b.router.admin, ==, VRRP_ADMIN_ENABLED);
}

static void test_election_not_eligible(void) {
        /* Property: against a better master, or an equal one of higher address, nothing can be won. */
        Bench b;

        backup(&b, 150);
        EXPECT(bench_command(&b, VRRP_OP_ELECTION), "election not-eligible");
        b.now += SEC;
        bench_packet(&b, 200, 100);
        EXPECT(bench_command(&b, VRRP_OP_ELECTION), "election not-eligible");
        b.now += SEC;
        bench_packet(&b, 2, 100);
        EXPECT(bench_command(&b, VRRP_OP_ELECTION),
                        "advert 100, on, announce 5, backup>master:elected, election done");
}

static void test_election_unknown_master(void) {
        /* Property: before a master was heard the election waits for it, or for its silence. */
        Bench b;

        bench_init(&b, 3, 100);
        bench_to_backup(&b);
        EXPECT(bench_command(&b, VRRP_OP_ELECTION), "changed");
        EXPECT(bench_command(&b, VRRP_OP_PAUSE), "pause operation-pending");
        EXPECT(bench_packet(&b, 2, 150), "election not-eligible, changed");
        g_assert_cmpint(b.router.state, ==, VRRP_BACKUP);

        bench_init(&b, 3, 100);
        b.config.preempt = false;
        bench_reinit(&b);
        bench_to_backup(&b);
        bench_command(&b, VRRP_OP_ELECTION);
        EXPECT(bench_packet(&b, 2, 50), "advert 100, on, announce 5, backup>master:elected, election done");

        bench_init(&b, 3, 100);
        bench_to_backup(&b);
        bench_command(&b, VRRP_OP_ELECTION);
        EXPECT(bench_packet(&b, 2, 0), "");
        EXPECT(bench_deadline(&b, 0), "on, advert 100, announce 5, backup>master:elected, election done");

        bench_init(&b, 3, 100);
        bench_to_backup(&b);
        bench_command(&b, VRRP_OP_ELECTION);
        EXPECT(bench_fault(&b, true), "backup>fault:fault, election canceled");

        bench_init(&b, 3, 100);
        bench_to_backup(&b);
        bench_command(&b, VRRP_OP_ELECTION);
        EXPECT(bench_command(&b, VRRP_OP_STOP), "election canceled, backup>initialize:stopped, stop done");
}

static void test_promote(void) {
        /* Property: a promoted backup advertises 254, or what was asked for, takes over at once, and stays
         * so. */
        Bench b;

        backup(&b, 200);
        EXPECT(bench_command(&b, VRRP_OP_PROMOTE),
                        "advert 254, on, announce 5, backup>master:promoted, promote done");
        g_assert_cmpint(b.router.admin, ==, VRRP_ADMIN_PROMOTED);
        g_assert_cmpuint(b.router.admin_expire_usec, ==, b.now + 600 * SEC);
        EXPECT(bench_packet(&b, 2, 200), "advert 254, announce 5");

        backup(&b, 200);
        EXPECT(bench_command_full(&b, VRRP_OP_PROMOTE, VRRP_MODE_GRACEFUL, 30 * SEC, 210),
                        "advert 210, on, announce 5, backup>master:promoted, promote done");
        g_assert_cmpuint(b.router.admin_expire_usec, ==, b.now + 30 * SEC);
        /* The fall-back: the better one takes the addresses back. */
        bench_pass(&b, 30 * SEC, 0, 0);
        g_assert_cmpint(b.router.admin, ==, VRRP_ADMIN_ENABLED);
        g_assert_cmpuint(router_priority(&b.router), ==, 100);
        g_assert_cmpint(b.router.state, ==, VRRP_MASTER);
        EXPECT(bench_packet(&b, 2, 200), "changed, off, master>backup:higher-priority-master");
}

static void test_promote_not_eligible(void) {
        /* Property: who would not win is not promoted and keeps the hold that it had; 255 cannot be asked
         * for. */
        Bench b;

        backup(&b, 200);
        EXPECT(bench_command_full(&b, VRRP_OP_PROMOTE, VRRP_MODE_GRACEFUL, 0, 150), "promote not-eligible");
        g_assert_cmpuint(router_priority(&b.router), ==, 100);
        backup(&b, 255);
        EXPECT(bench_command_full(&b, VRRP_OP_PROMOTE, VRRP_MODE_GRACEFUL, 0, 255), "promote not-eligible");
        yielding(&b, 0);
        bench_packet(&b, 3, 255);
        EXPECT(bench_command(&b, VRRP_OP_PROMOTE), "promote not-eligible");
        g_assert_cmpint(b.router.admin, ==, VRRP_ADMIN_YIELDING);
}

static void test_promote_ends(void) {
        /* Property: Resume, a fault and a tracker that goes down end a promotion; one that comes up does
         * not. */
        Bench b;

        backup(&b, 200);
        bench_command(&b, VRRP_OP_PROMOTE);
        EXPECT(bench_command(&b, VRRP_OP_RESUME), "changed, resume done");
        g_assert_cmpuint(router_priority(&b.router), ==, 100);

        backup(&b, 200);
        bench_command(&b, VRRP_OP_PROMOTE);
        EXPECT(bench_fault(&b, true), "advert 0, changed, off, master>fault:fault");
        g_assert_cmpint(b.router.admin, ==, VRRP_ADMIN_ENABLED);

        backup(&b, 200);
        bench_command(&b, VRRP_OP_PROMOTE);
        EXPECT(bench_priority(&b, 120), "changed");
        g_assert_cmpuint(router_priority(&b.router), ==, 254);
        EXPECT(bench_priority(&b, 110), "changed");
        g_assert_cmpuint(router_priority(&b.router), ==, 110);
        g_assert_cmpint(b.router.admin, ==, VRRP_ADMIN_ENABLED);
}

static void test_promote_never_lowers(void) {
        /* Property: a promotion below the router's own priority changes nothing, least of all an owner's. */
        Bench b;

        backup(&b, 50);
        EXPECT(bench_command_full(&b, VRRP_OP_PROMOTE, VRRP_MODE_GRACEFUL, 0, 60),
                        "advert 100, on, announce 5, backup>master:promoted, promote done");

        /* It contends with its own where that is more. */
        bench_init(&b, 3, 100);
        b.config.preempt = false;
        bench_reinit(&b);
        bench_to_backup(&b);
        bench_packet(&b, 2, 80);
        EXPECT(bench_command_full(&b, VRRP_OP_PROMOTE, VRRP_MODE_GRACEFUL, 0, 60),
                        "advert 100, on, announce 5, backup>master:promoted, promote done");

        bench_init(&b, 3, 255);
        bench_to_master(&b);
        bench_command(&b, VRRP_OP_FAILOVER);
        answer(&b, 2, 50);
        EXPECT(bench_command(&b, VRRP_OP_PROMOTE),
                        "advert 255, on, announce 5, backup>master:promoted, promote done");
        bench_command(&b, VRRP_OP_RESUME);
        g_assert_cmpuint(router_priority(&b.router), ==, 255);
}

static void test_promote_unknown_master(void) {
        /* Property: before a master was heard the promotion waits too, and counts only when it wins. */
        Bench b;

        bench_init(&b, 3, 100);
        bench_to_backup(&b);
        EXPECT(bench_command(&b, VRRP_OP_PROMOTE), "changed");
        g_assert_cmpuint(router_priority(&b.router), ==, 100);
        EXPECT(bench_packet(&b, 2, 255), "promote not-eligible, changed");
        g_assert_cmpint(b.router.admin, ==, VRRP_ADMIN_ENABLED);

        bench_init(&b, 3, 100);
        bench_to_backup(&b);
        bench_command(&b, VRRP_OP_PROMOTE);
        EXPECT(bench_deadline(&b, 0), "advert 254, on, announce 5, backup>master:promoted, promote done");
        g_assert_cmpint(b.router.admin, ==, VRRP_ADMIN_PROMOTED);
}

static void test_promoted_hands_over(void) {
        /* Property: a promoted master can hand over; without a successor it is promoted as before, also when
         * the promotion's time ends meanwhile. */
        Bench b;

        backup(&b, 200);
        bench_command(&b, VRRP_OP_PROMOTE);
        bench_command(&b, VRRP_OP_FAILOVER);
        EXPECT(bench_deadline(&b, 0), "advert 254, changed, failover no-successor");
        g_assert_cmpint(b.router.admin, ==, VRRP_ADMIN_PROMOTED);
        bench_command(&b, VRRP_OP_FAILOVER);
        EXPECT(answer(&b, 2, 200), "changed, off, master>backup:handed-over, failover done");
        g_assert_cmpint(b.router.admin, ==, VRRP_ADMIN_YIELDING);
        g_assert_cmpuint(router_priority(&b.router), ==, 100);
        g_assert_cmpuint(b.router.admin_expire_usec, ==, USEC_INFINITY);

        backup(&b, 200);
        bench_command_full(&b, VRRP_OP_PROMOTE, VRRP_MODE_GRACEFUL, 100 * MSEC, 0);
        bench_command(&b, VRRP_OP_FAILOVER);
        EXPECT(bench_deadline(&b, 0), "changed");
        g_assert_cmpint(b.router.admin, ==, VRRP_ADMIN_HANDING_OVER);
        EXPECT(bench_deadline(&b, 0), "advert 100, changed, failover no-successor");
        g_assert_cmpint(b.router.admin, ==, VRRP_ADMIN_ENABLED);
}

static void test_stop_master(void) {
        /* Property: a stop is the same hand-over, but ends at the bound in any case. */
        Bench b;

        master(&b);
        EXPECT(bench_command(&b, VRRP_OP_STOP), "advert 0, changed");
        g_assert_cmpuint(router_deadline(&b.router), ==, b.now + BOUND);
        EXPECT(answer(&b, 2, 50), "changed, off, master>initialize:stopped, stop done");
        g_assert_cmpuint(router_deadline(&b.router), ==, USEC_INFINITY);
        g_assert_false(b.router.started);

        master(&b);
        bench_command(&b, VRRP_OP_STOP);
        EXPECT(bench_deadline(&b, 0), "changed, off, master>initialize:stopped, stop done");
}

static void test_stop_others(void) {
        /* Property: who is not master stops at once. */
        Bench b;

        bench_init(&b, 3, 100);
        EXPECT(bench_command(&b, VRRP_OP_STOP), "stop done");
        backup(&b, 150);
        EXPECT(bench_command(&b, VRRP_OP_STOP), "backup>initialize:stopped, stop done");
        backup(&b, 150);
        bench_fault(&b, true);
        EXPECT(bench_command(&b, VRRP_OP_STOP), "fault>initialize:stopped, stop done");
        EXPECT(bench_fault(&b, false), "");
}

static void test_stop_twice(void) {
        /* Property: a second stop does not wait any longer. */
        Bench b;

        master(&b);
        bench_command(&b, VRRP_OP_STOP);
        EXPECT(bench_command(&b, VRRP_OP_STOP), "changed, off, master>initialize:stopped, stop done");
        EXPECT(bench_command(&b, VRRP_OP_STOP), "stop done");
}

static void test_stop_adopts(void) {
        /* Property: a stop takes over a hand-over that runs: the operation is canceled, priority 0 is not
         * repeated. */
        Bench b;
        usec_t end;

        master(&b);
        bench_command(&b, VRRP_OP_FAILOVER);
        end = router_deadline(&b.router);
        b.now += 500 * MSEC;
        EXPECT(bench_command(&b, VRRP_OP_STOP), "failover canceled");
        g_assert_cmpuint(router_deadline(&b.router), ==, end);
        EXPECT(answer(&b, 2, 50), "changed, off, master>initialize:stopped, stop done");

        /* An election's wait is too short for the slowest successor. */
        master(&b);
        bench_command(&b, VRRP_OP_ELECTION);
        EXPECT(bench_command(&b, VRRP_OP_STOP), "election canceled");
        g_assert_cmpuint(router_deadline(&b.router), ==, b.now + BOUND);
}

static void test_restore(void) {
        /* Property: a hold outlives the router: yielding does not preempt, not even an owner; paused stays
         * out; promoted contends with its priority but does not jump in; what is no hold is not put back. */
        Bench b;

        bench_init(&b, 3, 255);
        router_restore_hold(&b.router, VRRP_ADMIN_YIELDING, b.now + 60 * SEC, 0);
        EXPECT(bench_event(&b, ROUTER_EVENT_STARTED), "initialize>backup:started");
        bench_pass(&b, 60 * SEC - 1, 2, 100);
        g_assert_cmpint(b.router.state, ==, VRRP_BACKUP);
        EXPECT(bench_deadline(&b, 0), "changed, advert 255, on, announce 5, backup>master:address-owner");

        bench_init(&b, 3, 100);
        router_restore_hold(&b.router, VRRP_ADMIN_PAUSED, USEC_INFINITY, 0);
        EXPECT(bench_event(&b, ROUTER_EVENT_STARTED), "");
        g_assert_cmpuint(router_deadline(&b.router), ==, USEC_INFINITY);
        EXPECT(bench_command(&b, VRRP_OP_RESUME), "changed, initialize>backup:resumed, resume done");

        bench_init(&b, 3, 100);
        router_restore_hold(&b.router, VRRP_ADMIN_PROMOTED, b.now + 60 * SEC, 210);
        EXPECT(bench_event(&b, ROUTER_EVENT_STARTED), "initialize>backup:started");
        EXPECT(bench_packet(&b, 2, 200), "changed");
        EXPECT(bench_deadline(&b, 0), "advert 210, on, announce 5, backup>master:master-down");

        bench_init(&b, 3, 100);
        router_restore_hold(&b.router, VRRP_ADMIN_PROMOTED, USEC_INFINITY, 0);
        g_assert_cmpuint(router_priority(&b.router), ==, 254);
        bench_fault(&b, true);
        EXPECT(bench_event(&b, ROUTER_EVENT_STARTED), "changed, initialize>fault:fault");
        g_assert_cmpuint(router_priority(&b.router), ==, 100);

        bench_init(&b, 3, 100);
        router_restore_hold(&b.router, VRRP_ADMIN_HANDING_OVER, b.now, 0);
        router_restore_hold(&b.router, VRRP_ADMIN_ENABLED, b.now, 0);
        g_assert_cmpint(b.router.admin, ==, VRRP_ADMIN_ENABLED);
        g_assert_cmpuint(router_deadline(&b.router), ==, USEC_INFINITY);
}

static void test_refusals(void) {
        /* Property: what makes no sense in a state is refused by name and changes nothing. */
        Bench b;

        bench_init(&b, 3, 100);
        EXPECT(bench_command(&b, VRRP_OP_FAILOVER), "failover not-master");
        EXPECT(bench_command(&b, VRRP_OP_PROMOTE), "promote not-backup");
        EXPECT(bench_command(&b, VRRP_OP_ELECTION), "election not-eligible");
        EXPECT(bench_command(&b, VRRP_OP_RESUME), "resume not-held");
        backup(&b, 150);
        EXPECT(bench_command(&b, VRRP_OP_FAILOVER), "failover not-master");
        bench_fault(&b, true);
        EXPECT(bench_command(&b, VRRP_OP_FAILOVER), "failover in-fault");
        EXPECT(bench_command(&b, VRRP_OP_PROMOTE), "promote in-fault");
        EXPECT(bench_command(&b, VRRP_OP_ELECTION), "election in-fault");
        master(&b);
        EXPECT(bench_command(&b, VRRP_OP_PROMOTE), "promote not-backup");
        EXPECT(bench_command(&b, VRRP_OP_RESUME), "resume not-held");
}

static void test_check_table(void) {
        /* Property: the bus side's early check: the same rule on plain values, and hold or hand-over decide
         * as they must. */
        for (VrrpState s = 0; s < VRRP_STATE_MAX; s++)
                for (VrrpAdminState a = 0; a < VRRP_ADMIN_STATE_MAX; a++)
                        for (VrrpOperation o = 0; o < VRRP_OP_MAX; o++) {
                                VrrpResult running = router_command_check(s, a, true, o, VRRP_MODE_GRACEFUL);
                                VrrpResult idle = router_command_check(s, a, false, o, VRRP_MODE_FORCE);

                                g_assert_cmpint(running, ==,
                                                o == VRRP_OP_STOP ? VRRP_RESULT_DONE : VRRP_RESULT_PENDING);
                                if (a == VRRP_ADMIN_HANDING_OVER)
                                        g_assert_cmpint(idle, ==, running);
                                else if (o == VRRP_OP_STOP || o == VRRP_OP_PAUSE)
                                        g_assert_cmpint(idle, ==, VRRP_RESULT_DONE);
                                else if (o == VRRP_OP_RESUME)
                                        g_assert_cmpint(idle, ==,
                                                        a == VRRP_ADMIN_ENABLED ? VRRP_RESULT_NOT_HELD
                                                                                : VRRP_RESULT_DONE);
                                else if (s == VRRP_FAULT)
                                        g_assert_cmpint(idle, ==, VRRP_RESULT_IN_FAULT);
                        }
        g_assert_cmpint(router_command_check(VRRP_MASTER, VRRP_ADMIN_ENABLED, false, VRRP_OP_INVALID,
                                        VRRP_MODE_GRACEFUL),
                        ==, VRRP_RESULT_FAILED);
        g_assert_cmpint(router_command_check(VRRP_STATE_INVALID, VRRP_ADMIN_ENABLED, false, VRRP_OP_ELECTION,
                                        VRRP_MODE_GRACEFUL),
                        ==, VRRP_RESULT_FAILED);
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/core/handover/bound", test_bound);
        g_test_add_func("/core/handover/failover", test_failover);
        g_test_add_func("/core/handover/failover-higher", test_failover_higher);
        g_test_add_func("/core/handover/failover-too-soon", test_failover_too_soon);
        g_test_add_func("/core/handover/successor-resigns", test_successor_resigns);
        g_test_add_func("/core/handover/failover-adopts-interval", test_failover_adopts_interval);
        g_test_add_func("/core/handover/failover-plain-arp", test_failover_plain_arp);
        g_test_add_func("/core/handover/failover-arp-first", test_failover_arp_first);
        g_test_add_func("/core/handover/failover-no-vips", test_failover_no_vips);
        g_test_add_func("/core/handover/failover-no-successor", test_failover_no_successor);
        g_test_add_func("/core/handover/failover-force", test_failover_force);
        g_test_add_func("/core/handover/ignores", test_handover_ignores);
        g_test_add_func("/core/handover/pending", test_handover_pending);
        g_test_add_func("/core/handover/fault", test_handover_fault);
        g_test_add_func("/core/handover/stopped", test_handover_stopped);
        g_test_add_func("/core/handover/yielding-does-not-preempt", test_yielding_does_not_preempt);
        g_test_add_func("/core/handover/yielding-takes-over", test_yielding_takes_over);
        g_test_add_func("/core/handover/yielding-resume", test_yielding_resume);
        g_test_add_func("/core/handover/yielding-timeout", test_yielding_timeout);
        g_test_add_func("/core/handover/yielding-owner", test_yielding_owner);
        g_test_add_func("/core/handover/yielding-resume-in-fault", test_yielding_resume_in_fault);
        g_test_add_func("/core/handover/pause-master", test_pause_master);
        g_test_add_func("/core/handover/pause-backup", test_pause_backup);
        g_test_add_func("/core/handover/pause-owner", test_pause_owner);
        g_test_add_func("/core/handover/pause-fault", test_pause_fault);
        g_test_add_func("/core/handover/pause-before-start", test_pause_before_start);
        g_test_add_func("/core/handover/election-master", test_election_master);
        g_test_add_func("/core/handover/election-backup", test_election_backup);
        g_test_add_func("/core/handover/election-not-eligible", test_election_not_eligible);
        g_test_add_func("/core/handover/election-unknown-master", test_election_unknown_master);
        g_test_add_func("/core/handover/promote", test_promote);
        g_test_add_func("/core/handover/promote-not-eligible", test_promote_not_eligible);
        g_test_add_func("/core/handover/promote-ends", test_promote_ends);
        g_test_add_func("/core/handover/promote-never-lowers", test_promote_never_lowers);
        g_test_add_func("/core/handover/promote-unknown-master", test_promote_unknown_master);
        g_test_add_func("/core/handover/promoted-hands-over", test_promoted_hands_over);
        g_test_add_func("/core/handover/stop-master", test_stop_master);
        g_test_add_func("/core/handover/stop-others", test_stop_others);
        g_test_add_func("/core/handover/stop-twice", test_stop_twice);
        g_test_add_func("/core/handover/stop-adopts", test_stop_adopts);
        g_test_add_func("/core/handover/restore", test_restore);
        g_test_add_func("/core/handover/refusals", test_refusals);
        g_test_add_func("/core/handover/check-table", test_check_table);
        return g_test_run();
}
