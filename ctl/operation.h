/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What failover, elect, promote, pause and resume have in common: build the options, call, wait for the end
 * of exactly this operation, and say in one line what happened. NAME is an instance's or a sync group's. The
 * verbs' own files hold only what differs: names and the words of success. */

#include "ctl/objects.h"
#include "ctl/verbs.h"

/* The end of an operation. */
typedef struct Outcome {
        const char *name; /* of the instance */
        const char *result;
        const char *detail;             /* the daemon's words, "" = none */
        const char *successor;          /* address of the router that took over, "" = none */
        const char *elapsed;            /* since the call was granted: "412 ms" */
        const Instance *before, *after; /* before the call and after the end; NULL = a group, or gone */
} Outcome;

typedef struct Operation {
        const char *verb;   /* as the user typed it */
        const char *member; /* method of org.vrrpd.Vrrp1.Instance */
        const char *action; /* last word of the polkit action; NULL: that of the hold that ends (Resume) */
        void (*describe)(const Outcome *outcome, const Output *output); /* of an instance */
} Operation;

/* Runs it for the instance argv[1]; returns the exit code. */
int operation_run(const Operation *operation, char **argv, Context *x);

/* "192.168.2.252 (priority 100)", "this host" or "unknown": who is master by this instance's knowledge.
 * Returns buf. */
const char *describe_master(const Instance *i, char *buf, size_t size);
#define DESCRIBE_MASTER_MAX 128
