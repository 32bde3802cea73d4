/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The verbs that change something: what they send, what they wait for, how each end and each refusal is
 * told, and the exit code of every one of them. */

#include "fake-daemon.h"
#include <jansson.h>
#include <string.h>

static void yield(FakeDaemon *f, FakeObject *o) {
        fake_set(o, "State", "s", "backup");
        fake_set(o, "AdminState", "s", "yielding");
        fake_set(o, "MasterAddress", "s", "192.168.2.252");
        fake_set(o, "MasterPriority", "y", 100);
        fake_emit_state_changed(f, o, "master", "backup", "handed-over", 5);
        fake_emit_transition(f, o, "backup", "done", 6);
}

static void promoted(FakeDaemon *f, FakeObject *o) {
        fake_make_master(o);
        fake_set(o, "AdminState", "s", "promoted");
        fake_set(o, "Priority", "y", 254);
        fake_set(o, "AdminExpireTimestamp", "t", G_GUINT64_CONSTANT(1700000600000000));
}

static void paused(FakeDaemon *f, FakeObject *o) {
        yield(f, o);
        fake_set(o, "State", "s", "initialize");
        fake_set(o, "AdminState", "s", "paused");
        fake_set(o, "MasterAddress", "s", "");
        f->successor = "192.168.2.252";
}

static void resumed(FakeDaemon *f, FakeObject *o) {
        fake_set(o, "AdminState", "s", "enabled");
}

/* Property: a failover waits for the end of its own operation, not of another one's, and says in one line
 * who took over and how to undo it. */
static void test_failover(void) {
        g_autoptr(FakeDaemon) f = fake_daemon_new();
        fake_make_master(fake_add_instance(f, "proxy_ip1"));
        f->effect = yield;
        f->foreign_operation_first = TRUE;

        g_autoptr(Run) r = run_ctl(f, "failover", "proxy_ip1", NULL);
        g_assert_cmpint(r->code, ==, 0);
        g_assert_cmpstr(r->err, ==, "");
        assert_contains(r->out, "proxy_ip1: handed over to 192.168.2.252 (priority 100) after ");
        assert_contains(r->out, "; resume with: vrrpctl resume proxy_ip1\n");
        g_assert_cmpstr(f->last_member, ==, "Failover");
        g_assert_cmpuint(g_variant_n_children(f->last_options), ==, 0);
        g_assert_true(f->last_interactive);
}

/* Property: the options of the command line arrive as the a{sv} of the contract. */
static void test_options(void) {
        g_autoptr(FakeDaemon) f = fake_daemon_new();
        fake_add_instance(f, "V");
        f->effect = promoted;
        const char *s;
        guint64 t;
        guchar y;
        gboolean b;

        g_autoptr(Run) r = run_ctl(f, "promote", "V", "--force", "--reason=kernel update", "--for=10min",
                        "--priority=200", "--group", "--no-ask-password", NULL);
        g_assert_cmpint(r->code, ==, 0);
        g_assert_cmpuint(g_variant_n_children(f->last_options), ==, 5);
        g_assert_true(g_variant_lookup(f->last_options, "mode", "&s", &s));
        g_assert_cmpstr(s, ==, "force");
        g_assert_true(g_variant_lookup(f->last_options, "reason", "&s", &s));
        g_assert_cmpstr(s, ==, "kernel update");
        g_assert_true(g_variant_lookup(f->last_options, "timeout-usec", "t", &t));
        g_assert_cmpuint(t, ==, 600000000);
        g_assert_true(g_variant_lookup(f->last_options, "priority", "y", &y));
        g_assert_cmpuint(y, ==, 200);
        g_assert_true(g_variant_lookup(f->last_options, "group", "b", &b) && b);
        g_assert_false(f->last_interactive);

        g_autoptr(Run) graceful = run_ctl(f, "promote", "V", "--mode=graceful", NULL);
        g_assert_true(g_variant_lookup(f->last_options, "mode", "&s", &s));
        g_assert_cmpstr(s, ==, "graceful");
}

