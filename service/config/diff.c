/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: when two readings of an instance, an address or a script are the same thing, and what a difference
 * asks for. Must not know: how the change is carried out (the engine). Positions in the file never count:
 * moving a block is no change.
 */

#include "service/config/diff.h"

static bool address_equal(const VrrpAddress *a, const VrrpAddress *b) {
        return memcmp(a, b, sizeof(*a)) == 0;
}

bool config_vip_equal(const ConfigVip *a, const ConfigVip *b) {
        return address_equal(&a->address, &b->address) && a->prefixlen == b->prefixlen &&
               streq_ptr(a->dev, b->dev) && streq_ptr(a->label, b->label) &&
               address_equal(&a->broadcast, &b->broadcast) && a->broadcast_auto == b->broadcast_auto &&
               a->scope == b->scope && address_equal(&a->peer, &b->peer) && a->home == b->home &&
               a->mngtmpaddr == b->mngtmpaddr && a->noprefixroute == b->noprefixroute &&
               a->autojoin == b->autojoin && a->no_track == b->no_track && a->nodad == b->nodad &&
               a->deprecated == b->deprecated && a->use_vmac == b->use_vmac && streq_ptr(a->link, b->link);
}

bool config_script_equal(const ConfigScript *a, const ConfigScript *b) {
        return streq_ptr(a->name, b->name) && streq_ptr(a->command, b->command) &&
               a->interval_usec == b->interval_usec && a->timeout_usec == b->timeout_usec &&
               a->rise == b->rise && a->fall == b->fall && a->weight == b->weight &&
               a->reverse == b->reverse && a->init_fail == b->init_fail && streq_ptr(a->user, b->user) &&
               streq_ptr(a->group, b->group);
}

static bool vips_equal(const ConfigVip *a, size_t n_a, const ConfigVip *b, size_t n_b) {
        if (n_a != n_b)
                return false;
        for (size_t i = 0; i < n_a; i++)
                if (!config_vip_equal(&a[i], &b[i]))
                        return false;
        return true;
}

static bool route_equal(const ConfigRoute *a, const ConfigRoute *b) {
        return vrrp_route_equal(&a->route, &b->route) && streq_ptr(a->track_group, b->track_group);
}

static bool rule_equal(const ConfigRule *a, const ConfigRule *b) {
        return vrrp_rule_equal(&a->rule, &b->rule) && streq_ptr(a->track_group, b->track_group);
}

static bool routing_equal(const ConfigInstance *a, const ConfigInstance *b) {
        if (a->n_routes != b->n_routes || a->n_rules != b->n_rules)
                return false;
        for (size_t i = 0; i < a->n_routes; i++)
                if (!route_equal(&a->routes[i], &b->routes[i]))
                        return false;
        for (size_t i = 0; i < a->n_rules; i++)
                if (!rule_equal(&a->rules[i], &b->rules[i]))
                        return false;
        return true;
}

static bool tracks_equal(const ConfigTrack *a, size_t n_a, const ConfigTrack *b, size_t n_b) {
        if (n_a != n_b)
                return false;
        for (size_t i = 0; i < n_a; i++) {
                const ConfigTrack *x = &a[i], *y = &b[i];

                if (x->type != y->type || !streq_ptr(x->name, y->name) || x->weight != y->weight ||
                                x->reverse != y->reverse)
                        return false;
        }
        return true;
}

/* What an instance has from its group; who else is in it is the group's business. */
static bool groups_equal(const ConfigGroup *a, const ConfigGroup *b) {
        if (!a || !b)
                return a == b;
        return streq_ptr(a->name, b->name) && tracks_equal(a->tracks, a->n_tracks, b->tracks, b->n_tracks);
}

static bool peers_equal(const ConfigInstance *a, const ConfigInstance *b) {
        if (a->n_peers != b->n_peers)
                return false;
        for (size_t i = 0; i < a->n_peers; i++)
                if (!address_equal(&a->peers[i].address, &b->peers[i].address) ||
                                a->peers[i].min_ttl != b->peers[i].min_ttl ||
                                a->peers[i].max_ttl != b->peers[i].max_ttl)
                        return false;
        return true;
}

