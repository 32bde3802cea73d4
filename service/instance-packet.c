/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* An instance on the wire: which socket it needs, what it sends, which packets it believes. A packet that is
 * discarded is counted by its verdict and changes nothing else. */

#include "service/auth/verify.h"
#include "service/clock.h"
#include "service/instance.h"
#include "service/manager.h"
#include "service/util/log.h"

/* So many adverts in a row, over more than one and a half intervals, are not a moment's full queue. */
#define SEND_FAILURES_MIN 3

/* A packet of ours that some switch or radio sends back comes soon. */
#define ECHO_MAX_USEC (500 * USEC_PER_MSEC)

static void send_nothing(Instance *i);

int instance_open_socket(Instance *i) {
        const ConfigInstance *c = i->config;
        VrrpSocketParams params = {
                        .family = c->family,
                        .ifindex = c->interface ? i->ifindex : 0,
                        .interface = c->interface,
                        .group = c->multicast,
        };

        if (i->socket && i->socket_ifindex == params.ifindex)
                return 0;
        instance_close_socket(i);
        if (c->interface && i->ifindex <= 0)
                return i->socket_error = -ENODEV;
        if (!c->interface)
                params.local = c->source;
        i->socket_error = socket_pool_acquire(
                        i->manager->sockets, &params, &c->source, c->vrid, i, &i->socket);
        if (i->socket_error >= 0)
                i->socket_ifindex = params.ifindex;
        return i->socket_error;
}

void instance_close_socket(Instance *i) {
        i->socket = socket_pool_release(i->socket, i->router.config.vrid, i);
        i->socket_ifindex = 0;
}

void instance_packet_invalidate(Instance *i) {
        i->packet_size = 0;
}

static AdvertParams advert_params(const Instance *i, const VrrpAddress *vips) {
        const ConfigInstance *c = i->config;
        AdvertParams p = {
                        .version = c->version,
                        .vrid = c->vrid,
                        .family = c->family,
                        .interval_usec = c->interval_usec,
                        .checksum_form = c->checksum_plain && c->family == AF_INET ? ADVERT_CHECKSUM_PLAIN
                                                                                   : ADVERT_CHECKSUM_PSEUDO,
                        .auth = c->auth,
                        .vips = vips,
                        .n_vips = c->n_vips,
        };

        memcpy(p.auth_data, c->auth_data, sizeof(p.auth_data));
        return p;
}

/* Builds the packet for this priority and destination, unless the last one built is just that. */
static int build(Instance *i, uint8_t priority, const VrrpAddress *destination) {
        const ConfigInstance *c = i->config;
        size_t need = 8 + c->n_vips * vrrp_address_size(c->family) + ADVERT_AUTH_SIZE + HMAC_TRAILER_SIZE;
        _cleanup_free_ VrrpAddress *vips = NULL;
        AdvertParams p;

        if (i->packet_size > 0 && i->packet_priority == priority &&
                        vrrp_address_equal(&i->packet_source, &i->router.source) &&
                        vrrp_address_equal(&i->packet_destination, destination))
                return 0;
        vips = calloc(c->n_vips + 1, sizeof(*vips));
        if (!vips)
                return -ENOMEM;
        if (i->packet_allocated < need) {
                uint8_t *packet = realloc(i->packet, need);

                if (!packet)
                        return -ENOMEM;
                i->packet = packet;
                i->packet_allocated = need;
        }
        for (size_t k = 0; k < c->n_vips; k++)
                vips[k] = c->vips[k].address;
        p = advert_params(i, vips);
        i->packet_size = advert_encode(
                        &p, priority, &i->router.source, destination, i->packet, i->packet_allocated);
        i->packet_priority = priority;
        i->packet_source = i->router.source;
        i->packet_destination = *destination;
        return i->packet_size > 0 ? 0 : -E2BIG;
}

static void check_sending(Instance *i, usec_t delay_usec);

/* A master that nobody hears would be one of two masters: it is in fault until packets leave again. In fault
 * it sends no adverts, so it tries with packets that say nothing. */
static int on_send_check(sd_event_source *source, uint64_t usec, void *userdata) {
        Instance *i = userdata;
        bool was_fault = i->router.fault;

        i->send_check = sd_event_source_disable_unref(i->send_check);
        if (i->leaving || i->manager->stopping)
                return 0;
        if (i->send_error < 0 && was_fault)
                send_nothing(i);
        instance_evaluate(i);
        if (i->send_error < 0)
                check_sending(i, MAX(i->config->interval_usec, USEC_PER_SEC));
        return 0;
}