/* Property: each verb calls its method and describes its own success. */
static void test_verbs(void) {
        static const struct {
                const char *verb, *member, *text;
                void (*effect)(FakeDaemon *f, FakeObject *o);
                gboolean master;
        } cases[] = {
                        {"elect", "ForceElection", "V: elected after ", NULL, FALSE},
                        {"elect", "ForceElection", "; master is 192.0.2.7 (priority 150)\n", NULL, FALSE},
                        {"promote", "Promote", "V: promoted: master with priority 254 after ", promoted,
                                        FALSE},
                        {"promote", "Promote",
                                        ", until 2023-11-14 22:23:20.000; end it with: vrrpctl resume V\n",
                                        promoted, FALSE},
                        {"pause", "Pause", ", handed over to 192.168.2.252; resume with", paused, TRUE},
                        {"pause", "Pause", "; resume with: vrrpctl resume V\n", NULL, FALSE},
                        {"resume", "Resume",
                                        "V: no longer paused; backup with priority 100, master is 192.0.2.7 "
                                        "(priority 150)\n",
                                        resumed, FALSE},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autoptr(FakeDaemon) f = fake_daemon_new();
                FakeObject *o = fake_add_instance(f, "V");
                if (cases[i].master)
                        fake_make_master(o);
                if (g_str_equal(cases[i].verb, "resume"))
                        fake_set(o, "AdminState", "s", "paused");
                f->effect = cases[i].effect;
                g_autoptr(Run) r = run_ctl(f, cases[i].verb, "V", NULL);
                g_assert_cmpint(r->code, ==, 0);
                g_assert_cmpstr(f->last_member, ==, cases[i].member);
                assert_contains(r->out, cases[i].text);
        }
}

/* Property: a forced failover succeeds and says that nobody took over. */
static void test_forced(void) {
        g_autoptr(FakeDaemon) f = fake_daemon_new();
        fake_make_master(fake_add_instance(f, "V"));
        f->result = "forced";
        g_autoptr(Run) r = run_ctl(f, "failover", "V", "--force", NULL);
        g_assert_cmpint(r->code, ==, 0);
        assert_contains(r->out, "without a successor");
}

/* Property: an operation that ended without success is exit code 7, one that the engine refused is 6, and
 * both say why. */
static void test_results(void) {
        static const struct {
                const char *result;
                int code;
                const char *text;
        } cases[] = {
                        {"no-successor", 7, "This host goes on as master and nothing was interrupted"},
                        {"lost", 7, "another router"},
                        {"canceled", 7, "another command, a fault or a stop"},
                        {"timeout", 7, "did not finish in time"},
                        {"failed", 7, "the kernel refused an address"},
                        {"a-new-word", 7, "ended with \"a-new-word\""},
                        {"not-master", 6, "not master any more"},
                        {"not-backup", 6, "not a backup any more"},
                        {"in-fault", 6, "in fault"},
                        {"not-eligible", 6, "would not win"},
                        {"not-held", 6, "not held"},
                        {"operation-pending", 6, "another operation runs"},
                        {"stopping", 6, "stopping"},
                        {"no-such-instance", 4, "was removed"},
        };
        g_autoptr(FakeDaemon) f = fake_daemon_new();
        fake_make_master(fake_add_instance(f, "V"));

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                f->result = cases[i].result;
                g_autoptr(Run) r = run_ctl(f, "failover", "V", NULL);
                g_assert_cmpint(r->code, ==, cases[i].code);
                g_assert_cmpstr(r->out, ==, "");
                assert_contains(r->err, "vrrpctl: failover V: ");
                assert_contains(r->err, cases[i].text);
        }
}

