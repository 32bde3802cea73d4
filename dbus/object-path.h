/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Object path ↔ name of what it stands for: the only place that knows how the one is made from the other.
 * sd_bus_path_encode(3) escapes everything that a path element may not hold, so any configured name has a
 * path. */

#include "service/core/types.h"

/* The caller frees *ret. Errors: -ENOMEM. */
int object_path_instance(const char *name, char **ret);
int object_path_group(const char *name, char **ret);
int object_path_tracker(VrrpTrackerType type, const char *name, char **ret);

/* The name in a path that object_path_…() made, NULL-terminated, for the caller to free. -ENOENT: this is no
 * such path. That includes the bare prefix (which decodes to an empty name) and paths that decode to a name
 * but are not its path, like one that escapes a letter without need: an object has one path. */
int object_path_to_instance(const char *path, char **ret_name);
int object_path_to_group(const char *path, char **ret_name);
int object_path_to_tracker(const char *path, VrrpTrackerType *ret_type, char **ret_name);
