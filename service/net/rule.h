/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Requests to add and remove routing rules, marked with FRA_PROTOCOL = VRRPD_PROTOCOL. */

#include "service/core/routing.h"
#include "service/net/netlink.h"

/* Queue on netlink; the caller flushes. NLM_F_EXCL: our rule is there already: -EEXIST (another's equal rule
 * does not count: its protocol differs). A removal removes only what carries our mark; nothing there:
 * -ENOENT. -EINVAL: the value cannot be a rule; -ENOMEM. */
int rule_add(Netlink *n, const VrrpRule *r, NetlinkAck ack, void *userdata);
/* Where ours is known not to be there: the kernel takes a rule that selects less, of the same priority and
 * action, for the same. */
int rule_append(Netlink *n, const VrrpRule *r, NetlinkAck ack, void *userdata);
int rule_remove(Netlink *n, const VrrpRule *r, NetlinkAck ack, void *userdata);

/* What a notification (RTM_NEWRULE, RTM_DELRULE) says of which rule it is; several may have one priority.
 * false = not ours. */
bool rule_parse(const struct nlmsghdr *header, int *ret_family, uint32_t *ret_priority);

/* "rule 100 from 192.0.2.0/24" for messages; cut off where buf ends. Returns buf. */
#define RULE_STRLEN 128
const char *rule_to_string(const VrrpRule *r, char buf[RULE_STRLEN]);
