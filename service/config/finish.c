/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: from drafts to the model: defaults, and what can only be judged when the whole file is read, where
 * keepalived bends a setting (it is bent here too, with a warning) or would not run the instance (an error).
 * Must not know: the text of the file; comparisons between instances (validate.c).
 *
 * The addresses of an instance are finish-address.c's, what it tracks finish-track.c's.
 */

#include "service/config/finish.h"
#include <limits.h>

#define ANNOUNCE_DELAY_DEFAULT (5 * USEC_PER_SEC)
/* keepalived's. */
#define NFTABLES_PRIORITY_DEFAULT (-1)
#define ANNOUNCE_REPEAT_DEFAULT 5
#define DOWN_TIMER_ADVERTS_DEFAULT 3

/* VRRPv3 has 12 bits of centiseconds (RFC 9568 section 5.2.7). */
#define V3_INTERVAL_MAX (4095 * USEC_PER_CS)

void instance_draft_done(InstanceDraft *d) {
        config_instance_done(&d->model);
        free(d->auth_type);
        free(d->auth_pass);
        *d = (InstanceDraft){};
}

static int finish_identity(Parser *p, InstanceDraft *d) {
        const ConfigInstance *i = &d->model;
        int r = 0;

        if (d->vrid == UNSET && d->vrid_at.line == 0)
                r = parser_error(p, &i->at, "vrrp_instance '%s' has no virtual_router_id", i->name);
        d->model.vrid = (uint8_t)(d->vrid == UNSET ? 0 : d->vrid);
        if (r < 0 || i->interface || d->interface_at.line > 0)
                return r;
        if (vrrp_address_is_link_local(&i->source))
                return parser_error(p, &i->source_at,
                                "vrrp_instance '%s' has no interface, and a link-local source says not on "
                                "which "
                                "link it is: add 'interface'",
                                i->name);
        if (i->n_peers > 0 && vrrp_address_is_set(&i->source))
                return r;
        return parser_error(p, &i->at,
                        "vrrp_instance '%s' has no interface (only one with unicast_peer and unicast_src_ip "
                        "can do without)",
                        i->name);
}

static int finish_version(Parser *p, InstanceDraft *d) {
        unsigned version = d->version != UNSET ? d->version : p->config->global.vrrp_version;

        d->model.version = (uint8_t)version;
        if (version == 3 || d->model.family != AF_INET6)
                return 0;
        d->model.version = 3;
        if (d->version != UNSET)
                return parser_warning(
                                p, &d->version_at, "IPv6 needs VRRP version 3; used instead of version 2");
        if (d->native_ipv6)
                return 0; /* it is meant */
        return parser_warning(p, d->model.n_vips > 0 ? &d->model.vips[0].at : &d->model.at,
                        "IPv6 needs VRRP version 3; used instead of the default, version 2 ('version 3' "
                        "says that it is meant)");
}

static int finish_preempt(Parser *p, InstanceDraft *d) {
        ConfigInstance *i = &d->model;
        const char *why = i->state_master ? "state MASTER" : "priority 255";
        bool first = i->state_master || i->priority == VRRP_PRIORITY_OWNER;
        int r = 0;

        i->preempt = d->preempt != 0;
        i->preempt_delay_usec = d->preempt_delay_usec == UNSET_USEC ? 0 : d->preempt_delay_usec;
        if (!i->preempt && first) {
                r = parser_warning(p, &d->preempt_at, "nopreempt does not go with %s; ignored", why);
                i->preempt = true;
        }
        if (r >= 0 && !i->preempt && d->priority == UNSET)
                r = parser_warning(p, &d->preempt_at,
                                "nopreempt with the default priority, %d: where all routers have it, the "
                                "higher "
                                "address decides after all; give each a priority of its own",
                                VRRP_PRIORITY_DEFAULT);
        if (r < 0 || i->preempt_delay_usec == 0)
                return r;
        if (first)
                r = parser_warning(
                                p, &d->preempt_delay_at, "preempt_delay does not go with %s; ignored", why);
        else if (!i->preempt)
                r = parser_warning(p, &d->preempt_delay_at,
                                "preempt_delay does not go with nopreempt; ignored");
        else
                return r;
        i->preempt_delay_usec = 0;
        return r;
}

