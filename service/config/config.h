/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The configuration as a finished model: what the file says with all defaults filled in, checked. Made by
 * config_load(), never changed afterwards, owned by one thread at a time (the loader hands it to the
 * engine). All strings and arrays are owned by the Config and live until config_free(). */

#include "service/core/announce.h"
#include "service/core/advert.h"
#include "service/core/auth.h"
#include "service/core/routing.h"
#include "service/core/types.h"

typedef struct ConfigPosition {
        const char *file;      /* owned by the Config/ConfigMessages; NULL = no file */
        unsigned line, column; /* from 1; 0 = whole file */
} ConfigPosition;

typedef enum ConfigSeverity {
        CONFIG_ERROR,
        CONFIG_WARNING,
} ConfigSeverity;

typedef struct ConfigMessage {
        ConfigSeverity severity;
        char *file; /* NULL when not about a file */
        unsigned line, column;
        char *text;   /* what is wrong and what to do, without position */
        char *source; /* the offending line, NULL if none */
} ConfigMessage;

/* All that is to be said about a file; sorted by position when loading ends. */
typedef struct ConfigMessages {
        ConfigMessage *items;
        size_t n, n_errors;
} ConfigMessages;

void config_messages_clear(ConfigMessages *m);
int config_messages_add(ConfigMessages *m, ConfigSeverity severity, const ConfigPosition *at,
                const char *source, const char *format, ...) _printf_(5, 6);
/* By file (in the order of `files`, NULL-terminated; those of no file first), line and column; of equal ones
 * the first is kept. Already done by config_load() and config_validate_live(). -ENOMEM: unchanged. */
int config_messages_sort(ConfigMessages *m, char *const *files);
/* "file:line:column: error: text\n    line\n    ^\n" for each; the caller frees. NULL on -ENOMEM. */
char *config_messages_format(const ConfigMessages *m);
/* [{"file":…,"line":…,"column":…,"severity":…,"message":…},…] in JSON, one line; the caller frees. */
char *config_messages_to_json(const ConfigMessages *m);

typedef struct ConfigVip {
        VrrpAddress address;
        uint8_t prefixlen;     /* default 32 / 128 */
        char *dev;             /* NULL = the instance's interface */
        char *label;           /* NULL = none */
        VrrpAddress broadcast; /* unset = none */
        bool broadcast_auto;   /* `brd +` */
        uint8_t scope;         /* RT_SCOPE_*; default universe */
        VrrpAddress peer;
        bool home, mngtmpaddr, noprefixroute, autojoin, no_track;
        bool nodad;      /* IPv6: always on in effect */
        bool deprecated; /* IPv6 /128: preferred_lft 0 */
        bool use_vmac;   /* with dev: on a virtual MAC address there */
        char *link;      /* the macvlan that it goes on, one of the instance's vmacs; NULL = dev itself */
        ConfigPosition at;
} ConfigVip;

/* An entry of static_routes or virtual_routes. The route's next hops are owned. */
typedef struct ConfigRoute {
        VrrpRoute route;
        char *track_group; /* static ones only; NULL = none */
        ConfigPosition at;
} ConfigRoute;

/* An entry of static_rules or virtual_rules. */
typedef struct ConfigRule {
        VrrpRule rule;
        char *track_group; /* static ones only; NULL = none */
        ConfigPosition at;
} ConfigRule;

/* An entry of static_ipaddress. */
typedef struct ConfigStaticAddress {
        ConfigVip vip;     /* dev is always set */
        char *track_group; /* NULL = none */
} ConfigStaticAddress;

/* Instances that are in fault while a static address, route or rule of the group is not there. */
typedef struct ConfigTrackGroup {
        char *name;
        char **members; /* names of instances, NULL-terminated */
        ConfigPosition at;
} ConfigTrackGroup;

/* One entry of track_interface / track_script / ...: what is tracked and what it is worth. */
typedef struct ConfigTrack {
        VrrpTrackerType type;
        char *name; /* interface name, script name... */
        int weight; /* 0 = fault when down */
        bool reverse;
        ConfigPosition at;
} ConfigTrack;

typedef struct ConfigPeer {
        VrrpAddress address;
        int min_ttl, max_ttl; /* -1 = not judged */
        ConfigPosition at;
} ConfigPeer;

/* A key of auth_hmac. */
typedef struct ConfigKey {
        uint8_t id;
        char *file;   /* as written behind file:; NULL = the key stands in the configuration itself */
        uint8_t size; /* 0 until config_load_keys() has read the file */
        uint8_t data[HMAC_KEY_SIZE_MAX];
        ConfigPosition at;
} ConfigKey;

/* A link with a virtual MAC address that an instance needs. */
typedef struct ConfigVmac {
        char *name;
        char *interface; /* what it is on top of */
        uint8_t mac[6];
        bool ipv4, ipv6; /* of which families there are addresses on it */
} ConfigVmac;

