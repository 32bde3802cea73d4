/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: vrrp_instance, except its addresses and what it tracks.
 * Must not know: defaults that depend on other blocks or on keywords that may follow: finish.c fills them
 * in.
 */

#include "service/config/parser.h"
#include "service/config/write.h"
#include <ctype.h>
#include <net/if.h>
#include <strings.h>

static int instance_new(Parser *p, const Word *name) {
        InstanceDraft *instances = parser_grow(p->instances, p->n_instances, sizeof(*instances)), *d;

        if (!instances)
                return -ENOMEM;
        p->instances = instances;
        d = &instances[p->n_instances];
        *d = (InstanceDraft){
                        .model = {.at = name->at},
                        .vrid = UNSET,
                        .version = UNSET,
                        .priority = UNSET,
                        .ttl = UNSET,
                        .interval_usec = UNSET_USEC,
                        .preempt_delay_usec = UNSET_USEC,
                        .state_master = UNSET_BOOL,
                        .preempt = UNSET_BOOL,
                        .hmac_active_key = UNSET,
                        .hmac_window_usec = UNSET_USEC,
                        .accept = UNSET_BOOL,
        };
        router_draft_init(&d->router);
        d->model.name = strdup(name->text);
        if (!d->model.name)
                return -ENOMEM;
        p->n_instances++;
        return 0;
}

/* Where the keywords stood that finish.c has something to say about. */
static void instance_positions(InstanceDraft *d, const ConfigPosition *seen) {
        static const struct {
                const char *name;
                size_t offset;
        } positions[] = {
                        {"virtual_router_id", offsetof(InstanceDraft, vrid_at)},
                        {"version", offsetof(InstanceDraft, version_at)},
                        {"priority", offsetof(InstanceDraft, priority_at)},
                        {"state", offsetof(InstanceDraft, state_at)},
                        {"advert_int", offsetof(InstanceDraft, interval_at)},
                        {"nopreempt", offsetof(InstanceDraft, preempt_at)},
                        {"preempt_delay", offsetof(InstanceDraft, preempt_delay_at)},
                        {"unicast_peer", offsetof(InstanceDraft, peers_at)},
                        {"interface", offsetof(InstanceDraft, interface_at)},
                        {"no_accept", offsetof(InstanceDraft, accept_at)},
                        {"use_vmac", offsetof(InstanceDraft, model.vmac_at)},
                        {"vmac_xmit_base", offsetof(InstanceDraft, vmac_xmit_base_at)},
        };

        for (size_t i = 0; i < ELEMENTSOF(positions); i++)
                *(ConfigPosition *)(void *)((char *)d + positions[i].offset) =
                                parser_seen(&keyword_instance, seen, positions[i].name);
}

int parse_instance(Parser *p, const Keyword *k, const Statement *s) {
        ConfigPosition seen[KEYWORDS_MAX] = {};
        InstanceDraft *d;
        int r;

        r = instance_new(p, &s->words[1]);
        if (r < 0)
                return r;
        d = &p->instances[p->n_instances - 1];
        p->target = d;
        p->tracks = (TrackList){&d->model.tracks, &d->model.n_tracks};
        r = parse_block(p, s, &keyword_instance, seen);
        instance_positions(d, seen);
        return r;
}

int parse_interface(Parser *p, const Keyword *k, const Statement *s) {
        InstanceDraft *d = p->target;

        d->model.interface_at = s->words[1].at;
        return value_interface(p, k, s);
}

int parse_state(Parser *p, const Keyword *k, const Statement *s) {
        InstanceDraft *d = p->target;
        const char *word = s->words[1].text;

        if (streq(word, "MASTER") || streq(word, "BACKUP")) {
                d->state_master = streq(word, "MASTER");
                return 0;
        }
        for (const char *const *known = (const char *const[]){"MASTER", "BACKUP", NULL}; *known; known++)
                if (strcasecmp(word, *known) == 0 || keyword_distance(word, *known) != SIZE_MAX)
                        return parser_error(p, &s->words[1].at,
                                        "state must be MASTER or BACKUP, not '%s'; did you mean '%s'?", word,
                                        *known);
        return parser_error(p, &s->words[1].at, "state must be MASTER or BACKUP, not '%s'", word);
}

/* A keyword and its opposite: the last one counts, as in keepalived. */
static int set_either(Parser *p, const Keyword *k, const Statement *s, const char *yes, int *value) {
        int before = *value;

        *value = streq(k->name, yes);
        if (before == UNSET_BOOL || before == *value)
                return 0;
        return parser_warning(p, &s->words[0].at, "the opposite of '%s' was already given; this one counts",
                        k->name);
}

int parse_preempt(Parser *p, const Keyword *k, const Statement *s) {
        return set_either(p, k, s, "preempt", &((InstanceDraft *)p->target)->preempt);
}