static int finish_priority(Parser *p, InstanceDraft *d) {
        d->model.state_master = d->state_master == 1;
        /* As in keepalived: who is said to be master and says no priority owns the address. */
        d->model.priority = d->priority != UNSET    ? (uint8_t)d->priority
                            : d->model.state_master ? VRRP_PRIORITY_OWNER
                                                    : VRRP_PRIORITY_DEFAULT;
        return finish_preempt(p, d);
}

static int finish_interval(Parser *p, InstanceDraft *d) {
        usec_t unit = d->model.version == 3 ? USEC_PER_CS : USEC_PER_SEC, given = d->interval_usec, rounded;

        if (given == UNSET_USEC)
                given = USEC_PER_SEC;
        rounded = MAX((given + unit / 2) / unit * unit, unit);
        if (d->model.version == 3)
                rounded = MIN(rounded, V3_INTERVAL_MAX);
        d->model.interval_usec = rounded;
        if (rounded == given)
                return 0;
        if (d->model.version == 2)
                return parser_warning(p, &d->interval_at,
                                "VRRP version 2 has whole seconds between adverts; rounded to %llu",
                                (unsigned long long)(rounded / USEC_PER_SEC));
        return parser_warning(p, &d->interval_at,
                        "VRRP version 3 has 0.01 to 40.95 s between adverts, in steps of 0.01; %llu.%02llu "
                        "is used",
                        (unsigned long long)(rounded / USEC_PER_SEC),
                        (unsigned long long)(rounded % USEC_PER_SEC / USEC_PER_CS));
}

static unsigned pick(unsigned own, unsigned global, unsigned otherwise) {
        return own != UNSET ? own : global != UNSET ? global : otherwise;
}

static usec_t pick_usec(usec_t own, usec_t global, usec_t otherwise) {
        return own != UNSET_USEC ? own : global != UNSET_USEC ? global : otherwise;
}

static bool pick_bool(int own, int global, bool otherwise) {
        return own != UNSET_BOOL ? own : global != UNSET_BOOL ? global : otherwise;
}

static bool is_strict(const Parser *p, const InstanceDraft *d) {
        return pick_bool(d->router.strict, p->global.router.strict, false);
}

static int finish_authentication(Parser *p, InstanceDraft *d) {
        if (!d->auth_type && !d->auth_pass)
                return 0;
        if (d->model.version == 3)
                return parser_warning(p, d->auth_type ? &d->auth_type_at : &d->auth_pass_at,
                                "VRRP version 3 has no authentication; ignored");
        if (is_strict(p, d))
                return parser_warning(p, d->auth_type ? &d->auth_type_at : &d->auth_pass_at,
                                "strict: RFC 3768 has no authentication; ignored, as in keepalived");
        d->model.auth_refused = d->auth_ah;
        if (d->auth_ah)
                return parser_warning(p, &d->auth_type_at,
                                "auth_type AH is refused: RFC 3768 removed it from VRRP in 2004; the "
                                "instance stays in "
                                "fault until it is PASS, or nothing, on all routers of this VRID");
        if (!d->auth_pass)
                return parser_warning(p, &d->auth_type_at, "auth_type without auth_pass: no authentication");
        if (!d->auth_type)
                return parser_warning(p, &d->auth_pass_at, "auth_pass without auth_type: no authentication");
        d->model.auth = ADVERT_AUTH_PASS;
        memcpy(d->model.auth_data, d->auth_pass, MIN(strlen(d->auth_pass), (size_t)ADVERT_AUTH_SIZE));
        return 0;
}

