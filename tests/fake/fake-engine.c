/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A program that is all of vrrpd but the engine: the real bus side, driven by lines on stdin instead of by
 * packets. Tests of the bus side use it to make things happen that a real engine does rarely, or in an order
 * they choose. After each line it prints "ok" (or "error: ..."), and "command ..." for each command of the
 * bus side; EOF ends it like SIGTERM would. See `verbs` below.
 *
 *     fake-engine CONFIG
 *
 * CONFIG stands for the configuration: "A C R" (numbers of instances added, changed, removed, as a reload
 * will report), or text beginning with "bad", whose other lines are the messages of the failed load. */

#include "dbus/bus.h"
#include "service/command-check.h"
#include "service/util/log.h"
#include "tests/fake/fake-world.h"
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <systemd/sd-event.h>
#include <time.h>

#define HEARTBEAT_USEC (10 * USEC_PER_MSEC)

typedef struct Fake {
        FakeWorld world;
        Mailbox *commands;
        BusSide *bus;
        const char *config_path;
        _Atomic uint64_t heartbeat;
        bool frozen;            /* the heartbeat stands still, as in an engine that hangs */
        bool deaf;              /* commands are left in the mailbox */
        _Atomic bool show_keep; /* what the bus side keeps is printed like a command */
        int reload_result;      /* what the next reloads end with */
        sd_event *event;
        usec_t worst_lateness; /* of the heartbeat's timer: what an advert would have suffered */
} Fake;

typedef struct FakeConfig {
        char router_id[64];
        uint32_t added, changed, removed;
} FakeConfig;

/* NULL = it cannot be read. */
static char *read_file(const char *path) {
        FILE *file = fopen(path, "re");
        char *text = NULL;
        size_t size = 0;

        if (!file)
                return NULL;
        if (getdelim(&text, &size, '\0', file) < 0 && !text)
                abort();
        (void)fclose(file);
        return text;
}

static int load(void *userdata, void **ret_config, char **ret_messages, char ***ret_files) {
        const Fake *f = userdata;
        FakeConfig *c = calloc(1, sizeof(*c));
        char **files = calloc(2, sizeof(*files));
        _cleanup_free_ char *text = read_file(f->config_path);

        if (!c || !files)
                abort();
        if (!text || text[0] == '\0' || strncmp(text, "bad\n", 4) == 0) {
                *ret_messages = strdup(!text || text[0] == '\0' ? "cannot be read" : text + 4);
                free(c);
                free(files);
                return -EBADMSG;
        }
        (void)sscanf(text, "%u %u %u %63[^\n]", &c->added, &c->changed, &c->removed, c->router_id);
        files[0] = strdup(f->config_path);
        *ret_files = files;
        *ret_config = c;
        return 0;
}

/* In the bus thread. */
static void keep(void *userdata, const InstanceStatus *s, bool removed) {
        const Fake *f = userdata;

        if (atomic_load(&f->show_keep))
                (void)printf("command keep instance=%s admin=%s removed=%d\n", s->name,
                                vrrp_admin_state_to_string(s->admin), removed);
}

/* "A C R ID": another router_id than the usual one. */
static const char *config_router_id(const void *config) {
        const FakeConfig *c = config;

        return c->router_id[0] ? c->router_id : "reloaded";
}

static char *config_text(const void *config) {
        return strdup("# reloaded\n");
}

/* The same for a group; only what is told of it, its members stay as they are. */
static void operate_group(Fake *f, FakeGroup *g, const Command *c) {
        GroupStatus *s = &g->status;
        InstanceEvent e = {
                        .kind = EVENT_OPERATION_FINISHED,
                        .operation = c->operation_id,
                        .operation_kind = c->operation,
                        .result = command_check_group(s, c),
        };

        if (e.result == VRRP_RESULT_DONE && c->operation == VRRP_OP_FAILOVER) {
                InstanceEvent changed = {.kind = EVENT_STATE_CHANGED,
                                .old_state = s->state,
                                .new_state = VRRP_BACKUP,
                                .reason = VRRP_REASON_HANDED_OVER};

                s->state = VRRP_BACKUP;
                s->reason = VRRP_REASON_HANDED_OVER;
                s->admin = VRRP_ADMIN_YIELDING;
                fake_post_group(&f->world, g);
                fake_post_group_event(&f->world, g, &changed);
        } else if (e.result == VRRP_RESULT_DONE && c->operation == VRRP_OP_RESUME) {
                s->admin = VRRP_ADMIN_ENABLED;
                fake_post_group(&f->world, g);
        }
        fake_post_group_event(&f->world, g, &e);
}

