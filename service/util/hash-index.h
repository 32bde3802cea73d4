/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A hash table of nodes that live in the objects it finds. It knows the hash of a key, not the key: a bucket
 * also holds other objects, and the caller compares. */

#include "service/util/list.h"

typedef struct HashNode {
        List list;
        uint64_t hash;
} HashNode;

typedef struct HashIndex {
        List *buckets; /* a power of two of them; NULL before the first reservation */
        size_t n_buckets, n;
} HashIndex;

/* Of bytes; `seed` joins several pieces: the hash so far, or 0. */
uint64_t hash_bytes(uint64_t seed, const void *bytes, size_t size);

/* Makes room for `more` nodes: without it hash_index_add() has nowhere to put them. -ENOMEM: unchanged. */
int hash_index_reserve(HashIndex *x, size_t more);
void hash_index_add(HashIndex *x, uint64_t hash, HashNode *node);
/* No harm when it is not in. */
void hash_index_remove(HashIndex *x, HashNode *node);
/* Where nodes of this hash are, among others; never NULL. */
const List *hash_index_bucket(const HashIndex *x, uint64_t hash);
/* Frees the table; the nodes are their owners'. */
void hash_index_done(HashIndex *x);

/* Over the nodes of this hash. The body may remove the node it is given (with _SAFE in its name). */
#define HASH_FOREACH_SAFE(node, index, wanted)                                        \
        LIST_FOREACH_SAFE (node, (List *)(uintptr_t)hash_index_bucket(index, wanted)) \
                if (CONTAINER_OF(node, HashNode, list)->hash == (wanted))