static void finish_router(const Parser *p, InstanceDraft *d) {
        const RouterDraft *own = &d->router, *global = &p->global.router;
        bool min_garp = p->global.min_garp == 1;
        AnnounceConfig *a = &d->model.announce;

        a->delay_usec = pick_usec(
                        own->garp_delay, global->garp_delay, min_garp ? 0 : ANNOUNCE_DELAY_DEFAULT);
        a->repeat = pick(own->garp_repeat, global->garp_repeat, min_garp ? 1 : ANNOUNCE_REPEAT_DEFAULT);
        a->refresh_usec = pick_usec(own->garp_refresh, global->garp_refresh, 0);
        a->refresh_repeat = pick(own->garp_refresh_repeat, global->garp_refresh_repeat, 1);
        a->lower_prio_delay_usec =
                        pick_usec(own->garp_lower_prio_delay, global->garp_lower_prio_delay, a->delay_usec);
        a->lower_prio_repeat = pick(own->garp_lower_prio_repeat, global->garp_lower_prio_repeat, a->repeat);
        a->extra_usec = pick_usec(own->garp_extra, global->garp_extra, 0);
        a->extra_all = own->garp_extra != UNSET_USEC ? own->garp_extra_all : global->garp_extra_all;
        d->model.down_timer_adverts = pick(
                        own->down_timer_adverts, global->down_timer_adverts, DOWN_TIMER_ADVERTS_DEFAULT);
        d->model.lower_prio_no_advert =
                        pick_bool(own->lower_prio_no_advert, global->lower_prio_no_advert, false);
        /* On, unlike keepalived: the winner of a healed split must hear the loser (DESIGN section 5.6). */
        d->model.higher_prio_send_advert =
                        pick_bool(own->higher_prio_send_advert, global->higher_prio_send_advert, true);
        d->model.owner_ignore_adverts =
                        pick_bool(own->owner_ignore_adverts, global->owner_ignore_adverts, false);
        d->model.checksum_plain = pick_bool(own->checksum_plain, global->checksum_plain, false);
}

/* vrrp_strict and strict_mode: what they forbid is only said here. Nothing is dropped or switched but
 * authentication: the others, with keepalived, send none. */
static int lint_strict(Parser *p, const InstanceDraft *d) {
        const ConfigInstance *i = &d->model;
        int r = 0;

        if (!is_strict(p, d))
                return 0;
        if (i->vmac_xmit_base && !i->unicast)
                r = parser_warning(p, &d->vmac_xmit_base_at,
                                "strict: an advert must come from the virtual MAC address");
        if (r >= 0 && d->accept == UNSET_BOOL && i->priority != VRRP_PRIORITY_OWNER)
                r = parser_warning(p, &i->at,
                                "strict: the RFC's default is to drop what is sent to the addresses; vrrpd "
                                "does so only with no_accept");
        if (r >= 0 && i->unicast)
                r = parser_warning(p, &d->peers_at, "strict: the RFC has no unicast peers");
        if (r >= 0 && i->preempt_delay_usec > 0)
                r = parser_warning(p, &d->preempt_delay_at, "strict: the RFC has no preempt_delay");
        if (r >= 0 && i->state_master != (i->priority == VRRP_PRIORITY_OWNER) &&
                        d->state_master != UNSET_BOOL)
                r = parser_warning(p, &d->state_at,
                                "strict: state MASTER belongs to priority 255 and only to it");
        if (r >= 0 && i->family == AF_INET6 && i->n_vips > 0 &&
                        !vrrp_address_is_link_local(&i->vips[0].address))
                r = parser_warning(p, &i->vips[0].at, "strict: the first IPv6 address must be link-local");
        return r;
}

/* An owner accepts always: RFC 9568 section 6.1. */
static int finish_accept(Parser *p, InstanceDraft *d) {
        d->model.accept = d->accept != 0 || d->model.priority == VRRP_PRIORITY_OWNER;
        if (d->accept == 0 && d->model.accept)
                return parser_warning(p, &d->accept_at, "no_accept does not go with priority 255; ignored");
        return 0;
}

static int finish_tracks(Parser *p, InstanceDraft *d) {
        return finish_track_list(p, d->model.tracks, &d->model.n_tracks);
}