/* Property: each error of the contract has its exit code and its remedy. */
static void test_errors(void) {
        static const struct {
                const char *error;
                int code;
                const char *text;
        } cases[] = {
                        {"org.vrrpd.Vrrp1.Error.NotMaster", 6, "only the master has the addresses"},
                        {"org.vrrpd.Vrrp1.Error.NotBackup", 6, "only a backup"},
                        {"org.vrrpd.Vrrp1.Error.InFault", 6, "remove its cause first"},
                        {"org.vrrpd.Vrrp1.Error.AddressOwner", 6, "both hosts would answer"},
                        {"org.vrrpd.Vrrp1.Error.GroupMember", 6, "add --group"},
                        {"org.vrrpd.Vrrp1.Error.NotEligible", 6, "words of the daemon\n"},
                        {"org.vrrpd.Vrrp1.Error.OperationPending", 6, "wait until"},
                        {"org.vrrpd.Vrrp1.Error.NotHeld", 6, "words of the daemon\n"},
                        {"org.vrrpd.Vrrp1.Error.Stopping", 6, "words of the daemon\n"},
                        {"org.vrrpd.Vrrp1.Error.NoSuchInstance", 4, "vrrpctl status"},
                        {"org.freedesktop.DBus.Error.UnknownObject", 4, "vrrpctl status"},
                        {"org.freedesktop.DBus.Error.UnknownMethod", 1, "older than this vrrpctl"},
                        {"org.freedesktop.DBus.Error.InvalidArgs", 1, "words of the daemon"},
                        {"org.freedesktop.DBus.Error.NoReply", 3, "went away before it answered"},
                        {"org.freedesktop.DBus.Error.Timeout", 8, "did not answer in time"},
                        {"org.freedesktop.DBus.Error.AccessDenied", 5,
                                        "the action org.vrrpd.vrrp1.failover\n"},
                        {"org.freedesktop.DBus.Error.InteractiveAuthorizationRequired", 5,
                                        "a password is needed"},
        };
        g_autoptr(FakeDaemon) f = fake_daemon_new();
        fake_make_master(fake_add_instance(f, "V"));
        f->error_message = "words of the daemon";

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                f->error_name = cases[i].error;
                g_autoptr(Run) r = run_ctl(f, "failover", "V", NULL);
                g_assert_cmpint(r->code, ==, cases[i].code);
                g_assert_cmpstr(r->out, ==, "");
                assert_contains(r->err, cases[i].text);
        }
}

/* Property: a password that could not be asked for: the advice is not to leave out an option that was not
 * given. */
static void test_password(void) {
        g_autoptr(FakeDaemon) f = fake_daemon_new();
        fake_make_master(fake_add_instance(f, "V"));
        f->error_name = "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired";
        f->error_message = "no";
        g_autoptr(Run) r = run_ctl(f, "failover", "V", NULL);
        assert_contains(r->err, "Run it on a terminal, as root");
        assert_lacks(r->err, "--no-ask-password");
        g_autoptr(Run) told = run_ctl(f, "failover", "V", "--no-ask-password", NULL);
        assert_contains(told->err, "Run it without --no-ask-password, as root");
        g_assert_cmpint(told->code, ==, 5);
}

static void group_yields(FakeDaemon *f, FakeObject *o) {
        fake_set(o, "AdminState", "s", "yielding");
}

/* Property: a name that only a group has is the group's; --group with an instance's name is an option of the
 * call; a name that both have is refused until it is said which. */
