/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* See fake-daemon.h. The interface is the contract's own XML file, so a signature that changes there changes
 * here. What a call does is decided by a few members of FakeDaemon; the order of its signals is the
 * contract's. */

#include "fake-daemon.h"
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>

#define BUS_NAME "org.vrrpd.Vrrp1"
#define ROOT "/org/vrrpd/Vrrp1"
#define MANAGER BUS_NAME ".Manager"
#define INSTANCE BUS_NAME ".Instance"
#define GROUP "org.vrrpd.Vrrp1.SyncGroup"
#define TRACKER BUS_NAME ".Tracker"

static const char object_manager_xml[] =
                "<node><interface name='org.freedesktop.DBus.ObjectManager'>"
                "<method name='GetManagedObjects'><arg type='a{oa{sa{sv}}}' direction='out'/></method>"
                "</interface></node>";

static GDBusNodeInfo *contract(void) {
        static GDBusNodeInfo *info;
        g_autoptr(GError) error = NULL;
        g_autofree char *xml = NULL;

        if (!info) {
                g_file_get_contents(g_getenv("VRRPD_INTERFACE_XML"), &xml, NULL, &error);
                g_assert_no_error(error);
                info = g_dbus_node_info_new_for_xml(xml, &error);
                g_assert_no_error(error);
        }
        return info;
}

static GDBusInterfaceInfo *interface_info(const char *name) {
        GDBusInterfaceInfo *info = g_dbus_node_info_lookup_interface(contract(), name);
        g_assert_nonnull(info);
        return info;
}

static FakeObject *find_object(FakeDaemon *f, const char *path) {
        for (guint i = 0; i < f->objects->len; i++) {
                FakeObject *o = g_ptr_array_index(f->objects, i);
                if (g_str_equal(o->path, path))
                        return o;
        }
        return NULL;
}

static GVariant *properties_of(GHashTable *table) {
        GVariantBuilder b;
        GHashTableIter iter;
        gpointer name, value;

        g_variant_builder_init(&b, G_VARIANT_TYPE("a{sv}"));
        g_hash_table_iter_init(&iter, table);
        while (g_hash_table_iter_next(&iter, &name, &value))
                g_variant_builder_add(&b, "{sv}", name, value);
        return g_variant_builder_end(&b);
}

/* a{oa{sa{sv}}} */
static GVariant *managed_objects(FakeDaemon *f) {
        GVariantBuilder b;

        g_variant_builder_init(&b, G_VARIANT_TYPE("a{oa{sa{sv}}}"));
        for (guint i = 0; i < f->objects->len; i++) {
                FakeObject *o = g_ptr_array_index(f->objects, i);
                GVariantBuilder interfaces;
                g_variant_builder_init(&interfaces, G_VARIANT_TYPE("a{sa{sv}}"));
                g_variant_builder_add(&interfaces, "{s@a{sv}}", o->interface, properties_of(o->properties));
                if (f->lists_manager)
                        g_variant_builder_add(&interfaces, "{s@a{sv}}", "org.freedesktop.DBus.Peer",
                                        g_variant_new_parsed("@a{sv} {}"));
                g_variant_builder_add(&b, "{o@a{sa{sv}}}", o->path, g_variant_builder_end(&interfaces));
        }
        if (f->lists_manager) {
                GVariantBuilder interfaces;
                g_variant_builder_init(&interfaces, G_VARIANT_TYPE("a{sa{sv}}"));
                g_variant_builder_add(&interfaces, "{s@a{sv}}", MANAGER, properties_of(f->manager));
                g_variant_builder_add(&b, "{o@a{sa{sv}}}", ROOT, g_variant_builder_end(&interfaces));
        }
        return g_variant_builder_end(&b);
}

void fake_emit(FakeDaemon *f, const char *path, const char *interface, const char *signal,
                GVariant *arguments) {
        g_autoptr(GError) error = NULL;
        g_dbus_connection_emit_signal(f->connection, NULL, path, interface, signal, arguments, &error);
        g_assert_no_error(error);
}