typedef struct ConfigInstance {
        char *name;
        char *interface; /* NULL only for unicast with a source address */
        uint8_t vrid;
        uint8_t version;
        int family;
        uint8_t priority;
        bool state_master; /* `state MASTER`; only cancels nopreempt and preempt_delay, as in keepalived */
        usec_t interval_usec;
        bool preempt;
        usec_t preempt_delay_usec;
        unsigned down_timer_adverts;
        bool lower_prio_no_advert, higher_prio_send_advert;
        bool checksum_plain; /* v3_checksum_as_v2 */
        bool owner_ignore_adverts;
        bool dont_track_primary;
        bool accept;              /* false: no_accept; an owner (priority 255) accepts always */
        bool promote_secondaries; /* on all its interfaces */
        bool use_vmac;            /* addresses on interface are on a virtual MAC address */
        char *vmac_name;          /* of that link; default vrrp.VRID */
        uint8_t vmac_mac[6];      /* default 00:00:5e:00:01:VRID, IPv6 00:00:5e:00:02:VRID */
        bool vmac_xmit_base;      /* adverts from the interface's own MAC address */
        bool use_vmac_addr;       /* as use_vmac of each address on another interface */
        ConfigVmac *vmacs;        /* all of them, the instance's own first: follows from the above */
        size_t n_vmacs;
        uint8_t timer_expired_backup; /* highest priority of the others, 0 = off */
        AnnounceConfig announce;
        AdvertAuth auth;
        uint8_t auth_data[ADVERT_AUTH_SIZE];
        bool auth_refused; /* auth_type AH: the instance stays in fault, because its peers would not hear it
                            */
        ConfigKey *hmac_keys; /* auth_hmac; none = not configured */
        size_t n_hmac_keys;
        uint8_t hmac_active_key;
        HmacMode hmac_mode;
        bool hmac_monotonic; /* anti_replay monotonic */
        usec_t hmac_window_usec;
        VrrpAddress source;    /* unicast_src_ip or mcast_src_ip; unset = primary address of the interface */
        bool track_source;     /* track_src_ip: fault while the host does not have the source address */
        VrrpAddress multicast; /* group of the adverts, mcast_dst_ip or vrrp_mcast_groupN; unset = unicast */
        bool unicast;
        bool fault_no_peer; /* unicast_fault_no_peer: unicast without a peer is a fault, not an error */
        uint8_t ttl;        /* of what is sent; 255 */
        ConfigPeer *peers;
        size_t n_peers;
        ConfigVip *vips;
        size_t n_vips;
        ConfigVip *excluded; /* virtual_ipaddress_excluded */
        size_t n_excluded;
        ConfigRoute *routes; /* virtual_routes */
        size_t n_routes;
        ConfigRule *rules; /* virtual_rules */
        size_t n_rules;
        ConfigTrack *tracks;
        size_t n_tracks;
        const struct ConfigGroup *group; /* its vrrp_sync_group, in the same Config; NULL = none */
        ConfigPosition at;               /* the name after vrrp_instance */
        ConfigPosition interface_at, source_at, vmac_at, vmac_name_at; /* line 0 = not in the file */
} ConfigInstance;

typedef struct ConfigScript {
        char *name;
        char *command;        /* as written, unquoted */
        usec_t interval_usec; /* default 1 s */
        usec_t timeout_usec;  /* default = interval */
        unsigned rise, fall;  /* default 1 */
        int weight;           /* default of the tracks that name it */
        bool reverse;
        bool init_fail;
        char *user, *group; /* NULL = script_user */
        ConfigPosition at, command_at, user_at;
} ConfigScript;

/* track_file: a number in a file that others write. */
typedef struct ConfigTrackedFile {
        char *name;
        char *path; /* absolute */
        int weight; /* default of the tracks that name it; default 1 */
        bool reverse;
        bool init;           /* init_file: create it with init_value if it is missing... */
        bool init_overwrite; /* ...and at the start write it in any case */
        int init_value;      /* default 0 */
        ConfigPosition at, path_at;
} ConfigTrackedFile;

/* What of a process is compared with a vrrp_track_process. */
typedef enum ConfigProcessMatch {
        CONFIG_MATCH_NAME,    /* its name, as in /proc/PID/comm */
        CONFIG_MATCH_COMMAND, /* full_command: the first word of its command line */
        CONFIG_MATCH_EXACT,   /* its whole command line */
        CONFIG_MATCH_PARTIAL, /* param_match partial: the first words of it */
        CONFIG_MATCH_INITIAL, /* param_match initial: the same, the last of them may be longer */
} ConfigProcessMatch;

#define CONFIG_QUORUM_MAX_NONE UINT32_MAX