/* Not at once: who sends may be in the middle of a step. */
static void check_sending(Instance *i, usec_t delay_usec) {
        i->send_check = sd_event_source_disable_unref(i->send_check);
        (void)sd_event_add_time(i->manager->event, &i->send_check, CLOCK_BOOTTIME,
                        usec_add(now_boottime(), delay_usec), USEC_PER_MSEC, on_send_check, i);
}

/* Whoever asks for dont_track_primary wants a master also where nothing can leave; with
 * interface_up_down_delays for so long. */
static bool link_may_be_down(const Instance *i) {
        const Link *link = i->ifindex > 0 ? link_by_index(i->manager->links, i->ifindex) : NULL;

        return link && (link->settled_usec > 0 || (i->config->dont_track_primary && !link_usable(link)));
}

static void send_failed(Instance *i, int error) {
        usec_t now = now_boottime();

        /* The way to the peers is lost, not our voice. If all routers took that for a fault, nobody would
         * serve the networks that are still reached. */
        if (i->config->unicast && (error == -ENETUNREACH || error == -EHOSTUNREACH))
                return;
        if (link_may_be_down(i)) {
                i->n_send_failures = 0;
                return;
        }
        if (i->n_send_failures++ == 0)
                i->send_failing_usec = now;
        if (i->send_error < 0 || i->n_send_failures < SEND_FAILURES_MIN ||
                        now - i->send_failing_usec < MAX(i->config->interval_usec * 3 / 2, USEC_PER_SEC))
                return;
        i->send_error = error;
        log_instance(LOG_ERR, i->name, "the last %u adverts could not be sent: %s", i->n_send_failures,
                        strerror(-error));
        check_sending(i, 0);
}

static void send_succeeded(Instance *i) {
        i->n_send_failures = 0;
        i->send_failing_usec = 0;
        if (i->send_error == 0)
                return;
        i->send_error = 0;
        log_instance(LOG_INFO, i->name, "adverts can be sent again");
        check_sending(i, 0);
}

static void on_sent(void *userdata, unsigned priority, int r) {
        Instance *i = userdata;

        if (r < 0) {
                i->counters[COUNTER_SEND_ERRORS]++;
                send_failed(i, r);
                return;
        }
        send_succeeded(i);
        i->counters[priority == VRRP_PRIORITY_RESIGN ? COUNTER_RESIGNATIONS_SENT : COUNTER_ADVERTS_SENT]++;
        i->sent_usec = now_boottime();
}

static void send_to(Instance *i, uint8_t priority, const VrrpAddress *destination) {
        int r = build(i, priority, destination);
        size_t size = i->packet_size;

        /* The message is the same until something of it changes; the trailer is new each time. */
        if (r >= 0 && i->hmac && hmac_signs(i->hmac)) {
                size = hmac_sign(i->hmac, now_realtime(), &i->router.source, destination, i->packet, size,
                                i->packet_allocated);
                r = size > 0 ? 0 : -ENOKEY;
        }
        if (r >= 0 && i->vmac_socket && !i->config->unicast) {
                r = vmac_socket_send(i->vmac_socket, &i->router.source, destination, i->config->ttl,
                                i->packet, size);
                on_sent(i, priority, r);
                return;
        }
        if (r >= 0)
                r = pool_socket_queue(i->socket, &i->router.source, destination, i->config->ttl, i->packet,
                                size, on_sent, i, priority);
        if (r < 0)
                on_sent(i, priority, r);
}

void instance_flush_adverts(Instance *i) {
        if (i->socket)
                pool_socket_flush(i->socket);
}

void instance_send_advert(Instance *i, uint8_t priority, const VrrpAddress *only_to) {
        if (!i->socket || !vrrp_address_is_set(&i->router.source))
                return;
        if (!i->config->unicast) {
                send_to(i, priority, &i->config->multicast);
                return;
        }
        for (size_t k = 0; k < i->config->n_peers; k++) {
                const VrrpAddress *peer = &i->config->peers[k].address;

                /* One list for all routers may have us in it. */
                if ((!only_to || vrrp_address_equal(only_to, peer)) &&
                                !vrrp_address_equal(peer, &i->router.source))
                        send_to(i, priority, peer);
        }
}

static void on_nothing_sent(void *userdata, unsigned tag, int r) {
        Instance *i = userdata;

        if (r >= 0)
                send_succeeded(i);
}

static void send_nothing_to(Instance *i, const VrrpAddress *destination) {
        const VrrpAddress *source = &i->router.source;
        int r = build(i, router_priority(&i->router), destination);

        if (r >= 0 && i->vmac_socket && !i->config->unicast)
                on_nothing_sent(i, 0,
                                vmac_socket_send(i->vmac_socket, source, destination, i->config->ttl,
                                                i->packet, 0));
        else if (r >= 0)
                (void)pool_socket_queue(i->socket, source, destination, i->config->ttl, i->packet, 0,
                                on_nothing_sent, i, 0);
}

