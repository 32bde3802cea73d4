/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "service/util/hash-index.h"
#include <glib.h>

typedef struct Thing {
        HashNode node;
        unsigned key;
} Thing;

static uint64_t hash_of(unsigned key) {
        /* Only 100 different hashes for many keys: nodes of one hash must not be taken for equal. */
        unsigned bucket = key % 100;

        return hash_bytes(7, &bucket, sizeof(bucket));
}

static unsigned count(const HashIndex *x, unsigned key) {
        unsigned n = 0;

        HASH_FOREACH_SAFE (node, x, hash_of(key))
                n += CONTAINER_OF(node, Thing, node.list)->key == key;
        return n;
}

static void test_find(void) {
        /* Whatever was added is found, also after the table has grown, and not after it was removed;
         * removing twice is no harm; an index without room is empty. */
        enum { N = 1000 };
        g_autofree Thing *things = g_new0(Thing, N);
        HashIndex x = {0};

        g_assert_cmpuint(count(&x, 1), ==, 0);
        for (unsigned i = 0; i < N; i++) {
                things[i].key = i;
                g_assert_cmpint(hash_index_reserve(&x, 1), ==, 0);
                hash_index_add(&x, hash_of(i), &things[i].node);
        }
        g_assert_cmpuint(x.n, ==, N);
        g_assert_cmpuint(x.n_buckets, >=, N);
        for (unsigned i = 0; i < N; i++)
                g_assert_cmpuint(count(&x, i), ==, 1);
        for (unsigned i = 0; i < N; i += 2) {
                hash_index_remove(&x, &things[i].node);
                hash_index_remove(&x, &things[i].node);
        }
        g_assert_cmpuint(x.n, ==, N / 2);
        for (unsigned i = 0; i < N; i++)
                g_assert_cmpuint(count(&x, i), ==, i % 2);
        hash_index_done(&x);
        g_assert_cmpuint(count(&x, 1), ==, 0);
}

static void test_remove_while_walking(void) {
        /* The node at hand may be removed in a walk over its hash. */
        Thing things[3] = {{.key = 5}, {.key = 105}, {.key = 205}};
        HashIndex x = {0};

        g_assert_cmpint(hash_index_reserve(&x, 3), ==, 0);
        for (size_t i = 0; i < 3; i++)
                hash_index_add(&x, hash_of(5), &things[i].node);
        HASH_FOREACH_SAFE (node, &x, hash_of(5))
                hash_index_remove(&x, CONTAINER_OF(node, HashNode, list));
        g_assert_cmpuint(x.n, ==, 0);
        g_assert_cmpuint(count(&x, 5), ==, 0);
        hash_index_done(&x);
}

static void test_hash(void) {
        /* Pieces count in their order, and the seed counts. */
        g_assert_cmpuint(hash_bytes(0, "ab", 2), !=, hash_bytes(0, "ba", 2));
        g_assert_cmpuint(hash_bytes(1, "ab", 2), !=, hash_bytes(0, "ab", 2));
        g_assert_cmpuint(hash_bytes(1, "ab", 2), ==, hash_bytes(1, "ab", 2));
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/util/hash-index/find", test_find);
        g_test_add_func("/util/hash-index/remove-while-walking", test_remove_while_walking);
        g_test_add_func("/util/hash-index/hash", test_hash);
        return g_test_run();
}
