/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* May this caller do this? Asked of the bus daemon (whose uid is it?) and of polkit, always asynchronously:
 * the thread goes on meanwhile, and the caller of authorizer_ask() must look up what it wanted to change
 * again when the answer comes.
 *
 * The caller is the sender of the message, never a pid. Root is allowed without asking polkit; the daemon's
 * own user is not. Everything that is not a clear yes is a no. */

#include "service/util/macro.h"
#include <sys/types.h>
#include <systemd/sd-bus.h>

typedef struct Authorizer Authorizer;

#define AUTHORIZE_DETAILS_MAX 9

typedef struct AuthorizeQuery {
        /* Polkit actions, all of which must be granted, asked in this order; NULL entries are skipped.
         * Static strings. */
        const char *actions[2];
        /* Key and value pairs for polkit's rules and dialogs; copied. */
        const char *details[AUTHORIZE_DETAILS_MAX][2];
        size_t n_details;
} AuthorizeQuery;

/* Granted. The callee replies to the call. */
typedef void (*AuthorizeGranted)(sd_bus_message *call, uid_t uid, void *userdata);

int authorizer_new(Authorizer **ret);
/* Drops all questions that are open: nobody is answered. */
Authorizer *authorizer_free(Authorizer *a);
DEFINE_CLEANUP(Authorizer, authorizer_free);
void authorizer_cancel_all(Authorizer *a);

/* Asks about the sender of `call`. Refusals are answered here (AccessDenied, or
 * InteractiveAuthorizationRequired where the caller could try again and allow interaction); a caller that
 * has gone meanwhile is dropped silently. Otherwise `granted` is called, never from within this function.
 * destroy(userdata) is called exactly once, after granted or instead of it, also when an error is returned.
 * Errors: -ENOBUFS when too many questions are open, of this caller or of all; -EACCES when no action is
 * named; -errno of sd-bus. The caller of this function answers errors. */
int authorizer_ask(Authorizer *a, sd_bus_message *call, const AuthorizeQuery *query,
                AuthorizeGranted granted, void (*destroy)(void *userdata), void *userdata);
