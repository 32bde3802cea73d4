/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the files of the grammar share: the statement being read, the blocks that are open, and the drafts,
 * which become the model when everything is read (defaults depend on what may stand later in the file). */

#include "service/config/keyword.h"
#include "service/config/names.h"

/* "Not said in the file", by type. */
#define UNSET UINT32_MAX
#define UNSET_USEC USEC_INFINITY
#define UNSET_BOOL (-1)

typedef struct Word {
        char *text;
        ConfigPosition at;
} Word;

/* A keyword (or the first word of a list's entry) and what follows it on its line. */
struct Statement {
        Word *words; /* [0] is the keyword itself */
        size_t n, allocated;
        bool block;             /* a '{' follows, already taken */
        bool broken;            /* a word was wrong in itself, which was said */
        const Keyword *keyword; /* NULL in a list, and for an unknown word */
};
void statement_clear(Statement *s);
void statement_done(Statement *s);

/* Options that stand in global_defs as vrrp_X, as the default of an instance's X. */
typedef struct RouterDraft {
        usec_t garp_delay, garp_refresh, garp_lower_prio_delay;
        unsigned garp_repeat, garp_refresh_repeat, garp_lower_prio_repeat;
        unsigned down_timer_adverts;
        usec_t garp_extra;
        bool garp_extra_all;
        int lower_prio_no_advert, higher_prio_send_advert, owner_ignore_adverts, checksum_plain, strict;
} RouterDraft;

typedef struct GlobalDraft {
        RouterDraft router;
        VrrpAddress group4, group6;
        char *router_id, *script_user, *script_group, *default_interface;
        ConfigPosition script_user_at;
        bool enable_script_security;
        int min_garp;
        usec_t startup_delay, delay_after_boot, garp_interval, gna_interval; /* 0 = not said */
        unsigned vrrp_version;
        char *vmac_prefix, *vmac_addr_prefix;
        int nftables_priority; /* UNSET_PRIORITY: not said */
        bool nftables_counters;
} GlobalDraft;
#define UNSET_PRIORITY INT32_MIN

typedef struct InstanceDraft {
        ConfigInstance model; /* lists and strings go where they end up */
        RouterDraft router;
        unsigned vrid, version, priority, ttl;
        usec_t interval_usec, preempt_delay_usec;
        int state_master, preempt, accept;
        unsigned vmac_mac_size; /* bytes that were given */
        bool auth_ah;
        bool no_virtual_ipaddress, native_ipv6, source_unicast, hmac_key_given;
        unsigned hmac_active_key;
        usec_t hmac_window_usec;
        bool peers_given, vips_given; /* an entry was wrong, and said to be: the list is not empty */
        char *auth_type, *auth_pass;
        ConfigPosition vrid_at, version_at, priority_at, state_at, interval_at, preempt_at, preempt_delay_at,
                        peers_at, group_at, hmac_at, auth_type_at, auth_pass_at, interface_at, accept_at,
                        vmac_xmit_base_at;
} InstanceDraft;

/* The weight of a tracked script, file or process whose entry gives none: its own holds. */
#define WEIGHT_OF_SCRIPT INT32_MIN

/* Where the entries of track_interface, track_script... go: whoever opens a block that may hold such lists
 * sets Parser.tracks. */
typedef struct TrackList {
        ConfigTrack **items;
        size_t *n;
} TrackList;

typedef struct ScriptDraft {
        ConfigScript model;
        ConfigPosition timeout_at;
        bool said; /* a command was given, so that a missing one has had its message */
} ScriptDraft;

/* What defaults of a vrrp_track_process depend on. */
typedef struct ProcessDraft {
        ConfigProcess model;
        bool full_command, said;
        int param_match; /* ConfigProcessMatch, UNSET_MATCH = not said */
        unsigned quorum, quorum_max;
        ConfigPosition quorum_at, quorum_max_at;
} ProcessDraft;
#define UNSET_MATCH (-1)

/* An open block. They live on the C stack, the innermost one first. */
typedef struct Block Block;
struct Block {
        const Block *parent;
        const KeywordTable *table;                   /* NULL in a list */
        int (*entry)(Parser *p, const Statement *s); /* of a list */
        const char *name;                            /* the keyword that opened it; NULL = the whole file */
        const char *argument;                        /* its name, "" if it has none */
        ConfigPosition at;
        ConfigPosition *seen; /* where each row of the table stood last; NULL in a list */
};