/* What the operation would lead to, at once. */
static void operate(Fake *f, const Command *c) {
        FakeInstance *i = fake_find_id(&f->world, c->instance);
        FakeGroup *g = fake_find_group_id(&f->world, c->group > 0 ? c->group : i ? i->status.group : 0);
        if (g)
                operate_group(f, g, c);
        if (!i)
                return;

        InstanceStatus *s = &i->status;
        InstanceEvent e = {
                        .kind = EVENT_OPERATION_FINISHED,
                        .operation = c->operation_id,
                        .operation_kind = c->operation,
                        .result = command_check(s, c),
        };
        (void)snprintf(s->admin_reason, sizeof(s->admin_reason), "%s", c->reason);
        s->admin_uid = c->uid;
        if (e.result == VRRP_RESULT_DONE && c->operation == VRRP_OP_FAILOVER) {
                s->admin = VRRP_ADMIN_YIELDING;
                fake_transition(&f->world, i, VRRP_BACKUP, VRRP_REASON_HANDED_OVER, "");
        } else if (e.result == VRRP_RESULT_DONE && c->operation == VRRP_OP_PROMOTE) {
                s->admin = VRRP_ADMIN_PROMOTED;
                s->priority = c->priority ? c->priority : 254;
                fake_transition(&f->world, i, VRRP_MASTER, VRRP_REASON_PROMOTED, "");
        } else if (e.result == VRRP_RESULT_DONE && c->operation == VRRP_OP_PAUSE) {
                s->admin = VRRP_ADMIN_PAUSED;
                fake_transition(&f->world, i, VRRP_INITIALIZE, VRRP_REASON_PAUSED, "");
        } else if (e.result == VRRP_RESULT_DONE && c->operation == VRRP_OP_RESUME) {
                s->admin = VRRP_ADMIN_ENABLED;
                s->priority = s->base_priority;
                fake_post_status(&f->world, i);
        }
        fake_post_event(&f->world, i, &e);
}

static void answer_statistics(Fake *f, const Command *c) {
        Record *r;

        if (!fake_find_id(&f->world, c->instance))
                return;
        if (record_new(RECORD_STATISTICS, &r) < 0)
                abort();
        r->request = c->request;
        r->statistics.n = 2;
        r->statistics.items = calloc(2, sizeof(Statistic));
        if (!r->statistics.items)
                abort();
        r->statistics.items[0] = (Statistic){"adverts-sent", 42};
        r->statistics.items[1] = (Statistic){"adverts-received", 7};
        fake_post_surely(&f->world, r);
}

static void answer(Fake *f, RecordType type, const Command *c) {
        const FakeConfig *config = c->config;
        Record *r;

        if (record_new(type, &r) < 0)
                abort();
        r->request = c->request;
        if (config) {
                r->result = f->reload_result;
                r->reloaded.added = config->added;
                r->reloaded.changed = config->changed;
                r->reloaded.removed = config->removed;
        }
        fake_post_surely(&f->world, r);
}

static const char *command_name(CommandType type) {
        static const char *const names[] = {
                        [COMMAND_OPERATION] = "operation",
                        [COMMAND_ANNOUNCE] = "announce",
                        [COMMAND_STATISTICS] = "statistics",
                        [COMMAND_RELOAD] = "reload",
                        [COMMAND_RESYNC] = "resync",
                        [COMMAND_STOP] = "stop",
        };
        return names[type];
}

