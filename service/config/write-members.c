/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: how those members are written that do not stand alone: two behind one keyword, one that decides
 * under which keyword others stand, secrets. Must not know: quoting (write-word.c), the order (model.c).
 */

#include "service/config/key.h"
#include "service/config/write.h"
#include "service/config/writer.h"
#include <linux/rtnetlink.h>
#include <sys/socket.h>

void write_global(Writer *w, const void *object, const ModelMember *m) {
        const Config *c = object;

        writer_begin(w, m->keyword);
        writer_open(w);
        writer_members(w, m->table, &c->global);
        writer_close(w);
}

static void write_user_and_group(Writer *w, const ModelMember *m, const char *user, const char *group) {
        if (!user)
                return;
        writer_begin(w, m->keyword);
        writer_word(w, user);
        if (group)
                writer_word(w, group);
        writer_end(w);
}

void write_script_user(Writer *w, const void *object, const ModelMember *m) {
        const ConfigGlobal *g = object;

        write_user_and_group(w, m, g->script_user, g->script_group);
}

void write_user(Writer *w, const void *object, const ModelMember *m) {
        const ConfigScript *s = object;

        write_user_and_group(w, m, s->user, s->group);
}

static void write_weight(Writer *w, const char *keyword, int weight, bool reverse) {
        writer_begin(w, keyword);
        writer_printf(w, "%d%s", weight, reverse ? " reverse" : "");
        writer_end(w);
}

void write_script_weight(Writer *w, const void *object, const ModelMember *m) {
        const ConfigScript *s = object;

        write_weight(w, m->keyword, s->weight, s->reverse);
}

void write_file_weight(Writer *w, const void *object, const ModelMember *m) {
        const ConfigTrackedFile *f = object;

        write_weight(w, m->keyword, f->weight, f->reverse);
}

void write_init_file(Writer *w, const void *object, const ModelMember *m) {
        const ConfigTrackedFile *f = object;

        if (!f->init)
                return;
        writer_begin(w, m->keyword);
        writer_printf(w, "%d%s", f->init_value, f->init_overwrite ? " overwrite" : "");
        writer_end(w);
}

/* Parameters alone ask for an equal command line; where none are to follow, any param_match says so. */
void write_match(Writer *w, const void *object, const ModelMember *m) {
        const ConfigProcess *p = object;
        const char *keyword = "param_match", *word = NULL;

        switch (p->match) {
        case CONFIG_MATCH_NAME:
                return;
        case CONFIG_MATCH_COMMAND:
                keyword = "full_command";
                break;
        case CONFIG_MATCH_EXACT:
                if (p->command[0] && p->command[1])
                        return;
                word = "partial";
                break;
        case CONFIG_MATCH_PARTIAL:
                word = "partial";
                break;
        case CONFIG_MATCH_INITIAL:
                word = "initial";
                break;
        }
        writer_begin(w, keyword);
        if (word)
                writer_word(w, word);
        writer_end(w);
}

void write_process_weight(Writer *w, const void *object, const ModelMember *m) {
        const ConfigProcess *p = object;

        write_weight(w, m->keyword, p->weight, p->reverse);
}

/* No limit has no form in the file, and a quorum of 0 follows from a quorum_max of 0. */
void write_quorum(Writer *w, const void *object, const ModelMember *m) {
        const ConfigProcess *p = object;
        unsigned n = *(const unsigned *)(const void *)((const char *)object + m->offset);

        if (n == CONFIG_QUORUM_MAX_NONE || (n == 0 && p->quorum_max > 0) ||
                        (n == 0 && m->offset == offsetof(ConfigProcess, quorum)))
                return;
        writer_begin(w, m->keyword);
        writer_printf(w, "%u", n);
        writer_end(w);
}

/* None has no form in the file. */
void write_delay(Writer *w, const void *object, const ModelMember *m) {
        usec_t delay = *(const usec_t *)(const void *)((const char *)object + m->offset);

        if (delay == 0)
                return;
        writer_begin(w, m->keyword);
        writer_seconds(w, delay);
        writer_end(w);
}

static const void *member(const void *object, const ModelMember *m) {
        return (const char *)object + m->offset;
}

void write_bare_word(Writer *w, const void *object, const ModelMember *m) {
        writer_word(w, *(char *const *)member(object, m));
}

void write_bare_seconds(Writer *w, const void *object, const ModelMember *m) {
        writer_seconds(w, *(const usec_t *)member(object, m));
}

void write_interfaces(Writer *w, const void *object, const ModelMember *m) {
        writer_begin(w, m->keyword);
        writer_open(w);
        for (char *const *name = *(char *const *const *)member(object, m); *name; name++) {
                writer_begin(w, "");
                writer_word(w, *name);
                writer_end(w);
        }
        writer_close(w);
}

