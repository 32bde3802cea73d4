/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Both sides are parsed by GLib and written down as sorted lines, one a member, so that a difference shows
 * as a line. */

#include "tests/bus/contract.h"
#include <string.h>

GDBusNodeInfo *contract_read(const char *xml_path) {
        g_autoptr(GError) error = NULL;
        g_autofree char *xml = NULL;

        g_assert_true(g_file_get_contents(xml_path, &xml, NULL, NULL));
        GDBusNodeInfo *node = g_dbus_node_info_new_for_xml(xml, &error);
        g_assert_no_error(error);
        return node;
}

static GDBusNodeInfo *introspect(Harness *h, const char *path) {
        g_autoptr(GVariant) reply =
                        harness_call(h, path, "org.freedesktop.DBus.Introspectable", "Introspect", NULL);
        g_autoptr(GError) error = NULL;
        const char *xml;

        g_variant_get(reply, "(&s)", &xml);
        GDBusNodeInfo *node = g_dbus_node_info_new_for_xml(xml, &error);
        g_assert_no_error(error);
        return node;
}

static void describe_arguments(GString *s, GDBusArgInfo **arguments) {
        for (; arguments && *arguments; arguments++)
                g_string_append_printf(s, " %s:%s", (*arguments)->name, (*arguments)->signature);
}

static int compare_lines(gconstpointer a, gconstpointer b) {
        return strcmp(*(char *const *)a, *(char *const *)b);
}

/* One sorted line per member, with everything that a client could depend on. */
static char *describe(GDBusInterfaceInfo *interface) {
        g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);

        for (GDBusMethodInfo **m = interface->methods; m && *m; m++) {
                GString *s = g_string_new(NULL);

                g_string_append_printf(s, "method %s in", (*m)->name);
                describe_arguments(s, (*m)->in_args);
                g_string_append(s, " out");
                describe_arguments(s, (*m)->out_args);
                g_ptr_array_add(lines, g_string_free(s, FALSE));
        }
        for (GDBusSignalInfo **m = interface->signals; m && *m; m++) {
                GString *s = g_string_new(NULL);

                g_string_append_printf(s, "signal %s", (*m)->name);
                describe_arguments(s, (*m)->args);
                g_ptr_array_add(lines, g_string_free(s, FALSE));
        }
        for (GDBusPropertyInfo **p = interface->properties; p && *p; p++) {
                const char *emits = g_dbus_annotation_info_lookup(
                                (*p)->annotations, "org.freedesktop.DBus.Property.EmitsChangedSignal");

                g_ptr_array_add(lines, g_strdup_printf("property %s %s flags=%u emits=%s", (*p)->name,
                                                       (*p)->signature, (unsigned)(*p)->flags,
                                                       emits ? emits : "true"));
        }
        g_ptr_array_sort(lines, compare_lines);
        g_ptr_array_add(lines, NULL);
        return g_strjoinv("\n", (char **)lines->pdata);
}

void contract_compare(Harness *h, GDBusNodeInfo *documented, const char *path, const char *name) {
        g_autoptr(GDBusNodeInfo) node = introspect(h, path);
        GDBusInterfaceInfo *live = g_dbus_node_info_lookup_interface(node, name);
        GDBusInterfaceInfo *wanted = g_dbus_node_info_lookup_interface(documented, name);

        g_assert_nonnull(live);
        g_assert_nonnull(wanted);
        g_autofree char *a = describe(live), *b = describe(wanted);
        g_assert_cmpstr(a, ==, b);
}