static void carry_out(Fake *f, const Command *c) {
        const FakeInstance *i = fake_find_id(&f->world, c->instance);
        const FakeGroup *g = fake_find_group_id(&f->world, c->group);

        (void)printf("command %s instance=%s operation=%s mode=%s timeout=%llu priority=%u uid=%u "
                     "reason=%s%s%s%s\n",
                        command_name(c->type), i ? i->status.name : "-",
                        c->type == COMMAND_OPERATION ? vrrp_operation_to_string(c->operation) : "-",
                        vrrp_mode_to_string(c->mode), (unsigned long long)c->timeout_usec, c->priority,
                        c->uid, c->reason, g ? " group=" : "", g ? g->status.name : "",
                        c->whole_group ? " whole" : "");
        switch (c->type) {
        case COMMAND_OPERATION:
                operate(f, c);
                break;
        case COMMAND_STATISTICS:
                answer_statistics(f, c);
                break;
        case COMMAND_RELOAD:
                answer(f, RECORD_RELOADED, c);
                break;
        case COMMAND_RESYNC:
                fake_post_everything(&f->world);
                answer(f, RECORD_RESYNC_DONE, c);
                break;
        case COMMAND_ANNOUNCE:
        case COMMAND_STOP:
                break;
        }
}

static void take_commands(Fake *f) {
        while (!f->deaf) {
                _cleanup_(command_freep) Command *c = mailbox_take(f->commands);

                if (!c)
                        break;
                carry_out(f, c);
        }
}

static int on_commands(sd_event_source *s, int fd, uint32_t revents, void *userdata) {
        take_commands(userdata);
        return 0;
}

/* The verbs: each gets the rest of its line, and says what is wrong with it, or NULL. */

static const char *verb_instance(Fake *f, char *arguments) {
        char name[VRRP_NAME_MAX + 1];
        unsigned vrid;

        if (sscanf(arguments, "%255s %u", name, &vrid) != 2)
                return "instance NAME VRID";
        if (streq(name, "\"\""))
                name[0] = '\0';
        fake_post_status(&f->world, fake_add(&f->world, name, (uint8_t)vrid));
        return NULL;
}

/* N instances n0, n1, ... */
static const char *verb_instances(Fake *f, char *arguments) {
        unsigned n = (unsigned)strtoul(arguments, NULL, 10);

        for (unsigned k = 0; k < n; k++) {
                char name[32];

                (void)snprintf(name, sizeof(name), "n%u", k);
                fake_post_status(&f->world, fake_add(&f->world, name, (uint8_t)(k % 255 + 1)));
        }
        return NULL;
}

static const char *verb_remove(Fake *f, char *arguments) {
        FakeInstance *i = fake_find(&f->world, arguments);

        if (!i)
                return "no such instance";
        fake_remove(&f->world, i);
        return NULL;
}

static const char *verb_state(Fake *f, char *arguments) {
        char name[VRRP_NAME_MAX + 1], state[32], reason[64];
        int n = 0;

        if (sscanf(arguments, "%255s %31s %63s %n", name, state, reason, &n) < 3)
                return "state NAME STATE REASON [DETAIL]";
        FakeInstance *i = fake_find(&f->world, name);
        VrrpState s = vrrp_state_from_string(state);
        VrrpReason r = vrrp_reason_from_string(reason);
        if (!i || s < 0 || r < 0)
                return "no such instance, state or reason";
        fake_transition(&f->world, i, s, r, arguments + n);
        return NULL;
}

/* NAME N: N times master and backup again, in one turn. */
static const char *verb_transitions(Fake *f, char *arguments) {
        char name[VRRP_NAME_MAX + 1];
        unsigned n;
        FakeInstance *i;

        if (sscanf(arguments, "%255s %u", name, &n) != 2 || !(i = fake_find(&f->world, name)))
                return "transitions NAME N";
        for (unsigned k = 0; k < n; k++)
                fake_transition(&f->world, i, k % 2 == 0 ? VRRP_MASTER : VRRP_BACKUP,
                                k % 2 == 0 ? VRRP_REASON_MASTER_DOWN : VRRP_REASON_HIGHER_PRIORITY, "");
        return NULL;
}

