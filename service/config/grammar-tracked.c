/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: track_file and vrrp_track_process, the blocks that say what can be tracked.
 * Must not know: who tracks it (grammar-track.c), what a value does (core/priority.c), how the file is read
 * and the processes are found (vrrpd-scripts).
 */

#include "service/config/parser.h"
#include "service/util/parse.h"

#define PROCESS_WEIGHT_MAX 254

/* -- track_file -- */

int parse_tracked_file(Parser *p, const Keyword *k, const Statement *s) {
        ConfigPosition seen[KEYWORDS_MAX] = {};
        Config *c = p->config;
        ConfigTrackedFile *files = parser_grow(c->tracked_files, c->n_tracked_files, sizeof(*files)), *f;
        int r;

        if (!files)
                return -ENOMEM;
        c->tracked_files = files;
        f = &files[c->n_tracked_files];
        *f = (ConfigTrackedFile){.weight = 1, .at = s->words[1].at};
        f->name = strdup(s->words[1].text);
        if (!f->name)
                return -ENOMEM;
        c->n_tracked_files++;
        p->target = f;
        r = parse_block(p, s, &keyword_tracked_file, seen);
        if (r < 0 || f->path)
                return r;
        /* What was wrong with a path was said, and those who track it need no message of their own. */
        if (parser_seen(&keyword_tracked_file, seen, "file").line > 0)
                return 0;
        r = parser_warning(p, &f->at, "track_file '%s' has no file; it is ignored", f->name);
        config_tracked_file_done(f);
        c->n_tracked_files--;
        return r;
}

int parse_file_path(Parser *p, const Keyword *k, const Statement *s) {
        ConfigTrackedFile *f = p->target;
        const Word *path = &s->words[1];

        if (path->text[0] != '/')
                return parser_error(
                                p, &path->at, "file must be a path from the root on, not '%s'", path->text);
        if (path->text[strlen(path->text) - 1] == '/')
                return parser_error(p, &path->at, "'%s' is a directory, not a file", path->text);
        free(f->path);
        f->path = strdup(path->text);
        f->path_at = path->at;
        return f->path ? 0 : -ENOMEM;
}

int parse_file_weight(Parser *p, const Keyword *k, const Statement *s) {
        ConfigTrackedFile *f = p->target;
        int r = parse_weight_words(p, s, 0, INT32_MAX, &f->weight, &f->reverse);

        return MIN(r, 0);
}

/* init_file [VALUE] [overwrite] */
int parse_init_file(Parser *p, const Keyword *k, const Statement *s) {
        ConfigTrackedFile *f = p->target;

        f->init = true;
        for (size_t i = 1; i < s->n; i++) {
                const Word *w = &s->words[i];

                if (streq(w->text, "overwrite") && !f->init_overwrite)
                        f->init_overwrite = true;
                else if (i > 1 || parse_int(w->text, INT32_MIN, INT32_MAX, &f->init_value) < 0)
                        return parser_error(p, &w->at,
                                        "init_file takes a whole number and 'overwrite', not '%s'", w->text);
        }
        return 0;
}

/* -- vrrp_track_process -- */

/* keepalived: a quorum_max of 0 means that no such process may run at all. */
static int finish_quorum(Parser *p, ProcessDraft *d) {
        ConfigProcess *m = &d->model;

        m->quorum_max = d->quorum_max == UNSET ? CONFIG_QUORUM_MAX_NONE : d->quorum_max;
        m->quorum = d->quorum != UNSET ? d->quorum : m->quorum_max == 0 ? 0 : 1;
        if (m->quorum_max == 0 && d->quorum == 1)
                m->quorum = 0;
        if (m->quorum <= m->quorum_max)
                return 0;
        /* The later one is what keepalived ignores. */
        if (d->quorum_at.line > d->quorum_max_at.line) {
                m->quorum = 1;
                return parser_warning(p, &d->quorum_at, "quorum %u is more than quorum_max %u; ignored",
                                d->quorum, m->quorum_max);
        }
        m->quorum_max = CONFIG_QUORUM_MAX_NONE;
        return parser_warning(p, &d->quorum_max_at, "quorum_max %u is less than quorum %u; ignored",
                        d->quorum_max, m->quorum);
}

