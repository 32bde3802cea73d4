/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What most tests of the configuration do: load a text, and compare all that is said about it. */

#include "service/config/load.h"
#include <glib.h>

/* Loads `text` under the name "t" and config-id "me". `messages`: every message as "line:column: severity:
 * text\n", in order. Returns the model, NULL when there were errors. */
Config *expect_load(const char *text, const char *messages);
/* The same where only the messages matter. */
void expect(const char *text, const char *messages);
/* The same of an instance whose required keywords are there (they take lines 1 to 7): `lines` begin on
 * line 8. */
Config *expect_instance_load(const char *lines, const char *messages);
void expect_instance(const char *lines, const char *messages);
/* Formats as above. Free with g_free(). */
char *messages_to_lines(const ConfigMessages *m);

#define INSTANCE_BEGIN           \
        "vrrp_instance VI_1 {\n" \
        "interface eth0\n"       \
        "virtual_router_id 51\n" \
        "virtual_ipaddress {\n"  \
        "192.0.2.1/24\n"         \
        "}\n"                    \
        "\n"
