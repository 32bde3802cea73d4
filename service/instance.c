/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* See instance.h. This file carries out the router's actions and commands; what the router has to be told of
 * its surroundings is in instance-evaluate.c, the wire in instance-packet.c, what is published in
 * instance-publish.c. */

#include "service/instance.h"
#include "service/clock.h"
#include "service/manager.h"
#include "service/util/log.h"

/* Stands for "the daemon's own" where an operation has a number; never published. */
#define OPERATION_INTERNAL UINT64_MAX

/* So long, or a Master_Down_Interval, another station may take to follow its claim by an advert. */
#define CLAIM_MIN_USEC (3 * USEC_PER_SEC)

static void settle(Instance *i);

size_t instance_n_tracks(const Instance *i) {
        return i->config->n_tracks + (i->config->group ? i->config->group->n_tracks : 0);
}

const ConfigTrack *instance_track(const Instance *i, size_t k) {
        const ConfigInstance *c = i->config;

        return k < c->n_tracks ? &c->tracks[k] : &c->group->tracks[k - c->n_tracks];
}

static void on_settled(void *userdata) {
        settle(userdata);
}

/* While a successor may announce the address, nobody else does. */
static void on_late(Vip *vip, void *userdata) {
        Instance *i = userdata;

        if (i->router.handover == ROUTER_HANDOVER_NONE)
                instance_announce(i, vip, 1);
}

static void on_restored(Vip *vip, void *userdata) {
        Instance *i = userdata;

        i->counters[COUNTER_ADDRESSES_RESTORED]++;
        (void)netlink_flush(i->manager->netlink);
        on_late(vip, i);
}

static void on_changed(void *userdata) {
        instance_mark_dirty(userdata);
}

static const RoutingSetCallbacks routing_callbacks = {
                .settled = on_settled,
                .changed = on_changed,
};

static const VipSetCallbacks vip_callbacks = {
                .settled = on_settled,
                .restored = on_restored,
                .late = on_late,
                .changed = on_changed,
};

static int vips_digest(const ConfigInstance *c, uint64_t *ret) {
        _cleanup_free_ VrrpAddress *addresses = calloc(c->n_vips + 1, sizeof(*addresses));

        if (!addresses)
                return -ENOMEM;
        for (size_t k = 0; k < c->n_vips; k++)
                addresses[k] = c->vips[k].address;
        *ret = advert_vips_digest(addresses, c->n_vips);
        return 0;
}

static int router_config_from(const ConfigInstance *c, RouterConfig *ret) {
        uint64_t digest;
        int r = vips_digest(c, &digest);

        if (r < 0)
                return r;
        *ret = (RouterConfig){
                        .version = c->version,
                        .vrid = c->vrid,
                        .family = c->family,
                        .base_priority = c->priority,
                        .interval_usec = c->interval_usec,
                        .preempt = c->preempt,
                        .preempt_delay_usec = c->preempt_delay_usec,
                        .down_timer_adverts = c->down_timer_adverts,
                        .lower_prio_no_advert = c->lower_prio_no_advert,
                        .higher_prio_send_advert = c->higher_prio_send_advert,
                        .owner_ignore_adverts = c->owner_ignore_adverts,
                        .checksum_form = c->checksum_plain ? ADVERT_CHECKSUM_PLAIN : ADVERT_CHECKSUM_PSEUDO,
                        .expired_priority = c->timer_expired_backup,
                        .vmac = c->use_vmac,
                        .teaches = c->n_vmacs > 0,
                        .grouped = c->group != NULL,
                        .plain_arp = c->family == AF_INET && c->n_vips > 0 && !c->use_vmac,
                        .vips_digest = digest,
                        .announce = c->announce,
        };
        return 0;
}

