/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Compares what a daemon says of itself with the documented interface. */

#include "tests/bus/harness.h"

/* The documented interface, data/org.vrrpd.Vrrp1.xml. */
GDBusNodeInfo *contract_read(const char *xml_path);
/* The object at path has the interface, member by member as documented: names, types, argument names,
 * access, change signals. */
void contract_compare(Harness *h, GDBusNodeInfo *documented, const char *path, const char *name);
