/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* NULL-terminated arrays of strings, as sd-bus takes and gives them. NULL is an empty one. */

#include "service/util/macro.h"

char **strv_free(char **v);
DEFINE_CLEANUP(char *, strv_free);
/* *ret is never NULL on success. Errors: -ENOMEM. */
int strv_copy(char *const *v, char ***ret);
/* The messages of a text such as compilers print: one string for each line that does not begin with white
 * space, together with the lines after it that do. Empty lines and the last newline of a message are
 * dropped. Errors: -ENOMEM. */
int strv_split_messages(const char *text, char ***ret);