static int make_hmac(const ConfigInstance *config, Hmac **ret) {
        HmacConfig c = {
                        .n_keys = config->n_hmac_keys,
                        .active_key = config->hmac_active_key,
                        .mode = config->hmac_mode,
                        .monotonic = config->hmac_monotonic,
                        .window_usec = config->hmac_window_usec,
        };
        int r;

        *ret = NULL;
        if (c.n_keys == 0)
                return 0;
        c.keys = calloc(c.n_keys, sizeof(*c.keys));
        if (!c.keys)
                return -ENOMEM;
        for (size_t k = 0; k < c.n_keys; k++) {
                c.keys[k].id = config->hmac_keys[k].id;
                c.keys[k].size = config->hmac_keys[k].size;
                memcpy(c.keys[k].data, config->hmac_keys[k].data, sizeof(c.keys[k].data));
        }
        r = hmac_new(&c, config->unicast ? config->n_peers : HMAC_SENDERS_MULTICAST, ret);
        explicit_bzero(c.keys, c.n_keys * sizeof(*c.keys));
        free(c.keys);
        return r;
}

int instance_new(Manager *m, const ConfigInstance *config, List *list, Instance **ret) {
        _cleanup_(instance_freep) Instance *i = calloc(1, sizeof(*i));
        RouterConfig rc;
        int r;

        if (!i)
                return -ENOMEM;
        i->manager = m;
        i->config = config;
        i->deadline.usec = USEC_INFINITY;
        i->admin_uid = UINT32_MAX;
        i->id = ++m->last_id;
        vip_set_init(&i->vips, &m->vips, m->netlink, m->links, m->settings, &vip_callbacks, i);
        vmac_set_init(&i->vmacs, &m->vmacs);
        i->name = strdup(config->name);
        routing_set_init(&i->routing, &m->routing, i->name, &routing_callbacks, i);
        if (!i->name)
                return -ENOMEM;
        r = router_config_from(config, &rc);
        if (r < 0)
                return r;
        r = vmac_set_prepare(&i->vmacs, config);
        if (r < 0)
                return r;
        r = vip_set_prepare(&i->vips, config);
        if (r < 0)
                return r;
        r = routing_set_prepare(
                        &i->routing, config->routes, config->n_routes, config->rules, config->n_rules);
        if (r < 0)
                return r;
        r = make_hmac(config, &i->hmac);
        if (r < 0)
                return r;
        r = deadline_queue_reserve(m->deadlines);
        if (r < 0)
                return r;
        vmac_set_configure(&i->vmacs, config);
        vip_set_configure(&i->vips, config);
        routing_set_configure(&i->routing);
        router_init(&i->router, &rc);
        i->waiting = true;
        list_append(list, &i->node);
        instance_mark_dirty(i);
        *ret = TAKE_PTR(i);
        return 0;
}

static void stop_accepting(Instance *i) {
        if (i->accepting_ifindex == 0)
                return;
        setting_release(i->manager->settings, i->accepting_ifindex, SETTING_ACCEPT_LOCAL);
        (void)netlink_flush(i->manager->netlink);
        i->accepting_ifindex = 0;
}

Instance *instance_free(Instance *i) {
        if (!i)
                return NULL;
        if (list_linked(&i->node)) {
                list_remove(&i->node);
                deadline_queue_release(i->manager->deadlines, &i->deadline);
        }
        instance_set_group(i, NULL);
        stop_accepting(i);
        if (list_linked(&i->dirty))
                list_remove(&i->dirty);
        list_remove(&i->owing);
        if (i->listening_ifindex > 0)
                (void)neigh_socket_listen(i->manager->neigh, i->listening_ifindex, false);
        neigh_socket_forget(i->manager->neigh, &i->vips);
        i->send_check = sd_event_source_disable_unref(i->send_check);
        instance_close_socket(i);
        instance_release_links(i);
        routing_set_done(&i->routing);
        vip_set_done(&i->vips);
        hmac_free(i->hmac);
        hmac_free(i->next_hmac);
        free(i->packet);
        free(i->name);
        free(i);
        return NULL;
}