/* The way of an advert without a message: whoever gets it drops it as too short. */
static void send_nothing(Instance *i) {
        if (!i->socket || !vrrp_address_is_set(&i->router.source)) {
                i->send_error = 0; /* not known any more; what is missing is a fault of its own */
                i->n_send_failures = 0;
                return;
        }
        if (!i->config->unicast)
                send_nothing_to(i, &i->config->multicast);
        for (size_t k = 0; i->config->unicast && k < i->config->n_peers; k++)
                if (!vrrp_address_equal(&i->config->peers[k].address, &i->router.source))
                        send_nothing_to(i, &i->config->peers[k].address);
        instance_flush_adverts(i);
}

static const ConfigPeer *find_peer(const Instance *i, const VrrpAddress *source) {
        for (size_t k = 0; k < i->config->n_peers; k++)
                if (vrrp_address_equal(&i->config->peers[k].address, source))
                        return &i->config->peers[k];
        return NULL;
}

bool instance_expects(const Instance *i, const VrrpPacket *packet) {
        const VrrpAddress *source = &i->config->source;

        return find_peer(i, &packet->source) &&
               (!vrrp_address_is_set(source) || vrrp_address_equal(&packet->destination, source));
}

/* Who may speak to us: not ourselves, and in unicast only a configured peer from a plausible distance. */
static AdvertVerdict judge_source(const Instance *i, const VrrpPacket *packet, int *ret_ttl) {
        const ConfigPeer *peer;

        *ret_ttl = packet->ttl;
        if (vrrp_address_equal(&packet->source, &i->router.source))
                return ADVERT_OWN;
        /* Whose own source is a global one has such neighbours: keepalived takes any. */
        if (!advert_source_valid(&packet->source, &packet->destination,
                            vrrp_address_is_link_local(&i->router.source)))
                return ADVERT_BAD_SOURCE;
        if (!i->config->unicast)
                return ADVERT_OK;
        peer = find_peer(i, &packet->source);
        if (!peer)
                return ADVERT_BAD_SOURCE;
        if ((peer->min_ttl >= 0 && packet->ttl < peer->min_ttl) ||
                        (peer->max_ttl >= 0 && packet->ttl > peer->max_ttl))
                return ADVERT_BAD_TTL;
        *ret_ttl = -1;
        return ADVERT_OK;
}

/* Or does another router have our source address? Of two that send in turns one at least finds out. */
static bool may_be_echo(const Instance *i) {
        return now_boottime() - i->sent_usec < MIN(i->config->interval_usec / 2, ECHO_MAX_USEC);
}

/* Nothing of the protocol moves; the router only judges whether a neighbour is configured differently. */
static void refused(Instance *i, AdvertVerdict verdict, const VrrpPacket *packet) {
        char buf[VRRP_ADDRESS_STRLEN];

        if (verdict == ADVERT_OWN && may_be_echo(i))
                return;
        if (verdict != ADVERT_OWN && i->verdicts[verdict] == 1)
                log_instance(LOG_WARNING, i->name,
                                "discarded a packet from %s: %s (counted from now on, see vrrpctl stats)",
                                vrrp_address_to_string(&packet->source, buf),
                                advert_verdict_to_string(verdict));
        instance_feed(i, &(RouterEvent){.type = ROUTER_EVENT_REFUSED,
                                         .refused = {.verdict = verdict, .source = packet->source}});
}

void instance_packet(Instance *i, const VrrpPacket *packet) {
        RouterEvent event = {.type = ROUTER_EVENT_PACKET};
        AdvertParams p = advert_params(i, NULL);
        AdvertVerdict verdict;
        int ttl;

        if (!i->router.started)
                return;
        verdict = judge_source(i, packet, &ttl);
        if (verdict == ADVERT_OK)
                verdict = auth_decode(&p, i->hmac, now_realtime(), packet->data, packet->size, ttl,
                                &packet->source, &packet->destination, &event.packet);
        i->verdicts[verdict]++;
        i->heard_interval_usec =
                        verdict == ADVERT_OK ? event.packet.interval_usec
                        : verdict == ADVERT_BAD_INTERVAL && i->config->version == 2 && packet->size > 5
                                        ? packet->data[5] * USEC_PER_SEC
                                        : 0;
        if (verdict != ADVERT_OK) {
                refused(i, verdict, packet);
                return;
        }
        i->counters[event.packet.priority == VRRP_PRIORITY_RESIGN ? COUNTER_RESIGNATIONS_RECEIVED
                                                                  : COUNTER_ADVERTS_RECEIVED]++;
        instance_feed(i, &event);
}
