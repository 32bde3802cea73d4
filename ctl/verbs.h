/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What every verb of vrrpctl is given and what it gives back: the parsed command line, how to print, the
 * connection, and the exit codes. One verb is one file and one function of this signature; vrrpctl.c holds
 * the table of them. */

#include "ctl/client.h"
#include "ctl/output.h"

/* The options of the command line. Which of them a verb takes is the mask in its row of the table; vrrpctl.c
 * refuses the others, so a verb reads its own without asking. Strings are borrowed from argv. */
typedef enum OptionMask {
        OPTION_MODE = 1 << 0, /* --mode, --force */
        OPTION_REASON = 1 << 1,
        OPTION_FOR = 1 << 2,
        OPTION_PRIORITY = 1 << 3,
        OPTION_GROUP = 1 << 4, /* --group, --instance */
        OPTION_NO_BLOCK = 1 << 5,
        OPTION_STATE = 1 << 6,
        OPTION_EXEC = 1 << 7,
        OPTION_VERBOSE = 1 << 8,
        OPTION_INITIAL = 1 << 9,
        OPTION_LINES = 1 << 10,
        OPTION_CONFIG = 1 << 11,
} OptionMask;

/* What the operations of an instance share: their a{sv} argument. */
#define OPTIONS_OPERATION (OPTION_MODE | OPTION_REASON | OPTION_FOR | OPTION_GROUP | OPTION_NO_BLOCK)

typedef struct Options {
        OptionMask given;
        const char *mode;     /* NULL = the daemon's default, graceful */
        const char *reason;   /* NULL = none */
        usec_t hold_usec;     /* --for; 0 = not given */
        unsigned priority;    /* 0 = not given */
        bool group, instance; /* what the name stands for */
        bool no_block;
        const char *states; /* --state, comma-separated, already checked */
        const char *exec;
        usec_t exec_timeout_usec; /* 0 = not given */
        bool verbose, initial;
        bool config;
        unsigned lines;
        usec_t timeout_usec; /* --timeout; 0 = not given */
} Options;

typedef struct Context {
        Options options;
        Output output;
        ClientParams connection;
        Client *client; /* NULL for a verb that needs no bus */
} Context;

/* argv[0] is the verb, argc counts it. Prints, and returns the exit code. */
typedef int (*VerbFunction)(int argc, char **argv, Context *x);

int verb_status(int argc, char **argv, Context *x);
int verb_show(int argc, char **argv, Context *x);
int verb_failover(int argc, char **argv, Context *x);
int verb_elect(int argc, char **argv, Context *x);
int verb_promote(int argc, char **argv, Context *x);
int verb_pause(int argc, char **argv, Context *x);
int verb_resume(int argc, char **argv, Context *x);
int verb_announce(int argc, char **argv, Context *x);
int verb_reload(int argc, char **argv, Context *x);
int verb_check(int argc, char **argv, Context *x);
int verb_monitor(int argc, char **argv, Context *x);
int verb_events(int argc, char **argv, Context *x);
int verb_stats(int argc, char **argv, Context *x);
int verb_groups(int argc, char **argv, Context *x);
int verb_trackers(int argc, char **argv, Context *x);
int verb_wait(int argc, char **argv, Context *x);
int verb_is_master(int argc, char **argv, Context *x);
