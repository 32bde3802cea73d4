/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The verbs that only read: their tables, their JSON, their exit codes, and what becomes of hostile text. */

#include "fake-daemon.h"
#include <glib/gstdio.h>
#include <jansson.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

static json_t *parse(const char *text) {
        json_error_t error;
        json_t *v = json_loads(text, 0, &error);
        if (!v)
                g_test_message("%s: %s", error.text, text);
        g_assert_nonnull(v);
        return v;
}

static const char *json_text(const json_t *v, const char *key) {
        return json_string_value(json_object_get(v, key));
}

/* The line that begins with `start`. */
static char *line_of(const char *text, const char *start) {
        g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
        for (char **p = lines; *p; p++)
                if (g_str_has_prefix(*p, start))
                        return g_strdup(*p);
        g_test_message("no line begins with \"%s\" in:\n%s", start, text);
        return NULL;
}

/* Blanks between words do not matter in a table. */
static char *squeeze(const char *line) {
        g_autofree char *copy = g_strdup(line);
        GString *s = g_string_new(NULL);
        g_auto(GStrv) words = g_strsplit_set(copy, " ", -1);
        for (char **p = words; *p; p++)
                if (**p)
                        g_string_append_printf(s, "%s%s", s->len ? " " : "", *p);
        return g_string_free(s, FALSE);
}

/* Property: `status`, also without a verb, prints one line per instance, sorted by name, with the columns of
 * the manual. */
static void test_status_table(void) {
        g_autoptr(FakeDaemon) f = fake_daemon_new();
        fake_add_instance(f, "VI_2");
        FakeObject *o = fake_add_instance(f, "VI_1");
        fake_make_master(o);
        fake_set(o, "SyncGroup", "o", "/org/vrrpd/Vrrp1/group/VG_5f1");

        for (int i = 0; i < 2; i++) {
                g_autoptr(Run) r = i == 0 ? run_ctl(f, "status", NULL) : run_ctl(f, NULL);
                g_assert_cmpint(r->code, ==, 0);
                g_assert_cmpstr(r->err, ==, "");
                g_assert_true(strstr(r->out, "VI_1") < strstr(r->out, "VI_2"));
                g_autofree char *head = line_of(r->out, "NAME"), *head_words = squeeze(head);
                g_assert_cmpstr(head_words, ==, "NAME GROUP IFACE VRID STATE ADMIN PRIO MASTER VIPS SINCE");
                g_autofree char *l1 = line_of(r->out, "VI_1"), *words = squeeze(l1);
                assert_contains(words, "VI_1 VG_1 eth0 51 MASTER enabled 100 (self) 192.0.2.10/24 +2 ");
                g_autofree char *l2 = line_of(r->out, "VI_2"), *words2 = squeeze(l2);
                assert_contains(words2, "VI_2 - eth0 51 BACKUP enabled 100 192.0.2.7 192.0.2.10/24 +2 ");
                assert_lacks(r->out, "\033");
                assert_lacks(r->out, "resume");
        }
}

/* Property: what wants attention stands at the end of the line: the first fault, a conflict, how to end a
 * hold. */
static void test_status_hints(void) {
        g_autoptr(FakeDaemon) f = fake_daemon_new();
        FakeObject *fault = fake_add_instance(f, "VI_FAULT"), *hold = fake_add_instance(f, "VI_HOLD");
        FakeObject *conflict = fake_add_instance(f, "VI_CONFLICT");
        fake_set(fault, "State", "s", "fault");
        fake_set(fault, "MasterAddress", "s", "");
        fake_set(fault, "Faults", "@a(ss)",
                        g_variant_new_parsed(
                                        "[('link', 'interface eth2 is down'), ('script', 'chk failed')]"));
        fake_set(hold, "AdminState", "s", "yielding");
        FakeObject *member = fake_add_instance(f, "VI_MEMBER");
        fake_set(member, "AdminState", "s", "paused");
        fake_set(member, "SyncGroup", "o", "/org/vrrpd/Vrrp1/group/VG_5f1");
        fake_set(conflict, "Conflicts", "@a(ss)", g_variant_new_parsed("[('two-masters', '192.0.2.9')]"));

        g_autoptr(Run) r = run_ctl(f, "status", NULL);
        g_assert_cmpint(r->code, ==, 0);
        g_autofree char *l1 = line_of(r->out, "VI_FAULT"), *l2 = line_of(r->out, "VI_HOLD");
        g_autofree char *l3 = line_of(r->out, "VI_CONFLICT");
        g_assert_true(g_str_has_suffix(l1, "interface eth2 is down, ..."));
        g_assert_true(g_str_has_suffix(l2, "<- vrrpctl resume VI_HOLD"));
        g_autofree char *l4 = line_of(r->out, "VI_MEMBER");
        g_assert_true(g_str_has_suffix(l4, "<- vrrpctl resume --group VG_1"));
        g_assert_true(g_str_has_suffix(l3, "conflict: 192.0.2.9 is master too"));
}

