/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* See manager.h. This file builds the engine, turns what its sources say into calls on instances, and
 * carries the orderly stop. */

#include "service/manager.h"
#include "service/clock.h"
#include "service/outbox.h"
#include "service/timing.h"
#include "service/remains.h"
#include "service/util/log.h"
#include <netinet/in.h>
#include <signal.h>

#define TICK_USEC USEC_PER_SEC
/* The hand-over of a stop ends here at the latest; DESIGN section 6. */
#define STOP_BOUND_USEC (5 * USEC_PER_SEC)
/* Start waits for the kernel's word about what is static. */
#define STATIC_BOUND_USEC (5 * USEC_PER_SEC)
/* Commands taken per wake-up: adverts are served in between. */
#define COMMANDS_MAX 64

static void on_packet(void *owner, const VrrpPacket *packet) {
        instance_packet(owner, packet);
}

static bool expects_packet(const void *owner, const VrrpPacket *packet) {
        return instance_expects(owner, packet);
}

static void on_deadline(Deadline *d, usec_t now, void *userdata) {
        ((Manager *)userdata)->batching = true;
        instance_deadline(CONTAINER_OF(d, Instance, deadline));
}

static void on_deadlines_served(void *userdata) {
        Manager *m = userdata;

        m->batching = false;
        socket_pool_flush(m->sockets);
}

static void evaluate_all(Manager *m) {
        LIST_FOREACH (node, &m->instances)
                instance_evaluate(CONTAINER_OF(node, Instance, node));
}

/* Does this link, by its name or by the index it had, matter to the instance itself? (What it tracks comes
 * through trackers.) */
static bool concerns(const Instance *i, const Link *link) {
        if (!i->config->interface || streq(i->config->interface, link->name) ||
                        (i->ifindex > 0 && i->ifindex == link->ifindex))
                return true;
        for (size_t k = 0; k < i->vips.n; k++)
                if (i->vips.items[k]->ifindex == link->ifindex ||
                                streq_ptr(i->vips.items[k]->config.dev, link->name))
                        return true;
        return vmac_set_concerns(&i->vmacs, link) || routing_set_needs(&i->routing, link->name);
}

static void evaluate_concerned(Manager *m, const Link *link) {
        LIST_FOREACH (node, &m->instances) {
                Instance *i = CONTAINER_OF(node, Instance, node);

                if (concerns(i, link))
                        instance_evaluate(i);
        }
}

static void address_changed(Manager *m, LinkChange change, const Link *link, const LinkAddress *address) {
        usec_t now = now_boottime();

        vip_address_changed(&m->vips, link->ifindex, address, change == LINK_ADDRESS_ADDED, now);
        if (change == LINK_ADDRESS_REMOVED)
                routing_address_removed(&m->routing, link, &address->address);
        /* Only an address that is not virtual can become, or cease to be, somebody's source or an owner's
         * own. */
        if (address->protocol != VRRPD_PROTOCOL)
                evaluate_concerned(m, link);
}

void manager_static_changed(Manager *m) {
        m->static_changed = true;
}

static void evaluate_dependent(Manager *m) {
        m->static_changed = false;
        LIST_FOREACH (node, &m->instances) {
                Instance *i = CONTAINER_OF(node, Instance, node);

                if (m->config->n_track_groups > 0 || !vrrp_address_is_set(&i->router.source))
                        instance_evaluate(i);
        }
}

static void on_link(LinkChange change, const Link *link, const LinkAddress *address, void *userdata) {
        Manager *m = userdata;

        if (!m->trackers)
                return; /* the mirror's first filling */
        switch (change) {
        case LINK_ADDRESS_ADDED:
        case LINK_ADDRESS_REMOVED:
                address_changed(m, change, link, address);
                break;
        case LINK_ADDED:
        case LINK_CHANGED:
        case LINK_REMOVED:
                tracker_set_link_changed(m->trackers, link->name);
                static_set_resolve(&m->statics);
                routing_link_changed(&m->routing, link);
                evaluate_concerned(m, link);
                break;
        }
}

static void feed_announced(List *instances, int ifindex, const VrrpAddress *sender) {
        LIST_FOREACH (node, instances) {
                Instance *i = CONTAINER_OF(node, Instance, node);

                if (i->listening_ifindex != ifindex || !vip_set_contains(&i->vips, sender))
                        continue;
                if (i->router.handover != ROUTER_HANDOVER_NONE)
                        instance_feed(i, &(RouterEvent){.type = ROUTER_EVENT_ANNOUNCED});
                else
                        instance_claimed(i);
        }
}

