/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Pure string work on top of sd_bus_path_encode(3) and sd_bus_path_decode(3). */

#include "dbus/object-path.h"
#include "dbus/names.h"
#include <stdio.h>
#include <systemd/sd-bus.h>

#define TRACKER_PREFIX_SIZE (sizeof(VRRPD_PATH_TRACKER) + 32)

int object_path_instance(const char *name, char **ret) {
        return sd_bus_path_encode(VRRPD_PATH_INSTANCE, name, ret);
}

int object_path_group(const char *name, char **ret) {
        return sd_bus_path_encode(VRRPD_PATH_GROUP, name, ret);
}

static void tracker_prefix(VrrpTrackerType type, char *buf) {
        (void)snprintf(buf, TRACKER_PREFIX_SIZE, VRRPD_PATH_TRACKER "/%s",
                        vrrp_tracker_type_to_string(type));
}

int object_path_tracker(VrrpTrackerType type, const char *name, char **ret) {
        char prefix[TRACKER_PREFIX_SIZE];

        tracker_prefix(type, prefix);
        return sd_bus_path_encode(prefix, name, ret);
}

/* Decodes, and encodes again to see whether this is the path of that name. */
static int decode(const char *path, const char *prefix, char **ret_name) {
        _cleanup_free_ char *name = NULL, *again = NULL;

        int r = sd_bus_path_decode(path, prefix, &name);
        if (r < 0 && r != -EINVAL) /* -EINVAL: no object path at all */
                return r;
        if (r <= 0 || !name || name[0] == '\0')
                return -ENOENT;
        r = sd_bus_path_encode(prefix, name, &again);
        if (r < 0)
                return r;
        if (!streq(again, path))
                return -ENOENT;
        *ret_name = TAKE_PTR(name);
        return 0;
}

int object_path_to_instance(const char *path, char **ret_name) {
        return decode(path, VRRPD_PATH_INSTANCE, ret_name);
}

int object_path_to_group(const char *path, char **ret_name) {
        return decode(path, VRRPD_PATH_GROUP, ret_name);
}

int object_path_to_tracker(const char *path, VrrpTrackerType *ret_type, char **ret_name) {
        for (VrrpTrackerType t = 0; t < VRRP_TRACKER_TYPE_MAX; t++) {
                char prefix[TRACKER_PREFIX_SIZE];

                tracker_prefix(t, prefix);
                int r = decode(path, prefix, ret_name);
                if (r == -ENOENT)
                        continue;
                if (r >= 0)
                        *ret_type = t;
                return r;
        }
        return -ENOENT;
}
