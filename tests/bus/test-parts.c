/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The parts of the bus side that need no bus: paths, ring, mirror, texts, the table of actions, the birth
 * and death of records. */

#include "dbus/event-ring.h"
#include "dbus/instance-object.h"
#include "dbus/mirror.h"
#include "dbus/names.h"
#include "dbus/object-path.h"
#include "dbus/strv.h"
#include "policy/actions.h"
#include <glib.h>
#include <stdio.h>
#include <sys/socket.h>

/* Any name has a path, and the path leads back to the name. */
static void test_paths(void) {
        static const char *const names[] = {
                        "a", "_", "proxy_ip1", "a.b", "a/b", "ä ö", "0", "-", "instance", "\n"};

        for (size_t i = 0; i < ELEMENTSOF(names); i++) {
                g_autofree char *path = NULL, *name = NULL;

                g_assert_cmpint(object_path_instance(names[i], &path), >=, 0);
                g_assert_true(g_variant_is_object_path(path));
                g_assert_cmpint(object_path_to_instance(path, &name), >=, 0);
                g_assert_cmpstr(name, ==, names[i]);
        }
        for (VrrpTrackerType t = 0; t < VRRP_TRACKER_TYPE_MAX; t++) {
                g_autofree char *path = NULL, *name = NULL;
                VrrpTrackerType type = VRRP_TRACKER_TYPE_INVALID;

                g_assert_cmpint(object_path_tracker(t, "eth0.100", &path), >=, 0);
                g_assert_cmpint(object_path_to_tracker(path, &type, &name), >=, 0);
                g_assert_cmpint(type, ==, t);
                g_assert_cmpstr(name, ==, "eth0.100");
        }
}

/* What is no object's path is refused, also what would decode to a name. */
static void test_wrong_paths(void) {
        static const char *const wrong[] = {
                        VRRPD_PATH,
                        VRRPD_PATH_INSTANCE,
                        VRRPD_PATH_INSTANCE "/",
                        VRRPD_PATH_INSTANCE "/_",
                        VRRPD_PATH_INSTANCE "/_61",
                        VRRPD_PATH_INSTANCE "/a/b",
                        VRRPD_PATH_INSTANCE "/_2E",
                        VRRPD_PATH_TRACKER "/nothing/a",
                        "/",
        };

        for (size_t i = 0; i < ELEMENTSOF(wrong); i++) {
                VrrpTrackerType type;
                char *name;

                g_assert_cmpint(object_path_to_instance(wrong[i], &name), ==, -ENOENT);
                g_assert_cmpint(object_path_to_tracker(wrong[i], &type, &name), ==, -ENOENT);
        }
}

static void add_events(EventRing *r, unsigned n) {
        for (unsigned i = 0; i < n; i++) {
                InstanceEvent *e = calloc(1, sizeof(*e));

                g_assert_nonnull(e);
                (void)event_ring_add(r, e, 100, false);
        }
}

/* The ring knows what it has, what it has lost, and in which order. */
static void test_ring(void) {
        _cleanup_(event_ring_freep) EventRing *r = NULL, *other = NULL;

        g_assert_cmpint(event_ring_new(&r), ==, 0);
        g_assert_cmpint(event_ring_new(&other), ==, 0);
        g_assert_cmpstr(event_ring_epoch(r), !=, event_ring_epoch(other));
        g_assert_cmpuint(strlen(event_ring_epoch(r)), ==, 32);
        g_assert_null(event_ring_next(r, 0));
        g_assert_true(event_ring_complete(r, 0));

        add_events(r, 3);
        g_assert_cmpuint(event_ring_sequence(r), ==, 3);
        g_assert_cmpuint(event_ring_next(r, 1)->seq, ==, 2);
        g_assert_null(event_ring_next(r, 3));
        g_assert_null(event_ring_next(r, UINT64_MAX));
        g_assert_true(event_ring_complete(r, 3));
        g_assert_false(event_ring_complete(r, 4));

        event_ring_lose(r); /* number 4 */
        add_events(r, 1);
        g_assert_false(event_ring_complete(r, 3));
        g_assert_true(event_ring_complete(r, 4));
        g_assert_cmpuint(event_ring_next(r, 3)->seq, ==, 5);
        g_assert_cmpuint(event_ring_next(r, 2)->seq, ==, 3);

        add_events(r, EVENT_RING_SIZE - 1);
        g_assert_true(event_ring_complete(r, 4));
        g_assert_cmpuint(event_ring_next(r, 0)->seq, ==, 5);
        add_events(r, 1);
        g_assert_false(event_ring_complete(r, 4));
        g_assert_true(event_ring_complete(r, 5));
        g_assert_cmpuint(event_ring_next(r, 0)->seq, ==, 6);
}

