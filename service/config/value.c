/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: reading the values that many keywords share (numbers, times, switches, names) into the draft that is
 * open, with a message that says what would have been right. Must not know: what the values are for. A row
 * of the keyword tables says which member, and which range.
 */

#include "service/config/parser.h"
#include "service/util/parse.h"
#include <arpa/inet.h>
#include <net/if.h>
#include <sys/socket.h>
#include <stdio.h>

static void *member(const Parser *p, const Keyword *k) {
        return (char *)p->target + k->offset;
}

int value_unsigned(Parser *p, const Keyword *k, const Statement *s) {
        const char *number = s->words[1].text;
        unsigned v;

        number += number[0] == '+'; /* as strtoul(3), and so keepalived */
        if (parse_unsigned(number, (unsigned)k->low, (unsigned)k->high, &v) < 0) {
                if (k->flags & KEYWORD_SECRET) /* near a secret: that may have come to the wrong line */
                        return parser_error(p, &s->words[1].at,
                                        "%s must be a whole number from %lld to %lld", k->name, k->low,
                                        k->high);
                return parser_error(p, &s->words[1].at,
                                "%s must be a whole number from %lld to %lld, not '%s'", k->name, k->low,
                                k->high, s->words[1].text);
        }
        *(unsigned *)member(p, k) = v;
        return 0;
}

const char *value_format_seconds(long long usec, char buf[VALUE_SECONDS_SIZE]) {
        size_t n;

        snprintf(buf, VALUE_SECONDS_SIZE, "%lld.%06lld", usec / 1000000, usec % 1000000);
        n = strlen(buf);
        while (buf[n - 1] == '0')
                buf[--n] = '\0';
        if (buf[n - 1] == '.')
                buf[n - 1] = '\0';
        return buf;
}

int value_seconds(Parser *p, const Keyword *k, const Statement *s) {
        char low[VALUE_SECONDS_SIZE], high[VALUE_SECONDS_SIZE];
        usec_t v;

        if (parse_seconds(s->words[1].text, &v) < 0 || v < (usec_t)k->low || v > (usec_t)k->high)
                return parser_error(p, &s->words[1].at, "%s must be seconds from %s to %s, not '%s'",
                                k->name, value_format_seconds(k->low, low),
                                value_format_seconds(k->high, high), s->words[1].text);
        *(usec_t *)member(p, k) = v;
        return 0;
}

int value_flag(Parser *p, const Keyword *k, const Statement *s) {
        *(bool *)member(p, k) = true;
        return 0;
}

int value_on_off(Parser *p, const Keyword *k, const Statement *s) {
        bool v = true;

        if (s->n > 1 && parse_bool(s->words[1].text, &v) < 0)
                return parser_error(p, &s->words[1].at, "%s must be on or off, not '%s'", k->name,
                                s->words[1].text);
        *(int *)member(p, k) = v;
        return 0;
}

static int set_string(char **to, const char *value) {
        char *copy = strdup(value);

        if (!copy)
                return -ENOMEM;
        free(*to);
        *to = copy;
        return 0;
}

int value_string(Parser *p, const Keyword *k, const Statement *s) {
        return set_string(member(p, k), s->words[1].text);
}

/* Below /proc/sys they stand for all interfaces: the kernel makes none of that name. */
static bool is_reserved(const char *name) {
        return streq(name, "all") || streq(name, "default");
}

/* As the kernel's dev_valid_name(): short, no slash, colon or blank, not . or .. */
bool value_is_interface_name(const char *name) {
        if (!*name || strlen(name) >= IFNAMSIZ || streq(name, ".") || streq(name, "..") || is_reserved(name))
                return false;
        return !strpbrk(name, "/: \t\n\v\f\r");
}

int value_no_interface_name(Parser *p, const Word *w) {
        size_t n = strcspn(w->text, ":");

        /* eth0:1 of ifconfig(8) is a label of eth0's address. */
        if (n > 0 && w->text[n])
                return parser_error(p, &w->at,
                                "'%s' is no interface but a label: write '%.*s' here, and 'label %s' behind "
                                "the "
                                "address if it shall have one",
                                w->text, (int)n, w->text, w->text);
        if (is_reserved(w->text))
                return parser_error(p, &w->at,
                                "'%s' cannot be the name of an interface: it means all of them in sysctls",
                                w->text);
        return parser_error(p, &w->at, "'%s' cannot be the name of an interface (at most %d bytes)", w->text,
                        IFNAMSIZ - 1);
}

int value_interface(Parser *p, const Keyword *k, const Statement *s) {
        if (!value_is_interface_name(s->words[1].text))
                return value_no_interface_name(p, &s->words[1]);
        return set_string(member(p, k), s->words[1].text);
}

bool value_parse_address(const char *text, VrrpAddress *ret) {
        VrrpAddress a = {};

        if (inet_pton(AF_INET, text, a.bytes) == 1)
                a.family = AF_INET;
        else if (inet_pton(AF_INET6, text, a.bytes) == 1)
                a.family = AF_INET6;
        else
                return false;
        *ret = a;
        return true;
}

int value_parse_host(Parser *p, const Word *w, VrrpAddress *ret) {
        _cleanup_free_ char *text = strdup(w->text);
        unsigned prefixlen;
        char *slash;
        int r;

        if (!text)
                return -ENOMEM;
        slash = strchr(text, '/');
        if (slash)
                *slash++ = '\0';
        if (!value_parse_address(text, ret) ||
                        (slash && parse_unsigned(slash, 0, ret->family == AF_INET6 ? 128 : 32, &prefixlen) <
                                                        0))
                return 0;
        r = slash ? parser_warning(p, &w->at, "the prefix length of '%s' means nothing here; ignored",
                                    w->text)
                  : 0;
        return r < 0 ? r : 1;
}

void router_draft_init(RouterDraft *d) {
        *d = (RouterDraft){
                        .garp_delay = UNSET_USEC,
                        .garp_refresh = UNSET_USEC,
                        .garp_lower_prio_delay = UNSET_USEC,
                        .garp_extra = UNSET_USEC,
                        .garp_repeat = UNSET,
                        .garp_refresh_repeat = UNSET,
                        .garp_lower_prio_repeat = UNSET,
                        .down_timer_adverts = UNSET,
                        .lower_prio_no_advert = UNSET_BOOL,
                        .higher_prio_send_advert = UNSET_BOOL,
                        .owner_ignore_adverts = UNSET_BOOL,
                        .checksum_plain = UNSET_BOOL,
                        .strict = UNSET_BOOL,
        };
}