/* vrrp_track_process: how many processes of a kind run. */
typedef struct ConfigProcess {
        char *name;
        char **command; /* what to compare: the process and its parameters, NULL-terminated */
        ConfigProcessMatch match;
        int weight; /* default of the tracks that name it; default 0 */
        bool reverse;
        unsigned quorum, quorum_max; /* so many are good; default 1 and NONE. quorum_max 0: quorum 0 */
        usec_t fork_delay_usec, terminate_delay_usec; /* default 0 */
        ConfigPosition at;
} ConfigProcess;

/* A member of a sync group. */
typedef struct ConfigMember {
        char *name; /* of its instance, which exists and is in no other group */
        ConfigPosition at;
} ConfigMember;

/* vrrp_sync_group: instances that change state together. */
typedef struct ConfigGroup {
        char *name;
        ConfigMember *members;
        size_t n_members;    /* at least 1 */
        ConfigTrack *tracks; /* what all its members depend on, as if each of them tracked it */
        size_t n_tracks;
        bool tracking_weight; /* sync_group_tracking_weight; without it what its members track with a weight
                               * is left out of the model, as in keepalived; the group's own tracks always
                               * count */
        ConfigPosition at;    /* the name after vrrp_sync_group */
} ConfigGroup;

/* A line of interface_up_down_delays. */
typedef struct ConfigLinkDelay {
        char *interface;
        usec_t down_usec, up_usec;
        ConfigPosition at;
} ConfigLinkDelay;

/* garp_group: interfaces behind one switch, which share their pace. */
typedef struct ConfigGarpGroup {
        char **interfaces;                            /* NULL-terminated */
        usec_t garp_interval_usec, gna_interval_usec; /* default: the global ones */
        ConfigPosition at;
} ConfigGarpGroup;

typedef struct ConfigGlobal {
        char *router_id;                  /* default: host name, filled in */
        char *script_user, *script_group; /* NULL = keepalived_script if it exists, else root */
        bool enable_script_security;
        uint8_t vrrp_version;
        char *vmac_prefix, *vmac_addr_prefix; /* of default names of macvlans; NULL = vrrp, = vmac_prefix */
        int nftables_priority;                /* of the packet filter's chains; default -1 */
        bool nftables_counters;
        usec_t startup_delay_usec;    /* vrrp_startup_delay, from the start of the daemon */
        usec_t delay_after_boot_usec; /* vrrp_delay_after_boot, from the boot of the host */
        usec_t garp_interval_usec,
                        gna_interval_usec; /* between two of an interface that is in no garp_group */
        ConfigPosition script_user_at;     /* line 0 = not in the file */
} ConfigGlobal;

typedef struct Config {
        ConfigGlobal global;
        ConfigInstance *instances;
        size_t n_instances;
        ConfigScript *scripts;
        size_t n_scripts;
        ConfigGroup *groups;
        size_t n_groups;
        ConfigTrackedFile *tracked_files;
        size_t n_tracked_files;
        ConfigProcess *processes;
        size_t n_processes;
        ConfigStaticAddress *static_addresses; /* static_ipaddress */
        size_t n_static_addresses;
        ConfigRoute *static_routes;
        size_t n_static_routes;
        ConfigRule *static_rules;
        size_t n_static_rules;
        ConfigTrackGroup *track_groups;
        size_t n_track_groups;
        ConfigLinkDelay *link_delays;
        size_t n_link_delays;
        ConfigGarpGroup *garp_groups;
        size_t n_garp_groups;
        char **files; /* every file read, NULL-terminated, the named one first */
        /* Sorted by name, for config_find_*(); NULL in a model that was not loaded. */
        const ConfigInstance **instances_by_name;
        const ConfigScript **scripts_by_name;
        const ConfigTrackedFile **tracked_files_by_name;
        const ConfigProcess **processes_by_name;
} Config;

Config *config_free(Config *c);
DEFINE_CLEANUP(Config, config_free);

const ConfigInstance *config_find_instance(const Config *c, const char *name); /* NULL = none */
const ConfigScript *config_find_script(const Config *c, const char *name);
const ConfigTrackedFile *config_find_tracked_file(const Config *c, const char *name);
const ConfigProcess *config_find_process(const Config *c, const char *name);

/* What the digest of a script covers: command, user, group, timeout. The daemon sends it with a request and
 * the runner runs the script only if its own reading of the file gives the same. Hex, 16 digits + NUL. */
#define CONFIG_SCRIPT_DIGEST_SIZE 17
void config_script_digest(const Config *c, const ConfigScript *s, char ret[CONFIG_SCRIPT_DIGEST_SIZE]);
/* The same of a file (path and init_file) and a process (all but its weight). */
void config_tracked_file_digest(const ConfigTrackedFile *f, char ret[CONFIG_SCRIPT_DIGEST_SIZE]);
void config_process_digest(const ConfigProcess *p, char ret[CONFIG_SCRIPT_DIGEST_SIZE]);

/* The words of its command line with blanks between them; the caller frees. NULL on -ENOMEM. */
char *config_process_text(const ConfigProcess *p);