static int finish_match(Parser *p, ProcessDraft *d) {
        ConfigProcess *m = &d->model;
        bool bare = !m->command[1];

        if (d->param_match != UNSET_MATCH)
                /* Without parameters every param_match means: it must have none. */
                m->match = bare ? CONFIG_MATCH_EXACT : (ConfigProcessMatch)d->param_match;
        else if (!bare)
                m->match = CONFIG_MATCH_EXACT;
        else
                m->match = d->full_command ? CONFIG_MATCH_COMMAND : CONFIG_MATCH_NAME;
        if (m->match != CONFIG_MATCH_NAME || m->command[0][0] != '/')
                return 0;
        return parser_warning(p, &m->at,
                        "vrrp_track_process '%s' compares the names of processes, which have no path, with "
                        "'%s': none will match (take the bare name, or add full_command)",
                        m->name, m->command[0]);
}

static int finish_process(Parser *p, ProcessDraft *d) {
        Config *c = p->config;
        ConfigProcess *processes;
        int r;

        if (!d->model.command && !d->said)
                return parser_warning(p, &d->model.at,
                                "vrrp_track_process '%s' has no process; it is ignored", d->model.name);
        r = d->model.command ? finish_match(p, d) : 0;
        if (r >= 0)
                r = finish_quorum(p, d);
        if (r < 0)
                return r;
        processes = parser_grow(c->processes, c->n_processes, sizeof(*processes));
        if (!processes)
                return -ENOMEM;
        c->processes = processes;
        processes[c->n_processes++] = d->model;
        d->model = (ConfigProcess){};
        return 0;
}

int parse_tracked_process(Parser *p, const Keyword *k, const Statement *s) {
        ConfigPosition seen[KEYWORDS_MAX] = {};
        ProcessDraft d = {
                        .model.at = s->words[1].at,
                        .param_match = UNSET_MATCH,
                        .quorum = UNSET,
                        .quorum_max = UNSET,
        };
        int r;

        d.model.name = strdup(s->words[1].text);
        if (!d.model.name)
                return -ENOMEM;
        p->target = &d;
        r = parse_block(p, s, &keyword_tracked_process, seen);
        if (r >= 0) {
                d.said = parser_seen(&keyword_tracked_process, seen, "process").line > 0;
                d.quorum_at = parser_seen(&keyword_tracked_process, seen, "quorum");
                d.quorum_max_at = parser_seen(&keyword_tracked_process, seen, "quorum_max");
                r = finish_process(p, &d);
        }
        p->target = NULL;
        config_process_done(&d.model);
        return r;
}

int parse_process(Parser *p, const Keyword *k, const Statement *s) {
        ProcessDraft *d = p->target;
        char **command;

        if (!s->words[1].text[0])
                return parser_error(p, &s->words[1].at, "the process is empty");
        command = calloc(s->n, sizeof(*command));
        if (!command)
                return -ENOMEM;
        for (char **word = d->model.command; word && *word; word++)
                free(*word);
        free(d->model.command);
        d->model.command = command;
        for (size_t i = 1; i < s->n; i++) {
                command[i - 1] = strdup(s->words[i].text);
                if (!command[i - 1])
                        return -ENOMEM;
        }
        return 0;
}

int parse_param_match(Parser *p, const Keyword *k, const Statement *s) {
        ProcessDraft *d = p->target;
        const char *word = s->n > 1 ? s->words[1].text : "";

        if (s->n < 2) {
                d->param_match = CONFIG_MATCH_EXACT;
                return 0;
        }
        if (!streq(word, "initial") && !streq(word, "partial"))
                return parser_error(p, &s->words[1].at, "param_match must be initial or partial, not '%s'",
                                word);
        d->param_match = streq(word, "initial") ? CONFIG_MATCH_INITIAL : CONFIG_MATCH_PARTIAL;
        return 0;
}

int parse_process_weight(Parser *p, const Keyword *k, const Statement *s) {
        ProcessDraft *d = p->target;
        int r = parse_weight_words(p, s, 0, PROCESS_WEIGHT_MAX, &d->model.weight, &d->model.reverse);

        return MIN(r, 0);
}

/* Both delays at once. */
int parse_delay(Parser *p, const Keyword *k, const Statement *s) {
        ProcessDraft *d = p->target;
        Keyword fork_delay = *k;
        int r;

        fork_delay.offset = offsetof(ProcessDraft, model.fork_delay_usec);
        d->model.fork_delay_usec = UNSET_USEC;
        r = value_seconds(p, &fork_delay, s);
        if (d->model.fork_delay_usec == UNSET_USEC)
                d->model.fork_delay_usec = 0;
        else
                d->model.terminate_delay_usec = d->model.fork_delay_usec;
        return r;
}
