/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* One router on a bench: events by one call each, virtual time, and what it did as one line of text such as
 * "advert 100, on, announce 5, backup>master:master-down". */

#include "service/core/router.h"
#include <glib.h>

#define MSEC USEC_PER_MSEC
#define SEC USEC_PER_SEC

#define EXPECT(did, expected) g_assert_cmpstr((did), ==, (expected))

typedef struct Bench {
        Router router;
        RouterConfig config; /* for the next bench_config() */
        usec_t now;
        VrrpAddress successor; /* of the latest step */
        RouterStep step;       /* the latest */
        char text[1024];
} Bench;

/* A router 192.0.2.10 of `priority`, VRID 51, one VIP 192.0.2.100, interval 1 s, keepalived's defaults; not
 * started. */
void bench_init(Bench *b, uint8_t version, uint8_t priority);
/* The same from an altered b->config. */
void bench_reinit(Bench *b);

const char *bench_feed(Bench *b, const RouterEvent *event);
const char *bench_event(Bench *b, RouterEventType type); /* STARTED, STOPPED, DEADLINE, ANNOUNCED */
/* An advert of 192.0.2.`host` with the bench's interval and VIPs. */
const char *bench_packet(Bench *b, uint8_t host, uint8_t priority);
/* The same, another interval. */
const char *bench_packet_interval(Bench *b, uint8_t host, uint8_t priority, usec_t interval_usec);
const char *bench_packet_vips(Bench *b, uint8_t host, uint8_t priority, uint64_t digest);
const char *bench_fault(Bench *b, bool fault);
const char *bench_priority(Bench *b, uint8_t priority);
const char *bench_source(Bench *b, uint8_t host);
const char *bench_addresses(Bench *b, bool on);
const char *bench_config(Bench *b);
const char *bench_refused(Bench *b, uint8_t host, AdvertVerdict verdict);
const char *bench_command(Bench *b, VrrpOperation operation);
const char *bench_command_full(
                Bench *b, VrrpOperation operation, VrrpMode mode, usec_t timeout_usec, uint8_t priority);
/* Jumps to the router's own deadline, `late` after it, and feeds it; at once when it has passed. */
const char *bench_deadline(Bench *b, usec_t late_usec);
/* Feeds every deadline up to now + span, and an advert of 192.0.2.`host` at once and each interval (host 0:
 * none). */
void bench_pass(Bench *b, usec_t span_usec, uint8_t host, uint8_t priority);

/* To a state by the shortest way; time passes. */
void bench_to_backup(Bench *b);
void bench_to_master(Bench *b);

VrrpAddress bench_address(uint8_t host);