/* Property: instances without addresses, with one, or with excluded ones only are all printed sensibly. */
static void test_status_vips(void) {
        g_autoptr(FakeDaemon) f = fake_daemon_new();
        FakeObject *none = fake_add_instance(f, "V_NONE"), *one = fake_add_instance(f, "V_ONE");
        fake_set(none, "VIPs", "@as", g_variant_new_strv(NULL, 0));
        fake_set(none, "ExcludedVIPs", "@as", g_variant_new_strv(NULL, 0));
        fake_set(one, "VIPs", "@as", g_variant_new_strv(NULL, 0));
        fake_set(one, "Interface", "s", "");
        g_autoptr(Run) r = run_ctl(f, "status", NULL);
        g_autofree char *l1 = line_of(r->out, "V_NONE"), *w1 = squeeze(l1);
        g_autofree char *l2 = line_of(r->out, "V_ONE"), *w2 = squeeze(l2);
        assert_contains(w1, " 192.0.2.7 - ");
        assert_contains(w2, "V_ONE - - 51 ");
        assert_contains(w2, " 192.0.2.7 198.51.100.1/32 ");
        assert_lacks(w2, "+");
}

/* Property: what sd-bus's object manager lists in addition (the manager, standard interfaces) is taken or
 * skipped. */
static void test_status_listed_manager(void) {
        g_autoptr(FakeDaemon) f = fake_daemon_new();
        fake_add_instance(f, "V");
        f->lists_manager = TRUE;
        g_autoptr(Run) r = run_ctl(f, "status", "--json", NULL);
        g_assert_cmpint(r->code, ==, 0);
        assert_contains(r->out, "\"router_id\":\"r1\"");
        assert_contains(r->out, "\"name\":\"V\"");
}

/* Property: names select; an unknown one is exit code 4 and the others are printed all the same. */
static void test_status_names(void) {
        g_autoptr(FakeDaemon) f = fake_daemon_new();
        fake_add_instance(f, "VI_1");
        fake_add_instance(f, "VI_2");

        g_autoptr(Run) r = run_ctl(f, "status", "VI_2", "VI_9", NULL);
        g_assert_cmpint(r->code, ==, 4);
        assert_contains(r->out, "VI_2");
        assert_lacks(r->out, "VI_1");
        assert_contains(r->err, "there is no instance \"VI_9\"");
}

/* Property: --no-legend leaves only the lines; a daemon without instances says so. */
static void test_status_legend(void) {
        g_autoptr(FakeDaemon) f = fake_daemon_new();
        g_autoptr(Run) empty = run_ctl(f, "status", NULL);
        g_assert_cmpint(empty->code, ==, 0);
        assert_contains(empty->out, "no instances");

        fake_add_instance(f, "VI_1");
        g_autoptr(Run) r = run_ctl(f, "status", "--no-legend", NULL);
        g_assert_true(g_str_has_prefix(r->out, "VI_1"));
}

/* Property: the table tells when the last reload failed, as the configuration on disk is then not the
 * running one. */
static void test_status_failed_reload(void) {
        g_autoptr(FakeDaemon) f = fake_daemon_new();
        fake_add_instance(f, "VI_1");
        fake_set_manager(f, "LastReloadResult", "s", "failed");

        g_autoptr(Run) r = run_ctl(f, "status", NULL);
        g_assert_cmpint(r->code, ==, 0);
        assert_contains(r->err, "The last reload failed");
        assert_contains(r->err, "\"vrrpctl check\" says why");
        static const char *const files[] = {"/srv/router.conf", "/srv/more.conf", NULL};
        fake_set_manager(f, "ConfigFiles", "@as", g_variant_new_strv(files, -1));
        g_autoptr(Run) elsewhere = run_ctl(f, "status", NULL);
        assert_contains(elsewhere->err, "\"vrrpctl check /srv/router.conf\" says why");
        g_autoptr(Run) quiet = run_ctl(f, "status", "-q", NULL);
        g_assert_cmpstr(quiet->err, ==, "");
}

