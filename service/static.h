/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* static_ipaddress, static_routes and static_rules: there as long as the daemon runs, whoever is master, put
 * back when another program removes one. Instances of a track_group depend on them. */

#include "service/config/config.h"
#include "service/routing.h"
#include "service/vip.h"

typedef struct Manager Manager;

typedef struct StaticSet {
        Manager *manager;
        VipSet vips;
        RoutingSet routing;
        ConfigInstance wanted; /* its addresses as vip.c takes them; the elements belong to the Config */
} StaticSet;

void static_set_init(StaticSet *s, Manager *m);
void static_set_done(StaticSet *s);
/* As vip_set_prepare(), _forget() and _configure(). */
int static_set_prepare(StaticSet *s, const Config *config);
void static_set_forget(StaticSet *s);
void static_set_configure(StaticSet *s);
/* Links have come or gone. */
void static_set_resolve(StaticSet *s);
/* At the end of the daemon: queues the removal of all. */
void static_set_remove(StaticSet *s);
/* An address of this family on this link that packets may come from; false = none. */
bool static_set_source(const StaticSet *s, int ifindex, int family, VrrpAddress *ret);
/* Calls f with the text of each item of the track group that is not there. */
void static_set_foreach_missing(const StaticSet *s, const char *group,
                void (*f)(const char *text, void *userdata), void *userdata);
