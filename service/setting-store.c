/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* See setting-store.h. The file is text: a first line that names the format and the boot, then one setting a
 * line: ifindex, key, the value before, our value. */

#include "service/setting-store.h"
#include "service/net/macvlan.h"
#include "service/net/sysctl.h"
#include "service/util/list.h"
#include "service/util/log.h"
#include <linux/ip.h>
#include <net/if.h>
#include <stdio.h>
#include <systemd/sd-id128.h>

#define FILE_NAME "settings"
#define HEADER "vrrpd-settings-1"

static const struct {
        const char *key;
        int id, value;
} settings[SETTING_MAX] = {
                [SETTING_ARP_IGNORE] = {"arp_ignore", IPV4_DEVCONF_ARP_IGNORE, 1},
                [SETTING_ARP_ANNOUNCE] = {"arp_announce", IPV4_DEVCONF_ARP_ANNOUNCE, 2},
                [SETTING_ACCEPT_LOCAL] = {"accept_local", IPV4_DEVCONF_ACCEPT_LOCAL, 1},
                [SETTING_PROMOTE_SECONDARIES] = {"promote_secondaries", IPV4_DEVCONF_PROMOTE_SECONDARIES, 1},
};

/* Lives until the kernel has put it back: till then the file has it, and a new user finds it. */
typedef struct Entry {
        SettingStore *store;
        List node;
        int ifindex;
        Setting setting;
        unsigned n_users;
        unsigned outstanding; /* requests without acknowledgement: what /proc says is not what will be */
        bool unknown;         /* could not be read, so it is not changed yet */
        bool changed;         /* by us, from `before` */
        int before;
} Entry;

struct SettingStore {
        char *path, *temporary; /* NULL: nothing is written */
        Netlink *netlink;
        List entries;
        bool warned;
};

static void boot_id(char ret[SD_ID128_STRING_MAX]) {
        sd_id128_t id;

        ret[0] = 0;
        if (sd_id128_get_boot(&id) >= 0)
                sd_id128_to_string(id, ret);
}

static int write_file(const SettingStore *s) {
        char boot[SD_ID128_STRING_MAX];
        bool failed, any = false;
        FILE *f;

        LIST_FOREACH (node, &s->entries)
                any |= CONTAINER_OF(node, Entry, node)->changed;
        if (!s->path)
                return 0;
        if (!any)
                return unlink(s->path) < 0 && errno != ENOENT ? -errno : 0;
        f = fopen(s->temporary, "we");
        if (!f)
                return -errno;
        boot_id(boot);
        fprintf(f, HEADER " %s\n", boot);
        LIST_FOREACH (node, &s->entries) {
                const Entry *e = CONTAINER_OF(node, Entry, node);

                if (e->changed)
                        fprintf(f, "%d %s %d %d\n", e->ifindex, settings[e->setting].key, e->before,
                                        settings[e->setting].value);
        }
        failed = ferror(f);
        failed = fclose(f) != 0 || failed;
        if (!failed && rename(s->temporary, s->path) >= 0)
                return 0;
        (void)unlink(s->temporary);
        return -EIO;
}

static void save(SettingStore *s) {
        int r = write_file(s);

        if (r < 0 && !s->warned) {
                s->warned = true;
                log_warning("Cannot write %s: %s; after a crash the settings of interfaces would stay "
                            "changed",
                                s->path, strerror(-r));
        }
}

static Entry *find(const SettingStore *s, int ifindex, Setting setting) {
        LIST_FOREACH (node, &s->entries) {
                Entry *e = CONTAINER_OF(node, Entry, node);

                if (e->ifindex == ifindex && e->setting == setting)
                        return e;
        }
        return NULL;
}

static void forget(Entry *e) {
        SettingStore *s = e->store;
        bool changed = e->changed;

        if (e->outstanding > 0)
                netlink_cancel(s->netlink, e);
        list_remove(&e->node);
        free(e);
        if (changed)
                save(s);
}

static void on_asked(int error, void *userdata) {
        Entry *e = userdata;

        e->outstanding--;
        if (e->n_users == 0 && e->outstanding == 0)
                forget(e);
}

static int ask(Entry *e, int value) {
        int r = link_set_devconf(e->store->netlink, e->ifindex, settings[e->setting].id, (uint32_t)value,
                        on_asked, e);

        if (r >= 0)
                e->outstanding++;
        return r;
}

/* The kernel tells of an interface's new name before its settings are below that. Whoever asks it for
 * something that concerns links waits for it to be through. */
static int look(const Entry *e, const char *interface, int *ret) {
        const char *key = settings[e->setting].key;
        int r = sysctl_read("ipv4", interface, key, ret);

        if (r != -ENOENT || link_touch(e->store->netlink, e->ifindex) < 0)
                return r;
        (void)netlink_flush(e->store->netlink);
        return sysctl_read("ipv4", interface, key, ret);
}