void instance_restore_hold(Instance *i, const Hold *hold) {
        usec_t expire = USEC_INFINITY;

        if (hold->expire_realtime > 0) {
                usec_t realtime = now_realtime();

                expire = now_boottime() +
                         (hold->expire_realtime > realtime ? hold->expire_realtime - realtime : 0);
        }
        router_restore_hold(&i->router, hold->admin, expire, hold->priority);
        snprintf(i->admin_reason, sizeof(i->admin_reason), "%s", hold->reason);
        i->admin_uid = hold->uid;
        deadline_queue_set(i->manager->deadlines, &i->deadline, router_deadline(&i->router));
}

void instance_get_hold(const Instance *i, Hold *ret) {
        *ret = (Hold){
                        .name = i->name,
                        .admin = i->router.admin,
                        .uid = i->admin_uid,
                        .priority = i->router.promoted_priority,
        };
        snprintf(ret->reason, sizeof(ret->reason), "%s", i->admin_reason);
        if (i->router.admin_expire_usec != USEC_INFINITY)
                ret->expire_realtime = now_realtime() + i->router.admin_expire_usec - now_boottime();
}

void instance_mark_dirty(Instance *i) {
        if (i->group)
                sync_group_mark_dirty(i->group);
        if (!list_linked(&i->dirty))
                list_append(&i->manager->dirty, &i->dirty);
}

static void announced(Instance *i, unsigned n) {
        if (n == 0)
                return;
        i->counters[COUNTER_ANNOUNCEMENTS_SENT] += n;
        i->announced_usec = now_boottime();
        (void)neigh_socket_flush(i->manager->neigh);
}

static void announce_turn(Instance *i) {
        announced(i, vip_set_announce_more(&i->vips, i->manager->neigh, NETLINK_TURN));
        list_remove(&i->owing);
        if (vip_set_owes(&i->vips, false))
                list_append(&i->manager->owing, &i->owing);
        if (vip_set_owes(&i->vips, true))
                (void)sd_event_source_set_enabled(i->manager->owing_source, SD_EVENT_ONESHOT);
}

/* Not when it has stepped down, nor while a successor may announce: that would call the traffic back. */
bool instance_may_announce(const Instance *i) {
        return i->router.state == VRRP_MASTER && i->router.handover == ROUTER_HANDOVER_NONE;
}

void instance_announce(Instance *i, const Vip *only, unsigned repeat) {
        if (only) {
                announced(i, vip_announce(only, i->manager->neigh, repeat));
                return;
        }
        vip_set_owe(&i->vips, repeat);
        announce_turn(i);
}

void instance_announce_more(Instance *i) {
        if (!instance_may_announce(i))
                vip_set_owe(&i->vips, 0);
        announce_turn(i);
}

static void switch_addresses(Instance *i, bool on) {
        i->awaiting_addresses = true;
        /* What waits for its turn would call the traffic back from the next master. */
        if (!on)
                neigh_socket_forget(i->manager->neigh, &i->vips);
        instance_switch_links(i, on);
}

/* First what the network must see, in the router's order. */
static void carry_out_protocol(Instance *i, const RouterStep *step) {
        for (size_t k = 0; k < step->n_actions; k++) {
                const RouterAction *a = &step->actions[k];

                switch (a->type) {
                case ROUTER_ACTION_SEND_ADVERT:
                        instance_send_advert(i, a->advert.priority,
                                        vrrp_address_is_set(&a->advert.to) ? &a->advert.to : NULL);
                        break;
                case ROUTER_ACTION_ADDRESSES_ON:
                        instance_flush_adverts(i); /* the order on the wire is the router's */
                        switch_addresses(i, true);
                        break;
                case ROUTER_ACTION_ADDRESSES_OFF:
                        instance_flush_adverts(i);
                        switch_addresses(i, false);
                        break;
                case ROUTER_ACTION_ANNOUNCE:
                        instance_flush_adverts(i);
                        instance_announce(i, NULL, a->repeat);
                        break;
                case ROUTER_ACTION_ANNOUNCE_EXTRA:
                        announced(i, vip_set_announce_extra(&i->vips, i->manager->neigh,
                                                     i->config->announce.extra_all));
                        break;
                case ROUTER_ACTION_TEACH:
                        announced(i, vip_set_teach(&i->vips, i->manager->neigh));
                        break;
                case ROUTER_ACTION_STATE_CHANGED:
                case ROUTER_ACTION_CONFLICT_SEEN:
                case ROUTER_ACTION_CONFLICT_CLEARED:
                case ROUTER_ACTION_FINISHED:
                case ROUTER_ACTION_CHANGED:
                case ROUTER_ACTION_TYPE_MAX:
                        break;
                }
        }
        if (!i->manager->batching)
                instance_flush_adverts(i);
}

