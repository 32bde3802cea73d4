/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Files as people have them: they load without an error, and survive being written and loaded again. */

#include "service/config/write.h"
#include "tests/unit/config/compare.h"
#include "tests/unit/config/expect.h"

static Config *load(const char *name) {
        g_autofree char *path = g_build_filename(g_getenv("VRRPD_CONFIG_FILES"), name, NULL);
        ConfigMessages m = {};
        Config *c = NULL;

        if (config_load(path, "me", &m, &c) < 0) {
                g_autofree char *lines = messages_to_lines(&m);

                g_error("%s does not load:\n%s", name, lines);
        }
        config_messages_clear(&m);
        return c;
}

static void test_survive(void) {
        /* Between them these files have the 76 keywords that public configurations use most. */
        static const struct {
                const char *name;
                size_t n_instances;
        } files[] = {{"web-pair.conf", 1}, {"cloud-unicast.conf", 2}, {"load-balancer.conf", 2},
                        {"branch-office.conf", 4}, {"two-proxies.conf", 1}, {"datacentre.conf", 2}};

        const ConfigLimits limits = {.max_lines = 100000, .accept_masked = true};

        for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
                _cleanup_(config_freep) Config *a = load(files[i].name), *b = NULL;
                _cleanup_free_ char *text = config_write(a);
                g_autofree char *difference = NULL;
                ConfigMessages m = {};

                g_assert_cmpuint(a->n_instances, ==, files[i].n_instances);
                g_assert_cmpint(config_load_limited("t", text, strlen(text), &limits, "other", &m, &b), ==,
                                0);
                difference = model_difference(a, b);
                g_assert_cmpstr(difference, ==, NULL);
                config_messages_clear(&m);
        }
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/config/files/survive", test_survive);
        return g_test_run();
}
