/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* No address, route or rule outlives the daemon: what an earlier run left (it was killed) is found by its
 * mark and removed, before a new run begins and after the last one ended. */

/* Removes every rule, route and address in this network namespace that carries our mark. Synchronous.
 * Returns how many there were; -EPERM without CAP_NET_ADMIN, or the first other -errno of a removal (the
 * rest was removed all the same) or of netlink. */
int net_remove_marked(void);