struct Parser {
        Lexer *lexer;
        LineReader *reader;
        bool accept_masked; /* ConfigLimits */
        ConfigMessages *messages;
        Config *config;
        const Block *block;
        Statement pending; /* read by a block that turned out not to be closed; its parent's */
        bool has_pending, pending_closed; /* closed: a '}' stood behind it */
        bool brace_missed; /* a missing brace was reported: what it makes of later ones is not worth a word
                            */
        void *target;      /* the draft that general parse functions write to */
        TrackList tracks;

        Names names;
        int (*load_names)(Names *names); /* reads iproute2's files; NULL = none is read. -ENOMEM */
        uint32_t rule_priority[2];       /* what the next rule without a priority gets, IPv4 and IPv6 */

        GlobalDraft global;
        InstanceDraft *instances;
        size_t n_instances;
        ScriptDraft *scripts;
        size_t n_scripts;
};

/* Messages at a place of the file; 0 or -ENOMEM. */
#define parser_error(p, at, ...) config_messages_add((p)->messages, CONFIG_ERROR, at, NULL, __VA_ARGS__)
#define parser_warning(p, at, ...) config_messages_add((p)->messages, CONFIG_WARNING, at, NULL, __VA_ARGS__)

/* grammar.c */
int parse_file(Parser *p);
/* Reads the rest of the block that statement s opened: by its table, or entry by entry. */
int parse_block(Parser *p, const Statement *s, const KeywordTable *table, ConfigPosition *seen);
int parse_list(Parser *p, const Statement *s, int (*entry)(Parser *p, const Statement *entry));
/* Where the keyword stood last in the block being read; line 0 = nowhere. */
ConfigPosition parser_seen(const KeywordTable *t, const ConfigPosition *seen, const char *name);
/* Makes room for one more of n items. NULL on -ENOMEM; the caller's array is then unchanged. */
void *parser_grow(void *items, size_t n, size_t item_size);

/* value.c: general parse functions for the rows */
int value_unsigned(Parser *p, const Keyword *k, const Statement *s);
int value_seconds(Parser *p, const Keyword *k, const Statement *s);
int value_flag(Parser *p, const Keyword *k, const Statement *s);   /* bool member */
int value_on_off(Parser *p, const Keyword *k, const Statement *s); /* int member; no word = on */
int value_string(Parser *p, const Keyword *k, const Statement *s); /* char * member */
int value_interface(Parser *p, const Keyword *k, const Statement *s);
/* Microseconds as people write seconds in the file: "0.01". Returns buf. */
#define VALUE_SECONDS_SIZE 32
const char *value_format_seconds(long long usec, char buf[VALUE_SECONDS_SIZE]);
bool value_parse_address(const char *text, VrrpAddress *ret);
bool value_is_interface_name(const char *name);
/* Says why this word is none. */
int value_no_interface_name(Parser *p, const Word *w);
/* An address that a prefix length may follow, which means nothing there. 1: read; 0: it is none; -ENOMEM. */
int value_parse_host(Parser *p, const Word *w, VrrpAddress *ret);
void router_draft_init(RouterDraft *d);

