/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Disagreements between routers: when one begins and when it is over. Owns Router.conflict_usec and
 * conflict_address. They are told and published, and change neither state nor timer of the protocol.
 *
 * A conflict has one culprit, the address where it was first seen; it ends when that one speaks properly or
 * falls silent. Another culprit of the same kind is told after that. */

#include "service/core/router-internal.h"
#include <netinet/in.h>

/* Of a refused packet not even the sender's interval is known, so its silence is judged generously. */
#define REFUSED_SILENCE_USEC (60 * USEC_PER_SEC)

/* A yielding master's last advert comes up to 100 ms after it has heard us; DESIGN 5.6. */
#define RIVAL_GRACE_USEC (300 * USEC_PER_MSEC)

static bool conflict_active(const Router *r, VrrpConflict kind) {
        return r->conflict_usec[kind] != USEC_INFINITY;
}

void router_conflict_clear(Router *r, VrrpConflict kind, RouterStep *step) {
        RouterAction *a;

        if (!conflict_active(r, kind))
                return;
        a = router_emit(step, ROUTER_ACTION_CONFLICT_CLEARED);
        a->conflict.kind = kind;
        a->conflict.address = r->conflict_address[kind];
        r->conflict_usec[kind] = USEC_INFINITY;
        r->conflict_address[kind] = (VrrpAddress){0};
}

void router_conflict_clear_all(Router *r, RouterStep *step) {
        for (VrrpConflict kind = 0; kind < VRRP_CONFLICT_MAX; kind++)
                router_conflict_clear(r, kind, step);
}

void router_conflict_deadline(Router *r, usec_t now, RouterStep *step) {
        for (VrrpConflict kind = 0; kind < VRRP_CONFLICT_MAX; kind++)
                if (now >= r->conflict_usec[kind])
                        router_conflict_clear(r, kind, step);
}

void router_conflict_judge(Router *r, usec_t now, VrrpConflict kind, bool seen, const VrrpAddress *source,
                usec_t hold_usec, RouterStep *step) {
        RouterAction *a;

        assert(kind >= 0 && kind < VRRP_CONFLICT_MAX);
        if (conflict_active(r, kind)) {
                if (!vrrp_address_equal(&r->conflict_address[kind], source))
                        return;
                if (seen)
                        r->conflict_usec[kind] = usec_add(now, hold_usec);
                else
                        router_conflict_clear(r, kind, step);
                return;
        }
        if (!seen)
                return;
        r->conflict_usec[kind] = usec_add(now, hold_usec);
        r->conflict_address[kind] = *source;
        a = router_emit(step, ROUTER_ACTION_CONFLICT_SEEN);
        a->conflict.kind = kind;
        a->conflict.address = *source;
}

/* How long a sender with this interval must be silent to be gone: as many intervals as a master may miss. */
static usec_t silence_usec(const Router *r, usec_t interval_usec) {
        return (r->config.down_timer_adverts + 1) * MAX(interval_usec, r->config.interval_usec);
}

/* RFC 9568 section 7.1: address list and interval should agree, and a difference should be logged. */
void router_conflict_packet(Router *r, usec_t now, const Advert *p, bool follow, RouterStep *step) {
        usec_t hold = silence_usec(r, p->interval_usec);

        router_conflict_judge(r, now, VRRP_CONFLICT_VIP_MISMATCH, p->vips_digest != r->config.vips_digest,
                        &p->source, hold, step);
        /* Both forms are read (DESIGN 5.9), but not by everybody, so somebody should know. */
        router_conflict_judge(r, now, VRRP_CONFLICT_CHECKSUM_MISMATCH,
                        r->config.version == 3 && r->config.family == AF_INET &&
                                        p->checksum_form != r->config.checksum_form,
                        &p->source, hold, step);
        /* Only the master's interval matters; in version 2 a packet with another one never gets here. */
        if (follow || r->config.version == 2)
                router_conflict_judge(r, now, VRRP_CONFLICT_INTERVAL_MISMATCH,
                                p->interval_usec != r->config.interval_usec, &p->source, hold, step);
}

/* When one router preempts another, or a split heals, the loser is heard once or twice more: its next
 * regular advert and its last one. That is no alarm. Two masters are a conflict when a lower one goes on for
 * more than one and a half of its intervals although we speak: when it evidently does not hear us. */
void router_conflict_rival(Router *r, usec_t now, const Advert *p, RouterStep *step) {
        RouterRival *rival = &r->rival;
        usec_t hold = silence_usec(r, p->interval_usec);

        if (rival->since_usec == USEC_INFINITY || now - rival->last_usec > hold)
                rival->since_usec = now;
        rival->last_usec = now;
        rival->interval_usec = p->interval_usec;

        if (conflict_active(r, VRRP_CONFLICT_TWO_MASTERS) ||
                        now - rival->since_usec > MAX(p->interval_usec * 3 / 2, RIVAL_GRACE_USEC))
                router_conflict_judge(r, now, VRRP_CONFLICT_TWO_MASTERS, true, &p->source, hold, step);
}

/* Which refusals speak of a router that is configured differently, and not of noise or another virtual
 * router. */
static VrrpConflict conflict_of_verdict(AdvertVerdict verdict) {
        switch (verdict) {
        case ADVERT_BAD_VERSION:
                return VRRP_CONFLICT_VERSION_MISMATCH;
        case ADVERT_BAD_INTERVAL:
                return VRRP_CONFLICT_INTERVAL_MISMATCH;
        case ADVERT_BAD_AUTH_TYPE:
        case ADVERT_BAD_AUTH_DATA:
        case ADVERT_HMAC_MISSING:
        case ADVERT_HMAC_MALFORMED:
        case ADVERT_HMAC_UNKNOWN_KEY:
        case ADVERT_HMAC_STALE:
        case ADVERT_HMAC_BAD:
        case ADVERT_HMAC_REPLAY:
                return VRRP_CONFLICT_AUTH_MISMATCH;
        case ADVERT_OWN: /* not one that came back */
                return VRRP_CONFLICT_SAME_SOURCE;
        case ADVERT_OK:
        case ADVERT_BAD_TTL:
        case ADVERT_BAD_TYPE:
        case ADVERT_BAD_VRID:
        case ADVERT_BAD_LENGTH:
        case ADVERT_BAD_CHECKSUM:
        case ADVERT_BAD_ADDRESS_COUNT:
        case ADVERT_BAD_SOURCE:
        case ADVERT_VERDICT_MAX:
        case ADVERT_VERDICT_INVALID:
                break;
        }
        return VRRP_CONFLICT_INVALID;
}

void router_conflict_refused(
                Router *r, usec_t now, AdvertVerdict verdict, const VrrpAddress *source, RouterStep *step) {
        VrrpConflict kind = conflict_of_verdict(verdict);
        usec_t hold = MAX(silence_usec(r, r->config.interval_usec), REFUSED_SILENCE_USEC);

        if (kind != VRRP_CONFLICT_INVALID)
                router_conflict_judge(r, now, kind, true, source, hold, step);
}
