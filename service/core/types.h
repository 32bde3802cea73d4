/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The vocabulary of VRRP that all rooms share: states, reasons, results, addresses. Plain values only. The
 * strings are part of the D-Bus contract (lower-case, dashes) and of what vrrpctl prints. */

#include "service/util/macro.h"
#include "service/util/strtab.h"

#define VRRP_NAME_MAX 255      /* longest name of an instance, group or tracker, in bytes */
#define VRRP_PRIORITY_RESIGN 0 /* "I no longer take part", RFC 9568 section 5.2.4 */
#define VRRP_PRIORITY_OWNER 255
#define VRRP_PRIORITY_DEFAULT 100

/* Router states: RFC 9568 section 6.4, and `fault` for a router that may not take part. */
typedef enum VrrpState {
        VRRP_INITIALIZE,
        VRRP_BACKUP,
        VRRP_MASTER,
        VRRP_FAULT,
        VRRP_STATE_MAX,
        VRRP_STATE_INVALID = -EINVAL,
} VrrpState;
STRTAB_DECLARE(vrrp_state, VrrpState); /* "initialize" "backup" "master" "fault" */

/* What the administrator's commands have made of an instance; DESIGN: AdminState. */
typedef enum VrrpAdminState {
        VRRP_ADMIN_ENABLED,
        VRRP_ADMIN_HANDING_OVER, /* master, has sent priority 0, waits for a successor */
        VRRP_ADMIN_YIELDING,     /* handed over: does not preempt */
        VRRP_ADMIN_PROMOTED,     /* effective priority raised by command */
        VRRP_ADMIN_PAUSED,       /* RFC Shutdown while the daemon runs */
        VRRP_ADMIN_STATE_MAX,
        VRRP_ADMIN_STATE_INVALID = -EINVAL,
} VrrpAdminState;
STRTAB_DECLARE(vrrp_admin_state, VrrpAdminState);

/* Why the state changed. Every transition carries exactly one. */
typedef enum VrrpReason {
        VRRP_REASON_NONE,            /* "none": never changed yet */
        VRRP_REASON_STARTED,         /* "started" */
        VRRP_REASON_OWNER,           /* "address-owner": priority 255 at start, resume or after a fault */
        VRRP_REASON_MASTER_DOWN,     /* "master-down": Master_Down_Timer fired, the master was silent */
        VRRP_REASON_MASTER_RESIGNED, /* "master-resigned": skew time after its priority 0 */
        VRRP_REASON_PREEMPTED_LOWER, /* "preempting-lower-priority": took over from a live, lower master */
        VRRP_REASON_HIGHER_PRIORITY, /* "higher-priority-master": heard a better master */
        VRRP_REASON_HIGHER_ADDRESS,  /* "equal-priority-higher-address" */
        VRRP_REASON_HANDED_OVER,     /* "handed-over": a successor answered our priority 0 */
        VRRP_REASON_FORCED,          /* "forced": released without a successor by command */
        VRRP_REASON_ELECTED,         /* "elected": ForceElection */
        VRRP_REASON_PROMOTED,        /* "promoted" */
        VRRP_REASON_PAUSED,          /* "paused" */
        VRRP_REASON_RESUMED,         /* "resumed" */
        VRRP_REASON_STOPPED,         /* "stopped": the daemon stops or the instance was removed */
        VRRP_REASON_FAULT,           /* "fault": see Faults */
        VRRP_REASON_FAULT_CLEARED,   /* "fault-cleared" */
        VRRP_REASON_WAITING,         /* "waiting-for-trackers": first results are not in yet */
        VRRP_REASON_CONFIGURATION,   /* "configuration": a reload restarted the instance */
        VRRP_REASON_GROUP,           /* "group": the sync group moved */
        VRRP_REASON_STARTUP_DELAY,   /* "startup-delay": vrrp_startup_delay or vrrp_delay_after_boot runs */
        VRRP_REASON_HELD_UP,         /* "held-up": this router slept, another has taken over meanwhile */
        VRRP_REASON_MAX,
        VRRP_REASON_INVALID = -EINVAL,
} VrrpReason;
STRTAB_DECLARE(vrrp_reason, VrrpReason);

/* The commands of DESIGN section 6. */
typedef enum VrrpOperation {
        VRRP_OP_FAILOVER,
        VRRP_OP_ELECTION, /* "election": ForceElection */
        VRRP_OP_PROMOTE,
        VRRP_OP_PAUSE,
        VRRP_OP_RESUME,
        VRRP_OP_STOP, /* "stop": internal, SIGTERM and removal by reload */
        VRRP_OP_MAX,
        VRRP_OP_INVALID = -EINVAL,
} VrrpOperation;
STRTAB_DECLARE(vrrp_operation, VrrpOperation);