static void on_neigh(
                int ifindex, const VrrpAddress *sender, const uint8_t mac[FRAME_MAC_SIZE], void *userdata) {
        Manager *m = userdata;
        const Link *link = link_by_index(m->links, ifindex);

        if (!link || memcmp(link->mac, mac, FRAME_MAC_SIZE) == 0 || !vip_index_contains(&m->vips, sender))
                return;
        feed_announced(&m->instances, ifindex, sender);
        feed_announced(&m->leaving, ifindex, sender);
}

/* Another part of the requests has left: announcements that waited for them go on. */
static void on_requests_sent(void *userdata) {
        Manager *m = userdata;

        LIST_FOREACH_SAFE (node, &m->owing) {
                Instance *i = CONTAINER_OF(node, Instance, owing);

                if (vip_set_owes(&i->vips, true))
                        instance_announce_more(i);
        }
}

/* One instance a turn, so that adverts are served in between. */
static int on_owing(sd_event_source *source, void *userdata) {
        Manager *m = userdata;

        LIST_FOREACH (node, &m->owing) {
                Instance *i = CONTAINER_OF(node, Instance, owing);

                if (!vip_set_owes(&i->vips, true))
                        continue;
                instance_announce_more(i);
                break;
        }
        LIST_FOREACH (node, &m->owing)
                if (vip_set_owes(&CONTAINER_OF(node, Instance, owing)->vips, true))
                        return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
        return 0;
}

static bool tracks(const Instance *i, const Tracker *t) {
        for (size_t k = 0; k < instance_n_tracks(i); k++)
                if (instance_track(i, k)->type == t->type && streq(instance_track(i, k)->name, t->name))
                        return true;
        return false;
}

static void on_tracker(Tracker *t, bool flipped, void *userdata) {
        Manager *m = userdata;

        if (flipped)
                log_info("%s %s: %s%s%s", vrrp_tracker_type_to_string(t->type), t->name,
                                vrrp_tracker_state_to_string(t->state), t->status_text[0] ? ": " : "",
                                t->status_text);
        LIST_FOREACH (node, &m->instances) {
                Instance *i = CONTAINER_OF(node, Instance, node);

                if (flipped && tracks(i, t))
                        instance_evaluate(i);
        }
        manager_post_tracker(m, t);
}

/* Only adverts: what a backup's deadline leads to must not fall into the middle of something. */
static bool is_advert(const Deadline *d) {
        const Instance *i = CONTAINER_OF(d, Instance, deadline);

        return i->router.state == VRRP_MASTER && i->router.handover == ROUTER_HANDOVER_NONE;
}

void manager_serve_adverts(Manager *m) {
        deadline_queue_serve(m->deadlines, is_advert);
}

Instance *manager_find_instance(Manager *m, uint32_t id) {
        LIST_FOREACH (node, &m->instances)
                if (CONTAINER_OF(node, Instance, node)->id == id)
                        return CONTAINER_OF(node, Instance, node);
        return NULL;
}

/* An instance for a command, or the answer that there is none (any more). */
static Instance *command_instance(Manager *m, const Command *c) {
        Instance *i = c->group == 0 ? manager_find_instance(m, c->instance) : NULL;

        if (!i && c->group == 0 && c->type == COMMAND_OPERATION)
                outbox_event(m->records, &(InstanceEvent){.kind = EVENT_OPERATION_FINISHED,
                                                         .instance = c->instance,
                                                         .realtime = now_realtime(),
                                                         .monotonic = now_monotonic(),
                                                         .operation = c->operation_id,
                                                         .operation_kind = c->operation,
                                                         .result = VRRP_RESULT_NO_SUCH_INSTANCE});
        return i;
}

static void command_group(Manager *m, const Command *c) {
        SyncGroup *g = manager_find_group(m, c->group);

        if (g)
                sync_group_command(g, c);
        else
                outbox_group_event(m->records, &(InstanceEvent){.kind = EVENT_OPERATION_FINISHED,
                                                               .group = c->group,
                                                               .realtime = now_realtime(),
                                                               .monotonic = now_monotonic(),
                                                               .operation = c->operation_id,
                                                               .operation_kind = c->operation,
                                                               .result = VRRP_RESULT_NO_SUCH_GROUP});
}