static void test_group(void) {
        g_autoptr(FakeDaemon) f = fake_daemon_new();
        gboolean b;

        fake_add_instance(f, "VI_1");
        fake_add_group(f, "VG");
        f->effect = group_yields;
        g_autoptr(Run) r = run_ctl(f, "failover", "VG", NULL);
        g_assert_cmpint(r->code, ==, 0);
        g_assert_cmpstr(f->last_interface, ==, "org.vrrpd.Vrrp1.SyncGroup");
        assert_contains(r->out, "VG: failover done after ");
        assert_contains(r->out, "; the group is backup, yielding; resume with: vrrpctl resume --group VG\n");
        g_assert_false(g_variant_lookup(f->last_options, "group", "b", &b));
        g_autoptr(Run) j = run_ctl(f, "failover", "--group", "VG", "--json", NULL);
        assert_contains(j->out, "\"state\":\"backup\",\"admin_state\":\"yielding\"");

        g_autoptr(Run) member = run_ctl(f, "failover", "--group", "VI_1", NULL);
        g_assert_cmpint(member->code, ==, 0);
        g_assert_cmpstr(f->last_interface, ==, "org.vrrpd.Vrrp1.Instance");
        g_assert_true(g_variant_lookup(f->last_options, "group", "b", &b) && b);

        guint calls = f->n_calls;
        fake_add_instance(f, "VG");
        g_autoptr(Run) both = run_ctl(f, "failover", "VG", NULL);
        g_assert_cmpint(both->code, ==, 2);
        assert_contains(both->err, "say --instance or --group");
        g_assert_cmpuint(f->n_calls, ==, calls);
        g_autoptr(Run) one = run_ctl(f, "pause", "--instance", "VG", NULL);
        g_assert_cmpint(one->code, ==, 0);
        g_assert_cmpstr(f->last_interface, ==, "org.vrrpd.Vrrp1.Instance");
        g_autoptr(Run) other = run_ctl(f, "pause", "--group", "VG", NULL);
        g_assert_cmpint(other->code, ==, 0);
        g_assert_cmpstr(f->last_interface, ==, "org.vrrpd.Vrrp1.SyncGroup");
        g_autoptr(Run) neither = run_ctl(f, "pause", "nope", NULL);
        g_assert_cmpint(neither->code, ==, 4);
        g_autoptr(Run) contradiction = run_ctl(f, "pause", "--group", "--instance", "VG", NULL);
        g_assert_cmpint(contradiction->code, ==, 2);
}

/* Property: pausing what is paused, and resuming a master, say each thing once. */
static void test_words(void) {
        g_autoptr(FakeDaemon) f = fake_daemon_new();
        FakeObject *o = fake_add_instance(f, "V");
        fake_set(o, "AdminState", "s", "paused");
        g_autoptr(Run) paused_again = run_ctl(f, "pause", "V", NULL);
        g_assert_cmpstr(paused_again->out, ==, "V: was paused already; resume with: vrrpctl resume V\n");
        fake_make_master(o);
        fake_set(o, "AdminState", "s", "promoted");
        g_autoptr(Run) resumed_master = run_ctl(f, "resume", "V", NULL);
        g_assert_cmpstr(resumed_master->out, ==, "V: no longer promoted; master with priority 100\n");
}

/* Property: "not authorized" names the polkit action that the very call needs: resume that of the hold it
 * ends, force both. */
static void test_not_authorized(void) {
        static const struct {
                const char *verb, *option, *hold, *action;
        } cases[] = {
                        {"pause", NULL, "enabled", "org.vrrpd.vrrp1.pause\n"},
                        {"promote", NULL, "enabled", "org.vrrpd.vrrp1.promote\n"},
                        {"elect", NULL, "enabled", "org.vrrpd.vrrp1.failover\n"},
                        {"resume", NULL, "yielding", "org.vrrpd.vrrp1.failover\n"},
                        {"resume", NULL, "promoted", "org.vrrpd.vrrp1.promote\n"},
                        {"resume", NULL, "paused", "org.vrrpd.vrrp1.pause\n"},
                        {"failover", "--force", "enabled",
                                        "org.vrrpd.vrrp1.failover (and org.vrrpd.vrrp1.force)\n"},
                        {"announce", NULL, "enabled", "org.vrrpd.vrrp1.announce\n"},
        };
        g_autoptr(FakeDaemon) f = fake_daemon_new();
        FakeObject *o = fake_add_instance(f, "V");
        f->error_name = "org.freedesktop.DBus.Error.AccessDenied";
        f->error_message = "no";

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                fake_set(o, "AdminState", "s", cases[i].hold);
                g_autoptr(Run) r = run_ctl(f, cases[i].verb, "V", cases[i].option, NULL);
                g_assert_cmpint(r->code, ==, 5);
                assert_contains(r->err, cases[i].action);
        }
        g_autoptr(Run) r = run_ctl(f, "reload", NULL);
        g_assert_cmpint(r->code, ==, 5);
        assert_contains(r->err, "org.vrrpd.vrrp1.reload\n");

        /* Of two actions only one was refused. */
        f->error_message = "polkit refused org.vrrpd.vrrp1.force.";
        g_autoptr(Run) forced = run_ctl(f, "failover", "V", "--force", NULL);
        g_assert_cmpint(forced->code, ==, 5);
        assert_contains(forced->err, "the action org.vrrpd.vrrp1.force\n");
}

