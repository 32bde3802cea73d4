/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The real daemon on its bus: what the fake engine's tests promise holds for it too. It is alone on a link
 * of its own, so that it becomes master and finds no successor. */

#include "tests/bus/contract.h"
#include "tests/bus/harness.h"
#include <signal.h>
#include <stdlib.h>
#include <string.h>

static const char *xml_path;

#define CONFIG                       \
        "vrrp_instance web {\n"      \
        "    interface test0\n"      \
        "    virtual_router_id 51\n" \
        "    version 3\n"            \
        "    advert_int 0.1\n"       \
        "    virtual_ipaddress {\n"  \
        "        192.0.2.100/24\n"   \
        "    }\n"                    \
        "}\n"

static void run(const char *command) {
        g_assert_cmpint(system(command), ==, 0);
}

static void start(Harness *h) {
        const char *const argv[] = {
                        harness_program,
                        "-f",
                        CONFIG_PATH,
                        "--runtime-directory",
                        "/run/test/vrrpd",
                        NULL,
        };

        g_assert_true(g_file_set_contents(CONFIG_PATH, CONFIG, -1, NULL));
        harness_start_bus(h);
        harness_watch(h);
        harness_start_program(h, argv, NULL);
        harness_wait_name(h);
        harness_wait_property(h, PATH("web"), INSTANCE, "State", "'master'");
}

static void stop(Harness *h) {
        if (h->daemon)
                harness_signal(h->daemon, SIGTERM);
        harness_stop(h);
}

/* Every object that the daemon manages has exactly the documented interface. */
static void test_contract(void) {
        Harness h = {};
        g_autoptr(GDBusNodeInfo) documented = contract_read(xml_path);

        start(&h);
        contract_compare(&h, documented, ROOT_PATH, MANAGER);
        g_autoptr(GVariant) reply = harness_call(
                        &h, ROOT_PATH, "org.freedesktop.DBus.ObjectManager", "GetManagedObjects", NULL);
        g_autoptr(GVariantIter) objects = NULL;
        GVariantIter *interfaces;
        const char *path, *interface;
        guint n = 0;

        g_variant_get(reply, "(a{oa{sa{sv}}})", &objects);
        while (g_variant_iter_loop(objects, "{&oa{sa{sv}}}", &path, &interfaces)) {
                GVariant *properties;

                while (g_variant_iter_loop(interfaces, "{&s@a{sv}}", &interface, &properties))
                        if (g_str_has_prefix(interface, "org.vrrpd.")) {
                                contract_compare(&h, documented, path, interface);
                                n++;
                        }
        }
        g_assert_cmpuint(n, >=, 1);
        stop(&h);
}

static guint find(Harness *h, const char *path, const char *member, const char *property, const char *text) {
        for (guint i = 0; i < h->signals->len; i++) {
                const Signal *s = h->signals->pdata[i];
                g_autofree char *printed = g_variant_print(s->parameters, FALSE);

                if (g_str_equal(s->path, path) && g_str_equal(s->member, member) &&
                                strstr(printed, property) && strstr(printed, text))
                        return i;
        }
        g_error("no %s with %s %s", member, property, text);
}

/* Becoming master is told in the promised order, and TransitionFinished when the address is there. */
static void test_order(void) {
        Harness h = {};
        guint at = 0;
        const char *state;

        start(&h);
        do { /* becoming backup is a transition, too */
                const Signal *s = harness_wait_signal(&h, PATH("web"), "TransitionFinished", &at);

                g_variant_get_child(s->parameters, 1, "&s", &state);
        } while (!g_str_equal(state, "master"));
        guint properties = find(&h, PATH("web"), "PropertiesChanged", "'State'", "<'master'>");
        guint changed = find(&h, PATH("web"), "StateChanged", "'master'", "'master-down'");
        guint active = find(&h, PATH("web"), "PropertiesChanged", "'ActiveVIPs'", "192.0.2.100/24");
        guint finished = find(&h, PATH("web"), "TransitionFinished", "'master'", "'done'");
        g_assert_cmpuint(properties, <, changed);
        g_assert_cmpuint(changed, <, active);
        g_assert_cmpuint(active, <, finished);
        stop(&h);
}