static usec_t since(usec_t decided, usec_t happened) {
        /* 0 means "did not happen", so what happened within the first microsecond counts as one. */
        return happened >= decided ? MAX(happened - decided, (usec_t)1) : 0;
}

VrrpReason instance_told_reason(const Instance *i, VrrpReason reason) {
        return i->replaced && reason == VRRP_REASON_STOPPED ? VRRP_REASON_CONFIGURATION : reason;
}

static void state_changed(Instance *i, usec_t now, const RouterAction *a, const VrrpAddress *successor) {
        if (i->transition.running)
                instance_finish_transition(i); /* superseded before the kernel had confirmed it */
        i->state_realtime = now_realtime();
        i->state_monotonic = now_monotonic();
        i->counters[COUNTER_TRANSITIONS]++;
        if (a->state.new_state == VRRP_MASTER)
                i->counters[COUNTER_BECAME_MASTER]++;
        i->transition = (Transition){
                        .running = true,
                        .state = a->state.new_state,
                        .decided_usec = now,
                        .first_advert_usec = since(now, i->sent_usec),
                        .first_announce_usec = since(now, i->announced_usec),
        };
        instance_post_state_changed(i, a->state.old_state, a->state.new_state,
                        instance_told_reason(i, a->state.reason), successor);
}

/* The operation came to nothing: an older hold stands as it was. */
static void restore_words(Instance *i) {
        memcpy(i->admin_reason, i->earlier_reason, sizeof(i->admin_reason));
        i->admin_uid = i->earlier_uid;
        instance_mark_dirty(i);
}

static void operation_finished(Instance *i, const RouterAction *a, const VrrpAddress *successor) {
        FinishedOperation f = {
                        .id = a->finished.id,
                        .operation = a->finished.operation,
                        .result = a->finished.result,
                        .successor = *successor,
        };

        if (f.id == OPERATION_INTERNAL)
                return;
        if (f.id == i->wording_operation && f.result != VRRP_RESULT_DONE && f.result != VRRP_RESULT_FORCED)
                restore_words(i);
        if (f.id == GROUP_COMMAND_ID)
                return; /* the group tells */
        /* TransitionFinished comes before OperationFinished: wait for it. */
        if (i->transition.running && i->n_finished < INSTANCE_FINISHED_MAX)
                i->finished[i->n_finished++] = f;
        else
                instance_post_finished(i, &f);
}

/* Then what the world is told. */
static void carry_out_publication(Instance *i, usec_t now, const RouterStep *step) {
        for (size_t k = 0; k < step->n_actions; k++) {
                const RouterAction *a = &step->actions[k];

                switch (a->type) {
                case ROUTER_ACTION_STATE_CHANGED:
                        state_changed(i, now, a, &step->successor);
                        break;
                case ROUTER_ACTION_CONFLICT_SEEN:
                case ROUTER_ACTION_CONFLICT_CLEARED:
                        instance_post_conflict(i, a->type == ROUTER_ACTION_CONFLICT_SEEN, a->conflict.kind,
                                        &a->conflict.address);
                        break;
                case ROUTER_ACTION_FINISHED:
                        operation_finished(i, a, &step->successor);
                        break;
                case ROUTER_ACTION_CHANGED:
                        instance_mark_dirty(i);
                        break;
                case ROUTER_ACTION_SEND_ADVERT:
                case ROUTER_ACTION_ADDRESSES_ON:
                case ROUTER_ACTION_ADDRESSES_OFF:
                case ROUTER_ACTION_ANNOUNCE:
                case ROUTER_ACTION_ANNOUNCE_EXTRA:
                case ROUTER_ACTION_TEACH:
                case ROUTER_ACTION_TYPE_MAX:
                        break;
                }
        }
}

