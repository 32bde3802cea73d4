/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a daemon that was killed has left in the kernel of this network namespace. */

/* Removes links with virtual MAC addresses, addresses, routes and rules that carry our mark, and puts back
 * the settings that the runtime directory (NULL = none) tells of. The packet filter has gone with its maker.
 * Synchronous: start and exit only. How many things there were, or the first -errno (the rest is done all
 * the same). */
int remains_remove(const char *runtime_directory);