static void begin_stop(Manager *m);

static void reload(Manager *m, Command *c) {
        _cleanup_(record_freep) Record *answer = NULL;

        if (record_new(RECORD_RELOADED, &answer) < 0)
                return;
        answer->request = c->request;
        if (m->stopping)
                answer->result = -ESHUTDOWN;
        else
                answer->result = manager_reload(m, TAKE_PTR(c->config), answer);
        manager_post_reloaded(m, TAKE_PTR(answer));
}

static void run_command(Manager *m, Command *c) {
        Instance *i = command_instance(m, c);

        switch (c->type) {
        case COMMAND_OPERATION:
                if (i)
                        instance_command(i, c);
                else if (c->group != 0)
                        command_group(m, c);
                break;
        case COMMAND_ANNOUNCE:
                if (i && instance_may_announce(i))
                        instance_announce(i, NULL, MAX(i->config->announce.repeat, 1U));
                break;
        case COMMAND_STATISTICS:
                if (i)
                        instance_post_statistics(i, c->request);
                break;
        case COMMAND_RELOAD:
                reload(m, c);
                break;
        case COMMAND_RESYNC:
                manager_post_everything(m, c->request);
                break;
        case COMMAND_STOP:
                begin_stop(m);
                break;
        }
}

static int on_commands(sd_event_source *source, int fd, uint32_t revents, void *userdata) {
        Manager *m = userdata;

        for (unsigned n = 0; n < COMMANDS_MAX; n++) {
                _cleanup_(command_freep) Command *c = mailbox_take(m->commands);

                if (!c)
                        break;
                run_command(m, c);
        }
        return 0;
}

static void beat(Manager *m) {
        atomic_store_explicit(m->heartbeat, now_boottime(), memory_order_relaxed);
}

static void free_config(void *config) {
        config_free(config);
}

/* Thousands of small frees: the bus side made them a configuration, and has the time to undo it. */
static void drop_retired(Manager *m) {
        while (m->n_retired > 0)
                outbox_garbage(m->records, m->retired[--m->n_retired], free_config);
}

static void reap_leaving(Manager *m) {
        bool any = false;

        LIST_FOREACH_SAFE (node, &m->leaving) {
                Instance *i = CONTAINER_OF(node, Instance, node);

                if (!instance_is_stopped(i))
                        continue;
                outbox_simple(m->records, RECORD_INSTANCE_REMOVED, i->id, 0, 0);
                instance_free(i);
                any = true;
                manager_serve_adverts(m); /* closing a packet socket takes the kernel a while */
        }
        if (any) { /* its links, too, go now */
                vmac_flush(&m->vmacs);
                (void)netlink_flush(m->netlink);
        }
        if (list_empty(&m->leaving))
                drop_retired(m);
}

static bool all_stopped(Manager *m) {
        LIST_FOREACH (node, &m->instances)
                if (!instance_is_stopped(CONTAINER_OF(node, Instance, node)))
                        return false;
        return list_empty(&m->leaving);
}

/* Lowest priority of all: runs when everything that was ready has been served. Requests leave, changes are
 * published. */
static int on_end_of_turn(sd_event_source *source, void *userdata) {
        Manager *m = userdata;

        if (m->static_changed && !m->stopping)
                evaluate_dependent(m);
        routing_pool_sync(&m->routing);
        vmac_flush(&m->vmacs);
        (void)netlink_flush(m->netlink);
        if (filter_error(m->filter) == 0) /* else once a second */
                (void)filter_flush(m->filter);
        (void)neigh_socket_flush(m->neigh);
        reap_leaving(m);
        manager_post_pending(m);
        beat(m);
        if (m->stopping && all_stopped(m))
                return sd_event_exit(m->event, 0);
        return 0;
}

void manager_configure_filter(Manager *m) {
        filter_configure(m->filter, &(FilterParams){.priority = m->config->global.nftables_priority,
                                                    .counters = m->config->global.nftables_counters});
        (void)filter_flush(m->filter);
}

/* Somebody else's table may be gone by now, or nftables be there at last. */
static void retry_filter(Manager *m) {
        int error = filter_error(m->filter);

        if (error < 0)
                error = filter_flush(m->filter);
        if (error == m->filter_error)
                return;
        m->filter_error = error;
        if (error < 0)
                log_warning("Cannot make the nftables table inet vrrpd: %s%s", strerror(-error),
                                list_empty(&m->vmacs.all) ? ""
                                                          : "; reports of group membership may leave with "
                                                            "virtual MAC addresses");
        evaluate_all(m);
}

