/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* See loader.h. It works on a snapshot of the links taken by a socket of its own, because it runs in the bus
 * thread and the engine's mirror belongs to the engine. */

#include "service/loader.h"
#include "service/config/load.h"
#include "service/config/validate.h"
#include "service/missing-scripts.h"
#include "service/net/snapshot.h"

static int judge_live(const Config *config, ConfigMessages *messages) {
        _cleanup_(net_snapshot_freep) NetSnapshot *snapshot = NULL;
        _cleanup_free_ ConfigLink *links = NULL;

        if (net_snapshot_take(&snapshot) < 0)
                return 0;
        links = calloc(snapshot->n_links + 1, sizeof(*links));
        if (!links)
                return -ENOMEM;
        for (size_t i = 0; i < snapshot->n_links; i++) {
                const NetSnapshotLink *from = &snapshot->links[i];

                memcpy(links[i].name, from->name, sizeof(links[i].name));
                links[i].ifindex = from->ifindex;
                links[i].addresses = from->addresses;
                links[i].prefixlens = from->prefixlens;
                links[i].n_addresses = from->n_addresses;
        }
        return config_validate_live(config, links, snapshot->n_links, messages);
}

/* The file was readable when root started the daemon; at a reload it is the daemon's user who reads it. */
static int add_remedy(const Loader *l, ConfigMessages *messages) {
        if (!l->user || access(l->path, R_OK) == 0 || errno != EACCES)
                return 0;
        return config_messages_add(messages, CONFIG_ERROR, &(ConfigPosition){.file = l->path}, NULL,
                        "user %s cannot read it: chgrp %s %s && chmod g+r %s, and make its directories "
                        "searchable",
                        l->user, l->user, l->path, l->path);
}

/* An empty file, or one that lost its contents, must not end all service by a reload. At the start there is
 * nothing to lose. */
static int judge_emptiness(const Loader *l, const Config *config, ConfigMessages *messages) {
        const ConfigPosition at = {.file = l->path};

        if (config->n_instances > 0)
                return 0;
        if (l->serving)
                return config_messages_add(messages, CONFIG_ERROR, &at, NULL,
                                "the file defines no vrrp_instance; to stop serving, stop vrrpd");
        return config_messages_add(
                        messages, CONFIG_WARNING, &at, NULL, "no vrrp_instance: nothing is served");
}

int loader_load(const Loader *l, ConfigMessages *messages, Config **ret) {
        _cleanup_(config_freep) Config *config = NULL;
        int r;

        r = config_load(l->path, l->config_id, messages, &config);
        if (r == -EBADMSG && add_remedy(l, messages) < 0)
                return -ENOMEM;
        if (r < 0)
                return r;
        r = config_load_keys(config, l->user, messages);
        if (r < 0)
                return r;
        r = judge_emptiness(l, config, messages);
        if (r >= 0)
                r = missing_scripts_drop(config, messages);
        if (r >= 0)
                r = judge_live(config, messages);
        if (r >= 0)
                r = config_messages_attach_sources(messages);
        if (r >= 0)
                r = config_messages_sort(messages, config->files);
        if (r < 0)
                return r;
        if (messages->n_errors > 0)
                return -EBADMSG;
        *ret = TAKE_PTR(config);
        return 0;
}

static char **copy_strv(char **from) {
        size_t n = 0;
        char **copy;

        while (from && from[n])
                n++;
        copy = calloc(n + 1, sizeof(*copy));
        for (size_t i = 0; copy && i < n; i++)
                copy[i] = strdup(from[i]); /* a NULL ends the list early: fewer names are shown */
        return copy;
}

int loader_load_for_bus(void *userdata, void **ret_config, char **ret_messages, char ***ret_files) {
        ConfigMessages messages = {};
        Loader *l = userdata;
        Config *config = NULL;
        int r = loader_load(l, &messages, &config);

        *ret_messages = messages.n > 0 ? config_messages_format(&messages) : NULL;
        config_messages_clear(&messages);
        if (r < 0)
                return r;
        l->serving = config->n_instances > 0;
        *ret_files = copy_strv(config->files);
        *ret_config = config;
        return 0;
}

void loader_free_config(void *config) {
        config_free(config);
}
