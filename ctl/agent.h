/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A polkit text agent for this process: the program that asks for the password on the terminal. */

#include "service/util/macro.h"
#include <sys/types.h>

typedef struct Agent {
        pid_t pid; /* 0 = none runs */
} Agent;

/* Starts `pkttyagent` and waits until it is registered or has given up. Does nothing for root (nobody asks
 * root) and without a terminal. A missing or failing agent is no error: polkit then answers that it needs
 * one. */
void agent_open(Agent *a);
/* Ends it and lets it give the terminal back. */
void agent_close(Agent *a);