/* Operations go through the engine and end as they must for a master without a successor; refusals come from
 * the same rule. */
static void test_operations(void) {
        Harness h = {};
        guint at = 0;
        const char *result;

        start(&h);
        harness_call_fails(h.client, PATH("web"), INSTANCE, "Promote", g_variant_new("(a{sv})", NULL),
                        "org.vrrpd.Vrrp1.Error.NotBackup", NULL);
        g_autoptr(GVariant) v =
                        harness_call(&h, PATH("web"), INSTANCE, "Failover", g_variant_new("(a{sv})", NULL));
        const Signal *s = harness_wait_signal(&h, PATH("web"), "OperationFinished", &at);
        g_variant_get_child(s->parameters, 3, "&s", &result);
        g_assert_cmpstr(result, ==, "no-successor");
        harness_wait_property(&h, PATH("web"), INSTANCE, "AdminState", "'enabled'");
        harness_wait_property(&h, PATH("web"), INSTANCE, "State", "'master'");
        g_autoptr(GVariant) statistics = harness_call(&h, PATH("web"), INSTANCE, "GetStatistics", NULL);
        g_autofree char *printed = g_variant_print(statistics, FALSE);
        g_assert_nonnull(strstr(printed, "'adverts-sent': "));
        stop(&h);
}

/* A broken file changes nothing and is explained to the caller; a good one is loaded. */
static void test_reload(void) {
        Harness h = {};
        guint at = 0;

        start(&h);
        g_assert_true(g_file_set_contents(CONFIG_PATH, CONFIG "nonsense\n", -1, NULL));
        harness_call_fails(h.client, ROOT_PATH, MANAGER, "Reload", NULL,
                        "org.vrrpd.Vrrp1.Error.ConfigInvalid", CONFIG_PATH ":10:1: error");
        harness_wait_property(&h, ROOT_PATH, MANAGER, "LastReloadResult", "'failed'");
        harness_wait_property(&h, PATH("web"), INSTANCE, "State", "'master'");

        g_assert_true(g_file_set_contents(CONFIG_PATH,
                        CONFIG "vrrp_instance other {\n    interface test0\n    virtual_router_id 52\n"
                               "    virtual_ipaddress {\n        192.0.2.101/24\n    }\n}\n",
                        -1, NULL));
        g_autoptr(GVariant) v = harness_call(&h, ROOT_PATH, MANAGER, "Reload", NULL);
        (void)harness_wait_signal(&h, ROOT_PATH, "InterfacesAdded", &at);
        harness_wait_property(&h, ROOT_PATH, MANAGER, "NInstances", "2");
        stop(&h);
}

/* SIGTERM: Stopping, then the last change of state, then the end with status 0. */
static void test_stop(void) {
        Harness h = {};
        guint at = 0;

        start(&h);
        harness_signal(h.daemon, SIGTERM);
        (void)harness_wait_signal(&h, ROOT_PATH, "Stopping", &at);
        const Signal *s = harness_wait_signal(&h, PATH("web"), "StateChanged", &at);
        g_autofree char *printed = g_variant_print(s->parameters, FALSE);
        g_assert_nonnull(strstr(printed, "'stopped'"));
        harness_stop(&h);
}

int main(int argc, char **argv) {
        harness_init(&argc, &argv);
        g_assert_cmpint(argc, ==, 3);
        xml_path = argv[2];
        run("ip link add test0 type veth peer name test1 && ip link set test0 up && ip link set test1 up &&"
            " ip address add 192.0.2.1/24 dev test0");
        g_test_add_func("/bus/daemon/contract", test_contract);
        g_test_add_func("/bus/daemon/order", test_order);
        g_test_add_func("/bus/daemon/operations", test_operations);
        g_test_add_func("/bus/daemon/reload", test_reload);
        g_test_add_func("/bus/daemon/stop", test_stop);
        return g_test_run();
}