int parse_accept(Parser *p, const Keyword *k, const Statement *s) {
        return set_either(p, k, s, "accept", &((InstanceDraft *)p->target)->accept);
}

/* "00:00:5e:00:01:33", or without the last byte, which is then the VRID. How many bytes, 0 = no such thing.
 */
static unsigned parse_mac(const char *text, uint8_t ret[6]) {
        unsigned n = 0;

        for (; n < 6; text++) {
                char *end;
                unsigned long byte = strtoul(text, &end, 16);

                if (!isxdigit((unsigned char)*text) || end - text > 2)
                        return 0;
                ret[n++] = (uint8_t)byte;
                text = end;
                if (*text != ':')
                        break;
        }
        return *text == '\0' && n >= 5 ? n : 0;
}

static int vmac_address(Parser *p, InstanceDraft *d, const Word *w) {
        static const uint8_t none[6];
        uint8_t mac[6] = {0};

        if (parse_mac(w->text, mac) == 0)
                return parser_error(p, &w->at,
                                "'%s' is not a MAC address of 6 bytes, or of 5 to which the "
                                "virtual_router_id is added",
                                w->text);
        if ((mac[0] & 1) || memcmp(mac, none, sizeof(mac)) == 0)
                return parser_error(p, &w->at, "'%s' cannot be the MAC address of an interface", w->text);
        memcpy(d->model.vmac_mac, mac, sizeof(mac));
        d->vmac_mac_size = parse_mac(w->text, mac);
        return 0;
}

/* use_vmac [NAME] [MAC] [netlink_notify_msg] [group]: the last two are what vrrpd always does. */
int parse_vmac(Parser *p, const Keyword *k, const Statement *s) {
        InstanceDraft *d = p->target;
        int r = 0;

        d->model.use_vmac = true;
        for (size_t i = 1; i < s->n && r >= 0; i++) {
                const Word *w = &s->words[i];

                if (streq(w->text, "netlink_notify_msg") || streq(w->text, "group"))
                        continue;
                if (strchr(w->text, ':'))
                        r = vmac_address(p, d, w);
                else if (!value_is_interface_name(w->text))
                        r = value_no_interface_name(p, w);
                else if (d->model.vmac_name)
                        r = parser_error(p, &w->at, "use_vmac takes a name and a MAC address; what is '%s'?",
                                        w->text);
                else {
                        d->model.vmac_name_at = w->at;
                        d->model.vmac_name = strdup(w->text);
                        r = d->model.vmac_name ? 0 : -ENOMEM;
                }
        }
        return r;
}

int parse_version(Parser *p, const Keyword *k, const Statement *s) {
        InstanceDraft *d = p->target;
        const char *word = s->words[1].text;

        if (!streq(word, "2") && !streq(word, "3"))
                return parser_error(p, &s->words[1].at, "version must be 2 or 3, not '%s'", word);
        d->version = (unsigned)(word[0] - '0');
        return 0;
}

int parse_authentication(Parser *p, const Keyword *k, const Statement *s) {
        ConfigPosition seen[KEYWORDS_MAX] = {};

        return parse_block(p, s, &keyword_authentication, seen);
}

int parse_auth_type(Parser *p, const Keyword *k, const Statement *s) {
        InstanceDraft *d = p->target;
        const char *word = s->words[1].text;
        char *copy;

        d->auth_ah = streq(word, "AH");
        if (!d->auth_ah && !streq(word, "PASS"))
                /* Without the word: it may be the password. */
                return parser_error(p, &s->words[1].at, "auth_type must be PASS");
        copy = strdup(word);
        if (!copy)
                return -ENOMEM;
        free(d->auth_type);
        d->auth_type = copy;
        d->auth_type_at = s->words[0].at;
        return 0;
}

int parse_auth_pass(Parser *p, const Keyword *k, const Statement *s) {
        InstanceDraft *d = p->target;
        const char *word = s->words[1].text;
        size_t n = strlen(word);
        char *copy;

        if (n == 0)
                return parser_error(p, &s->words[1].at, "the password is empty");
        copy = strndup(word, ADVERT_AUTH_SIZE);
        if (!copy)
                return -ENOMEM;
        free(d->auth_pass);
        d->auth_pass = copy;
        d->auth_pass_at = s->words[0].at;
        if (!p->accept_masked && streq(word, CONFIG_MASK))
                return parser_error(p, &s->words[1].at,
                                "this is the mask of 'vrrpctl show --config', not a password: write the "
                                "real one");
        if (n > ADVERT_AUTH_SIZE)
                return parser_warning(p, &s->words[1].at,
                                "the password is longer than %d bytes; only the first %d are used",
                                ADVERT_AUTH_SIZE, ADVERT_AUTH_SIZE);
        return 0;
}