void fake_emit_state_changed(FakeDaemon *f, FakeObject *o, const char *from, const char *to,
                const char *reason, guint64 seq) {
        GVariant *name = g_hash_table_lookup(o->properties, "Name");
        fake_emit(f, o->path, INSTANCE, "StateChanged",
                        g_variant_new("(ssssttt@a{sv})", g_variant_get_string(name, NULL), from, to, reason,
                                        seq, G_GUINT64_CONSTANT(1700000000123456),
                                        G_GUINT64_CONSTANT(5000000),
                                        g_variant_new_parsed("{'priority': <byte 150>}")));
}

void fake_emit_transition(FakeDaemon *f, FakeObject *o, const char *state, const char *result, guint64 seq) {
        GVariant *name = g_hash_table_lookup(o->properties, "Name");
        fake_emit(f, o->path, INSTANCE, "TransitionFinished",
                        g_variant_new("(sssttt@a{st}@a{sv})", g_variant_get_string(name, NULL), state,
                                        result, seq, G_GUINT64_CONSTANT(1700000000223456),
                                        G_GUINT64_CONSTANT(5100000),
                                        g_variant_new_parsed("{'addresses-confirmed': uint64 2500}"),
                                        g_variant_new_parsed("{'priority': <byte 150>}")));
}

static void emit_operation_finished(FakeDaemon *f, FakeObject *o, guint64 number, const char *result) {
        GVariant *name = g_hash_table_lookup(o->properties, "Name");
        GVariant *details = f->successor ? g_variant_new_parsed("{'successor': <%s>}", f->successor)
                                         : g_variant_new_parsed("@a{sv} {}");

        fake_emit(f, o->path, o->interface, "OperationFinished",
                        g_variant_new("(stssttt@a{sv})", g_variant_get_string(name, NULL), number,
                                        "failover", result, G_GUINT64_CONSTANT(9),
                                        G_GUINT64_CONSTANT(1700000000323456), G_GUINT64_CONSTANT(5200000),
                                        details));
}

/* What happens after an operation has been accepted. */
static void run_operation(FakeDaemon *f, FakeObject *o) {
        if (f->leave) {
                fake_daemon_stop(f);
                return;
        }
        if (f->foreign_operation_first)
                emit_operation_finished(f, o, 41, "failed");
        if (f->effect)
                f->effect(f, o);
        if (f->broken_signals)
                fake_emit(f, o->path, INSTANCE, "OperationFinished", g_variant_new_parsed("('V', 42)"));
        else if (f->result)
                emit_operation_finished(f, o, 42, f->result);
}

static void note_call(
                FakeDaemon *f, const char *member, GVariant *parameters, GDBusMethodInvocation *invocation) {
        GDBusMessage *message = g_dbus_method_invocation_get_message(invocation);
        GDBusMessageFlags flags = g_dbus_message_get_flags(message);

        g_free(f->last_member);
        f->last_member = g_strdup(member);
        g_clear_pointer(&f->last_options, g_variant_unref);
        if (g_variant_is_of_type(parameters, G_VARIANT_TYPE("(a{sv})")))
                f->last_options = g_variant_get_child_value(parameters, 0);
        f->last_interface = g_intern_string(g_dbus_method_invocation_get_interface_name(invocation));
        f->last_interactive = (flags & G_DBUS_MESSAGE_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION) != 0;
        f->n_calls++;
}

static void return_statistics(GDBusMethodInvocation *invocation) {
        g_dbus_method_invocation_return_value(invocation,
                        g_variant_new_parsed("({'adverts-sent': uint64 12, 'bad-checksum': uint64 3},)"));
}