/* Property: --color=always colours, and NO_COLOR or a pipe does not. */
static void test_color(void) {
        g_autoptr(FakeDaemon) f = fake_daemon_new();
        fake_make_master(fake_add_instance(f, "VI_1"));

        g_autoptr(Run) always = run_ctl(f, "status", "--color=always", NULL);
        assert_contains(always->out, "\033[0;1;32m");
        g_autoptr(Run) automatic = run_ctl(f, "status", "--color=auto", NULL);
        assert_lacks(automatic->out, "\033");
        g_autoptr(Run) never = run_ctl(f, "show", "VI_1", "--color=never", NULL);
        assert_lacks(never->out, "\033");
        g_autoptr(Run) show = run_ctl(f, "show", "VI_1", "--color=always", NULL);
        assert_contains(show->out, "\033[0;1;32mVI_1\033[0m");
}

/* Property: status --json is the documented schema, with null for what is not there. */
static void test_status_json(void) {
        static const char *const keys[] = {"name", "virtual_router_id", "address_family", "protocol_version",
                        "interface", "interface_index", "virtual_mac", "source_address", "state",
                        "state_reason", "state_change_usec", "state_change_monotonic_usec", "admin_state",
                        "admin_reason", "admin_uid", "admin_expire_usec", "priority", "base_priority",
                        "preempt", "preempt_delay_usec", "advertisement_interval_usec", "master_address",
                        "master_priority", "vips", "excluded_vips", "active_vips", "peers", "sync_group",
                        "trackers", "faults", "conflicts"};
        static const char *const manager_keys[] = {"version", "api_level", "epoch", "sequence", "router_id",
                        "instances", "master", "backup", "fault", "held", "conflicts", "config_files",
                        "config_usec", "last_reload_result", "last_reload_messages", "start_usec",
                        "start_monotonic_usec"};
        g_autoptr(FakeDaemon) f = fake_daemon_new();
        FakeObject *o = fake_add_instance(f, "VI_1");
        fake_set(o, "Trackers", "@a(oi)",
                        g_variant_new_parsed(
                                        "[(objectpath '/org/vrrpd/Vrrp1/tracker/script/chk_5fa', -10)]"));
        fake_set(o, "Faults", "@a(ss)", g_variant_new_parsed("[('link', 'eth2 is down')]"));

        g_autoptr(Run) r = run_ctl(f, "status", "--json", NULL);
        g_assert_cmpint(r->code, ==, 0);
        g_assert_true(strchr(r->out, '\n') == r->out + strlen(r->out) - 1); /* one line */
        json_t *v = parse(r->out), *i = json_array_get(json_object_get(v, "instances"), 0);
        json_t *m = json_object_get(v, "manager");
        g_assert_cmpuint(json_object_size(v), ==, 2);
        g_assert_cmpuint(json_object_size(i), ==, G_N_ELEMENTS(keys));
        for (gsize k = 0; k < G_N_ELEMENTS(keys); k++)
                g_assert_nonnull(json_object_get(i, keys[k]));
        g_assert_cmpuint(json_object_size(m), ==, G_N_ELEMENTS(manager_keys));
        for (gsize k = 0; k < G_N_ELEMENTS(manager_keys); k++)
                g_assert_nonnull(json_object_get(m, manager_keys[k]));
        g_assert_cmpstr(json_text(i, "name"), ==, "VI_1");
        g_assert_cmpint(json_integer_value(json_object_get(i, "state_change_usec")), ==, 1600000000000000);
        g_assert_true(json_is_null(json_object_get(i, "admin_uid")));
        g_assert_true(json_is_null(json_object_get(i, "sync_group")));
        g_assert_true(json_is_null(json_object_get(i, "admin_expire_usec")));
        g_assert_cmpint(json_integer_value(json_object_get(i, "master_priority")), ==, 150);
        json_t *t = json_array_get(json_object_get(i, "trackers"), 0);
        g_assert_cmpstr(json_text(t, "type"), ==, "script");
        g_assert_cmpstr(json_text(t, "name"), ==, "chk_a");
        g_assert_cmpint(json_integer_value(json_object_get(t, "weight")), ==, -10);
        g_assert_cmpstr(json_text(json_array_get(json_object_get(i, "faults"), 0), "detail"), ==,
                        "eth2 is down");
        json_decref(v);

        g_autoptr(Run) pretty = run_ctl(f, "status", "--json=pretty", NULL);
        assert_contains(pretty->out, "\n  \"instances\": [\n");
        g_autoptr(Run) off = run_ctl(f, "status", "--json=off", NULL);
        g_assert_true(g_str_has_prefix(off->out, "NAME"));
}

