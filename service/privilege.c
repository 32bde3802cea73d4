/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: the way from whoever started the daemon to a process with two capabilities, and the proof that it
 * got there. Must not know: what the capabilities are used for, where the user name comes from. The truth is
 * always read back from the kernel (/proc/thread-self/status and prctl), never concluded from calls that
 * succeeded. Under systemd the unit has arranged everything, and its system call filter forbids the calls
 * made here: then nothing is called, only read. */

#include "service/privilege.h"
#include "service/util/log.h"
#include <cap-ng.h>
#include <grp.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <sys/prctl.h>

#define WANTED ((UINT64_C(1) << CAP_NET_ADMIN) | (UINT64_C(1) << CAP_NET_RAW))

typedef struct Credentials {
        uint64_t inheritable, permitted, effective, bounding, ambient;
        unsigned no_new_privs;
        unsigned uid[4], gid[4]; /* real, effective, saved, file system */
} Credentials;

static void parse_line(Credentials *c, const char *line) {
        struct {
                const char *prefix;
                uint64_t *value;
        } masks[] = {
                        {"CapInh:", &c->inheritable},
                        {"CapPrm:", &c->permitted},
                        {"CapEff:", &c->effective},
                        {"CapBnd:", &c->bounding},
                        {"CapAmb:", &c->ambient},
        };

        for (size_t i = 0; i < ELEMENTSOF(masks); i++)
                if (strncmp(line, masks[i].prefix, strlen(masks[i].prefix)) == 0)
                        *masks[i].value = strtoull(line + strlen(masks[i].prefix), NULL, 16);
        if (sscanf(line, "NoNewPrivs: %u", &c->no_new_privs) == 1 ||
                        sscanf(line, "Uid: %u %u %u %u", &c->uid[0], &c->uid[1], &c->uid[2], &c->uid[3]) > 0)
                return;
        (void)sscanf(line, "Gid: %u %u %u %u", &c->gid[0], &c->gid[1], &c->gid[2], &c->gid[3]);
}

static int read_credentials(Credentials *ret) {
        Credentials c = {.inheritable = UINT64_MAX, .bounding = UINT64_MAX, .ambient = UINT64_MAX};
        char line[256];
        FILE *f;

        f = fopen("/proc/thread-self/status", "re");
        if (!f)
                return -errno;
        while (fgets(line, sizeof(line), f))
                parse_line(&c, line);
        fclose(f);
        *ret = c;
        return 0;
}

/* NULL when c is what we want; else the sentence that says what is not. */
static const char *find_fault(const Credentials *c, char *buf, size_t size) {
        const struct {
                const char *name;
                uint64_t value;
                bool exact; /* else a subset will do: what is in it cannot exceed what is permitted */
        } sets[] = {
                        {"permitted", c->permitted, true},
                        {"effective", c->effective, true},
                        {"inheritable", c->inheritable, false},
                        {"ambient", c->ambient, false},
                        {"bounding", c->bounding, false},
        };

        for (size_t i = 0; i < ELEMENTSOF(sets); i++)
                if ((sets[i].value & ~WANTED) || (sets[i].exact && sets[i].value != WANTED)) {
                        snprintf(buf, size,
                                        "its %s capabilities are %#" PRIx64 " instead of %#" PRIx64
                                        " (CAP_NET_ADMIN and CAP_NET_RAW)",
                                        sets[i].name, sets[i].value, (uint64_t)WANTED);
                        return buf;
                }
        if (!c->no_new_privs)
                return "it may still gain privileges by executing a program (no_new_privs is not set)";
        for (size_t i = 1; i < ELEMENTSOF(c->uid); i++)
                if (c->uid[i] != c->uid[0] || c->gid[i] != c->gid[0])
                        return "its real, effective and saved user or group differ";
        return NULL;
}

int privilege_verify(void) {
        Credentials c;
        char buf[160];
        const char *fault;
        int r;

        r = read_credentials(&c);
        if (r < 0) {
                log_error("Cannot verify the privileges of this process: /proc/thread-self/status: %s",
                                strerror(-r));
                return -EPERM;
        }
        fault = find_fault(&c, buf, sizeof(buf));
        if (fault) {
                log_error("Privileges of this process are not as they must be: %s", fault);
                return -EPERM;
        }
        return 0;
}

/* getpwnam(3) answers "no such user" with errno 0 or any of ENOENT, ESRCH, EBADF, EPERM. */
static int find_user(const char *user, uid_t *ret_uid, gid_t *ret_gid) {
        const struct passwd *pw = getpwnam(user);

        if (!pw) {
                log_error("User %s does not exist: create it with 'systemd-sysusers "
                          "/usr/lib/sysusers.d/vrrpd.conf', or name another one with '--user NAME'",
                                user);
                return -ESRCH;
        }
        *ret_uid = pw->pw_uid;
        *ret_gid = pw->pw_gid;
        return 0;
}

static int fail(const char *what) {
        log_error("Cannot drop privileges: %s: %s", what, strerror(errno));
        return -EPERM;
}

/* Supplementary groups go, because a daemon that opens no one's files needs none. */
static int change_to(uid_t uid, gid_t gid) {
        /* Beyond what is verified: uid 0 and set-uid programs mean nothing to this process any more. A
         * kernel or container that does not permit it leaves no_new_privs, which is sufficient. */
        if (capng_lock() != 0)
                log_debug("The securebits could not be locked");

        capng_clear(CAPNG_SELECT_ALL);
        if (capng_updatev(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, CAP_NET_ADMIN, CAP_NET_RAW, -1) < 0)
                return fail("libcap-ng");
        errno = EPERM; /* libcap-ng does not promise to set it */
        if (capng_change_id((int)uid, (int)gid,
                            CAPNG_DROP_SUPP_GRP | CAPNG_CLEAR_BOUNDING | CAPNG_CLEAR_AMBIENT) != 0)
                return fail("changing user and capabilities (needs CAP_SETUID, CAP_SETGID, CAP_SETPCAP, "
                            "CAP_NET_ADMIN and CAP_NET_RAW)");
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
                return fail("no_new_privs");

        /* A change of user makes a process undumpable; started by systemd as the same user it is dumpable. A
         * crash by hand shall leave the same core file. */
        (void)prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
        return 0;
}

int privilege_drop(const char *user) {
        Credentials c;
        char buf[160];
        const char *fault;
        uid_t uid;
        gid_t gid;
        int r;

        r = find_user(user, &uid, &gid);
        if (r < 0)
                return r;
        r = read_credentials(&c);
        if (r < 0) {
                log_error("Cannot read the privileges of this process: /proc/thread-self/status: %s",
                                strerror(-r));
                return -EPERM;
        }
        fault = find_fault(&c, buf, sizeof(buf));
        if (!fault && c.uid[0] == uid)
                return 0;

        if (c.uid[1] != 0) {
                if (c.uid[0] != uid)
                        log_error("Started as user id %u, which cannot become %s: start it as root, or name "
                                  "its "
                                  "own user with '--user NAME'",
                                        c.uid[0], user);
                else
                        log_error("Started as %s, but %s: start it as root, or with 'systemctl start vrrpd'",
                                        user, fault);
                return -EPERM;
        }
        r = change_to(uid, gid);
        return r < 0 ? r : privilege_verify();
}