static InstanceStatus *status_new(uint32_t id, const char *name, VrrpState state, uint32_t tracker) {
        InstanceStatus *s = calloc(1, sizeof(*s));

        g_assert_nonnull(s);
        s->id = id;
        s->state = state;
        (void)snprintf(s->name, sizeof(s->name), "%s", name);
        if (tracker > 0) {
                s->tracks = calloc(1, sizeof(*s->tracks));
                g_assert_nonnull(s->tracks);
                s->tracks[0].tracker = tracker;
                s->n_tracks = 1;
        }
        return s;
}

static TrackerStatus *tracker_new(uint32_t id, const char *name) {
        TrackerStatus *s = calloc(1, sizeof(*s));

        g_assert_nonnull(s);
        s->id = id;
        s->type = VRRP_TRACKER_FILE;
        (void)snprintf(s->name, sizeof(s->name), "%s", name);
        return s;
}

static void collect_name(InstanceObject *o, void *userdata) {
        g_string_append_printf(userdata, "%s ", o->status->name);
}

/* Objects are found in all three ways, walked in the order of their names, counted, and gone when removed.
 */
static void test_mirror(void) {
        _cleanup_(mirror_freep) Mirror *m = NULL;
        g_autoptr(GString) names = g_string_new(NULL);
        InstanceObject *o, *web;
        InstanceStatus *old, *extra;

        g_assert_cmpint(mirror_new(&m), ==, 0);
        g_assert_cmpint(mirror_add_instance(m, status_new(7, "web", VRRP_MASTER, 0), &web), ==, 0);
        g_assert_cmpint(mirror_add_instance(m, status_new(3, "dns", VRRP_BACKUP, 0), &o), ==, 0);
        g_assert_cmpint(mirror_add_instance(m, status_new(5, "a.b", VRRP_FAULT, 0), &o), ==, 0);
        g_assert_true(mirror_instance_by_id(m, 7) == web);
        g_assert_true(mirror_instance_by_name(m, "web") == web);
        g_assert_true(mirror_instance_by_path(m, VRRPD_PATH_INSTANCE "/web") == web);
        g_assert_true(mirror_instance_by_path(m, VRRPD_PATH_INSTANCE "/a_2eb") == o);
        g_assert_null(mirror_instance_by_path(m, VRRPD_PATH_INSTANCE));
        g_assert_null(mirror_instance_by_id(m, 8));
        g_autofree char *endless = g_strnfill(10000, 'x');
        g_assert_null(mirror_instance_by_name(m, endless));

        extra = status_new(7, "other", VRRP_BACKUP, 0);
        g_assert_cmpint(mirror_add_instance(m, extra, &o), ==, -EEXIST);
        instance_status_free(extra);
        extra = status_new(8, "web", VRRP_BACKUP, 0);
        g_assert_cmpint(mirror_add_instance(m, extra, &o), ==, -EEXIST);
        instance_status_free(extra);
        extra = status_new(8, "", VRRP_BACKUP, 0);
        g_assert_cmpint(mirror_add_instance(m, extra, &o), ==, -EINVAL);
        instance_status_free(extra);

        mirror_foreach_instance(m, collect_name, names);
        g_assert_cmpstr(names->str, ==, "a.b dns web ");
        g_assert_cmpuint(mirror_counts(m)->by_state[VRRP_MASTER], ==, 1);
        g_assert_cmpint(mirror_replace_instance(m, web, status_new(7, "web", VRRP_BACKUP, 0), &old), ==, 0);
        instance_status_free(old);
        g_assert_cmpuint(mirror_counts(m)->by_state[VRRP_MASTER], ==, 0);
        g_assert_cmpuint(mirror_counts(m)->by_state[VRRP_BACKUP], ==, 2);
        mirror_remove_instance(m, web);
        g_assert_null(mirror_instance_by_name(m, "web"));
        g_assert_cmpuint(mirror_counts(m)->instances, ==, 2);
}