/* Property: text that others chose cannot steer the terminal, in no verb and no format. */
static void test_unprintable(void) {
        static const char evil[] = "a\033[31m\nb\342\200\256c\302\233d\177";
        static const char *const verbs[][4] = {
                        {"status", NULL},
                        {"show", evil, NULL},
                        {"trackers", NULL},
                        {"stats", NULL},
                        {"is-master", evil, NULL},
                        {"status", "--json", NULL},
                        {"show", evil, "--json", NULL},
                        {"status", evil, "nobody\033[2J", NULL},
        };
        g_autoptr(FakeDaemon) f = fake_daemon_new();
        FakeObject *o = fake_add_instance(f, evil), *t = fake_add_tracker(f, "script", evil, "down");
        fake_set(o, "AdminState", "s", "paused");
        fake_set(o, "AdminReason", "s", evil);
        fake_set(o, "Faults", "@a(ss)", g_variant_new_parsed("[('link', %s)]", evil));
        fake_set(o, "Conflicts", "@a(ss)", g_variant_new_parsed("[(%s, %s)]", evil, evil));
        fake_set(o, "Trackers", "@a(oi)", g_variant_new_parsed("[(%o, 0)]", t->path));
        fake_set(o, "State", "s", evil);
        fake_set(t, "StatusText", "s", evil);
        fake_set(t, "Target", "s", evil);

        for (gsize i = 0; i < G_N_ELEMENTS(verbs); i++) {
                g_autoptr(Run) r =
                                run_ctl(f, verbs[i][0], verbs[i][1], verbs[i][1] ? verbs[i][2] : NULL, NULL);
                g_autofree char *all = g_strconcat(r->out, r->err, NULL);
                for (const char *p = all; *p; p++)
                        g_assert_true(*p == '\n' || (*p >= 0x20 && *p < 0x7f));
        }
        g_autoptr(Run) r = run_ctl(f, "is-master", evil, NULL);
        g_assert_cmpstr(r->out, ==, "a\\x1b[31m\\nb\\xe2\\x80\\xaec\\xc2\\x9bd\\x7f\n");
        g_autoptr(Run) j = run_ctl(f, "is-master", evil, "--json", NULL);
        json_t *v = parse(j->out);
        g_assert_cmpstr(json_text(v, "name"), ==, evil);
        json_decref(v);
}

/* Property: `show` prints every group of facts and ends in why this host is not master. */
static void test_show(void) {
        g_autoptr(FakeDaemon) f = fake_daemon_new();
        FakeObject *o = fake_add_instance(f, "VI_1");
        fake_add_tracker(f, "script", "chk", "down");
        fake_set(o, "Trackers", "@a(oi)",
                        g_variant_new_parsed("[(objectpath '/org/vrrpd/Vrrp1/tracker/script/chk', -10)]"));
        fake_set(o, "Priority", "y", 90);
        fake_set(o, "AdminState", "s", "yielding");
        fake_set(o, "AdminReason", "s", "kernel update");
        fake_set(o, "AdminUID", "u", 1000);
        fake_set(o, "AdminExpireTimestamp", "t", G_GUINT64_CONSTANT(1600000600000000));

        g_autoptr(Run) r = run_ctl(f, "show", "VI_1", NULL);
        g_assert_cmpint(r->code, ==, 0);
        static const char *const parts[] = {"Interface: eth0 (index 2)", "VRID: 51",
                        "Protocol: VRRPv3 over IPv4", "Interval: 1s", "VIPs: 192.0.2.10/24\n",
                        "Not announced: 198.51.100.1/32", "Priority: 90 (100 configured)",
                        "Master: 192.0.2.7 with priority 150", "Hold: yielding", "Reason: kernel update",
                        "User: 1000", "script: chk: down, weight -10, exit status 1", "Why\n",
                        "This host is backup since",
                        "It yields: it takes over from a silent master but does not preempt a live one, by "
                        "user 1000, saying "
                        "\"kernel update\", until ",
                        "End it with: vrrpctl resume VI_1",
                        "The master 192.0.2.7 has priority 150, higher than the 90 of this host.",
                        "Its priority is 90 at present; 100 is configured.",
                        "Tracker script chk (weight -10) is down: exit status 1."};
        for (gsize i = 0; i < G_N_ELEMENTS(parts); i++)
                assert_contains(r->out, parts[i]);

        g_autoptr(Run) j = run_ctl(f, "show", "VI_1", "--json", NULL);
        json_t *v = parse(j->out);
        g_assert_cmpstr(json_text(v, "admin_reason"), ==, "kernel update");
        g_assert_cmpint(json_integer_value(json_object_get(v, "admin_uid")), ==, 1000);
        g_assert_cmpstr(json_text(json_array_get(json_object_get(v, "tracker_states"), 0), "state"), ==,
                        "down");
        g_assert_cmpuint(json_array_size(json_object_get(v, "why")), >=, 4);
        json_decref(v);
}

