/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Checks whose program does not exist when the configuration is loaded. */

#include "service/config/config.h"

/* Takes them out of what instances and groups track, each with a warning, as keepalived does: a check that
 * can never succeed would be a fault for ever. The script itself stays in the model. 0, -ENOMEM. */
int missing_scripts_drop(Config *c, ConfigMessages *messages);