/* The only blocks without a name. */
void write_garp_groups(Writer *w, const void *object, const ModelMember *m) {
        const Config *c = object;

        for (size_t i = 0; i < c->n_garp_groups; i++) {
                writer_begin(w, m->keyword);
                writer_open(w);
                writer_members(w, m->table, &c->garp_groups[i]);
                writer_close(w);
        }
}

void write_timer_expired(Writer *w, const void *object, const ModelMember *m) {
        const ConfigInstance *i = object;

        if (i->timer_expired_backup == 0)
                return;
        writer_begin(w, m->keyword);
        writer_printf(w, "%u", i->timer_expired_backup);
        writer_end(w);
}

void write_extra(Writer *w, const void *object, const ModelMember *m) {
        const AnnounceConfig *a = &((const ConfigInstance *)object)->announce;

        writer_begin(w, m->keyword);
        if (a->extra_all)
                writer_word(w, "all");
        writer_seconds(w, a->extra_usec);
        writer_end(w);
}

void write_state(Writer *w, const void *object, const ModelMember *m) {
        const ConfigInstance *i = object;

        writer_begin(w, "state");
        writer_word(w, i->state_master ? "MASTER" : "BACKUP");
        writer_end(w);
}

/* The first address says of which family an instance is; without one, so must this. */
void write_family(Writer *w, const void *object, const ModelMember *m) {
        const ConfigInstance *i = object;

        if (i->n_vips > 0)
                return;
        if (i->family == AF_INET6) {
                writer_begin(w, "native_ipv6");
                writer_end(w);
        }
        writer_begin(w, "no_virtual_ipaddress");
        writer_end(w);
}

void write_preempt(Writer *w, const void *object, const ModelMember *m) {
        const ConfigInstance *i = object;

        writer_begin(w, i->preempt ? "preempt" : "nopreempt");
        writer_end(w);
}

void write_accept(Writer *w, const void *object, const ModelMember *m) {
        const ConfigInstance *i = object;

        writer_begin(w, i->accept ? "accept" : "no_accept");
        writer_end(w);
}

