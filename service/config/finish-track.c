/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: lists of what is tracked, once all that can be tracked is known. As in keepalived, an entry that
 * names nothing, or repeats another, is dropped with a warning. Must not know: whose list it is.
 */

#include "service/config/finish.h"

static int compare_track(const void *a, const void *b) {
        const ConfigTrack *x = *(ConfigTrack *const *)a, *y = *(ConfigTrack *const *)b;
        int r = x->type != y->type ? (x->type < y->type ? -1 : 1) : strcmp(x->name, y->name);

        return r != 0 ? r : x < y ? -1 : x > y;
}

static int drop_track(ConfigTrack *t, int r) {
        free(t->name);
        t->name = NULL;
        return r;
}

/* Sorted, so that long lists stay cheap. */
static int drop_duplicates(Parser *p, ConfigTrack *tracks, size_t n) {
        _cleanup_free_ ConfigTrack **sorted = NULL;
        const ConfigTrack *first = NULL;
        char where[RELATIVE_SIZE];
        int r = 0;

        if (n < 2)
                return 0;
        sorted = calloc(n, sizeof(*sorted));
        if (!sorted)
                return -ENOMEM;
        for (size_t j = 0; j < n; j++)
                sorted[j] = &tracks[j];
        qsort(sorted, n, sizeof(ConfigTrack *), compare_track);
        for (size_t j = 0; j < n && r >= 0; j++) {
                ConfigTrack *t = sorted[j];

                if (!first || t->type != first->type || !streq(t->name, first->name)) {
                        first = t;
                        continue;
                }
                r = drop_track(t, parser_warning(p, &t->at, "'%s' is already tracked %s; ignored", t->name,
                                                  position_relative(&t->at, &first->at, where)));
        }
        return r;
}

/* What can be tracked of one kind, for lookup and for messages. */
typedef struct Kind {
        const char *noun;
        size_t n;
        const char *(*name)(const Config *c, size_t i);
} Kind;

static const char *script_name(const Config *c, size_t i) {
        return c->scripts[i].name;
}

static const char *file_name(const Config *c, size_t i) {
        return c->tracked_files[i].name;
}

static const char *process_name(const Config *c, size_t i) {
        return c->processes[i].name;
}

static int drop_undefined(Parser *p, ConfigTrack *t, const Kind *kind) {
        /* Comparing with every name is for people's files, not for 65,000 generated ones. */
        for (size_t i = 0; i < kind->n && kind->n <= 1000; i++) {
                const char *name = kind->name(p->config, i);

                if (keyword_distance(t->name, name) != SIZE_MAX)
                        return drop_track(t, parser_warning(p, &t->at,
                                                             "%s '%s' is not defined; it is not tracked "
                                                             "(did you mean '%s'?)",
                                                             kind->noun, t->name, name));
        }
        return drop_track(t, parser_warning(p, &t->at, "%s '%s' is not defined; it is not tracked",
                                             kind->noun, t->name));
}

static void inherit(ConfigTrack *t, int weight, bool reverse) {
        if (t->weight != WEIGHT_OF_SCRIPT)
                return;
        t->weight = weight;
        t->reverse = reverse;
}

static int finish_script(Parser *p, ConfigTrack *t) {
        const ConfigScript *script = config_find_script(p->config, t->name);

        if (!script)
                return drop_undefined(p, t, &(Kind){"script", p->config->n_scripts, script_name});
        inherit(t, script->weight, script->reverse);
        return 0;
}

static int finish_file(Parser *p, ConfigTrack *t) {
        const ConfigTrackedFile *file = config_find_tracked_file(p->config, t->name);

        if (!file)
                return drop_undefined(p, t, &(Kind){"track_file", p->config->n_tracked_files, file_name});
        inherit(t, file->weight, file->reverse);
        return 0;
}

static int finish_process(Parser *p, ConfigTrack *t) {
        const ConfigProcess *process = config_find_process(p->config, t->name);

        if (!process)
                return drop_undefined(
                                p, t, &(Kind){"vrrp_track_process", p->config->n_processes, process_name});
        inherit(t, process->weight, process->reverse);
        return 0;
}

static int finish_track(Parser *p, ConfigTrack *t) {
        switch (t->type) {
        case VRRP_TRACKER_SCRIPT:
                return finish_script(p, t);
        case VRRP_TRACKER_FILE:
                return finish_file(p, t);
        case VRRP_TRACKER_PROCESS:
                return finish_process(p, t);
        case VRRP_TRACKER_INTERFACE: /* one that is missing may come */
        case VRRP_TRACKER_UNIT:
        case VRRP_TRACKER_TYPE_MAX:
        case VRRP_TRACKER_TYPE_INVALID:
                break;
        }
        return 0;
}

int finish_track_list(Parser *p, ConfigTrack *tracks, size_t *n) {
        size_t left = 0;
        int r;

        r = drop_duplicates(p, tracks, *n);
        for (size_t j = 0; j < *n && r >= 0; j++)
                if (tracks[j].name)
                        r = finish_track(p, &tracks[j]);
        for (size_t j = 0; j < *n; j++)
                if (tracks[j].name)
                        tracks[left++] = tracks[j];
        *n = left;
        return r;
}
