/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Would the engine refuse this command now? Judged by what the instance has published, so that a bus caller
 * hears it at once and nobody types a password for nothing. The engine judges again when the command runs,
 * and it alone knows for sure: in doubt the answer here is VRRP_RESULT_DONE, "not refused". Pure;
 * BusSideParams.check. */

#include "service/publish.h"

VrrpResult command_check(const InstanceStatus *s, const Command *c);
/* The same of a sync group. BusSideParams.check_group. */
VrrpResult command_check_group(const GroupStatus *s, const Command *c);
