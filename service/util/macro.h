/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The few macros that every room uses: ownership by cleanup attribute, array sizes, container lookup. Names
 * and meaning are those of systemd, so that a reader of that code is at home here. */

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define _cleanup_(f) __attribute__((cleanup(f)))
#define _printf_(a, b) __attribute__((format(printf, a, b)))
#define _unused_ __attribute__((unused))
#define _noreturn_ __attribute__((noreturn))

#define ELEMENTSOF(x) (sizeof(x) / sizeof((x)[0]))
#define CONTAINER_OF(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

/* Each use has variables of its own name, so that uses nest without shadowing one another. */
#define PASTE_(a, b) a##b
#define PASTE(a, b) PASTE_(a, b)
#define CHOOSE_(n, a, op, b)                                                \
        ({                                                                  \
                __typeof__(a) PASTE(a_, n) = (a);                           \
                __typeof__(b) PASTE(b_, n) = (b);                           \
                PASTE(a_, n) op PASTE(b_, n) ? PASTE(a_, n) : PASTE(b_, n); \
        })
#define MIN(a, b) CHOOSE_(__COUNTER__, a, <, b)
#define MAX(a, b) CHOOSE_(__COUNTER__, a, >, b)
#define CLAMP(x, low, high) MIN(MAX((x), (low)), (high))

/* Hands the pointer's value out and forgets it: the end of a _cleanup_ variable's ownership. */
#define TAKE_PTR(p)                        \
        ({                                 \
                __typeof__(p) *_pp = &(p); \
                __typeof__(p) _v = *_pp;   \
                *_pp = NULL;               \
                _v;                        \
        })
#define TAKE_FD(fd)                \
        ({                         \
                int *_fdp = &(fd); \
                int _v = *_fdp;    \
                *_fdp = -EBADF;    \
                _v;                \
        })

/* Defines x_freep() for _cleanup_() from an x_free() that takes NULL and returns NULL. */
#define DEFINE_CLEANUP(type, func)             \
        static inline void func##p(type **p) { \
                if (*p)                        \
                        func(*p);              \
        }                                      \
        struct _unused_for_semicolon_

static inline void freep(void *p) {
        free(*(void **)p);
}
#define _cleanup_free_ _cleanup_(freep)

/* Closes fd if it is one, keeps errno, returns -EBADF for assignment. */
static inline int safe_close(int fd) {
        if (fd >= 0) {
                int e = errno;
                close(fd);
                errno = e;
        }
        return -EBADF;
}
static inline void closep(int *fd) {
        *fd = safe_close(*fd);
}
#define _cleanup_close_ _cleanup_(closep)

static inline bool streq(const char *a, const char *b) {
        return strcmp(a, b) == 0;
}
/* NULL-safe equality. */
static inline bool streq_ptr(const char *a, const char *b) {
        return a == b || (a && b && streq(a, b));
}
static inline const char *strempty(const char *s) {
        return s ? s : "";
}

typedef uint64_t usec_t;
#define USEC_PER_SEC ((usec_t)1000000)
#define USEC_PER_MSEC ((usec_t)1000)
#define USEC_PER_CS ((usec_t)10000) /* a centisecond, VRRPv3's unit of time */
#define NSEC_PER_USEC ((uint64_t)1000)
#define USEC_INFINITY UINT64_MAX

/* a + b that stops at USEC_INFINITY. */
static inline usec_t usec_add(usec_t a, usec_t b) {
        return a > USEC_INFINITY - b ? USEC_INFINITY : a + b;
}