/* How an operation or a transition ended. */
typedef enum VrrpResult {
        VRRP_RESULT_DONE,         /* "done" */
        VRRP_RESULT_NO_SUCCESSOR, /* "no-successor": graceful hand-over, nobody answered, still master */
        VRRP_RESULT_FORCED,       /* "forced": released without a successor */
        VRRP_RESULT_LOST,         /* "lost": the election went to another router */
        VRRP_RESULT_CANCELED,     /* "canceled": another command, a fault or a stop came first */
        VRRP_RESULT_TIMEOUT,      /* "timeout" */
        VRRP_RESULT_FAILED,       /* "failed": the kernel refused an address */
        VRRP_RESULT_NOT_MASTER,   /* refused when the engine judged it: "not-master" ... */
        VRRP_RESULT_NOT_BACKUP,
        VRRP_RESULT_IN_FAULT,
        VRRP_RESULT_NOT_ELIGIBLE,
        VRRP_RESULT_NOT_HELD,
        VRRP_RESULT_PENDING, /* "operation-pending": another operation runs */
        VRRP_RESULT_NO_SUCH_INSTANCE,
        VRRP_RESULT_NO_SUCH_GROUP,
        VRRP_RESULT_GROUP_MEMBER, /* "group-member": the whole sync group moves, or nobody */
        VRRP_RESULT_STOPPING,
        VRRP_RESULT_MAX,
        VRRP_RESULT_INVALID = -EINVAL,
} VrrpResult;
STRTAB_DECLARE(vrrp_result, VrrpResult);

/* A disagreement between routers that somebody should look at; published with its begin and end. */
typedef enum VrrpConflict {
        VRRP_CONFLICT_TWO_MASTERS,       /* "two-masters": heard a lower master while master */
        VRRP_CONFLICT_VIP_MISMATCH,      /* "vip-mismatch": the master's address list differs from ours */
        VRRP_CONFLICT_INTERVAL_MISMATCH, /* "interval-mismatch": v2, or a differing v3 master interval */
        VRRP_CONFLICT_AUTH_MISMATCH,     /* "auth-mismatch" */
        VRRP_CONFLICT_VERSION_MISMATCH,  /* "version-mismatch" */
        VRRP_CONFLICT_CHECKSUM_MISMATCH, /* "checksum-mismatch": v3 over IPv4 in the form we do not send;
                                            understood */
        VRRP_CONFLICT_SAME_SOURCE,       /* "same-source": sends from our source address; not understood */
        VRRP_CONFLICT_MAX,
        VRRP_CONFLICT_INVALID = -EINVAL,
} VrrpConflict;
STRTAB_DECLARE(vrrp_conflict, VrrpConflict);

typedef enum VrrpMode {
        VRRP_MODE_GRACEFUL,
        VRRP_MODE_FORCE,
        VRRP_MODE_MAX,
        VRRP_MODE_INVALID = -EINVAL,
} VrrpMode;
STRTAB_DECLARE(vrrp_mode, VrrpMode);

typedef enum VrrpTrackerType {
        VRRP_TRACKER_INTERFACE,
        VRRP_TRACKER_SCRIPT,
        VRRP_TRACKER_FILE,
        VRRP_TRACKER_PROCESS,
        VRRP_TRACKER_UNIT,
        VRRP_TRACKER_TYPE_MAX,
        VRRP_TRACKER_TYPE_INVALID = -EINVAL,
} VrrpTrackerType;
STRTAB_DECLARE(vrrp_tracker_type, VrrpTrackerType);

typedef enum VrrpTrackerState {
        VRRP_TRACKER_UNKNOWN,
        VRRP_TRACKER_UP,
        VRRP_TRACKER_DOWN,
        VRRP_TRACKER_RISING,  /* down, the last result was good, `rise` not reached yet */
        VRRP_TRACKER_FALLING, /* up, the last result was bad, `fall` not reached yet */
        VRRP_TRACKER_STATE_MAX,
        VRRP_TRACKER_STATE_INVALID = -EINVAL,
} VrrpTrackerState;
STRTAB_DECLARE(vrrp_tracker_state, VrrpTrackerState);

/* An IP address of either family. Unused bytes are 0, so memcmp() compares. family 0 = no address. */
typedef struct VrrpAddress {
        int family; /* AF_INET, AF_INET6 or 0 */
        uint8_t bytes[16];
} VrrpAddress;

#define VRRP_ADDRESS_STRLEN 46 /* INET6_ADDRSTRLEN */

static inline bool vrrp_address_is_set(const VrrpAddress *a) {
        return a->family != 0;
}
bool vrrp_address_is_multicast(const VrrpAddress *a);
bool vrrp_address_is_link_local(const VrrpAddress *a); /* fe80::/10; never an IPv4 one */
bool vrrp_address_equal(const VrrpAddress *a, const VrrpAddress *b);
/* Network byte order as an unsigned number, as the RFC's tie-break wants: <0, 0, >0. */
int vrrp_address_compare(const VrrpAddress *a, const VrrpAddress *b);
/* Canonical text into buf (VRRP_ADDRESS_STRLEN bytes); "" for no address. Returns buf. */
const char *vrrp_address_to_string(const VrrpAddress *a, char *buf);
/* Bytes in an address of this family: 4, 16, or 0. */
size_t vrrp_address_size(int family);
