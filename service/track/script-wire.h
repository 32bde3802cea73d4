/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The messages between the daemon and vrrpd-scripts over a seqpacket socket: fixed-size structs, one per
 * packet. The daemon says which script (by name and digest) to run, and which file or process to watch; the
 * runner says how the script ended, and what it sees of the others now and whenever that changes. A request
 * names what is meant, never a command or a path. */

#include "service/config/config.h"

#define SCRIPT_SOCKET_PATH "/run/vrrpd/scripts.sock"

typedef enum ScriptRequestType {
        SCRIPT_RUN,           /* one reply */
        SCRIPT_WATCH_FILE,    /* replies until SCRIPT_UNWATCH, or until the same is asked for again */
        SCRIPT_WATCH_PROCESS, /* the same */
        SCRIPT_UNWATCH,       /* serial: that of the watch. No reply */
} ScriptRequestType;

typedef struct ScriptRequest {
        uint32_t serial;
        char name[VRRP_NAME_MAX + 1];
        char digest[CONFIG_SCRIPT_DIGEST_SIZE];
        uint8_t type;   /* ScriptRequestType */
        uint8_t reload; /* 1: read the configuration again first (the daemon has reloaded) */
        uint8_t start;  /* 1: the daemon has just started: init_file may overwrite */
} ScriptRequest;

typedef enum ScriptOutcome {
        SCRIPT_EXITED,   /* code = exit status */
        SCRIPT_KILLED,   /* code = signal */
        SCRIPT_TIMEOUT,  /* killed by us after its timeout */
        SCRIPT_UNKNOWN,  /* none of that name in the runner's reading of the file */
        SCRIPT_MISMATCH, /* digest differs: the file was edited since the daemon read it */
        SCRIPT_REFUSED,  /* unsafe path, missing user: text says it */
        SCRIPT_FAILED,   /* could not be started; code = errno */
        SCRIPT_SEEN_UP,  /* of a watch: value, and text says more */
        SCRIPT_SEEN_DOWN,
} ScriptOutcome;

typedef struct ScriptReply {
        uint32_t serial;
        int32_t outcome; /* ScriptOutcome */
        int32_t code;
        int64_t value;
        uint64_t duration_usec;
        char text[120];
} ScriptReply;
