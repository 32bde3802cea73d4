/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* init_file of a track_file: root writes a number where others may be at home. For vrrpd-scripts only. */

#include "service/config/config.h"

/* Makes the file if it is missing; overwrite: writes into one that is there, too. On an error `error` says
 * what is wrong with which path. -EPERM: somebody other than root could have led us there, -errno. */
int init_file_write(const ConfigTrackedFile *config, bool overwrite, char *error, size_t size);
