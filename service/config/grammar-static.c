/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: static_ipaddress, and track_group. Must not know: whether the instances and groups that are named
 * exist (finish-routing.c). */

#include "service/config/parser.h"

static int address_entry(Parser *p, const Statement *s) {
        Config *c = p->config;
        ConfigStaticAddress a = {}, *grown;
        bool ok = true;
        int r;

        r = parse_vip_words(p, s, &a.vip, &a.track_group, &ok);
        grown = r >= 0 && ok ? parser_grow(c->static_addresses, c->n_static_addresses, sizeof(*grown))
                             : NULL;
        if (!grown) {
                config_vip_done(&a.vip);
                free(a.track_group);
                return r < 0 || !ok ? r : -ENOMEM;
        }
        c->static_addresses = grown;
        grown[c->n_static_addresses++] = a;
        return 0;
}

int parse_static_addresses(Parser *p, const Keyword *k, const Statement *s) {
        return parse_list(p, s, address_entry);
}

static int member_entry(Parser *p, const Statement *s) {
        ConfigTrackGroup *g = p->target;
        size_t n = 0;

        while (g->members && g->members[n])
                n++;
        /* keepalived takes them one a line or all on one. */
        for (size_t i = 0; i < s->n; i++) {
                char **members = reallocarray(g->members, n + 2, sizeof(*members));

                if (!members)
                        return -ENOMEM;
                g->members = members;
                members[n] = strdup(s->words[i].text);
                members[n + 1] = NULL;
                if (!members[n++])
                        return -ENOMEM;
        }
        return 0;
}

int parse_track_group_members(Parser *p, const Keyword *k, const Statement *s) {
        return parse_list(p, s, member_entry);
}

int parse_track_group(Parser *p, const Keyword *k, const Statement *s) {
        ConfigPosition seen[KEYWORDS_MAX] = {};
        Config *c = p->config;
        ConfigTrackGroup *groups = parser_grow(c->track_groups, c->n_track_groups, sizeof(*groups)), *g;
        int r;

        if (!groups)
                return -ENOMEM;
        c->track_groups = groups;
        g = &groups[c->n_track_groups];
        *g = (ConfigTrackGroup){.at = s->words[1].at};
        g->name = strdup(s->words[1].text);
        if (!g->name)
                return -ENOMEM;
        c->n_track_groups++;
        p->target = g;
        r = parse_block(p, s, &keyword_track_group, seen);
        if (r < 0 || g->members)
                return r;
        g->members = calloc(1, sizeof(*g->members));
        if (!g->members)
                return -ENOMEM;
        return parser_warning(p, &g->at, "track_group '%s' has no instances", g->name);
}
