/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The records between the engine and the bus side: the only thing the two threads share. Both directions are
 * plain heap records that change owner through a Mailbox. This header is all that dbus/ knows of the engine.
 *
 * Engine → bus side: Record. What an instance publishes is a whole InstanceStatus each time; the mirror
 * compares it with its copy and finds out which properties changed. Order is the contract: the engine posts
 * the status *before* the event that explains it, so that the mirror can emit PropertiesChanged →
 * StateChanged → … in the order guaranteed in the interface (data/org.vrrpd.Vrrp1.xml).
 *
 * Bus side → engine: Command. It is answered by RECORD_EVENT / EVENT_OPERATION_FINISHED, or not at all. */

#include "service/core/types.h"
#include "service/util/log.h"

typedef struct PublishVip {
        VrrpAddress address;
        uint8_t prefixlen;
        bool active; /* the kernel has confirmed it */
} PublishVip;

typedef struct PublishTrack {
        uint32_t tracker; /* id of the tracker */
        int32_t weight;
} PublishTrack;

typedef struct PublishFault {
        char kind[16];   /* "interface" "link" "script" "file" "process" "address" "config" ... */
        char detail[80]; /* one human sentence fragment: "interface eth1 is down" */
} PublishFault;

typedef struct PublishConflict {
        VrrpConflict kind;
        VrrpAddress address;
} PublishConflict;

/* Everything an instance publishes, constant and changing. One allocation: arrays are owned, freed by
 * instance_status_free(). */
typedef struct InstanceStatus {
        uint32_t id; /* never reused in one run of the daemon */
        char name[VRRP_NAME_MAX + 1];
        uint8_t vrid, version;
        int family;
        char interface[16];   /* "" = none */
        int ifindex;          /* 0 = missing */
        char virtual_mac[18]; /* "" = none */

        VrrpState state;
        VrrpReason reason;
        usec_t state_change_realtime, state_change_monotonic;
        VrrpAdminState admin;
        char admin_reason[128];       /* the administrator's words */
        uint32_t admin_uid;           /* UINT32_MAX = none */
        usec_t admin_expire_realtime; /* 0 = never */
        uint8_t priority, base_priority;
        uint8_t promoted_priority; /* 0 = not promoted */
        bool preempt;
        usec_t preempt_delay_usec, interval_usec;
        VrrpAddress master_address; /* unset = unknown; own source address when master */
        uint8_t master_priority;
        VrrpAddress source;
        bool operation_running;
        bool address_owner; /* a VIP is an address that the host has without us */
        uint32_t group;     /* id of its sync group, 0 = none. The group's record comes first */

        PublishVip *vips;
        size_t n_vips;
        PublishVip *excluded;
        size_t n_excluded;
        VrrpAddress *peers;
        size_t n_peers;
        PublishTrack *tracks;
        size_t n_tracks;
        PublishFault *faults;
        size_t n_faults;
        PublishConflict *conflicts;
        size_t n_conflicts;
} InstanceStatus;

/* Everything a sync group publishes. One allocation and its array, freed by group_status_free(). State and
 * admin state are the group's own: master while its members are (or one is just joining them), fault while
 * one of them is; `handing-over` from the command to the last member's end. */
typedef struct GroupStatus {
        uint32_t id; /* never reused, never one of an instance */
        char name[VRRP_NAME_MAX + 1];
        VrrpState state;
        VrrpReason reason;
        usec_t state_change_realtime, state_change_monotonic;
        VrrpAdminState admin;
        char admin_reason[128]; /* as in InstanceStatus */
        uint32_t admin_uid;
        usec_t admin_expire_realtime;
        bool operation_running;
        bool address_owner; /* some member is */
        uint32_t *members;  /* ids of instances, in the order of the configuration */
        size_t n_members;
} GroupStatus;

typedef struct TrackerStatus {
        uint32_t id;
        VrrpTrackerType type;
        char name[VRRP_NAME_MAX + 1];
        char target[128]; /* the interface, the command... */
        VrrpTrackerState state;
        char status_text[160]; /* why: "exit status 1", "runner is gone, last value held" */
        int64_t value;         /* exit status, number in the file... */
        usec_t change_realtime, change_monotonic;
} TrackerStatus;

typedef enum EventKind {
        EVENT_STATE_CHANGED,
        EVENT_TRANSITION_FINISHED,
        EVENT_CONFLICT_DETECTED,
        EVENT_CONFLICT_CLEARED,
        EVENT_OPERATION_FINISHED,
} EventKind;

/* One signal of one instance, or (in RECORD_GROUP_EVENT) of one sync group. Times are taken by the engine
 * when it happened; seq is given by the mirror. */
