/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: vrrp_sync_group as it is written.
 * Must not know: whether its members exist (they may be defined later: finish-group.c).
 */

#include "service/config/parser.h"

int parse_sync_group(Parser *p, const Keyword *k, const Statement *s) {
        ConfigPosition seen[KEYWORDS_MAX] = {};
        Config *c = p->config;
        ConfigGroup *groups = parser_grow(c->groups, c->n_groups, sizeof(*groups)), *g;

        if (!groups)
                return -ENOMEM;
        c->groups = groups;
        g = &groups[c->n_groups];
        *g = (ConfigGroup){.at = s->words[1].at};
        g->name = strdup(s->words[1].text);
        if (!g->name)
                return -ENOMEM;
        c->n_groups++;
        p->target = g;
        p->tracks = (TrackList){&g->tracks, &g->n_tracks};
        return parse_block(p, s, &keyword_sync_group, seen);
}

/* One name a line or several: keepalived takes both. */
static int member_entry(Parser *p, const Statement *s) {
        ConfigGroup *g = p->target;

        for (size_t i = 0; i < s->n; i++) {
                ConfigMember *members = parser_grow(g->members, g->n_members, sizeof(*members));
                char *name;

                if (!members)
                        return -ENOMEM;
                g->members = members;
                name = strdup(s->words[i].text);
                if (!name)
                        return -ENOMEM;
                members[g->n_members++] = (ConfigMember){.name = name, .at = s->words[i].at};
        }
        return 0;
}

int parse_members(Parser *p, const Keyword *k, const Statement *s) {
        return parse_list(p, s, member_entry);
}