static void on_instance_call(GDBusConnection *connection, const char *sender, const char *path,
                const char *interface, const char *member, GVariant *parameters,
                GDBusMethodInvocation *invocation, gpointer userdata) {
        FakeDaemon *f = userdata;
        FakeObject *o = find_object(f, path);

        if (g_str_equal(member, "GetStatistics")) {
                return_statistics(invocation);
                return;
        }
        note_call(f, member, parameters, invocation);
        if (f->silent)
                return; /* the invocation is kept until the fake goes */
        if (f->error_name) {
                g_dbus_method_invocation_return_dbus_error(invocation, f->error_name, f->error_message);
                return;
        }
        if (g_str_equal(member, "Announce")) {
                g_dbus_method_invocation_return_value(invocation, NULL);
                return;
        }
        g_dbus_method_invocation_return_value(invocation, g_variant_new("(t)", G_GUINT64_CONSTANT(42)));
        run_operation(f, o);
}

static void get_instance(FakeDaemon *f, GVariant *parameters, GDBusMethodInvocation *invocation) {
        const char *name;

        g_variant_get(parameters, "(&s)", &name);
        for (guint i = 0; i < f->objects->len; i++) {
                FakeObject *o = g_ptr_array_index(f->objects, i);
                GVariant *v = g_hash_table_lookup(o->properties, "Name");
                if (g_str_equal(o->interface, INSTANCE) &&
                                g_str_equal(g_variant_get_string(v, NULL), name)) {
                        g_dbus_method_invocation_return_value(invocation, g_variant_new("(o)", o->path));
                        return;
                }
        }
        g_dbus_method_invocation_return_dbus_error(
                        invocation, BUS_NAME ".Error.NoSuchInstance", "There is no such instance.");
}

static void on_manager_call(GDBusConnection *connection, const char *sender, const char *path,
                const char *interface, const char *member, GVariant *parameters,
                GDBusMethodInvocation *invocation, gpointer userdata) {
        FakeDaemon *f = userdata;

        g_free(f->last_sender);
        f->last_sender = g_strdup(sender);
        if (g_str_equal(member, "GetManagedObjects")) {
                g_dbus_method_invocation_return_value(
                                invocation, g_variant_new("(@a{oa{sa{sv}}})", managed_objects(f)));
                f->n_reads++;
        } else if (g_str_equal(member, "GetInstance"))
                get_instance(f, parameters, invocation);
        else if (g_str_equal(member, "GetConfiguration"))
                g_dbus_method_invocation_return_value(
                                invocation, g_variant_new("(s)", "# a\nglobal_defs {\n}\n"));
        else if (g_str_equal(member, "GetEvents"))
                g_dbus_method_invocation_return_value(
                                invocation, g_variant_new("(b@a(tsota{sv}))", TRUE, f->events));
        else {
                note_call(f, member, parameters, invocation);
                if (f->silent)
                        return;
                if (f->error_name)
                        g_dbus_method_invocation_return_dbus_error(
                                        invocation, f->error_name, f->error_message);
                else {
                        if (f->leave) /* before the answer: the caller's next call must not be faster */
                                fake_daemon_stop(f);
                        g_dbus_method_invocation_return_value(invocation, NULL);
                }
        }
}

static GVariant *get_property(GDBusConnection *connection, const char *sender, const char *path,
                const char *interface, const char *property, GError **error, gpointer userdata) {
        FakeDaemon *f = userdata;
        FakeObject *o = find_object(f, path);
        GVariant *v = g_hash_table_lookup(o ? o->properties : f->manager, property);

        if (o && g_str_equal(property, "State"))
                f->n_reads++;
        if (!v)
                g_set_error(error, G_DBUS_ERROR, G_DBUS_ERROR_FAILED, "The fake has no %s", property);
        return v ? g_variant_ref(v) : NULL;
}

static const GDBusInterfaceVTable manager_vtable = {on_manager_call, get_property, NULL, {}};
static const GDBusInterfaceVTable object_vtable = {on_instance_call, get_property, NULL, {}};

static void object_free(gpointer p) {
        FakeObject *o = p;
        g_hash_table_unref(o->properties);
        g_free(o->path);
        g_free(o);
}

