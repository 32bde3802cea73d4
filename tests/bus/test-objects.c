/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What is on the bus: the interface as documented, objects that come and go, their values, the order of
 * signals, replay. */

#include "tests/bus/contract.h"
#include "tests/bus/harness.h"
#include <string.h>

static const char *xml_path;

/* The daemon's introspection is, member by member, what data/org.vrrpd.Vrrp1.xml documents. */
static void test_introspection(void) {
        Harness h = {};
        g_autoptr(GDBusNodeInfo) documented = contract_read(xml_path);

        harness_start(&h, NULL);
        harness_say(&h, "tracker check up fine");
        harness_wait_property(&h, ROOT_PATH "/tracker/script/check", TRACKER, "State", "'up'");
        contract_compare(&h, documented, ROOT_PATH, MANAGER);
        contract_compare(&h, documented, PATH("web"), INSTANCE);
        harness_say(&h, "group VG web");
        harness_wait_property(&h, ROOT_PATH "/group/VG", GROUP, "State", "'backup'");
        contract_compare(&h, documented, ROOT_PATH "/group/VG", GROUP);
        contract_compare(&h, documented, ROOT_PATH "/tracker/script/check", TRACKER);
        harness_stop(&h);
}

/* All objects are in GetManagedObjects and GetInstance finds them by name, however odd the name. */
static void test_objects(void) {
        Harness h = {};
        g_autoptr(GVariant) objects = NULL, path = NULL;

        harness_start(&h, NULL);
        objects = harness_call(
                        &h, ROOT_PATH, "org.freedesktop.DBus.ObjectManager", "GetManagedObjects", NULL);
        g_autoptr(GVariant) dictionary = g_variant_get_child_value(objects, 0);
        g_autoptr(GVariant) web = g_variant_lookup_value(dictionary, PATH("web"), NULL);
        g_autoptr(GVariant) odd = g_variant_lookup_value(dictionary, PATH("a_2eb"), NULL);
        g_assert_nonnull(web);
        g_assert_nonnull(odd);

        path = harness_call(&h, ROOT_PATH, MANAGER, "GetInstance", g_variant_new("(s)", "a.b"));
        g_autofree char *printed = g_variant_print(path, TRUE);
        g_assert_cmpstr(printed, ==, "(objectpath '" PATH("a_2eb") "',)");
        harness_call_fails(h.client, ROOT_PATH, MANAGER, "GetInstance", g_variant_new("(s)", "a_2eb"),
                        "org.vrrpd.Vrrp1.Error.NoSuchInstance", "a_2eb");
        harness_call_fails(h.client, ROOT_PATH, MANAGER, "GetInstance", g_variant_new("(s)", ""),
                        "org.vrrpd.Vrrp1.Error.NoSuchInstance", NULL);
        harness_stop(&h);
}

/* A path that is not the one path of an object finds nothing: the bare prefix, the encoding of the empty
 * name, a needless escape. */
static void test_ghost_paths(void) {
        static const char *const ghosts[] = {
                        ROOT_PATH "/instance",
                        PATH("_"),
                        PATH("_77eb"),
                        PATH("web/x"),
                        PATH("nothing"),
                        ROOT_PATH "/tracker",
                        ROOT_PATH "/tracker/script",
                        ROOT_PATH "/tracker/script/_",
        };
        Harness h = {};

        harness_start(&h, NULL);
        for (guint i = 0; i < G_N_ELEMENTS(ghosts); i++) {
                const char *interface = strstr(ghosts[i], "tracker") ? TRACKER : INSTANCE;

                harness_call_fails(h.client, ghosts[i], "org.freedesktop.DBus.Properties", "Get",
                                g_variant_new("(ss)", interface, "Name"),
                                "org.freedesktop.DBus.Error.UnknownObject", NULL);
        }
        harness_call_fails(h.client, PATH("_"), INSTANCE, "Failover", g_variant_new("(a{sv})", NULL),
                        "org.freedesktop.DBus.Error.UnknownObject", NULL);
        harness_stop(&h);
}

