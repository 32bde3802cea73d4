/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the files of the router share. router.c is the protocol, router-config.c the reload,
 * router-handover.c the commands and what they leave behind, router-conflict.c the disagreements that are
 * told but change nothing. Nobody else includes this. */

#include "service/core/router.h"

/* router.c */
RouterAction *router_emit(RouterStep *step, RouterActionType type);
void router_emit_advert(RouterStep *step, uint8_t priority, const VrrpAddress *to); /* to: NULL = all */
void router_emit_changed(RouterStep *step);
/* The only writer of Router.state. `state` must differ from the current one. */
void router_set_state(Router *r, usec_t now, VrrpState state, VrrpReason reason, RouterStep *step);
/* RFC Startup: from initialize or fault to where this router belongs. */
void router_startup(Router *r, usec_t now, VrrpReason reason, RouterStep *step);
/* Backup → master, and the end of an operation that waited for it; in a sync group, only the wish. */
void router_take_over(Router *r, usec_t now, VrrpReason reason, RouterStep *step);
/* The same, whatever the group. */
void router_become_master(Router *r, usec_t now, VrrpReason reason, RouterStep *step);
/* After a change of fault or group_fault. */
void router_fault_changed(Router *r, usec_t now, RouterStep *step);
/* DESIGN 5.6: a master that has just given way says so once its addresses are gone. to: NULL = all peers.
 * False: not to be done. */
bool router_farewell(Router *r, usec_t now, const VrrpAddress *to);
/* Notes who is master now. Also adopts the interval (v3) when `follow`. */
void router_note_master(Router *r, usec_t now, const Advert *p, bool follow, RouterStep *step);
void router_forget_master(Router *r);

/* router-group.c */
void router_group_want(Router *r, VrrpReason reason, RouterStep *step);
void router_group_order(Router *r, usec_t now, RouterGroupOrder order, RouterStep *step);

/* router-config.c */
void router_reconfigure(Router *r, usec_t now, const RouterConfig *config, RouterStep *step);

/* router-handover.c */
bool router_operation_running(const Router *r);
void router_command(Router *r, usec_t now, const RouterCommand *command, RouterStep *step);
void router_finish(Router *r, VrrpResult result, RouterStep *step);
void router_handover_packet(Router *r, usec_t now, const Advert *p, RouterStep *step);
void router_handover_announced(Router *r, usec_t now, RouterStep *step);
void router_handover_deadline(Router *r, usec_t now, RouterStep *step);
/* Ends a hold without a word of it, as Resume does. */
void router_hold_release(Router *r, RouterStep *step);
/* Ends whatever runs, without a change of state: a fault or a stop came. */
void router_operation_abort(Router *r, RouterStep *step);
/* A ForceElection or Promote that waited has heard the master. True when it took over. */
bool router_elect_packet(Router *r, usec_t now, const Advert *p, RouterStep *step);
/* Makes the running Promote effective. */
void router_promote_apply(Router *r, usec_t now);
void router_promotion_end(Router *r, RouterStep *step);
/* Resume, by command or because the hold's time is over. */
void router_hold_end(Router *r, usec_t now, RouterStep *step);

/* router-conflict.c */
void router_conflict_judge(Router *r, usec_t now, VrrpConflict kind, bool seen, const VrrpAddress *source,
                usec_t hold_usec, RouterStep *step);
void router_conflict_clear(Router *r, VrrpConflict kind, RouterStep *step);
void router_conflict_clear_all(Router *r, RouterStep *step);
void router_conflict_deadline(Router *r, usec_t now, RouterStep *step);
/* Judges what a packet of another master says about itself. */
void router_conflict_packet(Router *r, usec_t now, const Advert *p, bool follow, RouterStep *step);
/* A lower master was heard by a master. */
void router_conflict_rival(Router *r, usec_t now, const Advert *p, RouterStep *step);
void router_conflict_refused(
                Router *r, usec_t now, AdvertVerdict verdict, const VrrpAddress *source, RouterStep *step);