/* No event tells of a change of `all`. */
static void read_sysctls(Manager *m) {
        VmacSysctls before = m->sysctls;

        if (list_empty(&m->vmacs.all))
                return;
        vmac_sysctls_read(&m->sysctls);
        if (memcmp(&before, &m->sysctls, sizeof(before)) != 0)
                evaluate_all(m);
}

static int on_tick(sd_event_source *source, uint64_t usec, void *userdata) {
        Manager *m = userdata;

        beat(m);
        retry_filter(m);
        read_sysctls(m);
        vip_set_retry(&m->statics.vips);
        routing_pool_retry(&m->routing);
        setting_store_retry(m->settings);
        LIST_FOREACH (node, &m->instances) {
                Instance *i = CONTAINER_OF(node, Instance, node);

                vmac_set_retry(&i->vmacs);
                vip_set_retry(&i->vips);
                instance_forget_claim(i);
                /* No event tells when what a socket lacked (memory, a group's room) is there again. */
                if (i->socket_error < 0 && (i->ifindex > 0 || !i->config->interface))
                        instance_evaluate(i);
                /* What stood in the way of the table has gone since, if only before retry_filter() saw it.
                 */
                else if (i->filter_error < 0 && filter_error(m->filter) == 0)
                        instance_evaluate(i);
        }
        return sd_event_source_set_time(source, now_boottime() + TICK_USEC);
}

static int on_stop_bound(sd_event_source *source, uint64_t usec, void *userdata) {
        Manager *m = userdata;

        log_warning("The hand-over did not end within %u s; releasing now",
                        (unsigned)(STOP_BOUND_USEC / USEC_PER_SEC));
        LIST_FOREACH (node, &m->instances)
                instance_stop_now(CONTAINER_OF(node, Instance, node));
        LIST_FOREACH (node, &m->leaving)
                instance_stop_now(CONTAINER_OF(node, Instance, node));
        return sd_event_exit(m->event, 0);
}

static void begin_stop(Manager *m) {
        bool again = m->stopping;

        m->stopping = true;
        if (!again) {
                outbox_simple(m->records, RECORD_STOPPING, 0, 0, 0);
                (void)sd_event_add_time(m->event, &m->stop_source, CLOCK_BOOTTIME,
                                now_boottime() + STOP_BOUND_USEC, 1, on_stop_bound, m);
        }
        LIST_FOREACH (node, &m->groups)
                sync_group_prepare_stop(CONTAINER_OF(node, SyncGroup, node), true);
        LIST_FOREACH (node, &m->instances)
                if (again)
                        instance_stop_now(CONTAINER_OF(node, Instance, node));
                else
                        instance_stop(CONTAINER_OF(node, Instance, node));
        if (again)
                LIST_FOREACH (node, &m->leaving)
                        instance_stop_now(CONTAINER_OF(node, Instance, node));
}

static int on_signal(sd_event_source *source, const struct signalfd_siginfo *si, void *userdata) {
        Manager *m = userdata;

        log_info("Received %s%s", si->ssi_signo == SIGTERM ? "SIGTERM" : "SIGINT",
                        m->stopping ? " again: releasing at once" : ": handing over");
        begin_stop(m);
        return 0;
}

static int add_sources(Manager *m) {
        int r;

        r = sd_event_add_io(m->event, &m->commands_source, mailbox_fd(m->commands), EPOLLIN, on_commands, m);
        if (r >= 0)
                r = sd_event_source_set_priority(m->commands_source, PRIORITY_COMMANDS);
        if (r >= 0)
                r = sd_event_add_time(m->event, &m->tick_source, CLOCK_BOOTTIME, now_boottime() + TICK_USEC,
                                100 * USEC_PER_MSEC, on_tick, m);
        if (r >= 0)
                r = sd_event_source_set_enabled(m->tick_source, SD_EVENT_ON);
        if (r >= 0)
                r = sd_event_add_post(m->event, &m->end_of_turn_source, on_end_of_turn, m);
        if (r >= 0)
                r = sd_event_source_set_priority(m->end_of_turn_source, PRIORITY_END_OF_TURN);
        if (r >= 0)
                r = sd_event_add_defer(m->event, &m->owing_source, on_owing, m);
        if (r >= 0)
                r = sd_event_source_set_priority(m->owing_source, PRIORITY_NETLINK);
        if (r >= 0)
                r = sd_event_source_set_enabled(m->owing_source, SD_EVENT_OFF);
        if (r >= 0)
                r = sd_event_add_signal(m->event, &m->sigterm_source, SIGTERM, on_signal, m);
        if (r >= 0)
                r = sd_event_source_set_priority(m->sigterm_source, PRIORITY_SIGNALS);
        if (r >= 0)
                r = sd_event_add_signal(m->event, &m->sigint_source, SIGINT, on_signal, m);
        if (r >= 0)
                r = sd_event_source_set_priority(m->sigint_source, PRIORITY_SIGNALS);
        return r;
}

