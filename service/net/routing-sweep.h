/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Synchronous removal of every route and rule that carries our mark: at start (what a crash left) and at the
 * very end. Returns how many were removed, or -errno. Adds nothing to and takes nothing from a running
 * Netlink. */
int net_remove_marked_routing(void);
