/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: the listening socket and the connection to the one script runner. Must not know: scripts, trackers,
 * results. A runner comes as a descriptor from main.c (started by hand) or connects to the socket (its own
 * unit under systemd). It runs as root and we do not, so nothing it sends is a danger to the host that it is
 * not itself; but a packet of the wrong size means that the two programs are of different versions, and the
 * connection is closed. This is the engine's thread: every call is non-blocking, and a wake-up handles a
 * bounded number of packets. */

#include "service/track/script-runner.h"
#include "service/util/log.h"
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#define REPLIES_PER_WAKEUP 64

struct ScriptRunner {
        sd_event *event;
        int64_t priority;
        const ScriptRunnerEvents *events;
        void *userdata;

        char *socket_path;
        bool bound; /* the file at socket_path is ours */
        int listen_fd, fd;
        sd_event_source *listen_source, *source;
};

static void disconnect(ScriptRunner *r) {
        r->source = sd_event_source_disable_unref(r->source);
        r->fd = safe_close(r->fd);
}

static void runner_gone(ScriptRunner *r, const char *why) {
        disconnect(r);
        /* Under systemd it goes before each stop of the daemon, which is nothing to worry about. */
        log_full(script_runner_may_return(r) ? LOG_NOTICE : LOG_WARNING, NULL, NULL,
                        "The script runner vrrpd-scripts is gone (%s): results are held%s", why,
                        script_runner_may_return(r) ? " until it is back" : " until vrrpd is restarted");
        r->events->gone(r->userdata);
}

static int on_readable(sd_event_source *source, int fd, uint32_t revents, void *userdata) {
        ScriptRunner *r = userdata;

        for (unsigned i = 0; i < REPLIES_PER_WAKEUP; i++) {
                ScriptReply reply;
                ssize_t n = recv(fd, &reply, sizeof(reply), MSG_DONTWAIT | MSG_TRUNC);

                if (n < 0 && (errno == EAGAIN || errno == EINTR))
                        return 0;
                if (n != sizeof(reply)) {
                        runner_gone(r, n == 0   ? "it closed the connection"
                                        : n < 0 ? strerror(errno)
                                                : "its version differs");
                        return 0;
                }
                reply.text[sizeof(reply.text) - 1] = '\0';
                r->events->reply(&reply, r->userdata);
        }
        return 0;
}

static int adopt(ScriptRunner *r, int fd) {
        int e;

        r->fd = fd;
        e = sd_event_add_io(r->event, &r->source, fd, EPOLLIN, on_readable, r);
        if (e >= 0)
                e = sd_event_source_set_priority(r->source, r->priority);
        if (e < 0)
                disconnect(r);
        return e;
}

/* A runner that died leaves its end closed; that may be read only after the new one has knocked. */
static bool peer_is_there(int fd) {
        char byte;
        ssize_t n = recv(fd, &byte, sizeof(byte), MSG_PEEK | MSG_DONTWAIT);

        return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

static bool peer_is_root(int fd) {
        struct ucred cred;
        socklen_t size = sizeof(cred);

        return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &size) >= 0 && cred.uid == 0;
}

static int on_connection(sd_event_source *source, int listen_fd, uint32_t revents, void *userdata) {
        ScriptRunner *r = userdata;
        _cleanup_close_ int fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        int e;

        if (fd < 0)
                return 0; /* it went away again, or we are out of descriptors: it will try again */
        if (!peer_is_root(fd)) {
                log_warning("Refused a connection to %s from a process that is not root", r->socket_path);
                return 0;
        }
        if (r->fd >= 0) {
                if (peer_is_there(r->fd)) {
                        log_warning("Refused a second script runner: one is connected");
                        return 0;
                }
                runner_gone(r, "replaced by another");
        }
        e = adopt(r, TAKE_FD(fd));
        if (e < 0) {
                log_error("Cannot use the script runner: %s", strerror(-e));
                return 0;
        }
        log_info("The script runner vrrpd-scripts is connected");
        r->events->connected(r->userdata);
        return 0;
}

int script_runner_new(sd_event *event, int64_t priority, int fd, const char *socket_path,
                const ScriptRunnerEvents *events, void *userdata, ScriptRunner **ret) {
        _cleanup_close_ int owned_fd = fd;
        _cleanup_(script_runner_freep) ScriptRunner *r = calloc(1, sizeof(*r));
        int e;

        if (!r)
                return -ENOMEM;
        r->listen_fd = r->fd = -EBADF;
        r->event = sd_event_ref(event);
        r->priority = priority;
        r->events = events;
        r->userdata = userdata;
        if (owned_fd >= 0) {
                e = adopt(r, TAKE_FD(owned_fd));
                if (e < 0)
                        return e;
        } else if (socket_path) {
                r->socket_path = strdup(socket_path);
                if (!r->socket_path)
                        return -ENOMEM;
        }
        *ret = TAKE_PTR(r);
        return 0;
}

ScriptRunner *script_runner_free(ScriptRunner *r) {
        if (!r)
                return NULL;
        disconnect(r);
        sd_event_source_disable_unref(r->listen_source);
        safe_close(r->listen_fd);
        if (r->bound)
                unlink(r->socket_path);
        free(r->socket_path);
        sd_event_unref(r->event);
        free(r);
        return NULL;
}

/* fchmod() before bind() gives the file its mode without a moment in which it is wider, and without umask(),
 * which belongs to all threads. */
static int open_socket(const char *path, int *ret_fd) {
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        _cleanup_close_ int fd = -EBADF;

        if (strlen(path) >= sizeof(address.sun_path))
                return -ENAMETOOLONG;
        strcpy(address.sun_path, path);
        fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd < 0 || fchmod(fd, 0600) < 0)
                return -errno;
        /* One left by a daemon that was killed; there is one daemon per network namespace. */
        if (unlink(path) < 0 && errno != ENOENT)
                return -errno;
        if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
                return -errno;
        if (listen(fd, 4) < 0)
                return -errno;
        *ret_fd = TAKE_FD(fd);
        return 0;
}

static int start_listening(ScriptRunner *r) {
        int e;

        e = open_socket(r->socket_path, &r->listen_fd);
        if (e < 0)
                return e;
        r->bound = true;
        e = sd_event_add_io(r->event, &r->listen_source, r->listen_fd, EPOLLIN, on_connection, r);
        if (e < 0)
                return e;
        return sd_event_source_set_priority(r->listen_source, r->priority);
}

int script_runner_listen(ScriptRunner *r) {
        int e;

        if (!r->socket_path || r->listen_source)
                return 0;
        e = start_listening(r);
        if (e < 0) {
                r->listen_fd = safe_close(r->listen_fd);
                log_error("Scripts cannot be run: cannot listen on %s: %s%s", r->socket_path, strerror(-e),
                                e == -ENOENT ? " (its directory does not exist)" : "");
        }
        return e;
}

bool script_runner_connected(const ScriptRunner *r) {
        return r->fd >= 0;
}

bool script_runner_may_return(const ScriptRunner *r) {
        return r->listen_source;
}

int script_runner_send(ScriptRunner *r, const ScriptRequest *request) {
        if (r->fd < 0)
                return -ENOTCONN;
        if (send(r->fd, request, sizeof(*request), MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
                return 0;
        /* A dead peer is found by on_readable(), in its own turn. */
        return errno == EPIPE || errno == ECONNRESET ? -ENOTCONN : -EAGAIN;
}
