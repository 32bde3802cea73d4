/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A configuration as the daemon wants it: parsed, checked, held against the links of this host, with
 * everything that is to be said about it as one text. Used at start, by `-t`, and in the bus thread by every
 * reload. */

#include "service/config/config.h"

typedef struct Loader {
        const char *path;
        const char *config_id; /* NULL = short host name */
        const char *user; /* who reads it at a reload; for the remedy in a message. NULL = not to be named */
        bool serving;     /* the configuration that runs has instances */
} Loader;

/* Loads and judges. messages gets everything; *ret only with 0. Errors: -EBADMSG (see messages), -ENOMEM. A
 * host whose links cannot be read is not held against the file. */
int loader_load(const Loader *l, ConfigMessages *messages, Config **ret);

/* BusSideParams.load; userdata is a Loader. *ret_config is a Config. */
int loader_load_for_bus(void *userdata, void **ret_config, char **ret_messages, char ***ret_files);
/* BusSideParams.free_config. */
void loader_free_config(void *config);