static void set_parsed(GHashTable *table, const char *text) {
        g_autoptr(GVariant) all = g_variant_ref_sink(g_variant_new_parsed(text));
        GVariantIter iter;
        const char *name;
        GVariant *v;

        g_variant_iter_init(&iter, all);
        while (g_variant_iter_next(&iter, "{&sv}", &name, &v))
                g_hash_table_insert(table, g_strdup(name), v);
}

static GHashTable *new_properties(const char *text) {
        GHashTable *t = g_hash_table_new_full(
                        g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_variant_unref);
        set_parsed(t, text);
        return t;
}

static FakeObject *add_object(FakeDaemon *f, char *path, const char *interface, const char *properties) {
        g_autoptr(GError) error = NULL;
        FakeObject *o = g_new0(FakeObject, 1);

        o->path = path;
        o->interface = interface;
        o->properties = new_properties(properties);
        g_ptr_array_add(f->objects, o);
        o->registration = g_dbus_connection_register_object(
                        f->connection, path, interface_info(interface), &object_vtable, f, NULL, &error);
        g_assert_no_error(error);
        return o;
}

/* As sd_bus_path_encode(3). */
static char *encode(const char *name) {
        GString *s = g_string_new(NULL);
        for (const char *p = name; *p; p++)
                if (g_ascii_isalpha(*p) || (g_ascii_isdigit(*p) && p > name))
                        g_string_append_c(s, *p);
                else
                        g_string_append_printf(s, "_%02x", (guchar)*p);
        return g_string_free(s, FALSE);
}

FakeObject *fake_add_instance(FakeDaemon *f, const char *name) {
        g_autofree char *encoded = encode(name);
        FakeObject *o = add_object(f, g_strconcat(ROOT "/instance/", encoded, NULL), INSTANCE,
                        "{'VirtualRouterId': <byte 51>, 'AddressFamily': <'ipv4'>, 'ProtocolVersion': <byte "
                        "3>,"
                        " 'Interface': <'eth0'>, 'InterfaceIndex': <int32 2>, 'VirtualMac': <''>,"
                        " 'SourceAddress': <'192.0.2.1'>, 'State': <'backup'>, 'StateReason': <'started'>,"
                        " 'StateChangeTimestamp': <uint64 1600000000000000>,"
                        " 'StateChangeTimestampMonotonic': <uint64 1000000>, 'AdminState': <'enabled'>,"
                        " 'AdminReason': <''>, 'AdminUID': <uint32 4294967295>, 'AdminExpireTimestamp': "
                        "<uint64 0>,"
                        " 'Priority': <byte 100>, 'BasePriority': <byte 100>, 'Preempt': <true>,"
                        " 'PreemptDelayUSec': <uint64 0>, 'AdvertisementIntervalUSec': <uint64 1000000>,"
                        " 'MasterAddress': <'192.0.2.7'>, 'MasterPriority': <byte 150>,"
                        " 'VIPs': <['192.0.2.10/24', '192.0.2.11/24']>, 'ExcludedVIPs': "
                        "<['198.51.100.1/32']>,"
                        " 'ActiveVIPs': <@as []>, 'Peers': <@as []>, 'SyncGroup': <objectpath '/'>,"
                        " 'Trackers': <@a(oi) []>, 'Faults': <@a(ss) []>, 'Conflicts': <@a(ss) []>}");
        fake_set(o, "Name", "s", name);
        return o;
}

void fake_remove(FakeDaemon *f, FakeObject *o) {
        fake_emit(f, ROOT, "org.freedesktop.DBus.ObjectManager", "InterfacesRemoved",
                        g_variant_new_parsed("(%o, [%s])", o->path, o->interface));
        g_assert_true(g_dbus_connection_unregister_object(f->connection, o->registration));
        g_ptr_array_remove(f->objects, o);
}

void fake_make_master(FakeObject *o) {
        fake_set(o, "State", "s", "master");
        fake_set(o, "StateReason", "s", "master-down");
        fake_set(o, "MasterAddress", "s", "192.0.2.1");
        fake_set(o, "MasterPriority", "y", 100);
        set_parsed(o->properties, "{'ActiveVIPs': <['192.0.2.10/24', '192.0.2.11/24', '198.51.100.1/32']>}");
}

