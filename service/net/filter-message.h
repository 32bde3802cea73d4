/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The batches of nftables messages that filter.c sends. Internal to this room. */

#include "service/net/filter.h"

/* The sets of the table, and what their keys are. */
typedef enum FilterSet {
        FILTER_IPV4,       /* address */
        FILTER_IPV6,       /* address */
        FILTER_LINK_LOCAL, /* ifindex in the host's byte order, address */
        FILTER_LINKS,      /* ifindex */
        FILTER_SET_MAX,
} FilterSet;

typedef struct FilterElement {
        FilterSet set;
        size_t key_size;
        uint8_t key[20];
} FilterElement;

typedef struct FilterBatch {
        uint8_t *bytes;
        size_t size, allocated;
        uint32_t sequence;
} FilterBatch;

/* All return 0 or -ENOMEM. */
int filter_batch_begin(FilterBatch *b);
/* The table with its chains, sets and rules. */
int filter_batch_table(FilterBatch *b, const FilterParams *params);
/* Elements of one set; n = 0 adds nothing to the batch. At most 1000. */
int filter_batch_elements(
                FilterBatch *b, FilterSet set, bool add, const FilterElement *const *elements, size_t n);
int filter_batch_end(FilterBatch *b);
void filter_batch_done(FilterBatch *b);
