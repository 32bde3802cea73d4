/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* See hold-store.h. The file is text, one hold a line: admin state, expiry, uid, name, reason, priority,
 * separated by tabs; tabs, line ends and percent signs inside a field are written as %XX. The first line
 * names the format and the boot. */

#include "service/hold-store.h"
#include "service/clock.h"
#include "service/util/log.h"
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <systemd/sd-id128.h>

#define HEADER "vrrpd-holds-1"

struct HoldStore {
        char *path, *temporary;
        char boot[SD_ID128_STRING_MAX]; /* "" = unknown */
        Hold *items;
        size_t n;
};

static bool is_hold(VrrpAdminState admin) {
        return admin == VRRP_ADMIN_YIELDING || admin == VRRP_ADMIN_PAUSED || admin == VRRP_ADMIN_PROMOTED;
}

static Hold *find(const HoldStore *s, const char *name) {
        for (size_t i = 0; i < s->n; i++)
                if (streq(s->items[i].name, name))
                        return &s->items[i];
        return NULL;
}

static int add(HoldStore *s, const Hold *hold) {
        Hold *items = reallocarray(s->items, s->n + 1, sizeof(*items));
        char *name;

        if (!items)
                return -ENOMEM;
        s->items = items;
        name = strdup(hold->name);
        if (!name)
                return -ENOMEM;
        s->items[s->n] = *hold;
        s->items[s->n++].name = name;
        return 0;
}

static void write_field(FILE *f, const char *text) {
        fputc('\t', f);
        for (const unsigned char *c = (const unsigned char *)text; *c; c++)
                if (*c < ' ' || *c == '%' || *c == 0x7f)
                        fprintf(f, "%%%02x", *c);
                else
                        fputc(*c, f);
}

/* Undoes write_field() in place. */
static void decode_field(char *text) {
        char *to = text;
        unsigned byte;

        for (const char *from = text; *from; to++)
                if (from[0] == '%' && sscanf(from + 1, "%2x", &byte) == 1 && from[1] && from[2]) {
                        *to = (char)byte;
                        from += 3;
                } else
                        *to = *from++;
        *to = 0;
}

static int write_file(const HoldStore *s) {
        FILE *f = fopen(s->temporary, "we");
        bool failed;

        if (!f)
                return -errno;
        fprintf(f, HEADER "\t%s\n", s->boot);
        for (size_t i = 0; i < s->n; i++) {
                const Hold *h = &s->items[i];

                fprintf(f, "%s\t%" PRIu64 "\t%" PRIu32, vrrp_admin_state_to_string(h->admin),
                                h->expire_realtime, h->uid);
                write_field(f, h->name);
                write_field(f, h->reason);
                fprintf(f, "\t%" PRIu8 "\n", h->priority);
        }
        failed = ferror(f);
        failed = fclose(f) != 0 || failed;
        if (failed || rename(s->temporary, s->path) < 0) {
                int r = failed || errno == 0 ? -EIO : -errno;

                (void)unlink(s->temporary);
                return r;
        }
        return 0;
}

static bool parse_line(char *line, Hold *ret) {
        char *fields[6];
        char *rest = line;

        line[strcspn(line, "\n")] = 0;
        for (size_t i = 0; i < ELEMENTSOF(fields); i++) {
                fields[i] = strsep(&rest, "\t");
                if (!fields[i] && i < 5) /* the priority came later */
                        return false;
        }
        decode_field(fields[3]);
        decode_field(fields[4]);
        *ret = (Hold){
                        .name = fields[3],
                        .admin = vrrp_admin_state_from_string(fields[0]),
                        .expire_realtime = strtoull(fields[1], NULL, 10),
                        .uid = (uint32_t)strtoul(fields[2], NULL, 10),
                        .priority = fields[5] ? (uint8_t)strtoul(fields[5], NULL, 10) : 0,
        };
        snprintf(ret->reason, sizeof(ret->reason), "%s", fields[4]);
        return is_hold(ret->admin) && ret->name[0];
}

/* Is this the header of this boot's file? */
static bool header_fits(const HoldStore *s, char *line) {
        char *rest = line;
        const char *format = strsep(&rest, "\t\n");
        const char *boot = strsep(&rest, "\t\n");

        return format && boot && streq(format, HEADER) && (!s->boot[0] || !boot[0] || streq(boot, s->boot));
}

static int read_file(HoldStore *s) {
        FILE *f = fopen(s->path, "re");
        char line[2048];
        int r = 0;

        if (!f)
                return 0;
        if (!fgets(line, sizeof(line), f) || !header_fits(s, line)) {
                fclose(f);
                return 0;
        }
        while (r >= 0 && fgets(line, sizeof(line), f)) {
                Hold h;

                if (parse_line(line, &h))
                        r = add(s, &h);
                else
                        log_warning("%s: a line is damaged; that hold is lost", s->path);
        }
        fclose(f);
        return r;
}

int hold_store_new(const char *directory, HoldStore **ret) {
        _cleanup_(hold_store_freep) HoldStore *s = calloc(1, sizeof(*s));
        struct stat netns = {};
        sd_id128_t boot;
        int r;

        if (!s)
                return -ENOMEM;
        (void)stat("/proc/self/ns/net", &netns);
        if (asprintf(&s->path, "%s/holds-%" PRIu64, directory, (uint64_t)netns.st_ino) < 0)
                return -ENOMEM;
        if (asprintf(&s->temporary, "%s.new", s->path) < 0)
                return -ENOMEM;
        if (sd_id128_get_boot(&boot) >= 0)
                sd_id128_to_string(boot, s->boot);
        r = read_file(s);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(s);
        return 0;
}

HoldStore *hold_store_free(HoldStore *s) {
        if (!s)
                return NULL;
        for (size_t i = 0; i < s->n; i++)
                free(s->items[i].name);
        free(s->items);
        free(s->path);
        free(s->temporary);
        free(s);
        return NULL;
}

const Hold *hold_store_find(const HoldStore *s, const char *name) {
        const Hold *h = find(s, name);

        return h && (h->expire_realtime == 0 || h->expire_realtime > now_realtime()) ? h : NULL;
}

static void forget(HoldStore *s, Hold *h) {
        free(h->name);
        *h = s->items[--s->n];
}

static bool same(const Hold *a, const Hold *b) {
        return a->admin == b->admin &&
               a->expire_realtime / USEC_PER_SEC == b->expire_realtime / USEC_PER_SEC && a->uid == b->uid &&
               a->priority == b->priority && streq(a->reason, b->reason);
}

int hold_store_keep(HoldStore *s, const Hold *hold) {
        Hold *old = find(s, hold->name);
        int r;

        if (!old && !is_hold(hold->admin))
                return 0;
        if (old && same(old, hold))
                return 0;
        if (old)
                forget(s, old);
        if (is_hold(hold->admin)) {
                r = add(s, hold);
                if (r < 0)
                        return r;
        }
        return write_file(s);
}
