/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: addresses as an instance writes them: its own source, its peers, and the virtual addresses with the
 * options of `ip address add`. Must not know: of which family an instance is (finish.c knows when all
 * addresses are read).
 */

#include "service/config/parser.h"
#include "service/util/parse.h"
#include <arpa/inet.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

static unsigned prefix_max(int family) {
        return family == AF_INET6 ? 128 : 32;
}

/* "ADDRESS" or "ADDRESS/N". 1: read; 0: said what is wrong; -ENOMEM. */
static int parse_prefix(Parser *p, const Word *w, VrrpAddress *ret, uint8_t *ret_prefixlen) {
        _cleanup_free_ char *text = strdup(w->text);
        unsigned prefixlen;
        char *slash;
        int r;

        if (!text)
                return -ENOMEM;
        slash = strchr(text, '/');
        if (slash)
                *slash++ = '\0';
        if (!value_parse_address(text, ret)) {
                r = parser_error(p, &w->at, "'%s' is not an IP address", w->text);
                return MIN(r, 0);
        }
        prefixlen = prefix_max(ret->family);
        if (slash && parse_unsigned(slash, 0, prefixlen, &prefixlen) < 0) {
                r = parser_error(p, &w->at,
                                "the prefix length must be a whole number from 0 to %u, not '%s'", prefixlen,
                                slash);
                return MIN(r, 0);
        }
        *ret_prefixlen = (uint8_t)prefixlen;
        return 1;
}

/* Neither a group, nor everybody, nor nobody. */
static bool is_of_a_host(const VrrpAddress *a) {
        static const uint8_t broadcast[4] = {0xff, 0xff, 0xff, 0xff};
        static const uint8_t unspecified[sizeof(a->bytes)];

        return !vrrp_address_is_multicast(a) &&
               memcmp(a->bytes, unspecified, vrrp_address_size(a->family)) != 0 &&
               (a->family == AF_INET6 || memcmp(a->bytes, broadcast, sizeof(broadcast)) != 0);
}

int parse_source(Parser *p, const Keyword *k, const Statement *s) {
        InstanceDraft *d = p->target;

        int r = value_parse_host(p, &s->words[1], &d->model.source);

        if (r < 0)
                return r;
        if (r == 0)
                return parser_error(p, &s->words[1].at, "%s must be an IP address, not '%s'", k->name,
                                s->words[1].text);
        if (!is_of_a_host(&d->model.source))
                return parser_error(p, &s->words[1].at,
                                "%s must be an address that a host can have, not '%s'", k->name,
                                s->words[1].text);
        d->source_unicast = streq(k->name, "unicast_src_ip");
        d->model.source_at = s->words[1].at;
        return 0;
}

/* ADDRESS [min_ttl N] [max_ttl N] */
static int peer_entry(Parser *p, const Statement *s) {
        InstanceDraft *d = p->target;
        ConfigPeer peer = {.min_ttl = -1, .max_ttl = -1, .at = s->words[0].at}, *peers;
        const Word *max = NULL; /* where max_ttl stands */

        int r = value_parse_host(p, &s->words[0], &peer.address);

        if (r < 0)
                return r;
        if (r == 0)
                return parser_error(p, &s->words[0].at, "'%s' is not an IP address", s->words[0].text);
        if (!is_of_a_host(&peer.address))
                r = parser_warning(p, &s->words[0].at,
                                "%s is no address that a router can have: no advert is taken from it",
                                s->words[0].text);
        if (r < 0)
                return r;
        for (size_t i = 1; i < s->n; i += 2) {
                const char *word = s->words[i].text;
                int *to = streq(word, "min_ttl")   ? &peer.min_ttl
                          : streq(word, "max_ttl") ? &peer.max_ttl
                                                   : NULL;

                if (!to)
                        return parser_error(p, &s->words[i].at,
                                        "'min_ttl' or 'max_ttl' expected behind a peer, not '%s' (one peer "
                                        "a line)",
                                        word);
                if (i + 1 == s->n)
                        return parser_error(p, &s->words[i].at, "'%s' needs a value", word);
                if (parse_int(s->words[i + 1].text, 0, 255, to) < 0)
                        return parser_error(p, &s->words[i + 1].at,
                                        "%s must be a whole number from 0 to 255, not '%s'", word,
                                        s->words[i + 1].text);
                if (to == &peer.max_ttl)
                        max = &s->words[i];
        }
        if (max && peer.min_ttl > peer.max_ttl)
                return parser_error(p, &max->at,
                                "max_ttl %d is less than min_ttl %d: no advert could come "
                                "from this peer",
                                peer.max_ttl, peer.min_ttl);
        peers = parser_grow(d->model.peers, d->model.n_peers, sizeof(*peers));
        if (!peers)
                return -ENOMEM;
        d->model.peers = peers;
        d->model.peers[d->model.n_peers++] = peer;
        return 0;
}

