/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* See remains.h. */

#include "service/remains.h"
#include "service/net/address-sweep.h"
#include "service/net/macvlan.h"
#include "service/setting-store.h"

int remains_remove(const char *runtime_directory) {
        /* Links first: what is on them goes along. */
        const int removed[] = {
                        macvlan_remove_marked(),
                        net_remove_marked(),
                        runtime_directory ? setting_store_restore(runtime_directory) : 0,
        };
        int n = 0;

        for (size_t i = 0; i < ELEMENTSOF(removed); i++) {
                if (removed[i] < 0)
                        return removed[i];
                n += removed[i];
        }
        return n;
}