/* Property: `show --config` prints the daemon's text byte by byte, as JSON in one member. */
static void test_show_config(void) {
        g_autoptr(FakeDaemon) f = fake_daemon_new();
        g_autoptr(Run) r = run_ctl(f, "show", "--config", NULL);

        g_assert_cmpint(r->code, ==, 0);
        g_assert_cmpstr(r->out, ==, "# a\nglobal_defs {\n}\n");
        g_autoptr(Run) j = run_ctl(f, "show", "--config", "--json", NULL);
        json_t *v = parse(j->out);
        g_assert_cmpstr(json_text(v, "configuration"), ==, r->out);
        json_decref(v);
}

/* Property: `show` of an instance whose master, interface and tracker are not there leaves nothing out and
 * invents nothing. */
static void test_show_missing(void) {
        g_autoptr(FakeDaemon) f = fake_daemon_new();
        FakeObject *o = fake_add_instance(f, "VI_1");
        static const char *const peers[] = {"192.0.2.7", "192.0.2.8", NULL};
        fake_set(o, "MasterAddress", "s", "");
        fake_set(o, "InterfaceIndex", "i", 0);
        fake_set(o, "PreemptDelayUSec", "t", G_GUINT64_CONSTANT(300000000));
        fake_set(o, "Peers", "^as", peers);
        fake_set(o, "Trackers", "@a(oi)",
                        g_variant_new_parsed("[(objectpath '/org/vrrpd/Vrrp1/tracker/script/gone', 0)]"));
        g_autoptr(Run) r = run_ctl(f, "show", "VI_1", NULL);
        g_assert_cmpint(r->code, ==, 0);
        assert_contains(r->out, "Interface: eth0 (missing)\n");
        assert_contains(r->out, "Preempts: yes, after 5min\n");
        assert_contains(r->out, "Master: unknown\n");
        assert_contains(r->out, "Peers: 192.0.2.7\n                    192.0.2.8\n");
        assert_contains(r->out, "No master is known.");
}

/* Property: an instance that is not there is exit code 4 in every verb that takes a name. */
static void test_no_such_instance(void) {
        static const char *const verbs[] = {"show", "failover", "elect", "promote", "pause", "resume",
                        "announce", "stats", "is-master", "wait"};
        g_autoptr(FakeDaemon) f = fake_daemon_new();
        fake_add_instance(f, "VI_1");

        for (gsize i = 0; i < G_N_ELEMENTS(verbs); i++) {
                gboolean wait = g_str_equal(verbs[i], "wait");
                g_autoptr(Run) r = run_ctl(f, verbs[i], "VI_9", wait ? "--state=master" : NULL, NULL);
                g_assert_cmpint(r->code, ==, 4);
                g_assert_cmpstr(r->out, ==, "");
                assert_contains(r->err, "vrrpctl status");
        }
        g_assert_cmpuint(f->n_calls, ==, 0);
}

/* Property: without a daemon every verb that needs it is exit code 3, names the remedy, and does not
 * activate it. */
static void test_not_running(void) {
        static const char *const verbs[][3] = {{"status"}, {"show", "V"}, {"failover", "V"}, {"elect", "V"},
                        {"promote", "V"}, {"pause", "V"}, {"resume", "V"}, {"announce", "V"}, {"reload"},
                        {"events"}, {"stats"}, {"groups"}, {"trackers"}, {"wait", "V", "--state=backup"},
                        {"is-master", "V"}};
        g_autoptr(FakeDaemon) f = fake_daemon_new_stopped();

        for (gsize i = 0; i < G_N_ELEMENTS(verbs); i++) {
                g_autoptr(Run) r =
                                run_ctl(f, verbs[i][0], verbs[i][1], verbs[i][1] ? verbs[i][2] : NULL, NULL);
                g_assert_cmpint(r->code, ==, 3);
                g_assert_cmpstr(r->out, ==, "");
                g_assert_cmpstr(r->err, ==,
                                "vrrpctl: vrrpd is not running. Start it with: systemctl start vrrpd\n");
        }
}