static void check(Harness *h, const char *path, const char *interface, const char *property,
                const char *printed) {
        g_autofree char *value = harness_property_printed(h, path, interface, property);

        g_assert_cmpstr(value, ==, printed);
}

/* Each property shows what the engine published, in the promised form; the counts of the manager follow. */
static void test_properties(void) {
        Harness h = {};

        harness_start(&h, NULL);
        check(&h, PATH("web"), INSTANCE, "Name", "'web'");
        check(&h, PATH("web"), INSTANCE, "VirtualRouterId", "0x33");
        check(&h, PATH("web"), INSTANCE, "AddressFamily", "'ipv4'");
        check(&h, PATH("web"), INSTANCE, "ProtocolVersion", "0x03");
        check(&h, PATH("web"), INSTANCE, "Interface", "'eth0'");
        check(&h, PATH("web"), INSTANCE, "InterfaceIndex", "7");
        check(&h, PATH("web"), INSTANCE, "State", "'backup'");
        check(&h, PATH("web"), INSTANCE, "StateReason", "'started'");
        check(&h, PATH("web"), INSTANCE, "AdminState", "'enabled'");
        check(&h, PATH("web"), INSTANCE, "AdminUID", "4294967295");
        check(&h, PATH("web"), INSTANCE, "AdvertisementIntervalUSec", "1000000");
        check(&h, PATH("web"), INSTANCE, "MasterAddress", "'192.0.2.2'");
        check(&h, PATH("web"), INSTANCE, "VIPs", "['192.0.2.51/24']");
        check(&h, PATH("web"), INSTANCE, "ActiveVIPs", "[]");
        check(&h, PATH("web"), INSTANCE, "SyncGroup", "'/'");
        check(&h, PATH("web"), INSTANCE, "VirtualMac", "''");
        check(&h, ROOT_PATH, MANAGER, "RouterId", "'fake'");
        check(&h, ROOT_PATH, MANAGER, "ApiLevel", "1");
        check(&h, ROOT_PATH, MANAGER, "ConfigFiles", "['" CONFIG_PATH "']");
        check(&h, ROOT_PATH, MANAGER, "NBackup", "2");

        harness_say(&h, "state web master master-down");
        harness_say(&h, "fault a.b interface interface eth0 is down");
        harness_say(&h, "conflict web two-masters");
        harness_wait_property(&h, ROOT_PATH, MANAGER, "NConflicts", "1");
        check(&h, ROOT_PATH, MANAGER, "NMaster", "1");
        check(&h, ROOT_PATH, MANAGER, "NBackup", "0");
        check(&h, ROOT_PATH, MANAGER, "NFault", "1");
        check(&h, ROOT_PATH, MANAGER, "NHeld", "0");
        check(&h, PATH("web"), INSTANCE, "ActiveVIPs", "['192.0.2.51/24']");
        check(&h, PATH("web"), INSTANCE, "MasterAddress", "'192.0.2.1'");
        check(&h, PATH("web"), INSTANCE, "Conflicts", "[('two-masters', '192.0.2.1')]");
        check(&h, PATH("a_2eb"), INSTANCE, "Faults", "[('interface', 'interface eth0 is down')]");
        harness_call_fails(h.client, PATH("web"), "org.freedesktop.DBus.Properties", "Set",
                        g_variant_new("(ssv)", INSTANCE, "State", g_variant_new_string("master")),
                        "org.freedesktop.DBus.Error.PropertyReadOnly", NULL);
        harness_stop(&h);
}

/* InterfacesAdded comes with an object, InterfacesRemoved when it goes; one that is replaced under its name
 * is removed and added. */