int parse_peers(Parser *p, const Keyword *k, const Statement *s) {
        InstanceDraft *d = p->target;
        size_t errors = p->messages->n_errors;
        int r;

        r = parse_list(p, s, peer_entry);
        /* Where an entry was wrong the list is not what is wrong. */
        d->peers_given |= p->messages->n_errors > errors;
        return r;
}

/* An option of a virtual address with its value: value is NULL for those that take none. 0, or -ENOMEM;
 * *ret_ok is cleared when it said what is wrong. */
typedef struct VipOption {
        const char *name;
        bool takes_value;
        int (*parse)(Parser *p, ConfigVip *v, const Word *option, const Word *value, bool *ret_ok);
} VipOption;

static int wrong(bool *ret_ok, int r) {
        *ret_ok = false;
        return MIN(r, 0);
}

static int copy(char **to, const char *from) {
        free(*to);
        *to = strdup(from);
        return *to ? 0 : -ENOMEM;
}

static int option_dev(Parser *p, ConfigVip *v, const Word *option, const Word *value, bool *ret_ok) {
        if (!value_is_interface_name(value->text))
                return wrong(ret_ok, value_no_interface_name(p, value));
        return copy(&v->dev, value->text);
}

static int option_label(Parser *p, ConfigVip *v, const Word *option, const Word *value, bool *ret_ok) {
        if (strlen(value->text) >= IFNAMSIZ)
                return wrong(ret_ok, parser_error(p, &value->at, "the label '%s' is longer than %d bytes",
                                                     value->text, IFNAMSIZ - 1));
        if (v->address.family == AF_INET6)
                return parser_warning(p, &option->at, "an IPv6 address has no label; ignored");
        return copy(&v->label, value->text);
}

/* The address with its host bits cleared (`brd -`). */
static VrrpAddress network_of(const ConfigVip *v) {
        VrrpAddress a = v->address;

        for (unsigned bit = v->prefixlen; bit < prefix_max(a.family); bit++)
                a.bytes[bit / 8] &= (uint8_t) ~(0x80U >> (bit % 8));
        return a;
}

static int option_brd(Parser *p, ConfigVip *v, const Word *option, const Word *value, bool *ret_ok) {
        if (v->address.family == AF_INET6)
                return parser_warning(p, &option->at, "an IPv6 address has no broadcast address; ignored");
        v->broadcast = (VrrpAddress){}; /* the last one counts */
        v->broadcast_auto = streq(value->text, "+");
        if (v->broadcast_auto)
                return 0;
        if (streq(value->text, "-")) {
                v->broadcast = network_of(v);
                return 0;
        }
        if (!value_parse_address(value->text, &v->broadcast) || v->broadcast.family != AF_INET)
                return wrong(ret_ok, parser_error(p, &value->at,
                                                     "the broadcast address must be an IPv4 address, + or "
                                                     "-, not '%s'",
                                                     value->text));
        return 0;
}

static int option_scope(Parser *p, ConfigVip *v, const Word *option, const Word *value, bool *ret_ok) {
        static const struct {
                const char *name;
                uint8_t scope;
        } scopes[] = {{"global", RT_SCOPE_UNIVERSE}, {"site", RT_SCOPE_SITE}, {"link", RT_SCOPE_LINK},
                        {"host", RT_SCOPE_HOST}, {"nowhere", RT_SCOPE_NOWHERE}};
        unsigned number;

        for (size_t i = 0; i < ELEMENTSOF(scopes); i++)
                if (streq(value->text, scopes[i].name)) {
                        v->scope = scopes[i].scope;
                        return 0;
                }
        if (parse_unsigned(value->text, 0, 255, &number) < 0)
                return wrong(ret_ok, parser_error(p, &value->at,
                                                     "scope must be global, site, link, host, nowhere or a "
                                                     "number, not '%s'",
                                                     value->text));
        v->scope = (uint8_t)number;
        return 0;
}

