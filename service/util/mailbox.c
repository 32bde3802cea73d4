/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: a ring of pointers, its lock and its eventfd. Must not know: what a record is, which threads meet
 * here. Records come from one or more posting threads and go to one reader. All memory is taken in
 * mailbox_new(), so that posting can neither fail for want of it nor wait in the allocator while the lock is
 * held; no system call is made under the lock, and the lock lends the waiter's priority to its holder, so a
 * reader that the scheduler has put aside cannot keep the engine waiting. */

#include "service/util/mailbox.h"
#include <pthread.h>
#include <sys/eventfd.h>

struct Mailbox {
        pthread_mutex_t lock;
        int fd;
        size_t capacity, first, n;
        bool overflow;
        void (*free_record)(void *record);
        void *ring[];
};

static int init_lock(pthread_mutex_t *lock) {
        pthread_mutexattr_t attr;
        int r;

        r = -pthread_mutexattr_init(&attr);
        if (r < 0)
                return r;
        r = -pthread_mutexattr_setprotocol(&attr, PTHREAD_PRIO_INHERIT);
        if (r >= 0)
                r = -pthread_mutex_init(lock, &attr);
        pthread_mutexattr_destroy(&attr);
        return r;
}

int mailbox_new(size_t capacity, void (*free_record)(void *record), Mailbox **ret) {
        _cleanup_close_ int fd = -EBADF;
        _cleanup_free_ Mailbox *m = NULL;
        int r;

        fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (fd < 0)
                return -errno;
        m = calloc(1, sizeof(*m) + capacity * sizeof(m->ring[0]));
        if (!m)
                return -ENOMEM;
        r = init_lock(&m->lock);
        if (r < 0)
                return r;
        m->fd = TAKE_FD(fd);
        m->capacity = capacity;
        m->free_record = free_record;
        *ret = TAKE_PTR(m);
        return 0;
}

Mailbox *mailbox_free(Mailbox *m) {
        if (!m)
                return NULL;
        for (; m->n > 0; m->n--, m->first = (m->first + 1) % m->capacity)
                if (m->free_record)
                        m->free_record(m->ring[m->first]);
        pthread_mutex_destroy(&m->lock);
        safe_close(m->fd);
        free(m);
        return NULL;
}

int mailbox_fd(const Mailbox *m) {
        return m->fd;
}

int mailbox_post(Mailbox *m, void *record) {
        bool was_empty, full;

        pthread_mutex_lock(&m->lock);
        was_empty = m->n == 0;
        full = m->n == m->capacity;
        if (full)
                m->overflow = true;
        else
                m->ring[(m->first + m->n++) % m->capacity] = record;
        pthread_mutex_unlock(&m->lock);

        if (full)
                return -ENOBUFS;
        /* The fd stays readable until the reader has found the box empty, so only the first record need say
         * so. */
        if (was_empty)
                eventfd_write(m->fd, 1);
        return 0;
}

static void *take_oldest(Mailbox *m, size_t *ret_left) {
        void *record = NULL;

        pthread_mutex_lock(&m->lock);
        if (m->n > 0) {
                record = m->ring[m->first];
                m->first = (m->first + 1) % m->capacity;
                m->n--;
        }
        *ret_left = m->n;
        pthread_mutex_unlock(&m->lock);
        return record;
}

void *mailbox_take(Mailbox *m) {
        eventfd_t value;
        size_t left;
        void *record = take_oldest(m, &left);

        if (record)
                return record;

        /* Empty: quiet the fd, then look again, for a post in between may have set the fd that was just
         * quieted. */
        eventfd_read(m->fd, &value);
        record = take_oldest(m, &left);
        if (left > 0)
                eventfd_write(m->fd, 1);
        return record;
}

size_t mailbox_waiting(Mailbox *m) {
        size_t n;

        pthread_mutex_lock(&m->lock);
        n = m->n;
        pthread_mutex_unlock(&m->lock);
        return n;
}

bool mailbox_take_overflow(Mailbox *m) {
        bool overflow;

        pthread_mutex_lock(&m->lock);
        overflow = m->overflow;
        m->overflow = false;
        pthread_mutex_unlock(&m->lock);
        return overflow;
}
