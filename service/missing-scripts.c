/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: which checks cannot be run because there is no such program, by the same reading of the command that
 * vrrpd-scripts executes (script-command.h). Must not know: what becomes of a program that vanishes later:
 * its check fails.
 *
 * Only what certainly is not there: a shell line is the shell's to judge, and what this user may not see, or
 * what the units hide from the daemon and not from vrrpd-scripts, may well exist. */

#include "service/missing-scripts.h"
#include "service/script-command.h"
#include <stdio.h>
#include <sys/stat.h>

/* PrivateTmp=, ProtectHome= and PrivateDevices= of vrrpd.service. */
static bool is_hidden(const char *path) {
        static const char *const hidden[] = {
                        "/tmp/", "/var/tmp/", "/home/", "/root/", "/run/user/", "/dev/"};

        for (size_t i = 0; i < ELEMENTSOF(hidden); i++)
                if (strncmp(path, hidden[i], strlen(hidden[i])) == 0)
                        return true;
        return false;
}

/* 1: there is no such program, and *ret_error says so. */
static int is_missing(const ConfigScript *s, char *ret_error, size_t size) {
        _cleanup_(script_command_clear) ScriptCommand command = {};
        struct stat st;
        int r = script_command_parse(s->command, &command, ret_error, size);

        if (r < 0)
                return r == -ENOMEM ? r : r == -ENOENT;
        if (command.shell || is_hidden(command.argv[0]) || stat(command.argv[0], &st) >= 0 ||
                        (errno != ENOENT && errno != ENOTDIR))
                return 0;
        snprintf(ret_error, size, "%s does not exist", command.argv[0]);
        return 1;
}

/* Returns how many are left. */
static size_t drop_tracks(ConfigTrack *tracks, size_t n, const char *script, bool *ret_dropped) {
        size_t left = 0;

        for (size_t i = 0; i < n; i++)
                if (tracks[i].type == VRRP_TRACKER_SCRIPT && streq(tracks[i].name, script)) {
                        free(tracks[i].name);
                        *ret_dropped = true;
                } else
                        tracks[left++] = tracks[i];
        return left;
}

int missing_scripts_drop(Config *c, ConfigMessages *messages) {
        int r = 0;

        for (size_t i = 0; i < c->n_scripts && r >= 0; i++) {
                const ConfigScript *s = &c->scripts[i];
                bool tracked = false;
                char error[256];

                r = is_missing(s, error, sizeof(error));
                if (r <= 0)
                        continue;
                for (size_t j = 0; j < c->n_instances; j++)
                        c->instances[j].n_tracks = drop_tracks(
                                        c->instances[j].tracks, c->instances[j].n_tracks, s->name, &tracked);
                for (size_t j = 0; j < c->n_groups; j++)
                        c->groups[j].n_tracks = drop_tracks(
                                        c->groups[j].tracks, c->groups[j].n_tracks, s->name, &tracked);
                r = config_messages_add(messages, CONFIG_WARNING, &s->command_at, NULL,
                                tracked ? "vrrp_script '%s': %s; as with keepalived it is not tracked, "
                                          "until "
                                          "a reload finds it"
                                        : "vrrp_script '%s': %s",
                                s->name, error);
        }
        return MIN(r, 0);
}