static int option_peer(Parser *p, ConfigVip *v, const Word *option, const Word *value, bool *ret_ok) {
        uint8_t prefixlen;
        int r;

        r = parse_prefix(p, value, &v->peer, &prefixlen);
        if (r <= 0)
                return wrong(ret_ok, r);
        if (v->peer.family != v->address.family)
                return wrong(ret_ok, parser_error(p, &value->at,
                                                     "the peer's address must be of the same family"));
        /* As with ip-address(8), the prefix of a point-to-point address is the peer's. */
        if (strchr(value->text, '/'))
                v->prefixlen = prefixlen;
        return 0;
}

static int option_preferred_lft(
                Parser *p, ConfigVip *v, const Word *option, const Word *value, bool *ret_ok) {
        unsigned seconds;

        if (streq(value->text, "forever")) {
                v->deprecated = false;
                return 0;
        }
        if (parse_unsigned(value->text, 0, UINT32_MAX, &seconds) < 0)
                return wrong(ret_ok, parser_error(p, &value->at,
                                                     "preferred_lft must be seconds or 'forever', not '%s'",
                                                     value->text));
        v->deprecated = seconds == 0;
        return seconds > 0 ? parser_warning(p, &value->at,
                                             "only 0 and 'forever' are supported yet; taken as 'forever'")
                           : 0;
}

static int option_use_vmac(Parser *p, ConfigVip *v, const Word *option, const Word *value, bool *ret_ok) {
        v->use_vmac = true;
        return 0;
}

static int option_flag(Parser *p, ConfigVip *v, const Word *option, const Word *value, bool *ret_ok) {
        const struct {
                const char *name;
                bool *flag;
        } flags[] = {{"home", &v->home}, {"mngtmpaddr", &v->mngtmpaddr},
                        {"noprefixroute", &v->noprefixroute}, {"autojoin", &v->autojoin},
                        {"no_track", &v->no_track}, {"-nodad", &v->nodad}, {"nodad", &v->nodad}};

        for (size_t i = 0; i < ELEMENTSOF(flags); i++)
                if (streq(option->text, flags[i].name))
                        *flags[i].flag = true;
        return 0;
}

static const VipOption vip_options[] = {
                {"dev", true, option_dev},
                {"label", true, option_label},
                {"brd", true, option_brd},
                {"broadcast", true, option_brd},
                {"scope", true, option_scope},
                {"peer", true, option_peer},
                {"preferred_lft", true, option_preferred_lft},
                {"use_vmac", false, option_use_vmac},
                {"home", false, option_flag},
                {"mngtmpaddr", false, option_flag},
                {"noprefixroute", false, option_flag},
                {"autojoin", false, option_flag},
                {"no_track", false, option_flag},
                {"-nodad", false, option_flag},
                {"nodad", false, option_flag},
};

static int unknown_option(Parser *p, const Word *w, bool is_static) {
        size_t distance = SIZE_MAX;
        const char *best = NULL;
        VrrpAddress address;

        if (value_parse_address(w->text, &address))
                return parser_error(
                                p, &w->at, "unexpected '%s': each address needs a line of its own", w->text);
        if (streq(w->text, "track_group") && !is_static)
                return parser_error(p, &w->at,
                                "'track_group' belongs to static_ipaddress, static_routes and static_rules "
                                "only");
        for (size_t i = 0; i < ELEMENTSOF(vip_options); i++) {
                size_t d = keyword_distance(w->text, vip_options[i].name);

                if (d < distance) {
                        distance = d;
                        best = vip_options[i].name;
                }
        }
        if (best)
                return parser_error(p, &w->at, "unknown option '%s' of an address; did you mean '%s'?",
                                w->text, best);
        return parser_error(p, &w->at, "unknown option '%s' of an address", w->text);
}

