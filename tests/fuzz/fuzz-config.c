/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Any text is either a configuration or has an error with a message; loaded twice it is the same one. */

#include "service/config/diff.h"
#include "service/config/load.h"
#include "service/config/validate.h"
#include "tests/fuzz/fuzz.h"

static int load(const uint8_t *data, size_t size, ConfigMessages *messages, Config **ret) {
        static const ConfigLimits limits = {.max_lines = 2000, .no_include = true};

        return config_load_limited("fuzz", (const char *)data, size, &limits, "me", messages, ret);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_(config_freep) Config *a = NULL, *b = NULL;
        _cleanup_free_ char *text = NULL, *json = NULL;
        ConfigMessages messages = {};
        int r = load(data, size, &messages, &a);

        assert(r == (messages.n_errors > 0 ? -EBADMSG : 0) && (a != NULL) == (r == 0));
        text = config_messages_format(&messages);
        json = config_messages_to_json(&messages);
        assert(text && json);
        if (a) {
                assert(config_validate_live(a, NULL, 0, &messages) == 0);
                assert(load(data, size, &messages, &b) == 0 && b->n_instances == a->n_instances);
        }
        for (size_t i = 0; a && i < a->n_instances; i++)
                assert(config_diff_instance(&a->instances[i], &b->instances[i]) == CONFIG_UNCHANGED);
        config_messages_clear(&messages);
        return 0;
}
