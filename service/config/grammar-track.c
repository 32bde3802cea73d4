/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: vrrp_script, and the lists of what an instance (or whoever sets Parser.tracks) tracks.
 * Must not know: whether a tracked script exists (it may be defined later: finish-track.c), and what a
 * weight does to a priority (core/priority.c).
 */

#include "service/config/parser.h"
#include "service/util/parse.h"

#define WEIGHT_MAX 253

int parse_script(Parser *p, const Keyword *k, const Statement *s) {
        ConfigPosition seen[KEYWORDS_MAX] = {};
        ScriptDraft *scripts, *d;
        int r;

        scripts = parser_grow(p->scripts, p->n_scripts, sizeof(*scripts));
        if (!scripts)
                return -ENOMEM;
        p->scripts = scripts;
        d = &scripts[p->n_scripts];
        *d = (ScriptDraft){
                        .model =
                                        {
                                                        .interval_usec = USEC_PER_SEC,
                                                        .timeout_usec = UNSET_USEC,
                                                        .rise = 1,
                                                        .fall = 1,
                                                        .at = s->words[1].at,
                                        },
        };
        d->model.name = strdup(s->words[1].text);
        if (!d->model.name)
                return -ENOMEM;
        p->n_scripts++;
        p->target = d;
        r = parse_block(p, s, &keyword_script, seen);
        d->timeout_at = parser_seen(&keyword_script, seen, "timeout");
        d->said = parser_seen(&keyword_script, seen, "script").line > 0;
        return r;
}

int parse_command(Parser *p, const Keyword *k, const Statement *s) {
        ScriptDraft *d = p->target;
        char *command;

        if (!s->words[1].text[strspn(s->words[1].text, " \t")])
                return parser_error(p, &s->words[1].at, "the command is empty");
        command = strdup(s->words[1].text);
        if (!command)
                return -ENOMEM;
        free(d->model.command);
        d->model.command = command;
        d->model.command_at = s->words[1].at;
        return 0;
}

int parse_user(Parser *p, const Keyword *k, const Statement *s) {
        ScriptDraft *d = p->target;
        char *user = strdup(s->words[1].text), *group = s->n > 2 ? strdup(s->words[2].text) : NULL;

        free(d->model.user);
        free(d->model.group);
        d->model.user = user;
        d->model.group = group;
        d->model.user_at = s->words[1].at;
        return user && (group || s->n <= 2) ? 0 : -ENOMEM;
}

int parse_weight(Parser *p, const Keyword *k, const Statement *s) {
        ScriptDraft *d = p->target;
        int r;

        r = parse_weight_words(p, s, 0, WEIGHT_MAX, &d->model.weight, &d->model.reverse);
        return MIN(r, 0);
}

int parse_weight_words(
                Parser *p, const Statement *s, size_t i, int limit, int *ret_weight, bool *ret_reverse) {
        bool reverse = false;
        int weight, r;

        if (i + 1 >= s->n) {
                r = parser_error(p, &s->words[i].at, "'weight' needs a value");
                return MIN(r, 0);
        }
        if (parse_int(s->words[i + 1].text, -limit, limit, &weight) < 0) {
                r = parser_error(p, &s->words[i + 1].at,
                                "weight must be a whole number from -%d to %d, not '%s'", limit, limit,
                                s->words[i + 1].text);
                return MIN(r, 0);
        }
        i += 2;
        if (i < s->n) {
                const char *word = s->words[i].text;

                reverse = streq(word, "reverse");
                if (!reverse && !streq(word, "noreverse") && !streq(word, "no_reverse")) {
                        r = parser_error(p, &s->words[i].at,
                                        "'reverse' or nothing expected behind the weight, not '%s'", word);
                        return MIN(r, 0);
                }
                i++;
        }
        *ret_weight = weight;
        *ret_reverse = reverse;
        return (int)i;
}

/* What a word can be worth at most, for each kind of list; keepalived's limits. */
static int weight_limit(VrrpTrackerType type) {
        return type == VRRP_TRACKER_FILE || type == VRRP_TRACKER_PROCESS ? WEIGHT_MAX + 1 : WEIGHT_MAX;
}

static int add_track(Parser *p, const ConfigTrack *t) {
        TrackList *list = &p->tracks;
        ConfigTrack *tracks = parser_grow(*list->items, *list->n, sizeof(*tracks));
        char *name;

        if (!tracks)
                return -ENOMEM;
        *list->items = tracks;
        name = strdup(t->name);
        if (!name)
                return -ENOMEM;
        tracks[*list->n] = *t;
        tracks[(*list->n)++].name = name;
        return 0;
}

/* NAME [weight N [reverse]] */
static int track_entry(Parser *p, const Statement *s, VrrpTrackerType type) {
        ConfigTrack t = {
                        .type = type,
                        .name = s->words[0].text,
                        .weight = type == VRRP_TRACKER_INTERFACE ? 0 : WEIGHT_OF_SCRIPT,
                        .at = s->words[0].at,
        };
        size_t end = 1;
        int r;

        if (s->n > 1 && !streq(s->words[1].text, "weight"))
                return parser_error(p, &s->words[1].at,
                                "'weight' expected behind '%s', not '%s' (one entry a line)", t.name,
                                s->words[1].text);
        if (s->n > 1) {
                r = parse_weight_words(p, s, 1, weight_limit(type), &t.weight, &t.reverse);
                if (r <= 0)
                        return r;
                end = (size_t)r;
        }
        if (end < s->n)
                return parser_error(p, &s->words[end].at, "'%s' is one word too many (one entry a line)",
                                s->words[end].text);
        if (type == VRRP_TRACKER_INTERFACE && !value_is_interface_name(t.name))
                return value_no_interface_name(p, &s->words[0]);
        return add_track(p, &t);
}

static int track_interface_entry(Parser *p, const Statement *s) {
        return track_entry(p, s, VRRP_TRACKER_INTERFACE);
}

static int track_script_entry(Parser *p, const Statement *s) {
        return track_entry(p, s, VRRP_TRACKER_SCRIPT);
}

static int track_file_entry(Parser *p, const Statement *s) {
        return track_entry(p, s, VRRP_TRACKER_FILE);
}

static int track_process_entry(Parser *p, const Statement *s) {
        return track_entry(p, s, VRRP_TRACKER_PROCESS);
}

int parse_track(Parser *p, const Keyword *k, const Statement *s) {
        return parse_list(p, s,
                        streq(k->name, "track_interface") ? track_interface_entry
                        : streq(k->name, "track_file")    ? track_file_entry
                        : streq(k->name, "track_process") ? track_process_entry
                                                          : track_script_entry);
}