FakeObject *fake_add_group(FakeDaemon *f, const char *name) {
        g_autofree char *encoded = encode(name);
        FakeObject *o = add_object(f, g_strconcat(ROOT "/group/", encoded, NULL), GROUP,
                        "{'Members': <[objectpath '/org/vrrpd/Vrrp1/instance/VI_5f1']>, 'State': <'backup'>,"
                        " 'StateReason': <'started'>, 'StateChangeTimestamp': <uint64 1600000000000000>,"
                        " 'StateChangeTimestampMonotonic': <uint64 1000000>, 'AdminState': <'enabled'>,"
                        " 'AdminReason': <''>, 'AdminUID': <uint32 4294967295>,"
                        " 'AdminExpireTimestamp': <uint64 0>}");
        fake_set(o, "Name", "s", name);
        return o;
}

FakeObject *fake_add_tracker(FakeDaemon *f, const char *type, const char *name, const char *state) {
        g_autofree char *encoded = encode(name);
        FakeObject *o = add_object(f, g_strconcat(ROOT "/tracker/", type, "/", encoded, NULL), TRACKER,
                        "{'Target': <'/usr/bin/true'>, 'StatusText': <'exit status 1'>, 'Value': <int64 1>,"
                        " 'Users': <@ao []>, 'StateChangeTimestamp': <uint64 1600000000000000>,"
                        " 'StateChangeTimestampMonotonic': <uint64 1000000>}");
        fake_set(o, "Type", "s", type);
        fake_set(o, "Name", "s", name);
        fake_set(o, "State", "s", state);
        return o;
}

static void set_v(GHashTable *table, const char *property, const char *format, va_list *ap) {
        GVariant *v = g_variant_new_va(format, NULL, ap);
        g_hash_table_insert(table, g_strdup(property), g_variant_ref_sink(v));
}

void fake_set(FakeObject *o, const char *property, const char *format, ...) {
        va_list ap;
        va_start(ap, format);
        set_v(o->properties, property, format, &ap);
        va_end(ap);
}

void fake_set_manager(FakeDaemon *f, const char *property, const char *format, ...) {
        va_list ap;
        va_start(ap, format);
        set_v(f->manager, property, format, &ap);
        va_end(ap);
}

void fake_emit_changed(FakeDaemon *f, FakeObject *o, ...) {
        GVariantBuilder changed;
        const char *name;
        va_list ap;

        g_variant_builder_init(&changed, G_VARIANT_TYPE("a{sv}"));
        va_start(ap, o);
        while ((name = va_arg(ap, const char *)))
                g_variant_builder_add(&changed, "{sv}", name, g_hash_table_lookup(o->properties, name));
        va_end(ap);
        fake_emit(f, o->path, "org.freedesktop.DBus.Properties", "PropertiesChanged",
                        g_variant_new("(s@a{sv}@as)", o->interface, g_variant_builder_end(&changed),
                                        g_variant_new_strv(NULL, 0)));
}

static void register_manager(FakeDaemon *f) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GDBusNodeInfo) manager = g_dbus_node_info_new_for_xml(object_manager_xml, &error);

        g_assert_no_error(error);
        g_dbus_connection_register_object(
                        f->connection, ROOT, manager->interfaces[0], &manager_vtable, f, NULL, &error);
        g_assert_no_error(error);
        g_dbus_connection_register_object(
                        f->connection, ROOT, interface_info(MANAGER), &manager_vtable, f, NULL, &error);
        g_assert_no_error(error);
}

/* The bus must not outlive a test that crashes. */
static void die_with_parent(gpointer userdata) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
}