void write_vmac(Writer *w, const void *object, const ModelMember *m) {
        const ConfigInstance *i = object;
        const uint8_t *mac = i->vmac_mac;

        if (!i->use_vmac)
                return;
        writer_begin(w, "use_vmac");
        if (i->vmac_name)
                writer_word(w, i->vmac_name);
        writer_printf(w, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
        writer_end(w);
}

void write_authentication(Writer *w, const void *object, const ModelMember *m) {
        const ConfigInstance *i = object;

        if (i->auth == ADVERT_AUTH_NONE && !i->auth_refused)
                return;
        writer_begin(w, "authentication");
        writer_open(w);
        writer_begin(w, "auth_type");
        writer_word(w, i->auth_refused ? "AH" : "PASS");
        writer_end(w);
        if (!i->auth_refused) {
                writer_begin(w, "auth_pass");
                writer_printf(w, CONFIG_MASK " # not shown");
                writer_end(w);
        }
        writer_close(w);
}

void write_hmac(Writer *w, const void *object, const ModelMember *m) {
        const ConfigInstance *i = object;

        if (i->n_hmac_keys == 0)
                return;
        writer_begin(w, m->keyword);
        writer_open(w);
        for (size_t j = 0; j < i->n_hmac_keys; j++)
                writer_line(w, m->table, &i->hmac_keys[j]);
        writer_begin(w, "active_key");
        writer_printf(w, "%u", i->hmac_active_key);
        writer_end(w);
        writer_begin(w, "anti_replay");
        writer_word(w, i->hmac_monotonic ? "monotonic" : "time");
        writer_end(w);
        writer_begin(w, "time_window");
        writer_seconds(w, i->hmac_window_usec);
        writer_end(w);
        writer_begin(w, "mode");
        writer_word(w, hmac_mode_to_string(i->hmac_mode));
        writer_end(w);
        writer_close(w);
}

void write_key_source(Writer *w, const void *object, const ModelMember *m) {
        const ConfigKey *k = object;
        _cleanup_free_ char *source = NULL;

        if (!k->file)
                writer_printf(w, CONFIG_KEY_MASK " # not shown");
        else if (asprintf(&source, "file:%s", k->file) >= 0)
                writer_word(w, source);
}

void write_source(Writer *w, const void *object, const ModelMember *m) {
        const ConfigInstance *i = object;

        if (!vrrp_address_is_set(&i->source))
                return;
        writer_begin(w, i->unicast ? "unicast_src_ip" : "mcast_src_ip");
        writer_address(w, &i->source);
        writer_end(w);
}

void write_ttl(Writer *w, const void *object, const ModelMember *m) {
        const ConfigInstance *i = object;

        if (!i->unicast)
                return;
        writer_begin(w, m->keyword);
        writer_printf(w, "%u", i->ttl);
        writer_end(w);
}

static const char *track_keyword(VrrpTrackerType type) {
        switch (type) {
        case VRRP_TRACKER_INTERFACE:
                return "track_interface";
        case VRRP_TRACKER_SCRIPT:
                return "track_script";
        case VRRP_TRACKER_FILE:
                return "track_file";
        case VRRP_TRACKER_PROCESS:
                return "track_process";
        case VRRP_TRACKER_UNIT:
        case VRRP_TRACKER_TYPE_MAX:
        case VRRP_TRACKER_TYPE_INVALID:
                break;
        }
        abort();
}

/* One array in the model, in its order; a list for each run of one type. */
static void write_track_lists(Writer *w, const ConfigTrack *tracks, size_t n, const ModelMember *m) {
        for (size_t i = 0; i < n; i++) {
                if (i == 0 || tracks[i].type != tracks[i - 1].type) {
                        writer_begin(w, track_keyword(tracks[i].type));
                        writer_open(w);
                }
                writer_line(w, m->table, &tracks[i]);
                if (i + 1 == n || tracks[i + 1].type != tracks[i].type)
                        writer_close(w);
        }
}

void write_tracks(Writer *w, const void *object, const ModelMember *m) {
        const ConfigInstance *i = object;

        write_track_lists(w, i->tracks, i->n_tracks, m);
}

void write_group_tracks(Writer *w, const void *object, const ModelMember *m) {
        const ConfigGroup *g = object;

        write_track_lists(w, g->tracks, g->n_tracks, m);
}

void write_member_name(Writer *w, const void *object, const ModelMember *m) {
        writer_word(w, ((const ConfigMember *)object)->name);
}

void write_track_name(Writer *w, const void *object, const ModelMember *m) {
        writer_word(w, ((const ConfigTrack *)object)->name);
}

void write_track_weight(Writer *w, const void *object, const ModelMember *m) {
        const ConfigTrack *t = object;

        write_weight(w, "weight", t->weight, t->reverse);
}

/* Also an empty list: it is not multicast. */
void write_peers(Writer *w, const void *object, const ModelMember *m) {
        const ConfigInstance *i = object;

        if (!i->unicast)
                return;
        writer_begin(w, m->keyword);
        writer_open(w);
        for (size_t j = 0; j < i->n_peers; j++)
                writer_line(w, m->table, &i->peers[j]);
        writer_close(w);
}

void write_peer_address(Writer *w, const void *object, const ModelMember *m) {
        writer_address(w, &((const ConfigPeer *)object)->address);
}

/* -1 has no form in the file: it is what holds without the word. */
void write_peer_ttl(Writer *w, const void *object, const ModelMember *m) {
        int ttl = *(const int *)(const void *)((const char *)object + m->offset);

        if (ttl >= 0) {
                writer_begin(w, m->keyword);
                writer_printf(w, "%d", ttl);
        }
}

void write_vip_address(Writer *w, const void *object, const ModelMember *m) {
        const ConfigVip *v = object;

        writer_address(w, &v->address);
        fprintf(w->stream, "/%u", v->prefixlen);
}

void write_vip_broadcast(Writer *w, const void *object, const ModelMember *m) {
        const ConfigVip *v = object;

        if (!v->broadcast_auto && !vrrp_address_is_set(&v->broadcast))
                return;
        writer_begin(w, "brd");
        if (v->broadcast_auto)
                writer_word(w, "+");
        else
                writer_address(w, &v->broadcast);
}

void write_vip_scope(Writer *w, const void *object, const ModelMember *m) {
        const ConfigVip *v = object;
        const char *name = v->scope == RT_SCOPE_UNIVERSE  ? "global"
                           : v->scope == RT_SCOPE_SITE    ? "site"
                           : v->scope == RT_SCOPE_LINK    ? "link"
                           : v->scope == RT_SCOPE_HOST    ? "host"
                           : v->scope == RT_SCOPE_NOWHERE ? "nowhere"
                                                          : NULL;

        writer_begin(w, "scope");
        if (name)
                writer_word(w, name);
        else
                writer_printf(w, "%u", v->scope);
}

void write_vip_deprecated(Writer *w, const void *object, const ModelMember *m) {
        const ConfigVip *v = object;

        writer_begin(w, "preferred_lft");
        writer_word(w, v->deprecated ? "0" : "forever");
}
