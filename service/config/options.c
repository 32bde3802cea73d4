/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: the words of a line of options and the values that several kinds of lines have. Must not know: what
 * a line is about (grammar-route.c, grammar-rule.c).
 */

#include "service/config/options.h"
#include "service/util/parse.h"
#include <ctype.h>
#include <net/if.h>
#include <stdio.h>
#include <sys/socket.h>

_Static_assert(VRRP_IFNAME_SIZE == IFNAMSIZ, "the kernel's");

int option_wrong(OptionLine *l, int r) {
        l->ok = false;
        return MIN(r, 0);
}

const Word *option_more(OptionLine *l, const Word *option) {
        if (l->i < l->s->n)
                return &l->s->words[l->i++];
        (void)option_wrong(l, parser_error(l->p, &option->at, "'%s' needs a value", option->text));
        return NULL;
}

static const Option *find(const OptionLine *l, const char *word) {
        for (size_t i = 0; i < l->n_options; i++)
                if (streq(l->options[i].name, word))
                        return &l->options[i];
        return NULL;
}

int option_line_next(OptionLine *l) {
        const Word *option = &l->s->words[l->i], *value = NULL;
        const Option *o = find(l, option->text);

        if (!o)
                return 1;
        l->i++;
        if (o->takes_value) {
                value = option_more(l, option);
                if (!value)
                        return 0;
        }
        if (l->seen[o - l->options]) {
                int r = parser_warning(
                                l->p, &option->at, "'%s' was already given; this one counts", o->name);

                if (r < 0)
                        return r;
        }
        l->seen[o - l->options] = true;
        return o->parse(l, o, option, value);
}

static int unknown(OptionLine *l, const Word *w) {
        size_t distance = SIZE_MAX;
        const char *best = NULL;

        for (size_t i = 0; i < l->n_options; i++) {
                size_t d = keyword_distance(w->text, l->options[i].name);

                if (d < distance) {
                        distance = d;
                        best = l->options[i].name;
                }
        }
        if (best)
                return option_wrong(l,
                                parser_error(l->p, &w->at, "unknown option '%s' of %s; did you mean '%s'?",
                                                w->text, l->noun, best));
        return option_wrong(l, parser_error(l->p, &w->at, "unknown option '%s' of %s", w->text, l->noun));
}

int option_line_read(OptionLine *l, int (*other)(OptionLine *l, const Word *w)) {
        while (l->ok && l->i < l->s->n) {
                const Word *w = &l->s->words[l->i];
                int r = option_line_next(l);

                if (r == 1) {
                        l->i++;
                        r = other ? other(l, w) : 1;
                }
                if (r == 1)
                        r = unknown(l, w);
                if (r < 0)
                        return r;
        }
        return 0;
}

int option_number(OptionLine *l, const Word *option, const Word *value, uint64_t min, uint64_t max,
                uint64_t *ret) {
        uint64_t v;

        if (!names_number(value->text, max, &v) || v < min)
                return option_wrong(
                                l, parser_error(l->p, &value->at,
                                                   "%s must be a whole number from %llu to %llu, not '%s'",
                                                   option->text, (unsigned long long)min,
                                                   (unsigned long long)max, value->text));
        *ret = v;
        return 0;
}

static int load_names(Parser *p) {
        if (p->names.loaded || !p->load_names)
                return 0;
        p->names.loaded = true;
        return p->load_names(&p->names);
}

int option_name(OptionLine *l, const Word *option, const Word *value, NameKind kind, unsigned max,
                unsigned *ret) {
        static const char *const files[NAME_KIND_MAX] = {
                        [NAME_TABLE] = "rt_tables",
                        [NAME_SCOPE] = "rt_scopes",
                        [NAME_REALM] = "rt_realms",
                        [NAME_DSFIELD] = "rt_dsfield",
                        [NAME_GROUP] = "group",
        };
        const char *suggestion;
        int r;

        r = isdigit((unsigned char)value->text[0]) ? 0 : load_names(l->p);
        if (r < 0)
                return r;
        if (names_find(&l->p->names, kind, value->text, max, ret))
                return 0;
        suggestion = names_suggest(&l->p->names, kind, value->text);
        if (suggestion)
                return option_wrong(
                                l, parser_error(l->p, &value->at, "%s '%s' is not known; did you mean '%s'?",
                                                   option->text, value->text, suggestion));
        return option_wrong(l, parser_error(l->p, &value->at,
                                               "%s must be a number from 0 to %u or a name of "
                                               "/etc/iproute2/%s, not "
                                               "'%s'",
                                               option->text, max, files[kind], value->text));
}

