/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Reads the file (and what it includes) and makes the model: the only part of this room that opens files. */

#include "service/config/config.h"

/* Loads `path`. messages gets every error and warning, all at once, sorted by file and line.
 * Returns 0 with *ret set (messages may hold warnings), -EBADMSG with at least one error in messages (also
 * for a missing or unreadable file, or files that keep changing while they are read: the error names path
 * and reason), -ENOMEM. What is read is the state of all files at one moment. config_id: for `@id` lines,
 * NULL = short host name. */
int config_load(const char *path, const char *config_id, ConfigMessages *messages, Config **ret);

/* Reads the keys that stand in files of their own (auth_hmac) into the model: for the daemon, not for who
 * only reads what it does. user: who must be able to read them again at a reload, NULL = nobody else. 0,
 * -EBADMSG with an error in messages, -ENOMEM. */
int config_load_keys(Config *c, const char *user, ConfigMessages *messages);

/* The same from memory, `path` names it in messages; `include` works relative to its directory. For tests
 * and fuzzing. */
int config_load_buffer(const char *path, const char *data, size_t size, const char *config_id,
                ConfigMessages *messages, Config **ret);

/* Gives messages that were added after the loading (about the live system) their source lines too, as far as
 * the files can be read now. -ENOMEM. */
int config_messages_attach_sources(ConfigMessages *m);

/* What a reading may cost, for text of unknown origin. */
typedef struct ConfigLimits {
        size_t max_lines; /* with what ~SEQ and variables produce */
        bool no_include;
        bool accept_masked; /* the mask of config_write() is a secret like any other: for who compares models
                             */
} ConfigLimits;

/* As config_load_buffer(), within limits. */
int config_load_limited(const char *path, const char *data, size_t size, const ConfigLimits *limits,
                const char *config_id, ConfigMessages *messages, Config **ret);
