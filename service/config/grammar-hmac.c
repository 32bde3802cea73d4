/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: auth_hmac, its keys as they stand in the file, and what is wrong with them as a whole. Must not
 * know: the files that keys are in (load-keys.c reads them, and only for the daemon), cryptography
 * (service/auth). No message of this file holds a key.
 */

#include "service/config/finish.h"
#include "service/config/key.h"
#include "service/config/write.h"
#include "service/util/parse.h"

#define WINDOW_MIN (5 * USEC_PER_SEC)
#define WINDOW_INTERVALS 3

int parse_auth_hmac(Parser *p, const Keyword *k, const Statement *s) {
        ConfigPosition seen[KEYWORDS_MAX] = {};
        InstanceDraft *d = p->target;

        d->hmac_at = s->words[0].at;
        return parse_block(p, s, &keyword_auth_hmac, seen);
}

/* key ID hex:DIGITS | file:PATH | ASCII */
int parse_hmac_key(Parser *p, const Keyword *k, const Statement *s) {
        InstanceDraft *d = p->target;
        ConfigInstance *i = &d->model;
        const Word *value = &s->words[2];
        ConfigKey key = {.at = s->words[1].at}, *keys;
        char why[CONFIG_KEY_WHY_SIZE];
        unsigned id;
        int r;

        d->hmac_key_given = true;
        if (parse_unsigned(s->words[1].text, 1, HMAC_KEY_ID_MAX, &id) < 0)
                return parser_error(p, &s->words[1].at,
                                "the id of a key must be a whole number from 1 to %d", HMAC_KEY_ID_MAX);
        for (size_t j = 0; j < i->n_hmac_keys; j++)
                if (i->hmac_keys[j].id == id)
                        return parser_error(p, &s->words[1].at, "there is a key with id %u already", id);
        key.id = (uint8_t)id;
        if (!p->accept_masked && streq(value->text, CONFIG_KEY_MASK))
                return parser_error(p, &value->at,
                                "this is the mask of 'vrrpctl show --config', not a key: write the real "
                                "one");
        if (strncmp(value->text, "file:", 5) == 0) {
                if (!value->text[5])
                        return parser_error(p, &value->at, "'file:' needs the path of a file behind it");
                key.file = strdup(value->text + 5);
                if (!key.file)
                        return -ENOMEM;
        } else if (!config_key_parse(&key, value->text, why))
                return parser_error(p, &value->at, "key %u: %s", id, why);
        keys = parser_grow(i->hmac_keys, i->n_hmac_keys, sizeof(*keys));
        r = keys ? 0 : -ENOMEM;
        if (keys) {
                i->hmac_keys = keys;
                keys[i->n_hmac_keys++] = key;
        } else
                free(key.file);
        explicit_bzero(&key, sizeof(key));
        return r;
}

int parse_hmac_mode(Parser *p, const Keyword *k, const Statement *s) {
        HmacMode mode = hmac_mode_from_string(s->words[1].text);

        if (mode < 0)
                return parser_error(p, &s->words[1].at,
                                "mode must be enforce, permissive or receive-only, not '%s'",
                                s->words[1].text);
        ((InstanceDraft *)p->target)->model.hmac_mode = mode;
        return 0;
}

int parse_anti_replay(Parser *p, const Keyword *k, const Statement *s) {
        const char *word = s->words[1].text;

        if (!streq(word, "time") && !streq(word, "monotonic"))
                return parser_error(
                                p, &s->words[1].at, "anti_replay must be time or monotonic, not '%s'", word);
        ((InstanceDraft *)p->target)->model.hmac_monotonic = streq(word, "monotonic");
        return 0;
}

static bool has_key(const ConfigInstance *i, unsigned id) {
        for (size_t j = 0; j < i->n_hmac_keys; j++)
                if (i->hmac_keys[j].id == id)
                        return true;
        return false;
}

int finish_hmac(Parser *p, InstanceDraft *d) {
        ConfigInstance *i = &d->model;

        if (d->hmac_at.line == 0)
                return 0;
        i->hmac_window_usec = d->hmac_window_usec != UNSET_USEC
                                              ? d->hmac_window_usec
                                              : MAX(WINDOW_INTERVALS * i->interval_usec, WINDOW_MIN);
        if (d->auth_type || d->auth_pass)
                return parser_error(p, &d->hmac_at,
                                "auth_hmac and authentication exclude each other: remove one of them, on "
                                "all "
                                "routers of this VRID");
        if (i->n_hmac_keys == 0)
                return d->hmac_key_given ? 0
                                         : parser_error(p, &d->hmac_at,
                                                           "auth_hmac has no key: add a line 'key 1 "
                                                           "file:PATH'");
        if (d->hmac_active_key == UNSET)
                d->hmac_active_key = i->hmac_keys[0].id;
        else if (!has_key(i, d->hmac_active_key))
                return parser_error(p, &d->hmac_at, "auth_hmac has no key with the id %u of active_key",
                                d->hmac_active_key);
        i->hmac_active_key = (uint8_t)d->hmac_active_key;
        return 0;
}
