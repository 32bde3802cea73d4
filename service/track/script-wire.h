/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The messages between the daemon and vrrpd-scripts over a seqpacket socket: fixed-size structs, one per
 * packet. The daemon says which script (by name and digest) to run; the runner says how it ended. A request
 * names a script, never a command. */

#include "service/config/config.h"

#define SCRIPT_SOCKET_PATH "/run/vrrpd/scripts.sock"

typedef struct ScriptRequest {
        uint32_t serial;
        char name[VRRP_NAME_MAX + 1];
        char digest[CONFIG_SCRIPT_DIGEST_SIZE];
        uint8_t reload; /* 1: read the configuration again first (the daemon has reloaded) */
} ScriptRequest;

typedef enum ScriptOutcome {
        SCRIPT_EXITED,   /* code = exit status */
        SCRIPT_KILLED,   /* code = signal */
        SCRIPT_TIMEOUT,  /* killed by us after its timeout */
        SCRIPT_UNKNOWN,  /* no script of that name in the runner's reading of the file */
        SCRIPT_MISMATCH, /* digest differs: the file was edited since the daemon read it */
        SCRIPT_REFUSED,  /* unsafe path, missing user: text says it */
        SCRIPT_FAILED,   /* could not be started; code = errno */
} ScriptOutcome;

typedef struct ScriptReply {
        uint32_t serial;
        int32_t outcome; /* ScriptOutcome */
        int32_t code;
        uint64_t duration_usec;
        char text[120];
} ScriptReply;
