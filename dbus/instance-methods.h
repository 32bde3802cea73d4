/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The methods of org.vrrpd.Vrrp1.Instance; userdata is the InstanceObject. Each reads, validates, asks for
 * authorization, looks everything up again, and only then posts a command. */

#include "service/publish.h"
#include <systemd/sd-bus.h>

struct BusSide;

int instance_method_failover(sd_bus_message *m, void *userdata, sd_bus_error *ret_error);
int instance_method_force_election(sd_bus_message *m, void *userdata, sd_bus_error *ret_error);
int instance_method_promote(sd_bus_message *m, void *userdata, sd_bus_error *ret_error);
int instance_method_pause(sd_bus_message *m, void *userdata, sd_bus_error *ret_error);
int instance_method_resume(sd_bus_message *m, void *userdata, sd_bus_error *ret_error);
int instance_method_announce(sd_bus_message *m, void *userdata, sd_bus_error *ret_error);
int instance_method_get_statistics(sd_bus_message *m, void *userdata, sd_bus_error *ret_error);