/* A tracker that is named before it is published, or after it went, is a place holder that nobody finds. */
static void test_mirror_trackers(void) {
        _cleanup_(mirror_freep) Mirror *m = NULL;
        InstanceObject *o;
        TrackerObject *t;
        TrackerStatus *extra;

        g_assert_cmpint(mirror_new(&m), ==, 0);
        g_assert_cmpint(mirror_add_instance(m, status_new(1, "web", VRRP_BACKUP, 9), &o), ==, 0);
        g_assert_null(mirror_tracker_by_id(m, 9));
        g_assert_cmpint(mirror_add_tracker(m, tracker_new(9, "load"), &t), ==, 0);
        g_assert_true(mirror_tracker_by_id(m, 9) == t);
        g_assert_true(o->uses[0].tracker == t);
        g_assert_false(list_empty(&t->users));
        g_assert_true(mirror_tracker_by_path(m, VRRPD_PATH_TRACKER "/file/load") == t);
        g_assert_null(mirror_tracker_by_path(m, VRRPD_PATH_TRACKER "/script/load"));
        extra = tracker_new(10, "load");
        g_assert_cmpint(mirror_add_tracker(m, extra, &t), ==, -EEXIST);
        free(extra);
        extra = tracker_new(10, "");
        g_assert_cmpint(mirror_add_tracker(m, extra, &t), ==, -EINVAL);
        free(extra);

        mirror_remove_tracker(m, mirror_tracker_by_id(m, 9));
        g_assert_null(mirror_tracker_by_name(m, VRRP_TRACKER_FILE, "load"));
        g_assert_null(o->uses[0].tracker->path);
        g_assert_cmpint(mirror_add_tracker(m, tracker_new(9, "load"), &t), ==, 0);
        g_assert_true(o->uses[0].tracker == t);
        g_assert_cmpuint(mirror_counts(m)->trackers, ==, 1);
}

/* Each changing member of a status is noticed, and only those; the constant ones make it another object. */
static void test_changes(void) {
        _cleanup_(instance_status_freep) InstanceStatus *a = status_new(1, "web", VRRP_BACKUP, 4);
        _cleanup_(instance_status_freep) InstanceStatus *b = status_new(1, "web", VRRP_BACKUP, 4);

        g_assert_cmpuint(instance_object_changes(a, b), ==, 0);
        b->tracks[0].weight = 10;
        g_assert_cmpuint(instance_object_changes(a, b), ==, instance_object_trackers_bit());
        b->tracks[0].weight = 0;
        b->state = VRRP_MASTER;
        b->priority = 101;
        b->master_address.family = AF_INET;
        (void)snprintf(b->admin_reason, sizeof(b->admin_reason), "why not");
        g_assert_cmpint(__builtin_popcountll(instance_object_changes(a, b)), ==, 4);
        g_assert_false(instance_object_is_other(a, b));
        b->vrid = 3;
        g_assert_true(instance_object_is_other(a, b));
}

/* Messages are split where a line begins at the margin. */
static void test_messages(void) {
        static const struct {
                const char *text, *joined;
        } cases[] = {
                        {"", ""},
                        {"one", "one"},
                        {"one\n", "one"},
                        {"one\ntwo\n", "one|two"},
                        {"one\n  more\n\n\ttwo\n", "one\n  more|\ttwo"},
                        {"one\n  more\n\ttoo\ntwo", "one\n  more\n\ttoo|two"},
                        {"\n\n", ""},
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_(strv_freep) char **v = NULL;

                g_assert_cmpint(strv_split_messages(cases[i].text, &v), ==, 0);
                g_autofree char *joined = g_strjoinv("|", v);
                g_assert_cmpstr(joined, ==, cases[i].joined);
        }
}