/* Property: without a bus it is exit code 3, too, with its own message: is-master must not take it for
 * "not master". */
static void test_no_bus(void) {
        g_autoptr(Run) r = run_ctl(NULL, "status", NULL);
        g_assert_cmpint(r->code, ==, 3);
        assert_contains(r->err, "cannot connect to the system bus");
        g_autoptr(Run) asked = run_ctl(NULL, "is-master", "V", NULL);
        g_assert_cmpint(asked->code, ==, 3);
}

/* Property: --timeout covers the way to the bus, too: one that accepts and then says nothing (stopped, or
 * far too busy) is exit code 8, for every verb. */
static void test_stuck_bus(void) {
        g_autofree char *dir = g_dir_make_tmp("vrrpctl-XXXXXX", NULL),
                        *path = g_build_filename(dir, "bus", NULL),
                        *address = g_strconcat("unix:path=", path, NULL);
        FakeDaemon stuck = {.address = address};
        struct sockaddr_un sa = {.sun_family = AF_UNIX};
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

        g_strlcpy(sa.sun_path, path, sizeof(sa.sun_path));
        g_assert_cmpint(bind(fd, (const struct sockaddr *)&sa, sizeof(sa)), ==, 0);
        g_assert_cmpint(listen(fd, 8), ==, 0);
        for (const char *const *verb = (const char *const[]){"status", "reload", "monitor", "groups", NULL};
                        *verb; verb++) {
                g_autoptr(Run) r = run_ctl(&stuck, "--timeout=100ms", *verb, NULL);
                g_assert_cmpint(r->code, ==, 8);
                assert_contains(r->err, "the system bus did not answer in time");
        }
        close(fd);
        g_assert_cmpint(g_unlink(path), ==, 0);
        g_assert_cmpint(g_rmdir(dir), ==, 0);
}

/* Property: is-master answers by its exit code, prints the state, and nothing with -q. */
static void test_is_master(void) {
        g_autoptr(FakeDaemon) f = fake_daemon_new();
        fake_add_instance(f, "VI_B");
        fake_make_master(fake_add_instance(f, "VI_M"));

        g_autoptr(Run) backup = run_ctl(f, "is-master", "VI_B", NULL);
        g_assert_cmpint(backup->code, ==, 1);
        g_assert_cmpstr(backup->out, ==, "backup\n");
        g_autoptr(Run) master = run_ctl(f, "is-master", "VI_M", NULL);
        g_assert_cmpint(master->code, ==, 0);
        g_assert_cmpstr(master->out, ==, "master\n");
        g_autoptr(Run) quiet = run_ctl(f, "-q", "is-master", "VI_B", NULL);
        g_assert_cmpint(quiet->code, ==, 1);
        g_assert_cmpstr(quiet->out, ==, "");
        g_assert_cmpstr(quiet->err, ==, "");
}

/* Property: stats prints the counters of one or all instances, and the same as JSON. */
static void test_stats(void) {
        g_autoptr(FakeDaemon) f = fake_daemon_new();
        fake_add_instance(f, "VI_1");
        fake_add_instance(f, "VI_2");

        g_autoptr(Run) r = run_ctl(f, "stats", "VI_2", NULL);
        g_assert_cmpint(r->code, ==, 0);
        g_autofree char *words = squeeze(r->out);
        assert_contains(words, "NAME COUNTER VALUE\nVI_2 adverts-sent 12\nVI_2 bad-checksum 3\n");
        assert_lacks(r->out, "VI_1");
        g_autoptr(Run) all = run_ctl(f, "stats", "--json", NULL);
        json_t *v = parse(all->out);
        g_assert_cmpuint(json_array_size(v), ==, 2);
        g_assert_cmpstr(json_text(json_array_get(v, 1), "name"), ==, "VI_2");
        g_assert_cmpint(json_integer_value(
                                        json_object_get(json_object_get(json_array_get(v, 1), "statistics"),
                                                        "adverts-sent")),
                        ==, 12);
        json_decref(v);
}