static void test_come_and_go(void) {
        Harness h = {};
        guint at = 0;

        harness_start(&h, NULL);
        harness_say(&h, "instance new 9");
        const Signal *s = harness_wait_signal(&h, ROOT_PATH, "InterfacesAdded", &at);
        g_autofree char *added = g_variant_print(s->parameters, FALSE);
        g_assert_nonnull(strstr(added, PATH("new")));
        g_assert_nonnull(strstr(added, INSTANCE));

        harness_say(&h, "replace new 10");
        (void)harness_wait_signal(&h, ROOT_PATH, "InterfacesRemoved", &at);
        (void)harness_wait_signal(&h, ROOT_PATH, "InterfacesAdded", &at);
        check(&h, PATH("new"), INSTANCE, "VirtualRouterId", "0x0a");
        check(&h, ROOT_PATH, MANAGER, "NInstances", "3");

        harness_say(&h, "remove new");
        s = harness_wait_signal(&h, ROOT_PATH, "InterfacesRemoved", &at);
        g_autofree char *removed = g_variant_print(s->parameters, FALSE);
        g_assert_nonnull(strstr(removed, PATH("new")));
        g_assert_nonnull(strstr(removed, INSTANCE));
        harness_wait_property(&h, ROOT_PATH, MANAGER, "NInstances", "2");
        harness_call_fails(h.client, PATH("new"), INSTANCE, "GetStatistics", NULL,
                        "org.freedesktop.DBus.Error.UnknownObject", NULL);
        harness_stop(&h);
}

static guint count_signals(const Harness *h, const char *path, const char *member) {
        guint n = 0;

        for (guint i = 0; i < h->signals->len; i++) {
                const Signal *s = g_ptr_array_index(h->signals, i);

                n += g_str_equal(s->path, path) && g_str_equal(s->member, member);
        }
        return n;
}

static void check_replaced(const Signal *s, const char *state, gboolean replaced) {
        g_autofree char *printed = g_variant_print(s->parameters, FALSE);

        g_assert_nonnull(strstr(printed, state));
        g_assert_cmpint(strstr(printed, "'replaced': <true>") != NULL, ==, replaced);
}

/* An instance that a reload restarts is removed and added once, and the object is the new one's; what its
 * predecessor still does while it leaves is told in signals and in the ring as that of one that was
 * replaced. */
static void test_restart(void) {
        Harness h = {};
        guint at = 0;

        harness_start(&h, NULL);
        harness_say(&h, "state a.b backup started");
        (void)harness_wait_signal(&h, PATH("a_2eb"), "TransitionFinished", &at);
        g_ptr_array_set_size(h.signals, 0); /* those of the start are no matter here */
        at = 0;
        harness_say(&h, "show-keep on");
        harness_say(&h, "restart web 99");
        const Signal *s = harness_wait_signal(&h, PATH("web"), "OperationFinished", &at);
        g_autofree char *printed = g_variant_print(s->parameters, FALSE);
        g_assert_true(g_str_has_prefix(printed, "('web', 77, 'failover', 'canceled',"));
        harness_say(&h, "state a.b master master-down");
        (void)harness_wait_signal(&h, PATH("a_2eb"), "TransitionFinished", &at);

        g_assert_cmpuint(count_signals(&h, ROOT_PATH, "InterfacesRemoved"), ==, 1);
        g_assert_cmpuint(count_signals(&h, ROOT_PATH, "InterfacesAdded"), ==, 1);
        g_assert_cmpuint(count_signals(&h, PATH("web"), "StateChanged"), ==, 2);
        g_assert_cmpuint(count_signals(&h, PATH("web"), "TransitionFinished"), ==, 2);
        at = 0;
        check_replaced(harness_wait_signal(&h, PATH("web"), "StateChanged", &at), "'master'", FALSE);
        check_replaced(harness_wait_signal(&h, PATH("web"), "StateChanged", &at), "'initialize'", TRUE);
        at = 0;
        check_replaced(harness_wait_signal(&h, PATH("web"), "TransitionFinished", &at), "'master'", FALSE);
        check_replaced(harness_wait_signal(&h, PATH("web"), "TransitionFinished", &at), "'initialize'",
                        TRUE);
        g_autoptr(GVariant) ring = harness_call(
                        &h, ROOT_PATH, MANAGER, "GetEvents", g_variant_new("(stu)", "", (guint64)0, 0));
        g_autofree char *events = g_variant_print(ring, FALSE);
        g_assert_nonnull(strstr(events, "'replaced': <true>"));
        check(&h, PATH("web"), INSTANCE, "VirtualRouterId", "0x63");
        check(&h, PATH("web"), INSTANCE, "State", "'master'");
        check(&h, PATH("web"), INSTANCE, "AdminState", "'enabled'");
        check(&h, ROOT_PATH, MANAGER, "NInstances", "2");
        harness_wait_log("web: backup → initialize: stopped (predecessor)");
        harness_say(&h, "show-keep off");
        g_assert_false(harness_had_command(&h, "command keep instance=web admin=handing-over"));
        g_assert_false(harness_had_command(&h, "command keep instance=web admin=enabled removed=1"));
        harness_stop(&h);
}

