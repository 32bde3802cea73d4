/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Settings of the host's own interfaces that have to be different while an instance runs. What they were is
 * written into the runtime directory before the change, so that they can be put back also after a crash, and
 * is put back when nobody needs the change any more. A setting that suits already is not touched, and one
 * that somebody else has changed meanwhile is left to him. It knows interfaces and netlink, not instances.
 *
 * The file is a few lines on a tmpfs, written when an instance gets to know its interface, and around the
 * removal of addresses where promote_secondaries has to be on for it, and when another station claims an
 * address; never on the way to being master. */

#include "service/net/netlink.h"

typedef struct SettingStore SettingStore;

typedef enum Setting {
        SETTING_ARP_IGNORE,          /* 1: answers ARP for the interface's own addresses only */
        SETTING_ARP_ANNOUNCE,        /* 2: asks with the interface's own addresses only */
        SETTING_ACCEPT_LOCAL,        /* 1: takes packets from addresses that this host has as well */
        SETTING_PROMOTE_SECONDARIES, /* 1: an address that goes does not take others along */
        SETTING_MAX,
} Setting;

/* directory: the runtime directory; NULL = nothing is written. */
int setting_store_new(const char *directory, Netlink *netlink, SettingStore **ret);
/* Puts nothing back. Returns NULL. */
SettingStore *setting_store_free(SettingStore *s);
DEFINE_CLEANUP(SettingStore, setting_store_free);

/* Counted. The change is queued on netlink; the caller flushes. Errors are logged: the setting then stays as
 * it was until setting_store_retry(), and releasing it is harmless. */
void setting_acquire(SettingStore *s, int ifindex, const char *interface, Setting setting);
void setting_release(SettingStore *s, int ifindex, Setting setting);

/* Once a second: tries again what could not be read. */
void setting_store_retry(SettingStore *s);

/* Puts back what the file in the directory says (an earlier run was killed) and removes it. How many
 * settings, or -errno (the rest was put back all the same). Synchronous; start and exit only. */
int setting_store_restore(const char *directory);