/* First of all: what an earlier run left on this host must not answer for another router's addresses. */
static int remove_remains(const Manager *m) {
        int r = remains_remove(NULL),
            restored = m->runtime_directory ? setting_store_restore(m->runtime_directory) : 0;

        /* These mislead nobody about an address: no reason to have no router. */
        if (restored < 0)
                log_warning("Cannot put back the settings of interfaces that an earlier run has changed "
                            "(%s/settings): %s",
                                m->runtime_directory, strerror(-restored));
        r = r < 0 ? r : r + MAX(restored, 0);
        if (r > 0)
                log_notice("Removed what an earlier run had left of virtual addresses, links, routes, rules "
                           "and settings (%d in all)",
                                r);
        return r;
}

static int open_kernel(Manager *m, const ManagerParams *params) {
        int r;

        r = netlink_new(m->event, PRIORITY_NETLINK, &m->netlink);
        if (r < 0)
                return r;
        netlink_on_sent(m->netlink, on_requests_sent, m);
        r = remove_remains(m);
        if (r < 0)
                return r;
        r = setting_store_new(m->runtime_directory, m->netlink, &m->settings);
        if (r < 0)
                return r;
        r = link_mirror_new(m->netlink, on_link, m, &m->links);
        if (r < 0)
                return r;
        r = routing_pool_init(&m->routing, m->netlink, m->links);
        if (r < 0)
                return r;
        r = neigh_socket_new(m->event, PRIORITY_PACKETS, on_neigh, m, &m->neigh);
        if (r < 0)
                return r;
        r = socket_pool_new(m->event, PRIORITY_PACKETS, expects_packet, on_packet, &m->sockets);
        if (r < 0)
                return r;
        r = deadline_queue_new(
                        m->event, PRIORITY_DEADLINES, on_deadline, on_deadlines_served, m, &m->deadlines);
        if (r < 0)
                return r;
        return tracker_set_new(m->event, PRIORITY_TRACKERS, m->links, params->runner_fd,
                        params->runner_socket, on_tracker, m, &m->trackers);
}

static int open_filter(Manager *m, const Config *config) {
        FilterParams params = {
                        .priority = config->global.nftables_priority,
                        .counters = config->global.nftables_counters,
        };
        int r = filter_new(&params, &m->filter);

        if (r < 0)
                return r;
        m->vmacs.netlink = m->netlink;
        m->vmacs.links = m->links;
        m->vmacs.filter = m->filter;
        m->vmacs.settings = m->settings;
        vmac_sysctls_read(&m->sysctls);
        return 0;
}

static int create_instances(Manager *m, const Config *config, const HoldStore *holds) {
        int r = manager_new_groups(m, config, &m->groups);

        if (r < 0)
                return r;
        for (size_t k = 0; k < config->n_instances; k++) {
                Instance *i;
                const Hold *hold;

                r = instance_new(m, &config->instances[k], &m->instances, &i);
                if (r < 0)
                        return r;
                hold = holds ? hold_store_find(holds, i->name) : NULL;
                if (hold)
                        instance_restore_hold(i, hold);
        }
        manager_assign_groups(m, config);
        return 0;
}

/* Before any instance: it may depend on them. */
static int add_static(Manager *m, const Config *config) {
        int r;

        static_set_init(&m->statics, m);
        r = static_set_prepare(&m->statics, config);
        if (r < 0)
                return r;
        static_set_configure(&m->statics);
        routing_pool_sync(&m->routing);
        r = netlink_drain(m->netlink, STATIC_BOUND_USEC);
        return r == -ETIMEDOUT ? 0 : r;
}