/* Bytes that are no UTF-8, in whatever the engine publishes, harm neither the object nor the others. */
static void test_bytes(void) {
        Harness h = {};
        guint at = 0;

        harness_start(&h, NULL);
        harness_say(&h, "instance caf\xE9 9");
        harness_say(&h, "tracker ch\xE9"
                        "ck up f\xEF"
                        "ne");
        harness_say(&h, "track caf\xE9 ch\xE9"
                        "ck -20");
        harness_say(&h, "fault caf\xE9 interface interface \xFF is down");
        harness_say(&h, "log broken \xFF line");
        const Signal *s = harness_wait_signal(&h, PATH("caf_ef_bf_bd"), "StateChanged", &at);
        g_autofree char *printed = g_variant_print(s->parameters, FALSE);
        g_assert_nonnull(strstr(printed, "'caf\xEF\xBF\xBD'"));
        g_assert_nonnull(strstr(printed, "interface \xEF\xBF\xBD is down"));
        check(&h, PATH("caf_ef_bf_bd"), INSTANCE, "Name", "'caf\xEF\xBF\xBD'");
        check(&h, PATH("caf_ef_bf_bd"), INSTANCE, "Faults",
                        "[('interface', 'interface \xEF\xBF\xBD is down')]");
        g_autoptr(GVariant) objects = harness_call(
                        &h, ROOT_PATH, "org.freedesktop.DBus.ObjectManager", "GetManagedObjects", NULL);
        g_autoptr(GVariant) dictionary = g_variant_get_child_value(objects, 0);
        g_assert_cmpuint(g_variant_n_children(dictionary), ==, 4);
        g_autoptr(GVariant) events = harness_call(
                        &h, ROOT_PATH, MANAGER, "GetEvents", g_variant_new("(stu)", "", (guint64)0, 0));
        harness_wait_log("broken \xEF\xBF\xBD line");
        harness_stop(&h);
}

/* A group and its members name each other, whichever comes or goes; its changes are told as an instance's
 * are. */
