/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Birth and death of the records of service/publish.h. A record owns everything it points to, so whoever
 * takes one out of a mailbox (or finds it there when the mailbox is torn down) frees it here, without
 * knowing what kind it is. It knows nothing of threads: a record belongs to exactly one of them at a time.
 */

#include "service/publish.h"

/* Errors: -ENOMEM. The record is zeroed apart from its type. */
int record_new(RecordType type, Record **ret) {
        Record *r = calloc(1, sizeof(*r));
        if (!r)
                return -ENOMEM;
        r->type = type;
        *ret = r;
        return 0;
}

InstanceStatus *instance_status_free(InstanceStatus *s) {
        if (!s)
                return NULL;
        free(s->vips);
        free(s->excluded);
        free(s->peers);
        free(s->tracks);
        free(s->faults);
        free(s->conflicts);
        free(s);
        return NULL;
}

GroupStatus *group_status_free(GroupStatus *s) {
        if (!s)
                return NULL;
        free(s->members);
        free(s);
        return NULL;
}

Record *record_free(Record *r) {
        if (!r)
                return NULL;

        switch (r->type) {
        case RECORD_INSTANCE:
                instance_status_free(r->status);
                break;
        case RECORD_TRACKER:
                free(r->tracker);
                break;
        case RECORD_GROUP:
                group_status_free(r->group);
                break;
        case RECORD_EVENT:
        case RECORD_GROUP_EVENT:
                free(r->event);
                break;
        case RECORD_LOG:
                free(r->log);
                break;
        case RECORD_STATISTICS:
                free(r->statistics.items);
                break;
        case RECORD_GARBAGE:
                if (r->garbage.free)
                        r->garbage.free(r->garbage.object);
                break;
        case RECORD_INSTANCE_REMOVED:
        case RECORD_TRACKER_REMOVED:
        case RECORD_GROUP_REMOVED:
        case RECORD_RELOADED:
        case RECORD_RESYNC_DONE:
        case RECORD_READY:
        case RECORD_STOPPING:
        case RECORD_STOPPED:
                break;
        }
        free(r);
        return NULL;
}

/* Errors: -ENOMEM. The command is zeroed apart from its type and the uid, which is "nobody". */
int command_new(CommandType type, Command **ret) {
        Command *c = calloc(1, sizeof(*c));
        if (!c)
                return -ENOMEM;
        c->type = type;
        c->uid = UINT32_MAX;
        *ret = c;
        return 0;
}

Command *command_free(Command *c) {
        if (!c)
                return NULL;
        if (c->config && c->free_config)
                c->free_config(c->config);
        free(c);
        return NULL;
}