static void start_bus(FakeDaemon *f) {
        g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new(
                        G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_SILENCE);
        g_autofree char *option = g_strconcat("--config-file=", g_getenv("VRRPD_BUS_CONF"), NULL);
        g_autoptr(GError) error = NULL;

        g_subprocess_launcher_set_child_setup(launcher, die_with_parent, NULL, NULL);
        f->bus = g_subprocess_launcher_spawn(launcher, &error, "dbus-daemon", "--nofork", "--nopidfile",
                        "--print-address=1", option, NULL);
        g_assert_no_error(error);
        g_autoptr(GDataInputStream) out = g_data_input_stream_new(g_subprocess_get_stdout_pipe(f->bus));
        f->address = g_data_input_stream_read_line(out, NULL, NULL, &error);
        g_assert_no_error(error);
        g_assert_nonnull(f->address);
}

static void stop_bus(FakeDaemon *f) {
        g_autoptr(GError) error = NULL;

        g_subprocess_send_signal(f->bus, SIGTERM); /* it removes its socket */
        g_subprocess_wait(f->bus, NULL, &error);
        g_assert_no_error(error);
        g_object_unref(f->bus);
        g_free(f->address);
}

FakeDaemon *fake_daemon_new_stopped(void) {
        g_autoptr(GError) error = NULL;
        FakeDaemon *f = g_new0(FakeDaemon, 1);

        f->objects = g_ptr_array_new_with_free_func(object_free);
        f->manager = new_properties("{'Version': <'0.1.0'>, 'ApiLevel': <uint32 1>, 'Epoch': <'e1'>, "
                                    "'Sequence': <uint64 4>,"
                                    " 'RouterId': <'r1'>, 'NInstances': <uint32 1>, 'NMaster': <uint32 0>, "
                                    "'NBackup': <uint32 1>,"
                                    " 'NFault': <uint32 0>, 'NHeld': <uint32 0>, 'NConflicts': <uint32 0>,"
                                    " 'ConfigFiles': <['/etc/vrrpd/vrrpd.conf']>, 'ConfigTimestamp': "
                                    "<uint64 1600000000000000>,"
                                    " 'LastReloadResult': <'none'>, 'LastReloadMessages': <@as []>,"
                                    " 'StartTimestamp': <uint64 1600000000000000>, "
                                    "'StartTimestampMonotonic': <uint64 5>}");
        f->events = g_variant_ref_sink(g_variant_new_parsed("@a(tsota{sv}) []"));
        f->result = "done";
        start_bus(f);
        f->connection = g_dbus_connection_new_for_address_sync(f->address,
                        G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                                        G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                        NULL, NULL, &error);
        g_assert_no_error(error);
        register_manager(f);
        return f;
}

FakeDaemon *fake_daemon_new(void) {
        FakeDaemon *f = fake_daemon_new_stopped();
        fake_daemon_start(f);
        return f;
}

static void call_bus(FakeDaemon *f, const char *member, GVariant *parameters) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GVariant) reply = g_dbus_connection_call_sync(f->connection, "org.freedesktop.DBus",
                        "/org/freedesktop/DBus", "org.freedesktop.DBus", member, parameters, NULL,
                        G_DBUS_CALL_FLAGS_NONE, -1, NULL, &error);
        guint32 answer;

        g_assert_no_error(error);
        g_variant_get(reply, "(u)", &answer);
        g_assert_cmpuint(answer, ==, 1);
}

void fake_daemon_start(FakeDaemon *f) {
        /* 1: may be replaced, 4: does not queue */
        call_bus(f, "RequestName", g_variant_new("(su)", BUS_NAME, 1 | 4));
        f->owner = 1;
}

void fake_daemon_stop(FakeDaemon *f) {
        if (f->owner)
                call_bus(f, "ReleaseName", g_variant_new("(s)", BUS_NAME));
        f->owner = 0;
}

void fake_daemon_free(FakeDaemon *f) {
        g_dbus_connection_close_sync(f->connection, NULL, NULL);
        g_object_unref(f->connection);
        stop_bus(f);
        g_ptr_array_unref(f->objects);
        g_hash_table_unref(f->manager);
        g_variant_unref(f->events);
        g_clear_pointer(&f->last_options, g_variant_unref);
        g_free(f->last_member);
        g_free(f->last_sender);
        g_free(f);
}