static bool hmac_equal(const ConfigInstance *a, const ConfigInstance *b) {
        if (a->n_hmac_keys != b->n_hmac_keys || a->hmac_active_key != b->hmac_active_key ||
                        a->hmac_mode != b->hmac_mode || a->hmac_monotonic != b->hmac_monotonic ||
                        a->hmac_window_usec != b->hmac_window_usec)
                return false;
        for (size_t i = 0; i < a->n_hmac_keys; i++) {
                const ConfigKey *x = &a->hmac_keys[i], *y = &b->hmac_keys[i];

                /* A file with another key in it under the same name is a change, a key that moved is none.
                 */
                if (x->id != y->id || x->size != y->size || memcmp(x->data, y->data, x->size) != 0)
                        return false;
        }
        return true;
}

static bool announce_equal(const AnnounceConfig *a, const AnnounceConfig *b) {
        return a->delay_usec == b->delay_usec && a->repeat == b->repeat &&
               a->refresh_usec == b->refresh_usec && a->refresh_repeat == b->refresh_repeat &&
               a->lower_prio_delay_usec == b->lower_prio_delay_usec &&
               a->lower_prio_repeat == b->lower_prio_repeat && a->extra_usec == b->extra_usec &&
               a->extra_all == b->extra_all;
}

/* With the hardware address everything about a router changes. */
static bool vmac_equal(const ConfigInstance *a, const ConfigInstance *b) {
        return a->use_vmac == b->use_vmac && a->vmac_xmit_base == b->vmac_xmit_base &&
               streq_ptr(a->vmac_name, b->vmac_name) &&
               memcmp(a->vmac_mac, b->vmac_mac, sizeof(a->vmac_mac)) == 0;
}

static bool settings_equal(const ConfigInstance *a, const ConfigInstance *b) {
        return a->priority == b->priority && a->state_master == b->state_master &&
               a->interval_usec == b->interval_usec && a->preempt == b->preempt &&
               a->preempt_delay_usec == b->preempt_delay_usec &&
               a->down_timer_adverts == b->down_timer_adverts &&
               a->lower_prio_no_advert == b->lower_prio_no_advert &&
               a->higher_prio_send_advert == b->higher_prio_send_advert &&
               a->checksum_plain == b->checksum_plain && a->dont_track_primary == b->dont_track_primary &&
               a->accept == b->accept && a->promote_secondaries == b->promote_secondaries &&
               a->use_vmac_addr == b->use_vmac_addr && a->timer_expired_backup == b->timer_expired_backup &&
               announce_equal(&a->announce, &b->announce) && hmac_equal(a, b) && a->auth == b->auth &&
               a->auth_refused == b->auth_refused &&
               memcmp(a->auth_data, b->auth_data, sizeof(a->auth_data)) == 0 &&
               address_equal(&a->source, &b->source) && a->track_source == b->track_source &&
               a->ttl == b->ttl && address_equal(&a->multicast, &b->multicast) &&
               a->fault_no_peer == b->fault_no_peer && a->owner_ignore_adverts == b->owner_ignore_adverts;
}

ConfigChange config_diff_instance(const ConfigInstance *old, const ConfigInstance *new) {
        if (old->vrid != new->vrid || old->family != new->family || old->version != new->version ||
                        old->unicast != new->unicast || !streq_ptr(old->interface, new->interface) ||
                        !vmac_equal(old, new))
                return CONFIG_RESTART;
        if (settings_equal(old, new) && peers_equal(old, new) && groups_equal(old->group, new->group) &&
                        tracks_equal(old->tracks, old->n_tracks, new->tracks, new->n_tracks) &&
                        vips_equal(old->vips, old->n_vips, new->vips, new->n_vips) &&
                        vips_equal(old->excluded, old->n_excluded, new->excluded, new->n_excluded) &&
                        routing_equal(old, new))
                return CONFIG_UNCHANGED;
        return CONFIG_CHANGED;
}