void instance_claimed(Instance *i) {
        const Link *link = link_by_index(i->manager->links, i->ifindex);

        i->claimed_monotonic = now_monotonic();
        if (i->router.state != VRRP_MASTER || i->accepting_ifindex > 0 || !link ||
                        i->claimed_monotonic - i->state_monotonic <
                                        router_master_down_interval_usec(&i->router))
                return;
        setting_acquire(i->manager->settings, i->ifindex, link->name, SETTING_ACCEPT_LOCAL);
        (void)netlink_flush(i->manager->netlink);
        i->accepting_ifindex = i->ifindex;
}

void instance_forget_claim(Instance *i) {
        if (now_monotonic() - i->claimed_monotonic >
                        MAX(router_master_down_interval_usec(&i->router), CLAIM_MIN_USEC))
                stop_accepting(i);
}

/* While a successor is expected its gratuitous ARP tells when it really has the address; else it tells of
 * another station that has one of ours: instance_claimed(). */
static void update_listening(Instance *i) {
        int wanted = i->router.state == VRRP_MASTER && i->router.config.plain_arp ? MAX(i->ifindex, 0) : 0;

        if (i->listening_ifindex == wanted)
                return;
        stop_accepting(i);
        if (i->listening_ifindex > 0)
                (void)neigh_socket_listen(i->manager->neigh, i->listening_ifindex, false);
        /* An error: a hand-over's bound of 100 ms does without. */
        i->listening_ifindex =
                        wanted > 0 && neigh_socket_listen(i->manager->neigh, wanted, true) >= 0 ? wanted : 0;
}

void instance_feed(Instance *i, const RouterEvent *event) {
        usec_t now = now_boottime();
        RouterStep step;

        router_step(&i->router, now, event, &step);
        if (i->group)
                group_note(&i->group->core, &i->member, &step);
        carry_out_protocol(i, &step);
        carry_out_publication(i, now, &step);
        update_listening(i);
        if (i->router.admin == VRRP_ADMIN_ENABLED) {
                i->admin_reason[0] = 0;
                i->admin_uid = UINT32_MAX;
        }
        deadline_queue_set(i->manager->deadlines, &i->deadline, router_deadline(&i->router));
        settle(i);
        if (i->group)
                sync_group_settle(i->group);
}

/* All acknowledgements are in: the transition is complete and the router may go on. */
static void settle(Instance *i) {
        if (!vip_set_settled(&i->vips) || !routing_set_settled(&i->routing))
                return;
        if (i->transition.running)
                instance_finish_transition(i);
        if (i->awaiting_addresses) {
                i->awaiting_addresses = false;
                instance_feed(i, &(RouterEvent){.type = ROUTER_EVENT_ADDRESSES, .addresses_on = i->vips.on});
        }
}

void instance_deadline(Instance *i) {
        /* A router that slept must read what was said meanwhile before it takes over. */
        if (i->router.state == VRRP_BACKUP && i->socket)
                vrrp_socket_drain(pool_socket_get(i->socket));
        if (i->router.state == VRRP_BACKUP && i->vmac_socket)
                vmac_socket_drain(i->vmac_socket);
        instance_feed(i, &(RouterEvent){.type = ROUTER_EVENT_DEADLINE});
}

int instance_prepare(Instance *i, const ConfigInstance *config) {
        int r = router_config_from(config, &i->next_router);

        if (r < 0)
                return r;
        i->next_hmac = hmac_free(i->next_hmac);
        r = make_hmac(config, &i->next_hmac);
        if (r >= 0)
                r = vmac_set_prepare(&i->vmacs, config);
        if (r >= 0)
                r = vip_set_prepare(&i->vips, config);
        if (r < 0)
                return r;
        return routing_set_prepare(
                        &i->routing, config->routes, config->n_routes, config->rules, config->n_rules);
}

void instance_forget(Instance *i) {
        vmac_set_forget(&i->vmacs);
        vip_set_forget(&i->vips);
        routing_set_forget(&i->routing);
}

