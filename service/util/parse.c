/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: numbers, booleans and spans of time as text, in both directions. Strict: what is not consumed whole
 * is refused, nothing is guessed, and errno, locale and leading blanks play no part. Must not know: what a
 * value is for; its caller says the range and words the message. Text comes from the configuration file,
 * from vrrpctl's arguments and from bus calls; spans go to vrrpctl's tables.
 */

#include "service/util/parse.h"
#include <stdio.h>

#define USEC_PER_MINUTE (60 * USEC_PER_SEC)
#define USEC_PER_HOUR (60 * USEC_PER_MINUTE)
#define USEC_PER_DAY (24 * USEC_PER_HOUR)

static bool is_digit(char c) {
        return c >= '0' && c <= '9';
}

/* Decimal digits up to the end of the string; ULLONG_MAX when there are too many for the type. */
static int parse_digits(const char *s, unsigned long long *ret) {
        unsigned long long v = 0;
        bool overflow = false;

        if (!is_digit(*s))
                return -EINVAL;
        for (; is_digit(*s); s++)
                overflow |= __builtin_mul_overflow(v, 10ULL, &v) ||
                            __builtin_add_overflow(v, (unsigned long long)(*s - '0'), &v);
        if (*s)
                return -EINVAL;
        if (overflow)
                return -ERANGE;
        *ret = v;
        return 0;
}

int parse_unsigned(const char *s, unsigned min, unsigned max, unsigned *ret) {
        unsigned long long v;
        int r;

        /* A negative number is a number, only out of range: the message should say so. */
        if (s[0] == '-' && parse_digits(s + 1, &v) != -EINVAL)
                return -ERANGE;
        r = parse_digits(s, &v);
        if (r < 0)
                return r;
        if (v < min || v > max)
                return -ERANGE;
        *ret = (unsigned)v;
        return 0;
}

int parse_int(const char *s, int min, int max, int *ret) {
        bool negative = s[0] == '-';
        unsigned long long magnitude;
        long long v;
        int r;

        r = parse_digits(negative || s[0] == '+' ? s + 1 : s, &magnitude);
        if (r < 0)
                return r;
        if (magnitude > (unsigned long long)INT32_MAX + 1)
                return -ERANGE;
        v = negative ? -(long long)magnitude : (long long)magnitude;
        if (v < min || v > max)
                return -ERANGE;
        *ret = (int)v;
        return 0;
}

int parse_bool(const char *s, bool *ret) {
        static const struct {
                const char *word;
                bool value;
        } words[] = {{"on", true}, {"off", false}, {"true", true}, {"false", false}, {"yes", true},
                        {"no", false}};

        for (size_t i = 0; i < ELEMENTSOF(words); i++)
                if (streq(s, words[i].word)) {
                        *ret = words[i].value;
                        return 0;
                }
        return -EINVAL;
}

/* A decimal number at *s times `unit`; *s is moved behind it. Digits below a microsecond are dropped. */
static int parse_decimal(const char **s, usec_t unit, usec_t *ret) {
        usec_t whole = 0, fraction = 0, scale = unit;
        bool any = false, overflow = false;
        const char *p = *s;

        for (; is_digit(*p); p++, any = true)
                overflow |= __builtin_mul_overflow(whole, (usec_t)10, &whole) ||
                            __builtin_add_overflow(whole, (usec_t)(*p - '0'), &whole);
        if (*p == '.')
                for (p++; is_digit(*p); p++, any = true) {
                        /* Both stay below `unit`, which is at most a year: no overflow. Units are multiples
                         * of 10^6 or 1, so that the division is exact as far as a microsecond reaches. */
                        fraction += (usec_t)(*p - '0') * scale / 10;
                        scale /= 10;
                }
        if (!any)
                return -EINVAL;
        *s = p;
        overflow |= __builtin_mul_overflow(whole, unit, &whole) ||
                    __builtin_add_overflow(whole, fraction, &whole);
        if (overflow || whole == USEC_INFINITY)
                return -ERANGE;
        *ret = whole;
        return 0;
}

int parse_seconds(const char *s, usec_t *ret) {
        usec_t v;
        int r;

        r = parse_decimal(&s, USEC_PER_SEC, &v);
        if (r == -EINVAL || *s)
                return -EINVAL;
        if (r < 0)
                return r;
        *ret = v;
        return 0;
}

