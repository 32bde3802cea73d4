/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "service/util/hash-index.h"

#define BUCKETS_MIN 64

uint64_t hash_bytes(uint64_t seed, const void *bytes, size_t size) {
        uint64_t h = UINT64_C(0xcbf29ce484222325) ^ seed;

        /* FNV-1a: the keys are an administrator's, nobody floods the table. */
        for (size_t i = 0; i < size; i++)
                h = (h ^ ((const uint8_t *)bytes)[i]) * UINT64_C(0x100000001b3);
        return h ^ h >> 32;
}

int hash_index_reserve(HashIndex *x, size_t more) {
        size_t n = MAX(x->n_buckets, (size_t)BUCKETS_MIN);
        List *buckets;

        while (n < x->n + more)
                n *= 2;
        if (n == x->n_buckets)
                return 0;
        buckets = calloc(n, sizeof(*buckets));
        if (!buckets)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++)
                list_init(&buckets[i]);
        for (size_t i = 0; i < x->n_buckets; i++)
                LIST_FOREACH_SAFE (node, &x->buckets[i]) {
                        list_remove(node);
                        list_append(&buckets[CONTAINER_OF(node, HashNode, list)->hash & (n - 1)], node);
                }
        free(x->buckets);
        x->buckets = buckets;
        x->n_buckets = n;
        return 0;
}

void hash_index_add(HashIndex *x, uint64_t hash, HashNode *node) {
        assert(x->n_buckets > 0);
        node->hash = hash;
        list_append(&x->buckets[hash & (x->n_buckets - 1)], &node->list);
        x->n++;
}

void hash_index_remove(HashIndex *x, HashNode *node) {
        if (!list_linked(&node->list))
                return;
        list_remove(&node->list);
        x->n--;
}

const List *hash_index_bucket(const HashIndex *x, uint64_t hash) {
        static const List empty = {.next = (List *)(uintptr_t)&empty, .prev = (List *)(uintptr_t)&empty};

        return x->n_buckets > 0 ? &x->buckets[hash & (x->n_buckets - 1)] : &empty;
}

void hash_index_done(HashIndex *x) {
        free(x->buckets);
        *x = (HashIndex){0};
}