/* New keys and rules; what was heard and sent before still counts. */
static void change_hmac(Instance *i) {
        if (i->hmac && i->next_hmac)
                hmac_inherit(i->next_hmac, i->hmac);
        hmac_free(i->hmac);
        i->hmac = TAKE_PTR(i->next_hmac);
}

void instance_reconfigure(Instance *i, const ConfigInstance *config) {
        RouterEvent event = {.type = ROUTER_EVENT_CONFIG, .config = i->next_router};
        bool moved = !vrrp_address_equal(&config->multicast, &i->config->multicast) ||
                     (!config->interface && !vrrp_address_equal(&config->source, &i->config->source));

        vmac_set_configure(&i->vmacs, config);
        vip_set_configure(&i->vips, config);
        routing_set_configure(&i->routing);
        change_hmac(i);
        if (moved)
                instance_close_socket(i); /* it is bound to the address, or in the group */
        i->config = config;
        instance_packet_invalidate(i);
        instance_feed(i, &event);
        instance_evaluate(i);
        if (instance_may_announce(i))
                instance_announce(i, NULL, 1); /* for addresses that are new */
        instance_mark_dirty(i);
}

void instance_adopt_config(Instance *i, const ConfigInstance *config) {
        i->config = config;
        i->vips.instance = config->name;
        i->vmacs.instance = config->name;
        i->vips.interface = config->interface;
}

static void refuse(Instance *i, const Command *c, VrrpResult result) {
        instance_post_finished(i,
                        &(FinishedOperation){
                                        .id = c->operation_id, .operation = c->operation, .result = result});
}

void instance_set_words(Instance *i, const Command *c, uint64_t operation) {
        memcpy(i->earlier_reason, i->admin_reason, sizeof(i->earlier_reason));
        i->earlier_uid = i->admin_uid;
        i->wording_operation = operation;
        snprintf(i->admin_reason, sizeof(i->admin_reason), "%s", c->reason);
        i->admin_uid = c->uid;
        instance_mark_dirty(i);
}

void instance_command(Instance *i, const Command *c) {
        RouterEvent event = {
                        .type = ROUTER_EVENT_COMMAND,
                        .command =
                                        {
                                                        .operation = c->operation,
                                                        .id = c->operation_id,
                                                        .mode = c->mode,
                                                        .timeout_usec = c->timeout_usec,
                                                        .priority = c->priority,
                                        },
        };
        VrrpResult refused;

        if (i->manager->stopping || i->leaving) {
                refuse(i, c, VRRP_RESULT_STOPPING);
                return;
        }
        if (i->group) {
                if (c->whole_group)
                        sync_group_command(i->group, c);
                else
                        refuse(i, c, VRRP_RESULT_GROUP_MEMBER);
                return;
        }
        /* The bus side has refused address owners already; it may have become one since. */
        if ((c->operation == VRRP_OP_FAILOVER || c->operation == VRRP_OP_PAUSE) &&
                        vip_set_has_owned(&i->vips)) {
                refuse(i, c, VRRP_RESULT_NOT_ELIGIBLE);
                return;
        }
        refused = router_command_check(i->router.state, i->router.admin, i->router.operation.id != 0,
                        c->operation, c->mode);
        if (refused != VRRP_RESULT_DONE) {
                refuse(i, c, refused);
                return;
        }
        instance_set_words(i, c, c->operation_id);
        instance_feed(i, &event);
}

void instance_stop(Instance *i) {
        instance_feed(i, &(RouterEvent){.type = ROUTER_EVENT_COMMAND,
                                         .command = {.operation = VRRP_OP_STOP,
                                                         .id = OPERATION_INTERNAL,
                                                         .bound_usec = i->stop_bound_usec}});
}

void instance_stop_now(Instance *i) {
        instance_feed(i, &(RouterEvent){.type = ROUTER_EVENT_STOPPED});
}

bool instance_is_stopped(const Instance *i) {
        return i->router.state == VRRP_INITIALIZE && vip_set_settled(&i->vips) &&
               routing_set_settled(&i->routing);
}