/* The unit at *s, moved behind it; a missing one counts as seconds. 0 = unknown. */
static usec_t parse_unit(const char **s) {
        static const struct {
                const char *name;
                usec_t usec;
        } units[] = {
                        {"us", 1},
                        {"usec", 1},
                        {"µs", 1},
                        {"ms", USEC_PER_MSEC},
                        {"msec", USEC_PER_MSEC},
                        {"s", USEC_PER_SEC},
                        {"sec", USEC_PER_SEC},
                        {"second", USEC_PER_SEC},
                        {"seconds", USEC_PER_SEC},
                        {"m", USEC_PER_MINUTE},
                        {"min", USEC_PER_MINUTE},
                        {"minute", USEC_PER_MINUTE},
                        {"minutes", USEC_PER_MINUTE},
                        {"h", USEC_PER_HOUR},
                        {"hr", USEC_PER_HOUR},
                        {"hour", USEC_PER_HOUR},
                        {"hours", USEC_PER_HOUR},
                        {"d", USEC_PER_DAY},
                        {"day", USEC_PER_DAY},
                        {"days", USEC_PER_DAY},
                        {"w", 7 * USEC_PER_DAY},
                        {"week", 7 * USEC_PER_DAY},
                        {"weeks", 7 * USEC_PER_DAY},
                        {"M", 2629800 * USEC_PER_SEC},
                        {"month", 2629800 * USEC_PER_SEC},
                        {"months", 2629800 * USEC_PER_SEC},
                        {"y", 31557600 * USEC_PER_SEC},
                        {"year", 31557600 * USEC_PER_SEC},
                        {"years", 31557600 * USEC_PER_SEC},
        };
        size_t n = strcspn(*s, " \t0123456789.");

        if (n == 0)
                return USEC_PER_SEC;
        for (size_t i = 0; i < ELEMENTSOF(units); i++)
                if (strlen(units[i].name) == n && memcmp(units[i].name, *s, n) == 0) {
                        *s += n;
                        return units[i].usec;
                }
        return 0;
}

int parse_timespan(const char *s, usec_t *ret) {
        usec_t sum = 0;
        bool overflow = false;

        s += strspn(s, " \t");
        if (streq(s, "infinity")) {
                *ret = USEC_INFINITY;
                return 0;
        }
        if (!*s)
                return -EINVAL;
        while (*s) {
                const char *number = s;
                usec_t unit, v;
                int r;

                /* The unit stands behind the number, so the number is skipped first and read second. */
                s += strspn(s, "0123456789.");
                if (s == number)
                        return -EINVAL;
                s += strspn(s, " \t");
                unit = parse_unit(&s);
                if (unit == 0)
                        return -EINVAL;
                r = parse_decimal(&number, unit, &v);
                if (r == -EINVAL || *number == '.')
                        return -EINVAL;
                overflow |= r < 0 || __builtin_add_overflow(sum, v, &sum);
                s += strspn(s, " \t");
        }
        if (overflow || sum == USEC_INFINITY)
                return -ERANGE;
        *ret = sum;
        return 0;
}

const char *format_timespan(usec_t t, char *buf, size_t size) {
        static const struct {
                const char *name;
                usec_t usec;
        } units[] = {{"d", USEC_PER_DAY}, {"h", USEC_PER_HOUR}, {"min", USEC_PER_MINUTE},
                        {"s", USEC_PER_SEC}, {"ms", USEC_PER_MSEC}, {"us", 1}};

        if (size == 0)
                return buf;
        if (t == USEC_INFINITY) {
                snprintf(buf, size, "infinity");
                return buf;
        }
        snprintf(buf, size, "0s");
        for (size_t i = 0; i < ELEMENTSOF(units); i++) {
                usec_t rest, next;

                if (t < units[i].usec)
                        continue;
                rest = t % units[i].usec;
                next = i + 1 < ELEMENTSOF(units) ? rest / units[i + 1].usec : 0;
                if (next > 0)
                        snprintf(buf, size, "%llu%s %llu%s", (unsigned long long)(t / units[i].usec),
                                        units[i].name, (unsigned long long)next, units[i + 1].name);
                else
                        snprintf(buf, size, "%llu%s", (unsigned long long)(t / units[i].usec),
                                        units[i].name);
                break;
        }
        return buf;
}