/* Property: a name that no message could carry is one that nothing has, as for the verbs that only look. */
static void test_impossible_name(void) {
        g_autoptr(FakeDaemon) f = fake_daemon_new();
        fake_add_instance(f, "V");
        for (const char *const *verb = (const char *const[]){"failover", "announce", "show", NULL}; *verb;
                        verb++) {
                g_autoptr(Run) bytes = run_ctl(f, *verb, "\xFF", NULL);
                g_assert_cmpint(bytes->code, ==, 4);
                assert_contains(bytes->err, "no instance \"\\xff\"");
                g_autoptr(Run) empty = run_ctl(f, *verb, "", NULL);
                g_assert_cmpint(empty->code, ==, 4);
        }
        g_assert_cmpuint(f->n_calls, ==, 0);
}

/* Property: an operation that does not end is exit code 8, and said to go on. */
static void test_timeout(void) {
        g_autoptr(FakeDaemon) f = fake_daemon_new();
        fake_make_master(fake_add_instance(f, "V"));
        f->result = NULL;
        g_autoptr(Run) r = run_ctl(f, "failover", "V", "--timeout=300ms", NULL);
        g_assert_cmpint(r->code, ==, 8);
        assert_contains(r->err, "operation 42 has not finished after 300ms; it goes on");
}

/* Property: a daemon that leaves while an operation runs is exit code 1, at once and not by a timeout. */
static void test_daemon_leaves(void) {
        g_autoptr(FakeDaemon) f = fake_daemon_new();
        fake_make_master(fake_add_instance(f, "V"));
        f->leave = TRUE;
        g_autoptr(Run) r = run_ctl(f, "failover", "V", NULL);
        g_assert_cmpint(r->code, ==, 1);
        assert_contains(r->err, "vrrpd went away before the operation had finished");
}

/* Property: a signal that breaks the contract ends the wait with exit code 1 and says so; it is not waited
 * for another. */
static void test_broken_signal(void) {
        g_autoptr(FakeDaemon) f = fake_daemon_new();
        fake_make_master(fake_add_instance(f, "V"));
        f->broken_signals = TRUE;
        g_autoptr(Run) r = run_ctl(f, "failover", "V", NULL);
        g_assert_cmpint(r->code, ==, 1);
        assert_contains(r->err, "not what vrrpd's interface promises");
}

/* Property: an election that this host wins or that leaves no master says so, and a lost one names the
 * winner. */
static void test_election_outcomes(void) {
        g_autoptr(FakeDaemon) f = fake_daemon_new();
        FakeObject *o = fake_add_instance(f, "V");
        fake_set(o, "MasterAddress", "s", "");
        g_autoptr(Run) unknown = run_ctl(f, "elect", "V", NULL);
        assert_contains(unknown->out, "; master is unknown\n");
        fake_make_master(o);
        g_autoptr(Run) self = run_ctl(f, "elect", "V", NULL);
        assert_contains(self->out, "; master is this host\n");
        f->effect = yield;
        f->result = "lost";
        g_autoptr(Run) lost = run_ctl(f, "elect", "V", NULL);
        g_assert_cmpint(lost->code, ==, 7);
        assert_contains(lost->err, "; master is 192.168.2.252 (priority 100)\n");
}

