/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: the heads of repeated lines and the values that their variables run through.
 * Must not know: the line that is repeated; lines.c does that, one turn at a time, so that 65,000 turns need
 * the memory of one.
 */

#include "service/config/sequence.h"
#include <ctype.h>
#include <stdio.h>

static const char *const heads[] = {"~SEQ(", "~SEQx(", "~LST("};

size_t sequence_head_size(const char *s) {
        for (size_t i = 0; i < ELEMENTSOF(heads); i++)
                if (strncmp(s, heads[i], strlen(heads[i])) == 0) {
                        const char *end = strchr(s, ')');

                        return end ? (size_t)(end - s) + 1 : SIZE_MAX;
                }
        return 0;
}

static int append(char ***list, size_t *n, const char *s, size_t size) {
        char **grown;

        while (size > 0 && isspace((unsigned char)*s)) {
                s++;
                size--;
        }
        while (size > 0 && isspace((unsigned char)s[size - 1]))
                size--;
        if ((*n & (*n - 1)) == 0) {
                grown = reallocarray(*list, *n > 0 ? 2 * *n : 1, sizeof(*grown));
                if (!grown)
                        return -ENOMEM;
                *list = grown;
        }
        (*list)[*n] = strndup(s, size);
        if (!(*list)[*n])
                return -ENOMEM;
        (*n)++;
        return 0;
}

/* Splits "a, b" or "{a,b}, {c,d}" at its commas; *ret_group: how many each pair of braces held, 0 = no
 * braces. */
static int split(const char *s, const char *end, char ***list, size_t *n, size_t *ret_group,
                const char **ret_error) {
        size_t group = 0;
        bool first = true;

        while (first || s < end) {
                size_t before = *n;
                const char *stop;
                bool braced;

                while (s < end && isspace((unsigned char)*s))
                        s++;
                braced = s < end && *s == '{';
                if (braced)
                        s++;
                do {
                        stop = s;
                        while (stop < end && *stop != ',' && !(braced && *stop == '}'))
                                stop++;
                        if (append(list, n, s, (size_t)(stop - s)) < 0)
                                return -ENOMEM;
                        s = stop + 1;
                } while (braced && stop < end && *stop == ',');
                if (braced && stop >= end) {
                        *ret_error = "a '{' is not closed";
                        return -EINVAL;
                }
                if (!first && (braced ? *n - before : 0) != group) {
                        *ret_error = "the groups in braces differ in size";
                        return -EINVAL;
                }
                group = braced ? *n - before : 0;
                first = false;
                if (braced) {
                        while (s < end && isspace((unsigned char)*s))
                                s++;
                        if (s < end && *s++ != ',') {
                                *ret_error = "',' expected behind '}'";
                                return -EINVAL;
                        }
                }
        }
        *ret_group = group;
        return 0;
}

static int parse_number(const char *s, long long *ret) {
        char *end;

        if (!*s)
                return -EINVAL;
        errno = 0;
        *ret = strtoll(s, &end, 0);
        return *end || errno || *ret > INT32_MAX || *ret < INT32_MIN ? -EINVAL : 0;
}

/* ~SEQ(var, [start, [step,]] end) */
static int parse_range(Sequence *s, const char **ret_error) {
        long long number[3];
        size_t n = s->n_values;

        if (n < 1 || n > 3) {
                *ret_error = "~SEQ takes (variable, start, step, end)";
                return -EINVAL;
        }
        for (size_t i = 0; i < n; i++)
                if (parse_number(s->values[i], &number[i]) < 0) {
                        *ret_error = "start, step and end of ~SEQ must be whole numbers";
                        return -EINVAL;
                }
        s->end = number[n - 1];
        s->value = n >= 2 ? number[0] : s->end < 0 ? -1 : 1;
        s->step = n == 3 ? number[1] : s->end < s->value ? -1 : 1;
        if (s->step == 0 || (s->end > s->value && s->step < 0) || (s->end < s->value && s->step > 0)) {
                *ret_error = "this ~SEQ never reaches its end";
                return -EINVAL;
        }
        if ((s->end - s->value) / s->step >= SEQUENCE_VALUES_MAX) {
                *ret_error = "this ~SEQ has more than 1000000 values";
                return -EINVAL;
        }
        return 0;
}

static int parse_head(const char *head, size_t size, Sequence *s, const char **ret_error) {
        const char *p = strchr(head, '(') + 1, *end = head + size - 1, *comma = p;
        size_t names_group, values_group = 0;
        int r;

        /* The variable, or several in braces, up to the first comma outside them. */
        for (bool braced = false; comma < end && (braced || *comma != ','); comma++)
                braced = *comma == '{' || (braced && *comma != '}');
        if (comma == end) {
                *ret_error = "a variable and values are needed";
                return -EINVAL;
        }
        r = split(p, comma, &s->names, &s->n_names, &names_group, ret_error);
        if (r < 0)
                return r;
        for (size_t i = 0; i < s->n_names; i++)
                if (!s->names[i][0] || variable_name_size(s->names[i]) != strlen(s->names[i])) {
                        *ret_error = "the name of the variable is not valid";
                        return -EINVAL;
                }
        r = split(comma + 1, end, &s->values, &s->n_values, &values_group, ret_error);
        if (r < 0)
                return r;
        if (names_group != values_group) {
                *ret_error = "as many values as variables are needed in each pair of braces";
                return -EINVAL;
        }
        return s->list ? 0 : parse_range(s, ret_error);
}

int sequence_parse(const char *head, size_t size, Sequence *ret, const char **ret_error) {
        Sequence s = {
                        .list = strncmp(head, "~LST(", 5) == 0,
                        .hex = strncmp(head, "~SEQx(", 6) == 0,
        };
        int r;

        r = parse_head(head, size, &s, ret_error);
        if (r < 0) {
                sequence_done(&s);
                return r;
        }
        *ret = s;
        return 0;
}

static int set(VariableTable *variables, const char *name, const char *value) {
        Line *l = variables_define(variables, name, strlen(name));

        return l ? line_append(l, value, strlen(value), &(Segment){}) : -ENOMEM;
}

int sequence_next(Sequence *s, VariableTable *variables) {
        char number[32];
        int r;

        if (s->list) {
                if (s->next + s->n_names > s->n_values)
                        return 0;
                for (size_t i = 0; i < s->n_names; i++) {
                        r = set(variables, s->names[i], s->values[s->next++]);
                        if (r < 0)
                                return r;
                }
                return 1;
        }
        if (s->step > 0 ? s->value > s->end : s->value < s->end)
                return 0;
        snprintf(number, sizeof(number), s->hex ? "%s%llx" : "%s%lld", s->hex && s->value < 0 ? "-" : "",
                        s->hex && s->value < 0 ? -s->value : s->value);
        r = set(variables, s->names[0], number);
        if (r < 0)
                return r;
        s->value += s->step;
        return 1;
}

void sequence_done(Sequence *s) {
        for (size_t i = 0; i < s->n_names; i++)
                free(s->names[i]);
        for (size_t i = 0; i < s->n_values; i++)
                free(s->values[i]);
        free(s->names);
        free(s->values);
        *s = (Sequence){};
}
