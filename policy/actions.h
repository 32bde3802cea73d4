/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The polkit actions of vrrpd and which bus method needs which: the one place where this is decided. What is
 * not in the table is denied. The texts that an administrator reads are in org.vrrpd.vrrp1.policy. */

#include "service/util/macro.h"

#define POLICY_ACTION(name) "org.vrrpd.vrrp1." name
#define POLICY_ACTION_FAILOVER POLICY_ACTION("failover")
#define POLICY_ACTION_PROMOTE POLICY_ACTION("promote")
#define POLICY_ACTION_PAUSE POLICY_ACTION("pause")
#define POLICY_ACTION_ANNOUNCE POLICY_ACTION("announce")
#define POLICY_ACTION_FORCE POLICY_ACTION("force")
#define POLICY_ACTION_RELOAD POLICY_ACTION("reload")

/* The action that calling interface.member needs; NULL: none is known, deny.
 * hold: the AdminState that the call would end ("yielding", "promoted", "paused"), "" otherwise. Only Resume
 * asks for it: who may put an instance into a hold may also end it, and nobody else. */
const char *policy_action_for(const char *interface, const char *member, const char *hold);