static int change(Entry *e, const char *interface) {
        int r = look(e, interface, &e->before);

        e->unknown = r < 0;
        if (r < 0 || e->before >= settings[e->setting].value)
                return r;
        e->changed = true;
        save(e->store);
        r = ask(e, settings[e->setting].value);
        e->changed = r >= 0;
        return r;
}

void setting_acquire(SettingStore *s, int ifindex, const char *interface, Setting setting) {
        Entry *e = find(s, ifindex, setting);
        int r;

        if (e) {
                /* It is on its way back: it is asked for again, behind that. */
                if (e->n_users++ == 0)
                        (void)ask(e, settings[setting].value);
                return;
        }
        e = calloc(1, sizeof(*e));
        r = e ? 0 : -ENOMEM;
        if (e) {
                *e = (Entry){.store = s, .ifindex = ifindex, .setting = setting, .n_users = 1};
                list_append(&s->entries, &e->node);
                r = change(e, interface);
        }
        if (r < 0)
                log_warning("Cannot set net.ipv4.conf.%s.%s to %d: %s", interface, settings[setting].key,
                                settings[setting].value, strerror(-r));
}

void setting_store_retry(SettingStore *s) {
        LIST_FOREACH (node, &s->entries) {
                Entry *e = CONTAINER_OF(node, Entry, node);
                char name[IF_NAMESIZE];

                if (e->unknown && e->n_users > 0 && if_indextoname((unsigned)e->ifindex, name))
                        (void)change(e, name);
        }
}

/* Is it as we made it, or will be once the kernel has done what it was asked? */
static bool is_ours(const Entry *e) {
        char name[IF_NAMESIZE];
        int now;

        if (!e->changed || !if_indextoname((unsigned)e->ifindex, name))
                return false;
        return e->outstanding > 0 || (look(e, name, &now) >= 0 && now == settings[e->setting].value);
}

void setting_release(SettingStore *s, int ifindex, Setting setting) {
        Entry *e = find(s, ifindex, setting);

        if (!e || e->n_users == 0 || --e->n_users > 0)
                return;
        if (!is_ours(e) || ask(e, e->before) < 0)
                forget(e);
}

int setting_store_new(const char *directory, Netlink *netlink, SettingStore **ret) {
        _cleanup_(setting_store_freep) SettingStore *s = calloc(1, sizeof(*s));

        if (!s)
                return -ENOMEM;
        list_init(&s->entries);
        s->netlink = netlink;
        if (directory && (asprintf(&s->path, "%s/" FILE_NAME, directory) < 0 ||
                                         asprintf(&s->temporary, "%s/." FILE_NAME, directory) < 0))
                return -ENOMEM;
        *ret = TAKE_PTR(s);
        return 0;
}

SettingStore *setting_store_free(SettingStore *s) {
        if (!s)
                return NULL;
        LIST_FOREACH_SAFE (node, &s->entries) {
                Entry *e = CONTAINER_OF(node, Entry, node);

                if (e->outstanding > 0)
                        netlink_cancel(s->netlink, e);
                free(e);
        }
        free(s->path);
        free(s->temporary);
        free(s);
        return NULL;
}

/* -- After a crash -- */

/* 1: put back; 0: nothing to do, as the interface is gone or somebody has set it otherwise. */
static int restore_line(const char *line) {
        char name[IF_NAMESIZE], key[32];
        int before, ours, now, r;
        unsigned ifindex;

        if (sscanf(line, "%u %31s %d %d", &ifindex, key, &before, &ours) != 4)
                return -EBADMSG;
        for (Setting i = 0; i < SETTING_MAX; i++) {
                if (!streq(key, settings[i].key))
                        continue;
                if (!if_indextoname(ifindex, name))
                        return 0;
                r = sysctl_read("ipv4", name, key, &now);
                if (r < 0 || now != ours)
                        return r;
                r = sysctl_write("ipv4", name, key, before);
                return r < 0 ? r : 1;
        }
        return -EBADMSG;
}

int setting_store_restore(const char *directory) {
        _cleanup_free_ char *path = NULL, *line = NULL;
        char boot[SD_ID128_STRING_MAX], expected[64];
        int result = 0, n = 0;
        size_t size = 0;
        FILE *f;

        if (asprintf(&path, "%s/" FILE_NAME, directory) < 0)
                return -ENOMEM;
        f = fopen(path, "re");
        if (!f)
                return errno == ENOENT ? 0 : -errno;
        boot_id(boot);
        snprintf(expected, sizeof(expected), HEADER " %s\n", boot);
        if (getline(&line, &size, f) > 0 && streq(line, expected))
                while (getline(&line, &size, f) > 0) {
                        int r = restore_line(line);

                        n += r > 0;
                        result = r < 0 && result == 0 ? r : result;
                }
        fclose(f);
        if (unlink(path) < 0 && result == 0)
                result = -errno;
        return result < 0 ? result : n;
}