/* NAME: transitions until one of their records finds the mailbox full. */
static const char *verb_overflow(Fake *f, char *arguments) {
        FakeInstance *i = fake_find(&f->world, arguments);
        uint64_t refused = f->world.refused;

        if (!i)
                return "no such instance";
        while (f->world.refused == refused)
                fake_transition(&f->world, i, i->status.state == VRRP_MASTER ? VRRP_BACKUP : VRRP_MASTER,
                                VRRP_REASON_MASTER_DOWN, "");
        return NULL;
}

static const char *verb_fault(Fake *f, char *arguments) {
        char name[VRRP_NAME_MAX + 1];
        PublishFault fault = {};
        FakeInstance *i;

        if (sscanf(arguments, "%255s %15s %79[^\n]", name, fault.kind, fault.detail) != 3 ||
                        !(i = fake_find(&f->world, name)))
                return "fault NAME KIND DETAIL";
        PublishFault *grown = reallocarray(i->status.faults, i->status.n_faults + 1, sizeof(*grown));
        if (!grown)
                abort();
        i->status.faults = grown;
        i->status.faults[i->status.n_faults++] = fault;
        fake_transition(&f->world, i, VRRP_FAULT, VRRP_REASON_FAULT, fault.detail);
        return NULL;
}

static const char *verb_conflict(Fake *f, char *arguments) {
        char name[VRRP_NAME_MAX + 1], kind[32];
        FakeInstance *i;

        if (sscanf(arguments, "%255s %31s", name, kind) != 2 || !(i = fake_find(&f->world, name)) ||
                        i->status.n_conflicts > 0)
                return "conflict NAME KIND, once";
        i->status.conflicts = calloc(1, sizeof(PublishConflict));
        if (!i->status.conflicts)
                abort();
        i->status.conflicts[0].kind = vrrp_conflict_from_string(kind);
        i->status.conflicts[0].address = i->status.master_address;
        i->status.n_conflicts = 1;
        fake_post_status(&f->world, i);
        fake_post_event(&f->world, i,
                        &(InstanceEvent){.kind = EVENT_CONFLICT_DETECTED,
                                        .conflict = i->status.conflicts[0].kind,
                                        .address = i->status.conflicts[0].address});
        return NULL;
}

/* NAME TRACKER WEIGHT: from now on tracked; the tracker need not exist (yet), then it is made but not
 * posted. */
static const char *verb_track(Fake *f, char *arguments) {
        char name[VRRP_NAME_MAX + 1], tracker[VRRP_NAME_MAX + 1];
        int weight;
        FakeInstance *i;

        if (sscanf(arguments, "%255s %255s %d", name, tracker, &weight) != 3 ||
                        !(i = fake_find(&f->world, name)))
                return "track NAME TRACKER WEIGHT";
        FakeTracker *t = fake_find_tracker(&f->world, tracker);
        if (!t)
                t = fake_add_tracker(&f->world, tracker);
        PublishTrack *grown = reallocarray(i->status.tracks, i->status.n_tracks + 1, sizeof(*grown));
        if (!grown)
                abort();
        i->status.tracks = grown;
        i->status.tracks[i->status.n_tracks++] = (PublishTrack){.tracker = t->status.id, .weight = weight};
        fake_post_status(&f->world, i);
        return NULL;
}

/* NAME STATE TEXT: posts a tracker. */
static const char *verb_tracker(Fake *f, char *arguments) {
        char name[VRRP_NAME_MAX + 1], state[32], text[160] = "";

        if (sscanf(arguments, "%255s %31s %159[^\n]", name, state, text) < 2)
                return "tracker NAME STATE TEXT";
        FakeTracker *t = fake_find_tracker(&f->world, name);
        if (!t)
                t = fake_add_tracker(&f->world, name);
        t->status.state = vrrp_tracker_state_from_string(state);
        (void)snprintf(t->status.status_text, sizeof(t->status.status_text), "%s", text);
        t->status.change_realtime = fake_now(CLOCK_REALTIME);
        t->status.change_monotonic = fake_now(CLOCK_MONOTONIC);
        fake_post_tracker(&f->world, t);
        return NULL;
}

