/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the engine as a whole does about time: when instances may start, when a link's change counts, at
 * which pace addresses are announced. */

#include "service/manager.h"

/* Between the opening of the kernel's sockets and the first instance. -ENOMEM, -errno of epoll. */
int timing_start(Manager *m, const Config *config);
/* The new configuration of a reload; what cannot be had for want of memory stays as it was, which is logged.
 */
void timing_configure(Manager *m, const Config *config);
void timing_stop(Manager *m);
