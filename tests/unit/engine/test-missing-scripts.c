/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A check whose program is not there when the configuration is loaded is not tracked, by anybody; all that
 * may be there is. */

#include "service/config/load.h"
#include "service/missing-scripts.h"
#include <glib.h>

static Config *drop(const char *text, const char *expected) {
        GString *got = g_string_new(NULL);
        ConfigMessages m = {};
        Config *c = NULL;

        g_assert_cmpint(config_load_buffer("t", text, strlen(text), "me", &m, &c), ==, 0);
        config_messages_clear(&m);
        g_assert_cmpint(missing_scripts_drop(c, &m), ==, 0);
        for (size_t i = 0; i < m.n; i++)
                g_string_append_printf(
                                got, "%u:%u: %s\n", m.items[i].line, m.items[i].column, m.items[i].text);
        g_assert_cmpstr(got->str, ==, expected);
        g_string_free(got, TRUE);
        config_messages_clear(&m);
        return c;
}

#define ROUTER                                                                                           \
        "vrrp_instance A {\ninterface eth0\nvirtual_router_id 1\nno_virtual_ipaddress\ntrack_interface " \
        "{\neth1\n}\ntrack_script {\ns\nt weight 3\n}\n}\n"
#define SAYS "; as with keepalived it is not tracked, until a reload finds it\n"

static void test_missing(void) {
        /* An absolute path, one that is not (it would be taken from the root directory), a command: dropped
         * from instances and groups, whatever its weight; the others stay. */
        Config *c = drop(
                        "vrrp_script s {\nscript /nonexist/s\n}\nvrrp_script t {\nscript no/such\n}\n" ROUTER
                        "vrrp_sync_group G {\ngroup {\nA\n}\ntrack_script {\nt\nu\n}\n}\n"
                        "vrrp_script u {\nscript \"no-such-command -x\"\n}\nvrrp_script v {\nscript "
                        "/nonexist/v\n}\nvrrp_script w {\nscript /bin/true/w\n}\n",
                        "2:8: vrrp_script 's': /nonexist/s does not exist" SAYS
                        "5:8: vrrp_script 't': /no/such does not exist" SAYS
                        "29:8: vrrp_script 'u': command no-such-command is not in "
                        "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" SAYS
                        "32:8: vrrp_script 'v': /nonexist/v does not exist\n"
                        "35:8: vrrp_script 'w': /bin/true/w does not exist\n");

        g_assert_cmpuint(c->instances[0].n_tracks, ==, 1);
        g_assert_cmpstr(c->instances[0].tracks[0].name, ==, "eth1");
        g_assert_cmpuint(c->groups[0].n_tracks, ==, 0);
        g_assert_cmpuint(c->n_scripts, ==, 5);
        config_free(c);
}

static void test_present(void) {
        /* What is there, what a shell is to judge, and what the daemon's unit hides from it. */
        static const char *const pairs[][2] = {
                        {"/bin/true", "true -x"},
                        {"\"/nonexist/s || true\"", "\"exec /nonexist/s\""},
                        {"/tmp/nonexist/s", "/home/nonexist/s"},
                        {"/root/nonexist/s", "/var/tmp/nonexist"},
        };

        for (size_t i = 0; i < G_N_ELEMENTS(pairs); i++) {
                g_autofree char *text = g_strdup_printf(
                                "vrrp_script s {\nscript %s\n}\nvrrp_script t {\nscript \"%s\"\n}\n" ROUTER,
                                pairs[i][0], *pairs[i][1] == '"' ? "exec /nonexist/s" : pairs[i][1]);
                Config *c = drop(text, "");

                g_assert_cmpuint(c->instances[0].n_tracks, ==, 3);
                config_free(c);
        }
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/missing-scripts/missing", test_missing);
        g_test_add_func("/missing-scripts/present", test_present);
        return g_test_run();
}