/* Property: groups prints every group with its state and members, and the same as JSON. */
static void test_groups(void) {
        g_autoptr(FakeDaemon) f = fake_daemon_new();
        g_autoptr(Run) none = run_ctl(f, "groups", NULL);
        assert_contains(none->out, "no sync groups");
        fake_add_instance(f, "VI_1");
        fake_set(fake_add_group(f, "VG.1"), "AdminState", "s", "yielding");
        g_autoptr(Run) r = run_ctl(f, "groups", NULL);
        g_assert_cmpint(r->code, ==, 0);
        g_autofree char *line = line_of(r->out, "VG.1"), *words = squeeze(line);
        assert_contains(words, "VG.1 BACKUP yielding VI_1 ");
        assert_contains(r->out, "<- vrrpctl resume --group VG.1");
        g_autoptr(Run) j = run_ctl(f, "groups", "--json", NULL);
        assert_contains(j->out, "\"name\":\"VG.1\",\"state\":\"backup\"");
        assert_contains(j->out, "\"members\":[\"VI_1\"]");
}

/* Property: trackers prints every tracker with its state and why, and the same as JSON. */
static void test_trackers(void) {
        g_autoptr(FakeDaemon) f = fake_daemon_new();
        g_autoptr(Run) none = run_ctl(f, "trackers", NULL);
        assert_contains(none->out, "no trackers");

        FakeObject *t = fake_add_tracker(f, "script", "chk", "falling");
        fake_add_tracker(f, "interface", "eth1", "up");
        fake_set(t, "Users", "@ao", g_variant_new_parsed("[objectpath '/org/vrrpd/Vrrp1/instance/VI_5f1']"));
        g_autoptr(Run) r = run_ctl(f, "trackers", NULL);
        g_assert_cmpint(r->code, ==, 0);
        g_autofree char *line = line_of(r->out, "script"), *words = squeeze(line);
        assert_contains(words, "script chk falling 1 1 ");
        assert_contains(words, "/usr/bin/true exit status 1");
        g_assert_true(strstr(r->out, "interface") < strstr(r->out, "script"));
        g_autoptr(Run) j = run_ctl(f, "trackers", "--json", NULL);
        json_t *v = parse(j->out), *s = json_array_get(v, 1);
        g_assert_cmpstr(json_text(s, "status_text"), ==, "exit status 1");
        g_assert_cmpstr(json_string_value(json_array_get(json_object_get(s, "users"), 0)), ==, "VI_1");
        json_decref(v);
}

/* Property: events prints the daemon's ring, the last N of it with -n, in the same objects as monitor
 * --json. */
static void test_events(void) {
        g_autoptr(FakeDaemon) f = fake_daemon_new();
        g_autoptr(Run) none = run_ctl(f, "events", NULL);
        assert_contains(none->out, "Nothing has happened");

        g_variant_unref(f->events);
        f->events = g_variant_ref_sink(g_variant_new_parsed(
                        "[(uint64 3, 'StateChanged', objectpath '/org/vrrpd/Vrrp1/instance/VI_5f1',"
                        "  uint64 1700000000000000, {'name': <'VI_1'>, 'old-state': <'backup'>,"
                        "  'new-state': <'master'>, 'reason': <'master-down'>, 'monotonic': <uint64 77>,"
                        "  'detail': <'silent for 3s'>, 'priority': <byte 100>}),"
                        " (uint64 4, 'TransitionFinished', objectpath '/org/vrrpd/Vrrp1/instance/VI_5f1',"
                        "  uint64 1700000001000000, {'name': <'VI_1'>, 'state': <'master'>, 'result': "
                        "<'done'>,"
                        "  'timings': <{'addresses-confirmed': uint64 2500}>})]"));
        g_autoptr(Run) r = run_ctl(f, "events", NULL);
        g_assert_cmpint(r->code, ==, 0);
        assert_contains(r->out, "VI_1: backup -> master (master-down): silent for 3s");
        assert_contains(r->out, "VI_1: is master: done (addresses-confirmed 2ms 500us)");
        g_autoptr(Run) last = run_ctl(f, "events", "-n", "1", NULL);
        assert_lacks(last->out, "master-down");
        g_autoptr(Run) j = run_ctl(f, "events", "--json", "-n1", NULL);
        json_t *v = parse(j->out);
        g_assert_cmpuint(json_array_size(v), ==, 1);
        json_decref(v);
        g_autoptr(Run) both = run_ctl(f, "events", "--json", NULL);
        v = parse(both->out);
        json_t *e = json_array_get(v, 0);
        g_assert_cmpstr(json_text(e, "old_state"), ==, "backup");
        g_assert_cmpint(json_integer_value(json_object_get(e, "monotonic_usec")), ==, 77);
        g_assert_cmpstr(json_text(json_object_get(e, "details"), "detail"), ==, "silent for 3s");
        json_decref(v);
}