int option_interface(OptionLine *l, const Word *value, char ret[VRRP_IFNAME_SIZE]) {
        if (!value_is_interface_name(value->text))
                return option_wrong(l, value_no_interface_name(l->p, value));
        memset(ret, 0, VRRP_IFNAME_SIZE);
        memcpy(ret, value->text, strlen(value->text));
        return 0;
}

/* TO or FROM/TO */
int option_realms(OptionLine *l, const Word *option, const Word *value, uint32_t *ret) {
        char *slash = strchr(value->text, '/');
        Word from = {.text = value->text, .at = value->at}, to = from;
        unsigned from_realm = 0, to_realm = 0;
        int r = 0;

        if (slash) {
                *slash = '\0';
                to.text = slash + 1;
                r = option_name(l, option, &from, NAME_REALM, UINT16_MAX, &from_realm);
        }
        if (r >= 0 && l->ok)
                r = option_name(l, option, &to, NAME_REALM, UINT16_MAX, &to_realm);
        if (slash)
                *slash = '/';
        *ret = from_realm << 16 | to_realm;
        return r;
}

static int check_family(OptionLine *l, const Word *value, int family) {
        if (l->family == AF_UNSPEC)
                l->family = family;
        if (l->family == family)
                return 0;
        return option_wrong(l, parser_error(l->p, &value->at, "'%s' is an %s address in %s of %s",
                                               value->text, family == AF_INET6 ? "IPv6" : "IPv4", l->noun,
                                               l->family == AF_INET6 ? "IPv6" : "IPv4"));
}

int option_address(OptionLine *l, const Word *value, VrrpAddress *ret) {
        if (!value_parse_address(value->text, ret))
                return option_wrong(
                                l, parser_error(l->p, &value->at, "'%s' is not an IP address", value->text));
        return check_family(l, value, ret->family);
}

/* "192.168.100./24", as in a sample that keepalived ships and itself skips: digits, and a dot where an octet
 * is missing. */
static bool is_cut_network(const char *text) {
        const char *slash = strchr(text, '/');

        return slash && slash > text && slash[-1] == '.' &&
               strspn(text, "0123456789.") == (size_t)(slash - text);
}

int option_prefix(OptionLine *l, const Word *value, VrrpAddress *ret, uint8_t *ret_prefixlen) {
        _cleanup_free_ char *text = strdup(value->text);
        unsigned prefixlen, max;
        char *slash;

        if (!text)
                return -ENOMEM;
        if (streq(text, "default") || streq(text, "any") || streq(text, "all")) {
                *ret = (VrrpAddress){};
                *ret_prefixlen = 0;
                return 0;
        }
        if (is_cut_network(text)) {
                l->ignored = true;
                return MIN(parser_warning(l->p, &value->at,
                                           "'%s' is not an address: this line is ignored, as keepalived "
                                           "does",
                                           value->text),
                                0);
        }
        slash = strchr(text, '/');
        if (slash)
                *slash++ = '\0';
        if (!value_parse_address(text, ret))
                return option_wrong(
                                l, parser_error(l->p, &value->at, "'%s' is not an IP address", value->text));
        max = ret->family == AF_INET6 ? 128 : 32;
        prefixlen = max;
        if (slash && parse_unsigned(slash, 0, max, &prefixlen) < 0)
                return option_wrong(l, parser_error(l->p, &value->at,
                                                       "the prefix length must be a whole number from 0 to "
                                                       "%u, not '%s'",
                                                       max, slash));
        *ret_prefixlen = (uint8_t)prefixlen;
        return check_family(l, value, ret->family);
}

int option_track_group(OptionLine *l, const Option *o, const Word *option, const Word *value) {
        char *copy;

        if (!l->track_group)
                return option_wrong(l, parser_error(l->p, &option->at,
                                                       "'track_group' belongs to static_ipaddress, "
                                                       "static_routes and "
                                                       "static_rules only"));
        copy = strdup(value->text);
        if (!copy)
                return -ENOMEM;
        free(*l->track_group);
        *l->track_group = copy;
        return 0;
}

int option_protocol(OptionLine *l, const Option *o, const Word *option, const Word *value) {
        return MIN(parser_warning(l->p, &option->at,
                                   "'protocol' is ignored: what vrrpd adds is marked as protocol 118, so "
                                   "that none of it "
                                   "outlives a crash"),
                        0);
}

int option_family(OptionLine *l, const Option *o, const Word *option, const Word *value) {
        if (l->family == AF_UNSPEC)
                l->family = (int)o->number;
        if (l->family == (int)o->number)
                return 0;
        return option_wrong(l, parser_error(l->p, &option->at, "'%s' in %s of %s", option->text, l->noun,
                                               l->family == AF_INET6 ? "IPv6" : "IPv4"));
}
