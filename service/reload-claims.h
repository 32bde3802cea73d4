/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the instances of a new configuration lay claim to: places on a wire (interface, VRID, family, unicast
 * or not) and addresses. Sorted, so that a reload that restarts thousands of instances does not compare each
 * with each. */

#include "service/config/config.h"
#include "service/vip.h"

typedef struct Claims {
        const ConfigInstance **places; /* borrowed from the configuration */
        size_t n_places;
        struct Claim {
                VrrpAddress address; /* first: what they are sorted by */
                const ConfigVip *vip;
                const ConfigInstance *instance;
        } * addresses;
        size_t n_addresses;
} Claims;

/* Takes the memory; `config` must outlive it. -ENOMEM: ret is to be given back all the same. */
int claims_collect(const Config *config, Claims *ret);
void claims_done(Claims *claims);
/* Is the place of this configuration, or an address of this set, claimed? */
bool claims_place(const Claims *claims, const ConfigInstance *c);
/* Is exactly this address, with all its options and on the same interface, claimed by another instance than
 * its own? */
bool claims_same_elsewhere(const Claims *claims, const Vip *v);
bool claims_vip_of(const Claims *claims, const VipSet *vips);
