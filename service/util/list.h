/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* An intrusive doubly linked list with a sentinel head, for objects that live in several tables at once. */

#include "service/util/macro.h"

typedef struct List List;
struct List {
        List *next, *prev;
};

static inline void list_init(List *l) {
        l->next = l->prev = l;
}
static inline bool list_empty(const List *l) {
        return !l->next || l->next == l;
}
/* A node is linked when list_init() or list_append() touched it and it was not removed since. */
static inline bool list_linked(const List *n) {
        return n->next && n->next != n;
}
static inline void list_append(List *head, List *n) {
        n->prev = head->prev;
        n->next = head;
        head->prev->next = n;
        head->prev = n;
}
static inline void list_remove(List *n) {
        if (!n->next)
                return;
        n->prev->next = n->next;
        n->next->prev = n->prev;
        n->next = n->prev = NULL;
}

#define LIST_FOREACH(node, head) for (List *node = (head)->next; node != (head); node = node->next)
#define LIST_FOREACH_SAFE(node, head)                                              \
        for (List *node = (head)->next, *node##_next = node->next; node != (head); \
                        node = node##_next, node##_next = node->next)