/* grammar-instance.c, grammar-address.c, grammar-track.c, grammar-global.c */
int parse_instance(Parser *p, const Keyword *k, const Statement *s);
int parse_interface(Parser *p, const Keyword *k, const Statement *s);
int parse_state(Parser *p, const Keyword *k, const Statement *s);
int parse_preempt(Parser *p, const Keyword *k, const Statement *s);
int parse_accept(Parser *p, const Keyword *k, const Statement *s);
int parse_vmac(Parser *p, const Keyword *k, const Statement *s);
int parse_version(Parser *p, const Keyword *k, const Statement *s);
int parse_authentication(Parser *p, const Keyword *k, const Statement *s);
int parse_auth_type(Parser *p, const Keyword *k, const Statement *s);
int parse_auth_pass(Parser *p, const Keyword *k, const Statement *s);
int parse_auth_hmac(Parser *p, const Keyword *k, const Statement *s);
int parse_hmac_key(Parser *p, const Keyword *k, const Statement *s);
int parse_hmac_mode(Parser *p, const Keyword *k, const Statement *s);
int parse_anti_replay(Parser *p, const Keyword *k, const Statement *s);
int parse_source(Parser *p, const Keyword *k, const Statement *s);
int parse_global_group(Parser *p, const Keyword *k, const Statement *s);
int parse_mcast_group(Parser *p, const Keyword *k, const Statement *s);
int parse_peers(Parser *p, const Keyword *k, const Statement *s);
int parse_vips(Parser *p, const Keyword *k, const Statement *s);
int parse_track(Parser *p, const Keyword *k, const Statement *s);
int parse_script(Parser *p, const Keyword *k, const Statement *s);
int parse_tracked_file(Parser *p, const Keyword *k, const Statement *s);
int parse_file_path(Parser *p, const Keyword *k, const Statement *s);
int parse_file_weight(Parser *p, const Keyword *k, const Statement *s);
int parse_init_file(Parser *p, const Keyword *k, const Statement *s);
int parse_tracked_process(Parser *p, const Keyword *k, const Statement *s);
int parse_process(Parser *p, const Keyword *k, const Statement *s);
int parse_param_match(Parser *p, const Keyword *k, const Statement *s);
int parse_process_weight(Parser *p, const Keyword *k, const Statement *s);
int parse_delay(Parser *p, const Keyword *k, const Statement *s);
int parse_command(Parser *p, const Keyword *k, const Statement *s);
int parse_weight(Parser *p, const Keyword *k, const Statement *s);
int parse_user(Parser *p, const Keyword *k, const Statement *s);
int parse_sync_group(Parser *p, const Keyword *k, const Statement *s);
int parse_members(Parser *p, const Keyword *k, const Statement *s);
int parse_global(Parser *p, const Keyword *k, const Statement *s);
int parse_garp_extra(Parser *p, const Keyword *k, const Statement *s);
int parse_repeat(Parser *p, const Keyword *k, const Statement *s);
int parse_timer_expired(Parser *p, const Keyword *k, const Statement *s);
int parse_link_delays(Parser *p, const Keyword *k, const Statement *s);
int parse_garp_group(Parser *p, const Keyword *k, const Statement *s);
int parse_group_interface(Parser *p, const Keyword *k, const Statement *s);
int parse_script_user(Parser *p, const Keyword *k, const Statement *s);
int parse_vmac_prefix(Parser *p, const Keyword *k, const Statement *s);
int parse_nftables(Parser *p, const Keyword *k, const Statement *s);
int parse_nftables_priority(Parser *p, const Keyword *k, const Statement *s);
int parse_random_seed(Parser *p, const Keyword *k, const Statement *s);
int parse_include_check(Parser *p, const Keyword *k, const Statement *s);
int parse_routes(Parser *p, const Keyword *k, const Statement *s);
int parse_rules(Parser *p, const Keyword *k, const Statement *s);
int parse_static_addresses(Parser *p, const Keyword *k, const Statement *s);
int parse_track_group(Parser *p, const Keyword *k, const Statement *s);
int parse_track_group_members(Parser *p, const Keyword *k, const Statement *s);
/* "weight N [reverse]" at words[i]: i behind it, 0 = wrong, said so; -ENOMEM. limit: 253, 254, INT32_MAX. */
int parse_weight_words(
                Parser *p, const Statement *s, size_t i, int limit, int *ret_weight, bool *ret_reverse);

/* grammar-address.c: one line of a list of addresses into *v, which config_vip_done() frees. *ret_ok: all
 * was understood. track_group: where that option goes; NULL = it does not belong here. */
int parse_vip_words(Parser *p, const Statement *s, ConfigVip *v, char **track_group, bool *ret_ok);

/* finish.c: drafts → model */
int parser_finish(Parser *p);
void instance_draft_done(InstanceDraft *d);
void config_instance_done(ConfigInstance *i);
void config_vip_done(ConfigVip *v);
void config_route_done(ConfigRoute *r);
void config_rule_done(ConfigRule *r);
void config_script_done(ConfigScript *s);
void config_group_done(ConfigGroup *g);
void config_tracked_file_done(ConfigTrackedFile *f);
void config_process_done(ConfigProcess *p);
void config_garp_group_done(ConfigGarpGroup *g);