/* Property: --no-block returns when the operation has begun, and tells its number. */
static void test_no_block(void) {
        g_autoptr(FakeDaemon) f = fake_daemon_new();
        fake_make_master(fake_add_instance(f, "V"));
        f->result = NULL;
        g_autoptr(Run) r = run_ctl(f, "failover", "V", "--no-block", NULL);
        g_assert_cmpint(r->code, ==, 0);
        g_assert_cmpstr(r->out, ==, "V: operation 42 started\n");
        g_autoptr(Run) j = run_ctl(f, "failover", "V", "--no-block", "--json", NULL);
        g_assert_cmpstr(j->out, ==, "{\"name\":\"V\",\"verb\":\"failover\",\"operation\":42}\n");
}

/* Property: --json prints the outcome as an object, of success and of failure; -q prints nothing on success.
 */
static void test_json(void) {
        static const char *const keys[] = {"name", "verb", "operation", "result", "detail", "successor",
                        "duration_usec", "state", "admin_state", "master_address", "master_priority"};
        g_autoptr(FakeDaemon) f = fake_daemon_new();
        FakeObject *o = fake_add_instance(f, "V");
        fake_make_master(o);
        f->result = "no-successor";

        g_autoptr(Run) r = run_ctl(f, "failover", "V", "--json", NULL);
        g_assert_cmpint(r->code, ==, 7);
        json_t *v = json_loads(r->out, 0, NULL);
        g_assert_cmpuint(json_object_size(v), ==, G_N_ELEMENTS(keys));
        for (gsize i = 0; i < G_N_ELEMENTS(keys); i++)
                g_assert_nonnull(json_object_get(v, keys[i]));
        g_assert_cmpstr(json_string_value(json_object_get(v, "result")), ==, "no-successor");
        g_assert_cmpstr(json_string_value(json_object_get(v, "state")), ==, "master");
        json_decref(v);

        f->result = "done";
        f->effect = yield;
        g_autoptr(Run) quiet = run_ctl(f, "failover", "V", "-q", NULL);
        g_assert_cmpint(quiet->code, ==, 0);
        g_assert_cmpstr(quiet->out, ==, "");
        g_assert_cmpstr(quiet->err, ==, "");
}

/* The instance can no longer be read when the operation ends. */
static void removed(FakeDaemon *f, FakeObject *o) {
        g_dbus_connection_unregister_object(f->connection, o->registration);
}

/* Property: an instance that is removed as the operation ends does not hide how it ended. */
static void test_removed_instance(void) {
        g_autoptr(FakeDaemon) f = fake_daemon_new();
        fake_make_master(fake_add_instance(f, "V"));
        f->effect = removed;
        g_autoptr(Run) r = run_ctl(f, "failover", "V", NULL);
        g_assert_cmpint(r->code, ==, 0);
        assert_contains(r->out, "V: failover done after ");
}

/* Property: announce calls its method and says so. */
static void test_announce(void) {
        g_autoptr(FakeDaemon) f = fake_daemon_new();
        fake_make_master(fake_add_instance(f, "V"));
        g_autoptr(Run) r = run_ctl(f, "announce", "V", NULL);
        g_assert_cmpint(r->code, ==, 0);
        g_assert_cmpstr(r->out, ==, "V: addresses announced\n");
        g_assert_cmpstr(f->last_member, ==, "Announce");
        g_autoptr(Run) j = run_ctl(f, "announce", "V", "--json", NULL);
        g_assert_cmpstr(j->out, ==, "{\"name\":\"V\",\"verb\":\"announce\"}\n");
}

/* Property: reload is silent when it went well, prints the warnings, and with an invalid configuration the
 * parser's own lines and exit code 9. */
