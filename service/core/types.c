/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The words and addresses that all rooms share. Owns the string tables, which are part of the D-Bus contract
 * and of vrrpctl's output: a string once released is never changed. Must not know who prints them. */

#include "service/core/types.h"
#include <arpa/inet.h>

static const char *const vrrp_state_table[] = {
                [VRRP_INITIALIZE] = "initialize",
                [VRRP_BACKUP] = "backup",
                [VRRP_MASTER] = "master",
                [VRRP_FAULT] = "fault",
};
STRTAB_DEFINE(vrrp_state, VrrpState, vrrp_state_table);

static const char *const vrrp_admin_state_table[] = {
                [VRRP_ADMIN_ENABLED] = "enabled",
                [VRRP_ADMIN_HANDING_OVER] = "handing-over",
                [VRRP_ADMIN_YIELDING] = "yielding",
                [VRRP_ADMIN_PROMOTED] = "promoted",
                [VRRP_ADMIN_PAUSED] = "paused",
};
STRTAB_DEFINE(vrrp_admin_state, VrrpAdminState, vrrp_admin_state_table);

static const char *const vrrp_reason_table[] = {
                [VRRP_REASON_NONE] = "none",
                [VRRP_REASON_STARTED] = "started",
                [VRRP_REASON_OWNER] = "address-owner",
                [VRRP_REASON_MASTER_DOWN] = "master-down",
                [VRRP_REASON_MASTER_RESIGNED] = "master-resigned",
                [VRRP_REASON_PREEMPTED_LOWER] = "preempting-lower-priority",
                [VRRP_REASON_HIGHER_PRIORITY] = "higher-priority-master",
                [VRRP_REASON_HIGHER_ADDRESS] = "equal-priority-higher-address",
                [VRRP_REASON_HANDED_OVER] = "handed-over",
                [VRRP_REASON_FORCED] = "forced",
                [VRRP_REASON_ELECTED] = "elected",
                [VRRP_REASON_PROMOTED] = "promoted",
                [VRRP_REASON_PAUSED] = "paused",
                [VRRP_REASON_RESUMED] = "resumed",
                [VRRP_REASON_STOPPED] = "stopped",
                [VRRP_REASON_FAULT] = "fault",
                [VRRP_REASON_FAULT_CLEARED] = "fault-cleared",
                [VRRP_REASON_WAITING] = "waiting-for-trackers",
                [VRRP_REASON_CONFIGURATION] = "configuration",
                [VRRP_REASON_GROUP] = "group",
                [VRRP_REASON_STARTUP_DELAY] = "startup-delay",
                [VRRP_REASON_HELD_UP] = "held-up",
};
STRTAB_DEFINE(vrrp_reason, VrrpReason, vrrp_reason_table);

static const char *const vrrp_operation_table[] = {
                [VRRP_OP_FAILOVER] = "failover",
                [VRRP_OP_ELECTION] = "election",
                [VRRP_OP_PROMOTE] = "promote",
                [VRRP_OP_PAUSE] = "pause",
                [VRRP_OP_RESUME] = "resume",
                [VRRP_OP_STOP] = "stop",
};
STRTAB_DEFINE(vrrp_operation, VrrpOperation, vrrp_operation_table);

static const char *const vrrp_result_table[] = {
                [VRRP_RESULT_DONE] = "done",
                [VRRP_RESULT_NO_SUCCESSOR] = "no-successor",
                [VRRP_RESULT_FORCED] = "forced",
                [VRRP_RESULT_LOST] = "lost",
                [VRRP_RESULT_CANCELED] = "canceled",
                [VRRP_RESULT_TIMEOUT] = "timeout",
                [VRRP_RESULT_FAILED] = "failed",
                [VRRP_RESULT_NOT_MASTER] = "not-master",
                [VRRP_RESULT_NOT_BACKUP] = "not-backup",
                [VRRP_RESULT_IN_FAULT] = "in-fault",
                [VRRP_RESULT_NOT_ELIGIBLE] = "not-eligible",
                [VRRP_RESULT_NOT_HELD] = "not-held",
                [VRRP_RESULT_PENDING] = "operation-pending",
                [VRRP_RESULT_NO_SUCH_INSTANCE] = "no-such-instance",
                [VRRP_RESULT_NO_SUCH_GROUP] = "no-such-group",
                [VRRP_RESULT_GROUP_MEMBER] = "group-member",
                [VRRP_RESULT_STOPPING] = "stopping",
};
STRTAB_DEFINE(vrrp_result, VrrpResult, vrrp_result_table);