/* Property: an answer of another type than the contract's is an error, not a guess. */
static void test_wrong_type(void) {
        g_autoptr(FakeDaemon) f = fake_daemon_new();
        fake_set(fake_add_instance(f, "VI_1"), "Priority", "s", "high");
        g_autoptr(Run) r = run_ctl(f, "status", NULL);
        g_assert_cmpint(r->code, ==, 1);
        assert_contains(r->err, "another version?");
}

/* Property: a property that this vrrpctl does not know does no harm. */
static void test_unknown_property(void) {
        g_autoptr(FakeDaemon) f = fake_daemon_new();
        fake_set(fake_add_instance(f, "VI_1"), "Mood", "(sas)", "good", NULL);
        g_autoptr(Run) r = run_ctl(f, "status", NULL);
        g_assert_cmpint(r->code, ==, 0);
        assert_contains(r->out, "VI_1");
}

/* Property: output that cannot be written is a failure. */
static void test_full_device(void) {
        g_autoptr(FakeDaemon) f = fake_daemon_new();
        fake_add_instance(f, "VI_1");
        g_autoptr(GError) error = NULL;
        g_autoptr(GSubprocessLauncher) l = g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_STDERR_PIPE);
        g_subprocess_launcher_set_stdout_file_path(l, "/dev/full");
        g_subprocess_launcher_setenv(l, "DBUS_SYSTEM_BUS_ADDRESS", f->address, TRUE);
        Run *r = g_new0(Run, 1);
        r->process = g_subprocess_launcher_spawn(l, &error, g_getenv("VRRPCTL"), "status", NULL);
        g_assert_no_error(error);
        g_autoptr(GInputStream) nothing = g_memory_input_stream_new();
        r->stdout_stream = g_data_input_stream_new(nothing);
        r->stderr_stream = g_data_input_stream_new(g_subprocess_get_stderr_pipe(r->process));
        run_finish(r);
        g_assert_cmpint(r->code, ==, 1);
        assert_contains(r->err, "cannot write the output");
        run_free(r);
}

int main(int argc, char **argv) {
        g_setenv("LC_ALL", "C", TRUE);
        g_setenv("TZ", "UTC", TRUE);
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/ctl/read/status-table", test_status_table);
        g_test_add_func("/ctl/read/status-hints", test_status_hints);
        g_test_add_func("/ctl/read/status-vips", test_status_vips);
        g_test_add_func("/ctl/read/status-listed-manager", test_status_listed_manager);
        g_test_add_func("/ctl/read/status-names", test_status_names);
        g_test_add_func("/ctl/read/status-legend", test_status_legend);
        g_test_add_func("/ctl/read/status-failed-reload", test_status_failed_reload);
        g_test_add_func("/ctl/read/color", test_color);
        g_test_add_func("/ctl/read/status-json", test_status_json);
        g_test_add_func("/ctl/read/unprintable", test_unprintable);
        g_test_add_func("/ctl/read/show", test_show);
        g_test_add_func("/ctl/read/show-missing", test_show_missing);
        g_test_add_func("/ctl/read/show-config", test_show_config);
        g_test_add_func("/ctl/read/no-such-instance", test_no_such_instance);
        g_test_add_func("/ctl/read/not-running", test_not_running);
        g_test_add_func("/ctl/read/no-bus", test_no_bus);
        g_test_add_func("/ctl/read/stuck-bus", test_stuck_bus);
        g_test_add_func("/ctl/read/is-master", test_is_master);
        g_test_add_func("/ctl/read/stats", test_stats);
        g_test_add_func("/ctl/read/groups", test_groups);
        g_test_add_func("/ctl/read/trackers", test_trackers);
        g_test_add_func("/ctl/read/events", test_events);
        g_test_add_func("/ctl/read/wrong-type", test_wrong_type);
        g_test_add_func("/ctl/read/unknown-property", test_unknown_property);
        g_test_add_func("/ctl/read/full-device", test_full_device);
        return g_test_run();
}