static const char *verb_remove_tracker(Fake *f, char *arguments) {
        FakeTracker *t = fake_find_tracker(&f->world, arguments);

        if (!t)
                return "no such tracker";
        fake_remove_tracker(&f->world, t);
        return NULL;
}

/* NAME MEMBER...: a group of instances that are there. */
static const char *verb_group(Fake *f, char *arguments) {
        char *rest = NULL, *name = strtok_r(arguments, " ", &rest);

        if (!name)
                return "group NAME MEMBER...";
        FakeGroup *g = fake_add_group(&f->world, name);
        for (char *member; (member = strtok_r(NULL, " ", &rest));) {
                FakeInstance *i = fake_find(&f->world, member);

                if (!i)
                        return "no such instance";
                fake_group_join(g, i);
        }
        fake_post_group(&f->world, g);
        for (size_t k = 0; k < g->status.n_members; k++)
                fake_post_status(&f->world, fake_find_id(&f->world, g->status.members[k]));
        return NULL;
}

/* NAME STATE */
static const char *verb_group_state(Fake *f, char *arguments) {
        char name[VRRP_NAME_MAX + 1], state[32];
        FakeGroup *g;

        if (sscanf(arguments, "%255s %31s", name, state) != 2 || !(g = fake_find_group(&f->world, name)))
                return "group-state NAME STATE";
        InstanceEvent e = {.kind = EVENT_STATE_CHANGED,
                        .old_state = g->status.state,
                        .new_state = vrrp_state_from_string(state),
                        .reason = VRRP_REASON_MASTER_DOWN};
        g->status.state = e.new_state;
        g->status.reason = e.reason;
        fake_post_group(&f->world, g);
        fake_post_group_event(&f->world, g, &e);
        return NULL;
}

static const char *verb_remove_group(Fake *f, char *arguments) {
        FakeGroup *g = fake_find_group(&f->world, arguments);

        if (!g)
                return "no such group";
        for (size_t k = 0; k < g->status.n_members; k++) {
                FakeInstance *i = fake_find_id(&f->world, g->status.members[k]);

                if (!i)
                        continue;
                i->status.group = 0;
                fake_post_status(&f->world, i);
        }
        fake_remove_group(&f->world, g);
        return NULL;
}

/* NAME on|off: a VIP is the host's own address. */
static const char *verb_owner(Fake *f, char *arguments) {
        char name[VRRP_NAME_MAX + 1], on[8];
        FakeInstance *i;

        if (sscanf(arguments, "%255s %7s", name, on) != 2 || !(i = fake_find(&f->world, name)))
                return "owner NAME on|off";
        i->status.address_owner = streq(on, "on");
        fake_post_status(&f->world, i);
        return NULL;
}

/* NAME VRID: another instance under the same name, as after a reload; its predecessor's removal is posted
 * too late. */
static const char *verb_replace(Fake *f, char *arguments) {
        char name[VRRP_NAME_MAX + 1];
        unsigned vrid;
        FakeInstance *old;

        if (sscanf(arguments, "%255s %u", name, &vrid) != 2 || !(old = fake_find(&f->world, name)))
                return "replace NAME VRID";
        fake_post_status(&f->world, fake_add(&f->world, name, (uint8_t)vrid));
        fake_remove(&f->world, old);
        return NULL;
}

/* NAME VRID: as when a reload restarts an instance that has to hand over first: the successor is there, its
 * predecessor goes on to speak under the same name until it has left. */