static void test_groups(void) {
        Harness h = {};
        guint at = 0;

        harness_start(&h, NULL);
        check(&h, PATH("web"), INSTANCE, "SyncGroup", "'/'");
        harness_say(&h, "group V.G web a.b");
        const Signal *s = harness_wait_signal(&h, ROOT_PATH, "InterfacesAdded", &at);
        g_autofree char *added = g_variant_print(s->parameters, FALSE);
        g_assert_nonnull(strstr(added, ROOT_PATH "/group/V_2eG"));
        harness_wait_property(&h, PATH("web"), INSTANCE, "SyncGroup", "'" ROOT_PATH "/group/V_2eG'");
        check(&h, ROOT_PATH "/group/V_2eG", GROUP, "Name", "'V.G'");
        check(&h, ROOT_PATH "/group/V_2eG", GROUP, "Members", "['" PATH("web") "', '" PATH("a_2eb") "']");
        check(&h, ROOT_PATH "/group/V_2eG", GROUP, "AdminUID", "4294967295");

        harness_say(&h, "group-state V.G master");
        (void)harness_wait_signal(&h, ROOT_PATH "/group/V_2eG", "PropertiesChanged", &at);
        s = harness_wait_signal(&h, ROOT_PATH "/group/V_2eG", "StateChanged", &at);
        g_autofree char *changed = g_variant_print(s->parameters, FALSE);
        g_assert_true(g_str_has_prefix(changed, "('V.G', 'backup', 'master', 'master-down',"));
        check(&h, ROOT_PATH "/group/V_2eG", GROUP, "State", "'master'");
        harness_wait_log("group V.G: backup → master");
        g_autoptr(GVariant) events = harness_call(
                        &h, ROOT_PATH, MANAGER, "GetEvents", g_variant_new("(stu)", "", (guint64)0, 0));
        g_autofree char *replayed = g_variant_print(events, FALSE);
        g_assert_nonnull(strstr(replayed, "'StateChanged', '" ROOT_PATH "/group/V_2eG'"));

        harness_say(&h, "remove a.b");
        harness_wait_property(&h, ROOT_PATH "/group/V_2eG", GROUP, "Members", "['" PATH("web") "']");
        harness_say(&h, "remove-group V.G");
        harness_wait_property(&h, PATH("web"), INSTANCE, "SyncGroup", "'/'");
        s = harness_wait_signal(&h, ROOT_PATH, "InterfacesRemoved", &at);
        s = harness_wait_signal(&h, ROOT_PATH, "InterfacesRemoved", &at);
        g_autofree char *removed = g_variant_print(s->parameters, FALSE);
        g_assert_nonnull(strstr(removed, ROOT_PATH "/group/V_2eG"));
        harness_call_fails(h.client, ROOT_PATH "/group/V_2eG", GROUP, "Failover",
                        g_variant_new("(a{sv})", NULL), "org.freedesktop.DBus.Error.UnknownObject", NULL);
        harness_stop(&h);
}

/* Trackers and their users name each other, whichever was published first, and forget each other. */
static void test_trackers(void) {
        Harness h = {};

        harness_start(&h, NULL);
        harness_say(&h, "track web check -20");
        check(&h, PATH("web"), INSTANCE, "Trackers", "[]");
        harness_say(&h, "tracker check falling exit status 1");
        harness_wait_property(&h, PATH("web"), INSTANCE, "Trackers",
                        "[('" ROOT_PATH "/tracker/script/check', -20)]");
        check(&h, ROOT_PATH "/tracker/script/check", TRACKER, "Users", "['" PATH("web") "']");
        check(&h, ROOT_PATH "/tracker/script/check", TRACKER, "State", "'falling'");
        check(&h, ROOT_PATH "/tracker/script/check", TRACKER, "StatusText", "'exit status 1'");
        check(&h, ROOT_PATH "/tracker/script/check", TRACKER, "Type", "'script'");

        harness_say(&h, "track a.b check 0");
        harness_wait_property(&h, ROOT_PATH "/tracker/script/check", TRACKER, "Users",
                        "['" PATH("web") "', '" PATH("a_2eb") "']");
        harness_say(&h, "remove web");
        harness_wait_property(
                        &h, ROOT_PATH "/tracker/script/check", TRACKER, "Users", "['" PATH("a_2eb") "']");
        harness_say(&h, "remove-tracker check");
        harness_wait_property(&h, PATH("a_2eb"), INSTANCE, "Trackers", "[]");
        harness_stop(&h);
}

static guint64 sequence_of(const Signal *s) {
        gsize position = g_str_equal(s->member, "StateChanged") ? 4 : 3;
        g_autoptr(GVariant) v = g_variant_get_child_value(s->parameters, position);

        return g_variant_get_uint64(v);
}

static char *changed_property(const Signal *s, const char *property) {
        g_autoptr(GVariant) changed = g_variant_get_child_value(s->parameters, 1);
        g_autoptr(GVariant) v = g_variant_lookup_value(changed, property, NULL);

        return v ? g_variant_print(v, FALSE) : NULL;
}