typedef struct InstanceEvent {
        EventKind kind;               /* of a group: STATE_CHANGED, OPERATION_FINISHED */
        uint32_t instance;            /* 0 in an event of a group */
        uint32_t group;               /* of a group: its id. Else 0 */
        char name[VRRP_NAME_MAX + 1]; /* also valid after the instance is gone */
        usec_t realtime, monotonic;
        VrrpState old_state, new_state; /* STATE_CHANGED; new_state: TRANSITION_FINISHED */
        VrrpReason reason;
        VrrpResult result; /* TRANSITION_FINISHED, OPERATION_FINISHED */
        VrrpConflict conflict;
        VrrpAddress address; /* conflict; OPERATION_FINISHED: the successor, unset = none */
        uint64_t operation;
        VrrpOperation operation_kind;
        char detail[160]; /* free words for the log and the a{sv} key "detail"; "" = none */
        /* TRANSITION_FINISHED timings: microseconds after the decision; 0 = did not happen. */
        usec_t first_advert_usec, addresses_confirmed_usec, first_announce_usec;
} InstanceEvent;

typedef struct Statistic {
        const char *name; /* static string: "adverts-sent" */
        uint64_t value;
} Statistic;

typedef enum RecordType {
        RECORD_INSTANCE,         /* status: new or changed */
        RECORD_INSTANCE_REMOVED, /* id */
        RECORD_TRACKER,          /* tracker: new or changed */
        RECORD_TRACKER_REMOVED,  /* id */
        RECORD_EVENT,            /* event */
        RECORD_GROUP, /* group: new or changed. Before the first status of an instance that names it; it may
                         name instances that are yet to come or just gone */
        RECORD_GROUP_REMOVED, /* id. Its members have named no group, or another, before that */
        RECORD_GROUP_EVENT,   /* event of a group; after those of its members that belong to it */
        RECORD_STATISTICS,    /* statistics, as answer to COMMAND_STATISTICS with `request` */
        RECORD_RELOADED,      /* result: 0 = the engine now runs the new configuration; request */
        RECORD_RESYNC_DONE,   /* everything was posted again after COMMAND_RESYNC with `request` */
        RECORD_LOG,           /* log */
        RECORD_READY,         /* the engine runs its first configuration */
        RECORD_STOPPING,      /* hand-over begins */
        RECORD_GARBAGE,       /* garbage: to be freed where nobody waits for it */
        RECORD_STOPPED,       /* VIPs are gone, the process ends now */
} RecordType;

typedef struct Record {
        RecordType type;
        uint32_t id;
        uint64_t request;
        int result;
        union {
                InstanceStatus *status; /* owned */
                TrackerStatus *tracker; /* owned */
                GroupStatus *group;     /* owned */
                InstanceEvent *event;   /* owned */
                LogRecord *log;         /* owned */
                struct {
                        Statistic *items; /* owned */
                        size_t n;
                } statistics;
                struct {
                        uint32_t added, changed, removed; /* instances */
                } reloaded;                               /* RECORD_RELOADED */
                struct {
                        void *object; /* owned, opaque */
                        void (*free)(void *object);
                } garbage;
        };
} Record;

int record_new(RecordType type, Record **ret);
Record *record_free(Record *r);
DEFINE_CLEANUP(Record, record_free);
InstanceStatus *instance_status_free(InstanceStatus *s);
DEFINE_CLEANUP(InstanceStatus, instance_status_free);
GroupStatus *group_status_free(GroupStatus *s);
DEFINE_CLEANUP(GroupStatus, group_status_free);

typedef enum CommandType {
        COMMAND_OPERATION,  /* instance or group, operation ... */
        COMMAND_ANNOUNCE,   /* instance: send GARP/NA now */
        COMMAND_STATISTICS, /* instance, request */
        COMMAND_RELOAD,     /* config: a finished model, given to the engine; request */
        COMMAND_RESYNC,     /* post everything again; request */
        COMMAND_STOP,       /* as SIGTERM */
} CommandType;

typedef struct Command {
        CommandType type;
        uint32_t instance;
        /* COMMAND_OPERATION on a sync group: its id, and instance is 0. The operation ends in a
         * RECORD_GROUP_EVENT. */
        uint32_t group;
        /* COMMAND_OPERATION on an instance: its whole group, if it has one. Ends in two events, the group's
         * and then the instance's, with the same number. Without it a member refuses:
         * VRRP_RESULT_GROUP_MEMBER. */
        bool whole_group;
        uint64_t request;
        uint64_t operation_id;
        VrrpOperation operation;
        VrrpMode mode;
        usec_t timeout_usec;
        uint8_t priority;
        uint32_t uid;
        char reason[128];
        void *config; /* Config*, opaque to dbus/; COMMAND_RELOAD. free_config is called if the record dies
                         unread */
        void (*free_config)(void *config);
} Command;

int command_new(CommandType type, Command **ret);
Command *command_free(Command *c);
DEFINE_CLEANUP(Command, command_free);

/* Records per direction that may wait; overflow towards the bus side ends in COMMAND_RESYNC. */
#define MAILBOX_CAPACITY 4096