static void test_reload(void) {
        g_autoptr(FakeDaemon) f = fake_daemon_new();
        g_autoptr(Run) good = run_ctl(f, "reload", NULL);
        g_assert_cmpint(good->code, ==, 0);
        g_assert_cmpstr(good->out, ==, "");
        g_assert_cmpstr(good->err, ==, "");
        g_assert_cmpstr(f->last_member, ==, "Reload");

        fake_set_manager(f, "LastReloadMessages", "@as",
                        g_variant_new_parsed("['a.conf:3:1: warning: notify is not run\\n  notify "
                                             "/x\\u001b[2J']"));
        g_autoptr(Run) warned = run_ctl(f, "reload", NULL);
        g_assert_cmpint(warned->code, ==, 0);
        g_assert_cmpstr(warned->err, ==, "a.conf:3:1: warning: notify is not run\n  notify /x\\x1b[2J\n");
        g_autoptr(Run) json = run_ctl(f, "reload", "--json", NULL);
        assert_contains(json->out, "{\"result\":\"done\",\"messages\":[\"a.conf:3:1: warning");

        f->error_name = "org.vrrpd.Vrrp1.Error.ConfigInvalid";
        f->error_message = "a.conf:7:9: error: unknown keyword 'prioritty'\na.conf:9:1: error: missing }";
        g_autoptr(Run) bad = run_ctl(f, "reload", NULL);
        g_assert_cmpint(bad->code, ==, 9);
        g_assert_true(g_str_has_prefix(bad->err, "a.conf:7:9: error: unknown keyword "
                                                 "'prioritty'\na.conf:9:1: error: missing }\nvrrpctl: "));
        g_autoptr(Run) bad_json = run_ctl(f, "reload", "--json", NULL);
        g_assert_cmpint(bad_json->code, ==, 9);
        assert_contains(bad_json->out, "{\"result\":\"failed\",\"messages\":[\"a.conf:7:9");
}

/* Property: a daemon that is gone after a good reload cannot tell its warnings: exit code 3. */
static void test_reload_leaves(void) {
        g_autoptr(FakeDaemon) f = fake_daemon_new();
        f->leave = TRUE;
        g_autoptr(Run) r = run_ctl(f, "reload", NULL);
        g_assert_cmpint(r->code, ==, 3);
}

/* Property: a call that is not answered ends by --timeout with exit code 8. */
static void test_silent_daemon(void) {
        g_autoptr(FakeDaemon) f = fake_daemon_new();
        f->silent = TRUE;
        g_autoptr(Run) r = run_ctl(f, "reload", "--timeout=200ms", "--no-ask-password", NULL);
        g_assert_cmpint(r->code, ==, 8);
}

int main(int argc, char **argv) {
        g_setenv("LC_ALL", "C", TRUE);
        g_setenv("TZ", "UTC", TRUE);
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/ctl/operations/failover", test_failover);
        g_test_add_func("/ctl/operations/options", test_options);
        g_test_add_func("/ctl/operations/verbs", test_verbs);
        g_test_add_func("/ctl/operations/forced", test_forced);
        g_test_add_func("/ctl/operations/results", test_results);
        g_test_add_func("/ctl/operations/errors", test_errors);
        g_test_add_func("/ctl/operations/password", test_password);
        g_test_add_func("/ctl/operations/words", test_words);
        g_test_add_func("/ctl/operations/group", test_group);
        g_test_add_func("/ctl/operations/not-authorized", test_not_authorized);
        g_test_add_func("/ctl/operations/impossible-name", test_impossible_name);
        g_test_add_func("/ctl/operations/timeout", test_timeout);
        g_test_add_func("/ctl/operations/daemon-leaves", test_daemon_leaves);
        g_test_add_func("/ctl/operations/broken-signal", test_broken_signal);
        g_test_add_func("/ctl/operations/election-outcomes", test_election_outcomes);
        g_test_add_func("/ctl/operations/no-block", test_no_block);
        g_test_add_func("/ctl/operations/json", test_json);
        g_test_add_func("/ctl/operations/removed-instance", test_removed_instance);
        g_test_add_func("/ctl/operations/announce", test_announce);
        g_test_add_func("/ctl/operations/reload", test_reload);
        g_test_add_func("/ctl/operations/reload-leaves", test_reload_leaves);
        g_test_add_func("/ctl/operations/silent-daemon", test_silent_daemon);
        return g_test_run();
}