static int finish_instance(Parser *p, InstanceDraft *d) {
        int (*const steps[])(Parser * p, InstanceDraft * d) = {
                        finish_family,
                        finish_identity,
                        finish_version,
                        finish_priority,
                        finish_accept,
                        finish_interval,
                        finish_authentication,
                        finish_hmac,
                        finish_unicast,
                        finish_vips,
                        finish_vmac,
                        finish_routing,
                        finish_tracks,
        };
        int r;

        for (size_t i = 0; i < ELEMENTSOF(steps); i++) {
                r = steps[i](p, d);
                if (r < 0)
                        return r;
        }
        finish_router(p, d);
        return lint_strict(p, d);
}

static int finish_global(Parser *p) {
        ConfigGlobal *g = &p->config->global;
        char host[HOST_NAME_MAX + 1] = "";

        g->vrrp_version = (uint8_t)(p->global.vrrp_version == UNSET ? 2 : p->global.vrrp_version);
        g->enable_script_security = p->global.enable_script_security;
        g->startup_delay_usec = p->global.startup_delay;
        g->delay_after_boot_usec = p->global.delay_after_boot;
        g->garp_interval_usec = p->global.garp_interval;
        g->gna_interval_usec = p->global.gna_interval;
        for (size_t i = 0; i < p->config->n_garp_groups; i++) {
                ConfigGarpGroup *group = &p->config->garp_groups[i];

                if (group->garp_interval_usec == UNSET_USEC)
                        group->garp_interval_usec = g->garp_interval_usec;
                if (group->gna_interval_usec == UNSET_USEC)
                        group->gna_interval_usec = g->gna_interval_usec;
        }
        g->script_user = TAKE_PTR(p->global.script_user);
        g->script_group = TAKE_PTR(p->global.script_group);
        g->script_user_at = p->global.script_user_at;
        g->vmac_prefix = TAKE_PTR(p->global.vmac_prefix);
        g->vmac_addr_prefix = TAKE_PTR(p->global.vmac_addr_prefix);
        g->nftables_priority = p->global.nftables_priority == UNSET_PRIORITY ? NFTABLES_PRIORITY_DEFAULT
                                                                             : p->global.nftables_priority;
        g->nftables_counters = p->global.nftables_counters;
        g->router_id = TAKE_PTR(p->global.router_id);
        if (g->router_id)
                return 0;
        if (gethostname(host, sizeof(host) - 1) < 0)
                strcpy(host, "localhost");
        g->router_id = strdup(host);
        return g->router_id ? 0 : -ENOMEM;
}

static int finish_scripts(Parser *p) {
        Config *c = p->config;
        int r = 0;

        c->scripts = calloc(MAX(p->n_scripts, (size_t)1), sizeof(*c->scripts));
        if (!c->scripts)
                return -ENOMEM;
        for (size_t i = 0; i < p->n_scripts && r >= 0; i++) {
                ScriptDraft *d = &p->scripts[i];

                if (!d->model.command && !d->said) {
                        r = parser_warning(p, &d->model.at, "vrrp_script '%s' has no script; it is ignored",
                                        d->model.name);
                        continue;
                }
                if (d->model.timeout_usec == UNSET_USEC)
                        d->model.timeout_usec = d->model.interval_usec;
                c->scripts[c->n_scripts++] = d->model;
                d->model = (ConfigScript){};
        }
        return r < 0 ? r : config_index(c);
}

int parser_finish(Parser *p) {
        Config *c = p->config;
        int r;

        r = finish_global(p);
        if (r >= 0)
                r = finish_scripts(p);
        if (r < 0)
                return r;
        c->instances = calloc(MAX(p->n_instances, (size_t)1), sizeof(*c->instances));
        if (!c->instances)
                return -ENOMEM;
        for (size_t i = 0; i < p->n_instances; i++) {
                r = finish_instance(p, &p->instances[i]);
                if (r < 0)
                        return r;
                c->instances[c->n_instances++] = p->instances[i].model;
                p->instances[i].model = (ConfigInstance){};
                instance_draft_done(&p->instances[i]);
        }
        r = finish_vmacs(p);
        if (r < 0)
                return r;
        r = config_index(c);
        if (r >= 0)
                r = finish_groups(p);
        return r < 0 ? r : finish_static(p);
}