/* The words behind the address. *ret_ok: all were understood. */
static int vip_options_parse(Parser *p, const Statement *s, ConfigVip *v, char **track_group, bool *ret_ok) {
        uint32_t seen = 0;

        for (size_t i = 1; i < s->n; i++) {
                const Word *option = &s->words[i];
                const VipOption *o = NULL;
                int r;

                for (size_t j = 0; j < ELEMENTSOF(vip_options) && !o; j++)
                        if (streq(option->text, vip_options[j].name))
                                o = &vip_options[j];
                if (!o && track_group && streq(option->text, "track_group") && i + 1 < s->n) {
                        r = copy(track_group, s->words[++i].text);
                        if (r < 0)
                                return r;
                        continue;
                }
                if (!o)
                        return wrong(ret_ok, unknown_option(p, option, track_group));
                if (o->takes_value && i + 1 == s->n)
                        return wrong(ret_ok, parser_error(p, &option->at, "'%s' needs a value", o->name));
                r = seen & UINT32_C(1) << (o - vip_options)
                                    ? parser_warning(p, &option->at,
                                                      "'%s' was already given; this one counts", o->name)
                                    : 0;
                seen |= UINT32_C(1) << (o - vip_options);
                if (r >= 0)
                        r = o->parse(p, v, option, o->takes_value ? &s->words[i + 1] : NULL, ret_ok);
                if (r < 0)
                        return r;
                i += o->takes_value;
        }
        return 0;
}

/* No host can own these (RFC 1122 section 3.2.1.3, RFC 4291 sections 2.5.2 and 2.7). */
static bool address_is_usable(const VrrpAddress *a) {
        static const uint8_t zero[16], ones[4] = {255, 255, 255, 255};

        if (memcmp(a->bytes, zero, sizeof(zero)) == 0)
                return false;
        return a->family == AF_INET6
                               ? a->bytes[0] != 0xff
                               : (a->bytes[0] & 0xf0) != 0xe0 && memcmp(a->bytes, ones, sizeof(ones)) != 0;
}

static int vip_add(ConfigVip **list, size_t *n, ConfigVip *v) {
        ConfigVip *grown = parser_grow(*list, *n, sizeof(*grown));

        if (!grown)
                return -ENOMEM;
        *list = grown;
        (*list)[(*n)++] = *v;
        *v = (ConfigVip){};
        return 0;
}

int parse_vip_words(Parser *p, const Statement *s, ConfigVip *v, char **track_group, bool *ret_ok) {
        int r;

        v->at = s->words[0].at;
        r = parse_prefix(p, &s->words[0], &v->address, &v->prefixlen);
        if (r <= 0)
                return wrong(ret_ok, r);
        if (!address_is_usable(&v->address))
                return wrong(ret_ok, parser_error(p, &v->at, "'%s' cannot be the address of a host",
                                                     s->words[0].text));
        v->scope = RT_SCOPE_UNIVERSE;
        v->nodad = v->address.family == AF_INET6;
        v->deprecated = v->address.family == AF_INET6 && v->prefixlen == 128;
        return vip_options_parse(p, s, v, track_group, ret_ok);
}

static int vip_entry(Parser *p, const Statement *s, ConfigVip **list, size_t *n) {
        ConfigVip v = {};
        bool ok = true;
        int r;

        r = parse_vip_words(p, s, &v, NULL, &ok);
        if (r >= 0 && ok)
                r = vip_add(list, n, &v);
        config_vip_done(&v);
        return r;
}

static int included_entry(Parser *p, const Statement *s) {
        ConfigInstance *i = &((InstanceDraft *)p->target)->model;

        return vip_entry(p, s, &i->vips, &i->n_vips);
}

static int excluded_entry(Parser *p, const Statement *s) {
        ConfigInstance *i = &((InstanceDraft *)p->target)->model;

        return vip_entry(p, s, &i->excluded, &i->n_excluded);
}

int parse_vips(Parser *p, const Keyword *k, const Statement *s) {
        InstanceDraft *d = p->target;
        size_t errors = p->messages->n_errors;
        int r;

        r = parse_list(p, s, streq(k->name, "virtual_ipaddress") ? included_entry : excluded_entry);
        d->vips_given |= p->messages->n_errors > errors;
        return r;
}