int manager_new(const ManagerParams *params, Config **config, Manager **ret) {
        _cleanup_(manager_freep) Manager *m = calloc(1, sizeof(*m));
        int r;

        if (!m) {
                safe_close(params->runner_fd);
                return -ENOMEM;
        }
        list_init(&m->instances);
        list_init(&m->leaving);
        list_init(&m->dirty);
        list_init(&m->owing);
        list_init(&m->groups);
        list_init(&m->gone_groups);
        list_init(&m->dirty_groups);
        list_init(&m->vmacs.all);
        m->records = params->records;
        m->commands = params->commands;
        m->heartbeat = params->heartbeat;
        if (params->runtime_directory) {
                m->runtime_directory = strdup(params->runtime_directory);
                if (!m->runtime_directory)
                        return -ENOMEM;
        }
        r = sd_event_new(&m->event);
        if (r >= 0)
                r = open_kernel(m, params);
        if (r >= 0)
                r = open_filter(m, *config);
        if (r >= 0)
                r = add_sources(m);
        if (r >= 0)
                r = posting_init(m);
        if (r >= 0)
                r = timing_start(m, *config);
        if (r >= 0)
                r = tracker_set_configure(m->trackers, *config);
        if (r >= 0)
                r = add_static(m, *config);
        if (r >= 0)
                r = create_instances(m, *config, params->holds);
        if (r < 0) {
                log_error("Cannot start: %s", strerror(-r));
                return r;
        }
        m->config = TAKE_PTR(*config);
        beat(m);
        manager_post_trackers(m);
        evaluate_all(m);
        outbox_simple(m->records, RECORD_READY, 0, 0, 0);
        *ret = TAKE_PTR(m);
        return 0;
}

Manager *manager_free(Manager *m) {
        if (!m)
                return NULL;
        LIST_FOREACH_SAFE (node, &m->instances)
                instance_free(CONTAINER_OF(node, Instance, node));
        LIST_FOREACH_SAFE (leaving, &m->leaving)
                instance_free(CONTAINER_OF(leaving, Instance, node));
        LIST_FOREACH_SAFE (group, &m->groups)
                sync_group_free(CONTAINER_OF(group, SyncGroup, node));
        LIST_FOREACH_SAFE (gone, &m->gone_groups)
                sync_group_free(CONTAINER_OF(gone, SyncGroup, node));
        tracker_set_free(m->trackers);
        static_set_done(&m->statics);
        routing_pool_done(&m->routing);
        deadline_queue_free(m->deadlines);
        socket_pool_free(m->sockets);
        free(m->vmacs.doomed);
        setting_store_free(m->settings);
        filter_free(m->filter);
        timing_stop(m);
        neigh_socket_free(m->neigh);
        link_mirror_free(m->links);
        netlink_free(m->netlink);
        posting_done(m);
        sd_event_source_unref(m->commands_source);
        sd_event_source_unref(m->tick_source);
        sd_event_source_unref(m->end_of_turn_source);
        sd_event_source_unref(m->stop_source);
        sd_event_source_unref(m->sigterm_source);
        sd_event_source_unref(m->sigint_source);
        sd_event_source_unref(m->owing_source);
        hash_index_done(&m->vips);
        sd_event_unref(m->event);
        while (m->n_retired > 0)
                config_free(m->retired[--m->n_retired]);
        free(m->retired);
        free(m->next_groups);
        free(m->runtime_directory);
        config_free(m->config);
        free(m);
        return NULL;
}

int manager_run(Manager *m) {
        int r = sd_event_loop(m->event);

        if (r < 0)
                log_error("The event loop failed: %s", strerror(-r));
        LIST_FOREACH (node, &m->instances)
                instance_release_links(CONTAINER_OF(node, Instance, node));
        LIST_FOREACH (node, &m->leaving)
                instance_release_links(CONTAINER_OF(node, Instance, node));
        static_set_remove(&m->statics);
        vmac_flush(&m->vmacs);
        (void)netlink_drain(m->netlink, USEC_PER_SEC);
        /* Whatever went wrong above, no address outlives the daemon. */
        (void)remains_remove(m->runtime_directory);
        LIST_FOREACH_SAFE (group, &m->dirty_groups)
                sync_group_post_status(CONTAINER_OF(group, SyncGroup, dirty));
        LIST_FOREACH_SAFE (node, &m->dirty)
                instance_post_status(CONTAINER_OF(node, Instance, dirty));
        outbox_simple(m->records, RECORD_STOPPED, 0, 0, 0);
        return r;
}