typedef struct Order {
        char state[16]; /* last seen in PropertiesChanged */
        bool vips_active;
        guint64 sequence;
        guint changes, finished; /* signals seen */
} Order;

static void check_order(Order *o, const Signal *s) {
        g_autofree char *state = NULL, *vips = NULL, *printed = NULL;

        if (g_str_equal(s->member, "PropertiesChanged")) {
                state = changed_property(s, "State");
                vips = changed_property(s, "ActiveVIPs");
                if (state)
                        g_strlcpy(o->state, state, sizeof(o->state));
                if (vips)
                        o->vips_active = strstr(vips, "192.0.2.51") != NULL;
                return;
        }
        guint64 sequence = sequence_of(s);
        if (o->sequence > 0)
                g_assert_cmpuint(sequence, ==, o->sequence + 1);
        o->sequence = sequence;

        bool changed = g_str_equal(s->member, "StateChanged");
        g_autoptr(GVariant) v = g_variant_get_child_value(s->parameters, changed ? 2 : 1);
        printed = g_variant_print(v, FALSE);
        g_assert_cmpstr(printed, ==, o->state); /* PropertiesChanged was there before */
        if (changed)
                g_assert_cmpuint(o->changes++, ==, o->finished);
        else {
                g_assert_cmpuint(++o->finished, ==, o->changes);
                g_assert_cmpint(o->vips_active, ==, g_str_equal(printed, "'master'"));
        }
}

/* Under 1,000 transitions in a row each is told: PropertiesChanged with the new state, StateChanged,
 * ActiveVIPs, TransitionFinished, with consecutive numbers and nothing merged, lost or out of order. */
static void test_order(void) {
        Harness h = {};
        Order order = {};
        guint at = 0, seen = 0;

        harness_start(&h, NULL);
        guint begin = h.signals->len;
        harness_say(&h, "transitions web 1000");
        at = begin;
        for (guint i = 0; i < 1000; i++)
                (void)harness_wait_signal(&h, PATH("web"), "TransitionFinished", &at);
        for (guint i = begin; i < at; i++) {
                const Signal *s = h.signals->pdata[i];

                if (g_str_equal(s->path, PATH("web"))) {
                        check_order(&order, s);
                        seen++;
                }
                g_assert_cmpstr(s->member, !=, "Resync");
        }
        g_assert_cmpuint(order.changes, ==, 1000);
        g_assert_cmpuint(order.finished, ==, 1000);
        g_assert_cmpuint(seen, >=, 4000);
        harness_stop(&h);
}

/* PropertiesChanged names exactly what changed. */
static void test_changed_names(void) {
        Harness h = {};
        guint at;

        harness_start(&h, NULL);
        at = h.signals->len;
        harness_say(&h, "owner web on"); /* published nowhere */
        harness_say(&h, "conflict web vip-mismatch");
        const Signal *s = harness_wait_signal(&h, PATH("web"), "PropertiesChanged", &at);
        g_autoptr(GVariant) changed = g_variant_get_child_value(s->parameters, 1);
        g_assert_cmpuint(g_variant_n_children(changed), ==, 1);
        g_autofree char *conflicts = changed_property(s, "Conflicts");
        g_assert_cmpstr(conflicts, ==, "[('vip-mismatch', '192.0.2.2')]");
        harness_stop(&h);
}

static GVariant *get_events(
                Harness *h, const char *epoch, guint64 after, guint limit, gboolean *ret_complete) {
        g_autoptr(GVariant) reply = harness_call(
                        h, ROOT_PATH, MANAGER, "GetEvents", g_variant_new("(stu)", epoch, after, limit));

        g_variant_get_child(reply, 0, "b", ret_complete);
        return g_variant_get_child_value(reply, 1);
}

