/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Any text is either a configuration or has an error with a message, which is UTF-8; loaded twice it is the
 * same one; written and loaded again, too. */

#include "service/config/diff.h"
#include "service/config/load.h"
#include "service/config/validate.h"
#include "service/config/write.h"
#include "service/util/utf8.h"
#include "tests/fuzz/fuzz.h"

static int load(const char *data, size_t size, size_t max_lines, ConfigMessages *messages, Config **ret) {
        const ConfigLimits limits = {.max_lines = max_lines, .no_include = true, .accept_masked = true};

        return config_load_limited("fuzz", data, size, &limits, "me", messages, ret);
}

/* What is masked in a text is not compared. */
static void take_secrets(ConfigInstance *to, const ConfigInstance *from) {
        memcpy(to->auth_data, from->auth_data, sizeof(to->auth_data));
        assert(to->n_hmac_keys == from->n_hmac_keys);
        for (size_t i = 0; i < to->n_hmac_keys; i++) {
                memcpy(to->hmac_keys[i].data, from->hmac_keys[i].data, sizeof(to->hmac_keys[i].data));
                to->hmac_keys[i].size = from->hmac_keys[i].size;
        }
}

static void assert_same(Config *a, const Config *b) {
        assert(a->n_instances == b->n_instances && a->n_scripts == b->n_scripts);
        for (size_t i = 0; i < a->n_instances; i++) {
                ConfigInstance *x = &a->instances[i];

                take_secrets(x, &b->instances[i]);
                assert(config_diff_instance(x, &b->instances[i]) == CONFIG_UNCHANGED);
        }
        for (size_t i = 0; i < a->n_scripts; i++)
                assert(config_script_equal(&a->scripts[i], &b->scripts[i]));
}

static void assert_survives(Config *a) {
        _cleanup_free_ char *text = config_write(a), *again = NULL;
        _cleanup_(config_freep) Config *b = NULL;
        ConfigMessages messages = {};

        assert(text && utf8_is_valid(text));
        assert(load(text, strlen(text), 10000000, &messages, &b) == 0);
        again = config_write(b);
        assert(again && streq(text, again));
        assert_same(a, b);
        config_messages_clear(&messages);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_(config_freep) Config *a = NULL, *b = NULL;
        _cleanup_free_ char *text = NULL, *json = NULL;
        ConfigMessages messages = {};
        int r = load((const char *)data, size, 2000, &messages, &a);

        assert(r == (messages.n_errors > 0 ? -EBADMSG : 0) && (a != NULL) == (r == 0));
        text = config_messages_format(&messages);
        json = config_messages_to_json(&messages);
        assert(text && json && utf8_is_valid(text) && utf8_is_valid(json));
        if (a) {
                assert(config_validate_live(a, NULL, 0, &messages) == 0);
                assert(load((const char *)data, size, 2000, &messages, &b) == 0);
                assert_same(b, a);
                assert_survives(b);
        }
        config_messages_clear(&messages);
        return 0;
}