static const char *verb_restart(Fake *f, char *arguments) {
        char name[VRRP_NAME_MAX + 1];
        unsigned vrid;
        FakeInstance *old, *new;

        if (sscanf(arguments, "%255s %u", name, &vrid) != 2 || !(old = fake_find(&f->world, name)))
                return "restart NAME VRID";
        new = fake_add(&f->world, name, (uint8_t)vrid);
        fake_post_status(&f->world, new);
        old->status.admin = VRRP_ADMIN_HANDING_OVER;
        fake_post_status(&f->world, old);
        fake_transition(&f->world, new, VRRP_MASTER, VRRP_REASON_MASTER_DOWN, "successor");
        fake_transition(&f->world, old, VRRP_INITIALIZE, VRRP_REASON_STOPPED, "predecessor");
        fake_post_event(&f->world, old,
                        &(InstanceEvent){.kind = EVENT_OPERATION_FINISHED,
                                        .operation = 77,
                                        .operation_kind = VRRP_OP_FAILOVER,
                                        .result = VRRP_RESULT_CANCELED});
        fake_post_status(&f->world, new);
        fake_remove(&f->world, old);
        return NULL;
}

static const char *verb_reload_result(Fake *f, char *arguments) {
        f->reload_result = -(int)strtol(arguments, NULL, 10);
        return NULL;
}

static const char *verb_deaf(Fake *f, char *arguments) {
        f->deaf = streq(arguments, "on");
        take_commands(f);
        return NULL;
}

static const char *verb_show_keep(Fake *f, char *arguments) {
        atomic_store(&f->show_keep, streq(arguments, "on"));
        return NULL;
}

static const char *verb_frozen(Fake *f, char *arguments) {
        f->frozen = streq(arguments, "on");
        return NULL;
}

static const char *verb_log(Fake *f, char *arguments) {
        Record *r;

        if (record_new(RECORD_LOG, &r) < 0)
                abort();
        r->log = calloc(1, sizeof(*r->log));
        if (!r->log)
                abort();
        r->log->level = LOG_INFO;
        (void)snprintf(r->log->text, sizeof(r->log->text), "%s", arguments);
        fake_post_surely(&f->world, r);
        return NULL;
}

static const char *verb_ready(Fake *f, char *arguments) {
        fake_post_simple(&f->world, RECORD_READY);
        return NULL;
}

static const char *verb_stopping(Fake *f, char *arguments) {
        fake_post_simple(&f->world, RECORD_STOPPING);
        return NULL;
}

/* How late the engine's loop was at worst since the last question, and how many records found no room. */
static const char *verb_worst(Fake *f, char *arguments) {
        (void)printf("worst lateness=%llu refused=%llu\n", (unsigned long long)f->worst_lateness,
                        (unsigned long long)f->world.refused);
        f->worst_lateness = 0;
        return NULL;
}

static const struct {
        const char *name;
        const char *(*run)(Fake *f, char *arguments);
} verbs[] = {
                {"instance", verb_instance},
                {"instances", verb_instances},
                {"remove", verb_remove},
                {"replace", verb_replace},
                {"restart", verb_restart},
                {"state", verb_state},
                {"transitions", verb_transitions},
                {"overflow", verb_overflow},
                {"fault", verb_fault},
                {"conflict", verb_conflict},
                {"track", verb_track},
                {"tracker", verb_tracker},
                {"remove-tracker", verb_remove_tracker},
                {"owner", verb_owner},
                {"group", verb_group},
                {"group-state", verb_group_state},
                {"remove-group", verb_remove_group},
                {"reload-result", verb_reload_result},
                {"deaf", verb_deaf},
                {"show-keep", verb_show_keep},
                {"frozen", verb_frozen},
                {"log", verb_log},
                {"ready", verb_ready},
                {"stopping", verb_stopping},
                {"worst", verb_worst},
};

static void run_line(Fake *f, char *line) {
        char *arguments = line + strcspn(line, " ");

        if (*arguments)
                *arguments++ = '\0';
        for (size_t i = 0; i < ELEMENTSOF(verbs); i++)
                if (streq(verbs[i].name, line)) {
                        const char *problem = verbs[i].run(f, arguments);

                        (void)printf(problem ? "error: %s\n" : "ok\n", problem);
                        return;
                }
        (void)printf("error: unknown verb %s\n", line);
}