static guint64 event_sequence(GVariant *events, gsize i) {
        g_autoptr(GVariant) event = g_variant_get_child_value(events, i);
        guint64 sequence;

        g_variant_get_child(event, 0, "t", &sequence);
        return sequence;
}

/* GetEvents replays what came after a number, is honest about what it has no more, and does not mix epochs.
 */
static void test_replay(void) {
        Harness h = {};
        gboolean complete;
        guint at = 0;

        harness_start(&h, NULL);
        harness_say(&h, "state web master master-down gone silent");
        (void)harness_wait_signal(&h, PATH("web"), "TransitionFinished", &at);
        g_autoptr(GVariant) v = harness_property(&h, ROOT_PATH, MANAGER, "Epoch");
        const char *epoch = g_variant_get_string(v, NULL);

        g_autoptr(GVariant) all = get_events(&h, epoch, 0, 0, &complete);
        g_assert_true(complete);
        g_assert_cmpuint(g_variant_n_children(all), ==, 2);
        g_autofree char *printed = g_variant_print(all, FALSE);
        g_assert_nonnull(strstr(printed, "'StateChanged', '" PATH("web") "'"));
        g_assert_nonnull(strstr(printed, "'reason': <'master-down'>"));
        g_assert_nonnull(strstr(printed, "'detail': <'gone silent'>"));

        g_autoptr(GVariant) second = get_events(&h, epoch, 1, 0, &complete);
        g_assert_true(complete);
        g_assert_cmpuint(g_variant_n_children(second), ==, 1);
        g_assert_cmpuint(event_sequence(second, 0), ==, 2);
        g_autoptr(GVariant) none = get_events(&h, epoch, 2, 0, &complete);
        g_assert_true(complete);
        g_assert_cmpuint(g_variant_n_children(none), ==, 0);
        g_autoptr(GVariant) future = get_events(&h, epoch, 3, 0, &complete);
        g_assert_false(complete);
        g_autoptr(GVariant) foreign = get_events(&h, "0123", 2, 0, &complete);
        g_assert_false(complete);
        g_assert_cmpuint(g_variant_n_children(foreign), ==, 2);

        /* Twice 1,024 transitions: 4,096 events are kept, the first two are not among them. */
        for (int i = 0; i < 2; i++) {
                harness_say(&h, "transitions web 1024");
                for (int k = 0; k < 1024; k++)
                        (void)harness_wait_signal(&h, PATH("web"), "TransitionFinished", &at);
        }
        g_autoptr(GVariant) kept = get_events(&h, epoch, 1, 0, &complete);
        g_assert_false(complete);
        g_assert_cmpuint(g_variant_n_children(kept), ==, 4096);
        g_assert_cmpuint(event_sequence(kept, 0), ==, 3);
        g_autoptr(GVariant) page = get_events(&h, epoch, 2, 10, &complete);
        g_assert_true(complete);
        g_assert_cmpuint(g_variant_n_children(page), ==, 10);
        g_assert_cmpuint(event_sequence(page, 9), ==, 12);
        harness_stop(&h);
}

int main(int argc, char **argv) {
        harness_init(&argc, &argv);
        g_assert_cmpint(argc, ==, 3);
        xml_path = argv[2];
        g_test_add_func("/bus/objects/introspection", test_introspection);
        g_test_add_func("/bus/objects/managed", test_objects);
        g_test_add_func("/bus/objects/ghost-paths", test_ghost_paths);
        g_test_add_func("/bus/objects/properties", test_properties);
        g_test_add_func("/bus/objects/come-and-go", test_come_and_go);
        g_test_add_func("/bus/objects/restart", test_restart);
        g_test_add_func("/bus/objects/bytes", test_bytes);
        g_test_add_func("/bus/objects/groups", test_groups);
        g_test_add_func("/bus/objects/trackers", test_trackers);
        g_test_add_func("/bus/objects/order", test_order);
        g_test_add_func("/bus/objects/changed-names", test_changed_names);
        g_test_add_func("/bus/objects/replay", test_replay);
        return g_test_run();
}