/* The table says what is needed for each method, and nothing for what it does not know. */
static void test_actions(void) {
        static const struct {
                const char *interface, *member, *hold, *action;
        } cases[] = {
                        {VRRPD_INTERFACE_INSTANCE, "Failover", "enabled", "org.vrrpd.vrrp1.failover"},
                        {VRRPD_INTERFACE_INSTANCE, "ForceElection", "enabled", "org.vrrpd.vrrp1.failover"},
                        {VRRPD_INTERFACE_INSTANCE, "Promote", "yielding", "org.vrrpd.vrrp1.promote"},
                        {VRRPD_INTERFACE_INSTANCE, "Pause", "", "org.vrrpd.vrrp1.pause"},
                        {VRRPD_INTERFACE_INSTANCE, "Resume", "yielding", "org.vrrpd.vrrp1.failover"},
                        {VRRPD_INTERFACE_INSTANCE, "Resume", "promoted", "org.vrrpd.vrrp1.promote"},
                        {VRRPD_INTERFACE_INSTANCE, "Resume", "paused", "org.vrrpd.vrrp1.pause"},
                        {VRRPD_INTERFACE_INSTANCE, "Resume", "enabled", NULL},
                        {VRRPD_INTERFACE_INSTANCE, "Announce", "", "org.vrrpd.vrrp1.announce"},
                        {VRRPD_INTERFACE_MANAGER, "Reload", "", "org.vrrpd.vrrp1.reload"},
                        {VRRPD_INTERFACE_MANAGER, "Failover", "", NULL},
                        {VRRPD_INTERFACE_INSTANCE, "Explode", "", NULL},
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++)
                g_assert_cmpstr(policy_action_for(cases[i].interface, cases[i].member, cases[i].hold), ==,
                                cases[i].action);
}

static unsigned configs_freed;

static void free_config(void *config) {
        g_assert_true(config == &configs_freed);
        configs_freed++;
}

/* Freeing a record frees what its kind owns (the sanitizer watches); a command that dies unread gives its
 * configuration back. */
static void test_records(void) {
        Record *r;
        Command *c;

        for (RecordType t = RECORD_INSTANCE; t <= RECORD_STOPPED; t++) {
                g_assert_cmpint(record_new(t, &r), ==, 0);
                if (t == RECORD_INSTANCE)
                        r->status = status_new(1, "web", VRRP_BACKUP, 2);
                else if (t == RECORD_TRACKER)
                        r->tracker = tracker_new(1, "x");
                else if (t == RECORD_GROUP) {
                        r->group = calloc(1, sizeof(GroupStatus));
                        r->group->members = calloc(2, sizeof(uint32_t));
                } else if (t == RECORD_EVENT || t == RECORD_GROUP_EVENT)
                        r->event = calloc(1, sizeof(InstanceEvent));
                else if (t == RECORD_LOG)
                        r->log = calloc(1, sizeof(LogRecord));
                else if (t == RECORD_STATISTICS)
                        r->statistics.items = calloc(1, sizeof(Statistic));
                else if (t == RECORD_GARBAGE) {
                        r->garbage.object = calloc(1, 1);
                        r->garbage.free = free;
                }
                g_assert_null(record_free(r));
        }
        g_assert_null(record_free(NULL));
        g_assert_null(instance_status_free(NULL));
        g_assert_null(group_status_free(NULL));

        g_assert_cmpint(command_new(COMMAND_RELOAD, &c), ==, 0);
        g_assert_cmpuint(c->uid, ==, UINT32_MAX);
        c->config = &configs_freed;
        c->free_config = free_config;
        g_assert_null(command_free(c));
        g_assert_cmpuint(configs_freed, ==, 1);
        g_assert_null(command_free(NULL));
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/bus/parts/paths", test_paths);
        g_test_add_func("/bus/parts/wrong-paths", test_wrong_paths);
        g_test_add_func("/bus/parts/ring", test_ring);
        g_test_add_func("/bus/parts/mirror", test_mirror);
        g_test_add_func("/bus/parts/mirror-trackers", test_mirror_trackers);
        g_test_add_func("/bus/parts/changes", test_changes);
        g_test_add_func("/bus/parts/messages", test_messages);
        g_test_add_func("/bus/parts/actions", test_actions);
        g_test_add_func("/bus/parts/records", test_records);
        return g_test_run();
}