static const char *const vrrp_conflict_table[] = {
                [VRRP_CONFLICT_TWO_MASTERS] = "two-masters",
                [VRRP_CONFLICT_VIP_MISMATCH] = "vip-mismatch",
                [VRRP_CONFLICT_INTERVAL_MISMATCH] = "interval-mismatch",
                [VRRP_CONFLICT_AUTH_MISMATCH] = "auth-mismatch",
                [VRRP_CONFLICT_VERSION_MISMATCH] = "version-mismatch",
                [VRRP_CONFLICT_CHECKSUM_MISMATCH] = "checksum-mismatch",
                [VRRP_CONFLICT_SAME_SOURCE] = "same-source",
};
STRTAB_DEFINE(vrrp_conflict, VrrpConflict, vrrp_conflict_table);

static const char *const vrrp_mode_table[] = {
                [VRRP_MODE_GRACEFUL] = "graceful",
                [VRRP_MODE_FORCE] = "force",
};
STRTAB_DEFINE(vrrp_mode, VrrpMode, vrrp_mode_table);

static const char *const vrrp_tracker_type_table[] = {
                [VRRP_TRACKER_INTERFACE] = "interface",
                [VRRP_TRACKER_SCRIPT] = "script",
                [VRRP_TRACKER_FILE] = "file",
                [VRRP_TRACKER_PROCESS] = "process",
                [VRRP_TRACKER_UNIT] = "unit",
};
STRTAB_DEFINE(vrrp_tracker_type, VrrpTrackerType, vrrp_tracker_type_table);

static const char *const vrrp_tracker_state_table[] = {
                [VRRP_TRACKER_UNKNOWN] = "unknown",
                [VRRP_TRACKER_UP] = "up",
                [VRRP_TRACKER_DOWN] = "down",
                [VRRP_TRACKER_RISING] = "rising",
                [VRRP_TRACKER_FALLING] = "falling",
};
STRTAB_DEFINE(vrrp_tracker_state, VrrpTrackerState, vrrp_tracker_state_table);

_Static_assert(ELEMENTSOF(vrrp_state_table) == VRRP_STATE_MAX, "every state has a name");
_Static_assert(ELEMENTSOF(vrrp_admin_state_table) == VRRP_ADMIN_STATE_MAX, "every admin state has a name");
_Static_assert(ELEMENTSOF(vrrp_reason_table) == VRRP_REASON_MAX, "every reason has a name");
_Static_assert(ELEMENTSOF(vrrp_operation_table) == VRRP_OP_MAX, "every operation has a name");
_Static_assert(ELEMENTSOF(vrrp_result_table) == VRRP_RESULT_MAX, "every result has a name");
_Static_assert(ELEMENTSOF(vrrp_conflict_table) == VRRP_CONFLICT_MAX, "every conflict has a name");
_Static_assert(ELEMENTSOF(vrrp_mode_table) == VRRP_MODE_MAX, "every mode has a name");
_Static_assert(ELEMENTSOF(vrrp_tracker_type_table) == VRRP_TRACKER_TYPE_MAX,
                "every tracker type has a name");
_Static_assert(ELEMENTSOF(vrrp_tracker_state_table) == VRRP_TRACKER_STATE_MAX,
                "every tracker state has a name");

size_t vrrp_address_size(int family) {
        if (family == AF_INET)
                return sizeof(struct in_addr);
        if (family == AF_INET6)
                return sizeof(struct in6_addr);
        return 0;
}

bool vrrp_address_is_multicast(const VrrpAddress *a) {
        return a->family == AF_INET ? (a->bytes[0] & 0xf0) == 0xe0 : a->bytes[0] == 0xff;
}

bool vrrp_address_is_link_local(const VrrpAddress *a) {
        return a->family == AF_INET6 && a->bytes[0] == 0xfe && (a->bytes[1] & 0xc0) == 0x80;
}

/* No memcmp() over the whole struct: it would compare padding if the struct ever had any. */
bool vrrp_address_equal(const VrrpAddress *a, const VrrpAddress *b) {
        return vrrp_address_compare(a, b) == 0;
}

/* RFC 9568 section 6.4.3 compares "in network byte order, as an unsigned integer". Addresses of different
 * families never meet in one virtual router; ordering them by family keeps this a total order, and no
 * address is below any. */
int vrrp_address_compare(const VrrpAddress *a, const VrrpAddress *b) {
        if (a->family != b->family)
                return a->family < b->family ? -1 : 1;
        return memcmp(a->bytes, b->bytes, vrrp_address_size(a->family));
}

const char *vrrp_address_to_string(const VrrpAddress *a, char *buf) {
        if (vrrp_address_size(a->family) == 0 || !inet_ntop(a->family, a->bytes, buf, VRRP_ADDRESS_STRLEN))
                buf[0] = '\0';
        return buf;
}