static int on_stdin(sd_event_source *s, int fd, uint32_t revents, void *userdata) {
        static char buffer[4096];
        static size_t size;
        Fake *f = userdata;
        ssize_t n = read(fd, buffer + size, sizeof(buffer) - 1 - size);

        if (n <= 0)
                return sd_event_exit(f->event, 0);
        size += (size_t)n;
        buffer[size] = '\0';
        for (char *end; (end = strchr(buffer, '\n'));) {
                *end = '\0';
                run_line(f, buffer);
                size -= (size_t)(end + 1 - buffer);
                memmove(buffer, end + 1, size + 1);
        }
        return 0;
}

static int on_signal(sd_event_source *s, const struct signalfd_siginfo *si, void *userdata) {
        return sd_event_exit(((Fake *)userdata)->event, 0);
}

static int on_heartbeat(sd_event_source *s, uint64_t due, void *userdata) {
        Fake *f = userdata;
        usec_t now = fake_now(CLOCK_BOOTTIME);

        if (now > due && now - due > f->worst_lateness)
                f->worst_lateness = now - due;
        if (!f->frozen)
                atomic_store(&f->heartbeat, now);
        (void)sd_event_source_set_time(s, now + HEARTBEAT_USEC);
        return sd_event_source_set_enabled(s, SD_EVENT_ONESHOT);
}

static int run(Fake *f) {
        sigset_t mask;
        int r = sd_event_new(&f->event);

        sigemptyset(&mask);
        sigaddset(&mask, SIGTERM);
        sigaddset(&mask, SIGHUP);
        (void)pthread_sigmask(SIG_BLOCK, &mask, NULL);
        if (r >= 0)
                r = sd_event_add_io(f->event, NULL, STDIN_FILENO, EPOLLIN, on_stdin, f);
        if (r >= 0)
                r = sd_event_add_io(f->event, NULL, mailbox_fd(f->commands), EPOLLIN, on_commands, f);
        if (r >= 0)
                r = sd_event_add_signal(f->event, NULL, SIGTERM, on_signal, f);
        if (r >= 0)
                r = sd_event_add_time(f->event, NULL, CLOCK_BOOTTIME, fake_now(CLOCK_BOOTTIME), 1,
                                on_heartbeat, f);
        if (r < 0)
                return r;

        char *files[] = {(char *)(uintptr_t)f->config_path, NULL};
        BusSideParams params = {
                        .records = f->world.records,
                        .commands = f->commands,
                        .engine_heartbeat = &f->heartbeat,
                        .load = load,
                        .free_config = free,
                        .keep = keep,
                        .config_router_id = config_router_id,
                        .config_text = config_text,
                        .check = command_check,
                        .check_group = command_check_group,
                        .userdata = f,
                        .version = VRRPD_VERSION,
                        .user = "fake",
                        .router_id = "fake",
                        .config_files = files,
                        .configuration = "# fake\n",
        };
        r = bus_side_start(&params, &f->bus);
        if (r < 0)
                return r;
        r = sd_event_loop(f->event);
        fake_post_simple(&f->world, RECORD_STOPPED);
        if (!bus_side_join(f->bus, 10 * USEC_PER_SEC)) {
                (void)fprintf(stderr, "the bus side did not end\n");
                return -ETIMEDOUT;
        }
        return r;
}

static void free_record(void *record) {
        record_free(record);
}

static void free_command(void *command) {
        command_free(command);
}

int main(int argc, char **argv) {
        static Fake f;
        int r;

        if (argc != 2) {
                (void)fprintf(stderr, "usage: fake-engine CONFIG\n");
                return 2;
        }
        (void)setvbuf(stdout, NULL, _IOLBF, 0);
        f.config_path = argv[1];
        list_init(&f.world.instances);
        list_init(&f.world.groups);
        list_init(&f.world.trackers);
        r = mailbox_new(MAILBOX_CAPACITY, free_record, &f.world.records);
        if (r >= 0)
                r = mailbox_new(MAILBOX_CAPACITY, free_command, &f.commands);
        if (r >= 0)
                r = run(&f);
        fake_clear(&f.world);
        sd_event_unref(f.event);
        mailbox_free(f.world.records);
        mailbox_free(f.commands);
        if (r < 0)
                (void)fprintf(stderr, "fake-engine: %s\n", strerror(-r));
        return r < 0 ? 1 : 0;
}
